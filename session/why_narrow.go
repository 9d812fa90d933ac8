package session

import (
	"math"
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// pin is something that must hold of a row of an edge, or the row has no part in the row that
// is explained: an expression over the edge's columns has a value, or lies in a range of times.
type pin struct {
	expr rex.Expr
	want string     // the value as bytes of a row with this one column
	null bool       // the value is NULL
	of   types.Type // the value's type
	at   int64      // the value in milliseconds, if it is a time; MinWatermark = it is none
	// from, to: the expression is a time in [from, to) instead.
	ranged   bool
	from, to int64
}

// pins hold together; none = any row may have a part.
type pins []pin

// narrowing follows an output row back through the plan: an operator that keeps rows apart by a
// key makes a row of its output from rows of that key alone, so what is known of the key's
// columns is known of its input. What it gives is a superset of the rows that may matter.
type narrowing struct {
	e     *experiment
	over  *over
	plan  *Plan
	found map[string][]bool // rows that may matter, by table
	whole map[string]bool   // tables of which any row may matter
	sound bool
	depth int
}

// repeats reports that no expression gives another value in every run.
func (s *Session) repeats(es ...rex.Expr) bool {
	return s.functionsAll(es, func(f *catalog.Function) bool { return !f.NonDeterministic })
}

// alike reports that expressions give the same for the same row whenever they are asked.
func (s *Session) alike(es ...rex.Expr) bool {
	return s.functionsAll(es, func(f *catalog.Function) bool { return !f.NonDeterministic && !f.Dynamic })
}

// functionsAll reports whether something holds of all functions that expressions call; of those
// of the script's own nothing is known.
func (s *Session) functionsAll(es []rex.Expr, holds func(*catalog.Function) bool) bool {
	all := true
	for _, e := range es {
		rex.Walk(e, func(x rex.Expr) bool {
			if c, ok := x.(*rex.Call); ok {
				f := s.functions.Function(c.Fn)
				all = all && f != nil && holds(f)
			}
			return all
		})
	}
	return all
}

// narrow gives the rows that may matter for the row that is explained, as indexes of e.rows. alone
// tells that a run over them alone gives the row as a run over all does, without any one of them too.
func (e *experiment) narrow(o *over, r *Rehearsal, st *Stepper, row *vec.Batch) (rows []int, alone bool) {
	n := &narrowing{e: e, over: o, plan: r.Plan, found: map[string][]bool{}, whole: map[string]bool{}, sound: true}
	sink, schema := n.sink(), r.Captured[e.why.Output].Output.Schema
	if sink == nil || !n.steady() {
		return nil, false
	}
	key := r.Captured[e.why.Output].Output.UpsertKey
	var ps pins
	for i, f := range schema {
		if key == nil || slices.Contains(key, i) {
			ps = append(ps, pinned(&rex.Ref{Index: i, T: f.Type}, row.Cols[i]))
		}
	}
	n.inputs(sink, []pins{ps})
	if !n.sound {
		return nil, false
	}
	late := n.overtaken(st)
	for i, r := range e.rows {
		if n.whole[r.table] || n.found[r.table] != nil && n.found[r.table][r.row] || late[r] {
			rows = append(rows, i)
		}
	}
	return rows, len(late) == 0
}

// pinned says that an expression has the value of the only row of a column.
func pinned(e rex.Expr, value *vec.Vec) pin {
	p := pin{expr: e, want: string(valueCodec(value.Type).AppendRow(nil, []*vec.Vec{value}, 0)), null: value.IsNull(0), of: value.Type, at: exec.MinWatermark}
	if k := value.Type.Kind; (k == types.Timestamp || k == types.TimestampLTZ) && !p.null {
		p.at = eventTimes(value)[0]
	}
	return p
}

// valueCodec writes values of a column, whether NULL is allowed or not.
func valueCodec(t types.Type) *vec.RowCodec { return vec.NewRowCodec([]types.Type{t.Null()}) }

// sameBytes reports whether equal values of two types are equal bytes.
func sameBytes(a, b types.Type) bool {
	return a.Kind == b.Kind && vec.PhysOf(a) == vec.PhysOf(b) && a.Precision == b.Precision && a.Scale == b.Scale
}

// sink is the node of the output that is asked for.
func (n *narrowing) sink() *topology.Node {
	for _, s := range n.plan.Graph.Sinks() {
		if spec, ok := s.Spec.(*physical.Sink); ok && spec.Name == n.e.why.Output {
			return s
		}
	}
	return nil
}

// steady reports whether the plan gives a row of one key whatever comes of the others, late rows
// aside: no function gives another value in every run, and rows that a watermark lets out do not
// go to an operator to which the order of rows of different keys matters.
func (n *narrowing) steady() bool {
	if n.plan.Config["table.exec.source.idle-timeout"] != "" {
		return false
	}
	for _, s := range n.over.set.Timeline {
		if s.Kind == fixtures.StepIdle {
			return false
		}
	}
	g := n.plan.Graph
	for _, node := range g.Nodes {
		fires := false
		switch spec := node.Spec.(type) {
		case *physical.Calc:
			if !n.e.s.repeats(append([]rex.Expr{spec.Filter}, spec.Exprs...)...) {
				return false
			}
		case *physical.AssignWatermark:
			return false
		case *physical.Source:
			if spec.Watermark != nil && spec.Watermark.IdleTimeout > 0 {
				return false
			}
		case *physical.WindowAgg, *physical.WindowJoin, *physical.WindowTopN, *physical.IntervalJoin, *physical.Match:
			fires = true
		case *physical.Over:
			fires = spec.Rowtime
		case *physical.TemporalJoin:
			fires = spec.Rowtime
		case *physical.Dedup:
			fires = spec.Rowtime
		case *physical.Sort:
			fires = spec.Rowtime
		}
		if fires && n.over.mode == Stream && n.ordered(node) {
			return false
		}
	}
	return true
}

// ordered reports whether the order of a node's rows matters to one behind it.
func (n *narrowing) ordered(from *topology.Node) bool {
	for _, e := range n.plan.Graph.Outputs(from.ID) {
		to := n.plan.Graph.Node(e.To)
		matters := false
		switch spec := to.Spec.(type) {
		case *physical.GroupAgg:
			matters = physical.OrderMatters(spec.Aggs)
		case *physical.WindowAgg:
			matters = physical.OrderMatters(spec.Aggs)
		case *physical.TopN, *physical.WindowTopN, *physical.Dedup, *physical.Over, *physical.Match, *physical.Materialize, *physical.Sort:
			matters = true
		}
		if matters || n.ordered(to) {
			return true
		}
	}
	return false
}

// inputs goes on to the inputs of a node, whose rows meet one of the alternatives.
func (n *narrowing) inputs(node *topology.Node, alternatives []pins) {
	if n.depth++; n.depth > 10_000 { // a graph that joins itself again and again
		n.sound = false
		return
	}
	for _, e := range n.plan.Graph.Inputs(node.ID) {
		from := n.plan.Graph.Node(e.From)
		var next []pins
		for _, ps := range alternatives {
			in := n.through(node, e.Input, ps)
			if e.Changelog.Updating() && !e.Changelog.Has(topology.UpdateBefore) {
				in = in.over(e.UpsertKey) // a row takes the place of the one before it
			}
			next = append(next, in)
		}
		if spec, ok := from.Spec.(*physical.Source); ok {
			for _, ps := range next {
				n.source(from, spec, ps)
			}
			continue
		}
		n.inputs(from, next)
	}
	if spec, ok := node.Spec.(*physical.LookupJoin); ok {
		for _, ps := range alternatives {
			n.lookup(spec, ps)
		}
	}
}

// over leaves what is known of some columns alone.
func (ps pins) over(columns []int) pins {
	return slices.DeleteFunc(slices.Clone(ps), func(p pin) bool {
		return slices.ContainsFunc(rex.Refs(p.expr), func(i int) bool { return !slices.Contains(columns, i) })
	})
}

// column is the column that an expression is, -1 if it is not one.
func (p pin) column() int {
	if r, ok := p.expr.(*rex.Ref); ok {
		return r.Index
	}
	return -1
}

// moved renumbers columns; a pin with one that f does not know (< 0) is left out.
func (ps pins) moved(f func(int) int) (out pins) {
	for _, p := range ps {
		if slices.ContainsFunc(rex.Refs(p.expr), func(i int) bool { return f(i) < 0 }) {
			continue
		}
		p.expr = rex.Remap(p.expr, f)
		out = append(out, p)
	}
	return out
}

// among keeps columns below a number, and of these only some; nil = all.
func among(limit int, some []int) func(int) int {
	return func(i int) int {
		if i >= limit || some != nil && !slices.Contains(some, i) {
			return -1
		}
		return i
	}
}

// at maps output column i to columns[i].
func at(columns []int) func(int) int {
	return func(i int) int {
		if i >= len(columns) {
			return -1
		}
		return columns[i]
	}
}

func notNil(columns []int) []int { return append([]int{}, columns...) }

// through gives what is known of the rows of an input, from what is known of the output.
func (n *narrowing) through(node *topology.Node, input int, ps pins) pins {
	switch spec := node.Spec.(type) {
	case *physical.Sink, *physical.Union, *physical.DropUpdateBefore:
		return ps
	case *physical.Calc:
		return n.calc(spec.Filter, spec.Exprs, ps)
	case *physical.GroupAgg:
		return ps.moved(at(spec.Keys))
	case *physical.WindowAgg:
		return n.windows(spec, ps)
	case *physical.WindowTVF:
		if w := spec.Window; w.Kind == physical.Session {
			return ps.moved(among(len(spec.In), notNil(w.Partition)))
		}
		return append(ps.moved(among(len(spec.In), nil)), bounds(ps, spec.In, spec.Window, len(spec.In), len(spec.In)+1)...)
	case *physical.WindowOutput:
		return ps.moved(among(len(spec.Fields), notNil(spec.Keys)))
	case *physical.TopN:
		return ps.moved(among(len(spec.In), notNil(spec.Partition)))
	case *physical.WindowTopN:
		return ps.moved(among(len(spec.In), notNil(spec.Partition)))
	case *physical.Over:
		return ps.moved(among(len(spec.In), notNil(spec.Partition)))
	case *physical.Dedup:
		return ps.moved(among(len(spec.In), notNil(spec.Keys)))
	case *physical.Normalize:
		return ps.over(spec.Keys)
	case *physical.Materialize:
		return ps.over(spec.SinkKey)
	case *physical.Sort:
		if spec.Fetch < 0 && spec.Offset <= 0 {
			return ps
		}
	case *physical.Unnest:
		return ps.moved(among(len(spec.In), nil))
	case *physical.Match:
		return ps.moved(at(spec.Partition))
	case *physical.Expand: // a grouping column may be NULL where the row has a value
		return slices.DeleteFunc(ps.moved(among(len(spec.In), nil)), func(p pin) bool { return p.column() < 0 || p.null })
	case *physical.Join:
		return sides(ps, spec.Kind, spec.Left, spec.Right, spec.LeftKeys, spec.RightKeys, input)
	case *physical.IntervalJoin:
		return sides(ps, spec.Kind, spec.Left, spec.Right, spec.LeftKeys, spec.RightKeys, input)
	case *physical.WindowJoin:
		return sides(ps, spec.Kind, spec.Left, spec.Right, append(notNil(spec.LeftKeys), spec.LeftStart, spec.LeftEnd),
			append(notNil(spec.RightKeys), spec.RightStart, spec.RightEnd), input)
	case *physical.TemporalJoin:
		in := sides(ps, spec.Kind, spec.Left, spec.Right, spec.LeftKeys, spec.RightKeys, input)
		if input == 1 {
			return in.over(spec.RightKeys) // of a key every version
		}
		return in
	case *physical.LookupJoin:
		return ps.moved(among(len(spec.Left), nil))
	}
	return nil
}

// calc puts the expressions in the place of the columns that they make; the filter holds, too.
func (n *narrowing) calc(filter rex.Expr, exprs []rex.Expr, ps pins) (out pins) {
	for _, p := range ps {
		p.expr = rex.Inline(p.expr, exprs)
		if n.e.s.alike(p.expr) {
			out = append(out, p)
		}
	}
	for _, c := range rex.Conjuncts(filter) {
		if n.e.s.alike(c) {
			yes := vec.NewBuilder(c.Type(), 1)
			yes.Append(true)
			out = append(out, pinned(c, yes.Finish()))
		}
	}
	return out
}

// windows gives the keys, and the rows' times from the bounds of the window.
func (n *narrowing) windows(spec *physical.WindowAgg, ps pins) pins {
	out := ps.moved(at(spec.Keys))
	if spec.Phase != physical.Single || spec.Shared != nil || spec.Window.Show != nil {
		return out
	}
	start, end := -1, -1
	for i, prop := range spec.Props {
		switch prop {
		case physical.WindowStart:
			start = len(spec.Keys) + len(spec.Aggs) + i
		case physical.WindowEnd:
			end = len(spec.Keys) + len(spec.Aggs) + i
		}
	}
	return append(out, bounds(ps, spec.In, spec.Window, start, end)...)
}

// zoneRoom is more than any local time is away from UTC.
const zoneRoom = 26 * 60 * 60 * 1000

// bounds turns what is known of a window's start and end (columns of the output, -1 = none) into
// a range of the rows' times.
func bounds(ps pins, in []types.Type, w physical.Window, start, end int) (out pins) {
	room := int64(0)
	if w.Local || w.Zone != "" {
		room = zoneRoom
	}
	for _, p := range ps {
		c := p.column()
		if c < 0 || p.at == exec.MinWatermark || c != start && c != end {
			continue
		}
		switch w.Kind {
		case physical.Attached:
			if c == start {
				p.expr = &rex.Ref{Index: w.Start, T: in[w.Start]}
			} else {
				p.expr = &rex.Ref{Index: w.End, T: in[w.End]}
			}
			out = append(out, p)
		case physical.Tumble, physical.Hop, physical.Cumulate:
			p.ranged, p.from, p.to = true, p.at-room, p.at+w.Size+room
			if c == end {
				p.from, p.to = p.at-w.Size-room, p.at+room
			}
			p.expr = &rex.Ref{Index: w.Time, T: in[w.Time]}
			out = append(out, p)
		}
	}
	return out
}

// sides gives what is known of one side of a join: of its own columns, and of its keys what is
// known of the other side's.
func sides(ps pins, kind physical.JoinKind, left, right []types.Type, leftKeys, rightKeys []int, input int) (out pins) {
	own, others, mine, first, padded := left, rightKeys, leftKeys, 0, kind == physical.RightOuter || kind == physical.FullOuter
	otherFirst, otherPadded := len(left), kind == physical.LeftOuter || kind == physical.FullOuter
	if input == 1 {
		own, others, mine, first, padded, otherFirst, otherPadded = right, leftKeys, rightKeys, len(left), otherPadded, 0, padded
		if kind == physical.Semi || kind == physical.Anti {
			own = nil // only the left side comes out
		}
	}
	for _, p := range ps {
		if padded && (p.column() < 0 || p.null) {
			continue // it may hold because the side has no row, which a row would change
		}
		q := p
		if moved := (pins{q}).moved(func(i int) int {
			if i < first || i >= first+len(own) {
				return -1
			}
			return i - first
		}); len(moved) == 1 {
			out = append(out, moved[0])
		}
	}
	types := left
	if input == 1 {
		types = right
	}
	for _, p := range ps {
		c := p.column()
		if c < 0 || otherPadded && p.null || p.ranged {
			continue
		}
		for k, other := range others {
			if c == other+otherFirst && sameBytes(p.of, types[mine[k]]) {
				p.expr = &rex.Ref{Index: mine[k], T: types[mine[k]]}
				out = append(out, p)
				break
			}
		}
	}
	return out
}

// source marks the rows of a table that meet what is known.
func (n *narrowing) source(node *topology.Node, spec *physical.Source, ps pins) {
	if spec.Project != nil {
		ps = n.calc(nil, spec.Project, ps)
	}
	t := n.e.tables[spec.Table.Path.Name]
	columns := t.columns(spec.Read)
	n.mark(t, ps.moved(at(columns)), node.Changelog.Has(topology.UpdateBefore))
}

// lookup marks the rows of a dimension that a row may find.
func (n *narrowing) lookup(spec *physical.LookupJoin, ps pins) {
	for _, t := range spec.Tables() {
		if spec.Index != nil {
			n.whole[t.Path.Name] = true
		}
	}
	t := n.e.tables[spec.Scan.Table.Path.Name]
	columns := t.columns(spec.Scan.Read)
	var known pins
	for _, k := range spec.Keys {
		for _, p := range ps {
			if column := spec.Scan.Read[k.Column]; !p.ranged && p.expr.String() == k.Value.String() && sameBytes(p.of, column.Type) {
				p.expr = &rex.Ref{Index: columns[k.Column], T: column.Type}
				known = append(known, p)
			}
		}
	}
	n.mark(t, known, false)
}

// mark marks the rows of a table that meet what is known of them. Of rows that take each other's
// place only the key tells anything, unless every one is taken back as it was (retracts).
func (n *narrowing) mark(t *fixtureTable, ps pins, retracts bool) {
	if n.whole[t.name] {
		return
	}
	rows := n.e.typed(t.name)
	replaced := t.def == nil || len(t.def.Key) > 0 || n.over.produces[t.name].Updating()
	for i := range rows.Len {
		replaced = replaced || rows.Kind(i) != vec.Insert
	}
	if replaced && (!retracts || n.over.mode == Batch) {
		ps = ps.over(t.key)
	}
	if n.found[t.name] == nil {
		n.found[t.name] = make([]bool, rows.Len)
	}
	meets := make([]bool, rows.Len)
	for i := range meets {
		meets[i] = true
	}
	some := false
	for _, p := range ps {
		v, ok := n.values(t, rows, p.expr)
		if !ok || !p.ranged && !sameBytes(v.Type, p.of) {
			continue
		}
		some = true
		var times []int64
		if p.ranged {
			times = eventTimes(v)
		}
		codec, cols := valueCodec(v.Type), []*vec.Vec{v}
		var key []byte
		for i := range meets {
			switch {
			case !meets[i]:
			case p.ranged:
				meets[i] = times[i] >= p.from && times[i] < p.to
			default:
				key = codec.AppendRow(key[:0], cols, i)
				meets[i] = string(key) == p.want
			}
		}
	}
	n.whole[t.name] = !some
	for i, m := range meets {
		n.found[t.name][i] = n.found[t.name][i] || m
	}
}

// values computes an expression over the rows of a table; false if it cannot be, here.
func (n *narrowing) values(t *fixtureTable, rows *vec.Batch, e rex.Expr) (*vec.Vec, bool) {
	if r, ok := e.(*rex.Ref); ok {
		return rows.Cols[r.Index], true
	}
	op, err := n.e.s.opened(&physical.Calc{Out: physical.Out{Fields: []types.Field{{Name: "v", Type: e.Type()}}}, In: typesOfFields(t.fields), Exprs: []rex.Expr{e}}, n.plan)
	if err != nil {
		return nil, false
	}
	out := &collector{}
	for from := 0; from < rows.Len; from += vec.BatchSize {
		part := *rows.Slice(from, min(vec.BatchSize, rows.Len-from))
		part.Kinds = nil
		if err := op.Process(0, &part, collecting{out}); err != nil {
			return nil, false
		}
	}
	if len(out.batches) == 0 {
		return nil, false
	}
	b := vec.Concat([]types.Type{e.Type()}, out.batches)
	return b.Cols[0], b.Len == rows.Len
}

// overtaken gives rows whose watermark may have made another row late: of each split the row with
// the highest one when a row came behind the watermark of its table. Without any one row
// watermarks are only lower, so that no other row decides about one that is late.
func (n *narrowing) overtaken(st *Stepper) map[inputRow]bool {
	out := map[inputRow]bool{}
	if n.over.mode == Batch {
		return out
	}
	type split struct {
		mark int64
		row  int
	}
	marks, made := map[string][]split{}, map[string][]int64{}
	for _, node := range n.plan.Graph.Nodes {
		spec, ok := node.Spec.(*physical.Source)
		if !ok || spec.Watermark == nil {
			continue
		}
		t := n.e.tables[spec.Table.Path.Name]
		if t.mark < 0 || t.def != nil && t.def.Marked {
			continue // no row makes a watermark
		}
		marks[t.name] = make([]split, st.player.splits(t.name))
		for i := range marks[t.name] {
			marks[t.name][i] = split{math.MinInt64, -1}
		}
		e := spec.Watermark.Expr
		if spec.Project != nil {
			e = rex.Inline(e, spec.Project)
		}
		v, ok := n.values(t, t.rows, rex.Remap(e, at(t.columns(spec.Read))))
		if !ok {
			n.sound = false
			return nil
		}
		made[t.name] = eventTimes(v)
	}
	for _, m := range st.moments {
		of := marks[m.Table]
		if m.Kind != fixtures.StepRows || of == nil {
			continue
		}
		t := n.e.tables[m.Table]
		times := eventTimes(t.rows.Cols[t.mark])
		for i := m.From; i < m.To; i++ {
			low := int64(math.MaxInt64)
			for _, s := range of {
				low = min(low, s.mark)
			}
			if times[i] <= low {
				for table, splits := range marks {
					for _, s := range splits {
						if s.row >= 0 {
							out[inputRow{table, s.row}] = true
						}
					}
				}
			}
			if s := &of[min(t.splitOf(i), len(of)-1)]; made[m.Table][i] > s.mark {
				*s = split{made[m.Table][i], i}
			}
		}
	}
	return out
}
