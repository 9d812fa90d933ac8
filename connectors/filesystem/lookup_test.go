package filesystem_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weir-sql/weir/connectors"
	"github.com/weir-sql/weir/connectors/conformance"
	"github.com/weir-sql/weir/connectors/format/formattest"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

func lookup(t testing.TB, reg *connectors.Registry, table *catalog.Table, keys ...int) exec.Lookup {
	t.Helper()
	spec := &physical.LookupJoin{Scan: conformance.Scan(table, nil)}
	for i, k := range keys {
		spec.Keys = append(spec.Keys, physical.LookupKey{Column: k, Value: &rex.Ref{Index: i, T: table.Columns[k].Type}})
	}
	l, err := reg.Lookup(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// found prints the rows found for each key: "0:a 0:b 2:c".
func found(t *testing.T, l exec.Lookup, keys *vec.Batch) string {
	t.Helper()
	rows, owner, err := l.Lookup(t.Context(), keys)
	if err != nil {
		t.Fatal(err)
	}
	if rows.Len != len(owner) {
		t.Fatalf("%d rows have %d owners", rows.Len, len(owner))
	}
	var out []string
	for i, o := range owner {
		out = append(out, fmt.Sprintf("%d:%v", o, formattest.Value(rows.Cols[2], i)))
	}
	return strings.Join(out, " ")
}

func TestLookup(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "users.csv"), "1,de,ann\n2,de,bob\n2,fr,bea\n,de,nil\n")
	clk := &clock{time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC)}
	reg := connectors.NewRegistry(&connectors.Env{Dir: dir, Clock: clk}, connectors.All()...)
	const schema = "id BIGINT, country STRING, name STRING"
	table := func(kv ...string) *catalog.Table {
		return conformance.Table(schema, nil, options(append([]string{"path", "users.csv", "format", "csv", "csv.null-literal", ""}, kv...)...), nil)
	}
	ids := vec.NewBatch(5, vec.FromValues(types.Int64, 2, 7, 1, nil, 2))
	l := lookup(t, reg, table(), 0)
	defer l.Close()
	if got := found(t, l, ids); got != "0:bob 0:bea 2:ann 4:bob 4:bea" {
		t.Errorf("by id: %s", got)
	}
	both := lookup(t, reg, table(), 1, 0)
	defer both.Close()
	if got := found(t, both, vec.NewBatch(3, vec.FromValues(types.String, "fr", "de", "fr"), vec.FromValues(types.Int64, 2, 1, 1))); got != "0:bea 1:ann" {
		t.Errorf("by country and id: %s", got)
	}

	periodic := lookup(t, reg, table("lookup.full-cache.periodic-reload.interval", "1 min"), 0)
	timed := lookup(t, reg, table("lookup.full-cache.reload-strategy", "TIMED", "lookup.full-cache.timed-reload.iso-time", "03:00"), 0)
	for _, l := range []exec.Lookup{l, periodic, timed} {
		if got := found(t, l, ids); !strings.HasPrefix(got, "0:bob 0:bea 2:ann") {
			t.Errorf("before the change: %s", got)
		}
	}
	write(t, filepath.Join(dir, "users.csv"), "7,de,new\n")
	if err := os.Chtimes(filepath.Join(dir, "users.csv"), clk.now, clk.now); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after                     time.Duration
		never, everyMinute, daily string
	}{
		{30 * time.Second, "0:bob", "0:bob", "0:bob"},
		{31 * time.Second, "0:bob", "1:new", "0:bob"},
		{3 * time.Hour, "0:bob", "1:new", "1:new"},
	} {
		clk.now = clk.now.Add(c.after)
		for i, want := range []string{c.never, c.everyMinute, c.daily} {
			if got := found(t, []exec.Lookup{l, periodic, timed}[i], ids); !strings.HasPrefix(got, want) {
				t.Errorf("at %s lookup %d found %s, want %s", clk.now.Format(time.TimeOnly), i, got, want)
			}
		}
	}
}

func TestLookupOfNothing(t *testing.T) {
	reg, _ := project(t, map[string]string{"d/empty.csv": ""})
	table := conformance.Table("id BIGINT, country STRING, name STRING", nil, options("path", "d", "format", "csv"), nil)
	l := lookup(t, reg, table, 0)
	defer l.Close()
	if got := found(t, l, vec.NewBatch(1, vec.FromValues(types.Int64, 2))); got != "" {
		t.Errorf("found %s", got)
	}
}

// BenchmarkLookup finds batches of keys in a table of 100,000 rows of three columns.
func BenchmarkLookup(b *testing.B) {
	const rows = 100_000
	var text strings.Builder
	for i := range rows {
		fmt.Fprintf(&text, "%d,country-%d,name-%d\n", i, i%200, i)
	}
	reg, _ := project(b, map[string]string{"users.csv": text.String()})
	table := conformance.Table("id BIGINT, country STRING, name STRING", nil, options("path", "users.csv", "format", "csv"), nil)
	l := lookup(b, reg, table, 0)
	defer l.Close()
	keys := make([]int64, vec.BatchSize)
	for i := range keys {
		keys[i] = int64(i) * 7919 % (rows + rows/10) // one in eleven is not there
	}
	batch := vec.NewBatch(len(keys), vec.FromSlice(types.Int64, keys, nil))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := l.Lookup(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*vec.BatchSize/b.Elapsed().Seconds(), "lookups/s")
}
