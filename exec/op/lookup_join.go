package op

import (
	"context"
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// LookupJoin is JOIN … FOR SYSTEM_TIME AS OF proctime: for every left row it asks the
// dimension table for the rows with its key, at the time the row comes. Inner drops
// rows without a match, left pads them with NULLs. Row kinds of the left pass, each row
// is looked up whatever its kind. A NULL key matches nothing.
//
// Each key is asked for once at a time, in requests of up to BatchSize keys. If the table
// allows it and the join is asynchronous, requests of several batches are in flight at
// once: rows wait for their answers in a queue, watermarks with them. Output keeps the
// order of the input unless the join is Unordered. With a linger, a request that is not
// full waits so long for more keys. With a cache, answers (also that there is no row)
// are kept until their time is over or keys used later need the room.
//
// State: none. Before a snapshot the operator waits for what is in flight, so that a
// restore asks for nothing twice; the cache is filled anew after a restart.
type LookupJoin struct {
	ctx      *exec.Context
	spec     *physical.LookupJoin
	conns    exec.Connectors
	outTypes []types.Type
	keyTypes []types.Type
	keyExprs *expr.Projection
	computed *expr.Projection // nil = as read
	residual *pairFilter
	ectx     *expr.Ctx
	requests *lookupRequests
	cache    *lookupCache
	held     heldQueue
	marks    exec.WatermarkOut

	open     *lookupRequest // has room for keys and has not been sent
	deadline int64          // when it is sent at the latest
	found    []int32        // scratch
	missing  []int32
	slots    []int32
	outRow   []int32
	outSlot  []int32
}

// maxHeldRows is how many rows may wait at most before the input has to.
const maxHeldRows = 64 * vec.BatchSize

// NewLookupJoin compiles the expressions; the table is opened by Open.
func NewLookupJoin(spec *physical.LookupJoin, conns exec.Connectors, reg expr.Registry) (*LookupJoin, error) {
	j := &LookupJoin{spec: spec, conns: conns, outTypes: outTypes(spec), deadline: exec.MaxWatermark, held: heldQueue{ordered: !spec.Unordered}}
	var keys []rex.Expr
	for _, k := range spec.Keys {
		keys = append(keys, k.Value)
		j.keyTypes = append(j.keyTypes, spec.Scan.Read[k.Column].Type)
	}
	var err error
	if j.keyExprs, err = expr.CompileProjection(keys, spec.Left, reg); err != nil {
		return nil, err
	}
	read := make([]types.Type, len(spec.Scan.Read))
	for i, c := range spec.Scan.Read {
		read[i] = c.Type
	}
	dim := read
	if spec.Computed != nil {
		dim = make([]types.Type, len(spec.Computed))
		for i, e := range spec.Computed {
			dim[i] = e.Type()
		}
		if j.computed, err = expr.CompileProjection(spec.Computed, read, reg); err != nil {
			return nil, err
		}
	}
	if j.residual, err = newPairFilter(spec.Residual, spec.Left, dim, reg); err != nil {
		return nil, err
	}
	j.cache = newLookupCache(j.keyTypes, dim, spec.CacheRows, spec.CacheTTL)
	return j, nil
}

// Open opens the table.
func (j *LookupJoin) Open(ctx *exec.Context) error {
	j.ctx, j.ectx = ctx, exprContext(ctx)
	j.residual.open(ctx)
	run := ctx.Run
	if run == nil {
		run = context.Background()
	}
	l, err := openLookup(run, j.conns, j.spec)
	if err != nil {
		return err
	}
	j.requests = newLookupRequests(l, j.spec, j.keyTypes, ctx)
	return nil
}

// Process looks the keys of a batch up and gives out the rows whose answers are known.
func (j *LookupJoin) Process(_ int, b *vec.Batch, out exec.Out) error {
	keys, err := j.keyExprs.Eval(j.ectx, b)
	if err != nil {
		return err
	}
	retype(keys, j.keyTypes)
	j.found = scratch(j.found, b.Len)
	var hits, misses int
	j.missing, hits, misses = j.cache.find(keys, j.found, j.missing[:0], j.ctx.Now())
	j.ctx.Counters.LookupHits.Add(int64(hits))
	j.ctx.Counters.LookupMisses.Add(int64(misses))
	if misses == 0 && (j.held.empty() || j.spec.Unordered && !j.held.marked()) {
		return j.emitRows(b, j.found, nil, out)
	}
	full := j.assign(keys, j.missing)
	j.held.add(b, slices.Clone(j.found), j.cache)
	for _, q := range full {
		if err := j.send(q, out); err != nil {
			return err
		}
	}
	if j.spec.BatchLinger <= 0 {
		if err := j.sendOpen(out); err != nil {
			return err
		}
	}
	for j.held.rows > maxHeldRows {
		if err := j.sendOpen(out); err != nil {
			return err
		}
		if err := j.await(out); err != nil {
			return err
		}
	}
	return j.OnWake(out)
}

// assign puts the keys of rows into requests. It gives the full ones; the last, which
// may get more keys, stays open.
func (j *LookupJoin) assign(keys []*vec.Vec, rows []int32) []*lookupRequest {
	var full []*lookupRequest
	for len(rows) > 0 {
		if j.open == nil {
			j.open = &lookupRequest{}
			j.deadline = j.ctx.Now() + j.spec.BatchLinger.Milliseconds()
		}
		n := min(len(rows), j.requests.size-len(j.open.entries))
		j.open.keys = append(j.open.keys, vec.NewBatch(n, takeAll(keys, rows[:n])...))
		for _, i := range rows[:n] {
			e := j.found[i]
			j.open.entries = append(j.open.entries, e)
			j.cache.entries[e].request = j.open
		}
		if rows = rows[n:]; len(j.open.entries) == j.requests.size {
			full = append(full, j.open)
			j.open, j.deadline = nil, exec.MaxWatermark
		}
	}
	return full
}

// send starts a request as soon as it may.
func (j *LookupJoin) send(q *lookupRequest, out exec.Out) error {
	for j.requests.full() {
		if err := j.await(out); err != nil {
			return err
		}
	}
	j.requests.start(q)
	return nil
}

// sendOpen sends the request that waits for more keys, if there is one.
func (j *LookupJoin) sendOpen(out exec.Out) error {
	q := j.open
	if q == nil {
		return nil
	}
	j.open, j.deadline = nil, exec.MaxWatermark
	return j.send(q, out)
}

// await waits for a request to end and gives out what that completes.
func (j *LookupJoin) await(out exec.Out) error {
	q, err := j.requests.next()
	if err == nil {
		err = j.take(q)
	}
	if err != nil {
		return err
	}
	return j.OnWake(out)
}

// OnWake gives out the rows whose answers have come.
func (j *LookupJoin) OnWake(out exec.Out) error {
	for {
		q, err := j.requests.ended()
		if err == nil && q != nil {
			err = j.take(q)
		}
		if err != nil {
			return err
		}
		if q == nil {
			break
		}
	}
	return j.held.release(func(h *heldBatch, sel []int32) error {
		if err := j.emitRows(h.rows, h.entries, sel, out); err != nil {
			return err
		}
		if sel == nil {
			for _, e := range h.entries {
				if e != noEntry {
					j.cache.release(e)
				}
			}
		}
		for _, i := range sel {
			if e := h.entries[i]; e != noEntry {
				j.cache.release(e)
			}
		}
		return nil
	}, func(mark int64) error { return j.marks.Watermark(mark) })
}

// take stores the answer of a request.
func (j *LookupJoin) take(q *lookupRequest) error {
	rows := q.rows
	if j.computed != nil && rows.Len > 0 {
		var err error
		if rows, err = j.computed.Batch(j.ectx, rows); err != nil {
			return err
		}
	}
	if rows.Len > 0 {
		j.slots = scratch(j.slots, rows.Len)
		j.cache.store.addRows(rows.Cols, nil, j.slots)
		for i, o := range q.owner {
			j.cache.put(q.entries[o], j.slots[i])
		}
	}
	now := j.ctx.Now()
	for _, e := range q.entries {
		j.cache.loaded(e, now)
	}
	j.held.answered(q)
	return nil
}

// NextTimer gives when keys have waited long enough for others.
func (j *LookupJoin) NextTimer() int64 {
	if j.spec.BatchLinger <= 0 {
		return exec.MaxWatermark
	}
	return j.deadline
}

// OnTimer asks for the keys that wait.
func (j *LookupJoin) OnTimer(_ int64, out exec.Out) error {
	if err := j.sendOpen(out); err != nil {
		return err
	}
	return j.OnWake(out)
}

// HoldWatermark passes a watermark on behind the rows that came before it.
func (j *LookupJoin) HoldWatermark(wm int64, out exec.WatermarkOut) error {
	if j.held.empty() {
		return out.Watermark(wm)
	}
	j.marks = out
	j.held.items = append(j.held.items, heldItem{mark: wm})
	return nil
}

// OnWatermark gets the last watermark only.
func (j *LookupJoin) OnWatermark(_ int64, out exec.Out) error { return j.Drain(out) }

// OnEnd waits for the rows in flight.
func (j *LookupJoin) OnEnd(_ int, out exec.Out) error { return j.Drain(out) }

// Drain asks for the keys that wait, waits for the answers and gives all rows out.
func (j *LookupJoin) Drain(out exec.Out) error {
	if err := j.sendOpen(out); err != nil {
		return err
	}
	for j.requests.running > 0 {
		if err := j.await(out); err != nil {
			return err
		}
	}
	return j.OnWake(out)
}

// emitRows joins the rows sel (nil: all) of a batch with what their entries hold.
func (j *LookupJoin) emitRows(b *vec.Batch, entries, sel []int32, out exec.Out) error {
	n := b.Len
	if sel != nil {
		n = len(sel)
	}
	for k := range n {
		i := rowAt(sel, k)
		first := int32(-1) // padding: the residual must not see it
		var rest []int32
		if e := entries[i]; e != noEntry {
			first, rest = j.cache.entries[e].first, j.cache.entries[e].rest
		}
		j.outRow, j.outSlot = append(j.outRow, int32(i)), append(j.outSlot, first)
		for _, slot := range rest {
			j.outRow, j.outSlot = append(j.outRow, int32(i)), append(j.outSlot, slot)
		}
		if len(j.outRow) >= pairChunk {
			if err := j.emit(b, out); err != nil {
				return err
			}
		}
	}
	return j.emit(b, out)
}

// emit evaluates the residual on the listed pairs and gives out what holds; a left row
// that loses all its pairs is padded. The pairs of one row are listed together.
func (j *LookupJoin) emit(b *vec.Batch, out exec.Out) error {
	rows, slots := j.outRow, j.outSlot
	if j.residual != nil {
		keep, err := j.residual.keepFrom(0, b.Cols, rows, j.cache.store, slots)
		if err != nil {
			return err
		}
		n := 0
		for p := 0; p < len(rows); {
			row, held := rows[p], false
			for ; p < len(rows) && rows[p] == row; p++ {
				if slots[p] >= 0 && keep[p] {
					rows[n], slots[n] = row, slots[p]
					n, held = n+1, true
				}
			}
			if !held {
				rows[n], slots[n] = row, -1
				n++
			}
		}
		rows, slots = rows[:n], slots[:n]
	}
	if j.spec.Kind == physical.Inner {
		n := 0
		for p, slot := range slots {
			if slot >= 0 {
				rows[n], slots[n] = rows[p], slot
				n++
			}
		}
		rows, slots = rows[:n], slots[:n]
	}
	for lo := 0; lo < len(rows); lo += vec.BatchSize {
		hi := min(lo+vec.BatchSize, len(rows))
		res := b.Take(rows[lo:hi])
		res.Cols = append(slices.Clip(res.Cols), j.cache.store.gather(slots[lo:hi])...)
		retype(res.Cols, j.outTypes)
		if err := out.Emit(res); err != nil {
			return err
		}
	}
	j.outRow, j.outSlot = j.outRow[:0], j.outSlot[:0]
	return nil
}

// Close closes the table.
func (j *LookupJoin) Close() error {
	if j.requests == nil {
		return nil
	}
	return j.requests.close()
}
