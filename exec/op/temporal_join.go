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

// TemporalJoin is JOIN … FOR SYSTEM_TIME AS OF with a versioned table: a left row meets
// the version of the right row that was valid at the left row's time.
//
// Event time, as Flink's TemporalRowTimeJoinOperator: every right row is a version of
// its key from its time on (-D: there is none from then on; -U is ignored; of two
// versions of one time the later one counts). Left rows wait for the watermark of both
// inputs; those of a key come out together, in the order they came. Of the versions that
// the watermark has passed, only the last is kept.
//
// Processing time, as TemporalProcessTimeJoinOperator: a left row meets the latest
// version as it comes.
//
// Row kinds of the left pass. Inner drops rows without a version, left pads them. A NULL
// key matches nothing; a NULL time is an error. With a TTL (processing time) versions that
// were not written so long are forgotten. State: the versions, the left rows that wait,
// the watermark.
type TemporalJoin struct {
	ctx      *exec.Context
	spec     *physical.TemporalJoin
	outTypes []types.Type
	table    *vec.GroupTable
	keys     []temporalKey
	left     *rowStore // with the row kind as a last column
	right    *rowStore
	residual *pairFilter
	timers   timerHeap // of keys, at the time of a left row that waits
	mark     int64
	expiry   *expiry // of keys, by processing time only

	ids     []int32
	times   []int64
	empty   []int32
	outRow  []int32 // of the batch, or slots of left
	outSlot []int32 // of right
}

// temporalKey is the state of a key.
type temporalKey struct {
	waiting  []timedRow // left rows in the order they came
	versions []version  // in order of time
}

// version is valid from at until the next; slot -1 = there is no row then.
type version struct {
	at   int64
	slot int32
}

// NewTemporalJoin makes the operator.
func NewTemporalJoin(spec *physical.TemporalJoin, reg expr.Registry) (*TemporalJoin, error) {
	j := &TemporalJoin{spec: spec, outTypes: outTypes(spec), mark: exec.MinWatermark, right: newRowStore(spec.Right)}
	j.table = vec.NewGroupTable(pickTypes(spec.Left, spec.LeftKeys))
	j.left = newRowStore(append(slices.Clone(spec.Left), types.Int8.NotNull()))
	if !spec.Rowtime {
		j.expiry = newExpiry(spec.TTL)
	}
	var err error
	j.residual, err = newPairFilter(spec.Residual, spec.Left, spec.Right, reg)
	return j, err
}

// Open takes the context.
func (j *TemporalJoin) Open(ctx *exec.Context) error {
	j.ctx = ctx
	j.residual.open(ctx)
	return nil
}

// Process takes left rows (input 0) or versions (input 1).
func (j *TemporalJoin) Process(in int, b *vec.Batch, out exec.Out) error {
	if j.expiry != nil {
		j.expiry.expire(j.ctx.Now(), func(id int32) {
			j.clearVersions(id)
			j.empty = append(j.empty, id)
		})
	}
	cols, time := j.spec.LeftKeys, j.spec.LeftTime
	if in == 1 {
		cols, time = j.spec.RightKeys, j.spec.RightTime
	}
	if j.spec.Rowtime {
		var err error
		if j.times, err = millis(b.Cols[time], nil); err != nil {
			return err
		}
	}
	j.ids = scratch(j.ids, b.Len)
	j.table.Find(pick(b.Cols, cols), nil, j.ids, true)
	j.keys = resized(j.keys, j.table.Cap())
	j.empty = append(j.empty, j.ids...)
	defer j.sweep()
	switch {
	case in == 1:
		j.addVersions(b)
		return nil
	case j.spec.Rowtime:
		j.wait(b)
		return nil
	}
	return j.joinNow(b, out)
}

// addVersions takes right rows.
func (j *TemporalJoin) addVersions(b *vec.Batch) {
	for i, id := range j.ids {
		kind, at := b.Kind(i), int64(0)
		if kind == vec.UpdateBefore && j.spec.Rowtime || hasNull(b.Cols, j.spec.RightKeys, nil, i) {
			continue
		}
		if j.spec.Rowtime {
			at = j.times[i]
		}
		v := version{at, -1}
		if kind.Adds() {
			v.slot = j.right.add(b.Cols, i)
		}
		k := &j.keys[id]
		p := len(k.versions)
		for p > 0 && k.versions[p-1].at > at {
			p--
		}
		switch {
		case p > 0 && k.versions[p-1].at == at:
			j.freeVersion(k.versions[p-1])
			k.versions[p-1] = v
		default:
			k.versions = slices.Insert(k.versions, p, v)
		}
		if !j.spec.Rowtime {
			if v.slot < 0 {
				j.clearVersions(id)
			} else if j.expiry != nil {
				j.expiry.touch(id, j.ctx.Now())
			}
		}
	}
}

func (j *TemporalJoin) freeVersion(v version) {
	if v.slot >= 0 {
		j.right.remove(v.slot)
	}
}

