package op

import (
	"bytes"
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// partitions is the state of a ranking operator: for every partition its rows in
// order, as slots of one store. Rows with equal sort keys keep the order in which they
// came. The sort key of a row is a hidden last column of the store, in bytes whose
// order is the order of rows.
//
// NULL partition values are values like any other; where NULLs stand in the order is
// the sort key's business.
type partitions struct {
	ctx       *exec.Context
	spec      *physical.TopN
	outTypes  []types.Type
	partTypes []types.Type
	table     *vec.GroupTable
	tops      [][]int32 // by partition: its slots in order
	store     *rowStore
	keyCol    int
	enc       *vec.KeyEncoder
	expiry    *expiry // by partition
	ids       []int32
	keys      vec.Rows
	empty     []int32
	changes   changes
	ranks     []int64 // of the changes, if the rank is put out
}

func newPartitions(spec *physical.TopN) *partitions {
	p := &partitions{spec: spec, outTypes: outTypes(spec), partTypes: pickTypes(spec.In, spec.Partition),
		keyCol: len(spec.In), enc: vec.NewKeyEncoder(spec.In, sortKeys(spec.Order)), expiry: newExpiry(spec.TTL)}
	p.table = vec.NewGroupTable(p.partTypes)
	p.store = newRowStore(append(slices.Clone(spec.In), types.Bytes))
	return p
}

// Open takes the context.
func (p *partitions) Open(ctx *exec.Context) error {
	p.ctx = ctx
	return nil
}

// begin finds the partitions of a batch and gives its columns with the sort keys as
// the last one.
func (p *partitions) begin(b *vec.Batch) []*vec.Vec {
	p.expiry.expire(p.now(), p.drop)
	p.ids = scratch(p.ids, b.Len)
	p.table.Find(pick(b.Cols, p.spec.Partition), nil, p.ids, true)
	p.tops = resized(p.tops, p.table.Cap())
	p.keys.Reset()
	p.enc.Encode(b.Cols, b.Len, &p.keys)
	off := make([]int32, b.Len+1)
	for i, o := range p.keys.Off {
		off[i] = int32(o)
	}
	return append(slices.Clone(b.Cols), &vec.Vec{Type: types.Bytes, Len: b.Len, Off: off, Data: p.keys.Data})
}

func (p *partitions) now() int64 {
	if p.expiry == nil {
		return 0
	}
	return p.ctx.Now()
}

// drop forgets an expired partition.
func (p *partitions) drop(id int32) {
	for _, slot := range p.tops[id] {
		p.store.remove(slot)
	}
	p.tops[id] = nil
	p.expiry.forget(id)
	p.table.Delete(id)
}

// end emits the changes of the call and forgets the partitions that became empty.
func (p *partitions) end(out exec.Out) error {
	if p.expiry != nil {
		for _, id := range p.ids {
			if len(p.tops[id]) > 0 {
				p.expiry.touch(id, p.now())
			}
		}
	}
	p.sweep()
	return p.emit(out)
}

// sweep forgets the partitions noted as empty that are.
func (p *partitions) sweep() {
	slices.Sort(p.empty)
	for _, id := range slices.Compact(p.empty) {
		if len(p.tops[id]) == 0 {
			p.expiry.forget(id)
			p.table.Delete(id)
		}
	}
	p.empty = p.empty[:0]
}

// emit gathers the changes, with their ranks if the spec asks for them.
func (p *partitions) emit(out exec.Out) error {
	c := &p.changes
	n := len(p.spec.In)
	for lo := 0; lo < len(c.slots); lo += vec.BatchSize {
		hi := min(lo+vec.BatchSize, len(c.slots))
		cols := make([]*vec.Vec, n, n+1)
		for i := range cols {
			cols[i] = p.store.column(i, c.slots[lo:hi])
		}
		if p.spec.WithRank {
			cols = append(cols, vec.FromSlice(types.Int64.NotNull(), slices.Clone(p.ranks[lo:hi]), nil))
		}
		if err := out.Emit(changeBatch(cols, p.outTypes, c.kinds[lo:hi])); err != nil {
			return err
		}
	}
	for _, slot := range c.freed {
		p.store.remove(slot)
	}
	c.slots, c.kinds, c.freed, p.ranks = c.slots[:0], c.kinds[:0], c.freed[:0], p.ranks[:0]
	return nil
}

// key is the sort key of a row held.
func (p *partitions) key(slot int32) []byte { return p.store.cols[p.keyCol].at(slot) }

// upper is where a row with the key goes: behind all that are not greater.
func (p *partitions) upper(top []int32, key []byte) int {
	lo, hi := 0, len(top)
	for lo < hi {
		m := (lo + hi) / 2
		if bytes.Compare(p.key(top[m]), key) <= 0 {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo
}

// lower is where rows with the key begin.
func (p *partitions) lower(top []int32, key []byte) int {
	lo, hi := 0, len(top)
	for lo < hi {
		m := (lo + hi) / 2
		if bytes.Compare(p.key(top[m]), key) < 0 {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo
}

// put emits a row under a rank if the rank lies in the wanted range.
func (p *partitions) put(kind vec.RowKind, slot int32, rank int) {
	if int64(rank) < p.spec.Start || !p.inEnd(rank) || kind == vec.UpdateBefore && !p.spec.EmitUpdateBefore {
		return
	}
	p.changes.add(kind, slot)
	p.ranks = append(p.ranks, int64(rank))
}

func (p *partitions) inEnd(rank int) bool { return p.spec.End < 0 || int64(rank) <= p.spec.End }

// numbered says that a change of rank is a change of what is put out.
func (p *partitions) numbered() bool { return p.spec.WithRank || p.spec.Start > 1 }

// insertRow puts a row at place i (rank i+1) of a partition and emits what changes.
// deleteFirst is the way of the unnumbered form: the row pushed out goes first.
func (p *partitions) insertRow(id int32, i int, slot int32) {
	top := slices.Insert(p.tops[id], i, slot)
	p.tops[id] = top
	if !p.numbered() {
		if !p.inEnd(i + 1) {
			return
		}
		if p.spec.End >= 0 && int64(len(top)) > p.spec.End {
			p.put(vec.Delete, top[p.spec.End], int(p.spec.End))
		}
		p.put(vec.Insert, slot, i+1)
		return
	}
	last := len(top) - 1 // place of the row that got a rank for the first time
	for k := i; k < last && p.inEnd(k+1); k++ {
		p.put(vec.UpdateBefore, top[k+1], k+1)
		p.put(vec.UpdateAfter, top[k], k+1)
	}
	p.put(vec.Insert, top[last], last+1)
}

// removeRow takes the row at place i out and emits what changes. Its slot is
// freed once it has been emitted.
func (p *partitions) removeRow(id int32, i int) {
	top := p.tops[id]
	gone := top[i]
	p.changes.free(gone)
	if !p.numbered() {
		if p.inEnd(i + 1) {
			p.put(vec.Delete, gone, i+1)
			if p.spec.End >= 0 && int64(len(top)) > p.spec.End {
				p.put(vec.Insert, top[p.spec.End], int(p.spec.End))
			}
		}
	} else {
		for k := i; k+1 < len(top) && p.inEnd(k+1); k++ {
			p.put(vec.UpdateBefore, top[k], k+1)
			p.put(vec.UpdateAfter, top[k+1], k+1)
		}
		p.put(vec.Delete, top[len(top)-1], len(top))
	}
	if p.tops[id] = slices.Delete(top, i, i+1); len(p.tops[id]) == 0 {
		p.empty = append(p.empty, id)
	}
}

// Snapshot writes an entry a row: the partition and the place in it as key, the
// time of the last write and the row as value.
func (p *partitions) Snapshot(w state.Writer) error {
	st, codec := newKeyedState(p.ctx, "rows", p.partTypes), vec.NewRowCodec(p.store.ts)
	for _, id := range p.table.AppendIDs(nil) {
		top := p.tops[id]
		for lo := 0; lo < len(top); lo += vec.BatchSize {
			part := top[lo:min(lo+vec.BatchSize, len(top))]
			cols, seq := p.store.gather(part), make([]uint64, len(part))
			for j := range seq {
				seq[j] = uint64(lo + j)
			}
			err := st.write(w, pick(cols, p.spec.Partition), len(part), seq, func(dst []byte, i int) []byte {
				return codec.AppendRow(appendInt(dst, p.expiry.last(id)), cols, i)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// Restore reads the partitions of the subtask's key groups.
func (p *partitions) Restore(r state.Reader) error {
	st, codec := newKeyedState(p.ctx, "rows", p.partTypes), vec.NewRowCodec(p.store.ts)
	return st.read(r, true, func(keys []*vec.Vec, values *vec.Rows) error {
		ids := make([]int32, values.Len())
		p.table.Find(keys, nil, ids, true)
		p.tops = resized(p.tops, p.table.Cap())
		rows, now := vec.NewBatchBuilder(codec.Types(), len(ids)), p.ctx.Now()
		for i, id := range ids {
			e := entryReader{b: values.Row(i)}
			p.expiry.restore(id, e.int(), now)
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
			p.tops[id] = append(p.tops[id], p.store.add(b.Cols, i))
		}
		return nil
	})
}

// NewTopN makes the operator that a ranking is in its mode and over its input.
func NewTopN(spec *physical.TopN, batch bool) (exec.Operator, error) {
	unordered := len(spec.Order) == 0 && len(spec.Partition) == 0
	switch {
	case unordered && !spec.InputChanges && !spec.WithRank:
		return NewLimit(spec), nil
	case batch:
		return newSpilling(spec.Partition, false, func() spillable { return newTopNBatch(spec) }), nil
	case spec.Rank != physical.RowNumber:
		return nil, diag.Errorf(codeMode, diag.Span{}, "RANK and DENSE_RANK are not supported on a stream").
			WithHint("Use ROW_NUMBER, or run the script in batch mode.")
	case !spec.InputChanges:
		return newTopNAppend(spec), nil
	case spec.UniqueKey != nil:
		return newTopNUpdate(spec), nil
	default:
		return newTopNRetract(spec), nil
	}
}
