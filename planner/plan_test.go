package planner_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/weir-sql/weir/planner"
	"github.com/weir-sql/weir/planner/bind"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/topology"
)

// TestPlans runs testdata/*.test. Commands:
//
//	ddl                     statements before all queries of the file that follow
//	plan                    the graph: operator, label, parallelism, row kinds, keys,
//	                        and the edges into it; then diagnostics
//	logical                 the tree after all rules
//	rule name=filter-push   the tree before and after one rule
//
// with arguments parallelism=N, mode=batch, and set=(key=value, …) for options.
func TestPlans(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		if !strings.HasSuffix(path, ".test") {
			return
		}
		ddl := ""
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "ddl" {
				ddl += d.Input + "\n"
				return ""
			}
			return planCase(t, d, ddl)
		})
	})
}

func planCase(t *testing.T, d *datadriven.TestData, ddl string) string {
	config := map[string]string{}
	parallelism, rule := 1, ""
	for _, a := range d.CmdArgs {
		switch a.Key {
		case "parallelism":
			fmt.Sscan(a.Vals[0], &parallelism)
		case "mode":
			config["execution.runtime-mode"] = a.Vals[0]
		case "name":
			rule = a.Vals[0]
		case "set":
			for _, v := range a.Vals {
				key, value, _ := strings.Cut(v, "=")
				config[key] = value
			}
		}
	}
	before, after, last := "", "", ""
	g, list := planned(t, ddl+d.Input, config, func(_ []*logical.Sink, o *planner.Options) {
		o.Parallelism = parallelism
		o.Trace = func(name string, roots []logical.Node) {
			text := logical.Format(roots...)
			if name == rule {
				before, after = last, text
			}
			last = text
		}
	})
	var b strings.Builder
	switch {
	case d.Cmd == "logical":
		b.WriteString(last)
	case d.Cmd == "rule" && before == after:
		b.WriteString("unchanged\n" + before)
	case d.Cmd == "rule":
		b.WriteString(before + "→\n" + after)
	case g != nil:
		b.WriteString(compact(g))
		if _, err := topology.NewModel(g); err != nil {
			fmt.Fprintf(&b, "invalid: %v\n", err)
		}
	}
	for _, x := range list {
		fmt.Fprintf(&b, "%s\n", placed(x, ddl+d.Input))
	}
	return b.String()
}

// placed writes a diagnostic with the text it points at.
func placed(x *diag.Diagnostic, text string) string {
	if x.Span.IsZero() || x.Span.End > len(text) {
		return x.Error()
	}
	at := strings.Join(strings.Fields(text[x.Span.Start:x.Span.End]), " ")
	if len(at) > 40 {
		at = at[:40] + "…"
	}
	return x.Error() + " at " + at
}

// compact writes a graph, one operator a line with the edges into it.
func compact(g *topology.Graph) string {
	var b strings.Builder
	for _, n := range g.Nodes {
		fmt.Fprintf(&b, "%s  %s  p%d  %s", n.Name, n.Label, n.Parallelism, n.Changelog)
		for _, k := range n.UpsertKeys {
			fmt.Fprintf(&b, " key(%s)", strings.Join(g.ColumnNames(n.ID, k), ","))
		}
		for _, e := range g.Inputs(n.ID) {
			fmt.Fprintf(&b, "  ◀ %s", e.Partitioner)
			if len(e.HashKeys) > 0 {
				fmt.Fprintf(&b, "[%s]", strings.Join(g.ColumnNames(e.From, e.HashKeys), ","))
			}
			b.WriteString(" " + g.Nodes[e.From].Name)
		}
		if len(n.StateTTL) > 0 {
			fmt.Fprintf(&b, "  ttl=%v", n.StateTTL)
		}
		for _, p := range n.Props {
			fmt.Fprintf(&b, "  %s=%s", p.Key, p.Value)
		}
		b.WriteByte('\n')
		for _, l := range n.Detail {
			fmt.Fprintf(&b, "    %s\n", l)
		}
	}
	return b.String()
}

// BenchmarkPlan parses nothing: it binds, rewrites and lowers a script of about a
// hundred lines, which has to take less than 5 ms.
func BenchmarkPlan(b *testing.B) {
	script, list := syntax.Parse(longScript)
	if list.HasErrors() {
		b.Fatal(list)
	}
	src := diag.Source{Name: "long.sql", Text: longScript}
	run := func(b *testing.B, sinks func() *bind.Bound) {
		b.ReportAllocs()
		for b.Loop() {
			x := sinks()
			if _, list := planner.Plan(x.Sinks, planner.Options{Script: src, Config: x.Config, Functions: testFunctions, Fold: testFold, Partials: testPartials, Parallelism: 2}); list.HasErrors() {
				b.Fatal(list)
			}
		}
	}
	bindAll := func() *bind.Bound {
		x, list := bind.Script(&bind.Env{Catalog: catalog.New(), Functions: testFunctions, Connectors: testConnectors{}, Formats: testConnectors{}}, src, script)
		if list.HasErrors() {
			b.Fatal(list)
		}
		return x
	}
	b.Run("bind+plan/lines=100", func(b *testing.B) { run(b, bindAll) })
	once := bindAll()
	b.Run("plan/lines=100", func(b *testing.B) { run(b, func() *bind.Bound { return once }) })
}

// longScript is a script of some hundred lines: tables, views, and statements that
// aggregate, join, window and rank.
var longScript = func() string {
	var b strings.Builder
	b.WriteString(`CREATE TABLE orders (id BIGINT, user_id BIGINT, city STRING, amount BIGINT, status STRING, note STRING, ts TIMESTAMP(3),
  pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector'='kafka', 'topic'='orders', 'format'='json');
CREATE TABLE profiles (id BIGINT NOT NULL, city STRING, age INT, PRIMARY KEY (id) NOT ENFORCED)
WITH ('connector'='redis', 'lookup.cache'='PARTIAL');
CREATE TABLE payments (pid BIGINT, order_id BIGINT, paid BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
WITH ('connector'='kafka', 'topic'='payments', 'format'='json');
`)
	for i := range 9 {
		fmt.Fprintf(&b, `CREATE TABLE sink%d (city STRING NOT NULL, n BIGINT, total BIGINT, PRIMARY KEY (city) NOT ENFORCED)
WITH ('connector'='blackhole');
CREATE VIEW v%d AS
SELECT u.city, o.amount * %d AS amount, o.ts, o.id
FROM orders o LEFT JOIN profiles FOR SYSTEM_TIME AS OF o.pt AS u ON u.id = o.user_id
WHERE o.status = 'PAID' AND o.amount > %d;
INSERT INTO sink%d
SELECT city, COUNT(*), SUM(amount)
FROM v%d WHERE amount > 10 AND city <> 'x'
GROUP BY city;
`, i, i, i+1, i%3, i, i)
	}
	b.WriteString(`SELECT city, window_start, COUNT(*)
FROM TABLE(TUMBLE(TABLE v1, DESCRIPTOR(ts), INTERVAL '10' MINUTES))
GROUP BY city, window_start, window_end;
SELECT * FROM (
  SELECT id, city, amount, ROW_NUMBER() OVER (PARTITION BY city ORDER BY amount DESC) AS rn FROM v2)
WHERE rn <= 3;
SELECT o.id, p.paid
FROM orders o JOIN payments p ON o.id = p.order_id AND p.ts BETWEEN o.ts AND o.ts + INTERVAL '1' HOUR;
`)
	return b.String()
}()
