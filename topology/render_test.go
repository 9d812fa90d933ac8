package topology

import (
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// testdata/render/*: `tree|dag|… GRAPH [width=80] [ascii] [fold]` renders a graph of
// testdata/graphs.
func TestRender(t *testing.T) {
	datadriven.Walk(t, "testdata/render", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			o := Options{ASCII: d.HasArg("ascii"), Fold: d.HasArg("fold")}
			d.MaybeScanArgs(t, "width", &o.Width)
			out := renderAs(t, d.Cmd, readModel(t, d.CmdArgs[0].Key), o)
			if d.Cmd == "tree" || d.Cmd == "dag" {
				checkLines(t, out, o)
			}
			return out
		})
	})
}

func renderAs(t *testing.T, form string, m *Model, o Options) string {
	switch form {
	case "tree":
		return RenderTree(m, o)
	case "dag":
		return RenderDAG(m, o)
	case "svg":
		return RenderSVG(m)
	case "dot":
		return RenderDOT(m)
	case "mermaid":
		return RenderMermaid(m)
	case "json":
		text, err := RenderJSON(m)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	t.Fatalf("no rendering %q", form)
	return ""
}

// checkLines holds what every rendering for a terminal must: no line is wider than
// asked, none ends in a space, and ASCII is ASCII.
func checkLines(t *testing.T, out string, o Options) {
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		if w := textWidth(line); w > o.width() {
			t.Errorf("line of %d cells in a width of %d:\n%s", w, o.width(), line)
		}
		if strings.HasSuffix(line, " ") {
			t.Errorf("line ends in a space: %q", line)
		}
		if o.ASCII && strings.ContainsFunc(line, func(r rune) bool { return r >= 0x80 }) {
			t.Errorf("not ASCII: %q", line)
		}
	}
}
