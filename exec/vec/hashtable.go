package vec

import "github.com/weir-sql/weir/planner/types"

// GroupTable numbers the distinct keys of a stream of rows: each key gets a dense
// group id (int32, from 0) by which accumulators and operators index their own
// slices. Ids of deleted groups are given to later groups. NULL equals NULL.
// A table belongs to one goroutine.
//
// There is one store per shape of key: a word (one fixed-width column of up to 8
// bytes), a pair of words, and bytes (one string, or any columns encoded by a
// KeyEncoder). All are open-addressing tables with linear probing, a power of two
// of slots, at most half of them taken; the upper bits of the hash choose the slot,
// and a deletion shifts the entries behind it back, so that there are no tombstones.
type GroupTable struct {
	ts     []types.Type
	groups groupList
	store  groupStore // nil without key columns
	hashes []uint64   // scratch
	encode *KeyEncoder
	rows   Rows // scratch of encode
}

// groupStore maps keys of one shape to group ids. Rows are given in the store's
// own terms, see GroupTable.Find.
type groupStore interface {
	remove(id int32)
	hash(id int32) uint64
	bytes() int64
	clear()
}

// NewGroupTable makes a table for keys of the given column types. Without
// columns there is one group for all rows.
func NewGroupTable(ts []types.Type) *GroupTable {
	t := &GroupTable{ts: ts}
	switch {
	case len(ts) == 0:
	case len(ts) == 1 && isWord(ts[0]):
		t.store = newWordStore()
	case len(ts) == 2 && isWord(ts[0]) && isWord(ts[1]):
		t.store = newPairStore()
	case len(ts) == 1 && PhysOf(ts[0]) == PhysBytes:
		t.store = newByteStore()
	default:
		t.store, t.encode = newByteStore(), NewKeyEncoder(ts, nil)
	}
	return t
}

// Find writes to ids[i] the group of row i; len(ids) is the number of rows. hashes
// are those of HashColumns(cols), or nil to let the table compute them. A key the
// table does not hold gets a new group if insert is set, else -1. New groups get
// ids in the order of their first rows.
func (t *GroupTable) Find(cols []*Vec, hashes []uint64, ids []int32, insert bool) {
	switch s := t.store.(type) {
	case nil:
		t.findOnly(ids, insert)
	case *wordStore:
		s.find(&t.groups, cols[0], ids, insert)
	case *pairStore:
		s.find(&t.groups, cols[0], cols[1], ids, insert)
	case *byteStore:
		if hashes == nil {
			t.hashes = grow(t.hashes, len(ids))
			HashColumns(cols, t.hashes)
			hashes = t.hashes
		}
		if t.encode == nil {
			findBytes(s, &t.groups, cols[0].Off, cols[0].Data, cols[0].Valid, hashes, ids, insert)
			return
		}
		t.rows.Reset()
		t.encode.Encode(cols, len(ids), &t.rows)
		findBytes(s, &t.groups, t.rows.Off, t.rows.Data, nil, hashes, ids, insert)
	}
}

// findOnly is Find without key columns: all rows are in the one group.
func (t *GroupTable) findOnly(ids []int32, insert bool) {
	id := int32(0)
	if t.groups.live == 0 {
		if !insert || len(ids) == 0 {
			id = -1
		} else {
			id = t.groups.add()
		}
	}
	for i := range ids {
		ids[i] = id
	}
}

// Delete removes a live group; its id may be given to a later group. The caller
// resets what it keeps under the id.
func (t *GroupTable) Delete(id int32) {
	if t.store != nil {
		t.store.remove(id)
	}
	t.groups.remove(id)
	if t.groups.live == 0 && t.store != nil {
		t.store.clear()
	}
}

// Len is the number of live groups.
func (t *GroupTable) Len() int { return t.groups.live }

// Cap is one more than the largest id a live group can have: what to size slices
// indexed by group to.
func (t *GroupTable) Cap() int { return int(t.groups.n) }

// Hash gives the hash of a live group's key, as HashColumns gives it.
func (t *GroupTable) Hash(id int32) uint64 {
	if t.store == nil {
		return 0
	}
	return t.store.hash(id)
}

// Keys gives the key columns of groups, row i for ids[i].
func (t *GroupTable) Keys(ids []int32) []*Vec {
	switch s := t.store.(type) {
	case nil:
		return []*Vec{}
	case *wordStore:
		return []*Vec{wordVec(t.ts[0], ids, func(id int32) (int64, bool) { return s.keys[id], id == s.null })}
	case *pairStore:
		a := wordVec(t.ts[0], ids, func(id int32) (int64, bool) { return s.keys[id].a, s.keys[id].nulls&1 != 0 })
		b := wordVec(t.ts[1], ids, func(id int32) (int64, bool) { return s.keys[id].b, s.keys[id].nulls&2 != 0 })
		return []*Vec{a, b}
	default:
		return t.decode(s.(*byteStore), ids)
	}
}

