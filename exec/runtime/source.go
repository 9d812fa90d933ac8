package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// sourceTask is the head of a chain that reads.
type sourceTask struct {
	task   *task
	node   *topology.Node
	ctx    *exec.Context
	scan   *scan
	out    *port
	inject chan *barrier
	wakes  chan struct{}    // a request of the chain is done
	spec   *physical.Source // nil for VALUES

	project exec.Operator
	exact   bool // a watermark after every row
	events  chan readEvent
	splits  []*splitState
	marks   *marks
	isIdle  bool
	stamped time.Time
	resting bool            // has read all there is, and waits to be suspended
	held    []exec.Split    // own splits of a source whose turn has not come
	ready   <-chan struct{} // closed when its turn has come; nil = it has
	done    []string

	published atomic.Pointer[[]SplitInfo]
}

// splitState is one split under way.
type splitState struct {
	id       string
	position []byte
	ended    bool
	rows     int64
	maker    exec.Operator // makes the split's watermarks; nil = none
	last     time.Time     // when rows came last
}

// readEvent is what a feeder tells the task.
type readEvent struct {
	split    exec.Split
	opened   bool
	batch    *vec.Batch
	position []byte
	end      bool
	feederUp bool // the feeder has no more splits
	err      error
	lag      int64
	mark     int64 // watermark that the reader itself gives after batch, if marked
	marked   bool
	idle     bool // the reader gives nothing for a while
}

func newSourceTask(t *task, n *topology.Node, ctx *exec.Context, s *scan) *sourceTask {
	st := &sourceTask{task: t, node: n, ctx: ctx, scan: s, inject: make(chan *barrier), wakes: make(chan struct{}, 1), marks: newMarks(0),
		out: &port{counters: ctx.Counters, mark: exec.MinWatermark}, events: make(chan readEvent, 1)}
	st.spec, _ = n.Spec.(*physical.Source)
	return st
}

// open builds the projection and prepares watermarks.
func (s *sourceTask) open() error {
	if snap := s.task.job.cfg.Restore; snap != nil {
		if mark, ok := snap.Marks[s.node.UID]; ok {
			if s.marks.result = mark; !s.holds() {
				s.out.mark = mark
			}
		}
	}
	if s.spec == nil {
		return nil
	}
	if s.spec.Watermark != nil {
		s.exact = s.spec.Watermark.Interval == 0
	}
	if s.spec.Project == nil {
		return nil
	}
	in := make([]types.Type, len(s.spec.Read))
	for i, c := range s.spec.Read {
		in[i] = c.Type
	}
	op, err := s.task.job.cfg.Build(&physical.Calc{Out: s.spec.Out, In: in, Exprs: s.spec.Project})
	if err != nil {
		return err
	}
	s.project = op
	return openOperator(op, s.ctx)
}

func openOperator(op exec.Operator, ctx *exec.Context) error {
	if o, ok := op.(exec.Opener); ok {
		return o.Open(ctx)
	}
	return nil
}

