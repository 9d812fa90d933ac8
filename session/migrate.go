package session

import (
	"fmt"
	"strings"

	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/topology"
)

// MigrateSnapshot makes a snapshot of one plan readable by another, as the verdicts of
// topology.JudgeState say: what is carried goes under the uid that its operator has now,
// everything else is left out. Unless drop is set, it is an error if state would be left
// out. The snapshot itself is not changed.
func MigrateSnapshot(snap *runtime.Snapshot, before, after *topology.Model, drop bool) (*runtime.Snapshot, error) {
	renamed := map[string]string{} // by former uid
	var lost []string
	for _, v := range topology.JudgeState(before, after) {
		switch {
		case v.Verdict.Carried():
			renamed[v.OldUID] = v.UID
		case v.Verdict.Lost():
			lost = append(lost, fmt.Sprintf("%s is %s: %s", v.Name, v.Verdict, v.Reason.Plain()))
		}
	}
	nodes := map[string]*topology.ModelNode{}
	for i := range before.Nodes {
		nodes[before.Nodes[i].UID] = &before.Nodes[i]
	}
	for now, former := range topology.FormerUIDs(before, after) {
		if n := nodes[former]; n == nil || n.State == nil { // positions of sources, what sinks prepared
			renamed[former] = now
		}
	}
	for _, n := range before.Nodes {
		if _, ok := renamed[n.UID]; ok {
			continue
		}
		if _, ok := snap.Positions[n.UID]; ok {
			lost = append(lost, fmt.Sprintf("%s is no longer read: how far it was read is not kept, and what takes its place is read from the beginning", n.Name))
		}
		if len(snap.Commits[n.UID]) > 0 {
			lost = append(lost, fmt.Sprintf("%s is no longer written: rows prepared for it are not visible yet", n.Name))
		}
	}
	if len(lost) > 0 && !drop {
		return nil, diag.Errorf("W0415", diag.Span{}, "state would be lost: %s", lost[0]).WithDetail("%s", strings.Join(lost[1:], "\n")).
			WithHint("weir run --allow-non-restored-state goes on without it")
	}
	out := &runtime.Snapshot{ID: snap.ID, Finished: snap.Finished, State: state.NewMemory(), Positions: map[string]runtime.SourcePosition{}, Commits: map[string][][]byte{}, Marks: map[string]int64{}}
	for _, name := range snap.State.Names() {
		uid, part, _ := strings.Cut(name, "/")
		now, ok := renamed[uid]
		if !ok {
			continue
		}
		err := snap.State.Each(name, allGroups, func(group int, key, value []byte) error {
			return out.State.Put(now+"/"+part, group, key, value)
		})
		if err != nil {
			return nil, err
		}
	}
	for former, now := range renamed {
		if p, ok := snap.Positions[former]; ok {
			out.Positions[now] = p
		}
		if c, ok := snap.Commits[former]; ok {
			out.Commits[now] = c
		}
		if m, ok := snap.Marks[former]; ok {
			out.Marks[now] = m
		}
	}
	return out, nil
}
