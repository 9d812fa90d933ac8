package publish

import (
	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/pane"
)

// Bindings are what can be done in the dialog.
func (d *Dialog) Bindings() []keys.Binding {
	k := d.env.Keys
	in := func() string {
		if d.files {
			return "the settings have it: tab"
		}
		return d.why()
	}
	return []keys.Binding{
		k.BindIf("publish.edit", "set", in, d.edit, "enter", "e"),
		k.BindIf("publish.save", "save", d.notReady, func() tea.Cmd { d.confirming = true; return nil }, "ctrl+s", "s"),
		k.Bind("publish.part", "settings or files", func() tea.Cmd { d.files = !d.files; return nil }, "tab", "shift+tab"),
		k.Bind("publish.only", "both, stream, batch", d.next, "o"),
		k.Bind("publish.add", "one more field", d.add, "+", "a"),
		k.BindIf("publish.clear", "take it back", in, func() tea.Cmd { return d.set(modes[d.col], d.rows()[d.row].key, "") }, "delete", "x"),
		k.Bind("publish.name", "name", d.rename, "n"),
		k.Bind("publish.force", "write edited scheduler files anew", func() tea.Cmd { d.force = !d.force; return d.Check() }, "F"),
		k.Bind("publish.up", "up", d.move(-1, 0), "up", "k"),
		k.Bind("publish.down", "down", d.move(1, 0), "down", "j"),
		k.Bind("publish.left", "the stream job", d.move(0, -1), "left", "h"),
		k.Bind("publish.right", "the batch job", d.move(0, 1), "right", "l"),
		k.Bind("publish.text.down", "further down in the file", d.read(1), "pgdown", "ctrl+d"),
		k.Bind("publish.text.up", "further up in the file", d.read(-1), "pgup", "ctrl+u"),
	}
}

// move goes through the settings, or through the files.
func (d *Dialog) move(rows, cols int) func() tea.Cmd {
	return func() tea.Cmd {
		if d.files {
			d.file = max(0, min(d.file+rows, len(d.written())-1))
			if rows != 0 {
				d.scroll = 0
			}
			return nil
		}
		d.row = max(0, min(d.row+rows, len(d.rows())-1))
		d.col = max(0, min(d.col+cols, 1))
		return nil
	}
}

// read scrolls the file by half of what is seen.
func (d *Dialog) read(by int) func() tea.Cmd {
	return func() tea.Cmd {
		_, h := d.Size()
		d.scroll = max(0, d.scroll+by*max(1, h/3))
		return nil
	}
}

// press takes a key while nothing is typed.
func (d *Dialog) press(k tea.KeyMsg) (cmd tea.Cmd, done bool) {
	name := keys.Name(k)
	if d.confirming {
		d.confirming = false
		if name == "enter" || name == "y" {
			return d.save(), false
		}
		return nil, false
	}
	if b, _ := keys.Find(d.Bindings(), name); b != nil {
		if why := b.Why(); why != "" {
			return pane.Send(pane.Toast{Level: pane.Warn, Text: b.Help + ": " + why}), false
		}
		return b.Run(), false
	}
	return nil, name == "esc" || name == "q" || name == "ctrl+c"
}

// Mouse takes a click or the wheel, at a place of the dialog.
func (d *Dialog) Mouse(m tea.MouseMsg) (cmd tea.Cmd, done bool) {
	l := d.layout()
	switch {
	case d.typing != nil || d.confirming:
	case m.Button == tea.MouseButtonWheelDown || m.Button == tea.MouseButtonWheelUp:
		by := map[bool]int{true: 3, false: -3}[m.Button == tea.MouseButtonWheelDown]
		if l.showFiles && m.X > l.settingsW {
			d.scroll = max(0, d.scroll+by)
		} else {
			d.row = max(0, min(d.row+by/3, len(d.rows())-1))
		}
	case m.Button == tea.MouseButtonLeft && m.Action == tea.MouseActionPress:
		y := m.Y - 3
		if l.showSettings && m.X <= l.settingsW {
			row, col := y-1+d.first, 0
			if m.X > keyW+(l.settingsW-keyW)/2 {
				col = 1
			}
			if y < 1 || row >= len(d.rows()) {
				return nil, false
			}
			again := !d.files && d.row == row && d.col == col
			d.files, d.row, d.col = false, row, col
			if again {
				return d.press(tea.KeyMsg{Type: tea.KeyEnter})
			}
		} else if y >= 0 && y < len(d.written()) {
			d.files, d.file, d.scroll = true, y, 0
		}
	}
	return nil, false
}
