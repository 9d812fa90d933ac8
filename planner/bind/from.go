package bind

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// from binds the FROM clause: the items of the comma list joined from left to right.
func (b *binder) from(s *syntax.Select, q queryEnv) *rel {
	if len(s.From) == 0 {
		return emptyRel(b.at(s))
	}
	var out *rel
	for _, t := range s.From {
		r := b.fromItem(t, q, out)
		if out == nil {
			out = r.rel
			continue
		}
		out = b.crossJoin(out, r, b.at(t))
	}
	b.uniqueItems(out, s)
	b.joinHints(out, s)
	return out
}

// fromItem binds an item of FROM; one that cannot be bound is unknown from then on.
func (b *binder) fromItem(t syntax.TableExpr, q queryEnv, left *rel) fromItem {
	r, ok := b.tableExpr(t, q, left)
	if !ok || r.rel == nil {
		return fromItem{rel: unknownRel(b.at(t))}
	}
	return r
}

// uniqueItems reports two items of one name.
func (b *binder) uniqueItems(r *rel, s *syntax.Select) {
	seen := map[string]*item{}
	for _, it := range r.items {
		if it.alias == "" {
			continue
		}
		if other := seen[it.alias]; other != nil && other.path == it.path {
			b.errorf(codeDuplicate, it.at(b, s), "table or alias %q stands twice in FROM", it.alias).
				WithHint("give one of them another alias")
		}
		seen[it.alias] = it
	}
}

func (it *item) at(b *binder, s *syntax.Select) diag.Span {
	if !it.span.IsZero() {
		return it.span
	}
	return b.at(s)
}

// fromItem is a bound item of FROM. One that uses the items to its left holds the whole
// join already.
type fromItem struct {
	*rel
	// joined: the relation includes the left side.
	joined bool
}

// tableExpr binds an item of FROM. left are the items before it, which LATERAL and UNNEST
// may use; nil at the start.
func (b *binder) tableExpr(t syntax.TableExpr, q queryEnv, left *rel) (fromItem, bool) {
	switch t := t.(type) {
	case *syntax.TableRef:
		r, ok := b.tableRef(t, q, left)
		return r, ok
	case *syntax.Join:
		return b.join(t, q, left)
	case *syntax.Derived:
		if !b.wholeSample(t.Sample) {
			return fromItem{}, false
		}
		if t.Lateral && left != nil {
			return b.lateralQuery(t, q, left, physical.Inner, nil)
		}
		r, ok := b.derived(t, q)
		return fromItem{rel: r}, ok
	case *syntax.TableFunc:
		return b.tableFunc(t, q, left, physical.Inner)
	case *syntax.Unnest:
		return b.unnest(t, q, left, physical.Inner)
	case *syntax.MatchRecognize:
		r, ok := b.matchRecognize(t, q)
		return fromItem{rel: r}, ok
	}
	b.refuse(b.at(t), fmt.Sprintf("this item of FROM (%T)", t))
	return fromItem{}, false
}

// wholeSample refuses TABLESAMPLE, but of 100 percent, which Flink takes too.
func (b *binder) wholeSample(s *syntax.Sample) bool {
	if s == nil {
		return true
	}
	if p, err := strconv.ParseFloat(s.Percent.Text, 64); err == nil && p == 100 {
		return true
	}
	b.refuseToo(b.at(s), "TABLESAMPLE").WithHint("filter with RAND() < 0.1")
	return false
}

// derived binds (query) AS alias.
func (b *binder) derived(t *syntax.Derived, q queryEnv) (*rel, bool) {
	// Without LATERAL the query does not see the other items, but the enclosing query.
	n := b.query(t.Query, q)
	r := newRel(n, "", catalog.Path{})
	if t.Alias != nil {
		r = b.rename(r, t.Alias)
	}
	r.place(b.at(t))
	return r, true
}

// place tells where the items of a relation stand.
func (r *rel) place(at diag.Span) {
	for _, it := range r.items {
		if it.span.IsZero() {
			it.span = at
		}
	}
}

