package topology

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/weir-sql/weir/planner/diag"
	"pgregory.net/rapid"
)

// script builds graphs the way a planner does, for tests about uids: each call
// appends a node; names of inputs are node pointers.
type script struct {
	g    *Graph
	line int
}

func (s *script) add(kind Kind, identity, meaning string, inputs ...*Node) *Node {
	if s.g == nil {
		s.g = &Graph{Mode: Stream}
	}
	s.line++
	n := &Node{Kind: kind, Name: string(kind), Identity: identity, Meaning: meaning, Parallelism: 1, Span: diag.Span{Start: s.line * 10, End: s.line*10 + 5}}
	s.g.Add(n)
	for i, in := range inputs {
		s.g.Connect(&Edge{From: in.ID, To: n.ID, Input: i, Partitioner: Forward})
	}
	return n
}

func (s *script) assign(t interface{ Fatal(...any) }) *Graph {
	if err := s.g.AssignUIDs(); err != nil {
		t.Fatal(err)
	}
	if err := s.g.Validate(); err != nil {
		t.Fatal(err)
	}
	return s.g
}

// spend is the script of the demo: orders → calc → lookup → agg → sink.
func (s *script) spend(calcs int, aggMeaning string) (agg *Node) {
	at := s.add(KindSource, "orders", "orders(*)")
	for i := range calcs {
		at = s.add(KindCalc, "", fmt.Sprintf("status%d", i), at)
	}
	lookup := s.add(KindLookupJoin, "orders.user_id=users.id", "users", at)
	agg = s.add(KindWindowAgg, "orders.city TUMBLE 10m", aggMeaning, lookup)
	s.add(KindSink, "spend_by_city", "", agg)
	return agg
}

func uids(g *Graph, kinds ...Kind) []string {
	var out []string
	for _, n := range g.Nodes {
		if len(kinds) == 0 || slices.Contains(kinds, n.Kind) {
			out = append(out, n.UID)
		}
	}
	return out
}

func TestUIDSurvivesUnrelatedEdits(t *testing.T) {
	before := &script{}
	before.spend(1, "SUM(amount)")
	want := uids(before.assign(t))

	edits := map[string]func(s *script){
		"another insert in front": func(s *script) {
			n := s.add(KindSource, "payments", "payments(*)")
			s.add(KindSink, "copy", "", s.add(KindGroupAgg, "payments.id", "COUNT(*)", n))
			s.spend(1, "SUM(amount)")
		},
		"another insert behind, same key": func(s *script) {
			agg := s.spend(1, "SUM(amount)")
			lookup := s.g.Nodes[agg.ID-1]
			other := s.add(KindWindowAgg, "orders.city TUMBLE 10m", "MAX(amount)", lookup)
			s.add(KindSink, "max_by_city", "", other)
		},
		"other aggregate":  func(s *script) { s.spend(1, "MAX(amount)") },
		"one more filter":  func(s *script) { s.spend(2, "SUM(amount)") },
		"higher in script": func(s *script) { s.line = 500; s.spend(1, "SUM(amount)") },
	}
	for name, edit := range edits {
		s := &script{}
		edit(s)
		got := uids(s.assign(t))
		for i, uid := range want {
			if !slices.Contains(got, uid) {
				t.Errorf("%s: uid %s of %s is gone; now %v", name, uid, before.g.Nodes[i].Name, got)
			}
		}
	}
}

// A new INSERT that stands first takes over the uid of what it shares with a later
// one; the former uid must remain as an alias so that nothing is lost.
func TestUIDAliasOfSharedOperator(t *testing.T) {
	before := &script{}
	before.spend(1, "SUM(amount)")
	old := before.assign(t).Nodes[3].UID

	s := &script{}
	src := s.add(KindSource, "orders", "orders(*)")
	agg := s.add(KindWindowAgg, "orders.city TUMBLE 10m", "SUM(amount)", src)
	s.add(KindSink, "archive", "", agg)
	s.add(KindSink, "spend_by_city", "", agg)
	g := s.assign(t)
	if agg.UID == old || !contains(agg.Aliases, old) {
		t.Fatalf("uid %s, aliases %v: want the former uid %s among the aliases", agg.UID, agg.Aliases, old)
	}
	if n, err := g.Find(old); err != nil || n != agg {
		t.Errorf("Find(%q) = %v, %v", old, n, err)
	}
}

