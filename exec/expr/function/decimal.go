package function

import (
	"math"
	"math/big"
	"math/bits"

	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// Scalar arithmetic on unscaled decimals of up to 38 digits. Anything that does not
// fit reports false: SQL makes it NULL (arithmetic) or an error (CAST). Rounding is
// half away from zero.

// pow10 are the powers of ten that fit 64 bits.
var pow10 = [19]int64{1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000,
	100000000000, 1000000000000, 10000000000000, 100000000000000, 1000000000000000, 10000000000000000,
	100000000000000000, 1000000000000000000}

// pow10Wide are the powers of ten up to 10^38.
var pow10Wide = func() (out [39]vec.Decimal) {
	for i := range out {
		out[i] = decimal128.GetScaleMultiplier(i)
	}
	return out
}()

// fitsLong reports |x| < 10^p for p <= 18.
func fitsLong(x int64, p int) bool { return x < pow10[p] && x > -pow10[p] }

// fitsWide reports |x| < 10^p for p <= 38.
func fitsWide(x vec.Decimal, p int) bool {
	lim := pow10Wide[p]
	return x.Less(lim) && x.Greater(lim.Negate())
}

// roundLong divides by 10^k, k <= 18, rounding half away from zero.
func roundLong(x int64, k int) int64 {
	d := pow10[k]
	q, r := x/d, x%d
	switch {
	case r >= d-r && r > 0:
		q++
	case -r >= d+r && r < 0:
		q--
	}
	return q
}

// abs128 gives the magnitude of x as two words, and whether x is negative.
func abs128(x vec.Decimal) (hi, lo uint64, neg bool) {
	if x.HighBits() < 0 {
		x = x.Negate()
		neg = true
	}
	return uint64(x.HighBits()), x.LowBits(), neg
}

func from128(hi, lo uint64, neg bool) vec.Decimal {
	d := decimal128.New(int64(hi), lo)
	if neg {
		return d.Negate()
	}
	return d
}

// mulWide multiplies; false if the product does not fit 127 bits.
func mulWide(a, b vec.Decimal) (vec.Decimal, bool) {
	ah, al, an := abs128(a)
	bh, bl, bn := abs128(b)
	if ah != 0 && bh != 0 {
		return vec.Decimal{}, false
	}
	hi, lo := bits.Mul64(al, bl)
	c1h, c1 := bits.Mul64(ah, bl)
	c2h, c2 := bits.Mul64(al, bh)
	if c1h != 0 || c2h != 0 {
		return vec.Decimal{}, false
	}
	hi, carry := bits.Add64(hi, c1, 0)
	hi, carry2 := bits.Add64(hi, c2, 0)
	if carry != 0 || carry2 != 0 || hi >= 1<<63 {
		return vec.Decimal{}, false
	}
	return from128(hi, lo, an != bn), true
}

// divRem64 divides a magnitude by a 64-bit divisor.
func divRem64(hi, lo, d uint64) (qhi, qlo, rem uint64) {
	qhi, r := hi/d, hi%d
	qlo, rem = bits.Div64(r, lo, d)
	return qhi, qlo, rem
}

// roundWide divides by 10^k, k <= 38, rounding half away from zero.
func roundWide(x vec.Decimal, k int) vec.Decimal {
	if k == 0 {
		return x
	}
	hi, lo, neg := abs128(x)
	// Dropping k-1 digits first and rounding the last one is exact: the digit at
	// the half decides alone.
	for k--; k > 0; {
		step := min(k, 18)
		hi, lo, _ = divRem64(hi, lo, uint64(pow10[step]))
		k -= step
	}
	hi, lo, r := divRem64(hi, lo, 10)
	if r >= 5 {
		var c uint64
		lo, c = bits.Add64(lo, 1, 0)
		hi += c
	}
	return from128(hi, lo, neg)
}

// rescaleWide brings x from one scale to another; false if it does not fit p digits.
func rescaleWide(x vec.Decimal, from, to, p int) (vec.Decimal, bool) {
	switch {
	case to > from:
		var ok bool
		if to-from > 38 {
			return x, x.Sign() == 0
		}
		if x, ok = mulWide(x, pow10Wide[to-from]); !ok {
			return x, false
		}
	case to < from:
		x = roundWide(x, from-to)
	}
	return x, fitsWide(x, p)
}

// rescaleLong is rescaleWide where value and result have at most 18 digits.
func rescaleLong(x int64, from, to, p int) (int64, bool) {
	switch {
	case to > from:
		if to-from > 18 {
			return x, x == 0
		}
		hi, lo := bits.Mul64(uint64(max(x, -x)), uint64(pow10[to-from]))
		if hi != 0 || lo >= 1<<63 {
			return 0, false
		}
		if x < 0 {
			x = -int64(lo)
		} else {
			x = int64(lo)
		}
	case to < from:
		if from-to > 18 {
			return 0, true
		}
		x = roundLong(x, from-to)
	}
	return x, fitsLong(x, p)
}

// divShort computes x * 10^k / y rounded half away from zero where the divisor fits
// 64 bits and the quotient 18 digits. Within these bounds rounding once is the same
// as rounding by way of 38 digits, see divWide.
func divShort(x, y vec.Decimal, k int) (vec.Decimal, bool) {
	yh, yl, yneg := abs128(y)
	if yh != 0 || k < 0 || k > 38 {
		return vec.Decimal{}, false
	}
	num, ok := mulWide(x, pow10Wide[k])
	if !ok {
		return vec.Decimal{}, false
	}
	hi, lo, neg := abs128(num)
	qhi, q, r := divRem64(hi, lo, yl)
	if r >= yl-r {
		q++
	}
	if qhi != 0 || q >= uint64(pow10[18]) {
		return vec.Decimal{}, false
	}
	return from128(0, q, neg != yneg), true
}

// divWide computes a / b to the given scale of the result as the reference does: the
// quotient first to 38 significant digits, then rounded to scale. b is not zero.
func divWide(a vec.Decimal, as int, b vec.Decimal, bs, p, s int) (vec.Decimal, bool) {
	if a.Sign() == 0 {
		return vec.Decimal{}, true
	}
	num, den := a.BigInt(), b.BigInt()
	neg := num.Sign()*den.Sign() < 0
	num.Abs(num)
	den.Abs(den)
	// num/den = q * 10^-(shift) with q of at least 38 digits.
	shift := max(0, 39+digits(den)-digits(num))
	num.Mul(num, bigPow10(shift))
	q, r := num.QuoRem(num, den, new(big.Int))
	scale := shift + as - bs
	if excess := digits(q) - 38; excess > 0 {
		q = roundBig(q, excess)
		scale -= excess
	} else if r.Lsh(r, 1).Cmp(den) >= 0 {
		q.Add(q, big.NewInt(1))
	}
	switch {
	case scale > s:
		q = roundBig(q, scale-s)
	case scale < s:
		q.Mul(q, bigPow10(s-scale))
	}
	if neg {
		q.Neg(q)
	}
	return fromBig(q, p)
}

// roundBig divides a non-negative q by 10^k, rounding half up. Digits that q has
// lost below its last one cannot change that.
func roundBig(q *big.Int, k int) *big.Int {
	d := bigPow10(k)
	q, r := q.QuoRem(q, d, new(big.Int))
	if r.Lsh(r, 1).Cmp(d) >= 0 {
		q.Add(q, big.NewInt(1))
	}
	return q
}

func digits(x *big.Int) int { return len(x.Text(10)) }

func bigPow10(k int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(k)), nil) }