// tableRef binds a named table: a WITH query, a view or a table.
func (b *binder) tableRef(t *syntax.TableRef, q queryEnv, left *rel) (fromItem, bool) {
	if !b.wholeSample(t.Sample) {
		return fromItem{}, false
	}
	if t.AsOf != nil {
		// Only the right side of a join is taken at a time; join has handled that.
		b.refuse(b.at(t.AsOf), "FOR SYSTEM_TIME AS OF outside of a join").
			WithHint("join it: FROM o JOIN t FOR SYSTEM_TIME AS OF o.ts ON …")
		return fromItem{}, false
	}
	r, ok := b.namedTable(t.Name, t.Hints, q)
	if !ok {
		return fromItem{}, false
	}
	r.place(b.at(t.Name))
	if t.Alias != nil {
		r = b.rename(r, t.Alias)
		r.place(b.at(t.Name))
		r.items[0].table = t.Name.Last().Name
		if s, isScan := r.node.(*logical.Scan); isScan {
			c := *s
			c.Alias = t.Alias.Name.Name
			r.node = &c
		}
	}
	return fromItem{rel: r}, true
}

// namedTable gives the relation of a name.
func (b *binder) namedTable(name syntax.QualifiedName, hints []*syntax.Hint, q queryEnv) (*rel, bool) {
	if len(name.Parts) == 1 {
		if c := q.ctes.find(name.Parts[0].Name); c != nil {
			n := b.cteNode(c)
			b.noOptions(hints, "a WITH query")
			return newRel(n, name.Parts[0].Name, catalog.Path{}), true
		}
	}
	t := b.table(name, q.ctes)
	if t == nil {
		return nil, false
	}
	if t.IsView() {
		n := b.viewNode(t, b.at(name))
		if n == nil {
			return nil, false
		}
		b.noOptions(hints, "a view")
		return newRel(n, t.Path.Name, t.Path), true
	}
	var s logical.Node
	var ok bool
	switch {
	case t.IsMix():
		s, ok = b.mixScan(t, name, hints)
	case t.IsHybrid():
		s, ok = b.hybridScan(t, name, hints)
	default:
		s, ok = b.scan(t, name, hints)
	}
	if !ok { // its columns are known all the same
		n := &logical.Values{Base: logical.Base{Fields: t.Schema().Fields, At: b.at(name)}}
		return newRel(n, t.Path.Name, t.Path), true
	}
	return newRel(s, t.Path.Name, t.Path), true
}

// table finds a table or view, or reports with the nearest name.
func (b *binder) table(name syntax.QualifiedName, ctes *cteScope) *catalog.Table {
	if len(name.Parts) > 3 {
		b.errorf(codeNoTable, b.at(name), "table name %s has %d parts; catalog.database.table has 3", name.String(), len(name.Parts))
		return nil
	}
	p := b.cat.Resolve(name.Strings()...)
	if t := b.cat.Table(p); t != nil {
		return t
	}
	if b.failed[p] || !b.namespace(name, p) {
		return nil
	}
	d := b.errorf(codeNoTable, b.at(name), "table %q not found", name.Last().Name)
	cands := ctes.names()
	for _, t := range b.cat.Tables(p.Catalog, p.Database) {
		cands = append(cands, t.Path.Name)
	}
	hintName(d, name.Last().Name, cands)
	if d.d.Hint == "" && len(cands) == 0 {
		d.WithHint("no table is declared yet; CREATE TABLE comes before its use")
	}
	return nil
}

// namespace checks that the catalog and database of a path exist.
func (b *binder) namespace(name syntax.QualifiedName, p catalog.Path) bool {
	at := b.at(name)
	if !slices.Contains(b.cat.Catalogs(), p.Catalog) {
		if len(name.Parts) == 3 {
			at = b.at(name.Parts[0])
		}
		hintName(b.errorf(codeNoNamespace, at, "catalog %q not found", p.Catalog), p.Catalog, b.cat.Catalogs())
		return false
	}
	if !b.cat.HasDatabase(p.Catalog, p.Database) {
		if len(name.Parts) >= 2 {
			at = b.at(name.Parts[len(name.Parts)-2])
		}
		hintName(b.errorf(codeNoNamespace, at, "database %q not found in catalog %q", p.Database, p.Catalog), p.Database, b.cat.Databases(p.Catalog))
		return false
	}
	return true
}

