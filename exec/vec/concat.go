package vec

import "github.com/weir-sql/weir/planner/types"

// ConcatVecs appends vectors of type t one after the other; a single one is given
// back as it is.
func ConcatVecs(t types.Type, vs []*Vec) *Vec {
	if len(vs) == 1 {
		return vs[0]
	}
	n := 0
	for _, v := range vs {
		n += v.Len
	}
	b := NewBuilder(t, n)
	for _, v := range vs {
		for i := 0; i < v.Len; i++ {
			b.From(v, i)
		}
	}
	return b.Finish()
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
		out.Kinds = make([]RowKind, 0, out.Len)
		for _, b := range bs {
			if b.Kinds == nil {
				out.Kinds = out.Kinds[:len(out.Kinds)+b.Len]
			} else {
				out.Kinds = append(out.Kinds, b.Kinds...)
			}
		}
	}
	return out
}
