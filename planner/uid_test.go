package planner_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/weir-sql/weir/topology"
)

const uidTables = `
CREATE TABLE orders (id BIGINT, user_id BIGINT, city STRING, amount BIGINT, status STRING, note STRING, ts TIMESTAMP(3), pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector'='kafka', 'topic'='orders', 'format'='json');
CREATE TABLE profiles (id BIGINT NOT NULL, city STRING, age INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector'='redis', 'lookup.cache'='PARTIAL');
CREATE TABLE payments (pid BIGINT, order_id BIGINT, paid BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector'='kafka', 'topic'='payments', 'format'='json');
CREATE TABLE out1 (city STRING NOT NULL, n BIGINT, total BIGINT, PRIMARY KEY (city) NOT ENFORCED) WITH ('connector'='blackhole');
CREATE TABLE out2 (id BIGINT, paid BIGINT, city STRING) WITH ('connector'='blackhole');
CREATE TABLE out3 (city STRING, window_start TIMESTAMP(3), n BIGINT) WITH ('connector'='blackhole');
`

const uidScript = `
CREATE VIEW paid AS SELECT id, city, amount, ts FROM orders WHERE status = 'PAID';
INSERT INTO out1 SELECT city, COUNT(*) AS n, SUM(amount) AS total FROM paid GROUP BY city;
INSERT INTO out2 SELECT o.id, p.paid, u.city FROM orders o JOIN payments p ON o.id = p.order_id LEFT JOIN profiles FOR SYSTEM_TIME AS OF o.pt AS u ON u.id = o.user_id;
INSERT INTO out3 SELECT city, window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE paid, DESCRIPTOR(ts), INTERVAL '10' MINUTES)) GROUP BY city, window_start, window_end;
`

// TestUIDsSurviveEdits edits a script in ways that change what some operator computes
// or where it stands, and looks which uids are gone. State hangs on them.
func TestUIDsSurviveEdits(t *testing.T) {
	replace := func(old, new string) func(string) string {
		return func(s string) string {
			if !strings.Contains(s, old) {
				t.Fatalf("%q is not in the script", old)
			}
			return strings.Replace(s, old, new, 1)
		}
	}
	before := stateful(t, uidScript)
	if len(before) < 3 {
		t.Fatalf("only %d operators keep state", len(before))
	}
	for name, c := range map[string]struct {
		edit func(string) string
		lost []string // names of operators that may be lost
	}{
		"comment and layout": {edit: func(s string) string { return "-- new\n\n" + strings.ReplaceAll(s, " FROM", "\n  FROM") }},
		"aliases renamed": {edit: func(s string) string {
			return strings.NewReplacer("o.", "x.", " o ", " x ", "p.", "y.", " p ", " y ").Replace(s)
		}},
		"column renamed":    {edit: replace("COUNT(*) AS n", "COUNT(*) AS many")},
		"another filter":    {edit: replace("status = 'PAID'", "status = 'PAID' AND amount > 3")},
		"filter gone":       {edit: replace(" WHERE status = 'PAID'", "")},
		"another aggregate": {edit: replace("SUM(amount) AS total", "MAX(amount) AS total")},
		"one column more":   {edit: replace("SELECT id, city, amount, ts", "SELECT id, city, note, amount, ts")},
		"another insert behind": {edit: func(s string) string {
			return s + "INSERT INTO out1 SELECT note, COUNT(*), 1 FROM orders GROUP BY note;"
		}},
		"another insert ahead": {edit: func(s string) string {
			return "INSERT INTO out2 SELECT user_id, COUNT(*), '' FROM orders GROUP BY user_id;" + s
		}},
		"a select ahead":       {edit: func(s string) string { return "SELECT city, COUNT(*) FROM orders GROUP BY city;" + s }},
		"a view in between":    {edit: replace("FROM paid GROUP BY city", "FROM (SELECT * FROM paid) GROUP BY city")},
		"sides in other words": {edit: replace("o.id = p.order_id", "p.order_id = o.id")},
		"another key":          {edit: replace("FROM paid GROUP BY city;", "FROM paid GROUP BY city, id;"), lost: []string{"agg-city"}},
		"another window":       {edit: replace("'10' MINUTES", "'20' MINUTES"), lost: []string{"agg-city-2"}},
		"another join key":     {edit: replace("o.id = p.order_id", "o.user_id = p.order_id"), lost: []string{"join-p"}},
	} {
		t.Run(name, func(t *testing.T) {
			after := stateful(t, c.edit(uidScript))
			var known []string
			for _, n := range after {
				known = append(append(known, n.UID), n.Aliases...)
			}
			for _, n := range before {
				kept := slices.Contains(known, n.UID)
				if lost := slices.Contains(c.lost, n.Name); kept == lost {
					t.Errorf("%s (%s): kept %t", n.Name, n.Identity, kept)
				}
			}
		})
	}
}

// TestMeaningTells: an operator that keeps its uid and computes something else says so.
func TestMeaningTells(t *testing.T) {
	a := stateful(t, uidScript)
	b := stateful(t, strings.Replace(uidScript, "SUM(amount)", "MAX(amount)", 1))
	changed := 0
	for _, n := range a {
		for _, m := range b {
			if n.UID == m.UID && n.Meaning != m.Meaning {
				changed++
				if n.State.Fingerprint == m.State.Fingerprint {
					t.Errorf("%s: SUM and MAX have one fingerprint", n.Name)
				}
			}
		}
	}
	if changed != 1 {
		t.Errorf("%d operators changed their meaning, want 1", changed)
	}
}

func stateful(t *testing.T, script string) []*topology.Node {
	t.Helper()
	g, list := planned(t, uidTables+script, nil, nil)
	if g == nil {
		t.Fatalf("refused: %v", list)
	}
	var out []*topology.Node
	for _, n := range g.Nodes {
		if n.State != nil {
			out = append(out, n)
		}
	}
	return out
}
