package topology

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/diag"
)

// NodeEdit is what a person wants of one operator. Zero fields want nothing.
type NodeEdit struct {
	UID            string
	Parallelism    int
	MaxParallelism int
	Chaining       Chaining
	SlotGroup      string
	StateTTL       []time.Duration // per input, or one for all; 0 keeps state for ever
	Resources      Resources
	Inputs         []EdgeEdit // by input number
}

// EdgeEdit is how the rows of one input shall get to the operator. Hash without
// keys means the keys that the operator is keyed by (see Graph.defaultKeys).
type EdgeEdit struct {
	Input       int
	Partitioner Partitioner
	Keys        []string
}

// String is the edit as one writes it: "rebalance", "hash[city]".
func (e EdgeEdit) String() string {
	if len(e.Keys) == 0 {
		return string(e.Partitioner)
	}
	return string(e.Partitioner) + "[" + strings.Join(e.Keys, ", ") + "]"
}

// ParseExchange reads what String writes; the input is left 0.
func ParseExchange(s string) (EdgeEdit, error) {
	name, keys, hasKeys := strings.Cut(strings.TrimSpace(s), "[")
	e := EdgeEdit{Partitioner: Partitioner(strings.ToLower(strings.TrimSpace(name)))}
	if !slices.Contains(Partitioners, e.Partitioner) {
		d := diag.Errorf("W0404", diag.Span{}, "partitioner %q is none", Clean(s))
		names := partitionerNames()
		if near := diag.Nearest(string(e.Partitioner), names); near != "" {
			return e, d.WithHint("did you mean %q?", near)
		}
		return e, d.WithHint("%s", listOf("partitioners", names))
	}
	if !hasKeys {
		return e, nil
	}
	list, closed := strings.CutSuffix(strings.TrimSpace(keys), "]")
	if !closed || e.Partitioner != Hash {
		return e, diag.Errorf("W0404", diag.Span{}, "partitioner %q does not read like \"rebalance\" or \"hash[city]\"", Clean(s))
	}
	for k := range strings.SplitSeq(list, ",") {
		if k = strings.TrimSpace(k); k == "" {
			return e, diag.Errorf("W0404", diag.Span{}, "partitioner %q has an empty key", Clean(s))
		}
		e.Keys = append(e.Keys, k)
	}
	return e, nil
}

func partitionerNames() []string {
	names := make([]string, len(Partitioners))
	for i, p := range Partitioners {
		names[i] = string(p)
	}
	return names
}

// Edit is a NodeEdit for a node of a graph. Span points at the wish in the text it
// came from, if any, and is where problems are reported.
type Edit struct {
	Node NodeID
	NodeEdit
	Span diag.Span
}

// Edited is a graph after edits, and what they changed beyond what was asked.
type Edited struct {
	Graph   *Graph
	Follows []Follow
}

// Follow is an exchange that had to change because of an edit elsewhere: a forward
// edge between parallelisms that are no longer equal, or one that relied on how rows
// were spread before.
type Follow struct {
	Edge     *Edge // in the edited graph
	Old, New string
	Why      string
}

// Apply makes a copy of the graph with the edits, which are judged together: that
// two operators get one parallelism, say, is legal though each alone would not be.
// Every edit is applied, or the list holds an error that says why not and what
// would be legal; then there is no graph. Warnings do not hinder.
func (g *Graph) Apply(edits []Edit) (*Edited, diag.List) {
	a := &applier{before: g, g: g.Clone(), taken: map[string]bool{}, asked: map[*Edge]diag.Span{},
		spans: make([]diag.Span, len(g.Nodes)), touched: make([]bool, len(g.Nodes))}
	for _, n := range g.Nodes {
		a.taken[n.UID] = true
	}
	done := map[NodeID]bool{}
	for _, e := range edits {
		n := a.g.Node(e.Node)
		switch {
		case n == nil:
			a.refuse(e.Span, "operator %d is not in the graph", e.Node)
		case done[e.Node]:
			a.refuse(e.Span, "operator %q is edited twice", Clean(n.Name))
		default:
			done[e.Node], a.spans[e.Node] = true, e.Span
			a.node(n, e)
		}
	}
	if a.problems.HasErrors() {
		return nil, a.problems
	}
	a.repair()
	a.judge()
	if a.problems.HasErrors() {
		return nil, a.problems
	}
	if err := a.g.Validate(); err != nil {
		var list diag.List
		if !errors.As(err, &list) {
			list.Add(diag.Errorf("W0402", diag.Span{}, "%v", err))
		}
		return nil, append(a.problems, list...)
	}
	return &Edited{Graph: a.g, Follows: a.follows}, a.problems
}

