package op

import (
	"cmp"
	"math"
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
)

// slidingWindow is one kind of window of a windowAggShared: which of its windows fire when,
// with which keys.
//
// With timers the keys of a window come out in the order in which Flink's timers fire, one a
// key and window. A new key of a pane makes the timer of the first window with the pane
// that has not fired, but only when the watermark passes the end of some pane, which is
// when Flink looks into its buffer; timers of rows that are late for some windows go first.
// A window that fires makes the timer of the next one, for HOP as long as the key has
// rows in it, for CUMULATE until the longest window. The timers of legacy windows
// and of processing time are made at once, of legacy HOP for all windows of a row.
//
// Without timers (many keys, several windows, batch) the keys of a window come out in
// the order in which they came.
type slidingWindow struct {
	w     *windowAggShared
	index int
	time  windowTime
	sums  windowSums

	timers  timerHeap
	pending map[int64]*pendingWindow // by end: which keys have a timer; nil = no timers
	byRef   []*pendingWindow
	free    []int32
	fresh   []freshTimer // timers to make, of the rows of a batch; at is the end of the window
	waiting []freshTimer // those that wait until a watermark passes the end of a pane

	first  int64 // the first window of the pane at hand that has not fired
	pane   int64 // the pane at hand
	isLate bool  // windows with it have fired

	live   []int32 // without timers: keys that may have rows in the next window
	isLive []bool  // by key
	done   int64   // the end of the last window that fired
	seen   int64   // panes up to here are in live
}

// pendingWindow is a window that some key has a timer for.
type pendingWindow struct {
	end, at int64
	ref     int32
	keys    []uint64 // bit set over key ids
	n       int
}

func newSlidingWindow(w *windowAggShared, index int, t windowTime, timers bool) *slidingWindow {
	x := &slidingWindow{w: w, index: index, time: t, done: math.MinInt64, seen: math.MinInt64}
	x.sums = w.newWindowSums(&x.time)
	if timers {
		x.pending = map[int64]*pendingWindow{}
	}
	return x
}

// begin looks at a pane that takes rows and reports whether windows with it have fired.
func (x *slidingWindow) begin(pane int64) bool {
	x.pane, x.first = pane, x.time.firstEnd(pane)
	x.isLate = x.w.fired(x.first)
	for last := x.time.lastEnd(pane); x.first <= last && x.w.fired(x.first); {
		x.first += x.time.slide
	}
	if x.isLate {
		x.timers.see(math.MinInt64)
	} else { // the first window of a pane ends with it
		x.timers.see(x.time.fires(x.first))
	}
	return x.isLate
}

// target gives the pane that late rows go to: of CUMULATE, which has gathered the panes
// of windows that fired, the next one.
func (x *slidingWindow) target() int64 {
	if x.time.kind == physical.Cumulate {
		return x.first
	}
	return x.pane
}

// note takes note of a new entry.
func (x *slidingWindow) note(row, kid int32) {
	switch {
	case x.pending == nil:
		return
	case x.w.spec.Legacy && x.time.kind == physical.Hop:
		for end := x.time.lastEnd(x.pane); end >= x.first; end -= x.time.slide {
			x.fresh = append(x.fresh, freshTimer{row, timer{at: end, id: kid}})
		}
	case !x.isLate:
		x.fresh = append(x.fresh, freshTimer{row, timer{at: x.first, id: kid}})
	}
}

// late makes timers for late rows, also of entries that are not new.
func (x *slidingWindow) late(kids, rows []int32) {
	if !x.isLate || x.w.fired(x.time.lastEnd(x.pane)) {
		return
	}
	for j, kid := range kids {
		if x.pending == nil {
			x.revive(kid)
		} else if !x.w.spec.Legacy {
			x.fresh = append(x.fresh, freshTimer{int32(rowAt(rows, j)), timer{at: x.first, id: kid, ref: 1}})
		}
	}
}

// registerAll makes the timers of a batch, or lets them wait.
func (x *slidingWindow) registerAll(mixed bool) {
	if mixed {
		slices.SortStableFunc(x.fresh, func(a, b freshTimer) int { return cmp.Compare(a.row, b.row) })
	}
	if x.w.spec.Legacy || !x.w.spec.Window.Rowtime {
		for _, f := range x.fresh {
			x.register(f.at, f.id)
		}
	} else {
		for _, f := range x.fresh {
			x.wait(f)
		}
	}
	x.fresh = x.fresh[:0]
}

func (x *slidingWindow) wait(f freshTimer) {
	x.waiting = append(x.waiting, f)
	x.w.refs[f.id]++
}

