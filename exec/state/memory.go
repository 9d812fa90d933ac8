package state

import (
	"bytes"
	"slices"
	"sort"
	"sync"
)

// Memory is a snapshot held in memory. It is safe for use by several goroutines.
type Memory struct {
	mu    sync.Mutex
	names map[string]*memoryName
}

// memoryName holds one name's entries; sorted when clean.
type memoryName struct {
	entries []memoryEntry
	dirty   bool
}

type memoryEntry struct {
	group      int
	key, value []byte
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
	both := append(append(make([]byte, 0, len(key)+len(value)), key...), value...)
	n.entries = append(n.entries, memoryEntry{keyGroup, both[:len(key):len(key)], both[len(key):]})
	n.dirty = true
	return nil
}

// Each gives the entries of a name in order.
func (m *Memory) Each(name string, groups Range, fn func(keyGroup int, key, value []byte) error) error {
	for _, e := range m.sorted(name) {
		if !groups.Contains(e.group) {
			continue
		}
		if err := fn(e.group, e.key, e.value); err != nil {
			return err
		}
	}
	return nil
}

// sorted gives a name's entries by group and key, one for each key.
func (m *Memory) sorted(name string) []memoryEntry {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.names[name]
	if n == nil {
		return nil
	}
	if n.dirty {
		// A new slice: an Each under way keeps the old one.
		es := slices.Clone(n.entries)
		sort.SliceStable(es, func(i, j int) bool { return es[i].compare(es[j]) < 0 })
		out := es[:0]
		for i, e := range es {
			if i+1 == len(es) || e.compare(es[i+1]) != 0 {
				out = append(out, e)
			}
		}
		n.entries, n.dirty = out, false
	}
	return n.entries
}

func (e memoryEntry) compare(o memoryEntry) int {
	if e.group != o.group {
		return e.group - o.group
	}
	return bytes.Compare(e.key, o.key)
}

// Names gives the names in the snapshot, sorted.
func (m *Memory) Names() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for n := range m.names {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}
