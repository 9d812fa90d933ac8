package topology

import (
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// randomLayout draws boxes and edges between them: parts that are not connected,
// fans, long edges, several edges between two boxes.
func randomLayout(t *rapid.T) ([]layoutNode, []layoutEdge, layoutStyle) {
	style := rapid.SampledFrom([]layoutStyle{dagStyle, svgStyle}).Draw(t, "style")
	scale := style.track
	n := rapid.IntRange(1, 25).Draw(t, "nodes")
	nodes := make([]layoutNode, n)
	var edges []layoutEdge
	for i := range nodes {
		nodes[i].h = rapid.IntRange(2, 6).Draw(t, "h") * scale
		inputs := 0
		if i > 0 {
			inputs = rapid.IntRange(0, 3).Draw(t, "inputs")
		}
		for k := range inputs {
			edges = append(edges, layoutEdge{rapid.IntRange(0, i-1).Draw(t, "from"), i, k})
			nodes[i].labels = append(nodes[i].labels, rapid.IntRange(0, 12).Draw(t, "label")*scale)
		}
		nodes[i].w = max(style.labelRoom(nodes[i].labels), rapid.IntRange(6, 30).Draw(t, "w")*scale)
	}
	if rapid.Bool().Draw(t, "bounded") {
		style.maxWidth = rapid.IntRange(60, 200).Draw(t, "maxWidth") * scale
	}
	return nodes, edges, style
}

func (r rect) overlaps(o rect, gap int) bool {
	return r.x < o.x+o.w+gap && o.x < r.x+r.w+gap && r.y < o.y+o.h && o.y < r.y+r.h
}

func TestLayoutHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes, edges, style := randomLayout(t)
		l := layoutGraph(nodes, edges, style)
		if again := layoutGraph(nodes, edges, style); !reflect.DeepEqual(l, again) {
			t.Fatal("a second run gives another layout")
		}
		for i, a := range l.boxes {
			if a.w != nodes[i].w || a.h != nodes[i].h {
				t.Fatalf("box %d is %v, not %d × %d", i, a, nodes[i].w, nodes[i].h)
			}
			if a.x < 0 || a.y < 0 || a.x+a.w > l.width || a.y+a.h > l.height {
				t.Fatalf("box %d %v lies outside %d × %d", i, a, l.width, l.height)
			}
			for j, b := range l.boxes[:i] {
				if a.overlaps(b, style.gapX) {
					t.Fatalf("boxes %d %v and %d %v are too near", i, a, j, b)
				}
			}
		}
		for i, e := range edges {
			checkRoute(t, l, e, l.routes[i])
			label, to := l.labels[i], l.boxes[e.to]
			if label.w > 0 && (label.x < to.x || label.x+label.w > to.x+to.w || label.y+label.h != to.y) {
				t.Fatalf("label %v is not above its box %v", label, to)
			}
			for j, other := range l.labels[:i] {
				if label.w > 0 && other.w > 0 && label.overlaps(other, 0) {
					t.Fatalf("labels of edges %d %v and %d %v overlap", i, label, j, other)
				}
			}
		}
	})
}

func checkRoute(t *rapid.T, l *layoutResult, e layoutEdge, route []point) {
	from, to := l.boxes[e.from], l.boxes[e.to]
	first, last := route[0], route[len(route)-1]
	if first.y != from.y+from.h || first.x <= from.x || first.x >= from.x+from.w-1 {
		t.Fatalf("edge %v begins at %v, its box is %v", e, first, from)
	}
	if last.y != to.y || last.x <= to.x || last.x >= to.x+to.w-1 {
		t.Fatalf("edge %v ends at %v, its box is %v", e, last, to)
	}
	for i := 1; i < len(route); i++ {
		a, b := route[i-1], route[i]
		if (a.x == b.x) == (a.y == b.y) || b.y < a.y {
			t.Fatalf("edge %v goes from %v to %v", e, a, b)
		}
		run := rect{min(a.x, b.x), a.y, max(a.x, b.x) - min(a.x, b.x) + 1, b.y - a.y}
		if a.y == b.y {
			run.h = 1
		}
		for j, box := range l.boxes {
			if run.overlaps(box, 0) {
				t.Fatalf("edge %v runs through box %d %v from %v to %v", e, j, box, a, b)
			}
		}
	}
}

