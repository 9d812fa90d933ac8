package op

import (
	"cmp"
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
)

// windowAggTumble is GROUP BY over windows that share nothing with each other: TUMBLE, and
// windows that rows carry already. Every open window has a table of its keys with
// their accumulators, which is let go as a whole when it has fired.
//
// Event time: a window fires when the watermark reaches its last millisecond; later
// rows of it are dropped and counted as late. Processing time: it fires when the
// clock does. Its keys come out in the order in which Flink's timers fire. Output
// is insert-only; rows of the input that take back are taken out of the accumulators, and
// a key without rows left is not put out. NULL is a key like any other; a NULL time
// is an error.
//
// State: the accumulators of the open windows and the watermark.
type windowAggTumble struct {
	windowInput
	open    map[span]int32 // index into windows
	windows []*openWindow
	free    []int32
	timers  timerHeap
	fresh   []freshTimer
	ids     []int32
}

// openWindow is a window that has not fired.
type openWindow struct {
	span
	at    int64 // when it fires
	table *vec.GroupTable
	aggs  *aggSet
}

// freshTimer is the timer of a group that row made.
type freshTimer struct {
	row int32
	timer
}

func newWindowAggTumble(in windowInput) *windowAggTumble {
	return &windowAggTumble{windowInput: in, open: map[span]int32{}}
}

// Process takes rows into their windows.
func (w *windowAggTumble) Process(_ int, b *vec.Batch, _ exec.Out) error {
	if w.spec.Phase != physical.Global {
		if b = timed(w.ctx, b, w.spec.Window); b.Len == 0 {
			return nil
		}
	}
	if err := w.assign(b, func(s span) bool { return w.fired(s.end) }); err != nil {
		return err
	}
	w.fresh = w.fresh[:0]
	for k, s := range w.spans {
		ref := w.get(s)
		w.timers.see(w.windows[ref].at)
		w.add(ref, b, w.rows(k))
	}
	if len(w.spans) > 1 {
		slices.SortFunc(w.fresh, func(a, b freshTimer) int { return cmp.Compare(a.row, b.row) })
	}
	for _, f := range w.fresh {
		if w.spec.Legacy || !w.spec.Window.Rowtime {
			w.timers.push(f.timer)
		} else {
			w.timers.hold(f.timer)
		}
	}
	return nil
}

// get gives the index of an open window, opening it if need be.
func (w *windowAggTumble) get(s span) int32 {
	if w.spec.Window.Kind == physical.Tumble {
		s = w.window(s.end)
	}
	ref, ok := w.open[s]
	if !ok {
		win := &openWindow{span: s, at: w.time.fires(s.end), table: vec.NewGroupTable(w.keyTypes), aggs: w.newAggs()}
		if n := len(w.free); n > 0 {
			ref, w.free = w.free[n-1], w.free[:n-1]
			w.windows[ref] = win
		} else {
			ref = int32(len(w.windows))
			w.windows = append(w.windows, win)
		}
		w.open[s] = ref
	}
	return ref
}

// add takes rows into a window and notes the timers of new keys.
func (w *windowAggTumble) add(ref int32, b *vec.Batch, rows []int32) {
	win := w.windows[ref]
	n := b.Len
	if rows != nil {
		n = len(rows)
	}
	w.ids = scratch(w.ids, n)
	next := int32(win.table.Cap())
	win.table.Find(w.keyColumns(b, rows), nil, w.ids, true)
	if win.table.Cap() > int(next) {
		win.aggs.grow(win.table.Cap())
		for j, id := range w.ids {
			if id == next {
				w.fresh = append(w.fresh, freshTimer{int32(rowAt(rows, j)), timer{win.at, id, ref}})
				next++
			}
		}
	}
	w.accumulate(win.aggs, w.ids, b, rows)
}

// OnWatermark fires the windows that the watermark has passed.
func (w *windowAggTumble) OnWatermark(wm int64, out exec.Out) error {
	if !w.spec.Window.Rowtime {
		return nil
	}
	w.mark = wm
	w.timers.release(wm)
	return w.fire(wm, out)
}

// NextTimer gives when the next window fires by processing time.
func (w *windowAggTumble) NextTimer() int64 {
	if w.spec.Window.Rowtime || w.timers.len() == 0 {
		return exec.MaxWatermark
	}
	return w.timers.next()
}

// OnTimer fires the windows that processing time has passed.
func (w *windowAggTumble) OnTimer(now int64, out exec.Out) error { return w.fire(now, out) }

