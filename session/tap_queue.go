package session

import (
	"sync"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// What a tap may cost a run that does not wait for it.
const (
	// tapQueue is how many rows wait for whoever looks at them before more are left out.
	tapQueue = 1 << 16
	// tapShare: looking takes at most one part in so many of the time of one core; what was
	// saved while little came, up to tapBurst, may be used at once.
	tapShare = 25
	tapBurst = 20 * time.Millisecond
)

// tapping watches edges and hands what passes to one goroutine.
type tapping struct {
	nodes map[string]*tapNode
	marks bool  // watermarks are looked at, too
	wait  bool  // the run waits for whoever looks
	limit int64 // rows that are still wanted; < 0 = all

	mu      sync.Mutex
	changed *sync.Cond // of what follows
	queue   []Tapped
	rows    int   // in the queue; a watermark counts as one
	missed  int64 // left out
	ended   bool  // nothing more comes
	stopped bool  // nobody looks any more

	end  chan struct{} // closed with ended
	stop chan struct{} // closed with stopped
}

// tapNode is one watched operator.
type tapNode struct {
	filter exec.Operator
	time   int
}

// tapping makes what watches the edges that are asked for.
func (s *Session) tapping(g *topology.Graph, o TapOptions) (*tapping, error) {
	nodes, err := edgeNodes(g, o.Edge)
	if err != nil {
		return nil, err
	}
	t := &tapping{nodes: map[string]*tapNode{}, marks: o.Marks, wait: o.All || o.Fixture != nil, limit: o.Limit,
		end: make(chan struct{}), stop: make(chan struct{})}
	t.changed = sync.NewCond(&t.mu)
	for _, n := range nodes {
		filter, err := s.edgeFilter(specOf(n).Schema(), o.Where)
		if err != nil {
			return nil, err
		}
		t.nodes[n.Name] = &tapNode{filter: filter, time: eventTimeOf(specOf(n).Schema())}
	}
	return t, nil
}

// tap watches a subtask of a node that was asked for, from the beginning.
func (t *tapping) tap(n *topology.Node, subtask int) runtime.Tap { return t.from(n, subtask, minMark) }

// from watches a subtask whose watermark is known.
func (t *tapping) from(n *topology.Node, subtask int, mark int64) runtime.Tap {
	w := t.nodes[n.Name]
	if w == nil {
		return nil
	}
	return &edgeTap{tapping: t, node: n, schema: specOf(n).Schema(), subtask: subtask, time: w.time, mark: mark}
}

// edgeTap is the tap of one subtask.
type edgeTap struct {
	*tapping
	node    *topology.Node
	schema  []types.Field
	subtask int
	time    int
	mark    int64
}

// Batch passes rows on to whoever looks, or leaves them out.
func (e *edgeTap) Batch(b *vec.Batch) {
	e.give(Tapped{Node: e.node, Schema: e.schema, Subtask: e.subtask, Watermark: e.mark, Time: e.time, Rows: b})
}

// Watermark passes a watermark on.
func (e *edgeTap) Watermark(mark int64) {
	e.mark = mark
	if e.marks {
		e.give(Tapped{Node: e.node, Schema: e.schema, Subtask: e.subtask, Watermark: mark, Time: e.time, Mark: mark})
	}
}

// size is what something takes in the queue.
func (t Tapped) size() int {
	if t.Rows == nil {
		return 1
	}
	return t.Rows.Len
}

// give puts something into the queue, or leaves it out if the queue is full.
func (t *tapping) give(got Tapped) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.wait && t.rows >= tapQueue && !t.stopped {
		t.changed.Wait()
	}
	switch {
	case t.stopped:
	case t.rows >= tapQueue:
		if got.Rows != nil {
			t.missed += int64(got.Rows.Len)
		}
	default:
		t.queue, t.rows = append(t.queue, got), t.rows+got.size()
		t.changed.Broadcast()
	}
}

// take gives what has waited longest; false at the end.
func (t *tapping) take() (Tapped, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.queue) == 0 && !t.ended && !t.stopped {
		t.changed.Wait()
	}
	if len(t.queue) == 0 {
		return Tapped{}, false
	}
	got := t.queue[0]
	t.queue[0] = Tapped{} // the rows can go
	t.queue, t.rows = t.queue[1:], t.rows-got.size()
	t.changed.Broadcast()
	return got, true
}

// finish says that nothing more comes; what waits is still looked at.
func (t *tapping) finish() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.ended {
		t.ended = true
		close(t.end)
		t.changed.Broadcast()
	}
}

// halt says that nobody looks any more.
func (t *tapping) halt() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.stopped {
		t.stopped, t.queue = true, nil
		close(t.stop)
		t.changed.Broadcast()
	}
}

// leftOut is how many rows came faster than they were looked at.
func (t *tapping) leftOut() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.missed
}

// look filters what was tapped and shows it until the end, the limit (ErrLimit), or an
// error of see.
func (t *tapping) look(see func(Tapped) error) error {
	defer t.halt()
	pace := pace{asked: time.Now(), saved: tapBurst}
	for {
		got, ok := t.take()
		if !ok {
			return nil
		}
		began := time.Now()
		if err := t.show(got, see); err != nil {
			return err
		}
		if !t.wait {
			t.rest(pace.owed(began, time.Now()))
		}
	}
}

// show hands what is wanted to whoever looks.
func (t *tapping) show(got Tapped, see func(Tapped) error) (err error) {
	if got.Rows == nil {
		return see(got)
	}
	if w := t.nodes[got.Node.Name]; w.filter != nil {
		if got.Rows, err = filtered(w.filter, got.Rows); err != nil {
			return err
		}
	}
	last := t.limit >= 0 && int64(got.Rows.Len) >= t.limit
	if last {
		got.Rows = got.Rows.Slice(0, int(t.limit))
	}
	if got.Rows.Len > 0 {
		t.limit -= int64(got.Rows.Len)
		err = see(got)
	}
	if err == nil && last {
		err = ErrLimit
	}
	return err
}

// rest waits, as long as something runs that can use the time.
func (t *tapping) rest(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.end:
	case <-t.stop:
	}
}

// pace keeps work to one part in tapShare of the time.
type pace struct {
	asked time.Time
	saved time.Duration // work that is free
}

// owed is how long to rest after work.
func (p *pace) owed(began, ended time.Time) time.Duration {
	p.saved = min(p.saved+ended.Sub(p.asked)/tapShare, tapBurst) - ended.Sub(began)
	p.asked = ended
	return -p.saved * tapShare
}
