package function

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// jsons holds the JSON functions. The binder passes their clauses as option words:
//
//	JSON_VALUE(json, path, word, default, word, default)   NULL, ERROR or DEFAULT on empty, then on error
//	JSON_QUERY(json, path, wrapper, word, word)            WITHOUT_ARRAY, WITH_CONDITIONAL_ARRAY, WITH_UNCONDITIONAL_ARRAY
//	JSON_EXISTS(json, path, word)                          TRUE, FALSE, UNKNOWN or ERROR on error
//	JSON_OBJECT(word, key, value, …)  JSON_ARRAY(word, value, …)    NULL or ABSENT on null
var jsons = family("JSON", []entry{
	isJSON("IS_JSON_VALUE", "x IS JSON [VALUE]", "the text is JSON", "'[1]' IS JSON → TRUE", func(jsonKind) bool { return true }),
	isJSON("IS_JSON_OBJECT", "x IS JSON OBJECT", "the text is a JSON object", "'[1]' IS JSON OBJECT → FALSE", func(k jsonKind) bool { return k == jsonObject }),
	isJSON("IS_JSON_ARRAY", "x IS JSON ARRAY", "the text is a JSON array", "'[1]' IS JSON ARRAY → TRUE", func(k jsonKind) bool { return k == jsonArray }),
	isJSON("IS_JSON_SCALAR", "x IS JSON SCALAR", "the text is a JSON text, number, true, false or null", "'1' IS JSON SCALAR → TRUE", func(k jsonKind) bool { return k < jsonArray }),
	{
		Name: "JSON_EXISTS", Sigs: "JSON_EXISTS(json, path [TRUE|FALSE|UNKNOWN|ERROR ON ERROR])", Doc: "the path leads to something else than null",
		Ex:    "JSON_EXISTS('{\"a\": true}', '$.a') → TRUE",
		Takes: []string{"STRING, STRING [, SYMBOL]"}, Gives: nullable(types.Bool), New: newJSONExists, FallibleCall: hasError(2),
	},
	{
		Name: "JSON_VALUE", Sigs: "JSON_VALUE(json, path [RETURNING type] [NULL|ERROR|DEFAULT x ON EMPTY] [NULL|ERROR|DEFAULT x ON ERROR])",
		Doc: "the text, number or truth value at a path", Ex: "JSON_VALUE('{\"a\": {\"b\": \"x\"}}', '$.a.b') → x\nJSON_VALUE('{\"a\": 1}', '$.a' RETURNING INTEGER) → 1",
		Takes: []string{"STRING, STRING [, SYMBOL, ANY, SYMBOL, ANY]"}, Gives: nullable(types.String), New: newJSONValue, FallibleCall: jsonValueFails,
	},
	{
		Name: "JSON_QUERY", Sigs: "JSON_QUERY(json, path [RETURNING type] [WITHOUT|WITH [CONDITIONAL] WRAPPER] [NULL|EMPTY ARRAY|EMPTY OBJECT|ERROR ON EMPTY] [… ON ERROR])",
		Doc: "the array or object at a path as JSON text", Ex: "JSON_QUERY('{\"a\": [1, 2]}', '$.a') → [1,2]\nJSON_QUERY('{\"a\": 1}', '$.a' WITH WRAPPER) → [1]",
		Takes: []string{"STRING, STRING [, SYMBOL, SYMBOL, SYMBOL]"}, Gives: nullable(types.String), New: newJSONQuery, FallibleCall: hasError(3, 4),
	},
	{
		Name: "JSON_STRING", Sigs: "JSON_STRING(value)", Doc: "the value as JSON text", Ex: "JSON_STRING(ARRAY[1, 2]) → [1,2]",
		Takes: []string{"ANY"}, Gives: of(types.String), New: newJSONString,
	},
	{
		Name: "JSON_OBJECT", Sigs: "JSON_OBJECT([KEY] key VALUE value, … [NULL|ABSENT ON NULL])", Doc: "a JSON object of these members, sorted by key",
		Ex:    "JSON_OBJECT('k' VALUE 1, 'a' VALUE 'x') → {\"a\":\"x\",\"k\":1}",
		Takes: []string{"SYMBOL [, ANY...]"}, Gives: never(types.String), New: newJSONObject, Fallible: true,
	},
	{
		Name: "JSON_ARRAY", Sigs: "JSON_ARRAY(value, … [NULL|ABSENT ON NULL])", Doc: "a JSON array of these values",
		Ex:    "JSON_ARRAY(1, 'x', TRUE) → [1,\"x\",true]",
		Takes: []string{"SYMBOL [, ANY...]"}, Gives: never(types.String), New: newJSONArray, Fallible: true,
	},
	{
		Name: "JSON", Sigs: "JSON(text)", Doc: "a text that JSON_OBJECT and JSON_ARRAY take as JSON, not as a text",
		Ex:    "JSON_OBJECT('k' VALUE JSON('[1]')) → {\"k\":[1]}",
		Takes: []string{"STRING"}, Gives: of(types.String),
		New: func(call *rex.Call) (Kernel, error) {
			return Kernel{Eval: func(_ *Frame, as []*vec.Vec, _ int) (*vec.Vec, error) { return as[0].As(call.T), nil }}, nil
		},
	},
	{
		Name: "JSON_QUOTE", Sigs: "JSON_QUOTE(text)", Doc: "the text as a JSON string, in ASCII", Ex: "JSON_QUOTE('a\"b') → \"a\\\"b\"",
		Takes: []string{"STRING"}, Gives: of(types.String),
		New: textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
			return appendJSONQuoted(dst, a.str(0, i)), true
		}),
	},
	{
		Name: "JSON_UNQUOTE", Sigs: "JSON_UNQUOTE(text)", Doc: "the text of a JSON string, other texts as they are", Ex: "JSON_UNQUOTE('\"abc\"') → abc",
		Takes: []string{"STRING"}, Gives: of(types.String),
		New: textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
			return appendJSONUnquoted(dst, a.str(0, i)), true
		}),
	},
})

