package topology

import (
	"fmt"
	"slices"
	"strings"
)

// Role says what a piece of rendered text is, so that a terminal can colour it and
// the renderings need know no colours.
type Role uint8

// The roles. Colour never carries meaning alone: every rendering reads the same
// without it.
const (
	RolePlain     Role = iota
	RoleTitle          // the line above a graph
	RoleRail           // lines of trees, boxes and edges
	RoleLabel          // what an operator computes
	RoleName           // the name to call it by
	RoleParallel       // p4
	RoleExchange       // ◀ hash[city]
	RoleChained        // ◀ chained
	RoleChangelog      // +I −U +U
	RoleKey            // key city
	RoleState          // state 1d
	RoleNote           // the rest
	RoleAdded          // diff
	RoleRemoved
	RoleChanged
	RoleChosen // the operator that a screen is at
	RoleFigure // of a run: rates and their like
)

// Options is what text renderings can be asked for.
type Options struct {
	Width int  // in terminal cells; 0 means 80. Below 40 counts as 40.
	Fold  bool // RenderDAG: one box per chain
	ASCII bool // no character outside ASCII, for fonts and locales that fail
	// Paint colours a piece of text; nil leaves it alone. What it adds must not
	// take room on the screen.
	Paint func(Role, string) string

	take func([]piece) // takes the lines of a rendering in the place of its text; nil = nobody
}

func (o Options) width() int {
	if o.Width == 0 {
		return 80
	}
	return max(o.Width, 40)
}

// writeLine adds pieces and a line end, without spaces before it.
func (o Options) writeLine(b *strings.Builder, line []piece) {
	if o.take != nil {
		o.take(line)
		return
	}
	if o.ASCII {
		plain := make([]piece, len(line))
		for i, p := range line {
			plain[i] = piece{p.role, toASCII(p.text)}
		}
		line = plain
	}
	for len(line) > 0 {
		last := line[len(line)-1]
		if text := strings.TrimRight(last.text, " "); text != "" {
			line = append(slices.Clone(line[:len(line)-1]), piece{last.role, text})
			break
		}
		line = line[:len(line)-1]
	}
	for _, p := range line {
		if o.Paint != nil && strings.TrimSpace(p.text) != "" {
			p.text = o.Paint(p.role, p.text)
		}
		b.WriteString(p.text)
	}
	b.WriteByte('\n')
}

// piece is text of one role.
type piece struct {
	role Role
	text string
}

// asciiOf maps every non-ASCII character that renderings write to one ASCII
// character of the same width.
var asciiOf = map[rune]byte{
	'─': '-', '│': '|', '┌': '+', '┐': '+', '└': '+', '┘': '+', '├': '+', '┤': '+', '┬': '+', '┴': '+', '┼': '+',
	'╭': '.', '╮': '.', '╰': '\'', '╯': '\'', '▼': 'v', '◀': '<', '…': '~', '−': '-', '·': ';', '→': '>', '↑': '^',
	'×': 'x', '┊': ':', '╌': '.', '═': '=', '━': '=', '┃': '#', '┏': '#', '┓': '#', '┗': '#', '┛': '#', '┳': '#', '▶': '>',
	'▁': '_', '▂': '_', '▃': '.', '▄': '-', '▅': '-', '▆': '=', '▇': '=', '█': '#',
}

// toASCII replaces every character outside ASCII: those of the renderings by what
// looks like them, those of the user by one "?" a cell.
func toASCII(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch c, ok := asciiOf[r]; {
		case r < 0x80:
			b.WriteByte(byte(r))
		case ok:
			b.WriteByte(c)
		default:
			b.WriteString("??"[:runeWidth(r)])
		}
	}
	return b.String()
}

// heading is what the graph is, and what it costs.
func (m *Model) heading() (what string, costs []string) {
	what = "StreamGraph"
	if m.Script != "" {
		what += " of " + m.Script
	}
	if m.Mode == Batch {
		what += " (batch)"
	}
	t := m.Totals
	return what, []string{Count(t.Operators, "operator"), Count(t.Chains, "chain"), Count(t.Tasks, "task"),
		Count(t.Slots, "slot"), Count(t.NetworkEdges, "network edge")}
}

