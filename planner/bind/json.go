package bind

import (
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// The JSON functions carry their clauses as Symbol literals. Their calls are
//
//	JSON_VALUE(json, path, SYM emptyBehaviour, emptyDefault, SYM errorBehaviour, errorDefault)
//	    behaviours NULL, ERROR or DEFAULT; a default is a NULL literal of the returned type unless
//	    the behaviour is DEFAULT, and is cast to it; Call.T is the RETURNING type, STRING without
//	JSON_QUERY(json, path, SYM wrapper, SYM onEmpty, SYM onError)
//	    wrapper WITHOUT_ARRAY, WITH_CONDITIONAL_ARRAY or WITH_UNCONDITIONAL_ARRAY; behaviours NULL,
//	    EMPTY_ARRAY, EMPTY_OBJECT or ERROR; Call.T is the RETURNING type, STRING without
//	JSON_EXISTS(json, path, SYM onError)              TRUE, FALSE, UNKNOWN or ERROR; without, FALSE
//	JSON_OBJECT(SYM onNull, k1, v1, k2, v2, …)        NULL or ABSENT; without, NULL
//	JSON_ARRAY(SYM onNull, v1, v2, …)                 NULL or ABSENT; without, ABSENT
//	JSON_OBJECTAGG(key, value)                        aggregate; with ABSENT ON NULL JSON_OBJECTAGG_ABSENT_ON_NULL
//	JSON_ARRAYAGG(value)                              aggregate; with NULL ON NULL JSON_ARRAYAGG_NULL_ON_NULL
//	IS_JSON_VALUE(x) IS_JSON_OBJECT(x) IS_JSON_ARRAY(x) IS_JSON_SCALAR(x)    negated by NOT
//
// A value inside JSON_OBJECT or JSON_ARRAY that is JSON text itself (the
// result of JSON_OBJECT, JSON_ARRAY or JSON) comes as JSON(x) and is put in unquoted.
func (x *exprs) json(e syntax.Expr) (rex.Expr, bool) {
	switch e := e.(type) {
	case *syntax.JSONValue:
		return x.jsonValue(e), true
	case *syntax.JSONQuery:
		return x.jsonQuery(e), true
	case *syntax.JSONExists:
		return x.jsonExists(e), true
	case *syntax.JSONObject:
		return x.jsonObject(e), true
	case *syntax.JSONArray:
		return x.jsonArray(e), true
	case *syntax.JSONObjectAgg:
		name := "JSON_OBJECTAGG"
		if e.OnNull == syntax.AbsentOnNull {
			name = "JSON_OBJECTAGG_ABSENT_ON_NULL"
		}
		return x.jsonAgg(name, e, []syntax.Expr{e.Key, e.Value}, nil), true
	case *syntax.JSONArrayAgg:
		name := "JSON_ARRAYAGG"
		if e.OnNull == syntax.NullOnNull {
			name = "JSON_ARRAYAGG_NULL_ON_NULL"
		}
		return x.jsonAgg(name, e, []syntax.Expr{e.Value}, e.OrderBy), true
	}
	return nil, false
}

// jsonInput binds the text and the path that JSON functions start with.
func (x *exprs) jsonInput(fn string, input, path syntax.Expr) (in, p rex.Expr, ok bool) {
	in, p = x.bind(input), x.bind(path)
	if bad(in, p) {
		return in, p, false
	}
	for _, o := range []struct {
		e  *rex.Expr
		at syntax.Expr
	}{{&in, input}, {&p, path}} {
		t := (*o.e).Type()
		switch {
		case t.Kind == types.Null:
			x.b.nullOperand(*o.e)
			return in, p, false
		case o.at == path && !t.IsCharacter():
			x.b.errorf(codeArguments, x.b.at(o.at), "the path of %s is a text, but this is %s", fn, t.WithAttr(types.NoTimeAttr))
			return in, p, false
		case t.Kind == types.Variant && fn != "JSON_EXISTS":
			// Its bytes start with its JSON, and what follows the first value is not read.
		case !t.IsCharacter() && !isNested(t) && types.CanCast(t, types.String) && fn != "JSON_EXISTS":
			*o.e = x.b.to(*o.e, types.String)
		case !t.IsCharacter():
			x.b.errorf(codeArguments, x.b.at(o.at), "%s takes texts, but this is %s", fn, t.WithAttr(types.NoTimeAttr))
			return in, p, false
		}
	}
	return in, p, true
}

var jsonBehaviorNames = map[syntax.JSONBehaviorKind]string{
	syntax.JSONNull: "NULL", syntax.JSONError: "ERROR", syntax.JSONDefault: "DEFAULT", syntax.JSONEmptyArray: "EMPTY_ARRAY",
	syntax.JSONEmptyObject: "EMPTY_OBJECT", syntax.JSONTrue: "TRUE", syntax.JSONFalse: "FALSE", syntax.JSONUnknown: "UNKNOWN",
}

func behavior(j *syntax.JSONBehavior, without string) *rex.Lit {
	if j == nil {
		return symbol(without)
	}
	return symbol(jsonBehaviorNames[j.Kind])
}

func (x *exprs) jsonValue(e *syntax.JSONValue) rex.Expr {
	b := x.b
	in, p, ok := x.jsonInput("JSON_VALUE", e.Input, e.Path)
	t := types.String
	if e.Returning != nil {
		var known bool
		if t, known = b.typeOf(e.Returning); !known {
			ok = false
		} else if !t.IsCharacter() && !t.In(types.Boolean, types.Integer, types.Double) {
			b.errorf(codeArguments, b.at(e.Returning), "JSON_VALUE returns STRING, BOOLEAN, INTEGER or DOUBLE, not %s", t.Null()).
				WithHint("CAST the result")
			ok = false
		}
	}
	args := []rex.Expr{in, p}
	for _, j := range []*syntax.JSONBehavior{e.OnEmpty, e.OnError} {
		var def rex.Expr = nullLit(t)
		if j != nil && j.Default != nil {
			v := x.bind(j.Default)
			if bad(v) {
				ok = false
				continue
			}
			if def, known := b.implicit(v, t); known {
				args = append(args, behavior(j, "NULL"), def)
				continue
			}
			b.errorf(codeArguments, b.at(j.Default), "default is %s, but JSON_VALUE returns %s here", v.Type(), t.Null())
			ok = false
			continue
		}
		args = append(args, behavior(j, "NULL"), def)
	}
	if !ok {
		return invalid()
	}
	return &rex.Call{Fn: "JSON_VALUE", Args: args, T: t.Null(), Span: b.at(e)}
}

func (x *exprs) jsonQuery(e *syntax.JSONQuery) rex.Expr {
	in, p, ok := x.jsonInput("JSON_QUERY", e.Input, e.Path)
	t := types.String
	if e.Returning != nil {
		var known bool
		t, known = x.b.typeOf(e.Returning)
		switch {
		case !known:
			ok = false
		case !t.IsCharacter() && !(t.Kind == types.Array && t.Elem.IsCharacter()):
			x.b.errorf(codeArguments, x.b.at(e.Returning), "JSON_QUERY returns STRING or ARRAY<STRING>, not %s", t.Null())
			ok = false
		}
	}
	if t.Kind == types.Array {
		for _, j := range []*syntax.JSONBehavior{e.OnEmpty, e.OnError} {
			if j != nil && j.Kind == syntax.JSONEmptyObject {
				x.b.errorf(codeArguments, x.b.at(j), "EMPTY OBJECT is no %s", t.Null())
				ok = false
			}
		}
	}
	if !ok {
		return invalid()
	}
	wrapper := "WITHOUT_ARRAY"
	switch e.Wrapper {
	case syntax.JSONWithConditional:
		wrapper = "WITH_CONDITIONAL_ARRAY"
	case syntax.JSONWithUnconditional:
		wrapper = "WITH_UNCONDITIONAL_ARRAY"
	}
	args := []rex.Expr{in, p, symbol(wrapper), behavior(e.OnEmpty, "NULL"), behavior(e.OnError, "NULL")}
	return &rex.Call{Fn: "JSON_QUERY", Args: args, T: t.Null(), Span: x.b.at(e)}
}

func (x *exprs) jsonExists(e *syntax.JSONExists) rex.Expr {
	in, p, ok := x.jsonInput("JSON_EXISTS", e.Input, e.Path)
	if !ok {
		return invalid()
	}
	args := []rex.Expr{in, p, behavior(e.OnError, "FALSE")}
	return &rex.Call{Fn: "JSON_EXISTS", Args: args, T: types.Bool, Span: x.b.at(e)}
}

func onNull(o syntax.JSONOnNull, without string) *rex.Lit {
	switch o {
	case syntax.NullOnNull:
		return symbol("NULL")
	case syntax.AbsentOnNull:
		return symbol("ABSENT")
	}
	return symbol(without)
}

func (x *exprs) jsonObject(e *syntax.JSONObject) rex.Expr {
	args, ok := []rex.Expr{onNull(e.OnNull, "NULL")}, true
	for _, p := range e.Pairs {
		k, v := x.bind(p.Key), x.jsonItem(p.Value)
		if bad(k, v) {
			ok = false
			continue
		}
		if !k.Type().IsCharacter() {
			x.b.errorf(codeArguments, x.b.at(p.Key), "keys of JSON_OBJECT are texts, but this is %s", k.Type())
			ok = false
		}
		args = append(args, k, v)
	}
	if !ok {
		return invalid()
	}
	return &rex.Call{Fn: "JSON_OBJECT", Args: args, T: types.String.NotNull(), Span: x.b.at(e)}
}

func (x *exprs) jsonArray(e *syntax.JSONArray) rex.Expr {
	args, ok := []rex.Expr{onNull(e.OnNull, "ABSENT")}, true
	for _, it := range e.Items {
		v := x.jsonItem(it)
		ok = ok && !bad(v)
		args = append(args, v)
	}
	if !ok {
		return invalid()
	}
	return &rex.Call{Fn: "JSON_ARRAY", Args: args, T: types.String.NotNull(), Span: x.b.at(e)}
}

// jsonItem binds a value of a JSON constructor; JSON text is marked as JSON(x).
func (x *exprs) jsonItem(e syntax.Expr) rex.Expr {
	if _, ok := e.(*syntax.FormatJSON); ok {
		x.b.errorf(codeArguments, x.b.at(e), "FORMAT JSON parses, but Flink SQL does not have it").WithHint("write JSON(…)")
		return invalid()
	}
	v := x.bind(e)
	if bad(v) {
		return v
	}
	if isBareNull(v) {
		return x.b.nullOperand(v)
	}
	nested := false
	if c, ok := v.(*rex.Call); ok {
		nested = c.Fn == "JSON_OBJECT" || c.Fn == "JSON_ARRAY"
	}
	if t, ok := types.HasJSON(v.Type()); !ok {
		x.b.errorf(codeArguments, x.b.at(e), "%s has no JSON", t).WithHint("CAST it to STRING")
		return invalid()
	}
	if nested {
		return &rex.Call{Fn: "JSON", Args: []rex.Expr{v}, T: types.String.WithNull(v.Type().Nullable), Span: x.b.at(e)}
	}
	return v
}

// jsonAgg binds JSON_OBJECTAGG and JSON_ARRAYAGG.
func (x *exprs) jsonAgg(name string, e syntax.Expr, args []syntax.Expr, order []*syntax.SortItem) rex.Expr {
	b, at := x.b, x.b.at(e)
	f := b.env.Functions.Function(name)
	switch {
	case f == nil:
		b.refuse(at, name)
		return invalid()
	case x.inAgg:
		b.errorf(codeAggregate, at, "aggregate %s stands inside another aggregate", name)
		return invalid()
	case x.block == nil:
		b.errorf(codeAggregate, at, "aggregate %s cannot stand in %s", name, x.clause)
		return invalid()
	}
	in := *x
	in.inAgg, in.block, in.clause = true, nil, "an aggregate"
	a := &aggregateCall{fn: f, name: f.Name, at: at}
	for _, arg := range args {
		v := in.bind(arg)
		if bad(v) {
			return invalid()
		}
		a.args = append(a.args, v)
	}
	for _, o := range order {
		k := in.bind(o.Expr)
		if bad(k) {
			return invalid()
		}
		a.order = append(a.order, newSortKey(k, o))
	}
	if b.refuseOrder(a) || !b.inferAggregate(a) {
		return invalid()
	}
	return x.block.addAggregate(a)
}

// isJSON is x IS [NOT] JSON ….
func (x *exprs) isJSON(e *syntax.Is, v rex.Expr) rex.Expr {
	names := map[syntax.IsTest]string{syntax.IsJSON: "IS_JSON_VALUE", syntax.IsJSONObject: "IS_JSON_OBJECT",
		syntax.IsJSONArray: "IS_JSON_ARRAY", syntax.IsJSONScalar: "IS_JSON_SCALAR"}
	if !v.Type().IsCharacter() {
		x.b.errorf(codeOperands, x.b.at(e.X), "IS JSON asks about texts, but this is %s", v.Type().WithAttr(types.NoTimeAttr))
		return invalid()
	}
	var out rex.Expr = &rex.Call{Fn: names[e.Test], Args: []rex.Expr{v}, T: types.Bool.NotNull(), Span: x.b.at(e)}
	if e.Not {
		out = not(out)
	}
	return out
}
