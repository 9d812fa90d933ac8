package diff_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/diff"
	"github.com/weir-sql/weir/tui/pane"
	"github.com/weir-sql/weir/tui/pane/panetest"
	"github.com/weir-sql/weir/tui/styles"
)

// changed is the demo with one commit and a script that was edited since: more columns, a
// longer watermark, another condition.
func changed(t testing.TB) (dir string, src diag.Source) {
	t.Helper()
	dir = panetest.Shop(t)
	panetest.Commit(t, dir, "one")
	src = panetest.Script(t, dir, "sql/spend.sql")
	src.Text = strings.Replace(src.Text, "SUM(amount), MAX(amount)", "SUM(amount), MIN(amount)", 1)
	src.Text = strings.Replace(src.Text, "JOIN users FOR SYSTEM_TIME AS OF e.proc AS u ON e.user_id = u.user_id;", "JOIN users FOR SYSTEM_TIME AS OF e.proc AS u ON e.user_id = u.user_id\nWHERE e.page <> 'cart';", 1)
	return dir, src
}

func open(t testing.TB, look styles.Look, dir string, src diag.Source, w, h int) *panetest.Driver {
	t.Helper()
	d := panetest.Drive(t, diff.New(panetest.Env(t, look, dir)), w, h)
	d.Send(panetest.Planned(t, dir, src, session.Stream))
	return d.Send(pane.FixtureChanged{Name: "late_events"})
}

func TestGolden(t *testing.T) {
	dir, src := changed(t)
	keys := map[string]string{"diff-sql": "n", "diff-topology": "t", "diff-rows": "o", "diff-state": "v"}
	panetest.Tour(t, []string{"diff-sql", "diff-topology", "diff-rows", "diff-state"}, func(t testing.TB, look styles.Look, w, h int) *panetest.Driver {
		return open(t, look, dir, src, w, h).Press("r")
	}, func(d *panetest.Driver, to string) { d.Press(keys[to]) })
}

func TestAllPartsAreCompared(t *testing.T) {
	dir, src := changed(t)
	d := open(t, styles.Look{}, dir, src, 140, 40)
	d.Press("r").Expect("[SQL]", "- ", "MAX(amount)", "+ ", "MIN(amount)", "vs HEAD: 5 lines")
	d.Press("tab").Expect("[Topology]", "~ agg-city").Press("tab").Expect("[Rows]", "page_traffic", "only HEAD", "cart")
	d.Press("tab").Expect("[State]", "meaning changed")
	d.Press("d", "ctrl+u", "text:nowhere", "enter").Expect("✗", "nowhere")
	// What is compared follows the script, a second later.
	d.Press("d", "ctrl+u", "text:main", "enter", "S").Expect("vs main")
	panetest.Commit(t, dir, "two")
	d.Send(panetest.Planned(t, dir, panetest.Script(t, dir, "sql/spend.sql"), session.Stream)).Send(pane.Tick{}).Expect("vs main: 0 lines, 0 operators, rows of 0 outputs")
}

func TestScriptThatIsNew(t *testing.T) {
	dir, src := changed(t)
	src.Name = filepath.Join(dir, "sql", "new.sql")
	d := open(t, styles.Look{}, dir, src, 120, 30)
	d.Press("r").Expect("is not in HEAD").Press("o").Expect("only now has this output").Press("v").Expect("new")
}

func TestNoRepository(t *testing.T) {
	dir := panetest.Shop(t)
	d := open(t, styles.Look{}, dir, panetest.Script(t, dir, "sql/spend.sql"), 80, 24)
	d.Press("r").Expect("✗", "git")
	panetest.Check(t, d.Pane.View(), 80, 24)
}

func TestHostileScripts(t *testing.T) {
	dir := panetest.Shop(t)
	panetest.Commit(t, dir, "one")
	for i, h := range panetest.Hostile() {
		name := strings.NewReplacer("`", "", "\x00", "", "\n", "", "'", "").Replace(h)
		src := diag.Source{Name: filepath.Join(dir, "sql", "spend.sql"), Text: fmt.Sprintf("-- %s\nSELECT `%s`, COUNT(*) AS n FROM (VALUES ('%s')) AS t(`%s`) GROUP BY `%s`", name, name, name, name, name)}
		d := open(t, styles.Look{Depth: styles.Many}, dir, src, 100, 30)
		for _, k := range []string{"r", "t", "o", "v"} {
			d.Press(k)
			panetest.Check(t, d.Pane.View(), 100, 30)
		}
		for _, l := range d.Pane.(*diff.Pane).Lines() {
			panetest.CheckClean(t, l)
		}
		if t.Failed() {
			t.Fatalf("payload %d %q", i, h)
		}
	}
}
