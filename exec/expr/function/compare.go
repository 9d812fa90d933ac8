package function

import (
	"bytes"
	"fmt"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// comparison holds the operators that compare. Texts compare by their bytes, CHAR
// without padding; DECIMALs of different scales compare exactly; NaN equals nothing
// and is neither less nor greater than any number.
var comparison = family("comparison", []entry{
	{Name: "=", Sigs: "a = b", Doc: "a equals b", Ex: "1 = 1.0 → TRUE\n'a' = 'A' → FALSE", Infer: inferCompare("="), New: newCompare},
	{Name: "<>", Aliases: []string{"!="}, Sigs: "a <> b", Doc: "a differs from b", Ex: "1 <> 2 → TRUE", Infer: inferCompare("<>"), New: newCompare},
	{Name: "<", Sigs: "a < b", Doc: "a is less than b", Ex: "'abc' < 'abd' → TRUE", Infer: inferCompare("<"), New: newCompare},
	{Name: "<=", Sigs: "a <= b", Doc: "a is less than or equal to b", Ex: "2 <= 1 → FALSE", Infer: inferCompare("<="), New: newCompare},
	{Name: ">", Sigs: "a > b", Doc: "a is greater than b", Ex: "DATE '2024-01-02' > DATE '2024-01-01' → TRUE", Infer: inferCompare(">"), New: newCompare},
	{Name: ">=", Sigs: "a >= b", Doc: "a is greater than or equal to b", Ex: "2 >= 2 → TRUE", Infer: inferCompare(">="), New: newCompare},
	{
		Name: "IS_DISTINCT_FROM", Sigs: "a IS DISTINCT FROM b", Doc: "a differs from b, two NULLs being equal",
		Ex: "1 IS DISTINCT FROM NULL → TRUE", Infer: inferDistinct, New: newDistinct,
	},
	{
		Name: "IS_NOT_DISTINCT_FROM", Sigs: "a IS NOT DISTINCT FROM b", Doc: "a equals b, two NULLs being equal",
		Ex: "1 IS NOT DISTINCT FROM 1 → TRUE", Infer: inferDistinct, New: newDistinct,
	},
	{
		Name: "IN", Sigs: "a IN (b, …)", Doc: "a equals one of the values; NULL if none does but one is NULL",
		Ex: "2 IN (1, 2, 3) → TRUE\n'x' IN ('a', 'b') → FALSE", Infer: inferIn, New: newIn,
	},
})

// compareOps gives each operator's number, for loops and for swapping sides.
var compareOps = map[string]vec.CompareOp{"=": vec.EQ, "<>": vec.NE, "!=": vec.NE, "<": vec.LT, "<=": vec.LE, ">": vec.GT, ">=": vec.GE}

// swapped is the operator that holds of (b, a) when op holds of (a, b).
func swapped(op vec.CompareOp) vec.CompareOp {
	switch op {
	case vec.LT:
		return vec.GT
	case vec.LE:
		return vec.GE
	case vec.GT:
		return vec.LT
	case vec.GE:
		return vec.LE
	default:
		return op
	}
}

func inferCompare(op string) func(catalog.Call) (catalog.Resolved, error) {
	return func(c catalog.Call) (catalog.Resolved, error) {
		a, b, err := comparedAs(op, c.Args)
		if err != nil {
			return catalog.Resolved{}, err
		}
		return catalog.Resolved{Args: []types.Type{a, b}, Result: types.Bool.WithNull(types.AnyNullable(c.Args...))}, nil
	}
}

func inferDistinct(c catalog.Call) (catalog.Resolved, error) {
	a, b, err := comparedAs("IS DISTINCT FROM", c.Args)
	if err != nil {
		return catalog.Resolved{}, err
	}
	return catalog.Resolved{Args: []types.Type{a, b}, Result: types.Bool.NotNull()}, nil
}

// comparedAs gives the types that both sides are cast to. DECIMALs keep their own
// precision and scale, which the kernels bridge exactly.
func comparedAs(op string, as []types.Type) (a, b types.Type, err error) {
	if len(as) != 2 {
		return a, b, fmt.Errorf("operator %s takes 2 operands, got %d", op, len(as))
	}
	a, b = as[0].WithAttr(types.NoTimeAttr), as[1].WithAttr(types.NoTimeAttr)
	t, ok := types.Comparable(a, b)
	if !ok {
		return a, b, fmt.Errorf("operator %s does not compare %s with %s", op, plain(a), plain(b))
	}
	if t.Kind == types.Decimal {
		if a.Kind == types.Null {
			a = b
		} else if b.Kind == types.Null {
			b = a
		}
		return types.AsDecimal(a), types.AsDecimal(b), nil
	}
	return t.WithNull(a.Nullable), t.WithNull(b.Nullable), nil
}

func newCompare(call *rex.Call) (Kernel, error) {
	op := compareOps[call.Fn]
	a, b := call.Args[0].Type(), call.Args[1].Type()
	switch vec.PhysOf(a) {
	case vec.PhysBool:
		return compareKernel[int8](call, op)
	case vec.PhysI8:
		return compareKernel[int8](call, op)
	case vec.PhysI16:
		return compareKernel[int16](call, op)
	case vec.PhysI32:
		return compareKernel[int32](call, op)
	case vec.PhysF32:
		return compareKernel[float32](call, op)
	case vec.PhysF64:
		return compareKernel[float64](call, op)
	case vec.PhysBytes:
		return compareBytes(call, op), nil
	case vec.PhysI64, vec.PhysDec:
		if a.Kind == types.Decimal && (a.Scale != b.Scale || !isLong(a) || !isLong(b)) {
			return compareRows(op, orderDecimals(a, b)), nil
		}
		return compareKernel[int64](call, op)
	default:
		return compareRows(op, vec.CompareValues), nil
	}
}

// compareKernel compares numbers; a literal on either side is compared as a constant.
func compareKernel[T number](call *rex.Call, op vec.CompareOp) (Kernel, error) {
	isConst := func(k int) bool { l := constant(call, k); return l != nil && l.Value != nil }
	left, right := isConst(0), isConst(1)
	return Kernel{Owned: true, Eval: func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
		out := f.New(types.Bool, n)
		out.Valid = valid(as, n)
		dst, a, b := out.Bools(), vec.Slice[T](as[0]), vec.Slice[T](as[1])
		switch {
		case n == 0:
		case right:
			compareConst(op, dst, a, b[0])
		case left:
			compareConst(swapped(op), dst, b, a[0])
		default:
			compareLoop(op, dst, a, b)
		}
		return out, nil
	}}, nil
}

