package op

import (
	"slices"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// joinSide is the state of one input of a join: its rows, linked by join key in the
// order in which they came. Join keys are groups of a table that both sides share.
//
// How a row is found again depends on what identifies it:
//
//	unique key in the join key   the group's only row
//	unique key                   index on the unique key, within the group
//	neither, rows taken back     index on all columns; any equal row
//	neither, only additions      never looked for
type joinSide struct {
	keys    []int
	outer   bool // rows without a match come out, padded with NULLs
	counted bool // matches are counted (outer sides, and the left of SEMI and ANTI)
	single  bool // a group has at most one row
	unique  bool // rows of a group have a unique key, on
	on      []int
	index   *slotIndex // nil: rows are not looked for

	store      *rowStore
	head, tail []int32         // by group: slot + 1, 0 = none
	links      paged[joinLink] // by slot
	expiry     *expiry

	hashes []uint64 // of the current batch, over on
}

// joinLink is what a slot is in its group, together in one cache line.
type joinLink struct {
	next, prev int32 // slot + 1, 0 = none
	group      int32
	matches    int32 // if counted
}

func newJoinSide(ts []types.Type, keys []int, unique physical.UniqueSide, changes bool, ttl time.Duration) *joinSide {
	s := &joinSide{keys: keys, store: newRowStore(ts), expiry: newExpiry(ttl)}
	switch {
	case unique.Key != nil && unique.InJoinKey:
		s.single = true
	case unique.Key != nil:
		s.unique, s.on, s.index = true, unique.Key, newSlotIndex()
	case changes:
		s.index = newSlotIndex()
		for c := range ts {
			s.on = append(s.on, c)
		}
	}
	return s
}

// grow makes room for groups 0 to n-1.
func (s *joinSide) grow(n int) { s.head, s.tail = resized(s.head, n), resized(s.tail, n) }

// begin hashes a batch of the side's rows.
func (s *joinSide) begin(b *vec.Batch) {
	if s.index != nil {
		s.hashes = scratch(s.hashes, b.Len)
		vec.HashColumns(pick(b.Cols, s.on), s.hashes)
	}
}

// empty reports whether a group has no rows.
func (s *joinSide) empty(group int32) bool { return s.head[group] == 0 }

// find gives the slot of the row that row i is or replaces, -1 if there is none. A
// side without a unique key finds one of the rows that are equal in all columns.
func (s *joinSide) find(group int32, b *vec.Batch, i int) int32 {
	if s.single {
		return s.head[group] - 1
	}
	if s.index == nil {
		return -1
	}
	slot := s.index.first(s.hashes[i])
	for slot >= 0 && (s.links.at(slot).group != group || !s.store.equalOn(s.on, slot, b.Cols, i)) {
		slot = s.index.after(slot)
	}
	return slot
}

// add keeps row i. With a unique key it replaces the row of that key.
func (s *joinSide) add(group int32, b *vec.Batch, i int, matches int32, now int64) {
	if s.single || s.unique {
		if old := s.find(group, b, i); old >= 0 {
			s.remove(old)
		}
	}
	slot := s.store.add(b.Cols, i)
	s.link(slot, group, matches)
	if s.index != nil {
		s.index.add(slot, s.hashes[i])
	}
	s.expiry.touch(slot, now)
}

// addRows keeps rows of a batch that replace nothing.
func (s *joinSide) addRows(b *vec.Batch, rows, groups, matches []int32, now int64) {
	slots := make([]int32, len(rows))
	s.store.addRows(b.Cols, rows, slots)
	for j, slot := range slots {
		s.link(slot, groups[rows[j]], matches[j])
		if s.index != nil {
			s.index.add(slot, s.hashes[rows[j]])
		}
		s.expiry.touch(slot, now)
	}
}

func (s *joinSide) link(slot, group, matches int32) {
	s.links.grow(int(slot) + 1)
	last := s.tail[group]
	*s.links.at(slot) = joinLink{prev: last, group: group, matches: matches}
	if last == 0 {
		s.head[group] = slot + 1
	} else {
		s.links.at(last - 1).next = slot + 1
	}
	s.tail[group] = slot + 1
}

// remove lets a row go.
func (s *joinSide) remove(slot int32) {
	l := *s.links.at(slot)
	if l.prev == 0 {
		s.head[l.group] = l.next
	} else {
		s.links.at(l.prev - 1).next = l.next
	}
	if l.next == 0 {
		s.tail[l.group] = l.prev
	} else {
		s.links.at(l.next - 1).prev = l.prev
	}
	if s.index != nil {
		s.index.remove(slot)
	}
	s.expiry.forget(slot)
	s.store.remove(slot)
}

// match changes the number of matches of a row and gives the number before.
func (s *joinSide) match(slot, by int32, now int64) int32 {
	n := s.links.at(slot).matches
	s.links.at(slot).matches = n + by
	s.expiry.touch(slot, now)
	return n
}

// appendRows appends the slots of a group in order.
func (s *joinSide) appendRows(dst []int32, group int32) []int32 {
	for slot := s.head[group]; slot != 0; slot = s.links.at(slot - 1).next {
		dst = append(dst, slot-1)
	}
	return dst
}

// snapshot writes an entry a row: the join key and the place among its rows as key;
// matches, time of the last write and the row as value.
func (s *joinSide) snapshot(w state.Writer, ctx *exec.Context, part string, table *vec.GroupTable) error {
	st, codec := s.state(ctx, part), vec.NewRowCodec(s.store.ts)
	var slots []int32
	var seq []uint64
	flush := func() error {
		cols := s.store.gather(slots)
		err := st.write(w, pick(cols, s.keys), len(slots), seq, func(dst []byte, i int) []byte {
			matches := int64(0)
			if s.counted {
				matches = int64(s.links.at(slots[i]).matches)
			}
			return codec.AppendRow(appendInt(appendInt(dst, matches), s.expiry.last(slots[i])), cols, i)
		})
		slots, seq = slots[:0], seq[:0]
		return err
	}
	for _, group := range table.AppendIDs(nil) {
		place := uint64(0)
		for slot := s.head[group]; slot != 0; slot = s.links.at(slot - 1).next {
			slots, seq = append(slots, slot-1), append(seq, place)
			place++
			if len(slots) == vec.BatchSize {
				if err := flush(); err != nil {
					return err
				}
			}
		}
	}
	return flush()
}

func (s *joinSide) state(ctx *exec.Context, part string) *keyedState {
	return newKeyedState(ctx, part, pickTypes(s.store.ts, s.keys))
}

// restore reads the rows of the subtask's key groups.
func (s *joinSide) restore(r state.Reader, ctx *exec.Context, part string, find func(keys []*vec.Vec, ids []int32)) error {
	st, codec := s.state(ctx, part), vec.NewRowCodec(s.store.ts)
	return st.read(r, true, func(keys []*vec.Vec, values *vec.Rows) error {
		n := values.Len()
		ids, matches, written := make([]int32, n), make([]int32, n), make([]int64, n)
		find(keys, ids)
		rows := vec.NewBatchBuilder(s.store.ts, n)
		for i := range n {
			e := entryReader{b: values.Row(i)}
			matches[i], written[i] = int32(e.int()), e.int()
			if e.bad {
				return st.corrupt()
			}
			if err := codec.Decode(e.b, rows.Cols); err != nil {
				return err
			}
			rows.EndRow(vec.Insert)
		}
		b, now := rows.Finish(), ctx.Now()
		s.begin(b)
		for i := range n {
			s.add(ids[i], b, i, matches[i], sinceRestore(written[i], now))
		}
		return nil
	})
}

// hasNull reports whether a key of row i is NULL where NULL equals nothing.
func hasNull(cols []*vec.Vec, keys []int, nullEquals []bool, i int) bool {
	for k, c := range keys {
		if cols[c].IsNull(i) && (k >= len(nullEquals) || !nullEquals[k]) {
			return true
		}
	}
	return false
}

// anyNulls reports whether hasNull can be true for any row.
func anyNulls(cols []*vec.Vec, keys []int, nullEquals []bool) bool {
	return slices.ContainsFunc(keys, func(c int) bool { return cols[c].HasNulls() })
}
