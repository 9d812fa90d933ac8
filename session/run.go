package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/build"
	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/udf"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/topology"
)

// ErrLimit is the cause of a run that ended because it had given enough rows.
var ErrLimit = errors.New("row limit reached")

// RunOptions say how a plan is run.
type RunOptions struct {
	// Result makes the writer of each SELECT's rows. Writers are called by tasks, one
	// call at a time for each output. nil drops the rows.
	Result func(Output) (result.Writer, error)
	// Limit ends the run once a SELECT has given so many rows; < 0 = never.
	Limit int64
	// Restore is a snapshot of an earlier run of the same plan to go on from; nil = begin.
	Restore *runtime.Snapshot
	// Keep says what is kept on disk, and from where the run goes on; Restore is nil then.
	Keep Keeping
	// Latency is how often latency is measured; 0 = never.
	Latency time.Duration
	// Connectors puts something between the run and its connectors, for tests; nil = nothing.
	Connectors func(exec.Connectors) exec.Connectors
	// InOrder makes runs alike; see runtime.Config.
	InOrder bool
	// Tap watches the output of nodes; see runtime.Config. nil = nobody does.
	Tap func(n *topology.Node, subtask int) runtime.Tap
}

// Run is a plan that runs: one job, or one after the other (see stages).
type Run struct {
	session *Session
	plan    *Plan
	began   time.Time
	cancel  context.CancelFunc
	temp    *tempDir
	host    *udf.Host // of user functions
	limit   *limiter
	flush   chan struct{}
	wait    sync.Once
	err     error
	ended   time.Time
	sinkMu  sync.Mutex
	sinks   []result.Writer
	done    chan struct{} // closed after the last job
	keep    *keeper       // nil if nothing is kept

	mu      sync.Mutex
	job     *runtime.Job        // that runs, or ran last
	jobErr  error               // of the job that ran last; read after done
	past    Progress            // of the jobs before
	stopped error               // cause of Stop
	taps    map[*OpenTap]func() // that are open, and what takes them out of the job
}

// Run starts a plan. Nothing has been written if it gives an error.
func (s *Session) Run(ctx context.Context, p *Plan, o RunOptions) (*Run, error) {
	zone, err := zone(p.Config)
	if err != nil {
		return nil, err
	}
	if err := o.Keep.check(p); err != nil {
		return nil, err
	}
	var filters *exec.KeyFilters
	if p.Mode == Batch && o.Restore == nil && o.Keep.From == nil { // a run that goes on does not see all keys again
		filters = &exec.KeyFilters{}
	}
	reg := s.registry(registryOptions{zone: zone, batch: p.Mode == Batch, parallelism: maxParallelism(p.Graph), filters: filters})
	r := &Run{session: s, taps: map[*OpenTap]func(){}, plan: p, temp: &tempDir{}, flush: make(chan struct{}), limit: &limiter{max: o.Limit},
		began: time.Now(), done: make(chan struct{})}
	// The limit may be reached before start has given the job that is to be stopped.
	started := make(chan struct{})
	r.limit.stop = func() {
		select {
		case <-started:
			r.Stop(ErrLimit)
		case <-ctx.Done():
		}
	}
	conns := &runConnectors{Connectors: s.given(reg, p), plan: p, open: o.Result, run: r}
	var opened exec.Connectors = conns
	if o.Connectors != nil {
		opened = o.Connectors(conns)
	}
	temp, err := r.temp.path()
	if err != nil {
		return nil, err
	}
	ctx, r.cancel = context.WithCancel(ctx)
	r.host = udf.NewHost(ctx, p.Config, s.functionFile)
	env := build.Env{Batch: p.Mode == Batch, Functions: r.host.Registry(s.functions, p.Functions), Connectors: opened, Filters: filters,
		Aggregates: func() agg.Library { return r.host.Aggregates(p.Functions) }}
	budget := state.NewBudget(s.memory)
	config := runtime.Config{
		Build:      func(spec physical.Spec) (exec.Operator, error) { return build.Operator(spec, env) },
		Connectors: opened, Clock: s.opts.Clock, Zone: zone, Budget: budget, TempDir: temp, Config: p.Config,
		Restore: o.Restore, Tap: o.Tap, InOrder: o.InOrder, Latency: o.Latency,
	}
	if o.Keep.Dir != "" || o.Keep.Savepoint != "" {
		r.keep = newKeeper(o.Keep, p)
		config.Final = r.keep.final
		config.Hold = o.Keep.Savepoint != "" && bounded(p.Graph)
	}
	start := func(g *topology.Graph) (*runtime.Job, error) { return runtime.Start(ctx, g, config) }
	graphs := stages(p.Graph)
	if o.Keep.From == nil {
		r.job, err = start(graphs[0])
	} else {
		err = o.Keep.restorable(p, func(snap *runtime.Snapshot) (err error) {
			if snap != nil && snap.Finished {
				return finished(ctx, p, opened, snap, o.Keep.From)
			}
			config.Restore, config.LastID = snap, o.Keep.From.meta.ID
			r.job, err = start(graphs[0])
			return err
		})
	}
	if err != nil {
		r.cancel()
		_ = r.host.Close() // nothing has run
		r.temp.remove()
		return nil, err
	}
	close(started)
	countRun(1)
	if r.keep != nil {
		go r.keep.watch(ctx, r.job)
	}
	go r.drive(graphs[1:], start)
	go r.flusher()
	return r, nil
}