func compareConst[T number](op vec.CompareOp, out []bool, a []T, c T) {
	a = a[:len(out)]
	switch op {
	case vec.EQ:
		for i := range out {
			out[i] = a[i] == c
		}
	case vec.NE:
		for i := range out {
			out[i] = a[i] != c
		}
	case vec.LT:
		for i := range out {
			out[i] = a[i] < c
		}
	case vec.LE:
		for i := range out {
			out[i] = a[i] <= c
		}
	case vec.GT:
		for i := range out {
			out[i] = a[i] > c
		}
	default:
		for i := range out {
			out[i] = a[i] >= c
		}
	}
}

func compareLoop[T number](op vec.CompareOp, out []bool, a, b []T) {
	a, b = a[:len(out)], b[:len(out)]
	switch op {
	case vec.EQ:
		for i := range out {
			out[i] = a[i] == b[i]
		}
	case vec.NE:
		for i := range out {
			out[i] = a[i] != b[i]
		}
	case vec.LT:
		for i := range out {
			out[i] = a[i] < b[i]
		}
	case vec.LE:
		for i := range out {
			out[i] = a[i] <= b[i]
		}
	case vec.GT:
		for i := range out {
			out[i] = a[i] > b[i]
		}
	default:
		for i := range out {
			out[i] = a[i] >= b[i]
		}
	}
}

