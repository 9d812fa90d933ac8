package session

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"sort"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/topology"
)

// Stepper is a rehearsal that goes on moment by moment. Between two of its calls the job
// rests: everything that came has gone through every operator.
type Stepper struct {
	r       *Rehearsal
	player  *player
	tap     tapper
	watch   *watch                   // what every node gives; nil unless rows come one by one
	seen    map[topology.NodeID]seen // of the watch, before the moment carried out last
	moments []Moment
	at      int  // moments carried out
	over    bool // the job has ended

	last    *runtime.Snapshot // of the last checkpoint
	lastAt  int               // the moment after it
	written map[string]mark   // what each output had then
	late    int64             // late rows up to then
}

// mark is how much an output had.
type mark struct{ batches, rows int }

// errFailure is why the job of a rehearsal stops at a failure of the timeline.
var errFailure = errors.New("the timeline lets the job fail here")

// Step begins a rehearsal as a stream, in which every row is a moment of its own. A nil
// stepper means that the list says why, or that the script runs nothing.
func (s *Session) Step(ctx context.Context, src diag.Source, set *fixtures.Set, config map[string]string) (*Stepper, diag.List, error) {
	w := newWatch()
	st, _, list, err := s.over(set, Stream, config).begin(ctx, src, w.tap, true)
	if st != nil {
		st.watch = w
	}
	return st, list, err
}

// seen is how much of a node's output was looked at.
type seen struct {
	batches int
	mark    int64
}

// Effect is what a moment did to one operator.
type Effect struct {
	Node  *topology.Node
	Rows  *vec.Batch // that it gave, with their kinds; nil = none
	Fired bool       // it gave them because time went on, not because a row came
	// From and To are its watermark before and after, exec.MinWatermark = none yet.
	From, To int64
}

// Effects tells what the moment that was carried out last did, operators in the order of
// the data. Those to which nothing happened are left out.
func (st *Stepper) Effects() []Effect {
	gave := map[topology.NodeID]bool{}
	var out []Effect
	for _, n := range inOrder(st.r.Plan.Graph) {
		t := st.watch.of(n.ID)
		if t == nil {
			continue
		}
		before, ok := st.seen[n.ID]
		if !ok {
			before.mark = minMark
		}
		e := Effect{Node: n, From: before.mark, To: t.mark()}
		batches, _ := t.since(before.batches)
		if len(batches) > 0 {
			gave[n.ID] = true
			var all []*vec.Batch
			for _, g := range batches {
				all = append(all, g.batch)
			}
			e.Rows = vec.Concat(typesOfFields(specOf(n).Schema()), all)
			inputs := st.r.Plan.Graph.Inputs(n.ID)
			e.Fired = len(inputs) > 0
			for _, in := range inputs {
				e.Fired = e.Fired && !gave[in.From]
			}
			for _, in := range inputs {
				e.Fired = e.Fired || e.From != e.To && byEventTime(n, st.r.Plan.Graph.Node(in.From))
			}
		}
		if e.Rows != nil || e.From != e.To {
			out = append(out, e)
		}
	}
	return out
}

// look notes what was seen so far.
func (st *Stepper) look() {
	if st.watch == nil {
		return
	}
	st.seen = map[topology.NodeID]seen{}
	for _, n := range st.r.Plan.Graph.Nodes {
		if t := st.watch.of(n.ID); t != nil {
			_, batches := t.since(0)
			st.seen[n.ID] = seen{batches, t.mark()}
		}
	}
}

