package rules

import (
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
)

// fold replaces constant expressions by their values. What fails is left to fail
// on the rows that reach it; what is not the same for every row and every run stays.
func fold(c *Context, roots []logical.Node) []logical.Node {
	if c.Fold == nil {
		return roots
	}
	return each(roots, func(n logical.Node) logical.Node { return logical.MapExprs(n, c.foldExpr) })
}

func (c *Context) foldExpr(e rex.Expr) rex.Expr {
	if _, isLit := e.(*rex.Lit); isLit {
		return e
	}
	if len(rex.Refs(e)) == 0 && c.deterministic(e) {
		if l, err := c.Fold(e); err == nil && l != nil && l.T.Same(e.Type()) {
			l.T = e.Type()
			return l
		}
	}
	switch x := e.(type) {
	case *rex.Call:
		args, changed := x.Args, false
		for i, a := range x.Args {
			if b := c.foldExpr(a); b != a {
				if !changed {
					args, changed = append([]rex.Expr(nil), x.Args...), true
				}
				args[i] = b
			}
		}
		if changed {
			d := *x
			d.Args = args
			return &d
		}
	case *rex.Field:
		if b := c.foldExpr(x.X); b != x.X {
			d := *x
			d.X = b
			return &d
		}
	}
	return e
}
