package vec

import (
	"bytes"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/types"
)

// FormatValue gives the text of row i as Flink prints results: TRUE, 1.0E10,
// DECIMAL plain, TIMESTAMP with the digits of its precision, TIMESTAMP_LTZ the same
// in UTC, BYTES as x'0a', ARRAY [a, b], MAP {k=v}, ROW (a, b), NULL as NULL.
func FormatValue(v *Vec, i int) string { return string(AppendText(nil, v, i, time.UTC)) }

// AppendText appends the text of FormatValue to dst, TIMESTAMP_LTZ being shown in zone.
func AppendText(dst []byte, v *Vec, i int, zone *time.Location) []byte {
	return appendText(dst, v, i, zone, false)
}

// AppendCastText appends what CAST to text gives: as AppendText, but bytes are taken for text.
func AppendCastText(dst []byte, v *Vec, i int, zone *time.Location) []byte {
	return appendText(dst, v, i, zone, true)
}

func appendText(dst []byte, v *Vec, i int, zone *time.Location, plain bool) []byte {
	if v.IsNull(i) {
		return append(dst, "NULL"...)
	}
	switch v.Phys() {
	case PhysBool:
		if v.Bools()[i] {
			return append(dst, "TRUE"...)
		}
		return append(dst, "FALSE"...)
	case PhysI8:
		return strconv.AppendInt(dst, int64(v.Int8s()[i]), 10)
	case PhysI16:
		return strconv.AppendInt(dst, int64(v.Int16s()[i]), 10)
	case PhysI32:
		return appendInt32Text(dst, v.Type, v.Int32s()[i])
	case PhysI64:
		return appendInt64Text(dst, v.Type, v.Int64s()[i], zone)
	case PhysF32:
		return AppendCastFloat(dst, float64(v.Float32s()[i]), 32)
	case PhysF64:
		return AppendCastFloat(dst, v.Float64s()[i], 64)
	case PhysDec:
		return AppendDecimal(dst, v.Decimals()[i], v.Type.Scale)
	case PhysBytes:
		if !plain && v.Type.In(types.Binary, types.VarBinary, types.Raw) {
			return append(hex.AppendEncode(append(dst, "x'"...), v.BytesAt(i)), '\'')
		}
		if v.Type.Kind == types.Variant {
			return append(dst, VariantText(v.BytesAt(i))...)
		}
		return append(dst, v.BytesAt(i)...)
	case PhysList:
		dst = append(dst, '[')
		for k := v.Off[i]; k < v.Off[i+1]; k++ {
			if k > v.Off[i] {
				dst = append(dst, ", "...)
			}
			dst = appendText(dst, v.Kids[0], int(k), zone, plain)
		}
		return append(dst, ']')
	case PhysMap:
		dst = append(dst, '{')
		for k := v.Off[i]; k < v.Off[i+1]; k++ {
			if k > v.Off[i] {
				dst = append(dst, ", "...)
			}
			dst = append(appendText(dst, v.Kids[0], int(k), zone, plain), '=')
			dst = appendText(dst, v.Kids[1], int(k), zone, plain)
		}
		return append(dst, '}')
	case PhysRow:
		dst = append(dst, '(')
		for f, kid := range v.Kids {
			if f > 0 {
				dst = append(dst, ", "...)
			}
			if v.Type.IsStructured() {
				dst = append(append(dst, v.Type.Fields[f].Name...), '=')
			}
			dst = appendText(dst, kid, i, zone, plain)
		}
		return append(dst, ')')
	default:
		return append(dst, "NULL"...)
	}
}

// VariantText is the JSON of a VARIANT: what its bytes hold before a NUL. What follows tells it
// from other VARIANTs of the same JSON: keys as they came, 1.0 that is written 1.
func VariantText(b []byte) []byte {
	text, _, _ := bytes.Cut(b, []byte{0})
	return text
}

