package syntax

// query prints a query inside of a statement or of parentheses: on one line if it
// fits, else each clause on its own.
func (p *printer) query(q Query) doc { return group(p.clauses(q)) }

// longQuery prints the query of a statement. One of more than SELECT and FROM has
// each clause on its own line also when it would fit on one.
func (p *printer) longQuery(q Query) doc {
	if countClauses(q) > 2 {
		return cat(docConcat{p.clauses(q)})
	}
	return p.query(q)
}

// countClauses says how much there is to a query.
func countClauses(q Query) int {
	switch q := q.(type) {
	case *Select:
		n := 1
		for _, has := range [...]bool{q.From != nil, q.Where != nil, q.GroupBy != nil, q.Having != nil, q.Windows != nil, q.Qualify != nil} {
			if has {
				n++
			}
		}
		if len(q.From) > 0 {
			if _, ok := q.From[0].(*Join); ok {
				n++
			}
		}
		return n
	case *SetOp:
		return 3
	case *QueryExpr:
		if q.With != nil {
			return 3
		}
		n := countClauses(q.Body)
		for _, has := range [...]bool{q.OrderBy != nil, q.Limit != nil, q.Offset != nil} {
			if has {
				n++
			}
		}
		return n
	}
	return 1
}

// clauses prints a query as clauses with breaks between them.
func (p *printer) clauses(q Query) doc {
	switch q := q.(type) {
	case *Select:
		return p.selectBlock(q)
	case *SetOp:
		return p.setOp(q)
	case *Values:
		return group(text("VALUES"), nest(line, items(p, q.Rows, line, func(r *Row) doc { return p.valuesRow(r) })))
	case *TableQuery:
		return cat(text("TABLE "), p.name(q.Name))
	case *QueryExpr:
		return p.queryExpr(q)
	}
	return nil
}

func (p *printer) valuesRow(r *Row) doc {
	if r.Keyword {
		return p.expr(r)
	}
	return p.exprParens(r.Items)
}

// operand prints a query as an operand of a set operator.
func (p *printer) operand(q Query, paren bool) doc {
	if _, ok := q.(*QueryExpr); ok || paren {
		return p.parenQuery(q)
	}
	return p.clauses(q)
}

// parenQuery prints (query).
func (p *printer) parenQuery(q Query) doc {
	return group(text("("), nest(softline, p.clauses(q), p.trail(q.Span().End, true)), softline, text(")"))
}

func (p *printer) setOp(q *SetOp) doc {
	// Left operands of the same precedence need no parentheses; they are printed in
	// a loop, as such chains can be long.
	chain := []*SetOp{q}
	for {
		l, ok := chain[len(chain)-1].L.(*SetOp)
		if !ok || setPrec(l) != setPrec(q) {
			break
		}
		chain = append(chain, l)
	}
	first := chain[len(chain)-1]
	l, isOp := first.L.(*SetOp)
	out := docConcat{p.operand(first.L, isOp && setPrec(l) < setPrec(first))}
	for i := len(chain) - 1; i >= 0; i-- {
		op := chain[i]
		out = append(out, p.trail(op.L.Span().End, true), line,
			words(op.Op.String(), when(op.All, "ALL")), line)
		r, isOp := op.R.(*SetOp)
		out = append(out, p.lead(op.R.Span().Start), p.operand(op.R, isOp && setPrec(r) <= setPrec(op)))
	}
	return out
}

func setPrec(q *SetOp) int {
	if q.Op == Intersect {
		return 2
	}
	return 1
}

func (p *printer) queryExpr(q *QueryExpr) doc {
	var out docConcat
	if w := q.With; w != nil {
		out = append(out, words("WITH", when(w.Recursive, "RECURSIVE")),
			nest(line, items(p, w.CTEs, line, p.cte)), line)
	}
	out = append(out, p.lead(q.Body.Span().Start))
	if _, ok := q.Body.(*QueryExpr); ok {
		out = append(out, p.parenQuery(q.Body))
	} else {
		out = append(out, p.clauses(q.Body))
	}
	end := q.Body.Span().End
	clause := func(d func() doc, at int) {
		out = append(out, p.trail(end, true), line, d())
		end = at
	}
	if q.OrderBy != nil {
		clause(func() doc { return p.orderBy(q.OrderBy) }, q.OrderBy[len(q.OrderBy)-1].Span().End)
	}
	limit := func() { clause(func() doc { return cat(text("LIMIT "), p.expr(q.Limit)) }, q.Limit.Span().End) }
	if q.Limit != nil && !q.Fetch {
		limit()
	}
	if q.Offset != nil {
		clause(func() doc { return cat(text("OFFSET "), p.expr(q.Offset), text(when(q.Fetch, " ROWS"))) }, q.Offset.Span().End)
	}
	if q.Fetch && q.Limit != nil {
		clause(func() doc { return cat(text("FETCH FIRST "), p.expr(q.Limit), text(" ROWS ONLY")) }, q.Limit.Span().End)
	}
	return out
}

