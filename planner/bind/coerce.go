package bind

import (
	"math"
	"strings"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// to brings e to a type by an implicit cast, if it is not of that type already; only e
// decides whether the result is nullable. A time attribute is lost only by a real cast.
func (b *binder) to(e rex.Expr, t types.Type) rex.Expr {
	from := e.Type()
	if from.Same(t) || bad(e) || sameCharacters(from, t) {
		return e
	}
	t = t.WithNull(from.Nullable || from.Kind == types.Null).WithAttr(types.NoTimeAttr)
	if l, ok := e.(*rex.Lit); ok {
		if c, ok := castLit(l, t); ok {
			b.spans[c] = b.spanOf(e)
			return c
		}
	}
	return &rex.Call{Fn: "CAST", Args: []rex.Expr{e}, T: t, Span: b.spanOf(e)}
}

// sameCharacters: every CHAR and VARCHAR value is a VARCHAR value of greater length as it stands.
func sameCharacters(from, to types.Type) bool {
	return from.IsCharacter() && to.Kind == types.VarChar && from.Precision <= to.Precision ||
		from.IsBinary() && to.Kind == types.VarBinary && from.Precision <= to.Precision
}

// castLit changes the type of a literal where that is exact and cannot fail.
func castLit(l *rex.Lit, t types.Type) (*rex.Lit, bool) {
	if l.Value == nil {
		return nullLit(t), true
	}
	v, isInt := l.Value.(int64)
	switch {
	case isInt && l.T.IsInteger() && t.IsInteger() && t.Kind >= l.T.Kind:
		return &rex.Lit{Value: v, T: t}, true
	case isInt && l.T.Kind == types.Integer && t.Kind == types.Double:
		return &rex.Lit{Value: float64(v), T: t}, true
	case isInt && l.T.IsInteger() && t.Kind == types.Decimal && t.Precision <= 18 && types.AsDecimal(l.T).Precision <= t.Precision-t.Scale:
		for range t.Scale {
			v *= 10
		}
		return &rex.Lit{Value: v, T: t}, true
	case isInt && l.T.Kind == types.Decimal && t.Kind == types.Decimal && l.T.Precision <= 18 && t.Precision <= 18 &&
		t.Scale >= l.T.Scale && t.Precision-t.Scale >= l.T.Precision-l.T.Scale:
		for range t.Scale - l.T.Scale {
			v *= 10
		}
		return &rex.Lit{Value: v, T: t}, true
	}
	return nil, false
}

// castNumber changes the type of a number in an explicit CAST. A literal of FLOAT keeps
// the digits that are written, so that it is the same number as DOUBLE again.
func castNumber(l *rex.Lit, t types.Type) (*rex.Lit, bool) {
	switch v := l.Value.(type) {
	case int64:
		size := map[types.Kind]int64{types.TinyInt: math.MaxInt8, types.SmallInt: math.MaxInt16, types.Integer: math.MaxInt32}[t.Kind]
		switch {
		case l.T.IsInteger() && v <= size && v >= -size-1 && size > 0:
			return &rex.Lit{Value: v, T: t}, true
		case l.T.IsInteger() && t.Kind == types.Float:
			return &rex.Lit{Value: float64(v), T: t}, true
		case l.T.Kind == types.Decimal && t.Kind == types.Float && l.T.Precision <= 15:
			return &rex.Lit{Value: float64(v) / math.Pow10(l.T.Scale), T: t}, true
		}
	case float64:
		if l.T.Kind == types.Float && t.Kind == types.Double || l.T.Kind == types.Double && t.Kind == types.Float && math.Abs(v) <= math.MaxFloat32 {
			return &rex.Lit{Value: v, T: t}, true
		}
	}
	return nil, false
}

// implicit casts e to t if that needs no CAST in the text.
func (b *binder) implicit(e rex.Expr, t types.Type) (rex.Expr, bool) {
	if !types.CanCastImplicitly(e.Type(), t) {
		return e, false
	}
	return b.to(e, t), true
}

// cast is CAST and TRY_CAST.
func (x *exprs) cast(c *syntax.Cast) rex.Expr {
	b := x.b
	t, ok := b.typeOf(c.Type)
	e := x.bind(c.X)
	if bad(e) || !ok {
		return invalid()
	}
	from := e.Type().WithAttr(types.NoTimeAttr)
	at := b.at(c)
	if q, isInterval := c.Type.(*syntax.IntervalType); isInterval && from.IsNumeric() && q.Qualifier.To != syntax.NoUnit {
		b.errorf(codeCast, at, "%s cannot be cast to INTERVAL %s", from, qualifierText(q.Qualifier)).
			WithHint("a number makes an interval of one unit, as in CAST(n AS INTERVAL MINUTE)")
		return invalid()
	}
	if !types.CanCast(from, t) {
		d := b.errorf(codeCast, at, "%s cannot be cast to %s", from, t)
		if hint := castHint(from, t); hint != "" {
			d.WithHint("%s", hint)
		}
		return invalid()
	}
	res := types.CastResult(from, t, c.Try)
	if l, isLit := e.(*rex.Lit); isLit {
		if f, ok := castLit(l, res); ok {
			return f
		}
		if f, ok := castNumber(l, res); ok && !c.Try {
			return f
		}
	}
	if e.Type().Same(res) && !e.Type().IsTimeAttr() && e.Type().Nullable == res.Nullable {
		return e
	}
	fn := "CAST"
	if c.Try {
		fn = "TRY_CAST"
	}
	return &rex.Call{Fn: fn, Args: []rex.Expr{e}, T: res, Span: at}
}

func castHint(from, to types.Type) string {
	switch {
	case from.IsNumeric() && to.IsTimestamp():
		return "TO_TIMESTAMP_LTZ(number, 3) reads milliseconds since the epoch"
	case from.IsNumeric() && to.Kind == types.Date:
		return "CAST(TO_TIMESTAMP_LTZ(number, 3) AS DATE) reads milliseconds since the epoch"
	case from.IsCharacter() && to.In(types.Array, types.Map, types.Row):
		return "JSON_VALUE and JSON_QUERY take parts out of a JSON text"
	case from.IsBinary() && to.IsNumeric(), from.IsNumeric() && to.IsBinary():
		return "cast by way of STRING"
	}
	return ""
}

// comparison is l op r for = <> < <= > >= and IS [NOT] DISTINCT FROM.
func (b *binder) comparison(op string, l, r rex.Expr, at diag.Span) rex.Expr {
	if bad(l, r) {
		return invalid()
	}
	lt, rt := l.Type().WithAttr(types.NoTimeAttr), r.Type().WithAttr(types.NoTimeAttr)
	t, ok := types.Comparable(lt, rt)
	ordering := op[0] == '<' && op != "<>" || op[0] == '>'
	if !ok && ordering {
		t, ok = textAsOther(lt, rt)
	}
	if !ok {
		b.errorf(codeOperands, at, "%s and %s cannot be compared", lt, rt).WithHint("%s", compareHint(lt, rt))
		return invalid()
	}
	if ordering && t.In(types.Row, types.Array, types.Map, types.Multiset, types.Variant) {
		b.errorf(codeOperands, at, "values of %s have no order; they can be compared with = and <>", t)
		return invalid()
	}
	if t.Kind == types.Null {
		t = types.Int32
		l, r = b.to(l, t), b.to(r, t)
	}
	res := types.Bool.WithNull(l.Type().Nullable || r.Type().Nullable)
	if (isNullLit(l) || isNullLit(r)) && !strings.HasPrefix(op, "IS_") {
		return nullLit(types.Bool) // whatever the other side is, be it a text that cannot be read
	}
	if !(lt.IsCharacter() && rt.IsCharacter() || lt.IsBinary() && rt.IsBinary()) {
		l, r = b.readAs(op, l, t), b.readAs(op, r, t)
	}
	if op == "IS_DISTINCT_FROM" || op == "IS_NOT_DISTINCT_FROM" {
		res = types.Bool.NotNull()
	}
	return &rex.Call{Fn: op, Args: []rex.Expr{l, r}, T: res, Span: at}
}

// textAsOther is the type in which the order of a text and a number or truth value is
// told: the text is read as what the other side is, and fails if it is none.
func textAsOther(l, r types.Type) (types.Type, bool) {
	if r.IsCharacter() {
		l, r = r, l
	}
	return r.WithAttr(types.NoTimeAttr), l.IsCharacter() && (r.IsNumeric() || r.Kind == types.Boolean)
}

// readAs is to for a side of a comparison: a text that is none compares with a time
// under = and <> as NULL, it does not fail. A literal that is none is an error.
func (b *binder) readAs(op string, e rex.Expr, t types.Type) rex.Expr {
	if _, isLit := e.(*rex.Lit); isLit || op != "=" && op != "<>" || !e.Type().IsCharacter() || t.IsCharacter() {
		return b.to(e, t)
	}
	return &rex.Call{Fn: "TRY_CAST", Args: []rex.Expr{e}, T: t.Null(), Span: b.spanOf(e)}
}

func compareHint(a, b types.Type) string {
	switch {
	case a.IsCharacter():
		return "write CAST(… AS " + b.Null().String() + ") around the text, or the other side as STRING"
	case b.IsCharacter():
		return "write CAST(… AS " + a.Null().String() + ") around the text, or the other side as STRING"
	default:
		return "add a CAST to one of them"
	}
}

// arith is l op r for + - * / %.
func (b *binder) arith(op string, l, r rex.Expr, at diag.Span) rex.Expr {
	if bad(l, r) {
		return invalid()
	}
	lt, rt := l.Type().WithAttr(types.NoTimeAttr), r.Type().WithAttr(types.NoTimeAttr)
	t, ca, cb, ok := types.Arith(op, lt, rt)
	if !ok {
		d := b.errorf(codeOperands, at, "%s %s %s does not exist", lt, op, rt)
		switch {
		case op == "+" && (lt.IsCharacter() || rt.IsCharacter()):
			d.WithHint("|| joins texts; CAST a text to calculate with it")
		case op == "-" && lt.In(types.Date, types.Timestamp, types.TimestampLTZ) && rt.In(types.Date, types.Timestamp, types.TimestampLTZ):
			d.WithHint("TIMESTAMPDIFF(SECOND, a, b) gives the time between two points")
		case lt.In(types.Date, types.Timestamp, types.TimestampLTZ, types.Time) && rt.IsNumeric():
			d.WithHint("add an interval: INTERVAL '1' DAY")
		default:
			d.WithHint("add a CAST to one of them")
		}
		return invalid()
	}
	return &rex.Call{Fn: op, Args: []rex.Expr{b.to(l, ca), b.to(r, cb)}, T: t, Span: at}
}

// logic is AND or OR over conditions.
func (b *binder) logic(op string, l, r rex.Expr, at diag.Span) rex.Expr {
	l, r = b.boolean(l, op), b.boolean(r, op)
	if bad(l, r) {
		return invalid()
	}
	return &rex.Call{Fn: op, Args: []rex.Expr{l, r}, T: types.Bool.WithNull(l.Type().Nullable || r.Type().Nullable), Span: at}
}

// boolean checks an operand of AND, OR, NOT and the like.
func (b *binder) boolean(e rex.Expr, op string) rex.Expr {
	if bad(e) {
		return e
	}
	switch e.Type().Kind {
	case types.Boolean:
		return e
	case types.Null:
		return nullLit(types.Bool)
	}
	b.errorf(codeOperands, b.spanOf(e), "%s takes conditions, but this is %s", op, e.Type().WithAttr(types.NoTimeAttr))
	return invalid()
}

// and joins conditions; nil stands for TRUE.
func and(l, r rex.Expr) rex.Expr {
	switch {
	case l == nil:
		return r
	case r == nil:
		return l
	}
	return &rex.Call{Fn: "AND", Args: []rex.Expr{l, r}, T: types.Bool.WithNull(l.Type().Nullable || r.Type().Nullable)}
}

func not(e rex.Expr) rex.Expr {
	return &rex.Call{Fn: "NOT", Args: []rex.Expr{e}, T: types.Bool.WithNull(e.Type().Nullable)}
}

func isNull(e rex.Expr) rex.Expr {
	return &rex.Call{Fn: "IS_NULL", Args: []rex.Expr{e}, T: types.Bool.NotNull()}
}

func isNotNull(e rex.Expr) rex.Expr {
	return &rex.Call{Fn: "IS_NOT_NULL", Args: []rex.Expr{e}, T: types.Bool.NotNull()}
}
