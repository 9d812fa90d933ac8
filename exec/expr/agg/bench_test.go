package agg

import (
	"fmt"
	"testing"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// BenchmarkAdd adds batches of 4,096 rows to 1,000 groups (and 100,000), 10 M rows
// to the pass.
func BenchmarkAdd(b *testing.B) {
	i64, f64 := types.Int64.NotNull(), types.Float64.NotNull()
	for _, c := range []struct {
		fn       string
		arg      types.Type
		distinct bool
		retract  bool
		nulls    bool
	}{
		{fn: "COUNT"}, {fn: "COUNT", arg: i64, nulls: true}, {fn: "SUM", arg: i64}, {fn: "SUM", arg: i64, retract: true}, {fn: "SUM", arg: i64, nulls: true},
		{fn: "SUM", arg: types.Int32}, {fn: "SUM", arg: f64}, {fn: "AVG", arg: f64}, {fn: "SUM", arg: types.NewDecimal(12, 2)},
		{fn: "MIN", arg: i64}, {fn: "MAX", arg: f64}, {fn: "MAX", arg: types.String}, {fn: "MAX", arg: i64, retract: true},
		{fn: "COUNT", arg: i64, distinct: true}, {fn: "VAR_POP", arg: f64}, {fn: "LAST_VALUE", arg: i64}, {fn: "APPROX_COUNT_DISTINCT", arg: i64},
	} {
		for _, groups := range []int{1000, 100_000} {
			name := fmt.Sprintf("%s_%s", c.fn, c.arg)
			if c.distinct {
				name += "_distinct"
			}
			if c.retract {
				name += "_retract"
			}
			if c.nulls {
				name += "_nulls"
			}
			b.Run(fmt.Sprintf("%s/groups=%d", name, groups), func(b *testing.B) {
				call := rex.AggCall{Fn: c.fn, Distinct: c.distinct, Filter: -1, T: types.Int64}
				var in []types.Type
				if c.arg.Kind != types.Invalid {
					in, call.Args = []types.Type{c.arg}, []int{0}
					call.T = c.arg
				}
				if c.arg.Kind == types.Decimal {
					call.T = types.NewDecimal(38, c.arg.Scale)
				}
				acc, err := New(call, in, c.retract)
				if err != nil {
					b.Fatal(err)
				}
				acc.Grow(groups)
				const batches = 64
				ids := make([][]int32, batches)
				args := make([][]*vec.Vec, batches)
				x := uint32(1)
				for k := range ids {
					ids[k] = make([]int32, vec.BatchSize)
					for i := range ids[k] {
						x = x*1664525 + 1013904223
						ids[k][i] = int32(uint64(x) * uint64(groups) >> 32)
					}
					if in == nil {
						continue
					}
					bl := vec.NewBuilder(c.arg, vec.BatchSize)
					for i := range vec.BatchSize {
						x = x*1664525 + 1013904223
						switch {
						case c.nulls && i%7 == 0:
							bl.Null()
						case c.arg.IsCharacter():
							bl.String(fmt.Sprintf("value %d", x>>16))
						default:
							v := vec.FromValues(c.arg, int64(x>>16))
							bl.From(v, 0)
						}
					}
					args[k] = []*vec.Vec{bl.Finish()}
				}
				b.ReportAllocs()
				b.ResetTimer()
				for i := 0; i < b.N; i++ {
					acc.Add(ids[i%batches], args[i%batches], nil)
				}
				b.ReportMetric(float64(b.N)*vec.BatchSize/b.Elapsed().Seconds()/1e6, "Mrows/s")
			})
		}
	}
}