// begin starts a rehearsal; nothing has come yet. A nil stepper means that the list says
// why, or that the script runs nothing (the rehearsal then has no rows).
func (o *over) begin(ctx context.Context, src diag.Source, tap tapper, fine bool) (*Stepper, *Rehearsal, diag.List, error) {
	plan, list := o.Plan(src, o.mode)
	if plan == nil {
		return nil, nil, list, nil
	}
	r := &Rehearsal{Plan: plan, Captured: map[string]*Captured{}, over: o}
	if plan.Graph == nil {
		return nil, r, list, nil
	}
	o.exactWatermarks(plan.Graph)
	tables, err := o.tables(plan)
	if err != nil {
		return nil, nil, list, err
	}
	for _, out := range plan.Outputs {
		r.Captured[out.Name] = &Captured{Output: out}
	}
	conns := &fixtureConnectors{over: o, graph: plan.Graph, config: plan.Config, tables: tables, captured: r.Captured}
	conns.player = newPlayer(o, conns)
	for _, n := range plan.Graph.Nodes {
		if spec, ok := n.Spec.(*physical.LookupJoin); ok {
			for _, t := range spec.Tables() {
				conns.player.addDimension(tables[t.Path.Name])
			}
		}
	}
	st := &Stepper{r: r, player: conns.player, tap: tap}
	if o.mode == Stream {
		st.moments = conns.player.schedule(fine)
	}
	if err := st.start(ctx); err != nil {
		return nil, nil, list, err
	}
	return st, r, list, nil
}

// start lets the job run from the last checkpoint.
func (st *Stepper) start(ctx context.Context) (err error) {
	st.player.sources = nil
	st.r.run, err = st.r.over.Run(ctx, st.r.Plan, RunOptions{Limit: -1, Tap: st.tap, InOrder: true, Restore: st.last,
		Connectors: func(exec.Connectors) exec.Connectors { return st.player.conns }})
	if err == nil {
		st.player.job = st.r.run.Job()
	}
	return err
}

// Moments lists what happens, At tells how many of them have.
func (st *Stepper) Moments() []Moment { return st.moments }

// At is the number of moments that were carried out.
func (st *Stepper) At() int { return st.at }

// Plan is the plan that runs.
func (st *Stepper) Plan() *Plan { return st.r.Plan }

// Captured is what has come to the outputs so far.
func (st *Stepper) Captured() map[string]*Captured { return st.r.Captured }

// Clock is processing time.
func (st *Stepper) Clock() time.Time { return st.r.over.clock.Now() }

// Next carries out the next moment; false at the end, or once the job has ended: Close
// then gives its error.
func (st *Stepper) Next(ctx context.Context) (bool, error) {
	if st.at >= len(st.moments) || st.over {
		return false, nil
	}
	m := st.moments[st.at]
	st.at++
	st.look()
	switch m.Kind {
	case fixtures.StepCheckpoint:
		return true, st.checkpoint(ctx)
	case fixtures.StepFailure:
		return true, st.fail(ctx)
	}
	if !st.player.carry(ctx, m, false) {
		st.over = true
		return false, nil
	}
	return true, nil
}

// checkpoint takes a snapshot and notes what was written up to it.
func (st *Stepper) checkpoint(ctx context.Context) (err error) {
	if st.last, err = st.player.job.Snapshot(ctx); err != nil {
		return err
	}
	st.lastAt, st.written, st.late = st.at, map[string]mark{}, st.lateNow()
	for name, c := range st.r.Captured {
		st.written[name] = mark{len(c.batches), c.Rows}
	}
	return nil
}

// Late is the number of rows that operators have dropped behind their watermark so far.
func (st *Stepper) Late() int64 { return st.lateNow() }

func (st *Stepper) lateNow() int64 {
	late := st.late
	for _, n := range st.r.Plan.Graph.Nodes {
		late += st.player.job.Total(n.ID).Late
	}
	return late
}

// fail kills the job and lets it go on from the last checkpoint, or from the
// beginning: what was written since is gone, what the sources gave since they give again.
func (st *Stepper) fail(ctx context.Context) error {
	st.r.run.Stop(errFailure)
	if err := st.r.run.Wait(); !errors.Is(err, errFailure) {
		return fmt.Errorf("the job ended before its failure: %w", err)
	}
	for name, c := range st.r.Captured {
		c.cut(st.written[name])
	}
	if err := st.start(ctx); err != nil {
		return err
	}
	for _, m := range st.moments[st.lastAt : st.at-1] {
		if !st.player.carry(ctx, m, true) {
			st.over = true
			return nil
		}
	}
	return nil
}

// cut takes back what was written after a checkpoint.
func (c *Captured) cut(to mark) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.batches, c.Rows = c.batches[:to.batches:to.batches], to.rows
}

