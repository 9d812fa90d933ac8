package topology

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/diag"
)

// Legality of exchanges. Flink lets most of these pass, and then the job runs, is
// green and writes wrong rows; so they are judged here, from the plan:
//
//	L1  forward joins equal parallelisms
//	L2  an operator that needs all rows in one task runs as one task
//	L3  rows for keyed state go where the key's state is: hash on exactly the key.
//	    A forward edge that the planner made is right, as rows are spread so already
//	L4  broadcast into several tasks would duplicate rows, unless that is meant
//	L5  rows that update each other (−U +U −D) must not overtake one another: they
//	    stay where they are (forward), move by hash on columns of the key that
//	    identifies a row, or meet in one task
//
// What loses no row but an order somebody may count on is a warning: see
// orderWarning.

// judge reports every exchange that is not legal: those asked for, those that an
// edit made wrong, and those into operators whose parallelism changed.
func (a *applier) judge() {
	for _, e := range a.g.Edges {
		span, asked := a.asked[e]
		if !asked && !a.touched[e.From] && !a.touched[e.To] {
			continue
		}
		why := a.g.illegal(e, !asked)
		if why == "" {
			if asked {
				a.orderWarning(e, span)
			}
			continue
		}
		if !asked {
			span = a.spans[e.To].Join(a.spans[e.From])
			if a.touched[e.To] {
				span = a.spans[e.To]
			}
		}
		d := a.refuse(span, "%s", why)
		if alternatives := a.g.legalExchanges(e); len(alternatives) > 0 {
			d.WithHint("legal into %s: %s", Clean(a.g.Nodes[e.To].Name), strings.Join(alternatives, ", "))
		}
		switch k := a.g.Nodes[e.To].Kind; {
		case asked && (k == KindGroupAgg || k == KindWindowAgg):
			d.WithDetail("A hot key is spread by two-phase aggregation: SET 'table.exec.mini-batch.enabled' = 'true' with its allow-latency and size.")
		case e.Changelog.Updating() && len(e.UpsertKey) == 0 && e.Required.Kind == AnyDistribution:
			d.WithDetail("No key identifies these rows, so they can only stay where they are or meet in one task.")
		}
	}
}

// illegal says why an exchange gives wrong rows, or "". Planned exchanges may be
// forward into keyed state.
func (g *Graph) illegal(e *Edge, planned bool) string {
	from, to := g.Nodes[e.From], g.Nodes[e.To]
	src, dst := Clean(from.Name), Clean(to.Name)
	switch {
	case e.Partitioner == Forward && from.Parallelism != to.Parallelism: // L1
		return fmt.Sprintf("forward joins equal parallelisms, but %s has %d and %s has %d", src, from.Parallelism, dst, to.Parallelism)
	case e.Required.Kind == Singleton && to.Parallelism > 1: // L2
		return fmt.Sprintf("%s needs all rows in one task and cannot have parallelism %d", dst, to.Parallelism)
	case to.Parallelism == 1:
		return ""
	case e.Required.Kind == HashDistributed: // L3
		if (planned && e.Partitioner == Forward) || (e.Partitioner == Hash && slices.Equal(e.HashKeys, e.Required.Keys)) {
			return ""
		}
		keys := strings.Join(cleanAll(g.ColumnNames(e.From, e.Required.Keys)), ", ")
		what := "works"
		if to.State != nil {
			what = "keeps state"
		}
		return fmt.Sprintf("%s %s by %s; its input must stay hash[%s]", dst, what, keys, keys)
	case e.Partitioner == Broadcast && e.Required.Kind != Broadcasted: // L4
		return fmt.Sprintf("broadcast to %d tasks of %s would duplicate every row", to.Parallelism, dst)
	case e.Required.Kind == Broadcasted && e.Partitioner != Broadcast:
		return fmt.Sprintf("%s needs every row in each of its %d tasks; this input must stay broadcast", dst, to.Parallelism)
	case e.Changelog.Updating() && !g.keepsUpdateOrder(e): // L5
		return fmt.Sprintf("rows of %s update each other (%s), and %s to %d tasks lets an update overtake the row it replaces",
			src, e.Changelog, g.exchangeText(e), to.Parallelism)
	}
	return ""
}

func (g *Graph) keepsUpdateOrder(e *Edge) bool {
	switch e.Partitioner {
	case Forward, Global:
		return true
	case Hash:
		for _, k := range e.HashKeys {
			if !slices.Contains(e.UpsertKey, k) {
				return false
			}
		}
		return len(e.UpsertKey) > 0
	}
	return false
}

// legalExchanges lists what an edge could be instead.
func (g *Graph) legalExchanges(e *Edge) (legal []string) {
	for _, p := range Partitioners {
		try := *e
		try.Partitioner, try.HashKeys = p, nil
		if p == Hash {
			try.HashKeys = g.defaultKeys(e)
			if g.illegal(&try, false) != "" && len(e.UpsertKey) > 0 { // what would help may not keep updates in order
				try.HashKeys = slices.Clone(e.UpsertKey)
			}
		}
		switch {
		case g.illegal(&try, false) != "":
		case p == Hash && try.HashKeys == nil:
			legal = append(legal, "hash[COLUMN, …]")
		default:
			legal = append(legal, g.exchangeText(&try))
		}
	}
	return legal
}

