package rules

import (
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// names gives columns that the binder had to name itself the names that projections
// above call them by, so that operators are described in the words of the script:
// "top 3 by n", not "top 3 by COUNT$0". It changes names only.
func names(c *Context, roots []logical.Node) []logical.Node {
	w := wishes{}
	order := logical.Topo(roots...)
	for i := len(order) - 1; i >= 0; i-- {
		w.pass(order[i])
	}
	if len(w) == 0 {
		return roots
	}
	done := map[logical.Node]logical.Node{}
	var visit func(n logical.Node) logical.Node
	visit = func(n logical.Node) logical.Node {
		if m, ok := done[n]; ok {
			return m
		}
		in := slices.Clone(n.Inputs())
		for i := range in {
			in[i] = visit(in[i])
		}
		m := n
		if !slices.Equal(in, n.Inputs()) {
			m = n.WithInputs(in...)
		}
		if wish := w[n]; wish != nil {
			m = logical.WithFields(m, renamed(n.Schema(), wish))
		}
		done[n] = m
		return m
	}
	out := make([]logical.Node, len(roots))
	for i, r := range roots {
		out[i] = visit(r)
	}
	return out
}

// wishes are better names for columns of nodes.
type wishes map[logical.Node]map[int]string

// wish asks for a name; the first one asked for is taken.
func (w wishes) wish(n logical.Node, col int, name string) {
	if name == "" || invented(name) || !invented(n.Schema()[col].Name) || w[n][col] != "" {
		return
	}
	if w[n] == nil {
		w[n] = map[int]string{}
	}
	w[n][col] = name
}

// pass hands the wishes for a node's columns on to the inputs they come from.
func (w wishes) pass(n logical.Node) {
	name := func(i int) string {
		if s := w[n][i]; s != "" {
			return s
		}
		return n.Schema()[i].Name
	}
	through := func(in logical.Node, from, count int) {
		for i := range count {
			w.wish(in, i, name(from+i))
		}
	}
	switch n := n.(type) {
	case *logical.Project:
		for i, e := range n.Exprs {
			if r, ok := e.(*rex.Ref); ok {
				w.wish(n.Input, r.Index, name(i))
			}
		}
	case *logical.Aggregate:
		for i, g := range n.Groups {
			w.wish(n.Input, g, name(i))
		}
	case *logical.Match:
		for i, g := range n.Partition {
			w.wish(n.Input, g, name(i))
		}
	case *logical.GroupWindow:
		for i, g := range n.Groups {
			w.wish(n.Input, g, name(i))
		}
	case *logical.Filter:
		through(n.Input, 0, len(n.Fields))
	case *logical.Sort:
		through(n.Input, 0, len(n.Fields))
	case *logical.Rank:
		through(n.Input, 0, len(n.Input.Schema()))
	case *logical.Over:
		through(n.Input, 0, len(n.Input.Schema()))
	case *logical.Join:
		lw := len(n.Left.Schema())
		through(n.Left, 0, lw)
		if len(n.Fields) > lw {
			through(n.Right, lw, len(n.Right.Schema()))
		}
	case *logical.Sink:
		through(n.Input, 0, min(len(n.Fields), len(n.Input.Schema())))
	}
}

func renamed(fields []types.Field, wish map[int]string) []types.Field {
	out := slices.Clone(fields)
	for i, s := range wish {
		out[i].Name = s
	}
	return out
}

// invented reports whether a name is not one that a person gave: a numbered one, or
// that of the function called.
func invented(name string) bool {
	switch name {
	case "SUM", "COUNT", "MIN", "MAX", "AVG", "ROW_NUMBER", "RANK", "DENSE_RANK", "LAG", "LEAD", "FIRST_VALUE", "LAST_VALUE":
		return true
	}
	return strings.Contains(name, "$")
}