func (j *TemporalJoin) clearVersions(id int32) {
	k := &j.keys[id]
	for _, v := range k.versions {
		j.freeVersion(v)
	}
	k.versions = k.versions[:0]
	j.expiry.forget(id)
}

// wait keeps left rows until the watermark has reached them.
func (j *TemporalJoin) wait(b *vec.Batch) {
	kinds := vec.New(types.Int8.NotNull(), b.Len)
	for i := range b.Len {
		kinds.Int8s()[i] = int8(b.Kind(i))
	}
	cols := append(slices.Clone(b.Cols), kinds)
	for i, id := range j.ids {
		k := &j.keys[id]
		if !slices.ContainsFunc(k.waiting, func(r timedRow) bool { return r.at <= j.times[i] }) {
			j.timers.push(timer{at: j.times[i], id: id})
		}
		k.waiting = append(k.waiting, timedRow{j.times[i], j.left.add(cols, i)})
	}
}

// joinNow joins left rows with the latest versions.
func (j *TemporalJoin) joinNow(b *vec.Batch, out exec.Out) error {
	for i, id := range j.ids {
		slot := int32(-1)
		if v := j.keys[id].versions; len(v) > 0 && !hasNull(b.Cols, j.spec.LeftKeys, nil, i) {
			slot = v[len(v)-1].slot
		}
		j.outRow, j.outSlot = append(j.outRow, int32(i)), append(j.outSlot, slot)
	}
	return j.emit(batchRows(b.Cols), b.Kind, out)
}

// OnWatermark joins the left rows that the watermark has reached.
func (j *TemporalJoin) OnWatermark(wm int64, out exec.Out) error {
	if !j.spec.Rowtime {
		return nil
	}
	j.mark = wm
	var due []int32
	for j.timers.len() > 0 && j.timers.next() <= wm {
		id := j.timers.pop().id
		due = j.joinKey(id, wm, due)
	}
	kinds := j.left.column(len(j.spec.Left), due).Int8s()
	err := j.emit(j.left, func(i int) vec.RowKind { return vec.RowKind(kinds[i]) }, out)
	for _, slot := range due {
		j.left.remove(slot)
	}
	j.sweep()
	return err
}

// joinKey notes the left rows of a key that are due, with their versions, appends
// their slots to due, and lets go the versions that no row can ask for any more.
func (j *TemporalJoin) joinKey(id int32, wm int64, due []int32) []int32 {
	k := &j.keys[id]
	rest := k.waiting[:0]
	next := int64(exec.MaxWatermark)
	for _, r := range k.waiting {
		if r.at > wm {
			rest, next = append(rest, r), min(next, r.at)
			continue
		}
		p, found := slices.BinarySearchFunc(k.versions, r.at, func(v version, at int64) int { return cmpInt(v.at, at) })
		if !found {
			p--
		}
		slot := int32(-1)
		if p >= 0 {
			slot = k.versions[p].slot
		}
		j.outRow, j.outSlot = append(j.outRow, r.slot), append(j.outSlot, slot)
		due = append(due, r.slot)
	}
	if k.waiting = rest; len(rest) > 0 {
		j.timers.push(timer{at: next, id: id})
	}
	j.empty = append(j.empty, id)
	return due
}

// trim lets go the versions of a key before the last that the watermark has passed.
func (j *TemporalJoin) trim(id int32) {
	if !j.spec.Rowtime {
		return
	}
	k := &j.keys[id]
	n := 0
	for n+1 < len(k.versions) && k.versions[n+1].at <= j.mark && !waits(k.waiting, k.versions[n+1].at) {
		j.freeVersion(k.versions[n])
		n++
	}
	k.versions = slices.Delete(k.versions, 0, n)
}

// waits reports whether a row waits that needs a version before at.
func waits(rows []timedRow, at int64) bool {
	return slices.ContainsFunc(rows, func(r timedRow) bool { return r.at < at })
}

// emit evaluates the residual on the noted pairs and gives them out. kind gives the
// kind of the i-th pair's left row: of a batch, i is its row.
func (j *TemporalJoin) emit(left slotColumns, kind func(i int) vec.RowKind, out exec.Out) error {
	var keep []bool
	if j.residual != nil && len(j.outRow) > 0 {
		var err error
		if keep, err = j.residual.keep(left, j.outRow, j.right, j.outSlot); err != nil {
			return err
		}
	}
	rows, slots, kinds := j.outRow[:0], j.outSlot[:0], make([]vec.RowKind, 0, len(j.outRow))
	for p, row := range j.outRow {
		slot := j.outSlot[p]
		if keep != nil && !keep[p] {
			slot = -1
		}
		if slot < 0 && j.spec.Kind == physical.Inner {
			continue
		}
		rows, slots, kinds = append(rows, row), append(slots, slot), append(kinds, kind(p))
	}
	for lo := 0; lo < len(rows); lo += vec.BatchSize {
		hi := min(lo+vec.BatchSize, len(rows))
		cols := make([]*vec.Vec, 0, len(j.outTypes))
		for c := range j.spec.Left {
			cols = append(cols, left.column(c, rows[lo:hi]))
		}
		cols = append(cols, j.right.gather(slots[lo:hi])...)
		if err := out.Emit(changeBatch(cols, j.outTypes, kinds[lo:hi])); err != nil {
			return err
		}
	}
	j.outRow, j.outSlot = j.outRow[:0], j.outSlot[:0]
	return nil
}

