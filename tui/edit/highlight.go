package edit

import (
	"strings"

	"github.com/weir-sql/weir/planner/syntax"
)

// mode is what a line begins in.
type mode uint8

const (
	plainText mode = iota
	inComment      // /* … */
	inHint         // /*+ … */
	inString       // '…'
	inQuoted       // `…`
	inDouble       // "…"
	inDollars      // $$…$$
)

// openers begin what a line may begin within, so that the scanner sees the line as
// what it is.
var openers = [...]string{inComment: "/*", inHint: "/*+", inString: "'", inQuoted: "`", inDouble: `"`, inDollars: "$$"}

// closers end it.
var closers = [...]string{inComment: "*/", inHint: "*/", inString: "'", inQuoted: "`", inDouble: `"`, inDollars: "$$"}

// class is what a piece of SQL is to the eye.
type class uint8

const (
	classText class = iota
	classKeyword
	classFunction
	classString
	classNumber
	classComment
	classHint
	classSymbol
	classQuoted
	classWrong
	classes
)

// piece is a part of a line with a class.
type piece struct {
	from, to int
	class    class
}

// highlighter tells what the pieces of lines are, with weir's own scanner, a line at a
// time. It remembers what every line begins in as far as it has come, and forgets that
// from a change on.
type highlighter struct {
	begins []mode // begins[i] for lines 0 … len(begins)-1 is known
	// loose is the first line with a quote that nothing closes, which the scanner ends
	// with its line; -1 = none is known. A later quote may close it.
	loose int
	// closedAt is a line that has what closes a text of closedMode, 0 = none is known.
	closedAt   int
	closedMode mode
}

func newHighlighter() *highlighter { return &highlighter{begins: []mode{plainText}, loose: -1} }

// touched forgets what a change may have made wrong; see Buffer.touched.
func (h *highlighter) touched(from, _, _ int) {
	if h.loose >= 0 {
		from = min(from, h.loose)
	}
	h.loose, h.closedAt = -1, 0
	n := min(len(h.begins), from+1)
	for n > 1 && h.begins[n-1] > inHint {
		n-- // within a text because of what closes it at the change or behind it
	}
	h.begins = h.begins[:n]
}

// begin tells what a line begins in.
func (h *highlighter) begin(b *Buffer, line int) mode {
	for len(h.begins) <= line {
		n := len(h.begins) - 1
		m := h.end(b, n, h.begins[n])
		if m > inHint && !h.closes(b, n+1, m) {
			// What was open before this line lost its end: it ended with the line it began in.
			for n > 0 && h.begins[n] == m {
				n--
			}
			if h.begins, m = h.begins[:n+1], plainText; h.loose < 0 || n < h.loose {
				h.loose = n
			}
		}
		h.begins = append(h.begins, m)
	}
	return h.begins[line]
}

// end tells what the line after a line begins in.
func (h *highlighter) end(b *Buffer, n int, m mode) mode {
	line := b.lines[n]
	if m == plainText && !strings.ContainsAny(line, "'`\"/$") {
		return plainText
	}
	toks, shift := scanLine(line, m)
	whole := openers[m] + line
	end := plainText
	hint := false
	for i, t := range toks {
		text := t.Text(whole)
		switch t.Kind {
		case syntax.TokenHintOpen:
			hint = true
		case syntax.TokenHintClose:
			hint = false
		case syntax.TokenComment:
			if strings.HasPrefix(text, "/*") && (len(text) < 4 || !strings.HasSuffix(text, "*/")) {
				end = inComment
			}
		case syntax.TokenBad:
			if i == len(toks)-2 || t.Pos.End >= shift+len(line) { // it goes on to the end of the line
				end = unclosed(text)
			}
		case syntax.TokenSymbol:
			if text == "$" && strings.HasPrefix(whole[t.Pos.Start:], "$$") && end == plainText {
				end = inDollars
			}
		case syntax.TokenName:
			if strings.HasPrefix(text, "$$") {
				end = inDollars
			}
		}
		if end != plainText {
			break
		}
	}
	if end == plainText && hint {
		end = inHint
	}
	return end
}

// closes reports whether a line from some line on has what closes a text.
func (h *highlighter) closes(b *Buffer, from int, m mode) bool {
	if h.closedAt >= from && h.closedMode == m {
		return true
	}
	for n := from; n < len(b.lines); n++ {
		if strings.Contains(b.lines[n], closers[m]) {
			h.closedAt, h.closedMode = n, m
			return true
		}
	}
	return false
}

// unclosed tells what a token without its end is.
func unclosed(text string) mode {
	i := strings.IndexAny(text, "'`\"")
	if i < 0 {
		return plainText
	}
	return map[byte]mode{'\'': inString, '`': inQuoted, '"': inDouble}[text[i]]
}

// scanLine scans a line that begins within something; shift is how many bytes were put before it.
func scanLine(line string, m mode) (toks []syntax.Token, shift int) {
	open := openers[m]
	toks, _ = syntax.Scan(open + line)
	return toks, len(open)
}

// pieces gives the parts of a line that have a class, in order.
func (h *highlighter) pieces(b *Buffer, n int, into []piece) []piece {
	line := b.lines[n]
	m := h.begin(b, n)
	if len(line) > maxHighlight {
		return into // a line of data, not of SQL
	}
	whole := openers[m] + line
	toks, shift := scanLine(line, m)
	hint := false
	for i, t := range toks {
		c := classText
		switch t.Kind {
		case syntax.TokenKeyword:
			c = classKeyword
			if !t.Reserved && i+1 < len(toks) && toks[i+1].Word == "(" && toks[i+1].Pos.Start == t.Pos.End {
				c = classFunction
			}
		case syntax.TokenName:
			if i+1 < len(toks) && toks[i+1].Word == "(" && toks[i+1].Pos.Start == t.Pos.End {
				c = classFunction
			}
		case syntax.TokenString, syntax.TokenBinary:
			c = classString
		case syntax.TokenNumber:
			c = classNumber
		case syntax.TokenComment:
			c = classComment
		case syntax.TokenQuotedName:
			c = classQuoted
		case syntax.TokenSymbol:
			c = classSymbol
		case syntax.TokenHintOpen:
			c, hint = classHint, true
		case syntax.TokenHintClose:
			c, hint = classHint, false
		case syntax.TokenBad, syntax.TokenDoubleQuote:
			c = classWrong
			if t.Kind == syntax.TokenBad && t.Pos.End >= len(whole) && h.goesOn(b, n) {
				c = map[mode]class{inString: classString, inQuoted: classQuoted, inDouble: classWrong}[unclosed(t.Text(whole))]
			}
		}
		if hint && c != classString {
			c = classHint
		}
		if from, to := t.Pos.Start-shift, t.Pos.End-shift; to > 0 && c != classText {
			into = append(into, piece{max(0, from), to, c})
		}
	}
	return into
}

// goesOn reports whether the line after a line begins within something.
func (h *highlighter) goesOn(b *Buffer, n int) bool {
	return n+1 < len(b.lines) && h.begin(b, n+1) != plainText
}

// maxHighlight is the longest line that is highlighted, in bytes.
const maxHighlight = 20_000
