package function

import (
	"math"
	"strconv"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// mathematics holds the functions of numbers. Those of reals take any number, work
// in double precision and give NaN or Infinity where mathematics has no value.
var mathematics = family("math", []entry{
	real1("SQRT", "the square root", "SQRT(9) → 3.0", math.Sqrt),
	real1("LN", "the natural logarithm", "LN(1) → 0.0", math.Log),
	real1("LOG10", "the logarithm to base 10", "LOG10(100) → 2.0", math.Log10),
	real1("LOG2", "the logarithm to base 2", "LOG2(8) → 3.0", func(x float64) float64 { return math.Log(x) / math.Log(2) }),
	real1("EXP", "e to the power of x", "EXP(0) → 1.0", math.Exp),
	real1("SIN", "the sine", "SIN(0) → 0.0", math.Sin),
	real1("SINH", "the hyperbolic sine", "SINH(0) → 0.0", math.Sinh),
	real1("COS", "the cosine", "COS(0) → 1.0", math.Cos),
	real1("COSH", "the hyperbolic cosine", "COSH(0) → 1.0", math.Cosh),
	real1("TAN", "the tangent", "TAN(0) → 0.0", math.Tan),
	real1("TANH", "the hyperbolic tangent", "TANH(0) → 0.0", math.Tanh),
	real1("COT", "the cotangent", "COT(2) < 0 → TRUE", func(x float64) float64 { return 1 / math.Tan(x) }),
	real1("ASIN", "the arc sine", "ASIN(0) → 0.0", math.Asin),
	real1("ACOS", "the arc cosine", "ACOS(1) → 0.0", math.Acos),
	real1("ATAN", "the arc tangent", "ATAN(0) → 0.0", math.Atan),
	real1("DEGREES", "an angle in radians as degrees", "DEGREES(PI()) → 180.0", func(x float64) float64 { return x * (180 / math.Pi) }),
	real1("RADIANS", "an angle in degrees as radians", "RADIANS(180) → 3.141592653589793", func(x float64) float64 { return x / 180 * math.Pi }),
	real2("POWER", "POWER(x, y)", "x to the power of y", "POWER(2, 10) → 1024.0", math.Pow),
	real2("ATAN2", "ATAN2(y, x)", "the angle of the point (x, y)", "ATAN2(0, 1) → 0.0", math.Atan2),
	{
		Name: "LOG", Sigs: "LOG(x)\nLOG(base, x)", Doc: "the logarithm to a base, the natural one without", Ex: "LOG(2, 8) → 3.0",
		Takes: []string{"DOUBLE [, DOUBLE]"}, Gives: of(types.Float64),
		New: fixedOf(func(_ *Frame, a args, i int) (float64, bool) {
			if a.has(1) {
				return math.Log(a.f64(1, i)) / math.Log(a.f64(0, i)), true
			}
			return math.Log(a.f64(0, i)), true
		}),
	},
	{
		Name: "PI", Sigs: "PI()", Doc: "the ratio of a circle's circumference to its diameter", Ex: "PI() → 3.141592653589793",
		Takes: []string{""}, Gives: never(types.Float64), New: perBatch(func(*Ctx, types.Type) float64 { return math.Pi }),
	},
	{
		Name: "E", Sigs: "E()", Doc: "the base of the natural logarithm", Ex: "E() → 2.718281828459045",
		Takes: []string{""}, Gives: never(types.Float64), New: perBatch(func(*Ctx, types.Type) float64 { return math.E }),
	},
	{
		Name: "ABS", Sigs: "ABS(x)", Doc: "the absolute value", Ex: "ABS(-5) → 5\nABS(-2.5) → 2.5",
		Takes: []string{"NUMERIC"}, Gives: arg(0), New: newAbs,
	},
	{
		Name: "SIGN", Sigs: "SIGN(x)", Doc: "-1, 0 or 1 as x is negative, zero or positive", Ex: "SIGN(-5) → -1\nSIGN(2.5) → 1.0",
		Takes: []string{"NUMERIC"}, Gives: arg(0), New: newSign,
	},
	{
		Name: "ROUND", Sigs: "ROUND(x [, digits])", Doc: "x rounded half up to digits after the point (none), before it if negative",
		Ex: "ROUND(2.345, 2) → 2.35\nROUND(1250, -2) → 1300", Takes: []string{"NUMERIC [, INT]"}, Infer: inferRound("ROUND"), New: rounder(roundHalfUp),
	},
	{
		Name: "TRUNCATE", Sigs: "TRUNCATE(x [, digits])", Doc: "x cut to digits after the point (none), before it if negative",
		Ex: "TRUNCATE(42.345, 2) → 42.34", Takes: []string{"NUMERIC [, INT]"}, Infer: inferRound("TRUNCATE"), New: rounder(roundDown),
	},
	{
		Name: "CEIL", Aliases: []string{"CEILING"}, Sigs: "CEIL(x)\nCEIL(time TO unit)",
		Doc: "the least whole number that is not less; of a time the next begin of a unit",
		Ex:  "CEIL(1.2) → 2\nCEIL(TIMESTAMP '2024-02-29 12:34:56' TO MONTH) → 2024-03-01 00:00:00", Infer: inferFloor("CEIL"), New: newFloor(true),
	},
	{
		Name: "FLOOR", Sigs: "FLOOR(x)\nFLOOR(time TO unit)",
		Doc: "the greatest whole number that is not greater; of a time the begin of its unit",
		Ex:  "FLOOR(-1.2) → -2\nFLOOR(TIMESTAMP '2024-02-29 12:34:56' TO HOUR) → 2024-02-29 12:00:00", Infer: inferFloor("FLOOR"), New: newFloor(false),
	},
	{
		Name: "RAND", Sigs: "RAND([seed])", Doc: "a random number from 0 up to 1; with a seed always the same sequence",
		Ex: "RAND() < 1 → TRUE", Takes: []string{"[INT]"}, Gives: of(types.Float64), New: newRand, NonDeterministic: true,
	},
	{
		Name: "RAND_INTEGER", Sigs: "RAND_INTEGER([seed, ] n)", Doc: "a random whole number from 0 up to n; with a seed always the same sequence",
		Ex: "RAND_INTEGER(1) → 0", Takes: []string{"INT [, INT]"}, Gives: of(types.Int32), New: newRandInteger, NonDeterministic: true, Fallible: true,
	},
	{
		Name: "UUID", Sigs: "UUID()", Doc: "a random universally unique identifier", Ex: "CHAR_LENGTH(UUID()) → 36",
		Takes: []string{""}, Gives: never(types.NewChar(36)), New: newUUID, NonDeterministic: true,
	},
	{
		Name: "BIN", Sigs: "BIN(n)", Doc: "a whole number in binary", Ex: "BIN(5) → 101",
		Takes: []string{"BIGINT"}, Gives: of(types.String),
		New: textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
			return strconv.AppendUint(dst, uint64(a.i64(0, i)), 2), true
		}),
	},
	{
		Name: "HEX", Sigs: "HEX(n or text)", Doc: "a whole number, or the bytes of a text, in hexadecimal", Ex: "HEX(255) → FF\nHEX('hello') → 68656C6C6F",
		Takes: []string{"BIGINT", "STRING"}, Gives: of(types.String), New: newHex,
	},
	{
		Name: "UNHEX", NullFrom: 1, Sigs: "UNHEX(text)", Doc: "the bytes that these hexadecimal digits write, NULL if there are others", Ex: "UNHEX('616263') → x'616263'",
		Takes: []string{"STRING"}, Gives: nullable(types.Bytes), New: textOf(appendUnhex),
	},
})