// decode gives the key columns of groups held as bytes.
func (t *GroupTable) decode(s *byteStore, ids []int32) []*Vec {
	builders := make([]*Builder, len(t.ts))
	for c, typ := range t.ts {
		builders[c] = NewBuilder(typ, len(ids))
	}
	for _, id := range ids {
		switch {
		case t.encode != nil:
			if err := t.encode.Decode(s.key(id), builders); err != nil {
				panic(err) // the table wrote the key itself
			}
		case id == s.null:
			builders[0].Null()
		default:
			builders[0].Bytes(s.key(id))
		}
	}
	out := make([]*Vec, len(builders))
	for c, b := range builders {
		out[c] = b.Finish()
	}
	return out
}

// AppendIDs appends the live groups to dst in the order of their insertion.
func (t *GroupTable) AppendIDs(dst []int32) []int32 { return t.groups.appendTo(dst) }

// Clear removes all groups; ids start at 0 again.
func (t *GroupTable) Clear() {
	t.groups = groupList{}
	if t.store != nil {
		t.store.clear()
	}
}

// Bytes is the memory the table holds.
func (t *GroupTable) Bytes() int64 {
	n := t.groups.bytes() + int64(cap(t.hashes))*8 + int64(cap(t.rows.Data)) + int64(cap(t.rows.Off))*8
	if t.store != nil {
		n += t.store.bytes()
	}
	return n
}

// groupList gives out ids and knows the order of insertion. As long as no group
// was ever deleted that order is the order of ids, and nothing is kept; from the
// first deletion on it is a doubly linked list.
type groupList struct {
	n          int32 // ids given: 0 to n-1
	live       int
	free       []int32
	next, prev []int32 // nil before the first deletion; -1 ends
	head, tail int32
}

// add gives an id to a new group.
func (l *groupList) add() int32 {
	l.live++
	id := l.n
	if k := len(l.free) - 1; k >= 0 {
		id, l.free = l.free[k], l.free[:k]
	} else {
		l.n++
	}
	if l.next != nil {
		if int(id) == len(l.next) {
			l.next, l.prev = append(l.next, -1), append(l.prev, -1)
		}
		l.next[id], l.prev[id] = -1, l.tail
		if l.tail >= 0 {
			l.next[l.tail] = id
		} else {
			l.head = id
		}
		l.tail = id
	}
	return id
}

// remove takes an id back. When none is left, numbering starts anew.
func (l *groupList) remove(id int32) {
	if l.live--; l.live == 0 {
		*l = groupList{}
		return
	}
	if l.next == nil {
		l.link()
	}
	before, after := l.prev[id], l.next[id]
	if before >= 0 {
		l.next[before] = after
	} else {
		l.head = after
	}
	if after >= 0 {
		l.prev[after] = before
	} else {
		l.tail = before
	}
	l.free = append(l.free, id)
}

// link builds the list of ids 0 to n-1.
func (l *groupList) link() {
	l.next, l.prev = make([]int32, l.n, l.n+l.n/4), make([]int32, l.n, l.n+l.n/4)
	for i := range l.next {
		l.next[i], l.prev[i] = int32(i)+1, int32(i)-1
	}
	l.next[l.n-1] = -1
	l.head, l.tail = 0, l.n-1
}

func (l *groupList) appendTo(dst []int32) []int32 {
	if l.next == nil {
		for id := int32(0); id < l.n; id++ {
			dst = append(dst, id)
		}
		return dst
	}
	for id := l.head; id >= 0; id = l.next[id] {
		dst = append(dst, id)
	}
	return dst
}

func (l *groupList) bytes() int64 {
	return int64(cap(l.free)+cap(l.next)+cap(l.prev)) * 4
}

// Reader gives a table over the same groups with scratch memory of its own, so that
// several goroutines can Find in it, each in its reader, while nobody changes it. A
// reader must not insert or delete.
func (t *GroupTable) Reader() *GroupTable {
	r := &GroupTable{ts: t.ts, groups: t.groups, store: t.store}
	switch s := t.store.(type) {
	case *wordStore:
		c := *s
		c.buf = nil
		r.store = &c
	case *pairStore:
		c := *s
		c.bufA, c.bufB = nil, nil
		r.store = &c
	case *byteStore:
		c := *s
		r.store = &c
	}
	if t.encode != nil {
		r.encode = NewKeyEncoder(t.ts, nil)
	}
	return r
}
