package syntax

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/weir-sql/weir/planner/diag"
)

// Variable is ${…} in the place of an expression. Text is what stands between the braces.
// A tree that is planned has none: ParseWith puts literals in their places.
type Variable struct {
	Base
	Text string
}

func (*Variable) expr() {}

// VariableRef is what stands between the braces of a variable, read:
//
//	name [± n unit]… [, 'format' [, 'zone']]
type VariableRef struct {
	Name         string
	Shifts       []VariableShift
	Format, Zone string // "" if absent
	Span         diag.Span
	NameSpan     diag.Span
	FormatSpan   diag.Span
	ZoneSpan     diag.Span
}

// VariableShift moves a time by N units: "- 1d".
type VariableShift struct {
	N    int64
	Unit string // as written
	Span diag.Span
}

// Variables gives the values of variables.
type Variables interface {
	// Known reports whether a variable is declared or given, with a value or without.
	Known(name string) bool
	// Value gives what a reference stands for, or says why it stands for nothing.
	Value(ref *VariableRef) (VariableValue, *diag.Diagnostic)
}

// VariableValue is what a variable stands for.
type VariableValue struct {
	// Text is the value in the middle of a string; of a raw variable it is SQL.
	Text string
	Raw  bool
	// Literal makes the value as a literal of its type at a place. plain asks for a literal without a cast, where the grammar
	// takes nothing else, such as LIMIT. nil for a raw variable.
	Literal func(at Base, plain bool) Expr
}

// Replacement is a piece of the text and the SQL that stands for it once variables have their values.
type Replacement struct {
	Span diag.Span
	SQL  string
}

// readVariable reads the inside of ${…}. at places byte offsets of text.
func readVariable(text string, span diag.Span, at func(from, to int) diag.Span) (*VariableRef, *diag.Diagnostic) {
	r := &VariableRef{Span: span}
	i := 0
	space := func() {
		for i < len(text) && strings.IndexByte(" \t\r\n", text[i]) >= 0 {
			i++
		}
	}
	bad := func(from int, format string, args ...any) (*VariableRef, *diag.Diagnostic) {
		to := from + 1
		for to < len(text) && isWordByte(text[from]) && isWordByte(text[to]) {
			to++
		}
		place := at(from, min(to, len(text)))
		if from >= len(text) {
			place = span
		}
		return r, diag.Errorf(CodeVariable, place, format, args...).
			WithHint("write ${name}, ${bizdate - 1d}, or ${now - 2h, 'yyyyMMdd HH', 'Asia/Shanghai'}")
	}
	word := func() string {
		from := i
		for i < len(text) && isWordByte(text[i]) {
			i++
		}
		return text[from:i]
	}
	space()
	from := i
	if i >= len(text) || !isNameStart(text[i]) {
		return bad(i, "a variable begins with its name")
	}
	r.Name = word()
	r.NameSpan = at(from, i)
	space()
	for i < len(text) && (text[i] == '+' || text[i] == '-') {
		from, sign := i, int64(1)
		if text[i] == '-' {
			sign = -1
		}
		i++
		space()
		number := i
		n := int64(0)
		for i < len(text) && isDigit(text[i]) && i-number < 9 {
			n = n*10 + int64(text[i]-'0')
			i++
		}
		if i == number {
			return bad(i, "a number of days or the like is missing after %q", text[from:from+1])
		}
		if i < len(text) && isDigit(text[i]) {
			return bad(number, "a time is shifted by at most 999999999 units")
		}
		space()
		unit := word()
		r.Shifts = append(r.Shifts, VariableShift{N: sign * n, Unit: unit, Span: at(from, i)})
		space()
	}
	for _, part := range []struct {
		what string
		text *string
		span *diag.Span
	}{{"format", &r.Format, &r.FormatSpan}, {"time zone", &r.Zone, &r.ZoneSpan}} {
		if i >= len(text) || text[i] != ',' {
			break
		}
		i++
		space()
		from := i
		if i >= len(text) || text[i] != '\'' {
			return bad(i, "the %s must be a string in single quotes", part.what)
		}
		var b strings.Builder
		for i++; ; i++ {
			if i >= len(text) {
				return bad(from, "the %s is not closed", part.what)
			}
			if text[i] == '\'' {
				if i+1 >= len(text) || text[i+1] != '\'' {
					break
				}
				i++
			}
			b.WriteByte(text[i])
		}
		i++
		if b.Len() == 0 {
			return bad(from, "the %s is empty", part.what)
		}
		*part.text, *part.span = b.String(), at(from, i)
		space()
	}
	if i < len(text) {
		return bad(i, "%q does not belong into a variable", text[i:i+1])
	}
	return r, nil
}

