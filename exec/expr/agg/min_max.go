package agg

import (
	"bytes"
	"unsafe"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/types"
)

var minMaxEntries = []*Entry{extremeEntry("MIN", "smallest", "1"), extremeEntry("MAX", "greatest", "2")}

func extremeEntry(name, adjective, shown string) *Entry {
	return &Entry{
		Function: function(name+"([ALL | DISTINCT] value)", "the "+adjective+" value; NULL if there is none",
			example(name+"(x)", shown), func(c catalog.Call) (catalog.Resolved, error) {
				t, err := orderedArg(name, c)
				if err != nil {
					return catalog.Resolved{}, err
				}
				return sameArgs(c, t)
			}),
		New:         func(c Config) (Acc, error) { return newExtreme(c, name == "MAX"), nil },
		OwnDistinct: true, // the same with and without
	}
}

// newExtreme makes MIN or MAX. Among floats a value replaces the extreme only if it
// compares less (greater), so that NaN stays once it is first and -0 equals 0: as in
// Flink, and independent of order but for these two.
func newExtreme(c Config, greatest bool) Acc {
	t := c.Args[0]
	switch p := vec.PhysOf(t); {
	case c.Retract:
		return newExtremeSet(c, greatest)
	case p == vec.PhysBool || p == vec.PhysI8:
		return &extreme[int8]{t: t.Null(), max: greatest}
	case p == vec.PhysI16:
		return &extreme[int16]{t: t.Null(), max: greatest}
	case p == vec.PhysI32:
		return &extreme[int32]{t: t.Null(), max: greatest}
	case p == vec.PhysI64:
		return &extreme[int64]{t: t.Null(), max: greatest}
	case p == vec.PhysF32:
		return &extreme[float32]{t: t.Null(), max: greatest}
	case p == vec.PhysF64:
		return &extreme[float64]{t: t.Null(), max: greatest}
	case p == vec.PhysDec:
		return &extremeDecimal{t: t.Null(), max: greatest}
	default:
		return &extremeBytes{t: t.Null(), max: greatest}
	}
}

// extreme is MIN or MAX of numbers that are only added. Its partial is the value,
// NULL if there is none.
type extreme[T number] struct {
	t     types.Type
	max   bool
	cells []extremeCell[T]
}

type extremeCell[T any] struct {
	v  T
	ok bool
}

func (a *extreme[T]) Grow(n int) { a.cells = growTo(a.cells, n) }

func (a *extreme[T]) Add(ids []int32, args []*vec.Vec, rows []int32) {
	v := args[0]
	vals := vec.Slice[T](v)
	switch {
	case rows != nil || v.Valid != nil:
		a.addSelected(ids, vals, v.Valid, rows)
	case a.max:
		addMax(a.cells, ids, vals)
	default:
		addMin(a.cells, ids, vals)
	}
}

func addMin[T number](cells []extremeCell[T], ids []int32, vals []T) {
	vals = vals[:len(ids)]
	for i, id := range ids {
		if c := &cells[id]; vals[i] < c.v || !c.ok {
			*c = extremeCell[T]{vals[i], true}
		}
	}
}

func addMax[T number](cells []extremeCell[T], ids []int32, vals []T) {
	vals = vals[:len(ids)]
	for i, id := range ids {
		if c := &cells[id]; vals[i] > c.v || !c.ok {
			*c = extremeCell[T]{vals[i], true}
		}
	}
}

func (a *extreme[T]) addSelected(ids []int32, vals []T, valid vec.Bitmap, rows []int32) {
	for j, id := range ids {
		r := int(rowAt(rows, j))
		if valid != nil && !valid.Get(r) {
			continue
		}
		if c, x := &a.cells[id], vals[r]; !c.ok || a.max && x > c.v || !a.max && x < c.v {
			*c = extremeCell[T]{x, true}
		}
	}
}

func (a *extreme[T]) Retract([]int32, []*vec.Vec, []int32) { noRetract() }

func (a *extreme[T]) Merge(ids []int32, partial []*vec.Vec) { a.Add(ids, partial, nil) }

func (a *extreme[T]) PartialTypes() []types.Type { return []types.Type{a.t} }

func (a *extreme[T]) Partial(ids []int32) []*vec.Vec {
	out := vec.New(a.t, len(ids))
	vals := vec.Slice[T](out)
	for j, id := range ids {
		c := a.cells[id]
		if vals[j] = c.v; !c.ok {
			out.SetNull(j)
		}
	}
	return []*vec.Vec{out}
}

