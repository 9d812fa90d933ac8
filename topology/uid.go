package topology

import (
	"cmp"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
)

// A uid names an operator for as long as it stays the same operator. State in a
// savepoint and edits in an overlay hang on it, so two things must hold:
//
//	U1  An edit elsewhere in the script moves no uid. A uid is therefore made of
//	    the operator's own identity and nothing that is counted over the graph.
//	U2  Two operators never exchange uids because of an edit: state that is lost
//	    is reported, state that is given to another operator is silently wrong.
//
// What goes in, and why:
//
//	kind       an aggregate split in two phases keeps its rows in another operator
//	Identity   keys, join condition, window, table: what makes it this operator.
//	           Not what it computes per key: SUM → MAX keeps the uid and changes
//	           Meaning, so that the diff can say "meaning changed" instead of
//	           "one operator dropped, one new".
//	place      only for operators without Identity (calc, union, limit): the
//	           nearest operators upstream that have one. Calcs in between do not
//	           count, so one more filter or projected column moves nothing.
//	sink       the first sink of the script that it feeds, because two INSERTs
//	           often group one table by one key. Not for sources and what else
//	           belongs to a table, which every query shares.
//
// Nothing else does: names, aliases, parallelism, partitioners, the order in which
// the planner adds nodes, line numbers.
//
// An operator that feeds several sinks is known under one uid per sink: the first
// sink's is the UID, the others are Aliases, so that an INSERT put in front of the
// others loses nothing. Only operators equal in all of this (twins: two branches of
// one union over one table) are told apart by counting, in the order in which a
// walk from the sinks through the inputs, left to right, meets them; the first twin
// has the bare uid. Those alone can break U1 and U2, and Meaning then tells.

// AssignUIDs gives every node without a UID its uid and aliases. A UID that is set
// already (an edit) stays. It fails only on a cyclic graph.
func (g *Graph) AssignUIDs() error {
	order, err := g.Topo()
	if err != nil {
		return err
	}
	adj := g.adjacency()
	core := make([]string, len(g.Nodes))
	anchor := make([]string, len(g.Nodes))
	for _, id := range order {
		core[id], anchor[id] = g.uidCore(id, adj, anchor)
	}
	sinks, walk := g.walkFromSinks(adj)

	twins := map[string][]NodeID{}
	for _, id := range walk { // every node ends in a sink, so walk has them all
		base := uidOf(g.Nodes[id].Kind, core[id], sinkText(g.Nodes[id], sinks[id], 0, core))
		twins[base] = append(twins[base], id)
	}
	taken := map[string]bool{}
	for _, n := range g.Nodes {
		taken[n.UID] = true
	}
	for _, base := range sortedKeys(twins) {
		uid, next := base, 2
		for _, id := range twins[base] {
			if n := g.Nodes[id]; n.UID == "" {
				for ; taken[uid]; next++ {
					uid = fmt.Sprintf("%s-%d", base, next)
				}
				n.UID, taken[uid] = uid, true
			}
		}
	}
	g.assignAliases(core, sinks, taken)
	return nil
}

// uidCore returns the hash of what makes a node itself, apart from its sink, and
// the hash by which nodes without identity downstream know their place.
func (g *Graph) uidCore(id NodeID, adj adjacency, anchors []string) (core, anchor string) {
	n := g.Nodes[id]
	if n.Identity != "" {
		core = digest("identity", string(n.Kind), n.Identity)
		return core, core
	}
	place := make([]string, 0, len(adj.in[id])+1)
	for _, e := range adj.in[id] {
		place = append(place, anchors[e.From])
	}
	if len(place) == 1 {
		anchor = place[0]
	} else {
		anchor = digest(append([]string{"place"}, place...)...)
	}
	return digest("at", string(n.Kind), anchor), anchor
}

// walkFromSinks lists every node in the order in which a depth-first walk from the
// sinks meets it, and for each node the sinks it feeds, both in the script's order.
func (g *Graph) walkFromSinks(adj adjacency) (sinks [][]NodeID, walk []NodeID) {
	ends := g.sinksInOrder()
	sinks = make([][]NodeID, len(g.Nodes))
	for _, end := range ends {
		var visit func(id NodeID)
		visit = func(id NodeID) {
			if k := len(sinks[id]); k > 0 && sinks[id][k-1] == end.ID {
				return
			}
			if len(sinks[id]) == 0 {
				walk = append(walk, id)
			}
			sinks[id] = append(sinks[id], end.ID)
			for _, e := range adj.in[id] {
				visit(e.From)
			}
		}
		visit(end.ID)
	}
	return sinks, walk
}

// sinksInOrder is Sinks with sinks of no or equal place in the script in an order
// that does not depend on that of Graph.Nodes.
func (g *Graph) sinksInOrder() []*Node {
	sinks := g.Sinks()
	slices.SortStableFunc(sinks, func(a, b *Node) int {
		return cmp.Or(a.Span.Start-b.Span.Start, strings.Compare(a.Identity, b.Identity), strings.Compare(a.Meaning, b.Meaning))
	})
	return sinks
}

// sinkText is the part of a uid that tells apart equal operators of several
// INSERTs: the core of the i-th sink that the node feeds.
func sinkText(n *Node, sinks []NodeID, i int, core []string) string {
	if n.Kind.ofTable() || n.Kind.IsSink() {
		return ""
	}
	return core[sinks[i]]
}

func (g *Graph) assignAliases(core []string, sinks [][]NodeID, taken map[string]bool) {
	aliases := make([][]string, len(g.Nodes))
	claims := map[string]int{}
	for i, n := range g.Nodes {
		if n.Kind.ofTable() || n.Kind.IsSink() {
			continue
		}
		for s := range sinks[i] {
			uid := uidOf(n.Kind, core[i], core[sinks[i][s]])
			if uid == n.UID || contains(aliases[i], uid) {
				continue
			}
			aliases[i] = append(aliases[i], uid)
			claims[uid]++
		}
	}
	for i, n := range g.Nodes {
		n.Aliases = nil
		for _, uid := range aliases[i] {
			if claims[uid] == 1 && !taken[uid] { // what could be two operators is neither
				n.Aliases = append(n.Aliases, uid)
			}
		}
	}
}

// uidOf is the kind, to be readable, and 50 bits of hash: in a script of 10,000
// operators the chance that any two of them meet is 1 in 20 million.
func uidOf(kind Kind, core, sink string) string {
	return string(kind) + "-" + digest("uid", core, sink)[:10]
}

var uidAlphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// digest is the sha256 of parts, each preceded by its length so that no two lists
// of parts read the same.
func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return uidAlphabet.EncodeToString(h.Sum(nil))
}

// FingerprintState returns the fingerprint of a state schema: equal key types and
// equal fields, names and types in order, give equal fingerprints.
func FingerprintState(keyTypes []string, fields []StateField) string {
	parts := append([]string{"state", fmt.Sprint(len(keyTypes))}, keyTypes...)
	for _, f := range fields {
		parts = append(parts, f.Name, f.Type)
	}
	return digest(parts...)[:16]
}

// NewStateSchema returns the schema of a state with its fingerprint.
func NewStateSchema(keyTypes []string, fields []StateField) *StateSchema {
	return &StateSchema{Fingerprint: FingerprintState(keyTypes, fields), KeyTypes: keyTypes, Fields: fields}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
