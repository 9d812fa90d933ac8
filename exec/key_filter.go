package exec

import (
	"context"
	"sync"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
)

// KeyFilters are the keys that joins of one run collect and sources wait for.
type KeyFilters struct {
	mu sync.Mutex
	by map[*physical.KeyFilter]*KeyFilter
}

// Of gives the filter of a spec, which its join and its source share.
func (k *KeyFilters) Of(spec *physical.KeyFilter) *KeyFilter {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.by == nil {
		k.by = map[*physical.KeyFilter]*KeyFilter{}
	}
	f := k.by[spec]
	if f == nil {
		f = &KeyFilter{values: map[string]struct{}{}, done: make(chan struct{})}
		k.by[spec] = f
	}
	return f
}

// KeyFilter are the distinct keys of one side of a join, as KeyText writes them.
type KeyFilter struct {
	mu     sync.Mutex
	ended  int
	values map[string]struct{} // nil = too many
	done   chan struct{}       // closed when all subtasks have told theirs
}

// Tell adds what one of the join's subtasks has collected, all of it at once; nil = too many.
func (f *KeyFilter) Tell(values map[string]struct{}, subtasks int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if values == nil {
		f.values = nil
	}
	if f.values != nil {
		for v := range values {
			f.values[v] = struct{}{}
		}
	}
	if f.ended++; f.ended == subtasks {
		close(f.done)
	}
}

// Wait gives the keys once they are complete; nil if they are too many.
func (f *KeyFilter) Wait(ctx context.Context) (map[string]struct{}, error) {
	select {
	case <-f.done:
		return f.values, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// KeyText appends a key of some columns as text; ok is false if a value is NULL and nulls says that it matches nothing.
func KeyText(dst []byte, cols []*vec.Vec, nulls []bool, row int) (_ []byte, ok bool) {
	for i, c := range cols {
		if c.IsNull(row) {
			if !nulls[i] {
				return dst, false
			}
			dst = append(dst, 0, 1)
			continue
		}
		dst = append(dst, 0, 2)
		dst = append(dst, vec.FormatValue(c, row)...)
	}
	return dst, true
}
