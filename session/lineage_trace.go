package session

import (
	"strings"

	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/topology"
)

// How a column's value comes from another column.
type LineageHow string

// The ways, from the nearest to the farthest.
const (
	Copied     LineageHow = "copied"
	Computed   LineageHow = "computed"
	Aggregated LineageHow = "aggregated"
)

var howRank = map[LineageHow]int{Copied: 1, Computed: 2, Aggregated: 3}

// farther gives the second of two steps one after the other, or the first if it is farther.
func farther(a, b LineageHow) LineageHow {
	if howRank[a] > howRank[b] {
		return a
	}
	return b
}

// Why rows come out as they do: the columns that decide which rows there are.
type LineageBy string

// The reasons.
const (
	ByFilter LineageBy = "filter"
	ByJoin   LineageBy = "join"
	ByGroup  LineageBy = "group"
	ByWindow LineageBy = "window"
	ByOrder  LineageBy = "order"
)

// values are the columns from which a value is made.
type values map[columnOf]LineageHow

func (v values) add(more values, how LineageHow) {
	for c, h := range more {
		v[c] = farther(v[c], farther(h, how))
	}
}

// influence are the columns that decide about rows, by reason.
type influence map[LineageBy]map[columnOf]bool

func (f influence) add(by LineageBy, more values) {
	for c := range more {
		if f[by] == nil {
			f[by] = map[columnOf]bool{}
		}
		f[by][c] = true
	}
}

// tracing follows columns through a graph back to tables. What it found out is kept: graphs
// join what they share.
type tracing struct {
	g      *topology.Graph
	values map[topology.NodeID]map[int]values
	rows   map[topology.NodeID]influence
}

func newTracing(g *topology.Graph) *tracing {
	return &tracing{g: g, values: map[topology.NodeID]map[int]values{}, rows: map[topology.NodeID]influence{}}
}

// from gives the columns from which a column of a node's output is made.
func (t *tracing) from(n *topology.Node, column int) values {
	if n == nil || column < 0 {
		return nil
	}
	if v, ok := t.values[n.ID][column]; ok {
		return v
	}
	if t.values[n.ID] == nil {
		t.values[n.ID] = map[int]values{}
	}
	v := values{}
	t.trace(n, column, v)
	t.values[n.ID][column] = v
	return v
}

// input is the node that feeds an input.
func (t *tracing) input(n *topology.Node, i int) *topology.Node {
	return inputNode(t.g, t.g.Inputs(n.ID), i)
}

// of gives the columns from which an expression over a node's output is made.
func (t *tracing) of(n *topology.Node, e rex.Expr) values {
	v := values{}
	if e == nil {
		return v
	}
	how := Computed
	if _, ok := e.(*rex.Ref); ok {
		how = Copied
	}
	for _, c := range rex.Refs(e) {
		v.add(t.from(n, c), how)
	}
	return v
}

// columns gives those from which several columns are made.
func (t *tracing) columns(n *topology.Node, columns ...int) values {
	v := values{}
	for _, c := range columns {
		v.add(t.from(n, c), Copied)
	}
	return v
}

