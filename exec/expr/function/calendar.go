package function

import (
	"math"
	"strings"
	"time"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/types"
)

// Dates and times as plain numbers, in the proleptic Gregorian calendar. A day is
// counted from 1970-01-01; local times are seconds as if the zone were UTC.

const (
	secondsPerDay = 86400
	millisPerDay  = 86400000
)

func floorDiv(x, y int64) int64 {
	q := x / y
	if x%y < 0 {
		q--
	}
	return q
}

func floorMod(x, y int64) int64 { return x - floorDiv(x, y)*y }

// dayOf gives the day of a date; the month may be any number, the day of the month
// too.
func dayOf(year, month, day int64) int64 {
	year += floorDiv(month-1, 12)
	month = floorMod(month-1, 12) + 1
	// Years are counted from March, so that the leap day ends a year.
	if month <= 2 {
		year--
		month += 12
	}
	era := floorDiv(year, 400)
	yoe := year - era*400
	doy := (153*(month-3)+2)/5 + day - 1
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 719468
}

// civil gives the date of a day.
func civil(day int64) (year, month, dom int64) {
	day += 719468
	era := floorDiv(day, 146097)
	doe := day - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	dom = doy - (153*mp+2)/5 + 1
	month, year = mp+3, yoe+era*400
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, dom
}

func isLeap(year int64) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func monthLength(year, month int64) int64 {
	switch month {
	case 2:
		if isLeap(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	default:
		return 31
	}
}

// addMonths moves a day by months; a day past the end of the month becomes its last.
func addMonths(day, months int64) int64 {
	y, m, d := civil(day)
	m += months
	y += floorDiv(m-1, 12)
	m = floorMod(m-1, 12) + 1
	return dayOf(y, m, min(d, monthLength(y, m)))
}

// moment is a point on a time line: seconds and the nanoseconds after them.
type moment struct {
	sec  int64
	nano int64
}

// momentOf reads a timestamp of a precision.
func momentOf(x int64, precision int) moment {
	per := perSecond(precision)
	s := floorDiv(x, per)
	return moment{s, (x - s*per) * int64(vec.UnitOf(precision))}
}

// perSecond is the number of units of a timestamp in a second.
func perSecond(precision int) int64 { return int64(time.Second) / int64(vec.UnitOf(precision)) }

// in gives the moment as a timestamp of a precision, with the digits beyond cut off;
// false if the unit of that precision cannot hold it. Milliseconds are cut towards
// 1970, as the reference does.
func (m moment) in(precision int) (int64, bool) {
	unit := vec.UnitOf(precision)
	per := int64(time.Second) / int64(unit)
	if m.sec > math.MaxInt64/per-1 || m.sec < math.MinInt64/per+1 {
		return 0, false
	}
	x := m.sec*per + m.nano/int64(unit)
	switch precision {
	case 0, 1, 2:
		cut := pow10[3-precision]
		return x / cut * cut, true
	case 4, 5, 7, 8:
		cut := pow10[(9-precision)%3]
		return x - floorMod(x, cut), true
	}
	return x, true
}

// millis is the moment in milliseconds.
func (m moment) millis() int64 { return m.sec*1000 + m.nano/1e6 }

func fromMillis(ms int64) moment {
	s := floorDiv(ms, 1000)
	return moment{s, (ms - s*1000) * 1e6}
}

// rescaleTime brings a timestamp from one precision to another; false if it does not
// fit.
func rescaleTime(x int64, from, to int) (int64, bool) {
	if from == to {
		return x, true
	}
	return momentOf(x, from).in(to)
}

// zone is a time zone that remembers the period it looked at last: the rows of a batch
// tend to lie between the same two changes of the clock. It belongs to one goroutine.
type zone struct {
	loc              *time.Location
	from, to, offset int64 // the offset, in seconds, from one instant up to another
}

var utc = newZone(time.UTC)

func newZone(loc *time.Location) *zone {
	z := &zone{loc: loc}
	if loc == time.UTC {
		z.from, z.to = math.MinInt64, math.MaxInt64
	}
	return z
}

// offsetAt is the zone's offset from UTC, in seconds, at an instant.
func (z *zone) offsetAt(sec int64) int64 {
	if sec >= z.from && sec < z.to {
		return z.offset
	}
	t := time.Unix(sec, 0).In(z.loc)
	_, off := t.Zone()
	start, end := t.ZoneBounds()
	z.from, z.to, z.offset = math.MinInt64, math.MaxInt64, int64(off)
	if !start.IsZero() {
		z.from = start.Unix()
	}
	if !end.IsZero() {
		z.to = end.Unix()
	}
	return z.offset
}

// toLocal gives the local time of an instant.
func (z *zone) toLocal(sec int64) int64 { return sec + z.offsetAt(sec) }

// toInstant gives the instant of a local time: the earlier one where clocks were set
// back, and, where they were set forward past it, as much later as they were.
func (z *zone) toInstant(local int64) int64 {
	if z.from < local-2*secondsPerDay && local+2*secondsPerDay < z.to {
		return local - z.offset // no change of the clock is near
	}
	before, after := z.offsetAt(local-secondsPerDay), z.offsetAt(local+secondsPerDay)
	if at := local - before; before == after || z.offsetAt(at) == before {
		// If the offset is another there, two changes lie within two days.
		return local - z.offsetAt(at)
	}
	if at := local - after; z.offsetAt(at) == after {
		return at
	}
	return local - before
}

// toInstantLate is toInstant, but where clocks were set back it gives the later
// instant: what the legacy date functions do.
func (z *zone) toInstantLate(local int64) int64 {
	if z.from < local-2*secondsPerDay && local+2*secondsPerDay < z.to {
		return local - z.offset
	}
	at := z.toInstant(local)
	if after := z.offsetAt(local + secondsPerDay); z.offsetAt(local-after) == after {
		return max(at, local-after)
	}
	return at
}

// truncateMillis cuts milliseconds of a day to the digits of TIME(p).
func truncateMillis(ms int32, precision int) int32 {
	if precision >= 3 {
		return ms
	}
	cut := int32(pow10[3-precision])
	return ms / cut * cut
}

// digitsOnly reads a number of nothing but digits.
func digitsOnly(s string) (int64, bool) {
	if len(s) == 0 || len(s) > 18 {
		return 0, false
	}
	var x int64
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		x = x*10 + int64(s[i]-'0')
	}
	return x, true
}

