package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/vec"
)

// groupSteps is the fast form of groupAggStream, for calls whose accumulators can go
// row by row (agg.Stepper): every call fills a column of values before and one after
// each row in one loop, however the rows are spread over groups.
type groupSteps struct {
	accs    []agg.Stepper
	steps   []agg.Step
	own     []agg.Step // of a call with a FILTER
	stale   []bool     // by group: deleted in this batch, its accumulators still to be emptied
	changed []bool
	both    []*vec.Vec
	rows    []int32
	at      []int32
	kinds   []vec.RowKind
	left    []int32
}

// newGroupSteps gives nil if some call cannot go row by row.
func newGroupSteps(g *groups) *groupSteps {
	for i := range g.aggs.calls {
		if sums[g.aggs.calls[i].Fn] {
			return nil
		}
	}
	accs := g.aggs.steppers()
	if accs == nil {
		return nil
	}
	return &groupSteps{accs: accs}
}

// process handles a batch whose rows belong to groups ids.
func (s *groupSteps) process(g *groupAggStream, b *vec.Batch, ids []int32, out exec.Out) error {
	s.decide(g, b, ids)
	s.changed = resized(s.changed[:0], b.Len)
	s.both = s.both[:0]
	for i := range s.accs {
		c := &g.aggs.calls[i]
		for k, a := range c.Args {
			c.args[k] = b.Cols[a]
		}
		steps := s.steps
		if c.Filter >= 0 {
			steps = s.filtered(b.Cols[c.Filter])
		}
		before, after := vec.New(c.T.Null(), b.Len), vec.New(c.T.Null(), b.Len)
		s.accs[i].Step(ids, c.args, steps, before, after)
		markChanged(before, after, s.changed)
		s.both = append(s.both, vec.ConcatVecs(before.Type, []*vec.Vec{before, after}))
	}
	s.left = s.left[:0]
	for _, id := range ids {
		if s.stale[id] {
			s.stale[id] = false
			s.left = append(s.left, id)
		}
	}
	if len(s.left) > 0 {
		g.aggs.reset(s.left)
	}
	g.touch(ids)
	g.sweep()
	return s.emit(g, b, out)
}

// decide goes over the rows once: what each does, and what it would emit.
func (s *groupSteps) decide(g *groupAggStream, b *vec.Batch, ids []int32) {
	s.steps = scratch(s.steps, b.Len)
	s.stale = resized(s.stale, g.table.Cap())
	for i, id := range ids {
		kind, had := b.Kind(i), g.exists(id)
		if !had && !kind.Adds() { // nothing to take back from
			s.steps[i] = 0
			g.plan[i] = emission{}
			g.dead = append(g.dead, id)
			continue
		}
		step := agg.StepAdd
		if !kind.Adds() {
			step = agg.StepRetract
		}
		if s.stale[id] {
			step |= agg.StepReset
			s.stale[id] = false
		}
		s.steps[i] = step
		g.count(id, kind)
		e := emission{kind: vec.UpdateAfter, emit: true}
		switch {
		case !g.exists(id):
			e.kind = vec.Delete
			s.stale[id] = true
			g.expiry.forget(id)
			g.dead = append(g.dead, id)
		case !had:
			e.kind = vec.Insert
		}
		g.plan[i] = e
	}
}

// filtered gives the steps of the rows for which a FILTER column is TRUE.
func (s *groupSteps) filtered(v *vec.Vec) []agg.Step {
	s.own = scratch(s.own, len(s.steps))
	vals := v.Bools()
	for i, step := range s.steps {
		if !vals[i] || v.IsNull(i) {
			step &= agg.StepReset
		}
		s.own[i] = step
	}
	return s.own
}

// markChanged sets the rows in which two columns differ.
func markChanged(a, b *vec.Vec, changed []bool) {
	if a.Phys() == vec.PhysI64 && a.Valid == nil && b.Valid == nil {
		x, y := a.Int64s(), b.Int64s()
		for i := range changed {
			changed[i] = changed[i] || x[i] != y[i]
		}
		return
	}
	for i := range changed {
		changed[i] = changed[i] || vec.CompareValues(a, i, b, i) != 0
	}
}

// emit gathers the changes in the order of the rows: row i's value before is row i of
// both, the one after row n+i.
func (s *groupSteps) emit(g *groupAggStream, b *vec.Batch, out exec.Out) error {
	// Locals, because appending through s would tell the collector of every row.
	rows, at, kinds := s.rows[:0], s.at[:0], s.kinds[:0]
	n, update := int32(b.Len), g.spec.EmitUpdateBefore
	for i, e := range g.plan {
		row := int32(i)
		switch {
		case !e.emit:
		case e.kind == vec.Insert:
			rows, at, kinds = append(rows, row), append(at, n+row), append(kinds, vec.Insert)
		case e.kind == vec.Delete:
			rows, at, kinds = append(rows, row), append(at, row), append(kinds, vec.Delete)
		case g.expiry == nil && !s.changed[i]:
		default:
			if update {
				rows, at, kinds = append(rows, row), append(at, row), append(kinds, vec.UpdateBefore)
			}
			rows, at, kinds = append(rows, row), append(at, n+row), append(kinds, vec.UpdateAfter)
		}
	}
	s.rows, s.at, s.kinds = rows, at, kinds
	if len(rows) == 0 {
		return nil
	}
	cols := make([]*vec.Vec, 0, len(g.outTypes))
	for _, k := range g.spec.Keys {
		cols = append(cols, vec.Take(b.Cols[k], s.rows))
	}
	for _, v := range s.both {
		cols = append(cols, vec.Take(v, s.at))
	}
	return out.Emit(changeBatch(cols, g.outTypes, s.kinds))
}
