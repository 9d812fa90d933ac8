package session

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

const minMark = exec.MinWatermark

func sameField(a, b types.Field) bool {
	a.Type.Attr, b.Type.Attr = types.NoTimeAttr, types.NoTimeAttr
	return a.Name == b.Name && a.Type.Null().Equal(b.Type.Null())
}

// explain says why an operator, whose inputs are equal in both modes, differs.
func (s *Session) explain(d *difference, stream *side, set *fixtures.Set) {
	at := d.node
	for _, n := range append([]*topology.Node{at}, d.before...) {
		d.node = n
		for _, try := range []func(*difference, *side, *fixtures.Set) bool{s.volatile, late, processingTime, ttl, unordered} {
			if !try(d, stream, set) {
				continue
			}
			if n != at {
				d.Reason = n.Name + ": " + d.Reason
			}
			return
		}
	}
	d.Class = Unexplained
	d.Reason = "the inputs of this operator are equal in both modes, its output is not; this may be a bug of weir"
}

// volatile looks for functions whose value is another one every time.
func (s *Session) volatile(d *difference, _ *side, _ *fixtures.Set) bool {
	var found []string
	dynamic := false
	for _, e := range d.expressions() {
		rex.Walk(e, func(x rex.Expr) bool {
			if c, ok := x.(*rex.Call); ok {
				if f := s.functions.Function(c.Fn); f != nil && (f.NonDeterministic || f.Dynamic) && !slices.Contains(found, c.Fn) {
					found = append(found, c.Fn)
					dynamic = dynamic || f.Dynamic
				}
			}
			return true
		})
	}
	if len(found) == 0 {
		return false
	}
	names := strings.Join(found, ", ")
	if dynamic {
		d.Class = ProcessingTime
		d.Reason = fmt.Sprintf("%s is the time of each row in stream mode and the start of the query in batch mode", names)
		d.Hint = "take a time from the data instead, or compare without this column"
		return true
	}
	d.Class = NonDeterministic
	d.Reason = fmt.Sprintf("%s gives another value in every run", names)
	d.Hint = "derive the value from the row, e.g. RAND(seed) or a hash of its key"
	return true
}

// expressions lists the row expressions of the columns that differ, and of the filter.
func (d *difference) expressions() []rex.Expr {
	calc, ok := d.node.Spec.(*physical.Calc)
	if !ok {
		if src, ok := d.node.Spec.(*physical.Source); ok {
			return src.Project
		}
		return nil
	}
	out := []rex.Expr{calc.Filter}
	for i, e := range calc.Exprs {
		apart := len(d.before) > 0
		for _, row := range d.Rows {
			apart = apart || row.Want == nil || row.Got == nil || slices.Contains(row.Columns, i)
		}
		if apart {
			out = append(out, e)
		}
	}
	return out
}

// lateRow is a row that came behind the watermark.
type lateRow struct {
	row    *vec.Batch
	number int // in the order in which rows came, from 1
	behind int64
	mark   int64
	ahead  int64 // of the latest event time before it over its own: the delay that keeps it
}

// late finds the rows that the operator dropped because they came too late.
func late(d *difference, stream *side, set *fixtures.Set) bool {
	dropped := stream.run.job.Total(d.node.ID).Late
	node := d.node
	if dropped == 0 {
		return false
	}
	d.Class = LateData
	d.Reason = fmt.Sprintf("%s came behind the watermark and dropped as late in stream mode", were(int(dropped), "row"))
	for _, e := range stream.Plan.Graph.Inputs(node.ID) {
		from := stream.Plan.Graph.Node(e.From)
		rows := stream.lateRows(node, from)
		if len(rows) == 0 {
			continue
		}
		rows = rows[:min(len(rows), int(dropped))]
		schema := specOf(from).Schema()
		var parts []string
		most := int64(0)
		for i, r := range rows {
			most = max(most, r.ahead)
			if i < 3 {
				parts = append(parts, fmt.Sprintf("%s#%d %s came %s behind the watermark (%s) and was dropped as late in stream mode",
					stream.origin(from), r.number, RowText(schema, r.row, 0), millis(r.behind), stampOf(r.mark)))
			}
		}
		if len(rows) > 3 {
			parts = append(parts, fmt.Sprintf("and %d more", len(rows)-3))
		}
		d.Reason = strings.Join(parts, "; ")
		d.Hint = stream.delayHint(from, most, set)
		break
	}
	return true
}

func were(n int, what string) string {
	if n == 1 {
		return "1 " + what + " that"
	}
	return fmt.Sprintf("%d %ss that", n, what)
}

// lateRows goes through what a node got, with the watermarks between, and gives the
// rows whose last window had fired.
func (t *side) lateRows(node, from *topology.Node) []lateRow {
	column := rowtimeOf(node, from)
	tap := t.taps[from.ID]
	if column < 0 || tap == nil {
		return nil
	}
	var out []lateRow
	latest, number := int64(minMark), 0
	for _, g := range tap.given {
		times := eventTimes(g.batch.Cols[column])
		for i := range g.batch.Len {
			number++
			end := lastMoment(node, g.batch, i, times[i])
			if g.mark != minMark && end <= g.mark && g.batch.Kind(i).Adds() {
				out = append(out, lateRow{g.batch.Slice(i, 1), number, g.mark - times[i], g.mark, latest - end})
			}
			latest = max(latest, times[i])
		}
	}
	return out
}

// rowtimeOf finds the event time among the columns that a node reads.
func rowtimeOf(node, from *topology.Node) int {
	schema := specOf(from).Schema()
	if w, ok := node.Spec.(*physical.WindowAgg); ok {
		if w.Window.Kind == physical.Attached {
			return w.Window.End
		}
		if w.Window.Time < len(schema) && schema[w.Window.Time].Type.In(types.Timestamp, types.TimestampLTZ) {
			return w.Window.Time
		}
	}
	for i, f := range schema {
		if f.Type.Attr == types.Rowtime {
			return i
		}
	}
	return -1
}

