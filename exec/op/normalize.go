package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// Normalize makes a full changelog of an upsert stream, as Flink's ChangelogNormalize:
// it keeps the last row of each key.
//
//	added, key new      +I
//	added, key known    -U old, +U new; nothing if equal, unless a TTL is set
//	taken back          -D old, whatever columns the incoming row carries; an unknown
//	                    key is ignored
//
// In batch only the rows that are left are emitted, at the end. Watermarks pass.
// State: a row a key.
type Normalize struct {
	*keyedRows
	spec     *physical.Normalize
	outTypes []types.Type
}

// NewNormalize makes the operator. Its input has the columns of its output.
func NewNormalize(spec *physical.Normalize) *Normalize {
	ts := outTypes(spec)
	return &Normalize{keyedRows: newKeyedRows(ts, spec.Keys, newExpiry(spec.TTL)), spec: spec, outTypes: ts}
}

// Process handles a batch of rows.
func (n *Normalize) Process(_ int, b *vec.Batch, out exec.Out) error {
	for i, id := range n.begin(b) {
		old := n.get(id)
		switch {
		case b.Kind(i).Adds():
			if old >= 0 && n.expiry == nil && n.store.equal(old, b.Cols, i) {
				continue
			}
			n.replace(old, n.set(id, b.Cols, i))
		case old >= 0:
			n.changes.add(vec.Delete, old)
			n.drop(id)
		default:
			n.gone = append(n.gone, id)
		}
	}
	if n.ctx.Batch {
		n.changes.slots, n.changes.kinds = n.changes.slots[:0], n.changes.kinds[:0]
	}
	return n.end(n.outTypes, out)
}

func (n *Normalize) replace(old, slot int32) {
	if old < 0 {
		n.changes.add(vec.Insert, slot)
		return
	}
	if n.spec.EmitUpdateBefore {
		n.changes.add(vec.UpdateBefore, old)
	}
	n.changes.add(vec.UpdateAfter, slot)
}

// OnEnd emits the rows that are left in batch.
func (n *Normalize) OnEnd(_ int, out exec.Out) error {
	if !n.ctx.Batch {
		return nil
	}
	for _, id := range n.table.AppendIDs(nil) {
		n.changes.add(vec.Insert, n.get(id))
	}
	return n.changes.emit(n.store, n.outTypes, out)
}
