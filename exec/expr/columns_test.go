package expr_test

import (
	"bufio"
	"os"
	"path/filepath"
	"testing"

	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// boundOver binds one expression over nullable columns.
func boundOver(sql string, columns []types.Field, zone string) (rex.Expr, error) {
	text := ""
	for i, c := range columns {
		if i > 0 {
			text += ", "
		}
		text += "CAST(NULL AS " + c.Type.String() + ") AS " + c.Name
	}
	return boundIn(sql, text, zone)
}

// Expressions over columns: constants cannot be folded here, and every expression
// meets NULL.
func TestColumnsAgainstRecording(t *testing.T) {
	files, err := filepath.Glob("testdata/columns_*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings (%v)", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { replayColumns(t, file) })
	}
}

func replayColumns(t *testing.T, file string) {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	var head struct {
		Columns []struct{ Type string }
		Names   []string
		Rows    [][]any
		Zone    string
	}
	sc.Scan()
	decodeJSON(t, sc.Bytes(), &head)
	var columns []types.Field
	var cols []*vec.Vec
	var in []types.Type
	for c, name := range head.Names {
		typ := parseType(t, head.Columns[c].Type)
		vals := make([]any, len(head.Rows))
		for r, row := range head.Rows {
			vals[r] = row[c]
		}
		columns = append(columns, types.Field{Name: name, Type: typ})
		in = append(in, typ)
		cols = append(cols, column(t, typ, vals))
	}
	batch := vec.NewBatch(len(head.Rows), cols...)
	ctx := testCtx()
	ctx.Zone = zoneOf(t, head.Zone)
	checked, failed := 0, 0
	complain := func(format string, args ...any) {
		if failed++; failed <= 100 {
			t.Errorf(format, args...)
		}
	}
	for sc.Scan() {
		var c struct {
			SQL, Type, Error string
			Values           []any
		}
		decodeJSON(t, sc.Bytes(), &c)
		if knownColumns[c.SQL] != "" {
			continue
		}
		checked++
		e, err := boundOver(c.SQL, columns, head.Zone)
		if err != nil {
			if c.Error != "plan" {
				complain("%s: %v", c.SQL, err)
			}
			continue
		}
		p, err := expr.Compile(e, in, function.Builtin())
		var v *vec.Vec
		if err == nil {
			v, err = p.Eval(ctx, batch)
		}
		switch {
		case c.Error != "" && err == nil:
			complain("%s gives %s, recorded an error", c.SQL, rowsOf(v))
			continue
		case c.Error != "":
			continue
		case err != nil:
			complain("%s: %v", c.SQL, err)
			continue
		}
		typ := parseType(t, c.Type)
		if got := e.Type().WithAttr(types.NoTimeAttr).String(); got != typ.String() {
			complain("%s is %s, recorded %s", c.SQL, got, typ)
		}
		for i := range c.Values {
			if got, want := recorded(v, i), canonical(typ, c.Values[i]); got != want {
				complain("%s, row %d: %s, recorded %s", c.SQL, i, got, want)
			}
		}
	}
	t.Logf("%d expressions, %d complaints", checked, failed)
}

// knownColumns explains recorded answers that we do not give.
var knownColumns = map[string]string{
	"GREATEST(d, f8)":     "the reference fails on NULL",
	"TRUNCATE(f8, 1)":     "the reference fails on NULL",
	"ELT(i1, s, p)":       "the reference wants INT there",
	"CAST(ts AS TIME)":    "the reference gives a negative time of day before 1970",
	"REPLACE(s, '', '.')": "the reference cuts surrogate pairs",
	"JSON_QUOTE(s)":       "a surrogate pair; the reference writes neither the pair nor the character",
	"GREATEST(ts, lz)":    "the reference takes a TIMESTAMP for an instant of UTC there",
	"GREATEST(d, w)":      "the reference fails on NULL",
	"CAST(m AS STRING)":   "the order of entries is not defined",
	"POWER(f8, i1)":       "differs in the last digits",
	"ATAN(f8)":            "differs in the last digit",
	"SINH(f4)":            "differs in the last digit",
	"EXP(f4)":             "differs in the last digit",
	"LOG10(f8)":           "differs in the last digit",
	"SIN(f8)":             "differs in the last digit",
	"ROUND(d, i1)":        "the reference gives the digits without their scale",
	"MAP_KEYS(m)":         "the order of entries is not defined",
	"MAP_VALUES(m)":       "the order of entries is not defined",
	"MAP_ENTRIES(m)":      "the order of entries is not defined",
}
