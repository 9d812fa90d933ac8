// Package catalog is the pane that lists the tables, fixtures and tests of a project
// beside the editor.
package catalog

import (
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/pane"
)

// Catalog is the pane.
type Catalog struct {
	env     *pane.Env
	w, h    int
	focused bool
	words   *session.Vocabulary
	extra   []row // fixtures, tests: what the app adds
	open    map[string]bool
	rows    []row
	at      int
	first   int
	typing  bool
	filter  string
	write   func(string) tea.Cmd // puts a name into the script
}

// row is one line of the tree.
type row struct {
	depth      int
	text, note string
	key        string // of what can be opened; "" = a leaf
	name       string // what is written into a script
	run        func() tea.Cmd
}

// New makes the pane; write puts a name into the script at the cursor.
func New(env *pane.Env, write func(string) tea.Cmd) *Catalog {
	return &Catalog{env: env, open: map[string]bool{"tables": true, "Scripts": true, "Fixtures": true, "Tests": true}, write: write}
}

// SetExtra gives the fixtures and tests of the project: name and note of each.
func (c *Catalog) SetExtra(title string, names, notes []string, run func(i int) tea.Cmd) {
	kept := c.extra[:0:0]
	skip := false
	for _, r := range c.extra {
		if r.depth == 0 {
			skip = r.text == title
		}
		if !skip {
			kept = append(kept, r)
		}
	}
	kept = append(kept, row{text: title, key: title, note: fmt.Sprint(len(names))})
	for i, n := range names {
		kept = append(kept, row{depth: 1, text: n, note: notes[i], run: func() tea.Cmd { return run(i) }})
	}
	c.extra = kept
	c.build()
}

// Update implements pane.Pane.
func (c *Catalog) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case pane.Studied:
		c.words = msg.Vocabulary
		c.build()
	case tea.KeyMsg:
		if c.typing {
			c.key(msg)
		}
	case tea.MouseMsg:
		return c.mouse(msg)
	}
	return nil
}

// Takes implements pane.Taker.
func (c *Catalog) Takes(k tea.KeyMsg) bool {
	return c.typing && (keys.IsText(k) || k.Type == tea.KeyBackspace || k.Type == tea.KeyEsc || k.Type == tea.KeyEnter)
}

func (c *Catalog) key(k tea.KeyMsg) {
	switch keys.Name(k) {
	case "esc":
		c.filter, c.typing = "", false
	case "enter":
		c.typing = false
	case "backspace":
		if r := []rune(c.filter); len(r) > 0 {
			c.filter = string(r[:len(r)-1])
		}
	default:
		c.filter += string(k.Runes)
	}
	c.at = 0
	c.build()
}

func (c *Catalog) mouse(m tea.MouseMsg) tea.Cmd {
	switch {
	case m.Button == tea.MouseButtonWheelUp:
		c.move(-3)
	case m.Button == tea.MouseButtonWheelDown:
		c.move(3)
	case m.Button == tea.MouseButtonLeft && m.Action == tea.MouseActionPress:
		if i := m.Y - 2 + c.first; m.Y >= 2 && i < len(c.rows) {
			if c.at == i {
				return c.choose()
			}
			c.at = i
		}
	}
	return nil
}

// build makes the lines from what is known.
func (c *Catalog) build() {
	c.rows = c.rows[:0]
	find := strings.ToLower(c.filter)
	add := func(r row) { c.rows = append(c.rows, r) }
	if c.words != nil {
		add(row{text: "Tables", key: "tables", note: fmt.Sprint(len(c.words.Tables))})
		for _, t := range c.words.Tables {
			if !c.open["tables"] || find != "" && !matches(t, find) {
				continue
			}
			key := "table " + t.Name
			note := t.Connector
			if t.Kind == "view" {
				note = "view"
			}
			if t.Watermark != "" {
				note += " wm"
			}
			add(row{depth: 1, text: t.Name, note: note, key: key, name: t.Name})
			if c.open[key] {
				for _, col := range t.Columns {
					note := col.Type
					if col.Note == "primary key" {
						note += " key"
					}
					add(row{depth: 2, text: col.Name, note: note, name: col.Name})
				}
			}
		}
	}
	skip := false
	for _, r := range c.extra {
		if r.depth == 0 {
			skip = !c.open[r.key]
			add(r)
			continue
		}
		if !skip && (find == "" || strings.Contains(strings.ToLower(r.text), find)) {
			add(r)
		}
	}
	c.at = max(0, min(c.at, len(c.rows)-1))
}

