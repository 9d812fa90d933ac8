package session

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weir-sql/weir/planner/diag"
)

// partitioned is a project with a table of 1,000 daily partitions, two files of two rows each, and a table of some days.
func partitioned(t testing.TB, format string) *Session {
	t.Helper()
	s := withVariables(t, "", "bizdate=2025-06-07")
	first := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 1000 {
		day := first.AddDate(0, 0, i).Format("2006-01-02")
		dir := filepath.Join(s.Project.Dir, "orders", "dt="+day)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for f := range 2 {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("part-%d.%s", f, format)), fmt.Appendf(nil, "%d,a\n%d,b\n", 10*i+2*f, 10*i+2*f+1), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(s.Project.Dir, "days.csv"), []byte("2025-01-01,new year\n2025-12-24,eve\n2031-01-01,far\n,none\n2025-06-07,day\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

const partitionedTables = "CREATE TABLE orders (id INT, kind STRING, dt DATE) PARTITIONED BY (dt) WITH ('connector' = 'filesystem', 'path' = 'orders', 'format' = 'csv');\n" +
	"CREATE TABLE days (d DATE, name STRING) WITH ('connector' = 'filesystem', 'path' = 'days.csv', 'format' = 'csv', 'csv.null-literal' = '');\n"

// TestPartitionsAreOpenedOnlyIfTheyAreRead counts the files that runs open: those of a day that a predicate, an option or a
// join names, and no other.
func TestPartitionsAreOpenedOnlyIfTheyAreRead(t *testing.T) {
	s := partitioned(t, "csv")
	var mu sync.Mutex
	var opened []string
	s.openedFile = func(path string) {
		mu.Lock()
		defer mu.Unlock()
		opened = append(opened, path)
	}
	for _, c := range []struct {
		name, sql string
		rows      int    // of the result
		partition string // of orders that are opened, sorted; "*" = all
		shown     string // by weir plan
	}{
		{"a day", "SELECT id FROM orders WHERE dt = DATE '2025-06-07'", 4, "2025-06-07", "orders  1 of 1,000"},
		{"a variable", "SELECT id FROM orders WHERE dt = ${bizdate}", 4, "2025-06-07", "orders  1 of 1,000"},
		{"a range", "SELECT id FROM orders WHERE dt BETWEEN ${bizdate - 1d} AND ${bizdate} AND kind = 'a'", 4, "2025-06-06 2025-06-07", "orders  2 of 1,000"},
		{"a list", "SELECT id FROM orders WHERE dt IN (${bizdate}, DATE '2025-01-01', DATE '2031-01-01')", 8, "2025-01-01 2025-06-07", "orders  2 of 1,000"},
		{"a static partition", "SELECT id FROM orders /*+ OPTIONS('scan.partitions' = 'dt=${bizdate};dt=2025-06-01') */", 8, "2025-06-01 2025-06-07", "orders  2 of 1,000"},
		{"none", "SELECT id FROM orders WHERE dt = DATE '2031-01-01'", 0, "", "orders  0 of 1,000"},
		{"a join", "SELECT o.id, d.name FROM orders AS o JOIN days AS d ON o.dt = d.d", 12, "2025-01-01 2025-06-07 2025-12-24", "of those the ones that days has"},
		{"a join, the other way round", "SELECT o.id FROM (SELECT * FROM days WHERE name <> 'eve') AS d JOIN orders AS o ON o.dt = d.d", 8, "2025-01-01 2025-06-07", "days has"},
		{"a join and a predicate", "SELECT o.id FROM orders AS o JOIN days AS d ON o.dt = d.d AND d.name = 'day' WHERE o.dt > DATE '2025-01-01'", 4, "2025-06-07", "orders  633 of 1,000"},
		{"a semi join", "SELECT id FROM orders WHERE dt IN (SELECT d FROM days)", 12, "2025-01-01 2025-06-07 2025-12-24", "days has"},
		{"a left join to it", "SELECT d.name, o.id FROM days AS d LEFT JOIN orders AS o ON o.dt = d.d", 14, "2025-01-01 2025-06-07 2025-12-24", "days has"},
		{"an empty side", "SELECT o.id FROM orders AS o JOIN days AS d ON o.dt = d.d AND d.name = 'x'", 0, "", "days has"},
		{"two joins", "SELECT o.id FROM orders AS o JOIN days AS d ON o.dt = d.d JOIN days AS e ON e.d = o.dt AND e.name = 'day'", 4, "", ""},
		{"with itself", "SELECT a.id FROM orders AS a JOIN orders AS b ON a.dt = b.dt AND b.dt = ${bizdate} AND b.id = a.id", 4, "2025-06-07", ""},
		{"a left join from it", "SELECT o.id FROM orders AS o LEFT JOIN days AS d ON o.dt = d.d WHERE o.dt < DATE '2024-01-04'", 12, "2024-01-01 2024-01-02 2024-01-03", "orders  3 of 1,000"},
	} {
		src := diag.Source{Name: "q.sql", Text: partitionedTables + c.sql}
		p, list := s.Plan(src, Batch)
		if p == nil {
			t.Fatalf("%s: %v", c.name, list)
		}
		opened = nil
		counts, err := s.Partitions(context.Background(), p)
		if err != nil || len(opened) > 0 {
			t.Fatalf("%s: counting opens %v: %v", c.name, opened, err)
		}
		shown := fmt.Sprint(counts)
		if !strings.Contains(shown, c.shown) {
			t.Errorf("%s: the plan shows %s, want %s", c.name, shown, c.shown)
		}
		rows, _ := rowsOf(t, s, src.Text)
		n := 0
		if rows != "" {
			n = strings.Count(rows, "\n") + 1
		}
		if n != c.rows {
			t.Errorf("%s: %d rows, want %d", c.name, n, c.rows)
		}
		partitions := map[string]int{}
		for _, path := range opened {
			if dir := filepath.Base(filepath.Dir(path)); strings.HasPrefix(dir, "dt=") {
				partitions[dir[3:]]++
			}
		}
		var got []string
		for d, files := range partitions {
			got = append(got, d)
			if files > 4 || c.name != "with itself" && files != 2 {
				t.Errorf("%s: %d files of %s are opened, there are 2", c.name, files, d)
			}
		}
		sort.Strings(got)
		if c.name == "two joins" {
			if len(got) > 3 {
				t.Errorf("%s opens %d partitions", c.name, len(got))
			}
		} else if strings.Join(got, " ") != c.partition {
			t.Errorf("%s opens %d partitions: %v, want %s", c.name, len(got), got, c.partition)
		}
	}
	// The run tells what it read of all, which a join decides only then.
	for sql, want := range map[string]string{
		"SELECT o.id FROM orders AS o JOIN days AS d ON o.dt = d.d":      "orders 3 of 1,000 partitions",
		"SELECT id FROM orders WHERE dt = ${bizdate}":                    "orders 1 of 1,000 partitions",
		"SELECT o.id FROM orders AS o LEFT JOIN days AS d ON o.dt = d.d": "orders 1,000 of 1,000 partitions",
	} {
		p, list := s.Plan(diag.Source{Name: "q.sql", Text: partitionedTables + sql}, Batch)
		if p == nil {
			t.Fatal(list)
		}
		r, err := s.Run(context.Background(), p, RunOptions{Limit: -1})
		if err == nil {
			err = r.Wait()
		}
		if err != nil || !strings.Contains(r.Summary(), want) {
			t.Errorf("%s: the run says %q, want %q: %v", sql, r.Summary(), want, err)
		}
	}
	// The same joins give the same as a stream, where nothing waits.
	p, list := s.Plan(diag.Source{Name: "q.sql", Text: partitionedTables + "SELECT o.id FROM orders AS o JOIN days AS d ON o.dt = d.d AND d.name = 'day'"}, Stream)
	if p == nil {
		t.Fatal(list)
	}
	r, err := s.Run(context.Background(), p, RunOptions{Limit: -1})
	if err == nil {
		err = r.Wait()
	}
	if err != nil || r.Progress().RowsWritten != 4 {
		t.Errorf("as a stream: %d rows, %v", r.Progress().RowsWritten, err)
	}
}

// TestStaticPartitionsAreChecked: a partition of an option must be one of the table's.
func TestStaticPartitionsAreChecked(t *testing.T) {
	s := partitioned(t, "csv")
	for option, says := range map[string]string{"dtt=1": `did you mean "dt"?`, "2025-06-07": "write it like"} {
		p, list := s.Plan(diag.Source{Text: partitionedTables + "SELECT id FROM orders /*+ OPTIONS('scan.partitions' = '" + option + "') */"}, Batch)
		if p == nil {
			t.Fatal(list)
		}
		if _, err := s.Partitions(context.Background(), p); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", option, err)
		}
	}
}
