package app

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/tui/pane"
)

// message is something that was told in passing.
type message struct {
	at    time.Time
	level pane.Level
	text  string
}

// messages is the log of what was told, and whether the last of it is in sight.
type messages struct {
	now    func() time.Time
	all    []message
	number int // of the last toast
	shown  bool
	first  []message // what is to be told once the program runs
}

// maxMessages is how many are kept.
const maxMessages = 1000

// How long a toast is in sight: longer where something went wrong.
const (
	toastTime = 4 * time.Second
	errorTime = 12 * time.Second
)

type faded struct{ number int }

// say tells something.
func (m *Model) say(level pane.Level, text string) tea.Cmd {
	return m.toast(pane.Toast{Level: level, Text: text})
}

func (m *Model) toast(t pane.Toast) tea.Cmd {
	l := &m.log
	l.all = append(l.all, message{m.o.Now(), t.Level, t.Text})
	if len(l.all) > maxMessages {
		l.all = l.all[1:]
	}
	l.number++
	l.shown = true
	n := l.number
	m.refresh("messages")
	if m.o.Still {
		return nil
	}
	d := toastTime
	if t.Level == pane.Fail || t.Level == pane.Warn {
		d = errorTime
	}
	return tea.Tick(d, func(time.Time) tea.Msg { return faded{n} })
}

func (m *Model) faded(f faded) tea.Cmd {
	if m.log.number == f.number {
		m.log.shown = false
	}
	return nil
}

// later keeps what is to be told once the program runs.
func (l *messages) later(level pane.Level, text string) {
	l.first = append(l.first, message{level: level, text: text})
}

// pop tells what was kept.
func (l *messages) pop(m *Model) tea.Cmd {
	var cmds []tea.Cmd
	for _, f := range l.first {
		cmds = append(cmds, m.say(f.level, f.text))
	}
	l.first = nil
	return tea.Batch(cmds...)
}
