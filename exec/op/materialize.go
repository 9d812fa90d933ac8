package op

import (
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// Materialize repairs the order of changes of one sink key when the input's upsert
// key is not the sink's primary key, as Flink's SinkUpsertMaterializer: it keeps, for
// each sink key, the rows that are there, in the order they came, and the last of
// them is what the sink shows.
//
//	added        +I if it is the key's first row, else +U; a row with the same upsert key
//	             is replaced in its place
//	taken back   the last row: +U the one before it; another: nothing; the only one: -D
//	             as it came; one that is not there: nothing
//
// In batch the last row of each key is emitted at the end. Watermarks pass. State: all
// rows of each sink key.
type Materialize struct {
	ctx     *exec.Context
	spec    *physical.Materialize
	types   []types.Type
	on      []int // columns that identify a row within its sink key
	table   *vec.GroupTable
	rows    [][]int32 // by group
	store   *rowStore
	expiry  *expiry
	ids     []int32
	gone    []int32
	changes changes
}

// NewMaterialize makes the operator. Its input has the columns of its output.
func NewMaterialize(spec *physical.Materialize) *Materialize {
	ts := outTypes(spec)
	m := &Materialize{spec: spec, types: ts, on: spec.InputKey, store: newRowStore(ts), expiry: newExpiry(spec.TTL)}
	m.table = vec.NewGroupTable(pickTypes(ts, spec.SinkKey))
	if m.on == nil {
		for c := range ts {
			m.on = append(m.on, c)
		}
	}
	return m
}

// Open takes the context.
func (m *Materialize) Open(ctx *exec.Context) error {
	m.ctx = ctx
	return nil
}

// Process handles a batch of rows.
func (m *Materialize) Process(_ int, b *vec.Batch, out exec.Out) error {
	now := int64(0)
	if m.expiry != nil {
		now = m.ctx.Now()
		m.expiry.expire(now, m.drop)
	}
	m.ids = scratch(m.ids, b.Len)
	m.table.Find(pick(b.Cols, m.spec.SinkKey), nil, m.ids, true)
	m.rows = resized(m.rows, m.table.Cap())
	for i, id := range m.ids {
		at := slices.IndexFunc(m.rows[id], func(slot int32) bool { return m.store.equalOn(m.on, slot, b.Cols, i) })
		if b.Kind(i).Adds() {
			m.add(id, at, b, i)
		} else if at >= 0 {
			m.retract(id, at, b, i)
		}
		if len(m.rows[id]) == 0 {
			m.gone = append(m.gone, id)
		} else {
			m.expiry.touch(id, now)
		}
	}
	if m.ctx.Batch {
		m.changes.slots, m.changes.kinds = m.changes.slots[:0], m.changes.kinds[:0]
	}
	m.sweep()
	return m.changes.emit(m.store, m.types, out)
}

func (m *Materialize) add(id int32, at int, b *vec.Batch, i int) {
	kind, slot := vec.UpdateAfter, m.store.add(b.Cols, i)
	if len(m.rows[id]) == 0 {
		kind = vec.Insert
	}
	if m.spec.InputKey != nil && at >= 0 {
		m.changes.free(m.rows[id][at])
		m.rows[id][at] = slot
	} else {
		m.rows[id] = append(m.rows[id], slot)
	}
	m.changes.add(kind, slot)
}

func (m *Materialize) retract(id int32, at int, b *vec.Batch, i int) {
	rows := m.rows[id]
	m.changes.free(rows[at])
	rows = slices.Delete(rows, at, at+1)
	m.rows[id] = rows
	switch {
	case len(rows) == 0:
		slot := m.store.add(b.Cols, i) // as it came, for this one emission
		m.changes.add(vec.Delete, slot)
		m.changes.free(slot)
	case at == len(rows):
		m.changes.add(vec.UpdateAfter, rows[at-1])
	}
}

// drop forgets an expired sink key.
func (m *Materialize) drop(id int32) {
	for _, slot := range m.rows[id] {
		m.store.remove(slot)
	}
	m.rows[id] = nil
	m.expiry.forget(id)
	m.table.Delete(id)
}

// sweep forgets the sink keys without rows.
func (m *Materialize) sweep() {
	slices.Sort(m.gone)
	for _, id := range slices.Compact(m.gone) {
		if len(m.rows[id]) == 0 {
			m.expiry.forget(id)
			m.table.Delete(id)
		}
	}
	m.gone = m.gone[:0]
}

// OnEnd emits the last row of each key in batch.
func (m *Materialize) OnEnd(_ int, out exec.Out) error {
	if !m.ctx.Batch {
		return nil
	}
	for _, id := range m.table.AppendIDs(nil) {
		m.changes.add(vec.Insert, m.rows[id][len(m.rows[id])-1])
	}
	return m.changes.emit(m.store, m.types, out)
}

// Snapshot writes an entry a row: sink key and place as key, time of the last write
// and the row as value.
func (m *Materialize) Snapshot(w state.Writer) error {
	st, codec := m.state(), vec.NewRowCodec(m.types)
	for _, id := range m.table.AppendIDs(nil) {
		seq := make([]uint64, len(m.rows[id]))
		for j := range seq {
			seq[j] = uint64(j)
		}
		cols := m.store.gather(m.rows[id])
		err := st.write(w, pick(cols, m.spec.SinkKey), len(seq), seq, func(dst []byte, i int) []byte {
			return codec.AppendRow(appendInt(dst, m.expiry.last(id)), cols, i)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *Materialize) state() *keyedState {
	return newKeyedState(m.ctx, "rows", pickTypes(m.types, m.spec.SinkKey))
}

// Restore reads the rows of the subtask's key groups.
func (m *Materialize) Restore(r state.Reader) error {
	st, codec := m.state(), vec.NewRowCodec(m.types)
	return st.read(r, true, func(keys []*vec.Vec, values *vec.Rows) error {
		n := values.Len()
		ids := make([]int32, n)
		m.table.Find(keys, nil, ids, true)
		m.rows = resized(m.rows, m.table.Cap())
		rows, now := vec.NewBatchBuilder(m.types, n), m.ctx.Now()
		for i, id := range ids {
			e := entryReader{b: values.Row(i)}
			m.expiry.restore(id, e.int(), now)
			if e.bad {
				return st.corrupt()
			}
			if err := codec.Decode(e.b, rows.Cols); err != nil {
				return err
			}
			rows.EndRow(vec.Insert)
		}
		b := rows.Finish()
		for i, id := range ids {
			m.rows[id] = append(m.rows[id], m.store.add(b.Cols, i))
		}
		return nil
	})
}
