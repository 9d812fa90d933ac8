package runtime_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"sort"
	"sync"
	"testing"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// The rig runs small hand-made graphs: sources of numbers, a few operators with
// one property each, and a sink that keeps what was committed.

var oneBigint = physical.Out{Fields: []types.Field{{Name: "x", Type: types.Int64}}}

// numbers is a source spec: each split counts from..to in steps of batch rows.
type numbers struct {
	splits      [][2]int64 // [from, to)
	batch       int
	interleaved bool
	pause       time.Duration // before every batch
	endless     bool          // the last split gives nothing more, but does not end
	hook        func(row int64)
}

func (s *numbers) Splits(context.Context) ([]exec.Split, error) {
	var out []exec.Split
	for i := range s.splits {
		out = append(out, exec.Split{ID: fmt.Sprintf("split-%d", i)})
	}
	return out, nil
}
func (s *numbers) Close() error      { return nil }
func (s *numbers) Interleaved() bool { return s.interleaved }
func (s *numbers) Open(_ context.Context, sp exec.Split, pos []byte) (exec.Reader, error) {
	var i int
	fmt.Sscanf(sp.ID, "split-%d", &i)
	r := &numbersReader{src: s, next: s.splits[i][0], to: s.splits[i][1]}
	if len(pos) == 8 {
		r.next = int64(binary.BigEndian.Uint64(pos))
	}
	return r, nil
}

type numbersReader struct {
	src      *numbers
	next, to int64
}

func (r *numbersReader) Read(ctx context.Context) (*vec.Batch, error) {
	if r.src.pause > 0 {
		select {
		case <-time.After(r.src.pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	n := min(int64(r.src.batch), r.to-r.next)
	if n <= 0 {
		if r.src.endless {
			time.Sleep(time.Millisecond)
			return nil, nil
		}
		return nil, io.EOF
	}
	xs := make([]int64, n)
	for i := range xs {
		xs[i] = r.next
		r.next++
	}
	if r.src.hook != nil {
		r.src.hook(r.next)
	}
	return vec.NewBatch(int(n), vec.FromSlice(types.Int64, xs, nil)), nil
}
func (r *numbersReader) Position() []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(r.next))
}
func (r *numbersReader) Close() error { return nil }

// opSpec carries a constructor, so that tests say what operator a node is.
type opSpec struct {
	physical.Out
	make func() exec.Operator
}

// sum keeps a running total per value modulo 10 and emits nothing until the end; its
// state travels through snapshots.
type sum struct {
	ctx    *exec.Context
	totals map[int64]int64
	groups map[int64]int
}

func newSum() exec.Operator { return &sum{totals: map[int64]int64{}, groups: map[int64]int{}} }

func (s *sum) Open(ctx *exec.Context) error { s.ctx = ctx; return nil }
func (s *sum) Process(_ int, b *vec.Batch, _ exec.Out) error {
	keys := make([]int64, b.Len)
	for i, x := range b.Cols[0].Int64s() {
		keys[i] = x % 10
	}
	hashes := make([]uint64, b.Len)
	vec.HashColumns([]*vec.Vec{b.Cols[0]}, hashes)
	for i, x := range b.Cols[0].Int64s() {
		s.totals[keys[i]] += x
		s.groups[keys[i]] = state.KeyGroup(hashes[i], s.ctx.MaxParallelism)
	}
	return nil
}
func (s *sum) OnEnd(_ int, out exec.Out) error {
	var xs []int64
	for _, t := range s.totals {
		xs = append(xs, t)
	}
	sort.Slice(xs, func(i, j int) bool { return xs[i] < xs[j] })
	return out.Emit(vec.NewBatch(len(xs), vec.FromSlice(types.Int64, xs, nil)))
}
func (s *sum) Snapshot(w state.Writer) error {
	for k, t := range s.totals {
		key, value := binary.BigEndian.AppendUint64(nil, uint64(k)), binary.BigEndian.AppendUint64(nil, uint64(t))
		if err := w.Put(s.ctx.UID+"/totals", 0, append(key, byte(s.ctx.Subtask)), value); err != nil {
			return err
		}
	}
	return nil
}
func (s *sum) Restore(r state.Reader) error {
	return r.Each(s.ctx.UID+"/totals", state.All(s.ctx.MaxParallelism), func(_ int, key, value []byte) error {
		if int(key[8]) == s.ctx.Subtask {
			s.totals[int64(binary.BigEndian.Uint64(key))] = int64(binary.BigEndian.Uint64(value))
		}
		return nil
	})
}

// pass lets everything through.
type pass struct{}

func (pass) Process(_ int, b *vec.Batch, out exec.Out) error { return out.Emit(b) }

// first passes n rows and is then satisfied.
type first struct{ n int }

func (f *first) Process(_ int, b *vec.Batch, out exec.Out) error {
	take := min(f.n, b.Len)
	f.n -= take
	return out.Emit(b.Slice(0, take))
}
func (f *first) Satisfied() bool { return f.n == 0 }

// lagging makes watermarks: the greatest value seen minus a bound.
type lagging struct {
	bound, high int64
	seen        bool
}

func (l *lagging) Process(_ int, b *vec.Batch, out exec.Out) error {
	for _, x := range b.Cols[0].Int64s() {
		l.high, l.seen = max(l.high, x), true
	}
	return out.Emit(b)
}
func (l *lagging) MakeWatermark() (int64, bool) { return l.high - l.bound, l.seen }

// marksLog records the watermarks it sees and checks that no row comes behind them.
type marksLog struct {
	mu   *sync.Mutex
	seen *[]int64
	late *int
	last int64
}

func (m *marksLog) Process(_ int, b *vec.Batch, out exec.Out) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, x := range b.Cols[0].Int64s() {
		if m.last != 0 && x <= m.last {
			*m.late++
		}
	}
	return out.Emit(b)
}
func (m *marksLog) OnWatermark(wm int64, _ exec.Out) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = wm
	*m.seen = append(*m.seen, wm)
	return nil
}

