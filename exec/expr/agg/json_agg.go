package agg

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

// jsonText is the type of JSON results, as Flink names it; they may be longer.
var jsonText = types.NewVarChar(2000).NotNull()

var jsonEntries = []*Entry{
	jsonObjectEntry("JSON_OBJECTAGG", true, "JSON_OBJECTAGG_NULL_ON_NULL"),
	jsonObjectEntry("JSON_OBJECTAGG_ABSENT_ON_NULL", false),
	jsonArrayEntry("JSON_ARRAYAGG", false, "JSON_ARRAYAGG_ABSENT_ON_NULL"),
	jsonArrayEntry("JSON_ARRAYAGG_NULL_ON_NULL", true),
}

func jsonObjectEntry(name string, nulls bool, aliases ...string) *Entry {
	return &Entry{
		Function: function(name+"(KEY key VALUE value)",
			"a JSON object of the keys and values, sorted by key; a key must not come twice",
			[]catalog.Example{{SQL: "SELECT JSON_OBJECTAGG(KEY k VALUE v) FROM (VALUES ('a', 1), ('b', 2)) T(k, v)", Result: `{"a":1,"b":2}`}},
			func(c catalog.Call) (catalog.Resolved, error) {
				if err := arity(name, c, 2, 2); err != nil {
					return catalog.Resolved{}, err
				}
				if !c.Args[0].IsCharacter() {
					return catalog.Resolved{}, refuse(name, c.Args[0], "a text as its key")
				}
				return jsonArgs(name, c, c.Args[1])
			}, aliases...),
		KeepsNulls: true,
		New:        func(c Config) (Acc, error) { return newListed(c, jsonObject{nulls}, true), nil },
	}
}

func jsonArrayEntry(name string, nulls bool, aliases ...string) *Entry {
	return &Entry{
		Function: function(name+"(value)", "a JSON array of the values, in the order of arrival",
			[]catalog.Example{{SQL: "SELECT JSON_ARRAYAGG(x) FROM (VALUES ('a'), ('b')) T(x)", Result: `["a","b"]`}},
			func(c catalog.Call) (catalog.Resolved, error) {
				if err := arity(name, c, 1, 1); err != nil {
					return catalog.Resolved{}, err
				}
				return jsonArgs(name, c, c.Args[0])
			}, aliases...),
		KeepsNulls: nulls,
		New:        func(c Config) (Acc, error) { return newListed(c, jsonArray{}, nulls), nil },
	}
}

func jsonArgs(name string, c catalog.Call, value types.Type) (catalog.Resolved, error) {
	if part, ok := types.HasJSON(value); !ok {
		return catalog.Resolved{}, fmt.Errorf("%s cannot make JSON of %s; cast it to STRING", name, part.Null())
	}
	return sameArgs(c, jsonText)
}

type jsonArray struct{}

func (jsonArray) result(l *arrivals, ids []int32) (*vec.Vec, error) {
	off, values := l.lists(ids)
	out := vec.NewBuilder(jsonText, len(ids))
	for j := range ids {
		buf := append(out.BytesBuf(), '[')
		for k := int(off[j]); k < int(off[j+1]); k++ {
			if k > int(off[j]) {
				buf = append(buf, ',')
			}
			buf = appendJSON(buf, values[0], k)
		}
		out.EndBytes(append(buf, ']'))
	}
	return out.Finish(), nil
}

// objectKey is a key of an object and the position of its value.
type objectKey struct {
	text string
	at   int
}

// jsonObject drops NULL values unless nulls is set.
type jsonObject struct{ nulls bool }

