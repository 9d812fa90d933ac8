package text_test

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weir-sql/weir/connectors/format/text"
	"github.com/weir-sql/weir/exec/vec"
)

// TestDecimal compares with math/big on random numbers in every notation.
func TestDecimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		precision := rapid.IntRange(1, 38).Draw(t, "precision")
		scale := rapid.IntRange(0, precision).Draw(t, "scale")
		s := rapid.StringMatching(`[-+]?(0{0,3}[0-9]{1,40}(\.[0-9]{0,30})?|\.[0-9]{1,30})([eE][-+]?[0-9]{1,2})?`).Draw(t, "number")
		d, fits, ok := text.Decimal([]byte(s), precision, scale)
		if !ok {
			t.Fatalf("%q is not read", s)
		}
		r, isNumber := new(big.Rat).SetString(s)
		if !isNumber {
			t.Fatalf("%q is no number for math/big", s)
		}
		want := unscaled(r, scale)
		limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(precision)), nil)
		if wantFits := want.CmpAbs(limit) < 0; fits != wantFits {
			t.Fatalf("%q as DECIMAL(%d, %d): fits is %v, want %v", s, precision, scale, fits, wantFits)
		}
		if fits && d.BigInt().Cmp(want) != 0 {
			t.Fatalf("%q as DECIMAL(%d, %d) is %s, want %s", s, precision, scale, d.BigInt(), want)
		}
	})
}

// unscaled gives r × 10^scale, half a unit rounded away from zero.
func unscaled(r *big.Rat, scale int) *big.Int {
	x := new(big.Rat).Mul(r, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)))
	half := big.NewRat(1, 2)
	if x.Sign() < 0 {
		half.Neg(half)
	}
	x.Add(x, half)
	return new(big.Int).Quo(x.Num(), x.Denom())
}

func TestNotDecimal(t *testing.T) {
	for _, s := range []string{"", "-", ".", "e5", "1e", "1.2.3", "x", "1x", " 1", "1 ", "0x1", "NaN", "1e99999999999", "--1", "1e1.5"} {
		if _, _, ok := text.Decimal([]byte(s), 10, 2); ok {
			t.Errorf("%q is a number", s)
		}
	}
}

// TestInt compares with strconv.
func TestInt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[-+]?[0-9]{0,25}x?`).Draw(t, "number")
		bits := rapid.SampledFrom([]int{8, 16, 32, 64}).Draw(t, "bits")
		want, err := strconv.ParseInt(s, 10, bits)
		got, ok := text.Int([]byte(s), bits)
		if ok != (err == nil) || ok && got != want {
			t.Fatalf("%q in %d bits is %d, %v, want %d, %v", s, bits, got, ok, want, err)
		}
	})
}

// TestFloat compares with strconv, which rounds correctly.
func TestFloat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`-?[0-9]{1,20}(\.[0-9]{0,20})?([eE][-+]?[0-9]{1,3})?`).Draw(t, "number")
		want, _ := strconv.ParseFloat(s, 64)
		if got, ok := text.Float64([]byte(s)); !ok || math.Float64bits(got) != math.Float64bits(want) {
			t.Fatalf("%q is %v, want %v", s, got, want)
		}
		want32, _ := strconv.ParseFloat(s, 32)
		if got, ok := text.Float32([]byte(s)); !ok || math.Float32bits(got) != math.Float32bits(float32(want32)) {
			t.Fatalf("%q as FLOAT is %v, want %v", s, got, float32(want32))
		}
	})
}

func TestJavaFloats(t *testing.T) {
	for s, want := range map[string]float64{"1d": 1, "2.5F": 2.5, "Infinity": math.Inf(1), "-Infinity": math.Inf(-1), "+3": 3, "0x1p3": 8, "0x1.8p1d": 3, ".5": .5, "5.": 5} {
		if got, ok := text.Float64([]byte(s)); !ok || got != want {
			t.Errorf("%q is %v, %v, want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "inf", "nan", "infinity", "1_000", "0x1", "d", "1dd", "-", "1e"} {
		if got, ok := text.Float64([]byte(s)); ok {
			t.Errorf("%q is %v", s, got)
		}
	}
}

// TestTimestamp compares with package time over the years that nanoseconds hold.
func TestTimestamp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-9e9, 9e9).Draw(t, "second"), rapid.Int64Range(0, 999999999).Draw(t, "nanos")).UTC()
		digits := rapid.IntRange(0, 9).Draw(t, "digits")
		layout := "2006-01-02 15:04:05"
		if digits > 0 {
			layout += "." + "000000000"[:digits]
		}
		s := at.Format(layout)
		want, err := time.Parse(layout, s)
		if err != nil {
			t.Fatal(err)
		}
		for precision, unit := range map[int]int64{3: want.UnixMilli(), 6: want.UnixMicro(), 9: want.UnixNano()} {
			if got, ok := text.Timestamp([]byte(s), text.SQL, precision); !ok || got != unit {
				t.Fatalf("%q with precision %d is %d, %v, want %d", s, precision, got, ok, unit)
			}
			iso := s[:10] + "T" + s[11:]
			if got, ok := text.TimestampLTZ([]byte(iso+"Z"), text.ISO8601, precision); !ok || got != unit {
				t.Fatalf("%q with precision %d is %d, %v, want %d", iso, precision, got, ok, unit)
			}
		}
		y, m, d := at.Date()
		midnight := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		if day, ok := text.Date([]byte(s[:10])); !ok || int64(day)*86400 != midnight.Unix() {
			t.Fatalf("%q is day %d, want %d", s[:10], day, midnight.Unix()/86400)
		}
	})
}

func TestOutsideNanoseconds(t *testing.T) {
	for s, fits := range map[string]bool{"1677-09-21 00:12:43": false, "1678-01-01 00:00:00": true, "2261-12-31 23:59:59": true, "2262-04-12 00:00:00": false, "9999-12-31 23:59:59": false} {
		if _, ok := text.Timestamp([]byte(s), text.SQL, 9); ok != fits {
			t.Errorf("%q fits into nanoseconds: %v", s, ok)
		}
		if _, ok := text.Timestamp([]byte(s), text.SQL, 6); !ok {
			t.Errorf("%q does not fit into microseconds", s)
		}
	}
}

func TestAppendBigDecimal(t *testing.T) {
	for _, c := range []struct {
		unscaled int64
		scale    int
		want     string
	}{{0, 5, "0"}, {150, 2, "1.5"}, {100, 0, "1E+2"}, {-1234500, 3, "-1234.5"}, {1, 7, "1E-7"}, {1, 6, "0.000001"}, {12, 8, "1.2E-7"}, {123, 2, "1.23"}, {1000000, 6, "1"}, {-5, 2, "-0.05"}} {
		if got := string(text.AppendBigDecimal(nil, vec.DecimalOf(c.unscaled), c.scale)); got != c.want {
			t.Errorf("%d with scale %d is %s, want %s", c.unscaled, c.scale, got, c.want)
		}
	}
}

func BenchmarkTimestamp(b *testing.B) {
	s := []byte("2026-11-20 20:49:18.722")
	for b.Loop() {
		if _, ok := text.Timestamp(s, text.SQL, 3); !ok {
			b.Fatal("not read")
		}
	}
}

func BenchmarkDecimal(b *testing.B) {
	for _, s := range []string{"12.34", "1234567890123456789012345678.90"} {
		b.Run(fmt.Sprint(len(s)), func(b *testing.B) {
			in := []byte(s)
			for b.Loop() {
				if _, _, ok := text.Decimal(in, 38, 2); !ok {
					b.Fatal("not read")
				}
			}
		})
	}
}
