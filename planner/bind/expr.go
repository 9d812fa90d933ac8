package bind

import (
	"fmt"
	"math"
	"slices"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// exprs binds the expressions of one clause of one query block.
type exprs struct {
	b  *binder
	in *rel
	// outer is the enclosing query whose columns a subquery may use, nil at the top; sub
	// is the subquery that this block is (part of), which collects those columns.
	outer *exprs
	sub   *subquery
	ctes  *cteScope // the WITH queries that subqueries see
	// clause names the clause in messages: "WHERE".
	clause string
	// block takes aggregates and OVER calls; nil where none may stand.
	block *block
	// inAgg and inOver are set while binding their arguments.
	inAgg, inOver bool
	// match is set in DEFINE and MEASURES.
	match *matchScope
	// aliases are the aliases of the SELECT, for a hint only.
	aliases map[string]bool
}

// bind gives the row expression of e, or the invalid value after a report.
func (x *exprs) bind(e syntax.Expr) rex.Expr {
	out := x.bindAny(e)
	if _, known := x.b.spans[out]; !known && !bad(out) {
		x.b.spans[out] = x.b.at(e)
	}
	return out
}

func (x *exprs) bindAny(e syntax.Expr) rex.Expr {
	b := x.b
	switch e := e.(type) {
	case *syntax.BadExpr:
		return invalid()
	case *syntax.NumberLit:
		v := b.number(e)
		if l, ok := v.(*rex.Lit); ok && l.Value == int64(math.MinInt64) {
			b.errorf(codeLiteral, b.at(e), "number %s is out of the range of BIGINT", e.Text)
			return invalid()
		}
		return v
	case *syntax.StringLit:
		return stringLit(e.Value)
	case *syntax.Variable:
		b.errorf(codeLiteral, b.at(e), "${%s} has no value here", e.Text).WithHint("a function sees no variables: hand the value to it as an argument")
		return invalid()
	case *syntax.BinaryLit:
		return b.binary(e)
	case *syntax.BoolLit:
		switch e.Value {
		case syntax.Unknown:
			return nullLit(types.Bool)
		default:
			return boolLit(e.Value == syntax.True)
		}
	case *syntax.NullLit:
		return nullLit(types.NullType)
	case *syntax.DatetimeLit:
		return b.datetime(e)
	case *syntax.IntervalLit:
		return b.interval(e)
	case *syntax.IntervalExpr:
		return x.intervalExpr(e)
	case *syntax.DatetimeSub:
		return x.datetimeSub(e)
	case *syntax.ColumnRef:
		return x.column(e)
	case *syntax.Field:
		return x.field(e)
	case *syntax.Index:
		return x.index(e)
	case *syntax.Unary:
		return x.unary(e)
	case *syntax.Binary:
		return x.binary(e)
	case *syntax.Between:
		return x.between(e)
	case *syntax.In:
		return x.inPredicate(e)
	case *syntax.Like:
		return x.like(e)
	case *syntax.Is:
		return x.is(e)
	case *syntax.Case:
		return x.caseExpr(e)
	case *syntax.Cast:
		return x.cast(e)
	case *syntax.Trim:
		return x.trim(e)
	case *syntax.Call:
		return x.call(e)
	case *syntax.Row:
		return x.row(e)
	case *syntax.ArrayExpr:
		return x.array(e)
	case *syntax.MapExpr:
		return x.mapValue(e)
	case *syntax.Exists:
		return x.exists(e)
	case *syntax.Subquery:
		return x.scalar(e)
	case *syntax.Quantified:
		return x.quantified(e)
	}
	if out, ok := x.json(e); ok {
		return out
	}
	return x.misplaced(e)
}

// misplaced reports what the grammar lets stand in an expression but has no value there.
func (x *exprs) misplaced(e syntax.Expr) rex.Expr {
	b, at := x.b, x.b.at(e)
	switch e := e.(type) {
	case *syntax.Star:
		b.errorf(codeStar, at, "* stands for columns; %s wants one value", x.clause)
	case *syntax.UnitArg:
		// A unit that is also a column's name, e.g. day.
		name := unitName(e.Unit)
		b.errorf(codeNoColumn, at, "time unit %s is not a value", name).WithHint("quote it if a column is meant: `%s`", name)
	case *syntax.NamedArg:
		b.errorf(codeArguments, at, "argument %q is named, but this function's arguments have no names", e.Name.Name).
			WithHint("give the arguments by position")
	case *syntax.DefaultArg:
		b.errorf(codeArguments, at, "DEFAULT has no value here")
	case *syntax.TableArg:
		b.errorf(codeArguments, at, "a table cannot stand here").WithHint("window functions over a table stand in FROM: TABLE(TUMBLE(TABLE t, …))")
	case *syntax.ModelArg:
		b.refuse(at, "a MODEL argument")
	case *syntax.Descriptor:
		b.errorf(codeArguments, at, "DESCRIPTOR is an argument of table functions only")
	case *syntax.GroupingSet:
		b.errorf(codeNotGrouped, at, "GROUPING SETS, ROLLUP and CUBE stand in GROUP BY only")
	case *syntax.MultisetExpr:
		b.refuseToo(at, "a MULTISET constructor")
	case *syntax.Unique:
		b.refuseToo(at, "UNIQUE")
	case *syntax.Cursor:
		b.refuseToo(at, "CURSOR")
	case *syntax.FormatJSON:
		b.errorf(codeArguments, at, "FORMAT JSON stands only in JSON_OBJECT and JSON_ARRAY")
	default:
		b.refuse(at, fmt.Sprintf("this expression (%T)", e))
	}
	return invalid()
}

// condition binds a BOOLEAN.
func (x *exprs) condition(e syntax.Expr) rex.Expr {
	c := x.bind(e)
	if bad(c) {
		return c
	}
	switch c.Type().Kind {
	case types.Boolean:
		return c
	case types.Null:
		return nullLit(types.Bool)
	}
	x.b.errorf(codeCondition, x.b.at(e), "%s wants a condition, but this is %s", x.clause, c.Type().WithAttr(types.NoTimeAttr))
	return invalid()
}

// column resolves a name, here or in an enclosing query, and the fields behind it.
func (x *exprs) column(ref *syntax.ColumnRef) rex.Expr {
	if x.match != nil {
		return x.match.column(x, ref)
	}
	var res resolved
	ok := false
	if !x.outerQualifier(ref) {
		res, ok = x.b.lookup(x.in, ref)
	}
	if !ok && x.outer != nil {
		res, ok = x.correlated(ref)
	}
	if !ok {
		// A name without parentheses may be a function: CURRENT_DATE is parsed as a call,
		// but catalogs may hold others.
		x.b.noColumn(x, ref)
		return invalid()
	}
	e := res.expr
	if !bad(e) {
		x.b.spans[e] = x.b.at(ref)
	}
	for _, p := range ref.Parts[min(res.taken, len(ref.Parts)):] {
		e = x.b.fieldOf(e, p)
	}
	return e
}

// field is x.name where x is an expression.
func (x *exprs) field(f *syntax.Field) rex.Expr { return x.b.fieldOf(x.bind(f.X), f.Name) }

// fieldOf takes a field of a ROW.
func (b *binder) fieldOf(e rex.Expr, name syntax.Ident) rex.Expr {
	if bad(e) {
		return e
	}
	t := e.Type()
	if t.Kind != types.Row {
		b.errorf(codeNoField, b.at(name), "%q is taken as a field, but the value is %s, not a ROW", name.Name, t.WithAttr(types.NoTimeAttr))
		return invalid()
	}
	var names []string
	for i, f := range t.Fields {
		if f.Name == name.Name {
			return &rex.Field{X: e, Index: i, T: f.Type.WithNull(f.Type.Nullable || t.Nullable), Name: f.Name}
		}
		names = append(names, f.Name)
	}
	hintName(b.errorf(codeNoField, b.at(name), "field %q not found in %s", name.Name, t), name.Name, names)
	return invalid()
}

// index is x[i]: an element of an array, counted from 1, or the value of a map's key.
func (x *exprs) index(e *syntax.Index) rex.Expr {
	b := x.b
	c, i := x.bind(e.X), x.bind(e.I)
	if bad(c, i) {
		return invalid()
	}
	at, t := b.at(e), c.Type()
	if isBareNull(i) && t.Kind == types.Map {
		return b.nullOperand(i)
	}
	switch t.Kind {
	case types.Array:
		if i.Type().Kind != types.Integer { // as in Flink, which takes no other whole numbers
			b.errorf(codeOperands, b.at(e.I), "index of an array is %s, not INT", plainTime(i.Type())).WithHint("write CAST(… AS INT)")
			return invalid()
		}
		if l, ok := i.(*rex.Lit); ok && l.Value != nil && l.Value.(int64) < 1 {
			b.errorf(codeOperands, b.at(e.I), "array elements are counted from 1")
			return invalid()
		}
		return &rex.Call{Fn: "ITEM", Args: []rex.Expr{c, b.to(i, types.Int32)}, T: t.Elem.Null(), Span: at}
	case types.Map:
		k, ok := b.implicit(i, *t.Key)
		if !ok && t.Key.IsCharacter() && i.Type().IsCharacter() { // texts compare whatever their lengths
			k, ok = i, true
		}
		if !ok {
			b.errorf(codeOperands, b.at(e.I), "key of the map is %s, not %s", *t.Key, i.Type())
			return invalid()
		}
		return &rex.Call{Fn: "ITEM", Args: []rex.Expr{c, k}, T: t.Elem.Null(), Span: at}
	case types.Row:
		if l, ok := i.(*rex.Lit); ok && !t.IsStructured() {
			switch v := l.Value.(type) {
			case string:
				return b.fieldOf(c, syntax.Ident{Base: syntax.At(e.I.Span()), Name: v})
			case int64:
				if v >= 1 && int(v) <= len(t.Fields) {
					f := t.Fields[v-1]
					return &rex.Field{X: c, Index: int(v - 1), T: f.Type.WithNull(f.Type.Nullable || t.Nullable), Name: f.Name}
				}
			}
		}
	}
	b.errorf(codeOperands, at, "[ ] takes an element of an ARRAY or a MAP, not of %s", t.WithAttr(types.NoTimeAttr))
	return invalid()
}

// row is ROW(a, …).
func (x *exprs) row(e *syntax.Row) rex.Expr {
	args, ok := x.bindAll(e.Items)
	if !ok {
		return invalid()
	}
	fields := make([]types.Field, len(args))
	for i, a := range args {
		if isBareNull(a) {
			return x.b.nullOperand(a)
		}
		fields[i] = types.Field{Name: fmt.Sprintf("EXPR$%d", i), Type: a.Type().WithAttr(types.NoTimeAttr)}
	}
	return &rex.Call{Fn: "ROW", Args: args, T: types.NewRow(fields...).NotNull(), Span: x.b.at(e)}
}

// array is ARRAY[a, …]: its elements are brought to their common type.
func (x *exprs) array(e *syntax.ArrayExpr) rex.Expr {
	b, at := x.b, x.b.at(e)
	if e.Query != nil {
		b.refuseToo(at, "ARRAY(query)").WithHint("use ARRAY_AGG in a scalar subquery")
		return invalid()
	}
	args, ok := x.bindAll(e.Items)
	if !ok {
		return invalid()
	}
	if len(args) == 0 {
		b.errorf(codeArguments, at, "an empty ARRAY has no element type").WithHint("write CAST(ARRAY[NULL] AS ARRAY<INT>) or similar")
		return invalid()
	}
	elem, ok := b.unify(args, "elements of ARRAY", e.Items)
	if !ok {
		return invalid()
	}
	if elem.Kind == types.Null {
		return b.nullOperand(args[0])
	}
	return &rex.Call{Fn: "ARRAY", Args: args, T: types.NewArray(elem).NotNull(), Span: at}
}

// mapValue is MAP[k, v, …].
func (x *exprs) mapValue(e *syntax.MapExpr) rex.Expr {
	b, at := x.b, x.b.at(e)
	if e.Query != nil {
		b.refuseToo(at, "MAP(query)")
		return invalid()
	}
	args, ok := x.bindAll(e.Items)
	if !ok {
		return invalid()
	}
	if len(args) == 0 || len(args)%2 != 0 {
		b.errorf(codeArguments, at, "MAP takes keys and values in turn, at least one pair; here are %d values", len(args))
		return invalid()
	}
	var keys, vals []rex.Expr
	var keyAt, valAt []syntax.Expr
	for i := 0; i < len(args); i += 2 {
		keys, vals = append(keys, args[i]), append(vals, args[i+1])
		keyAt, valAt = append(keyAt, e.Items[i]), append(valAt, e.Items[i+1])
	}
	k, ok1 := b.unify(keys, "keys of MAP", keyAt)
	v, ok2 := b.unify(vals, "values of MAP", valAt)
	if !ok1 || !ok2 {
		return invalid()
	}
	if k.Kind == types.Null || v.Kind == types.Null {
		return b.nullOperand(args[slices.IndexFunc(args, isBareNull)])
	}
	for i := range keys {
		args[2*i], args[2*i+1] = keys[i], vals[i]
	}
	return &rex.Call{Fn: "MAP", Args: args, T: types.NewMap(k, v).NotNull(), Span: at}
}

// bindAll binds several expressions, all of them even if one fails.
func (x *exprs) bindAll(es []syntax.Expr) ([]rex.Expr, bool) {
	out := make([]rex.Expr, len(es))
	ok := true
	for i, e := range es {
		out[i] = x.bind(e)
		ok = ok && !bad(out[i])
	}
	return out, ok
}

// unify casts es in place to their common type.
func (b *binder) unify(es []rex.Expr, what string, at []syntax.Expr) (types.Type, bool) {
	ts := make([]types.Type, len(es))
	for i, e := range es {
		ts[i] = e.Type().WithAttr(types.NoTimeAttr)
	}
	t, ok := types.Common(ts...)
	if !ok {
		i := firstMisfit(ts)
		span := diag.Span{}
		if i < len(at) {
			span = b.at(at[i])
		}
		b.errorf(codeOperands, span, "%s have no common type: %s and %s", what, ts[0], ts[i]).
			WithHint("add a CAST to one of them")
		return t, false
	}
	for i := range es {
		es[i] = b.to(es[i], t)
	}
	return t, true
}

// firstMisfit is the first type that has nothing in common with those before it.
func firstMisfit(ts []types.Type) int {
	for i := 2; i <= len(ts); i++ {
		if _, ok := types.Common(ts[:i]...); !ok {
			return i - 1
		}
	}
	return len(ts) - 1
}
