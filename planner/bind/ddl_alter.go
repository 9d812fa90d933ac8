package bind

import (
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/syntax"
)

// alter changes a table or a view. Tables are immutable: a changed copy takes its place.
func (b *binder) alter(s *syntax.Alter) {
	switch s.Kind {
	case syntax.ObjectTable, syntax.ObjectView:
	case syntax.ObjectDatabase:
		b.alterDatabase(s)
		return
	case syntax.ObjectCatalog:
		b.alterCatalog(s)
		return
	case syntax.ObjectModel:
		b.refuse(b.at(s), "ALTER MODEL")
		return
	default:
		b.refuse(b.at(s), "ALTER MATERIALIZED TABLE")
		return
	}
	p := b.cat.Resolve(s.Name.Strings()...)
	if b.cat.Table(p) == nil && s.IfExists {
		return
	}
	t := b.table(s.Name, nil)
	if t == nil {
		return
	}
	if t.IsView() != (s.Kind == syntax.ObjectView) {
		if t.IsView() {
			b.errorf(codeAlter, b.at(s.Name), "%q is a view", t.Path.Name).WithHint("write ALTER VIEW")
		} else {
			b.errorf(codeAlter, b.at(s.Name), "%q is a table", t.Path.Name).WithHint("write ALTER TABLE")
		}
		return
	}
	if t.IsView() && t.Temporary {
		b.errorf(codeAlter, b.at(s.Name), "view %q is temporary and cannot be altered", t.Path.Name).WithHint("declare it again: CREATE OR REPLACE TEMPORARY VIEW …")
		return
	}
	if r, ok := s.Action.(*syntax.RenameTo); ok {
		b.renameTable(t, r)
		return
	}
	if t.IsView() {
		b.alterView(t, s)
		return
	}
	d, ok := b.draftOf(t, b.at(s))
	if !ok || !b.alterDraft(d, t, s.Action) {
		return
	}
	if c := b.build(d); c != nil {
		c.Span = t.Span
		b.cat.Put(c)
		if b.declaredHere(t) {
			b.declared = append(b.declared, c)
			b.templates[t] = true // replaced: nothing to check any more
		}
	}
}

func (b *binder) renameTable(t *catalog.Table, r *syntax.RenameTo) {
	p, ok := b.newPath(r.Name)
	if !ok || !b.exists(p, r.Name, false, false) {
		return
	}
	c := *t
	c.Path = p
	b.cat.Drop(t.Path)
	b.cat.Put(&c)
	b.views[&c] = b.views[t]
	if b.views[t] == nil {
		delete(b.views, &c)
	}
	if b.declaredHere(t) {
		b.declared = append(b.declared, &c)
		b.templates[t] = true
	}
}

func (b *binder) alterView(t *catalog.Table, s *syntax.Alter) {
	q, ok := s.Action.(*syntax.SetQuery)
	if !ok {
		b.errorf(codeAlter, b.at(s), "a view can be renamed or given another query, nothing else")
		return
	}
	errs := b.errorsIn()
	n := b.query(q.Query, queryEnv{})
	if b.errorsIn() > errs {
		return
	}
	c := *t
	c.View, c.ViewCatalog, c.ViewDatabase, c.Columns = b.viewText(q.Query), b.cat.CurrentCatalog, b.cat.CurrentDatabase, nil
	for _, f := range b.uniqueNames(n).Schema() {
		c.Columns = append(c.Columns, catalog.Column{Name: f.Name, Type: f.Type})
	}
	b.cat.Put(&c)
	b.declared = append(b.declared, &c)
	b.views[&c] = &viewTree{query: q.Query}
}

