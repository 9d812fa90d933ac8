package op

import (
	"bytes"
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
)

// topNUpdate is ROW_NUMBER top-N over rows that are replaced by their unique key and can only
// move up (COUNT in descending order, say), as Flink's UpdatableTopNFunction and
// FastTop1Function: only the first n rows are kept, since a row that falls out must
// come back by an update of its own.
//
//	new row                       as in topNAppend
//	n = 1                         -U old, +U new
//	same order, or without rank   -U old, +U new
//	moves up                      -U the row it drives away and -U itself at its old rank, +U
//	                              at the new one, then -U, +U down to the old rank
//
// A row that takes back is removed if it is kept; -U is taken for the first half of an
// update and ignored.
//
// One difference from Flink: at n = 1 an update of the first row that leaves its order as
// it is goes out; Flink's FastTop1Function drops it, and shows old values for ever.
//
// Watermarks pass. State: at most n rows a partition, and where they are.
type topNUpdate struct {
	*partitions
	index  *slotIndex // of kept rows by partition and unique key
	on     []int      // the unique key without the partition columns
	part   []int32    // by slot: partition
	hashes []uint64
}

func newTopNUpdate(spec *physical.TopN) *topNUpdate {
	t := &topNUpdate{partitions: newPartitions(spec), index: newSlotIndex()}
	for _, c := range spec.UniqueKey {
		if !slices.Contains(spec.Partition, c) {
			t.on = append(t.on, c)
		}
	}
	return t
}

// Process ranks a batch of rows.
func (t *topNUpdate) Process(_ int, b *vec.Batch, out exec.Out) error {
	cols := t.begin(b)
	t.hash(cols, b.Len)
	for i, id := range t.ids {
		old := t.find(id, cols, i)
		switch {
		case !b.Kind(i).Adds():
			if b.Kind(i) == vec.Delete && old >= 0 {
				t.index.remove(old)
				t.removeRow(id, slices.Index(t.tops[id], old))
			}
		case old >= 0:
			t.update(id, old, cols, i)
		default:
			t.insert(id, cols, i)
		}
		if len(t.tops[id]) == 0 {
			t.empty = append(t.empty, id)
		}
	}
	return t.end(out)
}

// hash computes what kept rows are found by.
func (t *topNUpdate) hash(cols []*vec.Vec, n int) {
	t.hashes = scratch(t.hashes, n)
	vec.HashColumns(append(pick(cols, t.spec.Partition), pick(cols, t.on)...), t.hashes)
}

// find gives the slot of the kept row with the unique key of row i, -1 if there is none.
func (t *topNUpdate) find(id int32, cols []*vec.Vec, i int) int32 {
	slot := t.index.first(t.hashes[i])
	for slot >= 0 && (t.part[slot] != id || !t.store.equalOn(t.on, slot, cols, i)) {
		slot = t.index.after(slot)
	}
	return slot
}

// keep stores row i.
func (t *topNUpdate) keep(id int32, cols []*vec.Vec, i int) int32 {
	slot := t.store.add(cols, i)
	t.part = resized(t.part, t.store.Cap())
	t.part[slot] = id
	t.index.add(slot, t.hashes[i])
	return slot
}

// insert takes a row in that was not kept.
func (t *topNUpdate) insert(id int32, cols []*vec.Vec, i int) {
	top, key := t.tops[id], t.keys.Row(i)
	full := t.spec.End >= 0 && int64(len(top)) >= t.spec.End
	if full && (len(top) == 0 || bytes.Compare(key, t.key(top[len(top)-1])) >= 0) {
		return
	}
	slot := t.keep(id, cols, i)
	if full && t.spec.End == 1 { // the one row is replaced, not pushed out
		t.put(vec.UpdateBefore, top[0], 1)
		t.put(vec.UpdateAfter, slot, 1)
		t.index.remove(top[0])
		t.changes.free(top[0])
		top[0] = slot
		return
	}
	t.insertRow(id, t.upper(top, key), slot)
	if full {
		top = t.tops[id]
		last := top[len(top)-1]
		t.index.remove(last)
		t.changes.free(last)
		t.tops[id] = top[:len(top)-1]
	}
}

// update replaces a kept row.
func (t *topNUpdate) update(id, old int32, cols []*vec.Vec, i int) {
	top := t.tops[id]
	from := slices.Index(top, old)
	key := t.keys.Row(i)
	same := bytes.Equal(key, t.key(old))
	t.index.remove(old)
	slot := t.keep(id, cols, i)
	t.changes.free(old)
	top = slices.Delete(top, from, from+1)
	to := from
	if !same {
		to = t.upper(top, key)
	}
	t.tops[id] = slices.Insert(top, to, slot)
	if !t.numbered() || to >= from {
		t.moveDown(id, old, from, to)
		return
	}
	// Rank k+1 changes hands for k from to to from.
	top = t.tops[id]
	for k := to; k < from; k++ {
		t.put(vec.UpdateBefore, top[k+1], k+1)
		if k == to {
			t.put(vec.UpdateBefore, old, from+1)
		}
		t.put(vec.UpdateAfter, top[k], k+1)
	}
	t.put(vec.UpdateAfter, top[from], from+1)
}

// moveDown emits an update that keeps its rank or loses ranks. The latter does not
// occur in an order that only rises; it is put out rank by rank.
func (t *topNUpdate) moveDown(id, old int32, from, to int) {
	top := t.tops[id]
	if !t.numbered() {
		t.put(vec.UpdateBefore, old, from+1)
		t.put(vec.UpdateAfter, top[to], from+1)
		return
	}
	was := old
	for k := from; k <= to; k++ {
		t.put(vec.UpdateBefore, was, k+1)
		t.put(vec.UpdateAfter, top[k], k+1)
		was = top[k]
	}
}

// Restore reads the rows and enters them in the index.
func (t *topNUpdate) Restore(r state.Reader) error {
	if err := t.partitions.Restore(r); err != nil {
		return err
	}
	t.part = resized(t.part, t.store.Cap())
	for _, id := range t.table.AppendIDs(nil) {
		top := t.tops[id]
		t.hash(t.store.gather(top), len(top))
		for j, slot := range top {
			t.part[slot] = id
			t.index.add(slot, t.hashes[j])
		}
	}
	return nil
}
