package vec

// Partitions splits the rows of a batch into selections, one per part, without
// allocating per row. It is reused from batch to batch.
type Partitions struct {
	off []int32 // rows of part p are sel[off[p]:off[p+1]]
	sel []int32
}

// Split assigns row i to part part[i], which must lie in [0, n). Within a part rows
// keep their order. What Part gave before becomes invalid.
func (p *Partitions) Split(part []int32, n int) {
	p.off = grow(p.off, n+2)
	p.sel = grow(p.sel, len(part))
	clear(p.off)
	// off[k+2] counts part k, then becomes its end, and off[k+1] its running start.
	for _, k := range part {
		p.off[k+2]++
	}
	for k := 2; k < len(p.off); k++ {
		p.off[k] += p.off[k-1]
	}
	for i, k := range part {
		at := p.off[k+1]
		p.sel[at] = int32(i)
		p.off[k+1] = at + 1
	}
}

// Part gives the rows of part k, ascending; valid until the next Split.
func (p *Partitions) Part(k int) []int32 { return p.sel[p.off[k]:p.off[k+1]] }

// grow gives s with length n, its contents unspecified.
func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, max(n, 2*cap(s)))
	}
	return s[:n]
}
