package vec

import (
	"bytes"

	"github.com/weir-sql/weir/planner/types"
)

// Merger merges sorted runs into one sorted stream of batches. Among equal rows
// the run with the smaller index comes first, so merging runs cut from one input
// in order is stable.
type Merger struct {
	enc     *KeyEncoder
	out     *BatchBuilder
	cursors []*cursor
}

// cursor stands on a row of a run.
type cursor struct {
	next func() (*Batch, error)
	b    *Batch
	keys Rows
	at   int
}

// NewMerger merges runs of rows of the given types. A run is a function that
// gives its next batch, sorted by keys, and nil after the last.
func NewMerger(ts []types.Type, keys []SortKey, runs []func() (*Batch, error)) *Merger {
	m := &Merger{enc: NewKeyEncoder(ts, keys), out: NewBatchBuilder(ts, BatchSize)}
	for _, r := range runs {
		m.cursors = append(m.cursors, &cursor{next: r, at: -1})
	}
	return m
}

// Next gives the next batch of up to BatchSize rows, nil after the last.
func (m *Merger) Next() (*Batch, error) {
	for m.out.Len() < BatchSize {
		best := -1
		for i, c := range m.cursors {
			if c.at < 0 || c.b != nil && c.at >= c.b.Len {
				if err := c.load(m.enc); err != nil {
					return nil, err
				}
			}
			if c.b != nil && (best < 0 || bytes.Compare(c.keys.Row(c.at), m.cursors[best].keys.Row(m.cursors[best].at)) < 0) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		c := m.cursors[best]
		m.out.AppendRow(c.b.Kind(c.at), c.b, c.at)
		c.at++
	}
	return m.out.Finish(), nil
}

// load moves to the run's next batch that has rows; b is nil at the end.
func (c *cursor) load(enc *KeyEncoder) (err error) {
	for c.at = 0; ; {
		if c.b, err = c.next(); err != nil || c.b == nil || c.b.Len > 0 {
			break
		}
	}
	if c.b != nil {
		c.keys.Reset()
		enc.Encode(c.b.Cols, c.b.Len, &c.keys)
	}
	return err
}
