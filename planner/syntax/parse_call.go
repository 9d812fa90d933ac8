package syntax

import "github.com/weir-sql/weir/planner/diag"

// reservedFunctions are the reserved words that are names of functions when a
// parenthesis follows.
var reservedFunctions = map[string]bool{
	"ABS": true, "AVG": true, "CARDINALITY": true, "CHAR": true, "CHARACTER_LENGTH": true, "CHAR_LENGTH": true,
	"CLASSIFIER": true, "COALESCE": true, "COLLECT": true, "CONTAINS_SUBSTR": true, "COUNT": true, "COVAR_POP": true,
	"COVAR_SAMP": true, "CUME_DIST": true, "DENSE_RANK": true, "ELEMENT": true, "EVERY": true, "EXP": true,
	"FIRST_VALUE": true, "FUSION": true, "GROUPING": true, "HOUR": true, "INTERSECTION": true, "LAG": true,
	"LAST_VALUE": true, "LEAD": true, "LEFT": true, "LN": true, "LOWER": true, "MATCH_NUMBER": true, "MAX": true,
	"MIN": true, "MINUTE": true, "MOD": true, "MONTH": true, "NEXT": true, "NTH_VALUE": true, "NTILE": true,
	"NULLIF": true, "OCTET_LENGTH": true, "PERCENTILE_CONT": true, "PERCENTILE_DISC": true, "PERCENT_RANK": true,
	"POWER": true, "PREV": true, "RANK": true, "REGR_COUNT": true, "REGR_SXX": true, "REGR_SYY": true, "RIGHT": true,
	"ROW_NUMBER": true, "SECOND": true, "SOME": true, "SQRT": true, "STDDEV_POP": true, "STDDEV_SAMP": true,
	"SUM": true, "TRUNCATE": true, "UPPER": true, "USER": true, "VAR_POP": true, "VAR_SAMP": true, "YEAR": true,
}

// keywordFunctions are Flink's functions whose names are keywords that are not reserved.
var keywordFunctions = map[string]bool{
	"ARRAY_AGG": true, "FIRST": true, "HOP": true, "IF": true, "LAST": true, "MAP": true, "QUARTER": true,
	"REPLACE": true, "SESSION": true, "TIMESTAMPADD": true, "TIMESTAMPDIFF": true, "TUMBLE": true, "WEEK": true,
	"DATE_DIFF": true, "DATETIME_DIFF": true,
}

// unitFirst and unitLast are the functions with a time unit as first or last argument.
var (
	unitFirst = map[string]bool{"TIMESTAMPADD": true, "TIMESTAMPDIFF": true}
	unitLast  = map[string]int{"TIMESTAMP_DIFF": 3, "DATETIME_DIFF": 3, "DATE_DIFF": 3, "TIME_DIFF": 3,
		"DATE_TRUNC": 2, "TIMESTAMP_TRUNC": 2, "DATETIME_TRUNC": 2, "TIME_TRUNC": 2}
)

// bareFunctions are called without parentheses, or with them.
var bareFunctions = map[string]bool{
	"CURRENT_DATE": true, "CURRENT_TIME": true, "CURRENT_TIMESTAMP": true, "LOCALTIME": true, "LOCALTIMESTAMP": true,
}

