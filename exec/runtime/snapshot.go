package runtime

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/weir-sql/weir/exec/state"
)

// Snapshot is a consistent cut through a running job: the state of every operator,
// the position of every split, and what sinks prepared, all after the same rows.
// Committing its sink parts makes exactly the rows before the cut visible.
type Snapshot struct {
	ID        int64
	State     *state.Memory
	Positions map[string]SourcePosition // by uid of the source node
	Commits   map[string][][]byte       // by uid of the sink node
	Marks     map[string]int64          // watermark of each source node, so that it does not go back
	Finished  bool                      // taken when every task had ended: nothing follows but its commits
}

// SourcePosition is how far a source has been read.
type SourcePosition struct {
	Splits map[string][]byte // position of each split begun, by split id
	Done   []string          // splits read to their end
}

// barrier travels with the data and collects the parts of one snapshot.
type barrier struct {
	id    int64
	probe bool // only passes: nothing is written (Drain)
	last  bool // tasks end once they have passed it (Suspend)

	mu      sync.Mutex
	snap    *Snapshot
	waiting int                       // tasks that have not passed the barrier
	taken   map[*sinkOperator]int     // how many of a writer's uncommitted tokens the snapshot holds
	done    chan struct{}             // closed when waiting is 0
	from    map[string]SourcePosition // of the snapshot that the run goes on from
}

// writer gives operators a place for their state.
func (b *barrier) writer() state.Writer { return b.snap.State }

// commit records what a sink writer has prepared and nobody has committed: also what
// earlier snapshots hold that came to nothing.
func (b *barrier) commit(s *sinkOperator, tokens [][]byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(tokens) > 0 {
		b.snap.Commits[s.node.UID] = append(b.snap.Commits[s.node.UID], tokens...)
		b.taken[s] = len(tokens)
	}
}

// position records how far one subtask of a source has read.
func (b *barrier) position(uid string, p SourcePosition, mark int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.snap.Positions[uid]
	if all.Splits == nil {
		all.Splits = map[string][]byte{}
	}
	for id, pos := range p.Splits {
		all.Splits[id] = pos
	}
	all.Done = append(all.Done, p.Done...)
	b.snap.Positions[uid] = all
	if old, ok := b.snap.Marks[uid]; !ok || mark < old {
		b.snap.Marks[uid] = mark
	}
}

// carry keeps where splits stood in the snapshot that the run goes on from if no task had begun them again at the barrier:
// without it a run that goes on from this one would read them from their beginning. b.mu is held.
func (b *barrier) carry() {
	for uid, from := range b.from {
		all, ok := b.snap.Positions[uid]
		if !ok {
			continue
		}
		for id, pos := range from.Splits {
			if _, begun := all.Splits[id]; !begun && !slices.Contains(all.Done, id) {
				all.Splits[id] = pos
			}
		}
	}
}

// passed counts a task that has taken its part.
func (b *barrier) passed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting--; b.waiting == 0 {
		b.carry()
		close(b.done)
	}
}

// Snapshot takes a consistent snapshot while the job runs. A task that has ended
// gives the state it ended with. One snapshot is taken at a time.
func (j *Job) Snapshot(ctx context.Context) (*Snapshot, error) {
	j.snapMu.Lock()
	defer j.snapMu.Unlock()
	b := j.newBarrier()
	return b.snap, j.send(ctx, b)
}

// Drain waits until all that the sources have taken in has gone through every
// operator to the sinks, after which the job rests until its sources get more or its
// clock moves. Readers must not give rows meanwhile; what they gave before their present
// call of Read began is taken in.
func (j *Job) Drain(ctx context.Context) error {
	j.snapMu.Lock()
	defer j.snapMu.Unlock()
	b := j.newBarrier()
	b.probe = true
	return j.send(ctx, b)
}

// newBarrier makes the next barrier. The caller holds snapMu until it is through.
func (j *Job) newBarrier() *barrier {
	j.lastSnap++
	var from map[string]SourcePosition
	if j.cfg.Restore != nil {
		from = j.cfg.Restore.Positions
	}
	return &barrier{id: j.lastSnap, from: from, done: make(chan struct{}), waiting: len(j.tasks), taken: map[*sinkOperator]int{}, snap: &Snapshot{ID: j.lastSnap,
		State: state.NewMemory(), Positions: map[string]SourcePosition{}, Commits: map[string][][]byte{}, Marks: map[string]int64{}}}
}

// send sends a barrier through the job and waits until every task has passed it.
func (j *Job) send(ctx context.Context, b *barrier) error {
	if err := j.announce(b); err != nil {
		return err
	}
	for _, t := range j.tasks {
		if t.source != nil {
			select {
			case t.source.inject <- b:
			case <-t.ended: // it took part when it ended
			case <-ctx.Done():
				return ctx.Err()
			case <-j.quiet:
			}
		}
	}
	select {
	case <-b.done:
		j.carry(b)
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-j.quiet:
	}
	select {
	case <-b.done:
		j.carry(b)
		return nil
	default:
		return fmt.Errorf("the job ended before the snapshot was complete: %w", context.Cause(j.ctx))
	}
}

// carry keeps the positions of splits that a former run had begun and that nobody has
// opened in this one yet.
func (j *Job) carry(b *barrier) {
	for id, s := range j.scans {
		p, ok := b.snap.Positions[j.graph.Node(id).UID]
		if !ok {
			continue // a probe
		}
		for split, position := range s.from.Splits {
			if _, opened := p.Splits[split]; !opened && !slices.Contains(p.Done, split) {
				p.Splits[split] = position
			}
		}
	}
}

// announce makes the barrier the one that ending tasks take part in, and takes the
// parts of those that have ended.
func (j *Job) announce(b *barrier) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.active = b
	for _, t := range j.tasks {
		select {
		case <-t.ended:
			if err := t.contribute(b); err != nil {
				return err
			}
		default:
		}
	}
	return nil
}
