package syntax

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// expr prints an expression where any may stand.
func (p *printer) expr(e Expr) doc { return p.exprPrec(e, 0) }

// exprPrec prints an expression as an operand: in parentheses if it binds looser
// than min.
func (p *printer) exprPrec(e Expr, min int) doc {
	lead := p.lead(e.Span().Start)
	d := p.bareExpr(e)
	if prec(e) < min {
		d = group(text("("), nest(softline, d), softline, text(")"))
	}
	if lead == nil {
		return d
	}
	return cat(lead, d)
}

// precAtom is the binding power of what needs no parentheses as an operand.
const precAtom = 100

// prec is how tight the outermost operator of an expression binds.
func prec(e Expr) int {
	switch e := e.(type) {
	case *Binary:
		return binaryPrec(e.Op)
	case *Unary:
		switch e.Op {
		case Not:
			return precNot
		case Neg, Plus:
			return precSign
		}
		return precSign + 1
	case *Is:
		return precIs
	case *Between, *In, *Like:
		return precBetween
	case *Quantified:
		return precCompare
	case *FormatJSON, *NamedArg, *TableArg, *ModelArg:
		return 0
	}
	return precAtom
}

func binaryPrec(op BinaryOp) int {
	switch op {
	case Or:
		return precOr
	case And:
		return precAnd
	case Add, Sub:
		return precAdd
	case Mul, Div, Mod, Concat:
		return precMul
	case MultisetUnion, MultisetUnionDistinct, MultisetExcept, MultisetExceptDistinct:
		return precMultiset
	case MultisetIntersect, MultisetIntersectDistinct:
		return precMultisetIntersect
	}
	return precCompare
}

func (p *printer) exprParens(es []Expr) doc { return parens(p, es, p.expr) }

func (p *printer) bareExpr(e Expr) doc {
	switch e := e.(type) {
	case *NumberLit:
		return text(numberText(e))
	case *StringLit:
		return p.str(e)
	case *Variable:
		return text("${" + e.Text + "}")
	case *BinaryLit:
		return text("X'" + e.Hex + "'")
	case *BoolLit:
		return text(e.Value.String())
	case *NullLit:
		return text("NULL")
	case *DatetimeLit:
		return text(e.Kind.String() + " " + QuoteString(e.Text))
	case *IntervalLit:
		return text("INTERVAL " + when(e.Negative, "-") + QuoteString(e.Text) + " " + qualifierText(e.Qualifier))
	case *IntervalExpr:
		return p.intervalExpr(e)
	case *DatetimeSub:
		return cat(group(text("("), nest(softline, p.exprPrec(e.L, precAdd), line, text("- "), p.exprPrec(e.R, precAdd+1)), softline, text(")")),
			text(" "+qualifierText(e.Qualifier)))
	case *ColumnRef:
		parts := slices.Clone(e.Parts)
		for i := range parts {
			parts[i].Quoted = parts[i].Quoted || p.quote
		}
		return text(nameText(QualifiedName{Parts: parts}))
	case *Star:
		if e.Qualifier != nil {
			return cat(p.name(*e.Qualifier), text(".*"))
		}
		return text("*")
	case *Call:
		return p.call(e)
	case *NamedArg:
		return cat(p.ident(e.Name), text(" => "), p.expr(e.Value))
	case *DefaultArg:
		return text("DEFAULT")
	case *TableArg:
		return p.tableArg(e)
	case *ModelArg:
		return cat(text("MODEL "), p.name(e.Name))
	case *Descriptor:
		return cat(text("DESCRIPTOR"), p.identList(e.Columns))
	case *UnitArg:
		return text(e.Unit.String())
	case *Unary:
		return p.unary(e)
	case *Binary:
		return p.binary(e)
	case *Between:
		return p.between(e)
	case *In:
		return cat(p.exprPrec(e.X, precBetween+1), text(when(e.Not, " NOT")+" IN "), p.queryOrList(e.Query, e.List))
	case *Like:
		return p.like(e)
	case *Is:
		return cat(p.exprPrec(e.X, precIs), text(" IS "+when(e.Not, "NOT ")+e.Test.String()))
	case *Exists:
		return cat(text("EXISTS "), p.subquery(e.Query))
	case *Unique:
		return cat(text("UNIQUE "), p.subquery(e.Query))
	case *Subquery:
		return p.subquery(e.Query)
	case *Cursor:
		return cat(text("CURSOR"), p.subquery(e.Query))
	case *Quantified:
		return cat(p.exprPrec(e.X, precCompare), text(" "+e.Op.String()+" "+allOrAny(e.All)+" "), p.queryOrList(e.Query, e.List))
	case *Index:
		return cat(p.base(e.X, true), text("["), p.expr(e.I), text("]"))
	case *Field:
		return cat(p.base(e.X, false), text("."), p.ident(e.Name))
	case *Case:
		return p.caseExpr(e)
	case *Row:
		return cat(text(when(e.Keyword, "ROW")), p.exprParens(e.Items))
	case *ArrayExpr:
		return p.collection("ARRAY", e.Items, e.Query)
	case *MapExpr:
		return p.mapExpr(e)
	case *MultisetExpr:
		return p.collection("MULTISET", e.Items, e.Query)
	case *GroupingSet:
		return p.groupItem(e)
	case *BadExpr:
		return text(p.source(e))
	}
	return p.functionExpr(e)
}

