package vec

import (
	"math"
	"math/bits"
	"unsafe"

	"github.com/weir-sql/weir/planner/types"
)

// A table starts with minSlots slots; clearing keeps the memory of up to keepSlots,
// so that a table that empties often does not allocate often.
const (
	minSlots  = 64
	keepSlots = 1024
)

// shiftOf gives the shift that leaves a slot number of a hash, for n slots.
func shiftOf(n int) uint { return uint(64 - bits.TrailingZeros(uint(n))) }

// isWord reports whether a type's values fit a 64-bit word.
func isWord(t types.Type) bool {
	w := PhysOf(t).Width()
	return w > 0 && w <= 8
}

// words gives the values of a fixed-width vector as the words hashWord hashes:
// integers sign-extended, floats as their bits with one NaN. It copies to buf
// unless the values already lie so. Words of NULL rows are meaningless.
func words(v *Vec, buf []int64) (w, newBuf []int64) {
	switch v.Phys() {
	case PhysI64:
		return v.Int64s(), buf
	case PhysBool, PhysI8:
		buf = widen(Slice[int8](v), buf)
	case PhysI16:
		buf = widen(v.Int16s(), buf)
	case PhysI32:
		buf = widen(v.Int32s(), buf)
	case PhysF32:
		buf = grow(buf, v.Len)
		for i, x := range v.Float32s() {
			buf[i] = int64(float32Word(x))
		}
	case PhysF64:
		buf = grow(buf, v.Len)
		for i, x := range v.Float64s() {
			buf[i] = int64(float64Word(x))
		}
	}
	return buf, buf
}

func widen[T int8 | int16 | int32](vals []T, buf []int64) []int64 {
	buf = grow(buf, len(vals))
	for i, x := range vals {
		buf[i] = int64(x)
	}
	return buf
}

// wordVec turns words of groups back into a vector.
func wordVec(t types.Type, ids []int32, word func(id int32) (w int64, null bool)) *Vec {
	v := New(t, len(ids))
	for j, id := range ids {
		w, null := word(id)
		if null {
			v.SetNull(j)
			continue
		}
		switch v.Phys() {
		case PhysBool, PhysI8:
			Slice[int8](v)[j] = int8(w)
		case PhysI16:
			v.Int16s()[j] = int16(w)
		case PhysI32:
			v.Int32s()[j] = int32(w)
		case PhysF32:
			v.Float32s()[j] = math.Float32frombits(uint32(w))
		default: // 64 bits, a float's or an integer's
			v.Int64s()[j] = w
		}
	}
	return v
}

// wordStore maps 64-bit words to groups.
type wordStore struct {
	slots []wordSlot
	shift uint
	used  int
	keys  []int64 // by group
	null  int32   // the group of NULL, -1 if there is none
	buf   []int64
}

// wordSlot is empty if ref is 0, else ref-1 is the group.
type wordSlot struct {
	key int64
	ref int32
}

func newWordStore() *wordStore {
	return &wordStore{slots: make([]wordSlot, minSlots), shift: shiftOf(minSlots), null: -1}
}

// find is GroupTable.Find.
func (s *wordStore) find(g *groupList, v *Vec, ids []int32, insert bool) {
	var keys []int64
	keys, s.buf = words(v, s.buf)
	if v.Valid != nil {
		s.findNulls(g, keys, v.Valid, ids, insert)
		return
	}
	keys = keys[:len(ids)]
	slots, shift := s.slots, s.shift&63
	mask := uint64(len(slots) - 1)
	for i, k := range keys {
		at := mix(uint64(k)) >> shift
		for {
			slot := &slots[at&mask]
			if slot.key == k && slot.ref != 0 {
				ids[i] = slot.ref - 1
				break
			}
			if slot.ref == 0 {
				ids[i] = -1
				if insert {
					ids[i] = s.insert(g, k, at&mask)
					slots, shift = s.slots, s.shift&63
					mask = uint64(len(slots) - 1)
				}
				break
			}
			at++
		}
	}
}

// findNulls is find where rows may be NULL.
func (s *wordStore) findNulls(g *groupList, keys []int64, valid Bitmap, ids []int32, insert bool) {
	for i := range ids {
		if !valid.Get(i) {
			if s.null < 0 && insert {
				s.null = g.add()
				s.setKey(s.null, 0)
			}
			ids[i] = s.null
			continue
		}
		at, ok := s.locate(keys[i])
		switch {
		case ok:
			ids[i] = s.slots[at].ref - 1
		case insert:
			ids[i] = s.insert(g, keys[i], at)
		default:
			ids[i] = -1
		}
	}
}

// locate gives the slot of a key, or the empty slot where it would go.
func (s *wordStore) locate(k int64) (at uint64, ok bool) {
	mask := uint64(len(s.slots) - 1)
	for at = mix(uint64(k)) >> s.shift; ; at = (at + 1) & mask {
		slot := &s.slots[at]
		if slot.ref == 0 {
			return at, false
		}
		if slot.key == k {
			return at, true
		}
	}
}

// insert adds a group for a key whose empty slot is at.
func (s *wordStore) insert(g *groupList, k int64, at uint64) int32 {
	id := g.add()
	s.setKey(id, k)
	s.slots[at] = wordSlot{k, id + 1}
	if s.used++; 2*s.used > len(s.slots) {
		s.rehash(2 * len(s.slots))
	}
	return id
}

func (s *wordStore) setKey(id int32, k int64) {
	if int(id) == len(s.keys) {
		s.keys = append(s.keys, k)
	} else {
		s.keys[id] = k
	}
}

func (s *wordStore) rehash(n int) {
	old := s.slots
	s.slots, s.shift = make([]wordSlot, n), shiftOf(n)
	for _, slot := range old {
		if slot.ref != 0 {
			at, _ := s.locate(slot.key)
			s.slots[at] = slot
		}
	}
}

func (s *wordStore) remove(id int32) {
	if id == s.null {
		s.null = -1
		return
	}
	at, _ := s.locate(s.keys[id])
	mask := uint64(len(s.slots) - 1)
	// Entries behind the hole move into it unless they already are at, or cyclically
	// before the hole, their home.
	for next := (at + 1) & mask; s.slots[next].ref != 0; next = (next + 1) & mask {
		home := mix(uint64(s.slots[next].key)) >> s.shift
		if (next-home)&mask >= (next-at)&mask {
			s.slots[at] = s.slots[next]
			at = next
		}
	}
	s.slots[at] = wordSlot{}
	s.used--
}

func (s *wordStore) hash(id int32) uint64 {
	if id == s.null {
		return mix(hashNull)
	}
	return mix(uint64(s.keys[id]))
}

func (s *wordStore) bytes() int64 {
	return int64(len(s.slots))*int64(unsafe.Sizeof(wordSlot{})) + int64(cap(s.keys)+cap(s.buf))*8
}

func (s *wordStore) clear() {
	if len(s.slots) > keepSlots {
		*s = *newWordStore()
		return
	}
	clear(s.slots)
	s.used = 0
	s.keys, s.null = s.keys[:0], -1
}
