package datagen_test

import (
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weir-sql/weir/connectors"
	"github.com/weir-sql/weir/connectors/conformance"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
)

func options(kv ...string) map[string]string {
	o := map[string]string{"connector": "datagen"}
	for i := 0; i < len(kv); i += 2 {
		o[kv[i]] = kv[i+1]
	}
	return o
}

type still struct{}

func (still) Now() time.Time { return time.Date(2026, 11, 20, 20, 49, 18, 722e6, time.UTC) }

func open(t testing.TB, env *connectors.Env, schema string, columns []string, opts map[string]string) exec.Source {
	t.Helper()
	table := conformance.Table(schema, nil, opts, nil)
	src, err := connectors.NewRegistry(env, connectors.All()...).Source(t.Context(), &physical.Source{Scan: conformance.Scan(table, columns)})
	if err != nil {
		t.Fatal(err)
	}
	return src
}

func all(t testing.TB, src exec.Source, schema string) [][]any {
	t.Helper()
	rows, err := conformance.ReadAll(t.Context(), src, conformance.Types(schema))
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

const everything = "b BOOLEAN, t TINYINT, s SMALLINT, i INT, l BIGINT, f FLOAT, d DOUBLE, dc DECIMAL(10, 2), dw DECIMAL(30, 5), st STRING, c CHAR(5), vc VARCHAR(7), " +
	"by BYTES, bn BINARY(3), dt DATE, tm TIME, ts TIMESTAMP(3), lz TIMESTAMP_LTZ(6), a ARRAY<INT>, m MAP<INT, STRING>, ms MULTISET<BOOLEAN>, r ROW<x INT, y ARRAY<STRING>>"

func TestConformance(t *testing.T) {
	opts := options("number-of-rows", "9000", "fields.l.kind", "sequence", "fields.l.start", "5", "fields.l.end", "100000",
		"fields.i.null-rate", "0.3", "fields.st.length", "4", "fields.by.length", "2", "fields.m.value.length", "3", "fields.r.y.element.length", "3")
	want := all(t, open(t, &connectors.Env{Batch: true, Clock: still{}}, everything, nil, opts), everything)
	if len(want) != 9000 {
		t.Fatalf("%d rows", len(want))
	}
	for _, parallelism := range []int{1, 3} {
		conformance.SourceTest{
			Open: func(t *testing.T, columns []string) exec.Source {
				return open(t, &connectors.Env{Batch: true, Clock: still{}, Parallelism: parallelism}, everything, columns, opts)
			},
			Schema: everything, Rows: want, Some: []string{"r", "l", "i"},
		}.Run(t)
	}
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		typ     string
		options []string
		check   func(v any) bool
	}{
		{"INT", []string{"min", "3", "max", "5"}, func(v any) bool { return v.(float64) >= 3 && v.(float64) <= 5 }},
		{"TINYINT", nil, func(v any) bool { return v.(float64) >= -128 && v.(float64) <= 127 }},
		{"BIGINT", []string{"min", "-9223372036854775808", "max", "9223372036854775807"}, func(v any) bool { return true }},
		{"DOUBLE", []string{"min", "-1", "max", "1"}, func(v any) bool { return v.(float64) >= -1 && v.(float64) < 1 }},
		{"DECIMAL(10, 2)", []string{"min", "1", "max", "1.02"}, func(v any) bool { return v == "1.00" || v == "1.01" || v == "1.02" }},
		{"STRING", []string{"length", "12"}, func(v any) bool { return len(v.(string)) == 12 && strings.Trim(v.(string), "0123456789abcdef") == "" }},
		{"STRING", nil, func(v any) bool { return len(v.(string)) == 100 }},
		{"STRING", []string{"length", "4", "var-len", "true"}, func(v any) bool { return len(v.(string)) >= 1 && len(v.(string)) <= 4 }},
		{"VARCHAR(7)", nil, func(v any) bool { return len(v.(string)) == 7 }},
		{"CHAR(5)", nil, func(v any) bool { return len(v.(string)) == 5 }},
		{"BYTES", []string{"length", "3"}, func(v any) bool { return len(v.(string)) == 2+6 }},
		{"DATE", nil, func(v any) bool { return v == "2026-11-20" }},
		{"TIME", nil, func(v any) bool { return v == "20:49:18" }},
		{"TIMESTAMP(3)", nil, func(v any) bool { return v == "2026-11-20 20:49:18.722" }},
		{"TIMESTAMP(3)", []string{"max-past", "2 s"}, func(v any) bool {
			return v.(string) > "2026-11-20 20:49:16.721" && v.(string) <= "2026-11-20 20:49:18.722"
		}},
		{"ARRAY<INT>", []string{"length", "2", "element.min", "1", "element.max", "1"}, func(v any) bool { return fmt.Sprint(v) == "[1 1]" }},
		{"MAP<INT, STRING>", []string{"key.min", "1", "key.max", "1", "value.length", "2"}, func(v any) bool { return len(v.([]any)) == 1 }},
		{"ROW<x INT, y STRING>", []string{"x.min", "7", "x.max", "7", "y.null-rate", "1"}, func(v any) bool { return fmt.Sprint(v) == "[7 <nil>]" }},
		{"SMALLINT", []string{"kind", "sequence", "start", "7", "end", "1006"}, func(v any) bool { return v.(float64) >= 7 && v.(float64) <= 1006 }},
		{"STRING", []string{"kind", "sequence", "start", "7", "end", "1006"}, func(v any) bool { return len(v.(string)) <= 4 }},
		{"DECIMAL(10, 2)", []string{"kind", "sequence", "start", "7", "end", "1006"}, func(v any) bool { return strings.HasSuffix(v.(string), ".00") }},
	} {
		opts := options("number-of-rows", "1000")
		for i := 0; i < len(c.options); i += 2 {
			opts["fields.v."+c.options[i]] = c.options[i+1]
		}
		rows := all(t, open(t, &connectors.Env{Batch: true, Clock: still{}}, "v "+c.typ, nil, opts), "v "+c.typ)
		if len(rows) != 1000 {
			t.Errorf("%s %v: %d rows", c.typ, c.options, len(rows))
		}
		for _, r := range rows {
			if !c.check(r[1]) {
				t.Errorf("%s %v gave %v", c.typ, c.options, r[1])
				break
			}
		}
	}
}

