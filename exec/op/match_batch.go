package op

import (
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// matchBatch is Match over bounded input: the rows are sorted by partition and order
// (Sort, which spills), and one partition after the other goes through.
type matchBatch struct {
	*Match
	sort *Sort
	key  int32 // the partition at hand; -1 = none
}

func newMatchBatch(m *Match) *matchBatch {
	s := &physical.Sort{Fetch: -1}
	for _, c := range m.spec.Partition {
		s.Keys = append(s.Keys, rex.SortKey{Col: c})
	}
	order := m.spec.Order
	if !m.spec.Rowtime { // the time of processing is the order of the rows
		order = order[1:]
	}
	s.Keys = append(s.Keys, order...)
	for _, t := range m.spec.In {
		s.Fields = append(s.Fields, types.Field{Type: t})
	}
	return &matchBatch{Match: m, sort: NewSort(s), key: -1}
}

// Open takes the context.
func (m *matchBatch) Open(ctx *exec.Context) error {
	if err := m.Match.Open(ctx); err != nil {
		return err
	}
	return m.sort.Open(ctx)
}

// Process keeps the rows.
func (m *matchBatch) Process(in int, b *vec.Batch, out exec.Out) error {
	return m.sort.Process(in, b, out)
}

// OnWatermark has nothing to do: no row is late in batch.
func (m *matchBatch) OnWatermark(int64, exec.Out) error { return nil }

// NextTimer is never: what takes too long is found by the times of the rows.
func (m *matchBatch) NextTimer() int64 { return exec.MaxWatermark }

// OnEnd sorts and matches.
func (m *matchBatch) OnEnd(in int, out exec.Out) error {
	if err := m.sort.OnEnd(in, sortedMatch{m, out}); err != nil {
		return err
	}
	if err := m.end(); err != nil {
		return err
	}
	return m.flush(out)
}

// end ends the partition at hand.
func (m *matchBatch) end() error {
	if m.key < 0 {
		return nil
	}
	k := m.keys[m.key]
	if err := m.advance(k, exec.MaxWatermark); err != nil {
		return err
	}
	for _, r := range k.rows {
		m.freed = append(m.freed, r.slot)
	}
	m.keys[m.key] = nil
	m.table.Delete(m.key)
	m.key, m.timers = -1, timerHeap{}
	return nil
}

// sortedMatch takes the sorted rows.
type sortedMatch struct {
	m   *matchBatch
	out exec.Out
}

// Emit looks at a batch of sorted rows.
func (s sortedMatch) Emit(b *vec.Batch) error {
	m := s.m
	rows := m.look(b)
	times := make([]int64, b.Len)
	if !m.spec.Rowtime {
		for i, now := 0, m.ctx.Now(); i < b.Len; i++ {
			times[i] = now
		}
	} else {
		var err error
		if times, err = millis(b.Cols[m.spec.Order[0].Col], nil); err != nil {
			return err
		}
	}
	m.find(b)
	ids := slices.Clone(m.ids)
	for i, id := range ids {
		if id != m.key {
			if err := m.end(); err != nil {
				return err
			}
			m.key = id
		}
		k := m.keys[id]
		if err := m.advance(k, times[i]); err != nil {
			return err
		}
		rows[i].slot = m.store.add(b.Cols, i)
		if err := m.row(id, k, rows[i], times[i]); err != nil {
			return err
		}
	}
	return m.flush(s.out)
}

// Close gives the memory and the files back.
func (m *matchBatch) Close() error { return m.sort.Close() }
