package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// joinBatch is the join of bounded inputs, a hash join. The input that ends first is
// the build side, whichever it is; the rows of the other wait until then, and are
// probed as they come from then on. Rows of the build side remember that they were
// matched, so that every kind of join can be built from either side. Without keys
// every row is a candidate: a nested loop.
//
// When the memory budget is exhausted while both inputs go on, all rows go to disk,
// split by key into spillParts runs a side (a grace join); when both have ended, each
// part is joined in memory, built from its smaller side. Without keys there are no
// parts, and memory is taken beyond the budget.
//
// A NULL key matches nothing (unless IS NOT DISTINCT FROM). Row kinds must be insertions.
type joinBatch struct {
	ctx      *exec.Context
	spec     *physical.Join
	outTypes []types.Type
	residual *pairFilter
	keys     [2][]int
	types    [2][]types.Type
	held     [2][]*vec.Batch
	ended    [2]bool
	build    *hashBuild // nil until an input has ended
	collect  []*keyCollector
	reserved int64

	spill  *state.Spill
	runs   [2][]*state.Run
	hashes []uint64
	part   []int32
	parts  vec.Partitions

	ids      []int32
	pairRow  []int32
	pairSlot []int32
	off      []int32
	outRow   []int32
	outSlot  []int32
}

// hashBuild is the build side of a join.
type hashBuild struct {
	side    int
	rows    *vec.Batch
	table   *vec.GroupTable
	head    []int32 // by key id: row + 1, 0 = none
	next    []int32 // by row: row + 1
	matched []bool  // by row
}

// maxHeld bounds what is held in one piece, because byte offsets in a vector are 32 bits.
const maxHeld = 1 << 30

func newJoinBatch(spec *physical.Join, reg expr.Registry) (*joinBatch, error) {
	j := &joinBatch{spec: spec, outTypes: outTypes(spec), keys: [2][]int{spec.LeftKeys, spec.RightKeys}, types: [2][]types.Type{spec.Left, spec.Right}}
	var err error
	j.residual, err = newPairFilter(spec.Residual, spec.Left, spec.Right, reg)
	return j, err
}

// Open takes the context.
func (j *joinBatch) Open(ctx *exec.Context) error {
	j.ctx = ctx
	j.residual.open(ctx)
	return nil
}

// Process keeps a batch, or probes it if the other side has ended.
func (j *joinBatch) Process(in int, b *vec.Batch, out exec.Out) error {
	for _, c := range j.collect {
		c.add(in, b)
	}
	switch {
	case j.build != nil:
		return j.probe(j.build, b, out)
	case j.runs[0] != nil:
		return j.spillBatch(in, b)
	}
	j.held[in] = append(j.held[in], b)
	size := batchBytes(b)
	if len(j.keys[0]) == 0 {
		j.ctx.Budget.Force(size)
	} else if j.reserved+size > maxHeld || !j.ctx.Budget.Reserve(size) {
		return j.spillAll()
	}
	j.reserved += size
	return nil
}

// OnEnd builds from the input that ended first, and finishes with the second.
func (j *joinBatch) OnEnd(in int, out exec.Out) error {
	j.ended[in] = true
	for _, c := range j.collect {
		c.end(in, j.ctx.Parallelism)
	}
	switch {
	case j.runs[0] != nil:
		if j.ended[1-in] {
			return j.joinRuns(out)
		}
		return nil
	case j.build != nil:
		return j.finish(j.build, out)
	}
	j.build = j.newBuild(in, j.held[in])
	held := j.held[1-in]
	j.held = [2][]*vec.Batch{}
	for k, b := range held {
		held[k] = nil
		if err := j.probe(j.build, b, out); err != nil {
			return err
		}
	}
	return nil
}

// newBuild makes the hash table of a side.
func (j *joinBatch) newBuild(side int, batches []*vec.Batch) *hashBuild {
	h := &hashBuild{side: side, rows: vec.Concat(j.types[side], batches), table: vec.NewGroupTable(pickTypes(j.types[side], j.keys[side]))}
	n := h.rows.Len
	h.next, h.matched = make([]int32, n), make([]bool, n)
	ids := make([]int32, n)
	h.table.Find(pick(h.rows.Cols, j.keys[side]), nil, ids, true)
	h.head = make([]int32, h.table.Cap())
	nulls := anyNulls(h.rows.Cols, j.keys[side], j.spec.NullEquals)
	for i := n - 1; i >= 0; i-- { // backwards, so that a chain has the rows in their order
		if nulls && hasNull(h.rows.Cols, j.keys[side], j.spec.NullEquals, i) {
			continue
		}
		h.next[i], h.head[ids[i]] = h.head[ids[i]], int32(i)+1
	}
	return h
}

