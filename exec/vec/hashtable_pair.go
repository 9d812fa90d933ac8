package vec

import "unsafe"

// pairStore maps pairs of words, each of which may be NULL, to groups.
type pairStore struct {
	slots      []pairSlot
	shift      uint
	used       int
	keys       []pairKey // by group
	bufA, bufB []int64
}

// pairKey is a key; bit 0 of nulls says that a is NULL, bit 1 that b is. The word
// of a NULL is 0.
type pairKey struct {
	a, b  int64
	nulls uint8
}

// pairSlot is empty if ref is 0, else ref-1 is the group. tag is the lower half of the key's
// hash, so that other keys are hardly ever looked at; the key itself lies with the
// group, which keeps large tables a third of the size.
type pairSlot struct {
	tag uint32
	ref int32
}

func newPairStore() *pairStore {
	return &pairStore{slots: make([]pairSlot, minSlots), shift: shiftOf(minSlots)}
}

// hashOf is what HashColumns gives for the pair.
func (k pairKey) hashOf() uint64 {
	a, b := uint64(k.a), uint64(k.b)
	if k.nulls&1 != 0 {
		a = hashNull
	}
	if k.nulls&2 != 0 {
		b = hashNull
	}
	return mix(mix(a) ^ b)
}

// find is GroupTable.Find.
func (s *pairStore) find(g *groupList, va, vb *Vec, ids []int32, insert bool) {
	var as, bs []int64
	as, s.bufA = words(va, s.bufA)
	bs, s.bufB = words(vb, s.bufB)
	if va.Valid != nil || vb.Valid != nil {
		s.findNulls(g, va, vb, as, bs, ids, insert)
		return
	}
	as, bs = as[:len(ids)], bs[:len(ids)]
	slots, shift := s.slots, s.shift&63
	mask := uint64(len(slots) - 1)
	for i, a := range as {
		b := bs[i]
		h := mix(mix(uint64(a)) ^ uint64(b))
		at := h >> shift
		for {
			slot := slots[at&mask]
			if slot.tag == uint32(h) && slot.ref != 0 && s.keys[slot.ref-1] == (pairKey{a, b, 0}) {
				ids[i] = slot.ref - 1
				break
			}
			if slot.ref == 0 {
				ids[i] = -1
				if insert {
					ids[i] = s.insert(g, pairKey{a, b, 0}, at&mask)
					slots, shift = s.slots, s.shift&63
					mask = uint64(len(slots) - 1)
				}
				break
			}
			at++
		}
	}
}

// findNulls is find where values may be NULL.
func (s *pairStore) findNulls(g *groupList, va, vb *Vec, as, bs []int64, ids []int32, insert bool) {
	for i := range ids {
		k := pairKey{as[i], bs[i], 0}
		if va.IsNull(i) {
			k.a, k.nulls = 0, 1
		}
		if vb.IsNull(i) {
			k.b, k.nulls = 0, k.nulls|2
		}
		at, ok := s.locate(k)
		switch {
		case ok:
			ids[i] = s.slots[at].ref - 1
		case insert:
			ids[i] = s.insert(g, k, at)
		default:
			ids[i] = -1
		}
	}
}

// locate gives the slot of a key, or the empty slot where it would go.
func (s *pairStore) locate(k pairKey) (at uint64, ok bool) {
	mask := uint64(len(s.slots) - 1)
	h := k.hashOf()
	for at = h >> s.shift; ; at = (at + 1) & mask {
		slot := s.slots[at]
		if slot.ref == 0 {
			return at, false
		}
		if slot.tag == uint32(h) && s.keys[slot.ref-1] == k {
			return at, true
		}
	}
}

// insert adds a group for a key whose empty slot is at.
func (s *pairStore) insert(g *groupList, k pairKey, at uint64) int32 {
	id := g.add()
	if int(id) == len(s.keys) {
		s.keys = append(s.keys, k)
	} else {
		s.keys[id] = k
	}
	s.slots[at] = pairSlot{uint32(k.hashOf()), id + 1}
	if s.used++; 2*s.used > len(s.slots) {
		s.rehash(2 * len(s.slots))
	}
	return id
}

func (s *pairStore) rehash(n int) {
	old := s.slots
	s.slots, s.shift = make([]pairSlot, n), shiftOf(n)
	mask := uint64(n - 1)
	for _, slot := range old {
		if slot.ref != 0 { // all keys differ: the first empty slot is its own
			at := s.keys[slot.ref-1].hashOf() >> s.shift
			for s.slots[at].ref != 0 {
				at = (at + 1) & mask
			}
			s.slots[at] = slot
		}
	}
}

// remove shifts back as wordStore.remove does.
func (s *pairStore) remove(id int32) {
	at, _ := s.locate(s.keys[id])
	mask := uint64(len(s.slots) - 1)
	for next := (at + 1) & mask; s.slots[next].ref != 0; next = (next + 1) & mask {
		home := s.keys[s.slots[next].ref-1].hashOf() >> s.shift
		if (next-home)&mask >= (next-at)&mask {
			s.slots[at] = s.slots[next]
			at = next
		}
	}
	s.slots[at] = pairSlot{}
	s.used--
}

func (s *pairStore) hash(id int32) uint64 { return s.keys[id].hashOf() }

func (s *pairStore) bytes() int64 {
	return int64(len(s.slots))*int64(unsafe.Sizeof(pairSlot{})) +
		int64(cap(s.keys))*int64(unsafe.Sizeof(pairKey{})) + int64(cap(s.bufA)+cap(s.bufB))*8
}

func (s *pairStore) clear() {
	if len(s.slots) > keepSlots {
		*s = *newPairStore()
		return
	}
	clear(s.slots)
	s.used = 0
	s.keys = s.keys[:0]
}