func (w *windowAggTumble) fire(now int64, out exec.Out) error {
	ref, ids := int32(-1), w.ids[:0]
	for w.timers.len() > 0 && w.timers.next() <= now {
		t := w.timers.pop()
		if t.ref != ref || len(ids) == vec.BatchSize {
			if err := w.put(ref, ids, out); err != nil {
				return err
			}
			ref, ids = t.ref, ids[:0]
		}
		ids = append(ids, t.id)
	}
	if err := w.put(ref, ids, out); err != nil {
		return err
	}
	w.ids = ids
	for s, ref := range w.open {
		if w.windows[ref].at <= now {
			delete(w.open, s)
			w.windows[ref] = nil
			w.free = append(w.free, ref)
		}
	}
	return nil
}

// put emits keys of one window.
func (w *windowAggTumble) put(ref int32, ids []int32, out exec.Out) error {
	if len(ids) == 0 {
		return nil
	}
	win := w.windows[ref]
	return w.emit(win.span, win.table.Keys(ids), win.aggs, ids, out)
}

// Bytes is the memory held, roughly.
func (w *windowAggTumble) Bytes() int64 {
	n := int64(cap(w.timers.heap)+cap(w.timers.held)) * 16
	for _, win := range w.windows {
		if win != nil {
			n += win.table.Bytes() + win.aggs.Bytes()
		}
	}
	return n
}

// Snapshot writes an entry a key and window: the window, the place of its timer in the
// heap (below 0: among those that wait for it) and the partials.
func (w *windowAggTumble) Snapshot(wr state.Writer) error {
	if err := snapshotMark(w.ctx, wr, w.mark); err != nil {
		return err
	}
	if err := snapshotSeen(w.ctx, wr, &w.timers); err != nil {
		return err
	}
	st := newKeyedState(w.ctx, "windows", w.keyTypes)
	// Timers by window, so that each window's keys are written together.
	places := make([][]int, len(w.windows))
	timers := w.timers.all()
	for at, t := range timers {
		places[t.ref] = append(places[t.ref], at)
	}
	seq := uint64(0)
	for ref, win := range w.windows {
		if win == nil || len(places[ref]) == 0 {
			continue
		}
		ids, order := make([]int32, len(places[ref])), make([]uint64, len(places[ref]))
		for j, at := range places[ref] {
			ids[j], order[j] = timers[at].id, seq
			seq++
		}
		partial, codec := win.aggs.partial(ids), vec.NewRowCodec(win.aggs.partialTypes())
		err := st.write(wr, win.table.Keys(ids), len(ids), order, func(dst []byte, i int) []byte {
			dst = appendInt(appendInt(appendInt(dst, win.start), win.end), w.timers.place(places[ref][i]))
			return codec.AppendRow(dst, partial, i)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Restore reads the windows of the subtask's key groups.
func (w *windowAggTumble) Restore(r state.Reader) error {
	var err error
	if w.mark, err = restoreMark(w.ctx, r); err != nil {
		return err
	}
	var timers []timer
	var places, kept []int64
	read := 0
	st, codec := newKeyedState(w.ctx, "windows", w.keyTypes), vec.NewRowCodec(w.newAggs().partialTypes())
	err = st.read(r, true, func(keys []*vec.Vec, values *vec.Rows) error {
		n := values.Len()
		refs := make([]int32, n)
		partial := vec.NewBatchBuilder(codec.Types(), n)
		for i := range n {
			e := entryReader{b: values.Row(i)}
			s := span{e.int(), e.int()}
			places = append(places, e.int())
			if e.bad {
				return st.corrupt()
			}
			refs[i] = w.get(s)
			if err := codec.Decode(e.b, partial.Cols); err != nil {
				return err
			}
			partial.EndRow(vec.Insert)
		}
		b := partial.Finish()
		var parts vec.Partitions
		parts.Split(refs, len(w.windows))
		ids := make([]int32, n)
		for ref, win := range w.windows {
			rows := parts.Part(ref)
			if len(rows) == 0 {
				continue
			}
			some := make([]int32, len(rows))
			next := int32(win.table.Cap())
			win.table.Find(takeAll(keys, rows), nil, some, true)
			win.aggs.grow(win.table.Cap())
			win.aggs.merge(some, takeAll(b.Cols, rows))
			for j, i := range rows {
				if ids[i] = some[j]; some[j] == next {
					next++
				} else {
					ids[i] = -1 // it has a timer, from another part of spilled state
				}
			}
		}
		for i, id := range ids {
			if place := read + i; id >= 0 {
				timers, kept = append(timers, timer{w.windows[refs[i]].at, id, refs[i]}), append(kept, places[place])
			}
		}
		read += n
		return nil
	})
	w.timers.restore(timers, kept)
	if err != nil {
		return err
	}
	return restoreSeen(w.ctx, r, &w.timers)
}
