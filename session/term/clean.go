// Package term is the one way to the terminal: whatever comes from SQL text, data,
// file names or servers passes Clean before a person sees it, so that no byte of
// theirs can move the cursor, change colours, set the clipboard or reorder text.
package term

import (
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-isatty"
)

// Clean replaces everything that a terminal might obey, and everything invisible
// that may deceive a reader, by a visible escape: control characters (C0, DEL, C1),
// bidirectional controls, zero-width characters and bytes that are not UTF-8.
// Newline and tab become \n and \t. Clean text is returned as it is, without copying.
func Clean(s string) string { return clean(s, false) }

// CleanLines is Clean for text of several lines: newlines and tabs stay.
func CleanLines(s string) string { return clean(s, true) }

func clean(s string, lines bool) string {
	i := firstDirty(s, lines)
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	b.WriteString(s[:i])
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n <= 1:
			escape(&b, `\x`, uint32(s[i]), 2)
		case !dirty(r, lines):
			b.WriteString(s[i : i+n])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r < 0x100:
			escape(&b, `\x`, uint32(r), 2)
		case r < 0x10000:
			escape(&b, `\u`, uint32(r), 4)
		default:
			escape(&b, `\U`, uint32(r), 8)
		}
		i += n
	}
	return b.String()
}

func firstDirty(s string, lines bool) int {
	for i := 0; i < len(s); {
		if c := s[i]; c >= 0x20 && c < 0x7f {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n <= 1 || dirty(r, lines) {
			return i
		}
		i += n
	}
	return -1
}

func dirty(r rune, lines bool) bool {
	switch {
	case r == '\n' || r == '\t':
		return !lines
	case r < 0x20, r >= 0x7f && r < 0xa0:
		return true
	case r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f:
		return true
	case r == 0xfeff, r == 0x061c, r == 0x00ad, r >= 0xfff9 && r <= 0xfffb, r >= 0xe0000 && r <= 0xe007f:
		return true
	case r == 0x034f, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5, r == 0x180e, r == 0x3164, r == 0xffa0: // joiners and fillers of scripts
		return true
	case r >= 0x1bca0 && r <= 0x1bca3, r >= 0x1d173 && r <= 0x1d17a: // of shorthand and music
		return true
	}
	return false
}

const hexDigits = "0123456789abcdef"

func escape(b *strings.Builder, prefix string, v uint32, digits int) {
	b.WriteString(prefix)
	for d := digits - 1; d >= 0; d-- {
		b.WriteByte(hexDigits[v>>(4*d)&0xf])
	}
}

// Writer cleans what is written to a terminal; to anything else it passes bytes
// through unchanged, because a file or a pipe must get the data as it is.
type Writer struct {
	w      io.Writer
	tty    bool
	carry  []byte // the beginning of a character that a Write cut
	before func() // called ahead of every Write to a terminal
}

// Before has f called ahead of every Write to a terminal, e.g. to take a progress
// line away; nil ends that. It must not run beside a Write.
func (w *Writer) Before(f func()) { w.before = f }

// NewWriter makes a writer for a file such as os.Stdout.
func NewWriter(f *os.File) *Writer { return &Writer{w: f, tty: IsTerminal(f)} }

// NewTestWriter makes a writer that believes w to be a terminal.
func NewTestWriter(w io.Writer) *Writer { return &Writer{w: w, tty: true} }

// IsTerminal reports whether a file is a terminal.
func IsTerminal(f *os.File) bool {
	return isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd())
}

// TTY reports whether the writer goes to a terminal.
func (w *Writer) TTY() bool { return w.tty }

// Write writes p, cleaned if this is a terminal.
func (w *Writer) Write(p []byte) (int, error) {
	if !w.tty {
		return w.w.Write(p)
	}
	if w.before != nil {
		w.before()
	}
	text := append(w.carry, p...)
	cut := len(text)
	for k := 1; k < utf8.UTFMax && k <= len(text); k++ {
		if utf8.RuneStart(text[len(text)-k]) {
			if !utf8.FullRune(text[len(text)-k:]) {
				cut = len(text) - k
			}
			break
		}
	}
	w.carry = append([]byte(nil), text[cut:]...)
	if _, err := io.WriteString(w.w, CleanLines(string(text[:cut]))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Styled writes text whose control bytes are our own: a rendering whose foreign parts
// were cleaned before it was coloured. Everything else goes through Write.
func (w *Writer) Styled(text string) error {
	_, err := io.WriteString(w.w, text)
	return err
}

// Overwrite replaces the current line of a terminal by a cleaned text. The control
// bytes are the writer's own.
func (w *Writer) Overwrite(line string) {
	_, _ = io.WriteString(w.w, "\r\x1b[2K"+Clean(line)) // a lost progress line is no loss
}
