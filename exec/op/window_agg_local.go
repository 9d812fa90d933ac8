package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// windowAggLocal is the local phase of a two-phase window aggregation, before the
// exchange: it folds the rows of a slice into one partial a key. Partials go out when
// the watermark passes the end of a slice, before a snapshot, and when many have
// gathered: keys, partials, the number of rows if they may be taken back, and the end
// of the slice as BIGINT. Late rows are the global phase's business. State: none
// across a snapshot.
type windowAggLocal struct {
	windowInput
	slices []*localSlice // in the order in which they came
	byEnd  map[int64]*localSlice
	keys   int
	ids    []int32
}

type localSlice struct {
	end   int64
	table *vec.GroupTable
	aggs  *aggSet
}

func newWindowAggLocal(in windowInput) *windowAggLocal {
	return &windowAggLocal{windowInput: in, byEnd: map[int64]*localSlice{}}
}

// Process takes rows into their slices.
func (w *windowAggLocal) Process(_ int, b *vec.Batch, out exec.Out) error {
	if err := w.assign(b, func(span) bool { return false }); err != nil {
		return err
	}
	for k, s := range w.spans {
		l := w.byEnd[s.end]
		if l == nil {
			l = &localSlice{s.end, vec.NewGroupTable(w.keyTypes), w.newAggs()}
			w.byEnd[s.end], w.slices = l, append(w.slices, l)
		}
		rows := w.rows(k)
		n := b.Len
		if rows != nil {
			n = len(rows)
		}
		w.ids = scratch(w.ids, n)
		w.keys -= l.table.Len()
		l.table.Find(w.keyColumns(b, rows), nil, w.ids, true)
		w.keys += l.table.Len()
		l.aggs.grow(l.table.Cap())
		w.accumulate(l.aggs, w.ids, b, rows)
	}
	if w.keys > localKeys {
		return w.Flush(out)
	}
	return nil
}

// OnWatermark gives out everything when the watermark has passed the end of a slice.
func (w *windowAggLocal) OnWatermark(wm int64, out exec.Out) error {
	for _, l := range w.slices {
		if w.spec.Window.Rowtime && w.time.fires(l.end) <= wm {
			return w.Flush(out)
		}
	}
	return nil
}

// OnEnd gives out the rest.
func (w *windowAggLocal) OnEnd(_ int, out exec.Out) error { return w.Flush(out) }

// Flush gives out all partials.
func (w *windowAggLocal) Flush(out exec.Out) error {
	for _, l := range w.slices {
		ids := l.table.AppendIDs(nil)
		for lo := 0; lo < len(ids); lo += vec.BatchSize {
			part := ids[lo:min(lo+vec.BatchSize, len(ids))]
			ends := make([]int64, len(part))
			for i := range ends {
				ends[i] = l.end
			}
			cols := append(l.table.Keys(part), l.aggs.partial(part)...)
			cols = append(cols, vec.FromSlice(types.Int64.NotNull(), ends, nil))
			if err := out.Emit(vec.NewBatch(len(part), cols...)); err != nil {
				return err
			}
		}
	}
	clear(w.byEnd)
	w.slices, w.keys = w.slices[:0], 0
	return nil
}
