package rules

import (
	"slices"

	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// rebuild makes a node over its rebuilt inputs with the columns that are needed, and
// says where its columns went.
func (p *pruner) rebuild(n logical.Node) made {
	need := p.needed(n)
	switch n := n.(type) {
	case *logical.Scan:
		return p.rebuildScan(n, need)
	case *logical.Values:
		c := *n
		c.Fields = pick(n.Fields, need)
		c.Rows = make([][]rex.Expr, len(n.Rows))
		for i, r := range n.Rows {
			c.Rows[i] = pick(r, need)
		}
		return shrunk(n, &c, need)
	case *logical.Project:
		in := p.made[n.Input]
		c := *n
		c.Input, c.Fields, c.Exprs = in.node, pick(n.Fields, need), nil
		for _, i := range need {
			c.Exprs = append(c.Exprs, rex.Remap(n.Exprs[i], in.pos))
		}
		return shrunk(n, &c, need)
	case *logical.Filter:
		in := p.made[n.Input]
		c := *n
		c.Input, c.Fields, c.Cond = in.node, in.node.Schema(), rex.Remap(n.Cond, in.pos)
		return made{same(n, &c, in), in.at}
	case *logical.Join:
		return p.rebuildJoin(n)
	case *logical.TemporalJoin:
		return p.rebuildTemporal(n)
	case *logical.Aggregate:
		in := p.narrow(n.Input)
		c := *n
		c.Input, c.Groups = in.node, remapInts(n.Groups, in.pos)
		keep := p.calls(&c.Aggs, n.Aggs, len(n.Groups), need, in)
		keep = slices.Concat(upTo(len(n.Groups)), keep)
		if n.Sets != nil {
			keep = append(keep, tail(n.Fields, len(n.Groups)+len(n.Aggs))...)
		}
		c.Fields = pick(n.Fields, keep)
		return shrunk(n, &c, keep)
	case *logical.GroupWindow:
		in := p.narrow(n.Input)
		c := *n
		c.Input, c.Groups, c.Window = in.node, remapInts(n.Groups, in.pos), remapWindow(n.Window, in)
		keep := p.calls(&c.Aggs, n.Aggs, len(n.Groups), need, in)
		keep = slices.Concat(upTo(len(n.Groups)), keep)
		c.Props = nil
		for i, prop := range n.Props {
			if col := len(n.Groups) + len(n.Aggs) + i; slices.Contains(need, col) {
				c.Props = append(c.Props, prop)
				keep = append(keep, col)
			}
		}
		c.Fields = pick(n.Fields, keep)
		return shrunk(n, &c, keep)
	case *logical.WindowTVF:
		in := p.made[n.Input]
		c := *n
		c.Input, c.Window = in.node, remapWindow(n.Window, in)
		return grown(n, &c, &c.Base, in)
	case *logical.Over:
		return p.rebuildOver(n, need)
	case *logical.Rank:
		in := p.narrow(n.Input)
		c := *n
		c.Input, c.Partition, c.Order = in.node, remapInts(n.Partition, in.pos), remapKeys(n.Order, in.pos)
		width := len(n.Input.Schema())
		at := in.at
		c.Fields = in.node.Schema()
		if n.WithRank {
			c.WithRank = slices.Contains(need, width)
			if c.WithRank {
				at = append(slices.Clone(at), len(c.Fields))
				c.Fields = append(slices.Clone(c.Fields), n.Fields[width])
			} else {
				at = append(slices.Clone(at), -1)
			}
		}
		return made{&c, at}
	case *logical.Sort:
		in := p.narrow(n.Input)
		c := *n
		c.Input, c.Fields, c.Keys = in.node, in.node.Schema(), remapKeys(n.Keys, in.pos)
		return made{&c, in.at}
	case *logical.Unnest:
		in := p.made[n.Input]
		c := *n
		c.Input, c.Collection = in.node, rex.Remap(n.Collection, in.pos)
		m := grown(n, &c, &c.Base, in)
		if n.Cond != nil {
			c.Cond = rex.Remap(n.Cond, m.pos)
		}
		return m
	case *logical.Match:
		in := p.narrow(n.Input)
		c := *n
		c.Input, c.Partition, c.Order = in.node, remapInts(n.Partition, in.pos), remapKeys(n.Order, in.pos)
		c.Pattern = n.Pattern.Remap(len(n.Input.Schema()), len(in.node.Schema()), in.pos)
		return made{&c, upTo(len(n.Fields))}
	case *logical.Expand:
		in := p.made[n.Input]
		c := *n
		c.Input, c.Cols, c.Sets = in.node, remapInts(n.Cols, in.pos), nil
		for _, s := range n.Sets {
			c.Sets = append(c.Sets, append([]int{}, remapInts(s, in.pos)...))
		}
		m := grown(n, &c, &c.Base, in)
		for i := range n.Input.Schema() { // nulled columns have types of their own
			if m.at[i] >= 0 {
				c.Fields[m.at[i]] = n.Fields[i]
			}
		}
		return m
	case *logical.Union:
		c := *n
		c.Fields, c.In = pick(n.Fields, need), nil
		for _, x := range n.In {
			c.In = append(c.In, p.exactly(x, need))
		}
		return shrunk(n, &c, need)
	default:
		in := n.Inputs()
		for i, x := range in {
			in[i] = p.exactly(x, upTo(len(x.Schema())))
		}
		if len(in) > 0 {
			n = n.WithInputs(in...)
		}
		return made{n, upTo(len(n.Schema()))}
	}
}

// rebuildScan keeps the needed columns, and the columns that its watermark needs if
// somebody needs the time column.
func (p *pruner) rebuildScan(n *logical.Scan, need []int) made {
	c := *n
	if n.Columns == nil {
		for i := range n.Fields {
			c.Columns = append(c.Columns, logical.ScanColumn{Column: i})
		}
	}
	if w := n.Table.Watermark; w != nil {
		time := -1
		for i, s := range c.Columns {
			if s.Column == w.Column && s.Path == nil {
				time = i
			}
		}
		if call, ok := w.Expr.(*rex.Call); ok && call.Fn == "SOURCE_WATERMARK" && time >= 0 && !p.Batch && !slices.Contains(need, time) {
			need = append(need, time) // it is asked of the source, whoever needs it
			slices.Sort(need)
		}
		if c.NoTime = c.NoTime || p.Batch || !slices.Contains(need, time); !c.NoTime {
			for i, s := range c.Columns {
				if has(rex.Refs(w.Expr), s.Column) && !slices.Contains(need, i) {
					need = append(need, i)
				}
			}
			slices.Sort(need)
		}
	}
	if p.foldsChanges(n) {
		for i, s := range c.Columns {
			if has(n.Table.PrimaryKey, s.Column) && !slices.Contains(need, i) {
				need = append(need, i)
			}
		}
		slices.Sort(need)
	}
	c.Fields, c.Columns = pick(n.Fields, need), pick(c.Columns, need)
	at := positions(len(n.Fields), need)
	c.Filters = nil
	for _, e := range n.Filters {
		c.Filters = append(c.Filters, rex.Remap(e, func(i int) int { return at[i] }))
	}
	return made{&c, at}
}

func (p *pruner) rebuildJoin(n *logical.Join) made {
	l, r := p.narrow(n.Left), p.narrow(n.Right)
	lw := len(n.Left.Schema())
	c := *n
	c.Left, c.Right = l.node, r.node
	move, at := sides(l, r, lw)
	if n.Cond != nil {
		c.Cond = rex.Remap(n.Cond, move)
	}
	if n.Kind == physical.Semi || n.Kind == physical.Anti {
		at = l.at
	}
	c.Fields = placed(n.Fields, at)
	return made{&c, at}
}

func (p *pruner) rebuildTemporal(n *logical.TemporalJoin) made {
	l, r := p.made[n.Left], p.made[n.Right]
	c := *n
	c.Left, c.Right = l.node, r.node
	move, at := sides(l, r, len(n.Left.Schema()))
	c.Time = rex.Remap(n.Time, l.pos)
	if n.Cond != nil {
		c.Cond = rex.Remap(n.Cond, move)
	}
	c.Fields = placedOr(n.Fields, at, slices.Concat(l.node.Schema(), r.node.Schema()))
	return made{&c, at}
}

// sides numbers the columns of left ++ right after both were rebuilt.
func sides(l, r made, lw int) (move func(int) int, at []int) {
	grown := len(l.node.Schema())
	at = slices.Clone(l.at)
	for _, i := range r.at {
		if i >= 0 {
			i += grown
		}
		at = append(at, i)
	}
	return func(i int) int { return at[i] }, at
}

func (p *pruner) rebuildOver(n *logical.Over, need []int) made {
	in := p.narrow(n.Input)
	width := len(n.Input.Schema())
	c := *n
	c.Input, c.Partition, c.Order = in.node, remapInts(n.Partition, in.pos), remapKeys(n.Order, in.pos)
	keep := p.calls(&c.Calls, n.Calls, width, need, in)
	c.Fields = slices.Clone(in.node.Schema())
	at := slices.Clone(in.at)
	for i := range n.Calls {
		if slices.Contains(keep, width+i) {
			at = append(at, len(c.Fields))
			c.Fields = append(c.Fields, n.Fields[width+i])
		} else {
			at = append(at, -1)
		}
	}
	if len(c.Calls) == 0 {
		return made{in.node, at}
	}
	return made{&c, at}
}

// calls keeps the needed aggregate calls and gives the columns that show them.
func (p *pruner) calls(to *[]rex.AggCall, calls []rex.AggCall, first int, need []int, in made) (keep []int) {
	*to = remapCalls(neededCalls(calls, first, need), in.pos)
	for i := range calls {
		if slices.Contains(need, first+i) {
			keep = append(keep, first+i)
		}
	}
	return keep
}

// narrow gives the rebuilt node with exactly the columns that its readers need, for
// readers that keep rows.
func (p *pruner) narrow(n logical.Node) made {
	need := p.needed(n)
	m := p.made[n]
	if len(m.node.Schema()) == len(need) {
		return m
	}
	out := p.exactly(n, need)
	return made{out, positions(len(n.Schema()), need)}
}

// exactly gives columns of n, in this order.
func (p *pruner) exactly(n logical.Node, cols []int) logical.Node {
	m := p.made[n]
	same := len(cols) == len(m.node.Schema())
	var exprs []rex.Expr
	var fields []types.Field
	for i, c := range cols {
		at := m.at[c]
		same = same && at == i
		exprs, fields = append(exprs, ref(m.node, at)), append(fields, m.node.Schema()[at])
	}
	if same {
		return m.node
	}
	return project(m.node, fields, exprs)
}

func remapWindow(w physical.Window, in made) physical.Window {
	if w.Kind == physical.Attached {
		w.Start, w.End = in.pos(w.Start), in.pos(w.End)
		if w.Time >= 0 {
			w.Time = in.pos(w.Time)
		}
		return w
	}
	w.Time, w.Partition = in.pos(w.Time), remapInts(w.Partition, in.pos)
	return w
}

// shrunk is the result for a node that kept some of its columns.
func shrunk(old, node logical.Node, keep []int) made {
	return made{node, positions(len(old.Schema()), keep)}
}

// grown is the result for a node that adds columns to all those of its input.
func grown(old, node logical.Node, base *logical.Base, in made) made {
	width := len(in.at)
	base.Fields = slices.Concat(in.node.Schema(), old.Schema()[width:])
	at := slices.Clone(in.at)
	for i := range old.Schema()[width:] {
		at = append(at, len(in.node.Schema())+i)
	}
	return made{node, at}
}

// same keeps the old node if nothing below it moved.
func same(old, node logical.Node, in made) logical.Node {
	if old.Inputs()[0] == in.node {
		return old
	}
	return node
}

func positions(width int, keep []int) []int {
	at := make([]int, width)
	for i := range at {
		at[i] = -1
	}
	for i, c := range keep {
		at[c] = i
	}
	return at
}

func pick[T any](list []T, at []int) []T {
	out := make([]T, len(at))
	for i, a := range at {
		out[i] = list[a]
	}
	return out
}

// placed puts fields where at says.
func placed(fields []types.Field, at []int) []types.Field {
	var out []types.Field
	for i, f := range fields {
		if at[i] >= 0 {
			out = append(out, f)
		}
	}
	return out
}

// placedOr is placed for a node that shows all columns of its inputs, also those
// that were kept for the inputs' own sake.
func placedOr(fields []types.Field, at []int, all []types.Field) []types.Field {
	out := slices.Clone(all)
	for i, f := range fields {
		if at[i] >= 0 {
			out[at[i]] = f
		}
	}
	return out
}

func tail[T any](list []T, from int) []int {
	var out []int
	for i := from; i < len(list); i++ {
		out = append(out, i)
	}
	return out
}
