package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
)

// groupAggStream is GROUP BY on a stream without mini-batch: after every row the
// change of its group's result goes out, exactly as Flink's GroupAggFunction does.
//
//	first row of a group         +I new
//	row that changes the result  -U old (if the consumer wants it), +U new
//	row that does not            nothing; with a TTL -U and +U all the same
//	last row taken back          -D old, and the group is forgotten
//
// Accumulators work on many groups at once, so the rows of a batch are handled in
// waves: the first row of every group, then the second of every group, and so on.
// In a wave no group occurs twice, thus its results before and after the wave are
// those before and after the row. Emission follows the order of the rows.
//
// Where all accumulators can go row by row, groupSteps does the same in fewer loops.
//
// Watermarks pass. State: an accumulator a group.
type groupAggStream struct {
	*groups
	steps *groupSteps // nil: in waves
	nth   []int32     // by group: rows seen in this batch
	wave  []int32     // by row
	waves vec.Partitions

	plan          []emission
	before, after [][]*vec.Vec // by aggregate: results of each wave
	gid           []int32
	plus, plusID  []int32
	minus, minID  []int32
}

// emission is what one row emits: at is its place in the concatenated waves.
type emission struct {
	at   int32
	kind vec.RowKind // Insert, UpdateAfter (before and after) or Delete
	emit bool
}

func newGroupAggStream(spec *physical.GroupAgg, lib agg.Library) (*groupAggStream, error) {
	g, err := newGroups(spec, lib)
	if err != nil {
		return nil, err
	}
	n := len(spec.Aggs)
	return &groupAggStream{groups: g, steps: newGroupSteps(g), before: make([][]*vec.Vec, n), after: make([][]*vec.Vec, n)}, nil
}

// Process emits the changes of a batch of rows.
func (g *groupAggStream) Process(_ int, b *vec.Batch, out exec.Out) error {
	g.expire()
	ids := g.find(b)
	g.plan = resized(g.plan[:0], b.Len)
	if g.steps != nil {
		return g.steps.process(g, b, ids, out)
	}
	at := int32(0)
	for w, n := 0, g.split(ids); w < n; w++ {
		rows := g.waves.Part(w)
		if err := g.runWave(b, rows, at); err != nil {
			return err
		}
		at += int32(len(rows))
	}
	g.sweep()
	return g.emit(b, int(at), out)
}

// split puts the rows into waves and gives their number.
func (g *groupAggStream) split(ids []int32) int {
	g.nth = resized(g.nth, g.table.Cap())
	g.wave = scratch(g.wave, len(ids))
	n := int32(0)
	for i, id := range ids {
		k := g.nth[id]
		g.wave[i], g.nth[id] = k, k+1
		n = max(n, k+1)
	}
	for _, id := range ids {
		g.nth[id] = 0
	}
	g.waves.Split(g.wave, int(n))
	return int(n)
}

// runWave takes rows of distinct groups into the accumulators and notes what each
// emits. at is the number of rows in earlier waves.
func (g *groupAggStream) runWave(b *vec.Batch, rows []int32, at int32) error {
	g.gid = g.gid[:0]
	g.plus, g.plusID, g.minus, g.minID = g.plus[:0], g.plusID[:0], g.minus[:0], g.minID[:0]
	for _, i := range rows {
		id := g.ids[i]
		g.gid = append(g.gid, id)
		switch {
		case b.Kind(int(i)).Adds():
			g.plus, g.plusID = append(g.plus, i), append(g.plusID, id)
		case g.exists(id):
			g.minus, g.minID = append(g.minus, i), append(g.minID, id)
		}
	}
	before, was, err := g.values(g.gid)
	if err != nil {
		return err
	}
	g.aggs.add(g.plusID, b.Cols, g.plus)
	g.aggs.retract(g.minID, b.Cols, g.minus)
	after, is, err := g.values(g.gid)
	if err != nil {
		return err
	}
	for a := range before {
		g.before[a], g.after[a] = append(g.before[a], before[a]), append(g.after[a], after[a])
	}
	for j, i := range rows {
		id, kind := g.gid[j], b.Kind(int(i))
		had := g.exists(id)
		if !had && !kind.Adds() {
			g.dead = append(g.dead, id) // nothing to take back from
			continue
		}
		g.count(id, kind)
		e := emission{at: at + int32(j), kind: vec.UpdateAfter, emit: true}
		switch {
		case !g.exists(id):
			e.kind = vec.Delete
			g.clear(id)
		case !had:
			e.kind = vec.Insert
		case g.expiry == nil && vec.Equal(was, j, is, j):
			e.emit = false
		}
		g.plan[i] = e
	}
	g.touch(g.gid)
	return nil
}

// emit gathers the planned changes in the order of the rows. n is the number of
// results of all waves; in the concatenation, old values come before new ones.
func (g *groupAggStream) emit(b *vec.Batch, n int, out exec.Out) error {
	var rows, at []int32
	var kinds []vec.RowKind
	put := func(i int, place int32, kind vec.RowKind) {
		rows, at, kinds = append(rows, int32(i)), append(at, place), append(kinds, kind)
	}
	for i, e := range g.plan {
		switch {
		case !e.emit:
		case e.kind == vec.Insert:
			put(i, int32(n)+e.at, vec.Insert)
		case e.kind == vec.Delete:
			put(i, e.at, vec.Delete)
		default:
			if g.spec.EmitUpdateBefore {
				put(i, e.at, vec.UpdateBefore)
			}
			put(i, int32(n)+e.at, vec.UpdateAfter)
		}
	}
	cols := make([]*vec.Vec, 0, len(g.outTypes))
	for _, k := range g.spec.Keys {
		cols = append(cols, vec.Take(b.Cols[k], rows))
	}
	for a := range g.before {
		if len(rows) > 0 {
			both := append(g.before[a], g.after[a]...)
			cols = append(cols, vec.Take(vec.ConcatVecs(both[0].Type, both), at))
		}
		clear(g.before[a])
		clear(g.after[a])
		g.before[a], g.after[a] = g.before[a][:0], g.after[a][:0]
	}
	if len(rows) == 0 {
		return nil
	}
	return out.Emit(changeBatch(cols, g.outTypes, kinds))
}
