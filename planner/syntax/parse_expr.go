package syntax

import (
	"strings"

	"github.com/weir-sql/weir/planner/diag"
)

// Binding powers, lowest first. They are Calcite's, which is what Flink runs on; note
// that MULTISET operators bind looser than OR, and that IS binds looser than `=`.
const (
	precMultiset          = 14 // MULTISET UNION, MULTISET EXCEPT
	precMultisetIntersect = 18
	precOr                = 22
	precAnd               = 24
	precNot               = 26 // prefix
	precIs                = 28 // postfix
	precCompare           = 30 // = <> < > <= >=, IS DISTINCT FROM, OVERLAPS …, MEMBER OF
	precBetween           = 32 // BETWEEN, IN, LIKE
	precAdd               = 40
	precMul               = 60 // * / % ||
	precSign              = 80 // prefix + and -
)

// expr reads an expression.
func (p *parser) expr() Expr { return p.exprPrec(0) }

// exprPrec reads an expression of operators that bind at least as tight as min.
func (p *parser) exprPrec(min int) Expr {
	p.enter()
	defer p.leave()
	start := p.start()
	x := p.prefix()
	for links := 0; ; {
		y := p.infix(start, x, min)
		if y == nil {
			return x
		}
		p.link(&links)
		x = y
	}
}

// prefix reads an operand with the signs and the NOT before it.
func (p *parser) prefix() Expr {
	start, t := p.start(), p.tok()
	switch t.Word {
	case "NOT":
		if p.meantAsName() {
			break
		}
		p.next()
		x := p.exprPrec(precNot)
		return &Unary{p.base(start), Not, x}
	case "-", "+":
		p.next()
		x := p.exprPrec(precSign)
		if t.Word == "-" {
			return &Unary{p.base(start), Neg, x}
		}
		return &Unary{p.base(start), Plus, x}
	}
	return p.postfix(start, p.primary())
}

// postfix reads [index] and .field behind an operand.
func (p *parser) postfix(start int, x Expr) Expr {
	for links := 0; ; p.link(&links) {
		open := p.tok()
		switch open.Word {
		case "[":
			p.next()
			i := p.expr()
			p.close(open, "]")
			x = &Index{p.base(start), x, i}
		case ".":
			p.next()
			if p.is("*") {
				p.fail(diag.Errorf(CodeUnexpected, p.tok().Pos, "* can follow a table's name only"))
			}
			id := p.ident("a field name")
			x = &Field{p.base(start), x, id}
		default:
			return x
		}
	}
}

// binaryOps are the infix operators of one token that need no more than their
// operands; all go from left to right.
var binaryOps = map[string]struct {
	op   BinaryOp
	prec int
}{
	"OR": {Or, precOr}, "AND": {And, precAnd},
	"=": {Eq, precCompare}, "<>": {Ne, precCompare}, "!=": {Ne, precCompare}, "==": {Eq, precCompare},
	"<": {Lt, precCompare}, "<=": {Le, precCompare}, ">": {Gt, precCompare}, ">=": {Ge, precCompare},
	"+": {Add, precAdd}, "-": {Sub, precAdd},
	"*": {Mul, precMul}, "/": {Div, precMul}, "%": {Mod, precMul}, "||": {Concat, precMul},
	"OVERLAPS": {Overlaps, precCompare}, "CONTAINS": {Contains, precCompare}, "EQUALS": {PeriodEquals, precCompare},
	"PRECEDES": {Precedes, precCompare}, "SUCCEEDS": {Succeeds, precCompare},
}

