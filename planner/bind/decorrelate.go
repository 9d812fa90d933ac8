package bind

import (
	"fmt"
	"slices"

	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// pulled is a subquery's tree with its references to the enclosing query taken out.
//
// Invariant: for a row of the enclosing query, the subquery's rows are the rows of node
// for which all of preds hold, with the values cols. node itself holds no outerRef;
// cols and preds may.
type pulled struct {
	node  logical.Node
	cols  []rex.Expr
	preds []rex.Expr
	// unique: at most one row of node satisfies preds.
	unique bool
	// empty: the subquery has exactly one row, and where no row of node satisfies preds its
	// columns are these (an aggregate without GROUP BY). nil otherwise.
	empty []rex.Expr
	// having: that one row is there only if having[0] is true, or where empty counts having[1].
	having []rex.Expr
}

// pull takes the references to the enclosing query out of a subquery's tree; left is what
// the subquery is joined to and corr what it is correlated with, over left. What cannot be
// written as a join is refused, with the place of the subquery.
func (b *binder) pull(left logical.Node, s *subquery, corr []rex.Expr) (*pulled, bool) {
	b.repeats = s.kind == existsQuery
	b.domain = domain{left: left, corr: corr, sub: s}
	p, why := b.pullNode(s.node)
	if why != "" {
		b.refuse(s.at, "a correlated subquery "+why).WithHint("write it as a join")
		return nil, false
	}
	return p, true
}

// whole is a tree that refers to nothing outside.
func whole(n logical.Node) *pulled {
	p := &pulled{node: n}
	for i := range n.Schema() {
		p.cols = append(p.cols, refOf(n, i))
	}
	return p
}

func (b *binder) pullNode(n logical.Node) (*pulled, string) {
	if !treeHoldsOuter(n) {
		return whole(n), ""
	}
	switch n := n.(type) {
	case *logical.Filter:
		return b.pullFilter(n)
	case *logical.Project:
		p, why := b.pullNode(n.Input)
		if why != "" {
			return nil, why
		}
		out := *p
		out.cols, out.empty = inlineAll(n.Exprs, p.cols), nil
		if p.empty != nil {
			out.empty = inlineAll(n.Exprs, p.empty)
		}
		return &out, ""
	case *logical.Aggregate:
		return b.pullAggregate(n)
	case *logical.Join:
		return b.pullJoin(n)
	case *logical.Sort:
		return b.pullSort(n)
	case *logical.Over:
		return b.pullOver(n)
	}
	return nil, fmt.Sprintf("with %s over columns of the enclosing query", nodeWord(n))
}

// nodeWord names a node in SQL's words.
func nodeWord(n logical.Node) string {
	switch n := n.(type) {
	case *logical.Values:
		return "VALUES"
	case *logical.Union:
		return "UNION"
	case *logical.SetOp:
		if n.Except {
			return "EXCEPT"
		}
		return "INTERSECT"
	case *logical.Unnest:
		return "UNNEST"
	case *logical.WindowTVF, *logical.GroupWindow:
		return "a window"
	case *logical.TemporalJoin:
		return "a temporal join"
	}
	return "an operation"
}

func inlineAll(es, cols []rex.Expr) []rex.Expr {
	out := make([]rex.Expr, len(es))
	for i, e := range es {
		out[i] = rex.Inline(e, cols)
	}
	return out
}

func (b *binder) pullFilter(n *logical.Filter) (*pulled, string) {
	p, why := b.pullNode(n.Input)
	if why != "" {
		return nil, why
	}
	if p.empty != nil && p.having != nil {
		return nil, "with HAVING and a condition on its result"
	}
	if p.empty != nil {
		out := *p
		out.having = []rex.Expr{rex.Inline(n.Cond, p.cols), rex.Inline(n.Cond, p.empty)}
		return &out, ""
	}
	out := *p
	var plain rex.Expr
	for _, c := range rex.Conjuncts(rex.Inline(n.Cond, p.cols)) {
		if holdsOuter(c) {
			out.preds = append(out.preds, c)
		} else {
			plain = and(plain, c)
		}
	}
	if plain != nil {
		out.node = filterNode(out.node, plain, n.Span())
	}
	return &out, ""
}

// equality splits a correlated condition `own = outer`, or with IS NOT DISTINCT FROM.
func equality(pred rex.Expr) (own, outer rex.Expr, ok bool) {
	c, isCall := pred.(*rex.Call)
	if !isCall || c.Fn != "=" && c.Fn != "IS_NOT_DISTINCT_FROM" {
		return nil, nil, false
	}
	for _, order := range [][2]int{{0, 1}, {1, 0}} {
		own, outer = c.Args[order[0]], c.Args[order[1]]
		if !holdsOuter(own) && holdsOuter(outer) && len(rex.Refs(outer)) == 0 && len(rex.Refs(own)) > 0 {
			return own, outer, true
		}
	}
	return nil, nil, false
}

const notEqual = "whose condition is not an equality between the two queries"

// ownKeys gives the subquery's side of each condition, if all are equalities.
func ownKeys(preds []rex.Expr) ([]rex.Expr, string) {
	var keys []rex.Expr
	for _, p := range preds {
		own, _, ok := equality(p)
		if !ok {
			return nil, notEqual
		}
		keys = append(keys, own)
	}
	return keys, ""
}

// rekeyed writes the conditions again over a node whose columns from at on are the keys.
func (b *binder) rekeyed(preds []rex.Expr, n logical.Node, at int) []rex.Expr {
	var out []rex.Expr
	for i, p := range preds {
		_, outer, _ := equality(p)
		c := *p.(*rex.Call)
		c.Args = []rex.Expr{refOf(n, at+i), outer}
		out = append(out, &c)
	}
	return out
}

// pullAggregate groups by the correlation keys as well: for each of their values the
// group is what the subquery aggregates.
func (b *binder) pullAggregate(n *logical.Aggregate) (*pulled, string) {
	if n.Sets != nil {
		return nil, "with GROUPING SETS"
	}
	repeats := b.repeats
	b.repeats = repeats && len(n.Aggs) == 0
	p, why := b.pullNode(n.Input)
	b.repeats = repeats
	if why != "" {
		return nil, why
	}
	if p.empty != nil {
		return nil, "that aggregates an aggregate"
	}
	force := slices.ContainsFunc(n.Groups, func(g int) bool { return holdsOuter(p.cols[g]) }) ||
		slices.ContainsFunc(n.Aggs, func(a rex.AggCall) bool { return usesOuter(a, p.cols) })
	if p, why = b.keyed(p, force); why != "" {
		return nil, why
	}
	keys, _ := ownKeys(p.preds)
	var exprs []rex.Expr
	add := func(col int) int {
		exprs = append(exprs, p.cols[col])
		return len(exprs) - 1
	}
	groups := make([]int, 0, len(n.Groups)+len(keys))
	for _, g := range n.Groups {
		groups = append(groups, add(g))
	}
	for _, k := range keys {
		exprs = append(exprs, k)
		groups = append(groups, len(exprs)-1)
	}
	aggs := slices.Clone(n.Aggs)
	for i := range aggs {
		aggs[i].Args = slices.Clone(aggs[i].Args)
		for j, a := range aggs[i].Args {
			aggs[i].Args[j] = add(a)
		}
		if aggs[i].Filter >= 0 {
			aggs[i].Filter = add(aggs[i].Filter)
		}
		aggs[i].OrderBy = slices.Clone(aggs[i].OrderBy)
		for j, o := range aggs[i].OrderBy {
			aggs[i].OrderBy[j].Col = add(o.Col)
		}
	}
	in, cols := b.columns(p.node, exprs, n.Span())
	remap := func(at []int) {
		for i, c := range at {
			at[i] = cols[c]
		}
	}
	remap(groups)
	for i := range aggs {
		remap(aggs[i].Args)
		if aggs[i].Filter >= 0 {
			aggs[i].Filter = cols[aggs[i].Filter]
		}
		for j, o := range aggs[i].OrderBy {
			aggs[i].OrderBy[j].Col = cols[o.Col]
		}
	}
	a := &logical.Aggregate{Base: logical.Base{At: n.Span()}, Input: in, Groups: groups, Aggs: aggs}
	a.Fields = groupFields(in, groups)
	a.Fields = append(a.Fields, n.Schema()[len(n.Groups):]...)
	out := &pulled{node: a, unique: len(n.Groups) == 0}
	for i := range n.Groups {
		out.cols = append(out.cols, refOf(a, i))
	}
	for i := range aggs {
		out.cols = append(out.cols, refOf(a, len(groups)+i))
	}
	out.preds = b.rekeyed(p.preds, a, len(n.Groups))
	if len(n.Groups) == 0 {
		for _, c := range aggs {
			v := nullLit(c.T)
			if !c.T.Nullable {
				if !c.T.IsInteger() {
					return nil, "with " + c.Fn
				}
				v = &rex.Lit{Value: int64(0), T: c.T}
			}
			out.empty = append(out.empty, v)
		}
	}
	return out, ""
}

// pullJoin takes the conditions of both sides of an inner join, and of the kept side of
// the others.
func (b *binder) pullJoin(n *logical.Join) (*pulled, string) {
	l, why := b.pullNode(n.Left)
	if why != "" {
		return nil, why
	}
	if l.empty != nil {
		return nil, "that joins a correlated aggregate"
	}
	width := len(l.node.Schema())
	r := whole(n.Right)
	if treeHoldsOuter(n.Right) {
		if n.Kind != physical.Inner {
			return nil, fmt.Sprintf("with a %s join that depends on the enclosing query", n.Kind)
		}
		if r, why = b.pullNode(n.Right); why != "" {
			return nil, why
		}
		if r.empty != nil {
			return nil, "that joins a correlated aggregate"
		}
	}
	out := &pulled{preds: l.preds}
	cols := slices.Clone(l.cols)
	for _, c := range r.cols {
		cols = append(cols, rex.Shift(c, width))
	}
	for _, p := range r.preds {
		out.preds = append(out.preds, rex.Shift(p, width))
	}
	var cond rex.Expr
	kind := n.Kind
	if kind == physical.Semi && b.repeats && n.Cond != nil && holdsOuter(n.Cond) {
		kind = physical.Inner // a row may come once for each match: only whether it comes counts
	}
	if n.Cond != nil {
		for _, c := range rex.Conjuncts(rex.Inline(n.Cond, cols)) {
			switch {
			case !holdsOuter(c):
				cond = and(cond, c)
			case kind != physical.Inner:
				return nil, fmt.Sprintf("with a %s join that depends on the enclosing query", n.Kind)
			default:
				out.preds = append(out.preds, c)
			}
		}
	}
	if n.Kind == physical.RightOuter || n.Kind == physical.FullOuter {
		return nil, fmt.Sprintf("with a %s join", n.Kind)
	}
	j := *n
	j.Kind, j.Left, j.Right, j.Cond = kind, l.node, r.node, cond
	j.Fields = joinFields(kind, l.node, r.node)
	out.node = &j
	if n.Kind == physical.Semi || n.Kind == physical.Anti {
		cols = cols[:len(l.cols)]
	}
	out.cols = retypeAll(cols, &j)
	out.preds = retypeAll(out.preds, &j)
	return out, ""
}

// retypeAll gives references the types that the node's columns have.
func retypeAll(es []rex.Expr, n logical.Node) []rex.Expr {
	out := make([]rex.Expr, len(es))
	for i, e := range es {
		out[i] = rex.Map(e, func(e rex.Expr) rex.Expr {
			if r, ok := e.(*rex.Ref); ok {
				return refOf(n, r.Index)
			}
			return e
		})
	}
	return out
}

// pullSort cuts per value of the correlation keys: by row number among them.
func (b *binder) pullSort(n *logical.Sort) (*pulled, string) {
	p, why := b.pullNode(n.Input)
	if why != "" {
		return nil, why
	}
	if n.Fetch < 0 && n.Offset == 0 || p.empty != nil && n.Fetch > 0 && n.Offset == 0 {
		return p, "" // an order alone does not matter, one row neither
	}
	if p, why = b.keyed(p, slices.ContainsFunc(p.cols, holdsOuter)); why != "" {
		return nil, why
	}
	keys, _ := ownKeys(p.preds)
	in, cols := b.withColumns(p.node, append(slices.Clone(p.cols), keys...), n.Span())
	over := &logical.Over{Base: logical.Base{At: n.Span()}, Input: in, Partition: cols[len(p.cols):], Frame: logical.Frame{Rows: true, Preceding: -1}}
	for _, k := range n.Keys {
		k.Col = cols[k.Col]
		over.Order = append(over.Order, k)
	}
	t := types.Int64.NotNull()
	over.Calls = []rex.AggCall{{Fn: "ROW_NUMBER", Filter: -1, T: t, Name: "rn", Span: n.Span()}}
	over.Fields = append(slices.Clone(in.Schema()), types.Field{Name: "rn", Type: t})
	rn := refOf(over, len(in.Schema()))
	var cond rex.Expr
	if n.Offset > 0 {
		cond = b.comparison(">", rn, int64Lit(n.Offset), n.Span())
	}
	if n.Fetch >= 0 {
		cond = and(cond, b.comparison("<=", rn, int64Lit(n.Offset+n.Fetch), n.Span()))
	}
	out := &pulled{node: filterNode(over, cond, n.Span()), unique: p.unique || n.Fetch == 1}
	for i := range p.cols {
		out.cols = append(out.cols, refOf(over, cols[i]))
	}
	for i, pred := range p.preds {
		_, outer, _ := equality(pred)
		c := *pred.(*rex.Call)
		c.Args = []rex.Expr{refOf(over, cols[len(p.cols)+i]), outer}
		out.preds = append(out.preds, &c)
	}
	return out, ""
}

// pullOver partitions by the correlation keys as well.
func (b *binder) pullOver(n *logical.Over) (*pulled, string) {
	p, why := b.pullNode(n.Input)
	if why != "" {
		return nil, why
	}
	if p.empty != nil {
		return nil, "with OVER on an aggregate"
	}
	if p, why = b.keyed(p, slices.ContainsFunc(p.cols, holdsOuter)); why != "" {
		return nil, why
	}
	keys, _ := ownKeys(p.preds)
	exprs := append(slices.Clone(p.cols), keys...)
	proj := &logical.Project{Base: logical.Base{At: n.Span()}, Input: p.node, Exprs: exprs}
	for i, e := range exprs {
		proj.Fields = append(proj.Fields, types.Field{Name: columnName(e, i), Type: e.Type()})
	}
	o := *n
	o.Input = proj
	o.Partition = slices.Clone(n.Partition)
	for i := range keys {
		o.Partition = append(o.Partition, len(p.cols)+i)
	}
	o.Fields = append(slices.Clone(proj.Fields), n.Fields[len(n.Input.Schema()):]...)
	out := &pulled{node: &o}
	for i := range p.cols {
		out.cols = append(out.cols, refOf(&o, i))
	}
	for i := range n.Calls {
		out.cols = append(out.cols, refOf(&o, len(exprs)+i))
	}
	out.preds = b.rekeyed(p.preds, &o, len(p.cols))
	return out, ""
}

// treeHoldsOuter reports whether a tree refers to an enclosing query anywhere.
func treeHoldsOuter(n logical.Node) bool {
	if slices.ContainsFunc(logical.Exprs(n), holdsOuter) {
		return true
	}
	return slices.ContainsFunc(n.Inputs(), treeHoldsOuter)
}