func allOrAny(all bool) string {
	if all {
		return "ALL"
	}
	return "ANY"
}

// numberText is a number as written; one that was DECIMAL '…' and would be read as
// another kind without that stays so.
func numberText(n *NumberLit) string {
	if n.Kind == Decimal && numberOf(Token{}, n.Text).Kind != Decimal {
		return "DECIMAL '" + n.Text + "'"
	}
	return n.Text
}

// stringText is a string as an SQL literal with its prefix.
func stringText(s *StringLit) string {
	switch {
	case s.Bare:
		return s.Value
	case s.Dollar:
		return "$$" + s.Value + "$$"
	case s.Unicode:
		var b strings.Builder
		for _, r := range s.Value {
			switch {
			case r == '\'':
				b.WriteString("''")
			case r == '\\':
				b.WriteString(`\\`)
			case r < ' ' || r > '~':
				for _, u := range utf16.Encode([]rune{r}) {
					fmt.Fprintf(&b, `\%04X`, u)
				}
			default:
				b.WriteRune(r)
			}
		}
		return "U&'" + b.String() + "'"
	case s.Charset == "ISO-8859-1":
		return "N" + QuoteString(s.Value)
	case s.Charset != "":
		return "_" + s.Charset + QuoteString(s.Value)
	}
	return QuoteString(s.Value)
}

// qualifierText is e.g. DAY(3) TO SECOND(6).
func qualifierText(q IntervalQualifier) string {
	s := q.From.String()
	switch {
	case q.From == Second && q.Precision >= 0 && q.Fraction >= 0:
		return fmt.Sprintf("%s(%d, %d)", s, q.Precision, q.Fraction)
	case q.Precision >= 0:
		s += fmt.Sprintf("(%d)", q.Precision)
	}
	if q.To != NoUnit {
		s += " TO " + q.To.String()
		if q.Fraction >= 0 {
			s += fmt.Sprintf("(%d)", q.Fraction)
		}
	}
	return s
}

// intervalExpr prints INTERVAL value unit. A value that is more than a number or a
// name, with a minus perhaps, is in parentheses.
func (p *printer) intervalExpr(e *IntervalExpr) doc {
	x, sign := e.X, ""
	if u, ok := x.(*Unary); ok && u.Op == Neg {
		x, sign = u.X, "-"
	}
	d := p.expr(x)
	switch x := x.(type) {
	case *ColumnRef, *Variable:
	case *NumberLit:
		if strings.HasPrefix(numberText(x), "D") {
			d = cat(text("("), d, text(")"))
		}
	case *Row, *Subquery:
		if r, ok := x.(*Row); ok && r.Keyword {
			d = cat(text("("), d, text(")"))
		}
	default:
		d = cat(text("("), d, text(")"))
	}
	return cat(text("INTERVAL "+sign), d, text(" "+qualifierText(e.Qualifier)))
}

