package debug_test

import (
	"testing"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/debug"
	"github.com/weir-sql/weir/tui/pane"
	"github.com/weir-sql/weir/tui/pane/panetest"
	"github.com/weir-sql/weir/tui/styles"
)

const endless = `CREATE TABLE orders (id BIGINT, city STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '500', 'fields.city.length' = '1');
CREATE TABLE seen (city STRING, n BIGINT, PRIMARY KEY (city) NOT ENFORCED) WITH ('connector' = 'blackhole');
INSERT INTO seen SELECT city, COUNT(*) FROM orders WHERE id > 5 GROUP BY city;`

// Taps are opened on a run that goes on and closed again, one by its edge, one asked for elsewhere;
// the run does not mind.
func TestTapsOnARunThatGoesOn(t *testing.T) {
	dir := t.TempDir()
	panetest.Write(t, dir, "weir.yaml", "name: taps\n")
	panetest.Write(t, dir, "endless.sql", endless)
	p := debug.New(panetest.Env(t, styles.Look{}, dir))
	t.Cleanup(func() { p.Close() })
	d := panetest.Drive(t, p, 140, 40)
	d.Send(panetest.Planned(t, dir, panetest.Script(t, dir, "endless.sql"), session.Stream))
	d.AsideKey("r").Until("[seen]").Until("+U")

	d.AsideKey("a").Expect("tap an edge of the run over the sources", "orders:").Press("j")
	d.AsideKey("enter").Until("●]").Until("1–")
	d.AsideKey("a").Expect("close it").Press("esc")
	d.AsideKey("A").Until("[tap ").UntilNot("●]")

	d.Aside(p.Update(pane.TapAsked{Edge: "orders"})).Until("[tap orders ●]").Until("subtask")
	d.Aside(p.Update(pane.TapAsked{Edge: "orders"})).UntilNot("●]") // again: it is closed
	d.Aside(p.Update(pane.TapAsked{Edge: "nowhere"}))
	d.AsideKey("X").Until("stopped")
	for _, m := range d.Told {
		if r, ok := m.(pane.RunMeasured); ok && len(r.Metrics.Operators) > 0 {
			return
		}
	}
	t.Error("nobody was told of the figures of the run")
}
