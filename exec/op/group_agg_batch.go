package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// groupAggBatch is GROUP BY over bounded input: a hash aggregate that emits one row a
// group, in the order in which groups came, when the input has ended. Without keys
// there is one group, which exists even without rows.
//
// When the memory budget is exhausted, the partials of all groups go to disk, split by
// key into spillParts runs, and the table starts anew. At the end the runs are merged
// part by part, so that a part's groups need to fit only; order is then by part.
// Rows that take back are accepted; groups without rows left are not emitted.
type groupAggBatch struct {
	*groups
	partial  []types.Type // keys, partials, number of rows
	runs     []*state.Run
	spill    *state.Spill
	reserved int64
	hashes   []uint64
	part     []int32
	parts    vec.Partitions
	plus     []int32
	plusID   []int32
	minus    []int32
	minID    []int32
}

// spillParts is how many runs a hash operator spills to.
const spillParts = 64

func newGroupAggBatch(spec *physical.GroupAgg, lib agg.Library) (*groupAggBatch, error) {
	g, err := newGroups(spec, lib)
	if err != nil {
		return nil, err
	}
	ts := append(append([]types.Type{}, g.keyTypes...), g.aggs.partialTypes()...)
	return &groupAggBatch{groups: g, partial: append(ts, types.Int64.NotNull())}, nil
}

// Process takes rows in.
func (g *groupAggBatch) Process(_ int, b *vec.Batch, _ exec.Out) error {
	ids := g.find(b)
	switch {
	case g.spec.Phase == physical.Global:
		g.aggs.merge(ids, b.Cols[len(g.spec.Keys):])
		for i, id := range ids {
			g.rows[id] += g.partialRows(b, i)
		}
	case b.Kinds == nil:
		g.aggs.add(ids, b.Cols, nil)
		for _, id := range ids {
			g.rows[id]++
		}
	default:
		g.split(b, ids)
	}
	return g.account()
}

// partialRows is how many rows stand behind partial row i.
func (g *groupAggBatch) partialRows(b *vec.Batch, i int) int64 {
	if g.spec.Retract {
		return b.Cols[len(b.Cols)-1].Int64s()[i]
	}
	return 1
}

func (g *groupAggBatch) split(b *vec.Batch, ids []int32) {
	g.plus, g.plusID, g.minus, g.minID = g.plus[:0], g.plusID[:0], g.minus[:0], g.minID[:0]
	for i, id := range ids {
		if b.Kind(i).Adds() {
			g.plus, g.plusID = append(g.plus, int32(i)), append(g.plusID, id)
			g.rows[id]++
		} else {
			g.minus, g.minID = append(g.minus, int32(i)), append(g.minID, id)
			g.rows[id]--
		}
	}
	g.aggs.add(g.plusID, b.Cols, g.plus)
	g.aggs.retract(g.minID, b.Cols, g.minus)
}

// account reserves what the state has grown by, or spills it.
func (g *groupAggBatch) account() error {
	need := g.table.Bytes() + g.aggs.Bytes() + int64(cap(g.rows))*8 - g.reserved
	if need <= 0 {
		return nil
	}
	if g.ctx.Budget.Reserve(need) {
		g.reserved += need
		return nil
	}
	if g.table.Len() < vec.BatchSize { // too small to be worth a spill
		g.ctx.Budget.Force(need)
		g.reserved += need
		return nil
	}
	return g.spillAll()
}

// spillAll writes the partials of all groups to the runs and empties the table.
func (g *groupAggBatch) spillAll() error {
	if g.runs == nil {
		g.spill = state.NewSpill(g.ctx.TempDir)
		for range spillParts {
			r, err := g.spill.NewRun(g.partial)
			if err != nil {
				return err
			}
			g.runs = append(g.runs, r)
		}
	}
	ids := g.table.AppendIDs(nil)
	for lo := 0; lo < len(ids); lo += spillParts * vec.BatchSize {
		part := ids[lo:min(lo+spillParts*vec.BatchSize, len(ids))]
		if err := g.spillSome(part); err != nil {
			return err
		}
	}
	g.ctx.Counters.SpilledBytes.Store(g.spill.Bytes())
	return g.renew()
}

