package runtime

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/topology"
)

// DefaultQueue is the number of batches a channel holds before its sender waits.
const DefaultQueue = 4

// Config is what a job runs with. Build and Connectors are required.
type Config struct {
	// Build makes the operator of a spec; runtime itself knows only sources, sinks and VALUES.
	Build      func(physical.Spec) (exec.Operator, error)
	Connectors exec.Connectors
	Clock      exec.Clock // nil = the clock on the wall
	QueryStart time.Time  // zero = now
	Zone       *time.Location
	Budget     *state.Budget
	TempDir    string
	Config     map[string]string
	Queue      int
	Restore    *Snapshot // go on from here; nil = from the beginning
	// LastID is the highest number of a snapshot that there is already.
	LastID int64
	// Latency is how often sources send stamps that measure latency; 0 = never.
	Latency time.Duration
	// Hold keeps sources that have read all there is from ending, so that the end of the
	// input fires nothing and the job can be suspended there (see Resting).
	Hold bool
	// Final is given the snapshot of the job's end before the last rows are committed; an
	// error keeps them from it. nil = nobody wants it.
	Final func(*Snapshot) error
	// InOrder: tasks take what comes over several channels in the order in which it was sent, so
	// that an operator whose inputs are fed by one task sees the same in every run.
	InOrder bool
	// Tap is asked once for every node and subtask; what it gives sees the node's output.
	Tap func(n *topology.Node, subtask int) Tap
}

// Job is a graph that runs.
type Job struct {
	cfg   Config
	graph *topology.Graph
	plan  *topology.JobGraph
	ctx   context.Context
	stop  context.CancelCauseFunc

	tasks    []*task
	byVertex map[int][]*task
	scans    map[topology.NodeID]*scan
	sinks    map[topology.NodeID]exec.Sink
	counters map[portKey]*exec.Counters
	ports    map[portKey]*port
	started  time.Time

	latencies latencies
	mu        sync.Mutex
	writers   []*sinkOperator
	active    *barrier   // the barrier that ending tasks take part in
	snapMu    sync.Mutex // held while a snapshot is taken, kept and committed
	lastSnap  int64
	suspended bool // all there was to keep has been kept; guarded by snapMu
	promised  bool // a snapshot was kept whose rows are not committed yet; guarded by snapMu

	awake    atomic.Int64  // source tasks that have not come to rest
	resting  chan struct{} // closed when awake is 0
	quiet    chan struct{} // closed when no task runs any more
	finished chan struct{} // closed when all is committed or undone
	err      error
}

// portKey names one node in one subtask.
type portKey struct {
	node    topology.NodeID
	subtask int
}

// Start opens the sources and sinks of a graph, builds its tasks and lets them run.
// An error means that nothing runs and nothing was written. When ctx is done the job stops.
func Start(ctx context.Context, g *topology.Graph, cfg Config) (*Job, error) {
	plan, err := topology.NewJobGraph(g)
	if err != nil {
		return nil, err
	}
	if err := checkRestore(g, cfg.Restore); err != nil {
		return nil, err
	}
	j := newJob(ctx, g, plan, cfg)
	j.lastSnap = cfg.LastID
	if cfg.Restore != nil {
		j.lastSnap = max(j.lastSnap, cfg.Restore.ID)
	}
	j.started = time.Now()
	if err := j.build(); err != nil {
		j.stop(err)
		j.abortAll(context.WithoutCancel(ctx))
		j.closeAll()
		return nil, err
	}
	go j.run()
	return j, nil
}

// checkRestore refuses a snapshot that holds what no node of the graph would read:
// going on without that state would give wrong rows and say nothing.
func checkRestore(g *topology.Graph, snap *Snapshot) error {
	if snap == nil {
		return nil
	}
	known := map[string]bool{}
	for _, n := range g.Nodes {
		known[n.UID] = true
	}
	lost := func(uid, what string) error {
		return diag.Errorf("W0525", diag.Span{}, "the snapshot holds %s of operator %q, which is not in this plan", what, uid).
			WithHint("restore with the script, parallelism and options it was taken with")
	}
	for _, name := range snap.State.Names() {
		if uid, _, ok := strings.Cut(name, "/"); ok && !known[uid] {
			return lost(uid, "state")
		}
	}
	for uid := range snap.Positions {
		if !known[uid] {
			return lost(uid, "the position")
		}
	}
	return nil
}

