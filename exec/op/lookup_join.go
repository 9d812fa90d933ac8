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
// is looked up whatever its kind. A NULL key matches nothing. Output keeps the order of
// the input.
//
// The distinct keys of a batch are asked for together, in requests of up to BatchSize
// keys; if the table allows it and the join is asynchronous, several requests are in
// flight at once, but none outlives the call. With a cache, answers (also that there
// is no row) are kept until their time is over or fresher keys need the room. With a
// linger, rows of small batches wait for each other so long; watermarks, snapshots and
// the end do not overtake them.
//
// State: none; the cache is filled anew after a restart.
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

	held     []*vec.Batch
	heldRows int
	deadline int64
	ids      []int32
	outRow   []int32
	outSlot  []int32
}

// NewLookupJoin compiles the expressions; the table is opened by Open.
func NewLookupJoin(spec *physical.LookupJoin, conns exec.Connectors, reg expr.Registry) (*LookupJoin, error) {
	j := &LookupJoin{spec: spec, conns: conns, outTypes: outTypes(spec), deadline: exec.MaxWatermark}
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
	l, err := j.conns.Lookup(context.Background(), j.spec)
	if err != nil {
		return err
	}
	j.requests = newLookupRequests(l, j.spec, ctx.Config)
	return nil
}

// Process joins a batch, or keeps it until enough rows are there.
func (j *LookupJoin) Process(_ int, b *vec.Batch, out exec.Out) error {
	if j.spec.BatchLinger <= 0 || j.spec.BatchSize <= 1 {
		return j.join(b, out)
	}
	if j.heldRows == 0 {
		j.deadline = j.ctx.Now() + j.spec.BatchLinger.Milliseconds()
	}
	j.held, j.heldRows = append(j.held, b), j.heldRows+b.Len
	if j.heldRows < j.spec.BatchSize {
		return nil
	}
	return j.release(out)
}

// release joins the rows that wait.
func (j *LookupJoin) release(out exec.Out) error {
	j.deadline = exec.MaxWatermark
	if j.heldRows == 0 {
		return nil
	}
	b := vec.Concat(j.spec.Left, j.held)
	clear(j.held)
	j.held, j.heldRows = j.held[:0], 0
	return j.join(b, out)
}

// NextTimer gives when rows have waited long enough.
func (j *LookupJoin) NextTimer() int64 { return j.deadline }

// OnTimer joins the rows that wait.
func (j *LookupJoin) OnTimer(_ int64, out exec.Out) error { return j.release(out) }

// OnWatermark joins the rows that wait, before the watermark passes.
func (j *LookupJoin) OnWatermark(_ int64, out exec.Out) error { return j.release(out) }

// OnEnd joins the rows that wait.
func (j *LookupJoin) OnEnd(_ int, out exec.Out) error { return j.release(out) }

// Flush does so before a snapshot.
func (j *LookupJoin) Flush(out exec.Out) error { return j.release(out) }

// join looks the keys of a batch up and emits its matches.
func (j *LookupJoin) join(b *vec.Batch, out exec.Out) error {
	keys, err := j.keyExprs.Eval(j.ectx, b)
	if err != nil {
		return err
	}
	retype(keys, j.keyTypes)
	if err := j.load(keys, b.Len); err != nil {
		return err
	}
	for i, id := range j.ids {
		first := len(j.outRow)
		if id >= 0 {
			for _, slot := range j.cache.rows[id] {
				j.outRow, j.outSlot = append(j.outRow, int32(i)), append(j.outSlot, slot)
			}
		}
		if len(j.outRow) == first { // the residual must not see padding
			j.outRow, j.outSlot = append(j.outRow, int32(i)), append(j.outSlot, -1)
		}
		if len(j.outRow) >= pairChunk {
			if err := j.emit(b, out); err != nil {
				return err
			}
		}
	}
	if err := j.emit(b, out); err != nil {
		return err
	}
	j.cache.trim()
	return nil
}

// load finds the cache entry of every row, -1 where a key is NULL, and fills the
// entries that are new or too old.
func (j *LookupJoin) load(keys []*vec.Vec, n int) error {
	now := j.ctx.Now()
	j.ids = scratch(j.ids, n)
	missing := j.cache.find(keys, j.ids, now)
	hits := int64(n)
	for _, m := range missing {
		hits -= int64(m.rows)
	}
	j.ctx.Counters.LookupHits.Add(hits)
	j.ctx.Counters.LookupMisses.Add(int64(n) - hits)
	if len(missing) == 0 {
		return nil
	}
	at := make([]int32, len(missing))
	for k, m := range missing {
		at[k] = m.row
	}
	asked := vec.NewBatch(len(at), takeAll(keys, at)...)
	return j.requests.ask(asked, func(first int, rows *vec.Batch, owner []int32) error {
		if j.computed != nil && rows.Len > 0 {
			var err error
			if rows, err = j.computed.Batch(j.ectx, rows); err != nil {
				return err
			}
		}
		for r, o := range owner {
			j.cache.add(missing[first+int(o)].id, rows.Cols, r)
		}
		return nil
	})
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
