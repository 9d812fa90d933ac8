package bind

import (
	"slices"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// joinCond is the condition of a join over left ++ right.
type joinCond struct{ expr rex.Expr }

var joinKinds = map[syntax.JoinKind]physical.JoinKind{
	syntax.JoinInner: physical.Inner, syntax.JoinCross: physical.Inner, syntax.JoinLeft: physical.LeftOuter,
	syntax.JoinRight: physical.RightOuter, syntax.JoinFull: physical.FullOuter,
}

// join binds L JOIN R.
func (b *binder) join(t *syntax.Join, q queryEnv, left *rel) (fromItem, bool) {
	at := b.at(t)
	l := b.fromItem(t.L, q, left)
	kind := joinKinds[t.Kind]
	if ref, isRef := t.R.(*syntax.TableRef); isRef && ref.AsOf != nil {
		r, ok := b.temporalJoin(t, ref, kind, l.rel, q)
		return fromItem{rel: r, joined: l.joined}, ok
	}
	if len(t.KeyBy) > 0 {
		b.errorf(codeJoin, b.at(t.KeyBy[0]), "KEYBY goes with joins of a table FOR SYSTEM_TIME AS OF; others spread their rows themselves").WithHint("remove KEYBY")
	}
	r, ok := b.joinRight(t, kind, l.rel, q)
	if !ok {
		r = fromItem{rel: unknownRel(b.at(t.R))}
	}
	if r.joined {
		r.joined = l.joined
		return r, true
	}
	out, ok := b.joinOn(t, kind, l.rel, r.rel, q, at)
	return fromItem{rel: out, joined: l.joined}, ok
}

// joinRight binds the right side, which may use the left one when it is LATERAL.
func (b *binder) joinRight(t *syntax.Join, kind physical.JoinKind, l *rel, q queryEnv) (fromItem, bool) {
	dependent := func() bool {
		if kind != physical.Inner && kind != physical.LeftOuter {
			b.refuseToo(b.at(t), "a RIGHT or FULL JOIN with a side that depends on the other")
			return false
		}
		return true
	}
	switch r := t.R.(type) {
	case *syntax.Unnest:
		if !dependent() {
			return fromItem{}, false
		}
		out, ok := b.unnest(r, q, l, kind)
		return out, b.onTrue(t, out, q, kind) && ok
	case *syntax.TableFunc:
		if !windowed(r) {
			if !dependent() {
				return fromItem{}, false
			}
			out, ok := b.tableFunc(r, q, l, kind)
			return out, ok && b.onTrue(t, out, q, kind)
		}
	case *syntax.Derived:
		if r.Lateral {
			if !dependent() {
				return fromItem{}, false
			}
			return b.lateralQuery(r, q, l, kind, t)
		}
	}
	return b.tableExpr(t.R, q, l)
}

// onTrue checks the ON clause behind UNNEST, which can only be TRUE in a LEFT JOIN; after
// an inner one the condition is a filter.
func (b *binder) onTrue(t *syntax.Join, out fromItem, q queryEnv, kind physical.JoinKind) bool {
	if t.On == nil || out.rel == nil {
		return out.rel != nil
	}
	c := q.exprsOver(b, out.rel, "ON").condition(t.On)
	if bad(c) {
		return false
	}
	if l, ok := c.(*rex.Lit); ok && l.Value == true {
		return true
	}
	if n, isUnnest := out.rel.node.(*logical.Unnest); isUnnest && kind == physical.LeftOuter && !holds(c, subMark) && !holdsOuter(c) {
		m := *n
		m.Cond = c
		out.rel.node = &m
		return true
	}
	if kind == physical.LeftOuter {
		b.refuse(b.at(t.On), "a LEFT JOIN of a table function with a condition other than TRUE")
		return false
	}
	out.rel.node = filterNode(out.rel.node, c, b.at(t.On))
	return true
}

// joinOn joins two independent sides by ON, USING, NATURAL or not at all.
func (b *binder) joinOn(t *syntax.Join, kind physical.JoinKind, l, r *rel, q queryEnv, at diag.Span) (*rel, bool) {
	if t.Natural || len(t.Using) > 0 {
		return b.joinUsing(t, kind, l, r, at)
	}
	if t.On == nil {
		if t.Kind != syntax.JoinCross {
			b.errorf(codeJoin, at, "join has no condition").WithHint("add ON …, USING (…), or write CROSS JOIN")
			return nil, false
		}
		return b.joinRels(l, r, kind, nil, at), true
	}
	both := beside(l, r)
	both.node = &logical.Join{Left: l.node, Right: r.node, Base: logical.Base{Fields: joinFields(physical.Inner, l.node, r.node)}}
	c := q.exprsOver(b, both, "ON").condition(t.On)
	if bad(c) {
		// The names are known even so: later clauses can be checked.
		return b.joinRels(l, r, kind, &joinCond{boolLit(true)}, at), true
	}
	if holds(c, subMark) {
		if kind != physical.Inner {
			return b.joinOnQuery(l, r, kind, c, at)
		}
		out := b.joinRels(l, r, kind, nil, at)
		return b.filter(out, c, b.at(t.On)), true
	}
	if lit, ok := c.(*rex.Lit); ok && lit.Value == true && kind == physical.Inner {
		return b.joinRels(l, r, kind, nil, at), true
	}
	return b.joinRels(l, r, kind, &joinCond{c}, at), true
}

// joinOnQuery is an outer join whose condition holds subqueries. Each becomes columns of the side
// that it is correlated with, where every row of the side keeps its place, so that the condition
// only reads columns; the join's result leaves them out.
func (b *binder) joinOnQuery(l, r *rel, kind physical.JoinKind, cond rex.Expr, at diag.Span) (*rel, bool) {
	lw, rw := len(l.node.Schema()), len(r.node.Schema())
	left, right := *l, *r
	type value struct {
		expr  rex.Expr
		right bool
	}
	var values []value
	fine := true
	rex.Walk(cond, func(e rex.Expr) bool {
		p, i, ok := marked(e, subMark)
		if !ok {
			return fine
		}
		of := rex.Refs(p)
		side, v := &left, value{expr: e}
		switch {
		case !slices.ContainsFunc(of, func(c int) bool { return c >= lw }):
		case !slices.ContainsFunc(of, func(c int) bool { return c < lw }):
			side, v.right = &right, true
			v.expr = rex.Shift(e, -lw)
		default:
			b.refuseToo(b.subs[i].at, "a subquery over both sides in the ON clause of an outer join")
			fine = false
			return false
		}
		next, x := b.attach(side, v.expr)
		*side, v.expr = *next, x
		fine = fine && !bad(x)
		values = append(values, v)
		return false
	})
	if !fine {
		return nil, false
	}
	width := len(left.node.Schema())
	on := replace(cond, func(e rex.Expr) (rex.Expr, bool) {
		if _, _, ok := marked(e, subMark); ok {
			v := values[0]
			if values = values[1:]; v.right {
				return rex.Shift(v.expr, width), true
			}
			return v.expr, true
		}
		if c, ok := e.(*rex.Ref); ok && c.Index >= lw {
			return rex.Shift(c, width-lw), true
		}
		return nil, false
	})
	j := b.joinRels(&left, &right, kind, &joinCond{on}, at).node
	out := beside(l, r)
	n := &logical.Project{Base: logical.Base{At: at}, Input: j}
	for i := range lw + rw {
		if i >= lw {
			i += width - lw
		}
		n.Exprs, n.Fields = append(n.Exprs, refOf(j, i)), append(n.Fields, j.Schema()[i])
	}
	out.node = n
	return out, true
}

// joinUsing joins on columns of the same name, which then show only once.
func (b *binder) joinUsing(t *syntax.Join, kind physical.JoinKind, l, r *rel, at diag.Span) (*rel, bool) {
	names := t.Using
	if t.Natural {
		names = nil
		for _, s := range l.shown {
			if slices.ContainsFunc(r.shown, func(o shown) bool { return o.name == s.name }) {
				names = append(names, syntax.Ident{Base: syntax.At(t.Span()), Name: s.name})
			}
		}
	}
	var cond rex.Expr
	width := len(l.node.Schema())
	ok := true
	type pair struct{ l, r shown }
	merged := map[string]pair{}
	for _, name := range names {
		ls, ok1 := b.usingColumn(l, name, "left")
		rs, ok2 := b.usingColumn(r, name, "right")
		if !ok1 || !ok2 {
			ok = false
			continue
		}
		eq := b.comparison("=", l.value(ls), rex.Shift(r.value(rs), width), b.at(name))
		if bad(eq) {
			ok = false
			continue
		}
		cond = and(cond, eq)
		merged[name.Name] = pair{ls, rs}
	}
	if !ok {
		return nil, false
	}
	var c *joinCond
	if cond != nil {
		c = &joinCond{cond}
	}
	out := b.joinRels(l, r, kind, c, at)
	var shownNow []shown
	for _, name := range names {
		p := merged[name.Name]
		lv, rv := retype(l.value(p.l), out, 0), retype(r.value(p.r), out, width)
		switch kind {
		case physical.RightOuter:
			shownNow = append(shownNow, showExpr(name.Name, rv))
		case physical.FullOuter:
			ct, _ := types.CommonArg(plainTime(lv.Type()), plainTime(rv.Type()))
			v := &rex.Call{Fn: "COALESCE", Args: []rex.Expr{b.to(lv, ct), b.to(rv, ct)}, T: ct, Span: b.at(name)}
			shownNow = append(shownNow, showExpr(name.Name, v))
		default:
			shownNow = append(shownNow, showExpr(name.Name, lv))
		}
	}
	for _, s := range out.shown {
		if _, isMerged := merged[s.name]; !isMerged {
			shownNow = append(shownNow, s)
		}
	}
	out.shown = shownNow
	return out, true
}

func (b *binder) usingColumn(r *rel, name syntax.Ident, side string) (shown, bool) {
	var hits []shown
	for _, s := range r.shown {
		if s.name == name.Name {
			hits = append(hits, s)
		}
	}
	switch len(hits) {
	case 1:
		return hits[0], true
	case 0:
		if r.open {
			return shown{}, false
		}
		hintName(b.errorf(codeNoColumn, b.at(name), "column %q of USING not found on the %s side", name.Name, side), name.Name, r.names())
	default:
		b.errorf(codeAmbiguous, b.at(name), "column %q of USING stands twice on the %s side", name.Name, side)
	}
	return shown{}, false
}

func showExpr(name string, e rex.Expr) shown {
	if r, ok := e.(*rex.Ref); ok {
		return shown{name: name, index: r.Index}
	}
	return shown{name: name, index: -1, expr: e}
}

// shift moves a shown column to the right.
func (s shown) shift(by int) shown {
	if s.index >= 0 {
		s.index += by
	} else {
		s.expr = rex.Shift(s.expr, by)
	}
	return s
}

// retype brings a side's expression to the columns of the join.
func retype(e rex.Expr, out *rel, width int) rex.Expr {
	return rex.Map(rex.Shift(e, width), func(e rex.Expr) rex.Expr {
		if r, ok := e.(*rex.Ref); ok {
			return out.ref(r.Index)
		}
		return e
	})
}

// temporalJoin is L JOIN t FOR SYSTEM_TIME AS OF time ON ….
func (b *binder) temporalJoin(t *syntax.Join, ref *syntax.TableRef, kind physical.JoinKind, l *rel, q queryEnv) (*rel, bool) {
	at := b.at(t)
	if kind != physical.Inner && kind != physical.LeftOuter {
		b.errorf(codeJoin, at, "a temporal join is an inner or a left join").WithHint("exchange the sides")
		return nil, false
	}
	r, ok := b.namedTable(ref.Name, ref.Hints, q)
	if !ok {
		return nil, false
	}
	r.place(b.at(ref.Name))
	if ref.Alias != nil {
		r = b.rename(r, ref.Alias)
		r.place(b.at(ref.Name))
	}
	b.indexes(r.node, q.ctes)
	time := q.exprsOver(b, l, "FOR SYSTEM_TIME AS OF").bind(ref.AsOf)
	if bad(time) {
		return nil, false
	}
	if _, isColumn := time.(*rex.Ref); !isColumn && time.Type().IsTimeAttr() {
		b.errorf(codeTime, b.at(ref.AsOf), "FOR SYSTEM_TIME AS OF wants a column of the left side, not an expression").
			WithHint("declare the column in the left table: p AS PROCTIME()")
		return nil, false
	}
	if !time.Type().IsTimeAttr() {
		if !b.batch() || !time.Type().IsTimestamp() {
			d := b.errorf(codeTime, b.at(ref.AsOf), "FOR SYSTEM_TIME AS OF wants a time attribute of the left side, but this is %s", time.Type())
			b.explainTime(d, l.node, time)
			return nil, false
		}
	}
	both := beside(l, r)
	j := &logical.TemporalJoin{Base: logical.Base{At: at}, Kind: kind, Left: l.node, Right: r.node, Time: time, RightName: sideName(r)}
	j.Fields = joinFields(kind, l.node, r.node)
	j.Hints = b.keyBy(t, l, j.RightName, q)
	both.node = &logical.Join{Left: l.node, Right: r.node, Base: logical.Base{Fields: joinFields(physical.Inner, l.node, r.node)}}
	switch {
	case t.On != nil:
		j.Cond = q.exprsOver(b, both, "ON").condition(t.On)
	case len(t.Using) > 0:
		u, fine := b.joinUsing(t, kind, l, r, at)
		if !fine {
			return nil, false
		}
		j.Cond = u.node.(*logical.Join).Cond
		u.node = j
		b.plainRight(j)
		return u, true
	}
	if j.Cond == nil {
		b.errorf(codeJoin, at, "a temporal join wants an equality on the key of %q", sideName(r)).WithHint("add ON o.key = %s.key", sideName(r))
		return nil, false
	}
	if bad(j.Cond) {
		return nil, false
	}
	if holds(j.Cond, subMark) {
		b.refuse(b.at(t.On), "a subquery in the condition of a temporal join")
		return nil, false
	}
	b.plainRight(j)
	both.node = j
	return both, true
}

// plainRight takes the time attributes from the right side's columns: only the left
// side's time goes on.
func (b *binder) plainRight(j *logical.TemporalJoin) {
	for i := len(j.Left.Schema()); i < len(j.Fields); i++ {
		j.Fields[i].Type = plainTime(j.Fields[i].Type)
	}
}

// keyBy gives the KEYBY clause of a join as the hint of that name.
func (b *binder) keyBy(t *syntax.Join, l *rel, right string, q queryEnv) []logical.Hint {
	if len(t.KeyBy) == 0 {
		return nil
	}
	h := logical.Hint{Name: "KEYBY", Values: []string{right}, Span: b.at(t.KeyBy[0])}
	for _, e := range t.KeyBy {
		x := q.exprsOver(b, l, "KEYBY").bind(e)
		r, isColumn := x.(*rex.Ref)
		switch {
		case bad(x):
		case !isColumn:
			b.errorf(codeJoin, b.at(e), "KEYBY wants columns of the left side, not an expression").WithHint("compute it in a subquery and name it there")
		default:
			h.Values = append(h.Values, l.node.Schema()[r.Index].Name)
		}
	}
	return []logical.Hint{h}
}
