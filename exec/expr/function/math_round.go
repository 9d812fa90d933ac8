package function

import (
	"math"
	"math/big"
	"strconv"
	"unsafe"

	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// roundMode is how digits are dropped.
type roundMode uint8

const (
	roundHalfUp roundMode = iota
	roundDown             // towards zero
)

// inferRound types ROUND and TRUNCATE. A DECIMAL keeps its whole digits and one more
// for the carry; how many digits it keeps after the point is known when the second
// argument is a literal, else the type stays.
func inferRound(name string) func(catalog.Call) (catalog.Resolved, error) {
	base := takes(name, []string{"NUMERIC [, INT]"}, arg(0))
	return func(c catalog.Call) (catalog.Resolved, error) {
		r, err := base(c)
		if err != nil || r.Args[0].Kind != types.Decimal {
			return r, err
		}
		digits := int64(0)
		if len(c.Args) == 2 {
			l := c.Lits[1]
			if l == nil || l.Value == nil {
				return r, nil
			}
			digits = l.Value.(int64)
		}
		p, s := r.Args[0].Precision, r.Args[0].Scale
		if digits >= int64(s) {
			return r, nil
		}
		if digits < 0 {
			r.Result = types.NewDecimal(min(types.MaxDecimalPrecision, 1+p-s), 0).WithNull(r.Result.Nullable)
		} else {
			r.Result = types.NewDecimal(1+p-s+int(digits), int(digits)).WithNull(r.Result.Nullable)
		}
		return r, nil
	}
}

// rounder makes ROUND or TRUNCATE. The number of digits may differ from row to row.
func rounder(mode roundMode) maker {
	return func(call *rex.Call) (Kernel, error) {
		digits := func(a args, i int) int {
			if !a.has(1) {
				return 0
			}
			return a.int(1, i)
		}
		from := call.Args[0].Type()
		if from.Kind == types.Decimal {
			return roundDecimals(call, mode, digits)
		}
		switch vec.PhysOf(from) {
		case vec.PhysI8:
			return fixedOf(func(_ *Frame, a args, i int) (int8, bool) {
				return int8(roundWhole(int64(a[0].Int8s()[i]), digits(a, i), mode)), true
			})(call)
		case vec.PhysI16:
			return fixedOf(func(_ *Frame, a args, i int) (int16, bool) {
				return int16(roundWhole(int64(a[0].Int16s()[i]), digits(a, i), mode)), true
			})(call)
		case vec.PhysI32:
			return fixedOf(func(_ *Frame, a args, i int) (int32, bool) {
				return int32(roundWhole(int64(a[0].Int32s()[i]), digits(a, i), mode)), true
			})(call)
		case vec.PhysI64:
			return fixedOf(func(_ *Frame, a args, i int) (int64, bool) {
				return roundWhole(a[0].Int64s()[i], digits(a, i), mode), true
			})(call)
		case vec.PhysF32:
			return fixedOf(func(_ *Frame, a args, i int) (float32, bool) {
				return float32(roundFloat(float64(a[0].Float32s()[i]), digits(a, i), mode)), true
			})(call)
		default:
			return fixedOf(func(_ *Frame, a args, i int) (float64, bool) {
				return roundFloat(a[0].Float64s()[i], digits(a, i), mode), true
			})(call)
		}
	}
}

// roundWhole rounds a whole number to 10^-digits if digits is negative.
func roundWhole(x int64, digits int, mode roundMode) int64 {
	switch {
	case digits >= 0:
		return x
	case digits < -18:
		return 0
	case mode == roundDown:
		return x / pow10[-digits] * pow10[-digits]
	default:
		return roundLong(x, -digits) * pow10[-digits]
	}
}

// roundFloat rounds the shortest decimal text of x, so that 2.345 becomes 2.35
// although the number is a little less. A FLOAT is taken as the DOUBLE it is.
func roundFloat(x float64, digits int, mode roundMode) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) || x == 0 {
		return x
	}
	if digits == 0 && math.Abs(x) < 1<<52 {
		if mode == roundDown {
			return math.Trunc(x) + 0 // never -0
		}
		return math.Copysign(math.Floor(math.Abs(x)+0.5), x) + 0
	}
	var buf, out [40]byte
	text := strconv.AppendFloat(buf[:0], math.Abs(x), 'e', -1, 64) // d.ddde±xx
	exp, mant := 0, text[:0]
	for k, c := range text {
		if c == 'e' {
			exp = exponent(text[k+1:])
			break
		}
		if c != '.' {
			mant = append(mant, c)
		}
	}
	keep := exp + 1 + digits // digits of the mantissa that stay
	if keep >= len(mant) {
		return x
	}
	if keep < 0 || keep == 0 && mode == roundDown {
		return 0
	}
	n := uint64(0)
	for _, c := range mant[:keep] {
		n = n*10 + uint64(c-'0')
	}
	if mode == roundHalfUp && mant[keep] >= '5' {
		n++
	}
	t := strconv.AppendInt(append(strconv.AppendUint(out[:0], n, 10), 'e'), int64(-digits), 10)
	r, _ := strconv.ParseFloat(unsafe.String(&t[0], len(t)), 64)
	return math.Copysign(r, x) + 0
}

