package runtime

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/topology"
)

// port is where a link's output goes: the next links of the chain and the
// exchanges to other tasks. A batch is shared by all of them, being immutable.
type port struct {
	links     []*inlet
	exchanges []*exchange
	counters  *exec.Counters
	taps      atomic.Pointer[[]Tap] // nil = nobody watches
	mark      int64
}

// inlet is one input of a chained link.
type inlet struct {
	link *link
	in   int
}

// Emit gives a batch to all that follow. It gives errClosed once nobody wants more.
func (p *port) Emit(b *vec.Batch) error {
	if b == nil || b.Len == 0 {
		return nil
	}
	p.counters.RowsOut.Add(int64(b.Len))
	p.counters.BatchesOut.Add(1)
	if taps := p.taps.Load(); taps != nil {
		for _, t := range *taps {
			t.Batch(b)
		}
	}
	open := false
	for _, l := range p.links {
		switch err := l.link.process(l.in, b); err {
		case nil:
			open = true
		case errClosed:
		default:
			return err
		}
	}
	for _, x := range p.exchanges {
		switch err := x.Emit(b); err {
		case nil:
			open = true
		case errClosed:
		default:
			return err
		}
	}
	if !open && len(p.links)+len(p.exchanges) > 0 {
		return errClosed
	}
	return nil
}

// watermark passes a watermark on; one that does not rise is dropped.
func (p *port) watermark(mark int64) error {
	if mark <= p.mark {
		return nil
	}
	p.mark = mark
	p.counters.Watermark.Store(mark)
	if taps := p.taps.Load(); taps != nil {
		for _, t := range *taps {
			t.Watermark(mark)
		}
	}
	for _, l := range p.links {
		if err := l.link.watermark(mark); err != nil {
			return err
		}
	}
	for _, x := range p.exchanges {
		x.control(element{kind: elemMark, mark: mark})
	}
	return nil
}

// Watermark is watermark for operators that hold watermarks themselves.
func (p *port) Watermark(mark int64) error { return p.watermark(mark) }

// idle tells the consumers that no watermark comes until the next batch or watermark.
func (p *port) idle() error {
	for _, l := range p.links {
		if err := l.link.idle(); err != nil {
			return err
		}
	}
	for _, x := range p.exchanges {
		x.control(element{kind: elemIdle})
	}
	return nil
}

func (p *port) barrier(b *barrier) error {
	for _, l := range p.links {
		if err := l.link.barrier(b); err != nil {
			return err
		}
	}
	for _, x := range p.exchanges {
		x.control(element{kind: elemBarrier, barrier: b})
	}
	return nil
}

func (p *port) wake() error {
	for _, l := range p.links {
		if err := l.link.wake(); err != nil {
			return err
		}
	}
	return nil
}

func (p *port) flush() error {
	for _, l := range p.links {
		if err := l.link.flush(); err != nil {
			return err
		}
	}
	return nil
}

// link is one operator in its chain, with the optional powers it has.
type link struct {
	node   *topology.Node
	op     exec.Operator
	ctx    *exec.Context
	out    *port
	inputs int  // that have not ended
	done   bool // wants nothing more
	held   bool // the last watermark came and waits for the rows of OnEnd

	onMark   exec.WatermarkHandler
	maker    exec.WatermarkMaker
	timer    exec.ProcTimer
	ender    exec.Ender
	stateful exec.Stateful
	flusher  exec.Flusher
	limiter  exec.Limiter
	drainer  exec.Drainer
	waker    exec.Waker
	holder   exec.WatermarkHolder
}

func newLink(n *topology.Node, op exec.Operator, ctx *exec.Context) *link {
	l := &link{node: n, op: op, ctx: ctx, out: &port{counters: ctx.Counters, mark: exec.MinWatermark}}
	l.onMark, _ = op.(exec.WatermarkHandler)
	l.maker, _ = op.(exec.WatermarkMaker)
	l.timer, _ = op.(exec.ProcTimer)
	l.ender, _ = op.(exec.Ender)
	l.stateful, _ = op.(exec.Stateful)
	l.flusher, _ = op.(exec.Flusher)
	l.limiter, _ = op.(exec.Limiter)
	l.drainer, _ = op.(exec.Drainer)
	l.waker, _ = op.(exec.Waker)
	l.holder, _ = op.(exec.WatermarkHolder)
	return l
}

func (l *link) open() error {
	if o, ok := l.op.(exec.Opener); ok {
		return l.wrap(o.Open(l.ctx))
	}
	return nil
}

func (l *link) process(in int, b *vec.Batch) error {
	if l.done {
		return errClosed
	}
	l.ctx.Counters.RowsIn.Add(int64(b.Len))
	l.ctx.Counters.BatchesIn.Add(1)
	if err := l.op.Process(in, b, l.out); err != nil {
		return l.wrap(err)
	}
	if l.maker != nil {
		if err := l.makeWatermark(); err != nil {
			return err
		}
	}
	if l.limiter != nil && l.limiter.Satisfied() {
		l.done = true
		return errClosed
	}
	return nil
}

func (l *link) makeWatermark() error {
	if mark, ok := l.maker.MakeWatermark(); ok {
		return l.out.watermark(mark)
	}
	return nil
}

func (l *link) watermark(mark int64) error {
	if l.holder != nil && !l.done && mark != exec.MaxWatermark {
		return l.wrap(l.holder.HoldWatermark(mark, l.out))
	}
	if l.onMark != nil && !l.done {
		if err := l.onMark.OnWatermark(mark, l.out); err != nil {
			return l.wrap(err)
		}
	}
	if l.maker != nil && mark != exec.MaxWatermark {
		return nil
	}
	if mark == exec.MaxWatermark && l.ender != nil && !l.done {
		l.held = true // OnEnd may emit rows, which would be late behind it
		return nil
	}
	return l.out.watermark(mark)
}

