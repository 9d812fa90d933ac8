package runtime

import (
	"context"
	"sync"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/topology"
)

// turn lets the sources of a sequence be read one after the other: a source begins when
// those of lower places have been read to their end by all subtasks.
type turn struct {
	spec *physical.Turn
	over chan struct{} // closed when this source has been read

	mu      sync.Mutex
	reading int   // subtasks that have not read to the end
	mark    int64 // greatest watermark of those that have, before the end raised it

	before []*turn // those of lower places
	// holds: others come after this one, and it gives no watermark. They go on from what it has
	// come to only when all of its rows are through, which the end of its channels tells.
	holds bool
}

// turnOf makes the turn of a source node, nil if it is read at once.
func (j *Job) turnOf(n *topology.Node) *turn {
	spec, ok := n.Spec.(*physical.Source)
	if !ok || spec.Turn == nil {
		return nil
	}
	return &turn{spec: spec.Turn, over: make(chan struct{}), reading: n.Parallelism, mark: exec.MinWatermark}
}

// setTurns tells every source of a sequence which ones come before it.
func (j *Job) setTurns() {
	for _, s := range j.scans {
		if s.turn == nil {
			continue
		}
		for _, o := range j.scans {
			if o.turn != nil && o.turn.spec.Of == s.turn.spec.Of && o.turn.spec.Place < s.turn.spec.Place {
				s.turn.before, o.turn.holds = append(s.turn.before, o.turn), true
			}
		}
	}
}

// come gives a channel that is closed when the sources before this one have been read;
// nil if there are none, or no turns.
func (t *turn) come(ctx context.Context) <-chan struct{} {
	if t == nil || len(t.before) == 0 {
		return nil
	}
	ready := make(chan struct{})
	go func() {
		for _, b := range t.before {
			select {
			case <-b.over:
			case <-ctx.Done():
				return
			}
		}
		close(ready)
	}()
	return ready
}

// opening is the watermark with which this source begins: the one that the sources before
// it have come to, but none that would make its first rows late.
func (t *turn) opening() int64 {
	mark := t.reached()
	if t.spec.Since != nil {
		mark = min(mark, *t.spec.Since-1)
	}
	return mark
}

func (t *turn) reached() int64 {
	mark := int64(exec.MinWatermark)
	for _, b := range t.before {
		b.mu.Lock()
		mark = max(mark, b.mark)
		b.mu.Unlock()
		mark = max(mark, b.reached())
	}
	return mark
}

// end counts a subtask out that has read to the end.
func (t *turn) end(mark int64) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mark = max(t.mark, mark)
	if t.reading--; t.reading == 0 {
		close(t.over)
	}
}

// TurnState is how far a source is that is read in its turn.
type TurnState uint8

// The states of a source's turn.
const (
	NoTurn  TurnState = iota // it is read at once
	Waiting                  // sources before it are being read
	Reading
	Read // to its end
)

// Turn tells how far a source node is in its sequence.
func (j *Job) Turn(id topology.NodeID) TurnState {
	s := j.scans[id]
	if s == nil || s.turn == nil {
		return NoTurn
	}
	over := func(t *turn) bool {
		select {
		case <-t.over:
			return true
		default:
			return false
		}
	}
	if over(s.turn) {
		return Read
	}
	for _, b := range s.turn.before {
		if !over(b) {
			return Waiting
		}
	}
	return Reading
}
