package vec

import "math/bits"

// Bitmap is an Arrow validity bitmap: bit i, least significant first, is 1 where
// row i has a value. Bits past the length are unspecified.
type Bitmap []byte

// NewBitmap makes a bitmap of n zero bits. Its bytes are 8-byte aligned.
func NewBitmap(n int) Bitmap {
	if n == 0 {
		return Bitmap{}
	}
	return Bitmap(alignedBytes((n + 63) / 64 * 8))
}

// NewBitmapSet makes a bitmap of n one bits.
func NewBitmapSet(n int) Bitmap {
	b := NewBitmap(n)
	for i := range b {
		b[i] = 0xff
	}
	return b
}

// Get reports bit i.
func (b Bitmap) Get(i int) bool { return b[i>>3]&(1<<(i&7)) != 0 }

// Set sets bit i.
func (b Bitmap) Set(i int) { b[i>>3] |= 1 << (i & 7) }

// Clear clears bit i.
func (b Bitmap) Clear(i int) { b[i>>3] &^= 1 << (i & 7) }

// Put sets bit i to v.
func (b Bitmap) Put(i int, v bool) {
	if v {
		b.Set(i)
	} else {
		b.Clear(i)
	}
}

// Count gives the number of one bits among the first n.
func (b Bitmap) Count(n int) int {
	c := 0
	for i := 0; i < n>>3; i++ {
		c += bits.OnesCount8(b[i])
	}
	if r := n & 7; r != 0 {
		c += bits.OnesCount8(b[n>>3] & (1<<r - 1))
	}
	return c
}

// And gives the rows valid in both of two vectors' bitmaps over n rows; nil means
// all valid. It never changes its arguments and may return one of them.
func And(a, b Bitmap, n int) Bitmap {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	out := NewBitmap(n)
	for i := 0; i < (n+7)>>3; i++ {
		out[i] = a[i] & b[i]
	}
	return out
}

// Slice copies n bits from bit start on; nil stays nil.
func (b Bitmap) Slice(start, n int) Bitmap {
	if b == nil {
		return nil
	}
	out := NewBitmap(n)
	if start&7 == 0 {
		copy(out, b[start>>3:(start+n+7)>>3])
		return out
	}
	shift := start & 7
	src := b[start>>3:]
	for i := 0; i < (n+7)>>3; i++ {
		out[i] = src[i] >> shift
		if i+1 < len(src) {
			out[i] |= src[i+1] << (8 - shift)
		}
	}
	return out
}