// outer reports whether the rows of a side come out without a match.
func (j *joinBatch) outer(side int) bool {
	switch j.spec.Kind {
	case physical.LeftOuter:
		return side == 0
	case physical.RightOuter:
		return side == 1
	case physical.FullOuter:
		return true
	default:
		return false
	}
}

// semi says that left rows come out by whether they have a match.
func (j *joinBatch) semi() bool { return j.spec.Kind == physical.Semi || j.spec.Kind == physical.Anti }

// probe looks for the matches of a batch of the other side.
func (j *joinBatch) probe(h *hashBuild, b *vec.Batch, out exec.Out) error {
	side := 1 - h.side
	j.ids = scratch(j.ids, b.Len)
	h.table.Find(pick(b.Cols, j.keys[side]), nil, j.ids, false)
	if anyNulls(b.Cols, j.keys[side], j.spec.NullEquals) {
		for i := range j.ids {
			if hasNull(b.Cols, j.keys[side], j.spec.NullEquals, i) {
				j.ids[i] = -1
			}
		}
	}
	// Of SEMI and ANTI one match decides, if it need not be looked for.
	one := j.semi() && h.side == 1 && j.residual == nil
	for lo := 0; lo < b.Len; {
		hi := j.list(h, lo, b.Len, one)
		if err := j.filter(h, b); err != nil {
			return err
		}
		for i := lo; i < hi; i++ {
			j.row(h, int32(i), j.pairSlot[j.off[i-lo]:j.off[i-lo+1]])
		}
		if err := j.emit(h, b, out); err != nil {
			return err
		}
		lo = hi
	}
	return nil
}

// list lists the candidates of rows from lo on and gives the row after the last.
func (j *joinBatch) list(h *hashBuild, lo, n int, one bool) int {
	j.off, j.pairRow, j.pairSlot = append(j.off[:0], 0), j.pairRow[:0], j.pairSlot[:0]
	i := lo
	for ; i < n && (len(j.pairSlot) < pairChunk || i == lo); i++ {
		if id := j.ids[i]; id >= 0 {
			for r := h.head[id]; r != 0; r = h.next[r-1] {
				j.pairRow, j.pairSlot = append(j.pairRow, int32(i)), append(j.pairSlot, r-1)
				if one {
					break
				}
			}
		}
		j.off = append(j.off, int32(len(j.pairSlot)))
	}
	return i
}

// filter drops the pairs for which the residual does not hold.
func (j *joinBatch) filter(h *hashBuild, b *vec.Batch) error {
	if j.residual == nil || len(j.pairSlot) == 0 {
		return nil
	}
	keep, err := j.residual.keepFrom(1-h.side, b.Cols, j.pairRow, batchRows(h.rows.Cols), j.pairSlot)
	if err != nil {
		return err
	}
	n, from := int32(0), int32(0)
	for k := 1; k < len(j.off); k++ {
		for p := from; p < j.off[k]; p++ {
			if keep[p] {
				j.pairRow[n], j.pairSlot[n] = j.pairRow[p], j.pairSlot[p]
				n++
			}
		}
		from, j.off[k] = j.off[k], n
	}
	j.pairRow, j.pairSlot = j.pairRow[:n], j.pairSlot[:n]
	return nil
}

// row notes what one probed row gives.
func (j *joinBatch) row(h *hashBuild, i int32, slots []int32) {
	if j.semi() && h.side == 1 {
		if (len(slots) > 0) == (j.spec.Kind == physical.Semi) {
			j.outRow, j.outSlot = append(j.outRow, i), append(j.outSlot, -1)
		}
		return
	}
	for _, s := range slots {
		h.matched[s] = true
		if !j.semi() {
			j.outRow, j.outSlot = append(j.outRow, i), append(j.outSlot, s)
		}
	}
	if len(slots) == 0 && j.outer(1-h.side) {
		j.outRow, j.outSlot = append(j.outRow, i), append(j.outSlot, -1)
	}
}

