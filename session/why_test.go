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
CREATE TABLE u (k INT, w INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 'u', 'properties.bootstrap.servers' = 'unreachable:1',
  'key.format' = 'json', 'value.format' = 'json');
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
	"SELECT window_start, g, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '10' MINUTE)) GROUP BY window_start, window_end, g",
	"SELECT g, COUNT(*) AS n, MAX(v) AS m FROM TABLE(CUMULATE(TABLE a, DESCRIPTOR(ts), INTERVAL '5' MINUTE, INTERVAL '15' MINUTE)) GROUP BY window_start, window_end, g",
	"SELECT g, COUNT(*) AS n FROM TABLE(SESSION(TABLE a PARTITION BY g, DESCRIPTOR(ts), INTERVAL '4' MINUTE)) GROUP BY window_start, window_end, g",
	"SELECT x.k, x.v, y.v AS o FROM a AS x JOIN a AS y ON x.g = y.g AND x.ts BETWEEN y.ts - INTERVAL '5' MINUTE AND y.ts + INTERVAL '2' MINUTE",
	"SELECT k, SUM(v) OVER (PARTITION BY g ORDER BY ts) AS s FROM a",
	"SELECT a.k, COALESCE(b.w, 0) AS w FROM a LEFT JOIN b ON a.k = b.k",
	"SELECT a.k, a.v, b.k AS bk, b.w FROM a FULL JOIN b ON a.k = b.k",
	"SELECT a.v + 1 AS v, b.w FROM b RIGHT JOIN a ON a.k = b.k WHERE a.v > 0",
	"SELECT g, k, COUNT(*) AS n FROM a GROUP BY GROUPING SETS ((g), (k), ())",
	"SELECT COUNT(*) AS n, MAX(v) AS m FROM a WHERE v > 0",
	"SELECT k, w FROM u WHERE w > 0",
	"SELECT a.g, u.w FROM a JOIN u ON a.k = u.k",
	"SELECT w, COUNT(*) AS n FROM u GROUP BY w",
	"SELECT g, v FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY g ORDER BY ts DESC) AS r FROM a) WHERE r = 1",
	"SELECT * FROM (SELECT g, n, ROW_NUMBER() OVER (ORDER BY n DESC, g) AS r FROM (SELECT g, COUNT(*) AS n FROM a GROUP BY g)) WHERE r <= 2",
	"SELECT window_start, g, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY n DESC) AS r FROM (SELECT window_start, window_end, g, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '10' MINUTE)) GROUP BY window_start, window_end, g)) WHERE r = 1",
	"SELECT v AS v FROM a UNION ALL SELECT w FROM b",
}

// TestWhyIsExact: the rows that why names are those without which the row is not there, found
// by writing the files again without each row in turn, on random rows and queries.
func TestWhyIsExact(t *testing.T) {
	cases := 660
	if testing.Short() {
		cases = 100
	}
	s := project(t, map[string]string{"fixtures/f/a.csv": "k,g,v,ts\n", "fixtures/f/b.csv": "k,w\n", "fixtures/f/u.csv": "op,k,w\n"})
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
		u := []string{"op,k,w"}
		for range rng.IntN(6) {
			u = append(u, fmt.Sprintf("%s,%d,%d", []string{"+U", "+U", "-D"}[rng.IntN(3)], rng.IntN(4), rng.IntN(4)))
		}
		query := whyQueries[c%len(whyQueries)]
		tables := whyTables
		if rng.IntN(2) == 0 { // a third of the rows is late then
			tables = strings.Replace(tables, "INTERVAL '1' HOUR", "INTERVAL '3' MINUTE", 1)
		}
		src := diag.Source{Name: "q", Text: tables + query + ";"}
		o := WhyOptions{Mode: []Mode{Stream, Batch}[rng.IntN(2)]}
		ctx := context.Background()
		w, list, err := s.Why(ctx, src, fixtureOf(t, s, a, b, u), o)
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
		times := func(a, b, u []string) (n int) {
			r, _, err := s.Rehearse(ctx, src, fixtureOf(t, s, a, b, u), o.Mode, nil)
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
		all := times(a, b, u)
		for table, rows := range [][]string{a, b, u} {
			for i := 1; i < len(rows); i++ {
				files := [][]string{a, b, u}
				files[table] = slices.Delete(slices.Clone(rows), i, i+1)
				name := fmt.Sprintf("%c#%d", "abu"[table], i)
				if (times(files[0], files[1], files[2]) != all) != got[name] {
					t.Errorf("%s %s, row %s, %s: why says %t\n%s", o.Mode, src.Text, w.Row, name, got[name], strings.Join(slices.Concat(a, b, u), "\n"))
				}
			}
		}
	}
	if made < cases {
		t.Errorf("%d rows explain %d rows: the cases are too simple", made, cases)
	}
}

