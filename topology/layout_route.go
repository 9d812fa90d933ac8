package topology

import (
	"cmp"
	"slices"
)

// net is what leaves one item at its bottom: a vertical run from the item down to
// its track, a horizontal one on the track, and vertical ones from there down to
// the ends of its links. A net whose only end lies straight below needs no track.
type net struct {
	top    int // x of the vertical run from above
	links  []*link
	ends   []int // x of the run below, by link
	lo, hi int   // the horizontal run
	track  int   // 0 is the highest
}

func (n *net) flat() bool { return n.lo < n.hi }

// measure computes the horizontal run from the ends.
func (n *net) measure() {
	n.lo, n.hi = n.top, n.top
	for _, x := range n.ends {
		n.lo, n.hi = min(n.lo, x), max(n.hi, x)
	}
}

// route gives the gap below each layer as many tracks as its horizontal runs need,
// stacks the layers, and writes down the way of every edge.
func (l *layouter) route() {
	y := 0
	gapTop := make([]int, len(l.layers))
	for i, layer := range l.layers {
		height := 0
		for _, it := range layer {
			height = max(height, it.h)
		}
		for _, it := range layer {
			it.y = y
			if it.node < 0 {
				it.h = height
			}
		}
		y += height
		gapTop[i] = y
		if i < len(l.layers)-1 {
			y += l.assignTracks(layer)*l.style.track + l.style.label
		}
	}
	l.height = y
	for k, i := range l.inside {
		l.routed = append(l.routed, l.routeEdge(i, l.chains[k], gapTop))
	}
}

// assignTracks spreads the horizontal runs below a layer over tracks and returns
// how many there are. Two runs on one track may not come near each other; and where
// one net comes down at the x at which another one ends, its track must be the
// higher one, or the two vertical runs would lie on top of each other.
func (l *layouter) assignTracks(layer []*item) int {
	g := gap{style: l.style}
	g.addNets(layer)
	for len(g.waiting) > 0 {
		i := slices.IndexFunc(g.waiting, func(n *net) bool { return !g.blocked(n) })
		if i < 0 { // they wait for each other in a circle
			i = 0
			g.dodge(g.waiting[0])
		}
		n := g.waiting[i]
		g.waiting = slices.Delete(g.waiting, i, i+1)
		g.lay(n)
	}
	l.width = max(l.width, g.right)
	return len(g.tracks)
}

// gap is the room between two layers while tracks are given out.
type gap struct {
	style   layoutStyle
	nets    []*net
	waiting []*net   // those that need a track and have none
	tracks  [][]*net // highest first
	columns map[int]bool
	right   int // right end of columns that were found outside of all items
}

// addNets collects the nets below a layer and chooses where their links end:
// straight below if the end may be there, else in the middle of its slot.
func (g *gap) addNets(layer []*item) {
	g.columns = make(map[int]bool, 2*len(layer))
	for _, it := range layer {
		if len(it.out) == 0 {
			continue
		}
		n := &net{top: it.outX(), links: it.out}
		for _, k := range it.out {
			s := k.to.slots[k.slot]
			end := k.to.x + s.at
			if x := n.top - k.to.x; s.lo <= x && x <= s.hi {
				end = n.top
			}
			n.ends = append(n.ends, end)
			k.hops = []hop{{n, end}}
			g.columns[end] = true
		}
		n.measure()
		g.columns[n.top] = true
		g.nets = append(g.nets, n)
		if n.flat() {
			g.waiting = append(g.waiting, n)
		}
	}
	// Among nets that may go next the nested ones go first: of those that run to the
	// right the rightmost, of those that run to the left the leftmost. So a vertical
	// run seldom crosses a horizontal one of a neighbour going the same way.
	slices.SortStableFunc(g.waiting, func(a, b *net) int {
		ra, rb := a.hi > a.top, b.hi > b.top
		switch {
		case ra && rb:
			return cmp.Compare(b.top, a.top)
		case ra:
			return 1
		case rb:
			return -1
		}
		return cmp.Compare(a.top, b.top)
	})
}