type applier struct {
	before   *Graph
	g        *Graph
	taken    map[string]bool
	asked    map[*Edge]diag.Span // edges whose partitioner was asked for
	spans    []diag.Span         // of the edits, by node
	touched  []bool              // nodes whose parallelism changed
	follows  []Follow
	problems diag.List
}

func (a *applier) refuse(span diag.Span, format string, args ...any) *diag.Diagnostic {
	d := diag.Errorf("W0412", span, format, args...)
	a.problems.Add(d)
	return d
}

func (a *applier) node(n *Node, e Edit) {
	name := Clean(n.Name)
	if e.UID != "" && e.UID != n.UID {
		if a.taken[e.UID] {
			a.refuse(e.Span, "uid %q of %s is taken", Clean(e.UID), name)
		} else if Clean(e.UID) != e.UID {
			a.refuse(e.Span, "uid %q of %s holds characters that cannot be shown", Clean(e.UID), name)
		}
		a.taken[e.UID] = true
		n.Aliases = append(n.Aliases, n.UID) // what was kept under the former uid is still its own
		n.Aliases = slices.DeleteFunc(n.Aliases, func(s string) bool { return s == e.UID || s == "" })
		n.UID = e.UID
	}
	if e.Parallelism != 0 && e.Parallelism != n.Parallelism {
		n.Parallelism = e.Parallelism
		a.touched[n.ID] = true
	}
	if e.MaxParallelism != 0 {
		n.MaxParallelism = e.MaxParallelism
	}
	a.checkParallelism(n, e.Span)
	if was := a.before.Nodes[n.ID].KeyGroups(); n.State != nil && n.KeyGroups() != was {
		d := diag.Warnf("W0414", e.Span, "%s divides its state into %d key groups instead of %d", name, n.KeyGroups(), was)
		a.problems.Add(d.WithHint("State that has been kept until now cannot be read then; a max parallelism of %d keeps it.", was))
	}
	switch e.Chaining {
	case "":
	case ChainAlways, ChainNever, ChainHead:
		n.Chaining = e.Chaining
	default:
		a.refuse(e.Span, "chaining %q of %s is none", Clean(string(e.Chaining)), name).WithHint("always, never or head")
	}
	if e.SlotGroup != "" {
		n.SlotGroup = e.SlotGroup
	}
	if e.Resources.CPU < 0 || e.Resources.MemoryMiB < 0 {
		a.refuse(e.Span, "resources of %s are negative", name)
	}
	if e.Resources.CPU != 0 {
		n.Resources.CPU = e.Resources.CPU
	}
	if e.Resources.MemoryMiB != 0 {
		n.Resources.MemoryMiB = e.Resources.MemoryMiB
	}
	if e.StateTTL != nil {
		a.stateTTL(n, e)
	}
	for _, in := range e.Inputs {
		a.input(n, in, e.Span)
	}
}

