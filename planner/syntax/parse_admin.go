package syntax

import (
	"strings"

	"github.com/weir-sql/weir/planner/diag"
)

// showForm is one form of SHOW: the words behind it and what may follow them.
type showForm struct {
	words []string
	kind  ShowKind
	scope bool // FROM|IN name
	must  bool // … which has to be there
	like  bool // [NOT] LIKE 'pattern'
	ilike bool // … or ILIKE
	name  bool // an object's name
}

var showForms = [...]showForm{
	{words: []string{"CATALOGS"}, kind: ShowCatalogs, like: true, ilike: true},
	{words: []string{"CURRENT", "CATALOG"}, kind: ShowCurrentCatalog},
	{words: []string{"DATABASES"}, kind: ShowDatabases, scope: true, like: true, ilike: true},
	{words: []string{"CURRENT", "DATABASE"}, kind: ShowCurrentDatabase},
	{words: []string{"TABLES"}, kind: ShowTables, scope: true, like: true},
	{words: []string{"MATERIALIZED", "TABLES"}, kind: ShowMaterializedTables, scope: true, like: true},
	{words: []string{"VIEWS"}, kind: ShowViews, scope: true, like: true},
	{words: []string{"COLUMNS"}, kind: ShowColumns, scope: true, must: true, like: true},
	{words: []string{"PARTITIONS"}, kind: ShowPartitions, name: true},
	{words: []string{"FUNCTIONS"}, kind: ShowFunctions, scope: true, like: true, ilike: true},
	{words: []string{"USER", "FUNCTIONS"}, kind: ShowFunctions, scope: true, like: true, ilike: true},
	{words: []string{"PROCEDURES"}, kind: ShowProcedures, scope: true, like: true, ilike: true},
	{words: []string{"MODELS"}, kind: ShowModels, scope: true, like: true},
	{words: []string{"MODULES"}, kind: ShowModules},
	{words: []string{"FULL", "MODULES"}, kind: ShowModules},
	{words: []string{"JARS"}, kind: ShowJars},
	{words: []string{"JOBS"}, kind: ShowJobs},
	{words: []string{"CREATE", "TABLE"}, kind: ShowCreateTable, name: true},
	{words: []string{"CREATE", "MATERIALIZED", "TABLE"}, kind: ShowCreateMaterializedTable, name: true},
	{words: []string{"CREATE", "VIEW"}, kind: ShowCreateView, name: true},
	{words: []string{"CREATE", "CATALOG"}, kind: ShowCreateCatalog, name: true},
	{words: []string{"CREATE", "MODEL"}, kind: ShowCreateModel, name: true},
	{words: []string{"CREATE", "FUNCTION"}, kind: ShowCreateFunction, name: true},
}

// String is the kind as the keywords behind SHOW.
func (k ShowKind) String() string {
	for _, f := range showForms {
		if f.kind == k {
			return strings.Join(f.words, " ")
		}
	}
	return ""
}

func (p *parser) show() Stmt {
	start := p.start()
	p.expect("SHOW")
	var form *showForm
	for i, f := range showForms {
		if p.is(f.words...) {
			form = &showForms[i]
			break
		}
	}
	if form == nil {
		p.wantShow()
	}
	for range form.words {
		p.next()
	}
	s := &Show{What: form.kind, User: form.words[0] == "USER", Full: form.words[0] == "FULL"}
	if form.name {
		n := p.name("a name")
		if s.What == ShowCreateCatalog && len(n.Parts) > 1 {
			p.report(diag.Errorf(CodeUnexpected, n.Pos, "a catalog name cannot have dots"))
		}
		s.Name = &n
		if s.What == ShowPartitions && p.at("PARTITION") {
			s.Partition = p.partition(false)
		}
	}
	if form.scope {
		s.In = p.is("IN")
		if p.got("FROM") || p.got("IN") {
			n := p.name("a name")
			s.Scope = &n
			if s.What == ShowDatabases && len(n.Parts) > 1 {
				p.report(diag.Errorf(CodeUnexpected, n.Pos, "a catalog name cannot have dots"))
			}
		} else if form.must {
			p.unexpected("FROM and a table")
		}
	}
	if form.like {
		s.NotLike = p.got("NOT")
		switch {
		case p.got("LIKE"):
			s.Pattern = p.stringLit("a pattern")
		case form.ilike && p.got("ILIKE"):
			s.IgnoreCase = true
			s.Pattern = p.stringLit("a pattern")
		case s.NotLike:
			p.unexpected("LIKE after NOT")
		}
	}
	s.Base = p.base(start)
	return s
}

