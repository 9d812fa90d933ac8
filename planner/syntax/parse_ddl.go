package syntax

import "github.com/weir-sql/weir/planner/diag"

// tableFlags are the words before TABLE.
type tableFlags struct{ temporary, orReplace, replace bool }

// create reads CREATE [OR REPLACE] [TEMPORARY [SYSTEM]] kind ….
func (p *parser) create() Stmt {
	start := p.start()
	p.expect("CREATE")
	var f tableFlags
	or := p.tok()
	if p.got("OR") {
		p.expect("REPLACE")
		f.orReplace = true
	}
	temp := p.tok()
	f.temporary = p.got("TEMPORARY")
	system := p.tok()
	if p.got("SYSTEM") {
		if !f.temporary {
			p.report(diag.Errorf(CodeUnsupported, system.Pos, "a system function can only be temporary").
				WithHint("write CREATE TEMPORARY SYSTEM FUNCTION"))
		}
		aggregate := p.aggregateFunction()
		p.expect("FUNCTION")
		p.rejectOrReplace(f, or, "FUNCTION")
		return p.createFunction(start, &CreateFunction{Temporary: true, System: true, Aggregate: aggregate})
	}
	t := p.tok()
	if f.temporary && (t.Word == "CATALOG" || t.Word == "DATABASE" || t.Word == "MATERIALIZED") {
		code := CodeUnsupported
		if t.Word == "CATALOG" {
			code = CodeNowhere
		}
		p.report(diag.Errorf(code, temp.Pos, "%s cannot be temporary", t.Word).WithHint("remove TEMPORARY"))
	}
	switch {
	case p.at("TABLE"):
		return p.createTable(start, f)
	case p.got("VIEW"):
		return p.createView(start, f)
	case p.aggregateFunction():
		p.expect("FUNCTION")
		p.rejectOrReplace(f, or, "FUNCTION")
		return p.createFunction(start, &CreateFunction{Temporary: f.temporary, Aggregate: true})
	case p.got("FUNCTION"):
		p.rejectOrReplace(f, or, "FUNCTION")
		return p.createFunction(start, &CreateFunction{Temporary: f.temporary})
	case p.got("CATALOG"):
		p.rejectOrReplace(f, or, "CATALOG")
		return p.createCatalog(start)
	case p.got("DATABASE"):
		p.rejectOrReplace(f, or, "DATABASE")
		return p.createDatabase(start)
	case p.got("MODEL"):
		return p.createModel(start, f)
	case p.got("MATERIALIZED"):
		p.rejectOrReplace(f, or, "MATERIALIZED TABLE")
		return p.createMaterializedTable(start)
	}
	p.unexpected("what to create")
	return nil
}

func (p *parser) rejectOrReplace(f tableFlags, or Token, kind string) {
	if f.orReplace {
		code := CodeNowhere
		if kind == "MATERIALIZED TABLE" || kind == "DATABASE" {
			code = CodeUnsupported
		}
		p.report(diag.Errorf(code, or.Pos, "%s cannot be replaced", kind).
			WithHint("remove OR REPLACE, or drop it first"))
	}
}

func (p *parser) ifNotExists() bool {
	if t := p.tok(); p.is("IF", "EXISTS") {
		p.fail(diag.Errorf(CodeUnexpected, t.Pos, "CREATE cannot say IF EXISTS").WithHint("write IF NOT EXISTS"))
	}
	return p.gotAll("IF", "NOT", "EXISTS")
}

func (p *parser) ifExists() bool {
	if t := p.tok(); p.is("IF", "NOT", "EXISTS") {
		p.fail(diag.Errorf(CodeUnexpected, t.Pos, "this statement cannot say IF NOT EXISTS").WithHint("write IF EXISTS"))
	}
	return p.gotAll("IF", "EXISTS")
}

