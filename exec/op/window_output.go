package op

import (
	"math"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// WindowOutput lets the results of TUMBLE and HOP aggregates through as their
// physical.WindowShow says. It works on event time alone, so that a stream, a batch and a
// restored run give the same rows.
//
// Updates: the input are the steps of a window that grows. The first comes as +I, a changed
// one as -U (if wanted) and +U, with the bounds of the whole window.
//
// Else every key has at most one offer at the end of each window: its result, or a row of
// zeroes when the window after its last one ends. An offer equal to what was shown
// last is dropped; one that comes too early waits, unless a later one takes its place,
// until the first end of a window at which it may come. When a key's window is
// empty and nothing waits, the key is forgotten.
//
// State: by key what was shown, what waits, and when.
type WindowOutput struct {
	ctx      *exec.Context
	spec     *physical.WindowOutput
	show     physical.WindowShow
	time     windowTime
	keyTypes []types.Type
	outTypes []types.Type
	table    *vec.GroupTable
	rows     *rowStore
	keys     []shownKey
	timers   timerHeap
	mark     int64
	out      *vec.BatchBuilder
	ids      []int32
}

// shownKey is what is known of a key, or of a key and window in updates.
type shownKey struct {
	live    bool
	zeroed  bool
	last    int64 // end of the last window with rows
	emitted int64 // window end at which something was shown last
	shown   int32 // slot + 1, 0 = nothing
	waiting int32
	next    int64 // timer
}

// NewWindowOutput makes the operator.
func NewWindowOutput(spec *physical.WindowOutput) *WindowOutput {
	w := &WindowOutput{spec: spec, show: *spec.Window.Show, outTypes: outTypes(spec), mark: exec.MinWatermark}
	w.keyTypes = pickTypes(w.outTypes, spec.Keys)
	if w.show.UpdateEvery > 0 {
		w.keyTypes = append(w.keyTypes, types.Int64.NotNull()) // and the start of the window
	}
	w.table, w.rows = vec.NewGroupTable(w.keyTypes), newRowStore(w.outTypes)
	w.out = vec.NewBatchBuilder(w.outTypes, 0)
	return w
}

// Open takes the context.
func (w *WindowOutput) Open(ctx *exec.Context) error {
	w.ctx = ctx
	w.time = newWindowTime(w.spec.Window, windowZone(w.spec.Window, ctx))
	return nil
}

// Process takes results, each with the end of its window in local time behind the columns
// of the output.
func (w *WindowOutput) Process(_ int, b *vec.Batch, out exec.Out) error {
	ends := b.Cols[len(b.Cols)-1].Int64s()
	cols := b.Cols[:len(b.Cols)-1]
	keys := pick(cols, w.spec.Keys)
	if w.show.UpdateEvery > 0 {
		whole := make([]int64, len(ends))
		for i, end := range ends {
			whole[i] = w.time.lastEnd(end)
		}
		cols = append(append([]*vec.Vec{}, cols[:w.firstProp()]...), w.bounds(whole)...)
		keys = append(keys, vec.FromSlice(types.Int64.NotNull(), whole, nil))
		ends = whole
	}
	w.ids = scratch(w.ids, b.Len)
	w.table.Find(keys, nil, w.ids, true)
	w.keys = resized(w.keys, w.table.Cap())
	for i, id := range w.ids {
		k := &w.keys[id]
		if !k.live {
			*k = shownKey{live: true, last: math.MinInt64, emitted: math.MinInt64}
		}
		if w.show.UpdateEvery > 0 {
			w.update(k, cols, i)
		} else {
			if w.settle(id, ends[i]-1) {
				w.drop(&k.shown)
				k.emitted = math.MinInt64
			}
			w.offer(k, ends[i], cols, i)
		}
		k.last, k.zeroed = ends[i], false
		w.arm(id)
	}
	return w.give(out)
}

func (w *WindowOutput) firstProp() int { return len(w.outTypes) - len(w.spec.Props) }

// bounds makes the columns of windows with these ends.
func (w *WindowOutput) bounds(ends []int64) []*vec.Vec {
	cols := make([]*vec.Vec, len(w.spec.Props))
	for c, p := range w.spec.Props {
		t := w.outTypes[w.firstProp()+c]
		vals, unit := make([]int64, len(ends)), int64(vec.Milli/vec.UnitOf(t.Precision))
		for i, end := range ends {
			vals[i] = w.bound(p, end) * unit
		}
		cols[c] = vec.FromSlice(t, vals, nil)
	}
	return cols
}

func (w *WindowOutput) bound(p physical.WindowProp, end int64) int64 {
	switch p {
	case physical.WindowStart:
		return w.time.bound(w.time.start(end))
	case physical.WindowEnd:
		return w.time.bound(end)
	default:
		return w.time.instant(end - 1)
	}
}

// update shows the result of a window that grows, if it has changed.
func (w *WindowOutput) update(k *shownKey, cols []*vec.Vec, i int) {
	if k.shown == 0 {
		w.put(vec.Insert, cols, i)
		k.shown = w.rows.add(cols, i) + 1
		return
	}
	if w.rows.equal(k.shown-1, cols, i) {
		return
	}
	if w.spec.EmitUpdateBefore {
		w.put(vec.UpdateBefore, w.rows.gather([]int32{k.shown - 1}), 0)
	}
	w.put(vec.UpdateAfter, cols, i)
	w.rows.remove(k.shown - 1)
	k.shown = w.rows.add(cols, i) + 1
}

// offer shows a result at the end of a window, or lets it wait.
func (w *WindowOutput) offer(k *shownKey, end int64, cols []*vec.Vec, i int) {
	w.drop(&k.waiting)
	switch {
	case w.show.OnlyChanges && k.shown > 0 && w.rows.equalOn(w.spec.Values, k.shown-1, cols, i):
	case w.show.AtMostEvery > 0 && k.emitted != math.MinInt64 && end < k.emitted+w.show.AtMostEvery:
		k.waiting = w.rows.add(cols, i) + 1
	default:
		w.put(vec.Insert, cols, i)
		k.emitted = end
		w.drop(&k.shown)
		if w.show.OnlyChanges {
			k.shown = w.rows.add(cols, i) + 1
		}
	}
}

func (w *WindowOutput) drop(slot *int32) {
	if *slot > 0 {
		w.rows.remove(*slot - 1)
		*slot = 0
	}
}

// empty is the end of the first window without rows of a key; due is the end of the window
// at which what waits may come.
func (w *WindowOutput) empty(k *shownKey) int64 { return k.last + w.time.slide }

func (w *WindowOutput) due(k *shownKey) int64 {
	at := k.emitted + w.show.AtMostEvery
	return w.time.lastEndUpTo(at-1) + w.time.slide
}

// settle does what is to be done for a key at ends of windows up to a local time. It
// reports whether the key may be forgotten.
func (w *WindowOutput) settle(id int32, upto int64) bool {
	k := &w.keys[id]
	for k.last != math.MinInt64 {
		empty := !k.zeroed && w.empty(k) <= upto
		due := k.waiting > 0 && w.due(k) <= upto
		switch {
		case due && !(empty && w.show.ZeroRows && w.empty(k) <= w.due(k)):
			row := w.rows.gather([]int32{k.waiting - 1})
			w.put(vec.Insert, row, 0)
			k.emitted = w.due(k)
			w.drop(&k.shown)
			k.shown, k.waiting = k.waiting, 0
			if !w.show.OnlyChanges {
				w.drop(&k.shown)
			}
		case empty:
			k.zeroed = true
			if w.show.ZeroRows {
				w.offer(k, w.empty(k), w.zeroRow(id, w.empty(k)), 0)
			}
		default:
			return k.zeroed && k.waiting == 0 && (w.show.AtMostEvery == 0 || k.emitted+w.show.AtMostEvery <= upto)
		}
	}
	return false
}

// zeroRow is the row of a key's window that is empty.
func (w *WindowOutput) zeroRow(id int32, end int64) []*vec.Vec {
	cols := make([]*vec.Vec, len(w.outTypes))
	for j, v := range w.table.Keys([]int32{id}) {
		cols[w.spec.Keys[j]] = v
	}
	for j, c := range w.spec.Values {
		if w.spec.Zero[j] {
			cols[c] = vec.New(w.outTypes[c], 1)
		} else {
			null := vec.NewBuilder(w.outTypes[c], 1)
			null.Null()
			cols[c] = null.Finish()
		}
	}
	copy(cols[w.firstProp():], w.bounds([]int64{end}))
	return cols
}

// arm sets the timer of a key.
func (w *WindowOutput) arm(id int32) {
	k := &w.keys[id]
	next := int64(math.MaxInt64)
	switch {
	case w.show.UpdateEvery > 0:
		next = k.last
	case !k.zeroed:
		next = w.empty(k)
	case k.waiting == 0:
		next = w.time.lastEndUpTo(k.emitted+w.show.AtMostEvery-1) + w.time.slide
	}
	if k.waiting > 0 {
		next = min(next, w.due(k))
	}
	if next != k.next {
		k.next = next
		w.timers.push(timer{at: w.time.fires(next), id: id})
	}
}

// OnWatermark shows what waits and is due, and rows of zeroes.
func (w *WindowOutput) OnWatermark(wm int64, out exec.Out) error {
	w.mark = wm
	for w.timers.len() > 0 && w.timers.next() <= wm {
		t := w.timers.pop()
		k := &w.keys[t.id]
		if !k.live || w.time.fires(k.next) != t.at {
			continue
		}
		if w.show.UpdateEvery > 0 || w.settle(t.id, k.next) {
			w.drop(&k.shown)
			w.table.Delete(t.id)
			*k = shownKey{}
			continue
		}
		w.arm(t.id)
	}
	return w.give(out)
}

func (w *WindowOutput) put(kind vec.RowKind, cols []*vec.Vec, i int) {
	for c, v := range cols {
		w.out.Cols[c].From(v, i)
	}
	w.out.EndRow(kind)
}

// give emits the rows gathered in a call.
func (w *WindowOutput) give(out exec.Out) error {
	return emitAll(w.out.Finish(), out)
}

// emitAll emits rows, nil = none, in batches of at most vec.BatchSize.
func emitAll(b *vec.Batch, out exec.Out) error {
	for lo := 0; b != nil && lo < b.Len; lo += vec.BatchSize {
		if err := out.Emit(b.Slice(lo, min(vec.BatchSize, b.Len-lo))); err != nil {
			return err
		}
	}
	return nil
}

// Snapshot writes an entry a key: its times, and the rows that were shown and wait.
func (w *WindowOutput) Snapshot(wr state.Writer) error {
	st, codec := w.state(), vec.NewRowCodec(w.outTypes)
	ids := w.table.AppendIDs(nil)
	return st.write(wr, w.table.Keys(ids), len(ids), nil, func(dst []byte, i int) []byte {
		k := w.keys[ids[i]]
		flags := int64(0)
		for bit, on := range []bool{k.zeroed, k.shown > 0, k.waiting > 0} {
			if on {
				flags |= 1 << bit
			}
		}
		for _, x := range []int64{flags, k.last, k.emitted, k.next} {
			dst = appendInt(dst, x)
		}
		for _, slot := range []int32{k.shown, k.waiting} {
			if slot > 0 {
				dst = appendBytes(dst, codec.AppendRow(nil, w.rows.gather([]int32{slot - 1}), 0))
			}
		}
		return dst
	})
}

// state is the keys' part; rows are spread by their keys, without the window.
func (w *WindowOutput) state() *keyedState {
	return newKeyedState(w.ctx, "shown", w.keyTypes).ownedBy(len(w.spec.Keys))
}

// Restore reads them back.
func (w *WindowOutput) Restore(r state.Reader) error {
	st, codec := w.state(), vec.NewRowCodec(w.outTypes)
	return st.read(r, false, func(keys []*vec.Vec, values *vec.Rows) error {
		ids := make([]int32, values.Len())
		w.table.Find(keys, nil, ids, true)
		w.keys = resized(w.keys, w.table.Cap())
		for i, id := range ids {
			e := entryReader{b: values.Row(i)}
			flags := e.int()
			k := shownKey{live: true, zeroed: flags&1 != 0, last: e.int(), emitted: e.int(), next: e.int()}
			for bit, slot := range []*int32{&k.shown, &k.waiting} {
				if flags&(2<<bit) == 0 {
					continue
				}
				row, err := decodeRow(codec, e.bytes())
				if err != nil {
					return err
				}
				*slot = w.rows.add(row, 0) + 1
			}
			if e.bad {
				return st.corrupt()
			}
			w.keys[id] = k
			w.timers.push(timer{at: w.time.fires(k.next), id: id})
		}
		return nil
	})
}
