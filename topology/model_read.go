package topology

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/weir-sql/weir/planner/diag"
)

// ReadModel reads what RenderJSON wrote, for a diff with a plan kept in a file. The
// text may be hostile: it is cleaned, and what a rendering relies on is checked.
func ReadModel(text []byte) (*Model, error) {
	m := &Model{}
	dec := json.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(m); err != nil {
		return nil, diag.Errorf("W0403", diag.Span{}, "plan is not valid JSON: %v", err)
	}
	if m.Version != ModelVersion {
		return nil, diag.Errorf("W0403", diag.Span{}, "plan has format version %d", m.Version).
			WithHint("This weir reads version %d; write the plan again with `weir plan --as json`.", ModelVersion)
	}
	m.clean()
	if err := m.resolve(); err != nil {
		return nil, diag.Errorf("W0403", diag.Span{}, "plan is not a graph: %v", err)
	}
	return m, nil
}

// resolve turns names in edges and chains into indexes and checks that operators
// come after their inputs and chains after the chains they read, which also means
// that there is no cycle among either.
func (m *Model) resolve() error {
	index := make(map[string]int, len(m.Nodes))
	for i := range m.Nodes {
		n := &m.Nodes[i]
		if _, taken := index[n.Name]; taken || n.Name == "" {
			return fmt.Errorf("operator name %q is empty or taken", n.Name)
		}
		if n.Chain < 0 || n.Chain >= len(m.Chains) || !slices.Contains(m.Chains[n.Chain], n.Name) {
			return fmt.Errorf("operator %q is not in chain %d", n.Name, n.Chain)
		}
		index[n.Name] = i
	}
	for i, chain := range m.Chains {
		for _, name := range chain {
			if at, ok := index[name]; !ok || m.Nodes[at].Chain != i {
				return fmt.Errorf("chain %d names %q, which is not in it", i, name)
			}
		}
	}
	for i := range m.Edges {
		e := &m.Edges[i]
		from, ok := index[e.From]
		to, ok2 := index[e.To]
		if !ok || !ok2 || from >= to {
			return fmt.Errorf("edge %q → %q does not lead from an operator to a later one", e.From, e.To)
		}
		e.from, e.to = from, to
		if a, b := m.Nodes[from].Chain, m.Nodes[to].Chain; a > b || (a == b) != e.Chained {
			return fmt.Errorf("edge %q → %q leads from chain %d to chain %d with chained = %t", e.From, e.To, a, b, e.Chained)
		}
	}
	return nil
}

// clean cleans every text of a model that was read from a file.
func (m *Model) clean() {
	m.Script, m.Mode = Clean(m.Script), Mode(Clean(string(m.Mode)))
	for i := range m.Nodes {
		n := &m.Nodes[i]
		for _, s := range []*string{&n.Name, &n.UID, &n.FlinkID, (*string)(&n.Kind), &n.Label, &n.Identity, &n.Meaning, &n.Selection, (*string)(&n.Chaining), &n.SlotGroup} {
			*s = Clean(*s)
		}
		n.Aliases, n.Detail, n.Keys, n.StateTTL = cleanAll(n.Aliases), cleanAll(n.Detail), cleanAll(n.Keys), cleanAll(n.StateTTL)
		for j := range n.UpsertKeys {
			n.UpsertKeys[j] = cleanAll(n.UpsertKeys[j])
		}
		for j, c := range n.Columns {
			n.Columns[j] = Column{Clean(c.Name), Clean(c.Type)}
		}
		for j, p := range n.Props {
			n.Props[j] = Prop{Clean(p.Key), Clean(p.Value)}
		}
		if s := n.State; s != nil {
			s.Fingerprint, s.KeyTypes = Clean(s.Fingerprint), cleanAll(s.KeyTypes)
			for j, f := range s.Fields {
				s.Fields[j] = StateField{Clean(f.Name), Clean(f.Type)}
			}
		}
	}
	for i := range m.Edges {
		e := &m.Edges[i]
		for _, s := range []*string{&e.From, &e.To, (*string)(&e.Partitioner), (*string)(&e.Required), &e.ChainBreak} {
			*s = Clean(*s)
		}
		e.HashKeys, e.RequiredKeys, e.UpsertKey = cleanAll(e.HashKeys), cleanAll(e.RequiredKeys), cleanAll(e.UpsertKey)
	}
	for i := range m.Chains {
		m.Chains[i] = cleanAll(m.Chains[i])
	}
	groups := m.Totals.SlotGroups
	for _, name := range sortedKeys(groups) {
		if c := Clean(name); c != name {
			groups[c] += groups[name]
			delete(groups, name)
		}
	}
}
