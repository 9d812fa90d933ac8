package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// Replicate gives every row as often as its BIGINT column Count says, without that
// column: the last step of INTERSECT ALL and EXCEPT ALL. NULL and numbers below 1
// give no row. Row kinds and watermarks pass. Stateless.
type Replicate struct {
	spec     *physical.Replicate
	outTypes []types.Type
	rows     []int32
}

// NewReplicate makes the operator.
func NewReplicate(spec *physical.Replicate) *Replicate {
	return &Replicate{spec: spec, outTypes: outTypes(spec)}
}

// Process replicates the rows of a batch.
func (r *Replicate) Process(_ int, b *vec.Batch, out exec.Out) error {
	cols := append(append([]*vec.Vec(nil), b.Cols[:r.spec.Count]...), b.Cols[r.spec.Count+1:]...)
	in := &vec.Batch{Len: b.Len, Cols: cols, Kinds: b.Kinds}
	count := b.Cols[r.spec.Count]
	r.rows = r.rows[:0]
	for i, n := range count.Int64s() {
		if count.IsNull(i) {
			continue
		}
		for ; n > 0; n-- {
			if r.rows = append(r.rows, int32(i)); len(r.rows) == vec.BatchSize {
				if err := r.emit(in, out); err != nil {
					return err
				}
			}
		}
	}
	return r.emit(in, out)
}

func (r *Replicate) emit(in *vec.Batch, out exec.Out) error {
	if len(r.rows) == 0 {
		return nil
	}
	res := in.Take(r.rows)
	r.rows = r.rows[:0]
	retype(res.Cols, r.outTypes)
	return out.Emit(res)
}
