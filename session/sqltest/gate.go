package sqltest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"sync"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
)

// gate lets so many rows of all sources together through, then holds every reader, so
// that a snapshot can be taken at exactly that place.
type gate struct {
	mu      sync.Mutex
	left    int // rows still let through; < 0 = all
	passed  int
	reached chan struct{} // closed when a reader waits
}

func newGate(left int) *gate { return &gate{left: left, reached: make(chan struct{})} }

// pass asks for one row; false says that the reader must wait.
func (g *gate) pass() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.left != 0 {
		g.left--
		g.passed++
		return true
	}
	select {
	case <-g.reached:
	default:
		close(g.reached)
	}
	return false
}

// gated are the connectors of a run whose sources pass a gate row by row, and whose
// sinks note where the first snapshot cut their rows.
type gated struct {
	exec.Connectors
	gate *gate
	rows map[string]*Rows
}

// Source opens a source behind the gate.
func (g *gated) Source(ctx context.Context, spec *physical.Source) (exec.Source, error) {
	src, err := g.Connectors.Source(ctx, spec)
	if err != nil {
		return nil, err
	}
	return &gatedSource{src, g.gate}, nil
}

// Sink opens a sink that notes the cut.
func (g *gated) Sink(ctx context.Context, spec *physical.Sink) (exec.Sink, error) {
	sink, err := g.Connectors.Sink(ctx, spec)
	if err != nil {
		return nil, err
	}
	return &cutSink{sink, g.rows[spec.Name]}, nil
}

type gatedSource struct {
	exec.Source
	gate *gate
}

// Interleaved is the source's own answer.
func (s *gatedSource) Interleaved() bool {
	i, ok := s.Source.(exec.Interleaved)
	return ok && i.Interleaved()
}

// place is a position between the rows of a batch: rows after the inner reader's position.
type place struct {
	Inner []byte
	Skip  int
}

// Open goes on at a place.
func (s *gatedSource) Open(ctx context.Context, split exec.Split, position []byte) (exec.Reader, error) {
	var at place
	if position != nil {
		if err := json.Unmarshal(position, &at); err != nil {
			return nil, err
		}
	}
	r, err := s.Source.Open(ctx, split, at.Inner)
	if err != nil {
		return nil, err
	}
	return &gatedReader{Reader: r, gate: s.gate, base: r.Position(), skip: at.Skip}, nil
}

// gatedReader gives one row at a time.
type gatedReader struct {
	exec.Reader
	gate  *gate
	batch *vec.Batch
	base  []byte // position of the inner reader before batch
	given int    // rows of batch given
	skip  int    // rows to pass over after a restore
	end   bool
}

// Read gives the next row, or waits at the gate.
func (r *gatedReader) Read(ctx context.Context) (*vec.Batch, error) {
	for r.batch == nil || r.given == r.batch.Len {
		if r.batch != nil {
			r.base, r.batch, r.given = r.Reader.Position(), nil, 0
		}
		if r.end {
			return nil, io.EOF
		}
		b, err := r.Reader.Read(ctx)
		r.end = errors.Is(err, io.EOF)
		if err != nil && !r.end {
			return nil, err
		}
		if b == nil || b.Len == 0 {
			if !r.end {
				return nil, nil
			}
			continue
		}
		r.batch, r.given = b, 0
		if r.skip > 0 { // positions are taken after whole batches, so the rest is in this one
			r.given = min(r.skip, b.Len)
			r.skip -= r.given
		}
	}
	if !r.gate.pass() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	r.given++
	return r.batch.Slice(r.given-1, 1), nil
}

// Position is after the rows given.
func (r *gatedReader) Position() []byte {
	p, err := json.Marshal(place{r.base, r.given + r.skip})
	if err != nil {
		panic(err) // bytes and a number
	}
	return p
}

// cutSink notes how many rows were written before the first snapshot.
type cutSink struct {
	exec.Sink
	rows *Rows // nil for tables
}

// Writer makes a writer that notes the cut.
func (s *cutSink) Writer(ctx context.Context, subtask, parallelism int) (exec.Writer, error) {
	w, err := s.Sink.Writer(ctx, subtask, parallelism)
	if err != nil {
		return nil, err
	}
	if s.rows == nil {
		return w, nil
	}
	return &cutWriter{w, s.rows, subtask}, nil
}

type cutWriter struct {
	exec.Writer
	rows    *Rows
	subtask int
}

// Write notes whose rows these are.
func (w *cutWriter) Write(ctx context.Context, b *vec.Batch) error {
	return w.rows.written(w.subtask, func() error { return w.Writer.Write(ctx, b) })
}

// Prepare is called when the barrier has come.
func (w *cutWriter) Prepare(ctx context.Context) ([]byte, error) {
	w.rows.barrier(w.subtask)
	return w.Writer.Prepare(ctx)
}
