package op

import (
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// overBatch is OVER over bounded input, with any order and frame: the rows are sorted
// by partition and order (Sort, which spills), and each partition is evaluated as a
// whole when its last row has come. So a partition must fit into memory. Rows come
// out sorted.
type overBatch struct {
	*overCalls
	sort     *Sort
	outTypes []types.Type
	held     []*vec.Batch
	rows     int
	wait     int // rows to hold before looking for complete partitions again
}

func newOverBatch(spec *physical.Over, lib agg.Library) (*overBatch, error) {
	calls, err := newOverCalls(spec, lib)
	s := &physical.Sort{Fetch: -1, Keys: slices.Clone(spec.Order)}
	var keys []rex.SortKey
	for _, c := range spec.Partition {
		keys = append(keys, rex.SortKey{Col: c})
	}
	s.Keys = append(keys, s.Keys...)
	for i, t := range spec.In {
		s.Fields = append(s.Fields, types.Field{Type: t, Name: spec.Fields[i].Name})
	}
	return &overBatch{overCalls: calls, sort: NewSort(s), outTypes: outTypes(spec)}, err
}

// Open takes the context.
func (o *overBatch) Open(ctx *exec.Context) error { return o.sort.Open(ctx) }

// Process keeps the rows.
func (o *overBatch) Process(in int, b *vec.Batch, out exec.Out) error {
	return o.sort.Process(in, b, out)
}

// sorted takes the sorted rows and passes on the results.
type sorted struct {
	o   *overBatch
	out exec.Out
}

// Emit takes a batch of sorted rows; partitions that are complete are evaluated.
func (s sorted) Emit(b *vec.Batch) error {
	o := s.o
	o.held, o.rows = append(o.held, b), o.rows+b.Len
	if o.rows < o.wait {
		return nil
	}
	return o.release(false, s.out)
}

// OnEnd sorts and evaluates.
func (o *overBatch) OnEnd(in int, out exec.Out) error {
	if err := o.sort.OnEnd(in, sorted{o, out}); err != nil {
		return err
	}
	return o.release(true, out)
}

// release evaluates the partitions held, but for the last one unless all is set.
func (o *overBatch) release(all bool, out exec.Out) error {
	if o.rows == 0 {
		return nil
	}
	b := vec.Concat(o.spec.In, o.held)
	o.held = []*vec.Batch{b}
	part := vec.NewComparer(b.Cols, b.Cols, partitionKeys(o.spec.Partition))
	var blocks []overBlock
	at := 0
	for i := 1; i <= b.Len; i++ {
		if i == b.Len && !all || i < b.Len && part.Compare(i-1, i) == 0 {
			continue
		}
		blocks = append(blocks, overBlock{key: int32(len(blocks)), at: at, n: i - at})
		at = i
	}
	if o.wait = 4 * vec.BatchSize; at == 0 {
		o.wait = 2 * o.rows // a large partition: do not look at its rows again and again
		return nil
	}
	done, rest := b.Slice(0, at), b.Slice(at, b.Len-at)
	o.held, o.rows = []*vec.Batch{rest}, rest.Len
	if rest.Len == 0 {
		o.held = nil
	}
	o.aggs.grow(len(blocks))
	vals, err := o.eval(done, blocks)
	if err != nil {
		return err
	}
	o.aggs.reset(iota32(len(blocks)))
	res := vec.NewBatch(done.Len, append(slices.Clone(done.Cols), vals...)...)
	retype(res.Cols, o.outTypes)
	for lo := 0; lo < res.Len; lo += vec.BatchSize {
		if err := out.Emit(res.Slice(lo, min(vec.BatchSize, res.Len-lo))); err != nil {
			return err
		}
	}
	return nil
}

func partitionKeys(cols []int) []vec.SortKey {
	out := make([]vec.SortKey, len(cols))
	for i, c := range cols {
		out[i].Col = c
	}
	return out
}

// Close gives the memory and the files back.
func (o *overBatch) Close() error { return o.sort.Close() }
