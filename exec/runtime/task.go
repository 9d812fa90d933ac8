package runtime

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/topology"
)

// task is one subtask of one vertex: a chain of links run by one goroutine.
type task struct {
	job     *Job
	vertex  *topology.Vertex
	subtask int
	inbox   *inbox
	source  *sourceTask // set if the head is a source
	head    *link       // set if the head is not a source
	links   []*link     // all operators, each after the one that feeds it
	marks   *marks      // by channel
	inputs  []int       // channels of each input that have not ended
	idle    bool

	woken    atomic.Bool   // a request of the chain is done
	aligning *barrier      // its barrier came on the channels in seen
	seen     []bool        // by channel
	passed   int64         // id of the last barrier passed; guarded by job.mu
	ended    chan struct{} // closed when the task has ended well
}

// newTask builds the chain of a vertex.
func (j *Job) newTask(v *topology.Vertex, subtask int) (*task, error) {
	t := &task{job: j, vertex: v, subtask: subtask, inbox: newInbox(), ended: make(chan struct{})}
	t.inbox.inOrder = j.cfg.InOrder
	byNode := map[topology.NodeID]*port{}
	for i, id := range v.Nodes {
		n := j.graph.Node(id)
		ctx := j.context(n, v, subtask)
		ctx.Wake = t.wakeUp
		if i == 0 {
			if scan := j.scans[id]; scan != nil {
				t.source = newSourceTask(t, n, ctx, scan)
				byNode[id] = t.source.out
				continue
			}
		}
		op, err := j.operator(n, subtask)
		if err != nil {
			return nil, err
		}
		l := newLink(n, op, ctx)
		l.inputs = len(j.graph.Inputs(id))
		t.links = append(t.links, l)
		byNode[id] = l.out
		if i == 0 {
			t.head = l
			continue
		}
		for _, e := range v.Inner {
			if e.To == id {
				byNode[e.From].links = append(byNode[e.From].links, &inlet{l, e.Input})
			}
		}
	}
	for id, p := range byNode {
		j.ports[portKey{id, subtask}] = p
		if j.cfg.Tap != nil {
			p.open(j.cfg.Tap(j.graph.Node(id), subtask))
		}
	}
	return t, nil
}

// context is what an operator may use.
func (j *Job) context(n *topology.Node, v *topology.Vertex, subtask int) *exec.Context {
	c := &exec.Counters{}
	c.Watermark.Store(exec.MinWatermark)
	budget := j.cfg.Budget
	if n.Resources.MemoryMiB > 0 {
		budget = budget.Part(int64(n.Resources.MemoryMiB) << 20)
	}
	j.counters[portKey{n.ID, subtask}] = c
	return &exec.Context{
		UID: n.UID, Name: n.Name, Subtask: subtask, Parallelism: v.Parallelism, MaxParallelism: v.KeyGroups,
		KeyGroups: state.RangeOf(v.KeyGroups, v.Parallelism, subtask),
		Batch:     j.graph.Mode == topology.Batch, Clock: j.cfg.Clock, QueryStart: j.cfg.QueryStart, Zone: j.cfg.Zone,
		Budget: budget, TempDir: j.cfg.TempDir, Config: j.cfg.Config, Counters: c, Run: j.ctx,
	}
}

// operator makes the operator of a node: sinks are the runtime's own, everything
// else is built from its spec.
func (j *Job) operator(n *topology.Node, subtask int) (exec.Operator, error) {
	if spec, ok := n.Spec.(*physical.Sink); ok {
		s := newSinkOperator(j.ctx, j.sinks[n.ID], n, spec, j)
		j.writers = append(j.writers, s)
		return s, nil
	}
	spec, ok := n.Spec.(physical.Spec)
	if !ok {
		return nil, fmt.Errorf("node %s has no operator spec", n.Name)
	}
	return j.cfg.Build(spec)
}

