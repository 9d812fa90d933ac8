package vec

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// The hash of a row decides its key group, and key groups decide which entry of
// a checkpoint a task reads back. So the function is fixed for ever: it depends
// on nothing but the values (not on the process, the batch, the offset within it
// or the machine's byte order), and TestHashIsFixed pins it. Changing it makes
// every savepoint unreadable.
//
//	h(row)  = fold over the columns: h = mix(h XOR word(value)), starting at 0
//	word    = an integer, date, time or decimal(p <= 18) sign-extended to 64 bits;
//	          a float's bits (one NaN); a string's bytes hashed; NULL a constant
const (
	hashMul  = 0x9E3779B97F4A7C15
	hashXor  = 0xD6E8FEB86659FD93
	hashMul2 = 0xA0761D6478BD642F
	hashNull = 0x1F83D9ABFB41BD6B
)

// mix spreads every bit of x over the whole word: a 128-bit product folded.
func mix(x uint64) uint64 {
	hi, lo := bits.Mul64(x^hashXor, hashMul)
	return hi ^ lo
}

// HashColumns writes the hash of row i over the columns to out[i]; len(out) is
// the number of rows. NULL equals NULL. All bits are good: the lower half chooses
// the key group, the upper half the slot of a hash table. Without columns every
// row has the same hash.
func HashColumns(cols []*Vec, out []uint64) {
	clear(out)
	for _, c := range cols {
		hashColumn(c, out)
	}
}

// hashColumn folds one column into the hashes.
func hashColumn(v *Vec, out []uint64) {
	if v.Valid != nil {
		for i := range out {
			w := uint64(hashNull)
			if v.Valid.Get(i) {
				w = hashWord(v, i)
			}
			out[i] = mix(out[i] ^ w)
		}
		return
	}
	switch v.Phys() {
	case PhysBool:
		hashInts(Slice[int8](v), out)
	case PhysI8:
		hashInts(v.Int8s(), out)
	case PhysI16:
		hashInts(v.Int16s(), out)
	case PhysI32:
		hashInts(v.Int32s(), out)
	case PhysI64:
		hashInts(v.Int64s(), out)
	case PhysF64:
		for i, x := range v.Float64s()[:len(out)] {
			out[i] = mix(out[i] ^ float64Word(x))
		}
	case PhysBytes:
		off, data := v.Off[:len(out)+1], v.Data
		for i := range out {
			out[i] = mix(out[i] ^ hashBytes(data[off[i]:off[i+1]]))
		}
	default:
		for i := range out {
			out[i] = mix(out[i] ^ hashWord(v, i))
		}
	}
}

func hashInts[T int8 | int16 | int32 | int64](vals []T, out []uint64) {
	vals = vals[:len(out)]
	for i, x := range vals {
		out[i] = mix(out[i] ^ uint64(int64(x)))
	}
}

// float64Word gives the bits of x; all NaNs are one value, -0 and 0 are two, as
// in Flink's keys.
func float64Word(x float64) uint64 {
	if x != x {
		return 0x7FF8000000000000
	}
	return math.Float64bits(x)
}

func float32Word(x float32) uint64 {
	if x != x {
		return 0x7FC00000
	}
	return uint64(math.Float32bits(x))
}

// hashWord gives the word of one value that may be NULL or nested.
func hashWord(v *Vec, i int) uint64 {
	if v.IsNull(i) {
		return hashNull
	}
	switch v.Phys() {
	case PhysBool:
		return uint64(int64(Slice[int8](v)[i]))
	case PhysI8:
		return uint64(int64(v.Int8s()[i]))
	case PhysI16:
		return uint64(int64(v.Int16s()[i]))
	case PhysI32:
		return uint64(int64(v.Int32s()[i]))
	case PhysI64:
		return uint64(v.Int64s()[i])
	case PhysF32:
		return float32Word(v.Float32s()[i])
	case PhysF64:
		return float64Word(v.Float64s()[i])
	case PhysDec:
		d := v.Decimals()[i]
		return mix(uint64(d.HighBits())) + d.LowBits()
	case PhysBytes:
		return hashBytes(v.Data[v.Off[i]:v.Off[i+1]])
	case PhysList:
		h := uint64(v.Off[i+1] - v.Off[i])
		for k := v.Off[i]; k < v.Off[i+1]; k++ {
			h = mix(h ^ hashWord(v.Kids[0], int(k)))
		}
		return h
	case PhysMap:
		// A sum, because entries have no order.
		h := uint64(v.Off[i+1] - v.Off[i])
		for k := v.Off[i]; k < v.Off[i+1]; k++ {
			h += mix(mix(hashWord(v.Kids[0], int(k))) ^ hashWord(v.Kids[1], int(k)))
		}
		return h
	case PhysRow:
		var h uint64
		for _, kid := range v.Kids {
			h = mix(h ^ hashWord(kid, i))
		}
		return h
	default:
		return hashNull
	}
}

// hashBytes hashes a byte string, 16 bytes a step.
func hashBytes(b []byte) uint64 {
	n := len(b)
	h := uint64(n) ^ hashMul2
	for len(b) > 16 {
		hi, lo := bits.Mul64(binary.LittleEndian.Uint64(b)^hashXor, binary.LittleEndian.Uint64(b[8:])^h)
		h = hi ^ lo
		b = b[16:]
	}
	var x, y uint64
	switch {
	case len(b) >= 8:
		x, y = binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[len(b)-8:])
	case len(b) >= 4:
		x, y = uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[len(b)-4:]))
	case len(b) > 0:
		x, y = uint64(b[0])|uint64(b[len(b)>>1])<<8, uint64(b[len(b)-1])
	}
	hi, lo := bits.Mul64(x^hashXor, y^h)
	return hi ^ lo
}
