package session

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-sql/weir/topology"
)

// ours is the HTML that a review may hold; everything else must be text.
var ours = regexp.MustCompile(`</?details>|</?summary>|<!-- weir:review -->`)

// outsideOfCode gives what is left of Markdown without fenced blocks and code spans,
// read as GitHub's Markdown reads them.
func outsideOfCode(t interface{ Fatalf(string, ...any) }, text string) string {
	var out strings.Builder
	fence := ""
	for line := range strings.Lines(text) {
		bare := strings.TrimLeft(line, " ")
		run := bare[:len(bare)-len(strings.TrimLeft(bare, "`"))]
		switch {
		case fence != "":
			if len(run) >= len(fence) && strings.TrimSpace(strings.TrimLeft(bare, "`")) == "" && len(line)-len(bare) < 4 {
				fence = ""
			}
		case len(run) >= 3:
			fence = run
		default:
			for {
				before, rest, code := strings.Cut(line, "`")
				out.WriteString(before)
				if !code {
					break
				}
				span, after, closed := strings.Cut(rest, "`")
				if !closed || span == "" {
					t.Fatalf("a code span is not closed: %q", line)
				}
				out.WriteString("code")
				line = after
			}
		}
	}
	if fence != "" {
		t.Fatalf("a fenced block is not closed")
	}
	return out.String()
}

// checkHarmless fails if a review could mention, link, show an image or hold HTML of others.
func checkHarmless(t interface{ Fatalf(string, ...any) }, text string) {
	rest := ours.ReplaceAllString(outsideOfCode(t, text), "")
	for _, bad := range []string{"@", "<", "](", "![", "http", "www.", "&", "\\", "\u202e", "\x1b", "\x00"} {
		if strings.Contains(rest, bad) {
			t.Fatalf("%q stands outside of code:\n%s\n----\n%s", bad, rest, text)
		}
	}
	if regexp.MustCompile(`#[0-9]|[0-9a-f]{40}`).MatchString(rest) {
		t.Fatalf("a reference stands outside of code:\n%s", rest)
	}
	for line := range strings.Lines(rest) { // cells of the table are as many as its head has
		if strings.HasPrefix(line, "|") && strings.Count(line, "|") != 5 {
			t.Fatalf("a row has another number of cells: %q", line)
		}
	}
}

// hostile are texts that mean something to Markdown, HTML, Mermaid or a terminal.
var hostile = []string{"@octocat", "![x](http://evil/x.png)", "[a](javascript:alert(1))", "<img src=x onerror=alert(1)>", "`", "```", "~~~", "``\n```\n# h", "|", "a|b|c",
	"\\`", "\\|", "#1", "org/repo#1", "https://evil.example", "www.evil.example", "</details>", "</summary><script>", "<!-- -->", "\u202e", "\x1b[31m", "\r\n\r\n# head", "‹", "›",
	"› @all ‹", "&#64;all", "$$x$$", "%%{init: {}}%%", "click n_orders href \"http://evil\"", "\"]; click", "-->", " ", "", "end", "a@b.example", "{{x}}", "列", "0123456789abcdef0123456789abcdef01234567"}

func hostileGraph(text func(string) string) *topology.Graph {
	g := &topology.Graph{Mode: topology.Stream}
	state := topology.NewStateSchema([]string{text("key type")}, []topology.StateField{{Name: text("field"), Type: text("type")}})
	src := g.Add(&topology.Node{Kind: topology.KindSource, Name: text("source"), Label: text("label"), Identity: text("table"), Meaning: text("meaning"), Parallelism: 2,
		Columns: []topology.Column{{Name: text("column"), Type: text("t")}}, Props: []topology.Prop{{Key: "topic", Value: text("topic")}, {Key: text("prop"), Value: text("value")}}})
	agg := g.Add(&topology.Node{Kind: topology.KindGroupAgg, Name: text("agg"), Label: text("agg label"), Identity: text("key"), Meaning: text("calls"), Parallelism: 2, State: state,
		SlotGroup: text("group"), Keys: []string{text("k")}, Columns: []topology.Column{{Name: text("c"), Type: text("t")}}, Detail: []string{text("detail")}})
	sink := g.Add(&topology.Node{Kind: topology.KindSink, Name: text("sink"), Label: text("sink label"), Identity: text("out"), Meaning: text("write"), Parallelism: 2})
	g.Connect(&topology.Edge{From: src, To: agg, Partitioner: topology.Hash, HashKeys: []int{0}})
	g.Connect(&topology.Edge{From: agg, To: sink, Partitioner: topology.Forward})
	return g
}

// TestReviewOfHostileNames puts hostile texts in every place that others write.
func TestReviewOfHostileNames(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(hostile), rapid.StringN(0, 4, -1)), 1, 4)
		text := func(what string) string { return strings.Join(parts.Draw(t, what), "") }
		model := func() *topology.Model {
			g := hostileGraph(text)
			if err := g.AssignUIDs(); err != nil {
				t.Fatal(err)
			}
			m, err := topology.NewModel(g)
			if err != nil {
				return nil // an empty name: the job is not
			}
			return m
		}
		j := JobReview{Script: text("script"), Because: []string{text("file")}, before: model(), after: model(), Change: topology.Changed}
		switch {
		case j.before == nil && j.after == nil:
			j.Problems = []string{text("problem") + "\n"}
		case j.before == nil:
			j.Change = topology.Added
		case j.after == nil:
			j.Change = topology.Removed
		default:
			j.Diff = topology.DiffModels(j.before, j.after).Material()
		}
		j.State = topology.JudgeState(j.before, j.after)
		j.Note = text("note")
		r := &Review{Base: text("base"), Head: text("head"), Scripts: 1, Jobs: []JobReview{j}}
		r.Verdict = r.verdict()
		first := r.Markdown()
		checkHarmless(t, first)
		if r.Markdown() != first {
			t.Fatal("two texts of one review differ")
		}
	})
}

// TestReviewFits reviews more than a comment holds.
func TestReviewFits(t *testing.T) {
	before := hostileGraph(func(what string) string { return what })
	if err := before.AssignUIDs(); err != nil {
		t.Fatal(err)
	}
	after := before.Clone()
	after.Nodes[1].Parallelism, after.Edges[1].Partitioner = 4, topology.Rebalance
	a, err := topology.NewModel(before)
	if err != nil {
		t.Fatal(err)
	}
	b, err := topology.NewModel(after)
	if err != nil {
		t.Fatal(err)
	}
	r := &Review{Base: "main", Head: "x"}
	for range 500 {
		r.Jobs = append(r.Jobs, JobReview{Script: strings.Repeat("long/", 20) + "x.sql", Change: topology.Changed, before: a, after: b,
			Diff: topology.DiffModels(a, b), State: topology.JudgeState(a, b)})
	}
	r.Verdict = r.verdict()
	text := r.Markdown()
	if len(text) > 65_000 {
		t.Errorf("the comment has %d bytes", len(text))
	}
	if !strings.Contains(text, "### weir: 500 jobs changed · state: **keep 0, rescale 500, lose 0**\n") || !strings.Contains(text, "are left out here") {
		t.Errorf("the comment begins %.300s", text)
	}
	checkHarmless(t, text)
}
