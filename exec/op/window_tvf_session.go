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
// in the order in which they came. What belongs together and what is late is said at
// windowAggSession. Input is insert-only. State: the sessions and their rows, the
// timers, the watermark.
type sessionTVF struct {
	ctx      *exec.Context
	spec     *physical.WindowTVF
	outTypes []types.Type
	time     windowTime
	mark     int64
	keys     *vec.GroupTable
	byKey    [][]*heldSession // by key, in order of time
	sessions []*heldSession   // by number, for timers
	free     []int32
	timers   timerHeap
	store    *rowStore
	arrived  int64
	kids     []int32
	times    []int64
	empty    []int32
}

// heldSession is a session with its rows. into is what it merged into, nil while it lives.
type heldSession struct {
	span
	number int32
	key    int32
	rows   []heldRow
	into   *heldSession
}

// heldRow is a row that waits; arrival orders the rows of merged sessions.
type heldRow struct {
	slot    int32
	arrival int64
}

func newSessionTVF(spec *physical.WindowTVF) *sessionTVF {
	s := &sessionTVF{spec: spec, outTypes: outTypes(spec), mark: exec.MinWatermark, store: newRowStore(spec.In)}
	s.keys = vec.NewGroupTable(s.keyTypes())
	return s
}

func (s *sessionTVF) keyTypes() []types.Type { return pickTypes(s.spec.In, s.spec.Window.Partition) }

// Open takes the context.
func (s *sessionTVF) Open(ctx *exec.Context) error {
	s.ctx = ctx
	s.time = newWindowTime(s.spec.Window, newLocalTime(s.spec.Window.Local, ctx.Zone))
	return nil
}

// Process puts rows into their sessions.
func (s *sessionTVF) Process(_ int, b *vec.Batch, _ exec.Out) error {
	if s.spec.Window.Rowtime {
		var err error
		if s.times, err = millis(b.Cols[s.spec.Window.Time], nil); err != nil {
			return err
		}
	} else {
		s.times = slices.Repeat([]int64{s.ctx.Now()}, b.Len)
	}
	s.kids = scratch(s.kids, b.Len)
	s.keys.Find(pick(b.Cols, s.spec.Window.Partition), nil, s.kids, true)
	s.byKey = resized(s.byKey, s.keys.Cap())
	for i, kid := range s.kids {
		t := s.time.local(s.times[i])
		h := s.place(kid, span{t, t + s.time.size})
		if h == nil {
			s.ctx.Counters.LateRows.Add(1)
			s.empty = append(s.empty, kid)
			continue
		}
		h.rows = append(h.rows, heldRow{s.store.add(b.Cols, i), s.arrived})
		s.arrived++
	}
	s.sweep()
	return nil
}

// place gives the session that w becomes a part of, nil if it is late.
func (s *sessionTVF) place(kid int32, w span) *heldSession {
	list := s.byKey[kid]
	hi := len(list)
	for hi > 0 && list[hi-1].start > w.end {
		hi--
	}
	lo := hi
	for lo > 0 && list[lo-1].end >= w.start {
		lo--
	}
	if lo == hi {
		at := s.time.fires(w.end)
		if at <= s.mark {
			return nil
		}
		h := s.open(w, kid, at)
		s.byKey[kid] = slices.Insert(list, lo, h)
		return h
	}
	h := list[lo]
	h.start, h.end = min(h.start, w.start), max(list[hi-1].end, w.end)
	for _, other := range list[lo+1 : hi] {
		h.rows = append(h.rows, other.rows...)
		other.rows, other.into = nil, h
	}
	s.byKey[kid] = slices.Delete(list, lo+1, hi)
	return h
}

// open makes a session with its timer.
func (s *sessionTVF) open(w span, kid int32, at int64) *heldSession {
	h := &heldSession{span: w, key: kid}
	if n := len(s.free); n > 0 {
		h.number, s.free = s.free[n-1], s.free[:n-1]
		s.sessions[h.number] = h
	} else {
		h.number = int32(len(s.sessions))
		s.sessions = append(s.sessions, h)
	}
	s.timers.push(timer{at: at, id: h.number})
	return h
}

// OnWatermark fires the sessions that the watermark has passed.
func (s *sessionTVF) OnWatermark(wm int64, out exec.Out) error {
	if !s.spec.Window.Rowtime {
		return nil
	}
	s.mark = wm
	return s.fire(wm, out)
}

// NextTimer gives when a session may fire by processing time.
func (s *sessionTVF) NextTimer() int64 {
	if s.spec.Window.Rowtime || s.timers.len() == 0 {
		return exec.MaxWatermark
	}
	return s.timers.next()
}

