package session_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/build"
	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/topology"
)

// hybridRow is a row of the set that is split between history and stream. Its position
// tells where it stands in the log: partition p, offset o.
type hybridRow struct{ id, p, o, ts int64 }

// handOverAt is the ts in milliseconds at which the column rule hands over: 10:00:30.
const handOverAt = 1795168830000

// hybridRules are the switch rules that leave each row once.
var hybridRules = map[string]string{
	"column":   "'switch' = 'column', 'switch.column' = 'ts', 'switch.at' = '2026-11-20 10:00:30'",
	"key":      "'switch' = 'key', 'switch.key' = 'id'",
	"position": "'switch' = 'position', 'switch.position' = 'p, o'",
}

// hybridQueries are what is asked of the table: every row, and what only watermarks close.
var hybridQueries = map[string]string{
	"rows":    "SELECT id, ts FROM visits",
	"windows": "SELECT COUNT(*) AS n, window_start FROM TABLE(TUMBLE(TABLE visits, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end",
}

const hybridDDL = `
CREATE TABLE history (vid BIGINT NOT NULL, p BIGINT, o BIGINT, ts TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'json');
CREATE TABLE live (id BIGINT NOT NULL, p BIGINT, o BIGINT, ts TIMESTAMP(3)) WITH ('connector' = 'kafka', 'topic' = 'x', 'format' = 'json',
  'properties.bootstrap.servers' = 'embedded', 'scan.startup.mode' = 'earliest-offset');
CREATE TABLE visits (id BIGINT NOT NULL, p BIGINT, o BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '20' SECOND) WITH ('connector' = 'hybrid',
  'sides' = 'history, live', 'history.kind' = '0', 'history.fieldMappings' = 'id = vid', 'live.kind' = '1', %s);
%s;`

// split is one way to part a set of rows between files and the log.
type split struct {
	all        []hybridRow
	files, log [][]hybridRow // by file, by partition
	// kill is after how many reads of the readers a run is killed, a read at the switch counting from the
	// log's first one; < 0 = at the switch itself.
	kill   int
	killed bool
}

// randomSplit parts n rows: every row is in one of the two at least, and where the rule is
// the column, in the one whose range it is in. The rest of both overlaps at random. Rows
// are out of order by less than the watermark waits, also those at the log's end that belong to history.
func randomSplit(r *rand.Rand, rule string) *split {
	s := &split{kill: r.IntN(12) - 4, killed: r.IntN(2) == 0, files: make([][]hybridRow, 1+r.IntN(4)), log: make([][]hybridRow, 1+r.IntN(3))}
	n, overlap := 4+r.IntN(40), r.Float64()
	for i := range n {
		row := hybridRow{id: int64(i), p: int64(i % len(s.log)), o: int64(i / len(s.log)), ts: handOverAt + int64(r.IntN(19000))}
		inHistory := r.IntN(2) == 0
		if rule == "column" {
			if inHistory { // whatever the order there: the watermark waits for the log
				row.ts -= 50000
			}
		}
		s.all = append(s.all, row)
		if inHistory || r.Float64() < overlap {
			f := r.IntN(len(s.files))
			s.files[f] = append(s.files[f], row)
		}
		if !inHistory || r.Float64() < overlap {
			s.log[row.p] = append(s.log[row.p], row)
		}
	}
	if rule == "column" && r.IntN(2) == 0 { // files that go on behind the hand-over, with rows that do not count
		s.files[0] = append(s.files[0], hybridRow{id: 1000, ts: handOverAt + 100000})
	}
	for _, part := range slices.Concat(s.files, s.log) {
		r.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
	}
	return s
}

// splitWorld gives a run the rows of a split, and keeps what is committed.
type splitWorld struct {
	*split
	reads  atomic.Int64
	atKill chan struct{} // closed when the run is to be killed
	once   sync.Once
	armed  bool

	mu        sync.Mutex
	committed map[string][]byte
	tokens    int
}

func (w *splitWorld) Source(_ context.Context, spec *physical.Source) (exec.Source, error) {
	s := &splitSource{w: w, spec: spec, log: spec.Table.Path.Name == "live", parts: w.files}
	if s.log {
		s.parts = w.log
	}
	return s, nil
}
func (w *splitWorld) Sink(context.Context, *physical.Sink) (exec.Sink, error) {
	return splitSink{w}, nil
}
func (w *splitWorld) Lookup(context.Context, *physical.LookupJoin) (exec.Lookup, error) {
	return nil, errors.New("nothing is looked up")
}

