package app

import (
	"fmt"
	"maps"
	"slices"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/tui/pane"
)

// work is something that takes time.
type work struct {
	text   string
	since  time.Time
	cancel func()
}

// quiet is how long something may take before it is shown.
const quiet = 300 * time.Millisecond

// work1 takes what panes say of their work.
func (m *Model) work1(b pane.Busy) tea.Cmd {
	if b.Done {
		delete(m.busy, b.Name)
		return nil
	}
	w := m.busy[b.Name]
	if w == nil {
		w = &work{since: m.o.Now()}
		m.busy[b.Name] = w
	}
	w.text = b.Text
	if b.Cancel != nil {
		w.cancel = b.Cancel
	}
	return m.wake()
}

// frame is the time between two frames of a spinner.
const frame = 100 * time.Millisecond

// wake has ticks come while something moves.
func (m *Model) wake() tea.Cmd {
	if !m.asleep || m.o.Still {
		return nil
	}
	m.asleep = false
	return tea.Tick(frame, func(now time.Time) tea.Msg { return pane.Tick{Now: now} })
}

// tick goes on while something moves.
func (m *Model) tick(t pane.Tick) tea.Cmd {
	m.asleep = true
	cmd := m.broadcast(t)
	if len(m.busy) == 0 {
		return cmd
	}
	return tea.Batch(cmd, m.wake())
}

// busyText says what goes on for longer than one likes to wait, the longest first.
func (m *Model) busyText() string {
	text, oldest := "", time.Time{}
	for _, name := range slices.Sorted(maps.Keys(m.busy)) {
		w := m.busy[name]
		if d := m.o.Now().Sub(w.since); d >= quiet && (oldest.IsZero() || w.since.Before(oldest)) {
			oldest = w.since
			g := m.env.Styles.Glyphs.Spinner
			text = fmt.Sprintf("%s %s %s", g[int(d/frame)%len(g)], pane.Clean(w.text), d.Round(100*time.Millisecond))
		}
	}
	if n := len(m.busy); text != "" && n > 1 {
		text += fmt.Sprintf(" and %d more", n-1)
	}
	return text
}

// again is the time in which a second ctrl+c quits.
const again = 2 * time.Second

// cancel is ctrl+c: it cancels what goes on, else the second one within a moment quits.
func (m *Model) cancel() tea.Cmd {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(m.busy)) {
		if w := m.busy[name]; w.cancel != nil {
			w.cancel()
			w.cancel = nil
			names = append(names, w.text)
		}
	}
	if len(names) > 0 {
		return m.say(pane.Warn, fmt.Sprintf("cancelled: %s", names[0]))
	}
	if now := m.o.Now(); now.Sub(m.warned) > again {
		m.warned = now
		return m.say(pane.Info, "nothing runs; ctrl+c again quits (drafts are kept)")
	}
	return m.quit()
}

// quit saves and ends.
func (m *Model) quit() tea.Cmd {
	m.closing = true
	return tea.Sequence(m.saveNow(), tea.Quit)
}
