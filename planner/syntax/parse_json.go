package syntax

import "github.com/weir-sql/weir/planner/diag"

// jsonFunction reads a JSON function with clauses between its parentheses.
func (p *parser) jsonFunction(start int, t Token) Expr {
	p.next()
	open := p.tok()
	p.expect("(")
	var x Expr
	switch t.Word {
	case "JSON_EXISTS":
		j := &JSONExists{}
		j.Input, j.Path = p.jsonCommon()
		j.Passing = p.jsonPassing()
		if !p.at(")") {
			j.OnError = p.jsonBehavior("JSON_EXISTS", "TRUE", "FALSE", "UNKNOWN", "ERROR")
			p.expect("ON", "ERROR")
		}
		p.close(open, ")")
		j.Base, x = p.base(start), j
	case "JSON_VALUE":
		j := &JSONValue{}
		j.Input, j.Path = p.jsonCommon()
		j.Passing = p.jsonPassing()
		j.Returning = p.jsonReturning()
		for !p.at(")") {
			p.jsonOn(&j.OnEmpty, &j.OnError, p.jsonBehavior("JSON_VALUE", "NULL", "ERROR", "DEFAULT"))
		}
		p.close(open, ")")
		j.Base, x = p.base(start), j
	case "JSON_QUERY":
		j := &JSONQuery{}
		j.Input, j.Path = p.jsonCommon()
		j.Passing = p.jsonPassing()
		j.Returning = p.jsonReturning()
		j.Wrapper = p.jsonWrapper()
		for !p.at(")") {
			p.jsonOn(&j.OnEmpty, &j.OnError, p.jsonBehavior("JSON_QUERY", "NULL", "ERROR", "EMPTY"))
		}
		p.close(open, ")")
		j.Base, x = p.base(start), j
	case "JSON_OBJECT":
		j := &JSONObject{}
		if !p.is(")") && !p.is("NULL", "ON", "NULL") && !p.is("ABSENT", "ON", "NULL") {
			j.Pairs = list(p, p.jsonPair)
		}
		j.OnNull = p.jsonOnNull()
		p.close(open, ")")
		j.Base, x = p.base(start), j
	case "JSON_ARRAY":
		j := &JSONArray{}
		if !p.is(")") {
			j.Items = list(p, p.jsonItem)
		}
		j.OnNull = p.jsonOnNull()
		p.close(open, ")")
		j.Base, x = p.base(start), j
	case "JSON_OBJECTAGG":
		pair := p.jsonPair()
		j := &JSONObjectAgg{Key: pair.Key, Value: pair.Value, OnNull: p.jsonOnNull()}
		p.close(open, ")")
		j.Base, x = p.base(start), j
	default:
		j := &JSONArrayAgg{Value: p.jsonItem()}
		if p.at("ORDER") {
			j.OrderBy = p.orderBy()
		}
		j.OnNull = p.jsonOnNull()
		p.close(open, ")")
		if p.is("WITHIN") {
			j.OrderBy = p.withinGroup()
		}
		j.Base, x = p.base(start), j
	}
	if s := p.tok(); p.isAny("FILTER", "OVER") {
		p.fail(diag.Errorf(CodeUnsupported, s.Pos, "%s cannot have %s", t.Word, s.Word))
	}
	return x
}

// jsonCommon reads input [FORMAT JSON], path.
func (p *parser) jsonCommon() (input, path Expr) {
	input = p.jsonItem()
	p.expect(",")
	path = p.expr()
	return input, path
}

// jsonPassing reads PASSING value AS name, …, to which no path can refer.
func (p *parser) jsonPassing() []*SelectItem {
	if !p.got("PASSING") {
		return nil
	}
	return list(p, func() *SelectItem {
		start := p.start()
		it := &SelectItem{Expr: p.jsonItem()}
		p.expect("AS")
		id := p.simpleName("a name")
		it.Alias = &id
		it.Base = p.base(start)
		return it
	})
}

// jsonItem reads an expression with FORMAT JSON behind it.
func (p *parser) jsonItem() Expr {
	start := p.start()
	x := p.expr()
	if p.is("FORMAT", "JSON") {
		p.next()
		p.next()
		return &FormatJSON{p.base(start), x}
	}
	return x
}

// jsonPair reads [KEY] key VALUE value, or key : value.
func (p *parser) jsonPair() *JSONPair {
	start := p.start()
	if p.is("KEY") && p.peek(1).Word != "VALUE" && p.peek(1).Word != ":" && p.peek(1).Word != "." {
		p.next()
	}
	j := &JSONPair{Key: p.expr()}
	if c := p.tok(); c.Word == "," {
		p.fail(diag.Errorf(CodeUnexpected, c.Pos, "key and value of a JSON object are separated by a comma").
			WithHint("write key VALUE value"))
	}
	if !p.got(":") {
		p.expect("VALUE")
	}
	j.Value = p.jsonItem()
	j.Base = p.base(start)
	return j
}

func (p *parser) jsonReturning() TypeExpr {
	if !p.got("RETURNING") {
		return nil
	}
	return p.typeExpr()
}

func (p *parser) jsonWrapper() JSONWrapper {
	w := JSONWrapperUnspecified
	switch {
	case p.got("WITHOUT"):
		w = JSONWithout
	case p.got("WITH"):
		w = JSONWithUnconditional
		if p.got("CONDITIONAL") {
			w = JSONWithConditional
		} else {
			p.got("UNCONDITIONAL")
		}
	default:
		return w
	}
	p.got("ARRAY")
	p.expect("WRAPPER")
	return w
}

// jsonBehavior reads what a function yields, one of some words.
func (p *parser) jsonBehavior(function string, words ...string) *JSONBehavior {
	start := p.start()
	b := &JSONBehavior{}
	word := ""
	for _, w := range words {
		if p.got(w) {
			word = w
			break
		}
	}
	switch word {
	case "NULL":
		b.Kind = JSONNull
	case "ERROR":
		b.Kind = JSONError
	case "TRUE":
		b.Kind = JSONTrue
	case "FALSE":
		b.Kind = JSONFalse
	case "UNKNOWN":
		b.Kind = JSONUnknown
	case "DEFAULT":
		b.Kind, b.Default = JSONDefault, p.expr()
	case "EMPTY":
		if p.got("ARRAY") {
			b.Kind = JSONEmptyArray
		} else {
			p.expect("OBJECT")
			b.Kind = JSONEmptyObject
		}
	default:
		p.unexpected(`a clause of ` + function + ` or ")"`)
	}
	b.Base = p.base(start)
	return b
}

// jsonOn reads ON EMPTY or ON ERROR behind a behavior.
func (p *parser) jsonOn(onEmpty, onError **JSONBehavior, b *JSONBehavior) {
	p.expect("ON")
	t := p.tok()
	to := onEmpty
	if p.got("ERROR") {
		to = onError
	} else {
		p.expect("EMPTY")
	}
	if *to != nil {
		p.report(diag.Errorf(CodeClause, t.Pos, "ON %s is given twice", t.Word).WithHint("remove one"))
	}
	*to = b
}

func (p *parser) jsonOnNull() JSONOnNull {
	n := JSONOnNullUnspecified
	switch {
	case p.got("NULL"):
		n = NullOnNull
	case p.got("ABSENT"):
		n = AbsentOnNull
	default:
		return n
	}
	p.expect("ON", "NULL")
	return n
}