func (a *applier) checkParallelism(n *Node, span diag.Span) {
	name := Clean(n.Name)
	switch {
	case n.Parallelism < 1:
		a.refuse(span, "parallelism %d of %s is less than 1", n.Parallelism, name)
	case n.MaxParallelism < 0 || n.MaxParallelism > 1<<15:
		a.refuse(span, "max parallelism %d of %s is outside 1 to 32768", n.MaxParallelism, name)
	case n.Parallelism > n.KeyGroups():
		a.refuse(span, "parallelism %d of %s is above its max parallelism %d", n.Parallelism, name, n.KeyGroups()).
			WithHint("Raise the max parallelism too; state that was kept with %d key groups cannot be read then.", n.KeyGroups())
	case n.Kind == KindValues && n.Parallelism > 1:
		a.refuse(span, "parallelism %d of %s would produce its rows more than once", n.Parallelism, name)
	}
}

func (a *applier) stateTTL(n *Node, e Edit) {
	inputs := max(1, len(a.g.Inputs(n.ID)))
	switch {
	case n.State == nil:
		a.refuse(e.Span, "%s keeps no state that a TTL could bound", Clean(n.Name))
	case len(e.StateTTL) != 1 && len(e.StateTTL) != inputs:
		a.refuse(e.Span, "%s has %s, not %d", Clean(n.Name), Count(inputs, "input"), len(e.StateTTL)).
			WithHint("Give one TTL, or one per input.")
	case slices.Min(e.StateTTL) < 0:
		a.refuse(e.Span, "state TTL of %s is negative", Clean(n.Name))
	default:
		n.StateTTL = nil
		for i := range inputs {
			n.StateTTL = append(n.StateTTL, e.StateTTL[min(i, len(e.StateTTL)-1)])
		}
	}
}

func (a *applier) input(n *Node, in EdgeEdit, span diag.Span) {
	inputs := a.g.Inputs(n.ID)
	if in.Input < 0 || in.Input >= len(inputs) {
		a.refuse(span, "%s has %s and no input %d", Clean(n.Name), Count(len(inputs), "input"), in.Input)
		return
	}
	e := inputs[in.Input]
	if _, twice := a.asked[e]; twice {
		a.refuse(span, "input %d of %s is edited twice", in.Input, Clean(n.Name))
		return
	}
	var keys []int
	if in.Partitioner == Hash {
		var err *diag.Diagnostic
		if keys, err = a.g.resolveKeys(e, in.Keys); err != nil {
			err.Span = span
			a.problems.Add(err)
			return
		}
	}
	a.asked[e] = span
	e.SplitHot = e.SplitHot && in.Partitioner == Hash && slices.Equal(keys, e.HashKeys)
	e.Partitioner, e.HashKeys = in.Partitioner, keys
}

