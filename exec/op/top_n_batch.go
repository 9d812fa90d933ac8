package op

import (
	"bytes"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
)

// topNBatch is ROW_NUMBER, RANK or DENSE_RANK <= n over bounded input: the rows of each
// partition in order, partitions in the order they came, when the input has ended.
// Rows that cannot be among the first n any more are let go at once; of RANK, all
// that tie with the n-th are kept. Rows that take back are accepted as long as nothing
// had to be let go, that is without an end.
type topNBatch struct{ *partitions }

func newTopNBatch(spec *physical.TopN) *topNBatch { return &topNBatch{partitions: newPartitions(spec)} }

// Process keeps what may be wanted of a batch.
func (t *topNBatch) Process(_ int, b *vec.Batch, _ exec.Out) error {
	cols := t.begin(b)
	retract := topNRetract{t.partitions}
	for i, id := range t.ids {
		top, key := t.tops[id], t.keys.Row(i)
		if !b.Kind(i).Adds() {
			if at := retract.find(top, key, cols, i); at >= 0 {
				t.store.remove(top[at])
				t.tops[id] = append(top[:at], top[at+1:]...)
			}
			continue
		}
		if t.beyond(top, key) {
			continue
		}
		at := t.upper(top, key)
		top = append(top, 0)
		copy(top[at+1:], top[at:])
		top[at] = t.store.add(cols, i)
		t.tops[id] = t.cut(top)
	}
	return nil
}

// bounded says that rows behind the n-th can be let go.
func (t *topNBatch) bounded() bool {
	return t.spec.End >= 0 && !t.spec.InputChanges && t.spec.Rank != physical.DenseRank
}

// beyond reports whether a row with the key cannot be wanted.
func (t *topNBatch) beyond(top []int32, key []byte) bool {
	n := int(t.spec.End)
	if !t.bounded() || len(top) < n {
		return false
	}
	if n == 0 {
		return true
	}
	c := bytes.Compare(key, t.key(top[n-1]))
	return c > 0 || c == 0 && t.spec.Rank == physical.RowNumber
}

// cut lets go what was pushed out.
func (t *topNBatch) cut(top []int32) []int32 {
	n := int(t.spec.End)
	for t.bounded() && len(top) > n {
		last := top[len(top)-1]
		if t.spec.Rank == physical.Rank && bytes.Equal(t.key(last), t.key(top[n-1])) {
			break
		}
		t.store.remove(last)
		top = top[:len(top)-1]
	}
	return top
}

// OnEnd emits all partitions.
func (t *topNBatch) OnEnd(_ int, out exec.Out) error {
	for _, id := range t.table.AppendIDs(nil) {
		rank, dense := 0, 0
		for i, slot := range t.tops[id] {
			if i == 0 || !bytes.Equal(t.key(slot), t.key(t.tops[id][i-1])) {
				rank, dense = i+1, dense+1
			}
			switch t.spec.Rank {
			case physical.RowNumber:
				t.put(vec.Insert, slot, i+1)
			case physical.Rank:
				t.put(vec.Insert, slot, rank)
			default:
				t.put(vec.Insert, slot, dense)
			}
		}
		if len(t.changes.slots) >= vec.BatchSize {
			if err := t.emit(out); err != nil {
				return err
			}
		}
	}
	return t.emit(out)
}

// Bytes is the memory held, roughly.
func (t *topNBatch) Bytes() int64 { return t.store.Bytes() + t.table.Bytes() + int64(cap(t.tops))*32 }
