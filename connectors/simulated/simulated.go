// Package simulated is the simulated connector: a store that is nowhere, with a round
// trip that takes as long as one is told to, for measuring how joins and partitioners
// fare with a remote system of which one knows everything.
package simulated

import (
	"context"
	"encoding/binary"
	"io"
	"strconv"
	"time"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/connectors/option"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

var options = append([]catalog.Option{
	{Name: "rows", Type: catalog.LongOption, Default: "10000", Doc: "Rows of the table. Their keys are 0 to rows - 1."},
	{Name: "round-trip", Type: catalog.DurationOption, Default: "1 ms", Doc: "How long a request takes, whatever the number of its keys. Any number of requests can be under way."},
	{Name: "sink.time-per-row", Type: catalog.DurationOption, Default: "0 ms", Example: "4 us", Doc: "How long writing a row takes. Rows are dropped."},
	{Name: "sink.slow-subtask", Type: catalog.IntOption, Default: "-1", Doc: "Number of a writer that is slower than the others; -1 = none."},
	{Name: "sink.slow-factor", Type: catalog.DoubleOption, Default: "4", Doc: "How many times as long that one takes."},
	{Name: "sink.parallelism", Type: catalog.IntOption, Doc: "Writers of the table; by default that of what feeds it."},
}, connector.LookupOptions()...)

// Connector is the simulated connector.
func Connector() connector.Connector {
	return connector.Connector{
		Connector: catalog.Connector{
			Name:    "simulated",
			Summary: "a store that is nowhere, with a round trip of one's choice, to measure joins and partitioners",
			Doc: "The primary key is one BIGINT column; the other columns, BIGINT and STRING, follow from it. Looking up takes `round-trip`, writing `sink.time-per-row`, " +
				"and neither takes processor time meanwhile: what a remote system costs those who wait for it. `weir bench lookup` and `weir bench rebalance` use it.",
			Example: "CREATE TABLE users (\n  id BIGINT,\n  name STRING,\n  PRIMARY KEY (id) NOT ENFORCED\n) WITH (\n  'connector' = 'simulated',\n" +
				"  'rows' = '10000',\n  'round-trip' = '1 ms',\n  'lookup.async' = 'true',\n  'lookup.cache' = 'PARTIAL',\n  'lookup.partial-cache.max-rows' = '1000'\n)",
			Options: options,
			Source:  true, Sink: true, Lookup: true,
			Describe: describe,
		},
		NewSource: newSource,
		NewSink:   newSink,
		NewLookup: newLookup,
	}
}

func describe(t *catalog.Table, _ catalog.Formats) (catalog.Capabilities, diag.List) {
	r := option.Read(options, t.Options).CheckTypes()
	caps := catalog.Capabilities{Bounded: true, Lookup: true, PushProjection: true, Produces: topology.InsertOnly, Accepts: topology.Retract, SinkParallelism: int(r.Int("sink.parallelism"))}
	list := r.Problems()
	for _, c := range t.Columns {
		if c.Kind == catalog.Physical && !c.Type.In(types.BigInt, types.VarChar) {
			list.Add(diag.Errorf("W0333", c.Span, "column %q cannot be of type %s: simulated tables have BIGINT and STRING", c.Name, c.Type))
		}
	}
	switch {
	case len(t.PrimaryKey) == 1 && t.Columns[t.PrimaryKey[0]].Type.Kind == types.BigInt:
		caps.LookupBy = []string{t.Columns[t.PrimaryKey[0]].Name}
	case len(t.PrimaryKey) > 0:
		list.Add(diag.Errorf("W0346", t.Span, "table %q needs one BIGINT column as its primary key", t.Path.Name))
	}
	return caps, list
}

// rows makes the rows of keys.
type rows struct {
	n    int64
	read []physical.ReadColumn
	key  string // "" = none
}

func newRows(s physical.Scan, o *option.Reader) rows {
	r := rows{n: o.Int("rows"), read: s.Read}
	if len(s.Table.PrimaryKey) > 0 {
		r.key = s.Table.Columns[s.Table.PrimaryKey[0]].Name
	}
	return r
}

func (r *rows) types() []types.Type {
	var ts []types.Type
	for _, c := range r.read {
		ts = append(ts, c.Type)
	}
	return ts
}

func (r *rows) add(b *vec.BatchBuilder, key int64) {
	for c, col := range r.read {
		switch {
		case col.Name == r.key:
			b.Cols[c].Int64(key)
		case col.Type.Kind == types.BigInt:
			b.Cols[c].Int64(key * 7919 % 1009)
		default:
			b.Cols[c].EndBytes(strconv.AppendInt(append(append(b.Cols[c].BytesBuf(), col.Name...), ' '), key, 10))
		}
	}
	b.EndRow(vec.Insert)
}

// lookup answers after a round trip.
type lookup struct {
	rows
	trip time.Duration
}

func newLookup(_ context.Context, _ *connector.Env, spec *physical.LookupJoin) (exec.Lookup, error) {
	o := option.Read(options, spec.Scan.Options)
	l := &lookup{newRows(spec.Scan, o), o.Duration("round-trip")}
	if l.key == "" || len(spec.Keys) != 1 || spec.Scan.Read[spec.Keys[0].Column].Name != l.key {
		return nil, diag.Errorf("W0336", diag.Span{}, "table %q is looked up by its primary key alone", spec.Scan.Table.Path.Name)
	}
	return l, o.Err()
}

// Concurrent: there is nothing to share.
func (l *lookup) Concurrent() bool { return true }

// Lookup finds the rows of each key.
func (l *lookup) Lookup(ctx context.Context, keys *vec.Batch) (*vec.Batch, []int32, error) {
	if err := wait(ctx, l.trip); err != nil {
		return nil, nil, err
	}
	b, owner := vec.NewBatchBuilder(l.types(), keys.Len), make([]int32, 0, keys.Len)
	for i, k := range keys.Cols[0].Int64s() {
		if k >= 0 && k < l.n && !keys.Cols[0].IsNull(i) {
			l.add(b, k)
			owner = append(owner, int32(i))
		}
	}
	if out := b.Finish(); out != nil {
		return out, owner, nil
	}
	none := &vec.Batch{}
	for _, t := range l.types() {
		none.Cols = append(none.Cols, vec.New(t, 0))
	}
	return none, owner, nil
}

// Close has nothing to close.
func (l *lookup) Close() error { return nil }

// wait waits unless the run ends before.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// source gives all rows, as one split.
type source struct{ rows }

func newSource(_ context.Context, _ *connector.Env, spec *physical.Source) (exec.Source, error) {
	o := option.Read(options, spec.Options)
	return &source{newRows(spec.Scan, o)}, o.Err()
}

// Splits is the one.
func (s *source) Splits(context.Context) ([]exec.Split, error) {
	return []exec.Split{{ID: "rows", Size: s.n}}, nil
}

// Open begins at a key.
func (s *source) Open(_ context.Context, _ exec.Split, position []byte) (exec.Reader, error) {
	r := &reader{source: s}
	if len(position) == 8 {
		r.next = int64(binary.BigEndian.Uint64(position))
	}
	return r, nil
}

// Close has nothing to close.
func (s *source) Close() error { return nil }

type reader struct {
	source *source
	next   int64
}

// Read gives the next rows.
func (r *reader) Read(ctx context.Context) (*vec.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.next >= r.source.n {
		return nil, io.EOF
	}
	b := vec.NewBatchBuilder(r.source.types(), vec.BatchSize)
	for ; r.next < r.source.n && b.Len() < vec.BatchSize; r.next++ {
		r.source.add(b, r.next)
	}
	return b.Finish(), nil
}

// Position is the next key.
func (r *reader) Position() []byte { return binary.BigEndian.AppendUint64(nil, uint64(r.next)) }

// Close has nothing to close.
func (r *reader) Close() error { return nil }

// sink takes rows at a pace.
type sink struct {
	row    time.Duration
	slow   int
	factor float64
}

func newSink(_ context.Context, _ *connector.Env, spec *physical.Sink) (exec.Sink, error) {
	o := option.Read(options, spec.Options)
	return &sink{o.Duration("sink.time-per-row"), int(o.Int("sink.slow-subtask")), o.Float("sink.slow-factor")}, o.Err()
}

// Writer makes the writer of one subtask.
func (s *sink) Writer(_ context.Context, subtask, _ int) (exec.Writer, error) {
	w := &writer{row: s.row}
	if subtask == s.slow {
		w.row = time.Duration(float64(s.row) * s.factor)
	}
	return w, nil
}

// Commit, Abort and Close have nothing to do.
func (s *sink) Commit(context.Context, [][]byte) error { return nil }
func (s *sink) Abort(context.Context) error            { return nil }
func (s *sink) Close() error                           { return nil }

// writer waits as long as its rows take. A timer is late by some part of a millisecond;
// what it was late by is taken off the next wait.
type writer struct {
	row  time.Duration
	owed time.Duration
}

// Write takes its time.
func (w *writer) Write(ctx context.Context, b *vec.Batch) error {
	w.owed += time.Duration(b.Len) * w.row
	if w.owed < time.Millisecond {
		return nil
	}
	start := time.Now()
	err := wait(ctx, w.owed)
	w.owed -= time.Since(start)
	return err
}

// Prepare and Close have nothing to do.
func (w *writer) Prepare(context.Context) ([]byte, error) { return nil, nil }
func (w *writer) Close() error                            { return nil }