// run is the task's goroutine. It gives nil when the task ended well, or wanted no more.
func (t *task) run(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if f, ok := p.(exec.Failure); ok {
				err = f.Err
			} else {
				err = &PanicError{Operator: t.name(), Value: p, Stack: debug.Stack()}
			}
		}
		for _, l := range t.links {
			if cerr := l.close(); cerr != nil && err == nil {
				err = l.wrap(cerr)
			}
		}
		t.inbox.close()
	}()
	for _, l := range t.links {
		if err := l.open(); err != nil {
			return err
		}
		if snap := t.job.cfg.Restore; snap != nil {
			if err := l.restore(snap.State); err != nil {
				return err
			}
		}
	}
	if t.source != nil {
		err = t.source.run(ctx)
	} else {
		err = t.loop(ctx)
	}
	if err == errSuspended {
		return nil // its part is in the snapshot, and the rest of its input is for the run that goes on
	}
	if err != nil {
		return err
	}
	return t.finish()
}

func (t *task) name() string { return t.job.graph.Node(t.vertex.Head()).Name }

// PanicError is a bug of ours that an operator ran into.
type PanicError struct {
	Operator string
	Value    any
	Stack    []byte
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("internal error in operator %s: %v", e.Operator, e.Value)
}

// loop takes elements from the inbox until all channels have ended or the chain
// wants no more. Between elements it fires the processing-time timers that are due;
// before it would wait it lets operators give out what they hold back.
func (t *task) loop(ctx context.Context) error {
	c := t.head.ctx.Counters
	for !t.marks.allEnded() {
		if err := t.pause(t.head); err != nil {
			return quiet(err)
		}
		ch, e, ok := t.inbox.poll(deadline(t.head.ctx, t.head.nextTimer()))
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !ok {
			continue // a timer is due, or a request is done
		}
		if err := busy(c, func() error { return t.handle(ch, e) }); err != nil {
			return quiet(err)
		}
	}
	return nil
}

// wakeUp has the chain's requests looked after soon. It may be called from any goroutine.
func (t *task) wakeUp() {
	if t.woken.Swap(true) {
		return
	}
	if t.source == nil {
		t.inbox.wake()
		return
	}
	select {
	case t.source.wakes <- struct{}{}:
	default:
	}
}

// pause fires due timers and, if nothing waits to be read, flushes.
func (t *task) pause(head *link) error {
	if next := head.nextTimer(); next != exec.MaxWatermark {
		if now := head.ctx.Now(); next <= now {
			if err := head.fireTimers(now); err != nil {
				return err
			}
		}
	}
	if t.woken.Load() {
		t.woken.Store(false)
		if err := head.wake(); err != nil {
			return err
		}
	}
	if t.inbox.empty() {
		return head.flush()
	}
	return nil
}

// quiet turns "nobody wants more" into a good end.
func quiet(err error) error {
	if err == errClosed {
		return nil
	}
	return err
}

// deadline is the moment on the wall at which processing time reaches a timer;
// the zero time if there is none.
func deadline(ctx *exec.Context, next int64) time.Time {
	if next == exec.MaxWatermark {
		return time.Time{}
	}
	return time.Now().Add(time.Duration(max(0, next-ctx.Now())) * time.Millisecond)
}

// handle does what one element asks for.
func (t *task) handle(ch int, e element) error {
	in := t.inbox.input[ch]
	switch e.kind {
	case elemBatch:
		t.wake(ch)
		return t.head.process(in, e.batch)
	case elemMark:
		t.marks.set(ch, e.mark)
		t.idle = false
		return t.advance()
	case elemIdle:
		t.marks.idle[ch] = true
		if err := t.advance(); err != nil {
			return err
		}
		if t.marks.allIdle() && !t.idle {
			t.idle = true
			return t.head.idle()
		}
		return nil
	case elemBarrier:
		return t.align(ch, e.barrier)
	case elemStamp:
		t.head.stamp(e.mark)
		return nil
	default:
		return t.endChannel(ch, in)
	}
}

