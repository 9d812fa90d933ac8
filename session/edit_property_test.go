package session

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/topology"
)

// TestEditsKeepResults runs random SQL with random edits to its graph: an edit is
// refused, or the final rows are those of the graph as it was planned.
func TestEditsKeepResults(t *testing.T) {
	dir := t.TempDir()
	writeTables(t, dir)
	s, err := Open(Options{Dir: dir, Config: map[string]string{"parallelism.default": "2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var applied, refused int
	rapid.Check(t, func(t *rapid.T) {
		sql := editTables + randomQuery(t)
		mode := rapid.SampledFrom([]Mode{Stream, Stream, Batch}).Draw(t, "mode")
		p, list := s.Plan(diag.Source{Name: "-e", Text: sql}, mode)
		if list.HasErrors() {
			t.Fatalf("%s\n%v", sql, list)
		}
		want := runFolded(t, s, p)
		for range 4 {
			edits := randomEdits(t, p.Graph)
			edited, list := ApplyEdits(p.Graph, edits)
			if edited == nil {
				refused++
				if !list.HasErrors() {
					t.Fatal("refused without a reason")
				}
				continue
			}
			applied++
			e := *p
			e.Graph = edited.Graph
			if got := runFolded(t, s, &e); got.Digest() != want.Digest() {
				model, err := topology.NewModel(edited.Graph)
				if err != nil {
					t.Fatal(err)
				}
				onlyWant, onlyGot := want.Diff(got, 5)
				t.Fatalf("%s\n%s\n%+v\nonly unedited: %q\nonly edited: %q", sql, topology.RenderTree(model, topology.Options{Width: 120}), edits, onlyWant, onlyGot)
			}
		}
	})
	t.Logf("%d edits applied, %d refused", applied, refused)
	if !testing.Short() && (applied < 50 || refused < 50) {
		t.Errorf("%d edits were applied and %d refused: the test says little", applied, refused)
	}
}

// runFolded gives the final rows of a plan with one SELECT.
func runFolded(t *rapid.T, s *Session, p *Plan) *result.Fold {
	var f *result.Fold
	var mu sync.Mutex
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	r, err := s.Run(ctx, p, RunOptions{Limit: -1, Result: func(o Output) (result.Writer, error) {
		f = result.NewFold(o.Schema, o.UpsertKey, nil)
		return result.Locked(f, &mu), nil
	}})
	if err == nil {
		err = r.Wait()
	}
	if err != nil {
		t.Fatalf("%s\n%v", p.Source.Text, err)
	}
	return f
}

func writeTables(t *testing.T, dir string) {
	r := rand.New(rand.NewPCG(7, 7))
	var orders, payments, users strings.Builder
	for i := range 400 {
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i*7+r.IntN(40)*11) * time.Second).Add(time.Duration(i) * time.Millisecond)
		fmt.Fprintf(&orders, "%d,%d,%s,%d,%s,%s\n", i, r.IntN(30), []string{"Rome", "Oslo", "Lima"}[r.IntN(3)], r.IntN(100), []string{"PAID", "NEW"}[r.IntN(2)], at.Format("2006-01-02 15:04:05.000"))
		fmt.Fprintf(&payments, "%d,%d,%d\n", i, r.IntN(500), r.IntN(100))
	}
	for i := range 25 {
		fmt.Fprintf(&users, "%d,%s\n", i, []string{"gold", "tin"}[i%2])
	}
	for name, text := range map[string]string{"orders.csv": orders.String(), "payments.csv": payments.String(), "users.csv": users.String(), ProjectFile: "name: edits\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

const editTables = `
CREATE TABLE orders (id BIGINT, user_id BIGINT, city STRING, amount BIGINT, status STRING, ts TIMESTAMP(3), p AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '2' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'orders.csv', 'format' = 'csv');
CREATE TABLE payments (pid BIGINT, order_id BIGINT, paid BIGINT) WITH ('connector' = 'filesystem', 'path' = 'payments.csv', 'format' = 'csv');
CREATE TABLE users (user_id BIGINT, tier STRING) WITH ('connector' = 'filesystem', 'path' = 'users.csv', 'format' = 'csv');
`

// randomQuery gives a query whose final rows do not depend on the order of its input.
func randomQuery(t *rapid.T) string {
	pick := func(what string, of ...string) string { return rapid.SampledFrom(of).Draw(t, what) }
	where := pick("where", "", " WHERE status = 'PAID'", " WHERE amount > 20 AND id > 3")
	aggs := pick("aggs", "COUNT(*) AS n", "SUM(amount) AS n", "MAX(amount) AS n, MIN(id) AS m", "COUNT(DISTINCT user_id) AS n, AVG(amount) AS a")
	key := pick("key", "city", "status", "user_id", "city, status")
	from := pick("from", "orders"+where, "(SELECT * FROM orders UNION ALL SELECT * FROM orders"+where+") AS x",
		"(SELECT o.* FROM orders AS o JOIN users FOR SYSTEM_TIME AS OF o.p AS u ON o.user_id = u.user_id WHERE u.tier = 'gold') AS x")
	agg := fmt.Sprintf("SELECT %s, %s FROM %s GROUP BY %s", key, aggs, from, key)
	switch pick("shape", "agg", "agg of agg", "having", "join", "join of agg", "top", "top of agg", "dedup", "window", "over", "calc", "set") {
	case "agg of agg":
		return fmt.Sprintf("SELECT n, COUNT(*) AS k, SUM(n) AS s FROM (%s) AS y GROUP BY n;", agg)
	case "having":
		return fmt.Sprintf("SELECT * FROM (%s) AS y WHERE n > 40;", agg)
	case "join":
		return fmt.Sprintf("SELECT o.id, o.city, p.pid, p.paid FROM (SELECT id, city FROM orders%s) AS o %s JOIN payments AS p ON o.id = p.order_id;", where, pick("join", "", "LEFT", "RIGHT", "FULL"))
	case "join of agg":
		return fmt.Sprintf("SELECT a.user_id, a.n, b.s FROM (SELECT user_id, COUNT(*) AS n FROM orders%s GROUP BY user_id) AS a %s JOIN (SELECT order_id, SUM(paid) AS s FROM payments GROUP BY order_id) AS b ON a.user_id = b.order_id;",
			where, pick("join", "", "LEFT", "FULL"))
	case "top":
		return fmt.Sprintf("SELECT id, city, amount FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY %s ORDER BY amount DESC, id) AS r FROM orders%s) WHERE r <= %s;", key, where, pick("n", "1", "3"))
	case "top of agg":
		return fmt.Sprintf("SELECT user_id, n FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY n DESC, user_id) AS r FROM (SELECT user_id, COUNT(*) AS n FROM orders%s GROUP BY user_id)) WHERE r <= 5;", where)
	case "dedup":
		return fmt.Sprintf("SELECT id, %s FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY %s ORDER BY ts %s) AS r FROM orders%s) WHERE r = 1;", key, key, pick("order", "ASC", "DESC"), where)
	case "window":
		tvf := pick("window", "TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '10' MINUTES)", "HOP(TABLE orders, DESCRIPTOR(ts), INTERVAL '5' MINUTES, INTERVAL '15' MINUTES)")
		return fmt.Sprintf("SELECT %s, window_start, %s FROM TABLE(%s)%s GROUP BY %s, window_start, window_end;", key, aggs, tvf, where, key)
	case "over":
		return fmt.Sprintf("SELECT id, city, SUM(amount) OVER (PARTITION BY %s ORDER BY ts ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) AS s FROM orders%s;", key, where)
	case "calc":
		return fmt.Sprintf("SELECT id, amount * 2 AS twice, UPPER(city) AS city FROM orders%s;", where)
	case "set":
		return fmt.Sprintf("SELECT DISTINCT city, user_id FROM orders%s;", where)
	}
	return agg + ";"
}

// randomEdits wants something of one to three operators.
func randomEdits(t *rapid.T, g *topology.Graph) []topology.Edit {
	nodes := rapid.Permutation(g.Nodes).Draw(t, "nodes")
	n := rapid.IntRange(1, min(3, len(nodes))).Draw(t, "edits")
	var edits []topology.Edit
	for _, node := range nodes[:n] {
		e := topology.Edit{Node: node.ID}
		for range rapid.IntRange(1, 2).Draw(t, "fields") {
			switch rapid.SampledFrom([]string{"parallelism", "parallelism", "in", "in", "in", "max", "chaining", "group", "uid", "ttl"}).Draw(t, "field") {
			case "parallelism":
				e.Parallelism = rapid.IntRange(1, 5).Draw(t, "parallelism")
			case "in":
				if inputs := g.Inputs(node.ID); len(inputs) > 0 && len(e.Inputs) == 0 {
					e.Inputs = []topology.EdgeEdit{randomExchange(t, g, rapid.SampledFrom(inputs).Draw(t, "input"))}
				}
			case "max":
				e.MaxParallelism = rapid.SampledFrom([]int{4, 128, 200}).Draw(t, "max")
			case "chaining":
				e.Chaining = rapid.SampledFrom([]topology.Chaining{topology.ChainNever, topology.ChainHead, topology.ChainAlways}).Draw(t, "chaining")
			case "group":
				e.SlotGroup = "heavy"
			case "uid":
				e.UID = "mine-" + node.Name
			case "ttl":
				e.StateTTL = []time.Duration{time.Hour}
			}
		}
		edits = append(edits, e)
	}
	return edits
}

func randomExchange(t *rapid.T, g *topology.Graph, in *topology.Edge) topology.EdgeEdit {
	e := topology.EdgeEdit{Input: in.Input, Partitioner: rapid.SampledFrom(topology.Partitioners).Draw(t, "partitioner")}
	if columns := g.Nodes[in.From].Columns; e.Partitioner == topology.Hash && len(columns) > 0 && rapid.Bool().Draw(t, "keys") {
		e.Keys = []string{rapid.SampledFrom(columns).Draw(t, "column").Name}
	}
	return e
}
