package syntax

import "strings"

// stmt prints a statement without its semicolon.
func (p *printer) stmt(s Stmt) doc {
	switch s := s.(type) {
	case *QueryStmt:
		return p.longQuery(s.Query)
	case *Insert:
		return p.insert(s)
	case *StatementSet:
		return p.statementSet(s)
	case *Execute:
		return cat(text("EXECUTE "), p.stmt(s.Stmt))
	case *Update:
		return p.update(s)
	case *Delete:
		d := cat(text("DELETE FROM "), p.dmlTarget(s.Target, s.Hints, s.Alias))
		if s.Where != nil {
			d = group(d, p.trail(s.Target.Span().End, true), line, p.condition("WHERE", s.Where))
		}
		return d
	case *Truncate:
		return cat(text("TRUNCATE TABLE "), p.name(s.Name))
	case *CallProcedure:
		return cat(text("CALL "), p.call(s.Call))
	case *CreateTable:
		return p.createTable(s)
	case *CreateMaterializedTable:
		return p.createMaterializedTable(s)
	case *CreateView:
		return p.createView(s)
	case *CreateFunction:
		return p.createFunction(s)
	case *CreateCatalog:
		return cat(words("CREATE CATALOG", when(s.IfNotExists, "IF NOT EXISTS")), text(" "), p.name(s.Name),
			p.commentClause(s.Comment), p.withOptions(s.Options))
	case *CreateDatabase:
		return cat(words("CREATE DATABASE", when(s.IfNotExists, "IF NOT EXISTS")), text(" "), p.name(s.Name),
			p.commentClause(s.Comment), p.withOptions(s.Options))
	case *CreateModel:
		return p.createModel(s)
	case *Drop:
		return cat(words("DROP", when(s.Temporary, "TEMPORARY"), when(s.System, "SYSTEM"), s.Kind.String(),
			when(s.IfExists, "IF EXISTS")), text(" "), p.name(s.Name), text(prefixed(s.Behavior.String())))
	case *Alter:
		return cat(words("ALTER", s.Kind.String(), when(s.IfExists, "IF EXISTS")), text(" "), p.name(s.Name), text(" "), p.alterAction(s.Action))
	case *AlterFunction:
		return p.alterFunction(s)
	case *BadStmt:
		return text(strings.TrimSpace(p.source(s)))
	}
	return p.adminStmt(s)
}

// prefixed is a word with a blank before it, or nothing.
func prefixed(word string) string { return when(word != "", " "+word) }

func (p *printer) insert(s *Insert) doc {
	word := "INSERT INTO "
	if s.Overwrite {
		word = "INSERT OVERWRITE "
	}
	out := docConcat{text(word), p.name(s.Target)}
	if s.Hints != nil {
		out = append(out, text(" "), p.hints(s.Hints))
	}
	if s.Partition != nil {
		out = append(out, text(" "), p.partition(s.Partition))
	}
	if s.Columns != nil {
		out = append(out, text(" "), parens(p, s.Columns, p.name))
	}
	end := s.Target.Span().End
	if n := len(s.Columns); n > 0 {
		end = s.Columns[n-1].Span().End
	}
	return append(out, p.trailPast(end, ")", true), hardline, p.lead(s.Query.Span().Start), p.longQuery(s.Query))
}

func (p *printer) partition(es []*PartitionEntry) doc {
	return cat(text("PARTITION "), parens(p, es, func(e *PartitionEntry) doc {
		if e.Value == nil {
			return p.ident(e.Key)
		}
		return cat(p.ident(e.Key), text(" = "), p.expr(e.Value))
	}))
}

func (p *printer) statementSet(s *StatementSet) doc {
	var body docConcat
	end := s.Span().Start
	for i, ins := range s.Inserts {
		if i > 0 {
			body = append(body, p.trail(end, false), freshen, hardline)
		} else {
			body = append(body, hardline)
		}
		end = ins.Span().End
		body = append(body, p.leadOwnLines(ins.Span().Start), p.statement(ins))
	}
	body = append(body, p.trail(end, true))
	head := text("STATEMENT SET")
	if s.Begin {
		head = text("BEGIN STATEMENT SET;")
	} else {
		head = cat(head, hardline, text("BEGIN"))
	}
	return cat(head, nest(body), freshen, text("END"))
}

