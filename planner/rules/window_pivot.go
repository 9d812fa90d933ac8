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

// windowPivot recognises the windows of a key as columns of one row: aggregates over HOP
// windows with FILTER (WHERE time >= window_end - INTERVAL …). Such a call is that of a shorter
// window with the same end, so all of them share panes and no row is kept for each window.
func windowPivot(_ *Context, roots []logical.Node) []logical.Node {
	return each(roots, func(n logical.Node) logical.Node {
		if g, ok := n.(*logical.GroupWindow); ok && g.Window.Kind == physical.Attached && g.FromTVF && !physical.OrderMatters(g.Aggs) {
			if p, ok := g.Input.(*logical.Project); ok {
				if t, ok := p.Input.(*logical.WindowTVF); ok && t.Window.Kind == physical.Hop && t.Window.Show == nil {
					if out := pivot(g, p, t); out != nil {
						return out
					}
				}
			}
		}
		return n
	})
}

// pivot gives the aggregate over panes, nil if the windows are used in another way.
func pivot(g *logical.GroupWindow, p *logical.Project, t *logical.WindowTVF) logical.Node {
	out := *g
	out.Groups, out.Aggs, out.Pivot = nil, nil, nil
	windows := []physical.Window{t.Window}
	var exprs []rex.Expr
	var fields []types.Field
	inside := true // nothing but the filters uses the windows
	column := func(e rex.Expr, f types.Field) int {
		inside = inside && !slices.ContainsFunc(rex.Refs(e), func(i int) bool { return i >= len(t.Input.Schema()) })
		at := slices.IndexFunc(exprs, func(o rex.Expr) bool { return rex.Equal(o, e) })
		if at < 0 {
			at = len(exprs)
			exprs, fields = append(exprs, e), append(fields, f)
		}
		return at
	}
	of := func(i int) int { return column(p.Exprs[i], p.Fields[i]) }
	for _, k := range g.Groups {
		out.Groups = append(out.Groups, of(k))
	}
	for _, c := range g.Aggs {
		window := 0
		if c.Filter >= 0 {
			if size := pivotLength(p.Exprs[c.Filter], t); size > 0 && size <= t.Window.Size {
				w := t.Window
				w.Size = size
				if window = slices.IndexFunc(windows, func(o physical.Window) bool { return o.Size == size }); window < 0 {
					window = len(windows)
					windows = append(windows, w)
				}
				c.Filter = -1
			}
		}
		c = remapCalls([]rex.AggCall{c}, of)[0]
		c.Name, c.Span = "", diag.Span{}
		at := slices.IndexFunc(out.Aggs, func(o rex.AggCall) bool { return reflect.DeepEqual(o, c) })
		if at < 0 {
			at = len(out.Aggs)
			out.Aggs = append(out.Aggs, c)
		}
		out.Pivot = append(out.Pivot, physical.PivotCall{Call: at, Window: window})
	}
	time := column(ref(t.Input, t.Window.Time), t.Input.Schema()[t.Window.Time])
	if !inside || len(windows) == 1 || t.Window.Size/pane(windows).Size > mostPanes {
		return nil
	}
	for i := range windows {
		windows[i].Time = time
	}
	out.Shared, out.Window = windows, pane(windows)
	out.Input = project(t.Input, fields, exprs)
	return &out
}

// pivotLength reads time >= window_end - length, 0 if it is something else.
func pivotLength(e rex.Expr, t *logical.WindowTVF) int64 {
	c, ok := e.(*rex.Call)
	if !ok || c.Fn != ">=" && c.Fn != "<=" || len(c.Args) != 2 {
		return 0
	}
	time, bound := c.Args[0], c.Args[1]
	if c.Fn == "<=" {
		time, bound = bound, time
	}
	minus, ok := bound.(*rex.Call)
	if !ok || minus.Fn != "-" || len(minus.Args) != 2 {
		return 0
	}
	end, isRef := minus.Args[0].(*rex.Ref)
	length, isLit := minus.Args[1].(*rex.Lit)
	at, isTime := time.(*rex.Ref)
	if !isRef || !isLit || !isTime || end.Index != len(t.Input.Schema())+1 || at.Index != t.Window.Time ||
		length.T.Kind != types.IntervalDayTime || at.T.Kind != types.Timestamp || t.Window.Zone != "" {
		return 0
	}
	ms, _ := length.Value.(int64)
	return ms
}
