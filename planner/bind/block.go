package bind

import (
	"fmt"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// block is one SELECT being bound: what its clauses have asked for besides plain
// expressions.
type block struct {
	b *binder
	// global: without GROUP BY there is one group, which may have no rows.
	global bool
	aggs   []*aggregateCall
	overs  []*overCall
	known  map[string]int // aggregates by what they compute
	window *groupWindow   // the legacy window of GROUP BY; nil = none
	// windowDefs are the named windows.
	windowDefs map[string]*syntax.WindowDef
	hints      []logical.Hint
}

func (k *block) addAggregate(a *aggregateCall) rex.Expr {
	text := a.String()
	i, ok := k.known[text]
	if !ok {
		i = len(k.aggs)
		k.aggs = append(k.aggs, a)
		k.known[text] = i
	}
	t := a.t
	if k.global {
		t = a.empty
	}
	return placeholder(aggMark, i, nil, t, a.at)
}

// output is one column of a SELECT.
type output struct {
	name string
	expr rex.Expr
	at   diag.Span
	open bool // stands for the columns of something unknown
}

// queryEnv is what a query sees of its surroundings.
type queryEnv struct {
	outer *exprs    // the enclosing query; nil at the top
	sub   *subquery // the subquery that this query is
	ctes  *cteScope
	top   bool // the query's rows are an output as they come
}

// exprsOver gives a binder of expressions over a relation of the query.
func (q queryEnv) exprsOver(b *binder, in *rel, clause string) *exprs {
	return &exprs{b: b, in: in, outer: q.outer, sub: q.sub, ctes: q.ctes, clause: clause}
}

// selected is a bound SELECT before ORDER BY: the node's first width columns are the
// result, those behind it only sort keys.
type selected struct {
	node  logical.Node
	width int
	keys  []rex.SortKey
}

// selectBlock binds one SELECT, together with the ORDER BY behind it, whose keys may
// be columns that the SELECT does not show.
func (b *binder) selectBlock(s *syntax.Select, q queryEnv, order []*syntax.SortItem) *selected {
	in := b.from(s, q)
	k := &block{b: b, known: map[string]int{}, windowDefs: b.windowDefs(s), global: s.GroupBy == nil, hints: b.hints(s.Hints, selectHints)}
	if s.Where != nil {
		wx := q.exprsOver(b, in, "WHERE")
		wx.aliases = aliasesOf(s)
		if c := wx.condition(s.Where); !bad(c) {
			in = b.filter(in, c, b.at(s.Where))
		}
	}
	b.settleTimes(in)
	gx := q.exprsOver(b, in, "GROUP BY")
	gx.aliases = aliasesOf(s)
	groups := b.groupBy(k, gx, s.GroupBy)

	x := q.exprsOver(b, in, "SELECT")
	x.block = k
	x.aliases = aliasesOf(s)
	outs := x.items(s.Items)
	var having, qualify rex.Expr
	if s.Having != nil {
		hx := *x
		hx.clause = "HAVING"
		having = hx.condition(s.Having)
	}
	if s.Qualify != nil {
		qx := *x
		qx.clause = "QUALIFY"
		qx.in = withAliases(in, outs)
		qualify = qx.condition(s.Qualify)
	}
	keys := x.orderKeys(order, outs, s.Distinct)
	if anyBad(outs, having, qualify, keys) || groups == nil || in.open {
		return standIn(outs, b.at(s))
	}

	r := in
	if s.GroupBy != nil || len(k.aggs) > 0 || having != nil {
		g, ok := b.aggregate(k, in, groups, b.at(s))
		if !ok {
			return standIn(outs, b.at(s))
		}
		r = &rel{node: g.node}
		renumber(outs, s.Items)
		rewrite := func(e rex.Expr) rex.Expr {
			if e == nil {
				return nil
			}
			return g.rewrite(e)
		}
		having, qualify = rewrite(having), rewrite(qualify)
		for i := range outs {
			outs[i].expr = rewrite(outs[i].expr)
		}
		for i := range keys {
			keys[i].expr = rewrite(keys[i].expr)
		}
		if anyBad(outs, having, qualify, keys) {
			return standIn(outs, b.at(s))
		}
		if having != nil {
			r = b.filter(r, having, b.at(s.Having))
		}
	}
	for i := range outs {
		r, outs[i].expr = b.attach(r, outs[i].expr)
	}
	if qualify != nil {
		r, qualify = b.attach(r, qualify)
	}
	for i := range keys {
		r, keys[i].expr = b.attach(r, keys[i].expr)
	}
	if anyBad(outs, having, qualify, keys) {
		return standIn(outs, b.at(s))
	}
	r = b.overs(k, r, outs, &qualify, keys)
	if qualify != nil {
		r = b.filter(r, qualify, b.at(s.Qualify))
	}
	return b.project(k, s, r, outs, keys)
}

func anyBad(outs []output, having, qualify rex.Expr, keys []sortKey) bool {
	for _, o := range outs {
		if bad(o.expr) {
			return true
		}
	}
	for _, k := range keys {
		if bad(k.expr) {
			return true
		}
	}
	return having != nil && bad(having) || qualify != nil && bad(qualify)
}

func aliasesOf(s *syntax.Select) map[string]bool {
	m := map[string]bool{}
	for _, it := range s.Items {
		if it.Alias != nil {
			m[it.Alias.Name] = true
		}
	}
	return m
}

// withAliases lets QUALIFY see the aliases of the SELECT where no column has the name.
func withAliases(in *rel, outs []output) *rel {
	r := *in
	for _, o := range outs {
		if !in.shows(o.name) && !bad(o.expr) {
			r.shown = append(r.shown[:len(r.shown):len(r.shown)], shown{name: o.name, index: -1, expr: o.expr})
		}
	}
	return &r
}

// items binds the select list; stars become columns.
func (x *exprs) items(items []*syntax.SelectItem) []output {
	var outs []output
	for _, it := range items {
		if star, ok := it.Expr.(*syntax.Star); ok {
			outs = append(outs, x.star(star)...)
			continue
		}
		e := x.bind(it.Expr)
		if !bad(e) && e.Type().Kind == types.Null {
			// Flink refuses a bare NULL, whose type nobody can know.
			x.b.errorf(codeLiteral, x.b.at(it.Expr), "NULL has no type here").WithHint("write CAST(NULL AS INT) or similar")
			e = invalid()
		}
		if !bad(e) && e.Type().In(types.Symbol, types.Descriptor) {
			x.b.errorf(codeArguments, x.b.at(it.Expr), "a time unit is not a value")
			e = invalid()
		}
		outs = append(outs, output{name: outputName(it, len(outs)), expr: e, at: x.b.at(it)})
	}
	return outs
}

// outputName is the alias, the name of a column or of a field reached by names alone, or EXPR$i.
func outputName(it *syntax.SelectItem, i int) string {
	if it.Alias != nil {
		return it.Alias.Name
	}
	switch e := it.Expr.(type) {
	case *syntax.ColumnRef:
		return e.Parts[len(e.Parts)-1].Name
	case *syntax.Call:
		if e.Form == syntax.CallBare {
			return e.Name.Last().Name
		}
	}
	return fmt.Sprintf("EXPR$%d", i)
}

// renumber gives the results of an aggregate without a name the numbers that Flink gives them: a column that is shown
// once more does not count.
func renumber(outs []output, items []*syntax.SelectItem) {
	if len(outs) != len(items) {
		return // with a star
	}
	again := 0
	seen := map[string]bool{}
	for i, it := range items {
		switch _, column := it.Expr.(*syntax.ColumnRef); {
		case it.Alias != nil:
		case column && seen[outs[i].name]:
			again++
		case column:
			seen[outs[i].name] = true
		case outs[i].name == fmt.Sprintf("EXPR$%d", i):
			outs[i].name = fmt.Sprintf("EXPR$%d", i-again)
		}
	}
}

// star expands * and t.*, also over the fields of a ROW column.
func (x *exprs) star(s *syntax.Star) []output {
	b, at := x.b, x.b.at(s)
	if s.Qualifier == nil {
		if x.in.open {
			return []output{{expr: invalid(), at: at, open: true}}
		}
		if len(x.in.items) == 0 {
			b.errorf(codeStar, at, "SELECT * wants a FROM clause")
			return []output{{expr: invalid(), at: at}}
		}
		var outs []output
		for _, it := range x.in.items {
			if !x.distinctColumns(it, at) {
				return []output{{expr: invalid(), at: at}}
			}
		}
		for _, c := range x.in.shown {
			outs = append(outs, output{name: c.name, expr: x.in.value(c), at: at})
			b.spans[outs[len(outs)-1].expr] = at
		}
		return outs
	}
	if it := x.in.find(s.Qualifier.Strings()); it != nil {
		if !x.distinctColumns(it, at) {
			return []output{{expr: invalid(), at: at}}
		}
		var outs []output
		for _, c := range it.cols {
			outs = append(outs, output{name: c.name, expr: x.in.ref(c.index), at: at})
			b.spans[outs[len(outs)-1].expr] = at
		}
		return outs
	}
	if x.in.open {
		return []output{{expr: invalid(), at: at, open: true}}
	}
	ref := &syntax.ColumnRef{Base: s.Qualifier.Base, Parts: s.Qualifier.Parts}
	if len(s.Qualifier.Parts) == 1 && !x.in.shows(s.Qualifier.Parts[0].Name) {
		d := b.errorf(codeNoTable, b.at(s.Qualifier), "table or column %q not found", s.Qualifier.Parts[0].Name)
		if hidden(d, x.in, s.Qualifier.Parts[0].Name) {
			return []output{{expr: invalid(), at: at}}
		}
		var cands []string
		for _, it := range x.in.items {
			cands = append(cands, it.alias)
		}
		hintName(d, s.Qualifier.Parts[0].Name, cands)
		return []output{{expr: invalid(), at: at}}
	}
	row := x.column(ref)
	if bad(row) {
		return []output{{expr: row, at: at}}
	}
	if row.Type().Kind != types.Row {
		b.errorf(codeStar, at, ".* takes the columns of a table or the fields of a ROW, but this is %s", row.Type())
		return []output{{expr: invalid(), at: at}}
	}
	var outs []output
	for i, f := range row.Type().Fields {
		t := f.Type.WithNull(f.Type.Nullable || row.Type().Nullable)
		outs = append(outs, output{name: f.Name, expr: &rex.Field{X: row, Index: i, T: t, Name: f.Name}, at: at})
	}
	return outs
}

// distinctColumns reports an item with two columns of one name, which * cannot tell apart.
func (x *exprs) distinctColumns(it *item, at diag.Span) bool {
	seen := map[string]bool{}
	for _, c := range it.cols {
		if seen[c.name] {
			x.b.errorf(codeAmbiguous, at, "column %q is ambiguous: the subquery has two of them", c.name).
				WithHint("give the columns of the subquery names of their own")
			return false
		}
		seen[c.name] = true
	}
	return true
}

// orderKeys binds ORDER BY of a SELECT: an alias or a number of the select list first,
// then any expression over FROM.
func (x *exprs) orderKeys(order []*syntax.SortItem, outs []output, distinct bool) []sortKey {
	var keys []sortKey
	ox := *x
	ox.clause = "ORDER BY"
	for _, o := range order {
		e := ox.orderKey(o, outs)
		if !bad(e) && e.Type().Kind == types.Variant {
			x.b.errorf(codeSort, x.b.at(o.Expr), "values of type VARIANT have no order")
			e = invalid()
		}
		if distinct && !bad(e) && !isOutput(e, outs) {
			x.b.errorf(codeSort, x.b.at(o.Expr), "ORDER BY of SELECT DISTINCT takes columns of the select list only")
			e = invalid()
		}
		keys = append(keys, newSortKey(e, o))
	}
	return keys
}

func isOutput(e rex.Expr, outs []output) bool {
	for _, o := range outs {
		if !bad(o.expr) && o.expr.String() == e.String() {
			return true
		}
	}
	return false
}

func (x *exprs) orderKey(o *syntax.SortItem, outs []output) rex.Expr {
	switch e := o.Expr.(type) {
	case *syntax.ColumnRef:
		if len(e.Parts) == 1 {
			for _, out := range outs {
				if out.name == e.Parts[0].Name {
					return out.expr
				}
			}
		}
	case *syntax.NumberLit:
		if n, ok := x.bind(e).(*rex.Lit); ok && e.Kind == syntax.Integer {
			i := n.Value.(int64)
			if i < 1 || int(i) > len(outs) {
				x.b.errorf(codeSort, x.b.at(e), "ORDER BY %d: the select list has %s", i, count(len(outs), "column"))
				return invalid()
			}
			return outs[i-1].expr
		}
	}
	// Inside an expression the names of the select list count too, before those of FROM.
	ox := *x
	ox.in = hidingAliases(x.in, outs)
	return ox.bind(o.Expr)
}

// hidingAliases lets the outputs of a SELECT hide columns of the same names.
func hidingAliases(in *rel, outs []output) *rel {
	r := *in
	r.shown = nil
	seen := map[string]bool{}
	for _, o := range outs {
		if !bad(o.expr) && !seen[o.name] {
			seen[o.name] = true
			r.shown = append(r.shown, shown{name: o.name, index: -1, expr: o.expr})
		}
	}
	for _, s := range in.shown {
		if !seen[s.name] {
			r.shown = append(r.shown, s)
		}
	}
	return &r
}

// project makes the result columns, with DISTINCT, and the columns of ORDER BY behind them.
func (b *binder) project(k *block, s *syntax.Select, r *rel, outs []output, keys []sortKey) *selected {
	exprs := make([]rex.Expr, 0, len(outs)+len(keys))
	fields := make([]types.Field, 0, len(outs)+len(keys))
	for _, o := range outs {
		exprs = append(exprs, o.expr)
		fields = append(fields, types.Field{Name: o.name, Type: o.expr.Type()})
	}
	out := &selected{width: len(outs)}
	for _, k := range keys {
		col := -1
		for i, e := range exprs {
			if e.String() == k.expr.String() {
				col = i
				break
			}
		}
		if col < 0 {
			col = len(exprs)
			exprs = append(exprs, k.expr)
			fields = append(fields, types.Field{Name: fmt.Sprintf("$sort%d", col), Type: k.expr.Type()})
		}
		out.keys = append(out.keys, rex.SortKey{Col: col, Desc: k.desc, NullsLast: k.nullsLast})
	}
	base := logical.Base{Fields: fields, At: b.at(s), Hints: k.hints}
	out.node = &logical.Project{Base: base, Input: r.node, Exprs: exprs}
	if s.Distinct {
		d := b.distinct(out.node, b.at(s))
		d.Hints = k.hints
		out.node = d
	}
	return out
}

// distinct keeps one of each row. Like every grouping without a window it leaves no
// order in time.
func (b *binder) distinct(n logical.Node, at diag.Span) *logical.Aggregate {
	a := &logical.Aggregate{Base: logical.Base{At: at}, Input: n}
	for i := range n.Schema() {
		a.Groups = append(a.Groups, i)
	}
	a.Fields = groupFields(n, a.Groups)
	return a
}

// groupFields are the columns of grouping keys: they keep a time attribute only if the
// keys hold a window.
func groupFields(n logical.Node, groups []int) []types.Field {
	start, end := windowColumns(n, groups)
	out := make([]types.Field, len(groups))
	for i, g := range groups {
		out[i] = n.Schema()[g]
		if start < 0 || end < 0 {
			out[i].Type = plainTime(out[i].Type)
		}
	}
	return out
}