func (p *parser) createTable(start int, f tableFlags) Stmt {
	if f.replace {
		p.expect("REPLACE")
	}
	p.expect("TABLE")
	c := &CreateTable{Temporary: f.temporary, OrReplace: f.orReplace, Replace: f.replace}
	c.IfNotExists = p.ifNotExists()
	c.Name = p.name("a table name")
	if p.at("(") {
		els := parenList(p, p.tableElement)
		c.Columns, c.Watermarks, c.Constraints = splitElements(els)
	}
	p.tableClauses(c)
	c.Base = p.base(start)
	p.tableColumns(c)
	if f.replace && c.Query == nil {
		p.report(diag.Errorf(CodeIncomplete, diag.Span{Start: start, End: c.Name.Pos.End}, "REPLACE TABLE needs a query").
			WithHint("add AS SELECT …"))
	}
	return c
}

// tableColumns checks that columns have types, but for the names of what AS SELECT gives, and that there is one watermark.
func (p *parser) tableColumns(c *CreateTable) {
	named := 0
	for _, col := range c.Columns {
		switch {
		case col.Type != nil || col.Computed != nil:
		case c.Query == nil:
			p.report(diag.Errorf(CodeIncomplete, col.Pos, "column %s has no type", col.Name.Name).
				WithHint("write one behind the name; only a table AS SELECT … takes names alone"))
		default:
			named++
		}
	}
	if named > 0 && (named < len(c.Columns) || len(c.Watermarks)+len(c.Constraints) > 0) {
		p.report(diag.Errorf(CodeClause, c.Columns[0].Pos, "columns are either all names or all definitions").
			WithHint("leave types out, or define the columns in the query with CAST"))
	}
	if len(c.Watermarks) > 1 {
		p.report(diag.Errorf(CodeClause, c.Watermarks[1].Pos, "a table has one watermark").WithHint("remove one"))
	}
}

// tableClauses reads the clauses behind the columns. They have one order; another
// one is an error that does not stop the parser.
func (p *parser) tableClauses(c *CreateTable) {
	order := [...]string{"COMMENT", "DISTRIBUTED", "PARTITIONED", "WITH", "LIKE", "AS"}
	var seen [len(order)]bool
	last := -1
	for {
		i := -1
		for k, w := range order {
			if p.at(w) {
				i = k
				break
			}
		}
		if i < 0 {
			return
		}
		t := p.tok()
		switch {
		case seen[i]:
			p.twice(t)
		case i < last:
			p.report(diag.Errorf(CodeClause, t.Pos, "%s must come before %s", t.Word, order[last]))
		case i == 5 && seen[4]:
			p.report(diag.Errorf(CodeClause, t.Pos, "a table cannot have both LIKE and AS"))
		}
		seen[i], last = true, max(i, last)
		switch i {
		case 0:
			c.Comment = p.comment()
		case 1:
			c.Distribution = p.distribution("DISTRIBUTED")
		case 2:
			c.PartitionedBy = p.partitionedBy()
		case 3:
			c.Options = p.withOptions()
		case 4:
			c.Like = p.tableLike()
		case 5:
			p.next()
			c.Query = p.query()
		}
	}
}

func (p *parser) comment() *StringLit {
	p.expect("COMMENT")
	return p.stringLit("a comment")
}

func (p *parser) partitionedBy() []Ident {
	p.expect("PARTITIONED", "BY")
	return p.identList("a column name")
}

func (p *parser) withOptions() []*Option {
	p.expect("WITH")
	return p.options()
}

// options reads ('key' = 'value', …), which may be empty.
func (p *parser) options() []*Option {
	if p.is("(", ")") {
		p.next()
		p.next()
		return nil
	}
	return parenList(p, p.option)
}

func (p *parser) option() *Option {
	start := p.start()
	o := &Option{Key: p.stringLit("the key of an option")}
	p.expect("=")
	// Strings side by side are one string, but before another = a comma was forgotten.
	if p.tok().Kind == TokenString && p.peek(1).Kind == TokenString && p.peek(2).Word == "=" {
		o.Value = p.stringToken()
	} else {
		o.Value = p.stringLit("the value of an option")
	}
	o.Base = p.base(start)
	return o
}

// keys reads ('key', …), which may be empty.
func (p *parser) keys() []*StringLit {
	if p.is("(", ")") {
		p.next()
		p.next()
		return nil
	}
	return parenList(p, func() *StringLit { return p.stringLit("the key of an option") })
}

