package print

import (
	"strconv"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// appendValue appends a value as Java's toString shows it in Flink's output:
// booleans in lower case, NULL as null, timestamps with a T and no trailing zeros,
// TIMESTAMP_LTZ in UTC with a Z, bytes as a list of numbers, rows as +I[…].
func appendValue(dst []byte, v *vec.Vec, i int) []byte {
	if v.IsNull(i) {
		return append(dst, "null"...)
	}
	switch v.Type.Kind {
	case types.Boolean:
		return strconv.AppendBool(dst, v.Bools()[i])
	case types.Timestamp, types.TimestampLTZ:
		return appendTimestamp(dst, v, i)
	case types.Time:
		return appendClock(dst, int64(v.Int32s()[i])*int64(vec.Milli))
	case types.Binary, types.VarBinary:
		return appendBytes(dst, v.BytesAt(i))
	case types.Array:
		return appendList(dst, v.Kids[0], int(v.Off[i]), int(v.Off[i+1]))
	case types.Map, types.Multiset:
		return appendMap(dst, v, i)
	case types.Row:
		dst = append(dst, "+I["...)
		for f, kid := range v.Kids {
			if f > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendValue(dst, kid, i)
		}
		return append(dst, ']')
	default:
		return vec.AppendText(dst, v, i, nil)
	}
}

func appendList(dst []byte, v *vec.Vec, from, to int) []byte {
	dst = append(dst, '[')
	for k := from; k < to; k++ {
		if k > from {
			dst = append(dst, ", "...)
		}
		dst = appendValue(dst, v, k)
	}
	return append(dst, ']')
}

func appendMap(dst []byte, v *vec.Vec, i int) []byte {
	dst = append(dst, '{')
	for k := int(v.Off[i]); k < int(v.Off[i+1]); k++ {
		if k > int(v.Off[i]) {
			dst = append(dst, ", "...)
		}
		dst = append(appendValue(dst, v.Kids[0], k), '=')
		dst = appendValue(dst, v.Kids[1], k)
	}
	return append(dst, '}')
}

func appendBytes(dst, b []byte) []byte {
	dst = append(dst, '[')
	for i, c := range b {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = strconv.AppendInt(dst, int64(int8(c)), 10)
	}
	return append(dst, ']')
}

// appendTimestamp prints 2026-11-20T20:49:18.722, without seconds if they are 0 (as
// Java's LocalDateTime does) unless it is an instant.
func appendTimestamp(dst []byte, v *vec.Vec, i int) []byte {
	unit := int64(vec.UnitOf(v.Type.Precision))
	x := v.Int64s()[i]
	perDay := int64(24*3600*1e9) / unit
	day := x / perDay
	if x%perDay < 0 {
		day--
	}
	nanos := (x - day*perDay) * unit
	dst = append(vec.AppendDate(dst, day), 'T')
	if v.Type.Kind == types.TimestampLTZ {
		return append(appendInstantClock(dst, nanos), 'Z')
	}
	return appendClock(dst, nanos)
}

// appendClock prints HH:mm, seconds if there are any, and the fraction in groups of
// three digits.
func appendClock(dst []byte, nanos int64) []byte {
	if nanos%(60*1e9) != 0 {
		return appendInstantClock(dst, nanos)
	}
	return vec.AppendTime(dst, nanos, 0)[:len(dst)+5]
}

func appendInstantClock(dst []byte, nanos int64) []byte {
	precision := 0
	switch {
	case nanos%1e9 == 0:
	case nanos%1e6 == 0:
		precision = 3
	case nanos%1e3 == 0:
		precision = 6
	default:
		precision = 9
	}
	return vec.AppendTime(dst, nanos, precision)
}
