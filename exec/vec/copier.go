package vec

import "unsafe"

// Copier puts many short texts together. A call of copy for each costs more than the bytes
// do, most of it in jumps that depend on the length and are mispredicted; so where
// all texts are short, as many bytes are copied each time as the longest has, in a fixed
// number of wide moves, and what is too much is written over by the next.
type Copier struct {
	dst   []byte // with room behind the texts for the last wide move
	at    int
	total int
	wide  int // bytes copied each time; 0 = exactly those of the text
}

const (
	copyStep = 16
	copyMost = 8 * copyStep
)

// NewCopier makes a copier for texts of total bytes, none longer than longest.
func NewCopier(total, longest int) Copier {
	c := Copier{total: total}
	if longest <= copyMost {
		c.wide = (longest + copyStep - 1) / copyStep * copyStep
	}
	c.dst = make([]byte, total+c.wide)
	return c
}

// Copy appends src[from:to].
func (c *Copier) Copy(src []byte, from, to int32) {
	n := int(to - from)
	if n == 0 {
		return // from may be the end of src, behind which nobody may point
	}
	if n > c.wide || int(from)+c.wide > len(src) {
		c.at += copy(c.dst[c.at:c.total], src[from:to])
		return
	}
	// Both sides have wide bytes from here on: src was asked just now, dst has them behind total.
	_ = c.dst[c.at : c.at+c.wide]
	p, q := unsafe.Pointer(unsafe.SliceData(src)), unsafe.Pointer(unsafe.SliceData(c.dst))
	p, q = unsafe.Add(p, from), unsafe.Add(q, c.at)
	for k := 0; k < c.wide; k += copyStep {
		*(*[copyStep]byte)(unsafe.Add(q, k)) = *(*[copyStep]byte)(unsafe.Add(p, k))
	}
	c.at += n
}

// Bytes gives all that was copied.
func (c *Copier) Bytes() []byte { return c.dst[:c.at:c.at] }
