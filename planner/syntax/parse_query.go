package syntax

import "github.com/weir-sql/weir/planner/diag"

// selectWords can follow a select item, tableWords a table of FROM. An alias without
// AS that resembles one of them and is followed by nonsense is a slip.
var (
	selectWords = []string{"FROM", "UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT", "OFFSET", "FETCH"}
	tableWords  = []string{"WHERE", "GROUP", "HAVING", "WINDOW", "QUALIFY", "JOIN", "INNER", "LEFT", "RIGHT", "FULL",
		"CROSS", "NATURAL", "ON", "USING", "TABLESAMPLE", "MATCH_RECOGNIZE", "UNION", "INTERSECT", "EXCEPT", "ORDER",
		"LIMIT", "OFFSET", "FETCH"}
)

func (p *parser) queryStmt() Stmt {
	start := p.start()
	q := p.query()
	if p.is("INSERT") {
		p.fail(diag.Errorf(CodeClause, p.tok().Pos, "INSERT cannot follow a query").
			WithHint("write INSERT INTO first: INSERT INTO t WITH … SELECT …"))
	}
	return &QueryStmt{p.base(start), q}
}

// startsQuery reports whether a query begins at the current token; a parenthesis
// leaves it open.
func (p *parser) startsQuery() bool {
	return p.isAny("SELECT", "WITH", "VALUES", "VALUE", "TABLE")
}

// query reads a query with WITH before it and ORDER BY, LIMIT and so on behind it.
func (p *parser) query() Query {
	p.enter()
	defer p.leave()
	start := p.start()
	var with *With
	if p.is("WITH") {
		with = p.with()
		if p.is("INSERT") {
			p.fail(diag.Errorf(CodeClause, p.tok().Pos, "INSERT cannot follow WITH").
				WithHint("write INSERT INTO first: INSERT INTO t WITH … SELECT …"))
		}
	}
	return p.queryTail(start, with, p.setOps(p.queryPrimary(), 0))
}

// queryFrom goes on behind a body that was read already, in parentheses.
func (p *parser) queryFrom(start int, body Query) Query {
	return p.queryTail(start, nil, p.setOps(body, 0))
}

func (p *parser) with() *With {
	start := p.start()
	p.expect("WITH")
	w := &With{}
	w.Recursive = p.got("RECURSIVE")
	w.CTEs = list(p, p.cte)
	w.Base = p.base(start)
	return w
}

func (p *parser) cte() *CTE {
	start := p.start()
	c := &CTE{Name: p.simpleName("the name of a WITH query")}
	if p.at("(") {
		c.Columns = p.identList("a column name")
	}
	p.expect("AS")
	c.Query = p.parenQuery()
	c.Base = p.base(start)
	return c
}

// parenQuery reads (query).
func (p *parser) parenQuery() Query {
	open := p.tok()
	p.expect("(")
	q := p.query()
	p.close(open, ")")
	return q
}

// setOps reads operators of at least a precedence behind a left operand: INTERSECT
// binds tighter than UNION and EXCEPT, all go from left to right.
func (p *parser) setOps(left Query, min int) Query {
	links := 0
	for {
		var op SetOpKind
		prec := 1
		switch t := p.tok(); t.Word {
		case "UNION":
			op = Union
		case "EXCEPT":
			op = Except
		case "MINUS":
			if t.Kind != TokenKeyword {
				return left
			}
			p.report(diag.Errorf(CodeUnsupported, t.Pos, "Flink SQL has no MINUS").WithHint("write EXCEPT"))
			op = Except
		case "INTERSECT":
			op, prec = Intersect, 2
		default:
			return left
		}
		if prec <= min {
			return left
		}
		p.link(&links)
		p.next()
		all := p.got("ALL")
		if !all {
			p.got("DISTINCT")
		}
		right := p.setOps(p.queryPrimary(), prec)
		left = &SetOp{p.base(left.Span().Start), op, all, left, right}
	}
}

