// Package palette is the list that one types to find things in: the command palette,
// help, the catalog, fixtures, tests, history, messages and settings are all of it.
package palette

import (
	"fmt"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/pane"
	"github.com/weir-sql/weir/tui/styles"
)

// Item is one line of a list. Its texts are raw; the list cleans them.
type Item struct {
	Kind string // "command", "table", …: shown before the text where a list has several
	Text string
	Note string
	Key  string         // the key that does the same
	Why  string         // why it cannot be chosen, "" = it can
	More string         // what is shown beside the list while the item is under the cursor; lines
	Run  func() tea.Cmd // what choosing it does; nil = nothing
	Mark string         // a sign before the text: a check, a cross
}

// List is an overlay: a filter that is typed, and the items it finds.
type List struct {
	st     *styles.Styles
	Title  string
	Empty  string // what is said when there is nothing
	Stay   bool   // choosing keeps the list open
	Keys   []keys.Binding
	items  []Item
	filter string
	found  []int
	at     int
	first  int
	w, h   int
	kinds  bool
}

// New makes a list.
func New(st *styles.Styles, title string, items []Item) *List {
	l := &List{st: st, Title: title, Empty: "nothing here yet", w: 80, h: 24}
	l.Set(items)
	return l
}

// Set changes the items, keeping filter and place.
func (l *List) Set(items []Item) {
	l.items = items
	l.kinds = false
	for i := range items {
		l.kinds = l.kinds || items[i].Kind != items[0].Kind
	}
	l.find()
}

// Find types a filter.
func (l *List) Find(typed string) { l.filter = typed; l.at = 0; l.find() }

// Filter is what was typed.
func (l *List) Filter() string { return l.filter }

func (l *List) find() {
	l.found = rankItems(l.items, l.filter)
	l.at = max(0, min(l.at, len(l.found)-1))
}

// Chosen is the item under the cursor, nil if there is none.
func (l *List) Chosen() *Item {
	if len(l.found) == 0 {
		return nil
	}
	return &l.items[l.found[l.at]]
}

// SetSize gives the room of the whole screen.
func (l *List) SetSize(w, h int) { l.w, l.h = w, h }

// Size is how large the box is that the list draws.
func (l *List) Size() (w, h int) {
	return max(20, min(l.w-4, 110)), max(5, min(l.h-4, 30))
}

// Key handles a key: what was chosen is run, and done tells that the list is to close.
func (l *List) Key(k tea.KeyMsg) (cmd tea.Cmd, done bool) {
	_, h := l.Size()
	page := max(1, h-5)
	switch name := keys.Name(k); name {
	case "esc", "ctrl+c", "ctrl+g":
		if l.filter != "" && name == "esc" {
			l.Find("")
			return nil, false
		}
		return nil, true
	case "up", "ctrl+p", "ctrl+k":
		l.move(-1)
	case "down", "ctrl+n", "ctrl+j":
		l.move(1)
	case "pgup":
		l.at = max(0, l.at-page)
	case "pgdown":
		l.at = max(0, min(len(l.found)-1, l.at+page))
	case "home":
		l.at = 0
	case "end":
		l.at = max(0, len(l.found)-1)
	case "enter", "tab":
		it := l.Chosen()
		if it == nil || it.Run == nil {
			return nil, it == nil
		}
		if it.Why != "" {
			why := it.Text + ": " + it.Why
			return func() tea.Msg { return pane.Toast{Level: pane.Warn, Text: why} }, false
		}
		return it.Run(), !l.Stay
	case "backspace":
		if l.filter != "" {
			r := []rune(l.filter)
			l.Find(string(r[:len(r)-1]))
			return nil, false
		}
		return nil, true
	case "ctrl+u", "ctrl+w":
		l.Find("")
	default:
		if b, _ := keys.Find(l.Keys, name); b != nil {
			if why := b.Why(); why != "" {
				return func() tea.Msg { return pane.Toast{Level: pane.Warn, Text: b.Help + ": " + why} }, false
			}
			return b.Run(), false
		}
		if keys.IsText(k) || k.Paste {
			l.Find(l.filter + strings.ReplaceAll(string(k.Runes), "\n", " "))
		}
	}
	return nil, false
}

func (l *List) move(by int) {
	if n := len(l.found); n > 0 {
		l.at = (l.at + by + n) % n
	}
}

// Mouse handles a click or the wheel at a place of the box.
func (l *List) Mouse(m tea.MouseMsg) (cmd tea.Cmd, done bool) {
	switch m.Button {
	case tea.MouseButtonWheelUp:
		l.at = max(0, l.at-3)
	case tea.MouseButtonWheelDown:
		l.at = max(0, min(len(l.found)-1, l.at+3))
	case tea.MouseButtonLeft:
		row := m.Y - 3 + l.first
		if m.Action == tea.MouseActionPress && m.Y >= 3 && row < len(l.found) {
			if l.at == row {
				return l.Key(tea.KeyMsg{Type: tea.KeyEnter})
			}
			l.at = row
		}
	}
	return nil, false
}

