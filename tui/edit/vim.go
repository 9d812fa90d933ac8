package edit

import (
	"strings"

	tea "github.com/charmbracelet/bubbletea"
)

// vimCommands is the table of normal mode.
func vimCommands() []*vimCommand {
	list := append(vimMotions(), vimObjects()...)
	list = append(list, vimOperators()...)
	return append(list, vimActions()...)
}

// times does a step n times.
func times(step func(d *Doc, p Pos) Pos) func(*Doc, int) (Pos, bool) {
	return func(d *Doc, n int) (Pos, bool) {
		p := d.cursor
		for range n {
			p = step(d, p)
		}
		return p, true
	}
}

func vimMotions() []*vimCommand {
	mo := func(name, help string, f func(*Doc, int) (Pos, bool), ks ...string) *vimCommand {
		return &vimCommand{name: "edit.vim." + name, help: help, keys: ks, motion: f}
	}
	lines := func(c *vimCommand) *vimCommand { c.lines = true; return c }
	incl := func(c *vimCommand) *vimCommand { c.inclusive = true; return c }
	far := func(c *vimCommand) *vimCommand { c.far = true; return c }
	stay := func(d *Doc, p Pos) Pos { // within the line
		if p.Col > 0 {
			return d.buf.left(p)
		}
		return p
	}
	return []*vimCommand{
		mo("left", "left", times(stay), "h", "left", "backspace"),
		mo("right", "right", times(func(d *Doc, p Pos) Pos {
			if p.Col < len(d.buf.lines[p.Line]) {
				return d.buf.right(p)
			}
			return p
		}), "l", "right", "space"),
		lines(mo("down", "a line down", func(d *Doc, n int) (Pos, bool) { return d.buf.vertical(d.cursor, n, d.want), true }, "j", "down", "ctrl+n")),
		lines(mo("up", "a line up", func(d *Doc, n int) (Pos, bool) { return d.buf.vertical(d.cursor, -n, d.want), true }, "k", "up")),
		mo("word", "to the next word", times(func(d *Doc, p Pos) Pos { return d.buf.wordRight(p) }), "w", "W"),
		mo("word.back", "to the word before", times(func(d *Doc, p Pos) Pos { return d.buf.wordLeft(p) }), "b", "B"),
		incl(mo("word.end", "to the word's end", times(func(d *Doc, p Pos) Pos { return d.buf.wordEnd(p) }), "e", "E")),
		mo("line.start", "to the line's start", func(d *Doc, _ int) (Pos, bool) { return Pos{d.cursor.Line, 0}, true }, "0", "home"),
		mo("line.first", "to the line's first character", func(d *Doc, _ int) (Pos, bool) {
			return Pos{d.cursor.Line, indentOf(d.buf.lines[d.cursor.Line])}, true
		}, "^", "_"),
		mo("line.end", "to the line's end", func(d *Doc, _ int) (Pos, bool) { return d.buf.lineEnd(d.cursor), true }, "$", "end"),
		far(lines(mo("start", "to the first or a given line", func(d *Doc, n int) (Pos, bool) { return Pos{max(0, n-1), 0}, true }, "g g"))),
		far(lines(mo("end", "to the last or a given line", func(d *Doc, n int) (Pos, bool) {
			if n == 0 {
				n = d.buf.Lines()
			}
			return Pos{min(n, d.buf.Lines()) - 1, 0}, true
		}, "G"))),
		mo("paragraph.next", "to the next empty line", times(func(d *Doc, p Pos) Pos { return d.buf.paragraph(p, 1) }), "}"),
		mo("paragraph.previous", "to the empty line before", times(func(d *Doc, p Pos) Pos { return d.buf.paragraph(p, -1) }), "{"),
		incl(mo("pair", "to the bracket's pair", func(d *Doc, _ int) (Pos, bool) { return d.buf.pair(d.cursor) }, "%")),
		mo("half.down", "half a page down", func(d *Doc, n int) (Pos, bool) { return d.buf.vertical(d.cursor, 15*n, d.want), true }, "ctrl+d"),
		mo("half.up", "half a page up", func(d *Doc, n int) (Pos, bool) { return d.buf.vertical(d.cursor, -15*n, d.want), true }, "ctrl+u"),
	}
}

