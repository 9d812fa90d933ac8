package op_test

import (
	"fmt"
	"math/rand"
	"testing"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// sink drops what operators emit and counts it.
type countOut struct{ rows int }

func (c *countOut) Emit(b *vec.Batch) error {
	c.rows += b.Len
	return nil
}

// benchRows makes batches of (BIGINT key below keys, BIGINT value, DOUBLE value).
func benchRows(batches, keys int) []*vec.Batch {
	r := rand.New(rand.NewSource(1))
	out := make([]*vec.Batch, batches)
	for i := range out {
		k, x, f := make([]int64, vec.BatchSize), make([]int64, vec.BatchSize), make([]float64, vec.BatchSize)
		for j := range k {
			k[j], x[j], f[j] = r.Int63n(int64(keys)), r.Int63n(1000), r.Float64()
		}
		out[i] = vec.NewBatch(vec.BatchSize, vec.FromSlice(types.Int64.NotNull(), k, nil),
			vec.FromSlice(types.Int64.NotNull(), x, nil), vec.FromSlice(types.Float64.NotNull(), f, nil))
	}
	return out
}

var benchTypes = []types.Type{types.Int64.NotNull(), types.Int64.NotNull(), types.Float64.NotNull()}

// bench feeds b.N batches through an operator and reports rows a second.
func bench(b *testing.B, spec physical.Spec, batch bool, rows []*vec.Batch) {
	r, err := newRun(spec, env(batch), &fakeClock{})
	if err != nil {
		b.Fatal(err)
	}
	out := &countOut{}
	for _, x := range rows { // makes the groups
		if err := r.op.Process(0, x, out); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		if err := r.op.Process(0, rows[i%len(rows)], out); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*vec.BatchSize/b.Elapsed().Seconds()/1e6, "Mrows/s")
	if c, ok := r.op.(exec.Closer); ok {
		if err := c.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func groupAggSpec(miniBatch int) *physical.GroupAgg {
	return &physical.GroupAgg{Out: fields(types.Int64.NotNull(), types.Int64, types.Float64), In: benchTypes, Keys: []int{0},
		Aggs:             []rex.AggCall{{Fn: "SUM", Args: []int{1}, Filter: -1, T: types.Int64}, {Fn: "SUM", Args: []int{2}, Filter: -1, T: types.Float64}},
		EmitUpdateBefore: true, MiniBatchSize: miniBatch}
}

// BenchmarkGroupAgg sums a BIGINT and a DOUBLE by a BIGINT key.
func BenchmarkGroupAgg(b *testing.B) {
	for _, keys := range []int{10, 1000, 100000} {
		rows := benchRows(64, keys)
		b.Run(fmt.Sprintf("batch/keys=%d", keys), func(b *testing.B) { bench(b, groupAggSpec(0), true, rows) })
		b.Run(fmt.Sprintf("minibatch/keys=%d", keys), func(b *testing.B) { bench(b, groupAggSpec(50000), false, rows) })
		b.Run(fmt.Sprintf("stream/keys=%d", keys), func(b *testing.B) { bench(b, groupAggSpec(0), false, rows) })
	}
}

// BenchmarkCalc filters half of the rows and computes two columns.
func BenchmarkCalc(b *testing.B) {
	k, x := &rex.Ref{Index: 0, T: benchTypes[0]}, &rex.Ref{Index: 1, T: benchTypes[1]}
	lit := func(v int64) rex.Expr { return &rex.Lit{Value: v, T: types.Int64.NotNull()} }
	spec := &physical.Calc{Out: fields(types.Int64.NotNull(), types.Int64.NotNull()), In: benchTypes,
		Filter: &rex.Call{Fn: "<", Args: []rex.Expr{x, lit(500)}, T: types.Bool.NotNull()},
		Exprs:  []rex.Expr{k, &rex.Call{Fn: "+", Args: []rex.Expr{x, lit(1)}, T: types.Int64.NotNull()}}}
	rows := benchRows(64, 1000)
	b.Run("filter+project", func(b *testing.B) { bench(b, spec, false, rows) })
	all := *spec
	all.Filter = nil
	b.Run("project", func(b *testing.B) { bench(b, &all, false, rows) })
}

// benchTimed makes batches of (BIGINT key, TIMESTAMP time, BIGINT value), perMilli rows a
// millisecond.
func benchTimed(batches, keys int, perMilli int64) []*vec.Batch {
	r := rand.New(rand.NewSource(1))
	out := make([]*vec.Batch, batches)
	n := int64(0)
	for i := range out {
		k, at, x := make([]int64, vec.BatchSize), make([]int64, vec.BatchSize), make([]int64, vec.BatchSize)
		for j := range k {
			k[j], at[j], x[j] = r.Int63n(int64(keys)), n/perMilli, r.Int63n(1000)
			n++
		}
		out[i] = vec.NewBatch(vec.BatchSize, vec.FromSlice(types.Int64.NotNull(), k, nil),
			vec.FromSlice(types.NewTimestamp(3).NotNull(), at, nil), vec.FromSlice(types.Int64.NotNull(), x, nil))
	}
	return out
}

var benchTimedTypes = []types.Type{types.Int64.NotNull(), types.NewTimestamp(3).NotNull(), types.Int64.NotNull()}

// BenchmarkWindowAgg sums by key and window over rows in order, 100 a millisecond, with
// a watermark after every batch.
func BenchmarkWindowAgg(b *testing.B) {
	windows := []struct {
		name string
		physical.Window
	}{
		{"tumble=1s", physical.Window{Kind: physical.Tumble, Size: 1000}},
		{"hop=10s/2s", physical.Window{Kind: physical.Hop, Size: 10000, Slide: 2000}},
		{"hop=60s/100ms", physical.Window{Kind: physical.Hop, Size: 60000, Slide: 100}},
		{"cumulate=10s/1s", physical.Window{Kind: physical.Cumulate, Size: 10000, Slide: 1000}},
		{"session=10ms", physical.Window{Kind: physical.Session, Size: 10, Partition: []int{0}}},
	}
	for _, keys := range []int{100, 10000} {
		for _, w := range windows {
			b.Run(fmt.Sprintf("%s/keys=%d", w.name, keys), func(b *testing.B) {
				win := w.Window
				win.Time, win.Rowtime = 1, true
				spec := &physical.WindowAgg{In: benchTimedTypes, Window: win, Keys: []int{0}, Props: []physical.WindowProp{physical.WindowEnd},
					Aggs: []rex.AggCall{{Fn: "SUM", Args: []int{2}, Filter: -1, T: types.Int64}, {Fn: "COUNT", Filter: -1, T: types.Int64.NotNull()}},
					Out:  fields(types.Int64.NotNull(), types.Int64, types.Int64.NotNull(), types.NewTimestamp(3).NotNull())}
				rows := benchTimed(b.N+1, keys, 100)
				r, err := newRun(spec, env(false), &fakeClock{})
				if err != nil {
					b.Fatal(err)
				}
				out := &countOut{}
				b.ReportAllocs()
				b.ResetTimer()
				for i := range b.N {
					if err := r.op.Process(0, rows[i], out); err != nil {
						b.Fatal(err)
					}
					wm := rows[i].Cols[1].Int64s()[vec.BatchSize-1] - 1
					if err := r.op.(exec.WatermarkHandler).OnWatermark(wm, out); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N)*vec.BatchSize/b.Elapsed().Seconds()/1e6, "Mrows/s")
				b.ReportMetric(float64(out.rows)/b.Elapsed().Seconds()/1e6, "Mout/s")
			})
		}
	}
}

// BenchmarkJoin joins two streams on a BIGINT key; every key has few rows.
func BenchmarkJoin(b *testing.B) {
	for _, c := range []struct {
		name string
		kind physical.JoinKind
		spec physical.Join
	}{
		{"inner/unique right", physical.Inner, physical.Join{RightUnique: physical.UniqueSide{Key: []int{0}, InJoinKey: true}}},
		{"left/unique right", physical.LeftOuter, physical.Join{RightUnique: physical.UniqueSide{Key: []int{0}, InJoinKey: true}}},
		{"inner/unique right/changes", physical.Inner, physical.Join{RightUnique: physical.UniqueSide{Key: []int{0}, InJoinKey: true}, LeftChanges: true}},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := c.spec
			s.Kind, s.Left, s.Right, s.LeftKeys, s.RightKeys, s.NullEquals = c.kind, benchTypes, benchTypes, []int{0}, []int{0}, []bool{false}
			s.Out = fields(joinTypes(c.kind, benchTypes, benchTypes)...)
			r, err := newRun(&s, env(false), &fakeClock{})
			if err != nil {
				b.Fatal(err)
			}
			out := &countOut{}
			dim := benchRows(64, 200000)
			for _, x := range dim {
				if err := r.op.Process(1, x, out); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				if err := r.op.Process(0, dim[i%len(dim)], out); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*vec.BatchSize/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}

// BenchmarkKeyed runs operators that keep few rows a key.
func BenchmarkKeyed(b *testing.B) {
	rows := benchRows(64, 10000)
	cases := []struct {
		name string
		spec physical.Spec
	}{
		{"dedup/last", &physical.Dedup{Out: fields(benchTypes...), In: benchTypes, Keys: []int{0}, KeepLast: true, EmitUpdateBefore: true}},
		{"normalize", &physical.Normalize{Out: fields(benchTypes...), Keys: []int{0}, EmitUpdateBefore: true}},
		{"top-n=10/append", &physical.TopN{Out: fields(benchTypes...), In: benchTypes, Partition: []int{0}, Order: []rex.SortKey{{Col: 2}}, Start: 1, End: 10, EmitUpdateBefore: true}},
		{"top-n=1/append", &physical.TopN{Out: fields(benchTypes...), In: benchTypes, Partition: []int{0}, Order: []rex.SortKey{{Col: 2}}, Start: 1, End: 1, EmitUpdateBefore: true}},
	}
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) { bench(b, c.spec, false, rows) })
	}
}

// BenchmarkSort sorts a million rows by a BIGINT and a DOUBLE.
func BenchmarkSort(b *testing.B) {
	rows := benchRows(256, 1000)
	spec := &physical.Sort{Out: fields(benchTypes...), Keys: []rex.SortKey{{Col: 0}, {Col: 2}}, Fetch: -1}
	b.ReportAllocs()
	for b.Loop() {
		r, err := newRun(spec, env(true), &fakeClock{})
		if err != nil {
			b.Fatal(err)
		}
		out := &countOut{}
		for _, x := range rows {
			if err := r.op.Process(0, x, out); err != nil {
				b.Fatal(err)
			}
		}
		if err := r.op.(exec.Ender).OnEnd(0, out); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)*float64(len(rows))*vec.BatchSize/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

// BenchmarkOver sums over rows so far, and over the last ten, in batch: one partition and many.
func BenchmarkOver(b *testing.B) {
	rows := benchTimed(64, 1000, 100)
	for _, by := range [][]int{nil, {0}} {
		for _, preceding := range []int64{-1, 10} {
			spec := &physical.Over{In: benchTimedTypes, Partition: by, Order: []rex.SortKey{{Col: 1}}, Rows: true, Preceding: preceding,
				Calls: []rex.AggCall{{Fn: "SUM", Args: []int{2}, Filter: -1, T: types.Int64}}, Out: fields(append(benchTimedTypes[:3:3], types.Int64)...)}
			b.Run(fmt.Sprintf("by=%v/preceding=%d", by, preceding), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					r, err := newRun(spec, env(true), &fakeClock{})
					if err != nil {
						b.Fatal(err)
					}
					out := &countOut{}
					for _, x := range rows {
						if err := r.op.Process(0, x, out); err != nil {
							b.Fatal(err)
						}
					}
					if err := r.op.(exec.Ender).OnEnd(0, out); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N)*float64(len(rows))*vec.BatchSize/b.Elapsed().Seconds()/1e6, "Mrows/s")
			})
		}
	}
}
