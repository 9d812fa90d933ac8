package edit

import (
	"strconv"
	"strings"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/pane"
)

func itoa(n int) string { return strconv.Itoa(n) }

// do makes a Run of something that needs no message.
func do(f func()) func() tea.Cmd { return func() tea.Cmd { f(); return nil } }

// tell is a toast.
func tell(level pane.Level, text string) tea.Cmd {
	return func() tea.Msg { return pane.Toast{Level: level, Text: text} }
}

// commands are what the editor can do, in the order in which hints show them. Those
// that move come last: nobody needs to be told of the arrows.
func (e *Editor) commands() []keys.Binding {
	m := e.env.Keys
	d := e.Doc
	list := []keys.Binding{
		m.Bind("edit.run.script", "run script", e.runScript, "f5"),
		m.Bind("edit.run.statement", "run statement", e.runStatement, "ctrl+r", "f6"),
		m.BindIf("edit.fix", "apply the fix", e.noFix, e.applyFix, "alt+enter"),
		m.Bind("edit.complete", "complete", do(func() { e.offer(true) }), "ctrl+@", "alt+space"),
		m.Bind("edit.find", "find", do(func() { e.openSearch(false) }), "ctrl+f"),
		m.Bind("edit.format", "format the script", e.format, "alt+f"),
		m.Bind("edit.comment", "comment lines or not", do(func() { d().comment() }), "ctrl+_", "alt+/"),
		m.BindIf("edit.undo", "undo", func() string { return "" }, e.undo, "ctrl+z"),
		m.Bind("edit.redo", "redo", e.redo, "ctrl+y"),
		m.Bind("edit.undo.branch", "the other way it was edited from here", e.branch, "alt+z"),
		m.Bind("edit.replace", "find and replace", do(func() { e.openSearch(true) }), "alt+r"),
		m.BindIf("edit.find.next", "next match", e.noSearch, do(func() { e.findAgain(1) }), "f3"),
		m.BindIf("edit.find.previous", "previous match", e.noSearch, do(func() { e.findAgain(-1) }), "f4"),
		m.BindIf("edit.problem.next", "next problem", e.noProblem, do(func() { e.nextProblem(1) }), "f8"),
		m.BindIf("edit.problem.previous", "previous problem", e.noProblem, do(func() { e.nextProblem(-1) }), "f7"),
		m.Bind("edit.copy", "copy the selection or line", e.copy, "alt+c", "ctrl+insert"),
		m.Bind("edit.cut", "cut the selection or line", e.cut, "ctrl+x"),
		m.Bind("edit.paste", "paste what was copied here", do(func() { e.pasteClip() }), "ctrl+v"),
		m.Bind("edit.select.all", "select all", do(func() {
			d().anchor, d().selecting, d().byLines = Pos{}, true, false
			d().moveKeeping(d().buf.End(), true)
		}), "ctrl+a"),
		m.Bind("edit.select.begin", "select from here on as the cursor moves", do(func() {
			d().anchor, d().selecting, d().sticky = d().cursor, true, true
		}), "alt+a"),
		m.Bind("edit.select.statement", "select the statement", do(e.selectStatement), "alt+s"),
		m.Bind("edit.select.word", "select the word", do(func() {
			from, to := d().buf.word(d().cursor)
			d().anchor, d().selecting = from, true
			d().move(to, true)
		}), "alt+w"),
		m.Bind("edit.indent", "indent lines", do(e.tab), "tab"),
		m.Bind("edit.outdent", "outdent lines", do(func() { d().outdent() }), "shift+tab"),
		m.Bind("edit.line.up", "move lines up", do(func() { d().moveLines(-1) }), "alt+up"),
		m.Bind("edit.line.down", "move lines down", do(func() { d().moveLines(1) }), "alt+down"),
		m.Bind("edit.line.duplicate", "duplicate lines", do(func() { d().duplicate() }), "alt+d"),
		m.Bind("edit.line.delete", "delete lines", do(func() { d().deleteLines(d().lineRange()) }), "alt+k"),
		m.Bind("edit.line.join", "join with the next line", do(func() { e.join() }), "alt+j"),
		m.Bind("edit.delete.end", "delete to the line's end", do(func() { e.deleteTo(d().buf.lineEnd(d().cursor), true) }), "ctrl+k"),
		m.Bind("edit.delete.word.left", "delete the word before", do(func() { e.deleteTo(d().buf.wordLeft(d().cursor), false) }), "ctrl+w", "alt+backspace"),
		m.Bind("edit.delete.word.right", "delete the word after", do(func() { e.deleteTo(d().buf.wordRight(d().cursor), false) }), "alt+delete"),
		m.Bind("edit.enter", "new line", do(func() { d().newLine(); e.popup = nil }), "enter"),
		m.Bind("edit.backspace", "delete before", do(e.backspace), "backspace"),
		m.Bind("edit.delete", "delete after", do(func() { e.deleteTo(d().buf.right(d().cursor), false) }), "delete"),
		m.Bind("edit.cancel", "let go of the selection", do(e.cancel), "esc"),
	}
	return append(list, e.motions()...)
}

