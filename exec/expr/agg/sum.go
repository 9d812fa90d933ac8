package agg

import (
	"unsafe"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/types"
)

var sumEntries = []*Entry{
	{
		Function: function("SUM([ALL | DISTINCT] number)", "the sum of the numbers; NULL if there is none",
			append(example("SUM(x)", "5"), example("SUM(DISTINCT x)", "3")...), inferSum("SUM", false)),
		New: func(c Config) (Acc, error) { return newSum(c, sumOrNull), nil },
	},
	{
		Function: function("$SUM0([ALL | DISTINCT] number)", "the sum of the numbers; 0 if there is none",
			example("$SUM0(x)", "5"), inferSum("$SUM0", true), "SUM0"),
		New: func(c Config) (Acc, error) { return newSum(c, sumOrZero), nil },
	},
	{
		Function: function("AVG([ALL | DISTINCT] number)",
			"the average of the numbers, of whole numbers cut to a whole one; NULL if there is none",
			example("AVG(x)", "1"),
			func(c catalog.Call) (catalog.Resolved, error) {
				t, err := numericArg("AVG", c)
				if err != nil {
					return catalog.Resolved{}, err
				}
				return sameArgs(c, averageType(t))
			}),
		New: func(c Config) (Acc, error) { return newSum(c, average), nil },
	},
}

func inferSum(name string, notNull bool) func(catalog.Call) (catalog.Resolved, error) {
	return func(c catalog.Call) (catalog.Resolved, error) {
		t, err := numericArg(name, c)
		if err != nil {
			return catalog.Resolved{}, err
		}
		if t.Kind == types.Decimal {
			t = types.NewDecimal(types.MaxDecimalPrecision, t.Scale).WithNull(t.Nullable)
		}
		if notNull {
			t = t.NotNull()
		}
		return sameArgs(c, t)
	}
}

// averageType is the type of AVG and of the variances.
func averageType(t types.Type) types.Type {
	if t.Kind == types.Decimal {
		return types.NewDecimal(types.MaxDecimalPrecision, max(6, t.Scale)).WithNull(t.Nullable)
	}
	return t
}

// finish says what a sum and a count become.
type finish uint8

const (
	sumOrNull finish = iota
	sumOrZero
	average
)

// newSum makes SUM, $SUM0 or AVG. Whole numbers are summed in 64 bits: cut to the
// result's width that is the same as wrapping around in it. FLOAT is summed in
// FLOAT by SUM and in DOUBLE by AVG, as in Flink.
func newSum(c Config, f finish) Acc {
	t := c.Args[0]
	switch t.Kind {
	case types.TinyInt:
		return wholeSum[int8]{&sum[int8, int64]{kind: f, res: c.Result, part: types.Int64.NotNull()}}
	case types.SmallInt:
		return wholeSum[int16]{&sum[int16, int64]{kind: f, res: c.Result, part: types.Int64.NotNull()}}
	case types.Integer:
		return wholeSum[int32]{&sum[int32, int64]{kind: f, res: c.Result, part: types.Int64.NotNull()}}
	case types.BigInt:
		return wholeSum[int64]{&sum[int64, int64]{kind: f, res: c.Result, part: types.Int64.NotNull()}}
	case types.Float:
		if f == average {
			return &sum[float32, float64]{kind: f, res: c.Result, part: types.Float64.NotNull()}
		}
		return &sum[float32, float32]{kind: f, res: c.Result, part: types.Float32.NotNull()}
	case types.Double:
		return &sum[float64, float64]{kind: f, res: c.Result, part: types.Float64.NotNull()}
	default:
		return newDecimalSum(c, f)
	}
}

// sum adds values of Go type T up in S. Its partial is the sum and the number of
// values. Both may be below zero or out of step while retractions run ahead of
// their additions in a local aggregation; the count alone decides about NULL.
type sum[T, S number] struct {
	kind  finish
	res   types.Type // its Go type is T
	part  types.Type // its Go type is S
	cells []sumCell[S]
}

// sumCell keeps what a row touches in one cache line.
type sumCell[S number] struct {
	sum S
	n   int64
}

func (a *sum[T, S]) Grow(n int) { a.cells = growTo(a.cells, n) }

func (a *sum[T, S]) Add(ids []int32, args []*vec.Vec, rows []int32) {
	v := args[0]
	if rows == nil && v.Valid == nil {
		addSum(a.cells, ids, vec.Slice[T](v))
		return
	}
	addSumSelected(a.cells, ids, vec.Slice[T](v), v.Valid, rows, 1)
}

func (a *sum[T, S]) Retract(ids []int32, args []*vec.Vec, rows []int32) {
	addSumSelected(a.cells, ids, vec.Slice[T](args[0]), args[0].Valid, rows, -1)
}

// addSum adds every row.
func addSum[T, S number](cells []sumCell[S], ids []int32, vals []T) {
	vals = vals[:len(ids)]
	for i, id := range ids {
		c := &cells[id]
		c.sum += S(vals[i])
		c.n++
	}
}

// addSumSelected adds (by 1) or takes back (by -1) the selected rows that are not NULL.
func addSumSelected[T, S number](cells []sumCell[S], ids []int32, vals []T, valid vec.Bitmap, rows []int32, by int64) {
	if rows == nil {
		for i, id := range ids {
			if valid == nil || valid.Get(i) {
				c := &cells[id]
				c.sum += S(vals[i]) * S(by)
				c.n += by
			}
		}
		return
	}
	for j, id := range ids {
		if r := int(rows[j]); valid == nil || valid.Get(r) {
			c := &cells[id]
			c.sum += S(vals[r]) * S(by)
			c.n += by
		}
	}
}

func (a *sum[T, S]) Merge(ids []int32, partial []*vec.Vec) {
	sums, ns := vec.Slice[S](partial[0]), partial[1].Int64s()
	for j, id := range ids {
		c := &a.cells[id]
		c.sum += sums[j]
		c.n += ns[j]
	}
}

func (a *sum[T, S]) PartialTypes() []types.Type { return []types.Type{a.part, countType} }

func (a *sum[T, S]) Partial(ids []int32) []*vec.Vec {
	sums, ns := make([]S, len(ids)), make([]int64, len(ids))
	for j, id := range ids {
		sums[j], ns[j] = a.cells[id].sum, a.cells[id].n
	}
	return []*vec.Vec{vec.FromSlice(a.part, sums, nil), vec.FromSlice(countType, ns, nil)}
}

func (a *sum[T, S]) Result(ids []int32) (*vec.Vec, error) {
	out := vec.New(a.res, len(ids))
	vals := vec.Slice[T](out)
	for j, id := range ids {
		a.put(out, vals, j, a.cells[id])
	}
	return out, nil
}

func (a *sum[T, S]) Reset(ids []int32) {
	for _, id := range ids {
		a.cells[id] = sumCell[S]{}
	}
}

func (a *sum[T, S]) Bytes() int64 {
	return int64(cap(a.cells)) * int64(unsafe.Sizeof(sumCell[S]{}))
}

// wholeSum is a sum of whole numbers: values can be taken out again.
type wholeSum[T number] struct{ *sum[T, int64] }

// Unmerge takes sums and counts out again.
func (a wholeSum[T]) Unmerge(ids []int32, partial []*vec.Vec) {
	sums, ns := partial[0].Int64s(), partial[1].Int64s()
	for j, id := range ids {
		c := &a.cells[id]
		c.sum -= sums[j]
		c.n -= ns[j]
	}
}
