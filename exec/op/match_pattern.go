package op

import "github.com/weir-sql/weir/planner/physical"

// matchAutomaton finds a row pattern as Flink's CEP library does (its NFA and
// NFACompiler, for patterns that are a strict sequence of variables). A row may be taken
// into the run of a variable, which leads to another node; a node may also be left
// without taking the row.
type matchAutomaton struct {
	nodes []matchNode
	start int32
}

type matchNode struct {
	edges []matchEdge
	final bool
}

// matchEdge leads to a node: with the row, if it meets the condition of variable of, or,
// if of is negative, without it.
type matchEdge struct {
	to, of int32
	// not are greedy variables whose condition the row must not meet, or it would be theirs.
	not []int32
}

func newMatchAutomaton(vars []physical.PatternVar) *matchAutomaton {
	a := &matchAutomaton{}
	sink := a.node()
	a.nodes[sink].final = true
	for v := len(vars) - 1; v >= 0; v-- {
		sink = a.variable(int32(v), vars[v], sink)
	}
	a.start = sink
	return a
}

func (a *matchAutomaton) node() int32 {
	a.nodes = append(a.nodes, matchNode{})
	return int32(len(a.nodes) - 1)
}

// variable puts the nodes of a variable in front of sink and gives the first of them.
func (a *matchAutomaton) variable(v int32, p physical.PatternVar, sink int32) int32 {
	from, to, last := max(p.Min, 1), p.Max, sink
	if p.Max < 0 {
		last, to = a.node(), from
		a.leave(last, sink)
	}
	if p.Greedy {
		edges := a.nodes[sink].edges
		for i := range edges {
			edges[i].not = append(edges[i].not, v)
		}
	}
	if p.Max < 0 {
		a.take(last, last, v)
	}
	for range to - from {
		last = a.row(v, last, sink, true)
	}
	for range from - 1 {
		last = a.row(v, last, sink, false)
	}
	return a.row(v, last, sink, p.Min == 0)
}

// row is a node that takes a row of v, or if it may, goes on to next without one.
func (a *matchAutomaton) row(v, to, next int32, optional bool) int32 {
	n := a.node()
	a.take(n, to, v)
	if optional {
		a.leave(n, next)
	}
	return n
}

func (a *matchAutomaton) take(from, to, v int32) {
	a.nodes[from].edges = append(a.nodes[from].edges, matchEdge{to: to, of: v})
}

func (a *matchAutomaton) leave(from, to int32) {
	a.nodes[from].edges = append(a.nodes[from].edges, matchEdge{to: to, of: -1})
}