// isJSON is the entry of a test of texts; NULL is no JSON.
func isJSON(name, sig, doc, ex string, is func(jsonKind) bool) entry {
	return entry{
		Name: name, Sigs: sig, Doc: doc, Ex: ex, Takes: []string{"STRING"}, Gives: never(types.Bool),
		New: func(call *rex.Call) (Kernel, error) {
			var d jsonDoc
			return fixedNulls(func(_ *Frame, _ *rex.Call, a args, i int) (bool, bool, error) {
				return !a.null(0, i) && d.parse(a.str(0, i)) && is(d.nodes[0].kind), true, nil
			})(call)
		},
	}
}

// hasError reports whether one of the option words ks is ERROR.
func hasError(ks ...int) func(call *rex.Call) bool {
	return func(call *rex.Call) bool {
		for _, k := range ks {
			if w, _ := constText(call, k); w == "ERROR" {
				return true
			}
		}
		return false
	}
}

// jsonValueFails: RETURNING another type fails on values that are not of it.
func jsonValueFails(call *rex.Call) bool { return !call.T.IsCharacter() || hasError(2, 4)(call) }

// jsonFinder reads a document and follows a path. Its result for a row is a node, or
// text it has put together (of a list, of a function).
type jsonFinder struct {
	doc   jsonDoc
	paths map[string]*jsonPath
	bad   map[string]error
	buf   []int32
	list  []byte
}

func newJSONFinder() *jsonFinder {
	return &jsonFinder{paths: map[string]*jsonPath{}, bad: map[string]error{}}
}

// outcome says how following a path went.
type outcome uint8

const (
	found   outcome = iota
	nothing         // a lax path that leads nowhere, or to null
	broken          // anything that goes wrong under a strict path
)

func (f *jsonFinder) path(s string) (*jsonPath, error) {
	if p := f.paths[s]; p != nil {
		return p, nil
	}
	if err := f.bad[s]; err != nil {
		return nil, err
	}
	const limit = 1000 // of remembered paths, should they come from data
	if len(f.paths)+len(f.bad) > limit {
		clear(f.paths)
		clear(f.bad)
	}
	s = strings.Clone(s)
	p, err := parsePath(s)
	if err != nil {
		f.bad[s] = err
	} else {
		f.paths[s] = p
	}
	return p, err
}

