package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/topology"
)

// Keeping says what a stream keeps on disk of its state, and where it goes on from. The
// zero value keeps nothing and begins at the beginning.
type Keeping struct {
	// Dir is the folder of checkpoints, one every Interval; "" = none. Only the newest that
	// was committed stays, and one of the end.
	Dir      string
	Interval time.Duration // 0 = 'execution.checkpointing.interval' of the script, else 10 s
	// Savepoint is a folder that is not there yet: the run is suspended into it, when
	// Suspend is called or all its sources have read all there is. "" = never.
	Savepoint string
	// From is what to go on from, carried to the graph of the plan; nil = the beginning.
	From *Savepoint
	// AllowLost goes on even if state of From is left behind.
	AllowLost bool
}

// Every sets the interval from a text such as "30s".
func (k *Keeping) Every(text string) error {
	d, ok := catalog.ParseDuration(text)
	if !ok || d <= 0 {
		return fmt.Errorf("the time between checkpoints is one such as 30s or 5min, not %q", text)
	}
	k.Interval = d
	return nil
}

// defaultInterval is the time between checkpoints if nobody says.
const defaultInterval = 10 * time.Second

// keeper takes the snapshots of one run.
type keeper struct {
	Keeping
	plan   *Plan
	ask    chan struct{} // closed when the run is to be suspended
	now    chan struct{} // asks for a checkpoint before it is due
	asked  sync.Once
	over   chan struct{} // closed when no more snapshots are taken
	mu     sync.Mutex
	wrote  string // the newest snapshot that was written
	rested bool   // the savepoint is of a run suspended, not of one that ended
	shown  bool   // rows of this run are visible
}

func newKeeper(o Keeping, p *Plan) *keeper {
	return &keeper{Keeping: o, plan: p, ask: make(chan struct{}), now: make(chan struct{}, 1), over: make(chan struct{})}
}

// check refuses what cannot be kept, before anything starts.
func (k *Keeping) check(p *Plan) error {
	if k.Dir == "" && k.Savepoint == "" && k.From == nil {
		return nil
	}
	if p.Mode == Batch {
		return diag.Errorf("W0609", diag.Span{}, "checkpoints and savepoints are of streams: a batch keeps nothing beyond its run").
			WithHint("run it with --mode stream")
	}
	if k.Savepoint != "" {
		if entries, err := os.ReadDir(k.Savepoint); err == nil && len(entries) > 0 || err != nil && !errors.Is(err, os.ErrNotExist) {
			return &diag.Diagnostic{Severity: diag.Error, Code: "W0609", File: k.Savepoint, Primary: "the folder of a savepoint must be new or empty"}
		}
	}
	if ids := checkpointsIn(k.Dir); k.Dir != "" && len(ids) > 0 && !k.goesOnIn(k.Dir) {
		return &diag.Diagnostic{Severity: diag.Error, Code: "W0609", File: k.Dir,
			Primary: "the folder holds checkpoints of another run, which those of this one would replace",
			Hint:    fmt.Sprintf("go on from them with --from %s, or name another folder", k.Dir)}
	}
	return nil
}

// goesOnIn reports whether the run goes on from a checkpoint in a folder.
func (k *Keeping) goesOnIn(dir string) bool {
	return k.From != nil && sameFile(filepath.Dir(k.From.Dir), dir)
}

// snapshotFor reads what to go on from and carries it to the graph of a plan.
func (k *Keeping) snapshotFor(p *Plan, from *Savepoint) (*runtime.Snapshot, error) {
	snap, err := from.Snapshot()
	if err != nil {
		return nil, err
	}
	if from.Graph.Mode == Batch {
		return nil, &diag.Diagnostic{Severity: diag.Error, Code: "W0608", File: from.Dir, Primary: "the snapshot is of a batch"}
	}
	return MigrateSnapshot(snap, from.Graph, p.Graph, k.AllowLost)
}

// earlier gives the checkpoint before one, nil if it is the last that is left.
func (s *Savepoint) earlier() *Savepoint {
	folder := filepath.Dir(s.Dir)
	for _, id := range checkpointsIn(folder) {
		if id < s.meta.ID {
			if e, err := OpenSavepoint(checkpointDir(folder, id)); err == nil {
				return e
			}
		}
	}
	return nil
}

// restorable starts a job from a snapshot, or from the one before if the sinks have lost
// what the newest had prepared: then none of its rows is visible, and the earlier
// checkpoint, which is kept until they are, gives them again.
func (k *Keeping) restorable(p *Plan, start func(*runtime.Snapshot) error) error {
	for from := k.From; ; {
		snap, err := k.snapshotFor(p, from)
		if err != nil {
			return err
		}
		err = start(snap)
		if err == nil || !errors.Is(err, exec.ErrCommitLost) {
			return err
		}
		before := from.earlier()
		if before == nil && from.meta.First {
			return start(nil) // nothing of the run has ever become visible
		}
		if before == nil {
			return diag.Errorf("W0544", diag.Span{}, "rows that %s had prepared are lost", from.Dir).WithDetail("%v", err).
				WithHint("go on from an earlier savepoint: rows between the two will then be written again")
		}
		from = before
	}
}

// interval is the time between checkpoints.
func (k *Keeping) interval(config map[string]string) time.Duration {
	if k.Interval > 0 {
		return k.Interval
	}
	if d, ok := catalog.ParseDuration(config["execution.checkpointing.interval"]); ok && d > 0 {
		return d
	}
	return defaultInterval
}

