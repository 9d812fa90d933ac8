// Package text reads numbers, dates and times from their text without allocating,
// by the rules that Flink's formats follow (those of Java's parsers). Formats and
// connectors share it; SQL's CAST has rules of its own.
package text

import (
	"math"
	"strconv"
	"unsafe"
)

// Trim drops leading and trailing characters up to the space, as Java's trim.
func Trim(s []byte) []byte {
	for len(s) > 0 && s[0] <= ' ' {
		s = s[1:]
	}
	for len(s) > 0 && s[len(s)-1] <= ' ' {
		s = s[:len(s)-1]
	}
	return s
}

// Int reads a whole number of at most bits bits: an optional sign and digits only.
func Int(s []byte, bits int) (int64, bool) {
	neg := false
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	if len(s) == 0 || len(s) > 19 && !zeros(s[:len(s)-19]) {
		return 0, false
	}
	n := uint64(0) // 19 digits are less than 2^64
	for _, c := range s {
		d := c - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + uint64(d)
	}
	limit := uint64(1) << (bits - 1)
	if neg {
		return -int64(n), n <= limit
	}
	return int64(n), n < limit
}

func zeros(s []byte) bool {
	for _, c := range s {
		if c != '0' {
			return false
		}
	}
	return true
}

// Bool is true for the word true in any case, else false.
func Bool(s []byte) bool {
	return len(s) == 4 && s[0]|0x20 == 't' && s[1]|0x20 == 'r' && s[2]|0x20 == 'u' && s[3]|0x20 == 'e'
}

var pow10f = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// Float64 reads a DOUBLE as Java does: NaN, Infinity, hexadecimal and a trailing d
// or f are understood; what is too large is infinite.
func Float64(s []byte) (float64, bool) {
	if m, frac, neg, ok := plain(s); ok && m < 1<<53 && frac < len(pow10f) {
		x := float64(m) / pow10f[frac] // both exact, so the quotient is rounded once
		if neg {
			x = -x
		}
		return x, true
	}
	return parseFloat(s, 64)
}

// Float32 reads a FLOAT.
func Float32(s []byte) (float32, bool) {
	if m, frac, neg, ok := plain(s); ok && m < 1<<24 && frac <= 10 {
		x := float32(m) / float32(pow10f[frac])
		if neg {
			x = -x
		}
		return x, true
	}
	x, ok := parseFloat(s, 32)
	return float32(x), ok
}

// plain reads digits with at most one point: mantissa and digits after the point.
func plain(s []byte) (m uint64, frac int, neg, ok bool) {
	i := 0
	if len(s) > 0 && s[0] == '-' {
		neg = true
		i = 1
	}
	if len(s)-i > 19 {
		return 0, 0, neg, false
	}
	point, digits := -1, 0
	for ; i < len(s); i++ {
		d := s[i] - '0'
		if d <= 9 {
			m = m*10 + uint64(d)
			digits++
			continue
		}
		if s[i] != '.' || point >= 0 {
			return 0, 0, neg, false
		}
		point = digits
	}
	if point >= 0 {
		frac = digits - point
	}
	return m, frac, neg, digits > 0
}

// parseFloat narrows Go's syntax to Java's.
func parseFloat(s []byte, bits int) (float64, bool) {
	body := s
	if len(body) > 0 && (body[0] == '-' || body[0] == '+') {
		body = body[1:]
	}
	if len(body) == 0 {
		return 0, false
	}
	switch body[0] {
	case 'N':
		return math.NaN(), string(body) == "NaN"
	case 'I':
		x := math.Inf(1)
		if s[0] == '-' {
			x = -x
		}
		return x, string(body) == "Infinity"
	case 'n', 'i':
		return 0, false
	}
	hex := len(body) > 1 && body[1]|0x20 == 'x'
	for _, c := range body {
		if c == '_' {
			return 0, false
		}
	}
	if hex && !hasExponent(body) {
		return 0, false // Java wants the exponent
	}
	if last := s[len(s)-1] | 0x20; len(body) > 1 && (last == 'd' || last == 'f') {
		s = s[:len(s)-1]
	}
	x, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(s), len(s)), bits)
	if err != nil && !math.IsInf(x, 0) {
		return 0, false
	}
	return x, true
}

func hasExponent(s []byte) bool {
	for _, c := range s {
		if c|0x20 == 'p' {
			return true
		}
	}
	return false
}
