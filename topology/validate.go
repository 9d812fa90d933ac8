package topology

import (
	"errors"
	"slices"

	"github.com/weir-sql/weir/planner/diag"
)

// Validate checks what must hold of every graph before it is chained, drawn or
// run, and reports all that does not (a diag.List). Whether an edit is *wise* or
// keeps results right is judged elsewhere (legality); this is about shape:
//
//   - node i has ID i, a kind, a parallelism ≥ 1 and ≤ its key groups; names are
//     unique, and so are uids and aliases taken together
//   - edges join existing nodes; the inputs of a node are numbered 0…n−1 once each;
//     sources have none, every other node has at least one; sinks feed nothing
//   - a forward edge joins equal parallelisms; a hash edge, and no other, has keys;
//     keys are columns of the producer
//   - there is no cycle
func (g *Graph) Validate() error {
	var problems diag.List
	report := func(n *Node, format string, args ...any) {
		var span diag.Span
		if n != nil {
			span = n.Span
		}
		problems.Add(diag.Errorf("W0402", span, format, args...))
	}
	g.validateNodes(report)
	if !g.validateEdges(report) {
		return problems.Err() // ids dangle: nothing below can be looked at
	}
	g.validateInputs(report)
	if _, err := g.Topo(); err != nil {
		var d *diag.Diagnostic
		if !errors.As(err, &d) {
			return err
		}
		problems.Add(d)
	}
	return problems.Err()
}

type reporter func(n *Node, format string, args ...any)

func (g *Graph) validateNodes(report reporter) {
	names, uids := map[string]bool{}, map[string]bool{}
	for i, n := range g.Nodes {
		name := Clean(n.Name)
		if int(n.ID) != i {
			report(n, "operator %q has id %d at place %d", name, n.ID, i)
		}
		if n.Kind == "" {
			report(n, "operator %q has no kind", name)
		}
		if n.Name == "" || names[n.Name] {
			report(n, "operator name %q is empty or taken", name)
		}
		names[n.Name] = true
		for _, uid := range append([]string{n.UID}, n.Aliases...) {
			if uid != "" && uids[uid] {
				report(n, "uid %q of operator %q is taken", Clean(uid), name)
			}
			uids[uid] = true
		}
		if n.Parallelism < 1 {
			report(n, "operator %q has parallelism %d", name, n.Parallelism)
		}
		if n.MaxParallelism < 0 || n.MaxParallelism > 1<<15 {
			report(n, "operator %q has max parallelism %d, outside 1 to 32768", name, n.MaxParallelism)
		} else if n.MaxParallelism > 0 && n.Parallelism > n.MaxParallelism {
			report(n, "operator %q has parallelism %d above its max parallelism %d", name, n.Parallelism, n.MaxParallelism)
		}
		switch n.Chaining {
		case "", ChainAlways, ChainNever, ChainHead:
		default:
			report(n, "operator %q has chaining %q; it is always, never or head", name, Clean(string(n.Chaining)))
		}
		for _, key := range n.UpsertKeys {
			if !inColumns(n, key) {
				report(n, "upsert key %v of operator %q is outside its %d columns", key, name, len(n.Columns))
			}
		}
	}
}

// validateEdges reports false when an edge leads nowhere.
func (g *Graph) validateEdges(report reporter) bool {
	whole := true
	for _, e := range g.Edges {
		from, to := g.Node(e.From), g.Node(e.To)
		if from == nil || to == nil {
			report(nil, "edge %d → %d joins operators outside 0…%d", e.From, e.To, len(g.Nodes)-1)
			whole = false
			continue
		}
		edge := Clean(from.Name) + " → " + Clean(to.Name)
		if !slices.Contains(Partitioners, e.Partitioner) {
			report(to, "edge %s has partitioner %q", edge, Clean(string(e.Partitioner)))
		}
		if e.Partitioner == Forward && from.Parallelism != to.Parallelism {
			report(to, "edge %s is forward but joins parallelism %d to %d", edge, from.Parallelism, to.Parallelism)
		}
		if (e.Partitioner == Hash) != (len(e.HashKeys) > 0) {
			report(to, "edge %s is %s with %d hash keys", edge, e.Partitioner, len(e.HashKeys))
		}
		for _, keys := range [][]int{e.HashKeys, e.Required.Keys, e.Prefer, e.UpsertKey} {
			if !inColumns(from, keys) {
				report(to, "edge %s has keys %v outside the %d columns of %q", edge, keys, len(from.Columns), Clean(from.Name))
			}
		}
		if from.Kind.IsSink() {
			report(from, "sink %q feeds %q", Clean(from.Name), Clean(to.Name))
		}
	}
	return whole
}

func (g *Graph) validateInputs(report reporter) {
	for i, in := range g.adjacency().in {
		n := g.Nodes[i]
		switch {
		case n.Kind.IsSource() && len(in) > 0:
			report(n, "source %q has an input", Clean(n.Name))
		case !n.Kind.IsSource() && len(in) == 0:
			report(n, "operator %q has no input", Clean(n.Name))
		}
		for want, e := range in {
			if e.Input != want {
				report(n, "inputs of operator %q are not numbered 0 to %d once each", Clean(n.Name), len(in)-1)
				break
			}
		}
	}
}

func inColumns(n *Node, keys []int) bool {
	for _, k := range keys {
		if k < 0 || k >= len(n.Columns) {
			return false
		}
	}
	return true
}