var (
	errNoJSON     = errors.New("the text is not JSON")
	errNoValue    = errors.New("the path leads nowhere")
	errNullValue  = errors.New("the path leads to null")
	errNotScalar  = errors.New("the path leads to an array or object")
	errScalar     = errors.New("the path leads to neither an array nor an object")
	errEmptyValue = errors.New("the result is empty")
)

// find follows a path in a document. The node counts if list is nil; else list is the
// JSON text of a result that is no node, and it is an array unless scalar.
func (f *jsonFinder) find(json, path string) (n int32, list []byte, scalar, lax bool, err error) {
	p, err := f.path(path)
	if err != nil {
		return 0, nil, false, false, err
	}
	if !f.doc.parse(json) {
		return 0, nil, false, p.lax, errNoJSON
	}
	f.buf, scalar = f.buf[:0], false
	nodes, ok := p.find(&f.doc, 0, f.buf)
	if !ok {
		return 0, nil, false, p.lax, errNoValue
	}
	f.buf = nodes
	switch {
	case p.fn != "":
		list, scalar, ok = f.call(p.fn, nodes)
		if !ok {
			return 0, nil, false, p.lax, errNullValue
		}
		return 0, list, scalar, p.lax, nil
	case p.definite && len(nodes) == 1:
		return nodes[0], nil, false, p.lax, nil
	case p.definite: // several members of one object
		var ms members
		for _, k := range nodes {
			ms.put(f.doc.src[f.doc.nodes[k].key:f.doc.nodes[k].keyEnd], f.doc.appendNode(nil, k))
		}
		return 0, ms.append(f.list[:0]), false, p.lax, nil
	}
	return 0, f.array(nodes), false, p.lax, nil
}

// array writes nodes as a JSON array.
func (f *jsonFinder) array(nodes []int32) []byte {
	f.list = append(f.list[:0], '[')
	for i, n := range nodes {
		if i > 0 {
			f.list = append(f.list, ',')
		}
		f.list = f.doc.appendNode(f.list, n)
	}
	f.list = append(f.list, ']')
	return f.list
}

// call is a function at the end of a path.
func (f *jsonFinder) call(fn string, nodes []int32) (text []byte, scalar, ok bool) {
	if len(nodes) != 1 {
		return nil, false, false
	}
	n := nodes[0]
	kind := f.doc.nodes[n].kind
	parts := f.doc.elements(n)
	switch fn {
	case "length", "size":
		if kind != jsonArray && kind != jsonObject {
			return nil, false, false
		}
		return strconv.AppendInt(f.list[:0], int64(len(parts)), 10), true, true
	case "keys":
		if kind != jsonObject {
			return nil, false, false
		}
		f.list = append(f.list[:0], '[')
		for i, k := range parts {
			if i > 0 {
				f.list = append(f.list, ',')
			}
			key := f.doc.src[f.doc.nodes[k].key:f.doc.nodes[k].keyEnd]
			f.list = append(append(append(f.list, '"'), key...), '"')
		}
		f.list = append(f.list, ']')
		return f.list, false, true
	}
	if kind != jsonArray || len(parts) == 0 {
		return nil, false, false
	}
	least, most, sum := math.Inf(1), math.Inf(-1), 0.0
	for _, k := range parts {
		x, err := strconv.ParseFloat(f.doc.raw(k), 64)
		if err != nil || f.doc.nodes[k].kind != jsonNumber {
			return nil, false, false
		}
		least, most, sum = min(least, x), max(most, x), sum+x
	}
	x := map[string]float64{"min": least, "max": most, "sum": sum, "avg": sum / float64(len(parts))}[fn]
	return vec.AppendFloat(f.list[:0], x, 64), true, true
}

