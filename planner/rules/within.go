package rules

import (
	"strings"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
)

// codeWithin: a call stands where it means nothing. It is the code of calls with wrong arguments.
const codeWithin diag.Code = "W0109"

// within refuses calls that must be arguments of certain others and are not, once projections are merged: as in
// Flink, JSON(x) may come from a subquery.
func within(c *Context, roots []logical.Node) []logical.Node {
	return each(roots, func(n logical.Node) logical.Node {
		return logical.MapExprs(n, func(e rex.Expr) rex.Expr {
			if m := c.misplaced(e, ""); m != nil {
				c.Problems.Add(diag.Errorf(codeWithin, m.Span, "%s(…) stands only in %s", m.Fn, strings.Join(c.function(m.Fn).Within, " and ")))
			}
			return e
		})
	})
}
