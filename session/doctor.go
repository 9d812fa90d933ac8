package session

import (
	"fmt"
	"strings"

	"github.com/weir-sql/weir/planner/physical"
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