// alterDraft applies one change to a draft.
func (b *binder) alterDraft(d *tableDraft, t *catalog.Table, a syntax.AlterAction) bool {
	switch a := a.(type) {
	case *syntax.SetOptions:
		values, spans := b.options(a.Options)
		for k, v := range values {
			d.options[k], d.spans[k] = v, spans[k]
		}
		return true
	case *syntax.ResetOptions:
		return b.resetOptions(d, a)
	case *syntax.RenameColumn:
		return b.renameColumn(d, a)
	case *syntax.DropColumns:
		return b.dropColumns(d, a)
	case *syntax.AlterElements:
		return b.alterElements(d, a)
	case *syntax.DropConstraint:
		if d.key == nil || a.Name != nil && a.Name.Name != keyName(d.keyName, identNames(d.key)) {
			e := b.errorf(codeAlter, b.at(a), "table %q has no such primary key", t.Path.Name)
			if d.key != nil {
				e.WithHint("its name is %q", keyName(d.keyName, identNames(d.key)))
			}
			return false
		}
		d.key, d.keyName = nil, ""
		return true
	case *syntax.DropWatermark:
		if d.watermark == nil {
			b.errorf(codeAlter, b.at(a), "table %q has no watermark", t.Path.Name)
			return false
		}
		d.watermark = nil
		return true
	case *syntax.DropDistribution:
		if d.distribution == "" {
			b.errorf(codeAlter, b.at(a), "table %q has no distribution", t.Path.Name)
			return false
		}
		d.distribution = ""
		return true
	case *syntax.AddPartitions, *syntax.DropPartitions:
		b.refuse(b.at(a), "ALTER TABLE of partitions").WithHint("partitions of files come and go with their directories")
		return false
	}
	b.refuse(b.at(a), "this change of a table")
	return false
}

func (b *binder) resetOptions(d *tableDraft, a *syntax.ResetOptions) bool {
	ok := true
	for _, k := range a.Keys {
		if k.Value == "connector" {
			b.errorf(codeAlter, b.at(k), "option 'connector' cannot be reset")
			ok = false
			continue
		}
		delete(d.options, k.Value)
		delete(d.spans, k.Value)
	}
	return ok
}

func identNames(ids []syntax.Ident) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.Name
	}
	return out
}

// keyName is the name of a primary key: the one given, or Flink's PK_a_b.
func keyName(given string, columns []string) string {
	if given != "" {
		return given
	}
	return "PK_" + strings.Join(columns, "_")
}

// alterColumn finds a column that ALTER names.
func (b *binder) alterColumn(d *tableDraft, name syntax.QualifiedName) (int, bool) {
	if len(name.Parts) > 1 {
		b.refuse(b.at(name), "ALTER of a nested field")
		return 0, false
	}
	i := d.column(name.Parts[0].Name)
	if i < 0 {
		names := make([]string, len(d.columns))
		for j, c := range d.columns {
			names[j] = c.Name
		}
		hintName(b.errorf(codeNoColumn, b.at(name), "column %q not found in table %q", name.Parts[0].Name, d.path.Name), name.Parts[0].Name, names)
		return 0, false
	}
	return i, true
}

// users reports what else in the table uses a column that is to go or change its name.
func (b *binder) users(d *tableDraft, name string, at diag.Span, going map[string]bool) bool {
	fail := func(what string) bool {
		b.errorf(codeAlter, at, "column %q is used by %s", name, what)
		return false
	}
	if slices.ContainsFunc(d.key, func(k syntax.Ident) bool { return k.Name == name }) {
		return fail("the primary key")
	}
	if slices.ContainsFunc(d.partition, func(k syntax.Ident) bool { return k.Name == name }) {
		return fail("PARTITIONED BY")
	}
	if d.watermark != nil && (d.watermark.column.Name == name || mentions(d.watermark.expr, name)) {
		return fail("the watermark")
	}
	for _, c := range d.columns {
		if c.expr != nil && !going[c.Name] && mentions(c.expr, name) {
			return fail("computed column \"" + c.Name + "\"")
		}
	}
	return true
}

// mentions reports whether an expression names a column.
func mentions(e syntax.Expr, name string) bool {
	found := false
	syntax.Walk(e, func(n syntax.Node) bool {
		if r, ok := n.(*syntax.ColumnRef); ok && r.Parts[0].Name == name {
			found = true
		}
		return !found
	})
	return found
}

