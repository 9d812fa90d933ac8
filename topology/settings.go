package topology

import (
	"fmt"
	"strings"
)

// Setting is what can be edited of one operator: how it is now and what else is legal.
type Setting struct {
	ID             NodeID         `json:"-"`
	Name           string         `json:"name"`
	UID            string         `json:"uid"`
	FlinkID        string         `json:"flinkId"`
	Anchor         string         `json:"anchor"`
	Label          string         `json:"label"`
	Parallelism    int            `json:"parallelism"`
	MaxParallelism int            `json:"maxParallelism"`
	Chaining       Chaining       `json:"chaining"`
	SlotGroup      string         `json:"slotGroup"`
	StateTTL       string         `json:"stateTTL,omitempty"` // "" without state
	Resources      *Resources     `json:"resources,omitempty"`
	Inputs         []InputSetting `json:"inputs,omitempty"`
	Edited         bool           `json:"edited"`
}

// InputSetting is one input of an operator.
type InputSetting struct {
	From     string   `json:"from"`
	Exchange string   `json:"exchange"`
	Why      string   `json:"why"` // in a few words why it is legal
	Legal    []string `json:"legal"`
}

// Settings lists what can be edited, operators after their inputs. Anchors and edited
// are told by the graph as it was planned, of which this one is an edited copy.
func (g *Graph) Settings(planned *Graph) ([]Setting, error) {
	m, err := NewModel(g)
	if err != nil {
		return nil, err
	}
	diff, err := Diff(planned, g)
	if err != nil {
		return nil, err
	}
	edited := map[string]bool{}
	for _, n := range diff.Nodes {
		edited[n.Name] = true
	}
	for _, e := range diff.Edges {
		edited[e.To] = true
	}
	anchors := planned.Anchors()
	byName := map[string]NodeID{}
	order := g.postOrder(g.adjacency())
	for i, id := range order {
		byName[m.Nodes[i].Name] = id
	}
	settings := make([]Setting, len(m.Nodes))
	for i := range m.Nodes {
		n := &m.Nodes[i]
		id := byName[n.Name]
		s := Setting{ID: id, Name: n.Name, UID: n.UID, FlinkID: n.FlinkID, Anchor: anchors[id], Label: n.Label, Parallelism: n.Parallelism,
			MaxParallelism: n.MaxParallelism, Chaining: n.Chaining, SlotGroup: n.SlotGroup, StateTTL: ttlList(n), Resources: n.Resources, Edited: edited[n.Name]}
		for _, e := range g.Inputs(id) {
			s.Inputs = append(s.Inputs, InputSetting{From: Clean(g.Nodes[e.From].Name), Exchange: g.exchangeText(e), Why: g.WhyLegal(e), Legal: g.Exchanges(e)})
		}
		settings[i] = s
	}
	return settings, nil
}

// RenderSettings writes settings for people, a few lines an operator.
func RenderSettings(settings []Setting) string {
	var b strings.Builder
	for i, s := range settings {
		if i > 0 {
			b.WriteByte('\n')
		}
		mark := ""
		if s.Edited {
			mark = "   edited"
		}
		fmt.Fprintf(&b, "%s   %s%s\n", s.Name, s.Label, mark)
		fmt.Fprintf(&b, "  uid          %s   Flink %s\n", s.UID, s.FlinkID)
		fmt.Fprintf(&b, "  anchor       %s\n", s.Anchor)
		fmt.Fprintf(&b, "  parallelism  %d of at most %d   chaining %s   slot group %s\n", s.Parallelism, s.MaxParallelism, s.Chaining, s.SlotGroup)
		if s.StateTTL != "" {
			fmt.Fprintf(&b, "  state TTL    %s\n", s.StateTTL)
		}
		if r := s.Resources.String(); r != "" {
			fmt.Fprintf(&b, "  resources    %s\n", r)
		}
		for k, in := range s.Inputs {
			fmt.Fprintf(&b, "  input %d      %s from %s   legal: %s\n", k, in.Exchange, in.From, strings.Join(in.Legal, ", "))
		}
	}
	return b.String()
}

// EditLines says what a difference does to operators that stay, one line each, and
// which exchanges had to follow:
//
//	lookup-users  parallelism 2 → 8, input forward → hash[user_id]     legal (input is insert-only)
//	   calc follows: input forward → rebalance, as parallelism is 8 at lookup-users and 2 at calc
//
// edited is the graph after the edit, which says why its exchanges are right.
func EditLines(d *GraphDiff, edited *Edited) []string {
	g := edited.Graph
	at := map[string]NodeID{}
	for _, n := range g.Nodes {
		at[Clean(n.Name)] = n.ID
	}
	follows := map[*Edge]Follow{}
	for _, f := range edited.Follows {
		follows[f.Edge] = f
	}
	var lines, after []string
	for _, entry := range d.entries() {
		in := g.Inputs(at[entry.name])
		var parts, reasons []string
		for _, l := range entry.lines {
			if !strings.HasPrefix(l.what, "input ") {
				parts = append(parts, l.what+" "+l.text)
			}
		}
		for _, e := range d.Edges {
			if e.To != entry.name || e.Input >= len(in) {
				continue
			}
			name := "input"
			if len(in) > 1 {
				name = fmt.Sprintf("input %d", e.Input)
			}
			var what []string
			for _, l := range e.lines(Changed) {
				what = append(what, name+strings.TrimPrefix(l.what, fmt.Sprintf("input %d", e.Input))+" "+l.text)
			}
			if f, ok := follows[in[e.Input]]; ok {
				after = append(after, fmt.Sprintf("   %s follows: %s, as %s", entry.name, strings.Join(what, ", "), f.Why))
				continue
			}
			parts = append(parts, what...)
			if why := g.WhyLegal(in[e.Input]); !contains(reasons, why) {
				reasons = append(reasons, why)
			}
		}
		if len(parts) == 0 {
			continue
		}
		line := entry.name + "  " + strings.Join(parts, ", ")
		if len(reasons) > 0 {
			line += "     legal (" + strings.Join(reasons, "; ") + ")"
		}
		lines = append(lines, line)
	}
	return append(lines, after...)
}

// Cost is what a difference costs in the JobGraph: "tasks 4 → 10 · slots 2 → 4 · …";
// what stays is said once.
func (d *GraphDiff) Cost() string {
	var parts []string
	for _, t := range d.costs() {
		if t.old == t.now {
			parts = append(parts, fmt.Sprintf("%s %d", t.what, t.now))
		} else {
			parts = append(parts, fmt.Sprintf("%s %d → %d", t.what, t.old, t.now))
		}
	}
	return strings.Join(parts, " · ")
}

type cost struct {
	what     string
	old, now int
}

func (d *GraphDiff) costs() []cost {
	return []cost{{"tasks", d.Before.Tasks, d.After.Tasks}, {"slots", d.Before.Slots, d.After.Slots}, {"chains", d.Before.Chains, d.After.Chains},
		{"network edges", d.Before.NetworkEdges, d.After.NetworkEdges}, {"channels", d.Before.Channels, d.After.Channels}}
}