// given puts rows that are given in front of connectors.
func (s *Session) given(inner exec.Connectors, p *Plan) exec.Connectors {
	if len(s.opts.Given) == 0 {
		return inner
	}
	return &givenConnectors{Connectors: inner, given: s.opts.Given, plan: p}
}

// drive waits for the running job and starts the next, until one fails.
func (r *Run) drive(rest []*topology.Graph, start func(*topology.Graph) (*runtime.Job, error)) {
	defer close(r.done)
	defer countRun(-1)
	r.jobErr = r.Job().Wait()
	for _, g := range rest {
		if r.jobErr != nil {
			return
		}
		if r.jobErr = r.next(g, start); r.jobErr == nil {
			r.jobErr = r.Job().Wait()
		}
	}
}

// next starts the job of a stage, unless the run was stopped meanwhile.
func (r *Run) next(g *topology.Graph, start func(*topology.Graph) (*runtime.Job, error)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped != nil {
		return r.stopped
	}
	r.past = r.past.plus(r.job)
	job, err := start(g)
	if err == nil {
		r.job = job
		for open := range r.taps {
			r.taps[open] = r.attach(open.tapping)
		}
	}
	return err
}

func maxParallelism(g *topology.Graph) int {
	n := 1
	for _, node := range g.Nodes {
		n = max(n, node.Parallelism)
	}
	return n
}

// flushEvery is how often rows that a format holds back are shown.
const flushEvery = 200 * time.Millisecond

// flusher shows held-back rows while the run goes on.
func (r *Run) flusher() {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			for _, w := range r.writers() {
				if err := w.Flush(); err != nil {
					r.Stop(err)
				}
			}
		case <-r.flush:
			return
		}
	}
}

// writers are the SELECTs' writers made so far.
func (r *Run) writers() []result.Writer {
	r.sinkMu.Lock()
	defer r.sinkMu.Unlock()
	return slices.Clone(r.sinks)
}

// Wait waits for the end and gives the run's error.
func (r *Run) Wait() error {
	r.wait.Do(func() {
		<-r.done
		r.err = r.jobErr
		if r.keep != nil {
			r.keep.end(r.err == nil)
		}
		r.mu.Lock()
		r.ended = time.Now()
		r.mu.Unlock()
		close(r.flush)
		r.cancel()
		if err := r.host.Close(); err != nil && r.err == nil {
			r.err = err
		}
		r.temp.remove()
	})
	return r.err
}

// Stop ends the run; Wait then gives the cause.
func (r *Run) Stop(cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopped = cause
	r.job.Stop(cause)
}

