package edit

import "strings"

// Motions: each gives the place it leads to. They change nothing.

func (b *Buffer) left(p Pos) Pos {
	if p.Col > 0 {
		return Pos{p.Line, before(b.lines[p.Line], p.Col)}
	}
	if p.Line > 0 {
		return Pos{p.Line - 1, len(b.lines[p.Line-1])}
	}
	return p
}

func (b *Buffer) right(p Pos) Pos {
	if p.Col < len(b.lines[p.Line]) {
		return Pos{p.Line, after(b.lines[p.Line], p.Col)}
	}
	if p.Line+1 < len(b.lines) {
		return Pos{p.Line + 1, 0}
	}
	return p
}

// vertical moves by lines; x is the column that the cursor wants to be in.
func (b *Buffer) vertical(p Pos, by, x int) Pos {
	line := max(0, min(p.Line+by, len(b.lines)-1))
	return Pos{line, byteAt(b.lines[line], x)}
}

// wordLeft is the beginning of the word before p.
func (b *Buffer) wordLeft(p Pos) Pos {
	p = b.left(p)
	for p != (Pos{}) && kindOf(b.lines[p.Line], p.Col) == 0 {
		p = b.left(p)
	}
	for k := kindOf(b.lines[p.Line], p.Col); p.Col > 0; {
		q := b.left(p)
		if kindOf(b.lines[q.Line], q.Col) != k {
			break
		}
		p = q
	}
	return p
}

// wordRight is the beginning of the word after p.
func (b *Buffer) wordRight(p Pos) Pos {
	end := b.End()
	if k := kindOf(b.lines[p.Line], p.Col); k != 0 {
		for p.Col < len(b.lines[p.Line]) && kindOf(b.lines[p.Line], p.Col) == k {
			p = b.right(p)
		}
	}
	for p != end && kindOf(b.lines[p.Line], p.Col) == 0 {
		p = b.right(p)
	}
	return p
}

// wordEnd is the last character of the word at or after p, as vim's e.
func (b *Buffer) wordEnd(p Pos) Pos {
	end := b.End()
	p = b.right(p)
	for p != end && kindOf(b.lines[p.Line], p.Col) == 0 {
		p = b.right(p)
	}
	for k := kindOf(b.lines[p.Line], p.Col); p != end; {
		q := b.right(p)
		if q.Line != p.Line || kindOf(b.lines[q.Line], q.Col) != k {
			break
		}
		p = q
	}
	return p
}

// home is the first character of the line that is no space, or its beginning if p is there.
func (b *Buffer) home(p Pos) Pos {
	if n := indentOf(b.lines[p.Line]); p.Col != n {
		return Pos{p.Line, n}
	}
	return Pos{p.Line, 0}
}

func (b *Buffer) lineEnd(p Pos) Pos { return Pos{p.Line, len(b.lines[p.Line])} }

// paragraph is the next empty line in a direction.
func (b *Buffer) paragraph(p Pos, by int) Pos {
	n := p.Line + by
	for n > 0 && n < len(b.lines)-1 && strings.TrimSpace(b.lines[n]) != "" {
		n += by
	}
	n = max(0, min(n, len(b.lines)-1))
	if by > 0 && n == len(b.lines)-1 {
		return b.End()
	}
	return Pos{n, 0}
}

// word is the word at a place, as the two ends of it.
func (b *Buffer) word(p Pos) (Pos, Pos) {
	line := b.lines[p.Line]
	k := kindOf(line, p.Col)
	from, to := p.Col, p.Col
	for from > 0 && kindOf(line, before(line, from)) == k {
		from = before(line, from)
	}
	for to < len(line) && kindOf(line, to) == k {
		to = after(line, to)
	}
	return Pos{p.Line, from}, Pos{p.Line, to}
}

// indentOf is how many bytes of white space a line begins with.
func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

// pair finds the bracket that belongs to the one at or before p.
func (b *Buffer) pair(p Pos) (Pos, bool) {
	const open, shut = "([{", ")]}"
	line := b.lines[p.Line]
	for _, col := range []int{p.Col, p.Col - 1} {
		if col < 0 || col >= len(line) {
			continue
		}
		c := line[col]
		if i := strings.IndexByte(open, c); i >= 0 {
			return b.seekPair(Pos{p.Line, col}, c, shut[i], 1)
		}
		if i := strings.IndexByte(shut, c); i >= 0 {
			return b.seekPair(Pos{p.Line, col}, c, open[i], -1)
		}
	}
	return Pos{}, false
}

// pairReach is how many lines a pair is looked for in.
const pairReach = 500

func (b *Buffer) seekPair(p Pos, from, to byte, step int) (Pos, bool) {
	depth := 0
	for n, col := p.Line, p.Col; n >= 0 && n < len(b.lines) && n-p.Line < pairReach && p.Line-n < pairReach; {
		for line := b.lines[n]; col >= 0 && col < len(line); col += step {
			switch line[col] {
			case from:
				depth++
			case to:
				if depth--; depth == 0 {
					return Pos{n, col}, true
				}
			}
		}
		if n += step; n >= 0 && n < len(b.lines) {
			if col = 0; step < 0 {
				col = len(b.lines[n]) - 1
			}
		}
	}
	return Pos{}, false
}
