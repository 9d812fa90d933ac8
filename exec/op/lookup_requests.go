package op

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// lookupRequests asks a dimension table for keys: one request after the other, or, if the
// join is asynchronous and the table allows it, several at once, each in a goroutine of
// its own. Requests end in any order; the operator takes the ended ones from done.
type lookupRequests struct {
	table   exec.Lookup
	run     context.Context // of the job
	ctx     context.Context // ends with the job, and with close
	cancel  context.CancelFunc
	size    int // keys a request
	most    int // requests at once
	async   bool
	timeout time.Duration
	retries int
	wait    time.Duration
	types   []types.Type // of the keys
	sent    func()       // is told of every request
	wake    func()       // is told that a request ended

	running  int
	done     chan *lookupRequest // has room for all that run
	inFlight sync.WaitGroup
}

// lookupRequest asks for some keys.
type lookupRequest struct {
	keys    []*vec.Batch // in pieces
	entries []int32      // of each key, in the cache
	held    []heldPart   // rows that wait for it
	rows    *vec.Batch   // the answer: row i belongs to key owner[i]
	owner   []int32
	err     error
}

// asyncCapacity is Flink's default of table.exec.async-lookup.buffer-capacity.
const asyncCapacity = 100

func newLookupRequests(l exec.Lookup, spec *physical.LookupJoin, keys []types.Type, ctx *exec.Context) *lookupRequests {
	r := &lookupRequests{table: l, size: spec.BatchSize, most: 1, timeout: spec.Timeout, retries: spec.RetryMax, wait: spec.RetryWait,
		types: keys, wake: ctx.Wake, sent: func() { ctx.Counters.LookupRequests.Add(1) }}
	if c, ok := l.(exec.ConcurrentLookup); ok && spec.Async && c.Concurrent() {
		r.async, r.most = true, asyncCapacity
		if n, err := strconv.Atoi(ctx.Config["table.exec.async-lookup.buffer-capacity"]); err == nil && n > 0 {
			r.most = n
		}
		if spec.Capacity > 0 {
			r.most = spec.Capacity
		}
		if r.size == 0 {
			r.size = 1 // as Flink: a request a key
		}
	}
	if r.size == 0 {
		r.size = math.MaxInt // all keys of a batch
	}
	r.run = ctx.Run
	if r.run == nil {
		r.run = context.Background()
	}
	r.done = make(chan *lookupRequest, r.most)
	r.ctx, r.cancel = context.WithCancel(r.run)
	return r
}

// full reports that a request must end before another can start.
func (r *lookupRequests) full() bool { return r.running == r.most }

// start sends a request. It must not be full.
func (r *lookupRequests) start(q *lookupRequest) {
	r.running++
	if !r.async {
		r.answer(q)
		r.done <- q
		return
	}
	r.inFlight.Go(func() {
		r.answer(q)
		r.done <- q
		if r.wake != nil {
			r.wake()
		}
	})
}

// next waits for a request to end.
func (r *lookupRequests) next() (*lookupRequest, error) {
	select {
	case q := <-r.done:
		r.running--
		return q, q.err
	case <-r.run.Done():
		return nil, context.Cause(r.run)
	}
}

// ended gives a request that has ended, nil if there is none.
func (r *lookupRequests) ended() (*lookupRequest, error) {
	select {
	case q := <-r.done:
		r.running--
		return q, q.err
	default:
		return nil, nil
	}
}

// answer asks once, and again for the keys without rows if the join says so.
func (r *lookupRequests) answer(q *lookupRequest) {
	defer func() {
		if p := recover(); p != nil {
			q.err = fmt.Errorf("internal error while looking up: %v", p)
		}
	}()
	keys := q.keys[0]
	if len(q.keys) > 1 {
		keys = vec.Concat(r.types, q.keys)
	}
	q.rows, q.owner, q.err = r.try(keys)
	for k := 0; k < r.retries && q.err == nil; k++ {
		missed := withoutRows(q.owner, keys.Len)
		if len(missed) == 0 {
			return
		}
		select {
		case <-time.After(r.wait):
		case <-r.ctx.Done():
			q.err = context.Cause(r.ctx)
			return
		}
		var rows *vec.Batch
		var owner []int32
		if rows, owner, q.err = r.try(keys.Take(missed)); q.err != nil || rows.Len == 0 {
			continue
		}
		for i, o := range owner {
			owner[i] = missed[o]
		}
		q.rows = vec.Concat(rows.Types(), []*vec.Batch{q.rows, rows})
		q.owner = append(q.owner, owner...)
	}
}

func (r *lookupRequests) try(keys *vec.Batch) (*vec.Batch, []int32, error) {
	r.sent()
	ctx, cancel := r.ctx, context.CancelFunc(func() {})
	if r.timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, r.timeout)
	}
	defer cancel()
	rows, owner, err := r.table.Lookup(ctx, keys)
	if errors.Is(err, context.DeadlineExceeded) {
		err = diag.Errorf(exec.CodeConnection, diag.Span{}, "lookup gave no answer within %s", r.timeout).
			WithHint("Raise table.exec.async-lookup.timeout, or look at the system that is asked.")
	}
	return rows, owner, err
}

// withoutRows gives those of n keys that own no row.
func withoutRows(owner []int32, n int) []int32 {
	has := make([]bool, n)
	for _, o := range owner {
		has[o] = true
	}
	var missed []int32
	for k, ok := range has {
		if !ok {
			missed = append(missed, int32(k))
		}
	}
	return missed
}

// close gives up what is under way and closes the table.
func (r *lookupRequests) close() error {
	r.cancel()
	r.inFlight.Wait()
	return r.table.Close()
}