func vimObjects() []*vimCommand {
	ob := func(name, help string, f func(*Doc, int) (Pos, Pos, bool), ks ...string) *vimCommand {
		return &vimCommand{name: "edit.vim.object." + name, help: help, keys: ks, object: f}
	}
	inside := func(open, shut string, around bool) func(*Doc, int) (Pos, Pos, bool) {
		return func(d *Doc, _ int) (Pos, Pos, bool) { return d.enclosed(open, shut, around) }
	}
	return []*vimCommand{
		ob("word", "the word", func(d *Doc, _ int) (Pos, Pos, bool) { a, b := d.buf.word(d.cursor); return a, b, a != b }, "i w"),
		ob("word.around", "the word with its space", func(d *Doc, _ int) (Pos, Pos, bool) {
			a, b := d.buf.word(d.cursor)
			for line := d.buf.lines[b.Line]; b.Col < len(line) && line[b.Col] == ' '; {
				b.Col++
			}
			return a, b, a != b
		}, "a w"),
		ob("brackets", "what is in the brackets", inside("(", ")", false), "i (", "i )", "i b"),
		ob("brackets.around", "the brackets", inside("(", ")", true), "a (", "a )", "a b"),
		ob("string", "what is in the quotes", inside("'", "'", false), "i '"),
		ob("string.around", "the quotes", inside("'", "'", true), "a '"),
		ob("name", "what is in the backticks", inside("`", "`", false), "i `"),
		ob("name.around", "the backticks", inside("`", "`", true), "a `"),
		ob("statement", "the statement", func(d *Doc, _ int) (Pos, Pos, bool) {
			s, ok := StatementAt(d.buf.flat(), d.buf.Offset(d.cursor))
			return d.buf.At(s.Start), d.buf.At(s.End), ok
		}, "i s", "a s"),
		ob("paragraph", "the paragraph", func(d *Doc, _ int) (Pos, Pos, bool) {
			from, to := d.cursor.Line, d.cursor.Line
			for from > 0 && strings.TrimSpace(d.buf.lines[from-1]) != "" {
				from--
			}
			for to+1 < d.buf.Lines() && strings.TrimSpace(d.buf.lines[to+1]) != "" {
				to++
			}
			return Pos{from, 0}, Pos{to, len(d.buf.lines[to])}, true
		}, "i p", "a p"),
	}
}

// enclosed is what lies between two signs around the cursor.
func (d *Doc) enclosed(open, shut string, around bool) (Pos, Pos, bool) {
	if open == shut { // quotes, in one line
		line := d.buf.lines[d.cursor.Line]
		from := -1
		for i := 0; i < len(line); i++ {
			if line[i] != open[0] {
				continue
			}
			if from < 0 {
				from = i
				continue
			}
			if d.cursor.Col <= i {
				if around {
					return Pos{d.cursor.Line, from}, Pos{d.cursor.Line, i + 1}, true
				}
				return Pos{d.cursor.Line, from + 1}, Pos{d.cursor.Line, i}, true
			}
			from = -1
		}
		return Pos{}, Pos{}, false
	}
	p := d.cursor
	for depth, steps := 0, 0; steps < 100_000; steps++ {
		if line := d.buf.lines[p.Line]; p.Col < len(line) {
			switch line[p.Col] {
			case shut[0]:
				if p != d.cursor {
					depth++
				}
			case open[0]:
				if depth == 0 {
					end, ok := d.buf.pair(p)
					if !ok {
						return Pos{}, Pos{}, false
					}
					if around {
						return p, d.buf.right(end), true
					}
					return d.buf.right(p), end, true
				}
				depth--
			}
		}
		if p == (Pos{}) {
			break
		}
		p = d.buf.left(p)
	}
	return Pos{}, Pos{}, false
}

