package session

import (
	"fmt"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/topology"
)

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