// value follows a path to a single value; what it leads to is text for texts, JSON
// text for numbers, true and false.
func (f *jsonFinder) value(dst []byte, json, path string) (out []byte, kind jsonKind, how outcome, why error) {
	n, list, scalar, lax, err := f.find(json, path)
	switch {
	case err != nil:
	case list != nil && scalar:
		return append(dst, list...), jsonNumber, found, nil
	case list != nil:
		err = errNotScalar
	default:
		switch kind = f.doc.nodes[n].kind; kind {
		case jsonNull:
			err = errNullValue
		case jsonArray, jsonObject:
			err = errNotScalar
		case jsonText:
			if f.doc.nodes[n].escaped {
				return appendUnescaped(dst, f.doc.raw(n)), kind, found, nil
			}
			return append(dst, f.doc.raw(n)...), kind, found, nil
		default:
			return f.doc.appendNode(dst, n), kind, found, nil
		}
	}
	if lax {
		return dst, 0, nothing, errEmptyValue
	}
	return dst, 0, broken, err
}

// onFailure is what JSON_VALUE gives where there is no value: the vector to take row i
// of, nil for NULL.
func onFailure(call *rex.Call, a args, how outcome, why error, i int) (*vec.Vec, error) {
	k := 2
	if how == broken {
		k = 4
	}
	switch word, _ := constText(call, k); word {
	case "ERROR":
		return nil, fail(call, CodeJSON, "%s of %s: %s", call.Fn, quote(a[0], i), why)
	case "DEFAULT":
		if !a.null(k+1, i) {
			return a[k+1], nil
		}
	}
	return nil, nil
}

func newJSONValue(call *rex.Call) (Kernel, error) {
	f := newJSONFinder()
	if call.T.IsCharacter() {
		return textNulls(func(_ *Frame, call *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
			if a.null(0, i) || a.null(1, i) {
				return dst, false, nil
			}
			dst, _, how, why := f.value(dst, a.str(0, i), a.str(1, i))
			if how == found {
				return dst, true, nil
			}
			instead, err := onFailure(call, a, how, why, i)
			if instead == nil {
				return dst, false, err
			}
			return append(dst, instead.BytesAt(i)...), true, nil
		})(call)
	}
	mismatch := func(a args, i int, text []byte) error {
		return fail(call, CodeJSON, "JSON_VALUE of %s gives %s, which is no %s", quote(a[0], i), quoteText(string(text)), plain(call.T))
	}
	var buf []byte
	switch call.T.Kind {
	case types.Boolean:
		return jsonReturning(f, &buf, func(a args, i int, kind jsonKind, text []byte) (bool, error) {
			if kind != jsonTrue && kind != jsonFalse {
				return false, mismatch(a, i, text)
			}
			return kind == jsonTrue, nil
		})(call)
	case types.Integer:
		return jsonReturning(f, &buf, func(a args, i int, kind jsonKind, text []byte) (int32, error) {
			x, err := strconv.ParseInt(string(text), 10, 32)
			if kind != jsonNumber || err != nil {
				return 0, mismatch(a, i, text)
			}
			return int32(x), nil
		})(call)
	case types.Double:
		return jsonReturning(f, &buf, func(a args, i int, kind jsonKind, text []byte) (float64, error) {
			x, err := strconv.ParseFloat(string(text), 64)
			if kind != jsonNumber || err != nil && !math.IsInf(x, 0) {
				return 0, mismatch(a, i, text)
			}
			return x, nil
		})(call)
	}
	return Kernel{}, fail(call, CodeUnbuilt, "JSON_VALUE returns STRING, BOOLEAN, INTEGER or DOUBLE, not %s", plain(call.T))
}

// jsonReturning makes JSON_VALUE with a fixed-width result.
func jsonReturning[R vec.Fixed](f *jsonFinder, buf *[]byte, conv func(a args, i int, kind jsonKind, text []byte) (R, error)) maker {
	return fixedNulls(func(_ *Frame, call *rex.Call, a args, i int) (R, bool, error) {
		var zero R
		if a.null(0, i) || a.null(1, i) {
			return zero, false, nil
		}
		text, kind, how, why := f.value((*buf)[:0], a.str(0, i), a.str(1, i))
		*buf = text
		if how == found {
			r, err := conv(a, i, kind, text)
			return r, true, err
		}
		instead, err := onFailure(call, a, how, why, i)
		if instead == nil {
			return zero, false, err
		}
		return vec.Slice[R](instead)[i], true, nil
	})
}