func (b *binder) renameColumn(d *tableDraft, a *syntax.RenameColumn) bool {
	i, ok := b.alterColumn(d, a.From)
	if !ok {
		return false
	}
	to := a.To.Last().Name
	if d.column(to) >= 0 {
		b.errorf(codeExists, b.at(a.To), "column %q exists already in table %q", to, d.path.Name)
		return false
	}
	old := d.columns[i].Name
	rename := func(list []syntax.Ident) {
		for j, k := range list {
			if k.Name == old {
				list[j].Name = to
			}
		}
	}
	key := d.key
	d.key = nil // a key column may be renamed; the key follows
	if !b.users(d, old, b.at(a.From), nil) {
		return false
	}
	d.key = key
	rename(d.key)
	d.columns[i].Name = to
	return true
}

func (b *binder) dropColumns(d *tableDraft, a *syntax.DropColumns) bool {
	going := map[string]bool{}
	ok := true
	for _, name := range a.Columns {
		i, found := b.alterColumn(d, name)
		if !found {
			ok = false
			continue
		}
		going[d.columns[i].Name] = true
	}
	for _, name := range a.Columns {
		if going[name.Parts[0].Name] {
			ok = b.users(d, name.Parts[0].Name, b.at(name), going) && ok
		}
	}
	d.columns = slices.DeleteFunc(d.columns, func(c columnDraft) bool { return going[c.Name] })
	return ok
}

// alterElements is ADD (…) and MODIFY (…).
func (b *binder) alterElements(d *tableDraft, a *syntax.AlterElements) bool {
	ok := true
	for _, c := range a.Columns {
		ok = b.changeColumn(d, a, c) && ok
	}
	for _, c := range a.Constraints {
		switch {
		case a.Modify && d.key == nil:
			b.errorf(codeAlter, b.at(c), "table %q has no primary key to modify", d.path.Name).WithHint("write ADD")
			ok = false
			continue
		case a.Modify:
			d.key = nil
		}
		ok = b.draftKey(d, c) && ok
	}
	for _, w := range a.Watermarks {
		if (d.watermark != nil) != a.Modify {
			verb := map[bool]string{true: "no watermark to modify", false: "a watermark already"}[a.Modify]
			b.errorf(codeAlter, b.at(w), "table %q has %s", d.path.Name, verb)
			ok = false
			continue
		}
		ok = b.draftWatermark(d, w) && ok
	}
	if a.Distribution != nil {
		d.distribution = distributionText(a.Distribution)
	}
	return ok
}

func (b *binder) changeColumn(d *tableDraft, a *syntax.AlterElements, c *syntax.ColumnChange) bool {
	if len(c.Name.Parts) > 1 {
		b.refuse(b.at(c.Name), "ALTER of a nested field")
		return false
	}
	cd, ok := b.draftColumn(c.Column)
	if !ok {
		return false
	}
	at := d.column(cd.Name)
	switch {
	case a.Modify && at < 0:
		_, found := b.alterColumn(d, c.Name)
		return found
	case !a.Modify && at >= 0:
		b.errorf(codeExists, b.at(c.Name), "column %q exists already in table %q", cd.Name, d.path.Name).WithHint("write MODIFY to change it")
		return false
	case a.Modify:
		if cd.Comment == "" {
			cd.Comment = d.columns[at].Comment
		}
		d.columns[at] = cd
		if !c.First && c.After == nil {
			return b.inlineKey(d, c)
		}
		d.columns = slices.Delete(d.columns, at, at+1)
	}
	to := len(d.columns)
	switch {
	case c.First:
		to = 0
	case c.After != nil:
		i, found := b.alterColumn(d, *c.After)
		if !found {
			return false
		}
		to = i + 1
	}
	d.columns = slices.Insert(d.columns, to, cd)
	return b.inlineKey(d, c)
}

// inlineKey takes a PRIMARY KEY written behind a column.
func (b *binder) inlineKey(d *tableDraft, c *syntax.ColumnChange) bool {
	k := c.Column.Constraint
	if k == nil {
		return true
	}
	return b.draftKey(d, &syntax.Constraint{Base: k.Base, Name: k.Name, Kind: k.Kind, Columns: []syntax.Ident{c.Column.Name}, Enforcement: k.Enforcement})
}
