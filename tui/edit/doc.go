package edit

import (
	"path"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
)

// Doc is a script that is open: its buffer, and where one is in it.
type Doc struct {
	Path string // from the project folder; "" = not a file yet
	buf  *Buffer
	hl   *highlighter

	cursor, anchor Pos
	selecting      bool // from anchor to cursor
	sticky         bool // moving goes on with the selection, as after Emacs' mark
	byLines        bool // the selection is of whole lines, as vim's V
	want           int  // the column that moving up and down keeps to
	top, left      int  // the first line and column in sight

	onDisk   string // what the file held when it was read or written
	stored   int    // the buffer's number then
	problems []problem
	marks    []spot // SQL of the operator that is chosen elsewhere
	planned  int    // the number that problems and marks are of
}

// spot is a piece of the text that moves with it.
type spot struct{ from, to Pos }

// problem is a diagnostic at its spot.
type problem struct {
	spot
	d   *diag.Diagnostic
	fix *session.Fix // nil = there is none that is known to help
}

// NewDoc opens a text.
func NewDoc(file, text string) *Doc {
	d := &Doc{Path: file, onDisk: text, planned: -1}
	d.reset(NewBuffer(text))
	d.stored = d.buf.number
	return d
}

// NewDraft opens a text that is not what the file holds.
func NewDraft(file, onDisk, text string) *Doc {
	d := NewDoc(file, text)
	if onDisk != text {
		d.onDisk, d.stored = onDisk, -1
	}
	return d
}

func (d *Doc) reset(b *Buffer) {
	d.buf, d.hl = b, newHighlighter()
	b.touched = d.touched
}

// touched moves what lies behind a change with the text.
func (d *Doc) touched(from, to, delta int) {
	d.hl.touched(from, to, delta)
	if delta == 0 {
		return
	}
	for i := range d.problems {
		d.problems[i].shift(to, delta)
	}
	for i := range d.marks {
		d.marks[i].shift(to, delta)
	}
}

func (s *spot) shift(behind, delta int) {
	if s.from.Line > behind {
		s.from.Line += delta
		s.to.Line += delta
	}
}

// Name is what the script is called: its file's name, or that it has none.
func (d *Doc) Name() string {
	if d.Path == "" {
		return "untitled"
	}
	return path.Base(d.Path)
}

// Dirty reports whether the text is not the file's.
func (d *Doc) Dirty() bool { return d.stored != d.buf.number }

// Number grows with every change.
func (d *Doc) Number() int { return d.buf.number }

// Source is the text under the name that plans know it by.
func (d *Doc) Source() diag.Source {
	name := d.Path
	if name == "" {
		name = "untitled"
	}
	return diag.Source{Name: name, Text: d.buf.flat()}
}

// Text is the text as a file holds it.
func (d *Doc) Text() string { return d.buf.Text() }

// OnDisk is what the file held when it was read or written last.
func (d *Doc) OnDisk() string { return d.onDisk }

// Stored says that the file now holds a text, which was the buffer's when it had a number.
func (d *Doc) Stored(text string, number int) { d.onDisk, d.stored = text, number }

// SetText puts another text in place of the whole, as one step; the cursor stays in its line.
func (d *Doc) SetText(text string) {
	at := d.cursor
	d.replace(Pos{}, d.buf.End(), text)
	d.SetCursor(at)
}

// Cursor is where the cursor is.
func (d *Doc) Cursor() Pos { return d.cursor }

// SetCursor puts the cursor somewhere.
func (d *Doc) SetCursor(p Pos) {
	d.cursor = d.buf.Clamp(p)
	d.want = column(d.buf.lines[d.cursor.Line], d.cursor.Col)
}

// Top is the first line in sight.
func (d *Doc) Top() int { return d.top }

// SetTop shows lines from one on.
func (d *Doc) SetTop(line int) { d.top = max(0, min(line, d.buf.Lines()-1)) }

// selection is what is selected, in order; ok is false if nothing is.
func (d *Doc) selection() (from, to Pos, ok bool) {
	if !d.selecting {
		return d.cursor, d.cursor, false
	}
	from, to = ordered(d.anchor, d.cursor)
	if d.byLines {
		from.Col = 0
		if to.Line+1 < d.buf.Lines() {
			to = Pos{to.Line + 1, 0}
		} else {
			to = d.buf.End()
		}
	}
	return from, to, from != to
}

// Place is the span that SpanChosen tells others: the selection, or the cursor.
func (d *Doc) Place() diag.Span {
	from, to, _ := d.selection()
	return diag.Span{Start: d.buf.Offset(from), End: d.buf.Offset(to)}
}

// move puts the cursor somewhere; with the selection going on or ending.
func (d *Doc) move(p Pos, extend bool) {
	d.moveKeeping(p, extend)
	d.want = column(d.buf.lines[d.cursor.Line], d.cursor.Col)
}

// moveKeeping is move that keeps the column that one wants to be in.
func (d *Doc) moveKeeping(p Pos, extend bool) {
	extend = extend || d.sticky && d.selecting
	if extend && !d.selecting {
		d.anchor, d.selecting = d.cursor, true
	}
	if !extend {
		d.letGo()
	}
	d.cursor = d.buf.Clamp(p)
	d.buf.undo.open = false // what is typed here is taken back apart from what was typed there
}

// letGo ends the selection.
func (d *Doc) letGo() { d.selecting, d.byLines, d.sticky = false, false, false }

// insert types a text in place of the selection.
func (d *Doc) insert(kind, text string) {
	from, to, _ := d.selection()
	d.buf.Together(kind, d.cursor)
	end := d.buf.Replace(from, to, text)
	d.letGo()
	d.cursor = end
	d.want = column(d.buf.lines[end.Line], end.Col)
}

// replace changes a part of the text as one step and puts the cursor behind it.
func (d *Doc) replace(from, to Pos, text string) {
	d.buf.Together("", d.cursor)
	d.SetCursor(d.buf.Replace(from, to, text))
	d.letGo()
	d.buf.Mark(d.cursor)
}

// scroll brings the cursor into sight of a window.
func (d *Doc) scroll(width, height int) {
	margin := min(3, max(0, (height-1)/2))
	switch line := d.cursor.Line; {
	case line < d.top+margin:
		d.top = max(0, line-margin)
	case line >= d.top+height-margin:
		d.top = min(line-height+margin+1, max(0, d.buf.Lines()-height))
		d.top = max(d.top, line-height+1, 0)
	}
	x := column(d.buf.lines[d.cursor.Line], d.cursor.Col)
	if x < width-1 {
		d.left = 0
	}
	if x < d.left {
		d.left = max(0, x-8)
	}
	if x >= d.left+width-1 {
		d.left = x - width + 9
	}
}

// Line is a line by its number from 1, "" beyond the end.
func (d *Doc) Line(n int) string {
	if n < 1 || n > d.buf.Lines() {
		return ""
	}
	return d.buf.lines[n-1]
}

// SetLine puts a text in place of a line; beyond the end it is added.
func (d *Doc) SetLine(n int, text string) {
	if n > d.buf.Lines() {
		d.replace(d.buf.End(), d.buf.End(), "\n"+text)
		return
	}
	d.replace(Pos{n - 1, 0}, Pos{n - 1, len(d.buf.lines[n-1])}, text)
	d.SetCursor(Pos{n - 1, 0})
}
