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
		for i := range n.Groups {
			out[i] = constant
		}
		if in.made.Updating() {
			return out
		}
		for i, c := range n.Aggs {
			switch c.Fn {
			case "COUNT", "MAX":
				out[len(n.Groups)+i] = rising
			case "MIN":
				out[len(n.Groups)+i] = falling
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
