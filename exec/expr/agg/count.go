package agg

import (
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/types"
)

var countEntries = []*Entry{{
	Function: catalog.Function{
		Name: "COUNT", Kind: catalog.AggregateFunction, Category: "aggregate",
		Signatures: []string{"COUNT(*)", "COUNT([ALL | DISTINCT] value [, value ...])"},
		Summary:    "the number of rows, or of rows in which no argument is NULL",
		Examples:   []catalog.Example{{SQL: "SELECT COUNT(*) FROM (VALUES (1), (2)) T(x)", Result: "2"}},
		Infer: func(c catalog.Call) (catalog.Resolved, error) {
			return catalog.Resolved{Args: c.Args, Result: types.Int64.NotNull()}, nil
		},
	},
	NotNull: true,
	New:     func(c Config) (Acc, error) { return &count{}, nil },
}}

// count is COUNT(*) and COUNT(x, …).
type count struct{ n []int64 }

func (a *count) Grow(n int) { a.n = growTo(a.n, n) }

func (a *count) Add(ids []int32, args []*vec.Vec, rows []int32) { a.add(ids, args, rows, 1) }

func (a *count) Retract(ids []int32, args []*vec.Vec, rows []int32) { a.add(ids, args, rows, -1) }

func (a *count) add(ids []int32, args []*vec.Vec, rows []int32, by int64) {
	var valid vec.Bitmap
	for _, v := range args {
		valid = vec.And(valid, v.Valid, v.Len)
	}
	for j, id := range ids {
		if valid == nil || valid.Get(int(rowAt(rows, j))) {
			a.n[id] += by
		}
	}
}

func (a *count) Merge(ids []int32, partial []*vec.Vec) {
	p := partial[0].Int64s()
	for j, id := range ids {
		a.n[id] += p[j]
	}
}

func (a *count) PartialTypes() []types.Type { return []types.Type{types.Int64.NotNull()} }

func (a *count) Partial(ids []int32) []*vec.Vec {
	out := make([]int64, len(ids))
	for j, id := range ids {
		out[j] = a.n[id]
	}
	return []*vec.Vec{vec.FromSlice(types.Int64.NotNull(), out, nil)}
}

func (a *count) Result(ids []int32) (*vec.Vec, error) { return a.Partial(ids)[0], nil }

func (a *count) Reset(ids []int32) {
	for _, id := range ids {
		a.n[id] = 0
	}
}

func (a *count) Bytes() int64 { return int64(cap(a.n)) * 8 }
