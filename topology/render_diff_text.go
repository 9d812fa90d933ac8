package topology

import (
	"fmt"
	"slices"
	"strings"
)

// RenderDiffText writes a difference for a terminal: a line per operator, added (+),
// removed (-) or changed (~), and below it what changed, inputs included.
//
//	2 operators changed · 1 added           tasks 18 → 22 · slots 12 · network edges 3
//	~ join-id   Join o ⟕ p on o.id = p.oid
//	    parallelism  4 → 8
//	    input 0      forward → hash[id]
//	+ agg-name  Agg[name]
//	    input 0      hash[name] from join-id
func RenderDiffText(d *GraphDiff, o Options) string {
	var b strings.Builder
	if d.Empty() {
		o.writeLine(&b, []piece{{RoleTitle, "no change to the StreamGraph"}})
		return b.String()
	}
	entries := d.entries()
	d.summary(entries, o, &b)
	names := 0
	for _, e := range entries {
		names = max(names, min(24, textWidth(e.name)))
	}
	for _, e := range entries {
		e.print(o, &b, names)
	}
	return b.String()
}

// diffEntry is one operator with what changed of it.
type diffEntry struct {
	change      Change
	name, label string
	lines       []diffLine
}

type diffLine struct{ what, text string }

// entries gathers the changes by operator. An operator of which only inputs changed
// comes where its first edge is listed, after those that changed themselves.
func (d *GraphDiff) entries() (entries []*diffEntry) {
	type key struct {
		uid, name string
		gone      bool
	}
	at := map[key]*diffEntry{}
	for i := range d.Nodes {
		n := &d.Nodes[i]
		e := &diffEntry{change: n.Change, name: n.Name, label: n.Label}
		for _, f := range n.Fields {
			e.lines = append(e.lines, diffLine{fieldName(f.Field), f.text()})
		}
		entries = append(entries, e)
		at[key{n.UID, n.Name, n.Change == Removed}] = e
	}
	for i := range d.Edges {
		edge := &d.Edges[i]
		k := key{edge.ToUID, edge.To, edge.gone}
		e := at[k]
		if e == nil {
			e = &diffEntry{change: Changed, name: edge.To}
			entries, at[k] = append(entries, e), e
		}
		e.lines = append(e.lines, edge.lines(e.change)...)
	}
	return entries
}

// lines is what to say of an edge below its consumer, of which the change is said.
func (d *EdgeDiff) lines(of Change) (lines []diffLine) {
	input := fmt.Sprintf("input %d", d.Input)
	whole := func(e *ModelEdge) string { return e.Exchange() + " from " + e.From }
	switch {
	case of != Changed && d.New != nil:
		return []diffLine{{input, whole(d.New)}}
	case of != Changed:
		return []diffLine{{input, whole(d.Old)}}
	case d.Change == Added:
		return []diffLine{{input, "none → " + whole(d.New)}}
	case d.Change == Removed:
		return []diffLine{{input, whole(d.Old) + " → none"}}
	}
	for _, f := range d.Fields {
		what := input
		if f.Field != "partitioner" {
			what += " " + fieldName(f.Field)
		}
		lines = append(lines, diffLine{what, f.text()})
	}
	return lines
}

func (d *GraphDiff) summary(entries []*diffEntry, o Options, b *strings.Builder) {
	var left, right []string
	counts := map[Change]int{}
	for _, e := range entries {
		counts[e.change]++
	}
	for _, c := range []Change{Changed, Added, Removed} {
		switch n := counts[c]; {
		case n > 0 && len(left) == 0:
			left = append(left, Count(n, "operator")+" "+string(c))
		case n > 0:
			left = append(left, fmt.Sprintf("%d %s", n, c))
		}
	}
	for _, t := range []struct {
		what     string
		old, now int
	}{{"tasks", d.Before.Tasks, d.After.Tasks}, {"slots", d.Before.Slots, d.After.Slots}, {"network edges", d.Before.NetworkEdges, d.After.NetworkEdges}} {
		if t.old == t.now {
			right = append(right, fmt.Sprintf("%s %d", t.what, t.now))
		} else {
			right = append(right, fmt.Sprintf("%s %d → %d", t.what, t.old, t.now))
		}
	}
	o.twoSided(b, strings.Join(left, " · "), right)
}

func (e *diffEntry) print(o Options, b *strings.Builder, names int) {
	mark, role := "~ ", RoleChanged
	switch e.change {
	case Added:
		mark, role = "+ ", RoleAdded
	case Removed:
		mark, role = "- ", RoleRemoved
	}
	line := []piece{{role, mark + pad(fit(e.name, o.width()-2), names)}, {RolePlain, "  "}}
	if !strings.EqualFold(e.label, e.name) {
		line = append(line, piece{RoleLabel, fit(e.label, o.width()-piecesWidth(line))})
	}
	o.writeLine(b, line)
	wide := 0
	for _, l := range e.lines {
		wide = max(wide, textWidth(l.what))
	}
	wide = min(wide, o.width()/2)
	for _, l := range e.lines {
		head := "    " + pad(fit(l.what, wide), wide) + "  "
		for _, text := range wrap(l.text, o.width()-textWidth(head), 12) {
			o.writeLine(b, []piece{{RoleNote, head}, {RolePlain, text}})
			head = strings.Repeat(" ", textWidth(head))
		}
	}
}

// text is "old → new"; of a long list only what came and went.
func (f FieldDiff) text() string {
	none := func(s string) string {
		if s == "" {
			return "none"
		}
		return Clean(s)
	}
	if len(f.oldItems) > 0 && len(f.newItems) > 0 && len(f.oldItems)+len(f.newItems) > 2 {
		if items := append(without(f.newItems, f.oldItems, "+ "), without(f.oldItems, f.newItems, "− ")...); len(items) > 0 {
			return Clean(strings.Join(items, ", "))
		}
	}
	return none(f.Old) + " → " + none(f.New)
}

// without lists the items of a that b lacks, marked.
func without(a, b []string, mark string) (items []string) {
	for _, s := range a {
		if !slices.Contains(b, s) {
			items = append(items, mark+s)
		}
	}
	return items
}

// fieldName is a field as one says it.
func fieldName(field string) string {
	switch field {
	case "maxParallelism":
		return "max parallelism"
	case "slotGroup":
		return "slot group"
	case "stateKey":
		return "state key"
	case "stateFingerprint":
		return "state layout"
	case "stateTTL":
		return "state TTL"
	case "upsertKey":
		return "upsert key"
	case "upsertKeys":
		return "upsert keys"
	}
	return strings.TrimPrefix(field, "props.")
}