// run reads until all splits have ended, nobody wants more, or the job stops.
func (s *sourceTask) run(ctx context.Context) error {
	if err := s.open(); err != nil {
		return s.wrap(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	var feeders sync.WaitGroup
	defer feeders.Wait()
	defer cancel()
	running := 0
	start := func(splits []exec.Split) {
		running++
		feeders.Go(func() { s.feed(ctx, splits) })
	}
	if s.ready = s.scan.turn.come(ctx); s.ready != nil {
		if err := s.reserve(ctx); err != nil {
			return s.wrap(err)
		}
	} else if err := s.begin(start); err != nil {
		return err
	}
	err := quiet(s.loop(ctx, &running, start))
	s.publish()
	if err == nil && !s.resting {
		s.scan.turn.end(s.marks.result)
	}
	return err
}

// begin starts reading.
func (s *sourceTask) begin(start func([]exec.Split)) error {
	for _, sp := range s.splits { // idleness counts from here
		sp.last = s.ctx.Clock.Now()
	}
	for _, sp := range s.held {
		start([]exec.Split{sp})
	}
	s.held = nil
	if s.scan.interleaved {
		return s.startOwn(start)
	}
	start(nil)
	return nil
}

// reserve notes where the splits begin that will be read when the turn comes, so that a
// snapshot taken before it knows: "the latest" is another place later.
func (s *sourceTask) reserve(ctx context.Context) error {
	if !s.scan.interleaved {
		return nil
	}
	var err error
	if s.held, err = s.takeOwn(); err != nil {
		return err
	}
	for _, sp := range s.held {
		i, err := s.split(sp)
		if err != nil {
			return err
		}
		r, err := s.scan.src.Open(ctx, sp, s.scan.from.Splits[sp.ID])
		if err != nil {
			return err
		}
		s.splits[i].position = r.Position()
		if err := r.Close(); err != nil {
			return err
		}
	}
	return nil
}

// takeTurn begins with the watermark that the sources before this one have come to.
func (s *sourceTask) takeTurn(start func([]exec.Split)) error {
	s.ready = nil
	if mark := s.scan.turn.opening(); mark != exec.MinWatermark && s.spec.Watermark != nil {
		s.marks.result = max(s.marks.result, mark)
		if err := s.out.watermark(mark); err != nil {
			return err
		}
	}
	return s.begin(start)
}

// startOwn reads this subtask's queued splits side by side. All of them hold the
// watermark from the start: a slow one must not be overtaken by the first to give rows.
func (s *sourceTask) startOwn(start func([]exec.Split)) error {
	own, err := s.takeOwn()
	for _, sp := range own {
		start([]exec.Split{sp})
	}
	return err
}

// takeOwn gives this subtask's queued splits, which hold the watermark from now on; empty
// ones have ended.
func (s *sourceTask) takeOwn() ([]exec.Split, error) {
	var own []exec.Split
	for _, sp := range s.scan.takeOwn(s.ctx.Subtask) {
		i, err := s.split(sp)
		if err != nil {
			return nil, err
		}
		if sp.Empty && !s.scan.begun(sp) {
			s.splits[i].ended, s.marks.ended[i] = true, true
			s.done = append(s.done, sp.ID)
			continue
		}
		own = append(own, sp)
	}
	return own, nil
}

// loop handles what the feeders read, barriers, timers and idleness.
func (s *sourceTask) loop(ctx context.Context, running *int, start func([]exec.Split)) error {
	head := &link{ctx: s.ctx, out: s.out, node: s.node}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	lastDiscovery := time.Now()
	for {
		if *running == 0 && s.scan.discoverer == nil && s.ready == nil {
			if !s.task.job.cfg.Hold {
				return nil
			}
			if !s.resting {
				s.resting = true
				s.scan.turn.end(s.marks.result)
				s.task.job.rest()
			}
		}
		var alarm <-chan time.Time
		if d := deadline(s.ctx, head.nextTimer()); !d.IsZero() {
			alarm = time.After(time.Until(d))
		}
		select {
		case e := <-s.events:
			if err := s.take(e, running); err != nil {
				return err
			}
		case <-s.ready:
			if err := s.takeTurn(start); err != nil {
				return err
			}
		case b := <-s.inject:
			if b.probe {
				if err := s.settle(head, running); err != nil {
					return err
				}
			}
			if err := s.task.pass(b); err != nil {
				return err
			}
		case <-s.wakes:
			s.task.woken.Store(false)
			if err := s.out.wake(); err != nil {
				return err
			}
		case <-alarm:
			if err := head.fireTimers(s.ctx.Now()); err != nil {
				return err
			}
		case <-tick.C:
			if err := s.tick(); err != nil {
				return err
			}
			s.publish()
			if err := s.out.flush(); err != nil {
				return err
			}
			if s.scan.discoverer != nil && s.ready == nil && time.Since(lastDiscovery) >= discoverEvery {
				lastDiscovery = time.Now()
				if err := s.discover(ctx, *running, start); err != nil {
					return err
				}
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// take handles one event of a feeder.
func (s *sourceTask) take(e readEvent, running *int) error {
	if e.feederUp {
		*running--
		return nil
	}
	return busy(s.ctx.Counters, func() error { return s.handle(e) })
}

// settle does all that is due before a probe passes: what the feeders have told, the
// timers of the chain, and idleness.
func (s *sourceTask) settle(head *link, running *int) error {
	for {
		select {
		case e := <-s.events:
			if err := s.take(e, running); err != nil {
				return err
			}
			continue
		default:
		}
		break
	}
	if now := s.ctx.Now(); head.nextTimer() <= now {
		if err := head.fireTimers(now); err != nil {
			return err
		}
	}
	err := s.tick()
	s.publish()
	return err
}

// discover looks for new splits and starts reading this subtask's.
func (s *sourceTask) discover(ctx context.Context, running int, start func([]exec.Split)) error {
	if s.ctx.Subtask == 0 {
		splits, err := s.scan.discoverer.Discover(ctx)
		if err != nil {
			return s.wrap(err)
		}
		s.scan.add(splits)
	}
	if s.scan.interleaved {
		return s.startOwn(start)
	}
	if running == 0 {
		start(nil)
	}
	return nil
}

// feed reads splits one after the other: the given ones, or those of the queue. It
// is the only code that runs beside the task; it talks to it through events.
func (s *sourceTask) feed(ctx context.Context, splits []exec.Split) {
	defer s.tell(ctx, readEvent{feederUp: true})
	next := s.scan.take
	if splits != nil {
		next = func() (exec.Split, bool) {
			if len(splits) == 0 {
				return exec.Split{}, false
			}
			sp := splits[0]
			splits = splits[1:]
			return sp, true
		}
	}
	for {
		sp, ok := next()
		if !ok {
			return
		}
		if err := s.read(ctx, sp); err != nil {
			s.tell(ctx, readEvent{split: sp, err: err})
			return
		}
		if ctx.Err() != nil {
			return
		}
	}
}

// read reads one split to its end.
func (s *sourceTask) read(ctx context.Context, sp exec.Split) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("internal error while reading %s: %v", sp.ID, p)
		}
	}()
	r, err := s.scan.src.Open(ctx, sp, s.scan.from.Splits[sp.ID])
	if err != nil {
		return err
	}
	defer r.Close()
	if !s.tell(ctx, readEvent{split: sp, opened: true, position: r.Position()}) {
		return nil
	}
	lagger, _ := r.(exec.Lagger)
	marker, _ := r.(exec.Marker)
	for ctx.Err() == nil {
		b, err := r.Read(ctx)
		end := errors.Is(err, io.EOF)
		if err != nil && !end {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		e := readEvent{split: sp, batch: b, position: r.Position(), end: end}
		if marker != nil {
			e.mark, e.idle = marker.Mark()
			e.marked = e.mark != exec.MinWatermark
		}
		if b == nil && !end && !e.marked && !e.idle {
			continue
		}
		if lagger != nil {
			e.lag = lagger.Lag()
		}
		if !s.tell(ctx, e) || end {
			return nil
		}
	}
	return nil
}

// tell gives an event to the task; false when the task has ended.
func (s *sourceTask) tell(ctx context.Context, e readEvent) bool {
	select {
	case s.events <- e:
		return true
	case <-ctx.Done():
		return false
	}
}

// handle takes one event of a split.
func (s *sourceTask) handle(e readEvent) error {
	if e.err != nil {
		return s.wrap(e.err)
	}
	i, err := s.split(e.split)
	if err != nil {
		return err
	}
	sp := s.splits[i]
	if e.batch != nil && e.batch.Len > 0 {
		s.ctx.Counters.RowsIn.Add(int64(e.batch.Len))
		s.ctx.Counters.BatchesIn.Add(1)
		s.ctx.Counters.Lag.Store(e.lag)
		sp.last = s.ctx.Clock.Now()
		sp.rows += int64(e.batch.Len)
		s.marks.idle[i] = false
		s.isIdle = false
		at := time.Now()
		if err := s.emit(i, e.batch); err != nil {
			return s.wrap(err)
		}
		s.stamp(at)
	}
	sp.position = e.position
	if e.marked {
		s.marks.set(i, e.mark)
		s.isIdle = false
		if err := s.advance(); err != nil {
			return err
		}
	}
	if e.idle {
		s.marks.idle[i] = true
		if err := s.rest(); err != nil {
			return err
		}
	}
	if e.end {
		sp.ended = true
		s.done = append(s.done, sp.id)
		return s.endSplit(i)
	}
	return nil
}

// split finds the state of a split, making it when it is opened.
func (s *sourceTask) split(split exec.Split) (int, error) {
	for i, sp := range s.splits {
		if sp.id == split.ID {
			return i, nil
		}
	}
	sp := &splitState{id: split.ID, last: s.ctx.Clock.Now()}
	if s.spec != nil && s.spec.Watermark != nil && !s.ctx.Batch {
		op, err := s.task.job.cfg.Build(&physical.AssignWatermark{Out: s.spec.Out, Watermark: *s.spec.Watermark})
		if err != nil {
			return 0, err
		}
		if err := openOperator(op, s.ctx); err != nil {
			return 0, err
		}
		sp.maker = op
	}
	s.splits = append(s.splits, sp)
	return s.marks.grow(), nil
}

// endSplit takes an ended split out of the watermark. The last one of a bounded
// source leaves it where it is: the end of the task brings the maximum.
func (s *sourceTask) endSplit(i int) error {
	s.marks.ended[i] = true
	return s.advance()
}

func (s *sourceTask) advance() error {
	if mark, ok := s.marks.merged(); ok && !s.holds() {
		return s.out.watermark(mark)
	}
	return nil
}

// holds reports that the watermark waits for sources whose turn comes later.
func (s *sourceTask) holds() bool { return s.scan.turn != nil && s.scan.turn.holds }

// emit sends a batch through the projection and on, then its watermark.
func (s *sourceTask) emit(i int, b *vec.Batch) error {
	if s.project == nil {
		return s.emitMarked(i, b)
	}
	return s.project.Process(0, b, emitFunc(func(b *vec.Batch) error { return s.emitMarked(i, b) }))
}

// emitFunc is an exec.Out that is a function.
type emitFunc func(*vec.Batch) error

// Emit calls the function.
func (f emitFunc) Emit(b *vec.Batch) error { return f(b) }

func (s *sourceTask) emitMarked(i int, b *vec.Batch) error {
	maker := s.splits[i].maker
	if maker == nil {
		return s.out.Emit(b)
	}
	if !s.exact {
		return s.mark(i, maker, b)
	}
	for r := range b.Len {
		if err := s.mark(i, maker, b.Slice(r, 1)); err != nil {
			return err
		}
	}
	return nil
}

// mark emits rows and then the watermark that follows from them.
func (s *sourceTask) mark(i int, maker exec.Operator, b *vec.Batch) error {
	if err := maker.Process(0, b, s.out); err != nil {
		return err
	}
	if mark, ok := maker.(exec.WatermarkMaker).MakeWatermark(); ok {
		s.marks.set(i, mark)
	}
	return s.advance()
}

// tick marks splits idle that gave nothing for the idle timeout.
func (s *sourceTask) tick() error {
	if s.spec == nil || s.spec.Watermark == nil || s.spec.Watermark.IdleTimeout <= 0 || s.ready != nil {
		return nil
	}
	now := s.ctx.Clock.Now()
	for i, sp := range s.splits {
		if !sp.ended && now.Sub(sp.last) >= s.spec.Watermark.IdleTimeout {
			s.marks.idle[i] = true
		}
	}
	return s.rest()
}

// rest gives the watermark without the idle splits; if all are idle, so is the source.
func (s *sourceTask) rest() error {
	if err := s.advance(); err != nil {
		return err
	}
	if s.marks.allIdle() && !s.isIdle && !s.holds() {
		s.isIdle = true
		return s.out.idle()
	}
	return nil
}

// report gives the source's part of a snapshot: positions after the rows emitted so far.
func (s *sourceTask) report(b *barrier) {
	p := SourcePosition{Splits: map[string][]byte{}, Done: append([]string(nil), s.done...)}
	for _, sp := range s.splits {
		if !sp.ended {
			p.Splits[sp.id] = sp.position
		}
	}
	if s.ctx.Subtask == 0 {
		p.Done = append(p.Done, s.scan.from.Done...)
	}
	b.position(s.node.UID, p, s.marks.result)
}

func (s *sourceTask) wrap(err error) error {
	return (&link{node: s.node}).wrap(err)
}
