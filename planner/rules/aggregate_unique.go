package rules

import (
	"slices"

	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
)

// aggregateUnique makes a projection out of an aggregate whose groups are single rows:
// the input is unique by the group columns, and SUM, MIN or MAX of one value is the
// value. Flink does the same (FlinkAggregateRemoveRule), so changelogs show it; COUNT and
// the others stay aggregates there, and here.
func aggregateUnique(_ *Context, roots []logical.Node) []logical.Node {
	facts := logical.NewFacts()
	return each(roots, func(n logical.Node) logical.Node {
		a, ok := n.(*logical.Aggregate)
		if !ok || a.Sets != nil || len(a.Groups) == 0 || slices.ContainsFunc(a.Aggs, keepsAggregate) {
			return n
		}
		if !slices.ContainsFunc(facts.UniqueKeys(a.Input), func(k []int) bool { return subset(k, a.Groups) }) {
			return n
		}
		exprs := make([]rex.Expr, 0, len(a.Fields))
		for _, g := range a.Groups {
			exprs = append(exprs, ref(a.Input, g))
		}
		for _, call := range a.Aggs {
			var e rex.Expr = ref(a.Input, call.Args[0])
			if !e.Type().Same(call.T) {
				e = &rex.Call{Fn: "CAST", Args: []rex.Expr{e}, T: call.T.WithNull(e.Type().Nullable)}
			}
			exprs = append(exprs, e)
		}
		return &logical.Project{Base: a.Base, Input: a.Input, Exprs: exprs}
	})
}

// keepsAggregate tells aggregates that are not the value of a single row.
func keepsAggregate(c rex.AggCall) bool {
	return c.Filter >= 0 || len(c.Args) != 1 || c.Fn != "SUM" && c.Fn != "MIN" && c.Fn != "MAX"
}
