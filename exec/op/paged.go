package op

// paged is a slice in pages: it grows without copying what it holds, and has no more than a page
// to spare. The first page starts small and doubles.
type paged[T any] struct {
	pages [][]T
	n     int // room
}

// grow makes room for elements 0 to n-1; new ones are zero.
func (p *paged[T]) grow(n int) {
	for n > p.n {
		if p.n < pageSize {
			first := make([]T, max(16, 2*p.n))
			if p.n > 0 {
				copy(first, p.pages[0])
			}
			p.pages, p.n = append(p.pages[:0], first), len(first)
		} else {
			p.pages, p.n = append(p.pages, make([]T, pageSize)), p.n+pageSize
		}
	}
}

// at gives an element there is room for.
func (p *paged[T]) at(i int32) *T { return &p.pages[i>>pageBits][i&pageMask] }
