// Package edit is the SQL editor: a buffer with an undo tree, and the pane that shows
// it with highlighting, completion, problems and search. Three key sets share its
// commands (tui/keys).
package edit

import (
	"slices"
	"strings"
	"time"
)

// Pos is a place between two characters: a line from 0, and a byte in it.
type Pos struct{ Line, Col int }

// Before reports whether p lies before o.
func (p Pos) Before(o Pos) bool { return p.Line < o.Line || p.Line == o.Line && p.Col < o.Col }

// ordered gives two places in order.
func ordered(a, b Pos) (Pos, Pos) {
	if b.Before(a) {
		return b, a
	}
	return a, b
}

// Buffer is a text in lines. All of its changes go through Replace, which keeps them in
// an undo tree. A change costs what it changes and a move of line headers (16 bytes a
// line behind it), which at 100,000 lines is a tenth of a millisecond.
//
// A text that is not UTF-8 stays byte for byte as it is. Lines that ended in CRLF do
// so again when the text is taken out.
type Buffer struct {
	lines  []string
	crlf   bool
	number int // grows with every change; never the same for two texts
	undo   undoTree
	// touched is called with every change: lines [from, to] became [from, to+delta].
	touched func(from, to, delta int)
}

// NewBuffer makes a buffer of a text.
func NewBuffer(text string) *Buffer {
	b := &Buffer{touched: func(int, int, int) {}}
	b.crlf = strings.Contains(text, "\r\n")
	if b.crlf {
		text = strings.ReplaceAll(text, "\r\n", "\n")
	}
	b.lines = strings.Split(text, "\n")
	b.undo = newUndoTree()
	return b
}

// Text is the whole text.
func (b *Buffer) Text() string {
	if b.crlf {
		return strings.Join(b.lines, "\r\n")
	}
	return strings.Join(b.lines, "\n")
}

// flat is the text with \n alone, in which offsets are counted.
func (b *Buffer) flat() string { return strings.Join(b.lines, "\n") }

// Number grows with every change.
func (b *Buffer) Number() int { return b.number }

// Lines is how many lines there are, at least one.
func (b *Buffer) Lines() int { return len(b.lines) }

// Line is a line without its end.
func (b *Buffer) Line(n int) string { return b.lines[n] }

// End is the place behind the last character.
func (b *Buffer) End() Pos { return Pos{len(b.lines) - 1, len(b.lines[len(b.lines)-1])} }

// Clamp gives the nearest place that there is, at the beginning of a character.
func (b *Buffer) Clamp(p Pos) Pos {
	p.Line = max(0, min(p.Line, len(b.lines)-1))
	p.Col = max(0, min(p.Col, len(b.lines[p.Line])))
	if line := b.lines[p.Line]; p.Col > 0 && p.Col < len(line) {
		p.Col = boundary(line, p.Col)
	}
	return p
}

// Offset is the byte of the flat text at a place.
func (b *Buffer) Offset(p Pos) int {
	n := p.Col
	for _, l := range b.lines[:p.Line] {
		n += len(l) + 1
	}
	return n
}

// At is the place of a byte of the flat text.
func (b *Buffer) At(offset int) Pos {
	for i, l := range b.lines {
		if offset <= len(l) {
			return b.Clamp(Pos{i, offset})
		}
		offset -= len(l) + 1
	}
	return b.End()
}

// Slice is the text between two places.
func (b *Buffer) Slice(from, to Pos) string {
	if from.Line == to.Line {
		return b.lines[from.Line][from.Col:to.Col]
	}
	var s strings.Builder
	s.WriteString(b.lines[from.Line][from.Col:])
	for _, l := range b.lines[from.Line+1 : to.Line] {
		s.WriteByte('\n')
		s.WriteString(l)
	}
	s.WriteByte('\n')
	s.WriteString(b.lines[to.Line][:to.Col])
	return s.String()
}

// Replace puts a text in place of another and gives the place behind it.
func (b *Buffer) Replace(from, to Pos, text string) Pos {
	from, to = ordered(b.Clamp(from), b.Clamp(to))
	if from == to && text == "" {
		return from
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	c := change{from, b.Slice(from, to), text}
	b.undo.add(c, time.Now())
	return b.apply(c)
}

// apply makes a change without remembering it.
func (b *Buffer) apply(c change) Pos {
	to := c.end(c.old)
	b.number++
	parts := strings.Split(c.new, "\n")
	head, tail := b.lines[c.from.Line][:c.from.Col], b.lines[to.Line][to.Col:]
	end := Pos{c.from.Line + len(parts) - 1, len(parts[len(parts)-1])}
	if len(parts) == 1 {
		end.Col += c.from.Col
	}
	parts[0] = head + parts[0]
	parts[len(parts)-1] += tail
	if n := to.Line - c.from.Line + 1; n == len(parts) {
		copy(b.lines[c.from.Line:], parts)
	} else {
		b.lines = slices.Replace(b.lines, c.from.Line, to.Line+1, parts...)
	}
	b.touched(c.from.Line, to.Line, end.Line-to.Line)
	return end
}

// Mark ends what one Undo takes back together; place is where the cursor is.
func (b *Buffer) Mark(place Pos) { b.undo.seal(place) }

// Together has what follows be taken back together with what came before it, if that
// was of the same kind, not long ago, and nothing was undone in between.
func (b *Buffer) Together(kind string, cursor Pos) { b.undo.begin(kind, cursor, time.Now()) }

// Undo takes the last group of changes back and gives where the cursor was before it.
func (b *Buffer) Undo() (Pos, bool) {
	changes, cursor, ok := b.undo.back()
	for _, c := range slices.Backward(changes) {
		b.apply(c.inverse())
	}
	return b.Clamp(cursor), ok
}

// Redo makes the changes again that the last Undo took back.
func (b *Buffer) Redo() (Pos, bool) {
	changes, ok := b.undo.forth()
	end := Pos{}
	for _, c := range changes {
		end = b.apply(c)
	}
	return b.Clamp(end), ok
}

// Branch goes to another future of the point before the last changes: what was typed
// there first is not lost by typing something else. It gives how many futures there are.
func (b *Buffer) Branch(step int) (Pos, int) {
	n := b.undo.siblings()
	if n < 2 {
		return Pos{}, n
	}
	cursor, _ := b.Undo()
	b.undo.turn(step)
	if p, ok := b.Redo(); ok {
		cursor = p
	}
	return cursor, n
}
