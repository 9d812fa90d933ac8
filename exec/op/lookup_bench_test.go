package op_test

import (
	"math/rand"
	"testing"

	"github.com/weir-sql/weir/exec/build"
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
)

// dropped drops what an operator gives out.
type dropped struct{ rows int }

func (d *dropped) Emit(b *vec.Batch) error { d.rows += b.Len; return nil }

// BenchmarkLookupWarm: a cache that holds all of 10,000 keys answers random ones. Goal: 5 M
// lookups a core-second.
func BenchmarkLookupWarm(b *testing.B) {
	const keys = 10_000
	spec := lookupSpec(physical.LeftOuter)
	spec.CacheRows = keys
	r, err := newRun(spec, build.Env{Functions: function.Builtin(), Connectors: dimension{}}, &fakeClock{})
	if err != nil {
		b.Fatal(err)
	}
	rnd := rand.New(rand.NewSource(1))
	batches := make([]*vec.Batch, 64)
	for i := range batches {
		ks := make([]int64, vec.BatchSize)
		for k := range ks {
			ks[k] = rnd.Int63n(keys)
		}
		batches[i] = keyBatch(ks...)
		if err := r.op.Process(0, batches[i], r); err != nil {
			b.Fatal(err)
		}
	}
	out := &dropped{}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if err := r.op.Process(0, batches[i%len(batches)], out); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(vec.BatchSize)*float64(b.N)/b.Elapsed().Seconds(), "lookups/s")
}
