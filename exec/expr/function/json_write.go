package function

import (
	"bytes"
	"encoding/base64"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// appendNode appends a node as JSON text without blanks, members sorted by key; of
// members of one key the last counts. Texts keep other scripts unescaped.
func (d *jsonDoc) appendNode(dst []byte, n int32) []byte {
	node := &d.nodes[n]
	switch node.kind {
	case jsonNull:
		return append(dst, "null"...)
	case jsonTrue:
		return append(dst, "true"...)
	case jsonFalse:
		return append(dst, "false"...)
	case jsonNumber:
		return appendJSONNumber(dst, d.raw(n))
	case jsonText:
		return appendJSONString(dst, d.content(n))
	case jsonArray:
		dst = append(dst, '[')
		for k := n + 1; k < node.next; k = d.nodes[k].next {
			if k > n+1 {
				dst = append(dst, ',')
			}
			dst = d.appendNode(dst, k)
		}
		return append(dst, ']')
	default:
		var ms members
		for k := n + 1; k < node.next; k = d.nodes[k].next {
			key := d.src[d.nodes[k].key:d.nodes[k].keyEnd]
			if d.nodes[k].escaped {
				key = string(appendUnescaped(nil, key))
			}
			ms.put(key, d.appendNode(nil, k))
		}
		return ms.append(dst)
	}
}

// content is a text node's text.
func (d *jsonDoc) content(n int32) []byte {
	if d.nodes[n].escaped {
		return appendUnescaped(nil, d.raw(n))
	}
	return []byte(d.raw(n))
}

// members collects the members of an object.
type members []member

type member struct {
	key   string
	value []byte // JSON text
}

func (ms *members) put(key string, value []byte) {
	for i := range *ms {
		if (*ms)[i].key == key {
			(*ms)[i].value = value
			return
		}
	}
	*ms = append(*ms, member{key, value})
}

func (ms members) append(dst []byte) []byte {
	sort.Slice(ms, func(i, j int) bool { return ms[i].key < ms[j].key })
	dst = append(dst, '{')
	for i, m := range ms {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSONString(dst, []byte(m.key))
		dst = append(append(dst, ':'), m.value...)
	}
	return append(dst, '}')
}

// appendJSONString appends a text in quotes; only quotes, backslashes and control
// characters are escaped.
func appendJSONString(dst []byte, s []byte) []byte {
	const digits = "0123456789ABCDEF"
	dst = append(dst, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c >= ' ':
			dst = append(dst, c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c == '\b':
			dst = append(dst, '\\', 'b')
		case c == '\f':
			dst = append(dst, '\\', 'f')
		default:
			dst = append(dst, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	return append(dst, '"')
}

// appendJSONNumber appends a number the way Java's BigDecimal writes it, a whole
// number as it is.
func appendJSONNumber(dst []byte, s string) []byte {
	if !strings.ContainsAny(s, ".eE") {
		if s == "-0" {
			return append(dst, '0')
		}
		return append(dst, s...)
	}
	neg := s[0] == '-'
	if neg {
		s = s[1:]
	}
	exp := 0
	if k := strings.IndexAny(s, "eE"); k >= 0 {
		exp, _ = strconv.Atoi(strings.TrimPrefix(s[k+1:], "+"))
		s = s[:k]
	}
	whole, frac, _ := strings.Cut(s, ".")
	digits := strings.TrimLeft(whole+frac, "0")
	scale := len(frac) - exp
	if digits == "" {
		digits, neg = "0", false
	}
	if neg {
		dst = append(dst, '-')
	}
	adjusted := len(digits) - 1 - scale
	if scale >= 0 && adjusted >= -6 {
		for len(digits) <= scale {
			digits = "0" + digits
		}
		dst = append(dst, digits[:len(digits)-scale]...)
		if scale > 0 {
			dst = append(append(dst, '.'), digits[len(digits)-scale:]...)
		}
		return dst
	}
	dst = append(dst, digits[0])
	if len(digits) > 1 {
		dst = append(append(dst, '.'), digits[1:]...)
	}
	if adjusted != 0 {
		dst = append(dst, 'E')
		if adjusted > 0 {
			dst = append(dst, '+')
		}
		dst = strconv.AppendInt(dst, int64(adjusted), 10)
	}
	return dst
}

// hasNullKey reports a MAP within row i that has NULL as a key, which JSON lacks.
func hasNullKey(v *vec.Vec, i int) bool {
	if v.IsNull(i) {
		return false
	}
	switch v.Phys() {
	case vec.PhysList, vec.PhysMap:
		for k := int(v.Off[i]); k < int(v.Off[i+1]); k++ {
			if v.Phys() == vec.PhysMap && v.Kids[0].IsNull(k) || hasNullKey(v.Kids[len(v.Kids)-1], k) {
				return true
			}
		}
	case vec.PhysRow:
		for _, kid := range v.Kids {
			if hasNullKey(kid, i) {
				return true
			}
		}
	}
	return false
}

// appendJSON appends row i of a vector as JSON.
func appendJSON(dst []byte, v *vec.Vec, i int) []byte {
	if v.IsNull(i) {
		return append(dst, "null"...)
	}
	switch v.Type.Kind {
	case types.Boolean:
		return strconv.AppendBool(dst, v.Bools()[i])
	case types.Float:
		return appendJSONFloat(dst, float64(v.Float32s()[i]))
	case types.Double:
		return appendJSONFloat(dst, v.Float64s()[i])
	case types.Char, types.VarChar:
		return appendJSONString(dst, v.BytesAt(i))
	case types.Binary, types.VarBinary:
		dst = base64.StdEncoding.AppendEncode(append(dst, '"'), v.BytesAt(i))
		return append(dst, '"')
	case types.Timestamp, types.TimestampLTZ:
		return appendISO(dst, momentOf(v.Int64s()[i], v.Type.Precision), v.Type.Kind == types.TimestampLTZ)
	case types.Array:
		dst = append(dst, '[')
		for k := v.Off[i]; k < v.Off[i+1]; k++ {
			if k > v.Off[i] {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, v.Kids[0], int(k))
		}
		return append(dst, ']')
	case types.Map, types.Multiset:
		var ms members
		for k := int(v.Off[i]); k < int(v.Off[i+1]); k++ {
			ms.put(string(v.Kids[0].BytesAt(k)), appendJSON(nil, v.Kids[1], k))
		}
		return ms.append(dst)
	case types.Row:
		var ms members
		for k, f := range v.Type.Fields {
			ms.put(f.Name, appendJSON(nil, v.Kids[k], i))
		}
		return ms.append(dst)
	default:
		return vec.AppendText(dst, v, i, time.UTC)
	}
}

// appendJSONFloat appends a number as BigDecimal writes Java's text of it.
func appendJSONFloat(dst []byte, x float64) []byte {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		dst = vec.AppendFloat(append(dst, '"'), x, 64)
		return append(dst, '"')
	}
	var buf [32]byte
	text := vec.AppendFloat(buf[:0], x, 64)
	return appendJSONNumber(dst, string(bytes.ToLower(text)))
}

// appendISO appends a moment as 2020-01-01T10:20:30.5, with Z if it is an instant.
func appendISO(dst []byte, m moment, instant bool) []byte {
	c := clockOf(m)
	dst = vec.AppendDate(append(dst, '"'), c.day)
	dst = vec.AppendTime(append(dst, 'T'), c.sec*1e9, 0)
	if m.nano > 0 {
		dst = append(dst, '.')
		dst = bytes.TrimRight(appendNumber(dst, m.nano, 9), "0")
	}
	if instant {
		dst = append(dst, 'Z')
	}
	return append(dst, '"')
}
