package session

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// Doctor tells how far event time is, who holds it back, and why nothing comes out.
type Doctor struct {
	Inputs  []DoctorInput  `json:"inputs"`
	Waiting []DoctorWindow `json:"waiting"`
	Late    []DoctorLate   `json:"late"`
	// Findings are what is wrong, the gravest first; empty = nothing is.
	Findings []Finding `json:"findings"`
}

// DoctorInput is one scan with event time.
type DoctorInput struct {
	Table     string        `json:"table"`
	Column    string        `json:"column"` // of event time
	Declared  string        `json:"declared"`
	Watermark string        `json:"watermark"`
	Rows      int64         `json:"rows"`
	Latest    string        `json:"latest,omitempty"` // event time
	Splits    []DoctorSplit `json:"splits"`
}

// DoctorSplit is one part of an input.
type DoctorSplit struct {
	Split     int    `json:"split"`
	Watermark string `json:"watermark"`
	Rows      int64  `json:"rows"`
	Idle      bool   `json:"idle,omitempty"`
	Holds     bool   `json:"holds,omitempty"` // the input's watermark is this split's
	Latest    string `json:"latest,omitempty"`
}

// DoctorWindow is an operator with windows that have not fired.
type DoctorWindow struct {
	Operator  string `json:"operator"`
	Watermark string `json:"watermark"`
	Holder    string `json:"holder"` // the input that holds the watermark
	Rows      int    `json:"rows"`   // that wait
	Next      string `json:"next"`   // end of the window that fires next
	FiresAt   string `json:"fires_at"`
}

// DoctorLate counts rows that an operator dropped.
type DoctorLate struct {
	Operator string `json:"operator"`
	Rows     int64  `json:"rows"`
}

// Cause is what is wrong with event time.
type Cause string

// The causes.
const (
	CauseEmptyInput  Cause = "empty input"
	CauseNoTime      Cause = "no event time"
	CauseUnit        Cause = "wrong unit"
	CauseColumn      Cause = "wrong column"
	CauseIdleSplit   Cause = "idle split"
	CauseStuckSplit  Cause = "stuck split"
	CauseAllIdle     Cause = "everything idle"
	CauseClockAhead  Cause = "clock ahead"
	CauseLongDelay   Cause = "delay too long"
	CauseShortDelay  Cause = "delay too short"
	CauseSlowInput   Cause = "slow input"
	CauseClock       Cause = "processing time stands"
	CauseFilter      Cause = "filter"
	CauseNoMatch     Cause = "no match"
	CauseNotOverYet  Cause = "window not over"
	CauseNothingRead Cause = "nothing read"
)

// Finding is one thing that is wrong, in a sentence, with what mends it.
type Finding struct {
	Cause Cause  `json:"cause"`
	Input string `json:"input,omitempty"`
	Split int    `json:"split"` // < 0 = the input as a whole
	Text  string `json:"text"`
	Fix   string `json:"fix,omitempty"`
}

// source is what the doctor knows of one scan.
type source struct {
	node   *topology.Node
	spec   *physical.Source
	table  *fixtureTable
	splits []runtime.SplitInfo
	times  [][]int64 // event times by split, in order of arrival; exec.MinWatermark = NULL
	all    []int64   // those that are not NULL, in order of arrival
	order  []int     // the row of each in the file
	mark   int64
}

// Doctor looks at the point that a walk has reached.
func (st *Stepper) Doctor() *Doctor {
	d := &Doctor{Inputs: []DoctorInput{}, Waiting: []DoctorWindow{}, Late: []DoctorLate{}, Findings: []Finding{}}
	x := &examination{st: st, doctor: d, late: st.lateByNode()}
	for _, n := range st.r.Plan.Graph.Nodes {
		if spec, ok := n.Spec.(*physical.Source); ok {
			s := x.source(n, spec)
			x.sources = append(x.sources, s)
			if spec.Watermark != nil {
				d.Inputs = append(d.Inputs, s.describe())
			}
		}
	}
	for _, n := range inOrder(st.r.Plan.Graph) {
		if late := x.late[n.ID]; late > 0 {
			d.Late = append(d.Late, DoctorLate{n.Name, late})
		}
		x.waiting(n)
	}
	x.findings()
	return d
}

