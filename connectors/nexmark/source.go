package nexmark

import (
	"context"
	"io"
	"time"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// source generates the events of a table, a stripe in each split, so that all of them are
// at about the same time.
type source struct {
	env *connector.Env
	*config
	columns []column
}

// column is one column of the batches: event_type, a whole event, or a field of one.
type column struct {
	typ    types.Type
	kind   int   // -1 = event_type
	slot   int   // of the field; -1 = the whole event
	fields []int // slots of a whole event
}

var (
	_ exec.Source      = (*source)(nil)
	_ exec.Interleaved = (*source)(nil)
)

func newSource(_ context.Context, env *connector.Env, spec *physical.Source) (exec.Source, error) {
	c, r := readConfig(spec.Options)
	if err := r.Err(); err != nil {
		return nil, err
	}
	s := &source{env: env, config: c}
	for _, read := range spec.Read {
		col, ok := columnOf(read)
		if !ok {
			return nil, diag.Errorf("W0333", diag.Span{}, "the nexmark connector has no column %q", read.Name)
		}
		s.columns = append(s.columns, col)
	}
	return s, nil
}

// columnOf finds what makes a column.
func columnOf(read physical.ReadColumn) (column, bool) {
	c := column{typ: read.Type, slot: -1}
	if len(read.Path) == 0 || len(read.Path) > 2 {
		return c, false
	}
	switch read.Path[0] {
	case "event_type":
		c.kind = -1
		return c, len(read.Path) == 1
	case "person":
		c.kind = kindPerson
	case "auction":
		c.kind = kindAuction
	case "bid":
		c.kind = kindBid
	default:
		return c, false
	}
	fields := rowFields[read.Path[0]]
	if len(read.Path) == 2 {
		c.slot = indexOf(fields, read.Path[1])
		return c, c.slot >= 0
	}
	for _, f := range read.Type.Fields {
		slot := indexOf(fields, f.Name)
		if slot < 0 {
			return c, false
		}
		c.fields = append(c.fields, slot)
	}
	return c, true
}

// make builds the column of a run of events.
func (c *column) make(e *events) *vec.Vec {
	switch {
	case c.kind < 0:
		return e.types(c.typ)
	case c.slot >= 0:
		v := e.field(c.kind, c.slot, c.typ).As(c.typ)
		v.Valid = e.validity(c.kind)
		return v
	}
	v := &vec.Vec{Type: c.typ, Len: e.n, Valid: e.validity(c.kind), Kids: make([]*vec.Vec, len(c.fields))}
	for i, slot := range c.fields {
		v.Kids[i] = e.field(c.kind, slot, c.typ.Fields[i].Type)
	}
	return v
}

// Interleaved is true: splits run side by side.
func (s *source) Interleaved() bool { return true }

// Splits makes a split for every reader.
func (s *source) Splits(context.Context) ([]exec.Split, error) {
	return connector.Stripes(s.env.Parallelism, s.end), nil
}

// Resume gives the splits of an earlier run.
func (s *source) Resume(ids []string) []exec.Split {
	return connector.ResumeStripes(ids, s.env.Parallelism, s.end)
}

// Open starts a split at its beginning or after the events of a position.
func (s *source) Open(_ context.Context, split exec.Split, position []byte) (exec.Reader, error) {
	stripe, err := connector.OpenStripe("nexmark", split, position)
	if err != nil {
		return nil, err
	}
	r := &reader{source: s, Stripe: stripe, begun: s.env.Now(), events: events{config: s.config, texts: sharedTexts()}}
	r.first, _ = r.Next()
	return r, nil
}

func (s *source) Close() error { return nil }

// reader generates the events of one split.
type reader struct {
	*source
	connector.Stripe
	events events
	first  int64 // event that came first in this run
	begun  time.Time
}

// wait is how long a Read waits at most for events to become due.
const wait = 100 * time.Millisecond

// Read generates the next events.
func (r *reader) Read(ctx context.Context) (*vec.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	from, n := r.Next()
	if r.end >= 0 {
		n = min(n, r.end-from)
	}
	if n <= 0 && !r.keepAlive {
		return nil, io.EOF
	}
	if n > 0 && r.limited {
		n = min(n, r.due(from))
	}
	if n <= 0 {
		return nil, pause(ctx)
	}
	r.events.begin(from, int(n))
	b := &vec.Batch{Len: int(n), Cols: make([]*vec.Vec, len(r.columns))}
	for i := range r.columns {
		b.Cols[i] = r.columns[i].make(&r.events)
	}
	r.Give(n)
	return b, nil
}

// due gives the events from one on that may come by now.
func (r *reader) due(from int64) int64 {
	passed := r.env.Now().Sub(r.begun)
	return r.first + int64(passed.Seconds()*float64(r.rate)) + 1 - from
}

// pause waits a little.
func pause(ctx context.Context) error {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func (r *reader) Close() error { return nil }
