package bind

import (
	"fmt"
	"slices"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// topQuery binds a query that stands for itself: in a stream its ORDER BY without
// LIMIT must follow time.
func (b *binder) topQuery(q syntax.Query) logical.Node { return b.query(q, queryEnv{top: true}) }

// query binds a query. After a report the result, or some of its columns, are unknown; see
// unknown.
func (b *binder) query(q syntax.Query, env queryEnv) logical.Node {
	if n := b.queryBody(q, env); n != nil {
		return n
	}
	return &unknown{logical.Base{At: b.at(q)}}
}

// queryBody is query; nil if nothing is known of the result.
func (b *binder) queryBody(q syntax.Query, env queryEnv) logical.Node {
	top := env.top
	env.top = false
	switch q := q.(type) {
	case *syntax.QueryExpr:
		return b.queryExpr(q, env, top)
	case *syntax.Select:
		return b.selectBlock(q, env, nil).node
	case *syntax.SetOp:
		return b.setOp(q, env)
	case *syntax.Values:
		return b.values(q, env)
	case *syntax.TableQuery:
		r, ok := b.namedTable(q.Name, nil, env)
		if !ok {
			return nil
		}
		return r.node
	}
	b.refuse(b.at(q), fmt.Sprintf("this query (%T)", q))
	return nil
}

// queryExpr binds a query with WITH before it or ORDER BY and LIMIT behind it. Below the
// top an order without LIMIT means nothing and is left out.
func (b *binder) queryExpr(q *syntax.QueryExpr, env queryEnv, top bool) logical.Node {
	if q.With != nil {
		var ok bool
		if env.ctes, ok = b.with(q.With, env); !ok {
			return nil
		}
	}
	offset, fetch, ok := b.limits(q)
	s := b.orderable(q, env)
	if !ok || isUnknown(s.node) {
		return nil
	}
	if len(s.keys) == 0 && offset == 0 && fetch < 0 {
		return s.node
	}
	n := s.node
	if !top && offset == 0 && fetch < 0 {
		if s.width == len(n.Schema()) {
			return n
		}
		return projectColumns(n, n.Schema()[:s.width], b.at(q))
	}
	sort := &logical.Sort{Base: logical.Base{Fields: n.Schema(), At: b.sortSpan(q)}, Input: n, Keys: s.keys, Offset: offset, Fetch: fetch}
	if !b.batch() && len(s.keys) > 0 && fetch < 0 && !b.ordersByTime(sort, q) {
		return nil
	}
	if s.width == len(n.Schema()) {
		return sort
	}
	return projectColumns(sort, n.Schema()[:s.width], b.at(q))
}

func (b *binder) sortSpan(q *syntax.QueryExpr) diag.Span {
	var at diag.Span
	for _, o := range q.OrderBy {
		at = at.Join(b.at(o))
	}
	if q.Limit != nil {
		at = at.Join(b.at(q.Limit))
	}
	if q.Offset != nil {
		at = at.Join(b.at(q.Offset))
	}
	return at
}

// ordersByTime checks that a stream can be sorted without end: by an ascending rowtime
// or processing time first.
func (b *binder) ordersByTime(s *logical.Sort, q *syntax.QueryExpr) bool {
	k := s.Keys[0]
	f := s.Fields[k.Col]
	if f.Type.IsTimeAttr() && !k.Desc {
		return true
	}
	at := b.at(q.OrderBy[0])
	if f.Type.IsTimeAttr() {
		b.errorf(codeSort, at, "a stream cannot be sorted by time backwards: its last row never comes").WithHint("add LIMIT, or run it as a batch")
		return false
	}
	d := b.errorf(codeSort, at, "a stream can be sorted by a time attribute only, not by %s", f.Type)
	d.WithHint("add LIMIT, or run it as a batch")
	return false
}

// limits reads LIMIT, FETCH and OFFSET; fetch is -1 without.
func (b *binder) limits(q *syntax.QueryExpr) (offset, fetch int64, ok bool) {
	fetch, ok = -1, true
	read := func(e syntax.Expr, what string, to *int64) {
		if e == nil {
			return
		}
		l, known := b.constant(e)
		if known && l.T.IsInteger() && l.Value != nil && l.Value.(int64) >= 0 {
			*to = l.Value.(int64)
			return
		}
		b.errorf(codeLimit, b.at(e), "%s takes a whole number of rows", what)
		ok = false
	}
	read(q.Limit, "LIMIT", &fetch)
	read(q.Offset, "OFFSET", &offset)
	return offset, fetch, ok
}

// orderable binds the body of a query with its ORDER BY.
func (b *binder) orderable(q *syntax.QueryExpr, env queryEnv) *selected {
	if s, ok := q.Body.(*syntax.Select); ok {
		return b.selectBlock(s, env, q.OrderBy)
	}
	n := b.query(q.Body, env)
	out := &selected{node: n, width: len(n.Schema())}
	if len(q.OrderBy) == 0 || isUnknown(n) {
		return out
	}
	r := newRel(n, "", catalog.Path{})
	x := env.exprsOver(b, r, "ORDER BY")
	var outs []output
	for i, f := range n.Schema() {
		outs = append(outs, output{name: f.Name, expr: r.ref(i)})
	}
	var exprs []rex.Expr
	for _, o := range q.OrderBy {
		k := x.orderKey(o, outs)
		if bad(k) {
			return &selected{node: n, width: len(n.Schema())}
		}
		key := newSortKey(k, o)
		exprs = append(exprs, k)
		out.keys = append(out.keys, rex.SortKey{Desc: key.desc, NullsLast: key.nullsLast})
	}
	node, cols := b.withColumns(n, exprs, b.sortSpan(q))
	out.node = node
	for i := range out.keys {
		out.keys[i].Col = cols[i]
	}
	return out
}

// values binds VALUES: every column has the common type of its values.
func (b *binder) values(q *syntax.Values, env queryEnv) logical.Node {
	x := env.exprsOver(b, emptyRel(b.at(q)), "VALUES")
	var rows [][]rex.Expr
	ok, computed, queries := true, false, false
	for _, r := range q.Rows {
		row, fine := x.bindAll(r.Items)
		ok = ok && fine
		if len(rows) > 0 && len(row) != len(rows[0]) {
			b.errorf(codeArity, b.at(r), "row of VALUES has %s, the first row has %d", count(len(row), "value"), len(rows[0]))
			ok = false
			continue
		}
		for i, e := range row {
			computed = computed || !isLiteral(r.Items[i])
			queries = queries || fine && holds(e, subMark)
		}
		rows = append(rows, row)
	}
	if !ok {
		return nil
	}
	v := &logical.Values{Base: logical.Base{At: b.at(q)}, Rows: rows, Computed: computed}
	for c := range rows[0] {
		t, fine := b.valuesColumn(q, rows, c)
		ok = ok && fine
		v.Fields = append(v.Fields, types.Field{Name: fmt.Sprintf("EXPR$%d", c), Type: t})
	}
	if !ok {
		return nil
	}
	if queries {
		return b.unitedRows(v)
	}
	return v
}

// unitedRows is VALUES with subqueries: each row is a query of its own, whose subqueries are
// joined to one row without columns.
func (b *binder) unitedRows(v *logical.Values) logical.Node {
	out := &logical.Union{Base: v.Base}
	for _, row := range v.Rows {
		r := emptyRel(v.At)
		exprs := make([]rex.Expr, len(row))
		for i, e := range row {
			r, exprs[i] = b.attach(r, e)
		}
		if bad(exprs...) {
			return nil
		}
		out.In = append(out.In, &logical.Project{Base: v.Base, Input: r.node, Exprs: exprs})
	}
	if len(out.In) == 1 {
		return out.In[0]
	}
	return out
}

// isLiteral tells literals, with or without a sign.
func isLiteral(e syntax.Expr) bool {
	switch e := e.(type) {
	case *syntax.NumberLit, *syntax.StringLit, *syntax.BinaryLit, *syntax.BoolLit, *syntax.DatetimeLit, *syntax.IntervalLit:
		return true
	case *syntax.Unary:
		return (e.Op == syntax.Plus || e.Op == syntax.Neg) && isLiteral(e.X)
	}
	return false
}

// valuesColumn brings a column of VALUES to the common type of its values.
func (b *binder) valuesColumn(q *syntax.Values, rows [][]rex.Expr, c int) (types.Type, bool) {
	col := make([]rex.Expr, len(rows))
	at := make([]syntax.Expr, len(rows))
	for i, row := range rows {
		col[i], at[i] = row[c], q.Rows[i].Items[c]
		if col[i].Type().Kind == types.Null {
			b.errorf(codeLiteral, b.at(at[i]), "NULL has no type here").WithHint("write CAST(NULL AS INT) or similar")
			return types.Type{}, false
		}
	}
	ts := make([]types.Type, len(col))
	for i, e := range col {
		ts[i] = plainTime(e.Type())
	}
	t, ok := types.Common(ts...)
	if !ok {
		i := firstMisfit(ts)
		b.errorf(codeSetOp, b.at(at[i]), "column %d of VALUES is %s here and %s above", c+1, ts[i], ts[0]).WithHint("add a CAST")
		return t, false
	}
	for i := range col {
		rows[i][c] = b.to(col[i], t)
	}
	return t, true
}

var setOpNames = map[syntax.SetOpKind]string{syntax.Union: "UNION", syntax.Intersect: "INTERSECT", syntax.Except: "EXCEPT"}

// setOp binds UNION, INTERSECT and EXCEPT. A chain of one UNION ALL is one node.
func (b *binder) setOp(q *syntax.SetOp, env queryEnv) logical.Node {
	name := setOpNames[q.Op]
	var sides []syntax.Query
	if q.Op == syntax.Union && q.All {
		sides = unionSides(q, nil)
	} else {
		sides = []syntax.Query{q.L, q.R}
	}
	var in []logical.Node
	ok := true
	for _, s := range sides {
		n := b.query(s, env)
		ok = ok && !isUnknown(n)
		in = append(in, n)
	}
	if !ok {
		return nil
	}
	for i, n := range in[1:] {
		if len(n.Schema()) != len(in[0].Schema()) {
			b.errorf(codeArity, b.at(sides[i+1]), "this side of %s has %s, the first has %d", name, count(len(n.Schema()), "column"), len(in[0].Schema()))
			return nil
		}
	}
	fields := slices.Clone(in[0].Schema())
	for c := range fields {
		ts := make([]types.Type, len(in))
		for i, n := range in {
			ts[i] = n.Schema()[c].Type
		}
		if anyInvalid(ts...) {
			fields[c].Type = types.Type{Kind: types.Invalid}
			continue
		}
		t, fine := types.Common(ts...)
		if !fine {
			i := firstMisfit(ts)
			b.errorf(codeSetOp, b.itemSpan(sides[i], c), "column %d of %s is %s here and %s above", c+1, name, plainTime(ts[i]), plainTime(ts[0])).
				WithHint("add a CAST to one of them")
			ok = false
		}
		fields[c].Type = t
	}
	if !ok {
		return nil
	}
	for i, n := range in {
		in[i] = b.castColumns(n, fields, b.at(sides[i]))
	}
	base := logical.Base{Fields: fields, At: b.at(q)}
	switch q.Op {
	case syntax.Union:
		var n logical.Node = &logical.Union{Base: base, In: in}
		if !q.All {
			n = b.distinctPlain(n)
		}
		return n
	default:
		for i := range base.Fields {
			base.Fields[i].Type = plainTime(base.Fields[i].Type)
		}
		return &logical.SetOp{Base: base, Except: q.Op == syntax.Except, All: q.All, Left: in[0], Right: in[1]}
	}
}

// distinctPlain is DISTINCT of a set operation, whose rows come without order in time.
func (b *binder) distinctPlain(n logical.Node) logical.Node { return b.distinct(n, n.Span()) }

func unionSides(q *syntax.SetOp, out []syntax.Query) []syntax.Query {
	for _, s := range []syntax.Query{q.L, q.R} {
		if inner, ok := s.(*syntax.SetOp); ok && inner.Op == syntax.Union && inner.All {
			out = unionSides(inner, out)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// itemSpan places column c of a query: its select item if it is a plain SELECT.
func (b *binder) itemSpan(q syntax.Query, c int) diag.Span {
	if s, ok := q.(*syntax.Select); ok && c < len(s.Items) {
		for _, it := range s.Items[:c+1] {
			if _, star := it.Expr.(*syntax.Star); star {
				return b.at(it)
			}
		}
		return b.at(s.Items[c])
	}
	return b.at(q)
}

// castColumns brings a node's columns to other types, where they differ.
func (b *binder) castColumns(n logical.Node, fields []types.Field, at diag.Span) logical.Node {
	have := n.Schema()
	exprs := make([]rex.Expr, len(have))
	change := false
	for i := range have {
		r := refOf(n, i)
		t := fields[i].Type
		if have[i].Type.IsTimeAttr() && !t.IsTimeAttr() && have[i].Type.Same(t) {
			exprs[i] = r // an ordinary timestamp now; the value is the same
			change = true
			continue
		}
		exprs[i] = b.to(r, t)
		change = change || exprs[i] != rex.Expr(r)
	}
	if !change {
		return n
	}
	out := slices.Clone(fields)
	for i := range out {
		out[i].Name = have[i].Name
		out[i].Type = out[i].Type.WithNull(have[i].Type.Nullable)
	}
	return &logical.Project{Base: logical.Base{Fields: out, At: at}, Input: n, Exprs: exprs}
}

// uniqueNames gives result columns of one name a number: v, v0, v1, as Flink does.
func (b *binder) uniqueNames(n logical.Node) logical.Node {
	used := map[string]bool{}
	fields := slices.Clone(n.Schema())
	change := false
	for i, f := range fields {
		name := f.Name
		for j := 0; used[name]; j++ {
			name = f.Name + itoa(j)
		}
		used[name] = true
		if name != f.Name {
			change = true
			fields[i].Name = name
		}
	}
	if !change {
		return n
	}
	if p, ok := n.(*logical.Project); ok {
		c := *p
		c.Fields = fields
		return &c
	}
	return projectColumns(n, fields, n.Span())
}
