package state

import (
	"testing"

	"pgregory.net/rapid"
)

// TestRangesCoverKeyGroups checks that the subtasks' ranges follow each other, cover
// all key groups and agree with SubtaskOf, and Flink's own numbers.
func TestRangesCoverKeyGroups(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		maxP := rapid.IntRange(1, 32768).Draw(t, "max parallelism")
		p := rapid.IntRange(1, min(maxP, 500)).Draw(t, "parallelism")
		next := 0
		for i := range p {
			r := RangeOf(maxP, p, i)
			if r.First != next || r.Len() < maxP/p || r.Len() > maxP/p+1 {
				t.Fatalf("subtask %d of %d owns %v, after %d", i, p, r, next)
			}
			for _, g := range []int{r.First, r.End - 1} {
				if got := SubtaskOf(maxP, p, g); got != i || !r.Contains(g) {
					t.Fatalf("key group %d belongs to subtask %d, range says %d", g, got, i)
				}
			}
			if r.Contains(r.End) || r.Contains(r.First-1) {
				t.Fatalf("%v holds its neighbours", r)
			}
			next = r.End
		}
		if next != maxP {
			t.Fatalf("ranges end at %d of %d", next, maxP)
		}
	})
	// KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(128, 3, i)
	for i, want := range []Range{{0, 43}, {43, 86}, {86, 128}} {
		if got := RangeOf(128, 3, i); got != want {
			t.Errorf("subtask %d of 3 owns %v, want %v", i, got, want)
		}
	}
}

// TestKeyGroups pins key groups: savepoints depend on them.
func TestKeyGroups(t *testing.T) {
	hashes := []uint64{0, 1, 1<<32 - 1, 1 << 32, 0xc9d874ca57d9e055, 1<<64 - 1}
	want := []int32{0, 0, 127, 0, 43, 127}
	got, subtasks := make([]int32, len(hashes)), make([]int32, len(hashes))
	KeyGroups(hashes, 128, got)
	Subtasks(hashes, 128, 5, subtasks)
	for i, h := range hashes {
		if got[i] != want[i] || KeyGroup(h, 128) != int(want[i]) || int(subtasks[i]) != SubtaskOf(128, 5, int(want[i])) {
			t.Errorf("hash %x: key group %d or %d, want %d", h, got[i], KeyGroup(h, 128), want[i])
		}
	}
	if All(128) != (Range{0, 128}) {
		t.Error("All")
	}
}
