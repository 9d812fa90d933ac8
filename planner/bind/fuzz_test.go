package bind_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzScript binds whatever parses: there is no panic, and what is bound without an error
// holds together (see checkTree).
func FuzzScript(f *testing.F) {
	files, err := filepath.Glob("testdata/flink/*.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	var setup []string
	for _, file := range files {
		lines := readRecordings(f, file)
		if filepath.Base(file) == "queries.jsonl" {
			setup = lines[0].Setup
		}
		for _, r := range lines[1:] {
			f.Add(r.Query)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		env := newEnv()
		for _, s := range setup {
			if _, list := bindText(env, s); list.HasErrors() {
				t.Fatal(list)
			}
		}
		bound, list := bindText(env, text)
		if list.HasErrors() {
			return
		}
		checkBound(t, bound)
	})
}

// TestCompositions puts every recorded query into every place where a query can stand:
// whatever comes of it, there is no panic and the trees hold together.
func TestCompositions(t *testing.T) {
	places := []string{
		"SELECT * FROM (%s) AS q_", "SELECT COUNT(*) FROM (%s) AS q_", "WITH w_ AS (%s) SELECT * FROM w_ AS a_, w_ AS b_",
		"SELECT * FROM u WHERE EXISTS (%s)", "SELECT * FROM u WHERE NOT EXISTS (%s) OR id = 1", "SELECT * FROM u WHERE id IN (%s)",
		"SELECT * FROM u WHERE id NOT IN (%s)", "SELECT id > ALL (%s) FROM u", "SELECT id IN (%s) FROM u", "SELECT (%s) FROM u",
		"SELECT SUM(id), (%s) FROM u", "SELECT * FROM u, LATERAL (%s) AS q_", "SELECT * FROM u LEFT JOIN LATERAL (%s) AS q_ ON TRUE",
		"SELECT * FROM u LEFT JOIN (%s) AS q_ ON u.id = 1", "(%s) UNION ALL (%[1]s)", "(%s) EXCEPT (%[1]s)", "SELECT DISTINCT * FROM (%s) AS q_ LIMIT 3",
		"CREATE VIEW v_ AS %s; SELECT * FROM v_; INSERT INTO snk SELECT * FROM v_", "EXPLAIN %s", "CREATE TABLE t_ WITH ('connector' = 'blackhole') AS %s",
	}
	files, err := filepath.Glob("testdata/flink/*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		lines := readRecordings(t, file)
		env := newEnv()
		env.Batch = lines[0].Mode == "batch"
		for _, s := range append(lines[0].Setup, "CREATE TABLE IF NOT EXISTS snk (x INT) WITH ('connector' = 'blackhole')") {
			if _, list := bindText(env, s); list.HasErrors() {
				t.Fatal(list)
			}
		}
		for _, r := range lines[1:] {
			if r.Query == "" || strings.HasPrefix(r.Query, "INSERT") {
				continue
			}
			for _, p := range places {
				run := *env
				run.Catalog, run.Config = env.Catalog.Clone(), map[string]string{}
				text := fmt.Sprintf(p, r.Query)
				if bound, list := bindText(&run, text); !list.HasErrors() {
					checkBound(t, bound)
				}
				if t.Failed() {
					t.Fatal(text)
				}
			}
		}
	}
}
