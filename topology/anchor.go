package topology

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/diag"
)

// An anchor names an operator by where it stands, for people who write an overlay
// by hand: what it feeds, its kind and its key columns. It holds as long as a person
// would say that it is the same operator:
//
//	spend_by_city/window-agg[city,window_start]
//	source[orders]                               sources and sinks: by their table
//	archive/calc[]#2                             the second of several alike

// Anchors returns the anchor of every node, by NodeID. Anchors are unique.
func (g *Graph) Anchors() []string {
	anchors := make([]string, len(g.Nodes))
	adj := g.adjacency()
	if _, err := g.Topo(); err != nil {
		return anchors
	}
	sinks, walk := g.walkFromSinks(adj)
	count := map[string]int{}
	for _, id := range walk {
		n := g.Nodes[id]
		base := fmt.Sprintf("%s[%s]", n.Kind, tableOf(n))
		if !n.Kind.ofTable() && !n.Kind.IsSink() {
			base = fmt.Sprintf("%s/%s[%s]", tableOf(g.Nodes[sinks[id][0]]), n.Kind, strings.Join(n.Keys, ","))
		}
		base = Clean(base)
		if count[base]++; count[base] > 1 {
			anchors[id] = fmt.Sprintf("%s#%d", base, count[base])
		} else {
			anchors[id] = base
		}
	}
	return anchors
}

func tableOf(n *Node) string {
	if n.Identity != "" {
		return n.Identity
	}
	return n.Name
}

// Attach returns the node that a key of an overlay means: a uid, a former uid or an
// anchor. The error names the nearest of what could have been meant; name is the
// operator's name as the overlay last knew it, or "".
func (g *Graph) Attach(key, name string) (*Node, *diag.Diagnostic) {
	return g.attach(g.Anchors(), key, name)
}

// Attacher is Attach for many keys of one graph.
func (g *Graph) Attacher() func(key, name string) (*Node, *diag.Diagnostic) {
	anchors := g.Anchors()
	return func(key, name string) (*Node, *diag.Diagnostic) { return g.attach(anchors, key, name) }
}

func (g *Graph) attach(anchors []string, key, name string) (*Node, *diag.Diagnostic) {
	for _, match := range []func(n *Node) bool{
		func(n *Node) bool { return n.UID == key },
		func(n *Node) bool { return slices.Contains(n.Aliases, key) },
		func(n *Node) bool { return anchors[n.ID] == key || anchors[n.ID] == strings.ReplaceAll(key, ", ", ",") },
	} {
		if found := g.filter(match); len(found) == 1 && key != "" {
			return found[0], nil
		}
	}
	d := diag.Errorf("W0405", diag.Span{}, "%q attaches to no operator of %s", Clean(key), g.scriptName())
	for _, n := range g.Nodes {
		if name != "" && n.Name == name {
			return nil, d.WithHint("The operator that is now called %q is %q or %q.", Clean(name), Clean(n.UID), anchors[n.ID])
		}
	}
	var known []string
	for _, n := range g.Nodes {
		known = append(known, anchors[n.ID])
		if n.UID != "" {
			known = append(known, Clean(n.UID))
		}
	}
	if near := nearestKey(key, known); near != "" {
		return nil, d.WithHint("did you mean %q?", near)
	}
	return nil, d.WithHint("%s", listOf("operators", anchors))
}

// nearestKey is the nearest by spelling, or else one that agrees in what it feeds
// and in kind, since keys change most.
func nearestKey(key string, known []string) string {
	if near := diag.Nearest(key, known); near != "" {
		return near
	}
	stem, _, _ := strings.Cut(key, "[")
	for _, k := range known {
		if s, _, ok := strings.Cut(k, "["); ok && s == stem {
			return k
		}
	}
	return ""
}
