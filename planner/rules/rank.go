package rules

import (
	"math"

	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

var rankFuncs = map[string]physical.RankFunc{"ROW_NUMBER": physical.RowNumber, "RANK": physical.Rank, "DENSE_RANK": physical.DenseRank}

// rank finds the Top-N pattern: a filter that bounds the number that ROW_NUMBER, RANK
// or DENSE_RANK gave from above. What the number is compared with must be constant.
// If only one row number passes, the number is a constant too.
func rank(c *Context, roots []logical.Node) []logical.Node {
	return each(roots, func(n logical.Node) logical.Node {
		f, ok := n.(*logical.Filter)
		if !ok {
			return n
		}
		over, ok := f.Input.(*logical.Over)
		if !ok || len(over.Calls) != 1 {
			return n
		}
		fn, ok := rankFuncs[over.Calls[0].Fn]
		if !ok {
			return n
		}
		col := len(over.Input.Schema())
		start, end, rest := rankRange(f.Cond, col)
		if end == math.MaxInt64 || start > end {
			return n
		}
		r := &logical.Rank{Base: logical.Base{Fields: over.Fields, At: over.At, Hints: over.Hints}, Input: over.Input, Func: fn,
			Partition: over.Partition, Order: over.Order, Start: start, End: end, WithRank: true}
		var out logical.Node = r
		if fn == physical.RowNumber && start == end {
			r.WithRank, r.Fields = false, over.Fields[:col]
			number := &rex.Lit{Value: start, T: types.Int64.NotNull()}
			out = project(r, over.Fields, append(refs(r, col), number))
		}
		return filter(out, f.At, rest...)
	})
}

// rankRange reads the bounds on column col from a condition; the conjuncts that are
// no bound are the rest. end is MaxInt64 if there is no upper bound.
func rankRange(cond rex.Expr, col int) (start, end int64, rest []rex.Expr) {
	start, end = 1, math.MaxInt64
	for _, e := range rex.Conjuncts(cond) {
		op, v, ok := compared(e, col)
		switch {
		case ok && op == "=":
			start, end = max(start, v), min(end, v)
		case ok && op == "<=":
			end = min(end, v)
		case ok && op == "<":
			end = min(end, v-1)
		case ok && op == ">=":
			start = max(start, v)
		case ok && op == ">":
			start = max(start, v+1)
		default:
			rest = append(rest, e)
		}
	}
	return start, end, rest
}

// compared reads a comparison of column col with an integer constant.
func compared(e rex.Expr, col int) (op string, v int64, ok bool) {
	c, isCall := e.(*rex.Call)
	if !isCall || len(c.Args) != 2 || flipped[c.Fn] == "" {
		return "", 0, false
	}
	op, x, y := c.Fn, c.Args[0], c.Args[1]
	if _, isInt := intLit(x); isInt {
		op, x, y = flipped[op], y, x
	}
	if cast, isCast := x.(*rex.Call); isCast && cast.Fn == "CAST" && cast.T.IsInteger() {
		x = cast.Args[0]
	}
	r, isRef := x.(*rex.Ref)
	if !isRef || r.Index != col {
		return "", 0, false
	}
	v, ok = intLit(y)
	return op, v, ok
}