func (p *printer) dmlTarget(q QualifiedName, hs []*Hint, alias *Ident) doc {
	out := docConcat{p.name(q)}
	if hs != nil {
		out = append(out, text(" "), p.hints(hs))
	}
	if alias != nil {
		out = append(out, text(" AS "), p.ident(*alias))
	}
	return out
}

func (p *printer) update(s *Update) doc {
	out := docConcat{text("UPDATE "), p.dmlTarget(s.Target, s.Hints, s.Alias), line,
		group(text("SET"), nest(line, items(p, s.Sets, line, func(a *Assignment) doc {
			return cat(p.ident(a.Column), text(" = "), p.expr(a.Value))
		})))}
	if s.Where != nil {
		out = append(out, line, p.condition("WHERE", s.Where))
	}
	return group(out...)
}

// tableElements prints columns, watermarks and constraints in the order of the text,
// each on its own line; mere names before AS SELECT stay in one if they fit.
func (p *printer) tableElements(c *CreateTable) doc {
	els := c.elements()
	if len(els) == 0 {
		return nil
	}
	if c.isBlock() {
		return cat(text(" "), block(p, els, p.element))
	}
	return cat(text(" "), parens(p, els, p.element))
}

// elements are columns, watermarks and constraints in the order of the text.
func (c *CreateTable) elements() []Node {
	var els []Node
	for _, c := range c.Columns {
		els = append(els, c)
	}
	for _, w := range c.Watermarks {
		els = append(els, w)
	}
	for _, c := range c.Constraints {
		els = append(els, c)
	}
	return bySpan(els)
}

func (p *printer) element(n Node) doc {
	switch n := n.(type) {
	case *ColumnDef:
		return p.column(n)
	case *Watermark:
		return cat(text("WATERMARK FOR "), p.name(n.Column), text(" AS "), nest(p.expr(n.Strategy)))
	case *Constraint:
		return p.constraint(n)
	case *Distribution:
		return p.distribution("DISTRIBUTION", n)
	case *ColumnChange:
		out := docConcat{p.name(n.Name), p.columnRest(n.Column)}
		switch {
		case n.First:
			out = append(out, text(" FIRST"))
		case n.After != nil:
			out = append(out, text(" AFTER "), p.name(*n.After))
		}
		return out
	}
	return nil
}

func (p *printer) column(c *ColumnDef) doc { return cat(p.ident(c.Name), p.columnRest(c)) }

func (p *printer) columnRest(c *ColumnDef) doc {
	var out docConcat
	if c.Computed != nil {
		out = append(out, text(" AS "), nest(p.expr(c.Computed)))
	}
	if c.Type != nil {
		out = append(out, text(" "), p.typeExpr(c.Type))
	}
	if m := c.Metadata; m != nil {
		out = append(out, text(" METADATA"))
		if m.From != nil {
			out = append(out, text(" FROM "), p.str(m.From))
		}
		out = append(out, text(when(m.Virtual, " VIRTUAL")))
	}
	if c.Constraint != nil {
		out = append(out, text(" "), p.constraint(c.Constraint))
	}
	if c.Comment != nil {
		out = append(out, text(" COMMENT "), p.str(c.Comment))
	}
	return out
}

func (p *printer) constraint(c *Constraint) doc {
	var out docConcat
	if c.Name != nil {
		out = append(out, text("CONSTRAINT "), p.ident(*c.Name), text(" "))
	}
	out = append(out, text(c.Kind.String()))
	if c.Columns != nil {
		out = append(out, text(" "), p.identList(c.Columns))
	}
	return append(out, text(prefixed(c.Enforcement.String())))
}

func (p *printer) distribution(word string, d *Distribution) doc {
	out := docConcat{text(word)}
	if d.Columns != nil {
		out = append(out, text(" BY "+when(d.Kind != DistributionUnspecified, d.Kind.String()+" ")), p.identList(d.Columns))
	}
	if d.Buckets != nil {
		out = append(out, text(" INTO "+d.Buckets.Text+" BUCKETS"))
	}
	return out
}

// clause puts a clause of CREATE on a line of its own.
func clause(ds ...doc) doc { return cat(hardline, cat(ds...)) }

