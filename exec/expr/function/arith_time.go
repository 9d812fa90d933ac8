package function

import (
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// newTimeArith adds an interval to a date, time or timestamp, or takes it away.
// Months keep the day of the month where they can; an interval of milliseconds moves
// a DATE by its whole days, and a TIME around the clock. Months are added to a
// TIMESTAMP_LTZ on the calendar of UTC, as in the reference.
func newTimeArith(call *rex.Call) (Kernel, error) {
	if call.T.IsInterval() {
		return newTimeDifference(call)
	}
	at, by := 0, 1
	if call.Args[0].Type().IsInterval() {
		at, by = 1, 0
	}
	t := call.Args[at].Type()
	months := call.Args[by].Type().Kind == types.IntervalYearMonth
	sign := int64(1)
	if call.Fn == "-" {
		sign = -1
	}
	switch t.Kind {
	case types.Date:
		return shift32(call, at, by, func(day int32, x int64) int32 {
			if months {
				return int32(addMonths(int64(day), sign*x))
			}
			return day + int32(sign*x/millisPerDay)
		}), nil
	case types.Time:
		return shift32(call, at, by, func(ms int32, x int64) int32 {
			if months {
				return ms
			}
			return int32(floorMod(int64(ms)+sign*x, millisPerDay))
		}), nil
	}
	unit := perSecond(t.Precision)
	perDay := unit * secondsPerDay
	return Kernel{Owned: true, Eval: func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
		out := f.New(call.T, n)
		out.Valid = valid(as, n)
		dst, xs, bys := out.Int64s(), as[at].Int64s(), as[by].Int64s()
		switch {
		case !months:
			k := sign * unit / 1000
			for i := range dst {
				dst[i] = xs[i] + k*bys[i]
			}
		default:
			for i := range dst {
				day := floorDiv(xs[i], perDay)
				dst[i] = addMonths(day, sign*bys[i])*perDay + xs[i] - day*perDay
			}
		}
		return out, nil
	}}, nil
}

// newTimeDifference is (a - b) MONTH and (a - b) SECOND: whole months as the calendar
// has them, or milliseconds.
func newTimeDifference(call *rex.Call) (Kernel, error) {
	months := call.T.Kind == types.IntervalYearMonth
	return fixedOf(func(_ *Frame, a args, i int) (int64, bool) {
		x, y := momentAt(a[0], i).millis(), momentAt(a[1], i).millis()
		if months {
			return monthsBetween(x, y), true
		}
		return x - y, true
	})(call)
}

func shift32(call *rex.Call, at, by int, move func(x int32, by int64) int32) Kernel {
	return Kernel{Owned: true, Eval: func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) {
		out := f.New(call.T, n)
		out.Valid = valid(as, n)
		dst, xs, bys := out.Int32s(), as[at].Int32s(), as[by].Int64s()
		for i := range dst {
			if !out.IsNull(i) {
				dst[i] = move(xs[i], bys[i])
			}
		}
		return out, nil
	}}
}
