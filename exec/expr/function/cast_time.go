package function

import (
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// castTime casts among DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ; the latter is read
// and written in the session's zone. Before 1970 a TIMESTAMP's date is that of the
// next midnight, as in the reference; a TIMESTAMP_LTZ's date is exact.
func castTime(from, to types.Type) caster {
	switch {
	case from.Kind == types.Date && to.Kind == types.Date:
		return func(_ *Frame, v *vec.Vec, _ int, _ badRow) (*vec.Vec, error) { return v.As(to), nil }
	case to.Kind == types.Date && from.Kind == types.Timestamp:
		return rowCast(to, func(_ *Frame, v *vec.Vec, i int) (int32, bool) {
			return int32(momentOf(v.Int64s()[i], from.Precision).millis() / millisPerDay), true
		})
	case to.Kind == types.Date:
		return rowCast(to, func(f *Frame, v *vec.Vec, i int) (int32, bool) {
			return int32(floorDiv(localMoment(v, i, f.zone()).sec, secondsPerDay)), true
		})
	case from.Kind == types.Time && to.Kind == types.Time:
		return rowCast(to, func(_ *Frame, v *vec.Vec, i int) (int32, bool) {
			return truncateMillis(v.Int32s()[i], to.Precision), true
		})
	case to.Kind == types.Time:
		return rowCast(to, func(f *Frame, v *vec.Vec, i int) (int32, bool) {
			ms := floorMod(localMoment(v, i, f.zone()).millis(), millisPerDay)
			return truncateMillis(int32(ms), to.Precision), true
		})
	}
	return rowCast(to, func(f *Frame, v *vec.Vec, i int) (int64, bool) {
		var m moment
		switch from.Kind {
		case types.Date:
			m.sec = int64(v.Int32s()[i]) * secondsPerDay
		case types.Time:
			m = fromMillis(int64(v.Int32s()[i]))
		case types.TimestampLTZ:
			if to.Kind == types.TimestampLTZ {
				return rescaleTime(v.Int64s()[i], from.Precision, to.Precision)
			}
			m = localMoment(v, i, f.zone())
		default:
			if to.Kind == types.Timestamp {
				return rescaleTime(v.Int64s()[i], from.Precision, to.Precision)
			}
			m = momentOf(v.Int64s()[i], from.Precision)
		}
		if to.Kind == types.TimestampLTZ {
			m.sec = f.zone().toInstant(m.sec)
		}
		return m.in(to.Precision)
	})
}
