package session

import (
	"context"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/session/result"
)

// LiveOptions say how a plan is run for somebody who looks.
type LiveOptions struct {
	// Sinks lets the run write its tables. Without it nothing is opened for writing.
	Sinks bool
	// See gets the rows of every output: what SELECTs give and what INSERTs write, or would
	// write. It may be called by several tasks at once; so are its writers. nil = nobody looks.
	See  func(Output) result.Writer
	Keep Keeping
}

// Live starts a plan. Nothing has been written if it gives an error.
func (s *Session) Live(ctx context.Context, p *Plan, o LiveOptions) (*Run, error) {
	if o.See == nil {
		o.See = func(Output) result.Writer { return unseen{} }
	}
	return s.Run(ctx, p, RunOptions{Limit: -1, Keep: o.Keep,
		Result:     func(out Output) (result.Writer, error) { return o.See(out), nil },
		Connectors: func(c exec.Connectors) exec.Connectors { return &seenSinks{c, p, o} }})
}

// unseen drops rows.
type unseen struct{}

func (unseen) Write(*vec.Batch) error { return nil }
func (unseen) Flush() error           { return nil }
func (unseen) Close() error           { return nil }

// seenSinks shows what tables get, and writes it or not.
type seenSinks struct {
	exec.Connectors
	plan *Plan
	LiveOptions
}

// Sink gives one that shows its rows.
func (c *seenSinks) Sink(ctx context.Context, spec *physical.Sink) (exec.Sink, error) {
	if spec.Table == nil {
		return c.Connectors.Sink(ctx, spec) // of a SELECT: its writer shows the rows
	}
	inner := exec.Sink(&selectSink{})
	if c.Sinks {
		var err error
		if inner, err = c.Connectors.Sink(ctx, spec); err != nil {
			return nil, err
		}
	}
	return &seenSink{inner, c.See(c.plan.output(spec.Name))}, nil
}

// seenSink passes rows on and shows them.
type seenSink struct {
	exec.Sink
	to result.Writer
}

// Writer gives one that shows its rows too.
func (s *seenSink) Writer(ctx context.Context, subtask, of int) (exec.Writer, error) {
	w, err := s.Sink.Writer(ctx, subtask, of)
	if err != nil {
		return nil, err
	}
	seen := &seenWriter{w, s.to}
	if m, ok := w.(exec.WatermarkWriter); ok {
		return struct {
			*seenWriter
			exec.WatermarkWriter
		}{seen, m}, nil
	}
	return seen, nil
}

// seenWriter is the writer of one subtask.
type seenWriter struct {
	exec.Writer
	to result.Writer
}

// Write passes rows on and shows them.
func (w *seenWriter) Write(ctx context.Context, b *vec.Batch) error {
	if err := w.Writer.Write(ctx, b); err != nil {
		return err
	}
	return w.to.Write(b)
}