// holds reports whether an order (negative, 0, positive) satisfies op.
func holds(op vec.CompareOp, order int) bool {
	switch op {
	case vec.EQ:
		return order == 0
	case vec.NE:
		return order != 0
	case vec.LT:
		return order < 0
	case vec.LE:
		return order <= 0
	case vec.GT:
		return order > 0
	default:
		return order >= 0
	}
}

// compareBytes compares texts and binaries; equality looks at the lengths first.
func compareBytes(call *rex.Call, op vec.CompareOp) Kernel {
	c, hasConst := constBytes(call, 1)
	return Kernel{Owned: true, Eval: func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
		out := f.New(types.Bool, n)
		out.Valid = valid(as, n)
		dst, a, b := out.Bools(), as[0], as[1]
		switch {
		case hasConst && (op == vec.EQ || op == vec.NE):
			off, data, want := a.Off, a.Data, op == vec.EQ
			for i := range dst {
				lo, hi := off[i], off[i+1]
				dst[i] = (int(hi-lo) == len(c) && string(data[lo:hi]) == c) == want
			}
		case op == vec.EQ:
			for i := range dst {
				dst[i] = a.StringAt(i) == b.StringAt(i)
			}
		case op == vec.NE:
			for i := range dst {
				dst[i] = a.StringAt(i) != b.StringAt(i)
			}
		default:
			for i := range dst {
				dst[i] = holds(op, bytes.Compare(a.BytesAt(i), b.BytesAt(i)))
			}
		}
		return out, nil
	}}
}

// constBytes is the content of a literal text or binary argument.
func constBytes(call *rex.Call, k int) (string, bool) {
	if l := constant(call, k); l != nil {
		switch v := l.Value.(type) {
		case string:
			return v, true
		case []byte:
			return string(v), true
		}
	}
	return "", false
}

// order compares row i of a with row j of b, neither being NULL.
type order func(a *vec.Vec, i int, b *vec.Vec, j int) int

func compareRows(op vec.CompareOp, cmp order) Kernel {
	return Kernel{Owned: true, Eval: func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
		out := f.New(types.Bool, n)
		out.Valid = valid(as, n)
		dst := out.Bools()
		for i := range dst {
			if !out.IsNull(i) {
				dst[i] = holds(op, cmp(as[0], i, as[1], i))
			}
		}
		return out, nil
	}}
}

// orderDecimals compares decimals of any two scales exactly.
func orderDecimals(a, b types.Type) order {
	s := max(a.Scale, b.Scale)
	ma, mb := pow10Wide[s-a.Scale], pow10Wide[s-b.Scale]
	return func(av *vec.Vec, i int, bv *vec.Vec, j int) int {
		x, y := wideAt(av, i), wideAt(bv, j)
		x1, ok1 := mulWide(x, ma)
		y1, ok2 := mulWide(y, mb)
		if ok1 && ok2 {
			return x1.Cmp(y1)
		}
		// A side that overflows when scaled up is larger in magnitude than any that does not.
		switch {
		case ok2:
			return x.Sign()
		case ok1:
			return -y.Sign()
		}
		xb, yb := x.BigInt(), y.BigInt()
		return xb.Mul(xb, ma.BigInt()).Cmp(yb.Mul(yb, mb.BigInt()))
	}
}

// newDistinct compares two values of which NULLs are equal.
func newDistinct(call *rex.Call) (Kernel, error) {
	eq := *call
	eq.Fn = "="
	k, err := newCompare(&eq)
	if err != nil {
		return Kernel{}, err
	}
	distinct := call.Fn == "IS_DISTINCT_FROM"
	return Kernel{Owned: true, Eval: func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
		out, err := k.Eval(f, as, n)
		if err != nil {
			return nil, err
		}
		dst := out.Bools()
		if out.Valid != nil {
			for i := range dst {
				if !out.Valid.Get(i) {
					dst[i] = as[0].IsNull(i) && as[1].IsNull(i)
				}
			}
			out.Valid = nil
		}
		if distinct {
			for i, x := range dst {
				dst[i] = !x
			}
		}
		return out, nil
	}}, nil
}
