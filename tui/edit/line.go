package edit

import "strings"

// Commands on whole lines. Each is one step to undo.

// span of lines that the selection or the cursor covers.
func (d *Doc) lineRange() (from, to int) {
	a, b, ok := d.selection()
	if ok && b.Col == 0 && b.Line > a.Line {
		return a.Line, b.Line - 1
	}
	return a.Line, b.Line
}

// eachLine puts f(line) in place of the lines that are covered, keeping the selection.
func (d *Doc) eachLine(f func(string) string) {
	from, to := d.lineRange()
	lines := make([]string, 0, to-from+1)
	changed := false
	for n := from; n <= to; n++ {
		line := f(d.buf.lines[n])
		changed = changed || line != d.buf.lines[n]
		lines = append(lines, line)
	}
	if !changed {
		return
	}
	cursor, anchor := d.cursor, d.anchor
	shift := func(p Pos) Pos {
		if p.Line < from || p.Line > to || p.Col == 0 {
			return p
		}
		return Pos{p.Line, max(0, p.Col+len(lines[p.Line-from])-len(d.buf.lines[p.Line]))}
	}
	cursor, anchor = shift(cursor), shift(anchor)
	d.buf.Together("", d.cursor)
	d.buf.Replace(Pos{from, 0}, Pos{to, len(d.buf.lines[to])}, strings.Join(lines, "\n"))
	d.buf.Mark(d.cursor)
	d.anchor = d.buf.Clamp(anchor)
	d.SetCursor(cursor)
}

func (d *Doc) indent() {
	d.eachLine(func(l string) string {
		if l == "" {
			return l
		}
		return "  " + l
	})
}

func (d *Doc) outdent() {
	d.eachLine(func(l string) string {
		switch {
		case strings.HasPrefix(l, "\t"):
			return l[1:]
		case strings.HasPrefix(l, "  "):
			return l[2:]
		}
		return strings.TrimPrefix(l, " ")
	})
}

// comment puts -- before the lines, or takes it away if all have it.
func (d *Doc) comment() {
	from, to := d.lineRange()
	all, least, some := true, 1<<30, false
	for n := from; n <= to; n++ {
		l := d.buf.lines[n]
		if strings.TrimSpace(l) == "" {
			continue
		}
		some = true
		i := indentOf(l)
		least = min(least, i)
		all = all && strings.HasPrefix(l[i:], "--")
	}
	if !some {
		all, least = false, 0
	}
	d.eachLine(func(l string) string {
		i := indentOf(l)
		switch {
		case all && strings.HasPrefix(l[i:], "-- "):
			return l[:i] + l[i+3:]
		case all && strings.HasPrefix(l[i:], "--"):
			return l[:i] + l[i+2:]
		case all, strings.TrimSpace(l) == "" && some:
			return l
		}
		return l[:min(least, len(l))] + "-- " + l[min(least, len(l)):]
	})
}

// moveLines moves the covered lines up or down by one.
func (d *Doc) moveLines(by int) {
	from, to := d.lineRange()
	if from+by < 0 || to+by >= d.buf.Lines() {
		return
	}
	cursor, anchor := d.cursor, d.anchor
	block := d.buf.Slice(Pos{from, 0}, Pos{to, len(d.buf.lines[to])})
	d.buf.Together("", cursor)
	if by < 0 {
		above := d.buf.lines[from-1]
		d.buf.Replace(Pos{from - 1, 0}, Pos{to, len(d.buf.lines[to])}, block+"\n"+above)
	} else {
		below := d.buf.lines[to+1]
		d.buf.Replace(Pos{from, 0}, Pos{to + 1, len(below)}, below+"\n"+block)
	}
	d.buf.Mark(cursor)
	cursor.Line += by
	anchor.Line += by
	d.cursor, d.anchor = d.buf.Clamp(cursor), d.buf.Clamp(anchor)
}

func (d *Doc) duplicate() {
	from, to := d.lineRange()
	cursor := d.cursor
	block := d.buf.Slice(Pos{from, 0}, Pos{to, len(d.buf.lines[to])})
	d.replace(Pos{to, len(d.buf.lines[to])}, Pos{to, len(d.buf.lines[to])}, "\n"+block)
	d.SetCursor(Pos{cursor.Line + to - from + 1, cursor.Col})
}

// wholeLines is the text of lines with their ends, for cutting and copying.
func (d *Doc) wholeLines(from, to int) string {
	return strings.Join(d.buf.lines[from:to+1], "\n") + "\n"
}

func (d *Doc) deleteLines(from, to int) {
	a, b := Pos{from, 0}, Pos{to + 1, 0}
	if to+1 >= d.buf.Lines() {
		b = d.buf.End()
		if from > 0 {
			a = Pos{from - 1, len(d.buf.lines[from-1])}
		}
	}
	d.replace(a, b, "")
	d.SetCursor(Pos{min(from, d.buf.Lines()-1), d.cursor.Col})
}

// newLine breaks the line, with the indent of the one it was, and one more behind an open bracket.
func (d *Doc) newLine() {
	from, _, _ := d.selection()
	line := d.buf.lines[from.Line]
	indent := line[:min(indentOf(line), from.Col)]
	if head := strings.TrimRight(line[:from.Col], " \t"); strings.HasSuffix(head, "(") {
		indent += "  "
	}
	d.insert("", "\n"+indent)
}
