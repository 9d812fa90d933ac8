package function

import (
	"math/big"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/decimal128"
	"pgregory.net/rapid"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// genDecimal draws a DECIMAL type and an unscaled value of it; small and extreme
// values are drawn often.
func genDecimal(t *rapid.T, name string) (types.Type, *big.Int) {
	p := rapid.IntRange(1, 38).Draw(t, name+" precision")
	s := rapid.IntRange(0, p).Draw(t, name+" scale")
	limit := new(big.Int).Sub(bigPow10(p), big.NewInt(1))
	var x *big.Int
	switch rapid.IntRange(0, 3).Draw(t, name+" size") {
	case 0:
		x = big.NewInt(rapid.Int64Range(-20, 20).Draw(t, name))
	case 1:
		x = new(big.Int).Sub(limit, big.NewInt(rapid.Int64Range(0, 9).Draw(t, name)))
	default:
		hi, lo := rapid.Int64().Draw(t, name+" high"), rapid.Int64().Draw(t, name+" low")
		x = new(big.Int).Lsh(big.NewInt(hi), 63)
		x.Add(x, big.NewInt(lo))
	}
	x.Rem(x, new(big.Int).Add(limit, big.NewInt(1)))
	if rapid.Bool().Draw(t, name+" negative") {
		x.Neg(x)
	}
	return types.NewDecimal(p, s), x
}

// rounded is r at a scale, rounded half away from zero; nil if it has more than p digits.
func rounded(r *big.Rat, p, s int) *big.Int {
	n := new(big.Int).Mul(r.Num(), bigPow10(s))
	neg := n.Sign() < 0
	q, rem := new(big.Int).QuoRem(n.Abs(n), r.Denom(), new(big.Int))
	if rem.Lsh(rem, 1).Cmp(r.Denom()) >= 0 {
		q.Add(q, big.NewInt(1))
	}
	if q.Cmp(bigPow10(p)) >= 0 {
		return nil
	}
	if neg {
		q.Neg(q)
	}
	return q
}

func ratio(x *big.Int, scale int) *big.Rat { return new(big.Rat).SetFrac(x, bigPow10(scale)) }

// DECIMAL arithmetic agrees with exact fractions, rounded once to the result's scale
// (a quotient by way of 38 digits, see divWide). Where both fit 64 bits, so does it.
func TestDecimalArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at, ax := genDecimal(t, "a")
		bt, bx := genDecimal(t, "b")
		op := rapid.SampledFrom([]string{"+", "-", "*", "/", "%"}).Draw(t, "op")
		if bx.Sign() == 0 && (op == "/" || op == "%") {
			return
		}
		res, _, _, ok := types.Arith(op, at, bt)
		if !ok {
			t.Fatalf("%s %s %s has no type", at, op, bt)
		}
		res = types.AsDecimal(res)
		a, b := ratio(ax, at.Scale), ratio(bx, bt.Scale)
		exact := new(big.Rat)
		switch op {
		case "+":
			exact.Add(a, b)
		case "-":
			exact.Sub(a, b)
		case "*":
			exact.Mul(a, b)
		case "/":
			exact.Quo(a, b)
			exact = significant(exact, 38)
		default:
			q := new(big.Rat).Quo(a, b)
			whole := new(big.Int).Quo(q.Num(), q.Denom())
			exact.Sub(a, exact.Mul(b, new(big.Rat).SetInt(whole)))
		}
		want := rounded(exact, res.Precision, res.Scale)
		got, fits := wideDecimal(op, at, bt, res)(decimal128.FromBigInt(ax), decimal128.FromBigInt(bx))
		if fits != (want != nil) || fits && got.BigInt().Cmp(want) != 0 {
			t.Fatalf("%s %s %s: got %s (%v), want %v", a, op, b, got.BigInt(), fits, want)
		}
		if long := longIf(op, at, bt, res); long != nil {
			got, fits := long(ax.Int64(), bx.Int64())
			if fits != (want != nil) || fits && big.NewInt(got).Cmp(want) != 0 {
				t.Fatalf("%s %s %s in 64 bits: got %d (%v), want %v", a, op, b, got, fits, want)
			}
		}
	})
}

func longIf(op string, a, b, res types.Type) longOp {
	if !isLong(a) || !isLong(b) || !isLong(res) {
		return nil
	}
	return longDecimal(op, a, b, res)
}

// significant rounds a fraction to n significant digits.
func significant(r *big.Rat, n int) *big.Rat {
	if r.Sign() == 0 {
		return r
	}
	// 10^e <= |r| < 10^(e+1)
	e := len(new(big.Int).Abs(r.Num()).Text(10)) - len(r.Denom().Text(10))
	if new(big.Rat).Abs(r).Cmp(power(e)) < 0 {
		e--
	}
	shift := n - 1 - e
	scaled := new(big.Rat).Mul(r, power(shift))
	return new(big.Rat).Quo(new(big.Rat).SetInt(rounded(scaled, 1000, 0)), power(shift))
}

func power(e int) *big.Rat {
	if e < 0 {
		return new(big.Rat).SetFrac(big.NewInt(1), bigPow10(-e))
	}
	return new(big.Rat).SetInt(bigPow10(e))
}

// Rescaling, rounding and comparing agree with exact fractions; what is printed reads
// back.
func TestDecimalRescale(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at, ax := genDecimal(t, "a")
		to, bx := genDecimal(t, "b")
		a := decimal128.FromBigInt(ax)
		want := rounded(ratio(ax, at.Scale), to.Precision, to.Scale)
		got, fits := rescaleWide(a, at.Scale, to.Scale, to.Precision)
		if fits != (want != nil) || fits && got.BigInt().Cmp(want) != 0 {
			t.Fatalf("%s as %s: got %s (%v), want %v", ratio(ax, at.Scale), to, got.BigInt(), fits, want)
		}
		if isLong(at) && isLong(to) {
			got, fits := rescaleLong(ax.Int64(), at.Scale, to.Scale, to.Precision)
			if fits != (want != nil) || fits && big.NewInt(got).Cmp(want) != 0 {
				t.Fatalf("%s as %s in 64 bits: got %d (%v), want %v", ratio(ax, at.Scale), to, got, fits, want)
			}
		}
		text := vec.AppendDecimal(nil, a, at.Scale)
		if back, ok := parseDecimal(text, at.Precision, at.Scale); !ok || back != a {
			t.Fatalf("%s reads back as %s (%v)", text, back.BigInt(), ok)
		}
		av, bv := vec.FromValues(at, boxDecimal(at, ax)), vec.FromValues(to, boxDecimal(to, bx))
		if got, want := orderDecimals(at, to)(av, 0, bv, 0), ratio(ax, at.Scale).Cmp(ratio(bx, to.Scale)); sign(got) != want {
			t.Fatalf("%s and %s: order %d, want %d", ratio(ax, at.Scale), ratio(bx, to.Scale), got, want)
		}
	})
}

func boxDecimal(t types.Type, x *big.Int) any {
	if isLong(t) {
		return x.Int64()
	}
	return decimal128.FromBigInt(x)
}

func sign(x int) int {
	switch {
	case x < 0:
		return -1
	case x > 0:
		return 1
	}
	return 0
}
