package expr_test

import (
	"testing"

	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// numbers makes a batch of BIGINT, DOUBLE, INT and STRING columns without NULLs.
func numbers(n int) (*vec.Batch, []types.Type) {
	longs, doubles, ints := make([]int64, n), make([]float64, n), make([]int32, n)
	texts := vec.NewBuilder(types.String, n)
	words := []string{"alpha", "beta", "gamma", "delta/epsilon"}
	for i := range longs {
		longs[i] = int64(i*7919) % 1000
		doubles[i] = float64(longs[i]) / 1000
		ints[i] = int32(longs[i])
		texts.String(words[i%len(words)])
	}
	ts := []types.Type{types.Int64, types.Float64, types.Int32, types.String}
	return vec.NewBatch(n, vec.FromSlice(ts[0], longs, nil), vec.FromSlice(ts[1], doubles, nil),
		vec.FromSlice(ts[2], ints, nil), texts.Finish()), ts
}

func ref(i int, t types.Type) rex.Expr { return &rex.Ref{Index: i, T: t} }
func lit(v any, t types.Type) rex.Expr { return &rex.Lit{Value: v, T: t} }
func apply(fn string, t types.Type, args ...rex.Expr) rex.Expr {
	return &rex.Call{Fn: fn, Args: args, T: t}
}

func rowsPerSecond(b *testing.B, n int) {
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

// BenchmarkFilterProject is WHERE a > 500 AND b < 0.9 with SELECT a * 3 + 1, b * 2.5.
func BenchmarkFilterProject(b *testing.B) {
	batch, ts := numbers(vec.BatchSize)
	cond := apply("AND", types.Bool, apply(">", types.Bool, ref(0, ts[0]), lit(int64(500), types.Int64)),
		apply("<", types.Bool, ref(1, ts[1]), lit(0.9, types.Float64)))
	f, err := expr.CompileFilter(cond, ts, function.Builtin())
	if err != nil {
		b.Fatal(err)
	}
	p, err := expr.CompileProjection([]rex.Expr{
		apply("+", types.Int64, apply("*", types.Int64, ref(0, ts[0]), lit(int64(3), types.Int64)), lit(int64(1), types.Int64)),
		apply("*", types.Float64, ref(1, ts[1]), lit(2.5, types.Float64)),
	}, ts, function.Builtin())
	if err != nil {
		b.Fatal(err)
	}
	ctx := &expr.Ctx{}
	var buf []int32
	b.ReportAllocs()
	for b.Loop() {
		sel, err := f.Select(ctx, batch, buf)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := p.Selected(ctx, batch, sel); err != nil {
			b.Fatal(err)
		}
		buf = sel[:0]
	}
	rowsPerSecond(b, batch.Len)
}

// BenchmarkExpr evaluates single expressions over 4,096 rows.
func BenchmarkExpr(b *testing.B) {
	batch, ts := numbers(vec.BatchSize)
	a, d, i, s := ref(0, ts[0]), ref(1, ts[1]), ref(2, ts[2]), ref(3, ts[3])
	long := func(x int64) rex.Expr { return lit(x, types.Int64) }
	dec := types.NewDecimal(12, 2)
	for _, c := range []struct {
		name string
		e    rex.Expr
	}{
		{"BigintAddConst", apply("+", types.Int64, a, long(1))},
		{"BigintMul", apply("*", types.Int64, a, a)},
		{"BigintModConst", apply("%", types.Int64, a, long(7))},
		{"DoubleMulAdd", apply("+", types.Float64, apply("*", types.Float64, d, d), d)},
		{"CompareConst", apply(">", types.Bool, a, long(500))},
		{"CompareAnd", apply("AND", types.Bool, apply(">", types.Bool, a, long(500)), apply("<", types.Bool, d, d))},
		{"In4", apply("IN", types.Bool, a, long(1), long(2), long(3), long(500))},
		{"Case", apply("CASE", types.Int64, apply(">", types.Bool, a, long(500)), a, long(0))},
		{"CaseFallible", apply("CASE", types.Int64, apply(">", types.Bool, a, long(500)), apply("/", types.Int64, long(1000), a), long(0))},
		{"Coalesce", apply("COALESCE", types.Int64, a, long(0))},
		{"CastIntBigint", apply("CAST", types.Int64, i)},
		{"CastBigintString", apply("CAST", types.String, a)},
		{"CastBigintDecimal", apply("CAST", dec, a)},
		{"DecimalMul", apply("*", types.NewDecimal(25, 4), apply("CAST", dec, a), apply("CAST", dec, a))},
		{"DecimalDiv", apply("/", types.NewDecimal(27, 15), apply("CAST", dec, a), lit(int64(300), dec))},
		{"StringEqual", apply("=", types.Bool, s, lit("beta", types.String))},
	} {
		b.Run(c.name, func(b *testing.B) {
			p, err := expr.Compile(c.e, ts, function.Builtin())
			if err != nil {
				b.Fatal(err)
			}
			ctx := &expr.Ctx{}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.Eval(ctx, batch); err != nil {
					b.Fatal(err)
				}
			}
			rowsPerSecond(b, batch.Len)
		})
	}
}