func newJSONExists(call *rex.Call) (Kernel, error) {
	f := newJSONFinder()
	word, _ := constText(call, 2)
	return fixedErr(func(_ *Frame, call *rex.Call, a args, i int) (bool, bool, error) {
		n, list, _, lax, err := f.find(a.str(0, i), a.str(1, i))
		switch {
		case err == nil:
			return list != nil || f.doc.nodes[n].kind != jsonNull, true, nil
		case lax:
			return false, true, nil
		case word == "ERROR":
			return false, false, fail(call, CodeJSON, "JSON_EXISTS of %s: %s", quote(a[0], i), err)
		default:
			return word == "TRUE", word != "UNKNOWN", nil
		}
	})(call)
}

func newJSONQuery(call *rex.Call) (Kernel, error) {
	f := newJSONFinder()
	if call.T.Kind == types.Array {
		var buf []byte
		var d jsonDoc
		return builtOf(func(_ *Frame, call *rex.Call, b *vec.Builder, a args, i int) error {
			text, ok, err := f.query(buf[:0], call, a, i)
			if !ok || err != nil {
				b.Null()
				return err
			}
			buf = text
			if !d.parse(string(text)) || d.nodes[0].kind != jsonArray {
				b.Null()
				return nil
			}
			for _, k := range d.elements(0) {
				switch d.nodes[k].kind {
				case jsonNull:
					b.Kid(0).Null()
				case jsonText:
					b.Kid(0).Bytes(d.content(k))
				default:
					b.Kid(0).Bytes(d.appendNode(nil, k))
				}
			}
			b.EndList()
			return nil
		})(call)
	}
	return textErr(func(_ *Frame, call *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
		return f.query(dst, call, a, i)
	})(call)
}

// query appends what JSON_QUERY gives as JSON text; false for NULL.
func (f *jsonFinder) query(dst []byte, call *rex.Call, a args, i int) ([]byte, bool, error) {
	wrapper, _ := constText(call, 2)
	n, list, scalar, lax, err := f.find(a.str(0, i), a.str(1, i))
	kind := jsonArray
	if err == nil && list == nil {
		kind = f.doc.nodes[n].kind
		f.list = f.doc.appendNode(f.list[:0], n)
		list = f.list
	} else if scalar {
		kind = jsonNumber
	} else if len(list) > 0 && list[0] == '{' {
		kind = jsonObject
	}
	switch {
	case err != nil:
	case kind == jsonNull:
		err = errNullValue
	case wrapper == "WITH_UNCONDITIONAL_ARRAY", wrapper == "WITH_CONDITIONAL_ARRAY" && kind != jsonArray:
		return append(append(append(dst, '['), list...), ']'), true, nil
	case kind == jsonArray || kind == jsonObject:
		return append(dst, list...), true, nil
	default:
		err = errScalar
	}
	k := 4
	if lax {
		k, err = 3, errEmptyValue
	}
	switch word, _ := constText(call, k); word {
	case "ERROR":
		return nil, false, fail(call, CodeJSON, "JSON_QUERY of %s: %s", quote(a[0], i), err)
	case "EMPTY_ARRAY":
		return append(dst, "[]"...), true, nil
	case "EMPTY_OBJECT":
		return append(dst, "{}"...), true, nil
	}
	return dst, false, nil
}

// checkJSON refuses calls with arguments that cannot be written as JSON.
func checkJSON(call *rex.Call, from int) error {
	for _, e := range call.Args[from:] {
		if t, ok := hasJSON(e.Type()); !ok {
			return fail(call, CodeArgument, "%s cannot write %s as JSON", call.Fn, plain(t)).WithHint("CAST it to STRING")
		}
	}
	return nil
}

