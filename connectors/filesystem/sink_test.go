package filesystem_test

import (
	"context"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/weir-sql/weir/connectors"
	"github.com/weir-sql/weir/connectors/conformance"
	"github.com/weir-sql/weir/connectors/format/formattest"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/physical"
)

func readTable(t *testing.T, reg *connectors.Registry, table *catalog.Table, schema string) [][]any {
	t.Helper()
	src := open(t, reg, table, nil)
	defer src.Close()
	rows, err := conformance.ReadAll(t.Context(), src, conformance.Types(schema))
	if err != nil {
		if strings.Contains(err.Error(), "W0510") {
			return nil
		}
		t.Fatal(err)
	}
	return rows
}

func TestSinkConformance(t *testing.T) {
	for _, format := range []string{"json", "csv", "parquet"} {
		for _, keys := range [][]string{nil, {"name"}} {
			t.Run(format+strings.Join(keys, "-"), func(t *testing.T) {
				reg, dir := project(t, nil)
				table := conformance.Table(schema, keys, options("path", "out/t", "format", format, "csv.null-literal", "NULL"), nil)
				_, rows := content(1000, jsonLine)
				for i, r := range rows {
					r[2] = []string{"a", "b=c/d", "%e f"}[i%3]
					if i%7 == 0 {
						r[3] = nil
					}
				}
				conformance.SinkTest{
					Open: func(t *testing.T) exec.Sink {
						s, err := reg.Sink(t.Context(), conformance.Sink(table))
						if err != nil {
							t.Fatal(err)
						}
						return s
					},
					Read:   func(t *testing.T) [][]any { return readTable(t, reg, table, schema) },
					Schema: schema, Rows: rows,
					Empty: func(t *testing.T) {
						if got := tree(t, dir); len(got) > 0 {
							t.Fatalf("left %v", got)
						}
					},
				}.Run(t)
			})
		}
	}
}