// lateByNode counts dropped rows.
func (st *Stepper) lateByNode() map[topology.NodeID]int64 {
	out := map[topology.NodeID]int64{}
	for _, n := range st.r.Plan.Graph.Nodes {
		out[n.ID] = st.player.job.Total(n.ID).Late
	}
	return out
}

// examination is a doctor at work.
type examination struct {
	st      *Stepper
	doctor  *Doctor
	sources []*source
	late    map[topology.NodeID]int64
	windows []*topology.Node // operators with rows that wait for event time
}

// source gathers what came through one scan so far.
func (x *examination) source(n *topology.Node, spec *physical.Source) *source {
	s := &source{node: n, spec: spec, table: x.st.player.conns.tables[spec.Table.Path.Name], splits: x.st.player.job.Splits(n.ID), mark: minMark}
	if t := x.st.watch.of(n.ID); t != nil {
		s.mark = t.mark()
	}
	s.times = make([][]int64, max(1, len(s.splits)))
	if spec.Watermark == nil || s.table.mark < 0 {
		return s
	}
	times := eventTimes(s.table.rows.Cols[s.table.mark])
	for _, m := range x.st.moments[:x.st.at] {
		if m.Kind != fixtures.StepRows || m.Table != s.table.name {
			continue
		}
		for i := m.From; i < m.To; i++ {
			if m.Split < len(s.times) {
				s.times[m.Split] = append(s.times[m.Split], times[i])
			}
			if times[i] != minMark {
				s.all, s.order = append(s.all, times[i]), append(s.order, i)
			}
		}
	}
	return s
}

func (s *source) rows() (n int64) {
	for _, sp := range s.splits {
		n += sp.Rows
	}
	return n
}

// column is the name of the event time.
func (s *source) column() string {
	if s.spec.Watermark == nil {
		return ""
	}
	return s.spec.Fields[s.spec.Watermark.Column].Name
}

func (s *source) describe() DoctorInput {
	in := DoctorInput{Table: s.table.name, Column: s.column(), Declared: s.spec.Watermark.Text, Watermark: MarkText(s.mark), Rows: s.rows()}
	if len(s.all) > 0 {
		in.Latest = stampOf(slices.Max(s.all))
	}
	holder := s.holder()
	for i, sp := range s.splits {
		ds := DoctorSplit{Split: i, Watermark: MarkText(sp.Watermark), Rows: sp.Rows, Idle: sp.Idle, Holds: i == holder}
		if late := latestOf(s.times[i]); late != minMark {
			ds.Latest = stampOf(late)
		}
		in.Splits = append(in.Splits, ds)
	}
	return in
}

// holder is the split whose watermark is the least of those that count; -1 = none.
func (s *source) holder() int {
	at := -1
	for i, sp := range s.splits {
		if !sp.Idle && !sp.Ended && (at < 0 || sp.Watermark < s.splits[at].Watermark) {
			at = i
		}
	}
	return at
}

func latestOf(times []int64) int64 {
	latest := int64(minMark)
	for _, t := range times {
		latest = max(latest, t)
	}
	return latest
}

// waiting notes the windows of an operator that have rows and have not fired.
func (x *examination) waiting(n *topology.Node) {
	g := x.st.r.Plan.Graph
	for _, e := range g.Inputs(n.ID) {
		from := g.Node(e.From)
		if !byEventTime(n, from) {
			continue
		}
		tap := x.st.watch.of(from.ID)
		column := waitColumn(n, from, e.Input)
		if tap == nil || column < 0 || column >= len(specOf(from).Schema()) {
			continue
		}
		mark := x.markBefore(n)
		rows, next := 0, int64(exec.MaxWatermark)
		batches, _ := tap.since(0)
		for _, b := range batches {
			for i, t := range eventTimes(b.batch.Cols[column]) {
				if t == minMark {
					continue
				}
				if end := lastMoment(n, b.batch, i, t); end > mark && end > b.mark {
					rows++
					next = min(next, end)
				}
			}
		}
		if rows == 0 || mark == exec.MaxWatermark {
			continue
		}
		x.windows = append(x.windows, n)
		w := DoctorWindow{Operator: n.Name, Watermark: MarkText(mark), Rows: rows, Next: stampOf(next + 1), Holder: "nothing"}
		if s := x.holder(n); s != nil {
			w.Holder = s.table.name
			w.FiresAt = fmt.Sprintf("a row of %s with %s ≥ %s", s.table.name, s.column(), stampOf(next+s.delay()))
		}
		x.doctor.Waiting = append(x.doctor.Waiting, w)
		return
	}
}