func (p *printer) commentClause(c *StringLit) doc {
	if c == nil {
		return nil
	}
	return clause(p.lead(c.Span().Start), text("COMMENT "), p.str(c))
}

// withOptions prints WITH on a line of its own.
func (p *printer) withOptions(os []*Option) doc {
	if len(os) == 0 {
		return nil
	}
	return clause(text("WITH "), p.options(os))
}

func (p *printer) options(os []*Option) doc {
	switch len(os) {
	case 0:
		return text("()")
	case 1:
		return parens(p, os, p.option)
	}
	return block(p, os, p.option)
}

func (p *printer) option(o *Option) doc { return cat(p.str(o.Key), text(" = "), p.str(o.Value)) }

func (p *printer) createTable(c *CreateTable) doc {
	head := words("CREATE", when(c.OrReplace, "OR REPLACE"), when(c.Temporary, "TEMPORARY"), "TABLE", when(c.IfNotExists, "IF NOT EXISTS"))
	if c.Replace {
		head = text("REPLACE TABLE")
	}
	out := docConcat{head, text(" "), p.name(c.Name), p.tableElements(c)}
	if els := c.elements(); len(els) > 0 {
		out = append(out, p.trailPast(els[len(els)-1].Span().End, ")", true))
	}
	out = append(out, p.commentClause(c.Comment))
	if c.Distribution != nil {
		out = append(out, clause(p.distribution("DISTRIBUTED", c.Distribution)))
	}
	if c.PartitionedBy != nil {
		out = append(out, clause(text("PARTITIONED BY "), p.identList(c.PartitionedBy)))
	}
	if os := c.Options; len(os) > 0 && c.isBlock() && c.Comment == nil && c.Distribution == nil && c.PartitionedBy == nil {
		out = append(out, text(" WITH "), p.options(os)) // ") WITH ("
	} else {
		out = append(out, p.withOptions(os))
	}
	if n := len(c.Options); n > 0 {
		out = append(out, p.trailPast(c.Options[n-1].Span().End, ")", true))
	}
	if c.Like != nil {
		out = append(out, clause(p.lead(c.Like.Span().Start), p.tableLike(c.Like)))
	}
	return append(out, p.asQuery(c.Query))
}

// isBlock reports whether the columns are printed on lines of their own.
func (c *CreateTable) isBlock() bool {
	for _, col := range c.Columns {
		if col.Type != nil || col.Computed != nil {
			return true
		}
	}
	return false
}

// asQuery prints AS and a query on lines of their own.
func (p *printer) asQuery(q Query) doc {
	if q == nil {
		return nil
	}
	return cat(hardline, text("AS"), hardline, p.lead(q.Span().Start), p.longQuery(q))
}

func (p *printer) tableLike(l *TableLike) doc {
	out := docConcat{text("LIKE "), p.name(l.Source)}
	if l.Options != nil {
		var os []doc
		for _, o := range l.Options {
			os = append(os, cat(p.lead(o.Span().Start), text(o.Mode.String()+" "+o.Feature.String()), p.trail(o.Span().End, true)))
		}
		out = append(out, group(text(" ("), nest(softline, join(line, os)), softline, text(")")))
	}
	return out
}

func (p *printer) createMaterializedTable(c *CreateMaterializedTable) doc {
	out := docConcat{text("CREATE MATERIALIZED TABLE "), p.name(c.Name)}
	if c.Constraints != nil {
		out = append(out, text(" "), block(p, c.Constraints, p.constraint))
	}
	out = append(out, p.commentClause(c.Comment))
	if c.Distribution != nil {
		out = append(out, clause(p.distribution("DISTRIBUTED", c.Distribution)))
	}
	if c.PartitionedBy != nil {
		out = append(out, clause(text("PARTITIONED BY "), p.identList(c.PartitionedBy)))
	}
	out = append(out, p.withOptions(c.Options))
	if c.Freshness != nil {
		out = append(out, clause(text("FRESHNESS = "), p.expr(c.Freshness)))
	}
	if c.RefreshMode != RefreshUnspecified {
		out = append(out, clause(text("REFRESH_MODE = "+c.RefreshMode.String())))
	}
	return append(out, p.asQuery(c.Query))
}

