package runtime

import (
	"fmt"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/topology"
)

// exchange is the sending end of one job edge in one task.
type exchange struct {
	to       []endpoint // one a receiving subtask this task may send to
	closed   []bool     // receivers that want nothing more
	open     int
	route    func(x *exchange, b *vec.Batch) error
	counters *exec.Counters

	// of hash
	keys      []int
	cols      []*vec.Vec
	hashes    []uint64
	part      []int32
	split     vec.Partitions
	keyGroups int
	hot       *hotKeys // nil = every row goes where its key belongs
	// of rebalance, rescale and dynamic
	next int
	room chan struct{} // dynamic: told when a receiver may have room again
}

// endpoint is one channel of a receiver.
type endpoint struct {
	inbox   *inbox
	channel int
}

// newExchange wires subtask i of the producer to the receivers it may send to.
// connect opens a channel to a receiving subtask.
func newExchange(e *topology.JobEdge, i, producers, consumers, keyGroups int, connect func(subtask int) endpoint, c *exec.Counters) (*exchange, error) {
	x := &exchange{counters: c, keys: e.HashKeys, keyGroups: keyGroups}
	first, last := 0, consumers
	switch e.Partitioner {
	case topology.Forward:
		first, last = i, i+1
		x.route = (*exchange).toFirst
	case topology.Global:
		last = 1
		x.route = (*exchange).toFirst
	case topology.Hash:
		x.route = (*exchange).byKeyGroup
		if e.SplitHot {
			x.hot = newHotKeys(consumers)
		}
	case topology.Rebalance:
		x.next = i % consumers // producers start at different receivers
		x.route = (*exchange).roundRobin
	case topology.Rescale:
		first, last = rescaleRange(i, producers, consumers)
		x.route = (*exchange).roundRobin
	case topology.Broadcast:
		x.route = (*exchange).toAll
	case topology.Dynamic:
		x.route = (*exchange).toShortest
		x.next = i % consumers
		x.room = make(chan struct{}, 1)
	default:
		return nil, fmt.Errorf("no partitioner named %q", e.Partitioner)
	}
	for s := first; s < last; s++ {
		x.to = append(x.to, connect(s))
		if x.room != nil {
			x.to[s-first].inbox.listen(x.room)
		}
	}
	x.closed, x.open = make([]bool, len(x.to)), len(x.to)
	if len(x.to) == 1 && e.Partitioner != topology.Forward {
		x.route = (*exchange).toFirst
	}
	return x, nil
}

// rescaleRange gives the receivers of one producer: a local share, so that fewer
// pairs of tasks talk. With more producers than receivers several share one.
func rescaleRange(i, producers, consumers int) (first, last int) {
	if producers >= consumers {
		first = i * consumers / producers
		return first, first + 1
	}
	return i * consumers / producers, (i + 1) * consumers / producers
}

// Emit routes a batch. It gives errClosed once no receiver wants more.
func (x *exchange) Emit(b *vec.Batch) error {
	if x.open == 0 {
		return errClosed
	}
	return x.route(x, b)
}

func (x *exchange) toFirst(b *vec.Batch) error { return x.sendBatch(0, b) }

func (x *exchange) toAll(b *vec.Batch) error {
	for r := range x.to {
		if err := x.sendBatch(r, b); err != nil {
			return err
		}
	}
	return nil
}

func (x *exchange) roundRobin(b *vec.Batch) error {
	for range x.to {
		r := x.next
		x.next = (x.next + 1) % len(x.to)
		if !x.closed[r] {
			return x.sendBatch(r, b)
		}
	}
	return errClosed
}

// toShortest gives the batch to the receiver that has the fewest rows to do; equals take
// turns. One whose queue is full is passed over: if all are, the first to have room gets
// the batch, so that a slow receiver keeps nobody waiting.
func (x *exchange) toShortest(b *vec.Batch) error {
	for {
		best, least := -1, 0
		for k := range x.to {
			r := (x.next + k) % len(x.to)
			if x.closed[r] {
				continue
			}
			if rows, room := x.to[r].inbox.backlog(x.to[r].channel); room && (best < 0 || rows < least) {
				best, least = r, rows
			}
		}
		if best >= 0 {
			x.next = (best + 1) % len(x.to)
			return x.sendBatch(best, b)
		}
		if x.open == 0 {
			return errClosed
		}
		start := time.Now()
		<-x.room
		x.counters.BlockedNanos.Add(int64(time.Since(start)))
	}
}

// byKeyGroup sends every row to the subtask that owns the key group of its key.
func (x *exchange) byKeyGroup(b *vec.Batch) error {
	x.cols = x.cols[:0]
	for _, k := range x.keys {
		x.cols = append(x.cols, b.Cols[k])
	}
	if cap(x.hashes) < b.Len {
		x.hashes, x.part = make([]uint64, b.Len), make([]int32, b.Len)
	}
	x.hashes, x.part = x.hashes[:b.Len], x.part[:b.Len]
	vec.HashColumns(x.cols, x.hashes)
	state.Subtasks(x.hashes, x.keyGroups, len(x.to), x.part)
	if x.hot != nil {
		x.hot.spread(x.hashes, x.part)
	}
	x.split.Split(x.part, len(x.to))
	for r := range x.to {
		sel := x.split.Part(r)
		if len(sel) == 0 {
			continue
		}
		part := b
		if len(sel) < b.Len {
			part = b.Take(sel)
		}
		if err := x.sendBatch(r, part); err != nil {
			return err
		}
	}
	return nil
}

func (x *exchange) sendBatch(r int, b *vec.Batch) error {
	return x.send(r, element{kind: elemBatch, batch: b})
}

// send puts an element into one channel; a receiver that ended is crossed off.
func (x *exchange) send(r int, e element) error {
	if x.closed[r] {
		if x.open == 0 {
			return errClosed
		}
		return nil
	}
	waited, err := x.to[r].inbox.send(x.to[r].channel, e)
	x.counters.BlockedNanos.Add(int64(waited))
	if err == errClosed {
		x.closed[r] = true
		x.open--
		if x.open > 0 {
			return nil
		}
	}
	return err
}

// control sends a watermark, barrier, idle mark or end to every receiver.
func (x *exchange) control(e element) {
	for r := range x.to {
		_ = x.send(r, e) // a receiver that ended needs no control elements
	}
}