func TestUIDTwins(t *testing.T) {
	s := &script{}
	src := s.add(KindSource, "orders", "orders(*)")
	a := s.add(KindGroupAgg, "orders.city", "SUM(a)", src)
	b := s.add(KindGroupAgg, "orders.city", "SUM(b)", src)
	s.add(KindSink, "out", "", s.add(KindUnion, "", "", b, a))
	s.assign(t)
	if a.UID != b.UID+"-2" {
		t.Errorf("left branch %s, right branch %s: want the right one counted second", b.UID, a.UID)
	}
}

func TestUIDSetByHandStays(t *testing.T) {
	s := &script{}
	agg := s.spend(0, "SUM(amount)")
	agg.UID = "join-op-7"
	if s.assign(t); agg.UID != "join-op-7" {
		t.Errorf("uid became %s", agg.UID)
	}
}

func TestAssignUIDsRefusesCycle(t *testing.T) {
	s := &script{}
	a := s.add(KindCalc, "", "")
	b := s.add(KindCalc, "", "", a)
	s.g.Connect(&Edge{From: b.ID, To: a.ID, Partitioner: Forward})
	if err := s.g.AssignUIDs(); err == nil || !strings.Contains(err.Error(), "feeds itself") {
		t.Errorf("got %v", err)
	}
}

// randomScript draws an acyclic graph with shared subplans, twins and several sinks.
func randomScript(t *rapid.T, maxNodes int) *Graph {
	s := &script{}
	text := rapid.SampledFrom([]string{"", "", "k1", "k2", "k3"})
	var open []*Node
	for i := range rapid.IntRange(1, 4).Draw(t, "sources") {
		open = append(open, s.add(KindSource, fmt.Sprintf("t%d", i%3), ""))
	}
	kinds := []Kind{KindCalc, KindGroupAgg, KindJoin, KindUnion, KindTopN}
	for range rapid.IntRange(0, maxNodes).Draw(t, "operators") {
		kind := rapid.SampledFrom(kinds).Draw(t, "kind")
		inputs := []*Node{rapid.SampledFrom(open).Draw(t, "in")}
		if kind == KindJoin || kind == KindUnion {
			inputs = append(inputs, rapid.SampledFrom(open).Draw(t, "in2"))
		}
		open = append(open, s.add(kind, text.Draw(t, "identity"), text.Draw(t, "meaning"), inputs...))
	}
	for i, n := range open {
		if len(s.g.Outputs(n.ID)) == 0 || rapid.IntRange(0, 9).Draw(t, "tapped") == 0 {
			s.add(KindSink, fmt.Sprintf("out%d", i), "", n)
		}
	}
	return s.g
}

// permuted returns the graph with its nodes and edges added in another order.
func permuted(t *rapid.T, g *Graph) (*Graph, []NodeID) {
	p := &Graph{Mode: g.Mode, Script: g.Script}
	place := make([]NodeID, len(g.Nodes))
	for _, i := range rapid.Permutation(seq(len(g.Nodes))).Draw(t, "nodes") {
		n := *g.Nodes[i]
		n.UID, n.Aliases = "", nil
		place[i] = p.Add(&n)
	}
	for _, i := range rapid.Permutation(seq(len(g.Edges))).Draw(t, "edges") {
		e := *g.Edges[i]
		e.From, e.To = place[e.From], place[e.To]
		p.Connect(&e)
	}
	return p, place
}

func seq(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}

func TestUIDIgnoresInsertionOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := randomScript(t, 12)
		p, place := permuted(t, g)
		for _, graph := range []*Graph{g, p} {
			if err := graph.AssignUIDs(); err != nil {
				t.Fatal(err)
			}
			if err := graph.Validate(); err != nil {
				t.Fatal(err)
			}
		}
		for i, n := range g.Nodes {
			m := p.Nodes[place[i]]
			if n.UID != m.UID || !slices.Equal(n.Aliases, m.Aliases) {
				t.Fatalf("%s: uid %s %v, with nodes added in another order %s %v", n.Name, n.UID, n.Aliases, m.UID, m.Aliases)
			}
		}
	})
}
