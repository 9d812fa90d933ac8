package vec

import (
	"encoding/base64"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/weir-sql/weir/planner/types"
)

// AppendJSON appends row i as JSON: integers and finite floats as numbers, NaN and
// infinities as strings, DECIMAL, dates, times and intervals as strings (TIMESTAMP
// "2026-11-20 20:49:18.722", TIMESTAMP_LTZ the same in UTC with a Z), BYTES as
// base64, ROW and MAP as objects, ARRAY as an array, NULL as null.
func AppendJSON(dst []byte, v *Vec, i int) []byte {
	if v.IsNull(i) {
		return append(dst, "null"...)
	}
	switch v.Phys() {
	case PhysBool:
		return strconv.AppendBool(dst, v.Bools()[i])
	case PhysI8, PhysI16:
		return AppendText(dst, v, i, time.UTC)
	case PhysI32, PhysI64:
		if v.Type.IsInteger() {
			return AppendText(dst, v, i, time.UTC)
		}
		dst = AppendText(append(dst, '"'), v, i, time.UTC)
		if v.Type.Kind == types.TimestampLTZ {
			dst = append(dst, 'Z')
		}
		return append(dst, '"')
	case PhysF32:
		return appendJSONFloat(dst, float64(v.Float32s()[i]), 32)
	case PhysF64:
		return appendJSONFloat(dst, v.Float64s()[i], 64)
	case PhysDec:
		return append(AppendText(append(dst, '"'), v, i, time.UTC), '"')
	case PhysBytes:
		if v.Type.IsCharacter() {
			return AppendJSONString(dst, v.BytesAt(i))
		}
		if v.Type.Kind == types.Variant {
			return append(dst, VariantText(v.BytesAt(i))...)
		}
		return append(base64.StdEncoding.AppendEncode(append(dst, '"'), v.BytesAt(i)), '"')
	case PhysList:
		dst = append(dst, '[')
		for k := v.Off[i]; k < v.Off[i+1]; k++ {
			if k > v.Off[i] {
				dst = append(dst, ',')
			}
			dst = AppendJSON(dst, v.Kids[0], int(k))
		}
		return append(dst, ']')
	case PhysMap:
		dst = append(dst, '{')
		for k := v.Off[i]; k < v.Off[i+1]; k++ {
			if k > v.Off[i] {
				dst = append(dst, ',')
			}
			dst = append(appendJSONKey(dst, v.Kids[0], int(k)), ':')
			dst = AppendJSON(dst, v.Kids[1], int(k))
		}
		return append(dst, '}')
	case PhysRow:
		dst = append(dst, '{')
		for f, kid := range v.Kids {
			if f > 0 {
				dst = append(dst, ',')
			}
			dst = append(AppendJSONString(dst, []byte(v.Type.Fields[f].Name)), ':')
			dst = AppendJSON(dst, kid, i)
		}
		return append(dst, '}')
	default:
		return append(dst, "null"...)
	}
}

func appendJSONFloat(dst []byte, x float64, bits int) []byte {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return append(AppendFloat(append(dst, '"'), x, bits), '"')
	}
	return AppendFloat(dst, x, bits)
}

// appendJSONKey appends a map's key, which JSON wants as a string.
func appendJSONKey(dst []byte, v *Vec, i int) []byte {
	if v.Type.IsCharacter() && !v.IsNull(i) {
		return AppendJSONString(dst, v.BytesAt(i))
	}
	text := AppendText(nil, v, i, time.UTC)
	return AppendJSONString(dst, text)
}

// AppendJSONString appends text as a JSON string. Control characters are escaped,
// bytes that are not UTF-8 become U+FFFD.
func AppendJSONString(dst, text []byte) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			if r, size := utf8.DecodeRune(text[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		dst = append(dst, text[start:i]...)
		dst = appendJSONEscape(dst, c)
		i++
		start = i
	}
	return append(append(dst, text[start:]...), '"')
}

func appendJSONEscape(dst []byte, c byte) []byte {
	const digits = "0123456789abcdef"
	switch {
	case c == '"' || c == '\\':
		return append(dst, '\\', c)
	case c == '\n':
		return append(dst, '\\', 'n')
	case c == '\r':
		return append(dst, '\\', 'r')
	case c == '\t':
		return append(dst, '\\', 't')
	case c < ' ':
		return append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
	default:
		return append(dst, "\ufffd"...)
	}
}
