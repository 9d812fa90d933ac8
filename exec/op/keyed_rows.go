package op

import (
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// keyedRows is the state of operators that keep one row a key: deduplication,
// changelog normalisation. NULL is a key like any other.
type keyedRows struct {
	ctx     *exec.Context
	keys    []int
	types   []types.Type
	table   *vec.GroupTable
	slot    []int32 // by group: slot + 1, 0 = none
	store   *rowStore
	expiry  *expiry // by group
	now     int64
	ids     []int32
	gone    []int32
	changes changes
}

func newKeyedRows(ts []types.Type, keys []int, x *expiry) *keyedRows {
	return &keyedRows{keys: keys, types: ts, table: vec.NewGroupTable(pickTypes(ts, keys)), store: newRowStore(ts), expiry: x}
}

// Open takes the context.
func (k *keyedRows) Open(ctx *exec.Context) error {
	k.ctx = ctx
	return nil
}

// begin forgets what expired and gives the group of every row.
func (k *keyedRows) begin(b *vec.Batch) []int32 {
	if k.expiry != nil {
		k.now = k.ctx.Now()
		k.expiry.expire(k.now, func(id int32) { k.drop(id) })
		k.sweep()
	}
	k.ids = scratch(k.ids, b.Len)
	k.table.Find(pick(b.Cols, k.keys), nil, k.ids, true)
	k.slot = resized(k.slot, k.table.Cap())
	return k.ids
}

// get gives the slot of a group's row, -1 if it has none.
func (k *keyedRows) get(id int32) int32 { return k.slot[id] - 1 }

// set keeps row i as the group's row and gives its slot. The old row's slot stays
// readable until the changes are emitted.
func (k *keyedRows) set(id int32, cols []*vec.Vec, i int) int32 {
	if old := k.slot[id]; old != 0 {
		k.changes.free(old - 1)
	}
	slot := k.store.add(cols, i)
	k.slot[id] = slot + 1
	k.expiry.touch(id, k.now)
	return slot
}

// drop forgets a group's row.
func (k *keyedRows) drop(id int32) {
	if old := k.slot[id]; old != 0 {
		k.changes.free(old - 1)
	}
	k.slot[id] = 0
	k.expiry.forget(id)
	k.gone = append(k.gone, id)
}

// sweep deletes the groups noted as gone that got no new row.
func (k *keyedRows) sweep() {
	if len(k.gone) == 0 {
		return
	}
	slices.Sort(k.gone)
	for _, id := range slices.Compact(k.gone) {
		if k.slot[id] == 0 {
			k.table.Delete(id)
		}
	}
	k.gone = k.gone[:0]
}

// end emits the changes of the call.
func (k *keyedRows) end(ts []types.Type, out exec.Out) error {
	k.sweep()
	return k.changes.emit(k.store, ts, out)
}

// Snapshot writes an entry a key: time of the last write and the row.
func (k *keyedRows) Snapshot(w state.Writer) error {
	st, codec := newKeyedState(k.ctx, "rows", pickTypes(k.types, k.keys)), vec.NewRowCodec(k.types)
	ids := k.table.AppendIDs(nil)
	for lo := 0; lo < len(ids); lo += vec.BatchSize {
		part := ids[lo:min(lo+vec.BatchSize, len(ids))]
		slots := make([]int32, len(part))
		for j, id := range part {
			slots[j] = k.get(id)
		}
		cols := k.store.gather(slots)
		err := st.write(w, pick(cols, k.keys), len(part), nil, func(dst []byte, i int) []byte {
			return codec.AppendRow(appendInt(dst, k.expiry.last(part[i])), cols, i)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Restore reads the rows of the subtask's key groups.
func (k *keyedRows) Restore(r state.Reader) error {
	st, codec := newKeyedState(k.ctx, "rows", pickTypes(k.types, k.keys)), vec.NewRowCodec(k.types)
	return st.read(r, false, func(keys []*vec.Vec, values *vec.Rows) error {
		n := values.Len()
		written := make([]int64, n)
		rows := vec.NewBatchBuilder(k.types, n)
		for i := range n {
			e := entryReader{b: values.Row(i)}
			if written[i] = e.int(); e.bad {
				return st.corrupt()
			}
			if err := codec.Decode(e.b, rows.Cols); err != nil {
				return err
			}
			rows.EndRow(vec.Insert)
		}
		b, now := rows.Finish(), k.ctx.Now()
		ids := make([]int32, n)
		k.table.Find(keys, nil, ids, true)
		k.slot = resized(k.slot, k.table.Cap())
		for i, id := range ids {
			k.now = sinceRestore(written[i], now)
			k.set(id, b.Cols, i)
		}
		return nil
	})
}
