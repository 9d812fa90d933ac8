package expr

import (
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// branch is one operand of a special form, evaluated on the rows that reach it.
type branch struct {
	x    node
	refs []reading
	lazy bool // it can fail, so it must not see other rows
}

func (c *compiler) branch(e rex.Expr, escapes bool) (branch, error) {
	x, err := c.compile(e, escapes)
	return branch{x: x, refs: readings(e), lazy: c.fails(e)}, err
}

// part gives the branch's value for the rows sel of b. The value of row sel[j] is at
// j if gathered, else at sel[j].
func (br *branch) part(r *run, b *vec.Batch, sel []int32) (v *vec.Vec, gathered bool, err error) {
	if len(sel) == b.Len || !br.lazy {
		v, err = br.x.eval(r, b)
		return v, false, err
	}
	v, err = br.x.eval(r, r.gather(b, sel, br.refs))
	return v, true, err
}

// caseNode is CASE, also IF: the value of the first condition that is TRUE.
type caseNode struct {
	conds, values []branch // len(values) is len(conds)+1: the last one is ELSE
	t             types.Type
	rest, hit     []int32 // rows without a value so far; rows of the current branch
	choice        choice
}

func (c *compiler) buildCase(call *rex.Call) (node, error) {
	n := &caseNode{t: call.T}
	for i, a := range call.Args {
		isCond := i%2 == 0 && i < len(call.Args)-1
		br, err := c.branch(a, !isCond)
		if err != nil {
			return nil, err
		}
		if isCond {
			n.conds = append(n.conds, br)
		} else {
			n.values = append(n.values, br)
		}
	}
	return n, nil
}

func (n *caseNode) eval(r *run, b *vec.Batch) (*vec.Vec, error) {
	m := newMerge(n.t, b.Len, &n.choice)
	rest := allRows(n.rest[:0], b.Len)
	for k := range n.conds {
		if len(rest) == 0 {
			break
		}
		cond, gathered, err := n.conds[k].part(r, b, rest)
		if err != nil {
			return nil, err
		}
		hit, miss := n.hit[:0], rest[:0]
		truth := cond.Bools()
		for j, i := range rest {
			at := int(i)
			if gathered {
				at = j
			}
			if truth[at] && !cond.IsNull(at) {
				hit = append(hit, i)
			} else {
				miss = append(miss, i)
			}
		}
		n.hit, rest = hit, miss
		if err := m.take(r, b, &n.values[k], hit); err != nil {
			return nil, err
		}
	}
	err := m.take(r, b, &n.values[len(n.values)-1], rest)
	n.rest = rest[:0]
	if err != nil {
		return nil, err
	}
	return m.vector(), nil
}

// coalesceNode is COALESCE: the first value that is not NULL.
type coalesceNode struct {
	values []branch
	t      types.Type
	rest   []int32
	choice choice
}

func (c *compiler) buildCoalesce(call *rex.Call) (node, error) {
	n := &coalesceNode{t: call.T}
	for _, a := range call.Args {
		br, err := c.branch(a, true)
		if err != nil {
			return nil, err
		}
		n.values = append(n.values, br)
	}
	return n, nil
}

func (n *coalesceNode) eval(r *run, b *vec.Batch) (*vec.Vec, error) {
	m := newMerge(n.t, b.Len, &n.choice)
	rest := allRows(n.rest[:0], b.Len)
	for k := range n.values {
		if len(rest) == 0 {
			break
		}
		v, gathered, err := n.values[k].part(r, b, rest)
		if err != nil {
			return nil, err
		}
		if v.Valid == nil && k == 0 {
			n.rest = rest[:0]
			return v.As(n.t), nil
		}
		src := m.source(v)
		miss := rest[:0]
		for j, i := range rest {
			at := i
			if gathered {
				at = int32(j)
			}
			if v.IsNull(int(at)) {
				miss = append(miss, i)
			} else {
				m.choose(i, src, at)
			}
		}
		rest = miss
	}
	n.rest = rest[:0]
	return m.vector(), nil
}

func allRows(dst []int32, n int) []int32 {
	for i := 0; i < n; i++ {
		dst = append(dst, int32(i))
	}
	return dst
}
