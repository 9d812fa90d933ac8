package function

import (
	"fmt"
	"strconv"
	"strings"
)

// jsonPath is a compiled path as Jayway's JsonPath has them: $.a.b[0], ['a'],
// [*], [1,2], [1:3], .., filters [?(@.a > 1)], and length() and its like at the end. In
// lax mode whatever goes wrong is an empty result; strict, the default, makes it an
// error.
type jsonPath struct {
	lax   bool
	steps []pathStep
	// definite paths lead to one value at most, others to a list.
	definite bool
	fn       string // function at the end, "" if none
}

// stepKind says what a step goes to.
type stepKind uint8

const (
	stepNames  stepKind = iota // members by name; several only as the last step
	stepAll                    // all members or elements
	stepIndex                  // elements by number, negative ones from the end
	stepSlice                  // elements from, up to
	stepDeep                   // the step after it, at every level below
	stepFilter                 // elements for which a condition holds
)

type pathStep struct {
	kind     stepKind
	names    []string
	indexes  []int
	from, to int
	hasFrom  bool
	hasTo    bool
	filter   pathFilter
}

// parsePath compiles a path with its optional mode.
func parsePath(s string) (*jsonPath, error) {
	p := &jsonPath{definite: true}
	word, rest, found := strings.Cut(strings.TrimLeft(s, " \t\n"), " ")
	switch low := strings.ToLower(word); {
	case found && (low == "lax" || low == "strict"):
		p.lax = low == "lax"
		s = strings.TrimLeft(rest, " ")
	}
	r := &pathReader{s: s}
	switch {
	case s == "":
		return nil, fmt.Errorf("the path is empty")
	case s[0] == '$':
		r.at = 1
	default: // a bare name is a member of the root
		r.s = "." + s
	}
	for r.at < len(r.s) {
		if err := r.step(p); err != nil {
			return nil, fmt.Errorf("path %s: %w", quoteText(s), err)
		}
	}
	for i, st := range p.steps {
		several := len(st.names) > 1 && i < len(p.steps)-1
		if st.kind != stepNames && !(st.kind == stepIndex && len(st.indexes) == 1) || several {
			p.definite = false
		}
	}
	return p, nil
}

type pathReader struct {
	s  string
	at int
}

func (r *pathReader) step(p *jsonPath) error {
	switch {
	case strings.HasPrefix(r.s[r.at:], ".."):
		p.steps = append(p.steps, pathStep{kind: stepDeep})
		r.at += 2
		if r.at < len(r.s) && r.s[r.at] == '[' {
			return r.bracket(p)
		}
		return r.name(p)
	case r.s[r.at] == '.':
		r.at++
		if r.at < len(r.s) && r.s[r.at] == '[' {
			return r.bracket(p)
		}
		return r.name(p)
	case r.s[r.at] == '[':
		return r.bracket(p)
	}
	return fmt.Errorf("%q is out of place", r.s[r.at:])
}

// name reads a name up to the next step, or a function call.
func (r *pathReader) name(p *jsonPath) error {
	from := r.at
	for r.at < len(r.s) && r.s[r.at] != '.' && r.s[r.at] != '[' {
		if r.s[r.at] == '(' {
			return r.call(p, r.s[from:r.at])
		}
		r.at++
	}
	switch name := r.s[from:r.at]; name {
	case "":
		return fmt.Errorf("a name is missing after the point")
	case "*":
		p.steps = append(p.steps, pathStep{kind: stepAll})
	default:
		if strings.ContainsAny(name, " \t\n") {
			return fmt.Errorf("the name %q holds a blank; write it in brackets and quotes", name)
		}
		p.steps = append(p.steps, pathStep{kind: stepNames, names: []string{name}})
	}
	return nil
}

func (r *pathReader) call(p *jsonPath, name string) error {
	if r.s[r.at:] != "()" {
		return fmt.Errorf("functions stand at the end and take no arguments here")
	}
	switch name {
	case "length", "size", "keys", "min", "max", "avg", "sum":
		p.fn = name
		r.at = len(r.s)
		return nil
	}
	return fmt.Errorf("there is no function %s()", name)
}

