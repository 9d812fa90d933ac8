// Package styles is how weir looks in a terminal: one struct of styles with names
// that say what a text is, built for the terminal at hand. Colours come from the
// terminal's own sixteen, so that they fit its light or dark background, and none
// carries meaning alone: every text reads the same without them.
package styles

import (
	"io"
	"os"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"github.com/weir-sql/weir/topology"
)

// Styles are the styles of one terminal.
type Styles struct {
	Look   Look
	Glyphs *Glyphs

	Faint, Strong, Title       Style
	Border, Active             Style // of a frame; Active of the one with the focus
	Cursor, Selection, Current Style // in a text: the cursor's cell, what is selected, the cursor's line
	Chosen, Match, Mark        Style // a row of a list; what a search found; what is linked with the choice elsewhere
	Bar, Key                   Style // the bars at the top and bottom; a key that can be pressed
	Error, Warning, Note, Good Style
	WrongText, DoubtfulText    Style // SQL under which an error or a warning lies
	Added, Removed, Changed    Style

	Keyword, Function, String, Number, Comment, Hint, Symbol, QuotedName Style // SQL

	graph map[topology.Role]Style
}

// New builds the styles for a terminal, as commands use them that print. NO_COLOR, TERM=dumb and terminals without
// colours give plain text.
func New(w io.Writer) *Styles {
	if lipgloss.NewRenderer(w).ColorProfile() == termenv.Ascii || os.Getenv("NO_COLOR") != "" {
		return &Styles{Glyphs: unicodeGlyphs}
	}
	return For(Look{Depth: Sixteen})
}

// Graph colours a piece of a graph's rendering; see topology.Options.Paint. It adds
// nothing that takes room.
func (s *Styles) Graph(role topology.Role, text string) string {
	return s.graph[role].Render(text)
}
