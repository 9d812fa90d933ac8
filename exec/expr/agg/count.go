package agg

import (
	"fmt"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/types"
)

var countEntries = []*Entry{{
	Function: function("COUNT(*)\nCOUNT([ALL | DISTINCT] value)",
		"the number of rows, or of rows in which the value is not NULL",
		append(example("COUNT(*)", "4"), example("COUNT(DISTINCT x)", "2")...),
		func(c catalog.Call) (catalog.Resolved, error) {
			if len(c.Args) > 1 {
				return catalog.Resolved{}, fmt.Errorf("COUNT takes one value; to count distinct combinations, COUNT(DISTINCT ROW(a, b))")
			}
			return sameArgs(c, types.Int64.NotNull())
		}),
	New: func(c Config) (Acc, error) { return &count{}, nil },
}}

// count is COUNT(*) and COUNT(x). Its partial is the count.
type count struct{ n []int64 }

func (a *count) Grow(n int) { a.n = growTo(a.n, n) }

func (a *count) Add(ids []int32, args []*vec.Vec, rows []int32) {
	addCount(a.n, ids, validOf(args), rows, 1)
}

func (a *count) Retract(ids []int32, args []*vec.Vec, rows []int32) {
	addCount(a.n, ids, validOf(args), rows, -1)
}

// addCount adds by to the groups of rows that are valid; a nil valid is all of them.
func addCount(n []int64, ids []int32, valid vec.Bitmap, rows []int32, by int64) {
	switch {
	case valid == nil:
		for _, id := range ids {
			n[id] += by
		}
	case rows == nil:
		for i, id := range ids {
			n[id] += by & -int64(valid[i>>3]>>(i&7)&1)
		}
	default:
		for j, id := range ids {
			r := rows[j]
			n[id] += by & -int64(valid[r>>3]>>(r&7)&1)
		}
	}
}

func (a *count) Merge(ids []int32, partial []*vec.Vec) {
	for j, x := range partial[0].Int64s() {
		a.n[ids[j]] += x
	}
}

// Unmerge takes counts out again.
func (a *count) Unmerge(ids []int32, partial []*vec.Vec) {
	for j, x := range partial[0].Int64s() {
		a.n[ids[j]] -= x
	}
}

func (a *count) PartialTypes() []types.Type { return []types.Type{countType} }

func (a *count) Partial(ids []int32) []*vec.Vec {
	out := make([]int64, len(ids))
	for j, id := range ids {
		out[j] = a.n[id]
	}
	return []*vec.Vec{vec.FromSlice(countType, out, nil)}
}

func (a *count) Result(ids []int32) (*vec.Vec, error) { return a.Partial(ids)[0], nil }

func (a *count) Reset(ids []int32) {
	for _, id := range ids {
		a.n[id] = 0
	}
}

func (a *count) Bytes() int64 { return int64(cap(a.n)) * 8 }
