package vec

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/weir-sql/weir/planner/types"
)

// The bridge to Arrow. A vector is laid out as Arrow lays out an array of
// types.ArrowType, so that crossing shares the bytes, with three exceptions that
// are copied: BOOLEAN (a byte here, a bit there), DECIMAL(p <= 18) (64 bits here,
// 128 there) and INTERVAL YEAR TO MONTH (64 bits here, 32 there).
//
// Shared bytes live as long as either side holds them. That is so because they are
// Go memory; arrays over memory that is unmapped or freed by hand must be copied
// before they come in.

// ToRecord gives a batch as an Arrow record with the given schema, whose fields
// have the types of types.ArrowType. Row kinds are not in it.
func ToRecord(b *Batch, schema *arrow.Schema) (arrow.Record, error) {
	cols := make([]arrow.Array, len(b.Cols))
	for i, v := range b.Cols {
		a, err := ToArrow(v)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", schema.Field(i).Name, err)
		}
		cols[i] = a
	}
	return array.NewRecord(schema, cols, int64(b.Len)), nil
}

// ToArrow gives a vector as an Arrow array. It fails for types that Arrow has not.
func ToArrow(v *Vec) (arrow.Array, error) {
	dt, err := types.ArrowType(v.Type)
	if err != nil {
		return nil, err
	}
	return array.MakeFromData(arrowData(v, dt)), nil
}

func arrowData(v *Vec, dt arrow.DataType) *array.Data {
	buffers := []*memory.Buffer{nil}
	nulls := 0
	if v.Valid != nil {
		if nulls = v.Len - v.Valid.Count(v.Len); nulls > 0 {
			buffers[0] = memory.NewBufferBytes(v.Valid[:(v.Len+7)/8])
		}
	}
	var kids []arrow.ArrayData
	share := func(b []byte) { buffers = append(buffers, memory.NewBufferBytes(b)) }
	switch p := v.Phys(); {
	case p == PhysNone:
		nulls = v.Len
	case p == PhysBool:
		share(packBools(v))
	case v.Type.Kind == types.Decimal && p == PhysI64:
		share(wideDecimals(v).fixed)
	case v.Type.Kind == types.IntervalYearMonth:
		share(narrowMonths(v).fixed)
	case p == PhysBytes:
		off, lo, hi := zeroOffsets(v)
		share(off)
		share(v.Data[lo:hi])
	case p == PhysList:
		off, lo, hi := zeroOffsets(v)
		share(off)
		kids = append(kids, arrowData(v.Kids[0].Slice(lo, hi-lo), dt.(*arrow.ListType).Elem()))
	case p == PhysMap:
		off, lo, hi := zeroOffsets(v)
		share(off)
		m := dt.(*arrow.MapType)
		entry := []arrow.ArrayData{
			arrowData(v.Kids[0].Slice(lo, hi-lo), m.KeyType()), arrowData(v.Kids[1].Slice(lo, hi-lo), m.ItemType())}
		kids = append(kids, array.NewData(m.Elem(), hi-lo, []*memory.Buffer{nil}, entry, 0, 0))
	case p == PhysRow:
		for f, kid := range v.Kids {
			kids = append(kids, arrowData(kid, dt.(*arrow.StructType).Field(f).Type))
		}
	default:
		share(v.fixed)
	}
	return array.NewData(dt, v.Len, buffers, kids, nulls, 0)
}

// zeroOffsets gives the offsets as bytes, counted from zero, and the range of
// values they span. They are copied only if they do not start at zero.
func zeroOffsets(v *Vec) (off []byte, lo, hi int) {
	offs := v.Off[:v.Len+1]
	first := offs[0]
	if first != 0 {
		shifted := make([]int32, len(offs))
		for i, o := range offs {
			shifted[i] = o - first
		}
		offs = shifted
	}
	return arrow.Int32Traits.CastToBytes(offs), int(first), int(v.Off[v.Len])
}

func packBools(v *Vec) Bitmap {
	out := NewBitmap(v.Len)
	for i, x := range truths(v) {
		out[i>>3] |= x << (i & 7)
	}
	return out[:(v.Len+7)/8]
}

func wideDecimals(v *Vec) *Vec {
	wide := make([]Decimal, v.Len)
	for i, x := range v.Int64s() {
		wide[i] = DecimalOf(x)
	}
	return FromSlice(v.Type, wide, nil)
}

func narrowMonths(v *Vec) *Vec {
	narrow := make([]int32, v.Len)
	for i, x := range v.Int64s() {
		narrow[i] = int32(x)
	}
	return FromSlice(v.Type, narrow, nil)
}

// FromRecord gives an Arrow record as a batch with columns of types ts.
func FromRecord(rec arrow.Record, ts []types.Type) (*Batch, error) {
	if int(rec.NumCols()) != len(ts) {
		return nil, fmt.Errorf("an Arrow record of %d columns is read as %d", rec.NumCols(), len(ts))
	}
	b := &Batch{Len: int(rec.NumRows()), Cols: make([]*Vec, len(ts))}
	for i, t := range ts {
		v, err := FromArrow(rec.Column(i), t)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", rec.ColumnName(i), err)
		}
		b.Cols[i] = v
	}
	return b, nil
}

