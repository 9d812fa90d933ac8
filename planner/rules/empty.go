package rules

import (
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// empty takes out what works on no rows: branches of UNION ALL, joins and all above them
// that have no rows without any below. What then remains alone of a branch or join stands
// for the whole. An aggregate without groups stays: of no rows it still has a result.
func empty(c *Context, roots []logical.Node) []logical.Node {
	return each(roots, func(n logical.Node) logical.Node {
		in := n.Inputs()
		none := make([]bool, len(in))
		any := false
		for i, x := range in {
			none[i] = isEmpty(x)
			any = any || none[i]
		}
		if j, ok := n.(*logical.Join); ok && !any && never(j.Cond) && j.Kind != physical.FullOuter {
			return joinOf(j, j.Kind == physical.RightOuter || j.Kind == physical.Inner, j.Kind != physical.RightOuter)
		}
		if !any {
			return n
		}
		switch n := n.(type) {
		case *logical.Sink:
			return n
		case *logical.Aggregate:
			if len(n.Groups) == 0 || n.Sets != nil {
				return n
			}
			return noRows(n)
		case *logical.Union:
			return unionOf(n, none)
		case *logical.Join:
			return joinOf(n, none[0], none[1])
		case *logical.TemporalJoin:
			if !none[0] {
				return n
			}
			return noRows(n)
		case *logical.SetOp:
			return n
		case *logical.Project, *logical.Filter, *logical.WindowTVF, *logical.GroupWindow, *logical.Over, *logical.Rank, *logical.Sort,
			*logical.Unnest, *logical.Expand, *logical.Replicate, *logical.Match:
			return noRows(n)
		}
		return n
	})
}

func isEmpty(n logical.Node) bool {
	v, ok := n.(*logical.Values)
	return ok && len(v.Rows) == 0
}

// never tells a condition that no row fulfils.
func never(cond rex.Expr) bool {
	if cond == nil {
		return false
	}
	for _, e := range rex.Conjuncts(cond) {
		if isBool(e, false) || isNull(e) {
			return true
		}
	}
	return false
}

func noRows(n logical.Node) logical.Node {
	return &logical.Values{Base: logical.Base{Fields: n.Schema(), At: n.Span()}}
}

func unionOf(n *logical.Union, none []bool) logical.Node {
	var left []logical.Node
	for i, x := range n.In {
		if !none[i] {
			left = append(left, x)
		}
	}
	switch len(left) {
	case 0:
		return noRows(n)
	case 1:
		return asFields(left[0], n.Fields)
	}
	return n.WithInputs(left...)
}

// asFields gives a node's columns the names and types of others of the same kinds.
func asFields(n logical.Node, fields []types.Field) logical.Node {
	same := true
	for i, f := range n.Schema() {
		same = same && f.Name == fields[i].Name && f.Type.Equal(fields[i].Type)
	}
	if same {
		return n
	}
	return project(n, fields, refs(n, len(fields)))
}

func joinOf(n *logical.Join, left, right bool) logical.Node {
	padded := map[physical.JoinKind]bool{physical.LeftOuter: right && !left, physical.RightOuter: left && !right, physical.FullOuter: left != right}[n.Kind]
	switch {
	case n.Kind == physical.Anti && right && !left: // every row of the left has no partner
		return asFields(n.Left, n.Fields)
	case !padded:
		return noRows(n)
	}
	lw := len(n.Left.Schema())
	exprs := make([]rex.Expr, len(n.Fields))
	rest := n.Left
	if left {
		rest = n.Right
	}
	for i, f := range n.Fields {
		switch {
		case i < lw && !left:
			exprs[i] = ref(n.Left, i)
		case i >= lw && !right:
			exprs[i] = ref(n.Right, i-lw)
		default:
			exprs[i] = &rex.Lit{T: f.Type.Null().WithAttr(types.NoTimeAttr)}
		}
	}
	return project(rest, n.Fields, exprs)
}
