package function

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
)

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
	return &jsonFinder{paths: map[string]*jsonPath{}, bad: map[string]error{}, buf: make([]int32, 0, 16)}
}

// outcome says how following a path went.
type outcome uint8

const (
	found   outcome = iota
	nothing         // a lax path that leads nowhere, or to null
	broken          // anything that goes wrong under a strict path
)

var (
	errNoJSON     = errors.New("the text is not JSON")
	errNoValue    = errors.New("the path leads nowhere")
	errNullValue  = errors.New("the path leads to null")
	errNotScalar  = errors.New("the path leads to an array or object")
	errScalar     = errors.New("the path leads to neither an array nor an object")
	errEmptyValue = errors.New("the result is empty")
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
	f.buf = f.buf[:0]
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

// value appends argument k of row i; false if it is left out.
func (p *jsonParts) value(call *rex.Call, dst []byte, a args, k, i int) ([]byte, bool, error) {
	empty := !a.null(k, i) && p.raw[k] && strings.Trim(a.str(k, i), " \t\r\n") == "" // no JSON at all is NULL
	switch {
	case (a.null(k, i) || empty) && p.absent:
		return dst, false, nil
	case empty:
		return append(dst, "null"...), true, nil
	case !a.null(k, i) && p.raw[k]:
		if !p.doc.parse(a.str(k, i)) {
			return nil, false, fail(call, CodeJSON, "%s is not JSON", quote(a[k], i))
		}
		return p.doc.appendNode(dst, 0), true, nil
	}
	return appendJSON(dst, a[k], i), true, nil
}
