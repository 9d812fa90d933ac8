package pane

import (
	"maps"

	tea "github.com/charmbracelet/bubbletea"
)

// Splits are the sizes of parts of screens that a person has dragged with the mouse, by
// name; the app keeps them. The parts of a screen ask for theirs when they are laid out.
type Splits struct {
	sizes map[string]int
	held  *held
}

// Border is a border that can be dragged: the cells where it is taken hold of, and the size
// that it changes.
type Border struct {
	Name       string
	X, Y, W, H int
	Size       int  // what it is now
	Down       bool // it is dragged up and down, not left and right
	Shrinks    bool // the size gets less as the border is moved to the right, or down
}

// held is the border that is being dragged.
type held struct {
	border Border
	from   int
}

// Size is the size that something has of itself, or was given, between two bounds.
func (s *Splits) Size(name string, usual, least, most int) int {
	if v, ok := s.sizes[name]; ok {
		return max(min(least, most), min(v, most))
	}
	return usual
}

// Mouse takes hold of a border, moves it, or lets go of it. It reports whether the message was
// for a border.
func (s *Splits) Mouse(m tea.MouseMsg, borders ...Border) bool {
	at := func(b Border) int {
		if b.Down {
			return m.Y
		}
		return m.X
	}
	switch {
	case m.Action == tea.MouseActionPress && m.Button == tea.MouseButtonLeft:
		s.held = nil
		for _, b := range borders {
			if m.X >= b.X && m.X < b.X+b.W && m.Y >= b.Y && m.Y < b.Y+b.H {
				s.held = &held{b, at(b)}
				return true
			}
		}
	case s.held == nil:
	case m.Action == tea.MouseActionRelease:
		s.held = nil
		return true
	case m.Action == tea.MouseActionMotion:
		by := at(s.held.border) - s.held.from
		if s.held.border.Shrinks {
			by = -by
		}
		if s.sizes == nil {
			s.sizes = map[string]int{}
		}
		s.sizes[s.held.border.Name] = max(1, s.held.border.Size+by)
		return true
	}
	return false
}

// Held reports whether a border is being dragged.
func (s *Splits) Held() bool { return s.held != nil }

// Keep gives the sizes that were dragged.
func (s *Splits) Keep() map[string]int { return maps.Clone(s.sizes) }

// Restore puts them back.
func (s *Splits) Restore(sizes map[string]int) { s.sizes = sizes }
