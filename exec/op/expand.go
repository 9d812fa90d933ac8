package op

import (
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// Expand is what GROUPING SETS, ROLLUP and CUBE aggregate over: every row comes out
// once for each set, with the columns outside the set NULL and the set's number (from
// 0) behind. Row kinds and watermarks pass. Stateless.
type Expand struct {
	spec     *physical.Expand
	outTypes []types.Type
}

// NewExpand makes the operator.
func NewExpand(spec *physical.Expand) *Expand { return &Expand{spec, outTypes(spec)} }

// Process expands a batch, row by row.
func (e *Expand) Process(_ int, b *vec.Batch, out exec.Out) error {
	sets := len(e.spec.Sets)
	step := max(1, vec.BatchSize/sets)
	for lo := 0; lo < b.Len; lo += step {
		n := min(step, b.Len-lo)
		rows, number := make([]int32, n*sets), make([]int64, n*sets)
		for j := range rows {
			rows[j], number[j] = int32(lo+j/sets), int64(j%sets)
		}
		res := (&vec.Batch{Len: b.Len, Cols: b.Cols, Kinds: b.Kinds}).Take(rows)
		for _, c := range e.spec.Cols {
			res.Cols[c] = vec.Take(b.Cols[c], e.keep(c, rows))
		}
		res.Cols = append(res.Cols, vec.FromSlice(types.Int64.NotNull(), number, nil))
		retype(res.Cols, e.outTypes)
		if err := out.Emit(res); err != nil {
			return err
		}
	}
	return nil
}

// keep gives the rows with -1 (NULL) where the set does not keep column c.
func (e *Expand) keep(c int, rows []int32) []int32 {
	out := slices.Clone(rows)
	for s, set := range e.spec.Sets {
		if slices.Contains(set, c) {
			continue
		}
		for j := s; j < len(out); j += len(e.spec.Sets) {
			out[j] = -1
		}
	}
	return out
}
