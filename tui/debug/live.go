package debug

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/tui/pane"
	"github.com/weir-sql/weir/tui/rows"
)

// measureEvery is the time between two samples of its figures.
const measureEvery = 500 * time.Millisecond

// liveTap is a tap on a run that goes on. Its rows stay when it is closed.
type liveTap struct {
	run    pane.RunBegan
	edge   string
	open   *session.OpenTap
	rows   *tapRows
	closed bool
}

// openedMsg says that a tap was opened, or why not.
type openedMsg struct {
	of  *Pane
	tap *liveTap
	err error
}

// closedMsg says that nothing more comes from a tap.
type closedMsg struct {
	of     *Pane
	tap    *liveTap
	missed int64
	err    error
}

// goesOn reports whether a run has not ended.
func goesOn(r pane.RunBegan) bool {
	select {
	case <-r.Run.Done():
		return false
	default:
		return true
	}
}

// running is the run of the script that can be tapped: this screen's own, else the newest job.
func (p *Pane) running() (pane.RunBegan, bool) {
	p.runs = slices.DeleteFunc(p.runs, func(r pane.RunBegan) bool { return !goesOn(r) })
	var found pane.RunBegan
	for _, r := range p.runs {
		if r.Script == p.src.Name && found.ID != p.name {
			found = r
		}
	}
	return found, found.Run != nil
}

// askEdge lists the edges of a run; choosing one opens a tap on it, or closes the one that is open.
func (p *Pane) askEdge(r pane.RunBegan) tea.Cmd {
	m := &menu{title: "tap an edge of " + r.What}
	edges := r.Run.Edges()
	for i, e := range edges {
		text := "  " + e
		if t := p.tapOn(r, e); t != nil {
			text = fmt.Sprintf("%s %s: close it, %s seen", p.env.Styles.Glyphs.Dot, e, count(t.rows.Len(), "row"))
		}
		m.items = append(m.items, text)
		if from, _, _ := cutEdge(e); from == p.operator {
			m.at = i
		}
	}
	m.take = func(i int) tea.Cmd { return p.toggleTap(r, edges[i]) }
	p.menu = m
	return nil
}

// tapOn is the tap that is open on an edge of a run, nil if none is.
func (p *Pane) tapOn(r pane.RunBegan, edge string) *liveTap {
	for _, t := range p.taps {
		if !t.closed && t.run.ID == r.ID && t.edge == edge {
			return t
		}
	}
	return nil
}

// toggleTap opens a tap on an edge of a run that goes on, or closes it.
func (p *Pane) toggleTap(r pane.RunBegan, edge string) tea.Cmd {
	if t := p.tapOn(r, edge); t != nil {
		return closing(t)
	}
	return func() tea.Msg {
		t := &liveTap{run: r, edge: edge, rows: &tapRows{}}
		var err error
		t.open, err = r.Run.Tap(session.TapOptions{Edge: edge, Limit: tapMost}, t.rows.see)
		return openedMsg{p, t, err}
	}
}

// closing closes a tap, off the screen: the rows that it has taken are seen to the end.
func closing(t *liveTap) tea.Cmd {
	return func() tea.Msg {
		_, _ = t.open.Close() // whoever waits for its end tells what came of it
		return nil
	}
}

func (p *Pane) opened(msg openedMsg) tea.Cmd {
	if msg.err != nil {
		text, hint := explain(msg.err)
		if hint != "" {
			text += ": " + hint
		}
		return pane.Send(pane.Toast{Level: pane.Fail, Text: text})
	}
	t := msg.tap
	p.taps = append(p.taps, t)
	columns := append(slices.Clone(tapColumns), result.NewKept(t.open.Schema(), true, nil, 0).Columns()...)
	return tea.Batch(p.addTab(tab{title: "tap " + t.edge, kinds: true, columns: columns, src: t.rows, tap: t}), p.tellTaps(), func() tea.Msg {
		<-t.open.Done()
		missed, err := t.open.Close()
		return closedMsg{p, t, missed, err}
	})
}

func (p *Pane) closedTap(msg closedMsg) tea.Cmd {
	msg.tap.closed = true
	p.taps = slices.DeleteFunc(p.taps, func(t *liveTap) bool { return t == msg.tap })
	n := msg.tap.rows.Len()
	text := fmt.Sprintf("the tap on %s is closed: %s seen", msg.tap.edge, count(n, "row"))
	if n >= tapMost {
		text += ", as many as are kept"
	}
	if msg.missed > 0 {
		text += fmt.Sprintf(", %s left out: they came faster than they were looked at", session.Thousands(msg.missed))
	}
	level := pane.Info
	if msg.err != nil && !errors.Is(msg.err, context.Canceled) {
		level, text = pane.Fail, text+": "+msg.err.Error()
	}
	return tea.Batch(pane.Send(pane.Toast{Level: level, Text: text}), p.tellTaps(), p.table.Grown())
}

// closeTap closes the tap whose rows are shown.
func (p *Pane) closeTap() tea.Cmd { return closing(p.tabs[p.tab].tap) }

// noTap says why there is no tap to close.
func (p *Pane) noTap() string {
	if p.tab >= len(p.tabs) || p.tabs[p.tab].tap == nil || p.tabs[p.tab].tap.closed {
		return "the rows are not of an open tap"
	}
	return ""
}

// closeTaps closes all taps when nobody sees them any more.
func (p *Pane) closeTaps() {
	for _, t := range p.taps {
		go closing(t)()
	}
}

// tapAsked opens or closes a tap on the run that goes on; without one the script is run for it.
func (p *Pane) tapAsked(edge string) tea.Cmd {
	r, ok := p.running()
	if !ok {
		return tea.Batch(pane.Send(pane.FocusAsked{Screen: "Debug"}), p.tapEdge(edge))
	}
	if p.tapOn(r, edge) != nil {
		return p.toggleTap(r, edge)
	}
	return tea.Batch(pane.Send(pane.FocusAsked{Screen: "Debug"}), p.toggleTap(r, edge))
}

// tellTaps tells others what the taps have seen.
func (p *Pane) tellTaps() tea.Cmd {
	msg := pane.TapsChanged{Script: p.src.Name, Rows: map[string]int{}}
	for _, t := range p.taps {
		from, _, _ := cutEdge(t.edge)
		msg.Rows[from] = t.rows.Len()
	}
	return pane.Send(msg)
}

// measured tells the figures of this screen's own run.
func (p *Pane) measured(now time.Time) tea.Cmd {
	l := p.live
	if l == nil || l.over || !now.IsZero() && now.Sub(l.seen) < measureEvery {
		return nil
	}
	l.seen = now
	return tea.Batch(p.tellTaps(), pane.Send(pane.RunMeasured{ID: p.name, Script: p.src.Name, Metrics: l.run.Metrics()}))
}

// withTaps are tables of rows and behind them those of the taps that are open.
func (p *Pane) withTaps(tabs []tab) []tab {
	for _, t := range p.tabs {
		if t.tap != nil && !t.tap.closed && !slices.ContainsFunc(tabs, func(o tab) bool { return o.tap == t.tap }) {
			tabs = append(tabs, t)
		}
	}
	return tabs
}

var _ rows.Orderer = (*tapRows)(nil)
