package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
)

// ProctimeSort is ORDER BY proctime [, …] on a stream, as Flink's ProcTimeSortOperator: rows
// have their order by coming; those that come together, in one batch, are sorted by the
// further keys. Input is insert-only. Stateless.
type ProctimeSort struct{ then []vec.SortKey }

// NewProctimeSort makes the operator.
func NewProctimeSort(spec *physical.Sort) *ProctimeSort {
	return &ProctimeSort{then: sortKeys(spec.Keys[1:])}
}

// Process sorts a batch.
func (s *ProctimeSort) Process(_ int, b *vec.Batch, out exec.Out) error {
	if len(s.then) > 0 && b.Len > 1 {
		b = b.Take(vec.SortIndices(b, s.then))
	}
	return out.Emit(b)
}