// trace adds the columns from which column c of n is made.
func (t *tracing) trace(n *topology.Node, c int, v values) {
	in := t.input(n, 0)
	pass := func(width int) bool {
		if c < width {
			v.add(t.from(in, c), Copied)
		}
		return c < width
	}
	switch spec := n.Spec.(type) {
	case *physical.Source:
		t.source(&spec.Scan, spec.Project, c, v)
	case *physical.Values:
	case *physical.Calc:
		v.add(t.of(in, spec.Exprs[c]), Copied)
	case *physical.GroupAgg:
		if c < len(spec.Keys) {
			v.add(t.from(in, spec.Keys[c]), Copied)
		} else if c < len(spec.Keys)+len(spec.Aggs) && spec.Phase != physical.Local {
			t.call(t.before(n, spec.Phase), spec.Aggs[c-len(spec.Keys)], v)
		}
	case *physical.WindowAgg:
		from := t.before(n, spec.Phase)
		switch aggs := c - len(spec.Keys); {
		case aggs < 0:
			v.add(t.from(in, spec.Keys[c]), Copied)
		case spec.Phase == physical.Local:
		case spec.Pivot != nil && aggs < len(spec.Pivot):
			t.call(from, spec.Aggs[spec.Pivot[aggs].Call], v)
		case spec.Pivot == nil && aggs < len(spec.Aggs):
			t.call(from, spec.Aggs[aggs], v)
		default:
			v.add(t.time(from, spec.Window), Computed)
		}
	case *physical.WindowTVF:
		if !pass(len(spec.In)) {
			v.add(t.time(in, spec.Window), Computed)
		}
	case *physical.TopN:
		if !pass(len(spec.In)) {
			v.add(t.columns(in, append(sortColumns(spec.Order), spec.Partition...)...), Computed)
		}
	case *physical.WindowTopN:
		if !pass(len(spec.In)) {
			v.add(t.columns(in, append(sortColumns(spec.Order), spec.Partition...)...), Computed)
		}
	case *physical.Over:
		if !pass(len(spec.In)) {
			call := spec.Calls[c-len(spec.In)]
			t.call(in, call, v)
			if len(call.Args) == 0 { // a rank is made of the order
				v.add(t.columns(in, sortColumns(spec.Order)...), Computed)
			}
		}
	case *physical.Unnest:
		if !pass(len(spec.In)) {
			v.add(t.of(in, spec.Collection), Computed)
		}
	case *physical.Match:
		if c < len(spec.Partition) {
			v.add(t.from(in, spec.Partition[c]), Copied)
			break
		}
		v.add(t.measure(in, &spec.Pattern.Measures, c-len(spec.Partition)), Copied)
	case *physical.Join:
		t.side(n, len(spec.Left), c, v)
	case *physical.IntervalJoin:
		t.side(n, len(spec.Left), c, v)
	case *physical.TemporalJoin:
		t.side(n, len(spec.Left), c, v)
	case *physical.WindowJoin:
		t.side(n, len(spec.Left), c, v)
	case *physical.LookupJoin:
		if !pass(len(spec.Left)) {
			t.source(&spec.Scan, spec.Computed, c-len(spec.Left), v)
		}
	case *physical.Replicate:
		if c >= spec.Count {
			c++
		}
		v.add(t.from(in, c), Copied)
	default: // columns pass as they are: unions, sorts, keepers of the last row, sinks
		for _, e := range t.g.Inputs(n.ID) {
			if from := t.g.Node(e.From); c < len(specOf(from).Schema()) {
				v.add(t.from(from, c), Copied)
			}
		}
	}
}

// before is the node whose columns the calls of an aggregate refer to: of the second half of one,
// what is before the first.
func (t *tracing) before(n *topology.Node, phase physical.Phase) *topology.Node {
	in := t.input(n, 0)
	if phase == physical.Global && in != nil {
		return t.input(in, 0)
	}
	return in
}

// call adds the columns that a call aggregates.
func (t *tracing) call(in *topology.Node, call rex.AggCall, v values) {
	v.add(t.columns(in, call.Args...), Aggregated)
}

// time gives the columns that put rows into windows.
func (t *tracing) time(in *topology.Node, w physical.Window) values {
	if w.Kind == physical.Attached {
		return t.columns(in, w.Start, w.End)
	}
	return t.columns(in, w.Time)
}

// side adds a column of a join's output.
func (t *tracing) side(n *topology.Node, left, c int, v values) {
	if c < left {
		v.add(t.from(t.input(n, 0), c), Copied)
		return
	}
	v.add(t.from(t.input(n, 1), c-left), Copied)
}

// measure gives what a value over the rows of a match is made of.
func (t *tracing) measure(in *topology.Node, r *physical.RowValues, i int) values {
	v := values{}
	if i >= len(r.Exprs) {
		return v
	}
	width := len(specOf(in).Schema())
	for _, c := range rex.Refs(r.Exprs[i]) {
		if c < width {
			v.add(t.from(in, c), Copied)
			continue
		}
		switch x := r.Values[c-width]; x.Kind {
		case physical.FromFirst, physical.FromLast:
			v.add(t.from(in, x.Col), Copied)
		case physical.Aggregated:
			for _, a := range x.Args {
				v.add(t.of(in, a), Aggregated)
			}
		}
	}
	if _, ok := r.Exprs[i].(*rex.Ref); !ok {
		v.add(v, Computed)
	}
	return v
}

// source adds what a column of a scan is read from.
func (t *tracing) source(scan *physical.Scan, project []rex.Expr, c int, v values) {
	read := func(i int) values {
		r := scan.Read[i]
		name := strings.Join(r.Path, ".")
		if name == "" {
			name = r.Metadata
		}
		return values{{scan.Table.Path.Name, name}: Copied}
	}
	if project == nil {
		v.add(read(c), Copied)
		return
	}
	how := Computed
	if _, ok := project[c].(*rex.Ref); ok {
		how = Copied
	}
	for _, i := range rex.Refs(project[c]) {
		v.add(read(i), how)
	}
}

func sortColumns(keys []rex.SortKey) (out []int) {
	for _, k := range keys {
		out = append(out, k.Col)
	}
	return out
}

// deciding gives the columns that decide which rows a node gives, of all operators up to it.
func (t *tracing) deciding(n *topology.Node) influence {
	if f, ok := t.rows[n.ID]; ok {
		return f
	}
	f := influence{}
	t.rows[n.ID] = f
	for _, e := range t.g.Inputs(n.ID) {
		for by, columns := range t.deciding(t.g.Node(e.From)) {
			for c := range columns {
				f.add(by, values{c: Copied})
			}
		}
	}
	t.decides(n, f)
	return f
}