// pass counts a read, and holds it where the run is to be killed.
func (w *splitWorld) pass(ctx context.Context, atSwitch bool) error {
	if !w.armed {
		return nil
	}
	if atSwitch && w.kill < 0 || w.kill >= 0 && w.reads.Add(1) > int64(w.kill) {
		w.once.Do(func() { close(w.atKill) })
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

type splitSource struct {
	w     *splitWorld
	spec  *physical.Source
	log   bool
	parts [][]hybridRow
}

func (s *splitSource) Close() error      { return nil }
func (s *splitSource) Interleaved() bool { return s.log }
func (s *splitSource) Splits(context.Context) ([]exec.Split, error) {
	var out []exec.Split
	for i := range s.parts {
		out = append(out, exec.Split{ID: fmt.Sprint(s.spec.Table.Path.Name, "-", i), Spec: []byte{byte(i)}})
	}
	return out, nil
}
func (s *splitSource) Open(_ context.Context, sp exec.Split, position []byte) (exec.Reader, error) {
	r := &splitReader{src: s, rows: s.parts[sp.Spec[0]]}
	if position != nil {
		r.next = int(binary.BigEndian.Uint32(position))
	}
	return r, nil
}

type splitReader struct {
	src  *splitSource
	rows []hybridRow
	next int
}

func (r *splitReader) Read(ctx context.Context) (*vec.Batch, error) {
	if err := r.src.w.pass(ctx, r.src.log); err != nil {
		return nil, err
	}
	if r.next == len(r.rows) {
		return nil, io.EOF
	}
	n := min(3, len(r.rows)-r.next)
	cols := make([]*vec.Vec, len(r.src.spec.Read))
	for i, c := range r.src.spec.Read {
		values := make([]int64, n)
		for k, row := range r.rows[r.next : r.next+n] {
			values[k] = map[string]int64{"id": row.id, "vid": row.id, "p": row.p, "o": row.o, "ts": row.ts}[c.Name]
		}
		cols[i] = vec.FromSlice(c.Type, values, nil)
	}
	r.next += n
	return vec.NewBatch(n, cols...), nil
}
func (r *splitReader) Position() []byte { return binary.BigEndian.AppendUint32(nil, uint32(r.next)) }
func (r *splitReader) Close() error     { return nil }

// splitSink keeps the first column of rows once they are committed.
type splitSink struct{ w *splitWorld }

func (s splitSink) Writer(context.Context, int, int) (exec.Writer, error) {
	return &splitWriter{w: s.w}, nil
}
func (s splitSink) Commit(_ context.Context, commits [][]byte) error {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	for _, c := range commits {
		s.w.committed[string(c[:4])] = c[4:] // once, however often it is asked for
	}
	return nil
}
func (splitSink) Abort(context.Context) error { return nil }
func (splitSink) Close() error                { return nil }

type splitWriter struct {
	w    *splitWorld
	rows []byte
}

func (w *splitWriter) Write(_ context.Context, b *vec.Batch) error {
	for _, v := range b.Cols[0].Int64s()[:b.Len] {
		w.rows = binary.BigEndian.AppendUint32(w.rows, uint32(v))
	}
	return nil
}
func (w *splitWriter) Prepare(context.Context) ([]byte, error) {
	if len(w.rows) == 0 {
		return nil, nil
	}
	w.w.mu.Lock()
	defer w.w.mu.Unlock()
	w.w.tokens++
	token := append(binary.BigEndian.AppendUint32(nil, uint32(w.w.tokens)), w.rows...)
	w.rows = nil
	return token, nil
}
func (w *splitWriter) Close() error { return nil }

// values are the committed ones in order.
func (w *splitWorld) values() []int64 {
	var out []int64
	for _, c := range w.committed {
		for ; len(c) > 0; c = c[4:] {
			out = append(out, int64(binary.BigEndian.Uint32(c)))
		}
	}
	slices.Sort(out)
	return out
}

var errSplitKilled = errors.New("killed")

// runSplit runs a split to its end, killed once on the way if the split says so: then it goes on from
// the snapshot that was taken last. start begins a job, nil for a snapshot = from the beginning.
func runSplit(ctx context.Context, w *splitWorld, start func(*runtime.Snapshot) (*runtime.Job, error)) ([]int64, error) {
	job, err := start(nil)
	if err != nil {
		return nil, err
	}
	select {
	case <-job.Done():
	case <-w.atKill:
		var last *runtime.Snapshot
		err := job.Checkpoint(ctx, func(snap *runtime.Snapshot) error { last = snap; return nil })
		job.Stop(errSplitKilled)
		if werr := job.Wait(); err != nil || !errors.Is(werr, errSplitKilled) {
			return nil, errors.Join(err, werr)
		}
		w.armed = false
		if job, err = start(last); err != nil {
			return nil, err
		}
	}
	if err := job.Wait(); err != nil {
		return nil, err
	}
	return w.values(), nil
}

func newSplitWorld(s *split) *splitWorld {
	return &splitWorld{split: s, atKill: make(chan struct{}), armed: s.killed, committed: map[string][]byte{}}
}

// inProcess starts jobs of a graph over the rows themselves.
func inProcess(ctx context.Context, g *topology.Graph, config map[string]string, w *splitWorld) func(*runtime.Snapshot) (*runtime.Job, error) {
	return func(from *runtime.Snapshot) (*runtime.Job, error) {
		return runtime.Start(ctx, g, runtime.Config{Connectors: w, Config: config, Restore: from, Build: func(spec physical.Spec) (exec.Operator, error) {
			return build.Operator(spec, build.Env{Functions: splitFunctions, Connectors: w})
		}})
	}
}

var splitFunctions = func() *function.Registry {
	var aggregates []*catalog.Function
	for _, e := range agg.Entries() {
		aggregates = append(aggregates, &e.Function)
	}
	return function.NewRegistry(function.All(), aggregates...)
}()

// truth is what a single source of all rows gives.
func (s *split) truth(query string) []int64 {
	var out []int64
	windows := map[int64]int64{}
	for _, r := range s.all {
		out = append(out, r.id)
		windows[r.ts/10000]++
	}
	if query == "windows" {
		out = nil
		for _, n := range windows {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

// TestHybridSplits: however rows are parted between files and the log, each comes out once,
// also if the run is killed on the way, half of those times right at the switch, and goes on from a
// snapshot. Windows over them count every row, too: the watermark makes none of them late.
func TestHybridSplits(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "weir.yaml"), []byte("name: splits\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	type planned struct {
		rule, query string
		graph       *topology.Graph
		config      map[string]string
	}
	var plans []planned
	for _, rule := range []string{"column", "key", "position"} {
		for query, sql := range hybridQueries {
			for _, parallelism := range []string{"1", "2"} {
				s, err := session.Open(session.Options{Dir: dir, Config: map[string]string{"parallelism.default": parallelism}})
				if err != nil {
					t.Fatal(err)
				}
				p, list := s.Plan(diag.Source{Name: "visits.sql", Text: fmt.Sprintf(hybridDDL, hybridRules[rule], sql)}, session.Stream)
				_ = s.Close()
				if p == nil {
					t.Fatal(list)
				}
				plans = append(plans, planned{rule, query, p.Graph, p.Config})
			}
		}
	}
	each := 100 // of rapid's 100 checks; under -short, where rapid makes fewer, so do we
	if testing.Short() {
		each = 15
	}
	var splits, kills, atSwitch, overlapping int
	rapid.Check(t, func(rt *rapid.T) {
		// A seed of rapid's stands for a run of splits, so that a failure is made small and replays.
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 7))
		for range each {
			p := plans[r.IntN(len(plans))]
			s := randomSplit(r, p.rule)
			splits++
			if s.killed {
				kills++
				if s.kill < 0 {
					atSwitch++
				}
			}
			if len(slices.Concat(slices.Concat(s.files...), slices.Concat(s.log...))) > len(s.all) {
				overlapping++
			}
			w := newSplitWorld(s)
			got, err := runSplit(t.Context(), w, inProcess(t.Context(), p.graph, p.config, w))
			if err != nil {
				rt.Fatalf("%s, %s: %v", p.rule, p.query, err)
			}
			if want := s.truth(p.query); !slices.Equal(got, want) {
				rt.Fatalf("%s, %s, killed %t at %d:\n got %v\nwant %v\nfiles %v\nlog %v", p.rule, p.query, s.killed, s.kill, got, want, s.files, s.log)
			}
		}
	})
	t.Logf("%d splits, %d overlapping, %d killed and restored, %d of them at the switch", splits, overlapping, kills, atSwitch)
	if kills == 0 || atSwitch == 0 || overlapping == 0 {
		t.Error("the splits say little")
	}
}
