package op

// slotIndex finds slots of a rowStore by the hash of what identifies their rows.
// Whether a candidate is equal is for the caller to see. Buckets are chains through
// per-slot links, so that slots come and go in constant time.
type slotIndex struct {
	heads []int32 // by the upper bits of the hash: slot + 1, 0 = none
	shift uint    // 64 - log2(len(heads))
	next  []int32 // by slot: slot + 1
	hash  []uint64
	n     int
}

func newSlotIndex() *slotIndex { return &slotIndex{heads: make([]int32, 16), shift: 60} }

// add enters a slot.
func (x *slotIndex) add(slot int32, hash uint64) {
	if x.n >= len(x.heads) {
		x.rehash()
	}
	for int(slot) >= len(x.next) {
		x.next, x.hash = append(x.next, 0), append(x.hash, 0)
	}
	b := hash >> x.shift
	x.hash[slot], x.next[slot] = hash, x.heads[b]
	x.heads[b] = slot + 1
	x.n++
}

func (x *slotIndex) rehash() {
	old := x.heads
	x.heads = make([]int32, 2*len(old))
	x.shift--
	for _, s := range old {
		for s != 0 {
			next := x.next[s-1]
			b := x.hash[s-1] >> x.shift
			x.next[s-1], x.heads[b] = x.heads[b], s
			s = next
		}
	}
}

// first gives the first slot with the hash, -1 if there is none; after goes on.
func (x *slotIndex) first(hash uint64) int32 { return x.scan(x.heads[hash>>x.shift], hash) }

func (x *slotIndex) after(slot int32) int32 { return x.scan(x.next[slot], x.hash[slot]) }

func (x *slotIndex) scan(s int32, hash uint64) int32 {
	for s != 0 && x.hash[s-1] != hash {
		s = x.next[s-1]
	}
	return s - 1
}

// remove takes a slot out.
func (x *slotIndex) remove(slot int32) {
	p := &x.heads[x.hash[slot]>>x.shift]
	for *p != slot+1 {
		p = &x.next[*p-1]
	}
	*p = x.next[slot]
	x.n--
}

// Bytes is the memory held.
func (x *slotIndex) Bytes() int64 { return int64(len(x.heads))*4 + int64(len(x.next))*12 }
