package syntax

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/weir-sql/weir/planner/diag"
)

// Scan splits a text into tokens, comments included, in order of place. The last
// token is a TokenEOF at the end of the text. Every byte that is no white space is
// in exactly one token. It is what the parser reads, and fit for highlighting and
// completion: it goes on after an error and takes time linear in the length.
func Scan(src string) ([]Token, diag.List) {
	s := scanner{src: src, toks: make([]Token, 0, len(src)/5+8)}
	for s.next() {
	}
	return s.toks, s.errs
}

// scanner walks over a source text.
//
//	src:  SELECT  a FROM t
//	              ^start ^pos       0 ≤ start ≤ pos ≤ len(src)
//
// The token that is being read is src[start:pos].
type scanner struct {
	src        string
	start, pos int
	toks       []Token
	errs       diag.List
	// hint is the place of the /*+ whose */ has not come yet; zero outside of hints.
	hint diag.Span
}

// next appends one token and reports whether there are more.
func (s *scanner) next() bool {
	s.skipSpace()
	s.start = s.pos
	if s.pos >= len(s.src) {
		if !s.hint.IsZero() {
			s.unterminated(s.hint, "hint", "*/")
		}
		s.add(TokenEOF)
		return false
	}
	switch c := s.src[s.pos]; {
	case c == '$' && s.scanDollars():
	case c == '$' && s.peek(1) == '{':
		s.scanVariable()
	case isNameStart(c) || c >= utf8.RuneSelf:
		s.scanWord()
	case '0' <= c && c <= '9', c == '.' && isDigit(s.peek(1)):
		s.scanNumber()
	case c == '\'':
		s.scanQuoted('\'', TokenString, "string")
	case c == '`':
		s.scanQuoted('`', TokenQuotedName, "quoted name")
	case c == '"':
		s.scanQuoted('"', TokenDoubleQuote, "double-quoted text")
	case c == '-' && s.peek(1) == '-', c == '/' && s.peek(1) == '/':
		s.pos = lineEnd(s.src, s.pos)
		s.add(TokenComment)
	case c == '/' && s.peek(1) == '*' && s.peek(2) == '+':
		s.pos += 3
		s.add(TokenHintOpen)
		s.hint = diag.Span{Start: s.start, End: s.pos}
	case c == '/' && s.peek(1) == '*':
		s.scanBlockComment()
	case c == '*' && s.peek(1) == '/' && !s.hint.IsZero():
		s.pos += 2
		s.add(TokenHintClose)
		s.hint = diag.Span{}
	default:
		s.scanSymbol()
	}
	return true
}

func (s *scanner) add(kind TokenKind) {
	s.toks = append(s.toks, Token{Kind: kind, Pos: diag.Span{Start: s.start, End: s.pos}})
}

// peek is the byte n places on, 0 past the end.
func (s *scanner) peek(n int) byte {
	if s.pos+n < len(s.src) {
		return s.src[s.pos+n]
	}
	return 0
}

func (s *scanner) skipSpace() {
	for s.pos < len(s.src) {
		switch c := s.src[s.pos]; {
		case c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' || c == '\v':
			s.pos++
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(s.src[s.pos:])
			if !unicode.IsSpace(r) && r != '\ufeff' {
				return
			}
			s.pos += n
		default:
			return
		}
	}
}

// scanWord reads a name, a keyword, or the prefix of a string such as X'…'.
func (s *scanner) scanWord() {
	for s.pos < len(s.src) {
		c := s.src[s.pos]
		if c == '$' && s.peek(1) == '{' {
			break
		}
		if isNameStart(c) || isDigit(c) {
			s.pos++
			continue
		}
		if c < utf8.RuneSelf {
			break
		}
		r, n := utf8.DecodeRuneInString(s.src[s.pos:])
		if !unicode.IsLetter(r) && !(s.pos > s.start && (unicode.IsDigit(r) || unicode.Is(unicode.Mn, r))) {
			break
		}
		s.pos += n
	}
	if s.pos == s.start {
		s.scanSymbol()
		return
	}
	word := s.src[s.start:s.pos]
	switch next := s.peek(0); {
	case next == '\'' && (word[0] == '_' && len(word) > 1 || isOneOf(word, "n", "e")):
		s.scanQuoted('\'', TokenString, "string")
		return
	case next == '\'' && isOneOf(word, "x"):
		s.scanQuoted('\'', TokenBinary, "binary string")
		return
	case next == '&' && s.peek(1) == '\'' && isOneOf(word, "u"):
		s.pos++
		s.scanQuoted('\'', TokenString, "string")
		return
	}
	if k, ok := lookupKeyword(word); ok {
		s.toks = append(s.toks, Token{Kind: TokenKeyword, Reserved: k.reserved, Word: k.word,
			Pos: diag.Span{Start: s.start, End: s.pos}})
		return
	}
	s.add(TokenName)
}

