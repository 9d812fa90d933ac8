package vec

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/weir-sql/weir/planner/types"
)

// KeyEncoder turns rows into keys whose byte order (bytes.Compare) is the order
// of the rows, and back. Equal rows have equal keys, whatever batch they come from.
//
// A key is its columns' values one after the other, each:
//
//	marker     1 byte: 1 for a value; NULL is 0 (first) or 2 (last)
//	BOOLEAN    1 byte
//	integers   big endian, sign bit flipped
//	floats     big endian bits, made monotone; one NaN, greatest; -0 before 0
//	bytes      00 escaped as 00 FF, closed by 00 01
//	ARRAY      a marker 1 and the element, for each element; closed by 00
//	MAP        like an array of (key, value), sorted by key: entries have no order
//	ROW        the fields, each with its marker
//
// Descending columns have all bytes but the marker inverted. An encoder belongs to
// one goroutine.
type KeyEncoder struct {
	ts   []types.Type // of the encoded columns, in key order
	keys []SortKey
	at   cursors // scratch
}

// NewKeyEncoder makes an encoder of rows whose columns have types ts. keys choose
// and order the columns; nil keys mean all of them, ascending.
func NewKeyEncoder(ts []types.Type, keys []SortKey) *KeyEncoder {
	if keys == nil {
		keys = Ascending(len(ts))
	}
	e := &KeyEncoder{keys: keys}
	for _, k := range keys {
		e.ts = append(e.ts, ts[k.Col])
	}
	return e
}

// Types gives the types of the encoded columns, in key order: what Decode fills.
func (e *KeyEncoder) Types() []types.Type { return e.ts }

// Encode appends the keys of rows 0 to n-1 to out.
func (e *KeyEncoder) Encode(cols []*Vec, n int, out *Rows) {
	if e.measure(cols, n) {
		e.at.layout(out)
		for _, k := range e.keys {
			keyColumn(e.at, out.Data, cols[k.Col], k)
		}
		return
	}
	if len(out.Off) == 0 {
		out.Off = append(out.Off, 0)
	}
	for i := 0; i < n; i++ {
		out.Data = e.AppendRow(out.Data, cols, i)
		out.Off = append(out.Off, len(out.Data))
	}
}

// measure puts the sizes of keys into the cursors; ok is false if a column must go
// the slow way.
func (e *KeyEncoder) measure(cols []*Vec, n int) (ok bool) {
	e.at = grow(e.at, n)
	for i := range e.at {
		e.at[i] = len(e.keys) // the markers
	}
	for _, k := range e.keys {
		if !keySize(e.at, cols[k.Col]) {
			return false
		}
	}
	return true
}

// AppendRow appends the key of one row to dst.
func (e *KeyEncoder) AppendRow(dst []byte, cols []*Vec, i int) []byte {
	for _, k := range e.keys {
		dst = appendKey(dst, cols[k.Col], i, k)
	}
	return dst
}

// Decode appends the columns of one key to the builders, one per encoded column.
// A key that Encode did not make gives an error; the builders may then hold a
// part of the row.
func (e *KeyEncoder) Decode(key []byte, to []*Builder) error {
	var err error
	for c, k := range e.keys {
		if key, err = decodeKey(key, to[c], k); err != nil {
			return err
		}
	}
	if len(key) != 0 {
		return fmt.Errorf("decoding a row key: %d bytes too many", len(key))
	}
	return nil
}

// appendKey appends marker and value.
func appendKey(dst []byte, v *Vec, i int, k SortKey) []byte {
	if v.IsNull(i) {
		if k.NullsLast {
			return append(dst, 2)
		}
		return append(dst, 0)
	}
	at := len(dst) + 1
	dst = appendKeyValue(append(dst, 1), v, i)
	if k.Desc {
		invert(dst[at:])
	}
	return dst
}

func invert(b []byte) {
	for i := range b {
		b[i] = ^b[i]
	}
}

// Monotone bits of a float: order as unsigned integers is order as numbers.
func float64Key(x float64) uint64 {
	b := float64Word(x)
	return b ^ (uint64(int64(b)>>63) | 1<<63)
}

func float32Key(x float32) uint32 {
	b := uint32(float32Word(x))
	return b ^ (uint32(int32(b)>>31) | 1<<31)
}

func keyFloat64(b uint64) float64 {
	return math.Float64frombits(b ^ (uint64(^int64(b)>>63) | 1<<63))
}

func keyFloat32(b uint32) float32 {
	return math.Float32frombits(b ^ (uint32(^int32(b)>>31) | 1<<31))
}