func isWordByte(c byte) bool { return isNameStart(c) && c != '$' || isDigit(c) }

// variableEnd gives the offset behind the } that closes the ${ at the start of a text, 0 if
// there is none. Braces in quotes close nothing.
func variableEnd(text string) int {
	quoted := false
	for i := 2; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\'':
			quoted = !quoted
		case c == '}' && !quoted:
			return i + 1
		}
	}
	return 0
}

// scanVariable reads ${…}.
func (s *scanner) scanVariable() {
	if n := variableEnd(s.src[s.pos:]); n > 0 {
		s.pos += n
		s.add(TokenVariable)
		return
	}
	open := s.pos
	s.pos = lineEnd(s.src, open)
	s.add(TokenBad)
	s.unterminated(diag.Span{Start: open, End: open + 2}, "variable", "}")
}

// ParseWith is Parse with the values of variables. A typed variable becomes a literal of its type at its place; in a string
// ${name} becomes the value's text, and the string stays one string. A raw one, which is declared as such, is SQL: its tokens
// take the variable's place, and in `…` its text is part of the name. No other text ever comes between the scanner and the
// parser, so a value cannot end a string or a statement. Comments and the bodies of functions are left alone; $${ in a string
// stands for ${ itself.
func ParseWith(src string, vars Variables) (*Script, diag.List) {
	if vars == nil || !strings.Contains(src, "${") {
		return Parse(src)
	}
	script, errs := parse(src, vars)
	if errs.HasErrors() {
		return script, errs
	}
	s := &substitution{src: src, vars: vars, script: script, seen: map[any]bool{}}
	for i := range script.Stmts {
		s.field(reflect.ValueOf(script.Stmts).Index(i), false)
	}
	return script, append(errs, s.errs...).Sorted()
}

// splice gives the tokens of a raw variable, all at its place; ok is false if it is none.
func splice(src string, t Token, vars Variables) (toks []Token, sql string, d *diag.Diagnostic, ok bool) {
	ref, d := readVariable(src[t.Pos.Start+2:t.Pos.End-1], t.Pos, offsets(t.Pos.Start+2))
	if d != nil {
		return nil, "", nil, false // it is reported when the tree is walked
	}
	v, d := vars.Value(ref)
	if d != nil || !v.Raw {
		return nil, "", nil, false
	}
	bad := func(format string, args ...any) *diag.Diagnostic {
		return diag.Errorf(CodeVariable, t.Pos, "raw variable %q cannot stand for its value: %s", ref.Name, fmt.Sprintf(format, args...)).
			WithHint("a raw value is a name, an expression or a list of them, with closed quotes and brackets")
	}
	scanned, errs := Scan(v.Text)
	if errs.HasErrors() {
		return nil, "", bad("%s", errs[0].Primary), true
	}
	var open []string
	for _, x := range scanned[:len(scanned)-1] {
		switch {
		case x.Kind == TokenComment:
			return nil, "", bad("it holds a comment"), true
		case x.Kind == TokenVariable:
			return nil, "", bad("it holds another variable"), true
		case x.Word == ";":
			return nil, "", bad("it ends the statement"), true
		case x.Word == "(" || x.Word == "[" || x.Word == "{":
			open = append(open, map[string]string{"(": ")", "[": "]", "{": "}"}[x.Word])
		case x.Word == ")" || x.Word == "]" || x.Word == "}":
			if len(open) == 0 || open[len(open)-1] != x.Word {
				return nil, "", bad("%q closes nothing in it", x.Word), true
			}
			open = open[:len(open)-1]
		}
		x.own = x.Text(v.Text)
		x.Pos = t.Pos
		toks = append(toks, x)
	}
	switch {
	case len(open) > 0:
		return nil, "", bad("%q is missing in it", open[len(open)-1]), true
	case len(toks) == 0:
		return nil, "", bad("it is empty"), true
	}
	return toks, v.Text, nil, true
}