// finish gives out the build rows whose turn comes at the end: unmatched ones, and the
// left rows of SEMI and ANTI.
func (j *joinBatch) finish(h *hashBuild, out exec.Out) error {
	want := false // matched rows or unmatched ones
	switch {
	case j.semi() && h.side == 0:
		want = j.spec.Kind == physical.Semi
	case !j.outer(h.side):
		return nil
	}
	var none *vec.Batch
	if !j.semi() {
		none = vec.Concat(j.types[1-h.side], nil)
	}
	for i, m := range h.matched {
		if m == want {
			j.outRow, j.outSlot = append(j.outRow, -1), append(j.outSlot, int32(i))
		}
	}
	return j.emit(h, none, out)
}

// emit gathers the noted rows; b is the probed batch.
func (j *joinBatch) emit(h *hashBuild, b *vec.Batch, out exec.Out) error {
	for lo := 0; lo < len(j.outRow); lo += vec.BatchSize {
		hi := min(lo+vec.BatchSize, len(j.outRow))
		rows, slots := j.outRow[lo:hi], j.outSlot[lo:hi]
		var cols []*vec.Vec
		switch {
		case j.semi() && h.side == 0:
			cols = takeAll(h.rows.Cols, slots)
		case j.semi():
			cols = takeAll(b.Cols, rows)
		case h.side == 1:
			cols = append(takeAll(b.Cols, rows), takeAll(h.rows.Cols, slots)...)
		default:
			cols = append(takeAll(h.rows.Cols, slots), takeAll(b.Cols, rows)...)
		}
		retype(cols, j.outTypes)
		if err := out.Emit(vec.NewBatch(hi-lo, cols...)); err != nil {
			return err
		}
	}
	j.outRow, j.outSlot = j.outRow[:0], j.outSlot[:0]
	return nil
}

// spillAll moves what is held to disk; all later rows go there too.
func (j *joinBatch) spillAll() error {
	j.spill = state.NewSpill(j.ctx.TempDir)
	for side := range j.runs {
		for range spillParts {
			r, err := j.spill.NewRun(j.types[side])
			if err != nil {
				return err
			}
			j.runs[side] = append(j.runs[side], r)
		}
		for k, b := range j.held[side] {
			j.held[side][k] = nil
			if err := j.spillBatch(side, b); err != nil {
				return err
			}
		}
		j.held[side] = nil
	}
	j.release()
	return nil
}

// spillBatch writes the rows of a batch to the runs of their keys.
func (j *joinBatch) spillBatch(side int, b *vec.Batch) error {
	j.hashes, j.part = scratch(j.hashes, b.Len), scratch(j.part, b.Len)
	vec.HashColumns(pick(b.Cols, j.keys[side]), j.hashes)
	spillPart(j.hashes, j.part)
	j.parts.Split(j.part, spillParts)
	for p, r := range j.runs[side] {
		if rows := j.parts.Part(p); len(rows) > 0 {
			if err := r.Write(b.Take(rows)); err != nil {
				return err
			}
		}
	}
	j.ctx.Counters.SpilledBytes.Store(j.spill.Bytes())
	return nil
}

// joinRuns joins the spilled rows part by part.
func (j *joinBatch) joinRuns(out exec.Out) error {
	for p := range spillParts {
		side := 1
		if j.runs[0][p].Rows() < j.runs[1][p].Rows() {
			side = 0
		}
		built, probed := j.runs[side][p], j.runs[1-side][p]
		built.Finish()
		probed.Finish()
		j.ctx.Budget.Force(built.Bytes())
		j.reserved += built.Bytes()
		var batches []*vec.Batch
		err := each(built.Reader(), func(b *vec.Batch) error {
			batches = append(batches, b)
			return nil
		})
		if err != nil {
			return err
		}
		h := j.newBuild(side, batches)
		if err := each(probed.Reader(), func(b *vec.Batch) error { return j.probe(h, b, out) }); err != nil {
			return err
		}
		if err := j.finish(h, out); err != nil {
			return err
		}
		j.release()
	}
	return nil
}

// each calls f for every batch of a run.
func each(next func() (*vec.Batch, error), f func(*vec.Batch) error) error {
	for {
		b, err := next()
		if err != nil || b == nil {
			return err
		}
		if err := f(b); err != nil {
			return err
		}
	}
}

func (j *joinBatch) release() {
	j.ctx.Budget.Release(j.reserved)
	j.reserved = 0
}

// Close gives memory back and deletes the runs.
func (j *joinBatch) Close() error {
	if j.ctx != nil {
		j.release()
	}
	if j.spill != nil {
		return j.spill.Close()
	}
	return nil
}
