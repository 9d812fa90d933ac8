package runtime

import (
	"testing"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// seen counts what a tap is given.
type seen struct{ rows, marks int }

func (s *seen) Batch(b *vec.Batch) { s.rows += b.Len }
func (s *seen) Watermark(int64)    { s.marks++ }

// TestClosedTapLeavesNothing: a port whose taps are closed is as it was before: there is no list
// to go through, and a batch allocates nothing.
func TestClosedTapLeavesNothing(t *testing.T) {
	p := &port{counters: &exec.Counters{}, mark: exec.MinWatermark}
	b := vec.NewBatch(3, vec.FromSlice(types.Int64, []int64{1, 2, 3}, nil))
	emit := func(mark int64) {
		t.Helper()
		if err := p.Emit(b); err != nil {
			t.Fatal(err)
		}
		if err := p.watermark(mark); err != nil {
			t.Fatal(err)
		}
	}
	emit(1)
	one, two := &seen{}, &seen{}
	p.open(one)
	emit(2)
	p.open(two)
	emit(3)
	p.close(one)
	emit(4)
	if *one != (seen{6, 2}) || *two != (seen{6, 2}) {
		t.Errorf("taps saw %v and %v", *one, *two)
	}
	p.close(two)
	p.close(two)
	if p.taps.Load() != nil {
		t.Error("a port without taps keeps a list")
	}
	emit(5)
	if *one != (seen{6, 2}) || *two != (seen{6, 2}) {
		t.Errorf("closed taps saw %v and %v", *one, *two)
	}
	if n := testing.AllocsPerRun(100, func() { _ = p.Emit(b) }); n != 0 {
		t.Errorf("%v allocations a batch", n)
	}
}
