package expr_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// The recordings in testdata hold values the way the oracle writes them: integers and
// floats as numbers, DECIMAL, NaN and Infinity as texts, bytes as 0x…, timestamps with
// the digits of their type (TIMESTAMP_LTZ in UTC and with a Z), ROW and ARRAY as lists,
// MAP as a sorted list of pairs.

// parseType reads a type as the oracle prints it.
func parseType(t testing.TB, s string) types.Type {
	t.Helper()
	p := &typeParser{s: s}
	out := p.parse()
	if p.bad || strings.TrimSpace(p.s) != "" {
		t.Fatalf("type %q does not parse at %q", s, p.s)
	}
	return out
}

type typeParser struct {
	s   string
	bad bool
}

func (p *typeParser) eat(word string) bool {
	s := strings.TrimLeft(p.s, " ")
	if strings.HasPrefix(s, word) {
		p.s = s[len(word):]
		return true
	}
	return false
}

func (p *typeParser) numbers() (a, b int) {
	if !p.eat("(") {
		return 0, 0
	}
	inner, rest, _ := strings.Cut(p.s, ")")
	p.s = rest
	fmt.Sscanf(inner, "%d, %d", &a, &b)
	fmt.Sscanf(inner, "%d,%d", &a, &b)
	return a, b
}

func (p *typeParser) parse() types.Type {
	out := p.base()
	if p.eat("NOT NULL") {
		return out.NotNull()
	}
	return out
}

func (p *typeParser) base() types.Type {
	for name, t := range map[string]types.Type{
		"BOOLEAN": types.Bool, "TINYINT": types.Int8, "SMALLINT": types.Int16, "BIGINT": types.Int64, "FLOAT": types.Float32,
		"DOUBLE": types.Float64, "STRING": types.String, "BYTES": types.Bytes, "NULL": types.NullType,
		"INTERVAL MONTH": types.IntervalMonths, "INTERVAL SECOND(3)": types.IntervalMillis, "INTERVAL DAY": types.IntervalMillis,
	} {
		if p.eat(name) {
			return t
		}
	}
	switch {
	case p.eat("DATE"):
		return types.DateType
	case p.eat("INT"):
		return types.Int32
	case p.eat("DECIMAL"):
		return types.NewDecimal(p.numbers())
	case p.eat("VARCHAR"):
		n, _ := p.numbers()
		return types.NewVarChar(n)
	case p.eat("CHAR"):
		n, _ := p.numbers()
		return types.NewChar(n)
	case p.eat("VARBINARY"):
		n, _ := p.numbers()
		return types.NewVarBinary(n)
	case p.eat("BINARY"):
		n, _ := p.numbers()
		return types.NewBinary(n)
	case p.eat("TIMESTAMP_LTZ"):
		n, _ := p.numbers()
		return types.NewTimestampLTZ(n)
	case p.eat("TIMESTAMP"):
		n, _ := p.numbers()
		if p.eat("WITH LOCAL TIME ZONE") {
			return types.NewTimestampLTZ(n)
		}
		return types.NewTimestamp(n)
	case p.eat("TIME"):
		n, _ := p.numbers()
		return types.NewTime(n)
	case p.eat("ARRAY<"):
		e := p.parse()
		p.eat(">")
		return types.NewArray(e)
	case p.eat("MULTISET<"):
		e := p.parse()
		p.eat(">")
		return types.NewMultiset(e)
	case p.eat("MAP<"):
		k := p.parse()
		p.eat(",")
		v := p.parse()
		p.eat(">")
		return types.NewMap(k, v)
	case p.eat("ROW<"):
		var fs []types.Field
		for p.eat("`") {
			name, rest, _ := strings.Cut(p.s, "`")
			p.s = rest
			fs = append(fs, types.Field{Name: name, Type: p.parse()})
			p.eat(",")
		}
		p.eat(">")
		return types.NewRow(fs...)
	}
	p.bad = true
	return types.Type{}
}

// decodeJSON reads a line with numbers kept as written.
func decodeJSON(t testing.TB, line []byte, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
}

// column makes a vector from recorded values.
func column(t testing.TB, typ types.Type, vals []any) *vec.Vec {
	t.Helper()
	b := vec.NewBuilder(typ, len(vals))
	for _, v := range vals {
		b.Append(boxed(t, typ, v))
	}
	return b.Finish()
}