// delay is how far an input's watermark stays behind its latest row.
func (s *source) delay() int64 {
	if len(s.all) == 0 || s.holder() < 0 {
		return 0
	}
	h := s.splits[s.holder()]
	latest := latestOf(s.times[s.holder()])
	if h.Watermark == minMark || latest == minMark {
		return 0
	}
	return max(0, latest-h.Watermark)
}

// byEventTime tells whether an operator holds rows of an input until event time has come.
func byEventTime(n, from *topology.Node) bool {
	switch spec := n.Spec.(type) {
	case *physical.WindowAgg:
		return spec.Window.Rowtime || spec.Window.Kind == physical.Attached && rowtimeOf(n, from) >= 0
	case *physical.WindowTopN, *physical.WindowJoin:
		return true
	case *physical.TemporalJoin:
		return spec.Rowtime
	case *physical.Over:
		return rowtimeOf(n, from) >= 0
	}
	return false
}

// waitColumn finds the column that tells how long a row of an input waits: the end of its
// window where it has one, else its event time.
func waitColumn(n, from *topology.Node, input int) int {
	switch spec := n.Spec.(type) {
	case *physical.WindowJoin:
		return [2]int{spec.LeftEnd, spec.RightEnd}[input]
	case *physical.WindowTopN:
		return spec.WindowEnd
	}
	return rowtimeOf(n, from)
}

// markBefore is the watermark that an operator has got: the least of its inputs'.
func (x *examination) markBefore(n *topology.Node) int64 {
	active, all := int64(exec.MaxWatermark), int64(exec.MaxWatermark)
	for _, e := range x.st.r.Plan.Graph.Inputs(n.ID) {
		t := x.st.watch.of(e.From)
		if t == nil {
			continue
		}
		all = min(all, t.mark())
		if !x.resting(x.st.r.Plan.Graph.Node(e.From)) {
			active = min(active, t.mark())
		}
	}
	if active == exec.MaxWatermark {
		return all
	}
	return active
}

// resting tells that a source's splits are all idle: it holds nothing back.
func (x *examination) resting(n *topology.Node) bool {
	for _, s := range x.sources {
		if s.node.ID == n.ID {
			return len(s.splits) > 0 && s.holder() < 0
		}
	}
	in := x.st.r.Plan.Graph.Inputs(n.ID)
	for _, e := range in {
		if !x.resting(x.st.r.Plan.Graph.Node(e.From)) {
			return false
		}
	}
	return len(in) > 0
}

// holder finds the source whose watermark is the one that an operator has.
func (x *examination) holder(n *topology.Node) *source {
	for _, s := range x.sources {
		if s.node.ID == n.ID {
			return s
		}
	}
	var least *topology.Node
	mark := int64(exec.MaxWatermark)
	for _, e := range x.st.r.Plan.Graph.Inputs(n.ID) {
		from := x.st.r.Plan.Graph.Node(e.From)
		if t := x.st.watch.of(e.From); t != nil && !x.resting(from) && (least == nil || t.mark() < mark) {
			least, mark = from, t.mark()
		}
	}
	if least == nil {
		return nil
	}
	return x.holder(least)
}

