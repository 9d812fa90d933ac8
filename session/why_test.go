package session

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/diag"
)

const whyTables = `
CREATE TABLE a (k INT, g INT, v INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' HOUR) WITH ('connector' = 'datagen');
CREATE TABLE b (k INT, w INT) WITH ('connector' = 'datagen');
`

// whyQueries go through every kind of operator that combines rows.
var whyQueries = []string{
	"SELECT k, v FROM a WHERE v > 2",
	"SELECT g, COUNT(*) AS n, SUM(v) AS s FROM a GROUP BY g",
	"SELECT g, MAX(v) AS m, MIN(k) AS l FROM a GROUP BY g",
	"SELECT g, COUNT(DISTINCT v) AS d FROM a GROUP BY g HAVING COUNT(*) > 1",
	"SELECT a.k, a.v, b.w FROM a JOIN b ON a.k = b.k",
	"SELECT a.k, a.v, b.w FROM a LEFT JOIN b ON a.k = b.k AND b.w > 1",
	"SELECT k, v FROM a WHERE k IN (SELECT k FROM b)",
	"SELECT k, v FROM a WHERE k NOT IN (SELECT k FROM b WHERE k IS NOT NULL)",
	"SELECT g, SUM(w) AS s FROM a JOIN b ON a.k = b.k GROUP BY g",
	"SELECT * FROM (SELECT g, v, k, ROW_NUMBER() OVER (PARTITION BY g ORDER BY v DESC, k) AS r FROM a) WHERE r <= 2",
	"SELECT window_start, COUNT(*) AS n, SUM(v) AS s FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '10' MINUTE)) GROUP BY window_start, window_end",
	"SELECT window_start, MAX(v) AS m FROM TABLE(HOP(TABLE a, DESCRIPTOR(ts), INTERVAL '5' MINUTE, INTERVAL '10' MINUTE)) GROUP BY window_start, window_end",
	"SELECT DISTINCT g, v FROM a",
	"SELECT k FROM a UNION SELECT k FROM b",
	"SELECT k FROM a EXCEPT SELECT k FROM b",
	"SELECT g, AVG(n) AS m FROM (SELECT g, k, COUNT(*) AS n FROM a GROUP BY g, k) GROUP BY g",
}

// TestWhyIsExact: the rows that why names are those without which the row is not there, found
// by writing the files again without each row in turn, on random rows and queries.
func TestWhyIsExact(t *testing.T) {
	cases := 520
	if testing.Short() {
		cases = 60
	}
	s := project(t, map[string]string{"fixtures/f/a.csv": "k,g,v,ts\n", "fixtures/f/b.csv": "k,w\n"})
	rng := rand.New(rand.NewPCG(11, 12))
	explained, made := 0, 0
	for c := 0; explained < cases; c++ {
		a, b := []string{"k,g,v,ts"}, []string{"k,w"}
		for range 3 + rng.IntN(8) {
			a = append(a, fmt.Sprintf("%d,%d,%d,2026-01-01 10:%02d:00", rng.IntN(6), rng.IntN(3), rng.IntN(9)-2, rng.IntN(30)))
		}
		for range rng.IntN(5) {
			b = append(b, fmt.Sprintf("%d,%d", rng.IntN(6), rng.IntN(5)-1))
		}
		query := whyQueries[c%len(whyQueries)]
		src := diag.Source{Name: "q", Text: whyTables + query + ";"}
		o := WhyOptions{Mode: []Mode{Stream, Batch}[rng.IntN(2)]}
		ctx := context.Background()
		w, list, err := s.Why(ctx, src, fixtureOf(t, s, a, b), o)
		if err != nil || list.HasErrors() {
			t.Fatal(query, err, list)
		}
		if w.Row == "" {
			continue
		}
		explained++
		made += len(w.Inputs)
		got := map[string]bool{}
		for _, in := range w.Inputs {
			got[fmt.Sprintf("%s#%d", in.Table, in.Number)] = true
		}
		// The oracle: how often the row is there, with all rows and without each.
		times := func(a, b []string) (n int) {
			r, _, err := s.Rehearse(ctx, src, fixtureOf(t, s, a, b), o.Mode, nil)
			if err != nil {
				t.Fatal(err)
			}
			final, err := r.Captured["select-1"].Final()
			if err != nil {
				t.Fatal(err)
			}
			for i := range final.Len {
				if RowText(r.Plan.Outputs[0].Schema, final, i) == w.Row {
					n++
				}
			}
			return n
		}
		all := times(a, b)
		for i := 1; i < len(a); i++ {
			if name := fmt.Sprintf("a#%d", i); (times(slices.Delete(slices.Clone(a), i, i+1), b) != all) != got[name] {
				t.Errorf("%s, row %s, %s: why says %t\n%s", query, w.Row, name, got[name], strings.Join(append(a, b...), "\n"))
			}
		}
		for i := 1; i < len(b); i++ {
			if name := fmt.Sprintf("b#%d", i); (times(a, slices.Delete(slices.Clone(b), i, i+1)) != all) != got[name] {
				t.Errorf("%s, row %s, %s: why says %t\n%s", query, w.Row, name, got[name], strings.Join(append(a, b...), "\n"))
			}
		}
	}
	if made < cases {
		t.Errorf("%d rows explain %d rows: the cases are too simple", made, cases)
	}
}