// wake makes an idle channel active again.
func (t *task) wake(ch int) {
	t.marks.idle[ch] = false
	t.idle = false
}

// advance gives the chain the merged watermark if it has risen.
func (t *task) advance() error {
	if mark, ok := t.marks.merged(); ok {
		return t.head.watermark(mark)
	}
	return nil
}

// endChannel counts a channel out. The end of the last channel of an input ends the
// input; before the end of the last input the watermark goes to its maximum.
func (t *task) endChannel(ch, in int) error {
	t.marks.ended[ch] = true
	t.inputs[in]--
	if t.aligning != nil {
		if err := t.alignIfComplete(); err != nil {
			return err
		}
	}
	if t.marks.allEnded() {
		if err := t.head.watermark(exec.MaxWatermark); err != nil {
			return err
		}
	} else if err := t.advance(); err != nil {
		return err
	}
	if t.inputs[in] == 0 {
		return t.head.end(in)
	}
	return nil
}

// align holds a channel back whose barrier came, until all that have not ended gave
// theirs.
func (t *task) align(ch int, b *barrier) error {
	t.inbox.block(ch)
	t.aligning, t.seen[ch] = b, true
	return t.alignIfComplete()
}

func (t *task) alignIfComplete() error {
	for ch, seen := range t.seen {
		if !seen && !t.marks.ended[ch] {
			return nil
		}
	}
	b := t.aligning
	t.aligning = nil
	clear(t.seen)
	t.inbox.unblockAll()
	return t.pass(b)
}

// pass takes the chain's part of a snapshot and sends the barrier on.
func (t *task) pass(b *barrier) error {
	var err error
	if t.source != nil {
		if !b.probe {
			t.source.report(b)
		}
		err = t.source.out.barrier(b)
	} else {
		err = t.head.barrier(b)
	}
	if err != nil {
		return err
	}
	t.job.mu.Lock()
	defer t.job.mu.Unlock()
	t.passed = b.id
	b.passed()
	if b.last {
		return errSuspended
	}
	return nil
}

// finish ends the chain's output: the operators behind the head see their input
// end and emit their last rows, then the exchanges get their end.
func (t *task) finish() error {
	if t.head != nil && !t.marks.allEnded() { // nobody wants more
		if err := t.head.watermark(exec.MaxWatermark); err != nil && err != errClosed {
			return err
		}
	}
	finish := t.finishSource
	if t.head != nil {
		finish = t.head.finish
	}
	if err := finish(); err != nil && err != errClosed {
		return err
	}
	t.job.mu.Lock()
	defer t.job.mu.Unlock()
	close(t.ended)
	if b := t.job.active; b != nil && t.passed < b.id {
		return t.contribute(b)
	}
	return nil
}

func (t *task) finishSource() error {
	out := t.source.out
	if err := out.watermark(exec.MaxWatermark); err != nil {
		return err
	}
	for _, k := range out.links {
		if err := k.link.end(k.in); err != nil && err != errClosed {
			return err
		}
		if err := k.link.finish(); err != nil {
			return err
		}
	}
	for _, x := range out.exchanges {
		x.control(element{kind: elemEnd})
	}
	return nil
}

// contribute gives an ended task's part of a snapshot. The caller holds job.mu.
func (t *task) contribute(b *barrier) error {
	t.passed = b.id
	if b.probe {
		b.passed()
		return nil
	}
	if t.source != nil {
		t.source.report(b)
	}
	for _, l := range t.links {
		if l.stateful != nil {
			if err := l.stateful.Snapshot(b.writer()); err != nil {
				return l.wrap(err)
			}
		}
		if s, ok := l.op.(*sinkOperator); ok {
			b.commit(s, s.tokens)
		}
	}
	b.passed()
	return nil
}
