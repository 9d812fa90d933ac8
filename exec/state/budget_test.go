package state

import "testing"

// A part is bounded by itself and by the whole, and counts in both.
func TestPartOfABudget(t *testing.T) {
	whole := NewBudget(100)
	a, b := whole.Part(60), whole.Part(60)
	if !a.Reserve(60) || a.Reserve(1) || whole.Used() != 60 {
		t.Fatalf("a part of 60 holds %d, the whole %d", a.Used(), whole.Used())
	}
	if b.Reserve(50) || b.Used() != 0 || !b.Reserve(40) || whole.Used() != 100 {
		t.Fatalf("b holds %d, the whole %d", b.Used(), whole.Used())
	}
	b.Force(30)
	b.Release(70)
	a.Release(60)
	if a.Used() != 0 || b.Used() != 0 || whole.Used() != 0 {
		t.Fatalf("left are %d, %d and %d", a.Used(), b.Used(), whole.Used())
	}
}
