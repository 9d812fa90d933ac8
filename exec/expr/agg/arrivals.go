package agg

import (
	"unsafe"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// arrivals keeps the rows of each group in the order in which they came, and can
// take back the oldest row that has a given value, as Flink does: what the
// aggregates stand on whose value depends on order. Equal values are held once.
//
//	groups   ends[g] ──▶ row ⇄ row ⇄ row        in order of arrival
//	values   entry e ──▶ row ─▶ row             the rows of one (group, value), oldest first
//
// A retraction that runs ahead of its addition, as it can in a local aggregation,
// is owed by its entry: the next equal row settles it.
type arrivals struct {
	ts      []types.Type
	table   *vec.GroupTable // (group, value) → entry
	same    []sameRows      // by entry
	rows    []arrival
	free    []int32
	ends    []listEnds // by group, of rows plus one
	debts   []int32    // by group: number of entries that owe
	entries []int32    // scratch
	cols    []*vec.Vec // scratch
	empty   []int32    // scratch: entries that may have become unused
}

// sameRows are the first and last row of an entry, plus one, and its debt. Without
// any of them the entry is deleted, and its debt is unused until its id is given again.
type sameRows struct{ first, last, owed int32 }

const unused = -1

// arrival is one row; links are plus one.
type arrival struct{ entry, group, prev, next, nextSame int32 }

func newArrivals(ts []types.Type) *arrivals {
	l := &arrivals{}
	key := []types.Type{types.Int32.NotNull()}
	for _, t := range ts {
		l.ts = append(l.ts, t.WithAttr(types.NoTimeAttr).Null())
	}
	l.table = vec.NewGroupTable(append(key, l.ts...))
	return l
}

func (l *arrivals) grow(n int) {
	l.ends, l.debts = growTo(l.ends, n), growTo(l.debts, n)
}

// change adds rows, or takes them back.
func (l *arrivals) change(ids []int32, args []*vec.Vec, rows []int32, retract bool) {
	l.cols = append(l.cols[:0], vec.FromSlice(types.Int32.NotNull(), ids, nil))
	for _, v := range args {
		if rows != nil {
			v = vec.Take(v, rows)
		}
		l.cols = append(l.cols, v)
	}
	l.entries = growTo(l.entries, len(ids))[:len(ids)]
	l.table.Find(l.cols, nil, l.entries, true)
	l.same = growTo(l.same, l.table.Cap())
	for j, e := range l.entries {
		if l.same[e].owed == unused {
			l.same[e].owed = 0
		}
		if retract {
			l.remove(ids[j], e)
		} else {
			l.append(ids[j], e)
		}
		if l.same[e] == (sameRows{}) {
			l.empty = append(l.empty, e)
		}
	}
	l.sweep()
}

// sweep deletes the entries that were left without rows and debt and still are.
func (l *arrivals) sweep() {
	for _, e := range l.empty {
		if l.same[e] == (sameRows{}) {
			l.table.Delete(e)
			l.same[e].owed = unused
		}
	}
	l.empty = l.empty[:0]
}

func (l *arrivals) append(group, e int32) {
	s := &l.same[e]
	if s.owed > 0 {
		if s.owed--; s.owed == 0 {
			l.debts[group]--
		}
		return
	}
	r := int32(len(l.rows))
	if n := len(l.free) - 1; n >= 0 {
		r, l.free = l.free[n], l.free[:n]
	} else {
		l.rows = append(l.rows, arrival{})
	}
	ends := &l.ends[group]
	l.rows[r] = arrival{entry: e, group: group, prev: ends.last}
	if ends.last != 0 {
		l.rows[ends.last-1].next = r + 1
	} else {
		ends.first = r + 1
	}
	ends.last = r + 1
	if s.last != 0 {
		l.rows[s.last-1].nextSame = r + 1
	} else {
		s.first = r + 1
	}
	s.last = r + 1
}

// remove takes back the oldest row of an entry.
func (l *arrivals) remove(group, e int32) {
	s := &l.same[e]
	if s.first == 0 {
		if s.owed++; s.owed == 1 {
			l.debts[group]++
		}
		return
	}
	r := s.first - 1
	row := l.rows[r]
	if s.first = row.nextSame; s.first == 0 {
		s.last = 0
	}
	ends := &l.ends[group]
	if row.prev != 0 {
		l.rows[row.prev-1].next = row.next
	} else {
		ends.first = row.next
	}
	if row.next != 0 {
		l.rows[row.next-1].prev = row.prev
	} else {
		ends.last = row.prev
	}
	l.free = append(l.free, r)
}

// each calls fn with the entry of each row of a group, in order.
func (l *arrivals) each(group int32, fn func(e int32)) {
	for r := l.ends[group].first; r != 0; r = l.rows[r-1].next {
		fn(l.rows[r-1].entry)
	}
}

// values gives the value columns of entries.
func (l *arrivals) values(entries []int32) []*vec.Vec { return l.table.Keys(entries)[1:] }

// lists gives the rows of groups as lists of values.
func (l *arrivals) lists(ids []int32) (off []int32, values []*vec.Vec) {
	var entries []int32
	off = make([]int32, 1, len(ids)+1)
	for _, id := range ids {
		l.each(id, func(e int32) { entries = append(entries, e) })
		off = append(off, int32(len(entries)))
	}
	return off, l.values(entries)
}

// owedLists gives what groups owe as lists of values. Debts are looked for in the
// whole table, but only where there are any: in local aggregations, which are small.
func (l *arrivals) owedLists(ids []int32) (off []int32, values []*vec.Vec) {
	owing := map[int32][]int32{}
	for _, id := range ids {
		if l.debts[id] > 0 {
			owing[id] = nil
		}
	}
	if len(owing) > 0 {
		all := l.table.AppendIDs(nil)
		for j, group := range l.table.Keys(all)[0].Int32s() {
			if _, ok := owing[group]; ok {
				for range l.same[all[j]].owed {
					owing[group] = append(owing[group], all[j])
				}
			}
		}
	}
	var entries []int32
	off = make([]int32, 1, len(ids)+1)
	for _, id := range ids {
		entries = append(entries, owing[id]...)
		off = append(off, int32(len(entries)))
	}
	return off, l.values(entries)
}

func (l *arrivals) listType() types.Type { return types.NewArray(tupleType(l.ts)).NotNull() }

// partial gives groups as two lists, of their rows and of their debts.
func (l *arrivals) partial(ids []int32) []*vec.Vec {
	off, values := l.lists(ids)
	owedOff, owed := l.owedLists(ids)
	list := func(off []int32, cols []*vec.Vec) *vec.Vec {
		n := int(off[len(off)-1])
		return &vec.Vec{Type: l.listType(), Len: len(ids), Off: off, Kids: []*vec.Vec{tupleOf(tupleType(l.ts), cols, n)}}
	}
	return []*vec.Vec{list(off, values), list(owedOff, owed)}
}

// merge takes the two lists of partial in.
func (l *arrivals) merge(ids []int32, partial []*vec.Vec) {
	for i, retract := range []bool{false, true} {
		groups, kids := unfoldLists(ids, partial[i])
		if len(groups) > 0 {
			l.change(groups, columnsOf(kids[0], len(l.ts)), nil, retract)
		}
	}
}

// reset drops a group's rows and debts.
func (l *arrivals) reset(ids []int32) {
	for _, id := range ids {
		l.each(id, func(e int32) { l.empty = append(l.empty, e) })
		for l.ends[id].first != 0 {
			l.remove(id, l.rows[l.ends[id].first-1].entry)
		}
		if l.debts[id] > 0 {
			l.forgive(id)
		}
	}
	l.sweep()
}

// forgive drops a group's debts.
func (l *arrivals) forgive(id int32) {
	all := l.table.AppendIDs(nil)
	for j, group := range l.table.Keys(all)[0].Int32s() {
		if group == id && l.same[all[j]].owed > 0 {
			l.same[all[j]].owed = 0
			l.empty = append(l.empty, all[j])
		}
	}
	l.debts[id] = 0
}

func (l *arrivals) bytes() int64 {
	return l.table.Bytes() + int64(cap(l.same))*12 + int64(cap(l.rows))*int64(unsafe.Sizeof(arrival{})) +
		int64(cap(l.free)+cap(l.debts)+cap(l.entries))*4 + int64(cap(l.ends))*8
}
