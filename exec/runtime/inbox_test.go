package runtime

import (
	"testing"
	"time"
)

// TestInOrder: an inbox that is told so gives what was sent first, over all channels that are
// not blocked; otherwise the channels take turns.
func TestInOrder(t *testing.T) {
	for _, inOrder := range []bool{true, false} {
		b := newInbox()
		b.inOrder = inOrder
		left, right := b.channel(0, 4), b.channel(1, 4)
		for mark, ch := range []int{right, right, left, right, left} {
			if _, err := b.send(ch, element{kind: elemMark, mark: int64(mark)}); err != nil {
				t.Fatal(err)
			}
			if _, err := b.send(ch, element{kind: elemIdle, mark: int64(mark)}); err != nil {
				t.Fatal(err)
			}
		}
		b.block(right)
		if ch, e, _ := b.poll(time.Time{}); ch != left || e.mark != 2 {
			t.Errorf("in order %t: channel %d, mark %d past the blocked one", inOrder, ch, e.mark)
		}
		b.unblockAll()
		var got []int64
		for !b.empty() {
			_, e, _ := b.poll(time.Time{})
			got = append(got, e.mark)
		}
		rises := true
		for i := 1; i < len(got); i++ {
			rises = rises && got[i-1] <= got[i]
		}
		if len(got) != 9 || rises != inOrder {
			t.Errorf("in order %t: %v", inOrder, got)
		}
	}
}
