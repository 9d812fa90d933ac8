package op_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/build"
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// gated is a dimension in which key k has one row (k, "vk"), given once the test lets it.
type gated struct {
	mu    sync.Mutex
	gates map[int64]chan struct{}
	asked []int64
	empty map[int64]int // how often a key has no row yet
}

func (g *gated) Source(context.Context, *physical.Source) (exec.Source, error) { return nil, nil }
func (g *gated) Sink(context.Context, *physical.Sink) (exec.Sink, error)       { return nil, nil }
func (g *gated) Lookup(context.Context, *physical.LookupJoin) (exec.Lookup, error) {
	return gatedTable{g}, nil
}

// gate is closed when key k may be answered.
func (g *gated) gate(k int64) chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.gates[k] == nil {
		g.gates[k] = make(chan struct{})
	}
	return g.gates[k]
}

type gatedTable struct{ g *gated }

func (t gatedTable) Concurrent() bool { return true }
func (t gatedTable) Close() error     { return nil }
func (t gatedTable) Lookup(ctx context.Context, keys *vec.Batch) (*vec.Batch, []int32, error) {
	out, owner := vec.NewBatchBuilder([]types.Type{types.Int64, types.String}, 1), []int32{}
	for i, k := range keys.Cols[0].Int64s() {
		t.g.mu.Lock()
		t.g.asked = append(t.g.asked, k)
		t.g.mu.Unlock()
		select {
		case <-t.g.gate(k):
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
		t.g.mu.Lock()
		t.g.empty[k]--
		none := t.g.empty[k] >= 0
		t.g.mu.Unlock()
		if none {
			continue
		}
		out.Cols[0].Int64(k)
		out.Cols[1].String(fmt.Sprintf("v%d", k))
		out.EndRow(vec.Insert)
		owner = append(owner, int32(i))
	}
	if b := out.Finish(); b != nil {
		return b, owner, nil
	}
	return vec.NewBatch(0, vec.New(types.Int64, 0), vec.New(types.String, 0)), owner, nil
}

// flight is an asynchronous lookup join of a gated dimension.
type flight struct {
	*run
	t    *testing.T
	g    *gated
	wake chan struct{}
}

func newFlight(t *testing.T, spec *physical.LookupJoin) *flight {
	t.Helper()
	f := &flight{t: t, g: &gated{gates: map[int64]chan struct{}{}, empty: map[int64]int{}}, wake: make(chan struct{}, 1000)}
	var err error
	if f.run, err = newRun(spec, build.Env{Functions: function.Builtin(), Connectors: f.g}, &fakeClock{}); err != nil {
		t.Fatal(err)
	}
	f.ctx.Wake = func() { f.wake <- struct{}{} }
	if err := f.op.(exec.Opener).Open(f.ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.op.(exec.Closer).Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func (f *flight) rows(keys ...int64) { f.do(event{rows: keyBatch(keys...)}) }
func (f *flight) watermark(ms int64) { f.do(event{mark: &ms}) }
func (f *flight) do(e event) {
	f.t.Helper()
	if err := f.feed(e); err != nil {
		f.t.Fatal(err)
	}
}

// let answers a key and lets the operator know.
func (f *flight) let(k int64) {
	f.t.Helper()
	close(f.g.gate(k))
	<-f.wake
	if err := f.op.(exec.Waker).OnWake(f.run); err != nil {
		f.t.Fatal(err)
	}
}

// want checks the keys of the rows given out so far, and the watermarks as "ms@rows before it".
func (f *flight) want(keys string, marks ...string) {
	f.t.Helper()
	var got []string
	for _, row := range f.out {
		got = append(got, strings.Fields(row)[1])
	}
	var passed []string
	for _, m := range f.marks {
		passed = append(passed, fmt.Sprintf("%d@%d", m[0], m[1]))
	}
	if s := strings.Join(got, " "); s != keys || !slices.Equal(passed, marks) {
		f.t.Fatalf("gave out [%s] with watermarks %v, want [%s] with %v", s, passed, keys, marks)
	}
}

func asyncSpec() *physical.LookupJoin {
	s := lookupSpec(physical.LeftOuter)
	s.Async, s.BatchSize = true, 1
	return s
}

// In order, requests of several batches are under way at once, rows leave as they came,
// and a watermark leaves behind the rows before it. A key is asked for once at a time.
func TestLookupOrdered(t *testing.T) {
	f := newFlight(t, asyncSpec())
	f.rows(1, 2)
	f.watermark(10)
	f.rows(3)
	f.rows(1)
	f.watermark(20)
	f.let(3)
	f.want("")
	f.let(2)
	f.want("")
	f.let(1)
	f.want("1 2 3 1", "10@2", "20@4")
	if slices.Sort(f.g.asked); !slices.Equal(f.g.asked, []int64{1, 2, 3}) {
		t.Errorf("asked for %v", f.g.asked)
	}
	f.watermark(30)
	f.want("1 2 3 1", "10@2", "20@4", "30@4")
}

// Out of order, rows leave as their answers come, also past rows of earlier batches, but
// neither rows nor watermarks pass a watermark.
func TestLookupUnordered(t *testing.T) {
	spec := asyncSpec()
	spec.Unordered = true
	f := newFlight(t, spec)
	f.rows(1, 2)
	f.rows(3, 2)
	f.let(3)
	f.want("3")
	f.let(2)
	f.want("3 2 2")
	f.watermark(10)
	f.rows(4)
	f.let(4)
	f.want("3 2 2")
	f.let(1)
	f.want("3 2 2 1 4", "10@4")
}

// Before a snapshot and at the end all that is under way comes out, watermarks too.
func TestLookupDrain(t *testing.T) {
	for _, unordered := range []bool{false, true} {
		spec := asyncSpec()
		spec.Unordered = unordered
		f := newFlight(t, spec)
		f.rows(1, 2)
		f.watermark(5)
		f.rows(3)
		for k := range int64(3) {
			time.AfterFunc(time.Duration(k)*time.Millisecond, func() { close(f.g.gate(3 - k)) })
		}
		if err := f.flush(); err != nil {
			t.Fatal(err)
		}
		if f.marks == nil || f.marks[0] != [2]int64{5, 2} || len(f.out) != 3 {
			t.Errorf("unordered %v: %v with watermarks %v", unordered, f.out, f.marks)
		}
	}
}

// A request that is not full waits for keys of the next batches until its linger is over.
func TestLookupLinger(t *testing.T) {
	spec := asyncSpec()
	spec.BatchSize, spec.BatchLinger = 3, 10*time.Millisecond
	f := newFlight(t, spec)
	for k := range int64(5) {
		close(f.g.gate(k))
	}
	f.rows(0)
	f.rows(1)
	if n := f.ctx.Counters.LookupRequests.Load(); n != 0 {
		t.Fatalf("%d requests before there are enough keys", n)
	}
	f.rows(2, 3)
	<-f.wake
	f.do(event{rows: keyBatch(0)})
	f.want("0 1") // 2 is in one batch with 3
	late := int64(10)
	f.do(event{now: &late})
	<-f.wake
	if err := f.op.(exec.Waker).OnWake(f.run); err != nil {
		t.Fatal(err)
	}
	f.want("0 1 2 3 0")
	if n := f.ctx.Counters.LookupRequests.Load(); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}

// A key without rows is asked for again, alone, as often as the join says.
func TestLookupRetry(t *testing.T) {
	for retries, want := range map[int]string{1: "+I 1 1 v1;+I 2 NULL NULL;+I 3 3 v3", 2: "+I 1 1 v1;+I 2 2 v2;+I 3 3 v3"} {
		spec := asyncSpec()
		spec.BatchSize, spec.RetryMax, spec.RetryWait = 3, retries, time.Millisecond
		f := newFlight(t, spec)
		f.g.empty[2] = 2
		for k := range int64(4) {
			close(f.g.gate(k))
		}
		f.rows(1, 2, 3)
		if err := f.flush(); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(f.out, ";"); got != want {
			t.Errorf("%d retries: %s", retries, got)
		}
		if len(f.g.asked) != 3+retries {
			t.Errorf("%d retries asked for %v", retries, f.g.asked)
		}
	}
}

// Random batches, watermarks, caches and delays: however the join asks, each row gets its
// matches, in order each in its place, and none passes a watermark.
func TestLookupProperty(t *testing.T) {
	rnd := testSeed(t)
	for range 60 {
		var events []event
		at := map[int64]int64{} // watermark → rows of the input before it
		n := int64(0)
		for ms := range int64(1 + rnd.Intn(20)) {
			keys := make([]int64, 1+rnd.Intn(30))
			for i := range keys {
				keys[i] = rnd.Int63n(40)
			}
			n += int64(len(keys))
			events = append(events, event{rows: keyBatch(keys...)})
			if rnd.Intn(3) == 0 {
				at[ms] = n
				events = append(events, event{mark: &ms})
			}
			if rnd.Intn(4) == 0 {
				now := 10 * ms
				events = append(events, event{now: &now})
			}
			if rnd.Intn(8) == 0 {
				events = append(events, event{flush: true})
			}
		}
		play := func(change func(*physical.LookupJoin)) *run {
			spec := lookupSpec(physical.LeftOuter)
			change(spec)
			r, err := newRun(spec, build.Env{Functions: function.Builtin(), Connectors: dimension{slow: time.Duration(rnd.Intn(3)) * 50 * time.Microsecond}}, &fakeClock{})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range events {
				if err := r.feed(e); err != nil {
					t.Fatal(err)
				}
			}
			if err := r.end(1); err != nil {
				t.Fatal(err)
			}
			return r
		}
		plain := play(func(*physical.LookupJoin) {})
		unordered := false
		got := play(func(s *physical.LookupJoin) {
			s.Async, unordered = true, rnd.Intn(2) == 0
			s.Unordered = unordered
			s.BatchSize = rnd.Intn(8)
			s.CacheRows = int64(rnd.Intn(30))
			s.CacheTTL = time.Duration(rnd.Intn(3)*20) * time.Millisecond
			s.BatchLinger = time.Duration(rnd.Intn(2)*15) * time.Millisecond
		})
		a, b := plain.out, slices.Clone(got.out)
		for m, rows := range at {
			before := func(r *run) []string {
				i := slices.IndexFunc(r.marks, func(x [2]int64) bool { return x[0] == m })
				if i < 0 {
					t.Fatalf("watermark %d was lost", m)
				}
				out := slices.Clone(r.out[:r.marks[i][1]])
				slices.Sort(out)
				return out
			}
			if x, y := before(plain), before(got); !slices.Equal(x, y) {
				t.Fatalf("before watermark %d (%d input rows) came %d rows, want %d", m, rows, len(y), len(x))
			}
		}
		if unordered {
			a = slices.Clone(a)
			slices.Sort(a)
			slices.Sort(b)
		}
		if !slices.Equal(a, b) {
			t.Fatalf("unordered %v: rows differ: %d, want %d", unordered, len(b), len(a))
		}
	}
}
