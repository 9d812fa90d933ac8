package topology

import (
	"slices"
	"time"

	"github.com/weir-sql/weir/planner/diag"
)

// NodeID is a node's index in Graph.Nodes. It is good within one Graph only; what
// survives a new planning is the UID.
type NodeID int

// Mode says what the end of a bounded input means.
type Mode string

// The two ways to run a graph.
const (
	Stream Mode = "stream"
	Batch  Mode = "batch"
)

// Chaining says whether a node may share a task with its neighbours.
type Chaining string

// The chaining strategies, as Flink's. The zero value means ChainAlways.
const (
	ChainAlways Chaining = "always" // chain with the node before and the node after
	ChainNever  Chaining = "never"  // a task of its own
	ChainHead   Chaining = "head"   // begins a chain: not with the node before
)

// DefaultSlotGroup is the slot-sharing group of nodes that name none.
const DefaultSlotGroup = "default"

// Column is one output column; Type is SQL text such as "DECIMAL(10, 2) NOT NULL".
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// StateField is one field of the rows that a node keeps per key.
type StateField struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// StateSchema describes the keyed state of a node.
type StateSchema struct {
	// Fingerprint is equal for two schemas if and only if a snapshot of one can be
	// read as the other without conversion. FingerprintState makes it.
	Fingerprint string       `json:"fingerprint"`
	KeyTypes    []string     `json:"keyTypes,omitempty"`
	Fields      []StateField `json:"fields,omitempty"`
}

// Prop is one more thing to say of a node, in the order the planner wants it read,
// e.g. {"connector", "kafka"} or {"watermark", "ts − 5 s"}. Secrets never come here.
type Prop struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Resources asks for a share of a machine per task; zero fields ask for nothing.
type Resources struct {
	CPU       float64 `json:"cpu,omitempty"` // cores
	MemoryMiB int     `json:"memoryMiB,omitempty"`
}

// Node is one operator.
type Node struct {
	ID      NodeID
	UID     string   // set by AssignUIDs, or by hand (overlay); unique in the graph
	Aliases []string // further uids under which this node may have been known (uid.go)
	Kind    Kind
	Name    string   // short, stable, unique: "agg-city", "lookup-users", "orders"
	Label   string   // what it computes, on one line: "Agg[city, window]"
	Detail  []string // more of the same, a line each, shown when there is room
	Span    diag.Span

	// Identity is what makes this operator itself and not another: for a source or
	// sink its table; for a keyed operator its kind of key with columns resolved to
	// the tables they come from ("orders.city"), the join condition, the window.
	// Never select lists, aggregate calls, filters, limits or aliases: those may
	// change while the operator stays the same one. Empty for operators that are
	// known by their place only (calc, union, limit …). See AssignUIDs.
	Identity string
	// Meaning is the whole canonical text of what the operator computes, aliases
	// removed, columns resolved. Two nodes with one uid and different Meaning are
	// the same operator computing something else.
	Meaning string
	// Selection is the part of Meaning of a calc or filter that says which rows pass,
	// without the columns that they get: a column more changes nothing for operators
	// downstream that do not read it, another condition does. "" = all rows pass.
	Selection string

	Parallelism    int // ≥ 1
	MaxParallelism int // number of key groups; 0 = DefaultMaxParallelism(Parallelism)
	Chaining       Chaining
	SlotGroup      string // "" = DefaultSlotGroup
	Resources      Resources

	State    *StateSchema    // nil = stateless
	StateTTL []time.Duration // per input, for one-input operators one; missing or 0 = kept for ever

	Columns    []Column      // output
	Changelog  ChangelogMode // output
	Keys       []string      // what state and output are keyed by, as shown: "city", "window_start"
	UpsertKeys [][]int       // every known unique key of the output, as indexes into Columns
	Bounded    bool          // sources: the input ends by itself

	Props []Prop
	Spec  any // the planner's operator spec (planner/physical); opaque here
}

// Prop returns the value of a property, or "".
func (n *Node) Prop(key string) string {
	for _, p := range n.Props {
		if p.Key == key {
			return p.Value
		}
	}
	return ""
}

// TTL returns the state TTL of an input; 0 means kept for ever.
func (n *Node) TTL(input int) time.Duration {
	if input < len(n.StateTTL) {
		return n.StateTTL[input]
	}
	return 0
}

// Group returns the slot-sharing group, the default one if none is named.
func (n *Node) Group() string {
	if n.SlotGroup == "" {
		return DefaultSlotGroup
	}
	return n.SlotGroup
}

// KeyGroups returns the number of key groups the node's state is divided into.
func (n *Node) KeyGroups() int {
	if n.MaxParallelism > 0 {
		return n.MaxParallelism
	}
	return DefaultMaxParallelism(n.Parallelism)
}

// DefaultMaxParallelism is Flink's: 1.5 × parallelism rounded up to a power of two,
// within [128, 32768].
func DefaultMaxParallelism(parallelism int) int {
	want, p := parallelism+parallelism/2, 1
	for p < want {
		p *= 2
	}
	return min(max(p, 128), 32768)
}

// Partitioner says which task of the consumer a row goes to.
type Partitioner string

// The partitioners.
const (
	Forward   Partitioner = "forward"   // task i to task i; needs equal parallelism
	Rebalance Partitioner = "rebalance" // round robin over all
	Rescale   Partitioner = "rescale"   // round robin over a local share
	Hash      Partitioner = "hash"      // by key group of Edge.HashKeys
	Broadcast Partitioner = "broadcast" // to every task
	Global    Partitioner = "global"    // all to task 0
	Dynamic   Partitioner = "dynamic"   // to the task with the least backlog
)

