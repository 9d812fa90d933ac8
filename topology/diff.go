package topology

import (
	"fmt"
	"slices"
	"strings"
)

// Change says what happened to a node or an edge.
type Change string

// The changes.
const (
	Added   Change = "added"
	Removed Change = "removed"
	Changed Change = "changed"
)

// GraphDiff is the difference between two graphs as a value; renderings read it and
// need not know how it was found. Nodes and edges that did not change are not in
// it. Places in the text (lines) never count as a change.
type GraphDiff struct {
	Before ModelTotals `json:"before"`
	After  ModelTotals `json:"after"`
	Nodes  []NodeDiff  `json:"nodes"` // in the order of the new graph, removed ones last
	Edges  []EdgeDiff  `json:"edges"` // by consumer in the same order, then by input
}

// NodeDiff is one operator that is not as it was. UID and Name are those of the new
// graph, for removed operators of the old one.
type NodeDiff struct {
	Change Change      `json:"change"`
	UID    string      `json:"uid,omitempty"`
	Name   string      `json:"name"`
	Kind   Kind        `json:"kind"`
	Label  string      `json:"label,omitempty"`
	Fields []FieldDiff `json:"fields,omitempty"` // Changed only, in a fixed order

	Old *ModelNode `json:"-"` // nil for Added
	New *ModelNode `json:"-"` // nil for Removed
}

// EdgeDiff is one input of an operator that is not as it was. An input of an added
// or removed operator is added or removed with it.
type EdgeDiff struct {
	Change Change      `json:"change"`
	To     string      `json:"to"`
	ToUID  string      `json:"toUid,omitempty"`
	Input  int         `json:"input"`
	From   string      `json:"from"`
	Fields []FieldDiff `json:"fields,omitempty"`

	Old *ModelEdge `json:"-"`
	New *ModelEdge `json:"-"`

	gone bool // the consumer itself was removed
}

// FieldDiff is one thing that changed, as texts; "" is absent.
type FieldDiff struct {
	Field string `json:"field"`
	Old   string `json:"old"`
	New   string `json:"new"`

	oldItems, newItems []string // of a field that is a list
}

// Empty reports whether the graphs are equal.
func (d *GraphDiff) Empty() bool { return len(d.Nodes) == 0 && len(d.Edges) == 0 }

// Diff compares two graphs. The error is that of Validate for either.
func Diff(before, after *Graph) (*GraphDiff, error) {
	a, err := NewModel(before)
	if err != nil {
		return nil, err
	}
	b, err := NewModel(after)
	if err != nil {
		return nil, err
	}
	return DiffModels(a, b), nil
}

// DiffModels compares two marshalled graphs. Nodes are the same if they have the
// same uid; failing that, if one is known under a former uid (alias) of the other;
// nodes without uid are the same if they have the same name.
func DiffModels(before, after *Model) *GraphDiff {
	d := &GraphDiff{Before: before.Totals, After: after.Totals, Nodes: []NodeDiff{}, Edges: []EdgeDiff{}}
	oldOf := matchNodes(before, after)
	newOf := make([]int, len(before.Nodes))
	for i := range newOf {
		newOf[i] = -1
	}
	oldIn, newIn := before.inputs(), after.inputs()
	for i := range after.Nodes {
		n := &after.Nodes[i]
		if oldOf[i] < 0 {
			d.Nodes = append(d.Nodes, nodeDiff(Added, n, nil, n))
			for _, e := range newIn[i] {
				d.Edges = append(d.Edges, edgeDiff(Added, n, nil, e))
			}
			continue
		}
		newOf[oldOf[i]] = i
		if nd := nodeDiff(Changed, n, &before.Nodes[oldOf[i]], n); len(nd.Fields) > 0 {
			d.Nodes = append(d.Nodes, nd)
		}
		d.diffInputs(n, oldIn[oldOf[i]], newIn[i], oldOf)
	}
	for i := range before.Nodes {
		if newOf[i] >= 0 {
			continue
		}
		n := &before.Nodes[i]
		d.Nodes = append(d.Nodes, nodeDiff(Removed, n, n, nil))
		for _, e := range oldIn[i] {
			ed := edgeDiff(Removed, n, e, nil)
			ed.gone = true
			d.Edges = append(d.Edges, ed)
		}
	}
	return d
}

