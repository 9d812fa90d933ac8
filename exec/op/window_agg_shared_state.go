package op

import (
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
)

// Snapshot writes an entry for each key of each slice (its end, whether it is what a
// longest CUMULATE window has gathered, the partials) and for each timer (the end of its window and its
// place in the heap).
func (w *windowAggShared) Snapshot(wr state.Writer) error {
	if err := snapshotMark(w.ctx, wr, w.mark); err != nil {
		return err
	}
	seq := uint64(0)
	for end, s := range w.slices {
		if err := w.snapshotSlice(wr, "slices", end, s, &seq); err != nil {
			return err
		}
	}
	for end, s := range w.merge.held() {
		if err := w.snapshotSlice(wr, "gathered", end, s, &seq); err != nil {
			return err
		}
	}
	kids, order := make([]int32, w.timers.len()), make([]uint64, w.timers.len())
	for place, t := range w.timers.heap {
		kids[place], order[place] = t.id, uint64(place)
	}
	return newKeyedState(w.ctx, "timers", w.keyTypes).write(wr, w.keys.Keys(kids), len(kids), order, func(dst []byte, i int) []byte {
		return appendInt(appendInt(dst, w.byRef[w.timers.heap[i].ref].end), int64(i))
	})
}

func (w *windowAggShared) snapshotSlice(wr state.Writer, part string, end int64, s *slice, seq *uint64) error {
	st, codec := newKeyedState(w.ctx, part, w.keyTypes), vec.NewRowCodec(s.aggs.partialTypes())
	ids := iota32(len(s.kids))
	order := make([]uint64, len(ids))
	for i := range order {
		order[i] = *seq
		*seq++
	}
	partial := s.aggs.partial(ids)
	return st.write(wr, w.keys.Keys(s.kids), len(ids), order, func(dst []byte, i int) []byte {
		return codec.AppendRow(appendInt(dst, end), partial, i)
	})
}

// Restore reads the slices and timers of the subtask's key groups.
func (w *windowAggShared) Restore(r state.Reader) error {
	var err error
	if w.mark, err = restoreMark(w.ctx, r); err != nil {
		return err
	}
	if err := w.restoreSlices(r, "slices", w.slice, 1); err != nil {
		return err
	}
	if err := w.restoreSlices(r, "gathered", w.merge.gathered, 0); err != nil {
		return err
	}
	var timers []timer
	var places []int64
	st := newKeyedState(w.ctx, "timers", w.keyTypes)
	err = st.read(r, true, func(keys []*vec.Vec, values *vec.Rows) error {
		kids := w.restoreKeys(keys, values.Len())
		for i, kid := range kids {
			e := entryReader{b: values.Row(i)}
			end, place := e.int(), e.int()
			if e.bad {
				return st.corrupt()
			}
			w.register(end, kid)
			timers, places = append(timers, w.timers.heap[w.timers.len()-1]), append(places, place)
			w.timers.heap = w.timers.heap[:0]
		}
		return nil
	})
	w.timers.restore(timers, places)
	return err
}

func (w *windowAggShared) restoreKeys(keys []*vec.Vec, n int) []int32 {
	kids := make([]int32, n)
	w.keys.Find(keys, nil, kids, true)
	w.refs = resized(w.refs, w.keys.Cap())
	return kids
}

// restoreSlices reads a part. refs is by how much a key is referred to by an entry.
func (w *windowAggShared) restoreSlices(r state.Reader, part string, get func(end int64) *slice, refs int32) error {
	st, codec := newKeyedState(w.ctx, part, w.keyTypes), vec.NewRowCodec(w.newAggs().partialTypes())
	return st.read(r, true, func(keys []*vec.Vec, values *vec.Rows) error {
		kids := w.restoreKeys(keys, values.Len())
		partial := vec.NewBatchBuilder(codec.Types(), 1)
		for i, kid := range kids {
			e := entryReader{b: values.Row(i)}
			end := e.int()
			if e.bad {
				return st.corrupt()
			}
			if err := codec.Decode(e.b, partial.Cols); err != nil {
				return err
			}
			partial.EndRow(vec.Insert)
			s, id := get(end), make([]int32, 1)
			s.find(kids[i:i+1], id)
			s.aggs.merge(id, partial.Finish().Cols)
			w.refs[kid] += refs
		}
		return nil
	})
}
