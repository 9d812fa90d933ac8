package rules

import (
	"slices"

	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// groupingSets turns an aggregate over several grouping sets into a plain one over
// Expand, which gives every row once for each set. The set's number becomes one
// more key, because a NULL from the data is not a NULL from a set, and the last
// column of the result where the aggregate shows it.
func groupingSets(c *Context, roots []logical.Node) []logical.Node {
	return each(roots, func(n logical.Node) logical.Node {
		a, ok := n.(*logical.Aggregate)
		if !ok || a.Sets == nil {
			return n
		}
		return expandSets(a)
	})
}

func expandSets(a *logical.Aggregate) logical.Node {
	in, groups := a.Input, a.Groups
	if !disjoint(groups, aggColumns(a.Aggs)) {
		in, groups = copyColumns(in, groups) // aggregates must see the values, not the NULLs
	}
	nullable := func(p int) bool {
		for _, set := range a.Sets {
			if !has(set, p) {
				return true
			}
		}
		return false
	}
	fields := append([]types.Field(nil), in.Schema()...)
	e := &logical.Expand{Base: logical.Base{At: a.At}, Input: in}
	for p, g := range groups {
		if nullable(p) {
			e.Cols = append(e.Cols, g)
			fields[g].Type = fields[g].Type.Null().WithAttr(types.NoTimeAttr)
		}
	}
	order := setOrder(a.Sets)
	for _, i := range order {
		set := a.Sets[i]
		keep := []int{}
		for _, p := range set {
			if has(e.Cols, groups[p]) {
				keep = append(keep, groups[p])
			}
		}
		e.Sets = append(e.Sets, keep)
	}
	number := types.Field{Name: "$set", Type: types.Int64.NotNull()}
	e.Fields = append(fields, number)

	// groups, set number, aggregates
	k := len(groups)
	inner := &logical.Aggregate{Base: logical.Base{At: a.At, Hints: a.Hints}, Input: e, Aggs: a.Aggs,
		Groups: append(append([]int(nil), groups...), len(fields))}
	for _, g := range groups {
		inner.Fields = append(inner.Fields, e.Fields[g])
	}
	inner.Fields = append(inner.Fields, number)
	for _, call := range a.Aggs {
		inner.Fields = append(inner.Fields, types.Field{Name: call.Name, Type: call.T})
	}
	out := refs(inner, k)
	for i := range a.Aggs {
		out = append(out, ref(inner, k+1+i))
	}
	if len(a.Fields) > k+len(a.Aggs) {
		out = append(out, asWritten(ref(inner, k), order))
	}
	return project(inner, a.Fields, out)
}

// setOrder gives the order in which Flink expands sets, and so the order of its
// results: a set before those inside it, else as binary numbers with the first group
// lowest.
func setOrder(sets [][]int) []int {
	order := upTo(len(sets))
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := sets[i], sets[j]
		switch {
		case subset(b, a) && !subset(a, b):
			return -1
		case subset(a, b) && !subset(b, a):
			return 1
		}
		x, y := slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
		slices.Reverse(x)
		slices.Reverse(y)
		return slices.Compare(x, y)
	})
	return order
}

// asWritten turns the number of an expanded set into its place in the query.
func asWritten(number rex.Expr, order []int) rex.Expr {
	if slices.IsSorted(order) {
		return number
	}
	var args []rex.Expr
	lit := func(v int) rex.Expr { return &rex.Lit{Value: int64(v), T: number.Type()} }
	for at, written := range order {
		if at < len(order)-1 {
			args = append(args, &rex.Call{Fn: "=", Args: []rex.Expr{number, lit(at)}, T: types.Bool.NotNull()})
		}
		args = append(args, lit(written))
	}
	return &rex.Call{Fn: "CASE", Args: args, T: number.Type()}
}

// copyColumns adds copies of columns to a node and gives their positions.
func copyColumns(n logical.Node, cols []int) (logical.Node, []int) {
	width := len(n.Schema())
	exprs, fields := refs(n, width), append([]types.Field(nil), n.Schema()...)
	pos := make([]int, len(cols))
	for i, c := range cols {
		exprs, fields = append(exprs, ref(n, c)), append(fields, n.Schema()[c])
		pos[i] = width + i
	}
	return project(n, fields, exprs), pos
}

// aggColumns lists every input column that calls use.
func aggColumns(calls []rex.AggCall) []int {
	var out []int
	for _, c := range calls {
		out = append(out, c.Args...)
		if c.Filter >= 0 {
			out = append(out, c.Filter)
		}
		for _, k := range c.OrderBy {
			out = append(out, k.Col)
		}
	}
	return out
}

func disjoint(a, b []int) bool {
	for _, x := range a {
		if has(b, x) {
			return false
		}
	}
	return true
}
