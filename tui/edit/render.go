package edit

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/topology"
	"github.com/weir-sql/weir/tui/pane"
	"github.com/weir-sql/weir/tui/styles"
)

// look is how a cell is shown: its class, and what lies over it.
type look uint16

const (
	lookSelected look = 1 << (iota + 5)
	lookMatch
	lookMark
	lookWrong
	lookDoubtful
	lookCurrent
	lookCursor
	lookPair
	lookEscaped
)

// painter turns looks into styles, each once.
type painter struct {
	st    *styles.Styles
	class [classes]styles.Style
	cache map[look]string
	query *regexp.Regexp // what is looked for
	last  *search        // the search before this one
}

func newPainter(st *styles.Styles) painter {
	p := painter{st: st, cache: map[look]string{}}
	p.class = [classes]styles.Style{
		classKeyword: st.Keyword, classFunction: st.Function, classString: st.String, classNumber: st.Number, classComment: st.Comment,
		classHint: st.Hint, classSymbol: st.Symbol, classQuoted: st.QuotedName, classWrong: st.Error,
	}
	return p
}

// on is what turns a look on.
func (p *painter) on(l look) string {
	if on, ok := p.cache[l]; ok {
		return on
	}
	s := p.class[l&31]
	for _, over := range []struct {
		bit   look
		style styles.Style
	}{
		{lookCurrent, p.st.Current}, {lookMark, p.st.Mark}, {lookDoubtful, p.st.DoubtfulText}, {lookWrong, p.st.WrongText},
		{lookPair, p.st.Strong}, {lookEscaped, p.st.Warning}, {lookMatch, p.st.Match}, {lookSelected, p.st.Selection}, {lookCursor, p.st.Cursor},
	} {
		if l&over.bit != 0 {
			s = s.With(over.style)
		}
	}
	p.cache[l] = s.On()
	return s.On()
}

// gutter is how many cells line numbers take.
func (e *Editor) gutter() int {
	return max(3, len(itoa(e.Doc().buf.Lines()))) + 2
}

// room is how many columns and lines of text are in sight.
func (e *Editor) room() (cols, rows int) {
	w, h := pane.Inside(e.width, e.height)
	h-- // what the problem at the cursor is
	if e.search != nil {
		h--
		if e.search.replacing {
			h--
		}
	}
	return max(1, w-e.gutter()), max(1, h)
}

// View implements pane.Pane.
func (e *Editor) View() string {
	d := e.Doc()
	cols, rows := e.room()
	if !e.hold {
		d.scroll(cols, rows)
	}
	d.top = max(0, min(d.top, d.buf.Lines()-1))
	lines := make([]string, 0, rows+3)
	pairs := e.pairs()
	for n := d.top; n < d.top+rows; n++ {
		if n >= d.buf.Lines() {
			lines = append(lines, "")
			continue
		}
		lines = append(lines, e.number(n)+e.line(n, cols, pairs))
	}
	lines = append(lines, e.searchBar()...)
	lines = append(lines, e.footer())
	out := pane.Frame{Title: e.tabs(), Note: e.note(), Focused: e.focused, Width: e.width, Height: e.height}.Draw(e.env.Styles, strings.Join(lines, "\n"))
	if e.popup != nil {
		out = e.drawPopup(out)
	}
	return out
}

// tabs names the open scripts, the one that is shown first.
func (e *Editor) tabs() string {
	title := e.Title()
	if n := len(e.docs); n > 1 {
		title += fmt.Sprintf(" (%d of %d open)", e.at+1, n)
	}
	return title
}

// note counts problems for the frame.
func (e *Editor) note() string {
	errs, warns := e.Problems()
	st := e.env.Styles
	var parts []string
	if errs > 0 {
		parts = append(parts, st.Error.Render(topology.Count(errs, "error")))
	}
	if warns > 0 {
		parts = append(parts, st.Warning.Render(topology.Count(warns, "warning")))
	}
	if len(parts) == 0 && e.Doc().planned == e.Doc().Number() {
		return st.Good.Render(st.Glyphs.Check + " no problems")
	}
	return strings.Join(parts, " "+st.Glyphs.Bullet+" ")
}