// findings asks what is wrong, the gravest first.
func (x *examination) findings() {
	for _, s := range x.sources {
		if s.spec.Watermark != nil && len(s.all) > 0 || s.rows() > 0 && s.spec.Watermark != nil {
			x.times(s)
		}
	}
	seen := map[string]bool{}
	for _, n := range x.windows {
		s := x.holder(n)
		if s == nil {
			x.add(Finding{Cause: CauseAllIdle, Split: -1, Text: fmt.Sprintf("%s waits, and every input is idle: nothing moves event time", n.Name),
				Fix: "rows of any input move it on; a bounded run fires what is open at its end"})
			continue
		}
		if seen[s.table.name] || x.found(s.table.name) {
			continue
		}
		seen[s.table.name] = true
		x.held(n, s)
	}
	if len(x.doctor.Findings) == 0 {
		x.silent()
	}
	sort.SliceStable(x.doctor.Findings, func(i, j int) bool {
		return grave(x.doctor.Findings[i].Cause) < grave(x.doctor.Findings[j].Cause)
	})
}

// grave orders causes: what makes wrong times, then what holds them, then what merely takes its time.
func grave(c Cause) int {
	return slices.Index([]Cause{CauseNoTime, CauseUnit, CauseClockAhead, CauseColumn, CauseEmptyInput, CauseIdleSplit, CauseStuckSplit, CauseAllIdle,
		CauseLongDelay, CauseSlowInput, CauseShortDelay, CauseNothingRead, CauseFilter, CauseNoMatch, CauseClock, CauseNotOverYet}, c)
}

func (x *examination) add(f Finding) { x.doctor.Findings = append(x.doctor.Findings, f) }

func (x *examination) found(table string) bool {
	return slices.ContainsFunc(x.doctor.Findings, func(f Finding) bool { return f.Input == table })
}

// times looks for event times that cannot be meant.
func (x *examination) times(s *source) {
	table, column := s.table.name, s.column()
	if s.rows() > 0 && len(s.all) == 0 {
		x.add(Finding{Cause: CauseNoTime, Input: table, Split: -1,
			Text: fmt.Sprintf("%s of %s is NULL in every row so far: no watermark comes from it", column, table),
			Fix:  "declare the watermark on a column that the rows have" + s.otherColumn()})
		return
	}
	sorted := slices.Sorted(slices.Values(s.all))
	first, last := sorted[0], sorted[len(sorted)-1]
	if year := time.UnixMilli(sorted[len(sorted)/2]).UTC().Year(); year < 1971 || year > 2200 {
		text, fix := "seconds that are read as milliseconds", "TO_TIMESTAMP_LTZ(x, 0) reads seconds, with 3 it reads milliseconds"
		if year > 2200 {
			text = "milliseconds that are read as seconds, or nanoseconds as milliseconds"
		}
		x.add(Finding{Cause: CauseUnit, Input: table, Split: -1, Text: fmt.Sprintf("%s of %s is about %s: it looks like %s", column, table, stampOf(sorted[len(sorted)/2]), text), Fix: fix})
		return
	}
	if i := ahead(sorted); i > 0 {
		at := slices.Index(s.all, sorted[i])
		x.add(Finding{Cause: CauseClockAhead, Input: table, Split: s.table.splitOf(s.order[at]),
			Text: fmt.Sprintf("%s#%d has %s %s, %s ahead of the rows around it; the watermark went with it%s", table, s.order[at]+1, column, stampOf(sorted[i]),
				millis(sorted[i]-sorted[i-1]), x.lateText()),
			Fix: fmt.Sprintf("filter such rows ahead of the watermark, or mend the clock that wrote it; without it the latest %s is %s", column, stampOf(sorted[i-1]))})
		return
	}
	if first == last && len(s.all) > 2 {
		if other := s.otherColumn(); other != "" {
			x.add(Finding{Cause: CauseColumn, Input: table, Split: -1, Text: fmt.Sprintf("%s of %s is %s in every row: event time never moves", column, table, stampOf(first)),
				Fix: "declare the watermark on a column that moves" + other})
			return
		}
	}
	x.dropped(s)
}

// ahead finds the first of the few latest times that lie far ahead of all others; 0 = none.
func ahead(sorted []int64) int {
	n := len(sorted)
	for i := n - 1; i > 0 && n-i <= max(1, n/10); i-- {
		rest := sorted[i-1] - sorted[0]
		if gap := sorted[i] - sorted[i-1]; n >= 3 && gap > 10*60_000 && gap > 10*max(rest, 1) {
			return i
		}
	}
	return 0
}

