package op

import (
	"bytes"
	"unsafe"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// rowStore keeps rows in columns: row state of joins, top-N, deduplication. A row
// has a slot, a dense number by which operators index their own slices; the slots of
// removed rows are used again. Adding and gathering work column by column, so that
// a batch of changes costs a few loops and no allocation per row.
//
// Byte strings lie in an arena that is compacted when more than half of it is dead.
// Collections and rows are kept as their encoded bytes.
type rowStore struct {
	ts   []types.Type
	cols []storeColumn
	n    int // slots ever used
	free []int32
}

func newRowStore(ts []types.Type) *rowStore {
	s := &rowStore{ts: ts, cols: make([]storeColumn, len(ts))}
	for c, t := range ts {
		s.cols[c].init(t)
	}
	return s
}

// Len is the number of rows held.
func (s *rowStore) Len() int { return s.n - len(s.free) }

// Cap is one more than the largest slot used so far.
func (s *rowStore) Cap() int { return s.n }

// add stores row i and gives its slot.
func (s *rowStore) add(cols []*vec.Vec, i int) int32 {
	slot := s.take1()
	for c := range s.cols {
		s.cols[c].put(slot, cols[c], i)
	}
	return slot
}

// addRows stores the rows sel (nil: all n) and writes their slots to out.
func (s *rowStore) addRows(cols []*vec.Vec, sel []int32, out []int32) {
	for j := range out {
		out[j] = s.take1()
	}
	for c := range s.cols {
		s.cols[c].putRows(out, cols[c], sel)
	}
}

func (s *rowStore) take1() int32 {
	if k := len(s.free); k > 0 {
		slot := s.free[k-1]
		s.free = s.free[:k-1]
		return slot
	}
	slot := int32(s.n)
	s.n++
	for c := range s.cols {
		s.cols[c].grow(s.n)
	}
	return slot
}

// remove frees a slot. Its row may be gathered no more.
func (s *rowStore) remove(slot int32) {
	for c := range s.cols {
		s.cols[c].drop(slot, s.n)
	}
	s.free = append(s.free, slot)
}

// gather gives the rows of the slots as columns; a negative slot gives NULLs.
func (s *rowStore) gather(slots []int32) []*vec.Vec {
	out := make([]*vec.Vec, len(s.cols))
	for c := range s.cols {
		out[c] = s.cols[c].gather(slots)
	}
	return out
}

// column gathers one column.
func (s *rowStore) column(c int, slots []int32) *vec.Vec { return s.cols[c].gather(slots) }

// equal reports whether the row of a slot equals row i in all columns, NULL being
// equal to NULL.
func (s *rowStore) equal(slot int32, cols []*vec.Vec, i int) bool {
	for c := range s.cols {
		if !s.cols[c].equal(slot, cols[c], i) {
			return false
		}
	}
	return true
}

// equalOn is equal for some columns.
func (s *rowStore) equalOn(on []int, slot int32, cols []*vec.Vec, i int) bool {
	for _, c := range on {
		if !s.cols[c].equal(slot, cols[c], i) {
			return false
		}
	}
	return true
}

// Bytes is the memory held, roughly.
func (s *rowStore) Bytes() int64 {
	n := int64(len(s.free)) * 4
	for c := range s.cols {
		n += s.cols[c].bytes()
	}
	return n
}

// storeColumn is one column of a rowStore.
type storeColumn struct {
	typ   types.Type
	width int      // bytes of a fixed-width value, 0 = kept in the arena
	fixed *vec.Vec // fixed-width values; its length is the capacity
	valid vec.Bitmap
	nulls bool // some slot was NULL once
	slots int  // capacity

	refs  []arenaRef
	arena []byte
	dead  int
	codec *vec.RowCodec // of collections and rows; nil = plain bytes
	buf   []byte
	one   []*vec.Vec
}

type arenaRef struct {
	off int64
	len int32
}

func (c *storeColumn) init(t types.Type) {
	c.typ = t
	p := vec.PhysOf(t)
	c.width = p.Width()
	if c.width == 0 && p != vec.PhysBytes {
		c.codec, c.one = vec.NewRowCodec([]types.Type{t}), make([]*vec.Vec, 1)
	}
}

// grow makes room for n slots.
func (c *storeColumn) grow(n int) {
	if n <= c.slots {
		return
	}
	capacity := max(16, 2*c.slots)
	valid := vec.NewBitmap(capacity)
	copy(valid, c.valid)
	c.valid = valid
	if c.width > 0 {
		bigger := vec.New(c.typ, capacity)
		if c.fixed != nil {
			copy(bigger.Raw(), c.fixed.Raw())
		}
		c.fixed = bigger
	} else {
		refs := make([]arenaRef, capacity)
		copy(refs, c.refs)
		c.refs = refs
	}
	c.slots = capacity
}

func (c *storeColumn) put(slot int32, v *vec.Vec, i int) {
	if v.IsNull(i) {
		c.valid.Clear(int(slot))
		c.nulls = true
		return
	}
	c.valid.Set(int(slot))
	switch c.width {
	case 0:
		b := c.encode(v, i)
		c.refs[slot] = arenaRef{int64(len(c.arena)), int32(len(b))}
		c.arena = append(c.arena, b...)
	case 8:
		c.fixed.Int64s()[slot] = vec.Slice[int64](v)[i]
	default:
		w := c.width
		copy(c.fixed.Raw()[int(slot)*w:(int(slot)+1)*w], v.Raw()[i*w:(i+1)*w])
	}
}

// encode gives the arena bytes of a value that is not NULL.
func (c *storeColumn) encode(v *vec.Vec, i int) []byte {
	if c.codec == nil {
		return v.BytesAt(i)
	}
	c.one[0] = v
	c.buf = c.codec.AppendRow(c.buf[:0], c.one, i)
	return c.buf
}

// putRows stores the rows sel (nil: all) of v in slots.
func (c *storeColumn) putRows(slots []int32, v *vec.Vec, sel []int32) {
	if c.width == 0 || v.Valid != nil {
		for j, slot := range slots {
			c.put(slot, v, rowAt(sel, j))
		}
		return
	}
	for _, slot := range slots {
		c.valid.Set(int(slot))
	}
	switch c.width {
	case 1:
		scatter[int8](c.fixed, slots, v, sel)
	case 2:
		scatter[int16](c.fixed, slots, v, sel)
	case 4:
		scatter[int32](c.fixed, slots, v, sel)
	case 8:
		scatter[int64](c.fixed, slots, v, sel)
	default:
		scatter[vec.Decimal](c.fixed, slots, v, sel)
	}
}

func rowAt(sel []int32, j int) int {
	if sel == nil {
		return j
	}
	return int(sel[j])
}

func scatter[T vec.Fixed](to *vec.Vec, slots []int32, v *vec.Vec, sel []int32) {
	dst, src := vec.Slice[T](to), vec.Slice[T](v)
	if sel == nil {
		for j, slot := range slots {
			dst[slot] = src[j]
		}
		return
	}
	for j, slot := range slots {
		dst[slot] = src[sel[j]]
	}
}

// drop counts the arena bytes of a slot as dead. n is the number of slots in use.
func (c *storeColumn) drop(slot int32, n int) {
	if c.width > 0 {
		return
	}
	c.dead += int(c.refs[slot].len)
	c.refs[slot] = arenaRef{}
	if c.dead > 1<<16 && c.dead > len(c.arena)/2 {
		c.compact(n)
	}
}

// compact copies the live bytes to a new arena.
func (c *storeColumn) compact(n int) {
	arena := make([]byte, 0, 2*(len(c.arena)-c.dead))
	for slot, r := range c.refs[:n] {
		c.refs[slot].off = int64(len(arena))
		arena = append(arena, c.arena[r.off:r.off+int64(r.len)]...)
	}
	c.arena, c.dead = arena, 0
}

func (c *storeColumn) at(slot int32) []byte {
	r := c.refs[slot]
	return c.arena[r.off : r.off+int64(r.len)]
}

func (c *storeColumn) equal(slot int32, v *vec.Vec, i int) bool {
	if null := v.IsNull(i); null == c.valid.Get(int(slot)) {
		return false
	} else if null {
		return true
	}
	switch c.width {
	case 0:
		return bytes.Equal(c.at(slot), c.encode(v, i))
	case 8:
		return c.fixed.Int64s()[slot] == vec.Slice[int64](v)[i]
	default:
		w := c.width
		return bytes.Equal(c.fixed.Raw()[int(slot)*w:(int(slot)+1)*w], v.Raw()[i*w:(i+1)*w])
	}
}

func (c *storeColumn) gather(slots []int32) *vec.Vec {
	switch {
	case c.slots == 0: // nothing was ever stored: all slots are negative
		b := vec.NewBuilder(c.typ, len(slots))
		for range slots {
			b.Null()
		}
		return b.Finish()
	case c.width > 0:
		src := vec.NewFixed(c.typ, c.slots, c.fixed.Raw(), nil)
		if c.nulls {
			src.Valid = c.valid
		}
		return vec.Take(src, slots)
	case c.codec == nil:
		return c.gatherBytes(slots)
	}
	b := vec.NewBuilder(c.typ, len(slots))
	to := []*vec.Builder{b}
	for _, slot := range slots {
		if slot < 0 || !c.valid.Get(int(slot)) {
			b.Null()
		} else if err := c.codec.Decode(c.at(slot), to); err != nil {
			panic(err) // the column encoded the value itself
		}
	}
	return b.Finish()
}

func (c *storeColumn) gatherBytes(slots []int32) *vec.Vec {
	out := vec.New(c.typ, len(slots))
	total := 0
	for j, slot := range slots {
		if slot >= 0 && c.valid.Get(int(slot)) {
			total += int(c.refs[slot].len)
		} else {
			out.SetNull(j)
		}
		out.Off[j+1] = int32(total)
	}
	out.Data = make([]byte, 0, total)
	for _, slot := range slots {
		if slot >= 0 && c.valid.Get(int(slot)) {
			out.Data = append(out.Data, c.at(slot)...)
		}
	}
	return out
}

func (c *storeColumn) bytes() int64 {
	return int64(c.slots*(c.width+1)) + int64(len(c.refs))*int64(unsafe.Sizeof(arenaRef{})) + int64(cap(c.arena))
}