// orderWarning tells that rows of one key may now reach in another order an
// operator that looks at the order: OVER, deduplication, a temporal join, pattern
// matching. Which of several rows is the first or the last may then change from run
// to run; with event time and watermarks most of them sort, but ties do not.
func (a *applier) orderWarning(e *Edge, span diag.Span) {
	old := a.oldEdge(e)
	scatters := e.Partitioner == Rebalance || e.Partitioner == Rescale || e.Partitioner == Dynamic
	kept := old != nil && (old.Partitioner == Forward || old.Partitioner == Hash || old.Partitioner == Global)
	if !scatters || !kept || a.g.Nodes[e.To].Parallelism == 1 {
		return
	}
	if n := a.g.orderSensitive(e.To); n != nil {
		d := diag.Warnf("W0413", span, "%s into %s lets rows of one key change their order ahead of %s, which looks at it",
			a.g.exchangeText(e), Clean(a.g.Nodes[e.To].Name), Clean(n.Name))
		a.problems.Add(d.WithHint("hash on the key of %s keeps the order", Clean(n.Name)))
	}
}

func (a *applier) oldEdge(e *Edge) *Edge {
	for _, old := range a.before.Edges {
		if old.To == e.To && old.Input == e.Input {
			return old
		}
	}
	return nil
}

// orderSensitive returns the first operator at or below a node that looks at the
// order of rows, or nil. An aggregate in between makes a new order of its own.
func (g *Graph) orderSensitive(id NodeID) *Node {
	seen := make([]bool, len(g.Nodes))
	var visit func(id NodeID) *Node
	visit = func(id NodeID) *Node {
		n := g.Nodes[id]
		if seen[id] {
			return nil
		}
		seen[id] = true
		switch n.Kind {
		case KindOver, KindDedup, KindTemporalJoin, KindMatch:
			return n
		case KindGroupAgg, KindGlobalAgg, KindWindowAgg, KindGlobalWindow, KindSort:
			return nil
		}
		for _, e := range g.Outputs(id) {
			if s := visit(e.To); s != nil {
				return s
			}
		}
		return nil
	}
	return visit(id)
}

// Exchanges lists how the rows of an edge may get to their consumer: what the planner
// chose and what an edit may choose instead, as Apply judges it.
func (g *Graph) Exchanges(e *Edge) []string {
	legal := g.legalExchanges(e)
	if now := g.exchangeText(e); !slices.Contains(legal, now) {
		legal = append([]string{now}, legal...)
	}
	return legal
}

// Choice is a way in which the rows of an edge may get to their consumer, or may not.
type Choice struct {
	Exchange string // "rebalance", "hash[city]"
	Now      bool   // it is this one
	Why      string // why it is right, or why it is not to be chosen
	Illegal  bool
}

// Choices lists all exchanges, those that are not legal with the reason. What an edit
// would make of the rest of the graph is not looked at: Apply is the judge.
func (g *Graph) Choices(e *Edge) []Choice {
	now := g.exchangeText(e)
	legal := g.legalExchanges(e)
	choices := []Choice{}
	has := false
	for _, p := range Partitioners {
		text := ""
		for _, l := range legal {
			if l == string(p) || strings.HasPrefix(l, string(p)+"[") {
				text = l
			}
		}
		try := *e
		try.Partitioner, try.HashKeys = p, nil
		if p == Hash {
			try.HashKeys = g.defaultKeys(e)
		}
		c := Choice{Exchange: text, Illegal: text == ""}
		if p == e.Partitioner {
			c, try = Choice{Exchange: now}, *e
		}
		if c.Now = c.Exchange == now; c.Now {
			has = true
		}
		if c.Why = g.illegal(&try, false); !c.Illegal {
			c.Why = g.WhyLegal(&try)
		} else if c.Exchange = string(p); len(try.HashKeys) > 0 {
			c.Exchange = g.exchangeText(&try)
		}
		choices = append(choices, c)
	}
	if !has {
		choices = append([]Choice{{Exchange: now, Now: true, Why: g.WhyLegal(e)}}, choices...)
	}
	return choices
}

// WhyLegal says in a few words why an exchange gives right rows.
func (g *Graph) WhyLegal(e *Edge) string {
	to := g.Nodes[e.To]
	switch {
	case to.Parallelism == 1:
		return "one task gets all rows"
	case e.Required.Kind == HashDistributed && to.State != nil:
		return "rows go where the state of their key is"
	case e.Required.Kind == HashDistributed:
		return "rows of one key stay together"
	case e.Required.Kind == Broadcasted:
		return "every task needs every row"
	case !e.Changelog.Updating():
		return "input is insert-only"
	case e.Partitioner == Forward:
		return "rows stay where they are"
	}
	return "rows that update each other stay together"
}