// tree lists all files and directories below dir.
func tree(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if p != dir {
			rel, _ := filepath.Rel(dir, p)
			names = append(names, rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// insert writes rows into a table and commits them.
func insert(t *testing.T, reg *connectors.Registry, spec *physical.Sink, rows [][]any) {
	t.Helper()
	sink, err := reg.Sink(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	w, err := sink.Writer(t.Context(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) > 0 {
		if err := w.Write(t.Context(), formattest.Batch(spec.Fields, rows)); err != nil {
			t.Fatal(err)
		}
	}
	c, err := w.Prepare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c != nil {
		if err := sink.Commit(t.Context(), [][]byte{c}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOverwrite(t *testing.T) {
	const schema = "k STRING, v INT"
	row := func(k string, v float64) []any { return []any{"+I", k, v} }
	type step struct {
		static map[string]string
		rows   [][]any
	}
	for _, c := range []struct {
		name        string
		keys        []string
		first, then step
		want        [][]any
	}{
		{"table", nil, step{rows: [][]any{row("a", 1), row("b", 2)}}, step{rows: [][]any{row("c", 3)}}, [][]any{row("c", 3)}},
		{"table with nothing", nil, step{rows: [][]any{row("a", 1)}}, step{}, nil},
		{"dynamic partition", []string{"k"}, step{rows: [][]any{row("a", 1), row("b", 2)}}, step{rows: [][]any{row("a", 3)}}, [][]any{row("a", 3), row("b", 2)}},
		{"static partition", []string{"k"}, step{rows: [][]any{row("a", 1), row("b", 2)}}, step{static: map[string]string{"k": "b"}, rows: [][]any{{"+I", nil, 5.0}}}, [][]any{row("a", 1), row("b", 5)}},
		{"static partition with nothing", []string{"k"}, step{rows: [][]any{row("a", 1), row("b", 2)}}, step{static: map[string]string{"k": "b"}}, [][]any{row("a", 1)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			reg, _ := project(t, nil)
			table := conformance.Table(schema, c.keys, options("path", "t", "format", "json"), nil)
			insert(t, reg, conformance.Sink(table), c.first.rows)
			spec := conformance.Sink(table)
			spec.Overwrite, spec.Partition = true, c.then.static
			insert(t, reg, spec, c.then.rows)
			conformance.Same(t, readTable(t, reg, table, schema), c.want)
		})
	}
}

// TestCommitAfterFailure renames nothing if one part of a commit cannot be renamed.
func TestCommitAfterFailure(t *testing.T) {
	reg, dir := project(t, nil)
	table := conformance.Table("k STRING, v INT", []string{"k"}, options("path", "t", "format", "json"), nil)
	sink, err := reg.Sink(t.Context(), conformance.Sink(table))
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	w, err := sink.Writer(t.Context(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(t.Context(), formattest.Batch(conformance.Sink(table).Fields, [][]any{{"+I", "a", 1.0}, {"+I", "b", 2.0}})); err != nil {
		t.Fatal(err)
	}
	c, err := w.Prepare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "t/k=b")); err != nil {
		t.Fatal(err)
	}
	conformance.IsDiagnostic(t, sink.Commit(t.Context(), [][]byte{c}))
	if rows := readTable(t, reg, table, "k STRING, v INT"); len(rows) > 0 {
		t.Fatalf("a failed commit shows %v", rows)
	}
}

// clock is a clock that stands still until it is set.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func TestRolling(t *testing.T) {
	dir := t.TempDir()
	clk := &clock{time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	reg := connectors.NewRegistry(&connectors.Env{Dir: dir, Clock: clk}, connectors.All()...)
	table := conformance.Table("v INT", nil, options("path", "t", "format", "csv",
		"sink.rolling-policy.file-size", "10 b", "sink.rolling-policy.rollover-interval", "10 min", "sink.rolling-policy.check-interval", "1 s"), nil)
	spec := conformance.Sink(table)
	sink, err := reg.Sink(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close()
	w, err := sink.Writer(t.Context(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	write := func(v float64) {
		if err := w.Write(t.Context(), formattest.Batch(spec.Fields, [][]any{{"+I", v}})); err != nil {
			t.Fatal(err)
		}
	}
	write(1)
	clk.now = clk.now.Add(11 * time.Minute)
	write(2)         // the first part is too old: a second begins
	write(300000000) // and is large now: a third begins
	write(4)
	c, err := w.Prepare(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := sink.Commit(t.Context(), [][]byte{c}); err != nil {
		t.Fatal(err)
	}
	var contents []string
	for _, name := range tree(t, filepath.Join(dir, "t")) {
		data, err := os.ReadFile(filepath.Join(dir, "t", name))
		if err != nil {
			t.Fatal(err)
		}
		contents = append(contents, string(data))
	}
	sort.Strings(contents)
	if got := strings.Join(contents, "|"); got != "1\n|2\n300000000\n|4\n" {
		t.Fatalf("parts are %q", got)
	}
}

func TestPartitionCommit(t *testing.T) {
	const schema = "dt STRING, hh STRING, v INT"
	for _, c := range []struct {
		name    string
		options []string
		wm      int64
		later   time.Duration
		want    string // marked after the first and after the second commit
	}{
		{"process time at once", nil, math.MinInt64, 0, "dt=2026-11-20/hh=07 dt=2026-11-20/hh=08|"},
		{"process time and delay", []string{"sink.partition-commit.delay", "1 h"}, math.MinInt64, 2 * time.Hour, "|dt=2026-11-20/hh=07 dt=2026-11-20/hh=08"},
		{"partition time", []string{"sink.partition-commit.trigger", "partition-time", "sink.partition-commit.delay", "1 h",
			"partition.time-extractor.timestamp-pattern", "$dt $hh:00:00"}, time.Date(2026, 11, 20, 8, 30, 0, 0, time.UTC).UnixMilli(), 0, "dt=2026-11-20/hh=07|"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			clk := &clock{time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
			reg := connectors.NewRegistry(&connectors.Env{Dir: dir, Clock: clk}, connectors.All()...)
			opts := append([]string{"path", "t", "format", "json", "sink.partition-commit.policy.kind", "success-file"}, c.options...)
			table := conformance.Table(schema, []string{"dt", "hh"}, options(opts...), nil)
			spec := conformance.Sink(table)
			var marks []string
			for i := range 2 {
				// A sink of its own each time: what is pending survives a restart.
				sink, err := reg.Sink(t.Context(), spec)
				if err != nil {
					t.Fatal(err)
				}
				w, err := sink.Writer(t.Context(), 0, 1)
				if err != nil {
					t.Fatal(err)
				}
				if i == 0 {
					rows := [][]any{{"+I", "2026-11-20", "07", 1.0}, {"+I", "2026-11-20", "08", 2.0}}
					if err := w.Write(t.Context(), formattest.Batch(spec.Fields, rows)); err != nil {
						t.Fatal(err)
					}
				}
				if err := w.(exec.WatermarkWriter).Watermark(c.wm); err != nil {
					t.Fatal(err)
				}
				prepareAndCommit(t, sink, w)
				marks = append(marks, marked(t, dir))
				clk.now = clk.now.Add(c.later)
			}
			if got := strings.Join(marks, "|"); got != c.want {
				t.Fatalf("marked %q, want %q", got, c.want)
			}
		})
	}
}

func prepareAndCommit(t *testing.T, sink exec.Sink, w exec.Writer) {
	t.Helper()
	c, err := w.Prepare(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := sink.Commit(context.Background(), [][]byte{c}); err != nil {
		t.Fatal(err)
	}
	if err := sink.Close(); err != nil {
		t.Fatal(err)
	}
}

// marked lists the partitions that have a success file and removes the files.
func marked(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "t/*/*/_SUCCESS"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		rel, _ := filepath.Rel(filepath.Join(dir, "t"), filepath.Dir(f))
		names = append(names, filepath.ToSlash(rel))
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	return strings.Join(names, " ")
}
