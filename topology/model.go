package topology

import (
	"fmt"
	"strings"
	"time"
)

// ModelVersion is the version of the marshalled form. Fields may be added under
// one version; a field that changes its meaning or goes makes a new one.
const ModelVersion = 1

// Model is the marshalled form of a graph, the one thing every rendering and the
// diff read, and what `weir plan --as json` prints. All text in it is clean (see
// Clean). The order of everything is fixed by the graph's meaning: operators after
// their inputs, left input first, sinks in the order of the script; so the same
// graph gives the same bytes and a small change to it a small difference.
type Model struct {
	Version int         `json:"version"`
	Script  string      `json:"script,omitempty"`
	Mode    Mode        `json:"mode,omitempty"`
	Totals  ModelTotals `json:"totals"`
	Nodes   []ModelNode `json:"nodes"`
	Edges   []ModelEdge `json:"edges"`
	Chains  [][]string  `json:"chains"` // names of the nodes of each task, head first
}

// ModelTotals is what the job costs at a glance.
type ModelTotals struct {
	Operators    int            `json:"operators"`
	Chains       int            `json:"chains"`
	Tasks        int            `json:"tasks"`
	Slots        int            `json:"slots"`
	SlotGroups   map[string]int `json:"slotGroups,omitempty"` // slots of each, when there are several
	NetworkEdges int            `json:"networkEdges"`
	Channels     int            `json:"channels"` // pairs of tasks joined by network edges
}

// ModelNode is one operator. Line and Column are 1-based, absent when unknown.
// Durations are texts such as "1d", "90min"; keys are column names.
type ModelNode struct {
	Name    string   `json:"name"`
	UID     string   `json:"uid,omitempty"`
	FlinkID string   `json:"flinkId,omitempty"`
	Aliases []string `json:"aliases,omitempty"`
	Kind    Kind     `json:"kind"`
	Label   string   `json:"label,omitempty"`
	Detail  []string `json:"detail,omitempty"`
	Line    int      `json:"line,omitempty"`
	Column  int      `json:"column,omitempty"`

	Identity  string `json:"identity,omitempty"`
	Meaning   string `json:"meaning,omitempty"`
	Selection string `json:"selection,omitempty"`

	Parallelism    int        `json:"parallelism"`
	MaxParallelism int        `json:"maxParallelism"`
	Chaining       Chaining   `json:"chaining"`
	SlotGroup      string     `json:"slotGroup"`
	Resources      *Resources `json:"resources,omitempty"`
	Chain          int        `json:"chain"` // index in Chains

	State    *StateSchema `json:"state,omitempty"`
	StateTTL []string     `json:"stateTTL,omitempty"` // per input; "" is kept for ever

	Columns    []Column      `json:"columns,omitempty"`
	Changelog  ChangelogMode `json:"changelog,omitempty"`
	Keys       []string      `json:"keys,omitempty"`
	UpsertKeys [][]string    `json:"upsertKeys,omitempty"`
	Bounded    bool          `json:"bounded,omitempty"`
	Props      []Prop        `json:"props,omitempty"`
}

// ModelEdge is one flow of rows between two operators, by their names.
type ModelEdge struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Input int    `json:"input"`

	Partitioner  Partitioner      `json:"partitioner"`
	HashKeys     []string         `json:"hashKeys,omitempty"`
	SplitHot     bool             `json:"splitHot,omitempty"` // rows of very frequent keys go to any task
	Required     DistributionKind `json:"required,omitempty"`
	RequiredKeys []string         `json:"requiredKeys,omitempty"`
	Changelog    ChangelogMode    `json:"changelog,omitempty"`
	UpsertKey    []string         `json:"upsertKey,omitempty"`
	Chained      bool             `json:"chained"`
	ChainBreak   string           `json:"chainBreak,omitempty"` // why it is not chained

	from, to int // indexes in Nodes
}

