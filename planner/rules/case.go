package rules

import (
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// caseWhen simplifies CASE, IF and COALESCE: branches that cannot be taken go, and
// what remains alone stands for the whole.
func caseWhen(c *Context, roots []logical.Node) []logical.Node {
	return each(roots, func(n logical.Node) logical.Node {
		return logical.MapExprs(n, func(e rex.Expr) rex.Expr { return rex.Map(e, simplifyCase) })
	})
}

func simplifyCase(e rex.Expr) rex.Expr {
	c, ok := e.(*rex.Call)
	if !ok {
		return e
	}
	switch {
	case c.Fn == "CASE", c.Fn == "IF" && len(c.Args) == 3:
		return simplifyBranches(c)
	case c.Fn == "COALESCE":
		return simplifyCoalesce(c)
	}
	return e
}

func simplifyBranches(c *rex.Call) rex.Expr {
	last := len(c.Args) - 1
	var args []rex.Expr
	other := c.Args[last]
	for i := 0; i < last; i += 2 {
		cond := c.Args[i]
		if isBool(cond, false) || isNull(cond) {
			continue
		}
		if isBool(cond, true) {
			other = c.Args[i+1]
			break
		}
		args = append(args, cond, c.Args[i+1])
	}
	if len(args) == 0 {
		return replace(c, other)
	}
	if len(args) == 2 && isBool(args[1], true) && isBool(other, false) {
		return replace(c, simplifyBool(&rex.Call{Fn: "IS_TRUE", Args: args[:1], T: types.Bool.NotNull(), Span: c.Span}))
	}
	if len(args)+1 == len(c.Args) {
		return c
	}
	d := *c
	d.Args = append(args, other)
	return &d
}

func simplifyCoalesce(c *rex.Call) rex.Expr {
	var args []rex.Expr
	for _, a := range c.Args {
		if isNull(a) {
			continue
		}
		args = append(args, a)
		if !a.Type().Nullable {
			break
		}
	}
	switch len(args) {
	case len(c.Args):
		return c
	case 0:
		return &rex.Lit{T: c.T}
	case 1:
		return replace(c, args[0])
	}
	d := *c
	d.Args = args
	return &d
}

// replace gives by in place of c if it has the same type but for NULL, else c.
func replace(c *rex.Call, by rex.Expr) rex.Expr {
	if !by.Type().Same(c.T) || by.Type().Nullable && !c.T.Nullable {
		return c
	}
	return by
}
