package function

import (
	"errors"
	"fmt"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// conditional holds the functions that choose among values. exec/expr evaluates
// CASE, IF, COALESCE and IFNULL: a value is computed only for the rows that take it.
var conditional = family("conditional", []entry{
	{
		Name: "CASE", NullFrom: 1, Sigs: "CASE WHEN condition THEN value [WHEN …] [ELSE value] END\nCASE x WHEN y THEN value [WHEN …] [ELSE value] END",
		Doc: "the value of the first condition that holds, else that after ELSE, else NULL",
		Ex:  "CASE WHEN 1 > 2 THEN 'a' ELSE 'b' END → b", Infer: inferCase,
	},
	{
		Name: "IF", Sigs: "IF(condition, then, else)", Doc: "then if the condition holds, else otherwise (also if it is NULL)",
		Ex: "IF(1 > 2, 'a', 'b') → b", Infer: inferIf,
	},
	{
		Name: "COALESCE", NullFrom: 1, Sigs: "COALESCE(value, …)", Doc: "the first value that is not NULL",
		Ex: "COALESCE(CAST(NULL AS INT), 5) → 5", Infer: inferCoalesce("COALESCE"),
	},
	{
		Name: "IFNULL", NullFrom: 1, Sigs: "IFNULL(value, instead)", Doc: "the value, or instead if it is NULL",
		Ex: "IFNULL(CAST(NULL AS STRING), 'none') → none", Infer: inferCoalesce("IFNULL"),
	},
	{
		Name: "NULLIF", NullFrom: 2, Sigs: "NULLIF(a, b)", Doc: "NULL if a equals b, else a",
		Ex: "NULLIF(5, 5) → NULL\nNULLIF(5, 6) → 5", Infer: inferNullIf, New: newNullIf,
	},
	{
		Name: "GREATEST", Sigs: "GREATEST(value, …)", Doc: "the greatest of the values, NULL if one is NULL",
		Ex: "GREATEST(1, 5, 3) → 5", Infer: inferExtreme("GREATEST"), New: newExtreme(1),
	},
	{
		Name: "LEAST", Sigs: "LEAST(value, …)", Doc: "the least of the values, NULL if one is NULL",
		Ex: "LEAST('b', 'a') → a", Infer: inferExtreme("LEAST"), New: newExtreme(-1),
	},
})

// inferCase sees c1, v1, c2, v2, …, else.
func inferCase(c catalog.Call) (catalog.Resolved, error) {
	n := len(c.Args)
	if n < 3 || n%2 == 0 {
		return catalog.Resolved{}, errors.New("CASE needs a condition, a value and an ELSE value")
	}
	var values []types.Type
	for i, t := range c.Args {
		switch {
		case i == n-1 || i%2 == 1:
			values = append(values, t)
		case !t.In(types.Boolean, types.Null):
			return catalog.Resolved{}, fmt.Errorf("a condition of CASE must be BOOLEAN, got %s", plain(t))
		}
	}
	t, ok := types.Common(values...)
	if !ok {
		return catalog.Resolved{}, fmt.Errorf("the values of CASE have no common type: %s", typeList(values))
	}
	if t.Kind == types.Null {
		return catalog.Resolved{}, errors.New("at least one value of CASE must be something else than NULL")
	}
	out := make([]types.Type, n)
	for i, a := range c.Args {
		if i == n-1 || i%2 == 1 {
			out[i] = t.WithNull(a.Nullable || a.Kind == types.Null)
		} else {
			out[i] = types.Bool.WithNull(a.Nullable || a.Kind == types.Null)
		}
	}
	return catalog.Resolved{Args: out, Result: t}, nil
}

func typeList(ts []types.Type) string {
	s := ""
	for i, t := range ts {
		if i > 0 {
			s += ", "
		}
		s += plain(t)
	}
	return s
}

func inferIf(c catalog.Call) (catalog.Resolved, error) {
	if len(c.Args) != 3 || !c.Args[0].In(types.Boolean, types.Null) {
		return catalog.Resolved{}, wrongArgs("IF", []string{"BOOLEAN, ANY, ANY"}, c.Args)
	}
	for i, t := range c.Args {
		if t.Kind == types.Null {
			return catalog.Resolved{}, errors.New("NULL has no type in IF: write CAST(NULL AS …)")
		}
		if i > 0 && (t.In(types.Array, types.Map, types.Multiset, types.Row, types.Variant) || t.IsInterval()) {
			return catalog.Resolved{}, fmt.Errorf("IF does not choose among values of type %s: write CASE", plain(t))
		}
	}
	r, err := inferCase(c)
	if err != nil {
		return r, fmt.Errorf("the values of IF have no common type: %s", typeList(c.Args[1:]))
	}
	if first := c.Args[1].WithAttr(types.NoTimeAttr); first.IsTimestamp() { // the first decides, not the longer
		r.Args[1], r.Args[2] = first, first.WithNull(c.Args[2].Nullable)
		r.Result = first
	}
	r.Result = r.Result.WithNull(types.AnyNullable(c.Args...))
	return r, nil
}

// inferCoalesce gives a NOT NULL result as soon as one value is.
func inferCoalesce(name string) func(catalog.Call) (catalog.Resolved, error) {
	return func(c catalog.Call) (catalog.Resolved, error) {
		if len(c.Args) == 0 || name == "IFNULL" && len(c.Args) != 2 {
			return catalog.Resolved{}, wrongArgs(name, []string{map[string]string{"IFNULL": "ANY, ANY", "COALESCE": "ANY..."}[name]}, c.Args)
		}
		t, ok := types.CommonArg(c.Args...)
		if !ok || t.Kind == types.Null {
			return catalog.Resolved{}, fmt.Errorf("the values of %s have no common type: %s", name, typeList(c.Args))
		}
		t = t.WithAttr(types.NoTimeAttr)
		out := make([]types.Type, len(c.Args))
		for i, a := range c.Args {
			out[i] = t.WithNull(a.Nullable || a.Kind == types.Null)
		}
		return catalog.Resolved{Args: out, Result: t.WithNull(types.AllNullable(c.Args...))}, nil
	}
}

func inferExtreme(name string) func(catalog.Call) (catalog.Resolved, error) {
	return func(c catalog.Call) (catalog.Resolved, error) {
		if len(c.Args) == 0 {
			return catalog.Resolved{}, wrongArgs(name, []string{"ANY..."}, c.Args)
		}
		t, ok := types.CommonArg(c.Args...)
		if !ok || t.Kind == types.Null {
			return catalog.Resolved{}, fmt.Errorf("the values of %s have no common type: %s", name, typeList(c.Args))
		}
		if t.Kind == types.Variant {
			return catalog.Resolved{}, fmt.Errorf("values of type VARIANT have no order: %s", name)
		}
		t = t.WithAttr(types.NoTimeAttr)
		out := make([]types.Type, len(c.Args))
		for i, a := range c.Args {
			out[i] = t.WithNull(a.Nullable || a.Kind == types.Null)
		}
		return catalog.Resolved{Args: out, Result: t.WithNull(types.AnyNullable(c.Args...))}, nil
	}
}

// newExtreme keeps the greatest (sign 1) or least (sign -1) value of each row.
func newExtreme(sign int) maker {
	return func(call *rex.Call) (Kernel, error) {
		b := vec.NewBuilder(call.T, 0)
		return Kernel{Owned: true, Eval: func(_ *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
			b.Reset(n)
			ok := valid(as, n)
			for i := 0; i < n; i++ {
				if ok != nil && !ok.Get(i) {
					b.Null()
					continue
				}
				best := as[0]
				for _, a := range as[1:] {
					if vec.CompareValues(a, i, best, i)*sign > 0 {
						best = a
					}
				}
				b.From(best, i)
			}
			return b.Finish(), nil
		}}, nil
	}
}

// inferNullIf compares as = does but gives the first argument's own type: the call's
// arguments stay as they are, and the kernel casts for the comparison.
func inferNullIf(c catalog.Call) (catalog.Resolved, error) {
	if len(c.Args) != 2 {
		return catalog.Resolved{}, wrongArgs("NULLIF", []string{"ANY, ANY"}, c.Args)
	}
	if _, _, err := comparedAs("=", c.Args); err != nil {
		return catalog.Resolved{}, fmt.Errorf("function NULLIF does not compare %s with %s", plain(c.Args[0]), plain(c.Args[1]))
	}
	a := c.Args[0].WithAttr(types.NoTimeAttr)
	if a.Kind == types.Null {
		a = c.Args[1].WithAttr(types.NoTimeAttr).Null()
	}
	return catalog.Resolved{Args: []types.Type{a, c.Args[1].WithAttr(types.NoTimeAttr)}, Result: a.Null()}, nil
}

func newNullIf(call *rex.Call) (Kernel, error) {
	at, bt, err := comparedAs("=", []types.Type{call.Args[0].Type(), call.Args[1].Type()})
	if err != nil {
		return Kernel{}, err
	}
	castTo := func(e rex.Expr, t types.Type) (rex.Expr, Kernel, error) {
		if e.Type().Same(t) {
			return e, Kernel{}, nil
		}
		c := &rex.Call{Fn: "CAST", Args: []rex.Expr{e}, T: t, Span: call.Span}
		k, err := newCast(c)
		return c, k, err
	}
	x, castA, err := castTo(call.Args[0], at)
	if err != nil {
		return Kernel{}, err
	}
	y, castB, err := castTo(call.Args[1], bt)
	if err != nil {
		return Kernel{}, err
	}
	eq, err := newCompare(&rex.Call{Fn: "=", Args: []rex.Expr{x, y}, T: types.Bool, Span: call.Span})
	if err != nil {
		return Kernel{}, err
	}
	return Kernel{Eval: func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
		fresh := f.Fresh()
		a, b := as[0], as[1]
		for k, cast := range []Kernel{castA, castB} {
			if cast.Eval == nil {
				continue
			}
			v, err := cast.Eval(fresh, as[k:k+1], n)
			if err != nil {
				return nil, err
			}
			if k == 0 {
				a = v
			} else {
				b = v
			}
		}
		same, err := eq.Eval(fresh, []*vec.Vec{a, b}, n)
		if err != nil {
			return nil, err
		}
		out := as[0].As(call.T)
		hits := same.Bools()
		owned := false
		for i := range hits {
			if hits[i] && !same.IsNull(i) {
				if !owned {
					out.Valid, owned = out.Valid.Slice(0, n), true
				}
				out.SetNull(i)
			}
		}
		return out, nil
	}}, nil
}
