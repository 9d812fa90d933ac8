package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// groupAggLocal is the local phase of a two-phase GROUP BY, before the exchange: it
// folds the rows of a bundle into one partial a key and emits these, as
// insertions, when the bundle ends: after so many rows, a wait, before a watermark and
// before a snapshot. In batch a bundle is as large as memory allows; if keys
// hardly repeat, bundles are kept small, since folding gains nothing then.
//
// Rows that take back count negatively; the global phase sorts out what exists.
// State: none across a snapshot.
type groupAggLocal struct {
	*groups
	outTypes []types.Type
	pending  int
	reserved int64
	limit    int
	deadline int64
	plus     []int32
	plusID   []int32
	minus    []int32
	minID    []int32
}

// localBundle is how many rows a bundle has in batch at first; localKeys how many
// keys it may have at most.
const (
	localBundle = 1 << 16
	localKeys   = 1 << 20
)

func newGroupAggLocal(spec *physical.GroupAgg, lib agg.Library) (*groupAggLocal, error) {
	g, err := newGroups(spec, lib)
	if err != nil {
		return nil, err
	}
	ts := append(append([]types.Type{}, g.keyTypes...), g.aggs.partialTypes()...)
	if spec.Retract {
		ts = append(ts, types.Int64.NotNull())
	}
	return &groupAggLocal{groups: g, outTypes: ts, limit: max(1, spec.MiniBatchSize), deadline: exec.MaxWatermark}, nil
}

// Open takes the context.
func (g *groupAggLocal) Open(ctx *exec.Context) error {
	if ctx.Batch {
		g.limit = localBundle
	}
	return g.groups.Open(ctx)
}

// Process takes rows into the bundle.
func (g *groupAggLocal) Process(_ int, b *vec.Batch, out exec.Out) error {
	if g.pending == 0 && g.spec.MiniBatchWait > 0 && !g.ctx.Batch {
		g.deadline = g.ctx.Now() + g.spec.MiniBatchWait.Milliseconds()
	}
	ids := g.find(b)
	if b.Kinds == nil {
		g.aggs.add(ids, b.Cols, nil)
		for _, id := range ids {
			g.rows[id]++
		}
	} else {
		g.split(b, ids)
	}
	if g.pending += b.Len; g.pending < g.limit {
		return nil
	}
	if !g.ctx.Batch {
		return g.Flush(out)
	}
	return g.adapt(out)
}

// split separates rows that add from rows that take back.
func (g *groupAggLocal) split(b *vec.Batch, ids []int32) {
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

// adapt decides in batch whether to fold on.
func (g *groupAggLocal) adapt(out exec.Out) error {
	keys := g.table.Len()
	need := g.table.Bytes() + g.aggs.Bytes() - g.reserved
	switch {
	case keys > localKeys, keys > g.pending/2, need > 0 && !g.ctx.Budget.Reserve(need):
		g.limit = localBundle
		return g.Flush(out)
	case need > 0:
		g.reserved += need
	}
	g.limit = g.pending + localBundle
	return nil
}

// OnWatermark ends the bundle, so that its partials come before the watermark.
func (g *groupAggLocal) OnWatermark(_ int64, out exec.Out) error {
	if g.ctx.Batch {
		return nil
	}
	return g.Flush(out)
}

// NextTimer gives when the bundle ends at the latest.
func (g *groupAggLocal) NextTimer() int64 { return g.deadline }

// OnTimer ends the bundle.
func (g *groupAggLocal) OnTimer(_ int64, out exec.Out) error { return g.Flush(out) }

// OnEnd ends the last bundle.
func (g *groupAggLocal) OnEnd(_ int, out exec.Out) error { return g.emit(out) }

// Flush ends the bundle and emits its partials. In batch nothing waits for them.
func (g *groupAggLocal) Flush(out exec.Out) error {
	if g.ctx.Batch && g.pending < g.limit {
		return nil
	}
	return g.emit(out)
}

func (g *groupAggLocal) emit(out exec.Out) error {
	g.pending, g.deadline = 0, exec.MaxWatermark
	ids := g.table.AppendIDs(nil)
	for lo := 0; lo < len(ids); lo += vec.BatchSize {
		part := ids[lo:min(lo+vec.BatchSize, len(ids))]
		cols := append(g.table.Keys(part), g.aggs.partial(part)...)
		if g.spec.Retract {
			n := make([]int64, len(part))
			for j, id := range part {
				n[j] = g.rows[id]
			}
			cols = append(cols, vec.FromSlice(types.Int64.NotNull(), n, nil))
		}
		retype(cols, g.outTypes)
		if err := out.Emit(vec.NewBatch(len(part), cols...)); err != nil {
			return err
		}
	}
	g.aggs.reset(ids)
	clear(g.rows)
	g.table.Clear()
	g.ctx.Budget.Release(g.reserved)
	g.reserved = 0
	return nil
}

// Close gives memory back.
func (g *groupAggLocal) Close() error {
	if g.ctx != nil {
		g.ctx.Budget.Release(g.reserved)
		g.reserved = 0
	}
	return nil
}