// isOneOf reports whether word is one of some lower-case letters, in any case.
func isOneOf(word string, letters ...string) bool {
	if len(word) != 1 {
		return false
	}
	for _, l := range letters {
		if word[0]|0x20 == l[0] {
			return true
		}
	}
	return false
}

func (s *scanner) scanNumber() {
	digits := func() {
		for isDigit(s.peek(0)) {
			s.pos++
		}
	}
	digits()
	if s.peek(0) == '.' {
		s.pos++
		digits()
	}
	if s.peek(0)|0x20 == 'e' {
		n := 1
		if s.peek(1) == '+' || s.peek(1) == '-' {
			n = 2
		}
		if isDigit(s.peek(n)) {
			s.pos += n
			digits()
		}
	}
	s.add(TokenNumber)
}

// scanQuoted reads text in quotes, where a doubled quote stands for one. pos is at
// the opening quote; start may lie before it, at a prefix. E'…' also has \'.
//
// Without a closing quote the token ends with its line, so that the statements after
// it are still read. No later token of this kind can lack its end again before the
// text ends, which keeps scanning linear.
func (s *scanner) scanQuoted(quote byte, kind TokenKind, what string) {
	backslash := kind == TokenString && s.src[s.start]|0x20 == 'e'
	open := s.pos
	s.pos++
	for s.pos < len(s.src) {
		switch c := s.src[s.pos]; {
		case backslash && c == '\\' && s.pos+1 < len(s.src):
			s.pos += 2
		case c == quote && s.peek(1) == quote:
			s.pos += 2
		case c == quote:
			s.pos++
			s.add(kind)
			return
		default:
			s.pos++
		}
	}
	s.pos = lineEnd(s.src, open)
	s.add(TokenBad)
	s.unterminated(diag.Span{Start: open, End: open + 1}, what, string(quote))
}

// scanDollars reads $$text$$, a string in which nothing has to be doubled; false if it is none.
func (s *scanner) scanDollars() bool {
	if s.peek(1) != '$' {
		return false
	}
	n := strings.Index(s.src[s.pos+2:], "$$")
	if n < 0 {
		return false
	}
	s.pos += n + 4
	s.add(TokenString)
	return true
}

func (s *scanner) scanBlockComment() {
	if n := strings.Index(s.src[s.pos+2:], "*/"); n >= 0 {
		s.pos += 2 + n + 2
		s.add(TokenComment)
		return
	}
	s.unterminated(diag.Span{Start: s.pos, End: s.pos + 2}, "comment", "*/")
	s.pos = len(s.src)
	s.add(TokenComment)
}

func (s *scanner) unterminated(at diag.Span, what, end string) {
	s.report(diag.Errorf(CodeUnterminated, at, "%s is not closed", what).
		WithHint("add %s where it should end", end))
}

// symbols2 are the symbols of two characters.
var symbols2 = [...]string{"<>", "<=", ">=", "!=", "==", "=>", "||", "::", "->"}

const symbols1 = "()[]{},;.=<>+-*/%|:?^$&#@!~\\"

func (s *scanner) scanSymbol() {
	rest := s.src[s.pos:]
	for _, sym := range symbols2 {
		if strings.HasPrefix(rest, sym) {
			s.addSymbol(sym)
			return
		}
	}
	if i := strings.IndexByte(symbols1, rest[0]); i >= 0 {
		s.addSymbol(symbols1[i : i+1])
		return
	}
	r, n := utf8.DecodeRuneInString(rest)
	s.pos += n
	s.add(TokenBad)
	d := diag.Errorf(CodeCharacter, diag.Span{Start: s.start, End: s.pos}, "character %q has no meaning here", r)
	switch {
	case r == utf8.RuneError && n == 1:
		d = diag.Errorf(CodeCharacter, d.Span, "byte 0x%02x is not UTF-8", rest[0]).
			WithHint("save the file as UTF-8")
	case strings.ContainsRune("‘’‛′", r):
		d.WithHint("write strings in straight single quotes: 'text'")
	case strings.ContainsRune("“”„″", r):
		d.WithHint("write strings in single quotes 'text' and names in backticks `name`")
	case strings.ContainsRune("–—−", r):
		d.WithHint("write a hyphen: -")
	case r == ',' || r == ';' || r == '(' || r == ')':
		d.WithHint("write the ASCII character: %c", r-0xfee0)
	}
	s.report(d)
}

// report keeps the first errors; a file that is no text at all has one a byte.
func (s *scanner) report(d *diag.Diagnostic) {
	if len(s.errs) < maxErrors {
		s.errs.Add(d)
	}
}

func (s *scanner) addSymbol(sym string) {
	s.pos += len(sym)
	s.toks = append(s.toks, Token{Kind: TokenSymbol, Word: sym, Pos: diag.Span{Start: s.start, End: s.pos}})
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// lineEnd is the offset of the end of the line that from lies in.
func lineEnd(src string, from int) int {
	if i := strings.IndexByte(src[from:], '\n'); i >= 0 {
		return from + len(strings.TrimSuffix(src[from:from+i], "\r"))
	}
	return len(src)
}
