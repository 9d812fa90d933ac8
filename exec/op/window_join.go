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

// WindowJoin joins rows of equal keys in the same window, as Flink's WindowJoinOperator:
// the rows of both sides are kept by key and window, and joined when the watermark
// reaches the window's last millisecond. Rows of windows that have fired are dropped
// and counted as late. Keys and windows come out in the order of Flink's timers; within
// them left rows lead, but for RIGHT, where right rows do.
//
// A NULL key matches nothing (unless IS NOT DISTINCT FROM). Input and output are
// insert-only. State: the rows of the open windows, the timers, the watermark.
type WindowJoin struct {
	ctx      *exec.Context
	spec     *physical.WindowJoin
	outTypes []types.Type
	keyTypes []types.Type // keys, window start and end
	table    *vec.GroupTable
	rows     [2][][]int32 // by side and group: slots
	nullKey  []bool       // by group: it matches nothing
	stores   [2]*rowStore
	cols     [2][]int // by side: keys, window start and end
	time     localTime
	mark     int64
	timers   timerHeap // of groups
	residual *pairFilter
	ids      []int32
	empty    []int32
	outLeft  []int32
	outRight []int32
}

// NewWindowJoin makes the operator.
func NewWindowJoin(spec *physical.WindowJoin, reg expr.Registry) (*WindowJoin, error) {
	j := &WindowJoin{spec: spec, outTypes: outTypes(spec), mark: exec.MinWatermark}
	j.cols[0] = append(slices.Clone(spec.LeftKeys), spec.LeftStart, spec.LeftEnd)
	j.cols[1] = append(slices.Clone(spec.RightKeys), spec.RightStart, spec.RightEnd)
	j.keyTypes = pickTypes(spec.Left, j.cols[0])
	j.table = vec.NewGroupTable(j.keyTypes)
	j.stores = [2]*rowStore{newRowStore(spec.Left), newRowStore(spec.Right)}
	var err error
	j.residual, err = newPairFilter(spec.Residual, spec.Left, spec.Right, reg)
	return j, err
}

// Open takes the context.
func (j *WindowJoin) Open(ctx *exec.Context) error {
	j.ctx, j.time = ctx, newLocalTime(j.spec.Local, j.spec.Zone, ctx.Zone)
	j.residual.open(ctx)
	return nil
}

// Process keeps rows until their window fires.
func (j *WindowJoin) Process(in int, b *vec.Batch, _ exec.Out) error {
	cols := j.cols[in]
	ends, err := millis(b.Cols[cols[len(cols)-1]], nil)
	if err != nil {
		return err
	}
	j.ids = scratch(j.ids, b.Len)
	j.table.Find(pick(b.Cols, cols), nil, j.ids, true)
	j.grow()
	keys := cols[:len(cols)-2]
	nulls := anyNulls(b.Cols, keys, j.spec.NullEquals)
	for i, id := range j.ids {
		at := j.time.trigger(ends[i] - 1)
		if at <= j.mark {
			j.ctx.Counters.LateRows.Add(1)
			j.empty = append(j.empty, id)
			continue
		}
		if len(j.rows[0][id]) == 0 && len(j.rows[1][id]) == 0 {
			j.timers.push(timer{at: at, id: id})
			j.nullKey[id] = nulls && hasNull(b.Cols, keys, j.spec.NullEquals, i)
		}
		j.rows[in][id] = append(j.rows[in][id], j.stores[in].add(b.Cols, i))
	}
	j.sweep()
	return nil
}

func (j *WindowJoin) grow() {
	for side := range j.rows {
		j.rows[side] = resized(j.rows[side], j.table.Cap())
	}
	j.nullKey = resized(j.nullKey, j.table.Cap())
}

// OnWatermark joins the windows that the watermark has passed.
func (j *WindowJoin) OnWatermark(wm int64, out exec.Out) error {
	j.mark = wm
	for j.timers.len() > 0 && j.timers.next() <= wm {
		id := j.timers.pop().id
		if err := j.join(id); err != nil {
			return err
		}
		j.empty = append(j.empty, id)
		if len(j.outLeft) >= pairChunk {
			if err := j.emit(out); err != nil {
				return err
			}
			j.clear()
		}
	}
	err := j.emit(out)
	j.clear()
	return err
}

// clear lets go of the groups that have been joined.
func (j *WindowJoin) clear() {
	for _, id := range j.empty {
		for side := range j.rows {
			for _, slot := range j.rows[side][id] {
				j.stores[side].remove(slot)
			}
			j.rows[side][id] = nil
		}
	}
	j.sweep()
}

// sweep forgets the groups without rows.
func (j *WindowJoin) sweep() {
	slices.Sort(j.empty)
	for _, id := range slices.Compact(j.empty) {
		if len(j.rows[0][id]) == 0 && len(j.rows[1][id]) == 0 {
			j.table.Delete(id)
		}
	}
	j.empty = j.empty[:0]
}

