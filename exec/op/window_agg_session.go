package op

import (
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// windowAggSession is GROUP BY over SESSION windows: a row at t opens the session
// [t, t+gap) of its key, and sessions of a key that overlap or touch become one. A
// session fires when time reaches its last millisecond. A row is late when the
// session it would belong to has fired. The keys of the aggregation are those by which
// sessions are told apart.
//
// Accumulators have a slot a session. When sessions merge inside a batch, the rows of the
// batch go to the slot that is left. A session has one timer; when it comes too early,
// because the session has grown, it is set again. Row kinds, watermarks, processing
// time and NULL as for windowAggTumble. State: the sessions, their accumulators and timers,
// the watermark.
type windowAggSession struct {
	windowInput
	keys     *vec.GroupTable
	byKey    [][]int32 // by key: its sessions in order of time
	sessions []session // by slot
	free     []int32
	aggs     *aggSet
	timers   timerHeap

	kids   []int32
	slots  []int32
	rowsIn []int32
	gone   []int32 // slots that merged into others in this batch
	empty  []int32 // keys that may have no session
}

// session is [start, end) in local time.
type session struct {
	span
	key  int32
	into int32 // the slot it merged into; its own while it lives
}

func newWindowAggSession(in windowInput) *windowAggSession {
	return &windowAggSession{windowInput: in, keys: vec.NewGroupTable(in.keyTypes), aggs: in.newAggs()}
}

// Process takes rows into their sessions.
func (w *windowAggSession) Process(_ int, b *vec.Batch, _ exec.Out) error {
	times, err := w.rowTimes(b)
	if err != nil {
		return err
	}
	w.kids = scratch(w.kids, b.Len)
	w.keys.Find(pick(b.Cols, w.spec.Keys), nil, w.kids, true)
	w.byKey = resized(w.byKey, w.keys.Cap())
	w.slots, w.rowsIn, w.gone = w.slots[:0], w.rowsIn[:0], w.gone[:0]
	for i, kid := range w.kids {
		t := w.time.local(times[i])
		if slot := w.place(kid, span{t, t + w.time.size}); slot >= 0 {
			w.slots, w.rowsIn = append(w.slots, slot), append(w.rowsIn, int32(i))
			continue
		}
		w.ctx.Counters.LateRows.Add(1)
		w.empty = append(w.empty, kid)
	}
	w.aggs.grow(len(w.sessions))
	w.mergeSlots()
	for j, slot := range w.slots {
		w.slots[j] = w.root(slot)
	}
	w.accumulate(w.aggs, w.slots, b, w.rowsIn)
	w.sweep()
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

// place gives the slot of the session that s becomes a part of, -1 if it is late.
func (w *windowAggSession) place(kid int32, s span) int32 {
	list := w.byKey[kid]
	hi := len(list) // sessions from hi on begin after s
	for hi > 0 && w.sessions[list[hi-1]].start > s.end {
		hi--
	}
	lo := hi // sessions lo to hi-1 touch s
	for lo > 0 && w.sessions[list[lo-1]].end >= s.start {
		lo--
	}
	if lo == hi {
		if w.fired(s.end) {
			return -1
		}
		slot := w.newSlot(session{span: s, key: kid})
		w.byKey[kid] = slices.Insert(list, lo, slot)
		w.timers.push(timer{at: w.time.fires(s.end), id: slot})
		return slot
	}
	slot := list[lo]
	first, last := &w.sessions[slot], &w.sessions[list[hi-1]]
	first.start, first.end = min(first.start, s.start), max(last.end, s.end)
	for _, other := range list[lo+1 : hi] {
		w.sessions[other].into = slot
		w.gone = append(w.gone, other)
	}
	w.byKey[kid] = slices.Delete(list, lo+1, hi)
	return slot
}

func (w *windowAggSession) newSlot(s session) int32 {
	slot := int32(len(w.sessions))
	if n := len(w.free); n > 0 {
		slot, w.free = w.free[n-1], w.free[:n-1]
	} else {
		w.sessions = append(w.sessions, session{})
	}
	s.into = slot
	w.sessions[slot] = s
	return slot
}

// root gives the slot that a slot has become.
func (w *windowAggSession) root(slot int32) int32 {
	for w.sessions[slot].into != slot {
		slot = w.sessions[slot].into
	}
	return slot
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
	w.mark = wm
	return w.fire(wm, out)
}

// NextTimer gives when a session may fire by processing time.
func (w *windowAggSession) NextTimer() int64 {
	if w.spec.Window.Rowtime || w.timers.len() == 0 {
		return exec.MaxWatermark
	}
	return w.timers.next()
}

// OnTimer fires the sessions that processing time has passed.
func (w *windowAggSession) OnTimer(now int64, out exec.Out) error { return w.fire(now, out) }

func (w *windowAggSession) fire(now int64, out exec.Out) error {
	slots := w.slots[:0]
	for w.timers.len() > 0 && w.timers.next() <= now {
		t := w.timers.pop()
		s := &w.sessions[t.id]
		if s.into != t.id {
			w.free = append(w.free, t.id)
			continue
		}
		if at := w.time.fires(s.end); at > now {
			w.timers.push(timer{at: at, id: t.id})
			continue
		}
		slots = append(slots, t.id)
		list := w.byKey[s.key]
		at := slices.Index(list, t.id)
		w.byKey[s.key] = slices.Delete(list, at, at+1)
		w.empty = append(w.empty, s.key)
	}
	w.slots = slots
	for lo := 0; lo < len(slots); lo += vec.BatchSize {
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
		kids[j] = w.sessions[slot].key
	}
	return w.emitRows(w.keys.Keys(kids), w.aggs, slots, func(p physical.WindowProp, t types.Type, rows []int32) *vec.Vec {
		unit := int64(vec.Milli / vec.UnitOf(t.Precision))
		vals := make([]int64, len(rows))
		for i, j := range rows {
			vals[i] = w.propOf(p, w.sessions[slots[j]].span) * unit
		}
		return vec.FromSlice(t, vals, nil)
	}, out)
}

// sweep forgets the keys without sessions.
func (w *windowAggSession) sweep() {
	slices.Sort(w.empty)
	for _, kid := range slices.Compact(w.empty) {
		if len(w.byKey[kid]) == 0 {
			w.keys.Delete(kid)
		}
	}
	w.empty = w.empty[:0]
}

// Snapshot writes an entry a session: the window, the place and time of its timer in the
// heap, and the partials.
func (w *windowAggSession) Snapshot(wr state.Writer) error {
	if err := snapshotMark(w.ctx, wr, w.mark); err != nil {
		return err
	}
	st, codec := newKeyedState(w.ctx, "sessions", w.keyTypes), vec.NewRowCodec(w.aggs.partialTypes())
	var slots, kids []int32
	var places []int
	var seq []uint64
	for place, t := range w.timers.heap {
		if s := w.sessions[t.id]; s.into == t.id {
			slots, kids = append(slots, t.id), append(kids, s.key)
			places, seq = append(places, place), append(seq, uint64(place))
		}
	}
	partial := w.aggs.partial(slots)
	return st.write(wr, w.keys.Keys(kids), len(slots), seq, func(dst []byte, i int) []byte {
		s := w.sessions[slots[i]]
		dst = appendInt(appendInt(dst, s.start), s.end)
		dst = appendInt(appendInt(dst, int64(places[i])), w.timers.heap[places[i]].at)
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
	st, codec := newKeyedState(w.ctx, "sessions", w.keyTypes), vec.NewRowCodec(w.aggs.partialTypes())
	err = st.read(r, true, func(keys []*vec.Vec, values *vec.Rows) error {
		n := values.Len()
		kids, slots := make([]int32, n), make([]int32, n)
		w.keys.Find(keys, nil, kids, true)
		w.byKey = resized(w.byKey, w.keys.Cap())
		partial := vec.NewBatchBuilder(codec.Types(), n)
		for i, kid := range kids {
			e := entryReader{b: values.Row(i)}
			s := session{span: span{e.int(), e.int()}, key: kid}
			places = append(places, e.int())
			at := e.int()
			if e.bad {
				return st.corrupt()
			}
			slots[i] = w.newSlot(s)
			timers = append(timers, timer{at: at, id: slots[i]})
			list := w.byKey[kid]
			pos := 0
			for pos < len(list) && w.sessions[list[pos]].start < s.start {
				pos++
			}
			w.byKey[kid] = slices.Insert(list, pos, slots[i])
			if err := codec.Decode(e.b, partial.Cols); err != nil {
				return err
			}
			partial.EndRow(vec.Insert)
		}
		w.aggs.grow(len(w.sessions))
		w.aggs.merge(slots, partial.Finish().Cols)
		return nil
	})
	w.timers.restore(timers, places)
	return err
}