// scan reads a table, with the options of an OPTIONS hint.
func (b *binder) scan(t *catalog.Table, name syntax.QualifiedName, hints []*syntax.Hint) (*logical.Scan, bool) {
	at := b.at(name)
	used, options := t, maps.Clone(t.Options)
	for _, h := range hints {
		if strings.EqualFold(h.Name.Name, "OPTIONS") {
			used, options = b.dynamicOptions(t, h, options)
		}
	}
	caps, ok := b.capabilities(used, at)
	if !ok {
		return nil, false
	}
	c := b.env.Connectors.Connector(t.Connector())
	if !c.Source && !c.Lookup {
		b.errorf(codeCannotRead, at, "table %q cannot be read: connector %q only writes", t.Path.Name, c.Name)
		return nil, false
	}
	if b.batch() && c.Source && !caps.Bounded {
		b.errorf(codeUnbounded, at, "table %q never ends and cannot be read in batch mode", t.Path.Name).
			WithHint("%s", boundedHint(c))
		return nil, false
	}
	s := &logical.Scan{Table: t, Options: options, Caps: caps}
	s.At, s.Hints = at, b.hints(hints, tableHints)
	s.Fields = t.Schema().Fields
	if b.batch() {
		s.Fields = slices.Clone(s.Fields)
	}
	return s, true
}

// indexes binds the index tables of a table that is looked up.
func (b *binder) indexes(n logical.Node, ctes *cteScope) {
	switch n := n.(type) {
	case *logical.Project:
		b.indexes(n.Input, ctes)
	case *logical.Filter:
		b.indexes(n.Input, ctes)
	case *logical.Scan:
		names := n.Options["lookup.index.table"]
		if names == "" {
			return
		}
		for _, text := range strings.Split(names, ";") {
			base := syntax.Base{Pos: n.At}
			name := syntax.QualifiedName{Base: base}
			for _, part := range strings.Split(strings.TrimSpace(text), ".") {
				name.Parts = append(name.Parts, syntax.Ident{Base: base, Name: part})
			}
			t := b.table(name, ctes)
			if t == nil {
				continue
			}
			if t.IsView() {
				b.errorf(codeJoin, n.At, "index table %q of table %q is a view, which has no rows of its own", text, n.Table.Path.Name)
				continue
			}
			if s, ok := b.scan(t, name, nil); ok {
				n.Indexes = append(n.Indexes, s)
			}
		}
	}
}

// boundedHint says how a table of a connector is made bounded.
func boundedHint(c *catalog.Connector) string {
	for _, o := range c.Options {
		switch o.Name {
		case "scan.bounded.mode":
			return "set 'scan.bounded.mode' = 'latest-offset', or run as a stream"
		case "number-of-rows":
			return "set 'number-of-rows', or run as a stream"
		case "source.monitor-interval":
			return "leave 'source.monitor-interval' out, or run as a stream"
		}
	}
	return "run it as a stream"
}

// crossJoin puts an item of the comma list beside those before it.
func (b *binder) crossJoin(left *rel, right fromItem, at diag.Span) *rel {
	if right.joined {
		return right.rel
	}
	return b.joinRels(left, right.rel, physical.Inner, nil, at)
}

// joinRels joins two relations; the condition is over both.
func (b *binder) joinRels(l, r *rel, kind physical.JoinKind, cond *joinCond, at diag.Span) *rel {
	j := &logical.Join{Base: logical.Base{At: at}, Kind: kind, Left: l.node, Right: r.node, LeftName: sideName(l), RightName: sideName(r)}
	if cond != nil {
		j.Cond = cond.expr
	}
	j.Fields = joinFields(kind, l.node, r.node)
	b.fromJoins[j] = true
	out := beside(l, r)
	out.node = j
	return out
}

// beside gives the names of two relations whose columns stand side by side. The node is not set.
func beside(l, r *rel) *rel {
	width := len(l.node.Schema())
	out := &rel{open: l.open || r.open}
	out.items = append(out.items, l.items...)
	out.shown = append(out.shown, l.shown...)
	for _, it := range r.items {
		c := *it
		c.cols = slices.Clone(it.cols)
		for i := range c.cols {
			c.cols[i].index += width
		}
		out.items = append(out.items, &c)
	}
	for _, s := range r.shown {
		out.shown = append(out.shown, s.shift(width))
	}
	return out
}

// joinFields are the columns of a join: those of an outer side may be NULL.
func joinFields(kind physical.JoinKind, l, r logical.Node) []types.Field {
	lf, rf := l.Schema(), r.Schema()
	switch kind {
	case physical.Semi, physical.Anti:
		return lf
	case physical.LeftOuter:
		rf = nullable(rf)
	case physical.RightOuter:
		lf = nullable(lf)
	case physical.FullOuter:
		lf, rf = nullable(lf), nullable(rf)
	}
	return append(slices.Clone(lf), rf...)
}

// sideName is the name by which hints call a join's side: its only item's alias.
func sideName(r *rel) string {
	if len(r.items) == 1 {
		return r.items[0].alias
	}
	return ""
}
