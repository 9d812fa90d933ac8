package rows

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/tui/pane"
	"github.com/weir-sql/weir/tui/styles"
)

// cellMost is the width at which a value is cut where there is no room to spare: enter
// shows all of it.
const cellMost = 40

// kindWidth is the width of the column of row kinds, with its gap.
const kindWidth = 4

// View shows a header, rows, and a line that says which.
func (t *Table) View() string {
	st := t.env.Styles
	if t.cell != nil {
		return pane.Block(st, t.cell.view(t), t.width, t.height)
	}
	rows := t.rows(t.top, t.page())
	t.measure(rows)
	t.scrollColumns()
	lines := []string{t.header()}
	for i, r := range rows {
		lines = append(lines, t.row(r, t.top+i == t.cursor && t.focused))
	}
	for len(lines) < t.height-1 {
		lines = append(lines, "")
	}
	return pane.Block(st, append(lines[:max(0, t.height-1)], t.footer()), t.width, t.height)
}

// Lines tells the rows in sight without their form.
func (t *Table) Lines() []string {
	var out []string
	for i, r := range t.rows(t.top, t.page()) {
		parts := []string{fmt.Sprintf("row %d", t.number(t.top+i)+1)}
		if r.Kind != "" {
			parts = append(parts, r.Kind)
		}
		for c, cell := range r.Cells {
			if !t.hidden[c] && c < len(t.columns) {
				parts = append(parts, t.columns[c].Name+" "+cell.Text)
			}
		}
		out = append(out, strings.Join(parts, ", "))
	}
	return out
}

// measure lets columns grow to what is in sight, up to cellMost, and gives those that want
// more the room that is left over. They do not shrink while one scrolls.
func (t *Table) measure(rows []result.Row) {
	if len(t.wanted) != len(t.columns) {
		t.wanted = make([]int, len(t.columns))
		for c, col := range t.columns {
			t.wanted[c] = pane.Width(pane.Clean(col.Name)) + 2 // room for the arrow of a sorted column
		}
	}
	for _, r := range rows {
		for c, cell := range r.Cells {
			if c < len(t.wanted) && t.wanted[c] < len(cell.Text) {
				t.wanted[c] = max(t.wanted[c], pane.Width(cell.Text))
			}
		}
	}
	left := t.width - t.kindRoom()
	t.widths = make([]int, len(t.columns))
	for c := range t.columns {
		if !t.hidden[c] {
			t.widths[c] = min(cellMost, t.wanted[c])
			left -= t.widths[c] + 2
		}
	}
	for c := range t.columns {
		if more := min(left+2, t.wanted[c]-t.widths[c]); more > 0 && !t.hidden[c] {
			t.widths[c] += more
			left -= more
		}
	}
}

// scrollColumns keeps the column of the cursor in sight.
func (t *Table) scrollColumns() {
	if t.column < t.left {
		t.left = t.column
	}
	for t.left < t.column {
		w := t.kindRoom()
		for c := t.left; c <= t.column; c++ {
			if !t.hidden[c] {
				w += t.widths[c] + 2
			}
		}
		if w-2 <= t.width {
			return
		}
		t.left++
	}
}

func (t *Table) kindRoom() int {
	if t.kinds {
		return kindWidth
	}
	return 0
}

// columnAt is the column at a place of the screen, −1 for none.
func (t *Table) columnAt(x int) int {
	at := t.kindRoom()
	for c := t.left; c < len(t.columns) && c < len(t.widths); c++ {
		if t.hidden[c] {
			continue
		}
		if at += t.widths[c] + 2; x < at {
			return c
		}
	}
	return -1
}

