package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
)

// windowAggEmit is GROUP BY over TUMBLE, HOP and CUMULATE windows that show results before their
// end (UPDATE_EVERY) and, of TUMBLE and HOP, before and after it (table.exec.emit.*), as Flink's AggregateWindowOperator with early and
// late firings. A key of a window shows its result
//
//   - with early firing, after every row, or every EarlyDelay of processing time;
//   - with Every, when the watermark passes a multiple of it from the window's start, if rows have come since;
//   - when the watermark reaches the window's last millisecond;
//   - with late firing, after every later row, or every LateDelay, for as long as lateness is
//     allowed; then the window is forgotten and later rows are dropped.
//
// The first result comes as +I, a changed one as -U (if wanted) and +U, an unchanged one
// not at all; a key all of whose rows were taken back as -D. Rows go one by one here, into
// every window they belong to, youngest first.
//
// State: accumulators and what was shown, by window and key; the timers; the watermark.
type windowAggEmit struct {
	windowInput
	emit     *physical.WindowEmit
	lateness int64
	open     map[span]int32
	windows  []*emitWindow
	free     []int32
	timers   timerHeap // of event time: firing and cleaning up
	periodic timerHeap // of processing time: early and late firing; of event time with Every
	out      *vec.BatchBuilder
	row      []int32
	id       []int32
}

// emitWindow is a window that is not forgotten.
type emitWindow struct {
	openWindow
	cleanup int64 // when it is forgotten
	groups  []emitGroup
	shown   *rowStore // results shown
	alive   int       // groups not forgotten
}

// emitGroup is a key of a window.
type emitGroup struct {
	live  bool
	fired bool  // at the window's end
	slot  int32 // of what was shown + 1, 0 = nothing
	next  int64 // the periodic firing that is due, 0 = none
}

func newWindowAggEmit(in windowInput) *windowAggEmit {
	e := in.spec.Emit
	w := &windowAggEmit{windowInput: in, emit: e, open: map[span]int32{}, row: make([]int32, 1), id: make([]int32, 1)}
	if e.Late {
		w.lateness = e.AllowLateness.Milliseconds()
	}
	w.out = vec.NewBatchBuilder(w.outTypes, 0)
	return w
}

// Process takes rows one by one into their windows.
func (w *windowAggEmit) Process(_ int, b *vec.Batch, out exec.Out) error {
	times, err := w.rowTimes(b)
	if err != nil {
		return err
	}
	keys := pick(b.Cols, w.spec.Keys)
	for i := range b.Len {
		slice := w.time.sliceEnd(w.time.local(times[i]))
		late := true
		first := w.time.firstEnd(slice)
		for end := w.time.lastEnd(slice); end >= first; end -= w.time.slide {
			ref := w.get(w.window(end))
			win := w.windows[ref]
			if win.cleanup <= w.mark {
				w.release(ref)
				continue
			}
			late = false
			w.row[0] = int32(i)
			win.table.Find(takeAll(keys, w.row), nil, w.id, true)
			if err := w.add(ref, w.id[0], b, times[i]); err != nil {
				return err
			}
		}
		if late {
			w.ctx.Counters.LateRows.Add(1)
		}
	}
	return w.give(out)
}

func (w *windowAggEmit) rowTimes(b *vec.Batch) ([]int64, error) {
	if w.spec.Window.Rowtime {
		return millis(b.Cols[w.spec.Window.Time], nil)
	}
	times := make([]int64, b.Len)
	for i := range times {
		times[i] = w.ctx.Now()
	}
	return times, nil
}

// get gives the index of a window, opening it if need be.
func (w *windowAggEmit) get(s span) int32 {
	ref, ok := w.open[s]
	if ok {
		return ref
	}
	win := &emitWindow{shown: newRowStore(w.outTypes[len(w.spec.Keys) : len(w.spec.Keys)+len(w.spec.Aggs)])}
	win.openWindow = openWindow{span: s, at: w.time.fires(s.end), table: vec.NewGroupTable(w.keyTypes), aggs: w.newAggs()}
	win.cleanup = w.time.trigger(s.end - 1 + w.lateness)
	if n := len(w.free); n > 0 {
		ref, w.free = w.free[n-1], w.free[:n-1]
		w.windows[ref] = win
	} else {
		ref = int32(len(w.windows))
		w.windows = append(w.windows, win)
	}
	w.open[s] = ref
	return ref
}

