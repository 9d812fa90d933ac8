package op

import (
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// Join is the regular join of two streams (INNER, LEFT, RIGHT, FULL, SEMI, ANTI), as
// Flink's StreamingJoinOperator and StreamingSemiAntiJoinOperator: both sides are
// kept, and every row that is added or taken back gives the changes of the result.
//
//	row of a side without padding   its kind, for every match
//	first match of a padded row     -D padded, then +I for every match
//	last match goes                 -D the match, then +I padded
//	SEMI, ANTI                      left rows come and go with their first and last match
//
// The join key is a group id shared by both sides. A batch is probed as a whole: its
// candidate pairs are listed, the residual condition is evaluated on all of them, then
// the rows are gone through in order; what they emit is noted as (row of the batch, slot of
// the other side) and gathered at the end. This is right because a batch never
// changes rows of the other side, only their match counts.
//
// A NULL key matches nothing (unless IS NOT DISTINCT FROM), so such rows are not kept.
// Watermarks pass. With a TTL, rows expire by the time of their last write. State:
// the rows of both sides.
type Join struct {
	ctx      *exec.Context
	spec     *physical.Join
	outTypes []types.Type
	keyTypes []types.Type
	table    *vec.GroupTable
	sides    [2]*joinSide
	residual *pairFilter // nil = none

	ids     []int32
	emptied []int32 // groups that may have no rows left
	// Candidate pairs of the rows lo … of a batch: those of row lo+k are pairs[off[k]:off[k+1]].
	off      []int32
	pairRow  []int32
	pairSlot []int32
	outRow   []int32
	outSlot  []int32
	kinds    []vec.RowKind
	semi     bool // SEMI or ANTI: left rows only
	// Rows to keep once the batch is done, with their matches.
	later      bool
	addRow     []int32
	addMatches []int32
	now        int64
}

// pairChunk is how many candidate pairs are looked at together, at least one row's.
const pairChunk = 4 * vec.BatchSize

func newJoin(spec *physical.Join, reg expr.Registry) (*Join, error) {
	j := &Join{spec: spec, outTypes: outTypes(spec), keyTypes: pickTypes(spec.Left, spec.LeftKeys)}
	j.table = vec.NewGroupTable(j.keyTypes)
	left := newJoinSide(spec.Left, spec.LeftKeys, spec.LeftUnique, spec.LeftChanges, spec.LeftTTL)
	right := newJoinSide(spec.Right, spec.RightKeys, spec.RightUnique, spec.RightChanges, spec.RightTTL)
	left.outer = spec.Kind == physical.LeftOuter || spec.Kind == physical.FullOuter
	right.outer = spec.Kind == physical.RightOuter || spec.Kind == physical.FullOuter
	j.semi = spec.Kind == physical.Semi || spec.Kind == physical.Anti
	left.counted, right.counted = left.outer || j.semi, right.outer
	j.sides = [2]*joinSide{left, right}
	var err error
	j.residual, err = newPairFilter(spec.Residual, spec.Left, spec.Right, reg)
	return j, err
}

// Open takes the context.
func (j *Join) Open(ctx *exec.Context) error {
	j.ctx = ctx
	j.residual.open(ctx)
	return nil
}

// Process joins a batch of one side with the rows of the other.
func (j *Join) Process(in int, b *vec.Batch, out exec.Out) error {
	own, other := j.sides[in], j.sides[1-in]
	j.expire()
	j.find(own, b)
	own.begin(b)
	j.later = b.Kinds == nil && !own.single && !own.unique
	for lo := 0; lo < b.Len; {
		hi, err := j.probe(in, other, b, lo)
		if err != nil {
			return err
		}
		for i := lo; i < hi; i++ {
			slots := j.pairSlot[j.off[i-lo]:j.off[i-lo+1]]
			if j.semi {
				j.semiRow(in, b, i, slots)
			} else {
				j.joinRow(own, other, b, i, slots)
			}
		}
		if err := j.emit(in, other, b, out); err != nil {
			return err
		}
		lo = hi
	}
	if len(j.addRow) > 0 {
		own.addRows(b, j.addRow, j.ids, j.addMatches, j.now)
		j.addRow, j.addMatches = j.addRow[:0], j.addMatches[:0]
	}
	j.sweep()
	return nil
}

// keep stores a row of the batch: at once, or, if none of the batch can take it back or
// replace it, with the others at the end.
func (j *Join) keep(own *joinSide, b *vec.Batch, i, matches int) {
	switch {
	case j.ids[i] < 0:
	case j.later:
		j.addRow, j.addMatches = append(j.addRow, int32(i)), append(j.addMatches, int32(matches))
	default:
		own.add(j.ids[i], b, i, int32(matches), j.now)
	}
}

// find gives every row its group, -1 if its key matches nothing.
func (j *Join) find(own *joinSide, b *vec.Batch) {
	j.ids = scratch(j.ids, b.Len)
	j.table.Find(pick(b.Cols, own.keys), nil, j.ids, true)
	for _, s := range j.sides {
		s.grow(j.table.Cap())
	}
	if anyNulls(b.Cols, own.keys, j.spec.NullEquals) {
		for i, id := range j.ids {
			if hasNull(b.Cols, own.keys, j.spec.NullEquals, i) {
				j.emptied = append(j.emptied, id)
				j.ids[i] = -1
			}
		}
	}
}

// probe lists the pairs of the rows from lo on and gives the row after the last it did.
func (j *Join) probe(in int, other *joinSide, b *vec.Batch, lo int) (int, error) {
	j.off, j.pairRow, j.pairSlot = append(j.off[:0], 0), j.pairRow[:0], j.pairSlot[:0]
	i := lo
	for ; i < b.Len && (len(j.pairSlot) < pairChunk || i == lo); i++ {
		if id := j.ids[i]; id >= 0 {
			j.pairSlot = other.appendRows(j.pairSlot, id)
		}
		j.off = append(j.off, int32(len(j.pairSlot)))
	}
	if j.residual == nil || len(j.pairSlot) == 0 {
		return i, nil
	}
	for k := lo; k < i; k++ {
		for n := j.off[k-lo+1] - j.off[k-lo]; n > 0; n-- {
			j.pairRow = append(j.pairRow, int32(k))
		}
	}
	keep, err := j.residual.keepFrom(in, b.Cols, j.pairRow, other.store, j.pairSlot)
	if err != nil {
		return 0, err
	}
	// Close up the pairs that hold and the rows' ranges.
	n, k := 0, 0
	for p, ok := range keep {
		for int(j.pairRow[p])-lo > k {
			k++
			j.off[k] = int32(n)
		}
		if ok {
			j.pairSlot[n] = j.pairSlot[p]
			n++
		}
	}
	for k++; k < len(j.off); k++ {
		j.off[k] = int32(n)
	}
	return i, nil
}

// put notes a result row; row or slot -1 stands for NULLs.
func (j *Join) put(kind vec.RowKind, row, slot int32) {
	if kind == vec.UpdateBefore && !j.spec.EmitUpdateBefore {
		return
	}
	j.outRow, j.outSlot, j.kinds = append(j.outRow, row), append(j.outSlot, slot), append(j.kinds, kind)
}

// joinRow handles one row whose matches are slots.
func (j *Join) joinRow(own, other *joinSide, b *vec.Batch, i int, slots []int32) {
	kind, row := b.Kind(i), int32(i)
	if !kind.Adds() {
		j.retractRow(own, other, b, i, slots)
		return
	}
	if len(slots) == 0 && own.outer {
		j.put(vec.Insert, row, -1)
	}
	if own.outer || other.outer {
		kind = vec.Insert
	}
	if other.outer {
		for _, s := range slots {
			if other.match(s, 1, j.now) == 0 {
				j.put(vec.Delete, -1, s)
			}
		}
	}
	for _, s := range slots {
		j.put(kind, row, s)
	}
	j.keep(own, b, i, len(slots))
}

// retractRow takes one row back.
func (j *Join) retractRow(own, other *joinSide, b *vec.Batch, i int, slots []int32) {
	kind, row := b.Kind(i), int32(i)
	j.drop(own, b, i)
	if len(slots) == 0 && own.outer {
		j.put(vec.Delete, row, -1)
	}
	if own.outer {
		kind = vec.Delete
	}
	for _, s := range slots {
		j.put(kind, row, s)
	}
	if other.outer {
		for _, s := range slots {
			if other.match(s, -1, j.now) == 1 {
				j.put(vec.Insert, -1, s)
			}
		}
	}
}

// drop removes the row that row i takes back.
func (j *Join) drop(own *joinSide, b *vec.Batch, i int) {
	id := j.ids[i]
	if id < 0 {
		return
	}
	if slot := own.find(id, b, i); slot >= 0 {
		own.remove(slot)
	}
	j.emptied = append(j.emptied, id)
}

// semiRow handles one row of a SEMI or ANTI join.
func (j *Join) semiRow(in int, b *vec.Batch, i int, slots []int32) {
	kind, own, anti := b.Kind(i), j.sides[in], j.spec.Kind == physical.Anti
	if in == 0 {
		if anti == (len(slots) == 0) {
			j.put(kind, int32(i), -1)
		}
		if !kind.Adds() {
			j.drop(own, b, i)
		} else {
			j.keep(own, b, i, len(slots))
		}
		return
	}
	by, turn := int32(1), int32(0)
	if kind.Adds() {
		j.keep(own, b, i, 0)
	} else {
		j.drop(own, b, i)
		by, turn = -1, 1
	}
	if anti {
		kind = vec.Delete
		if by < 0 {
			kind = vec.Insert
		}
	}
	for _, s := range slots {
		if j.sides[0].match(s, by, j.now) == turn {
			j.put(kind, -1, s)
		}
	}
}

// emit gathers the noted rows into batches.
func (j *Join) emit(in int, other *joinSide, b *vec.Batch, out exec.Out) error {
	for lo := 0; lo < len(j.kinds); lo += vec.BatchSize {
		hi := min(lo+vec.BatchSize, len(j.kinds))
		rows, slots := j.outRow[lo:hi], j.outSlot[lo:hi]
		var cols []*vec.Vec
		switch {
		case j.semi && in == 1:
			cols = other.store.gather(slots)
		case j.semi:
			cols = takeAll(b.Cols, rows)
		case in == 0:
			cols = append(takeAll(b.Cols, rows), other.store.gather(slots)...)
		default:
			cols = append(other.store.gather(slots), takeAll(b.Cols, rows)...)
		}
		if err := out.Emit(changeBatch(cols, j.outTypes, j.kinds[lo:hi])); err != nil {
			return err
		}
	}
	j.outRow, j.outSlot, j.kinds = j.outRow[:0], j.outSlot[:0], j.kinds[:0]
	return nil
}

// expire forgets the rows whose time to live is over.
func (j *Join) expire() {
	if j.sides[0].expiry == nil && j.sides[1].expiry == nil {
		return
	}
	j.now = j.ctx.Now()
	for _, s := range j.sides {
		s.expiry.expire(j.now, func(slot int32) {
			j.emptied = append(j.emptied, s.links.at(slot).group)
			s.remove(slot)
		})
	}
	j.sweep()
}

// sweep forgets the groups that have no rows left.
func (j *Join) sweep() {
	if len(j.emptied) == 0 {
		return
	}
	slices.Sort(j.emptied)
	for _, id := range slices.Compact(j.emptied) {
		if j.sides[0].empty(id) && j.sides[1].empty(id) {
			j.table.Delete(id)
		}
	}
	j.emptied = j.emptied[:0]
}

// Snapshot writes the rows of both sides.
func (j *Join) Snapshot(w state.Writer) error {
	if err := j.sides[0].snapshot(w, j.ctx, "left", j.table); err != nil {
		return err
	}
	return j.sides[1].snapshot(w, j.ctx, "right", j.table)
}

// Restore reads them back.
func (j *Join) Restore(r state.Reader) error {
	find := func(keys []*vec.Vec, ids []int32) {
		j.table.Find(keys, nil, ids, true)
		for _, s := range j.sides {
			s.grow(j.table.Cap())
		}
	}
	if err := j.sides[0].restore(r, j.ctx, "left", find); err != nil {
		return err
	}
	return j.sides[1].restore(r, j.ctx, "right", find)
}

// takeAll gathers rows of all columns.
func takeAll(cols []*vec.Vec, rows []int32) []*vec.Vec {
	out := make([]*vec.Vec, len(cols))
	for c, v := range cols {
		out[c] = vec.Take(v, rows)
	}
	return out
}

// NewJoin makes the operator that a join is in its mode.
// Keys that sources wait for go to filters; nil = no source waits.
func NewJoin(spec *physical.Join, batch bool, reg expr.Registry, filters *exec.KeyFilters) (exec.Operator, error) {
	if batch {
		j, err := newJoinBatch(spec, reg)
		if filters != nil && err == nil {
			for _, f := range spec.Collect {
				j.collect = append(j.collect, &keyCollector{spec: f, to: filters.Of(f), values: map[string]struct{}{}})
			}
		}
		return j, err
	}
	return newJoin(spec, reg)
}