// appendKeyValue appends a value that is not NULL, ascending.
func appendKeyValue(dst []byte, v *Vec, i int) []byte {
	switch v.Phys() {
	case PhysBool:
		return append(dst, byte(Slice[int8](v)[i]))
	case PhysI8:
		return append(dst, byte(v.Int8s()[i])^0x80)
	case PhysI16:
		return binary.BigEndian.AppendUint16(dst, uint16(v.Int16s()[i])^1<<15)
	case PhysI32:
		return binary.BigEndian.AppendUint32(dst, uint32(v.Int32s()[i])^1<<31)
	case PhysI64:
		return binary.BigEndian.AppendUint64(dst, uint64(v.Int64s()[i])^1<<63)
	case PhysF32:
		return binary.BigEndian.AppendUint32(dst, float32Key(v.Float32s()[i]))
	case PhysF64:
		return binary.BigEndian.AppendUint64(dst, float64Key(v.Float64s()[i]))
	case PhysDec:
		d := v.Decimals()[i]
		dst = binary.BigEndian.AppendUint64(dst, uint64(d.HighBits())^1<<63)
		return binary.BigEndian.AppendUint64(dst, d.LowBits())
	case PhysBytes:
		return appendKeyBytes(dst, v.BytesAt(i))
	case PhysList:
		for k := int(v.Off[i]); k < int(v.Off[i+1]); k++ {
			dst = appendKey(append(dst, 1), v.Kids[0], k, SortKey{})
		}
		return append(dst, 0)
	case PhysMap:
		return appendKeyMap(dst, v, i)
	case PhysRow:
		for _, kid := range v.Kids {
			dst = appendKey(dst, kid, i, SortKey{})
		}
		return dst
	default:
		return dst
	}
}

func appendKeyBytes(dst, b []byte) []byte {
	for {
		z := bytes.IndexByte(b, 0)
		if z < 0 {
			return append(append(dst, b...), 0, 1)
		}
		dst = append(append(dst, b[:z]...), 0, 0xff)
		b = b[z+1:]
	}
}

func appendKeyMap(dst []byte, v *Vec, i int) []byte {
	entries := make([][]byte, 0, v.Off[i+1]-v.Off[i])
	for k := int(v.Off[i]); k < int(v.Off[i+1]); k++ {
		entries = append(entries, appendKey(appendKey(nil, v.Kids[0], k, SortKey{}), v.Kids[1], k, SortKey{}))
	}
	slices.SortFunc(entries, bytes.Compare)
	for _, e := range entries {
		dst = append(append(dst, 1), e...)
	}
	return append(dst, 0)
}

// keyReader reads the bytes of one value; flip is 0xff in a descending column.
type keyReader struct {
	b    []byte
	flip byte
	bad  bool
}

func (r *keyReader) u8() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	x := r.b[0] ^ r.flip
	r.b = r.b[1:]
	return x
}

func (r *keyReader) uint(n int) uint64 {
	var x uint64
	for ; n > 0; n-- {
		x = x<<8 | uint64(r.u8())
	}
	return x
}

// decodeKey reads one marker and value and gives the rest of the key.
func decodeKey(key []byte, to *Builder, k SortKey) ([]byte, error) {
	if len(key) == 0 {
		return nil, fmt.Errorf("decoding a row key: it ends before its %s column", to.typ)
	}
	null := byte(0)
	if k.NullsLast {
		null = 2
	}
	switch key[0] {
	case null:
		to.Null()
		return key[1:], nil
	case 1:
	default:
		return nil, fmt.Errorf("decoding a row key: marker %d of a %s column", key[0], to.typ)
	}
	r := keyReader{b: key[1:]}
	if k.Desc {
		r.flip = 0xff
	}
	r.value(to)
	if r.bad {
		return nil, fmt.Errorf("decoding a row key: broken %s value", to.typ)
	}
	return r.b, nil
}

// nested reads marker and value inside a list, map or row.
func (r *keyReader) nested(to *Builder) {
	switch r.u8() {
	case 0:
		to.Null()
	case 1:
		r.value(to)
	default:
		r.bad = true
		to.Null()
	}
}

// value appends one value. After bad is set it appends something of the right
// shape, so that builders stay consistent.
func (r *keyReader) value(to *Builder) {
	switch to.phys {
	case PhysBool:
		to.Bool(r.u8() != 0)
	case PhysI8:
		to.Int8(int8(r.u8() ^ 0x80))
	case PhysI16:
		to.Int16(int16(r.uint(2) ^ 1<<15))
	case PhysI32:
		to.Int32(int32(r.uint(4) ^ 1<<31))
	case PhysI64:
		to.Int64(int64(r.uint(8) ^ 1<<63))
	case PhysF32:
		to.Float32(keyFloat32(uint32(r.uint(4))))
	case PhysF64:
		to.Float64(keyFloat64(r.uint(8)))
	case PhysDec:
		hi := int64(r.uint(8) ^ 1<<63)
		to.Decimal(NewDecimal(hi, r.uint(8)))
	case PhysBytes:
		r.bytes(to)
	case PhysList:
		for r.more() {
			r.nested(to.kids[0])
		}
		to.EndList()
	case PhysMap:
		for r.more() {
			r.nested(to.kids[0])
			r.nested(to.kids[1])
		}
		to.EndMap()
	case PhysRow:
		for _, kid := range to.kids {
			r.nested(kid)
		}
		to.EndRow()
	default:
		r.bad = true
		to.Null()
	}
}

// more reads the flag before an element of a list.
func (r *keyReader) more() bool {
	flag := r.u8()
	r.bad = r.bad || flag > 1
	return flag == 1 && !r.bad
}

func (r *keyReader) bytes(to *Builder) {
	buf := to.BytesBuf()
	for !r.bad {
		x := r.u8()
		if x == 0 {
			if x = r.u8(); x == 1 {
				break
			}
			r.bad = r.bad || x != 0xff
			x = 0
		}
		buf = append(buf, x)
	}
	to.EndBytes(buf)
}