// blocked reports whether a net must wait for another one, which comes down where
// this one ends.
func (g *gap) blocked(n *net) bool {
	return slices.ContainsFunc(n.ends, func(x int) bool { return g.waitsAt(n, x) })
}

func (g *gap) waitsAt(n *net, x int) bool {
	return slices.ContainsFunc(g.waiting, func(o *net) bool { return o != n && o.top == x })
}

// dodge frees a net from having to wait: an end that lies below another net moves
// to a free column of its slot, or, if there is none, makes a detour by some free
// column and a second, lower track.
func (g *gap) dodge(n *net) {
	for i, k := range n.links {
		end := n.ends[i]
		if !g.waitsAt(n, end) {
			continue
		}
		s := k.to.slots[k.slot]
		column := g.freeColumn(end, k.to.x+s.lo, k.to.x+s.hi)
		if column < 0 {
			column = g.freeColumn(end, 0, end+1<<20)
			detour := &net{top: column, links: []*link{k}, ends: []int{end}}
			detour.measure()
			g.nets = append(g.nets, detour)
			g.waiting = append(g.waiting, detour)
			k.hops = append(k.hops, hop{detour, end})
			g.right = max(g.right, column+1)
		}
		at := slices.IndexFunc(k.hops, func(h hop) bool { return h.net == n })
		k.hops[at].x, n.ends[i] = column, column
		g.columns[column] = true
	}
	n.measure()
}

// freeColumn returns the x within [lo, hi] nearest to x at which no vertical run
// stands, or −1.
func (g *gap) freeColumn(x, lo, hi int) int {
	for d := 1; x-d >= lo || x+d <= hi; d++ {
		if x-d >= lo && !g.columns[x-d] {
			return x - d
		}
		if x+d <= hi && !g.columns[x+d] {
			return x + d
		}
	}
	return -1
}

// lay puts a net on the highest track that has room for it, below all nets that
// come down where it ends.
func (g *gap) lay(n *net) {
	t := 0
	for i, track := range g.tracks {
		if slices.ContainsFunc(track, func(o *net) bool { return slices.Contains(n.ends, o.top) }) {
			t = i + 1
		}
	}
	near := func(o *net) bool { return n.lo <= o.hi+g.style.gapLabel && o.lo <= n.hi+g.style.gapLabel }
	for t < len(g.tracks) && slices.ContainsFunc(g.tracks[t], near) {
		t++
	}
	if t == len(g.tracks) {
		g.tracks = append(g.tracks, nil)
	}
	n.track = t
	g.tracks[t] = append(g.tracks[t], n)
}

// routeEdge strings the pieces of an edge together.
func (l *layouter) routeEdge(edge int, chain []*link, gapTop []int) routed {
	first, last := chain[0].from, chain[len(chain)-1]
	r := routed{edge: edge, points: []point{{first.outX(), first.y + first.h}}}
	x := first.outX()
	for _, k := range chain {
		for _, h := range k.hops {
			if h.x != x {
				y := gapTop[k.from.layer] + h.net.track*l.style.track + l.style.track/2
				r.to(x, y)
				r.to(h.x, y)
				x = h.x
			}
		}
		r.to(x, k.to.y)
		if out := k.to.outX(); k.to.node < 0 && out != x { // a lane entered beside its middle
			r.to(x, k.to.y+k.to.h/2)
			r.to(out, k.to.y+k.to.h/2)
			x = out
		}
	}
	w, s := l.nodes[last.to.node].labels[last.slot], last.to.slots[last.slot]
	at := max(last.to.x+s.lo, min(last.endX()-w/2, last.to.x+s.hi+1-w))
	r.label = rect{at, last.to.y - l.style.label, w, l.style.label}
	return r
}

// to goes on to a point; straight pieces make one.
func (r *routed) to(x, y int) {
	n := len(r.points)
	last := &r.points[n-1]
	switch {
	case last.x == x && last.y == y:
	case n > 1 && last.x == x && r.points[n-2].x == x:
		last.y = y
	default:
		r.points = append(r.points, point{x, y})
	}
}
