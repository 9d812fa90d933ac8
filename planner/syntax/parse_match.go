package syntax

import "github.com/weir-sql/weir/planner/diag"

// matchRecognize reads MATCH_RECOGNIZE (…) behind its input.
func (p *parser) matchRecognize(start int, input TableExpr) TableExpr {
	p.expect("MATCH_RECOGNIZE")
	open := p.tok()
	p.expect("(")
	m := &MatchRecognize{Input: input}
	if p.got("PARTITION") {
		p.expect("BY")
		m.PartitionBy = list(p, p.expr)
	}
	if p.at("ORDER") {
		m.OrderBy = p.orderBy()
	}
	if p.got("MEASURES") {
		m.Measures = list(p, p.measure)
	}
	switch {
	case p.got("ONE"):
		p.expect("ROW", "PER", "MATCH")
		m.Rows = OneRowPerMatch
	case p.got("ALL"):
		p.expect("ROWS", "PER", "MATCH")
		m.Rows = AllRowsPerMatch
	}
	if p.at("AFTER") {
		m.After = p.afterMatch()
	}
	p.expect("PATTERN")
	p.pattern(m)
	if p.got("WITHIN") {
		m.Within = p.interval("the interval of WITHIN")
	}
	if p.got("SUBSET") {
		m.Subsets = list(p, p.subset)
	}
	p.expect("DEFINE")
	m.Define = list(p, p.patternDef)
	p.close(open, ")")
	m.Base = p.base(start)
	return m
}

func (p *parser) measure() *SelectItem {
	start := p.start()
	it := &SelectItem{Expr: p.expr()}
	p.expect("AS")
	id := p.simpleName("the name of a measure")
	it.Alias = &id
	it.Base = p.base(start)
	return it
}

func (p *parser) afterMatch() *AfterMatch {
	start := p.start()
	p.expect("AFTER", "MATCH", "SKIP")
	a := &AfterMatch{}
	switch {
	case p.got("PAST"):
		p.expect("LAST", "ROW")
		a.Kind = SkipPastLastRow
	case p.gotAll("TO", "NEXT"):
		p.expect("ROW")
		a.Kind = SkipToNextRow
	default:
		p.expect("TO")
		a.Kind = SkipToLast
		if p.is("FIRST") && p.peek(1).isName() {
			p.next()
			a.Kind = SkipToFirst
		} else if p.is("LAST") && p.peek(1).isName() {
			p.next()
		}
		id := p.simpleName("a pattern variable")
		a.Var = &id
	}
	a.Base = p.base(start)
	return a
}

// pattern reads ([^] pattern [$]).
func (p *parser) pattern(m *MatchRecognize) {
	open := p.tok()
	p.expect("(")
	m.StrictStart = p.got("^")
	m.Pattern = p.patternAlt()
	if t := p.tok(); t.Kind == TokenName && p.text(t) == "$" {
		p.next()
		m.StrictEnd = true
	}
	p.close(open, ")")
}

func (p *parser) patternAlt() Pattern {
	p.enter()
	defer p.leave()
	start := p.start()
	items := []Pattern{p.patternSeq()}
	for p.got("|") {
		items = append(items, p.patternSeq())
	}
	if len(items) == 1 {
		return items[0]
	}
	return &PatternAlt{p.base(start), items}
}

func (p *parser) patternSeq() Pattern {
	start := p.start()
	items := []Pattern{p.patternItem()}
	for {
		t := p.tok()
		if !(t.isName() && p.text(t) != "$" || t.Word == "(" || t.Word == "{" || t.Word == "PERMUTE") {
			break
		}
		items = append(items, p.patternItem())
	}
	if len(items) == 1 {
		return items[0]
	}
	return &PatternSeq{p.base(start), items}
}

// patternItem reads a variable, (…), {- … -} or PERMUTE(…) with its quantifier.
func (p *parser) patternItem() Pattern {
	start, open := p.start(), p.tok()
	var x Pattern
	switch {
	case p.got("("):
		x = p.patternAlt()
		p.close(open, ")")
	case p.got("{"):
		p.expect("-")
		inner := p.patternAlt()
		p.expect("-", "}")
		x = &PatternExclude{p.base(start), inner}
	case p.is("PERMUTE"):
		p.next()
		items := parenList(p, p.patternAlt)
		x = &PatternPermute{p.base(start), items}
	default:
		id := p.simpleName("a pattern variable")
		x = &PatternVar{id.Base, id}
	}
	q := &PatternQuant{Item: x}
	switch {
	case p.got("*"):
		q.Min, q.Max = 0, -1
	case p.got("+"):
		q.Min, q.Max = 1, -1
	case p.got("?"):
		q.Min, q.Max = 0, 1
	case p.is("{") && p.peek(1).Word != "-":
		p.quantifier(q)
	default:
		return x
	}
	q.Reluctant = p.got("?")
	q.Base = p.base(start)
	return q
}

// quantifier reads {n}, {n,}, {,m} or {n,m}.
func (p *parser) quantifier(q *PatternQuant) {
	open := p.tok()
	p.expect("{")
	if p.tok().Kind == TokenNumber {
		q.Min = p.integer("a number of repetitions")
		q.Max = q.Min
	} else if !p.is(",") {
		p.unexpected("a number of repetitions")
	}
	if p.got(",") {
		q.Max = -1
		if p.tok().Kind == TokenNumber {
			q.Max = p.integer("a number of repetitions")
			if q.Max < q.Min {
				p.report(diag.Errorf(CodeLiteral, diag.Span{Start: open.Pos.Start, End: p.end()},
					"quantifier asks for at least %d and at most %d", q.Min, q.Max))
			}
		} else if p.toks[p.pos-2].Word == "{" {
			p.unexpected("a number of repetitions")
		}
	}
	p.close(open, "}")
}

func (p *parser) subset() *Subset {
	start := p.start()
	s := &Subset{Name: p.simpleName("the name of a subset")}
	p.expect("=")
	s.Vars = p.identList("a pattern variable")
	s.Base = p.base(start)
	return s
}

func (p *parser) patternDef() *PatternDef {
	start := p.start()
	d := &PatternDef{Var: p.simpleName("a pattern variable")}
	p.expect("AS")
	d.Cond = p.expr()
	d.Base = p.base(start)
	return d
}
