package edit

import (
	"strings"

	"github.com/weir-sql/weir/tui/pane"
)

// popupRows is how many offers are in sight.
const popupRows = 8

// drawPopup puts the list of offers under the cursor, or above it where there is no room.
func (e *Editor) drawPopup(screen string) string {
	p, d, st := e.popup, e.Doc(), e.env.Styles
	rows := min(popupRows, len(p.offers))
	p.first = pane.Scroll(p.first, p.at, rows)
	wide, note := 8, 0
	for _, o := range p.offers[p.first:min(len(p.offers), p.first+rows)] {
		wide = max(wide, pane.Width(pane.Clean(o.text)))
		note = max(note, pane.Width(pane.Clean(o.note)))
	}
	wide = min(wide, 36)
	note = min(note, 40, max(0, e.width-wide-16))
	lines := make([]string, 0, rows+1)
	side := st.Border.Render(st.Glyphs.Down) // a frame that needs no colour
	for i := p.first; i < p.first+rows; i++ {
		o := p.offers[i]
		line := " " + pane.Fit(st, pane.Clean(o.text), wide) + " " + pane.Fit(st, o.kind, 9) + " " + pane.Fit(st, pane.Clean(o.note), note) + " "
		style := st.Bar
		if i == p.at {
			style = st.Cursor
		}
		lines = append(lines, side+style.Render(line)+side)
	}
	if len(p.offers) > rows {
		lines = append(lines, side+st.Bar.Render(pane.Fit(st, " "+itoa(p.at+1)+" of "+itoa(len(p.offers)), pane.Width(lines[0])-2))+side)
	}
	x := 1 + e.gutter() + column(d.buf.lines[p.from.Line], p.from.Col) - d.left - 2
	x = max(1, min(x, e.width-1-pane.Width(lines[0])))
	y := 1 + d.cursor.Line - d.top + 1
	if _, room := e.room(); y+len(lines) > room+1 {
		if above := y - 1 - len(lines); above >= 1 {
			y = above
		}
	}
	return pane.Over(screen, strings.Join(lines, "\n"), x, y)
}
