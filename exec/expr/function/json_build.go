package function

import (
	"fmt"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// checkJSON refuses calls with arguments that cannot be written as JSON.
func checkJSON(call *rex.Call, from int) error {
	for _, e := range call.Args[from:] {
		if t, ok := types.HasJSON(e.Type()); !ok {
			return fail(call, CodeArgument, "%s cannot write %s as JSON", call.Fn, plain(t)).WithHint("CAST it to STRING")
		}
	}
	return nil
}

func inferJSONString(c catalog.Call) (catalog.Resolved, error) {
	r, err := takes("JSON_STRING", []string{"ANY"}, of(types.String))(c)
	if err == nil {
		if t, ok := types.HasJSON(c.Args[0]); !ok {
			return r, fmt.Errorf("function JSON_STRING cannot write %s as JSON; CAST it to STRING", plain(t))
		}
	}
	return r, err
}

func newJSONString(call *rex.Call) (Kernel, error) {
	if err := checkJSON(call, 0); err != nil {
		return Kernel{}, err
	}
	return textErr(func(_ *Frame, call *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
		if hasNullKey(a[0], i) {
			return nil, false, nullKey(call, a[0], i)
		}
		return appendJSON(dst, a[0], i), true, nil
	})(call)
}

func nullKey(call *rex.Call, v *vec.Vec, i int) error {
	return fail(call, CodeJSON, "%s: a key of %s is NULL", call.Fn, quote(v, i))
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
		p.raw[k] = ok && (c.Fn == "JSON" || c.Fn == "JSON_OBJECT" || c.Fn == "JSON_ARRAY")
	}
	return p, checkJSON(call, 1)
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
