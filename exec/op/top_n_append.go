package op

import (
	"bytes"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
)

// topNAppend is ROW_NUMBER() OVER (PARTITION BY … ORDER BY …) <= n over rows that are
// only added, as Flink's AppendOnlyTopNFunction and FastTop1Function: nobody can fall
// back, so only the first n rows of a partition are kept. A row that does not beat
// the last of a full partition is dropped; equal rows do not.
//
//	n = 1                    -U old, +U new
//	without rank, no offset  -D the row pushed out, +I new
//	else                     -U, +U for every rank that changes hands, +I for a new rank
//
// In batch the rows of each partition are emitted in order at the end. Watermarks
// pass. State: at most n rows a partition.
type topNAppend struct{ *partitions }

func newTopNAppend(spec *physical.TopN) *topNAppend { return &topNAppend{newPartitions(spec)} }

// Process ranks a batch of rows.
func (t *topNAppend) Process(_ int, b *vec.Batch, out exec.Out) error {
	cols := t.begin(b)
	for i, id := range t.ids {
		if t.spec.Start == 1 && t.spec.End == 1 {
			t.first(id, cols, i)
			continue
		}
		top, key := t.tops[id], t.keys.Row(i)
		full := t.spec.End >= 0 && int64(len(top)) >= t.spec.End
		if full && (len(top) == 0 || bytes.Compare(key, t.key(top[len(top)-1])) >= 0) {
			continue
		}
		t.insertRow(id, t.upper(top, key), t.store.add(cols, i))
		if full {
			top = t.tops[id]
			t.changes.free(top[len(top)-1])
			t.tops[id] = top[:len(top)-1]
		}
	}
	return t.end(out)
}

// first keeps the best row only.
func (t *topNAppend) first(id int32, cols []*vec.Vec, i int) {
	top := t.tops[id]
	if len(top) == 0 {
		t.tops[id] = append(top, t.store.add(cols, i))
		t.put(vec.Insert, t.tops[id][0], 1)
		return
	}
	if bytes.Compare(t.keys.Row(i), t.key(top[0])) >= 0 {
		return
	}
	old := top[0]
	top[0] = t.store.add(cols, i)
	t.put(vec.UpdateBefore, old, 1)
	t.put(vec.UpdateAfter, top[0], 1)
	t.changes.free(old)
}
