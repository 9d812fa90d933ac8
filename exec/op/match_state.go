package op

import (
	"slices"

	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
)

func (m *Match) state(part string) *keyedState { return newKeyedState(m.ctx, part, m.keyTypes) }

// Snapshot writes the watermark, the keys with their runs, the rows held and waiting,
// and the timers.
func (m *Match) Snapshot(w state.Writer) error {
	if err := snapshotMark(m.ctx, w, m.mark); err != nil {
		return err
	}
	ids := m.table.AppendIDs(nil)
	err := m.state("runs").write(w, m.table.Keys(ids), len(ids), nil, func(dst []byte, i int) []byte {
		k := m.keys[ids[i]]
		for _, flag := range []bool{k.changed, k.started} {
			dst = appendInt(dst, map[bool]int64{true: 1}[flag])
		}
		for _, q := range []matchQueue{k.runs, k.done} {
			dst = appendInt(dst, int64(len(q)))
			for _, r := range q {
				dst = appendRun(dst, r, k.base)
			}
		}
		return dst
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := m.snapshotRows(w, m.keys[id]); err != nil {
			return err
		}
	}
	return snapshotTimers(m.state("timers"), w, &m.timers, m.table.Keys)
}

// appendRun writes a run with rows numbered from base on.
func appendRun(dst []byte, r matchRun, base int64) []byte {
	dst = appendInt(dst, int64(r.node))
	if !r.began() {
		return appendInt(dst, -1)
	}
	dst = appendInt(appendInt(dst, r.start-base), r.startAt)
	for _, n := range r.counts {
		dst = appendInt(dst, int64(n))
	}
	return dst
}

func (m *Match) snapshotRows(w state.Writer, k *matchKey) error {
	slots, times := make([]int32, 0, len(k.rows)+len(k.waiting)), make([]int64, 0, len(k.waiting))
	for _, r := range k.rows {
		slots = append(slots, r.slot)
	}
	for _, r := range k.waiting {
		slots, times = append(slots, r.slot), append(times, r.at)
	}
	seq := make([]uint64, len(slots))
	for j := range seq {
		seq[j] = uint64(j)
	}
	codec, cols := vec.NewRowCodec(m.spec.In), m.store.gather(slots)
	return m.state("rows").write(w, pick(cols, m.spec.Partition), len(slots), seq, func(dst []byte, i int) []byte {
		if j := i - len(k.rows); j >= 0 {
			return codec.AppendRow(appendInt(appendInt(dst, 1), times[j]), cols, i)
		}
		return codec.AppendRow(appendInt(appendInt(dst, 0), 0), cols, i)
	})
}

// Restore reads them back.
func (m *Match) Restore(r state.Reader) error {
	var err error
	if m.mark, err = restoreMark(m.ctx, r); err != nil {
		return err
	}
	if err := m.state("runs").read(r, false, m.restoreRuns); err != nil {
		return err
	}
	if err := m.state("rows").read(r, true, m.restoreRows); err != nil {
		return err
	}
	err = restoreTimers(m.state("timers"), r, &m.timers, m.restoreKeys)
	for _, t := range m.timers.heap {
		k := m.keys[t.id]
		if k.timers == nil {
			k.timers = map[int64]struct{}{}
		}
		k.timers[t.at] = struct{}{}
	}
	return err
}

func (m *Match) restoreKeys(keys []*vec.Vec, n int) []int32 {
	m.ids = scratch(m.ids, n)
	m.table.Find(keys, nil, m.ids, true)
	m.grow()
	return slices.Clone(m.ids)
}

func (m *Match) restoreRuns(keys []*vec.Vec, values *vec.Rows) error {
	for i, id := range m.restoreKeys(keys, values.Len()) {
		e := &entryReader{b: values.Row(i)}
		k := &matchKey{changed: e.int() == 1, started: e.int() == 1}
		for _, q := range []*matchQueue{&k.runs, &k.done} {
			for n := e.int(); n > 0 && !e.bad; n-- {
				*q = append(*q, m.readRun(e))
			}
		}
		if e.bad || len(k.runs) == 0 {
			return m.state("runs").corrupt()
		}
		m.keys[id] = k
	}
	return nil
}

func (m *Match) readRun(e *entryReader) matchRun {
	r := matchRun{node: int32(e.int()), start: e.int()}
	if r.node < 0 || int(r.node) >= len(m.auto.nodes) {
		e.bad = true
	}
	if r.start < 0 {
		r.start = noStart
		return r
	}
	r.startAt, r.counts = e.int(), make([]int32, len(m.spec.Pattern.Vars))
	for v := range r.counts {
		r.counts[v] = int32(e.int())
		r.rows += r.counts[v]
	}
	return r
}

func (m *Match) restoreRows(keys []*vec.Vec, values *vec.Rows) error {
	n := values.Len()
	ids, waits, times := m.restoreKeys(keys, n), make([]bool, n), make([]int64, n)
	codec := vec.NewRowCodec(m.spec.In)
	rows := vec.NewBatchBuilder(codec.Types(), n)
	for i := range n {
		e := entryReader{b: values.Row(i)}
		if waits[i], times[i] = e.int() == 1, e.int(); e.bad {
			return m.state("rows").corrupt()
		}
		if err := codec.Decode(e.b, rows.Cols); err != nil {
			return err
		}
		rows.EndRow(vec.Insert)
	}
	b := rows.Finish()
	for i, r := range m.look(b) {
		k := m.keys[ids[i]]
		r.slot = m.store.add(b.Cols, i)
		if waits[i] {
			k.waiting = append(k.waiting, waitingMatchRow{r, times[i]})
		} else {
			k.rows = append(k.rows, r)
		}
	}
	return nil
}
