package op

import (
	"cmp"
	"slices"
)

// timerHeap orders timers by time. Timers of the same time come out in the order in
// which Flink's HeapPriorityQueue gives them, an accident of its sift steps: first
// the first one, then the last, the one before it, and so on. A changelog that is to
// equal Flink's row for row depends on it, so the steps are the same here.
//
// The slice is the heap from index 0; Flink's starts at 1. If places is not nil it says
// where the timer of each ref is, so that remove can find it.
type timerHeap struct {
	heap   []timer
	places []int32
	held   []timer // not in the heap yet
	first  int64   // the earliest time seen since they were last put into the heap
	seen   bool    // there is such a time
}

// timer is something to do for id (a group, a slot) of ref (a window) at a time.
type timer struct {
	at      int64
	id, ref int32
}

func (h *timerHeap) len() int { return len(h.heap) }

// next is the earliest time; there must be one.
func (h *timerHeap) next() int64 { return h.heap[0].at }

func (h *timerHeap) push(t timer) {
	h.heap = append(h.heap, t)
	h.up(len(h.heap) - 1)
}

// remove takes out the timer of a ref.
func (h *timerHeap) remove(ref int32) { h.removeAt(int(h.places[ref])) }

// drop takes out the timer of an id at a time, if there is one, as Flink does when a timer is deleted. It looks where
// the last timer with that ref is, then everywhere.
func (h *timerHeap) drop(id, ref int32, at int64) {
	is := func(t timer) bool { return t.id == id && t.at == at }
	i := int(h.places[ref])
	if i >= len(h.heap) || !is(h.heap[i]) {
		i = slices.IndexFunc(h.heap, is)
	}
	if i >= 0 {
		h.removeAt(i)
	}
}

// removeAt takes out the timer at a place: the last one comes there and goes down or up.
func (h *timerHeap) removeAt(i int) {
	last := len(h.heap) - 1
	t := h.heap[last]
	h.heap = h.heap[:last]
	if i == last {
		return
	}
	h.heap[i] = t
	h.down(i)
	if h.heap[i] == t {
		h.up(i)
	}
}

// put writes a timer into its place.
func (h *timerHeap) put(i int, t timer) {
	h.heap[i] = t
	if h.places != nil {
		h.places[t.ref] = int32(i)
	}
}

func (h *timerHeap) pop() timer {
	last := len(h.heap) - 1
	top := h.heap[0]
	h.heap[0] = h.heap[last]
	h.heap = h.heap[:last]
	if last > 0 {
		h.down(0)
	}
	return top
}

func (h *timerHeap) up(i int) {
	t := h.heap[i]
	for i > 0 {
		parent := (i+1)/2 - 1
		if t.at >= h.heap[parent].at {
			break
		}
		h.put(i, h.heap[parent])
		i = parent
	}
	h.put(i, t)
}

func (h *timerHeap) down(i int) {
	t := h.heap[i]
	for {
		k := 2*i + 1
		if k >= len(h.heap) {
			break
		}
		if k+1 < len(h.heap) && h.heap[k+1].at < h.heap[k].at {
			k++
		}
		if h.heap[k].at >= t.at {
			break
		}
		h.put(i, h.heap[k])
		i = k
	}
	h.put(i, t)
}

// restore takes timers with the places they had in the heap of a snapshot. If they
// all come from one heap it is rebuilt exactly; of several, the timers are put in
// order of time, which is a heap too.
func (h *timerHeap) restore(timers []timer, places []int64) {
	order := iota32(len(timers))
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(places[a], places[b]) })
	h.heap = h.heap[:0]
	for _, i := range order {
		if places[i] >= 0 {
			h.heap = append(h.heap, timers[i])
		}
	}
	for _, i := range slices.Backward(order) { // -1 is the first of those held
		if places[i] < 0 {
			h.hold(timers[i])
		}
	}
	for i := 1; i < len(h.heap); i++ {
		if h.heap[i].at < h.heap[(i+1)/2-1].at {
			slices.SortStableFunc(h.heap, func(a, b timer) int { return cmp.Compare(a.at, b.at) })
			break
		}
	}
	for i, t := range h.heap {
		h.put(i, t)
	}
}

// hold keeps a timer back until a watermark passes that of any row seen: that is when Flink
// looks into the buffer of its window operators and makes their timers, on which the
// order of rows depends.
func (h *timerHeap) hold(t timer) {
	h.see(t.at)
	h.held = append(h.held, t)
}

// see takes note of a row whose timer, at a time, is there already.
func (h *timerHeap) see(at int64) {
	if !h.seen || at < h.first {
		h.first, h.seen = at, true
	}
}

// release puts the timers that are held into the heap if a watermark has passed one.
func (h *timerHeap) release(wm int64) {
	if !h.seen || h.first > wm {
		return
	}
	h.seen = false
	for _, t := range h.held {
		h.push(t)
	}
	h.held = h.held[:0]
}

// all gives the timers of the heap and those that are held.
func (h *timerHeap) all() []timer { return slices.Concat(h.heap, h.held) }

// place is the place of the i-th of all timers in a snapshot: below 0 if it is held.
func (h *timerHeap) place(i int) int64 {
	if n := len(h.heap); i >= n {
		return int64(n - i - 1)
	}
	return int64(i)
}
