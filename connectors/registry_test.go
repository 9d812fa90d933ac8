package connectors_test

import (
	"strings"
	"testing"

	"github.com/weir-sql/weir/connectors"
	"github.com/weir-sql/weir/connectors/conformance"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/physical"
)

func registry() *connectors.Registry {
	return connectors.NewRegistry(&connectors.Env{}, connectors.All()...)
}

// TestDeclarations checks that every connector and format can be described: each
// option says what it is for, its default is a value of its type, and the example
// uses the connector.
func TestDeclarations(t *testing.T) {
	reg := registry()
	for _, name := range reg.ConnectorNames() {
		c := reg.Connector(name)
		if c.Summary == "" || c.Doc == "" || (c.Describe == nil) != c.Logical || !c.Source && !c.Sink {
			t.Errorf("connector %s lacks a summary, doc or purpose", name)
		}
		if !strings.Contains(c.Example, "CREATE TABLE") || !strings.Contains(c.Example, "'connector' = '"+name+"'") {
			t.Errorf("the example of connector %s does not create such a table:\n%s", name, c.Example)
		}
		checkOptions(t, name, c.Options)
		for _, m := range c.Metadata {
			if m.Doc == "" {
				t.Errorf("metadata %s of connector %s has no doc", m.Key, name)
			}
		}
	}
	for _, c := range connectors.All() {
		if c.Logical {
			if c.NewSource != nil || c.NewSink != nil || c.NewLookup != nil {
				t.Errorf("connector %s opens what the binder has put other tables in place of", c.Name)
			}
			continue
		}
		if c.Source != (c.NewSource != nil) || c.Sink != (c.NewSink != nil) || c.Lookup != (c.NewLookup != nil || c.NewFullCache != nil) {
			t.Errorf("connector %s does not declare what it offers", c.Name)
		}
	}
	for _, name := range reg.FormatNames() {
		f := reg.Format(name)
		if f.Summary == "" || f.Changelog == 0 {
			t.Errorf("format %s lacks a summary or changelog", name)
		}
		checkOptions(t, name, f.Options)
	}
}

func checkOptions(t *testing.T, owner string, options []catalog.Option) {
	t.Helper()
	seen := map[string]bool{}
	for _, o := range options {
		if o.Doc == "" || o.Type == "" || seen[o.Name] || o.Required && o.Default != "" || (o.Type == catalog.EnumOption) != (len(o.Enum) > 0) {
			t.Errorf("option %s of %s is declared badly: %+v", o.Name, owner, o)
		}
		seen[o.Name] = true
		if o.Type == catalog.EnumOption && o.Default != "" && !strings.Contains(" "+strings.Join(o.Enum, " ")+" ", " "+o.Default+" ") {
			t.Errorf("the default %q of option %s of %s is none of %v", o.Default, o.Name, owner, o.Enum)
		}
	}
}

func TestUnknownConnector(t *testing.T) {
	table := conformance.Table("v INT", nil, map[string]string{"connector": "filesytem"}, nil)
	_, err := registry().Source(t.Context(), &physical.Source{Scan: conformance.Scan(table, nil)})
	if d := conformance.IsDiagnostic(t, err); d.Code != "W0330" || d.Hint != `did you mean "filesystem"?` {
		t.Errorf("got %v, hint %q", d, d.Hint)
	}
}

func TestNotOffered(t *testing.T) {
	table := conformance.Table("v INT", nil, map[string]string{"connector": "print"}, nil)
	_, err := registry().Source(t.Context(), &physical.Source{Scan: conformance.Scan(table, nil)})
	if d := conformance.IsDiagnostic(t, err); d.Code != "W0331" {
		t.Errorf("got %v", d)
	}
	_, err = registry().Lookup(t.Context(), &physical.LookupJoin{Scan: conformance.Scan(table, nil)})
	if d := conformance.IsDiagnostic(t, err); d.Code != "W0331" {
		t.Errorf("got %v", d)
	}
	gen := conformance.Table("v INT", nil, map[string]string{"connector": "datagen"}, nil)
	_, err = registry().Sink(t.Context(), conformance.Sink(gen))
	if d := conformance.IsDiagnostic(t, err); d.Code != "W0331" {
		t.Errorf("got %v", d)
	}
}
