package vec

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

var tenTo38 = new(big.Int).Exp(big.NewInt(10), big.NewInt(38), nil)

func genDecimal(t *rapid.T, label string) Decimal {
	x := new(big.Int).Mul(big.NewInt(rapid.Int64().Draw(t, label)), big.NewInt(rapid.Int64().Draw(t, label)))
	if rapid.Bool().Draw(t, "small") {
		x = big.NewInt(rapid.Int64().Draw(t, label))
	}
	if rapid.IntRange(0, 5).Draw(t, "edge") == 0 {
		x = new(big.Int).Sub(tenTo38, big.NewInt(rapid.Int64Range(1, 3).Draw(t, "off")))
	}
	if rapid.Bool().Draw(t, "negative") {
		x.Neg(x)
	}
	x.Rem(x, tenTo38)
	d, ok := DecimalFromBig(x)
	if !ok {
		t.Fatalf("%s has more than 38 digits", x)
	}
	return d
}

// TestDecimals checks sums and quotients against math/big.
func TestDecimals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := genDecimal(t, "a"), genDecimal(t, "b")
		want := new(big.Int).Add(a.BigInt(), b.BigInt())
		got, ok := AddDecimal(a, b)
		if fits := want.CmpAbs(tenTo38) < 0; ok != fits || ok && got.BigInt().Cmp(want) != 0 {
			t.Fatalf("%s + %s = %s %v, want %s", a.BigInt(), b.BigInt(), got.BigInt(), ok, want)
		}
		n, up := rapid.Int64().Draw(t, "n"), rapid.IntRange(0, 20).Draw(t, "up")
		if rapid.Bool().Draw(t, "few") {
			n = rapid.SampledFrom([]int64{1, 2, 3, -2, 7, math.MinInt64, math.MaxInt64}).Draw(t, "n")
		}
		if n == 0 {
			n = 1
		}
		x := new(big.Int).Mul(a.BigInt(), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(up)), nil))
		// (2x + sign*|n|) / 2n, cut, rounds halves away from zero.
		double := new(big.Int).Lsh(x, 1)
		half := new(big.Int).Abs(big.NewInt(n))
		if x.Sign() < 0 {
			half.Neg(half)
		}
		want = double.Add(double, half)
		want.Quo(want, new(big.Int).Lsh(big.NewInt(n), 1))
		got, ok = DivideDecimal(a, n, up)
		if fits := want.CmpAbs(tenTo38) < 0; ok != fits || ok && got.BigInt().Cmp(want) != 0 {
			t.Fatalf("%s e%d / %d = %s %v, want %s", a.BigInt(), up, n, got.BigInt(), ok, want)
		}
	})
}
