package topology

import (
	"fmt"
	"slices"
	"strings"
)

// Verdict says what becomes of the state of an operator when a job goes on from a
// snapshot of its former plan.
type Verdict string

// The verdicts.
const (
	StateKept         Verdict = "kept"            // goes on as it was
	StateRescaled     Verdict = "rescaled"        // goes on, spread over another number of tasks
	StateMigrated     Verdict = "migrated"        // goes on, rewritten: under another uid, or for other aggregates
	StateNew          Verdict = "new"             // begins empty
	StateDropped      Verdict = "dropped"         // its operator is gone
	StateIncompatible Verdict = "incompatible"    // its operator is there but cannot read it
	StateMeaning      Verdict = "meaning changed" // could be read, and would go on from values that mean something else
)

// Carried reports whether a snapshot of the former plan is read, once MigrateSnapshot
// has renamed what is kept under another uid.
func (v Verdict) Carried() bool { return v == StateKept || v == StateRescaled || v == StateMigrated }

// Verdicts lists them in the order in which they are counted, best first.
var Verdicts = []Verdict{StateKept, StateRescaled, StateMigrated, StateNew, StateMeaning, StateIncompatible, StateDropped}

// Lost reports whether what was kept is gone, or is wrong to go on from.
func (v Verdict) Lost() bool { return v == StateDropped || v == StateIncompatible || v == StateMeaning }

// StateVerdict is the verdict on one operator, with its reason.
type StateVerdict struct {
	Name    string  `json:"name"`
	UID     string  `json:"uid,omitempty"`
	Label   string  `json:"label,omitempty"`
	Verdict Verdict `json:"verdict"`
	Reason  Text    `json:"reason"`
	OldUID  string  `json:"oldUid,omitempty"` // of the operator as it was, unless it is new
	// FromNow are aggregates that begin empty in state that goes on: for keys that are
	// there already they count only the rows that come from now on.
	FromNow []string `json:"fromNow,omitempty"`
	// Flink is what the same change comes to on Flink, if that is something else.
	Flink Verdict `json:"flink,omitempty"`
}

// JudgeState gives the verdict on every operator that keeps state before or after, in
// the order of the new graph, dropped ones last. A nil model is a job that is not.
//
// Both plans are all it knows. It is strict: whatever is not known to restore and to
// mean the same is not called kept.
//
//	V1  Operators are the same by uid or former uid (matchNodes). What has no
//	    counterpart is new or dropped.
//	V2  Another key type or number of key groups places state elsewhere; another
//	    layout cannot be read: incompatible. Group aggregations are the exception, whose
//	    calls are kept apart: some more, some less or another order are migrated (Regrouping).
//	V3  Equal layout with another content (SUM → MAX), other work on it (top 3 → top
//	    5), or other rows arriving (WHERE, join condition, topic): meaning changed.
//	V4  Else it is kept, rescaled or migrated.
func JudgeState(before, after *Model) []StateVerdict {
	if before == nil {
		before = &Model{}
	}
	if after == nil {
		after = &Model{}
	}
	j := &judge{before: before, after: after, oldRows: before.arrivals(), newRows: after.arrivals()}
	oldOf := matchNodes(before, after)
	kept := make([]bool, len(before.Nodes))
	verdicts := []StateVerdict{}
	for i := range after.Nodes {
		n := &after.Nodes[i]
		var v StateVerdict
		switch {
		case oldOf[i] >= 0 && before.Nodes[oldOf[i]].State != nil:
			kept[oldOf[i]] = true
			v = j.matched(oldOf[i], i)
			v.OldUID = before.Nodes[oldOf[i]].UID
		case n.State != nil:
			v = StateVerdict{Verdict: StateNew, Reason: "begins empty"}
		default:
			continue
		}
		v.Name, v.UID, v.Label = n.Name, n.UID, n.Label
		verdicts = append(verdicts, v)
	}
	for i := range before.Nodes {
		if n := &before.Nodes[i]; n.State != nil && !kept[i] {
			verdicts = append(verdicts, StateVerdict{Name: n.Name, UID: n.UID, Label: n.Label, Verdict: StateDropped, Reason: j.whyDropped(n, oldOf), OldUID: n.UID})
		}
	}
	return verdicts
}

// FormerUIDs gives, for every operator that was there before, the uid that it had then
// by the uid that it has now.
func FormerUIDs(before, after *Model) map[string]string {
	former := map[string]string{}
	for i, k := range matchNodes(before, after) {
		if k >= 0 {
			former[after.Nodes[i].UID] = before.Nodes[k].UID
		}
	}
	return former
}

type judge struct {
	before, after    *Model
	oldRows, newRows []arrival
}

