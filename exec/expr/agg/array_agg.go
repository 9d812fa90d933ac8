package agg

import (
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

var listEntries = []*Entry{
	{
		Function: function("ARRAY_AGG([ALL | DISTINCT] value)",
			"the values as an array in the order of arrival, NULLs included; NULL if there is no row",
			example("ARRAY_AGG(x)", "[1, 2, 2, NULL]"), func(c catalog.Call) (catalog.Resolved, error) {
				if err := arity("ARRAY_AGG", c, 1, 1); err != nil {
					return catalog.Resolved{}, err
				}
				t := c.Args[0].WithAttr(types.NoTimeAttr)
				return sameArgs(c, types.NewArray(t).WithNull(t.Nullable))
			}),
		KeepsNulls: true,
		New:        func(c Config) (Acc, error) { return newListed(c, arrayForm(c.Result.Null()), true), nil },
	},
	{
		Function: function("LISTAGG([ALL | DISTINCT] text [, separator])",
			"the texts joined by the separator (a literal, a comma unless given), in the order of arrival; NULL if there is none",
			[]catalog.Example{{SQL: "SELECT LISTAGG(x, '|') FROM (VALUES ('a'), ('b')) T(x)", Result: "a|b"}}, inferListAgg),
		New: func(c Config) (Acc, error) { return newListed(c, listForm(c.Result.Null()), false), nil },
	},
	{
		Function: function("SINGLE_VALUE(value)", "the value of the only row, as a scalar subquery gives it; NULL if there is none",
			[]catalog.Example{{SQL: "SELECT SINGLE_VALUE(x) FROM (VALUES (7)) T(x)", Result: "7"}},
			func(c catalog.Call) (catalog.Resolved, error) {
				if err := arity("SINGLE_VALUE", c, 1, 1); err != nil {
					return catalog.Resolved{}, err
				}
				return sameArgs(c, c.Args[0])
			}),
		KeepsNulls: true,
		New:        func(c Config) (Acc, error) { return newListed(c, singleForm(c.Result.Null()), true), nil },
	},
}

func inferListAgg(c catalog.Call) (catalog.Resolved, error) {
	if err := arity("LISTAGG", c, 1, 2); err != nil {
		return catalog.Resolved{}, err
	}
	for _, a := range c.Args {
		if !a.IsCharacter() {
			return catalog.Resolved{}, refuse("LISTAGG", a, "text")
		}
	}
	if len(c.Args) == 2 && (c.Lits[1] == nil || c.Lits[1].Value == nil) {
		return catalog.Resolved{}, diag.Errorf("W0120", diag.Span{}, "the separator of LISTAGG is not a literal")
	}
	// Flink names the type of the text, although the list is longer.
	return sameArgs(c, c.Args[0])
}

// arrayForm is ARRAY_AGG of the given type.
type arrayForm types.Type

func (f arrayForm) result(l *arrivals, ids []int32) (*vec.Vec, error) {
	off, values := l.lists(ids)
	out := &vec.Vec{Type: types.Type(f), Len: len(ids), Off: off, Kids: []*vec.Vec{values[0].As(*f.Elem)}}
	for j := range ids {
		if off[j] == off[j+1] {
			out.SetNull(j)
		}
	}
	return out, nil
}

// listForm is LISTAGG of the given type; the separator is the second column, which
// is the same in all rows.
type listForm types.Type

func (f listForm) result(l *arrivals, ids []int32) (*vec.Vec, error) {
	off, values := l.lists(ids)
	out := vec.NewBuilder(types.Type(f), len(ids))
	for j := range ids {
		if off[j] == off[j+1] {
			out.Null()
			continue
		}
		buf := out.BytesBuf()
		for k := int(off[j]); k < int(off[j+1]); k++ {
			if k > int(off[j]) && len(values) == 1 {
				buf = append(buf, ',')
			} else if k > int(off[j]) {
				buf = append(buf, values[1].BytesAt(k)...)
			}
			buf = append(buf, values[0].BytesAt(k)...)
		}
		out.EndBytes(buf)
	}
	return out.Finish(), nil
}

// singleForm is SINGLE_VALUE of the given type.
type singleForm types.Type

func (f singleForm) result(l *arrivals, ids []int32) (*vec.Vec, error) {
	off, values := l.lists(ids)
	sel := make([]int32, len(ids))
	for j := range ids {
		switch off[j+1] - off[j] {
		case 0:
			sel[j] = -1
		case 1:
			sel[j] = off[j]
		default:
			return nil, diag.Errorf("W0523", diag.Span{}, "a scalar subquery gives more than one row").
				WithHint("Aggregate it (MIN, MAX, …) or limit it to one row.")
		}
	}
	return vec.Take(values[0], sel).As(types.Type(f)), nil
}
