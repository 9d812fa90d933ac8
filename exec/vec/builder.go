package vec

import (
	"unsafe"

	"github.com/weir-sql/weir/planner/types"
)

// Builder grows one vector row by row: for decoders, operators that emit single
// rows, and tests. Kernels write whole slices instead. After Finish it starts anew.
type Builder struct {
	typ   types.Type
	phys  Phys
	width int
	n     int
	valid Bitmap // nil until the first NULL
	fixed []byte
	off   []int32
	data  []byte
	kids  []*Builder
}

// NewBuilder makes a builder for vectors of type t with room for capacity rows.
func NewBuilder(t types.Type, capacity int) *Builder {
	b := &Builder{typ: t, phys: PhysOf(t)}
	b.width = b.phys.Width()
	switch b.phys {
	case PhysList:
		b.kids = []*Builder{NewBuilder(*t.Elem, capacity)}
	case PhysMap:
		k, e := MapTypes(t)
		b.kids = []*Builder{NewBuilder(k, capacity), NewBuilder(e, capacity)}
	case PhysRow:
		for _, f := range t.Fields {
			b.kids = append(b.kids, NewBuilder(f.Type, capacity))
		}
	}
	b.Reset(capacity)
	return b
}

// Reset drops what was built and makes room for capacity rows.
func (b *Builder) Reset(capacity int) {
	b.n, b.valid, b.fixed, b.off, b.data = 0, nil, nil, nil, nil
	switch b.phys {
	case PhysBytes, PhysList, PhysMap:
		b.off = append(make([]int32, 0, capacity+1), 0)
	default:
		b.fixed = alignedBytes(capacity * b.width)[:0]
	}
	if b.phys == PhysBytes {
		b.data = make([]byte, 0, capacity*16)
	}
	for _, k := range b.kids {
		k.Reset(capacity)
	}
}

// Len is the number of rows appended so far.
func (b *Builder) Len() int { return b.n }

// Type is the type of the vector under construction.
func (b *Builder) Type() types.Type { return b.typ }

// Kid gives the builder of a child: 0 of a list, 0 and 1 (key, value) of a map,
// f of a row's field f. Append the children first, then close the parent's row
// with EndList, EndMap or EndRow.
func (b *Builder) Kid(i int) *Builder { return b.kids[i] }

// grow makes room for one more fixed-width value and counts the row.
func (b *Builder) grow() unsafe.Pointer {
	at := len(b.fixed)
	if at+b.width > cap(b.fixed) {
		bigger := alignedBytes(max(2*cap(b.fixed), 64*b.width))
		copy(bigger, b.fixed)
		b.fixed = bigger[:at]
	}
	b.fixed = b.fixed[:at+b.width]
	b.mark(true)
	return unsafe.Pointer(&b.fixed[at])
}

// mark counts a row and records whether it has a value.
func (b *Builder) mark(valid bool) {
	if b.valid != nil || !valid {
		b.markSlow(valid)
	}
	b.n++
}

func (b *Builder) markSlow(valid bool) {
	if b.valid == nil || b.n>>3 >= len(b.valid) {
		bigger := NewBitmap(max(2*b.n, 64, cap(b.fixed)/max(b.width, 1)))
		if b.valid == nil {
			for i := 0; i < b.n; i++ {
				bigger.Set(i)
			}
		} else {
			copy(bigger, b.valid)
		}
		b.valid = bigger
	}
	b.valid.Put(b.n, valid)
}

// Bool, Int8 … Decimal append a value of a fixed-width layout. The method must
// be the one of the builder's layout.
func (b *Builder) Bool(v bool)       { *(*bool)(b.grow()) = v }
func (b *Builder) Int8(v int8)       { *(*int8)(b.grow()) = v }
func (b *Builder) Int16(v int16)     { *(*int16)(b.grow()) = v }
func (b *Builder) Int32(v int32)     { *(*int32)(b.grow()) = v }
func (b *Builder) Int64(v int64)     { *(*int64)(b.grow()) = v }
func (b *Builder) Float32(v float32) { *(*float32)(b.grow()) = v }
func (b *Builder) Float64(v float64) { *(*float64)(b.grow()) = v }
func (b *Builder) Decimal(v Decimal) { *(*Decimal)(b.grow()) = v }

// Bytes appends a copy of v.
func (b *Builder) Bytes(v []byte) {
	b.data = append(b.data, v...)
	b.off = append(b.off, int32(len(b.data)))
	b.mark(true)
}

// String appends a copy of v.
func (b *Builder) String(v string) {
	b.data = append(b.data, v...)
	b.off = append(b.off, int32(len(b.data)))
	b.mark(true)
}

// BytesBuf gives the byte buffer for appending a value in place; EndBytes closes the row.
func (b *Builder) BytesBuf() []byte { return b.data }

// EndBytes closes a row written through BytesBuf; buf is that buffer, grown.
func (b *Builder) EndBytes(buf []byte) {
	b.data = buf
	b.off = append(b.off, int32(len(b.data)))
	b.mark(true)
}

// EndList closes a row of a list whose elements were appended to Kid(0).
func (b *Builder) EndList() {
	b.off = append(b.off, int32(b.kids[0].n))
	b.mark(true)
}

// EndMap closes a row of a map whose entries were appended to Kid(0) and Kid(1).
func (b *Builder) EndMap() { b.EndList() }

// EndRow closes a row whose fields were appended to the children.
func (b *Builder) EndRow() { b.mark(true) }

