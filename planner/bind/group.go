package bind

import (
	"slices"
	"strconv"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

func itoa(i int) string { return strconv.Itoa(i) }

// grouping is a bound GROUP BY: the distinct expressions, and the sets over them.
type grouping struct {
	exprs []rex.Expr
	sets  [][]int // nil = one set with all
}

// groupBy binds GROUP BY; nil after a report.
func (b *binder) groupBy(k *block, x *exprs, g *syntax.GroupBy) *grouping {
	out := &grouping{}
	if g == nil {
		return out
	}
	ok := true
	sets, plain := [][]int{{}}, true
	for _, item := range g.Items {
		if call, isCall := item.(*syntax.Call); isCall && isGroupWindow(call) {
			ok = b.groupWindow(k, x, call) && ok
			continue
		}
		s, simple, fine := b.groupItem(x, out, item)
		ok, plain = ok && fine, plain && simple
		if !fine {
			continue
		}
		if sets = crossSets(sets, s); len(sets) > maxGroupingSets {
			b.errorf(codeNotGrouped, b.at(g), "GROUP BY makes more than %d grouping sets", maxGroupingSets)
			return nil
		}
	}
	if !ok {
		return nil
	}
	if !plain {
		if g.Distinct {
			sets = distinctSets(sets)
		}
		out.sets = sets
		if k.window != nil {
			b.refuseToo(b.at(g), "GROUPING SETS together with a group window").WithHint("use a window table function: TABLE(TUMBLE(TABLE t, …))")
			return nil
		}
	}
	k.global = len(out.exprs) == 0 && k.window == nil
	return out
}

const maxGroupingSets = 4096

// groupItem binds one item of GROUP BY as sets of positions in g.exprs. simple tells
// that it is one expression.
func (b *binder) groupItem(x *exprs, g *grouping, e syntax.Expr) (sets [][]int, simple, ok bool) {
	switch e := e.(type) {
	case *syntax.Row:
		if e.Keyword {
			break
		}
		var set []int
		ok = true
		for _, it := range e.Items {
			i, fine := b.groupExpr(x, g, it)
			ok = ok && fine
			set = addTo(set, i)
		}
		return [][]int{set}, len(e.Items) > 0, ok
	case *syntax.GroupingSet:
		sets, ok = b.groupingSet(x, g, e)
		return sets, false, ok
	}
	i, ok := b.groupExpr(x, g, e)
	return [][]int{{i}}, true, ok
}

// groupingSet gives the sets of GROUPING SETS, ROLLUP or CUBE.
func (b *binder) groupingSet(x *exprs, g *grouping, e *syntax.GroupingSet) ([][]int, bool) {
	var parts [][][]int
	ok := true
	for _, it := range e.Items {
		s, _, fine := b.groupItem(x, g, it)
		ok = ok && fine
		parts = append(parts, s)
	}
	if !ok {
		return nil, false
	}
	switch e.Kind {
	case syntax.Rollup:
		var out [][]int
		for n := len(parts); n >= 0; n-- {
			out = append(out, productSets(parts[:n])...)
		}
		return distinctSets(out), true // as Flink
	case syntax.Cube:
		if len(parts) > 12 {
			b.errorf(codeNotGrouped, b.at(e), "CUBE of %d columns makes more than %d grouping sets", len(parts), maxGroupingSets)
			return nil, false
		}
		var out [][]int
		for mask := 0; mask < 1<<len(parts); mask++ {
			var pick [][][]int
			for i, p := range parts {
				if mask&(1<<(len(parts)-1-i)) == 0 {
					pick = append(pick, p)
				}
			}
			out = append(out, productSets(pick)...)
		}
		return distinctSets(out), true
	}
	var out [][]int
	for _, p := range parts {
		out = append(out, p...)
	}
	return out, true
}

func productSets(parts [][][]int) [][]int {
	out := [][]int{{}}
	for _, p := range parts {
		out = crossSets(out, p)
	}
	return out
}

// crossSets joins every set of a with every set of b.
func crossSets(a, b [][]int) [][]int {
	var out [][]int
	for _, l := range a {
		for _, r := range b {
			set := slices.Clone(l)
			for _, i := range r {
				set = addTo(set, i)
			}
			out = append(out, set)
		}
	}
	return out
}

func addTo(set []int, i int) []int {
	if slices.Contains(set, i) {
		return set
	}
	return append(set, i)
}

func sameSet(a, b []int) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(i int) bool { return !slices.Contains(b, i) })
}

