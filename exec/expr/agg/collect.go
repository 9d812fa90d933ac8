package agg

import (
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/types"
)

var collectEntries = []*Entry{{
	Function: function("COLLECT([ALL | DISTINCT] value)",
		"the multiset of the values that are not NULL; empty if there is none",
		example("COLLECT(x)", "{1=1, 2=2}"), func(c catalog.Call) (catalog.Resolved, error) {
			if err := arity("COLLECT", c, 1, 1); err != nil {
				return catalog.Resolved{}, err
			}
			return sameArgs(c, types.NewMultiset(c.Args[0].WithAttr(types.NoTimeAttr)).NotNull())
		}),
	New: func(c Config) (Acc, error) { return &collect{t: c.Result, set: newMultiset(c.Args)}, nil },
}}

// collect is COLLECT. Its partial is the multiset with counts of 64 bits.
type collect struct {
	t   types.Type
	set *multiset
	ids []int32 // scratch
	sel []int32 // scratch
}

func (a *collect) Grow(n int) { a.set.grow(n) }

func (a *collect) Add(ids []int32, args []*vec.Vec, rows []int32) { a.apply(ids, args, rows, 1) }

func (a *collect) Retract(ids []int32, args []*vec.Vec, rows []int32) { a.apply(ids, args, rows, -1) }

func (a *collect) apply(ids []int32, args []*vec.Vec, rows []int32, by int64) {
	if valid := validOf(args); valid != nil {
		a.ids, a.sel = a.ids[:0], a.sel[:0]
		for j, id := range ids {
			if r := rowAt(rows, j); valid.Get(int(r)) {
				a.ids, a.sel = append(a.ids, id), append(a.sel, r)
			}
		}
		ids, rows = a.ids, a.sel
	}
	for _, e := range a.set.find(ids, args, rows) {
		a.set.add(e, by)
	}
	a.set.sweep(nil)
}

func (a *collect) Merge(ids []int32, partial []*vec.Vec) {
	groups, args, counts := a.set.unfold(ids, partial[0])
	for j, e := range a.set.find(groups, args, nil) {
		a.set.add(e, counts[j])
	}
	a.set.sweep(nil)
}

func (a *collect) PartialTypes() []types.Type { return []types.Type{a.set.partialType()} }

func (a *collect) Partial(ids []int32) []*vec.Vec { return []*vec.Vec{a.set.partial(ids)} }

func (a *collect) Result(ids []int32) (*vec.Vec, error) {
	off := make([]int32, 1, len(ids)+1)
	var entries []int32
	for _, id := range ids {
		a.set.each(id, func(e int32) {
			if a.set.count[e] > 0 {
				entries = append(entries, e)
			}
		})
		off = append(off, int32(len(entries)))
	}
	values := a.set.values(entries)
	order, counts := make([]int32, 0, len(entries)), make([]int32, 0, len(entries))
	for g := range ids {
		lo := int(off[g])
		for _, i := range vec.HashOrder(int(off[g+1])-lo, 16, func(i int) int32 { return vec.HashCode(values, lo+i) }) {
			order = append(order, int32(lo+i))
			counts = append(counts, int32(a.set.count[entries[lo+i]]))
		}
	}
	key, value := vec.MapTypes(a.t)
	return &vec.Vec{Type: a.t, Len: len(ids), Off: off,
		Kids: []*vec.Vec{vec.Take(values, order).As(key), vec.FromSlice(value, counts, nil)}}, nil
}

func (a *collect) Reset(ids []int32) {
	for _, id := range ids {
		a.set.reset(id)
	}
}

func (a *collect) Bytes() int64 { return a.set.bytes() }