// otherColumn names a column of time that moves.
func (s *source) otherColumn() string {
	for i, f := range s.table.fields {
		if i == s.table.mark || !f.Type.In(types.Timestamp, types.TimestampLTZ) {
			continue
		}
		times := slices.DeleteFunc(eventTimes(s.table.rows.Cols[i]), func(t int64) bool { return t == minMark })
		if len(times) > 1 && slices.Min(times) < slices.Max(times) {
			return ", such as " + f.Name
		}
	}
	return ""
}

func (x *examination) lateText() string {
	var n int64
	for _, late := range x.late {
		n += late
	}
	if n == 0 {
		return ""
	}
	return ", so " + topology.Count(int(n), "row") + " came too late"
}

// dropped looks for a delay that is shorter than the disorder of the rows.
func (x *examination) dropped(s *source) {
	var n int64
	var at *topology.Node
	for _, node := range x.st.r.Plan.Graph.Nodes {
		if x.late[node.ID] > n && x.feeds(s, node) {
			n, at = x.late[node.ID], node
		}
	}
	if at == nil {
		return
	}
	if t := x.st.r.over.set.Table(s.table.name); t != nil && t.Marked {
		x.add(Finding{Cause: CauseShortDelay, Input: s.table.name, Split: -1, Text: fmt.Sprintf("%s dropped %s of %s as late: the timeline's watermark had passed them", at.Name, topology.Count(int(n), "row"), s.table.name),
			Fix: "raise the watermark later in the timeline"})
		return
	}
	most := int64(0)
	latest := int64(minMark)
	for _, t := range s.all {
		if latest != minMark {
			most = max(most, latest-t)
		}
		latest = max(latest, t)
	}
	if stuck := s.behind(); stuck >= 0 {
		x.add(Finding{Cause: CauseStuckSplit, Input: s.table.name, Split: stuck,
			Text: fmt.Sprintf("%s dropped %s as late: split %d of %s came back behind the others, which had gone on without it", at.Name, topology.Count(int(n), "row"), stuck, s.table.name),
			Fix:  "raise table.exec.source.idle-timeout, so that a split that is only slow keeps its place"})
		return
	}
	x.add(Finding{Cause: CauseShortDelay, Input: s.table.name, Split: -1,
		Text: fmt.Sprintf("%s dropped %s of %s as late: rows come up to %s after later ones, the watermark waits %s", at.Name, topology.Count(int(n), "row"), s.table.name, millis(most), millis(s.delay())),
		Fix:  fmt.Sprintf("WATERMARK FOR %[1]s AS %[1]s - INTERVAL '%[2]d' SECOND keeps them", s.column(), most/1000+1)})
}

// behind finds a split that was idle while others went on, and whose rows then came late.
func (s *source) behind() int {
	for i, times := range s.times {
		for j, sp := range s.splits {
			if i != j && len(times) > 0 && len(s.splits) > 1 && sp.Watermark != minMark && latestOf(times) < sp.Watermark && s.splits[i].Watermark < sp.Watermark && s.mark >= sp.Watermark {
				return i
			}
		}
	}
	return -1
}

// feeds tells whether rows of a source come to a node.
func (x *examination) feeds(s *source, n *topology.Node) bool {
	if s.node.ID == n.ID {
		return true
	}
	return slices.ContainsFunc(x.st.r.Plan.Graph.Inputs(n.ID), func(e *topology.Edge) bool { return x.feeds(s, x.st.r.Plan.Graph.Node(e.From)) })
}

