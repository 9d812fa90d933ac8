package pane

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/weir-sql/weir/session/term"
	"github.com/weir-sql/weir/tui/styles"
)

// Width is how many cells a text takes, whatever styles are in it.
func Width(s string) int { return ansi.StringWidth(s) }

// Clean is term.Clean: every text that is not ours passes it before it is shown.
func Clean(s string) string { return term.Clean(s) }

// Fit makes a styled line exactly width cells wide: cut, with "…" for what is lost, or filled with spaces.
func Fit(st *styles.Styles, line string, width int) string {
	w := Width(line)
	switch {
	case width <= 0:
		return ""
	case w > width:
		cut := ansi.Truncate(line, width, st.Glyphs.Ellipsis)
		return cut + strings.Repeat(" ", max(0, width-Width(cut)))
	default:
		return line + strings.Repeat(" ", width-w)
	}
}

// Block makes lines exactly height lines of exactly width cells.
func Block(st *styles.Styles, lines []string, width, height int) string {
	var b strings.Builder
	for i := range max(0, height) {
		if i > 0 {
			b.WriteByte('\n')
		}
		line := ""
		if i < len(lines) {
			line = lines[i]
		}
		b.WriteString(Fit(st, line, width))
	}
	return b.String()
}

// Frame is a box around what a pane shows. Title and Note (at the right end of the upper
// border) are clean and may be styled.
type Frame struct {
	Title, Note string
	Focused     bool
	Width       int // of the whole box, 2 more than the inside
	Height      int
}

// Inside is the room that a box of some size has.
func Inside(width, height int) (w, h int) { return max(0, width-2), max(0, height-2) }

// Draw draws the box around a body, of which each line is fitted in.
func (f Frame) Draw(st *styles.Styles, body string) string {
	g, border := st.Glyphs, st.Border
	if f.Focused {
		border = st.Active
	}
	if f.Width < 2 || f.Height < 2 {
		return Block(st, strings.Split(body, "\n"), f.Width, f.Height)
	}
	var b strings.Builder
	b.WriteString(f.top(st, border))
	lines := strings.Split(body, "\n")
	for i := range f.Height - 2 {
		line := ""
		if i < len(lines) {
			line = lines[i]
		}
		b.WriteByte('\n')
		b.WriteString(border.Render(g.Down))
		b.WriteString(Fit(st, line, f.Width-2))
		b.WriteString(border.Render(g.Down))
	}
	b.WriteByte('\n')
	b.WriteString(border.Render(g.BottomLeft + strings.Repeat(g.Across, f.Width-2) + g.BottomRight))
	return b.String()
}

// top is the upper border with title and note.
func (f Frame) top(st *styles.Styles, border styles.Style) string {
	g := st.Glyphs
	room := f.Width - 2
	if room < 3 {
		return border.Render(g.TopLeft + strings.Repeat(g.Across, room) + g.TopRight)
	}
	title, note := "", ""
	if f.Title != "" && room > 4 {
		title = " " + ansi.Truncate(f.Title, room-3, g.Ellipsis) + " "
		if f.Focused {
			title = st.Title.Render(title)
		}
	}
	if n := Width(f.Note); n > 0 && n+4 <= room-Width(title) {
		note = " " + f.Note + " "
	}
	fill := room - 1 - Width(title) - Width(note)
	if note != "" {
		fill--
	}
	out := border.Render(g.TopLeft+g.Across) + title + border.Render(strings.Repeat(g.Across, max(0, fill))) + note
	if note != "" {
		out += border.Render(g.Across)
	}
	return out + border.Render(g.TopRight)
}

// Over puts a box over a screen, with its upper left corner at a cell. Both are lines
// of styled text.
func Over(screen, box string, x, y int) string {
	lines := strings.Split(screen, "\n")
	for i, line := range strings.Split(box, "\n") {
		at := y + i
		if at < 0 || at >= len(lines) {
			continue
		}
		under, w := lines[at], Width(line)
		left := ansi.Truncate(under, x, "")
		left += strings.Repeat(" ", max(0, x-Width(left)))
		right := ""
		if all := Width(under); all > x+w {
			if right = ansi.TruncateLeft(under, x+w, ""); Width(right) > all-x-w {
				right = ansi.TruncateLeft(under, x+w+1, "") // the cut goes through a wide character
			}
			right = strings.Repeat(" ", max(0, all-x-w-Width(right))) + right
		}
		lines[at] = left + styles.Off + line + styles.Off + right
	}
	return strings.Join(lines, "\n")
}

// Beside puts blocks of the same height side by side.
func Beside(blocks ...string) string {
	if len(blocks) == 1 {
		return blocks[0]
	}
	cols := make([][]string, len(blocks))
	rows := 0
	for i, b := range blocks {
		cols[i] = strings.Split(b, "\n")
		rows = max(rows, len(cols[i]))
	}
	var b strings.Builder
	for r := range rows {
		if r > 0 {
			b.WriteByte('\n')
		}
		for _, c := range cols {
			if r < len(c) {
				b.WriteString(c[r])
			}
		}
	}
	return b.String()
}

// Scroll gives the first row to show of a list so that the chosen one is in sight, given
// the first row that was shown before.
func Scroll(first, chosen, height int) int {
	if height <= 0 {
		return 0
	}
	if chosen < first {
		return max(0, chosen)
	}
	return max(0, max(first, chosen-height+1))
}