// release lets a window go that has no groups.
func (w *windowAggEmit) release(ref int32) {
	if win := w.windows[ref]; win.alive == 0 {
		delete(w.open, win.span)
		w.windows[ref] = nil
		w.free = append(w.free, ref)
	}
}

// group makes sure that a window knows a group.
func (w *windowAggEmit) group(win *emitWindow, id int32) *emitGroup {
	win.aggs.grow(win.table.Cap())
	win.groups = resized(win.groups, win.table.Cap())
	g := &win.groups[id]
	if !g.live {
		*g = emitGroup{live: true}
		win.alive++
	}
	return g
}

// add takes row w.row of b, whose time is at, into a group and decides whether it shows its result.
func (w *windowAggEmit) add(ref, id int32, b *vec.Batch, at int64) error {
	win := w.windows[ref]
	isNew := int(id) >= len(win.groups) || !win.groups[id].live
	g := w.group(win, id)
	w.accumulate(win.aggs, w.id, b, w.row)
	show := false
	switch {
	case g.fired:
		show = w.emit.Late && w.now(g, w.emit.LateDelay.Milliseconds(), ref, id)
	case w.eventTime() && win.at <= w.mark:
		show = true
	case w.emit.Every > 0:
		w.later(g, w.time.local(at), ref, id)
	case w.emit.Early:
		show = w.now(g, w.emit.EarlyDelay.Milliseconds(), ref, id)
	}
	if isNew {
		at := win.at
		if w.eventTime() && at <= w.mark {
			at = win.cleanup
		}
		w.timers.push(timer{at, id, ref})
		if at != win.cleanup {
			w.timers.push(timer{win.cleanup, id, ref})
		}
	}
	if show {
		return w.show(ref, id)
	}
	return nil
}

func (w *windowAggEmit) eventTime() bool { return w.spec.Window.Rowtime }

// now reports whether a group fires at once; if not, it makes the periodic timer.
func (w *windowAggEmit) now(g *emitGroup, delay int64, ref, id int32) bool {
	if delay == 0 {
		return true
	}
	if g.next == 0 {
		g.next = w.ctx.Now() + delay
		w.periodic.push(timer{g.next, id, ref})
	}
	return false
}

// later makes the timer of the next multiple of Every behind a row and the watermark, unless the group has an
// earlier one or the window ends first.
func (w *windowAggEmit) later(g *emitGroup, local int64, ref, id int32) {
	win := w.windows[ref]
	mark := local
	if w.mark != exec.MinWatermark {
		mark = max(local, w.time.local(w.mark)+1)
	}
	end := win.start + (mark-win.start)/w.emit.Every*w.emit.Every + w.emit.Every
	for end < win.end && w.time.fires(end) <= w.mark { // where clocks change
		end += w.emit.Every
	}
	if end >= win.end {
		return
	}
	if at := w.time.fires(end); g.next == 0 || at < g.next {
		g.next = at
		w.periodic.push(timer{at, id, ref})
	}
}

// show puts a group's result out, if it is another than the one shown.
func (w *windowAggEmit) show(ref, id int32) error {
	win := w.windows[ref]
	g := &win.groups[id]
	vals, err := win.aggs.result([]int32{id})
	if err != nil {
		return err
	}
	empty := false
	if w.spec.Retract {
		n := len(vals) - 1
		empty, vals = vals[n].Int64s()[0] == 0, vals[:n]
	}
	old := g.slot - 1
	switch {
	case old < 0 && empty:
	case old < 0:
		w.put(vec.Insert, win, id, vals, 0)
	case empty:
		w.put(vec.Delete, win, id, win.shown.gather([]int32{old}), 0)
		win.shown.remove(old)
		g.slot = 0
		return nil
	case win.shown.equal(old, vals, 0):
		return nil
	default:
		if w.spec.EmitUpdateBefore {
			w.put(vec.UpdateBefore, win, id, win.shown.gather([]int32{old}), 0)
		}
		w.put(vec.UpdateAfter, win, id, vals, 0)
		win.shown.remove(old)
	}
	if !empty {
		g.slot = win.shown.add(vals, 0) + 1
	}
	return nil
}

