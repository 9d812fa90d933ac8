package function

import (
	"fmt"
	"sort"

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
				last := true
				for l := k + 2; l < len(a) && last; l += 2 {
					last = vec.CompareValues(a[k], i, a[l], i) != 0
				}
				if last {
					b.Kid(0).From(a[k], i)
					b.Kid(1).From(a[k+1], i)
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
		Name: "ARRAY_APPEND", Sigs: "ARRAY_APPEND(array, element)", Doc: "the array with one more element at its end", Ex: "ARRAY_APPEND(ARRAY[1, 2], 3) → [1, 2, 3]",
		Infer: inferWithElement("ARRAY_APPEND", grown), New: arrayNulls(func(out *vec.Builder, a args, i int) {
			appendAll(out, a[0], i)
			out.From(a[1], i)
		}),
	},
	{
		Name: "ARRAY_PREPEND", Sigs: "ARRAY_PREPEND(array, element)", Doc: "the array with one more element at its begin", Ex: "ARRAY_PREPEND(ARRAY[1, 2], 0) → [0, 1, 2]",
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
		Name: "ARRAY_CONTAINS", Sigs: "ARRAY_CONTAINS(array, element)", Doc: "the element is in the array", Ex: "ARRAY_CONTAINS(ARRAY[1, 2], 2) → TRUE",
		Infer: inferWithElement("ARRAY_CONTAINS", func(array, _ types.Type) types.Type { return types.Bool.WithNull(array.Nullable) }),
		New: fixedNulls(func(_ *Frame, _ *rex.Call, a args, i int) (bool, bool, error) {
			return !a.null(0, i) && indexOf(a, i) > 0, !a.null(0, i), nil
		}),
	},
	{
		Name: "ARRAY_POSITION", Sigs: "ARRAY_POSITION(array, element)", Doc: "where the element first is, 0 if nowhere", Ex: "ARRAY_POSITION(ARRAY[7, 8, 8], 8) → 2",
		Infer: inferWithElement("ARRAY_POSITION", func(array, e types.Type) types.Type { return types.Int32.WithNull(array.Nullable || e.Nullable) }),
		New:   fixedOf(func(_ *Frame, a args, i int) (int32, bool) { return int32(indexOf(a, i)), true }),
	},
	{
		Name: "ARRAY_REMOVE", Sigs: "ARRAY_REMOVE(array, element)", Doc: "the array without any such element", Ex: "ARRAY_REMOVE(ARRAY[1, 2, 1], 1) → [2]",
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
		Name: "ARRAY_SLICE", Sigs: "ARRAY_SLICE(array, from [, to])", Doc: "the elements from one place to another, both counted from the end if negative",
		Ex:    "ARRAY_SLICE(ARRAY[1, 2, 3, 4], 2, 3) → [2, 3]",
		Takes: []string{"ARRAY, INT [, INT]"}, Gives: arg(0), New: array(func(out *vec.Builder, a args, i int) {
			lo, hi := a.list(0, i)
			n := hi - lo
			from, to := a.int(1, i), n
			if a.has(2) {
				to = a.int(2, i)
			}
			for k := max(place(from, n), 1); k <= min(place(to, n), n); k++ {
				out.From(a[0].Kids[0], lo+k-1)
			}
		}),
	},
	{
		Name: "ARRAY_SORT", Sigs: "ARRAY_SORT(array [, ascending [, nulls first]])", Doc: "the elements in order, NULL first unless descending or said otherwise",
		Ex:    "ARRAY_SORT(ARRAY[3, 1, 2]) → [1, 2, 3]\nARRAY_SORT(ARRAY[3, 1, 2], FALSE) → [3, 2, 1]",
		Takes: []string{"ARRAY [, BOOLEAN, BOOLEAN]"}, Gives: arg(0), New: newArraySort,
	},
	{
		Name: "ARRAY_MAX", Sigs: "ARRAY_MAX(array)", Doc: "the greatest element that is not NULL", Ex: "ARRAY_MAX(ARRAY[1, 5, 3]) → 5",
		Takes: []string{"ARRAY"}, Gives: func(as []types.Type) types.Type { return as[0].Elem.Null() }, New: newArrayExtreme(1),
	},
	{
		Name: "ARRAY_MIN", Sigs: "ARRAY_MIN(array)", Doc: "the least element that is not NULL", Ex: "ARRAY_MIN(ARRAY[5, 1, 3]) → 1",
		Takes: []string{"ARRAY"}, Gives: func(as []types.Type) types.Type { return as[0].Elem.Null() }, New: newArrayExtreme(-1),
	},
	{
		Name: "ARRAY_JOIN", Sigs: "ARRAY_JOIN(array, separator [, instead of NULL])", Doc: "the texts of an array joined; NULL elements are left out or replaced",
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
		Name: "MAP_UNION", Sigs: "MAP_UNION(map, …)", Doc: "the entries of all maps; of a key in several the last counts", Ex: "MAP_UNION(MAP['a', 1], MAP['b', 2]) → {a=1, b=2}",
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

// grown is the type of an array that takes in an element.
func grown(array, elem types.Type) types.Type {
	if elem.Nullable && !array.Elem.Nullable {
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
		for m, v := range a {
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
