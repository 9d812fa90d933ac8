package expr_test

import (
	"testing"

	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// tallied is a registry with one function more, F(x) = x + 1, that counts the rows it is
// called for.
type tallied struct {
	*function.Registry
	f    *function.Func
	rows int
}

func tally(random bool) *tallied {
	c := &tallied{Registry: function.Builtin()}
	c.f = &function.Func{
		Function: catalog.Function{Name: "F", Fallible: true, NonDeterministic: random},
		New: func(call *rex.Call) (function.Kernel, error) {
			return function.Kernel{Owned: true, Eval: func(f *function.Frame, args []*vec.Vec, n int) (*vec.Vec, error) {
				c.rows += n
				out := vec.New(call.T, n)
				for i, x := range args[0].Int32s()[:n] {
					out.Int32s()[i] = x + 1
				}
				return out, nil
			}}, nil
		}}
	return c
}

func (c *tallied) Scalar(name string) *function.Func {
	if name == "F" {
		return c.f
	}
	return c.Registry.Scalar(name)
}

func TestARepeatedCallSeesEveryRowOnce(t *testing.T) {
	i32 := types.Int32.NotNull()
	x, f := ref(0, i32), apply("F", i32, ref(0, i32))
	truth := types.Bool.NotNull()
	more := func(e rex.Expr, n int64) rex.Expr { return apply(">", truth, e, lit(n, i32)) }
	plus := func(e rex.Expr, n int64) rex.Expr { return apply("+", i32, e, lit(n, i32)) }
	for _, c := range []struct {
		name   string
		filter rex.Expr
		out    []rex.Expr
		rows   int // that F sees of the 8
		random int // and if it is not deterministic
	}{
		{"in the SELECT list", nil, []rex.Expr{plus(f, 1), plus(f, 2), f}, 8, 24},
		{"in WHERE and SELECT", more(f, 4), []rex.Expr{f, plus(f, 1)}, 8, 8 + 4 + 4},
		{"behind another condition", apply("AND", truth, more(x, 1), more(f, 4)), []rex.Expr{f}, 6, 6 + 4},
		{"in a CASE and its condition", nil, []rex.Expr{apply("CASE", i32, more(f, 4), f, plus(f, 1))}, 8, 8 + 4 + 4},
		{"in branches that exclude each other", nil, []rex.Expr{apply("CASE", i32, more(x, 3), f, plus(f, 1))}, 8, 8},
		{"in a CASE within WHERE and SELECT", more(apply("CASE", i32, more(f, 4), plus(f, 1), lit(int64(0), i32)), 3), []rex.Expr{plus(f, 1)}, 8, 8 + 4 + 4},
		{"only in SELECT, for the rows that are left", more(x, 3), []rex.Expr{f, plus(f, 1)}, 4, 8},
	} {
		for _, random := range []bool{false, true} {
			reg := tally(random)
			filter, project, err := expr.CompileCalc(c.filter, c.out, []types.Type{i32}, reg)
			if err != nil {
				t.Fatal(err)
			}
			want := c.rows
			if random {
				want = c.random
			}
			for round := range 2 { // what is remembered of a batch must not leak into the next
				b := vec.NewBatch(8, vec.FromSlice(i32, []int32{int32(-round), 1, 2, 3, 4, 5, 6, 7}, nil))
				reg.rows = 0
				var sel []int32
				if filter != nil {
					if sel, err = filter.Select(&expr.Ctx{}, b, nil); err != nil {
						t.Fatal(err)
					}
				}
				got, err := project.Selected(&expr.Ctx{}, b, sel)
				if err != nil {
					t.Fatal(err)
				}
				if reg.rows != want {
					t.Errorf("%s (random %v): F saw %d rows, want %d", c.name, random, reg.rows, want)
				}
				plain := function.Builtin().With(tally(true).f) // nothing shared
				for k, e := range c.out {
					alone, err := expr.Compile(e, []types.Type{i32}, plain)
					if err != nil {
						t.Fatal(err)
					}
					all, err := alone.Eval(&expr.Ctx{}, b)
					if err != nil {
						t.Fatal(err)
					}
					if sel != nil {
						all = vec.Take(all, sel)
					}
					if rowsOf(all) != rowsOf(got.Cols[k]) {
						t.Errorf("%s: column %d is %s, alone it is %s", c.name, k, rowsOf(got.Cols[k]), rowsOf(all))
					}
				}
			}
		}
	}
}
