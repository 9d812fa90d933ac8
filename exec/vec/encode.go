package vec

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
)

// The encoders write a batch column by column: first every row's size is added up,
// then each column is written at the rows' cursors, so that the switch over types
// is taken once a column and not once a value. Columns that cannot be measured
// cheaply (nested ones, strings with zero bytes in keys) send the batch the slow
// way, row by row; both ways write the same bytes.

// cursors are positions in an arena, one a row.
type cursors []int

// layout appends offsets to out for rows whose sizes stand in at, makes room for
// them and turns at into the positions of the rows.
func (at cursors) layout(out *Rows) {
	if len(out.Off) == 0 {
		out.Off = append(out.Off, 0)
	}
	end := len(out.Data)
	out.Off = slices.Grow(out.Off, len(at))
	for i, size := range at {
		at[i] = end
		end += size
		out.Off = append(out.Off, end)
	}
	out.Data = slices.Grow(out.Data, end-len(out.Data))[:end]
}

// addValid adds size to the rows that are not NULL. sel selects rows of the
// vector; nil means all.
func (at cursors) addValid(v *Vec, sel []int32, size int) {
	if v.Valid == nil {
		for i := range at {
			at[i] += size
		}
		return
	}
	for i := range at {
		if v.Valid.Get(int(selRow(sel, i))) {
			at[i] += size
		}
	}
}

// keyFixed writes markers and big-endian values: bits turns a value into the bits
// whose unsigned order is the value's.
func keyFixed[T Fixed](at cursors, data []byte, v *Vec, k SortKey, width int, bits func(T) uint64) {
	vals := Slice[T](v)
	null, flip := byte(0), uint64(0)
	if k.NullsLast {
		null = 2
	}
	if k.Desc {
		flip = ^flip
	}
	for i, p := range at {
		if v.IsNull(i) {
			data[p] = null
			at[i] = p + 1
			continue
		}
		data[p] = 1
		x, b := bits(vals[i])^flip, data[p+1:p+1+width]
		switch width {
		case 8:
			binary.BigEndian.PutUint64(b, x)
		case 4:
			binary.BigEndian.PutUint32(b, uint32(x))
		case 2:
			binary.BigEndian.PutUint16(b, uint16(x))
		default:
			b[0] = byte(x)
		}
		at[i] = p + 1 + width
	}
}

// keyColumn writes one column of keys; it is one that keySize measured.
func keyColumn(at cursors, data []byte, v *Vec, k SortKey) {
	switch v.Phys() {
	case PhysBool:
		keyFixed(at, data, v, k, 1, func(x int8) uint64 { return uint64(x) })
	case PhysI8:
		keyFixed(at, data, v, k, 1, func(x int8) uint64 { return uint64(x) ^ 1<<7 })
	case PhysI16:
		keyFixed(at, data, v, k, 2, func(x int16) uint64 { return uint64(x) ^ 1<<15 })
	case PhysI32:
		keyFixed(at, data, v, k, 4, func(x int32) uint64 { return uint64(x) ^ 1<<31 })
	case PhysI64:
		keyInt64(at, data, v, k)
	case PhysF32:
		keyFixed(at, data, v, k, 4, func(x float32) uint64 { return uint64(float32Key(x)) })
	case PhysF64:
		keyFixed(at, data, v, k, 8, float64Key)
	case PhysBytes:
		keyBytes(at, data, v, k)
	}
}

// keyInt64 is keyFixed for the most common type.
func keyInt64(at cursors, data []byte, v *Vec, k SortKey) {
	if v.Valid != nil {
		keyFixed(at, data, v, k, 8, func(x int64) uint64 { return uint64(x) ^ 1<<63 })
		return
	}
	flip := uint64(1 << 63)
	if k.Desc {
		flip = ^flip
	}
	vals := v.Int64s()
	for i, p := range at {
		b := data[p : p+9]
		b[0] = 1
		binary.BigEndian.PutUint64(b[1:], uint64(vals[i])^flip)
		at[i] = p + 9
	}
}

func keyBytes(at cursors, data []byte, v *Vec, k SortKey) {
	null := byte(0)
	if k.NullsLast {
		null = 2
	}
	for i, p := range at {
		if v.IsNull(i) {
			data[p] = null
			at[i] = p + 1
			continue
		}
		data[p] = 1
		n := copy(data[p+1:], v.Data[v.Off[i]:v.Off[i+1]])
		end := data[p+1+n : p+3+n]
		end[0], end[1] = 0, 1
		if k.Desc {
			invert(data[p+1 : p+3+n])
		}
		at[i] = p + 3 + n
	}
}

