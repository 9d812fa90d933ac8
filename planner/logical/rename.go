package logical

import "github.com/weir-sql/weir/planner/types"

// WithFields gives the node with other names for its columns; types must be the same.
// Nodes whose columns have fixed names (scans, window functions, sinks) come back as
// they are.
func WithFields(n Node, fields []types.Field) Node {
	switch n := n.(type) {
	case *Project:
		c := *n
		c.Fields = fields
		return &c
	case *Filter:
		c := *n
		c.Fields = fields
		return &c
	case *Join:
		c := *n
		c.Fields = fields
		return &c
	case *TemporalJoin:
		c := *n
		c.Fields = fields
		return &c
	case *Aggregate:
		c := *n
		c.Fields = fields
		return &c
	case *GroupWindow:
		c := *n
		c.Fields = fields
		return &c
	case *Over:
		c := *n
		c.Fields = fields
		return &c
	case *Rank:
		c := *n
		c.Fields = fields
		return &c
	case *Sort:
		c := *n
		c.Fields = fields
		return &c
	}
	return n
}
