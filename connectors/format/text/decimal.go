package text

import (
	"math/bits"

	"github.com/weir-sql/weir/exec/vec"
)

// Decimal reads a number in plain or scientific notation as an unscaled
// DECIMAL(precision, scale), rounding half up. fits is false if it needs more
// digits than precision, which SQL turns into NULL; ok is false if s is no number.
func Decimal(s []byte, precision, scale int) (d vec.Decimal, fits, ok bool) {
	digits, exp, neg, ok := scanDecimal(s)
	if !ok {
		return d, false, false
	}
	hi, lo, fits := unscale(digits, exp+int64(scale), precision)
	if neg {
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, borrow)
	}
	return vec.NewDecimal(int64(hi), lo), fits, true
}

// scanDecimal gives the significant digits of s (which may hold a point) and the
// power of ten of the last one.
func scanDecimal(s []byte) (digits []byte, exp int64, neg, ok bool) {
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	end, count, point := 0, 0, -1
	for ; end < len(s); end++ {
		c := s[end]
		if c == '.' && point < 0 {
			point = count
			continue
		}
		if c-'0' > 9 {
			break
		}
		count++
	}
	if count == 0 {
		return nil, 0, neg, false
	}
	if point >= 0 {
		exp = int64(point - count)
	}
	if end < len(s) {
		if s[end]|0x20 != 'e' {
			return nil, 0, neg, false
		}
		e, ok := Int(s[end+1:], 32)
		if !ok {
			return nil, 0, neg, false
		}
		exp += e
	}
	digits = s[:end]
	for len(digits) > 0 && (digits[0] == '0' || digits[0] == '.') {
		digits = digits[1:]
	}
	return digits, exp, neg, true
}

// unscale gives digits × 10^shift as a 128-bit number. Half a unit rounds up.
func unscale(digits []byte, shift int64, precision int) (hi, lo uint64, fits bool) {
	count := int64(len(digits))
	for _, c := range digits {
		if c == '.' {
			count--
		}
	}
	if count == 0 {
		return 0, 0, true
	}
	keep := count + shift // digits of the result, before a carry
	if keep > int64(precision) {
		return 0, 0, false
	}
	taken := int64(0)
	for _, c := range digits {
		if c == '.' {
			continue
		}
		if taken >= keep {
			if taken == keep && c >= '5' {
				hi, lo = add128(hi, lo, 1)
			}
			break
		}
		hi, lo = mul10(hi, lo, uint64(c-'0'))
		taken++
	}
	for ; taken < keep; taken++ {
		hi, lo = mul10(hi, lo, 0)
	}
	return hi, lo, less128(hi, lo, precision)
}

func mul10(hi, lo, add uint64) (uint64, uint64) {
	carry, low := bits.Mul64(lo, 10)
	return add128(hi*10+carry, low, add)
}

func add128(hi, lo, add uint64) (uint64, uint64) {
	lo, c := bits.Add64(lo, add, 0)
	return hi + c, lo
}

// powers holds 10^p as 128 bits.
var powers = func() (p [39][2]uint64) {
	p[0][1] = 1
	for i := 1; i < len(p); i++ {
		p[i][0], p[i][1] = mul10(p[i-1][0], p[i-1][1], 0)
	}
	return p
}()

// less128 reports whether the number is below 10^precision.
func less128(hi, lo uint64, precision int) bool {
	p := powers[precision]
	return hi < p[0] || hi == p[0] && lo < p[1]
}
