package vec

import "github.com/weir-sql/weir/planner/types"

// GroupTable numbers the distinct keys of a stream of rows: each key gets a dense
// group id (int32, from 0) by which accumulators and operators index their own
// slices. Ids of deleted groups are given to later groups. NULL equals NULL.
// A table belongs to one goroutine.
type GroupTable struct {
	ts    []types.Type
	enc   *KeyEncoder
	byKey map[string]int32
	keys  []string
	free  []int32
	order []int32
	size  int64
}

// NewGroupTable makes a table for keys of the given column types. Without
// columns there is one group for all rows.
func NewGroupTable(ts []types.Type) *GroupTable {
	return &GroupTable{ts: ts, enc: NewKeyEncoder(ts, nil), byKey: map[string]int32{}}
}

// Find writes to ids[i] the group of row i; len(ids) is the number of rows. hashes
// are those of HashColumns(cols), or nil to let the table compute them. A key the
// table does not hold gets a new group if insert is set, else -1.
func (t *GroupTable) Find(cols []*Vec, hashes []uint64, ids []int32, insert bool) {
	var key []byte
	for i := range ids {
		key = t.enc.AppendRow(key[:0], cols, i)
		id, ok := t.byKey[string(key)]
		if !ok {
			id = -1
			if insert {
				id = t.insert(string(key))
			}
		}
		ids[i] = id
	}
}

func (t *GroupTable) insert(key string) int32 {
	id := int32(len(t.keys))
	if n := len(t.free); n > 0 {
		id, t.free = t.free[n-1], t.free[:n-1]
		t.keys[id] = key
	} else {
		t.keys = append(t.keys, key)
	}
	t.byKey[key] = id
	t.order = append(t.order, id)
	return id
}

// Delete removes a live group; its id may be given to a later group. The caller
// resets what it keeps under the id.
func (t *GroupTable) Delete(id int32) {
	delete(t.byKey, t.keys[id])
	t.keys[id] = ""
	t.free = append(t.free, id)
	for i, o := range t.order {
		if o == id {
			t.order = append(t.order[:i], t.order[i+1:]...)
			break
		}
	}
}

// Len is the number of live groups.
func (t *GroupTable) Len() int { return len(t.byKey) }

// Cap is one more than the largest id given so far: what to size slices indexed
// by group to.
func (t *GroupTable) Cap() int { return len(t.keys) }

// Keys gives the key columns of groups, row i for ids[i].
func (t *GroupTable) Keys(ids []int32) []*Vec {
	out := NewBatchBuilder(t.ts, len(ids))
	for _, id := range ids {
		if err := t.enc.Decode([]byte(t.keys[id]), out.Cols); err != nil {
			panic(err) // the table wrote the key itself
		}
	}
	cols := make([]*Vec, len(out.Cols))
	for i, c := range out.Cols {
		cols[i] = c.Finish()
	}
	return cols
}

// AppendIDs appends the live groups to dst in the order of their insertion.
func (t *GroupTable) AppendIDs(dst []int32) []int32 { return append(dst, t.order...) }

// Clear removes all groups; ids start at 0 again.
func (t *GroupTable) Clear() { *t = *NewGroupTable(t.ts) }

// Bytes is the memory the table holds.
func (t *GroupTable) Bytes() int64 { return t.size + int64(len(t.keys))*64 }
