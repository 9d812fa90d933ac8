package rules

import (
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/topology"
)

// scanFilter tells sources which conditions all their readers filter by, so that
// they can skip partitions, files and row groups. The filters stay where they
// are. A scan with several readers gets the conditions joined by OR, if each has one.
// A source of changes by key gets none: a skipped update would leave the row of before.
func scanFilter(c *Context, roots []logical.Node) []logical.Node {
	filters := map[*logical.Scan][]rex.Expr{} // one a reader; nil = it wants all
	for _, n := range logical.Topo(roots...) {
		for _, in := range n.Inputs() {
			scan, ok := in.(*logical.Scan)
			if !ok || !scan.Caps.PushFilter || c.foldsChanges(scan) {
				continue
			}
			var cond rex.Expr
			if f, isFilter := n.(*logical.Filter); isFilter {
				cond = c.pushable(scan, f.Cond)
			}
			filters[scan] = append(filters[scan], cond)
		}
	}
	return each(roots, func(n logical.Node) logical.Node {
		scan, ok := n.(*logical.Scan)
		if !ok || len(filters[scan]) == 0 {
			return n
		}
		seen := map[string]bool{}
		var any []rex.Expr
		for _, e := range filters[scan] {
			if e == nil {
				return n
			}
			if s := e.String(); !seen[s] {
				seen[s] = true
				any = append(any, e)
			}
		}
		d := *scan
		if d.Filters = rex.Conjuncts(any[0]); len(any) > 1 {
			d.Filters = []rex.Expr{junction("OR", any)}
		}
		return &d
	})
}

// pushable gives the part of a condition that a source may judge: over stored columns
// or metadata, the same for every row and run, and unable to fail.
func (c *Context) pushable(scan *logical.Scan, cond rex.Expr) rex.Expr {
	var keep []rex.Expr
	for _, e := range rex.Conjuncts(cond) {
		ok := c.deterministic(e) && c.infallible(e) && len(rex.Refs(e)) > 0
		for _, i := range rex.Refs(e) {
			col := i
			if scan.Columns != nil {
				col = scan.Columns[i].Column
			}
			ok = ok && scan.Table.Columns[col].Kind != catalog.Computed
		}
		if ok {
			keep = append(keep, e)
		}
	}
	return and(keep...)
}

// scanLimit tells a source how many rows a LIMIT without an order wants of it, if
// nothing between them adds or drops rows and nobody else reads the source.
func scanLimit(c *Context, roots []logical.Node) []logical.Node {
	limits := map[logical.Node]int64{}
	readers := logical.Readers(roots...)
	for _, n := range logical.Topo(roots...) {
		s, ok := n.(*logical.Sort)
		if !ok || len(s.Keys) > 0 || s.Fetch < 0 {
			continue
		}
		in := s.Input
		for p, isProject := in.(*logical.Project); isProject && readers[in] == 1; p, isProject = in.(*logical.Project) {
			in = p.Input
		}
		scan, ok := in.(*logical.Scan)
		if ok && readers[in] == 1 && scan.Caps.PushLimit && !scan.Caps.Produces.Updating() && s.Offset+s.Fetch > 0 {
			limits[in] = s.Offset + s.Fetch
		}
	}
	return each(roots, func(n logical.Node) logical.Node {
		if limits[n] == 0 {
			return n
		}
		d := *n.(*logical.Scan)
		d.Limit = limits[n]
		return &d
	})
}

// foldsChanges reports whether the changes of a table are put together by primary key
// right behind its source, which therefore must read the key and every change.
func (c *Context) foldsChanges(n *logical.Scan) bool {
	m := n.Caps.Produces
	return m.Updating() && (c.Batch || !m.Has(topology.UpdateBefore) || c.Config["table.exec.source.cdc-events-duplicate"] == "true")
}
