package topology

import (
	"fmt"
	"strings"
)

// RenderMermaid writes a graph as a Mermaid flowchart, as GitHub and GitLab draw
// it in Markdown: chains are boxes around their operators, exchanges between tasks
// are thick arrows with their partitioner. The text carries no HTML of the user's,
// no link, mention, icon, formula or directive, whatever identifiers say.
func RenderMermaid(m *Model) string {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	ids := m.ids()
	for i, chain := range m.Chains {
		indent := "  "
		if len(chain) > 1 {
			fmt.Fprintf(&b, "  subgraph task%d [\"task\"]\n", i)
			indent = "    "
		}
		for k := range m.Nodes {
			if n := &m.Nodes[k]; n.Chain == i {
				open, shut := mermaidShape(n)
				fmt.Fprintf(&b, "%s%s%s\"%s\"%s\n", indent, ids[k], open, mermaidLabel(n), shut)
			}
		}
		if len(chain) > 1 {
			b.WriteString("  end\n")
		}
	}
	for i := range m.Edges {
		e := &m.Edges[i]
		arrow, text := "==>", e.exchange().text
		if e.Chained {
			arrow, text = "-->", ""
		}
		if e.Changelog.Updating() {
			text = strings.TrimSpace(text + " " + e.Changelog.String())
		}
		if text != "" {
			text = fmt.Sprintf("|\"%s\"|", mermaidText(text))
		}
		fmt.Fprintf(&b, "  %s %s%s %s\n", ids[e.from], arrow, text, ids[e.to])
	}
	if stateful := mermaidStateful(m, ids); stateful != "" {
		b.WriteString("  classDef stateful stroke-width:3px\n")
		fmt.Fprintf(&b, "  class %s stateful\n", stateful)
	}
	return b.String()
}

// mermaidShape returns the brackets of a node's shape.
func mermaidShape(n *ModelNode) (open, shut string) {
	switch {
	case n.Kind.IsSource():
		return "([", "])"
	case n.Kind.IsSink():
		return "[(", ")]"
	}
	return "[", "]"
}

func mermaidLabel(n *ModelNode) string {
	lines := []string{mermaidText(n.label()) + " · " + parallel(n)}
	for _, l := range joinNotes(n.notes(), nil, 40) {
		text := ""
		for _, p := range l {
			text += p.text
		}
		lines = append(lines, mermaidText(text))
	}
	return strings.Join(lines, "<br/>")
}

func mermaidStateful(m *Model, ids []string) string {
	var stateful []string
	for i := range m.Nodes {
		if m.Nodes[i].State != nil {
			stateful = append(stateful, ids[i])
		}
	}
	return strings.Join(stateful, ",")
}

// mermaidText writes text so that it stands for itself inside Mermaid's quotes. A
// character that Mermaid, its Markdown strings, its directives (%%{ }%%), icons
// (fa:…), formulas ($$) or HTML labels give a meaning becomes its entity code.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\"#&<>`%$@:\\{}|;~!", r) {
			fmt.Fprintf(&b, "#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