// motions are the ways to move, each with its twin that selects.
func (e *Editor) motions() []keys.Binding {
	type motion struct {
		name, help string
		to         func(d *Doc) Pos
		keys       []string
		selecting  []string
	}
	page := func() int { _, rows := e.room(); return max(1, rows-2) }
	var list []keys.Binding
	for _, v := range []motion{
		{"left", "left", func(d *Doc) Pos { return d.buf.left(d.cursor) }, []string{"left"}, []string{"shift+left"}},
		{"right", "right", func(d *Doc) Pos { return d.buf.right(d.cursor) }, []string{"right"}, []string{"shift+right"}},
		{"word.left", "a word left", func(d *Doc) Pos { return d.buf.wordLeft(d.cursor) }, []string{"ctrl+left", "alt+left"}, []string{"ctrl+shift+left", "alt+shift+left"}},
		{"word.right", "a word right", func(d *Doc) Pos { return d.buf.wordRight(d.cursor) }, []string{"ctrl+right", "alt+right"}, []string{"ctrl+shift+right", "alt+shift+right"}},
		{"line.start", "to the line's start", func(d *Doc) Pos { return d.buf.home(d.cursor) }, []string{"home"}, []string{"shift+home"}},
		{"line.end", "to the line's end", func(d *Doc) Pos { return d.buf.lineEnd(d.cursor) }, []string{"end"}, []string{"shift+end"}},
		{"start", "to the script's start", func(d *Doc) Pos { return Pos{} }, []string{"ctrl+home", "alt+<"}, []string{"ctrl+shift+home"}},
		{"end", "to the script's end", func(d *Doc) Pos { return d.buf.End() }, []string{"ctrl+end", "alt+>"}, []string{"ctrl+shift+end"}},
		{"pair", "to the bracket's pair", func(d *Doc) Pos {
			if p, ok := d.buf.pair(d.cursor); ok {
				return p
			}
			return d.cursor
		}, []string{"alt+b"}, nil},
	} {
		list = append(list, e.env.Keys.Bind("edit.move."+v.name, v.help, do(func() { e.popup = nil; e.Doc().move(v.to(e.Doc()), false) }), v.keys...))
		if v.selecting != nil {
			list = append(list, e.env.Keys.Bind("edit.select."+v.name, "select "+v.help, do(func() { e.Doc().move(v.to(e.Doc()), true) }), v.selecting...))
		}
	}
	for _, v := range []struct {
		name, help string
		by         func() int
		keys, sel  []string
	}{
		{"up", "a line up", func() int { return -1 }, []string{"up"}, []string{"shift+up"}},
		{"down", "a line down", func() int { return 1 }, []string{"down"}, []string{"shift+down"}},
		{"page.up", "a page up", func() int { return -page() }, []string{"pgup"}, []string{"shift+pgup"}},
		{"page.down", "a page down", func() int { return page() }, []string{"pgdown"}, []string{"shift+pgdown"}},
	} {
		go1 := func(extend bool) func() {
			return func() {
				e.popup = nil
				e.Doc().moveKeeping(e.Doc().buf.vertical(e.Doc().cursor, v.by(), e.Doc().want), extend)
			}
		}
		list = append(list, e.env.Keys.Bind("edit.move."+v.name, v.help, do(go1(false)), v.keys...),
			e.env.Keys.Bind("edit.select."+v.name, "select "+v.help, do(go1(true)), v.sel...))
	}
	return list
}