// Goto goes to the point after n moments. Backwards the rehearsal is carried out again
// from its beginning: it is deterministic, so every point is the one it was.
func (st *Stepper) Goto(ctx context.Context, n int) error {
	n = max(0, min(n, len(st.moments)))
	if n < st.at {
		if err := st.rewind(ctx); err != nil {
			return err
		}
	}
	for st.at < n {
		if ok, err := st.Next(ctx); err != nil || !ok {
			return err
		}
	}
	return nil
}

// rewind goes back to the beginning.
func (st *Stepper) rewind(ctx context.Context) error {
	if err := st.Close(); err != nil {
		return err
	}
	o := st.r.over
	o.clock.millis.Store(o.start().UnixMilli())
	for _, c := range st.r.Captured {
		c.cut(mark{})
	}
	for _, d := range st.player.dimensions {
		*d = dimension{table: d.table}
		st.player.start(d.table)
	}
	st.at, st.over, st.last, st.lastAt, st.written, st.late = 0, false, nil, 0, nil, 0
	st.seen = nil
	if st.watch != nil {
		st.watch.clear()
	}
	return st.start(ctx)
}

// Finish carries out all that is left and waits for the job's end.
func (st *Stepper) Finish(ctx context.Context) error {
	for {
		ok, err := st.Next(ctx)
		if err != nil {
			st.r.run.Stop(err)
			break
		}
		if !ok {
			break
		}
	}
	err := st.r.run.Wait()
	st.r.Late = st.lateNow()
	return err
}

// errClosed is why a rehearsal that nobody wants to go on with stops.
var errClosed = errors.New("closed")

// Close ends the job where it is.
func (st *Stepper) Close() error {
	st.r.run.Stop(errClosed)
	if err := st.r.run.Wait(); err != nil && !errors.Is(err, errClosed) {
		return err
	}
	return nil
}

// Hash is the fingerprint of the point that was reached: the state of every operator, all
// rows written so far, processing time. Equal points of equal rehearsals have equal hashes
// on every machine. (With mini-batch a snapshot passes on what operators hold back, so the
// point is then reached anew.)
func (st *Stepper) Hash(ctx context.Context) (string, error) {
	h := sha256.New()
	number(h, uint64(st.at))
	number(h, uint64(st.Clock().UnixMilli()))
	var names []string
	for name := range st.r.Captured {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		text(h, []byte(name))
		st.r.Captured[name].hash(h)
	}
	if !st.ended() {
		snap, err := st.player.job.Snapshot(ctx)
		if err != nil {
			return "", err
		}
		if err := hashState(h, snap.State); err != nil {
			return "", err
		}
		if st.player.conns.config["table.exec.mini-batch.enabled"] == "true" {
			at := st.at
			if err := st.rewind(ctx); err != nil {
				return "", err
			}
			if err := st.Goto(ctx, at); err != nil {
				return "", err
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// ended tells that the job has gone to its end, or will at once.
func (st *Stepper) ended() bool {
	if st.at < len(st.moments) && !st.over {
		return false
	}
	<-st.player.job.Done()
	return true
}

func (c *Captured) hash(h hash.Hash) {
	b := c.Batch()
	codec := vec.NewRowCodec(typesOfFields(c.Output.Schema))
	var row []byte
	for i := range b.Len {
		row = codec.AppendRow(append(row[:0], byte(b.Kind(i))), b.Cols, i)
		text(h, row)
	}
}

func hashState(h hash.Hash, m *state.Memory) error {
	for _, name := range m.Names() {
		text(h, []byte(name))
		err := m.Each(name, state.Range{First: math.MinInt, End: math.MaxInt}, func(group int, key, value []byte) error {
			number(h, uint64(group))
			text(h, key)
			text(h, value)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func number(w io.Writer, n uint64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], n)
	_, _ = w.Write(b[:]) // a hash takes everything
}

// text writes bytes with their length, so that two texts never look like one.
func text(w io.Writer, b []byte) {
	number(w, uint64(len(b)))
	_, _ = w.Write(b)
}

// BeforeEnd is the point at which every row has come and no source has ended.
func (st *Stepper) BeforeEnd() int {
	for i, m := range st.moments {
		if m.Kind == momentEnd {
			return i
		}
	}
	return len(st.moments)
}