// queryPrimary reads SELECT, VALUES, TABLE or a query in parentheses.
func (p *parser) queryPrimary() Query {
	start := p.start()
	switch p.tok().Word {
	case "SELECT":
		return p.selectBlock()
	case "VALUES", "VALUE":
		p.next()
		v := &Values{Rows: list(p, p.valuesRow)}
		v.Base = p.base(start)
		return v
	case "TABLE":
		p.next()
		n := p.name("a table name")
		return &TableQuery{p.base(start), n}
	case "(":
		p.enter()
		defer p.leave()
		return p.parenQuery()
	}
	p.want = append(p.want, "SELECT", "VALUES", "TABLE")
	p.unexpected("a query")
	return nil
}

func (p *parser) valuesRow() *Row {
	start := p.start()
	defer func(was bool) { p.inValues = was }(p.inValues)
	p.inValues = true
	e := p.expr()
	if row, ok := e.(*Row); ok {
		return row
	}
	return &Row{Base: p.base(start), Items: []Expr{e}}
}

// queryTail reads ORDER BY, LIMIT, OFFSET and FETCH.
func (p *parser) queryTail(start int, with *With, body Query) Query {
	q := &QueryExpr{With: with, Body: body}
	any := with != nil
	if p.at("ORDER") {
		q.OrderBy = p.orderBy()
		any = true
	}
	for {
		t := p.tok()
		switch {
		case p.got("LIMIT"):
			if q.Limit != nil {
				p.twice(t)
			}
			if q.Offset != nil {
				p.report(diag.Errorf(CodeClause, t.Pos, "LIMIT cannot follow OFFSET").WithHint("write LIMIT n OFFSET m"))
			}
			if !p.got("ALL") {
				q.Limit = p.rowCount("the number of rows after LIMIT")
			}
			if p.is(",") && p.peek(1).Kind == TokenNumber {
				p.fail(diag.Errorf(CodeUnsupported, p.tok().Pos, "Flink SQL has no LIMIT start, count").
					WithHint("write LIMIT count OFFSET start"))
			}
		case p.got("OFFSET"):
			if q.Offset != nil {
				p.twice(t)
			}
			if q.Fetch {
				p.report(diag.Errorf(CodeClause, t.Pos, "OFFSET must come before FETCH"))
			}
			q.Offset = p.rowCount("the number of rows after OFFSET")
			if !p.got("ROW") {
				p.got("ROWS")
			}
		case p.got("FETCH"):
			if q.Limit != nil {
				p.twice(t)
			}
			if !p.got("FIRST") {
				p.expect("NEXT")
			}
			q.Limit, q.Fetch = p.rowCount("the number of rows to fetch"), true
			if !p.got("ROW") {
				p.expect("ROWS")
			}
			p.expect("ONLY")
		case p.is("ORDER") && q.OrderBy == nil && any:
			p.fail(diag.Errorf(CodeClause, t.Pos, "ORDER BY must come before LIMIT and OFFSET"))
		default:
			if with == nil && q.OrderBy == nil && q.Limit == nil && q.Offset == nil {
				return body // also for LIMIT ALL
			}
			q.Base = p.base(start)
			return q
		}
		any = true
	}
}

// twice reports a clause that is given twice.
func (p *parser) twice(t Token) {
	p.report(diag.Errorf(CodeClause, t.Pos, "%s is given twice", p.text(t)).WithHint("remove one"))
}

// rowCount reads the number of LIMIT and the like.
func (p *parser) rowCount(what string) Expr {
	if t := p.tok(); t.Kind == TokenVariable {
		return p.variable()
	} else if t.Kind != TokenNumber && t.Kind != TokenEOF && t.Word != ";" {
		p.fail(diag.Errorf(CodeUnexpected, t.Pos, "expected %s, found %s", what, p.quoted(t)).
			WithHint("Flink SQL takes a plain number here"))
	}
	return p.number(what)
}

func (p *parser) orderBy() []*SortItem {
	p.expect("ORDER", "BY")
	return list(p, p.sortItem)
}