// wantShow reports a SHOW of something that cannot be shown. The advice follows the
// words that do fit.
func (p *parser) wantShow() {
	at := 0
	p.want = p.want[:0]
	for _, f := range showForms {
		n := 0
		for n < len(f.words) && p.peek(n).Word == f.words[n] {
			n++
		}
		switch {
		case n > at:
			at = n
			p.want = append(p.want[:0], f.words[n])
		case n == at:
			p.want = append(p.want, f.words[n])
		}
	}
	want := append([]string(nil), p.want...)
	for range at {
		p.next()
	}
	p.want = append(p.want, want...)
	p.unexpected("what to show")
}

// describe reads DESCRIBE [kind] [EXTENDED] name.
func (p *parser) describe() Stmt {
	start := p.start()
	short := p.next().Word == "DESC"
	if t := p.tok(); p.startsQuery() && p.peek(1).Word != "." {
		if t.Word == "TABLE" {
			code := CodeNowhere
			if short {
				code = CodeUnexpected
			}
			p.fail(diag.Errorf(code, t.Pos, "DESCRIBE takes no TABLE").WithHint("remove TABLE"))
		}
		p.fail(diag.Errorf(CodeNowhere, t.Pos, "DESCRIBE takes a name, not a query").WithHint("write EXPLAIN to see a plan"))
	}
	if p.is("JOB") && p.peek(1).Kind == TokenString {
		p.next()
		id := p.stringLit("the id of a job")
		return &DescribeJob{p.base(start), id}
	}
	d := &Describe{}
	for _, k := range [...]ObjectKind{ObjectCatalog, ObjectDatabase, ObjectFunction, ObjectModel} {
		// These words are also names of tables, when nothing follows them.
		n := p.peek(1)
		if p.is(k.String()) && (n.isName() || n.Word == "EXTENDED" || k == ObjectFunction && n.Kind == TokenKeyword) {
			p.next()
			d.Kind = k
			break
		}
	}
	d.Extended = p.got("EXTENDED")
	if d.Kind == ObjectCatalog {
		id := p.simpleName("a catalog name")
		d.Name = QualifiedName{id.Base, []Ident{id}}
	} else if t := p.tok(); d.Kind == ObjectFunction && t.Kind == TokenKeyword && p.peek(1).Word != "." {
		id := p.identOf(p.next()) // built-in functions have the names of reserved words
		d.Name = QualifiedName{id.Base, []Ident{id}}
	} else {
		d.Name = p.name("what to describe")
	}
	d.Base = p.base(start)
	return d
}

var explainDetails = [...]string{"ESTIMATED_COST", "CHANGELOG_MODE", "JSON_EXECUTION_PLAN", "PLAN_ADVICE"}

// String is the detail as a keyword.
func (d ExplainDetail) String() string { return explainDetails[d] }

func (p *parser) explain() Stmt {
	start := p.start()
	p.expect("EXPLAIN")
	e := &Explain{}
	if p.gotAll("PLAN", "FOR") {
		e.PlanFor = true
	} else if p.isAny(explainDetails[:]...) {
		e.Details = list(p, p.explainDetail)
	}
	switch t := p.tok(); {
	case p.is("EXECUTE"):
		es := p.start()
		p.next()
		s := p.jobStatement("INSERT, STATEMENT SET or a query")
		e.Stmt = &Execute{p.base(es), s}
	case p.is("CREATE"), p.is("REPLACE", "TABLE"):
		s := p.statement()
		c, ok := s.(*CreateTable)
		if !ok || c.Query == nil {
			p.report(diag.Errorf(CodeUnsupported, t.Pos, "EXPLAIN of a CREATE needs a query in it").
				WithHint("explain CREATE TABLE … AS SELECT …, or the query alone"))
		}
		e.Stmt = s
	default:
		if t.Kind == TokenName {
			p.want = append(p.want, explainDetails[:]...)
		}
		e.Stmt = p.jobStatement("a query, INSERT or STATEMENT SET")
	}
	e.Base = p.base(start)
	return e
}

func (p *parser) explainDetail() ExplainDetail {
	for i, w := range explainDetails {
		if p.got(w) {
			return ExplainDetail(i)
		}
	}
	p.unexpected("a detail of the plan")
	return 0
}

func (p *parser) use() Stmt {
	start := p.start()
	p.expect("USE")
	switch {
	case p.got("MODULES"):
		names := list(p, func() Ident { return p.simpleName("a module") })
		return &UseModules{p.base(start), names}
	case p.is("CATALOG") && p.peek(1).Word != ".":
		p.next()
		id := p.simpleName("a catalog name")
		return &Use{p.base(start), true, QualifiedName{id.Base, []Ident{id}}}
	}
	n := p.name("a database")
	return &Use{p.base(start), false, n}
}

