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

// Command is a statement that shows something, or changes the session. It is data: the
// caller prints Columns and Rows, and for EXPLAIN plans Sinks.
type Command struct {
	// Kind names the statement: "SHOW TABLES", "DESCRIBE", "EXPLAIN", "SET", "USE", ….
	Kind string
	// Args are its operands, e.g. the key and value of SET.
	Args []string
	// Columns and Rows are the result; Columns is empty if there is none.
	Columns []string
	Rows    [][]string
	// Sinks are what EXPLAIN explains, Details its extra parts.
	Sinks   []*logical.Sink
	Details []syntax.ExplainDetail
	// After is the number of Bound.Sinks that come before the command in the script.
	After int
	Span  diag.Span
}

func (b *binder) command(c Command) {
	c.After = len(b.out.Sinks)
	b.out.Commands = append(b.out.Commands, c)
}

// admin runs a statement that shows something or changes the session; false if s is none.
func (b *binder) admin(s syntax.Stmt) bool {
	at := b.at(s)
	switch s := s.(type) {
	case *syntax.Show:
		b.show(s)
	case *syntax.Describe:
		b.describe(s)
	case *syntax.Explain:
		b.explain(s)
	case *syntax.Use:
		b.use(s)
	case *syntax.Set:
		b.set(s)
	case *syntax.Reset:
		b.reset(s)
	case *syntax.ClientCommand:
		b.command(Command{Kind: s.Command, Span: at})
	case *syntax.UseModules:
		if len(s.Names) != 1 || s.Names[0].Name != "core" {
			b.errorf(codeNoNamespace, at, "the only module is core")
			break
		}
		b.command(Command{Kind: "USE MODULES", Args: []string{"core"}, Span: at})
	case *syntax.LoadModule, *syntax.UnloadModule:
		b.refuse(at, "a change of modules")
	case *syntax.Jar:
		b.refuse(at, "a JAR").WithHint("weir runs no Java code")
	case *syntax.CompilePlan:
		b.refuse(at, "COMPILE PLAN")
	case *syntax.ExecutePlan:
		b.refuse(at, "EXECUTE PLAN")
	case *syntax.Analyze:
		b.refuse(at, "ANALYZE TABLE")
	case *syntax.DescribeJob:
		b.refuse(at, "DESCRIBE JOB")
	case *syntax.StopJob:
		b.refuse(at, "STOP JOB")
	default:
		return false
	}
	return true
}

// explain binds a statement without making it an output of the script.
func (b *binder) explain(s *syntax.Explain) {
	out, names := b.out, b.names
	b.out, b.names = &Bound{}, map[string]int{}
	switch s.Stmt.(type) {
	case *syntax.QueryStmt, *syntax.Insert, *syntax.StatementSet, *syntax.Execute, *syntax.BadStmt:
		b.statement(s.Stmt)
	default:
		b.errorf(codeRefused, b.at(s.Stmt), "EXPLAIN takes a query, an INSERT or a STATEMENT SET")
	}
	sinks := b.out.Sinks
	b.out, b.names = out, names
	if len(sinks) > 0 {
		b.command(Command{Kind: "EXPLAIN", Sinks: sinks, Details: s.Details, Span: b.at(s)})
	}
}

func (b *binder) use(s *syntax.Use) {
	parts := s.Name.Strings()
	if s.Catalog {
		name := parts[len(parts)-1]
		if !slices.Contains(b.cat.Catalogs(), name) {
			hintName(b.errorf(codeNoNamespace, b.at(s.Name), "catalog %q not found", name), name, b.cat.Catalogs())
			return
		}
		b.cat.CurrentCatalog = name
		b.cat.CurrentDatabase = "default"
		if dbs := b.cat.Databases(name); !slices.Contains(dbs, "default") && len(dbs) > 0 {
			b.cat.CurrentDatabase = dbs[0]
		}
		b.command(Command{Kind: "USE CATALOG", Args: parts, Span: b.at(s)})
		return
	}
	in, name := b.cat.CurrentCatalog, parts[len(parts)-1]
	if len(parts) > 1 {
		in = parts[len(parts)-2]
	}
	if !b.cat.HasDatabase(in, name) {
		hintName(b.errorf(codeNoNamespace, b.at(s.Name), "database %q not found in catalog %q", name, in), name, b.cat.Databases(in))
		return
	}
	b.cat.CurrentCatalog, b.cat.CurrentDatabase = in, name
	b.command(Command{Kind: "USE", Args: parts, Span: b.at(s)})
}

// describe lists the columns of a table or view.
func (b *binder) describe(s *syntax.Describe) {
	switch s.Kind {
	case syntax.ObjectTable, syntax.ObjectView:
	case syntax.ObjectCatalog:
		b.describeCatalog(s)
		return
	case syntax.ObjectFunction:
		b.describeFunction(s)
		return
	default:
		b.refuse(b.at(s), "DESCRIBE "+s.Kind.String())
		return
	}
	t := b.table(s.Name, nil)
	if t == nil {
		return
	}
	columns, rows := describeRows(t, b.batch())
	b.command(Command{Kind: "DESCRIBE", Args: s.Name.Strings(), Span: b.at(s), Columns: columns, Rows: rows})
}

// describeRows is the result of DESCRIBE, in Flink's columns. The comment column is there
// only if some column has a comment. A batch has no row times.
func describeRows(t *catalog.Table, batch bool) (columns []string, rows [][]string) {
	columns = []string{"name", "type", "null", "key", "extras", "watermark"}
	comments := slices.ContainsFunc(t.Columns, func(c catalog.Column) bool { return c.Comment != "" })
	if comments {
		columns = append(columns, "comment")
	}
	var key []string
	for _, k := range t.PrimaryKey {
		key = append(key, t.Columns[k].Name)
	}
	null := func(s string) string {
		if s == "" {
			return "NULL"
		}
		return s
	}
	for i, c := range t.Columns {
		if batch && c.Type.Attr == types.Rowtime {
			c.Type.Attr = types.NoTimeAttr
		}
		row := []string{c.Name, c.Type.Null().String(), strings.ToUpper(fmt.Sprint(c.Type.Nullable)), "NULL", "NULL", "NULL"}
		if slices.Contains(t.PrimaryKey, i) {
			row[3] = "PRI(" + strings.Join(key, ", ") + ")"
		}
		row[4] = null(columnExtras(c))
		if t.Watermark != nil && t.Watermark.Column == i {
			row[5] = quotedText(t.Watermark.ExprText)
		}
		if comments {
			row = append(row, c.Comment)
		}
		rows = append(rows, row)
	}
	return columns, rows
}

func columnExtras(c catalog.Column) string {
	switch c.Kind {
	case catalog.Computed:
		return "AS " + quotedText(c.ExprText)
	case catalog.Metadata:
		s := "METADATA"
		if c.MetadataKey != c.Name {
			s += " FROM " + syntax.QuoteString(c.MetadataKey)
		}
		if c.Virtual {
			s += " VIRTUAL"
		}
		return s
	}
	return ""
}