func appendInt32Text(dst []byte, t types.Type, x int32) []byte {
	switch t.Kind {
	case types.Date:
		return AppendDate(dst, int64(x))
	case types.Time:
		return AppendTime(dst, int64(x)*int64(Milli), t.Precision)
	default:
		return strconv.AppendInt(dst, int64(x), 10)
	}
}

func appendInt64Text(dst []byte, t types.Type, x int64, zone *time.Location) []byte {
	switch t.Kind {
	case types.Timestamp:
		return AppendTimestamp(dst, x, t.Precision, time.UTC)
	case types.TimestampLTZ:
		return AppendTimestamp(dst, x, t.Precision, zone)
	case types.Decimal:
		return AppendDecimal(dst, DecimalOf(x), t.Scale)
	case types.IntervalYearMonth:
		return appendMonths(dst, x)
	case types.IntervalDayTime:
		return appendDayTime(dst, x)
	default:
		return strconv.AppendInt(dst, x, 10)
	}
}

// castDigits writes the shortest digits that are read as x again. Whole numbers beyond the
// mantissa are written as Java up to 18 does, with a digit more now and then: all digits
// but those that the lowest bits cannot tell.
func castDigits(x float64, bits int) string {
	_, exp := math.Frexp(x)
	exp-- // of the leading bit
	mantissa := 53
	if bits == 32 {
		mantissa = 24
	}
	if exp <= mantissa+1 || exp > 62 {
		return shortest(x, bits)
	}
	digits := 0
	if p := exp - mantissa - 1; p > 1 {
		digits = int(float64(p) * math.Log10(2))
	}
	whole, unit := int64(math.Abs(x)), int64(1)
	for range digits {
		unit *= 10
	}
	whole = (whole/unit + (whole%unit)*2/unit) * unit
	text := strconv.FormatInt(whole, 10)
	tail := strings.TrimRight(text[1:], "0")
	s := text[:1]
	if x < 0 {
		s = "-" + s
	}
	if tail != "" {
		s += "." + tail
	}
	return s + "e+" + strconv.Itoa(len(text)-1)
}

// AppendFloat appends a float in the notation of Java with the shortest digits that are read
// as x again: 1.0, 1.0E10, 1.2E-5, NaN, Infinity. bits is 32 or 64. It is what formats write.
func AppendFloat(dst []byte, x float64, bits int) []byte {
	return appendFloat(dst, x, bits, shortest)
}

// AppendCastFloat is AppendFloat with the digits that a CAST to text gives.
func AppendCastFloat(dst []byte, x float64, bits int) []byte {
	return appendFloat(dst, x, bits, castDigits)
}

// shortest writes the shortest digits that are read as x again: d.ddde±dd.
func shortest(x float64, bits int) string { return strconv.FormatFloat(x, 'e', -1, bits) }

