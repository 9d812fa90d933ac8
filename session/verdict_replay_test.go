package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/topology"
)

// TestVerdictsHold replays the labelled edits with rows: the script as it was runs on the
// first half of every source, a snapshot is taken, carried to the script as it is, which
// runs on the other half. Where every operator in front of an output is kept, rescaled or
// migrated, its final rows are those of the edited script over all rows; where one is
// not, the snapshot is refused and the operator named.
func TestVerdictsHold(t *testing.T) {
	r := newReplay(t)
	tables, edits, right, refused, partly := verdictTables(t), 0, 0, 0, 0
	datadriven.Walk(t, "testdata/verdict", func(t *testing.T, path string) {
		script := ""
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "script" {
				script = tables + d.Input + "\n"
				return d.Expected
			}
			edits++
			text, _ := applyEdit(t, d, script)
			what := fmt.Sprintf("%s %q", d.Pos, d.Input)
			before, after := r.plan(t, script), r.plan(t, text)
			snap, _ := r.half(t, what, before)
			_, first := r.half(t, what, after)
			whole := r.whole(t, what, after, nil)
			verdicts := topology.JudgeState(r.model(t, before), r.model(t, after))
			moved, err := MigrateSnapshot(snap, r.model(t, before), after.Graph, false)
			lost := slices.IndexFunc(verdicts, func(v topology.StateVerdict) bool { return v.Verdict.Lost() })
			switch {
			case lost >= 0 && (err == nil || !strings.Contains(err.Error(), verdicts[lost].Name)):
				t.Errorf("%s: %s is %s, and the snapshot is taken: %v", what, verdicts[lost].Name, verdicts[lost].Verdict, err)
			case lost < 0 && err != nil:
				t.Errorf("%s: nothing is lost, and the snapshot is refused: %v", what, err)
			}
			if err != nil {
				refused++
				if moved, err = MigrateSnapshot(snap, r.model(t, before), after.Graph, true); err != nil {
					t.Fatalf("%s: %v", what, err)
				}
			}
			second := r.whole(t, what, after, moved)
			for _, o := range after.Outputs {
				carried, fromNow := carriedTo(after.Graph, o.Name, verdicts)
				if !carried {
					continue
				}
				columns := sharedColumns(before, o, fromNow)
				if columns == nil {
					continue
				}
				if len(columns) < len(o.Schema) {
					partly++
				}
				want, got := foldColumns(t, o, columns, whole[o.Name]), foldColumns(t, o, columns, first[o.Name], second[o.Name])
				if missing, more := want.Diff(got, 5); len(missing)+len(more) > 0 {
					t.Errorf("%s\n%s: missing rows %v, rows too many %v", what, o.Name, missing, more)
				}
				rows := 0
				want.Each(func(b *vec.Batch) { rows += b.Len })
				if rows == 0 {
					t.Errorf("%s: %s has no rows: the test says nothing", what, o.Name)
				}
				right++
			}
			return d.Expected
		})
	})
	t.Logf("%d edits: %d outputs that are carried on are right (%d of them without aggregates that count from now on), %d snapshots refused", edits, right, partly, refused)
	if edits < 100 || right < 40 || refused < 40 || partly < 2 {
		t.Error("the test says too little")
	}
}

// carriedTo reports whether all state in front of an output is carried on and nothing
// begins anew, and whether some of it counts from now on only.
func carriedTo(g *topology.Graph, output string, verdicts []topology.StateVerdict) (carried, fromNow bool) {
	var sink []topology.NodeID
	for _, n := range g.Sinks() {
		if spec, ok := n.Spec.(*physical.Sink); ok && spec.Name == output {
			sink = append(sink, n.ID)
		}
	}
	carried = true
	for id := range upstream(g, sink) {
		n := g.Node(id)
		for _, v := range verdicts {
			if v.UID == n.UID && v.Name == n.Name {
				carried = carried && v.Verdict.Carried()
				fromNow = fromNow || len(v.FromNow) > 0
			}
		}
	}
	return carried, fromNow
}

// sharedColumns are the columns of an output to compare: all, or those that it had
// before if some of it counts from now on; nil if it is a new output.
func sharedColumns(before *Plan, o Output, fromNow bool) (columns []int) {
	i := slices.IndexFunc(before.Outputs, func(b Output) bool { return b.Name == o.Name })
	if i < 0 {
		return nil
	}
	for c, f := range o.Schema {
		if !fromNow || slices.ContainsFunc(before.Outputs[i].Schema, func(b types.Field) bool { return b.Name == f.Name }) {
			columns = append(columns, c)
		}
	}
	return columns
}

