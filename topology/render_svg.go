package topology

import (
	"fmt"
	"strings"
)

// RenderSVG draws a graph as a self-contained SVG picture: no script, font or file
// from outside, light and dark by the reader's preference. It is drawn like the
// boxes of RenderDAG, with a coloured edge for sources, stateful operators and
// sinks, dashed lines inside tasks and solid ones between them; each box has a
// tooltip with everything known of the operator.
func RenderSVG(m *Model) string {
	s := newSVG(m)
	style := svgStyle
	layout := layoutGraph(s.nodes, s.edges, style)
	return s.draw(layout)
}

// Pixels of the drawing. Text is monospaced: a cell is about 0.6 of the font size.
const (
	svgMargin = 20
	svgHead   = 34 // title above the graph
	svgPad    = 12 // text from a box's side
	svgTitle  = 24 // height of a box's first line
	svgLine   = 16 // height of the others
	svgCells  = 44 // greatest width of a box's text, in cells
)

// svgStyle is the layout's measure in pixels.
var svgStyle = layoutStyle{gapX: 28, gapPart: 48, lane: 24, track: 12, label: 34, gapLabel: 14, margin: 14}

// svgWidth is how many pixels a text may take: cells of 12-pixel type, rounded up.
func svgWidth(s string) int { return (textWidth(s)*73 + 9) / 10 }

type svg struct {
	m     *Model
	boxes []svgBox
	nodes []layoutNode
	edges []layoutEdge
}

type svgBox struct {
	class string
	title []string // first line strong
	lines [][]piece
	right string
}

func newSVG(m *Model) *svg {
	s := &svg{m: m}
	for i := range m.Nodes {
		n := &m.Nodes[i]
		notes := n.notes()
		if n.named() {
			notes = append(notes, piece{RoleName, "as " + n.Name})
		}
		title := wrap(n.label(), svgCells-6, 3)
		widest := textWidth(title[0]) + 8
		box := svgBox{class: svgClass(n), title: title, right: parallel(n), lines: joinNotes(notes, nil, min(svgCells, max(widest, 34)))}
		w := svgWidth(title[0])*13/12 + svgWidth(box.right) + 24
		for _, t := range title[1:] {
			w = max(w, svgWidth(t)*13/12)
		}
		for _, l := range box.lines {
			w = max(w, svgWidth(joined(l)))
		}
		s.boxes = append(s.boxes, box)
		s.nodes = append(s.nodes, layoutNode{w: w + 2*svgPad, h: svgTitle + svgLine*(len(title)-1+len(box.lines)) + 6})
	}
	for i := range m.Edges {
		e := &m.Edges[i]
		to := &s.nodes[e.to]
		s.edges = append(s.edges, layoutEdge{e.from, e.to, len(to.labels)})
		to.labels = append(to.labels, svgWidth(joined(svgEdgeText(e)))+6)
	}
	for i := range s.nodes {
		s.nodes[i].w = max(s.nodes[i].w, svgStyle.labelRoom(s.nodes[i].labels))
	}
	return s
}

func joined(pieces []piece) string {
	text := ""
	for _, p := range pieces {
		text += p.text
	}
	return text
}

func svgEdgeText(e *ModelEdge) []piece {
	text := []piece{e.exchange()}
	if e.Changelog.Updating() {
		text = append(text, piece{RoleChangelog, " " + e.Changelog.String()})
	}
	return text
}

func svgClass(n *ModelNode) string {
	switch {
	case n.Kind.IsSource():
		return "source"
	case n.Kind.IsSink():
		return "sink"
	case n.State != nil:
		return "state"
	}
	return "plain"
}

func (s *svg) draw(layout *layoutResult) string {
	what, costs := s.m.heading()
	title := what + " · " + strings.Join(costs, " · ")
	w := max(layout.width, svgWidth(title)*13/12) + 2*svgMargin
	h := layout.height + 2*svgMargin + svgHead
	var b strings.Builder
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"weir\" role=\"img\" xml:space=\"preserve\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n", w, h, w, h)
	fmt.Fprintf(&b, "<title>%s</title>\n<style>%s</style>\n", svgText(title), svgCSS)
	b.WriteString("<defs><marker id=\"weir-arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path class=\"tip\" d=\"M0 0 8 4 0 8Z\"/></marker></defs>\n")
	fmt.Fprintf(&b, "<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n", w, h)
	fmt.Fprintf(&b, "<text class=\"head\" x=\"%d\" y=\"%d\"><tspan class=\"strong\">%s</tspan> · %s</text>\n", svgMargin, svgMargin+8, svgText(what), svgText(strings.Join(costs, " · ")))
	fmt.Fprintf(&b, "<g transform=\"translate(%d %d)\">\n", (w-layout.width)/2, svgMargin+svgHead)
	for i, route := range layout.routes {
		s.drawEdge(&b, i, route)
	}
	for i, r := range layout.labels {
		s.drawLabel(&b, i, r)
	}
	for i, r := range layout.boxes {
		s.drawBox(&b, i, r)
	}
	b.WriteString("</g>\n</svg>\n")
	return b.String()
}

// drawEdge draws a line with round corners, over a wider line of the paper's colour
// that shows where it passes over others.
func (s *svg) drawEdge(b *strings.Builder, i int, route []point) {
	d := svgPath(route)
	class := "edge"
	if s.m.Edges[i].Chained {
		class = "edge chained"
	}
	fmt.Fprintf(b, "<path class=\"halo\" d=\"%s\"/><path class=\"%s\" marker-end=\"url(#weir-arrow)\" d=\"%s\"/>\n", d, class, d)
}

