// Package bitmap reads and writes sets of whole numbers as Roaring bitmaps. A bitmap is
// BYTES in the portable format of the Roaring specification (32 bits), which other systems
// read and write too; an INT is held as its 32 bits, so negative numbers come last.
package bitmap

import (
	"errors"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// Set is a set of INT.
type Set = roaring.Bitmap

// New is the empty set.
func New() *Set { return roaring.New() }

// maxBytes is more than the largest bitmap takes.
const maxBytes = 1 << 30

// Read reads a bitmap; what it gives shares memory with b and must not be changed.
func Read(b []byte) (s *Set, err error) {
	defer func() {
		if r := recover(); r != nil { // the library trusts lengths that it reads
			s, err = nil, errMalformed
		}
	}()
	if len(b) > maxBytes {
		return nil, errMalformed
	}
	s = roaring.New()
	n, err := s.FromUnsafeBytes(b)
	if err != nil || n != int64(len(b)) || s.Validate() != nil {
		return nil, errMalformed
	}
	return s, nil
}

var errMalformed = errors.New("these bytes are no Roaring bitmap")

// Append writes a set: always the same bytes for the same set. The set may change its form.
func Append(dst []byte, s *Set) []byte {
	s.RunOptimize()
	n := int(s.GetSerializedSizeInBytes())
	dst = slices.Grow(dst, n)
	w := writer{dst}
	if _, err := s.WriteTo(&w); err != nil {
		panic(err) // a writer to memory has no errors
	}
	return w.b
}

type writer struct{ b []byte }

func (w *writer) Write(p []byte) (int, error) {
	w.b = append(w.b, p...)
	return len(p), nil
}
