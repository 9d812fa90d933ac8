package rules

import (
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// joinKeys makes columns of what a join compares for equality, so that rows can be
// sent and stored by it: l.a + 1 = r.b becomes $k = r.b over a projection that
// computes $k. Equalities that use one side only, or both on one hand, stay residual.
func joinKeys(c *Context, roots []logical.Node) []logical.Node {
	return each(roots, func(n logical.Node) logical.Node {
		j, ok := n.(*logical.Join)
		if !ok || j.Cond == nil {
			return n
		}
		return c.keyed(j)
	})
}

func (c *Context) keyed(j *logical.Join) logical.Node {
	lw, rw := len(j.Left.Schema()), len(j.Right.Schema())
	left, right := &side{node: j.Left}, &side{node: j.Right}
	type key struct {
		call *rex.Call
		l, r rex.Expr // over their own sides
	}
	var keys []key
	var rest []rex.Expr
	for _, e := range rex.Conjuncts(j.Cond) {
		call, l, r := equality(e, lw, lw+rw)
		if call == nil || !c.deterministic(e) || isRef(l) && isRef(r) {
			rest = append(rest, e)
			continue
		}
		keys = append(keys, key{call, l, rex.Shift(r, -lw)})
	}
	if len(keys) == 0 {
		return j
	}
	for i := range keys {
		keys[i].l, keys[i].r = left.column(keys[i].l), right.column(keys[i].r)
	}
	d := *j
	d.Left, d.Right = left.done(), right.done()
	grown := len(d.Left.Schema()) - lw
	move := func(i int) int {
		if i >= lw {
			return i + grown
		}
		return i
	}
	var conds []rex.Expr
	for _, k := range keys {
		call := *k.call
		call.Args = []rex.Expr{k.l, rex.Shift(k.r, lw+grown)}
		conds = append(conds, &call)
	}
	for _, e := range rest {
		conds = append(conds, rex.Remap(e, move))
	}
	d.Cond = and(conds...)
	if j.Kind == physical.Semi || j.Kind == physical.Anti {
		d.Fields = d.Left.Schema()
		return project(&d, j.Fields, refs(&d, lw))
	}
	d.Fields = append(append([]types.Field(nil), j.Fields[:lw]...), d.Left.Schema()[lw:]...)
	d.Fields = append(append(d.Fields, j.Fields[lw:]...), d.Right.Schema()[rw:]...)
	exprs := refs(&d, lw)
	for i := range rw {
		exprs = append(exprs, ref(&d, lw+grown+i))
	}
	return project(&d, j.Fields, exprs)
}

// equality reads l = r or l IS NOT DISTINCT FROM r with l over the left side and r
// over the right one.
func equality(e rex.Expr, lw, width int) (call *rex.Call, l, r rex.Expr) {
	call, ok := e.(*rex.Call)
	if !ok || call.Fn != "=" && call.Fn != "IS_NOT_DISTINCT_FROM" {
		return nil, nil, nil
	}
	l, r = call.Args[0], call.Args[1]
	if only(r, 0, lw) && only(l, lw, width) {
		l, r = r, l
	}
	if !only(l, 0, lw) || !only(r, lw, width) || !l.Type().Same(r.Type()) {
		return nil, nil, nil
	}
	return call, l, r
}

func isRef(e rex.Expr) bool {
	_, ok := e.(*rex.Ref)
	return ok
}

// side is one input of a join with the columns added to it.
type side struct {
	node  logical.Node
	added []rex.Expr
}

// column gives a reference to e as a column of the side.
func (s *side) column(e rex.Expr) rex.Expr {
	if isRef(e) {
		return e
	}
	width := len(s.node.Schema())
	for i, a := range s.added {
		if rex.Equal(a, e) {
			return &rex.Ref{Index: width + i, T: e.Type()}
		}
	}
	s.added = append(s.added, e)
	return &rex.Ref{Index: width + len(s.added) - 1, T: e.Type()}
}

func (s *side) done() logical.Node {
	if len(s.added) == 0 {
		return s.node
	}
	width := len(s.node.Schema())
	exprs, fields := refs(s.node, width), append([]types.Field(nil), s.node.Schema()...)
	for _, e := range s.added {
		exprs, fields = append(exprs, e), append(fields, types.Field{Name: "$k", Type: e.Type()})
	}
	return project(s.node, fields, exprs)
}
