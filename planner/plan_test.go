package planner

import (
	"fmt"
	"strings"
	"testing"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// tree builds logical trees by hand, as the binder would.
type tree struct{ logical.Node }

func ordersTable() *catalog.Table {
	ts := types.NewTimestamp(3)
	return &catalog.Table{Path: catalog.Path{Catalog: catalog.DefaultCatalog, Database: catalog.DefaultDatabase, Name: "orders"},
		Columns: []catalog.Column{
			{Name: "id", Type: types.Int64}, {Name: "user_id", Type: types.Int64}, {Name: "city", Type: types.String},
			{Name: "amount", Type: types.Int64}, {Name: "status", Type: types.String},
			{Name: "ts", Type: ts.WithAttr(types.Rowtime)},
			{Name: "pt", Type: types.NewTimestampLTZ(3).NotNull().WithAttr(types.Proctime), Kind: catalog.Computed,
				Expr: &rex.Call{Fn: "PROCTIME", T: types.NewTimestampLTZ(3).NotNull().WithAttr(types.Proctime)}},
		},
		Watermark: &catalog.Watermark{Column: 5, ExprText: "ts - INTERVAL '5' SECOND", Expr: &rex.Call{Fn: "-", T: ts,
			Args: []rex.Expr{&rex.Ref{Index: 5, T: ts, Name: "ts"}, &rex.Lit{Value: int64(5000), T: types.NewInterval(types.Second, 0, 3)}}}},
		Options: map[string]string{"connector": "kafka", "topic": "orders"},
	}
}

func usersTable() *catalog.Table {
	return &catalog.Table{Path: catalog.Path{Catalog: catalog.DefaultCatalog, Database: catalog.DefaultDatabase, Name: "users"},
		Columns:    []catalog.Column{{Name: "id", Type: types.Int64.NotNull()}, {Name: "name", Type: types.String}, {Name: "city", Type: types.String}},
		PrimaryKey: []int{0}, Options: map[string]string{"connector": "filesystem", "path": "users.csv"}}
}

func scan(t *catalog.Table, bounded bool) tree {
	s := &logical.Scan{Table: t, Options: t.Options, Caps: catalog.Capabilities{Bounded: bounded, Produces: topology.InsertOnly, PushProjection: true, PushFilter: true}}
	for _, c := range t.Columns {
		s.Fields = append(s.Fields, types.Field{Name: c.Name, Type: c.Type})
	}
	return tree{s}
}

func (t tree) col(name string) *rex.Ref {
	for i, f := range t.Schema() {
		if f.Name == name {
			return &rex.Ref{Index: i, T: f.Type, Name: name}
		}
	}
	panic("no column " + name)
}

func call(fn string, t types.Type, args ...rex.Expr) rex.Expr {
	return &rex.Call{Fn: fn, T: t, Args: args}
}
func eq(a, b rex.Expr) rex.Expr { return call("=", types.Bool, a, b) }
func str(s string) rex.Expr     { return &rex.Lit{Value: s, T: types.NewChar(len(s)).NotNull()} }
func num(n int64) rex.Expr      { return &rex.Lit{Value: n, T: types.Int64.NotNull()} }

func (t tree) filter(cond rex.Expr) tree {
	return tree{&logical.Filter{Base: logical.Base{Fields: t.Schema()}, Input: t.Node, Cond: cond}}
}

func (t tree) project(names string, exprs ...rex.Expr) tree {
	p := &logical.Project{Input: t.Node, Exprs: exprs}
	for i, n := range strings.Fields(names) {
		p.Fields = append(p.Fields, types.Field{Name: n, Type: exprs[i].Type()})
	}
	return tree{p}
}

func (t tree) group(keys string, aggs ...rex.AggCall) tree {
	a := &logical.Aggregate{Input: t.Node, Aggs: aggs}
	for _, k := range strings.Fields(keys) {
		r := t.col(k)
		a.Groups = append(a.Groups, r.Index)
		a.Fields = append(a.Fields, types.Field{Name: k, Type: r.T})
	}
	for _, c := range aggs {
		a.Fields = append(a.Fields, types.Field{Name: c.Name, Type: c.T})
	}
	return tree{a}
}

func count() rex.AggCall {
	return rex.AggCall{Fn: "COUNT", Filter: -1, T: types.Int64.NotNull(), Name: "n"}
}

func (t tree) sum(col string) rex.AggCall {
	return rex.AggCall{Fn: "SUM", Args: []int{t.col(col).Index}, Filter: -1, T: types.Int64, Name: "total"}
}

func (t tree) window(w physical.Window) tree {
	w.Time = t.col("ts").Index
	w.Rowtime = true
	f := append([]types.Field(nil), t.Schema()...)
	ts := types.NewTimestamp(3).NotNull()
	f = append(f, types.Field{Name: "window_start", Type: ts}, types.Field{Name: "window_end", Type: ts}, types.Field{Name: "window_time", Type: ts.WithAttr(types.Rowtime)})
	return tree{&logical.WindowTVF{Base: logical.Base{Fields: f}, Input: t.Node, Window: w}}
}

func (t tree) join(o tree, kind physical.JoinKind, cond func(l, r func(string) rex.Expr) rex.Expr) tree {
	lw := len(t.Schema())
	c := cond(func(n string) rex.Expr { return t.col(n) }, func(n string) rex.Expr { return rex.Shift(o.col(n), lw) })
	f := append(append([]types.Field(nil), t.Schema()...), o.Schema()...)
	return tree{&logical.Join{Base: logical.Base{Fields: f}, Kind: kind, Left: t.Node, Right: o.Node, Cond: c}}
}

func (t tree) sink(name string, table *catalog.Table, accepts topology.ChangelogMode) *logical.Sink {
	s := &logical.Sink{Base: logical.Base{Fields: t.Schema()}, Input: t.Node, Name: name, Table: table, Caps: catalog.Capabilities{Accepts: accepts}}
	for _, f := range t.Schema() {
		s.Columns = append(s.Columns, physical.SinkColumn{Name: f.Name, Type: f.Type.Null()})
	}
	return s
}

func table(name string, key []int, columns ...string) *catalog.Table {
	t := &catalog.Table{Path: catalog.Path{Catalog: catalog.DefaultCatalog, Database: catalog.DefaultDatabase, Name: name}, PrimaryKey: key, Options: map[string]string{"connector": "upsert-kafka"}}
	for _, c := range columns {
		t.Columns = append(t.Columns, catalog.Column{Name: c, Type: types.Int64})
	}
	return t
}

// compact writes a graph, one node a line with the edges into it.
func compact(g *topology.Graph) string {
	var b strings.Builder
	for _, n := range g.Nodes {
		fmt.Fprintf(&b, "%s  %s p%d  %s", n.Name, n.Label, n.Parallelism, n.Changelog)
		if len(n.UpsertKeys) > 0 {
			for _, k := range n.UpsertKeys {
				fmt.Fprintf(&b, " key(%s)", strings.Join(g.ColumnNames(n.ID, k), ","))
			}
		}
		for _, e := range g.Inputs(n.ID) {
			fmt.Fprintf(&b, "  ◀ %s", e.Partitioner)
			if len(e.HashKeys) > 0 {
				fmt.Fprintf(&b, "[%s]", strings.Join(g.ColumnNames(e.From, e.HashKeys), ","))
			}
			b.WriteString(" " + g.Nodes[e.From].Name)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestSmoke(t *testing.T) {
	orders := scan(ordersTable(), false)
	paid := orders.filter(eq(orders.col("status"), str("PAID")))
	byCity := paid.group("city", count(), paid.sum("amount"))
	g, diags := Plan([]*logical.Sink{byCity.sink("by_city", table("by_city", []int{0}, "city", "n", "total"), topology.Upsert)}, Options{Parallelism: 2,
		Trace: func(rule string, roots []logical.Node) { t.Logf("%s\n%s", rule, logical.Format(roots...)) }})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	t.Logf("\n%s", compact(g))

	win := paid.window(physical.Window{Kind: physical.Tumble, Size: 600000})
	agg := win.group("city window_start window_end", count())
	g, diags = Plan([]*logical.Sink{agg.sink("select-1", nil, 0)}, Options{Parallelism: 2})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	t.Logf("\n%s", compact(g))

	users := scan(usersTable(), true)
	j := orders.join(users, physical.LeftOuter, func(l, r func(string) rex.Expr) rex.Expr { return eq(l("user_id"), r("id")) })
	f := j.filter(call(">", types.Bool, j.col("amount"), num(5)))
	g, diags = Plan([]*logical.Sink{f.project("id name", f.col("id"), f.col("name")).sink("select-1", nil, 0)}, Options{Parallelism: 2})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	t.Logf("\n%s", compact(g))
	for _, d := range diags {
		t.Log(d)
	}
}
