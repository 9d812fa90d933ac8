package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// windowAggSession is GROUP BY over SESSION windows. A session fires when time reaches its
// last millisecond. A row is late when the session it would belong to has fired. The keys
// of the aggregation are those by which sessions are told apart.
//
// Accumulators have a slot a session. When sessions merge inside a batch, the rows of the
// batch go to the slot that is left. Row kinds, watermarks, processing time and NULL as
// for windowAggTumble. State: the sessions, their accumulators and timers, the watermark.
type windowAggSession struct {
	windowInput
	*sessions
	aggs   *aggSet
	kids   []int32
	slotOf []int32 // by row that is not late
	rowsIn []int32
	early  *sessionUpdates // results before the end; nil = none
}

func newWindowAggSession(in windowInput) *windowAggSession {
	w := &windowAggSession{windowInput: in, sessions: newSessions(in.keyTypes), aggs: in.newAggs()}
	if in.spec.Emit != nil {
		w.early = newSessionUpdates(w)
	}
	return w
}

// Open takes the context.
func (w *windowAggSession) Open(ctx *exec.Context) error {
	err := w.windowInput.Open(ctx)
	w.sessions.time = w.windowInput.time
	return err
}

// Process takes rows into their sessions.
func (w *windowAggSession) Process(_ int, b *vec.Batch, out exec.Out) error {
	if b = timed(w.ctx, b, w.spec.Window); b.Len == 0 {
		return nil
	}
	times, err := w.rowTimes(b)
	if err != nil {
		return err
	}
	w.kids = scratch(w.kids, b.Len)
	w.find(pick(b.Cols, w.spec.Keys), w.kids)
	w.slotOf, w.rowsIn = w.slotOf[:0], w.rowsIn[:0]
	for i, kid := range w.kids {
		if slot := w.place(kid, w.sessions.time.local(times[i]), w.mark); slot >= 0 {
			w.slotOf, w.rowsIn = append(w.slotOf, slot), append(w.rowsIn, int32(i))
			continue
		}
		w.ctx.Counters.LateRows.Add(1)
	}
	w.aggs.grow(len(w.slots))
	w.mergeSlots()
	for j, slot := range w.slotOf {
		w.slotOf[j] = w.root(slot)
	}
	w.accumulate(w.aggs, w.slotOf, b, w.rowsIn)
	if w.early != nil {
		w.early.note(w)
	}
	w.freeGone()
	w.sweep()
	if w.early != nil {
		return w.early.give(out)
	}
	return nil
}

// rowTimes gives the time of every row as an instant.
func (w *windowAggSession) rowTimes(b *vec.Batch) ([]int64, error) {
	if w.spec.Window.Rowtime {
		return millis(b.Cols[w.spec.Window.Time], w.times)
	}
	w.times = scratch(w.times, b.Len)
	now := w.ctx.Now()
	for i := range w.times {
		w.times[i] = now
	}
	return w.times, nil
}

// mergeSlots puts what merged slots held before the batch where they went.
func (w *windowAggSession) mergeSlots() {
	if len(w.gone) == 0 {
		return
	}
	to := make([]int32, len(w.gone))
	for j, slot := range w.gone {
		to[j] = w.root(slot)
	}
	w.aggs.merge(to, w.aggs.partial(w.gone))
	w.aggs.reset(w.gone)
}

// OnWatermark fires the sessions that the watermark has passed.
func (w *windowAggSession) OnWatermark(wm int64, out exec.Out) error {
	if !w.spec.Window.Rowtime {
		return nil
	}
	before := w.mark
	w.mark = wm
	if w.early != nil && w.early.due(w, before, wm) {
		if err := w.early.showChanged(w, wm); err != nil {
			return err
		}
	}
	return w.fire(wm, out)
}

// NextTimer gives when a session may fire by processing time.
func (w *windowAggSession) NextTimer() int64 {
	if w.spec.Window.Rowtime || w.timers.len() == 0 {
		return exec.MaxWatermark
	}
	return w.next()
}

// OnTimer fires the sessions that processing time has passed.
func (w *windowAggSession) OnTimer(now int64, out exec.Out) error { return w.fire(now, out) }

