package vec

// A selection is an ascending list of row numbers, []int32. nil stands for all
// rows where a function says so; an empty selection is not nil.

// SelectTrue appends to dst the rows of a BOOLEAN vector that are TRUE (neither
// FALSE nor NULL), among sel or, if sel is nil, among all. dst may be sel[:0].
func SelectTrue(v *Vec, sel, dst []int32) []int32 {
	vals := v.Bools()
	if sel == nil {
		for i, x := range vals {
			if x && !v.IsNull(i) {
				dst = append(dst, int32(i))
			}
		}
		return dst
	}
	for _, i := range sel {
		if vals[i] && !v.IsNull(int(i)) {
			dst = append(dst, i)
		}
	}
	return dst
}

// SelectValid appends to dst the rows that are not NULL, among sel or all.
func SelectValid(v *Vec, sel, dst []int32) []int32 {
	if sel == nil {
		for i := 0; i < v.Len; i++ {
			if !v.IsNull(i) {
				dst = append(dst, int32(i))
			}
		}
		return dst
	}
	for _, i := range sel {
		if !v.IsNull(int(i)) {
			dst = append(dst, i)
		}
	}
	return dst
}

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
// so with the constant c. NULL never does.
func SelectCompare[T Ordered](v *Vec, op CompareOp, c T, sel, dst []int32) []int32 {
	vals := Slice[T](v)
	for j := 0; j < selLen(sel, v.Len); j++ {
		i := selRow(sel, j)
		if !v.IsNull(int(i)) && compares(op, vals[i], c) {
			dst = append(dst, i)
		}
	}
	return dst
}

func compares[T Ordered](op CompareOp, x, c T) bool {
	switch op {
	case EQ:
		return x == c
	case NE:
		return x != c
	case LT:
		return x < c
	case LE:
		return x <= c
	case GT:
		return x > c
	default:
		return x >= c
	}
}

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
