package topology

import (
	"fmt"
	"strings"
)

// RenderDAG draws a graph as boxes, rows flowing down:
//
//	┌ orders ──────────────────────── p2 ┐
//	│ kafka · watermark ts − 5 s         │
//	└─────────────────┬──────────────────┘
//	           ▼ hash[user_id]
//	┌ Lookup users ──────────────────── p2 ┐
//
// The text above a box says how rows reach that input, and the changelog if it is
// not insertions only. A graph that is wider than asked is drawn again with a box
// per chain instead of one per operator, and if that is not enough with operators
// of one layer above each other. If the width cannot hold even that, the graph is
// drawn as a tree.
func RenderDAG(m *Model, o Options) string {
	width := o.width()
	for _, try := range []struct {
		fold     bool
		maxWidth int
	}{{o.Fold, 0}, {true, 0}, {true, width}} {
		d := newDAG(m, try.fold, width, room{})
		layout := d.layout(try.maxWidth)
		if layout.width <= width {
			return d.draw(o, layout)
		}
	}
	return RenderTree(m, o)
}

// dag is a graph with boxes for nodes or for chains.
type dag struct {
	m     *Model
	boxes []dagBox
	nodes []layoutNode
	edges []layoutEdge

	models []*ModelEdge // of each edge
	texts  [][]piece    // label of each edge
}

// dagBox is what a box says: the title stands in its upper border.
type dagBox struct {
	title piece
	right string
	lines [][]piece
}

var dagStyle = layoutStyle{gapX: 2, gapPart: 4, lane: 3, track: 1, label: 1, gapLabel: 2, margin: 1}

// room is kept free in every box, at its bottom: lines of a width.
type room struct{ lines, width int }

// newDAG makes the boxes; fold gathers the nodes of a chain in one.
func newDAG(m *Model, fold bool, width int, free room) *dag {
	d := &dag{m: m}
	widest := min(width, max(30, min(46, width/2))) // of a box
	boxOf := make([]int, len(m.Nodes))
	if fold {
		d.boxes, d.nodes = make([]dagBox, len(m.Chains)), make([]layoutNode, len(m.Chains))
	}
	for i := range m.Nodes {
		n := &m.Nodes[i]
		if !fold {
			boxOf[i] = len(d.boxes)
			d.boxes = append(d.boxes, nodeBox(n, widest))
			d.nodes = append(d.nodes, layoutNode{})
			continue
		}
		boxOf[i] = n.Chain
		if n.Name == m.Chains[n.Chain][0] {
			d.boxes[n.Chain] = nodeBox(n, widest)
		} else {
			d.boxes[n.Chain].follow(n, widest)
		}
	}
	for i := range m.Edges {
		e := &m.Edges[i]
		from, to := boxOf[e.from], boxOf[e.to]
		if fold && e.Chained {
			continue
		}
		text := edgeText(e)
		d.edges = append(d.edges, layoutEdge{from, to, len(d.nodes[to].labels)})
		d.nodes[to].labels = append(d.nodes[to].labels, piecesWidth(text))
		d.texts = append(d.texts, text)
		d.models = append(d.models, e)
	}
	for i := range d.boxes {
		d.fitLabels(i, max(widest, width*2/3))
		for range free.lines {
			d.boxes[i].lines = append(d.boxes[i].lines, []piece{{RolePlain, strings.Repeat(" ", min(free.width, widest-4))}})
		}
		d.nodes[i].w = max(d.boxes[i].width(), dagStyle.labelRoom(d.nodes[i].labels))
		d.nodes[i].h = 2 + len(d.boxes[i].lines)
	}
	return d
}

// fitLabels makes the labels above one box fit its greatest width. Where there is
// no room even for a few letters of each, they become one line inside the box.
func (d *dag) fitLabels(box, widest int) {
	labels := d.nodes[box].labels
	if dagStyle.labelRoom(labels) <= widest {
		return
	}
	const least = 12
	room := (widest-2*dagStyle.margin+dagStyle.gapLabel)/len(labels) - dagStyle.gapLabel
	var inside []*ModelEdge
	for i, e := range d.edges {
		if e.to != box {
			continue
		}
		if room >= least {
			d.texts[i] = cutPieces(d.texts[i], room)
		} else {
			d.texts[i] = nil
			inside = append(inside, d.models[i])
		}
		labels[e.input] = piecesWidth(d.texts[i])
	}
	if len(inside) == 0 {
		return
	}
	text := "◀ "
	for _, p := range exchanges(inside) {
		text += p.text
	}
	var lines [][]piece
	for _, l := range wrap(text, widest-4, 3) {
		lines = append(lines, []piece{{RoleExchange, l}})
	}
	d.boxes[box].lines = append(lines, d.boxes[box].lines...)
}

