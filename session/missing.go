package session

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/lower"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// Missing says why an output has no row for which a condition holds.
type Missing struct {
	// Operator is the one that dropped it: rows for which the condition holds came to it, and
	// none left it. "" = no operator ever gave such a row.
	Operator string      `json:"operator,omitempty"`
	Label    string      `json:"label,omitempty"`
	Line     int         `json:"line,omitempty"` // of the script
	Class    MissingWhy  `json:"class"`
	Reason   string      `json:"reason"`
	Hint     string      `json:"hint,omitempty"`
	Rows     []string    `json:"rows"` // some that came to it, as JSON
	Seen     []SeenAlong `json:"seen"` // how many such rows each operator gave
}

// SeenAlong counts the rows of a condition that an operator gave.
type SeenAlong struct {
	Operator string `json:"operator"`
	Rows     int    `json:"rows"`
}

// MissingWhy is why a row was dropped.
type MissingWhy string

// The reasons.
const (
	MissingFilter   MissingWhy = "filter"
	MissingMatch    MissingWhy = "join miss"
	MissingLate     MissingWhy = "late"
	MissingTTL      MissingWhy = "state TTL"
	MissingRank     MissingWhy = "rank"
	MissingReplaced MissingWhy = "replaced"
	MissingTaken    MissingWhy = "taken back"
	MissingWaits    MissingWhy = "waits"
	MissingInput    MissingWhy = "no such input"
	MissingColumns  MissingWhy = "never made"
	MissingOther    MissingWhy = "other"
)

// missing finds the operator behind which no row is left for which a condition holds.
func (s *Session) missing(ctx context.Context, src diag.Source, set *fixtures.Set, o WhyOptions, output string) (*Missing, error) {
	watch := newWatch()
	st, r, _, err := s.over(set, o.Mode, o.Config).begin(ctx, src, watch.tap, true)
	if err != nil {
		return nil, err
	}
	if err := st.Finish(ctx); err != nil {
		return nil, err
	}
	columns := r.Captured[output].Output.Schema
	condition, plan, err := s.edgeCondition(columns, o.Where)
	if err != nil {
		return nil, err
	}
	x := &search{condition: rex.Conjuncts(condition), columns: columns, bound: plan, s: s, side: &side{Rehearsal: r, watch: watch}, set: set, rows: map[topology.NodeID]*vec.Batch{}}
	g := r.Plan.Graph
	var sink *topology.Node
	for _, n := range g.Nodes {
		if spec, ok := n.Spec.(*physical.Sink); ok && spec.Name == output {
			sink = n
		}
	}
	m := &Missing{Class: MissingInput, Rows: []string{}, Seen: []SeenAlong{}}
	if sink == nil {
		return m, nil
	}
	way := upstream(g, []topology.NodeID{sink.ID})
	var first, last *topology.Node // the first operator that has the columns, the farthest that gave such rows
	for _, n := range inOrder(g) {
		if !way[n.ID] || n == sink {
			continue
		}
		rows, ok := x.matching(n)
		if !ok {
			continue
		}
		if first == nil {
			first = n
		}
		m.Seen = append(m.Seen, SeenAlong{n.Name, rows.Len})
		if rows.Len > 0 {
			last = n
		}
	}
	if last == nil {
		m.Reason = "no table has a row for which " + o.Where + " holds"
		switch {
		case first == nil:
			m.Class, m.Reason = MissingColumns, "no operator has the columns of "+o.Where
		case len(g.Inputs(first.ID)) > 0:
			m.Class = MissingColumns
			m.Reason = fmt.Sprintf("no operator ever gave a row for which %s holds; its columns are first there behind %s", o.Where, first.Name)
		}
		return m, nil
	}
	x.drop(m, last, way)
	return m, nil
}

// search looks for rows along the way to an output.
type search struct {
	s *Session
	*side
	set       *fixtures.Set
	condition []rex.Expr    // over columns
	columns   []types.Field // of the output
	bound     *Plan
	rows      map[topology.NodeID]*vec.Batch
}

// along gives the parts of the condition that can be told of a node's output: those
// whose columns it has by name and type. nil = none can.
func (x *search) along(schema []types.Field) rex.Expr {
	var all rex.Expr
	for _, c := range x.condition {
		at := map[int]int{}
		known := true
		for _, r := range rex.Refs(c) {
			at[r] = fieldNamed(schema, x.columns[r].Name)
			known = known && at[r] >= 0 && schema[at[r]].Type.Kind == x.columns[r].Type.Kind
		}
		if !known {
			continue
		}
		c = rex.Remap(c, func(i int) int { return at[i] })
		if all == nil {
			all = c
			continue
		}
		all = &rex.Call{Fn: "AND", Args: []rex.Expr{all, c}, T: types.Bool}
	}
	return all
}

