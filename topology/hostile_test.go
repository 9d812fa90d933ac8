package topology

import (
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// hostileGraph puts a text wherever text from SQL can come.
func hostileGraph(t *testing.T, text string) *Graph {
	g := parseGraph(t, "src source p2 cols=a,b emits=I\nagg group-agg p4 cols=a,n emits=I,UB,UA,D key=a state=n <- src:hash[a]\nout sink p4 <- agg\n")
	g.Script.Name = text
	for _, n := range g.Nodes {
		n.Name, n.Label, n.Kind, n.Identity, n.Meaning, n.UID = n.Name+text, text, n.Kind+Kind(text), text, text, n.UID+text
		n.Detail, n.Keys, n.SlotGroup = []string{text}, []string{text}, text
		n.Props = []Prop{{text, "v"}, {"k", text}, {"connector", text}}
		for i := range n.Columns {
			n.Columns[i] = Column{text, text}
		}
		if n.State != nil {
			n.State = NewStateSchema([]string{text}, []StateField{{text, text}})
		}
	}
	g.Nodes[0].Kind, g.Nodes[2].Kind = KindSource, KindSink
	return g
}

var hostileTexts = []string{
	"", "plain", `"`, `\`, `\"`, "]]>", "<script>alert(1)</script>", "</text><image href='http://x'/>", "&lt;", "&#x202e;",
	"\x1b]0;title\x07", "\x1b[2J", "\r\nend\n", "\u202eabc", "\u2066x\u2069", "a\u200bb", "\xff\xfe", "\x00", "\u0085", "\u2028end",
	"%%{init: {'theme':'x'}}%%", "`**bold**`", "n0 --> n1", "end", "fa:fa-car", "$$x^2$$", "@team", "https://evil.example", "![i](http://x)",
	"click n0 href \"javascript:alert(1)\"", "#quot;", "#35;", "\\N\\G\\l", "<b>x</b>", "城市花费", "e\u0301", "👩‍👩‍👧", "🇩🇪", strings.Repeat("x", 300), strings.Repeat("long words ", 40),
	"\t", "a\tb", "\ue000", "\U000e0001", "-->", "|x|", "{a|b}", "style x:#y;",
}

func FuzzHostileText(f *testing.F) {
	for _, s := range hostileTexts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 2000 {
			return
		}
		checkClean(t, text)
		m := modelOf(t, hostileGraph(t, text))
		for _, o := range []Options{{}, {Width: 40}, {Width: 133, ASCII: true}} {
			for _, out := range []string{RenderTree(m, o), RenderDAG(m, o), RenderDiffText(DiffModels(readModel(t, "spend"), m), o)} {
				checkLines(t, out, o)
				checkPrintable(t, out)
			}
		}
		checkSVG(t, RenderSVG(m))
		checkMermaid(t, RenderMermaid(m))
		checkDOT(t, RenderDOT(m))
		out, err := RenderJSON(m)
		if err != nil {
			t.Fatal(err)
		}
		checkPrintable(t, string(out))
		if _, err := ReadModel(out); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	})
}

func checkClean(t *testing.T, text string) {
	c := Clean(text)
	if Clean(c) != c {
		t.Errorf("Clean(%q) = %q, which is not clean", text, c)
	}
	checkPrintable(t, c)
	for _, w := range []int{0, 1, 2, 7} {
		if got := fit(c, w); textWidth(got) > w {
			t.Errorf("fit(%q, %d) = %q", c, w, got)
		}
		for _, l := range wrap(c, max(w, 1), 3) {
			if textWidth(l) > max(w, 1) {
				t.Errorf("wrap(%q, %d) has line %q", c, w, l)
			}
		}
	}
}

func checkPrintable(t *testing.T, out string) {
	if !utf8.ValidString(out) {
		t.Errorf("not UTF-8: %q", out)
	}
	for _, r := range out {
		if r != '\n' && r != utf8.RuneError && !visible(r) {
			t.Errorf("holds %U: %q", r, out)
		}
	}
}

var svgAllowed = map[string][]string{
	"svg": {"xmlns", "class", "role", "space", "width", "height", "viewBox"}, "title": nil, "style": nil, "defs": nil, "g": {"class", "transform"},
	"marker": {"id", "viewBox", "refX", "refY", "markerWidth", "markerHeight", "orient"},
	"path":   {"class", "d", "marker-end"}, "rect": {"class", "x", "y", "width", "height", "rx"},
	"text": {"class", "x", "y", "text-anchor"}, "tspan": {"class"},
}

