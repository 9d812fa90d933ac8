package op

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
)

// lookupRequests asks a dimension table for keys, in requests of a size, several at
// a time if the table and the join allow it.
type lookupRequests struct {
	table    exec.Lookup
	ctx      context.Context
	cancel   context.CancelFunc
	size     int // keys a request, 0 = all
	inFlight int
	timeout  time.Duration
	retries  int
	wait     time.Duration
}

// asyncCapacity is Flink's default of table.exec.async-lookup.buffer-capacity.
const asyncCapacity = 100

func newLookupRequests(l exec.Lookup, spec *physical.LookupJoin, config map[string]string) *lookupRequests {
	r := &lookupRequests{table: l, size: spec.BatchSize, inFlight: 1, timeout: spec.Timeout, retries: spec.RetryMax, wait: spec.RetryWait}
	if c, ok := l.(exec.ConcurrentLookup); ok && spec.Async && c.Concurrent() {
		r.inFlight = asyncCapacity
		if n, err := strconv.Atoi(config["table.exec.async-lookup.buffer-capacity"]); err == nil && n > 0 {
			r.inFlight = n
		}
		if r.size == 0 {
			r.size = 1 // as Flink: a request a key
		}
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	return r
}

// answer is what one request gave: rows of keys first, first+1, ….
type answer struct {
	rows  *vec.Batch
	owner []int32
	err   error
}

// ask asks for all keys and gives the answers to use in the order of the keys. owner
// numbers the keys of its request, the first of which is key first.
func (r *lookupRequests) ask(keys *vec.Batch, use func(first int, rows *vec.Batch, owner []int32) error) error {
	size := r.size
	if size == 0 || size > keys.Len {
		size = keys.Len
	}
	n := (keys.Len + size - 1) / size
	answers := make([]answer, n)
	one := func(k int) {
		part := keys.Slice(k*size, min(size, keys.Len-k*size))
		answers[k].rows, answers[k].owner, answers[k].err = r.request(part)
	}
	if r.inFlight == 1 || n == 1 {
		for k := range n {
			if one(k); answers[k].err != nil {
				break
			}
		}
	} else {
		var wg sync.WaitGroup
		free := make(chan struct{}, r.inFlight)
		for k := range n {
			free <- struct{}{}
			wg.Go(func() {
				one(k)
				<-free
			})
		}
		wg.Wait()
	}
	for k, a := range answers {
		if a.err != nil {
			return a.err
		}
		if err := use(k*size, a.rows, a.owner); err != nil {
			return err
		}
	}
	return nil
}

// request asks once, and again for keys without rows if the join says so.
func (r *lookupRequests) request(keys *vec.Batch) (*vec.Batch, []int32, error) {
	rows, owner, err := r.try(keys)
	for k := 0; k < r.retries && err == nil && missing(owner, keys.Len); k++ {
		time.Sleep(r.wait)
		rows, owner, err = r.try(keys)
	}
	return rows, owner, err
}

func (r *lookupRequests) try(keys *vec.Batch) (*vec.Batch, []int32, error) {
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

// missing reports whether one of n keys owns no row.
func missing(owner []int32, n int) bool {
	has, last := 0, int32(-1)
	for _, o := range owner {
		if o != last {
			has++
			last = o
		}
	}
	return has < n
}

func (r *lookupRequests) close() error {
	r.cancel()
	return r.table.Close()
}
