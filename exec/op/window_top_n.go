package op

import (
	"bytes"
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// WindowTopN is ROW_NUMBER() OVER (PARTITION BY window_start, window_end, … ORDER BY …) <= n,
// and deduplication by window: the first n rows of each partition come out, in order,
// when the watermark reaches the last millisecond of their window. Output is
// insert-only; rows of windows that have fired are dropped and counted as late.
// Partitions of one window come out in the order of Flink's timers. Input is
// insert-only. State: at most n rows a partition, the timers, the watermark.
type WindowTopN struct {
	*partitions
	windowEnd int
	local     bool
	zone      string
	time      localTime
	mark      int64
	timers    timerHeap // of partitions
	ends      []int64
	lastOf    bool // of equal rows the last is kept: the latest row of a window, as Flink deduplicates
}

// NewWindowTopN makes the operator.
func NewWindowTopN(spec *physical.WindowTopN) *WindowTopN {
	top := &physical.TopN{Out: spec.Out, In: spec.In, Partition: spec.Partition, Order: spec.Order, Start: spec.Start, End: spec.End, WithRank: spec.WithRank}
	return &WindowTopN{partitions: newPartitions(top), windowEnd: spec.WindowEnd, local: spec.Local, zone: spec.Zone, mark: exec.MinWatermark}
}

// Open takes the context.
func (t *WindowTopN) Open(ctx *exec.Context) error {
	t.time = newLocalTime(t.local, t.zone, ctx.Zone)
	t.lastOf = !ctx.Batch && t.spec.Start == 1 && t.spec.End == 1 && len(t.spec.Order) == 1 && t.spec.Order[0].Desc &&
		t.spec.In[t.spec.Order[0].Col].Attr == types.Rowtime
	return t.partitions.Open(ctx)
}

// Process keeps the rows that may be wanted.
func (t *WindowTopN) Process(_ int, b *vec.Batch, _ exec.Out) error {
	var err error
	if t.ends, err = millis(b.Cols[t.windowEnd], nil); err != nil {
		return err
	}
	cols := t.begin(b)
	for i, id := range t.ids {
		at := t.time.trigger(t.ends[i] - 1)
		if at <= t.mark {
			t.ctx.Counters.LateRows.Add(1)
			t.empty = append(t.empty, id)
			continue
		}
		top, key := t.tops[id], t.keys.Row(i)
		if len(top) == 0 {
			t.timers.hold(timer{at: at, id: id})
		}
		t.timers.see(at)
		n := len(top)
		if full := t.spec.End >= 0 && int64(n) >= t.spec.End; full {
			if n == 0 {
				continue
			}
			if c := bytes.Compare(key, t.key(top[n-1])); c > 0 || c == 0 && !t.lastOf {
				continue
			}
			t.store.remove(top[n-1])
			top = top[:n-1]
		}
		t.tops[id] = slices.Insert(top, t.upper(top, key), t.store.add(cols, i))
	}
	t.sweep()
	return nil
}

// OnWatermark emits the partitions whose windows the watermark has passed.
func (t *WindowTopN) OnWatermark(wm int64, out exec.Out) error {
	t.mark = wm
	t.timers.release(wm)
	for t.timers.len() > 0 && t.timers.next() <= wm {
		id := t.timers.pop().id
		for i, slot := range t.tops[id] {
			t.put(vec.Insert, slot, i+1)
			t.changes.free(slot)
		}
		t.tops[id] = t.tops[id][:0]
		t.table.Delete(id)
		if len(t.changes.slots) >= vec.BatchSize {
			if err := t.emit(out); err != nil {
				return err
			}
		}
	}
	return t.emit(out)
}

// Snapshot writes the rows and the timers.
func (t *WindowTopN) Snapshot(w state.Writer) error {
	if err := snapshotMark(t.ctx, w, t.mark); err != nil {
		return err
	}
	if err := snapshotSeen(t.ctx, w, &t.timers); err != nil {
		return err
	}
	if err := t.partitions.Snapshot(w); err != nil {
		return err
	}
	return snapshotTimers(newKeyedState(t.ctx, "timers", t.partTypes), w, &t.timers, t.table.Keys)
}

// Restore reads them back.
func (t *WindowTopN) Restore(r state.Reader) error {
	var err error
	if t.mark, err = restoreMark(t.ctx, r); err != nil {
		return err
	}
	if err := restoreSeen(t.ctx, r, &t.timers); err != nil {
		return err
	}
	if err := t.partitions.Restore(r); err != nil {
		return err
	}
	return restoreTimers(newKeyedState(t.ctx, "timers", t.partTypes), r, &t.timers, func(keys []*vec.Vec, n int) []int32 {
		ids := make([]int32, n)
		t.table.Find(keys, nil, ids, true)
		t.tops = resized(t.tops, t.table.Cap())
		return ids
	})
}