// specialFunction reads the call of a function that a keyword names; nil if t names
// none here.
func (p *parser) specialFunction(start int, t Token, call bool) Expr {
	if bareFunctions[t.Word] {
		p.next()
		if call {
			return p.callArgs(start, wordName(t))
		}
		return &Call{Base: At(t.Pos), Name: wordName(t), Form: CallBare}
	}
	if !call {
		switch t.Word {
		case "CURRENT_CATALOG", "CURRENT_SCHEMA", "CURRENT_USER", "USER", "CURRENT_ROLE", "CURRENT_PATH", "SESSION_USER",
			"SYSTEM_USER", "CURRENT_DEFAULT_TRANSFORM_GROUP":
			d := diag.Errorf(CodeNowhere, t.Pos, "Flink SQL has no %s", t.Word)
			if t.Word == "USER" {
				d = diag.Errorf(CodeNowhere, t.Pos, "%q is a reserved word", p.text(t)).
					WithHint("write `%s` in backticks to use it as a name", p.text(t))
			}
			if t.Word == "CURRENT_CATALOG" || t.Word == "CURRENT_SCHEMA" {
				d.WithHint("write CURRENT_DATABASE()")
			}
			p.report(d)
			p.next()
			return &Call{Base: At(t.Pos), Name: wordName(t), Form: CallBare}
		}
		return nil
	}
	switch t.Word {
	case "CAST", "TRY_CAST":
		return p.cast(start)
	case "SAFE_CAST":
		p.fail(diag.Errorf(CodeNowhere, t.Pos, "Flink SQL has no SAFE_CAST").WithHint("write TRY_CAST"))
	case "EXTRACT":
		return p.keywordCall(start, func() []Expr {
			u := p.unitArg("EXTRACT")
			p.expect("FROM")
			return []Expr{u, p.expr()}
		})
	case "FLOOR", "CEIL", "CEILING":
		return p.floor(start, t)
	case "POSITION":
		return p.keywordCall(start, func() []Expr {
			// IN is the separator here, not the predicate.
			args := []Expr{p.exprPrec(precBetween + 1)}
			p.expect("IN")
			args = append(args, p.expr())
			if p.got("FROM") {
				args = append(args, p.expr())
			}
			return args
		})
	case "OVERLAY":
		return p.keywordCall(start, func() []Expr {
			args := []Expr{p.expr()}
			p.expect("PLACING")
			args = append(args, p.expr())
			p.expect("FROM")
			args = append(args, p.expr())
			if p.got("FOR") {
				args = append(args, p.expr())
			}
			return args
		})
	case "SUBSTRING":
		return p.substring(start)
	case "CONVERT", "TRANSLATE":
		if t.Word == "CONVERT" && p.peek(1).Word == "(" && p.typeAt(2) {
			return p.convert(start)
		}
		return p.translate(start, t)
	case "TRIM":
		return p.trim(start)
	case "JSON_EXISTS", "JSON_VALUE", "JSON_QUERY", "JSON_OBJECT", "JSON_ARRAY", "JSON_OBJECTAGG", "JSON_ARRAYAGG":
		return p.jsonFunction(start, t)
	case "DESCRIPTOR":
		p.next()
		cols := p.identList("a column name")
		return &Descriptor{p.base(start), cols}
	case "DATE_TRUNC", "TIMESTAMP_TRUNC", "DATETIME_TRUNC", "TIME_TRUNC", "TIMESTAMP_DIFF", "TIME_DIFF":
		p.next()
		return p.callArgs(start, wordName(t))
	}
	if reservedFunctions[t.Word] {
		p.next()
		return p.callArgs(start, wordName(t))
	}
	if t.Reserved && t.Word != "ROW" {
		switch t.Word {
		case "VALUES", "SELECT", "IN", "AND", "OR", "ON", "USING", "AS", "WHERE", "CASE", "WHEN", "THEN", "ELSE", "ANY", "ALL", "IF":
			return nil
		}
		p.fail(diag.Errorf(CodeReserved, t.Pos, "%q is a reserved word and no function", p.text(t)).
			WithHint("write `%s` in backticks to call a function of that name", p.text(t)))
	}
	return nil
}

// keywordCall reads f(…) with keywords between the arguments.
func (p *parser) keywordCall(start int, args func() []Expr) Expr {
	n := wordName(p.next())
	open := p.tok()
	p.expect("(")
	as := args()
	p.close(open, ")")
	return &Call{Base: p.base(start), Name: n, Form: CallKeywords, Args: as}
}

// callArgs reads the arguments of a call and the clauses behind it. Flink's functions
// that are named by a keyword get their name in upper case: it has one spelling in
// the tree.
func (p *parser) callArgs(start int, name QualifiedName) *Call {
	c := &Call{Name: name}
	fn := ""
	if len(name.Parts) == 1 && !name.Parts[0].Quoted {
		if k, ok := lookupKeyword(name.Parts[0].Name); ok && (k.reserved || keywordFunctions[k.word]) {
			fn, name.Parts[0].Name = k.word, k.word
		}
	}
	open := p.tok()
	p.expect("(")
	if t := p.tok(); !p.is(")") {
		switch {
		case t.Word == "*":
			p.next()
			c.Args = []Expr{&Star{Base: At(t.Pos)}}
		default:
			if p.got("DISTINCT") {
				c.Distinct = true
			} else {
				p.got("ALL")
			}
			if s := p.tok(); s.Word == "*" && c.Distinct {
				p.fail(diag.Errorf(CodeUnexpected, s.Pos, "DISTINCT cannot go with *").WithHint("name the columns"))
			}
			p.args(c, fn)
		}
		if fn == "ARRAY_AGG" {
			c.Nulls = p.nulls()
		}
		if o := p.tok(); t.Word != "*" && p.at("ORDER") {
			c.OrderBy = p.orderBy()
			if fn != "ARRAY_AGG" {
				p.report(diag.Errorf(CodeUnsupported, o.Pos, "ORDER BY cannot stand in a call of %s", name.Last().Name).
					WithHint("write %s(…) WITHIN GROUP (ORDER BY …)", name.Last().Name))
			}
		}
	}
	p.close(open, ")")
	if t := p.tok(); t.Kind == TokenKeyword {
		p.callSuffix(c)
	}
	c.Base = p.base(start)
	return c
}

