package json

import (
	"math"

	"github.com/weir-sql/weir/connectors/format/text"
	"github.com/weir-sql/weir/exec/vec"
)

// compact appends the value at pos as Jackson writes it: without white space,
// numbers with a fraction as Java prints doubles, strings with only the necessary
// escapes.
func (s *scanner) compact(dst []byte) ([]byte, bool) {
	switch s.peek() {
	case '"':
		str, ok := s.str()
		return appendString(dst, str), ok
	case '{':
		return s.compactMembers(append(dst, '{'), '}')
	case '[':
		return s.compactMembers(append(dst, '['), ']')
	case 't', 'f', 'n':
		start := s.pos
		ok := s.skip()
		return append(dst, s.buf[start:s.pos]...), ok
	default:
		num, integer, ok := s.number()
		if !ok || integer && string(num) != "-0" {
			return append(dst, num...), ok
		}
		if integer {
			return append(dst, '0'), true
		}
		f, _ := text.Float64(num)
		if math.IsInf(f, 0) {
			return append(vec.AppendFloat(append(dst, '"'), f, 64), '"'), true
		}
		return vec.AppendFloat(dst, f, 64), true
	}
}

func (s *scanner) compactMembers(dst []byte, end byte) ([]byte, bool) {
	if s.depth++; s.depth > maxDepth {
		return dst, s.fail("it is nested too deeply")
	}
	s.pos++
	s.ws()
	if s.peek() == end {
		s.pos++
		s.depth--
		return append(dst, end), true
	}
	for {
		var ok bool
		if end == '}' {
			if s.peek() != '"' {
				return dst, s.unexpected("a field name in double quotes")
			}
			var key []byte
			if key, ok = s.str(); !ok {
				return dst, false
			}
			dst = append(appendString(dst, key), ':')
			if !s.colon() {
				return dst, false
			}
		}
		if dst, ok = s.compact(dst); !ok {
			return dst, false
		}
		more, ok := s.next(end)
		if !more {
			s.depth--
			return append(dst, end), ok
		}
		dst = append(dst, ',')
	}
}

const hexDigits = "0123456789ABCDEF"

// appendString appends text as a JSON string with Jackson's escapes.
func appendString(dst, s []byte) []byte {
	dst = append(dst, '"')
	start := 0
	for i, c := range s {
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(dst, s[start:]...), '"')
}
