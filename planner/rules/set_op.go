package rules

import (
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// setOps turns INTERSECT into a semi-join and EXCEPT into an anti-join on all columns,
// NULL equal to NULL, of distinct rows. With ALL, rows are counted on both sides and
// given as often as the counts ask for.
func setOps(c *Context, roots []logical.Node) []logical.Node {
	return each(roots, func(n logical.Node) logical.Node {
		s, ok := n.(*logical.SetOp)
		switch {
		case !ok:
			return n
		case s.All:
			return countedSetOp(s)
		default:
			return joinedSetOp(s)
		}
	})
}

func joinedSetOp(s *logical.SetOp) logical.Node {
	width := len(s.Fields)
	var conds []rex.Expr
	for i := range s.Fields {
		l, r := ref(s.Left, i), ref(s.Right, i)
		r.Index += width
		conds = append(conds, &rex.Call{Fn: "IS_NOT_DISTINCT_FROM", Args: []rex.Expr{l, r}, T: types.Bool.NotNull(), Span: s.At})
	}
	kind := physical.Semi
	if s.Except {
		kind = physical.Anti
	}
	join := &logical.Join{Base: logical.Base{Fields: s.Left.Schema(), At: s.At}, Kind: kind, Left: s.Left, Right: s.Right, Cond: and(conds...)}
	return &logical.Aggregate{Base: s.Base, Input: join, Groups: upTo(width)}
}

// countedSetOp: rows of both sides with a column of ones for their side, grouped by
// the row; INTERSECT ALL takes the smaller count, EXCEPT ALL the difference.
func countedSetOp(s *logical.SetOp) logical.Node {
	width := len(s.Fields)
	count := types.Int64.NotNull()
	side := func(in logical.Node, left bool) logical.Node {
		exprs := append(refs(in, width), sideFlag(left), sideFlag(!left))
		fields := append(append([]types.Field(nil), s.Fields...),
			types.Field{Name: "in_left", Type: types.Bool.NotNull()}, types.Field{Name: "in_right", Type: types.Bool.NotNull()})
		return project(in, fields, exprs)
	}
	l, r := side(s.Left, true), side(s.Right, false)
	union := &logical.Union{Base: logical.Base{Fields: l.Schema(), At: s.At}, In: []logical.Node{l, r}}
	counts := append(append([]types.Field(nil), s.Fields...), types.Field{Name: "lefts", Type: count}, types.Field{Name: "rights", Type: count})
	agg := &logical.Aggregate{Base: logical.Base{Fields: counts, At: s.At}, Input: union, Groups: upTo(width), Aggs: []rex.AggCall{
		{Fn: "COUNT", Filter: width, T: count, Name: "lefts"}, {Fn: "COUNT", Filter: width + 1, T: count, Name: "rights"}}}
	lefts, rights := ref(agg, width), ref(agg, width+1)
	var times rex.Expr
	if s.Except {
		times = &rex.Call{Fn: "-", Args: []rex.Expr{lefts, rights}, T: count, Span: s.At}
	} else {
		less := &rex.Call{Fn: "<", Args: []rex.Expr{lefts, rights}, T: types.Bool.NotNull(), Span: s.At}
		times = &rex.Call{Fn: "CASE", Args: []rex.Expr{less, lefts, rights}, T: count, Span: s.At}
	}
	fields := append(append([]types.Field(nil), s.Fields...), types.Field{Name: "times", Type: count})
	p := project(agg, fields, append(refs(agg, width), times))
	positive := &rex.Call{Fn: ">", Args: []rex.Expr{ref(p, width), &rex.Lit{Value: int64(0), T: count}}, T: types.Bool.NotNull(), Span: s.At}
	return &logical.Replicate{Base: s.Base, Input: filter(p, s.At, positive)}
}

func sideFlag(v bool) rex.Expr { return boolLit(v, types.Bool.NotNull()) }

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
