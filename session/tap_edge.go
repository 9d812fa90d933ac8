package session

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/build"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

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