// held says why an operator's event time stands where its slowest input is.
func (x *examination) held(n *topology.Node, s *source) {
	table := s.table.name
	waits := x.doctor.Waiting[slices.IndexFunc(x.doctor.Waiting, func(w DoctorWindow) bool { return w.Operator == n.Name })]
	if s.rows() == 0 {
		x.add(Finding{Cause: CauseEmptyInput, Input: table, Split: -1,
			Text: fmt.Sprintf("%s has given no row, so it has no watermark, and %s waits for it with %s", table, n.Name, topology.Count(waits.Rows, "row")),
			Fix:  "SET 'table.exec.source.idle-timeout' = '10 s' lets an input without rows hold nothing back"})
		return
	}
	h := s.holder()
	others := int64(minMark)
	for i, sp := range s.splits {
		if i != h && !sp.Idle && !sp.Ended {
			others = max(others, sp.Watermark)
		}
	}
	hs := s.splits[h]
	switch {
	case len(s.splits) > 1 && hs.Rows == 0:
		x.add(Finding{Cause: CauseIdleSplit, Input: table, Split: h,
			Text: fmt.Sprintf("split %d of %s has given no row and holds %s, while others stand at %s", h, table, n.Name, MarkText(others)),
			Fix:  "SET 'table.exec.source.idle-timeout' = '10 s' lets a split without rows hold nothing back"})
	case len(s.splits) > 1 && others != minMark && others-hs.Watermark > max(60_000, 2*s.delay()) && waitsFor(n, hs.Watermark, others):
		x.add(Finding{Cause: CauseStuckSplit, Input: table, Split: h,
			Text: fmt.Sprintf("split %d of %s stands at %s, %s behind the others, and holds %s", h, table, MarkText(hs.Watermark), millis(others-hs.Watermark), n.Name),
			Fix:  "look at who writes that split; 'table.exec.source.idle-timeout' leaves it out while it is silent"})
	case x.slower(n, s):
	case s.longDelay(n):
		x.add(Finding{Cause: CauseLongDelay, Input: table, Split: -1,
			Text: fmt.Sprintf("the latest %s of %s is %s, but its watermark (%s) stays %s behind: %s", s.column(), table, stampOf(slices.Max(s.all)), s.spec.Watermark.Text, millis(s.delay()), n.Name+" waits"),
			Fix:  fmt.Sprintf("rows are at most %s out of order: WATERMARK FOR %[2]s AS %[2]s - INTERVAL '%[3]d' SECOND would do", millis(s.disorder()), s.column(), s.disorder()/1000+1)})
	default:
		x.add(Finding{Cause: CauseNotOverYet, Input: table, Split: -1,
			Text: fmt.Sprintf("%s holds %s for what ends at %s; the watermark is %s", n.Name, topology.Count(waits.Rows, "row"), waits.Next, waits.Watermark),
			Fix:  waits.FiresAt + " fires it"})
	}
}

// waitsFor tells that a window would have fired at the later of two watermarks.
func waitsFor(n *topology.Node, low, high int64) bool {
	if spec, ok := n.Spec.(*physical.WindowAgg); ok && spec.Window.Size > 0 {
		return high-low >= spec.Window.Size || lastMoment(n, nil, 0, low) <= high
	}
	return high > low
}

// slower finds an input that is far behind the other input of a join.
func (x *examination) slower(n *topology.Node, s *source) bool {
	for _, other := range x.sources {
		if other == s || other.spec.Watermark == nil || !x.feeds(other, n) || other.mark == minMark || other.mark == exec.MaxWatermark {
			continue
		}
		if s.mark == minMark || other.mark-s.mark > max(60_000, 2*s.delay()) {
			x.add(Finding{Cause: CauseSlowInput, Input: s.table.name, Split: -1,
				Text: fmt.Sprintf("the watermark of %s is %s, that of %s %s, and %s goes by the slower of the two", s.table.name, MarkText(s.mark), other.table.name, MarkText(other.mark), n.Name),
				Fix:  fmt.Sprintf("look at who writes %s; 'scan.watermark.alignment.group' on both keeps the faster from running ahead and growing state", s.table.name)})
			return true
		}
	}
	return false
}

// longDelay tells that the rows are long past what waits, and only the delay keeps it.
func (s *source) longDelay(n *topology.Node) bool {
	if len(s.all) < 2 || s.delay() <= 2*s.disorder()+10_000 {
		return false
	}
	return lastMoment(n, nil, 0, slices.Min(s.all)) <= slices.Max(s.all)-s.disorder()-1000
}