func (p *printer) unary(e *Unary) doc {
	switch e.Op {
	case Not:
		return cat(text("NOT "), p.exprPrec(e.X, precNot))
	case Neg, Plus:
		// A sign before a sign would make a comment of --.
		return cat(text(e.Op.String()), p.exprPrec(e.X, precSign+1))
	}
	return cat(text(e.Op.String()+" "), p.base(e.X, false))
}

// binary prints a chain of operators that bind equally: on one line, or each operator
// at the start of a line.
func (p *printer) binary(e *Binary) doc {
	q := binaryPrec(e.Op)
	chain := []*Binary{e}
	for {
		l, ok := chain[len(chain)-1].L.(*Binary)
		if !ok || binaryPrec(l.Op) != q {
			break
		}
		chain = append(chain, l)
	}
	first := p.exprPrec(chain[len(chain)-1].L, q)
	var rest docConcat
	for i := len(chain) - 1; i >= 0; i-- {
		b := chain[i]
		rest = append(rest, p.trail(b.L.Span().End, false), line, p.leadOperator(b.L.Span().End), text(b.Op.String()+" "), p.exprPrec(b.R, q+1))
	}
	if q <= precAnd {
		return group(first, rest)
	}
	return group(first, nest(rest))
}

// leadOperator puts out the comments on lines of their own before an operator, behind
// that ends its left operand.
func (p *printer) leadOperator(end int) doc {
	var out docConcat
	end = max(end, p.trailed)
	for len(p.comments) > 0 {
		c := p.comments[0]
		if c.Pos.Start < end || !p.ownLine(c) || strings.TrimSpace(p.src[end:c.Pos.Start]) != "" {
			break
		}
		out = append(out, p.lead(c.Pos.Start+1), docEnd{})
		end = c.Pos.End
	}
	if out == nil {
		return nil
	}
	return out
}

func (p *printer) between(e *Between) doc {
	return group(p.exprPrec(e.X, precBetween+1), text(when(e.Not, " NOT")+" BETWEEN "+when(e.Symmetric, "SYMMETRIC ")),
		p.exprPrec(e.Low, precBetween+1), nest(line, text("AND "), p.exprPrec(e.High, precBetween+1)))
}

func (p *printer) like(e *Like) doc {
	d := cat(p.exprPrec(e.X, precBetween+1), text(when(e.Not, " NOT")+" "+e.Kind.String()+" "), p.exprPrec(e.Pattern, precBetween+1))
	if e.Escape != nil {
		d = cat(d, text(" ESCAPE "), p.exprPrec(e.Escape, precBetween+1))
	}
	return d
}

func (p *printer) queryOrList(q Query, list []Expr) doc {
	if q != nil {
		return p.subquery(q)
	}
	return p.exprParens(list)
}

// base prints what [index] and .field can follow directly; the rest is in parentheses.
func (p *printer) base(e Expr, index bool) doc {
	ok := false
	switch e := e.(type) {
	case *Index, *Field, *ArrayExpr, *MapExpr, *MultisetExpr, *Subquery, *Row, *Cast:
		ok = true
	case *ColumnRef:
		ok = index // a.b would be another name
	case *Call:
		ok = e.Form != CallBare && e.Nulls == NullTreatmentUnspecified && e.WithinGroup == nil && e.Filter == nil && e.Over == nil
	}
	if ok {
		return p.expr(e)
	}
	return cat(text("("), p.expr(e), text(")"))
}

func (p *printer) caseExpr(e *Case) doc {
	out := docConcat{text("CASE")}
	if e.Operand != nil {
		out = append(out, text(" "), p.expr(e.Operand))
	}
	var body docConcat
	for _, w := range e.Whens {
		body = append(body, line, p.lead(w.Span().Start), group(text("WHEN "), items(p, w.Conds, line, p.expr),
			nest(line, text("THEN "), nest(p.expr(w.Then)))), p.trail(w.Span().End, false))
	}
	if e.Else != nil {
		body = append(body, line, text("ELSE "), nest(p.expr(e.Else)), p.trail(e.Else.Span().End, true))
	}
	return group(append(out, nest(body), line, text("END"))...)
}