// flush makes the timers that wait if the watermark, which was at before, passes the end
// of a pane that has one.
func (x *slidingWindow) flush(before, wm int64) {
	if x.pending == nil || !x.timers.seen || x.timers.first > wm || wm < x.nextBoundary(before) {
		return
	}
	for _, late := range []int32{1, 0} {
		for _, f := range x.waiting {
			if f.ref == late {
				x.register(f.at, f.id)
			}
		}
	}
	for _, f := range x.waiting {
		x.w.unref(f.id)
	}
	x.waiting, x.timers.seen = x.waiting[:0], false
}

// nextBoundary gives the first watermark behind another at which a pane may end.
func (x *slidingWindow) nextBoundary(wm int64) int64 {
	if wm == exec.MinWatermark {
		return wm
	}
	if wm == exec.MaxWatermark {
		return wm
	}
	end := x.time.sliceEnd(x.time.local(wm))
	if at := x.time.fires(end); at > wm {
		return at
	}
	return x.time.fires(end + x.time.slice)
}

// register makes the timer of a key and window, unless there is one.
func (x *slidingWindow) register(end int64, kid int32) {
	p := x.pendingAt(end)
	word, bit := int(kid>>6), uint64(1)<<(kid&63)
	if word >= len(p.keys) {
		p.keys = resized(p.keys, max(word+1, len(x.w.refs)/64+1))
	}
	if p.keys[word]&bit != 0 {
		return
	}
	p.keys[word] |= bit
	p.n++
	x.w.refs[kid]++
	x.timers.push(timer{p.at, kid, p.ref})
}

// pendingAt gives the pending window of an end.
func (x *slidingWindow) pendingAt(end int64) *pendingWindow {
	p := x.pending[end]
	if p == nil {
		p = &pendingWindow{end: end, at: x.time.fires(end)}
		if n := len(x.free); n > 0 {
			p.ref, x.free = x.free[n-1], x.free[:n-1]
			x.byRef[p.ref] = p
		} else {
			p.ref = int32(len(x.byRef))
			x.byRef = append(x.byRef, p)
		}
		x.pending[end] = p
	}
	return p
}

// unregister takes note that a timer has fired.
func (x *slidingWindow) unregister(t timer) {
	p := x.byRef[t.ref]
	p.keys[t.id>>6] &^= 1 << (t.id & 63)
	x.w.unref(t.id)
	if p.n--; p.n == 0 {
		delete(x.pending, p.end)
		x.byRef[t.ref] = nil
		x.free = append(x.free, t.ref)
	}
}

// giveUpTimers goes on without timers.
func (x *slidingWindow) giveUpTimers() {
	if x.pending == nil {
		return
	}
	for _, t := range x.timers.heap {
		x.unregister(t)
	}
	for _, f := range x.waiting {
		x.w.unref(f.id)
	}
	x.timers, x.pending, x.byRef, x.waiting = timerHeap{}, nil, nil, nil
	x.startAt(x.w.mark)
}

// startAt says that windows up to a time have fired, and that any key may be in the next.
func (x *slidingWindow) startAt(now int64) {
	if x.w.spec.Window.Rowtime {
		x.done = max(x.done, x.lastFired(now))
	}
	x.seen = x.done
	for kid, n := range x.w.refs {
		if n > 0 {
			x.revive(int32(kid))
		}
	}
}

// revive says that a key may have rows in the next window.
func (x *slidingWindow) revive(kid int32) {
	x.isLive = resized(x.isLive, max(len(x.isLive), x.w.keys.Cap()))
	if !x.isLive[kid] {
		x.isLive[kid] = true
		x.live = append(x.live, kid)
	}
}

// lastFired gives the end of the last window that has fired at a time.
func (x *slidingWindow) lastFired(now int64) int64 {
	if now == exec.MaxWatermark || now == exec.MinWatermark {
		return now
	}
	end := x.time.lastEndUpTo(x.time.local(now) + 1)
	for x.time.fires(end) > now {
		end -= x.time.slide
	}
	for x.time.fires(end+x.time.slide) <= now {
		end += x.time.slide
	}
	return end
}

// needless gives the end up to which panes are in no window that fires after now.
func (x *slidingWindow) needless(now int64) int64 {
	switch last := x.lastFired(now); {
	case last == exec.MaxWatermark || last == exec.MinWatermark:
		return last
	case x.time.kind == physical.Hop:
		return last + x.time.slide - x.time.size
	default:
		return last
	}
}

// next gives when the next window fires.
func (x *slidingWindow) next() int64 {
	if x.pending != nil {
		if x.timers.len() == 0 {
			return exec.MaxWatermark
		}
		return x.timers.next()
	}
	if end, ok := x.nextEnd(); ok {
		return x.time.fires(end)
	}
	return exec.MaxWatermark
}

