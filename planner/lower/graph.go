package lower

import (
	"github.com/weir-sql/weir/topology"
)

// graph writes the operators down as nodes and edges.
func (b *builder) graph() *topology.Graph {
	g := &topology.Graph{Script: b.Script, Mode: b.Mode, NoChaining: !b.bool("pipeline.operator-chaining.enabled", b.bool("pipeline.operator-chaining", true))}
	if g.Mode == "" {
		g.Mode = topology.Stream
	}
	maxParallelism := max(0, b.int("pipeline.max-parallelism", 0))
	ids := make(map[*op]topology.NodeID, len(b.ops))
	names := map[string]int{}
	for _, o := range b.ops {
		n := &topology.Node{Kind: o.kind, Name: o.name, Label: o.label, Detail: o.detail, Span: o.span, Identity: o.identity, Meaning: o.meaning, Selection: o.selection,
			Parallelism: o.parallelism, MaxParallelism: maxParallelism, State: o.state, StateTTL: o.ttl, Changelog: o.mode(),
			UpsertKeys: o.upsert, Bounded: o.bounded && len(o.in) == 0, Props: o.props, Spec: o.spec}
		for _, f := range o.fields {
			n.Columns = append(n.Columns, topology.Column{Name: f.Name, Type: f.Type.String()})
		}
		for _, k := range o.keyed {
			n.Keys = append(n.Keys, o.fields[k].Name)
		}
		n.ID = topology.NodeID(len(g.Nodes))
		n.Name = freeName(orName(o.name, string(o.kind)), names)
		g.Nodes = append(g.Nodes, n)
		ids[o] = n.ID
		for _, in := range o.in {
			g.Connect(&topology.Edge{From: ids[in.from], To: ids[o], Input: in.n, Partitioner: in.partitioner, HashKeys: in.hashKeys, SplitHot: in.splitHot && in.partitioner == topology.Hash,
				Required: in.required, Prefer: in.helpful, Changelog: in.from.mode(), UpsertKey: in.upsert})
		}
	}
	return g
}

// freeName is Graph.Add's rule, "calc", "calc-2", "calc-3", without a look at every
// node for every node.
func freeName(name string, taken map[string]int) string {
	free := name
	for taken[free] > 0 {
		taken[name]++
		free = name + "-" + itoa(taken[name])
	}
	taken[free]++
	return free
}
