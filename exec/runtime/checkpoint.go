package runtime

import (
	"context"
	"errors"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/topology"
)

// errSuspended ends a task that has passed the last barrier of its job.
var errSuspended = errors.New("suspended")

// Checkpoint takes a snapshot, gives it to keep, and once that has kept it commits what
// the sinks prepared for it: a job restored from what was kept commits the same again,
// so that it does not matter where between the two a process dies. An error of keep or
// of a commit ends the job.
func (j *Job) Checkpoint(ctx context.Context, keep func(*Snapshot) error) error {
	return j.checkpoint(ctx, false, keep)
}

// Suspend is a Checkpoint after which the job ends: no watermark of an end fires, no
// window closes, and a job restored from it goes on as if nothing had been.
func (j *Job) Suspend(ctx context.Context, keep func(*Snapshot) error) error {
	return j.checkpoint(ctx, true, keep)
}

func (j *Job) checkpoint(ctx context.Context, last bool, keep func(*Snapshot) error) error {
	j.snapMu.Lock()
	defer j.snapMu.Unlock()
	b := j.newBarrier()
	b.last = last
	err := j.send(ctx, b)
	if err != nil && !last {
		return err // the job goes on; the next one has what this one should have had
	}
	if err == nil {
		b.snap.Finished = j.allEnded()
		err = j.keep(context.WithoutCancel(ctx), b, keep)
	}
	if err != nil {
		j.stop(err)
	}
	j.suspended = last && err == nil
	return err
}

// allEnded reports whether every task has come to its end, and none was suspended.
func (j *Job) allEnded() bool {
	for _, t := range j.tasks {
		select {
		case <-t.ended:
		default:
			return false
		}
	}
	return true
}

// keep has a complete snapshot kept and commits it. The caller holds snapMu.
func (j *Job) keep(ctx context.Context, b *barrier, keep func(*Snapshot) error) error {
	if err := keep(b.snap); err != nil {
		return err
	}
	j.promised = true
	if err := j.commit(ctx, b.snap.Commits); err != nil {
		return err
	}
	j.promised = false
	j.mu.Lock()
	defer j.mu.Unlock()
	for s, n := range b.taken {
		s.tokens = s.tokens[n:]
	}
	return nil
}

// end commits what is not committed when all tasks have ended well, after the snapshot
// of the end was kept, if anybody wants it.
func (j *Job) end(ctx context.Context) error {
	if j.cfg.Final == nil || j.suspended {
		return j.commitAll(ctx)
	}
	b := j.newBarrier()
	b.snap.Finished = true
	if err := j.announce(b); err != nil { // all tasks have ended, so it is complete
		return err
	}
	j.carry(b)
	return j.keep(ctx, b, j.cfg.Final)
}

// Resting is closed when every source of a job with Config.Hold has read all there is.
func (j *Job) Resting() <-chan struct{} { return j.resting }

// rest counts a source task that has read all there is.
func (j *Job) rest() {
	if j.awake.Add(-1) == 0 {
		close(j.resting)
	}
}

// Recommit commits what a snapshot's sinks had prepared, without running anything: all
// that is left to do for a job that had ended.
func Recommit(ctx context.Context, g *topology.Graph, conns exec.Connectors, snap *Snapshot) (err error) {
	sinks := map[topology.NodeID]exec.Sink{}
	defer func() {
		for _, s := range sinks {
			err = errors.Join(err, s.Close())
		}
	}()
	for _, n := range g.Nodes {
		if spec, ok := n.Spec.(*physical.Sink); ok && len(snap.Commits[n.UID]) > 0 {
			if sinks[n.ID], err = conns.Sink(ctx, spec); err != nil {
				delete(sinks, n.ID)
				return err
			}
		}
	}
	return commitSinks(ctx, g, sinks, snap.Commits)
}
