package bind

import (
	"strconv"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/syntax"
)

// parseDate reads uuuu-MM-dd as days since the epoch.
func parseDate(s string) (days int64, ok bool) {
	parts := strings.Split(s, "-")
	if len(parts) != 3 || len(parts[0]) > 4 {
		return 0, false
	}
	var n [3]int
	for i, p := range parts {
		v, err := strconv.Atoi(p)
		if err != nil || p == "" || p[0] == '+' || p[0] == '-' || i > 0 && len(p) > 2 {
			return 0, false
		}
		n[i] = v
	}
	if n[0] == 0 && len(parts[0]) < 4 {
		return 0, false
	}
	t := time.Date(n[0], time.Month(n[1]), n[2], 0, 0, 0, 0, time.UTC)
	if t.Year() != n[0] || int(t.Month()) != n[1] || t.Day() != n[2] {
		return 0, false
	}
	return t.Unix() / 86400, true
}

// parseTime reads HH:mm:ss[.fraction] as nanoseconds of the day and counts the
// digits of the fraction, at most 9.
func parseTime(s string) (ns int64, digits int, ok bool) {
	s, frac, hasFrac := strings.Cut(s, ".")
	frac = frac[:min(len(frac), 9)]
	if hasFrac && frac == "" {
		return 0, 0, false
	}
	parts := strings.Split(s, ":")
	if len(parts) != 3 {
		return 0, 0, false
	}
	var n [3]int64
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 10, 8)
		if err != nil || len(p) > 2 {
			return 0, 0, false
		}
		n[i] = int64(v)
	}
	if n[0] > 23 || n[1] > 59 || n[2] > 59 {
		return 0, 0, false
	}
	f, ok := fraction(frac)
	return ((n[0]*60+n[1])*60+n[2])*1e9 + f, len(frac), ok
}

// fraction reads up to nine digits after the point as nanoseconds.
func fraction(s string) (int64, bool) {
	if s == "" {
		return 0, true
	}
	v, err := strconv.ParseUint(s, 10, 32)
	if err != nil || len(s) > 9 {
		return 0, false
	}
	for range 9 - len(s) {
		v *= 10
	}
	return int64(v), true
}

// parseTimestamp reads "date [time]" as seconds and nanoseconds since the epoch.
func parseTimestamp(s string) (secs, ns int64, digits int, ok bool) {
	d, t, hasTime := strings.Cut(s, " ")
	days, ok := parseDate(d)
	if !ok || !hasTime {
		return days * 86400, 0, 0, ok
	}
	ofDay, digits, ok := parseTime(t)
	return days*86400 + ofDay/1e9, ofDay % 1e9, digits, ok
}

// inUnit gives a point in time in the unit of TIMESTAMP(p): milli-, micro- or nanoseconds.
func inUnit(secs, ns int64, p int) int64 {
	switch {
	case p <= 3:
		return secs*1e3 + ns/1e6
	case p <= 6:
		return secs*1e6 + ns/1e3
	default:
		return secs*1e9 + ns
	}
}

// localToUTC reads seconds of a wall clock in a zone.
func localToUTC(secs int64, zone *time.Location) int64 {
	w := time.Unix(secs, 0).UTC()
	return time.Date(w.Year(), w.Month(), w.Day(), w.Hour(), w.Minute(), w.Second(), 0, zone).Unix()
}

// unitMillis is the length of the units of day-time intervals.
var unitMillis = map[syntax.TimeUnit]int64{
	syntax.Millisecond: 1, syntax.Second: 1e3, syntax.Minute: 60e3, syntax.Hour: 3600e3, syntax.Day: 86400e3, syntax.Week: 7 * 86400e3,
}

// unitMonths is the length of the units of year-month intervals.
var unitMonths = map[syntax.TimeUnit]int64{
	syntax.Month: 1, syntax.Quarter: 3, syntax.Year: 12, syntax.Decade: 120, syntax.Century: 1200, syntax.Millennium: 12000,
}

// parseInterval reads the text of an interval literal as months or milliseconds.
func parseInterval(s string, from, to syntax.TimeUnit) (v int64, isMonths, ok bool) {
	s = strings.TrimSpace(s)
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(strings.TrimPrefix(s, "-"), "+")
	if m, isMonth := unitMonths[from]; isMonth {
		v, ok = parseMonths(s, m, to)
		isMonths = true
	} else if unitMillis[from] > 0 {
		v, ok = parseMillis(s, from, to)
	}
	if negative {
		v = -v
	}
	return v, isMonths, ok
}

func parseMonths(s string, unit int64, to syntax.TimeUnit) (int64, bool) {
	if to == syntax.NoUnit {
		n, err := strconv.ParseUint(s, 10, 31)
		return int64(n) * unit, err == nil
	}
	years, months, both := strings.Cut(s, "-")
	y, err1 := strconv.ParseUint(years, 10, 31)
	m, err2 := strconv.ParseUint(months, 10, 31)
	return int64(y)*12 + int64(m), both && err1 == nil && err2 == nil && m < 12
}

// parseMillis reads e.g. "1 12:30:15.5" from DAY TO SECOND.
func parseMillis(s string, from, to syntax.TimeUnit) (int64, bool) {
	if to == syntax.NoUnit {
		to = from
	}
	whole, frac, hasFrac := strings.Cut(s, ".")
	if hasFrac && to != syntax.Second {
		return 0, false
	}
	f, ok := fraction(frac)
	if !ok || hasFrac && frac == "" {
		return 0, false
	}
	units := []syntax.TimeUnit{from}
	for u := from; u != to; {
		if u = smaller(u); u == syntax.NoUnit {
			return 0, false
		}
		units = append(units, u)
	}
	total := f / 1e6
	rest := whole
	for i, u := range units {
		part := rest
		if i < len(units)-1 {
			sep := ":"
			if u == syntax.Day {
				sep = " "
			}
			var found bool
			if part, rest, found = strings.Cut(rest, sep); !found {
				return 0, false
			}
		}
		n, err := strconv.ParseUint(strings.TrimSpace(part), 10, 40)
		if err != nil || i > 0 && int64(n)*unitMillis[u] >= unitMillis[units[i-1]] {
			return 0, false
		}
		total += int64(n) * unitMillis[u]
	}
	return total, true
}

// smaller is the next smaller unit of a day-time interval.
func smaller(u syntax.TimeUnit) syntax.TimeUnit {
	switch u {
	case syntax.Day:
		return syntax.Hour
	case syntax.Hour:
		return syntax.Minute
	case syntax.Minute:
		return syntax.Second
	}
	return syntax.NoUnit
}

var unitNames = map[syntax.TimeUnit]string{
	syntax.Nanosecond: "NANOSECOND", syntax.Microsecond: "MICROSECOND", syntax.Millisecond: "MILLISECOND",
	syntax.Second: "SECOND", syntax.Minute: "MINUTE", syntax.Hour: "HOUR", syntax.Day: "DAY", syntax.Week: "WEEK",
	syntax.Month: "MONTH", syntax.Quarter: "QUARTER", syntax.Year: "YEAR", syntax.Decade: "DECADE",
	syntax.Century: "CENTURY", syntax.Millennium: "MILLENNIUM", syntax.DayOfWeek: "DOW", syntax.DayOfYear: "DOY",
	syntax.ISODayOfWeek: "ISODOW", syntax.ISOYear: "ISOYEAR", syntax.Epoch: "EPOCH",
}

// unitName is a time unit as symbol arguments carry it.
func unitName(u syntax.TimeUnit) string { return unitNames[u] }