// matchNodes returns for each new node the old one that it is, or −1.
func matchNodes(before, after *Model) []int {
	match := make([]int, len(after.Nodes))
	used := make([]bool, len(before.Nodes))
	byUID, byAlias, byName := map[string]int{}, map[string]int{}, map[string]int{}
	for i := range before.Nodes {
		n := &before.Nodes[i]
		if n.UID == "" {
			byName[n.Name] = i
			continue
		}
		byUID[n.UID] = i
		for _, a := range n.Aliases {
			byAlias[a] = i
		}
	}
	pair := func(i int, index map[string]int, key string) {
		if k, ok := index[key]; ok && match[i] < 0 && !used[k] && before.Nodes[k].Kind == after.Nodes[i].Kind {
			match[i], used[k] = k, true
		}
	}
	for i := range after.Nodes {
		match[i] = -1
		if n := &after.Nodes[i]; n.UID != "" {
			pair(i, byUID, n.UID)
		} else {
			pair(i, byName, n.Name)
		}
	}
	for i := range after.Nodes {
		n := &after.Nodes[i]
		for _, a := range n.Aliases {
			pair(i, byUID, a)
		}
		if n.UID != "" {
			pair(i, byAlias, n.UID)
		}
	}
	return match
}

func (d *GraphDiff) diffInputs(n *ModelNode, old, now []*ModelEdge, oldOf []int) {
	for i := range max(len(old), len(now)) {
		switch {
		case i >= len(old):
			d.Edges = append(d.Edges, edgeDiff(Added, n, nil, now[i]))
		case i >= len(now):
			d.Edges = append(d.Edges, edgeDiff(Removed, n, old[i], nil))
		default:
			ed := edgeDiff(Changed, n, old[i], now[i])
			ed.Fields = edgeFields(old[i], now[i], oldOf[now[i].from] == old[i].from)
			if len(ed.Fields) > 0 {
				d.Edges = append(d.Edges, ed)
			}
		}
	}
}

func nodeDiff(c Change, shown, old, now *ModelNode) NodeDiff {
	d := NodeDiff{Change: c, UID: shown.UID, Name: shown.Name, Kind: shown.Kind, Label: shown.Label, Old: old, New: now}
	if c == Changed {
		d.Fields = nodeFields(old, now)
	}
	return d
}

func edgeDiff(c Change, to *ModelNode, old, now *ModelEdge) EdgeDiff {
	shown := now
	if shown == nil {
		shown = old
	}
	return EdgeDiff{Change: c, To: to.Name, ToUID: to.UID, Input: shown.Input, From: shown.From, Old: old, New: now}
}

// fieldDiffs collects what differs.
type fieldDiffs []FieldDiff

func (f *fieldDiffs) add(field, old, now string) {
	if old != now {
		*f = append(*f, FieldDiff{Field: field, Old: old, New: now})
	}
}

// addList adds a field that is a list, of which a rendering may show the items that
// came and went.
func (f *fieldDiffs) addList(field string, old, now []string) {
	n := len(*f)
	f.add(field, strings.Join(old, ", "), strings.Join(now, ", "))
	if len(*f) > n {
		(*f)[n].oldItems, (*f)[n].newItems = old, now
	}
}

func nodeFields(a, b *ModelNode) []FieldDiff {
	var f fieldDiffs
	f.add("uid", a.UID, b.UID)
	f.add("name", a.Name, b.Name)
	f.add("label", a.Label, b.Label)
	f.add("identity", a.Identity, b.Identity)
	f.add("meaning", a.Meaning, b.Meaning)
	f.add("detail", strings.Join(a.Detail, "\n"), strings.Join(b.Detail, "\n"))
	f.add("parallelism", fmt.Sprint(a.Parallelism), fmt.Sprint(b.Parallelism))
	f.add("maxParallelism", fmt.Sprint(a.MaxParallelism), fmt.Sprint(b.MaxParallelism))
	f.add("chaining", string(a.Chaining), string(b.Chaining))
	f.add("slotGroup", a.SlotGroup, b.SlotGroup)
	f.add("resources", a.Resources.String(), b.Resources.String())
	f.addState(a.State, b.State)
	f.add("stateTTL", ttlList(a), ttlList(b))
	f.addList("keys", a.Keys, b.Keys)
	f.addList("columns", columnList(a.Columns), columnList(b.Columns))
	f.add("changelog", changelogText(a.Changelog), changelogText(b.Changelog))
	f.add("upsertKeys", keyList(a.UpsertKeys), keyList(b.UpsertKeys))
	f.add("bounded", fmt.Sprint(a.Bounded), fmt.Sprint(b.Bounded))
	for _, key := range propKeys(a.Props, b.Props) {
		f.add("props."+key, propOf(a.Props, key), propOf(b.Props, key))
	}
	return f
}

