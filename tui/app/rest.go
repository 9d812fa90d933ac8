package app

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/session"
)

// resting gives memory back when nothing has moved for a while, once: what typing and runs
// have left behind is then not held while the workbench stands open.
type resting struct {
	last    time.Time // when something moved last
	waiting bool      // a restDue is on its way
}

// idle is the time without a message after which nobody is kept waiting.
const idle = 3 * time.Second

type (
	restDue struct{}
	rested  struct{}
)

// moved says that something moves, and asks to look again when it may have come to rest.
func (r *resting) moved(now time.Time) tea.Cmd {
	r.last = now
	if r.waiting {
		return nil
	}
	r.waiting = true
	return tea.Tick(idle, func(time.Time) tea.Msg { return restDue{} })
}

// look gives memory back if nothing has moved since, else looks again later.
func (r *resting) look(now time.Time) tea.Cmd {
	if left := idle - now.Sub(r.last); left > 0 {
		return tea.Tick(left, func(time.Time) tea.Msg { return restDue{} })
	}
	r.waiting = false
	return func() tea.Msg {
		session.GiveBackMemory()
		return rested{}
	}
}