// join notes what the rows of a group give.
func (j *WindowJoin) join(id int32) error {
	left, right := j.rows[0][id], j.rows[1][id]
	var keep []bool // by left, right; nil = all
	if j.nullKey[id] {
		keep = make([]bool, len(left)*len(right))
	} else if j.residual != nil && len(left)*len(right) > 0 {
		l, r := make([]int32, 0, len(left)*len(right)), make([]int32, 0, len(left)*len(right))
		for _, a := range left {
			for _, b := range right {
				l, r = append(l, a), append(r, b)
			}
		}
		var err error
		if keep, err = j.residual.keep(j.stores[0], l, j.stores[1], r); err != nil {
			return err
		}
	}
	holds := func(a, b int) bool { return keep == nil || keep[a*len(right)+b] }
	kind := j.spec.Kind
	if kind == physical.RightOuter {
		for b, r := range right {
			found := false
			for a, l := range left {
				if holds(a, b) {
					found = true
					j.put(l, r)
				}
			}
			if !found {
				j.put(-1, r)
			}
		}
		return nil
	}
	matched := make([]bool, len(right))
	for a, l := range left {
		found := false
		for b, r := range right {
			if !holds(a, b) {
				continue
			}
			found, matched[b] = true, true
			if kind == physical.Semi || kind == physical.Anti {
				break
			}
			j.put(l, r)
		}
		switch {
		case kind == physical.Semi && found, kind == physical.Anti && !found:
			j.put(l, -1)
		case !found && (kind == physical.LeftOuter || kind == physical.FullOuter):
			j.put(l, -1)
		}
	}
	for b, r := range right {
		if kind == physical.FullOuter && !matched[b] {
			j.put(-1, r)
		}
	}
	return nil
}

func (j *WindowJoin) put(left, right int32) {
	j.outLeft, j.outRight = append(j.outLeft, left), append(j.outRight, right)
}

// emit gathers the noted rows.
func (j *WindowJoin) emit(out exec.Out) error {
	semi := j.spec.Kind == physical.Semi || j.spec.Kind == physical.Anti
	for lo := 0; lo < len(j.outLeft); lo += vec.BatchSize {
		hi := min(lo+vec.BatchSize, len(j.outLeft))
		cols := j.stores[0].gather(j.outLeft[lo:hi])
		if !semi {
			cols = append(cols, j.stores[1].gather(j.outRight[lo:hi])...)
		}
		retype(cols, j.outTypes)
		if err := out.Emit(vec.NewBatch(hi-lo, cols...)); err != nil {
			return err
		}
	}
	j.outLeft, j.outRight = j.outLeft[:0], j.outRight[:0]
	return nil
}

// Snapshot writes the rows of both sides and the timers.
func (j *WindowJoin) Snapshot(w state.Writer) error {
	if err := snapshotMark(j.ctx, w, j.mark); err != nil {
		return err
	}
	for side, store := range j.stores {
		codec := vec.NewRowCodec(store.ts)
		for _, id := range j.table.AppendIDs(nil) {
			slots := j.rows[side][id]
			cols := store.gather(slots)
			err := j.state(side).write(w, pick(cols, j.cols[side]), len(slots), ascending(len(slots)), func(dst []byte, i int) []byte {
				return codec.AppendRow(dst, cols, i)
			})
			if err != nil {
				return err
			}
		}
	}
	return snapshotTimers(j.stateOf("timers"), w, &j.timers, j.table.Keys)
}

func (j *WindowJoin) state(side int) *keyedState {
	return j.stateOf([2]string{"left", "right"}[side])
}

// stateOf is a part of the state; rows are spread by their keys, without the window.
func (j *WindowJoin) stateOf(part string) *keyedState {
	return newKeyedState(j.ctx, part, j.keyTypes).ownedBy(len(j.spec.LeftKeys))
}

// Restore reads them back.
func (j *WindowJoin) Restore(r state.Reader) error {
	var err error
	if j.mark, err = restoreMark(j.ctx, r); err != nil {
		return err
	}
	find := func(keys []*vec.Vec, n int) []int32 {
		ids := make([]int32, n)
		j.table.Find(keys, nil, ids, true)
		j.grow()
		return ids
	}
	for side, store := range j.stores {
		codec := vec.NewRowCodec(store.ts)
		err := j.state(side).read(r, true, func(keys []*vec.Vec, values *vec.Rows) error {
			ids := find(keys, values.Len())
			rows := vec.NewBatchBuilder(codec.Types(), len(ids))
			for i := range ids {
				if err := codec.Decode(values.Row(i), rows.Cols); err != nil {
					return err
				}
				rows.EndRow(vec.Insert)
			}
			b := rows.Finish()
			for i, id := range ids {
				j.rows[side][id] = append(j.rows[side][id], store.add(b.Cols, i))
				j.nullKey[id] = hasNull(keys, upTo(len(keys)-2), j.spec.NullEquals, i)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return restoreTimers(j.stateOf("timers"), r, &j.timers, find)
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
