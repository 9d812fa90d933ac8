package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/topology"
)

// RecordOptions say what to take from live sources.
type RecordOptions struct {
	Rows int    // of the table that leads
	Lead string // the table; "" = the first that the script reads and does not look up
	Mode Mode
}

// Recorded is what was taken.
type Recorded struct {
	Lead  string
	Rows  map[string]int // by table
	Joins []string       // along which the sample is closed, as a.x = b.y
}

// RecordFixture takes a sample of live tables: the first rows of one table, and of every table
// that the script joins to it all rows that a row of the sample joins with. What has no
// equality to the sample gives as many first rows. Sources are read as far as they are now.
func (s *Session) RecordFixture(ctx context.Context, src diag.Source, o RecordOptions, dir string) (*Recorded, error) {
	if o.Mode == "" {
		o.Mode = Stream
	}
	plan, list := s.Plan(src, o.Mode)
	if plan == nil || plan.Graph == nil {
		if list.HasErrors() {
			return nil, list
		}
		return nil, noQuery("")
	}
	tables, order := map[string]*catalog.Table{}, []string{}
	add := func(t *catalog.Table) {
		if tables[t.Path.Name] == nil {
			tables[t.Path.Name], order = t, append(order, t.Path.Name)
		}
	}
	for _, n := range plan.Graph.Nodes {
		if spec, ok := n.Spec.(*physical.Source); ok {
			add(spec.Table)
		}
	}
	lead := o.Lead
	if lead == "" && len(order) > 0 {
		lead = order[0]
	}
	for _, n := range plan.Graph.Nodes {
		if spec, ok := n.Spec.(*physical.LookupJoin); ok {
			for _, t := range spec.Tables() {
				add(t)
			}
		}
	}
	if tables[lead] == nil {
		d := diag.Errorf("W0658", diag.Span{}, "the script does not read table %q", lead)
		return nil, d.WithHint("it reads %s", strings.Join(order, ", "))
	}
	r := &recorder{s: s, ctx: ctx, head: declarations(src.Text), mode: o.Mode, tables: tables, got: map[string]*vec.Batch{}}
	joins := columnPairs(plan.Graph)
	rec := &Recorded{Lead: lead, Rows: map[string]int{}}
	if err := r.take(lead, o.Rows, nil); err != nil {
		return nil, err
	}
	for {
		table, wanted := r.next(joins)
		if table == "" {
			break
		}
		if err := r.take(table, -1, wanted); err != nil {
			return nil, err
		}
	}
	for _, name := range order {
		if r.got[name] == nil {
			if err := r.take(name, o.Rows, nil); err != nil {
				return nil, err
			}
		}
	}
	for _, j := range joins {
		rec.Joins = append(rec.Joins, j.String())
	}
	var files []fixtureFile
	for _, name := range order {
		fields, _, _ := fieldsOf(tables[name])
		ft := &fixtureTable{name: name, fields: fields, rows: r.got[name]}
		rec.Rows[name] = ft.rows.Len
		files = append(files, fileOf(ft, func(int) bool { return true }, nil))
	}
	about := fmt.Sprintf("Recorded %s: %s of %s and what they join with.", time.Now().UTC().Format(time.DateOnly), topology.Count(rec.Rows[lead], "row"), lead)
	return rec, writeFixture(dir, about, nil, files, nil)
}

// recorder reads live tables.
type recorder struct {
	s      *Session
	ctx    context.Context
	head   string // declarations of the script
	mode   Mode
	tables map[string]*catalog.Table
	got    map[string]*vec.Batch
}

// take reads a table: its first rows, or (rows < 0) those whose column has a wanted value.
func (r *recorder) take(table string, rows int, wanted *wantedKeys) error {
	t := r.tables[table]
	fields, _, _ := fieldsOf(t)
	var names []string
	for _, f := range fields {
		names = append(names, quoteName(f.Name))
	}
	hint := ""
	switch {
	case r.mode == Batch || t.Options["scan.bounded.mode"] != "":
	case t.Options["connector"] == "kafka" || t.Options["connector"] == "upsert-kafka":
		hint = " /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */"
	}
	src := diag.Source{Name: "reading " + table, Text: fmt.Sprintf("%sSELECT %s FROM %s%s", r.head, strings.Join(names, ", "), quoteName(table), hint)}
	plan, list := r.s.Plan(src, r.mode)
	if list.HasErrors() {
		return list
	}
	out := &recording{most: rows, wanted: wanted, fields: fields}
	run, err := r.s.Run(r.ctx, plan, RunOptions{Limit: int64(rows), Result: func(Output) (result.Writer, error) { return out, nil }})
	if err != nil {
		return err
	}
	if err := run.Wait(); err != nil && !errors.Is(err, ErrLimit) {
		return err
	}
	if err := r.ctx.Err(); err != nil {
		return err
	}
	r.got[table] = noRows(fields)
	if len(out.batches) > 0 {
		r.got[table] = vec.Concat(typesOfFields(fields), out.batches)
	}
	return nil
}

