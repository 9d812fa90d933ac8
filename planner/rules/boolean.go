package rules

import (
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// boolean simplifies conditions under three-valued logic: nested AND and OR become
// flat, constants and repeated operands go, NOT moves to comparisons, and tests for
// NULL are answered where the type knows. Where only true counts (filters, join
// conditions) NULL becomes false; a filter that lets nothing pass becomes no rows.
func boolean(c *Context, roots []logical.Node) []logical.Node {
	simplify := func(e rex.Expr) rex.Expr { return rex.Map(e, simplifyBool) }
	return each(roots, func(n logical.Node) logical.Node {
		n = logical.MapExprs(n, simplify)
		switch f := n.(type) {
		case *logical.Filter:
			return filterOf(f)
		case *logical.Join:
			if f.Cond != nil && isBool(f.Cond, true) {
				d := *f
				d.Cond = nil
				return &d
			}
		}
		return n
	})
}

func filterOf(f *logical.Filter) logical.Node {
	var keep []rex.Expr
	for _, e := range rex.Conjuncts(f.Cond) {
		switch {
		case isBool(e, true):
		case isBool(e, false), isNull(e):
			return &logical.Values{Base: f.Base}
		default:
			if call, ok := e.(*rex.Call); ok && call.Fn == "IS_TRUE" {
				e = call.Args[0] // a filter keeps only true anyway
			}
			keep = append(keep, e)
		}
	}
	if len(keep) == 0 {
		return f.Input
	}
	d := *f
	d.Cond = and(keep...)
	if d.Cond.String() == f.Cond.String() {
		return f
	}
	return &d
}

// simplifyBool simplifies one call whose operands are simple already.
func simplifyBool(e rex.Expr) rex.Expr {
	c, ok := e.(*rex.Call)
	if !ok {
		return e
	}
	switch c.Fn {
	case "AND":
		return simplifyJunction(c, rex.Conjuncts(c), false)
	case "OR":
		return simplifyJunction(c, disjuncts(c), true)
	case "NOT":
		return simplifyNot(c)
	case "IS_NULL", "IS_NOT_NULL":
		if l, isLit := c.Args[0].(*rex.Lit); isLit {
			return boolLit((l.Value == nil) == (c.Fn == "IS_NULL"), c.T)
		}
		if !c.Args[0].Type().Nullable {
			return boolLit(c.Fn == "IS_NOT_NULL", c.T)
		}
	case "IS_TRUE", "IS_NOT_TRUE", "IS_FALSE", "IS_NOT_FALSE":
		return simplifyIs(c)
	}
	return e
}

// simplifyJunction handles AND (dominant false) and OR (dominant true).
func simplifyJunction(c *rex.Call, parts []rex.Expr, dominant bool) rex.Expr {
	seen := map[string]bool{}
	var keep []rex.Expr
	for _, p := range parts {
		if isBool(p, dominant) {
			return boolLit(dominant, c.T)
		}
		if s := p.String(); !isBool(p, !dominant) && !seen[s] {
			seen[s] = true
			keep = append(keep, p)
		}
	}
	switch {
	case len(keep) == 0:
		return boolLit(!dominant, c.T)
	case len(keep) == 1:
		return keep[0]
	case len(keep) == len(c.Args):
		return c
	}
	d := *c
	d.Args = keep
	return &d
}

func simplifyNot(c *rex.Call) rex.Expr {
	x := c.Args[0]
	if isNull(x) {
		return x
	}
	if l, ok := x.(*rex.Lit); ok {
		return boolLit(!l.Value.(bool), c.T)
	}
	call, ok := x.(*rex.Call)
	if !ok {
		return c
	}
	if call.Fn == "NOT" {
		return call.Args[0]
	}
	neg, ok := negated[call.Fn]
	if !ok || call.Args[0].Type().In(types.Float, types.Double) && neg != "<>" && neg != "=" && len(call.Args) == 2 {
		return c // NOT (NaN < 1) is true, NaN >= 1 is not
	}
	d := *call
	d.Fn = neg
	return &d
}

func simplifyIs(c *rex.Call) rex.Expr {
	x, want := c.Args[0], c.Fn == "IS_TRUE" || c.Fn == "IS_NOT_TRUE"
	not := c.Fn == "IS_NOT_TRUE" || c.Fn == "IS_NOT_FALSE"
	if l, ok := x.(*rex.Lit); ok {
		return boolLit((l.Value == any(want)) != not, c.T)
	}
	if x.Type().Nullable {
		return c
	}
	if want == not { // true exactly when x is false
		return simplifyBool(&rex.Call{Fn: "NOT", Args: []rex.Expr{x}, T: c.T, Span: c.Span})
	}
	return x
}