// bracket reads [...].
func (r *pathReader) bracket(p *jsonPath) error {
	end := r.closing()
	if end < 0 {
		return fmt.Errorf("a bracket is not closed")
	}
	in := strings.TrimSpace(r.s[r.at+1 : end])
	r.at = end + 1
	switch {
	case in == "*":
		p.steps = append(p.steps, pathStep{kind: stepAll})
	case strings.HasPrefix(in, "?(") && strings.HasSuffix(in, ")"):
		f, err := parseFilter(in[2 : len(in)-1])
		if err != nil {
			return err
		}
		p.steps = append(p.steps, pathStep{kind: stepFilter, filter: f})
	case in != "" && (in[0] == '\'' || in[0] == '"'):
		names, err := quotedNames(in)
		if err != nil {
			return err
		}
		p.steps = append(p.steps, pathStep{kind: stepNames, names: names})
	case strings.Contains(in, ":"):
		return r.slice(p, in)
	default:
		var st pathStep
		for _, part := range strings.Split(in, ",") {
			n, err := strconv.Atoi(strings.TrimSpace(part))
			if err != nil {
				return fmt.Errorf("[%s] is neither a number nor a name in quotes", in)
			}
			st.indexes = append(st.indexes, n)
		}
		st.kind = stepIndex
		p.steps = append(p.steps, st)
	}
	return nil
}

func (r *pathReader) slice(p *jsonPath, in string) error {
	st := pathStep{kind: stepSlice}
	from, to, _ := strings.Cut(in, ":")
	var err error
	if from = strings.TrimSpace(from); from != "" {
		st.hasFrom = true
		if st.from, err = strconv.Atoi(from); err != nil {
			return fmt.Errorf("[%s] is no range", in)
		}
	}
	if to = strings.TrimSpace(to); to != "" {
		st.hasTo = true
		if st.to, err = strconv.Atoi(to); err != nil {
			return fmt.Errorf("[%s] is no range", in)
		}
	}
	p.steps = append(p.steps, st)
	return nil
}

// closing finds the bracket that closes the one at r.at, past quotes and brackets.
func (r *pathReader) closing() int {
	depth := 0
	quote := byte(0)
	for k := r.at; k < len(r.s); k++ {
		c := r.s[k]
		switch {
		case quote != 0:
			if c == '\\' {
				k++
			} else if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '[':
			depth++
		case c == ']':
			if depth--; depth == 0 {
				return k
			}
		}
	}
	return -1
}

// quotedNames reads 'a','b'.
func quotedNames(s string) ([]string, error) {
	var out []string
	for {
		s = strings.TrimSpace(s)
		if s == "" || s[0] != '\'' && s[0] != '"' {
			return nil, fmt.Errorf("a name in quotes is missing")
		}
		name, rest, ok := quotedName(s)
		if !ok {
			return nil, fmt.Errorf("a quote is not closed")
		}
		out = append(out, name)
		rest = strings.TrimSpace(rest)
		if rest == "" {
			return out, nil
		}
		if rest[0] != ',' {
			return nil, fmt.Errorf("%q is out of place", rest)
		}
		s = rest[1:]
	}
}

// quotedName reads the quoted text that s starts with; a backslash takes the next
// character as it is.
func quotedName(s string) (name, rest string, ok bool) {
	var b strings.Builder
	for k := 1; k < len(s); k++ {
		switch {
		case s[k] == '\\' && k+1 < len(s):
			k++
			b.WriteByte(s[k])
		case s[k] == s[0]:
			return b.String(), s[k+1:], true
		default:
			b.WriteByte(s[k])
		}
	}
	return "", "", false
}

