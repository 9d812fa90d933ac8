package graph_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/graph"
	"github.com/weir-sql/weir/tui/pane"
	"github.com/weir-sql/weir/tui/pane/panetest"
	"github.com/weir-sql/weir/tui/styles"
)

// open shows the topology of the demo's script.
func open(t testing.TB, look styles.Look, dir string, w, h int) *panetest.Driver {
	t.Helper()
	p := graph.New(panetest.Env(t, look, dir))
	d := panetest.Drive(t, p, w, h)
	return d.Send(panetest.Planned(t, dir, panetest.Script(t, dir, "sql/spend.sql"), session.Stream))
}

func TestGolden(t *testing.T) {
	dir := panetest.Shop(t)
	panetest.Golden(t, "topology", func(t testing.TB, look styles.Look, w, h int) pane.Pane {
		return open(t, look, dir, w, h).Press("/", "text:lookup", "enter").Pane
	})
	panetest.Golden(t, "topology-inspector", func(t testing.TB, look styles.Look, w, h int) pane.Pane {
		return open(t, look, dir, w, h).Press("/", "text:lookup", "enter", "+", "+", "enter", "e").Pane
	})
	panetest.Golden(t, "topology-run", func(t testing.TB, look styles.Look, w, h int) pane.Pane {
		d := open(t, look, dir, w, h)
		plan := panetest.Planned(t, dir, panetest.Script(t, dir, "sql/spend.sql"), session.Stream).Plan
		for i := range 14 {
			d.Send(measured(plan, i+1))
		}
		return d.Pane
	})
}

// An operator asks for cores and memory, and then for nothing; what is no amount is told.
func TestResources(t *testing.T) {
	dir := panetest.Shop(t)
	d := open(t, styles.Look{}, dir, 120, 40)
	d.Press("/", "text:lookup-users-2", "enter").Expect("none asked for")
	d.Press("C", "text:1.5 cores, 2 GiB", "enter").Expect("1.5 cores, 2048 MiB").Press("s")
	if text := panetest.Script(t, dir, "sql/spend.topology.yaml").Text; !strings.Contains(text, "cpu: 1.5") || !strings.Contains(text, "memoryMiB: 2048") {
		t.Fatal(text)
	}
	d.Press("C").Expect("cpu and memory").Press("ctrl+u", "text:many", "enter").Expect("not \"many\"").Press("ctrl+u", "enter").Expect("none asked for")
	d.Press("u").Expect("1.5 cores, 2048 MiB")
}

// What taps see is told beside their operators; a asks for one.
func TestTapsAreMarked(t *testing.T) {
	d := open(t, styles.Look{}, panetest.Shop(t), 120, 40)
	d.Press("/", "text:lookup-users-2", "enter")
	d.Send(pane.TapsChanged{Script: "sql/spend.sql", Rows: map[string]int{"lookup-users-2": 1204}}).Expect("● tap 1204")
	d.Press("a").Send(pane.TapsChanged{}).Reject("● tap")
	if asked, ok := d.Told[len(d.Told)-1].(pane.TapAsked); !ok || asked.Edge != "lookup-users-2" {
		t.Errorf("%#v", d.Told)
	}
}

// measured are figures of a run of a plan, after some seconds.
func measured(plan *session.Plan, second int) pane.RunMeasured {
	m := session.Metrics{Elapsed: time.Duration(second) * time.Second}
	state := map[string]int64{}
	for i, n := range plan.Graph.Nodes {
		o := session.OperatorMetrics{UID: n.UID, Name: n.Name, Kind: n.Kind}
		for range n.Parallelism {
			o.Subtasks = append(o.Subtasks, session.SubtaskMetrics{RowsIn: int64(second * second * 500 * (i + 1)), Lag: int64(i), Late: int64(i % 2),
				Busy: time.Duration(second) * 710 * time.Millisecond, Blocked: time.Duration(second) * 120 * time.Millisecond})
		}
		if n.State != nil {
			state[n.UID] = 17 << 20
		}
		m.Operators = append(m.Operators, o)
	}
	return pane.RunMeasured{ID: "run", Metrics: m, State: state}
}

