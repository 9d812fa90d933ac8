package function

import (
	"bytes"
	"errors"
	"math"
	"sort"
	"strconv"
	"strings"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// variants holds the functions that make a VARIANT of a JSON text. Flink 2.2 has no more: a
// VARIANT can be passed on, compared with = and counted, but not cast or taken apart.
var variants = family("JSON", []entry{
	{
		Name: "PARSE_JSON", NullFrom: 1, Sigs: "PARSE_JSON(text [, allow duplicate keys])", Doc: "the JSON text as a VARIANT; fails if it is none, or if a key comes twice, unless the second argument is TRUE: then the last one counts",
		Ex:    "PARSE_JSON('{\"b\": 1, \"a\": [1.50, null]}') → {\"a\":[1.5,null],\"b\":1}",
		Takes: []string{"STRING [, BOOLEAN]"}, Gives: func(as []types.Type) types.Type { return types.AnyJSON.WithNull(as[0].Nullable) },
		New: newParseJSON(true), Fallible: true,
	},
	{
		Name: "TRY_PARSE_JSON", NullFrom: 2, Sigs: "TRY_PARSE_JSON(text [, allow duplicate keys])", Doc: "the JSON text as a VARIANT; NULL if it is none, or if a key comes twice, unless the second argument is TRUE",
		Ex:    "TRY_PARSE_JSON('{\"a\"') → NULL\nTRY_PARSE_JSON('[1, 2]') → [1,2]",
		Infer: inferTryParseJSON,
		New:   newParseJSON(false), Fallible: true,
	},
})

// inferTryParseJSON wants a type for NULL, which PARSE_JSON does not.
func inferTryParseJSON(c catalog.Call) (catalog.Resolved, error) {
	if len(c.Args) > 0 && c.Args[0].Kind == types.Null {
		return catalog.Resolved{}, errors.New("NULL has no type in TRY_PARSE_JSON: write CAST(NULL AS STRING)")
	}
	return takes("TRY_PARSE_JSON", []string{"STRING [, BOOLEAN]"}, nullable(types.AnyJSON))(c)
}

func newParseJSON(must bool) maker {
	return func(call *rex.Call) (Kernel, error) {
		p := &variantParser{}
		return textNulls(func(_ *Frame, call *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
			if a.has(1) && a.null(1, i) {
				return dst, false, fail(call, CodeArgument, "%s: whether keys may come twice is NULL", call.Fn)
			}
			if a.null(0, i) {
				return dst, false, nil
			}
			why := p.parse(a.str(0, i), a.has(1) && a.bool(1, i))
			if why != "" && must {
				return dst, false, fail(call, CodeJSON, "PARSE_JSON of %s: %s", quote(a[0], i), why).WithHint("TRY_PARSE_JSON gives NULL instead of failing")
			}
			return append(dst, p.out...), why == "", nil
		})(call)
	}
}

// variantParser makes the bytes of VARIANTs: the JSON that is shown (see vec.VariantText), and
// behind a NUL, where it differs, the JSON as = minds it.
type variantParser struct {
	doc    jsonDoc
	out    []byte
	told   []byte // the members in their order, numbers as they were written
	repeat bool   // keys may come twice
}

// parse says why s gives no VARIANT; "" if it does, and out holds it.
func (p *variantParser) parse(s string, repeat bool) string {
	if !p.doc.parse(s) {
		return "that is no JSON"
	}
	p.repeat, p.told = repeat, p.told[:0]
	shown, key := p.append(p.out[:0], 0)
	if p.out = shown; key != "" {
		return "key " + strconv.Quote(key) + " comes twice"
	}
	if !bytes.Equal(p.told, p.out) {
		p.out = append(append(p.out, 0), p.told...)
	}
	return ""
}

// append appends a node as it is shown to dst and as it is told apart to p.told. twice is a
// key that comes twice where none may.
func (p *variantParser) append(dst []byte, n int32) (_ []byte, twice string) {
	d := &p.doc
	at := len(dst)
	node := &d.nodes[n]
	switch node.kind {
	case jsonNumber:
		dst = appendVariantNumber(dst, d.raw(n))
		if raw := d.raw(n); strings.ContainsAny(raw, "eE") {
			p.told = append(p.told, dst[at:]...)
		} else {
			p.told = append(p.told, raw...)
		}
		return dst, ""
	case jsonArray:
		dst, p.told = append(dst, '['), append(p.told, '[')
		for k := n + 1; k < node.next; k = d.nodes[k].next {
			if k > n+1 {
				dst, p.told = append(dst, ','), append(p.told, ',')
			}
			if dst, twice = p.append(dst, k); twice != "" {
				return dst, twice
			}
		}
		p.told = append(p.told, ']')
		return append(dst, ']'), ""
	case jsonObject:
		p.told = append(p.told, '{')
		var ms members
		for k := n + 1; k < node.next; k = d.nodes[k].next {
			key := d.src[d.nodes[k].key:d.nodes[k].keyEnd]
			if d.nodes[k].escaped {
				key = string(appendUnescaped(nil, key))
			}
			if k > n+1 {
				p.told = append(p.told, ',')
			}
			p.told = append(appendJSONString(p.told, []byte(key)), ':')
			value, twice := p.append(nil, k)
			if had := len(ms); twice == "" && !p.repeat {
				if ms.put(key, value); len(ms) == had {
					twice = key
				}
			} else {
				ms.put(key, value)
			}
			if twice != "" {
				return dst, twice
			}
		}
		p.told = append(p.told, '}')
		sort.Slice(ms, func(i, j int) bool { return lessUTF16(ms[i].key, ms[j].key) })
		dst = append(dst, '{')
		for i, m := range ms {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(append(appendJSONString(dst, []byte(m.key)), ':'), m.value...)
		}
		return append(dst, '}'), ""
	default:
		dst = d.appendNode(dst, n)
		p.told = append(p.told, dst[at:]...)
		return dst, ""
	}
}

// appendVariantNumber appends a number: with an exponent, or of more digits than DECIMAL
// has, as DOUBLE, else with the digits it has, but for zeros at the end of its fraction.
func appendVariantNumber(dst []byte, raw string) []byte {
	digits := strings.TrimPrefix(raw, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	if w := strings.TrimLeft(whole, "0"); strings.ContainsAny(raw, "eE") || len(w)+len(fraction) > types.MaxDecimalPrecision {
		x, _ := strconv.ParseFloat(raw, 64) // too large is Infinity
		if math.Abs(x) == 0 {
			x = 0
		}
		return vec.AppendFloat(dst, x, 64)
	}
	if fraction = strings.TrimRight(fraction, "0"); fraction != "" {
		whole += "." + fraction
	}
	if len(digits) < len(raw) && strings.Trim(whole, "0.") != "" {
		dst = append(dst, '-')
	}
	return append(dst, whole...)
}

// lessUTF16 orders texts as Java does, by the 16-bit units of their characters.
func lessUTF16(a, b string) bool {
	ra, rb := []rune(a), []rune(b)
	for i := 0; i < len(ra) && i < len(rb); i++ {
		if x, y := ra[i], rb[i]; x != y {
			if highX, highY := x > 0xffff, y > 0xffff; highX != highY {
				// A pair of units starts with 0xd800 or more.
				return highX && y >= 0xe000 || highY && x < 0xd800
			}
			return x < y
		}
	}
	return len(ra) < len(rb)
}
