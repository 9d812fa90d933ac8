package session

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/diag"
)

// project makes a project of files, with a weir.yaml that says nothing unless they have one, and opens it.
func project(t testing.TB, files map[string]string) *Session {
	t.Helper()
	dir := t.TempDir()
	if files["weir.yaml"] == "" {
		files["weir.yaml"] = "name: test\n"
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(Options{Dir: dir, Config: map[string]string{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// failures runs all tests of a project and prints what fails.
func failures(t testing.TB, s *Session) map[string][]*Failure {
	t.Helper()
	tests, err := s.Tests(nil)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]*Failure{}
	for _, test := range tests {
		for _, m := range []Mode{Stream, Batch} {
			out[test.Name+" "+string(m)] = s.Test(context.Background(), test, m).Failures
		}
	}
	return out
}

const clicksTable = "CREATE TABLE clicks (id INT, page STRING, n DECIMAL(6, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)\n" +
	"    WITH ('connector' = 'kafka', 'topic' = 'clicks', 'properties.bootstrap.servers' = 'unreachable:1', 'format' = 'json');\n"

// TestFailuresAreNamed: each way in which a test can be wrong is told by its class.
func TestFailuresAreNamed(t *testing.T) {
	head := "sql: |\n  " + strings.ReplaceAll(strings.TrimSpace(clicksTable), "\n", "\n  ") + "\n"
	cases := []struct{ name, class, says, fixture, test string }{
		{"rows", ClassRows, "1 difference of select-1", "", "  SELECT id, page FROM clicks;\nexpect: {select-1: [{id: 2, page: home}]}\n"},
		{"column", ClassColumn, `"page" STRING of output select-1`, "", "  SELECT id, page FROM clicks;\nexpect: {select-1: [{id: 1}]}\n"},
		{"stranger", ClassColumn, `no column "pge"`, "", "  SELECT page FROM clicks;\nexpect: {select-1: [{page: home, pge: home}]}\n"},
		{"type", ClassType, `column "id" of output select-1 is INT, the row has "one"`, "", "  SELECT id FROM clicks;\nexpect: {select-1: [{id: one}]}\n"},
		{"digits", ClassType, "more digits than it holds", "", "  SELECT n FROM clicks;\nexpect: {select-1: [{n: 1.005}]}\n"},
		{"empty", ClassEmpty, "gave no row, 1 row expected", "", "  SELECT id FROM clicks WHERE id > 9;\nexpect: {select-1: [{id: 1}]}\n"},
		{"output", ClassOutput, `"sink"`, "", "  SELECT id FROM clicks;\nexpect: {sink: []}\n"},
		{"input", ClassInput, `reads table "other"`, "", "  CREATE TABLE other (a INT) WITH ('connector' = 'datagen');\n  SELECT a FROM other;\nexpect: {select-1: []}\n"},
		{"assert", ClassAssertion, "the query gives 1 row", "", "  SELECT id FROM clicks;\nassert: SELECT * FROM select_1 WHERE id = 1\n"},
		{"sql", ClassSQL, `column "idd" not found`, "", "  SELECT idd FROM clicks;\nexpect: {select-1: []}\n"},
		{"changelog", ClassChangelog, "", "", "  SELECT COUNT(*) AS n FROM clicks;\nexpect: {select-1: {changelog: [{op: +U, n: 1}]}}\n"},
		{"fixture type", ClassType, `column "id" of table "clicks" is INT, the row has "x"`, `{"id": "x"}`, "  SELECT id FROM clicks;\nexpect: {select-1: []}\n"},
		{"kind", ClassFixture, `table "clicks" gives +I rows only, not -D`, `{"op":"-D","row":{"id":1,"ts":"2026-01-01 00:00:00"}}`, "  SELECT id FROM clicks;\nexpect: {select-1: []}\n"},
	}
	for _, c := range cases {
		rows := c.fixture
		if rows == "" {
			rows = `{"id":1,"page":"home","n":1.5,"ts":"2026-01-01 10:00:00"}`
		}
		s := project(t, map[string]string{"fixtures/f/clicks.jsonl": rows + "\n", "fixtures/f/test.yaml": head + c.test})
		got := failures(t, s)["f stream"]
		if len(got) != 1 || got[0].Class != c.class || !strings.Contains(got[0].Primary, c.says) {
			t.Errorf("%s: want %s %q", c.name, c.class, c.says)
			for _, f := range got {
				t.Errorf("   got %s: %s", f.Class, f.Primary)
			}
		}
	}
}

// TestRehearsalIsDeterministic: two sources and a join, run many times, give one changelog.
func TestRehearsalIsDeterministic(t *testing.T) {
	var left, right strings.Builder
	left.WriteString("op,id,page\n")
	right.WriteString("op,id,name\n")
	for i := range 12 {
		fmt.Fprintf(&left, "+I,%d,p%d\n", i%4, i)
		fmt.Fprintf(&right, "+I,%d,n%d\n", i%4, i)
	}
	s := project(t, map[string]string{"fixtures/f/l.csv": left.String(), "fixtures/f/r.csv": right.String(),
		"fixtures/f/fixture.yaml": "tables: {l: l.csv, r: r.csv}\ntimeline:\n  - rows: l 3\n  - rows: r 7\n  - rows: l 4\n"})
	src := diag.Source{Name: "q", Text: `
		CREATE TABLE l (id INT, page STRING) WITH ('connector' = 'datagen');
		CREATE TABLE r (id INT, name STRING) WITH ('connector' = 'datagen');
		SELECT l.id, COUNT(*) AS n, MAX(r.name) AS name FROM l LEFT JOIN r ON l.id = r.id GROUP BY l.id;`}
	set, err := s.Fixture("f")
	if err != nil {
		t.Fatal(err)
	}
	first := ""
	for i := range 20 {
		r, list, err := s.Rehearse(context.Background(), src, set, Stream, nil)
		if err != nil || list.HasErrors() {
			t.Fatal(err, list)
		}
		b, text := r.Captured["select-1"].Batch(), ""
		for k := range b.Len {
			text += b.Kind(k).String() + RowText(r.Plan.Outputs[0].Schema, b, k) + "\n"
		}
		if i == 0 {
			first = text
			if strings.Count(text, "\n") < 20 {
				t.Fatalf("too few changes:\n%s", text)
			}
		}
		if text != first {
			t.Fatalf("run %d gives\n%s\nthe first gave\n%s", i, text, first)
		}
	}
}

// TestSQLRows: rows written as VALUES.
func TestSQLRows(t *testing.T) {
	s := project(t, map[string]string{
		"fixtures/f/clicks.sql": "VALUES (1, 'home', 1.5, TIMESTAMP '2026-01-01 10:00:00'), (2, CAST(NULL AS STRING), 2, TIMESTAMP '2026-01-01 10:00:01')",
		"fixtures/f/test.yaml": "sql: |\n  " + strings.ReplaceAll(strings.TrimSpace(clicksTable), "\n", "\n  ") +
			"\n  SELECT id, page, n FROM clicks;\nexpect:\n  select-1: [{id: 1, page: home, n: 1.50}, {id: 2, page: null, n: 2}]\n"})
	for name, fs := range failures(t, s) {
		for _, f := range fs {
			t.Errorf("%s: %s: %s %v", name, f.Class, f.Primary, f.Details)
		}
	}
}

// TestParityNamesTheReason: scripts that differ on purpose.
func TestParityNamesTheReason(t *testing.T) {
	const rows = "id,page,n,ts\n1,home,1,2026-01-01 10:00:00\n2,item,1,2026-01-01 10:20:00\n3,home,2,2026-01-01 10:00:01\n4,cart,2,2026-01-01 10:20:01\n"
	for _, c := range []struct {
		name, query string
		class       ParityClass
		says        string
	}{
		{"late", "SELECT window_start, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' MINUTES)) GROUP BY window_start, window_end",
			LateData, `clicks#3 {"ts":"2026-01-01 10:00:01.000"} came 19m54s behind the watermark`},
		{"random", "SELECT id, UUID() AS u FROM clicks", NonDeterministic, "UUID"},
		{"equal", "SELECT page, COUNT(*) AS c FROM clicks GROUP BY page", "", ""},
	} {
		s := project(t, map[string]string{"fixtures/f/clicks.csv": rows})
		set, err := s.Fixture("f")
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.Parity(context.Background(), diag.Source{Name: "q", Text: clicksTable + c.query}, set)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		switch {
		case c.class == "" && !p.Equal():
			t.Errorf("%s: differs: %+v", c.name, p.First)
		case c.class == "":
		case p.First == nil:
			t.Errorf("%s: no operator is named", c.name)
		case p.First.Class != c.class || !strings.Contains(p.First.Reason, c.says):
			t.Errorf("%s: %s: %s; want %s: %s", c.name, p.First.Class, p.First.Reason, c.class, c.says)
		}
	}
}

// TestDemoTests: what the demo project promises. Besides, the time of a hundred tests is told.
func TestDemoTests(t *testing.T) {
	dir := t.TempDir()
	if _, err := fixtures.WriteShop(dir); err != nil {
		t.Fatal(err)
	}
	s, err := Open(Options{Dir: dir, Config: map[string]string{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	tests, err := s.Tests(nil)
	if err != nil {
		t.Fatal(err)
	}
	both, runs, began := 0, 0, time.Now()
	for _, test := range tests {
		modes, err := ParseModes(test.Mode)
		if err != nil {
			t.Fatal(err)
		}
		if len(modes) == 2 {
			both++
		}
		for _, m := range modes {
			runs++
			for _, f := range s.Test(context.Background(), test, m).Failures {
				t.Errorf("%s as a %s: %s: %s %v", test.Name, m, f.Class, f.Primary, f.Details)
			}
		}
	}
	if both < 12 {
		t.Errorf("%d tests run in both modes, want at least 12", both)
	}
	t.Logf("%d runs in %v", runs, time.Since(began))
}

// BenchmarkHundredTests runs one small test a hundred times in both modes: the budget is 2 s.
func BenchmarkHundredTests(b *testing.B) {
	s := project(b, map[string]string{
		"fixtures/f/clicks.csv": "id,page,n,ts\n1,home,1,2026-01-01 10:00:00\n2,item,1,2026-01-01 10:20:00\n",
		"fixtures/f/test.yaml": "sql: |\n  " + strings.ReplaceAll(strings.TrimSpace(clicksTable), "\n", "\n  ") +
			"\n  SELECT page, COUNT(*) AS c FROM clicks GROUP BY page;\nexpect:\n  select-1: [{page: home, c: 1}, {page: item, c: 1}]\n"})
	tests, err := s.Tests(nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for range 100 {
			for _, m := range []Mode{Stream, Batch} {
				if f := s.Test(context.Background(), tests[0], m).Failures; len(f) > 0 {
					b.Fatal(f[0].Primary)
				}
			}
		}
	}
}
