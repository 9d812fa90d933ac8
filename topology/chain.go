package topology

import (
	"fmt"
	"slices"
)

// JobGraph is a Graph with nodes gathered into chains. The executor runs one task
// per (vertex, subtask): plain calls inside, exchanges between.
type JobGraph struct {
	Graph    *Graph
	Vertices []*Vertex  // every vertex after the vertices it reads
	Edges    []*JobEdge // by consumer, then by input
	OfNode   []int      // vertex of each node, by NodeID
}

// Vertex is one chain. A chain is a tree: a node may feed several chained ones.
type Vertex struct {
	ID    int      // index in JobGraph.Vertices
	Nodes []NodeID // head first, every node after the one that feeds it
	Inner []*Edge  // the chained edges, by consumer in the order of Nodes

	Parallelism int
	KeyGroups   int    // of every stateful node in the chain; of the head if none is
	SlotGroup   string // of every node in the chain

	stateful bool
}

// Head returns the node that reads the vertex's inputs.
func (v *Vertex) Head() NodeID { return v.Nodes[0] }

// JobEdge is an exchange between two vertices.
type JobEdge struct {
	*Edge
	FromVertex, ToVertex int
}

// Channels returns how many pairs of tasks the exchange joins.
func (j *JobGraph) Channels(e *JobEdge) int {
	p, q := j.Vertices[e.FromVertex].Parallelism, j.Vertices[e.ToVertex].Parallelism
	switch e.Partitioner {
	case Forward:
		return p
	case Rescale:
		return max(p, q)
	default:
		return p * q
	}
}

// Tasks returns how many tasks the job runs.
func (j *JobGraph) Tasks() int {
	tasks := 0
	for _, v := range j.Vertices {
		tasks += v.Parallelism
	}
	return tasks
}

// Slots returns how many slots the job needs: tasks of one group, one of each
// vertex, share a slot, so a group needs as many as its widest vertex.
func (j *JobGraph) Slots() int {
	slots := 0
	for _, width := range j.SlotsByGroup() {
		slots += width
	}
	return slots
}

// SlotsByGroup returns how many slots each slot-sharing group needs.
func (j *JobGraph) SlotsByGroup() map[string]int {
	widest := map[string]int{}
	for _, v := range j.Vertices {
		widest[v.SlotGroup] = max(widest[v.SlotGroup], v.Parallelism)
	}
	return widest
}

// NewJobGraph gathers the nodes of a graph into chains by Flink's rules (see
// ChainBreak). The graph must be valid; one that is not gives Validate's error.
func NewJobGraph(g *Graph) (*JobGraph, error) {
	if err := g.Validate(); err != nil {
		return nil, err
	}
	order, err := g.Topo()
	if err != nil {
		return nil, err
	}
	j := &JobGraph{Graph: g, OfNode: make([]int, len(g.Nodes))}
	adj := g.adjacency()
	for _, id := range order {
		n := g.Nodes[id]
		if in := adj.in[id]; len(in) == 1 && g.chainBreak(in[0], adj) == "" {
			v := j.Vertices[j.OfNode[in[0].From]]
			if !v.clashes(n) {
				v.add(n, in[0])
				j.OfNode[id] = v.ID
				continue
			}
		}
		v := &Vertex{ID: len(j.Vertices), Parallelism: n.Parallelism, KeyGroups: n.KeyGroups(), SlotGroup: n.Group()}
		v.add(n, nil)
		j.Vertices = append(j.Vertices, v)
		j.OfNode[id] = v.ID
		for _, e := range adj.in[id] {
			j.Edges = append(j.Edges, &JobEdge{e, j.OfNode[e.From], v.ID})
		}
	}
	return j, nil
}

// clashes reports whether a node would divide its state into other key groups than
// the chain does. Flink chains such nodes and takes the smaller number; here a task
// has one range of key groups, so the chain breaks instead.
func (v *Vertex) clashes(n *Node) bool {
	return n.State != nil && v.stateful && n.KeyGroups() != v.KeyGroups
}

func (v *Vertex) add(n *Node, chained *Edge) {
	v.Nodes = append(v.Nodes, n.ID)
	if chained != nil {
		v.Inner = append(v.Inner, chained)
	}
	if n.State != nil {
		v.KeyGroups, v.stateful = n.KeyGroups(), true
	}
}

// Chained reports whether an edge lies inside a vertex.
func (j *JobGraph) Chained(e *Edge) bool {
	return slices.Contains(j.Vertices[j.OfNode[e.To]].Inner, e)
}

// ChainBreak returns why the two ends of an edge cannot be one task, or "" when
// they are chained. The rules are those of Flink's StreamingJobGraphGenerator:
//
//   - chaining is not switched off for the job
//   - the consumer has this one input
//   - both ends are in one slot-sharing group and have equal parallelism
//   - the producer may be followed (not never) and the consumer may be preceded
//     (neither never nor head)
//   - the edge is forward
//
// Flink also chains a source into an operator with several inputs when that
// operator asks for it; no SQL operator does in a streaming plan, nor here.
func (j *JobGraph) ChainBreak(e *Edge) string {
	return j.chainBreak(e, j.Graph.adjacency())
}

func (j *JobGraph) chainBreak(e *Edge, adj adjacency) string {
	if why := j.Graph.chainBreak(e, adj); why != "" {
		return why
	}
	if !j.Chained(e) {
		return fmt.Sprintf("max parallelism %d instead of %d", j.Graph.Nodes[e.To].KeyGroups(), j.Vertices[j.OfNode[e.From]].KeyGroups)
	}
	return ""
}

func (g *Graph) chainBreak(e *Edge, adj adjacency) string {
	from, to := g.Nodes[e.From], g.Nodes[e.To]
	switch {
	case e.Partitioner != Forward:
		return string(e.Partitioner) + " exchange"
	case len(adj.in[e.To]) != 1:
		return "consumer has several inputs"
	case from.Group() != to.Group():
		return "other slot group"
	case from.Parallelism != to.Parallelism:
		return "other parallelism"
	case from.Chaining == ChainNever:
		return "chaining never at " + from.Name
	case to.Chaining == ChainNever || to.Chaining == ChainHead:
		return "chaining " + string(to.Chaining) + " at " + to.Name
	case g.NoChaining:
		return "chaining is off"
	}
	return ""
}
