package session_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/result"
)

// redisAddress is the real server of WEIR_TEST_REDIS (make test-redis), else miniredis.
func redisAddress(t *testing.T) string {
	if addr := os.Getenv("WEIR_TEST_REDIS"); addr != "" {
		return addr
	}
	return miniredis.RunT(t).Addr()
}

// rowsOf keeps the text of rows.
type rowsOf struct{ rows *[]string }

func (r rowsOf) Write(b *vec.Batch) error {
	for i := range b.Len {
		var cells []string
		for _, c := range b.Cols {
			cells = append(cells, vec.FormatValue(c, i))
		}
		*r.rows = append(*r.rows, strings.Join(cells, " "))
	}
	return nil
}
func (r rowsOf) Flush() error { return nil }
func (r rowsOf) Close() error { return nil }

// runSQL runs a script to its end and gives the rows of its SELECTs, sorted.
func runSQL(t *testing.T, dir, sql string, mode session.Mode) []string {
	t.Helper()
	s, err := session.Open(session.Options{Dir: dir, Config: map[string]string{"parallelism.default": "2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var rows []string
	if _, err := s.RunToEnd(t.Context(), diag.Source{Name: t.Name(), Text: sql}, mode, func(session.Output) (result.Writer, error) { return rowsOf{&rows}, nil }); err != nil {
		t.Fatal(err)
	}
	slices.Sort(rows)
	return rows
}

// A Redis table is filled, read as a whole, looked up by its key in every way there is,
// and by another column through an index table, kept in a set or in a file.
func TestRedisTables(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(dir+"/"+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("weir.yaml", "mode: stream\n")
	write("orders.csv", "1,7,ann@x\n2,8,bob@x\n3,9,\n4,7,eva@x\n5,,nobody@x\n6,8,ann@x\n")
	write("index.csv", "ann@x,7\nann@x,9\nbob@x,8\neva@x,99\n")
	prefix := "weirtest:" + t.Name() + ":"
	tables := fmt.Sprintf(`
CREATE TABLE orders (id BIGINT, user_id BIGINT, email STRING, pt AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 'orders.csv', 'format' = 'csv', 'csv.null-literal' = '');
CREATE TABLE file_index (email STRING, id BIGINT) WITH ('connector' = 'filesystem', 'path' = 'index.csv', 'format' = 'csv');
CREATE TABLE users (id BIGINT, name STRING, age INT, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'redis', 'address' = '%[1]s', 'key.prefix' = '%[2]susers:', %%s 'password' = '');
CREATE TABLE by_email (email STRING, id BIGINT) WITH ('connector' = 'redis', 'address' = '%[1]s', 'key.prefix' = '%[2]semail:', 'data-type' = 'set', 'key.fields' = 'email');
`, redisAddress(t), prefix)
	fill := fmt.Sprintf(tables, "") + `
INSERT INTO users VALUES (7, 'Ann', 41), (8, 'Bob', CAST(NULL AS INT)), (9, 'Cy', 3);
INSERT INTO by_email SELECT email, id FROM file_index;`
	for _, mode := range []session.Mode{session.Stream, session.Batch} {
		runSQL(t, dir, fill, mode)
		if got, want := runSQL(t, dir, fmt.Sprintf(tables, "")+"SELECT * FROM users", mode), []string{"7 Ann 41", "8 Bob NULL", "9 Cy 3"}; !slices.Equal(got, want) {
			t.Errorf("%s: the table holds %q", mode, got)
		}
		for _, options := range []string{"", "'lookup.cache' = 'FULL',", "'lookup.cache' = 'PARTIAL', 'lookup.partial-cache.max-rows' = '1',",
			"'lookup.async' = 'true',", "'lookup.async' = 'true', 'lookup.async.batch.size' = '2', 'lookup.async.batch.linger' = '3 ms', 'lookup.hash.enable' = 'true',"} {
			byKey := fmt.Sprintf(tables, options) + `SELECT o.id, u.name FROM orders o LEFT JOIN users FOR SYSTEM_TIME AS OF o.pt AS u ON o.user_id = u.id AND u.age > 5`
			if got, want := runSQL(t, dir, byKey, mode), []string{"1 Ann", "2 NULL", "3 NULL", "4 Ann", "5 NULL", "6 NULL"}; !slices.Equal(got, want) {
				t.Errorf("%s %s: by key %q", mode, options, got)
			}
			for _, index := range []string{"by_email", "file_index"} {
				byEmail := fmt.Sprintf(tables, options+"'lookup.index.table' = '"+index+"',") +
					strings.Replace(`SELECT o.id, u.id, u.name FROM orders o JOIN dim FOR SYSTEM_TIME AS OF o.pt AS u ON o.email = u.email`, "dim", "people", 1)
				byEmail = strings.Replace(byEmail, "CREATE TABLE users (id BIGINT, name STRING, age INT,", "CREATE TABLE people (id BIGINT, name STRING, age INT, email STRING,", 1)
				if got, want := runSQL(t, dir, byEmail, mode), []string{"1 7 Ann", "1 9 Cy", "2 8 Bob", "6 7 Ann", "6 9 Cy"}; !slices.Equal(got, want) {
					t.Errorf("%s %s: by email through %s %q, want %q", mode, options, index, got, want)
				}
			}
		}
	}
}

// A table in a file is looked up through an index table, in a file too, if it names one
// and the join does not give its key; without, it is indexed by the joined column itself.
func TestFileIndex(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"weir.yaml": "mode: stream\n", "orders.csv": "1,ann@x\n2,bob@x\n3,none@x\n", "index.csv": "ann@x,7\nann@x,9\nbob@x,8\nbob@x,77\n",
		"users.csv": "7,old@x,Ann\n8,bob@x,Bob\n9,,Cy\n"} {
		if err := os.WriteFile(dir+"/"+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sql := `
CREATE TABLE orders (id BIGINT, email STRING, pt AS PROCTIME()) WITH ('connector' = 'filesystem', 'path' = 'orders.csv', 'format' = 'csv');
CREATE TABLE by_email (email STRING, id BIGINT) WITH ('connector' = 'filesystem', 'path' = 'index.csv', 'format' = 'csv');
CREATE TABLE users (id BIGINT, email STRING, name STRING, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = 'users.csv', 'format' = 'csv' %s);
SELECT o.id, u.id, u.name FROM orders o JOIN users FOR SYSTEM_TIME AS OF o.pt AS u ON o.email = u.email`
	for _, mode := range []session.Mode{session.Stream, session.Batch} {
		if got, want := runSQL(t, dir, fmt.Sprintf(sql, ", 'lookup.index.table' = 'by_email'"), mode), []string{"1 7 Ann", "1 9 Cy", "2 8 Bob"}; !slices.Equal(got, want) {
			t.Errorf("%s: through the index %q, want %q", mode, got, want)
		}
		if got, want := runSQL(t, dir, fmt.Sprintf(sql, ""), mode), []string{"2 8 Bob"}; !slices.Equal(got, want) {
			t.Errorf("%s: without it %q, want %q", mode, got, want)
		}
	}
}

// A stream that is suspended again and again while look-ups are under way, in order and
// not, and goes on from its savepoint: every row comes out once, with its match.
func TestLookupSurvivesSuspension(t *testing.T) {
	const rows = 60_000
	for _, mode := range []string{"ORDERED", "ALLOW_UNORDERED"} {
		dir := t.TempDir()
		if err := os.WriteFile(dir+"/weir.yaml", []byte("mode: stream\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		sql := fmt.Sprintf(`
SET 'table.exec.async-lookup.output-mode' = '%s';
CREATE TABLE numbers (id BIGINT, ts AS TO_TIMESTAMP_LTZ(id, 3), pt AS PROCTIME(), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen', 'rows-per-second' = '40000',
  'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '%d', 'scan.parallelism' = '1');
CREATE TABLE dim (k BIGINT, name STRING, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'simulated', 'rows' = '100', 'round-trip' = '30 ms',
  'lookup.async' = 'true', 'lookup.async.batch.size' = '7', 'lookup.hash.enable' = 'true');
CREATE TABLE joined (id BIGINT, name STRING) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv');
INSERT INTO joined SELECT n.id, d.name FROM numbers n JOIN dim FOR SYSTEM_TIME AS OF n.pt AS d ON MOD(n.id, 100) = d.k;`, mode, rows-1)
		var from *session.Savepoint
		suspended := 0
		for end := false; !end; {
			s, err := session.Open(session.Options{Dir: dir, Config: map[string]string{"parallelism.default": "2"}})
			if err != nil {
				t.Fatal(err)
			}
			p, list := s.Plan(diag.Source{Name: "job.sql", Text: sql}, session.Stream)
			if err := list.Err(); err != nil {
				t.Fatal(err)
			}
			keep := session.Keeping{From: from}
			if suspended < 3 {
				keep.Savepoint = fmt.Sprintf("%s/sp%d", dir, suspended)
			}
			r, err := s.Run(t.Context(), p, session.RunOptions{Limit: -1, Keep: keep})
			if err != nil {
				t.Fatal(err)
			}
			if end = keep.Savepoint == ""; !end {
				time.Sleep(150 * time.Millisecond)
				r.Suspend()
			}
			if err := errors.Join(r.Wait(), s.Close()); err != nil {
				t.Fatal(err)
			}
			if !end {
				suspended++
				if from, err = session.OpenSavepoint(keep.Savepoint); err != nil {
					t.Fatal(err)
				}
			}
		}
		seen := make([]int, rows)
		parts, err := filepath.Glob(dir + "/out/part-*")
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range parts {
			text, err := os.ReadFile(part)
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(text)) {
				var id, k int
				if _, err := fmt.Sscanf(strings.NewReplacer(",", " ", `"`, "").Replace(line), "%d name %d", &id, &k); err != nil || k != id%100 {
					t.Fatalf("line %q: %v", line, err)
				}
				seen[id]++
			}
		}
		lost, twice := 0, 0
		for _, n := range seen {
			if n == 0 {
				lost++
			} else if n > 1 {
				twice++
			}
		}
		if lost > 0 || twice > 0 || len(parts) < 3 {
			t.Errorf("%s: of %d rows %d are missing and %d are there more than once, in %d files", mode, rows, lost, twice, len(parts))
		}
	}
}
