package op

import (
	"cmp"
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// sessionUpdates shows results of sessions before their end: those that have new rows when the watermark passes
// a multiple of every. The first result of a session comes as +I, another one as -U (if wanted) and +U; the bounds are
// part of it. A session that has merged into another, or has no rows left, is deleted if it was shown, unless the
// other was not: then that goes on with its row.
type sessionUpdates struct {
	every   int64 // milliseconds of local time
	before  bool  // -U are wanted
	types   []types.Type
	shown   *rowStore
	slots   []shownSession
	changed []int32 // slots with new rows, in the order in which they got them
	out     *vec.BatchBuilder
}

// shownSession is what is known of a slot.
type shownSession struct {
	row     int32 // of shown + 1, 0 = none
	changed bool
}

func newSessionUpdates(w *windowAggSession) *sessionUpdates {
	return &sessionUpdates{every: w.spec.Emit.Every, before: w.spec.EmitUpdateBefore, types: w.outTypes, shown: newRowStore(w.outTypes),
		out: vec.NewBatchBuilder(w.outTypes, 0)}
}

// note takes note of the sessions that rows went to, and of those that merged into others.
func (u *sessionUpdates) note(w *windowAggSession) {
	u.slots = resized(u.slots, max(len(u.slots), len(w.slots)))
	for _, slot := range w.gone {
		old, to := u.slots[slot], &u.slots[w.root(slot)]
		u.slots[slot] = shownSession{}
		switch {
		case old.row == 0:
		case to.row == 0:
			to.row = old.row
		default:
			u.put(vec.Delete, u.shown.gather([]int32{old.row - 1}))
			u.shown.remove(old.row - 1)
		}
	}
	for _, slot := range w.slotOf {
		if s := &u.slots[slot]; !s.changed {
			s.changed = true
			u.changed = append(u.changed, slot)
		}
	}
}

// due reports whether a multiple of every lies between two watermarks.
func (u *sessionUpdates) due(w *windowAggSession, before, wm int64) bool {
	if before == exec.MinWatermark || wm == exec.MaxWatermark {
		return before == exec.MinWatermark && wm != exec.MaxWatermark
	}
	return floorDiv(w.sessions.time.local(wm)+1, u.every) > floorDiv(w.sessions.time.local(before)+1, u.every)
}

// showChanged shows the sessions that have new rows and do not end by wm.
func (u *sessionUpdates) showChanged(w *windowAggSession, wm int64) error {
	for _, slot := range u.changed {
		s := &u.slots[slot]
		if !s.changed {
			continue // it has merged into another
		}
		s.changed = false
		if w.sessions.time.fires(w.sessions.slots[slot].end) <= wm {
			continue
		}
		if err := u.show(w, slot); err != nil {
			return err
		}
	}
	u.changed = u.changed[:0]
	return nil
}

// end shows the last results of sessions and forgets them.
func (u *sessionUpdates) end(w *windowAggSession, slots []int32) error {
	for _, slot := range slots {
		if err := u.show(w, slot); err != nil {
			return err
		}
		if row := u.slots[slot].row; row > 0 {
			u.shown.remove(row - 1)
		}
		u.slots[slot] = shownSession{}
	}
	return nil
}

// show puts out the result of a session if it is another than the one shown.
func (u *sessionUpdates) show(w *windowAggSession, slot int32) error {
	vals, err := w.aggs.result([]int32{slot})
	if err != nil {
		return err
	}
	empty := false
	if w.spec.Retract {
		n := len(vals) - 1
		empty, vals = vals[n].Int64s()[0] == 0, vals[:n]
	}
	s := &u.slots[slot]
	old := s.row - 1
	if empty {
		if old >= 0 {
			u.put(vec.Delete, u.shown.gather([]int32{old}))
			u.shown.remove(old)
			s.row = 0
		}
		return nil
	}
	row := append(slices.Clone(w.keys.Keys([]int32{w.sessions.slots[slot].key})), vals...)
	for _, p := range w.spec.Props {
		t := u.types[len(row)]
		unit := int64(vec.Milli / vec.UnitOf(t.Precision))
		row = append(row, vec.FromSlice(t, []int64{w.propOf(p, w.sessions.slots[slot].span) * unit}, nil))
	}
	switch {
	case old < 0:
		u.put(vec.Insert, row)
	case u.shown.equal(old, row, 0):
		return nil
	default:
		if u.before {
			u.put(vec.UpdateBefore, u.shown.gather([]int32{old}))
		}
		u.put(vec.UpdateAfter, row)
		u.shown.remove(old)
	}
	s.row = u.shown.add(row, 0) + 1
	return nil
}

// put appends a row of one-row columns.
func (u *sessionUpdates) put(kind vec.RowKind, row []*vec.Vec) {
	for c, v := range row {
		u.out.Cols[c].From(v, 0)
	}
	u.out.EndRow(kind)
}

// give emits what was put.
func (u *sessionUpdates) give(out exec.Out) error {
	return emitAll(u.out.Finish(), out)
}

// appendTo appends what a snapshot keeps of a slot: its place among the changed ones, and the row shown.
func (u *sessionUpdates) appendTo(dst []byte, slot int32) []byte {
	u.slots = resized(u.slots, max(len(u.slots), int(slot)+1))
	s := u.slots[slot]
	place := int64(-1)
	if s.changed {
		place = int64(slices.Index(u.changed, slot))
	}
	dst = appendInt(dst, place)
	if s.row == 0 {
		return appendBytes(dst, nil)
	}
	return appendBytes(dst, vec.NewRowCodec(u.types).AppendRow(nil, u.shown.gather([]int32{s.row - 1}), 0))
}

// read reads what appendTo wrote and gives the place.
func (u *sessionUpdates) read(e *entryReader, slot int32) (int64, error) {
	u.slots = resized(u.slots, max(len(u.slots), int(slot)+1))
	place, row := e.int(), e.bytes()
	if e.bad || len(row) == 0 {
		return place, nil
	}
	cols, err := decodeRow(vec.NewRowCodec(u.types), row)
	if err != nil {
		return 0, err
	}
	u.slots[slot].row = u.shown.add(cols, 0) + 1
	return place, nil
}

// restoreChanged marks slots as changed, in the order of their places.
func (u *sessionUpdates) restoreChanged(slots []int32, places []int64) {
	order := make([]int, 0, len(slots))
	for i, place := range places {
		if place >= 0 {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(places[a], places[b]) })
	for _, i := range order {
		if s := &u.slots[slots[i]]; !s.changed {
			s.changed = true
			u.changed = append(u.changed, slots[i])
		}
	}
}
