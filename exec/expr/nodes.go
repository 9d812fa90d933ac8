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

// sharedNode computes a repeated subexpression once per input batch: what it has
// computed for some rows it gives again for these or fewer. Only rows that it has not
// seen make it compute anew.
type sharedNode struct {
	inner node
	gen   uint64
	value *vec.Vec
	rows  []int32 // of the input batch that value is for; nil = all
	all   bool
}

func (n *sharedNode) eval(r *run, b *vec.Batch) (*vec.Vec, error) {
	rows := r.rowsOf(b)
	if n.gen == r.gen {
		if rows == nil && n.all {
			return n.value, nil
		}
		if rows != nil && n.all {
			return vec.Take(n.value, rows), nil
		}
		if rows != nil {
			if at, ok := positions(n.rows, rows); ok {
				return vec.Take(n.value, at), nil
			}
		}
	}
	v, err := n.inner.eval(r, b)
	if err != nil {
		return nil, err
	}
	n.value, n.gen, n.all, n.rows = v, r.gen, rows == nil, append(n.rows[:0], rows...)
	return v, nil
}

// positions finds rows in among, both ascending; false if one is not there.
func positions(among, rows []int32) ([]int32, bool) {
	if len(rows) > len(among) {
		return nil, false
	}
	at, k := make([]int32, len(rows)), 0
	for j, r := range rows {
		for k < len(among) && among[k] < r {
			k++
		}
		if k == len(among) || among[k] != r {
			return nil, false
		}
		at[j] = int32(k)
	}
	return at, true
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