// put appends a result row.
func (w *windowAggEmit) put(kind vec.RowKind, win *emitWindow, id int32, vals []*vec.Vec, i int) {
	k := 0
	for _, v := range win.table.Keys([]int32{id}) {
		w.out.Cols[k].From(v, 0)
		k++
	}
	for _, v := range vals {
		w.out.Cols[k].From(v, i)
		k++
	}
	for _, p := range w.spec.Props {
		unit := int64(vec.Milli / vec.UnitOf(w.outTypes[k].Precision))
		w.out.Cols[k].Int64(w.propOf(p, win.span) * unit)
		k++
	}
	w.out.EndRow(kind)
}

// give emits the rows gathered in a call.
func (w *windowAggEmit) give(out exec.Out) error {
	return emitAll(w.out.Finish(), out)
}

// OnWatermark fires windows at their end and forgets those whose lateness is over.
func (w *windowAggEmit) OnWatermark(wm int64, out exec.Out) error {
	if !w.eventTime() {
		return nil
	}
	w.mark = wm
	for w.emit.Every > 0 && w.periodic.len() > 0 && w.periodic.next() <= wm {
		t := w.periodic.pop()
		if err := w.fire(t.at - 1); err != nil { // what ends before
			return err
		}
		win := w.windows[t.ref]
		if win == nil || int(t.id) >= len(win.groups) || win.groups[t.id].next != t.at {
			continue // the window is gone, or it has shown its result
		}
		win.groups[t.id].next = 0
		if err := w.show(t.ref, t.id); err != nil {
			return err
		}
	}
	if err := w.fire(wm); err != nil {
		return err
	}
	return w.give(out)
}

// fire handles the timers up to now.
func (w *windowAggEmit) fire(now int64) error {
	for w.timers.len() > 0 && w.timers.next() <= now {
		t := w.timers.pop()
		win := w.windows[t.ref]
		g := &win.groups[t.id]
		if t.at == win.at {
			g.fired, g.next = true, 0
			if err := w.show(t.ref, t.id); err != nil {
				return err
			}
		}
		if t.at == win.cleanup {
			w.forget(t.ref, t.id)
		}
	}
	return nil
}

// forget lets a group go.
func (w *windowAggEmit) forget(ref, id int32) {
	win := w.windows[ref]
	if slot := win.groups[id].slot; slot > 0 {
		win.shown.remove(slot - 1)
	}
	win.groups[id] = emitGroup{}
	win.alive--
	w.release(ref)
}

// NextTimer gives the next periodic firing, or firing of a window of processing time.
func (w *windowAggEmit) NextTimer() int64 {
	next := int64(exec.MaxWatermark)
	if w.periodic.len() > 0 && w.emit.Every == 0 {
		next = w.periodic.next()
	}
	if !w.eventTime() && w.timers.len() > 0 {
		next = min(next, w.timers.next())
	}
	return next
}

// OnTimer fires what is due by processing time.
func (w *windowAggEmit) OnTimer(now int64, out exec.Out) error {
	for w.emit.Every == 0 && w.periodic.len() > 0 && w.periodic.next() <= now {
		t := w.periodic.pop()
		win := w.windows[t.ref]
		if win == nil || int(t.id) >= len(win.groups) || win.groups[t.id].next != t.at {
			continue // the window is gone, or its end came first
		}
		g := &win.groups[t.id]
		delay := w.emit.EarlyDelay
		if g.fired {
			delay = w.emit.LateDelay
		}
		g.next = t.at + delay.Milliseconds()
		w.periodic.push(timer{g.next, t.id, t.ref})
		if err := w.show(t.ref, t.id); err != nil {
			return err
		}
	}
	if !w.eventTime() {
		if err := w.fire(now); err != nil {
			return err
		}
	}
	return w.give(out)
}

// Snapshot writes an entry a window and key (window, flags, periodic firing, partials, what was
// shown) and one a timer.
func (w *windowAggEmit) Snapshot(wr state.Writer) error {
	if err := snapshotMark(w.ctx, wr, w.mark); err != nil {
		return err
	}
	st := newKeyedState(w.ctx, "windows", w.keyTypes)
	seq := uint64(0)
	for _, win := range w.windows {
		if win == nil {
			continue
		}
		var ids, slots []int32
		var order []uint64
		for id, g := range win.groups {
			if g.live {
				ids, slots, order = append(ids, int32(id)), append(slots, g.slot-1), append(order, seq)
				seq++
			}
		}
		partial, shown := win.aggs.partial(ids), win.shown.gather(slots)
		codec, shownCodec := vec.NewRowCodec(win.aggs.partialTypes()), vec.NewRowCodec(win.shown.ts)
		err := st.write(wr, win.table.Keys(ids), len(ids), order, func(dst []byte, i int) []byte {
			g := win.groups[ids[i]]
			flags := int64(0)
			if g.fired {
				flags |= 1
			}
			if g.slot > 0 {
				flags |= 2
			}
			for _, x := range []int64{win.start, win.end, flags, g.next} {
				dst = appendInt(dst, x)
			}
			dst = appendBytes(dst, shownCodec.AppendRow(nil, shown, i))
			return codec.AppendRow(dst, partial, i)
		})
		if err != nil {
			return err
		}
	}
	if err := w.snapshotHeap(wr, "timers", &w.timers); err != nil {
		return err
	}
	return w.snapshotHeap(wr, "periodic", &w.periodic)
}

