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

// IntervalJoin joins rows of two streams with equal keys whose times lie within bounds of
// each other: left.time - right.time in [Lower, Upper]. A row meets the rows of the
// other side that are kept, and is kept itself as long as rows that could match it may
// still come; then it is dropped, and if it found no match and its side is outer,
// it comes out padded with NULLs (ANTI: comes out). SEMI rows come out with their
// first match.
//
// The rows of a key are kept in the order of their times, and a row reads just the
// range that its bounds give, so that the cost is that of the matches, not of the
// bounds.
//
// Event time: a row is let go when the watermark has passed the last time at which a
// match may come. Results then lie behind the watermark of the inputs; so the
// watermark that the join passes on is behind by the wider of the two bounds. A row that comes
// later than the watermark still meets what is kept. Processing time: a row's time is the
// moment it comes.
//
// A NULL key matches nothing (unless IS NOT DISTINCT FROM); a NULL time is an error. Input
// and output are insert-only. State: the kept rows of both sides.
type IntervalJoin struct {
	ctx      *exec.Context
	spec     *physical.IntervalJoin
	outTypes []types.Type
	table    *vec.GroupTable
	sides    [2]*intervalSide
	residual *pairFilter
	mark     int64

	ids      []int32
	times    []int64
	emptied  []int32
	off      []int32
	pairRow  []int32
	pairSlot []int32
	outRow   []int32
	outSlot  []int32
}

// intervalSide is the kept rows of one input.
type intervalSide struct {
	keys    []int
	time    int
	before  int64 // a match of a row at t lies in [t-before, t+after]
	after   int64
	pads    bool // rows without a match come out when they are let go
	store   *rowStore
	byKey   []timeline // by key id
	matched []bool     // by slot
	key     []int32    // by slot
	at      []int64    // by slot: time of the row
	timers  timerHeap  // of slots, when they are let go
}

// timeline is the rows of a key in the order of their times; the first dead of them
// have been let go.
type timeline struct {
	rows []timedRow
	dead int
}

// NewIntervalJoin makes the operator.
func NewIntervalJoin(spec *physical.IntervalJoin, reg expr.Registry) (*IntervalJoin, error) {
	j := &IntervalJoin{spec: spec, outTypes: outTypes(spec), mark: exec.MinWatermark}
	j.table = vec.NewGroupTable(pickTypes(spec.Left, spec.LeftKeys))
	k := spec.Kind
	j.sides[0] = &intervalSide{keys: spec.LeftKeys, time: spec.LeftTime, before: spec.Upper, after: -spec.Lower, store: newRowStore(spec.Left),
		pads: k == physical.LeftOuter || k == physical.FullOuter || k == physical.Anti}
	j.sides[1] = &intervalSide{keys: spec.RightKeys, time: spec.RightTime, before: -spec.Lower, after: spec.Upper, store: newRowStore(spec.Right),
		pads: k == physical.RightOuter || k == physical.FullOuter}
	var err error
	j.residual, err = newPairFilter(spec.Residual, spec.Left, spec.Right, reg)
	return j, err
}

// Open takes the context.
func (j *IntervalJoin) Open(ctx *exec.Context) error {
	j.ctx = ctx
	j.residual.open(ctx)
	return nil
}

func (j *IntervalJoin) semi() bool {
	return j.spec.Kind == physical.Semi || j.spec.Kind == physical.Anti
}

// now is how far time has come.
func (j *IntervalJoin) now() int64 {
	if j.spec.Rowtime {
		return j.mark
	}
	return j.ctx.Now()
}

