package session

import (
	"slices"
	"sort"
	"strings"

	"github.com/weir-sql/weir/connectors"
	"github.com/weir-sql/weir/planner/bind"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/syntax"
)

// Vocabulary is every name that can be written in a script: what editors complete and
// catalogs list. It is a value; nothing in it changes.
type Vocabulary struct {
	Tables    []TableWords // by name
	Functions []Page       // by name; the user's own are in the group "user"
	Hints     []string
	Keys      []OptionWords // of SET
	Types     []string
	Keywords  []string
	// Options of connectors and formats, by the name in 'connector' and 'format'. A format's
	// have its name before them: 'json.ignore-parse-errors'.
	Options map[string][]OptionWords
}

// TableWords is a table or view with its columns.
type TableWords struct {
	Name, Catalog, Database string
	Kind                    string // "table" or "view"
	Connector               string
	Columns                 []ColumnWords
	Key                     []string // primary key
	Watermark               string   // "ts AS ts - INTERVAL '5' SECOND", "" = no event time
	InScript                bool     // the script declares it, the project does not
}

// ColumnWords is a column.
type ColumnWords struct {
	Name, Type string
	Note       string // "computed", "metadata", "primary key", "" = nothing to say
}

// OptionWords is an option of a connector or format, or a key of SET.
type OptionWords struct {
	Name, Type, Doc string
	Values          []string
	Default         string
	Required        bool
}

// Vocabulary gives the names that can be written in a script: those of the project, and of
// the script as far as it can be read. It opens nothing.
func (s *Session) Vocabulary(src diag.Source, mode Mode) *Vocabulary {
	v := &Vocabulary{Hints: bind.HintNames(), Keywords: syntax.Keywords(), Options: map[string][]OptionWords{}}
	v.Types = []string{"BIGINT", "BOOLEAN", "BYTES", "CHAR", "DATE", "DECIMAL", "DOUBLE", "FLOAT", "INT", "INTERVAL", "MAP", "ARRAY", "ROW",
		"SMALLINT", "STRING", "TIME", "TIMESTAMP", "TIMESTAMP_LTZ", "TINYINT", "VARBINARY", "VARCHAR"}
	v.Functions = FunctionPages()
	for _, o := range bind.Settings() {
		v.Keys = append(v.Keys, optionWords(o, ""))
	}
	for _, c := range connectors.All() {
		for _, o := range c.Options {
			v.Options[c.Name] = append(v.Options[c.Name], optionWords(o, ""))
		}
	}
	formats := connectors.DefaultFormats()
	for _, name := range formats.FormatNames() {
		for _, o := range formats.Format(name).Options {
			v.Options[name] = append(v.Options[name], optionWords(o, name+"."))
		}
	}
	v.tables(s, src, mode)
	sort.SliceStable(v.Functions, func(i, j int) bool { return v.Functions[i].Name < v.Functions[j].Name })
	sort.SliceStable(v.Tables, func(i, j int) bool { return v.Tables[i].Name < v.Tables[j].Name })
	return v
}

func optionWords(o catalog.Option, prefix string) OptionWords {
	w := OptionWords{Name: prefix + o.Name, Type: strings.ToLower(string(o.Type)), Doc: o.Doc, Values: o.Enum, Default: o.Default, Required: o.Required}
	if len(w.Values) == 0 && w.Type == "boolean" {
		w.Values = []string{"true", "false"}
	}
	return w
}

// tables binds what can be bound and takes the tables and functions from the catalog.
func (v *Vocabulary) tables(s *Session, src diag.Source, mode Mode) {
	config := s.config(mode)
	loc, err := zone(config)
	if err != nil {
		return
	}
	reg := s.registry(registryOptions{zone: loc, batch: mode == Batch})
	env := &bind.Env{Catalog: catalog.New(), Functions: s.functions, Connectors: s.declarations(reg, mode), Formats: reg, Config: config, Zone: loc, Batch: mode == Batch}
	vars := s.variables(src.Text, loc)
	_, _ = s.declare(env, mode, src.Name, vars) // what is wrong with it planning tells
	known := map[catalog.Path]bool{}
	for _, t := range env.Catalog.Tables(env.Catalog.CurrentCatalog, env.Catalog.CurrentDatabase) {
		known[t.Path] = true
	}
	script, _ := syntax.ParseWith(src.Text, vars)
	// Queries are left out: only what declares matters, and it is quick.
	script.Stmts = slices.DeleteFunc(script.Stmts, func(st syntax.Stmt) bool {
		switch st.(type) {
		case *syntax.CreateTable, *syntax.CreateView, *syntax.CreateFunction, *syntax.Set:
			return false
		}
		return true
	})
	c, _ := bind.Script(env, src, script)
	for _, name := range c.Catalog.Catalogs() {
		for _, db := range c.Catalog.Databases(name) {
			for _, t := range c.Catalog.Tables(name, db) {
				v.Tables = append(v.Tables, tableWords(t, !known[t.Path]))
			}
			for _, f := range c.Catalog.UserFunctions(name, db) {
				v.Functions = append(v.Functions, Page{Name: f.Path.Name, Group: "user", Summary: f.Signature(), Text: f.Shown()})
			}
		}
	}
}

func tableWords(t *catalog.Table, inScript bool) TableWords {
	w := TableWords{Name: t.Path.Name, Catalog: t.Path.Catalog, Database: t.Path.Database, Kind: "table", Connector: t.Connector(), InScript: inScript}
	if t.IsView() {
		w.Kind, w.Connector = "view", ""
	}
	if t.Watermark != nil {
		w.Watermark = t.Columns[t.Watermark.Column].Name + " AS " + t.Watermark.ExprText
	}
	for i, c := range t.Columns {
		note := ""
		switch {
		case slices.Contains(t.PrimaryKey, i):
			note = "primary key"
			w.Key = append(w.Key, c.Name)
		case c.Kind == catalog.Computed:
			note = "computed"
		case c.Kind == catalog.Metadata:
			note = "metadata"
		}
		w.Columns = append(w.Columns, ColumnWords{c.Name, c.Type.String(), note})
	}
	return w
}