func svgPath(route []point) string {
	const radius = 6
	var d strings.Builder
	fmt.Fprintf(&d, "M%d %d", route[0].x, route[0].y)
	for i := 1; i < len(route)-1; i++ {
		at := route[i]
		in, out := toward(at, route[i-1], radius), toward(at, route[i+1], radius)
		fmt.Fprintf(&d, "L%d %dQ%d %d %d %d", in.x, in.y, at.x, at.y, out.x, out.y)
	}
	last := route[len(route)-1]
	fmt.Fprintf(&d, "L%d %d", last.x, last.y)
	return d.String()
}

// toward returns the point a distance from a towards b, but not past the middle.
func toward(a, b point, distance int) point {
	step := func(from, to int) int {
		d := min(distance, abs(to-from)/2)
		if to < from {
			d = -d
		}
		return from + d
	}
	return point{step(a.x, b.x), step(a.y, b.y)}
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

func (s *svg) drawLabel(b *strings.Builder, i int, r rect) {
	y := r.y + 8
	fmt.Fprintf(b, "<rect class=\"back\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"15\"/>", r.x, y, r.w)
	fmt.Fprintf(b, "<text class=\"flow\" text-anchor=\"middle\" x=\"%d\" y=\"%d\">", r.x+r.w/2, y+11)
	for _, p := range svgEdgeText(&s.m.Edges[i]) {
		svgPiece(b, p)
	}
	b.WriteString("</text>\n")
}

func (s *svg) drawBox(b *strings.Builder, i int, r rect) {
	box := &s.boxes[i]
	fmt.Fprintf(b, "<g class=\"%s\"><title>%s</title>", box.class, svgText(tooltip(&s.m.Nodes[i])))
	fmt.Fprintf(b, "<rect class=\"box\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"5\"/>", r.x, r.y, r.w, r.h)
	fmt.Fprintf(b, "<rect class=\"mark\" x=\"%d\" y=\"%d\" width=\"4\" height=\"%d\" rx=\"2\"/>", r.x, r.y, r.h)
	y := r.y + 18
	for _, t := range box.title {
		fmt.Fprintf(b, "<text class=\"name\" x=\"%d\" y=\"%d\">%s</text>", r.x+svgPad, y, svgText(t))
		y += svgLine
	}
	fmt.Fprintf(b, "<text class=\"par\" text-anchor=\"end\" x=\"%d\" y=\"%d\">%s</text>", r.x+r.w-svgPad, r.y+18, svgText(box.right))
	for _, l := range box.lines {
		fmt.Fprintf(b, "<text class=\"note\" x=\"%d\" y=\"%d\">", r.x+svgPad, y)
		for _, p := range l {
			svgPiece(b, p)
		}
		b.WriteString("</text>")
		y += svgLine
	}
	b.WriteString("</g>\n")
}

func svgPiece(b *strings.Builder, p piece) {
	switch p.role {
	case RoleState, RoleKey, RoleChangelog:
		fmt.Fprintf(b, "<tspan class=\"strong\">%s</tspan>", svgText(p.text))
	default:
		b.WriteString(svgText(p.text))
	}
}

// tooltip says of an operator what has no room in its box.
func tooltip(n *ModelNode) string {
	lines := []string{n.label(), fmt.Sprintf("%s %s, parallelism %d of %d", n.Kind, n.Name, n.Parallelism, n.MaxParallelism)}
	if n.UID != "" {
		lines = append(lines, "uid "+n.UID)
	}
	for _, p := range n.notes() {
		lines = append(lines, p.text)
	}
	if n.Changelog != 0 {
		lines = append(lines, "emits "+n.Changelog.String())
	}
	for _, c := range n.Columns {
		lines = append(lines, "  "+c.Name+" "+c.Type)
	}
	return strings.Join(lines, "\n")
}

// svgText escapes text for XML. Clean text holds no character that XML forbids.
func svgText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\"", "&quot;", "'", "&#39;").Replace(s)
}

// Colours are those of Okabe and Ito, apart for every kind of colour vision; text
// has a contrast of at least 4.5 to 1 on its ground in both schemes. Rules name
// colours themselves, as many viewers know no CSS variables.
const svgCSS = `
.weir text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#57606a}
.weir .head{font-size:13px}
.weir .name{font-size:13px;font-weight:600;fill:#1b1f24}
.weir .par{font-weight:600;fill:#1b1f24}
.weir .strong{fill:#1b1f24}
.weir .paper,.weir .back{fill:#fff}
.weir .halo{fill:none;stroke:#fff;stroke-width:6}
.weir .edge{fill:none;stroke:#6e7781;stroke-width:1.6}
.weir .chained{stroke-dasharray:2 3}
.weir .tip{fill:#6e7781}
.weir .box{fill:#f6f8fa;stroke:#d0d7de}
.weir .mark{fill:#8c959f}
.weir .source .mark{fill:#0072b2}
.weir .state .mark{fill:#d55e00}
.weir .sink .mark{fill:#009e73}
@media (prefers-color-scheme:dark){
.weir text{fill:#9aa4af}
.weir .name,.weir .par,.weir .strong{fill:#e6edf3}
.weir .paper,.weir .back{fill:#0d1117}
.weir .halo{stroke:#0d1117}
.weir .edge{stroke:#7d8590}
.weir .tip{fill:#7d8590}
.weir .box{fill:#161b22;stroke:#30363d}
.weir .mark{fill:#6e7681}
.weir .source .mark{fill:#56b4e9}
.weir .state .mark{fill:#e69f00}
.weir .sink .mark{fill:#2bbf92}
}
`
