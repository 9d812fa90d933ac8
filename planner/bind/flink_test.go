package bind_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-sql/weir/planner/bind"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/syntax"
)

// recording is one line of testdata/flink/*.jsonl: what Apache Flink 2.2.1 answered to a
// query. The first line of a file holds the declarations instead.
type recording struct {
	Setup []string `json:"setup"`
	Mode  string   `json:"mode"`
	// Query, the columns of its result as "name TYPE", and the phase that refused it:
	// "validate" or "plan" (then Columns may be known even so).
	Query   string   `json:"query"`
	Columns []string `json:"columns"`
	Error   string   `json:"error"`
	// Differs, if set, says why weir deliberately answers otherwise.
	Differs string `json:"differs"`
}

// TestFlinkTypes compares names and types of results, and what is refused, with the
// recorded answers of Flink. What Flink refuses only while planning may pass here: the
// rules and the lowering look at it later.
func TestFlinkTypes(t *testing.T) {
	files, err := filepath.Glob("testdata/flink/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatal("no recordings", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			lines := readRecordings(t, file)
			env := newEnv()
			env.Batch = lines[0].Mode == "batch"
			for _, s := range lines[0].Setup {
				if _, list := bindText(env, s); list.HasErrors() {
					t.Fatalf("%s\n%s", s, list)
				}
			}
			env.Catalog.Unplace()
			for _, r := range lines[1:] {
				compareWithFlink(t, env, r)
			}
		})
	}
}

func readRecordings(t testing.TB, file string) []recording {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []recording
	for s := bufio.NewScanner(f); s.Scan(); {
		var r recording
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		out = append(out, r)
	}
	return out
}

func bindText(env *bind.Env, text string) (*bind.Bound, diag.List) {
	script, list := syntax.Parse(text)
	if list.HasErrors() {
		return nil, list
	}
	return bind.Script(env, diag.Source{Name: "q.sql", Text: text}, script)
}

func compareWithFlink(t *testing.T, env *bind.Env, r recording) {
	t.Helper()
	run := *env
	run.Catalog, run.Config = env.Catalog.Clone(), map[string]string{}
	bound, list := bindText(&run, r.Query)
	if !list.HasErrors() {
		checkBound(t, bound)
	}
	var got string
	if list.HasErrors() {
		got = "refused"
	} else if len(bound.Sinks) == 1 && bound.Sinks[0].Table == nil {
		got = strings.TrimSpace(columnsOf(bound))
	}
	want := withoutTime(strings.Join(r.Columns, ", "))
	if r.Error == "validate" {
		want = "refused"
	}
	same := withoutTime(got) == want || r.Error == "plan" && got == "refused"
	if isInsert := !strings.Contains(strings.ToUpper(r.Query), "SELECT") || strings.HasPrefix(r.Query, "INSERT"); isInsert {
		same = (got == "refused") == (r.Error != "")
	}
	switch {
	case !same && r.Differs == "":
		t.Errorf("%s\n got   %s\n flink %s%s\n%s", r.Query, got, want, map[bool]string{true: " (refused in " + r.Error + ")"}[r.Error != ""], list)
	case same && r.Differs != "":
		t.Errorf("%s\n is as in Flink now, but said to differ: %s", r.Query, r.Differs)
	}
}

// withoutTime takes out the marks of time attributes: Flink's validator keeps them on
// values computed from a time attribute, which its planner then makes ordinary.
func withoutTime(s string) string {
	return strings.NewReplacer(" *ROWTIME*", "", " *PROCTIME*", "").Replace(s)
}