func TestSeed(t *testing.T) {
	read := func(kv ...string) [][]any {
		return all(t, open(t, &connectors.Env{Batch: true}, "v BIGINT", nil, options(append(kv, "number-of-rows", "100")...)), "v BIGINT")
	}
	if !reflect.DeepEqual(read(), read()) {
		t.Error("two runs differ")
	}
	if reflect.DeepEqual(read(), read("seed", "1")) {
		t.Error("another seed gives the same rows")
	}
}

func TestNullRate(t *testing.T) {
	rows := all(t, open(t, &connectors.Env{Batch: true}, "v INT", nil, options("number-of-rows", "10000", "fields.v.null-rate", "0.25")), "v INT")
	nulls := 0
	for _, r := range rows {
		if r[1] == nil {
			nulls++
		}
	}
	if nulls < 2200 || nulls > 2800 {
		t.Errorf("%d of 10000 values are NULL, want about 2500", nulls)
	}
}

// TestRate reads for two seconds of made-up time.
func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := open(t, &connectors.Env{}, "v INT", nil, options("rows-per-second", "1000"))
		splits, err := src.Splits(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r, err := src.Open(t.Context(), splits[0], nil)
		if err != nil {
			t.Fatal(err)
		}
		n, start := 0, time.Now()
		for time.Since(start) < 2*time.Second {
			b, err := r.Read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if b != nil {
				n += b.Len
			}
		}
		if n < 1990 || n > 2010 {
			t.Errorf("%d rows in 2 s at 1000 a second", n)
		}
	})
}

