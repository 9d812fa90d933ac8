package function

import (
	"fmt"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// collections holds the functions of ARRAY, MAP and ROW values. Elements are counted
// from 1; two NULL elements are equal.
var collections = family("collection", []entry{
	{
		Name: "ROW", Sigs: "ROW(value, …)\n(value, …)", Doc: "a row of these values", Ex: "ROW(1, 'a') → (1, a)",
		Infer: inferRow, New: newRow,
	},
	{
		Name: "ARRAY", Sigs: "ARRAY[value, …]", Doc: "an array of these values", Ex: "ARRAY[1, 2] → [1, 2]",
		Infer: inferArray, New: builtNulls(func(_ *Frame, _ *rex.Call, b *vec.Builder, a args, i int) error {
			for _, v := range a {
				b.Kid(0).From(v, i)
			}
			b.EndList()
			return nil
		}),
	},
	{
		Name: "MAP", Sigs: "MAP[key, value, …]", Doc: "a map of these entries; of a key given twice the last value counts", Ex: "MAP['a', 1, 'b', 2] → {a=1, b=2}",
		Infer: inferMap, New: builtNulls(func(_ *Frame, _ *rex.Call, b *vec.Builder, a args, i int) error {
			for k := 0; k < len(a); k += 2 {
				first, value := true, k+1
				for l := 0; l < len(a); l += 2 {
					if l != k && vec.CompareValues(a[k], i, a[l], i) == 0 {
						first, value = first && l > k, max(value, l+1)
					}
				}
				if first {
					b.Kid(0).From(a[k], i)
					b.Kid(1).From(a[value], i)
				}
			}
			b.EndMap()
			return nil
		}),
	},
	{
		Name: "ITEM", Sigs: "array[n]\nmap[key]", Doc: "an element of an array, the value of a key; NULL if there is none",
		Ex: "ARRAY[7, 8, 9][2] → 8\nMAP['a', 1]['b'] → NULL", Infer: inferItem, New: newItem, FallibleCall: itemFails,
	},
	{
		Name: "CARDINALITY", Sigs: "CARDINALITY(array or map)", Doc: "the number of elements or entries", Ex: "CARDINALITY(ARRAY[7, 8, 9]) → 3",
		Takes: []string{"ARRAY|MAP|MULTISET"}, Gives: of(types.Int32),
		New: fixedOf(func(_ *Frame, a args, i int) (int32, bool) { lo, hi := a.list(0, i); return int32(hi - lo), true }),
	},
	{
		Name: "ELEMENT", Sigs: "ELEMENT(array)", Doc: "the only element; NULL if there is none, an error if there are several", Ex: "ELEMENT(ARRAY[5]) → 5",
		Takes: []string{"ARRAY|MULTISET"}, Gives: func(as []types.Type) types.Type { return as[0].Elem.WithNull(as[0].Elem.Nullable || as[0].Nullable) },
		New: newElement, Fallible: true,
	},
	{
		Name: "ARRAY_APPEND", NullFrom: 2, Sigs: "ARRAY_APPEND(array, element)", Doc: "the array with one more element at its end", Ex: "ARRAY_APPEND(ARRAY[1, 2], 3) → [1, 2, 3]",
		Infer: inferWithElement("ARRAY_APPEND", grown), New: arrayNulls(func(out *vec.Builder, a args, i int) {
			appendAll(out, a[0], i)
			out.From(a[1], i)
		}),
	},
	{
		Name: "ARRAY_PREPEND", NullFrom: 2, Sigs: "ARRAY_PREPEND(array, element)", Doc: "the array with one more element at its begin", Ex: "ARRAY_PREPEND(ARRAY[1, 2], 0) → [0, 1, 2]",
		Infer: inferWithElement("ARRAY_PREPEND", grown), New: arrayNulls(func(out *vec.Builder, a args, i int) {
			out.From(a[1], i)
			appendAll(out, a[0], i)
		}),
	},
	{
		Name: "ARRAY_CONCAT", Sigs: "ARRAY_CONCAT(array, …)", Doc: "the elements of all arrays", Ex: "ARRAY_CONCAT(ARRAY[1], ARRAY[2, 3]) → [1, 2, 3]",
		Infer: inferArrays("ARRAY_CONCAT", 1), New: array(func(out *vec.Builder, a args, i int) {
			for _, v := range a {
				appendAll(out, v, i)
			}
		}),
	},
	{
		Name: "ARRAY_CONTAINS", NullFrom: 2, Sigs: "ARRAY_CONTAINS(array, element)", Doc: "the element is in the array", Ex: "ARRAY_CONTAINS(ARRAY[1, 2], 2) → TRUE",
		Infer: inferWithElement("ARRAY_CONTAINS", func(array, _ types.Type) types.Type { return types.Bool.WithNull(array.Nullable) }),
		New: fixedNulls(func(_ *Frame, _ *rex.Call, a args, i int) (bool, bool, error) {
			return !a.null(0, i) && indexOf(a, i) > 0, !a.null(0, i), nil
		}),
	},
	{
		Name: "ARRAY_POSITION", NullFrom: 2, Sigs: "ARRAY_POSITION(array, element)", Doc: "where the element first is, 0 if nowhere", Ex: "ARRAY_POSITION(ARRAY[7, 8, 8], 8) → 2",
		Infer: inferWithElement("ARRAY_POSITION", func(array, e types.Type) types.Type { return types.Int32.WithNull(array.Nullable || e.Nullable) }),
		New:   fixedOf(func(_ *Frame, a args, i int) (int32, bool) { return int32(indexOf(a, i)), true }),
	},
	{
		Name: "ARRAY_REMOVE", NullFrom: 2, Sigs: "ARRAY_REMOVE(array, element)", Doc: "the array without any such element", Ex: "ARRAY_REMOVE(ARRAY[1, 2, 1], 1) → [2]",
		Infer: inferWithElement("ARRAY_REMOVE", func(array, _ types.Type) types.Type { return array }), New: arrayNulls(func(out *vec.Builder, a args, i int) {
			lo, hi := a.list(0, i)
			for k := lo; k < hi; k++ {
				if vec.CompareValues(a[0].Kids[0], k, a[1], i) != 0 {
					out.From(a[0].Kids[0], k)
				}
			}
		}),
	},
	{
		Name: "ARRAY_DISTINCT", Sigs: "ARRAY_DISTINCT(array)", Doc: "the elements, each once", Ex: "ARRAY_DISTINCT(ARRAY[1, 2, 1]) → [1, 2]",
		Takes: []string{"ARRAY"}, Gives: arg(0), New: setOf(func(a args, i int, s *elements) {
			s.addAll(a[0], i)
		}),
	},
	{
		Name: "ARRAY_UNION", Sigs: "ARRAY_UNION(a, b)", Doc: "the elements that are in a or b, each once", Ex: "ARRAY_UNION(ARRAY[1, 2], ARRAY[2, 3]) → [1, 2, 3]",
		Infer: inferArrays("ARRAY_UNION", 2), New: setOf(func(a args, i int, s *elements) {
			s.addAll(a[0], i)
			s.addAll(a[1], i)
		}),
	},
	{
		Name: "ARRAY_INTERSECT", Sigs: "ARRAY_INTERSECT(a, b)", Doc: "the elements that are in both a and b, each once", Ex: "ARRAY_INTERSECT(ARRAY[1, 2], ARRAY[2, 3]) → [2]",
		Infer: inferArrays("ARRAY_INTERSECT", 2), New: setOf(func(a args, i int, s *elements) {
			s.addWhere(a, i, true)
		}),
	},
	{
		Name: "ARRAY_EXCEPT", Sigs: "ARRAY_EXCEPT(a, b)", Doc: "the elements that are in a but not in b, each once", Ex: "ARRAY_EXCEPT(ARRAY[1, 2], ARRAY[2, 3]) → [1]",
		Infer: inferArrays("ARRAY_EXCEPT", 2), New: setOf(func(a args, i int, s *elements) {
			s.addWhere(a, i, false)
		}),
	},
	{
		Name: "ARRAY_REVERSE", Sigs: "ARRAY_REVERSE(array)", Doc: "the elements in reverse", Ex: "ARRAY_REVERSE(ARRAY[1, 2, 3]) → [3, 2, 1]",
		Takes: []string{"ARRAY"}, Gives: arg(0), New: array(func(out *vec.Builder, a args, i int) {
			lo, hi := a.list(0, i)
			for k := hi - 1; k >= lo; k-- {
				out.From(a[0].Kids[0], k)
			}
		}),
	},
	{
		Name: "ARRAY_SLICE", NullFrom: 2, Sigs: "ARRAY_SLICE(array, from [, to])", Doc: "the elements from one place to another, both counted from the end if negative",
		Ex:    "ARRAY_SLICE(ARRAY[1, 2, 3, 4], 2, 3) → [2, 3]",
		Takes: []string{"ARRAY, INT [, INT]"}, Gives: arg(0), New: array(func(out *vec.Builder, a args, i int) {
			lo, hi := a.list(0, i)
			n := hi - lo
			from, to := a.int(1, i), n
			if a.has(2) {
				to = a.int(2, i)
			}
			last := min(place(to, n), n)
			if last == 0 {
				last = 1 // the place before the first is the first, as in the reference
			}
			for k := max(place(from, n), 1); k <= min(last, n); k++ {
				out.From(a[0].Kids[0], lo+k-1)
			}
		}),
	},
	{
		Name: "ARRAY_SORT", NullFrom: 2, Sigs: "ARRAY_SORT(array [, ascending [, nulls first]])", Doc: "the elements in order, NULL first unless descending or said otherwise",
		Ex:    "ARRAY_SORT(ARRAY[3, 1, 2]) → [1, 2, 3]\nARRAY_SORT(ARRAY[3, 1, 2], FALSE) → [3, 2, 1]",
		Infer: ordered("ARRAY_SORT", []string{"ARRAY [, BOOLEAN, BOOLEAN]"}, arg(0)), New: newArraySort,
	},
	{
		Name: "ARRAY_MAX", Sigs: "ARRAY_MAX(array)", Doc: "the greatest element that is not NULL", Ex: "ARRAY_MAX(ARRAY[1, 5, 3]) → 5",
		Infer: ordered("ARRAY_MAX", []string{"ARRAY"}, func(as []types.Type) types.Type { return as[0].Elem.Null() }), New: newArrayExtreme(1),
	},
	{
		Name: "ARRAY_MIN", Sigs: "ARRAY_MIN(array)", Doc: "the least element that is not NULL", Ex: "ARRAY_MIN(ARRAY[5, 1, 3]) → 1",
		Infer: ordered("ARRAY_MIN", []string{"ARRAY"}, func(as []types.Type) types.Type { return as[0].Elem.Null() }), New: newArrayExtreme(-1),
	},
	{
		Name: "ARRAY_JOIN", NullFrom: 2, Sigs: "ARRAY_JOIN(array, separator [, instead of NULL])", Doc: "the texts of an array joined; NULL elements are left out or replaced",
		Ex: "ARRAY_JOIN(ARRAY['a', 'b'], ',') → a,b", Infer: inferArrayJoin, New: textOf(appendArrayJoined),
	},
	{
		Name: "MAP_KEYS", Sigs: "MAP_KEYS(map)", Doc: "the keys as an array", Ex: "MAP_KEYS(MAP['a', 1, 'b', 2]) → [a, b]",
		Takes: []string{"MAP"}, Gives: func(as []types.Type) types.Type { return types.NewArray(*as[0].Key).WithNull(as[0].Nullable) }, New: mapPart(0),
	},
	{
		Name: "MAP_VALUES", Sigs: "MAP_VALUES(map)", Doc: "the values as an array", Ex: "MAP_VALUES(MAP['a', 1, 'b', 2]) → [1, 2]",
		Takes: []string{"MAP"}, Gives: func(as []types.Type) types.Type { return types.NewArray(*as[0].Elem).WithNull(as[0].Nullable) }, New: mapPart(1),
	},
	{
		Name: "MAP_ENTRIES", Sigs: "MAP_ENTRIES(map)", Doc: "the entries as an array of rows", Ex: "MAP_ENTRIES(MAP['a', 1]) → [(a, 1)]",
		Takes: []string{"MAP"}, Gives: func(as []types.Type) types.Type {
			row := types.NewRow(types.Field{Name: "key", Type: *as[0].Key}, types.Field{Name: "value", Type: *as[0].Elem})
			return types.NewArray(row).WithNull(as[0].Nullable)
		}, New: newMapEntries,
	},
	{
		Name: "MAP_FROM_ARRAYS", Sigs: "MAP_FROM_ARRAYS(keys, values)", Doc: "a map of keys and values at the same places", Ex: "MAP_FROM_ARRAYS(ARRAY['a', 'b'], ARRAY[1, 2]) → {a=1, b=2}",
		Takes: []string{"ARRAY, ARRAY"}, Gives: func(as []types.Type) types.Type {
			return types.NewMap(*as[0].Elem, *as[1].Elem).WithNull(types.AnyNullable(as...))
		}, New: newMapFromArrays, Fallible: true,
	},
	{
		Name: "MAP_UNION", Sigs: "MAP_UNION(map, …)", Doc: "the entries of all maps; of a key in several the last counts", Ex: "MAP_UNION(MAP['a', 1], MAP['b', 2]) → {b=2, a=1}",
		Infer: inferMapUnion, New: newMapUnion,
	},
})

func inferRow(c catalog.Call) (catalog.Resolved, error) {
	fields := make([]types.Field, len(c.Args))
	for i, t := range c.Args {
		fields[i] = types.Field{Name: fmt.Sprintf("EXPR$%d", i), Type: t.WithAttr(types.NoTimeAttr)}
	}
	return catalog.Resolved{Args: c.Args, Result: types.NewRow(fields...).NotNull()}, nil
}

func inferArray(c catalog.Call) (catalog.Resolved, error) {
	t, ok := types.Common(c.Args...)
	if !ok || t.Kind == types.Null {
		return catalog.Resolved{}, fmt.Errorf("the elements of ARRAY have no common type: %s", typeList(c.Args))
	}
	out := make([]types.Type, len(c.Args))
	for i, a := range c.Args {
		out[i] = t.WithNull(types.AnyNullable(a))
	}
	return catalog.Resolved{Args: out, Result: types.NewArray(t).NotNull()}, nil
}

// newRow makes rows whose fields are the argument vectors themselves.
func newRow(call *rex.Call) (Kernel, error) {
	return Kernel{Eval: func(_ *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
		out := &vec.Vec{Type: call.T, Len: n}
		for k, v := range as {
			out.Kids = append(out.Kids, v.As(call.T.Fields[k].Type))
		}
		return out, nil
	}}, nil
}

func inferItem(c catalog.Call) (catalog.Resolved, error) {
	if len(c.Args) == 2 {
		switch t, k := c.Args[0], c.Args[1]; t.Kind {
		case types.Array:
			if k.IsInteger() || k.Kind == types.Null {
				return catalog.Resolved{Args: []types.Type{t, types.Int32.WithNull(types.AnyNullable(k))}, Result: t.Elem.Null()}, nil
			}
		case types.Map:
			if types.CanCastImplicitly(k, *t.Key) {
				return catalog.Resolved{Args: []types.Type{t, t.Key.WithNull(types.AnyNullable(k))}, Result: t.Elem.Null()}, nil
			}
		}
	}
	return catalog.Resolved{}, fmt.Errorf("[ ] takes an element of an ARRAY by number or of a MAP by key, got %s", typeList(c.Args))
}

// itemFails: a number below 1 fails.
func itemFails(call *rex.Call) bool {
	if call.Args[0].Type().Kind != types.Array {
		return false
	}
	l := constant(call, 1)
	return l == nil || l.Value != nil && l.Value.(int64) < 1
}

// newItem gathers the elements that the subscripts name.
func newItem(call *rex.Call) (Kernel, error) {
	isArray := call.Args[0].Type().Kind == types.Array
	return Kernel{Owned: true, Eval: func(_ *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
		a := args(as)
		sel := make([]int32, n)
		for i := range sel {
			sel[i] = -1
			if a.null(0, i) || a.null(1, i) {
				continue
			}
			lo, hi := a.list(0, i)
			if isArray {
				k := a.int(1, i)
				if k < 1 {
					return nil, fail(call, CodeSubscript, "array elements are counted from 1, but the subscript is %d", k)
				}
				if lo+k <= hi {
					sel[i] = int32(lo + k - 1)
				}
				continue
			}
			for k := hi - 1; k >= lo; k-- { // of a key stored twice the last counts
				if vec.CompareValues(as[0].Kids[0], k, as[1], i) == 0 {
					sel[i] = int32(k)
					break
				}
			}
		}
		values := as[0].Kids[len(as[0].Kids)-1]
		return vec.Take(values, sel).As(call.T), nil
	}}, nil
}

// ordered is takes for functions of an array whose elements have an order.
func ordered(name string, lists []string, gives result) func(catalog.Call) (catalog.Resolved, error) {
	infer := takes(name, lists, gives)
	return func(c catalog.Call) (catalog.Resolved, error) {
		r, err := infer(c)
		if err == nil && r.Args[0].Elem.In(types.Boolean, types.Array, types.Map, types.Multiset, types.Row, types.Variant) {
			err = fmt.Errorf("%s: elements of type %s have no order", name, plain(*r.Args[0].Elem))
		}
		return r, err
	}
}
