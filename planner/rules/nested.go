package rules

import (
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// nested reads single fields of ROW columns instead of whole ones, where the source
// can and everybody above the scan, projections and filters, asks for fields only.
func nested(c *Context, roots []logical.Node) []logical.Node {
	order := logical.Topo(roots...)
	above := map[logical.Node][]logical.Node{}
	for _, n := range order {
		for _, in := range n.Inputs() {
			above[in] = append(above[in], n)
		}
	}
	changed := map[logical.Node]logical.Node{}
	exprs := map[logical.Node]func(rex.Expr) rex.Expr{} // rewrites the expressions of a reader
	for _, n := range order {
		scan, ok := n.(*logical.Scan)
		if !ok || !scan.Caps.PushNested {
			continue
		}
		readers, ok := closedReaders(scan, above)
		if !ok {
			continue
		}
		if s, rewrite := splitRows(scan, readers); s != nil {
			changed[scan] = s
			for _, r := range readers {
				exprs[r] = rewrite
			}
		}
	}
	if len(changed) == 0 {
		return roots
	}
	done := map[logical.Node]logical.Node{}
	var visit func(logical.Node) logical.Node
	visit = func(n logical.Node) logical.Node {
		if m, ok := done[n]; ok {
			return m
		}
		m := n
		if s, ok := changed[n]; ok {
			m = s
		} else if in := n.Inputs(); len(in) > 0 {
			in = slices.Clone(in)
			for i := range in {
				in[i] = visit(in[i])
			}
			m = n.WithInputs(in...)
			if rewrite := exprs[n]; rewrite != nil {
				m = logical.MapExprs(m, rewrite)
			}
			if f, ok := m.(*logical.Filter); ok {
				d := *f
				d.Fields = d.Input.Schema()
				m = &d
			}
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

// closedReaders lists the nodes that work on a scan's columns: filters, through which
// they pass, and the projections that end them. False if anything else gets them.
func closedReaders(n logical.Node, above map[logical.Node][]logical.Node) (readers []logical.Node, ok bool) {
	for _, r := range above[n] {
		readers = append(readers, r)
		switch r.(type) {
		case *logical.Project:
		case *logical.Filter:
			more, ok := closedReaders(r, above)
			if !ok {
				return nil, false
			}
			readers = append(readers, more...)
		default:
			return nil, false
		}
	}
	return readers, len(readers) > 0
}

// splitRows gives the scan with ROW columns replaced by the fields read of them, and
// the rewrite that its readers need; nil if nothing can be left out.
func splitRows(scan *logical.Scan, readers []logical.Node) (*logical.Scan, func(rex.Expr) rex.Expr) {
	paths := make([]map[string][]int, len(scan.Fields)) // field paths read of a column; nil = all of it
	for i, f := range scan.Fields {
		whole := f.Type.Kind != types.Row || scan.Columns == nil || scan.Columns[i].Path != nil ||
			scan.Table.Columns[scan.Columns[i].Column].Kind != 0 || scan.Table.Watermark != nil && has(rex.Refs(scan.Table.Watermark.Expr), scan.Columns[i].Column)
		if !whole {
			paths[i] = map[string][]int{}
		}
	}
	for _, r := range readers {
		for _, e := range logical.Exprs(r) {
			collectPaths(e, paths)
		}
	}
	c := *scan
	c.Fields, c.Columns = nil, nil
	at := make([]int, len(scan.Fields))
	byPath := make([]map[string]int, len(scan.Fields))
	split := false
	for i, f := range scan.Fields {
		at[i] = len(c.Fields)
		if len(paths[i]) == 0 {
			c.Fields, c.Columns = append(c.Fields, f), append(c.Columns, scan.Columns[i])
			continue
		}
		split = true
		byPath[i] = map[string]int{}
		for _, path := range outermost(paths[i]) {
			byPath[i][pathText(path)] = len(c.Fields)
			name, t := pathField(f, path)
			c.Fields = append(c.Fields, types.Field{Name: name, Type: t})
			c.Columns = append(c.Columns, logical.ScanColumn{Column: scan.Columns[i].Column, Path: path})
		}
	}
	if !split {
		return nil, nil
	}
	var rewrite func(e rex.Expr) rex.Expr
	rewrite = func(e rex.Expr) rex.Expr {
		if col, path, ok := fieldPath(e); ok && byPath[col] != nil {
			if j, ok := byPath[col][pathText(path)]; ok {
				return &rex.Ref{Index: j, T: e.Type(), Name: c.Fields[j].Name}
			}
		}
		switch x := e.(type) {
		case *rex.Ref:
			d := *x
			d.Index = at[x.Index]
			return &d
		case *rex.Field:
			d := *x
			d.X = rewrite(x.X)
			return &d
		case *rex.Call:
			d := *x
			d.Args = make([]rex.Expr, len(x.Args))
			for i, a := range x.Args {
				d.Args[i] = rewrite(a)
			}
			return &d
		}
		return e
	}
	return &c, rewrite
}

// collectPaths notes what e reads of each column.
func collectPaths(e rex.Expr, paths []map[string][]int) {
	rex.Walk(e, func(e rex.Expr) bool {
		col, path, ok := fieldPath(e)
		if !ok {
			return true
		}
		if len(path) == 0 {
			paths[col] = nil
		} else if paths[col] != nil {
			paths[col][pathText(path)] = path
		}
		return false
	})
}

// fieldPath reads column.field.field; a bare column has no path.
func fieldPath(e rex.Expr) (col int, path []int, ok bool) {
	for {
		switch x := e.(type) {
		case *rex.Field:
			path = append([]int{x.Index}, path...)
			e = x.X
		case *rex.Ref:
			return x.Index, path, true
		default:
			return 0, nil, false
		}
	}
}

// outermost gives the paths that no shorter one covers, in order.
func outermost(paths map[string][]int) [][]int {
	var all [][]int
	for _, p := range paths {
		all = append(all, p)
	}
	sort.Slice(all, func(i, j int) bool { return slices.Compare(all[i], all[j]) < 0 })
	var out [][]int
	for _, p := range all {
		if n := len(out); n > 0 && len(out[n-1]) <= len(p) && slices.Equal(out[n-1], p[:len(out[n-1])]) {
			continue
		}
		out = append(out, p)
	}
	return out
}

// pathField names a nested field as Flink does, a_b_c, and gives its type: NULL if any
// ROW on the way may be.
func pathField(f types.Field, path []int) (string, types.Type) {
	name, t, nullable := f.Name, f.Type, f.Type.Nullable
	for _, i := range path {
		g := t.Fields[i]
		name, t, nullable = name+"_"+g.Name, g.Type, nullable || g.Type.Nullable
	}
	return name, t.WithNull(nullable)
}

func pathText(path []int) string {
	var b strings.Builder
	for _, i := range path {
		b.WriteByte('.')
		b.WriteString(strconv.Itoa(i))
	}
	return b.String()
}
