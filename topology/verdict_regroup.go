package topology

import (
	"fmt"
	"slices"
	"strings"
)

// Regrouping says for each field of a group aggregation's state, which is a call each,
// which of the former fields it was, -1 if none; ok is false if the state cannot be
// carried over to these calls. It can if the keys are the same and calls were added,
// removed or moved. A call in the place of another is no addition: who turns SUM into MAX
// wants the maximum of all rows, not of those to come.
func Regrouping(before, after *Model, old, now string) (from []int, ok bool) {
	j := &judge{before: before, after: after}
	r, ok := j.regrouping(before.indexOf(old), after.indexOf(now))
	return r.from, ok
}

// indexOf finds a node by uid, -1 if there is none.
func (m *Model) indexOf(uid string) int {
	return slices.IndexFunc(m.Nodes, func(n ModelNode) bool { return n.UID == uid })
}

// regrouping is how the calls of a group aggregation are carried over.
type regrouping struct {
	from    []int
	why     string
	fromNow []string
	flink   Verdict
}

func (j *judge) regroups(old, now int) bool {
	_, ok := j.regrouping(old, now)
	return ok
}

func (j *judge) regrouping(old, now int) (r regrouping, ok bool) {
	if old < 0 || now < 0 {
		return r, false
	}
	a, b := &j.before.Nodes[old], &j.after.Nodes[now]
	isGroup := func(n *ModelNode) bool { return n.State != nil && (n.Kind == KindGroupAgg || n.Kind == KindGlobalAgg) }
	updating := j.after.updatingInto(now)
	if !isGroup(a) || !isGroup(b) || a.Identity != b.Identity || j.before.updatingInto(old) != updating {
		return r, false
	}
	taken := make([]bool, len(a.State.Fields))
	var added, counted []string
	moved, last := false, -1
	for _, f := range b.State.Fields {
		k := -1
		for i, g := range a.State.Fields {
			if !taken[i] && g == f {
				k = i
				break
			}
		}
		r.from = append(r.from, k)
		switch {
		case k >= 0:
			taken[k] = true
			moved, last = moved || k < last, k
		case updating && f.Name == "COUNT(*)":
			counted = append(counted, quote(f.Name))
		default:
			added = append(added, f.Name)
		}
	}
	var removed []string
	for i, f := range a.State.Fields {
		if !taken[i] {
			removed = append(removed, quote(f.Name))
		}
	}
	if len(removed) > 0 && len(added)+len(counted) > 0 || updating && len(added) > 0 {
		return r, false // a row that came before could be taken back from what never saw it
	}
	var why []string
	if len(removed) > 0 {
		why = append(why, "removed "+strings.Join(removed, ", "))
	}
	if len(counted) > 0 {
		why = append(why, "added "+strings.Join(counted, ", ")+", known from the rows that every key counts")
	}
	if len(added) > 0 {
		why = append(why, fmt.Sprintf("added %s, which counts only rows from now on, also for keys that are there already", strings.Join(quoteItems(added), ", ")))
	}
	r.fromNow, r.flink = added, StateIncompatible
	switch {
	case len(why) == 0 && moved:
		r.flink = StateMeaning
		why = append(why, "the same aggregates in another order: each goes on with its own; where their types fit, Flink does not notice and goes on from values of another")
	default:
		why = append(why, "the other aggregates go on; Flink cannot restore it")
	}
	r.why = strings.Join(why, "; ")
	return r, true
}

// updatingInto reports whether the rows that an aggregation sees update each other; what a
// local phase sees is what counts.
func (m *Model) updatingInto(i int) bool {
	for k := range m.Edges {
		if e := &m.Edges[k]; e.to == i {
			if m.Nodes[e.from].Kind == KindLocalAgg {
				return m.updatingInto(e.from)
			}
			return e.Changelog.Updating()
		}
	}
	return false
}