// args reads the arguments of a call.
func (p *parser) args(c *Call, fn string) {
	i := 0
	c.Args = listUntil(p, ")", func() Expr {
		i++
		if unitFirst[fn] && i == 1 || unitLast[fn] == i && timeUnits[p.tok().Word] != NoUnit {
			return p.unitArg(fn)
		}
		if t := p.tok(); i > 1 && p.isAny("SELECT", "WITH") {
			p.fail(diag.Errorf(CodeUnexpected, t.Pos, "query that is not the first argument must be in parentheses").
				WithHint("write (%s …)", t.Word))
		}
		return p.arg()
	})
	if p.isAny("SELECT", "WITH") {
		p.unexpected(`"," or ")"`)
	}
}

// arg reads one argument: name => value, TABLE t, a query in parentheses with
// PARTITION BY, MODEL m, DEFAULT or an expression.
func (p *parser) arg() Expr {
	start, t := p.start(), p.tok()
	if p.peek(1).Word == "=>" && (t.isName() || p.meantAsName()) {
		id := p.ident("the name of an argument")
		p.next()
		v := p.argValue()
		return &NamedArg{p.base(start), id, v}
	}
	return p.argValue()
}

func (p *parser) argValue() Expr {
	start, t := p.start(), p.tok()
	switch {
	case t.Word == "DEFAULT":
		p.next()
		return &DefaultArg{At(t.Pos)}
	case t.Word == "TABLE":
		p.next()
		if p.is("(") {
			p.fail(diag.Errorf(CodeUnsupported, p.tok().Pos, "function over a table cannot be an argument as it stands").
				WithHint("write (SELECT * FROM f(…))"))
		}
		n := p.name("a table")
		return p.tableArg(start, &TableQuery{p.base(start), n})
	case t.Word == "MODEL" && p.peek(1).isName():
		p.next()
		n := p.name("a model")
		return &ModelArg{p.base(start), n}
	case p.isAny("SELECT", "WITH"):
		q := p.query() // as if it stood in parentheses
		return &Subquery{p.base(start), q}
	}
	x := p.expr()
	if s, ok := x.(*Subquery); ok && p.isAny("PARTITION", "ORDER") {
		return p.tableArg(start, s.Query)
	}
	return x
}

// tableArg reads PARTITION BY and ORDER BY behind a table. A comma belongs to the
// call, so several keys have to be in parentheses.
func (p *parser) tableArg(start int, q Query) Expr {
	a := &TableArg{Query: q}
	if p.got("PARTITION") {
		p.expect("BY")
		if p.is("(") {
			a.PartitionBy = parenList(p, p.expr)
		} else {
			a.PartitionBy = []Expr{p.expr()}
		}
	}
	if p.got("ORDER") {
		p.expect("BY")
		if p.is("(") {
			a.OrderBy = parenList(p, p.sortItem)
		} else {
			a.OrderBy = []*SortItem{p.sortItem()}
		}
	}
	a.Base = p.base(start)
	return a
}

// callSuffix reads what may follow a call, in this order: RESPECT|IGNORE NULLS,
// WITHIN GROUP, FILTER, OVER.
func (p *parser) callSuffix(c *Call) {
	if c.Nulls == NullTreatmentUnspecified {
		c.Nulls = p.nulls()
	}
	if t := p.tok(); p.is("WITHIN", "DISTINCT") {
		p.fail(diag.Errorf(CodeUnsupported, t.Pos, "Flink SQL has no WITHIN DISTINCT"))
	}
	if p.is("WITHIN") {
		c.WithinGroup = p.withinGroup()
	}
	if p.got("FILTER") {
		open := p.tok()
		p.expect("(", "WHERE")
		c.Filter = p.expr()
		p.close(open, ")")
	}
	if t := p.tok(); p.is("OVER") {
		p.next()
		if p.is("(") {
			c.Over = p.windowSpec()
		} else {
			id := p.simpleName("a window")
			c.Over = &WindowSpec{Base: id.Base, Ref: &id, Bare: true}
		}
	} else if p.isAny("FILTER", "WITHIN") {
		p.fail(diag.Errorf(CodeClause, t.Pos, "%s is out of place", t.Word).
			WithHint("the order is f(…) WITHIN GROUP (…) FILTER (…) OVER …"))
	}
	if t := p.tok(); (p.is("RESPECT", "NULLS") || p.is("IGNORE", "NULLS")) && (c.Over != nil || c.Filter != nil) {
		p.fail(diag.Errorf(CodeClause, t.Pos, "%s NULLS must stand right behind the arguments", t.Word))
	}
}

