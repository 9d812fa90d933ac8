package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/build"
	"github.com/weir-sql/weir/exec/runtime"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
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
	// Fixture gives the rows; nil = the sources do. What would be written never is.
	Fixture *fixtures.Set
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

// tapQueue is how many batches wait for whoever looks at them before more are left out.
const tapQueue = 1024

// Tap runs a script with its sinks muted and gives see what passes an edge, in order. A run over
// live sources does not wait for see: what comes faster than it looks is left out, and counted in
// missed. see is called by one goroutine; its error ends the run.
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
	nodes, err := edgeNodes(plan.Graph, o.Edge)
	if err != nil {
		return 0, list, err
	}
	t := &tapping{nodes: map[string]*tapNode{}, queue: make(chan Tapped, tapQueue), wait: o.Fixture != nil, stopped: make(chan struct{})}
	for _, n := range nodes {
		filter, err := s.edgeFilter(specOf(n).Schema(), o.Where)
		if err != nil {
			return 0, list, err
		}
		t.nodes[n.Name] = &tapNode{filter: filter, time: eventTimeOf(specOf(n).Schema())}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	looked := make(chan error, 1)
	go func() { looked <- t.look(o.Limit, see, cancel) }()
	if rehearsal != nil {
		_, _, err = rehearsal.rehearse(ctx, src, t.tap)
	} else {
		err = s.muted(ctx, plan, t.tap)
	}
	close(t.queue)
	seen := <-looked
	if errors.Is(err, ErrLimit) || errors.Is(context.Cause(ctx), ErrLimit) {
		err = nil
	}
	return t.missed.Load(), list, errors.Join(seen, err)
}

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

// edgeNodes finds the operators whose output is asked for.
func edgeNodes(g *topology.Graph, edge string) ([]*topology.Node, error) {
	var names []string
	for _, n := range g.Nodes {
		names = append(names, n.Name)
	}
	find := func(name string) (*topology.Node, error) {
		for _, n := range g.Nodes {
			if n.Name == name || n.UID == name {
				return n, nil
			}
		}
		d := diag.Errorf("W0641", diag.Span{}, "there is no operator %q", name)
		if near := diag.Nearest(name, names); near != "" {
			return nil, d.WithHint("did you mean %q?", near)
		}
		return nil, d.WithHint("operators: %s", strings.Join(names, ", "))
	}
	if edge == "" {
		return slices.DeleteFunc(slices.Clone(g.Nodes), func(n *topology.Node) bool { return len(g.Outputs(n.ID)) == 0 }), nil
	}
	from, to, both := strings.Cut(edge, ":")
	n, err := find(from)
	if err != nil {
		return nil, err
	}
	if !both {
		if len(g.Outputs(n.ID)) == 0 {
			in := g.Inputs(n.ID)
			if len(in) == 0 {
				return nil, diag.Errorf("W0641", diag.Span{}, "%q has no edges", from)
			}
			n = g.Node(in[0].From) // what comes to a sink
		}
		return []*topology.Node{n}, nil
	}
	end, err := find(to)
	if err != nil {
		return nil, err
	}
	var next []string
	for _, e := range g.Outputs(n.ID) {
		if e.To == end.ID {
			return []*topology.Node{n}, nil
		}
		next = append(next, g.Node(e.To).Name)
	}
	return nil, diag.Errorf("W0641", diag.Span{}, "there is no edge from %q to %q", from, to).WithHint("%q goes to %s", from, strings.Join(next, ", "))
}

// eventTimeOf finds the event time of an edge, -1 = none.
func eventTimeOf(schema []types.Field) int {
	return slices.IndexFunc(schema, func(f types.Field) bool { return f.Type.Attr == types.Rowtime })
}

// edgeFilter makes an operator of a condition over the columns of an edge; nil = every row.
func (s *Session) edgeFilter(schema []types.Field, where string) (exec.Operator, error) {
	e, plan, err := s.edgeCondition(schema, where)
	if err != nil || e == nil {
		return nil, err
	}
	return s.rowFilter(schema, e, plan)
}

// rowFilter makes an operator that keeps the rows for which an expression holds.
func (s *Session) rowFilter(schema []types.Field, e rex.Expr, plan *Plan) (exec.Operator, error) {
	exprs := make([]rex.Expr, len(schema))
	for i, f := range schema {
		exprs[i] = &rex.Ref{Index: i, T: f.Type}
	}
	return s.opened(&physical.Calc{Out: physical.Out{Fields: schema}, In: typesOfFields(schema), Filter: e, Exprs: exprs}, plan)
}

