package agg

import (
	"cmp"
	"math"
	"slices"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/types"
)

var percentileEntries = []*Entry{{
	Function: function("PERCENTILE(number, share [, frequency])",
		"the number below which a share (0 to 1, or an array of shares) of all numbers lies, interpolated",
		[]catalog.Example{{SQL: "SELECT PERCENTILE(x, 0.5) FROM (VALUES (1), (2), (3), (4)) T(x)", Result: "2.5"}}, inferPercentile),
	New: func(c Config) (Acc, error) { return newPercentile(c), nil },
}}

func inferPercentile(c catalog.Call) (catalog.Resolved, error) {
	if err := arity("PERCENTILE", c, 2, 3); err != nil {
		return catalog.Resolved{}, err
	}
	if !c.Args[0].IsNumeric() {
		return catalog.Resolved{}, refuse("PERCENTILE", c.Args[0], "a number")
	}
	args := []types.Type{types.Float64.WithNull(c.Args[0].Nullable), types.Float64.NotNull()}
	res := types.Float64
	if share := c.Args[1]; share.Kind == types.Array && share.Elem.IsNumeric() {
		args[1] = types.NewArray(types.Float64).WithNull(share.Nullable)
		res = types.NewArray(types.Float64)
	} else if !share.IsNumeric() {
		return catalog.Resolved{}, refuse("PERCENTILE", share, "a number or an array of numbers as its share")
	}
	if len(c.Args) == 3 {
		if !c.Args[2].IsInteger() {
			return catalog.Resolved{}, refuse("PERCENTILE", c.Args[2], "a whole number as its frequency")
		}
		args = append(args, types.Int64.WithNull(c.Args[2].Nullable))
	}
	return catalog.Resolved{Args: args, Result: res.WithNull(c.Args[0].Nullable)}, nil
}

// percentile is PERCENTILE over the multiset of (number, share), the share being
// the same in all rows of a group. A row counts as often as its frequency says,
// not at all if that is not above zero. Its partial is the multiset.
type percentile struct {
	t         types.Type
	frequency bool
	set       *multiset
	ids, sel  []int32 // scratch
	by        []int64 // scratch
}

func newPercentile(c Config) *percentile {
	return &percentile{t: c.Result.Null(), frequency: len(c.Args) == 3, set: newMultiset(c.Args[:2])}
}

func (a *percentile) Grow(n int) { a.set.grow(n) }

func (a *percentile) Add(ids []int32, args []*vec.Vec, rows []int32) { a.apply(ids, args, rows, 1) }

func (a *percentile) Retract(ids []int32, args []*vec.Vec, rows []int32) {
	a.apply(ids, args, rows, -1)
}

func (a *percentile) apply(ids []int32, args []*vec.Vec, rows []int32, sign int64) {
	a.ids, a.sel, a.by = a.ids[:0], a.sel[:0], a.by[:0]
	for j, id := range ids {
		r, by := rowAt(rows, j), int64(1)
		if a.frequency {
			if by = args[2].Int64s()[r]; args[2].IsNull(int(r)) || by <= 0 {
				continue
			}
		}
		if !args[0].IsNull(int(r)) {
			a.ids, a.sel, a.by = append(a.ids, id), append(a.sel, r), append(a.by, sign*by)
		}
	}
	for j, e := range a.set.find(a.ids, args[:2], a.sel) {
		a.set.add(e, a.by[j])
	}
	a.set.sweep(nil)
}

func (a *percentile) Merge(ids []int32, partial []*vec.Vec) {
	groups, args, counts := a.set.unfold(ids, partial[0])
	for j, e := range a.set.find(groups, args, nil) {
		a.set.add(e, counts[j])
	}
	a.set.sweep(nil)
}

func (a *percentile) PartialTypes() []types.Type { return []types.Type{a.set.partialType()} }

func (a *percentile) Partial(ids []int32) []*vec.Vec { return []*vec.Vec{a.set.partial(ids)} }

// weighted is a number and how often it comes.
type weighted struct {
	x float64
	n int64
}

func (a *percentile) Result(ids []int32) (*vec.Vec, error) {
	out := vec.NewBuilder(a.t, len(ids))
	for _, id := range ids {
		var entries []int32
		a.set.each(id, func(e int32) {
			if a.set.count[e] > 0 {
				entries = append(entries, e)
			}
		})
		if len(entries) == 0 {
			out.Null()
			continue
		}
		cols := a.set.table.Keys(entries)[1:]
		numbers := make([]weighted, len(entries))
		for j, e := range entries {
			numbers[j] = weighted{cols[0].Float64s()[j], a.set.count[e]}
		}
		slices.SortFunc(numbers, func(x, y weighted) int { return cmp.Compare(x.x, y.x) })
		if a.t.Kind != types.Array {
			out.Float64(share(numbers, cols[1].Float64s()[0]))
			continue
		}
		shares := cols[1]
		for k := shares.Off[0]; k < shares.Off[1]; k++ {
			out.Kid(0).Float64(share(numbers, shares.Kids[0].Float64s()[k]))
		}
		out.EndList()
	}
	return out.Finish(), nil
}

// share gives the number at position p*(n-1) of the sorted numbers, between two of
// them by distance.
func share(numbers []weighted, p float64) float64 {
	n := int64(0)
	for _, w := range numbers {
		n += w.n
	}
	at := math.Min(math.Max(p, 0), 1) * float64(n-1)
	below := math.Floor(at)
	lo, hi := nth(numbers, int64(below)), nth(numbers, int64(math.Ceil(at)))
	return lo + (at-below)*(hi-lo)
}

func nth(numbers []weighted, k int64) float64 {
	for _, w := range numbers {
		if k -= w.n; k < 0 {
			return w.x
		}
	}
	return numbers[len(numbers)-1].x
}

func (a *percentile) Reset(ids []int32) {
	for _, id := range ids {
		a.set.reset(id)
	}
}

func (a *percentile) Bytes() int64 { return a.set.bytes() }
