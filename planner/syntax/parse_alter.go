package syntax

import "github.com/weir-sql/weir/planner/diag"

// alter reads ALTER kind [IF EXISTS] name action.
func (p *parser) alter() Stmt {
	start := p.start()
	p.expect("ALTER")
	if p.at("TEMPORARY") || p.at("FUNCTION") {
		return p.alterFunction(start)
	}
	a := &Alter{Kind: p.objectKind("what to alter")}
	if a.Kind == ObjectTable || a.Kind == ObjectModel {
		a.IfExists = p.ifExists()
	} else if t := p.tok(); p.is("IF", "EXISTS") {
		p.fail(diag.Errorf(CodeUnsupported, t.Pos, "ALTER %s cannot say IF EXISTS", a.Kind).WithHint("remove it"))
	}
	if a.Kind == ObjectCatalog {
		id := p.simpleName("a catalog name")
		a.Name = QualifiedName{id.Base, []Ident{id}}
	} else {
		a.Name = p.name("the name of the " + a.Kind.noun())
	}
	switch a.Kind {
	case ObjectTable:
		a.Action = p.alterTable()
	case ObjectMaterializedTable:
		a.Action = p.alterMaterializedTable()
	default:
		a.Action = p.alterOther(a.Kind)
	}
	a.Base = p.base(start)
	return a
}

// alterOther reads the actions on views, databases, catalogs and models.
func (p *parser) alterOther(kind ObjectKind) AlterAction {
	start := p.start()
	switch {
	case (kind == ObjectView || kind == ObjectModel) && p.got("RENAME"):
		p.expect("TO")
		n := p.name("a new name")
		return &RenameTo{p.base(start), n}
	case kind == ObjectView && p.got("AS"):
		q := p.query()
		return &SetQuery{p.base(start), q}
	case kind != ObjectView && p.got("SET"):
		o := p.options()
		return &SetOptions{p.base(start), o}
	case (kind == ObjectCatalog || kind == ObjectModel) && p.got("RESET"):
		k := p.keys()
		return &ResetOptions{p.base(start), k}
	case kind == ObjectCatalog && p.at("COMMENT"):
		c := p.comment()
		return &SetComment{p.base(start), c}
	}
	p.unexpected("what to alter in the " + kind.noun())
	return nil
}

func (p *parser) alterTable() AlterAction {
	start := p.start()
	switch {
	case p.got("RENAME"):
		if p.got("TO") {
			n := p.name("a new name")
			return &RenameTo{p.base(start), n}
		}
		from := p.name("a column name")
		p.expect("TO")
		to := p.name("a new name")
		return &RenameColumn{p.base(start), from, to}
	case p.got("SET"):
		o := p.options()
		return &SetOptions{p.base(start), o}
	case p.got("RESET"):
		k := p.keys()
		return &ResetOptions{p.base(start), k}
	case p.got("ADD"):
		p.noColumnWord("ADD")
		if p.is("PARTITION", "(") || p.is("IF", "NOT", "EXISTS") {
			return p.addPartitions(start)
		}
		return p.alterElements(start, false)
	case p.got("MODIFY"):
		p.noColumnWord("MODIFY")
		return p.alterElements(start, true)
	case p.got("DROP"):
		p.noColumnWord("DROP")
		return p.alterTableDrop(start)
	}
	p.unexpected("what to alter in the table")
	return nil
}

// noColumnWord refuses the COLUMN of other systems.
func (p *parser) noColumnWord(action string) {
	if t := p.tok(); t.Word == "COLUMN" {
		p.report(diag.Errorf(CodeUnsupported, t.Pos, "%s takes no COLUMN", action).WithHint("remove COLUMN"))
		p.next()
	}
}

// alterElements reads one column, watermark, constraint or distribution, or several
// in parentheses.
func (p *parser) alterElements(start int, modify bool) AlterAction {
	a := &AlterElements{Modify: modify}
	add := func() struct{} {
		switch t := p.tok(); {
		case t.Word == "WATERMARK" && p.peek(1).Word == "FOR":
			a.Watermarks = append(a.Watermarks, p.watermark())
		case t.Word == "CONSTRAINT", t.Word == "PRIMARY", t.Word == "UNIQUE":
			a.Constraints = append(a.Constraints, p.constraint(true))
		case t.Word == "DISTRIBUTION":
			if a.Distribution != nil {
				p.twice(t)
			}
			a.Distribution = p.distribution("DISTRIBUTION")
		default:
			a.Columns = append(a.Columns, p.columnChange())
		}
		return struct{}{}
	}
	if p.is("(") {
		parenList(p, add)
	} else {
		add()
	}
	a.Base = p.base(start)
	return a
}

