package op

import "github.com/weir-sql/weir/exec/vec"

// heldQueue holds what waits for requests: batches of rows, and the watermarks that came
// between them. In order, a batch leaves when it and all before it are complete. Out of
// order, rows leave as their answers come, but neither they nor a watermark pass
// another watermark.
type heldQueue struct {
	ordered bool
	items   []heldItem
	rows    int // of all batches
}

// heldItem is a batch, or a watermark if batch is nil.
type heldItem struct {
	batch *heldBatch
	mark  int64
}

// heldBatch is a batch some of whose rows wait.
type heldBatch struct {
	rows    *vec.Batch
	entries []int32 // of each row in the cache; the batch retains them
	waiting int     // requests that are to end
	left    int     // rows that have not left
	ready   []int32 // rows that may leave, if out of order
}

// heldPart is what of a batch waits for one request: those rows, or without order kept
// the whole batch (rows is nil).
type heldPart struct {
	batch *heldBatch
	rows  []int32
}

func (q *heldQueue) empty() bool { return len(q.items) == 0 }

// marked reports whether a watermark waits.
func (q *heldQueue) marked() bool {
	for _, it := range q.items {
		if it.batch == nil {
			return true
		}
	}
	return false
}

// add queues a batch and registers it with the requests that its entries wait for.
func (q *heldQueue) add(b *vec.Batch, entries []int32, c *lookupCache) {
	h := &heldBatch{rows: b, entries: entries, left: b.Len}
	q.items = append(q.items, heldItem{batch: h})
	q.rows += b.Len
	for i, e := range entries {
		var r *lookupRequest
		if e != noEntry {
			c.retain(e)
			r = c.entries[e].request
		}
		switch {
		case r == nil:
			if !q.ordered {
				h.ready = append(h.ready, int32(i))
			}
			continue
		case len(r.held) == 0 || r.held[len(r.held)-1].batch != h:
			r.held = append(r.held, heldPart{batch: h})
			h.waiting++
		}
		if !q.ordered {
			p := &r.held[len(r.held)-1]
			p.rows = append(p.rows, int32(i))
		}
	}
}

// answered tells the batches that wait for a request that it has ended.
func (q *heldQueue) answered(r *lookupRequest) {
	for _, p := range r.held {
		p.batch.waiting--
		p.batch.ready = append(p.batch.ready, p.rows...)
	}
	r.held = nil
}

// release gives out what may leave.
func (q *heldQueue) release(rows func(b *heldBatch, sel []int32) error, mark func(int64) error) error {
	for len(q.items) > 0 {
		if q.items[0].batch == nil {
			if err := mark(q.items[0].mark); err != nil {
				return err
			}
			q.items = q.items[1:]
			continue
		}
		more, err := q.releaseFirst(rows)
		if err != nil || !more {
			return err
		}
	}
	q.items = nil
	return nil
}

// releaseFirst gives out what may leave of the batches before the first watermark. more
// tells that the first item has gone.
func (q *heldQueue) releaseFirst(rows func(b *heldBatch, sel []int32) error) (more bool, err error) {
	if q.ordered {
		h := q.items[0].batch
		if h.waiting > 0 {
			return false, nil
		}
		q.rows -= h.left
		q.items = q.items[1:]
		return true, rows(h, nil)
	}
	kept := 0
	end := 0
	for ; end < len(q.items) && q.items[end].batch != nil; end++ {
		h := q.items[end].batch
		if len(h.ready) > 0 {
			h.left -= len(h.ready)
			q.rows -= len(h.ready)
			if err := rows(h, h.ready); err != nil {
				return false, err
			}
			h.ready = h.ready[:0]
		}
		if h.left > 0 {
			q.items[kept] = q.items[end]
			kept++
		}
	}
	q.items = append(q.items[:kept], q.items[end:]...)
	return kept == 0, nil
}