// Null appends NULL.
func (b *Builder) Null() {
	switch b.phys {
	case PhysBytes:
		b.off = append(b.off, int32(len(b.data)))
		b.mark(false)
	case PhysList, PhysMap:
		b.off = append(b.off, int32(b.kids[0].n))
		b.mark(false)
	case PhysRow:
		for _, k := range b.kids {
			k.Null()
		}
		b.mark(false)
	case PhysNone:
		b.mark(false)
	default:
		b.grow()
		b.n--
		b.markSlow(false)
		clear(b.fixed[len(b.fixed)-b.width:])
		b.n++
	}
}

// From appends row i of a vector of the same layout.
func (b *Builder) From(v *Vec, i int) {
	if v.IsNull(i) {
		b.Null()
		return
	}
	switch b.phys {
	case PhysBytes:
		b.Bytes(v.BytesAt(i))
	case PhysList, PhysMap:
		for k := int(v.Off[i]); k < int(v.Off[i+1]); k++ {
			for c, kid := range b.kids {
				kid.From(v.Kids[c], k)
			}
		}
		b.EndList()
	case PhysRow:
		for c, kid := range b.kids {
			kid.From(v.Kids[c], i)
		}
		b.EndRow()
	case PhysNone:
		b.Null()
	default:
		p := b.grow()
		copy(unsafe.Slice((*byte)(p), b.width), v.fixed[i*b.width:(i+1)*b.width])
	}
}

// Truncate drops rows from n on, e.g. of a message that failed half-way, and what was
// appended to children for a row that was not ended.
func (b *Builder) Truncate(n int) {
	if n > b.n {
		return
	}
	b.n = n
	switch b.phys {
	case PhysBytes:
		b.off = b.off[:n+1]
		b.data = b.data[:b.off[n]]
	case PhysList, PhysMap:
		b.off = b.off[:n+1]
		for _, k := range b.kids {
			k.Truncate(int(b.off[n]))
		}
	case PhysRow:
		for _, k := range b.kids {
			k.Truncate(n)
		}
	default:
		b.fixed = b.fixed[:n*b.width]
	}
}

// Finish gives the vector built so far and starts anew with the same capacity.
func (b *Builder) Finish() *Vec {
	n := b.n
	v := &Vec{Type: b.typ, Len: n, Valid: b.valid, Off: b.off, Data: b.data, fixed: b.fixed}
	if b.phys == PhysNone && v.Valid == nil {
		v.Valid = NewBitmap(n)
	}
	for _, k := range b.kids {
		v.Kids = append(v.Kids, k.Finish())
	}
	capacity := n
	if capacity == 0 {
		capacity = 16
	}
	dataCap := len(b.data)
	b.Reset(capacity)
	if b.phys == PhysBytes {
		b.data = make([]byte, 0, dataCap+dataCap/8)
	}
	return v
}

// BatchBuilder grows a batch row by row. Append one value to every column, then
// call EndRow (or EndRows) to count the rows.
type BatchBuilder struct {
	Cols  []*Builder
	n     int
	kinds []RowKind // nil while all rows are insertions
}

// NewBatchBuilder makes a builder for batches of the given column types.
func NewBatchBuilder(ts []types.Type, capacity int) *BatchBuilder {
	b := &BatchBuilder{}
	for _, t := range ts {
		b.Cols = append(b.Cols, NewBuilder(t, capacity))
	}
	return b
}

// Len is the number of rows ended so far.
func (b *BatchBuilder) Len() int { return b.n }

// EndRow counts a row of the given kind.
func (b *BatchBuilder) EndRow(k RowKind) {
	if k != Insert && b.kinds == nil {
		b.kinds = make([]RowKind, b.n, max(2*b.n, 64))
	}
	if b.kinds != nil {
		b.kinds = append(b.kinds, k)
	}
	b.n++
}

// EndRows counts n insertions.
func (b *BatchBuilder) EndRows(n int) {
	for i := 0; b.kinds != nil && i < n; i++ {
		b.kinds = append(b.kinds, Insert)
	}
	b.n += n
}

// AppendRow copies row i of a batch with the same layout, under kind k.
func (b *BatchBuilder) AppendRow(k RowKind, from *Batch, i int) {
	for c, col := range b.Cols {
		col.From(from.Cols[c], i)
	}
	b.EndRow(k)
}

// Discard drops the values appended since the last EndRow.
func (b *BatchBuilder) Discard() {
	for _, c := range b.Cols {
		c.Truncate(b.n)
	}
}

// Follow makes b append to the columns of another builder as if that had n rows:
// for a second decoder that fills some of the columns of rows the first one ended.
func (b *BatchBuilder) Follow(of *BatchBuilder, n int) {
	b.Cols, b.n, b.kinds = of.Cols, n, nil
}

// Rekind gives the rows from n on another kind.
func (b *BatchBuilder) Rekind(n int, k RowKind) {
	if b.kinds == nil {
		b.kinds = make([]RowKind, b.n, max(2*b.n, 64))
	}
	for i := n; i < b.n; i++ {
		b.kinds[i] = k
	}
}

// Truncate drops rows from n on, with whatever was appended since the last EndRow.
func (b *BatchBuilder) Truncate(n int) {
	if n < b.n {
		b.n = n
		if b.kinds != nil {
			b.kinds = b.kinds[:n]
		}
	}
	b.Discard()
}

// Finish gives the batch built so far, nil if it has no row, and starts anew.
func (b *BatchBuilder) Finish() *Batch {
	if b.n == 0 {
		return nil
	}
	out := &Batch{Len: b.n, Kinds: b.kinds, Cols: make([]*Vec, len(b.Cols))}
	for i, c := range b.Cols {
		out.Cols[i] = c.Finish()
	}
	b.n, b.kinds = 0, nil
	return out
}
