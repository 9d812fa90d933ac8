package syntax

import "github.com/weir-sql/weir/planner/diag"

// fromClause reads what follows FROM. Comma and JOIN bind equally, from left to
// right: a JOIN behind a comma takes all that was listed before it as its left side.
func (p *parser) fromClause() []TableExpr {
	links := 0
	items := []TableExpr{p.tablePrimary()}
	for {
		switch {
		case p.got(","):
			if p.endsList() {
				comma := p.toks[p.pos-1]
				p.report(diag.Errorf(CodeComma, comma.Pos, "comma has nothing after it").WithHint("remove the comma"))
				continue
			}
			if p.is("LATERAL", "VIEW") {
				p.fail(diag.Errorf(CodeUnsupported, p.tok().Pos, "Flink SQL has no LATERAL VIEW").
					WithHint("write CROSS JOIN UNNEST(…) or LATERAL TABLE(…)"))
			}
			items = append(items, p.tablePrimary())
		case p.startsJoin():
			left := items[0]
			for _, r := range items[1:] {
				left = &Join{Base: At(left.Span().Join(r.Span())), Kind: JoinCross, Comma: true, L: left, R: r}
			}
			p.link(&links)
			items = append(items[:0:0], p.join(left))
		default:
			return items
		}
	}
}

// startsJoin reports whether JOIN or a word before it follows.
func (p *parser) startsJoin() bool {
	for _, w := range [...]string{"JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL"} {
		if p.at(w) {
			return true
		}
	}
	if t := p.tok(); t.Word == "OUTER" {
		if p.peek(1).Word == "APPLY" {
			p.noApply()
		}
		p.fail(diag.Errorf(CodeUnexpected, t.Pos, "OUTER needs LEFT, RIGHT or FULL before it"))
	}
	return false
}

func (p *parser) noApply() {
	p.fail(diag.Errorf(CodeUnsupported, p.tok().Pos, "Flink SQL has no APPLY").
		WithHint("write JOIN LATERAL TABLE(…) AS t ON TRUE"))
}

// joins reads all joins behind a left side.
func (p *parser) joins(left TableExpr) TableExpr {
	for links := 0; p.startsJoin(); {
		p.link(&links)
		left = p.join(left)
	}
	return left
}

func (p *parser) join(left TableExpr) TableExpr {
	j := &Join{L: left}
	j.Natural = p.got("NATURAL")
	switch t := p.tok(); t.Word {
	case "INNER":
		p.next()
	case "LEFT", "RIGHT", "FULL":
		p.next()
		j.Kind = map[string]JoinKind{"LEFT": JoinLeft, "RIGHT": JoinRight, "FULL": JoinFull}[t.Word]
		p.got("OUTER")
		if n := p.tok(); n.Kind == TokenName && (equalFold(p.text(n), "semi") || equalFold(p.text(n), "anti")) {
			p.fail(diag.Errorf(CodeUnsupported, n.Pos, "Flink SQL has no %s JOIN", p.text(n)).
				WithHint("write WHERE EXISTS (…) or WHERE NOT EXISTS (…)"))
		}
	case "CROSS":
		p.next()
		j.Kind = JoinCross
		if p.is("APPLY") {
			p.noApply()
		}
	}
	word := p.tok()
	p.expect("JOIN")
	j.R = p.tablePrimary()
	switch {
	case p.got("ON"):
		j.On = p.expr()
	case p.got("USING"):
		j.Using = p.identList("a column name")
	}
	condition := j.On != nil || j.Using != nil
	if t := p.tok(); condition && t.Kind == TokenName && equalFold(p.text(t), "keyby") && p.peek(1).Word == "(" {
		p.next()
		open := p.tok()
		p.expect("(")
		for {
			j.KeyBy = append(j.KeyBy, p.expr())
			if !p.got(",") {
				break
			}
		}
		p.close(open, ")")
	}
	switch {
	case j.Natural && condition, j.Kind == JoinCross && condition:
		p.report(diag.Errorf(CodeNowhere, word.Pos, "this JOIN takes no condition").
			WithHint("remove NATURAL or CROSS, or remove the condition"))
	case !j.Natural && j.Kind != JoinCross && !condition:
		if p.repairAlias() {
			panic(bailout{})
		}
		if t := p.tok(); p.alias.tok >= 0 && p.alias.tok == p.pos-1 && (binaryOps[t.Word].prec > 0 || t.Word == ".") {
			p.fail(diag.Errorf(CodeIncomplete, p.toks[p.alias.tok].Pos, "condition of the JOIN has no ON before it").
				WithHint("add ON here"))
		}
		p.report(diag.Errorf(CodeNowhere, word.Pos, "JOIN has no condition").
			WithHint("add ON condition or USING (columns), or write CROSS JOIN"))
	}
	j.Base = p.base(left.Span().Start)
	return j
}

