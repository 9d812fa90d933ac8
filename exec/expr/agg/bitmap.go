package agg

import (
	"github.com/weir-sql/weir/exec/expr/bitmap"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

// bitmapKind is how an aggregate joins what it is given.
type bitmapKind uint8

const (
	bitmapBuild bitmapKind = iota // numbers
	bitmapOr                      // bitmaps
	bitmapAnd
	bitmapXor
)

// bitmapEntries are the aggregates of bitmaps, by the names that Flink 2.3 has for them.
var bitmapEntries = []*Entry{
	bitmapEntry(bitmapBuild, "BITMAP_BUILD_AGG(number)", "the bitmap of the numbers that are not NULL; NULL if there is none", "{1,2}"),
	bitmapEntry(bitmapOr, "BITMAP_OR_AGG(bitmap)", "the numbers that are in one of the bitmaps; NULL if there is no bitmap", "{1,2}"),
	bitmapEntry(bitmapAnd, "BITMAP_AND_AGG(bitmap)", "the numbers that are in all of the bitmaps; NULL if there is no bitmap", "{}"),
	bitmapEntry(bitmapXor, "BITMAP_XOR_AGG(bitmap)", "the numbers that are in an odd number of the bitmaps; NULL if there is no bitmap", "{1}"),
	bitmapEntry(bitmapBuild, "BITMAP_BUILD_CARDINALITY_AGG(number)", "how many different numbers there are; NULL if there is none", "2"),
	bitmapEntry(bitmapOr, "BITMAP_OR_CARDINALITY_AGG(bitmap)", "how many numbers BITMAP_OR_AGG has", "2"),
	bitmapEntry(bitmapAnd, "BITMAP_AND_CARDINALITY_AGG(bitmap)", "how many numbers BITMAP_AND_AGG has", "0"),
	bitmapEntry(bitmapXor, "BITMAP_XOR_CARDINALITY_AGG(bitmap)", "how many numbers BITMAP_XOR_AGG has", "1"),
}

func bitmapEntry(kind bitmapKind, signature, summary, example string) *Entry {
	e := &Entry{OwnDistinct: kind != bitmapXor}
	arg, result := "BITMAP_BUILD(ARRAY[x])", types.Bytes
	if kind == bitmapBuild {
		arg = "x"
	}
	e.Function = function(signature, summary, nil, func(c catalog.Call) (catalog.Resolved, error) {
		if err := arity(e.Name, c, 1, 1); err != nil {
			return catalog.Resolved{}, err
		}
		t := c.Args[0]
		switch {
		case kind == bitmapBuild && !t.In(types.TinyInt, types.SmallInt, types.Integer):
			return catalog.Resolved{}, refuse(e.Name, t, "an INT")
		case kind != bitmapBuild && !t.IsBinary():
			return catalog.Resolved{}, refuse(e.Name, t, "a bitmap (BYTES)")
		case kind == bitmapBuild:
			t = types.Int32.WithNull(t.Nullable)
		}
		return catalog.Resolved{Args: []types.Type{t}, Result: result.Null()}, nil
	})
	call := e.Name + "(" + arg + ")"
	if len(e.Name) > 16 && e.Name[len(e.Name)-16:] == "_CARDINALITY_AGG" {
		result = types.Int64
	} else {
		call = "BITMAP_TO_STRING(" + call + ")"
	}
	e.Examples = []catalog.Example{{SQL: "SELECT " + call + " FROM (VALUES (1), (2), (2), (CAST(NULL AS INT))) T(x)", Result: example}}
	if kind != bitmapBuild { // BITMAP_BUILD(ARRAY[NULL]) is empty, not NULL
		e.Examples[0].SQL = "SELECT " + call + " FROM (VALUES (1), (2), (2)) T(x)"
	}
	e.New = func(c Config) (Acc, error) {
		if c.Retract && kind != bitmapXor {
			return &bitmapCounts{kind: kind, name: e.Name, result: c.Result, set: newMultiset([]types.Type{types.Int32})}, nil
		}
		return &bitmapSets{kind: kind, name: e.Name, result: c.Result}, nil
	}
	return e
}

// bitmapSets is an aggregate of bitmaps whose rows are only added, or that can take rows
// back by adding them again (XOR). Its partial is the number of rows and the bitmap.
type bitmapSets struct {
	kind   bitmapKind
	name   string
	result types.Type
	cells  []bitmapCell
	size   int64
}

type bitmapCell struct {
	set *bitmap.Set // nil without rows
	n   int64       // rows
	bad []byte      // bytes that are no bitmap
}

func (a *bitmapSets) Grow(n int) { a.cells = growTo(a.cells, n) }

func (a *bitmapSets) Add(ids []int32, args []*vec.Vec, rows []int32) { a.change(ids, args[0], rows, 1) }

func (a *bitmapSets) Retract(ids []int32, args []*vec.Vec, rows []int32) {
	a.change(ids, args[0], rows, -1)
}

func (a *bitmapSets) change(ids []int32, v *vec.Vec, rows []int32, by int64) {
	for j, id := range ids {
		r := int(rowAt(rows, j))
		if v.IsNull(r) {
			continue
		}
		c := &a.cells[id]
		if a.kind == bitmapBuild {
			if c.set == nil {
				c.set = bitmap.New()
			}
			if c.set.CheckedAdd(uint32(v.Int32s()[r])) {
				a.size += 2
			}
			c.n += by
			continue
		}
		a.join(c, v.BytesAt(r), by)
	}
}

// join takes a bitmap of n rows into a cell.
func (a *bitmapSets) join(c *bitmapCell, b []byte, n int64) {
	s, err := bitmap.Read(b)
	if err != nil {
		c.bad = append([]byte{}, b...)
		c.n += n
		return
	}
	switch {
	case c.set == nil:
		// What was read shares memory with the batch.
		c.set = bitmap.New()
		c.set.Or(s)
	case a.kind == bitmapAnd:
		c.set.And(s)
	case a.kind == bitmapXor:
		c.set.Xor(s)
	default:
		c.set.Or(s)
	}
	c.n += n
	a.size += int64(len(b)) / 4
}

func (a *bitmapSets) Merge(ids []int32, partial []*vec.Vec) {
	for j, id := range ids {
		if partial[1].IsNull(j) {
			a.cells[id].n += partial[0].Int64s()[j]
			continue
		}
		a.join(&a.cells[id], partial[1].BytesAt(j), partial[0].Int64s()[j])
	}
}

func (a *bitmapSets) PartialTypes() []types.Type { return []types.Type{countType, types.Bytes} }

func (a *bitmapSets) Partial(ids []int32) []*vec.Vec {
	n, b := vec.NewBuilder(countType, len(ids)), vec.NewBuilder(types.Bytes, len(ids))
	for _, id := range ids {
		c := &a.cells[id]
		n.Int64(c.n)
		switch {
		case c.bad != nil:
			b.Bytes(c.bad) // whoever merges it finds the error again
		case c.set == nil:
			b.Null()
		default:
			b.EndBytes(bitmap.Append(b.BytesBuf(), c.set))
		}
	}
	return []*vec.Vec{n.Finish(), b.Finish()}
}

func (a *bitmapSets) Result(ids []int32) (*vec.Vec, error) {
	out := vec.NewBuilder(a.result, len(ids))
	for _, id := range ids {
		c := &a.cells[id]
		if c.bad != nil {
			return nil, notABitmap(a.name, c.bad)
		}
		if c.n == 0 || c.set == nil {
			out.Null()
			continue
		}
		putBitmap(out, c.set)
	}
	return out.Finish(), nil
}

func notABitmap(name string, b []byte) error {
	return diag.Errorf("W0526", diag.Span{}, "%s is given %d bytes that are no Roaring bitmap (0x%x…)", name, len(b), b[:min(8, len(b))])
}

// putBitmap appends a set as the result's type has it: itself or its size.
func putBitmap(out *vec.Builder, s *bitmap.Set) {
	if out.Type().Kind == types.BigInt {
		out.Int64(int64(s.GetCardinality()))
		return
	}
	out.EndBytes(bitmap.Append(out.BytesBuf(), s))
}

func (a *bitmapSets) Reset(ids []int32) {
	for _, id := range ids {
		a.cells[id] = bitmapCell{}
	}
}

func (a *bitmapSets) Bytes() int64 { return a.size + int64(cap(a.cells))*40 }

// bitmapCounts is an aggregate of bitmaps whose rows may be taken back: it counts in how
// many rows each number is. Its partial is the number of rows, the counts as a map, and
// bytes that were no bitmap.
type bitmapCounts struct {
	kind   bitmapKind
	name   string
	result types.Type
	set    *multiset
	n      []int64  // by group: rows
	bad    [][]byte // by group
	ids    []int32  // scratch
	nums   []int32  // scratch
}

func (a *bitmapCounts) Grow(n int) {
	a.set.grow(n)
	a.n, a.bad = growTo(a.n, n), growTo(a.bad, n)
}

func (a *bitmapCounts) Add(ids []int32, args []*vec.Vec, rows []int32) {
	a.change(ids, args[0], rows, 1)
}

func (a *bitmapCounts) Retract(ids []int32, args []*vec.Vec, rows []int32) {
	a.change(ids, args[0], rows, -1)
}

func (a *bitmapCounts) change(ids []int32, v *vec.Vec, rows []int32, by int64) {
	a.ids, a.nums = a.ids[:0], a.nums[:0]
	for j, id := range ids {
		r := int(rowAt(rows, j))
		if v.IsNull(r) {
			continue
		}
		a.n[id] += by
		if a.kind == bitmapBuild {
			a.ids, a.nums = append(a.ids, id), append(a.nums, v.Int32s()[r])
			continue
		}
		s, err := bitmap.Read(v.BytesAt(r))
		if err != nil {
			a.bad[id] = append([]byte{}, v.BytesAt(r)...)
			continue
		}
		for it := s.Iterator(); it.HasNext(); {
			a.ids, a.nums = append(a.ids, id), append(a.nums, int32(it.Next()))
		}
	}
	if len(a.ids) == 0 {
		return
	}
	for _, e := range a.set.find(a.ids, []*vec.Vec{vec.FromSlice(types.Int32, a.nums, nil)}, nil) {
		a.set.add(e, by)
	}
	a.set.sweep(nil)
}

func (a *bitmapCounts) Merge(ids []int32, partial []*vec.Vec) {
	for j, id := range ids {
		a.n[id] += partial[0].Int64s()[j]
		if !partial[2].IsNull(j) {
			a.bad[id] = append([]byte{}, partial[2].BytesAt(j)...)
		}
	}
	groups, args, counts := a.set.unfold(ids, partial[1])
	for j, e := range a.set.find(groups, args, nil) {
		a.set.add(e, counts[j])
	}
	a.set.sweep(nil)
}

func (a *bitmapCounts) PartialTypes() []types.Type {
	return []types.Type{countType, a.set.partialType(), types.Bytes}
}

func (a *bitmapCounts) Partial(ids []int32) []*vec.Vec {
	n, bad := vec.NewBuilder(countType, len(ids)), vec.NewBuilder(types.Bytes, len(ids))
	for _, id := range ids {
		n.Int64(a.n[id])
		if a.bad[id] == nil {
			bad.Null()
		} else {
			bad.Bytes(a.bad[id])
		}
	}
	return []*vec.Vec{n.Finish(), a.set.partial(ids), bad.Finish()}
}

func (a *bitmapCounts) Result(ids []int32) (*vec.Vec, error) {
	out := vec.NewBuilder(a.result, len(ids))
	for _, id := range ids {
		if a.bad[id] != nil {
			return nil, notABitmap(a.name, a.bad[id])
		}
		if a.n[id] <= 0 {
			out.Null()
			continue
		}
		least := int64(1)
		if a.kind == bitmapAnd {
			least = a.n[id]
		}
		s := bitmap.New()
		var entries []int32
		a.set.each(id, func(e int32) {
			if a.set.count[e] >= least {
				entries = append(entries, e)
			}
		})
		if len(entries) > 0 {
			for _, x := range a.set.values(entries).Int32s() {
				s.Add(uint32(x))
			}
		}
		putBitmap(out, s)
	}
	return out.Finish(), nil
}

func (a *bitmapCounts) Reset(ids []int32) {
	for _, id := range ids {
		a.set.reset(id)
		a.n[id], a.bad[id] = 0, nil
	}
}

func (a *bitmapCounts) Bytes() int64 { return a.set.bytes() + int64(cap(a.n))*32 }
