package function

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Scalar operations on texts that count in characters, not bytes. A text of ASCII
// characters only, the common case, is cut by bytes.

// isASCII reports whether every byte is a character.
func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// charLength counts characters.
func charLength(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i]&0xC0 != 0x80 { // not a continuation byte
			n++
		}
	}
	return n
}

// utf16Length counts as Java does: characters outside of the first plane twice.
func utf16Length(s string) int {
	n := charLength(s)
	for i := 0; i < len(s); i++ {
		if s[i] >= 0xF0 {
			n++
		}
	}
	return n
}

// charOffset is the byte at which character n (from 0) starts; len(s) past the end.
func charOffset(s string, n int) int {
	if n <= 0 {
		return 0
	}
	for i := 0; i < len(s); i++ {
		if s[i]&0xC0 != 0x80 {
			if n == 0 {
				return i
			}
			n--
		}
	}
	return len(s)
}

// chars is the text from character lo up to, not including, character hi.
func chars(s string, lo, hi int) string {
	if hi <= lo {
		return ""
	}
	if isASCII(s) {
		return s[min(lo, len(s)):min(hi, len(s))]
	}
	s = s[charOffset(s, lo):]
	return s[:charOffset(s, hi-lo)]
}

// appendUpper appends s in upper case.
func appendUpper(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf {
			return appendUpperRunes(dst, s[i:])
		}
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

func appendUpperRunes(dst []byte, s string) []byte {
	for _, r := range s {
		if r == 'ß' {
			dst = append(dst, "SS"...)
			continue
		}
		dst = utf8.AppendRune(dst, unicode.ToUpper(r))
	}
	return dst
}

// appendLower appends s in lower case.
func appendLower(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf {
			return appendLowerRunes(dst, s[i:])
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

func appendLowerRunes(dst []byte, s string) []byte {
	for _, r := range s {
		if r == 'İ' {
			dst = append(dst, "i̇"...)
			continue
		}
		dst = utf8.AppendRune(dst, unicode.ToLower(r))
	}
	return dst
}

// appendTitle appends s with the first letter of each word in upper and the rest in
// lower case; a word is a run of ASCII letters and digits.
func appendTitle(dst []byte, s string) []byte {
	start := true
	for _, c := range []byte(s) {
		lower := c | 0x20
		switch letter := lower >= 'a' && lower <= 'z'; {
		case !letter && (c < '0' || c > '9'):
			start = true // so does every letter outside of ASCII, as in Flink
		case letter && start:
			c, start = lower&^0x20, false
		case letter:
			c = lower
		default:
			start = false
		}
		dst = append(dst, c)
	}
	return dst
}

// position gives the character, from 1, at which the first occurrence of part in s at
// or after character from (from 1) starts; 0 if there is none.
func position(s, part string, from int) int {
	from = max(from, 1)
	start := charOffset(s, from-1)
	if part == "" {
		return 1 // wherever the search begins
	}
	at := strings.Index(s[start:], part)
	if at < 0 {
		return 0
	}
	return charLength(s[:start+at]) + 1
}

// occurrence gives the character at which part occurs for the n-th time, counted from
// character start forwards, or from the -start-th character from the end backwards.
// Occurrences may overlap.
func occurrence(s, part string, start, n int) int {
	if start == 0 {
		return 0
	}
	back := start < 0
	if back {
		s, part, start = string(appendReversed(nil, s)), string(appendReversed(nil, part)), -start
	}
	at := start - 1
	for ; n > 0; n-- {
		if at = position(s, part, at+1); at == 0 {
			return 0
		}
	}
	if back {
		return charLength(s) + 2 - at - charLength(part)
	}
	return at
}

// trimSet removes leading and trailing characters that occur in set.
func trimSet(s, set string, leading, trailing bool) string {
	if len(set) == 1 {
		for leading && len(s) > 0 && s[0] == set[0] {
			s = s[1:]
		}
		for trailing && len(s) > 0 && s[len(s)-1] == set[0] {
			s = s[:len(s)-1]
		}
		return s
	}
	if leading {
		s = strings.TrimLeft(s, set)
	}
	if trailing {
		s = strings.TrimRight(s, set)
	}
	return s
}

// appendPad appends s filled with pad to width characters, on the left or the right;
// a longer s is cut. It reports false where the result is NULL.
func appendPad(dst []byte, s string, width int, pad string, left bool) ([]byte, bool) {
	n := charLength(s)
	if hasPairs(s) || hasPairs(pad) {
		return appendPadPairs(dst, s, width, pad, left)
	}
	switch {
	case width < 0:
		return dst, false
	case width <= n:
		return append(dst, chars(s, 0, width)...), true
	case pad == "":
		return dst, false
	}
	if !left {
		dst = append(dst, s...)
	}
	padChars := charLength(pad)
	missing := width - n
	for ; missing >= padChars; missing -= padChars {
		dst = append(dst, pad...)
	}
	dst = append(dst, chars(pad, 0, missing)...)
	if left {
		dst = append(dst, s...)
	}
	return dst, true
}

// hasPairs reports characters outside of the first plane, which are two in UTF-16.
func hasPairs(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0xF0 {
			return true
		}
	}
	return false
}

// appendPadPairs is appendPad for texts whose width is not that of their characters:
// the reference counts in UTF-16 here.
func appendPadPairs(dst []byte, s string, width int, pad string, left bool) ([]byte, bool) {
	units, fill := utf16.Encode([]rune(s)), utf16.Encode([]rune(pad))
	switch {
	case width < 0:
		return dst, false
	case width <= len(units):
		return append(dst, string(utf16.Decode(units[:width]))...), true
	case len(fill) == 0:
		return dst, false
	}
	var more []uint16
	for len(more) < width-len(units) {
		more = append(more, fill[:min(len(fill), width-len(units)-len(more))]...)
	}
	if left {
		units = append(more, units...)
	} else {
		units = append(units, more...)
	}
	return append(dst, string(utf16.Decode(units))...), true
}

// appendReversed appends the characters of s in reverse.
func appendReversed(dst []byte, s string) []byte {
	for len(s) > 0 {
		_, size := utf8.DecodeLastRuneInString(s)
		dst = append(dst, s[len(s)-size:]...)
		s = s[:len(s)-size]
	}
	return dst
}

// substring is SUBSTRING: from counts from 1, from the end if negative; length < 0
// gives NULL.
func substring(s string, from, length int) (string, bool) {
	if length < 0 {
		return "", false
	}
	lo := from - 1
	switch {
	case from < 0:
		if lo = charLength(s) + from; lo < 0 {
			return "", true
		}
	case from == 0:
		lo = 0
	}
	hi := lo + length
	if hi < lo { // overflow: to the end
		hi = int(^uint(0) >> 1)
	}
	return chars(s, lo, hi), true
}
