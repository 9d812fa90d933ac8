package topology

// shelve computes how far left each item can stand.
func (l *layouter) shelve() {
	for _, layer := range l.layers {
		x := 0
		for _, it := range layer {
			it.shelf, it.x = x, x
			x += it.w + l.style.gapX
		}
	}
}

// place chooses x for every item: sweeps down and up move each layer to where its
// edges would be straight, as far as order and distances allow, and the last ones
// look both ways.
func (l *layouter) place() {
	const sweeps = 8
	for s := range sweeps {
		both := s >= sweeps-4
		if s%2 == 0 {
			for i := range l.layers {
				l.placeLayer(i, true, both)
			}
		} else {
			for i := len(l.layers) - 1; i >= 0; i-- {
				l.placeLayer(i, both, true)
			}
		}
	}
	l.straightenLanes()
	left := 1 << 30
	for _, layer := range l.layers {
		left = min(left, layer[0].x)
	}
	for _, layer := range l.layers {
		for _, it := range layer {
			it.x -= left
			l.width = max(l.width, it.x+it.w)
		}
	}
}

// fixed is the factor of fixed-point places.
const fixed = 256

// placeLayer moves a layer to the least sum of weighted squares of its distances
// to where its neighbours above or below would have it.
//
// With y = x − shelf, "items keep their order and distances" reads "y does not
// fall", so the answer is an isotonic regression, found by pooling neighbours that
// violate it; a bound on the width is a bound on y, and clamping keeps the optimum.
func (l *layouter) placeLayer(layer int, above, below bool) {
	items := l.layers[layer]
	blocks := make([]pool, 0, len(items))
	for _, it := range items {
		sum, weight := it.wanted(above, below)
		if weight == 0 {
			sum, weight = (it.x-it.shelf)*fixed, 1
		}
		b := pool{sum, weight, 1}
		for len(blocks) > 0 && blocks[len(blocks)-1].sum*b.weight > b.sum*blocks[len(blocks)-1].weight {
			last := blocks[len(blocks)-1]
			b = pool{b.sum + last.sum, b.weight + last.weight, b.count + last.count}
			blocks = blocks[:len(blocks)-1]
		}
		blocks = append(blocks, b)
	}
	i := 0
	for _, b := range blocks {
		y := floorDiv(2*b.sum+b.weight*fixed, 2*b.weight*fixed)
		for range b.count {
			it := items[i]
			it.x = it.shelf + l.clamp(y, items)
			i++
		}
	}
}

// pool is a run of items that share one y.
type pool struct{ sum, weight, count int }

// clamp keeps a layer within the greatest width, if there is one.
func (l *layouter) clamp(y int, items []*item) int {
	if l.style.maxWidth == 0 {
		return y
	}
	last := items[len(items)-1]
	return max(0, min(y, l.style.maxWidth-last.shelf-last.w))
}

// wanted is the weighted sum of the y that an item's links would like, in fixed
// point. Long edges weigh more, for a bend in a trunk is what disturbs the eye.
func (it *item) wanted(above, below bool) (sum, weight int) {
	add := func(x int, k *link) {
		w := k.weight()
		sum += w * (x - it.shelf) * fixed
		weight += w
	}
	if above {
		for _, in := range it.in {
			add(in.from.outX()-it.slots[in.slot].at, in)
		}
	}
	if below {
		for _, out := range it.out {
			add(out.to.x+out.to.slots[out.slot].at-it.w/2, out)
		}
	}
	return sum, weight
}

func (k *link) weight() int {
	switch {
	case k.from.node < 0 && k.to.node < 0:
		return 8
	case k.from.node < 0 || k.to.node < 0:
		return 2
	default:
		return 1
	}
}

// straightenLanes moves lanes right below the edge that enters them, top down,
// where there is room.
func (l *layouter) straightenLanes() {
	for _, layer := range l.layers {
		for i, it := range layer {
			if it.node >= 0 || len(it.in) == 0 {
				continue
			}
			want := it.in[0].from.outX() - it.w/2
			if i > 0 {
				want = max(want, layer[i-1].x+layer[i-1].w+l.style.gapX)
			}
			if i < len(layer)-1 {
				want = min(want, layer[i+1].x-l.style.gapX-it.w)
			}
			if l.style.maxWidth > 0 {
				want = max(0, min(want, l.style.maxWidth-it.w))
			}
			if free := i == 0 || want >= layer[i-1].x+layer[i-1].w+l.style.gapX; free && (i == len(layer)-1 || want+it.w+l.style.gapX <= layer[i+1].x) {
				it.x = want
			}
		}
	}
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}
