package rules

import (
	"reflect"
	"slices"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// windowShare makes one operator of several TUMBLE and HOP aggregates over the same rows
// and keys: ten HOP sizes that are united, joined or written by several statements update
// each row once, in the finest pane, and every window puts panes together. What read one of
// the aggregates reads the rows of its windows ($window) from the common one.
func windowShare(c *Context, roots []logical.Node) []logical.Node {
	if c.Config["table.optimizer.reuse-sub-plan-enabled"] == "false" {
		return roots
	}
	for {
		members := c.sharedWindows(roots)
		if members == nil {
			return roots
		}
		replaced := joinWindows(members)
		roots = each(roots, func(n logical.Node) logical.Node {
			if m, ok := replaced[n]; ok {
				return m
			}
			return n
		})
	}
}

// windowMember is an aggregate that may share panes, with its input as expressions over
// what all of them read.
type windowMember struct {
	*logical.GroupWindow
	base  logical.Node
	exprs []rex.Expr
}

// sharedWindows finds aggregates that can be joined, nil if there are none.
func (c *Context) sharedWindows(roots []logical.Node) []windowMember {
	byBase := map[logical.Node][][]windowMember{}
	var order []logical.Node
	for _, n := range logical.Topo(roots...) {
		g, ok := n.(*logical.GroupWindow)
		if !ok || !c.sharesPanes(g) {
			continue
		}
		m := windowMember{GroupWindow: g, base: g.Input}
		if p, ok := g.Input.(*logical.Project); ok && !slices.ContainsFunc(p.Exprs, func(e rex.Expr) bool { return !c.deterministic(e) }) {
			m.base, m.exprs = p.Input, p.Exprs
		} else {
			m.exprs = refs(g.Input, len(g.Input.Schema()))
		}
		sets, known := byBase[m.base]
		if !known {
			order = append(order, m.base)
		}
		at := slices.IndexFunc(sets, func(set []windowMember) bool { return m.joins(set) })
		if at < 0 {
			byBase[m.base] = append(sets, []windowMember{m})
		} else {
			sets[at] = append(sets[at], m)
		}
	}
	for _, base := range order {
		for _, set := range byBase[base] {
			if len(set) > 1 {
				return set
			}
		}
	}
	return nil
}

// sharesPanes reports whether an aggregate is one that can share panes at all: what its
// calls give must not depend on the order in which panes are put together.
func (c *Context) sharesPanes(g *logical.GroupWindow) bool {
	k := g.Window.Kind
	return g.FromTVF && g.Shared == nil && g.Window.Show == nil && (k == physical.Tumble || k == physical.Hop) && !physical.OrderMatters(g.Aggs)
}

// mostPanes bounds the panes of a window: with more, sharing costs more than it saves.
const mostPanes = 100_000

// joins reports whether m is over the same rows, keys and time as the members of a set.
func (m windowMember) joins(set []windowMember) bool {
	a, b := m.Window, set[0].Window
	if a.Rowtime != b.Rowtime || a.Local != b.Local || a.Zone != b.Zone || !rex.Equal(m.exprs[a.Time], set[0].exprs[b.Time]) ||
		len(m.Groups) != len(set[0].Groups) || !reflect.DeepEqual(m.Hints, set[0].Hints) {
		return false
	}
	for _, g := range m.Groups {
		if !slices.ContainsFunc(set[0].Groups, func(o int) bool { return rex.Equal(m.exprs[g], set[0].exprs[o]) }) {
			return false
		}
	}
	windows, longest := []physical.Window{a}, a.Size
	for _, o := range set {
		windows, longest = append(windows, o.Window), max(longest, o.Window.Size)
	}
	return longest/pane(windows).Size <= mostPanes
}

// pane gives the longest TUMBLE window that no window cuts in two.
func pane(windows []physical.Window) physical.Window {
	p := windows[0]
	p.Kind, p.Slide = physical.Tumble, 0
	for _, w := range windows {
		p.Size = gcd(p.Size, w.Size)
		if w.Kind == physical.Hop {
			p.Size = gcd(p.Size, w.Slide)
		}
		p.Size = gcd(p.Size, w.Offset-p.Offset)
	}
	return p
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return max(a, -a)
}

// joinWindows makes the common aggregate and gives what stands in for each of its members.
func joinWindows(set []windowMember) map[logical.Node]logical.Node {
	first := set[0]
	g := &logical.GroupWindow{Base: logical.Base{At: first.At, Hints: first.Hints}, FromTVF: true,
		Props: []physical.WindowProp{physical.WindowStart, physical.WindowEnd, physical.WindowTime, physical.WindowIndex}}
	var exprs []rex.Expr
	var fields []types.Field
	column := func(m windowMember, i int) int { // where a column of a member's input is
		at := slices.IndexFunc(exprs, func(e rex.Expr) bool { return rex.Equal(e, m.exprs[i]) })
		if at < 0 {
			at = len(exprs)
			exprs, fields = append(exprs, m.exprs[i]), append(fields, m.Input.Schema()[i])
		}
		return at
	}
	for _, k := range first.Groups {
		g.Groups = append(g.Groups, column(first, k))
	}
	calls := make([][]int, len(set)) // by member and call: the call of g
	var windows []physical.Window
	for i, m := range set {
		w := m.Window
		w.Time = column(m, w.Time)
		windows = append(windows, w)
		for j, call := range remapCalls(m.Aggs, func(i int) int { return column(m, i) }) {
			call.Name, call.Span = "", diag.Span{}
			at := slices.IndexFunc(g.Aggs, func(o rex.AggCall) bool { return reflect.DeepEqual(o, call) })
			if at < 0 {
				at = len(g.Aggs)
				g.Aggs = append(g.Aggs, call)
				g.Fields = append(g.Fields, m.Fields[len(m.Groups)+j])
			}
			calls[i] = append(calls[i], at)
		}
	}
	g.Fields = slices.Concat(first.Fields[:len(first.Groups)], g.Fields)
	bound, time := types.NewTimestamp(3).NotNull(), fields[windows[0].Time].Type.NotNull()
	time.Precision = 3
	props := len(g.Fields)
	g.Fields = append(g.Fields, types.Field{Name: "window_start", Type: bound}, types.Field{Name: "window_end", Type: bound},
		types.Field{Name: "window_time", Type: time}, types.Field{Name: "$window", Type: types.Int64.NotNull()})
	g.Shared, g.Window = windows, pane(windows)
	g.Input = project(first.base, fields, exprs)

	out := map[logical.Node]logical.Node{}
	for i, m := range set {
		is := &rex.Call{Fn: "=", Args: []rex.Expr{ref(g, props+3), &rex.Lit{Value: int64(i), T: types.Int64.NotNull()}}, T: types.Bool.NotNull()}
		rows := filter(g, m.At, is)
		var cols []rex.Expr
		for _, k := range m.Groups {
			at := slices.IndexFunc(first.Groups, func(o int) bool { return rex.Equal(m.exprs[k], first.exprs[o]) })
			cols = append(cols, ref(rows, at))
		}
		for _, call := range calls[i] {
			cols = append(cols, ref(rows, len(g.Groups)+call))
		}
		for _, p := range m.Props {
			cols = append(cols, ref(rows, props+int(p)))
		}
		out[m.GroupWindow] = project(rows, m.Fields, cols)
	}
	return out
}
