package expr

import (
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// refNode gives a column of the input.
type refNode int

func (n refNode) eval(_ *run, b *vec.Batch) (*vec.Vec, error) { return b.Cols[n], nil }

// litNode gives a constant. Its vector is made once, for the largest batch seen, and
// sliced.
type litNode struct {
	lit  *rex.Lit
	full *vec.Vec
	cut  *vec.Vec // the last slice given
}

func (n *litNode) eval(_ *run, b *vec.Batch) (*vec.Vec, error) {
	if n.full == nil || n.full.Len < b.Len {
		n.full = function.Literal(n.lit, max(b.Len, vec.BatchSize))
	}
	if n.cut == nil || n.cut.Len != b.Len {
		n.cut = n.full.Slice(0, b.Len)
	}
	return n.cut, nil
}

// callNode evaluates the arguments, then the kernel.
type callNode struct {
	kernel function.Kernel
	args   []node
	vals   []*vec.Vec
	frame  function.Frame // without scratch the result is fresh memory
}

func (n *callNode) eval(r *run, b *vec.Batch) (*vec.Vec, error) {
	for i, a := range n.args {
		v, err := a.eval(r, b)
		if err != nil {
			return nil, err
		}
		n.vals[i] = v
	}
	n.frame.Ctx = r.ctx
	return n.kernel.Eval(&n.frame, n.vals, b.Len)
}

// sharedNode computes a repeated subexpression once per input batch. On a gathered
// part of the batch it is computed anew.
type sharedNode struct {
	inner node
	gen   uint64
	value *vec.Vec
}

func (n *sharedNode) eval(r *run, b *vec.Batch) (*vec.Vec, error) {
	if b != r.top {
		return n.inner.eval(r, b)
	}
	if n.gen != r.gen {
		v, err := n.inner.eval(r, b)
		if err != nil {
			return nil, err
		}
		n.value, n.gen = v, r.gen
	}
	return n.value, nil
}

// fieldNode takes a field of a ROW: the field's own vector, NULL where the row is.
type fieldNode struct {
	x     node
	index int
	t     types.Type
}

func (n *fieldNode) eval(r *run, b *vec.Batch) (*vec.Vec, error) {
	row, err := n.x.eval(r, b)
	if err != nil {
		return nil, err
	}
	kid := row.Kids[n.index]
	out := kid.As(n.t)
	out.Valid = vec.And(kid.Valid, row.Valid, b.Len)
	return out, nil
}
