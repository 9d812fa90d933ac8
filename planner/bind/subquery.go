package bind

import (
	"slices"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// subqueryKind tells what a subquery is asked for.
type subqueryKind uint8

const (
	scalarQuery subqueryKind = iota // the value of its one column in its one row
	existsQuery
	inQuery
	lateralQuery
)

// subquery is a query inside an expression, or a LATERAL one. Its tree refers to columns
// of the enclosing query through outerRef; corr are those columns, over the enclosing
// relation. The placeholder's arguments are lhs left operands of IN, then corr.
type subquery struct {
	id   int
	kind subqueryKind
	node logical.Node
	lhs  int
	op   string // of inQuery: how the left side compares with the rows; "=" for IN
	corr []rex.Expr
	at   diag.Span
}

// bindSubquery binds a query that sees the columns of x's relation; nil after a report.
func (x *exprs) bindSubquery(q syntax.Query, kind subqueryKind, at diag.Span) *subquery {
	b := x.b
	s := &subquery{id: len(b.subs), kind: kind, at: at}
	b.subs = append(b.subs, s)
	outer := *x
	s.node = b.query(q, queryEnv{outer: &outer, sub: s, ctes: x.ctes})
	if isUnknown(s.node) || slices.ContainsFunc(s.node.Schema(), func(f types.Field) bool { return f.Type.Kind == types.Invalid }) {
		return nil
	}
	return s
}

// correlated resolves a name in the enclosing query. The subquery keeps the column; its
// tree gets a reference to it.
func (x *exprs) correlated(ref *syntax.ColumnRef) (resolved, bool) {
	var res resolved
	ok := false
	if !x.outer.outerQualifier(ref) {
		res, ok = x.b.lookup(x.outer.in, ref)
	}
	if !ok && x.outer.outer != nil {
		res, ok = x.outer.correlated(ref)
	}
	if !ok || bad(res.expr) {
		return res, ok
	}
	s := x.sub
	slot := slices.IndexFunc(s.corr, func(e rex.Expr) bool { return rex.Equal(e, res.expr) })
	if slot < 0 {
		slot = len(s.corr)
		s.corr = append(s.corr, res.expr)
	}
	x.b.spans[res.expr] = x.b.at(ref)
	res.expr = &outerRef{sub: s, slot: slot, t: plainTime(res.expr.Type()), at: x.b.at(ref), name: ref.Parts[len(ref.Parts)-1].Name}
	return res, true
}

// outerQualifier reports whether a dotted name begins with a table of an enclosing query and
// with none of this one. That wins over a ROW column, or a field of one, of the same name.
func (x *exprs) outerQualifier(ref *syntax.ColumnRef) bool {
	qualifies := func(r *rel) bool {
		parts := make([]string, 0, 3)
		for _, p := range ref.Parts[:min(len(ref.Parts)-1, 3)] {
			if parts = append(parts, p.Name); r.find(parts) != nil {
				return true
			}
		}
		return false
	}
	if x.outer == nil || len(ref.Parts) < 2 || qualifies(x.in) || x.in.open {
		return false
	}
	for o := x.outer; o != nil; o = o.outer {
		if qualifies(o.in) {
			return true
		}
	}
	return false
}

func (x *exprs) stand(s *subquery, lhs []rex.Expr, t types.Type) rex.Expr {
	s.lhs = len(lhs)
	return placeholder(subMark, s.id, append(slices.Clone(lhs), s.corr...), t, s.at)
}

// scalar is (query) as a value.
func (x *exprs) scalar(e *syntax.Subquery) rex.Expr {
	at := x.b.at(e)
	s := x.bindSubquery(e.Query, scalarQuery, at)
	if s == nil {
		return invalid()
	}
	if n := len(s.node.Schema()); n != 1 {
		x.b.errorf(codeSubquery, at, "a subquery in place of a value has one column, this one has %d", n)
		return invalid()
	}
	return x.stand(s, nil, plainTime(s.node.Schema()[0].Type.Null()))
}

// exists is EXISTS (query).
func (x *exprs) exists(e *syntax.Exists) rex.Expr {
	s := x.bindSubquery(e.Query, existsQuery, x.b.at(e))
	if s == nil {
		return invalid()
	}
	return x.stand(s, nil, types.Bool.NotNull())
}

// inQuery is x [NOT] IN (query).
func (x *exprs) inQuery(e *syntax.In) rex.Expr {
	out := x.inSub(e.X, "=", e.Query, x.b.at(e))
	if e.Not && !bad(out) {
		return not(out)
	}
	return out
}

// inSub is left op ANY (query).
func (x *exprs) inSub(left syntax.Expr, op string, q syntax.Query, at diag.Span) rex.Expr {
	b := x.b
	operands := []syntax.Expr{left}
	if row, ok := left.(*syntax.Row); ok {
		operands = row.Items
	}
	lhs, ok := x.bindAll(operands)
	s := x.bindSubquery(q, inQuery, at)
	if !ok || s == nil {
		return invalid()
	}
	fields := s.node.Schema()
	if len(fields) != len(lhs) {
		b.errorf(codeSubquery, at, "subquery of IN has %s, the left side has %d", count(len(fields), "column"), len(lhs))
		return invalid()
	}
	nullable := false
	for i, l := range lhs {
		lt, rt := plainTime(l.Type()), plainTime(fields[i].Type)
		if _, ok := types.Comparable(lt, rt); !ok {
			b.errorf(codeOperands, at, "%s and %s cannot be compared", lt, rt).WithHint("%s", compareHint(lt, rt))
			return invalid()
		}
		nullable = nullable || lt.Nullable || rt.Nullable
	}
	s.op = op
	return x.stand(s, lhs, types.Bool.WithNull(nullable))
}

// opposites gives for each comparison the one that holds where it does not.
var opposites = map[string]string{"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}

// quantified is x op ANY|ALL (…): over a query, x op ALL is NOT (x opposite ANY); a list is
// spelled out.
func (x *exprs) quantified(e *syntax.Quantified) rex.Expr {
	b, at := x.b, x.b.at(e)
	if e.Query != nil {
		op := comparisonNames[e.Op]
		if opposites[op] == "" {
			b.errorf(codeOperands, at, "ANY and ALL go with = <> < <= > >=")
			return invalid()
		}
		if !e.All {
			return x.inSub(e.X, op, e.Query, at)
		}
		if in := x.inSub(e.X, opposites[op], e.Query, at); !bad(in) {
			return not(in)
		}
		return invalid()
	}
	op, ok := comparisonNames[e.Op]
	if !ok || len(e.List) == 0 {
		b.errorf(codeOperands, at, "ANY and ALL go with = <> < <= > >=")
		return invalid()
	}
	v := x.bind(e.X)
	list, fine := x.bindAll(e.List)
	if !fine || bad(v) {
		return invalid()
	}
	join := "OR"
	if e.All {
		join = "AND"
	}
	out := b.comparison(op, v, list[0], at)
	for _, it := range list[1:] {
		if bad(out) {
			break
		}
		out = b.logic(join, out, b.comparison(op, v, it, at), at)
	}
	return out
}

// isJoinable reports the conjuncts that are a semi or an anti join.
func isJoinable(b *binder, c rex.Expr) bool {
	call, _ := unwrapNot(c)
	p, i, ok := marked(call, subMark)
	if !ok || b.subs[i].kind == scalarQuery {
		return false
	}
	return !slices.ContainsFunc(p.Args, func(e rex.Expr) bool { return holds(e, subMark) })
}

func unwrapNot(e rex.Expr) (rex.Expr, bool) {
	negated := false
	for {
		c, ok := e.(*rex.Call)
		if !ok || c.Fn != "NOT" {
			return e, negated
		}
		e, negated = c.Args[0], !negated
	}
}

// semiJoin keeps the rows of r for which [NOT] IN or [NOT] EXISTS holds.
func (b *binder) semiJoin(r *rel, c rex.Expr) {
	call, negated := unwrapNot(c)
	p, i, _ := marked(call, subMark)
	s := b.subs[i]
	lhs, corr := p.Args[:s.lhs], p.Args[s.lhs:]
	pull, ok := b.pull(r.node, s, corr)
	if !ok {
		return
	}
	if pull.empty != nil {
		v := b.existsOrIn(r, s, lhs, corr)
		if bad(v) {
			return
		}
		if negated {
			v = not(v)
		}
		r.node = filterNode(r.node, v, s.at)
		return
	}
	width := len(r.node.Schema())
	var cond rex.Expr
	for _, pred := range pull.preds {
		cond = and(cond, b.overJoin(pred, corr, width))
	}
	for i, l := range lhs {
		eq := b.comparison(s.op, l, b.overJoin(pull.cols[i], corr, width), s.at)
		if negated && eq.Type().Nullable {
			// NOT IN is true only if every comparison is false: one that is unknown keeps the row out.
			eq = &rex.Call{Fn: "IS_NOT_FALSE", Args: []rex.Expr{eq}, T: types.Bool.NotNull(), Span: s.at}
		}
		cond = and(cond, eq)
	}
	kind := joinSemi
	if negated {
		kind = joinAnti
	}
	r.node = &logical.Join{Base: logical.Base{Fields: r.node.Schema(), At: s.at}, Kind: kind, Left: r.node, Right: pull.node, Cond: cond, LeftName: sideName(r)}
}

// existsOrIn joins a subquery of EXISTS or IN and gives its truth as a value.
func (b *binder) existsOrIn(r *rel, s *subquery, lhs, corr []rex.Expr) rex.Expr {
	if s.kind == existsQuery {
		return b.existsValue(r, s, corr)
	}
	return b.inValue(r, s, lhs, corr)
}

// overJoin brings an expression over a pulled subquery to left ++ right: its own columns
// move right, references to the enclosing query become the columns they mean.
func (b *binder) overJoin(e rex.Expr, corr []rex.Expr, width int) rex.Expr {
	return replace(e, func(e rex.Expr) (rex.Expr, bool) {
		switch e := e.(type) {
		case *rex.Ref:
			c := *e
			c.Index += width
			return &c, true
		case *outerRef:
			return corr[e.slot], true
		}
		return nil, false
	})
}

// attach joins the subqueries whose values e needs to r and puts their columns in place of
// the placeholders.
func (b *binder) attach(r *rel, e rex.Expr) (*rel, rex.Expr) {
	if !holds(e, subMark) {
		return r, e
	}
	out := *r
	v := replace(e, func(e rex.Expr) (rex.Expr, bool) {
		p, i, ok := marked(e, subMark)
		if !ok {
			return nil, false
		}
		args := make([]rex.Expr, len(p.Args))
		for j, a := range p.Args {
			var next *rel
			next, args[j] = b.attach(&out, a)
			out = *next
		}
		if s := b.subs[i]; s.kind != scalarQuery {
			return b.existsOrIn(&out, s, args[:s.lhs], args[s.lhs:]), true
		}
		return b.scalarValue(&out, b.subs[i], args), true
	})
	failed := false
	rex.Walk(v, func(e rex.Expr) bool { failed = failed || bad(e); return !failed })
	if failed {
		return &out, invalid()
	}
	return &out, v
}
