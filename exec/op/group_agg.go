package op

import (
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// groups is the state of a group aggregation: a table from key to group, the
// accumulators, and how many rows each group has. It is shared by the operators of
// GROUP BY, which differ in when they emit:
//
//   - groupAggStream after every row, the exact changelog;
//   - groupAggBundle after a bundle of rows (mini-batch, and the global phase);
//   - groupAggLocal partials of a bundle (local phase);
//   - groupAggBatch once, at the end.
//
// NULL is a key like any other. A group exists from its first added row until as
// many rows were taken back; rows that take back from a group that does not exist
// are ignored, as Flink does after its state expired.
type groups struct {
	ctx      *exec.Context
	spec     *physical.GroupAgg
	outTypes []types.Type
	keyTypes []types.Type
	table    *vec.GroupTable
	lib      agg.Library
	aggs     *aggSet
	rows     []int64 // by group: rows added less rows taken back; 0 = does not exist. Without retraction 1
	expiry   *expiry
	ids      []int32
	dead     []int32 // groups to delete at the end of the call
}

func newGroups(spec *physical.GroupAgg, lib agg.Library) (*groups, error) {
	g := &groups{spec: spec, lib: lib, outTypes: outTypes(spec), keyTypes: pickTypes(spec.In, spec.Keys), expiry: newExpiry(spec.TTL)}
	var err error
	if g.aggs, err = newAggSet(lib, spec.Aggs, g.argTypes(), spec.Retract); err != nil {
		return nil, err
	}
	g.table = vec.NewGroupTable(g.keyTypes)
	return g, nil
}

// sums are the functions that Flink computes from sums behind the aggregation: there a
// change of a sum goes out even if the value stays the same.
var sums = map[string]bool{"VAR_POP": true, "VAR_SAMP": true, "VARIANCE": true, "STDDEV_POP": true, "STDDEV_SAMP": true, "STDDEV": true}

// values gives the results of groups, and behind them what else must be equal for a
// result to count as unchanged.
func (g *groups) values(ids []int32) (results, compared []*vec.Vec, err error) {
	if results, err = g.aggs.result(ids); err != nil {
		return nil, nil, err
	}
	compared = results
	for i, c := range g.aggs.calls {
		if sums[c.Fn] {
			compared = append(slices.Clip(compared), g.aggs.calls[i].acc.Partial(ids)...)
		}
	}
	return results, compared, nil
}

// argTypes gives the types that the calls' column numbers refer to. The global phase
// sees partials, not arguments.
func (g *groups) argTypes() []types.Type {
	if g.spec.Phase == physical.Global {
		return g.spec.LocalIn
	}
	return g.spec.In
}

// Open takes the context.
func (g *groups) Open(ctx *exec.Context) error {
	g.ctx = ctx
	return nil
}

// find gives the group of every row, new ones for new keys.
func (g *groups) find(b *vec.Batch) []int32 {
	g.ids = scratch(g.ids, b.Len)
	g.table.Find(pick(b.Cols, g.spec.Keys), nil, g.ids, true)
	n := g.table.Cap()
	g.aggs.grow(n)
	g.rows = resized(g.rows, n)
	return g.ids
}

// exists reports whether a group has rows.
func (g *groups) exists(id int32) bool { return g.rows[id] != 0 }

// count notes a row added to or taken back from a group.
func (g *groups) count(id int32, kind vec.RowKind) {
	switch {
	case !g.spec.Retract:
		g.rows[id] = 1
	case kind.Adds():
		g.rows[id]++
	default:
		g.rows[id]--
	}
}

// clear empties a group whose last row was taken back. The table forgets it at the
// end of the call, so that it keeps its id if it comes back before.
func (g *groups) clear(id int32) {
	g.aggs.reset([]int32{id})
	g.rows[id] = 0
	g.expiry.forget(id)
	g.dead = append(g.dead, id)
}

// sweep deletes the groups noted as dead that did not come back.
func (g *groups) sweep() {
	if len(g.dead) == 0 {
		return
	}
	slices.Sort(g.dead)
	for _, id := range slices.Compact(g.dead) {
		if !g.exists(id) {
			g.table.Delete(id)
		}
	}
	g.dead = g.dead[:0]
}

// expire forgets the groups whose time to live is over.
func (g *groups) expire() {
	if g.expiry == nil {
		return
	}
	g.expiry.expire(g.ctx.Now(), func(id int32) {
		g.clear(id)
		g.sweep()
	})
}

// touch notes that groups were written now.
func (g *groups) touch(ids []int32) {
	if g.expiry == nil {
		return
	}
	now := g.ctx.Now()
	for _, id := range ids {
		if g.exists(id) {
			g.expiry.touch(id, now)
		}
	}
}

// state is where the groups are kept in a snapshot.
func (g *groups) state() *keyedState { return newKeyedState(g.ctx, GroupsPart, g.keyTypes) }

// Snapshot writes an entry a group: rows, time of the last write, and for every call a
// row of its partial behind its length, so that Regroup can tell calls apart.
func (g *groups) Snapshot(w state.Writer) error {
	st, codecs := g.state(), g.aggs.codecs()
	ids := g.table.AppendIDs(nil)
	var row []byte
	for lo := 0; lo < len(ids); lo += vec.BatchSize {
		part := ids[lo:min(lo+vec.BatchSize, len(ids))]
		partial := g.aggs.partial(part)
		err := st.write(w, g.table.Keys(part), len(part), nil, func(dst []byte, i int) []byte {
			dst = appendInt(appendInt(dst, g.rows[part[i]]), g.expiry.last(part[i]))
			cols := partial
			for _, c := range codecs {
				row = c.AppendRow(row[:0], cols[:len(c.Types())], i)
				dst, cols = appendBytes(dst, row), cols[len(c.Types()):]
			}
			return dst
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Restore reads the groups of the subtask's key groups.
func (g *groups) Restore(r state.Reader) error {
	st, codecs := g.state(), g.aggs.codecs()
	return st.read(r, false, func(keys []*vec.Vec, values *vec.Rows) error {
		n := values.Len()
		ids := make([]int32, n)
		g.table.Find(keys, nil, ids, true)
		g.aggs.grow(g.table.Cap())
		g.rows = resized(g.rows, g.table.Cap())
		partial, now := vec.NewBatchBuilder(g.aggs.partialTypes(), n), g.ctx.Now()
		for i, id := range ids {
			e := entryReader{b: values.Row(i)}
			rows, written := e.int(), e.int()
			g.rows[id] = rows
			g.expiry.restore(id, written, now)
			cols := partial.Cols
			for _, c := range codecs {
				row := e.bytes()
				if e.bad {
					return st.corrupt()
				}
				if err := c.Decode(row, cols[:len(c.Types())]); err != nil {
					return err
				}
				cols = cols[len(c.Types()):]
			}
			if e.bad || len(e.b) > 0 {
				return st.corrupt()
			}
		}
		cols := make([]*vec.Vec, len(partial.Cols))
		for c, b := range partial.Cols {
			cols[c] = b.Finish()
		}
		g.aggs.merge(ids, cols)
		return nil
	})
}

// NewGroupAgg makes the operator that a GROUP BY is in its phase and mode.
func NewGroupAgg(spec *physical.GroupAgg, batch bool, lib agg.Library) (exec.Operator, error) {
	switch {
	case spec.Phase == physical.Local:
		return newGroupAggLocal(spec, lib)
	case batch:
		return newGroupAggBatch(spec, lib)
	case spec.Phase == physical.Global || spec.MiniBatchSize > 0:
		return newGroupAggBundle(spec, lib)
	default:
		return newGroupAggStream(spec, lib)
	}
}