// resolveKeys turns column names into columns of the producer.
func (g *Graph) resolveKeys(e *Edge, names []string) ([]int, *diag.Diagnostic) {
	from := g.Nodes[e.From]
	columns := make([]string, len(from.Columns))
	for i, c := range from.Columns {
		columns[i] = c.Name
	}
	if len(names) == 0 {
		if keys := g.defaultKeys(e); keys != nil {
			return keys, nil
		}
		return nil, diag.Errorf("W0412", diag.Span{}, "hash into %s needs columns, as it has no key of its own", Clean(g.Nodes[e.To].Name)).
			WithHint("hash[COLUMN, …] of %s", listOf("columns", cleanAll(columns)))
	}
	var keys []int
	for _, name := range names {
		k := slices.Index(columns, name)
		if k < 0 {
			d := diag.Errorf("W0412", diag.Span{}, "column %q not found in the output of %s", Clean(name), Clean(from.Name))
			if near := diag.Nearest(name, columns); near != "" {
				return nil, d.WithHint("did you mean %q?", Clean(near))
			}
			return nil, d.WithHint("%s", listOf("columns", cleanAll(columns)))
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// defaultKeys are the columns that hash means without naming any: those that the
// consumer requires, else those it prefers, else those that identify a row.
func (g *Graph) defaultKeys(e *Edge) []int {
	for _, keys := range [][]int{e.Required.Keys, e.Prefer, e.UpsertKey} {
		if len(keys) > 0 {
			return slices.Clone(keys)
		}
	}
	return nil
}

// repair changes exchanges that nobody asked about and that the edits made wrong or
// pointless, to what the planner would have chosen for them:
//
//   - forward between parallelisms that are no longer equal, and whatever else is no
//     longer legal
//   - global into an operator that got more tasks, of which one only would work
//   - forward into keyed state, which is right only because rows are spread by the
//     key already: where they are spread otherwise now, it becomes the hash that it
//     stood for. "Otherwise" spreads along forward edges, up to the next exchange
//     that the planner made.
func (a *applier) repair() {
	order, err := a.g.Topo()
	if err != nil {
		return // Validate reports it
	}
	respread := slices.Clone(a.touched)
	for _, id := range order {
		for _, e := range a.g.Inputs(id) {
			from, to := a.g.Nodes[e.From], a.g.Nodes[e.To]
			_, asked := a.asked[e]
			switch {
			case asked:
			case from.Parallelism != to.Parallelism && e.Partitioner == Forward:
				a.follow(e, fmt.Sprintf("parallelism is %d at %s and %d at %s", from.Parallelism, Clean(from.Name), to.Parallelism, Clean(to.Name)))
			case respread[e.From] && e.Partitioner == Forward && e.Required.Kind == HashDistributed && to.Parallelism > 1:
				a.follow(e, "rows no longer arrive spread by "+strings.Join(cleanAll(a.g.ColumnNames(e.From, e.Required.Keys)), ", "))
			case !a.touched[e.From] && !a.touched[id]:
			case a.g.illegal(e, true) != "":
				a.follow(e, a.g.illegal(e, true))
			case e.Partitioner == Global && e.Required.Kind != Singleton && to.Parallelism > 1:
				a.follow(e, fmt.Sprintf("%s has %d tasks now", Clean(to.Name), to.Parallelism))
			}
			moved := asked || e.Partitioner != Forward && a.wasForward(e) || e.Partitioner == Forward && respread[e.From]
			if moved && e.Required.Kind != HashDistributed {
				respread[id] = true
			}
		}
	}
}

func (a *applier) wasForward(e *Edge) bool {
	old := a.oldEdge(e)
	return old != nil && old.Partitioner == Forward
}

// follow gives an edge the exchange that its consumer needs and its rows allow. If
// there is none, judge refuses the edit.
func (a *applier) follow(e *Edge, why string) {
	old := a.g.exchangeText(e)
	p, keys := e.Partitioner, e.HashKeys
	switch {
	case e.Required.Kind == Singleton:
		p, keys = Global, nil
	case e.Required.Kind == HashDistributed:
		p, keys = Hash, slices.Clone(e.Required.Keys)
	case e.Required.Kind == Broadcasted:
		p, keys = Broadcast, nil
	case a.g.Nodes[e.To].Parallelism == 1:
		p, keys = Global, nil
	case !e.Changelog.Updating():
		p, keys = Rebalance, nil
	case len(e.UpsertKey) > 0:
		p, keys = Hash, slices.Clone(e.UpsertKey)
	case !a.touched[e.To]: // rows that update each other, and no key to keep them together by
		p, keys = Global, nil // whoever wanted more tasks at e.To would not be served by one of them
	}
	e.SplitHot = e.SplitHot && p == Hash && slices.Equal(keys, e.HashKeys)
	e.Partitioner, e.HashKeys = p, keys
	if now := a.g.exchangeText(e); now != old {
		a.follows = append(a.follows, Follow{e, old, now, why})
	}
}

// exchangeText is the partitioner of an edge with the names of its keys.
func (g *Graph) exchangeText(e *Edge) string {
	return Clean(EdgeEdit{Partitioner: e.Partitioner, Keys: g.ColumnNames(e.From, e.HashKeys)}.String())
}
