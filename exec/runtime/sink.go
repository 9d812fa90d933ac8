package runtime

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/topology"
)

// committing operators take part in the two-phase commit of a snapshot.
type committing interface {
	prepare(b *barrier) error
}

// sinkOperator writes its input through one connector writer. What it prepares at
// barriers belongs to the snapshot; what it prepares at its end, to the end of the
// job, which commits it once every task has ended well.
type sinkOperator struct {
	run    context.Context
	sink   exec.Sink
	node   *topology.Node
	spec   *physical.Sink
	job    *Job
	ctx    *exec.Context
	writer exec.Writer
	marks  exec.WatermarkWriter
	drop   bool     // rows with NULL in a NOT NULL column are dropped, not an error
	tokens [][]byte // prepared and not committed, in order; guarded by job.mu
}

func newSinkOperator(run context.Context, sink exec.Sink, n *topology.Node, spec *physical.Sink, j *Job) *sinkOperator {
	return &sinkOperator{run: run, sink: sink, node: n, spec: spec, job: j,
		drop: strings.EqualFold(j.cfg.Config["table.exec.sink.not-null-enforcer"], "drop")}
}

// Open makes the writer of this subtask.
func (s *sinkOperator) Open(ctx *exec.Context) error {
	s.ctx = ctx
	w, err := s.sink.Writer(s.run, ctx.Subtask, ctx.Parallelism)
	if err != nil {
		return err
	}
	s.writer = w
	s.marks, _ = w.(exec.WatermarkWriter)
	return nil
}

// Process writes a batch.
func (s *sinkOperator) Process(_ int, b *vec.Batch, _ exec.Out) error {
	b, err := s.enforceNotNull(b)
	if err != nil || b.Len == 0 {
		return err
	}
	s.ctx.Counters.RowsOut.Add(int64(b.Len))
	return s.writer.Write(s.run, b)
}

// enforceNotNull looks for NULLs in columns that the table declares NOT NULL.
func (s *sinkOperator) enforceNotNull(b *vec.Batch) (*vec.Batch, error) {
	var keep []int32
	for _, c := range s.spec.NotNull {
		v := b.Cols[c]
		if !v.HasNulls() || v.Valid.Count(b.Len) == b.Len {
			continue
		}
		if !s.drop {
			of := "the result"
			if s.spec.Table != nil {
				of = fmt.Sprintf("table %q", s.spec.Name)
			}
			return nil, diag.Errorf("W0520", s.node.Span, "column %q of %s is NOT NULL, but a row has NULL there",
				s.spec.Fields[c].Name, of).
				WithHint("filter such rows, give a default with COALESCE, or SET 'table.exec.sink.not-null-enforcer' = 'DROP'")
		}
		keep = make([]int32, 0, b.Len)
		for i := range b.Len {
			if !v.IsNull(i) {
				keep = append(keep, int32(i))
			}
		}
		b = b.Take(keep)
	}
	return b, nil
}

// OnWatermark tells writers that want to know event time.
func (s *sinkOperator) OnWatermark(wm int64, _ exec.Out) error {
	if s.marks == nil {
		return nil
	}
	return s.marks.Watermark(wm)
}

// prepare makes what was written so far part of a snapshot.
func (s *sinkOperator) prepare(b *barrier) error {
	if err := s.ready(); err != nil {
		return err
	}
	s.job.mu.Lock()
	defer s.job.mu.Unlock()
	b.commit(s, s.tokens)
	return nil
}

// ready prepares what was written since it was called last.
func (s *sinkOperator) ready() error {
	token, err := s.writer.Prepare(s.run)
	if err != nil || token == nil {
		return err
	}
	s.job.mu.Lock()
	defer s.job.mu.Unlock()
	s.tokens = append(s.tokens, token)
	return nil
}

// OnEnd prepares the rest for the commit at the end of the job.
func (s *sinkOperator) OnEnd(int, exec.Out) error { return s.ready() }

// Close closes the writer.
func (s *sinkOperator) Close() error {
	if s.writer == nil {
		return nil
	}
	return s.writer.Close()
}

// commitAll makes the output of a job that ended well visible: what no snapshot has
// committed.
func (j *Job) commitAll(ctx context.Context) error {
	commits := map[string][][]byte{}
	for _, s := range j.writers {
		commits[s.node.UID] = append(commits[s.node.UID], s.tokens...)
	}
	return j.commit(ctx, commits)
}

// commit commits what the sinks prepared, by uid.
func (j *Job) commit(ctx context.Context, commits map[string][][]byte) error {
	return commitSinks(ctx, j.graph, j.sinks, commits)
}

// commitSinks commits in the order of the graph, fleeting sinks first. It is
// exec.ErrCommitLost if nothing at all has become visible.
func commitSinks(ctx context.Context, g *topology.Graph, sinks map[topology.NodeID]exec.Sink, commits map[string][][]byte) error {
	done := 0
	for _, first := range []bool{true, false} {
		for _, n := range g.Nodes {
			sink, tokens := sinks[n.ID], commits[n.UID]
			if f, ok := sink.(exec.Fleeting); sink == nil || len(tokens) == 0 || first != (ok && f.Fleeting()) {
				continue
			}
			err := sink.Commit(ctx, tokens)
			switch {
			case err == nil:
				done++
			case done > 0 && errors.Is(err, exec.ErrCommitLost):
				return fmt.Errorf("committing %s after %d other sinks: %s", n.Name, done, err.Error())
			default:
				return fmt.Errorf("committing %s: %w", n.Name, err)
			}
		}
	}
	return nil
}

// abortAll undoes what the sinks of a failed job have not committed.
func (j *Job) abortAll(ctx context.Context) {
	for _, sink := range j.sinks {
		_ = sink.Abort(ctx) // the job's own error is the one to report
	}
}