// offsets places offsets of a text that begins at a place of the source.
func offsets(start int) func(from, to int) diag.Span {
	return func(from, to int) diag.Span { return diag.Span{Start: start + from, End: start + to} }
}

// substitution puts values in the places of variables of one tree.
type substitution struct {
	src    string
	vars   Variables
	script *Script
	errs   diag.List
	seen   map[any]bool // a node that two others share is changed once
}

var (
	functionType = reflect.TypeFor[CreateFunction]()
	alteredType  = reflect.TypeFor[AlterFunction]()
)

// plainPlaces are nodes in which the grammar wants a bare literal.
func plainPlace(n any) bool {
	switch n.(type) {
	case *QueryExpr, *PartitionEntry, *HintArg, *IntervalExpr:
		return true
	}
	return false
}

func (s *substitution) field(f reflect.Value, plain bool) {
	switch f.Kind() {
	case reflect.Interface:
		if f.IsNil() {
			return
		}
		if v, ok := f.Interface().(*Variable); ok {
			if x := s.expr(v, plain); x != nil {
				f.Set(reflect.ValueOf(x))
			}
			return
		}
		s.field(f.Elem(), plain)
	case reflect.Pointer:
		if !f.IsNil() {
			s.node(f)
		}
	case reflect.Struct:
		if f.Type() != baseType && f.CanAddr() {
			s.node(f.Addr())
		}
	case reflect.Slice:
		for i := range f.Len() {
			s.field(f.Index(i), plain)
		}
	}
}

// node looks at a node by its pointer and at what is below it.
func (s *substitution) node(p reflect.Value) {
	n := p.Interface()
	if p.Elem().Kind() != reflect.Struct || s.seen[n] {
		return
	}
	if _, leaf := n.(Node); leaf {
		s.seen[n] = true
	}
	switch n := n.(type) {
	case *StringLit:
		if !n.Dollar && s.inText(n.Pos, &n.Value) {
			n.Bare = false
			s.replaced(n.Pos, stringText(n))
		}
	case *DatetimeLit:
		if s.inText(n.Pos, &n.Text) {
			s.replaced(n.Pos, FormatExpr(n))
		}
	case *IntervalLit:
		if s.inText(n.Pos, &n.Text) {
			s.replaced(n.Pos, FormatExpr(n))
		}
	case *Ident:
		s.name(n)
	}
	t := p.Elem().Type()
	plain := plainPlace(n)
	for i := range t.NumField() {
		switch name := t.Field(i).Name; {
		case name == "Comment", name == "Body" && (t == functionType || t == alteredType):
		default:
			s.field(p.Elem().Field(i), plain)
		}
	}
}

func (s *substitution) replaced(at diag.Span, sql string) {
	s.script.Replaced = append(s.script.Replaced, Replacement{at, sql})
}

// expr gives the literal of a variable in the place of an expression; nil after a report.
func (s *substitution) expr(v *Variable, plain bool) Expr {
	ref, d := readVariable(v.Text, v.Pos, offsets(v.Pos.Start+2))
	var value VariableValue
	if d == nil {
		value, d = s.vars.Value(ref)
	}
	if d != nil {
		s.errs.Add(d)
		return nil
	}
	x := value.Literal(v.Base, plain)
	sql := FormatExpr(x)
	if _, signed := x.(*Unary); signed {
		sql = "(" + sql + ")"
	}
	s.replaced(v.Pos, sql)
	return x
}

