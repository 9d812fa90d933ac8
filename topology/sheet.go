package topology

import "strings"

// Sheet is a graph drawn once, of which a screen shows a part at a time and in which one
// moves from operator to operator. Places are cells from its upper left corner.
type Sheet struct {
	Width, Height int
	m             *Model
	tree          bool
	canvas        *canvas
	boxes         []rect // of each node of the model
	figures       []point
	free          room
	consumers     [][]int // of each node, in the order of the edges
	producers     [][]int // … by input
}

// SheetOptions say how a sheet is drawn.
type SheetOptions struct {
	Width int  // of the screen: what is wider is laid out in fewer columns, as far as that goes
	Tree  bool // as a tree instead of boxes
	// Every operator keeps so many lines of so many cells free, for figures of a run.
	Lines, LineWidth int
}

// NewSheet draws a graph, with a box for each operator.
func NewSheet(m *Model, o SheetOptions) *Sheet {
	s := &Sheet{m: m, tree: o.Tree, free: room{o.Lines, o.LineWidth}, boxes: make([]rect, len(m.Nodes)), figures: make([]point, len(m.Nodes)),
		consumers: make([][]int, len(m.Nodes)), producers: make([][]int, len(m.Nodes))}
	for i := range m.Edges {
		e := &m.Edges[i]
		s.consumers[e.from] = append(s.consumers[e.from], e.to)
		s.producers[e.to] = append(s.producers[e.to], e.from)
	}
	width := max(o.Width, 40)
	if s.tree {
		s.drawTree(width)
	} else {
		s.drawBoxes(width)
	}
	s.Width, s.Height = s.canvas.w, s.canvas.h
	return s
}

func (s *Sheet) drawBoxes(width int) {
	d := newDAG(s.m, false, width, s.free)
	layout := d.layout(0)
	if layout.width > width {
		if narrow := d.layout(width); narrow.width < layout.width {
			layout = narrow
		}
	}
	s.canvas = d.canvas(layout)
	for i, r := range layout.boxes {
		s.boxes[i] = r
		s.figures[i] = point{r.x + 2, r.y + r.h - 1 - s.free.lines}
	}
}

// drawTree draws the lines of RenderTree, with a margin in which the chosen operator is
// pointed at, and below each operator the lines that are kept free.
func (s *Sheet) drawTree(width int) {
	t := newTree(s.m, width)
	var lines [][]piece
	o := Options{Width: width - 1, take: func(l []piece) { lines = append(lines, l) }}
	columns := t.treeColumns(o.Width)
	for i := range t.rows {
		r := &t.rows[i]
		first := len(lines)
		t.printRow(nil, o, r, columns, o.Width)
		if r.reference {
			continue
		}
		indent := r.below + " "
		n := r.node.index(s.m)
		s.figures[n] = point{1 + textWidth(indent), len(lines)}
		for range s.free.lines {
			lines = append(lines, []piece{{RoleRail, indent}})
		}
		s.boxes[n] = rect{0, first, width, len(lines) - first}
	}
	s.canvas = newCanvas(width, len(lines))
	for y, l := range lines {
		x := 1
		for _, p := range l {
			x = s.canvas.text(x, y, p)
		}
	}
}

// index is where a node stands in its model.
func (n *ModelNode) index(m *Model) int {
	for i := range m.Nodes {
		if &m.Nodes[i] == n {
			return i
		}
	}
	return -1
}

// Tree reports whether the sheet is a tree.
func (s *Sheet) Tree() bool { return s.tree }

// Model is the graph that is drawn.
func (s *Sheet) Model() *Model { return s.m }

// Box is the place of an operator.
func (s *Sheet) Box(operator string) (x, y, w, h int) {
	if i := s.node(operator); i >= 0 {
		r := s.boxes[i]
		return r.x, r.y, r.w, r.h
	}
	return 0, 0, 0, 0
}

// At is the operator at a place, "" where there is none.
func (s *Sheet) At(x, y int) string {
	for i, r := range s.boxes {
		if x >= r.x && x < r.x+r.w && y >= r.y && y < r.y+r.h {
			return s.m.Nodes[i].Name
		}
	}
	return ""
}

