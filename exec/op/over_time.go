package op

import (
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// overTime is OVER on a stream ordered by one time attribute, with a frame that ends at the
// current row, as Flink's RowTime… and ProcTime…Over functions.
//
// Event time: rows wait for the watermark. A timer for every key and time puts out
// the rows of that time, in the order they came; with RANGE they share one frame, with
// ROWS each has its own. Of UNBOUNDED PRECEDING rows not later than the watermark are late, of
// bounded frames those not later than the last row put out of their key; late rows are
// dropped and counted. Processing time: rows are put out as they come.
//
// Ranking and offset functions look back only, and give peers one value (peersShare).
//
// Input and output are insert-only. State: rows that wait, accumulators, and the rows
// of the frame (or those LAG needs) of each key; forgotten after the TTL.
type overTime struct {
	*overCalls
	ctx      *exec.Context
	outTypes []types.Type
	keyTypes []types.Type
	table    *vec.GroupTable
	keys     []*overKey // by key id
	store    *rowStore
	timers   timerHeap // of key ids
	mark     int64
	expiry   *expiry
	ids      []int32
	times    []int64
	keep     int // rows to keep at least for LAG and for peers
	empty    []int32
}

// overKey is the state of one partition.
type overKey struct {
	waiting  []timedRow // by time, then arrival
	kept     []int32    // rows put out that are still needed, in order
	lo       int        // of kept: where the accumulator's frame begins
	numbered numbering
	last     int64 // time of the last row put out
	cleanup  int64 // when the key is forgotten, MaxWatermark = never: RANGE … PRECEDING only
	due      []int32
}

type timedRow struct {
	at   int64
	slot int32
}

func newOverTime(spec *physical.Over, lib agg.Library) (*overTime, error) {
	calls, err := newOverCalls(spec, lib)
	if err != nil {
		return nil, err
	}
	if calls.whole() {
		return nil, diag.Errorf(codeMode, spec.Calls[0].Span, "LEAD, NTILE, PERCENT_RANK and CUME_DIST need all rows of a partition, which a stream does not have").
			WithHint("Run the script in batch mode.")
	}
	o := &overTime{overCalls: calls, outTypes: outTypes(spec), keyTypes: pickTypes(spec.In, spec.Partition), store: newRowStore(spec.In),
		mark: exec.MinWatermark, expiry: newExpiry(spec.TTL)}
	o.table = vec.NewGroupTable(o.keyTypes)
	o.peersShare = spec.Rowtime
	if !spec.Rowtime && spec.Preceding < 0 {
		o.frame.rows = true // by processing time every row has its own moment
	}
	if calls.positions {
		o.keep = 1
	}
	return o, nil
}

// Open takes the context.
func (o *overTime) Open(ctx *exec.Context) error {
	o.ctx = ctx
	return nil
}

// Process keeps rows until their time, or puts them out at once.
func (o *overTime) Process(_ int, b *vec.Batch, out exec.Out) error {
	o.expire()
	o.ids = scratch(o.ids, b.Len)
	o.table.Find(pick(b.Cols, o.spec.Partition), nil, o.ids, true)
	o.grow()
	o.noteLag(b)
	if !o.spec.Rowtime {
		return o.now(b, out)
	}
	var err error
	if o.times, err = millis(b.Cols[o.spec.Order[0].Col], nil); err != nil {
		return err
	}
	for i, id := range o.ids {
		k, at := o.keys[id], o.times[i]
		if o.late(k, at) {
			o.ctx.Counters.LateRows.Add(1)
			o.empty = append(o.empty, id)
			continue
		}
		p := len(k.waiting)
		for p > 0 && k.waiting[p-1].at > at {
			p--
		}
		if (p == 0 || k.waiting[p-1].at < at) && at != k.cleanup {
			o.timers.push(timer{at: at, id: id})
		}
		k.waiting = slices.Insert(k.waiting, p, timedRow{at, o.store.add(b.Cols, i)})
		o.keepUntil(id, k, at)
	}
	o.sweep()
	return nil
}

// keepUntil puts off when a key is forgotten that a RANGE reaches back from. Flink asks for
// a timer at one and a half times the range, which moves its other timers about; so it is here.
func (o *overTime) keepUntil(id int32, k *overKey, at int64) {
	if o.frame.rows || !o.frame.slides() || o.positions {
		return
	}
	if by := o.spec.Preceding; k.cleanup == exec.MaxWatermark || k.cleanup < at+by+1 {
		k.cleanup = at + int64(float64(by)*1.5) + 1
		if !slices.ContainsFunc(k.waiting, func(r timedRow) bool { return r.at == k.cleanup }) {
			o.timers.push(timer{at: k.cleanup, id: id})
		}
	}
}

func (o *overTime) late(k *overKey, at int64) bool {
	if o.frame.slides() {
		return at <= k.last
	}
	return at <= o.mark
}

// grow makes room for new keys.
func (o *overTime) grow() {
	for len(o.keys) < o.table.Cap() {
		o.keys = append(o.keys, nil)
	}
	for _, id := range o.ids {
		if o.keys[id] == nil {
			o.keys[id] = &overKey{last: exec.MinWatermark, cleanup: exec.MaxWatermark}
		}
	}
	o.aggs.grow(o.table.Cap())
}

// noteLag notes how far LAG looks back; its offset is a constant column.
func (o *overTime) noteLag(b *vec.Batch) {
	for _, c := range o.spec.Calls {
		if c.Fn != "LAG" {
			continue
		}
		o.keep = max(o.keep, 1)
		if len(c.Args) > 1 && b.Len > 0 {
			o.keep = max(o.keep, int(intAt(b.Cols[c.Args[1]], 0)))
		}
	}
}

// now puts a batch out at once.
func (o *overTime) now(b *vec.Batch, out exec.Out) error {
	slots := make([]int32, b.Len)
	o.store.addRows(b.Cols, nil, slots)
	for i, id := range o.ids {
		o.keys[id].due = append(o.keys[id].due, slots[i])
	}
	return o.emit(slots, o.ids, out)
}

// OnWatermark puts out the rows that it has reached.
func (o *overTime) OnWatermark(wm int64, out exec.Out) error {
	if !o.spec.Rowtime {
		return nil
	}
	o.mark = wm
	o.expire()
	var slots, ids []int32
	for o.timers.len() > 0 && o.timers.next() <= wm {
		t := o.timers.pop()
		k := o.keys[t.id]
		if k.cleanup <= t.at {
			if err := o.emit(slots, ids, out); err != nil {
				return err
			}
			slots, ids = slots[:0], ids[:0]
			o.reset(t.id)
			continue
		}
		n := 0
		for n < len(k.waiting) && k.waiting[n].at == t.at {
			slots, ids = append(slots, k.waiting[n].slot), append(ids, t.id)
			k.due = append(k.due, k.waiting[n].slot)
			n++
		}
		if k.waiting = slices.Delete(k.waiting, 0, n); n > 0 {
			k.last = t.at
		}
		if len(slots) >= 4*vec.BatchSize {
			if err := o.emit(slots, ids, out); err != nil {
				return err
			}
			slots, ids = slots[:0], ids[:0]
		}
	}
	return o.emit(slots, ids, out)
}

// emit evaluates the due rows of the keys ids and puts them out in the order of slots.
func (o *overTime) emit(slots, ids []int32, out exec.Out) error {
	if len(slots) == 0 {
		return nil
	}
	// A block a key: the rows kept of it, then the due ones.
	var all []int32
	var blocks []overBlock
	blockOf := map[int32]int{}
	for _, id := range ids {
		if _, ok := blockOf[id]; ok {
			continue
		}
		k := o.keys[id]
		blockOf[id] = len(blocks)
		blocks = append(blocks, overBlock{key: id, at: len(all), n: len(k.kept) + len(k.due), known: len(k.kept), lo: k.lo, numbered: k.numbered})
		all = append(append(all, k.kept...), k.due...)
	}
	b := vec.NewBatch(len(all), o.store.gather(all)...)
	vals, err := o.eval(b, blocks)
	if err != nil {
		return err
	}
	rows, next := make([]int32, len(slots)), make([]int, len(blocks))
	for j, id := range ids {
		k := blockOf[id]
		rows[j] = int32(blocks[k].at + blocks[k].known + next[k])
		next[k]++
	}
	res := vec.NewBatch(len(all), append(b.Cols, vals...)...)
	retype(res.Cols, o.outTypes)
	for lo := 0; lo < len(rows); lo += vec.BatchSize {
		if err := out.Emit(res.Take(rows[lo:min(lo+vec.BatchSize, len(rows))])); err != nil {
			return err
		}
	}
	o.retain(blocks)
	return nil
}

// retain keeps the rows that are still needed: those of the frame, if rows leave it,
// and those that LAG and peers are compared with.
func (o *overTime) retain(blocks []overBlock) {
	for _, bl := range blocks {
		k := o.keys[bl.key]
		k.numbered = bl.numbered
		k.kept = append(k.kept, k.due...)
		k.due = k.due[:0]
		from := max(len(k.kept)-o.keep, 0)
		if k.lo = 0; o.frame.slides() {
			from = min(from, bl.lo)
			k.lo = bl.lo - from
		}
		for _, slot := range k.kept[:from] {
			o.store.remove(slot)
		}
		k.kept = slices.Delete(k.kept, 0, from)
		if !o.frame.slides() {
			k.lo = len(k.kept) // nothing of it is ever taken back
		}
		if o.expiry != nil {
			o.expiry.touch(bl.key, o.ctx.Now())
		}
	}
}

// expire forgets the keys whose time to live is over and that no row waits for.
func (o *overTime) expire() {
	if o.expiry == nil {
		return
	}
	o.expiry.expire(o.ctx.Now(), func(id int32) {
		k := o.keys[id]
		o.empties(id, k)
		*k = overKey{waiting: k.waiting, last: k.last, cleanup: k.cleanup}
		o.expiry.forget(id)
		if len(k.waiting) == 0 && k.cleanup == exec.MaxWatermark {
			o.drop(id)
		}
	})
}

// empties lets go of the rows and accumulators of a key.
func (o *overTime) empties(id int32, k *overKey) {
	for _, slot := range k.kept {
		o.store.remove(slot)
	}
	o.aggs.reset([]int32{id})
}

// reset forgets a key that no frame reaches any more.
func (o *overTime) reset(id int32) {
	o.empties(id, o.keys[id])
	if o.expiry != nil {
		o.expiry.forget(id)
	}
	o.drop(id)
}

// sweep forgets the keys that only late rows asked for.
func (o *overTime) sweep() {
	slices.Sort(o.empty)
	for _, id := range slices.Compact(o.empty) {
		if k := o.keys[id]; len(k.waiting) == 0 && len(k.kept) == 0 && k.numbered.row == 0 && k.last == exec.MinWatermark {
			o.drop(id)
		}
	}
	o.empty = o.empty[:0]
}

func (o *overTime) drop(id int32) {
	o.keys[id] = nil
	o.table.Delete(id)
}

// Snapshot writes the keys (numbers, time of the last row and of the last write, partials), the
// rows kept and waiting, and the timers.
func (o *overTime) Snapshot(w state.Writer) error {
	if err := snapshotMark(o.ctx, w, o.mark); err != nil {
		return err
	}
	ids := o.table.AppendIDs(nil)
	codec, partial := vec.NewRowCodec(o.aggs.partialTypes()), o.aggs.partial(ids)
	err := o.state("keys").write(w, o.table.Keys(ids), len(ids), nil, func(dst []byte, i int) []byte {
		k := o.keys[ids[i]]
		written := int64(unnoted)
		if o.expiry != nil && int(ids[i]) < len(o.expiry.written) && o.expiry.written[ids[i]] != noWrite {
			written = o.expiry.written[ids[i]]
		}
		for _, x := range []int64{int64(k.lo), k.numbered.row, k.numbered.rank, k.numbered.dense, k.last, k.cleanup, written} {
			dst = appendInt(dst, x)
		}
		return codec.AppendRow(dst, partial, i)
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		k := o.keys[id]
		slots := slices.Clone(k.kept)
		for _, r := range k.waiting {
			slots = append(slots, r.slot)
		}
		seq := make([]uint64, len(slots))
		for j := range seq {
			seq[j] = uint64(j)
		}
		rows, cols := vec.NewRowCodec(o.spec.In), o.store.gather(slots)
		err := o.state("rows").write(w, pick(cols, o.spec.Partition), len(slots), seq, func(dst []byte, i int) []byte {
			waits := int64(0)
			if i >= len(k.kept) {
				waits = 1
			}
			return rows.AppendRow(appendInt(dst, waits), cols, i)
		})
		if err != nil {
			return err
		}
	}
	return snapshotTimers(o.state("timers"), w, &o.timers, o.table.Keys)
}

func (o *overTime) state(part string) *keyedState { return newKeyedState(o.ctx, part, o.keyTypes) }

// Restore reads them back.
func (o *overTime) Restore(r state.Reader) error {
	var err error
	if o.mark, err = restoreMark(o.ctx, r); err != nil {
		return err
	}
	codec := vec.NewRowCodec(o.aggs.partialTypes())
	err = o.state("keys").read(r, false, func(keys []*vec.Vec, values *vec.Rows) error {
		ids := o.restoreKeys(keys, values.Len())
		partial, now := vec.NewBatchBuilder(codec.Types(), len(ids)), o.ctx.Now()
		for i, id := range ids {
			e := entryReader{b: values.Row(i)}
			k := o.keys[id]
			k.lo, k.numbered = int(e.int()), numbering{e.int(), e.int(), e.int()}
			k.last, k.cleanup = e.int(), e.int()
			if o.expiry.restore(id, e.int(), now); e.bad {
				return o.state("keys").corrupt()
			}
			if err := codec.Decode(e.b, partial.Cols); err != nil {
				return err
			}
			partial.EndRow(vec.Insert)
		}
		if b := partial.Finish(); b != nil {
			o.aggs.merge(ids, b.Cols)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := o.restoreRows(r); err != nil {
		return err
	}
	return restoreTimers(o.state("timers"), r, &o.timers, o.restoreKeys)
}

func (o *overTime) restoreKeys(keys []*vec.Vec, n int) []int32 {
	o.ids = scratch(o.ids, n)
	o.table.Find(keys, nil, o.ids, true)
	o.grow()
	return slices.Clone(o.ids)
}

func (o *overTime) restoreRows(r state.Reader) error {
	codec := vec.NewRowCodec(o.spec.In)
	return o.state("rows").read(r, true, func(keys []*vec.Vec, values *vec.Rows) error {
		n := values.Len()
		ids, waits := o.restoreKeys(keys, n), make([]bool, n)
		rows := vec.NewBatchBuilder(codec.Types(), n)
		for i := range n {
			e := entryReader{b: values.Row(i)}
			if waits[i] = e.int() == 1; e.bad {
				return o.state("rows").corrupt()
			}
			if err := codec.Decode(e.b, rows.Cols); err != nil {
				return err
			}
			rows.EndRow(vec.Insert)
		}
		b := rows.Finish()
		o.noteLag(b)
		var times []int64
		if o.spec.Rowtime {
			var err error
			if times, err = millis(b.Cols[o.spec.Order[0].Col], nil); err != nil {
				return err
			}
		}
		for i, id := range ids {
			k, slot := o.keys[id], o.store.add(b.Cols, i)
			if waits[i] {
				k.waiting = append(k.waiting, timedRow{times[i], slot})
			} else {
				k.kept = append(k.kept, slot)
			}
		}
		return nil
	})
}

// NewOver makes the operator that an OVER is in its mode and order.
func NewOver(spec *physical.Over, batch bool, lib agg.Library) (exec.Operator, error) {
	switch {
	case batch:
		return newOverBatch(spec, lib)
	case spec.Changing:
		return newOverChanging(spec, lib)
	default:
		return newOverTime(spec, lib)
	}
}
