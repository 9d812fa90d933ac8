package udf_test

import (
	"math/rand/v2"
	"testing"

	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// benchmarkCall measures a * 3 + b over batches of two INT columns.
func benchmarkCall(b *testing.B, p *expr.Program) {
	i32 := types.Int32.NotNull()
	x, y := make([]int32, vec.BatchSize), make([]int32, vec.BatchSize)
	for i := range x {
		x[i], y[i] = rand.Int32N(1000), rand.Int32N(1000)
	}
	in := vec.NewBatch(vec.BatchSize, vec.FromSlice(i32, x, nil), vec.FromSlice(i32, y, nil))
	for range 5 { // until calls have their size
		if _, err := p.Eval(&expr.Ctx{}, in); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Eval(&expr.Ctx{}, in); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(vec.BatchSize)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}

func axb(language, body string) *catalog.UserFunction {
	return declared(language, "f", body, types.Int32, "a", types.Int32.NotNull(), "b", types.Int32.NotNull())
}

// BenchmarkBuiltIn is the expression itself: what a function in SQL becomes.
func BenchmarkBuiltIn(b *testing.B) {
	i32 := types.Int32.NotNull()
	e := &rex.Call{Fn: "+", T: i32, Args: []rex.Expr{
		&rex.Call{Fn: "*", T: i32, Args: []rex.Expr{&rex.Ref{T: i32}, &rex.Lit{Value: int64(3), T: i32}}}, &rex.Ref{Index: 1, T: i32}}}
	p, err := expr.Compile(e, []types.Type{i32, i32}, function.Builtin())
	if err != nil {
		b.Fatal(err)
	}
	benchmarkCall(b, p)
}

func BenchmarkWasm(b *testing.B) { benchmarkCall(b, kernel(b, host(b), axb("WASM", ""))) }

func BenchmarkStarlark(b *testing.B) {
	benchmarkCall(b, kernel(b, host(b), axb("STARLARK", "def f(a, b): return a * 3 + b")))
}