// infix reads the operator behind x, if one follows that binds at least as tight as
// min, with its right operand; else it returns nil.
func (p *parser) infix(start int, x Expr, min int) Expr {
	t := p.tok()
	if t.Word == "" {
		return nil
	}
	if b, ok := binaryOps[t.Word]; ok {
		if b.prec < min {
			return nil
		}
		p.next()
		switch t.Word {
		case "!=":
			p.report(diag.Errorf(CodeUnsupported, t.Pos, "Flink SQL has no operator !=").WithHint("write <>"))
		case "==":
			p.report(diag.Errorf(CodeUnsupported, t.Pos, "Flink SQL has no operator ==").WithHint("write ="))
		}
		if b.prec == precCompare && p.isAny("ANY", "SOME", "ALL") && p.peek(1).Word == "(" {
			return p.quantified(start, x, b.op)
		}
		r := p.exprPrec(b.prec + 1)
		return &Binary{p.base(start), b.op, x, r}
	}
	switch t.Word {
	case "IS":
		return p.isTest(start, x, min)
	case "NOT":
		switch p.peek(1).Word {
		case "NULL":
			if min <= precIs {
				p.fail(diag.Errorf(CodeUnexpected, t.Pos, "NOT NULL is no condition").WithHint("write IS NOT NULL"))
			}
		case "BETWEEN", "IN", "LIKE", "ILIKE", "RLIKE", "SIMILAR":
			if min <= precBetween {
				p.next()
				return p.predicate(start, x, true)
			}
		case "SUBMULTISET":
			if min <= precCompare {
				p.next()
				return p.binaryWords(start, x, NotSubmultisetOf, precCompare, "SUBMULTISET", "OF")
			}
		}
	case "BETWEEN", "IN", "LIKE", "ILIKE", "RLIKE", "SIMILAR":
		if min <= precBetween {
			return p.predicate(start, x, false)
		}
	case "IMMEDIATELY":
		if min <= precCompare {
			switch p.peek(1).Word {
			case "PRECEDES":
				return p.binaryWords(start, x, ImmediatelyPrecedes, precCompare, "IMMEDIATELY", "PRECEDES")
			case "SUCCEEDS":
				return p.binaryWords(start, x, ImmediatelySucceeds, precCompare, "IMMEDIATELY", "SUCCEEDS")
			}
		}
	case "MEMBER":
		if min <= precCompare {
			return p.binaryWords(start, x, MemberOf, precCompare, "MEMBER", "OF")
		}
	case "SUBMULTISET":
		if min <= precCompare {
			return p.binaryWords(start, x, SubmultisetOf, precCompare, "SUBMULTISET", "OF")
		}
	case "MULTISET":
		return p.multisetOp(start, x, min)
	}
	return nil
}

// binaryWords reads an operator of several words and its right operand.
func (p *parser) binaryWords(start int, x Expr, op BinaryOp, prec int, words ...string) Expr {
	p.expect(words...)
	r := p.exprPrec(prec + 1)
	return &Binary{p.base(start), op, x, r}
}

// multisetOp reads MULTISET UNION|INTERSECT|EXCEPT [ALL|DISTINCT].
func (p *parser) multisetOp(start int, x Expr, min int) Expr {
	op, prec := MultisetUnion, precMultiset
	switch p.peek(1).Word {
	case "UNION":
	case "INTERSECT":
		op, prec = MultisetIntersect, precMultisetIntersect
	case "EXCEPT":
		op = MultisetExcept
	default:
		return nil
	}
	if prec < min {
		return nil
	}
	p.next()
	p.next()
	if p.got("DISTINCT") {
		op++ // the distinct form follows the plain one
	} else {
		p.got("ALL")
	}
	r := p.exprPrec(prec + 1)
	return &Binary{p.base(start), op, x, r}
}

// isTest reads IS [NOT] NULL and the like, or IS [NOT] DISTINCT FROM y.
func (p *parser) isTest(start int, x Expr, min int) Expr {
	i := 1
	if p.peek(1).Word == "NOT" {
		i = 2
	}
	if p.peek(i).Word == "DISTINCT" {
		if min > precCompare {
			return nil
		}
		op := IsDistinctFrom
		p.next()
		if p.got("NOT") {
			op = IsNotDistinctFrom
		}
		p.expect("DISTINCT", "FROM")
		r := p.exprPrec(precCompare + 1)
		return &Binary{p.base(start), op, x, r}
	}
	if min > precIs {
		return nil
	}
	p.next()
	is := &Is{X: x, Not: p.got("NOT")}
	switch {
	case p.got("NULL"):
		is.Test = IsNull
	case p.got("TRUE"):
		is.Test = IsTrue
	case p.got("FALSE"):
		is.Test = IsFalse
	case p.got("UNKNOWN"):
		is.Test = IsUnknown
	case p.got("JSON"):
		switch {
		case p.got("OBJECT"):
			is.Test = IsJSONObject
		case p.got("ARRAY"):
			is.Test = IsJSONArray
		case p.got("SCALAR"):
			is.Test = IsJSONScalar
		default:
			p.got("VALUE")
			is.Test = IsJSON
		}
	case p.gotAll("A", "SET"):
		is.Test = IsASet
	case p.got("EMPTY"):
		is.Test = IsEmpty
	default:
		p.unexpected("NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM after IS")
	}
	is.Base = p.base(start)
	return is
}

