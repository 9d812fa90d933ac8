package function

import (
	"fmt"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// inferIn brings the value and the list to one type. Unlike =, IN reads texts as
// numbers when the value is one.
func inferIn(c catalog.Call) (catalog.Resolved, error) {
	if len(c.Args) < 2 {
		return catalog.Resolved{}, fmt.Errorf("operator IN takes a value and a list, got %d operands", len(c.Args))
	}
	t := c.Args[0].WithAttr(types.NoTimeAttr)
	for _, a := range c.Args[1:] {
		a = a.WithAttr(types.NoTimeAttr)
		next, ok := types.Comparable(t, a)
		switch {
		case ok && next.Kind == types.Decimal && t.Kind != types.Null && a.Kind != types.Null:
			next, ok = types.Common(t, a)
		case !ok && t.IsCharacter() && a.IsNumeric():
			next, ok = a, true
		case !ok && t.IsNumeric() && a.IsCharacter():
			next, ok = t, true
		}
		if !ok {
			return catalog.Resolved{}, fmt.Errorf("operator IN does not compare %s with %s", plain(c.Args[0]), plain(a))
		}
		t = next
	}
	out := make([]types.Type, len(c.Args))
	for i, a := range c.Args {
		out[i] = t.WithNull(a.Nullable)
	}
	return catalog.Resolved{Args: out, Result: types.Bool.WithNull(types.AnyNullable(c.Args...))}, nil
}

// newIn looks values up in a set when the list is constant, else compares with each
// element in turn.
func newIn(call *rex.Call) (Kernel, error) {
	list := make([]*rex.Lit, 0, len(call.Args)-1)
	for k := 1; k < len(call.Args); k++ {
		if l := constant(call, k); l != nil {
			list = append(list, l)
		}
	}
	if len(list) == len(call.Args)-1 {
		switch vec.PhysOf(call.Args[0].Type()) {
		case vec.PhysI8:
			return inNumbers[int8](list), nil
		case vec.PhysI16:
			return inNumbers[int16](list), nil
		case vec.PhysI32:
			return inNumbers[int32](list), nil
		case vec.PhysI64:
			return inNumbers[int64](list), nil
		case vec.PhysBytes:
			return inTexts(list), nil
		}
	}
	return inAny(call)
}

// inNumbers is IN over a constant list of 64-bit values or narrower.
func inNumbers[T int8 | int16 | int32 | int64](list []*rex.Lit) Kernel {
	set := map[T]struct{}{}
	var few []T
	null := false
	for _, l := range list {
		if l.Value == nil {
			null = true
			continue
		}
		x := T(l.Value.(int64))
		if _, dup := set[x]; !dup {
			set[x] = struct{}{}
			few = append(few, x)
		}
	}
	const scanLimit = 8 // up to so many comparisons beat one hash look-up
	return inKernel(null, func(a *vec.Vec, dst []bool) {
		vals := vec.Slice[T](a)[:len(dst)]
		if len(few) > scanLimit {
			for i, x := range vals {
				_, dst[i] = set[x]
			}
			return
		}
		for i, x := range vals {
			hit := false
			for _, c := range few {
				hit = hit || x == c
			}
			dst[i] = hit
		}
	})
}

func inTexts(list []*rex.Lit) Kernel {
	set := map[string]struct{}{}
	null := false
	for _, l := range list {
		switch v := l.Value.(type) {
		case string:
			set[v] = struct{}{}
		case []byte:
			set[string(v)] = struct{}{}
		default:
			null = true
		}
	}
	return inKernel(null, func(a *vec.Vec, dst []bool) {
		for i := range dst {
			_, dst[i] = set[a.StringAt(i)]
		}
	})
}

// inKernel is IN given how to look values up; null says that the list holds NULL,
// which makes every miss unknown.
func inKernel(null bool, find func(a *vec.Vec, dst []bool)) Kernel {
	return Kernel{Owned: true, Eval: func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
		out := f.New(types.Bool, n)
		dst := out.Bools()
		find(as[0], dst)
		out.Valid = as[0].Valid
		if null {
			out.Valid = vec.NewBitmap(n)
			for i, hit := range dst {
				if hit && !as[0].IsNull(i) {
					out.Valid.Set(i)
				}
			}
		}
		return out, nil
	}}
}

// inAny compares with every element: a hit is TRUE, else a NULL makes it unknown.
func inAny(call *rex.Call) (Kernel, error) {
	eq := &rex.Call{Fn: "=", Args: call.Args[:2], T: types.Bool, Span: call.Span}
	cmps := make([]Kernel, len(call.Args)-1)
	for k := range cmps {
		c := *eq
		c.Args = []rex.Expr{call.Args[0], call.Args[k+1]}
		var err error
		if cmps[k], err = newCompare(&c); err != nil {
			return Kernel{}, err
		}
	}
	return Kernel{Owned: true, Eval: func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
		fresh := f.Fresh()
		out := vec.New(types.Bool, n)
		out.Valid = vec.NewBitmap(n) // set where known
		dst := out.Bools()
		unknown := make([]bool, n)
		for k, cmp := range cmps {
			r, err := cmp.Eval(fresh, []*vec.Vec{as[0], as[k+1]}, n)
			if err != nil {
				return nil, err
			}
			for i, hit := range r.Bools() {
				switch {
				case r.IsNull(i):
					unknown[i] = true
				case hit:
					dst[i] = true
				}
			}
		}
		for i, hit := range dst {
			out.Valid.Put(i, hit || !unknown[i])
		}
		return out, nil
	}}, nil
}
