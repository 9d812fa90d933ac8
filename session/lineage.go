package session

import (
	"reflect"
	"slices"
	"sort"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/topology"
)

// Lineage tells of every column that scripts write from which columns of which tables it comes.
// Views are seen through; a mix table is, in each mode, the table that it stands for there.
type Lineage struct {
	Outputs []*LineageOutput `json:"outputs"` // in the order of scripts and statements
	// Stands are the mix and hybrid tables, each with the tables that stand for it.
	Stands map[string][]string `json:"stands,omitempty"`
}

// LineageOutput is what one statement writes, in the modes in which it is made in the same way.
type LineageOutput struct {
	Script  string           `json:"script"`
	Modes   []Mode           `json:"modes"`
	Table   string           `json:"table"` // of a SELECT its name: select-1, …
	Columns []*LineageColumn `json:"columns"`
	// Rows are the columns that decide which rows there are, in the order filter, join, group, window, order.
	Rows []LineageRows `json:"rows"`
}

// LineageColumn is a column with those that its values are made of; none: it is a constant, or
// counts rows.
type LineageColumn struct {
	Column string          `json:"column"`
	From   []LineageSource `json:"from"`
}

// LineageSource is a column of a table.
type LineageSource struct {
	Table  string     `json:"table"`
	Column string     `json:"column"`
	How    LineageHow `json:"how"`
}

// LineageRows are columns that decide about rows for one reason.
type LineageRows struct {
	By      LineageBy     `json:"by"`
	Columns []LineageName `json:"columns"`
}

// LineageName names a column.
type LineageName struct {
	Table  string `json:"table"`
	Column string `json:"column"`
}

// Lineage follows the columns of scripts, each in the given modes. Nothing is opened. The
// diagnostics of a script that cannot be planned come in its own list, by its name.
func (s *Session) Lineage(scripts []diag.Source, modes func(diag.Source) []Mode) (*Lineage, map[string]diag.List) {
	l, problems := &Lineage{Outputs: []*LineageOutput{}}, map[string]diag.List{}
	for _, src := range scripts {
		var all []*LineageOutput
		for _, mode := range modes(src) {
			plan, list := s.Plan(src, mode)
			if list.HasErrors() || plan == nil {
				problems[src.Name] = append(problems[src.Name], list...)
				continue
			}
			if plan.Graph == nil {
				continue
			}
			l.stand(plan.Graph)
			for _, o := range lineageOf(plan, src.Name) {
				all = mergeModes(all, o)
			}
		}
		l.Outputs = append(l.Outputs, all...)
	}
	return l, problems
}

// stand notes which tables of a graph stand for others.
func (l *Lineage) stand(g *topology.Graph) {
	for _, n := range g.Nodes {
		text := n.Prop("for")
		at := strings.LastIndex(text, ", ") // behind it is the side
		var table *catalog.Table
		switch spec := n.Spec.(type) {
		case *physical.Source:
			table = spec.Table
		case *physical.LookupJoin:
			table = spec.Scan.Table
		case *physical.Sink:
			table = spec.Table
		}
		if at < 0 || table == nil {
			continue
		}
		if l.Stands == nil {
			l.Stands = map[string][]string{}
		}
		if name := text[:at]; !slices.Contains(l.Stands[name], table.Path.Name) {
			l.Stands[name] = append(l.Stands[name], table.Path.Name)
		}
	}
}

// mergeModes adds an output; one that is made as in another mode is named once.
func mergeModes(all []*LineageOutput, o *LineageOutput) []*LineageOutput {
	for _, was := range all {
		if was.Table == o.Table && was.Modes[0] != o.Modes[0] && reflect.DeepEqual(was.Columns, o.Columns) && reflect.DeepEqual(was.Rows, o.Rows) {
			was.Modes = append(was.Modes, o.Modes...)
			return all
		}
	}
	return append(all, o)
}

