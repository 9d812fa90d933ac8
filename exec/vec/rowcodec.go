package vec

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/weir-sql/weir/planner/types"
)

// RowCodec turns rows into compact bytes for state, spill and snapshots, and
// back. The bytes have no order; equal rows have equal bytes, except that maps
// keep the order of their entries and floats their exact bits.
//
// A row is a bitmap of its columns, bit c set where column c is NULL, then the
// values that are not NULL: fixed-width ones little endian, byte strings behind
// their length as a uvarint, ARRAY as a uvarint count and a row of elements, MAP
// as a count, a row of keys and a row of values, ROW as a row.
//
// A codec belongs to one goroutine.
type RowCodec struct {
	ts     []types.Type
	at     cursors // scratch
	starts []int   // scratch
}

// NewRowCodec makes a codec for rows of the given column types.
func NewRowCodec(ts []types.Type) *RowCodec { return &RowCodec{ts: ts} }

// Types gives the column types.
func (c *RowCodec) Types() []types.Type { return c.ts }

// Encode appends the bytes of the selected rows to out; a nil sel means rows 0 to n-1.
func (c *RowCodec) Encode(cols []*Vec, sel []int32, n int, out *Rows) {
	if sel != nil {
		n = len(sel)
	}
	if c.measure(cols, sel, n) {
		c.write(cols, sel, out)
		return
	}
	if len(out.Off) == 0 {
		out.Off = append(out.Off, 0)
	}
	for j := 0; j < n; j++ {
		i := j
		if sel != nil {
			i = int(sel[j])
		}
		out.Data = c.AppendRow(out.Data, cols, i)
		out.Off = append(out.Off, len(out.Data))
	}
}

// measure puts the sizes of rows into the cursors; ok is false if a column must go
// the slow way.
func (c *RowCodec) measure(cols []*Vec, sel []int32, n int) (ok bool) {
	c.at = grow(c.at, n)
	for i := range c.at {
		c.at[i] = (len(cols) + 7) / 8
	}
	for _, v := range cols {
		if !rowSize(c.at, v, sel) {
			return false
		}
	}
	return true
}

// write writes the measured rows.
func (c *RowCodec) write(cols []*Vec, sel []int32, out *Rows) {
	c.at.layout(out)
	c.starts = append(c.starts[:0], c.at...)
	nulls := (len(cols) + 7) / 8
	for j, p := range c.at {
		clear(out.Data[p : p+nulls])
		c.at[j] = p + nulls
	}
	for f, v := range cols {
		rowColumn(c.at, out.Data, c.starts, f, v, sel)
	}
}

// AppendRow appends the bytes of one row to dst.
func (c *RowCodec) AppendRow(dst []byte, cols []*Vec, i int) []byte {
	at := len(dst)
	dst = append(dst, make([]byte, (len(cols)+7)/8)...)
	for f, v := range cols {
		if v.IsNull(i) {
			dst[at+f>>3] |= 1 << (f & 7)
		} else {
			dst = appendValue(dst, v, i)
		}
	}
	return dst
}

// Decode appends one row to the builders, one per column. Bytes that Encode did
// not make give an error; the builders may then hold a part of the row.
func (c *RowCodec) Decode(row []byte, to []*Builder) error {
	r := rowReader{b: row}
	r.row(to)
	if r.bad || len(r.b) != 0 {
		return errors.New("decoding a row: its bytes are broken")
	}
	return nil
}

// DecodeAll appends all rows to the builders.
func (c *RowCodec) DecodeAll(rows *Rows, to []*Builder) error {
	for i := 0; i < rows.Len(); i++ {
		if err := c.Decode(rows.Row(i), to); err != nil {
			return err
		}
	}
	return nil
}

