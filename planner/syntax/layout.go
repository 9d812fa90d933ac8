package syntax

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// doc is a text with choices of line breaks, after Wadler's "A prettier printer":
// a group is laid out on one line if it fits, else the breaks that are directly in
// it become new lines. nil is nothing.
type doc interface{}

type (
	docText string
	// docComment is a text that is set off from what stands before it: a sign before
	// -- would begin another comment.
	docComment string
	docConcat  []doc
	// docLine is flat on one line, and a new line otherwise.
	docLine struct{ flat string }
	// docHard is a new line always, and breaks the groups around it. A fresh one is
	// a new line only if something stands in the line already.
	docHard struct{ fresh bool }
	// docEnd ends the line: what follows, if it is no break, begins a new one.
	docEnd   struct{}
	docNest  struct{ doc doc }
	docGroup struct{ doc doc }
)

var (
	line     = docLine{" "}
	softline = docLine{""}
	hardline = docHard{}
	freshen  = docHard{fresh: true}
)

func cat(ds ...doc) doc   { return docConcat(ds) }
func group(ds ...doc) doc { return docGroup{docConcat(ds)} }
func nest(ds ...doc) doc  { return docNest{docConcat(ds)} }
func text(s string) doc   { return docText(s) }

// join puts sep between docs.
func join(sep doc, ds []doc) doc {
	var out docConcat
	for i, d := range ds {
		if i > 0 {
			out = append(out, sep)
		}
		out = append(out, d)
	}
	return out
}

// layoutItem is a doc to be laid out in its surroundings.
type layoutItem struct {
	indent int
	flat   bool // breaks are blanks
	doc    doc
}

// layout renders a doc in lines of at most a width where it can. It takes time linear
// in the size of the doc times the width.
func layout(d doc, maxWidth, indentBy int) string {
	var out []byte
	col := 0
	empty := true // nothing in the line but its indent
	ended := false
	newLine := func(indent int) {
		out = append(bytes.TrimRight(out, " "), '\n')
		out = append(out, strings.Repeat(" ", indent)...)
		col, empty, ended = indent, true, false
	}
	stack := []layoutItem{{0, false, d}}
	for len(stack) > 0 {
		it := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch d := it.doc.(type) {
		case docComment:
			if n := len(out); n > 0 && !ended && bytes.IndexByte([]byte(" \n(["), out[n-1]) < 0 {
				out = append(out, ' ')
				col++
			}
			stack = append(stack, layoutItem{it.indent, it.flat, docText(d)})
		case docText:
			if d == "" {
				continue
			}
			if ended {
				newLine(it.indent)
				d = docText(strings.TrimLeft(string(d), " "))
			}
			out = append(out, d...)
			if i := strings.LastIndexByte(string(d), '\n'); i >= 0 {
				col = utf8.RuneCountInString(string(d[i+1:]))
			} else {
				col += utf8.RuneCountInString(string(d))
			}
			empty = false
		case docConcat:
			for i := len(d) - 1; i >= 0; i-- {
				stack = append(stack, layoutItem{it.indent, it.flat, d[i]})
			}
		case docNest:
			stack = append(stack, layoutItem{it.indent + indentBy, it.flat, d.doc})
		case docLine:
			if it.flat && !ended {
				out = append(out, d.flat...)
				col += len(d.flat)
			} else {
				newLine(it.indent)
			}
		case docHard:
			if !d.fresh || !empty || ended {
				newLine(it.indent)
			}
		case docEnd:
			ended = true
		case docGroup:
			flat := it.flat || fits(maxWidth-col, d.doc, stack)
			stack = append(stack, layoutItem{it.indent, flat, d.doc})
		}
	}
	return string(bytes.TrimRight(out, " \n"))
}

// fits reports whether a doc on one line, with what follows it up to the next break,
// needs no more than some columns. It does not if it has a hard break.
func fits(room int, d doc, rest []layoutItem) bool {
	work := []layoutItem{{0, true, d}}
	for room >= 0 {
		if len(work) == 0 {
			if len(rest) == 0 {
				return true
			}
			work = append(work, rest[len(rest)-1])
			rest = rest[:len(rest)-1]
		}
		it := work[len(work)-1]
		work = work[:len(work)-1]
		switch d := it.doc.(type) {
		case docComment:
			work = append(work, layoutItem{0, it.flat, docText(" " + d)})
		case docText:
			if i := strings.IndexByte(string(d), '\n'); i >= 0 {
				return !it.flat && room >= utf8.RuneCountInString(string(d[:i]))
			}
			room -= utf8.RuneCountInString(string(d))
		case docConcat:
			for i := len(d) - 1; i >= 0; i-- {
				work = append(work, layoutItem{0, it.flat, d[i]})
			}
		case docNest:
			work = append(work, layoutItem{0, it.flat, d.doc})
		case docGroup:
			work = append(work, layoutItem{0, it.flat, d.doc})
		case docLine:
			if !it.flat {
				return true
			}
			room -= len(d.flat)
		case docHard, docEnd:
			return !it.flat
		}
	}
	return false
}
