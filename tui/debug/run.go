package debug

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/tui/pane"
)

// liveMost is the number of rows of an output that are kept of a run over live sources.
const liveMost = 1_000_000

// liveRun is a run over the declared sources.
type liveRun struct {
	plan *session.Plan
	run  *session.Run
	kept map[string]*result.Kept // by output
	seen time.Time               // when its figures were told last
	over bool
}

// run runs the script over the fixture, or over its sources.
func (p *Pane) run() tea.Cmd {
	if p.fixture == "" {
		return p.runLive()
	}
	return p.rehearse()
}

// rehearsedMsg answers a run over a fixture.
type rehearsedMsg struct {
	number  int64
	plan    *session.Plan
	tabs    []tab
	summary string
	took    time.Duration
	list    diag.List
	err     error
}

func (p *Pane) rehearse() tea.Cmd {
	ctx, number, busy := p.begin("running")
	src, mode, fixture := p.src, p.mode, p.fixture
	return tea.Sequence(busy, p.env.Project.Alone(func(s *session.Session) tea.Msg {
		msg := rehearsedMsg{number: number}
		set, err := s.Fixture(fixture)
		if err != nil {
			msg.err = err
			return msg
		}
		r, list, err := s.Rehearse(ctx, src, set, mode, nil)
		msg.list, msg.err = list, err
		if err == nil {
			msg.err = list.Err()
		}
		if r == nil || r.Plan == nil || msg.err != nil {
			return msg
		}
		msg.plan = r.Plan
		msg.tabs, msg.err = outputTabs(r.Plan, r.Captured)
		rows := 0
		for _, c := range r.Captured {
			rows += c.Rows
		}
		msg.summary = fmt.Sprintf("%s over %s: %s out", mode, fixture, count(rows, "row"))
		if r.Late > 0 {
			msg.summary += ", " + count(int(r.Late), "late row") + " dropped"
		}
		msg.took = r.Elapsed
		return msg
	}))
}

func (p *Pane) rehearsed(msg rehearsedMsg) tea.Cmd {
	if msg.number != p.number {
		return nil
	}
	done := p.ended(msg.err)
	if msg.err != nil {
		return done
	}
	p.summary, p.said = msg.summary, warnings(msg.list)
	if !p.panel { // which has room for what was found only
		p.summary += fmt.Sprintf(", %v", msg.took.Round(time.Millisecond))
	}
	if len(msg.tabs) == 0 {
		p.said = append(p.said, "the script has no query and no INSERT")
	}
	return tea.Batch(done, p.showTabs(msg.tabs))
}

func warnings(list diag.List) []string {
	var out []string
	for _, d := range list {
		out = append(out, "! "+d.Primary)
	}
	return out
}

// startedMsg says that a run over the sources began.
type startedMsg struct {
	number int64
	live   *liveRun
	list   diag.List
	err    error
}

// overMsg says that it ended.
type overMsg struct {
	number int64
	err    error
}

func (p *Pane) runLive() tea.Cmd {
	ctx, number, busy := p.begin("running")
	src, mode, sinks := p.src, p.mode, p.sinks
	return tea.Sequence(busy, p.env.Project.Run(func(s *session.Session) tea.Msg {
		msg := startedMsg{number: number}
		on := s.Beside(nil, nil)
		plan, list := on.Plan(src, mode)
		if msg.list = list; plan == nil {
			msg.err = list.Err()
			return msg
		}
		if plan.Graph == nil {
			msg.err = errors.New("the script has no query and no INSERT")
			return msg
		}
		l := &liveRun{plan: plan, kept: map[string]*result.Kept{}}
		for _, o := range plan.Outputs {
			l.kept[o.Name] = result.NewKept(o.Schema, mode == session.Stream, plan.Zone, liveMost)
		}
		var mu sync.Mutex
		l.run, msg.err = on.Live(ctx, plan, session.LiveOptions{Sinks: sinks, See: func(o session.Output) result.Writer {
			mu.Lock()
			defer mu.Unlock()
			return l.kept[o.Name]
		}})
		msg.live = l
		return msg
	}))
}

func (p *Pane) started(msg startedMsg) tea.Cmd {
	if msg.number != p.number {
		return nil
	}
	if msg.err != nil {
		return p.ended(msg.err)
	}
	p.live = msg.live
	var tabs []tab
	for _, o := range msg.live.plan.Outputs {
		kept := msg.live.kept[o.Name]
		tabs = append(tabs, tab{title: o.Name, output: o.Name, columns: kept.Columns(), kinds: p.mode == session.Stream, src: kept})
	}
	p.said = warnings(msg.list)
	number, run := msg.number, msg.live.run
	p.runs = append(p.runs, pane.RunBegan{ID: p.name, Script: p.src.Name, What: "the run over the sources", Run: run})
	return tea.Batch(p.showTabs(tabs), func() tea.Msg { return overMsg{number, run.Wait()} })
}

func (p *Pane) liveOver(msg overMsg) tea.Cmd {
	if msg.number != p.number || p.live == nil {
		return nil
	}
	if errors.Is(msg.err, context.Canceled) {
		msg.err = nil
		p.said = append(p.said, "stopped: nothing that was not committed is visible")
	}
	p.summary, p.live.over = p.live.run.Summary(), true
	last := pane.RunMeasured{ID: p.name, Script: p.src.Name, Metrics: p.live.run.Metrics(), Over: true}
	return tea.Batch(p.ended(msg.err), pane.Send(last), p.table.Grown())
}

// fixturesMsg are the fixtures to choose from.
type fixturesMsg struct {
	of    *Pane
	names []string
	err   error
}

func (p *Pane) askFixture() tea.Cmd {
	return p.env.Project.Plan(func(s *session.Session) tea.Msg {
		names, err := s.FixtureNames()
		return fixturesMsg{p, names, err}
	})
}

func (p *Pane) choseFixture(msg fixturesMsg) tea.Cmd {
	if msg.err != nil {
		return pane.Send(pane.Toast{Level: pane.Fail, Text: msg.err.Error()})
	}
	m := &menu{title: "run over", items: []string{"the declared sources"}}
	for i, n := range msg.names {
		m.items = append(m.items, n)
		if n == p.fixture {
			m.at = i + 1
		}
	}
	m.take = func(i int) tea.Cmd {
		p.fixture = ""
		if i > 0 {
			p.fixture = msg.names[i-1]
		}
		return pane.Send(pane.FixtureAsked{Name: p.fixture})
	}
	p.menu = m
	return nil
}