func (p *printer) collection(word string, list []Expr, q Query) doc {
	if q != nil {
		return cat(text(word), p.subquery(q))
	}
	if len(list) == 0 {
		return text(word + "[]")
	}
	return group(text(word+"["), nest(softline, items(p, list, line, p.expr)), softline, text("]"))
}

// mapExpr keeps a key and its value in one line.
func (p *printer) mapExpr(e *MapExpr) doc {
	if e.Query != nil || len(e.Items) == 0 || len(e.Items)%2 == 1 {
		return p.collection("MAP", e.Items, e.Query)
	}
	var pairs docConcat
	for i := 0; i < len(e.Items); i += 2 {
		pairs = append(pairs, p.expr(e.Items[i]), text(", "), p.expr(e.Items[i+1]))
		if i+2 < len(e.Items) {
			pairs = append(pairs, text(","), p.trail(e.Items[i+1].Span().End, false), line)
		} else {
			pairs = append(pairs, p.trail(e.Items[i+1].Span().End, true))
		}
	}
	return group(text("MAP["), nest(softline, pairs), softline, text("]"))
}

// call prints a call in the spelling it had.
func (p *printer) call(c *Call) doc {
	name := p.callName(c.Name)
	if c.Form == CallBare {
		return name
	}
	if c.Form == CallKeywords {
		return p.keywordCall(name, c)
	}
	out := docConcat{name}
	if len(c.Args) == 0 && c.OrderBy == nil {
		out = append(out, text("()"))
	} else {
		inner := docConcat{text(when(c.Distinct, "DISTINCT ")), items(p, c.Args, line, p.expr)}
		if c.OrderBy != nil {
			inner = append(inner, line, p.orderBy(c.OrderBy))
		}
		out = append(out, group(text("("), nest(softline, inner), softline, text(")")))
	}
	if c.Nulls != NullTreatmentUnspecified {
		out = append(out, text(" "+c.Nulls.String()))
	}
	if c.WithinGroup != nil {
		out = append(out, text(" WITHIN GROUP ("), p.orderBy(c.WithinGroup), text(")"))
	}
	if c.Filter != nil {
		out = append(out, group(text(" FILTER ("), nest(softline, text("WHERE "), p.expr(c.Filter)), softline, text(")")))
	}
	if c.Over != nil {
		out = append(out, text(" OVER "), p.windowSpec(c.Over))
	}
	return out
}

// callName prints a function's name, which may be a reserved word.
func (p *printer) callName(q QualifiedName) doc {
	if len(q.Parts) == 1 && !q.Parts[0].Quoted && isPlainName(q.Parts[0].Name) {
		return text(q.Parts[0].Name)
	}
	return p.name(q)
}

// keywordCall prints the functions with keywords between their arguments.
func (p *printer) keywordCall(name doc, c *Call) doc {
	var words []string
	switch c.Name.Last().Name {
	case "EXTRACT":
		words = []string{"FROM"}
	case "FLOOR", "CEIL", "CEILING":
		words = []string{"TO"}
	case "POSITION":
		words = []string{"IN", "FROM"}
	case "OVERLAY":
		words = []string{"PLACING", "FROM", "FOR"}
	case "SUBSTRING":
		words = []string{"FROM", "FOR"}
	case "CONVERT", "TRANSLATE":
		words = []string{"USING"}
	}
	var args docConcat
	for i, a := range c.Args {
		if i > 0 && i <= len(words) {
			args = append(args, line, text(words[i-1]+" "))
		}
		if i == 0 && c.Name.Last().Name == "POSITION" {
			args = append(args, p.exprPrec(a, precBetween+1))
		} else if i == 0 && len(c.Args) > 1 && endsWithUnit(a) && words[0] == "TO" { // FLOOR(a - INTERVAL '1' DAY TO HOUR) is a range of units
			args = append(args, text("("), p.expr(a), text(")"))
		} else {
			args = append(args, p.expr(a))
		}
	}
	return cat(name, group(text("("), nest(softline, args), softline, text(")")))
}

