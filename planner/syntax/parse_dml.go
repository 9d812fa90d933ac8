package syntax

import "github.com/weir-sql/weir/planner/diag"

func (p *parser) insert() Stmt { return p.insertStmt() }

func (p *parser) insertStmt() *Insert {
	start := p.start()
	p.expect("INSERT")
	s := &Insert{Overwrite: p.got("OVERWRITE")}
	if !s.Overwrite {
		p.expect("INTO")
	}
	if t := p.tok(); t.Word == "TABLE" {
		p.report(diag.Errorf(CodeUnsupported, t.Pos, "INSERT takes no TABLE").WithHint("remove TABLE"))
		p.next()
	}
	s.Target = p.name("a table to insert into")
	s.Hints = p.hints()
	if p.at("PARTITION") {
		s.Partition = p.partition(false)
	}
	if p.at("(") && p.columnsFollow() {
		s.Columns = parenList(p, func() QualifiedName { return p.name("a column name") })
	}
	if !p.startsQuery() && !p.is("(") {
		p.want = append(p.want, "SELECT", "VALUES", "WITH", "TABLE")
		p.unexpected("a query or VALUES")
	}
	s.Query = p.query()
	s.Base = p.base(start)
	return s
}

// columnsFollow tells the column list of INSERT from a query in parentheses.
func (p *parser) columnsFollow() bool {
	switch p.peek(1).Word {
	case "SELECT", "WITH", "VALUES", "TABLE", "(":
		return false
	}
	return true
}

func (p *parser) update() Stmt {
	start := p.start()
	p.expect("UPDATE")
	u := &Update{Target: p.name("a table to update")}
	u.Hints = p.hints()
	u.Alias = p.optAlias("an alias", []string{"SET"})
	p.expect("SET")
	u.Sets = list(p, func() *Assignment {
		as := p.start()
		a := &Assignment{Column: p.simpleName("a column name")}
		p.expect("=")
		a.Value = p.expr()
		a.Base = p.base(as)
		return a
	})
	if p.got("WHERE") {
		u.Where = p.expr()
	}
	u.Base = p.base(start)
	return u
}

func (p *parser) delete() Stmt {
	start := p.start()
	p.expect("DELETE", "FROM")
	d := &Delete{Target: p.name("a table to delete from")}
	d.Hints = p.hints()
	d.Alias = p.optAlias("an alias", []string{"WHERE"})
	if p.got("WHERE") {
		d.Where = p.expr()
	}
	d.Base = p.base(start)
	return d
}

func (p *parser) truncate() Stmt {
	start := p.start()
	p.expect("TRUNCATE", "TABLE")
	n := p.name("a table to truncate")
	return &Truncate{p.base(start), n}
}

func (p *parser) callProcedure() Stmt {
	start := p.start()
	p.expect("CALL")
	cs := p.start()
	n := p.name("a procedure")
	if !p.is("(") {
		p.unexpected(`"(" and the arguments of the procedure`)
	}
	c := p.callArgs(cs, n)
	return &CallProcedure{p.base(start), c}
}

// execute reads EXECUTE before PLAN, STATEMENT SET, INSERT or a query.
func (p *parser) execute() Stmt {
	start := p.start()
	p.expect("EXECUTE")
	if p.at("PLAN") && p.peek(1).Kind == TokenString {
		p.next()
		path := p.stringLit("the path of a plan")
		return &ExecutePlan{p.base(start), path}
	}
	s := p.jobStatement("INSERT, STATEMENT SET, PLAN or a query")
	return &Execute{p.base(start), s}
}

// jobStatement reads a statement that becomes a job.
func (p *parser) jobStatement(what string) Stmt {
	switch {
	case p.at("INSERT"):
		return p.insert()
	case p.at("STATEMENT"):
		return p.statementSet()
	case p.startsQuery(), p.is("("):
		return p.queryStmt()
	}
	p.unexpected(what)
	return nil
}

// statementSet reads STATEMENT SET BEGIN insert; … END.
func (p *parser) statementSet() Stmt {
	start := p.start()
	p.expect("STATEMENT", "SET")
	begin := p.tok()
	p.expect("BEGIN")
	s := &StatementSet{Inserts: p.inserts(begin)}
	s.Base = p.base(start)
	return s
}

// beginStatementSet reads BEGIN STATEMENT SET; insert; … END.
func (p *parser) beginStatementSet() Stmt {
	start, begin := p.start(), p.tok()
	p.expect("BEGIN", "STATEMENT", "SET", ";")
	s := &StatementSet{Begin: true, Inserts: p.inserts(begin)}
	s.Base = p.base(start)
	return s
}

// inserts reads insert; … END. After an error in one INSERT it goes on with the next.
func (p *parser) inserts(begin Token) []*Insert {
	defer func(was bool) { p.inSet = was }(p.inSet)
	p.inSet = true
	var ins []*Insert
	for n := 0; ; n++ {
		for p.got(";") {
		}
		t := p.tok()
		switch {
		case t.Word == "END":
			if n == 0 {
				p.report(diag.Errorf(CodeIncomplete, t.Pos, "statement set has no INSERT"))
			}
			p.next()
			return ins
		case t.Word != "INSERT" && t.Kind == TokenKeyword && statementWords[t.Word] && !p.endFollows():
			// The END was forgotten: this statement is no more of the set.
			p.report(diag.Errorf(CodeUnclosed, begin.Pos, "statement set has no END").WithHint("add END; behind the last INSERT"))
			p.back()
			return ins
		case t.Kind == TokenEOF:
			p.fail(diag.Errorf(CodeUnclosed, begin.Pos, "statement set has no END").WithHint("add END; behind the last INSERT"))
		}
		if p.attempt(func() { ins = append(ins, p.setMember()) }) {
			continue
		}
		if p.repaired || p.full {
			panic(bailout{})
		}
		for t := p.tok(); t.Kind != TokenEOF && t.Word != ";"; t = p.tok() {
			if t.Word == "END" && p.peek(1).Word == ";" || startsAnyStatement(t) && p.beginsLine(p.pos) {
				break
			}
			p.next()
		}
		p.parens, p.angles = 0, 0
	}
}

// endFollows reports whether an END that closes a statement set follows, before
// another set begins.
func (p *parser) endFollows() bool {
	for i := p.pos + 1; i < len(p.toks); i++ {
		switch t := p.toks[i]; {
		case t.Word == "BEGIN":
			return false
		case t.Word == "END" && p.toks[i-1].Word == ";":
			return true
		}
	}
	return false
}

// setMember reads one INSERT of a statement set with its semicolon.
func (p *parser) setMember() *Insert {
	if t := p.tok(); t.Word != "INSERT" {
		if t.Kind == TokenName && p.repairWord(p.pos, []string{"INSERT", "END"}) {
			panic(bailout{})
		}
		d := diag.Errorf(CodeUnexpected, t.Pos, "statement set holds INSERT statements only, found %s", p.quoted(t)).
			WithHint("write INSERT INTO …, or END behind the last one")
		p.next() // so that the same word is not met again
		p.fail(d)
	}
	ins := p.insertStmt()
	if !p.got(";") {
		if p.is("END") {
			prev := p.toks[p.pos-1].Pos
			p.report(diag.Errorf(CodeUnexpected, diag.Span{Start: prev.End - 1, End: prev.End}, "INSERT in a statement set has no semicolon").
				WithHint("add a semicolon here"))
		} else {
			p.unexpected(`";" behind the INSERT`)
		}
	}
	return ins
}
