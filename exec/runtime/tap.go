package runtime

import (
	"slices"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/topology"
)

// Tap watches the output of one node in one subtask. It is called by the task
// itself: it must be quick and must not keep the task waiting.
type Tap interface {
	Batch(*vec.Batch)
	Watermark(int64)
}

// Tap opens a tap on each subtask of a node while the job runs: what open gives sees the
// output from now on, until the tap is closed. A subtask for which it gives nil is not watched.
// While no tap is open, a node's output costs one load of a nil pointer a batch.
func (j *Job) Tap(id topology.NodeID, open func(subtask int) Tap) (closeTap func()) {
	n := j.graph.Node(id)
	opened := map[*port]Tap{}
	for s := range n.Parallelism {
		if p := j.ports[portKey{id, s}]; p != nil {
			if t := open(s); t != nil {
				p.open(t)
				opened[p] = t
			}
		}
	}
	return func() {
		for p, t := range opened {
			p.close(t)
		}
	}
}

// open adds a tap; nil is none. The list is never changed, but put in the place of the one
// before: the task reads it without a lock.
func (p *port) open(t Tap) {
	if t == nil {
		return
	}
	for {
		old := p.taps.Load()
		taps := []Tap{t}
		if old != nil {
			taps = append(slices.Clone(*old), t)
		}
		if p.taps.CompareAndSwap(old, &taps) {
			return
		}
	}
}

// close takes a tap out. The task may be calling it right now, for the last time.
func (p *port) close(t Tap) {
	for {
		old := p.taps.Load()
		if old == nil {
			return
		}
		left := slices.DeleteFunc(slices.Clone(*old), func(other Tap) bool { return other == t })
		next := &left
		if len(left) == 0 {
			next = nil
		}
		if p.taps.CompareAndSwap(old, next) {
			return
		}
	}
}
