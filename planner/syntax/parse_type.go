package syntax

import "github.com/weir-sql/weir/planner/diag"

// typeNames maps the keywords of types to canonical names and to how many numbers
// may follow in parentheses.
var typeNames = map[string]struct {
	name   string
	params int
}{
	"BOOLEAN": {"BOOLEAN", 0}, "TINYINT": {"TINYINT", 0}, "SMALLINT": {"SMALLINT", 0}, "INT": {"INT", 0},
	"INTEGER": {"INT", 0}, "BIGINT": {"BIGINT", 0}, "FLOAT": {"FLOAT", 0}, "REAL": {"REAL", 0},
	"DOUBLE": {"DOUBLE", 0}, "DECIMAL": {"DECIMAL", 2}, "DEC": {"DECIMAL", 2}, "NUMERIC": {"DECIMAL", 2},
	"CHAR": {"CHAR", 1}, "CHARACTER": {"CHAR", 1}, "VARCHAR": {"VARCHAR", 1}, "STRING": {"STRING", 0},
	"BINARY": {"BINARY", 1}, "VARBINARY": {"VARBINARY", 1}, "BYTES": {"BYTES", 0}, "DATE": {"DATE", 0},
	"TIME": {"TIME", 1}, "TIMESTAMP": {"TIMESTAMP", 1}, "TIMESTAMP_LTZ": {"TIMESTAMP_LTZ", 1},
	"VARIANT": {"VARIANT", 0}, "ANY": {"ANY", 0},
}

// columnType reads a type with [NOT] NULL behind it.
func (p *parser) columnType() TypeExpr {
	start := p.start()
	t := p.typeExpr()
	return p.typeNull(start, t)
}

// castType reads the type of CAST, which has no [NOT] NULL of its own and may be an
// INTERVAL.
func (p *parser) castType() TypeExpr {
	start := p.start()
	if p.is("INTERVAL") {
		p.next()
		q := p.intervalQualifier()
		return &IntervalType{TypeBase{p.base(start), NullUnspecified}, q}
	}
	t := p.typeExpr()
	if p.isAny("NOT", "NULL") {
		p.fail(diag.Errorf(CodeUnexpected, p.tok().Pos, "type of CAST cannot say NULL or NOT NULL").
			WithHint("remove it"))
	}
	return t
}

// typeExpr reads a type and the ARRAY and MULTISET behind it.
func (p *parser) typeExpr() TypeExpr {
	p.enter()
	defer p.leave()
	start := p.start()
	t := p.typePrimary()
	for links := 0; ; links++ {
		n := 0
		if p.is("NULL") {
			n = 1
		} else if p.is("NOT", "NULL") {
			n = 2
		}
		word := p.peek(n).Word
		if word != "ARRAY" && word != "MULTISET" {
			return t
		}
		if links > maxDepth {
			p.fail(diag.Errorf(CodeTooDeep, p.tok().Pos, "nesting is deeper than %d levels", maxDepth))
		}
		if n > 0 {
			t = p.typeNull(start, t)
		}
		p.next()
		base := TypeBase{p.base(start), NullUnspecified}
		if word == "ARRAY" {
			t = &ArrayType{base, t}
		} else {
			t = &MultisetType{base, t}
		}
	}
}

// typeNull reads NULL or NOT NULL into a type.
func (p *parser) typeNull(start int, t TypeExpr) TypeExpr {
	var n Nullability
	switch {
	case p.got("NULL"):
		n = Nullable
	case p.at("NOT") && p.peek(1).Word == "NULL":
		p.next()
		p.next()
		n = NotNull
	default:
		return t
	}
	base := TypeBase{p.base(start), n}
	switch t := t.(type) {
	case *NamedType:
		t.TypeBase = base
	case *UserType:
		t.TypeBase = base
	case *ArrayType:
		t.TypeBase = base
	case *MultisetType:
		t.TypeBase = base
	case *MapType:
		t.TypeBase = base
	case *RowType:
		t.TypeBase = base
	case *RawType:
		t.TypeBase = base
	case *StructuredType:
		t.TypeBase = base
	}
	return t
}