// bounded reports whether all sources of a graph end by themselves.
func bounded(g *topology.Graph) bool {
	for _, n := range g.Nodes {
		if _, ok := n.Spec.(*physical.Source); ok && !n.Bounded {
			return false
		}
	}
	return true
}

// SuspendInto asks a run that keeps checkpoints to write a savepoint into a folder that is
// not there yet, and end. If the run comes to its end first, that is what the folder holds.
func (r *Run) SuspendInto(dir string) error {
	if r.keep == nil {
		return errors.New("the run keeps nothing, so it cannot be suspended")
	}
	r.keep.mu.Lock()
	defer r.keep.mu.Unlock()
	if r.keep.Savepoint != "" {
		return errors.New("the run is being suspended already")
	}
	r.keep.Savepoint = dir
	r.keep.asked.Do(func() { close(r.keep.ask) })
	return nil
}

// Checkpoint asks a run that keeps checkpoints for one now.
func (r *Run) Checkpoint() {
	if r.keep != nil && r.keep.Dir != "" {
		select {
		case r.keep.now <- struct{}{}:
		default: // one is asked for already
		}
	}
}

// Suspend asks a run with a savepoint to write it and end. Without one it does nothing.
func (r *Run) Suspend() {
	if r.keep != nil && r.keep.into() != "" {
		r.keep.asked.Do(func() { close(r.keep.ask) })
	}
}

// Kept tells where the newest snapshot of the run lies, "" if there is none, and whether
// the run was suspended there.
func (r *Run) Kept() (dir string, suspended bool) {
	if r.keep == nil {
		return "", false
	}
	r.keep.mu.Lock()
	defer r.keep.mu.Unlock()
	return r.keep.wrote, r.keep.rested
}

// finished makes what a run that had ended left to commit visible, and says that there is
// nothing to go on with.
func finished(ctx context.Context, p *Plan, conns exec.Connectors, snap *runtime.Snapshot, from *Savepoint) error {
	if err := runtime.Recommit(ctx, p.Graph, conns, snap); err != nil {
		return err
	}
	if len(snap.Commits) > 0 {
		if err := markCommitted(from.Dir); err != nil {
			return err
		}
	}
	return ErrFinished
}

// ErrFinished is given by Run if what it should go on from is of a run that had ended.
var ErrFinished = errors.New("the run had come to its end: there is nothing to go on with")

// end is called when the run has ended; well means that all its rows are visible.
func (k *keeper) end(well bool) {
	<-k.over
	if well && !k.rested {
		k.committed(false)
	}
}

// watch takes the snapshots of a job while it runs.
func (k *keeper) watch(ctx context.Context, job *runtime.Job) {
	defer close(k.over)
	var tick <-chan time.Time
	if k.Dir != "" {
		t := time.NewTicker(k.interval(k.plan.Config))
		defer t.Stop()
		tick = t.C
	}
	ask, rest := k.ask, job.Resting()
	if k.into() == "" {
		rest = nil
	}
	checkpoint := func() {
		if err := job.Checkpoint(ctx, k.checkpoint); err == nil {
			k.committed(false)
		}
	}
	for {
		select {
		case <-job.Done():
			return
		case <-tick:
			checkpoint()
		case <-k.now:
			checkpoint()
		case <-ask:
			k.suspend(ctx, job)
			return
		case <-rest:
			k.suspend(ctx, job)
			return
		}
	}
}

// into is the folder of the savepoint, "" if none was asked for.
func (k *keeper) into() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.Savepoint
}

// suspend ends a job into the savepoint; an error ends it too, and Wait gives it.
func (k *keeper) suspend(ctx context.Context, job *runtime.Job) {
	if err := job.Suspend(ctx, k.savepoint); err == nil {
		k.committed(true)
	}
}

// checkpoint keeps a snapshot beside those of before.
func (k *keeper) checkpoint(snap *runtime.Snapshot) error {
	return k.write(checkpointDir(k.Dir, snap.ID), snap)
}

// savepoint keeps a snapshot in the savepoint's folder.
func (k *keeper) savepoint(snap *runtime.Snapshot) error {
	dir := k.into()
	if err := os.Remove(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return &diag.Diagnostic{Severity: diag.Error, Code: "W0541", File: dir, Primary: "the savepoint cannot be written", Detail: err.Error()}
	}
	return k.write(dir, snap)
}

// final keeps the snapshot of a run that came to its end.
func (k *keeper) final(snap *runtime.Snapshot) error {
	if k.into() != "" {
		return k.savepoint(snap)
	}
	return k.checkpoint(snap)
}

func (k *keeper) write(dir string, snap *runtime.Snapshot) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err := writeSavepoint(dir, k.plan, time.Now(), snap, k.From == nil && !k.shown); err != nil {
		return err
	}
	k.wrote = dir
	return nil
}

// committed notes that the rows of the newest snapshot are visible, and removes the
// checkpoints before it, which nobody needs any more. Neither is worth an error: marks
// and removals that failed cost a repeated commit and some room.
func (k *keeper) committed(suspended bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.rested, k.shown = suspended, true
	if k.wrote == "" || markCommitted(k.wrote) != nil || k.Dir == "" {
		return
	}
	if k.wrote != k.Savepoint {
		for _, id := range checkpointsIn(k.Dir) {
			if dir := checkpointDir(k.Dir, id); dir != k.wrote && filepath.Clean(dir) != filepath.Clean(k.wrote) {
				_ = os.RemoveAll(dir)
			}
		}
	}
}