func (p *printer) cte(c *CTE) doc {
	out := docConcat{p.ident(c.Name)}
	if c.Columns != nil {
		out = append(out, text(" "), p.identList(c.Columns))
	}
	return append(out, text(" AS "), p.subquery(c.Query))
}

// subquery prints (query) with its clauses indented below the parenthesis.
func (p *printer) subquery(q Query) doc {
	return group(text("("), nest(softline, p.lead(q.Span().Start), p.clauses(q), p.trail(q.Span().End, true)), softline, text(")"))
}

func (p *printer) orderBy(list []*SortItem) doc {
	return group(text("ORDER BY"), nest(line, items(p, list, line, p.sortItem)))
}

func (p *printer) sortItem(s *SortItem) doc {
	d := p.expr(s.Expr)
	if s.Desc {
		d = cat(d, text(" DESC"))
	}
	if s.Nulls != NullsUnspecified {
		d = cat(d, text(" "+s.Nulls.String()))
	}
	return d
}

func (p *printer) selectBlock(s *Select) doc {
	head := docConcat{text("SELECT")}
	if s.Hints != nil {
		head = append(head, text(" "), p.hints(s.Hints))
	}
	if s.Distinct {
		head = append(head, text(" DISTINCT"))
	}
	out := docConcat{group(append(head, nest(line, items(p, s.Items, line, p.selectItem)))...)}
	if s.From != nil {
		out = append(out, line, p.from(s.From))
	}
	if s.Where != nil {
		out = append(out, line, p.condition("WHERE", s.Where))
	}
	if g := s.GroupBy; g != nil {
		out = append(out, line, group(words("GROUP BY", when(g.Distinct, "DISTINCT")),
			nest(line, items(p, g.Items, line, func(e Expr) doc { return p.groupItem(e) }))))
	}
	if s.Having != nil {
		out = append(out, line, p.condition("HAVING", s.Having))
	}
	if s.Windows != nil {
		out = append(out, line, group(text("WINDOW"), nest(line, items(p, s.Windows, line, func(w *WindowDef) doc {
			return cat(p.ident(w.Name), text(" AS "), p.windowSpec(w.Spec))
		}))))
	}
	if s.Qualify != nil {
		out = append(out, line, p.condition("QUALIFY", s.Qualify))
	}
	return out
}

// condition prints a keyword and a boolean expression, whose ANDs go below each other
// if they do not fit in a line.
func (p *printer) condition(word string, e Expr) doc {
	return group(text(word+" "), nest(p.expr(e)), p.trail(e.Span().End, true))
}

func (p *printer) selectItem(it *SelectItem) doc {
	d := p.expr(it.Expr)
	if it.Alias != nil {
		d = cat(d, text(" AS "), p.ident(*it.Alias))
	}
	return d
}

func (p *printer) groupItem(e Expr) doc {
	switch e := e.(type) {
	case *GroupingSet:
		return cat(text(e.Kind.String()+" "), parens(p, e.Items, func(x Expr) doc { return p.groupItem(x) }))
	case *Row:
		if len(e.Items) == 0 {
			return text("()")
		}
	}
	return p.expr(e)
}

func (p *printer) windowSpec(w *WindowSpec) doc {
	if w.Bare {
		return p.ident(*w.Ref)
	}
	var parts []doc
	if w.Ref != nil {
		parts = append(parts, p.ident(*w.Ref))
	}
	if w.PartitionBy != nil {
		parts = append(parts, group(text("PARTITION BY"), nest(line, items(p, w.PartitionBy, line, p.expr))))
	}
	if w.OrderBy != nil {
		parts = append(parts, p.orderBy(w.OrderBy))
	}
	if w.Frame != nil {
		parts = append(parts, p.frame(w.Frame))
	}
	return group(text("("), nest(softline, join(line, parts)), softline, text(")"))
}

func (p *printer) frame(f *Frame) doc {
	unit := "ROWS"
	if f.Range {
		unit = "RANGE"
	}
	if f.End == nil {
		return cat(text(unit+" "), p.frameBound(f.Start))
	}
	return cat(text(unit+" BETWEEN "), p.frameBound(f.Start), text(" AND "), p.frameBound(f.End))
}

func (p *printer) frameBound(b *FrameBound) doc {
	if b.Expr == nil {
		return text(b.Kind.String())
	}
	return cat(p.exprPrec(b.Expr, precAnd+1), text(" "+b.Kind.String()))
}

func (p *printer) hints(hs []*Hint) doc {
	return cat(text("/*+ "), items(p, hs, text(" "), p.hint), text(" */"))
}