func (p *parser) typePrimary() TypeExpr {
	start, t := p.start(), p.tok()
	at := func() TypeBase { return TypeBase{p.base(start), NullUnspecified} }
	switch {
	case t.Kind == TokenKeyword && typeNames[t.Word].name != "":
		return p.namedType(start)
	case p.is("ARRAY", "<"):
		p.next()
		p.openAngle()
		elem := p.columnType()
		p.closeAngle(t)
		return &ArrayType{at(), elem}
	case p.is("MULTISET", "<"):
		p.next()
		p.openAngle()
		elem := p.columnType()
		p.closeAngle(t)
		return &MultisetType{at(), elem}
	case p.is("MAP", "<"):
		p.next()
		p.openAngle()
		key := p.columnType()
		p.expect(",")
		value := p.columnType()
		p.closeAngle(t)
		return &MapType{at(), key, value}
	case t.Word == "ROW":
		p.next()
		fields := p.rowFields(t)
		return &RowType{at(), fields}
	case t.Word == "RAW":
		p.next()
		open := p.tok()
		p.expect("(")
		class := p.stringLit("the class of RAW")
		p.expect(",")
		snapshot := p.stringLit("the serializer snapshot of RAW")
		p.close(open, ")")
		return &RawType{at(), class, snapshot}
	case t.Word == "STRUCTURED":
		p.next()
		p.openAngle()
		s := &StructuredType{Class: p.stringLit("the class of STRUCTURED")}
		for p.got(",") {
			s.Fields = append(s.Fields, p.rowField())
		}
		p.closeAngle(t)
		s.TypeBase = at()
		return s
	case t.Word == "INTERVAL":
		p.fail(diag.Errorf(CodeUnsupported, t.Pos, "INTERVAL is a type in CAST only").
			WithHint("use BIGINT for milliseconds or INT for months"))
	case t.Word == "DATETIME", t.Word == "CLOB", t.Word == "BLOB":
		use := map[string]string{"DATETIME": "TIMESTAMP", "CLOB": "STRING", "BLOB": "BYTES"}[t.Word]
		p.fail(diag.Errorf(CodeUnsupported, t.Pos, "Flink SQL has no type %s", t.Word).WithHint("use %s", use))
	case t.Word == "ARRAY" || t.Word == "MULTISET":
		p.fail(diag.Errorf(CodeUnexpected, t.Pos, "%s needs the type of its elements", t.Word).
			WithHint("write %s<STRING>, for instance", t.Word))
	case t.Word == "GEOMETRY":
		p.fail(diag.Errorf(CodeUnsupported, t.Pos, "Flink SQL has no type GEOMETRY"))
	case t.isName():
		n := p.name("a type")
		return &UserType{at(), n}
	}
	p.want = p.want[:0]
	p.unexpected("a type")
	return nil
}

// namedType reads a type that is a keyword with numbers.
func (p *parser) namedType(start int) TypeExpr {
	t := p.next()
	def := typeNames[t.Word]
	nt := &NamedType{Name: def.name}
	switch {
	case t.Word == "DOUBLE":
		p.got("PRECISION")
	case (t.Word == "CHAR" || t.Word == "CHARACTER") && p.got("VARYING"):
		nt.Name = "VARCHAR"
	case t.Word == "BINARY" && p.got("VARYING"):
		nt.Name = "VARBINARY"
	}
	if open := p.tok(); open.Word == "(" {
		if def.params == 0 {
			p.fail(diag.Errorf(CodeUnexpected, open.Pos, "%s takes no length or precision", t.Word).
				WithHint("remove the parentheses"))
		}
		p.next()
		nt.Params = append(nt.Params, p.integer("a length or precision"))
		if def.params > 1 && p.got(",") {
			nt.Params = append(nt.Params, p.integer("a scale"))
		}
		p.close(open, ")")
	}
	if t.Word == "TIME" || t.Word == "TIMESTAMP" {
		p.timeZone(nt)
	}
	nt.TypeBase = TypeBase{p.base(start), NullUnspecified}
	return nt
}

// timeZone reads WITHOUT TIME ZONE or WITH LOCAL TIME ZONE behind TIME and TIMESTAMP.
func (p *parser) timeZone(nt *NamedType) {
	switch t := p.tok(); {
	case p.got("WITHOUT"):
		p.expect("TIME", "ZONE")
	case p.is("WITH", "LOCAL"):
		p.next()
		p.expect("LOCAL", "TIME", "ZONE")
		if nt.Name == "TIME" {
			p.fail(diag.Errorf(CodeNowhere, t.Pos, "Flink SQL has no TIME with a time zone").WithHint("use TIME"))
		}
		nt.Name = "TIMESTAMP_LTZ"
	case p.is("WITH", "TIME", "ZONE"):
		p.fail(diag.Errorf(CodeUnsupported, t.Pos, "Flink SQL has no %s WITH TIME ZONE", nt.Name).
			WithHint("use TIMESTAMP_LTZ, a point in time that is shown in the session's time zone"))
	}
}

func (p *parser) openAngle() {
	p.expect("<")
	p.angles++
}

// closeAngle wants the > of a type that began with word.
func (p *parser) closeAngle(word Token) {
	if !p.got(">") {
		d := diag.Errorf(CodeUnclosed, p.tok().Pos, `expected ">", found %s`, p.quoted(p.tok()))
		d.Related = append(d.Related, diag.Related{Span: word.Pos, Message: word.Word + " began here"})
		p.fail(d)
	}
	p.angles--
}

// rowFields reads <field, …>, (field, …), <> or ().
func (p *parser) rowFields(word Token) []*RowField {
	switch {
	case p.is("<>"):
		p.next()
		return nil
	case p.is("(", ")"):
		p.next()
		p.next()
		return nil
	case p.is("("):
		return parenList(p, p.rowField)
	case p.is("<", ">"):
		p.next()
		p.next()
		return nil
	}
	p.openAngle()
	fields := list(p, p.rowField)
	p.closeAngle(word)
	return fields
}

func (p *parser) rowField() *RowField {
	start := p.start()
	if t := p.tok(); startsType(t) && t.Reserved && !startsType(p.peek(1)) {
		p.fail(diag.Errorf(CodeIncomplete, t.Pos, "field of ROW has no name").WithHint("write name %s", t.Word))
	}
	f := &RowField{Name: p.simpleName("a field name")}
	f.Type = p.columnType()
	if p.is("COMMENT") {
		p.fail(diag.Errorf(CodeUnexpected, p.tok().Pos, "comment of a field takes no COMMENT").
			WithHint("write only the string"))
	}
	if p.tok().Kind == TokenString {
		f.Comment = p.stringLit("a comment")
	}
	f.Base = p.base(start)
	return f
}