// number is the gutter of a line: its number, and a sign where it has a problem.
func (e *Editor) number(n int) string {
	st, d := e.env.Styles, e.Doc()
	sign, style := " ", styles.Style{}
	for _, p := range d.problems {
		if p.from.Line != n || p.d.Source != nil || p.d.File != "" {
			continue
		}
		if p.d.Severity == diag.Error {
			sign, style = "E", st.Error
			break
		}
		if p.d.Severity == diag.Warning {
			sign, style = "W", st.Warning
		}
	}
	text := fmt.Sprintf("%*d", e.gutter()-2, n+1)
	if n == d.cursor.Line {
		return st.Strong.Render(text) + style.Render(sign) + " "
	}
	return st.Faint.Render(text) + style.Render(sign) + " "
}

// pairs are the brackets at the cursor, if it stands at one.
func (e *Editor) pairs() [2]Pos {
	d := e.Doc()
	none := Pos{-1, -1}
	if !e.focused {
		return [2]Pos{none, none}
	}
	a, ok := d.buf.pair(d.cursor)
	if !ok {
		return [2]Pos{none, none}
	}
	b, _ := d.buf.pair(a)
	return [2]Pos{a, b}
}

// line is the visible part of a line of text, cell by cell.
func (e *Editor) line(n, cols int, pairs [2]Pos) string {
	d := e.Doc()
	text := d.buf.lines[n]
	looks := e.looks(n)
	var b strings.Builder
	b.Grow(cols * 2)
	last := look(0)
	x, end := 0, d.left+cols
	base := look(0)
	if n == d.cursor.Line && e.focused {
		base = lookCurrent
	}
	put := func(l look, s string) {
		if l != last {
			if last != 0 && e.painter.on(last) != "" {
				b.WriteString(styles.Off)
			}
			b.WriteString(e.painter.on(l))
			last = l
		}
		b.WriteString(s)
	}
	for at := 0; at < len(text) && x < end; {
		c := next(text, at, x)
		l := looks(at) | base
		if c.escaped {
			l |= lookEscaped
		}
		if pairs[0] == (Pos{n, at}) || pairs[1] == (Pos{n, at}) {
			l |= lookPair
		}
		if e.focused && d.cursor == (Pos{n, at}) {
			l |= lookCursor
		}
		switch {
		case x >= d.left && x+c.width <= end:
			put(l, c.text)
		case x+c.width > d.left: // cut by the window's edge
			for i := max(x, d.left); i < min(x+c.width, end); i++ {
				put(l&^lookCursor, " ")
			}
		}
		x += c.width
		at += c.size
	}
	x = max(x, d.left)
	if e.focused && d.cursor == (Pos{n, len(text)}) && x < end {
		put(base|lookCursor, " ")
		x++
	} else if from, to, ok := d.selection(); ok && x < end && from.Line <= n && n < to.Line {
		put(base|lookSelected, " ") // the line's end is selected too
		x++
	}
	if said := e.said(n, end-x-2); said != "" {
		put(base, "  ")
		b.WriteString(e.painterOff(&last))
		b.WriteString(said)
		x += 2 + pane.Width(said)
	}
	if x < end {
		put(base, strings.Repeat(" ", end-x))
	}
	b.WriteString(e.painterOff(&last))
	return b.String()
}

func (e *Editor) painterOff(last *look) string {
	on := e.painter.on(*last)
	*last = 0
	if on == "" {
		return ""
	}
	return styles.Off
}

// said is the problem of a line at its end, where there is room; that of the cursor's
// line is in the footer, whole.
func (e *Editor) said(n, room int) string {
	d := e.Doc()
	if room < 16 || n == d.cursor.Line && e.focused {
		return ""
	}
	for _, p := range d.problems {
		if p.from.Line != n || p.d.Source != nil || p.d.File != "" {
			continue
		}
		style := e.env.Styles.Warning
		if p.d.Severity == diag.Error {
			style = e.env.Styles.Error
		}
		text := strings.TrimRight(pane.Fit(e.env.Styles, pane.Clean(string(p.d.Code)+" "+p.d.Primary), room), " ")
		return style.Render(text)
	}
	return ""
}