func (w *windowAggSession) fire(now int64, out exec.Out) error {
	slots := w.sessions.fire(now, w.slotOf[:0])
	w.slotOf = slots
	if w.early != nil {
		if err := w.early.end(w, slots); err != nil {
			return err
		}
		if err := w.early.give(out); err != nil {
			return err
		}
	}
	for lo := 0; w.early == nil && lo < len(slots); lo += vec.BatchSize {
		if err := w.put(slots[lo:min(lo+vec.BatchSize, len(slots))], out); err != nil {
			return err
		}
	}
	w.aggs.reset(slots)
	w.free = append(w.free, slots...)
	w.sweep()
	return nil
}

// put emits sessions. Each has a window of its own, so the window columns are made here.
func (w *windowAggSession) put(slots []int32, out exec.Out) error {
	kids := make([]int32, len(slots))
	for j, slot := range slots {
		kids[j] = w.slots[slot].key
	}
	return w.emitRows(w.keys.Keys(kids), w.aggs, slots, func(p physical.WindowProp, t types.Type, rows []int32) *vec.Vec {
		unit := int64(vec.Milli / vec.UnitOf(t.Precision))
		vals := make([]int64, len(rows))
		for i, j := range rows {
			vals[i] = w.propOf(p, w.slots[slots[j]].span) * unit
		}
		return vec.FromSlice(t, vals, nil)
	}, out)
}

// Bytes is the memory held, roughly.
func (w *windowAggSession) Bytes() int64 { return w.bytes() + w.aggs.Bytes() }

// Snapshot writes an entry a session: the window, the place of its timer in the heap, and
// the partials.
func (w *windowAggSession) Snapshot(wr state.Writer) error {
	if err := snapshotMark(w.ctx, wr, w.mark); err != nil {
		return err
	}
	st, codec := newKeyedState(w.ctx, "sessions", w.keyTypes), vec.NewRowCodec(w.aggs.partialTypes())
	var slots, kids []int32
	var seq []uint64
	for place, t := range w.timers.heap {
		slots, kids = append(slots, t.id), append(kids, w.slots[t.id].key)
		seq = append(seq, uint64(place))
	}
	partial := w.aggs.partial(slots)
	return st.write(wr, w.keys.Keys(kids), len(slots), seq, func(dst []byte, i int) []byte {
		s := w.slots[slots[i]]
		dst = appendInt(appendInt(appendInt(dst, s.start), s.end), int64(i))
		if w.early != nil {
			dst = w.early.appendTo(dst, slots[i])
		}
		return codec.AppendRow(dst, partial, i)
	})
}

// Restore reads the sessions of the subtask's key groups.
func (w *windowAggSession) Restore(r state.Reader) error {
	var err error
	if w.mark, err = restoreMark(w.ctx, r); err != nil {
		return err
	}
	var timers []timer
	var places []int64
	var changed []int32
	var changedAt []int64
	st, codec := newKeyedState(w.ctx, "sessions", w.keyTypes), vec.NewRowCodec(w.aggs.partialTypes())
	err = st.read(r, true, func(keys []*vec.Vec, values *vec.Rows) error {
		n := values.Len()
		kids, slots := make([]int32, n), make([]int32, n)
		w.find(keys, kids)
		partial := vec.NewBatchBuilder(codec.Types(), n)
		for i, kid := range kids {
			e := entryReader{b: values.Row(i)}
			s := span{e.int(), e.int()}
			places = append(places, e.int())
			if e.bad {
				return st.corrupt()
			}
			slots[i], _ = w.restored(kid, s)
			if w.early != nil {
				place, err := w.early.read(&e, slots[i])
				if err != nil {
					return err
				}
				changed, changedAt = append(changed, slots[i]), append(changedAt, place)
			}
			timers = append(timers, w.newTimer(slots[i], w.sessions.time.fires(s.end)))
			if err := codec.Decode(e.b, partial.Cols); err != nil {
				return err
			}
			partial.EndRow(vec.Insert)
		}
		w.aggs.grow(len(w.slots))
		w.aggs.merge(slots, partial.Finish().Cols)
		return nil
	})
	w.timers.restore(timers, places)
	if w.early != nil {
		w.early.restoreChanged(changed, changedAt)
	}
	return err
}
