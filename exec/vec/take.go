package vec

// Take gathers rows of a vector: result row j is v's row sel[j]. A negative
// index gives NULL.
func Take(v *Vec, sel []int32) *Vec {
	n := len(sel)
	out := &Vec{Type: v.Type, Len: n, Valid: takeValid(v, sel)}
	switch p := v.Phys(); p {
	case PhysNone:
		out.Valid = NewBitmap(n)
	case PhysBytes:
		takeBytes(out, v, sel)
	case PhysList, PhysMap:
		takeLists(out, v, sel)
	case PhysRow:
		for _, k := range v.Kids {
			out.Kids = append(out.Kids, Take(k, sel))
		}
	default:
		out.fixed = alignedBytes(n * p.Width())
		switch p.Width() {
		case 1:
			takeFixed[int8](out, v, sel)
		case 2:
			takeFixed[int16](out, v, sel)
		case 4:
			takeFixed[int32](out, v, sel)
		case 8:
			takeFixed[int64](out, v, sel)
		default:
			takeFixed[Decimal](out, v, sel)
		}
	}
	return out
}

// TakeFields is Take of a ROW vector for those who will look at some fields only: the others
// are nil.
func TakeFields(v *Vec, sel []int32, fields []int) *Vec {
	out := &Vec{Type: v.Type, Len: len(sel), Valid: takeValid(v, sel), Kids: make([]*Vec, len(v.Kids))}
	for _, f := range fields {
		out.Kids[f] = Take(v.Kids[f], sel)
	}
	return out
}

// takeFixed copies values; a negative index is left zero.
func takeFixed[T Fixed](out, v *Vec, sel []int32) {
	dst, src := Slice[T](out), Slice[T](v)
	if out.Valid == nil {
		for j, i := range sel {
			dst[j] = src[i]
		}
		return
	}
	for j, i := range sel {
		if i >= 0 {
			dst[j] = src[i]
		}
	}
}

// takeValid gives the validity of the gathered rows, nil if none is NULL.
func takeValid(v *Vec, sel []int32) Bitmap {
	if v.Valid == nil {
		for _, i := range sel {
			if i < 0 {
				return takeValidSlow(v, sel)
			}
		}
		return nil
	}
	return takeValidSlow(v, sel)
}

func takeValidSlow(v *Vec, sel []int32) Bitmap {
	out := NewBitmap(len(sel))
	nulls := 0
	for j, i := range sel {
		if i >= 0 && !v.IsNull(int(i)) {
			out[j>>3] |= 1 << (j & 7)
		} else {
			nulls++
		}
	}
	if nulls == 0 {
		return nil
	}
	return out
}

// takeBytes copies texts; rows that lie next to each other are copied together.
func takeBytes(out, v *Vec, sel []int32) {
	off := make([]int32, len(sel)+1)
	total, longest := int32(0), int32(0)
	for j, i := range sel {
		if i >= 0 {
			n := v.Off[i+1] - v.Off[i]
			total += n
			longest = max(longest, n)
		}
		off[j+1] = total
	}
	out.Off = off
	c := NewCopier(int(total), int(longest))
	for j := 0; j < len(sel); {
		from := sel[j]
		j++
		if from < 0 {
			continue
		}
		to := from + 1
		for j < len(sel) && sel[j] == to {
			j++
			to++
		}
		c.Copy(v.Data, v.Off[from], v.Off[to])
	}
	out.Data = c.Bytes()
}

func takeLists(out, v *Vec, sel []int32) {
	out.Off = make([]int32, len(sel)+1)
	var kid []int32
	for j, i := range sel {
		if i >= 0 {
			for k := v.Off[i]; k < v.Off[i+1]; k++ {
				kid = append(kid, k)
			}
		}
		out.Off[j+1] = int32(len(kid))
	}
	for _, k := range v.Kids {
		out.Kids = append(out.Kids, Take(k, kid))
	}
}

// Take gathers rows of a batch, kinds included.
func (b *Batch) Take(sel []int32) *Batch {
	out := &Batch{Len: len(sel), Cols: make([]*Vec, len(b.Cols))}
	for c, v := range b.Cols {
		out.Cols[c] = Take(v, sel)
	}
	if b.Kinds != nil {
		out.Kinds = make([]RowKind, len(sel))
		for j, i := range sel {
			out.Kinds[j] = b.Kinds[i]
		}
	}
	return out
}

// Slice gives rows [start, start+n) of a vector, sharing its values.
func (v *Vec) Slice(start, n int) *Vec {
	out := &Vec{Type: v.Type, Len: n, Valid: v.Valid.Slice(start, n), Data: v.Data}
	switch p := v.Phys(); p {
	case PhysNone:
	case PhysBytes, PhysList, PhysMap:
		out.Off = v.Off[start : start+n+1]
		out.Kids = v.Kids
	case PhysRow:
		for _, k := range v.Kids {
			out.Kids = append(out.Kids, k.Slice(start, n))
		}
	default:
		w := p.Width()
		out.fixed = v.fixed[start*w : (start+n)*w]
	}
	return out
}

// Slice gives rows [start, start+n) of a batch, sharing its values.
func (b *Batch) Slice(start, n int) *Batch {
	if start == 0 && n == b.Len {
		return b
	}
	out := &Batch{Len: n, Cols: make([]*Vec, len(b.Cols))}
	for c, v := range b.Cols {
		out.Cols[c] = v.Slice(start, n)
	}
	if b.Kinds != nil {
		out.Kinds = b.Kinds[start : start+n]
	}
	return out
}