// OnTimer fires the sessions that processing time has passed.
func (s *sessionTVF) OnTimer(now int64, out exec.Out) error { return s.fire(now, out) }

func (s *sessionTVF) fire(now int64, out exec.Out) error {
	var slots []int32
	var spans []span
	for s.timers.len() > 0 && s.timers.next() <= now {
		t := s.timers.pop()
		h := s.sessions[t.id]
		if at := s.time.fires(h.end); h.into == nil && at > now {
			s.timers.push(timer{at: at, id: t.id})
			continue
		}
		s.sessions[t.id] = nil
		s.free = append(s.free, t.id)
		if h.into != nil {
			continue
		}
		slices.SortFunc(h.rows, func(a, b heldRow) int { return int(a.arrival - b.arrival) })
		for _, r := range h.rows {
			slots, spans = append(slots, r.slot), append(spans, h.span)
		}
		list := s.byKey[h.key]
		at := slices.Index(list, h)
		s.byKey[h.key] = slices.Delete(list, at, at+1)
		s.empty = append(s.empty, h.key)
	}
	for lo := 0; lo < len(slots); lo += vec.BatchSize {
		hi := min(lo+vec.BatchSize, len(slots))
		cols := windowColumns(s.store.gather(slots[lo:hi]), spans[lo:hi], s.time.localTime, s.outTypes)
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

// sweep forgets the keys without sessions.
func (s *sessionTVF) sweep() {
	slices.Sort(s.empty)
	for _, kid := range slices.Compact(s.empty) {
		if len(s.byKey[kid]) == 0 {
			s.keys.Delete(kid)
		}
	}
	s.empty = s.empty[:0]
}

// Snapshot writes an entry a row: the window of its session, the time and place of the
// session's timer, and the row.
func (s *sessionTVF) Snapshot(w state.Writer) error {
	if err := snapshotMark(s.ctx, w, s.mark); err != nil {
		return err
	}
	st, codec := newKeyedState(s.ctx, "rows", s.keyTypes()), vec.NewRowCodec(s.spec.In)
	for place, t := range s.timers.heap {
		h := s.sessions[t.id]
		if h.into != nil {
			continue
		}
		slots, seq := make([]int32, len(h.rows)), make([]uint64, len(h.rows))
		for j, r := range h.rows {
			slots[j], seq[j] = r.slot, uint64(r.arrival)
		}
		cols := s.store.gather(slots)
		err := st.write(w, pick(cols, s.spec.Window.Partition), len(slots), seq, func(dst []byte, i int) []byte {
			dst = appendInt(appendInt(appendInt(dst, h.start), h.end), h.rows[i].arrival)
			return codec.AppendRow(appendInt(appendInt(dst, t.at), int64(place)), cols, i)
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
	st, codec := newKeyedState(s.ctx, "rows", s.keyTypes()), vec.NewRowCodec(s.spec.In)
	err = st.read(r, true, func(keys []*vec.Vec, values *vec.Rows) error {
		n := values.Len()
		kids := make([]int32, n)
		s.keys.Find(keys, nil, kids, true)
		s.byKey = resized(s.byKey, s.keys.Cap())
		rows := vec.NewBatchBuilder(s.spec.In, n)
		held := make([]*heldSession, n)
		arrivals := make([]int64, n)
		for i, kid := range kids {
			e := entryReader{b: values.Row(i)}
			w := span{e.int(), e.int()}
			arrivals[i] = e.int()
			at, place := e.int(), e.int()
			if e.bad {
				return st.corrupt()
			}
			list := s.byKey[kid]
			pos := 0
			for pos < len(list) && list[pos].start < w.start {
				pos++
			}
			if pos == len(list) || list[pos].span != w {
				h := s.open(w, kid, at)
				timers, places = append(timers, s.timers.heap[len(s.timers.heap)-1]), append(places, place)
				s.timers.heap = s.timers.heap[:0]
				s.byKey[kid] = slices.Insert(list, pos, h)
			}
			held[i] = s.byKey[kid][pos]
			if err := codec.Decode(e.b, rows.Cols); err != nil {
				return err
			}
			rows.EndRow(vec.Insert)
		}
		b := rows.Finish()
		for i, h := range held {
			h.rows = append(h.rows, heldRow{s.store.add(b.Cols, i), arrivals[i]})
			s.arrived = max(s.arrived, arrivals[i]+1)
		}
		return nil
	})
	s.timers.restore(timers, places)
	return err
}