func foldColumns(t *testing.T, o Output, columns []int, parts ...*changes) *result.Fold {
	t.Helper()
	var schema []types.Field
	var key []int
	for _, c := range columns {
		schema = append(schema, o.Schema[c])
	}
	for _, k := range o.UpsertKey {
		at := slices.Index(columns, k)
		if at < 0 {
			t.Fatalf("column %d of the key of %s is not compared", k, o.Name)
		}
		key = append(key, at)
	}
	f := result.NewFold(schema, key, nil)
	for _, p := range parts {
		if p == nil {
			continue
		}
		for _, b := range p.batches {
			picked := *b
			picked.Cols = pickColumns(b, columns)
			if err := f.Write(&picked); err != nil {
				t.Fatal(err)
			}
		}
	}
	return f
}

// replay runs plans over generated rows.
type replay struct{ s *Session }

func newReplay(t *testing.T) *replay {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"users.csv", "users2.csv"} {
		var b strings.Builder
		for i := range 6 {
			fmt.Fprintf(&b, "%d,%s,%s\n", i, replayTowns[i%3], replayTiers[i%2])
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, ProjectFile), []byte("name: replay\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(Options{Dir: dir, Config: map[string]string{"parallelism.default": "2", "pipeline.auto-watermark-interval": "0 ms"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return &replay{s}
}

// plan plans a text, with the overlay behind a line "-- topology".
func (r *replay) plan(t *testing.T, text string) *Plan {
	t.Helper()
	sql, overlay, edited := strings.Cut(text, "-- topology\n")
	p, list := r.s.Plan(diag.Source{Name: "x.sql", Text: sql}, Stream)
	if list.HasErrors() {
		t.Fatal(list)
	}
	if edited {
		o, list := topology.ParseOverlay(diag.Source{Name: "x" + OverlaySuffix, Text: "version: 1\noperators:\n" + overlay})
		if list.HasErrors() {
			t.Fatal(list)
		}
		e, list := applyOverlay(p.Graph, o, nil)
		if list.HasErrors() {
			t.Fatal(list)
		}
		p.Graph = e.Graph
	}
	return p
}

func (r *replay) model(t *testing.T, p *Plan) *topology.Model {
	t.Helper()
	m, err := topology.NewModel(p.Graph)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// half runs a plan on the first half of every source and takes a snapshot there. Every source is
// one split: its other subtasks have ended by then, so that they hold no watermark back.
func (r *replay) half(t *testing.T, what string, p *Plan) (*runtime.Snapshot, map[string]*changes) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	c := &replayConnectors{until: replayRows / 2, out: map[string]*changes{}}
	run, err := r.s.Run(ctx, p, RunOptions{Limit: -1, Connectors: c.over})
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	sources, others := 0, 0
	ended := func() (n int) {
		for _, node := range p.Graph.Nodes {
			if _, ok := node.Spec.(*physical.Source); ok {
				for subtask := range node.Parallelism {
					if run.Job().Counters(node.ID, subtask).Watermark.Load() == exec.MaxWatermark {
						n++
					}
				}
			}
		}
		return n
	}
	for _, n := range p.Graph.Nodes {
		if _, ok := n.Spec.(*physical.Source); ok {
			sources++
			others += n.Parallelism - 1
		}
	}
	for run.Progress().RowsRead < int64(sources*replayRows/2) || ended() < others {
		select {
		case <-run.Done():
			t.Fatalf("%s: %v", what, run.Wait())
		case <-time.After(200 * time.Microsecond):
		}
	}
	snap, err := run.Job().Snapshot(ctx)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	stop := errors.New("half")
	run.Stop(stop)
	if err := run.Wait(); !errors.Is(err, stop) {
		t.Fatalf("%s: %v", what, err)
	}
	return snap, c.out
}

// whole runs a plan to the end of its sources, from a snapshot or from the beginning.
func (r *replay) whole(t *testing.T, what string, p *Plan, from *runtime.Snapshot) map[string]*changes {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	c := &replayConnectors{until: replayRows, out: map[string]*changes{}}
	run, err := r.s.Run(ctx, p, RunOptions{Limit: -1, Connectors: c.over, Restore: from})
	if err == nil {
		err = run.Wait()
	}
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	return c.out
}

// replayRows is the number of rows of every table.
const replayRows = 120

var (
	replayTowns = []string{"Rome", "Oslo", "Lima"}
	replayTiers = []string{"gold", "tin"}
)

// replayValue is a column of row i of a table.
func replayValue(table, column string, i int) any {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 2 * time.Minute)
	switch table + "." + column {
	case "orders.user_id", "accounts.user_id":
		return (i * 7) % 5
	case "orders.amount":
		return (i*13)%50 + 1
	case "orders.ts":
		return at.UnixMilli()
	case "payments.order_id":
		return (i * 11) % replayRows // half of them come before their order
	case "payments.pt":
		return at.Add(time.Minute).UnixMilli()
	case "payments.paid":
		return (i*5)%40 + 1
	case "orders.city":
		return replayTowns[i%3]
	case "orders.status":
		return []string{"PAID", "PAID", "NEW"}[(i/2)%3]
	case "accounts.town":
		return replayTowns[(i/3)%3]
	case "accounts.tier":
		return replayTiers[(i/7)%2]
	}
	if strings.HasSuffix(column, "id") {
		return i
	}
	return "x" + strconv.Itoa(i)
}