// looks gives the look of each byte of a line.
func (e *Editor) looks(n int) func(at int) look {
	d := e.Doc()
	text := d.buf.lines[n]
	var store [64]piece
	pieces := d.hl.pieces(d.buf, n, store[:0])
	type over struct {
		from, to int
		bit      look
	}
	var overs []over
	lay := func(from, to Pos, bit look) {
		if n < from.Line || n > to.Line {
			return
		}
		a, b := 0, len(text)
		if n == from.Line {
			a = from.Col
		}
		if n == to.Line {
			b = to.Col
		}
		overs = append(overs, over{a, b, bit})
	}
	for _, m := range d.marks {
		lay(m.from, m.to, lookMark)
	}
	for _, p := range d.problems {
		if p.d.Source != nil || p.d.File != "" {
			continue
		}
		bit := lookDoubtful
		if p.d.Severity == diag.Error {
			bit = lookWrong
		}
		lay(p.from, p.to, bit)
	}
	if q := e.painter.query; q != nil && len(text) < maxHighlight {
		for _, m := range q.FindAllStringIndex(text, 200) {
			overs = append(overs, over{m[0], m[1], lookMatch})
		}
	}
	if from, to, ok := d.selection(); ok {
		lay(from, to, lookSelected)
	}
	i := 0
	return func(at int) look {
		for i < len(pieces) && pieces[i].to <= at {
			i++
		}
		l := look(0)
		if i < len(pieces) && pieces[i].from <= at {
			l = look(pieces[i].class)
		}
		for _, o := range overs {
			if at >= o.from && at < o.to {
				l |= o.bit
			}
		}
		return l
	}
}

// searchBar is what is looked for, and what takes its place.
func (e *Editor) searchBar() []string {
	s, st := e.search, e.env.Styles
	if s == nil {
		return nil
	}
	field := func(label string, i int) string {
		text := pane.Clean(s.fields[i])
		if s.at == i {
			text += st.Cursor.Render(" ")
		}
		return st.Key.Render(label) + " " + text
	}
	note := topology.Count(s.found, "match")
	if s.found != 1 {
		note = itoa(s.found) + " matches"
	}
	if s.wrong != "" {
		note = st.Error.Render(s.wrong)
	}
	lines := []string{field("find", 0) + "   " + st.Faint.Render(note+"   enter keeps, esc goes back, up and down look on, /…/ is a regular expression")}
	if s.replacing {
		lines[0] = field("find", 0) + "   " + st.Faint.Render(note+"   tab other field, esc goes back")
		lines = append(lines, field("replace by", 1)+"   "+st.Faint.Render("enter replaces one, alt+enter all"))
	}
	return lines
}

// footer is the problem at the cursor with its fix; else where the cursor is.
func (e *Editor) footer() string {
	st, d := e.env.Styles, e.Doc()
	w, _ := pane.Inside(e.width, e.height)
	where := fmt.Sprintf("%d:%d", d.cursor.Line+1, column(d.buf.lines[d.cursor.Line], d.cursor.Col)+1)
	if e.modal != nil {
		where = e.modal.title(d) + " " + where
	}
	left := e.outside()
	if p := d.problemHere(); p != nil {
		style := st.Warning
		if p.d.Severity == diag.Error {
			style = st.Error
		}
		key := ""
		if p.fix != nil && d.planned == d.Number() {
			key = "  " + st.Key.Render(keyOf(e, "edit.fix")) + " " + pane.Clean(p.fix.Says)
		}
		room := w - pane.Width(where) - pane.Width(key) - 3
		text := problemText(p.d)
		if key != "" {
			text = pane.Clean(p.d.Severity.String() + "[" + string(p.d.Code) + "]: " + p.d.Primary)
		}
		left = style.Render(strings.TrimRight(pane.Fit(st, text, max(0, room)), " ")) + key
	}
	room := w - pane.Width(where) - 2
	return " " + pane.Fit(st, left, room) + st.Faint.Render(where) + " "
}

// outside is the first problem that is not in this text: of the overlay, of the project's declarations.
func (e *Editor) outside() string {
	for _, p := range e.Doc().problems {
		if p.d.Source != nil || p.d.File != "" {
			name := p.d.File
			if p.d.Source != nil {
				name = p.d.Source.Name
			}
			return e.env.Styles.Error.Render(pane.Clean(name + ": " + p.d.Primary))
		}
	}
	return ""
}

// keyOf is the key of a command, for texts.
func keyOf(e *Editor, name string) string {
	for _, b := range e.bindings {
		if b.Name == name {
			return b.Key()
		}
	}
	return ""
}
