package agg

import (
	"unsafe"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// decimalSum is SUM, $SUM0 and AVG of DECIMAL, summed as DECIMAL(38, s). As in
// Flink a sum of more than 38 digits is NULL; SUM then starts again with the next
// value, AVG stays NULL. Its partial is the sum, NULL after an overflow, and the
// number of values.
type decimalSum struct {
	kind  finish
	res   types.Type
	scale int // of the argument
	cells []decimalCell
}

type decimalCell struct {
	sum  vec.Decimal
	n    int64
	over bool
}

func newDecimalSum(c Config, f finish) *decimalSum {
	return &decimalSum{kind: f, res: c.Result, scale: c.Args[0].Scale}
}

func (a *decimalSum) Grow(n int) { a.cells = growTo(a.cells, n) }

func (a *decimalSum) Add(ids []int32, args []*vec.Vec, rows []int32) {
	a.add(ids, args[0], rows, false)
}

func (a *decimalSum) Retract(ids []int32, args []*vec.Vec, rows []int32) {
	a.add(ids, args[0], rows, true)
}

func (a *decimalSum) add(ids []int32, v *vec.Vec, rows []int32, retract bool) {
	by := int64(1)
	if retract {
		by = -1
	}
	if v.Phys() == vec.PhysI64 {
		vals := v.Int64s()
		for j, id := range ids {
			if r := int(rowAt(rows, j)); !v.IsNull(r) {
				a.plus(&a.cells[id], vec.DecimalOf(by*vals[r]), by)
			}
		}
		return
	}
	vals := v.Decimals()
	for j, id := range ids {
		if r := int(rowAt(rows, j)); !v.IsNull(r) {
			x := vals[r]
			if retract {
				x = x.Negate()
			}
			a.plus(&a.cells[id], x, by)
		}
	}
}

// plus adds a value, and by to the count.
func (a *decimalSum) plus(c *decimalCell, x vec.Decimal, by int64) {
	c.n += by
	if c.over {
		if a.kind == average {
			return
		}
		c.sum, c.over = vec.Decimal{}, false
	}
	sum, ok := vec.AddDecimal(c.sum, x)
	c.sum, c.over = sum, !ok
}

func (a *decimalSum) Merge(ids []int32, partial []*vec.Vec) {
	sums, ns := partial[0].Decimals(), partial[1].Int64s()
	for j, id := range ids {
		c := &a.cells[id]
		switch {
		case !partial[0].IsNull(j):
			a.plus(c, sums[j], ns[j])
		default:
			c.n += ns[j]
			c.over = c.over || a.kind == average
		}
	}
}

func (a *decimalSum) sumType() types.Type {
	return types.NewDecimal(types.MaxDecimalPrecision, a.scale)
}

func (a *decimalSum) PartialTypes() []types.Type { return []types.Type{a.sumType(), countType} }

func (a *decimalSum) Partial(ids []int32) []*vec.Vec {
	sums, ns := vec.New(a.sumType(), len(ids)), make([]int64, len(ids))
	for j, id := range ids {
		c := &a.cells[id]
		ns[j] = c.n
		if sums.Decimals()[j] = c.sum; c.over {
			sums.SetNull(j)
		}
	}
	return []*vec.Vec{sums, vec.FromSlice(countType, ns, nil)}
}

func (a *decimalSum) Result(ids []int32) (*vec.Vec, error) {
	out := vec.New(a.res, len(ids))
	vals := out.Decimals()
	for j, id := range ids {
		c := &a.cells[id]
		switch {
		case c.n == 0 && a.kind == sumOrZero:
		case c.n == 0 || c.over:
			out.SetNull(j)
		case a.kind == average:
			q, ok := vec.DivideDecimal(c.sum, c.n, a.res.Scale-a.scale)
			if vals[j] = q; !ok {
				out.SetNull(j)
			}
		default:
			vals[j] = c.sum
		}
	}
	return out, nil
}

func (a *decimalSum) Reset(ids []int32) {
	for _, id := range ids {
		a.cells[id] = decimalCell{}
	}
}

func (a *decimalSum) Bytes() int64 {
	return int64(cap(a.cells)) * int64(unsafe.Sizeof(decimalCell{}))
}