// disorder is how far a row comes behind a later one of its split.
func (s *source) disorder() int64 {
	most := int64(0)
	for _, times := range s.times {
		latest := int64(minMark)
		for _, t := range times {
			if t == minMark {
				continue
			}
			if latest != minMark {
				most = max(most, latest-t)
			}
			latest = max(latest, t)
		}
	}
	return most
}

// silent looks for other reasons why no row has come out.
func (x *examination) silent() {
	for _, c := range x.st.r.Captured {
		if c.Rows > 0 {
			return
		}
	}
	g := x.st.r.Plan.Graph
	for _, s := range x.sources {
		if s.rows() == 0 {
			x.add(Finding{Cause: CauseNothingRead, Input: s.table.name, Split: -1, Text: s.table.name + " has given no row", Fix: "look at its fixture, or at what the source reads"})
			return
		}
	}
	for _, n := range inOrder(g) {
		total := x.st.player.job.Total(n.ID)
		if total.RowsIn == 0 || total.RowsOut > 0 || len(g.Outputs(n.ID)) == 0 {
			continue
		}
		f := Finding{Split: -1, Cause: CauseFilter, Text: fmt.Sprintf("%s (%s) took %s and let none through", n.Name, n.Label, topology.Count(int(total.RowsIn), "row"))}
		switch spec := n.Spec.(type) {
		case *physical.Join, *physical.IntervalJoin, *physical.TemporalJoin, *physical.LookupJoin:
			f.Cause, f.Text = CauseNoMatch, fmt.Sprintf("%s (%s) took %s and found no match for any", n.Name, n.Label, topology.Count(int(total.RowsIn), "row"))
			f.Fix = "compare the keys of both sides: weir tap shows them"
		case *physical.WindowAgg:
			if !spec.Window.Rowtime {
				f.Cause = CauseClock
				f.Text = fmt.Sprintf("%s fires by processing time, which stands at %s", n.Name, stampOf(x.st.Clock().UnixMilli()))
				f.Fix = "move it in the timeline: - advance: " + (time.Duration(spec.Window.Size) * time.Millisecond).String()
			}
		}
		x.add(f)
		return
	}
}

// Lines prints what the doctor says: what is wrong first, then how far every input is.
func (d *Doctor) Lines() []string {
	var out []string
	for _, f := range d.Findings {
		out = append(out, fmt.Sprintf("✗ %s: %s", f.Cause, f.Text))
		if f.Fix != "" {
			out = append(out, "  fix: "+f.Fix)
		}
	}
	if len(d.Findings) == 0 {
		out = append(out, "✓ nothing holds event time back")
	}
	for _, in := range d.Inputs {
		line := fmt.Sprintf("  %s   watermark %s (%s)   %s", in.Table, in.Watermark, in.Declared, topology.Count(int(in.Rows), "row"))
		if in.Latest != "" {
			line += "   latest " + in.Latest
		}
		out = append(out, line)
		if len(in.Splits) < 2 {
			continue
		}
		for _, s := range in.Splits {
			line := fmt.Sprintf("    split %d   watermark %s   %s", s.Split, s.Watermark, topology.Count(int(s.Rows), "row"))
			if s.Idle {
				line += "   idle"
			}
			if s.Holds {
				line += "   ◄ holds"
			}
			out = append(out, line)
		}
	}
	for _, w := range d.Waiting {
		line := fmt.Sprintf("  %s   %s wait; next fires %s   held by %s", w.Operator, topology.Count(w.Rows, "row"), w.Next, w.Holder)
		if w.FiresAt != "" {
			line += ": " + w.FiresAt
		}
		out = append(out, line)
	}
	for _, l := range d.Late {
		out = append(out, fmt.Sprintf("  %s   %s dropped as late", l.Operator, topology.Count(int(l.Rows), "row")))
	}
	return out
}

// Sentence is the answer in one sentence; "" = nothing is wrong.
func (d *Doctor) Sentence() string {
	if len(d.Findings) == 0 {
		return ""
	}
	return strings.TrimSuffix(d.Findings[0].Text, ".")
}
