package op

import (
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
)

// Sort is ORDER BY over bounded input, with OFFSET and FETCH: it takes all rows and
// emits them in order when the input has ended. Rows with equal keys keep their
// order. With FETCH only as many rows as are wanted are kept.
//
// When the memory budget is exhausted, what is held is sorted and goes to disk as a
// run; at the end the runs are merged. Row kinds must be insertions.
type Sort struct {
	ctx      *exec.Context
	spec     *physical.Sort
	keys     []vec.SortKey
	held     []*vec.Batch
	rows     int64
	reserved int64
	spill    *state.Spill
	runs     []*state.Run
}

// NewSort makes the operator.
func NewSort(spec *physical.Sort) *Sort { return &Sort{spec: spec, keys: sortKeys(spec.Keys)} }

// Open takes the context.
func (s *Sort) Open(ctx *exec.Context) error {
	s.ctx = ctx
	return nil
}

// Process keeps a batch.
func (s *Sort) Process(_ int, b *vec.Batch, _ exec.Out) error {
	s.held, s.rows = append(s.held, b), s.rows+int64(b.Len)
	if wanted := s.wanted(); wanted >= 0 && s.rows > 2*wanted+8*vec.BatchSize {
		top := s.sorted()
		if int64(top.Len) > wanted {
			top = top.Slice(0, int(wanted))
			top = top.Take(iota32(top.Len)) // lets go of the rest
		}
		s.held, s.rows = []*vec.Batch{top}, int64(top.Len)
		return nil
	}
	size := batchBytes(b)
	if s.ctx.Budget.Reserve(size) {
		s.reserved += size
		return nil
	}
	if s.rows < 16*vec.BatchSize { // a run would be too small
		s.ctx.Budget.Force(size)
		s.reserved += size
		return nil
	}
	return s.spillRun()
}

// wanted is the number of rows to keep, -1 = all.
func (s *Sort) wanted() int64 {
	if s.spec.Fetch < 0 {
		return -1
	}
	return s.spec.Offset + s.spec.Fetch
}

// sorted gives what is held in order.
func (s *Sort) sorted() *vec.Batch {
	all := vec.Concat(outTypes(s.spec), s.held)
	return all.Take(vec.SortIndices(all, s.keys))
}

// spillRun writes what is held to disk as a sorted run.
func (s *Sort) spillRun() error {
	if s.spill == nil {
		s.spill = state.NewSpill(s.ctx.TempDir)
	}
	r, err := s.spill.NewRun(outTypes(s.spec))
	if err != nil {
		return err
	}
	b := s.sorted()
	for lo := 0; lo < b.Len; lo += vec.BatchSize {
		if err := r.Write(b.Slice(lo, min(vec.BatchSize, b.Len-lo))); err != nil {
			return err
		}
	}
	r.Finish()
	s.runs, s.held, s.rows = append(s.runs, r), nil, 0
	s.ctx.Counters.SpilledBytes.Store(s.spill.Bytes())
	s.release()
	return nil
}

func (s *Sort) release() {
	s.ctx.Budget.Release(s.reserved)
	s.reserved = 0
}

// OnEnd emits the rows in order.
func (s *Sort) OnEnd(_ int, out exec.Out) error {
	next := s.memoryRun()
	if len(s.runs) > 0 {
		sources := make([]func() (*vec.Batch, error), 0, len(s.runs)+1)
		for _, r := range s.runs {
			sources = append(sources, r.Reader())
		}
		next = vec.NewMerger(outTypes(s.spec), s.keys, append(sources, next)).Next
	}
	skip, left := s.spec.Offset, s.spec.Fetch
	for {
		b, err := next()
		if err != nil || b == nil {
			return err
		}
		lo := min(skip, int64(b.Len))
		n := int64(b.Len) - lo
		if skip -= lo; left >= 0 {
			n = min(n, left)
			left -= n
		}
		if n > 0 {
			if err := out.Emit(b.Slice(int(lo), int(n))); err != nil {
				return err
			}
		}
		if left == 0 {
			return nil
		}
	}
}

// memoryRun gives what is held as a run.
func (s *Sort) memoryRun() func() (*vec.Batch, error) {
	if len(s.held) == 0 {
		return func() (*vec.Batch, error) { return nil, nil }
	}
	b, lo := s.sorted(), 0
	s.held = nil
	return func() (*vec.Batch, error) {
		if lo >= b.Len {
			return nil, nil
		}
		n := min(vec.BatchSize, b.Len-lo)
		part := b.Slice(lo, n)
		lo += n
		return part, nil
	}
}

// Close gives memory back and deletes the runs.
func (s *Sort) Close() error {
	if s.ctx != nil {
		s.release()
	}
	if s.spill != nil {
		return s.spill.Close()
	}
	return nil
}

func iota32(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(i)
	}
	return out
}

// batchBytes is the memory a batch holds, roughly.
func batchBytes(b *vec.Batch) int64 {
	n := int64(len(b.Kinds))
	for _, v := range b.Cols {
		n += vecBytes(v)
	}
	return n
}

func vecBytes(v *vec.Vec) int64 {
	n := int64(len(v.Valid) + len(v.Raw()) + 4*len(v.Off))
	if len(v.Off) > 0 && v.Data != nil {
		n += int64(v.Off[v.Len] - v.Off[0])
	}
	for _, k := range v.Kids {
		n += vecBytes(k)
	}
	return n
}
