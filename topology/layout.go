package topology

import (
	"cmp"
	"slices"
)

// The layered layout (after Sugiyama) that boxes and SVG share. It places boxes of
// given sizes in layers, rows flowing down, and routes edges between them with
// vertical and horizontal runs only:
//
//  1. each connected part is laid out by itself, then parts are packed on shelves
//  2. layers: every node stands just above its highest consumer (layout_layer.go)
//  3. edges that cross layers get a lane in each of them; lanes of one producer
//     are shared, so that it has one trunk with branches
//  4. order in a layer: barycentres, starting from a walk in the order of the
//     script (layout_order.go)
//  5. places: least squares towards straight edges under the order (layout_place.go)
//  6. horizontal runs get tracks of their own (layout_route.go)
//
// What holds of the result, and is tested: boxes do not overlap and keep gapX
// apart; no run enters a box; labels lie above their own box; equal input gives
// equal output on every machine, for only integers are computed with; and with
// maxWidth set nothing lies right of it unless one box with its lanes is wider.

// point is a place in layout units, y growing downwards.
type point struct{ x, y int }

// rect is [x, x+w) × [y, y+h).
type rect struct{ x, y, w, h int }

// layoutNode is a box to place. labels are the widths that the texts above its
// inputs need, by input number, 0 for an input without text.
type layoutNode struct {
	w, h   int
	labels []int
}

// layoutEdge joins node from to input number input of node to.
type layoutEdge struct{ from, to, input int }

// layoutStyle gives the units of a medium: terminal cells or pixels.
type layoutStyle struct {
	gapX     int // least distance between neighbours in a layer
	gapPart  int // distance between parts of the graph that are not connected
	lane     int // width of a lane
	track    int // height of a horizontal run
	label    int // height of the row of labels above each layer
	gapLabel int // distance between labels side by side
	margin   int // least distance of an edge's end from a box's corner
	maxWidth int // 0 = as wide as it wants
}

// layoutResult is where everything is. routes and labels are by edge: the route
// leads from the bottom of the producer to the top of the consumer and includes
// both ends; the label is the room above the consumer around the edge's end.
type layoutResult struct {
	width, height int
	boxes         []rect
	routes        [][]point
	labels        []rect
}

// layoutGraph lays out a graph. Nodes come in the order in which ties are decided:
// sinks in the order of the script, say. Edges must be free of cycles.
func layoutGraph(nodes []layoutNode, edges []layoutEdge, style layoutStyle) *layoutResult {
	out := &layoutResult{boxes: make([]rect, len(nodes)), routes: make([][]point, len(edges)), labels: make([]rect, len(edges))}
	parts := connectedParts(len(nodes), edges)
	shelves := shelf{style: style}
	for _, part := range parts {
		l := newLayouter(part, nodes, edges, style)
		l.run()
		dx, dy := shelves.place(l.width, l.height)
		for _, it := range l.real {
			out.boxes[it.node] = rect{it.x + dx, it.y + dy, it.w, nodes[it.node].h}
		}
		for _, r := range l.routed {
			for i := range r.points {
				r.points[i].x += dx
				r.points[i].y += dy
			}
			r.label.x += dx
			r.label.y += dy
			out.routes[r.edge], out.labels[r.edge] = r.points, r.label
		}
	}
	out.width, out.height = shelves.width, shelves.y+shelves.height
	return out
}

// shelf packs parts left to right, and below what is there once a row is full.
type shelf struct {
	style         layoutStyle
	x, y          int
	height, width int
	begun         bool // the row holds a part
}

func (s *shelf) place(w, h int) (dx, dy int) {
	if s.begun && s.style.maxWidth > 0 && s.x+s.style.gapPart+w > s.style.maxWidth {
		s.y += s.height + max(1, s.style.track)
		s.x, s.height, s.begun = 0, 0, false
	}
	if s.begun {
		s.x += s.style.gapPart
	}
	dx, dy = s.x, s.y
	s.x, s.height, s.begun = s.x+w, max(s.height, h), true
	s.width = max(s.width, s.x)
	return dx, dy
}

