package function

import (
	"fmt"
	"strconv"
	"strings"
)

// pathFilter is the condition of [?( )] at an element.
type pathFilter func(d *jsonDoc, n int32) bool

// filterReader reads conditions: @.path op literal, also literal op @.path, a lone
// @.path that must exist, joined by && and ||, negated by !, in parentheses.
type filterReader struct {
	s string
}

func parseFilter(s string) (pathFilter, error) {
	r := &filterReader{s: s}
	f, err := r.or()
	if err == nil && strings.TrimSpace(r.s) != "" {
		err = fmt.Errorf("%q is out of place in the filter", r.s)
	}
	return f, err
}

func (r *filterReader) eat(word string) bool {
	r.s = strings.TrimLeft(r.s, " \t")
	if rest, ok := strings.CutPrefix(r.s, word); ok {
		r.s = rest
		return true
	}
	return false
}

func (r *filterReader) or() (pathFilter, error) {
	f, err := r.and()
	for err == nil && r.eat("||") {
		a := f
		var b pathFilter
		b, err = r.and()
		f = func(d *jsonDoc, n int32) bool { return a(d, n) || b(d, n) }
	}
	return f, err
}

func (r *filterReader) and() (pathFilter, error) {
	f, err := r.term()
	for err == nil && r.eat("&&") {
		a := f
		var b pathFilter
		b, err = r.term()
		f = func(d *jsonDoc, n int32) bool { return a(d, n) && b(d, n) }
	}
	return f, err
}

func (r *filterReader) term() (pathFilter, error) {
	r.eat("")
	if strings.HasPrefix(r.s, "!") && !strings.HasPrefix(r.s, "!=") {
		r.s = r.s[1:]
		f, err := r.term()
		return func(d *jsonDoc, n int32) bool { return !f(d, n) }, err
	}
	if r.eat("(") {
		f, err := r.or()
		if err == nil && !r.eat(")") {
			err = fmt.Errorf("a parenthesis of the filter is not closed")
		}
		return f, err
	}
	left, err := r.operand()
	if err != nil {
		return nil, err
	}
	for _, op := range []string{"==", "!=", "<=", ">=", "<", ">"} {
		if r.eat(op) {
			right, err := r.operand()
			return func(d *jsonDoc, n int32) bool {
				return comparesJSON(op, left(d, n), right(d, n))
			}, err
		}
	}
	return func(d *jsonDoc, n int32) bool { return left(d, n).found }, nil
}

// scalar is a value a filter compares: of a node or of a literal.
type scalar struct {
	found bool
	kind  jsonKind
	text  string
	num   float64
}

type operand func(d *jsonDoc, n int32) scalar

func (r *filterReader) operand() (operand, error) {
	r.eat("")
	switch {
	case r.s == "":
		return nil, fmt.Errorf("the filter ends too early")
	case r.s[0] == '@' || r.s[0] == '$':
		return r.path()
	case r.s[0] == '\'' || r.s[0] == '"':
		text, rest, ok := quotedName(r.s)
		if !ok {
			return nil, fmt.Errorf("a quote of the filter is not closed")
		}
		r.s = rest
		return literal(scalar{found: true, kind: jsonText, text: text}), nil
	}
	end := strings.IndexAny(r.s, " =!<>&|)")
	if end < 0 {
		end = len(r.s)
	}
	word := r.s[:end]
	r.s = r.s[end:]
	switch word {
	case "true":
		return literal(scalar{found: true, kind: jsonTrue}), nil
	case "false":
		return literal(scalar{found: true, kind: jsonFalse}), nil
	case "null":
		return literal(scalar{found: true, kind: jsonNull}), nil
	}
	x, err := strconv.ParseFloat(word, 64)
	if err != nil {
		return nil, fmt.Errorf("%q is no value of a filter", word)
	}
	return literal(scalar{found: true, kind: jsonNumber, num: x}), nil
}

func literal(s scalar) operand { return func(*jsonDoc, int32) scalar { return s } }

// path reads @.a.b or $.a.b: from the element or from the root.
func (r *filterReader) path() (operand, error) {
	end, depth := 1, 0
	for end < len(r.s) {
		c := r.s[end]
		if c == '[' {
			depth++
		}
		if c == ']' {
			depth--
		}
		if depth == 0 && strings.IndexByte(" =!<>&|)", c) >= 0 {
			break
		}
		end++
	}
	p, err := parsePath("$" + r.s[1:end])
	if err != nil {
		return nil, err
	}
	root := r.s[0] == '$'
	r.s = r.s[end:]
	return func(d *jsonDoc, n int32) scalar {
		if root {
			n = 0
		}
		found, ok := p.find(d, n, nil)
		if !ok || len(found) == 0 || !p.definite {
			return scalar{found: ok && len(found) > 0}
		}
		node := d.nodes[found[0]]
		s := scalar{found: true, kind: node.kind}
		switch node.kind {
		case jsonText:
			s.text = string(d.content(found[0]))
		case jsonNumber:
			s.num, _ = strconv.ParseFloat(d.raw(found[0]), 64)
		}
		return s
	}, nil
}

// comparesJSON compares scalars of one kind; of different kinds only != holds.
func comparesJSON(op string, a, b scalar) bool {
	if !a.found || !b.found {
		return false
	}
	cmp := 0
	switch {
	case a.kind != b.kind:
		return op == "!="
	case a.kind == jsonText:
		cmp = strings.Compare(a.text, b.text)
	case a.kind == jsonNumber:
		switch {
		case a.num < b.num:
			cmp = -1
		case a.num > b.num:
			cmp = 1
		}
	}
	switch op {
	case "==":
		return cmp == 0
	case "!=":
		return cmp != 0
	case "<":
		return cmp < 0
	case "<=":
		return cmp <= 0
	case ">":
		return cmp > 0
	default:
		return cmp >= 0
	}
}
