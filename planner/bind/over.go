package bind

import (
	"fmt"
	"slices"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// overCall is one call with OVER. Its placeholder's arguments are, in order, the
// function's arguments, the partition keys, the order keys.
type overCall struct {
	call      aggregateCall
	partition int
	order     []sortKey // expr unused: it is in the placeholder
	frame     logical.Frame
	name      string
}

// windowDefs collects the WINDOW clause.
func (b *binder) windowDefs(s *syntax.Select) map[string]*syntax.WindowDef {
	defs := map[string]*syntax.WindowDef{}
	for _, d := range s.Windows {
		if defs[d.Name.Name] != nil {
			b.errorf(codeDuplicate, b.at(d.Name), "window %q is defined twice", d.Name.Name)
		}
		defs[d.Name.Name] = d
	}
	return defs
}

// windowSpec resolves a reference to a named window.
func (x *exprs) windowSpec(w *syntax.WindowSpec, depth int) (*syntax.WindowSpec, bool) {
	if w.Ref == nil {
		return w, true
	}
	b := x.b
	def := x.block.windowDefs[w.Ref.Name]
	if def == nil || depth > len(x.block.windowDefs) {
		names := make([]string, 0, len(x.block.windowDefs))
		for n := range x.block.windowDefs {
			names = append(names, n)
		}
		slices.Sort(names)
		hintName(b.errorf(codeOver, b.at(*w.Ref), "window %q not found in the WINDOW clause", w.Ref.Name), w.Ref.Name, names)
		return nil, false
	}
	base, ok := x.windowSpec(def.Spec, depth+1)
	if !ok || w.Bare {
		return base, ok
	}
	out := *base
	switch {
	case len(w.PartitionBy) > 0:
		b.errorf(codeOver, b.at(w), "a window that refines %q cannot have a PARTITION BY of its own", w.Ref.Name)
		return nil, false
	case len(w.OrderBy) > 0 && len(base.OrderBy) > 0:
		b.errorf(codeOver, b.at(w), "window %q has an ORDER BY already", w.Ref.Name)
		return nil, false
	case base.Frame != nil:
		b.errorf(codeOver, b.at(w), "window %q has a frame and cannot be refined", w.Ref.Name)
		return nil, false
	}
	if len(w.OrderBy) > 0 {
		out.OrderBy = w.OrderBy
	}
	if w.Frame != nil {
		out.Frame = w.Frame
	}
	return &out, true
}

// overCall binds f(…) OVER (…) and stands a placeholder for it.
func (x *exprs) overCall(f *catalog.Function, c *syntax.Call) rex.Expr {
	b, at := x.b, x.b.at(c)
	switch {
	case x.inOver:
		b.errorf(codeOver, at, "%s … OVER stands inside another OVER call", f.Name).WithHint("compute the inner one in a subquery")
		return invalid()
	case x.inAgg:
		b.errorf(codeOver, at, "%s … OVER stands inside an aggregate", f.Name).WithHint("compute it in a subquery")
		return invalid()
	case x.block == nil || x.clause == "HAVING":
		b.errorf(codeOver, at, "%s … OVER cannot stand in %s", f.Name, x.clause).
			WithHint("compute it in a subquery, or filter with QUALIFY")
		return invalid()
	case c.Nulls != syntax.NullTreatmentUnspecified && f.Name != "LAG" && f.Name != "LEAD" && (f.Name != "ARRAY_AGG" || c.Nulls == syntax.IgnoreNulls):
		b.errorf(codeOver, at, "IGNORE NULLS and RESPECT NULLS go with LAG and LEAD, not with %s", f.Name)
		return invalid()
	case c.Filter != nil:
		b.refuseToo(b.at(c.Filter), "FILTER with OVER").WithHint("write a CASE as the argument")
		return invalid()
	}
	if len(c.Args) > 1 && !b.batch() && (f.Name == "LAG" || f.Name == "LEAD") {
		if l, isLit := x.bind(c.Args[1]).(*rex.Lit); isLit && l.T.IsInteger() && l.Value != nil && l.Value.(int64) < 0 {
			b.errorf(codeOver, b.at(c.Args[1]), "%s by a negative number looks at rows that have not come yet", f.Name)
			return invalid()
		}
	}
	if c.Nulls == syntax.IgnoreNulls {
		b.warnf(codeOver, at, "IGNORE NULLS has no effect: as in Flink, %s counts rows with NULL too", f.Name).
			WithHint("filter the NULLs in a subquery before")
	}
	spec, ok := x.windowSpec(c.Over, 0)
	if !ok {
		return invalid()
	}
	in := *x
	in.inOver, in.clause = true, "OVER"
	o := &overCall{call: aggregateCall{fn: f, distinct: c.Distinct, name: f.Name, at: at}, name: f.Name}
	if !(len(c.Args) == 1 && isStar(c.Args[0]) && f.Name == "COUNT") {
		o.call.args, ok = in.args(c.Args)
	}
	if args := o.call.args; ok && !b.batch() && (f.Name == "LAG" || f.Name == "LEAD") && len(args) == 3 && !sameKind(args[0].Type(), args[2].Type()) {
		b.errorf(codeOver, b.at(c.Args[2]), "default of %s is %s, but the value is %s", f.Name, args[2].Type().Null(), args[0].Type().Null()).
			WithHint("a stream wants a CAST: CAST(… AS %s)", args[0].Type().Null())
		return invalid()
	}
	partition, fine := in.bindAll(spec.PartitionBy)
	ok = ok && fine
	var order []rex.Expr
	for _, item := range spec.OrderBy {
		k := in.bind(item.Expr)
		ok = ok && !bad(k)
		order = append(order, k)
		o.order = append(o.order, newSortKey(nil, item))
	}
	if !ok || !b.inferAggregate(&o.call) || !x.overFrame(o, f, spec, order) {
		return invalid()
	}
	o.partition = len(partition)
	args := append(append(slices.Clone(o.call.args), partition...), order...)
	x.block.overs = append(x.block.overs, o)
	out := placeholder(overMark, len(x.block.overs)-1, args, o.call.t, at)
	if n := len(o.call.args); (f.Name == "LAG" || f.Name == "LEAD") && n == 3 && o.call.t.Nullable && !o.call.args[2].Type().Nullable {
		// Flink types the call NOT NULL for a default that is, and gives a row whose value is NULL
		// nonsense (-1, ''); here such a row has the default as well.
		return &rex.Call{Fn: "COALESCE", Args: []rex.Expr{out, o.call.args[2]}, T: o.call.t.NotNull(), Span: at}
	}
	return out
}

// sameKind reports whether two types differ at most in length, precision and scale.
func sameKind(a, b types.Type) bool {
	return a.Kind == b.Kind || a.IsCharacter() && b.IsCharacter() || a.In(types.Binary, types.VarBinary) && b.In(types.Binary, types.VarBinary)
}

// overFrame settles the frame, checks the order, and the type: a frame that may hold no
// row gives NULL.
func (x *exprs) overFrame(o *overCall, f *catalog.Function, spec *syntax.WindowSpec, order []rex.Expr) bool {
	b := x.b
	ranking := f.Kind == catalog.WindowFunction
	at := b.at(spec)
	if len(order) == 0 && ranking {
		b.errorf(codeOver, at, "%s wants an ORDER BY in OVER", f.Name)
		return false
	}
	if !b.batch() && wholePartition[f.Name] {
		b.errorf(codeOver, o.call.at, "%s needs all rows of a partition, which a stream does not have", f.Name).WithHint("run the script as a batch")
		return false
	}
	if !b.batch() && !ranking && !x.streamOrder(o, spec, order) {
		return false
	}
	switch {
	case spec.Frame != nil && ranking && f.Name != "FIRST_VALUE" && f.Name != "LAST_VALUE":
		b.errorf(codeOver, b.at(spec.Frame), "%s takes no frame", f.Name)
		return false
	case spec.Frame == nil && ranking && (f.Name == "ROW_NUMBER" || wholePartition[f.Name]):
		o.frame = logical.Frame{Rows: true, Preceding: -1}
	case spec.Frame == nil && len(order) == 0:
		o.frame = logical.Frame{Rows: true, Preceding: -1, Following: -1}
	case spec.Frame == nil:
		o.frame = logical.Frame{Preceding: -1}
	default:
		var ok bool
		if o.frame, ok = x.frame(spec.Frame, order); !ok {
			return false
		}
		if fr := o.frame; !(fr.Preceding <= 0 && fr.Following <= 0) {
			o.call.t = o.call.empty
		}
	}
	return true
}

// wholePartition are the window functions whose value depends on rows that follow.
var wholePartition = map[string]bool{"LEAD": true, "NTILE": true, "PERCENT_RANK": true, "CUME_DIST": true}

// streamOrder checks that an aggregate with OVER can be computed as rows come: forward in
// time, or in any order over everything before, or (Flink cannot) some rows before.
func (x *exprs) streamOrder(o *overCall, spec *syntax.WindowSpec, order []rex.Expr) bool {
	b := x.b
	switch {
	case len(order) == 0:
		b.errorf(codeOver, b.at(spec), "OVER in a stream wants an ORDER BY").WithHint("order by the rowtime or processing-time column")
	case o.order[0].desc && order[0].Type().IsTimeAttr():
		b.errorf(codeOver, b.at(spec.OrderBy[0]), "OVER in a stream goes forward in time; DESC cannot be computed")
	case !order[0].Type().IsTimeAttr() && spec.Frame != nil && spec.Frame.Range && spec.Frame.Start.Kind == syntax.Preceding:
		d := b.errorf(codeTime, b.at(spec.OrderBy[0].Expr), "a RANGE of an OVER frame in a stream is along a time attribute, but this is %s", order[0].Type())
		b.explainTime(d, x.in.node, order[0])
	default:
		return true
	}
	return false
}

// frame reads ROWS|RANGE BETWEEN start AND end.
func (x *exprs) frame(f *syntax.Frame, order []rex.Expr) (logical.Frame, bool) {
	b := x.b
	out := logical.Frame{Rows: !f.Range}
	switch f.Start.Kind {
	case syntax.UnboundedPreceding:
		out.Preceding = -1
	case syntax.CurrentRow:
	case syntax.Preceding:
		v, ok := x.frameBound(f, f.Start, order)
		if !ok {
			return out, false
		}
		out.Preceding = v
	default:
		b.refuseToo(b.at(f.Start), "a frame that starts after the current row")
		return out, false
	}
	if f.End == nil {
		return out, true
	}
	switch f.End.Kind {
	case syntax.CurrentRow:
	case syntax.UnboundedFollowing:
		out.Following = -1
	case syntax.Following:
		v, ok := x.frameBound(f, f.End, order)
		if !ok {
			return out, false
		}
		out.Following = v
	default:
		b.refuseToo(b.at(f.End), "a frame that ends before the current row")
		return out, false
	}
	if out.Following != 0 && !b.batch() {
		b.errorf(codeOver, b.at(f.End), "a frame in a stream ends at CURRENT ROW: rows that follow have not come yet")
		return out, false
	}
	return out, true
}

// frameBound reads the n of n PRECEDING: rows, or milliseconds.
func (x *exprs) frameBound(f *syntax.Frame, bound *syntax.FrameBound, order []rex.Expr) (int64, bool) {
	b := x.b
	l, ok := x.bind(bound.Expr).(*rex.Lit)
	if !ok || bad(l) || l.Value == nil {
		if !ok {
			b.errorf(codeOver, b.at(bound.Expr), "bound of a frame is not a constant")
		}
		return 0, false
	}
	v, isInt := l.Value.(int64)
	switch {
	case !f.Range && l.T.IsInteger() && isInt && v >= 0:
		return v, true
	case !f.Range:
		b.errorf(codeOver, b.at(bound.Expr), "ROWS counts rows, but the bound is %s", l.T).WithHint("RANGE takes an interval")
		return 0, false
	case l.T.Kind == types.IntervalDayTime && v >= 0:
		if len(order) > 0 && order[0].Type().In(types.Timestamp, types.TimestampLTZ, types.Date, types.Time) {
			return v, true
		}
		b.errorf(codeOver, b.at(bound.Expr), "RANGE with an interval wants an ORDER BY on a time")
		return 0, false
	case l.T.Kind == types.IntervalYearMonth:
		b.refuseToo(b.at(bound.Expr), "RANGE over months")
		return 0, false
	case l.T.IsInteger() && isInt && v >= 0 && len(order) == 1 && order[0].Type().IsInteger():
		return v, true
	}
	b.errorf(codeOver, b.at(bound.Expr), "bound of RANGE is %s, which does not fit the ORDER BY", l.T).
		WithHint("write INTERVAL '1' HOUR PRECEDING")
	return 0, false
}

// overs computes the OVER calls of a block, one node for each window specification, and
// replaces their placeholders in the outputs, QUALIFY and the sort keys.
func (b *binder) overs(k *block, r *rel, outs []output, qualify *rex.Expr, keys []sortKey) *rel {
	if len(k.overs) == 0 {
		return r
	}
	var all []*rex.Expr
	for i := range outs {
		all = append(all, &outs[i].expr)
	}
	if *qualify != nil {
		all = append(all, qualify)
	}
	for i := range keys {
		all = append(all, &keys[i].expr)
	}
	var calls []*rex.Call
	seen := map[string]bool{}
	for _, e := range all {
		rex.Walk(*e, func(e rex.Expr) bool {
			if c, _, ok := marked(e, overMark); ok && !seen[c.String()] {
				seen[c.String()] = true
				calls = append(calls, c)
			}
			return true
		})
	}
	out := *r
	done := map[string]*rex.Ref{} // by the placeholder's text
	for len(calls) > 0 {
		var same, rest []*rex.Call
		for _, c := range calls {
			if k.overSpec(c) == k.overSpec(calls[0]) {
				same = append(same, c)
			} else {
				rest = append(rest, c)
			}
		}
		out.node = b.overNode(k, out.node, same, done)
		calls = rest
	}
	for _, e := range all {
		*e = replace(*e, func(e rex.Expr) (rex.Expr, bool) {
			if c, _, ok := marked(e, overMark); ok {
				return done[c.String()], true
			}
			return nil, false
		})
	}
	return &out
}

// overSpec is the window specification of a call as text: equal texts share a node.
func (k *block) overSpec(c *rex.Call) string {
	_, i, _ := marked(c, overMark)
	o := k.overs[i]
	keys := c.Args[len(c.Args)-o.partition-len(o.order):]
	text := fmt.Sprintf("%d %+v", o.partition, o.frame)
	for i, e := range keys {
		text += " " + e.String()
		if i >= o.partition {
			text += fmt.Sprint(o.order[i-o.partition].desc, o.order[i-o.partition].nullsLast)
		}
	}
	return text
}

// overNode computes calls of one window specification.
func (b *binder) overNode(k *block, n logical.Node, calls []*rex.Call, done map[string]*rex.Ref) logical.Node {
	var exprs []rex.Expr
	for _, c := range calls {
		exprs = append(exprs, c.Args...)
	}
	at := diag.Span{}
	for _, c := range calls {
		at = at.Join(c.Span)
	}
	in, cols := b.withColumns(n, exprs, at)
	node := &logical.Over{Base: logical.Base{Fields: slices.Clone(in.Schema()), At: at, Hints: k.hints}, Input: in}
	for _, c := range calls {
		_, i, _ := marked(c, overMark)
		o := k.overs[i]
		mine := cols[:len(c.Args)]
		cols = cols[len(c.Args):]
		keys := mine[len(mine)-o.partition-len(o.order):]
		node.Partition, node.Frame = keys[:o.partition], o.frame
		node.Order = nil
		for j, s := range o.order {
			node.Order = append(node.Order, rex.SortKey{Col: keys[o.partition+j], Desc: s.desc, NullsLast: s.nullsLast})
		}
		call := rex.AggCall{Fn: o.call.fn.Name, Distinct: o.call.distinct, Filter: -1, T: c.T, Name: o.name, Span: c.Span}
		call.Args = mine[:len(o.call.args)]
		done[c.String()] = &rex.Ref{Index: len(node.Fields), T: c.T, Name: o.name}
		node.Fields = append(node.Fields, types.Field{Name: o.name, Type: c.T})
		node.Calls = append(node.Calls, call)
	}
	return node
}