func (p *parser) columnChange() *ColumnChange {
	start := p.start()
	c := &ColumnChange{Name: p.name("a column name")}
	c.Column = &ColumnDef{Name: c.Name.Last()}
	p.columnRest(c.Column)
	c.Column.Base = p.base(start)
	switch {
	case p.got("FIRST"):
		c.First = true
	case p.got("AFTER"):
		n := p.name("a column name")
		c.After = &n
	}
	c.Base = p.base(start)
	return c
}

func (p *parser) alterTableDrop(start int) AlterAction {
	switch {
	case p.got("CONSTRAINT"):
		id := p.simpleName("the name of a constraint")
		return &DropConstraint{p.base(start), &id}
	case p.got("PRIMARY"):
		p.expect("KEY")
		return &DropConstraint{p.base(start), nil}
	case p.got("WATERMARK"):
		return &DropWatermark{p.base(start)}
	case p.got("DISTRIBUTION"):
		return &DropDistribution{p.base(start)}
	case p.is("PARTITION", "("), p.is("IF", "EXISTS"):
		d := &DropPartitions{IfExists: p.ifExists()}
		d.Specs = list(p, func() *PartitionDef {
			ps := p.start()
			spec := p.partition(false)
			return &PartitionDef{Base: p.base(ps), Spec: spec}
		})
		d.Base = p.base(start)
		return d
	case p.is("("):
		names := parenList(p, func() QualifiedName { return p.name("a column name") })
		return &DropColumns{p.base(start), names}
	}
	n := p.name("a column name")
	return &DropColumns{p.base(start), []QualifiedName{n}}
}

func (p *parser) addPartitions(start int) AlterAction {
	a := &AddPartitions{IfNotExists: p.gotAll("IF", "NOT", "EXISTS")}
	for {
		ps := p.start()
		d := &PartitionDef{Spec: p.partition(false)}
		if p.at("WITH") {
			d.Options = p.withOptions()
		}
		d.Base = p.base(ps)
		a.Partitions = append(a.Partitions, d)
		if t := p.tok(); p.is(",", "PARTITION") {
			p.report(diag.Errorf(CodeComma, t.Pos, "partitions to add are not separated by commas").WithHint("remove the comma"))
			p.next()
		}
		if !p.at("PARTITION") {
			break
		}
	}
	a.Base = p.base(start)
	return a
}

// partition reads PARTITION (key = value, …). With bare a key may stand alone.
func (p *parser) partition(bare bool) []*PartitionEntry {
	p.expect("PARTITION")
	return parenList(p, func() *PartitionEntry {
		start := p.start()
		e := &PartitionEntry{Key: p.simpleName("a partition column")}
		if !bare || p.is("=") {
			p.expect("=")
			e.Value = p.literal("the value of a partition column")
		}
		e.Base = p.base(start)
		return e
	})
}

// literal reads a literal with its sign.
func (p *parser) literal(what string) Expr {
	x := p.exprPrec(precSign)
	y := x
	if u, ok := x.(*Unary); ok && u.Op != Not {
		y = u.X
	}
	switch y.(type) {
	case *NumberLit, *StringLit, *BoolLit, *NullLit, *BinaryLit, *DatetimeLit, *IntervalLit, *Variable:
		return x
	}
	p.fail(diag.Errorf(CodeLiteral, x.Span(), "%s must be a literal", what).WithHint("write a string or a number"))
	return nil
}

func (p *parser) alterMaterializedTable() AlterAction {
	start := p.start()
	switch {
	case p.got("SUSPEND"):
		return &Suspend{p.base(start)}
	case p.got("RESUME"):
		r := &Resume{}
		if p.at("WITH") {
			r.Options = p.withOptions()
		}
		r.Base = p.base(start)
		return r
	case p.got("REFRESH"):
		r := &Refresh{}
		if p.at("PARTITION") {
			r.Partition = p.partition(false)
		}
		r.Base = p.base(start)
		return r
	case p.got("SET"):
		switch {
		case p.got("FRESHNESS"):
			p.expect("=")
			x := p.interval("the freshness")
			return &SetFreshness{p.base(start), x}
		case p.got("REFRESH_MODE"):
			p.expect("=")
			m := p.refreshMode()
			return &SetRefreshMode{p.base(start), m}
		}
		o := p.options()
		return &SetOptions{p.base(start), o}
	case p.got("RESET"):
		k := p.keys()
		return &ResetOptions{p.base(start), k}
	case p.got("AS"):
		q := p.query()
		return &SetQuery{p.base(start), q}
	case p.at("ADD"), p.at("MODIFY"):
		a := &AlterElements{Modify: p.next().Word == "MODIFY"}
		a.Distribution = p.distribution("DISTRIBUTION")
		a.Base = p.base(start)
		return a
	case p.got("DROP"):
		p.expect("DISTRIBUTION")
		return &DropDistribution{p.base(start)}
	}
	p.unexpected("what to alter in the materialized table")
	return nil
}