// Runs of different producers may cross, never lie on each other: one could not
// tell them apart.
func TestLayoutRunsDoNotCoincide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes, edges, style := randomLayout(t)
		l := layoutGraph(nodes, edges, style)
		type unit struct {
			x, y int
			down bool
		}
		owner := map[unit]int{}
		for i, e := range edges {
			for k := 1; k < len(l.routes[i]); k++ {
				a, b := l.routes[i][k-1], l.routes[i][k]
				for x := min(a.x, b.x); x < max(a.x, b.x); x++ {
					claim(t, owner, unit{x, a.y, false}, e)
				}
				for y := a.y; y < b.y; y++ {
					claim(t, owner, unit{a.x, y, true}, e)
				}
			}
		}
	})
}

func claim[U comparable](t *rapid.T, owner map[U]int, u U, e layoutEdge) {
	if o, taken := owner[u]; taken && o != e.from {
		t.Fatalf("edges of boxes %d and %d lie on each other at %v", o, e.from, u)
	}
	owner[u] = e.from
}

// A script that grows by one INSERT keeps the picture of the others.
func TestLayoutIsStable(t *testing.T) {
	text := ""
	for i := range 4 {
		text += fmt.Sprintf("s%d source p1 cols=a\na%d group-agg p1 cols=a <- s%d:hash[a]\nk%d sink p1 <- a%d\n", i, i, i, i, i)
	}
	before := newDAG(modelOf(t, parseGraph(t, text)), false, 200, room{}).layout(0)
	text += "s4 source p1 cols=a\nk4 sink p1 <- s4\n"
	after := newDAG(modelOf(t, parseGraph(t, text)), false, 200, room{}).layout(0)
	if !reflect.DeepEqual(before.boxes, after.boxes[:len(before.boxes)]) {
		t.Errorf("boxes moved:\n%v\n%v", before.boxes, after.boxes)
	}
}

// bigGraph is a script of n operators: pipelines over shared sources with joins,
// aggregates and unions, in one connected piece.
func bigGraph(n int) *Graph {
	g := &Graph{Mode: Stream}
	add := func(kind Kind, in ...NodeID) NodeID {
		node := &Node{Kind: kind, Name: fmt.Sprintf("%s-%d", kind, len(g.Nodes)), Label: fmt.Sprintf("%s %d of many", kind, len(g.Nodes)),
			Identity: fmt.Sprint(len(g.Nodes)), Parallelism: 4, Columns: []Column{{"a", "BIGINT"}}, Changelog: InsertOnly}
		id := g.Add(node)
		for i, from := range in {
			g.Connect(&Edge{From: from, To: id, Input: i, Partitioner: Hash, HashKeys: []int{0}, Changelog: InsertOnly})
		}
		return id
	}
	var sources []NodeID
	for range max(1, n/50) {
		sources = append(sources, add(KindSource))
	}
	for i := 0; len(g.Nodes) < n; i++ {
		a, b := sources[i%len(sources)], sources[(i*7+1)%len(sources)]
		join := add(KindJoin, add(KindCalc, a), add(KindCalc, b))
		add(KindSink, add(KindGroupAgg, join))
	}
	return g
}

func BenchmarkLayout500(b *testing.B) {
	m := modelOf(b, bigGraph(500))
	d := newDAG(m, false, 120, room{})
	for _, width := range []int{0, 400} {
		b.Run(fmt.Sprintf("width=%d", width), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d.layout(width)
			}
		})
	}
}

func BenchmarkModel500(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		g := bigGraph(500)
		if err := g.AssignUIDs(); err != nil {
			b.Fatal(err)
		}
		modelOf(b, g)
	}
}
