package logical

import "github.com/weir-sql/weir/planner/rex"

// Rewrite rebuilds the tree below n bottom-up: f gets every node with its inputs
// already rewritten. A node that several others read is rewritten once, and stays
// shared; done keeps what was rewritten, across roots if they are given one map.
func Rewrite(n Node, done map[Node]Node, f func(Node) Node) Node {
	if m, ok := done[n]; ok {
		return m
	}
	m := f(rewriteInputs(n, func(in Node) Node { return Rewrite(in, done, f) }))
	done[n] = m
	return m
}

// rewriteInputs gives n over rewritten inputs, n itself if none changed.
func rewriteInputs(n Node, f func(Node) Node) Node {
	in := n.Inputs()
	var changed []Node
	for i, a := range in {
		if b := f(a); b != a {
			if changed == nil {
				changed = append([]Node(nil), in...)
			}
			changed[i] = b
		}
	}
	if changed == nil {
		return n
	}
	return n.WithInputs(changed...)
}

// Topo lists every node below the roots once, inputs before what reads them.
func Topo(roots ...Node) []Node {
	var order []Node
	seen := map[Node]bool{}
	var visit func(Node)
	visit = func(n Node) {
		if seen[n] {
			return
		}
		seen[n] = true
		for _, in := range n.Inputs() {
			visit(in)
		}
		order = append(order, n)
	}
	for _, r := range roots {
		visit(r)
	}
	return order
}

// Readers counts for every node below the roots how many inputs it feeds.
func Readers(roots ...Node) map[Node]int {
	count := map[Node]int{}
	for _, n := range Topo(roots...) {
		for _, in := range n.Inputs() {
			count[in]++
		}
	}
	return count
}

// Exprs lists the expressions a node computes itself, over its input (joins: over
// left ++ right; TemporalJoin's Time: over left).
func Exprs(n Node) []rex.Expr {
	switch n := n.(type) {
	case *Values:
		var out []rex.Expr
		for _, r := range n.Rows {
			out = append(out, r...)
		}
		return out
	case *Project:
		return n.Exprs
	case *Filter:
		return []rex.Expr{n.Cond}
	case *Join:
		if n.Cond != nil {
			return []rex.Expr{n.Cond}
		}
	case *TemporalJoin:
		if n.Cond != nil {
			return []rex.Expr{n.Time, n.Cond}
		}
		return []rex.Expr{n.Time}
	case *Unnest:
		return []rex.Expr{n.Collection}
	case *Scan:
		return n.Filters
	}
	return nil
}

// MapExprs gives the node with every expression of Exprs put through f, the node
// itself if f changed none.
func MapExprs(n Node, f func(rex.Expr) rex.Expr) Node {
	changed := false
	one := func(e rex.Expr) rex.Expr {
		if e == nil {
			return nil
		}
		d := f(e)
		changed = changed || d != e
		return d
	}
	all := func(es []rex.Expr) []rex.Expr {
		if len(es) == 0 {
			return es
		}
		out := make([]rex.Expr, len(es))
		for i, e := range es {
			out[i] = one(e)
		}
		return out
	}
	var m Node
	switch n := n.(type) {
	case *Values:
		c := *n
		c.Rows = make([][]rex.Expr, len(n.Rows))
		for i, r := range n.Rows {
			c.Rows[i] = all(r)
		}
		m = &c
	case *Project:
		c := *n
		c.Exprs = all(n.Exprs)
		m = &c
	case *Filter:
		c := *n
		c.Cond = one(n.Cond)
		m = &c
	case *Join:
		c := *n
		c.Cond = one(n.Cond)
		m = &c
	case *TemporalJoin:
		c := *n
		c.Time, c.Cond = one(n.Time), one(n.Cond)
		m = &c
	case *Unnest:
		c := *n
		c.Collection = one(n.Collection)
		m = &c
	case *Scan:
		c := *n
		c.Filters = all(n.Filters)
		m = &c
	}
	if !changed {
		return n
	}
	return m
}
