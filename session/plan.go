package session

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner"
	"github.com/weir-sql/weir/planner/bind"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/session/variable"
	"github.com/weir-sql/weir/topology"
)

// Plan is a script made ready to run in one mode.
type Plan struct {
	Source   diag.Source
	Mode     Mode
	Graph    *topology.Graph // nil if the script has no query and no INSERT
	Outputs  []Output        // in the order of the script
	Commands []Command       // results of SHOW, DESCRIBE and their like, in order
	Config   map[string]string
	Zone     *time.Location // session time zone
	// Variables are what the script's ${…} came to.
	Variables []variable.Used
	// Functions are the user functions that the script calls; a run starts them.
	Functions []*catalog.UserFunction

	Planned *topology.Graph   // Graph without the edits of the overlay
	Overlay *topology.Overlay // nil if the script has none
	Follows []topology.Follow // what else the overlay's edits changed
}

// Output is one result of a script: of a SELECT or an INSERT.
type Output struct {
	Name      string
	Table     string // the table written; "" for a SELECT
	Schema    []types.Field
	UpsertKey []int // columns that identify a row in a changelog without -U; nil = none needed
}

// Command is the result of a statement that only shows something.
type Command struct {
	Name   string
	Text   string // the result for people, as it is shown; "" if Rows are a table
	Schema []types.Field
	Rows   *vec.Batch
}

// Selects lists the outputs of SELECTs.
func (p *Plan) Selects() []Output {
	var out []Output
	for _, o := range p.Outputs {
		if o.Table == "" {
			out = append(out, o)
		}
	}
	return out
}

// output finds an output by name.
func (p *Plan) output(name string) Output {
	for _, o := range p.Outputs {
		if o.Name == name {
			return o
		}
	}
	return Output{Name: name}
}

// Phase is a step of a script's way: parse, bind, plan or run.
type Phase string

// The phases.
const (
	Parsing  Phase = "parse"
	Binding  Phase = "bind"
	Planning Phase = "plan"
	Running  Phase = "run"
)

// Plan parses, binds and plans a script. It opens nothing. The plan is nil if the
// list holds an error.
func (s *Session) Plan(src diag.Source, mode Mode) (*Plan, diag.List) {
	p, list, _ := s.plan(src, mode)
	return p, list
}

// Check plans a script in some modes, and in both if it uses a table that is another one in
// each, and gives every problem once.
func (s *Session) Check(src diag.Source, modes []Mode) diag.List {
	var all diag.List
	seen := map[string]bool{}
	check := func(m Mode) {
		_, list := s.Plan(src, m)
		for _, d := range list {
			if text := diag.Print(src, d); !seen[text] {
				seen[text] = true
				all.Add(d)
			}
		}
	}
	for _, m := range modes {
		check(m)
	}
	for _, m := range []Mode{Stream, Batch} {
		if !slices.Contains(modes, m) && s.mixes(src) {
			check(m)
		}
	}
	return all.Sorted()
}

// mixes tells a script that declares or uses a mix table, or one that the project declares.
func (s *Session) mixes(src diag.Source) bool {
	names := map[string]bool{}
	uses := false
	read := func(text string) {
		for _, table := range mixTables(text) {
			names[table] = true
		}
	}
	for _, m := range []Mode{Stream, Batch} {
		for _, name := range s.Project.Config.Tables.of(m) {
			if declared, err := s.files.script(filepath.Join(s.Project.Dir, name)); err == nil {
				read(declared.Text)
			}
		}
	}
	read(src.Text)
	tokens, _ := syntax.Scan(src.Text)
	for _, t := range tokens {
		uses = uses || names[strings.Trim(t.Text(src.Text), "`")]
	}
	return uses
}

// mixTables names the mix tables that a script declares, and the views beside them, which
// may be over them.
func mixTables(text string) []string {
	script, _ := syntax.Parse(text)
	var tables, views []string
	for _, stmt := range script.Stmts {
		switch c := stmt.(type) {
		case *syntax.CreateView:
			views = append(views, c.Name.Last().Name)
		case *syntax.CreateTable:
			for _, o := range c.Options {
				if o.Key.Value == "connector" && o.Value.Value == catalog.MixConnector {
					tables = append(tables, c.Name.Last().Name)
				}
			}
		}
	}
	if tables == nil {
		return nil
	}
	return append(tables, views...)
}