// name puts raw variables into a name in backticks. One that stands bare for a name is raw, else its tokens would stand
// there already.
func (s *substitution) name(id *Ident) {
	if !strings.Contains(id.Name, "${") {
		return
	}
	typed := func(ref *VariableRef) {
		s.errs.Add(diag.Errorf(CodeVariable, ref.Span, "a name stands here, and variable %q is a value", ref.Name).
			WithHint("declare it raw if it is to be a name: variables: {%s: {type: raw}} in weir.yaml, or --var %s:raw=…", ref.Name, ref.Name))
	}
	text, changed := s.expand(id.Pos, id.Name, func(ref *VariableRef, v VariableValue) bool {
		if !v.Raw {
			typed(ref)
		}
		return v.Raw
	})
	if changed {
		id.Name = text
		s.replaced(id.Pos, identText(*id))
	}
}

// inText puts values into the text of a string and reports whether it changed.
func (s *substitution) inText(at diag.Span, text *string) bool {
	out, changed := s.expand(at, *text, func(*VariableRef, VariableValue) bool { return true })
	if changed {
		*text = out
	}
	return changed
}

// expand puts values into a text that stands, in quotes, at a place. What has not the form of a variable is left alone.
func (s *substitution) expand(at diag.Span, text string, take func(*VariableRef, VariableValue) bool) (string, bool) {
	if !strings.Contains(text, "${") {
		return text, false
	}
	return ExpandVariables(text, placesOf(s.src[at.Start:at.End], at, text), s.vars, take, &s.errs)
}

// ExpandVariables puts values into a text. at places offsets of the text, take may refuse a value, and errs gets what is
// wrong with a reference.
func ExpandVariables(text string, at func(from, to int) diag.Span, vars Variables, take func(*VariableRef, VariableValue) bool, errs *diag.List) (string, bool) {
	var b strings.Builder
	changed := false
	for done := 0; ; {
		i := strings.Index(text[done:], "${")
		if i < 0 {
			b.WriteString(text[done:])
			return b.String(), changed
		}
		i += done
		b.WriteString(text[done:i])
		n := variableEnd(text[i:])
		if n == 0 {
			b.WriteString(text[i:])
			return b.String(), changed
		}
		inside := text[i+2 : i+n-1]
		if i > done && text[i-1] == '$' { // $${ is ${ itself
			kept := b.String()
			b.Reset()
			b.WriteString(kept[:len(kept)-1] + text[i:i+n])
			changed, done = true, i+n
			continue
		}
		ref, d := readVariable(inside, at(i, i+n), func(from, to int) diag.Span { return at(i+2+from, i+2+to) })
		if ref.Name == "" || d != nil && !vars.Known(ref.Name) {
			b.WriteString(text[i : i+2]) // no variable
			done = i + 2
			continue
		}
		var v VariableValue
		if d == nil {
			if v, d = vars.Value(ref); d != nil && !vars.Known(ref.Name) {
				d.Detail = "To write ${ itself in a string, double its dollar: $${…}."
			}
		}
		if d != nil {
			errs.Add(d)
		}
		if d == nil && take(ref, v) {
			b.WriteString(v.Text)
			changed = true
		}
		done = i + n
	}
}

// placesOf places offsets of a decoded text in the literal that was written for it: exactly where the literal is one plain
// string, else at the literal as a whole.
func placesOf(written string, at diag.Span, text string) func(from, to int) diag.Span {
	if strings.HasPrefix(written, "${") {
		return offsets(at.Start)
	}
	var starts []int
	q := strings.IndexAny(written, "'`")
	same := q >= 0
	for i := q + 1; same && len(starts) < len(text); i++ {
		if i >= len(written) || written[i] != text[len(starts)] {
			same = false
			break
		}
		starts = append(starts, at.Start+i)
		if written[i] == written[q] {
			i++ // doubled
		}
	}
	if !same {
		return func(int, int) diag.Span { return at }
	}
	return func(from, to int) diag.Span {
		if from >= len(starts) || to <= from {
			return at
		}
		return diag.Span{Start: starts[from], End: starts[min(to, len(starts))-1] + 1}
	}
}
