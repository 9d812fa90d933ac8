package debug_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/debug"
	"github.com/weir-sql/weir/tui/pane"
	"github.com/weir-sql/weir/tui/pane/panetest"
	"github.com/weir-sql/weir/tui/styles"
)

// open shows the screen for the demo's script over a fixture.
func open(t testing.TB, look styles.Look, dir, fixture string, w, h int) *panetest.Driver {
	t.Helper()
	p := debug.New(panetest.Env(t, look, dir))
	t.Cleanup(func() { p.Close() })
	d := panetest.Drive(t, p, w, h)
	d.Send(panetest.Planned(t, dir, panetest.Script(t, dir, "sql/spend.sql"), session.Stream))
	return d.Send(pane.FixtureChanged{Name: fixture})
}

func TestGolden(t *testing.T) {
	dir := panetest.Shop(t)
	panetest.Golden(t, "debug", func(t testing.TB, look styles.Look, w, h int) pane.Pane {
		return open(t, look, dir, "late_events", w, h).Pane
	})
	panetest.Golden(t, "debug-walk", func(t testing.TB, look styles.Look, w, h int) pane.Pane {
		return open(t, look, dir, "late_events", w, h).Press("w", "L").Pane
	})
	panetest.Golden(t, "debug-parity", func(t testing.TB, look styles.Look, w, h int) pane.Pane {
		return open(t, look, dir, "late_events", w, h).Press("p").Pane
	})
}

// Run both modes, see where they part, walk to the late row, and back.
func TestLateRowIsFound(t *testing.T) {
	dir := panetest.Shop(t)
	d := open(t, styles.Look{}, dir, "late_events", 160, 50)
	d.Expect("nothing was run yet").Press("r").Expect("city_spend", "1 late row", "page_traffic folded")
	d.Expect("[page_traffic]", "+I", "Berlin").Press("]").Expect("[page_traffic folded]", "1–3 of 3")
	d.Send(pane.ModeChanged{Mode: session.Batch}).Press("r").Expect("batch over late_events", "page_traffic")
	d.Send(pane.ModeChanged{Mode: session.Stream}).Press("p")
	d.Expect("✗ parity page_traffic", "late data", "WATERMARK", "stream", "batch", "[parity page_traffic]", "hits")
	d.Press("w").Expect("the beginning", "0 of").Press("L").Expect("LATE", "late  agg-city-page dropped 1 row", "watermark")
	d.Press("b").Reject("agg-city-page dropped").Press("H").Expect("hash").Press("n").Expect("agg-city-page dropped")
	d.Press("0").Expect("the beginning").Press("r").Expect("row").Press("w").Expect("watermark").Press("t", "c", "e").Press("n").Expect("this is the end")
	d.Press("esc").Press("ctrl+r").Expect("1 late row")
}

// A row is asked for what made it, and one that is not there why.
func TestWhy(t *testing.T) {
	dir := panetest.Shop(t)
	d := open(t, styles.Look{}, dir, "late_events", 140, 40)
	d.Press("r", "]").Expect("[page_traffic folded]").Press("y").Expect("[why]", "page_events", "input rows made it", "page_events.csv:2")
	d.Press("]", "]", "]", "]").Expect("[page_traffic folded]").Press("Y", "text:page = 'nothing'", "enter").Expect("no such row")
	d.Press("Y", "text:page = ", "enter").Expect("✗")
}

// What passes an edge is kept with its event time and watermark.
func TestTap(t *testing.T) {
	dir := panetest.Shop(t)
	d := open(t, styles.Look{}, dir, "late_events", 140, 40)
	d.Press("a", "text:calc-2", "enter").Expect("[tap calc-2]", "4 rows passed calc-2", "event time", "10:09:58", "subtask")
	d.Press("l", "l", "l", "s").Expect("↑")
	d.Press("a", "text:nowhere", "enter").Expect("nowhere")
}

// The tests of the script pass; one with another expectation shows its rows.
func TestTestsAreRowDiffs(t *testing.T) {
	dir := panetest.Shop(t)
	d := open(t, styles.Look{}, dir, "", 140, 40)
	d.Press("T").Expect("0 failed")
	test := panetest.Script(t, dir, "fixtures/late_events/test.yaml")
	panetest.Write(t, dir, "fixtures/late_events/test.yaml", strings.Replace(test.Text, "cart,2026-11-20 10:10:00,1,1", "cart,2026-11-20 10:10:00,2,1", 1))
	d.Press("T").Expect("1 failed", "late_events", "expected", "actual", "hits")
}

// Over the sources what is written is muted, unless asked.
func TestSourcesAreMuted(t *testing.T) {
	dir := t.TempDir()
	panetest.Write(t, dir, "weir.yaml", "name: x\n")
	src := diag.Source{Name: filepath.Join(dir, "x.sql"), Text: `CREATE TABLE t (n INT) WITH ('connector' = 'datagen', 'number-of-rows' = '50', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '50');
CREATE TABLE o (n INT) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json');
INSERT INTO o SELECT n FROM t;`}
	p := debug.New(panetest.Env(t, styles.Look{}, dir))
	d := panetest.Drive(t, p, 120, 30)
	d.Send(panetest.Planned(t, dir, src, session.Batch)).Expect("sinks muted").Press("r").Expect("of 50", "[o]")
	if found, _ := filepath.Glob(filepath.Join(dir, "out", "*")); len(found) > 0 {
		t.Fatalf("written: %v", found)
	}
	d.Press("S").Expect("SINKS WRITE").Press("r").Expect("of 50")
	if found, _ := filepath.Glob(filepath.Join(dir, "out", "*")); len(found) == 0 {
		t.Fatal("nothing was written")
	}
}

// An error of the run is told with its hint, and what comes late is dropped.
func TestErrorsAreTold(t *testing.T) {
	dir := panetest.Shop(t)
	d := open(t, styles.Look{}, dir, "nowhere", 120, 30)
	d.Press("r").Expect("✗", "nowhere").Press("w").Expect("nowhere").Press("p").Expect("nowhere")
	d.Press("f").Expect("late_events", "the declared sources").Press("j", "enter")
	if len(d.Told) == 0 {
		t.Error("the fixture was not asked for")
	}
}

// Hostile values, names and errors stay text.
func TestHostileValues(t *testing.T) {
	dir := t.TempDir()
	panetest.Write(t, dir, "weir.yaml", "name: x\n")
	for i, h := range panetest.Hostile() {
		name := strings.NewReplacer("`", "", "\x00", "", "\n", "", "'", "").Replace(h)
		src := diag.Source{Name: filepath.Join(dir, "x.sql"), Text: fmt.Sprintf("SELECT `%s`, COUNT(*) AS n FROM (VALUES ('%s'), ('b')) AS t(`%s`) GROUP BY `%s`", name, name, name, name)}
		d := panetest.Drive(t, debug.New(panetest.Env(t, styles.Look{Depth: styles.Many}, dir)), 120, 36)
		d.Send(panetest.Planned(t, dir, src, session.Stream))
		for _, k := range []string{"r", "enter", "esc", "a", "text:" + name, "enter", "T", "]"} {
			d.Press(k)
			panetest.Check(t, d.Pane.View(), 120, 36)
		}
		for _, l := range d.Pane.(*debug.Pane).Lines() {
			panetest.CheckClean(t, l)
		}
		if t.Failed() {
			t.Fatalf("payload %d %q", i, h)
		}
	}
}
