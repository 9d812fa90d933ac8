package op

import (
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// windowInput is what the operators of a window aggregation share: where the columns
// of their input are, which slice or window each row belongs to, and the watermark
// that says which rows are late.
type windowInput struct {
	lib      agg.Library
	ctx      *exec.Context
	spec     *physical.WindowAgg
	time     windowTime
	outTypes []types.Type
	keyTypes []types.Type
	calls    []rex.AggCall // with a COUNT(*) at the end if rows may be taken back
	mark     int64         // the watermark; stays at MinWatermark by processing time
	index    int64         // of several windows, the one whose results are given out

	times  []int64
	spans  []span  // distinct spans of the batch
	part   []int32 // by row: index into spans, len(spans) = late
	parts  vec.Partitions
	whole  bool // there is one span, of all rows
	bySpan map[span]int32
}

// span is a window, or a slice of windows: [start, end) in local time. The start of
// a slice follows from its end and is 0 here.
type span struct{ start, end int64 }

func newWindowInput(spec *physical.WindowAgg, lib agg.Library) windowInput {
	w := windowInput{spec: spec, lib: lib, outTypes: outTypes(spec), keyTypes: pickTypes(spec.In, spec.Keys), calls: spec.Aggs,
		mark: exec.MinWatermark, bySpan: map[span]int32{}}
	if spec.Retract {
		w.calls = append(slices.Clone(spec.Aggs), rex.AggCall{Fn: "COUNT", Filter: -1, T: types.Int64.NotNull()})
	}
	return w
}

// Open takes the context.
func (w *windowInput) Open(ctx *exec.Context) error {
	w.ctx = ctx
	w.time = newWindowTime(w.spec.Window, windowZone(w.spec.Window, ctx))
	return nil
}

// newAggs makes accumulators for one slice.
func (w *windowInput) newAggs() *aggSet {
	in := w.spec.In
	if w.spec.Phase == physical.Global {
		in = w.spec.LocalIn
	}
	a, err := newAggSet(w.lib, w.calls, in, w.spec.Retract)
	if err != nil {
		panic(err) // the constructor made them once
	}
	return a
}

// check makes the accumulators once, for the error.
func (w *windowInput) check() error {
	in := w.spec.In
	if w.spec.Phase == physical.Global {
		in = w.spec.LocalIn
	}
	_, err := newAggSet(w.lib, w.calls, in, w.spec.Retract)
	return err
}

// assign finds the span of every row and splits the batch by it. late says which
// spans take no rows any more; their rows are counted and left out. The spans are in
// the order in which they first occur, the rows of span k are parts.Part(k), or nil,
// meaning all rows, if there is only one span.
func (w *windowInput) assign(b *vec.Batch, late func(span) bool) error {
	w.spans = w.spans[:0]
	clear(w.bySpan)
	w.part = scratch(w.part, b.Len)
	spanAt, err := w.spanAt(b)
	if err != nil {
		return err
	}
	const isLate = -1
	last, at, lateRows := span{}, int32(-2), 0
	for i := range w.part {
		s := spanAt(i)
		if at == -2 || s != last {
			known := false
			if at, known = w.bySpan[s]; !known {
				at = isLate
				if !late(s) {
					at = int32(len(w.spans))
					w.spans = append(w.spans, s)
				}
				w.bySpan[s] = at
			}
			last = s
		}
		if w.part[i] = at; at == isLate {
			lateRows++
		}
	}
	if lateRows > 0 {
		w.ctx.Counters.LateRows.Add(int64(lateRows))
		for i, p := range w.part {
			if p == isLate {
				w.part[i] = int32(len(w.spans))
			}
		}
	}
	if w.whole = len(w.spans) == 1 && lateRows == 0; !w.whole {
		w.parts.Split(w.part, len(w.spans)+1)
	}
	return nil
}

// rows gives the rows of span k, nil for all.
func (w *windowInput) rows(k int) []int32 {
	if w.whole {
		return nil
	}
	return w.parts.Part(k)
}

// spanAt gives a function from row to span.
func (w *windowInput) spanAt(b *vec.Batch) (func(i int) span, error) {
	win := w.spec.Window
	switch {
	case w.spec.Phase == physical.Global:
		ends := b.Cols[len(b.Cols)-1].Int64s()
		return func(i int) span { return span{0, ends[i]} }, nil
	case win.Kind == physical.Attached:
		starts, err := millis(b.Cols[win.Start], nil)
		if err != nil {
			return nil, err
		}
		ends, err := millis(b.Cols[win.End], nil)
		return func(i int) span { return span{starts[i], ends[i]} }, err
	case !win.Rowtime:
		end := w.time.sliceEnd(w.time.local(w.ctx.Now()))
		return func(int) span { return span{0, end} }, nil
	}
	times, err := millis(b.Cols[win.Time], w.times)
	if err != nil {
		return nil, err
	}
	if w.time.zone == nil {
		// Neighbours mostly lie in the same slice.
		end := w.time.sliceEnd(times[0])
		return func(i int) span {
			if t := times[i]; t >= end || t < end-w.time.slice {
				end = w.time.sliceEnd(t)
			}
			return span{0, end}
		}, nil
	}
	return func(i int) span { return span{0, w.time.sliceEnd(w.time.local(times[i]))} }, nil
}

// fired reports whether the window with an end has fired.
func (w *windowInput) fired(end int64) bool {
	return w.time.fires(end) <= w.mark
}

// accumulate takes rows (nil: all) of a batch into accumulators; ids[j] is the group of
// the j-th of them.
func (w *windowInput) accumulate(aggs *aggSet, ids []int32, b *vec.Batch, rows []int32) {
	if w.spec.Phase == physical.Global {
		cols := b.Cols[len(w.spec.Keys) : len(b.Cols)-1]
		if rows != nil {
			cols = takeAll(cols, rows)
		}
		aggs.merge(ids, cols)
		return
	}
	if b.Kinds == nil {
		aggs.add(ids, b.Cols, rows)
		return
	}
	var plus, plusID, minus, minID []int32
	for j, id := range ids {
		i := rowAt(rows, j)
		if b.Kinds[i].Adds() {
			plus, plusID = append(plus, int32(i)), append(plusID, id)
		} else {
			minus, minID = append(minus, int32(i)), append(minID, id)
		}
	}
	aggs.add(plusID, b.Cols, plus)
	aggs.retract(minID, b.Cols, minus)
}

// keyColumns gives the key columns of rows (nil: all).
func (w *windowInput) keyColumns(b *vec.Batch, rows []int32) []*vec.Vec {
	keys := pick(b.Cols, w.spec.Keys)
	if rows != nil {
		keys = takeAll(keys, rows)
	}
	return keys
}

// emit gives out results of one window: its keys, aggregates and window columns.
func (w *windowInput) emit(win span, keys []*vec.Vec, aggs *aggSet, ids []int32, out exec.Out) error {
	return w.emitRows(keys, aggs, ids, func(p physical.WindowProp, t types.Type, rows []int32) *vec.Vec {
		return w.propColumn(p, t, win, len(rows))
	}, out)
}

// propColumn makes a window column of n rows of one window.
func (w *windowInput) propColumn(p physical.WindowProp, t types.Type, win span, n int) *vec.Vec {
	ms := w.propOf(p, win)
	if p < physical.WindowIndex {
		ms *= int64(vec.Milli / vec.UnitOf(t.Precision))
	}
	vals := make([]int64, n)
	for i := range vals {
		vals[i] = ms
	}
	return vec.FromSlice(t, vals, nil)
}

// emitRows gives out results of any windows; prop makes a window column of some of
// the rows. A key without rows left (as many taken back as added) is left out.
func (w *windowInput) emitRows(keys []*vec.Vec, aggs *aggSet, ids []int32,
	prop func(p physical.WindowProp, t types.Type, rows []int32) *vec.Vec, out exec.Out) error {
	vals, err := aggs.result(ids)
	if err != nil {
		return err
	}
	rows := iota32(len(ids))
	if w.spec.Retract {
		n := len(vals) - 1
		rows = rows[:0]
		for j, c := range vals[n].Int64s() {
			if c != 0 {
				rows = append(rows, int32(j))
			}
		}
		vals = vals[:n]
		if len(rows) == 0 {
			return nil
		}
		if len(rows) < len(ids) {
			keys, vals = takeAll(keys, rows), takeAll(vals, rows)
		}
	}
	cols := append(keys, vals...)
	for _, p := range w.spec.Props {
		cols = append(cols, prop(p, w.outTypes[len(cols)], rows))
	}
	retype(cols, w.outTypes)
	return out.Emit(vec.NewBatch(len(rows), cols...))
}

// propOf gives a window column's value in milliseconds.
func (w *windowInput) propOf(p physical.WindowProp, win span) int64 {
	switch p {
	case physical.WindowStart:
		return w.time.bound(win.start)
	case physical.WindowEnd:
		return w.time.bound(win.end)
	case physical.WindowIndex:
		return w.index
	case physical.WindowLast:
		return win.end
	default:
		return w.time.instant(win.end - 1)
	}
}

// window gives the window that ends at end.
func (w *windowInput) window(end int64) span { return span{w.time.start(end), end} }

// NewWindowAgg makes the operator that a window aggregation is in its phase.
func NewWindowAgg(spec *physical.WindowAgg, batch bool, lib agg.Library) (exec.Operator, error) {
	in := newWindowInput(spec, lib)
	if err := in.check(); err != nil {
		return nil, err
	}
	switch kind := spec.Window.Kind; {
	case spec.Emit != nil && !batch && (kind == physical.Tumble || kind == physical.Hop || kind == physical.Cumulate && spec.Emit.Every > 0):
		return newWindowAggEmit(in), nil
	case spec.Emit != nil && !batch && (kind != physical.Session || spec.Emit.Every == 0):
		return nil, diag.Errorf(codeMode, diag.Span{}, "%s windows do not fire before or after their end", kind)
	case spec.Phase != physical.Single && (kind == physical.Session || kind == physical.Attached):
		return nil, diag.Errorf(codeMode, diag.Span{}, "%s windows are not aggregated in two phases", kind)
	case spec.Phase == physical.Local:
		return newWindowAggLocal(in), nil
	case batch && (spec.Window.Rowtime || kind == physical.Attached):
		return newSpilling(spec.Keys, kind != physical.Session, func() spillable { return newWindowAgg(spec, lib) }), nil
	default:
		return newWindowAgg(spec, lib), nil
	}
}

func newWindowAgg(spec *physical.WindowAgg, lib agg.Library) spillable {
	in := newWindowInput(spec, lib)
	switch kind := spec.Window.Kind; {
	case kind == physical.Session:
		return newWindowAggSession(in)
	case kind == physical.Hop || kind == physical.Cumulate || spec.Shared != nil:
		return newWindowAggShared(in)
	default:
		return newWindowAggTumble(in)
	}
}