// fixtureOf writes a fixture of its own and reads it.
func fixtureOf(t testing.TB, s *Session, a, b []string) *fixtures.Set {
	t.Helper()
	dir := filepath.Join(s.Project.Dir, "fixtures", "f")
	for name, lines := range map[string][]string{"a.csv": a, "b.csv": b} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	set, err := s.Fixture("f")
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestMissingNamesTheOperator: where a row went, and why.
func TestMissingNamesTheOperator(t *testing.T) {
	a := "k,g,v,ts\n1,1,5,2026-01-01 10:00:00\n2,1,7,2026-01-01 10:20:00\n3,2,1,2026-01-01 12:00:00\n2,2,9,2026-01-01 10:05:00\n7,1,8,2026-01-01 12:10:00\n"
	b := "k,w\n1,10\n9,90\n"
	s := project(t, map[string]string{"fixtures/f/a.csv": a, "fixtures/f/b.csv": b})
	set, err := s.Fixture("f")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		query, where string
		class        MissingWhy
		reason, hint string
	}{
		{"SELECT k, v FROM a WHERE v > 2 AND g = 1", "k = 3", MissingFilter, "v > 2 does not hold for", ""},
		{"SELECT k, v FROM a WHERE v > 0 AND g = 1", "k = 3", MissingFilter, "g = 1 does not hold for", ""},
		{"SELECT a.k, a.v, b.w FROM a JOIN b ON a.k = b.k", "v = 7", MissingMatch, "never gave a row with k = 2", "LEFT JOIN"},
		{"SELECT a.k, a.v, b.w FROM a JOIN b ON a.k = b.k", "w = 90", MissingMatch, "never gave a row with k = 9", "LEFT JOIN"},
		{"SELECT window_start, g, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '10' MINUTE)) GROUP BY window_start, window_end, g", "g = 2 AND window_start = TIMESTAMP '2026-01-01 10:00:00'", MissingLate,
			"#4 {", "INTERVAL"},
		{"SELECT * FROM (SELECT k, v, ROW_NUMBER() OVER (PARTITION BY g ORDER BY v DESC) AS r FROM a) WHERE r = 1", "v = 5", MissingTaken, "took them back", ""},
		{"SELECT k FROM a", "k = 77", MissingInput, "no table has a row", ""},
	} {
		w, list, err := s.Why(context.Background(), diag.Source{Name: "q", Text: whyTables + c.query + ";"}, set, WhyOptions{Where: c.where})
		if err != nil || list.HasErrors() {
			t.Error(c.query, err, list)
			continue
		}
		if w.Missing == nil || w.Missing.Class != c.class || !strings.Contains(w.Missing.Reason, c.reason) || !strings.Contains(w.Missing.Hint, c.hint) {
			t.Errorf("%s\n  without %s: %+v", c.query, c.where, w.Missing)
		}
	}
}
