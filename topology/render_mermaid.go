package topology

import (
	"fmt"
	"strings"
)

// RenderMermaid writes a graph as a Mermaid flowchart, as GitHub and GitLab draw
// it in Markdown: chains are boxes around their operators, exchanges between tasks
// are thick arrows with their partitioner. The text carries no HTML of the user's,
// no link, mention, icon, formula or directive, whatever identifiers say.
func RenderMermaid(m *Model) string { return renderMermaid(m, nil) }

// RenderMermaidDiff draws the graph after a change with what changed marked, in the
// label and by colour: + added, ~ changed. Removed operators stand beside the graph with
// the exchanges that they had among each other and with operators that stayed. Either
// model may be nil.
func RenderMermaidDiff(before, after *Model) string {
	if after == nil {
		after = &Model{}
	}
	if before == nil {
		before = &Model{}
	}
	d := DiffModels(before, after).Material()
	marks := map[string]Change{}
	for _, o := range d.Operators() {
		if o.Change != Removed {
			marks[o.Name] = o.Change
		}
	}
	text := renderMermaid(after, marks)
	return text + mermaidRemoved(before, after, d)
}

// mermaidRemoved draws what is gone.
func mermaidRemoved(before, after *Model, d *GraphDiff) string {
	var b strings.Builder
	gone := map[string]bool{}
	for _, n := range d.Nodes {
		if n.Change == Removed {
			gone[n.Name] = true
		}
	}
	if len(gone) == 0 {
		return ""
	}
	ids := make([]string, len(before.Nodes))
	stayed := matchNodes(before, after)
	afterIDs := after.ids()
	for i := range stayed {
		if stayed[i] >= 0 {
			ids[stayed[i]] = afterIDs[i]
		}
	}
	var all []string
	for i := range before.Nodes {
		if n := &before.Nodes[i]; gone[n.Name] {
			ids[i] = fmt.Sprintf("gone_%d", i)
			all = append(all, ids[i])
			fmt.Fprintf(&b, "  %s[\"− %s\"]\n", ids[i], mermaidText(n.label()))
		}
	}
	for i := range before.Edges {
		if e := &before.Edges[i]; (gone[e.From] || gone[e.To]) && ids[e.from] != "" && ids[e.to] != "" {
			fmt.Fprintf(&b, "  %s -.-> %s\n", ids[e.from], ids[e.to])
		}
	}
	fmt.Fprintf(&b, "  classDef gone fill:#fde0dd,stroke:#b2182b,stroke-dasharray:5 3,color:#000\n  class %s gone\n", strings.Join(all, ","))
	return b.String()
}

// mermaidMarks are how changes look; the sign in the label says the same.
var mermaidMarks = []struct {
	change      Change
	sign, class string
	style       string
}{
	{Added, "+ ", "added", "fill:#d9f0d3,stroke:#1b7837,color:#000"},
	{Changed, "~ ", "changed", "fill:#fee8c8,stroke:#b35806,color:#000"},
}

func renderMermaid(m *Model, marks map[string]Change) string {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	ids := m.ids()
	marked := map[Change][]string{}
	sign := func(k int) string {
		for _, mark := range mermaidMarks {
			if marks[m.Nodes[k].Name] == mark.change {
				marked[mark.change] = append(marked[mark.change], ids[k])
				return mark.sign
			}
		}
		return ""
	}
	for i, chain := range m.Chains {
		indent := "  "
		if len(chain) > 1 {
			fmt.Fprintf(&b, "  subgraph task%d [\"task\"]\n", i)
			indent = "    "
		}
		for k := range m.Nodes {
			if n := &m.Nodes[k]; n.Chain == i {
				open, shut := mermaidShape(n)
				fmt.Fprintf(&b, "%s%s%s\"%s%s\"%s\n", indent, ids[k], open, mermaidText(sign(k)), mermaidLabel(n), shut)
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
	for _, mark := range mermaidMarks {
		if nodes := marked[mark.change]; len(nodes) > 0 {
			fmt.Fprintf(&b, "  classDef %s %s\n  class %s %s\n", mark.class, mark.style, strings.Join(nodes, ","), mark.class)
		}
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