// fire fires the windows up to now.
func (x *slidingWindow) fire(now int64, out exec.Out) error {
	if x.pending == nil {
		for {
			end, ok := x.nextEnd()
			if !ok || x.time.fires(end) > now {
				return nil
			}
			if err := x.fireLive(end, out); err != nil {
				return err
			}
		}
	}
	var ends []int64 // windows that fire at one instant: more than one where clocks change
	kids := map[int64][]int32{}
	for x.timers.len() > 0 && x.timers.next() <= now {
		at := x.timers.next()
		ends = ends[:0]
		for x.timers.len() > 0 && x.timers.next() == at {
			t := x.timers.pop()
			end := x.byRef[t.ref].end
			if !slices.Contains(ends, end) {
				ends = append(ends, end)
			}
			if x.goesOn(t.id, end) {
				kids[end] = append(kids[end], t.id)
			}
			x.unregister(t)
		}
		slices.Sort(ends)
		for _, end := range ends {
			x.sums.move(end)
			x.done = max(x.done, end)
			if err := x.put(end, slices.DeleteFunc(kids[end], func(kid int32) bool { return !x.sums.has(kid) }), out); err != nil {
				return err
			}
			delete(kids, end)
		}
	}
	return nil
}

// goesOn reports whether a key whose timer of a window has fired is in it, and makes the
// timer of the next window.
func (x *slidingWindow) goesOn(kid int32, end int64) bool {
	next := end + x.time.slide
	if x.time.kind != physical.Hop {
		if next <= x.time.lastEnd(end) {
			x.register(next, kid)
		}
		return true
	}
	has := x.w.panes.has(kid, end-x.time.size, end)
	if has && !x.w.spec.Legacy {
		x.register(next, kid)
	}
	return has
}

// nextEnd gives the next window that may have keys.
func (x *slidingWindow) nextEnd() (int64, bool) {
	if len(x.live) > 0 && x.done != math.MinInt64 {
		return x.done + x.time.slide, true
	}
	pane, ok := x.w.panes.after(x.seen)
	if !ok {
		return 0, false
	}
	end := x.time.firstEnd(pane)
	if x.done != math.MinInt64 {
		end = max(end, x.done+x.time.slide)
	}
	if end > x.time.lastEnd(pane) { // the pane is in no window to come
		x.seen = pane
		return x.nextEnd()
	}
	return end, true
}

// fireLive fires a window without timers.
func (x *slidingWindow) fireLive(end int64, out exec.Out) error {
	lo := x.time.start(end)
	x.w.panes.between(max(x.seen, lo), end, func(entries []int32) {
		for _, e := range entries {
			x.revive(x.w.panes.kid[e])
		}
	})
	x.seen, x.done = max(x.seen, end), end
	x.sums.move(end)
	kids := x.live[:0:0]
	n := 0
	for _, kid := range x.live {
		if x.sums.has(kid) {
			kids = append(kids, kid)
			x.live[n] = kid
			n++
		} else {
			x.isLive[kid] = false
		}
	}
	x.live = x.live[:n]
	return x.put(end, kids, out)
}

// put emits keys of a window.
func (x *slidingWindow) put(end int64, kids []int32, out exec.Out) error {
	w := x.w
	w.index = int64(x.index)
	if w.spec.Pivot != nil {
		for _, other := range w.windows[1:] {
			other.sums.move(end)
		}
	}
	for lo := 0; lo < len(kids); lo += vec.BatchSize {
		part := kids[lo:min(lo+vec.BatchSize, len(kids))]
		aggs, ids := x.sums.result(part)
		if w.spec.Pivot != nil {
			if err := w.putPivot(end, part, aggs, ids, out); err != nil {
				return err
			}
			continue
		}
		if err := w.emit(span{x.time.start(end), end}, w.keys.Keys(part), aggs, ids, out); err != nil {
			return err
		}
	}
	return nil
}

// putPivot emits the windows of keys that end together, each key's as one row. A window in
// which the key has no rows gives what no rows give.
func (w *windowAggShared) putPivot(end int64, kids []int32, aggs *aggSet, ids []int32, out exec.Out) error {
	results := make([][]*vec.Vec, len(w.windows))
	for i, x := range w.windows {
		if i > 0 {
			aggs, ids = x.sums.result(kids)
		}
		var err error
		if results[i], err = aggs.result(ids); err != nil {
			return err
		}
	}
	cols := w.keys.Keys(kids)
	for _, p := range w.spec.Pivot {
		cols = append(cols, results[p.Window][p.Call])
	}
	win := span{w.windows[0].time.start(end), end}
	for _, p := range w.spec.Props {
		cols = append(cols, w.propColumn(p, w.outTypes[len(cols)], win, len(kids)))
	}
	rows := iota32(len(kids))
	if w.spec.Retract {
		rows = rows[:0]
		for j, n := range results[0][len(w.spec.Aggs)].Int64s() {
			if n != 0 {
				rows = append(rows, int32(j))
			}
		}
		if len(rows) == 0 {
			return nil
		}
		cols = takeAll(cols, rows)
	}
	retype(cols, w.outTypes)
	return out.Emit(vec.NewBatch(len(rows), cols...))
}
