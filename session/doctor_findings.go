package session

import (
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/topology"
)

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
