package bind

import (
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

const (
	joinSemi = physical.Semi
	joinAnti = physical.Anti
)

// leftJoin puts a subquery's rows beside r's, at most one for each: pairs are equal keys
// of the pulled node and the enclosing query. It gives the position of the first new column.
func (b *binder) leftJoin(r *rel, right logical.Node, cond rex.Expr, at diag.Span) int {
	width := len(r.node.Schema())
	j := &logical.Join{Base: logical.Base{At: at}, Kind: physical.LeftOuter, Left: r.node, Right: right, Cond: cond, LeftName: sideName(r)}
	j.Fields = joinFields(physical.LeftOuter, r.node, right)
	r.node = j
	return width
}

// scalarValue joins a scalar subquery and refers to its value.
func (b *binder) scalarValue(r *rel, s *subquery, corr []rex.Expr) rex.Expr {
	p, ok := b.pull(r.node, s, corr)
	if !ok {
		return invalid()
	}
	if p.having != nil {
		t := plainTime(s.node.Schema()[0].Type.Null())
		is := *p
		is.having = nil
		is.cols = []rex.Expr{caseOf(p.having[:1], []rex.Expr{p.cols[0], nullLit(t)}, t, s.at)}
		is.empty = []rex.Expr{caseOf(p.having[1:], []rex.Expr{p.empty[0], nullLit(t)}, t, s.at)}
		p = &is
	}
	return b.joinedValue(r, p, s, corr)
}

// joinedValue joins a pulled subquery and refers to its first column.
func (b *binder) joinedValue(r *rel, p *pulled, s *subquery, corr []rex.Expr) rex.Expr {
	t := plainTime(p.cols[0].Type().Null())
	if s.kind == scalarQuery {
		t = plainTime(s.node.Schema()[0].Type.Null())
	}
	var ok bool
	if isUnit(p.node) && len(p.preds) == 0 {
		return b.overJoin(p.cols[0], corr, 0)
	}
	if len(p.preds) == 0 && !holdsOuter(p.cols[0]) {
		node, cols := b.columns(p.node, p.cols[:1], s.at)
		at := cols[0]
		if !atMostOne(node) {
			node, at = b.singleValue(node, nil, at, t, s.at), 0
		}
		i := b.leftJoin(r, node, nil, s.at)
		return &rex.Ref{Index: i + at, T: t, Name: node.Schema()[at].Name}
	}
	if !p.unique {
		var locals []rex.Expr
		if p, locals, ok = b.keyedValue(p, s); !ok {
			return invalid()
		}
		node, cols := b.columns(p.node, append([]rex.Expr{p.cols[0]}, locals...), s.at)
		p = b.onePerKey(p, node, cols, t, s.at)
	}
	// The marker tells a row that is there from one that is not: a value computed from
	// the enclosing query, or COUNT, is not NULL by itself then.
	value := p.cols[0]
	_, isColumn := value.(*rex.Ref)
	marker := p.empty != nil && !isNullLit(p.empty[0]) || !isColumn
	node := p.node
	markAt := -1
	if marker {
		var cols []int
		node, cols = b.withColumns(node, []rex.Expr{boolLit(true)}, s.at)
		markAt = cols[0]
	}
	width := len(r.node.Schema())
	var cond rex.Expr
	for _, pred := range p.preds {
		cond = and(cond, b.overJoin(pred, corr, width))
	}
	b.leftJoin(r, node, cond, s.at)
	v := retype(b.overJoin(value, corr, width), r, 0)
	if !marker {
		return v
	}
	var empty rex.Expr = nullLit(t)
	if p.empty != nil {
		empty = b.overJoin(p.empty[0], corr, width)
	}
	return caseOf([]rex.Expr{isNull(r.ref(width + markAt))}, []rex.Expr{empty, v}, t, s.at)
}

// isTrueAll makes conditions that are never NULL.
func isTrueAll(es []rex.Expr) []rex.Expr {
	out := make([]rex.Expr, len(es))
	for i, e := range es {
		out[i] = &rex.Call{Fn: "IS_TRUE", Args: []rex.Expr{e}, T: types.Bool.NotNull()}
	}
	return out
}

func isNullLit(e rex.Expr) bool {
	l, ok := e.(*rex.Lit)
	return ok && l.Value == nil
}

// onePerKey makes a pulled subquery have one row a key, or fail at run time: node's
// columns are cols[0] the value and the others the keys.
func (b *binder) onePerKey(p *pulled, node logical.Node, cols []int, t types.Type, at diag.Span) *pulled {
	out := &pulled{node: b.singleValue(node, cols[1:], cols[0], t, at), unique: true, empty: p.empty}
	out.cols = []rex.Expr{refOf(out.node, len(cols)-1)}
	for i, pred := range p.preds {
		_, outer, _ := equality(pred)
		out.preds = append(out.preds, b.sameKey(pred, refOf(out.node, i), outer))
	}
	return out
}

// singleValue aggregates a column by keys with SINGLE_VALUE, which fails on a second row.
func (b *binder) singleValue(n logical.Node, keys []int, col int, t types.Type, at diag.Span) logical.Node {
	a := &logical.Aggregate{Base: logical.Base{At: at}, Input: n, Groups: keys,
		Aggs: []rex.AggCall{{Fn: "SINGLE_VALUE", Args: []int{col}, Filter: -1, T: t, Name: "SINGLE_VALUE", Span: at}}}
	for _, k := range keys {
		f := n.Schema()[k]
		f.Type = plainTime(f.Type)
		a.Fields = append(a.Fields, f)
	}
	a.Fields = append(a.Fields, types.Field{Name: n.Schema()[col].Name, Type: t})
	return a
}

// atMostOne reports nodes that cannot give a second row.
func atMostOne(n logical.Node) bool {
	switch n := n.(type) {
	case *logical.Project:
		return atMostOne(n.Input)
	case *logical.Filter:
		return atMostOne(n.Input)
	case *logical.Aggregate:
		return len(n.Groups) == 0 && n.Sets == nil
	case *logical.Sort:
		return n.Fetch >= 0 && n.Fetch <= 1 || atMostOne(n.Input)
	case *logical.Values:
		return len(n.Rows) <= 1
	}
	return false
}

// existsValue joins a subquery of EXISTS that is used as a value.
func (b *binder) existsValue(r *rel, s *subquery, corr []rex.Expr) rex.Expr {
	p, ok := b.pull(r.node, s, corr)
	if !ok {
		return invalid()
	}
	if p.empty != nil && p.having == nil {
		return boolLit(true) // an aggregate without GROUP BY always has its row
	}
	if p.empty != nil {
		there := *p
		there.cols, there.empty, there.having = isTrueAll(p.having[:1]), isTrueAll(p.having[1:]), nil
		return b.joinedValue(r, &there, s, corr)
	}
	if len(p.preds) == 0 {
		count := &logical.Aggregate{Base: logical.Base{At: s.at, Fields: []types.Field{{Name: "COUNT", Type: types.Int64.NotNull()}}},
			Input: p.node, Aggs: []rex.AggCall{{Fn: "COUNT", Filter: -1, T: types.Int64.NotNull(), Name: "COUNT", Span: s.at}}}
		i := b.leftJoin(r, count, nil, s.at)
		some := &rex.Call{Fn: ">", Args: []rex.Expr{r.ref(i), int64Lit(0)}, T: types.Bool, Span: s.at}
		return &rex.Call{Fn: "IS_TRUE", Args: []rex.Expr{some}, T: types.Bool.NotNull(), Span: s.at}
	}
	if p, _, ok = b.keyedValue(p, s); !ok {
		return invalid()
	}
	return isNotNull(b.matchMark(r, p, s, nil, nil, corr))
}

// matchMark joins the distinct keys of a subquery (its correlation keys, then values that
// equal lhs) and gives a column that is NULL where no key matches.
func (b *binder) matchMark(r *rel, p *pulled, s *subquery, values, lhs, corr []rex.Expr) rex.Expr {
	locals, _ := ownKeys(p.preds)
	keys := append(locals, values...)
	node, cols := b.columns(p.node, keys, s.at)
	d := &logical.Aggregate{Base: logical.Base{At: s.at}, Input: node, Groups: cols}
	d.Fields = groupFields(node, cols)
	for i := range d.Fields {
		d.Fields[i].Type = plainTime(d.Fields[i].Type)
	}
	marked, mark := b.withColumns(d, []rex.Expr{boolLit(true)}, s.at)
	width := len(r.node.Schema())
	var cond rex.Expr
	for i, pred := range p.preds {
		_, outer, _ := equality(pred)
		cond = and(cond, b.sameKey(pred, b.overJoin(outer, corr, width), rex.Shift(refOf(d, i), width)))
	}
	for i, l := range lhs {
		cond = and(cond, b.comparison("=", l, rex.Shift(refOf(d, len(locals)+i), width), s.at))
	}
	b.leftJoin(r, marked, cond, s.at)
	return r.ref(width + mark[0])
}

// inValue joins a subquery of IN that is used as a value, with SQL's three answers:
// false if it has no rows, else true on a match, else unknown if either side has a
// NULL, else false.
func (b *binder) inValue(r *rel, s *subquery, lhs, corr []rex.Expr) rex.Expr {
	p, ok := b.pull(r.node, s, corr)
	if !ok {
		return invalid()
	}
	if p.empty != nil && p.having == nil && len(lhs) == 1 { // exactly one row
		return b.comparison(s.op, lhs[0], b.joinedValue(r, p, s, corr), s.at)
	}
	if p.empty != nil && len(lhs) == 1 { // its one row may be missing
		there := b.existsValue(r, s, corr)
		v := b.scalarValue(r, s, corr)
		if bad(there, v) {
			return invalid()
		}
		return caseOf([]rex.Expr{there}, []rex.Expr{b.comparison(s.op, lhs[0], v, s.at), boolLit(false)}, types.Bool, s.at)
	}
	if p.empty != nil {
		b.refuse(s.at, "IN with a correlated aggregate of several columns").WithHint("compare with = and a scalar subquery")
		return invalid()
	}
	if s.op != "=" {
		return b.anyValue(r, p, s, lhs, corr)
	}
	if p, _, ok = b.keyedValue(p, s); !ok {
		return invalid()
	}
	nullable := false
	for i, l := range lhs {
		nullable = nullable || l.Type().Nullable || p.cols[i].Type().Nullable
	}
	if !nullable {
		return isNotNull(b.matchMark(r, p, s, p.cols, lhs, corr))
	}
	if len(lhs) > 1 {
		b.refuseToo(s.at, "IN with several nullable columns as a value").WithHint("use it as a condition of WHERE")
		return invalid()
	}
	facts := b.facts(r, p, s, corr, "COUNT")
	all, known := facts[0], facts[1]
	mark := b.matchMark(r, p, s, p.cols, lhs, corr)
	none := &rex.Call{Fn: "=", Args: []rex.Expr{all, int64Lit(0)}, T: types.Bool, Span: s.at}
	fewer := &rex.Call{Fn: "<", Args: []rex.Expr{known, all}, T: types.Bool, Span: s.at}
	conds := []rex.Expr{
		&rex.Call{Fn: "OR", Args: []rex.Expr{isNull(all), none}, T: types.Bool, Span: s.at},
		isNotNull(mark), isNull(lhs[0]), fewer,
	}
	values := []rex.Expr{boolLit(false), boolLit(true), nullLit(types.Bool), nullLit(types.Bool), boolLit(false)}
	return caseOf(conds, values, types.Bool, s.at)
}

// anyValue is x op ANY (query) as a value, for all comparisons but =, with SQL's three answers:
// the least and the greatest of the query's values decide whether one of them compares.
func (b *binder) anyValue(r *rel, p *pulled, s *subquery, lhs, corr []rex.Expr) rex.Expr {
	if len(lhs) > 1 {
		b.refuseToo(s.at, "a comparison of rows with ANY or ALL")
		return invalid()
	}
	p, _, ok := b.keyedValue(p, s)
	if !ok {
		return invalid()
	}
	bounds := map[string][]string{"<": {"MAX"}, "<=": {"MAX"}, ">": {"MIN"}, ">=": {"MIN"}, "<>": {"MIN", "MAX"}}[s.op]
	facts := b.facts(r, p, s, corr, append([]string{"COUNT"}, bounds...)...)
	all, known := facts[0], facts[1]
	some := b.comparison(s.op, lhs[0], facts[2], s.at)
	for _, bound := range facts[3:] {
		some = b.logic("OR", some, b.comparison(s.op, lhs[0], bound, s.at), s.at)
	}
	if bad(some) {
		return invalid()
	}
	none := &rex.Call{Fn: "=", Args: []rex.Expr{all, int64Lit(0)}, T: types.Bool, Span: s.at}
	fewer := &rex.Call{Fn: "<", Args: []rex.Expr{known, all}, T: types.Bool, Span: s.at}
	conds := []rex.Expr{&rex.Call{Fn: "OR", Args: []rex.Expr{isNull(all), none}, T: types.Bool, Span: s.at}}
	values := []rex.Expr{boolLit(false)}
	t := types.Bool.WithNull(lhs[0].Type().Nullable || p.cols[0].Type().Nullable)
	if !t.Nullable {
		some = &rex.Call{Fn: "IS_TRUE", Args: []rex.Expr{some}, T: types.Bool.NotNull(), Span: s.at}
		return caseOf(conds, append(values, some), t, s.at)
	}
	conds = append(conds, isTrueAll([]rex.Expr{some})[0], isNull(lhs[0]), fewer)
	return caseOf(conds, append(values, boolLit(true), nullLit(types.Bool), nullLit(types.Bool), boolLit(false)), t, s.at)
}

// facts joins COUNT(*) and aggregates of the value of a subquery for each of its correlation keys.
func (b *binder) facts(r *rel, p *pulled, s *subquery, corr []rex.Expr, fns ...string) []rex.Expr {
	locals, _ := ownKeys(p.preds)
	node, cols := b.columns(p.node, append(append([]rex.Expr(nil), locals...), p.cols[0]), s.at)
	n := len(locals)
	count := types.Int64.NotNull()
	a := &logical.Aggregate{Base: logical.Base{At: s.at}, Input: node, Groups: cols[:n],
		Aggs: []rex.AggCall{{Fn: "COUNT", Filter: -1, T: count, Name: "COUNT", Span: s.at}}}
	for _, fn := range fns {
		t := count
		if fn != "COUNT" {
			t = plainTime(p.cols[0].Type().Null())
		}
		a.Aggs = append(a.Aggs, rex.AggCall{Fn: fn, Args: []int{cols[n]}, Filter: -1, T: t, Name: fn, Span: s.at})
	}
	for _, c := range cols[:n] {
		f := node.Schema()[c]
		f.Type = plainTime(f.Type)
		a.Fields = append(a.Fields, f)
	}
	for _, call := range a.Aggs {
		a.Fields = append(a.Fields, types.Field{Name: call.Name, Type: call.T})
	}
	width := len(r.node.Schema())
	var cond rex.Expr
	for i, pred := range p.preds {
		_, outer, _ := equality(pred)
		cond = and(cond, b.sameKey(pred, b.overJoin(outer, corr, width), rex.Shift(refOf(a, i), width)))
	}
	b.leftJoin(r, a, cond, s.at)
	out := make([]rex.Expr, len(a.Aggs))
	for i := range out {
		out[i] = r.ref(width + n + i)
	}
	return out
}