func matches(t session.TableWords, find string) bool {
	if strings.Contains(strings.ToLower(t.Name), find) {
		return true
	}
	for _, col := range t.Columns {
		if strings.Contains(strings.ToLower(col.Name), find) {
			return true
		}
	}
	return false
}

// SetSize implements pane.Pane.
func (c *Catalog) SetSize(w, h int) { c.w, c.h = w, h }

// Focus implements pane.Pane.
func (c *Catalog) Focus() { c.focused = true }

// Blur implements pane.Pane.
func (c *Catalog) Blur() { c.focused, c.typing = false, false }

func (c *Catalog) move(by int) { c.at = max(0, min(c.at+by, len(c.rows)-1)) }

// choose opens or shuts what can be, and does what a leaf does.
func (c *Catalog) choose() tea.Cmd {
	if len(c.rows) == 0 {
		return nil
	}
	r := c.rows[c.at]
	switch {
	case r.key != "":
		c.open[r.key] = !c.open[r.key]
		c.build()
	case r.run != nil:
		return r.run()
	case r.name != "":
		return c.write(r.name)
	}
	return nil
}

// Bindings implements pane.Pane.
func (c *Catalog) Bindings() []keys.Binding {
	m := c.env.Keys
	nothing := func() string {
		if len(c.rows) == 0 || c.rows[c.at].name == "" {
			return "nothing with a name is chosen"
		}
		return ""
	}
	return []keys.Binding{
		m.Bind("catalog.open", "open, shut or use", c.choose, "enter", "space", "right", "l"),
		m.BindIf("catalog.write", "write the name into the script", nothing, func() tea.Cmd { return c.write(c.rows[c.at].name) }, "i"),
		m.Bind("catalog.filter", "filter", func() tea.Cmd { c.typing = true; return nil }, "/"),
		m.Bind("catalog.up", "up", func() tea.Cmd { c.move(-1); return nil }, "up", "k"),
		m.Bind("catalog.down", "down", func() tea.Cmd { c.move(1); return nil }, "down", "j"),
		m.Bind("catalog.page.up", "a page up", func() tea.Cmd { c.move(3 - c.h); return nil }, "pgup"),
		m.Bind("catalog.page.down", "a page down", func() tea.Cmd { c.move(c.h - 3); return nil }, "pgdown"),
	}
}

// View implements pane.Pane.
func (c *Catalog) View() string {
	st := c.env.Styles
	w, h := pane.Inside(c.w, c.h)
	head := st.Faint.Render(" / filter" + st.Glyphs.Ellipsis)
	if c.filter != "" || c.typing {
		head = " " + st.Key.Render("/") + " " + pane.Clean(c.filter)
		if c.typing {
			head += st.Cursor.Render(" ")
		}
	}
	lines := []string{head}
	rows := max(0, h-1)
	c.first = pane.Scroll(min(c.first, max(0, len(c.rows)-rows)), c.at, rows)
	for i := c.first; i < min(len(c.rows), c.first+rows); i++ {
		r := c.rows[i]
		sign := " "
		if r.key != "" {
			sign = st.Glyphs.Closed
			if c.open[r.key] {
				sign = st.Glyphs.Open
			}
		}
		left := strings.Repeat(" ", r.depth) + sign + pane.Clean(r.text)
		note := pane.Clean(r.note)
		if room := w - pane.Width(left) - 1; pane.Width(note) > room {
			note = pane.Fit(st, note, max(0, min(room, max(0, w/2))))
		}
		line := pane.Fit(st, left, max(0, w-pane.Width(note)-1)) + " "
		switch {
		case i == c.at && c.focused:
			line = st.Chosen.Render(line + note)
		case r.depth == 0:
			line = st.Strong.Render(line) + st.Faint.Render(note)
		default:
			line += st.Faint.Render(note)
		}
		lines = append(lines, line)
	}
	return pane.Frame{Title: "Catalog", Focused: c.focused, Width: c.w, Height: c.h}.Draw(st, strings.Join(lines, "\n"))
}

// Lines implements pane.Linear.
func (c *Catalog) Lines() []string {
	out := []string{"catalog"}
	for _, r := range c.rows {
		out = append(out, strings.Repeat("  ", r.depth)+pane.Clean(r.text)+" "+pane.Clean(r.note))
	}
	return out
}
