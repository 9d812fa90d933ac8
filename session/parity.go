package session

import (
	"context"
	"errors"
	"slices"
	"sort"
	"strings"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/topology"
)

// Parity is what a script gives over one fixture in both modes, compared.
type Parity struct {
	Fixture string
	Outputs []ParityOutput
	// Mode is the one in which the script cannot be run, and List why; "" = it runs in both.
	Mode Mode
	List diag.List
	// First is the first operator, on the way from the sources, whose output differs;
	// nil if the results are equal, or if no operator before the sink is to be compared.
	First *ParityNode
}

// Equal reports whether both modes give the same.
func (p *Parity) Equal() bool {
	if p.Mode != "" {
		return false
	}
	for _, o := range p.Outputs {
		if len(o.Rows) > 0 {
			return false
		}
	}
	return true
}

// ParityOutput compares the folded rows of one output. In Rows, Want is the stream's row and
// Got the batch's.
type ParityOutput struct {
	Name          string
	Stream, Batch int // rows
	Columns       []fixtures.Column
	Rows          []fixtures.Difference
}

// ParityNode is the operator at which the modes part, and why.
type ParityNode struct {
	Name, Label string
	Line        int // of the script, 0 = not known
	Columns     []fixtures.Column
	Rows        []fixtures.Difference
	Class       ParityClass
	Reason      string // a sentence
	Hint        string
}

// ParityClass is why two modes differ.
type ParityClass string

// The classes.
const (
	LateData         ParityClass = "late data"
	ProcessingTime   ParityClass = "processing time"
	NonDeterministic ParityClass = "non-deterministic function"
	Order            ParityClass = "order without tie-break"
	StateTTL         ParityClass = "state TTL"
	Unsupported      ParityClass = "unsupported mode"
	Unexplained      ParityClass = "unexplained"
)

// Parity runs a script over a fixture in both modes. The error is that of a run, or of
// the fixture.
func (s *Session) Parity(ctx context.Context, src diag.Source, set *fixtures.Set) (*Parity, error) {
	p := &Parity{Fixture: set.Name}
	var runs [2]*side
	for i, mode := range []Mode{Stream, Batch} {
		t := &side{watch: newWatch()}
		r, list, err := s.over(set, mode, nil).rehearse(ctx, src, t.tap)
		if err != nil {
			return nil, err
		}
		if list.HasErrors() {
			p.Mode, p.List = mode, list
			if i == 1 {
				continue
			}
			if _, other := s.over(set, Batch, nil).Plan(src, Batch); other.HasErrors() {
				return nil, list // it is wrong in both
			}
			return p, nil
		}
		t.Rehearsal = r
		runs[i] = t
	}
	if p.Mode != "" {
		return p, nil
	}
	stream, batch := runs[0], runs[1]
	if err := p.outputs(stream, batch); err != nil {
		return nil, err
	}
	if p.Equal() {
		return p, nil
	}
	first, err := firstDifference(stream, batch)
	if err != nil || first == nil {
		return p, err
	}
	s.explain(first, stream, set)
	p.First = first.ParityNode
	return p, nil
}

// side is the run of one mode with what every node gave.
type side struct {
	*Rehearsal
	*watch
}

