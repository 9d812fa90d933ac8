package topology

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"
)

func TestDiff(t *testing.T) {
	datadriven.RunTest(t, "testdata/diff/edits", func(t *testing.T, d *datadriven.TestData) string {
		var o Options
		d.MaybeScanArgs(t, "width", &o.Width)
		before, after, _ := strings.Cut(d.Input, "====\n")
		diff, err := Diff(parseGraph(t, before), parseGraph(t, after))
		if err != nil {
			t.Fatal(err)
		}
		out := RenderDiffText(diff, o)
		checkLines(t, out, o)
		return out
	})
}

func TestDiffOfEqualGraphsIsEmpty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := randomScript(t, 12)
		p, _ := permuted(t, g)
		for _, graph := range []*Graph{g, p} {
			if err := graph.AssignUIDs(); err != nil {
				t.Fatal(err)
			}
		}
		for _, other := range []*Graph{g, g.Clone(), p} {
			diff, err := Diff(g, other)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range diff.Nodes {
				// Names are numbered in the order of Add; all else must be equal.
				if len(f.Fields) != 1 || f.Fields[0].Field != "name" {
					t.Fatalf("%+v", f)
				}
			}
			if other != p && !diff.Empty() {
				t.Fatalf("%+v", diff)
			}
		}
	})
}

// One edit shows as that edit and nothing else, and backwards as its reverse.
func TestDiffShowsTheEdit(t *testing.T) {
	edits := map[string]func(n *Node){
		"parallelism":    func(n *Node) { n.MaxParallelism, n.Parallelism = n.KeyGroups(), 3 },
		"maxParallelism": func(n *Node) { n.MaxParallelism = 77 },
		"chaining":       func(n *Node) { n.Chaining = ChainHead },
		"slotGroup":      func(n *Node) { n.SlotGroup = "heavy" },
		"resources":      func(n *Node) { n.Resources.MemoryMiB = 512 },
		"label":          func(n *Node) { n.Label = "other" },
		"identity":       func(n *Node) { n.Identity = "other" },
		"meaning":        func(n *Node) { n.Meaning = "other" },
		"changelog":      func(n *Node) { n.Changelog = Retract },
		"columns":        func(n *Node) { n.Columns = append(n.Columns, Column{"c", "INT"}) },
		"keys":           func(n *Node) { n.Keys = []string{"k"} },
		"props.p":        func(n *Node) { n.Props = append(n.Props, Prop{"p", "v"}) },
		"detail":         func(n *Node) { n.Detail = []string{"d"} },
	}
	rapid.Check(t, func(t *rapid.T) {
		g := randomScript(t, 8)
		for _, e := range g.Edges {
			e.Partitioner = Rebalance // so that parallelism may change alone
		}
		if err := g.AssignUIDs(); err != nil {
			t.Fatal(err)
		}
		field := rapid.SampledFrom(sortedKeys(edits)).Draw(t, "field")
		edited := g.Clone()
		n := rapid.SampledFrom(edited.Nodes).Draw(t, "node")
		edits[field](n)
		there, err := Diff(g, edited)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Diff(edited, g)
		if err != nil {
			t.Fatal(err)
		}
		if len(there.Nodes) != 1 || len(there.Edges) != 0 || there.Nodes[0].UID != n.UID || len(there.Nodes[0].Fields) != 1 {
			t.Fatalf("edit of %s of %s shows as %+v", field, n.Name, there)
		}
		f, r := there.Nodes[0].Fields[0], back.Nodes[0].Fields[0]
		if f.Field != field || f.Old == f.New || r.Field != field || r.Old != f.New || r.New != f.Old {
			t.Fatalf("edit of %s shows as %+v, backwards as %+v", field, f, r)
		}
	})
}

func TestDiffOfModelsFromJSON(t *testing.T) {
	a, b := readModel(t, "spend"), readModel(t, "join")
	diff := DiffModels(a, b)
	text, err := RenderJSON(a)
	if err != nil {
		t.Fatal(err)
	}
	read, err := ReadModel(text)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := json.Marshal(diff)
	got, _ := json.Marshal(DiffModels(read, b))
	if !reflect.DeepEqual(want, got) {
		t.Errorf("the difference to a plan from a file is another one:\n%s\n%s", want, got)
	}
}