// snapshotHeap writes timers with their windows.
func (w *windowAggEmit) snapshotHeap(wr state.Writer, part string, h *timerHeap) error {
	st := newKeyedState(w.ctx, part, w.keyTypes)
	for place, t := range h.heap {
		win := w.windows[t.ref]
		if win == nil || int(t.id) >= len(win.groups) || !win.groups[t.id].live {
			continue
		}
		err := st.write(wr, win.table.Keys([]int32{t.id}), 1, []uint64{uint64(place)}, func(dst []byte, _ int) []byte {
			return appendInt(appendInt(appendInt(appendInt(dst, win.start), win.end), t.at), int64(place))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Restore reads them back.
func (w *windowAggEmit) Restore(r state.Reader) error {
	var err error
	if w.mark, err = restoreMark(w.ctx, r); err != nil {
		return err
	}
	codec := vec.NewRowCodec(w.newAggs().partialTypes())
	st := newKeyedState(w.ctx, "windows", w.keyTypes)
	err = st.read(r, true, func(keys []*vec.Vec, values *vec.Rows) error {
		for i := range values.Len() {
			if err := w.restoreGroup(st, codec, takeAll(keys, []int32{int32(i)}), values.Row(i)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := w.restoreHeap(r, "timers", &w.timers); err != nil {
		return err
	}
	return w.restoreHeap(r, "periodic", &w.periodic)
}

func (w *windowAggEmit) restoreGroup(st *keyedState, codec *vec.RowCodec, key []*vec.Vec, value []byte) error {
	e := entryReader{b: value}
	win := w.windows[w.get(span{e.int(), e.int()})]
	flags, next := e.int(), e.int()
	shownRow := e.bytes()
	if e.bad {
		return st.corrupt()
	}
	id := make([]int32, 1)
	win.table.Find(key, nil, id, true)
	g := w.group(win, id[0])
	g.fired, g.next = flags&1 != 0, next
	cols, err := decodeRow(codec, e.b)
	if err != nil {
		return err
	}
	win.aggs.merge(id, cols)
	if flags&2 != 0 {
		shown, err := decodeRow(vec.NewRowCodec(win.shown.ts), shownRow)
		if err != nil {
			return err
		}
		g.slot = win.shown.add(shown, 0) + 1
	}
	return nil
}

// decodeRow gives one encoded row as columns.
func decodeRow(codec *vec.RowCodec, row []byte) ([]*vec.Vec, error) {
	b := vec.NewBatchBuilder(codec.Types(), 1)
	if err := codec.Decode(row, b.Cols); err != nil {
		return nil, err
	}
	cols := make([]*vec.Vec, len(b.Cols))
	for c, k := range b.Cols {
		cols[c] = k.Finish()
	}
	return cols, nil
}

func (w *windowAggEmit) restoreHeap(r state.Reader, part string, h *timerHeap) error {
	var timers []timer
	var places []int64
	st := newKeyedState(w.ctx, part, w.keyTypes)
	err := st.read(r, true, func(keys []*vec.Vec, values *vec.Rows) error {
		for i := range values.Len() {
			e := entryReader{b: values.Row(i)}
			ref := w.get(span{e.int(), e.int()})
			id := make([]int32, 1)
			w.windows[ref].table.Find(takeAll(keys, []int32{int32(i)}), nil, id, true)
			w.group(w.windows[ref], id[0])
			timers, places = append(timers, timer{e.int(), id[0], ref}), append(places, e.int())
			if e.bad {
				return st.corrupt()
			}
		}
		return nil
	})
	h.restore(timers, places)
	return err
}
