package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// WindowTVF is the window table function TUMBLE, HOP or CUMULATE by itself: it adds
// window_start, window_end and window_time to every row, a row for every window it
// belongs to: of HOP the youngest first, of CUMULATE the shortest first. Late rows
// pass, as in Flink: dropping them is the aggregate's business. By processing time a row belongs to the
// windows of the moment it comes. A NULL time is an error. Row kinds and watermarks
// pass. Stateless. SESSION is sessionTVF.
type WindowTVF struct {
	ctx      *exec.Context
	spec     *physical.WindowTVF
	outTypes []types.Type
	time     windowTime
	rows     []int32
	ends     []int64
}

// NewWindowTVF makes the operator.
func NewWindowTVF(spec *physical.WindowTVF, batch bool) (exec.Operator, error) {
	switch spec.Window.Kind {
	case physical.Session:
		if batch && spec.Window.Rowtime {
			return newSpilling(spec.Window.Partition, false, func() spillable { return newSessionTVF(spec) }), nil
		}
		return newSessionTVF(spec), nil
	case physical.Attached:
		return nil, diag.Errorf(codeMode, diag.Span{}, "rows that carry windows need no window table function")
	}
	return &WindowTVF{spec: spec, outTypes: outTypes(spec)}, nil
}

// Open takes the context.
func (w *WindowTVF) Open(ctx *exec.Context) error {
	w.ctx = ctx
	w.time = newWindowTime(w.spec.Window, windowZone(w.spec.Window, ctx))
	return nil
}

// Process adds the windows to the rows of a batch.
func (w *WindowTVF) Process(_ int, b *vec.Batch, out exec.Out) error {
	if b = timed(w.ctx, b, w.spec.Window); b.Len == 0 {
		return nil
	}
	times := []int64{}
	if w.spec.Window.Rowtime {
		var err error
		if times, err = millis(b.Cols[w.spec.Window.Time], nil); err != nil {
			return err
		}
	}
	w.rows, w.ends = w.rows[:0], w.ends[:0]
	now := w.ctx.Now()
	for i := range b.Len {
		t := now
		if w.spec.Window.Rowtime {
			t = times[i]
		}
		if w.windows(int32(i), w.time.local(t)); len(w.rows) >= vec.BatchSize {
			if err := w.emit(b, out); err != nil {
				return err
			}
		}
	}
	return w.emit(b, out)
}

// windows lists the windows of a row at a local time.
func (w *WindowTVF) windows(row int32, t int64) {
	slice := w.time.sliceEnd(t)
	first, last := w.time.firstEnd(slice), w.time.lastEnd(slice)
	n := int((last-first)/w.time.slide) + 1
	for k := range n {
		end := first + int64(k)*w.time.slide
		if w.spec.Window.Kind == physical.Hop {
			end = last - int64(k)*w.time.slide
		}
		w.rows, w.ends = append(w.rows, row), append(w.ends, end)
	}
}

// emit gathers the listed rows, in batches.
func (w *WindowTVF) emit(b *vec.Batch, out exec.Out) error {
	for lo := 0; lo < len(w.rows); lo += vec.BatchSize {
		hi := min(lo+vec.BatchSize, len(w.rows))
		spans := make([]span, hi-lo)
		for j, end := range w.ends[lo:hi] {
			spans[j] = span{w.time.start(end), end}
		}
		res := b.Take(w.rows[lo:hi])
		res.Cols = windowColumns(res.Cols, spans, w.time, w.outTypes)
		if err := out.Emit(res); err != nil {
			return err
		}
	}
	w.rows, w.ends = w.rows[:0], w.ends[:0]
	return nil
}

// windowColumns adds start, end and time of a window to the columns of rows.
func windowColumns(cols []*vec.Vec, spans []span, w windowTime, ts []types.Type) []*vec.Vec {
	n := len(cols)
	var vals [3][]int64
	for k := range vals {
		vals[k] = make([]int64, len(spans))
	}
	for j, s := range spans {
		vals[0][j], vals[1][j], vals[2][j] = w.bound(s.start), w.bound(s.end), w.instant(s.end-1)
	}
	for k := range vals {
		t := ts[n+k]
		if unit := int64(vec.Milli / vec.UnitOf(t.Precision)); unit != 1 {
			for j := range vals[k] {
				vals[k][j] *= unit
			}
		}
		cols = append(cols, vec.FromSlice(t, vals[k], nil))
	}
	retype(cols, ts)
	return cols
}
