package op_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/build"
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// dimension is a table in which key k has the rows (k, "k.0"), …, k%3 of them. Its
// connector opens a table for every operator.
type dimension struct {
	asked  *atomic.Int64 // keys asked for
	most   *atomic.Int64 // requests in flight at once, at most
	now    *atomic.Int64
	slow   time.Duration
	fail   int64 // the key that fails
	closed *atomic.Bool
}

func (dimension) Source(context.Context, *physical.Source) (exec.Source, error) { return nil, nil }

func (dimension) Sink(context.Context, *physical.Sink) (exec.Sink, error) { return nil, nil }

func (d dimension) Lookup(context.Context, *physical.LookupJoin) (exec.Lookup, error) {
	return &dimensionTable{d: d}, nil
}

type dimensionTable struct {
	d  dimension
	mu sync.Mutex
}

func (t *dimensionTable) Concurrent() bool { return true }

func (t *dimensionTable) Lookup(ctx context.Context, keys *vec.Batch) (*vec.Batch, []int32, error) {
	if t.d.now != nil {
		n := t.d.now.Add(1)
		t.mu.Lock()
		t.d.most.Store(max(t.d.most.Load(), n))
		t.mu.Unlock()
		defer t.d.now.Add(-1)
	}
	if t.d.slow > 0 {
		select {
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		case <-time.After(t.d.slow):
		}
	}
	out := vec.NewBatchBuilder([]types.Type{types.Int64, types.String}, 0)
	owner := []int32{}
	for i := range keys.Len {
		if keys.Cols[0].IsNull(i) {
			return nil, nil, fmt.Errorf("asked for NULL")
		}
		k := keys.Cols[0].Int64s()[i]
		if t.d.asked != nil {
			t.d.asked.Add(1)
		}
		if k == t.d.fail && k != 0 {
			return nil, nil, fmt.Errorf("key %d fails", k)
		}
		for n := range k % 3 {
			out.Cols[0].Int64(k)
			out.Cols[1].String(fmt.Sprintf("%d.%d", k, n))
			out.EndRow(vec.Insert)
			owner = append(owner, int32(i))
		}
	}
	b := out.Finish()
	if b == nil {
		b = vec.NewBatch(0, vec.New(types.Int64, 0), vec.New(types.String, 0))
	}
	return b, owner, nil
}

func (t *dimensionTable) Close() error {
	if t.d.closed != nil {
		t.d.closed.Store(true)
	}
	return nil
}

func lookupSpec(kind physical.JoinKind) *physical.LookupJoin {
	s := &physical.LookupJoin{Left: []types.Type{types.Int64}, Kind: kind, Out: fields(types.Int64, types.Int64, types.String)}
	s.Scan.Read = []physical.ReadColumn{{Name: "k", Type: types.Int64}, {Name: "v", Type: types.String}}
	s.Keys = []physical.LookupKey{{Column: 0, Value: &rex.Ref{Index: 0, T: types.Int64}}}
	return s
}

func keyBatch(keys ...int64) *vec.Batch {
	return vec.NewBatch(len(keys), vec.FromSlice(types.Int64, keys, nil))
}

// A batch asks for each of its distinct keys once; the cache answers the next batch,
// forgets what was used longest ago, and asks again when an answer is too old.
func TestLookupCache(t *testing.T) {
	asked := &atomic.Int64{}
	spec := lookupSpec(physical.Inner)
	spec.CacheRows, spec.CacheTTL = 2, 100*time.Millisecond
	clock := &fakeClock{}
	r, err := newRun(spec, build.Env{Functions: function.Builtin(), Connectors: dimension{asked: asked}}, clock)
	if err != nil {
		t.Fatal(err)
	}
	steps := []struct {
		now  int64
		keys []int64
		want int64
	}{
		{0, []int64{1, 1, 2, 1}, 2},
		{10, []int64{2, 1}, 0},
		{20, []int64{4}, 1},       // pushes 2 out, which was used before 1
		{30, []int64{1, 4}, 0},    //
		{40, []int64{2}, 1},       // pushes 1 out
		{99, []int64{4, 2}, 0},    //
		{120, []int64{4, 2}, 1},   // 4 was loaded at 20
		{300, []int64{3, 3}, 1},   // a key without rows is an answer, too
		{310, []int64{3}, 0},      //
		{320, []int64{5, 6}, 2},   //
		{330, []int64{3, 6}, 1},   //
		{340, []int64{7, 8}, 2},   //
		{350, []int64{10, 11}, 2}, //
	}
	for _, s := range steps {
		clock.ms = s.now
		before := asked.Load()
		if err := r.op.Process(0, keyBatch(s.keys...), r); err != nil {
			t.Fatal(err)
		}
		if got := asked.Load() - before; got != s.want {
			t.Errorf("at %d keys %v: asked for %d keys, want %d", s.now, s.keys, got, s.want)
		}
	}
	if hits, misses := r.ctx.Counters.LookupHits.Load(), r.ctx.Counters.LookupMisses.Load(); hits+misses != 25 {
		t.Errorf("%d hits and %d misses of 25 rows", hits, misses)
	}
}

// Asynchronous requests run together but not more of them than allowed, and the
// result is that of asking one after the other.
func TestLookupAsync(t *testing.T) {
	keys := make([]int64, 500)
	rnd := testSeed(t)
	for i := range keys {
		keys[i] = rnd.Int63n(100)
	}
	var want []string
	for _, async := range []bool{false, true} {
		d := dimension{asked: &atomic.Int64{}, most: &atomic.Int64{}, now: &atomic.Int64{}, slow: time.Millisecond, closed: &atomic.Bool{}}
		spec := lookupSpec(physical.LeftOuter)
		spec.Async, spec.BatchSize = async, 5
		r, err := newRun(spec, build.Env{Functions: function.Builtin(), Connectors: d}, &fakeClock{})
		if err != nil {
			t.Fatal(err)
		}
		r.ctx.Config = map[string]string{}
		if err := r.op.Process(0, keyBatch(keys...), r); err != nil {
			t.Fatal(err)
		}
		if err := r.flush(); err != nil {
			t.Fatal(err)
		}
		if err := r.op.(exec.Closer).Close(); err != nil || !d.closed.Load() {
			t.Errorf("close: %v, closed %v", err, d.closed.Load())
		}
		if want == nil {
			want = r.out
		} else if !slices.Equal(r.out, want) {
			t.Errorf("asynchronous answers differ")
		}
		if most := d.most.Load(); async && (most < 2 || most > 100) || !async && most != 1 {
			t.Errorf("async %v: %d requests at once", async, most)
		}
	}
}

// An error of the table ends the call, and so does a request that takes too long.
func TestLookupErrors(t *testing.T) {
	for _, async := range []bool{false, true} {
		spec := lookupSpec(physical.Inner)
		spec.Async, spec.BatchSize = async, 2
		r, err := newRun(spec, build.Env{Functions: function.Builtin(), Connectors: dimension{fail: 7}}, &fakeClock{})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(r.op.Process(0, keyBatch(1, 2, 3, 7, 8, 9), r), r.flush()); err == nil || err.Error() != "key 7 fails" {
			t.Errorf("error %v", err)
		}
		spec.Timeout = time.Millisecond
		if r, err = newRun(spec, build.Env{Functions: function.Builtin(), Connectors: dimension{slow: time.Minute}}, &fakeClock{}); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(r.op.Process(0, keyBatch(1), r), r.flush()); err == nil {
			t.Error("a slow request gave no error")
		}
		if err := r.op.(exec.Closer).Close(); err != nil {
			t.Error(err)
		}
	}
}
