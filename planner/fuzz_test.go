package planner_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/weir-sql/weir/topology"
)

// FuzzPlan: whatever parses is planned or refused in both modes, and what is planned is
// a graph.
func FuzzPlan(f *testing.F) {
	text, err := os.ReadFile("testdata/flink_changelog.json")
	if err != nil {
		f.Fatal(err)
	}
	var r recordings
	if err := json.Unmarshal(text, &r); err != nil {
		f.Fatal(err)
	}
	for _, c := range r.Cases {
		f.Add(c.Query)
	}
	for _, q := range []string{
		"SELECT * FROM orders MATCH_RECOGNIZE (PARTITION BY city ORDER BY ts, id DESC MEASURES LAST(A.amount, 1) AS x, SUM(B.amount * 2) + COUNT(*) AS y, MATCH_ROWTIME() AS rt AFTER MATCH SKIP TO LAST B PATTERN (A{2,3}? B*? C) WITHIN INTERVAL '5' SECOND DEFINE A AS A.amount > LAST(A.amount, 1), B AS AVG(B.amount) > FIRST(A.amount), C AS C.city <> A.city OR Q.id IS NULL, Q AS TRUE) AS T (a, b, c, d) WHERE a = 'x'",
		"SELECT o.id, m.* FROM orders o, orders MATCH_RECOGNIZE (ORDER BY pt MEASURES A.id AS a, FINAL FIRST(id) AS f, UPPER(MAX(A.city)) AS u PATTERN (A+? B?) DEFINE B AS B.amount BETWEEN A.amount AND SUM(amount)) AS m WHERE m.a IN (SELECT id FROM orders x WHERE x.id = o.id)",
		"SELECT (SELECT MAX(amount) FROM orders x WHERE x.id = o.id HAVING COUNT(*) > 1), o.id IN (SELECT MAX(id) FROM orders y WHERE y.city = o.city) FROM orders o WHERE NOT EXISTS (SELECT SUM(id) FROM orders z WHERE z.city = o.city HAVING SUM(id) > o.id)",
		"SELECT id, x FROM orders LEFT JOIN UNNEST(ARRAY[id, 2]) WITH ORDINALITY AS t(x, n) ON x > n AND id < 5",
		"WITH RECURSIVE r(n) AS (SELECT id FROM orders), q AS (SELECT * FROM r TABLESAMPLE SYSTEM (100)) SELECT LAG(n) IGNORE NULLS OVER (ORDER BY n) FROM q",
	} {
		f.Add(q)
	}
	setup := strings.Join(r.Setup, ";\n") + ";\n"
	f.Fuzz(func(t *testing.T, query string) {
		if len(query) > 2000 {
			return
		}
		for _, mode := range []string{"streaming", "batch"} {
			g, list := planned(t, setup+query, map[string]string{"execution.runtime-mode": mode}, nil)
			if g == nil {
				continue // refused, or nothing to run
			}
			if list.HasErrors() {
				t.Errorf("%s: planned with errors: %v", query, list)
			}
			if _, err := topology.NewModel(g); err != nil {
				t.Errorf("%s: %v", query, err)
			}
		}
	})
}
