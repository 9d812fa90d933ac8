package bind

import (
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// lateralQuery binds LATERAL (query), which sees the items to its left, and joins it to
// them. t is the JOIN it stands in, nil for the comma.
func (b *binder) lateralQuery(d *syntax.Derived, q queryEnv, left *rel, kind physical.JoinKind, t *syntax.Join) (fromItem, bool) {
	at := b.at(d)
	x := q.exprsOver(b, left, "LATERAL")
	s := x.bindSubquery(d.Query, lateralQuery, at)
	if s == nil {
		return fromItem{}, false
	}
	p, ok := b.pull(left.node, s, s.corr)
	if !ok {
		return fromItem{}, false
	}
	right := b.rename(newRel(s.node, "", catalog.Path{}), d.Alias)
	right.place(at)
	if p.having != nil {
		b.refuse(at, "a correlated LATERAL query with HAVING").WithHint("filter its result with WHERE")
		return fromItem{}, false
	}
	names := beside(left, right)
	var on rex.Expr
	if t != nil && t.On != nil {
		names.node = &logical.Join{Left: left.node, Right: right.node, Base: logical.Base{Fields: joinFields(physical.Inner, left.node, right.node)}}
		on = q.exprsOver(b, names, "ON").condition(t.On)
		if bad(on) {
			return fromItem{}, false
		}
		if l, isLit := on.(*rex.Lit); isLit && l.Value == true {
			on = nil
		}
	}
	if on != nil && kind == physical.LeftOuter && holds(on, subMark) {
		b.refuse(b.at(t.On), "a subquery in the condition of a LEFT JOIN LATERAL")
		return fromItem{}, false
	}
	// An outer join's condition decides which rows match; an inner one's filters its result.
	var matching rex.Expr
	if kind == physical.LeftOuter {
		matching = on
	}
	out, ok := b.joinLateral(left, p, kind, s, right.node.Schema(), matching, at)
	if !ok {
		return fromItem{}, false
	}
	names.node = out.node
	if on != nil && kind != physical.LeftOuter {
		names = b.filter(names, retypeAll([]rex.Expr{on}, out.node)[0], b.at(t.On))
		if len(names.node.Schema()) > len(out.node.Schema()) {
			names.node = projectColumns(names.node, out.node.Schema(), at)
		}
	}
	return fromItem{rel: names, joined: true}, true
}

// unnest binds UNNEST(collection) [WITH ORDINALITY] and joins it to the items to its left.
func (b *binder) unnest(u *syntax.Unnest, q queryEnv, left *rel, kind physical.JoinKind) (fromItem, bool) {
	at := b.at(u)
	if !b.wholeSample(u.Sample) {
		return fromItem{}, false
	}
	if len(u.Args) != 1 {
		b.refuseToo(at, "UNNEST of several collections").WithHint("join one UNNEST for each")
		return fromItem{}, false
	}
	in := left
	if in == nil {
		in = emptyRel(at)
	}
	e := q.exprsOver(b, in, "UNNEST").bind(u.Args[0])
	if bad(e) {
		return fromItem{}, false
	}
	if holds(e, subMark) || holdsOuter(e) {
		b.refuse(b.at(u.Args[0]), "UNNEST of a value of another query")
		return fromItem{}, false
	}
	if !e.Type().In(types.Array, types.Map, types.Multiset) {
		b.errorf(codeUnnest, b.at(u.Args[0]), "UNNEST takes an ARRAY, a MAP or a MULTISET, but this is %s", plainTime(e.Type()))
		return fromItem{}, false
	}
	return b.unnestValue(e, in, u.Alias, u.Ordinality, kind, at)
}

// unnestValue joins the elements of a collection to the items to its left.
func (b *binder) unnestValue(e rex.Expr, in *rel, alias *syntax.TableAlias, ordinality bool, kind physical.JoinKind, at diag.Span) (fromItem, bool) {
	fields := elementFields(e.Type())
	if ordinality {
		fields = append(fields, types.Field{Name: "ORDINALITY", Type: types.Int32.NotNull()})
	}
	if kind == physical.LeftOuter {
		fields = nullable(fields)
	}
	n := &logical.Unnest{Base: logical.Base{At: at}, Input: in.node, Collection: e, Outer: kind == physical.LeftOuter, WithOrdinality: ordinality}
	if alias != nil && len(alias.Columns) == 0 && e.Type().In(types.Array, types.Multiset) && e.Type().Elem.Kind != types.Row {
		fields[0].Name = alias.Name.Name // UNNEST(a) AS x: the column is x too
	}
	right := &logical.Values{Base: logical.Base{Fields: fields, At: at}}
	names := newRel(right, "", catalog.Path{})
	if alias != nil {
		names = b.rename(names, alias)
	}
	names.place(at)
	n.Fields = append(append([]types.Field(nil), in.node.Schema()...), names.node.Schema()...)
	out := beside(in, names)
	out.node = n
	return fromItem{rel: out, joined: true}, true
}

// elementFields are the columns of an element: of a ROW its fields, of a map key and value.
func elementFields(t types.Type) []types.Field {
	one := func(e types.Type) []types.Field {
		if e.Kind == types.Row {
			var out []types.Field
			for _, f := range e.Fields {
				f.Type = f.Type.WithNull(f.Type.Nullable || e.Nullable)
				out = append(out, f)
			}
			return out
		}
		return []types.Field{{Name: "EXPR$0", Type: e}}
	}
	if t.Kind == types.Map {
		return []types.Field{{Name: "KEY", Type: *t.Key}, {Name: "VALUE", Type: *t.Elem}}
	}
	return one(*t.Elem)
}

// tableFunc binds a table function: the window functions, and those that a script created,
// which may use the items to the left.
func (b *binder) tableFunc(t *syntax.TableFunc, q queryEnv, left *rel, kind physical.JoinKind) (fromItem, bool) {
	at := b.at(t)
	if !b.wholeSample(t.Sample) {
		return fromItem{}, false
	}
	if windowed(t) {
		name := strings.ToUpper(t.Call.Name.Last().Name)
		r, fine := b.windowTVF(t, tvfKinds[name], name, q)
		return fromItem{rel: r}, fine
	}
	f := b.function(t.Call.Name)
	switch u := b.user(t.Call.Name); {
	case f == nil:
		return fromItem{}, false
	case f.Kind != catalog.TableFunction:
		b.errorf(codeFunctionUse, at, "%s gives a value, not a table", f.Name)
		return fromItem{}, false
	case u == nil:
		b.refuse(at, "table function "+f.Name)
		return fromItem{}, false
	case u.Language == "SQL":
		return b.sqlTable(t, u, q, left, kind)
	}
	in := left
	if in == nil {
		in = emptyRel(at)
	}
	x := q.exprsOver(b, in, "a table function")
	args, ok := x.args(t.Call.Args)
	if !ok {
		return fromItem{}, false
	}
	call := b.applyFunction(f, args, b.at(t.Call))
	if bad(call) {
		return fromItem{}, false
	}
	if holds(call, subMark) || holdsOuter(call) {
		b.refuse(at, "a table function over a value of another query")
		return fromItem{}, false
	}
	return b.unnestValue(call, in, t.Alias, false, kind, at)
}

// windowed reports a window table function.
func windowed(t *syntax.TableFunc) bool {
	_, ok := tvfKinds[strings.ToUpper(t.Call.Name.Last().Name)]
	return ok && len(t.Call.Name.Parts) == 1
}

// isUnit reports the one row without columns that SELECT without FROM reads.
func isUnit(n logical.Node) bool {
	v, ok := n.(*logical.Values)
	return ok && len(v.Rows) == 1 && len(v.Fields) == 0
}

// joinLateral joins a LATERAL query to the items on its left. The query is a pulled tree: its
// conditions become the join's, and columns it computes from the left side are computed
// after the join. on, over the left columns and those of the query, tells which of its rows match
// in an outer join; nil if all do.
func (b *binder) joinLateral(l *rel, p *pulled, kind physical.JoinKind, s *subquery, names []types.Field, on rex.Expr, at diag.Span) (*rel, bool) {
	if isUnit(p.node) && len(p.preds) == 0 {
		return matchedOnly(computedBeside(l, p, s, names, at), on, len(l.node.Schema()), at), true
	}
	keepEmpty := p.empty != nil && kind == physical.Inner
	node, mark := p.node, -1
	joinKind := kind
	if p.empty != nil {
		joinKind = physical.LeftOuter
	}
	needMark := p.empty != nil
	for _, c := range p.cols {
		if _, isRef := c.(*rex.Ref); !isRef && joinKind == physical.LeftOuter {
			needMark = true
		}
	}
	if needMark {
		var cols []int
		node, cols = b.withColumns(node, []rex.Expr{boolLit(true)}, at)
		mark = cols[0]
	}
	width := len(l.node.Schema())
	var cond rex.Expr
	for _, pred := range p.preds {
		cond = and(cond, b.overJoin(pred, s.corr, width))
	}
	if on != nil && p.empty == nil {
		cols := make([]rex.Expr, 0, width+len(p.cols))
		for i := range width {
			cols = append(cols, l.ref(i))
		}
		for _, c := range p.cols {
			cols = append(cols, b.overJoin(c, s.corr, width))
		}
		cond = and(cond, rex.Inline(on, cols))
		on = nil
	}
	j := &logical.Join{Base: logical.Base{At: at}, Kind: joinKind, Left: l.node, Right: node, Cond: cond, LeftName: sideName(l)}
	j.Fields = joinFields(joinKind, l.node, node)
	b.fromJoins[j] = true
	var exprs []rex.Expr
	var fields []types.Field
	for i, f := range j.Fields[:width] {
		exprs = append(exprs, refOf(j, i))
		fields = append(fields, f)
	}
	for i, c := range p.cols {
		v := retypeAll([]rex.Expr{b.overJoin(c, s.corr, width)}, j)[0]
		t := names[i].Type
		if kind == physical.LeftOuter {
			t = t.Null()
		}
		if mark >= 0 {
			var empty rex.Expr = nullLit(t)
			if keepEmpty || p.empty != nil {
				empty = b.overJoin(p.empty[i], s.corr, width)
			}
			v = caseOf([]rex.Expr{isNull(refOf(j, width+mark))}, []rex.Expr{empty, v}, t, at)
		}
		exprs = append(exprs, v)
		fields = append(fields, types.Field{Name: names[i].Name, Type: t})
	}
	out := &rel{node: &logical.Project{Base: logical.Base{Fields: fields, At: at}, Input: j, Exprs: exprs}}
	out.items, out.shown = l.items, slices.Clone(l.shown)
	return matchedOnly(out, on, width, at), true
}

// matchedOnly makes the columns from width on NULL where a condition does not hold: an outer join
// with a side of exactly one row.
func matchedOnly(r *rel, on rex.Expr, width int, at diag.Span) *rel {
	if on == nil {
		return r
	}
	on = retypeAll([]rex.Expr{on}, r.node)[0]
	n := &logical.Project{Base: logical.Base{Fields: slices.Clone(r.node.Schema()), At: at}, Input: r.node}
	for i := range n.Fields {
		v := rex.Expr(r.ref(i))
		if i >= width {
			t := n.Fields[i].Type.Null()
			n.Fields[i].Type = t
			v = caseOf([]rex.Expr{on}, []rex.Expr{v, nullLit(t)}, t, at)
		}
		n.Exprs = append(n.Exprs, v)
	}
	return &rel{node: n, items: r.items, shown: r.shown}
}

// computedBeside adds a LATERAL query that reads no table: only computed columns.
func computedBeside(l *rel, p *pulled, s *subquery, names []types.Field, at diag.Span) *rel {
	proj := &logical.Project{Base: logical.Base{Fields: slices.Clone(l.node.Schema()), At: at}, Input: l.node}
	for i := range l.node.Schema() {
		proj.Exprs = append(proj.Exprs, refOf(l.node, i))
	}
	for i, c := range p.cols {
		v := replace(c, func(e rex.Expr) (rex.Expr, bool) {
			if o, ok := e.(*outerRef); ok {
				return s.corr[o.slot], true
			}
			return nil, false
		})
		proj.Exprs = append(proj.Exprs, v)
		proj.Fields = append(proj.Fields, types.Field{Name: names[i].Name, Type: v.Type()})
	}
	return &rel{node: proj, items: l.items, shown: slices.Clone(l.shown)}
}