func distinctSets(sets [][]int) [][]int {
	var out [][]int
	for _, s := range sets {
		if !slices.ContainsFunc(out, func(o []int) bool { return sameSet(s, o) }) {
			out = append(out, s)
		}
	}
	return out
}

func (b *binder) groupExpr(x *exprs, g *grouping, e syntax.Expr) (int, bool) {
	v := x.bind(e)
	if bad(v) {
		return 0, false
	}
	if v.Type().Kind == types.Null {
		b.errorf(codeLiteral, b.at(e), "NULL has no type here").WithHint("write CAST(NULL AS INT) or similar")
		return 0, false
	}
	for i, have := range g.exprs {
		if rex.Equal(have, v) {
			return i, true
		}
	}
	g.exprs = append(g.exprs, v)
	return len(g.exprs) - 1, true
}

// grouped is a bound aggregation: its node, and how expressions over the rows become
// expressions over the groups.
type grouped struct {
	b      *binder
	k      *block
	g      *grouping
	node   logical.Node
	fields []types.Field
	props  map[string]int // columns of group window properties
}

// aggregate builds the aggregation of a block.
func (b *binder) aggregate(k *block, in *rel, g *grouping, at diag.Span) (*grouped, bool) {
	// Subqueries in grouping expressions and arguments are joined below the aggregation.
	r := in
	groups := slices.Clone(g.exprs)
	for i := range groups {
		r, groups[i] = b.attach(r, groups[i])
	}
	exprs := groups
	add := func(e rex.Expr) int {
		r, e = b.attach(r, e)
		exprs = append(exprs, e)
		return len(exprs) - 1
	}
	calls := make([]rex.AggCall, len(k.aggs))
	for i, a := range k.aggs {
		c := rex.AggCall{Fn: a.fn.Name, Distinct: a.distinct, Filter: -1, Name: a.name, Span: a.at, T: a.t}
		if k.global {
			c.T = a.empty
		}
		for _, e := range a.args {
			c.Args = append(c.Args, add(e))
		}
		if a.filter != nil {
			c.Filter = add(a.filter)
		}
		for _, o := range a.order {
			c.OrderBy = append(c.OrderBy, rex.SortKey{Col: add(o.expr), Desc: o.desc, NullsLast: o.nullsLast})
		}
		calls[i] = c
	}
	timeAt := -1
	if k.window != nil {
		timeAt = add(k.window.time)
	}
	if bad(exprs...) {
		return nil, false
	}
	node, cols := b.columns(r.node, exprs, at)
	for i := range calls {
		for j, c := range calls[i].Args {
			calls[i].Args[j] = cols[c]
		}
		if calls[i].Filter >= 0 {
			calls[i].Filter = cols[calls[i].Filter]
		}
		for j := range calls[i].OrderBy {
			calls[i].OrderBy[j].Col = cols[calls[i].OrderBy[j].Col]
		}
	}
	out := &grouped{b: b, k: k, g: g, props: map[string]int{}}
	for i, f := range groupFields(node, cols[:len(groups)]) {
		f.Name = columnName(g.exprs[i], i)
		if !inAllSets(g.sets, i) {
			f.Type = f.Type.Null()
		}
		out.fields = append(out.fields, f)
	}
	for i, c := range calls {
		out.fields = append(out.fields, types.Field{Name: c.Name + "$" + itoa(i), Type: c.T.WithAttr(types.NoTimeAttr)})
	}
	if k.window != nil {
		out.node = out.groupWindowNode(node, cols[:len(groups)], calls, cols[timeAt], at)
		return out, true
	}
	if g.sets != nil {
		out.fields = append(out.fields, types.Field{Name: "$set", Type: types.Int64.NotNull()})
	}
	out.node = &logical.Aggregate{Base: logical.Base{Fields: out.fields, At: at, Hints: k.hints}, Input: node,
		Groups: cols[:len(groups)], Sets: g.sets, Aggs: calls}
	return out, true
}

func inAllSets(sets [][]int, i int) bool {
	return !slices.ContainsFunc(sets, func(s []int) bool { return !slices.Contains(s, i) })
}

func (g *grouped) ref(i int) *rex.Ref {
	return &rex.Ref{Index: i, T: g.fields[i].Type, Name: g.fields[i].Name}
}

