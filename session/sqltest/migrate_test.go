package sqltest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/topology"
)

const migrateTables = `CREATE TABLE orders (id BIGINT, user_id BIGINT, city STRING, amount BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '2' HOUR)
WITH ('connector' = 'filesystem', 'path' = 'file://$DIR/orders.csv', 'format' = 'csv')`

// migrateQueries keep state of every shape.
var migrateQueries = []string{
	"SELECT city, COUNT(*) AS n, SUM(amount) AS s FROM orders GROUP BY city",
	"SELECT n, COUNT(*) AS k FROM (SELECT user_id, COUNT(*) AS n FROM orders GROUP BY user_id) GROUP BY n",
	"SELECT a.id, b.id AS other FROM orders AS a JOIN orders AS b ON a.user_id = b.amount",
	"SELECT a.id, b.n FROM orders AS a LEFT JOIN (SELECT amount, COUNT(*) AS n FROM orders GROUP BY amount) AS b ON a.user_id = b.amount",
	"SELECT id, city FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY city ORDER BY amount DESC, id) AS r FROM orders) WHERE r <= 3",
	"SELECT id, user_id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY ts DESC) AS r FROM orders) WHERE r = 1",
	"SELECT city, window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '10' MINUTES)) GROUP BY city, window_start, window_end",
	"SELECT id, SUM(amount) OVER (PARTITION BY city ORDER BY ts ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) AS s FROM orders",
}

// TestCarriedStateIsWhole stops a run at a snapshot, edits the graph, and goes on. Where
// no verdict says that state is lost, the final rows are those of one run; where one
// does, the snapshot is refused.
func TestCarriedStateIsWhole(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(3, 3))
	var rows strings.Builder
	for i := range 60 {
		fmt.Fprintf(&rows, "%d,%d,%s,%d,2026-01-01 %02d:%02d:%02d.%03d\n", i, r.IntN(12), []string{"Rome", "Oslo", "Lima"}[r.IntN(3)], r.IntN(15), i/40, (i*3)%60, r.IntN(60), i)
	}
	base := Case{Mode: "streaming", Setup: []string{migrateTables}, Files: map[string]string{"orders.csv": rows.String()}}
	if err := base.WriteFiles(dir); err != nil {
		t.Fatal(err)
	}
	carried, refused, renamed := 0, 0, 0
	rapid.Check(t, func(t *rapid.T) {
		c := base
		c.Query = rapid.SampledFrom(migrateQueries).Draw(t, "query")
		p, list := Prepare(c, dir, 2)
		if p == nil {
			t.Fatal(list)
		}
		defer p.Close()
		counting := newGate(-1)
		plain, err := p.toEnd(counting, nil)
		if err != nil {
			t.Fatal(err)
		}
		edited, list := session.ApplyEdits(p.Plan.Graph, stateEdits(t, p.Plan.Graph))
		if edited == nil {
			t.Fatal(list)
		}
		first, snap, err := (&Script{}).until(c, dir, 2, rapid.IntRange(0, counting.passed-1).Draw(t, "rows"))
		if err != nil || snap == nil {
			t.Fatalf("no snapshot: %v", err)
		}
		before, err := topology.NewModel(p.Plan.Graph)
		if err != nil {
			t.Fatal(err)
		}
		after, err := topology.NewModel(edited.Graph)
		if err != nil {
			t.Fatal(err)
		}
		lost := false
		for _, v := range topology.JudgeState(before, after) {
			lost = lost || v.Verdict.Lost()
			if v.Verdict == topology.StateMigrated {
				renamed++
			}
		}
		moved, err := session.MigrateSnapshot(snap, before, edited.Graph, false)
		if (err != nil) != lost {
			t.Fatalf("lost %t, but %v", lost, err)
		}
		if lost {
			refused++
			return
		}
		carried++
		q := *p
		plan := *p.Plan
		plan.Graph = edited.Graph
		q.Plan = &plan
		second, err := q.toEnd(newGate(-1), moved)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range first {
			r.Cut()
		}
		if err := same(plain, "restored in another graph", first, second); err != nil {
			t.Fatalf("%s\n%v", c.Query, err)
		}
	})
	t.Logf("%d carried, %d of them renamed operators, %d refused", carried, renamed, refused)
	if !testing.Short() && (carried < 20 || refused < 5 || renamed < 5) {
		t.Errorf("%d carried, %d renamed, %d refused: the test says little", carried, renamed, refused)
	}
}

// stateEdits are edits that bear upon state, to every operator that keeps some.
func stateEdits(t *rapid.T, g *topology.Graph) (edits []topology.Edit) {
	for _, n := range g.Nodes {
		e := topology.Edit{Node: n.ID}
		switch what := rapid.SampledFrom([]string{"", "parallelism", "uid", "both", "max", "chain"}).Draw(t, "edit"); {
		case what == "chain":
			e.Chaining, e.SlotGroup = topology.ChainNever, "apart"
		case n.State == nil || what == "":
			continue
		case what == "max":
			e.MaxParallelism = 64
		default:
			if what != "uid" && len(n.Keys) > 0 && !singleton(g, n) {
				e.Parallelism = rapid.IntRange(1, 5).Draw(t, "parallelism")
			}
			if what != "parallelism" {
				e.UID = "own-" + n.Name
			}
		}
		edits = append(edits, e)
	}
	return edits
}

func singleton(g *topology.Graph, n *topology.Node) bool {
	for _, e := range g.Inputs(n.ID) {
		if e.Required.Kind == topology.Singleton {
			return true
		}
	}
	return false
}
