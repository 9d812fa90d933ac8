package edit

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"github.com/weir-sql/weir/session/term"
)

// tabWidth is how many cells a tab goes on to a multiple of.
const tabWidth = 4

// cell is a character as a person sees one (a grapheme cluster) in a line.
type cell struct {
	at, size int    // bytes in the line
	width    int    // terminal cells
	text     string // what is shown: clean
	escaped  bool   // text stands for something that a terminal must not get
}

// next reads the character at a byte of a line, which begins in a column of the screen.
func next(line string, at, column int) cell {
	switch c := line[at]; {
	case c >= 0x20 && c < 0x7f && (at+1 == len(line) || line[at+1] < utf8.RuneSelf):
		return cell{at, 1, 1, line[at : at+1], false}
	case c == '\t':
		n := tabWidth - column%tabWidth
		return cell{at, 1, n, strings.Repeat(" ", n), false}
	}
	size := clusterLen(line[at:])
	raw := line[at : at+size]
	text := term.Clean(raw)
	return cell{at, size, ansi.StringWidth(text), text, len(text) != len(raw)}
}

// clusterLen is how many bytes the first character of a text takes.
func clusterLen(s string) int {
	r, n := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && n <= 1 || unicode.IsControl(r) {
		return n
	}
	cluster, _ := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	return max(n, len(cluster))
}

// boundary gives the beginning of the character that a byte of a line lies in.
func boundary(line string, col int) int {
	from := col
	for from > 0 && line[from-1] >= utf8.RuneSelf { // no character reaches over ASCII text
		from--
	}
	if from > 0 {
		from-- // what marks an ASCII letter belongs to it
	}
	for at := from; at < len(line); {
		n := 1
		if line[at] != '\t' {
			n = clusterLen(line[at:])
		}
		if at+n > col {
			return at
		}
		at += n
	}
	return col
}

// after is the byte behind the character at a byte.
func after(line string, col int) int {
	if col >= len(line) {
		return len(line)
	}
	return col + next(line, col, 0).size
}

// before is the byte at which the character before a byte begins.
func before(line string, col int) int {
	if col <= 0 {
		return 0
	}
	return boundary(line, col-1)
}

// column is the terminal column at which a byte of a line is shown.
func column(line string, col int) int {
	x := 0
	for at := 0; at < col && at < len(line); {
		c := next(line, at, x)
		x += c.width
		at += c.size
	}
	return x
}

// byteAt is the byte of the character that covers a terminal column, or the line's end.
func byteAt(line string, x int) int {
	at, w := 0, 0
	for at < len(line) {
		c := next(line, at, w)
		if w+c.width > x {
			break
		}
		w += c.width
		at += c.size
	}
	return at
}

// kind tells words from punctuation and space.
func kindOf(line string, col int) int {
	if col >= len(line) {
		return 0
	}
	switch r, _ := utf8.DecodeRuneInString(line[col:]); {
	case unicode.IsSpace(r):
		return 0
	case unicode.IsLetter(r), unicode.IsDigit(r), r == '_', r == '$':
		return 1
	}
	return 2
}
