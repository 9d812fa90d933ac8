package diag

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Source is a named text that spans point into.
type Source struct {
	Name string
	Text string
}

// Position returns the 1-based line and the 1-based column, counted in
// characters, of a byte offset.
func (s Source) Position(offset int) (line, col int) {
	offset = max(0, min(offset, len(s.Text)))
	before := s.Text[:offset]
	line = strings.Count(before, "\n") + 1
	start := strings.LastIndexByte(before, '\n') + 1
	return line, utf8.RuneCountInString(before[start:]) + 1
}

// Line returns the text of the 1-based line without its end.
func (s Source) Line(n int) string {
	text := s.Text
	for ; n > 1; n-- {
		i := strings.IndexByte(text, '\n')
		if i < 0 {
			return ""
		}
		text = text[i+1:]
	}
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		text = text[:i]
	}
	return strings.TrimSuffix(text, "\r")
}

// Print renders a diagnostic as a person reads it: place, severity, code and
// cause, then the source line with carets under the span and the hint beside them.
//
//	orders.sql:3:12: error[W0107]: column "prcie" not found in table "orders"
//	 3 | SELECT SUM(prcie) FROM orders
//	   |            ^^^^^ hint: did you mean "price"?
//
// Values of options that look secret are covered. The text is not sanitised for a terminal; the caller's writer does that.
func Print(src Source, d *Diagnostic) string {
	var b strings.Builder
	if d.Source != nil {
		src = *d.Source
	}
	if d.File != "" || d.Span.IsZero() || src.Text == "" {
		return printWithoutSnippet(src, d)
	}
	line, col := src.Position(d.Span.Start)
	fmt.Fprintf(&b, "%s:%d:%d: %s[%s]: %s\n", src.Name, line, col, d.Severity, d.Code, d.Primary)
	gutter := len(fmt.Sprint(line)) + 1
	text, col := crop(hideSecrets(src.Line(line)), col)
	fmt.Fprintf(&b, "%*d | %s\n", gutter, line, text)
	carets := strings.Repeat("^", min(caretWidth(src, d.Span), maxLine))
	fmt.Fprintf(&b, "%*s | %s%s", gutter, "", indent(text, col), carets)
	if d.Hint != "" {
		b.WriteString(" hint: " + d.Hint)
	}
	b.WriteByte('\n')
	if d.Detail != "" {
		fmt.Fprintf(&b, "%*s = %s\n", gutter, "", d.Detail)
	}
	for _, r := range d.Related {
		l, c := src.Position(r.Span.Start)
		fmt.Fprintf(&b, "%*s = %s:%d:%d: %s\n", gutter, "", src.Name, l, c, r.Message)
	}
	return b.String()
}

// maxLine is how many characters of a source line are shown.
const maxLine = 160

// crop cuts a long line down to the part around a column, and says which column that
// is in the part.
func crop(text string, col int) (string, int) {
	runes := []rune(text)
	if len(runes) <= maxLine {
		return text, col
	}
	from := max(0, min(col-1-maxLine/3, len(runes)-maxLine))
	to := min(len(runes), from+maxLine)
	part := string(runes[from:to])
	if to < len(runes) {
		part += "…"
	}
	if from > 0 {
		return "…" + part, col - from + 1
	}
	return part, col
}

func printWithoutSnippet(src Source, d *Diagnostic) string {
	var b strings.Builder
	name := d.File
	if name == "" {
		name = src.Name
	}
	if name != "" {
		b.WriteString(name)
		if d.Line > 0 {
			fmt.Fprintf(&b, ":%d", d.Line)
		}
		b.WriteString(": ")
	}
	fmt.Fprintf(&b, "%s[%s]: %s\n", d.Severity, d.Code, d.Primary)
	if d.Detail != "" {
		fmt.Fprintf(&b, "   %s\n", d.Detail)
	}
	if d.Hint != "" {
		fmt.Fprintf(&b, "   hint: %s\n", d.Hint)
	}
	return b.String()
}

// indent repeats the tabs of the line so that carets stand under their text.
func indent(text string, col int) string {
	var b strings.Builder
	for i, r := range []rune(text) {
		if i >= col-1 {
			break
		}
		switch {
		case r == '\t':
			b.WriteByte('\t')
		case r >= 0x1100 && isWide(r):
			b.WriteString("  ")
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// caretWidth is the number of carets: the span's characters on its first line, at least one.
func caretWidth(src Source, span Span) int {
	start := max(0, min(span.Start, len(src.Text)))
	end := max(start, min(span.End, len(src.Text)))
	first := src.Text[start:end]
	if i := strings.IndexByte(first, '\n'); i >= 0 {
		first = strings.TrimRight(first[:i], " \t\r")
	}
	w := 0
	for _, r := range first {
		w++
		if isWide(r) {
			w++
		}
	}
	return max(1, w)
}

// isWide reports the East Asian wide ranges that take two terminal cells.
func isWide(r rune) bool {
	return r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 ||
		r >= 0xf900 && r <= 0xfaff || r >= 0xfe30 && r <= 0xfe6f || r >= 0xff00 && r <= 0xff60 ||
		r >= 0xffe0 && r <= 0xffe6 || r >= 0x1f300 && r <= 0x1faff || r >= 0x20000 && r <= 0x3fffd)
}
