package topology

import (
	"fmt"
	"strings"
)

// RenderTree draws a graph as trees, a sink at each root and inputs below, left
// input first:
//
//	StreamGraph of sql/spend.sql    5 operators · 3 chains · 6 tasks · …
//	  spend_by_city             p2  ◀ chained                   sink · upsert
//	  └─ Agg[city, window]      p2  ◀ hash[city]   +I −U +U −D  key city · state
//	     └─ Lookup users        p2  ◀ hash[user_id]             cache 512 · async
//
// ◀ says how rows reach the operator, per input in the order of the branches; the
// changelog is the operator's output, left out where it is insertions only. An
// operator that several others read is drawn once, where it is met first, and
// referred to after that. What does not fit the width goes on a line of its own
// below the operator; only words that are wider than the screen are cut.
//
// A tree so deep that its rails would take half the width is drawn denser: an only
// input stands straight below its consumer, and inputs of joins and unions step in
// by two.
func RenderTree(m *Model, o Options) string { return newTree(m, o.width()).print(o) }

type tree struct {
	m     *Model
	in    [][]*ModelEdge
	shown []bool
	rows  []treeRow

	// what stands before an only input, an input with others below, the last one
	straight, left, right string
}

// treeRow is one operator. Rails is what stands before its label, below what
// stands before lines that continue it.
type treeRow struct {
	rails, below string
	node         *ModelNode
	exchanges    []piece
	reference    bool // the operator was drawn further up
}

// newTree grows the tree of a graph for a width.
func newTree(m *Model, width int) *tree {
	t := &tree{m: m, in: m.inputs(), straight: "└─ ", left: "├─ ", right: "└─ "}
	t.grow()
	if t.depth() > width/2 {
		t.straight, t.left, t.right = "", "├ ", "└ "
		t.grow()
		t.cutRails(width / 2)
	}
	return t
}

// longestRail bounds the rails while they grow, for chains of many thousand nodes.
const longestRail = 400

func (t *tree) grow() {
	t.rows, t.shown = nil, make([]bool, len(t.m.Nodes))
	for _, sink := range t.m.sinks() {
		t.visit(sink, "  ", "  ")
	}
}

func (t *tree) visit(i int, rails, below string) {
	below = cutRail(below, longestRail)
	row := treeRow{rails: rails, below: below, node: &t.m.Nodes[i], reference: t.shown[i]}
	inputs := t.in[i]
	switch {
	case row.reference:
		inputs = nil
	case len(inputs) > 0:
		row.exchanges = exchanges(inputs)
		row.below += "│  "
	default:
		row.below += "   "
	}
	t.rows = append(t.rows, row)
	t.shown[i] = true
	for k, e := range inputs {
		switch {
		case len(inputs) == 1:
			t.visit(e.from, below+t.straight, below+blank(t.straight))
		case k < len(inputs)-1:
			t.visit(e.from, below+t.left, below+"│"+blank(t.left)[1:])
		default:
			t.visit(e.from, below+t.right, below+blank(t.right))
		}
	}
}

func blank(rail string) string { return strings.Repeat(" ", textWidth(rail)) }

func (t *tree) depth() (deepest int) {
	for i := range t.rows {
		deepest = max(deepest, textWidth(t.rows[i].below))
	}
	return deepest
}

// cutRails keeps the last cells of rails that are still too long.
func (t *tree) cutRails(width int) {
	for i := range t.rows {
		t.rows[i].rails, t.rows[i].below = cutRail(t.rows[i].rails, width), cutRail(t.rows[i].below, width)
	}
}

func cutRail(s string, width int) string {
	if len(s) <= width {
		return s
	}
	if r := []rune(s); len(r) > width {
		return "…" + string(r[len(r)-width+1:])
	}
	return s
}

// exchanges says how each input arrives, equal neighbours once with their number.
func exchanges(inputs []*ModelEdge) (pieces []piece) {
	for i := 0; i < len(inputs); {
		p := inputs[i].exchange()
		n := i
		for n < len(inputs) && inputs[n].exchange() == p {
			n++
		}
		if n-i > 1 {
			p.text += fmt.Sprintf(" ×%d", n-i)
		}
		i = n
		if len(pieces) > 0 {
			pieces = append(pieces, piece{RoleRail, " | "})
		}
		pieces = append(pieces, p)
	}
	return pieces
}

// columns are the widths of the tree's columns; a column of width 0 is not there
// and its text is among the notes.
type columns struct{ label, name, parallel, exchange, changelog, notes int }

// treeColumns gives each column the room it asks for, in the order of what a
// reader needs most, and the notes what is left.
func (t *tree) treeColumns(width int) columns {
	var want columns
	for i := range t.rows {
		r := &t.rows[i]
		want.label = max(want.label, textWidth(r.rails)+textWidth(r.node.label()))
		want.parallel = max(want.parallel, len(parallel(r.node)))
		want.exchange = max(want.exchange, piecesWidth(r.exchanges)+2)
		if r.node.named() {
			want.name = max(want.name, textWidth(r.node.Name))
		}
		if r.node.Changelog.Updating() {
			want.changelog = max(want.changelog, textWidth(r.node.Changelog.String()))
		}
	}
	const gap, leastNotes = 2, 26
	c := columns{label: min(want.label, max(16, width*45/100, t.railsWidth()+10)), parallel: want.parallel}
	left := width - c.label - gap - c.parallel - gap
	c.exchange = min(want.exchange, max(8, left*6/10))
	left -= c.exchange + gap
	for _, optional := range []struct{ want, got *int }{{&want.changelog, &c.changelog}, {&want.name, &c.name}} {
		if w := *optional.want; w > 0 && left-w-gap >= leastNotes {
			*optional.got = w
			left -= w + gap
		}
	}
	if left >= leastNotes-6 {
		c.notes = left
	}
	return c
}

