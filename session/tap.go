package session

import (
	"context"
	"errors"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// TapOptions say what to watch.
type TapOptions struct {
	// Edge is FROM:TO, or an operator, whose output is watched; "" = every operator.
	Edge  string
	Where string // a condition of SQL over the columns of the edge; "" = every row
	Limit int64  // stop after so many rows; < 0 = never
	Mode  Mode
	Marks bool // watermarks are shown, too
	// Fixture gives the rows; nil = the sources do. What would be written never is.
	Fixture *fixtures.Set
	// All: the run waits for whoever looks, nothing is left out. So it always is over a fixture.
	All bool
}

// Tapped is a run of rows that passed an edge together.
type Tapped struct {
	Node    *topology.Node // that gave them
	Schema  []types.Field
	Subtask int
	// Watermark of the subtask when they passed, exec.MinWatermark = none yet.
	Watermark int64
	Time      int   // the column with the event time, -1 = none
	Mark      int64 // if Rows is nil: the watermark that passed
	Rows      *vec.Batch
}

// Tap runs a script with its sinks muted and gives see what passes an edge, in order. A run over
// live sources does not wait for see, unless o.All says so: looking takes a twenty-fifth of one core's
// time at most, and what comes faster is left out, and counted in missed. see is called by one
// goroutine; its error ends the run.
func (s *Session) Tap(ctx context.Context, src diag.Source, o TapOptions, see func(Tapped) error) (missed int64, list diag.List, err error) {
	if o.Mode == "" {
		o.Mode = Stream
	}
	on := s
	var rehearsal *over
	if o.Fixture != nil {
		rehearsal = s.over(o.Fixture, o.Mode, nil)
		on = rehearsal.Session
	}
	plan, list := on.Plan(src, o.Mode)
	if plan == nil || plan.Graph == nil {
		return 0, list, nil
	}
	t, err := s.tapping(plan.Graph, o)
	if err != nil {
		return 0, list, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	looked := make(chan error, 1)
	go func() {
		err := t.look(see)
		if err != nil {
			cancel(err)
		}
		looked <- err
	}()
	if rehearsal != nil {
		_, _, err = rehearsal.rehearse(ctx, src, t.tap)
	} else {
		err = s.muted(ctx, plan, t.tap)
	}
	t.finish()
	if seen := <-looked; seen != nil {
		err = seen // the run ended because of it
	}
	if errors.Is(err, ErrLimit) {
		err = nil
	}
	return t.leftOut(), list, err
}

// OpenTap is a tap on a run that goes on.
type OpenTap struct {
	*tapping
	schema []types.Field
	looked chan struct{} // closed once see is not called any more
	err    error         // of see; read after looked
}

// Tap opens a tap on a run: see gets what passes the edge from now on, until Close, the limit, an
// error of see, or the end of the run. The run goes on as it is planned, and does not wait for
// see; see Session.Tap for what that costs it. Mode and Fixture of the options are the run's.
func (r *Run) Tap(o TapOptions, see func(Tapped) error) (*OpenTap, error) {
	o.Fixture = nil
	t, err := r.session.tapping(r.plan.Graph, o)
	if err != nil {
		return nil, err
	}
	open := &OpenTap{tapping: t, schema: r.tappedSchema(t), looked: make(chan struct{})}
	r.mu.Lock()
	r.taps[open] = r.attach(t)
	r.mu.Unlock()
	go func() {
		defer close(open.looked)
		defer r.detach(open)
		if err := t.look(see); !errors.Is(err, ErrLimit) {
			open.err = err
		}
	}()
	go func() {
		select {
		case <-r.done:
			t.finish()
		case <-t.stop:
		}
	}()
	return open, nil
}

// Edges are the edges of the plan, as FROM:TO, in the order of the data.
func (r *Run) Edges() []string {
	var out []string
	g := r.plan.Graph
	for _, n := range g.Nodes {
		for _, e := range g.Outputs(n.ID) {
			out = append(out, n.Name+":"+g.Node(e.To).Name)
		}
	}
	return out
}

// attach opens a tap on the job that runs. r.mu is held.
func (r *Run) attach(t *tapping) (closeTap func()) {
	var closers []func()
	job := r.job
	for _, n := range job.Graph().Nodes {
		if t.nodes[n.Name] != nil {
			closers = append(closers, job.Tap(n.ID, func(subtask int) runtime.Tap {
				return t.from(n, subtask, job.Counters(n.ID, subtask).Watermark.Load())
			}))
		}
	}
	return func() {
		for _, c := range closers {
			c()
		}
	}
}

// detach takes a tap out of the job that runs.
func (r *Run) detach(open *OpenTap) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taps[open]()
	delete(r.taps, open)
}

// Close closes the tap and gives the number of rows that were left out, and the error of see.
// When it returns the job does what it would without the tap, and see is not called again.
func (o *OpenTap) Close() (missed int64, err error) {
	o.halt()
	<-o.looked
	return o.leftOut(), o.err
}

// Schema are the columns of the edge; nil if several operators are watched.
func (o *OpenTap) Schema() []types.Field { return o.schema }

// tappedSchema are the columns of what one operator gives.
func (r *Run) tappedSchema(t *tapping) []types.Field {
	for _, n := range r.plan.Graph.Nodes {
		if t.nodes[n.Name] != nil && len(t.nodes) == 1 {
			return specOf(n).Schema()
		}
	}
	return nil
}

// Done is closed once nothing more is shown: the run has ended, or the limit is reached.
func (o *OpenTap) Done() <-chan struct{} { return o.looked }

// muted runs a plan on its sources and drops what it would write.
func (s *Session) muted(ctx context.Context, plan *Plan, tap tapper) error {
	run, err := s.Run(ctx, plan, RunOptions{Limit: -1, Tap: tap, Connectors: func(c exec.Connectors) exec.Connectors { return mutedSinks{c} }})
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { run.Stop(context.Cause(ctx)) })
	defer stop()
	return run.Wait()
}

// mutedSinks are connectors whose sinks drop everything.
type mutedSinks struct{ exec.Connectors }

// Sink gives one that writes nothing.
func (mutedSinks) Sink(context.Context, *physical.Sink) (exec.Sink, error) {
	return &selectSink{}, nil
}

// EventTime is the event time of row i in milliseconds; exec.MinWatermark if it has none.
func (t Tapped) EventTime(i int) int64 {
	return eventTimes(t.Rows.Cols[t.Time].Slice(i, 1))[0]
}
