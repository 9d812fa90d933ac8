package rules

import (
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
)

// constants puts the value of a column that is a literal in all rows where conditions and
// expressions above compute with the column, so that what depends on it alone folds: the
// flag of a mix table's mode, the side of a hybrid table. Bare columns stay columns, and
// so does what compares a column of one side of a join with one of the other.
func constants(c *Context, roots []logical.Node) []logical.Node {
	known := map[logical.Node]map[int]*rex.Lit{}
	return each(roots, func(n logical.Node) logical.Node {
		in := inputConstants(n, known)
		if len(in) > 0 {
			n = withConstants(n, in)
		}
		if out := outputConstants(n, known, in); len(out) > 0 {
			known[n] = out
		}
		return n
	})
}

// inputConstants are the constant columns among those that a node's expressions see.
func inputConstants(n logical.Node, known map[logical.Node]map[int]*rex.Lit) map[int]*rex.Lit {
	out, at := map[int]*rex.Lit{}, 0
	for _, in := range n.Inputs() {
		for i, l := range known[in] {
			out[at+i] = l
		}
		at += len(in.Schema())
	}
	return out
}

func withConstants(n logical.Node, in map[int]*rex.Lit) logical.Node {
	put := func(e rex.Expr) rex.Expr {
		return rex.Map(e, func(x rex.Expr) rex.Expr {
			if r, ok := x.(*rex.Ref); ok && in[r.Index] != nil {
				return in[r.Index]
			}
			return x
		})
	}
	switch n := n.(type) {
	case *logical.Filter:
		return logical.MapExprs(n, put)
	case *logical.Project:
		return logical.MapExprs(n, func(e rex.Expr) rex.Expr {
			if _, bare := e.(*rex.Ref); bare {
				return e
			}
			return put(e)
		})
	case *logical.Join:
		if n.Cond == nil {
			return n
		}
		conds, changed := rex.Conjuncts(n.Cond), false
		for i, e := range conds {
			all := len(rex.Refs(e)) > 0
			for _, r := range rex.Refs(e) {
				all = all && in[r] != nil
			}
			if all {
				conds[i], changed = put(e), true
			}
		}
		if changed {
			d := *n
			d.Cond = and(conds...)
			return &d
		}
	}
	return n
}

// outputConstants are the constant columns of a node's rows.
func outputConstants(n logical.Node, known map[logical.Node]map[int]*rex.Lit, in map[int]*rex.Lit) map[int]*rex.Lit {
	switch n := n.(type) {
	case *logical.Project:
		out := map[int]*rex.Lit{}
		for i, e := range n.Exprs {
			switch e := e.(type) {
			case *rex.Lit:
				out[i] = e
			case *rex.Ref:
				if l := in[e.Index]; l != nil {
					out[i] = l
				}
			}
		}
		return out
	case *logical.Filter, *logical.Sort, *logical.WindowTVF, *logical.Over, *logical.Rank, *logical.Unnest:
		return in
	case *logical.Join:
		lw := len(n.Left.Schema())
		return keepConstants(in, func(i int) bool {
			if i < lw {
				return n.Kind != physical.RightOuter && n.Kind != physical.FullOuter
			}
			return n.Kind == physical.Inner || n.Kind == physical.RightOuter
		})
	case *logical.TemporalJoin:
		lw := len(n.Left.Schema())
		return keepConstants(in, func(i int) bool { return i < lw || n.Kind == physical.Inner })
	case *logical.Union:
		return keepConstants(known[n.In[0]], func(i int) bool {
			for _, other := range n.In[1:] {
				if l := known[other][i]; l == nil || !rex.Equal(l, known[n.In[0]][i]) || !l.T.Same(known[n.In[0]][i].T) {
					return false
				}
			}
			return true
		})
	case *logical.Aggregate:
		if n.Sets != nil {
			return nil
		}
		out := map[int]*rex.Lit{}
		for i, g := range n.Groups {
			if l := in[g]; l != nil {
				out[i] = l
			}
		}
		return out
	}
	return nil
}

func keepConstants(in map[int]*rex.Lit, keep func(int) bool) map[int]*rex.Lit {
	out := map[int]*rex.Lit{}
	for i, l := range in {
		if keep(i) {
			out[i] = l
		}
	}
	return out
}
