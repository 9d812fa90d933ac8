package topology

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"
)

// parseJob reads the notation of testdata/flink/chains.txt. Sources that nothing
// reads are left out, as Flink leaves them out.
func parseJob(t testing.TB, d *datadriven.TestData) (*Graph, []int) {
	g := &Graph{Mode: Stream, NoChaining: d.HasArg("nochaining")}
	place := map[string]NodeID{}
	var shown []int
	for line := range strings.Lines(d.Input) {
		f := strings.Fields(line)
		index := strings.TrimPrefix(f[0], "n")
		n := &Node{Kind: KindCalc, Name: f[0], Chaining: Chaining(f[2]), SlotGroup: f[3], Columns: []Column{{"k", "BIGINT"}}}
		if len(f) == 4 {
			n.Kind = KindSource
			if !strings.Contains(d.Input, " "+index+":") {
				continue
			}
		}
		fmt.Sscanf(f[1], "p%d", &n.Parallelism)
		place[index] = g.Add(n)
		shown = append(shown, atoi(t, index))
		for i, in := range f[4:] {
			from, p, _ := strings.Cut(in, ":")
			e := &Edge{From: place[from], To: n.ID, Input: i, Partitioner: Partitioner(p)}
			if e.Partitioner == Hash {
				e.HashKeys = []int{0}
			}
			g.Connect(e)
		}
	}
	return g, shown
}

func atoi(t testing.TB, s string) (i int) {
	if _, err := fmt.Sscan(s, &i); err != nil {
		t.Fatal(err)
	}
	return i
}

func TestChainsAreFlinks(t *testing.T) {
	datadriven.RunTest(t, "testdata/flink/chains.txt", func(t *testing.T, d *datadriven.TestData) string {
		g, shown := parseJob(t, d)
		j, err := NewJobGraph(g)
		if err != nil {
			t.Fatal(err)
		}
		var chains []string
		for _, v := range j.Vertices {
			ids := make([]int, len(v.Nodes))
			for i, id := range v.Nodes {
				ids[i] = shown[id]
			}
			slices.Sort(ids)
			chains = append(chains, strings.ReplaceAll(strings.Trim(fmt.Sprint(ids), "[]"), " ", ","))
		}
		slices.SortFunc(chains, func(a, b string) int {
			return atoi(t, strings.Split(a, ",")[0]) - atoi(t, strings.Split(b, ",")[0])
		})
		return fmt.Sprintf("%s\nslots %d edges %d\n", strings.Join(chains, " | "), j.Slots(), len(j.Edges))
	})
}

// Every node is in one vertex, every edge is either inside one or between two, and
// what the executor relies on holds of a chain.
func TestChainsCoverTheGraph(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := randomScript(t, 15)
		for _, n := range g.Nodes {
			n.Chaining = rapid.SampledFrom([]Chaining{"", ChainAlways, ChainHead, ChainNever}).Draw(t, "chaining")
			n.MaxParallelism = rapid.SampledFrom([]int{0, 0, 64}).Draw(t, "max")
			if rapid.Bool().Draw(t, "stateful") {
				n.State = &StateSchema{Fingerprint: "f"}
			}
		}
		j, err := NewJobGraph(g)
		if err != nil {
			t.Fatal(err)
		}
		nodes, edges := map[NodeID]bool{}, map[*Edge]bool{}
		for i, v := range j.Vertices {
			for k, id := range v.Nodes {
				if nodes[id] || j.OfNode[id] != i {
					t.Fatalf("node %d is in vertex %d and %d", id, i, j.OfNode[id])
				}
				nodes[id] = true
				if n := g.Nodes[id]; n.State != nil && n.KeyGroups() != v.KeyGroups {
					t.Fatalf("vertex %d has %d key groups, node %d has %d", i, v.KeyGroups, id, n.KeyGroups())
				}
				if k > 0 && (v.Inner[k-1].To != id || !slices.Contains(v.Nodes[:k], v.Inner[k-1].From)) {
					t.Fatalf("vertex %d: node %d does not follow the one that feeds it", i, id)
				}
			}
			for _, e := range v.Inner {
				edges[e] = true
				if j.ChainBreak(e) != "" {
					t.Fatalf("chained edge has a break: %s", j.ChainBreak(e))
				}
			}
		}
		for _, e := range j.Edges {
			if edges[e.Edge] || e.FromVertex >= e.ToVertex || j.Vertices[e.ToVertex].Head() != e.To {
				t.Fatalf("edge %d → %d is chained twice, runs back, or misses the head", e.From, e.To)
			}
			if j.ChainBreak(e.Edge) == "" {
				t.Fatalf("edge %d → %d is not chained and no reason is given", e.From, e.To)
			}
			edges[e.Edge] = true
		}
		if len(nodes) != len(g.Nodes) || len(edges) != len(g.Edges) {
			t.Fatalf("%d of %d nodes, %d of %d edges", len(nodes), len(g.Nodes), len(edges), len(g.Edges))
		}
	})
}
