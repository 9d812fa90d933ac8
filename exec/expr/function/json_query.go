package function

import (
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

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