func (t *tree) railsWidth() (widest int) {
	for i := range t.rows {
		widest = max(widest, textWidth(t.rows[i].rails))
	}
	return widest
}

func (t *tree) print(o Options) string {
	var b strings.Builder
	width := o.width()
	t.m.title(o, &b)
	c := t.treeColumns(width)
	for i := range t.rows {
		t.printRow(&b, o, &t.rows[i], c, width)
	}
	return b.String()
}

func (t *tree) printRow(b *strings.Builder, o Options, r *treeRow, c columns, width int) {
	const gap = "  "
	line := []piece{{RoleRail, r.rails}}
	room := c.label - textWidth(r.rails)
	if r.reference {
		const see = " ↑ shown above"
		label := fit(r.node.label(), width-textWidth(r.rails)-textWidth(see))
		line = append(line, piece{RoleLabel, label}, piece{RoleNote, see})
		o.writeLine(b, line)
		return
	}
	label := wrap(r.node.label(), room, 3)
	line = append(line, piece{RoleLabel, pad(label[0], room)}, piece{RolePlain, gap})
	if c.name > 0 {
		name := ""
		if r.node.named() {
			name = r.node.Name
		}
		line = append(line, piece{RoleName, pad(name, c.name)}, piece{RolePlain, gap})
	}
	line = append(line, piece{RoleParallel, pad(parallel(r.node), c.parallel)}, piece{RolePlain, gap})
	line = append(line, exchangeColumn(r.exchanges, c.exchange)...)
	if c.changelog > 0 {
		text := ""
		if r.node.Changelog.Updating() {
			text = r.node.Changelog.String()
		}
		line = append(line, piece{RolePlain, gap}, piece{RoleChangelog, pad(text, c.changelog)})
	}
	notes, extra := t.rowNotes(r, c)
	if c.notes > 0 {
		// Notes beside: the rest of label and notes goes on below, each in its column.
		lines := joinNotes(notes, extra, c.notes)
		for k := 0; k < max(len(lines), len(label)); k++ {
			if k > 0 {
				line = []piece{{RoleRail, r.below}}
				if k < len(label) {
					line = append(line, piece{RoleLabel, label[k]})
				}
			}
			if k < len(lines) {
				line = append(line, piece{RolePlain, strings.Repeat(" ", max(0, width-c.notes-piecesWidth(line)))})
				line = append(line, lines[k]...)
			}
			o.writeLine(b, line)
		}
		return
	}
	o.writeLine(b, line)
	for _, l := range label[1:] {
		o.writeLine(b, []piece{{RoleRail, r.below}, {RoleLabel, l}})
	}
	if len(notes) == 0 {
		return
	}
	indent := r.below + "  "
	for _, l := range joinNotes(notes, extra, max(16, width-textWidth(indent))) {
		o.writeLine(b, append([]piece{{RoleRail, indent}}, l...))
	}
}

// rowNotes is what stands beside or below an operator, with whatever got no column.
// Extra notes are worth room that is left over, but no line of their own.
func (t *tree) rowNotes(r *treeRow, c columns) (notes, extra []piece) {
	n := r.node
	if piecesWidth(r.exchanges)+2 > c.exchange && len(r.exchanges) > 0 {
		text := "◀ "
		for _, p := range r.exchanges {
			text += p.text
		}
		notes = append(notes, piece{RoleExchange, text})
	}
	if c.changelog == 0 && n.Changelog.Updating() {
		notes = append(notes, piece{RoleChangelog, n.Changelog.String()})
	}
	telling, minor := n.rankedNotes()
	notes = append(notes, telling...)
	if c.name == 0 && n.named() {
		extra = append(extra, piece{RoleName, "as " + n.Name})
	}
	if n.Line > 0 {
		extra = append(extra, piece{RoleNote, fmt.Sprintf("line %d", n.Line)})
	}
	return notes, append(extra, minor...)
}

// joinNotes sets notes into lines of a width, broken between notes where that can
// be and within them where not. Extra notes go on the last line if there is room.
func joinNotes(notes, extra []piece, width int) (lines [][]piece) {
	var line []piece
	used := 0
	put := func(p piece, w int) {
		if used > 0 {
			line, used = append(line, piece{RoleRail, " · "}), used+3
		}
		line, used = append(line, p), used+w
	}
	for _, n := range notes {
		for k, text := range wrap(n.text, width, 3) {
			w := textWidth(text)
			if k > 0 || (used > 0 && used+3+w > width) {
				lines, line, used = append(lines, line), nil, 0
			}
			put(piece{n.role, text}, w)
		}
	}
	for _, n := range extra {
		if w := textWidth(n.text); used+3+w <= width {
			put(n, w)
		}
	}
	if used > 0 {
		lines = append(lines, line)
	}
	return lines
}

// exchangeColumn fills the column of exchanges; those too wide for it are among the
// notes instead.
func exchangeColumn(exchanges []piece, width int) []piece {
	if w := piecesWidth(exchanges) + 2; len(exchanges) > 0 && w <= width {
		row := append([]piece{{exchanges[0].role, "◀ "}}, exchanges...)
		return append(row, piece{RolePlain, strings.Repeat(" ", width-w)})
	}
	return []piece{{RolePlain, strings.Repeat(" ", width)}}
}

func piecesWidth(pieces []piece) int {
	w := 0
	for _, p := range pieces {
		w += textWidth(p.text)
	}
	return w
}

func parallel(n *ModelNode) string { return fmt.Sprintf("p%d", n.Parallelism) }
