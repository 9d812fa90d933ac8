package app

import (
	"strings"
	"testing"
	"time"

	"github.com/weir-sql/weir/tui/pane"
)

// While a run goes on, a tap is opened from Topology, is marked there, and is closed again.
func TestTapARunFromTopology(t *testing.T) {
	dir := project(t, map[string]string{"weir.yaml": "name: taps\n", "sql/endless.sql": `CREATE TABLE orders (id BIGINT, city STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '500', 'fields.city.length' = '1');
CREATE TABLE seen (city STRING, n BIGINT, PRIMARY KEY (city) NOT ENFORCED) WITH ('connector' = 'blackhole');
INSERT INTO seen SELECT city, COUNT(*) FROM orders WHERE id > 5 GROUP BY city;`})
	d := begin(t, options(t, dir), 130, 40)
	// until is that of a run that goes on: it ticks as the clock would.
	until := func(text string, there bool) {
		t.Helper()
		for over := time.Now().Add(time.Minute); strings.Contains(d.screen(), text) != there; {
			if time.Now().After(over) {
				t.Fatalf("%q does not come, or go:\n%s", text, d.screen())
			}
			select {
			case msg := <-d.answers:
				d.waiting--
				d.send(msg)
			case <-time.After(10 * time.Millisecond):
				d.send(pane.Tick{Now: time.Now()})
			}
		}
	}
	d.press("alt+2", "/").text("orders").press("enter").expect("find orders").press("alt+3")
	d.send(keyOf("r"))
	until("+U", true)
	d.send(keyOf("alt+2"))
	d.send(keyOf("a"))
	until("[tap orders ●]", true) // on the Debug screen
	until("1–", true)
	d.send(keyOf("alt+2"))
	until("● tap", true)
	d.send(keyOf("a"))
	until("● tap", false)
	d.send(keyOf("alt+3"))
	until("[tap orders]", true)
	d.send(keyOf("X"))
	d.settle().expect("stopped")
}
