package topology

import "slices"

// orderScale makes positions fine enough to tell inputs of one box apart while
// computing with integers only.
const orderScale = 1 << 12

// order sorts the items of each layer by the mean position of their neighbours,
// down and up in turns until that stops helping, and keeps the best order met. The walk that filled the
// layers is the start, and ties keep their order: so a graph without crossings
// stays as the script has it, and a small change to a graph moves little.
func (l *layouter) order() {
	best, crossings := l.snapshot(), l.crossings()
	const sweeps, patience = 12, 3
	for sweep, idle := 0, 0; sweep < sweeps && idle < patience && crossings > 0; sweep++ {
		if sweep%2 == 0 {
			for i := 1; i < len(l.layers); i++ {
				l.sortLayer(l.layers[i], fromAbove)
			}
		} else {
			for i := len(l.layers) - 2; i >= 0; i-- {
				l.sortLayer(l.layers[i], fromBelow)
			}
		}
		if c := l.crossings(); c < crossings {
			best, crossings, idle = l.snapshot(), c, 0
		} else {
			idle++
		}
	}
	for i, layer := range best {
		l.layers[i] = layer
		number(layer)
	}
}

func (l *layouter) snapshot() [][]*item {
	s := make([][]*item, len(l.layers))
	for i, layer := range l.layers {
		s[i] = slices.Clone(layer)
	}
	return s
}

func number(layer []*item) {
	for i, it := range layer {
		it.pos = i
	}
}

// sortLayer reorders one layer by barycentres; an item without neighbours there
// keeps its place among the others.
func (l *layouter) sortLayer(layer []*item, barycentre func(*item) (int, bool)) {
	for _, it := range layer {
		if b, ok := barycentre(it); ok {
			it.sortBy = b
		} else {
			it.sortBy = it.pos*orderScale + orderScale/2
		}
	}
	slices.SortStableFunc(layer, func(a, b *item) int { return a.sortBy - b.sortBy })
	number(layer)
}

func fromAbove(it *item) (int, bool) {
	sum := 0
	for _, in := range it.in {
		sum += in.from.pos*orderScale + orderScale/2
	}
	return mean(sum, len(it.in))
}

func fromBelow(it *item) (int, bool) {
	sum := 0
	for _, out := range it.out {
		sum += out.target()
	}
	return mean(sum, len(it.out))
}

func mean(sum, n int) (int, bool) {
	if n == 0 {
		return 0, false
	}
	return sum / n, true
}

// target is the position at which a link ends: inputs of a box lie side by side.
func (k *link) target() int {
	n := len(k.to.slots)
	return k.to.pos*orderScale + orderScale*(2*k.slot+1)/(2*n)
}

// crossings counts the pairs of links that cross, by counting inversions layer by
// layer with a Fenwick tree over the ends.
func (l *layouter) crossings() int {
	total := 0
	var ends []int
	for _, layer := range l.layers {
		ends = ends[:0]
		for _, it := range layer { // in order of their beginnings
			begin := len(ends)
			for _, out := range it.out {
				ends = append(ends, out.target())
			}
			slices.Sort(ends[begin:])
		}
		total += inversions(ends)
	}
	return total
}

// inversions counts the pairs i < j with values[i] > values[j].
func inversions(values []int) int {
	if len(values) < 2 {
		return 0
	}
	ranks := slices.Clone(values)
	slices.Sort(ranks)
	ranks = slices.Compact(ranks)
	tree := make([]int, len(ranks)+1)
	count := 0
	for i, v := range values {
		r, _ := slices.BinarySearch(ranks, v)
		notAbove := 0
		for k := r + 1; k > 0; k -= k & -k {
			notAbove += tree[k]
		}
		count += i - notAbove
		for k := r + 1; k <= len(ranks); k += k & -k {
			tree[k]++
		}
	}
	return count
}
