package session

import (
	"fmt"
	"strings"

	"github.com/weir-sql/weir/exec/op"
	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/topology"
)

// MigrateSnapshot makes a snapshot of one plan readable by a graph, as the verdicts of
// topology.JudgeState say: what is carried goes under the uid that its operator has now,
// written anew for other aggregates, and everything else is left out. Unless drop is set,
// it is an error if state would be left out. The snapshot itself is not changed.
func MigrateSnapshot(snap *runtime.Snapshot, before *topology.Model, g *topology.Graph, drop bool) (*runtime.Snapshot, error) {
	after, err := topology.NewModel(g)
	if err != nil {
		return nil, err
	}
	m := &migration{snap: snap, before: before, after: after, graph: g, renamed: map[string]string{}}
	if lost := m.sort(); len(lost) > 0 && !drop {
		return nil, diag.Errorf("W0415", diag.Span{}, "state would be lost: %s", lost[0]).WithDetail("%s", strings.Join(lost[1:], "\n")).
			WithHint("weir run --allow-non-restored-state goes on without it")
	}
	return m.carry()
}

// migration carries a snapshot over to another graph.
type migration struct {
	snap          *runtime.Snapshot
	before, after *topology.Model
	graph         *topology.Graph
	renamed       map[string]string // uids that there are now, by former uid
}

// sort finds what is carried, and lists what is not.
func (m *migration) sort() (lost []string) {
	for _, v := range topology.JudgeState(m.before, m.after) {
		switch {
		case v.Verdict.Carried():
			m.renamed[v.OldUID] = v.UID
		case v.Verdict.Lost():
			lost = append(lost, fmt.Sprintf("%s is %s: %s", v.Name, v.Verdict, v.Reason.Plain()))
		}
	}
	nodes := map[string]*topology.ModelNode{}
	for i := range m.before.Nodes {
		nodes[m.before.Nodes[i].UID] = &m.before.Nodes[i]
	}
	for now, former := range topology.FormerUIDs(m.before, m.after) {
		if n := nodes[former]; n == nil || n.State == nil { // positions of sources, what sinks prepared
			m.renamed[former] = now
		}
	}
	for _, n := range m.before.Nodes {
		if _, ok := m.renamed[n.UID]; ok {
			continue
		}
		if _, ok := m.snap.Positions[n.UID]; ok {
			lost = append(lost, fmt.Sprintf("%s is no longer read: how far it was read is not kept, and what takes its place is read from the beginning", n.Name))
		}
		if len(m.snap.Commits[n.UID]) > 0 {
			lost = append(lost, fmt.Sprintf("%s is no longer written: rows prepared for it are not visible yet", n.Name))
		}
	}
	return lost
}

// carry writes what is carried under its uid.
func (m *migration) carry() (*runtime.Snapshot, error) {
	out := &runtime.Snapshot{ID: m.snap.ID, Finished: m.snap.Finished, State: state.NewMemory(),
		Positions: map[string]runtime.SourcePosition{}, Commits: map[string][][]byte{}, Marks: map[string]int64{}}
	for _, name := range m.snap.State.Names() {
		former, part, _ := strings.Cut(name, "/")
		now, ok := m.renamed[former]
		if !ok {
			continue
		}
		rewrite, err := m.rewriting(former, now, part)
		if err != nil {
			return nil, err
		}
		err = m.snap.State.Each(name, allGroups, func(group int, key, value []byte) (err error) {
			if rewrite != nil {
				if value, err = rewrite.Entry(value); err != nil {
					return fmt.Errorf("state of %s: %w", now, err)
				}
			}
			return out.State.Put(now+"/"+part, group, key, value)
		})
		if err != nil {
			return nil, err
		}
	}
	for former, now := range m.renamed {
		if p, ok := m.snap.Positions[former]; ok {
			out.Positions[now] = p
		}
		if c, ok := m.snap.Commits[former]; ok {
			out.Commits[now] = c
		}
		if w, ok := m.snap.Marks[former]; ok {
			out.Marks[now] = w
		}
	}
	return out, nil
}

// rewriting gives how the entries of a part are written anew; nil if they stay.
func (m *migration) rewriting(former, now, part string) (*op.Regroup, error) {
	from, ok := topology.Regrouping(m.before, m.after, former, now)
	if !ok || part != op.GroupsPart || m.fields(former) == len(from) && inPlace(from) {
		return nil, nil
	}
	for _, n := range m.graph.Nodes {
		if spec, ok := n.Spec.(*physical.GroupAgg); ok && n.UID == now {
			return op.NewRegroup(spec, from)
		}
	}
	return nil, fmt.Errorf("operator %s is no aggregation", now)
}

// fields is the number of calls that an aggregation had.
func (m *migration) fields(former string) int {
	for i := range m.before.Nodes {
		if n := &m.before.Nodes[i]; n.UID == former && n.State != nil {
			return len(n.State.Fields)
		}
	}
	return 0
}

// inPlace reports whether calls stay where they are.
func inPlace(from []int) bool {
	for i, k := range from {
		if i != k {
			return false
		}
	}
	return true
}