func vimOperators() []*vimCommand {
	op := func(name, help, key string, change bool, f func(e *Editor, from, to Pos, lines bool)) *vimCommand {
		return &vimCommand{name: "edit.vim." + name, help: help, keys: strings.Split(key, ","), operator: f, change: change}
	}
	return []*vimCommand{
		op("delete", "delete", "d", true, func(e *Editor, from, to Pos, lines bool) { e.yank(from, to, lines); e.erase(from, to, lines) }),
		op("change", "change", "c", true, func(e *Editor, from, to Pos, lines bool) {
			e.yank(from, to, lines)
			d := e.Doc()
			if lines {
				from.Col = indentOf(d.buf.lines[from.Line])
			}
			d.replace(from, to, "")
			e.enterInsert(from)
		}),
		op("yank", "copy", "y", false, func(e *Editor, from, to Pos, lines bool) { e.yank(from, to, lines); e.Doc().move(from, false) }),
		op("indent", "indent", ">", true, func(e *Editor, from, to Pos, _ bool) { e.onLines(from, to, (*Doc).indent) }),
		op("outdent", "outdent", "<", true, func(e *Editor, from, to Pos, _ bool) { e.onLines(from, to, (*Doc).outdent) }),
		op("comment", "comment or not", "g c", true, func(e *Editor, from, to Pos, _ bool) { e.onLines(from, to, (*Doc).comment) }),
		op("upper", "capitals", "g U", true, func(e *Editor, from, to Pos, _ bool) {
			e.Doc().replace(from, to, strings.ToUpper(e.Doc().buf.Slice(from, to)))
			e.Doc().move(from, false)
		}),
		op("lower", "small letters", "g u", true, func(e *Editor, from, to Pos, _ bool) {
			e.Doc().replace(from, to, strings.ToLower(e.Doc().buf.Slice(from, to)))
			e.Doc().move(from, false)
		}),
	}
}

func (e *Editor) onLines(from, to Pos, f func(*Doc)) {
	d := e.Doc()
	at := d.cursor
	d.anchor, d.selecting, d.cursor = Pos{from.Line, 0}, true, Pos{to.Line, len(d.buf.lines[to.Line])}
	f(d)
	d.selecting = false
	d.SetCursor(Pos{from.Line, min(at.Col, indentOf(d.buf.lines[from.Line]))})
}

// yank keeps a text for p; it stays in the editor, y of the palette copies to the clipboard.
func (e *Editor) yank(from, to Pos, lines bool) {
	if lines {
		e.clip, e.clipLine = e.Doc().wholeLines(from.Line, to.Line), true
		return
	}
	e.clip, e.clipLine = e.Doc().buf.Slice(from, to), false
}

func (e *Editor) erase(from, to Pos, lines bool) {
	d := e.Doc()
	if lines {
		d.deleteLines(from.Line, to.Line)
		d.SetCursor(Pos{d.cursor.Line, indentOf(d.buf.lines[d.cursor.Line])})
		return
	}
	d.replace(from, to, "")
	d.SetCursor(from)
}

