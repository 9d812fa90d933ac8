package session

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/topology"
)

// nullLike is a NULL of an expression's type: a watermark expression that makes none.
func nullLike(e rex.Expr) rex.Expr { return &rex.Lit{T: e.Type().Null()} }

// fixtureConnectors answer for all tables of a rehearsal.
type fixtureConnectors struct {
	over     *over
	graph    *topology.Graph
	config   map[string]string
	tables   map[string]*fixtureTable
	captured map[string]*Captured
	player   *player
}

// Source opens the rows of a fixture. In a batch they are all there at once; in a
// stream the player gives them out.
func (c *fixtureConnectors) Source(_ context.Context, spec *physical.Source) (exec.Source, error) {
	t := c.tables[spec.Table.Path.Name]
	s := &fixtureSource{table: t}
	for _, n := range c.graph.Nodes {
		if n.Spec == any(spec) {
			s.node = n
		}
	}
	s.columns = t.columns(spec.Read)
	splits := 1
	if t.def != nil && c.over.mode == Stream {
		splits = max(1, t.def.Splits)
	}
	for range splits {
		s.readers = append(s.readers, &fixtureReader{in: make(chan delivery), again: make(chan struct{}, 1), gone: make(chan struct{})})
	}
	if c.over.mode == Batch {
		s.readers[0].ready = []delivery{{batch: s.pick(0, t.rows.Len)}, {end: true}}
		return s, nil
	}
	c.player.sources = append(c.player.sources, s)
	return s, nil
}

// Sink captures what is written. Nothing leaves.
func (c *fixtureConnectors) Sink(_ context.Context, spec *physical.Sink) (exec.Sink, error) {
	return &captureSink{c.captured[spec.Name]}, nil
}

// Lookup answers from the rows of the dimension that have come so far.
func (c *fixtureConnectors) Lookup(_ context.Context, spec *physical.LookupJoin) (exec.Lookup, error) {
	return newFixtureLookup(c.player.dimensions[spec.Scan.Table.Path.Name], spec)
}

// newFixtureLookup answers one operator from a dimension.
func newFixtureLookup(d *dimension, spec *physical.LookupJoin) (*fixtureLookup, error) {
	t := d.table
	l := &fixtureLookup{of: d, columns: t.columns(spec.Scan.Read)}
	for i, k := range spec.Keys {
		l.keys = append(l.keys, t.columns(spec.Scan.Read)[k.Column])
		have, want := k.Value.Type(), spec.Scan.Read[k.Column].Type
		if vec.PhysOf(have) != vec.PhysOf(want) {
			return nil, fmt.Errorf("lookup key %d of table %q is %s, the column %s", i, t.name, have, want)
		}
	}
	return l, nil
}

// columns finds the fields that a scan reads.
func (ft *fixtureTable) columns(read []physical.ReadColumn) []int {
	out := make([]int, len(read))
	for i, c := range read {
		if len(c.Path) == 0 {
			out[i] = ft.keys[c.Metadata]
			continue
		}
		out[i] = fieldNamed(ft.fields, c.Path[0])
	}
	return out
}

// fixtureSource is one scan of a fixture's table.
type fixtureSource struct {
	table   *fixtureTable
	node    *topology.Node
	columns []int
	readers []*fixtureReader // by split
}

// Interleaved: splits run side by side, so that an idle one holds the watermark back.
func (s *fixtureSource) Interleaved() bool { return true }

// Splits are numbered.
func (s *fixtureSource) Splits(context.Context) ([]exec.Split, error) {
	var out []exec.Split
	for i := range s.readers {
		out = append(out, exec.Split{ID: fmt.Sprintf("%s/%d", s.table.name, i), Spec: []byte{byte(i), byte(i >> 8)}})
	}
	return out, nil
}

// Open gives the reader of a split.
func (s *fixtureSource) Open(_ context.Context, split exec.Split, _ []byte) (exec.Reader, error) {
	return s.readers[int(split.Spec[0])|int(split.Spec[1])<<8], nil
}

// Close has nothing to close.
func (s *fixtureSource) Close() error { return nil }

// pick gives the rows from, … to-1 with the columns of this scan. A scan that gives an
// upsert changelog has no -U rows.
func (s *fixtureSource) pick(from, to int) *vec.Batch {
	rows := s.table.present(from, to)
	if s.node != nil && !s.node.Changelog.Has(topology.UpdateBefore) && rows.Kinds != nil {
		var keep []int32
		for i := range rows.Len {
			if rows.Kind(i) != vec.UpdateBefore {
				keep = append(keep, int32(i))
			}
		}
		if len(keep) < rows.Len {
			rows = rows.Take(keep)
		}
	}
	b := &vec.Batch{Len: rows.Len, Kinds: rows.Kinds}
	for _, c := range s.columns {
		b.Cols = append(b.Cols, rows.Cols[c])
	}
	return b
}

// delivery is what a reader gives next.
type delivery struct {
	batch *vec.Batch
	mark  int64 // exec.MinWatermark = none
	idle  bool
	end   bool
}

