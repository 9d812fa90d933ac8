package rules

import (
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
)

// disjunction takes conditions that all branches of an OR share out of it, so that
// they can be pushed or joined on, and writes x = 1 OR x = 2 as IN(x, 1, 2).
func disjunction(c *Context, roots []logical.Node) []logical.Node {
	return each(roots, func(n logical.Node) logical.Node {
		return logical.MapExprs(n, func(e rex.Expr) rex.Expr { return rex.Map(e, c.normalizeOr) })
	})
}

func (c *Context) normalizeOr(e rex.Expr) rex.Expr {
	or, ok := e.(*rex.Call)
	if !ok || or.Fn != "OR" || !c.deterministic(e) {
		return e
	}
	branches := disjuncts(or)
	if f := c.factor(or, branches); f != nil {
		return f
	}
	return toIn(or, branches)
}

// factor rewrites (a AND b) OR (a AND c) to a AND (b OR c); nil if there is no a.
// The common part may not fail: it is evaluated earlier than written.
func (c *Context) factor(or *rex.Call, branches []rex.Expr) rex.Expr {
	count := map[string]int{}
	for _, b := range branches {
		seen := map[string]bool{}
		for _, e := range rex.Conjuncts(b) {
			if s := e.String(); !seen[s] {
				seen[s] = true
				count[s]++
			}
		}
	}
	var common []rex.Expr
	for _, e := range rex.Conjuncts(branches[0]) {
		if count[e.String()] == len(branches) && c.infallible(e) {
			common = append(common, e)
			count[e.String()] = -1
		}
	}
	if len(common) == 0 {
		return nil
	}
	var rest []rex.Expr
	for _, b := range branches {
		var keep []rex.Expr
		for _, e := range rex.Conjuncts(b) {
			if count[e.String()] != -1 {
				keep = append(keep, e)
			}
		}
		if len(keep) == 0 { // this branch is just the common part: it absorbs the others
			return and(common...)
		}
		rest = append(rest, and(keep...))
	}
	return and(append(common, c.normalizeOr(junction("OR", rest)))...)
}

// toIn gathers equalities of one expression with constants.
func toIn(or *rex.Call, branches []rex.Expr) rex.Expr {
	lists, first := map[string][]rex.Expr{}, map[string]*rex.Call{}
	for _, b := range branches {
		if x, values, ok := asIn(b); ok {
			s := x.String()
			if first[s] == nil {
				first[s] = &rex.Call{Fn: "IN", Args: []rex.Expr{x}, Span: or.Span}
			}
			lists[s] = append(lists[s], values...)
		}
	}
	var out []rex.Expr
	merged := false
	done := map[string]bool{}
	for _, b := range branches {
		x, _, ok := asIn(b)
		if !ok || len(lists[x.String()]) < 2 {
			out = append(out, b)
			continue
		}
		s := x.String()
		if done[s] {
			continue
		}
		done[s] = true
		in := first[s]
		in.T = or.T.WithNull(x.Type().Nullable)
		seen := map[string]bool{}
		for _, v := range lists[s] {
			if !seen[v.String()] {
				seen[v.String()] = true
				in.Args = append(in.Args, v)
			}
		}
		if c, isCall := b.(*rex.Call); !isCall || c.Fn != "IN" || len(c.Args) != len(in.Args) {
			merged = true
		}
		out = append(out, in)
	}
	if !merged {
		return or
	}
	return junction("OR", out)
}

// asIn reads x = constant and IN(x, constants); x must not be a constant itself.
func asIn(e rex.Expr) (x rex.Expr, values []rex.Expr, ok bool) {
	c, isCall := e.(*rex.Call)
	if !isCall || c.Fn != "=" && c.Fn != "IN" {
		return nil, nil, false
	}
	x, values = c.Args[0], c.Args[1:]
	if _, isLit := x.(*rex.Lit); isLit && c.Fn == "=" {
		x, values = c.Args[1], c.Args[:1]
	}
	if len(rex.Refs(x)) == 0 {
		return nil, nil, false
	}
	for _, v := range values {
		if l, isLit := v.(*rex.Lit); !isLit || l.Value == nil || !l.T.Same(x.Type()) {
			return nil, nil, false
		}
	}
	return x, values, true
}
