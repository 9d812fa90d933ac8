package edit

import (
	"strings"
	"time"
)

// change is a text put in place of another.
type change struct {
	from     Pos
	old, new string
}

// end is the place behind a text that begins where the change does.
func (c change) end(text string) Pos {
	n := strings.Count(text, "\n")
	if n == 0 {
		return Pos{c.from.Line, c.from.Col + len(text)}
	}
	return Pos{c.from.Line + n, len(text) - strings.LastIndexByte(text, '\n') - 1}
}

func (c change) inverse() change { return change{c.from, c.new, c.old} }

// undoTree keeps all changes of a buffer. A node is a group of changes that are taken
// back together; typing after an undo grows another branch beside the one that was
// left, so that nothing is ever lost.
type undoTree struct {
	nodes []undoNode
	at    int // the node whose changes were made last
	open  bool
	kind  string
	last  time.Time
	// cursor is where it was before the group that is about to begin.
	cursor Pos
}

type undoNode struct {
	parent   int
	children []int
	next     int // which of children Redo goes to
	changes  []change
	cursor   Pos // before the changes
}

func newUndoTree() undoTree { return undoTree{nodes: make([]undoNode, 1)} }

// pause is how long one may rest within a group.
const pause = 1500 * time.Millisecond

func (t *undoTree) begin(kind string, cursor Pos, now time.Time) {
	if t.open && kind != "" && kind == t.kind && now.Sub(t.last) < pause {
		return
	}
	t.open, t.kind, t.cursor = false, kind, cursor
}

func (t *undoTree) seal(cursor Pos) { t.open, t.kind, t.cursor = false, "", cursor }

func (t *undoTree) add(c change, now time.Time) {
	if !t.open {
		n := len(t.nodes)
		t.nodes = append(t.nodes, undoNode{parent: t.at, cursor: t.cursor})
		up := &t.nodes[t.at]
		up.children = append(up.children, n)
		up.next = len(up.children) - 1
		t.at, t.open = n, true
	}
	t.last = now
	node := &t.nodes[t.at]
	if n := len(node.changes); n > 0 { // typing on: one change, not one a character
		if prev := &node.changes[n-1]; c.old == "" && prev.old == "" && prev.end(prev.new) == c.from && len(prev.new) < 4096 {
			prev.new += c.new
			return
		}
	}
	node.changes = append(node.changes, c)
}

func (t *undoTree) back() ([]change, Pos, bool) {
	t.open = false
	if t.at == 0 {
		return nil, Pos{}, false
	}
	n := t.nodes[t.at]
	t.at = n.parent
	return n.changes, n.cursor, true
}

func (t *undoTree) forth() ([]change, bool) {
	t.open = false
	n := &t.nodes[t.at]
	if len(n.children) == 0 {
		return nil, false
	}
	t.at = n.children[n.next]
	return t.nodes[t.at].changes, true
}

// siblings is how many futures the point before the last changes has.
func (t *undoTree) siblings() int {
	if t.at == 0 {
		return 0
	}
	return len(t.nodes[t.nodes[t.at].parent].children)
}

// turn has Redo go to another branch.
func (t *undoTree) turn(step int) {
	n := &t.nodes[t.at]
	if k := len(n.children); k > 0 {
		n.next = ((n.next+step)%k + k) % k
	}
}