func vimActions() []*vimCommand {
	ac := func(name, help, key string, change bool, f func(e *Editor, n int) tea.Cmd) *vimCommand {
		return &vimCommand{name: "edit.vim." + name, help: help, keys: strings.Split(key, ","), action: f, change: change}
	}
	just := func(f func(e *Editor)) func(*Editor, int) tea.Cmd {
		return func(e *Editor, _ int) tea.Cmd { f(e); return nil }
	}
	seek := func(by int, till bool) func(*Editor, int) tea.Cmd {
		return func(e *Editor, n int) tea.Cmd {
			e.modal.wants = func(e *Editor, ch string) { e.seekChar(ch, by, till, n) }
			return nil
		}
	}
	return []*vimCommand{
		ac("insert", "insert before", "i", true, just(func(e *Editor) { e.enterInsert(e.Doc().cursor) })),
		ac("insert.line", "insert at the line's start", "I", true, just(func(e *Editor) {
			e.enterInsert(Pos{e.Doc().cursor.Line, indentOf(e.Doc().buf.lines[e.Doc().cursor.Line])})
		})),
		ac("append", "insert after", "a", true, just(func(e *Editor) {
			d := e.Doc()
			e.enterInsert(Pos{d.cursor.Line, after(d.buf.lines[d.cursor.Line], d.cursor.Col)})
		})),
		ac("append.line", "insert at the line's end", "A", true, just(func(e *Editor) { e.enterInsert(e.Doc().buf.lineEnd(e.Doc().cursor)) })),
		ac("open.below", "a new line below", "o", true, just(func(e *Editor) {
			e.enterInsert(e.Doc().buf.lineEnd(e.Doc().cursor))
			e.Doc().newLine()
		})),
		ac("open.above", "a new line above", "O", true, just(func(e *Editor) {
			d := e.Doc()
			indent := d.buf.lines[d.cursor.Line][:indentOf(d.buf.lines[d.cursor.Line])]
			e.enterInsert(Pos{d.cursor.Line, 0})
			d.insert("", indent+"\n")
			d.SetCursor(Pos{d.cursor.Line - 1, len(indent)})
		})),
		ac("delete.char", "delete the character", "x,delete", true, func(e *Editor, n int) tea.Cmd {
			d := e.Doc()
			from, to := d.cursor, d.cursor
			for range n {
				to.Col = after(d.buf.lines[to.Line], to.Col)
			}
			e.yank(from, to, false)
			e.erase(from, to, false)
			return nil
		}),
		ac("delete.end", "delete to the line's end", "D", true, just(func(e *Editor) {
			d := e.Doc()
			e.yank(d.cursor, d.buf.lineEnd(d.cursor), false)
			e.erase(d.cursor, d.buf.lineEnd(d.cursor), false)
		})),
		ac("change.end", "change to the line's end", "C", true, just(func(e *Editor) {
			d := e.Doc()
			from := d.cursor
			e.yank(from, d.buf.lineEnd(from), false)
			d.replace(from, d.buf.lineEnd(from), "")
			e.enterInsert(from)
		})),
		ac("put", "put after", "p", true, func(e *Editor, n int) tea.Cmd { e.put(true, n); return nil }),
		ac("put.before", "put before", "P", true, func(e *Editor, n int) tea.Cmd { e.put(false, n); return nil }),
		ac("undo", "undo", "u", false, func(e *Editor, _ int) tea.Cmd { return e.undo() }),
		ac("redo", "redo", "ctrl+r", false, func(e *Editor, _ int) tea.Cmd { return e.redo() }),
		ac("join", "join lines", "J", true, just(func(e *Editor) { e.join() })),
		ac("case", "other case", "~", true, just(func(e *Editor) {
			d := e.Doc()
			to := Pos{d.cursor.Line, after(d.buf.lines[d.cursor.Line], d.cursor.Col)}
			s := d.buf.Slice(d.cursor, to)
			if up := strings.ToUpper(s); up != s {
				s = up
			} else {
				s = strings.ToLower(s)
			}
			d.replace(d.cursor, to, s)
		})),
		ac("replace.char", "replace the character", "r", true, func(e *Editor, _ int) tea.Cmd {
			e.modal.wants = func(e *Editor, ch string) {
				d := e.Doc()
				if to := after(d.buf.lines[d.cursor.Line], d.cursor.Col); to > d.cursor.Col && len(ch) > 0 && len([]rune(ch)) == 1 {
					at := d.cursor
					d.replace(at, Pos{at.Line, to}, ch)
					d.SetCursor(at)
				}
				e.remember(&vimCommand{change: true})
				e.modal.reset()
			}
			return nil
		}),
		ac("find.char", "to a character", "f", false, seek(1, false)),
		ac("find.char.back", "back to a character", "F", false, seek(-1, false)),
		ac("till.char", "up to a character", "t", false, seek(1, true)),
		ac("till.char.back", "back up to a character", "T", false, seek(-1, true)),
		ac("find.char.again", "to that character again", ";", false, func(e *Editor, n int) tea.Cmd {
			if f := e.modal.lastF; f != nil {
				if p, ok := f(e.Doc(), n); ok {
					e.Doc().move(p, e.modal.mode != normal)
				}
			}
			return nil
		}),
		ac("visual", "select", "v", false, just(func(e *Editor) { e.visual(visual) })),
		ac("visual.line", "select lines", "V", false, just(func(e *Editor) { e.visual(visualLine) })),
		ac("find", "find", "/", false, just(func(e *Editor) { e.openSearch(false) })),
		ac("find.next", "next match", "n", false, just(func(e *Editor) { e.findAgain(1) })),
		ac("find.previous", "previous match", "N", false, just(func(e *Editor) { e.findAgain(-1) })),
		ac("find.word", "find the word under the cursor", "*", false, just(func(e *Editor) {
			d := e.Doc()
			from, to := d.buf.word(d.cursor)
			s := &search{from: to}
			s.insert(d.buf.Slice(from, to))
			e.painter.last = s
			e.findAgain(1)
		})),
		ac("format", "format the script", "=", false, func(e *Editor, _ int) tea.Cmd { return e.format() }),
		ac("repeat", "do the last change again", ".", false, func(e *Editor, _ int) tea.Cmd { return e.again() }),
	}
}