func (g *groupAggBatch) spillSome(ids []int32) error {
	keys := g.table.Keys(ids)
	rows := make([]int64, len(ids))
	for j, id := range ids {
		rows[j] = g.rows[id]
	}
	cols := append(append(keys, g.aggs.partial(ids)...), vec.FromSlice(types.Int64.NotNull(), rows, nil))
	b := vec.NewBatch(len(ids), cols...)
	g.hashes, g.part = scratch(g.hashes, len(ids)), scratch(g.part, len(ids))
	vec.HashColumns(keys, g.hashes)
	spillPart(g.hashes, g.part)
	g.parts.Split(g.part, spillParts)
	for p, r := range g.runs {
		if rows := g.parts.Part(p); len(rows) > 0 {
			if err := r.Write(b.Take(rows)); err != nil {
				return err
			}
		}
	}
	return nil
}

// spillPart chooses runs by bits that neither key groups (lower half) nor hash tables
// (upper bits) depend on alone.
func spillPart(hashes []uint64, part []int32) {
	for i, h := range hashes {
		part[i] = int32((h * 0x9E3779B97F4A7C15) >> 58 % spillParts)
	}
}

// renew starts with empty tables; the old ones are let go.
func (g *groupAggBatch) renew() error {
	g.ctx.Budget.Release(g.reserved)
	g.reserved = 0
	g.table = vec.NewGroupTable(g.keyTypes)
	g.rows = nil
	var err error
	g.aggs, err = newAggSet(g.lib, g.spec.Aggs, g.argTypes(), g.spec.Retract)
	return err
}

// OnEnd emits all groups.
func (g *groupAggBatch) OnEnd(_ int, out exec.Out) error {
	if len(g.spec.Keys) == 0 {
		g.find(vec.NewBatch(1)) // makes the one group
		g.rows[0] = max(1, g.rows[0])
	}
	if g.runs == nil {
		return g.emit(out)
	}
	if err := g.spillAll(); err != nil {
		return err
	}
	for _, r := range g.runs {
		if err := g.mergeRun(r); err != nil {
			return err
		}
		if err := g.emit(out); err != nil {
			return err
		}
		if err := g.renew(); err != nil {
			return err
		}
	}
	return nil
}

// mergeRun reads the partials of one part back.
func (g *groupAggBatch) mergeRun(r *state.Run) error {
	r.Finish()
	keys := len(g.keyTypes)
	for next := r.Reader(); ; {
		b, err := next()
		if err != nil || b == nil {
			return err
		}
		g.ids = scratch(g.ids, b.Len)
		g.table.Find(b.Cols[:keys], nil, g.ids, true)
		g.aggs.grow(g.table.Cap())
		g.rows = resized(g.rows, g.table.Cap())
		g.aggs.merge(g.ids, b.Cols[keys:])
		counts := b.Cols[len(b.Cols)-1].Int64s()
		for i, id := range g.ids {
			g.rows[id] += counts[i]
		}
	}
}

// emit gives out the groups that have rows.
func (g *groupAggBatch) emit(out exec.Out) error {
	ids := g.table.AppendIDs(nil)
	live := ids[:0]
	for _, id := range ids {
		if g.exists(id) {
			live = append(live, id)
		}
	}
	for lo := 0; lo < len(live); lo += vec.BatchSize {
		part := live[lo:min(lo+vec.BatchSize, len(live))]
		vals, err := g.aggs.result(part)
		if err != nil {
			return err
		}
		cols := append(g.table.Keys(part), vals...)
		retype(cols, g.outTypes)
		if err := out.Emit(vec.NewBatch(len(part), cols...)); err != nil {
			return err
		}
	}
	return nil
}

// Close gives memory back and deletes the spill files.
func (g *groupAggBatch) Close() error {
	if g.ctx != nil {
		g.ctx.Budget.Release(g.reserved)
		g.reserved = 0
	}
	if g.spill != nil {
		return g.spill.Close()
	}
	return nil
}
