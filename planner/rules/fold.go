package rules

import (
	"github.com/apache/arrow/go/v15/arrow/decimal128"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// codeDivision: a constant is divided by zero. It is the code of the same failure in a run.
const codeDivision diag.Code = "W0531"

// fold replaces constant expressions by their values. What fails is left to fail
// on the rows that reach it, but for a division by zero that is all of a constant: as in Flink,
// that is refused, of DOUBLE too. What is not the same for every row and every run stays.
func fold(c *Context, roots []logical.Node) []logical.Node {
	if c.Fold == nil {
		return roots
	}
	return each(roots, func(n logical.Node) logical.Node {
		return logical.MapExprs(n, func(e rex.Expr) rex.Expr { return c.foldExpr(e, n.Span(), true) })
	})
}

// foldExpr folds an expression; whole = it is not a part of a constant.
func (c *Context) foldExpr(e rex.Expr, at diag.Span, whole bool) rex.Expr {
	if _, isLit := e.(*rex.Lit); isLit {
		return e
	}
	if len(rex.Refs(e)) == 0 && c.deterministic(e) && c.misplaced(e, "") == nil {
		e = exactFloats(e)
		l, err := c.Fold(e)
		if whole && (err != nil || l != nil && l.Value != nil) && c.dividesByZero(e) {
			c.Problems.Add(diag.Errorf(codeDivision, at, "division by zero"))
			return e
		}
		if err == nil && l != nil && l.T.Same(e.Type()) {
			l.T = e.Type()
			return l
		}
		if call, ok := e.(*rex.Call); ok && call.Fn != "ROW" {
			whole = false
		}
	}
	switch x := e.(type) {
	case *rex.Call:
		args, changed := x.Args, false
		for i, a := range x.Args {
			if b := c.foldExpr(a, at, whole); b != a {
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
		if b := c.foldExpr(x.X, at, whole); b != x.X {
			d := *x
			d.X = b
			return &d
		}
	}
	return e
}

// dividesByZero tells a division of constants by zero.
func (c *Context) dividesByZero(e rex.Expr) bool {
	call, ok := e.(*rex.Call)
	if !ok || call.Fn != "/" {
		return false
	}
	by, err := c.Fold(call.Args[1])
	if err != nil || by == nil {
		return false
	}
	switch v := by.Value.(type) {
	case int64:
		return v == 0
	case float64:
		return v == 0
	case decimal128.Num:
		return v == decimal128.Num{}
	}
	return false
}

// exactFloats leaves casts to FLOAT out where a constant is cast further to DOUBLE or DECIMAL: constants
// keep their digits, as in Flink, but not as what operators and functions take.
func exactFloats(e rex.Expr) rex.Expr {
	call, ok := e.(*rex.Call)
	if !ok {
		return e
	}
	switch call.Fn {
	case "CAST", "=", "<>":
	default:
		return e
	}
	d := *call
	d.Args = make([]rex.Expr, len(call.Args))
	for i, a := range call.Args {
		d.Args[i] = exactFloats(a)
	}
	if d.Fn != "CAST" {
		return &d
	}
	if lit, ok := d.Args[0].(*rex.Lit); ok && lit.T.Kind == types.Float && lit.Value != nil && d.T.In(types.Double, types.Decimal) {
		d.Args[0] = &rex.Lit{Value: lit.Value, T: types.Float64.WithNull(lit.T.Nullable)}
		return &d
	}
	if inner, ok := d.Args[0].(*rex.Call); ok && d.T.In(types.Double, types.Decimal) &&
		inner.Fn == "CAST" && inner.T.Kind == types.Float {
		if from, ok := constantUnderCasts(inner.Args[0]); ok {
			d.Args[0] = from
		}
	}
	return &d
}

// constantUnderCasts tells a literal, cast to DOUBLE or not.
func constantUnderCasts(e rex.Expr) (rex.Expr, bool) {
	if c, ok := e.(*rex.Call); ok && c.Fn == "CAST" && c.T.Kind == types.Double {
		return constantUnderCasts(c.Args[0])
	}
	l, ok := e.(*rex.Lit)
	return e, ok && l.Value != nil
}