// distribution reads DISTRIBUTED BY [HASH|RANGE] (…) [INTO n BUCKETS]; ALTER says
// DISTRIBUTION.
func (p *parser) distribution(word string) *Distribution {
	start := p.start()
	p.expect(word)
	d := &Distribution{}
	if p.got("BY") {
		switch {
		case p.got("HASH"):
			d.Kind = DistributionHash
		case p.got("RANGE"):
			d.Kind = DistributionRange
		}
		d.Columns = p.identList("a column name")
	} else if !p.at("INTO") {
		p.unexpected("BY or INTO")
	}
	if p.got("INTO") {
		d.Buckets = p.number("a number of buckets")
		if d.Buckets.Kind != Integer {
			p.report(diag.Errorf(CodeLiteral, d.Buckets.Pos, "number of buckets must be a whole number"))
		}
		p.expect("BUCKETS")
	}
	d.Base = p.base(start)
	return d
}

// tableElement reads a column, a watermark or a constraint.
func (p *parser) tableElement() Node {
	switch t := p.tok(); {
	case t.Word == "WATERMARK" && !startsType(p.peek(1)):
		return p.watermark()
	case t.Word == "CONSTRAINT", t.Word == "PRIMARY", t.Word == "UNIQUE":
		if !startsType(p.peek(1)) {
			return p.constraint(true)
		}
	}
	return p.column()
}

func splitElements(els []Node) (cols []*ColumnDef, marks []*Watermark, cons []*Constraint) {
	for _, e := range els {
		switch e := e.(type) {
		case *ColumnDef:
			cols = append(cols, e)
		case *Watermark:
			marks = append(marks, e)
		case *Constraint:
			cons = append(cons, e)
		}
	}
	return cols, marks, cons
}

// column reads a column of a table or a model. In a list before AS SELECT it is only
// a name.
func (p *parser) column() *ColumnDef {
	start := p.start()
	c := &ColumnDef{Name: p.simpleName("a column name")}
	if !p.is(",") && !p.is(")") {
		p.columnRest(c)
	}
	c.Base = p.base(start)
	return c
}

// columnRest reads what follows a column's name.
func (p *parser) columnRest(c *ColumnDef) {
	if p.got("AS") {
		c.Computed = p.expr()
		if q, ok := c.Computed.(*Subquery); ok {
			p.report(diag.Errorf(CodeUnexpected, q.Pos, "a computed column cannot be a query").WithHint("write an expression over the other columns"))
		}
	} else {
		c.Type = p.columnType()
		if ms := p.start(); p.got("METADATA") {
			c.Metadata = &Metadata{}
			if p.got("FROM") {
				c.Metadata.From = p.stringLit("the key of the metadata")
			}
			c.Metadata.Virtual = p.got("VIRTUAL")
			c.Metadata.Base = p.base(ms)
		} else if p.at("CONSTRAINT") || p.at("PRIMARY") || p.at("UNIQUE") {
			c.Constraint = p.constraint(false)
		}
	}
	if t := p.tok(); t.Word == "DEFAULT" || t.Kind == TokenName && isOneOfWords(p.text(t), "auto_increment", "unsigned") {
		p.fail(diag.Errorf(CodeUnsupported, t.Pos, "Flink SQL has no %s for columns", p.text(t)).WithHint("remove it"))
	}
	if p.at("COMMENT") {
		c.Comment = p.comment()
	}
	if t := p.tok(); p.is("NOT", "NULL") || p.isAny("NULL", "METADATA", "PRIMARY", "CONSTRAINT", "UNIQUE") {
		p.fail(diag.Errorf(CodeClause, t.Pos, "%s is out of place", t.Word).
			WithHint("the order is name type [NOT NULL] [METADATA … | PRIMARY KEY …] [COMMENT '…']"))
	}
}

func isOneOfWords(word string, lower ...string) bool {
	for _, l := range lower {
		if equalFold(word, l) {
			return true
		}
	}
	return false
}

func (p *parser) watermark() *Watermark {
	start := p.start()
	p.expect("WATERMARK", "FOR")
	w := &Watermark{Column: p.name("a column name")}
	p.expect("AS")
	w.Strategy = p.expr()
	w.Base = p.base(start)
	return w
}