// matching gives all rows, whatever their kind, that a node gave and for which the
// condition holds as far as it can be told; false if nothing of it can.
func (x *search) matching(n *topology.Node) (*vec.Batch, bool) {
	if b, ok := x.rows[n.ID]; ok {
		return b, b != nil
	}
	x.rows[n.ID] = nil
	schema := specOf(n).Schema()
	condition := x.along(schema)
	if condition == nil && len(x.condition) > 0 {
		return nil, false
	}
	var filter exec.Operator
	var err error
	if condition != nil {
		if filter, err = x.s.rowFilter(schema, condition, x.bound); err != nil {
			return nil, false
		}
	}
	out := noRows(schema)
	if tap := x.of(n.ID); tap != nil {
		batches, _ := tap.since(0)
		var all []*vec.Batch
		for _, g := range batches {
			b := g.batch
			if filter != nil {
				if b, err = filtered(filter, b); err != nil {
					return nil, false
				}
			}
			if b.Len > 0 {
				all = append(all, b)
			}
		}
		if len(all) > 0 {
			out = vec.Concat(typesOfFields(schema), all)
		}
	}
	x.rows[n.ID] = out
	return out, true
}

// drop says what the operators behind the last one that gave such rows did to them.
func (x *search) drop(m *Missing, last *topology.Node, way map[topology.NodeID]bool) {
	g := x.Plan.Graph
	rows, _ := x.matching(last)
	schema := specOf(last).Schema()
	for i := range min(rows.Len, 3) {
		m.Rows = append(m.Rows, rows.Kind(i).String()+" "+RowText(schema, rows, i))
	}
	var next *topology.Node
	input := 0
	for _, e := range g.Outputs(last.ID) {
		if way[e.To] {
			next, input = g.Node(e.To), e.Input
			break
		}
	}
	adds := 0
	for i := range rows.Len {
		if rows.Kind(i).Adds() {
			adds++
		}
	}
	if _, sink := next.Spec.(*physical.Sink); sink {
		next = last // it came to the sink, and was taken back
		m.Class = MissingTaken
		m.Reason = fmt.Sprintf("%s gave such rows and took them back later", last.Name)
	}
	m.Operator, m.Label = next.Name, next.Label
	if text := g.Script.Text; next.Span.End > 0 && next.Span.Start <= len(text) {
		m.Line = 1 + strings.Count(text[:next.Span.Start], "\n")
	}
	if m.Class == MissingTaken {
		return
	}
	m.Class, m.Reason = MissingOther, fmt.Sprintf("%s took %s and gave no row for which the condition holds", next.Name, topology.Count(adds, "such row"))
	names := fieldNamesOf(schema)
	switch spec := next.Spec.(type) {
	case *physical.Calc:
		x.filter(m, spec, rows, schema)
	case *physical.Join:
		keys := [2][]int{spec.LeftKeys, spec.RightKeys}
		x.join(m, next, input, keys, rows)
		if ttl := max(spec.LeftTTL, spec.RightTTL); ttl > 0 && m.Class == MissingOther {
			m.Class, m.Reason = MissingTTL, fmt.Sprintf("a row of the other side has the key, but %s forgets its state after %s", next.Name, ttl)
			m.Hint = "raise table.exec.state.ttl or the STATE_TTL hint"
		}
	case *physical.IntervalJoin:
		x.join(m, next, input, [2][]int{spec.LeftKeys, spec.RightKeys}, rows)
		if m.Class == MissingOther {
			m.Class = MissingMatch
			m.Reason = fmt.Sprintf("rows of the other side have the key, but none lies between %s and %s of it", time.Duration(spec.Lower)*time.Millisecond, time.Duration(spec.Upper)*time.Millisecond)
		}
	case *physical.TemporalJoin, *physical.WindowJoin, *physical.LookupJoin:
		m.Class, m.Reason = MissingMatch, fmt.Sprintf("%s found no match for %s", next.Name, rowsText(schema, rows))
		if l, ok := spec.(*physical.LookupJoin); ok {
			var keys []string
			for _, k := range l.Keys {
				keys = append(keys, l.Scan.Read[k.Column].Name+" = "+lower.Text(k.Value, names))
			}
			m.Reason = fmt.Sprintf("table %s had no row with %s when %s came", l.Scan.Table.Path.Name, strings.Join(keys, " and "), rowsText(schema, rows))
		}
	case *physical.TopN:
		m.Class, m.Reason = MissingRank, fmt.Sprintf("%s keeps %s; other rows come before %s", next.Name, next.Label, rowsText(schema, rows))
	case *physical.WindowTopN:
		m.Class, m.Reason = MissingRank, fmt.Sprintf("%s keeps ranks %d to %d of a window; other rows come before %s", next.Name, spec.Start, spec.End, rowsText(schema, rows))
	case *physical.Dedup:
		m.Class, m.Reason = MissingReplaced, fmt.Sprintf("%s keeps one row of each key, and another came in its place", next.Name)
	}
	x.late(m, next, last, rows)
}

