package op

import (
	"fmt"

	"github.com/weir-sql/weir/exec/state"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// GroupsPart is the part of a group aggregation's state that holds its groups: names are
// the uid, a slash and this.
const GroupsPart = "groups"

// Regroup rewrites the groups of a snapshot for an aggregation with other calls over the
// same rows and keys: calls that were there go on, others begin empty, and calls that
// are gone are left out.
type Regroup struct {
	from  []int    // of each call: which it was among the former ones, -1 = none
	empty [][]byte // what a call that was not there begins with
	rows  []bool   // calls that count rows, which the groups do anyway
	codec *vec.RowCodec
}

// CountsRows reports whether a call over updating input is known from the number of rows
// that every group keeps: COUNT(*).
func CountsRows(c rex.AggCall) bool {
	return c.Fn == "COUNT" && len(c.Args) == 0 && c.Filter < 0 && !c.Distinct
}

// NewRegroup makes the rewriting for an aggregation as it is now; from says of each of its
// calls which of the former ones it was, -1 if none.
func NewRegroup(spec *physical.GroupAgg, from []int) (*Regroup, error) {
	g, err := newGroups(spec, nil) // user functions begin with no code: theirs is not rewritten
	if err != nil {
		return nil, err
	}
	r := &Regroup{from: from, empty: make([][]byte, len(spec.Aggs)), rows: make([]bool, len(spec.Aggs)), codec: vec.NewRowCodec([]types.Type{types.Int64.NotNull()})}
	g.aggs.grow(1)
	codecs, cols := g.aggs.codecs(), g.aggs.partial([]int32{0})
	for i, c := range codecs {
		r.empty[i] = c.AppendRow(nil, cols[:len(c.Types())], 0)
		r.rows[i] = spec.Retract && CountsRows(spec.Aggs[i])
		cols = cols[len(c.Types()):]
	}
	return r, nil
}

// Entry rewrites the value of one group.
func (r *Regroup) Entry(value []byte) ([]byte, error) {
	e := entryReader{b: value}
	rows := e.int()
	out := appendInt(appendInt(nil, rows), e.int())
	var former [][]byte
	for len(e.b) > 0 && !e.bad {
		former = append(former, e.bytes())
	}
	if e.bad {
		return nil, fmt.Errorf("%w: an entry is too short", state.ErrCorrupt)
	}
	for i, k := range r.from {
		switch {
		case k >= len(former):
			return nil, fmt.Errorf("%w: an entry has %d calls", state.ErrCorrupt, len(former))
		case k >= 0:
			out = appendBytes(out, former[k])
		case r.rows[i]:
			count := vec.FromSlice(types.Int64.NotNull(), []int64{rows}, nil)
			out = appendBytes(out, r.codec.AppendRow(nil, []*vec.Vec{count}, 0))
		default:
			out = appendBytes(out, r.empty[i])
		}
	}
	return out, nil
}
