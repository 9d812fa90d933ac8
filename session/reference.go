package session

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/weir-sql/weir/connectors"
	"github.com/weir-sql/weir/planner/bind"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
)

// Page is one entry of the reference, made from the declaration that the code uses.
type Page struct {
	Name    string `json:"name"`
	Group   string `json:"group"`
	Summary string `json:"summary"`
	Text    string `json:"text"`
	// Aliases are other names of the same.
	Aliases []string `json:"aliases,omitempty"`
}

// FindPage finds a page by name, in any case; the error names the nearest.
func FindPage(pages []Page, name string) (Page, error) {
	var names []string
	for _, p := range pages {
		names = append(append(names, p.Name), p.Aliases...)
		if slices.ContainsFunc(names[len(names)-1-len(p.Aliases):], func(n string) bool { return strings.EqualFold(n, name) }) {
			return p, nil
		}
	}
	if near := diag.Nearest(name, names); near != "" {
		return Page{}, fmt.Errorf("there is no %q; did you mean %s?", name, near)
	}
	if near := diag.Closest(name, names, 3); len(near) > 0 {
		return Page{}, fmt.Errorf("there is no %q; the nearest names are %s", name, strings.Join(near, ", "))
	}
	return Page{}, fmt.Errorf("there is no %q", name)
}

// ConnectorPages describes connectors, then formats.
func ConnectorPages() []Page {
	var pages []Page
	for _, c := range connectors.All() {
		pages = append(pages, connectorPage(&c.Connector))
	}
	formats := connectors.DefaultFormats()
	for _, name := range formats.FormatNames() {
		pages = append(pages, formatPage(formats.Format(name)))
	}
	return pages
}

func connectorPage(c *catalog.Connector) Page {
	var b strings.Builder
	var can []string
	for what, ok := range map[string]bool{"source": c.Source, "sink": c.Sink, "lookup": c.Lookup} {
		if ok {
			can = append(can, what)
		}
	}
	sort.Strings(can)
	fmt.Fprintf(&b, "%s: %s (%s)\n", c.Name, c.Summary, strings.Join(can, ", "))
	if c.Doc != "" {
		b.WriteString("\n" + strings.TrimSpace(c.Doc) + "\n")
	}
	if c.Example != "" {
		b.WriteString("\n" + indentText(c.Example) + "\n")
	}
	writeOptions(&b, c.Options)
	writeMetadata(&b, c.Metadata)
	return Page{Name: c.Name, Group: "connectors", Summary: c.Summary, Text: b.String()}
}

func formatPage(f *catalog.Format) Page {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s (%s)\n", f.Name, f.Summary, f.Changelog)
	options := slices.Clone(f.Options)
	for i := range options {
		options[i].Name = f.Name + "." + options[i].Name
	}
	writeOptions(&b, options)
	writeMetadata(&b, f.Metadata)
	return Page{Name: f.Name, Group: "formats", Summary: f.Summary, Text: b.String()}
}

func indentText(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")
}

func writeOptions(b *strings.Builder, options []catalog.Option) {
	if len(options) == 0 {
		return
	}
	b.WriteString("\noptions\n")
	for _, o := range options {
		name := o.Name
		if o.Prefix {
			name += "*"
		}
		notes := []string{strings.ToLower(string(o.Type))}
		if len(o.Enum) > 0 {
			notes[0] = strings.Join(o.Enum, " | ")
		}
		switch {
		case o.Required:
			notes = append(notes, "required")
		case o.Default != "":
			notes = append(notes, "default "+o.Default)
		}
		if o.Secret {
			notes = append(notes, "secret")
		}
		fmt.Fprintf(b, "  %s (%s)\n", name, strings.Join(notes, ", "))
		if o.Doc != "" {
			fmt.Fprintf(b, "      %s\n", o.Doc)
		}
		if o.Example != "" {
			fmt.Fprintf(b, "      e.g. '%s'\n", o.Example)
		}
	}
}

func writeMetadata(b *strings.Builder, columns []catalog.MetadataColumn) {
	if len(columns) == 0 {
		return
	}
	b.WriteString("\nmetadata columns\n")
	for _, m := range columns {
		rw := "read"
		if m.Writable {
			rw = "read, write"
		}
		fmt.Fprintf(b, "  %s %s (%s)\n      %s\n", m.Key, m.Type, rw, m.Doc)
	}
}

// Functions lists all functions, by category and name: those of the registry, and the calls
// that the binder resolves itself.
func Functions() []*catalog.Function {
	reg := functions()
	all := bind.DescribedFunctions()
	for _, name := range reg.Names() {
		f := reg.Function(name)
		if f == nil || f.Name != name || len(f.Signatures) == 0 {
			continue // an alias, or a form that is syntax and not a function
		}
		all = append(all, f)
	}
	sort.Slice(all, func(i, j int) bool {
		if all[i].Category != all[j].Category {
			return all[i].Category < all[j].Category
		}
		return all[i].Name < all[j].Name
	})
	return all
}

// FunctionPages describes functions, by category and name.
func FunctionPages() []Page {
	var pages []Page
	for _, f := range Functions() {
		pages = append(pages, functionPage(f))
	}
	return pages
}

var functionKinds = map[catalog.FunctionKind]string{catalog.AggregateFunction: "aggregate function", catalog.TableFunction: "table function",
	catalog.WindowFunction: "window function", catalog.ScalarFunction: "scalar function"}

func functionPage(f *catalog.Function) Page {
	var b strings.Builder
	b.WriteString(strings.Join(f.Signatures, "\n") + "\n")
	fmt.Fprintf(&b, "\n%s\n\n%s", f.Summary, functionKinds[f.Kind])
	switch {
	case f.NonDeterministic:
		b.WriteString(", not deterministic")
	case f.Dynamic:
		b.WriteString(", one value a query")
	}
	b.WriteByte('\n')
	if len(f.Aliases) > 0 {
		b.WriteString("also " + strings.Join(f.Aliases, ", ") + "\n")
	}
	for i, e := range f.Examples {
		if i == 0 {
			b.WriteString("\nexamples\n")
		}
		fmt.Fprintf(&b, "  %s  →  %s\n", e.SQL, e.Result)
	}
	return Page{Name: f.Name, Group: f.Category, Summary: f.Signatures[0] + " · " + f.Summary, Text: b.String(), Aliases: f.Aliases}
}