// endsWithUnit tells expressions whose text ends with the unit of an interval.
func endsWithUnit(e Expr) bool {
	switch e := e.(type) {
	case *IntervalLit, *IntervalExpr, *DatetimeSub:
		return true
	case *Binary:
		return endsWithUnit(e.R)
	case *Unary:
		return endsWithUnit(e.X)
	case *Between:
		return endsWithUnit(e.High)
	}
	return false
}

func (p *printer) tableArg(a *TableArg) doc {
	var out docConcat
	if t, ok := a.Query.(*TableQuery); ok {
		out = append(out, text("TABLE "), p.name(t.Name))
	} else {
		out = append(out, p.subquery(a.Query))
	}
	if a.PartitionBy != nil {
		out = append(out, text(" PARTITION BY "))
		if _, isRow := a.PartitionBy[0].(*Row); len(a.PartitionBy) == 1 && !isRow && prec(a.PartitionBy[0]) == precAtom {
			out = append(out, p.expr(a.PartitionBy[0]))
		} else {
			out = append(out, p.exprParens(a.PartitionBy))
		}
	}
	if a.OrderBy != nil {
		out = append(out, text(" ORDER BY "))
		if _, isRow := a.OrderBy[0].Expr.(*Row); len(a.OrderBy) == 1 && !isRow && prec(a.OrderBy[0].Expr) == precAtom {
			out = append(out, p.sortItem(a.OrderBy[0]))
		} else {
			out = append(out, parens(p, a.OrderBy, p.sortItem))
		}
	}
	return out
}

// functionExpr prints the functions that have nodes of their own.
func (p *printer) functionExpr(e Expr) doc {
	call := func(name string, inner ...doc) doc {
		return group(text(name+"("), nest(softline, cat(inner...)), softline, text(")"))
	}
	switch e := e.(type) {
	case *Cast:
		name := "CAST"
		if e.Try {
			name = "TRY_CAST"
		}
		return call(name, p.expr(e.X), text(" AS "), p.typeExpr(e.Type))
	case *Trim:
		inner := docConcat{text(e.Spec.String())}
		if e.Spec != TrimUnspecified {
			inner = append(inner, text(" "))
		}
		if e.Chars != nil {
			inner = append(inner, p.expr(e.Chars), text(" "))
		}
		if e.Chars != nil || e.Spec != TrimUnspecified {
			inner = append(inner, text("FROM "))
		}
		return call("TRIM", inner, p.expr(e.X))
	case *JSONExists:
		inner := docConcat{p.expr(e.Input), text(","), line, p.expr(e.Path), p.passing(e.Passing)}
		if e.OnError != nil {
			inner = append(inner, line, text(e.OnError.Kind.String()+" ON ERROR"))
		}
		return call("JSON_EXISTS", inner)
	case *JSONValue:
		inner := docConcat{p.expr(e.Input), text(","), line, p.expr(e.Path), p.passing(e.Passing), p.returning(e.Returning)}
		return call("JSON_VALUE", append(inner, p.behaviors(e.OnEmpty, e.OnError)))
	case *JSONQuery:
		inner := docConcat{p.expr(e.Input), text(","), line, p.expr(e.Path), p.passing(e.Passing), p.returning(e.Returning)}
		if e.Wrapper != JSONWrapperUnspecified {
			inner = append(inner, line, text(e.Wrapper.String()))
		}
		return call("JSON_QUERY", append(inner, p.behaviors(e.OnEmpty, e.OnError)))
	case *JSONObject:
		return call("JSON_OBJECT", items(p, e.Pairs, line, p.jsonPair), p.onNull(len(e.Pairs) > 0, e.OnNull))
	case *JSONArray:
		return call("JSON_ARRAY", items(p, e.Items, line, p.expr), p.onNull(len(e.Items) > 0, e.OnNull))
	case *JSONObjectAgg:
		return call("JSON_OBJECTAGG", p.jsonPair(&JSONPair{Key: e.Key, Value: e.Value}), p.onNull(true, e.OnNull))
	case *JSONArrayAgg:
		inner := docConcat{p.expr(e.Value)}
		if e.OrderBy != nil {
			inner = append(inner, line, p.orderBy(e.OrderBy))
		}
		return call("JSON_ARRAYAGG", inner, p.onNull(true, e.OnNull))
	case *FormatJSON:
		return cat(p.expr(e.X), text(" FORMAT JSON"))
	}
	return nil
}