func (p *printer) hint(h *Hint) doc {
	if h.Args == nil {
		return p.ident(h.Name)
	}
	return cat(p.ident(h.Name), text("("), items(p, h.Args, text(" "), func(a *HintArg) doc {
		if a.Key == nil {
			return p.expr(a.Value)
		}
		return cat(p.expr(a.Key), text(" = "), p.expr(a.Value))
	}), text(")"))
}

// from prints FROM with its tables; each JOIN begins a line.
func (p *printer) from(tables []TableExpr) doc {
	if len(tables) == 1 {
		return cat(text("FROM "), p.lead(tables[0].Span().Start), p.table(tables[0]), p.trail(tables[0].Span().End, true))
	}
	first := true
	return group(text("FROM"), nest(line, items(p, tables, line, func(t TableExpr) doc {
		if j, ok := t.(*Join); ok && !first {
			return p.parenJoin(j)
		}
		first = false
		return p.table(t)
	})))
}

func (p *printer) parenJoin(j *Join) doc {
	return group(text("("), nest(softline, p.join(j)), softline, text(")"))
}

// joinSide prints a side of a join; a join as the right side needs parentheses.
func (p *printer) joinSide(t TableExpr) doc {
	if j, ok := t.(*Join); ok {
		return p.parenJoin(j)
	}
	return p.table(t)
}

func (p *printer) join(j *Join) doc {
	// Left sides are printed in a loop, as chains of joins can be long.
	chain := []*Join{j}
	for {
		l, ok := chain[len(chain)-1].L.(*Join)
		if !ok {
			break
		}
		chain = append(chain, l)
	}
	out := docConcat{p.table(chain[len(chain)-1].L)}
	for i := len(chain) - 1; i >= 0; i-- {
		j := chain[i]
		if j.Comma {
			out = append(out, text(","), p.trail(j.L.Span().End, false), line, p.lead(j.R.Span().Start), p.joinSide(j.R))
			continue
		}
		kind := j.Kind.String()
		if j.Kind == JoinInner {
			kind = ""
		}
		out = append(out, p.trail(j.L.Span().End, true), line, words(when(j.Natural, "NATURAL"), kind, "JOIN"), text(" "),
			p.lead(j.R.Span().Start), p.joinSide(j.R))
		if j.On != nil {
			out = append(out, group(nest(line, text("ON "), p.expr(j.On))))
		} else if j.Using != nil {
			out = append(out, text(" USING "), p.identList(j.Using))
		}
		if j.KeyBy != nil {
			out = append(out, text(" KEYBY "), parens(p, j.KeyBy, p.expr))
		}
	}
	return out
}

// table prints one table of FROM.
func (p *printer) table(t TableExpr) doc {
	switch t := t.(type) {
	case *TableRef:
		out := docConcat{p.name(t.Name)}
		if t.Hints != nil {
			out = append(out, text(" "), p.hints(t.Hints))
		}
		if t.AsOf != nil {
			out = append(out, text(" FOR SYSTEM_TIME AS OF "), p.expr(t.AsOf))
		}
		return append(out, p.tableSuffix(t.Alias, t.Sample))
	case *Join:
		return p.join(t)
	case *Derived:
		return cat(text(when(t.Lateral, "LATERAL ")), p.subquery(t.Query), p.tableSuffix(t.Alias, t.Sample))
	case *TableFunc:
		call := p.expr(t.Call)
		if !t.Bare {
			call = group(text("TABLE("), nest(softline, call), softline, text(")"))
		}
		return cat(text(when(t.Lateral, "LATERAL ")), call, p.tableSuffix(t.Alias, t.Sample))
	case *Unnest:
		return cat(text(when(t.Lateral, "LATERAL ")+"UNNEST"), p.unnestArgs(t.Args),
			text(when(t.Ordinality, " WITH ORDINALITY")), p.tableSuffix(t.Alias, t.Sample))
	case *MatchRecognize:
		return p.matchRecognize(t)
	}
	return nil
}

func (p *printer) unnestArgs(args []Expr) doc {
	if len(args) == 1 {
		if s, ok := args[0].(*Subquery); ok {
			return p.subquery(s.Query)
		}
	}
	return p.exprParens(args)
}

func (p *printer) tableSuffix(a *TableAlias, s *Sample) doc {
	var out docConcat
	if a != nil {
		out = append(out, text(" AS "), p.ident(a.Name))
		if a.Columns != nil {
			out = append(out, text(" "), p.identList(a.Columns))
		}
	}
	if s != nil {
		method := "BERNOULLI"
		if s.System {
			method = "SYSTEM"
		}
		out = append(out, text(" TABLESAMPLE "+method+" ("+s.Percent.Text+")"))
		if s.Seed != nil {
			out = append(out, text(" REPEATABLE ("+s.Seed.Text+")"))
		}
	}
	return out
}
