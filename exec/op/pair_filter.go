package op

import (
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// pairFilter evaluates a join's residual condition, over left ++ right columns, on
// pairs of a row of a batch and a row of a store. Only the columns that the condition
// reads are gathered. A nil pairFilter holds for every pair.
type pairFilter struct {
	filter *expr.Filter
	ctx    *expr.Ctx
	left   int // number of left columns
	refs   []int
	cols   []*vec.Vec
	sel    []int32
	held   []bool
}

// newPairFilter compiles the condition; nil gives nil.
func newPairFilter(cond rex.Expr, left, right []types.Type, reg expr.Registry) (*pairFilter, error) {
	if cond == nil {
		return nil, nil
	}
	in := append(slices.Clone(left), right...)
	f, err := expr.CompileFilter(cond, in, reg)
	return &pairFilter{filter: f, left: len(left), refs: rex.Refs(cond), cols: make([]*vec.Vec, len(in))}, err
}

func (f *pairFilter) open(ctx *exec.Context) {
	if f != nil {
		f.ctx = exprContext(ctx)
	}
}

// slotColumns gives columns of stored rows: of a rowStore or of a batch.
type slotColumns interface {
	column(c int, slots []int32) *vec.Vec
}

// batchRows are the columns of a batch as stored rows.
type batchRows []*vec.Vec

func (b batchRows) column(c int, slots []int32) *vec.Vec { return vec.Take(b[c], slots) }

// keep tells for each pair (left row, right row) whether the condition holds. The
// result is valid until the next call.
func (f *pairFilter) keep(left slotColumns, rows []int32, right slotColumns, slots []int32) ([]bool, error) {
	f.held = resized(f.held[:0], len(rows))
	for lo := 0; lo < len(rows); lo += vec.BatchSize {
		hi := min(lo+vec.BatchSize, len(rows))
		for _, c := range f.refs {
			if c < f.left {
				f.cols[c] = left.column(c, rows[lo:hi])
			} else {
				f.cols[c] = right.column(c-f.left, slots[lo:hi])
			}
		}
		sel, err := f.filter.Select(f.ctx, &vec.Batch{Len: hi - lo, Cols: f.cols}, f.sel[:0])
		if err != nil {
			return nil, err
		}
		if sel == nil {
			for p := lo; p < hi; p++ {
				f.held[p] = true
			}
			continue
		}
		for _, i := range sel {
			f.held[lo+int(i)] = true
		}
		f.sel = sel
	}
	return f.held, nil
}

// keepFrom is keep for rows of a batch of one side, 0 or 1, and stored rows of the other.
func (f *pairFilter) keepFrom(side int, cols []*vec.Vec, rows []int32, store slotColumns, slots []int32) ([]bool, error) {
	if side == 0 {
		return f.keep(batchRows(cols), rows, store, slots)
	}
	return f.keep(store, slots, batchRows(cols), rows)
}
