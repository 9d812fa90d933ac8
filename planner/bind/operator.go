package bind

import (
	"slices"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// unary is a prefix operator.
func (x *exprs) unary(e *syntax.Unary) rex.Expr {
	b, at := x.b, x.b.at(e)
	switch {
	case e.Op == syntax.Running:
		b.refuseToo(at, "RUNNING in MATCH_RECOGNIZE")
		return invalid()
	case e.Op == syntax.Final && (x.match == nil || x.match.own >= 0):
		b.errorf(codeMatch, at, "FINAL stands only in MEASURES of MATCH_RECOGNIZE")
		return invalid()
	case e.Op == syntax.Final: // with one row a match there is nothing else
		return x.bind(e.X)
	}
	var v rex.Expr
	if n, ok := e.X.(*syntax.NumberLit); ok && e.Op == syntax.Neg {
		v = b.number(n) // the smallest BIGINT exists only with its sign
	} else {
		v = x.bind(e.X)
	}
	if bad(v) {
		return v
	}
	if isBareNull(v) {
		return x.b.nullOperand(v)
	}
	t := v.Type()
	switch e.Op {
	case syntax.Not:
		c := b.boolean(v, "NOT")
		if bad(c) {
			return c
		}
		return &rex.Call{Fn: "NOT", Args: []rex.Expr{c}, T: types.Bool.WithNull(c.Type().Nullable), Span: at}
	case syntax.Neg, syntax.Plus:
		if !t.IsNumeric() && !t.IsInterval() {
			b.errorf(codeOperands, at, "a sign stands before numbers and intervals, not %s", t.WithAttr(types.NoTimeAttr))
			return invalid()
		}
		if e.Op == syntax.Plus {
			return v
		}
		if l, ok := v.(*rex.Lit); ok {
			if n, ok := negate(l); ok {
				return n
			}
		}
		return &rex.Call{Fn: "NEGATE", Args: []rex.Expr{v}, T: t, Span: at}
	default:
		b.errorf(codeFunctionUse, at, "RUNNING and FINAL stand in MATCH_RECOGNIZE only")
		return invalid()
	}
}

var comparisonNames = map[syntax.BinaryOp]string{
	syntax.Eq: "=", syntax.Ne: "<>", syntax.Lt: "<", syntax.Le: "<=", syntax.Gt: ">", syntax.Ge: ">=",
	syntax.IsDistinctFrom: "IS_DISTINCT_FROM", syntax.IsNotDistinctFrom: "IS_NOT_DISTINCT_FROM",
}

var arithNames = map[syntax.BinaryOp]string{
	syntax.Add: "+", syntax.Sub: "-", syntax.Mul: "*", syntax.Div: "/", syntax.Mod: "%",
}

// binary is an infix operator.
func (x *exprs) binary(e *syntax.Binary) rex.Expr {
	b, at := x.b, x.b.at(e)
	if name, ok := comparisonNames[e.Op]; ok {
		return x.compare(name, e.L, e.R, at)
	}
	l, r := x.bind(e.L), x.bind(e.R)
	if bad(l, r) {
		if e.Op == syntax.And || e.Op == syntax.Or { // the other side must be a condition all the same
			return b.logic("AND", l, r, at)
		}
		return invalid()
	}
	for _, v := range []rex.Expr{l, r} {
		if isBareNull(v) {
			return b.nullOperand(v)
		}
	}
	if name, ok := arithNames[e.Op]; ok {
		return b.arith(name, l, r, at)
	}
	switch e.Op {
	case syntax.And:
		return b.logic("AND", l, r, at)
	case syntax.Or:
		return b.logic("OR", l, r, at)
	case syntax.Concat:
		return x.apply("||", []rex.Expr{l, r}, at)
	case syntax.Overlaps:
		return x.apply("OVERLAPS", []rex.Expr{l, r}, at)
	}
	b.refuse(at, "operator "+e.Op.String())
	return invalid()
}

// isBareNull reports a NULL literal without a type.
func isBareNull(e rex.Expr) bool { return e.Type().Kind == types.Null }

// nullOperand reports a bare NULL where nothing gives it a type; Flink refuses it too.
func (b *binder) nullOperand(e rex.Expr) rex.Expr {
	b.errorf(codeLiteral, b.spanOf(e), "NULL has no type here").WithHint("write CAST(NULL AS INT) or similar")
	return invalid()
}

// compare binds a comparison; a row compared with a row of equal width goes field by field.
func (x *exprs) compare(op string, le, re syntax.Expr, at diag.Span) rex.Expr {
	lrow, ok1 := le.(*syntax.Row)
	rrow, ok2 := re.(*syntax.Row)
	if !ok1 || !ok2 || len(lrow.Items) != len(rrow.Items) || op != "=" && op != "<>" {
		return x.b.comparison(op, x.bind(le), x.bind(re), at)
	}
	var out rex.Expr
	for i := range lrow.Items {
		c := x.b.comparison("=", x.bind(lrow.Items[i]), x.bind(rrow.Items[i]), at)
		if bad(c) || bad(out) && out != nil {
			out = invalid()
			continue
		}
		out = and(out, c)
	}
	if out == nil || bad(out) {
		return invalid()
	}
	if op == "<>" {
		return not(out)
	}
	return out
}

// between is x >= low AND x <= high; SYMMETRIC takes the bounds in either order.
func (x *exprs) between(e *syntax.Between) rex.Expr {
	b, at := x.b, x.b.at(e)
	v, lo, hi := x.bind(e.X), x.bind(e.Low), x.bind(e.High)
	if bad(v, lo, hi) {
		return invalid()
	}
	if t := plainTime(v.Type()); !t.IsCharacter() && t.Kind != types.Null { // bounds written as texts are read as v's type
		for _, bound := range []*rex.Expr{&lo, &hi} {
			if (*bound).Type().IsCharacter() && types.CanCast((*bound).Type(), t) {
				*bound = b.to(*bound, t)
			}
		}
	}
	within := func(lo, hi rex.Expr) rex.Expr {
		return b.logic("AND", b.comparison(">=", v, lo, at), b.comparison("<=", v, hi, at), at)
	}
	out := within(lo, hi)
	if e.Symmetric && !bad(out) {
		out = b.logic("OR", out, within(hi, lo), at)
	}
	if e.Not && !bad(out) {
		return not(out)
	}
	return out
}

// inPredicate is x [NOT] IN (list), or a subquery.
func (x *exprs) inPredicate(e *syntax.In) rex.Expr {
	if e.Query != nil {
		return x.inQuery(e)
	}
	b, at := x.b, x.b.at(e)
	if row, ok := e.X.(*syntax.Row); ok {
		return x.rowIn(e, row)
	}
	v := x.bind(e.X)
	list, ok := x.bindAll(e.List)
	if bad(v) || !ok {
		return invalid()
	}
	out := b.inList(v, list, e.List, at)
	if e.Not && !bad(out) {
		return not(out)
	}
	return out
}

// rowIn is (a, b) IN ((1, 2), …): one of the rows is equal field by field.
func (x *exprs) rowIn(e *syntax.In, row *syntax.Row) rex.Expr {
	b, at := x.b, x.b.at(e)
	var out rex.Expr
	for _, it := range e.List {
		if r, ok := it.(*syntax.Row); !ok || len(r.Items) != len(row.Items) {
			b.errorf(codeOperands, b.at(it), "the left side of IN is a row of %d values, this is something else", len(row.Items))
			return invalid()
		}
		eq := x.compare("=", row, it, b.at(it))
		switch {
		case bad(eq):
			return eq
		case out == nil:
			out = eq
		default:
			out = b.logic("OR", out, eq, at)
		}
	}
	if e.Not {
		return not(out)
	}
	return out
}

// inList is v IN (list). The values of the list must have a common type; where either the
// left side or the list is text, the list is cast to what the left side is.
func (b *binder) inList(v rex.Expr, list []rex.Expr, at []syntax.Expr, span diag.Span) rex.Expr {
	vt := plainTime(v.Type())
	ts := make([]types.Type, len(list))
	for i, e := range list {
		ts[i] = plainTime(e.Type())
	}
	lt, ok := types.Common(ts...)
	if !ok {
		i := firstMisfit(ts)
		b.errorf(codeOperands, b.at(at[i]), "values of IN have no common type: %s and %s", ts[0], ts[i]).WithHint("add a CAST to one of them")
		return invalid()
	}
	list = slices.Clone(list)
	castAll := func(t types.Type) {
		for i := range list {
			list[i] = b.to(list[i], t)
		}
		lt = t.WithNull(lt.Nullable)
	}
	switch {
	case vt.IsCharacter() && !lt.IsCharacter() && !isNested(lt) && types.CanCast(lt, types.String):
		castAll(types.String)
	case lt.IsCharacter() && !vt.IsCharacter() && types.CanCast(lt, vt):
		castAll(vt)
	}
	if _, ok := types.Comparable(vt, lt); !ok {
		b.errorf(codeOperands, b.at(at[0]), "%s and %s cannot be compared", vt, lt).WithHint("%s", compareHint(vt, lt))
		return invalid()
	}
	nullable := types.AnyNullable(append(ts, vt)...)
	if common, ok := types.Common(vt, lt); ok && common.Kind != types.Null {
		v = b.to(v, common)
		castAll(common)
		if !slices.ContainsFunc(list, func(e rex.Expr) bool { _, isLit := e.(*rex.Lit); return !isLit }) {
			return &rex.Call{Fn: "IN", Args: append([]rex.Expr{v}, list...), T: types.Bool.WithNull(nullable), Span: span}
		}
	}
	out := b.comparison("=", v, list[0], span)
	for _, e := range list[1:] {
		out = b.logic("OR", out, b.comparison("=", v, e, span), span)
	}
	return out
}

func isNested(t types.Type) bool { return t.In(types.Array, types.Map, types.Multiset, types.Row) }

// like is x [NOT] LIKE pattern [ESCAPE c].
func (x *exprs) like(e *syntax.Like) rex.Expr {
	b := x.b
	operands := []syntax.Expr{e.X, e.Pattern}
	if e.Escape != nil {
		operands = append(operands, e.Escape)
	}
	args, ok := x.bindAll(operands)
	if !ok {
		return invalid()
	}
	name := "LIKE"
	switch e.Kind {
	case syntax.SimilarTo:
		name = "SIMILAR"
	case syntax.ILike, syntax.RLike:
		name = map[syntax.LikeKind]string{syntax.ILike: "ILIKE", syntax.RLike: "RLIKE"}[e.Kind]
		b.refuseToo(b.at(e), "operator "+name).WithHint("write LOWER(a) LIKE LOWER(b), or REGEXP(a, b)")
		return invalid()
	}
	nullable := false
	for i, a := range args {
		t := a.Type()
		if !t.IsCharacter() && t.Kind != types.Null {
			b.errorf(codeOperands, b.at(operands[i]), "%s takes texts, but this is %s", name, t.WithAttr(types.NoTimeAttr)).
				WithHint("write CAST(… AS STRING)")
			return invalid()
		}
		if t.Kind == types.Null {
			return b.nullOperand(a)
		}
		nullable = nullable || args[i].Type().Nullable
	}
	if e.Escape != nil {
		if l, isLit := args[2].(*rex.Lit); isLit {
			s, isText := l.Value.(string)
			switch {
			case !isText:
			case s == "":
				args = args[:2] // no escape
			case len([]rune(s)) != 1:
				b.errorf(codeOperands, b.at(e.Escape), "ESCAPE takes a single character, not %q", s)
				return invalid()
			case name == "LIKE" && !b.escapesRight(args[1], []rune(s)[0]):
				b.errorf(codeOperands, b.at(e.Pattern), "%q in this pattern stands before neither %%, _ nor itself", s)
				return invalid()
			}
		}
	}
	var out rex.Expr = &rex.Call{Fn: name, Args: args, T: types.Bool.WithNull(nullable), Span: b.at(e)}
	if e.Not {
		out = not(out)
	}
	return out
}

// is is x IS [NOT] test.
func (x *exprs) is(e *syntax.Is) rex.Expr {
	b, at := x.b, x.b.at(e)
	v := x.bind(e.X)
	if bad(v) {
		return v
	}
	pick := func(yes, no string) rex.Expr {
		if e.Not {
			yes = no
		}
		return &rex.Call{Fn: yes, Args: []rex.Expr{v}, T: types.Bool.NotNull(), Span: at}
	}
	switch e.Test {
	case syntax.IsNull:
		if v.Type().Kind == types.Null {
			return boolLit(!e.Not)
		}
		return pick("IS_NULL", "IS_NOT_NULL")
	case syntax.IsTrue, syntax.IsFalse, syntax.IsUnknown:
		if isBareNull(v) {
			return b.nullOperand(v)
		}
		if v = b.boolean(v, "IS"); bad(v) {
			return v
		}
		switch e.Test {
		case syntax.IsTrue:
			return pick("IS_TRUE", "IS_NOT_TRUE")
		case syntax.IsFalse:
			return pick("IS_FALSE", "IS_NOT_FALSE")
		}
		return pick("IS_NULL", "IS_NOT_NULL")
	case syntax.IsJSON, syntax.IsJSONObject, syntax.IsJSONArray, syntax.IsJSONScalar:
		return x.isJSON(e, v)
	}
	b.refuseToo(at, "IS A SET and IS EMPTY")
	return invalid()
}

// caseExpr is CASE; the simple form compares the operand with each value.
func (x *exprs) caseExpr(e *syntax.Case) rex.Expr {
	b, at := x.b, x.b.at(e)
	ok := true
	var operand rex.Expr
	if e.Operand != nil {
		operand = x.bind(e.Operand)
		ok = !bad(operand)
	}
	var conds, values []rex.Expr
	var valueAt []syntax.Expr
	sub := *x
	sub.clause = "CASE WHEN"
	for _, w := range e.Whens {
		var cond rex.Expr
		for _, c := range w.Conds {
			var one rex.Expr
			if e.Operand == nil {
				one = sub.condition(c)
			} else {
				one = b.comparison("=", operand, x.bind(c), b.at(c))
			}
			switch {
			case bad(one):
				ok = false
			case cond == nil:
				cond = one
			default:
				cond = b.logic("OR", cond, one, b.at(w))
			}
		}
		then := x.bind(w.Then)
		ok = ok && !bad(then)
		conds, values, valueAt = append(conds, cond), append(values, then), append(valueAt, w.Then)
	}
	var otherwise rex.Expr = nullLit(types.NullType)
	if e.Else != nil {
		otherwise = x.bind(e.Else)
		ok = ok && !bad(otherwise)
		valueAt = append(valueAt, e.Else)
	}
	if !ok {
		return invalid()
	}
	values = append(values, otherwise)
	t, ok := b.unify(values, "results of CASE", valueAt)
	if !ok {
		return invalid()
	}
	if t.Kind == types.Null {
		b.errorf(codeOperands, at, "all results of CASE are NULL, which has no type").WithHint("write CAST(NULL AS …) in one of them")
		return invalid()
	}
	return caseOf(conds, values, t, at)
}

// caseOf builds CASE c1 v1 c2 v2 … else; values has one more than conds.
func caseOf(conds, values []rex.Expr, t types.Type, at diag.Span) rex.Expr {
	args := make([]rex.Expr, 0, len(conds)+len(values))
	for i, c := range conds {
		args = append(args, c, values[i])
	}
	args = append(args, values[len(conds)])
	return &rex.Call{Fn: "CASE", Args: args, T: t.WithAttr(types.NoTimeAttr), Span: at}
}

// escapesRight reports that a pattern is no constant, or that its escape character stands before
// %, _ and itself only.
func (b *binder) escapesRight(pattern rex.Expr, escape rune) bool {
	l, ok := pattern.(*rex.Lit)
	if !ok {
		return true
	}
	text, _ := l.Value.(string)
	rs := []rune(text)
	for i := 0; i < len(rs); i++ {
		if rs[i] != escape {
			continue
		}
		if i++; i == len(rs) || rs[i] != '%' && rs[i] != '_' && rs[i] != escape {
			return false
		}
	}
	return true
}