// tablePrimary reads one table of FROM with its alias.
func (p *parser) tablePrimary() TableExpr {
	p.enter()
	defer p.leave()
	start := p.start()
	var t TableExpr
	switch {
	case p.is("LATERAL"):
		t = p.lateral(start)
	case p.is("TABLE"):
		t = p.tableFunc(start, false)
	case p.is("UNNEST", "("):
		t = p.unnest(start, false)
	case p.is("("):
		t = p.parenTable(start)
	case p.isAny("VALUES", "SELECT", "WITH") && !p.meantAsName():
		p.fail(diag.Errorf(CodeUnexpected, p.tok().Pos, "query in FROM must be in parentheses").
			WithHint("write (%s …)", p.tok().Word))
	default:
		t = p.tableRef(start)
	}
	return p.tableSuffix(start, t)
}

func (p *parser) lateral(start int) TableExpr {
	p.expect("LATERAL")
	switch {
	case p.is("TABLE"):
		return p.tableFunc(start, true)
	case p.is("UNNEST", "("):
		return p.unnest(start, true)
	case p.is("("):
		q := p.parenQuery()
		return &Derived{Base: p.base(start), Lateral: true, Query: q}
	}
	p.unexpected("TABLE(…), a query in parentheses or UNNEST(…) after LATERAL")
	return nil
}

// tableFunc reads TABLE(f(…)).
func (p *parser) tableFunc(start int, lateral bool) TableExpr {
	p.expect("TABLE")
	open := p.tok()
	p.expect("(")
	callStart := p.start()
	n := p.name("a function name")
	c := p.callArgs(callStart, n)
	p.close(open, ")")
	return &TableFunc{Base: p.base(start), Lateral: lateral, Call: c}
}

func (p *parser) unnest(start int, lateral bool) TableExpr {
	p.expect("UNNEST")
	u := &Unnest{Lateral: lateral}
	if q := p.peek(1).Word; q == "SELECT" || q == "WITH" || q == "VALUES" || q == "TABLE" {
		qs := p.start()
		query := p.parenQuery()
		u.Args = []Expr{&Subquery{p.base(qs), query}}
	} else {
		u.Args = parenList(p, p.expr)
	}
	if p.is("WITH", "ORDINALITY") {
		p.next()
		p.next()
		u.Ordinality = true
	}
	u.Base = p.base(start)
	return u
}

// parenTable reads (query) or (a JOIN b), where either may itself begin with
// parentheses: only what follows an inner one tells a query from a join.
func (p *parser) parenTable(start int) TableExpr {
	open := p.tok()
	p.expect("(")
	q, t := p.queryOrTable()
	p.close(open, ")")
	if q != nil {
		return &Derived{Base: p.base(start), Query: q}
	}
	if _, ok := t.(*Join); !ok {
		p.fail(diag.Errorf(CodeUnexpected, diag.Span{Start: start, End: p.end()}, "table in parentheses is neither a query nor a join").
			WithHint("remove the parentheses"))
	}
	return t
}