// FromArrow gives an Arrow array as a vector of type t. Arrays of ArrowType(t) are
// shared; those of other types that types.FromArrow reads as t (other integers,
// units and widths, dictionaries) are converted. Anything else is an error.
func FromArrow(a arrow.Array, t types.Type) (*Vec, error) {
	want, err := types.ArrowType(t)
	if err != nil {
		return nil, err
	}
	v, ok := shareArrow(a.Data(), t, want)
	if !ok {
		v, ok = convertArrow(a, t)
	}
	if !ok {
		return nil, fmt.Errorf("an Arrow array of %s is not read as %s", a.DataType(), t)
	}
	return v, nil
}

// shareArrow makes a vector over the bytes of an array whose layout is t's; ok is
// false if it is another.
func shareArrow(d arrow.ArrayData, t types.Type, want arrow.DataType) (v *Vec, ok bool) {
	n, at := d.Len(), d.Offset()
	p := PhysOf(t)
	if d.DataType().ID() != want.ID() || p < PhysList && !arrow.TypeEqual(d.DataType(), want) {
		return nil, false
	}
	v = &Vec{Type: t, Len: n}
	if d.NullN() != 0 && p != PhysNone && len(d.Buffers()) > 0 && d.Buffers()[0] != nil {
		v.Valid = Bitmap(d.Buffers()[0].Bytes()).Slice(at, n)
	}
	switch {
	case p == PhysNone:
		v.Valid = NewBitmap(n)
	case p == PhysBool:
		v.fixed = unpackBools(Bitmap(buffer(d, 1)), at, n)
	case t.Kind == types.Decimal && p == PhysI64:
		return narrowDecimals(v, arrow.Decimal128Traits.CastFromBytes(buffer(d, 1))[at:at+n])
	case t.Kind == types.IntervalYearMonth:
		wide := make([]int64, n)
		for i, x := range arrow.Int32Traits.CastFromBytes(buffer(d, 1))[at : at+n] {
			wide[i] = int64(x)
		}
		v.fixed = FromSlice(t, wide, nil).fixed
	case p == PhysBytes:
		v.Off = offsetsOf(d)
		if len(d.Buffers()) > 2 {
			v.Data = buffer(d, 2)
		}
	case p == PhysList:
		v.Off = offsetsOf(d)
		return v, shareKids(v, []arrow.ArrayData{d.Children()[0]}, *t.Elem)
	case p == PhysMap:
		v.Off = offsetsOf(d)
		entries := d.Children()[0]
		key, val := MapTypes(t)
		return v, shareKids(v, sliced(entries.Children(), entries.Offset(), entries.Len()), key, val)
	case p == PhysRow:
		if len(d.Children()) != len(t.Fields) {
			return nil, false
		}
		kinds := make([]types.Type, len(t.Fields))
		for f, field := range t.Fields {
			kinds[f] = field.Type
		}
		return v, shareKids(v, sliced(d.Children(), at, n), kinds...)
	default:
		w := p.Width()
		v.fixed = aligned(buffer(d, 1)[at*w:(at+n)*w], w)
	}
	return v, true
}

// shareKids adds children of the given types.
func shareKids(v *Vec, data []arrow.ArrayData, ts ...types.Type) bool {
	for i, d := range data {
		kid, err := FromArrow(array.MakeFromData(d), ts[i])
		if err != nil {
			return false
		}
		v.Kids = append(v.Kids, kid)
	}
	return true
}

// sliced applies the parent's offset and length to children.
func sliced(data []arrow.ArrayData, at, n int) []arrow.ArrayData {
	out := make([]arrow.ArrayData, len(data))
	for i, d := range data {
		out[i] = array.NewSliceData(d, int64(at), int64(at+n))
	}
	return out
}

// buffer gives the bytes of a buffer; arrays without rows may have none.
func buffer(d arrow.ArrayData, i int) []byte {
	if b := d.Buffers()[i]; b != nil {
		return b.Bytes()
	}
	return nil
}

func offsetsOf(d arrow.ArrayData) []int32 {
	b := buffer(d, 1)
	if len(b) == 0 {
		return make([]int32, d.Len()+1)
	}
	return arrow.Int32Traits.CastFromBytes(b)[d.Offset() : d.Offset()+d.Len()+1]
}

func unpackBools(bits Bitmap, at, n int) []byte {
	out := alignedBytes(n)
	for i := range out {
		out[i] = bits.bit(at + i)
	}
	return out
}

// narrowDecimals fails on a value that is too wide for the declared precision.
func narrowDecimals(v *Vec, vals []Decimal) (*Vec, bool) {
	narrow := make([]int64, len(vals))
	for i, x := range vals {
		narrow[i] = int64(x.LowBits())
		if DecimalOf(narrow[i]) != x && !v.IsNull(i) {
			return nil, false
		}
	}
	v.fixed = FromSlice(v.Type, narrow, nil).fixed
	return v, true
}