// predicate reads BETWEEN, IN, LIKE and SIMILAR TO behind x and a NOT.
func (p *parser) predicate(start int, x Expr, not bool) Expr {
	switch t := p.next(); t.Word {
	case "BETWEEN":
		b := &Between{X: x, Not: not}
		if p.got("SYMMETRIC") {
			b.Symmetric = true
		} else {
			p.got("ASYMMETRIC")
		}
		b.Low = p.exprPrec(precAnd + 1)
		p.expect("AND")
		b.High = p.exprPrec(precBetween + 1)
		b.Base = p.base(start)
		return b
	case "IN":
		in := &In{X: x, Not: not}
		if !p.is("(") {
			p.unexpected(`"(" and a list or a query after IN`)
		}
		in.Query, in.List = p.parenContents()
		in.Base = p.base(start)
		return in
	default:
		l := &Like{X: x, Not: not}
		switch t.Word {
		case "ILIKE":
			l.Kind = ILike
		case "RLIKE":
			l.Kind = RLike
		case "SIMILAR":
			p.expect("TO")
			l.Kind = SimilarTo
		}
		// These go from right to left: a LIKE b LIKE c is a LIKE (b LIKE c).
		l.Pattern = p.exprPrec(precBetween)
		if p.got("ESCAPE") {
			l.Escape = p.exprPrec(precBetween)
		}
		l.Base = p.base(start)
		return l
	}
}

// quantified reads ANY|SOME|ALL (…) behind a comparison.
func (p *parser) quantified(start int, x Expr, op BinaryOp) Expr {
	q := &Quantified{X: x, Op: op, All: p.next().Word == "ALL"}
	q.Query, q.List = p.parenContents()
	q.Base = p.base(start)
	return q
}

// parenContents reads a query or a list of expressions in parentheses. A query in
// further parentheses is that query.
func (p *parser) parenContents() (Query, []Expr) {
	open := p.tok()
	p.expect("(")
	if p.startsQuery() {
		q := p.query()
		p.close(open, ")")
		return q, nil
	}
	inner := p.start()
	items := listUntil(p, ")", p.expr)
	if q := p.setOpBehind(inner, items); q != nil {
		p.close(open, ")")
		return q, nil
	}
	p.close(open, ")")
	if len(items) == 1 {
		if s, ok := items[0].(*Subquery); ok {
			return s.Query, nil
		}
	}
	return nil, items
}

// setOpBehind goes on with a query when what was read as a list is `(query)` and an
// operator of queries follows: (SELECT 1) UNION (SELECT 2).
func (p *parser) setOpBehind(start int, items []Expr) Query {
	if len(items) != 1 || !p.isAny("UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT", "OFFSET", "FETCH") {
		return nil
	}
	if s, ok := items[0].(*Subquery); ok {
		return p.queryFrom(start, s.Query)
	}
	return nil
}

// primary reads an operand without signs and without what may follow it.
func (p *parser) primary() Expr {
	start, t := p.start(), p.tok()
	switch t.Kind {
	case TokenNumber:
		p.next()
		return numberOf(t, p.text(t))
	case TokenString:
		return p.stringLit("a string")
	case TokenBinary:
		return p.binaryLit()
	case TokenName, TokenQuotedName:
		return p.columnOrCall(start)
	case TokenVariable:
		return p.variable()
	case TokenSymbol:
		switch t.Word {
		case "(":
			return p.paren(start)
		case "{":
			return p.odbcLiteral(start)
		}
	case TokenDoubleQuote:
		// In other systems this is a name, in some a string. Reading a name lets the
		// parser go on.
		p.next()
		name := strings.ReplaceAll(strings.Trim(p.text(t), `"`), `""`, `"`)
		id := Ident{At(t.Pos), name, true}
		p.report(diag.Errorf(CodeQuotes, t.Pos, "text is in double quotes").
			WithHint("write a string in single quotes: %s, or a name in backticks: %s", QuoteString(name), identText(id)))
		return &ColumnRef{id.Base, []Ident{id}}
	case TokenKeyword:
		if x := p.keywordExpr(start, t); x != nil {
			return x
		}
		if !t.Reserved {
			return p.columnOrCall(start)
		}
		if p.meantAsName() {
			return p.columnOrCall(start)
		}
	}
	p.want = p.want[:0]
	p.unexpected("an expression")
	return nil
}

