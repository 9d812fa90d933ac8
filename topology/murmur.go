package topology

import (
	"encoding/binary"
	"encoding/hex"
	"math/bits"
)

// FlinkID returns the operator id that Apache Flink derives from a uid: the
// murmur3_x64_128 of its UTF-8 bytes with seed 0, as 32 hex digits. It is the name
// of the operator's state in a Flink savepoint.
func FlinkID(uid string) string {
	h1, h2 := murmur3x64(uid)
	var sum [16]byte
	binary.LittleEndian.PutUint64(sum[:8], h1)
	binary.LittleEndian.PutUint64(sum[8:], h2)
	return hex.EncodeToString(sum[:])
}

const (
	murmurC1 = 0x87c37b91114253d5
	murmurC2 = 0x4cf5ad432745937f
)

func murmur3x64(s string) (h1, h2 uint64) {
	data := []byte(s)
	for len(data) >= 16 {
		h1 = (bits.RotateLeft64(h1^murmurK1(binary.LittleEndian.Uint64(data)), 27)+h2)*5 + 0x52dce729
		h2 = (bits.RotateLeft64(h2^murmurK2(binary.LittleEndian.Uint64(data[8:])), 31)+h1)*5 + 0x38495ab5
		data = data[16:]
	}
	var tail [16]byte // an absent half is 0 and mixes to 0
	copy(tail[:], data)
	h1 ^= murmurK1(binary.LittleEndian.Uint64(tail[:]))
	h2 ^= murmurK2(binary.LittleEndian.Uint64(tail[8:]))

	h1 ^= uint64(len(s))
	h2 ^= uint64(len(s))
	h1 += h2
	h2 += h1
	h1, h2 = murmurFinal(h1), murmurFinal(h2)
	h1 += h2
	h2 += h1
	return h1, h2
}

func murmurK1(k uint64) uint64 { return bits.RotateLeft64(k*murmurC1, 31) * murmurC2 }
func murmurK2(k uint64) uint64 { return bits.RotateLeft64(k*murmurC2, 33) * murmurC1 }

func murmurFinal(k uint64) uint64 {
	k ^= k >> 33
	k *= 0xff51afd7ed558ccd
	k ^= k >> 33
	k *= 0xc4ceb9fe1a85ec53
	return k ^ k>>33
}
