package function

import (
	"errors"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// inferOverlaps takes two rows of a start and an end or length.
func inferOverlaps(c catalog.Call) (catalog.Resolved, error) {
	wrong := errors.New("OVERLAPS compares two periods (start, end), an end being a time like the start, or an interval")
	if len(c.Args) != 2 {
		return catalog.Resolved{}, wrong
	}
	nullable := false
	for _, t := range c.Args {
		if t.Kind != types.Row || len(t.Fields) != 2 {
			return catalog.Resolved{}, wrong
		}
		from, to := t.Fields[0].Type, t.Fields[1].Type
		first := c.Args[0].Fields[0].Type
		if !from.In(types.Date, types.Time, types.Timestamp, types.TimestampLTZ) || from.Kind != first.Kind ||
			to.Kind != from.Kind && !to.IsInterval() {
			return catalog.Resolved{}, wrong
		}
		nullable = nullable || types.AnyNullable(t, from, to)
	}
	return catalog.Resolved{Args: c.Args, Result: types.Bool.WithNull(nullable)}, nil
}

// newOverlaps compares end points; a point in common is enough.
func newOverlaps(call *rex.Call) (Kernel, error) {
	return fixedOf(func(_ *Frame, a args, i int) (bool, bool) {
		s0, e0, ok0 := ends(a[0], i)
		s1, e1, ok1 := ends(a[1], i)
		return e0 >= s1 && e1 >= s0, ok0 && ok1
	})(call)
}

// ends gives the begin and the end of a period in milliseconds; false if one is
// NULL.
func ends(v *vec.Vec, i int) (from, to int64, ok bool) {
	a, b := v.Kids[0], v.Kids[1]
	if a.IsNull(i) || b.IsNull(i) {
		return 0, 0, false
	}
	at := func(v *vec.Vec) int64 {
		if v.Type.Kind == types.Time {
			return int64(v.Int32s()[i])
		}
		return momentAt(v, i).millis()
	}
	from = at(a)
	switch b.Type.Kind {
	case types.IntervalDayTime:
		if to = from + b.Int64s()[i]; a.Type.Kind == types.Time {
			to = floorMod(to, millisPerDay) // a clock
		}
	case types.IntervalYearMonth:
		day := floorDiv(from, millisPerDay)
		to = from + (addMonths(day, b.Int64s()[i])-day)*millisPerDay
	default:
		to = at(b)
	}
	return min(from, to), max(from, to), true
}
