package session

import (
	"fmt"
	"strings"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/topology"
)

// renderings are the ways to draw a graph, by name.
var renderings = []struct {
	name string
	draw func(m *topology.Model, o topology.Options) (string, error)
}{
	{"tree", func(m *topology.Model, o topology.Options) (string, error) { return topology.RenderTree(m, o), nil }},
	{"dag", func(m *topology.Model, o topology.Options) (string, error) { return topology.RenderDAG(m, o), nil }},
	{"json", func(m *topology.Model, _ topology.Options) (string, error) {
		text, err := topology.RenderJSON(m)
		return string(text), err
	}},
	{"dot", func(m *topology.Model, _ topology.Options) (string, error) { return topology.RenderDOT(m), nil }},
	{"mermaid", func(m *topology.Model, _ topology.Options) (string, error) { return topology.RenderMermaid(m), nil }},
	{"svg", func(m *topology.Model, _ topology.Options) (string, error) { return topology.RenderSVG(m), nil }},
}

// Renderings names the ways to draw a graph.
func Renderings() []string {
	var names []string
	for _, r := range renderings {
		names = append(names, r.name)
	}
	return names
}

// Render draws a graph in one of Renderings. Whatever comes from a script is cleaned;
// the only control bytes in the text are those that o.Paint adds.
func Render(g *topology.Graph, as string, o topology.Options) (string, error) {
	m, err := topology.NewModel(g)
	if err != nil {
		return "", err
	}
	for _, r := range renderings {
		if r.name == as {
			text, err := r.draw(m, o)
			if err == nil && !strings.HasSuffix(text, "\n") {
				text += "\n"
			}
			return text, err
		}
	}
	hint := ""
	if near := diag.Nearest(as, Renderings()); near != "" {
		hint = fmt.Sprintf("; did you mean %s?", near)
	}
	return "", fmt.Errorf("there is no rendering %q (%s)%s", as, strings.Join(Renderings(), ", "), hint)
}
