package session

import (
	"fmt"
	"slices"
	"strings"
)

// LineageTree shows a lineage as a tree: each output with its columns, what they are made of, and
// how that came to be where a script writes it.
func LineageTree(l *Lineage) string {
	var b strings.Builder
	for i, o := range l.Outputs {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s   %s   %s\n", o.Table, o.Script, modeNames(o.Modes))
		width := len("rows")
		for _, c := range o.Columns {
			width = max(width, len([]rune(c.Column)))
		}
		for i, c := range o.Columns {
			last := i == len(o.Columns)-1 && len(o.Rows) == 0
			fmt.Fprintf(&b, "%s%-*s  %s\n", branch("", last), width, c.Column, c.text())
			l.before(&b, c, o.Modes, trunk("", last), map[LineageName]bool{{o.Table, c.Column}: true})
		}
		head := branch("", true) + fmt.Sprintf("%-*s", width, "rows")
		for _, r := range o.Rows {
			var names []string
			for _, c := range r.Columns {
				names = append(names, c.Table+"."+c.Column)
			}
			fmt.Fprintf(&b, "%s  by %s: %s\n", head, r.By, strings.Join(names, ", "))
			head = strings.Repeat(" ", len([]rune(head)))
		}
	}
	return b.String()
}

func branch(indent string, last bool) string {
	if last {
		return indent + "└─ "
	}
	return indent + "├─ "
}

func trunk(indent string, last bool) string {
	if last {
		return indent + "   "
	}
	return indent + "│  "
}

// before shows how the columns that a column is made of came to be, where scripts write them.
func (l *Lineage) before(b *strings.Builder, c *LineageColumn, modes []Mode, indent string, seen map[LineageName]bool) {
	type step struct {
		from LineageSource
		by   LineageStep
	}
	var steps []step
	for _, f := range c.From {
		if seen[LineageName{f.Table, f.Column}] {
			continue // a table that feeds itself
		}
		for _, w := range l.Writers(f.Table, f.Column, modes) {
			steps = append(steps, step{f, w})
		}
	}
	for i, s := range steps {
		last := i == len(steps)-1
		shared := slices.DeleteFunc(slices.Clone(modes), func(m Mode) bool { return !slices.Contains(s.by.Output.Modes, m) })
		where := s.by.Output.Script
		if len(shared) < len(modes) {
			where += " as " + modeNames(shared)
		}
		fmt.Fprintf(b, "%s%s.%s  %s   (%s)\n", branch(indent, last), s.from.Table, s.from.Column, s.by.Column.text(), where)
		at := LineageName{s.from.Table, s.from.Column}
		seen[at] = true
		l.before(b, s.by.Column, shared, trunk(indent, last), seen)
		delete(seen, at)
	}
}

// text says what a column is made of.
func (c *LineageColumn) text() string {
	if len(c.From) == 0 {
		return "a constant, or a count of rows"
	}
	var parts []string
	for _, how := range []LineageHow{Copied, Computed, Aggregated} {
		var names []string
		for _, f := range c.From {
			if f.How == how {
				names = append(names, f.Table+"."+f.Column)
			}
		}
		switch {
		case len(names) == 0:
		case how == Copied:
			parts = append(parts, "← "+strings.Join(names, ", "))
		default:
			parts = append(parts, string(how)+" from "+strings.Join(names, ", "))
		}
	}
	return strings.Join(parts, "; ")
}

func modeNames(modes []Mode) string {
	var out []string
	for _, m := range modes {
		out = append(out, string(m))
	}
	return strings.Join(out, ", ")
}

// LineageMermaid draws a lineage as a Mermaid flowchart: a box a table with its columns, arrows for
// values (with what is done to them), dotted ones for what decides about rows.
func LineageMermaid(l *Lineage) string {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	ids, order := map[string]map[string]string{}, []string{}
	id := func(table, column string) string {
		if ids[table] == nil {
			ids[table], order = map[string]string{}, append(order, table)
		}
		if ids[table][column] == "" {
			ids[table][column] = fmt.Sprintf("t%dc%d", slices.Index(order, table), len(ids[table]))
		}
		return ids[table][column]
	}
	var edges []string
	edge := func(text string) {
		if !slices.Contains(edges, text) {
			edges = append(edges, text)
		}
	}
	const rows = "" // stands for the rows of a table
	for _, o := range l.Outputs {
		only := ""
		if len(o.Modes) == 1 {
			only = " in " + string(o.Modes[0])
		}
		for _, c := range o.Columns {
			to := id(o.Table, c.Column)
			for _, f := range c.From {
				label := ""
				if text := strings.TrimPrefix(string(f.How), string(Copied)) + only; text != "" {
					label = "|" + strings.TrimSpace(text) + "|"
				}
				edge(fmt.Sprintf("%s -->%s %s", id(f.Table, f.Column), label, to))
			}
		}
		for _, r := range o.Rows {
			for _, c := range r.Columns {
				edge(fmt.Sprintf("%s -.->|%s%s| %s", id(c.Table, c.Column), r.By, only, id(o.Table, rows)))
			}
		}
	}
	for t, table := range order {
		fmt.Fprintf(&b, "  subgraph t%d[\"%s\"]\n", t, mermaidText(table))
		var columns []string
		for c := range ids[table] {
			columns = append(columns, c)
		}
		slices.Sort(columns)
		for _, c := range columns {
			if c == rows {
				fmt.Fprintf(&b, "    %s([\"rows\"])\n", ids[table][c])
				continue
			}
			fmt.Fprintf(&b, "    %s[\"%s\"]\n", ids[table][c], mermaidText(c))
		}
		b.WriteString("  end\n")
	}
	for _, e := range edges {
		b.WriteString("  " + e + "\n")
	}
	return b.String()
}

// mermaidText writes a name so that nothing in it is Mermaid.
func mermaidText(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == ' ' || r == '_' || r == '.' || r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 0xa0:
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}