// runScript hands the script to those who run it; the app fills in mode and fixture.
func (e *Editor) runScript() tea.Cmd {
	src := e.Doc().Source()
	return func() tea.Msg { return pane.RunAsked{Source: src} }
}

// runStatement runs what is selected, else the statement under the cursor, with the
// declarations before it.
func (e *Editor) runStatement() tea.Cmd {
	d := e.Doc()
	src := d.Source()
	var at diag.Span
	if _, _, sel := d.selection(); sel {
		at = d.Place()
	} else {
		var ok bool
		if at, ok = StatementAt(src.Text, d.buf.Offset(d.cursor)); !ok {
			return tell(pane.Warn, "there is no statement to run")
		}
	}
	src.Text = Alone(src.Text, at)
	return func() tea.Msg { return pane.RunAsked{Source: src, Here: true} }
}

func (e *Editor) noFix() string {
	p := e.Doc().problemHere()
	switch {
	case p == nil:
		return "there is no problem in this line"
	case p.fix == nil:
		return "no fix is known that takes this problem away"
	case e.Doc().planned != e.Doc().Number():
		return "the script is being planned"
	}
	return ""
}

func (e *Editor) applyFix() tea.Cmd {
	d := e.Doc()
	p := d.problemHere()
	fix := p.fix
	d.replace(d.buf.At(fix.Span.Start), d.buf.At(fix.Span.End), fix.Text)
	d.problems = nil
	return tell(pane.Good, "fixed: "+fix.Says)
}