func (s *Sheet) node(name string) int {
	for i := range s.m.Nodes {
		if s.m.Nodes[i].Name == name {
			return i
		}
	}
	return -1
}

// Direction is a way to move in a sheet.
type Direction uint8

// The directions. In a tree, Left is to the consumer and Right to the first input.
const (
	Up Direction = iota
	Down
	Left
	Right
)

// Toward is the operator that one comes to from another: along an edge where there is one
// in that direction, else the nearest box that lies there. It is the same operator where
// there is none.
func (s *Sheet) Toward(operator string, d Direction) string {
	at := s.node(operator)
	if at < 0 {
		if len(s.m.Nodes) > 0 {
			return s.m.Nodes[s.first()].Name
		}
		return ""
	}
	to := -1
	switch {
	case s.tree && d == Left && len(s.consumers[at]) > 0:
		to = s.consumers[at][0]
	case s.tree && d == Right && len(s.producers[at]) > 0:
		to = s.producers[at][0]
	case s.tree && (d == Left || d == Right):
	case d == Down && !s.tree:
		to = s.nearest(at, d, s.consumers[at])
	case d == Up && !s.tree:
		to = s.nearest(at, d, s.producers[at])
	}
	if to < 0 && (!s.tree || d == Up || d == Down) {
		to = s.nearest(at, d, nil)
	}
	if to < 0 {
		return operator
	}
	return s.m.Nodes[to].Name
}

// first is the operator that stands first.
func (s *Sheet) first() (first int) {
	for i, r := range s.boxes {
		if f := s.boxes[first]; r.y < f.y || r.y == f.y && r.x < f.x {
			first = i
		}
	}
	return first
}

// nearest is the nearest box in a direction, of some or of all; −1 if there is none.
func (s *Sheet) nearest(at int, d Direction, among []int) int {
	best, least := -1, 0
	from := s.boxes[at]
	try := func(i int) {
		r := s.boxes[i]
		var along, across int
		switch d {
		case Up:
			along, across = from.y-r.y, apart(from.x, from.w, r.x, r.w)
		case Down:
			along, across = r.y-from.y, apart(from.x, from.w, r.x, r.w)
		case Left:
			along, across = from.x-r.x, 4*apart(from.y, from.h, r.y, r.h)
		case Right:
			along, across = r.x-from.x, 4*apart(from.y, from.h, r.y, r.h)
		}
		if i == at || along <= 0 {
			return
		}
		if far := along + 2*across; best < 0 || far < least {
			best, least = i, far
		}
	}
	if among != nil {
		for _, i := range among {
			try(i)
		}
		return best
	}
	for i := range s.boxes {
		try(i)
	}
	return best
}

// apart is how far two spans are from each other, by their middles where they overlap.
func apart(a, aw, b, bw int) int {
	switch {
	case b >= a+aw:
		return b - (a + aw) + aw/2
	case a >= b+bw:
		return a - (b + bw) + aw/2
	}
	return abs(2*a+aw-2*b-bw) / 8
}

// Figure is a piece of text in the room that operators keep free.
type Figure struct {
	Role Role
	Text string
}

// View is the part of a sheet that a screen shows.
type View struct {
	X, Y, W, H int
	Chosen     string                         // the operator that is marked
	Mark       func(operator string) rune     // stands in the corner of its box, 0 = nothing; one cell wide
	Figures    func(operator string) []Figure // a line each; nil = none
	ASCII      bool
	Paint      func(Role, string) string
}

