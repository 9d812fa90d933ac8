// Package prune tells from the least and greatest values of columns whether any
// row can satisfy a filter: for partitions, whose columns have one value, and for the
// row groups of Parquet files, whose statistics are stored.
package prune

import (
	"cmp"
	"strings"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// Range is what is known of a column's values. Min and Max are boxed as rex.Lit.Value:
// bool, int64, float64, string, []byte or vec.Decimal. The zero Range knows nothing.
type Range struct {
	Bounded  bool // Min and Max are known; they bound all values that are not NULL
	Min, Max any
	NoNulls  bool // no value is NULL
	AllNull  bool // every value is NULL
}

// Constant is the range of a column with one value, boxed as rex.Lit.Value; nil = NULL.
func Constant(v any) Range {
	if v == nil {
		return Range{AllNull: true}
	}
	return Range{Bounded: true, Min: v, Max: v, NoNulls: true}
}

// Possible reports whether a row may exist for which all conjuncts are true. It
// errs on the side of true. Ref.Index counts in ranges.
func Possible(conjuncts []rex.Expr, ranges []Range) bool {
	for _, c := range conjuncts {
		if !possible(c, ranges) {
			return false
		}
	}
	return true
}

func possible(e rex.Expr, ranges []Range) bool {
	switch x := e.(type) {
	case *rex.Lit:
		b, isBool := x.Value.(bool)
		return x.Value != nil && (!isBool || b)
	case *rex.Call:
		return possibleCall(x, ranges)
	}
	return true
}

func possibleCall(x *rex.Call, ranges []Range) bool {
	switch x.Fn {
	case "AND":
		return Possible(x.Args, ranges)
	case "OR":
		for _, a := range x.Args {
			if possible(a, ranges) {
				return true
			}
		}
		return false
	case "IS_NULL":
		r, ok := columnRange(x.Args[0], ranges)
		return !ok || !r.NoNulls
	case "IS_NOT_NULL":
		r, ok := columnRange(x.Args[0], ranges)
		return !ok || !r.AllNull
	case "IN":
		r, ok := columnRange(x.Args[0], ranges)
		if !ok {
			return true
		}
		for _, a := range x.Args[1:] {
			if compare("=", r, a) {
				return true
			}
		}
		return false
	case "=", "<>", "<", "<=", ">", ">=":
		if r, ok := columnRange(x.Args[0], ranges); ok {
			return compare(x.Fn, r, x.Args[1])
		}
		if r, ok := columnRange(x.Args[1], ranges); ok {
			return compare(mirrored[x.Fn], r, x.Args[0])
		}
	}
	return true
}

var mirrored = map[string]string{"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

// columnRange gives the range of an operand that is a column.
func columnRange(e rex.Expr, ranges []Range) (Range, bool) {
	r, ok := e.(*rex.Ref)
	if !ok || r.Index >= len(ranges) {
		return Range{}, false
	}
	return ranges[r.Index], true
}

// compare reports whether some value in the range may stand in a relation to a literal.
func compare(op string, r Range, e rex.Expr) bool {
	lit, ok := e.(*rex.Lit)
	if !ok {
		return true
	}
	if lit.Value == nil || r.AllNull {
		return false // NULL compares as unknown
	}
	if !r.Bounded {
		return true
	}
	low, ok1 := order(r.Min, lit.Value)
	high, ok2 := order(r.Max, lit.Value)
	if !ok1 || !ok2 {
		return true
	}
	switch op {
	case "=":
		return low <= 0 && high >= 0
	case "<>":
		_, float := r.Min.(float64) // bounds leave NaN out, which differs from every number
		return low != 0 || high != 0 || float
	case "<":
		return low < 0
	case "<=":
		return low <= 0
	case ">":
		return high > 0
	default:
		return high >= 0
	}
}

// order compares two boxed values of one SQL type.
func order(a, b any) (int, bool) {
	switch x := a.(type) {
	case int64:
		y, ok := b.(int64)
		return cmp.Compare(x, y), ok
	case float64:
		y, ok := b.(float64)
		return cmp.Compare(x, y), ok && x == x && y == y
	case string:
		y, ok := b.(string)
		return strings.Compare(x, y), ok
	case []byte:
		y, ok := b.([]byte)
		return strings.Compare(string(x), string(y)), ok
	case vec.Decimal:
		y, ok := b.(vec.Decimal)
		return x.Cmp(y), ok
	case bool:
		y, ok := b.(bool)
		return cmp.Compare(rank(x), rank(y)), ok
	}
	return 0, false
}

func rank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Columns lists the columns that filters compare, so that others need no range.
func Columns(conjuncts []rex.Expr) map[int]types.Type {
	out := map[int]types.Type{}
	for _, c := range conjuncts {
		rex.Walk(c, func(e rex.Expr) bool {
			if r, ok := e.(*rex.Ref); ok {
				out[r.Index] = r.T
			}
			return true
		})
	}
	return out
}