// Exchange is the partitioner with its keys: "hash[city]", "forward".
func (e *ModelEdge) Exchange() string {
	if len(e.HashKeys) == 0 {
		return string(e.Partitioner)
	}
	return string(e.Partitioner) + "[" + strings.Join(e.HashKeys, ", ") + "]"
}

// NewModel marshals a graph. The error is that of Validate.
func NewModel(g *Graph) (*Model, error) {
	job, err := NewJobGraph(g)
	if err != nil {
		return nil, err
	}
	adj := g.adjacency()
	order := g.postOrder(adj)
	place := make([]int, len(g.Nodes))
	for i, id := range order {
		place[id] = i
	}
	m := &Model{Version: ModelVersion, Script: Clean(g.Script.Name), Mode: g.Mode,
		Totals: totals(job), Nodes: make([]ModelNode, 0, len(order)), Edges: []ModelEdge{}, Chains: [][]string{}}
	names := g.cleanNames(order)
	chainAt := make([]int, len(job.Vertices))
	for i := range chainAt {
		chainAt[i] = -1
	}
	for _, id := range order {
		v := job.OfNode[id]
		if chainAt[v] < 0 {
			chainAt[v] = len(m.Chains)
			m.Chains = append(m.Chains, nil)
		}
		m.Chains[chainAt[v]] = append(m.Chains[chainAt[v]], names[id])
		n := g.modelNode(g.Nodes[id])
		n.Name, n.Chain = names[id], chainAt[v]
		m.Nodes = append(m.Nodes, n)
	}
	for _, id := range order {
		for _, e := range adj.in[id] {
			d := g.modelEdge(e)
			d.From, d.To, d.from, d.to = names[e.From], names[e.To], place[e.From], place[e.To]
			d.ChainBreak = Clean(job.chainBreak(e, adj))
			d.Chained = d.ChainBreak == ""
			m.Edges = append(m.Edges, d)
		}
	}
	return m, nil
}

// postOrder lists the nodes after their inputs, left input first, sinks in the
// order of the script; it does not depend on the order of Graph.Nodes.
func (g *Graph) postOrder(adj adjacency) []NodeID {
	order := make([]NodeID, 0, len(g.Nodes))
	seen := make([]bool, len(g.Nodes))
	var visit func(id NodeID)
	visit = func(id NodeID) {
		if seen[id] {
			return
		}
		seen[id] = true
		for _, e := range adj.in[id] {
			visit(e.From)
		}
		order = append(order, id)
	}
	for _, sink := range g.sinksInOrder() {
		visit(sink.ID)
	}
	return order
}

func totals(j *JobGraph) ModelTotals {
	t := ModelTotals{Operators: len(j.Graph.Nodes), Chains: len(j.Vertices), Tasks: j.Tasks(),
		Slots: j.Slots(), NetworkEdges: len(j.Edges)}
	for _, e := range j.Edges {
		t.Channels += j.Channels(e)
	}
	if groups := j.SlotsByGroup(); len(groups) > 1 {
		t.SlotGroups = make(map[string]int, len(groups))
		for name, slots := range groups {
			t.SlotGroups[Clean(name)] += slots
		}
	}
	return t
}

