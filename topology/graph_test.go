package topology

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestChangelogMode(t *testing.T) {
	for m, want := range map[ChangelogMode][2]string{
		0: {"?", ""}, Insert: {"+I", "I"}, Upsert: {"+I +U −D", "I,UA,D"}, Retract: {"+I −U +U −D", "I,UB,UA,D"},
		Insert | UpdateBefore | UpdateAfter: {"+I −U +U", "I,UB,UA"},
	} {
		text, err := m.MarshalText()
		if m.String() != want[0] || string(text) != want[1] || err != nil {
			t.Errorf("mode %d prints as %q and %q", m, m, text)
		}
		var back ChangelogMode
		if err := back.UnmarshalText(text); err != nil || back != m {
			t.Errorf("%q reads as %v, %v", text, back, err)
		}
	}
	if Insert.Updating() || !Upsert.Updating() || !Retract.Has(Upsert) || Upsert.Has(Retract) {
		t.Error("Updating or Has")
	}
}

// Flink's KeyGroupRangeAssignment.computeDefaultMaxParallelism.
func TestDefaultMaxParallelism(t *testing.T) {
	for p, want := range map[int]int{1: 128, 2: 128, 85: 128, 86: 256, 128: 256, 171: 256, 1000: 2048, 30000: 32768} {
		if got := DefaultMaxParallelism(p); got != want {
			t.Errorf("DefaultMaxParallelism(%d) = %d, want %d", p, got, want)
		}
	}
}

func TestTopo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, _ := permuted(t, randomScript(t, 15))
		order, err := g.Topo()
		if err != nil {
			t.Fatal(err)
		}
		at := make([]int, len(g.Nodes))
		for i, id := range order {
			at[id] = i
		}
		for _, e := range g.Edges {
			if at[e.From] >= at[e.To] {
				t.Fatalf("%d stands before its input %d", e.To, e.From)
			}
		}
		if again, _ := g.Topo(); len(order) != len(g.Nodes) || !slices.Equal(order, again) {
			t.Fatal("not stable or not whole")
		}
	})
}

func TestClone(t *testing.T) {
	g := readGraph(t, "join")
	before, _ := RenderJSON(modelOf(t, g))
	c := g.Clone()
	if !reflect.DeepEqual(g, c) {
		t.Fatal("the clone differs")
	}
	for _, n := range c.Nodes {
		n.Name += "x"
		for _, list := range [][]string{n.Keys, n.Detail, n.Aliases} {
			for i := range list {
				list[i] = "x"
			}
		}
		for i := range n.Columns {
			n.Columns[i].Name = "x"
		}
		for i := range n.Props {
			n.Props[i].Value = "x"
		}
		for i := range n.StateTTL {
			n.StateTTL[i] = 1
		}
		for _, k := range n.UpsertKeys {
			k[0] = 0
		}
		if n.State != nil {
			n.State.Fields[0].Name, n.State.KeyTypes[0] = "x", "x"
		}
	}
	for _, e := range c.Edges {
		e.Partitioner = Global
		for _, list := range [][]int{e.HashKeys, e.Required.Keys, e.UpsertKey} {
			for i := range list {
				list[i] = 0
			}
		}
	}
	if after, _ := RenderJSON(modelOf(t, g)); string(before) != string(after) {
		t.Error("changing the clone changed the graph")
	}
}

func TestFind(t *testing.T) {
	g := readGraph(t, "spend")
	agg := g.Nodes[3]
	for _, name := range []string{"agg-city", "AGG-City", agg.UID, agg.UID[:len(agg.UID)-4]} {
		if n, err := g.Find(name); err != nil || n != agg {
			t.Errorf("Find(%q) = %v, %v", name, n, err)
		}
	}
	for name, want := range map[string]string{
		"agg-ctiy":    `operator "agg-ctiy" not found in the graph of sql/spend.sql (hint: did you mean "agg-city"?)`,
		"":            `operators: orders, calc, lookup-users, agg-city, spend_by_city`,
		"x\x1b[31m":   `operator "x` + "�" + `[31m" not found`,
		"window-agg-": `not found`,
	} {
		if n, err := g.Find(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Find(%q) = %v, %v; want %s", name, n, err, want)
		}
	}
}

