package session

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weir-sql/weir/planner/diag"
)

// TestShrink: ten seeded bugs come down to the few rows that make them, which still fail when they are
// read again as the fixture that was written.
func TestShrink(t *testing.T) { shrinkBugs(t, 1500) }

// BenchmarkShrink does so in 10,000 rows each; -v prints the time of every bug.
func BenchmarkShrink(b *testing.B) {
	for b.Loop() {
		shrinkBugs(b, 10_000)
	}
}

func shrinkBugs(t testing.TB, rows int) {
	const tables = `
CREATE TABLE a (k INT, g INT, v INT, s STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'datagen');
CREATE TABLE b (k INT, w INT) WITH ('connector' = 'datagen');
`
	// generate gives rows in time order; spoil puts the bug into one of them.
	generate := func(spoil func(i int, v, s, ts *string)) string {
		rng := rand.New(rand.NewPCG(5, 6))
		var out strings.Builder
		out.WriteString("k,g,v,s,ts\n")
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for i := range rows {
			v, s, ts := fmt.Sprint(1+rng.IntN(50)), fmt.Sprint(rng.IntN(100)), start.Add(time.Duration(i)*time.Second).Format("2006-01-02 15:04:05")
			spoil(i, &v, &s, &ts)
			fmt.Fprintf(&out, "%d,%d,%s,%s,%s\n", i, rng.IntN(40), v, s, ts)
		}
		return out.String()
	}
	clean := func(int, *string, *string, *string) {}
	late := func(i int, _, _, ts *string) {
		if i == rows*2/3 {
			*ts = "2026-01-01 00:00:10"
		}
	}
	for _, bug := range []struct {
		name, query string
		spoil       func(i int, v, s, ts *string)
		o           ShrinkOptions
		most        int
	}{
		{"a text that is no number", "SELECT CAST(s AS INT) AS n FROM a", func(i int, _, s, _ *string) {
			if i == rows/2 {
				*s = "ten"
			}
		}, ShrinkOptions{}, 1},
		{"a division by zero", "SELECT 100 / (v - 51) AS q FROM a", func(i int, v, _, _ *string) {
			if i == rows-3 {
				*v = "51"
			}
		}, ShrinkOptions{Mode: Batch}, 1},
		{"a late row", "SELECT window_start, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end", late, ShrinkOptions{Parity: true}, 4},
		{"a late row of one key", "SELECT window_start, g, SUM(v) AS n FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '10' MINUTE)) GROUP BY window_start, window_end, g", late, ShrinkOptions{Parity: true}, 4},
		{"a negative total", "SELECT g, SUM(v) AS total FROM a GROUP BY g", func(i int, v, _, _ *string) {
			if i == rows/3 {
				*v = "-1000000"
			}
		}, ShrinkOptions{Assert: "SELECT * FROM select_1 WHERE total < 0"}, 1},
		{"a value twice", "SELECT k, v FROM a WHERE v = 50", clean, ShrinkOptions{Assert: "SELECT v, COUNT(*) FROM select_1 GROUP BY v HAVING COUNT(*) > 1"}, 2},
		{"an average out of range", "SELECT g, AVG(v) AS m FROM a GROUP BY g", func(i int, v, _, _ *string) {
			if i == 77 {
				*v = "100000000"
			}
		}, ShrinkOptions{Assert: "SELECT * FROM select_1 WHERE m > 1000"}, 1},
		{"a join that doubles", "SELECT a.k, b.w FROM a JOIN b ON a.k = b.k", clean, ShrinkOptions{Assert: "SELECT k FROM select_1 GROUP BY k HAVING COUNT(*) > 1"}, 3},
		{"an order without tie-break", "SELECT g, LAST_VALUE(s) AS l FROM (SELECT * FROM a WHERE g = 1) GROUP BY g", clean, ShrinkOptions{Assert: "SELECT * FROM select_1 WHERE g = 1"}, 1},
		{"three of a kind", "SELECT v, COUNT(*) AS n FROM a WHERE g = 7 GROUP BY v", clean, ShrinkOptions{Assert: "SELECT * FROM select_1 WHERE n >= 3"}, 3},
	} {
		s := project(t, map[string]string{"fixtures/f/a.csv": generate(bug.spoil), "fixtures/f/b.csv": "k,w\n5,1\n6,2\n5,3\n7,7\n"})
		set, err := s.Fixture("f")
		if err != nil {
			t.Fatal(err)
		}
		src := diag.Source{Name: "q", Text: tables + bug.query + ";"}
		began := time.Now()
		sh, err := s.Shrink(context.Background(), src, set, bug.o)
		if err != nil {
			t.Errorf("%s: %v", bug.name, err)
			continue
		}
		t.Logf("%s: %d of %d rows, %d runs, %v: %s", bug.name, sh.After, sh.Before, sh.Runs, time.Since(began).Round(time.Millisecond), sh.Fails)
		if sh.After > bug.most {
			t.Errorf("%s: %d rows are left, %d would do", bug.name, sh.After, bug.most)
		}
		if err := sh.Write(filepath.Join(s.Project.Dir, "fixtures", "small")); err != nil {
			t.Fatal(err)
		}
		small, err := s.Fixture("small")
		if err != nil {
			t.Fatal(bug.name, err)
		}
		again, err := s.Shrink(context.Background(), src, small, bug.o)
		if err != nil || again.After != sh.After {
			t.Errorf("%s: what was written does not fail as it did: %v", bug.name, err)
		}
	}
}