// fixtureReader gives what it is handed. again holds a token while Read waits for
// something, so that the player knows that what it gave before has been passed on.
type fixtureReader struct {
	ready []delivery // handed at once
	in    chan delivery
	again chan struct{}
	gone  chan struct{}
	once  sync.Once
	last  delivery
	read  bool // else it was opened only to see where it begins
}

// Read gives the next delivery.
func (r *fixtureReader) Read(ctx context.Context) (*vec.Batch, error) {
	r.read = true
	if len(r.ready) > 0 {
		r.last, r.ready = r.ready[0], r.ready[1:]
		r.last.mark = exec.MinWatermark
	} else {
		r.again <- struct{}{}
		select {
		case r.last = <-r.in:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if r.last.end {
		return r.last.batch, io.EOF
	}
	return r.last.batch, nil
}

// Mark is the watermark and the idleness that the timeline gives.
func (r *fixtureReader) Mark() (int64, bool) { return r.last.mark, r.last.idle }

// Position is of no use: a rehearsal starts at its beginning.
func (r *fixtureReader) Position() []byte { return nil }

// Close tells the player that nobody reads any more.
func (r *fixtureReader) Close() error {
	if !r.read {
		return nil
	}
	r.once.Do(func() { close(r.gone) })
	return nil
}

// captureSink keeps rows.
type captureSink struct{ to *Captured }

func (s *captureSink) Writer(context.Context, int, int) (exec.Writer, error) { return s, nil }

// Write keeps a batch.
func (s *captureSink) Write(_ context.Context, b *vec.Batch) error {
	s.to.keep(b)
	return nil
}

func (s *captureSink) Prepare(context.Context) ([]byte, error) { return nil, nil }
func (s *captureSink) Commit(context.Context, [][]byte) error  { return nil }
func (s *captureSink) Abort(context.Context) error             { return nil }
func (s *captureSink) Close() error                            { return nil }

// dimension is a table that is looked up, as far as its rows have come.
type dimension struct {
	table *fixtureTable

	mu      sync.Mutex
	fold    *result.Fold
	rows    *vec.Batch // nil = fold has changed
	version int
}

// apply takes rows of the dimension: with a key a row replaces the one before it.
func (d *dimension) apply(rows *vec.Batch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.fold == nil {
		d.fold = result.NewFold(d.table.fields, d.table.key, nil)
	}
	if err := d.fold.Write(rows); err != nil {
		panic(err) // a fold in memory takes everything
	}
	d.rows = nil
	d.version++
}

// now gives the rows as they stand, and the number of changes so far.
func (d *dimension) now() (*vec.Batch, int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.rows == nil {
		d.rows = noRows(d.table.fields)
		if d.fold != nil {
			var all []*vec.Batch
			d.fold.Each(func(b *vec.Batch) { all = append(all, b) })
			if len(all) > 0 {
				d.rows = vec.Concat(typesOfFields(d.table.fields), all)
			}
		}
	}
	return d.rows, d.version
}

// fixtureLookup answers look-ups of one operator.
type fixtureLookup struct {
	of      *dimension
	keys    []int // fields
	columns []int
	rows    *vec.Batch
	version int
	index   map[string][]int32
}

// Lookup finds the rows of each key. A key with NULL has none.
func (l *fixtureLookup) Lookup(_ context.Context, keys *vec.Batch) (*vec.Batch, []int32, error) {
	rows, version := l.of.now()
	if l.index == nil || version != l.version {
		l.rows, l.version, l.index = rows, version, map[string][]int32{}
		cols := pickColumns(rows, l.keys)
		codec := vec.NewRowCodec(typesOfVecs(cols))
		for i := range rows.Len {
			k := string(codec.AppendRow(nil, cols, i))
			l.index[k] = append(l.index[k], int32(i))
		}
	}
	codec := vec.NewRowCodec(typesOfVecs(keys.Cols))
	var sel, owner []int32
	for i := range keys.Len {
		if anyNull(keys.Cols, i) {
			continue
		}
		for _, r := range l.index[string(codec.AppendRow(nil, keys.Cols, i))] {
			sel, owner = append(sel, r), append(owner, int32(i))
		}
	}
	out := &vec.Batch{Len: len(sel)}
	for _, c := range l.columns {
		out.Cols = append(out.Cols, vec.Take(l.rows.Cols[c], sel))
	}
	return out, owner, nil
}

// Close has nothing to close.
func (l *fixtureLookup) Close() error { return nil }

func anyNull(cols []*vec.Vec, i int) bool {
	for _, c := range cols {
		if c.IsNull(i) {
			return true
		}
	}
	return false
}

func pickColumns(b *vec.Batch, at []int) []*vec.Vec {
	out := make([]*vec.Vec, len(at))
	for i, c := range at {
		out[i] = b.Cols[c]
	}
	return out
}

func typesOfVecs(cols []*vec.Vec) []types.Type {
	out := make([]types.Type, len(cols))
	for i, c := range cols {
		out[i] = c.Type
	}
	return out
}
