package lower

import (
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/topology"
)

// trend says how the updates of one row change a column.
type trend uint8

const (
	anyhow trend = iota
	constant
	rising
	falling
)

// trends derives how updates change the columns of a node, as Flink's
// FlinkRelMdModifiedMonotonicity: a count over rows that are only added grows.
func (b *builder) trends(n logical.Node) []trend {
	out := make([]trend, len(n.Schema()))
	switch n := n.(type) {
	case *logical.Project:
		in := b.trends(n.Input)
		for i, e := range n.Exprs {
			switch e := e.(type) {
			case *rex.Ref:
				out[i] = in[e.Index]
			case *rex.Lit:
				out[i] = constant
			case *rex.Call:
				if e.Fn != "CAST" {
					continue
				}
				if r, ok := e.Args[0].(*rex.Ref); ok && e.T.IsNumeric() && r.T.IsNumeric() {
					out[i] = in[r.Index]
				}
			}
		}
	case *logical.Filter:
		return b.trends(n.Input)
	case *logical.Aggregate:
		in := b.lower(n.Input)
		if in.made.Updating() {
			return out // groups may vanish
		}
		for i := range n.Groups {
			out[i] = constant
		}
		for i, c := range n.Aggs {
			switch c.Fn {
			case "COUNT", "MAX":
				out[len(n.Groups)+i] = rising
			case "MIN":
				out[len(n.Groups)+i] = falling
			case "SUM", "$SUM0":
				if notNegative(n.Input, c.Args[0]) {
					out[len(n.Groups)+i] = rising
				}
			}
		}
	default:
		if b.lower(n).made == topology.InsertOnly {
			for i := range out {
				out[i] = constant
			}
		}
	}
	return out
}

// notNegative reports whether a filter says that a column is never below zero.
func notNegative(n logical.Node, col int) bool {
	switch n := n.(type) {
	case *logical.Project:
		switch e := n.Exprs[col].(type) {
		case *rex.Ref:
			return notNegative(n.Input, e.Index)
		case *rex.Lit:
			v, ok := e.Value.(int64)
			return ok && v >= 0
		}
	case *logical.Filter:
		for _, e := range rex.Conjuncts(n.Cond) {
			if c, ok := e.(*rex.Call); ok && atLeastZero(c, col) {
				return true
			}
		}
		return notNegative(n.Input, col)
	}
	return false
}

// atLeastZero reads column > constant and its like.
func atLeastZero(c *rex.Call, col int) bool {
	if len(c.Args) != 2 {
		return false
	}
	fn, x, y := c.Fn, c.Args[0], c.Args[1]
	if _, isLit := x.(*rex.Lit); isLit {
		fn, x, y = map[string]string{"<": ">", "<=": ">=", "=": "="}[fn], y, x
	}
	r, isRef := x.(*rex.Ref)
	l, isLit := y.(*rex.Lit)
	if !isRef || !isLit || r.Index != col {
		return false
	}
	v, isInt := l.Value.(int64)
	return isInt && (v >= 0 && (fn == ">" || fn == ">=" || fn == "=") || v == -1 && fn == ">" && l.T.IsInteger())
}