// variable reads ${…}. Before a parenthesis or a dot it stands for a name.
func (p *parser) variable() Expr {
	if after := p.peek(1).Word; after == "(" || after == "." {
		return p.columnOrCall(p.start())
	}
	t := p.next()
	text := p.text(t)
	return &Variable{At(t.Pos), text[2 : len(text)-1]}
}

// keywordExpr reads an expression that a keyword leads; nil if t leads none here.
func (p *parser) keywordExpr(start int, t Token) Expr {
	call := p.peek(1).Word == "("
	switch t.Word {
	case "NULL":
		if p.meantAsName() && p.peek(1).Word == "." {
			return nil
		}
		p.next()
		return &NullLit{At(t.Pos)}
	case "TRUE", "FALSE", "UNKNOWN":
		p.next()
		return &BoolLit{At(t.Pos), map[string]Truth{"TRUE": True, "FALSE": False, "UNKNOWN": Unknown}[t.Word]}
	case "DATE", "TIME", "TIMESTAMP", "DATETIME", "TIMESTAMP_LTZ":
		return p.datetime(start, t)
	case "DECIMAL":
		if s := p.peek(1); s.Kind == TokenString {
			return p.decimalLit(start)
		}
	case "INTERVAL":
		if !p.meantAsInterval() {
			return nil
		}
		return p.intervalExpr(start)
	case "CASE":
		if p.peek(1).Word == "," || p.peek(1).Word == "FROM" {
			return nil
		}
		return p.caseExpr(start)
	case "ROW":
		if call {
			p.next()
			items := parenList(p, p.expr)
			return &Row{p.base(start), true, items}
		}
	case "DEFAULT":
		if p.inValues {
			p.next()
			return &DefaultArg{At(t.Pos)}
		}
	case "PERIOD":
		if call {
			p.next()
			items := parenList(p, p.expr)
			if len(items) < 2 {
				p.fail(diag.Errorf(CodeIncomplete, t.Pos, "PERIOD needs a start and an end"))
			}
			return &Row{p.base(start), false, items}
		}
	case "ARRAY", "MAP", "MULTISET":
		if call || p.peek(1).Word == "[" {
			return p.collection(start, t)
		}
	case "EXISTS", "UNIQUE", "CURSOR":
		if call {
			p.next()
			q, items := p.parenContents()
			if q == nil {
				p.fail(diag.Errorf(CodeUnexpected, spanOf(items), "%s needs a query", t.Word))
			}
			switch t.Word {
			case "EXISTS":
				return &Exists{p.base(start), q}
			case "UNIQUE":
				return &Unique{p.base(start), q}
			}
			return &Cursor{p.base(start), q}
		}
	case "RUNNING", "FINAL":
		if n := p.peek(1); (n.isName() || n.Kind == TokenKeyword) && p.peek(2).Word == "(" || t.Word == "RUNNING" && call {
			p.next()
			x := p.postfix(p.start(), p.primary())
			op := Running
			if t.Word == "FINAL" {
				op = Final
			}
			return &Unary{p.base(start), op, x}
		}
	case "NEXT":
		if p.is("NEXT", "VALUE", "FOR") {
			p.fail(diag.Errorf(CodeNowhere, t.Pos, "Flink SQL has no sequences"))
		}
	}
	return p.specialFunction(start, t, call)
}

// spanOf is the place of a list of expressions.
func spanOf(items []Expr) diag.Span {
	var s diag.Span
	for _, x := range items {
		s = s.Join(x.Span())
	}
	return s
}

