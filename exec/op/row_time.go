package op

import (
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
)

// Codes of run-time errors of operators.
const (
	codeNullTime diag.Code = "W0530" // a row without event time
	codeMode     diag.Code = "W0531" // an operator that exists in one mode only
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

// timed gives the rows of a batch that have event time: rows without it belong to no window
// and are left out in batch; in a stream they are an error, as in Flink.
func timed(ctx *exec.Context, b *vec.Batch, w physical.Window) *vec.Batch {
	if !ctx.Batch || !w.Rowtime || w.Kind == physical.Attached {
		return b
	}
	v := b.Cols[w.Time]
	if v.Valid == nil || v.Valid.Count(v.Len) == v.Len {
		return b
	}
	var rows []int32
	for i := range b.Len {
		if !v.IsNull(i) {
			rows = append(rows, int32(i))
		}
	}
	return b.Take(rows)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// localTime maps between instants and the local time of a zone, both in milliseconds
// since the epoch of their own time line, as java.time and Flink's TimeWindowUtil do.
// The zero localTime maps every time to itself.
type localTime struct {
	zone *time.Location // nil = local time is the instant
	dst  bool           // the zone's clocks are set back and forward
}

func newLocalTime(local bool, name string, zone *time.Location) localTime {
	if local && name != "" {
		var err error
		if zone, err = time.LoadLocation(name); err != nil {
			zone = nil // the binder has loaded it once
		}
	}
	if !local || zone == nil || zone == time.UTC {
		return localTime{}
	}
	winter, summer := time.Date(2035, 1, 1, 0, 0, 0, 0, zone), time.Date(2035, 7, 1, 0, 0, 0, 0, zone)
	_, a := winter.Zone()
	_, b := summer.Zone()
	return localTime{zone, a != b}
}

func (l localTime) offset(ms int64) int64 {
	_, s := time.UnixMilli(ms).In(l.zone).Zone()
	return int64(s) * 1000
}

// local gives the local time of an instant.
func (l localTime) local(ms int64) int64 {
	if l.zone == nil || ms == exec.MaxWatermark || ms == exec.MinWatermark {
		return ms
	}
	return ms + l.offset(ms)
}

// instant gives the instant of a local time: of two (clocks set back) the earlier; of
// none (clocks set forward) the one that the offset before the change gives.
func (l localTime) instant(local int64) int64 {
	if l.zone == nil {
		return local
	}
	const day = 24 * 3600 * 1000
	before, after := l.offset(local-day), l.offset(local+day)
	if u := local - before; before == after || l.offset(u) == before {
		return u
	}
	if u := local - after; l.offset(u) == after {
		return u
	}
	return local - before
}

// trigger gives when a window whose last millisecond is local fires: as instant, but of
// two the later, and of none the time of the change.
func (l localTime) trigger(local int64) int64 {
	t := l.instant(local)
	if !l.dst {
		return t
	}
	const hour = 3600 * 1000
	switch next := l.instant(local + hour); {
	case next-t > hour:
		return next - hour
	case next == t:
		return t - t%hour
	}
	return t
}