// fromBig gives x if it has at most p digits.
func fromBig(x *big.Int, p int) (vec.Decimal, bool) {
	if x.BitLen() > 127 {
		return vec.Decimal{}, false
	}
	d := decimal128.FromBigInt(x)
	return d, fitsWide(d, p)
}

// wideAt reads row i of a DECIMAL vector of either layout.
func wideAt(v *vec.Vec, i int) vec.Decimal {
	if v.Phys() == vec.PhysI64 {
		return decimal128.FromI64(v.Int64s()[i])
	}
	return v.Decimals()[i]
}

// wides gives the values of a DECIMAL vector in 128 bits; buf is memory to use.
func wides(v *vec.Vec, buf *[]vec.Decimal) []vec.Decimal {
	if v.Phys() == vec.PhysDec {
		return v.Decimals()
	}
	if cap(*buf) < v.Len {
		*buf = make([]vec.Decimal, max(v.Len, vec.BatchSize))
	}
	out := (*buf)[:v.Len]
	for i, x := range v.Int64s() {
		out[i] = decimal128.FromI64(x)
	}
	return out
}

// putter writes DECIMALs that fit the vector's type.
func putter(v *vec.Vec) func(i int, x vec.Decimal) {
	if v.Phys() == vec.PhysI64 {
		long := v.Int64s()
		return func(i int, x vec.Decimal) { long[i] = int64(x.LowBits()) }
	}
	wide := v.Decimals()
	return func(i int, x vec.Decimal) { wide[i] = x }
}

// isLong reports whether a DECIMAL type is held in 64 bits.
func isLong(t types.Type) bool { return t.Precision <= 18 }

// decimalFloat is the number nearest to a decimal. Up to 2^53 digits and scale 22
// one division is exact; beyond that it goes through text.
func decimalFloat(x vec.Decimal, scale int) float64 {
	hi, lo, neg := abs128(x)
	if hi == 0 && lo < 1<<53 && scale <= 22 {
		f := float64(lo) / math.Pow10(scale)
		if neg {
			return -f
		}
		return f
	}
	f, _ := parseFloat(string(vec.AppendDecimal(make([]byte, 0, 48), x, scale)), 64)
	return f
}

// floatDecimal is the decimal of the shortest text that reads back as x, rounded to
// scale; false if it does not fit p digits or is no number.
func floatDecimal(x float64, bits, p, s int) (vec.Decimal, bool) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return vec.Decimal{}, false
	}
	var buf [400]byte
	text := appendPlainFloat(buf[:0], x, bits)
	return parseDecimal(text, p, s)
}

// rescaleBig brings x, which it may change, from one scale to another; false if it
// does not fit p digits.
func rescaleBig(x *big.Int, from, to, p int) (vec.Decimal, bool) {
	neg := x.Sign() < 0
	x.Abs(x)
	if to >= from {
		x.Mul(x, bigPow10(to-from))
	} else {
		x = roundBig(x, from-to)
	}
	if neg {
		x.Neg(x)
	}
	return fromBig(x, p)
}
