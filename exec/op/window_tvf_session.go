package op

import (
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// sessionTVF is the window table function SESSION by itself: rows are kept until their
// session fires and then come out with its window_start, window_end and window_time,
// in the order in which they came. What is late is said at windowAggSession. Input is
// insert-only. State: the sessions and their rows, the timers, the watermark.
type sessionTVF struct {
	*sessions
	ctx      *exec.Context
	spec     *physical.WindowTVF
	outTypes []types.Type
	mark     int64
	rows     [][]heldRow // by slot
	store    *rowStore
	arrived  int64
	kids     []int32
	times    []int64
}

// heldRow is a row that waits; arrival orders the rows of merged sessions.
type heldRow struct {
	slot    int32
	arrival int64
}

func newSessionTVF(spec *physical.WindowTVF) *sessionTVF {
	return &sessionTVF{sessions: newSessions(pickTypes(spec.In, spec.Window.Partition)), spec: spec, outTypes: outTypes(spec),
		mark: exec.MinWatermark, store: newRowStore(spec.In)}
}

func (s *sessionTVF) state() *keyedState {
	return newKeyedState(s.ctx, "rows", pickTypes(s.spec.In, s.spec.Window.Partition))
}

// Open takes the context.
func (s *sessionTVF) Open(ctx *exec.Context) error {
	s.ctx = ctx
	s.time = newWindowTime(s.spec.Window, windowZone(s.spec.Window, ctx))
	return nil
}

// Process puts rows into their sessions.
func (s *sessionTVF) Process(_ int, b *vec.Batch, _ exec.Out) error {
	if b = timed(s.ctx, b, s.spec.Window); b.Len == 0 {
		return nil
	}
	if s.spec.Window.Rowtime {
		var err error
		if s.times, err = millis(b.Cols[s.spec.Window.Time], nil); err != nil {
			return err
		}
	} else {
		s.times = slices.Repeat([]int64{s.ctx.Now()}, b.Len)
	}
	s.kids = scratch(s.kids, b.Len)
	s.find(pick(b.Cols, s.spec.Window.Partition), s.kids)
	for i, kid := range s.kids {
		slot := s.place(kid, s.time.local(s.times[i]), s.mark)
		s.rows = resized(s.rows, len(s.slots))
		for _, other := range s.gone {
			s.rows[slot] = append(s.rows[slot], s.rows[other]...)
			s.rows[other] = nil
		}
		s.freeGone()
		if slot < 0 {
			s.ctx.Counters.LateRows.Add(1)
			continue
		}
		s.rows[slot] = append(s.rows[slot], heldRow{s.store.add(b.Cols, i), s.arrived})
		s.arrived++
	}
	s.sweep()
	return nil
}

// OnWatermark fires the sessions that the watermark has passed.
func (s *sessionTVF) OnWatermark(wm int64, out exec.Out) error {
	if !s.spec.Window.Rowtime {
		return nil
	}
	s.mark = wm
	return s.emit(wm, out)
}

// NextTimer gives when a session may fire by processing time.
func (s *sessionTVF) NextTimer() int64 {
	if s.spec.Window.Rowtime || s.timers.len() == 0 {
		return exec.MaxWatermark
	}
	return s.next()
}

// OnTimer fires the sessions that processing time has passed.
func (s *sessionTVF) OnTimer(now int64, out exec.Out) error { return s.emit(now, out) }

func (s *sessionTVF) emit(now int64, out exec.Out) error {
	fired := s.fire(now, nil)
	var slots []int32
	var spans []span
	for _, f := range fired {
		slices.SortFunc(s.rows[f], func(a, b heldRow) int { return int(a.arrival - b.arrival) })
		for _, r := range s.rows[f] {
			slots, spans = append(slots, r.slot), append(spans, s.slots[f].span)
		}
		s.rows[f] = nil
	}
	s.free = append(s.free, fired...)
	for lo := 0; lo < len(slots); lo += vec.BatchSize {
		hi := min(lo+vec.BatchSize, len(slots))
		cols := windowColumns(s.store.gather(slots[lo:hi]), spans[lo:hi], s.time, s.outTypes)
		if err := out.Emit(vec.NewBatch(hi-lo, cols...)); err != nil {
			return err
		}
	}
	for _, slot := range slots {
		s.store.remove(slot)
	}
	s.sweep()
	return nil
}

// Bytes is the memory held, roughly.
func (s *sessionTVF) Bytes() int64 { return s.bytes() + s.store.Bytes() + s.arrived*16 }

// Snapshot writes an entry a row: the window of its session, the place of the session's
// timer, and the row.
func (s *sessionTVF) Snapshot(w state.Writer) error {
	if err := snapshotMark(s.ctx, w, s.mark); err != nil {
		return err
	}
	st, codec := s.state(), vec.NewRowCodec(s.spec.In)
	for place, t := range s.timers.heap {
		h, rows := s.slots[t.id], s.rows[t.id]
		slots, seq := make([]int32, len(rows)), make([]uint64, len(rows))
		for j, r := range rows {
			slots[j], seq[j] = r.slot, uint64(r.arrival)
		}
		cols := s.store.gather(slots)
		err := st.write(w, pick(cols, s.spec.Window.Partition), len(slots), seq, func(dst []byte, i int) []byte {
			dst = appendInt(appendInt(appendInt(dst, h.start), h.end), rows[i].arrival)
			return codec.AppendRow(appendInt(dst, int64(place)), cols, i)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Restore reads the rows of the subtask's key groups.
func (s *sessionTVF) Restore(r state.Reader) error {
	var err error
	if s.mark, err = restoreMark(s.ctx, r); err != nil {
		return err
	}
	var timers []timer
	var places []int64
	st, codec := s.state(), vec.NewRowCodec(s.spec.In)
	err = st.read(r, true, func(keys []*vec.Vec, values *vec.Rows) error {
		n := values.Len()
		kids := make([]int32, n)
		s.find(keys, kids)
		rows := vec.NewBatchBuilder(s.spec.In, n)
		slots, arrivals := make([]int32, n), make([]int64, n)
		for i, kid := range kids {
			e := entryReader{b: values.Row(i)}
			w := span{e.int(), e.int()}
			arrivals[i] = e.int()
			place := e.int()
			if e.bad {
				return st.corrupt()
			}
			slot, isNew := s.restored(kid, w)
			if slots[i] = slot; isNew {
				timers, places = append(timers, s.newTimer(slot, s.time.fires(w.end))), append(places, place)
			}
			if err := codec.Decode(e.b, rows.Cols); err != nil {
				return err
			}
			rows.EndRow(vec.Insert)
		}
		s.rows = resized(s.rows, len(s.slots))
		b := rows.Finish()
		for i, slot := range slots {
			s.rows[slot] = append(s.rows[slot], heldRow{s.store.add(b.Cols, i), arrivals[i]})
			s.arrived = max(s.arrived, arrivals[i]+1)
		}
		return nil
	})
	s.timers.restore(timers, places)
	return err
}
