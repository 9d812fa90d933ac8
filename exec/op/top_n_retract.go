package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
)

// topNRetract is ROW_NUMBER top-N over rows that may be taken back, as Flink's
// RetractableTopNFunction: all rows of a partition are kept, since any may move up.
//
//	without rank, no offset  added: -D the row pushed out, +I new;
//	                         taken back: -D it, +I the row that moves in
//	else                     -U, +U for every rank that changes hands, then +I or -D
//	                         for the rank that was won or lost
//
// Of equal rows the first is taken back; a row that is not there is ignored. Watermarks
// pass. State: every row.
type topNRetract struct{ *partitions }

func newTopNRetract(spec *physical.TopN) *topNRetract { return &topNRetract{newPartitions(spec)} }

// Process adds and takes back rows.
func (t *topNRetract) Process(_ int, b *vec.Batch, out exec.Out) error {
	cols := t.begin(b)
	for i, id := range t.ids {
		top, key := t.tops[id], t.keys.Row(i)
		if b.Kind(i).Adds() {
			t.insertRow(id, t.upper(top, key), t.store.add(cols, i))
			continue
		}
		if at := t.find(top, key, cols, i); at >= 0 {
			t.removeRow(id, at)
		} else if len(top) == 0 {
			t.empty = append(t.empty, id)
		}
	}
	return t.end(out)
}

// find gives the place of the first row equal to row i, -1 if there is none.
func (t *topNRetract) find(top []int32, key []byte, cols []*vec.Vec, i int) int {
	for at := t.lower(top, key); at < len(top) && string(t.key(top[at])) == string(key); at++ {
		if t.store.equal(top[at], cols, i) {
			return at
		}
	}
	return -1
}
