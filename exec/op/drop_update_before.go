package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
)

// DropUpdateBefore removes -U rows for a consumer that has no use for them. All other
// rows pass. Stateless; a batch without -U is passed on, not copied.
type DropUpdateBefore struct{ sel []int32 }

// NewDropUpdateBefore makes the operator.
func NewDropUpdateBefore(*physical.DropUpdateBefore) *DropUpdateBefore { return &DropUpdateBefore{} }

// Process passes the rows that are not -U.
func (d *DropUpdateBefore) Process(_ int, b *vec.Batch, out exec.Out) error {
	d.sel = d.sel[:0]
	for i, k := range b.Kinds {
		if k != vec.UpdateBefore {
			d.sel = append(d.sel, int32(i))
		}
	}
	switch {
	case b.Kinds == nil || len(d.sel) == b.Len:
		return out.Emit(b)
	case len(d.sel) == 0:
		return nil
	}
	return out.Emit(b.Take(d.sel))
}
