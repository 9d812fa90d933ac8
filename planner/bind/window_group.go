package bind

import (
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// groupWindow is the legacy window of GROUP BY TUMBLE(ts, …).
type groupWindow struct {
	kind physical.WindowKind
	time rex.Expr
	args []rex.Expr // all arguments, to find the window that TUMBLE_START(…) means
	spec physical.Window
	at   diag.Span
}

// windowProps are the auxiliary functions of group windows.
var windowProps = map[string]bool{
	"TUMBLE_START": true, "TUMBLE_END": true, "TUMBLE_ROWTIME": true, "TUMBLE_PROCTIME": true,
	"HOP_START": true, "HOP_END": true, "HOP_ROWTIME": true, "HOP_PROCTIME": true,
	"SESSION_START": true, "SESSION_END": true, "SESSION_ROWTIME": true, "SESSION_PROCTIME": true,
}

var groupWindowKinds = map[string]physical.WindowKind{"TUMBLE": physical.Tumble, "HOP": physical.Hop, "SESSION": physical.Session}

func isGroupWindow(c *syntax.Call) bool {
	_, ok := groupWindowKinds[strings.ToUpper(c.Name.Last().Name)]
	return ok && len(c.Name.Parts) == 1 && c.Over == nil
}

// groupWindow binds TUMBLE(time, size), HOP(time, slide, size) or SESSION(time, gap) in GROUP BY.
func (b *binder) groupWindow(k *block, x *exprs, c *syntax.Call) bool {
	at := b.at(c)
	name := strings.ToUpper(c.Name.Last().Name)
	if k.window != nil {
		b.errorf(codeWindow, at, "GROUP BY has two windows").WithHint("aggregate over one window in a subquery first")
		return false
	}
	args, ok := x.bindAll(c.Args)
	if !ok {
		return false
	}
	kind := groupWindowKinds[name]
	want := 2
	if kind == physical.Hop {
		want = 3
	}
	if len(args) != want {
		b.errorf(codeWindow, at, "%s in GROUP BY takes %d arguments, not %d", name, want, len(args)).
			WithHint("%s", map[physical.WindowKind]string{physical.Tumble: "TUMBLE(time, size)", physical.Hop: "HOP(time, slide, size)",
				physical.Session: "SESSION(time, gap)"}[kind])
		return false
	}
	t := args[0].Type()
	if !b.windowTime(x.in.node, args[0], b.at(c.Args[0]), name) {
		return false
	}
	w := &groupWindow{kind: kind, time: args[0], args: args, at: at}
	w.spec = physical.Window{Kind: kind, Rowtime: t.Attr != types.Proctime, Local: t.Kind == types.TimestampLTZ}
	lengths := make([]int64, 0, 2)
	for i, a := range args[1:] {
		v, ok := b.windowLength(a, b.at(c.Args[i+1]), name)
		if !ok {
			return false
		}
		lengths = append(lengths, v)
	}
	if kind == physical.Hop {
		w.spec.Slide, w.spec.Size = lengths[0], lengths[1]
	} else {
		w.spec.Size = lengths[0]
	}
	k.window = w
	return true
}

// windowLength is a positive constant interval in milliseconds.
func (b *binder) windowLength(e rex.Expr, at diag.Span, window string) (int64, bool) {
	if bad(e) {
		return 0, false
	}
	l, isLit := e.(*rex.Lit)
	switch {
	case e.Type().Kind == types.IntervalYearMonth:
		b.errorf(codeWindow, at, "%s takes lengths of days or less; months differ in length", window).WithHint("write INTERVAL '30' DAY")
		return 0, false
	case e.Type().Kind != types.IntervalDayTime:
		b.errorf(codeWindow, at, "%s wants an interval here, but this is %s", window, e.Type()).WithHint("write INTERVAL '10' MINUTE")
		return 0, false
	case !isLit || l.Value == nil:
		b.errorf(codeWindow, at, "length of %s is not a constant", window)
		return 0, false
	case l.Value.(int64) <= 0:
		b.errorf(codeWindow, at, "length of %s is not positive", window)
		return 0, false
	}
	return l.Value.(int64), true
}

// windowProp stands a placeholder for TUMBLE_START(…) and its relatives.
func (x *exprs) windowProp(name string, c *syntax.Call) rex.Expr {
	b, at := x.b, x.b.at(c)
	if x.block == nil || x.inAgg {
		b.errorf(codeWindow, at, "%s cannot stand in %s", name, x.clause)
		return invalid()
	}
	args, ok := x.bindAll(c.Args)
	if !ok {
		return invalid()
	}
	w := x.block.window
	kind, _, _ := strings.Cut(name, "_")
	switch {
	case w == nil || w.kind != groupWindowKinds[kind]:
		b.errorf(codeWindow, at, "%s wants %s(…) in GROUP BY", name, kind)
		return invalid()
	case !slices.EqualFunc(args, w.args, rex.Equal):
		b.errorf(codeWindow, at, "%s names another window than GROUP BY", name).WithHint("give it the same arguments as %s in GROUP BY", kind)
		return invalid()
	case strings.HasSuffix(name, "_ROWTIME") && w.time.Type().Attr == types.Proctime:
		b.errorf(codeTime, at, "%s wants an event-time window, but this one is in processing time", name).WithHint("write %s_PROCTIME", kind)
		return invalid()
	}
	mark := windowMark + strings.ToLower(name[len(kind)+1:])
	return &rex.Call{Fn: mark, Args: args, T: w.propType(name), Span: at}
}

// propType is the type of a property: window bounds are local time, the time is the
// window's time attribute.
func (w *groupWindow) propType(name string) types.Type {
	t := w.time.Type()
	switch {
	case strings.HasSuffix(name, "_START"), strings.HasSuffix(name, "_END"):
		return types.NewTimestamp(3).NotNull()
	case t.Attr == types.Proctime || strings.HasSuffix(name, "_PROCTIME") && t.Attr != types.Rowtime:
		return types.NewTimestampLTZ(3).NotNull().WithAttr(types.Proctime)
	}
	t.Precision = 3
	return t
}

func isWindowMark(c *rex.Call) bool { return strings.HasPrefix(c.Fn, windowMark) }

// windowValue refers to the column of a window property, adding it to the node.
func (g *grouped) windowValue(c *rex.Call) rex.Expr {
	prop := strings.TrimPrefix(c.Fn, windowMark)
	if prop == "proctime" {
		prop = "rowtime"
	}
	col := g.props[prop]
	return &rex.Ref{Index: col, T: g.fields[col].Type, Name: g.fields[col].Name}
}

// groupWindowNode builds the legacy window aggregation, with all three properties; what
// is not used is pruned later.
func (g *grouped) groupWindowNode(in logical.Node, groups []int, calls []rex.AggCall, timeCol int, at diag.Span) logical.Node {
	w := g.k.window
	spec := w.spec
	spec.Time = timeCol
	node := &logical.GroupWindow{Base: logical.Base{At: at, Hints: g.k.hints}, Input: in, Window: spec, Groups: groups, Aggs: calls,
		Props: []physical.WindowProp{physical.WindowStart, physical.WindowEnd, physical.WindowTime}}
	for _, p := range []struct{ name, kind string }{{"start", "_START"}, {"end", "_END"}, {"rowtime", "_ROWTIME"}} {
		g.props[p.name] = len(g.fields)
		g.fields = append(g.fields, types.Field{Name: "window_" + strings.Replace(p.name, "rowtime", "time", 1), Type: w.propType(p.kind)})
	}
	node.Fields = g.fields
	return node
}

// strayWindow reports TUMBLE(…) and its like where no window can be.
func (x *exprs) strayWindow(name string, c *syntax.Call) rex.Expr {
	d := x.b.errorf(codeWindow, x.b.at(c), "window %s(…) cannot stand in %s", name, x.clause)
	d.WithHint("windows stand in FROM: TABLE(%s(TABLE t, DESCRIPTOR(ts), …)); then group by window_start and window_end", name)
	return invalid()
}
