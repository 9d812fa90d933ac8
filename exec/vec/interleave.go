package vec

import "github.com/weir-sql/weir/planner/types"

// TakeFrom gathers rows of several vectors of type t: result row j is row rows[j]
// of vs[src[j]]. A negative row gives NULL.
func TakeFrom(t types.Type, vs []*Vec, src, rows []int32) *Vec {
	if len(vs) == 1 {
		return Take(vs[0], rows)
	}
	n := len(rows)
	p := PhysOf(t)
	out := &Vec{Type: t, Len: n, Valid: takeFromValid(vs, src, rows)}
	switch p {
	case PhysNone:
		out.Valid = NewBitmap(n)
	case PhysBytes:
		takeFromBytes(out, vs, src, rows)
	case PhysList, PhysMap, PhysRow:
		return takeFromNested(t, vs, src, rows)
	default:
		out.fixed = alignedBytes(n * p.Width())
		switch p.Width() {
		case 1:
			takeFromFixed[int8](out, vs, src, rows)
		case 2:
			takeFromFixed[int16](out, vs, src, rows)
		case 4:
			takeFromFixed[int32](out, vs, src, rows)
		case 8:
			takeFromFixed[int64](out, vs, src, rows)
		default:
			takeFromFixed[Decimal](out, vs, src, rows)
		}
	}
	return out
}

func takeFromFixed[T Fixed](out *Vec, vs []*Vec, src, rows []int32) {
	from := make([][]T, len(vs))
	for i, v := range vs {
		from[i] = Slice[T](v)
	}
	dst := Slice[T](out)
	for j, i := range rows {
		if i >= 0 {
			dst[j] = from[src[j]][i]
		}
	}
}

func takeFromValid(vs []*Vec, src, rows []int32) Bitmap {
	nulls := false
	for _, v := range vs {
		nulls = nulls || v.Valid != nil
	}
	for _, i := range rows {
		nulls = nulls || i < 0
	}
	if !nulls {
		return nil
	}
	out := NewBitmap(len(rows))
	for j, i := range rows {
		if i >= 0 && !vs[src[j]].IsNull(int(i)) {
			out.Set(j)
		}
	}
	return out
}

func takeFromBytes(out *Vec, vs []*Vec, src, rows []int32) {
	out.Off = make([]int32, len(rows)+1)
	total := int32(0)
	for j, i := range rows {
		if i >= 0 {
			off := vs[src[j]].Off
			total += off[i+1] - off[i]
		}
		out.Off[j+1] = total
	}
	out.Data = make([]byte, 0, total)
	for j, i := range rows {
		if i >= 0 {
			v := vs[src[j]]
			out.Data = append(out.Data, v.Data[v.Off[i]:v.Off[i+1]]...)
		}
	}
}

func takeFromNested(t types.Type, vs []*Vec, src, rows []int32) *Vec {
	b := NewBuilder(t, len(rows))
	for j, i := range rows {
		if i < 0 {
			b.Null()
		} else {
			b.From(vs[src[j]], int(i))
		}
	}
	return b.Finish()
}
