package bind

import (
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

var tvfKinds = map[string]physical.WindowKind{"TUMBLE": physical.Tumble, "HOP": physical.Hop, "CUMULATE": physical.Cumulate, "SESSION": physical.Session}

// tvfParams are Flink's parameters in order; the last one of all but SESSION is optional.
var tvfParams = map[physical.WindowKind][]string{
	physical.Tumble:   {"DATA", "TIMECOL", "SIZE", "OFFSET"},
	physical.Hop:      {"DATA", "TIMECOL", "SLIDE", "SIZE", "OFFSET"},
	physical.Cumulate: {"DATA", "TIMECOL", "STEP", "SIZE", "OFFSET"},
	physical.Session:  {"DATA", "TIMECOL", "GAP"},
}

// ownParams are weir's own parameters, given by name.
var ownParams = map[physical.WindowKind][]string{
	physical.Tumble:   {"ZONE", "UPDATE_EVERY", "ZERO_ROWS", "ONLY_CHANGES", "AT_MOST_EVERY"},
	physical.Hop:      {"ZONE", "UPDATE_EVERY", "ZERO_ROWS", "ONLY_CHANGES", "AT_MOST_EVERY"},
	physical.Cumulate: {"ZONE", "UPDATE_EVERY"},
	physical.Session:  {"ZONE", "UPDATE_EVERY"},
}

// windowTVF binds TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), size[, offset])) and its relatives.
func (b *binder) windowTVF(t *syntax.TableFunc, kind physical.WindowKind, name string, q queryEnv) (*rel, bool) {
	at := b.at(t.Call)
	args, ok := b.tvfArgs(t.Call, kind, name)
	if !ok {
		return nil, false
	}
	in, partition, ok := b.tvfInput(args["DATA"], kind, name, q)
	if !ok {
		return nil, false
	}
	timeCol, ok := b.tvfTime(args["TIMECOL"], in, name)
	if !ok {
		return nil, false
	}
	ft := in.node.Schema()[timeCol].Type
	w := physical.Window{Kind: kind, Time: timeCol, Rowtime: ft.Attr != types.Proctime, Partition: partition, Local: ft.Kind == types.TimestampLTZ}
	if !b.tvfLengths(&w, args, name, q) || !b.tvfOwn(&w, args, name, q) {
		return nil, false
	}
	for _, f := range in.node.Schema() {
		if f.Name == "window_start" || f.Name == "window_end" || f.Name == "window_time" {
			b.errorf(codeWindow, at, "%s adds a column %q, but its input has one already", name, f.Name).
				WithHint("give the inner one another name in a subquery")
			return nil, false
		}
	}
	r := newRel(b.windowNode(in.node, w, at), "", catalog.Path{})
	if t.Alias != nil {
		r = b.rename(r, t.Alias)
	}
	r.place(b.at(t))
	return r, true
}

// windowNode adds the window columns. The window itself works in milliseconds; a time
// of another precision (in batch mode) is brought to them and window_time back.
func (b *binder) windowNode(in logical.Node, w physical.Window, at diag.Span) logical.Node {
	ft := in.Schema()[w.Time].Type
	width := len(in.Schema())
	milli := ft
	milli.Precision = 3
	if ft.Precision > 3 {
		var cols []int
		in, cols = b.withColumns(in, []rex.Expr{b.to(refOf(in, w.Time), milli)}, at)
		w.Time = cols[0]
	}
	n := &logical.WindowTVF{Base: logical.Base{At: at}, Input: in, Window: w}
	bound := types.NewTimestamp(3).NotNull()
	n.Fields = append(slices.Clone(in.Schema()),
		types.Field{Name: "window_start", Type: bound}, types.Field{Name: "window_end", Type: bound},
		types.Field{Name: "window_time", Type: milli.NotNull()})
	if ft.Precision == 3 || ft.IsTimeAttr() {
		return n
	}
	p := &logical.Project{Base: logical.Base{At: at}, Input: n}
	for i, f := range n.Fields {
		if i >= width && i < len(in.Schema()) {
			continue // the time in milliseconds
		}
		e := rex.Expr(refOf(n, i))
		if f.Name == "window_time" && i == len(n.Fields)-1 {
			e = b.to(e, ft)
			f.Type = e.Type()
		}
		p.Exprs = append(p.Exprs, e)
		p.Fields = append(p.Fields, f)
	}
	return p
}

// tvfArgs sorts positional and named arguments by parameter.
func (b *binder) tvfArgs(c *syntax.Call, kind physical.WindowKind, name string) (map[string]syntax.Expr, bool) {
	params := tvfParams[kind]
	required := len(params) - 1
	if kind == physical.Session {
		required = len(params)
	}
	usage := name + "(" + strings.Join(params[:required], ", ")
	if required < len(params) {
		usage += "[, " + params[required] + "]"
	}
	usage += ")"
	args := map[string]syntax.Expr{}
	known := slices.Concat(params, ownParams[kind])
	if len(c.Args) > len(known) || len(c.Args) < required {
		b.errorf(codeWindow, b.at(c), "%s takes %d to %d arguments, not %d", name, required, len(params), len(c.Args)).WithHint("%s", usage)
		return nil, false
	}
	for i, a := range c.Args {
		param := ""
		if n, named := a.(*syntax.NamedArg); named {
			param = strings.ToUpper(n.Name.Name)
			if !slices.Contains(known, param) {
				hintName(b.errorf(codeWindow, b.at(n.Name), "%s has no parameter %q", name, n.Name.Name), param, known)
				return nil, false
			}
			a = n.Value
		} else if i < len(params) {
			param = params[i]
		} else {
			b.errorf(codeWindow, b.at(c), "%s takes %d to %d arguments, not %d", name, required, len(params), len(c.Args)).WithHint("%s", usage)
			return nil, false
		}
		if args[param] != nil {
			b.errorf(codeWindow, b.at(a), "parameter %s of %s is given twice", param, name)
			return nil, false
		}
		args[param] = a
	}
	for _, p := range params[:required] {
		if args[p] == nil {
			b.errorf(codeWindow, b.at(c), "%s lacks parameter %s", name, p).WithHint("%s", usage)
			return nil, false
		}
	}
	return args, true
}

// tvfInput binds the table that a window function reads.
func (b *binder) tvfInput(e syntax.Expr, kind physical.WindowKind, name string, q queryEnv) (*rel, []int, bool) {
	var query syntax.Query
	var partition []syntax.Expr
	switch e := e.(type) {
	case *syntax.TableArg:
		query, partition = e.Query, e.PartitionBy
		if len(e.OrderBy) > 0 {
			b.errorf(codeWindow, b.at(e), "%s takes no ORDER BY: rows go into windows by their time", name)
			return nil, nil, false
		}
	case *syntax.Subquery:
		query = e.Query
	default:
		b.errorf(codeWindow, b.at(e), "%s wants a table first", name).WithHint("write TABLE t, or (SELECT …)")
		return nil, nil, false
	}
	var in *rel
	if tq, ok := query.(*syntax.TableQuery); ok {
		if in, ok = b.namedTable(tq.Name, nil, q); !ok {
			return nil, nil, false
		}
	} else {
		n := b.query(query, q)
		in = newRel(n, "", catalog.Path{})
	}
	var cols []int
	for _, p := range partition {
		k := q.exprsOver(b, in, "PARTITION BY").bind(p)
		r, ok := k.(*rex.Ref)
		if bad(k) {
			return nil, nil, false
		}
		if !ok {
			b.errorf(codeWindow, b.at(p), "PARTITION BY of %s takes columns", name)
			return nil, nil, false
		}
		cols = append(cols, r.Index)
	}
	if len(cols) > 0 && kind != physical.Session {
		b.errorf(codeWindow, b.at(partition[0]), "PARTITION BY goes with SESSION only").WithHint("group by the column in the query")
		return nil, nil, false
	}
	return in, cols, true
}

// tvfTime finds the time column that DESCRIPTOR names.
func (b *binder) tvfTime(e syntax.Expr, in *rel, name string) (int, bool) {
	d, ok := e.(*syntax.Descriptor)
	if !ok || len(d.Columns) != 1 {
		b.errorf(codeWindow, b.at(e), "%s wants its time column as DESCRIPTOR(column)", name)
		return 0, false
	}
	res, found := b.lookup(in, &syntax.ColumnRef{Base: d.Columns[0].Base, Parts: d.Columns})
	if !found {
		hintName(b.errorf(codeNoColumn, b.at(d.Columns[0]), "column %q of DESCRIPTOR not found", d.Columns[0].Name), d.Columns[0].Name, in.names())
		return 0, false
	}
	r, ok := res.expr.(*rex.Ref)
	if !ok {
		return 0, false
	}
	return r.Index, b.windowTime(in.node, r, b.at(d.Columns[0]), name)
}

// tvfLengths reads and checks the lengths of a window.
func (b *binder) tvfLengths(w *physical.Window, args map[string]syntax.Expr, name string, q queryEnv) bool {
	x := q.exprsOver(b, emptyRel(b.at(args["TIMECOL"])), name)
	length := func(param string) (int64, bool) {
		e := args[param]
		if e == nil {
			return 0, true
		}
		return b.windowLength(x.bind(e), b.at(e), name)
	}
	var ok1, ok2 bool
	switch w.Kind {
	case physical.Session:
		w.Size, ok1 = length("GAP")
		return ok1
	case physical.Tumble:
		w.Size, ok1 = length("SIZE")
		ok2 = true
	case physical.Hop:
		w.Slide, ok1 = length("SLIDE")
		w.Size, ok2 = length("SIZE")
	case physical.Cumulate:
		w.Slide, ok1 = length("STEP")
		w.Size, ok2 = length("SIZE")
		if ok1 && ok2 && w.Size%w.Slide != 0 {
			b.errorf(codeWindow, b.at(args["SIZE"]), "size of CUMULATE is not a whole number of steps")
			return false
		}
	}
	if e := args["OFFSET"]; e != nil {
		v := x.bind(e)
		l, isLit := v.(*rex.Lit)
		switch {
		case bad(v):
			return false
		case v.Type().Kind != types.IntervalDayTime || !isLit || l.Value == nil:
			b.errorf(codeWindow, b.at(e), "offset of %s is not a constant interval of days or less", name)
			return false
		}
		w.Offset = l.Value.(int64)
		if ok1 && w.Kind == physical.Tumble && max(w.Offset, -w.Offset) >= w.Size {
			b.errorf(codeWindow, b.at(e), "offset of TUMBLE is not shorter than its size").WithHint("an offset of a whole window moves nothing")
			return false
		}
	}
	return ok1 && ok2
}
