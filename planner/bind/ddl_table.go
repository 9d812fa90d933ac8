package bind

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// ddl runs a statement that changes the catalog; false if s is none.
func (b *binder) ddl(s syntax.Stmt) bool {
	switch s := s.(type) {
	case *syntax.CreateTable:
		b.createTable(s)
	case *syntax.CreateView:
		b.createView(s)
	case *syntax.CreateCatalog:
		b.createCatalog(s)
	case *syntax.CreateDatabase:
		b.createDatabase(s)
	case *syntax.CreateFunction:
		b.createFunction(s)
	case *syntax.AlterFunction:
		b.alterFunction(s)
	case *syntax.CreateModel:
		b.refuse(b.at(s), "CREATE MODEL")
	case *syntax.CreateMaterializedTable:
		b.refuse(b.at(s), "CREATE MATERIALIZED TABLE")
	case *syntax.Drop:
		b.drop(s)
	case *syntax.Alter:
		b.alter(s)
	default:
		return false
	}
	b.changed()
	return true
}

// newPath resolves the name of an object to create.
func (b *binder) newPath(name syntax.QualifiedName) (catalog.Path, bool) {
	if len(name.Parts) > 3 {
		b.errorf(codeNoTable, b.at(name), "name %s has %d parts; catalog.database.table has 3", name.String(), len(name.Parts))
		return catalog.Path{}, false
	}
	p := b.cat.Resolve(name.Strings()...)
	return p, b.namespace(name, p)
}

// exists handles an object that is there already: false means that nothing is left to do.
func (b *binder) exists(p catalog.Path, name syntax.QualifiedName, ifNotExists, replace bool) bool {
	t := b.cat.Table(p)
	if t == nil || replace {
		return true
	}
	if !ifNotExists {
		what := "table"
		if t.IsView() {
			what = "view"
		}
		d := b.errorf(codeExists, b.at(name), "%s %q exists already", what, p.Name).WithHint("drop it first, or add IF NOT EXISTS")
		if b.declaredHere(t) && !t.Span.IsZero() {
			d.related(t.Span, "it is created here")
		}
	}
	return false
}

// declare puts a table of this script into the catalog.
func (b *binder) declare(t *catalog.Table) {
	b.cat.Put(t)
	b.declared = append(b.declared, t)
}

// noteFailure remembers a name that a CREATE did not fill.
func (b *binder) noteFailure(p catalog.Path) { b.failed[p] = b.cat.Table(p) == nil }

func (b *binder) createTable(s *syntax.CreateTable) {
	p, ok := b.newPath(s.Name)
	if !ok || !b.exists(p, s.Name, s.IfNotExists, s.OrReplace) {
		return
	}
	defer b.noteFailure(p)
	d := &tableDraft{path: p, temporary: s.Temporary, at: b.at(s.Name.Last())}
	d.options, d.spans = b.options(s.Options)
	if s.Comment != nil {
		d.comment = s.Comment.Value
	}
	var query logical.Node
	if s.Query != nil {
		errs := b.errorsIn()
		if query = b.query(s.Query, queryEnv{}); b.errorsIn() > errs {
			return
		}
		query = b.uniqueNames(query)
	}
	ok = b.draftElements(d, s.Columns, s.Constraints, s.Watermarks, s.Distribution, s.PartitionedBy, query)
	if s.Like != nil {
		ok = b.like(d, s.Like) && ok
	}
	if query != nil && !b.asSelect(d, query, s) {
		return
	}
	t := b.build(d)
	if t == nil || !ok {
		return
	}
	if len(t.Columns) == 0 {
		b.errorf(codeColumn, b.at(s.Name), "table %q has no columns", p.Name)
		return
	}
	b.declare(t)
	if t.IsMix() && !b.defineMix(t) || t.IsHybrid() && !b.defineHybrid(t) {
		b.cat.Drop(p)
		return
	}
	if query != nil {
		b.changed()
		b.fill(t, query, b.at(s))
	}
}

