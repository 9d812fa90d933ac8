package op

import (
	"bytes"
	"unsafe"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// storeColumn is one column of a rowStore: pages of fixed-width values, or of places in an
// arena of bytes. The first page starts small and doubles; from then on whole pages come.
//
// The arena is a list of chunks that is compacted when more than half of it is dead.
// Collections and rows are kept as their encoded bytes.
type storeColumn struct {
	typ   types.Type
	width int      // bytes of a value in a page
	kept  bool     // values lie in the arena, pages hold their places
	pages [][]byte // 8-byte aligned
	slots int      // capacity
	valid vec.Bitmap
	nulls bool // some slot was NULL once

	arena      [][]byte
	size, dead int           // bytes in the arena
	codec      *vec.RowCodec // of collections and rows; nil = plain bytes
	buf        []byte
	one        []*vec.Vec
}

const (
	pageBits = 13
	pageSize = 1 << pageBits // slots
	pageMask = pageSize - 1

	chunkBits = 20
	chunkSize = 1 << chunkBits // bytes
	chunkMask = chunkSize - 1
)

// place is where a value lies in the arena: the number of the chunk, the offset in it and the
// length. A length of chunkMask stands for a value that has a chunk of its own.
type place uint64

func placeOf(chunk, off, n int) place {
	return place(chunk)<<(2*chunkBits) | place(off)<<chunkBits | place(min(n, chunkMask))
}

func (c *storeColumn) init(t types.Type) {
	c.typ = t
	p := vec.PhysOf(t)
	if c.width = p.Width(); c.width > 0 {
		return
	}
	c.kept, c.width = true, int(unsafe.Sizeof(place(0)))
	if p != vec.PhysBytes {
		c.codec, c.one = vec.NewRowCodec([]types.Type{t}), make([]*vec.Vec, 1)
	}
}

// grow makes room for n slots.
func (c *storeColumn) grow(n int) {
	for n > c.slots {
		if c.slots < pageSize {
			capacity := max(16, 2*c.slots)
			first := vec.AlignedBytes(capacity * c.width)
			if c.slots > 0 {
				copy(first, c.pages[0])
			}
			c.pages, c.slots = append(c.pages[:0], first), capacity
		} else {
			c.pages, c.slots = append(c.pages, vec.AlignedBytes(pageSize*c.width)), c.slots+pageSize
		}
	}
	if need := (n + 7) / 8; need > len(c.valid) {
		valid := vec.NewBitmap(max(8*need, 16*len(c.valid), 16))
		copy(valid, c.valid)
		c.valid = valid
	}
}

// cell is the value of a slot in its page.
func (c *storeColumn) cell(slot int32) []byte {
	at := int(slot&pageMask) * c.width
	return c.pages[slot>>pageBits][at : at+c.width]
}

// cellOf is cell as a value of the column's layout.
func cellOf[T any](pages [][]byte, slot int32) *T {
	page := pages[slot>>pageBits]
	at := int(slot&pageMask) * int(unsafe.Sizeof(*new(T)))
	_ = page[at+int(unsafe.Sizeof(*new(T)))-1]
	return (*T)(unsafe.Pointer(&page[at]))
}

// int64At gives the value of a slot of a column of 8 bytes.
func (c *storeColumn) int64At(slot int32) int64 { return *cellOf[int64](c.pages, slot) }

func (c *storeColumn) put(slot int32, v *vec.Vec, i int) {
	if v.IsNull(i) {
		c.valid.Clear(int(slot))
		c.nulls = true
		return
	}
	c.valid.Set(int(slot))
	switch {
	case c.kept:
		*cellOf[place](c.pages, slot) = c.keep(c.encode(v, i))
	case c.width == 8:
		*cellOf[int64](c.pages, slot) = vec.Slice[int64](v)[i]
	default:
		w := c.width
		copy(c.cell(slot), v.Raw()[i*w:(i+1)*w])
	}
}

// keep copies a value into the arena.
func (c *storeColumn) keep(b []byte) place {
	c.size += len(b)
	if len(b) >= chunkMask {
		c.arena = append(c.arena, bytes.Clone(b))
		return placeOf(len(c.arena)-1, 0, len(b))
	}
	last := len(c.arena) - 1
	if last < 0 || len(c.arena[last])+len(b) >= chunkSize {
		c.arena = append(c.arena, nil)
		if last++; last > 0 {
			c.arena[last] = make([]byte, 0, chunkSize)
		}
	}
	off := len(c.arena[last])
	c.arena[last] = append(c.arena[last], b...)
	return placeOf(last, off, len(b))
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
	if c.kept || v.Valid != nil {
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
		scatter[int8](c.pages, slots, v, sel)
	case 2:
		scatter[int16](c.pages, slots, v, sel)
	case 4:
		scatter[int32](c.pages, slots, v, sel)
	case 8:
		scatter[int64](c.pages, slots, v, sel)
	default:
		scatter[vec.Decimal](c.pages, slots, v, sel)
	}
}

func rowAt(sel []int32, j int) int {
	if sel == nil {
		return j
	}
	return int(sel[j])
}

func scatter[T vec.Fixed](pages [][]byte, slots []int32, v *vec.Vec, sel []int32) {
	src := vec.Slice[T](v)
	if sel == nil {
		for j, slot := range slots {
			*cellOf[T](pages, slot) = src[j]
		}
		return
	}
	for j, slot := range slots {
		*cellOf[T](pages, slot) = src[sel[j]]
	}
}

// drop counts the arena bytes of a slot as dead. n is the number of slots in use.
func (c *storeColumn) drop(slot int32, n int) {
	if !c.kept {
		return
	}
	if c.valid.Get(int(slot)) {
		c.dead += len(c.at(slot))
		c.valid.Clear(int(slot))
	}
	if c.dead > 1<<16 && c.dead > c.size/2 {
		c.compact(n)
	}
}

// compact copies the live bytes to a new arena.
func (c *storeColumn) compact(n int) {
	old := *c
	c.arena, c.size, c.dead = nil, 0, 0
	for slot := range int32(n) {
		if c.valid.Get(int(slot)) {
			*cellOf[place](c.pages, slot) = c.keep(old.at(slot))
		}
	}
}

// at gives the arena bytes of a slot that is not NULL.
func (c *storeColumn) at(slot int32) []byte {
	chunk, from, to := c.span(slot)
	return chunk[from:to:to]
}

// span gives the chunk that holds the bytes of a slot, to its capacity, and their place in it.
func (c *storeColumn) span(slot int32) (chunk []byte, from, to int32) {
	p := *cellOf[place](c.pages, slot)
	chunk = c.arena[p>>(2*chunkBits)]
	n := int32(p & chunkMask)
	if n == chunkMask {
		return chunk, 0, int32(len(chunk))
	}
	from = int32(p>>chunkBits) & chunkMask
	return chunk[:cap(chunk)], from, from + n
}

func (c *storeColumn) equal(slot int32, v *vec.Vec, i int) bool {
	if null := v.IsNull(i); null == c.valid.Get(int(slot)) {
		return false
	} else if null {
		return true
	}
	switch {
	case c.kept:
		return bytes.Equal(c.at(slot), c.encode(v, i))
	case c.width == 8:
		return c.int64At(slot) == vec.Slice[int64](v)[i]
	default:
		w := c.width
		return bytes.Equal(c.cell(slot), v.Raw()[i*w:(i+1)*w])
	}
}

// gather gives the values of slots as a vector; a negative slot gives NULL.
func (c *storeColumn) gather(slots []int32) *vec.Vec {
	switch {
	case !c.kept:
		out := vec.New(c.typ, len(slots))
		c.gatherValid(out, slots)
		switch c.width {
		case 1:
			gatherCells[int8](out, c.pages, slots)
		case 2:
			gatherCells[int16](out, c.pages, slots)
		case 4:
			gatherCells[int32](out, c.pages, slots)
		case 8:
			gatherCells[int64](out, c.pages, slots)
		default:
			gatherCells[vec.Decimal](out, c.pages, slots)
		}
		return out
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

// gatherValid marks the NULLs among slots.
func (c *storeColumn) gatherValid(out *vec.Vec, slots []int32) {
	for j, slot := range slots {
		if slot < 0 || c.nulls && !c.valid.Get(int(slot)) {
			out.SetNull(j)
		}
	}
}

func gatherCells[T vec.Fixed](out *vec.Vec, pages [][]byte, slots []int32) {
	dst := vec.Slice[T](out)
	for j, slot := range slots {
		if slot >= 0 {
			dst[j] = *cellOf[T](pages, slot)
		}
	}
}

func (c *storeColumn) gatherBytes(slots []int32) *vec.Vec {
	out := vec.New(c.typ, len(slots))
	c.gatherValid(out, slots)
	total, longest := 0, 0
	for j, slot := range slots {
		if !out.IsNull(j) {
			_, from, to := c.span(slot)
			total += int(to - from)
			longest = max(longest, int(to-from))
		}
		out.Off[j+1] = int32(total)
	}
	texts := vec.NewCopier(total, longest)
	for j, slot := range slots {
		if !out.IsNull(j) {
			texts.Copy(c.span(slot))
		}
	}
	out.Data = texts.Bytes()
	return out
}

func (c *storeColumn) bytes() int64 {
	n := int64(len(c.valid)) + int64(c.slots*c.width)
	for _, chunk := range c.arena {
		n += int64(cap(chunk))
	}
	return n
}
