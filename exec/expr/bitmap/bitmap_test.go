package bitmap

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestBytesAreTheSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := New(), New()
		nums := rapid.SliceOf(rapid.OneOf(rapid.Uint32(), rapid.Uint32Range(0, 1<<17))).Draw(t, "numbers")
		for i := range nums { // in another order, and some of them twice
			a.Add(nums[i])
			b.Add(nums[len(nums)-1-i])
			b.Add(nums[0])
		}
		if lo := rapid.Uint32Range(0, 1<<20).Draw(t, "range"); rapid.Bool().Draw(t, "with a range") {
			a.AddRange(uint64(lo), uint64(lo)+70_000)
			for x := lo; x < lo+70_000; x++ {
				b.Add(x)
			}
		}
		one, two := Append([]byte("x"), a), Append(nil, b)
		if !bytes.Equal(one[1:], two) {
			t.Fatalf("one set has two forms of %d and %d bytes", len(one)-1, len(two))
		}
		back, err := Read(two)
		if err != nil || !back.Equals(a) {
			t.Fatalf("read back: %v, %v", back, err)
		}
		if len(two) > 0 {
			if _, err := Read(two[:rapid.IntRange(0, len(two)-1).Draw(t, "cut")]); err == nil {
				t.Fatal("a cut bitmap is read")
			}
		}
	})
}

func FuzzRead(f *testing.F) {
	s := New()
	s.AddRange(5, 100_000)
	f.Add(Append(nil, s))
	f.Add([]byte{0x3a, 0x30, 0, 0, 1, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Read(b)
		if err != nil {
			return
		}
		n := uint64(0)
		for it := s.Iterator(); it.HasNext(); it.Next() {
			n++
		}
		if n != s.GetCardinality() {
			t.Errorf("%d numbers, but a cardinality of %d", n, s.GetCardinality())
		}
		if again, err := Read(Append(nil, s.Clone())); err != nil || !again.Equals(s) {
			t.Errorf("it does not come back: %v", err)
		}
	})
}