func (p *parser) sortItem() *SortItem {
	start := p.start()
	s := &SortItem{Expr: p.expr()}
	if p.got("DESC") {
		s.Desc = true
	} else {
		p.got("ASC")
	}
	if p.got("NULLS") {
		if p.got("FIRST") {
			s.Nulls = NullsFirst
		} else {
			p.expect("LAST")
			s.Nulls = NullsLast
		}
	}
	s.Base = p.base(start)
	return s
}

// selectBlock reads SELECT … up to QUALIFY. Clauses out of order are errors that do
// not stop it.
func (p *parser) selectBlock() Query {
	start := p.start()
	p.expect("SELECT")
	s := &Select{Hints: p.hints()}
	if t := p.tok(); t.Word == "STREAM" && p.peek(1).Word != "," && p.peek(1).Word != "FROM" {
		p.next()
		p.report(diag.Errorf(CodeNowhere, t.Pos, "Flink SQL has no SELECT STREAM").
			WithHint("remove STREAM; the mode is chosen when the script runs"))
	}
	if p.got("DISTINCT") {
		s.Distinct = true
	} else {
		p.got("ALL")
	}
	s.Items = p.selectItems()
	if p.got("FROM") {
		s.From = p.fromClause()
	} else if t := p.tok(); p.isAny("WHERE", "GROUP", "HAVING", "WINDOW", "QUALIFY") {
		p.report(diag.Errorf(CodeIncomplete, t.Pos, "%s needs a FROM clause before it", t.Word).
			WithHint("add FROM, for instance FROM (VALUES (1)) AS t (x)"))
	}
	p.selectClauses(s)
	s.Base = p.base(start)
	return s
}

// selectClauses reads WHERE, GROUP BY, HAVING, WINDOW and QUALIFY.
func (p *parser) selectClauses(s *Select) {
	clauses := [...]string{"WHERE", "GROUP", "HAVING", "WINDOW", "QUALIFY"}
	seen := [len(clauses)]bool{}
	last := -1
	for {
		i := -1
		for k, c := range clauses {
			if p.at(c) {
				i = k
				break
			}
		}
		if i < 0 {
			return
		}
		t := p.next()
		switch {
		case seen[i]:
			p.twice(t)
		case i < last:
			p.report(diag.Errorf(CodeClause, t.Pos, "%s must come before %s", clauses[i], clauses[last]))
		}
		seen[i], last = true, max(i, last)
		switch i {
		case 0:
			s.Where = p.expr()
		case 1:
			p.expect("BY")
			s.GroupBy = p.groupBy()
		case 2:
			s.Having = p.expr()
		case 3:
			s.Windows = list(p, p.windowDef)
		case 4:
			s.Qualify = p.expr()
		}
	}
}

// selectItems reads the list behind SELECT. It ends where no comma follows.
func (p *parser) selectItems() []*SelectItem {
	var items []*SelectItem
	for {
		var it *SelectItem
		if p.element(func() { it = p.selectItem() }, "FROM", "WHERE", "GROUP", "HAVING", "UNION", "ORDER", "LIMIT") {
			items = append(items, it)
		}
		t := p.tok()
		if p.got(",") {
			if n := p.tok(); n.Word == "FROM" && p.peek(1).Word != "," && p.peek(1).Word != "." {
				p.report(diag.Errorf(CodeComma, t.Pos, "comma has no select item after it").WithHint("remove the comma"))
				return items
			}
			continue
		}
		if t.isName() || t.Kind == TokenString || t.Kind == TokenNumber {
			if p.missingComma() {
				continue
			}
		}
		return items
	}
}

