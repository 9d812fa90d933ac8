package text

import (
	"math"

	"github.com/weir-sql/weir/exec/vec"
)

// Standard is a way to write timestamps ('timestamp-format.standard').
type Standard uint8

// The standards: "2026-11-20 20:49:18.722" with seconds, lenient about days past
// the month's end and hour 24; "2026-11-20T20:49:18.722", seconds optional, strict.
const (
	SQL Standard = iota
	ISO8601
)

// Days is the number of days from 1970-01-01 to a date of the proleptic Gregorian
// calendar.
func Days(year int64, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	if year < 0 {
		era = (year - 399) / 400
	}
	yoe := year - era*400
	doy := int64(153*(month-3)+2)/5 + int64(day) - 1
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 719468
}

var monthDays = [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func daysIn(year int64, month int) int {
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		return 29
	}
	return monthDays[month-1]
}

// two reads two digits at i; a value above 99 means that they are none.
func two(s []byte, i int) int {
	a, b := s[i]-'0', s[i+1]-'0'
	if a > 9 || b > 9 {
		return 100
	}
	return int(a)*10 + int(b)
}

// date reads an ISO date at the start of s and gives its length. A day past the
// end of its month fails if strict, else it is the last day.
func date(s []byte, strict bool) (days int64, n int, ok bool) {
	year, n, ok := year(s)
	if !ok || len(s) < n+6 || s[n] != '-' || s[n+3] != '-' {
		return 0, 0, false
	}
	month, day := two(s, n+1), two(s, n+4)
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, 0, false
	}
	if last := daysIn(year, month); day > last {
		if strict {
			return 0, 0, false
		}
		day = last
	}
	return Days(year, month, day), n + 6, true
}

// year reads four digits, or a sign and four to nine (after + at least five).
func year(s []byte) (y int64, n int, ok bool) {
	if len(s) < 5 {
		return 0, 0, false
	}
	if s[0] != '+' && s[0] != '-' {
		a, b := two(s, 0), two(s, 2)
		return int64(a)*100 + int64(b), 4, a < 100 && b < 100
	}
	n = 1
	for n < len(s) && n <= 10 && s[n]-'0' <= 9 {
		y = y*10 + int64(s[n]-'0')
		n++
	}
	if s[0] == '-' {
		return -y, n, n > 4 && y != 0 && y <= 999999999
	}
	return y, n, n > 5 && y <= 999999999
}

// clock reads a time of day that takes all of s, in nanoseconds. Hour 24 is only
// taken if lenient, and then means 24:00:00 exactly.
func clock(s []byte, secondsOptional, lenient bool) (nanos int64, ok bool) {
	if len(s) < 5 || s[2] != ':' {
		return 0, false
	}
	h, m, sec := two(s, 0), two(s, 3), 0
	rest := s[5:]
	switch {
	case len(rest) == 0 && secondsOptional:
	case len(rest) >= 3 && rest[0] == ':':
		sec = two(rest, 1)
		if nanos, ok = fraction(rest[3:]); !ok {
			return 0, false
		}
	default:
		return 0, false
	}
	if m > 59 || sec > 59 || h > 24 || h == 24 && (!lenient || m+sec != 0 || nanos != 0) {
		return 0, false
	}
	return nanos + int64(h*3600+m*60+sec)*1e9, true
}

// fraction reads "" or a point and up to nine digits, in nanoseconds.
func fraction(s []byte) (int64, bool) {
	if len(s) == 0 {
		return 0, true
	}
	if s[0] != '.' || len(s) > 10 {
		return 0, false
	}
	n := int64(0)
	for _, c := range s[1:] {
		if c-'0' > 9 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	for i := len(s); i < 10; i++ {
		n *= 10
	}
	return n, true
}

// Date reads an ISO date, in days since the epoch.
func Date(s []byte) (int32, bool) {
	d, n, ok := date(s, true)
	return int32(d), ok && n == len(s) && d == int64(int32(d))
}

// SQLDate reads a date as java.sql.Date does: one or two digits for month and day,
// and a day past the month's end goes on into the next.
func SQLDate(s []byte) (int32, bool) {
	if len(s) < 8 || len(s) > 10 || s[4] != '-' {
		return 0, false
	}
	y, _, ok := year(s)
	month, rest, ok2 := oneOrTwo(s[5:])
	if !ok || !ok2 || s[0]-'0' > 9 || len(rest) == 0 || rest[0] != '-' {
		return 0, false
	}
	day, rest, ok := oneOrTwo(rest[1:])
	if !ok || len(rest) != 0 || month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, false
	}
	return int32(Days(y, month, 1)) + int32(day-1), true
}

func oneOrTwo(s []byte) (n int, rest []byte, ok bool) {
	i := 0
	for i < len(s) && i < 2 && s[i]-'0' <= 9 {
		n = n*10 + int(s[i]-'0')
		i++
	}
	return n, s[i:], i > 0
}

// Time reads a time of day in milliseconds. Like Flink's formats it drops the
// fraction of the second. SQL wants seconds and takes 24:00:00 as midnight, ISO8601
// may leave seconds out.
func Time(s []byte, std Standard) (int32, bool) {
	n, ok := clock(s, std == ISO8601, std == SQL)
	return int32(n/1e9*1000) % (24 * 3600 * 1000), ok
}

// Timestamp reads a timestamp in vec.UnitOf(precision) since the epoch; digits
// beyond the unit are cut off. It fails outside what 64 bits hold.
func Timestamp(s []byte, std Standard, precision int) (int64, bool) {
	days, n, ok := date(s, std == ISO8601)
	if !ok || len(s) <= n {
		return 0, false
	}
	if c := s[n]; std == SQL && c != ' ' || std == ISO8601 && c|0x20 != 't' {
		return 0, false
	}
	nanos, ok := clock(s[n+1:], std == ISO8601, std == SQL)
	if !ok {
		return 0, false
	}
	return Combine(days, nanos, precision)
}

// TimestampLTZ reads an instant: a timestamp followed by Z.
func TimestampLTZ(s []byte, std Standard, precision int) (int64, bool) {
	if len(s) == 0 || s[len(s)-1] != 'Z' {
		return 0, false
	}
	return Timestamp(s[:len(s)-1], std, precision)
}

// Combine gives a day and its nanoseconds in vec.UnitOf(precision), or false if 64
// bits do not hold that.
func Combine(days, nanos int64, precision int) (int64, bool) {
	var perMilli int64
	switch vec.UnitOf(precision) {
	case vec.Milli:
		return days*86400000 + nanos/1e6, true
	case vec.Micro:
		perMilli = 1000
	default:
		perMilli = 1e6
	}
	const maxDays = math.MaxInt64 / 86400000
	if limit := maxDays/perMilli - 1; days > limit || days < -limit {
		return 0, false
	}
	return days*86400000*perMilli + nanos/(1e6/perMilli), true
}
