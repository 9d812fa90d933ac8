package logical

import (
	"slices"

	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
)

// WindowColumns says which output columns of a node hold the window of its rows.
type WindowColumns struct {
	Start, End int
	Time       int // window_time; -1 = not among the columns
	Window     physical.Window
}

// Windows derives the window columns of a node's output, nil if its rows are in no
// window: start and end must both be there, unchanged since the window was given.
func Windows(n Node) *WindowColumns {
	switch n := n.(type) {
	case *WindowTVF:
		w := len(n.Input.Schema())
		return &WindowColumns{Start: w, End: w + 1, Time: w + 2, Window: n.Window}
	case *GroupWindow:
		w := &WindowColumns{Start: -1, End: -1, Time: -1, Window: n.Window}
		if up := Windows(n.Input); n.Window.Kind == physical.Attached && up != nil {
			w.Window = up.Window
		}
		for i, p := range n.Props {
			at := len(n.Groups) + len(n.Aggs) + i
			switch p {
			case physical.WindowStart:
				w.Start = at
			case physical.WindowEnd:
				w.End = at
			case physical.WindowTime:
				w.Time = at
			}
		}
		return w.whole()
	case *Filter:
		return Windows(n.Input)
	case *Project:
		up := Windows(n.Input)
		if up == nil {
			return nil
		}
		w := &WindowColumns{Start: -1, End: -1, Time: -1, Window: up.Window}
		for i, e := range n.Exprs {
			if r, ok := e.(*rex.Ref); ok {
				switch r.Index {
				case up.Start:
					w.Start = i
				case up.End:
					w.End = i
				case up.Time:
					w.Time = i
				}
			}
		}
		return w.whole()
	case *Expand:
		if up := Windows(n.Input); up != nil && !slices.Contains(n.Cols, up.Start) && !slices.Contains(n.Cols, up.End) {
			return up
		}
	case *Unnest:
		return Windows(n.Input)
	case *Rank:
		if up := Windows(n.Input); up != nil && slices.Contains(n.Partition, up.Start) && slices.Contains(n.Partition, up.End) {
			return up
		}
	case *Join:
		if l, r := WindowJoinSides(n); l != nil && r != nil {
			return l
		}
	case *TemporalJoin:
		return Windows(n.Left)
	case *Union:
		first := Windows(n.In[0])
		for _, in := range n.In[1:] {
			if w := Windows(in); first == nil || w == nil || w.Start != first.Start || w.End != first.End {
				return nil
			}
		}
		return first
	}
	return nil
}

func (w *WindowColumns) whole() *WindowColumns {
	if w.Start < 0 || w.End < 0 {
		return nil
	}
	return w
}

// WindowJoinSides gives the windows of both sides, columns of their own side, if the
// condition of a join asks for equal windows of one shape; else nil.
func WindowJoinSides(n *Join) (left, right *WindowColumns) {
	l, r := Windows(n.Left), Windows(n.Right)
	if l == nil || r == nil || l.Window.Kind != r.Window.Kind || l.Window.Size != r.Window.Size ||
		l.Window.Slide != r.Window.Slide || l.Window.Offset != r.Window.Offset || l.Window.Zone != r.Window.Zone || l.Window.Rowtime != r.Window.Rowtime {
		return nil, nil
	}
	lw := len(n.Left.Schema())
	equal := func(a, b int) bool {
		for _, e := range rex.Conjuncts(n.Cond) {
			if x, y, ok := EqualRefs(e); ok && (x == a && y == lw+b || y == a && x == lw+b) {
				return true
			}
		}
		return false
	}
	if !equal(l.Start, r.Start) || !equal(l.End, r.End) {
		return nil, nil
	}
	return l, r
}

// EqualRefs reads column = column.
func EqualRefs(e rex.Expr) (a, b int, ok bool) {
	c, isCall := e.(*rex.Call)
	if !isCall || c.Fn != "=" && c.Fn != "IS_NOT_DISTINCT_FROM" {
		return 0, 0, false
	}
	x, ok1 := c.Args[0].(*rex.Ref)
	y, ok2 := c.Args[1].(*rex.Ref)
	if !ok1 || !ok2 {
		return 0, 0, false
	}
	return x.Index, y.Index, true
}
