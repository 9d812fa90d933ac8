package topology

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
	"github.com/goccy/go-yaml"
	"github.com/weir-sql/weir/planner/diag"
	"pgregory.net/rapid"
)

func TestOverlay(t *testing.T) {
	datadriven.Walk(t, "testdata/overlay", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "apply":
				return applyCase(t, d.Input)
			case "parse":
				src := diag.Source{Name: "x.topology.yaml", Text: d.Input + "\n"}
				o, problems := ParseOverlay(src)
				if len(problems) > 0 {
					return printAll(src, problems)
				}
				return fmt.Sprintf("%+v\n", o.Entries)
			}
			return editCase(t, d)
		})
	})
}

func applyCase(t *testing.T, input string) string {
	graph, text, _ := strings.Cut(input, "====\n")
	g := parseGraph(t, graph)
	before := g.Clone()
	src := diag.Source{Name: "x.topology.yaml", Text: text + "\n"}
	o, problems := ParseOverlay(src)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	edited, problems := o.Apply(g)
	if !reflect.DeepEqual(g, before) {
		t.Fatal("the graph itself changed")
	}
	out := printAll(src, problems)
	if edited == nil {
		return out
	}
	diff, err := Diff(g, edited.Graph)
	if err != nil {
		t.Fatal(err)
	}
	out += RenderDiffText(diff, Options{})
	for _, f := range edited.Follows {
		out += fmt.Sprintf("follows: input %d of %s %s → %s, as %s\n", f.Edge.Input, edited.Graph.Nodes[f.Edge.To].Name, f.Old, f.New, f.Why)
	}
	return out
}

func editCase(t *testing.T, d *datadriven.TestData) string {
	o, problems := ParseOverlay(diag.Source{Name: "x", Text: strings.TrimSuffix(d.Input+"\n", "\n")})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	key := d.CmdArgs[0].String()
	if d.Cmd == "unset" {
		var fields []string
		for _, a := range d.CmdArgs[1:] {
			fields = append(fields, a.Vals...)
		}
		o, problems = o.Unset(key, fields...)
	} else {
		name, edit := editOf(t, d.CmdArgs[1:])
		o, problems = o.Set(key, name, edit)
	}
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return o.Source.Text
}

func editOf(t *testing.T, args []datadriven.CmdArg) (name string, e NodeEdit) {
	for _, a := range args {
		switch value := strings.Join(a.Vals, ","); a.Key {
		case "name":
			name = value
		case "uid":
			e.UID = value
		case "parallelism":
			e.Parallelism = atoi(t, value)
		case "chaining":
			e.Chaining = Chaining(value)
		case "group":
			e.SlotGroup = value
		case "ttl":
			for s := range strings.SplitSeq(value, ",") {
				d, err := time.ParseDuration(strings.Trim(s, "( )"))
				if err != nil {
					t.Fatal(err)
				}
				e.StateTTL = append(e.StateTTL, d)
			}
		case "in", "in1":
			in, err := ParseExchange(value)
			if err != nil {
				t.Fatal(err)
			}
			if a.Key == "in1" {
				in.Input = 1
			}
			e.Inputs = append(e.Inputs, in)
		}
	}
	return name, e
}

func printAll(src diag.Source, problems diag.List) (out string) {
	for _, p := range problems.Sorted() {
		out += diag.Print(src, p)
	}
	return out
}

// randomEdit wants things that are sometimes legal.
func randomEdit(t *rapid.T, g *Graph, id NodeID) NodeEdit {
	var e NodeEdit
	e.Parallelism = rapid.SampledFrom([]int{0, 0, 1, 2, 4, 300}).Draw(t, "parallelism")
	e.MaxParallelism = rapid.SampledFrom([]int{0, 0, 2, 256}).Draw(t, "max")
	e.Chaining = rapid.SampledFrom([]Chaining{"", ChainNever, ChainHead}).Draw(t, "chaining")
	e.SlotGroup = rapid.SampledFrom([]string{"", "a b", "true", "8", "it's # odd: text"}).Draw(t, "group")
	for i := range g.Inputs(id) {
		if rapid.IntRange(0, 2).Draw(t, "edit input") == 0 {
			in := EdgeEdit{Input: i, Partitioner: rapid.SampledFrom(Partitioners).Draw(t, "partitioner")}
			if in.Partitioner == Hash && rapid.Bool().Draw(t, "keys") {
				in.Keys = []string{rapid.SampledFrom([]string{"k", "v", "nothing"}).Draw(t, "key")}
			}
			e.Inputs = append(e.Inputs, in)
		}
	}
	if g.Nodes[id].State != nil && rapid.Bool().Draw(t, "ttl") {
		e.StateTTL = []time.Duration{time.Duration(rapid.IntRange(0, 100).Draw(t, "ttl")) * time.Hour}
	}
	return e
}