// boxed turns a recorded value into the form of vec.Vec.Value.
func boxed(t testing.TB, typ types.Type, v any) any {
	t.Helper()
	if v == nil {
		return nil
	}
	text := fmt.Sprint(v)
	must := func(err error) {
		if err != nil {
			t.Fatalf("value %v of %s: %v", v, typ, err)
		}
	}
	switch {
	case typ.Kind == types.Boolean:
		return v
	case typ.IsInteger():
		x, err := strconv.ParseInt(text, 10, 64)
		must(err)
		return x
	case typ.Kind == types.Float:
		x, err := strconv.ParseFloat(text, 32)
		must(err)
		return float32(x)
	case typ.Kind == types.Double:
		x, err := strconv.ParseFloat(text, 64)
		must(err)
		return x
	case typ.Kind == types.Decimal:
		d, err := decimal128.FromString(text, int32(typ.Precision), int32(typ.Scale))
		if err != nil { // the recording may hold more digits than the type: take them as they are
			d, err = decimal128.FromString(text, 38, int32(typ.Scale))
		}
		must(err)
		if typ.Precision <= 18 {
			return int64(d.LowBits())
		}
		return d
	case typ.IsCharacter():
		return text
	case typ.IsBinary():
		b, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
		must(err)
		return b
	case typ.Kind == types.Date:
		d, err := time.Parse("2006-01-02", text)
		must(err)
		return d.Unix() / 86400
	case typ.Kind == types.Time:
		d, err := time.Parse("15:04:05.999999999", text)
		must(err)
		return int64(d.Sub(d.Truncate(24*time.Hour)) / time.Millisecond)
	case typ.IsTimestamp():
		d, err := time.Parse("2006-01-02 15:04:05.999999999", strings.TrimSuffix(text, "Z"))
		must(err)
		unit := int64(vec.UnitOf(typ.Precision))
		return d.Unix()*(1e9/unit) + int64(d.Nanosecond())/unit
	case typ.Kind == types.Array:
		out := []any{}
		for _, e := range v.([]any) {
			out = append(out, boxed(t, *typ.Elem, e))
		}
		return out
	case typ.Kind == types.Row:
		out := []any{}
		for i, e := range v.([]any) {
			out = append(out, boxed(t, typ.Fields[i].Type, e))
		}
		return out
	case typ.Kind == types.Map:
		var m vec.Map
		for _, e := range v.([]any) {
			m.Keys = append(m.Keys, boxed(t, *typ.Key, e.([]any)[0]))
			m.Values = append(m.Values, boxed(t, *typ.Elem, e.([]any)[1]))
		}
		return m
	}
	t.Fatalf("no values of %s in recordings", typ)
	return nil
}

// recorded writes row i of a vector the way the oracle does, as canonical JSON text.
func recorded(v *vec.Vec, i int) string {
	if v.IsNull(i) {
		return "null"
	}
	typ := v.Type
	text := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	switch {
	case typ.Kind == types.Boolean:
		return strconv.FormatBool(v.Bools()[i])
	case typ.In(types.Float, types.Double):
		x, bits := 0.0, 64
		if typ.Kind == types.Float {
			x, bits = float64(v.Float32s()[i]), 32
		} else {
			x = v.Float64s()[i]
		}
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return text(string(vec.AppendText(nil, v, i, time.UTC)))
		}
		return strconv.FormatFloat(x, 'g', -1, bits)
	case typ.IsInteger():
		return fmt.Sprint(v.Value(i))
	case typ.IsBinary():
		return text("0x" + hex.EncodeToString(v.BytesAt(i)))
	case typ.Kind == types.TimestampLTZ:
		return text(string(vec.AppendText(nil, v, i, time.UTC)) + "Z")
	case typ.Kind == types.IntervalYearMonth:
		return text(isoMonths(v.Int64s()[i]))
	case typ.Kind == types.IntervalDayTime:
		return text(isoMillis(v.Int64s()[i]))
	case typ.Kind == types.Array:
		var parts []string
		for k := v.Off[i]; k < v.Off[i+1]; k++ {
			parts = append(parts, recorded(v.Kids[0], int(k)))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case typ.Kind == types.Row:
		var parts []string
		for _, k := range v.Kids {
			parts = append(parts, recorded(k, i))
		}
		return "[" + strings.Join(parts, ",") + "]"
	case typ.In(types.Map, types.Multiset):
		var parts []string
		for k := v.Off[i]; k < v.Off[i+1]; k++ {
			parts = append(parts, "["+recorded(v.Kids[0], int(k))+","+recorded(v.Kids[1], int(k))+"]")
		}
		sort.Strings(parts)
		return "[" + strings.Join(parts, ",") + "]"
	default:
		return text(string(vec.AppendText(nil, v, i, time.UTC)))
	}
}

// isoMonths and isoMillis print intervals as java.time's Period and Duration do.
func isoMonths(m int64) string { return fmt.Sprintf("P%dM", m) }

func isoMillis(ms int64) string {
	if ms == 0 {
		return "PT0S"
	}
	s := "PT"
	if h := ms / 3600000; h != 0 {
		s += fmt.Sprintf("%dH", h)
	}
	if m := ms / 60000 % 60; m != 0 {
		s += fmt.Sprintf("%dM", m)
	}
	if r := ms % 60000; r != 0 {
		s += strconv.FormatFloat(float64(r)/1000, 'f', -1, 64) + "S"
	}
	return s
}

// canonical writes a recorded value as recorded does, so that 1.0 equals 1 and 1E2 equals 100.
func canonical(typ types.Type, v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case json.Number:
		if typ.In(types.Float, types.Double) {
			bits := 64
			if typ.Kind == types.Float {
				bits = 32
			}
			x, _ := strconv.ParseFloat(v.String(), bits)
			return strconv.FormatFloat(x, 'g', -1, bits)
		}
		return v.String()
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			switch typ.Kind {
			case types.Array:
				parts[i] = canonical(*typ.Elem, e)
			case types.Row:
				parts[i] = canonical(typ.Fields[i].Type, e)
			case types.Map, types.Multiset:
				k, val := vec.MapTypes(typ)
				pair := e.([]any)
				parts[i] = "[" + canonical(k, pair[0]) + "," + canonical(val, pair[1]) + "]"
			}
		}
		if typ.In(types.Map, types.Multiset) {
			sort.Strings(parts)
		}
		return "[" + strings.Join(parts, ",") + "]"
	case string:
		b, _ := json.Marshal(v)
		return string(b)
	default:
		return fmt.Sprint(v)
	}
}
