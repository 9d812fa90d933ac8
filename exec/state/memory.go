package state

import (
	"bytes"
	"cmp"
	"slices"
	"sync"
)

// Memory is a snapshot held in memory. It is safe for use by several goroutines.
type Memory struct {
	mu    sync.Mutex
	names map[string]*memoryName
}

// memoryName holds one name's entries. Keys and values lie one after the other in
// an arena to which only is appended, so that readers may go on with what they had.
type memoryName struct {
	arena   []byte
	entries []memoryEntry
	sorted  bool
}

// memoryEntry places a key and, right behind it, its value.
type memoryEntry struct {
	group      int32
	off        int
	key, value int32 // lengths
}

var (
	_ Writer = (*Memory)(nil)
	_ Reader = (*Memory)(nil)
)

// NewMemory makes an empty snapshot.
func NewMemory() *Memory { return &Memory{names: map[string]*memoryName{}} }

// Put adds an entry.
func (m *Memory) Put(name string, keyGroup int, key, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.names[name]
	if n == nil {
		n = &memoryName{}
		m.names[name] = n
	}
	n.entries = append(n.entries, memoryEntry{int32(keyGroup), len(n.arena), int32(len(key)), int32(len(value))})
	n.arena = append(append(n.arena, key...), value...)
	n.sorted = false
	return nil
}

// Each gives the entries of a name in order.
func (m *Memory) Each(name string, groups Range, fn func(keyGroup int, key, value []byte) error) error {
	arena, entries := m.sortedEntries(name)
	first, _ := slices.BinarySearchFunc(entries, groups.First, func(e memoryEntry, g int) int { return int(e.group) - g })
	for _, e := range entries[first:] {
		if int(e.group) >= groups.End {
			break
		}
		if err := fn(int(e.group), e.keyIn(arena), e.valueIn(arena)); err != nil {
			return err
		}
	}
	return nil
}

func (e memoryEntry) keyIn(arena []byte) []byte {
	end := e.off + int(e.key)
	return arena[e.off:end:end]
}

func (e memoryEntry) valueIn(arena []byte) []byte {
	end := e.off + int(e.key) + int(e.value)
	return arena[e.off+int(e.key) : end : end]
}

// sortedEntries gives a name's entries by group and key, the last written of each key.
func (m *Memory) sortedEntries(name string) (arena []byte, entries []memoryEntry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.names[name]
	if n == nil {
		return nil, nil
	}
	if !n.sorted {
		n.entries, n.sorted = sortEntries(n.arena, slices.Clone(n.entries)), true
	}
	return n.arena, n.entries
}

// sortEntries sorts entries and keeps the last of each key.
func sortEntries(arena []byte, es []memoryEntry) []memoryEntry {
	compare := func(a, b memoryEntry) int {
		if a.group != b.group {
			return cmp.Compare(a.group, b.group)
		}
		return bytes.Compare(a.keyIn(arena), b.keyIn(arena))
	}
	order := func(a, b memoryEntry) int {
		if c := compare(a, b); c != 0 {
			return c
		}
		// The order of writing. Entries without any byte start where the next one does.
		return cmp.Or(cmp.Compare(a.off, b.off), cmp.Compare(a.value, b.value))
	}
	if !slices.IsSortedFunc(es, order) {
		slices.SortFunc(es, order)
	}
	out := es[:0]
	for i, e := range es {
		if i+1 == len(es) || compare(e, es[i+1]) != 0 {
			out = append(out, e)
		}
	}
	return out
}

// Names gives the names in the snapshot, sorted.
func (m *Memory) Names() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make([]string, 0, len(m.names))
	for n := range m.names {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// Bytes is the memory held, roughly.
func (m *Memory) Bytes() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	size := int64(0)
	for _, n := range m.names {
		size += int64(cap(n.arena)) + int64(cap(n.entries))*24
	}
	return size
}
