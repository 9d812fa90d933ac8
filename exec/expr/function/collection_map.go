package function

import (
	"fmt"
	"slices"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

func inferMap(c catalog.Call) (catalog.Resolved, error) {
	var keys, vals []types.Type
	for i, t := range c.Args {
		if i%2 == 0 {
			keys = append(keys, t)
		} else {
			vals = append(vals, t)
		}
	}
	k, ok1 := types.Common(keys...)
	v, ok2 := types.Common(vals...)
	if !ok1 || !ok2 || len(keys) != len(vals) {
		return catalog.Resolved{}, fmt.Errorf("the keys or the values of MAP have no common type: %s", typeList(c.Args))
	}
	out := make([]types.Type, len(c.Args))
	for i, a := range c.Args {
		out[i] = [2]types.Type{k, v}[i%2].WithNull(types.AnyNullable(a))
	}
	return catalog.Resolved{Args: out, Result: types.NewMap(k, v).NotNull()}, nil
}

// mapPart gives the keys (0) or values (1) of maps as arrays, sharing their memory.
func mapPart(k int) maker {
	return func(call *rex.Call) (Kernel, error) {
		return Kernel{Eval: func(_ *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
			m := as[0]
			return &vec.Vec{Type: call.T, Len: n, Valid: m.Valid, Off: m.Off, Kids: []*vec.Vec{m.Kids[k].As(*call.T.Elem)}}, nil
		}}, nil
	}
}

func newMapEntries(call *rex.Call) (Kernel, error) {
	return Kernel{Eval: func(_ *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
		m := as[0]
		row := &vec.Vec{Type: *call.T.Elem, Len: m.Kids[0].Len, Kids: m.Kids}
		return &vec.Vec{Type: call.T, Len: n, Valid: m.Valid, Off: m.Off, Kids: []*vec.Vec{row}}, nil
	}}, nil
}

func newMapFromArrays(call *rex.Call) (Kernel, error) {
	return builtOf(func(_ *Frame, call *rex.Call, b *vec.Builder, a args, i int) error {
		lo, hi := a.list(0, i)
		lo1, hi1 := a.list(1, i)
		if hi-lo != hi1-lo1 {
			return fail(call, CodeArgument, "MAP_FROM_ARRAYS got %d keys and %d values", hi-lo, hi1-lo1)
		}
		appendEntries(b, a[0].Kids[0], lo, a[1].Kids[0], lo1, hi-lo)
		b.EndMap()
		return nil
	})(call)
}

// appendEntries appends n entries, of a key that is there twice the last one.
func appendEntries(b *vec.Builder, keys *vec.Vec, k0 int, vals *vec.Vec, v0, n int) {
	for k := 0; k < n; k++ {
		last := true
		for l := k + 1; l < n && last; l++ {
			last = vec.CompareValues(keys, k0+k, keys, k0+l) != 0
		}
		if last {
			b.Kid(0).From(keys, k0+k)
			b.Kid(1).From(vals, v0+k)
		}
	}
}

func inferMapUnion(c catalog.Call) (catalog.Resolved, error) {
	t, ok := types.CommonArg(c.Args...)
	if !ok || t.Kind != types.Map || len(c.Args) == 0 {
		return catalog.Resolved{}, wrongArgs("MAP_UNION", []string{"MAP..."}, c.Args)
	}
	out := make([]types.Type, len(c.Args))
	for i, a := range c.Args {
		out[i] = t.WithNull(types.AnyNullable(a))
	}
	return catalog.Resolved{Args: out, Result: t}, nil
}

func newMapUnion(call *rex.Call) (Kernel, error) {
	return builtOf(func(_ *Frame, _ *rex.Call, b *vec.Builder, a args, i int) error {
		for m, v := range slices.Backward(a) { // the last map's entries come first
			for k := int(v.Off[i]); k < int(v.Off[i+1]); k++ {
				if !keyInLater(a, m, k, i) {
					b.Kid(0).From(v.Kids[0], k)
					b.Kid(1).From(v.Kids[1], k)
				}
			}
		}
		b.EndMap()
		return nil
	})(call)
}

// keyInLater reports whether the key of entry k of map m is in a map after m.
func keyInLater(a args, m, k, i int) bool {
	for _, v := range a[m+1:] {
		for l := int(v.Off[i]); l < int(v.Off[i+1]); l++ {
			if vec.CompareValues(a[m].Kids[0], k, v.Kids[0], l) == 0 {
				return true
			}
		}
	}
	return false
}