// lastMoment is the last instant that keeps a row: that of its last window, or its own.
func lastMoment(node *topology.Node, _ *vec.Batch, _ int, ts int64) int64 {
	spec, ok := node.Spec.(*physical.WindowAgg)
	if !ok {
		return ts
	}
	w := spec.Window
	floor := func(step int64) int64 {
		m := (ts - w.Offset) % step
		if m < 0 {
			m += step
		}
		return ts - m
	}
	switch w.Kind {
	case physical.Tumble, physical.Cumulate:
		return floor(w.Size) + w.Size - 1
	case physical.Hop:
		return floor(w.Slide) + w.Size - 1
	case physical.Session:
		return ts + w.Size - 1
	default: // the column is the window's end
		return ts - 1
	}
}

// origin names the table that a node's rows come from.
func (t *side) origin(n *topology.Node) string {
	for {
		if spec, ok := n.Spec.(*physical.Source); ok {
			return spec.Table.Path.Name
		}
		in := t.Plan.Graph.Inputs(n.ID)
		if len(in) == 0 {
			return n.Name
		}
		n = t.Plan.Graph.Node(in[0].From)
	}
}

// delayHint gives the watermark that would have kept the rows.
func (t *side) delayHint(from *topology.Node, ahead int64, set *fixtures.Set) string {
	table := t.origin(from)
	if def := set.Table(table); def != nil && def.Marked {
		return "the timeline of the fixture gives this watermark"
	}
	for _, n := range t.Plan.Graph.Nodes {
		spec, ok := n.Spec.(*physical.Source)
		if !ok || spec.Table.Path.Name != table || spec.Watermark == nil {
			continue
		}
		name := spec.Fields[spec.Watermark.Column].Name
		return fmt.Sprintf("WATERMARK FOR %s AS %s - INTERVAL '%d' SECOND keeps it", name, name, ahead/1000+1)
	}
	return ""
}

func millis(ms int64) string { return (time.Duration(ms) * time.Millisecond).String() }

func stampOf(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05.000") }

// processingTime looks for operators that go by the clock.
func processingTime(d *difference, _ *side, _ *fixtures.Set) bool {
	why := ""
	switch spec := d.node.Spec.(type) {
	case *physical.LookupJoin:
		why = fmt.Sprintf("the lookup of table %q sees it as it stood when each row came in stream mode, and as it stands at the end in batch mode", spec.Scan.Table.Path.Name)
	case *physical.WindowAgg:
		if !spec.Window.Rowtime && spec.Window.Kind != physical.Attached {
			why = "its windows go by processing time"
		}
	case *physical.WindowTVF:
		if !spec.Window.Rowtime {
			why = "its windows go by processing time"
		}
	case *physical.TemporalJoin:
		why = "it joins the version that was valid when each row came"
	case *physical.Dedup:
		if !spec.Rowtime {
			why = "it keeps a row by the order in which rows came (processing time)"
		}
	case *physical.Calc, *physical.Source:
		for _, f := range specOf(d.node).Schema() {
			if f.Type.Attr == types.Proctime {
				why = fmt.Sprintf("column %q is processing time", f.Name)
			}
		}
	}
	if why == "" {
		return false
	}
	d.Class, d.Reason = ProcessingTime, why
	d.Hint = "use event time: a WATERMARK on the table, and FOR SYSTEM_TIME AS OF its column"
	return true
}

// ttl looks for state that was forgotten.
func ttl(d *difference, _ *side, _ *fixtures.Set) bool {
	for i := range d.node.StateTTL {
		if t := d.node.TTL(i); t > 0 {
			d.Class = StateTTL
			d.Reason = fmt.Sprintf("in stream mode its state is forgotten %s after the last access; in batch mode it is not", t)
			return true
		}
	}
	return false
}

// ordering are aggregates whose result depends on the order of rows.
var ordering = []string{"FIRST_VALUE", "LAST_VALUE", "LISTAGG", "ARRAY_AGG", "STRING_AGG", "JSON_ARRAYAGG"}

// unordered looks for results that depend on the order in which equal rows come.
func unordered(d *difference, _ *side, _ *fixtures.Set) bool {
	why := ""
	calls := func(aggs []rex.AggCall) {
		for _, a := range aggs {
			if slices.Contains(ordering, a.Fn) && len(a.OrderBy) == 0 {
				why = fmt.Sprintf("%s depends on the order of rows, which is not given", a.Fn)
			}
		}
	}
	switch spec := d.node.Spec.(type) {
	case *physical.TopN:
		why = "rows that are equal in the columns of its ORDER BY take their ranks in the order in which they come"
	case *physical.WindowTopN:
		why = "rows that are equal in the columns of its ORDER BY take their ranks in the order in which they come"
	case *physical.Dedup:
		why = "of rows with the same time either may be kept"
	case *physical.Sort:
		why = "which rows a LIMIT keeps depends on the order of those that are equal in ORDER BY"
	case *physical.Over:
		why = "rows that are equal in the columns of its ORDER BY are numbered in the order in which they come"
	case *physical.Match:
		why = "rows that are equal in the columns of its ORDER BY are matched in the order in which they come"
	case *physical.GroupAgg:
		calls(spec.Aggs)
	case *physical.WindowAgg:
		calls(spec.Aggs)
	}
	if why == "" {
		return false
	}
	d.Class, d.Reason = Order, why
	d.Hint = "add a column to ORDER BY that tells equal rows apart"
	return true
}