// appendValue appends a value that is not NULL.
func appendValue(dst []byte, v *Vec, i int) []byte {
	switch v.Phys() {
	case PhysBool, PhysI8:
		return append(dst, v.fixed[i])
	case PhysI16:
		return binary.LittleEndian.AppendUint16(dst, uint16(v.Int16s()[i]))
	case PhysI32:
		return binary.LittleEndian.AppendUint32(dst, uint32(v.Int32s()[i]))
	case PhysI64:
		return binary.LittleEndian.AppendUint64(dst, uint64(v.Int64s()[i]))
	case PhysF32:
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(v.Float32s()[i]))
	case PhysF64:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.Float64s()[i]))
	case PhysDec:
		d := v.Decimals()[i]
		return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(dst, d.LowBits()), uint64(d.HighBits()))
	case PhysBytes:
		b := v.BytesAt(i)
		return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
	case PhysList, PhysMap:
		dst = binary.AppendUvarint(dst, uint64(v.Off[i+1]-v.Off[i]))
		for _, kid := range v.Kids {
			dst = appendRun(dst, kid, int(v.Off[i]), int(v.Off[i+1]))
		}
		return dst
	case PhysRow:
		return (&RowCodec{}).AppendRow(dst, v.Kids, i)
	default:
		return dst
	}
}

// appendRun appends values lo to hi-1 of one vector like the columns of a row.
func appendRun(dst []byte, v *Vec, lo, hi int) []byte {
	at := len(dst)
	dst = append(dst, make([]byte, (hi-lo+7)/8)...)
	for k := lo; k < hi; k++ {
		if v.IsNull(k) {
			dst[at+(k-lo)>>3] |= 1 << ((k - lo) & 7)
		} else {
			dst = appendValue(dst, v, k)
		}
	}
	return dst
}

// rowReader reads what appendValue wrote. After bad is set it still appends
// values of the right shape, so that builders stay consistent.
type rowReader struct {
	b   []byte
	bad bool
}

// take gives the next n bytes, zeroes if there are not as many.
func (r *rowReader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad = true
		return make([]byte, min(max(n, 0), 16))
	}
	x := r.b[:n]
	r.b = r.b[n:]
	return x
}

// count reads a length; one that cannot fit in the rest is broken.
func (r *rowReader) count(perItemBits int) int {
	n, w := binary.Uvarint(r.b)
	if w <= 0 || n > uint64(len(r.b))*8/uint64(perItemBits) {
		r.bad = true
		return 0
	}
	r.b = r.b[w:]
	return int(n)
}

func (r *rowReader) row(to []*Builder) {
	nulls := r.take((len(to) + 7) / 8)
	for f, b := range to {
		if !r.bad && nulls[f>>3]&(1<<(f&7)) == 0 {
			r.value(b)
		} else {
			b.Null()
		}
	}
}

func (r *rowReader) run(to *Builder, n int) {
	nulls := r.take((n + 7) / 8)
	for k := 0; k < n; k++ {
		if !r.bad && nulls[k>>3]&(1<<(k&7)) == 0 {
			r.value(to)
		} else {
			to.Null()
		}
	}
}

func (r *rowReader) value(to *Builder) {
	switch to.phys {
	case PhysBool:
		to.Bool(r.take(1)[0] != 0)
	case PhysI8:
		to.Int8(int8(r.take(1)[0]))
	case PhysI16:
		to.Int16(int16(binary.LittleEndian.Uint16(r.take(2))))
	case PhysI32:
		to.Int32(int32(binary.LittleEndian.Uint32(r.take(4))))
	case PhysI64:
		to.Int64(int64(binary.LittleEndian.Uint64(r.take(8))))
	case PhysF32:
		to.Float32(math.Float32frombits(binary.LittleEndian.Uint32(r.take(4))))
	case PhysF64:
		to.Float64(math.Float64frombits(binary.LittleEndian.Uint64(r.take(8))))
	case PhysDec:
		b := r.take(16)
		to.Decimal(NewDecimal(int64(binary.LittleEndian.Uint64(b[8:])), binary.LittleEndian.Uint64(b)))
	case PhysBytes:
		to.Bytes(r.take(r.count(8)))
	case PhysList, PhysMap:
		n := r.count(1)
		for _, kid := range to.kids {
			r.run(kid, n)
		}
		to.EndList()
	case PhysRow:
		r.row(to.kids)
		to.EndRow()
	default:
		r.bad = true
		to.Null()
	}
}