func (e *Editor) format() tea.Cmd {
	d := e.Doc()
	text, list := session.Format(d.Source())
	if list.HasErrors() {
		return tell(pane.Warn, "cannot be formatted: "+list[0].Primary)
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	if text == d.buf.flat() {
		return tell(pane.Info, "formatted already")
	}
	cursor := d.cursor
	d.replace(Pos{}, d.buf.End(), text)
	d.SetCursor(cursor)
	return tell(pane.Good, "formatted")
}

func (e *Editor) undo() tea.Cmd {
	if p, ok := e.Doc().buf.Undo(); ok {
		e.Doc().selecting = false
		e.Doc().SetCursor(p)
		return nil
	}
	return tell(pane.Info, "nothing to undo")
}

func (e *Editor) redo() tea.Cmd {
	if p, ok := e.Doc().buf.Redo(); ok {
		e.Doc().selecting = false
		e.Doc().SetCursor(p)
		return nil
	}
	return tell(pane.Info, "nothing to redo")
}

func (e *Editor) branch() tea.Cmd {
	p, n := e.Doc().buf.Branch(1)
	if n < 2 {
		return tell(pane.Info, "it was edited one way only from here")
	}
	e.Doc().SetCursor(p)
	return tell(pane.Info, "another of "+itoa(n)+" ways it was edited")
}

// take is what copying takes: the selection, or the line.
func (e *Editor) take() (text string, lines bool) {
	d := e.Doc()
	if from, to, ok := d.selection(); ok {
		return d.buf.Slice(from, to), d.byLines
	}
	return d.wholeLines(d.cursor.Line, d.cursor.Line), true
}

func (e *Editor) copy() tea.Cmd {
	e.clip, e.clipLine = e.take()
	text := e.clip
	return func() tea.Msg { return pane.CopyAsked{Text: text, What: amount(text)} }
}

// amount says how much text there is.
func amount(text string) string {
	if n := strings.Count(text, "\n"); n > 1 {
		return itoa(n) + " lines"
	}
	return itoa(len(text)) + " bytes"
}

func (e *Editor) cut() tea.Cmd {
	cmd := e.copy()
	d := e.Doc()
	if from, to, ok := d.selection(); ok {
		d.replace(from, to, "")
	} else {
		d.deleteLines(d.cursor.Line, d.cursor.Line)
	}
	return cmd
}

func (e *Editor) pasteClip() {
	d := e.Doc()
	if _, _, sel := d.selection(); e.clipLine && !sel {
		at := Pos{d.cursor.Line, 0}
		d.replace(at, at, e.clip)
		return
	}
	d.insert("", e.clip)
	d.buf.Mark(d.cursor)
}

func (e *Editor) selectStatement() {
	d := e.Doc()
	text := d.buf.flat()
	if at, ok := StatementAt(text, d.buf.Offset(d.cursor)); ok {
		d.anchor, d.selecting, d.byLines = d.buf.At(at.Start), true, false
		d.move(d.buf.At(at.End), true)
	}
}

// tab indents lines that are selected, else goes on to the next column of two.
func (e *Editor) tab() {
	d := e.Doc()
	if from, to, ok := d.selection(); ok && from.Line != to.Line {
		d.indent()
		return
	}
	d.insert("type", strings.Repeat(" ", 2-column(d.buf.lines[d.cursor.Line], d.cursor.Col)%2))
}

func (e *Editor) join() {
	d := e.Doc()
	n := d.cursor.Line
	if n+1 >= d.buf.Lines() {
		return
	}
	next := d.buf.lines[n+1]
	at := d.buf.lineEnd(d.cursor)
	d.replace(at, Pos{n + 1, indentOf(next)}, " ")
	d.SetCursor(at)
}

// deleteTo deletes the selection, or what lies between the cursor and a place. Where the
// line ends already its end is deleted.
func (e *Editor) deleteTo(p Pos, lineEnd bool) {
	d := e.Doc()
	from, to, ok := d.selection()
	if !ok {
		from, to = ordered(d.cursor, p)
		if lineEnd && from == to {
			to = d.buf.right(from)
		}
	}
	d.buf.Together("delete", d.cursor)
	d.cursor = d.buf.Replace(from, to, "")
	d.selecting = false
	d.want = column(d.buf.lines[d.cursor.Line], d.cursor.Col)
	e.popup = nil
}

// backspace deletes the selection or the character before; in the indent, back to the column of two.
func (e *Editor) backspace() {
	d := e.Doc()
	to := d.buf.left(d.cursor)
	if line := d.buf.lines[d.cursor.Line]; d.cursor.Col > 1 && d.cursor.Col%2 == 0 && strings.TrimLeft(line[:d.cursor.Col], " ") == "" {
		to.Col = d.cursor.Col - 2
	}
	open := e.popup != nil
	e.deleteTo(to, false)
	if open {
		e.offer(false)
	}
}

func (e *Editor) cancel() {
	e.popup = nil
	d := e.Doc()
	d.letGo()
	d.marks = nil
	if e.modal != nil {
		e.leaveInsert()
	}
}

func (e *Editor) noProblem() string {
	for _, p := range e.Doc().problems {
		if p.d.Source == nil && p.d.File == "" {
			return ""
		}
	}
	return "there is no problem"
}

// nextProblem goes to the next problem in the text, round its end.
func (e *Editor) nextProblem(by int) {
	d := e.Doc()
	var best, far *problem
	for i := range d.problems {
		p := &d.problems[i]
		if p.d.Source != nil || p.d.File != "" {
			continue
		}
		if by > 0 {
			if d.cursor.Before(p.from) && (best == nil || p.from.Before(best.from)) {
				best = p
			}
			if far == nil || p.from.Before(far.from) {
				far = p
			}
			continue
		}
		if p.from.Before(d.cursor) && (best == nil || best.from.Before(p.from)) {
			best = p
		}
		if far == nil || far.from.Before(p.from) {
			far = p
		}
	}
	if best == nil {
		best = far
	}
	if best != nil {
		d.move(best.from, false)
	}
}

// Go puts the cursor at a line and column, both from 1; 0 leaves it.
func (e *Editor) Go(line, col int) {
	d := e.Doc()
	if line < 1 {
		return
	}
	line = min(line, d.buf.Lines())
	text := d.buf.lines[line-1]
	at := 0
	for range max(0, col-1) {
		at = after(text, at)
	}
	d.move(Pos{line - 1, at}, false)
	_, rows := e.room()
	d.SetTop(max(0, line-1-rows/3))
}
