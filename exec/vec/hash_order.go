package vec

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"github.com/weir-sql/weir/planner/types"
)

// HashOrder gives the order in which a java.util.HashMap hands out n entries that were put in one
// after the other: by bucket, and within a bucket as they came. capacity is what the map was made
// for, 16 if nothing was said. Flink's maps and multisets that are read from JSON, collected or split
// from text come in this order.
func HashOrder(n, capacity int, hash func(i int) int32) []int {
	buckets := uint32(1)
	for int(buckets) < capacity || n > int(buckets*3/4) { // more than three quarters full, it is doubled
		buckets *= 2
	}
	if n == 1 {
		return []int{0}
	}
	order, at := make([]int, n), make([]uint32, n)
	for i := range order {
		h := uint32(hash(i))
		order[i], at[i] = i, (h^h>>16)&(buckets-1)
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(at[a]) - int(at[b]) })
	return order
}

// HashCode is the hash code of a value as Flink holds it; 0 for NULL and nested values.
func HashCode(v *Vec, i int) int32 {
	if v.IsNull(i) {
		return 0
	}
	switch v.Phys() {
	case PhysBytes:
		return TextHash(v.BytesAt(i))
	case PhysBool:
		if v.Bools()[i] {
			return 1231
		}
		return 1237
	case PhysI8:
		return int32(v.Int8s()[i])
	case PhysI16:
		return int32(v.Int16s()[i])
	case PhysI32:
		return v.Int32s()[i]
	case PhysF32:
		return int32(math.Float32bits(v.Float32s()[i]))
	case PhysF64:
		return longHash(int64(math.Float64bits(v.Float64s()[i])))
	case PhysI64:
		x := v.Int64s()[i]
		switch v.Type.Kind {
		case types.Decimal:
			return decimalHash(x, v.Type.Scale)
		case types.Timestamp, types.TimestampLTZ:
			unit := int64(UnitOf(v.Type.Precision)) // in nanoseconds
			per := int64(Milli) / unit
			ms := x / per
			if x%per < 0 {
				ms--
			}
			return 31*longHash(ms) + int32((x-ms*per)*unit)
		}
		return longHash(x)
	}
	return 0
}

// decimalHash is that of a java.math.BigDecimal of up to 18 digits.
func decimalHash(x int64, scale int) int32 {
	m := uint64(max(x, -x))
	h := int32(m>>32)*31 + int32(uint32(m))
	if x < 0 {
		h = -h
	}
	return 31*h + int32(scale)
}

func longHash(x int64) int32 { return int32(x ^ int64(uint64(x)>>32)) }

// TextHash is the hash code of a text as Flink holds it: murmur3 of 32 bits with seed 42, whose
// last bytes are mixed in one by one.
func TextHash(b []byte) int32 {
	h, n := uint32(42), uint32(len(b))
	mix := func(k uint32) {
		h ^= bits.RotateLeft32(k*0xcc9e2d51, 15) * 0x1b873593
		h = bits.RotateLeft32(h, 13)*5 + 0xe6546b64
	}
	for ; len(b) >= 4; b = b[4:] {
		mix(binary.LittleEndian.Uint32(b))
	}
	for _, c := range b {
		mix(uint32(int32(int8(c))))
	}
	h ^= n
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return int32(h ^ h>>16)
}

// JavaHash is the hash code of a java.lang.String.
func JavaHash(s string) int32 {
	h := int32(0)
	for _, r := range s {
		if r >= 0x10000 { // two characters of UTF-16
			r -= 0x10000
			h = h*31 + 0xd800 + r>>10
			r = 0xdc00 + r&0x3ff
		}
		h = h*31 + r
	}
	return h
}
