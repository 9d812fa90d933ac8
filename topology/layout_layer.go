package topology

import "slices"

// assignLayers puts every node just above its highest consumer, so that sources
// stand near what reads them and sinks at the bottom. With a budget a node moves up
// until its layer has room for it (Coffman and Graham's bound on width); lanes are
// not counted, wherefore run tries again with less when they make a layer too wide.
func (l *layouter) assignLayers(budget int) {
	consumers := make(map[int][]int, len(l.member))
	waiting := make(map[int]int, len(l.member))
	producers := make(map[int][]int, len(l.member))
	for _, i := range l.inside {
		e := l.edges[i]
		consumers[e.from] = append(consumers[e.from], e.to)
		producers[e.to] = append(producers[e.to], e.from)
		waiting[e.from]++
	}
	var ready []int
	for _, n := range l.member {
		if waiting[n] == 0 {
			ready = append(ready, n)
		}
	}
	var used []int // width of each level, counted from the bottom
	top := 0
	for len(ready) > 0 {
		n := ready[0]
		ready = ready[1:]
		it, level := l.real[n], 0
		for _, c := range consumers[n] {
			level = max(level, l.real[c].layer+1)
		}
		for budget > 0 && level < len(used) && used[level] > 0 && used[level]+l.style.gapX+it.w > budget {
			level++
		}
		for len(used) <= level {
			used = append(used, 0)
		}
		if used[level] > 0 {
			used[level] += l.style.gapX
		}
		used[level] += it.w
		it.layer = level
		top = max(top, level)
		for _, p := range producers[n] {
			if waiting[p]--; waiting[p] == 0 {
				ready = append(ready, p)
			}
		}
	}
	for _, it := range l.real {
		it.layer = top - it.layer
	}
	l.layers = make([][]*item, top+1)
}

// widestLayer returns the least width of the widest layer with its lanes.
func (l *layouter) widestLayer() (widest int) {
	used := make([]int, len(l.layers))
	add := func(layer, w int) {
		if used[layer] > 0 {
			used[layer] += l.style.gapX
		}
		used[layer] += w
		widest = max(widest, used[layer])
	}
	lowest := make(map[int]int, len(l.member)) // layer of each producer's lowest consumer
	for _, n := range l.member {
		add(l.real[n].layer, l.real[n].w)
	}
	for _, i := range l.inside {
		e := l.edges[i]
		lowest[e.from] = max(lowest[e.from], l.real[e.to].layer)
	}
	for from, bottom := range lowest {
		for layer := l.real[from].layer + 1; layer < bottom; layer++ {
			add(layer, l.style.lane)
		}
	}
	return widest
}

// addLanes links the items of neighbouring layers, with lanes for edges that pass
// through a layer, and fills the layers in the order in which a walk from the sinks
// upwards, left input first, meets the items. For a tree that order has no crossing.
func (l *layouter) addLanes() {
	lanes := map[[2]int]*item{} // by producer and layer
	l.chains = make([][]*link, len(l.inside))
	for k, i := range l.inside {
		e := l.edges[i]
		l.chains[k] = l.linkEdge(e, lanes)
	}
	for _, it := range l.real {
		slices.SortStableFunc(it.in, func(a, b *link) int { return a.slot - b.slot })
	}
	var visit func(it *item)
	visit = func(it *item) {
		if it.pos >= 0 {
			return
		}
		it.pos = len(l.layers[it.layer])
		l.layers[it.layer] = append(l.layers[it.layer], it)
		for _, in := range it.in {
			visit(in.from)
		}
	}
	for _, n := range l.member {
		if len(l.real[n].out) == 0 {
			visit(l.real[n])
		}
	}
}

// linkEdge returns the links of one edge from top to bottom, making the lanes that
// are not there yet.
func (l *layouter) linkEdge(e layoutEdge, lanes map[[2]int]*item) []*link {
	at, to := l.real[e.from], l.real[e.to]
	var chain []*link
	for layer := at.layer + 1; layer < to.layer; layer++ {
		key := [2]int{e.from, layer}
		lane := lanes[key]
		if lane == nil {
			w := l.style.lane
			lane = &item{node: -1, layer: layer, pos: -1, w: w, slots: []slot{{lo: 0, hi: w - 1, at: w / 2}}}
			lanes[key] = lane
			join(at, lane, 0)
		}
		chain = append(chain, lane.in[0])
		at = lane
	}
	return append(chain, join(at, to, e.input))
}

func join(from, to *item, slot int) *link {
	k := &link{from: from, to: to, slot: slot}
	from.out = append(from.out, k)
	to.in = append(to.in, k)
	return k
}