// sweep lets go of what the keys of the call need no more.
func (j *TemporalJoin) sweep() {
	slices.Sort(j.empty)
	for _, id := range slices.Compact(j.empty) {
		j.trim(id)
		if k := &j.keys[id]; len(k.waiting) == 0 && len(k.versions) == 0 {
			j.table.Delete(id)
		}
	}
	j.empty = j.empty[:0]
}

// Snapshot writes the left rows that wait, the versions, and the timers.
func (j *TemporalJoin) Snapshot(w state.Writer) error {
	if err := snapshotMark(j.ctx, w, j.mark); err != nil {
		return err
	}
	left, right := vec.NewRowCodec(j.left.ts), vec.NewRowCodec(j.right.ts)
	for _, id := range j.table.AppendIDs(nil) {
		k, key := &j.keys[id], j.table.Keys([]int32{id})
		slots := make([]int32, len(k.waiting))
		for i, r := range k.waiting {
			slots[i] = r.slot
		}
		cols := j.left.gather(slots)
		err := j.state("left").write(w, repeat(key, len(slots)), len(slots), ascending(len(slots)), func(dst []byte, i int) []byte {
			return left.AppendRow(appendInt(dst, k.waiting[i].at), cols, i)
		})
		if err != nil {
			return err
		}
		slots = make([]int32, len(k.versions))
		for i, v := range k.versions {
			slots[i] = v.slot
		}
		cols = j.right.gather(slots)
		err = j.state("right").write(w, repeat(key, len(slots)), len(slots), ascending(len(slots)), func(dst []byte, i int) []byte {
			has := int64(0)
			if slots[i] >= 0 {
				has = 1
			}
			dst = appendInt(appendInt(appendInt(dst, k.versions[i].at), j.expiry.last(id)), has)
			return right.AppendRow(dst, cols, i)
		})
		if err != nil {
			return err
		}
	}
	return snapshotTimers(j.state("timers"), w, &j.timers, j.table.Keys)
}

func (j *TemporalJoin) state(part string) *keyedState {
	return newKeyedState(j.ctx, part, pickTypes(j.spec.Left, j.spec.LeftKeys))
}

// repeat gives n times the one row of columns.
func repeat(cols []*vec.Vec, n int) []*vec.Vec { return takeAll(cols, make([]int32, n)) }

func ascending(n int) []uint64 {
	out := make([]uint64, n)
	for i := range out {
		out[i] = uint64(i)
	}
	return out
}

// Restore reads them back.
func (j *TemporalJoin) Restore(r state.Reader) error {
	var err error
	if j.mark, err = restoreMark(j.ctx, r); err != nil {
		return err
	}
	find := func(keys []*vec.Vec, n int) []int32 {
		ids := make([]int32, n)
		j.table.Find(keys, nil, ids, true)
		j.keys = resized(j.keys, j.table.Cap())
		return ids
	}
	read := func(part string, nums int, codec *vec.RowCodec, use func(id int32, nums []int64, b *vec.Batch, i int)) error {
		st := j.state(part)
		return st.read(r, true, func(keys []*vec.Vec, values *vec.Rows) error {
			ids := find(keys, values.Len())
			rows := vec.NewBatchBuilder(codec.Types(), len(ids))
			all := make([][]int64, len(ids))
			for i := range ids {
				e := entryReader{b: values.Row(i)}
				for range nums {
					all[i] = append(all[i], e.int())
				}
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
				use(id, all[i], b, i)
			}
			return nil
		})
	}
	err = read("left", 1, vec.NewRowCodec(j.left.ts), func(id int32, nums []int64, b *vec.Batch, i int) {
		j.keys[id].waiting = append(j.keys[id].waiting, timedRow{nums[0], j.left.add(b.Cols, i)})
	})
	if err != nil {
		return err
	}
	err = read("right", 3, vec.NewRowCodec(j.right.ts), func(id int32, nums []int64, b *vec.Batch, i int) {
		v := version{nums[0], -1}
		if nums[2] == 1 {
			v.slot = j.right.add(b.Cols, i)
		}
		j.keys[id].versions = append(j.keys[id].versions, v)
		if !j.spec.Rowtime {
			j.expiry.restore(id, nums[1], j.ctx.Now())
		}
	})
	if err != nil {
		return err
	}
	return restoreTimers(j.state("timers"), r, &j.timers, find)
}
