package op

import (
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// rowStore keeps rows in columns: row state of joins, top-N, deduplication. A row
// has a slot, a dense number by which operators index their own slices; the slots of
// removed rows are used again. Adding and gathering work column by column, so that
// a batch of changes costs a few loops and no allocation per row.
//
// Columns are kept in pages, so that a store grows without copying what it holds and has no
// more than a page to spare: see storeColumn.
type rowStore struct {
	ts   []types.Type
	cols []storeColumn
	n    int // slots ever used
	free []int32
}

func newRowStore(ts []types.Type) *rowStore {
	s := &rowStore{ts: ts, cols: make([]storeColumn, len(ts))}
	for c, t := range ts {
		s.cols[c].init(t)
	}
	return s
}

// Len is the number of rows held.
func (s *rowStore) Len() int { return s.n - len(s.free) }

// Cap is one more than the largest slot used so far.
func (s *rowStore) Cap() int { return s.n }

// add stores row i and gives its slot.
func (s *rowStore) add(cols []*vec.Vec, i int) int32 {
	slot := s.take1()
	for c := range s.cols {
		s.cols[c].put(slot, cols[c], i)
	}
	return slot
}

// addRows stores the rows sel (nil: all n) and writes their slots to out.
func (s *rowStore) addRows(cols []*vec.Vec, sel []int32, out []int32) {
	for j := range out {
		out[j] = s.take1()
	}
	for c := range s.cols {
		s.cols[c].putRows(out, cols[c], sel)
	}
}

func (s *rowStore) take1() int32 {
	if k := len(s.free); k > 0 {
		slot := s.free[k-1]
		s.free = s.free[:k-1]
		return slot
	}
	slot := int32(s.n)
	s.n++
	for c := range s.cols {
		s.cols[c].grow(s.n)
	}
	return slot
}

// remove frees a slot. Its row may be gathered no more.
func (s *rowStore) remove(slot int32) {
	for c := range s.cols {
		s.cols[c].drop(slot, s.n)
	}
	s.free = append(s.free, slot)
}

// gather gives the rows of the slots as columns; a negative slot gives NULLs.
func (s *rowStore) gather(slots []int32) []*vec.Vec {
	out := make([]*vec.Vec, len(s.cols))
	for c := range s.cols {
		out[c] = s.cols[c].gather(slots)
	}
	return out
}

// column gathers one column.
func (s *rowStore) column(c int, slots []int32) *vec.Vec { return s.cols[c].gather(slots) }

// equal reports whether the row of a slot equals row i in all columns, NULL being
// equal to NULL.
func (s *rowStore) equal(slot int32, cols []*vec.Vec, i int) bool {
	for c := range s.cols {
		if !s.cols[c].equal(slot, cols[c], i) {
			return false
		}
	}
	return true
}

// equalOn is equal for some columns.
func (s *rowStore) equalOn(on []int, slot int32, cols []*vec.Vec, i int) bool {
	for _, c := range on {
		if !s.cols[c].equal(slot, cols[c], i) {
			return false
		}
	}
	return true
}

// Bytes is the memory held, roughly.
func (s *rowStore) Bytes() int64 {
	n := int64(len(s.free)) * 4
	for c := range s.cols {
		n += s.cols[c].bytes()
	}
	return n
}
