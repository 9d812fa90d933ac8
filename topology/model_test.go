package topology

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestModelRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := randomScript(t, 12)
		hostile := rapid.String()
		for _, n := range g.Nodes {
			n.Label, n.Meaning = hostile.Draw(t, "label"), hostile.Draw(t, "meaning")
			n.Props = []Prop{{hostile.Draw(t, "key"), hostile.Draw(t, "value")}}
			n.Changelog = ChangelogMode(rapid.IntRange(0, 15).Draw(t, "changelog"))
			n.SlotGroup = rapid.SampledFrom([]string{"", "a\x00", "a\x01", "b"}).Draw(t, "group")
			if rapid.Bool().Draw(t, "stateful") {
				n.State = NewStateSchema([]string{"INT"}, []StateField{{"f", hostile.Draw(t, "type")}})
				n.StateTTL = []time.Duration{0, time.Duration(rapid.IntRange(0, 1<<50).Draw(t, "ttl"))}
			}
		}
		if err := g.AssignUIDs(); err != nil {
			t.Fatal(err)
		}
		m := modelOf(t, g)
		text, err := RenderJSON(m)
		if err != nil {
			t.Fatal(err)
		}
		read, err := ReadModel(text)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if !reflect.DeepEqual(m, read) {
			t.Fatalf("read back as another model:\n%s", text)
		}
		again, err := RenderJSON(read)
		if err != nil || !bytes.Equal(text, again) {
			t.Fatalf("written again otherwise: %v\n%s\n%s", err, text, again)
		}
	})
}

// The same graph gives the same bytes, in whatever order the planner added nodes.
func TestModelIgnoresInsertionOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := randomScript(t, 12)
		for i, n := range g.Nodes {
			n.Name = string(rune('a'+i%26)) + n.Name // unique already, so that Add leaves it
			n.Name += strings.Repeat("x", i)
		}
		p, _ := permuted(t, g)
		var texts [2][]byte
		for i, graph := range []*Graph{g, p} {
			if err := graph.AssignUIDs(); err != nil {
				t.Fatal(err)
			}
			var err error
			if texts[i], err = RenderJSON(modelOf(t, graph)); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(texts[0], texts[1]) {
			t.Fatalf("%s\n%s", texts[0], texts[1])
		}
	})
}

func TestReadModelRefuses(t *testing.T) {
	text, err := RenderJSON(readModel(t, "spend"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"not JSON":       {`"version": 1`, `"version": `, "not valid JSON"},
		"other version":  {`"version": 1`, `"version": 9`, "format version 9"},
		"missing node":   {`"from": "orders"`, `"from": "nobody"`, "does not lead"},
		"cycle":          {`"from": "orders"`, `"from": "spend_by_city"`, "does not lead"},
		"name twice":     {`"name": "calc"`, `"name": "orders"`, "is empty or taken"},
		"chain too high": {`"chain": 1`, `"chain": 7`, "not in chain 7"},
		"chain too low":  {`"chain": 1`, `"chain": -1`, "not in chain -1"},
		"chained":        {`"chained": true`, `"chained": false`, "with chained = false"},
		"row kind":       {`"changelog": "I"`, `"changelog": "X"`, "row kind"},
	} {
		changed := strings.Replace(string(text), c.old, c.new, 1)
		if changed == string(text) {
			t.Fatalf("%s: nothing replaced in\n%s", name, text)
		}
		if _, err := ReadModel([]byte(changed)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestTTLText(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "", -time.Hour: "", 24 * time.Hour: "1d", 36 * time.Hour: "36h", 90 * time.Minute: "90min",
		45 * time.Second: "45s", 1500 * time.Millisecond: "1500ms", 7: "7ns",
	} {
		if got := ttlText(d); got != want {
			t.Errorf("ttlText(%d) = %q, want %q", d, got, want)
		}
	}
}
