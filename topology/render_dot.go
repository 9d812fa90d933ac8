package topology

import (
	"fmt"
	"strings"
)

// RenderDOT writes a graph for Graphviz: a cluster per chain of several operators,
// labels on exchanges.
func RenderDOT(m *Model) string {
	var b strings.Builder
	name := m.Script
	if name == "" {
		name = "StreamGraph"
	}
	ids := m.ids()
	fmt.Fprintf(&b, "digraph %s {\n", dotString(name))
	b.WriteString("  rankdir=TB; nodesep=0.4; ranksep=0.5;\n")
	b.WriteString("  node [shape=box, style=rounded, fontname=\"monospace\", fontsize=10];\n")
	b.WriteString("  edge [fontname=\"monospace\", fontsize=9];\n")
	for i, chain := range m.Chains {
		indent := "  "
		if len(chain) > 1 {
			fmt.Fprintf(&b, "  subgraph cluster_%d {\n    style=dashed;\n", i)
			indent = "    "
		}
		for k := range m.Nodes {
			if n := &m.Nodes[k]; n.Chain == i {
				fmt.Fprintf(&b, "%s%s [label=%s%s];\n", indent, ids[k], dotLabel(n), dotStyle(n))
			}
		}
		if len(chain) > 1 {
			b.WriteString("  }\n")
		}
	}
	for i := range m.Edges {
		e := &m.Edges[i]
		text := e.exchange().text
		if e.Changelog.Updating() {
			text += " " + e.Changelog.String()
		}
		style := ""
		if !e.Chained {
			style = ", penwidth=2"
		}
		fmt.Fprintf(&b, "  %s -> %s [label=%s%s];\n", ids[e.from], ids[e.to], dotString(" "+text), style)
	}
	b.WriteString("}\n")
	return b.String()
}

func dotStyle(n *ModelNode) string {
	switch {
	case n.Kind.IsSource():
		return ", shape=oval"
	case n.Kind.IsSink():
		return ", shape=cylinder"
	case n.State != nil:
		return ", penwidth=2"
	}
	return ""
}

// dotLabel is the label with its notes, lines aligned left.
func dotLabel(n *ModelNode) string {
	text := dotEscape(n.label()+"  "+parallel(n)) + `\l`
	for _, l := range joinNotes(n.notes(), nil, 40) {
		for _, p := range l {
			text += dotEscape(p.text)
		}
		text += `\l`
	}
	return `"` + text + `"`
}

func dotString(s string) string { return `"` + dotEscape(s) + `"` }

// dotEscape writes text so that it stands for itself in a quoted string: Graphviz
// reads quotes, backslash escapes (\N, \l …) and HTML entities there.
func dotEscape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, `&`, `&amp;`).Replace(s)
}