// keySize adds the sizes of a column of keys, without the markers; ok is false if
// it must go the slow way.
func keySize(at cursors, v *Vec) (ok bool) {
	switch p := v.Phys(); p {
	case PhysDec, PhysList, PhysMap, PhysRow, PhysNone:
		return false
	case PhysBytes:
		if len(at) == 0 {
			return true
		}
		if bytes.IndexByte(v.Data[v.Off[0]:v.Off[len(at)]], 0) >= 0 {
			return false
		}
		off := v.Off[:len(at)+1]
		for i := range at {
			if !v.IsNull(i) {
				at[i] += int(off[i+1]-off[i]) + 2
			}
		}
	default:
		at.addValid(v, nil, p.Width())
	}
	return true
}

// rowSize adds the sizes of a column of rows; ok is false if it must go the slow way.
func rowSize(at cursors, v *Vec, sel []int32) (ok bool) {
	switch p := v.Phys(); p {
	case PhysList, PhysMap, PhysRow, PhysNone:
		return false
	case PhysBytes:
		for j := range at {
			if i := int(selRow(sel, j)); !v.IsNull(i) {
				n := int(v.Off[i+1] - v.Off[i])
				at[j] += n + uvarintLen(uint64(n))
			}
		}
	default:
		at.addValid(v, sel, p.Width())
	}
	return true
}

func uvarintLen(x uint64) int {
	n := 1
	for ; x >= 0x80; x >>= 7 {
		n++
	}
	return n
}

// rowFixed writes little-endian values at the cursors, and the NULL bits of column
// f into the bitmaps at the rows' starts.
func rowFixed[T Fixed](at cursors, data []byte, starts []int, f int, v *Vec, sel []int32, width int, bits func(T) uint64) {
	vals := Slice[T](v)
	for j, p := range at {
		i := int(selRow(sel, j))
		if v.IsNull(i) {
			data[starts[j]+f>>3] |= 1 << (f & 7)
			continue
		}
		x, b := bits(vals[i]), data[p:p+width]
		switch width {
		case 8:
			binary.LittleEndian.PutUint64(b, x)
		case 4:
			binary.LittleEndian.PutUint32(b, uint32(x))
		case 2:
			binary.LittleEndian.PutUint16(b, uint16(x))
		default:
			b[0] = byte(x)
		}
		at[j] = p + width
	}
}

// rowColumn writes one column of rows; it is one that rowSize measured.
func rowColumn(at cursors, data []byte, starts []int, f int, v *Vec, sel []int32) {
	switch v.Phys() {
	case PhysBool, PhysI8:
		rowFixed(at, data, starts, f, v, sel, 1, func(x int8) uint64 { return uint64(x) })
	case PhysI16:
		rowFixed(at, data, starts, f, v, sel, 2, func(x int16) uint64 { return uint64(x) })
	case PhysI32:
		rowFixed(at, data, starts, f, v, sel, 4, func(x int32) uint64 { return uint64(x) })
	case PhysI64, PhysF64:
		rowWords(at, data, starts, f, v, sel)
	case PhysF32:
		rowFixed(at, data, starts, f, v, sel, 4, func(x float32) uint64 { return uint64(math.Float32bits(x)) })
	case PhysDec:
		rowDecimals(at, data, starts, f, v, sel)
	case PhysBytes:
		for j, p := range at {
			i := int(selRow(sel, j))
			if v.IsNull(i) {
				data[starts[j]+f>>3] |= 1 << (f & 7)
				continue
			}
			b := v.Data[v.Off[i]:v.Off[i+1]]
			p += binary.PutUvarint(data[p:], uint64(len(b)))
			at[j] = p + copy(data[p:], b)
		}
	}
}

// rowWords is rowFixed for 64 bits, integers or floats.
func rowWords(at cursors, data []byte, starts []int, f int, v *Vec, sel []int32) {
	vals := Slice[int64](v)
	if v.Valid == nil && sel == nil {
		vals = vals[:len(at)]
		for j, p := range at {
			binary.LittleEndian.PutUint64(data[p:p+8], uint64(vals[j]))
			at[j] = p + 8
		}
		return
	}
	rowFixed(at, data, starts, f, v, sel, 8, func(x int64) uint64 { return uint64(x) })
}

func rowDecimals(at cursors, data []byte, starts []int, f int, v *Vec, sel []int32) {
	vals := v.Decimals()
	for j, p := range at {
		i := int(selRow(sel, j))
		if v.IsNull(i) {
			data[starts[j]+f>>3] |= 1 << (f & 7)
			continue
		}
		binary.LittleEndian.PutUint64(data[p:], vals[i].LowBits())
		binary.LittleEndian.PutUint64(data[p+8:], uint64(vals[i].HighBits()))
		at[j] = p + 16
	}
}
