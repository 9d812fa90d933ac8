// Package styles is how weir looks in a terminal: one struct of styles with names
// that say what a text is, built for the terminal at hand. Colours come from the
// terminal's own sixteen, so that they fit its light or dark background, and none
// carries meaning alone: every text reads the same without them.
package styles

import (
	"io"

	"github.com/charmbracelet/lipgloss"

	"github.com/weir-sql/weir/topology"
)

// Styles are the styles of one terminal.
type Styles struct {
	graph map[topology.Role]lipgloss.Style
}

// The terminal's own colours, by number.
const (
	red     = lipgloss.Color("1")
	green   = lipgloss.Color("2")
	yellow  = lipgloss.Color("3")
	blue    = lipgloss.Color("4")
	magenta = lipgloss.Color("5")
	cyan    = lipgloss.Color("6")
)

// New builds the styles for a terminal. NO_COLOR, TERM=dumb and terminals without
// colours give plain text.
func New(w io.Writer) Styles { return build(lipgloss.NewRenderer(w)) }

func build(r *lipgloss.Renderer) Styles {
	plain := r.NewStyle()
	colour := func(c lipgloss.Color) lipgloss.Style { return plain.Foreground(c) }
	return Styles{graph: map[topology.Role]lipgloss.Style{
		topology.RoleTitle:     plain.Bold(true),
		topology.RoleRail:      plain.Faint(true),
		topology.RoleLabel:     plain.Bold(true),
		topology.RoleName:      colour(cyan),
		topology.RoleParallel:  colour(blue),
		topology.RoleExchange:  colour(yellow),
		topology.RoleChained:   plain.Faint(true),
		topology.RoleChangelog: colour(magenta),
		topology.RoleKey:       colour(green),
		topology.RoleState:     colour(cyan),
		topology.RoleNote:      plain.Faint(true),
		topology.RoleAdded:     colour(green),
		topology.RoleRemoved:   colour(red),
		topology.RoleChanged:   colour(yellow),
	}}
}

// Graph colours a piece of a graph's rendering; see topology.Options.Paint. It adds
// nothing that takes room.
func (s Styles) Graph(role topology.Role, text string) string {
	style, ok := s.graph[role]
	if !ok || text == "" {
		return text
	}
	return style.Inline(true).Render(text)
}
