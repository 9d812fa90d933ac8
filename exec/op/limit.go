package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
)

// Limit is LIMIT and OFFSET without an order over insert-only rows: rows number
// Start to End (1-based) in the order they come. Once they have passed it wants no
// more. Input that changes goes through TopN instead. State: how many rows came.
type Limit struct {
	ctx        *exec.Context
	start, end int64
	seen       int64
}

// NewLimit makes the operator from a TopN without order and partition.
func NewLimit(spec *physical.TopN) *Limit { return &Limit{start: spec.Start, end: spec.End} }

// Open takes the context.
func (l *Limit) Open(ctx *exec.Context) error {
	l.ctx = ctx
	return nil
}

// Process passes the rows that lie in the range.
func (l *Limit) Process(_ int, b *vec.Batch, out exec.Out) error {
	lo, hi := max(l.start-1-l.seen, 0), int64(b.Len)
	if l.end >= 0 {
		hi = min(hi, l.end-l.seen)
	}
	l.seen += int64(b.Len)
	if lo >= hi {
		return nil
	}
	return out.Emit(b.Slice(int(lo), int(hi-lo)))
}

// Satisfied reports whether the last wanted row has passed.
func (l *Limit) Satisfied() bool { return l.end >= 0 && l.seen >= l.end }

// Snapshot writes the count.
func (l *Limit) Snapshot(w state.Writer) error {
	return w.Put(l.ctx.UID+"/seen", 0, nil, appendInt(nil, l.seen))
}

// Restore reads it.
func (l *Limit) Restore(r state.Reader) error {
	return r.Each(l.ctx.UID+"/seen", l.ctx.KeyGroups, func(_ int, _, value []byte) error {
		e := entryReader{b: value}
		l.seen = e.int()
		return nil
	})
}
