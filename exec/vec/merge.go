package vec

import (
	"bytes"

	"github.com/weir-sql/weir/planner/types"
)

// Merger merges sorted runs into one sorted stream of batches. Among equal rows
// the run with the smaller index comes first, so merging runs cut from one input
// in order is stable. It holds one batch of each run.
//
// It is a tree of losers: the runs are leaves, every inner node remembers the run
// that lost there, and replacing the winner takes one comparison a level.
type Merger struct {
	ts      []types.Type
	enc     *KeyEncoder
	runs    []mergeRun
	losers  []int32 // inner nodes 1 to len(runs)-1; 0 holds the winner
	started bool

	batches   []*Batch // of the batch under way
	slots     []int32  // by run: where its batch stands in batches, -1 if it does not
	src, rows []int32
	kinds     bool
	vecs      []*Vec // scratch
}

// mergeRun stands on a row of a run; b is nil after the last.
type mergeRun struct {
	next   func() (*Batch, error)
	b      *Batch
	keys   Rows
	at     int
	prefix uint64
}

// NewMerger merges runs of rows of the given types. A run is a function that
// gives its next batch, sorted by keys, and nil after the last.
func NewMerger(ts []types.Type, keys []SortKey, runs []func() (*Batch, error)) *Merger {
	m := &Merger{ts: ts, enc: NewKeyEncoder(ts, keys), losers: make([]int32, max(len(runs), 1)), slots: make([]int32, len(runs))}
	for _, next := range runs {
		m.runs = append(m.runs, mergeRun{next: next})
	}
	return m
}

// Next gives the next batch of up to BatchSize rows, nil after the last.
func (m *Merger) Next() (*Batch, error) {
	if err := m.start(); err != nil || len(m.runs) == 0 {
		return nil, err
	}
	m.batches, m.src, m.rows, m.kinds = m.batches[:0], m.src[:0], m.rows[:0], false
	for i := range m.slots {
		m.slots[i] = -1
	}
	for len(m.rows) < BatchSize {
		w := m.losers[0]
		r := &m.runs[w]
		if r.b == nil {
			break
		}
		if m.slots[w] < 0 {
			m.slots[w] = int32(len(m.batches))
			m.batches = append(m.batches, r.b)
			m.kinds = m.kinds || r.b.Kinds != nil
		}
		m.src, m.rows = append(m.src, m.slots[w]), append(m.rows, int32(r.at))
		if r.at++; r.at == r.b.Len {
			m.slots[w] = -1
			if err := m.load(r); err != nil {
				return nil, err
			}
		} else {
			r.prefix = keyPrefix(r.keys.Row(r.at))
		}
		m.replay(w)
	}
	return m.gather(), nil
}

// start loads the first batch of every run and plays the tournament.
func (m *Merger) start() error {
	if m.started || len(m.runs) == 0 {
		return nil
	}
	m.started = true
	for i := range m.runs {
		if err := m.load(&m.runs[i]); err != nil {
			return err
		}
	}
	// winners[k] of nodes k; leaves are k >= len(runs).
	n := len(m.runs)
	winners := make([]int32, 2*n)
	for i := range m.runs {
		winners[n+i] = int32(i)
	}
	for k := n - 1; k > 0; k-- {
		a, b := winners[2*k], winners[2*k+1]
		if m.less(b, a) {
			a, b = b, a
		}
		winners[k], m.losers[k] = a, b
	}
	m.losers[0] = winners[1]
	return nil
}

// replay lets run w, whose row has changed, play its way up.
func (m *Merger) replay(w int32) {
	for k := (int(w) + len(m.runs)) / 2; k > 0; k /= 2 {
		if m.less(m.losers[k], w) {
			w, m.losers[k] = m.losers[k], w
		}
	}
	m.losers[0] = w
}

// less reports whether the row of run a comes before that of run b. A run that has
// ended comes last.
func (m *Merger) less(a, b int32) bool {
	x, y := &m.runs[a], &m.runs[b]
	switch {
	case x.b == nil || y.b == nil:
		return x.b != nil || y.b == nil && a < b
	case x.prefix != y.prefix:
		return x.prefix < y.prefix
	}
	if c := bytes.Compare(x.keys.Row(x.at), y.keys.Row(y.at)); c != 0 {
		return c < 0
	}
	return a < b
}

// load moves to the run's next batch that has rows.
func (m *Merger) load(r *mergeRun) (err error) {
	for {
		if r.b, err = r.next(); err != nil || r.b == nil {
			return err
		}
		if r.b.Len > 0 {
			break
		}
	}
	r.at = 0
	r.keys.Reset()
	m.enc.Encode(r.b.Cols, r.b.Len, &r.keys)
	r.prefix = keyPrefix(r.keys.Row(0))
	return nil
}

// gather makes the batch of the rows chosen.
func (m *Merger) gather() *Batch {
	if len(m.rows) == 0 {
		return nil
	}
	out := &Batch{Len: len(m.rows), Cols: make([]*Vec, len(m.ts))}
	m.vecs = grow(m.vecs, len(m.batches))
	for c, t := range m.ts {
		for i, b := range m.batches {
			m.vecs[i] = b.Cols[c]
		}
		out.Cols[c] = TakeFrom(t, m.vecs, m.src, m.rows)
	}
	if m.kinds {
		out.Kinds = make([]RowKind, out.Len)
		for j, i := range m.rows {
			out.Kinds[j] = m.batches[m.src[j]].Kind(int(i))
		}
	}
	return out
}