func trimmed(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
}

// parseDate reads "y-m-d", "y-m" or "y"; what follows a blank is ignored.
func parseDate(s string) (int32, bool) {
	if i := strings.IndexByte(s, ' '); i > 0 {
		s = s[:i]
	}
	var f [3]int64
	f[1], f[2] = 1, 1
	for k := 0; k < 3; k++ {
		part, rest, more := s, "", false
		if k < 2 {
			part, rest, more = strings.Cut(s, "-")
		}
		x, ok := digitsOnly(trimmed(part))
		if !ok {
			return 0, false
		}
		f[k] = x
		if !more {
			break
		}
		s = rest
	}
	if f[0] > 9999 || f[1] < 1 || f[1] > 12 || f[2] < 1 || f[2] > monthLength(f[0], f[1]) {
		return 0, false
	}
	return int32(dayOf(f[0], f[1], f[2])), true
}

// parseTime reads "h", "h:m", "h:m:s" or "h:m:s.fraction" as milliseconds of the day.
func parseTime(s string) (int32, bool) {
	hms, frac, hasFrac := strings.Cut(s, ".")
	parts := strings.Split(hms, ":")
	if len(parts) > 3 || hasFrac && len(parts) < 3 {
		return 0, false
	}
	limits := [3]int64{23, 59, 59}
	unit := int64(3600000)
	var ms int64
	for k, p := range parts {
		x, ok := digitsOnly(trimmed(p))
		if !ok || x > limits[k] {
			return 0, false
		}
		ms += x * unit
		unit /= 60
	}
	if hasFrac {
		x, ok := parseFraction(trimmed(frac))
		if !ok {
			return 0, false
		}
		ms += (x + 500000) / 1000000 // rounded to milliseconds
	}
	return int32(ms), true
}

// parseFraction reads the digits after a point as nanoseconds.
func parseFraction(s string) (int64, bool) {
	if len(s) > 9 {
		s = s[:9]
	}
	x, ok := digitsOnly(s)
	if !ok {
		return 0, false
	}
	return x * pow10[9-len(s)], true
}

// parseTimestamp reads "yyyy-m-d" and, after a blank, "h:m:s" with up to nine digits
// of a second. The last days of a month may be given as up to 31, and midnight as
// 24:00:00.
func parseTimestamp(s string) (moment, bool) {
	date, clock, hasClock := strings.Cut(s, " ")
	y, rest, ok1 := strings.Cut(date, "-")
	m, d, ok2 := strings.Cut(rest, "-")
	if !ok1 || !ok2 || len(y) != 4 || len(m) > 2 || len(d) > 2 {
		return moment{}, false
	}
	year, ok1 := digitsOnly(y)
	month, ok2 := digitsOnly(m)
	day, ok3 := digitsOnly(d)
	if !ok1 || !ok2 || !ok3 || month < 1 || month > 12 || day < 1 || day > 31 {
		return moment{}, false
	}
	t := moment{sec: dayOf(year, month, min(day, monthLength(year, month))) * secondsPerDay}
	if !hasClock {
		return t, true
	}
	hms, frac, hasFrac := strings.Cut(clock, ".")
	h, rest, ok1 := strings.Cut(hms, ":")
	mi, se, ok2 := strings.Cut(rest, ":")
	if !ok1 || !ok2 || len(h) > 2 || len(mi) > 2 || len(se) > 2 || hasFrac && len(frac) > 9 {
		return moment{}, false
	}
	hour, ok1 := digitsOnly(h)
	minute, ok2 := digitsOnly(mi)
	second, ok3 := digitsOnly(se)
	if !ok1 || !ok2 || !ok3 || hour > 24 || minute > 59 || second > 59 || hour == 24 && minute+second > 0 {
		return moment{}, false
	}
	t.sec += hour*3600 + minute*60 + second
	if hasFrac {
		if t.nano, ok1 = parseFraction(frac); !ok1 || hour == 24 && t.nano > 0 {
			return moment{}, false
		}
	}
	return t, true
}

// localMoment gives what a clock shows for row i of a timestamp vector: of a
// TIMESTAMP_LTZ in zone, of a TIMESTAMP as it is.
func localMoment(v *vec.Vec, i int, z *zone) moment {
	m := momentOf(v.Int64s()[i], v.Type.Precision)
	if v.Type.Kind == types.TimestampLTZ {
		m.sec = z.toLocal(m.sec)
	}
	return m
}
