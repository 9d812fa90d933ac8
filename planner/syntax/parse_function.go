package syntax

import (
	"strings"

	"github.com/weir-sql/weir/planner/diag"
)

// aggregateFunction goes past AGGREGATE, which is no keyword, before FUNCTION.
func (p *parser) aggregateFunction() bool {
	if !p.atName("AGGREGATE") || p.peek(1).Word != "FUNCTION" {
		return false
	}
	p.next()
	return true
}

// atName reports whether the current token is a plain name that reads as word.
func (p *parser) atName(word string) bool {
	t := p.tok()
	return t.Kind == TokenName && strings.EqualFold(p.text(t), word)
}

// createFunction reads what stands behind FUNCTION.
func (p *parser) createFunction(start int, c *CreateFunction) Stmt {
	c.IfNotExists = p.ifNotExists()
	if c.System {
		id := p.simpleName("the name of a system function")
		c.Name = QualifiedName{id.Base, []Ident{id}}
	} else {
		c.Name = p.name("a function name")
	}
	if p.at("(") {
		c.Signature = p.signature()
	}
	seen := map[string]bool{}
	for p.functionClause(c, seen) {
	}
	if c.Body == nil && c.Return == nil && len(c.Resources) == 0 {
		p.unexpected(describe("AS"))
	}
	c.Base = p.base(start)
	return c
}

func (p *parser) signature() *Signature {
	start := p.start()
	s := &Signature{Params: []*RowField{}}
	if p.is("(", ")") {
		p.next()
		p.next()
	} else {
		s.Params = parenList(p, p.rowField)
	}
	if p.at("RETURNS") && !p.is("RETURNS", "NULL") {
		p.next()
		if p.got("TABLE") {
			s.Table = parenList(p, p.rowField)
		} else {
			s.Returns = p.typeExpr()
		}
	}
	s.Base = p.base(start)
	return s
}

// functionClause reads one clause, false if there is none.
func (p *parser) functionClause(c *CreateFunction, seen map[string]bool) bool {
	t := p.tok()
	once := func(word string) {
		if seen[word] {
			p.twice(t)
		}
		seen[word] = true
	}
	switch {
	case p.got("AS"):
		once("AS")
		c.Body = p.stringLit("the class or the text of the function")
	case p.at("LANGUAGE"):
		once("LANGUAGE")
		c.Language = p.language()
	case p.at("USING"):
		once("USING")
		p.next()
		if c.Language == "PYTHON" && p.at("JAR") || c.Language == "SQL" {
			p.report(diag.Errorf(CodeUnsupported, t.Pos, "function in %s cannot have USING %s", c.Language, strings.ToUpper(p.text(p.tok()))))
		}
		c.Resources = list(p, p.resource)
	case p.at("WITH"):
		once("WITH")
		c.Options = p.withOptions()
	case p.got("DETERMINISTIC"):
		once("DETERMINISTIC")
		c.Determinism = Deterministic
	case p.gotAll("NOT", "DETERMINISTIC"):
		once("DETERMINISTIC")
		c.Determinism = NotDeterministic
	case p.gotAll("CALLED", "ON", "NULL", "INPUT"):
		once("NULL")
		c.NullInput = CalledOnNull
	case p.gotAll("RETURNS", "NULL", "ON", "NULL", "INPUT"):
		once("NULL")
		c.NullInput = NullForNull
	case p.got("RETURN"):
		once("RETURN")
		c.Return = p.expr()
	default:
		return false
	}
	return true
}

// language reads LANGUAGE and its name; empty if absent.
func (p *parser) language() string {
	if !p.got("LANGUAGE") {
		return ""
	}
	for _, l := range [...]string{"JAVA", "SCALA", "PYTHON", "SQL"} {
		if p.got(l) {
			return l
		}
	}
	for _, l := range [...]string{"STARLARK", "WASM"} {
		p.want = append(p.want, l)
		if p.atName(l) {
			p.next()
			return l
		}
	}
	p.unexpected("a language")
	return ""
}

func (p *parser) resource() *Resource {
	start := p.start()
	file := p.atName("FILE")
	if file {
		p.next()
	} else {
		p.want = append(p.want, "FILE")
		p.expect("JAR")
	}
	u := p.stringLit("the place of the " + map[bool]string{true: "file", false: "jar"}[file])
	return &Resource{p.base(start), file, u}
}

func (p *parser) alterFunction(start int) Stmt {
	a := &AlterFunction{Temporary: p.got("TEMPORARY")}
	if a.Temporary {
		a.System = p.got("SYSTEM")
	}
	p.expect("FUNCTION")
	a.IfExists = p.ifExists()
	a.Name = p.name("a function name")
	p.expect("AS")
	a.Body = p.stringLit("the class or the text of the function")
	a.Language = p.language()
	a.Base = p.base(start)
	return a
}