// constraint reads [CONSTRAINT name] PRIMARY KEY|UNIQUE [(columns)] [[NOT] ENFORCED].
func (p *parser) constraint(table bool) *Constraint {
	start := p.start()
	c := &Constraint{}
	if p.got("CONSTRAINT") {
		id := p.simpleName("the name of a constraint")
		c.Name = &id
	}
	if p.got("UNIQUE") {
		c.Kind = UniqueKey
	} else {
		p.expect("PRIMARY", "KEY")
	}
	if table {
		c.Columns = p.identList("a column name")
	}
	switch {
	case p.got("ENFORCED"):
		c.Enforcement = Enforced
	case p.got("NOT"):
		p.expect("ENFORCED")
		c.Enforcement = NotEnforced
	}
	c.Base = p.base(start)
	return c
}

var likeFeatures = [...]struct {
	word    string
	feature LikeFeature
}{
	{"ALL", LikeAll}, {"CONSTRAINTS", LikeConstraints}, {"DISTRIBUTION", LikeDistribution}, {"GENERATED", LikeGenerated},
	{"METADATA", LikeMetadata}, {"OPTIONS", LikeOptions}, {"PARTITIONS", LikePartitions}, {"WATERMARKS", LikeWatermarks},
}

func (p *parser) tableLike() *TableLike {
	start := p.start()
	p.expect("LIKE")
	l := &TableLike{Source: p.name("a table")}
	if open := p.tok(); p.got("(") {
		for {
			l.Options = append(l.Options, p.likeOption())
			if c := p.tok(); c.Word == "," {
				p.report(diag.Errorf(CodeComma, c.Pos, "options of LIKE are not separated by commas").WithHint("remove the comma"))
				p.next()
			}
			if p.is(")") || !p.at("INCLUDING") && !p.at("EXCLUDING") && !p.at("OVERWRITING") {
				break
			}
		}
		p.close(open, ")")
	}
	l.Base = p.base(start)
	return l
}

func (p *parser) likeOption() *LikeOption {
	start := p.start()
	o := &LikeOption{}
	switch {
	case p.got("INCLUDING"):
	case p.got("EXCLUDING"):
		o.Mode = LikeExcluding
	case p.got("OVERWRITING"):
		o.Mode = LikeOverwriting
	default:
		p.unexpected("an option of LIKE")
	}
	for _, f := range likeFeatures {
		if p.got(f.word) {
			o.Feature = f.feature
			o.Base = p.base(start)
			return o
		}
	}
	p.unexpected("what to take over")
	return nil
}

func (p *parser) createMaterializedTable(start int) Stmt {
	p.expect("TABLE")
	c := &CreateMaterializedTable{}
	if t := p.tok(); p.is("IF", "NOT") {
		p.fail(diag.Errorf(CodeUnsupported, t.Pos, "CREATE MATERIALIZED TABLE cannot say IF NOT EXISTS").WithHint("remove it"))
	}
	c.Name = p.name("a table name")
	if p.is("(") {
		c.Constraints = parenList(p, func() *Constraint {
			if t := p.tok(); t.isName() {
				p.fail(diag.Errorf(CodeUnsupported, t.Pos, "columns of a materialized table come from its query").
					WithHint("list only constraints here"))
			}
			return p.constraint(true)
		})
	}
	if p.at("COMMENT") {
		c.Comment = p.comment()
	}
	if p.at("DISTRIBUTED") {
		c.Distribution = p.distribution("DISTRIBUTED")
	}
	if p.at("PARTITIONED") {
		c.PartitionedBy = p.partitionedBy()
	}
	if p.at("WITH") {
		c.Options = p.withOptions()
	}
	if p.got("FRESHNESS") {
		p.expect("=")
		c.Freshness = p.interval("the freshness")
	}
	if p.got("REFRESH_MODE") {
		p.expect("=")
		c.RefreshMode = p.refreshMode()
	}
	p.expect("AS")
	c.Query = p.query()
	c.Base = p.base(start)
	return c
}

func (p *parser) refreshMode() RefreshMode {
	if p.got("FULL") {
		return RefreshFull
	}
	p.expect("CONTINUOUS")
	return RefreshContinuous
}

