package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
)

// snapshotMark writes the watermark of an operator, which decides which rows are late.
func snapshotMark(ctx *exec.Context, w state.Writer, mark int64) error {
	return w.Put(ctx.UID+"/watermark", ctx.KeyGroups.First, nil, appendInt(nil, mark))
}

// restoreMark reads the watermark: of several subtasks' the smallest.
func restoreMark(ctx *exec.Context, r state.Reader) (int64, error) {
	mark, first := int64(exec.MinWatermark), true
	err := r.Each(ctx.UID+"/watermark", state.All(ctx.MaxParallelism), func(_ int, _, value []byte) error {
		e := entryReader{b: value}
		if m := e.int(); first || m < mark {
			mark, first = m, false
		}
		return nil
	})
	return mark, err
}

// snapshotSeen writes the first time that a heap's timers have seen, restoreSeen reads
// it: of several subtasks' the smallest.
func snapshotSeen(ctx *exec.Context, w state.Writer, h *timerHeap) error {
	if !h.seen {
		return nil
	}
	return w.Put(ctx.UID+"/seen", ctx.KeyGroups.First, nil, appendInt(nil, h.first))
}

func restoreSeen(ctx *exec.Context, r state.Reader, h *timerHeap) error {
	return r.Each(ctx.UID+"/seen", state.All(ctx.MaxParallelism), func(_ int, _, value []byte) error {
		e := entryReader{b: value}
		h.see(e.int())
		return nil
	})
}

// snapshotTimers writes the timers of an operator: the key of each timer's id, its time
// and its place in the heap.
func snapshotTimers(st *keyedState, w state.Writer, h *timerHeap, keys func(ids []int32) []*vec.Vec) error {
	timers := h.all()
	ids, seq := make([]int32, len(timers)), make([]uint64, len(timers))
	for place, t := range timers {
		ids[place], seq[place] = t.id, uint64(place)
	}
	return st.write(w, keys(ids), len(ids), seq, func(dst []byte, i int) []byte {
		return appendInt(appendInt(dst, timers[i].at), h.place(i))
	})
}

// restoreTimers reads them back; ids gives the ids of keys.
func restoreTimers(st *keyedState, r state.Reader, h *timerHeap, ids func(keys []*vec.Vec, n int) []int32) error {
	var timers []timer
	var places []int64
	err := st.read(r, true, func(keys []*vec.Vec, values *vec.Rows) error {
		for i, id := range ids(keys, values.Len()) {
			e := entryReader{b: values.Row(i)}
			timers, places = append(timers, timer{at: e.int(), id: id}), append(places, e.int())
			if e.bad {
				return st.corrupt()
			}
		}
		return nil
	})
	h.restore(timers, places)
	return err
}