// Process joins a batch of one side with the kept rows of the other.
func (j *IntervalJoin) Process(in int, b *vec.Batch, out exec.Out) error {
	own, other := j.sides[in], j.sides[1-in]
	if err := j.begin(own, b); err != nil {
		return err
	}
	now := j.now()
	for lo := 0; lo < b.Len; {
		hi, err := j.probe(in, own, other, b, lo)
		if err != nil {
			return err
		}
		for i := lo; i < hi; i++ {
			j.row(in, own, other, b, i, j.pairSlot[j.off[i-lo]:j.off[i-lo+1]], now)
		}
		if err := j.emit(in, b, out); err != nil {
			return err
		}
		lo = hi
	}
	j.sweep()
	return nil
}

// begin finds keys and times of a batch.
func (j *IntervalJoin) begin(own *intervalSide, b *vec.Batch) error {
	if j.spec.Rowtime {
		var err error
		if j.times, err = millis(b.Cols[own.time], nil); err != nil {
			return err
		}
	} else {
		j.times = slices.Repeat([]int64{j.ctx.Now()}, b.Len)
	}
	j.ids = scratch(j.ids, b.Len)
	j.table.Find(pick(b.Cols, own.keys), nil, j.ids, true)
	j.grow()
	if anyNulls(b.Cols, own.keys, j.spec.NullEquals) {
		for i, id := range j.ids {
			if hasNull(b.Cols, own.keys, j.spec.NullEquals, i) {
				j.emptied, j.ids[i] = append(j.emptied, id), -1
			}
		}
	}
	return nil
}

func (j *IntervalJoin) grow() {
	for _, s := range j.sides {
		s.byKey = resized(s.byKey, j.table.Cap())
	}
}

// probe lists the matches of rows from lo on and gives the row after the last.
func (j *IntervalJoin) probe(in int, own, other *intervalSide, b *vec.Batch, lo int) (int, error) {
	j.off, j.pairRow, j.pairSlot = append(j.off[:0], 0), j.pairRow[:0], j.pairSlot[:0]
	i := lo
	for ; i < b.Len && (len(j.pairSlot) < pairChunk || i == lo); i++ {
		if id := j.ids[i]; id >= 0 {
			for _, r := range other.byKey[id].between(j.times[i]-own.before, j.times[i]+own.after) {
				j.pairRow, j.pairSlot = append(j.pairRow, int32(i)), append(j.pairSlot, r.slot)
			}
		}
		j.off = append(j.off, int32(len(j.pairSlot)))
	}
	if j.residual == nil || len(j.pairSlot) == 0 {
		return i, nil
	}
	keep, err := j.residual.keepFrom(in, b.Cols, j.pairRow, other.store, j.pairSlot)
	if err != nil {
		return 0, err
	}
	n, from := int32(0), int32(0)
	for k := 1; k < len(j.off); k++ {
		for p := from; p < j.off[k]; p++ {
			if keep[p] {
				j.pairSlot[n] = j.pairSlot[p]
				n++
			}
		}
		from, j.off[k] = j.off[k], n
	}
	return i, nil
}

// between gives the live rows whose times lie in [lo, hi].
func (t *timeline) between(lo, hi int64) []timedRow {
	rows := t.rows[t.dead:]
	first, _ := slices.BinarySearchFunc(rows, lo, func(r timedRow, at int64) int { return cmpInt(r.at, at) })
	last := first
	for last < len(rows) && rows[last].at <= hi {
		last++
	}
	return rows[first:last]
}