// connectedParts returns the nodes of each connected part, parts and nodes in
// ascending order.
func connectedParts(n int, edges []layoutEdge) [][]int {
	root := make([]int, n)
	for i := range root {
		root[i] = i
	}
	find := func(i int) int {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	for _, e := range edges {
		a, b := find(e.from), find(e.to)
		root[max(a, b)] = min(a, b)
	}
	at := map[int]int{}
	var parts [][]int
	for i := range root {
		r := find(i)
		k, ok := at[r]
		if !ok {
			k = len(parts)
			at[r] = k
			parts = append(parts, nil)
		}
		parts[k] = append(parts[k], i)
	}
	return parts
}

// item is what takes room in a layer: a box, or a lane of a producer's trunk.
type item struct {
	node  int // index of the box's node, −1 for a lane
	layer int
	pos   int // index in its layer, −1 before it has one
	x, y  int // top left
	w, h  int
	slots []slot // one per input, where its edge may end
	in    []*link
	out   []*link

	sortBy int // barycentre, while ordering
	shelf  int // x of the item if all before it stood as far left as they can
}

// slot is a range of places, relative to the item's left, for one input's end.
type slot struct{ lo, hi, at int }

// outX is where edges leave an item at its bottom.
func (it *item) outX() int { return it.x + it.w/2 }

// link is an edge, or the piece of one between neighbouring layers. A link into a
// lane may belong to many edges.
type link struct {
	from, to *item
	slot     int
	hops     []hop // its way through the gap between the layers
}

// hop is one horizontal run of a link: on the track of a net to x.
type hop struct {
	net *net
	x   int
}

// endX is where a link ends at the top of its consumer.
func (k *link) endX() int { return k.hops[len(k.hops)-1].x }

// layouter lays out one connected part.
type layouter struct {
	style  layoutStyle
	nodes  []layoutNode
	edges  []layoutEdge
	member []int // nodes of this part, ascending
	inside []int // edges of this part, by consumer and input

	real   map[int]*item
	layers [][]*item
	chains [][]*link // by position in inside: the links of the edge, top to bottom

	routed        []routed
	width, height int
}

type routed struct {
	edge   int
	points []point
	label  rect
}

func newLayouter(part []int, nodes []layoutNode, edges []layoutEdge, style layoutStyle) *layouter {
	l := &layouter{style: style, nodes: nodes, edges: edges, member: part, real: make(map[int]*item, len(part))}
	for _, n := range part {
		l.real[n] = l.newBox(n)
	}
	for i, e := range edges {
		if l.real[e.to] != nil {
			l.inside = append(l.inside, i)
		}
	}
	slices.SortStableFunc(l.inside, func(a, b int) int {
		return cmp.Or(edges[a].to-edges[b].to, edges[a].input-edges[b].input)
	})
	return l
}

// newBox makes the item of a node and divides its top among its inputs: each gets
// the room its label needs and an equal share of the rest. The caller makes boxes
// wide enough for their labels (labelRoom).
func (l *layouter) newBox(n int) *item {
	node := l.nodes[n]
	it := &item{node: n, pos: -1, w: node.w, h: node.h}
	k := len(node.labels)
	spare := max(0, node.w-l.style.labelRoom(node.labels))
	x := l.style.margin
	for i, w := range node.labels {
		w = max(w, 1) + spare*(i+1)/k - spare*i/k
		it.slots = append(it.slots, slot{lo: x, hi: x + w - 1, at: x + (w-1)/2})
		x += w + l.style.gapLabel
	}
	return it
}

// labelRoom is the least width of a box whose inputs have labels of these widths.
func (s layoutStyle) labelRoom(labels []int) int {
	room := 2*s.margin + max(0, len(labels)-1)*s.gapLabel
	for _, w := range labels {
		room += max(w, 1)
	}
	return room
}

func (l *layouter) run() {
	budget := l.style.maxWidth
	for range 6 {
		l.assignLayers(budget)
		over := l.widestLayer() - l.style.maxWidth
		if l.style.maxWidth == 0 || over <= 0 {
			break
		}
		budget -= max(1, over*2/3)
	}
	l.addLanes()
	l.order()
	l.shelve()
	l.place()
	l.route()
}