func (p *parser) selectItem() *SelectItem {
	start := p.start()
	it := &SelectItem{}
	if t := p.tok(); t.Word == "*" {
		p.next()
		it.Expr = &Star{Base: At(t.Pos)}
		if x := p.tok(); (x.Word == "EXCEPT" || x.Word == "EXCLUDE") && p.peek(1).Word == "(" && p.peek(2).isName() {
			p.fail(diag.Errorf(CodeUnsupported, x.Pos, "Flink SQL has no * %s", x.Word).WithHint("name the columns"))
		}
	} else {
		it.Expr = p.expr()
	}
	it.Alias = p.optAlias("an alias", selectWords)
	it.Base = p.base(start)
	return it
}

func (p *parser) groupBy() *GroupBy {
	start := p.start()
	g := &GroupBy{}
	if p.got("DISTINCT") {
		g.Distinct = true
	} else {
		p.got("ALL")
	}
	g.Items = list(p, p.groupItem)
	g.Base = p.base(start)
	return g
}

// groupItem reads an expression, (), or GROUPING SETS, ROLLUP and CUBE.
func (p *parser) groupItem() Expr {
	start := p.start()
	var kind GroupingKind
	switch {
	case p.gotAll("GROUPING", "SETS"):
		kind = GroupingSets
	case p.is("ROLLUP", "("):
		p.next()
		kind = Rollup
	case p.is("CUBE", "("):
		p.next()
		kind = Cube
	case p.is("(", ")"):
		p.next()
		p.next()
		return &Row{Base: p.base(start)}
	default:
		return p.expr()
	}
	p.enter()
	defer p.leave()
	item := p.groupItem
	if kind != GroupingSets {
		item = p.expr
	}
	items := parenList(p, item)
	return &GroupingSet{p.base(start), kind, items}
}

func (p *parser) windowDef() *WindowDef {
	start := p.start()
	w := &WindowDef{Name: p.simpleName("the name of a window")}
	p.expect("AS")
	w.Spec = p.windowSpec()
	w.Base = p.base(start)
	return w
}

// windowSpec reads ([name] [PARTITION BY …] [ORDER BY …] [frame]).
func (p *parser) windowSpec() *WindowSpec {
	start, open := p.start(), p.tok()
	p.expect("(")
	w := &WindowSpec{}
	if t := p.tok(); t.isName() {
		p.next()
		id := p.identOf(t)
		w.Ref = &id
	}
	if p.got("PARTITION") {
		p.expect("BY")
		w.PartitionBy = list(p, p.expr)
	}
	if p.at("ORDER") {
		w.OrderBy = p.orderBy()
	}
	if p.at("ROWS") || p.at("RANGE") {
		w.Frame = p.frame()
		if p.is("ALLOW") {
			p.expect("ALLOW", "PARTIAL") // as it is without
		} else if t := p.tok(); p.is("DISALLOW") {
			p.expect("DISALLOW", "PARTIAL")
			p.report(diag.Errorf(CodeNowhere, t.Pos, "Flink SQL has no DISALLOW PARTIAL").WithHint("remove it"))
		}
	}
	p.close(open, ")")
	w.Base = p.base(start)
	return w
}

func (p *parser) frame() *Frame {
	start := p.start()
	f := &Frame{Range: p.is("RANGE")}
	p.next()
	if p.got("BETWEEN") {
		f.Start = p.frameBound()
		p.expect("AND")
		f.End = p.frameBound()
	} else {
		f.Start = p.frameBound()
	}
	f.Base = p.base(start)
	return f
}

func (p *parser) frameBound() *FrameBound {
	start := p.start()
	b := &FrameBound{}
	switch {
	case p.gotAll("CURRENT", "ROW"):
		b.Kind = CurrentRow
	case p.got("UNBOUNDED"):
		if p.got("PRECEDING") {
			b.Kind = UnboundedPreceding
		} else {
			p.expect("FOLLOWING")
			b.Kind = UnboundedFollowing
		}
	default:
		b.Expr = p.exprPrec(precAnd + 1)
		if p.got("PRECEDING") {
			b.Kind = Preceding
		} else {
			p.expect("FOLLOWING")
			b.Kind = Following
		}
	}
	b.Base = p.base(start)
	return b
}
