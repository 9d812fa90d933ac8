package vec

import (
	"encoding/binary"
	"errors"
	"unsafe"

	"github.com/weir-sql/weir/planner/types"
)

var errBlock = errors.New("decoding a block of rows: its bytes are broken")

// AppendBlock appends a batch to dst column by column, as it lies in memory: the
// fast form for spilling and for exchanges within a machine. It is in the byte
// order of the machine and not for keeping. len(dst) must be a multiple of 8 and
// stays one.
//
// A block is the number of rows and a flag for kinds, the kinds, then the columns:
// each a flag for validity, the validity bits, the values or offsets, the bytes or
// children. Every part starts at a multiple of 8.
func AppendBlock(dst []byte, b *Batch) []byte {
	dst = appendHeader(dst, b.Len, b.Kinds != nil)
	if b.Kinds != nil {
		dst = appendPart(dst, unsafe.Slice((*byte)(unsafe.SliceData(b.Kinds)), b.Len))
	}
	for _, c := range b.Cols {
		dst = appendColumn(dst, c)
	}
	return dst
}

func appendHeader(dst []byte, n int, flag bool) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(n))
	if flag {
		return append(dst, 1, 0, 0, 0)
	}
	return append(dst, 0, 0, 0, 0)
}

func appendPart(dst, part []byte) []byte {
	dst = append(dst, part...)
	for len(dst)&7 != 0 {
		dst = append(dst, 0)
	}
	return dst
}

func appendColumn(dst []byte, v *Vec) []byte {
	dst = appendHeader(dst, v.Len, v.Valid != nil)
	if v.Valid != nil {
		dst = appendPart(dst, v.Valid[:(v.Len+7)/8])
	}
	switch p := v.Phys(); p {
	case PhysNone:
	case PhysBytes, PhysList, PhysMap:
		lo, hi := v.Off[0], v.Off[v.Len]
		at := len(dst)
		for _, o := range v.Off[:v.Len+1] {
			dst = binary.NativeEndian.AppendUint32(dst, uint32(o-lo))
		}
		dst = appendPart(dst[:at], dst[at:])
		if p == PhysBytes {
			return appendPart(dst, v.Data[lo:hi])
		}
		for _, k := range v.Kids {
			dst = appendColumn(dst, k.Slice(int(lo), int(hi-lo)))
		}
	case PhysRow:
		for _, k := range v.Kids {
			dst = appendColumn(dst, k)
		}
	default:
		dst = appendPart(dst, v.fixed[:v.Len*p.Width()])
	}
	return dst
}

// DecodeBlock reads a batch of the given column types. The batch shares the
// block's memory, which must start at a multiple of 8. Bytes that are not a block
// of these types give an error.
func DecodeBlock(block []byte, ts []types.Type) (*Batch, error) {
	r := blockReader{b: block}
	n, kinds := r.header()
	out := &Batch{Len: n, Cols: make([]*Vec, len(ts))}
	if kinds {
		k := r.part(n)
		for _, x := range k {
			r.bad = r.bad || x > byte(Delete)
		}
		out.Kinds = unsafe.Slice((*RowKind)(unsafe.SliceData(k)), len(k))
	}
	for c, t := range ts {
		out.Cols[c] = r.column(t, n)
	}
	if r.bad || len(r.b) != 0 {
		return nil, errBlock
	}
	return out, nil
}

// blockReader reads a block; after bad is set it gives empty parts.
type blockReader struct {
	b   []byte
	bad bool
}

func (r *blockReader) part(n int) []byte {
	padded := (n + 7) &^ 7
	if r.bad || n < 0 || padded > len(r.b) {
		r.bad = true
		return nil
	}
	p := r.b[:n:n]
	r.b = r.b[padded:]
	return p
}

func (r *blockReader) header() (n int, flag bool) {
	h := r.part(8)
	if h == nil {
		return 0, false
	}
	return int(binary.LittleEndian.Uint32(h)), h[4] != 0
}

// column reads a vector of n rows.
func (r *blockReader) column(t types.Type, n int) *Vec {
	got, hasValid := r.header()
	v := &Vec{Type: t, Len: n}
	if got != n || r.bad {
		r.bad = true
		return v
	}
	if hasValid {
		v.Valid = Bitmap(r.part((n + 7) / 8))
	}
	switch p := PhysOf(t); p {
	case PhysNone:
		r.bad = r.bad || v.Valid == nil
	case PhysBytes:
		if size, ok := r.offsets(v); ok {
			v.Data = r.part(size)
		}
	case PhysList:
		if size, ok := r.offsets(v); ok {
			v.Kids = []*Vec{r.column(*t.Elem, size)}
		}
	case PhysMap:
		if size, ok := r.offsets(v); ok {
			k, e := MapTypes(t)
			v.Kids = []*Vec{r.column(k, size), r.column(e, size)}
		}
	case PhysRow:
		for _, f := range t.Fields {
			v.Kids = append(v.Kids, r.column(f.Type, n))
		}
	default:
		v.fixed = r.part(n * p.Width())
	}
	return v
}

// offsets reads n+1 offsets, which must rise from 0, and gives the last.
func (r *blockReader) offsets(v *Vec) (size int, ok bool) {
	p := r.part((v.Len + 1) * 4)
	if p == nil {
		return 0, false
	}
	v.Off = unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(p))), v.Len+1)
	last := int32(0)
	for i, o := range v.Off {
		if o < last || i == 0 && o != 0 {
			r.bad = true
			return 0, false
		}
		last = o
	}
	return int(last), true
}