// replayConnectors give the rows of a table from memory up to some row, where sources of
// a half run wait, and keep what is written. Look-ups go to the files of the session.
type replayConnectors struct {
	exec.Connectors
	until int
	mu    sync.Mutex
	out   map[string]*changes
}

func (c *replayConnectors) over(real exec.Connectors) exec.Connectors {
	c.Connectors = real
	return c
}

func (c *replayConnectors) Source(_ context.Context, spec *physical.Source) (exec.Source, error) {
	return &replaySource{spec, c.until}, nil
}

func (c *replayConnectors) Sink(_ context.Context, spec *physical.Sink) (exec.Sink, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := &changes{}
	c.out[spec.Name] = out
	return out, nil
}

type replaySource struct {
	spec  *physical.Source
	until int
}

func (s *replaySource) Splits(context.Context) ([]exec.Split, error) {
	return []exec.Split{{ID: "rows-0"}}, nil
}
func (s *replaySource) Close() error { return nil }
func (s *replaySource) Open(_ context.Context, _ exec.Split, position []byte) (exec.Reader, error) {
	r := &replayReader{replaySource: *s}
	if position != nil {
		r.next, _ = strconv.Atoi(string(position))
	}
	return r, nil
}

type replayReader struct {
	replaySource
	next int
}

// Read gives one row at a time.
func (r *replayReader) Read(ctx context.Context) (*vec.Batch, error) {
	switch {
	case r.next == replayRows:
		return nil, io.EOF
	case r.next == r.until:
		<-ctx.Done()
		return nil, ctx.Err()
	}
	ts := make([]types.Type, len(r.spec.Read))
	for i, c := range r.spec.Read {
		ts[i] = c.Type
	}
	b := vec.NewBatchBuilder(ts, 1)
	for i, c := range r.spec.Read {
		value := replayValue(r.spec.Table.Path.Name, c.Name, r.next)
		if text, ok := value.(string); ok && c.Type.IsInteger() { // an edit made it a number
			value = len(text) + int(text[0])
		}
		b.Cols[i].Append(value)
	}
	kind := vec.Insert
	if r.spec.Table.Path.Name == "accounts" {
		kind = vec.UpdateAfter
	}
	b.EndRow(kind)
	r.next++
	return b.Finish(), nil
}

func (r *replayReader) Position() []byte { return []byte(strconv.Itoa(r.next)) }
func (r *replayReader) Close() error     { return nil }

// changes keep the changelog of one output, as far as a snapshot covers it: what is written
// after the snapshot comes again when the run goes on.
type changes struct {
	mu      sync.Mutex
	batches []*vec.Batch
}

func (c *changes) Writer(context.Context, int, int) (exec.Writer, error) {
	return &changesWriter{to: c}, nil
}
func (c *changes) Commit(context.Context, [][]byte) error { return nil }
func (c *changes) Abort(context.Context) error            { return nil }
func (c *changes) Close() error                           { return nil }

// changesWriter is one task's part.
type changesWriter struct {
	to      *changes
	batches []*vec.Batch // since the last snapshot
}

func (w *changesWriter) Write(_ context.Context, b *vec.Batch) error {
	w.batches = append(w.batches, b)
	return nil
}

func (w *changesWriter) Prepare(context.Context) ([]byte, error) {
	w.to.mu.Lock()
	defer w.to.mu.Unlock()
	w.to.batches, w.batches = append(w.to.batches, w.batches...), nil
	return nil, nil
}
func (w *changesWriter) Close() error { return nil }
