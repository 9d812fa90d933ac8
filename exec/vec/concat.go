package vec

import "github.com/weir-sql/weir/planner/types"

// ConcatVecs appends vectors of type t one after the other; a single one is given
// back as it is.
func ConcatVecs(t types.Type, vs []*Vec) *Vec {
	if len(vs) == 1 {
		return vs[0]
	}
	n, nulls := 0, false
	for _, v := range vs {
		n += v.Len
		nulls = nulls || v.Valid != nil
	}
	out := &Vec{Type: t, Len: n}
	if nulls {
		out.Valid = concatValid(vs, n)
	}
	switch p := PhysOf(t); p {
	case PhysNone:
		out.Valid = NewBitmap(n)
	case PhysBytes:
		concatBytes(out, vs)
	case PhysList:
		concatLists(out, vs, *t.Elem)
	case PhysMap:
		k, e := MapTypes(t)
		concatLists(out, vs, k, e)
	case PhysRow:
		for f := range t.Fields {
			out.Kids = append(out.Kids, concatKids(t.Fields[f].Type, vs, f))
		}
	default:
		out.fixed = alignedBytes(n * p.Width())[:0]
		for _, v := range vs {
			out.fixed = append(out.fixed, v.fixed[:v.Len*p.Width()]...)
		}
	}
	return out
}

func concatValid(vs []*Vec, n int) Bitmap {
	out := NewBitmap(n)
	at := 0
	for _, v := range vs {
		for i := 0; i < v.Len; i++ {
			if !v.IsNull(i) {
				out.Set(at + i)
			}
		}
		at += v.Len
	}
	return out
}

// concatOffsets appends the offsets of all vectors, counted from the first value kept.
func concatOffsets(out *Vec, vs []*Vec) {
	out.Off = make([]int32, 1, out.Len+1)
	for _, v := range vs {
		shift := out.Off[len(out.Off)-1] - v.Off[0]
		for _, o := range v.Off[1 : v.Len+1] {
			out.Off = append(out.Off, o+shift)
		}
	}
}

func concatBytes(out *Vec, vs []*Vec) {
	concatOffsets(out, vs)
	out.Data = make([]byte, 0, out.Off[out.Len])
	for _, v := range vs {
		out.Data = append(out.Data, v.Data[v.Off[0]:v.Off[v.Len]]...)
	}
}

func concatLists(out *Vec, vs []*Vec, kids ...types.Type) {
	concatOffsets(out, vs)
	for k, t := range kids {
		parts := make([]*Vec, len(vs))
		for i, v := range vs {
			parts[i] = v.Kids[k].Slice(int(v.Off[0]), int(v.Off[v.Len]-v.Off[0]))
		}
		out.Kids = append(out.Kids, ConcatVecs(t, parts))
	}
}

func concatKids(t types.Type, vs []*Vec, f int) *Vec {
	parts := make([]*Vec, len(vs))
	for i, v := range vs {
		parts[i] = v.Kids[f]
	}
	return ConcatVecs(t, parts)
}

// Concat appends batches with columns of types ts one after the other. The result
// has no Kinds if no batch has.
func Concat(ts []types.Type, bs []*Batch) *Batch {
	if len(bs) == 1 {
		return bs[0]
	}
	out := &Batch{Cols: make([]*Vec, len(ts))}
	kinds := false
	for _, b := range bs {
		out.Len += b.Len
		kinds = kinds || b.Kinds != nil
	}
	vs := make([]*Vec, len(bs))
	for c, t := range ts {
		for i, b := range bs {
			vs[i] = b.Cols[c]
		}
		out.Cols[c] = ConcatVecs(t, vs)
	}
	if kinds {
		out.Kinds = make([]RowKind, out.Len)
		at := 0
		for _, b := range bs {
			copy(out.Kinds[at:], b.Kinds) // nil: all Insert, which is zero
			at += b.Len
		}
	}
	return out
}
