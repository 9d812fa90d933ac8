package op

// slotIndex finds slots of a rowStore by the hash of what identifies their rows.
// Whether a candidate is equal is for the caller to see. Buckets are chains through
// per-slot links, so that slots come and go in constant time.
type slotIndex struct {
	heads []int32 // by the upper bits of the hash: slot + 1, 0 = none
	shift uint    // 64 - log2(len(heads))
	links []indexLink
	n     int
}

// indexLink is what the index knows of a slot, together in one cache line.
type indexLink struct {
	hash uint64
	next int32 // slot + 1
}

func newSlotIndex() *slotIndex { return &slotIndex{heads: make([]int32, 16), shift: 60} }

// add enters a slot.
func (x *slotIndex) add(slot int32, hash uint64) {
	if x.n >= len(x.heads) {
		x.rehash()
	}
	if int(slot) >= len(x.links) {
		x.links = resized(x.links, max(int(slot)+1, 2*len(x.links)))
	}
	b := hash >> x.shift
	x.links[slot] = indexLink{hash, x.heads[b]}
	x.heads[b] = slot + 1
	x.n++
}

func (x *slotIndex) rehash() {
	old := x.heads
	x.heads = make([]int32, 2*len(old))
	x.shift--
	for _, s := range old {
		for s != 0 {
			l := &x.links[s-1]
			next, b := l.next, l.hash>>x.shift
			l.next, x.heads[b] = x.heads[b], s
			s = next
		}
	}
}

// first gives the first slot with the hash, -1 if there is none; after goes on.
func (x *slotIndex) first(hash uint64) int32 { return x.scan(x.heads[hash>>x.shift], hash) }

func (x *slotIndex) after(slot int32) int32 { return x.scan(x.links[slot].next, x.links[slot].hash) }

func (x *slotIndex) scan(s int32, hash uint64) int32 {
	for s != 0 && x.links[s-1].hash != hash {
		s = x.links[s-1].next
	}
	return s - 1
}

// remove takes a slot out.
func (x *slotIndex) remove(slot int32) {
	p := &x.heads[x.links[slot].hash>>x.shift]
	for *p != slot+1 {
		p = &x.links[*p-1].next
	}
	*p = x.links[slot].next
	x.n--
}

// Bytes is the memory held.
func (x *slotIndex) Bytes() int64 { return int64(len(x.heads))*4 + int64(len(x.links))*16 }
