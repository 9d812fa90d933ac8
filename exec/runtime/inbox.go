package runtime

import (
	"errors"
	"sync"
	"time"

	"github.com/weir-sql/weir/exec/vec"
)

// kind says what an element is.
type kind uint8

const (
	elemBatch   kind = iota
	elemMark         // watermark
	elemIdle         // the channel gives no watermarks for now
	elemBarrier      // of a snapshot
	elemStamp        // measures latency; mark is when it was sent
	elemEnd          // nothing follows
)

// element is what travels on a channel.
type element struct {
	kind    kind
	batch   *vec.Batch
	mark    int64
	barrier *barrier
	sent    uint64 // its place among all elements of the inbox
}

// rows is how many rows the element brings.
func (e *element) rows() int {
	if e.batch == nil {
		return 0
	}
	return e.batch.Len
}

// errClosed tells a sender that the receiver wants nothing more. It ends the
// sender quietly when all its receivers said so.
var errClosed = errors.New("receiver ended")

// inbox is the receiving end of all channels of one task: one bounded queue a
// channel under one lock, which is taken once a batch.
type inbox struct {
	mu       sync.Mutex
	notEmpty sync.Cond // a readable channel has an element, or stopped
	notFull  sync.Cond // a queue has room, or closed
	queues   []ring
	input    []int // input number of each channel
	blocked  []bool
	next     int    // round robin over channels, so that none starves
	inOrder  bool   // elements are taken in the order in which they were sent instead
	sent     uint64 // elements so far
	closed   bool
	stopped  bool
	woken    bool            // poll is to return although nothing came
	rows     int             // that wait in all queues
	inHand   int             // rows of the element that poll gave last and that is being handled
	watching []chan struct{} // told when a queue has room again
}

// ring is a bounded first-in-first-out queue of some batches and of what is between them:
// there is room for a watermark behind every batch, so that a slow receiver, to which few
// batches are sent, does not hold up its sender with watermarks.
type ring struct {
	buf     []element
	head    int
	n       int
	batches int
}

func newRing(batches int) ring { return ring{buf: make([]element, 2*batches+2)} }

// full reports whether there is no room for an element.
func (q *ring) full(k kind) bool {
	return q.n == len(q.buf) || k == elemBatch && q.batches == len(q.buf)/2-1
}

func (q *ring) push(e element) {
	q.buf[(q.head+q.n)%len(q.buf)] = e
	q.n++
	if e.kind == elemBatch {
		q.batches++
	}
}

func (q *ring) pop() element {
	e := q.buf[q.head]
	q.buf[q.head] = element{}
	q.head = (q.head + 1) % len(q.buf)
	q.n--
	if e.kind == elemBatch {
		q.batches--
	}
	return e
}

// last is the element pushed last, nil if the queue is empty.
func (q *ring) last() *element {
	if q.n == 0 {
		return nil
	}
	return &q.buf[(q.head+q.n-1)%len(q.buf)]
}

func newInbox() *inbox {
	b := &inbox{}
	b.notEmpty.L, b.notFull.L = &b.mu, &b.mu
	return b
}

// channel adds a channel of some batches that feeds an input and gives its number. All channels
// are added before the job starts.
func (b *inbox) channel(input, capacity int) int {
	b.queues = append(b.queues, newRing(capacity))
	b.input = append(b.input, input)
	b.blocked = append(b.blocked, false)
	return len(b.queues) - 1
}

// listen has c told, if it has room for that, whenever a queue may have room again. All
// listeners are added before the job starts.
func (b *inbox) listen(c chan struct{}) { b.watching = append(b.watching, c) }

// hasRoom tells senders to try again. The caller holds the lock.
func (b *inbox) hasRoom() {
	b.notFull.Broadcast()
	for _, c := range b.watching {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// send puts an element into a channel, waiting for room. It gives errClosed once
// the receiver wants nothing more or the job stops, and the time spent waiting. A
// watermark directly behind another takes its place.
func (b *inbox) send(ch int, e element) (waited time.Duration, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	q := &b.queues[ch]
	if last := q.last(); e.kind == elemMark && last != nil && last.kind == elemMark {
		last.mark = e.mark
		return 0, nil
	}
	if q.full(e.kind) && !b.closed && !b.stopped {
		start := time.Now()
		for q.full(e.kind) && !b.closed && !b.stopped {
			b.notFull.Wait()
		}
		waited = time.Since(start)
	}
	if b.closed || b.stopped {
		return waited, errClosed
	}
	b.sent++
	e.sent = b.sent
	q.push(e)
	b.rows += e.rows()
	b.notEmpty.Signal()
	return waited, nil
}

// backlog is the number of rows that the receiver has still to do, of all channels, and
// whether a channel has room (or its receiver ended, which the sender is to find out).
func (b *inbox) backlog(ch int) (rows int, room bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rows + b.inHand, !b.queues[ch].full(elemBatch) || b.closed || b.stopped
}

// poll takes the next element of any channel that is not blocked, waiting until
// deadline (zero: for ever). ok is false at the deadline, after wake and when the job stops.
func (b *inbox) poll(deadline time.Time) (ch int, e element, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var alarm *time.Timer
	b.inHand = 0
	for {
		if b.stopped {
			return 0, element{}, false
		}
		if ch, ok := b.readable(); ok {
			e := b.queues[ch].pop()
			b.inHand = e.rows()
			b.rows -= b.inHand
			b.hasRoom()
			if alarm != nil {
				alarm.Stop()
			}
			return ch, e, true
		}
		if b.woken {
			b.woken = false
			return 0, element{}, false
		}
		if !deadline.IsZero() {
			wait := time.Until(deadline)
			if wait <= 0 {
				return 0, element{}, false
			}
			if alarm == nil {
				alarm = time.AfterFunc(wait, func() {
					b.mu.Lock()
					defer b.mu.Unlock()
					b.notEmpty.Broadcast()
				})
			}
		}
		b.notEmpty.Wait()
	}
}

// wake makes poll return.
func (b *inbox) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.woken = true
	b.notEmpty.Broadcast()
}

// empty reports whether poll would wait.
func (b *inbox) empty() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, ok := b.readable()
	return !ok
}

func (b *inbox) readable() (int, bool) {
	if b.inOrder {
		return b.oldest()
	}
	for i := range b.queues {
		ch := (b.next + i) % len(b.queues)
		if b.queues[ch].n > 0 && !b.blocked[ch] {
			b.next = (ch + 1) % len(b.queues)
			return ch, true
		}
	}
	return 0, false
}

// oldest is the channel whose next element was sent before those of the others.
func (b *inbox) oldest() (ch int, ok bool) {
	for i := range b.queues {
		if q := &b.queues[i]; q.n > 0 && !b.blocked[i] && (!ok || q.buf[q.head].sent < b.queues[ch].buf[b.queues[ch].head].sent) {
			ch, ok = i, true
		}
	}
	return ch, ok
}

// block keeps a channel from being read until unblock: its barrier has come.
func (b *inbox) block(ch int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.blocked[ch] = true
}

func (b *inbox) unblockAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.blocked)
}

// close tells senders that nothing more is wanted and drops what waits.
func (b *inbox) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	for i := range b.queues {
		b.queues[i] = ring{buf: b.queues[i].buf}
	}
	b.hasRoom()
}

// stop wakes everybody up because the job ends early.
func (b *inbox) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopped = true
	b.notEmpty.Broadcast()
	b.hasRoom()
}