func (f jsonObject) result(l *arrivals, ids []int32) (*vec.Vec, error) {
	off, values := l.lists(ids)
	out := vec.NewBuilder(jsonText, len(ids))
	var keys []objectKey
	for j := range ids {
		buf := append(out.BytesBuf(), '{')
		seen := make(map[string]bool, off[j+1]-off[j])
		keys = keys[:0]
		for k := int(off[j]); k < int(off[j+1]); k++ {
			if values[0].IsNull(k) {
				return nil, diag.Errorf("W0524", diag.Span{}, "a key of JSON_OBJECTAGG is NULL").
					WithHint("Leave such rows out with FILTER (WHERE key IS NOT NULL).")
			}
			key := values[0].StringAt(k)
			if seen[key] {
				return nil, diag.Errorf("W0524", diag.Span{}, "key %q comes twice in JSON_OBJECTAGG", key)
			}
			seen[key] = true
			if !values[1].IsNull(k) || f.nulls {
				keys = append(keys, objectKey{key, k})
			}
		}
		slices.SortFunc(keys, func(a, b objectKey) int { return strings.Compare(a.text, b.text) })
		for i, key := range keys {
			if i > 0 {
				buf = append(buf, ',')
			}
			buf = append(vec.AppendJSONString(buf, []byte(key.text)), ':')
			buf = appendJSON(buf, values[1], key.at)
		}
		out.EndBytes(append(buf, '}'))
	}
	return out.Finish(), nil
}

// appendJSON appends a value as Flink's JSON functions do, which is not how weir's
// JSON format does: DECIMAL and floats are numbers as Java's BigDecimal prints
// them, a timestamp has a T.
func appendJSON(dst []byte, v *vec.Vec, i int) []byte {
	if v.IsNull(i) {
		return append(dst, "null"...)
	}
	switch v.Type.Kind {
	case types.Decimal:
		return vec.AppendText(dst, v, i, time.UTC)
	case types.Float, types.Double:
		return appendJSONFloat(dst, string(vec.AppendText(nil, v, i, time.UTC)))
	case types.Timestamp, types.TimestampLTZ:
		text := strings.Replace(vec.FormatValue(v, i), " ", "T", 1)
		if v.Type.Kind == types.TimestampLTZ {
			text += "Z"
		}
		return append(append(append(dst, '"'), text...), '"')
	case types.Binary, types.VarBinary:
		return append(base64.StdEncoding.AppendEncode(append(dst, '"'), v.BytesAt(i)), '"')
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
		dst = append(dst, '{')
		for k := v.Off[i]; k < v.Off[i+1]; k++ {
			if k > v.Off[i] {
				dst = append(dst, ',')
			}
			dst = append(vec.AppendJSONString(dst, []byte(vec.FormatValue(v.Kids[0], int(k)))), ':')
			dst = appendJSON(dst, v.Kids[1], int(k))
		}
		return append(dst, '}')
	case types.Row:
		dst = append(dst, '{')
		for f, kid := range v.Kids {
			if f > 0 {
				dst = append(dst, ',')
			}
			dst = append(vec.AppendJSONString(dst, []byte(v.Type.Fields[f].Name)), ':')
			dst = appendJSON(dst, kid, i)
		}
		return append(dst, '}')
	default:
		return vec.AppendJSON(dst, v, i)
	}
}

// appendJSONFloat turns Java's text of a float (1.0E10, 1.0E-5) into that of
// BigDecimal (1.0E+10, 0.000010): plain unless the exponent is above the digits or
// below -6.
func appendJSONFloat(dst []byte, text string) []byte {
	mantissa, exp, scientific := strings.Cut(text, "E")
	switch {
	case strings.ContainsAny(text, "aI"): // NaN, Infinity
		return append(append(append(dst, '"'), text...), '"')
	case !scientific:
		return append(dst, text...)
	case exp[0] != '-':
		return append(append(append(dst, mantissa...), "E+"...), exp...)
	case len(exp) > 2 || exp[1] > '6':
		return append(dst, text...)
	}
	digits := strings.Replace(mantissa, ".", "", 1)
	if digits[0] == '-' {
		dst, digits = append(dst, '-'), digits[1:]
	}
	dst = append(dst, "0."...)
	for z := exp[1] - '0'; z > 1; z-- {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}
