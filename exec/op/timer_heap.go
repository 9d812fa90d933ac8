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
// The slice is the heap from index 0; Flink's starts at 1.
type timerHeap struct{ heap []timer }

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
		h.heap[i] = h.heap[parent]
		i = parent
	}
	h.heap[i] = t
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
		h.heap[i] = h.heap[k]
		i = k
	}
	h.heap[i] = t
}

// restore takes timers with the places they had in the heap of a snapshot. If they
// all come from one heap it is rebuilt exactly; of several, the timers are put in
// order of time, which is a heap too.
func (h *timerHeap) restore(timers []timer, places []int64) {
	order := make([]int, len(timers))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(places[a], places[b]) })
	h.heap = h.heap[:0]
	for _, i := range order {
		h.heap = append(h.heap, timers[i])
	}
	for i := 1; i < len(h.heap); i++ {
		if h.heap[i].at < h.heap[(i+1)/2-1].at {
			slices.SortStableFunc(h.heap, func(a, b timer) int { return cmp.Compare(a.at, b.at) })
			return
		}
	}
}