func newJob(ctx context.Context, g *topology.Graph, plan *topology.JobGraph, cfg Config) *Job {
	if cfg.Clock == nil {
		cfg.Clock = exec.SystemClock{}
	}
	if cfg.QueryStart.IsZero() {
		cfg.QueryStart = cfg.Clock.Now()
	}
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	if cfg.Budget == nil {
		cfg.Budget = state.NewBudget(0)
	}
	if cfg.Queue <= 0 {
		cfg.Queue = DefaultQueue
	}
	j := &Job{cfg: cfg, graph: g, plan: plan, byVertex: map[int][]*task{}, scans: map[topology.NodeID]*scan{},
		sinks: map[topology.NodeID]exec.Sink{}, counters: map[portKey]*exec.Counters{}, ports: map[portKey]*port{},
		resting: make(chan struct{}), quiet: make(chan struct{}), finished: make(chan struct{})}
	j.ctx, j.stop = context.WithCancelCause(ctx)
	return j
}

// build opens connectors and wires tasks.
func (j *Job) build() error {
	for _, n := range j.graph.Nodes {
		if err := j.connect(n); err != nil {
			return err
		}
	}
	j.setTurns()
	for _, v := range j.plan.Vertices {
		for s := range v.Parallelism {
			t, err := j.newTask(v, s)
			if err != nil {
				return err
			}
			j.tasks = append(j.tasks, t)
			j.byVertex[v.ID] = append(j.byVertex[v.ID], t)
		}
	}
	for _, e := range j.plan.Edges {
		if err := j.wire(e); err != nil {
			return err
		}
	}
	for _, t := range j.tasks {
		t.seal(j)
		if t.source != nil {
			j.awake.Add(1)
		}
	}
	if j.cfg.Restore != nil { // before writers open: they undo what is left of transactions
		return j.commit(context.WithoutCancel(j.ctx), j.cfg.Restore.Commits)
	}
	return nil
}

// connect opens the source or sink of a node.
func (j *Job) connect(n *topology.Node) error {
	switch spec := n.Spec.(type) {
	case *physical.Source:
		src, err := j.cfg.Connectors.Source(j.ctx, spec)
		if err != nil {
			return err
		}
		return j.addScan(n, src)
	case *physical.Values:
		ctx := &exec.Context{UID: n.UID, Name: n.Name, Clock: j.cfg.Clock, Zone: j.cfg.Zone, QueryStart: j.cfg.QueryStart,
			Config: j.cfg.Config, Counters: &exec.Counters{}, Budget: j.cfg.Budget}
		return j.addScan(n, &valuesSource{spec: spec, build: j.cfg.Build, ctx: ctx})
	case *physical.Sink:
		sink, err := j.cfg.Connectors.Sink(j.ctx, spec)
		if err != nil {
			return err
		}
		j.sinks[n.ID] = sink
	}
	return nil
}

func (j *Job) addScan(n *topology.Node, src exec.Source) error {
	var from SourcePosition
	if j.cfg.Restore != nil {
		from = j.cfg.Restore.Positions[n.UID]
	}
	s, err := newScan(j.ctx, src, n.Parallelism, from)
	if err != nil {
		_ = src.Close() // the first error is the one to report
		return err
	}
	s.turn = j.turnOf(n)
	j.scans[n.ID] = s
	return nil
}

// wire connects the tasks at the two ends of a job edge.
func (j *Job) wire(e *topology.JobEdge) error {
	from, to := j.byVertex[e.FromVertex], j.byVertex[e.ToVertex]
	keyGroups := j.plan.Vertices[e.ToVertex].KeyGroups
	for i, t := range from {
		p := j.ports[portKey{e.From, i}]
		x, err := newExchange(e, i, len(from), len(to), keyGroups, func(s int) endpoint {
			return endpoint{to[s].inbox, to[s].inbox.channel(e.Input, j.cfg.Queue)}
		}, p.counters)
		if err != nil {
			return fmt.Errorf("edge from %s (subtask %d): %w", j.graph.Node(e.From).Name, t.subtask, err)
		}
		p.exchanges = append(p.exchanges, x)
	}
	return nil
}

