package agg

import (
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// distinct makes any aggregate take each value of a group once: the inner
// accumulator sees a value when its count rises above zero and loses it when the
// count falls back. Its partial is the multiset of values, from which the inner
// accumulator is made anew.
type distinct struct {
	inner Acc
	set   *multiset
	nulls bool // the inner function counts NULLs in

	come, gone           []int32 // groups
	comeRows, goneRows   []int32
	notNull, notNullRows []int32
}

func newDistinct(inner Acc, c Config, nulls bool) *distinct {
	return &distinct{inner: inner, set: newMultiset(c.Args), nulls: nulls}
}

func (a *distinct) Grow(n int) {
	a.inner.Grow(n)
	a.set.grow(n)
}

func (a *distinct) Add(ids []int32, args []*vec.Vec, rows []int32) { a.apply(ids, args, rows, 1, nil) }

func (a *distinct) Retract(ids []int32, args []*vec.Vec, rows []int32) {
	a.apply(ids, args, rows, -1, nil)
}

func (a *distinct) Merge(ids []int32, partial []*vec.Vec) {
	groups, args, counts := a.set.unfold(ids, partial[0])
	a.apply(groups, args, nil, 0, counts)
}

// apply changes the counts of rows by by, or by counts if that is not nil.
func (a *distinct) apply(ids []int32, args []*vec.Vec, rows []int32, by int64, counts []int64) {
	if !a.nulls {
		if valid := validOf(args); valid != nil {
			ids, rows, counts = a.skipNulls(ids, valid, rows, counts)
		}
	}
	if len(ids) == 0 {
		return
	}
	a.come, a.comeRows, a.gone, a.goneRows = a.come[:0], a.comeRows[:0], a.gone[:0], a.goneRows[:0]
	for j, e := range a.set.find(ids, args, rows) {
		if counts != nil {
			by = counts[j]
		}
		before := a.set.add(e, by)
		switch after := before + by; {
		case before <= 0 && after > 0:
			a.come, a.comeRows = append(a.come, ids[j]), append(a.comeRows, rowAt(rows, j))
		case before > 0 && after <= 0:
			a.gone, a.goneRows = append(a.gone, ids[j]), append(a.goneRows, rowAt(rows, j))
		}
	}
	a.set.sweep(nil)
	if len(a.come) > 0 {
		a.inner.Add(a.come, args, a.comeRows)
	}
	if len(a.gone) > 0 {
		a.inner.Retract(a.gone, args, a.goneRows)
	}
}

// skipNulls keeps the rows that are valid.
func (a *distinct) skipNulls(ids []int32, valid vec.Bitmap, rows []int32, counts []int64) ([]int32, []int32, []int64) {
	a.notNull, a.notNullRows = a.notNull[:0], a.notNullRows[:0]
	var kept []int64
	for j, id := range ids {
		if r := rowAt(rows, j); valid.Get(int(r)) {
			a.notNull, a.notNullRows = append(a.notNull, id), append(a.notNullRows, r)
			if counts != nil {
				kept = append(kept, counts[j])
			}
		}
	}
	return a.notNull, a.notNullRows, kept
}

func (a *distinct) PartialTypes() []types.Type { return []types.Type{a.set.partialType()} }

func (a *distinct) Partial(ids []int32) []*vec.Vec { return []*vec.Vec{a.set.partial(ids)} }

func (a *distinct) Result(ids []int32) (*vec.Vec, error) { return a.inner.Result(ids) }

func (a *distinct) Reset(ids []int32) {
	for _, id := range ids {
		a.set.reset(id)
	}
	a.inner.Reset(ids)
}

func (a *distinct) Bytes() int64 { return a.inner.Bytes() + a.set.bytes() }
