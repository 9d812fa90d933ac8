package agg

import (
	"fmt"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// multiset counts how often each value occurs in each group: what DISTINCT, COLLECT,
// PERCENTILE and MIN and MAX under retraction stand on. A value is one or more
// columns; (group, value) is an entry, numbered by one hash table for all groups.
// The entries of a group form a list in the order of their first appearance.
//
// Counts may be below zero while retractions run ahead of their additions in a
// local aggregation. An entry lives until its count is zero again and no one pins it.
type multiset struct {
	ts      []types.Type // of the value
	table   *vec.GroupTable
	count   []int64 // by entry
	links   []entryLink
	ends    []listEnds // by group
	entries []int32    // scratch: entry by row
	zero    []int32    // entries whose count has become zero
	cols    []*vec.Vec // scratch
}

// entryLink places an entry in its group's list. Entries are held plus one, so
// that zero means none; owner is the group plus one, zero for an unused entry.
type entryLink struct{ owner, prev, next int32 }

// listEnds are the first and last of a group's list, plus one.
type listEnds struct{ first, last int32 }

func newMultiset(ts []types.Type) *multiset {
	m := &multiset{ts: make([]types.Type, len(ts))}
	key := []types.Type{types.Int32.NotNull()}
	for i, t := range ts {
		m.ts[i] = t.WithAttr(types.NoTimeAttr).Null()
		key = append(key, m.ts[i])
	}
	m.table = vec.NewGroupTable(key)
	return m
}

func (m *multiset) grow(n int) { m.ends = growTo(m.ends, n) }

// find gives the entries of rows, making those that are new; valid until the next call.
func (m *multiset) find(ids []int32, args []*vec.Vec, rows []int32) []int32 {
	m.cols = append(m.cols[:0], vec.FromSlice(types.Int32.NotNull(), ids, nil))
	for _, v := range args {
		if rows != nil {
			v = vec.Take(v, rows)
		}
		m.cols = append(m.cols, v)
	}
	m.entries = growTo(m.entries, len(ids))[:len(ids)]
	m.table.Find(m.cols, nil, m.entries, true)
	m.count = growTo(m.count, m.table.Cap())
	m.links = growTo(m.links, m.table.Cap())
	for j, e := range m.entries {
		if m.links[e].owner == 0 {
			m.link(e, ids[j])
		}
	}
	return m.entries
}

func (m *multiset) link(e, group int32) {
	ends := &m.ends[group]
	m.links[e] = entryLink{owner: group + 1, prev: ends.last}
	if ends.last != 0 {
		m.links[ends.last-1].next = e + 1
	} else {
		ends.first = e + 1
	}
	ends.last = e + 1
}

// drop removes an entry.
func (m *multiset) drop(e int32) {
	l := m.links[e]
	ends := &m.ends[l.owner-1]
	if l.prev != 0 {
		m.links[l.prev-1].next = l.next
	} else {
		ends.first = l.next
	}
	if l.next != 0 {
		m.links[l.next-1].prev = l.prev
	} else {
		ends.last = l.prev
	}
	m.links[e] = entryLink{}
	m.count[e] = 0
	m.table.Delete(e)
}

// add changes an entry's count and gives the count before. After the last row of a
// batch sweep must be called.
func (m *multiset) add(e int32, by int64) (before int64) {
	before = m.count[e]
	m.count[e] = before + by
	if before+by == 0 {
		m.zero = append(m.zero, e)
	}
	return before
}

// sweep drops the entries whose counts have become and still are zero, but for
// those that pinned says to keep.
func (m *multiset) sweep(pinned func(e int32) bool) {
	for _, e := range m.zero {
		if m.links[e].owner != 0 && m.count[e] == 0 && (pinned == nil || !pinned(e)) {
			m.drop(e)
		}
	}
	m.zero = m.zero[:0]
}

// each calls fn for the entries of a group, in order.
func (m *multiset) each(group int32, fn func(e int32)) {
	for e := m.ends[group].first; e != 0; {
		next := m.links[e-1].next
		fn(e - 1)
		e = next
	}
}

func (m *multiset) reset(group int32) { m.each(group, m.drop) }

// valueType is the type of a value as one column: a ROW if it has several.
func (m *multiset) valueType() types.Type { return tupleType(m.ts) }

func (m *multiset) partialType() types.Type {
	return types.NewMap(m.valueType(), countType).NotNull()
}

// partial gives the entries of groups as maps from value to count.
func (m *multiset) partial(ids []int32) *vec.Vec {
	off := make([]int32, 1, len(ids)+1)
	var entries []int32
	var counts []int64
	for _, id := range ids {
		m.each(id, func(e int32) {
			if m.count[e] != 0 {
				entries, counts = append(entries, e), append(counts, m.count[e])
			}
		})
		off = append(off, int32(len(entries)))
	}
	return &vec.Vec{Type: m.partialType(), Len: len(ids), Off: off,
		Kids: []*vec.Vec{m.values(entries), vec.FromSlice(countType, counts, nil)}}
}

// values gives the values of entries as one column.
func (m *multiset) values(entries []int32) *vec.Vec {
	return tupleOf(m.valueType(), m.table.Keys(entries)[1:], len(entries))
}

// unfold turns partials of groups back into rows: a group, a value and a count each.
func (m *multiset) unfold(ids []int32, partial *vec.Vec) (groups []int32, args []*vec.Vec, counts []int64) {
	groups, kids := unfoldLists(ids, partial)
	return groups, columnsOf(kids[0], len(m.ts)), kids[1].Int64s()
}

func (m *multiset) bytes() int64 {
	return m.table.Bytes() + int64(cap(m.count)+cap(m.ends))*8 + int64(cap(m.links))*12 + int64(cap(m.entries)+cap(m.zero))*4
}

// tupleType is the type of one or more columns as one.
func tupleType(ts []types.Type) types.Type {
	if len(ts) == 1 {
		return ts[0]
	}
	fields := make([]types.Field, len(ts))
	for i, t := range ts {
		fields[i] = types.Field{Name: fmt.Sprintf("f%d", i), Type: t}
	}
	return types.NewRow(fields...).NotNull()
}

// tupleOf makes one column of columns, and columnsOf takes it apart.
func tupleOf(t types.Type, cols []*vec.Vec, n int) *vec.Vec {
	if len(cols) == 1 {
		return cols[0]
	}
	return &vec.Vec{Type: t, Len: n, Kids: cols}
}

func columnsOf(v *vec.Vec, n int) []*vec.Vec {
	if n == 1 {
		return []*vec.Vec{v}
	}
	return v.Kids
}

// unfoldLists gives the children of lists or maps without what lies before or
// behind, and the group of each element.
func unfoldLists(ids []int32, v *vec.Vec) (groups []int32, kids []*vec.Vec) {
	lo, hi := int(v.Off[0]), int(v.Off[v.Len])
	groups = make([]int32, 0, hi-lo)
	for j, id := range ids {
		for k := v.Off[j]; k < v.Off[j+1]; k++ {
			groups = append(groups, id)
		}
	}
	for _, kid := range v.Kids {
		kids = append(kids, kid.Slice(lo, hi-lo))
	}
	return groups, kids
}
