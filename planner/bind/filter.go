package bind

import (
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// filter keeps the rows for which cond is true. Its conjuncts go in three steps: those
// of plain expressions first, then [NOT] IN and [NOT] EXISTS as semi and anti joins,
// then those that need the value of a subquery.
func (b *binder) filter(r *rel, cond rex.Expr, at diag.Span) *rel {
	out := *r
	var plain rex.Expr
	var joins, values []rex.Expr
	for _, c := range rex.Conjuncts(cond) {
		switch {
		case !holds(c, subMark):
			plain = and(plain, c)
		case isJoinable(b, c):
			joins = append(joins, c)
		default:
			values = append(values, c)
		}
	}
	if plain != nil {
		out.node = filterNode(out.node, plain, at)
	}
	for _, c := range joins {
		b.semiJoin(&out, c)
	}
	for _, c := range values {
		next, v := b.attach(&out, c)
		if bad(v) {
			continue
		}
		out = *next
		out.node = filterNode(out.node, v, at)
	}
	return &out
}

func filterNode(n logical.Node, cond rex.Expr, at diag.Span) logical.Node {
	return &logical.Filter{Base: logical.Base{Fields: n.Schema(), At: at}, Input: n, Cond: cond}
}

// columns gives the columns of n that hold exprs: n itself if all of them are columns
// already, else a projection that computes just them.
func (b *binder) columns(n logical.Node, exprs []rex.Expr, at diag.Span) (logical.Node, []int) {
	cols := make([]int, len(exprs))
	plain := true
	for i, e := range exprs {
		r, ok := e.(*rex.Ref)
		if !ok {
			plain = false
			break
		}
		cols[i] = r.Index
	}
	if plain {
		return n, cols
	}
	p := &logical.Project{Base: logical.Base{At: at}, Input: n}
	known := map[string]int{}
	for i, e := range exprs {
		text := e.String() + e.Type().String()
		c, ok := known[text]
		if !ok {
			c = len(p.Exprs)
			known[text] = c
			p.Exprs = append(p.Exprs, e)
			p.Fields = append(p.Fields, types.Field{Name: columnName(e, c), Type: e.Type()})
		}
		cols[i] = c
	}
	return p, cols
}

// withColumns is like columns, but keeps all columns of n in front.
func (b *binder) withColumns(n logical.Node, exprs []rex.Expr, at diag.Span) (logical.Node, []int) {
	all := make([]rex.Expr, 0, len(n.Schema())+len(exprs))
	for i := range n.Schema() {
		all = append(all, refOf(n, i))
	}
	width := len(all)
	cols := make([]int, len(exprs))
	fields := append([]types.Field(nil), n.Schema()...)
	for i, e := range exprs {
		if r, ok := e.(*rex.Ref); ok {
			cols[i] = r.Index
			continue
		}
		cols[i] = -1
		for j, a := range all[width:] {
			if rex.Equal(a, e) {
				cols[i] = width + j
			}
		}
		if cols[i] < 0 {
			cols[i] = len(all)
			all = append(all, e)
			fields = append(fields, types.Field{Name: columnName(e, cols[i]), Type: e.Type()})
		}
	}
	if len(all) == width {
		return n, cols
	}
	return &logical.Project{Base: logical.Base{Fields: fields, At: at}, Input: n, Exprs: all}, cols
}

// columnName names an intermediate column for people.
func columnName(e rex.Expr, i int) string {
	switch e := e.(type) {
	case *rex.Ref:
		return e.Name
	case *rex.Field:
		return e.Name
	}
	return "$f" + itoa(i)
}