// plan tells, too, in which phase it ended.
func (s *Session) plan(src diag.Source, mode Mode) (*Plan, diag.List, Phase) {
	config := s.config(mode)
	loc, err := zone(config)
	if err != nil {
		return nil, diag.List{asDiagnostic(err)}, Binding
	}
	vars := s.variables(src.Text, loc)
	script, list := syntax.ParseWith(src.Text, vars)
	if !list.HasErrors() {
		list = append(list, s.rebind(script)...)
	}
	if list.HasErrors() {
		return nil, list.Sorted(), Parsing
	}
	reg := s.registry(registryOptions{zone: loc, batch: mode == Batch})
	env := &bind.Env{Catalog: catalog.New(), Functions: s.functions, Connectors: s.declarations(reg, mode), Formats: reg, Config: config, Zone: loc, Batch: mode == Batch}
	list = append(list, s.startAt(script, vars)...)
	declared, problems := s.declare(env, mode, src.Name, vars)
	if problems.HasErrors() {
		return nil, problems, Binding
	}
	list = append(list, vars.Unused()...)
	if d := s.undeclared(append(declared, s.replace(script)...)); d != nil {
		return nil, append(list, d), Binding
	}
	bound, problems := bind.Script(env, src, script)
	list = append(list, problems...)
	if list.HasErrors() {
		return nil, list.Sorted(), Binding
	}
	if loc, err = settleZone(bound); err != nil {
		return nil, append(list, asDiagnostic(err)), Binding
	}
	pl := &planning{session: s, src: src, mode: mode, zone: loc, config: bound.Config, bound: bound, functions: catalog.WithUser(s.functions, bound.Functions)}
	p := &Plan{Source: src, Mode: mode, Config: bound.Config, Zone: loc, Variables: vars.Used(), Functions: bound.Functions}
	for _, c := range bound.Commands {
		command, problems := pl.command(c)
		list = append(list, problems...)
		p.Commands = append(p.Commands, command)
	}
	if len(bound.Sinks) > 0 {
		g, problems := pl.graph(bound.Sinks)
		list = append(list, problems...)
		p.Graph, p.Planned = g, g
	}
	if list.HasErrors() {
		return nil, list.Sorted(), Planning
	}
	if p.Graph != nil {
		if list = append(list, s.edit(p)...); list.HasErrors() {
			return nil, list.Sorted(), Planning
		}
		p.Outputs = outputs(p.Graph)
	}
	return p, list.Sorted(), Running
}

// settleZone gives the time zone of a script's run, the one in force at its queries, and leaves it in the configuration,
// whatever was set after them. All queries of a script are one run, so they must agree.
func settleZone(bound *bind.Bound) (*time.Location, error) {
	const key = "table.local-time-zone"
	for i, c := range bound.Configs {
		if i > 0 && c[key] != bound.Configs[0][key] {
			return nil, diag.Errorf("W0603", bound.Sinks[i].Span(), "'%s' is %q here and %q at a query before: queries of one script run as one job, in one time zone",
				key, c[key], bound.Configs[0][key]).WithHint("put queries of another time zone into a script of their own")
		}
	}
	if n := len(bound.Configs); n > 0 {
		bound.Config = maps.Clone(bound.Configs[n-1]) // what is set after the last query changes nothing
		if name, ok := bound.Configs[0][key]; ok {
			bound.Config[key] = name
		} else {
			delete(bound.Config, key)
		}
	}
	return zone(bound.Config)
}

// declarations are the connectors as the planner sees them: those of a fixture's tables
// can do what the fixture can, and tables of given rows have one of their own.
func (s *Session) declarations(reg catalog.Connectors, mode Mode) catalog.Connectors {
	if len(s.opts.Given) > 0 {
		reg = &givenDeclarations{reg, s.opts.Given, mode == Batch}
	}
	if s.pretend == nil {
		return reg
	}
	return s.pretend(reg)
}

// planning is what turns the sinks of one script into a graph.
type planning struct {
	session *Session
	src     diag.Source
	mode    Mode
	zone    *time.Location
	config  map[string]string
	bound   *bind.Bound // the script
	// functions are the session's, and the script's own, of which nothing runs here.
	functions catalog.Functions
}

