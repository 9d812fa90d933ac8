package bind

import (
	"fmt"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// Time attributes travel with the column's type: through projections of the bare
// column, filters, unions of equal attributes, windows, OVER, interval, window, temporal
// and lookup joins. Everything that computes a value (functions, casts, aggregates) and
// joins without a bound on time lose them: the column is then an ordinary timestamp.

// windowTime checks that e can put rows into windows: in a stream it must be a time
// attribute, in a batch any TIMESTAMP will do.
func (b *binder) windowTime(n logical.Node, e rex.Expr, at diag.Span, window string) bool {
	t := e.Type()
	if bad(e) {
		return false
	}
	if t.IsTimeAttr() || b.batch() && t.IsTimestamp() {
		return true
	}
	d := b.errorf(codeTime, at, "%s wants a time attribute, but this is %s", window, t)
	b.explainTime(d, n, e)
	return false
}

// explainTime adds to a diagnostic why e is no time attribute, as far as that is known.
func (b *binder) explainTime(d report, n logical.Node, e rex.Expr) {
	if r, ok := e.(*rex.Ref); ok {
		if why, at := lossOf(n, r.Index); why != "" {
			d.WithDetail("Column %q was one, until %s.", r.Name, why)
			d.related(at, "here it becomes an ordinary timestamp")
			d.WithHint("use the column before that, or keep it beside the computed value")
			return
		}
		if r.T.IsTimestamp() {
			d.WithHint("declare WATERMARK FOR %s AS %s - INTERVAL '5' SECOND in the table", r.Name, r.Name)
			return
		}
	}
	if c, ok := e.(*rex.Call); ok && anyTimeAttr(c) {
		d.WithDetail("A time attribute passes only as the bare column; %s computes a new value.", fnText(c))
		return
	}
	d.WithHint("time attributes are columns with a WATERMARK, and PROCTIME()")
}

func anyTimeAttr(e rex.Expr) bool {
	found := false
	rex.Walk(e, func(e rex.Expr) bool {
		if r, ok := e.(*rex.Ref); ok && r.T.IsTimeAttr() {
			found = true
		}
		return !found
	})
	return found
}

func fnText(c *rex.Call) string {
	switch c.Fn {
	case "+", "-":
		return "calculating with " + c.Fn
	}
	return c.Fn
}

// lossOf follows a column down to where its time attribute was lost.
func lossOf(n logical.Node, col int) (why string, at diag.Span) {
	switch n := n.(type) {
	case *logical.Project:
		switch e := n.Exprs[col].(type) {
		case *rex.Ref:
			if e.T.IsTimeAttr() {
				return "it was projected as an ordinary column", n.Span()
			}
			return lossOf(n.Input, e.Index)
		case *rex.Call:
			if anyTimeAttr(e) {
				return fnText(e) + " computed a new value from it", e.Span
			}
		}
	case *logical.Filter:
		return lossOf(n.Input, col)
	case *logical.Sort:
		return lossOf(n.Input, col)
	case *logical.Over:
		if col < len(n.Input.Schema()) {
			return lossOf(n.Input, col)
		}
		return lossOfCall(n.Input, n.Calls[col-len(n.Input.Schema())])
	case *logical.WindowTVF:
		if col < len(n.Input.Schema()) {
			return lossOf(n.Input, col)
		}
	case *logical.Unnest:
		if col < len(n.Input.Schema()) {
			return lossOf(n.Input, col)
		}
	case *logical.Join:
		side, c := n.Left, col
		if left := len(n.Left.Schema()); col >= left {
			side, c = n.Right, col-left
		}
		if side.Schema()[c].Type.IsTimeAttr() {
			return fmt.Sprintf("a regular %s join let its rows pass without order in time", n.Kind), n.Span()
		}
		return lossOf(side, c)
	case *logical.TemporalJoin:
		if left := len(n.Left.Schema()); col < left {
			return lossOf(n.Left, col)
		}
	case *logical.Aggregate:
		if col < len(n.Groups) {
			if n.Input.Schema()[n.Groups[col]].Type.IsTimeAttr() {
				return "a grouping without a window gave rows without order in time", n.Span()
			}
			return lossOf(n.Input, n.Groups[col])
		}
		if i := col - len(n.Groups); i < len(n.Aggs) {
			return lossOfCall(n.Input, n.Aggs[i])
		}
	case *logical.GroupWindow:
		if col < len(n.Groups) {
			return lossOf(n.Input, n.Groups[col])
		}
		if i := col - len(n.Groups); i < len(n.Aggs) {
			return lossOfCall(n.Input, n.Aggs[i])
		}
	case *logical.Union:
		for _, in := range n.In {
			if in.Schema()[col].Type.IsTimeAttr() {
				return "a UNION joined it with a column that is none", n.Span()
			}
		}
		return lossOf(n.In[0], col)
	case *logical.SetOp:
		if n.Left.Schema()[col].Type.IsTimeAttr() {
			return "a set operation gave rows without order in time", n.Span()
		}
		return lossOf(n.Left, col)
	}
	return "", diag.Span{}
}

func lossOfCall(in logical.Node, c rex.AggCall) (string, diag.Span) {
	for _, a := range c.Args {
		if in.Schema()[a].Type.IsTimeAttr() {
			return "aggregate " + c.Fn + " computed a new value from it", c.Span
		}
	}
	return "", diag.Span{}
}

// origin follows a column down to the node that makes it.
func origin(n logical.Node, col int) (logical.Node, int) {
	for {
		switch m := n.(type) {
		case *logical.Project:
			r, ok := m.Exprs[col].(*rex.Ref)
			if !ok {
				return n, col
			}
			n, col = m.Input, r.Index
			continue
		case *logical.Filter:
			n = m.Input
			continue
		case *logical.Sort:
			n = m.Input
			continue
		case *logical.Over:
			if col < len(m.Input.Schema()) {
				n = m.Input
				continue
			}
		case *logical.Unnest:
			if col < len(m.Input.Schema()) {
				n = m.Input
				continue
			}
		case *logical.Aggregate:
			if col < len(m.Groups) && m.Sets == nil {
				n, col = m.Input, m.Groups[col]
				continue
			}
		case *logical.Join:
			if left := len(m.Left.Schema()); col < left {
				n = m.Left
			} else {
				n, col = m.Right, col-left
			}
			continue
		case *logical.TemporalJoin:
			if left := len(m.Left.Schema()); col < left {
				n = m.Left
				continue
			}
		}
		return n, col
	}
}

// windowColumns finds the columns among cols that are window_start and window_end of one
// window table function; -1 for each that is not there.
func windowColumns(n logical.Node, cols []int) (start, end int) {
	start, end = -1, -1
	var tvf logical.Node
	for i, c := range cols {
		o, col := origin(n, c)
		w, ok := o.(*logical.WindowTVF)
		if !ok || tvf != nil && o != tvf {
			continue
		}
		switch col - len(w.Input.Schema()) {
		case 0:
			start, tvf = i, o
		case 1:
			end, tvf = i, o
		}
	}
	return start, end
}

// plainTime is a type without its time attribute.
func plainTime(t types.Type) types.Type { return t.WithAttr(types.NoTimeAttr) }

// settleTimes takes the time attributes from the columns of joins of this FROM that are
// bounded neither by time nor by windows, now that WHERE is known.
func (b *binder) settleTimes(r *rel) { r.node = b.settleNode(r.node, nil) }

// settleNode goes down through filters to the joins that FROM made. conds are the
// conditions above, over n's columns.
func (b *binder) settleNode(n logical.Node, conds []rex.Expr) logical.Node {
	switch n := n.(type) {
	case *logical.Filter:
		in := b.settleNode(n.Input, append(conds, rex.Conjuncts(n.Cond)...))
		if in == n.Input {
			return n
		}
		c := *n
		c.Input, c.Fields = in, in.Schema()
		return &c
	case *logical.Join:
		c := *n
		left := len(n.Left.Schema())
		if !b.fromJoins[n] { // of a subquery: only the left side is FROM's
			c.Left = b.settleNode(n.Left, sideConds(conds, 0, left))
			c.Fields = joinFields(c.Kind, c.Left, c.Right)
			return &c
		}
		all := append(append([]rex.Expr(nil), conds...), rex.Conjuncts(n.Cond)...)
		c.Left = b.settleNode(n.Left, sideConds(all, 0, left))
		c.Right = b.settleNode(n.Right, sideConds(all, left, left+len(n.Right.Schema())))
		c.Fields = joinFields(c.Kind, c.Left, c.Right)
		if keepsTime(&c, all) {
			return &c
		}
		for i := range c.Fields {
			c.Fields[i].Type = plainTime(c.Fields[i].Type)
		}
		return &c
	}
	return n
}

// sideConds are the conditions that look only at columns from lo up to hi, moved to 0.
func sideConds(conds []rex.Expr, lo, hi int) []rex.Expr {
	var out []rex.Expr
	for _, c := range conds {
		inside := true
		for _, i := range rex.Refs(c) {
			inside = inside && i >= lo && i < hi
		}
		if inside {
			out = append(out, rex.Shift(c, -lo))
		}
	}
	return out
}

// keepsTime tells interval and window joins from regular ones.
func keepsTime(j *logical.Join, conds []rex.Expr) bool {
	lower, upper := timeBounds(j, conds)
	if lower && upper {
		return true
	}
	return windowJoin(j, conds)
}

// timeBounds looks for conditions that hold a time attribute of one side from below and
// from above by a time attribute of the other.
func timeBounds(j *logical.Join, conds []rex.Expr) (lower, upper bool) {
	left := len(j.Left.Schema())
	fields := append(append([]types.Field(nil), j.Left.Schema()...), j.Right.Schema()...)
	side := func(e rex.Expr) int { // 1 left, 2 right, 0 neither or both; only with a time attribute
		s, timed := 0, false
		for _, i := range rex.Refs(e) {
			if i >= len(fields) {
				return 0
			}
			timed = timed || fields[i].Type.IsTimeAttr()
			if i < left {
				s |= 1
			} else {
				s |= 2
			}
		}
		if !timed || s == 3 {
			return 0
		}
		return s
	}
	for _, c := range conds {
		call, ok := c.(*rex.Call)
		if !ok || len(call.Args) != 2 {
			continue
		}
		l, r := side(call.Args[0]), side(call.Args[1])
		if l == 0 || r == 0 || l == r {
			continue
		}
		switch call.Fn {
		case "=":
			return true, true
		case "<", "<=":
			if l == 1 {
				upper = true
			} else {
				lower = true
			}
		case ">", ">=":
			if l == 1 {
				lower = true
			} else {
				upper = true
			}
		}
	}
	return lower, upper
}

// windowJoin: window_start and window_end of both sides are equal.
func windowJoin(j *logical.Join, conds []rex.Expr) bool {
	left := len(j.Left.Schema())
	var starts, ends bool
	for _, c := range conds {
		call, ok := c.(*rex.Call)
		if !ok || call.Fn != "=" {
			continue
		}
		a, ok1 := call.Args[0].(*rex.Ref)
		d, ok2 := call.Args[1].(*rex.Ref)
		if !ok1 || !ok2 || a.Index < left == (d.Index < left) {
			continue
		}
		if a.Index > d.Index {
			a, d = d, a
		}
		if d.Index-left >= len(j.Right.Schema()) {
			continue
		}
		ls, le := windowColumns(j.Left, []int{a.Index})
		rs, re := windowColumns(j.Right, []int{d.Index - left})
		starts = starts || ls == 0 && rs == 0
		ends = ends || le == 0 && re == 0
	}
	return starts && ends
}