// keyedScript is a random graph with keys, state and updates as a planner makes it.
func keyedScript(t *rapid.T) *Graph {
	g := randomScript(t, 8)
	order, err := g.Topo()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range order {
		n := g.Nodes[id]
		n.Columns = []Column{{"k", "BIGINT"}, {"v", "BIGINT"}}
		n.Parallelism = rapid.SampledFrom([]int{2, 2, 4}).Draw(t, "p")
		n.Changelog = InsertOnly
		keyed := n.Kind == KindGroupAgg || n.Kind == KindJoin
		if keyed {
			n.Keys, n.State, n.Changelog = []string{"k"}, NewStateSchema([]string{"BIGINT"}, nil), Retract
			n.UpsertKeys = [][]int{{0}}
		}
		if n.Kind == KindTopN {
			n.Parallelism, n.State, n.Changelog = 1, NewStateSchema(nil, nil), Retract
		}
		for _, e := range g.Inputs(id) {
			from := g.Nodes[e.From]
			e.Changelog = from.Changelog
			if len(from.UpsertKeys) > 0 {
				e.UpsertKey = from.UpsertKeys[0]
			}
			switch {
			case keyed:
				e.Partitioner, e.HashKeys = Hash, []int{0}
				e.Required = Distribution{HashDistributed, []int{0}}
			case n.Kind == KindTopN:
				e.Partitioner, e.Required = Global, Distribution{Kind: Singleton}
			case from.Changelog.Updating():
				n.Changelog, n.UpsertKeys = from.Changelog, from.UpsertKeys
				if e.Partitioner = Global; e.UpsertKey != nil {
					e.Partitioner, e.HashKeys = Hash, []int{0}
				}
			default:
				e.Partitioner = Rebalance
			}
			if e.Partitioner != Hash && e.Partitioner != Global && from.Parallelism == n.Parallelism {
				e.Partitioner, e.HashKeys = Forward, nil
			}
		}
	}
	if err := g.AssignUIDs(); err != nil {
		t.Fatal(err)
	}
	if err := g.Validate(); err != nil {
		t.Fatal(err)
	}
	return g
}

// Whatever is asked for, either it is refused, or every wish is in the graph, every
// exchange is legal, and what else changed is said.
func TestApplyKeepsRowsRight(t *testing.T) {
	applied := 0
	rapid.Check(t, func(t *rapid.T) {
		g := keyedScript(t)
		var edits []Edit
		for _, n := range g.Nodes {
			if rapid.IntRange(0, 3).Draw(t, "edit") == 0 {
				edits = append(edits, Edit{Node: n.ID, NodeEdit: randomEdit(t, g, n.ID)})
			}
		}
		edited, problems := g.Apply(edits)
		if problems.HasErrors() {
			if edited != nil {
				t.Fatal("refused and applied")
			}
			return
		}
		applied++
		for _, e := range edited.Graph.Edges {
			if why := edited.Graph.illegal(e, true); why != "" {
				t.Fatalf("%s → %s: %s", edited.Graph.Nodes[e.From].Name, edited.Graph.Nodes[e.To].Name, why)
			}
		}
		checkWishes(t, g, edited, edits)
	})
	if applied < 10 {
		t.Errorf("only %d edits were legal", applied)
	}
}

func checkWishes(t *rapid.T, g *Graph, edited *Edited, edits []Edit) {
	asked := map[[2]int]bool{}
	for _, e := range edits {
		n := edited.Graph.Nodes[e.Node]
		if (e.Parallelism != 0 && n.Parallelism != e.Parallelism) || (e.MaxParallelism != 0 && n.MaxParallelism != e.MaxParallelism) ||
			(e.Chaining != "" && n.Chaining != e.Chaining) || (e.SlotGroup != "" && n.SlotGroup != e.SlotGroup) ||
			(e.StateTTL != nil && n.TTL(0) != e.StateTTL[0]) {
			t.Fatalf("%+v of %s was dropped: %+v", e, n.Name, n)
		}
		for _, in := range e.Inputs {
			asked[[2]int{int(e.Node), in.Input}] = true
			if got := edited.Graph.Inputs(e.Node)[in.Input]; got.Partitioner != in.Partitioner {
				t.Fatalf("input %d of %s is %s, asked for %s", in.Input, n.Name, got.Partitioner, in.Partitioner)
			}
		}
	}
	for i, e := range edited.Graph.Edges {
		changed := edited.Graph.exchangeText(e) != g.exchangeText(g.Edges[i])
		said := slices.ContainsFunc(edited.Follows, func(f Follow) bool { return f.Edge == e })
		if !asked[[2]int{int(e.To), e.Input}] && changed != said {
			t.Fatalf("exchange of %d → %d: changed %t, said %t", e.From, e.To, changed, said)
		}
	}
}