// next finds a table that was not read and joins with one that was.
func (r *recorder) next(joins []columnPair) (string, *wantedKeys) {
	for _, j := range joins {
		for _, side := range []columnPair{j, {j.other, j.column}} {
			have := r.got[side.column.table]
			if have == nil || r.got[side.other.table] != nil || r.tables[side.other.table] == nil {
				continue
			}
			mine, _, _ := fieldsOf(r.tables[side.column.table])
			theirs, _, _ := fieldsOf(r.tables[side.other.table])
			from, to := fieldNamed(mine, side.column.name), fieldNamed(theirs, side.other.name)
			if from < 0 || to < 0 {
				continue
			}
			w := &wantedKeys{column: to, values: map[string]bool{}}
			for i := range have.Len {
				if !have.Cols[from].IsNull(i) {
					w.values[string(vec.AppendJSON(nil, have.Cols[from], i))] = true
				}
			}
			return side.other.table, w
		}
	}
	return "", nil
}

// wantedKeys are the values of a column that a sample joins with.
type wantedKeys struct {
	column int
	values map[string]bool
}

// recording keeps the rows that are wanted.
type recording struct {
	most    int // < 0 = no limit
	wanted  *wantedKeys
	fields  []types.Field
	rows    int
	batches []*vec.Batch
}

// Write keeps rows.
func (s *recording) Write(b *vec.Batch) error {
	if s.wanted != nil {
		var keep []int32
		for i := range b.Len {
			if c := b.Cols[s.wanted.column]; !c.IsNull(i) && s.wanted.values[string(vec.AppendJSON(nil, c, i))] {
				keep = append(keep, int32(i))
			}
		}
		b = b.Take(keep)
	}
	if s.most >= 0 {
		b = b.Slice(0, min(b.Len, s.most-s.rows))
	}
	if b.Len > 0 {
		s.rows += b.Len
		s.batches = append(s.batches, b)
	}
	return nil
}

func (s *recording) Flush() error { return nil }
func (s *recording) Close() error { return nil }

// columnOf names a column of a table.
type columnOf struct{ table, name string }

// columnPair are two columns that a script joins by equality.
type columnPair struct{ column, other columnOf }

// String prints a pair.
func (p columnPair) String() string {
	return p.column.table + "." + p.column.name + " = " + p.other.table + "." + p.other.name
}

// columnPairs finds the columns of tables that a graph joins by equality.
func columnPairs(g *topology.Graph) []columnPair {
	var out []columnPair
	add := func(a, b columnOf, ok bool) {
		p := columnPair{a, b}
		if ok && a != b && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	pairs := func(n *topology.Node, left, right []int) {
		in := g.Inputs(n.ID)
		for i := range left {
			a, ok := tableColumn(g, inputNode(g, in, 0), left[i])
			b, ok2 := tableColumn(g, inputNode(g, in, 1), right[i])
			add(a, b, ok && ok2)
		}
	}
	for _, n := range g.Nodes {
		switch spec := n.Spec.(type) {
		case *physical.Join:
			pairs(n, spec.LeftKeys, spec.RightKeys)
		case *physical.IntervalJoin:
			pairs(n, spec.LeftKeys, spec.RightKeys)
		case *physical.TemporalJoin:
			pairs(n, spec.LeftKeys, spec.RightKeys)
		case *physical.WindowJoin:
			pairs(n, spec.LeftKeys, spec.RightKeys)
		case *physical.LookupJoin:
			for _, k := range spec.Keys {
				ref, ok := k.Value.(*rex.Ref)
				if !ok {
					continue
				}
				a, ok := tableColumn(g, inputNode(g, g.Inputs(n.ID), 0), ref.Index)
				path := spec.Scan.Read[k.Column].Path
				add(a, columnOf{spec.Scan.Table.Path.Name, strings.Join(path, ".")}, ok && len(path) == 1)
			}
		}
	}
	return out
}

func inputNode(g *topology.Graph, in []*topology.Edge, input int) *topology.Node {
	for _, e := range in {
		if e.Input == input {
			return g.Node(e.From)
		}
	}
	return nil
}

// tableColumn follows a column of a node's output to the table that it comes from unchanged.
func tableColumn(g *topology.Graph, n *topology.Node, column int) (columnOf, bool) {
	if n == nil || column < 0 {
		return columnOf{}, false
	}
	in := g.Inputs(n.ID)
	through := func(input, column int) (columnOf, bool) { return tableColumn(g, inputNode(g, in, input), column) }
	switch spec := n.Spec.(type) {
	case *physical.Source:
		if spec.Project != nil {
			ref, ok := spec.Project[column].(*rex.Ref)
			if !ok {
				return columnOf{}, false
			}
			column = ref.Index
		}
		if column >= len(spec.Read) || len(spec.Read[column].Path) != 1 {
			return columnOf{}, false
		}
		return columnOf{spec.Table.Path.Name, spec.Read[column].Path[0]}, true
	case *physical.Calc:
		if ref, ok := spec.Exprs[column].(*rex.Ref); ok {
			return through(0, ref.Index)
		}
		return columnOf{}, false
	case *physical.GroupAgg:
		if column < len(spec.Keys) && spec.Phase != physical.Global {
			return through(0, spec.Keys[column])
		}
		if column < len(spec.Keys) {
			return through(0, column)
		}
		return columnOf{}, false
	case *physical.Join:
		if column < len(spec.Left) {
			return through(0, column)
		}
		return through(1, column-len(spec.Left))
	case *physical.LookupJoin:
		if column < len(spec.Left) {
			return through(0, column)
		}
		return columnOf{}, false
	case *physical.AssignWatermark, *physical.DropUpdateBefore, *physical.Normalize, *physical.WindowTVF, *physical.Dedup, *physical.TopN:
		from := inputNode(g, in, 0)
		if from != nil && column < len(specOf(from).Schema()) {
			return through(0, column)
		}
	}
	return columnOf{}, false
}
