package rules

import (
	"strings"

	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
)

// valuesOrder puts the rows of a VALUES that computes in the order in which Flink gives them.
// Flink makes a union of one-row selects of it and runs equal ones once, with what is projected
// from the rows pushed into them: rows that come to the same expressions follow the first of them.
func valuesOrder(c *Context, roots []logical.Node) []logical.Node {
	readers := logical.Readers(roots...)
	shared := map[logical.Node]bool{} // by several nodes, each of which would project them in its own way
	return each(roots, func(n logical.Node) logical.Node {
		switch n := n.(type) {
		case *logical.Values:
			if n.Computed {
				v := gathered(c, n, nil)
				shared[v] = readers[n] > 1
				return v
			}
		case *logical.Project:
			in := n.Input
			f, filtered := in.(*logical.Filter)
			if filtered {
				in = f.Input
			}
			v, ok := in.(*logical.Values)
			if !ok || !v.Computed || shared[in] {
				return n
			}
			m := *n
			if m.Input = gathered(c, v, n.Exprs); filtered {
				g := *f
				g.Input, m.Input = m.Input, &g
			}
			return &m
		}
		return n
	})
}

// gathered puts rows that give the same of some expressions (nil: of all columns) side by side.
func gathered(c *Context, v *logical.Values, of []rex.Expr) *logical.Values {
	groups := map[string][][]rex.Expr{}
	var order []string
	for _, row := range v.Rows {
		exprs := row
		if of != nil {
			exprs = make([]rex.Expr, len(of))
			for i, e := range of {
				exprs[i] = rex.Map(rex.Inline(e, row), c.simplified)
			}
		}
		texts := make([]string, len(exprs))
		for i, e := range exprs {
			texts[i] = e.String()
		}
		k := strings.Join(texts, "\x00")
		if groups[k] == nil {
			order = append(order, k)
		}
		groups[k] = append(groups[k], row)
	}
	out := *v
	out.Rows = make([][]rex.Expr, 0, len(v.Rows))
	for _, k := range order {
		out.Rows = append(out.Rows, groups[k]...)
	}
	return &out
}

// simplified is what Flink makes of a call of constants when it moves it: comparisons and CASE
// are decided, functions stay.
func (c *Context) simplified(e rex.Expr) rex.Expr {
	call, ok := e.(*rex.Call)
	if !ok {
		return e
	}
	if _, compares := negated[call.Fn]; compares && c.Fold != nil {
		for _, a := range call.Args {
			if _, constant := a.(*rex.Lit); !constant {
				return e
			}
		}
		if l, err := c.Fold(call); err == nil {
			return l
		}
		return e
	}
	return simplifyCase(simplifyBool(e))
}
