package jobs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/jobs"
	"github.com/weir-sql/weir/tui/pane"
	"github.com/weir-sql/weir/tui/pane/panetest"
	"github.com/weir-sql/weir/tui/styles"
)

const counts = `CREATE TABLE orders (id BIGINT, city STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '1000',
  'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '%d', 'fields.city.length' = '1');
CREATE TABLE seen (city STRING, n BIGINT, PRIMARY KEY (city) NOT ENFORCED) WITH ('connector' = 'print');
INSERT INTO seen SELECT city, COUNT(*) FROM orders GROUP BY city;`

// open shows the screen in a project with one script that gives so many rows.
func open(t testing.TB, look styles.Look, rows, w, h int) (*panetest.Driver, string) {
	t.Helper()
	dir := t.TempDir()
	panetest.Write(t, dir, "weir.yaml", "name: jobs\nconfig:\n  execution.checkpointing.interval: 100ms\n")
	panetest.Write(t, dir, "counts.sql", fmt.Sprintf(counts, rows))
	p := jobs.New(panetest.Env(t, look, dir))
	t.Cleanup(func() { p.Close() })
	d := panetest.Drive(t, p, w, h)
	return d.Send(panetest.Planned(t, dir, panetest.Script(t, dir, "counts.sql"), session.Stream)), dir
}

// start launches without waiting for the end of the job, which the driver would.
func start(d *panetest.Driver, key string) {
	d.Helper()
	for _, b := range d.Pane.Bindings() {
		for _, k := range b.Keys {
			if k != key {
				continue
			}
			if why := b.Why(); why != "" {
				d.Fatalf("%s: %s", b.Help, why)
			}
			d.Aside(b.Run())
			return
		}
	}
	d.Fatalf("no binding has %q", key)
}

func TestJobsRunSideBySide(t *testing.T) {
	d, dir := open(t, styles.Look{}, 1_000_000, 160, 40)
	d.Expect("no job has run yet")
	start(d, "n")
	d.Until("1 running, 1 in all")
	start(d, "n")
	d.Until("2 running, 2 in all").Until("agg-city").Until("busy")
	d.Press("v").Until("sinks muted").Press("v").Until("chk-").Press("v")
	start(d, "x")
	d.Until("1 running, 2 in all").Until("stopped")
	found, err := os.ReadDir(filepath.Join(dir, ".weir", "runs"))
	if err != nil || len(found) != 2 {
		t.Errorf("%v %v", found, err)
	}
	measured, began := 0, 0
	for _, m := range d.Told {
		switch m := m.(type) {
		case pane.RunMeasured:
			measured += len(m.Metrics.Operators)
		case pane.RunBegan:
			began++
		}
	}
	if measured == 0 || began != 2 {
		t.Errorf("others were told of %d figures, and of %d runs that began", measured, began)
	}
}

// A job is suspended into a savepoint and gone on with; then it is rescaled.
func TestSavepointAndRescale(t *testing.T) {
	d, _ := open(t, styles.Look{}, 1_000_000, 160, 40)
	start(d, "n")
	d.Until("1 running").Press("v", "v").Until("chk-").Press("v")
	start(d, "S")
	d.Until("suspended")
	start(d, "o")
	d.Until("1 running, 2 in all").Until("went on from")
	d.Press("r", "text:zero", "enter").Expect("a whole number")
	d.Press("ctrl+u", "text:2")
	d.AsideKey("enter")
	d.Until("1 running, 3 in all").Until("parallelism 2")
	start(d, "x")
	d.Until("0 running, 3 in all")
}

func TestWhatCannotBeDoneSaysWhy(t *testing.T) {
	d, dir := open(t, styles.Look{}, 50, 120, 30)
	d.Press("x")
	if got := d.Toast(); !strings.Contains(got, "there is no job") {
		t.Errorf("told %q", got)
	}
	d.Send(pane.ModeChanged{Mode: session.Batch})
	start(d, "n")
	d.Until("finished")
	for key, why := range map[string]string{"x": "it does not run: finished", "S": "it does not run", "c": "it does not run", "r": "it does not run", "o": "it has read all its input"} {
		d.Press(key)
		if got := d.Toast(); !strings.Contains(got, why) {
			t.Errorf("%s told %q, not %q", key, got, why)
		}
	}
	src := diag.Source{Name: filepath.Join(dir, "bad.sql"), Text: "SELECT nothing FROM nowhere"}
	d.Send(pane.SQLChanged{Source: src}).Press("n")
	if got := d.Toast(); !strings.Contains(got, "nowhere") {
		t.Errorf("told %q", got)
	}
}

// recorded writes the records of runs that have ended.
func recorded(t testing.TB, dir string, name string) {
	t.Helper()
	for i, state := range []session.RunState{session.RunFinished, session.RunFailed, session.RunSuspended, session.RunStopped} {
		id := fmt.Sprintf("20260102-15040%d.000-0", i)
		at := time.Date(2026, 1, 2, 15, 4, i, 0, time.Local)
		text := fmt.Sprintf(`{"id":%q,"script":%q,"mode":"stream","started":%q,"seen":%q,"state":%q,"error":%q,"rowsRead":%d,"rowsWritten":%d,"sinks":%v,"checkpoints":%d}`,
			id, name, at.Format(time.RFC3339), at.Add(83*time.Second).Format(time.RFC3339), state, map[bool]string{true: "sink orders: connection refused " + name}[i == 1], 180_000*i, 960*i, i%2 == 0, i)
		panetest.Write(t, dir, ".weir/runs/"+id+"/run.json", text)
		panetest.Write(t, dir, ".weir/runs/"+id+"/log.txt", "15:04:05.000 "+name+" as a stream, sinks muted\n15:04:06.000 "+string(state)+"\n")
	}
}

func TestGolden(t *testing.T) {
	dir := t.TempDir()
	panetest.Write(t, dir, "weir.yaml", "name: jobs\n")
	recorded(t, dir, "sql/spend.sql")
	for _, show := range []struct {
		name string
		keys []string
	}{{"jobs", nil}, {"jobs-log", []string{"j", "v"}}} {
		panetest.Golden(t, show.name, func(t testing.TB, look styles.Look, w, h int) pane.Pane {
			d := panetest.Drive(t, jobs.New(panetest.Env(t, look, dir)), w, h)
			return d.Send(pane.Tick{}).Press(show.keys...).Send(pane.Tick{}).Pane
		})
	}
}

func TestHostileRecords(t *testing.T) {
	for i, h := range panetest.Hostile() {
		dir := t.TempDir()
		panetest.Write(t, dir, "weir.yaml", "name: jobs\n")
		recorded(t, dir, strings.ToValidUTF8(strings.ReplaceAll(strings.ReplaceAll(fmt.Sprintf("%q", h), `"`, ""), `\x`, `\u00`), "")+h)
		d := panetest.Drive(t, jobs.New(panetest.Env(t, styles.Look{Depth: styles.Many}, dir)), 120, 30)
		d.Send(pane.Tick{})
		for _, k := range []string{"j", "v", "v", "v"} {
			d.Press(k).Send(pane.Tick{})
			panetest.Check(t, d.Pane.View(), 120, 30)
		}
		for _, l := range d.Pane.(*jobs.Pane).Lines() {
			panetest.CheckClean(t, l)
		}
		if t.Failed() {
			t.Fatalf("payload %d %q", i, h)
		}
	}
}
