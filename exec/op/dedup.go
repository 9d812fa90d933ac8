package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// Dedup is ROW_NUMBER() OVER (PARTITION BY key ORDER BY time) = 1: it keeps the first
// (ascending) or the last (descending) row of each key by a time attribute, as
// Flink's deduplication functions do. Input is insert-only.
//
//	event time, last         a row not earlier than the kept one replaces it: -U old, +U new
//	event time, first        the earliest row comes out, +I, when the watermark has
//	                         reached it; rows earlier than the watermark are dropped,
//	                         those of its very time are not, as in Flink
//	processing time, first   the first row of a key, +I; nothing after it
//	processing time, last    every row replaces the kept one; an equal one silently
//	                         unless a TTL is set
//
// In batch only the kept rows are emitted, at the end, in the order keys came. A NULL
// event time is an error. State: the kept row of each key, and the timers of those
// that have not come out.
type Dedup struct {
	*keyedRows
	spec     *physical.Dedup
	outTypes []types.Type
	timers   timerHeap // of groups, at the time of a row that was the first
	mark     int64
	times    []int64
}

// NewDedup makes the operator.
func NewDedup(spec *physical.Dedup) *Dedup {
	return &Dedup{keyedRows: newKeyedRows(spec.In, spec.Keys, newExpiry(spec.TTL)), spec: spec, outTypes: outTypes(spec), mark: exec.MinWatermark}
}

// waits says that rows come out with the watermark.
func (d *Dedup) waits() bool { return d.spec.Rowtime && !d.spec.KeepLast }

// Process handles a batch of rows.
func (d *Dedup) Process(_ int, b *vec.Batch, out exec.Out) error {
	if d.spec.Rowtime {
		var err error
		if d.times, err = millis(b.Cols[d.spec.Time], nil); err != nil {
			return err
		}
	}
	ids := d.begin(b)
	d.timers.places = resized(d.timers.places, d.table.Cap())
	for i, id := range ids {
		if d.waits() && d.times[i] < d.mark {
			d.ctx.Counters.LateRows.Add(1)
			d.gone = append(d.gone, id) // if nothing is kept for it
			continue
		}
		old := d.get(id)
		if old >= 0 && !d.replaces(old, b, i) {
			continue
		}
		if d.waits() && !d.ctx.Batch {
			if old >= 0 {
				d.timers.drop(id, id, floorDiv(d.keptAt(old), d.unit()))
			}
			d.timers.push(timer{at: d.times[i], id: id, ref: id})
		}
		d.replace(old, d.set(id, b.Cols, i))
	}
	return d.end(d.outTypes, out)
}

// replaces reports whether row i takes the place of the kept row.
func (d *Dedup) replaces(old int32, b *vec.Batch, i int) bool {
	if !d.spec.Rowtime {
		return d.spec.KeepLast && (d.expiry != nil || !d.store.equal(old, b.Cols, i))
	}
	kept, at := d.keptAt(old), b.Cols[d.spec.Time].Int64s()[i]
	if d.spec.KeepLast {
		return kept <= at
	}
	return at < kept
}

// keptAt is the time of a kept row in the unit of its column.
func (d *Dedup) keptAt(slot int32) int64 { return d.store.cols[d.spec.Time].int64At(slot) }

// unit is how many units of the time column are a millisecond.
func (d *Dedup) unit() int64 { return int64(vec.Milli / vec.UnitOf(d.spec.In[d.spec.Time].Precision)) }

// replace emits what a new kept row changes at once.
func (d *Dedup) replace(old, slot int32) {
	switch {
	case d.waits() || d.ctx.Batch:
	case old < 0:
		d.changes.add(vec.Insert, slot)
	default:
		if d.spec.EmitUpdateBefore {
			d.changes.add(vec.UpdateBefore, old)
		}
		d.changes.add(vec.UpdateAfter, slot)
	}
}

// OnWatermark emits the first rows that the watermark has reached.
func (d *Dedup) OnWatermark(wm int64, out exec.Out) error {
	if d.ctx.Batch {
		return nil
	}
	d.mark = wm
	for d.timers.len() > 0 && d.timers.next() <= wm {
		t := d.timers.pop()
		// A timer of a row that is gone finds another time.
		if slot := d.get(t.id); slot >= 0 && floorDiv(d.keptAt(slot), d.unit()) == t.at {
			d.changes.add(vec.Insert, slot)
		}
	}
	return d.end(d.outTypes, out)
}

// OnEnd emits the kept rows in batch.
func (d *Dedup) OnEnd(_ int, out exec.Out) error {
	if !d.ctx.Batch {
		return nil
	}
	for _, id := range d.table.AppendIDs(nil) {
		d.changes.add(vec.Insert, d.get(id))
	}
	return d.changes.emit(d.store, d.outTypes, out)
}

// Snapshot writes the kept rows and the timers.
func (d *Dedup) Snapshot(w state.Writer) error {
	if err := d.keyedRows.Snapshot(w); err != nil || !d.waits() {
		return err
	}
	if err := snapshotMark(d.ctx, w, d.mark); err != nil {
		return err
	}
	return snapshotTimers(d.timerState(), w, &d.timers, d.table.Keys)
}

func (d *Dedup) timerState() *keyedState {
	return newKeyedState(d.ctx, "timers", pickTypes(d.types, d.keys))
}

// Restore reads them back.
func (d *Dedup) Restore(r state.Reader) error {
	if err := d.keyedRows.Restore(r); err != nil || !d.waits() {
		return err
	}
	var err error
	if d.mark, err = restoreMark(d.ctx, r); err != nil {
		return err
	}
	return restoreTimers(d.timerState(), r, &d.timers, func(keys []*vec.Vec, n int) []int32 {
		ids := make([]int32, n)
		d.table.Find(keys, nil, ids, true)
		d.slot = resized(d.slot, d.table.Cap())
		d.timers.places = resized(d.timers.places, d.table.Cap())
		return ids
	})
}
