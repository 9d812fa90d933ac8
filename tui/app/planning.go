package app

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/topology"
	"github.com/weir-sql/weir/tui/pane"
)

// planning follows the script with plans: one at a time, never in Update or View, the
// sooner the quicker they are. What was overtaken is dropped.
type planning struct {
	asked   version // what was planned last, or is being
	waiting bool    // a planDue is on its way
	running bool
	epoch   int           // grows when files of the project changed
	took    time.Duration // by the last plan
	ready   pane.PlanReady
	last    map[string]*session.Plan // by script: the last good plan
	words   *session.Vocabulary
}

// version is all that a plan depends on.
type version struct {
	number int
	name   string
	mode   session.Mode
	epoch  int
}

type (
	planDue  struct{}
	planDone struct {
		of    version
		ready pane.PlanReady
	}
	studyDue  struct{ of version }
	studyDone struct {
		of  version
		msg pane.Studied
	}
)

func (m *Model) version() version {
	d := m.work.editor.Doc()
	return version{d.Number(), d.Source().Name, m.mode, m.plans.epoch}
}

// The shortest and the longest time between a key and the plan it asks for: half of what the last plan took.
const (
	soonest = 8 * time.Millisecond
	latest  = 400 * time.Millisecond
)

// replan asks for a plan if the script is not the one that was planned.
func (m *Model) replan() tea.Cmd {
	p := &m.plans
	if p.waiting || p.running || m.version() == p.asked || m.closing {
		return nil
	}
	p.waiting = true
	return m.after(max(soonest, min(latest, p.took/2)), planDue{})
}

// after gives a message once some time is over, or at once where nothing moves by itself.
func (m *Model) after(d time.Duration, msg tea.Msg) tea.Cmd {
	if m.o.Still {
		return func() tea.Msg { return msg }
	}
	return tea.Tick(d, func(time.Time) tea.Msg { return msg })
}

func (m *Model) planDue(planDue) tea.Cmd {
	p := &m.plans
	p.waiting, p.running = false, true
	of := m.version()
	p.asked = of
	src := m.work.editor.Doc().Source()
	plan := m.env.Project.Plan(func(s *session.Session) tea.Msg {
		start := time.Now()
		plan, list := s.Plan(src, of.mode)
		return planDone{of, pane.PlanReady{Number: of.number, Source: src, Mode: of.mode, Plan: plan, Problems: list, Took: time.Since(start)}}
	})
	return tea.Batch(m.broadcast(pane.SQLChanged{Number: of.number, Source: src}), plan)
}

func (m *Model) planned(done planDone) tea.Cmd {
	p := &m.plans
	p.running, p.took = false, done.ready.Took
	if done.of != m.version() {
		return nil // overtaken: replan asks for the next
	}
	if p.last == nil {
		p.last = map[string]*session.Plan{}
	}
	if done.ready.Plan != nil {
		p.last[done.of.name] = done.ready.Plan
	}
	done.ready.Last = p.last[done.of.name]
	p.ready = done.ready
	cmd := m.broadcast(done.ready)
	m.place = spot{}
	return tea.Batch(cmd, m.after(max(60*time.Millisecond, min(latest, 4*p.took)), studyDue{done.of}))
}

// studyDue looks for fixes and names once one rests.
func (m *Model) studyDue(due studyDue) tea.Cmd {
	if due.of != m.version() {
		return nil
	}
	src, problems := m.plans.ready.Source, m.plans.ready.Problems
	return m.env.Project.Plan(func(s *session.Session) tea.Msg {
		msg := pane.Studied{Number: due.of.number, Vocabulary: s.Vocabulary(src, due.of.mode)}
		if len(problems) > 0 {
			msg.Fixes = s.Fixes(src, due.of.mode, problems)
		}
		return studyDone{due.of, msg}
	})
}

func (m *Model) studied(done studyDone) tea.Cmd {
	m.plans.words = done.msg.Vocabulary
	if done.of != m.version() {
		done.msg.Fixes = nil // of another text
	}
	m.refresh("catalog")
	return m.broadcast(done.msg)
}

// planAsked plans again: the overlay or files of the project are others.
func (m *Model) planAsked(pane.PlanAsked) tea.Cmd {
	m.plans.epoch++
	return nil
}

func (m *Model) modeAsked(a pane.ModeAsked) tea.Cmd {
	if a.Mode == m.mode {
		return nil
	}
	m.mode = a.Mode
	m.store.dirty = true
	return tea.Batch(m.broadcast(pane.ModeChanged(a)), m.say(pane.Info, "mode "+string(a.Mode)))
}

// spot is the place of the cursor in a version of the text.
type spot struct {
	of   version
	at   diag.Span
	told bool
}

// tellPlace tells the others where the cursor is, once the plan at hand is that of the text.
func (m *Model) tellPlace() tea.Cmd {
	d := m.work.editor.Doc()
	p := &m.plans
	if p.ready.Number != d.Number() || p.ready.Source.Name != d.Source().Name {
		return nil
	}
	cur := d.Cursor()
	key := spot{of: version{d.Number(), d.Path, m.mode, cur.Line}, at: diag.Span{Start: cur.Col, End: d.Top()}, told: true}
	if key == m.place {
		return nil
	}
	m.place = key
	return m.broadcast(pane.SpanChosen{Span: d.Place()})
}

// operatorChosen marks the SQL of an operator that was chosen in a graph.
func (m *Model) operatorChosen(c pane.OperatorChosen) tea.Cmd {
	cmd := m.broadcast(c)
	plan := m.plans.ready.Plan
	if plan == nil || plan.Graph == nil || c.UID == "" {
		return cmd
	}
	var spans []diag.Span
	for _, n := range plan.Graph.Nodes {
		if n.UID == c.UID {
			spans = append(spans, n.Span)
		}
	}
	m.work.editor.Mark(spans, m.at != 0 || m.work.focus != partEditor)
	return cmd
}

// OperatorsAt gives the operators that a place of the script is about: those whose SQL
// holds it, the tightest; for a selection all that it touches.
func OperatorsAt(g *topology.Graph, at diag.Span) []*topology.Node {
	if g == nil {
		return nil
	}
	var out []*topology.Node
	best := 1 << 62
	for _, n := range g.Nodes {
		s := n.Span
		if s.IsZero() {
			continue
		}
		if at.End > at.Start {
			if s.Start < at.End && at.Start < s.End {
				out = append(out, n)
			}
			continue
		}
		if at.Start < s.Start || at.Start > s.End {
			continue
		}
		switch size := s.End - s.Start; {
		case size < best:
			best, out = size, []*topology.Node{n}
		case size == best:
			out = append(out, n)
		}
	}
	return out
}
