package graph

import (
	"fmt"
	"time"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/topology"
	"github.com/weir-sql/weir/tui/pane"
	"github.com/weir-sql/weir/tui/styles"
)

// sparkLength is the number of rates that a sparkline shows.
const sparkLength = 8

// figures are those of the run that was heard of last, by operator.
type figures struct {
	id   string
	last session.Metrics
	of   map[string]*operatorFigures // by uid
	most float64                     // the highest rate of all operators: sparklines share an axis
	over bool
}

// operatorFigures are those of one operator between two samples.
type operatorFigures struct {
	rates           []float64 // rows a second, the newest last
	busy, blocked   float64   // shares of the time, of the task; < 0 = told of the task's head
	lag, late       int64
	state           int64 // bytes; < 0 = none known
	hits, hitsOf    int64
	rowsIn, rowsOut int64
	skew            float64
	busyNs, blockNs time.Duration
}

func newFigures() figures { return figures{of: map[string]*operatorFigures{}} }

// add takes a sample.
func (f *figures) add(msg pane.RunMeasured) {
	if msg.ID != f.id {
		*f = newFigures()
		f.id = msg.ID
	}
	dt := (msg.Metrics.Elapsed - f.last.Elapsed).Seconds()
	if dt <= 0 {
		return
	}
	f.last, f.over = msg.Metrics, msg.Over
	for i := range msg.Metrics.Operators {
		m := &msg.Metrics.Operators[i]
		o := f.of[m.UID]
		if o == nil {
			o = &operatorFigures{}
			f.of[m.UID] = o
		}
		o.add(m, dt)
		o.state = -1
		if bytes, ok := msg.State[m.UID]; ok {
			o.state = bytes
		}
	}
	f.most = 0
	for _, o := range f.of {
		for _, r := range o.rates {
			f.most = max(f.most, r)
		}
	}
}

func (o *operatorFigures) add(m *session.OperatorMetrics, dt float64) {
	var in, out int64
	var busy, blocked time.Duration
	o.lag, o.late, o.hits, o.hitsOf, o.skew = 0, 0, 0, 0, m.Skew()
	for _, s := range m.Subtasks {
		in, out = in+s.RowsIn, out+s.RowsOut
		busy, blocked = busy+s.Busy, blocked+s.Blocked
		o.lag, o.late = o.lag+s.Lag, o.late+s.Late
		o.hits, o.hitsOf = o.hits+s.Hits, o.hitsOf+s.Hits+s.Misses
	}
	o.rates = append(o.rates, float64(max(in-o.rowsIn, 0))/dt)
	if len(o.rates) > sparkLength {
		o.rates = o.rates[1:]
	}
	span := dt * float64(max(1, len(m.Subtasks)))
	o.busy, o.blocked = (busy-o.busyNs).Seconds()/span, (blocked-o.blockNs).Seconds()/span
	if busy == 0 && blocked == 0 {
		o.busy, o.blocked = -1, -1
	}
	o.rowsIn, o.rowsOut, o.busyNs, o.blockNs = in, out, busy, blocked
}

// operatorFigures are what is shown of an operator: its figures, and what a tap on it has seen.
func (p *Pane) operatorFigures(st *styles.Styles, name, uid string) []topology.Figure {
	out := p.figures.lines(st, uid)
	n, ok := p.taps[name]
	if !ok {
		return out
	}
	text := fmt.Sprintf("%s tap %s", st.Glyphs.Dot, pane.Short(float64(n)))
	if len(out) == 0 {
		out = []topology.Figure{{}, {}}
	}
	last := &out[len(out)-1]
	if last.Text != "" {
		text += " " + last.Text
	}
	last.Role, last.Text = topology.RoleFigure, text
	return out
}

// lines are what an operator's box shows: rate and load, then what else there is to say.
func (f *figures) lines(st *styles.Styles, uid string) []topology.Figure {
	o := f.of[uid]
	if o == nil || len(o.rates) == 0 {
		return nil
	}
	first := fmt.Sprintf("%s/s %s", pane.Short(o.rates[len(o.rates)-1]), pane.Sparkline(st, o.rates, f.most))
	if f.over {
		first = pane.Short(float64(o.rowsIn)) + " rows in"
	} else if o.busy >= 0 {
		first += fmt.Sprintf(" busy %.0f%%", 100*min(o.busy, 1))
	}
	second := ""
	say := func(format string, args ...any) {
		if second != "" {
			second += " "
		}
		second += fmt.Sprintf(format, args...)
	}
	if o.blocked > 0.005 {
		say("bp %.0f%%", 100*min(o.blocked, 1))
	}
	if o.state >= 0 {
		say("state %sB", pane.Short(float64(o.state)))
	}
	if o.lag > 0 {
		say("lag %s", pane.Short(float64(o.lag)))
	}
	if o.late > 0 {
		say("late %s", pane.Short(float64(o.late)))
	}
	if o.hitsOf > 0 {
		say("hit %.0f%%", 100*float64(o.hits)/float64(o.hitsOf))
	}
	if o.skew > 1.2 {
		say("skew %.1fx", o.skew)
	}
	return []topology.Figure{{Role: topology.RoleFigure, Text: first}, {Role: topology.RoleFigure, Text: second}}
}
