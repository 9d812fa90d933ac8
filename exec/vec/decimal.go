package vec

import (
	"math/big"
	"math/bits"

	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/weir-sql/weir/planner/types"
)

// DecimalOf widens an unscaled 64-bit decimal.
func DecimalOf(x int64) Decimal { return decimal128.FromI64(x) }

// NewDecimal makes an unscaled decimal from its halves.
func NewDecimal(high int64, low uint64) Decimal { return decimal128.New(high, low) }

// maxDecimal is 10^38, the first magnitude that has too many digits.
var maxDecimal = decimal128.GetScaleMultiplier(types.MaxDecimalPrecision)

// FitsDecimal reports whether a value has at most 38 digits.
func FitsDecimal(d Decimal) bool {
	// The upper half alone decides but for values next to the limit.
	if h, m := d.HighBits(), maxDecimal.HighBits(); h < m && h > -m-1 {
		return true
	}
	return d.Less(maxDecimal) && maxDecimal.Negate().Less(d)
}

// AddDecimal adds two values of the same scale that have at most 38 digits; ok is
// false if the sum has more.
func AddDecimal(a, b Decimal) (sum Decimal, ok bool) {
	lo, carry := bits.Add64(a.LowBits(), b.LowBits(), 0)
	hi, _ := bits.Add64(uint64(a.HighBits()), uint64(b.HighBits()), carry)
	sum = NewDecimal(int64(hi), lo)
	// Two values of 38 digits can leave 128 bits: then the sign is wrong.
	if wrapped := (a.HighBits() ^ int64(hi)) & (b.HighBits() ^ int64(hi)); wrapped < 0 {
		return sum, false
	}
	return sum, FitsDecimal(sum)
}

// DivideDecimal gives d * 10^scaleUp / n, halves rounded away from zero; ok is
// false if it has more than 38 digits.
func DivideDecimal(d Decimal, n int64, scaleUp int) (q Decimal, ok bool) {
	if x := int64(d.LowBits()); d == DecimalOf(x) && scaleUp <= 18 {
		if q, ok = divideSmall(x, n, uint64(pow10(scaleUp))); ok {
			return q, true
		}
	}
	x := d.BigInt()
	x.Mul(x, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scaleUp)), nil))
	return DecimalFromBig(DivideHalfUp(x, big.NewInt(n)))
}

// divideSmall gives x * up / n, halves rounded away from zero, if it fits 64 bits.
func divideSmall(x, n int64, up uint64) (q Decimal, ok bool) {
	by := uint64(max(n, -n)) // right for the least int64 too
	hi, lo := bits.Mul64(uint64(max(x, -x)), up)
	if hi >= by {
		return q, false
	}
	whole, rest := bits.Div64(hi, lo, by)
	if rest >= by-rest {
		if whole++; whole == 0 {
			return q, false
		}
	}
	if q = NewDecimal(0, whole); (x < 0) != (n < 0) {
		q = q.Negate()
	}
	return q, true
}

// DivideHalfUp gives x / y rounded to a whole number, halves away from zero. It
// changes x.
func DivideHalfUp(x, y *big.Int) *big.Int {
	sign := x.Sign() * y.Sign()
	rest := new(big.Int)
	x.QuoRem(x, y, rest)
	if rest.Abs(rest).Lsh(rest, 1).CmpAbs(y) >= 0 {
		x.Add(x, big.NewInt(int64(sign)))
	}
	return x
}

// DecimalFromBig narrows a value; ok is false if it has more than 38 digits.
func DecimalFromBig(x *big.Int) (d Decimal, ok bool) {
	if x.BitLen() > 127 {
		return Decimal{}, false
	}
	d = decimal128.FromBigInt(x)
	return d, FitsDecimal(d)
}