func (j *judge) matched(old, now int) StateVerdict {
	a, b := &j.before.Nodes[old], &j.after.Nodes[now]
	verdict := func(v Verdict, format string, args ...any) StateVerdict {
		reason := fmt.Sprintf(format, args...)
		if x, y := ttlList(a), ttlList(b); x != y && b.State != nil {
			reason += fmt.Sprintf("; state TTL %s → %s", x, y)
		}
		return StateVerdict{Verdict: v, Reason: Text(reason)}
	}
	if b.State == nil {
		return verdict(StateDropped, "keeps no state any more")
	}
	switch {
	case !slices.Equal(a.State.KeyTypes, b.State.KeyTypes):
		return verdict(StateIncompatible, "key types %s → %s", quoteList(a.State.KeyTypes), quoteList(b.State.KeyTypes))
	case a.MaxParallelism != b.MaxParallelism:
		return verdict(StateIncompatible, "%d → %d key groups place every key elsewhere; a max parallelism of %d keeps them", a.MaxParallelism, b.MaxParallelism, a.MaxParallelism)
	case a.State.Fingerprint != b.State.Fingerprint && j.regroups(old, now):
		if !slices.Equal(j.inputs(j.before, j.oldRows, old), j.inputs(j.after, j.newRows, now)) {
			return verdict(StateMeaning, "%s; what is kept comes from the rows that arrived before", j.whyRows(old, now))
		}
		r, _ := j.regrouping(old, now)
		v := verdict(StateMigrated, "%s", r.why)
		v.FromNow, v.Flink = r.fromNow, r.flink
		return v
	case a.State.Fingerprint != b.State.Fingerprint:
		v, why := layoutChange(a.State, b.State)
		return verdict(v, "%s", why)
	case a.Meaning != b.Meaning:
		return verdict(StateMeaning, "%s → %s: reads the state there is and goes on from what another rule left in it", quote(labelOf(a)), quote(labelOf(b)))
	case !slices.Equal(j.inputs(j.before, j.oldRows, old), j.inputs(j.after, j.newRows, now)):
		return verdict(StateMeaning, "%s; what is kept comes from the rows that arrived before", j.whyRows(old, now))
	case a.UID != b.UID:
		v := verdict(StateMigrated, "uid %s → %s; Flink finds state by uid and would drop it", quote(a.UID), quote(b.UID))
		v.Flink = StateDropped
		return v
	case a.Parallelism != b.Parallelism:
		return verdict(StateRescaled, "%d → %d tasks", a.Parallelism, b.Parallelism)
	}
	return verdict(StateKept, "same key, layout and meaning")
}

// layoutChange tells a state that would be read although it means something else from
// one that would not. Aggregates are compared by the type of their value: how many
// columns keep it is weir's business, and Flink keeps SUM and MAX of a column alike.
func layoutChange(a, b *StateSchema) (Verdict, string) {
	types := func(s *StateSchema) (ts []string) {
		for _, f := range s.Fields {
			t := f.Type
			if strings.Contains(f.Name, "(") {
				t, _, _ = strings.Cut(t, ", ")
				t = strings.TrimSuffix(t, " NOT NULL")
				if strings.Contains(f.Name, "DISTINCT ") { // keeps the values too
					t += " distinct"
				}
			}
			ts = append(ts, t)
		}
		return ts
	}
	came, went := quoteItems(without(b.fields(), a.fields(), "")), quoteItems(without(a.fields(), b.fields(), ""))
	change := ""
	switch {
	case len(came) == 0 && len(went) == 0:
		change = "the same fields in another order"
	case len(went) == 0:
		change = "added " + strings.Join(came, ", ")
	case len(came) == 0:
		change = "removed " + strings.Join(went, ", ")
	default:
		change = strings.Join(went, ", ") + " → " + strings.Join(came, ", ")
	}
	if slices.Equal(types(a), types(b)) {
		return StateMeaning, change + ": where the types fit, as on Flink, a restore does not notice and goes on from wrong values"
	}
	return StateIncompatible, change + ": what is kept per key is laid out otherwise"
}

func quoteItems(items []string) []string {
	out := make([]string, 0, len(items))
	for _, s := range items {
		out = append(out, quote(s))
	}
	const most = 4
	if len(out) > most {
		out = append(out[:most], fmt.Sprintf("%d more", len(out)-most))
	}
	return out
}

func quoteList(items []string) string {
	if len(items) == 0 {
		return "none"
	}
	return quote(strings.Join(items, ", "))
}

func labelOf(n *ModelNode) string {
	if n.Label == "" {
		return n.Name
	}
	return n.Label
}