func (p *printer) createView(c *CreateView) doc {
	out := docConcat{words("CREATE", when(c.OrReplace, "OR REPLACE"), when(c.Temporary, "TEMPORARY"), "VIEW", when(c.IfNotExists, "IF NOT EXISTS")),
		text(" "), p.name(c.Name)}
	if c.Columns != nil {
		out = append(out, text(" "), p.identList(c.Columns))
	}
	if c.Comment != nil {
		return append(out, p.commentClause(c.Comment), p.asQuery(c.Query))
	}
	return append(out, text(" AS"), hardline, p.lead(c.Query.Span().Start), p.longQuery(c.Query))
}

func (p *printer) createModel(c *CreateModel) doc {
	out := docConcat{words("CREATE", when(c.OrReplace, "OR REPLACE"), when(c.Temporary, "TEMPORARY"), "MODEL", when(c.IfNotExists, "IF NOT EXISTS")),
		text(" "), p.name(c.Name)}
	if c.Input != nil {
		out = append(out, clause(text("INPUT "), parens(p, c.Input, p.column)))
	}
	if c.Output != nil {
		out = append(out, clause(text("OUTPUT "), parens(p, c.Output, p.column)))
	}
	return append(out, p.commentClause(c.Comment), p.withOptions(c.Options), p.asQuery(c.Query))
}

func (p *printer) alterAction(a AlterAction) doc {
	switch a := a.(type) {
	case *RenameTo:
		return cat(text("RENAME TO "), p.name(a.Name))
	case *RenameColumn:
		return cat(text("RENAME "), p.name(a.From), text(" TO "), p.name(a.To))
	case *SetOptions:
		return cat(text("SET "), p.options(a.Options))
	case *ResetOptions:
		if len(a.Keys) == 0 {
			return text("RESET ()")
		}
		return cat(text("RESET "), parens(p, a.Keys, p.str))
	case *SetComment:
		return cat(text("COMMENT "), p.str(a.Comment))
	case *AlterElements:
		return p.alterElements(a)
	case *DropColumns:
		if len(a.Columns) == 1 {
			return cat(text("DROP "), p.name(a.Columns[0]))
		}
		return cat(text("DROP "), parens(p, a.Columns, p.name))
	case *DropConstraint:
		if a.Name == nil {
			return text("DROP PRIMARY KEY")
		}
		return cat(text("DROP CONSTRAINT "), p.ident(*a.Name))
	case *DropWatermark:
		return text("DROP WATERMARK")
	case *DropDistribution:
		return text("DROP DISTRIBUTION")
	case *AddPartitions:
		out := docConcat{text("ADD" + when(a.IfNotExists, " IF NOT EXISTS"))}
		for _, d := range a.Partitions {
			out = append(out, line, p.lead(d.Span().Start), p.partition(d.Spec))
			if d.Options != nil {
				out = append(out, text(" WITH "), parens(p, d.Options, p.option))
			}
		}
		return group(nest(out...))
	case *DropPartitions:
		return group(text("DROP"+when(a.IfExists, " IF EXISTS")), nest(line, items(p, a.Specs, line, func(d *PartitionDef) doc {
			return p.partition(d.Spec)
		})))
	case *SetQuery:
		return cat(text("AS"), hardline, p.lead(a.Query.Span().Start), p.longQuery(a.Query))
	case *Suspend:
		return text("SUSPEND")
	case *Resume:
		if len(a.Options) == 0 {
			return text("RESUME")
		}
		return cat(text("RESUME WITH "), p.options(a.Options))
	case *Refresh:
		if a.Partition == nil {
			return text("REFRESH")
		}
		return cat(text("REFRESH "), p.partition(a.Partition))
	case *SetFreshness:
		return cat(text("SET FRESHNESS = "), p.expr(a.Freshness))
	case *SetRefreshMode:
		return text("SET REFRESH_MODE = " + a.Mode.String())
	}
	return nil
}

func (p *printer) alterElements(a *AlterElements) doc {
	word := "ADD "
	if a.Modify {
		word = "MODIFY "
	}
	var els []Node
	for _, c := range a.Columns {
		els = append(els, c)
	}
	for _, w := range a.Watermarks {
		els = append(els, w)
	}
	for _, c := range a.Constraints {
		els = append(els, c)
	}
	if a.Distribution != nil {
		els = append(els, a.Distribution)
	}
	els = bySpan(els)
	if len(els) == 1 {
		return cat(text(word), p.lead(els[0].Span().Start), p.element(els[0]))
	}
	return cat(text(word), block(p, els, p.element))
}