// An edit written to a file and read back is the same wish, other YAML readers see
// the same, and no other line of the file is touched.
func TestSetRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := keyedScript(t)
		text := "# head\nversion: 1 # one\n\noperators:\n  # about m\n  m/x[1]:   # here\n    slotGroup: 'q'  # grp\n\n  # foot\n"
		if rapid.Bool().Draw(t, "windows") {
			text = strings.ReplaceAll(text, "\n", "\r\n")
		}
		o, _ := ParseOverlay(diag.Source{Name: "x", Text: text})
		want := map[string]NodeEdit{"m/x[1]": {SlotGroup: "q"}}
		for _, n := range g.Nodes {
			e := randomEdit(t, g, n.ID)
			if reflect.DeepEqual(e, NodeEdit{}) {
				continue
			}
			key := n.UID + rapid.SampledFrom([]string{"", " # x", ": y", "[a, b]#2"}).Draw(t, "suffix")
			var problems diag.List
			if o, problems = o.Set(key, n.Name, e); len(problems) > 0 {
				t.Fatal(problems)
			}
			want[key] = e
		}
		got := map[string]NodeEdit{}
		for _, e := range o.Entries {
			got[e.Key] = e.Edit
		}
		if !reflect.DeepEqual(want, got) {
			t.Fatalf("wanted %+v\nread %+v\n%s", want, got, o.Source.Text)
		}
		for line := range strings.Lines(text) {
			if !strings.Contains(o.Source.Text, line) {
				t.Fatalf("line %q is gone:\n%s", line, o.Source.Text)
			}
		}
		checkOtherReader(t, o)
		for key := range want {
			o, _ = o.Unset(key)
		}
		if len(o.Entries) != 0 {
			t.Fatalf("left over: %+v", o.Entries)
		}
	})
}

func checkOtherReader(t *rapid.T, o *Overlay) {
	var other struct {
		Version   int
		Operators map[string]map[string]any
	}
	if err := yaml.Unmarshal([]byte(o.Source.Text), &other); err != nil {
		t.Fatalf("%v\n%s", err, o.Source.Text)
	}
	if other.Version != 1 || len(other.Operators) != len(o.Entries) {
		t.Fatalf("another reader sees %+v in\n%s", other, o.Source.Text)
	}
	for _, e := range o.Entries {
		op := other.Operators[e.Key]
		if e.Edit.SlotGroup != "" && op["slotGroup"] != e.Edit.SlotGroup {
			t.Fatalf("slot group of %q reads as %#v", e.Key, op["slotGroup"])
		}
		if p := e.Edit.Parallelism; p != 0 && fmt.Sprint(op["parallelism"]) != fmt.Sprint(p) {
			t.Fatalf("parallelism of %q reads as %#v", e.Key, op["parallelism"])
		}
	}
}

func TestAnchorsAreUnique(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := randomScript(t, 12)
		if err := g.AssignUIDs(); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for id, a := range g.Anchors() {
			if seen[a] {
				t.Fatalf("anchor %q twice", a)
			}
			seen[a] = true
			if n, err := g.Attach(a, ""); err != nil || n.ID != NodeID(id) {
				t.Fatalf("anchor %q attaches to %v, %v", a, n, err)
			}
		}
	})
}

func FuzzParseOverlay(f *testing.F) {
	f.Add("version: 1\noperators:\n  a:\n    parallelism: 2 # x\n    in: hash[a, b]\n    stateTTL:\n      0: 1d\n")
	f.Add(overlayHeader)
	f.Add("version: 1\noperators:\n  'it''s': \n    slotGroup: \"\\u0041\"\n    resources:\n      cpu: 0.5\n")
	f.Fuzz(func(t *testing.T, text string) {
		src := diag.Source{Name: "x", Text: text}
		o, problems := ParseOverlay(src)
		for _, p := range problems {
			if p.Span.Start < 0 || p.Span.End > len(text) || p.Span.Start > p.Span.End {
				t.Fatalf("%v at %v of %d bytes", p, p.Span, len(text))
			}
		}
		if problems.HasErrors() {
			return
		}
		set, problems := o.Set("zz", "n", NodeEdit{Parallelism: 3, Inputs: []EdgeEdit{{Partitioner: Hash, Keys: []string{"k"}}}})
		if len(problems) > 0 {
			t.Fatalf("after Set: %v\n%s", problems, set.Source.Text)
		}
		for _, e := range o.Entries {
			if e.Key != "zz" && !slices.ContainsFunc(set.Entries, func(s OverlayEntry) bool { return s.Key == e.Key && reflect.DeepEqual(s.Edit, e.Edit) }) {
				t.Fatalf("Set of zz changed %q:\n%s\n----\n%s", e.Key, text, set.Source.Text)
			}
		}
	})
}