// Done is closed at the end.
func (r *Run) Done() <-chan struct{} { return r.done }

// Job gives the job that runs, for those who watch it.
func (r *Run) Job() *runtime.Job {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.job
}

// Progress is how far a run is.
type Progress struct {
	RowsRead, RowsWritten int64
	Late, Bad, Lag        int64
	Watermark             int64 // minimum over the sources; exec.MinWatermark = none
	Elapsed               time.Duration
	Spilled               int64
	Sides                 []SideProgress   // of hybrid tables, in the order in which they are read
	Partitions            []PartitionCount // of partitioned tables: opened so far, of all
}

// SideProgress is how far one side of a hybrid table is.
type SideProgress struct {
	Table string // the one that is read
	Rows  int64
	State runtime.TurnState
}

func (s SideProgress) String() string {
	switch s.State {
	case runtime.Waiting:
		return s.Table + " waits"
	case runtime.Read:
		return fmt.Sprintf("%s %s rows, done", s.Table, Thousands(s.Rows))
	}
	return fmt.Sprintf("%s %s rows", s.Table, Thousands(s.Rows))
}

// Progress sums the counters of sources and sinks of all jobs so far.
func (r *Run) Progress() Progress {
	r.mu.Lock()
	p, ended := r.past.plus(r.job), r.ended
	r.mu.Unlock()
	p.Elapsed = time.Since(r.began)
	if !ended.IsZero() {
		p.Elapsed = ended.Sub(r.began)
	}
	return p
}

// plus adds the figures of a job; lag and watermark are that job's.
func (p Progress) plus(job *runtime.Job) Progress {
	p.Watermark, p.Lag, p.Sides = exec.MaxWatermark, 0, nil
	places := map[string]int{}
	for _, n := range job.Graph().Nodes {
		t := job.Total(n.ID)
		p.Late += t.Late
		p.Bad += t.Bad
		p.Spilled += t.Spilled
		if src, ok := n.Spec.(*physical.Source); ok && src.Turn != nil {
			p.Sides = append(p.Sides, SideProgress{Table: src.Table.Path.Name, Rows: t.RowsIn, State: job.Turn(n.ID)})
			places[src.Table.Path.Name] = src.Turn.Place
		}
		if src, ok := n.Spec.(*physical.Source); ok {
			if read, all := job.Partitions(n.ID); all > 0 {
				p.Partitions = append(slices.Clip(p.Partitions), PartitionCount{Table: src.Table.Path.Name, Read: read, All: all})
			}
		}
		switch n.Spec.(type) {
		case *physical.Source, *physical.Values:
			p.RowsRead += t.RowsIn
			p.Lag += t.Lag
			p.Watermark = min(p.Watermark, t.Watermark)
		case *physical.Sink:
			p.RowsWritten += t.RowsIn
		}
	}
	slices.SortStableFunc(p.Sides, func(a, b SideProgress) int { return places[a.Table] - places[b.Table] })
	return p
}

// Line is the progress in one line.
func (p Progress) Line() string {
	parts := []string{fmt.Sprintf("%s rows", Thousands(p.RowsRead)), fmt.Sprintf("%s rows/s", rate(p.RowsRead, p.Elapsed))}
	for _, side := range p.Sides {
		parts = append(parts, side.String())
	}
	for _, c := range p.Partitions {
		parts = append(parts, fmt.Sprintf("%s %s of %s partitions", c.Table, Thousands(int64(c.Read)), Thousands(int64(c.All))))
	}
	if p.RowsWritten > 0 {
		parts = append(parts, fmt.Sprintf("%s out", Thousands(p.RowsWritten)))
	}
	if p.Watermark != exec.MinWatermark && p.Watermark != exec.MaxWatermark {
		parts = append(parts, "watermark "+time.UnixMilli(p.Watermark).UTC().Format("01-02 15:04:05"))
	}
	if p.Lag > 0 {
		parts = append(parts, fmt.Sprintf("lag %s", Thousands(p.Lag)))
	}
	if p.Late > 0 {
		parts = append(parts, fmt.Sprintf("%s late rows dropped", Thousands(p.Late)))
	}
	if p.Bad > 0 {
		parts = append(parts, fmt.Sprintf("%s records skipped", Thousands(p.Bad)))
	}
	if p.Spilled > 0 {
		parts = append(parts, fmt.Sprintf("%s MB spilled", Thousands(p.Spilled>>20)))
	}
	return strings.Join(parts, " · ")
}