// lineageOf follows the columns of one plan's outputs.
func lineageOf(p *Plan, script string) []*LineageOutput {
	t := newTracing(p.Graph)
	var out []*LineageOutput
	for _, n := range p.Graph.Sinks() {
		spec, ok := n.Spec.(*physical.Sink)
		if !ok {
			continue
		}
		o := &LineageOutput{Script: script, Modes: []Mode{p.Mode}, Table: spec.Name, Columns: []*LineageColumn{}, Rows: []LineageRows{}}
		if spec.Table != nil {
			o.Table = spec.Table.Path.Name
		}
		for i, f := range spec.Fields {
			name := f.Name
			if i < len(spec.Columns) {
				name = spec.Columns[i].Name
			}
			c := &LineageColumn{Column: name, From: []LineageSource{}}
			for from, how := range t.from(n, i) {
				c.From = append(c.From, LineageSource{from.table, from.name, how})
			}
			sort.Slice(c.From, func(i, j int) bool {
				a, b := c.From[i], c.From[j]
				return a.Table+"."+a.Column < b.Table+"."+b.Column
			})
			o.Columns = append(o.Columns, c)
		}
		rows := t.deciding(n)
		for _, by := range []LineageBy{ByFilter, ByJoin, ByGroup, ByWindow, ByOrder} {
			if len(rows[by]) == 0 {
				continue
			}
			r := LineageRows{By: by}
			for c := range rows[by] {
				r.Columns = append(r.Columns, LineageName{c.table, c.name})
			}
			sort.Slice(r.Columns, func(i, j int) bool {
				a, b := r.Columns[i], r.Columns[j]
				return a.Table+"."+a.Column < b.Table+"."+b.Column
			})
			o.Rows = append(o.Rows, r)
		}
		out = append(out, o)
	}
	return out
}

// Writers lists what writes a column in one of some modes: the way from a table to the scripts
// before it.
func (l *Lineage) Writers(table, column string, modes []Mode) (out []LineageStep) {
	for _, o := range l.Outputs {
		if o.Table != table || !slices.ContainsFunc(modes, func(m Mode) bool { return slices.Contains(o.Modes, m) }) {
			continue
		}
		for _, c := range o.Columns {
			if c.Column == column {
				out = append(out, LineageStep{o, c})
			}
		}
	}
	return out
}

// LineageStep is a column of an output.
type LineageStep struct {
	Output *LineageOutput
	Column *LineageColumn
}

// Only keeps what leads to a table, or to one column of it ("" = all), through all scripts before;
// or, downstream, what is made of it. false: there is no such column.
func (l *Lineage) Only(table, column string, downstream bool) (*Lineage, bool) {
	wanted := map[LineageName]bool{}
	found := false
	for _, o := range l.Outputs {
		for _, c := range o.Columns {
			if !downstream && o.Table == table && (column == "" || c.Column == column) {
				wanted[LineageName{o.Table, c.Column}], found = true, true
			}
			for _, f := range c.From {
				if downstream && f.Table == table && (column == "" || f.Column == column) {
					wanted[LineageName{f.Table, f.Column}], found = true, true
				}
			}
		}
		for _, r := range o.Rows {
			for _, c := range r.Columns {
				if downstream && c.Table == table && (column == "" || c.Column == column) {
					wanted[c], found = true, true
				}
			}
		}
	}
	for grown := true; grown; {
		grown = false
		add := func(n LineageName) {
			if !wanted[n] {
				wanted[n], grown = true, true
			}
		}
		for _, o := range l.Outputs {
			for _, c := range o.Columns {
				at := LineageName{o.Table, c.Column}
				for _, f := range c.From {
					from := LineageName{f.Table, f.Column}
					switch {
					case downstream && wanted[from]:
						add(at)
					case !downstream && wanted[at]:
						add(from)
					}
				}
			}
		}
	}
	only := &Lineage{Outputs: []*LineageOutput{}}
	for _, o := range l.Outputs {
		kept := *o
		kept.Columns, kept.Rows = []*LineageColumn{}, []LineageRows{}
		for _, c := range o.Columns {
			if wanted[LineageName{o.Table, c.Column}] && (!downstream || madeOf(c, wanted)) {
				kept.Columns = append(kept.Columns, c)
			}
		}
		for _, r := range o.Rows {
			some := LineageRows{By: r.By}
			for _, c := range r.Columns {
				if !downstream || wanted[c] {
					some.Columns = append(some.Columns, c)
				}
			}
			if len(some.Columns) > 0 {
				kept.Rows = append(kept.Rows, some)
			}
		}
		if len(kept.Columns) > 0 || downstream && len(kept.Rows) > 0 {
			only.Outputs = append(only.Outputs, &kept)
		}
	}
	return only, found
}

// madeOf reports whether a column is made of a wanted one.
func madeOf(c *LineageColumn, wanted map[LineageName]bool) bool {
	for _, f := range c.From {
		if wanted[LineageName{f.Table, f.Column}] {
			return true
		}
	}
	return false
}
