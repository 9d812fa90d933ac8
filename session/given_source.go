package session

import (
	"context"
	"io"
	"sync"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/physical"
)

// givenConnectors answer for tables with given rows and pass everything else on.
type givenConnectors struct {
	exec.Connectors
	given map[string]*Given
	plan  *Plan

	mu         sync.Mutex
	tables     map[givenKey]*fixtureTable
	dimensions map[catalog.Path]*dimension
}

// givenKey tells the uses of a table's rows apart: a batch sees their last state, or every version.
type givenKey struct {
	table    catalog.Path
	versions bool
}

// table types the rows of a table once.
func (c *givenConnectors) table(t *catalog.Table, versions bool) (*fixtureTable, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ft := c.tables[givenKey{t.Path, versions}]; ft != nil {
		return ft, nil
	}
	ft, err := c.given[t.Options[givenOption]].table(c.plan, t, versions)
	if err != nil {
		return nil, err
	}
	if c.tables == nil {
		c.tables, c.dimensions = map[givenKey]*fixtureTable{}, map[catalog.Path]*dimension{}
	}
	c.tables[givenKey{t.Path, versions}] = ft
	return ft, nil
}

// Source reads given rows.
func (c *givenConnectors) Source(ctx context.Context, spec *physical.Source) (exec.Source, error) {
	if spec.Options["connector"] != givenConnector {
		return c.Connectors.Source(ctx, spec)
	}
	s := &fixtureSource{}
	for _, n := range c.plan.Graph.Nodes {
		if n.Spec == any(spec) {
			s.node = n
		}
	}
	var err error
	if s.table, err = c.table(spec.Table, c.plan.Mode == Batch && s.node != nil && versioned(c.plan.Graph, s.node)); err != nil {
		return nil, err
	}
	s.columns = s.table.columns(spec.Read)
	return &givenSource{s}, nil
}

// Lookup answers from given rows.
func (c *givenConnectors) Lookup(ctx context.Context, spec *physical.LookupJoin) (exec.Lookup, error) {
	if spec.Scan.Options["connector"] != givenConnector {
		return c.Connectors.Lookup(ctx, spec)
	}
	t, err := c.table(spec.Scan.Table, false)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	d := c.dimensions[spec.Scan.Table.Path]
	if d == nil {
		d = &dimension{table: t}
		d.apply(t.rows)
		c.dimensions[spec.Scan.Table.Path] = d
	}
	return newFixtureLookup(d, spec)
}

// givenSource gives all rows of a table as one split.
type givenSource struct{ rows *fixtureSource }

// Splits is the one.
func (s *givenSource) Splits(context.Context) ([]exec.Split, error) {
	return []exec.Split{{ID: s.rows.table.name}}, nil
}

// Open reads from a row on.
func (s *givenSource) Open(_ context.Context, _ exec.Split, position []byte) (exec.Reader, error) {
	r := &givenReader{rows: s.rows}
	for i, b := range position {
		r.next |= int(b) << (8 * i)
	}
	return r, nil
}

// Close has nothing to close.
func (s *givenSource) Close() error { return nil }

type givenReader struct {
	rows *fixtureSource
	next int
}

// Read gives the next rows.
func (r *givenReader) Read(context.Context) (*vec.Batch, error) {
	n := min(vec.BatchSize, r.rows.table.rows.Len-r.next)
	if n == 0 {
		return nil, io.EOF
	}
	r.next += n
	return r.rows.pick(r.next-n, r.next), nil
}

// Position is the number of the next row.
func (r *givenReader) Position() []byte {
	return []byte{byte(r.next), byte(r.next >> 8), byte(r.next >> 16), byte(r.next >> 24)}
}

// Close has nothing to close.
func (r *givenReader) Close() error { return nil }

// capturing are connectors that open no table that is written: its rows are captured.
type capturing struct {
	exec.Connectors
	plan     *Plan
	captured func(Output) *Captured
}

// Sink captures the rows of a table; those of a SELECT go where they go.
func (c *capturing) Sink(ctx context.Context, spec *physical.Sink) (exec.Sink, error) {
	if spec.Table == nil {
		return c.Connectors.Sink(ctx, spec)
	}
	return &captureSink{c.captured(c.plan.output(spec.Name))}, nil
}