// real1 is the entry of a function of one real number.
func real1(name, doc, ex string, fn func(float64) float64) entry {
	return entry{
		Name: name, Sigs: name + "(x)", Doc: doc, Ex: ex, Takes: []string{"DOUBLE"}, Gives: of(types.Float64), New: map1(fn),
	}
}

// real2 is the entry of a function of two real numbers.
func real2(name, sig, doc, ex string, fn func(x, y float64) float64) entry {
	return entry{
		Name: name, Sigs: sig, Doc: doc, Ex: ex, Takes: []string{"DOUBLE, DOUBLE"}, Gives: of(types.Float64), New: map2(fn),
	}
}

func absolute[T number](x T) T {
	if x < 0 {
		return -x
	}
	return x
}

func signOf[T number](x T) T {
	switch {
	case x < 0:
		return T(0) - 1
	case x > 0:
		return 1
	default:
		return x
	}
}

func newAbs(call *rex.Call) (Kernel, error) {
	switch vec.PhysOf(call.T) {
	case vec.PhysI8:
		return map1(absolute[int8])(call)
	case vec.PhysI16:
		return map1(absolute[int16])(call)
	case vec.PhysI32:
		return map1(absolute[int32])(call)
	case vec.PhysI64:
		return map1(absolute[int64])(call)
	case vec.PhysF32:
		return map1(func(x float32) float32 { return float32(math.Abs(float64(x))) })(call)
	case vec.PhysF64:
		return map1(math.Abs)(call)
	default:
		return map1(func(x vec.Decimal) vec.Decimal { return x.Abs() })(call)
	}
}

