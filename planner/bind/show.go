package bind

import (
	"regexp"
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// showKinds are the forms of SHOW that list names: what they are called, and the column.
var showKinds = map[syntax.ShowKind][2]string{
	syntax.ShowCatalogs: {"SHOW CATALOGS", "catalog name"}, syntax.ShowCurrentCatalog: {"SHOW CURRENT CATALOG", "current catalog name"},
	syntax.ShowDatabases: {"SHOW DATABASES", "database name"}, syntax.ShowCurrentDatabase: {"SHOW CURRENT DATABASE", "current database name"},
	syntax.ShowTables: {"SHOW TABLES", "table name"}, syntax.ShowViews: {"SHOW VIEWS", "view name"},
	syntax.ShowFunctions: {"SHOW FUNCTIONS", "function name"}, syntax.ShowModules: {"SHOW MODULES", "module name"},
	syntax.ShowJars: {"SHOW JARS", "jars"}, syntax.ShowProcedures: {"SHOW PROCEDURES", "procedure name"},
	syntax.ShowModels: {"SHOW MODELS", "model name"}, syntax.ShowMaterializedTables: {"SHOW MATERIALIZED TABLES", "materialized table name"},
}

// refusedShows are the things that weir does not list.
var refusedShows = map[syntax.ShowKind]string{
	syntax.ShowPartitions: "SHOW PARTITIONS", syntax.ShowJobs: "SHOW JOBS", syntax.ShowCreateMaterializedTable: "SHOW CREATE MATERIALIZED TABLE",
	syntax.ShowCreateModel: "SHOW CREATE MODEL",
}

func (b *binder) show(s *syntax.Show) {
	switch s.What {
	case syntax.ShowColumns:
		b.showColumns(s)
		return
	case syntax.ShowCreateTable, syntax.ShowCreateView:
		b.showCreate(s)
		return
	case syntax.ShowCreateCatalog:
		b.showCreateCatalog(s)
		return
	case syntax.ShowCreateFunction:
		b.showCreateFunction(s)
		return
	}
	kind, ok := showKinds[s.What]
	if !ok {
		b.refuse(b.at(s), refusedShows[s.What])
		return
	}
	names, ok := b.showNames(s)
	if !ok {
		return
	}
	c := Command{Kind: kind[0], Columns: []string{kind[1]}, Span: b.at(s), Rows: [][]string{}}
	for _, n := range b.matching(s, names) {
		c.Rows = append(c.Rows, []string{n})
	}
	if s.What == syntax.ShowModules && s.Full {
		c.Columns = append(c.Columns, "used")
		for i := range c.Rows {
			c.Rows[i] = append(c.Rows[i], "true")
		}
	}
	b.command(c)
}

func (b *binder) showNames(s *syntax.Show) ([]string, bool) {
	switch s.What {
	case syntax.ShowCatalogs:
		return b.cat.Catalogs(), true
	case syntax.ShowCurrentCatalog:
		return []string{b.cat.CurrentCatalog}, true
	case syntax.ShowCurrentDatabase:
		return []string{b.cat.CurrentDatabase}, true
	case syntax.ShowModules:
		return []string{"core"}, true
	case syntax.ShowFunctions:
		return b.showFunctions(s)
	case syntax.ShowDatabases:
		in := b.cat.CurrentCatalog
		if s.Scope != nil {
			in = s.Scope.Last().Name
		}
		if !slices.Contains(b.cat.Catalogs(), in) {
			hintName(b.errorf(codeNoNamespace, b.at(*s.Scope), "catalog %q not found", in), in, b.cat.Catalogs())
			return nil, false
		}
		return b.cat.Databases(in), true
	case syntax.ShowProcedures:
		b.errorf(codeRefused, b.at(s), "no catalog of weir has procedures")
		return nil, false
	case syntax.ShowTables, syntax.ShowViews:
		in, db, ok := b.showScope(s)
		if !ok {
			return nil, false
		}
		var names []string
		for _, t := range b.cat.Tables(in, db) {
			if s.What == syntax.ShowTables || t.IsView() {
				names = append(names, t.Path.Name)
			}
		}
		return names, true
	}
	return nil, true // JARs, models: there are none
}

// showScope gives the catalog and database whose names a SHOW lists.
func (b *binder) showScope(s *syntax.Show) (in, db string, ok bool) {
	in, db = b.cat.CurrentCatalog, b.cat.CurrentDatabase
	if s.Scope == nil {
		return in, db, true
	}
	parts := s.Scope.Strings()
	db = parts[len(parts)-1]
	if len(parts) > 1 {
		in = parts[len(parts)-2]
	}
	if !b.cat.HasDatabase(in, db) {
		hintName(b.errorf(codeNoNamespace, b.at(*s.Scope), "database %q not found in catalog %q", db, in), db, b.cat.Databases(in))
		return in, db, false
	}
	return in, db, true
}

// matching keeps the names that LIKE or ILIKE asks for.
func (b *binder) matching(s *syntax.Show, names []string) []string {
	if s.Pattern == nil {
		return names
	}
	var p strings.Builder
	p.WriteString("(?s)^")
	if s.IgnoreCase || s.What == syntax.ShowFunctions { // functions have names in any case
		p.WriteString("(?i)")
	}
	for _, r := range s.Pattern.Value {
		switch r {
		case '%':
			p.WriteString(".*")
		case '_':
			p.WriteString(".")
		default:
			p.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	re := regexp.MustCompile(p.String() + "$")
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return re.MatchString(n) == s.NotLike })
}

func (b *binder) showColumns(s *syntax.Show) {
	if s.Scope == nil {
		b.refuse(b.at(s), "SHOW COLUMNS without a table")
		return
	}
	t := b.table(*s.Scope, nil)
	if t == nil {
		return
	}
	columns, rows := describeRows(t, b.batch())
	keep := b.matching(s, columnNames(t))
	rows = slices.DeleteFunc(rows, func(r []string) bool { return !slices.Contains(keep, r[0]) })
	b.command(Command{Kind: "SHOW COLUMNS", Args: s.Scope.Strings(), Columns: columns, Rows: rows, Span: b.at(s)})
}

func (b *binder) showCreate(s *syntax.Show) {
	t := b.table(*s.Name, nil)
	if t == nil {
		return
	}
	wantView := s.What == syntax.ShowCreateView
	if t.IsView() != wantView {
		if wantView {
			b.errorf(codeNoTable, b.at(*s.Name), "%q is a table", t.Path.Name).WithHint("write SHOW CREATE TABLE")
		} else {
			b.errorf(codeNoTable, b.at(*s.Name), "%q is a view", t.Path.Name).WithHint("write SHOW CREATE VIEW")
		}
		return
	}
	kind := "SHOW CREATE TABLE"
	if wantView {
		kind = "SHOW CREATE VIEW"
	}
	b.command(Command{Kind: kind, Args: s.Name.Strings(), Columns: []string{"result"}, Rows: [][]string{{b.createText(t)}}, Span: b.at(s)})
}

func backticks(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func backtickList(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = backticks(n)
	}
	return strings.Join(out, ", ")
}

// createText is the statement that creates a table or view, as Flink writes it, with
// secrets left out.
func (b *binder) createText(t *catalog.Table) string {
	var s strings.Builder
	s.WriteString("CREATE ")
	if t.Temporary {
		s.WriteString("TEMPORARY ")
	}
	path := backticks(t.Path.Catalog) + "." + backticks(t.Path.Database) + "." + backticks(t.Path.Name)
	if t.IsView() {
		s.WriteString("VIEW " + path + " (\n  " + strings.ReplaceAll(backtickList(columnNames(t)), "`, `", "`,\n  `") + "\n)")
		if t.Comment != "" {
			s.WriteString("\nCOMMENT " + syntax.QuoteString(t.Comment))
		}
		return s.String() + "\nAS " + t.View + "\n"
	}
	s.WriteString("TABLE " + path + " (\n")
	var parts []string
	for _, c := range t.Columns {
		parts = append(parts, "  "+columnText(c))
	}
	if w := t.Watermark; w != nil {
		parts = append(parts, "  WATERMARK FOR "+backticks(t.Columns[w.Column].Name)+" AS "+quotedText(w.ExprText))
	}
	if len(t.PrimaryKey) > 0 {
		var key []string
		for _, k := range t.PrimaryKey {
			key = append(key, t.Columns[k].Name)
		}
		parts = append(parts, "  CONSTRAINT "+backticks(keyName(t.KeyName, key))+" PRIMARY KEY ("+backtickList(key)+") NOT ENFORCED")
	}
	s.WriteString(strings.Join(parts, ",\n") + "\n)")
	if t.Comment != "" {
		s.WriteString("\nCOMMENT " + syntax.QuoteString(t.Comment))
	}
	if t.Distribution != "" {
		s.WriteString("\n" + t.Distribution)
	}
	if len(t.PartitionKey) > 0 {
		s.WriteString("\nPARTITIONED BY (" + backtickList(t.PartitionKey) + ")")
	}
	if len(t.Options) > 0 {
		s.WriteString("\nWITH (\n  " + strings.Join(optionText(t.Options, b.isSecret(t)), ",\n  ") + "\n)")
	}
	return s.String() + "\n"
}

// quotedText is the text of an expression with the names of columns in backticks.
func quotedText(text string) string {
	script, list := syntax.Parse("SELECT " + text)
	if list.HasErrors() || len(script.Stmts) != 1 {
		return text // it was parsed before, so this is not reached
	}
	if q, ok := script.Stmts[0].(*syntax.QueryStmt); ok {
		if sel, ok := q.Query.(*syntax.Select); ok && len(sel.Items) == 1 {
			return syntax.FormatQuoted(sel.Items[0].Expr)
		}
	}
	return text
}

func columnText(c catalog.Column) string {
	s := backticks(c.Name) + " "
	switch c.Kind {
	case catalog.Computed:
		s += "AS " + quotedText(c.ExprText)
	default:
		t := c.Type.WithAttr(types.NoTimeAttr)
		if t.Kind == types.VarChar && t.Precision == types.MaxLength {
			s += strings.Replace(t.String(), "STRING", "VARCHAR(2147483647)", 1)
		} else {
			s += t.String()
		}
		if c.Kind == catalog.Metadata {
			s += " " + columnExtras(c)
		}
	}
	if c.Comment != "" {
		s += " COMMENT " + syntax.QuoteString(c.Comment)
	}
	return s
}
