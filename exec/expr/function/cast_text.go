package function

import (
	"bytes"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// castToText prints values; the text is cut to the length of the target and, for
// CHAR, padded with blanks.
func castToText(from, to types.Type) caster {
	fit := fitText(to)
	return func(f *Frame, v *vec.Vec, n int, _ badRow) (*vec.Vec, error) {
		off, data := f.text(n)
		out := &vec.Vec{Type: to, Len: n, Valid: v.Valid, Off: off}
		off[0] = 0
		for i := 0; i < n; i++ {
			if !v.IsNull(i) {
				at := len(data)
				if from.IsBinary() {
					data = append(data, v.BytesAt(i)...)
				} else {
					data = vec.AppendCastText(data, v, i, f.zone().loc)
				}
				data = fit(data, at)
			}
			off[i+1] = int32(len(data))
		}
		out.Data = data
		if f.Scratch != nil {
			f.Scratch.data = data
		}
		return out, nil
	}
}

// fitText gives what cuts and pads the text that starts at data[at] to a type's
// length in characters.
func fitText(t types.Type) func(data []byte, at int) []byte {
	limit, pad := t.Precision, t.Kind == types.Char
	return func(data []byte, at int) []byte {
		text := data[at:]
		if len(text) <= limit && !pad { // characters are at most as many as bytes
			return data
		}
		chars := 0
		for i := 0; i < len(text); chars++ {
			if chars == limit {
				return data[:at+i]
			}
			_, size := utf8.DecodeRune(text[i:])
			i += size
		}
		for ; pad && chars < limit; chars++ {
			data = append(data, ' ')
		}
		return data
	}
}

// castBytes casts bytes and texts to BINARY and VARBINARY: cut to the length, and for
// BINARY padded with zeros.
func castBytes(to types.Type) caster {
	return func(f *Frame, v *vec.Vec, n int, _ badRow) (*vec.Vec, error) {
		off, data := f.text(n)
		out := &vec.Vec{Type: to, Len: n, Valid: v.Valid, Off: off}
		off[0] = 0
		for i := 0; i < n; i++ {
			if !v.IsNull(i) {
				b := v.BytesAt(i)
				data = append(data, b[:min(len(b), to.Precision)]...)
				for k := len(b); to.Kind == types.Binary && k < to.Precision; k++ {
					data = append(data, 0)
				}
			}
			off[i+1] = int32(len(data))
		}
		out.Data = data
		if f.Scratch != nil {
			f.Scratch.data = data
		}
		return out, nil
	}
}

// castFromText reads texts as values of a type.
func castFromText(to types.Type) caster {
	switch to.Kind {
	case types.Boolean:
		return rowCast(to, func(_ *Frame, v *vec.Vec, i int) (bool, bool) { return parseBool(v.StringAt(i)) })
	case types.TinyInt:
		return rowCast(to, func(_ *Frame, v *vec.Vec, i int) (int8, bool) {
			x, ok := parseWhole(v.BytesAt(i), math.MinInt8, math.MaxInt8)
			return int8(x), ok
		})
	case types.SmallInt:
		return rowCast(to, func(_ *Frame, v *vec.Vec, i int) (int16, bool) {
			x, ok := parseWhole(v.BytesAt(i), math.MinInt16, math.MaxInt16)
			return int16(x), ok
		})
	case types.Integer:
		return rowCast(to, func(_ *Frame, v *vec.Vec, i int) (int32, bool) {
			x, ok := parseWhole(v.BytesAt(i), math.MinInt32, math.MaxInt32)
			return int32(x), ok
		})
	case types.BigInt:
		return rowCast(to, func(_ *Frame, v *vec.Vec, i int) (int64, bool) {
			return parseWhole(v.BytesAt(i), math.MinInt64, math.MaxInt64)
		})
	case types.Float:
		return rowCast(to, func(_ *Frame, v *vec.Vec, i int) (float32, bool) {
			x, ok := parseFloat(v.StringAt(i), 32)
			return float32(x), ok
		})
	case types.Double:
		return rowCast(to, func(_ *Frame, v *vec.Vec, i int) (float64, bool) { return parseFloat(v.StringAt(i), 64) })
	case types.Decimal:
		p, s := to.Precision, to.Scale
		if isLong(to) {
			return rowCast(to, func(_ *Frame, v *vec.Vec, i int) (int64, bool) {
				x, ok := parseDecimal(v.BytesAt(i), p, s)
				return int64(x.LowBits()), ok
			})
		}
		return rowCast(to, func(_ *Frame, v *vec.Vec, i int) (vec.Decimal, bool) { return parseDecimal(v.BytesAt(i), p, s) })
	case types.Binary, types.VarBinary:
		return castBytes(to)
	case types.Date:
		return rowCast(to, func(_ *Frame, v *vec.Vec, i int) (int32, bool) { return parseDate(v.StringAt(i)) })
	case types.Time:
		return rowCast(to, func(_ *Frame, v *vec.Vec, i int) (int32, bool) {
			ms, ok := parseTime(v.StringAt(i))
			return truncateMillis(ms, to.Precision), ok
		})
	case types.Timestamp:
		return rowCast(to, func(_ *Frame, v *vec.Vec, i int) (int64, bool) {
			t, ok := parseTimestamp(v.StringAt(i))
			if !ok {
				return 0, false
			}
			return t.in(to.Precision)
		})
	case types.TimestampLTZ:
		return rowCast(to, func(f *Frame, v *vec.Vec, i int) (int64, bool) {
			t, ok := parseTimestamp(v.StringAt(i))
			if !ok {
				return 0, false
			}
			t.sec = f.zone().toInstant(t.sec)
			return t.in(to.Precision)
		})
	default:
		return nil
	}
}

// parseBool reads a truth value; upper and lower case are the same, blanks are not
// skipped.
func parseBool(s string) (value, ok bool) {
	if len(s) > 5 {
		return false, false
	}
	var low [5]byte
	for i := 0; i < len(s); i++ {
		low[i] = s[i]
		if 'A' <= s[i] && s[i] <= 'Z' {
			low[i] += 'a' - 'A'
		}
	}
	switch string(low[:len(s)]) {
	case "t", "true", "y", "yes", "1":
		return true, true
	case "f", "false", "n", "no", "0":
		return false, true
	}
	return false, false
}

// parseWhole reads a whole number within limits: blanks around it and a fraction of
// digits, which is dropped, are allowed.
func parseWhole(b []byte, low, high int64) (int64, bool) {
	b = bytes.Trim(b, " ")
	if len(b) == 0 {
		return 0, false
	}
	neg := b[0] == '-'
	if neg || b[0] == '+' {
		if b = b[1:]; len(b) == 0 {
			return 0, false
		}
	}
	limit := uint64(high)
	if neg {
		limit = uint64(-(low + 1)) + 1
	}
	var x uint64
	i := 0
	for ; i < len(b) && b[i] != '.'; i++ {
		d := b[i] - '0'
		if d > 9 || x > limit/10 {
			return 0, false
		}
		if x = x*10 + uint64(d); x > limit {
			return 0, false
		}
	}
	for i++; i < len(b); i++ {
		if b[i]-'0' > 9 {
			return 0, false
		}
	}
	if neg {
		return -int64(x), true
	}
	return int64(x), true
}

// parseFloat reads a number as Java does: blanks around it, a trailing f or d, NaN
// and Infinity with these very letters; what is too large is Infinity.
func parseFloat(s string, bitSize int) (float64, bool) {
	for len(s) > 0 && s[0] <= ' ' {
		s = s[1:]
	}
	for len(s) > 0 && s[len(s)-1] <= ' ' {
		s = s[:len(s)-1]
	}
	if s == "" {
		return 0, false
	}
	body, sign := s, 1
	if s[0] == '-' || s[0] == '+' {
		if body = s[1:]; s[0] == '-' {
			sign = -1
		}
	}
	switch body {
	case "NaN":
		return math.NaN(), true
	case "Infinity":
		return math.Inf(sign), true
	}
	switch s[len(s)-1] {
	case 'f', 'F', 'd', 'D':
		s = s[:len(s)-1]
	}
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c >= '0' && c <= '9', c == '.', c == 'e', c == 'E', c == '-', c == '+':
		case i == len(body)-1 && len(s) < len(body)+1:
		default:
			return 0, false
		}
	}
	x, err := strconv.ParseFloat(s, bitSize)
	if err != nil && !math.IsInf(x, 0) {
		return 0, false
	}
	return x, true
}

