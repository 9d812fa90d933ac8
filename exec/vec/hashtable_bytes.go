package vec

import "unsafe"

// byteStore maps byte strings to groups. The bytes lie in one arena; those of
// deleted groups are dropped when they make up half of it.
type byteStore struct {
	slots []byteSlot
	shift uint
	used  int
	refs  []byteRef // by group
	arena []byte
	dead  int   // bytes of the arena that no group uses
	null  int32 // the group of NULL, -1 if there is none

	touched int // keeps the loads of touch from being optimised away
}

// byteSlot is empty if ref is 0, else ref-1 is the group and tag the lower half of
// its hash: bytes are compared only where tags agree.
type byteSlot struct {
	tag uint32
	ref int32
}

// byteRef places a group's key in the arena; hash is kept for rehashing.
type byteRef struct {
	hash uint64
	off  int
	n    int32
	dead bool
}

func newByteStore() *byteStore {
	return &byteStore{slots: make([]byteSlot, minSlots), shift: shiftOf(minSlots), null: -1}
}

func (s *byteStore) key(id int32) []byte {
	r := &s.refs[id]
	return s.arena[r.off : r.off+int(r.n)]
}

// findBytes is GroupTable.Find for keys data[off[i]:off[i+1]].
func findBytes[O int | int32](s *byteStore, g *groupList, off []O, data []byte, valid Bitmap, hashes []uint64, ids []int32, insert bool) {
	hashes = hashes[:len(ids)]
	off = off[:len(ids)+1]
	for i, h := range hashes {
		if i%touchRows == 0 && len(s.slots) >= touchSlots {
			s.touch(hashes[i:min(i+touchRows, len(hashes))])
		}
		if valid != nil && !valid.Get(i) {
			if s.null < 0 && insert {
				s.null = g.add()
				s.setRef(s.null, byteRef{hash: h})
			}
			ids[i] = s.null
			continue
		}
		key := data[off[i]:off[i+1]]
		at, ok := s.locate(h, key)
		switch {
		case ok:
			ids[i] = s.slots[at].ref - 1
		case insert:
			ids[i] = s.insert(g, h, key, at)
		default:
			ids[i] = -1
		}
	}
}

// In tables of touchSlots slots and more, which do not fit the near caches, what
// the next touchRows rows need is loaded ahead. It doubles the speed at a million
// keys; in the other stores, where a lookup is one load, it gains nothing.
const (
	touchSlots = 1 << 15
	touchRows  = 128
)

// touch brings what the next rows will need into the cache: their slots, then the
// references, then the bytes. The loads of a loop do not wait for each other, as
// those of one lookup after the other would.
func (s *byteStore) touch(hashes []uint64) {
	slots, shift := s.slots, s.shift&63
	sum := 0
	for _, h := range hashes {
		sum += int(slots[h>>shift].ref)
	}
	for _, h := range hashes {
		if ref := slots[h>>shift].ref; ref != 0 {
			sum += s.refs[ref-1].off
		}
	}
	for _, h := range hashes {
		if ref := slots[h>>shift].ref; ref != 0 {
			if off := s.refs[ref-1].off; off < len(s.arena) {
				sum += int(s.arena[off])
			}
		}
	}
	s.touched = sum
}

// locate gives the slot of a key, or the empty slot where it would go.
func (s *byteStore) locate(h uint64, key []byte) (at uint64, ok bool) {
	slots := s.slots
	mask := uint64(len(slots) - 1)
	for at = h >> (s.shift & 63); ; at++ {
		slot := &slots[at&mask]
		if slot.ref == 0 {
			return at & mask, false
		}
		if slot.tag == uint32(h) {
			r := &s.refs[slot.ref-1]
			if int(r.n) == len(key) && string(s.arena[r.off:r.off+int(r.n)]) == string(key) {
				return at & mask, true
			}
		}
	}
}

// insert adds a group for a key whose empty slot is at.
func (s *byteStore) insert(g *groupList, h uint64, key []byte, at uint64) int32 {
	id := g.add()
	s.setRef(id, byteRef{hash: h, off: len(s.arena), n: int32(len(key))})
	s.arena = append(s.arena, key...)
	s.slots[at] = byteSlot{uint32(h), id + 1}
	if s.used++; 2*s.used > len(s.slots) {
		s.rehash(2 * len(s.slots))
	}
	return id
}

func (s *byteStore) setRef(id int32, r byteRef) {
	if int(id) == len(s.refs) {
		s.refs = append(s.refs, r)
	} else {
		s.refs[id] = r
	}
}

func (s *byteStore) rehash(n int) {
	old := s.slots
	s.slots, s.shift = make([]byteSlot, n), shiftOf(n)
	for _, slot := range old {
		if slot.ref != 0 {
			at := s.refs[slot.ref-1].hash >> s.shift
			for s.slots[at].ref != 0 {
				at = (at + 1) & uint64(n-1)
			}
			s.slots[at] = slot
		}
	}
}

// remove shifts back as wordStore.remove does.
func (s *byteStore) remove(id int32) {
	s.refs[id].dead = true
	if id == s.null {
		s.null = -1
		return
	}
	mask := uint64(len(s.slots) - 1)
	at := s.refs[id].hash >> s.shift
	for s.slots[at].ref != id+1 {
		at = (at + 1) & mask
	}
	for next := (at + 1) & mask; s.slots[next].ref != 0; next = (next + 1) & mask {
		home := s.refs[s.slots[next].ref-1].hash >> s.shift
		if (next-home)&mask >= (next-at)&mask {
			s.slots[at] = s.slots[next]
			at = next
		}
	}
	s.slots[at] = byteSlot{}
	s.used--
	if s.dead += int(s.refs[id].n); s.dead > 4096 && 2*s.dead > len(s.arena) {
		s.compact()
	}
}

// compact copies the keys of live groups to a new arena.
func (s *byteStore) compact() {
	arena := make([]byte, 0, (len(s.arena)-s.dead)*3/2)
	for i := range s.refs {
		r := &s.refs[i]
		if r.dead {
			r.off, r.n = 0, 0
			continue
		}
		at := len(arena)
		arena = append(arena, s.arena[r.off:r.off+int(r.n)]...)
		r.off = at
	}
	s.arena, s.dead = arena, 0
}

func (s *byteStore) hash(id int32) uint64 { return s.refs[id].hash }

func (s *byteStore) bytes() int64 {
	return int64(len(s.slots))*int64(unsafe.Sizeof(byteSlot{})) +
		int64(cap(s.refs))*int64(unsafe.Sizeof(byteRef{})) + int64(cap(s.arena))
}

func (s *byteStore) clear() {
	if len(s.slots) > keepSlots {
		*s = *newByteStore()
		return
	}
	clear(s.slots)
	s.used = 0
	s.refs, s.arena, s.dead, s.null = s.refs[:0], s.arena[:0], 0, -1
}
