package session

import (
	"sync"

	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/topology"
)

// watch keeps what every node of a rehearsal gave, in order.
type watch struct {
	mu   sync.Mutex
	taps map[topology.NodeID]*nodeTap
}

func newWatch() *watch { return &watch{taps: map[topology.NodeID]*nodeTap{}} }

// tap watches one subtask of a node; what all of them gave is kept together.
func (w *watch) tap(n *topology.Node, subtask int) runtime.Tap {
	w.mu.Lock()
	defer w.mu.Unlock()
	t := w.taps[n.ID]
	if t == nil {
		t = &nodeTap{}
		w.taps[n.ID] = t
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.marks) <= subtask {
		t.marks = append(t.marks, minMark)
	}
	t.marks[subtask] = minMark // a job that goes on after a failure begins anew
	return &subtaskTap{t, subtask}
}

// clear forgets what was given.
func (w *watch) clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.taps = map[topology.NodeID]*nodeTap{}
}

// of gives the tap of a node, nil if nobody watches it.
func (w *watch) of(id topology.NodeID) *nodeTap {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.taps[id]
}

// nodeTap keeps what a node gave, in order.
type nodeTap struct {
	mu    sync.Mutex
	given []given
	marks []int64 // of each subtask
}

// given is a batch with the watermark of its subtask before it.
type given struct {
	batch *vec.Batch
	mark  int64
}

// since gives the batches after the first n, and how many there are.
func (t *nodeTap) since(n int) ([]given, int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.given[n:len(t.given):len(t.given)], len(t.given)
}

// mark is the watermark of the node: the minimum over its subtasks.
func (t *nodeTap) mark() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	least := t.marks[0]
	for _, m := range t.marks {
		least = min(least, m)
	}
	return least
}

// subtaskTap is the tap of one subtask.
type subtaskTap struct {
	*nodeTap
	subtask int
}

// Batch keeps a batch, which nobody changes any more.
func (t *subtaskTap) Batch(b *vec.Batch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.given = append(t.given, given{b, t.marks[t.subtask]})
}

// Watermark notes how far event time is.
func (t *subtaskTap) Watermark(mark int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.marks[t.subtask] = mark
}