func (t *Table) header() string {
	st := t.env.Styles
	var b strings.Builder
	if t.kinds {
		b.WriteString(st.Strong.Render("op") + "  ")
	}
	for c := t.left; c < len(t.columns); c++ {
		if t.hidden[c] {
			continue
		}
		name := pane.Clean(t.columns[c].Name)
		if c == t.sortBy {
			arrow := st.Glyphs.Up
			if t.descending {
				arrow = st.Glyphs.Below
			}
			name = ansi.Truncate(name, t.widths[c]-2, st.Glyphs.Ellipsis) + " " + arrow
		}
		text := align(st, name, t.widths[c], t.columns[c].Number)
		style := st.Strong
		if c == t.column && t.focused {
			style = st.Strong.With(st.Mark)
		}
		b.WriteString(style.Render(text) + "  ")
	}
	return b.String()
}

func (t *Table) row(r result.Row, chosen bool) string {
	st := t.env.Styles
	paint := func(s styles.Style, text string) string {
		if chosen {
			return text
		}
		return s.Render(text)
	}
	var b strings.Builder
	w := 0
	if t.kinds {
		b.WriteString(paint(kindStyle(st, r.Kind), fmt.Sprintf("%-2s", r.Kind)) + "  ")
		w += kindWidth
	}
	for c := t.left; c < min(len(t.columns), len(r.Cells)); c++ {
		if t.hidden[c] || w >= t.width {
			continue
		}
		cell := r.Cells[c]
		text := align(st, cell.Text, t.widths[c], t.columns[c].Number)
		switch {
		case cell.Null:
			text = paint(st.Faint, text)
		case chosen && c == t.column:
			text = styles.Off + st.Cursor.Render(text) + st.Chosen.On()
		}
		b.WriteString(text + "  ")
		w += t.widths[c] + 2
	}
	if !chosen {
		return b.String()
	}
	return st.Chosen.Render(pane.Fit(st, b.String(), t.width))
}

// kindStyle is a colour beside the kind's text.
func kindStyle(st *styles.Styles, kind string) styles.Style {
	switch kind {
	case "+I":
		return st.Added
	case "-U", "-D":
		return st.Removed
	case "+U":
		return st.Changed
	}
	return styles.Style{}
}

// align makes text exactly so many cells wide.
func align(st *styles.Styles, text string, width int, right bool) string {
	w := pane.Width(text)
	switch {
	case w > width:
		return pane.Fit(st, text, width)
	case right:
		return strings.Repeat(" ", width-w) + text
	}
	return text + strings.Repeat(" ", width-w)
}

// footer says which rows are in sight and how they were chosen, or holds what is typed.
func (t *Table) footer() string {
	st := t.env.Styles
	switch t.typing {
	case typingFilter:
		return st.Key.Render("/") + t.line.View(st, max(1, t.width-1))
	case typingFile:
		return st.Key.Render("export to ") + t.line.View(st, max(1, t.width-10))
	}
	n, all := t.count(), t.src.Len()
	parts := []string{"no rows"}
	if n > 0 {
		parts = []string{fmt.Sprintf("%s–%s of %s", session.Thousands(int64(t.top+1)), session.Thousands(int64(min(t.top+t.page(), n))), session.Thousands(int64(n)))}
		if st.Look.ASCII {
			parts[0] = strings.Replace(parts[0], "–", "-", 1)
		}
	}
	if t.filter != "" {
		parts = append(parts, fmt.Sprintf("filter %q of %s", pane.Clean(t.filter), session.Thousands(int64(all))))
	}
	if d, ok := t.src.(interface{ Dropped() int }); ok && d.Dropped() > 0 {
		parts = append(parts, session.Thousands(int64(d.Dropped()))+" older ones let go")
	}
	if len(t.hidden) > 0 {
		parts = append(parts, fmt.Sprintf("%d hidden", len(t.hidden)))
	}
	if t.ordering {
		parts = append(parts, "sorting"+st.Glyphs.Ellipsis)
	}
	if t.follow {
		parts = append(parts, "following")
	}
	return st.Faint.Render(strings.Join(parts, " "+st.Glyphs.Bullet+" "))
}
