package function

import (
	"fmt"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// logic holds the operators on truth values. NULL is "unknown": AND is FALSE if any
// side is, OR is TRUE if any side is, otherwise a NULL side makes the result NULL.
var logic = family("logical", []entry{
	{Name: "AND", Sigs: "a AND b", Doc: "both hold", Ex: "TRUE AND FALSE → FALSE\nFALSE AND CAST(NULL AS BOOLEAN) → FALSE", Infer: inferLogic("AND"), New: newAnd},
	{Name: "OR", Sigs: "a OR b", Doc: "at least one holds", Ex: "TRUE OR CAST(NULL AS BOOLEAN) → TRUE", Infer: inferLogic("OR"), New: newOr},
	{Name: "NOT", Sigs: "NOT a", Doc: "the opposite", Ex: "NOT TRUE → FALSE", Takes: []string{"BOOLEAN"}, Gives: of(types.Bool), New: map1(func(x bool) bool { return !x })},
	{Name: "IS_NULL", Sigs: "a IS NULL", Doc: "a is NULL", Ex: "CAST(NULL AS INT) IS NULL → TRUE", Takes: []string{"ANY"}, Gives: never(types.Bool), New: isNull(true)},
	{Name: "IS_NOT_NULL", Sigs: "a IS NOT NULL", Doc: "a is not NULL", Ex: "1 IS NOT NULL → TRUE", Takes: []string{"ANY"}, Gives: never(types.Bool), New: isNull(false)},
	{Name: "IS_TRUE", Sigs: "a IS TRUE", Doc: "a is TRUE", Ex: "CAST(NULL AS BOOLEAN) IS TRUE → FALSE", Takes: []string{"BOOLEAN"}, Gives: never(types.Bool), New: isTruth(true, true)},
	{Name: "IS_NOT_TRUE", Sigs: "a IS NOT TRUE", Doc: "a is FALSE or NULL", Ex: "FALSE IS NOT TRUE → TRUE", Takes: []string{"BOOLEAN"}, Gives: never(types.Bool), New: isTruth(true, false)},
	{Name: "IS_FALSE", Sigs: "a IS FALSE", Doc: "a is FALSE", Ex: "FALSE IS FALSE → TRUE", Takes: []string{"BOOLEAN"}, Gives: never(types.Bool), New: isTruth(false, true)},
	{Name: "IS_NOT_FALSE", Sigs: "a IS NOT FALSE", Doc: "a is TRUE or NULL", Ex: "CAST(NULL AS BOOLEAN) IS NOT FALSE → TRUE", Takes: []string{"BOOLEAN"}, Gives: never(types.Bool), New: isTruth(false, false)},
})

// inferLogic takes any number of truth values: the planner flattens chains.
func inferLogic(op string) func(catalog.Call) (catalog.Resolved, error) {
	return func(c catalog.Call) (catalog.Resolved, error) {
		out := make([]types.Type, len(c.Args))
		for i, t := range c.Args {
			if !t.In(types.Boolean, types.Null) {
				return catalog.Resolved{}, fmt.Errorf("operator %s takes BOOLEAN operands, got %s", op, plain(t))
			}
			out[i] = types.Bool.WithNull(t.Nullable || t.Kind == types.Null)
		}
		return catalog.Resolved{Args: out, Result: types.Bool.WithNull(types.AnyNullable(c.Args...))}, nil
	}
}

func newAnd(*rex.Call) (Kernel, error) { return connective(false), nil }
func newOr(*rex.Call) (Kernel, error)  { return connective(true), nil }

// connective folds truth values left to right: the result is decided where any side
// is the deciding value (FALSE for AND, TRUE for OR).
func connective(deciding bool) Kernel {
	return Kernel{Owned: true, Eval: func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
		out := f.New(types.Bool, n)
		dst := out.Bools()
		if valid(as, n) == nil {
			copy(dst, as[0].Bools())
			for _, a := range as[1:] {
				vals := a.Bools()[:len(dst)]
				if deciding {
					for i, x := range vals {
						dst[i] = dst[i] || x
					}
				} else {
					for i, x := range vals {
						dst[i] = dst[i] && x
					}
				}
			}
			return out, nil
		}
		known := vec.NewBitmap(n)
		for i := range dst {
			decided, unknown := false, false
			for _, a := range as {
				if a.IsNull(i) {
					unknown = true
				} else if a.Bools()[i] == deciding {
					decided = true
				}
			}
			dst[i] = decided == deciding
			if decided || !unknown {
				known.Set(i)
			}
		}
		out.Valid = known
		return out, nil
	}}
}

// isNull tests for NULL, or for its absence.
func isNull(want bool) maker {
	return func(*rex.Call) (Kernel, error) {
		return Kernel{Owned: true, Eval: func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
			out := f.New(types.Bool, n)
			dst := out.Bools()
			for i := range dst {
				dst[i] = as[0].IsNull(i) == want
			}
			return out, nil
		}}, nil
	}
}

// isTruth tests whether a truth value is (or is not) the given one; NULL is neither.
func isTruth(value, is bool) maker {
	return func(*rex.Call) (Kernel, error) {
		return Kernel{Owned: true, Eval: func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
			out := f.New(types.Bool, n)
			dst, src := out.Bools(), as[0].Bools()
			for i := range dst {
				dst[i] = (!as[0].IsNull(i) && src[i] == value) == is
			}
			return out, nil
		}}, nil
	}
}
