package bind

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// rel is a relation under construction: a node, and the names its columns go by.
// Steps append columns to the node (a subquery's value, an OVER result) without
// giving them names, so numbers handed out before stay right.
type rel struct {
	node  logical.Node
	items []*item
	shown []shown
	// open: some columns are not known, after an error; see unknown.
	open bool
}

// item is one item of FROM, for qualified names and t.*.
type item struct {
	alias string
	path  catalog.Path // of a table without an alias, else zero
	cols  []itemCol
	span  diag.Span
	table string // the table's own name, which the alias hides
}

// itemCol is a named column of the relation's node.
type itemCol struct {
	name  string
	index int
}

// shown is what an unqualified name sees, in the order of `*`. It is a column, or
// the merged column of JOIN … USING.
type shown struct {
	name  string
	index int      // -1 for a merged column
	expr  rex.Expr // of a merged column
	from  string   // the item's alias, for messages
}

// newRel makes the relation of a single item.
func newRel(n logical.Node, alias string, path catalog.Path) *rel {
	it := &item{alias: alias, path: path}
	r := &rel{node: n, items: []*item{it}, open: isUnknown(n)}
	for i, f := range n.Schema() {
		it.cols = append(it.cols, itemCol{f.Name, i})
		r.shown = append(r.shown, shown{name: f.Name, index: i, from: alias})
	}
	return r
}

// emptyRel is what SELECT without FROM reads: one row without columns.
func emptyRel(at diag.Span) *rel {
	return &rel{node: &logical.Values{Base: logical.Base{At: at}, Rows: [][]rex.Expr{{}}}}
}

// ref refers to a column of the relation's node.
func (r *rel) ref(i int) *rex.Ref { return refOf(r.node, i) }

func refOf(n logical.Node, i int) *rex.Ref {
	f := n.Schema()[i]
	return &rex.Ref{Index: i, T: f.Type, Name: f.Name}
}

// value is the expression of a shown column.
func (r *rel) value(s shown) rex.Expr {
	if s.index >= 0 {
		return r.ref(s.index)
	}
	return s.expr
}

// find gives the item that a qualifier names: an alias, or table, database.table or
// catalog.database.table for a table without one.
func (r *rel) find(qualifier []string) *item {
	for _, it := range r.items {
		if len(qualifier) == 1 {
			if it.alias == qualifier[0] {
				return it
			}
			continue
		}
		full := []string{it.path.Catalog, it.path.Database, it.path.Name}
		if it.path.Name != "" && len(qualifier) <= 3 && slices.Equal(full[3-len(qualifier):], qualifier) {
			return it
		}
	}
	return nil
}

func (it *item) columns(name string) []itemCol {
	var out []itemCol
	for _, c := range it.cols {
		if c.name == name {
			out = append(out, c)
		}
	}
	return out
}

// resolved is a name found in a scope: the column, and how many parts of the name it took.
type resolved struct {
	expr  rex.Expr
	taken int
}

// lookup finds the column a dotted name starts with. found is false if the scope has no
// such name; an ambiguous name is reported and found with the invalid value.
func (b *binder) lookup(r *rel, ref *syntax.ColumnRef) (res resolved, found bool) {
	parts := make([]string, len(ref.Parts))
	for i, p := range ref.Parts {
		parts[i] = p.Name
	}
	// A qualifier wins over a ROW column of the same name, as in Flink.
	for n := min(len(parts)-1, 3); n > 0; n-- {
		it := r.find(parts[:n])
		if it == nil {
			continue
		}
		switch cols := it.columns(parts[n]); len(cols) {
		case 1:
			return resolved{r.ref(cols[0].index), n + 1}, true
		case 0:
			if n > 1 || r.shows(parts[0]) {
				continue
			}
			if r.open {
				return resolved{invalid(), len(parts)}, true
			}
			b.noColumnIn(it, ref.Parts[n])
			return resolved{invalid(), len(parts)}, true
		default:
			b.errorf(codeAmbiguous, b.at(ref), "column %q of %q is ambiguous", parts[n], it.alias).
				WithHint("give the columns of the subquery names of their own")
			return resolved{invalid(), len(parts)}, true
		}
	}
	var hits []shown
	for _, s := range r.shown {
		if s.name == parts[0] {
			hits = append(hits, s)
		}
	}
	switch len(hits) {
	case 0:
		if res, ok := r.peek(parts[0]); ok || !r.open {
			return res, ok
		}
		return resolved{invalid(), len(parts)}, true
	case 1:
		return resolved{r.value(hits[0]), 1}, true
	}
	b.ambiguous(ref, parts[0], hits)
	return resolved{invalid(), len(parts)}, true
}

// peek finds a name among the fields of ROW columns, which Flink sees through. It is taken
// only if a single field has it, the outermost ones first.
func (r *rel) peek(name string) (resolved, bool) {
	var level []rex.Expr
	for _, s := range r.shown {
		if v := r.value(s); v.Type().Kind == types.Row {
			level = append(level, v)
		}
	}
	for len(level) > 0 {
		var hits, next []rex.Expr
		for _, row := range level {
			t := row.Type()
			for i, f := range t.Fields {
				e := &rex.Field{X: row, Index: i, T: f.Type.WithNull(f.Type.Nullable || t.Nullable), Name: f.Name}
				if f.Name == name {
					hits = append(hits, e)
				}
				if f.Type.Kind == types.Row {
					next = append(next, e)
				}
			}
		}
		if len(hits) > 0 {
			return resolved{hits[0], 1}, len(hits) == 1
		}
		level = next
	}
	return resolved{}, false
}

