package op

import (
	"cmp"
	"math"
	"slices"

	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
)

// Snapshot writes an entry for each key of each pane (its end, the partials), for what
// CUMULATE has gathered (the start of the window, the partials) and for each timer (the end
// of its window and its place in the heap, or among those that wait); one entry more says
// that there are no timers.
func (w *windowAggShared) Snapshot(wr state.Writer) error {
	if err := snapshotMark(w.ctx, wr, w.mark); err != nil {
		return err
	}
	seq := uint64(0)
	for _, end := range w.panes.ends {
		entries := w.panes.byEnd[end]
		if err := w.snapshotPart(wr, "slices", end, slices.Clone(w.kidsOf(entries)), w.panes.aggs.partial(entries), &seq); err != nil {
			return err
		}
	}
	x := w.windows[0]
	if g, ok := x.sums.(*gatheredSums); ok && w.spec.Shared == nil {
		if err := w.snapshotPart(wr, "gathered", g.start, g.kids, g.sums.partial(g.kids), &seq); err != nil {
			return err
		}
	}
	if x.pending == nil {
		return wr.Put(w.ctx.UID+"/untimed", w.ctx.KeyGroups.First, nil, appendInt(nil, x.done))
	}
	if err := snapshotSeen(w.ctx, wr, &x.timers); err != nil {
		return err
	}
	n := x.timers.len()
	kids, order := make([]int32, n+len(x.waiting)), make([]uint64, n+len(x.waiting))
	for place := range kids {
		order[place] = uint64(place)
		if place < n {
			kids[place] = x.timers.heap[place].id
		} else {
			kids[place] = x.waiting[place-n].id
		}
	}
	return newKeyedState(w.ctx, "timers", w.keyTypes).write(wr, w.keys.Keys(kids), len(kids), order, func(dst []byte, i int) []byte {
		if i < n {
			return appendInt(appendInt(appendInt(dst, x.byRef[x.timers.heap[i].ref].end), int64(i)), 0)
		}
		f := x.waiting[i-n]
		return appendInt(appendInt(appendInt(dst, f.at), int64(i)), int64(1+f.ref))
	})
}

func (w *windowAggShared) snapshotPart(wr state.Writer, part string, at int64, kids []int32, partial []*vec.Vec, seq *uint64) error {
	st, codec := newKeyedState(w.ctx, part, w.keyTypes), vec.NewRowCodec(w.panes.aggs.partialTypes())
	order := make([]uint64, len(kids))
	for i := range order {
		order[i] = *seq
		*seq++
	}
	return st.write(wr, w.keys.Keys(kids), len(kids), order, func(dst []byte, i int) []byte {
		return codec.AppendRow(appendInt(dst, at), partial, i)
	})
}

// Restore reads the panes and timers of the subtask's key groups.
func (w *windowAggShared) Restore(r state.Reader) error {
	var err error
	if w.mark, err = restoreMark(w.ctx, r); err != nil {
		return err
	}
	if err := w.restorePart(r, "slices", func(at int64, kids []int32, partial []*vec.Vec) { w.restorePane(at, kids, partial) }); err != nil {
		return err
	}
	x := w.windows[0]
	if g, ok := x.sums.(*gatheredSums); ok && w.spec.Shared == nil {
		err := w.restorePart(r, "gathered", func(at int64, kids []int32, partial []*vec.Vec) {
			g.add(kids)
			g.sums.merge(kids, partial)
			g.start, g.upto = at, max(at, x.lastFired(w.mark))
		})
		if err != nil {
			return err
		}
	}
	untimed, done := x.pending == nil || w.keys.Len() > manyKeys, int64(math.MinInt64)
	err = r.Each(w.ctx.UID+"/untimed", state.All(w.ctx.MaxParallelism), func(_ int, _, value []byte) error {
		e := entryReader{b: value}
		untimed, done = true, max(done, e.int())
		return nil
	})
	if err != nil {
		return err
	}
	if !untimed {
		return w.restoreTimers(r)
	}
	for _, x := range w.windows {
		x.pending = nil
		if !w.spec.Window.Rowtime {
			x.done = done
		}
		x.startAt(w.mark)
	}
	return nil
}

func (w *windowAggShared) restorePane(end int64, kids []int32, partial []*vec.Vec) {
	ids := make([]int32, len(kids))
	w.panes.find(kids, end, ids, func(j int) { w.refs[kids[j]]++ })
	w.panes.aggs.merge(ids, partial)
	if w.spec.Retract {
		for j, n := range partial[len(partial)-1].Int64s() {
			w.panes.rows[ids[j]] += n
		}
	}
}

func (w *windowAggShared) restoreTimers(r state.Reader) error {
	x := w.windows[0]
	var timers []timer
	var places []int64
	st := newKeyedState(w.ctx, "timers", w.keyTypes)
	err := st.read(r, true, func(keys []*vec.Vec, values *vec.Rows) error {
		for i, kid := range w.restoreKeys(keys, values.Len()) {
			e := entryReader{b: values.Row(i)}
			end, place, kind := e.int(), e.int(), e.int()
			if e.bad {
				return st.corrupt()
			}
			if kind > 0 {
				x.fresh = append(x.fresh, freshTimer{int32(place), timer{at: end, id: kid, ref: int32(kind - 1)}})
				continue
			}
			x.register(end, kid)
			timers, places = append(timers, x.timers.heap[x.timers.len()-1]), append(places, place)
			x.timers.heap = x.timers.heap[:0]
		}
		return nil
	})
	x.timers.restore(timers, places)
	slices.SortStableFunc(x.fresh, func(a, b freshTimer) int { return cmp.Compare(a.row, b.row) })
	for _, f := range x.fresh {
		x.wait(f)
	}
	x.fresh = x.fresh[:0]
	if err != nil {
		return err
	}
	return restoreSeen(w.ctx, r, &x.timers)
}

func (w *windowAggShared) restoreKeys(keys []*vec.Vec, n int) []int32 {
	kids := make([]int32, n)
	w.keys.Find(keys, nil, kids, true)
	w.growKeys()
	return kids
}

// restorePart reads a part in runs of rows of one time.
func (w *windowAggShared) restorePart(r state.Reader, part string, take func(at int64, kids []int32, partial []*vec.Vec)) error {
	st, codec := newKeyedState(w.ctx, part, w.keyTypes), vec.NewRowCodec(w.panes.aggs.partialTypes())
	return st.read(r, true, func(keys []*vec.Vec, values *vec.Rows) error {
		kids := w.restoreKeys(keys, values.Len())
		times := make([]int64, len(kids))
		partial := vec.NewBatchBuilder(codec.Types(), len(kids))
		for i := range kids {
			e := entryReader{b: values.Row(i)}
			times[i] = e.int()
			if e.bad {
				return st.corrupt()
			}
			if err := codec.Decode(e.b, partial.Cols); err != nil {
				return err
			}
			partial.EndRow(vec.Insert)
		}
		b := partial.Finish()
		for lo, hi := 0, 1; lo < len(kids); lo, hi = hi, hi+1 {
			for hi < len(kids) && times[hi] == times[lo] {
				hi++
			}
			take(times[lo], kids[lo:hi], b.Slice(lo, hi-lo).Cols)
		}
		return nil
	})
}