func TestErrors(t *testing.T) {
	for want, kv := range map[string][]string{
		`option 'fields.i.mni': a field has no option "mni"`:                          {"fields.i.mni", "1"},
		`option 'fields.idd.min': table "t" has no field "idd"`:                       {"fields.idd.min", "1"},
		`option 'fields.i.min' is "x", want a whole number`:                           {"fields.i.min", "x"},
		`option 'fields.i.max' is "1", want a value of INT that is not less than min`: {"fields.i.min", "2", "fields.i.max", "1"},
		`a sequence needs 'fields.i.end'`:                                             {"fields.i.kind", "sequence", "fields.i.start", "1"},
		`option 'fields.i.kind' is "rndom", want random or sequence`:                  {"fields.i.kind", "rndom"},
		`option 'fields.i.null-rate' is "2", want a number from 0 to 1`:               {"fields.i.null-rate", "2"},
		`a sequence cannot be of type BOOLEAN`:                                        {"fields.b.kind", "sequence", "fields.b.start", "1", "fields.b.end", "2"},
		`option 'number-of-rows' is "many", want a whole number`:                      {"number-of-rows", "many"},
		`option 'fields.ts.max-past' is "yesterday", want a duration such as '10 s'`:  {"fields.ts.max-past", "yesterday"},
		`option 'fields.s.length' is "9999999999", want a length up to 1048576`:       {"fields.s.length", "9999999999"},
		`option 'fields.i.min' is "3000000000", want a value of INT`:                  {"fields.i.min", "3000000000"},
		`option 'fields.i.end' is "1", want a number from start on`:                   {"fields.i.kind", "sequence", "fields.i.start", "5", "fields.i.end", "1"},
		`option 'fields.' is none of the datagen connector`:                           {"fields.", "1"},
		`option 'fields.d.max' is "1", want a number that is not less than min`:       {"fields.d.min", "5", "fields.d.max", "1"},
		`option 'fields.dc.max' is "99999999999", want a number of DECIMAL(10, 2)`:    {"fields.dc.max", "99999999999"},
		`option 'fields.i.start' is "one", want a whole number`:                       {"fields.i.kind", "sequence", "fields.i.start", "one", "fields.i.end", "2"},
		`option 'rows-per-second' is "fast", want a whole number`:                     {"rows-per-second", "fast"},
	} {
		table := conformance.Table("i INT, b BOOLEAN, ts TIMESTAMP(3), s STRING, d DOUBLE, dc DECIMAL(10, 2)", nil, options(kv...), nil)
		reg := connectors.NewRegistry(&connectors.Env{}, connectors.All()...)
		_, errs := reg.Connector("datagen").Describe(table, reg)
		if !has(errs, want) {
			t.Errorf("%v gave %v, want %s", kv, errs, want)
		}
	}
}

func has(errs diag.List, want string) bool {
	for _, d := range errs {
		if d.Primary == want {
			return true
		}
	}
	return false
}

func TestBounded(t *testing.T) {
	reg := connectors.NewRegistry(&connectors.Env{}, connectors.All()...)
	for _, c := range []struct {
		bounded bool
		kv      []string
	}{
		{false, nil},
		{true, []string{"number-of-rows", "5"}},
		{true, []string{"fields.i.kind", "sequence", "fields.i.start", "1", "fields.i.end", "3"}},
	} {
		caps, errs := reg.Connector("datagen").Describe(conformance.Table("i INT", nil, options(c.kv...), nil), reg)
		if caps.Bounded != c.bounded || len(errs) > 0 {
			t.Errorf("%v: bounded is %v, %v", c.kv, caps.Bounded, errs)
		}
	}
}

// BenchmarkNumbers generates rows of one, two and three numeric columns.
func BenchmarkNumbers(b *testing.B) {
	for _, schema := range []string{"a BIGINT", "a BIGINT, b INT", "a BIGINT, b INT, c DOUBLE"} {
		b.Run(schema, func(b *testing.B) {
			opts := options("rows-per-second", "0", "fields.a.kind", "sequence", "fields.a.start", "0", "fields.a.end", "9000000000000000000", "fields.b.min", "0", "fields.b.max", "999")
			if !strings.Contains(schema, "b INT") {
				delete(opts, "fields.b.min")
				delete(opts, "fields.b.max")
			}
			src := open(b, &connectors.Env{}, schema, nil, opts)
			splits, err := src.Splits(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			r, err := src.Open(b.Context(), splits[0], nil)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Read(b.Context()); err != nil && err != io.EOF {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*vec.BatchSize/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
