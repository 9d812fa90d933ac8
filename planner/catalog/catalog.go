// Package catalog holds what names stand for, as data: tables, views, functions,
// connectors and formats with their options. It opens no connection; session
// fills it, the binder reads it.
package catalog

import (
	"maps"
	"sort"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// The names of the catalog and database that exist without being created.
const (
	DefaultCatalog  = "default_catalog"
	DefaultDatabase = "default_database"
)

// Path is a full object name: catalog, database, object.
type Path struct{ Catalog, Database, Name string }

// String prints the path with backticks only where needed by a person.
func (p Path) String() string { return p.Catalog + "." + p.Database + "." + p.Name }

// ColumnKind says where a column's value comes from.
type ColumnKind uint8

// The column kinds.
const (
	Physical ColumnKind = iota // in the stored row
	Computed                   // from an expression over the other columns
	Metadata                   // beside the stored row: offset, timestamp, file path, …
)

// Column is one declared column of a table.
type Column struct {
	Name    string
	Type    types.Type
	Kind    ColumnKind
	Comment string
	// Expr computes a Computed column from the columns of Table.Columns (by index); never
	// refers to another computed column (the binder inlines those).
	Expr rex.Expr
	// ExprText is the expression as written, for SHOW CREATE TABLE.
	ExprText string
	// MetadataKey is the connector's key of a Metadata column; Virtual excludes it from sinks.
	MetadataKey string
	Virtual     bool
	Span        diag.Span
}

// Watermark is WATERMARK FOR Columns[Column] AS Expr.
type Watermark struct {
	Column   int      // index into Table.Columns
	Expr     rex.Expr // over Table.Columns; same type as the column, nullable
	ExprText string
	Span     diag.Span
}

// Table is a table or a view.
type Table struct {
	Path         Path
	Temporary    bool
	Columns      []Column
	Watermark    *Watermark
	PrimaryKey   []int  // indexes into Columns; nil = none
	KeyName      string // of the primary key constraint, "" = none was given
	PartitionKey []string
	Distribution string // as written, for SHOW CREATE TABLE
	Options      map[string]string
	// OptionSpans places option keys and values in the script that declared the table.
	OptionSpans map[string]OptionSpan
	Comment     string
	Span        diag.Span // the name in CREATE TABLE
	// View is the text of the query of a view, "" for a table.
	View string
	// ViewCatalog and ViewDatabase were current when the view was created: names in
	// View without a qualifier mean those.
	ViewCatalog, ViewDatabase string
}

// OptionSpan places one WITH option.
type OptionSpan struct{ Key, Value diag.Span }

// IsView reports whether the table is a view.
func (t *Table) IsView() bool { return t.View != "" }

// Connector gives the value of the 'connector' option, "" if there is none.
func (t *Table) Connector() string { return t.Options["connector"] }

// Schema gives the row type of all columns.
func (t *Table) Schema() types.Type {
	fs := make([]types.Field, len(t.Columns))
	for i, c := range t.Columns {
		fs[i] = types.Field{Name: c.Name, Type: c.Type, Comment: c.Comment}
	}
	return types.NewRow(fs...).NotNull()
}

// Column finds a column by its exact name, -1 if there is none.
func (t *Table) Column(name string) int {
	for i, c := range t.Columns {
		if c.Name == name {
			return i
		}
	}
	return -1
}

// Catalog maps names to tables. It is not safe for concurrent writes.
type Catalog struct {
	CurrentCatalog, CurrentDatabase string

	databases map[string]map[string]bool // catalog → databases
	tables    map[Path]*Table
	functions functions
	about     map[string]About // what CREATE CATALOG said
}

// About is what a catalog was declared with.
type About struct {
	Comment string
	Options map[string]string
}

// About gives what a catalog was declared with; false of the one that is there from the start.
func (c *Catalog) About(catalog string) (About, bool) {
	a, ok := c.about[catalog]
	return a, ok
}

// Describe sets what a catalog was declared with.
func (c *Catalog) Describe(catalog string, a About) { c.about[catalog] = a }

// New makes a catalog with the default catalog and database, both current.
func New() *Catalog {
	return &Catalog{
		CurrentCatalog: DefaultCatalog, CurrentDatabase: DefaultDatabase,
		databases: map[string]map[string]bool{DefaultCatalog: {DefaultDatabase: true}},
		tables:    map[Path]*Table{},
		functions: newFunctions(),
		about:     map[string]About{},
	}
}

// Clone gives an independent copy; tables are shared, being immutable.
func (c *Catalog) Clone() *Catalog {
	d := &Catalog{CurrentCatalog: c.CurrentCatalog, CurrentDatabase: c.CurrentDatabase,
		databases: map[string]map[string]bool{}, tables: map[Path]*Table{}, functions: c.functions.clone(), about: maps.Clone(c.about)}
	for name, dbs := range c.databases {
		d.databases[name] = map[string]bool{}
		for db := range dbs {
			d.databases[name][db] = true
		}
	}
	for p, t := range c.tables {
		d.tables[p] = t
	}
	return d
}

// Resolve completes a one-, two- or three-part name with the current catalog and database.
func (c *Catalog) Resolve(parts ...string) Path {
	p := Path{c.CurrentCatalog, c.CurrentDatabase, parts[len(parts)-1]}
	if len(parts) >= 2 {
		p.Database = parts[len(parts)-2]
	}
	if len(parts) >= 3 {
		p.Catalog = parts[len(parts)-3]
	}
	return p
}

// Table finds a table or view, nil if there is none.
func (c *Catalog) Table(p Path) *Table { return c.tables[p] }

// Put adds or replaces a table or view.
func (c *Catalog) Put(t *Table) { c.tables[t.Path] = t }

// Drop removes a table or view and reports whether it was there.
func (c *Catalog) Drop(p Path) bool {
	_, ok := c.tables[p]
	delete(c.tables, p)
	return ok
}

// Unplace takes the places in the declaring script off all tables, for a script in
// another text that will use them.
func (c *Catalog) Unplace() {
	for p, t := range c.tables {
		u := *t
		u.Span, u.OptionSpans = diag.Span{}, nil
		u.Columns = append([]Column(nil), t.Columns...)
		for i := range u.Columns {
			u.Columns[i].Span = diag.Span{}
		}
		if t.Watermark != nil {
			w := *t.Watermark
			w.Span = diag.Span{}
			u.Watermark = &w
		}
		c.tables[p] = &u
	}
}

// Tables lists the tables and views of a database by name.
func (c *Catalog) Tables(catalog, database string) []*Table {
	var out []*Table
	for p, t := range c.tables {
		if p.Catalog == catalog && p.Database == database {
			out = append(out, t)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Path.Name < out[j].Path.Name })
	return out
}

// Catalogs lists the catalogs by name.
func (c *Catalog) Catalogs() []string { return sortedKeys(c.databases) }

// Databases lists the databases of a catalog by name; nil if there is no such catalog.
func (c *Catalog) Databases(catalog string) []string { return sortedKeys(c.databases[catalog]) }

// AddCatalog adds a catalog with its default database.
func (c *Catalog) AddCatalog(name string) {
	if c.databases[name] == nil {
		c.databases[name] = map[string]bool{"default": true}
	}
}

// DropCatalog removes a catalog and all in it.
func (c *Catalog) DropCatalog(name string) {
	delete(c.databases, name)
	delete(c.about, name)
	for p := range c.tables {
		if p.Catalog == name {
			delete(c.tables, p)
		}
	}
	c.dropFunctions(func(p Path) bool { return p.Catalog == name })
}

// AddDatabase adds a database to an existing catalog.
func (c *Catalog) AddDatabase(catalog, name string) { c.databases[catalog][name] = true }

// DropDatabase removes a database and all in it.
func (c *Catalog) DropDatabase(catalog, name string) {
	delete(c.databases[catalog], name)
	for p := range c.tables {
		if p.Catalog == catalog && p.Database == name {
			delete(c.tables, p)
		}
	}
	c.dropFunctions(func(p Path) bool { return p.Catalog == catalog && p.Database == name })
}

// HasDatabase reports whether a database exists.
func (c *Catalog) HasDatabase(catalog, name string) bool { return c.databases[catalog][name] }

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// IsSecretKey reports whether an option key looks like a secret.
func IsSecretKey(key string) bool { return diag.IsSecretKey(key) }