// Draw gives the lines of a view, each W cells wide.
func (s *Sheet) Draw(v View) []string {
	over := s.overlay(v)
	lines := make([]string, v.H)
	var b strings.Builder
	var run strings.Builder
	for row := range lines {
		b.Reset()
		role := RolePlain
		flush := func() {
			text := run.String()
			run.Reset()
			if text == "" {
				return
			}
			if v.ASCII {
				text = toASCII(text)
			}
			if v.Paint != nil && role != RolePlain {
				text = v.Paint(role, text)
			}
			b.WriteString(text)
		}
		y := v.Y + row
		for col := range v.W {
			x := v.X + col
			r, cellRole := ' ', RolePlain
			if c := over.cells[row*v.W+col]; c.r != 0 {
				r, cellRole = c.r, c.role
			} else if x >= 0 && y >= 0 && x < s.canvas.w && y < s.canvas.h {
				r, cellRole = s.canvas.cells[y*s.canvas.w+x].shown()
			}
			switch {
			case r == -1 && col > 0:
				continue // the right half of what was written before
			case r == -1, col == v.W-1 && runeWidth(r) == 2:
				r = ' ' // half of a wide character
			}
			if cellRole != role && r != ' ' || role == RoleChosen && cellRole != role {
				flush()
				role = cellRole
			}
			run.WriteRune(r)
		}
		flush()
		lines[row] = b.String()
	}
	return lines
}

// shown is the character of a cell.
func (c cell) shown() (rune, Role) {
	switch {
	case c.r == 0 && c.arms != 0:
		return lineOf[c.arms], c.role
	case c.r == 0:
		return ' ', RolePlain
	}
	return c.r, c.role
}

// overlaid are cells over those of the sheet in a view; one without a character is not there.
type overlaid struct {
	View
	cells []cell
}

func (o *overlaid) put(x, y int, r rune, role Role) {
	if x, y = x-o.X, y-o.Y; x >= 0 && y >= 0 && x < o.W && y < o.H {
		o.cells[y*o.W+x] = cell{r: r, role: role}
	}
}

// overlay is what a view puts over the sheet: the frame of the chosen operator, marks,
// figures. Only what lies in the view is made.
func (s *Sheet) overlay(v View) *overlaid {
	over := &overlaid{v, make([]cell, v.W*v.H)}
	for i, r := range s.boxes {
		if r.y+r.h <= v.Y || r.y >= v.Y+v.H || r.x+r.w <= v.X || r.x >= v.X+v.W {
			continue
		}
		name := s.m.Nodes[i].Name
		if v.Figures != nil {
			for k, f := range v.Figures(name) {
				if k == s.free.lines {
					break
				}
				s.write(over, s.figures[i].x, s.figures[i].y+k, min(s.free.width, r.x+r.w-2-s.figures[i].x), f)
			}
		}
		if name == v.Chosen {
			s.frame(over, r)
		}
		if v.Mark != nil {
			if m := v.Mark(name); m != 0 {
				at := point{r.x + r.w - 2, r.y}
				if s.tree {
					at = point{1, r.y}
				}
				over.put(at.x, at.y, m, RoleChanged)
			}
		}
	}
	return over
}

func (s *Sheet) write(over *overlaid, x, y, width int, f Figure) {
	for _, r := range fit(Clean(f.Text), width) {
		switch runeWidth(r) {
		case 1:
			over.put(x, y, r, f.Role)
			x++
		case 2:
			over.put(x, y, r, f.Role)
			over.put(x+1, y, -1, f.Role)
			x += 2
		}
	}
}

// frame makes the border of a box heavy, leaving the texts in it; in a tree it points at
// the operator.
func (s *Sheet) frame(over *overlaid, r rect) {
	if s.tree {
		over.put(0, r.y, '▶', RoleChosen)
		for x := 1; x < r.x+r.w && x < s.canvas.w; x++ {
			if c, role := s.canvas.at(x, r.y).shown(); role == RoleLabel || role == RoleName {
				over.put(x, r.y, c, RoleChosen)
			}
		}
		return
	}
	heavy := map[rune]rune{'─': '━', '│': '┃', '┌': '┏', '┐': '┓', '└': '┗', '┘': '┛', '┬': '┳', '▼': '▼'}
	edge := func(x, y int) {
		c, role := s.canvas.at(x, y).shown()
		if h, ok := heavy[c]; ok && role == RoleRail {
			over.put(x, y, h, RoleChosen)
		} else if y == r.y && role == RoleLabel {
			over.put(x, y, c, RoleChosen)
		}
	}
	for x := r.x; x < r.x+r.w; x++ {
		edge(x, r.y)
		edge(x, r.y+r.h-1)
	}
	for y := r.y + 1; y < r.y+r.h-1; y++ {
		edge(r.x, y)
		edge(r.x+r.w-1, y)
	}
}
