package state

import "sync/atomic"

// Budget is an account of memory shared by operators that can spill. Who cannot
// reserve spills and releases what it held. It is safe for use by several
// goroutines.
type Budget struct {
	limit int64
	used  atomic.Int64
	whole *Budget // of which this is a part; nil = none
}

// NewBudget makes a budget of limit bytes; 0 or less means no limit.
func NewBudget(limit int64) *Budget { return &Budget{limit: limit} }

// Part makes a budget of limit bytes whose bytes count in this one too.
func (b *Budget) Part(limit int64) *Budget { return &Budget{limit: limit, whole: b} }

// Reserve takes n bytes and reports whether they were there; if not, nothing is taken.
func (b *Budget) Reserve(n int64) bool {
	if used := b.used.Add(n); b.limit > 0 && used > b.limit {
		b.used.Add(-n)
		return false
	}
	if b.whole != nil && !b.whole.Reserve(n) {
		b.used.Add(-n)
		return false
	}
	return true
}

// Force takes n bytes even beyond the limit: for the working memory without which
// an operator cannot go on.
func (b *Budget) Force(n int64) {
	b.used.Add(n)
	if b.whole != nil {
		b.whole.Force(n)
	}
}

// Release gives n bytes back.
func (b *Budget) Release(n int64) {
	b.used.Add(-n)
	if b.whole != nil {
		b.whole.Release(n)
	}
}

// Used is the number of bytes taken.
func (b *Budget) Used() int64 { return b.used.Load() }

// Limit is the number of bytes there are, 0 for no limit.
func (b *Budget) Limit() int64 { return max(b.limit, 0) }