func newJSONString(call *rex.Call) (Kernel, error) {
	if err := checkJSON(call, 0); err != nil {
		return Kernel{}, err
	}
	return textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) { return appendJSON(dst, a[0], i), true })(call)
}

// jsonParts writes the values of JSON_OBJECT and JSON_ARRAY.
type jsonParts struct {
	absent bool   // leave NULL out
	raw    []bool // which arguments are JSON text themselves
	doc    jsonDoc
}

func newJSONParts(call *rex.Call) (*jsonParts, error) {
	word, _ := constText(call, 0)
	p := &jsonParts{absent: word == "ABSENT", raw: make([]bool, len(call.Args))}
	for k, e := range call.Args {
		c, ok := e.(*rex.Call)
		p.raw[k] = ok && c.Fn == "JSON"
	}
	return p, checkJSON(call, 1)
}

// value appends argument k of row i; false if it is left out.
func (p *jsonParts) value(call *rex.Call, dst []byte, a args, k, i int) ([]byte, bool, error) {
	switch {
	case a.null(k, i) && p.absent:
		return dst, false, nil
	case !a.null(k, i) && p.raw[k]:
		if !p.doc.parse(a.str(k, i)) {
			return nil, false, fail(call, CodeJSON, "%s is not JSON", quote(a[k], i))
		}
		return p.doc.appendNode(dst, 0), true, nil
	}
	return appendJSON(dst, a[k], i), true, nil
}

func newJSONObject(call *rex.Call) (Kernel, error) {
	if len(call.Args)%2 == 0 {
		return Kernel{}, fail(call, CodeArgument, "JSON_OBJECT takes keys and values in pairs")
	}
	p, err := newJSONParts(call)
	if err != nil {
		return Kernel{}, err
	}
	return textNulls(func(_ *Frame, call *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
		var ms members
		for k := 1; k < len(a); k += 2 {
			if a.null(k, i) {
				return nil, false, fail(call, CodeJSON, "a key of JSON_OBJECT is NULL")
			}
			v, ok, err := p.value(call, nil, a, k+1, i)
			if err != nil {
				return nil, false, err
			}
			if ok {
				ms.put(a.str(k, i), v)
			}
		}
		return ms.append(dst), true, nil
	})(call)
}

func newJSONArray(call *rex.Call) (Kernel, error) {
	p, err := newJSONParts(call)
	if err != nil {
		return Kernel{}, err
	}
	return textNulls(func(_ *Frame, call *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
		dst = append(dst, '[')
		first := true
		for k := 1; k < len(a); k++ {
			at := len(dst)
			if !first {
				dst = append(dst, ',')
			}
			next, ok, err := p.value(call, dst, a, k, i)
			if err != nil {
				return nil, false, err
			}
			if dst = next; !ok {
				dst = dst[:at]
				continue
			}
			first = false
		}
		return append(dst, ']'), true, nil
	})(call)
}

// appendJSONQuoted appends a text as a JSON string in which everything but ASCII is
// escaped, and the slash too.
func appendJSONQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\' || r == '/':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r == '\b':
			dst = append(dst, '\\', 'b')
		case r == '\f':
			dst = append(dst, '\\', 'f')
		case r < 0x80:
			dst = append(dst, byte(r))
		case r > 0xFFFF:
			r -= 0x10000
			dst = fmt.Appendf(dst, "\\u%04x\\u%04x", 0xD800+r>>10, 0xDC00+r&0x3FF)
		default:
			dst = fmt.Appendf(dst, "\\u%04x", r)
		}
	}
	return append(dst, '"')
}

// appendJSONUnquoted appends the content of a text in quotes; one with wrong escapes
// stays as it is.
func appendJSONUnquoted(dst []byte, s string) []byte {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return append(dst, s...)
	}
	in := s[1 : len(s)-1]
	for k := 0; k < len(in); k++ {
		if in[k] == '\\' {
			n := escapeLength(in[k:])
			if n == 0 {
				return append(dst, s...)
			}
			k += n - 1
		}
	}
	return appendUnescaped(dst, in)
}
