package function

import (
	"math"
	"strconv"

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
		Name: "JSON_STRING", NullFrom: 1, Sigs: "JSON_STRING(value)", Doc: "the value as JSON text", Ex: "JSON_STRING(ARRAY[1, 2]) → [1,2]",
		Infer: inferJSONString, New: newJSONString, FallibleCall: holdsMap,
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
		Takes: []string{"STRING"}, Gives: of(types.String), Within: []string{"JSON_OBJECT", "JSON_ARRAY"},
		New: func(call *rex.Call) (Kernel, error) {
			return Kernel{Eval: func(_ *Frame, as []*vec.Vec, _ int) (*vec.Vec, error) { return as[0].As(call.T), nil }}, nil
		},
	},
	{
		Name: "JSON_QUOTE", NullFrom: 1, Sigs: "JSON_QUOTE(text)", Doc: "the text as a JSON string, in ASCII", Ex: "JSON_QUOTE('a\"b') → \"a\\\"b\"",
		Takes: []string{"STRING"}, Gives: of(types.String),
		New: textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
			return appendJSONQuoted(dst, a.str(0, i)), true
		}),
	},
	{
		Name: "JSON_UNQUOTE", NullFrom: 1, Sigs: "JSON_UNQUOTE(text)", Doc: "the text of a JSON string, other texts as they are", Ex: "JSON_UNQUOTE('\"abc\"') → abc",
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

// holdsMap: a NULL key cannot be written.
func holdsMap(call *rex.Call) bool { return mapWithin(call.Args[0].Type()) }

func mapWithin(t types.Type) bool {
	if t.In(types.Map, types.Multiset) || t.Elem != nil && mapWithin(*t.Elem) {
		return true
	}
	for _, f := range t.Fields {
		if mapWithin(f.Type) {
			return true
		}
	}
	return false
}

// jsonValueFails: RETURNING another type fails on values that are not of it.
func jsonValueFails(call *rex.Call) bool { return !call.T.IsCharacter() || hasError(2, 4)(call) }

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