// draftElements reads what stands in the parentheses of CREATE TABLE and behind them.
func (b *binder) draftElements(d *tableDraft, columns []*syntax.ColumnDef, constraints []*syntax.Constraint, marks []*syntax.Watermark,
	dist *syntax.Distribution, partition []syntax.Ident, query logical.Node) bool {
	ok := true
	for _, c := range columns {
		if c.Type == nil && c.Computed == nil && c.Metadata == nil {
			if query == nil {
				b.errorf(codeColumn, b.at(c), "column %q has no type", c.Name.Name)
				ok = false
			}
			continue // CREATE TABLE (a, b) AS: an order, see asSelect
		}
		cd, fine := b.draftColumn(c)
		ok = ok && fine
		d.columns = append(d.columns, cd)
		if c.Constraint != nil {
			constraints = append(slices.Clone(constraints), &syntax.Constraint{Base: c.Constraint.Base, Name: c.Constraint.Name,
				Kind: c.Constraint.Kind, Columns: []syntax.Ident{c.Name}, Enforcement: c.Constraint.Enforcement})
		}
	}
	for _, c := range constraints {
		ok = b.draftKey(d, c) && ok
	}
	for i, w := range marks {
		if i > 0 {
			b.errorf(codeWatermark, b.at(w), "a table has one watermark")
			ok = false
			continue
		}
		ok = b.draftWatermark(d, w) && ok
	}
	if dist != nil {
		d.distribution = distributionText(dist)
	}
	d.partition = append(d.partition, partition...)
	return ok
}

func (b *binder) draftColumn(c *syntax.ColumnDef) (columnDraft, bool) {
	out := columnDraft{Column: catalog.Column{Name: c.Name.Name, Span: b.at(c.Name)}}
	ok := true
	if c.Comment != nil {
		out.Comment = c.Comment.Value
	}
	if c.Type != nil {
		out.Type, ok = b.typeOf(c.Type)
		if ok && out.Type.Kind == types.Null {
			b.errorf(codeType, b.at(c.Type), "a column cannot be of type NULL")
			ok = false
		}
	}
	switch {
	case c.Computed != nil:
		out.Kind, out.expr = catalog.Computed, c.Computed
		out.ExprText = b.text(c.Computed.Span())
	case c.Metadata != nil:
		out.Kind, out.MetadataKey, out.Virtual = catalog.Metadata, c.Name.Name, c.Metadata.Virtual
		if c.Metadata.From != nil {
			out.MetadataKey = c.Metadata.From.Value
		}
	}
	return out, ok
}

func (b *binder) draftKey(d *tableDraft, c *syntax.Constraint) bool {
	switch {
	case c.Kind == syntax.UniqueKey:
		b.refuseToo(b.at(c), "a UNIQUE constraint").WithHint("a PRIMARY KEY NOT ENFORCED says as much")
		return false
	case c.Enforcement != syntax.NotEnforced:
		b.errorf(codeKey, b.at(c), "a primary key cannot be enforced: weir does not own the data").WithHint("write PRIMARY KEY (…) NOT ENFORCED")
		return false
	case d.key != nil:
		b.errorf(codeKey, b.at(c), "a table has one primary key")
		return false
	case len(c.Columns) == 0:
		b.errorf(codeKey, b.at(c), "primary key names no column")
		return false
	}
	d.key = c.Columns
	if c.Name != nil {
		d.keyName = c.Name.Name
	}
	return true
}

func (b *binder) draftWatermark(d *tableDraft, w *syntax.Watermark) bool {
	if len(w.Column.Parts) > 1 {
		b.refuseToo(b.at(w.Column), "a watermark on a nested field").WithHint("add a computed column: ts AS %s", w.Column.String())
		return false
	}
	d.watermark = &watermarkDraft{column: w.Column.Parts[0], expr: w.Strategy, text: b.text(w.Strategy.Span()), at: b.at(w)}
	return true
}

// asSelect adds the columns of CREATE TABLE … AS SELECT: those that the declaration does
// not name come behind it; bare names give an order.
func (b *binder) asSelect(d *tableDraft, query logical.Node, s *syntax.CreateTable) bool {
	var order []syntax.Ident
	for _, c := range s.Columns {
		if c.Type == nil && c.Computed == nil && c.Metadata == nil {
			order = append(order, c.Name)
		}
	}
	fields := query.Schema()
	if len(order) > 0 {
		byName := map[string]types.Field{}
		names := make([]string, len(fields))
		for i, f := range fields {
			byName[f.Name], names[i] = f, f.Name
		}
		for _, o := range order {
			if _, ok := byName[o.Name]; !ok {
				hintName(b.errorf(codeNoColumn, b.at(o), "column %q not found in the query", o.Name), o.Name, names)
				return false
			}
		}
		if len(order) != len(fields) {
			b.errorf(codeArity, b.at(s.Name), "the column list names %d columns, the query has %d", len(order), len(fields))
			return false
		}
		sorted := make([]types.Field, len(order))
		for i, o := range order {
			sorted[i] = byName[o.Name]
		}
		fields = sorted
	}
	for _, f := range fields {
		if i := d.column(f.Name); i >= 0 {
			if d.columns[i].Kind != catalog.Physical {
				b.errorf(codeColumn, d.columns[i].Span, "column %q of the query is declared as a column that is not stored", f.Name)
			}
			continue
		}
		d.columns = append(d.columns, columnDraft{Column: catalog.Column{Name: f.Name, Type: plainTime(f.Type), Span: b.at(s.Name)}})
	}
	return true
}

