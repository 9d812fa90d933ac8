package rules

import (
	"slices"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// operators are the functions the registry need not know: always deterministic;
// true = may fail on some input.
var operators = map[string]bool{
	"=": false, "<>": false, "<": false, "<=": false, ">": false, ">=": false,
	"IS_DISTINCT_FROM": false, "IS_NOT_DISTINCT_FROM": false,
	"AND": false, "OR": false, "NOT": false, "IS_NULL": false, "IS_NOT_NULL": false,
	"IS_TRUE": false, "IS_NOT_TRUE": false, "IS_FALSE": false, "IS_NOT_FALSE": false,
	"+": false, "-": false, "*": false, "/": true, "%": true, "NEGATE": false,
	"CASE": false, "IF": false, "COALESCE": false, "CAST": true, "TRY_CAST": false,
	"IN": false, "LIKE": false, "SIMILAR": true, "ROW": false, "ARRAY": false, "MAP": false, "ITEM": true,
}

// deterministic reports whether equal rows always give equal values.
func (c *Context) deterministic(e rex.Expr) bool {
	return c.all(e, func(name string) bool {
		if f := c.function(name); f != nil {
			return !f.NonDeterministic && !f.Dynamic
		}
		_, known := operators[name]
		return known
	})
}

// misplaced gives a call in e that has to be an argument of another, and is not; nil if there is none.
func (c *Context) misplaced(e rex.Expr, around string) *rex.Call {
	var args []rex.Expr
	switch e := e.(type) {
	case *rex.Call:
		if f := c.function(e.Fn); f != nil && f.Within != nil && !slices.Contains(f.Within, around) {
			return e
		}
		args, around = e.Args, e.Fn
	case *rex.Field:
		args, around = []rex.Expr{e.X}, ""
	}
	for _, a := range args {
		if m := c.misplaced(a, around); m != nil {
			return m
		}
	}
	return nil
}

// infallible reports whether evaluating e cannot fail.
func (c *Context) infallible(e rex.Expr) bool {
	ok := true
	rex.Walk(e, func(e rex.Expr) bool {
		if call, isCall := e.(*rex.Call); isCall && ok {
			if call.Fn == "CAST" {
				ok = safeCast(call)
			} else if f := c.function(call.Fn); f != nil {
				ok = !f.Fallible
			} else {
				fails, known := operators[call.Fn]
				ok = known && !fails
			}
		}
		return ok
	})
	return ok
}

// safeCast tells the casts that every value survives: widening of integers and
// anything to a longer string of the same kind.
func safeCast(c *rex.Call) bool {
	from, to := c.Args[0].Type(), c.T
	switch {
	case from.IsInteger() && to.IsInteger():
		return from.Kind <= to.Kind
	case from.IsNumeric() && to.In(types.Double, types.Float):
		return true
	case from.IsTimestamp() && from.Kind == to.Kind, from.IsCharacter() && to.IsCharacter():
		return true
	}
	return from.Same(to)
}

func (c *Context) all(e rex.Expr, ok func(fn string) bool) bool {
	yes := true
	rex.Walk(e, func(e rex.Expr) bool {
		if call, isCall := e.(*rex.Call); isCall {
			yes = yes && ok(call.Fn)
		}
		return yes
	})
	return yes
}

func (c *Context) function(name string) *catalog.Function {
	if c.Functions == nil {
		return nil
	}
	return c.Functions.Function(name)
}

// and joins conditions; none gives nil.
func and(conds ...rex.Expr) rex.Expr { return junction("AND", conds) }

func junction(fn string, conds []rex.Expr) rex.Expr {
	switch len(conds) {
	case 0:
		return nil
	case 1:
		return conds[0]
	}
	t := types.Bool.NotNull()
	for _, e := range conds {
		if e.Type().Nullable {
			t = types.Bool
		}
	}
	return &rex.Call{Fn: fn, Args: conds, T: t}
}

// disjuncts splits at ORs.
func disjuncts(e rex.Expr) []rex.Expr {
	if c, ok := e.(*rex.Call); ok && c.Fn == "OR" {
		var out []rex.Expr
		for _, a := range c.Args {
			out = append(out, disjuncts(a)...)
		}
		return out
	}
	return []rex.Expr{e}
}

func boolLit(v bool, t types.Type) *rex.Lit { return &rex.Lit{Value: v, T: t} }

func isBool(e rex.Expr, v bool) bool {
	l, ok := e.(*rex.Lit)
	return ok && l.T.Kind == types.Boolean && l.Value == any(v)
}

func isNull(e rex.Expr) bool {
	l, ok := e.(*rex.Lit)
	return ok && l.Value == nil
}

// intLit reads an integer constant, also one under a cast that folding has not reached.
func intLit(e rex.Expr) (int64, bool) {
	if c, ok := e.(*rex.Call); ok && c.Fn == "CAST" && c.T.IsInteger() {
		e = c.Args[0]
	}
	l, ok := e.(*rex.Lit)
	if !ok || !l.T.IsInteger() {
		return 0, false
	}
	v, ok := l.Value.(int64)
	return v, ok
}

// flipped is the comparison that holds when the operands change places.
var flipped = map[string]string{"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

// negated is the comparison that holds when the other does not, NULL staying NULL.
var negated = map[string]string{"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<",
	"IS_NULL": "IS_NOT_NULL", "IS_NOT_NULL": "IS_NULL", "IS_TRUE": "IS_NOT_TRUE", "IS_NOT_TRUE": "IS_TRUE",
	"IS_FALSE": "IS_NOT_FALSE", "IS_NOT_FALSE": "IS_FALSE",
	"IS_DISTINCT_FROM": "IS_NOT_DISTINCT_FROM", "IS_NOT_DISTINCT_FROM": "IS_DISTINCT_FROM"}

// only reports whether all columns of e lie in [from, to); an expression without
// columns lies nowhere.
func only(e rex.Expr, from, to int) bool {
	refs := rex.Refs(e)
	return len(refs) > 0 && refs[0] >= from && refs[len(refs)-1] < to
}

func subset(a, b []int) bool {
	for _, x := range a {
		if !has(b, x) {
			return false
		}
	}
	return true
}

func has(list []int, x int) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

func ref(n logical.Node, i int) *rex.Ref {
	f := n.Schema()[i]
	return &rex.Ref{Index: i, T: f.Type, Name: f.Name}
}

// refs are references to the first count columns of n.
func refs(n logical.Node, count int) []rex.Expr {
	out := make([]rex.Expr, count)
	for i := range out {
		out[i] = ref(n, i)
	}
	return out
}

func project(n logical.Node, fields []types.Field, exprs []rex.Expr) *logical.Project {
	return &logical.Project{Base: logical.Base{Fields: fields, At: n.Span()}, Input: n, Exprs: exprs}
}

func filter(n logical.Node, at diag.Span, conds ...rex.Expr) logical.Node {
	cond := and(conds...)
	if cond == nil {
		return n
	}
	return &logical.Filter{Base: logical.Base{Fields: n.Schema(), At: at}, Input: n, Cond: cond}
}

// size counts the parts of an expression, up to limit.
func size(e rex.Expr, limit int) int {
	n := 0
	rex.Walk(e, func(rex.Expr) bool { n++; return n < limit })
	return n
}
