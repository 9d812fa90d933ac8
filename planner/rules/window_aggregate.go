package rules

import (
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// windowAggregate recognises GROUP BY window_start, window_end: such an aggregate ends
// with its window and is insert-only. If only projections and filters that do not
// look at the window lie between it and the window function, it takes the window over
// and rows are never copied per window; else it takes windows as it finds them.
func windowAggregate(c *Context, roots []logical.Node) []logical.Node {
	return each(roots, func(n logical.Node) logical.Node {
		a, ok := n.(*logical.Aggregate)
		if !ok || a.Sets != nil {
			return n
		}
		w := logical.Windows(a.Input)
		if w == nil || !has(a.Groups, w.Start) || !has(a.Groups, w.End) {
			return n
		}
		if m := mergeWindow(a, w); m != nil {
			return m
		}
		if w.Window.Kind == physical.Session && !c.Batch {
			return n // as in Flink: sessions of other keys than the groups are no windows of theirs
		}
		win := physical.Window{Kind: physical.Attached, Rowtime: w.Window.Rowtime, Start: w.Start, End: w.End, Time: w.Time, Local: w.Window.Local, Zone: w.Window.Zone}
		return grouped(a, w, a.Input, win, func(i int) int { return i })
	})
}

// grouped makes the window aggregate over in, with columns renumbered by at, and
// restores the order of a's output.
func grouped(a *logical.Aggregate, w *logical.WindowColumns, in logical.Node, win physical.Window, at func(int) int) logical.Node {
	g := &logical.GroupWindow{Base: logical.Base{At: a.At, Hints: a.Hints}, Input: in, Window: win, Aggs: remapCalls(a.Aggs, at), FromTVF: true}
	out := make([]int, len(a.Fields)) // where each output of a is in g
	var props []int
	for p, col := range a.Groups {
		if col == w.Start || col == w.End || col == w.Time && w.Time >= 0 {
			props = append(props, p)
			continue
		}
		out[p] = len(g.Groups)
		g.Groups = append(g.Groups, at(col))
		g.Fields = append(g.Fields, a.Fields[p])
	}
	for i := range a.Aggs {
		out[len(a.Groups)+i] = len(g.Fields)
		g.Fields = append(g.Fields, a.Fields[len(a.Groups)+i])
	}
	for _, p := range props {
		out[p] = len(g.Fields)
		g.Fields = append(g.Fields, a.Fields[p])
		switch a.Groups[p] {
		case w.Start:
			g.Props = append(g.Props, physical.WindowStart)
		case w.End:
			g.Props = append(g.Props, physical.WindowEnd)
		default:
			g.Props = append(g.Props, physical.WindowTime)
		}
	}
	exprs := make([]rex.Expr, len(out))
	for i, o := range out {
		exprs[i] = ref(g, o)
	}
	return project(g, a.Fields, exprs)
}

func remapCalls(calls []rex.AggCall, at func(int) int) []rex.AggCall {
	out := make([]rex.AggCall, len(calls))
	for i, c := range calls {
		c.Args = remapInts(c.Args, at)
		if c.Filter >= 0 {
			c.Filter = at(c.Filter)
		}
		if c.OrderBy != nil {
			c.OrderBy = remapKeys(c.OrderBy, at)
		}
		out[i] = c
	}
	return out
}

func remapKeys(keys []rex.SortKey, at func(int) int) []rex.SortKey {
	out := make([]rex.SortKey, len(keys))
	for i, k := range keys {
		k.Col = at(k.Col)
		out[i] = k
	}
	return out
}

func remapInts(cols []int, at func(int) int) []int {
	if cols == nil {
		return nil
	}
	out := make([]int, len(cols))
	for i, c := range cols {
		out[i] = at(c)
	}
	return out
}

// mergeWindow takes the window function away from below an aggregate, nil if
// something between them needs it.
func mergeWindow(a *logical.Aggregate, w *logical.WindowColumns) logical.Node {
	for _, c := range aggColumns(a.Aggs) {
		if c == w.Start || c == w.End || c == w.Time {
			return nil
		}
	}
	in, pos, window := stripWindow(a.Input)
	if in == nil {
		return nil
	}
	at := func(i int) int { return pos[i] }
	for _, g := range a.Groups {
		if g != w.Start && g != w.End && g != w.Time && pos[g] < 0 {
			return nil // a column of the window once more
		}
	}
	if window.Kind == physical.Session { // the sessions are those of the partition keys
		var keys []int
		for _, g := range a.Groups {
			if g != w.Start && g != w.End && g != w.Time {
				keys = append(keys, at(g))
			}
		}
		if !subset(keys, window.Partition) || !subset(window.Partition, keys) {
			return nil
		}
	}
	return grouped(a, w, in, window, at)
}

// stripWindow gives the node without the window function below it: pos maps columns
// to the new ones (-1 for the window's own), window has its columns in the new node.
// in is nil if the window cannot be taken away.
func stripWindow(n logical.Node) (in logical.Node, pos []int, window physical.Window) {
	switch n := n.(type) {
	case *logical.WindowTVF:
		pos = append(upTo(len(n.Input.Schema())), -1, -1, -1)
		return n.Input, pos, n.Window
	case *logical.Filter:
		in, pos, window = stripWindow(n.Input)
		if in == nil || usesNone(n.Cond, pos) {
			return nil, nil, window
		}
		cond := rex.Remap(n.Cond, func(i int) int { return pos[i] })
		return filter(in, n.At, cond), pos, window
	case *logical.Project:
		return stripProject(n)
	case *logical.Expand:
		in, pos, window = stripWindow(n.Input)
		if in == nil {
			return nil, nil, window
		}
		at := func(i int) int { return pos[i] }
		e := &logical.Expand{Base: logical.Base{At: n.At}, Input: in, Cols: remapInts(n.Cols, at)}
		for _, c := range e.Cols {
			if c < 0 || has(window.Partition, c) || c == window.Time {
				return nil, nil, window
			}
		}
		e.Fields = append([]types.Field(nil), in.Schema()...)
		for _, c := range n.Cols {
			e.Fields[pos[c]].Type = n.Fields[c].Type
		}
		e.Fields = append(e.Fields, n.Fields[len(n.Fields)-1])
		for _, s := range n.Sets {
			e.Sets = append(e.Sets, append([]int{}, remapInts(s, at)...))
		}
		return e, append(append([]int(nil), pos...), len(in.Schema())), window
	}
	return nil, nil, window
}

func stripProject(n *logical.Project) (logical.Node, []int, physical.Window) {
	in, below, window := stripWindow(n.Input)
	if in == nil {
		return nil, nil, window
	}
	var exprs []rex.Expr
	var fields []types.Field
	pos := make([]int, len(n.Exprs))
	for i, e := range n.Exprs {
		if r, ok := e.(*rex.Ref); ok && below[r.Index] < 0 {
			pos[i] = -1
			continue
		}
		if usesNone(e, below) {
			return nil, nil, window
		}
		pos[i] = len(exprs)
		exprs = append(exprs, rex.Remap(e, func(i int) int { return below[i] }))
		fields = append(fields, n.Fields[i])
	}
	keep := func(col int) int { // where a column that the window needs is, or is added
		for i, e := range exprs {
			if r, ok := e.(*rex.Ref); ok && r.Index == col {
				return i
			}
		}
		exprs, fields = append(exprs, ref(in, col)), append(fields, in.Schema()[col])
		return len(exprs) - 1
	}
	window.Time = keep(window.Time)
	window.Partition = remapInts(window.Partition, keep)
	return project(in, fields, exprs), pos, window
}

// usesNone reports whether e uses a column that pos does not have.
func usesNone(e rex.Expr, pos []int) bool {
	for _, i := range rex.Refs(e) {
		if pos[i] < 0 {
			return true
		}
	}
	return false
}
