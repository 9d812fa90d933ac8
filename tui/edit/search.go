package edit

import (
	"regexp"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/pane"
)

// search is the bar in which one looks for text. What is typed is looked for as it is;
// small letters find capitals too. Between slashes it is a regular expression.
type search struct {
	fields    [2]string // what is looked for, what takes its place
	at        int       // the field that is typed in
	replacing bool
	from      Pos // where one was before
	found     int // matches in the text, counted up to maxCount
	query     *regexp.Regexp
	wrong     string // why there is no query
}

// maxCount is how many matches are counted.
const maxCount = 9999

func (e *Editor) openSearch(replace bool) {
	d := e.Doc()
	s := &search{replacing: replace, from: d.cursor}
	if e.search != nil {
		s.fields = e.search.fields
	}
	if from, to, ok := d.selection(); ok && from.Line == to.Line {
		s.fields[0] = d.buf.Slice(from, to)
	}
	e.popup = nil
	e.search = s
	s.compile()
	e.count()
}

func (s *search) takes(name string, k tea.KeyMsg) bool {
	switch name {
	case "esc", "enter", "tab", "shift+tab", "backspace", "up", "down", "alt+enter", "ctrl+w", "ctrl+u", "f3", "f4":
		return true
	}
	return keys.IsText(k)
}

func (s *search) insert(text string) {
	s.fields[s.at] += strings.ReplaceAll(text, "\n", " ")
	s.compile()
}

// compile makes the query of what is typed.
func (s *search) compile() {
	s.query, s.wrong = nil, ""
	text := s.fields[0]
	if text == "" {
		return
	}
	expr := regexp.QuoteMeta(text)
	if len(text) > 2 && text[0] == '/' && text[len(text)-1] == '/' {
		expr = text[1 : len(text)-1]
	}
	if strings.ToLower(text) == text {
		expr = "(?i)" + expr
	}
	q, err := regexp.Compile(expr)
	if err != nil {
		s.wrong = "not a regular expression"
		return
	}
	s.query = q
}

func (e *Editor) searchKey(name string, k tea.KeyMsg) tea.Cmd {
	s := e.search
	switch name {
	case "esc":
		e.search = nil
		e.Doc().move(s.from, false)
		if s.query != nil {
			e.painter.query = nil
		}
		return nil
	case "enter", "down", "f3":
		if s.replacing && s.at == 1 && name == "enter" {
			return e.replaceOne()
		}
		if name == "enter" && !s.replacing {
			e.closeSearch()
			return nil
		}
		e.findAgain(1)
		return nil
	case "up", "f4":
		e.findAgain(-1)
		return nil
	case "alt+enter":
		return e.replaceAll()
	case "tab", "shift+tab":
		if s.replacing {
			s.at = 1 - s.at
		}
		return nil
	case "backspace":
		f := s.fields[s.at]
		s.fields[s.at] = f[:before(f, len(f))]
	case "ctrl+w", "ctrl+u":
		s.fields[s.at] = ""
	default:
		s.fields[s.at] += string(k.Runes)
	}
	if s.at == 0 {
		s.compile()
		e.count()
		e.find()
	}
	return nil
}

// closeSearch leaves the bar with the cursor at the match; F3 goes on.
func (e *Editor) closeSearch() {
	e.painter.last = e.search
	e.search = nil
}

func (e *Editor) noSearch() string {
	if e.current() == nil {
		return "nothing was looked for"
	}
	return ""
}

// current is the search that is open, or was last.
func (e *Editor) current() *search {
	if e.search != nil {
		return e.search
	}
	return e.painter.last
}

func (e *Editor) count() {
	s, d := e.search, e.Doc()
	s.found = 0
	e.painter.query = s.query
	if s.query == nil {
		return
	}
	for _, l := range d.buf.lines {
		if s.found += len(s.query.FindAllStringIndex(l, maxCount-s.found)); s.found >= maxCount {
			return
		}
	}
}

// find goes to the first match at or after where the search began.
func (e *Editor) find() {
	s, d := e.search, e.Doc()
	if s == nil || s.query == nil {
		return
	}
	if from, to, ok := d.buf.search(s.query, s.from, 1); ok {
		d.selectMatch(from, to)
	}
}

// findAgain goes to the next match in a direction, round the ends of the text.
func (e *Editor) findAgain(by int) {
	s, d := e.current(), e.Doc()
	if s == nil || s.query == nil {
		return
	}
	e.painter.query = s.query
	at := d.cursor
	if from, _, ok := d.selection(); ok && by < 0 {
		at = from
	}
	if from, to, ok := d.buf.search(s.query, at, by); ok {
		d.selectMatch(from, to)
		s.from = from
	}
}

func (d *Doc) selectMatch(from, to Pos) {
	d.selecting = false
	d.anchor, d.selecting, d.byLines = from, true, false
	d.move(to, true)
}

// search finds the next match from a place, round the ends.
func (b *Buffer) search(q *regexp.Regexp, at Pos, by int) (Pos, Pos, bool) {
	n := len(b.lines)
	for i := range n + 1 {
		line := ((at.Line+by*i)%n + n) % n
		matches := q.FindAllStringIndex(b.lines[line], -1)
		if by < 0 {
			for j := len(matches) - 1; j >= 0; j-- {
				if m := matches[j]; m[1] > m[0] && (i > 0 || m[0] < at.Col) {
					return Pos{line, m[0]}, Pos{line, m[1]}, true
				}
			}
			continue
		}
		for _, m := range matches {
			if m[1] > m[0] && (i > 0 || m[0] >= at.Col) {
				return Pos{line, m[0]}, Pos{line, m[1]}, true
			}
		}
	}
	return Pos{}, Pos{}, false
}

// with is what takes a match's place.
func (s *search) with(match string) string {
	if strings.HasPrefix(s.fields[0], "/") {
		return s.query.ReplaceAllString(match, s.fields[1])
	}
	return s.fields[1]
}

func (e *Editor) replaceOne() tea.Cmd {
	s, d := e.search, e.Doc()
	if s.query == nil {
		return nil
	}
	if from, to, ok := d.selection(); ok {
		if match := d.buf.Slice(from, to); s.query.FindString(match) == match {
			d.replace(from, to, s.with(match))
			e.count()
		}
	}
	e.findAgain(1)
	return nil
}

// replaceAll replaces every match, as one step to undo.
func (e *Editor) replaceAll() tea.Cmd {
	s, d := e.search, e.Doc()
	if s.query == nil || !s.replacing {
		return nil
	}
	n, cursor := 0, d.cursor
	d.buf.Together("", cursor)
	for line := range d.buf.lines {
		text := d.buf.lines[line]
		matches := s.query.FindAllStringIndex(text, -1)
		if len(matches) == 0 {
			continue
		}
		out, at := "", 0
		for _, m := range matches {
			if m[0] == m[1] {
				continue
			}
			out += text[at:m[0]] + s.with(text[m[0]:m[1]])
			at = m[1]
			n++
		}
		d.buf.Replace(Pos{line, 0}, Pos{line, len(text)}, out+text[at:])
	}
	d.buf.Mark(cursor)
	d.selecting = false
	d.SetCursor(cursor)
	e.count()
	return tell(pane.Good, itoa(n)+" replaced")
}
