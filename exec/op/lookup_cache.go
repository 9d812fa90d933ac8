package op

import (
	"time"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// lookupCache holds what is known of looked-up keys: the rows of up to limit keys, those
// used last, and the keys that are being asked for. That a key has no rows is kept, too.
//
// What is known of a key is an entry. Entries outlive their place in the cache: rows that
// wait to be given out hold on to theirs (retain), so that neither a fresher answer nor
// keys that need the room take it from them.
type lookupCache struct {
	limit   int64
	ttl     int64 // milliseconds from loading, 0 = for ever
	table   *vec.GroupTable
	byKey   []int32 // by key id: entry
	entries []lookupEntry
	free    []int32 // entries
	store   *rowStore

	young, old int32 // ends of the list of cached entries in the order of their use, -1 = none
	cached     int64 // entries in the list
	batch      int64 // number of the batch at hand
	nulls      []int32
	all        []int
}

// lookupEntry is what is known of one key.
type lookupEntry struct {
	first      int32   // slot of its first row, -1 = none
	rest       []int32 // slots of the others
	key        int32   // id in the table, -1 = the table knows it no more
	refs       int32   // rows that wait for it or are about to be given out, one for the list
	next, prev int32   // in the list, towards older and younger use
	linked     bool
	used       int64 // batch that used it last
	loaded     int64 // when
	request    *lookupRequest
}

// noEntry is the entry of a key with NULL, which matches nothing.
const noEntry = -1

func newLookupCache(keys, rows []types.Type, limit int64, ttl time.Duration) *lookupCache {
	c := &lookupCache{limit: limit, ttl: ttl.Milliseconds(), table: vec.NewGroupTable(keys), young: -1, old: -1, store: newRowStore(rows)}
	for k := range keys {
		c.all = append(c.all, k)
	}
	return c
}

// find writes the entry of every row to entries, noEntry where a key column is NULL, and
// appends to missing the rows whose keys must be asked for, one a key. hits is the
// number of rows that the cache answers, misses that of the others with a key.
func (c *lookupCache) find(keys []*vec.Vec, entries []int32, missing []int32, now int64) (_ []int32, hits, misses int) {
	c.batch++
	c.table.Find(keys, nil, entries, true)
	for n := c.table.Cap(); len(c.byKey) < n; {
		c.byKey = append(c.byKey, noEntry)
	}
	nulls := anyNulls(keys, c.all, nil)
	for i, id := range entries {
		if nulls && hasNull(keys, c.all, nil, i) {
			if entries[i] = noEntry; c.byKey[id] == noEntry {
				c.byKey[id] = c.add(id)
				c.nulls = append(c.nulls, c.byKey[id])
			}
			continue
		}
		e := c.byKey[id]
		if e == noEntry || c.ttl > 0 && c.expired(e, now) {
			if e != noEntry {
				c.forget(e)
			}
			e = c.add(id)
			c.byKey[id] = e
			missing = append(missing, int32(i))
		}
		entries[i] = e
		x := &c.entries[e]
		if !x.linked {
			misses++
			continue
		}
		hits++
		if x.used != c.batch {
			x.used = c.batch
			c.unlink(e)
			c.link(e)
		}
	}
	for _, e := range c.nulls {
		c.table.Delete(c.entries[e].key)
		c.byKey[c.entries[e].key] = noEntry
		c.entries[e].key = noEntry
		c.release(e)
	}
	c.nulls = c.nulls[:0]
	return missing, hits, misses
}

func (c *lookupCache) expired(e int32, now int64) bool {
	x := &c.entries[e]
	return x.linked && now-x.loaded >= c.ttl
}

// add makes an entry, which one holder retains.
func (c *lookupCache) add(key int32) int32 {
	x := lookupEntry{first: -1, key: key, refs: 1, next: -1, prev: -1}
	if k := len(c.free); k > 0 {
		e := c.free[k-1]
		c.free = c.free[:k-1]
		x.rest = c.entries[e].rest[:0]
		c.entries[e] = x
		return e
	}
	c.entries = append(c.entries, x)
	return int32(len(c.entries) - 1)
}

// put stores a row of an entry.
func (c *lookupCache) put(e int32, slot int32) {
	if x := &c.entries[e]; x.first < 0 {
		x.first = slot
	} else {
		x.rest = append(x.rest, slot)
	}
}

// loaded makes an entry whose rows are complete part of the cache, as the one used last.
// Entries used longest ago go where there are too many.
func (c *lookupCache) loaded(e int32, now int64) {
	x := &c.entries[e]
	x.loaded, x.used, x.request = now, c.batch, nil
	c.link(e)
	x.linked = true
	c.cached++
	for c.cached > c.limit {
		c.drop(c.old)
	}
}

// forget gives up an entry that is too old; its key stays in the table.
func (c *lookupCache) forget(e int32) {
	x := &c.entries[e]
	x.key = noEntry
	c.unlink(e)
	x.linked = false
	c.cached--
	c.release(e)
}

// drop takes an entry and its key out of the cache.
func (c *lookupCache) drop(e int32) {
	key := c.entries[e].key
	c.table.Delete(key)
	c.byKey[key] = noEntry
	c.forget(e)
}

// retain keeps an entry until release.
func (c *lookupCache) retain(e int32) { c.entries[e].refs++ }

// release lets go of an entry; the last one frees its rows.
func (c *lookupCache) release(e int32) {
	x := &c.entries[e]
	if x.refs--; x.refs > 0 {
		return
	}
	if x.first >= 0 {
		c.store.remove(x.first)
		for _, slot := range x.rest {
			c.store.remove(slot)
		}
	}
	x.request = nil
	c.free = append(c.free, e)
}

// link makes an entry the one used last.
func (c *lookupCache) link(e int32) {
	x := &c.entries[e]
	x.prev, x.next = -1, c.young
	if c.young >= 0 {
		c.entries[c.young].prev = e
	} else {
		c.old = e
	}
	c.young = e
}

func (c *lookupCache) unlink(e int32) {
	x := &c.entries[e]
	if x.prev >= 0 {
		c.entries[x.prev].next = x.next
	} else {
		c.young = x.next
	}
	if x.next >= 0 {
		c.entries[x.next].prev = x.prev
	} else {
		c.old = x.prev
	}
	x.prev, x.next = -1, -1
}