// find gives the nodes that the path leads to from a node. ok is false where a definite
// path leads nowhere.
func (p *jsonPath) find(d *jsonDoc, root int32, buf []int32) (found []int32, ok bool) {
	cur := append(buf[:0], root)
	open := false // a step before was not definite, so that missing parts are skipped
	for i := 0; i < len(p.steps); i++ {
		st := &p.steps[i]
		if st.kind == stepDeep {
			var all []int32
			for _, n := range cur {
				for k := n; k < d.nodes[n].next; k++ { // the node and everything below it
					all = append(all, k)
				}
			}
			cur, open = all, true
			continue
		}
		var next []int32
		if len(cur) == 1 && st.kind == stepNames && len(st.names) == 1 {
			n := d.member(cur[0], st.names[0])
			if n < 0 {
				return nil, open
			}
			cur[0] = n
			continue
		}
		if len(cur) == 1 && st.kind == stepIndex && len(st.indexes) == 1 {
			n := d.element(cur[0], st.indexes[0])
			if n < 0 {
				return nil, open
			}
			cur[0] = n
			continue
		}
		for _, n := range cur {
			var ok bool
			if next, ok = st.apply(d, n, next); !ok && !open {
				return nil, false
			}
		}
		cur = next
		if st.kind != stepNames && !(st.kind == stepIndex && len(st.indexes) == 1) {
			open = true
		}
	}
	return cur, true
}

// member finds the member of an object; of several of one name the last; -1 if there
// is none.
func (d *jsonDoc) member(n int32, name string) int32 {
	if d.nodes[n].kind != jsonObject {
		return -1
	}
	found := int32(-1)
	for k := n + 1; k < d.nodes[n].next; k = d.nodes[k].next {
		if d.keyIs(k, name) {
			found = k
		}
	}
	return found
}

// element finds an element of an array by number, negative from the end; -1 if there
// is none.
func (d *jsonDoc) element(n int32, i int) int32 {
	if d.nodes[n].kind != jsonArray {
		return -1
	}
	if i < 0 {
		for k := n + 1; k < d.nodes[n].next; k = d.nodes[k].next {
			i++
		}
		if i < 0 {
			return -1
		}
	}
	for k := n + 1; k < d.nodes[n].next; k = d.nodes[k].next {
		if i == 0 {
			return k
		}
		i--
	}
	return -1
}

// elements lists the parts of an array or object.
func (d *jsonDoc) elements(n int32) []int32 {
	var out []int32
	for k := n + 1; k < d.nodes[n].next; k = d.nodes[k].next {
		out = append(out, k)
	}
	return out
}

// apply appends where the step leads from a node; false if it leads nowhere.
func (st *pathStep) apply(d *jsonDoc, n int32, out []int32) ([]int32, bool) {
	kind := d.nodes[n].kind
	switch st.kind {
	case stepNames:
		for _, name := range st.names {
			m := d.member(n, name)
			if m < 0 {
				return out, false
			}
			out = append(out, m)
		}
		return out, true
	case stepAll:
		if kind != jsonArray && kind != jsonObject {
			return out, false
		}
		return append(out, d.elements(n)...), true
	case stepFilter:
		if kind == jsonObject {
			if st.filter(d, n) {
				out = append(out, n)
			}
			return out, true
		}
		if kind != jsonArray {
			return out, false
		}
		for _, e := range d.elements(n) {
			if st.filter(d, e) {
				out = append(out, e)
			}
		}
		return out, true
	}
	if kind != jsonArray {
		return out, false
	}
	es := d.elements(n)
	if st.kind == stepSlice {
		lo, hi := st.span(len(es))
		for k := lo; k < hi; k++ {
			out = append(out, es[k])
		}
		return out, true
	}
	for _, k := range st.indexes {
		if k < 0 {
			k += len(es)
		}
		if k >= 0 && k < len(es) {
			out = append(out, es[k])
		} else if len(st.indexes) == 1 {
			return out, false
		}
	}
	return out, true
}

// span gives the elements of [from:to] in an array of n; a negative end counts from
// the array's end only if the other one is absent, as in the reference.
func (st *pathStep) span(n int) (lo, hi int) {
	lo, hi = 0, n
	if st.hasFrom {
		lo = st.from
		if lo < 0 {
			lo += n
		}
	}
	if st.hasTo {
		hi = st.to
		if hi < 0 && !st.hasFrom {
			hi += n
		}
	}
	return max(lo, 0), min(hi, n)
}