// title is the line above a graph.
func (m *Model) title(o Options, b *strings.Builder) {
	what, costs := m.heading()
	o.twoSided(b, what, costs)
}

// twoSided writes a title on the left and notes on the right, or below the title
// where both do not fit.
func (o Options) twoSided(b *strings.Builder, left string, notes []string) {
	right := strings.Join(notes, " · ")
	if gap := o.width() - textWidth(left) - textWidth(right); gap >= 2 {
		o.writeLine(b, []piece{{RoleTitle, left}, {RolePlain, strings.Repeat(" ", gap)}, {RoleNote, right}})
		return
	}
	o.writeLine(b, []piece{{RoleTitle, fit(left, o.width())}})
	pieces := make([]piece, len(notes))
	for i, n := range notes {
		pieces[i] = piece{RoleNote, n}
	}
	for _, line := range joinNotes(pieces, nil, o.width()-2) {
		o.writeLine(b, append([]piece{{RolePlain, "  "}}, line...))
	}
}

// Count prints a number of things: 1 row, 2 rows.
func Count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// label is what a node shows first.
func (n *ModelNode) label() string {
	if n.Label == "" {
		return n.Name
	}
	return n.Label
}

// named reports whether the label leaves the name to be said.
func (n *ModelNode) named() bool {
	return !strings.EqualFold(n.Name, n.label())
}

// notes says the rest of a node, most telling first. The output's changelog is
// apart, since renderings place it differently.
func (n *ModelNode) notes() []piece {
	notes, minor := n.rankedNotes()
	return append(notes, minor...)
}

// minorProps are properties that the declaration of the table says as well.
var minorProps = map[string]bool{"format": true, "value.format": true, "key.format": true, "topic": true, "path": true}

// rankedNotes parts the notes that a reader of the graph wants from those that are
// worth room where there is some: where a table lies, and what is read of it.
func (n *ModelNode) rankedNotes() (notes, minor []piece) {
	add := func(role Role, text string) {
		if text != "" {
			notes = append(notes, piece{role, text})
		}
	}
	if n.Kind == KindSink {
		add(RoleNote, "sink")
	}
	for _, p := range n.Props {
		if minorProps[p.Key] {
			minor = append(minor, piece{RoleNote, propText(p)})
		} else {
			add(RoleNote, propText(p))
		}
	}
	if len(n.Keys) > 0 {
		add(RoleKey, "key "+strings.Join(n.Keys, ","))
	}
	if n.State != nil {
		add(RoleState, strings.TrimSpace("state "+n.ttlNote()))
	}
	if n.SlotGroup != DefaultSlotGroup {
		add(RoleNote, "slots "+n.SlotGroup)
	}
	if n.Chaining != ChainAlways {
		add(RoleNote, "chaining "+string(n.Chaining))
	}
	for _, d := range n.Detail {
		if n.Kind == KindSource && strings.HasPrefix(d, "read ") {
			minor = append(minor, piece{RoleNote, d})
		} else {
			add(RoleNote, d)
		}
	}
	return notes, minor
}

// propText is a property as a note. Well-known values speak for themselves, and so
// does a property that is only there or not.
func propText(p Prop) string {
	switch {
	case p.Value == "true" || p.Value == "":
		return p.Key
	case p.Key == "connector" || p.Key == "mode" || p.Key == "":
		return p.Value
	case p.Value == "false":
		return "no " + p.Key
	}
	return p.Key + " " + p.Value
}

// ttlNote is "1d", or "1d | for ever" when inputs differ, or "".
func (n *ModelNode) ttlNote() string {
	set, same := false, true
	for _, t := range n.StateTTL {
		set = set || t != ""
		same = same && t == n.StateTTL[0]
	}
	switch {
	case !set:
		return ""
	case same:
		return n.StateTTL[0]
	}
	all := make([]string, len(n.StateTTL))
	for i, t := range n.StateTTL {
		if all[i] = t; t == "" {
			all[i] = "for ever"
		}
	}
	return strings.Join(all, " | ")
}

// exchange is an edge as a person reads it at its consumer: how rows get there.
func (e *ModelEdge) exchange() piece {
	if e.Chained {
		return piece{RoleChained, "chained"}
	}
	return piece{RoleExchange, e.Exchange()}
}
