package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// changes is what an operator over a rowStore emits in one call, row by row as slots
// and kinds, gathered into batches at the end of the call. So a slot that was
// emitted must keep its row until then: free gives it back only after emit.
type changes struct {
	slots []int32
	kinds []vec.RowKind
	freed []int32
}

// add emits the row of a slot.
func (c *changes) add(kind vec.RowKind, slot int32) {
	c.slots, c.kinds = append(c.slots, slot), append(c.kinds, kind)
}

// free removes a slot from the store once its last emission is out.
func (c *changes) free(slot int32) { c.freed = append(c.freed, slot) }

// emit gives the changes out and starts anew. The columns are retyped to ts.
func (c *changes) emit(s *rowStore, ts []types.Type, out exec.Out) error {
	for lo := 0; lo < len(c.slots); lo += vec.BatchSize {
		hi := min(lo+vec.BatchSize, len(c.slots))
		cols := s.gather(c.slots[lo:hi])
		if err := out.Emit(changeBatch(cols, ts, c.kinds[lo:hi])); err != nil {
			return err
		}
	}
	for _, slot := range c.freed {
		s.remove(slot)
	}
	c.slots, c.kinds, c.freed = c.slots[:0], c.kinds[:0], c.freed[:0]
	return nil
}

// changeBatch makes a batch of columns under the types ts (which differ in
// nullability at most) with a copy of kinds, or without kinds if all rows are insertions.
func changeBatch(cols []*vec.Vec, ts []types.Type, kinds []vec.RowKind) *vec.Batch {
	retype(cols, ts)
	b := &vec.Batch{Len: len(kinds), Cols: cols}
	for _, k := range kinds {
		if k != vec.Insert {
			b.Kinds = append([]vec.RowKind(nil), kinds...)
			break
		}
	}
	return b
}

// retype gives columns the types of the operator's output.
func retype(cols []*vec.Vec, ts []types.Type) {
	for c, v := range cols {
		if !v.Type.Equal(ts[c]) {
			cols[c] = v.As(ts[c])
		}
	}
}

// pick gives some columns.
func pick(cols []*vec.Vec, at []int) []*vec.Vec {
	out := make([]*vec.Vec, len(at))
	for i, c := range at {
		out[i] = cols[c]
	}
	return out
}

// pickTypes gives the types of some columns.
func pickTypes(ts []types.Type, at []int) []types.Type {
	out := make([]types.Type, len(at))
	for i, c := range at {
		out[i] = ts[c]
	}
	return out
}

// sortKeys turns a plan's sort keys into those of the kernels.
func sortKeys(keys []rex.SortKey) []vec.SortKey {
	out := make([]vec.SortKey, len(keys))
	for i, k := range keys {
		out[i] = vec.SortKey(k)
	}
	return out
}

// resized gives s with length n; new elements are zero, old ones stay.
func resized[T any](s []T, n int) []T {
	if n <= cap(s) {
		old := len(s)
		s = s[:n]
		if n > old {
			clear(s[old:])
		}
		return s
	}
	out := make([]T, n, max(n, 2*cap(s), 64))
	copy(out, s)
	return out
}

// scratch gives s with length n and unspecified contents.
func scratch[T any](s []T, n int) []T {
	if n > cap(s) {
		return make([]T, n, max(n, 2*cap(s)))
	}
	return s[:n]
}

// outTypes gives a spec's output types.
func outTypes(s physical.Spec) []types.Type { return physical.FieldTypes(s.Schema()) }