// late sees whether the operator dropped rows for coming too late, and whether these are among them.
func (x *search) late(m *Missing, next, last *topology.Node, rows *vec.Batch) {
	if x.run.job.Total(next.ID).Late == 0 {
		return
	}
	codec := vec.NewRowCodec(typesOfFields(specOf(last).Schema()))
	wanted := map[string]bool{}
	for i := range rows.Len {
		wanted[string(codec.AppendRow(nil, rows.Cols, i))] = true
	}
	for _, l := range x.lateRows(next, last) {
		if !wanted[string(codec.AppendRow(nil, l.row.Cols, 0))] {
			continue
		}
		m.Class = MissingLate
		m.Reason = fmt.Sprintf("%s#%d %s came %s behind the watermark (%s); its window was over, and %s dropped it", x.origin(last), l.number,
			RowText(specOf(last).Schema(), l.row, 0), millis(l.behind), stampOf(l.mark), next.Name)
		m.Hint = x.delayHint(last, l.ahead, x.set)
		return
	}
}

// filter finds the part of a condition that does not hold.
func (x *search) filter(m *Missing, spec *physical.Calc, rows *vec.Batch, schema []types.Field) {
	if spec.Filter == nil {
		m.Class, m.Reason = MissingColumns, fmt.Sprintf("%s computes other values: what it gives no longer fulfils the condition", m.Operator)
		return
	}
	names := fieldNamesOf(schema)
	m.Class = MissingFilter
	for _, c := range rex.Conjuncts(spec.Filter) {
		op, err := x.s.rowFilter(schema, c, x.Plan)
		if err != nil {
			continue
		}
		kept, err := filtered(op, rows)
		if err == nil && kept.Len == 0 {
			m.Reason = fmt.Sprintf("%s does not hold for %s", lower.Text(c, names), rowsText(schema, rows))
			return
		}
	}
	m.Reason = fmt.Sprintf("%s does not hold for %s", lower.Text(spec.Filter, names), rowsText(schema, rows))
}

// join looks on the other side for rows with the keys.
func (x *search) join(m *Missing, n *topology.Node, input int, keys [2][]int, rows *vec.Batch) {
	var other *topology.Node
	for _, e := range x.Plan.Graph.Inputs(n.ID) {
		if e.Input != input {
			other = x.Plan.Graph.Node(e.From)
		}
	}
	if other == nil || len(keys[0]) == 0 {
		m.Class, m.Reason = MissingMatch, fmt.Sprintf("%s found no match", n.Name)
		return
	}
	mine, theirs := keys[input], keys[1-input]
	wanted := map[string]string{} // key in bytes → as text
	for i := range rows.Len {
		b := &vec.Batch{Len: rows.Len, Cols: pickColumns(rows, mine)}
		if !anyNull(b.Cols, i) {
			wanted[keyText(b, i)] = keyText(b, i)
		}
	}
	var schemaNames []string
	for _, c := range theirs {
		schemaNames = append(schemaNames, specOf(other).Schema()[c].Name)
	}
	if len(wanted) == 0 {
		m.Class, m.Reason = MissingMatch, "the key of the join is NULL, and NULL matches nothing"
		return
	}
	batches := []given{}
	if tap := x.of(other.ID); tap != nil {
		batches, _ = tap.since(0)
	}
	for _, g := range batches {
		b := &vec.Batch{Len: g.batch.Len, Cols: pickColumns(g.batch, theirs)}
		for i := range b.Len {
			if _, ok := wanted[keyText(b, i)]; ok {
				return // a match came; something else is the reason
			}
		}
	}
	var texts []string
	for _, t := range wanted {
		texts = append(texts, t)
	}
	slices.Sort(texts)
	m.Class = MissingMatch
	m.Reason = fmt.Sprintf("%s never gave a row with %s = %s", other.Name, strings.Join(schemaNames, ", "), strings.Join(texts[:min(3, len(texts))], " or "))
	m.Hint = "a LEFT JOIN keeps rows without a match"
}

func keyText(b *vec.Batch, i int) string {
	var parts []string
	for _, c := range b.Cols {
		parts = append(parts, string(vec.AppendJSON(nil, c, i)))
	}
	return strings.Join(parts, ", ")
}

func fieldNamesOf(schema []types.Field) []string {
	out := make([]string, len(schema))
	for i, f := range schema {
		out[i] = f.Name
	}
	return out
}

// rowsText prints the first of some rows.
func rowsText(schema []types.Field, rows *vec.Batch) string {
	text := RowText(schema, rows, 0)
	if rows.Len > 1 {
		text += fmt.Sprintf(" and %d more", rows.Len-1)
	}
	return text
}
