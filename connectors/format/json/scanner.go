package json

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"unicode/utf8"
)

// maxDepth is the nesting that is followed (Jackson's limit, which Flink has too).
const maxDepth = 1000

// scanner walks over one JSON text. Its methods start at pos, leave pos behind what
// they took, and on failure return false with why and pos telling the place.
type scanner struct {
	buf   []byte
	pos   int
	depth int
	why   string
	tmp   []byte // the last string that had escapes
}

// fail records why, unless something deeper has already.
func (s *scanner) fail(why string) bool {
	if s.why == "" {
		s.why = why
	}
	return false
}

// unexpected fails at the character at pos.
func (s *scanner) unexpected(want string) bool {
	if s.why != "" {
		return false
	}
	if s.pos >= len(s.buf) {
		return s.fail("it ends where " + want + " is expected")
	}
	return s.fail(fmt.Sprintf("%s where %s is expected", quoteByte(s.buf[s.pos]), want))
}

func quoteByte(c byte) string {
	if c > ' ' && c < 0x7f {
		return "'" + string(rune(c)) + "'"
	}
	return fmt.Sprintf("byte 0x%02x", c)
}

// ws skips white space.
func (s *scanner) ws() {
	for s.pos < len(s.buf) && s.buf[s.pos] <= ' ' {
		switch s.buf[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// peek gives the next character, 0 at the end.
func (s *scanner) peek() byte {
	if s.pos < len(s.buf) {
		return s.buf[s.pos]
	}
	return 0
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// textEnd gives the index of the first quote or backslash from i on, len(buf) if
// there is none, and whether a byte before it is not ASCII.
func textEnd(buf []byte, i int) (end int, high bool) {
	var seen uint64
	for i+8 <= len(buf) {
		x := binary.LittleEndian.Uint64(buf[i:])
		q := x ^ ones*'"'
		b := x ^ ones*'\\'
		// A zero byte of q or b sets its high bit; only bits above the first such are unsure.
		m := ((q-ones)&^q | (b-ones)&^b) & highs
		if m != 0 {
			at := bits.TrailingZeros64(m) &^ 7
			seen |= x & (1<<at - 1)
			return i + at>>3, seen&highs != 0
		}
		seen |= x
		i += 8
	}
	for ; i < len(buf); i++ {
		c := buf[i]
		if c == '"' || c == '\\' {
			break
		}
		seen |= uint64(c)
	}
	return i, seen&highs != 0
}

// str reads a string and gives its content, which is valid until the next call.
func (s *scanner) str() ([]byte, bool) {
	start := s.pos + 1
	end, high := textEnd(s.buf, start)
	if end < len(s.buf) && s.buf[end] == '"' {
		text := s.buf[start:end]
		if high && !utf8.Valid(text) {
			return nil, s.fail("a string is not UTF-8")
		}
		s.pos = end + 1
		return text, true
	}
	return s.strEscaped(start, end)
}

// strEscaped reads a string that has a backslash at i, or no end.
func (s *scanner) strEscaped(start, i int) ([]byte, bool) {
	out := s.tmp[:0]
	for {
		out = append(out, s.buf[start:i]...)
		if i >= len(s.buf) {
			s.pos = i
			return nil, s.fail("a string has no closing quote")
		}
		if s.buf[i] == '"' {
			break
		}
		n, ok := unescape(&out, s.buf[i:])
		if !ok {
			s.pos = i
			return nil, s.fail("a string has an unknown escape")
		}
		start = i + n
		i, _ = textEnd(s.buf, start)
	}
	s.tmp, s.pos = out, i+1
	if !utf8.Valid(out) {
		return nil, s.fail("a string is not UTF-8")
	}
	return out, true
}

// unescape appends what the escape at the start of b stands for and gives its length.
func unescape(out *[]byte, b []byte) (int, bool) {
	if len(b) < 2 {
		return 0, false
	}
	switch c := b[1]; c {
	case '"', '\\', '/':
		*out = append(*out, c)
	case 'b':
		*out = append(*out, '\b')
	case 'f':
		*out = append(*out, '\f')
	case 'n':
		*out = append(*out, '\n')
	case 'r':
		*out = append(*out, '\r')
	case 't':
		*out = append(*out, '\t')
	case 'u':
		return unescapeRune(out, b)
	default:
		return 0, false
	}
	return 2, true
}

// unescapeRune handles \uXXXX and surrogate pairs; half a pair becomes ?, as in Java.
func unescapeRune(out *[]byte, b []byte) (int, bool) {
	r, ok := hex4(b)
	if !ok {
		return 0, false
	}
	if r >= 0xd800 && r < 0xe000 {
		if low, ok := hex4(b[6:]); ok && r < 0xdc00 && low >= 0xdc00 && low < 0xe000 {
			*out = utf8.AppendRune(*out, (r-0xd800)<<10+(low-0xdc00)+0x10000)
			return 12, true
		}
		*out = append(*out, '?')
		return 6, true
	}
	*out = utf8.AppendRune(*out, r)
	return 6, true
}

// hex4 reads \uXXXX.
func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	for _, c := range b[2:6] {
		switch {
		case c-'0' <= 9:
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// skipString passes over a string.
func (s *scanner) skipString() bool {
	start := s.pos + 1
	end, high := textEnd(s.buf, start)
	if end < len(s.buf) && s.buf[end] == '"' && !high {
		s.pos = end + 1
		return true
	}
	_, ok := s.str()
	return ok
}

// number reads a number's text.
func (s *scanner) number() (text []byte, integer, ok bool) {
	b, i := s.buf, s.pos
	if i < len(b) && b[i] == '-' {
		i++
	}
	digits := countDigits(b, i)
	if digits == 0 {
		s.pos = i
		return nil, false, s.unexpected("a digit")
	}
	if digits > 1 && b[i] == '0' {
		return nil, false, s.fail("a number has leading zeros")
	}
	i += digits
	integer = true
	if i < len(b) && b[i] == '.' {
		integer = false
		n := countDigits(b, i+1)
		if i += n + 1; n == 0 {
			s.pos = i
			return nil, false, s.unexpected("a digit")
		}
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		integer = false
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		n := countDigits(b, i)
		if i += n; n == 0 {
			s.pos = i
			return nil, false, s.unexpected("a digit")
		}
	}
	text, s.pos = b[s.pos:i], i
	return text, integer, true
}

func countDigits(b []byte, i int) int {
	n := 0
	for i+n < len(b) && b[i+n]-'0' <= 9 {
		n++
	}
	return n
}

// word reads true, false or null.
func (s *scanner) word(w string) bool {
	if len(s.buf)-s.pos >= len(w) && string(s.buf[s.pos:s.pos+len(w)]) == w {
		s.pos += len(w)
		return true
	}
	return s.unexpected("a value")
}

// skip passes over any value and checks that it is one.
func (s *scanner) skip() bool {
	switch c := s.peek(); c {
	case '"':
		return s.skipString()
	case '{':
		return s.skipMembers('}')
	case '[':
		return s.skipMembers(']')
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	default:
		if c == '-' || c-'0' <= 9 {
			_, _, ok := s.number()
			return ok
		}
		return s.unexpected("a value")
	}
}

// skipMembers passes over an object or an array.
func (s *scanner) skipMembers(end byte) bool {
	if s.depth++; s.depth > maxDepth {
		return s.fail(fmt.Sprintf("it is nested deeper than %d", maxDepth))
	}
	defer func() { s.depth-- }()
	s.pos++
	s.ws()
	if s.peek() == end {
		s.pos++
		return true
	}
	for {
		if end == '}' && !s.skipKey() || !s.skip() {
			return false
		}
		if more, ok := s.next(end); !more {
			return ok
		}
	}
}

func (s *scanner) skipKey() bool {
	if s.peek() != '"' {
		return s.unexpected("a field name in double quotes")
	}
	return s.skipString() && s.colon()
}

// colon takes the colon behind a field name and the space around it.
func (s *scanner) colon() bool {
	s.ws()
	if s.peek() != ':' {
		return s.unexpected("a colon")
	}
	s.pos++
	s.ws()
	return true
}

// next takes the comma before another member (more), or the end of the object or array.
func (s *scanner) next(end byte) (more, ok bool) {
	s.ws()
	switch s.peek() {
	case ',':
		s.pos++
		s.ws()
		return true, true
	case end:
		s.pos++
		return false, true
	default:
		return false, s.unexpected("a comma or '" + string(rune(end)) + "'")
	}
}