// checkSVG holds that the picture is XML of few harmless elements, however the
// operators are called.
func checkSVG(t *testing.T, out string) {
	checkPrintable(t, out)
	dec := xml.NewDecoder(strings.NewReader(out))
	texts := 0
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, out)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		allowed, known := svgAllowed[start.Name.Local]
		if !known {
			t.Fatalf("element <%s> in\n%s", start.Name.Local, out)
		}
		if start.Name.Local == "text" {
			texts++
		}
		for _, a := range start.Attr {
			if !slices.Contains(allowed, a.Name.Local) || (strings.Contains(a.Value, "url(") && a.Value != "url(#weir-arrow)") {
				t.Fatalf("attribute %s=%q of <%s> in\n%s", a.Name.Local, a.Value, start.Name.Local, out)
			}
		}
	}
	if texts < 6 {
		t.Errorf("only %d texts in\n%s", texts, out)
	}
}

// mermaidLine is all that a line may be. Between quotes stand no quote, and none of
// the characters with a meaning but in entities and our own line breaks.
var mermaidLine = regexp.MustCompile(`^(flowchart TD` +
	`| *subgraph task\d+ \["task"\]| *end` +
	`| *n_\w+(\[|\(\[|\[\()"LABEL"(\]|\]\)|\)\])` +
	`|  n_\w+ (-->|==>)(\|"LABEL"\|)? n_\w+` +
	`|  classDef stateful stroke-width:3px|  class n_\w+(,n_\w+)* stateful)$`)

var mermaidQuoted = regexp.MustCompile(`"([^"]*)"`)

func checkMermaid(t *testing.T, out string) {
	checkPrintable(t, out)
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		shape := mermaidQuoted.ReplaceAllStringFunc(line, func(q string) string {
			if q == `"task"` {
				return q
			}
			text := regexp.MustCompile(`<br/>|#\d+;`).ReplaceAllString(q[1:len(q)-1], "")
			if i := strings.IndexAny(text, "#&<>`%$@:\\{}|;~!"); i >= 0 {
				t.Fatalf("%q in %s", text[i], line)
			}
			return `"LABEL"`
		})
		if !mermaidLine.MatchString(shape) {
			t.Fatalf("line %q in\n%s", line, out)
		}
	}
}

var dotLine = regexp.MustCompile(`^(digraph Q \{|\}|  rankdir=TB; nodesep=0.4; ranksep=0.5;|  (node|edge) \[[^\[\]]*\];` +
	`|  subgraph cluster_\d+ \{|    style=dashed;|  \}` +
	`| +n_\w+ \[label=Q(, \w+=\w+)*\];|  n_\w+ -> n_\w+ \[label=Q(, \w+=\w+)*\];)$`)

func checkDOT(t *testing.T, out string) {
	checkPrintable(t, out)
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		// A quoted string ends at the first quote without a backslash that is not
		// itself escaped; of escapes only \\, \" and our \l occur.
		shape := regexp.MustCompile(`"((?:[^"\\]|\\[\\"l])*)"`).ReplaceAllString(line, "Q")
		if !dotLine.MatchString(shape) {
			t.Fatalf("line %q reads %q in\n%s", line, shape, out)
		}
	}
}

// A plan kept in a file may be anything; it is refused or drawn.
func FuzzReadModel(f *testing.F) {
	for _, name := range []string{"spend", "join", "wide", "union12"} {
		text, err := RenderJSON(readModel(f, name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"version":1,"nodes":[{"name":"a"}],"edges":[],"chains":[["a"]]}`))
	f.Add([]byte(`{"version":1,"nodes":[],"edges":[],"chains":[]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := ReadModel(text)
		if err != nil {
			return
		}
		for _, o := range []Options{{Width: 60}, {Width: 60, ASCII: true, Fold: true}} {
			checkPrintable(t, RenderTree(m, o))
			checkPrintable(t, RenderDAG(m, o))
			checkPrintable(t, RenderDiffText(DiffModels(m, readModel(t, "spend")), o))
		}
		checkPrintable(t, RenderSVG(m))
		checkPrintable(t, RenderMermaid(m))
		checkPrintable(t, RenderDOT(m))
	})
}

// A chain of many thousand operators is drawn in reasonable time and memory.
func TestDeepGraph(t *testing.T) {
	g := &Graph{}
	g.Nodes = append(g.Nodes, &Node{Kind: KindSource, Name: "n0", Parallelism: 1})
	for i := 1; i < 20000; i++ {
		g.Nodes = append(g.Nodes, &Node{ID: NodeID(i), Kind: KindCalc, Name: "n" + strings.Repeat("i", i%7) + string(rune('a'+i%26)) + strconv.Itoa(i), Parallelism: 1})
		g.Edges = append(g.Edges, &Edge{From: NodeID(i - 1), To: NodeID(i), Partitioner: Rebalance})
	}
	if err := g.AssignUIDs(); err != nil {
		t.Fatal(err)
	}
	m := modelOf(t, g)
	for _, out := range []string{RenderTree(m, Options{}), RenderDAG(m, Options{})} {
		if n := strings.Count(out, "\n"); n < 20000 {
			t.Errorf("%d lines", n)
		}
	}
}
