package vec

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-sql/weir/planner/types"
)

// TestSelections checks every selection against a loop over boxed values, over all
// rows and over a selection filtered in place.
func TestSelections(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ts := []types.Type{types.Bool, types.Int64, types.Int16, types.Float64}
		b := genBatch(t, ts, 50)
		var sel []int32
		if rapid.Bool().Draw(t, "selected") {
			sel = []int32{}
			for i := range b.Len {
				if rapid.Bool().Draw(t, "row") {
					sel = append(sel, int32(i))
				}
			}
		}
		c := float64(rapid.IntRange(-2, 2).Draw(t, "constant"))
		op := CompareOp(rapid.IntRange(0, 5).Draw(t, "op"))
		holds := func(x any) bool {
			var f float64
			switch x := x.(type) {
			case nil:
				return false
			case int64:
				f = float64(x)
			case float64:
				f = x
			}
			return [...]bool{f == c, f != c, f < c, f <= c, f > c, f >= c}[op]
		}
		for name, one := range map[string]struct {
			run  func(sel, dst []int32) []int32
			want func(i int) bool
		}{
			"true":    {func(sel, dst []int32) []int32 { return SelectTrue(b.Cols[0], sel, dst) }, func(i int) bool { return b.Cols[0].Value(i) == true }},
			"valid":   {func(sel, dst []int32) []int32 { return SelectValid(b.Cols[1], sel, dst) }, func(i int) bool { return !b.Cols[1].IsNull(i) }},
			"int64":   {func(sel, dst []int32) []int32 { return SelectCompare(b.Cols[1], op, int64(c), sel, dst) }, func(i int) bool { return holds(b.Cols[1].Value(i)) }},
			"int16":   {func(sel, dst []int32) []int32 { return SelectCompare(b.Cols[2], op, int16(c), sel, dst) }, func(i int) bool { return holds(b.Cols[2].Value(i)) }},
			"float64": {func(sel, dst []int32) []int32 { return SelectCompare(b.Cols[3], op, c, sel, dst) }, func(i int) bool { return holds(b.Cols[3].Value(i)) }},
		} {
			want := []int32{7}
			for j := range selLen(sel, b.Len) {
				if i := selRow(sel, j); one.want(int(i)) {
					want = append(want, i)
				}
			}
			if got := one.run(sel, []int32{7}); !slices.Equal(got, want) {
				t.Fatalf("%s: %v, want %v", name, got, want)
			}
			if sel != nil {
				own := slices.Clone(sel)
				if got := one.run(own, own[:0]); !slices.Equal(got, want[1:]) {
					t.Fatalf("%s in place: %v, want %v", name, got, want[1:])
				}
			}
		}
	})
}

// TestPartitions checks that every row lands in its part, in order.
func TestPartitions(t *testing.T) {
	var p Partitions
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "parts")
		part := rapid.SliceOfN(rapid.Int32Range(0, int32(n-1)), 0, 100).Draw(t, "part")
		p.Split(part, n)
		want := make([][]int32, n)
		for i, k := range part {
			want[k] = append(want[k], int32(i))
		}
		for k := range n {
			if !slices.Equal(p.Part(k), want[k]) {
				t.Fatalf("part %d: %v, want %v", k, p.Part(k), want[k])
			}
		}
	})
}

func BenchmarkSelect(b *testing.B) {
	batch, _ := benchBatch()
	dst := make([]int32, 0, BatchSize+1)
	truth := NewBuilder(types.Bool, BatchSize)
	for i := range BatchSize {
		truth.Bool(batch.Cols[0].Int64s()[i]%3 == 0)
	}
	flags := truth.Finish()
	for name, run := range map[string]func(){
		"bigint_less": func() { SelectCompare(batch.Cols[0], LT, int64(1<<22), nil, dst) },
		"true":        func() { SelectTrue(flags, nil, dst) },
		"take_third":  func() { Take(batch.Cols[1], SelectTrue(flags, nil, dst)) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				run()
			}
			b.ReportMetric(float64(b.N)*BatchSize/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}

func BenchmarkPartition(b *testing.B) {
	batch, _ := benchBatch()
	hashes, part := make([]uint64, BatchSize), make([]int32, BatchSize)
	var p Partitions
	b.ReportAllocs()
	for range b.N {
		HashColumns(batch.Cols[:1], hashes)
		for i, h := range hashes {
			part[i] = int32(h & 7)
		}
		p.Split(part, 8)
	}
	b.ReportMetric(float64(b.N)*BatchSize/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
