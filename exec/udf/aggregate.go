package udf

import (
	"runtime"
	"sync"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/udf/guest"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/types"
)

// Aggregates gives the entries of the aggregate functions among fs, by their IDs, for one
// operator of one task: all accumulators that it makes share what runs a function.
func (h *Host) Aggregates(fs []*catalog.UserFunction) agg.Library {
	out := agg.Library{}
	for _, f := range fs {
		if f.Kind != catalog.AggregateFunction {
			continue
		}
		s := &shared{host: h, def: f}
		out[f.ID] = &agg.Entry{Function: *f.Function(), KeepsNulls: !f.NullOnNull, New: func(c agg.Config) (agg.Acc, error) {
			return s.accumulator(c.Result), nil
		}}
	}
	return out
}

// shared is what runs a function for the accumulators of one operator, which come and go
// with windows. Each has groups of its own, by numbers that are given again when the
// accumulator is gone.
type shared struct {
	host *Host
	def  *catalog.UserFunction
	run  guest.Aggregate // nil until the first use
	next int32

	mu   sync.Mutex
	free []int32 // groups of accumulators that are gone; not yet new again
}

// ready makes the function ready.
func (s *shared) ready() guest.Aggregate {
	if s.run == nil {
		c, l, err := s.host.code(s.def)
		exec.Check(err)
		run, err := l.Aggregate(s.host.ctx, c)
		exec.Check(err)
		s.run = run
		exec.Check(s.host.keep(run))
	}
	return s.run
}

// more gives n groups that are new.
func (s *shared) more(dst []int32, n int) []int32 {
	s.mu.Lock()
	k := min(n, len(s.free))
	again := s.free[len(s.free)-k:]
	s.free = s.free[:len(s.free)-k]
	dst = append(dst, again...)
	s.mu.Unlock()
	if k > 0 && s.run != nil {
		exec.Check(s.run.Reset(dst[len(dst)-k:]))
	}
	for range n - k {
		dst = append(dst, s.next)
		s.next++
	}
	return dst
}

// accumulator makes an accumulator without groups.
func (s *shared) accumulator(result types.Type) *aggregate {
	a := &aggregate{shared: s, result: result, at: &[]int32{}}
	runtime.AddCleanup(a, func(at *[]int32) {
		s.mu.Lock()
		s.free = append(s.free, *at...)
		s.mu.Unlock()
	}, a.at)
	return a
}

// aggregate is the accumulator of one call in a plan. Its partial is the state as the
// language saves it. It cannot give errors where agg.Acc has none, so it ends the task by
// way of exec.Failure.
type aggregate struct {
	*shared
	result types.Type
	at     *[]int32 // by group: its number in shared
	ids    []int32  // scratch
}

// own gives the numbers of groups.
func (a *aggregate) own(ids []int32) []int32 {
	out := make([]int32, len(ids))
	for j, id := range ids {
		out[j] = (*a.at)[id]
	}
	return out
}

// Grow is agg.Acc's.
func (a *aggregate) Grow(n int) {
	if have := len(*a.at); n > have {
		*a.at = a.more(*a.at, n-have)
	}
}

// Add is agg.Acc's.
func (a *aggregate) Add(ids []int32, args []*vec.Vec, rows []int32) {
	a.change(guest.Accumulate, ids, args, rows)
}

// Retract is agg.Acc's.
func (a *aggregate) Retract(ids []int32, args []*vec.Vec, rows []int32) {
	a.change(guest.Retract, ids, args, rows)
}

func (a *aggregate) change(what guest.Change, ids []int32, args []*vec.Vec, rows []int32) {
	if rows != nil {
		taken := make([]*vec.Vec, len(args))
		for k, v := range args {
			taken[k] = vec.Take(v, rows)
		}
		args = taken
	}
	if a.def.NullOnNull {
		var seen []int32
		if args, seen = withoutNulls(args, len(ids)); seen != nil {
			a.ids = a.ids[:0]
			for _, j := range seen {
				a.ids = append(a.ids, ids[j])
			}
			ids = a.ids
		}
	}
	if len(ids) > 0 {
		exec.Check(a.ready().Change(what, a.own(ids), args))
	}
}

// Merge is agg.Acc's.
func (a *aggregate) Merge(ids []int32, partial []*vec.Vec) {
	exec.Check(a.ready().Merge(a.own(ids), partial[0]))
}

// PartialTypes is agg.Acc's.
func (a *aggregate) PartialTypes() []types.Type { return []types.Type{types.Bytes} }

// Partial is agg.Acc's.
func (a *aggregate) Partial(ids []int32) []*vec.Vec {
	if a.run == nil { // no row came
		return []*vec.Vec{vec.New(types.Bytes, len(ids))}
	}
	v, err := a.run.State(a.own(ids))
	exec.Check(err)
	return []*vec.Vec{v}
}

// Result is agg.Acc's.
func (a *aggregate) Result(ids []int32) (*vec.Vec, error) {
	v, err := a.ready().Value(a.own(ids))
	if err != nil {
		return nil, err
	}
	if v.Valid != nil && !a.def.Result.Nullable && v.Valid.Count(v.Len) < v.Len {
		c := guest.Code{UserFunction: a.def}
		return nil, c.Errorf(guest.CodeAnswer, "it gave NULL, but it declares %s", a.def.Result)
	}
	return v.As(a.result), nil
}

// Reset is agg.Acc's.
func (a *aggregate) Reset(ids []int32) {
	if a.run != nil {
		exec.Check(a.run.Reset(a.own(ids)))
	}
}

// accumulatorBytes guesses the memory of one accumulator in its language.
const accumulatorBytes = 256

// Bytes is agg.Acc's.
func (a *aggregate) Bytes() int64 { return int64(len(*a.at)) * accumulatorBytes }
