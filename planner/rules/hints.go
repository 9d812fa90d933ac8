package rules

import (
	"slices"

	"github.com/weir-sql/weir/planner/logical"
)

// hints takes the STATE_TTL hints of a SELECT, which stand on its projection, to the
// aggregate below it, whose state they are about. Joins have theirs from the binder.
func hints(c *Context, roots []logical.Node) []logical.Node {
	return each(roots, func(n logical.Node) logical.Node {
		p, ok := n.(*logical.Project)
		if !ok {
			return n
		}
		var ttl []logical.Hint
		for _, h := range p.Hints {
			if h.Name == "STATE_TTL" {
				ttl = append(ttl, h)
			}
		}
		if in := hinted(p.Input, ttl); in != nil {
			return p.WithInputs(in)
		}
		return n
	})
}

// hinted gives the node with hints on the aggregate of the same SELECT, nil if it has none.
func hinted(n logical.Node, ttl []logical.Hint) logical.Node {
	if len(ttl) == 0 {
		return nil
	}
	switch n := n.(type) {
	case *logical.Aggregate:
		a := *n
		a.Hints = slices.Concat(n.Hints, ttl)
		return &a
	case *logical.Filter: // HAVING
		if in := hinted(n.Input, ttl); in != nil {
			return n.WithInputs(in)
		}
	case *logical.Over:
		if in := hinted(n.Input, ttl); in != nil {
			return n.WithInputs(in)
		}
	}
	return nil
}
