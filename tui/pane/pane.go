// Package pane is what parts of the screen have in common: the contract that tui/app
// holds them to, the messages they share, what they are built from, and the frame
// they are drawn in.
package pane

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/tui/keys"
)

// Pane is one part of a screen. It never does I/O or planning: what takes time is a
// tea.Cmd that answers with a message. Panes are pointers that change themselves;
// the only tea.Model is tui/app's.
//
// A pane gets the keys that no binding takes while it has the focus, mouse messages
// with places counted from its own upper left corner, and every other message. What
// it does not know it leaves alone.
type Pane interface {
	Update(msg tea.Msg) tea.Cmd
	// View is exactly as many lines, each exactly as many cells wide, as SetSize said last.
	View() string
	SetSize(width, height int)
	Focus()
	Blur()
	// Bindings are what can be done now, the most useful first: the hints bar shows them
	// in this order.
	Bindings() []keys.Binding
}

// Taker is a pane that takes some keys before bindings are looked for: text while
// one types into it, a count, the rest of a command.
type Taker interface{ Takes(key tea.KeyMsg) bool }

// Titled is a pane that says what is in it, for tabs: "orders.sql ●".
type Titled interface{ Title() string }

// Stated is a pane that has a line to say in the status bar.
type Stated interface{ Status() string }

// Keeper is a pane whose layout outlives the program: Keep gives it as JSON can hold
// it, Restore puts it back. What does not fit any more is left alone.
type Keeper interface {
	Keep() any
	Restore(raw []byte)
}

// Closer is a pane that holds something until the program ends: a run, a walk.
type Closer interface{ Close() error }

// Linear is a pane that can tell what it shows without its form: lines of plain text
// for `--plain` and screen readers.
type Linear interface{ Lines() []string }

// Send is a command that answers with a message.
func Send(m tea.Msg) tea.Cmd { return func() tea.Msg { return m } }

// NoScript is why what needs a script cannot be done; "" = there is one.
func NoScript(src diag.Source) string {
	if src.Text == "" {
		return "there is no script"
	}
	return ""
}
