package topology

import (
	"fmt"
	"strings"

	"github.com/weir-sql/weir/planner/diag"
)

// Find returns the node with a name, a uid or a former uid. A unique beginning of
// a uid, at least up to and with a character of its hash, will do as well. The
// error names the nearest name.
func (g *Graph) Find(name string) (*Node, error) {
	for _, match := range []func(*Node) bool{
		func(n *Node) bool { return n.UID == name },
		func(n *Node) bool { return n.Name == name },
		func(n *Node) bool { return strings.EqualFold(n.Name, name) },
		func(n *Node) bool { return contains(n.Aliases, name) },
	} {
		if found := g.filter(match); len(found) == 1 && name != "" {
			return found[0], nil
		}
	}
	if i := strings.LastIndexByte(name, '-'); i >= 0 && i+1 < len(name) {
		found := g.filter(func(n *Node) bool { return strings.HasPrefix(n.UID, name) })
		if len(found) == 1 {
			return found[0], nil
		}
		if len(found) > 1 {
			return nil, diag.Errorf("W0401", diag.Span{}, "uid %q fits %d operators: %s and %s", Clean(name), len(found), found[0].Name, found[1].Name)
		}
	}
	d := diag.Errorf("W0401", diag.Span{}, "operator %q not found in the graph of %s", Clean(name), g.scriptName())
	if near := diag.Nearest(name, g.names()); near != "" {
		return nil, d.WithHint("did you mean %q?", near)
	}
	return nil, d.WithHint("%s", listOf("operators", g.names()))
}

func (g *Graph) filter(match func(*Node) bool) (found []*Node) {
	for _, n := range g.Nodes {
		if match(n) {
			found = append(found, n)
		}
	}
	return found
}

func (g *Graph) names() []string {
	names := make([]string, len(g.Nodes))
	for i, n := range g.Nodes {
		names[i] = Clean(n.Name)
	}
	return names
}

func (g *Graph) scriptName() string {
	if g.Script.Name == "" {
		return "this script"
	}
	return Clean(g.Script.Name)
}

// listOf names a few of many: "operators: a, b, c and 12 more".
func listOf(what string, names []string) string {
	const shown = 8
	if len(names) == 0 {
		return "there are no " + what
	}
	if len(names) <= shown {
		return what + ": " + strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s: %s and %d more", what, strings.Join(names[:shown], ", "), len(names)-shown)
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s {
			return true
		}
	}
	return false
}

// freeName returns name, or name with the first number that is not taken.
func freeName(name string, taken map[string]bool) string {
	if !taken[name] {
		return name
	}
	for i := 2; ; i++ {
		if s := fmt.Sprintf("%s-%d", name, i); !taken[s] {
			return s
		}
	}
}
