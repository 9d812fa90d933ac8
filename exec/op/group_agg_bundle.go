package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
)

// groupAggBundle is GROUP BY on a stream with mini-batch: the rows of a bundle go
// into the accumulators, and at its end every group of it, in the order in which the
// groups came, emits at most one change, as Flink's MiniBatchGroupAggFunction and
// MiniBatchGlobalGroupAggFunction do. A bundle ends after so many rows, after a
// wait in processing time, before a watermark passes and before a snapshot; the
// global phase without mini-batch ends one after every batch.
//
// Unlike without mini-batch, a result that did not change is not emitted even with a
// TTL. State: as groupAggStream; nothing is held back across a snapshot.
type groupAggBundle struct {
	*groups
	touched  []int32 // groups of the bundle, in the order they came
	inBundle []bool  // by group
	had      []bool  // by place in touched: the group existed before the bundle
	before   [][]*vec.Vec
	pending  int
	deadline int64 // processing time at which the bundle ends
	plus     []int32
	plusID   []int32
	minus    []int32
	minID    []int32
}

func newGroupAggBundle(spec *physical.GroupAgg, lib agg.Library) (*groupAggBundle, error) {
	g, err := newGroups(spec, lib)
	return &groupAggBundle{groups: g, before: make([][]*vec.Vec, len(spec.Aggs)), deadline: exec.MaxWatermark}, err
}

// Process takes rows into the bundle, and ends it exactly at its size.
func (g *groupAggBundle) Process(_ int, b *vec.Batch, out exec.Out) error {
	if g.spec.MiniBatchSize == 0 {
		return g.take(b, b.Len, out)
	}
	for lo := 0; lo < b.Len; {
		n := min(b.Len-lo, g.spec.MiniBatchSize-g.pending)
		if err := g.take(b.Slice(lo, n), g.spec.MiniBatchSize, out); err != nil {
			return err
		}
		lo += n
	}
	return nil
}

// take adds rows to the bundle, which ends when it has size of them.
func (g *groupAggBundle) take(b *vec.Batch, size int, out exec.Out) error {
	if g.pending == 0 {
		g.expire()
		if g.spec.MiniBatchWait > 0 {
			g.deadline = g.ctx.Now() + g.spec.MiniBatchWait.Milliseconds()
		}
	}
	ids := g.find(b)
	if err := g.enter(ids); err != nil {
		return err
	}
	if g.spec.Phase == physical.Global {
		g.merge(b, ids)
	} else {
		g.accumulate(b, ids)
	}
	if g.pending += b.Len; g.pending >= size {
		return g.Flush(out)
	}
	return nil
}

// enter notes the groups that are new to the bundle, and what they were before it.
func (g *groupAggBundle) enter(ids []int32) error {
	g.inBundle = resized(g.inBundle, g.table.Cap())
	first := len(g.touched)
	for _, id := range ids {
		if !g.inBundle[id] {
			g.inBundle[id] = true
			g.touched, g.had = append(g.touched, id), append(g.had, g.exists(id))
		}
	}
	if first == len(g.touched) {
		return nil
	}
	before, err := g.aggs.result(g.touched[first:])
	for a := range before {
		g.before[a] = append(g.before[a], before[a])
	}
	return err
}

// accumulate takes argument rows. In a group without rows, rows that take back are
// ignored until one adds; within a bundle a count may pass through zero.
func (g *groupAggBundle) accumulate(b *vec.Batch, ids []int32) {
	g.plus, g.plusID, g.minus, g.minID = g.plus[:0], g.plusID[:0], g.minus[:0], g.minID[:0]
	for i, id := range ids {
		if b.Kind(i).Adds() {
			g.plus, g.plusID = append(g.plus, int32(i)), append(g.plusID, id)
		} else if g.exists(id) {
			g.minus, g.minID = append(g.minus, int32(i)), append(g.minID, id)
		} else {
			continue
		}
		g.count(id, b.Kind(i))
	}
	g.aggs.add(g.plusID, b.Cols, g.plus)
	g.aggs.retract(g.minID, b.Cols, g.minus)
}

// merge takes partial rows of the local phase.
func (g *groupAggBundle) merge(b *vec.Batch, ids []int32) {
	g.aggs.merge(ids, b.Cols[len(g.spec.Keys):])
	if !g.spec.Retract {
		for _, id := range ids {
			g.rows[id] = 1
		}
		return
	}
	counts := b.Cols[len(b.Cols)-1].Int64s()
	for i, id := range ids {
		g.rows[id] += counts[i]
	}
}

// OnWatermark ends the bundle, so that its changes come before the watermark.
func (g *groupAggBundle) OnWatermark(_ int64, out exec.Out) error { return g.Flush(out) }

// NextTimer and OnTimer end the bundle after the wait.
func (g *groupAggBundle) NextTimer() int64 { return g.deadline }

// OnTimer ends the bundle.
func (g *groupAggBundle) OnTimer(_ int64, out exec.Out) error { return g.Flush(out) }

// Flush ends the bundle and emits its changes.
func (g *groupAggBundle) Flush(out exec.Out) error {
	g.pending, g.deadline = 0, exec.MaxWatermark
	if len(g.touched) == 0 {
		return nil
	}
	ids := g.touched
	before := make([]*vec.Vec, len(g.before))
	for a, vs := range g.before {
		before[a] = vec.ConcatVecs(vs[0].Type, vs)
		clear(vs)
		g.before[a] = vs[:0]
	}
	after, err := g.aggs.result(ids)
	if err != nil {
		return err
	}
	keys := g.table.Keys(ids)
	err = g.emit(keys, before, after, out)
	g.touch(ids)
	for j, id := range ids {
		g.inBundle[id] = false
		if !g.exists(id) {
			if g.had[j] {
				g.clear(id)
			} else {
				g.aggs.reset([]int32{id})
				g.dead = append(g.dead, id)
			}
		}
	}
	g.sweep()
	g.touched, g.had = g.touched[:0], g.had[:0]
	return err
}

// emit gives out one change a group.
func (g *groupAggBundle) emit(keys, before, after []*vec.Vec, out exec.Out) error {
	n := int32(len(g.touched))
	var rows, at []int32
	var kinds []vec.RowKind
	put := func(j int, place int32, kind vec.RowKind) {
		rows, at, kinds = append(rows, int32(j)), append(at, place), append(kinds, kind)
	}
	for j, id := range g.touched {
		had, has := g.had[j], g.exists(id)
		switch {
		case had && !has:
			put(j, int32(j), vec.Delete)
		case !had && has:
			put(j, n+int32(j), vec.Insert)
		case had && !vec.Equal(before, j, after, j):
			if g.spec.EmitUpdateBefore {
				put(j, int32(j), vec.UpdateBefore)
			}
			put(j, n+int32(j), vec.UpdateAfter)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	cols := make([]*vec.Vec, 0, len(g.outTypes))
	for _, k := range keys {
		cols = append(cols, vec.Take(k, rows))
	}
	for a := range before {
		cols = append(cols, vec.Take(vec.ConcatVecs(before[a].Type, []*vec.Vec{before[a], after[a]}), at))
	}
	return out.Emit(changeBatch(cols, g.outTypes, kinds))
}