// TestWhyAmongManyRows: where the plan keeps rows apart by a key, a row of 12,000 is explained
// exactly, by the rows of its key alone; also where late rows are dropped.
func TestWhyAmongManyRows(t *testing.T) {
	const n = 12_000
	s := project(t, map[string]string{"fixtures/f/a.csv": "k,g,v,ts\n", "fixtures/f/b.csv": "k,w\n", "fixtures/f/u.csv": "op,k,w\n"})
	a := []string{"k,g,v,ts"}
	for i := range n {
		at := i
		if i%4000 == 3999 {
			at = i - 3000 // 50 minutes late
		}
		a = append(a, fmt.Sprintf("%d,%d,%d,2026-01-01 %02d:%02d:%02d", i, i%240, i%7+1, at/3600, at/60%60, at%60))
	}
	b := []string{"k,w", "17,1", "17,2", "5,3"}
	set := fixtureOf(t, s, a, b, []string{"op,k,w"})
	tables := strings.Replace(whyTables, "INTERVAL '1' HOUR", "INTERVAL '3' MINUTE", 1)
	for _, c := range []struct {
		query, where string
		made         func(i int) bool // of table a
		others       int              // of table b
		runs         int
	}{
		{"SELECT g, COUNT(*) AS n, SUM(v) AS s FROM a GROUP BY g", "g = 17", func(i int) bool { return i%240 == 17 }, 0, 60},
		{"SELECT a.k, v, w FROM a JOIN b ON a.k = b.k", "w = 2", func(i int) bool { return i == 17 }, 1, 5},
		{"SELECT window_start, g, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '20' MINUTE)) GROUP BY window_start, window_end, g",
			"g = 3 AND window_start = TIMESTAMP '2026-01-01 01:00:00'", func(i int) bool { return i%240 == 3 && i/1200 == 3 }, 0, 20},
	} {
		w, list, err := s.Why(context.Background(), diag.Source{Name: "q", Text: tables + c.query + ";"}, set, WhyOptions{Where: c.where})
		if err != nil || list.HasErrors() {
			t.Error(c.query, err, list)
			continue
		}
		got, others := map[int]bool{}, 0
		for _, in := range w.Inputs {
			if in.Table == "a" {
				got[in.Number-1] = true
			} else {
				others++
			}
		}
		for i := range n {
			if c.made(i) != got[i] {
				t.Errorf("%s: why says %t of row %d of a", c.query, got[i], i+1)
			}
		}
		if w.Halved || others != c.others || w.Runs > c.runs {
			t.Errorf("%s: halved %t, %d rows of b, %d runs", c.query, w.Halved, others, w.Runs)
		}
	}
}

// fixtureOf writes a fixture of its own and reads it.
func fixtureOf(t testing.TB, s *Session, a, b, u []string) *fixtures.Set {
	t.Helper()
	dir := filepath.Join(s.Project.Dir, "fixtures", "f")
	for name, lines := range map[string][]string{"a.csv": a, "b.csv": b, "u.csv": u} {
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
