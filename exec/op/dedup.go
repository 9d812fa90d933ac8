package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// Dedup is ROW_NUMBER() OVER (PARTITION BY key ORDER BY time) = 1: it keeps the first
// (ascending) or the last (descending) row of each key by a time attribute, as
// Flink's deduplication functions do. Input is insert-only.
//
//	event time, last    a row not earlier than the kept one replaces it: -U old, +U new
//	event time, first   an earlier row replaces the kept one: -U old, +U new
//	processing time, first   the first row of a key, +I; nothing after it
//	processing time, last    every row replaces the kept one; an equal one silently
//	                         unless a TTL is set
//
// In batch only the kept rows are emitted, at the end, in the order keys came.
// Watermarks pass. State: the kept row of each key.
type Dedup struct {
	*keyedRows
	spec     *physical.Dedup
	outTypes []types.Type
}

// NewDedup makes the operator.
func NewDedup(spec *physical.Dedup) *Dedup {
	return &Dedup{keyedRows: newKeyedRows(spec.In, spec.Keys, newExpiry(spec.TTL)), spec: spec, outTypes: outTypes(spec)}
}

// Process handles a batch of rows.
func (d *Dedup) Process(_ int, b *vec.Batch, out exec.Out) error {
	ids := d.begin(b)
	time := b.Cols[d.spec.Time]
	if d.spec.Rowtime {
		if _, err := millis(time, nil); err != nil {
			return err
		}
	}
	for i, id := range ids {
		old := d.get(id)
		if old >= 0 && !d.replaces(old, b, i) {
			continue
		}
		slot := d.set(id, b.Cols, i)
		switch {
		case old < 0:
			d.changes.add(vec.Insert, slot)
		default:
			if d.spec.EmitUpdateBefore {
				d.changes.add(vec.UpdateBefore, old)
			}
			d.changes.add(vec.UpdateAfter, slot)
		}
	}
	if d.ctx.Batch {
		d.changes.slots, d.changes.kinds = d.changes.slots[:0], d.changes.kinds[:0]
	}
	return d.end(d.outTypes, out)
}

// replaces reports whether row i takes the place of the kept row.
func (d *Dedup) replaces(old int32, b *vec.Batch, i int) bool {
	if !d.spec.Rowtime {
		return d.spec.KeepLast && (d.expiry != nil || !d.store.equal(old, b.Cols, i))
	}
	kept := d.store.cols[d.spec.Time].fixed.Int64s()[old]
	at := b.Cols[d.spec.Time].Int64s()[i]
	if d.spec.KeepLast {
		return kept <= at
	}
	return at < kept
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