// nextTimer is the earliest processing-time timer of the link and those behind it.
func (l *link) nextTimer() int64 {
	next := int64(exec.MaxWatermark)
	if l.timer != nil && !l.done {
		next = l.timer.NextTimer()
	}
	for _, k := range l.out.links {
		next = min(next, k.link.nextTimer())
	}
	return next
}

func (l *link) fireTimers(now int64) error {
	if l.timer != nil && !l.done && l.timer.NextTimer() <= now {
		if err := l.timer.OnTimer(now, l.out); err != nil {
			return l.wrap(err)
		}
	}
	for _, k := range l.out.links {
		if err := k.link.fireTimers(now); err != nil {
			return err
		}
	}
	return nil
}

// wake lets the operator and those behind it give out what came of their requests.
func (l *link) wake() error {
	if l.waker != nil && !l.done {
		if err := l.waker.OnWake(l.out); err != nil {
			return l.wrap(err)
		}
	}
	return l.out.wake()
}

// drain makes the operator give out all that it holds back or waits for.
func (l *link) drain() error {
	if l.flusher != nil && !l.done {
		if err := l.flusher.Flush(l.out); err != nil {
			return l.wrap(err)
		}
	}
	if l.drainer != nil && !l.done {
		return l.wrap(l.drainer.Drain(l.out))
	}
	return nil
}

// idle drains the operator first: rows that came out later would make the consumers
// active again, and nobody would tell them that the input still idles.
func (l *link) idle() error {
	if err := l.drain(); err != nil {
		return err
	}
	return l.out.idle()
}

// flush gives out what the operator holds back, then what those behind it do.
func (l *link) flush() error {
	if l.flusher != nil && !l.done {
		if err := l.flusher.Flush(l.out); err != nil {
			return l.wrap(err)
		}
	}
	return l.out.flush()
}

// barrier takes the operator's part of a snapshot. Held-back changes go out
// first, so that a snapshot holds none.
func (l *link) barrier(b *barrier) error {
	if err := l.drain(); err != nil {
		return err
	}
	if b.probe {
		return l.out.barrier(b)
	}
	if l.stateful != nil {
		if err := l.stateful.Snapshot(b.writer()); err != nil {
			return l.wrap(err)
		}
	}
	if c, ok := l.op.(committing); ok {
		if err := c.prepare(b); err != nil {
			return l.wrap(err)
		}
	}
	return l.out.barrier(b)
}

func (l *link) restore(r state.Reader) error {
	if l.stateful == nil || r == nil {
		return nil
	}
	return l.wrap(l.stateful.Restore(r))
}

// end tells the operator that one input ended; after the last one the link's own
// output ends. The runtime calls it once an input.
func (l *link) end(in int) error {
	if err := l.drain(); err != nil {
		return err
	}
	if l.inputs--; l.inputs == 0 {
		if err := l.drainTimers(); err != nil {
			return err
		}
	}
	if l.ender != nil && !l.done {
		if err := l.ender.OnEnd(in, l.out); err != nil {
			return l.wrap(err)
		}
	}
	return nil
}

// drainTimers fires, in batch, the processing-time timers that the end of the input
// leaves pending, in order: time does not go on for rows that will not come. As a
// stream they are dropped, as in Flink.
func (l *link) drainTimers() error {
	if l.timer == nil || l.done || !l.ctx.Batch {
		return nil
	}
	for next := l.timer.NextTimer(); next != exec.MaxWatermark; {
		if err := l.timer.OnTimer(next, l.out); err != nil {
			return l.wrap(err)
		}
		after := l.timer.NextTimer()
		if after <= next {
			return nil // one that stays due would stay so for ever
		}
		next = after
	}
	return nil
}

// finish ends the output of the link and of all behind it: each operator first
// sees its input end, then emits its last rows, then the last watermark and the end
// are passed on.
func (l *link) finish() error {
	if l.held {
		if err := l.out.watermark(exec.MaxWatermark); err != nil && err != errClosed {
			return err
		}
	}
	for _, k := range l.out.links {
		if err := k.link.end(k.in); err != nil && err != errClosed {
			return err
		}
		if err := k.link.finish(); err != nil {
			return err
		}
	}
	for _, x := range l.out.exchanges {
		x.control(element{kind: elemEnd})
	}
	return nil
}

// wrap says which operator failed. Diagnostics know their place already.
func (l *link) wrap(err error) error {
	var d *diag.Diagnostic
	if err == nil || err == errClosed || errors.As(err, &d) || errors.Is(err, context.Canceled) {
		return err
	}
	var opErr *OperatorError
	if errors.As(err, &opErr) {
		return err
	}
	return &OperatorError{Operator: l.node.Name, Err: err}
}

// OperatorError is a failure inside an operator, source or sink.
type OperatorError struct {
	Operator string // name of the node
	Err      error
}

func (e *OperatorError) Error() string { return e.Operator + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e *OperatorError) Unwrap() error { return e.Err }

func (l *link) close() error {
	if c, ok := l.op.(exec.Closer); ok {
		return c.Close()
	}
	return nil
}

// busy measures the time a task spends in its chain.
func busy(c *exec.Counters, f func() error) error {
	start, blocked := time.Now(), c.BlockedNanos.Load()
	err := f()
	c.BusyNanos.Add(int64(time.Since(start)) - (c.BlockedNanos.Load() - blocked))
	return err
}