func (r *rel) shows(name string) bool {
	return slices.ContainsFunc(r.shown, func(s shown) bool { return s.name == name })
}

func (b *binder) ambiguous(ref *syntax.ColumnRef, name string, hits []shown) {
	var full []string
	for _, h := range hits {
		if h.from != "" {
			full = append(full, fmt.Sprintf("%q", h.from+"."+name))
		}
	}
	d := b.errorf(codeAmbiguous, b.at(ref), "column %q is ambiguous", name)
	slices.Sort(full)
	if full = slices.Compact(full); len(full) > 1 {
		d.WithHint("write %s", strings.Join(full, " or "))
	} else {
		d.WithHint("give the columns of the subquery names of their own")
	}
}

func (b *binder) noColumnIn(it *item, name syntax.Ident) {
	d := b.errorf(codeNoColumn, b.at(name), "column %q not found in table %q", name.Name, it.alias)
	cands := make([]string, len(it.cols))
	for i, c := range it.cols {
		cands[i] = c.name
	}
	hintName(d, name.Name, cands)
}

// noColumn reports a name that no scope knows.
func (b *binder) noColumn(x *exprs, ref *syntax.ColumnRef) {
	name := ref.Parts[0]
	if len(ref.Parts) > 1 {
		d := b.errorf(codeNoTable, b.at(name), "table or column %q not found", name.Name)
		if hidden(d, x.in, name.Name) {
			return
		}
		var cands []string
		for s := x; s != nil; s = s.outer {
			for _, it := range s.in.items {
				cands = append(cands, it.alias)
			}
			cands = append(cands, s.in.names()...)
		}
		hintName(d, name.Name, cands)
		return
	}
	where := ""
	if len(x.in.items) == 1 && x.in.items[0].alias != "" {
		where = fmt.Sprintf(" in table %q", x.in.items[0].alias)
	}
	d := b.errorf(codeNoColumn, b.at(name), "column %q not found%s", name.Name, where)
	if x.aliases[name.Name] && x.clause == computedClause {
		d.WithHint("%q is computed too; a computed column sees physical and metadata columns only", name.Name)
		return
	}
	if x.aliases[name.Name] {
		d.WithHint("%q is an alias of this SELECT; %s cannot see it: repeat the expression, or use a subquery.", name.Name, x.clause)
		return
	}
	var cands []string
	for s := x; s != nil; s = s.outer {
		cands = append(cands, s.in.names()...)
	}
	hintName(d, name.Name, cands)
}

// hidden explains a qualifier that is a table's name where the table has an alias.
func hidden(d report, r *rel, name string) bool {
	for _, it := range r.items {
		if it.table == name && it.alias != name {
			d.WithHint("the table is called %q here", it.alias)
			return true
		}
	}
	return false
}

func (r *rel) names() []string {
	out := make([]string, 0, len(r.shown))
	for _, s := range r.shown {
		out = append(out, s.name)
	}
	return out
}

// count is "1 column", "2 columns".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return itoa(n) + " " + noun + "s"
}

// rename gives the relation one item under an alias, and its columns new names.
func (b *binder) rename(r *rel, alias *syntax.TableAlias) *rel {
	if alias == nil {
		return r
	}
	n := r.node
	if r.open && len(alias.Columns) > 0 {
		fields := make([]types.Field, len(alias.Columns))
		for i, c := range alias.Columns {
			fields[i] = types.Field{Name: c.Name, Type: types.Type{Kind: types.Invalid}}
		}
		n = &logical.Values{Base: logical.Base{Fields: fields, At: b.at(alias)}}
	} else if len(alias.Columns) > 0 {
		have := n.Schema()
		if len(alias.Columns) != len(have) {
			b.errorf(codeArity, b.at(alias), "table alias %q names %s, but the table has %d",
				alias.Name.Name, count(len(alias.Columns), "column"), len(have))
		}
		fields := slices.Clone(have)
		seen := map[string]bool{}
		for i, c := range alias.Columns {
			if seen[c.Name] {
				b.errorf(codeDuplicate, b.at(c), "column %q is named twice in table alias %q", c.Name, alias.Name.Name)
			}
			seen[c.Name] = true
			if i < len(fields) {
				fields[i].Name = c.Name
			}
		}
		n = projectColumns(n, fields, b.at(alias))
	}
	return newRel(n, alias.Name.Name, catalog.Path{})
}

// projectColumns gives a node's columns other names or types of the same values.
func projectColumns(n logical.Node, fields []types.Field, at diag.Span) logical.Node {
	exprs := make([]rex.Expr, len(fields))
	for i := range fields {
		exprs[i] = refOf(n, i)
	}
	return &logical.Project{Base: logical.Base{Fields: fields, At: at}, Input: n, Exprs: exprs}
}

// nullable gives the fields with NULL, as the outer side of a join has them.
func nullable(fields []types.Field) []types.Field {
	out := slices.Clone(fields)
	for i := range out {
		out[i].Type = out[i].Type.Null()
	}
	return out
}
