package function

import (
	"math"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// convertNumber casts between numbers the way Java does: whole numbers wrap around,
// FLOAT and DOUBLE lose their fraction and stop at the limits of INT or BIGINT,
// DECIMAL loses its fraction. to is not DECIMAL (see castToDecimal); it may be an
// interval, which counts months or milliseconds.
func convertNumber(f *Frame, v *vec.Vec, to types.Type) *vec.Vec {
	out := f.New(to, v.Len)
	out.Valid = v.Valid
	if v.Type.Kind == types.Decimal {
		convertDecimal(out, v)
		return out
	}
	switch v.Phys() {
	case vec.PhysI8:
		convertFrom[int8](out, v)
	case vec.PhysI16:
		convertFrom[int16](out, v)
	case vec.PhysI32:
		convertFrom[int32](out, v)
	case vec.PhysI64:
		convertFrom[int64](out, v)
	case vec.PhysF32:
		convertFrom[float32](out, v)
	default:
		convertFrom[float64](out, v)
	}
	return out
}

func convertFrom[A number](out, v *vec.Vec) {
	src := vec.Slice[A](v)
	var z A
	switch any(z).(type) {
	case float32, float64:
		switch out.Phys() {
		case vec.PhysI8:
			convertLoop(out, src, func(x A) int8 { return int8(saturate32(float64(x))) })
		case vec.PhysI16:
			convertLoop(out, src, func(x A) int16 { return int16(saturate32(float64(x))) })
		case vec.PhysI32:
			convertLoop(out, src, func(x A) int32 { return saturate32(float64(x)) })
		case vec.PhysI64:
			convertLoop(out, src, func(x A) int64 { return saturate64(float64(x)) })
		case vec.PhysF32:
			convertPlain[A, float32](out, src)
		default:
			convertPlain[A, float64](out, src)
		}
		return
	}
	switch out.Phys() {
	case vec.PhysI8:
		convertPlain[A, int8](out, src)
	case vec.PhysI16:
		convertPlain[A, int16](out, src)
	case vec.PhysI32:
		convertPlain[A, int32](out, src)
	case vec.PhysI64:
		convertPlain[A, int64](out, src)
	case vec.PhysF32:
		convertPlain[A, float32](out, src)
	default:
		convertPlain[A, float64](out, src)
	}
}

func convertPlain[A, R number](out *vec.Vec, src []A) {
	dst := vec.Slice[R](out)[:len(src)]
	for i, x := range src {
		dst[i] = R(x)
	}
}

func convertLoop[A, R number](out *vec.Vec, src []A, conv func(A) R) {
	dst := vec.Slice[R](out)[:len(src)]
	for i, x := range src {
		dst[i] = conv(x)
	}
}

// saturate32 cuts a number to INT: NaN is 0, what is too large is the limit.
func saturate32(x float64) int32 {
	switch {
	case x != x:
		return 0
	case x >= math.MaxInt32:
		return math.MaxInt32
	case x <= math.MinInt32:
		return math.MinInt32
	default:
		return int32(x)
	}
}

// saturate64 cuts a number to BIGINT likewise.
func saturate64(x float64) int64 {
	switch {
	case x != x:
		return 0
	case x >= math.MaxInt64:
		return math.MaxInt64
	case x <= math.MinInt64:
		return math.MinInt64
	default:
		return int64(x)
	}
}

// convertDecimal casts DECIMALs to other numbers.
func convertDecimal(out, v *vec.Vec) {
	scale := v.Type.Scale
	long := v.Phys() == vec.PhysI64
	whole := func(i int) int64 {
		if long {
			return v.Int64s()[i] / pow10[min(scale, 18)]
		}
		return wholePart(v.Decimals()[i], scale)
	}
	for i := 0; i < v.Len; i++ {
		if v.IsNull(i) {
			continue
		}
		switch out.Phys() {
		case vec.PhysI8:
			out.Int8s()[i] = int8(whole(i))
		case vec.PhysI16:
			out.Int16s()[i] = int16(whole(i))
		case vec.PhysI32:
			out.Int32s()[i] = int32(whole(i))
		case vec.PhysI64:
			out.Int64s()[i] = whole(i)
		case vec.PhysF32:
			out.Float32s()[i] = float32(decimalFloat(wideAt(v, i), scale))
		default:
			out.Float64s()[i] = decimalFloat(wideAt(v, i), scale)
		}
	}
}

// wholePart drops the fraction of a decimal and keeps the low 64 bits.
func wholePart(x vec.Decimal, scale int) int64 {
	hi, lo, neg := abs128(x)
	for scale > 0 {
		step := min(scale, 18)
		hi, lo, _ = divRem64(hi, lo, uint64(pow10[step]))
		scale -= step
	}
	if neg {
		return -int64(lo)
	}
	return int64(lo)
}

// castToDecimal casts numbers to DECIMAL; a value of too many digits is NULL, under
// CAST too.
func castToDecimal(from, to types.Type) caster {
	p, s := to.Precision, to.Scale
	switch {
	case from.Kind == types.Float:
		return decimalRows(to, func(v *vec.Vec, i int) (vec.Decimal, bool) {
			return floatDecimal(float64(v.Float32s()[i]), 32, p, s)
		})
	case from.Kind == types.Double:
		return decimalRows(to, func(v *vec.Vec, i int) (vec.Decimal, bool) {
			return floatDecimal(v.Float64s()[i], 64, p, s)
		})
	case from.Kind != types.Decimal: // whole numbers are decimals of scale 0
		wider := newCaster(types.NewDecimal(19, 0), to)
		return func(f *Frame, v *vec.Vec, n int, bad badRow) (*vec.Vec, error) {
			fresh := f.Fresh()
			if isLong(to) {
				return longRescale(f, convertNumber(fresh, v, types.Int64), to, 0), nil
			}
			wide := fresh.New(types.NewDecimal(19, 0), n)
			wide.Valid = v.Valid
			for i, x := range convertNumber(fresh, v, types.Int64).Int64s() {
				wide.Decimals()[i] = vec.DecimalOf(x)
			}
			return wider(f, wide, n, bad)
		}
	case isLong(from) && isLong(to):
		return func(f *Frame, v *vec.Vec, _ int, _ badRow) (*vec.Vec, error) {
			return longRescale(f, v, to, from.Scale), nil
		}
	default:
		return decimalRows(to, func(v *vec.Vec, i int) (vec.Decimal, bool) {
			return rescaleWide(wideAt(v, i), from.Scale, s, p)
		})
	}
}

// longRescale brings 64-bit decimals of scale from to the DECIMAL type to.
func longRescale(f *Frame, v *vec.Vec, to types.Type, from int) *vec.Vec {
	out := f.New(to, v.Len)
	out.Valid = v.Valid
	shared := v.Valid != nil
	dst := out.Int64s()
	for i, x := range v.Int64s() {
		r, ok := rescaleLong(x, from, to.Scale, to.Precision)
		if dst[i] = r; !ok && !out.IsNull(i) {
			setNull(out, i, &shared)
		}
	}
	return out
}

func decimalRows(to types.Type, conv func(v *vec.Vec, i int) (vec.Decimal, bool)) caster {
	return func(f *Frame, v *vec.Vec, n int, _ badRow) (*vec.Vec, error) {
		out := f.New(to, n)
		out.Valid = v.Valid
		shared := v.Valid != nil
		put := putter(out)
		for i := 0; i < n; i++ {
			if v.IsNull(i) {
				continue
			}
			if x, ok := conv(v, i); ok {
				put(i, x)
			} else {
				setNull(out, i, &shared)
			}
		}
		return out, nil
	}
}

// castBool casts truth values to numbers: 1 and 0.
func castBool(to types.Type) caster {
	return func(f *Frame, v *vec.Vec, n int, bad badRow) (*vec.Vec, error) {
		bits := vec.FromSlice(types.Int8, vec.Slice[int8](v), v.Valid)
		if to.Kind == types.Decimal {
			return castToDecimal(types.Int8, to)(f, bits, n, bad)
		}
		return convertNumber(f, bits, to), nil
	}
}

// castTruth casts numbers to truth values: all but 0 are TRUE.
func castTruth(from types.Type) caster {
	return func(f *Frame, v *vec.Vec, _ int, _ badRow) (*vec.Vec, error) {
		out := f.New(types.Bool, v.Len)
		out.Valid = v.Valid
		dst := out.Bools()
		switch v.Phys() {
		case vec.PhysI8:
			compareConst(vec.NE, dst, v.Int8s(), 0)
		case vec.PhysI16:
			compareConst(vec.NE, dst, v.Int16s(), 0)
		case vec.PhysI32:
			compareConst(vec.NE, dst, v.Int32s(), 0)
		case vec.PhysI64:
			compareConst(vec.NE, dst, v.Int64s(), 0)
		case vec.PhysF32:
			compareConst(vec.NE, dst, v.Float32s(), 0)
		case vec.PhysF64:
			compareConst(vec.NE, dst, v.Float64s(), 0)
		default:
			for i, x := range v.Decimals() {
				dst[i] = x.Sign() != 0
			}
		}
		return out, nil
	}
}
