package vec

import (
	"bytes"
	"cmp"
)

// Comparer compares rows of one set of columns with rows of another (or the
// same), by sort keys. For single comparisons; sorting many rows is SortIndices.
type Comparer struct {
	a, b []*Vec
	keys []SortKey
}

// NewComparer compares rows of a with rows of b; keys index both.
func NewComparer(a, b []*Vec, keys []SortKey) *Comparer { return &Comparer{a, b, keys} }

// Compare gives -1, 0 or 1 as row i of a sorts before, with or after row j of b.
// It is the order of KeyEncoder's keys.
func (c *Comparer) Compare(i, j int) int {
	for _, k := range c.keys {
		if x := compareKey(c.a[k.Col], i, c.b[k.Col], j, k); x != 0 {
			return x
		}
	}
	return 0
}

// Equal reports whether row i of a equals row j of b in all columns; NULL equals NULL.
func Equal(a []*Vec, i int, b []*Vec, j int) bool {
	for c := range a {
		if CompareValues(a[c], i, b[c], j) != 0 {
			return false
		}
	}
	return true
}

func compareKey(a *Vec, i int, b *Vec, j int, k SortKey) int {
	an, bn := a.IsNull(i), b.IsNull(j)
	if an || bn {
		x := 0
		switch {
		case an && !bn:
			x = -1
		case bn && !an:
			x = 1
		}
		if k.NullsLast {
			x = -x
		}
		return x
	}
	x := compareValue(a, i, b, j)
	if k.Desc {
		x = -x
	}
	return x
}

// CompareValues compares two values of the same type, NULL being the smallest:
// numbers by value (NaN greatest, -0 before 0), strings and bytes by bytes, ARRAY
// and ROW element by element, MAP by its entries sorted by key.
func CompareValues(a *Vec, i int, b *Vec, j int) int { return compareKey(a, i, b, j, SortKey{}) }

func compareValue(a *Vec, i int, b *Vec, j int) int {
	switch a.Phys() {
	case PhysBool, PhysI8:
		return cmp.Compare(Slice[int8](a)[i], Slice[int8](b)[j])
	case PhysI16:
		return cmp.Compare(a.Int16s()[i], b.Int16s()[j])
	case PhysI32:
		return cmp.Compare(a.Int32s()[i], b.Int32s()[j])
	case PhysI64:
		return cmp.Compare(a.Int64s()[i], b.Int64s()[j])
	case PhysF32:
		return cmp.Compare(float32Key(a.Float32s()[i]), float32Key(b.Float32s()[j]))
	case PhysF64:
		return cmp.Compare(float64Key(a.Float64s()[i]), float64Key(b.Float64s()[j]))
	case PhysDec:
		return a.Decimals()[i].Cmp(b.Decimals()[j])
	case PhysBytes:
		return bytes.Compare(a.BytesAt(i), b.BytesAt(j))
	case PhysList:
		return compareLists(a, i, b, j)
	case PhysMap:
		return bytes.Compare(appendKeyMap(nil, a, i), appendKeyMap(nil, b, j))
	case PhysRow:
		for f := range a.Kids {
			if x := CompareValues(a.Kids[f], i, b.Kids[f], j); x != 0 {
				return x
			}
		}
	}
	return 0
}

func compareLists(a *Vec, i int, b *Vec, j int) int {
	alo, ahi, blo, bhi := int(a.Off[i]), int(a.Off[i+1]), int(b.Off[j]), int(b.Off[j+1])
	for alo < ahi && blo < bhi {
		if x := CompareValues(a.Kids[0], alo, b.Kids[0], blo); x != 0 {
			return x
		}
		alo++
		blo++
	}
	return cmp.Compare(ahi-alo, bhi-blo)
}
