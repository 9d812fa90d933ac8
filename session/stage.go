package session

import (
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/topology"
)

// stages cuts a batch script into jobs that run one after the other: a statement that
// reads a table which an earlier one writes begins a new stage, because it must see
// the rows. A script without such a pair is one stage, and so is every stream, whose
// statements run side by side for ever.
func stages(g *topology.Graph) []*topology.Graph {
	if g.Mode != topology.Batch {
		return []*topology.Graph{g}
	}
	var cut [][]topology.NodeID
	var sinks []topology.NodeID
	written := map[catalog.Path]bool{}
	for _, n := range g.Sinks() {
		for t := range tablesRead(g, n.ID) {
			if written[t] {
				cut, sinks, written = append(cut, sinks), nil, map[catalog.Path]bool{}
				break
			}
		}
		sinks = append(sinks, n.ID)
		if spec, ok := n.Spec.(*physical.Sink); ok && spec.Table != nil {
			written[spec.Table.Path] = true
		}
	}
	if cut == nil {
		return []*topology.Graph{g}
	}
	var out []*topology.Graph
	for _, s := range append(cut, sinks) {
		out = append(out, feeding(g, s))
	}
	return out
}

// tablesRead lists the tables that a node's rows come from.
func tablesRead(g *topology.Graph, id topology.NodeID) map[catalog.Path]bool {
	tables := map[catalog.Path]bool{}
	for up := range upstream(g, []topology.NodeID{id}) {
		switch spec := g.Node(up).Spec.(type) {
		case *physical.Source:
			tables[spec.Table.Path] = true
		case *physical.LookupJoin:
			for _, t := range spec.Tables() {
				tables[t.Path] = true
			}
		}
	}
	return tables
}

// upstream gives nodes and all that feeds them.
func upstream(g *topology.Graph, from []topology.NodeID) map[topology.NodeID]bool {
	seen := map[topology.NodeID]bool{}
	for len(from) > 0 {
		id := from[0]
		from = from[1:]
		if seen[id] {
			continue
		}
		seen[id] = true
		for _, e := range g.Inputs(id) {
			from = append(from, e.From)
		}
	}
	return seen
}

// feeding is the part of a graph that feeds some sinks, with names and uids as they are.
func feeding(g *topology.Graph, sinks []topology.NodeID) *topology.Graph {
	keep := upstream(g, sinks)
	whole := g.Clone()
	part := &topology.Graph{Script: g.Script, Mode: g.Mode}
	at := map[topology.NodeID]topology.NodeID{}
	for _, n := range whole.Nodes {
		if keep[n.ID] {
			old := n.ID
			at[old] = part.Add(n)
		}
	}
	for _, e := range whole.Edges {
		if keep[e.From] && keep[e.To] {
			e.From, e.To = at[e.From], at[e.To]
			part.Connect(e)
		}
	}
	return part
}
