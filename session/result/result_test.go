package result_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/ipc"
	"pgregory.net/rapid"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/session/result"
)

var schema = []types.Field{{Name: "city", Type: types.String}, {Name: "n", Type: types.Int64}}

// change is one row of a changelog.
type change struct {
	kind vec.RowKind
	city any
	n    any
}

func batch(rows ...change) *vec.Batch {
	b := vec.NewBatchBuilder([]types.Type{types.String, types.Int64}, len(rows))
	for _, r := range rows {
		b.Cols[0].Append(r.city)
		b.Cols[1].Append(r.n)
		b.EndRow(r.kind)
	}
	return b.Finish()
}

func write(t *testing.T, format string, o result.Options, batches ...*vec.Batch) string {
	t.Helper()
	f, err := result.FormatNamed(format)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	o.Schema = schema
	w, err := f.New(&out, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := w.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestFormats(t *testing.T) {
	rows := batch(change{vec.Insert, "Lima", 1}, change{vec.UpdateBefore, "Lima", 1}, change{vec.UpdateAfter, nil, 20})
	for _, c := range []struct {
		format string
		o      result.Options
		want   string
	}{
		{"table", result.Options{Changelog: true}, "op  city   n\n──  ────  ──\n+I  Lima   1\n-U  Lima   1\n+U  NULL  20\n"},
		{"table", result.Options{Several: true, Output: "a"}, "── a\ncity   n\n────  ──\nLima   1\nLima   1\nNULL  20\n"},
		{"jsonl", result.Options{}, `{"op":"+I","row":{"city":"Lima","n":1}}` + "\n" + `{"op":"-U","row":{"city":"Lima","n":1}}` + "\n" + `{"op":"+U","row":{"city":null,"n":20}}` + "\n"},
		{"json", result.Options{Changelog: true}, "[\n " + `{"op":"+I","row":{"city":"Lima","n":1}}` + ",\n " + `{"op":"-U","row":{"city":"Lima","n":1}}` + ",\n " + `{"op":"+U","row":{"city":null,"n":20}}` + "\n]\n"},
		{"csv", result.Options{Changelog: true}, "op,city,n\n+I,Lima,1\n-U,Lima,1\n+U,,20\n"},
		{"md", result.Options{Changelog: true}, "| op | city | n |\n|---|---|---:|\n| +I | Lima | 1 |\n| -U | Lima | 1 |\n| +U | NULL | 20 |\n"},
	} {
		if got := write(t, c.format, c.o, rows); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.format, got, c.want)
		}
	}
}

func TestFormatsWithoutRows(t *testing.T) {
	for format, want := range map[string]string{"table": "city  n\n────  ─\n", "jsonl": "", "json": "[]\n", "csv": "city,n\n", "md": "| city | n |\n|---|---:|\n"} {
		if got := write(t, format, result.Options{}); got != want {
			t.Errorf("%s: %q, want %q", format, got, want)
		}
	}
}

func TestArrowStream(t *testing.T) {
	text := write(t, "arrow", result.Options{Changelog: true}, batch(change{vec.Insert, "Lima", 1}, change{vec.Delete, nil, 2}))
	r, err := ipc.NewReader(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	if !r.Next() || r.Record().NumRows() != 2 || r.Schema().Field(0).Name != "op" || r.Record().Column(0).ValueStr(1) != "-D" || !r.Record().Column(1).IsNull(1) {
		t.Fatalf("the stream reads back as %v", r.Record())
	}
}

// Hostile cells cannot control a terminal or break out of a Markdown table.
func TestHostileCells(t *testing.T) {
	evil := batch(change{vec.Insert, "\x1b[2J<img src=x>|@all [x](y)\n# h", 1})
	if got := write(t, "table", result.Options{}, evil); strings.ContainsAny(got, "\x1b") {
		t.Errorf("a control byte reached the table: %q", got)
	}
	got := write(t, "md", result.Options{}, evil)
	if strings.Contains(got, "<img") || strings.Contains(got, "@all") || strings.Count(got, "\n") != 3 || strings.Contains(got, "[x](y)") {
		t.Errorf("the cell broke out: %q", got)
	}
}

func TestUnknownFormatNamesTheNearest(t *testing.T) {
	if _, err := result.FormatNamed("jsnol"); err == nil || !strings.Contains(err.Error(), `did you mean "jsonl"`) {
		t.Errorf("got %v", err)
	}
}

// A fold of a changelog is what a map of counts says, however the changelog is cut
// into batches; its digest does not depend on the order of rows.
func TestFoldIsTheFinalRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live := map[string]int{}
		var rows []change
		for range rapid.IntRange(0, 60).Draw(t, "changes") {
			city, n := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "city"), int64(rapid.IntRange(0, 2).Draw(t, "n"))
			id := city + string(rune('0'+n))
			kind := vec.RowKind(rapid.IntRange(0, 3).Draw(t, "kind"))
			if !kind.Adds() && live[id] == 0 {
				kind = vec.Insert
			}
			if kind.Adds() {
				live[id]++
			} else {
				live[id]--
			}
			rows = append(rows, change{kind, city, n})
		}
		f := result.NewFold(schema, nil, nil)
		for len(rows) > 0 {
			k := rapid.IntRange(1, len(rows)).Draw(t, "cut")
			if err := f.Write(batch(rows[:k]...)); err != nil {
				t.Fatal(err)
			}
			rows = rows[k:]
		}
		want := result.NewFold(schema, nil, nil)
		total := 0
		for id, n := range live {
			total += n
			for range n {
				if err := want.Write(batch(change{vec.Insert, id[:1], int64(id[1] - '0')})); err != nil {
					t.Fatal(err)
				}
			}
		}
		if f.Rows() != total || f.Digest() != want.Digest() {
			t.Fatalf("%d rows, want %d", f.Rows(), total)
		}
	})
}

// An upsert changelog has no -U: a key's last row counts.
func TestFoldByKey(t *testing.T) {
	var out bytes.Buffer
	jsonl, _ := result.FormatNamed("jsonl")
	w, err := jsonl.New(&out, result.Options{Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	f := result.NewFold(schema, []int{0}, w)
	if err := f.Write(batch(change{vec.Insert, "Lima", 1}, change{vec.Insert, "Oslo", 1}, change{vec.UpdateAfter, "Lima", 2}, change{vec.Delete, "Oslo", 9})); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), `{"op":"+I","row":{"city":"Lima","n":2}}`+"\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