// Partitioners lists all of them, in the order in which help shows them.
var Partitioners = []Partitioner{Forward, Rebalance, Rescale, Hash, Broadcast, Global, Dynamic}

// DistributionKind is how the rows of an input must be spread for the consumer to
// be right.
type DistributionKind string

// The distributions a consumer may require. The zero value is AnyDistribution.
const (
	AnyDistribution DistributionKind = ""          // every spread is right
	HashDistributed DistributionKind = "hash"      // rows with equal keys in one task
	Singleton       DistributionKind = "singleton" // all rows in one task
	Broadcasted     DistributionKind = "broadcast" // every row in every task
)

// Distribution is what a consumer requires of an input. Keys are columns of the
// producer's output, for HashDistributed only.
type Distribution struct {
	Kind DistributionKind
	Keys []int
}

// Edge is a flow of rows from a node's output to input number Input of another.
type Edge struct {
	From, To NodeID
	Input    int // 0-based input of To: 0 is the left one of a join

	Partitioner Partitioner
	HashKeys    []int        // columns of From's output; Hash only
	Required    Distribution // what To needs; legality of edits is judged by it
	Prefer      []int        // columns by which hashing would help To though it is right without, e.g. a lookup's key
	SplitHot    bool         // Hash only: rows of very frequent keys may go to any task; nothing behind To relies on the hash
	Changelog   ChangelogMode
	UpsertKey   []int // columns of From's output that identify a row on this edge; nil = none
}

// Graph is a StreamGraph. Edges refer to nodes by index.
type Graph struct {
	Script diag.Source // what node spans point into; Text may be empty
	Mode   Mode
	Nodes  []*Node
	Edges  []*Edge

	NoChaining bool // pipeline.operator-chaining.enabled = false: one task per node
}

// Add appends a node, gives it its ID and returns that. A name that is taken gets
// the first free number appended: "calc", "calc-2", "calc-3".
func (g *Graph) Add(n *Node) NodeID {
	n.ID = NodeID(len(g.Nodes))
	if n.Name == "" {
		n.Name = string(n.Kind)
	}
	if slices.ContainsFunc(g.Nodes, func(o *Node) bool { return o.Name == n.Name }) {
		taken := make(map[string]bool, len(g.Nodes))
		for _, o := range g.Nodes {
			taken[o.Name] = true
		}
		n.Name = freeName(n.Name, taken)
	}
	g.Nodes = append(g.Nodes, n)
	return n.ID
}

// Connect appends an edge and returns it.
func (g *Graph) Connect(e *Edge) *Edge {
	g.Edges = append(g.Edges, e)
	return e
}

// Node returns the node with an ID, or nil.
func (g *Graph) Node(id NodeID) *Node {
	if id < 0 || int(id) >= len(g.Nodes) {
		return nil
	}
	return g.Nodes[id]
}

// Inputs returns the edges into a node, by input number.
func (g *Graph) Inputs(id NodeID) []*Edge {
	var in []*Edge
	for _, e := range g.Edges {
		if e.To == id {
			in = append(in, e)
		}
	}
	slices.SortStableFunc(in, func(a, b *Edge) int { return a.Input - b.Input })
	return in
}

// Outputs returns the edges out of a node, by consumer and input number.
func (g *Graph) Outputs(id NodeID) []*Edge {
	var out []*Edge
	for _, e := range g.Edges {
		if e.From == id {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, compareConsumers)
	return out
}

func compareConsumers(a, b *Edge) int {
	if a.To != b.To {
		return int(a.To - b.To)
	}
	return a.Input - b.Input
}

// ColumnNames returns the names of columns of a node's output. An index out of
// range, which Validate reports, reads as "?".
func (g *Graph) ColumnNames(id NodeID, columns []int) []string {
	n := g.Node(id)
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = "?"
		if n != nil && c >= 0 && c < len(n.Columns) {
			names[i] = n.Columns[c].Name
		}
	}
	return names
}

// Sinks returns the nodes without outputs in the order of the script.
func (g *Graph) Sinks() []*Node {
	feeds := make([]bool, len(g.Nodes))
	for _, e := range g.Edges {
		feeds[e.From] = true
	}
	var sinks []*Node
	for i, n := range g.Nodes {
		if !feeds[i] {
			sinks = append(sinks, n)
		}
	}
	slices.SortStableFunc(sinks, func(a, b *Node) int { return a.Span.Start - b.Span.Start })
	return sinks
}

// Clone returns a deep copy; Spec values are shared, being immutable.
func (g *Graph) Clone() *Graph {
	c := *g
	c.Nodes = make([]*Node, len(g.Nodes))
	for i, n := range g.Nodes {
		m := *n
		m.Aliases = slices.Clone(n.Aliases)
		m.Detail = slices.Clone(n.Detail)
		m.StateTTL = slices.Clone(n.StateTTL)
		m.Columns = slices.Clone(n.Columns)
		m.Keys = slices.Clone(n.Keys)
		m.Props = slices.Clone(n.Props)
		m.UpsertKeys = slices.Clone(n.UpsertKeys)
		for j, k := range n.UpsertKeys {
			m.UpsertKeys[j] = slices.Clone(k)
		}
		if n.State != nil {
			s := *n.State
			s.KeyTypes, s.Fields = slices.Clone(s.KeyTypes), slices.Clone(s.Fields)
			m.State = &s
		}
		c.Nodes[i] = &m
	}
	c.Edges = make([]*Edge, len(g.Edges))
	for i, e := range g.Edges {
		d := *e
		d.HashKeys = slices.Clone(e.HashKeys)
		d.Required.Keys, d.Prefer = slices.Clone(e.Required.Keys), slices.Clone(e.Prefer)
		d.UpsertKey = slices.Clone(e.UpsertKey)
		c.Edges[i] = &d
	}
	return &c
}