// nulls reads RESPECT NULLS or IGNORE NULLS.
func (p *parser) nulls() NullTreatment {
	switch {
	case p.gotAll("RESPECT", "NULLS"):
		return RespectNulls
	case p.gotAll("IGNORE", "NULLS"):
		return IgnoreNulls
	}
	return NullTreatmentUnspecified
}

func (p *parser) withinGroup() []*SortItem {
	p.expect("WITHIN", "GROUP")
	open := p.tok()
	p.expect("(")
	items := p.orderBy()
	p.close(open, ")")
	return items
}

func (p *parser) cast(start int) Expr {
	c := &Cast{Try: p.next().Word == "TRY_CAST"}
	open := p.tok()
	p.expect("(")
	c.X = p.expr()
	p.expect("AS")
	c.Type = p.castType()
	p.close(open, ")")
	c.Base = p.base(start)
	return c
}

// floor reads FLOOR(x), FLOOR(x TO unit) and the same of CEIL.
func (p *parser) floor(start int, t Token) Expr {
	form := CallPlain
	c := p.keywordCall(start, func() []Expr {
		args := []Expr{p.expr()}
		if p.got("TO") {
			form = CallKeywords
			args = append(args, p.unitArg(t.Word))
		}
		return args
	}).(*Call)
	c.Form = form
	return c
}

// substring reads SUBSTRING(s, a, b) and SUBSTRING(s FROM a FOR b).
func (p *parser) substring(start int) Expr {
	form := CallPlain
	c := p.keywordCall(start, func() []Expr {
		args := []Expr{p.expr()}
		sep := ","
		if p.got("FROM") {
			form, sep = CallKeywords, "FOR"
		} else {
			p.expect(",")
		}
		args = append(args, p.expr())
		if p.got(sep) {
			args = append(args, p.expr())
		}
		return args
	}).(*Call)
	c.Form = form
	return c
}

// typeAt reports whether the token that is n ahead begins a type and not a value, as
// ARRAY[1], ROW(1, 2) and DATE '2026-11-20' do.
func (p *parser) typeAt(n int) bool {
	t, next := p.peek(n), p.peek(n+1)
	switch {
	case !startsType(t) || !t.Reserved || next.Kind == TokenString:
		return false
	case t.Word == "ARRAY" || t.Word == "MAP" || t.Word == "MULTISET":
		return next.Word == "<"
	case t.Word == "ROW" && next.Word == "(":
		return startsType(p.peek(n + 3))
	}
	return true
}

// convert reads CONVERT(type, x), which is a CAST.
func (p *parser) convert(start int) Expr {
	p.next()
	open := p.next()
	c := &Cast{Type: p.castType()}
	p.expect(",")
	c.X = p.expr()
	p.close(open, ")")
	c.Base = p.base(start)
	return c
}

// translate reads f(a, b, c) and f(a USING name) for TRANSLATE and CONVERT.
func (p *parser) translate(start int, t Token) Expr {
	form := CallPlain
	c := p.keywordCall(start, func() []Expr {
		args := []Expr{p.expr()}
		if p.got("USING") {
			form = CallKeywords
			n := p.name("a character set")
			return append(args, &ColumnRef{n.Base, n.Parts})
		}
		for p.got(",") {
			args = append(args, p.expr())
		}
		if len(args) != 3 {
			p.unexpected("three arguments of " + t.Word)
		}
		return args
	}).(*Call)
	c.Form = form
	return c
}

// trim reads TRIM(x), TRIM(chars FROM x) and TRIM(BOTH|LEADING|TRAILING [chars] FROM x).
func (p *parser) trim(start int) Expr {
	p.next()
	open := p.tok()
	p.expect("(")
	t := &Trim{}
	switch {
	case p.got("BOTH"):
		t.Spec = TrimBoth
	case p.got("LEADING"):
		t.Spec = TrimLeading
	case p.got("TRAILING"):
		t.Spec = TrimTrailing
	}
	if t.Spec == TrimUnspecified || !p.at("FROM") {
		t.X = p.expr()
	}
	if p.got("FROM") {
		t.Chars, t.X = t.X, p.expr()
	}
	if c := p.tok(); c.Word == "," {
		p.fail(diag.Errorf(CodeUnexpected, c.Pos, "TRIM takes its characters before FROM").
			WithHint("write TRIM(BOTH characters FROM text) or BTRIM(text, characters)"))
	}
	p.close(open, ")")
	t.Base = p.base(start)
	return t
}
