package op

import (
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
)

// windowAggShared is GROUP BY over windows that overlap: HOP and CUMULATE, and several
// windows at once over the same rows and keys. A row updates one pane, however many windows
// it belongs to; each kind of window puts its panes together when it fires
// (slidingWindow, windowSums).
//
// Lateness: a row is late when the last window of its pane has fired. Before that it
// counts for the windows still to come. What is said of windowAggTumble about
// watermarks, processing time, rows that take back, and NULL holds here too.
//
// State: the entries of panes, what CUMULATE has gathered, the timers, the watermark.
type windowAggShared struct {
	windowInput
	keys    *vec.GroupTable
	refs    []int32 // by key: entries, timers and sums that hold it; at 0 the key is forgotten
	dead    []int32 // keys that may be referred to no more
	panes   *panes
	windows []*slidingWindow
	kids    []int32
	ids     []int32

	entryKids []int32
}

// manyKeys is the number of keys from which on a window gives its keys in the order in
// which they came, instead of in the order of Flink's timers, which costs more than the window.
const manyKeys = 4096

func newWindowAggShared(in windowInput) *windowAggShared {
	w := &windowAggShared{windowInput: in, keys: vec.NewGroupTable(in.keyTypes)}
	w.panes = newPanes(w.newAggs(), in.spec.Retract)
	return w
}

// Open makes the windows, which need the time zone.
func (w *windowAggShared) Open(ctx *exec.Context) error {
	if err := w.windowInput.Open(ctx); err != nil {
		return err
	}
	if w.spec.Shared == nil {
		w.windows = []*slidingWindow{newSlidingWindow(w, 0, w.time, !ctx.Batch)}
		return nil
	}
	for i, win := range w.spec.Shared {
		t := newWindowTime(win, w.time.localTime)
		t.slice = w.time.size // the operator's own window is the pane
		w.windows = append(w.windows, newSlidingWindow(w, i, t, false))
	}
	return nil
}

// Process takes rows into their panes.
func (w *windowAggShared) Process(_ int, b *vec.Batch, _ exec.Out) error {
	if w.spec.Phase != physical.Global {
		if b = timed(w.ctx, b, w.spec.Window); b.Len == 0 {
			return nil
		}
	}
	if err := w.assign(b, func(s span) bool {
		return !slices.ContainsFunc(w.windows, func(x *slidingWindow) bool { return !w.fired(x.time.lastEnd(s.end)) })
	}); err != nil {
		return err
	}
	for k, s := range w.spans {
		w.addRows(s.end, b, w.rows(k))
	}
	for _, x := range w.windows {
		x.registerAll(len(w.spans) > 1)
	}
	if w.keys.Len() > manyKeys {
		for _, x := range w.windows {
			x.giveUpTimers()
		}
	}
	return nil
}

// addRows takes rows into a pane.
func (w *windowAggShared) addRows(end int64, b *vec.Batch, rows []int32) {
	n := b.Len
	if rows != nil {
		n = len(rows)
	}
	w.kids, w.ids = scratch(w.kids, n), scratch(w.ids, n)
	w.keys.Find(w.keyColumns(b, rows), nil, w.kids, true)
	w.growKeys()

	late := false // windows with this pane have fired
	for _, x := range w.windows {
		late = x.begin(end) || late
	}
	at := end
	if late && len(w.windows) == 1 {
		at = w.windows[0].target()
	}
	w.panes.find(w.kids, at, w.ids, func(j int) {
		w.refs[w.kids[j]]++
		for _, x := range w.windows {
			x.note(int32(rowAt(rows, j)), w.kids[j])
		}
	})
	var changed []int32
	if late {
		changed = slices.Clone(w.ids)
		slices.Sort(changed)
		changed = slices.Compact(changed)
		for _, x := range w.windows {
			x.late(w.kids, rows)
			x.sums.change(changed, false)
		}
	}
	w.accumulate(w.panes.aggs, w.ids, b, rows)
	w.countRows(b, rows)
	if late {
		for _, x := range w.windows {
			x.sums.change(changed, true)
		}
	}
}

// countRows counts the rows of entries if rows may be taken back.
func (w *windowAggShared) countRows(b *vec.Batch, rows []int32) {
	if !w.spec.Retract {
		return
	}
	var counts []int64
	if w.spec.Phase == physical.Global {
		counts = b.Cols[len(b.Cols)-2].Int64s() // the partial of the last call, COUNT(*)
	}
	for j, e := range w.ids {
		switch i := rowAt(rows, j); {
		case counts != nil:
			w.panes.rows[e] += counts[i]
		case b.Kind(int(i)).Adds():
			w.panes.rows[e]++
		default:
			w.panes.rows[e]--
		}
	}
}

// growKeys makes room for new keys.
func (w *windowAggShared) growKeys() {
	w.refs = resized(w.refs, w.keys.Cap())
	w.panes.grow(w.keys.Cap())
}

// unref takes note that something refers to a key no more.
func (w *windowAggShared) unref(kid int32) {
	if w.refs[kid]--; w.refs[kid] == 0 {
		w.dead = append(w.dead, kid)
	}
}

// OnWatermark fires the windows that the watermark has passed.
func (w *windowAggShared) OnWatermark(wm int64, out exec.Out) error {
	if !w.spec.Window.Rowtime {
		return nil
	}
	before := w.mark
	for _, x := range w.windows {
		x.flush(before, wm)
	}
	w.mark = wm
	return w.fire(wm, out)
}

// NextTimer gives when the next window fires by processing time.
func (w *windowAggShared) NextTimer() int64 {
	next := int64(exec.MaxWatermark)
	if w.spec.Window.Rowtime {
		return next
	}
	for _, x := range w.windows {
		next = min(next, x.next())
	}
	return next
}

// OnTimer fires the windows that processing time has passed.
func (w *windowAggShared) OnTimer(now int64, out exec.Out) error { return w.fire(now, out) }

// fire fires the windows up to now and lets go the panes that none needs any more.
func (w *windowAggShared) fire(now int64, out exec.Out) error {
	needless := int64(exec.MaxWatermark)
	for i, x := range w.windows {
		if i == 0 || w.spec.Pivot == nil {
			if err := x.fire(now, out); err != nil {
				return err
			}
		}
		needless = min(needless, x.needless(now))
	}
	for _, x := range w.windows {
		x.sums.leave(needless)
	}
	w.panes.drop(needless, w.unref)
	slices.Sort(w.dead)
	for _, kid := range slices.Compact(w.dead) {
		if w.refs[kid] == 0 {
			w.keys.Delete(kid)
		}
	}
	w.dead = w.dead[:0]
	return nil
}

// Bytes is the memory held, roughly.
func (w *windowAggShared) Bytes() int64 { return w.keys.Bytes() + w.panes.Bytes() }