// outputs compares what came to the sinks.
func (p *Parity) outputs(stream, batch *side) error {
	for _, o := range stream.Plan.Outputs {
		other := batch.Captured[o.Name]
		if other == nil {
			continue
		}
		a, err := stream.Captured[o.Name].Final()
		b, err2 := other.Final()
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		out := ParityOutput{Name: o.Name, Stream: a.Len, Batch: b.Len}
		out.Columns, out.Rows = bagsApart(a, b, o.Schema, upTo(len(o.Schema)))
		p.Outputs = append(p.Outputs, out)
	}
	return nil
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// bagsApart compares some columns of two sets of rows, in any order.
func bagsApart(a, b *vec.Batch, schema []types.Field, cols []int) ([]fixtures.Column, []fixtures.Difference) {
	columns := compareColumns(schema, cols)
	return columns, fixtures.Compare(columns, lines(a, cols, false, nil), lines(b, cols, false, nil), false, fixtures.DefaultTolerance)
}

// materialized are the columns that hold values: a processing time attribute is the time of
// whoever looks, so the operator that looks is the one that differs.
func materialized(schema []types.Field) []int {
	return slices.DeleteFunc(upTo(len(schema)), func(i int) bool { return schema[i].Type.Attr == types.Proctime })
}

// difference is an operator whose outputs differ.
type difference struct {
	*ParityNode
	node          *topology.Node   // of the stream's graph
	before        []*topology.Node // its inputs, and theirs, that have no like in the batch
	stream, batch *vec.Batch       // folded
}

// firstDifference goes through the stream's operators from the sources on, and
// compares those that the batch has too.
func firstDifference(stream, batch *side) (*difference, error) {
	compared := map[topology.NodeID]bool{}
	for _, n := range inOrder(stream.Plan.Graph) {
		if _, sink := n.Spec.(*physical.Sink); sink {
			continue
		}
		m := counterpart(n, batch.Plan.Graph)
		if m == nil {
			continue
		}
		a, err := stream.folded(n)
		if err != nil {
			return nil, err
		}
		b, err := batch.folded(m)
		if err != nil {
			return nil, err
		}
		schema := specOf(n).Schema()
		columns, diffs := bagsApart(a, b, schema, materialized(schema))
		compared[n.ID] = true
		if len(diffs) == 0 {
			continue
		}
		pn := &ParityNode{Name: n.Name, Label: n.Label, Columns: columns, Rows: diffs}
		if text := stream.Plan.Graph.Script.Text; n.Span.End > 0 && n.Span.Start <= len(text) {
			pn.Line = 1 + strings.Count(text[:n.Span.Start], "\n")
		}
		return &difference{pn, n, unlike(stream.Plan.Graph, n, compared), a, b}, nil
	}
	return nil, nil
}

// unlike lists the operators before a node up to those whose output was compared.
func unlike(g *topology.Graph, n *topology.Node, compared map[topology.NodeID]bool) []*topology.Node {
	var out []*topology.Node
	for _, e := range g.Inputs(n.ID) {
		if !compared[e.From] {
			out = append(append(out, g.Node(e.From)), unlike(g, g.Node(e.From), compared)...)
		}
	}
	return out
}

// inOrder lists nodes so that each comes after its inputs.
func inOrder(g *topology.Graph) []*topology.Node {
	done := map[topology.NodeID]bool{}
	var out []*topology.Node
	var visit func(id topology.NodeID)
	visit = func(id topology.NodeID) {
		if done[id] {
			return
		}
		done[id] = true
		for _, e := range g.Inputs(id) {
			visit(e.From)
		}
		out = append(out, g.Node(id))
	}
	for _, n := range g.Nodes {
		visit(n.ID)
	}
	return out
}

// counterpart finds the operator of the other mode that computes the same columns.
func counterpart(n *topology.Node, g *topology.Graph) *topology.Node {
	for _, same := range []func(m *topology.Node) bool{
		func(m *topology.Node) bool { return m.UID == n.UID && m.UID != "" },
		func(m *topology.Node) bool { return m.Name == n.Name },
		func(m *topology.Node) bool { return m.Meaning == n.Meaning && m.Meaning != "" },
	} {
		for _, m := range g.Nodes {
			if same(m) && specOf(m) != nil && specOf(n) != nil && slices.EqualFunc(specOf(m).Schema(), specOf(n).Schema(), sameField) {
				return m
			}
		}
	}
	return nil
}

func specOf(n *topology.Node) physical.Spec {
	spec, _ := n.Spec.(physical.Spec)
	return spec
}

// folded gives the rows that a node's changelog leaves.
func (t *side) folded(n *topology.Node) (*vec.Batch, error) {
	schema := specOf(n).Schema()
	var key []int
	if n.Changelog.Updating() && !n.Changelog.Has(topology.UpdateBefore) {
		for _, e := range t.Plan.Graph.Outputs(n.ID) {
			key = e.UpsertKey
		}
	}
	out := &collector{}
	f := result.NewFold(schema, key, out)
	if tap := t.taps[n.ID]; tap != nil {
		for _, g := range tap.given {
			if err := f.Write(g.batch); err != nil {
				return nil, err
			}
		}
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	if len(out.batches) == 0 {
		return noRows(schema), nil
	}
	return vec.Concat(typesOfFields(schema), out.batches), nil
}

// FixturesFor lists the fixture sets of the project that have every table a script reads.
func (s *Session) FixturesFor(src diag.Source) ([]*fixtures.Set, error) {
	names, err := s.FixtureNames()
	if err != nil {
		return nil, err
	}
	var out []*fixtures.Set
	for _, name := range names {
		set, err := s.Fixture(name)
		if err != nil {
			return nil, err
		}
		plan, list := s.over(set, Stream, nil).Plan(src, Stream)
		if plan == nil {
			plan, _ = s.over(set, Batch, nil).Plan(src, Batch)
		}
		if plan == nil {
			return nil, list
		}
		if plan.Graph != nil && !slices.ContainsFunc(reads(plan.Graph), func(t string) bool { return set.Table(t) == nil }) {
			out = append(out, set)
		}
	}
	return out, nil
}

// reads lists the tables that a graph reads.
func reads(g *topology.Graph) []string {
	var out []string
	for _, n := range g.Nodes {
		switch spec := n.Spec.(type) {
		case *physical.Source:
			out = append(out, spec.Table.Path.Name)
		case *physical.LookupJoin:
			for _, t := range spec.Tables() {
				out = append(out, t.Path.Name)
			}
		}
	}
	sort.Strings(out)
	return slices.Compact(out)
}
