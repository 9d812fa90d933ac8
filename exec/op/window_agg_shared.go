package op

import (
	"cmp"
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// windowAggShared is GROUP BY over windows that overlap: HOP and CUMULATE. A row updates
// one slice, the longest stretch of time that no window cuts; firing a window puts its
// slices together (hopMerge, cumulateMerge).
//
// Keys have ids that all slices share. Which keys a window has follows from timers, one
// a key and window, as in Flink: a row makes the timer of the first window of its slice
// that has not fired; a window that fires makes the next one's, for HOP as long as
// the key has rows in it, for CUMULATE until the longest window. So keys come out in the order in
// which Flink's timers fire.
//
// Lateness: a row is late when the last window of its slice has fired. Before that it
// counts for the windows still to come. What is said of windowAggTumble about
// watermarks, processing time, rows that take back, and NULL holds here too.
//
// State: the accumulators of slices, those put together, the timers, the watermark.
type windowAggShared struct {
	windowInput
	keys    *vec.GroupTable
	refs    []int32 // by key: its timers and the slices that hold it; at 0 the key is forgotten
	slices  map[int64]*slice
	merge   sliceMerge
	timers  timerHeap
	pending map[int64]*pendingWindow // by end: which keys have a timer
	byRef   []*pendingWindow
	free    []int32
	fresh   []freshTimer
	kids    []int32
	ids     []int32
	view    windowView
	dead    []int32 // keys that may be referred to no more
}

// slice is the accumulators of one slice, or of slices put together, by key id.
type slice struct {
	end   int64
	table *vec.GroupTable // of the key id, BIGINT
	kids  []int32         // by place in the table: the key id
	aggs  *aggSet
}

// pendingWindow is a window that some key has a timer for.
type pendingWindow struct {
	end, at int64
	ref     int32
	keys    []uint64 // bit set over key ids
	n       int
}

// sliceMerge puts the slices of windows together. Windows are asked for in the order
// of their ends.
type sliceMerge interface {
	// window puts the window that ends at end together.
	window(end int64, into *windowView)
	// late tells that a slice changed after windows with it have fired.
	late(s *slice)
	// target gives the slice that late rows of a slice go to.
	target(end int64) int64
	// forget tells that windows up to end have fired and gives the slices to let go.
	forget(end int64) []int64
	// held gives what was put together and must be kept across a restart, by name, and
	// gathered gives the one of a name, made if need be.
	held() map[int64]*slice
	gathered(end int64) *slice
}

var keyID = []types.Type{types.Int64.NotNull()}

func newWindowAggShared(in windowInput) *windowAggShared {
	w := &windowAggShared{windowInput: in, keys: vec.NewGroupTable(in.keyTypes), slices: map[int64]*slice{}, pending: map[int64]*pendingWindow{}}
	if in.spec.Window.Kind == physical.Hop {
		t := newWindowTime(in.spec.Window, localTime{})
		w.merge = newHopMerge(w, t.size/t.slice, in.ordered())
	} else {
		w.merge = &cumulateMerge{w: w, longest: map[int64]*slice{}}
	}
	return w
}

func (w *windowInput) newSlice(end int64) *slice {
	return &slice{end: end, table: vec.NewGroupTable(keyID), aggs: w.newAggs()}
}

// find gives the places of key ids, new ones for new keys.
func (s *slice) find(kids, places []int32) {
	s.table.Find(kidColumn(kids), nil, places, true)
	if s.table.Cap() > len(s.kids) {
		for j, p := range places {
			if int(p) == len(s.kids) {
				s.kids = append(s.kids, kids[j])
			}
		}
		s.aggs.grow(len(s.kids))
	}
}

// add takes all of another slice in.
func (s *slice) add(o *slice) {
	if o == nil || len(o.kids) == 0 {
		return
	}
	to := make([]int32, len(o.kids))
	s.find(o.kids, to)
	s.aggs.merge(to, o.aggs.partial(iota32(len(o.kids))))
}

func kidColumn(kids []int32) []*vec.Vec {
	vals := make([]int64, len(kids))
	for i, k := range kids {
		vals[i] = int64(k)
	}
	return []*vec.Vec{vec.FromSlice(keyID[0], vals, nil)}
}

// Process takes rows into their slices.
func (w *windowAggShared) Process(_ int, b *vec.Batch, _ exec.Out) error {
	if err := w.assign(b, func(s span) bool { return w.fired(w.time.lastEnd(s.end)) }); err != nil {
		return err
	}
	w.fresh = w.fresh[:0]
	for k, s := range w.spans {
		w.addRows(s.end, b, w.rows(k))
	}
	if len(w.spans) > 1 {
		slices.SortStableFunc(w.fresh, func(a, b freshTimer) int { return cmp.Compare(a.row, b.row) })
	}
	for _, f := range w.fresh {
		w.register(f.at, f.id)
	}
	return nil
}

// addRows takes rows into a slice and notes the timers they may need. The at of a fresh
// timer is the end of the window here.
func (w *windowAggShared) addRows(end int64, b *vec.Batch, rows []int32) {
	n := b.Len
	if rows != nil {
		n = len(rows)
	}
	w.kids, w.ids = scratch(w.kids, n), scratch(w.ids, n)
	w.keys.Find(w.keyColumns(b, rows), nil, w.kids, true)
	w.refs = resized(w.refs, w.keys.Cap())
	for _, kid := range w.kids {
		w.refs[kid] = max(w.refs[kid], 0)
	}

	first := w.time.firstEnd(end)
	isLate := w.fired(first)
	for w.fired(first) {
		first += w.time.slide
	}
	at := end
	if isLate {
		at = w.merge.target(end)
	}
	s := w.slice(at)
	next := int32(len(s.kids))
	s.find(w.kids, w.ids)
	for j, id := range w.ids {
		isNew := id == next
		if isNew {
			next++
			w.refs[w.kids[j]]++
		}
		if isNew || isLate {
			w.fresh = append(w.fresh, freshTimer{int32(rowAt(rows, j)), timer{at: first, id: w.kids[j]}})
		}
	}
	w.accumulate(s.aggs, w.ids, b, rows)
	if isLate {
		w.merge.late(s)
	}
}

func (w *windowAggShared) slice(end int64) *slice {
	s := w.slices[end]
	if s == nil {
		s = w.newSlice(end)
		w.slices[end] = s
	}
	return s
}

// register makes the timer of a key and window, unless there is one.
func (w *windowAggShared) register(end int64, kid int32) {
	p := w.pendingAt(end)
	word, bit := int(kid>>6), uint64(1)<<(kid&63)
	if word >= len(p.keys) {
		p.keys = resized(p.keys, max(word+1, len(w.refs)/64+1))
	}
	if p.keys[word]&bit != 0 {
		return
	}
	p.keys[word] |= bit
	p.n++
	w.refs[kid]++
	w.timers.push(timer{p.at, kid, p.ref})
}

// pendingAt gives the pending window of an end.
func (w *windowAggShared) pendingAt(end int64) *pendingWindow {
	p := w.pending[end]
	if p == nil {
		p = &pendingWindow{end: end, at: w.time.fires(end)}
		if n := len(w.free); n > 0 {
			p.ref, w.free = w.free[n-1], w.free[:n-1]
			w.byRef[p.ref] = p
		} else {
			p.ref = int32(len(w.byRef))
			w.byRef = append(w.byRef, p)
		}
		w.pending[end] = p
	}
	return p
}

// unregister takes note that a timer has fired.
func (w *windowAggShared) unregister(t timer) {
	p := w.byRef[t.ref]
	p.keys[t.id>>6] &^= 1 << (t.id & 63)
	w.refs[t.id]--
	if p.n--; p.n == 0 {
		delete(w.pending, p.end)
		w.byRef[t.ref] = nil
		w.free = append(w.free, t.ref)
	}
}

// OnWatermark fires the windows that the watermark has passed.
func (w *windowAggShared) OnWatermark(wm int64, out exec.Out) error {
	if !w.spec.Window.Rowtime {
		return nil
	}
	w.mark = wm
	return w.fire(wm, out)
}

// NextTimer gives when the next window fires by processing time.
func (w *windowAggShared) NextTimer() int64 {
	if w.spec.Window.Rowtime || w.timers.len() == 0 {
		return exec.MaxWatermark
	}
	return w.timers.next()
}

// OnTimer fires the windows that processing time has passed.
func (w *windowAggShared) OnTimer(now int64, out exec.Out) error { return w.fire(now, out) }

// fire pops the timers up to now in order. All timers of one window come together,
// except that windows may mix that fire at the same instant (where clocks change).
func (w *windowAggShared) fire(now int64, out exec.Out) error {
	v := &w.view
	v.w, v.end = w, exec.MinWatermark
	kids := w.kids[:0] // what the window gives
	for w.timers.len() > 0 && w.timers.next() <= now {
		t := w.timers.heap[0]
		if end := w.byRef[t.ref].end; end != v.end {
			if err := w.put(v, kids, out); err != nil {
				return err
			}
			kids, v.end = kids[:0], end
			if w.merge.window(end, v); w.spec.Retract {
				v.dropEmpty()
			}
		}
		w.timers.pop()
		w.unregister(t)
		has := v.place[t.id] >= 0
		if has {
			kids = append(kids, t.id)
		}
		if next := v.end + w.time.slide; w.goesOn(v.end, next, has) {
			w.register(next, t.id)
		} else {
			w.dead = append(w.dead, t.id)
		}
	}
	if v.end == exec.MinWatermark {
		return nil
	}
	if err := w.put(v, kids, out); err != nil {
		return err
	}
	w.kids = kids
	w.forget(w.merge.forget(v.end))
	w.sweep()
	return nil
}

// goesOn reports whether a key that had a timer for a window, and rows in it or not,
// gets one for the next.
func (w *windowAggShared) goesOn(end, next int64, hasRows bool) bool {
	if w.spec.Window.Kind == physical.Hop {
		return hasRows
	}
	return next <= w.time.lastEnd(end)
}

// put emits keys of a window.
func (w *windowAggShared) put(v *windowView, kids []int32, out exec.Out) error {
	for lo := 0; lo < len(kids); lo += vec.BatchSize {
		part := kids[lo:min(lo+vec.BatchSize, len(kids))]
		ids := make([]int32, len(part))
		for j, kid := range part {
			ids[j] = v.place[kid]
		}
		if err := w.emit(w.window(v.end), w.keys.Keys(part), v.aggs, ids, out); err != nil {
			return err
		}
	}
	return nil
}

// forget lets slices go.
func (w *windowAggShared) forget(ends []int64) {
	for _, end := range ends {
		s := w.slices[end]
		delete(w.slices, end)
		for _, kid := range s.kids {
			w.refs[kid]--
			w.dead = append(w.dead, kid)
		}
	}
}

// sweep forgets the keys that nothing refers to any more.
func (w *windowAggShared) sweep() {
	for _, kid := range w.dead {
		if w.refs[kid] == 0 {
			w.keys.Delete(kid)
			w.refs[kid] = -1 // until the id is given to another key
		}
	}
	w.dead = w.dead[:0]
}