// View draws the box.
func (l *List) View() string {
	st := l.st
	w, h := l.Size()
	in := w - 2
	lines := []string{" " + st.Key.Render("/") + " " + pane.Clean(l.filter) + st.Cursor.Render(" "), st.Faint.Render(strings.Repeat(st.Glyphs.Across, in))}
	rows := h - 2 - len(lines) - 1
	wide := in
	more := []string(nil)
	if it := l.Chosen(); it != nil && it.More != "" && in >= 70 {
		wide = in * 5 / 11
		for _, line := range strings.Split(it.More, "\n") {
			more = append(more, wrap(pane.Clean(line), in-wide-3)...)
		}
	}
	l.first = pane.Scroll(min(l.first, max(0, len(l.found)-rows)), l.at, rows)
	for i := l.first; i < l.first+rows; i++ {
		line := ""
		if i < len(l.found) {
			line = l.line(&l.items[l.found[i]], wide, i == l.at)
		}
		if i == 0 && len(l.found) == 0 {
			line = " " + st.Faint.Render(l.nothing())
		}
		if wide < in {
			extra := ""
			if k := i - l.first; k < len(more) {
				extra = more[k]
			}
			line = pane.Fit(st, line, wide) + " " + st.Faint.Render(st.Glyphs.Down) + " " + extra
		}
		lines = append(lines, line)
	}
	lines = append(lines, l.hints(in))
	note := fmt.Sprintf("%d of %d", len(l.found), len(l.items))
	return pane.Frame{Title: l.Title, Note: note, Focused: true, Width: w, Height: h}.Draw(st, strings.Join(lines, "\n"))
}

func (l *List) nothing() string {
	if l.filter != "" && len(l.items) > 0 {
		return "nothing is called so; backspace takes letters back"
	}
	return l.Empty
}

// hints are the keys at the foot of the box.
func (l *List) hints(width int) string {
	st := l.st
	text := " " + st.Key.Render("enter") + " choose  " + st.Key.Render("esc") + " close"
	for _, b := range l.Keys {
		text += "  " + st.Key.Render(b.Key()) + " " + b.Help
	}
	return pane.Fit(st, text, width)
}

// line is one item.
func (l *List) line(it *Item, width int, chosen bool) string {
	st := l.st
	text, note := pane.Clean(it.Text), pane.Clean(it.Note)
	if it.Why != "" {
		note = "not now: " + pane.Clean(it.Why)
	}
	left := " "
	if chosen {
		left = st.Glyphs.Closed
	}
	if it.Mark != "" {
		left += it.Mark + " "
	}
	if l.kinds {
		left += pane.Fit(st, it.Kind, 9) + " "
	}
	room := width - pane.Width(left) - pane.Width(it.Key) - 2
	body := text
	if note != "" {
		body += "  " + note
	}
	body = pane.Fit(st, body, room)
	line := pane.Fit(st, left+body+" "+it.Key+" ", width)
	switch {
	case chosen:
		return st.Chosen.Render(line)
	case it.Why != "":
		return st.Faint.Render(line)
	case note != "" && pane.Width(text)+2 < room:
		head := pane.Fit(st, left+text, min(pane.Width(left+text), width))
		rest := pane.Fit(st, "  "+note, max(0, width-pane.Width(head)-pane.Width(it.Key)-2))
		return head + st.Faint.Render(rest) + " " + st.Key.Render(it.Key) + " "
	}
	return line
}

// Lines tells the list without its form.
func (l *List) Lines() []string {
	out := []string{l.Title}
	for _, i := range l.found {
		it := l.items[i]
		line := pane.Clean(it.Text)
		if it.Note != "" {
			line += ": " + pane.Clean(it.Note)
		}
		if it.Key != "" {
			line += " (" + it.Key + ")"
		}
		out = append(out, line)
	}
	return out
}

// wrap breaks a line at spaces.
func wrap(line string, width int) (out []string) {
	if width < 8 {
		return nil
	}
	indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
	cur := ""
	for _, word := range strings.Fields(line) {
		if cur != "" && pane.Width(cur)+1+pane.Width(word) > width {
			out, cur = append(out, cur), indent+word
			continue
		}
		if cur == "" {
			cur = indent + word
		} else {
			cur += " " + word
		}
	}
	return append(out, cur)
}

// Found are the places of the items that the filter finds, best first.
func (l *List) Found() []int { return l.found }