// fill writes a query into the table it declared, by column name.
func (b *binder) fill(t *catalog.Table, query logical.Node, at diag.Span) {
	target := make([]int, 0, len(query.Schema()))
	for _, f := range query.Schema() {
		target = append(target, t.Column(f.Name))
	}
	b.sinkInto(&insertion{table: t, name: t.Path.Name, query: query, target: target, at: at, whereAt: func(int) diag.Span { return at }})
}

// createView declares a view after binding its query, so that what is wrong in it is
// reported where it is written.
func (b *binder) createView(s *syntax.CreateView) {
	p, ok := b.newPath(s.Name)
	if !ok || !b.exists(p, s.Name, s.IfNotExists, s.OrReplace) {
		return
	}
	defer b.noteFailure(p)
	errs := b.errorsIn()
	n := b.query(s.Query, queryEnv{})
	if b.errorsIn() > errs {
		return
	}
	fields := slices.Clone(n.Schema())
	if len(s.Columns) == 0 && !b.viewNames(s, fields) {
		return
	}
	if len(s.Columns) > 0 {
		if len(s.Columns) != len(fields) {
			b.errorf(codeArity, b.at(s.Columns[0]).Join(b.at(s.Columns[len(s.Columns)-1])), "view %q names %d columns, its query has %d", p.Name, len(s.Columns), len(fields))
			return
		}
		seen := map[string]bool{}
		for i, c := range s.Columns {
			if seen[c.Name] {
				b.errorf(codeDuplicate, b.at(c), "column %q is named twice", c.Name)
				return
			}
			seen[c.Name] = true
			fields[i].Name = c.Name
		}
	}
	t := &catalog.Table{Path: p, Temporary: s.Temporary, View: b.viewText(s.Query), Span: b.at(s.Name.Last()),
		ViewCatalog: b.cat.CurrentCatalog, ViewDatabase: b.cat.CurrentDatabase}
	if s.Comment != nil {
		t.Comment = s.Comment.Value
	}
	for _, f := range fields {
		t.Columns = append(t.Columns, catalog.Column{Name: f.Name, Type: f.Type})
	}
	b.declare(t)
	b.views[t] = &viewTree{query: s.Query}
}

// viewNames reports a view two of whose columns would have one name.
func (b *binder) viewNames(s *syntax.CreateView, fields []types.Field) bool {
	seen := map[string]bool{}
	for i, f := range fields {
		if seen[f.Name] {
			b.errorf(codeDuplicate, b.itemSpan(innerQuery(s.Query), i), "view %q would have two columns %q", s.Name.Last().Name, f.Name).
				WithHint("give one of them another name with AS")
			return false
		}
		seen[f.Name] = true
	}
	return true
}

// distributionText is the clause as SHOW CREATE TABLE writes it.
func distributionText(d *syntax.Distribution) string {
	var s strings.Builder
	s.WriteString("DISTRIBUTED")
	if d.Columns != nil {
		names := make([]string, len(d.Columns))
		for i, c := range d.Columns {
			names[i] = c.Name
		}
		kind := map[syntax.DistributionKind]string{syntax.DistributionHash: "HASH", syntax.DistributionRange: "RANGE"}[d.Kind]
		s.WriteString(" BY " + kind + "(" + backtickList(names) + ")")
	}
	if d.Buckets != nil {
		s.WriteString(" INTO " + d.Buckets.Text + " BUCKETS")
	}
	return s.String()
}

func (b *binder) createCatalog(s *syntax.CreateCatalog) {
	name := s.Name.Last().Name
	if slices.Contains(b.cat.Catalogs(), name) {
		if !s.IfNotExists {
			b.errorf(codeExists, b.at(s.Name), "catalog %q exists already", name)
		}
		return
	}
	options, spans := b.options(s.Options)
	switch kind := options["type"]; kind {
	case "generic_in_memory":
		b.cat.AddCatalog(name)
		about := catalog.About{Options: options}
		if s.Comment != nil {
			about.Comment = s.Comment.Value
		}
		b.cat.Describe(name, about)
		if db := options["default-database"]; db != "" {
			b.cat.AddDatabase(name, db)
		}
	case "":
		b.errorf(codeMissingOption, b.at(s.Name), "catalog %q lacks the option 'type'", name).WithHint("add WITH ('type' = 'generic_in_memory')")
	default:
		b.refuse(spans["type"].Value, fmt.Sprintf("a catalog of type %q", kind)).WithHint("'generic_in_memory' is there")
	}
}