// A lookup join is given more tasks and another exchange, which is undone, done again and
// saved beside the script, comments kept.
func TestLookupJoinIsSetToHash(t *testing.T) {
	dir := panetest.Shop(t)
	overlay := filepath.Join(dir, "sql", "spend.topology.yaml")
	d := open(t, styles.Look{}, dir, 120, 40)
	d.Press("/", "text:lookup-users-2", "enter").Expect("lookup-users-2")
	d.Press("+", "+").Expect("[-] 4 [+]", "4", "*")
	d.Press("e").Expect("input of lookup-users-2", "broadcast").Press("k", "k", "k", "k", "k", "k")
	for range 7 { // hash is among the choices
		if strings.Contains(line(d.Text(), "hash[user_id]"), "hash[user_id]") && chosen(d, "hash[user_id]") {
			break
		}
		d.Press("j")
	}
	d.Press("enter").Expect("hash[user_id]")
	d.Press("o").Expect("+ ", "parallelism: 4", "hash[user_id]").Press("esc")
	d.Press("u", "u", "u").Reject("[-] 4 [+]").Press("ctrl+y", "ctrl+y", "ctrl+y").Expect("[-] 4 [+]", "hash[user_id]")
	d.Press("s")
	if got := d.Toast(); got != "saved spend.topology.yaml" {
		t.Fatalf("told %q", got)
	}
	text, err := os.ReadFile(overlay)
	if err != nil || !strings.Contains(string(text), "parallelism: 4") || !strings.Contains(string(text), "in: hash[user_id]") {
		t.Fatalf("%s %v", text, err)
	}
	// What others write since is not written over.
	if err := os.WriteFile(overlay, append([]byte("# ours\n"), text...), 0o644); err != nil {
		t.Fatal(err)
	}
	d.Press("+", "s")
	if now, _ := os.ReadFile(overlay); !strings.HasPrefix(string(now), "# ours\n") || strings.Contains(string(now), "parallelism: 5") {
		t.Fatalf("written over:\n%s", now)
	}
	d.Press("s").Expect("[-] 5 [+]")
	if now, _ := os.ReadFile(overlay); !strings.HasPrefix(string(now), "# ours\n") || !strings.Contains(string(now), "parallelism: 5") {
		t.Fatalf("not saved, or without its comment:\n%s", now)
	}
}

func line(view, with string) string {
	for _, l := range strings.Split(view, "\n") {
		if strings.Contains(l, with) {
			return l
		}
	}
	return ""
}

// chosen reports whether the choice at the cursor is some text.
func chosen(d *panetest.Driver, text string) bool {
	for _, l := range strings.Split(d.Pane.View(), "\n") {
		if strings.Contains(l, "\x1b[7m") && strings.Contains(l, text) {
			return true
		}
	}
	return false
}

// What is not legal is shown with its reason and cannot be taken.
func TestIllegalChoicesSayWhy(t *testing.T) {
	dir := panetest.Shop(t)
	d := open(t, styles.Look{}, dir, 120, 50)
	d.Press("/", "text:agg-city", "enter", "e").Expect("must stay hash[city]", "✗")
	d.Press("j", "j", "j", "j", "j", "j", "enter")
	if got := d.Toast(); !strings.Contains(got, "hash[city]") && !strings.Contains(got, "every row") {
		t.Errorf("told %q", got)
	}
	d.Press("esc").Press("t", "ctrl+u", "text:nonsense", "enter").Expect("no duration").Press("ctrl+u", "text:36h", "enter").Expect("36h", "*")
	d.Press("/", "ctrl+u", "text:city_spend", "enter", "t")
	if got := d.Toast(); !strings.Contains(got, "keeps no state") {
		t.Errorf("told %q", got)
	}
}

// The graph is held against the last commit.
func TestDiffAgainstRevision(t *testing.T) {
	dir := panetest.Shop(t)
	panetest.Commit(t, dir, "one")
	d := open(t, styles.Look{}, dir, 120, 50)
	d.Press("/", "text:agg-city", "enter", "+", "d", "enter").Expect("against HEAD", "2 operators changed", "parallelism  2 → 3", "rescaled")
	d.Press("esc", "d", "ctrl+u", "text:nowhere", "enter")
	if got := d.Toast(); !strings.Contains(got, "nowhere") {
		t.Errorf("told %q", got)
	}
}

// Edits that were not saved are made again when the SQL is another.
func TestEditsSurviveAnotherScript(t *testing.T) {
	dir := panetest.Shop(t)
	d := open(t, styles.Look{}, dir, 120, 40)
	d.Press("/", "text:agg-city", "enter", "+").Expect("[-] 3 [+]")
	src := panetest.Script(t, dir, "sql/spend.sql")
	src.Text = strings.Replace(src.Text, "WHERE o.status = 'PAID'", "WHERE o.status = 'PAID' AND o.amount > 1", 1)
	d.Send(panetest.Planned(t, dir, src, session.Stream)).Expect("[-] 3 [+]", "*")
	broken := src
	broken.Text = strings.Replace(broken.Text, "o.amount > 1", "o.amout > 1", 1)
	d.Send(panetest.Planned(t, dir, broken, session.Stream)).Expect("[-] 3 [+]", "amout")
}

// An edit that is made while the topology is opened anew is not lost.
func TestEditsDuringReopening(t *testing.T) {
	dir := panetest.Shop(t)
	d := open(t, styles.Look{}, dir, 120, 40)
	d.Press("/", "text:agg-city", "enter")
	reopen := d.Pane.Update(panetest.Key("none"))
	for _, b := range d.Pane.Bindings() {
		if b.Name == "topology.reload" {
			reopen = b.Run()
		}
	}
	d.Press("+", "+").Expect("[-] 4 [+]")
	d.Run(reopen).Expect("[-] 4 [+]", "*")
	d.Press("-").Expect("[-] 3 [+]")
}