// graph rewrites and lowers sinks.
func (p *planning) graph(sinks []*logical.Sink) (*topology.Graph, diag.List) {
	reg := p.session.functions
	return planner.Plan(sinks, planner.Options{Mode: p.mode, Script: p.src, Config: p.config, Configs: p.configsOf(sinks), Functions: p.functions,
		Fold: fold(reg, p.zone), Partials: partials})
}

// configsOf gives the configurations of the script's sinks; those of an EXPLAIN have the
// script's last.
func (p *planning) configsOf(sinks []*logical.Sink) []map[string]string {
	if p.bound == nil || len(sinks) != len(p.bound.Sinks) || sinks[0] != p.bound.Sinks[0] {
		return nil
	}
	return p.bound.Configs
}

// declare binds the project's table declarations. Their places are taken off the
// tables afterwards, because spans of the script at hand point into another text.
// The names of its tables are known only if there are given rows.
func (s *Session) declare(env *bind.Env, mode Mode, script string, vars *variable.Set) (declared []string, _ diag.List) {
	for _, name := range s.Project.Config.Tables.of(mode) {
		path := filepath.Join(s.Project.Dir, name)
		if sameFile(path, script) {
			continue // it declares them itself
		}
		src, err := s.files.script(path)
		if err != nil {
			return nil, diag.List{asDiagnostic(err)}
		}
		src.Name = name
		parsed, list := syntax.ParseWith(src.Text, vars)
		declared = append(declared, s.replace(parsed)...)
		list = append(list, s.startAt(parsed, vars)...)
		if !list.HasErrors() {
			_, problems := bind.Script(env, src, parsed)
			list = append(list, problems...)
		}
		for _, d := range list {
			d.Source = &src
		}
		if list.HasErrors() {
			return nil, list
		}
	}
	env.Catalog.Unplace()
	return declared, nil
}

func sameFile(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

// config is the configuration a script starts with: the project's, then the command line's.
func (s *Session) config(mode Mode) map[string]string {
	config := map[string]string{}
	if n := s.Project.Config.Parallelism; n > 0 {
		config["parallelism.default"] = strconv.Itoa(n)
	}
	if len(s.opts.Given) > 0 {
		config["pipeline.auto-watermark-interval"] = "0 ms" // results of given rows do not hang on how many come at once
	}
	maps.Copy(config, s.Project.Config.Config)
	maps.Copy(config, s.opts.Config)
	config["execution.runtime-mode"] = map[Mode]string{Stream: "streaming", Batch: "batch"}[mode]
	return config
}

// partials tells the planner in which columns a local aggregation hands on its state.
func partials(call rex.AggCall, in []types.Type, retract bool) []types.Type {
	acc, err := agg.New(call, in, retract)
	if err != nil {
		return nil
	}
	return acc.PartialTypes()
}

// outputs lists the sinks of a graph.
func outputs(g *topology.Graph) []Output {
	var out []Output
	for _, n := range g.Sinks() {
		spec, ok := n.Spec.(*physical.Sink)
		if !ok {
			continue
		}
		o := Output{Name: spec.Name, Schema: spec.Fields}
		if spec.Table != nil {
			o.Table = spec.Table.Path.Name
		}
		if in := g.Inputs(n.ID); len(in) == 1 && in[0].Changelog.Updating() && !in[0].Changelog.Has(topology.UpdateBefore) {
			o.UpsertKey = in[0].UpsertKey
		}
		out = append(out, o)
	}
	return out
}

func asDiagnostic(err error) *diag.Diagnostic {
	var d *diag.Diagnostic
	if errors.As(err, &d) {
		return d
	}
	return diag.Errorf("W0600", diag.Span{}, "%s", fmt.Sprint(err))
}

// ModesOf narrows modes to those that a script is for: declarations that the project makes in one mode only are of that
// mode, whatever was asked.
func (s *Session) ModesOf(path string, modes []Mode) []Mode {
	among := func(names []string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return sameFile(filepath.Join(s.Project.Dir, n), path) })
	}
	t := s.Project.Config.Tables
	switch stream, batch := among(t.Stream), among(t.Batch); {
	case stream && !batch:
		return []Mode{Stream}
	case batch && !stream:
		return []Mode{Batch}
	}
	return modes
}
