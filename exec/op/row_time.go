package op

import (
	"time"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
)

// Codes of run-time errors of operators.
const (
	codeNullTime diag.Code = "W0530" // a row without event time
	codeBatch    diag.Code = "W0531" // an operator that exists in one mode only
)

// millis gives the times of a timestamp column in milliseconds since the epoch, in
// buf if it is long enough. Fractions of a millisecond are cut off towards the past.
// A NULL is an error, as in Flink.
func millis(v *vec.Vec, buf []int64) ([]int64, error) {
	if v.Valid != nil && v.Valid.Count(v.Len) < v.Len {
		return nil, diag.Errorf(codeNullTime, diag.Span{}, "the event time column is NULL in some row").
			WithHint("Filter such rows before, or give the column a value with COALESCE.")
	}
	vals := v.Int64s()
	unit := int64(vec.Milli / vec.UnitOf(v.Type.Precision))
	if unit == 1 {
		return vals, nil
	}
	buf = scratch(buf, len(vals))
	for i, x := range vals {
		buf[i] = floorDiv(x, unit)
	}
	return buf, nil
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// toLocal turns an instant into the local time of day zone, both as milliseconds
// since the epoch of their own time line.
func toLocal(ms int64, zone *time.Location) int64 {
	_, offset := time.UnixMilli(ms).In(zone).Zone()
	return ms + int64(offset)*1000
}

// toInstant turns a local time into the instant: of two (clocks set back) the
// earlier, and of none (clocks set forward) the one as far after the change, as
// java.time does with the offset before the change.
func toInstant(local int64, zone *time.Location) int64 {
	t := time.UnixMilli(local).UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), zone).UnixMilli()
}