// edgeCondition binds a condition over the columns of an edge; nil = it always holds.
func (s *Session) edgeCondition(schema []types.Field, where string) (rex.Expr, *Plan, error) {
	if strings.TrimSpace(where) == "" {
		return nil, nil, nil
	}
	var columns []string
	names := map[string]int{}
	for _, f := range schema {
		name := f.Name
		if names[name]++; names[name] > 1 {
			name += fmt.Sprint(names[name]) // a join may give two columns of one name
		}
		columns = append(columns, quoteName(name)+" "+bare(f.Type))
	}
	head := fmt.Sprintf("CREATE TEMPORARY TABLE edge (%s) WITH ('connector' = 'datagen');\nSELECT * FROM edge WHERE\n", strings.Join(columns, ", "))
	src := diag.Source{Name: "--where", Text: head + where}
	plan, list := s.Plan(src, Stream)
	if list.HasErrors() {
		for i, d := range list {
			c := *d // its place is in what the person wrote
			c.Span.Start, c.Span.End = max(0, c.Span.Start-len(head)), max(0, c.Span.End-len(head))
			c.Source = &diag.Source{Name: "--where", Text: where}
			list[i] = &c
		}
		return nil, nil, list
	}
	if plan == nil || plan.Graph == nil || len(plan.Outputs) != 1 {
		return nil, nil, diag.Errorf("W0642", diag.Span{}, "a filter is one condition, such as amount > 10, not %q", where)
	}
	for _, n := range plan.Graph.Nodes {
		switch spec := n.Spec.(type) {
		case *physical.Calc:
			if spec.Filter != nil {
				return spec.Filter, plan, nil
			}
		case *physical.Values:
			return &rex.Lit{Value: false, T: types.Type{Kind: types.Boolean}}, plan, nil // it never holds
		}
	}
	return nil, plan, nil
}

// opened makes an operator that is used outside of a job.
func (s *Session) opened(spec physical.Spec, plan *Plan) (exec.Operator, error) {
	op, err := build.Operator(spec, build.Env{Functions: s.functions})
	if err != nil {
		return nil, err
	}
	if o, ok := op.(exec.Opener); ok {
		at, err := zone(plan.Config)
		if err != nil {
			return nil, err
		}
		clock := exec.Clock(exec.SystemClock{})
		if s.opts.Clock != nil {
			clock = s.opts.Clock
		}
		return op, o.Open(&exec.Context{Name: "filter", Parallelism: 1, Clock: clock, QueryStart: clock.Now(), Zone: at, Config: plan.Config,
			Counters: &exec.Counters{}, Budget: state.NewBudget(0)})
	}
	return op, nil
}

// tapping watches edges and hands what passes to one goroutine.
type tapping struct {
	nodes   map[string]*tapNode
	queue   chan Tapped
	wait    bool // the run waits for whoever looks
	missed  atomic.Int64
	stopped chan struct{} // nobody looks any more
}

// tapNode is one watched operator.
type tapNode struct {
	filter exec.Operator
	time   int
}

// tap watches a subtask of a node that was asked for.
func (t *tapping) tap(n *topology.Node, subtask int) runtime.Tap {
	w := t.nodes[n.Name]
	if w == nil {
		return nil
	}
	return &edgeTap{tapping: t, node: n, schema: specOf(n).Schema(), subtask: subtask, time: w.time, mark: minMark}
}

// edgeTap is the tap of one subtask.
type edgeTap struct {
	*tapping
	node    *topology.Node
	schema  []types.Field
	subtask int
	time    int
	mark    int64
}

// Batch passes rows on to whoever looks, or leaves them out.
func (e *edgeTap) Batch(b *vec.Batch) {
	e.give(Tapped{Node: e.node, Schema: e.schema, Subtask: e.subtask, Watermark: e.mark, Time: e.time, Rows: b})
}

// Watermark passes a watermark on.
func (e *edgeTap) Watermark(mark int64) {
	e.mark = mark
	e.give(Tapped{Node: e.node, Schema: e.schema, Subtask: e.subtask, Watermark: mark, Time: e.time, Mark: mark})
}

func (e *edgeTap) give(t Tapped) {
	if e.wait {
		select {
		case e.queue <- t:
		case <-e.stopped:
		}
		return
	}
	select {
	case e.queue <- t:
	default:
		if t.Rows != nil {
			e.missed.Add(int64(t.Rows.Len))
		}
	}
}

// look filters what was tapped and shows it until the limit is reached.
func (t *tapping) look(limit int64, see func(Tapped) error, stop context.CancelCauseFunc) error {
	var err error
	open := true
	for got := range t.queue {
		if !open {
			continue
		}
		if w := t.nodes[got.Node.Name]; got.Rows != nil && w.filter != nil {
			got.Rows, err = filtered(w.filter, got.Rows)
		}
		if err == nil && got.Rows != nil && limit >= 0 && int64(got.Rows.Len) >= limit {
			got.Rows = got.Rows.Slice(0, int(limit))
			open = false
		}
		if err == nil && (got.Rows == nil || got.Rows.Len > 0) {
			if got.Rows != nil {
				limit -= int64(got.Rows.Len)
			}
			err = see(got)
		}
		if err != nil {
			open = false
		}
		if !open {
			close(t.stopped)
			stop(ErrLimit)
		}
	}
	return err
}

// filtered gives the rows for which a condition holds.
func filtered(op exec.Operator, b *vec.Batch) (*vec.Batch, error) {
	out := &collector{}
	if err := op.Process(0, b, collecting{out}); err != nil {
		return nil, err
	}
	switch len(out.batches) {
	case 0:
		return &vec.Batch{}, nil
	case 1:
		return out.batches[0], nil
	}
	return vec.Concat(typesOfVecs(out.batches[0].Cols), out.batches), nil
}

// collecting is an exec.Out that keeps batches.
type collecting struct{ *collector }

// Emit keeps a batch.
func (c collecting) Emit(b *vec.Batch) error { return c.Write(b) }

// EventTime is the event time of row i in milliseconds; exec.MinWatermark if it has none.
func (t Tapped) EventTime(i int) int64 {
	return eventTimes(t.Rows.Cols[t.Time].Slice(i, 1))[0]
}
