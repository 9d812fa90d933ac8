package agg

import (
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// Acc accumulates one aggregate call for many groups at once. Groups are dense ids
// as vec.GroupTable gives them. An Acc belongs to one goroutine.
//
// In Add and Retract rows selects rows of args, nil meaning all of them, and ids[j]
// is the group of row rows[j] (of row j if rows is nil). A FILTER clause is the
// caller's: it passes the rows that hold. args are the call's argument columns, in
// the order of rex.AggCall.Args; COUNT(*) has none, and then len(ids) rows count.
//
// A partial is one row of SQL values that says everything about a group: the same
// form goes from local to global aggregation, to disk and into snapshots. A group
// with no row (new, reset) has a partial too, and merging it changes nothing.
type Acc interface {
	// Grow makes room for groups 0 to n-1; new groups are empty. It must be called
	// before an id is used.
	Grow(n int)
	// Add takes rows in.
	Add(ids []int32, args []*vec.Vec, rows []int32)
	// Retract takes back rows that were added before. Only accumulators made for
	// retraction can do it.
	Retract(ids []int32, args []*vec.Vec, rows []int32)
	// Merge takes row j of partial into group ids[j], as if its rows had been added
	// after those already there. partial has the types of PartialTypes.
	Merge(ids []int32, partial []*vec.Vec)
	// PartialTypes gives the columns of a partial.
	PartialTypes() []types.Type
	// Partial gives the partials of groups, row j for ids[j].
	Partial(ids []int32) []*vec.Vec
	// Result gives the value of groups, row j for ids[j]. An error is a run-time
	// error of the query, as a *diag.Diagnostic.
	Result(ids []int32) (*vec.Vec, error)
	// Reset makes groups empty again and lets go of their memory.
	Reset(ids []int32)
	// Bytes is the memory held, roughly.
	Bytes() int64
}

// Inverse is an accumulator from which a partial can be taken out again as if it had never
// been merged, so that a window may drop its oldest rows. Only exact arithmetic can.
type Inverse interface {
	Unmerge(ids []int32, partial []*vec.Vec)
}

// Config is what an accumulator is made for.
type Config struct {
	Args     []types.Type // types of the argument columns
	Result   types.Type   // as the call resolved it
	Distinct bool
	// Retract says that rows may be taken back, so that MIN, MAX and others must
	// remember all values.
	Retract bool
}