func appendFloat(dst []byte, x float64, bits int, digits func(float64, int) string) []byte {
	switch {
	case math.IsNaN(x):
		return append(dst, "NaN"...)
	case math.IsInf(x, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(x, -1):
		return append(dst, "-Infinity"...)
	}
	at := len(dst)
	if a := math.Abs(x); a == 0 || a >= 1e-3 && a < 1e7 {
		dst = strconv.AppendFloat(dst, x, 'f', -1, bits)
		for _, c := range dst[at:] {
			if c == '.' {
				return dst
			}
		}
		return append(dst, ".0"...)
	}
	s := digits(x, bits) // d.ddde±dd
	mantissa, exp, _ := strings.Cut(s, "e")
	dst = append(dst, mantissa...)
	if !strings.Contains(mantissa, ".") {
		dst = append(dst, ".0"...)
	}
	dst = append(dst, 'E')
	if exp[0] == '-' {
		dst = append(dst, '-')
	}
	return append(dst, strings.TrimLeft(exp[1:], "0")...)
}

// AppendDecimal appends an unscaled decimal with scale digits after the point.
func AppendDecimal(dst []byte, d Decimal, scale int) []byte {
	if d.Sign() < 0 {
		dst = append(dst, '-')
	}
	digits := make([]byte, 0, 40)
	if mag := d.Abs(); mag.HighBits() == 0 {
		digits = strconv.AppendUint(digits, mag.LowBits(), 10)
	} else {
		x := d.BigInt()
		digits = x.Abs(x).Append(digits, 10)
	}
	for len(digits) <= scale {
		digits = append([]byte{'0'}, digits...)
	}
	point := len(digits) - scale
	dst = append(dst, digits[:point]...)
	if scale > 0 {
		dst = append(append(dst, '.'), digits[point:]...)
	}
	return dst
}

// AppendDate appends a day since the epoch as yyyy-MM-dd.
func AppendDate(dst []byte, day int64) []byte {
	y, m, d := civil(day)
	if y < 0 {
		dst = append(dst, '-')
		y = -y
	}
	dst = appendPadded(dst, y, 4)
	dst = appendPadded(append(dst, '-'), int64(m), 2)
	return appendPadded(append(dst, '-'), int64(d), 2)
}

// AppendTime appends nanoseconds of the day as HH:mm:ss and, if precision is not 0,
// as many digits of the second.
func AppendTime(dst []byte, nanos int64, precision int) []byte {
	s := nanos / 1e9
	dst = appendPadded(dst, s/3600, 2)
	dst = appendPadded(append(dst, ':'), s/60%60, 2)
	dst = appendPadded(append(dst, ':'), s%60, 2)
	if precision <= 0 {
		return dst
	}
	frac := nanos % 1e9
	for p := precision; p < 9; p++ {
		frac /= 10
	}
	return appendPadded(append(dst, '.'), frac, precision)
}

// AppendTimestamp appends a timestamp held in UnitOf(precision), as seen in zone,
// with precision digits of the second.
func AppendTimestamp(dst []byte, x int64, precision int, zone *time.Location) []byte {
	perSecond := int64(time.Second) / int64(UnitOf(precision))
	sec := floorDiv(x, perSecond)
	nanos := (x - sec*perSecond) * int64(UnitOf(precision))
	if zone != nil && zone != time.UTC {
		_, offset := time.Unix(sec, nanos).In(zone).Zone()
		sec += int64(offset)
	}
	day := floorDiv(sec, 86400)
	dst = AppendDate(dst, day)
	return AppendTime(append(dst, ' '), (sec-day*86400)*1e9+nanos, precision)
}

// appendMonths appends an interval of months as +1-02.
func appendMonths(dst []byte, x int64) []byte {
	x, dst = sign(dst, x)
	dst = strconv.AppendInt(dst, x/12, 10)
	return appendPadded(append(dst, '-'), x%12, 2)
}

// appendDayTime appends an interval of milliseconds as +1 02:03:04.005.
func appendDayTime(dst []byte, x int64) []byte {
	x, dst = sign(dst, x)
	const day = 24 * 3600 * 1000
	dst = strconv.AppendInt(dst, x/day, 10)
	return AppendTime(append(dst, ' '), x%day*int64(Milli), 3)
}

func sign(dst []byte, x int64) (int64, []byte) {
	if x < 0 {
		return -x, append(dst, '-')
	}
	return x, append(dst, '+')
}

func appendPadded(dst []byte, x int64, width int) []byte {
	for p := pow10(width - 1); p > x && p > 1; p /= 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, x, 10)
}

func pow10(n int) int64 {
	p := int64(1)
	for ; n > 0; n-- {
		p *= 10
	}
	return p
}

func floorDiv(x, y int64) int64 {
	q := x / y
	if x%y < 0 {
		q--
	}
	return q
}

// civil turns days since 1970-01-01 into a date of the proleptic Gregorian
// calendar. Years are counted from March, so that the leap day ends a year.
func civil(day int64) (year int64, month, dom int) {
	day += 719468 // days from 0000-03-01
	era := floorDiv(day, 146097)
	doe := day - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	dom = int(doy - (153*mp+2)/5 + 1)
	month = int(mp + 3)
	year = yoe + era*400
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, dom
}
