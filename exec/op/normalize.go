package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr"
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
// With a filter, a row that does not pass is as if it had been taken back: the old row
// of its key goes with -D, and only rows that pass are kept.
//
// In batch only the rows that are left are emitted, at the end. Watermarks pass.
// State: a row a key.
type Normalize struct {
	*keyedRows
	spec     *physical.Normalize
	outTypes []types.Type
	filter   *expr.Filter // nil = all rows pass
	exprs    *expr.Ctx
	sel      []int32
	fails    []bool
}

// NewNormalize makes the operator. Its input has the columns of its output.
func NewNormalize(spec *physical.Normalize, reg expr.Registry) (*Normalize, error) {
	ts := outTypes(spec)
	n := &Normalize{keyedRows: newKeyedRows(ts, spec.Keys, newExpiry(spec.TTL)), spec: spec, outTypes: ts}
	if spec.Filter == nil {
		return n, nil
	}
	var err error
	n.filter, err = expr.CompileFilter(spec.Filter, ts, reg)
	return n, err
}

// Open takes the context.
func (n *Normalize) Open(ctx *exec.Context) error {
	n.exprs = exprContext(ctx)
	return n.keyedRows.Open(ctx)
}

// failing tells which rows of a batch the filter drops; nil = none.
func (n *Normalize) failing(b *vec.Batch) ([]bool, error) {
	if n.filter == nil {
		return nil, nil
	}
	sel, err := n.filter.Select(n.exprs, b, n.sel[:0])
	if err != nil || sel == nil {
		return nil, err
	}
	n.sel = sel
	n.fails = resized(n.fails[:0], b.Len)
	for i := range n.fails {
		n.fails[i] = true
	}
	for _, i := range sel {
		n.fails[i] = false
	}
	return n.fails, nil
}

// Process handles a batch of rows.
func (n *Normalize) Process(_ int, b *vec.Batch, out exec.Out) error {
	fails, err := n.failing(b)
	if err != nil {
		return err
	}
	for i, id := range n.begin(b) {
		old := n.get(id)
		switch {
		case b.Kind(i).Adds() && (fails == nil || !fails[i]):
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
