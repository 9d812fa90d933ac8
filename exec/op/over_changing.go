package op

import (
	"slices"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
)

// overChanging is OVER on a stream in an order that is not time, up to CURRENT ROW: from UNBOUNDED
// PRECEDING, as Flink's NonTimeUnboundedPreceding functions, or over some ROWS. A row that
// is put between others changes the values of those behind it (and of its peers).
//
//	added        in the order of rows: it with its own kind, -U, +U for each that changes
//	taken back   in the order of rows: it as -D, -U, +U for each that changes
//
// From UNBOUNDED PRECEDING a partition is evaluated again after every row, so this is for small
// partitions; n ROWS are evaluated n rows around the one that came or went.
// Ranking and offset functions give peers one value (peersShare). Watermarks pass. State: all rows; values are
// computed from them.
type overChanging struct {
	*partitions
	calls *overCalls
	spec  *physical.Over
	local bool         // a row sees a fixed number of rows before it
	vals  [][]*vec.Vec // by partition: the calls' values, in the order of its rows; nil = not computed, or local
	out   *vec.BatchBuilder
}

func newOverChanging(spec *physical.Over, lib agg.Library) (*overChanging, error) {
	calls, err := newOverCalls(spec, lib)
	if err != nil {
		return nil, err
	}
	if calls.frame.slides() && !spec.Rows || spec.Following != 0 {
		return nil, diag.Errorf(codeMode, diag.Span{}, "an OVER window of a stream in an order that is not time is of ROWS or begins at UNBOUNDED PRECEDING, and ends at CURRENT ROW")
	}
	top := &physical.TopN{Out: spec.Out, In: spec.In, Partition: spec.Partition, Order: spec.Order, Start: 1, End: -1, EmitUpdateBefore: spec.EmitUpdateBefore, TTL: spec.TTL}
	o := &overChanging{partitions: newPartitions(top), calls: calls, spec: spec,
		local: calls.frame.slides() && !calls.positions}
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
		if !o.local {
			if err := o.compute(id); err != nil {
				return err
			}
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
		if o.local {
			if err := o.around(kind, at, top, o.tops[id]); err != nil {
				return err
			}
			continue
		}
		o.vals[id] = nil
		if err := o.compute(id); err != nil {
			return err
		}
		o.compare(kind, at, 0, top, old, o.tops[id], o.vals[id])
	}
	return o.finish(out)
}

// compute evaluates a partition if its values are not known.
func (o *overChanging) compute(id int32) error {
	if o.vals[id] != nil {
		return nil
	}
	vals, err := o.eval(o.tops[id])
	o.vals[id] = vals
	return err
}

// eval computes the calls over rows in order.
func (o *overChanging) eval(rows []int32) ([]*vec.Vec, error) {
	blocks := []overBlock{{key: 0, n: len(rows)}}
	vals, err := o.calls.eval(vec.NewBatch(len(rows), o.store.gather(rows)...), blocks)
	o.calls.aggs.reset([]int32{0})
	return vals, err
}

// around compares the rows that can see the one at place at, as they were and as they
// are. Each sees a fixed number of rows before itself, so as many before at are enough.
func (o *overChanging) around(kind vec.RowKind, at int, was, is []int32) error {
	n := int(min(o.spec.Preceding, int64(len(was)+len(is))))
	lo := max(at-n, 0)
	was, is = was[lo:min(at+n+1, len(was))], is[lo:min(at+n+1, len(is))]
	if kind.Adds() {
		was = was[:min(at-lo+n, len(was))]
	} else {
		is = is[:min(at-lo+n, len(is))]
	}
	old, err := o.eval(was)
	if err != nil {
		return err
	}
	now, err := o.eval(is)
	if err != nil {
		return err
	}
	o.compare(kind, at-lo, at-lo, was, old, is, now)
	return nil
}

// compare emits what a row at place at, added or taken back, changes among rows of its
// partition from place first on.
func (o *overChanging) compare(kind vec.RowKind, at, first int, was []int32, old []*vec.Vec, is []int32, now []*vec.Vec) {
	if kind.Adds() {
		for j, slot := range is {
			if j < first {
				continue
			}
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
		if i < first {
			continue
		}
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