// appendPlainFloat appends the shortest decimal text of x without an exponent.
func appendPlainFloat(dst []byte, x float64, bits int) []byte {
	return strconv.AppendFloat(dst, x, 'f', -1, bits)
}

// parseDecimal reads a number with an optional fraction and exponent, blanks around
// it allowed, and rounds it to scale; false if it is none or has more than p digits.
func parseDecimal(b []byte, p, s int) (vec.Decimal, bool) {
	b = bytes.TrimFunc(b, func(r rune) bool { return r <= ' ' })
	if len(b) == 0 {
		return vec.Decimal{}, false
	}
	neg := b[0] == '-'
	if neg || b[0] == '+' {
		b = b[1:]
	}
	// The digits go into x until 38 of them; exp is the exponent of x's last digit.
	var hi, lo uint64
	exp, sig, seen, point, round := 0, 0, false, false, byte(0)
	i := 0
digits:
	for ; i < len(b); i++ {
		c := b[i]
		switch {
		case c == '.' && !point:
			point = true
		case c >= '0' && c <= '9':
			seen = true
			if point {
				exp--
			}
			switch {
			case sig == 0 && c == '0':
			case sig < 38:
				sig++
				hi, lo = mulAdd10(hi, lo, c-'0')
			default:
				if sig == 38 {
					round = c
				}
				sig++
				exp++
			}
		default:
			break digits
		}
	}
	if !seen {
		return vec.Decimal{}, false
	}
	if i < len(b) {
		if b[i] != 'e' && b[i] != 'E' {
			return vec.Decimal{}, false
		}
		e, err := strconv.Atoi(string(b[i+1:]))
		if err != nil {
			return vec.Decimal{}, false
		}
		exp += e
	}
	x := from128(hi, lo, neg)
	if x.Sign() == 0 {
		return x, true
	}
	if round != 0 && -exp < s { // all 38 digits count and more would be needed
		return vec.Decimal{}, false
	}
	if exp < -200 {
		return vec.Decimal{}, true
	}
	if round >= '5' && -exp == s {
		x = x.Add(from128(0, 1, neg))
	}
	if -exp > s {
		if -exp-s > 38 {
			return vec.Decimal{}, true
		}
		x = roundWide(x, -exp-s)
		return x, fitsWide(x, p)
	}
	return rescaleWide(x, -exp, s, p)
}

// mulAdd10 is x*10 + d on 128 bits; x has at most 37 digits.
func mulAdd10(hi, lo uint64, d byte) (uint64, uint64) {
	const low32 = 1<<32 - 1
	a, b := (lo&low32)*10+uint64(d), (lo>>32)*10
	b += a >> 32
	return hi*10 + b>>32, b<<32 | a&low32
}
