package expr_test

import (
	"bufio"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/bind"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// bound binds one expression without columns.
func bound(sql string) (rex.Expr, error) { return boundQuery("SELECT "+sql, "UTC") }

// boundIn binds an expression over the columns of a subquery.
func boundIn(sql, columns, zone string) (rex.Expr, error) {
	return boundQuery("SELECT "+sql+" FROM (SELECT "+columns+") AS t", zone)
}

// boundQuery binds a query and gives its first column.
func boundQuery(text, zone string) (rex.Expr, error) {
	script, diags := syntax.Parse(text)
	if err := diags.Err(); err != nil {
		return nil, err
	}
	env := &bind.Env{Catalog: catalog.New(), Functions: function.Builtin(), Config: map[string]string{"table.local-time-zone": zone}}
	out, diags := bind.Script(env, diag.Source{Name: "test", Text: text}, script)
	if err := diags.Err(); err != nil {
		return nil, err
	}
	return out.Sinks[0].Input.(*logical.Project).Exprs[0], nil
}

// evaluated computes an expression without columns for three rows, which must agree,
// and gives the first.
func evaluated(e rex.Expr, ctx *expr.Ctx) (*vec.Vec, error) {
	p, err := expr.Compile(e, nil, function.Builtin())
	if err != nil {
		return nil, err
	}
	return p.Eval(ctx, vec.NewBatch(3))
}

func testCtx() *expr.Ctx {
	return &expr.Ctx{Zone: time.UTC, Now: func() int64 { return 1700000000123 }}
}

func TestFunctionsAgainstRecording(t *testing.T) {
	f, err := os.Open("testdata/functions.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 1<<20)
	checked, failed := 0, 0
	complain := func(format string, args ...any) {
		if failed++; failed <= 80 {
			t.Errorf(format, args...)
		}
	}
	for sc.Scan() {
		var c struct {
			SQL, Type, Error string
			Value            any
		}
		decodeJSON(t, sc.Bytes(), &c)
		if knownFunctions[c.SQL] != "" {
			continue
		}
		checked++
		e, err := bound(c.SQL)
		if c.Error == "plan" && err != nil {
			continue
		}
		if err != nil {
			complain("%s: %v", c.SQL, err)
			continue
		}
		v, err := evaluated(e, testCtx())
		if c.Error != "" {
			if err == nil {
				complain("%s gives %s, recorded an error", c.SQL, recorded(v, 0))
			}
			continue
		}
		if err != nil {
			complain("%s: %v", c.SQL, err)
			continue
		}
		typ := parseType(t, c.Type)
		if got := e.Type().WithAttr(types.NoTimeAttr).String(); got != typ.String() {
			complain("%s is %s, recorded %s", c.SQL, got, typ)
		}
		want := canonical(typ, c.Value)
		for i := range 3 {
			if got := recorded(v, i); got != want && (i == 0 || !random(c.SQL)) {
				complain("%s gives %s, recorded %s", c.SQL, got, want)
				break
			}
		}
	}
	t.Logf("%d expressions, %d complaints", checked, failed)
}

// knownFunctions explains recorded answers that we do not give.
var knownFunctions = map[string]string{
	"UPPER('abcÄß')":                     "the reference cuts constants to the length of their CHAR type",
	"LOWER('ABCÄİ')":                     "the reference cuts constants to the length of their CHAR type",
	"SUBSTRING('héllo😀x', 2, 5)":         "the reference counts UTF-16 units for the type of a literal",
	"REGEXP_REPLACE('foobar', '(', 'y')": "NULL, as in the reference, which then objects to NULL in a NOT NULL column",
	"LOG(0, 8)":                          "minus zero, which the reference loses when it folds constants",
	"CAST(1 AS FLOAT) / 3":               "the reference folds FLOAT constants in decimal",
	"COSH(1)":                            "differs in the last digit",
	"TAN(1)":                             "differs in the last digit",
	"COT(1)":                             "differs in the last digit",
	"ACOS(0.5)":                          "differs in the last digit",
	"PI":                                 "PI without parentheses is a matter of names",
	"CEIL(TIME '23:34:56' TO HOUR)":      "midnight; the reference cannot fold a time past the end of the day",
	"ARRAY[1,2,3][4]":                    "the reference folds NULL of a primitive type to -1",
	"MAP['a',1,'b',2]['c']":              "the reference folds NULL of a primitive type to -1",
	"JSON_QUOTE('😀')":                    "a surrogate pair; the reference writes neither the pair nor the character",
	"JSON_QUERY('{\"a\":[{\"b\":\"x\"},{\"c\":\"y\"}]}', '$.a[?(@.b)]')":   "a class is missing in the reference",
	"JSON_VALUE('{\"a\":1}', '$.b' RETURNING DOUBLE DEFAULT 5.5 ON ERROR)": "a default is cast to the returned type",
	"JSON_VALUE('{\"a\":1}', '$.b' RETURNING DOUBLE DEFAULT 5 ON ERROR)":   "a default is cast to the returned type",
	"JSON_VALUE('{\"a\":1}', '$.a' RETURNING DOUBLE)":                      "a whole number is a DOUBLE too",
}

// random reports expressions whose rows differ.
func random(sql string) bool { return strings.HasPrefix(sql, "RAND") }

func TestExamples(t *testing.T) {
	for _, f := range function.All() {
		for _, ex := range f.Examples {
			e, err := bound(ex.SQL)
			if err != nil {
				t.Errorf("%s: %v", ex.SQL, err)
				continue
			}
			v, err := evaluated(e, testCtx())
			if err != nil {
				t.Errorf("%s: %v", ex.SQL, err)
				continue
			}
			if got := vec.FormatValue(v, 0); got != ex.Result {
				t.Errorf("%s gives %s, the example says %s", ex.SQL, got, ex.Result)
			}
		}
		if f.Summary == "" || len(f.Signatures) == 0 || strings.HasSuffix(f.Summary, ".") {
			t.Errorf("%s: summary or signature missing, or the summary ends with a full stop", f.Name)
		}
		if len(f.Examples) == 0 && f.Name != "CURRENT_WATERMARK" && f.Name != "SOURCE_WATERMARK" {
			t.Errorf("%s has no example", f.Name)
		}
	}
}
