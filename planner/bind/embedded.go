package bind

import (
	"strings"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/syntax"
)

// embedded is SQL that stands inside of the quotes of an option's value.
type embedded struct {
	text string    // without the quotes
	at   diag.Span // of the value in the script
	// offsets[i] is the place in the script of byte i of the text, one more for its end; nil
	// if the value is not written as a plain string here.
	offsets []int
	shift   int // of what is being read: spans of syntax count from here
}

// embed reads the value of an option whose place is at.
func (b *binder) embed(value string, at diag.Span) *embedded {
	e := &embedded{text: value, at: at}
	raw := ""
	if b.fixed == nil && !at.IsZero() {
		raw = b.text(at)
	}
	if len(raw) < 2 || raw[0] != '\'' || raw[len(raw)-1] != '\'' || strings.ReplaceAll(raw[1:len(raw)-1], "''", "'") != value {
		return e
	}
	for i := 1; i < len(raw)-1; i++ {
		e.offsets = append(e.offsets, at.Start+i)
		if raw[i] == '\'' {
			i++
		}
	}
	e.offsets = append(e.offsets, at.End-1)
	return e
}

// place gives the place in the script of a part of the text.
func (e *embedded) place(s diag.Span) diag.Span {
	from, to := s.Start+e.shift, s.End+e.shift
	if e.offsets == nil || from < 0 || to < from || to >= len(e.offsets) {
		return e.at
	}
	if to > from {
		return diag.Span{Start: e.offsets[from], End: e.offsets[to-1] + 1}
	}
	return diag.Span{Start: e.offsets[from], End: e.offsets[from]}
}

// inside runs f with everything placed inside of an option's value.
func (b *binder) inside(e *embedded, f func()) {
	before := b.within
	b.within = e
	defer func() { b.within = before }()
	f()
}

// assignment is one item of a list of mappings: name = expression, or a name alone.
type assignment struct {
	name   string
	nameAt diag.Span
	value  syntax.Expr // nil = a name alone
	at     diag.Span   // of the value, else of the name
	in     *embedded   // where the value's places count from
}

// assignments reads "a = x, b = CASE … END, c". ok is false after a report.
func (b *binder) assignments(e *embedded, option string) (out []assignment, ok bool) {
	tokens, errs := syntax.Scan(e.text)
	if errs.HasErrors() {
		b.embeddedErrors(e, errs, 0)
		return nil, false
	}
	ok = true
	depth, from := 0, 0
	for i, t := range tokens {
		switch {
		case t.Word == "(" || t.Word == "[":
			depth++
		case t.Word == ")" || t.Word == "]":
			depth--
		}
		if t.Kind != syntax.TokenEOF && !(depth == 0 && t.Kind == syntax.TokenSymbol && t.Word == ",") {
			continue
		}
		item := withoutComments(tokens[from:i])
		from = i + 1
		if len(item) == 0 {
			if t.Kind == syntax.TokenEOF && len(out) > 0 && ok {
				break // a comma behind the last one
			}
			b.errorf(codeMapping, e.place(t.Pos), "'%s' has an item without a column", option).WithHint("items are column = expression, separated by commas")
			return nil, false
		}
		a, fine := b.assignment(e, item, option)
		ok = ok && fine
		out = append(out, a)
	}
	return out, ok
}

func withoutComments(tokens []syntax.Token) []syntax.Token {
	var out []syntax.Token
	for _, t := range tokens {
		if t.Kind != syntax.TokenComment {
			out = append(out, t)
		}
	}
	return out
}

func (b *binder) assignment(e *embedded, item []syntax.Token, option string) (assignment, bool) {
	first := item[0]
	a := assignment{name: first.Text(e.text), nameAt: e.place(first.Pos), at: e.place(first.Pos), in: e}
	switch {
	case first.Kind == syntax.TokenQuotedName:
		a.name = strings.ReplaceAll(a.name[1:len(a.name)-1], "``", "`")
	case first.Kind != syntax.TokenName && first.Kind != syntax.TokenKeyword:
		b.errorf(codeMapping, a.nameAt, "'%s' wants the name of a column here, not %s", option, first.Text(e.text)).
			WithHint("items are column = expression, separated by commas")
		return a, false
	}
	if len(item) == 1 {
		return a, true
	}
	if item[1].Word != "=" {
		at := e.place(item[1].Pos)
		d := b.errorf(codeMapping, at, "'%s' wants = behind column %q, not %s", option, a.name, item[1].Text(e.text))
		if item[1].Word == "." {
			d.WithHint("left of = stands a whole column, not a field of one")
		} else {
			d.WithHint("items are column = expression, separated by commas")
		}
		return a, false
	}
	if len(item) == 2 {
		b.errorf(codeMapping, e.place(item[1].Pos), "column %q has no expression behind =", a.name)
		return a, false
	}
	span := item[2].Pos.Join(item[len(item)-1].Pos)
	const head = "SELECT "
	script, errs := syntax.Parse(head + e.text[span.Start:span.End])
	in := *e
	in.shift = span.Start - len(head)
	a.in, a.at = &in, e.place(span)
	if errs.HasErrors() {
		b.embeddedErrors(e, errs, in.shift)
		return a, false
	}
	if q, ok := onlyQuery(script); ok {
		if s, isSelect := q.(*syntax.Select); isSelect && len(s.Items) == 1 && s.Items[0].Alias == nil && len(s.From) == 0 && s.Where == nil {
			a.value = s.Items[0].Expr
			return a, true
		}
	}
	b.errorf(codeMapping, a.at, "behind = stands one expression").WithHint("items are column = expression, separated by commas")
	return a, false
}

// embeddedErrors reports what the scanner or parser found, at its place in the script.
func (b *binder) embeddedErrors(e *embedded, errs diag.List, shift int) {
	in := *e
	in.shift = shift
	for _, d := range errs {
		moved := *d
		moved.Span = b.placeIn(&in, d.Span)
		moved.Related = nil
		b.diags.Add(&moved)
	}
}

func (b *binder) placeIn(e *embedded, s diag.Span) diag.Span {
	if b.fixed != nil {
		return *b.fixed
	}
	return e.place(s)
}
