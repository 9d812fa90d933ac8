package agg

import (
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// listed is an aggregate over the list of a group's rows in order of arrival. Its
// partial is the list, and the list of what was taken back before it came.
type listed struct {
	list   *arrivals
	nulls  bool // rows with a NULL argument are kept
	form   form
	ids    []int32 // scratch
	chosen []int32 // scratch
}

// form makes the results of groups of their lists.
type form interface {
	result(l *arrivals, ids []int32) (*vec.Vec, error)
}

// newListed makes the aggregate over all argument columns.
func newListed(c Config, f form, nulls bool) *listed {
	return &listed{list: newArrivals(c.Args), form: f, nulls: nulls}
}

func (a *listed) Grow(n int) { a.list.grow(n) }

func (a *listed) Add(ids []int32, args []*vec.Vec, rows []int32) { a.change(ids, args, rows, false) }

func (a *listed) Retract(ids []int32, args []*vec.Vec, rows []int32) { a.change(ids, args, rows, true) }

func (a *listed) change(ids []int32, args []*vec.Vec, rows []int32, retract bool) {
	if valid := validOf(args); valid != nil && !a.nulls {
		a.ids, a.chosen = a.ids[:0], a.chosen[:0]
		for j, id := range ids {
			if r := rowAt(rows, j); valid.Get(int(r)) {
				a.ids, a.chosen = append(a.ids, id), append(a.chosen, r)
			}
		}
		ids, rows = a.ids, a.chosen
	}
	if len(ids) > 0 {
		a.list.change(ids, args, rows, retract)
	}
}

func (a *listed) Merge(ids []int32, partial []*vec.Vec) { a.list.merge(ids, partial) }

func (a *listed) PartialTypes() []types.Type {
	return []types.Type{a.list.listType(), a.list.listType()}
}

func (a *listed) Partial(ids []int32) []*vec.Vec { return a.list.partial(ids) }

func (a *listed) Result(ids []int32) (*vec.Vec, error) { return a.form.result(a.list, ids) }

func (a *listed) Reset(ids []int32) { a.list.reset(ids) }

func (a *listed) Bytes() int64 { return a.list.bytes() }
