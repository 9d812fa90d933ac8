package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// Given are rows that stand for what a declared table's connector would read: those of
// `weir run --table NAME=rows.jsonl`, or of a request. Schema, keys and watermark stay the
// declaration's.
type Given struct {
	rows  *fixtures.Rows
	kinds topology.ChangelogMode // of the rows
}

// opMember is the member of a row that holds its kind.
const opMember = "$op"

// ReadGiven reads a file of rows, a JSON object a line. name is what messages call it.
func ReadGiven(path, name string) (*Given, error) {
	f, err := os.Open(path)
	if err != nil {
		d := &diag.Diagnostic{Severity: diag.Error, Code: codeFixtureInput, File: name, Primary: "the rows cannot be read: " + err.Error()}
		if errors.Is(err, os.ErrNotExist) {
			d.Primary = "there is no such file of rows"
		}
		return nil, d
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	var lines []json.RawMessage
	var at []int
	for i, l := range bytes.Split(bytes.TrimPrefix(text, []byte("\ufeff")), []byte{'\n'}) {
		if l = bytes.TrimSpace(l); len(l) > 0 {
			lines, at = append(lines, l), append(at, i+1)
		}
	}
	return newGiven(name, lines, at)
}

// newGiven takes rows with the number of each; nil numbers them from 1.
func newGiven(name string, lines []json.RawMessage, at []int) (*Given, error) {
	g := &Given{rows: &fixtures.Rows{File: name}, kinds: topology.Insert}
	for i, l := range lines {
		row := fixtures.Row{JSON: l, Line: i + 1}
		if at != nil {
			row.Line = at[i]
		}
		op := "+I"
		var head struct {
			Op *string `json:"$op"`
		}
		if err := json.Unmarshal(l, &head); err != nil || l[0] != '{' {
			return nil, g.at(row.Line, "not a row").WithHint(`a row is {"column": value, …}, or {"$op": "-U", "column": value, …}`)
		}
		if head.Op != nil {
			op = *head.Op
		}
		switch op {
		case "+I":
		case "-U":
			row.Kind = vec.UpdateBefore
		case "+U":
			row.Kind = vec.UpdateAfter
		case "-D":
			row.Kind = vec.Delete
		default:
			return nil, g.at(row.Line, "%q is no row kind", op).WithHint("row kinds are +I, -U, +U and -D")
		}
		g.kinds |= modeOf(row.Kind)
		g.rows.Rows = append(g.rows.Rows, row)
	}
	return g, nil
}

// GivenBy takes the rows of a fixture's tables; those of Parquet and SQL files cannot be taken.
func GivenBy(set *fixtures.Set) (map[string]*Given, error) {
	out := map[string]*Given{}
	for _, t := range set.Tables {
		if t.Rows == nil {
			return nil, &diag.Diagnostic{Severity: diag.Error, Code: codeFixtureInput, File: "fixtures/" + set.Name + "/" + t.File,
				Primary: fmt.Sprintf("the rows of table %q are %s", t.Name, t.Format), Hint: "only jsonl, csv and inline rows can be given here"}
		}
		g := &Given{rows: t.Rows, kinds: topology.Insert}
		for _, r := range t.Rows.Rows {
			g.kinds |= modeOf(r.Kind)
		}
		out[t.Name] = g
	}
	return out, nil
}

// Give lets tables have rows that are given, beside those that were when the session was opened.
func (s *Session) Give(rows map[string]*Given) {
	all := maps.Clone(rows)
	maps.Copy(all, s.opts.Given)
	s.opts.Given = all
}

func (g *Given) at(line int, format string, args ...any) *diag.Diagnostic {
	return &diag.Diagnostic{Severity: diag.Error, Code: codeFixtureKind, File: g.rows.File, Line: line, Primary: fmt.Sprintf(format, args...)}
}

// modeOf is the changelog of one row kind.
func modeOf(k vec.RowKind) topology.ChangelogMode {
	return [...]topology.ChangelogMode{topology.Insert, topology.UpdateBefore, topology.UpdateAfter, topology.Delete}[k]
}

const (
	// givenConnector is the connector that tables with given rows get in the place of their own.
	givenConnector = "given"
	// givenOption names the rows: a table that is renamed, or made LIKE another, keeps them as it keeps a path.
	givenOption = "given.rows"
	modeOption  = "changelog-mode"
)

// replace puts the given rows in the place of the connectors of the tables that a script declares, and gives the
// names of all tables that it declares. Other options stay: they mean nothing here.
func (s *Session) replace(script *syntax.Script) (declared []string) {
	if len(s.opts.Given) == 0 {
		return nil
	}
	for _, st := range script.Stmts {
		create, ok := st.(*syntax.CreateTable)
		if !ok {
			continue
		}
		name := create.Name.Last().Name
		declared = append(declared, name)
		if s.opts.Given[name] == nil {
			continue
		}
		kept := slices.DeleteFunc(slices.Clone(create.Options), func(o *syntax.Option) bool { return o.Key.Value == "connector" })
		create.Options = append(kept, &syntax.Option{Base: create.Base,
			Key:   &syntax.StringLit{Base: create.Base, Value: "connector"},
			Value: &syntax.StringLit{Base: create.Base, Value: givenConnector}},
			&syntax.Option{Base: create.Base,
				Key:   &syntax.StringLit{Base: create.Base, Value: givenOption},
				Value: &syntax.StringLit{Base: create.Base, Value: name}})
	}
	return declared
}

// undeclared says that rows were given for tables that no statement declares.
func (s *Session) undeclared(declared []string) *diag.Diagnostic {
	for _, name := range slices.Sorted(maps.Keys(s.opts.Given)) {
		if slices.Contains(declared, name) {
			continue
		}
		d := diag.Errorf(codeFixtureInput, diag.Span{}, "rows are given for table %q, which is not declared", name)
		if near := diag.Nearest(name, declared); near != "" {
			return d.WithHint("did you mean %q?", near)
		}
		return d.WithHint("the script declares it with CREATE TABLE; the rows come in the place of its connector's")
	}
	return nil
}

// givenDeclarations are connectors beside which there is the one of given rows.
type givenDeclarations struct {
	catalog.Connectors
	given map[string]*Given
	batch bool
}

// Connector finds a connector.
func (d *givenDeclarations) Connector(name string) *catalog.Connector {
	if name != givenConnector {
		return d.Connectors.Connector(name)
	}
	return &catalog.Connector{Name: name, Options: []catalog.Option{{Name: "", Prefix: true}}, Source: true, Sink: true, Lookup: true, Describe: d.describe}
}

// describe says what a table of given rows can do: its changelog is what the rows hold.
func (d *givenDeclarations) describe(t *catalog.Table, _ catalog.Formats) (catalog.Capabilities, diag.List) {
	var list diag.List
	caps := catalog.Capabilities{Bounded: true, PushProjection: true, Accepts: topology.Retract, Lookup: true, LookupInMemory: true}
	if len(t.PrimaryKey) > 0 {
		caps.Accepts = topology.Upsert
	}
	for _, c := range t.Columns {
		if c.Kind == catalog.Metadata {
			caps.Metadata = append(caps.Metadata, catalog.MetadataColumn{Key: c.MetadataKey, Type: c.Type, Writable: true})
		}
	}
	g := d.given[t.Options[givenOption]]
	if g == nil {
		list.Add(diag.Errorf(codeFixtureInput, t.Span, "no rows are given for table %q", t.Path.Name))
		return caps, list
	}
	mode, err := g.mode(t)
	if err != nil {
		list.Add(asDiagnostic(err))
	}
	if caps.Produces = mode; d.batch {
		caps.Produces = topology.InsertOnly
	}
	if _, declared := t.Options[modeOption]; declared {
		caps.Accepts = mode
	}
	return caps, list
}

// mode is the changelog of a table with given rows: what they hold, or what the option says.
func (g *Given) mode(t *catalog.Table) (topology.ChangelogMode, error) {
	text, declared := t.Options[modeOption]
	mode := g.kinds
	at := t.OptionSpans[modeOption]
	if declared {
		if err := mode.UnmarshalText([]byte(strings.ReplaceAll(text, " ", ""))); err != nil || mode == 0 {
			return 0, diag.Errorf(codeFixtureKind, at.Value, "%q is no changelog mode", text).WithHint("it lists row kinds out of I,UB,UA,D")
		}
	}
	for _, r := range g.rows.Rows {
		if r.Kind != vec.UpdateBefore && !mode.Has(modeOf(r.Kind)) { // rows of −U are left out of an upsert changelog
			return 0, g.at(r.Line, "table %q gives %s rows only, not %s", t.Path.Name, mode, r.Kind)
		}
	}
	if mode.Updating() && !mode.Has(topology.UpdateAfter) {
		mode |= topology.Retract // deletions of whole rows
	}
	if mode.Has(topology.UpdateAfter) && !mode.Has(topology.UpdateBefore) && len(t.PrimaryKey) == 0 {
		return 0, diag.Errorf(codeFixtureKind, t.Span, "table %q has +U rows without -U, and no primary key tells which row they are about", t.Path.Name).
			WithHint("declare PRIMARY KEY (…) NOT ENFORCED")
	}
	return mode, nil
}

// table types the rows for a declaration.
func (g *Given) table(p *Plan, t *catalog.Table, versions bool) (*fixtureTable, error) {
	ft, at := newFixtureTable(t)
	ty, err := newTyping(fmt.Sprintf("table %q", ft.name), ft.fields, p.Zone)
	if err != nil {
		return nil, err
	}
	ty.ignore = opMember
	if ft.rows, err = ty.batch(g.rows); err != nil {
		return nil, err
	}
	for _, c := range t.PrimaryKey {
		if i, ok := at[c]; ok {
			ft.key = append(ft.key, i)
		}
	}
	mode, err := g.mode(t)
	if err != nil || p.Mode != Batch || !mode.Updating() {
		return ft, err
	}
	if versions {
		ft.unroll()
		return ft, nil
	}
	var key []int // a changelog with −U, or without updates, is of whole rows
	if !mode.Has(topology.UpdateBefore) {
		key = ft.key
	}
	return ft, ft.foldBy(key)
}

// fieldsOf are the stored columns of a table: physical ones and metadata. keys maps metadata keys to fields, at
// columns to fields.
func fieldsOf(t *catalog.Table) (fields []types.Field, keys map[string]int, at map[int]int) {
	keys, at = map[string]int{}, map[int]int{}
	for i, c := range t.Columns {
		if c.Kind == catalog.Computed {
			continue
		}
		at[i] = len(fields)
		if c.Kind == catalog.Metadata {
			keys[c.MetadataKey] = len(fields)
		}
		f := types.Field{Name: c.Name, Type: c.Type}
		f.Type.Attr = types.NoTimeAttr
		fields = append(fields, f)
	}
	return fields, keys, at
}