// decides adds the columns by which a node itself makes, drops or puts together rows.
func (t *tracing) decides(n *topology.Node, f influence) {
	in := t.input(n, 0)
	calls := func(from *topology.Node, aggs []rex.AggCall) {
		for _, a := range aggs {
			if a.Filter >= 0 {
				f.add(ByFilter, t.columns(from, a.Filter))
			}
		}
	}
	join := func(left, right []int, residual rex.Expr, width int) {
		other := t.input(n, 1)
		f.add(ByJoin, t.columns(in, left...))
		f.add(ByJoin, t.columns(other, right...))
		if residual == nil {
			return
		}
		for _, c := range rex.Refs(residual) {
			if c < width {
				f.add(ByJoin, t.from(in, c))
			} else {
				f.add(ByJoin, t.from(other, c-width))
			}
		}
	}
	ranks := func(partition []int, order []rex.SortKey) {
		f.add(ByGroup, t.columns(in, partition...))
		f.add(ByOrder, t.columns(in, sortColumns(order)...))
	}
	switch spec := n.Spec.(type) {
	case *physical.Calc:
		f.add(ByFilter, t.of(in, spec.Filter))
	case *physical.Normalize:
		f.add(ByFilter, t.of(in, spec.Filter))
	case *physical.GroupAgg:
		if spec.Phase != physical.Global {
			f.add(ByGroup, t.columns(in, spec.Keys...))
		}
		if spec.Phase != physical.Local {
			calls(t.before(n, spec.Phase), spec.Aggs)
		}
	case *physical.WindowAgg:
		if spec.Phase != physical.Global {
			f.add(ByGroup, t.columns(in, spec.Keys...))
			f.add(ByWindow, t.time(in, spec.Window))
		}
		if spec.Phase != physical.Local {
			calls(t.before(n, spec.Phase), spec.Aggs)
		}
	case *physical.TopN:
		ranks(spec.Partition, spec.Order)
	case *physical.WindowTopN:
		ranks(spec.Partition, spec.Order)
	case *physical.Over:
		ranks(spec.Partition, spec.Order)
	case *physical.Dedup:
		f.add(ByGroup, t.columns(in, spec.Keys...))
		f.add(ByOrder, t.columns(in, spec.Time))
	case *physical.Match:
		ranks(spec.Partition, spec.Order)
		f.add(ByFilter, t.columns(in, spec.Pattern.Columns(len(spec.In))...))
	case *physical.Sort:
		if spec.Fetch >= 0 {
			f.add(ByOrder, t.columns(in, sortColumns(spec.Keys)...))
		}
	case *physical.Unnest:
		f.add(ByJoin, t.of(in, spec.Collection))
	case *physical.Replicate:
		f.add(ByGroup, t.columns(in, spec.Count))
	case *physical.Join:
		join(spec.LeftKeys, spec.RightKeys, spec.Residual, len(spec.Left))
	case *physical.IntervalJoin:
		join(append(append([]int(nil), spec.LeftKeys...), spec.LeftTime), append(append([]int(nil), spec.RightKeys...), spec.RightTime), spec.Residual, len(spec.Left))
	case *physical.TemporalJoin:
		left, right := append([]int(nil), spec.LeftKeys...), append([]int(nil), spec.RightKeys...)
		if spec.Rowtime {
			left, right = append(left, spec.LeftTime), append(right, spec.RightTime)
		}
		join(left, right, spec.Residual, len(spec.Left))
	case *physical.WindowJoin:
		join(append([]int{spec.LeftStart}, spec.LeftKeys...), append([]int{spec.RightStart}, spec.RightKeys...), spec.Residual, len(spec.Left))
	case *physical.LookupJoin:
		t.looks(in, spec, f)
	}
}

// looks adds the keys of a look-up, on both sides.
func (t *tracing) looks(in *topology.Node, spec *physical.LookupJoin, f influence) {
	for _, k := range spec.Keys {
		f.add(ByJoin, t.of(in, k.Value))
		v := values{}
		if spec.Index == nil {
			t.source(&spec.Scan, nil, k.Column, v)
		} else {
			t.source(&spec.Index.Ask.Scan, nil, k.Column, v)
		}
		f.add(ByJoin, v)
	}
	for _, c := range rex.Refs(spec.Residual) {
		if c < len(spec.Left) {
			f.add(ByJoin, t.from(in, c))
			continue
		}
		v := values{}
		t.source(&spec.Scan, spec.Computed, c-len(spec.Left), v)
		f.add(ByJoin, v)
	}
}
