package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// AssignWatermark makes watermarks where the scan of a table could not: the greatest
// value of the watermark expression seen so far, as Flink's WatermarkAssigner. Rows
// pass unchanged. A watermark follows a batch, at most once an interval of processing
// time; whoever wants one after every row gives batches of one row. Watermarks of the
// input are dropped (but the last). State: the watermark.
type AssignWatermark struct {
	ctx      *exec.Context
	spec     *physical.AssignWatermark
	outTypes []types.Type
	value    *expr.Program
	ectx     *expr.Ctx
	best     int64 // greatest value seen
	given    int64 // last watermark given
	next     int64 // processing time before which none is given
}

// NewAssignWatermark compiles the watermark expression.
func NewAssignWatermark(spec *physical.AssignWatermark, reg expr.Registry) (*AssignWatermark, error) {
	v, err := expr.Compile(spec.Expr, outTypes(spec), reg)
	return &AssignWatermark{spec: spec, outTypes: outTypes(spec), value: v, best: exec.MinWatermark, given: exec.MinWatermark}, err
}

// Open takes the context.
func (w *AssignWatermark) Open(ctx *exec.Context) error {
	w.ctx, w.ectx = ctx, exprContext(ctx)
	return nil
}

// Process passes rows on and notes their times. A NULL event time is an error.
func (w *AssignWatermark) Process(_ int, b *vec.Batch, out exec.Out) error {
	if _, err := millis(b.Cols[w.spec.Column], nil); err != nil {
		return err
	}
	v, err := w.value.Eval(w.ectx, b)
	if err != nil {
		return err
	}
	unit := int64(vec.Milli / vec.UnitOf(v.Type.Precision))
	for i, t := range v.Int64s() {
		if !v.IsNull(i) {
			w.best = max(w.best, floorDiv(t, unit))
		}
	}
	for c := range b.Cols {
		if !b.Cols[c].Type.Equal(w.outTypes[c]) {
			cols := append([]*vec.Vec(nil), b.Cols...)
			retype(cols, w.outTypes)
			b = &vec.Batch{Len: b.Len, Cols: cols, Kinds: b.Kinds}
			break
		}
	}
	return out.Emit(b)
}

// MakeWatermark gives the watermark, if it has risen and it is time.
func (w *AssignWatermark) MakeWatermark() (int64, bool) {
	if w.best <= w.given {
		return 0, false
	}
	if w.spec.Interval > 0 {
		now := w.ctx.Now()
		if now < w.next {
			return 0, false
		}
		w.next = now + w.spec.Interval.Milliseconds()
	}
	w.given = w.best
	return w.best, true
}

// Snapshot writes the watermark.
func (w *AssignWatermark) Snapshot(wr state.Writer) error { return snapshotMark(w.ctx, wr, w.best) }

// Restore reads it.
func (w *AssignWatermark) Restore(r state.Reader) error {
	var err error
	w.best, err = restoreMark(w.ctx, r)
	return err
}
