package session

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/topology"
)

// verdictTables are what the scripts of testdata/verdict read and write.
func verdictTables(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile("testdata/tables.sql")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// model plans a text, with an overlay if it has one behind a line "-- topology".
func modelOf(t testing.TB, s *Session, text string) (*topology.Model, error) {
	t.Helper()
	sql, overlay, edited := strings.Cut(text, "-- topology\n")
	plain := *s
	plain.opts.NoOverlay = true
	p, list := plain.Plan(diag.Source{Name: "x.sql", Text: sql}, Stream)
	if list.HasErrors() {
		return nil, list
	}
	g := p.Graph
	if edited {
		o, list := topology.ParseOverlay(diag.Source{Name: "x" + OverlaySuffix, Text: "version: 1\noperators:\n" + overlay})
		if list.HasErrors() {
			return nil, list
		}
		e, list := applyOverlay(g, o, nil)
		if list.HasErrors() {
			return nil, list
		}
		g = e.Graph
	}
	return topology.NewModel(g)
}

func testSession(t testing.TB) *Session {
	t.Helper()
	s, err := Open(Options{Dir: t.TempDir(), Config: map[string]string{"parallelism.default": "2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestVerdicts replays labelled edits: an edit lists replacements in the script, each
// OLD => NEW, "+" for lines to add, and in its last line the verdict that a person
// expects: the operators whose state does not just go on, or "kept". The output has
// the reasons.
func TestVerdicts(t *testing.T) {
	s, tables, edits := testSession(t), verdictTables(t), 0
	datadriven.Walk(t, "testdata/verdict", func(t *testing.T, path string) {
		script := ""
		var before *topology.Model
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "script" {
				script = tables + d.Input + "\n"
				var err error
				if before, err = modelOf(t, s, script); err != nil {
					d.Fatalf(t, "%v", err)
				}
				return stateList(before)
			}
			edits++
			text, want := applyEdit(t, d, script)
			after, err := modelOf(t, s, text)
			if err != nil {
				d.Fatalf(t, "%v", err)
			}
			verdicts := topology.JudgeState(before, after)
			if got := shortVerdicts(verdicts); got != want {
				t.Errorf("%s: %s: verdict is %q, want %q", d.Pos, d.CmdArgs, got, want)
			}
			var b strings.Builder
			for _, v := range verdicts {
				fmt.Fprintf(&b, "%s %s: %s\n", v.Name, v.Verdict, v.Reason.Plain())
			}
			return b.String()
		})
	})
	if edits < 100 {
		t.Errorf("there are %d labelled edits", edits)
	}
}

// applyEdit gives the edited script and the verdict expected of it.
func applyEdit(t *testing.T, d *datadriven.TestData, script string) (text, want string) {
	text = script
	for _, line := range strings.Split(strings.TrimSpace(d.Input), "\n") {
		if w, ok := strings.CutPrefix(line, "verdict: "); ok {
			want = w
			continue
		}
		if more, ok := strings.CutPrefix(line, "+ "); ok {
			text += more + "\n"
			continue
		}
		old, now, ok := strings.Cut(line, " =>")
		if !ok || !strings.Contains(text, old) {
			d.Fatalf(t, "nothing to replace: %q", line)
		}
		text = strings.ReplaceAll(text, old, strings.ReplaceAll(strings.TrimPrefix(now, " "), `\n`, "\n"))
	}
	return text, want
}

// shortVerdicts names the operators whose state does not just go on.
func shortVerdicts(verdicts []topology.StateVerdict) string {
	var parts []string
	for _, v := range verdicts {
		if v.Verdict != topology.StateKept {
			parts = append(parts, v.Name+" "+string(v.Verdict))
		}
	}
	if len(parts) == 0 {
		return "kept"
	}
	return strings.Join(parts, ", ")
}

func stateList(m *topology.Model) string {
	var b strings.Builder
	for _, n := range m.Nodes {
		if n.State == nil {
			continue
		}
		fields := make([]string, len(n.State.Fields))
		for i, f := range n.State.Fields {
			fields[i] = f.Name + " " + f.Type
		}
		fmt.Fprintf(&b, "%s by (%s): %s\n", n.Name, strings.Join(n.State.KeyTypes, ", "), strings.Join(fields, "; "))
	}
	return b.String()
}

// TestUIDsStay makes edits that are of no concern to the operators of a script, and
// looks which of them cannot be told again.
func TestUIDsStay(t *testing.T) {
	s, tables := testSession(t), verdictTables(t)
	edits := map[string]func(script string) string{
		"comment in front":    func(q string) string { return tables + "-- what it is for\n" + q },
		"comment inside":      func(q string) string { return tables + strings.Replace(q, "SELECT", "SELECT /* here */", 1) },
		"CRLF":                func(q string) string { return strings.ReplaceAll(tables+q, "\n", "\r\n") },
		"blank lines":         func(q string) string { return tables + "\n\n\n" + strings.ReplaceAll(q, "\n", "\n\n") },
		"formatted":           func(q string) string { return formatted(t, tables+q) },
		"lower case keywords": func(q string) string { return tables + lowerKeywords.Replace(q) },
		"a view nobody reads": func(q string) string { return tables + "CREATE VIEW nobody AS SELECT city FROM orders;\n" + q },
		"a table nobody reads": func(q string) string {
			return tables + "CREATE TABLE more (x INT) WITH ('connector' = 'blackhole');\n" + q
		},
		"an INSERT in front": func(q string) string { return tables + "INSERT INTO audit SELECT id, status FROM orders;\n" + q },
		"an INSERT behind":   func(q string) string { return tables + q + "INSERT INTO audit SELECT id, status FROM orders;\n" },
		"an aggregate in front": func(q string) string {
			return tables + "INSERT INTO audit SELECT COUNT(*), status FROM orders GROUP BY status;\n" + q
		},
		"an aggregate behind": func(q string) string {
			return tables + q + "INSERT INTO audit SELECT COUNT(*), status FROM orders GROUP BY status;\n"
		},
		"a filter of another": func(q string) string {
			return tables + "INSERT INTO audit SELECT id, status FROM orders WHERE amount > 7;\n" + q
		},
		"other parallelism": func(q string) string { return tables + "SET 'parallelism.default' = '5';\n" + q },
		"other TTL":         func(q string) string { return tables + "SET 'table.exec.state.ttl' = '36 h';\n" + q },
		"a column more in table": func(q string) string {
			return strings.ReplaceAll(tables, "status STRING", "status STRING, note STRING") + q
		},
		"columns in other order": func(q string) string {
			return strings.ReplaceAll(tables, "city STRING, amount BIGINT", "amount BIGINT, city STRING") + q
		},
		"renamed alias":     func(q string) string { return tables + aliases.Replace(q) },
		"a name of the job": func(q string) string { return tables + "SET 'pipeline.name' = 'spend';\n" + q },
		"no chaining":       func(q string) string { return tables + "SET 'pipeline.operator-chaining.enabled' = 'false';\n" + q },
		"a statement set":   func(q string) string { return tables + "EXECUTE STATEMENT SET BEGIN\n" + q + "END;\n" },
		"other format":      func(q string) string { return strings.ReplaceAll(tables, "'format' = 'json'", "'format' = 'csv'") + q },
		"other server":      func(q string) string { return strings.ReplaceAll(tables, "here:9092", "there:9092") + q },
	}
	count, total, moved := 0, 0, 0
	for name, script := range verdictScripts(t) {
		before, err := modelOf(t, s, tables+script)
		if err != nil {
			t.Fatal(err)
		}
		for label, edit := range edits {
			after, err := modelOf(t, s, edit(script))
			if err != nil {
				t.Errorf("%s, %s: %v", name, label, err)
				continue
			}
			count++
			known := map[string]bool{}
			for _, n := range after.Nodes {
				for _, uid := range append([]string{n.UID}, n.Aliases...) {
					known[uid] = true
				}
			}
			for _, n := range before.Nodes {
				total++
				if !known[n.UID] {
					moved++
					t.Logf("%s, %s: %s (%s) has lost its uid", name, label, n.Name, n.Kind)
				}
			}
		}
	}
	t.Logf("%d edits, %d uids, %d moved", count, total, moved)
	if count < 200 || moved*100 > total {
		t.Errorf("%d of %d uids moved by %d edits", moved, total, count)
	}
}

var (
	lowerKeywords = strings.NewReplacer("SELECT", "select", "FROM", "from", "WHERE", "where", "GROUP BY", "group by", "INSERT INTO", "insert into", "JOIN", "join")
	aliases       = strings.NewReplacer(" o\n", " ox\n", " o.", " ox.", "(o.", "(ox.", "AS o ", "AS ox ", " n,", " nn,", "AS total", "AS sum_of_it")
)

func formatted(t *testing.T, text string) string {
	t.Helper()
	out, list := Format(diag.Source{Name: "x.sql", Text: text})
	if list.HasErrors() {
		t.Fatal(list)
	}
	return out
}

// verdictScripts are the scripts of testdata/verdict by file and number.
func verdictScripts(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("testdata/verdict/*")
	if err != nil {
		t.Fatal(err)
	}
	scripts := map[string]string{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, part := range strings.Split("\n"+string(text), "\nscript\n")[1:] {
			sql, _, _ := strings.Cut(part, "----\n")
			scripts[fmt.Sprintf("%s %d", filepath.Base(path), i+1)] = sql
		}
	}
	return scripts
}
