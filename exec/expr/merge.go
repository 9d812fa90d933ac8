package expr

import (
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// merge puts a vector together from rows of several vectors: what the branches of a
// special form gave.
type merge struct {
	t  types.Type
	vs []*vec.Vec
	choice
}

// choice says per result row which source, and which row of it, it comes from.
// Source 0 stands for NULL. The slices are kept from batch to batch.
type choice struct {
	from []uint16
	at   []int32
}

func newMerge(t types.Type, n int, c *choice) *merge {
	if cap(c.from) < n {
		c.from, c.at = make([]uint16, max(n, vec.BatchSize)), make([]int32, max(n, vec.BatchSize))
	}
	m := &merge{t: t, vs: make([]*vec.Vec, 1, 4), choice: choice{c.from[:n], c.at[:n]}}
	clear(m.from)
	return m
}

// source adds a vector to take rows from.
func (m *merge) source(v *vec.Vec) uint16 {
	m.vs = append(m.vs, v)
	return uint16(len(m.vs) - 1)
}

// choose makes result row i row at of a source.
func (m *merge) choose(i int32, src uint16, at int32) { m.from[i], m.at[i] = src, at }

// take evaluates a branch for the rows sel and chooses its values for them.
func (m *merge) take(r *run, b *vec.Batch, br *branch, sel []int32) error {
	if len(sel) == 0 {
		return nil
	}
	v, gathered, err := br.part(r, b, sel)
	if err != nil {
		return err
	}
	src := m.source(v)
	for j, i := range sel {
		if gathered {
			m.choose(i, src, int32(j))
		} else {
			m.choose(i, src, i)
		}
	}
	return nil
}

// vector gives the merged vector. If all rows come from one source in place, it is
// that source.
func (m *merge) vector() *vec.Vec {
	n := len(m.from)
	if len(m.vs) == 2 && m.inPlace() {
		return m.vs[1].As(m.t)
	}
	p := vec.PhysOf(m.t)
	if p == vec.PhysList || p == vec.PhysMap || p == vec.PhysRow {
		return m.nested()
	}
	out := vec.New(m.t, n)
	out.Valid = m.valid()
	switch p {
	case vec.PhysBytes:
		m.bytes(out)
	default:
		switch p.Width() {
		case 1:
			blend[int8](m, out)
		case 2:
			blend[int16](m, out)
		case 4:
			blend[int32](m, out)
		case 8:
			blend[int64](m, out)
		case 16:
			blend[vec.Decimal](m, out)
		}
	}
	return out
}

func (m *merge) inPlace() bool {
	for i, src := range m.from {
		if src != 1 || m.at[i] != int32(i) {
			return false
		}
	}
	return m.vs[1].Len == len(m.from)
}

func (m *merge) valid() vec.Bitmap {
	nulls := false
	for _, v := range m.vs[1:] {
		nulls = nulls || v.Valid != nil
	}
	for i := 0; !nulls && i < len(m.from); i++ {
		nulls = m.from[i] == 0
	}
	if !nulls {
		return nil
	}
	out := vec.NewBitmap(len(m.from))
	for i, src := range m.from {
		if src != 0 && !m.vs[src].IsNull(int(m.at[i])) {
			out.Set(i)
		}
	}
	return out
}

func blend[T vec.Fixed](m *merge, out *vec.Vec) {
	srcs := make([][]T, len(m.vs))
	for k, v := range m.vs[1:] {
		srcs[k+1] = vec.Slice[T](v)
	}
	dst := vec.Slice[T](out)
	for i, src := range m.from {
		if src != 0 {
			dst[i] = srcs[src][m.at[i]]
		}
	}
}

func (m *merge) bytes(out *vec.Vec) {
	total := 0
	for i, src := range m.from {
		if src != 0 {
			v, at := m.vs[src], m.at[i]
			total += int(v.Off[at+1] - v.Off[at])
		}
		out.Off[i+1] = int32(total)
	}
	out.Data = make([]byte, 0, total)
	for i, src := range m.from {
		if src != 0 {
			out.Data = append(out.Data, m.vs[src].BytesAt(int(m.at[i]))...)
		}
	}
}

// nested goes through the concatenation of all sources.
func (m *merge) nested() *vec.Vec {
	starts := make([]int32, len(m.vs))
	total := int32(0)
	for k, v := range m.vs[1:] {
		starts[k+1] = total
		total += int32(v.Len)
	}
	sel := make([]int32, len(m.from))
	for i, src := range m.from {
		if sel[i] = -1; src != 0 {
			sel[i] = starts[src] + m.at[i]
		}
	}
	all := vec.New(m.t, 0)
	if len(m.vs) > 1 {
		all = vec.ConcatVecs(m.t, m.vs[1:])
	}
	return vec.Take(all, sel)
}
