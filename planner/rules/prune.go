package rules

import (
	"sort"

	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// prune finds which columns of every node anybody above needs and drops the others:
// in projections, in aggregates, ahead of operators that keep rows, and in scans, so
// that sources read no more than that. A scan that several read reads the union. A
// scan whose rowtime column nobody needs makes no watermarks.
func prune(c *Context, roots []logical.Node) []logical.Node {
	p := &pruner{Context: c, need: map[logical.Node]map[int]bool{}, made: map[logical.Node]made{}, facts: logical.NewFacts()}
	order := logical.Topo(roots...)
	for i := len(order) - 1; i >= 0; i-- {
		p.require(order[i])
	}
	for _, n := range order {
		p.made[n] = p.rebuild(n)
	}
	out := make([]logical.Node, len(roots))
	for i, r := range roots {
		out[i] = p.made[r].node
	}
	return out
}

type pruner struct {
	*Context
	need  map[logical.Node]map[int]bool // columns of a node that its readers need
	made  map[logical.Node]made
	facts *logical.Facts
}

// made is a rebuilt node and where the columns of the old one are in it, -1 = gone.
type made struct {
	node logical.Node
	at   []int
}

func (m made) pos(i int) int { return m.at[i] }

func (p *pruner) ask(n logical.Node, cols ...int) {
	if p.need[n] == nil {
		p.need[n] = map[int]bool{}
	}
	for _, c := range cols {
		p.need[n][c] = true
	}
}

// needed lists the needed columns of n in order; one at least, because rows without
// columns are not everywhere possible.
func (p *pruner) needed(n logical.Node) []int {
	var out []int
	if scan, ok := n.(*logical.Scan); ok && scan.Caps.Produces.Updating() {
		for _, key := range p.facts.UniqueKeys(scan) { // changes are told apart by it
			p.ask(n, key...)
		}
	}
	for c := range p.need[n] {
		out = append(out, c)
	}
	if len(out) == 0 && len(n.Schema()) > 0 {
		return []int{cheapest(n)}
	}
	sort.Ints(out)
	return out
}

// cheapest picks the column to carry when only the number of rows counts.
func cheapest(n logical.Node) int {
	best, cost := 0, 1<<30
	scan, _ := n.(*logical.Scan)
	for i, f := range n.Schema() {
		c := 10
		switch {
		case f.Type.Kind == types.Boolean || f.Type.IsNumeric():
			c = 1
		case f.Type.In(types.Date, types.Time) || f.Type.IsTimestamp():
			c = 2
		case f.Type.In(types.Array, types.Map, types.Multiset, types.Row, types.Raw):
			c = 100
		}
		if scan != nil && len(scan.Table.Columns) == len(scan.Fields) && scan.Table.Columns[i].Kind != 0 {
			c += 50
		}
		if c < cost {
			best, cost = i, c
		}
	}
	return best
}

// require hands what n's readers need of it on to n's inputs.
func (p *pruner) require(n logical.Node) {
	need := p.needed(n)
	switch n := n.(type) {
	case *logical.Sink:
		p.ask(n.Input, upTo(len(n.Input.Schema()))...)
	case *logical.Project:
		some := false
		for _, i := range need {
			refs := rex.Refs(n.Exprs[i])
			some = some || len(refs) > 0
			p.ask(n.Input, refs...)
		}
		if p.ask(n.Input); !some {
			p.askWhole(n.Input)
		}
	case *logical.Filter:
		p.ask(n.Input, need...)
		p.ask(n.Input, rex.Refs(n.Cond)...)
	case *logical.Join:
		p.askSides(n.Left, n.Right, need, n.Cond)
		if l, r := logical.WindowJoinSides(n); l != nil {
			p.askWindow(n.Left, l)
			p.askWindow(n.Right, r)
		}
	case *logical.TemporalJoin:
		p.askSides(n.Left, n.Right, need, n.Cond)
		p.ask(n.Left, rex.Refs(n.Time)...)
		if n.Time.Type().Attr == types.Rowtime {
			p.ask(n.Right, rowtimes(n.Right)...)
			for _, key := range p.facts.UniqueKeys(n.Right) {
				p.ask(n.Right, key...)
			}
		}
	case *logical.Aggregate:
		p.ask(n.Input, n.Groups...)
		cols := aggColumns(neededCalls(n.Aggs, len(n.Groups), need))
		if p.ask(n.Input, cols...); len(cols)+len(n.Groups) == 0 {
			p.askWhole(n.Input)
		}
	case *logical.GroupWindow:
		p.ask(n.Input, n.Groups...)
		p.ask(n.Input, aggColumns(neededCalls(n.Aggs, len(n.Groups), need))...)
		p.askWindowSpec(n.Input, n.Window)
	case *logical.WindowTVF:
		p.ask(n.Input, below(need, len(n.Input.Schema()))...)
		p.askWindowSpec(n.Input, n.Window)
	case *logical.Over:
		width := len(n.Input.Schema())
		p.ask(n.Input, below(need, width)...)
		p.ask(n.Input, n.Partition...)
		p.ask(n.Input, keyColumns(n.Order)...)
		p.ask(n.Input, aggColumns(neededCalls(n.Calls, width, need))...)
	case *logical.Rank:
		p.ask(n.Input, below(need, len(n.Input.Schema()))...)
		p.ask(n.Input, n.Partition...)
		p.ask(n.Input, keyColumns(n.Order)...)
		if w := logical.Windows(n.Input); w != nil && logical.Windows(n) != nil {
			p.askWindow(n.Input, w)
		}
		if !p.Batch { // rows of a changing input are told apart by key
			for _, key := range p.facts.UniqueKeys(n.Input) {
				p.ask(n.Input, key...)
			}
		}
	case *logical.Sort:
		p.ask(n.Input, need...)
		p.ask(n.Input, keyColumns(n.Keys)...)
	case *logical.Unnest:
		p.askWhole(n.Input)
		p.ask(n.Input, below(need, len(n.Input.Schema()))...)
		p.ask(n.Input, rex.Refs(n.Collection)...)
		if n.Cond != nil {
			p.ask(n.Input, below(rex.Refs(n.Cond), len(n.Input.Schema()))...)
		}
	case *logical.Match:
		p.ask(n.Input, n.Partition...)
		p.ask(n.Input, keyColumns(n.Order)...)
		p.ask(n.Input, n.Pattern.Columns(len(n.Input.Schema()))...)
	case *logical.Expand:
		p.ask(n.Input, below(need, len(n.Input.Schema()))...)
		p.ask(n.Input, n.Cols...)
	case *logical.Replicate:
		p.ask(n.Input, upTo(len(n.Input.Schema()))...)
	default: // Union passes positions; set operations and what is new need all
		for _, in := range n.Inputs() {
			if _, isUnion := n.(*logical.Union); isUnion {
				p.ask(in, need...)
			} else {
				p.ask(in, upTo(len(in.Schema()))...)
			}
		}
	}
}

// askWhole asks for every column of a scan whose changes are folded by key. Flink does not narrow it
// for readers that name no column, so that an update of any column is a change to them.
func (p *pruner) askWhole(n logical.Node) {
	for {
		f, ok := n.(*logical.Filter)
		if !ok {
			break
		}
		n = f.Input
	}
	if scan, ok := n.(*logical.Scan); ok && !p.Batch && p.foldsChanges(scan) {
		p.ask(n, upTo(len(scan.Fields))...)
	}
}

func (p *pruner) askSides(left, right logical.Node, need []int, cond rex.Expr) {
	lw := len(left.Schema())
	p.ask(left)
	p.ask(right)
	for _, i := range append(append([]int(nil), need...), rex.Refs(cond)...) {
		if i < lw {
			p.ask(left, i)
		} else {
			p.ask(right, i-lw)
		}
	}
}

func (p *pruner) askWindow(n logical.Node, w *logical.WindowColumns) {
	p.ask(n, w.Start, w.End)
}

func (p *pruner) askWindowSpec(n logical.Node, w physical.Window) {
	if w.Kind == physical.Attached {
		p.ask(n, w.Start, w.End)
		return
	}
	p.ask(n, w.Time)
	p.ask(n, w.Partition...)
}

// neededCalls gives the calls whose results, which start at column first, are needed.
func neededCalls(calls []rex.AggCall, first int, need []int) []rex.AggCall {
	var out []rex.AggCall
	for i, c := range calls {
		if has(need, first+i) {
			out = append(out, c)
		}
	}
	return out
}

func below(cols []int, width int) []int {
	var out []int
	for _, c := range cols {
		if c < width {
			out = append(out, c)
		}
	}
	return out
}

func keyColumns(keys []rex.SortKey) []int {
	out := make([]int, len(keys))
	for i, k := range keys {
		out[i] = k.Col
	}
	return out
}

func rowtimes(n logical.Node) []int {
	var out []int
	for i, f := range n.Schema() {
		if f.Type.Attr == types.Rowtime {
			out = append(out, i)
		}
	}
	return out
}