// Choosing an operator tells its uid; choosing SQL chooses the operator.
func TestOperatorsAndSQLAreLinked(t *testing.T) {
	dir := panetest.Shop(t)
	d := open(t, styles.Look{}, dir, 120, 40)
	d.Press("n")
	var uid string
	for _, m := range d.Told {
		if c, ok := m.(pane.OperatorChosen); ok {
			uid = c.UID
		}
	}
	if uid == "" {
		t.Fatal("nobody was told of the choice")
	}
	src := panetest.Script(t, dir, "sql/spend.sql")
	at := strings.Index(src.Text, "WHERE o.status")
	d.Send(pane.SpanChosen{Span: diag.Span{Start: at, End: at + 5}})
	d.Send(pane.OperatorChosen{UID: uid})
	panetest.Check(t, d.Pane.View(), 120, 40)
}

// Without a graph the screen says why.
func TestNoGraph(t *testing.T) {
	dir := panetest.Shop(t)
	d := panetest.Drive(t, graph.New(panetest.Env(t, styles.Look{}, dir)), 80, 24)
	d.Expect("no script").Press("+", "e", "x", "u", "s", "d", "/", "enter", "j", "n")
	src := diag.Source{Name: filepath.Join(dir, "x.sql"), Text: "SELECT nothing FROM nowhere"}
	d.Send(panetest.Planned(t, dir, src, session.Stream)).Expect("no graph", "nowhere")
	panetest.Check(t, d.Pane.View(), 80, 24)
}

// Names that try to take over the terminal stay text, wherever they are shown.
func TestHostileNames(t *testing.T) {
	dir := t.TempDir()
	panetest.Write(t, dir, "weir.yaml", "name: x\n")
	for i, h := range panetest.Hostile() {
		name := strings.NewReplacer("`", "", "\x00", "", "\n", "").Replace(h)
		src := diag.Source{Name: filepath.Join(dir, "x.sql"), Text: fmt.Sprintf("CREATE TEMPORARY TABLE `%s` (`a%s` INT) WITH ('connector' = 'datagen');\nSELECT `a%s`, COUNT(*) FROM `%s` GROUP BY `a%s`", name, name, name, name, name)}
		for _, size := range [][2]int{{80, 24}, {120, 36}} {
			d := panetest.Drive(t, graph.New(panetest.Env(t, styles.Look{Depth: styles.Many}, dir)), size[0], size[1])
			d.Send(panetest.Planned(t, dir, src, session.Stream))
			for _, k := range []string{"n", "enter", "e", "esc", "+", "o", "/"} {
				d.Press(k)
				panetest.Check(t, d.Pane.View(), size[0], size[1])
			}
			for _, l := range d.Pane.(*graph.Pane).Lines() {
				panetest.CheckClean(t, l)
			}
			if t.Failed() {
				t.Fatalf("payload %d %q", i, h)
			}
		}
	}
}

// BenchmarkKeyToPaint is a key that moves and the frame after it, in a graph of 200
// operators with figures of a run.
func BenchmarkKeyToPaint(b *testing.B) {
	dir := b.TempDir()
	panetest.Write(b, dir, "weir.yaml", "name: x\n")
	var text strings.Builder
	text.WriteString("CREATE TEMPORARY TABLE t (k INT, v INT) WITH ('connector' = 'datagen');\nCREATE TEMPORARY TABLE o (k INT, v BIGINT) WITH ('connector' = 'blackhole');\nEXECUTE STATEMENT SET BEGIN\n")
	for i := range 66 {
		fmt.Fprintf(&text, "INSERT INTO o SELECT k, SUM(v + %d) FROM t WHERE k > %d GROUP BY k;\n", i, i)
	}
	text.WriteString("END;")
	src := diag.Source{Name: filepath.Join(dir, "x.sql"), Text: text.String()}
	ready := panetest.Planned(b, dir, src, session.Stream)
	if ready.Plan == nil {
		b.Fatal(ready.Problems)
	}
	d := panetest.Drive(b, graph.New(panetest.Env(b, styles.Look{Depth: styles.Many}, dir)), 200, 60)
	d.Send(ready)
	for i := range 14 {
		d.Send(measured(ready.Plan, i+1))
	}
	_ = d.Pane.View()
	d.Deaf = func(tea.Msg) bool { return true }
	b.ReportMetric(float64(len(ready.Plan.Graph.Nodes)), "operators")
	keys := []string{"n", "j", "k", "l", "h"}
	i := 0
	for b.Loop() {
		d.Press(keys[i%len(keys)])
		_ = d.Pane.View()
		i++
	}
}
