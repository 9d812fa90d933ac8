package bind

import (
	"slices"

	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// domain is what the subquery being pulled is correlated with: corr, over the node that
// it is going to be joined to.
type domain struct {
	left logical.Node
	corr []rex.Expr
	sub  *subquery
}

// keyed makes every condition of a pulled tree an equality of a column of its own with a
// column of the enclosing query, and its columns free of the latter. Where they are not
// so already (or force asks for it), the tree is joined to the distinct values that the
// enclosing query's columns have: for each of them it then holds the subquery's rows.
func (b *binder) keyed(p *pulled, force bool) (*pulled, string) {
	if _, why := ownKeys(p.preds); why == "" && !force {
		return p, ""
	}
	d := b.domain
	if p.empty != nil || slices.ContainsFunc(d.corr, holdsOuter) {
		return nil, notEqual
	}
	at := d.sub.at
	in, cols := b.columns(d.left, d.corr, at)
	values := &logical.Aggregate{Base: logical.Base{At: at}, Input: in, Groups: cols}
	values.Fields = groupFields(in, cols)
	for i := range values.Fields {
		values.Fields[i].Type = plainTime(values.Fields[i].Type)
	}
	j := &logical.Join{Base: logical.Base{At: at}, Kind: physical.Inner, Left: values, Right: p.node}
	j.Fields = joinFields(physical.Inner, values, p.node)
	over := func(e rex.Expr) rex.Expr {
		return replace(e, func(e rex.Expr) (rex.Expr, bool) {
			switch e := e.(type) {
			case *rex.Ref:
				return refOf(j, e.Index+len(cols)), true
			case *outerRef:
				return refOf(j, e.slot), true
			}
			return nil, false
		})
	}
	out := &pulled{node: j, unique: p.unique}
	for _, c := range p.cols {
		out.cols = append(out.cols, over(c))
	}
	for _, c := range p.preds {
		j.Cond = and(j.Cond, over(c))
	}
	for slot, e := range d.corr {
		t := plainTime(e.Type())
		eq := &rex.Call{Fn: "=", Args: []rex.Expr{refOf(j, slot), &outerRef{sub: d.sub, slot: slot, t: t, at: at}}, T: types.Bool.WithNull(t.Nullable), Span: at}
		if t.Nullable { // a NULL has rows of its own
			eq.Fn, eq.T = "IS_NOT_DISTINCT_FROM", types.Bool.NotNull()
		}
		out.preds = append(out.preds, eq)
	}
	return out, ""
}

// keyedValue is keyed for a subquery that is used as a value, with the report.
func (b *binder) keyedValue(p *pulled, s *subquery) (*pulled, []rex.Expr, bool) {
	p, why := b.keyed(p, slices.ContainsFunc(p.cols, holdsOuter))
	if why != "" {
		b.refuse(s.at, "a correlated subquery "+why).WithHint("write it as a join, or use it as a condition of WHERE")
		return nil, nil, false
	}
	keys, _ := ownKeys(p.preds)
	return p, keys, true
}

// sameKey writes a key condition again between two expressions.
func (b *binder) sameKey(pred, l, r rex.Expr) rex.Expr {
	c := pred.(*rex.Call)
	return b.comparison(c.Fn, l, r, c.Span)
}

// usesOuter reports an aggregate over columns that are the enclosing query's.
func usesOuter(a rex.AggCall, cols []rex.Expr) bool {
	uses := func(c int) bool { return c >= 0 && holdsOuter(cols[c]) }
	return slices.ContainsFunc(a.Args, uses) || uses(a.Filter) ||
		slices.ContainsFunc(a.OrderBy, func(k rex.SortKey) bool { return uses(k.Col) })
}