// exponent reads ±xx.
func exponent(s []byte) int {
	n := 0
	for _, c := range s[1:] {
		n = n*10 + int(c-'0')
	}
	if s[0] == '-' {
		return -n
	}
	return n
}

func roundDecimals(call *rex.Call, mode roundMode, digits func(a args, i int) int) (Kernel, error) {
	from, to := call.Args[0].Type(), call.T
	round := func(a args, i int) (vec.Decimal, bool) {
		return roundDecimal(wideAt(a[0], i), from.Scale, digits(a, i), to, mode)
	}
	if isLong(to) {
		return fixedOf(func(_ *Frame, a args, i int) (int64, bool) {
			x, ok := round(a, i)
			return int64(x.LowBits()), ok
		})(call)
	}
	return fixedOf(func(_ *Frame, a args, i int) (vec.Decimal, bool) { return round(a, i) })(call)
}

// roundDecimal drops the digits of x past digits after the point and brings the
// result to the type to.
func roundDecimal(x vec.Decimal, scale, digits int, to types.Type, mode roundMode) (vec.Decimal, bool) {
	drop := scale - digits
	switch {
	case drop <= 0:
		return rescaleWide(x, scale, to.Scale, to.Precision)
	case drop > 38:
		return vec.Decimal{}, true
	case mode == roundHalfUp:
		x = roundWide(x, drop)
	default:
		x = truncWide(x, drop)
	}
	// x counts units of 10^-digits; digits may be negative.
	return rescaleWide(x, digits, to.Scale, to.Precision)
}

// truncWide divides by 10^k towards zero.
func truncWide(x vec.Decimal, k int) vec.Decimal {
	hi, lo, neg := abs128(x)
	for k > 0 {
		step := min(k, 18)
		hi, lo, _ = divRem64(hi, lo, uint64(pow10[step]))
		k -= step
	}
	return from128(hi, lo, neg)
}

// floorDecimal is the whole part of a decimal, rounded down, or up.
func floorDecimal(x vec.Decimal, scale int, up bool) vec.Decimal {
	if scale == 0 {
		return x
	}
	q, r := new(big.Int).QuoRem(x.BigInt(), pow10Wide[scale].BigInt(), new(big.Int))
	switch {
	case up && r.Sign() > 0:
		q.Add(q, big.NewInt(1))
	case !up && r.Sign() < 0:
		q.Sub(q, big.NewInt(1))
	}
	return decimal128.FromBigInt(q)
}

// floorLong is floorDecimal in 64 bits.
func floorLong(x int64, scale int, up bool) int64 {
	d := pow10[scale]
	q, r := x/d, x%d
	switch {
	case up && r > 0:
		q++
	case !up && r < 0:
		q--
	}
	return q
}

// inferFloor types FLOOR and CEIL: of a number the number's type, a DECIMAL without
// digits after the point; with a unit that of the time.
func inferFloor(name string) func(catalog.Call) (catalog.Resolved, error) {
	lists := []string{"NUMERIC", "DATE|TIME|TIMESTAMP|LTZ, SYMBOL", "INTERVAL"}
	return takes(name, lists, func(as []types.Type) types.Type {
		t := as[0]
		if t.Kind == types.Decimal {
			t.Scale = 0
		}
		return t
	})
}

func newFloor(up bool) maker {
	return func(call *rex.Call) (Kernel, error) {
		from := call.Args[0].Type()
		switch {
		case len(call.Args) == 2:
			return newFloorTime(call, up)
		case from.Kind == types.Decimal && isLong(from):
			return fixedOf(func(_ *Frame, a args, i int) (int64, bool) { return floorLong(a.i64(0, i), from.Scale, up), true })(call)
		case from.Kind == types.Decimal:
			return fixedOf(func(_ *Frame, a args, i int) (vec.Decimal, bool) {
				return floorDecimal(a[0].Decimals()[i], from.Scale, up), true
			})(call)
		case from.Kind == types.Double && up:
			return map1(math.Ceil)(call)
		case from.Kind == types.Double:
			return map1(math.Floor)(call)
		case from.Kind == types.Float:
			return map1(func(x float32) float32 {
				if up {
					return float32(math.Ceil(float64(x)))
				}
				return float32(math.Floor(float64(x)))
			})(call)
		}
		t := call.T // whole numbers and intervals are whole already
		return Kernel{Eval: func(_ *Frame, as []*vec.Vec, _ int) (*vec.Vec, error) { return as[0].As(t), nil }}, nil
	}
}