// seal makes what depends on the number of channels.
func (t *task) seal(j *Job) {
	n := len(t.inbox.queues)
	t.marks, t.seen = newMarks(n), make([]bool, n)
	t.inputs = make([]int, len(j.graph.Inputs(t.vertex.Head())))
	for _, in := range t.inbox.input {
		for in >= len(t.inputs) {
			t.inputs = append(t.inputs, 0)
		}
		t.inputs[in]++
	}
}

// run runs all tasks, then commits or aborts the sinks.
func (j *Job) run() {
	defer close(j.finished)
	unhook := context.AfterFunc(j.ctx, func() {
		for _, t := range j.tasks {
			t.inbox.stop()
		}
	})
	defer unhook()
	var running sync.WaitGroup
	for _, t := range j.tasks {
		running.Go(func() {
			if err := t.run(j.ctx); err != nil {
				j.stop(err) // the first one stays the cause
			}
		})
	}
	running.Wait()
	close(j.quiet)
	j.snapMu.Lock() // a snapshot under way is kept and committed first
	defer j.snapMu.Unlock()
	ctx := context.WithoutCancel(j.ctx)
	j.err = context.Cause(j.ctx)
	if j.err == nil {
		j.err = j.end(ctx)
	}
	if j.err == nil {
		j.stop(nil)
	} else if !j.promised {
		j.abortAll(ctx)
	}
	j.closeAll()
}

// closeAll closes sources and sinks.
func (j *Job) closeAll() {
	for _, s := range j.scans {
		_ = s.src.Close() // rows have been read; nothing depends on it
	}
	for _, s := range j.sinks {
		if err := s.Close(); err != nil && j.err == nil {
			j.err = err
		}
	}
}

// Wait waits for the job's end and gives its error: nil after a good end, the
// context's cause when it was stopped.
func (j *Job) Wait() error {
	<-j.finished
	return j.err
}

// Done is closed when the job has ended.
func (j *Job) Done() <-chan struct{} { return j.finished }

// Stop ends the job; Wait gives cause. Nothing uncommitted becomes visible.
func (j *Job) Stop(cause error) { j.stop(cause) }

// Graph is the graph that runs, Plan its chains.
func (j *Job) Graph() *topology.Graph { return j.graph }

// Plan gives the job graph that runs.
func (j *Job) Plan() *topology.JobGraph { return j.plan }

// Started is when the tasks were let run.
func (j *Job) Started() time.Time { return j.started }

// Counters gives the figures of one node in one subtask, nil if there is none.
func (j *Job) Counters(id topology.NodeID, subtask int) *exec.Counters {
	return j.counters[portKey{id, subtask}]
}

// Total are the figures of one node summed over its subtasks; Watermark is the
// minimum.
type Total struct {
	RowsIn, RowsOut, Late, Bad, Lag int64
	BusyNanos, BlockedNanos         int64
	StateBytes, Spilled             int64
	Hits, Misses, Requests          int64 // of lookups
	Watermark                       int64
}

// Total sums the figures of a node.
func (j *Job) Total(id topology.NodeID) Total {
	t := Total{Watermark: exec.MaxWatermark}
	for s := range j.graph.Node(id).Parallelism {
		c := j.counters[portKey{id, s}]
		if c == nil {
			continue
		}
		t.RowsIn += c.RowsIn.Load()
		t.RowsOut += c.RowsOut.Load()
		t.Late += c.LateRows.Load()
		t.Bad += c.BadRecords.Load()
		t.Lag += c.Lag.Load()
		t.BusyNanos += c.BusyNanos.Load()
		t.BlockedNanos += c.BlockedNanos.Load()
		t.StateBytes += c.StateBytes.Load()
		t.Spilled += c.SpilledBytes.Load()
		t.Hits += c.LookupHits.Load()
		t.Misses += c.LookupMisses.Load()
		t.Requests += c.LookupRequests.Load()
		t.Watermark = min(t.Watermark, c.Watermark.Load())
	}
	return t
}
