package rules

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/types"
)

// share makes equal subtrees one node, so that a table that several statements read
// is read once and a common aggregate is computed once. As in Flink,
// 'table.optimizer.reuse-source-enabled' = 'false' keeps scans of their own, and
// 'table.optimizer.reuse-sub-plan-enabled' = 'false' shares nothing at all, not even
// what the binder shared.
func share(c *Context, roots []logical.Node) []logical.Node {
	s := &sharer{Context: c, known: map[string]logical.Node{}, done: map[logical.Node]logical.Node{},
		number: map[logical.Node]int{}, byText: map[string]int{},
		subPlans: c.Config["table.optimizer.reuse-sub-plan-enabled"] != "false",
		sources:  c.Config["table.optimizer.reuse-source-enabled"] != "false"}
	out := make([]logical.Node, len(roots))
	for i, r := range roots {
		out[i] = s.visit(r)
	}
	return out
}

type sharer struct {
	*Context
	subPlans, sources bool
	known             map[string]logical.Node       // by text
	done              map[logical.Node]logical.Node // by node
	number            map[logical.Node]int          // stands for a node in texts
	byText            map[string]int                // equal texts, equal numbers
}

func (s *sharer) visit(n logical.Node) logical.Node {
	if m, ok := s.done[n]; ok && s.keeps(n) {
		return m
	}
	m := s.unify(s.inputs(n))
	s.done[n] = m
	return m
}

// keeps reports whether nodes like n may have several readers.
func (s *sharer) keeps(n logical.Node) bool {
	_, isScan := n.(*logical.Scan)
	return s.subPlans && (s.sources || !isScan)
}

func (s *sharer) inputs(n logical.Node) logical.Node {
	in := n.Inputs()
	if scan, ok := n.(*logical.Scan); ok && !s.keeps(n) {
		c := *scan
		return &c
	}
	if len(in) == 0 {
		return n
	}
	out := make([]logical.Node, len(in))
	same := true
	for i, x := range in {
		if t, ok := n.(*logical.TemporalJoin); ok && i == 1 && t.Time.Type().Attr == types.Proctime {
			out[i] = private(x) // it is looked up, not read
		} else {
			out[i] = s.visit(x)
		}
		same = same && out[i] == x
	}
	if same && s.subPlans {
		return n
	}
	return n.WithInputs(out...)
}

// private copies a subtree, so that narrowing it for one reader touches no other.
func private(n logical.Node) logical.Node {
	if scan, ok := n.(*logical.Scan); ok {
		c := *scan
		return &c
	}
	in := n.Inputs()
	out := make([]logical.Node, len(in))
	for i, x := range in {
		out[i] = private(x)
	}
	return n.WithInputs(out...)
}

// unify gives the node first seen with the same text over the same inputs.
func (s *sharer) unify(n logical.Node) logical.Node {
	key, ok := s.text(n)
	if !ok {
		s.number[n] = len(s.number)
		return n
	}
	i, seen := s.byText[key]
	if !seen {
		i = len(s.number)
		s.byText[key], s.known[key] = i, n
	}
	s.number[n] = i
	if !s.keeps(n) {
		return n
	}
	return s.known[key]
}

// text writes what a node computes; false if it is not the same every time.
func (s *sharer) text(n logical.Node) (string, bool) {
	if _, isSink := n.(*logical.Sink); isSink {
		return "", false
	}
	for _, e := range logical.Exprs(n) {
		if !s.deterministic(e) {
			return "", false
		}
	}
	var b strings.Builder
	b.WriteString(logical.Line(n))
	for _, f := range n.Schema() {
		b.WriteString("|" + f.Type.String())
	}
	if v, ok := n.(*logical.Scan); ok {
		fmt.Fprintf(&b, "|%p%v", v.Table, v.Columns)
		if v.Turn != nil { // a side of a hybrid table is read in its turn, others at once
			fmt.Fprintf(&b, "|%v %d", v.Turn.Of, v.Turn.Place)
		}
	}
	for _, in := range n.Inputs() {
		b.WriteString("|@" + strconv.Itoa(s.number[in]))
	}
	return b.String(), true
}