func (e *Editor) visual(mode vimMode) {
	d := e.Doc()
	e.modal.mode = mode
	d.anchor, d.selecting, d.byLines = d.cursor, true, mode == visualLine
}

// put writes what was deleted or copied last.
func (e *Editor) put(behind bool, n int) {
	d := e.Doc()
	if e.clip == "" {
		return
	}
	text := strings.Repeat(e.clip, n)
	if e.clipLine {
		line := d.cursor.Line
		at, text2 := Pos{line, 0}, text
		if behind && line+1 < d.buf.Lines() {
			at = Pos{line + 1, 0}
		} else if behind {
			at, text2 = d.buf.End(), "\n"+strings.TrimSuffix(text, "\n")
		}
		d.replace(at, at, text2)
		if behind {
			line++
		}
		d.SetCursor(Pos{line, indentOf(d.buf.lines[min(line, d.buf.Lines()-1)])})
		return
	}
	at := d.cursor
	if behind {
		at.Col = after(d.buf.lines[at.Line], at.Col)
	}
	d.replace(at, at, text)
	d.SetCursor(d.buf.left(d.cursor))
}

// seekChar goes to a character in the line, or gives what lies between to the operator.
func (e *Editor) seekChar(ch string, by int, till bool, n int) {
	m := e.modal
	f := func(d *Doc, n int) (Pos, bool) {
		line, at := d.buf.lines[d.cursor.Line], d.cursor.Col
		for range n {
			var i int
			if by > 0 {
				from := after(line, at)
				if till && from < len(line) && strings.HasPrefix(line[from:], ch) && at == d.cursor.Col {
					from = after(line, from)
				}
				if i = strings.Index(line[min(from, len(line)):], ch); i >= 0 {
					i += from
				}
			} else {
				i = strings.LastIndex(line[:at], ch)
			}
			if i < 0 {
				return Pos{}, false
			}
			at = i
		}
		if till && by > 0 {
			at = before(line, at)
		} else if till {
			at = after(line, at)
		}
		return Pos{d.cursor.Line, at}, true
	}
	m.lastF = f
	if p, ok := f(e.Doc(), n); ok {
		e.go2(&vimCommand{inclusive: by > 0}, p)
	}
	m.reset()
	e.settle()
}

// again does the keys of the last change again. What was typed in insert mode belongs to it.
func (e *Editor) again() tea.Cmd {
	m := e.modal
	if len(m.repeat) == 0 {
		return nil
	}
	m.dot = true
	defer func() { m.dot = false }()
	ks := m.repeat
	m.reset()
	for _, k := range ks {
		e.modalKey(k)
	}
	if m.mode == insert {
		e.Doc().insert("", m.inserted)
		e.leaveInsert()
	}
	m.reset()
	return nil
}
