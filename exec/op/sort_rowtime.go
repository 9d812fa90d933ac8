package op

import (
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// RowtimeSort is ORDER BY rowtime [, …] on a stream, as Flink's RowTimeSortOperator:
// rows wait for the watermark, and those up to it are emitted in order; rows with
// equal keys keep the order in which they came. A row that is not later than the last
// row emitted is late and dropped. Input is insert-only.
//
// State: the rows that wait, and the time of the last row emitted.
type RowtimeSort struct {
	ctx     *exec.Context
	spec    *physical.Sort
	types   []types.Type
	keys    []vec.SortKey
	store   *rowStore
	waiting []waitingRow // a binary heap by time and arrival
	arrived uint64
	last    int64
	times   []int64
	changes changes
}

// waitingRow is a row that waits for its time.
type waitingRow struct {
	at      int64
	arrival uint64
	slot    int32
}

func (r waitingRow) before(o waitingRow) bool {
	return r.at < o.at || r.at == o.at && r.arrival < o.arrival
}

// NewRowtimeSort makes the operator.
func NewRowtimeSort(spec *physical.Sort) *RowtimeSort {
	ts := outTypes(spec)
	return &RowtimeSort{spec: spec, types: ts, keys: sortKeys(spec.Keys), store: newRowStore(ts), last: exec.MinWatermark}
}

// Open takes the context.
func (s *RowtimeSort) Open(ctx *exec.Context) error {
	s.ctx = ctx
	return nil
}

// Process keeps the rows that are not late.
func (s *RowtimeSort) Process(_ int, b *vec.Batch, _ exec.Out) error {
	times, err := millis(b.Cols[s.spec.Keys[0].Col], s.times)
	if err != nil {
		return err
	}
	for i, at := range times[:b.Len] {
		if at <= s.last {
			s.ctx.Counters.LateRows.Add(1)
			continue
		}
		s.push(waitingRow{at, s.arrived, s.store.add(b.Cols, i)})
		s.arrived++
	}
	return nil
}

// OnWatermark emits the rows up to it.
func (s *RowtimeSort) OnWatermark(wm int64, out exec.Out) error {
	for len(s.waiting) > 0 && s.waiting[0].at <= wm {
		r := s.pop()
		s.last = r.at
		s.changes.add(vec.Insert, r.slot)
		s.changes.free(r.slot)
	}
	if len(s.keys) > 1 && len(s.changes.slots) > 1 {
		b := vec.NewBatch(len(s.changes.slots), s.store.gather(s.changes.slots)...)
		ordered := make([]int32, b.Len)
		for j, i := range vec.SortIndices(b, s.keys) {
			ordered[j] = s.changes.slots[i]
		}
		s.changes.slots = ordered
	}
	return s.changes.emit(s.store, s.types, out)
}

func (s *RowtimeSort) push(r waitingRow) {
	h := append(s.waiting, r)
	i := len(h) - 1
	for i > 0 && r.before(h[(i-1)/2]) {
		h[i] = h[(i-1)/2]
		i = (i - 1) / 2
	}
	h[i] = r
	s.waiting = h
}

func (s *RowtimeSort) pop() waitingRow {
	h := s.waiting
	top, r := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	for i := 0; ; {
		k := 2*i + 1
		if k+1 < len(h) && h[k+1].before(h[k]) {
			k++
		}
		if k >= len(h) || !h[k].before(r) {
			if len(h) > 0 {
				h[i] = r
			}
			break
		}
		h[i] = h[k]
		i = k
	}
	s.waiting = h
	return top
}

// Snapshot writes the waiting rows in their order, and the time of the last one emitted.
func (s *RowtimeSort) Snapshot(w state.Writer) error {
	if err := w.Put(s.ctx.UID+"/last", 0, nil, appendInt(nil, s.last)); err != nil {
		return err
	}
	rows := slices.Clone(s.waiting)
	slices.SortFunc(rows, func(a, b waitingRow) int {
		if a.before(b) {
			return -1
		}
		return 1
	})
	slots, seq := make([]int32, len(rows)), make([]uint64, len(rows))
	for j, r := range rows {
		slots[j], seq[j] = r.slot, uint64(j)
	}
	cols, codec := s.store.gather(slots), vec.NewRowCodec(s.types)
	return newKeyedState(s.ctx, "rows", nil).write(w, nil, len(rows), seq, func(dst []byte, i int) []byte {
		return codec.AppendRow(dst, cols, i)
	})
}

// Restore reads them back.
func (s *RowtimeSort) Restore(r state.Reader) error {
	err := r.Each(s.ctx.UID+"/last", s.ctx.KeyGroups, func(_ int, _, value []byte) error {
		e := entryReader{b: value}
		s.last = e.int()
		return nil
	})
	if err != nil {
		return err
	}
	codec := vec.NewRowCodec(s.types)
	return newKeyedState(s.ctx, "rows", nil).read(r, true, func(_ []*vec.Vec, values *vec.Rows) error {
		rows := vec.NewBatchBuilder(s.types, values.Len())
		for i := range values.Len() {
			if err := codec.Decode(values.Row(i), rows.Cols); err != nil {
				return err
			}
			rows.EndRow(vec.Insert)
		}
		return s.Process(0, rows.Finish(), nil)
	})
}