// rewrite brings an expression over the rows to the output of the aggregation. A column
// that is not grouped is reported.
func (g *grouped) rewrite(e rex.Expr) rex.Expr {
	failed, top := false, e
	out := replace(e, func(e rex.Expr) (rex.Expr, bool) {
		if call, ok := e.(*rex.Call); ok && call.Fn == groupingMark {
			v := g.groupingValue(call)
			failed = failed || bad(v)
			return v, true
		}
		if call, ok := e.(*rex.Call); ok && isWindowMark(call) {
			v := g.windowValue(call)
			failed = failed || bad(v)
			return v, true
		}
		if _, i, ok := marked(e, aggMark); ok {
			return g.ref(len(g.g.exprs) + i), true
		}
		for i, have := range g.g.exprs {
			if rex.Equal(have, e) {
				return g.ref(i), true
			}
		}
		if r, ok := e.(*rex.Ref); ok {
			failed = true
			g.notGrouped(r, g.b.spanOf(top))
			return invalid(), true
		}
		return nil, false
	})
	if failed {
		return invalid()
	}
	return out
}

// notGrouped reports a column at its place, or at that of the expression around it.
func (g *grouped) notGrouped(r *rex.Ref, around diag.Span) {
	span, ok := g.b.spans[r]
	if !ok {
		span = around
	}
	if len(g.g.exprs) == 0 && g.k.window == nil {
		g.b.errorf(codeNotGrouped, span, "column %q stands beside an aggregate, but there is no GROUP BY", r.Name).
			WithHint("add GROUP BY %s, or an aggregate around it", syntax.Quote(r.Name))
		return
	}
	g.b.errorf(codeNotGrouped, span, "column %q is neither grouped nor inside an aggregate", r.Name).
		WithHint("add it to GROUP BY, or write MAX(%s) or similar", syntax.Quote(r.Name))
}

// grouping is GROUPING(e, …), GROUPING_ID(e, …) and GROUP_ID().
func (x *exprs) grouping(name string, c *syntax.Call) rex.Expr {
	b, at := x.b, x.b.at(c)
	if x.block == nil || x.inAgg {
		b.errorf(codeAggregate, at, "%s cannot stand in %s", name, x.clause)
		return invalid()
	}
	args, ok := x.args(c.Args)
	switch {
	case !ok:
		return invalid()
	case name == "GROUP_ID" && len(args) > 0:
		b.errorf(codeArguments, at, "GROUP_ID takes no arguments")
		return invalid()
	case name != "GROUP_ID" && len(args) == 0:
		b.errorf(codeArguments, at, "%s takes grouping expressions", name)
		return invalid()
	case x.block.global:
		b.errorf(codeNotGrouped, at, "%s wants a GROUP BY", name)
		return invalid()
	}
	return &rex.Call{Fn: groupingMark, Args: args, T: types.Int64.NotNull(), Span: at}
}

// groupingValue computes GROUPING from the number of the row's set: a bit an argument,
// 1 where the set leaves the argument out. Without arguments it is GROUP_ID, which counts
// the equal sets before this one.
func (g *grouped) groupingValue(c *rex.Call) rex.Expr {
	cols := make([]int, len(c.Args))
	for i, a := range c.Args {
		cols[i] = slices.IndexFunc(g.g.exprs, func(e rex.Expr) bool { return rex.Equal(e, a) })
		if cols[i] < 0 {
			g.b.errorf(codeNotGrouped, g.b.spanOf(a), "argument of GROUPING is not an expression of GROUP BY")
			return invalid()
		}
	}
	bits := func(i int) *rex.Lit {
		set, v := g.g.sets[i], int64(0)
		if len(cols) == 0 {
			for _, other := range g.g.sets[:i] {
				if sameSet(set, other) {
					v++
				}
			}
		}
		for _, c := range cols {
			v <<= 1
			if !slices.Contains(set, c) {
				v |= 1
			}
		}
		return int64Lit(v)
	}
	if g.g.sets == nil {
		return int64Lit(0)
	}
	set := g.ref(len(g.fields) - 1)
	var conds, values []rex.Expr
	for i := range g.g.sets {
		v := bits(i)
		if i < len(g.g.sets)-1 {
			conds = append(conds, &rex.Call{Fn: "=", Args: []rex.Expr{set, int64Lit(int64(i))}, T: types.Bool.NotNull()})
		}
		values = append(values, v)
	}
	if len(conds) == 0 {
		return values[0]
	}
	return caseOf(conds, values, types.Int64.NotNull(), c.Span)
}
