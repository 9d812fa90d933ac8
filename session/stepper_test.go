package session

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/weir-sql/weir/planner/diag"
)

// stepperProject has a join, a window and a Top-N over two inputs.
func stepperProject(t testing.TB, timeline string) (*Session, diag.Source) {
	t.Helper()
	var orders, users strings.Builder
	orders.WriteString("id,uid,amount,ts\n")
	users.WriteString("op,uid,city\n")
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 120 {
		fmt.Fprintf(&orders, "%d,%d,%d,2026-01-01 10:%02d:%02d\n", i, rng.IntN(8), rng.IntN(50), i/4, rng.IntN(60))
	}
	for i := range 30 {
		fmt.Fprintf(&users, "+I,%d,c%d\n", i%8, rng.IntN(3))
	}
	s := project(t, map[string]string{"fixtures/f/orders.csv": orders.String(), "fixtures/f/users.csv": users.String(),
		"fixtures/f/fixture.yaml": "tables: {orders: orders.csv, users: users.csv}\n" + timeline})
	return s, diag.Source{Name: "q.sql", Text: `
CREATE TABLE orders (id INT, uid INT, amount INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '30' SECOND) WITH ('connector' = 'datagen');
CREATE TABLE users (uid INT, city STRING) WITH ('connector' = 'datagen');
SELECT u.city, SUM(o.amount) AS total, COUNT(DISTINCT o.uid) AS n FROM orders o JOIN users u ON o.uid = u.uid GROUP BY u.city;
SELECT window_start, uid, SUM(amount) AS total FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '5' MINUTE)) GROUP BY window_start, window_end, uid;
SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY uid ORDER BY amount DESC) AS r FROM orders) WHERE r <= 2;`}
}

// TestStepBackGivesTheSameState: whichever point one goes back to, it has the hash that it
// had on the way there.
func TestStepBackGivesTheSameState(t *testing.T) {
	s, src := stepperProject(t, "timeline:\n  - rows: users 10\n  - rows: orders 20\n  - checkpoint\n  - rows: orders 10\n  - rows: users\n  - failure\n  - advance: 1 min\n")
	set, err := s.Fixture("f")
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	st, list, err := s.Step(ctx, src, set, nil)
	if err != nil || list.HasErrors() {
		t.Fatal(err, list)
	}
	defer st.Close()
	hash := func() string {
		h, err := st.Hash(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	hashes := []string{hash()}
	for {
		ok, err := st.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		hashes = append(hashes, hash())
	}
	if len(hashes) != len(st.Moments())+1 || len(hashes) < 150 {
		t.Fatalf("%d hashes of %d moments", len(hashes), len(st.Moments()))
	}
	seen := map[string]bool{}
	for _, h := range hashes {
		seen[h] = true
	}
	if len(seen) != len(hashes) {
		t.Errorf("%d points, %d hashes: every moment changes something", len(hashes), len(seen))
	}
	points := 1000
	if testing.Short() {
		points = 50
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for range points {
		at := rng.IntN(len(hashes))
		if err := st.Goto(ctx, at); err != nil {
			t.Fatal(err)
		}
		if h := hash(); h != hashes[at] {
			t.Fatalf("point %d (after %s) has another hash the second time", at, st.Moments()[max(0, at-1)])
		}
	}
}

// TestFailureLosesNothing: a run that fails in the middle gives what one that does not gives,
// wherever the checkpoint is, also without one.
func TestFailureLosesNothing(t *testing.T) {
	ctx := context.Background()
	final := func(timeline string) string {
		s, src := stepperProject(t, timeline)
		set, err := s.Fixture("f")
		if err != nil {
			t.Fatal(err)
		}
		r, list, err := s.Rehearse(ctx, src, set, Stream, nil)
		if err != nil || list.HasErrors() {
			t.Fatal(err, list)
		}
		var out strings.Builder
		for _, o := range r.Plan.Outputs {
			b := r.Captured[o.Name].Batch()
			for i := range b.Len {
				fmt.Fprintln(&out, o.Name, b.Kind(i), RowText(o.Schema, b, i))
			}
		}
		fmt.Fprintln(&out, "late", r.Late)
		return out.String()
	}
	want := final("timeline:\n  - rows: orders 40\n  - rows: users 9\n  - rows: orders 30\n")
	for _, timeline := range []string{
		"timeline:\n  - rows: orders 40\n  - checkpoint\n  - rows: users 9\n  - rows: orders 15\n  - failure\n  - rows: orders 15\n",
		"timeline:\n  - rows: orders 40\n  - rows: users 9\n  - failure\n  - rows: orders 30\n",
		"timeline:\n  - rows: orders 40\n  - checkpoint\n  - rows: users 5\n  - checkpoint\n  - rows: users 4\n  - failure\n  - rows: orders 30\n  - failure\n",
	} {
		if got := final(timeline); got != want {
			t.Errorf("%s gives\n%s\nwant\n%s", timeline, got, want)
		}
	}
}
