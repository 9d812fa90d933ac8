package rows

import (
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/pane"
)

// viewer shows one value in full.
type viewer struct {
	column result.Column
	text   string
	top    int
}

func (t *Table) openCell() tea.Cmd {
	_, r, ok := t.Chosen()
	if !ok || t.column >= len(r.Cells) {
		return nil
	}
	t.cell = &viewer{column: t.columns[t.column], text: r.Cells[t.column].Text}
	return nil
}

func (t *Table) cellBindings() []keys.Binding {
	k := t.env.Keys
	shut := func() tea.Cmd { t.cell = nil; return nil }
	by := func(n int) func() tea.Cmd { return func() tea.Cmd { return t.move(n) } }
	return []keys.Binding{
		k.Bind("rows.cell.close", "back to the rows", shut, "esc", "enter", "q"),
		k.Bind("rows.copy.value", "copy the value", t.copyCell, "y", "Y"),
		k.Bind("rows.up", "up", by(-1), "up", "k"),
		k.Bind("rows.down", "down", by(1), "down", "j"),
		k.Bind("rows.page.up", "page up", by(-t.page()), "pgup", "ctrl+u"),
		k.Bind("rows.page.down", "page down", by(t.page()), "pgdown", "ctrl+d"),
	}
}

// view shows the value, wrapped at the width.
func (v *viewer) view(t *Table) []string {
	st := t.env.Styles
	var body []string
	for _, part := range strings.Split(v.text, `\n`) {
		body = append(body, hardWrap(part, max(1, t.width))...)
	}
	room := max(1, t.height-2)
	v.top = max(0, min(v.top, len(body)-room))
	lines := []string{st.Strong.Render(pane.Clean(v.column.Name)) + "  " + st.Faint.Render(pane.Clean(v.column.Type))}
	end := min(len(body), v.top+room)
	lines = append(lines, body[v.top:end]...)
	for len(lines) < t.height-1 {
		lines = append(lines, "")
	}
	return append(lines, st.Faint.Render(fmt.Sprintf("lines %d to %d of %d, %d characters", v.top+1, end, len(body), len([]rune(v.text)))))
}

// hardWrap breaks clean text into pieces of some cells.
func hardWrap(s string, width int) []string {
	var out []string
	var b strings.Builder
	w := 0
	for _, r := range s {
		n := pane.Width(string(r))
		if w+n > width && w > 0 {
			out = append(out, b.String())
			b.Reset()
			w = 0
		}
		b.WriteRune(r)
		w += n
	}
	return append(out, b.String())
}
