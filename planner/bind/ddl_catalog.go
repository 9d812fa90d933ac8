package bind

import (
	"maps"
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/syntax"
)

// declaredCatalog finds a catalog that CREATE CATALOG made; the default one has nothing to show or to alter.
func (b *binder) declaredCatalog(n syntax.QualifiedName) (string, catalog.About, bool) {
	name := n.Last().Name
	about, ok := b.cat.About(name)
	switch {
	case ok:
		return name, about, true
	case slices.Contains(b.cat.Catalogs(), name):
		b.errorf(codeNoNamespace, b.at(n), "catalog %q was not made by CREATE CATALOG", name)
	default:
		hintName(b.errorf(codeNoNamespace, b.at(n), "catalog %q not found", name), name, b.cat.Catalogs())
	}
	return name, about, false
}

func (b *binder) alterCatalog(s *syntax.Alter) {
	name, about, ok := b.declaredCatalog(s.Name)
	if !ok {
		return
	}
	about.Options = maps.Clone(about.Options)
	switch a := s.Action.(type) {
	case *syntax.SetOptions:
		values, _ := b.options(a.Options)
		maps.Copy(about.Options, values)
	case *syntax.ResetOptions:
		for _, k := range a.Keys {
			if k.Value == "type" {
				b.errorf(codeAlter, b.at(k), "option 'type' of a catalog cannot be reset")
				return
			}
			delete(about.Options, k.Value)
		}
	case *syntax.SetComment:
		about.Comment = a.Comment.Value
	}
	b.cat.Describe(name, about)
}

// alterDatabase takes options, which no database of weir minds.
func (b *binder) alterDatabase(s *syntax.Alter) {
	parts := s.Name.Strings()
	in, name := b.cat.CurrentCatalog, parts[len(parts)-1]
	if len(parts) > 1 {
		in = parts[len(parts)-2]
	}
	if !b.cat.HasDatabase(in, name) {
		hintName(b.errorf(codeNoNamespace, b.at(s.Name), "database %q not found in catalog %q", name, in), name, b.cat.Databases(in))
	}
}

func (b *binder) describeCatalog(s *syntax.Describe) {
	name, about, ok := b.declaredCatalog(s.Name)
	if !ok {
		return
	}
	comment := about.Comment
	if comment == "" {
		comment = "NULL"
	}
	rows := [][]string{{"name", name}, {"type", about.Options["type"]}, {"comment", comment}}
	if s.Extended {
		for _, k := range slices.Sorted(maps.Keys(about.Options)) {
			if k != "type" && catalog.IsSecretKey(k) {
				rows = append(rows, []string{"option:" + k, "******"})
			} else if k != "type" {
				rows = append(rows, []string{"option:" + k, about.Options[k]})
			}
		}
	}
	b.command(Command{Kind: "DESCRIBE CATALOG", Args: []string{name}, Span: b.at(s), Columns: []string{"info name", "info value"}, Rows: rows})
}

func (b *binder) showCreateCatalog(s *syntax.Show) {
	name, about, ok := b.declaredCatalog(*s.Name)
	if !ok {
		return
	}
	text := "CREATE CATALOG " + backticks(name) + "\n"
	if about.Comment != "" {
		text += "COMMENT " + syntax.QuoteString(about.Comment) + "\n"
	}
	text += "WITH (\n  " + strings.Join(optionText(about.Options, catalog.IsSecretKey), ",\n  ") + "\n)\n"
	b.command(Command{Kind: "SHOW CREATE CATALOG", Args: []string{name}, Columns: []string{"result"}, Rows: [][]string{{text}}, Span: b.at(s)})
}