// Summary is the closing line of a run.
func (r *Run) Summary() string {
	p := r.Progress()
	return fmt.Sprintf("%s · %s · %v", r.plan.Mode, p.Line(), p.Elapsed.Round(time.Millisecond))
}

// Thousands prints 180000 as 180,000.
func Thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func rate(n int64, d time.Duration) string {
	perSecond := float64(n) / max(d.Seconds(), 1e-3)
	switch {
	case perSecond >= 1e6:
		return fmt.Sprintf("%.1f M", perSecond/1e6)
	case perSecond >= 1e4:
		return fmt.Sprintf("%.0f k", perSecond/1e3)
	default:
		return Thousands(int64(perSecond))
	}
}

// tempDir is the run's folder for spill files, made with the run and removed with it.
type tempDir struct{ dir string }

func (t *tempDir) path() (string, error) {
	dir, err := os.MkdirTemp("", "weir-")
	t.dir = dir
	return dir, err
}

func (t *tempDir) remove() {
	if t.dir != "" {
		_ = os.RemoveAll(t.dir) // scratch: the system removes what is left
	}
}

// limiter ends the run once an output has given enough rows.
type limiter struct {
	max  int64
	rows atomic.Int64
	stop func()
}

// take cuts a batch to what is still wanted.
func (l *limiter) take(b *vec.Batch) *vec.Batch {
	if l.max < 0 {
		return b
	}
	before := l.rows.Add(int64(b.Len)) - int64(b.Len)
	if before+int64(b.Len) < l.max {
		return b
	}
	if l.stop != nil {
		go l.stop()
	}
	return b.Slice(0, int(max(0, min(l.max-before, int64(b.Len)))))
}

// runConnectors gives SELECTs their writers and passes everything else to the registry.
type runConnectors struct {
	exec.Connectors
	plan *Plan
	open func(Output) (result.Writer, error)
	run  *Run
}

// Sink opens a table, or the result of a SELECT.
func (c *runConnectors) Sink(ctx context.Context, spec *physical.Sink) (exec.Sink, error) {
	if spec.Table != nil {
		return c.Connectors.Sink(ctx, spec)
	}
	if c.open == nil {
		return &selectSink{}, nil
	}
	w, err := c.open(c.plan.output(spec.Name))
	if err != nil {
		return nil, err
	}
	c.run.sinkMu.Lock()
	defer c.run.sinkMu.Unlock()
	c.run.sinks = append(c.run.sinks, w)
	return &selectSink{w: w, limit: c.run.limit}, nil
}

// selectSink gives the rows of a SELECT to its writer. Rows are shown as they come.
type selectSink struct {
	mu    sync.Mutex
	w     result.Writer // nil drops rows
	limit *limiter
}

func (s *selectSink) Writer(context.Context, int, int) (exec.Writer, error) { return s, nil }

// Write shows rows.
func (s *selectSink) Write(_ context.Context, b *vec.Batch) error {
	if s.w == nil {
		return nil
	}
	if b = s.limit.take(b); b.Len == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(b)
}

func (s *selectSink) Prepare(context.Context) ([]byte, error) { return nil, nil }
func (s *selectSink) Commit(context.Context, [][]byte) error  { return nil }
func (s *selectSink) Abort(context.Context) error             { return nil }
func (s *selectSink) Close() error                            { return nil }

// IsConnection reports whether an error says that a system could not be reached.
func IsConnection(err error) bool {
	var d *diag.Diagnostic
	return errors.As(err, &d) && d.Code == exec.CodeConnection
}
