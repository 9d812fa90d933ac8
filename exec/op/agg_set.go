package op

import (
	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// aggSet is the accumulators of all calls of one operator over the same groups:
// FILTER clauses and the columns of the partial rows are dealt with here.
type aggSet struct {
	calls []aggCall
	cap   int // groups there is room for
}

type aggCall struct {
	rex.AggCall
	acc  agg.Acc
	args []*vec.Vec
	rows []int32
	ids  []int32
}

// newAggSet makes the accumulators of calls over input columns of types in.
func newAggSet(lib agg.Library, calls []rex.AggCall, in []types.Type, retract bool) (*aggSet, error) {
	s := &aggSet{}
	for _, c := range calls {
		acc, err := lib.New(c, in, retract)
		if err != nil {
			return nil, err
		}
		s.calls = append(s.calls, aggCall{AggCall: c, acc: acc, args: make([]*vec.Vec, len(c.Args))})
	}
	return s, nil
}

// grow makes room for groups 0 to n-1.
func (s *aggSet) grow(n int) {
	if n <= s.cap {
		return
	}
	s.cap = max(n, 2*s.cap, 64)
	for i := range s.calls {
		s.calls[i].acc.Grow(s.cap)
	}
}

// add takes rows into groups: ids[j] is the group of rows[j] (of row j if rows is nil).
func (s *aggSet) add(ids []int32, cols []*vec.Vec, rows []int32) { s.apply(ids, cols, rows, false) }

// retract takes rows back.
func (s *aggSet) retract(ids []int32, cols []*vec.Vec, rows []int32) { s.apply(ids, cols, rows, true) }

func (s *aggSet) apply(ids []int32, cols []*vec.Vec, rows []int32, retract bool) {
	if len(ids) == 0 {
		return
	}
	for i := range s.calls {
		c := &s.calls[i]
		for k, a := range c.Args {
			c.args[k] = cols[a]
		}
		ids, rows := ids, rows
		if c.Filter >= 0 {
			ids, rows = c.filter(cols[c.Filter], ids, rows)
			if len(ids) == 0 {
				continue
			}
		}
		if retract {
			c.acc.Retract(ids, c.args, rows)
		} else {
			c.acc.Add(ids, c.args, rows)
		}
	}
}

// filter keeps the rows for which the FILTER column is TRUE, with their groups.
func (c *aggCall) filter(v *vec.Vec, ids, rows []int32) ([]int32, []int32) {
	c.rows, c.ids = c.rows[:0], c.ids[:0]
	vals := v.Bools()
	for j, id := range ids {
		if i := rowAt(rows, j); vals[i] && !v.IsNull(i) {
			c.rows, c.ids = append(c.rows, int32(i)), append(c.ids, id)
		}
	}
	return c.ids, c.rows
}

// merge takes partials into groups; cols starts with the first partial column.
func (s *aggSet) merge(ids []int32, cols []*vec.Vec) {
	for i := range s.calls {
		n := len(s.calls[i].acc.PartialTypes())
		s.calls[i].acc.Merge(ids, cols[:n])
		cols = cols[n:]
	}
}

// invertible reports whether partials can be taken out again, exactly.
func (s *aggSet) invertible() bool {
	for i := range s.calls {
		if _, ok := s.calls[i].acc.(agg.Inverse); !ok {
			return false
		}
	}
	return true
}

// unmerge takes partials that were merged out of groups; only if all calls are invertible.
func (s *aggSet) unmerge(ids []int32, cols []*vec.Vec) {
	for i := range s.calls {
		acc := s.calls[i].acc
		n := len(acc.PartialTypes())
		acc.(agg.Inverse).Unmerge(ids, cols[:n])
		cols = cols[n:]
	}
}

// partial gives the partial columns of groups.
func (s *aggSet) partial(ids []int32) []*vec.Vec {
	var out []*vec.Vec
	for i := range s.calls {
		out = append(out, s.calls[i].acc.Partial(ids)...)
	}
	return out
}

// partialTypes gives the types of the partial columns.
func (s *aggSet) partialTypes() []types.Type {
	var out []types.Type
	for i := range s.calls {
		out = append(out, s.calls[i].acc.PartialTypes()...)
	}
	return out
}

// codecs gives a codec for each call's partial.
func (s *aggSet) codecs() []*vec.RowCodec {
	out := make([]*vec.RowCodec, len(s.calls))
	for i := range s.calls {
		out[i] = vec.NewRowCodec(s.calls[i].acc.PartialTypes())
	}
	return out
}

// result gives the values of groups, a column a call.
func (s *aggSet) result(ids []int32) ([]*vec.Vec, error) {
	out := make([]*vec.Vec, len(s.calls))
	for i := range s.calls {
		v, err := s.calls[i].acc.Result(ids)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}

// steppers gives the accumulators if all of them can go row by row, else nil.
func (s *aggSet) steppers() []agg.Stepper {
	out := make([]agg.Stepper, len(s.calls))
	for i := range s.calls {
		st, ok := s.calls[i].acc.(agg.Stepper)
		if !ok {
			return nil
		}
		out[i] = st
	}
	return out
}

// reset empties groups.
func (s *aggSet) reset(ids []int32) {
	for i := range s.calls {
		s.calls[i].acc.Reset(ids)
	}
}

// Bytes is the memory held, roughly.
func (s *aggSet) Bytes() int64 {
	n := int64(0)
	for i := range s.calls {
		n += s.calls[i].acc.Bytes()
	}
	return n
}