// adminStmt prints the statements that manage the session and the catalog.
func (p *printer) adminStmt(s Stmt) doc {
	switch s := s.(type) {
	case *Show:
		return p.show(s)
	case *Describe:
		kind := when(s.Kind != ObjectTable, s.Kind.String())
		return cat(words("DESCRIBE", kind, when(s.Extended, "EXTENDED")), text(" "), p.name(s.Name))
	case *DescribeJob:
		return cat(text("DESCRIBE JOB "), p.str(s.ID))
	case *Explain:
		return p.explain(s)
	case *Use:
		return cat(text("USE "+when(s.Catalog, "CATALOG ")), p.name(s.Name))
	case *UseModules:
		return cat(text("USE MODULES "), items(p, s.Names, text(" "), p.ident))
	case *LoadModule:
		d := cat(text("LOAD MODULE "), p.ident(s.Name))
		if len(s.Options) > 0 {
			d = cat(d, text(" WITH "), p.options(s.Options))
		}
		return d
	case *UnloadModule:
		return cat(text("UNLOAD MODULE "), p.ident(s.Name))
	case *Set:
		if s.Key == nil {
			return text("SET")
		}
		return cat(text("SET "), p.str(s.Key), text(" = "), p.str(s.Value))
	case *Reset:
		if s.Key == nil {
			return text("RESET")
		}
		return cat(text("RESET "), p.str(s.Key))
	case *Jar:
		word := "ADD"
		if s.Remove {
			word = "REMOVE"
		}
		return cat(text(word+" JAR "), p.str(s.Path))
	case *CompilePlan:
		return cat(text(when(s.Execute, "COMPILE AND EXECUTE PLAN ")+when(!s.Execute, "COMPILE PLAN ")), p.str(s.Path),
			text(when(s.IfNotExists, " IF NOT EXISTS")+" FOR"), hardline, p.lead(s.Stmt.Span().Start), p.stmt(s.Stmt))
	case *ExecutePlan:
		return cat(text("EXECUTE PLAN "), p.str(s.Path))
	case *Analyze:
		return p.analyze(s)
	case *StopJob:
		return cat(text("STOP JOB "), p.str(s.ID), text(when(s.Savepoint, " WITH SAVEPOINT")+when(s.Drain, " WITH DRAIN")))
	case *ClientCommand:
		return text(s.Command)
	}
	return nil
}

func (p *printer) show(s *Show) doc {
	what := s.What.String()
	out := docConcat{words("SHOW", when(s.User, "USER"), when(s.Full, "FULL"), what)}
	if s.Name != nil {
		out = append(out, text(" "), p.name(*s.Name))
	}
	if s.Partition != nil {
		out = append(out, text(" "), p.partition(s.Partition))
	}
	if s.Scope != nil {
		out = append(out, text(when(s.In, " IN ")+when(!s.In, " FROM ")), p.name(*s.Scope))
	}
	if s.Pattern != nil {
		out = append(out, text(when(s.NotLike, " NOT")+when(s.IgnoreCase, " ILIKE ")+when(!s.IgnoreCase, " LIKE ")), p.str(s.Pattern))
	}
	return out
}

func (p *printer) explain(s *Explain) doc {
	var details []string
	for _, d := range s.Details {
		details = append(details, d.String())
	}
	return cat(words("EXPLAIN", when(s.PlanFor, "PLAN FOR"), strings.Join(details, ", ")), hardline,
		p.lead(s.Stmt.Span().Start), p.stmt(s.Stmt))
}

func (p *printer) analyze(s *Analyze) doc {
	out := docConcat{text("ANALYZE TABLE "), p.name(s.Name)}
	if s.Partition != nil {
		out = append(out, text(" "), p.partition(s.Partition))
	}
	out = append(out, text(" COMPUTE STATISTICS"+when(s.AllColumns, " FOR ALL COLUMNS")))
	if s.Columns != nil {
		out = append(out, text(" FOR COLUMNS "), items(p, s.Columns, text(" "), p.ident))
	}
	return out
}
