package rules

import (
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
)

// projectMerge computes two projections in a row as one, unless that would evaluate
// something costly or non-deterministic more often, and drops projections that
// change nothing.
func projectMerge(c *Context, roots []logical.Node) []logical.Node {
	return each(roots, func(n logical.Node) logical.Node {
		p, ok := n.(*logical.Project)
		if !ok {
			return n
		}
		if in, ok := p.Input.(*logical.Project); ok && c.mergeable(p, in) {
			d := *p
			d.Input, d.Exprs = in.Input, make([]rex.Expr, len(p.Exprs))
			for i, e := range p.Exprs {
				d.Exprs[i] = rex.Inline(e, in.Exprs)
			}
			p = &d
		}
		if identity(p) {
			return p.Input
		}
		return p
	})
}

func (c *Context) mergeable(outer, inner *logical.Project) bool {
	uses := make([]int, len(inner.Exprs))
	for _, e := range outer.Exprs {
		rex.Walk(e, func(e rex.Expr) bool {
			if r, ok := e.(*rex.Ref); ok {
				uses[r.Index]++
			}
			return true
		})
	}
	for i, e := range inner.Exprs {
		if uses[i] > 0 && !c.deterministic(e) && (uses[i] > 1 || !bare(outer, i)) {
			return false
		}
		if uses[i] > 1 && size(e, maxInlined)*uses[i] >= maxInlined {
			return false
		}
	}
	return true
}

// bare reports whether column i is passed on as it is, not computed with.
func bare(p *logical.Project, i int) bool {
	for _, e := range p.Exprs {
		if r, ok := e.(*rex.Ref); ok && r.Index == i {
			return true
		}
	}
	return false
}

// identity reports whether a projection gives its input's columns in order, with
// the same types.
func identity(p *logical.Project) bool {
	in := p.Input.Schema()
	if len(p.Exprs) != len(in) {
		return false
	}
	for i, e := range p.Exprs {
		r, ok := e.(*rex.Ref)
		if !ok || r.Index != i || !p.Fields[i].Type.Equal(in[i].Type) {
			return false
		}
	}
	return true
}
