package result

import (
	"encoding/hex"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// AppendAnswer appends row i as one JSON value in the encoding in which programs that
// judge results read it: integers as numbers, FLOAT and DOUBLE as numbers with a point
// or exponent, DECIMAL, NaN and Infinity as strings, bytes as "0x…", times as text with
// the digits of their precision (TIMESTAMP_LTZ in UTC with a Z), intervals in ISO 8601,
// ROW and ARRAY as arrays, MAP and MULTISET as arrays of [key, value] sorted by their text.
func AppendAnswer(dst []byte, v *vec.Vec, i int) []byte {
	if v.IsNull(i) {
		return append(dst, "null"...)
	}
	switch v.Phys() {
	case vec.PhysBool:
		return strconv.AppendBool(dst, v.Bools()[i])
	case vec.PhysF32:
		return appendAnswerFloat(dst, float64(v.Float32s()[i]), 32)
	case vec.PhysF64:
		return appendAnswerFloat(dst, v.Float64s()[i], 64)
	case vec.PhysBytes:
		if v.Type.In(types.Char, types.VarChar) {
			return vec.AppendJSONString(dst, v.BytesAt(i))
		}
		if v.Type.Kind == types.Variant {
			return vec.AppendJSONString(dst, vec.VariantText(v.BytesAt(i)))
		}
		return append(hex.AppendEncode(append(dst, `"0x`...), v.BytesAt(i)), '"')
	case vec.PhysList:
		dst = append(dst, '[')
		for k := v.Off[i]; k < v.Off[i+1]; k++ {
			if k > v.Off[i] {
				dst = append(dst, ',')
			}
			dst = AppendAnswer(dst, v.Kids[0], int(k))
		}
		return append(dst, ']')
	case vec.PhysMap:
		return appendAnswerMap(dst, v, i)
	case vec.PhysRow:
		dst = append(dst, '[')
		for f, kid := range v.Kids {
			if f > 0 {
				dst = append(dst, ',')
			}
			dst = AppendAnswer(dst, kid, i)
		}
		return append(dst, ']')
	case vec.PhysNone:
		return append(dst, "null"...)
	}
	switch v.Type.Kind {
	case types.Date, types.Timestamp, types.TimestampLTZ:
		return appendAnswerTime(append(dst, '"'), v, i)
	case types.TinyInt, types.SmallInt, types.Integer, types.BigInt:
		return vec.AppendText(dst, v, i, time.UTC)
	case types.IntervalYearMonth:
		return append(appendPeriod(append(dst, '"'), v.Int64s()[i], v.Type.Unit), '"')
	case types.IntervalDayTime:
		return append(appendDuration(append(dst, '"'), v.Int64s()[i]), '"')
	default:
		return append(vec.AppendText(append(dst, '"'), v, i, time.UTC), '"')
	}
}

func appendAnswerFloat(dst []byte, x float64, bits int) []byte {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return append(vec.AppendCastFloat(append(dst, '"'), x, bits), '"')
	}
	return vec.AppendCastFloat(dst, x, bits)
}

// appendAnswerTime appends a date or timestamp; ISO 8601 marks years of more than
// four digits with a sign.
func appendAnswerTime(dst []byte, v *vec.Vec, i int) []byte {
	text := vec.AppendText(nil, v, i, time.UTC)
	if year, _, _ := strings.Cut(string(text), "-"); len(year) > 4 {
		dst = append(dst, '+')
	}
	dst = append(dst, text...)
	if v.Type.Kind == types.TimestampLTZ {
		dst = append(dst, 'Z')
	}
	return append(dst, '"')
}

func appendAnswerMap(dst []byte, v *vec.Vec, i int) []byte {
	var pairs []string
	for k := int(v.Off[i]); k < int(v.Off[i+1]); k++ {
		p := append(AppendAnswer([]byte{'['}, v.Kids[0], k), ',')
		pairs = append(pairs, string(append(AppendAnswer(p, v.Kids[1], k), ']')))
	}
	sort.Strings(pairs)
	return append(append(append(dst, '['), strings.Join(pairs, ",")...), ']')
}

// appendPeriod appends months as P1Y2M.
func appendPeriod(dst []byte, months int64, unit types.IntervalUnit) []byte {
	years := int64(0)
	if unit != types.Month {
		years, months = months/12, months%12
	}
	switch {
	case years == 0 && months == 0:
		return append(dst, "P0D"...)
	case months == 0:
		return fmt.Appendf(dst, "P%dY", years)
	case years == 0:
		return fmt.Appendf(dst, "P%dM", months)
	default:
		return fmt.Appendf(dst, "P%dY%dM", years, months)
	}
}

// appendDuration appends milliseconds as PT26H3M4.5S; days are hours there.
func appendDuration(dst []byte, ms int64) []byte {
	if ms == 0 {
		return append(dst, "PT0S"...)
	}
	dst = append(dst, "PT"...)
	if h := ms / 3600000; h != 0 {
		dst = append(strconv.AppendInt(dst, h, 10), 'H')
	}
	if m := ms / 60000 % 60; m != 0 {
		dst = append(strconv.AppendInt(dst, m, 10), 'M')
	}
	rest := ms % 60000
	if rest == 0 {
		return dst
	}
	if rest < 0 {
		dst, rest = append(dst, '-'), -rest
	}
	dst = strconv.AppendInt(dst, rest/1000, 10)
	if frac := rest % 1000; frac != 0 {
		dst = append(dst, '.')
		dst = append(dst, strings.TrimRight(fmt.Sprintf("%03d", frac), "0")...)
	}
	return append(dst, 'S')
}

// TypeText prints a type in full, as Flink serialises it: STRING is
// VARCHAR(2147483647), TIMESTAMP_LTZ(3) is TIMESTAMP(3) WITH LOCAL TIME ZONE.
func TypeText(t types.Type) string {
	t.Attr = types.NoTimeAttr
	null := ""
	if !t.Nullable {
		null = " NOT NULL"
	}
	bare := t
	bare.Nullable = true
	switch t.Kind {
	case types.VarChar:
		return fmt.Sprintf("VARCHAR(%d)%s", t.Precision, null)
	case types.VarBinary:
		return fmt.Sprintf("VARBINARY(%d)%s", t.Precision, null)
	case types.TimestampLTZ:
		return fmt.Sprintf("TIMESTAMP(%d) WITH LOCAL TIME ZONE%s", t.Precision, null)
	case types.Array:
		return "ARRAY<" + TypeText(*t.Elem) + ">" + null
	case types.Multiset:
		return "MULTISET<" + TypeText(*t.Elem) + ">" + null
	case types.Map:
		return "MAP<" + TypeText(*t.Key) + ", " + TypeText(*t.Elem) + ">" + null
	case types.Row:
		parts := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			parts[i] = "`" + strings.ReplaceAll(f.Name, "`", "``") + "` " + TypeText(f.Type)
		}
		head := "ROW<"
		if t.IsStructured() {
			head = "STRUCTURED<'" + t.Class + "', "
		}
		return head + strings.Join(parts, ", ") + ">" + null
	default:
		return bare.String() + null
	}
}