func (p *parser) createView(start int, f tableFlags) Stmt {
	c := &CreateView{OrReplace: f.orReplace, Temporary: f.temporary}
	c.IfNotExists = p.ifNotExists()
	c.Name = p.name("a view name")
	if p.at("(") {
		c.Columns = p.identList("a column name")
	}
	if p.at("COMMENT") {
		c.Comment = p.comment()
	}
	p.expect("AS")
	c.Query = p.query()
	c.Base = p.base(start)
	return c
}

func (p *parser) createCatalog(start int) Stmt {
	c := &CreateCatalog{IfNotExists: p.ifNotExists()}
	id := p.simpleName("a catalog name")
	c.Name = QualifiedName{id.Base, []Ident{id}}
	c.Comment, c.Options = p.commentAndOptions()
	c.Base = p.base(start)
	return c
}

func (p *parser) createDatabase(start int) Stmt {
	c := &CreateDatabase{IfNotExists: p.ifNotExists()}
	c.Name = p.name("a database name")
	c.Comment, c.Options = p.commentAndOptions()
	c.Base = p.base(start)
	return c
}

func (p *parser) commentAndOptions() (c *StringLit, o []*Option) {
	if p.at("COMMENT") {
		c = p.comment()
	}
	if p.at("WITH") {
		o = p.withOptions()
	}
	return c, o
}

// modelColumn reads a column with its type.
func (p *parser) modelColumn() *ColumnDef {
	c := p.column()
	if c.Type == nil && c.Computed == nil {
		p.report(diag.Errorf(CodeIncomplete, c.Pos, "column %s has no type", c.Name.Name).WithHint("write one behind the name"))
	}
	return c
}

func (p *parser) createModel(start int, f tableFlags) Stmt {
	c := &CreateModel{OrReplace: f.orReplace, Temporary: f.temporary}
	c.IfNotExists = p.ifNotExists()
	c.Name = p.name("a model name")
	if p.got("INPUT") {
		c.Input = parenList(p, p.modelColumn)
	}
	if p.got("OUTPUT") {
		c.Output = parenList(p, p.modelColumn)
	}
	c.Comment, c.Options = p.commentAndOptions()
	if p.got("AS") {
		c.Query = p.query()
	}
	c.Base = p.base(start)
	return c
}

// drop reads DROP [TEMPORARY [SYSTEM]] kind [IF EXISTS] name [RESTRICT|CASCADE].
func (p *parser) drop() Stmt {
	start := p.start()
	p.expect("DROP")
	d := &Drop{}
	temp := p.tok()
	d.Temporary = p.got("TEMPORARY")
	if p.got("SYSTEM") {
		d.System = true
		p.expect("FUNCTION")
		d.Kind = ObjectFunction
	} else {
		d.Kind = p.objectKind("what to drop")
	}
	if d.Temporary && (d.Kind == ObjectCatalog || d.Kind == ObjectDatabase || d.Kind == ObjectMaterializedTable) {
		p.report(diag.Errorf(CodeUnsupported, temp.Pos, "%s cannot be temporary", d.Kind).WithHint("remove TEMPORARY"))
	}
	d.IfExists = p.ifExists()
	d.Name = p.name("the name of the " + d.Kind.noun())
	if d.Kind == ObjectDatabase {
		if p.got("RESTRICT") {
			d.Behavior = DropRestrict
		} else if p.got("CASCADE") {
			d.Behavior = DropCascade
		}
	}
	d.Base = p.base(start)
	return d
}

var objectWords = [...]string{"TABLE", "VIEW", "FUNCTION", "CATALOG", "DATABASE", "MODEL", "MATERIALIZED TABLE"}

// String is the kind as keywords.
func (k ObjectKind) String() string { return objectWords[k] }

// noun is the kind in a message.
func (k ObjectKind) noun() string {
	return [...]string{"table", "view", "function", "catalog", "database", "model", "materialized table"}[k]
}

func (p *parser) objectKind(what string) ObjectKind {
	for k, w := range objectWords[:ObjectMaterializedTable] {
		if p.got(w) {
			return ObjectKind(k)
		}
	}
	if p.got("MATERIALIZED") {
		p.expect("TABLE")
		return ObjectMaterializedTable
	}
	p.unexpected(what)
	return 0
}
