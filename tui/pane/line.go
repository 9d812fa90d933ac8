package pane

import (
	"unicode"
	"unicode/utf8"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/tui/styles"
)

// Line is one line of text that a person types: a filter, a number, the name of a file.
type Line struct {
	text []rune
	at   int // of the cursor
}

// Text is what was typed.
func (l *Line) Text() string { return string(l.text) }

// Set puts a text in, the cursor behind it.
func (l *Line) Set(s string) { l.text = []rune(s); l.at = len(l.text) }

// Update takes a key. It reports whether the key did something to the text.
func (l *Line) Update(k tea.KeyMsg) bool {
	switch k.String() {
	case "left", "ctrl+b":
		l.at = max(0, l.at-1)
	case "right", "ctrl+f":
		l.at = min(len(l.text), l.at+1)
	case "home", "ctrl+a":
		l.at = 0
	case "end", "ctrl+e":
		l.at = len(l.text)
	case "backspace", "ctrl+h":
		if l.at > 0 {
			l.text = append(l.text[:l.at-1], l.text[l.at:]...)
			l.at--
		}
	case "delete", "ctrl+d":
		if l.at < len(l.text) {
			l.text = append(l.text[:l.at], l.text[l.at+1:]...)
		}
	case "ctrl+u":
		l.text, l.at = append([]rune{}, l.text[l.at:]...), 0
	case "ctrl+k":
		l.text = l.text[:l.at]
	case "ctrl+w":
		from := l.at
		for from > 0 && unicode.IsSpace(l.text[from-1]) {
			from--
		}
		for from > 0 && !unicode.IsSpace(l.text[from-1]) {
			from--
		}
		l.text = append(l.text[:from], l.text[l.at:]...)
		l.at = from
	default:
		if k.Type != tea.KeyRunes && k.Type != tea.KeySpace || k.Alt {
			return false
		}
		var typed []rune
		for _, r := range k.Runes {
			if r == '\n' || r == '\r' || r == '\t' { // of a paste
				r = ' '
			}
			typed = append(typed, r)
		}
		l.text = append(l.text[:l.at], append(typed, l.text[l.at:]...)...)
		l.at += len(typed)
	}
	return true
}

// View shows the text with its cursor in some cells.
func (l *Line) View(st *styles.Styles, width int) string {
	before, under, after := Clean(string(l.text[:l.at])), " ", ""
	if l.at < len(l.text) {
		under, after = Clean(string(l.text[l.at])), Clean(string(l.text[l.at+1:]))
	}
	for Width(before)+Width(under) > width && before != "" { // the cursor stays in sight
		_, size := utf8.DecodeRuneInString(before)
		before = before[size:]
	}
	return Fit(st, before+st.Cursor.Render(under)+after, width)
}