// keep is a sink that shows rows only once they are committed.
type keep struct {
	mu        sync.Mutex
	pending   map[string][]int64
	committed []int64
	next      int
	aborted   bool
}

func (k *keep) Writer(_ context.Context, _, _ int) (exec.Writer, error) {
	return &keepWriter{k: k}, nil
}
func (k *keep) Commit(_ context.Context, commits [][]byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range commits {
		k.committed = append(k.committed, k.pending[string(c)]...)
		delete(k.pending, string(c))
	}
	return nil
}
func (k *keep) Abort(context.Context) error { k.aborted = true; return nil }
func (k *keep) Close() error                { return nil }

type keepWriter struct {
	k    *keep
	rows []int64
}

func (w *keepWriter) Write(_ context.Context, b *vec.Batch) error {
	w.rows = append(w.rows, b.Cols[0].Int64s()...)
	return nil
}
func (w *keepWriter) Prepare(context.Context) ([]byte, error) {
	w.k.mu.Lock()
	defer w.k.mu.Unlock()
	if w.k.pending == nil {
		w.k.pending = map[string][]int64{}
	}
	w.k.next++
	token := fmt.Sprint(w.k.next)
	w.k.pending[token], w.rows = w.rows, nil
	return []byte(token), nil
}
func (w *keepWriter) Close() error { return nil }

// rig is a graph with its connectors.
type rig struct {
	g       *topology.Graph
	sources map[string]exec.Source
	sink    *keep
}

func newRig() *rig {
	return &rig{g: &topology.Graph{Mode: topology.Stream}, sources: map[string]exec.Source{}, sink: &keep{}}
}

func (r *rig) Source(_ context.Context, s *physical.Source) (exec.Source, error) {
	return r.sources[s.Options["name"]], nil
}
func (r *rig) Sink(context.Context, *physical.Sink) (exec.Sink, error) { return r.sink, nil }
func (r *rig) Lookup(context.Context, *physical.LookupJoin) (exec.Lookup, error) {
	return nil, fmt.Errorf("no lookups here")
}

func (r *rig) add(name string, kind topology.Kind, parallelism int, spec any) topology.NodeID {
	n := &topology.Node{Name: name, UID: name, Kind: kind, Label: name, Parallelism: parallelism, Spec: spec,
		Columns: []topology.Column{{Name: "x", Type: "BIGINT"}}, Changelog: topology.InsertOnly}
	return r.g.Add(n)
}

func (r *rig) from(name string, src exec.Source, parallelism int, wm *physical.Watermark) topology.NodeID {
	r.sources[name] = src
	return r.add(name, topology.KindSource, parallelism, &physical.Source{Out: oneBigint, Watermark: wm,
		Scan: physical.Scan{Options: map[string]string{"name": name}}})
}

func (r *rig) op(name string, parallelism int, mk func() exec.Operator) topology.NodeID {
	return r.add(name, topology.KindCalc, parallelism, &opSpec{oneBigint, mk})
}

func (r *rig) to(parallelism int) topology.NodeID {
	return r.add("sink", topology.KindSink, parallelism, &physical.Sink{Out: oneBigint, Name: "sink"})
}

func (r *rig) edge(from, to topology.NodeID, in int, p topology.Partitioner, keys ...int) {
	r.g.Connect(&topology.Edge{From: from, To: to, Input: in, Partitioner: p, HashKeys: keys, Changelog: topology.InsertOnly})
}

func (r *rig) start(t *testing.T, ctx context.Context, restore *runtime.Snapshot) *runtime.Job {
	t.Helper()
	j, err := runtime.Start(ctx, r.g, runtime.Config{Connectors: r, Restore: restore, Build: func(s physical.Spec) (exec.Operator, error) {
		switch s := s.(type) {
		case *opSpec:
			return s.make(), nil
		case *physical.AssignWatermark:
			return &lagging{bound: 5}, nil
		}
		return nil, fmt.Errorf("unexpected spec %T", s)
	}})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func (r *rig) rows() []int64 { return r.sink.sorted() }

// sorted gives what was committed.
func (k *keep) sorted() []int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := append([]int64(nil), k.committed...)
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}