func cmpInt(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// row handles one row with its matches.
func (j *IntervalJoin) row(in int, own, other *intervalSide, b *vec.Batch, i int, slots []int32, now int64) {
	for _, s := range slots {
		if j.semi() && in == 1 { // a left row that finds its first match
			if !other.matched[s] && j.spec.Kind == physical.Semi {
				j.put(-1, s)
			}
		} else if !j.semi() {
			j.put(int32(i), s)
		}
		other.matched[s] = true
	}
	found := len(slots) > 0
	if j.semi() && in == 0 && found {
		if j.spec.Kind == physical.Semi {
			j.put(int32(i), -1)
		}
		return // its answer is known
	}
	id, last := j.ids[i], j.times[i]+own.after
	if id >= 0 && now < last {
		own.add(b.Cols, i, id, j.times[i], last, found)
		return
	}
	if id >= 0 {
		j.emptied = append(j.emptied, id)
	}
	if !found && own.pads {
		j.put(int32(i), -1)
	}
}

// put notes a result row: a row of the batch and a slot of the other side, -1 = NULLs.
func (j *IntervalJoin) put(row, slot int32) {
	j.outRow, j.outSlot = append(j.outRow, row), append(j.outSlot, slot)
}

// add keeps a row until last.
func (s *intervalSide) add(cols []*vec.Vec, i int, id int32, at, last int64, matched bool) {
	slot := s.store.add(cols, i)
	n := s.store.Cap()
	s.matched, s.key, s.at = resized(s.matched, n), resized(s.key, n), resized(s.at, n)
	s.matched[slot], s.key[slot], s.at[slot] = matched, id, at
	t := &s.byKey[id]
	p := len(t.rows)
	for p > t.dead && t.rows[p-1].at > at {
		p--
	}
	t.rows = slices.Insert(t.rows, p, timedRow{at, slot})
	s.timers.push(timer{at: last, id: slot})
}

// drop lets a row go. Rows of a key are let go in the order of their times, as it is the
// order of their timers.
func (s *intervalSide) drop(slot int32) {
	t := &s.byKey[s.key[slot]]
	at := t.dead
	for t.rows[at].slot != slot { // equal times may come in another order
		at++
	}
	t.rows[at] = t.rows[t.dead]
	t.dead++
	if t.dead > 16 && t.dead > len(t.rows)/2 || t.dead == len(t.rows) {
		t.rows = slices.Delete(t.rows, 0, t.dead)
		t.dead = 0
	}
	s.store.remove(slot)
}

// OnWatermark lets the rows go for which no match can come any more.
func (j *IntervalJoin) OnWatermark(wm int64, out exec.Out) error {
	if !j.spec.Rowtime {
		return nil
	}
	j.mark = wm
	return j.expire(wm, out)
}

// MakeWatermark gives the watermark behind which results may still lie.
func (j *IntervalJoin) MakeWatermark() (int64, bool) {
	if !j.spec.Rowtime || j.mark == exec.MinWatermark || j.mark == exec.MaxWatermark {
		return 0, false
	}
	return j.mark - max(j.sides[0].before, j.sides[0].after, 0), true
}

// NextTimer gives when a row is let go by processing time.
func (j *IntervalJoin) NextTimer() int64 {
	next := int64(exec.MaxWatermark)
	for _, s := range j.sides {
		if !j.spec.Rowtime && s.timers.len() > 0 {
			next = min(next, s.timers.next())
		}
	}
	return next
}

// OnTimer lets rows go by processing time.
func (j *IntervalJoin) OnTimer(now int64, out exec.Out) error { return j.expire(now, out) }

func (j *IntervalJoin) expire(now int64, out exec.Out) error {
	for in, s := range j.sides {
		var gone []int32
		for s.timers.len() > 0 && s.timers.next() <= now {
			slot := s.timers.pop().id
			if s.pads && !s.matched[slot] {
				j.put(-1, slot)
			}
			gone = append(gone, slot)
			j.emptied = append(j.emptied, s.key[slot])
		}
		// The rows of this side are the stored ones here.
		if err := j.emit(1-in, nil, out); err != nil {
			return err
		}
		for _, slot := range gone {
			s.drop(slot)
		}
	}
	j.sweep()
	return nil
}

// sweep forgets the keys without rows.
func (j *IntervalJoin) sweep() {
	slices.Sort(j.emptied)
	for _, id := range slices.Compact(j.emptied) {
		if len(j.sides[0].byKey[id].rows) == 0 && len(j.sides[1].byKey[id].rows) == 0 {
			j.table.Delete(id)
		}
	}
	j.emptied = j.emptied[:0]
}

// emit gathers the noted rows; in is the side of the batch. Without a batch its columns
// are NULL.
func (j *IntervalJoin) emit(in int, b *vec.Batch, out exec.Out) error {
	side := func(s int, rows []int32) []*vec.Vec {
		switch {
		case s != in:
			return j.sides[s].store.gather(rows)
		case b != nil:
			return takeAll(b.Cols, rows)
		}
		return newRowStore(j.sides[s].store.ts).gather(rows)
	}
	for lo := 0; lo < len(j.outRow); lo += vec.BatchSize {
		hi := min(lo+vec.BatchSize, len(j.outRow))
		rows := [2][]int32{j.outRow[lo:hi], j.outSlot[lo:hi]}
		if in == 1 {
			rows[0], rows[1] = rows[1], rows[0]
		}
		cols := side(0, rows[0])
		if !j.semi() {
			cols = append(cols, side(1, rows[1])...)
		}
		retype(cols, j.outTypes)
		if err := out.Emit(vec.NewBatch(hi-lo, cols...)); err != nil {
			return err
		}
	}
	j.outRow, j.outSlot = j.outRow[:0], j.outSlot[:0]
	return nil
}

// Snapshot writes an entry a row: whether it was matched, its time, until when it is kept, and the
// row. They are ordered as their timers.
func (j *IntervalJoin) Snapshot(w state.Writer) error {
	if err := snapshotMark(j.ctx, w, j.mark); err != nil {
		return err
	}
	for side, s := range j.sides {
		codec := vec.NewRowCodec(s.store.ts)
		slots, seq := make([]int32, s.timers.len()), make([]uint64, s.timers.len())
		for place, t := range s.timers.heap {
			slots[place], seq[place] = t.id, uint64(place)
		}
		cols := s.store.gather(slots)
		err := j.state(side).write(w, pick(cols, s.keys), len(slots), seq, func(dst []byte, i int) []byte {
			matched := int64(0)
			if s.matched[slots[i]] {
				matched = 1
			}
			dst = appendInt(appendInt(dst, matched), s.at[slots[i]])
			return codec.AppendRow(appendInt(appendInt(dst, s.timers.heap[i].at), int64(i)), cols, i)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (j *IntervalJoin) state(side int) *keyedState {
	return newKeyedState(j.ctx, [2]string{"left", "right"}[side], pickTypes(j.sides[side].store.ts, j.sides[side].keys))
}

// Restore reads them back.
func (j *IntervalJoin) Restore(r state.Reader) error {
	var err error
	if j.mark, err = restoreMark(j.ctx, r); err != nil {
		return err
	}
	for side, s := range j.sides {
		codec := vec.NewRowCodec(s.store.ts)
		var timers []timer
		var places []int64
		st := j.state(side)
		err := st.read(r, true, func(keys []*vec.Vec, values *vec.Rows) error {
			ids := make([]int32, values.Len())
			j.table.Find(keys, nil, ids, true)
			j.grow()
			rows := vec.NewBatchBuilder(codec.Types(), len(ids))
			nums := make([][4]int64, len(ids))
			for i := range ids {
				e := entryReader{b: values.Row(i)}
				nums[i] = [4]int64{e.int(), e.int(), e.int(), e.int()}
				if e.bad {
					return st.corrupt()
				}
				if err := codec.Decode(e.b, rows.Cols); err != nil {
					return err
				}
				rows.EndRow(vec.Insert)
			}
			b := rows.Finish()
			for i, id := range ids {
				s.add(b.Cols, i, id, nums[i][1], nums[i][2], nums[i][0] == 1)
				timers, places = append(timers, s.timers.heap[s.timers.len()-1]), append(places, nums[i][3])
				s.timers.heap = s.timers.heap[:0]
			}
			return nil
		})
		if err != nil {
			return err
		}
		s.timers.restore(timers, places)
	}
	return nil
}
