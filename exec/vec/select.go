package vec

import (
	"slices"
	"unsafe"
)

// A selection is an ascending list of row numbers, []int32. nil stands for all
// rows where a function says so; an empty selection is not nil. The loops below
// write every row number and step on by 0 or 1, so that they have no branch to
// mispredict.

// SelectTrue appends to dst the rows of a BOOLEAN vector that are TRUE (neither
// FALSE nor NULL), among sel or, if sel is nil, among all. dst may be sel[:0].
func SelectTrue(v *Vec, sel, dst []int32) []int32 {
	vals := truths(v)
	k, out := room(dst, selLen(sel, v.Len))
	switch {
	case sel == nil && v.Valid == nil:
		for i, x := range vals {
			out[k] = int32(i)
			k += int(x)
		}
	case sel == nil:
		for i, x := range vals {
			out[k] = int32(i)
			k += int(x & v.Valid.bit(i))
		}
	case v.Valid == nil:
		for _, i := range sel {
			out[k] = i
			k += int(vals[i])
		}
	default:
		for _, i := range sel {
			out[k] = i
			k += int(vals[i] & v.Valid.bit(int(i)))
		}
	}
	return out[:k]
}

// SelectValid appends to dst the rows that are not NULL, among sel or all. dst may
// be sel[:0].
func SelectValid(v *Vec, sel, dst []int32) []int32 {
	n := selLen(sel, v.Len)
	k, out := room(dst, n)
	for j := 0; j < n; j++ {
		i := selRow(sel, j)
		out[k] = i
		if v.Valid == nil {
			k++
		} else {
			k += int(v.Valid.bit(int(i)))
		}
	}
	return out[:k]
}

// room gives dst with room for n more, at full length, and where to write on.
func room(dst []int32, n int) (at int, out []int32) {
	at = len(dst)
	out = slices.Grow(dst, n+1) // one more: a loop writes before it steps
	return at, out[:at+n+1]
}

// bit gives bit i as 0 or 1.
func (b Bitmap) bit(i int) uint8 { return b[i>>3] >> (i & 7) & 1 }

// CompareOp is a comparison with a constant.
type CompareOp uint8

// The comparisons.
const (
	EQ CompareOp = iota
	NE
	LT
	LE
	GT
	GE
)

// Ordered are the number types a constant is compared with.
type Ordered interface {
	int8 | int16 | int32 | int64 | float32 | float64
}

// SelectCompare appends to dst the rows among sel (nil: all) whose value compares
// so with the constant c. NULL never does; NaN only is unequal, as in SQL. dst may
// be sel[:0].
func SelectCompare[T Ordered](v *Vec, op CompareOp, c T, sel, dst []int32) []int32 {
	vals := Slice[T](v)
	if sel == nil && v.Valid == nil {
		return selectAll(vals, op, c, dst)
	}
	n := selLen(sel, v.Len)
	k, out := room(dst, n)
	for j := 0; j < n; j++ {
		i := selRow(sel, j)
		hit := compares(op, vals[i], c)
		if v.Valid != nil {
			hit &= v.Valid.bit(int(i))
		}
		out[k] = i
		k += int(hit)
	}
	return out[:k]
}

// selectAll is SelectCompare over all rows without NULLs, one loop an operator.
func selectAll[T Ordered](vals []T, op CompareOp, c T, dst []int32) []int32 {
	k, out := room(dst, len(vals))
	switch op {
	case EQ:
		for i, x := range vals {
			out[k] = int32(i)
			k += int(bit(x == c))
		}
	case NE:
		for i, x := range vals {
			out[k] = int32(i)
			k += int(bit(x != c))
		}
	case LT:
		for i, x := range vals {
			out[k] = int32(i)
			k += int(bit(x < c))
		}
	case LE:
		for i, x := range vals {
			out[k] = int32(i)
			k += int(bit(x <= c))
		}
	case GT:
		for i, x := range vals {
			out[k] = int32(i)
			k += int(bit(x > c))
		}
	default:
		for i, x := range vals {
			out[k] = int32(i)
			k += int(bit(x >= c))
		}
	}
	return out[:k]
}

func compares[T Ordered](op CompareOp, x, c T) uint8 {
	switch op {
	case EQ:
		return bit(x == c)
	case NE:
		return bit(x != c)
	case LT:
		return bit(x < c)
	case LE:
		return bit(x <= c)
	case GT:
		return bit(x > c)
	default:
		return bit(x >= c)
	}
}

// bit turns a comparison into 0 or 1 without a branch.
func bit(b bool) uint8 { return *(*uint8)(unsafe.Pointer(&b)) }

func selLen(sel []int32, n int) int {
	if sel == nil {
		return n
	}
	return len(sel)
}

func selRow(sel []int32, j int) int32 {
	if sel == nil {
		return int32(j)
	}
	return sel[j]
}

// truths gives the values of a BOOLEAN vector as 0 and 1.
func truths(v *Vec) []uint8 { return v.fixed[:v.Len] }