// queryOrTable reads the inside of a parenthesis in FROM. One result is nil.
func (p *parser) queryOrTable() (Query, TableExpr) {
	p.enter()
	defer p.leave()
	start := p.start()
	if p.startsQuery() && !(p.is("TABLE", "(")) {
		return p.query(), nil
	}
	if !p.is("(") {
		return nil, p.joins(p.tablePrimary())
	}
	open := p.tok()
	p.next()
	q, t := p.queryOrTable()
	p.close(open, ")")
	if q == nil {
		if _, ok := t.(*Join); !ok {
			p.unexpected("a join or a query")
		}
		return nil, p.joins(p.tableSuffix(start, t))
	}
	if p.isAny("UNION", "INTERSECT", "EXCEPT", "MINUS", "ORDER", "LIMIT", "OFFSET", "FETCH") || p.is(")") {
		return p.queryFrom(start, q), nil
	}
	d := &Derived{Base: p.base(start), Query: q}
	return nil, p.joins(p.tableSuffix(start, d))
}

// tableRef reads a table's name, or a function call without TABLE( ).
func (p *parser) tableRef(start int) TableExpr {
	n := p.name("a table")
	if p.is("(") {
		if q := p.peek(1); q.Word == "SELECT" || q.Word == "WITH" {
			p.fail(diag.Errorf(CodeUnexpected, q.Pos, "query as an argument must be in parentheses").WithHint("write (%s …)", q.Word))
		}
		return &TableFunc{Base: p.base(start), Bare: true, Call: p.callArgs(start, n)}
	}
	r := &TableRef{Name: n}
	r.Hints = p.hints()
	if p.got("FOR") {
		p.expect("SYSTEM_TIME", "AS", "OF")
		r.AsOf = p.expr()
	}
	r.Base = p.base(start)
	return r
}

// tableSuffix reads MATCH_RECOGNIZE, alias and TABLESAMPLE behind a table.
func (p *parser) tableSuffix(start int, t TableExpr) TableExpr {
	if p.is("MATCH_RECOGNIZE") {
		p.matchable(t)
		t = p.matchRecognize(start, t)
	}
	if alias := p.tableAlias(); alias != nil {
		at := p.base(start)
		switch t := t.(type) {
		case *TableRef:
			t.Base, t.Alias = at, alias
		case *Derived:
			t.Base, t.Alias = at, alias
		case *TableFunc:
			t.Base, t.Alias = at, alias
		case *Unnest:
			t.Base, t.Alias = at, alias
		case *MatchRecognize:
			t.Base, t.Alias = at, alias
		case *Join:
			p.fail(diag.Errorf(CodeUnexpected, alias.Pos, "join in parentheses cannot have an alias").
				WithHint("write (SELECT * FROM …) AS %s", Quote(alias.Name.Name)))
		}
		if p.is("MATCH_RECOGNIZE") {
			p.matchable(t)
			return p.tableSuffix(start, p.matchRecognize(start, t))
		}
	}
	if h := p.tok(); h.Kind == TokenHintOpen {
		p.fail(diag.Errorf(CodeClause, h.Pos, "hint must stand right behind a table's name").
			WithHint("write t /*+ … */ AS alias"))
	}
	if p.is("FOR", "SYSTEM_TIME") {
		p.fail(diag.Errorf(CodeClause, p.tok().Pos, "FOR SYSTEM_TIME must stand before the alias, behind a table's name").
			WithHint("write t FOR SYSTEM_TIME AS OF … AS alias"))
	}
	if p.at("TABLESAMPLE") {
		s := p.sample()
		at := p.base(start)
		switch t := t.(type) {
		case *TableRef:
			t.Base, t.Sample = at, s
		case *Derived:
			t.Base, t.Sample = at, s
		case *TableFunc:
			t.Base, t.Sample = at, s
		case *Unnest:
			t.Base, t.Sample = at, s
		default:
			p.fail(diag.Errorf(CodeUnsupported, s.Pos, "TABLESAMPLE needs a table, a query or a function before it"))
		}
	}
	return t
}