func (p *parser) loadModule() Stmt {
	start := p.start()
	p.expect("LOAD", "MODULE")
	m := &LoadModule{Name: p.simpleName("a module")}
	if p.at("WITH") {
		m.Options = p.withOptions()
	}
	m.Base = p.base(start)
	return m
}

func (p *parser) unloadModule() Stmt {
	start := p.start()
	p.expect("UNLOAD", "MODULE")
	id := p.simpleName("a module")
	return &UnloadModule{p.base(start), id}
}

// set reads SET, SET 'key' = 'value' and the SQL client's SET key = value.
func (p *parser) set() Stmt {
	start := p.start()
	p.expect("SET")
	s := &Set{}
	if !p.atEnd() {
		quoted := p.tok().Kind == TokenString
		s.Key = p.optionKey("=")
		p.expect("=")
		if quoted || p.tok().Kind == TokenString {
			s.Value = p.stringLit("a value")
		} else {
			s.Value = p.plainText("a value", "")
		}
	}
	s.Base = p.base(start)
	return s
}

func (p *parser) reset() Stmt {
	start := p.start()
	p.expect("RESET")
	r := &Reset{}
	if !p.atEnd() {
		r.Key = p.optionKey("")
	}
	r.Base = p.base(start)
	return r
}

func (p *parser) atEnd() bool {
	t := p.tok()
	return t.Kind == TokenEOF || t.Word == ";"
}

// optionKey reads 'key' or key.
func (p *parser) optionKey(end string) *StringLit {
	if p.tok().Kind == TokenString {
		return p.stringLit("a key")
	}
	return p.plainText("a key", end)
}

// plainText reads text without quotes, as it stands, up to white space, a symbol or
// the end of the statement. Tokens are what the scanner made of it, such as
// execution . checkpointing - interval.
func (p *parser) plainText(what, end string) *StringLit {
	start := p.start()
	for first := true; !p.atEnd() && (end == "" || !p.is(end)); first = false {
		t := p.tok()
		if !first && t.Pos.Start != p.end() {
			break
		}
		if t.Kind == TokenString || t.Kind == TokenDoubleQuote || t.Kind == TokenBad {
			p.wantString(what)
		}
		p.next()
	}
	b := p.base(start)
	if b.Pos.Start == b.Pos.End || p.end() <= start {
		p.unexpected(what)
	}
	return &StringLit{Base: b, Value: p.src[b.Pos.Start:b.Pos.End]}
}

func (p *parser) jar() Stmt {
	start := p.start()
	j := &Jar{Remove: p.next().Word == "REMOVE"}
	p.expect("JAR")
	j.Path = p.stringLit("the path of a jar")
	j.Base = p.base(start)
	return j
}

// compile reads COMPILE PLAN 'path' [IF NOT EXISTS] FOR …, or COMPILE AND EXECUTE
// PLAN 'path' FOR ….
func (p *parser) compile() Stmt {
	start := p.start()
	p.expect("COMPILE")
	c := &CompilePlan{}
	if p.got("AND") {
		p.expect("EXECUTE")
		c.Execute = true
	}
	p.expect("PLAN")
	c.Path = p.stringLit("the path of a plan")
	if !c.Execute {
		c.IfNotExists = p.gotAll("IF", "NOT", "EXISTS")
	}
	p.expect("FOR")
	if p.at("STATEMENT") {
		c.Stmt = p.statementSet()
	} else if p.at("INSERT") {
		c.Stmt = p.insert()
	} else {
		p.unexpected("INSERT or STATEMENT SET")
	}
	c.Base = p.base(start)
	return c
}

func (p *parser) analyze() Stmt {
	start := p.start()
	p.expect("ANALYZE", "TABLE")
	a := &Analyze{Name: p.name("a table to analyze")}
	if p.at("PARTITION") {
		a.Partition = p.partition(true)
	}
	p.expect("COMPUTE", "STATISTICS")
	if p.got("FOR") {
		if p.got("ALL") {
			p.expect("COLUMNS")
			a.AllColumns = true
		} else {
			p.expect("COLUMNS")
			a.Columns = list(p, func() Ident { return p.simpleName("a column name") })
		}
	}
	a.Base = p.base(start)
	return a
}

func (p *parser) stopJob() Stmt {
	start := p.start()
	p.expect("STOP", "JOB")
	s := &StopJob{ID: p.stringLit("the id of a job")}
	for t := p.tok(); p.got("WITH"); t = p.tok() {
		if p.got("DRAIN") {
			s.Drain = true
			if !s.Savepoint {
				p.report(diag.Errorf(CodeClause, t.Pos, "WITH DRAIN needs WITH SAVEPOINT before it"))
			}
			continue
		}
		p.expect("SAVEPOINT")
		s.Savepoint = true
	}
	s.Base = p.base(start)
	return s
}
