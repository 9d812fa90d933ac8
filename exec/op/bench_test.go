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