func TestAddNumbersNames(t *testing.T) {
	g := &Graph{}
	var names []string
	for range 3 {
		names = append(names, g.Node(g.Add(&Node{Kind: KindCalc})).Name)
	}
	if !slices.Equal(names, []string{"calc", "calc-2", "calc-3"}) {
		t.Error(names)
	}
}

func TestValidate(t *testing.T) {
	cases := map[string]struct {
		spoil func(g *Graph)
		want  string
	}{
		"id":                {func(g *Graph) { g.Nodes[1].ID = 7 }, "has id 7 at place 1"},
		"kind":              {func(g *Graph) { g.Nodes[1].Kind = "" }, "has no kind"},
		"name twice":        {func(g *Graph) { g.Nodes[1].Name = "orders" }, `operator name "orders" is empty or taken`},
		"uid twice":         {func(g *Graph) { g.Nodes[1].UID = g.Nodes[0].UID }, "is taken"},
		"uid is an alias":   {func(g *Graph) { g.Nodes[1].Aliases = []string{g.Nodes[0].UID} }, "is taken"},
		"parallelism":       {func(g *Graph) { g.Nodes[1].Parallelism = 0 }, "has parallelism 0"},
		"max parallelism":   {func(g *Graph) { g.Nodes[3].MaxParallelism = 1 }, "parallelism 2 above its max parallelism 1"},
		"max out of range":  {func(g *Graph) { g.Nodes[3].MaxParallelism = 40000 }, "outside 1 to 32768"},
		"chaining":          {func(g *Graph) { g.Nodes[3].Chaining = "often" }, `has chaining "often"`},
		"upsert key":        {func(g *Graph) { g.Nodes[3].UpsertKeys = [][]int{{9}} }, "is outside its 4 columns"},
		"dangling edge":     {func(g *Graph) { g.Edges[0].To = 9 }, "joins operators outside 0…4"},
		"negative edge":     {func(g *Graph) { g.Edges[0].From = -1 }, "joins operators outside 0…4"},
		"partitioner":       {func(g *Graph) { g.Edges[0].Partitioner = "magic" }, `has partitioner "magic"`},
		"forward":           {func(g *Graph) { g.Nodes[0].Parallelism = 3 }, "is forward but joins parallelism 3 to 2"},
		"hash without key":  {func(g *Graph) { g.Edges[1].HashKeys = nil }, "is hash with 0 hash keys"},
		"key without hash":  {func(g *Graph) { g.Edges[0].HashKeys = []int{0} }, "is forward with 1 hash keys"},
		"hash key":          {func(g *Graph) { g.Edges[1].HashKeys = []int{99} }, "has keys [99] outside the 3 columns"},
		"required key":      {func(g *Graph) { g.Edges[1].Required.Keys = []int{-1} }, "has keys [-1] outside"},
		"sink feeds":        {func(g *Graph) { g.Nodes[1].Kind = KindSink }, `sink "calc" feeds "lookup-users"`},
		"source with input": {func(g *Graph) { g.Nodes[1].Kind = KindSource }, `source "calc" has an input`},
		"no input":          {func(g *Graph) { g.Nodes[0].Kind = KindCalc }, `operator "orders" has no input`},
		"input numbers":     {func(g *Graph) { g.Edges[0].Input = 1 }, "inputs of operator \"calc\" are not numbered 0 to 0"},
		"cycle":             {func(g *Graph) { g.Connect(&Edge{From: 3, To: 1, Input: 1, Partitioner: Forward}) }, "feeds itself"},
	}
	for name, c := range cases {
		g := readGraph(t, "spend")
		if err := g.Validate(); err != nil {
			t.Fatal(err)
		}
		c.spoil(g)
		if err := g.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
		if _, err := NewModel(g); err == nil {
			t.Errorf("%s: NewModel accepts the graph", name)
		}
	}
}
