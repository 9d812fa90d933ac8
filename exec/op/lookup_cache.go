package op

import (
	"slices"
	"time"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// lookupCache holds the rows of looked-up keys: the answers of the batch at hand, and
// if limit is not 0 those of limit keys asked for last. Keys without rows are held too.
type lookupCache struct {
	limit      int64
	ttl        int64 // milliseconds from loading, 0 = for ever
	table      *vec.GroupTable
	rows       [][]int32 // by key id: slots
	loaded     []int64   // by key id: when; notLoaded if not
	next, prev []int32   // by key id: towards older and younger use, -1 = none
	young, old int32
	store      *rowStore
	nulls      []int32 // ids of keys with a NULL, which are not linked
}

const notLoaded = -1 << 63

// missingKey is a key to ask for: its id, the first row that has it and how many do.
type missingKey struct {
	id, row, rows int32
}

func newLookupCache(keys, rows []types.Type, limit int64, ttl time.Duration) *lookupCache {
	return &lookupCache{limit: limit, ttl: ttl.Milliseconds(), table: vec.NewGroupTable(keys), young: -1, old: -1, store: newRowStore(rows)}
}

// find writes the key id of every row, -1 where a key column is NULL, and gives the keys
// that must be asked for, each once.
func (c *lookupCache) find(keys []*vec.Vec, ids []int32, now int64) []missingKey {
	c.table.Find(keys, nil, ids, true)
	n := c.table.Cap()
	for len(c.rows) < n {
		c.rows, c.loaded = append(c.rows, nil), append(c.loaded, notLoaded)
		c.next, c.prev = append(c.next, -1), append(c.prev, -1)
	}
	all := make([]int, len(keys))
	for k := range all {
		all[k] = k
	}
	nulls := anyNulls(keys, all, nil)
	var missing []missingKey
	at := map[int32]int{}
	for i, id := range ids {
		if nulls && hasNull(keys, all, nil, i) {
			ids[i] = -1
			c.nulls = append(c.nulls, id)
			continue
		}
		if k, ok := at[id]; ok {
			missing[k].rows++
			continue
		}
		if c.loaded[id] == notLoaded || c.ttl > 0 && now-c.loaded[id] >= c.ttl {
			c.unlink(id)
			c.release(id)
			at[id] = len(missing)
			missing = append(missing, missingKey{id, int32(i), 1})
			c.loaded[id] = now
		} else {
			c.unlink(id)
		}
		c.link(id)
	}
	return missing
}

// add stores a row of a key.
func (c *lookupCache) add(id int32, cols []*vec.Vec, i int) {
	c.rows[id] = append(c.rows[id], c.store.add(cols, i))
}

// release lets the rows of a key go.
func (c *lookupCache) release(id int32) {
	for _, slot := range c.rows[id] {
		c.store.remove(slot)
	}
	c.rows[id] = c.rows[id][:0]
}

// link makes a key the one used last.
func (c *lookupCache) link(id int32) {
	c.prev[id], c.next[id] = -1, c.young
	if c.young >= 0 {
		c.prev[c.young] = id
	} else {
		c.old = id
	}
	c.young = id
}

func (c *lookupCache) unlink(id int32) {
	if c.young != id && c.prev[id] < 0 {
		return // not linked
	}
	p, n := c.prev[id], c.next[id]
	if p >= 0 {
		c.next[p] = n
	} else {
		c.young = n
	}
	if n >= 0 {
		c.prev[n] = p
	} else {
		c.old = p
	}
	c.prev[id], c.next[id] = -1, -1
}

// trim forgets the keys used longest ago beyond the limit, once a batch is done.
func (c *lookupCache) trim() {
	slices.Sort(c.nulls)
	for _, id := range slices.Compact(c.nulls) {
		c.table.Delete(id)
	}
	c.nulls = c.nulls[:0]
	for int64(c.table.Len()) > c.limit {
		id := c.old
		c.unlink(id)
		c.release(id)
		c.loaded[id] = notLoaded
		c.table.Delete(id)
	}
}