// whyDropped names what stands where a dropped operator stood, if that can be told.
func (j *judge) whyDropped(n *ModelNode, oldOf []int) Text {
	for i := range j.after.Nodes {
		if m := &j.after.Nodes[i]; oldOf[i] < 0 && m.State != nil && m.Kind == n.Kind {
			if n.Kind == KindWindowAgg || n.Kind == KindGlobalWindow {
				return Text(fmt.Sprintf("%s is in its place, with another key or window", quote(m.Name)))
			}
			return Text(fmt.Sprintf("%s is in its place, with another key", quote(m.Name)))
		}
	}
	if len(j.after.Nodes) == 0 {
		return "the job is gone"
	}
	return "its operator is gone"
}

// arrival says which rows come out of a node, however they got there.
type arrival struct {
	digest string
	rules  []rule // everything upstream that chooses rows
}

// rule is one operator's part in choosing rows.
type rule struct{ text, label string }

// arrivals finds for every node which rows it passes on: what is read, and through
// which conditions, joins and keys. Columns do not count, since the fields of a state
// say what is in them.
func (m *Model) arrivals() []arrival {
	all := make([]arrival, len(m.Nodes))
	in := m.inputs()
	for i := range m.Nodes {
		n := &m.Nodes[i]
		own, through := n.choosesRows()
		if through && len(in[i]) == 1 {
			all[i] = all[in[i][0].from]
			continue
		}
		parts := make([]string, len(in[i]))
		var rules []rule
		for k, e := range in[i] {
			parts[k] = all[e.from].digest
			rules = append(rules, all[e.from].rules...)
		}
		if n.Kind == KindUnion {
			slices.Sort(parts)
		}
		rules = append(rules, rule{own, n.labelWithPlace()})
		slices.SortFunc(rules, func(a, b rule) int { return strings.Compare(a.text, b.text) })
		all[i] = arrival{digest(append([]string{own}, parts...)...), slices.CompactFunc(rules, func(a, b rule) bool { return a.text == b.text })}
	}
	return all
}

// choosesRows gives the part of a node's meaning that decides which rows come out;
// through is true for nodes that pass every row of their only input.
func (n *ModelNode) choosesRows() (text string, through bool) {
	switch n.Kind {
	case KindCalc, KindFilter:
		return n.Selection, n.Selection == ""
	case KindWatermark, KindLocalAgg, KindLocalWindow, KindOver, KindMaterializer, "drop-update-before":
		return "", true
	case KindSource, KindLookupJoin:
		text = n.Identity
		if n.Kind == KindLookupJoin {
			text = n.Meaning
		}
		for _, key := range []string{"connector", "topic", "path"} {
			text += " " + key + "=" + propOf(n.Props, key)
		}
		return text, false
	case KindGroupAgg, KindGlobalAgg, KindWindowAgg, KindGlobalWindow:
		return n.Identity, false
	}
	return n.Meaning, false
}

// labelWithPlace is the label, of what reads a table with where that lies.
func (n *ModelNode) labelWithPlace() string {
	if n.Kind == KindSource || n.Kind == KindLookupJoin {
		for _, key := range []string{"topic", "path", "connector"} {
			if v := propOf(n.Props, key); v != "" {
				return fmt.Sprintf("%s (%s %s)", labelOf(n), key, v)
			}
		}
	}
	return labelOf(n)
}

func (j *judge) inputs(m *Model, rows []arrival, i int) (digests []string) {
	for k := range m.Edges {
		if e := &m.Edges[k]; e.to == i {
			digests = append(digests, rows[e.from].digest)
		}
	}
	return digests
}

// whyRows says in what the rows of an operator differ.
func (j *judge) whyRows(old, now int) string {
	gather := func(m *Model, rows []arrival, i int) (rules []rule) {
		for k := range m.Edges {
			if e := &m.Edges[k]; e.to == i {
				rules = append(rules, rows[e.from].rules...)
			}
		}
		return rules
	}
	a, b := gather(j.before, j.oldRows, old), gather(j.after, j.newRows, now)
	missing := func(of, in []rule) (labels []string) {
		for _, r := range of {
			if !slices.ContainsFunc(in, func(o rule) bool { return o.text == r.text }) && !slices.Contains(labels, r.label) {
				labels = append(labels, r.label)
			}
		}
		return labels
	}
	went, came := strings.Join(quoteItems(missing(a, b)), ", "), strings.Join(quoteItems(missing(b, a)), ", ")
	switch {
	case went == "" && came == "":
		return "its rows come another way"
	case went == came:
		return "its rows come through another " + came
	case went == "":
		return "its rows come through " + came + " now"
	case came == "":
		return "its rows no longer come through " + went
	}
	return "its rows come through " + came + " instead of " + went
}