// newSign gives a DECIMAL's sign with the DECIMAL's scale, so 1 is 10^scale unscaled.
func newSign(call *rex.Call) (Kernel, error) {
	if call.T.Kind == types.Decimal {
		one := pow10Wide[call.T.Scale]
		if isLong(call.T) {
			return map1(func(x int64) int64 { return signOf(x) * int64(one.LowBits()) })(call)
		}
		return map1(func(x vec.Decimal) vec.Decimal {
			switch x.Sign() {
			case -1:
				return one.Negate()
			case 1:
				return one
			default:
				return vec.Decimal{}
			}
		})(call)
	}
	switch vec.PhysOf(call.T) {
	case vec.PhysI8:
		return map1(signOf[int8])(call)
	case vec.PhysI16:
		return map1(signOf[int16])(call)
	case vec.PhysI32:
		return map1(signOf[int32])(call)
	case vec.PhysI64:
		return map1(signOf[int64])(call)
	case vec.PhysF32:
		return map1(signOf[float32])(call)
	default:
		return map1(signOf[float64])(call)
	}
}

// newHex writes whole numbers without leading zeros, negative ones as 64 bits, and
// texts byte by byte.
func newHex(call *rex.Call) (Kernel, error) {
	const digits = "0123456789ABCDEF"
	if call.Args[0].Type().IsCharacter() {
		return textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
			for _, c := range a.bytes(0, i) {
				dst = append(dst, digits[c>>4], digits[c&15])
			}
			return dst, true
		})(call)
	}
	return textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
		at := len(dst)
		dst = strconv.AppendUint(dst, uint64(a.i64(0, i)), 16)
		for k := at; k < len(dst); k++ {
			if dst[k] >= 'a' {
				dst[k] -= 'a' - 'A'
			}
		}
		return dst, true
	})(call)
}

// appendUnhex reads pairs of digits; of an odd number the first digit gives a zero byte.
func appendUnhex(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
	s := a.str(0, i)
	if len(s)%2 == 1 {
		if hexDigit(s[0]) < 0 {
			return dst, false
		}
		dst, s = append(dst, 0), s[1:]
	}
	for ; len(s) > 0; s = s[2:] {
		hi, lo := hexDigit(s[0]), hexDigit(s[1])
		if hi < 0 || lo < 0 {
			return dst, false
		}
		dst = append(dst, byte(hi<<4|lo))
	}
	return dst, true
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	default:
		return -1
	}
}
