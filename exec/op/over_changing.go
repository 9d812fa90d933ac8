package op

import (
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
)

// overChanging is OVER on a stream in an order that is not time, from UNBOUNDED
// PRECEDING to CURRENT ROW, as Flink's NonTimeUnboundedPreceding functions: a row that
// is put between others changes the values of those behind it (and of its peers).
//
//	added        in the order of rows: it with its own kind, -U, +U for each that changes
//	taken back   in the order of rows: it as -D, -U, +U for each that changes
//
// After every row its partition is evaluated again, so this is for small partitions.
// Ranking and offset functions give peers one value (peersShare). Watermarks pass. State: all rows; values are
// computed from them.
type overChanging struct {
	*partitions
	calls *overCalls
	spec  *physical.Over
	vals  [][]*vec.Vec // by partition: the calls' values, in the order of its rows; nil = not computed
	out   *vec.BatchBuilder
}

func newOverChanging(spec *physical.Over) (*overChanging, error) {
	calls, err := newOverCalls(spec)
	if err != nil {
		return nil, err
	}
	if calls.frame.slides() || spec.Following != 0 {
		return nil, diag.Errorf(codeMode, diag.Span{}, "an OVER window of a stream in an order that is not time begins at UNBOUNDED PRECEDING and ends at CURRENT ROW")
	}
	top := &physical.TopN{Out: spec.Out, In: spec.In, Partition: spec.Partition, Order: spec.Order, Start: 1, End: -1, EmitUpdateBefore: spec.EmitUpdateBefore, TTL: spec.TTL}
	o := &overChanging{partitions: newPartitions(top), calls: calls, spec: spec}
	o.calls.aggs.grow(1)
	o.calls.peersShare = true
	o.out = vec.NewBatchBuilder(o.outTypes[len(spec.In):], 0)
	return o, nil
}

// Process adds and takes back rows.
func (o *overChanging) Process(_ int, b *vec.Batch, out exec.Out) error {
	cols := o.begin(b)
	for len(o.vals) < len(o.tops) {
		o.vals = append(o.vals, nil)
	}
	retract := topNRetract{o.partitions}
	for i, id := range o.ids {
		if err := o.compute(id); err != nil {
			return err
		}
		top, old := o.tops[id], o.vals[id]
		var at int
		kind := b.Kind(i)
		if kind.Adds() {
			at = o.upper(top, o.keys.Row(i))
			o.tops[id] = slices.Insert(slices.Clone(top), at, o.store.add(cols, i))
		} else {
			if at = retract.find(top, o.keys.Row(i), cols, i); at < 0 {
				if len(top) == 0 {
					o.empty = append(o.empty, id)
				}
				continue
			}
			o.changes.free(top[at])
			if o.tops[id] = slices.Delete(slices.Clone(top), at, at+1); len(o.tops[id]) == 0 {
				o.empty = append(o.empty, id)
			}
		}
		o.vals[id] = nil
		if err := o.compute(id); err != nil {
			return err
		}
		o.compare(kind, at, top, old, o.tops[id], o.vals[id])
	}
	return o.finish(out)
}

// compute evaluates a partition if its values are not known.
func (o *overChanging) compute(id int32) error {
	if o.vals[id] != nil {
		return nil
	}
	top := o.tops[id]
	blocks := []overBlock{{key: 0, n: len(top)}}
	vals, err := o.calls.eval(vec.NewBatch(len(top), o.store.gather(top)...), blocks)
	o.calls.aggs.reset([]int32{0})
	o.vals[id] = vals
	return err
}

// compare emits what a row at place at, added or taken back, changes in its partition.
func (o *overChanging) compare(kind vec.RowKind, at int, was []int32, old []*vec.Vec, is []int32, now []*vec.Vec) {
	if kind.Adds() {
		for j, slot := range is {
			i := j // place before
			if j > at {
				i--
			}
			if j == at {
				o.putValues(kind, slot, now, j)
			} else if !vec.Equal(old, i, now, j) {
				o.putValues(vec.UpdateBefore, slot, old, i)
				o.putValues(vec.UpdateAfter, slot, now, j)
			}
		}
		return
	}
	for i, slot := range was {
		j := i
		if i > at {
			j--
		}
		if i == at {
			o.putValues(vec.Delete, slot, old, i)
		} else if !vec.Equal(old, i, now, j) {
			o.putValues(vec.UpdateBefore, slot, old, i)
			o.putValues(vec.UpdateAfter, slot, now, j)
		}
	}
}

// putValues emits a row with its values.
func (o *overChanging) putValues(kind vec.RowKind, slot int32, vals []*vec.Vec, i int) {
	if kind == vec.UpdateBefore && !o.spec.EmitUpdateBefore {
		return
	}
	o.changes.add(kind, slot)
	for c, v := range vals {
		o.out.Cols[c].From(v, i)
	}
	o.out.EndRow(vec.Insert)
}

// finish gathers the changes of the call.
func (o *overChanging) finish(out exec.Out) error {
	c := &o.changes
	if len(c.slots) > 0 {
		cols := make([]*vec.Vec, len(o.spec.In))
		for k := range cols {
			cols[k] = o.store.column(k, c.slots)
		}
		res := changeBatch(append(cols, o.out.Finish().Cols...), o.outTypes, c.kinds)
		for lo := 0; lo < res.Len; lo += vec.BatchSize {
			if err := out.Emit(res.Slice(lo, min(vec.BatchSize, res.Len-lo))); err != nil {
				return err
			}
		}
	}
	c.slots, c.kinds = c.slots[:0], c.kinds[:0]
	for _, id := range o.empty {
		if len(o.tops[id]) == 0 {
			o.vals[id] = nil
		}
	}
	return o.end(out)
}