func (b *binder) createDatabase(s *syntax.CreateDatabase) {
	parts := s.Name.Strings()
	in, name := b.cat.CurrentCatalog, parts[len(parts)-1]
	if len(parts) > 1 {
		in = parts[len(parts)-2]
	}
	switch {
	case !slices.Contains(b.cat.Catalogs(), in):
		hintName(b.errorf(codeNoNamespace, b.at(s.Name), "catalog %q not found", in), in, b.cat.Catalogs())
	case b.cat.HasDatabase(in, name):
		if !s.IfNotExists {
			b.errorf(codeExists, b.at(s.Name), "database %q exists already", name)
		}
	default:
		b.cat.AddDatabase(in, name)
	}
}

// drop removes a table, view, database or catalog.
func (b *binder) drop(s *syntax.Drop) {
	name := s.Name.Last().Name
	switch s.Kind {
	case syntax.ObjectTable, syntax.ObjectView:
		b.dropTable(s)
	case syntax.ObjectDatabase:
		b.dropDatabase(s)
	case syntax.ObjectCatalog:
		switch {
		case !slices.Contains(b.cat.Catalogs(), name):
			if !s.IfExists {
				hintName(b.errorf(codeNoNamespace, b.at(s.Name), "catalog %q not found", name), name, b.cat.Catalogs())
			}
		case name == b.cat.CurrentCatalog:
			b.errorf(codeNoNamespace, b.at(s.Name), "catalog %q is the current one and cannot be dropped", name)
		default:
			b.cat.DropCatalog(name)
		}
	case syntax.ObjectFunction:
		b.dropFunction(s)
	case syntax.ObjectModel:
		b.refuse(b.at(s), "DROP MODEL")
	default:
		b.refuse(b.at(s), "DROP MATERIALIZED TABLE")
	}
}

func (b *binder) dropTable(s *syntax.Drop) {
	p := b.cat.Resolve(s.Name.Strings()...)
	t := b.cat.Table(p)
	want := map[syntax.ObjectKind]string{syntax.ObjectTable: "table", syntax.ObjectView: "view"}[s.Kind]
	switch {
	case t == nil:
		if !s.IfExists {
			d := b.errorf(codeNoTable, b.at(s.Name), "%s %q not found", want, p.Name)
			var cands []string
			for _, t := range b.cat.Tables(p.Catalog, p.Database) {
				cands = append(cands, t.Path.Name)
			}
			hintName(d, p.Name, cands)
		}
	case t.IsView() != (s.Kind == syntax.ObjectView):
		other := map[bool]string{true: "view", false: "table"}[t.IsView()]
		b.errorf(codeNoTable, b.at(s.Name), "%q is a %s", p.Name, other).WithHint("write DROP %s", strings.ToUpper(other))
	case t.Temporary && !s.Temporary:
		b.errorf(codeNoTable, b.at(s.Name), "%s %q is temporary", want, p.Name).WithHint("write DROP TEMPORARY %s", strings.ToUpper(want))
	case s.Temporary && !t.Temporary:
		if !s.IfExists {
			b.errorf(codeNoTable, b.at(s.Name), "temporary %s %q not found", want, p.Name)
		}
	default:
		b.cat.Drop(p)
	}
}

func (b *binder) dropDatabase(s *syntax.Drop) {
	parts := s.Name.Strings()
	in, name := b.cat.CurrentCatalog, parts[len(parts)-1]
	if len(parts) > 1 {
		in = parts[len(parts)-2]
	}
	switch {
	case !b.cat.HasDatabase(in, name):
		if !s.IfExists {
			hintName(b.errorf(codeNoNamespace, b.at(s.Name), "database %q not found in catalog %q", name, in), name, b.cat.Databases(in))
		}
	case s.Behavior != syntax.DropCascade && len(b.cat.Tables(in, name)) > 0:
		b.errorf(codeExists, b.at(s.Name), "database %q is not empty", name).WithHint("add CASCADE to drop its tables too")
	case in == b.cat.CurrentCatalog && name == b.cat.CurrentDatabase:
		b.errorf(codeNoNamespace, b.at(s.Name), "database %q is the current one and cannot be dropped", name)
	default:
		b.cat.DropDatabase(in, name)
	}
}