// matchable refuses the tables that cannot be the input of MATCH_RECOGNIZE.
func (p *parser) matchable(t TableExpr) {
	switch t := t.(type) {
	case *TableRef:
		if t.Alias == nil || t.Alias.Columns == nil {
			return
		}
	case *Derived:
		if t.Alias == nil {
			return
		}
	}
	p.fail(diag.Errorf(CodeUnsupported, p.tok().Pos, "MATCH_RECOGNIZE needs a table or a query without alias before it").
		WithHint("write (SELECT * FROM …) MATCH_RECOGNIZE (…)"))
}

// tableAlias reads [AS] name [(columns)].
func (p *parser) tableAlias() *TableAlias {
	start := p.start()
	id := p.optAlias("an alias", tableWords)
	if id == nil {
		return nil
	}
	a := &TableAlias{Name: *id}
	if p.is("(") {
		if after := p.peek(2).Word; after != "," && after != ")" && p.repairAlias() {
			panic(bailout{}) // WEHRE (a = 1)
		}
		a.Columns = p.identList("a column name")
	}
	a.Base = p.base(start)
	return a
}

func (p *parser) sample() *Sample {
	start := p.start()
	p.expect("TABLESAMPLE")
	s := &Sample{System: p.is("SYSTEM")}
	if t := p.tok(); p.got("SUBSTITUTE") {
		open := p.tok()
		p.expect("(")
		p.stringLit("the name of a sample")
		p.close(open, ")")
		p.report(diag.Errorf(CodeNowhere, t.Pos, "weir has no samples with names").WithHint("remove TABLESAMPLE"))
		s.Base = p.base(start)
		return s
	}
	if !p.got("SYSTEM") {
		p.expect("BERNOULLI")
	}
	open := p.tok()
	p.expect("(")
	s.Percent = p.number("a percentage")
	p.close(open, ")")
	if p.got("REPEATABLE") {
		open := p.tok()
		p.expect("(")
		s.Seed = p.signedNumber("a seed")
		p.close(open, ")")
	}
	s.Base = p.base(start)
	return s
}

// signedNumber reads a number whose minus sign is part of its text.
func (p *parser) signedNumber(what string) *NumberLit {
	start, minus := p.start(), p.got("-")
	n := p.number(what)
	if minus {
		n.Text = "-" + n.Text
	}
	n.Base = p.base(start)
	return n
}

// hints reads /*+ name(args), … */ if it is there.
func (p *parser) hints() []*Hint {
	if p.tok().Kind != TokenHintOpen {
		return nil
	}
	p.next()
	hs := list(p, p.hint)
	if p.tok().Kind != TokenHintClose {
		if p.tok().isName() {
			p.fail(diag.Errorf(CodeComma, p.tok().Pos, "comma is missing between hints").WithHint("add a comma"))
		}
		p.unexpected("*/ at the end of the hint")
	}
	p.next()
	return hs
}

func (p *parser) hint() *Hint {
	start := p.start()
	h := &Hint{Name: p.simpleName("a hint")}
	if p.is("(", ")") {
		p.next()
		p.next()
	} else if p.at("(") {
		h.Args = parenList(p, p.hintArg)
	}
	h.Base = p.base(start)
	return h
}

// hintArg reads 'k'='v', k='v', a name, a string or a number.
func (p *parser) hintArg() *HintArg {
	start := p.start()
	a := &HintArg{Value: p.hintValue()}
	if p.got("=") {
		a.Key = a.Value
		if _, ok := a.Key.(*NumberLit); ok {
			p.fail(diag.Errorf(CodeUnexpected, a.Key.Span(), "key of a hint must be a string or a name"))
		}
		a.Value = p.stringLit("the value of the hint")
	}
	a.Base = p.base(start)
	return a
}

func (p *parser) hintValue() Expr {
	switch t := p.tok(); {
	case t.Kind == TokenString:
		return p.stringLit("a string")
	case t.Kind == TokenVariable:
		return p.variable()
	case t.Kind == TokenNumber, t.Word == "-":
		return p.signedNumber("a number")
	default:
		id := p.simpleName("an argument of the hint")
		return &ColumnRef{id.Base, []Ident{id}}
	}
}