func (g *Graph) modelNode(n *Node) ModelNode {
	m := ModelNode{
		UID: Clean(n.UID), Aliases: cleanAll(n.Aliases), Kind: Kind(Clean(string(n.Kind))),
		Label: Clean(n.Label), Detail: cleanAll(n.Detail), Identity: Clean(n.Identity), Meaning: Clean(n.Meaning), Selection: Clean(n.Selection),
		Parallelism: n.Parallelism, MaxParallelism: n.KeyGroups(), Chaining: n.Chaining, SlotGroup: Clean(n.Group()),
		Changelog: n.Changelog, Keys: cleanAll(n.Keys), Bounded: n.Bounded,
	}
	if n.UID != "" {
		m.FlinkID = FlinkID(n.UID)
	}
	if m.Chaining == "" {
		m.Chaining = ChainAlways
	}
	if n.Resources != (Resources{}) {
		r := n.Resources
		m.Resources = &r
	}
	if g.Script.Text != "" && !n.Span.IsZero() {
		m.Line, m.Column = g.Script.Position(n.Span.Start)
	}
	if n.State != nil {
		m.State = &StateSchema{Fingerprint: Clean(n.State.Fingerprint), KeyTypes: cleanAll(n.State.KeyTypes)}
		for _, f := range n.State.Fields {
			m.State.Fields = append(m.State.Fields, StateField{Clean(f.Name), Clean(f.Type)})
		}
	}
	for _, ttl := range n.StateTTL {
		m.StateTTL = append(m.StateTTL, ttlText(ttl))
	}
	for _, c := range n.Columns {
		m.Columns = append(m.Columns, Column{Clean(c.Name), Clean(c.Type)})
	}
	for _, key := range n.UpsertKeys {
		m.UpsertKeys = append(m.UpsertKeys, cleanAll(g.ColumnNames(n.ID, key)))
	}
	for _, p := range n.Props {
		m.Props = append(m.Props, Prop{Clean(p.Key), Clean(p.Value)})
	}
	return m
}

func (g *Graph) modelEdge(e *Edge) ModelEdge {
	names := func(columns []int) []string {
		if len(columns) == 0 {
			return nil
		}
		return cleanAll(g.ColumnNames(e.From, columns))
	}
	return ModelEdge{
		Input: e.Input, Partitioner: e.Partitioner, HashKeys: names(e.HashKeys), SplitHot: e.SplitHot,
		Required: e.Required.Kind, RequiredKeys: names(e.Required.Keys),
		Changelog: e.Changelog, UpsertKey: names(e.UpsertKey),
	}
}

// ids returns an identifier for each node made from its name, for languages in
// which nodes need one: ASCII letters, digits and underscores after "n_", unique.
func (m *Model) ids() []string {
	ids, taken := make([]string, len(m.Nodes)), map[string]bool{}
	for i := range m.Nodes {
		id := strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
				return r
			}
			return '_'
		}, "n_"+m.Nodes[i].Name)
		ids[i] = id
		for k := 2; taken[ids[i]]; k++ {
			ids[i] = fmt.Sprintf("%s_%d", id, k)
		}
		taken[ids[i]] = true
	}
	return ids
}

// inputs returns the edges into each node, by input.
func (m *Model) inputs() [][]*ModelEdge {
	in := make([][]*ModelEdge, len(m.Nodes))
	for i := range m.Edges {
		e := &m.Edges[i]
		in[e.to] = append(in[e.to], e)
	}
	return in
}

// sinks returns the indexes of the nodes that feed nothing.
func (m *Model) sinks() (sinks []int) {
	feeds := make([]bool, len(m.Nodes))
	for _, e := range m.Edges {
		feeds[e.from] = true
	}
	for i := range m.Nodes {
		if !feeds[i] {
			sinks = append(sinks, i)
		}
	}
	return sinks
}

// cleanNames returns the clean name of each node by its id. Names that differ only
// in what cleaning takes away are numbered, so that they stay unique.
func (g *Graph) cleanNames(order []NodeID) []string {
	names, taken := make([]string, len(g.Nodes)), map[string]bool{}
	for _, id := range order {
		names[id] = freeName(Clean(g.Nodes[id].Name), taken)
		taken[names[id]] = true
	}
	return names
}

func cleanAll(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = Clean(s)
	}
	return out
}

// ttlText writes a duration as SQL options take it and people read it: the largest
// unit that keeps it whole. Zero, which means for ever, is "".
func ttlText(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	for _, u := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}, {time.Millisecond, "ms"}} {
		if d%u.size == 0 {
			return fmt.Sprintf("%d%s", d/u.size, u.name)
		}
	}
	return d.String()
}
