package formattest

import (
	"strconv"
	"strings"

	"github.com/weir-sql/weir/planner/types"
)

// Schema reads columns as written in CREATE TABLE, e.g. "a INT, b ROW<x STRING>".
// It panics on text that is none.
func Schema(s string) []types.Field {
	p := typeParser{rest: s}
	fields := p.fields()
	if p.skip(); p.rest != "" {
		panic("schema " + s + ": left over " + p.rest)
	}
	return fields
}

type typeParser struct{ rest string }

func (p *typeParser) skip() { p.rest = strings.TrimLeft(p.rest, " ") }

func (p *typeParser) take(s string) bool {
	p.skip()
	if !strings.HasPrefix(p.rest, s) {
		return false
	}
	p.rest = p.rest[len(s):]
	return true
}

func (p *typeParser) word() string {
	p.skip()
	n := 0
	for n < len(p.rest) && !strings.ContainsRune(" ,<>()", rune(p.rest[n])) {
		n++
	}
	w := p.rest[:n]
	p.rest = p.rest[n:]
	return w
}

func (p *typeParser) fields() (fs []types.Field) {
	for {
		name := p.word()
		fs = append(fs, types.Field{Name: name, Type: p.typ()})
		if !p.take(",") {
			return fs
		}
	}
}

func (p *typeParser) typ() types.Type {
	t := p.base()
	if p.take("NOT NULL") {
		t = t.NotNull()
	}
	return t
}

// args reads (1) or (1, 2).
func (p *typeParser) args(defaults ...int) []int {
	if !p.take("(") {
		return defaults
	}
	for i := 0; ; i++ {
		defaults[i], _ = strconv.Atoi(p.word())
		if !p.take(",") {
			p.take(")")
			return defaults
		}
	}
}

func (p *typeParser) base() types.Type {
	plain := map[string]types.Type{"BOOLEAN": types.Bool, "TINYINT": types.Int8, "SMALLINT": types.Int16, "INT": types.Int32,
		"BIGINT": types.Int64, "FLOAT": types.Float32, "DOUBLE": types.Float64, "STRING": types.String, "BYTES": types.Bytes, "DATE": types.DateType}
	w := p.word()
	if t, ok := plain[w]; ok {
		return t
	}
	switch w {
	case "DECIMAL":
		a := p.args(10, 0)
		return types.NewDecimal(a[0], a[1])
	case "CHAR":
		return types.NewChar(p.args(1)[0])
	case "VARCHAR":
		return types.NewVarChar(p.args(1)[0])
	case "BINARY":
		return types.NewBinary(p.args(1)[0])
	case "VARBINARY":
		return types.NewVarBinary(p.args(1)[0])
	case "TIME":
		return types.NewTime(p.args(0)[0])
	case "TIMESTAMP":
		return types.NewTimestamp(p.args(6)[0])
	case "TIMESTAMP_LTZ":
		return types.NewTimestampLTZ(p.args(6)[0])
	}
	p.take("<")
	defer p.take(">")
	switch w {
	case "ARRAY":
		return types.NewArray(p.typ())
	case "MULTISET":
		return types.NewMultiset(p.typ())
	case "MAP":
		k := p.typ()
		p.take(",")
		return types.NewMap(k, p.typ())
	case "ROW":
		return types.NewRow(p.fields()...)
	}
	panic("type " + w + " is not known")
}