func edgeFields(a, b *ModelEdge, sameProducer bool) []FieldDiff {
	var f fieldDiffs
	if !sameProducer {
		f.add("from", a.From, b.From)
	}
	f.add("partitioner", a.Exchange(), b.Exchange())
	if a.Exchange() == b.Exchange() { // else chaining follows from that
		f.add("chained", fmt.Sprint(a.Chained), fmt.Sprint(b.Chained))
	}
	f.add("required", requirement(a), requirement(b))
	f.add("changelog", changelogText(a.Changelog), changelogText(b.Changelog))
	f.add("upsertKey", strings.Join(a.UpsertKey, ", "), strings.Join(b.UpsertKey, ", "))
	return f
}

// String is "2 cores, 512 MiB", or "" for no wish.
func (r *Resources) String() string {
	var s []string
	if r != nil && r.CPU != 0 {
		s = append(s, fmt.Sprintf("%g cores", r.CPU))
	}
	if r != nil && r.MemoryMiB != 0 {
		s = append(s, fmt.Sprintf("%d MiB", r.MemoryMiB))
	}
	return strings.Join(s, ", ")
}

// addState compares what is kept, and where that reads the same its fingerprint.
func (f *fieldDiffs) addState(a, b *StateSchema) {
	switch {
	case a == nil && b == nil:
	case a == nil || b == nil:
		f.add("state", a.text(), b.text())
	default:
		n := len(*f)
		f.addList("stateKey", a.KeyTypes, b.KeyTypes)
		f.addList("state", a.fields(), b.fields())
		if len(*f) == n {
			f.add("stateFingerprint", a.Fingerprint, b.Fingerprint)
		}
	}
}

func (s *StateSchema) text() string {
	if s == nil {
		return ""
	}
	return strings.Join(s.fields(), ", ")
}

func (s *StateSchema) fields() []string {
	fields := make([]string, len(s.Fields))
	for i, f := range s.Fields {
		fields[i] = f.Name + " " + f.Type
	}
	return fields
}

func ttlList(n *ModelNode) string {
	if n.State == nil {
		return ""
	}
	if t := n.ttlNote(); t != "" {
		return t
	}
	return "for ever"
}

func columnList(columns []Column) []string {
	s := make([]string, len(columns))
	for i, c := range columns {
		s[i] = c.Name + " " + c.Type
	}
	return s
}

func keyList(keys [][]string) string {
	s := make([]string, len(keys))
	for i, k := range keys {
		s[i] = "(" + strings.Join(k, ", ") + ")"
	}
	return strings.Join(s, " ")
}

func changelogText(m ChangelogMode) string {
	if m == 0 {
		return ""
	}
	return m.String()
}

func requirement(e *ModelEdge) string {
	if e.Required == HashDistributed {
		return "hash[" + strings.Join(e.RequiredKeys, ", ") + "]"
	}
	return string(e.Required)
}

// propKeys lists the keys of both, those of the first in their order first.
func propKeys(a, b []Prop) (keys []string) {
	for _, p := range append(slices.Clone(a), b...) {
		if !slices.Contains(keys, p.Key) {
			keys = append(keys, p.Key)
		}
	}
	return keys
}

func propOf(props []Prop, key string) string {
	for _, p := range props {
		if p.Key == key {
			if p.Value == "" {
				return "true"
			}
			return p.Value
		}
	}
	return ""
}