// paren reads (query), (expression) or a row (a, b).
func (p *parser) paren(start int) Expr {
	open := p.next()
	if p.startsQuery() {
		q := p.query()
		p.close(open, ")")
		return &Subquery{p.base(start), q}
	}
	if p.is(")") {
		p.unexpected("an expression or a query")
	}
	inner := p.start()
	items := list(p, p.expr)
	if q := p.setOpBehind(inner, items); q != nil {
		p.close(open, ")")
		return &Subquery{p.base(start), q}
	}
	p.close(open, ")")
	if len(items) > 1 {
		return &Row{p.base(start), false, items}
	}
	if intervalUnits[p.tok().Word] != NoUnit {
		if b, ok := items[0].(*Binary); ok && b.Op == Sub {
			q := p.intervalQualifier()
			return &DatetimeSub{p.base(start), b.L, b.R, q}
		}
	}
	return items[0]
}

// columnOrCall reads a dotted name, t.* or a call.
func (p *parser) columnOrCall(start int) Expr {
	parts := []Ident{p.ident("a column")}
	for p.is(".") {
		if p.peek(1).Word == "*" {
			q := &QualifiedName{p.base(start), parts}
			p.next()
			p.next()
			return &Star{p.base(start), q}
		}
		p.next()
		parts = append(parts, p.ident("a name after the dot"))
	}
	if p.is("(") {
		return p.callArgs(start, QualifiedName{p.base(start), parts})
	}
	return &ColumnRef{p.base(start), parts}
}

func (p *parser) caseExpr(start int) Expr {
	open := p.tok()
	p.expect("CASE")
	p.caseDepth++
	c := &Case{}
	if !p.at("WHEN") {
		c.Operand = p.expr()
	}
	for {
		ws := p.start()
		if !p.got("WHEN") {
			break
		}
		w := &When{}
		if c.Operand == nil {
			w.Conds = []Expr{p.expr()}
		} else {
			w.Conds = list(p, p.expr)
		}
		p.expect("THEN")
		w.Then = p.expr()
		w.Base = p.base(ws)
		c.Whens = append(c.Whens, w)
	}
	if len(c.Whens) == 0 {
		p.unexpected("WHEN")
	}
	if p.got("ELSE") {
		c.Else = p.expr()
	}
	if !p.got("END") {
		t := p.tok()
		if p.repairAlias() || p.repairWord(p.pos, []string{"END", "ELSE", "WHEN"}) {
			panic(bailout{})
		}
		d := diag.Errorf(CodeUnclosed, t.Pos, "expected END of CASE, found %s", p.quoted(t))
		d.Related = []diag.Related{{Span: open.Pos, Message: "CASE began here"}}
		p.fail(d)
	}
	p.caseDepth--
	c.Base = p.base(start)
	return c
}

// collection reads ARRAY[…], MAP[…], MULTISET[…] or one of them over a query. With a
// list in parentheses ARRAY and MAP are functions.
func (p *parser) collection(start int, t Token) Expr {
	p.next()
	var items []Expr
	var q Query
	open := p.tok()
	switch {
	case p.got("["):
		if !p.is("]") || t.Word == "MULTISET" {
			items = listUntil(p, "]", p.expr)
		}
		p.close(open, "]")
		if t.Word == "MAP" && len(items)%2 == 1 {
			p.report(diag.Errorf(CodeNowhere, items[len(items)-1].Span(), "key of MAP has no value").
				WithHint("write MAP[key, value, …]"))
		}
	case p.is("(", ")"):
		n := QualifiedName{At(t.Pos), []Ident{{At(t.Pos), t.Word, false}}}
		return p.callArgs(start, n)
	default:
		if q, items = p.parenContents(); q == nil {
			n := QualifiedName{At(t.Pos), []Ident{{At(t.Pos), t.Word, false}}}
			return &Call{Base: p.base(start), Name: n, Args: items}
		}
	}
	switch t.Word {
	case "ARRAY":
		return &ArrayExpr{p.base(start), items, q}
	case "MAP":
		return &MapExpr{p.base(start), items, q}
	}
	return &MultisetExpr{p.base(start), items, q}
}

// decimalLit reads DECIMAL '1.5'.
func (p *parser) decimalLit(start int) Expr {
	p.next()
	s := p.stringLit("a number")
	text := strings.TrimSpace(s.Value)
	toks, errs := Scan(text)
	if len(toks) != 2 || toks[0].Kind != TokenNumber || len(errs) > 0 {
		p.fail(diag.Errorf(CodeLiteral, s.Pos, "DECIMAL literal is not a number"))
	}
	n := numberOf(toks[0], text)
	n.Base, n.Kind = p.base(start), Decimal
	return n
}
