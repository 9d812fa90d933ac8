package topology

import (
	"container/heap"
	"slices"

	"github.com/weir-sql/weir/planner/diag"
)

// adjacency is the edges of a graph by node, for passes that visit every node.
type adjacency struct{ in, out [][]*Edge }

func (g *Graph) adjacency() adjacency {
	a := adjacency{make([][]*Edge, len(g.Nodes)), make([][]*Edge, len(g.Nodes))}
	for _, e := range g.Edges {
		a.in[e.To] = append(a.in[e.To], e)
		a.out[e.From] = append(a.out[e.From], e)
	}
	for i := range g.Nodes {
		slices.SortStableFunc(a.in[i], func(x, y *Edge) int { return x.Input - y.Input })
		slices.SortStableFunc(a.out[i], compareConsumers)
	}
	return a
}

// Topo returns the node ids so that every node comes after its inputs and, among
// those that could come next, the lowest id comes first. A graph with a cycle
// gives an error that names a node on it.
func (g *Graph) Topo() ([]NodeID, error) {
	adj := g.adjacency()
	waiting := make([]int, len(g.Nodes))
	ready := &idHeap{}
	for i := range g.Nodes {
		if waiting[i] = len(adj.in[i]); waiting[i] == 0 {
			heap.Push(ready, NodeID(i))
		}
	}
	order := make([]NodeID, 0, len(g.Nodes))
	for ready.Len() > 0 {
		id := heap.Pop(ready).(NodeID)
		order = append(order, id)
		for _, e := range adj.out[id] {
			if waiting[e.To]--; waiting[e.To] == 0 {
				heap.Push(ready, e.To)
			}
		}
	}
	if len(order) == len(g.Nodes) {
		return order, nil
	}
	// Every node left waits for another one left: walking back must repeat.
	at := NodeID(slices.IndexFunc(waiting, func(w int) bool { return w > 0 }))
	for seen := make([]bool, len(g.Nodes)); !seen[at]; {
		seen[at] = true
		for _, e := range adj.in[at] {
			if waiting[e.From] > 0 {
				at = e.From
				break
			}
		}
	}
	return nil, diag.Errorf("W0402", g.Nodes[at].Span, "operator %q feeds itself", Clean(g.Nodes[at].Name))
}

type idHeap []NodeID

func (h idHeap) Len() int           { return len(h) }
func (h idHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h idHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *idHeap) Push(x any)        { *h = append(*h, x.(NodeID)) }
func (h *idHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
