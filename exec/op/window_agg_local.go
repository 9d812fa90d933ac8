package op

import (
	"cmp"
	"slices"

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
	fresh  []freshKey
	ids    []int32
}

// localSlice is the partials of one slice. arrival is, by group, the number of groups
// of any slice that came before: partials go out in that order, as Flink's buffer
// gives them.
type localSlice struct {
	end     int64
	table   *vec.GroupTable
	aggs    *aggSet
	arrival []int32
}

// freshKey is a new group of a slice that row made.
type freshKey struct {
	row   int32
	slice *localSlice
}

func newWindowAggLocal(in windowInput) *windowAggLocal {
	return &windowAggLocal{windowInput: in, byEnd: map[int64]*localSlice{}}
}

// Process takes rows into their slices.
func (w *windowAggLocal) Process(_ int, b *vec.Batch, out exec.Out) error {
	if b = timed(w.ctx, b, w.spec.Window); b.Len == 0 {
		return nil
	}
	if err := w.assign(b, func(span) bool { return false }); err != nil {
		return err
	}
	for k, s := range w.spans {
		l := w.byEnd[s.end]
		if l == nil {
			l = &localSlice{end: s.end, table: vec.NewGroupTable(w.keyTypes), aggs: w.newAggs()}
			w.byEnd[s.end], w.slices = l, append(w.slices, l)
		}
		rows := w.rows(k)
		n := b.Len
		if rows != nil {
			n = len(rows)
		}
		w.ids = scratch(w.ids, n)
		next := int32(l.table.Cap())
		l.table.Find(w.keyColumns(b, rows), nil, w.ids, true)
		if l.table.Cap() > int(next) {
			l.aggs.grow(l.table.Cap())
			for j, id := range w.ids {
				if id == next {
					w.fresh = append(w.fresh, freshKey{int32(rowAt(rows, j)), l})
					next++
				}
			}
		}
		w.accumulate(l.aggs, w.ids, b, rows)
	}
	if len(w.spans) > 1 {
		slices.SortStableFunc(w.fresh, func(a, b freshKey) int { return cmp.Compare(a.row, b.row) })
	}
	for _, f := range w.fresh {
		f.slice.arrival = append(f.slice.arrival, int32(w.keys))
		w.keys++
	}
	w.fresh = w.fresh[:0]
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
	if w.keys == 0 {
		return nil
	}
	order := make([]int32, w.keys) // by arrival: row in the concatenation of the slices
	var parts []*vec.Batch
	at := int32(0)
	for _, l := range w.slices {
		ids := iota32(l.table.Cap())
		for _, n := range l.arrival {
			order[n] = at
			at++
		}
		ends := make([]int64, len(ids))
		for i := range ends {
			ends[i] = l.end
		}
		cols := append(l.table.Keys(ids), l.aggs.partial(ids)...)
		parts = append(parts, vec.NewBatch(len(ids), append(cols, vec.FromSlice(types.Int64.NotNull(), ends, nil))...))
	}
	all := vec.Concat(parts[0].Types(), parts)
	for lo := 0; lo < len(order); lo += vec.BatchSize {
		if err := out.Emit(all.Take(order[lo:min(lo+vec.BatchSize, len(order))])); err != nil {
			return err
		}
	}
	clear(w.byEnd)
	w.slices, w.keys = w.slices[:0], 0
	return nil
}