func (p *printer) jsonPair(j *JSONPair) doc {
	return cat(text("KEY "), p.expr(j.Key), text(" VALUE "), p.expr(j.Value))
}

func (p *printer) onNull(behind bool, n JSONOnNull) doc {
	switch {
	case n == JSONOnNullUnspecified:
		return nil
	case behind:
		return cat(line, text(n.String()))
	}
	return text(n.String())
}

func (p *printer) returning(t TypeExpr) doc {
	if t == nil {
		return nil
	}
	return cat(line, text("RETURNING "), p.typeExpr(t))
}

// behaviors prints … ON EMPTY and … ON ERROR in the order of the text.
func (p *printer) behaviors(onEmpty, onError *JSONBehavior) doc {
	one := func(b *JSONBehavior, on string) doc {
		if b == nil {
			return nil
		}
		d := text(b.Kind.String())
		if b.Kind == JSONDefault {
			d = cat(text("DEFAULT "), p.expr(b.Default))
		}
		return cat(line, d, text(" ON "+on))
	}
	if onEmpty != nil && onError != nil && onError.Span().Start < onEmpty.Span().Start {
		return cat(one(onError, "ERROR"), one(onEmpty, "EMPTY"))
	}
	return cat(one(onEmpty, "EMPTY"), one(onError, "ERROR"))
}

// typeExpr prints a type.
func (p *printer) typeExpr(t TypeExpr) doc {
	d := p.bareType(t)
	if n := t.Null(); n != NullUnspecified {
		return cat(d, text(" "+n.String()))
	}
	return d
}

func (p *printer) bareType(t TypeExpr) doc {
	angle := func(word string, inner doc) doc {
		return group(text(word+"<"), nest(softline, inner), softline, text(">"))
	}
	switch t := t.(type) {
	case *NamedType:
		switch len(t.Params) {
		case 0:
			return text(t.Name)
		case 1:
			return text(fmt.Sprintf("%s(%d)", t.Name, t.Params[0]))
		}
		return text(fmt.Sprintf("%s(%d, %d)", t.Name, t.Params[0], t.Params[1]))
	case *UserType:
		return p.name(t.Name)
	case *IntervalType:
		return text("INTERVAL " + qualifierText(t.Qualifier))
	case *ArrayType:
		return angle("ARRAY", p.typeExpr(t.Elem))
	case *MultisetType:
		return angle("MULTISET", p.typeExpr(t.Elem))
	case *MapType:
		return angle("MAP", cat(p.typeExpr(t.Key), text(","), line, p.typeExpr(t.Value)))
	case *RowType:
		if len(t.Fields) == 0 {
			return text("ROW<>")
		}
		return angle("ROW", items(p, t.Fields, line, p.rowField))
	case *RawType:
		return text("RAW(" + stringText(t.Class) + ", " + stringText(t.Snapshot) + ")")
	case *StructuredType:
		if len(t.Fields) == 0 {
			return text("STRUCTURED<" + stringText(t.Class) + ">")
		}
		return angle("STRUCTURED", cat(p.str(t.Class), text(","), line, items(p, t.Fields, line, p.rowField)))
	case *BadType:
		return text(p.source(t))
	}
	return nil
}

func (p *printer) rowField(f *RowField) doc {
	d := cat(p.ident(f.Name), text(" "), p.typeExpr(f.Type))
	if f.Comment != nil {
		d = cat(d, text(" "), p.str(f.Comment))
	}
	return d
}

func (p *printer) passing(values []*SelectItem) doc {
	if values == nil {
		return docConcat{}
	}
	return docConcat{line, text("PASSING "), items(p, values, line, p.selectItem)}
}