func (a *extreme[T]) Result(ids []int32) (*vec.Vec, error) { return a.Partial(ids)[0], nil }

func (a *extreme[T]) Reset(ids []int32) {
	for _, id := range ids {
		a.cells[id] = extremeCell[T]{}
	}
}

func (a *extreme[T]) Bytes() int64 {
	return int64(cap(a.cells)) * int64(unsafe.Sizeof(extremeCell[T]{}))
}

// extremeDecimal is extreme for wide DECIMAL.
type extremeDecimal struct {
	t     types.Type
	max   bool
	cells []extremeCell[vec.Decimal]
}

func (a *extremeDecimal) Grow(n int) { a.cells = growTo(a.cells, n) }

func (a *extremeDecimal) Add(ids []int32, args []*vec.Vec, rows []int32) {
	vals := args[0].Decimals()
	for j, id := range ids {
		r := int(rowAt(rows, j))
		if args[0].IsNull(r) {
			continue
		}
		if c, x := &a.cells[id], vals[r]; !c.ok || x.Less(c.v) != a.max && x != c.v {
			*c = extremeCell[vec.Decimal]{x, true}
		}
	}
}

func (a *extremeDecimal) Retract([]int32, []*vec.Vec, []int32) { noRetract() }

func (a *extremeDecimal) Merge(ids []int32, partial []*vec.Vec) { a.Add(ids, partial, nil) }

func (a *extremeDecimal) PartialTypes() []types.Type { return []types.Type{a.t} }

func (a *extremeDecimal) Partial(ids []int32) []*vec.Vec {
	out := vec.New(a.t, len(ids))
	for j, id := range ids {
		c := a.cells[id]
		if out.Decimals()[j] = c.v; !c.ok {
			out.SetNull(j)
		}
	}
	return []*vec.Vec{out}
}

func (a *extremeDecimal) Result(ids []int32) (*vec.Vec, error) { return a.Partial(ids)[0], nil }

func (a *extremeDecimal) Reset(ids []int32) {
	for _, id := range ids {
		a.cells[id] = extremeCell[vec.Decimal]{}
	}
}

func (a *extremeDecimal) Bytes() int64 { return int64(cap(a.cells)) * 32 }

// extremeBytes is extreme for strings, ordered by their bytes.
type extremeBytes struct {
	t     types.Type
	max   bool
	cells [][]byte // nil: none
	size  int64
}

func (a *extremeBytes) Grow(n int) { a.cells = growTo(a.cells, n) }

func (a *extremeBytes) Add(ids []int32, args []*vec.Vec, rows []int32) {
	v := args[0]
	for j, id := range ids {
		r := int(rowAt(rows, j))
		if v.IsNull(r) {
			continue
		}
		x, c := v.BytesAt(r), a.cells[id]
		if c != nil {
			if d := bytes.Compare(x, c); d == 0 || (d > 0) != a.max {
				continue
			}
		}
		before := cap(c)
		if c = append(c[:0], x...); c == nil {
			c = []byte{}
		}
		a.size += int64(cap(c) - before)
		a.cells[id] = c
	}
}

func (a *extremeBytes) Retract([]int32, []*vec.Vec, []int32) { noRetract() }

func (a *extremeBytes) Merge(ids []int32, partial []*vec.Vec) { a.Add(ids, partial, nil) }

func (a *extremeBytes) PartialTypes() []types.Type { return []types.Type{a.t} }

func (a *extremeBytes) Partial(ids []int32) []*vec.Vec {
	b := vec.NewBuilder(a.t, len(ids))
	for _, id := range ids {
		if c := a.cells[id]; c == nil {
			b.Null()
		} else {
			b.Bytes(c)
		}
	}
	return []*vec.Vec{b.Finish()}
}

func (a *extremeBytes) Result(ids []int32) (*vec.Vec, error) { return a.Partial(ids)[0], nil }

func (a *extremeBytes) Reset(ids []int32) {
	for _, id := range ids {
		a.size -= int64(cap(a.cells[id]))
		a.cells[id] = nil
	}
}

func (a *extremeBytes) Bytes() int64 { return int64(cap(a.cells))*24 + a.size }

// noRetract is a call the planner must never make.
func noRetract() { panic("an accumulator made without retraction is asked to retract") }
