package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// Union is UNION ALL: it passes the rows of all its inputs as they come, row kinds
// included. Watermarks are the runtime's business (the minimum of the inputs).
// Stateless; batches are passed on, not copied.
type Union struct{ types []types.Type }

// NewUnion makes the operator.
func NewUnion(spec *physical.Union) *Union { return &Union{outTypes(spec)} }

// Process passes a batch on. Its columns take the union's types, which differ in
// nullability at most.
func (u *Union) Process(_ int, b *vec.Batch, out exec.Out) error {
	for c, v := range b.Cols {
		if !v.Type.Equal(u.types[c]) {
			cols := append([]*vec.Vec(nil), b.Cols...)
			retype(cols, u.types)
			return out.Emit(&vec.Batch{Len: b.Len, Cols: cols, Kinds: b.Kinds})
		}
	}
	return out.Emit(b)
}
