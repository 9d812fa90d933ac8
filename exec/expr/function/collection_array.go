package function

import (
	"sort"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

func newElement(call *rex.Call) (Kernel, error) {
	return Kernel{Owned: true, Eval: func(_ *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
		a := args(as)
		sel := make([]int32, n)
		for i := range sel {
			sel[i] = -1
			if lo, hi := a.list(0, i); !a.null(0, i) && hi > lo {
				if hi > lo+1 {
					return nil, fail(call, CodeElement, "ELEMENT of %s: there is more than one", quote(as[0], i))
				}
				sel[i] = int32(lo)
			}
		}
		return vec.Take(as[0].Kids[0], sel).As(call.T), nil
	}}, nil
}

// array makes a kernel that builds one array per row without NULL arguments; row
// appends the elements.
func array(row func(out *vec.Builder, a args, i int)) maker {
	return builtOf(func(_ *Frame, _ *rex.Call, b *vec.Builder, a args, i int) error {
		row(b.Kid(0), a, i)
		b.EndList()
		return nil
	})
}

// arrayNulls is array for functions of an array and an element that may be NULL.
func arrayNulls(row func(out *vec.Builder, a args, i int)) maker {
	return builtNulls(func(_ *Frame, _ *rex.Call, b *vec.Builder, a args, i int) error {
		if a.null(0, i) {
			b.Null()
			return nil
		}
		row(b.Kid(0), a, i)
		b.EndList()
		return nil
	})
}

func appendAll(out *vec.Builder, v *vec.Vec, i int) {
	for k := int(v.Off[i]); k < int(v.Off[i+1]); k++ {
		out.From(v.Kids[0], k)
	}
}

// indexOf is the place of element a[1] in array a[0], 0 if it is not there.
func indexOf(a args, i int) int {
	lo, hi := a.list(0, i)
	for k := lo; k < hi; k++ {
		if vec.CompareValues(a[0].Kids[0], k, a[1], i) == 0 {
			return k - lo + 1
		}
	}
	return 0
}

// place turns a place counted from the end into one counted from the begin; 0 is 1.
func place(k, n int) int {
	switch {
	case k < 0:
		return n + k + 1
	case k == 0:
		return 1
	default:
		return k
	}
}

// elements collects distinct elements of one row. Small arrays, the common case, are
// compared one by one.
type elements struct {
	out  *vec.Builder
	from []*vec.Vec
	at   []int
}

func (s *elements) add(v *vec.Vec, k int) {
	for j, w := range s.from {
		if vec.CompareValues(w, s.at[j], v, k) == 0 {
			return
		}
	}
	s.from, s.at = append(s.from, v), append(s.at, k)
	s.out.From(v, k)
}

func (s *elements) addAll(v *vec.Vec, i int) {
	for k := int(v.Off[i]); k < int(v.Off[i+1]); k++ {
		s.add(v.Kids[0], k)
	}
}

// addWhere adds the elements of a[0] that are in a[1], or that are not.
func (s *elements) addWhere(a args, i int, in bool) {
	lo, hi := a.list(0, i)
	lo1, hi1 := a.list(1, i)
	for k := lo; k < hi; k++ {
		hit := false
		for l := lo1; l < hi1 && !hit; l++ {
			hit = vec.CompareValues(a[0].Kids[0], k, a[1].Kids[0], l) == 0
		}
		if hit == in {
			s.add(a[0].Kids[0], k)
		}
	}
}

// setOf makes a kernel that builds an array of distinct elements per row.
func setOf(row func(a args, i int, s *elements)) maker {
	return func(call *rex.Call) (Kernel, error) {
		var s elements
		return array(func(out *vec.Builder, a args, i int) {
			s.out, s.from, s.at = out, s.from[:0], s.at[:0]
			row(a, i, &s)
		})(call)
	}
}

func newArraySort(call *rex.Call) (Kernel, error) {
	var order []int
	return array(func(out *vec.Builder, a args, i int) {
		asc := !a.has(1) || a.bool(1, i)
		nullsFirst := asc
		if a.has(2) {
			nullsFirst = a.bool(2, i)
		}
		v := a[0].Kids[0]
		lo, hi := a.list(0, i)
		order = order[:0]
		for k := lo; k < hi; k++ {
			order = append(order, k)
		}
		sort.SliceStable(order, func(x, y int) bool {
			x, y = order[x], order[y]
			if nx, ny := v.IsNull(x), v.IsNull(y); nx || ny {
				return nx != ny && nx == nullsFirst
			}
			c := vec.CompareValues(v, x, v, y)
			if asc {
				return c < 0
			}
			return c > 0
		})
		for _, k := range order {
			out.From(v, k)
		}
	})(call)
}

// newArrayExtreme gathers the greatest (sign 1) or least (-1) elements.
func newArrayExtreme(sign int) maker {
	return func(call *rex.Call) (Kernel, error) {
		return Kernel{Owned: true, Eval: func(_ *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
			v := as[0].Kids[0]
			sel := make([]int32, n)
			for i := range sel {
				sel[i] = -1
				if as[0].IsNull(i) {
					continue
				}
				for k := as[0].Off[i]; k < as[0].Off[i+1]; k++ {
					if !v.IsNull(int(k)) && (sel[i] < 0 || vec.CompareValues(v, int(k), v, int(sel[i]))*sign > 0) {
						sel[i] = k
					}
				}
			}
			return vec.Take(v, sel).As(call.T), nil
		}}, nil
	}
}

// inferArrays brings at least n arrays to one type.
func inferArrays(name string, n int) func(catalog.Call) (catalog.Resolved, error) {
	return func(c catalog.Call) (catalog.Resolved, error) {
		t, ok := types.CommonArg(c.Args...)
		if !ok || t.Kind != types.Array || len(c.Args) < n || n == 2 && len(c.Args) != 2 {
			return catalog.Resolved{}, wrongArgs(name, []string{map[int]string{1: "ARRAY...", 2: "ARRAY, ARRAY"}[n]}, c.Args)
		}
		out := make([]types.Type, len(c.Args))
		for i, a := range c.Args {
			out[i] = t.WithNull(types.AnyNullable(a))
		}
		return catalog.Resolved{Args: out, Result: t}, nil
	}
}

// inferWithElement types a function of an array and an element of its type.
func inferWithElement(name string, gives func(array, elem types.Type) types.Type) func(catalog.Call) (catalog.Resolved, error) {
	return func(c catalog.Call) (catalog.Resolved, error) {
		wrong := wrongArgs(name, []string{"ARRAY, element"}, c.Args)
		if len(c.Args) != 2 || c.Args[0].Kind != types.Array {
			return catalog.Resolved{}, wrong
		}
		a, e := c.Args[0], c.Args[1].WithAttr(types.NoTimeAttr)
		if e.Kind == types.Null {
			e = a.Elem.Null()
		}
		common, ok := types.CommonArg(*a.Elem, e)
		if !ok || common.Kind != a.Elem.Kind && common.Kind != types.VarChar && common.Kind != types.VarBinary {
			return catalog.Resolved{}, wrong
		}
		elem := common.WithNull(a.Elem.Nullable)
		a.Elem = &elem
		e = common.WithNull(e.Nullable)
		return catalog.Resolved{Args: []types.Type{a, e}, Result: gives(a, e)}, nil
	}
}

// grown is the type of an array that takes in an element; as in the reference it may
// be NULL if the element may.
func grown(array, elem types.Type) types.Type {
	if elem.Nullable {
		e := array.Elem.Null()
		array.Elem = &e
		array.Nullable = true
	}
	return array
}

func inferArrayJoin(c catalog.Call) (catalog.Resolved, error) {
	if len(c.Args) < 2 || len(c.Args) > 3 || c.Args[0].Kind != types.Array || !c.Args[0].Elem.IsCharacter() {
		return catalog.Resolved{}, wrongArgs("ARRAY_JOIN", []string{"ARRAY<STRING>, STRING [, STRING]"}, c.Args)
	}
	return takes("ARRAY_JOIN", []string{"ARRAY, STRING [, STRING]"}, of(types.String))(c)
}

func appendArrayJoined(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
	v := a[0].Kids[0]
	lo, hi := a.list(0, i)
	first := true
	for k := lo; k < hi; k++ {
		if v.IsNull(k) && !a.has(2) {
			continue
		}
		if !first {
			dst = append(dst, a.bytes(1, i)...)
		}
		first = false
		if v.IsNull(k) {
			dst = append(dst, a.bytes(2, i)...)
		} else {
			dst = append(dst, v.BytesAt(k)...)
		}
	}
	return dst, true
}