func nodeBox(n *ModelNode, widest int) dagBox {
	b := dagBox{right: parallel(n)}
	title := wrap(n.label(), widest-6-len(b.right), 3)
	b.title = piece{RoleLabel, title[0]}
	for _, l := range title[1:] {
		b.lines = append(b.lines, []piece{{RoleLabel, l}})
	}
	b.lines = append(b.lines, boxNotes(n, widest-4, b.width()-4)...)
	return b
}

// follow adds a node that is chained to one in the box.
func (b *dagBox) follow(n *ModelNode, widest int) {
	for i, l := range wrap(n.label(), widest-6, 3) {
		mark := piece{RoleChained, "→ "}
		if i > 0 {
			mark.text = "  "
		}
		b.lines = append(b.lines, []piece{mark, {RoleLabel, l}})
	}
	for _, l := range boxNotes(n, widest-6, b.width()-6) {
		b.lines = append(b.lines, append([]piece{{RolePlain, "  "}}, l...))
	}
}

// boxNotes sets the notes of a node in lines, as wide as the box is anyway or a
// comfortable width, at most widest.
func boxNotes(n *ModelNode, widest, now int) [][]piece {
	notes := n.notes()
	if n.named() {
		notes = append(notes, piece{RoleName, "as " + n.Name})
	}
	return joinNotes(notes, nil, min(widest, max(now, 28)))
}

func (b *dagBox) width() int {
	w := textWidth(b.title.text) + len(b.right) + 6
	for _, l := range b.lines {
		w = max(w, piecesWidth(l)+4)
	}
	return w
}

// edgeText is what stands above an input: the exchange, and what flows if it is
// more than insertions.
func edgeText(e *ModelEdge) []piece {
	text := []piece{e.exchange()}
	text[0].text = "▼ " + text[0].text
	if e.Changelog.Updating() {
		text = append(text, piece{RoleChangelog, " " + e.Changelog.String()})
	}
	return text
}

func cutPieces(pieces []piece, width int) (out []piece) {
	for _, p := range pieces {
		p.text = fit(p.text, width)
		if width -= textWidth(p.text); p.text != "" {
			out = append(out, p)
		}
	}
	return out
}

func (d *dag) layout(maxWidth int) *layoutResult {
	style := dagStyle
	style.maxWidth = maxWidth
	return layoutGraph(d.nodes, d.edges, style)
}

func (d *dag) draw(o Options, layout *layoutResult) string {
	var b strings.Builder
	d.m.title(o, &b)
	d.canvas(layout).print(&b, o)
	return b.String()
}

// canvas draws everything but the title.
func (d *dag) canvas(layout *layoutResult) *canvas {
	c := newCanvas(layout.width, layout.height)
	for i, route := range layout.routes {
		c.line(d.edges[i].from, route)
	}
	for i, r := range layout.labels {
		x := r.x
		for _, p := range d.texts[i] {
			x = c.text(x, r.y, p)
		}
	}
	for i, r := range layout.boxes {
		d.boxes[i].draw(c, r)
	}
	for i, route := range layout.routes {
		first, last := route[0], route[len(route)-1]
		c.put(first.x, first.y-1, '┬', RoleRail)
		if d.texts[i] == nil {
			c.put(last.x, last.y-1, '▼', RoleRail)
		}
	}
	return c
}

// draw draws the border and the text: title and parallelism stand in the border.
func (b *dagBox) draw(c *canvas, r rect) {
	last := r.x + r.w - 1
	for x := r.x + 1; x < last; x++ {
		c.put(x, r.y, '─', RoleRail)
		c.put(x, r.y+r.h-1, '─', RoleRail)
	}
	for y := r.y + 1; y < r.y+r.h-1; y++ {
		for x := r.x + 1; x < last; x++ {
			c.put(x, y, ' ', RolePlain)
		}
		c.put(r.x, y, '│', RoleRail)
		c.put(last, y, '│', RoleRail)
	}
	c.put(r.x, r.y, '┌', RoleRail)
	c.put(last, r.y, '┐', RoleRail)
	c.put(r.x, r.y+r.h-1, '└', RoleRail)
	c.put(last, r.y+r.h-1, '┘', RoleRail)
	c.text(r.x+1, r.y, piece{b.title.role, fmt.Sprintf(" %s ", b.title.text)})
	c.text(last-2-len(b.right), r.y, piece{RoleParallel, fmt.Sprintf(" %s ", b.right)})
	for i, line := range b.lines {
		x := r.x + 2
		for _, p := range line {
			x = c.text(x, r.y+1+i, p)
		}
	}
}
