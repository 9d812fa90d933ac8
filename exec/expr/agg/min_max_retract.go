package agg

import (
	"cmp"
	"math"
	"strings"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// newExtremeSet makes MIN or MAX of values that may be taken back.
func newExtremeSet(c Config, greatest bool) Acc {
	t := c.Args[0]
	switch p := vec.PhysOf(t); {
	case p == vec.PhysBool || p == vec.PhysI8:
		return makeExtremeSet(c, greatest, fixedValues[int8], cmp.Compare[int8])
	case p == vec.PhysI16:
		return makeExtremeSet(c, greatest, fixedValues[int16], cmp.Compare[int16])
	case p == vec.PhysI32:
		return makeExtremeSet(c, greatest, fixedValues[int32], cmp.Compare[int32])
	case p == vec.PhysI64:
		return makeExtremeSet(c, greatest, fixedValues[int64], cmp.Compare[int64])
	case p == vec.PhysF32:
		return makeExtremeSet(c, greatest, fixedValues[float32], compareFloats[float32])
	case p == vec.PhysF64:
		return makeExtremeSet(c, greatest, fixedValues[float64], compareFloats[float64])
	case p == vec.PhysDec:
		return makeExtremeSet(c, greatest, fixedValues[vec.Decimal], func(a, b vec.Decimal) int { return a.Cmp(b) })
	default:
		return makeExtremeSet(c, greatest, stringValues, strings.Compare)
	}
}

func fixedValues[T vec.Fixed](v *vec.Vec) func(int) T {
	vals := vec.Slice[T](v)
	return func(i int) T { return vals[i] }
}

func stringValues(v *vec.Vec) func(int) string {
	return func(i int) string { return string(v.BytesAt(i)) }
}

// compareFloats orders -0 before 0 and NaN last, so that the order is total.
func compareFloats[T float32 | float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return cmp.Compare(btoi(math.Signbit(float64(b))), btoi(math.Signbit(float64(a))))
	default:
		return cmp.Compare(btoi(a != a), btoi(b != b))
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// extremeSet is MIN or MAX over a multiset of all values: each group has a heap of
// its entries. An entry whose count falls to zero stays where it is in the heap and
// is dropped when it comes to the top, or when such entries outnumber the others.
// Its partial is the multiset.
type extremeSet[T any] struct {
	t        types.Type
	before   func(a, b T) bool // a is nearer the top
	valuesOf func(*vec.Vec) func(int) T
	set      *multiset
	vals     []T         // by entry
	inHeap   []bool      // by entry
	heaps    []entryHeap // by group
}

type entryHeap struct {
	entries []int32
	dead    int // entries with a count of zero or less
}

func makeExtremeSet[T any](c Config, greatest bool, valuesOf func(*vec.Vec) func(int) T, compare func(a, b T) int) Acc {
	a := &extremeSet[T]{t: c.Args[0].Null(), valuesOf: valuesOf, set: newMultiset(c.Args)}
	a.before = func(x, y T) bool { return compare(x, y) < 0 }
	if greatest {
		a.before = func(x, y T) bool { return compare(x, y) > 0 }
	}
	return a
}

func (a *extremeSet[T]) Grow(n int) {
	a.set.grow(n)
	a.heaps = growTo(a.heaps, n)
}

func (a *extremeSet[T]) Add(ids []int32, args []*vec.Vec, rows []int32) {
	a.apply(ids, args, rows, 1, nil)
}

func (a *extremeSet[T]) Retract(ids []int32, args []*vec.Vec, rows []int32) {
	a.apply(ids, args, rows, -1, nil)
}

func (a *extremeSet[T]) Merge(ids []int32, partial []*vec.Vec) {
	groups, args, counts := a.set.unfold(ids, partial[0])
	a.apply(groups, args, nil, 0, counts)
}

func (a *extremeSet[T]) apply(ids []int32, args []*vec.Vec, rows []int32, by int64, counts []int64) {
	v := args[0]
	value := a.valuesOf(v)
	entries := a.set.find(ids, args, rows)
	a.vals = growTo(a.vals, len(a.set.count))
	a.inHeap = growTo(a.inHeap, len(a.set.count))
	for j, e := range entries {
		r := int(rowAt(rows, j))
		if v.IsNull(r) {
			a.set.zero = append(a.set.zero, e) // never counted, so it is dropped
			continue
		}
		if counts != nil {
			by = counts[j]
		}
		h := &a.heaps[ids[j]]
		before := a.set.add(e, by)
		after := before + by
		switch {
		case after > 0 && !a.inHeap[e]:
			a.vals[e] = value(r)
			a.push(h, e)
		case after > 0 && before <= 0:
			h.dead--
		case after <= 0 && before > 0:
			h.dead++
		}
	}
	a.set.sweep(func(e int32) bool { return a.inHeap[e] })
	for _, id := range ids {
		if h := &a.heaps[id]; h.dead > 16 && 2*h.dead > len(h.entries) {
			a.rebuild(h)
		}
	}
}

func (a *extremeSet[T]) push(h *entryHeap, e int32) {
	a.inHeap[e] = true
	h.entries = append(h.entries, e)
	for i := len(h.entries) - 1; i > 0; {
		up := (i - 1) / 2
		if !a.before(a.vals[h.entries[i]], a.vals[h.entries[up]]) {
			break
		}
		h.entries[i], h.entries[up] = h.entries[up], h.entries[i]
		i = up
	}
}

// sink restores the heap below i.
func (a *extremeSet[T]) sink(h *entryHeap, i int) {
	for {
		down := 2*i + 1
		if down >= len(h.entries) {
			return
		}
		if down+1 < len(h.entries) && a.before(a.vals[h.entries[down+1]], a.vals[h.entries[down]]) {
			down++
		}
		if !a.before(a.vals[h.entries[down]], a.vals[h.entries[i]]) {
			return
		}
		h.entries[i], h.entries[down] = h.entries[down], h.entries[i]
		i = down
	}
}

// top gives the entry of the extreme; ok is false if the group has no value.
func (a *extremeSet[T]) top(h *entryHeap) (e int32, ok bool) {
	for len(h.entries) > 0 {
		if e = h.entries[0]; a.set.count[e] > 0 {
			return e, true
		}
		last := len(h.entries) - 1
		h.entries[0] = h.entries[last]
		h.entries = h.entries[:last]
		h.dead--
		a.sink(h, 0)
		a.leave(e)
	}
	return 0, false
}

// leave forgets a dead entry that is no longer in its heap; one with a count below
// zero stays in the multiset.
func (a *extremeSet[T]) leave(e int32) {
	var zero T
	a.inHeap[e], a.vals[e] = false, zero
	if a.set.count[e] == 0 {
		a.set.drop(e)
	}
}

// rebuild drops the dead entries of a heap.
func (a *extremeSet[T]) rebuild(h *entryHeap) {
	live := h.entries[:0]
	for _, e := range h.entries {
		if a.set.count[e] > 0 {
			live = append(live, e)
		} else {
			a.leave(e)
		}
	}
	h.entries, h.dead = live, 0
	for i := len(live)/2 - 1; i >= 0; i-- {
		a.sink(h, i)
	}
}

func (a *extremeSet[T]) PartialTypes() []types.Type { return []types.Type{a.set.partialType()} }

func (a *extremeSet[T]) Partial(ids []int32) []*vec.Vec { return []*vec.Vec{a.set.partial(ids)} }

func (a *extremeSet[T]) Result(ids []int32) (*vec.Vec, error) {
	entries := make([]int32, len(ids))
	found := make([]int32, 0, len(ids))
	for j, id := range ids {
		e, ok := a.top(&a.heaps[id])
		if entries[j] = -1; ok {
			entries[j] = int32(len(found))
			found = append(found, e)
		}
	}
	return vec.Take(a.set.values(found), entries).As(a.t), nil
}

func (a *extremeSet[T]) Reset(ids []int32) {
	var zero T
	for _, id := range ids {
		for _, e := range a.heaps[id].entries {
			a.inHeap[e], a.vals[e] = false, zero
		}
		a.heaps[id] = entryHeap{}
		a.set.reset(id)
	}
}

func (a *extremeSet[T]) Bytes() int64 {
	return a.set.bytes() + int64(cap(a.vals))*9 + int64(cap(a.heaps))*32 + int64(len(a.set.count))*4
}
