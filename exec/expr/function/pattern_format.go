package function

import (
	"fmt"
	"strconv"
	"time"
)

// clock is a local time taken apart.
type clock struct {
	year, month, dom int64
	day              int64 // since 1970-01-01
	sec              int64 // of the day
	nano             int64
	zone             *time.Location
	instant          int64 // seconds since the epoch, for zone names and offsets
}

func clockOf(m moment) clock {
	c := clock{day: floorDiv(m.sec, secondsPerDay), nano: m.nano, instant: m.sec}
	c.sec = m.sec - c.day*secondsPerDay
	c.year, c.month, c.dom = civil(c.day)
	return c
}

// weekday is 1 for Monday to 7 for Sunday.
func weekday(day int64) int64 { return floorMod(day+3, 7) + 1 }

func (c *clock) dayOfYear() int64 { return c.day - dayOf(c.year, 1, 1) + 1 }

// weekOfYear is the week as the United States count: from Sunday, the week of the
// first of January being 1; year is the one the week belongs to.
func (c *clock) weekOfYear() (week, year int64) {
	weekStart := c.day - floorMod(c.day+4, 7) // the Sunday at or before
	if next := dayOf(c.year+1, 1, 1); weekStart+6 >= next {
		return 1, c.year + 1
	}
	first := dayOf(c.year, 1, 1)
	return (weekStart-(first-floorMod(first+4, 7)))/7 + 1, c.year
}

// weekOfMonth counts weeks from Sunday, the one of the first of the month being 1.
func (c *clock) weekOfMonth() int64 {
	first := floorMod(c.day-c.dom+1+4, 7) // 0 for Sunday: weekday of the first
	return (c.dom-1+first)/7 + 1
}

// isoWeek is the week from Monday, that of the first Thursday being 1.
func isoWeek(day int64) (week, year int64) {
	thursday := day - weekday(day) + 4
	y, _, _ := civil(thursday)
	return (thursday-dayOf(y, 1, 1))/7 + 1, y
}

func appendNumber(dst []byte, x int64, width int) []byte {
	if x < 0 {
		dst = append(dst, '-')
		x = -x
	}
	at := len(dst)
	dst = strconv.AppendInt(dst, x, 10)
	for have := len(dst) - at; have < width; have++ {
		dst = append(dst, 0)
		copy(dst[at+1:], dst[at:])
		dst[at] = '0'
	}
	return dst
}

// format appends a local time. It fails where the pattern asks for a zone and there
// is none.
func (p *datePattern) format(dst []byte, c *clock) ([]byte, error) {
	for _, it := range p.items {
		var err error
		if dst, err = p.item(dst, it, c); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

func (p *datePattern) item(dst []byte, it patternItem, c *clock) ([]byte, error) {
	hour := c.sec / 3600
	switch it.letter {
	case 0:
		return append(dst, it.text...), nil
	case '[', ']':
		return dst, nil
	case 'G':
		return append(dst, map[bool]string{true: "AD", false: "BC"}[c.year > 0]...), nil
	case 'y', 'u', 'Y':
		if it.letter == 'u' && p.legacy {
			return appendNumber(dst, weekday(c.day), it.n), nil
		}
		year := c.year
		if it.letter == 'Y' {
			_, year = c.weekOfYear()
		}
		if it.n == 2 {
			return appendNumber(dst, floorMod(year, 100), 2), nil
		}
		return appendNumber(dst, year, it.n), nil
	case 'M', 'L':
		return appendName(dst, it.n, c.month, monthNames[c.month-1]), nil
	case 'Q', 'q':
		q := (c.month + 2) / 3
		switch {
		case it.n <= 2 || it.n == 5:
			return appendNumber(dst, q, min(it.n, 2)), nil
		case it.n == 3:
			return append(dst, fmt.Sprintf("Q%d", q)...), nil
		default:
			return append(dst, [...]string{"1st", "2nd", "3rd", "4th"}[q-1]+" quarter"...), nil
		}
	case 'w':
		w, _ := c.weekOfYear()
		return appendNumber(dst, w, it.n), nil
	case 'W':
		return appendNumber(dst, c.weekOfMonth(), it.n), nil
	case 'D':
		return appendNumber(dst, c.dayOfYear(), it.n), nil
	case 'd':
		return appendNumber(dst, c.dom, it.n), nil
	case 'F':
		if p.legacy { // which such weekday of the month it is
			return appendNumber(dst, (c.dom-1)/7+1, it.n), nil
		}
		return appendNumber(dst, (c.dom-1)%7+1, it.n), nil
	case 'E':
		name := dayNames[weekday(c.day)-1]
		switch {
		case it.n <= 3:
			return append(dst, name[:3]...), nil
		case it.n == 5 && !p.legacy:
			return append(dst, name[:1]...), nil
		default:
			return append(dst, name...), nil
		}
	case 'e', 'c':
		if it.n <= 2 {
			return appendNumber(dst, weekday(c.day)%7+1, it.n), nil
		}
		return p.item(dst, patternItem{letter: 'E', n: it.n}, c)
	case 'a':
		return append(dst, [...]string{"AM", "PM"}[hour/12]...), nil
	case 'B':
		return append(dst, dayPeriod(hour, c.sec/60%60, it.n)...), nil
	case 'H':
		return appendNumber(dst, hour, it.n), nil
	case 'k':
		return appendNumber(dst, (hour+23)%24+1, it.n), nil
	case 'K':
		return appendNumber(dst, hour%12, it.n), nil
	case 'h':
		return appendNumber(dst, (hour+11)%12+1, it.n), nil
	case 'm':
		return appendNumber(dst, c.sec/60%60, it.n), nil
	case 's':
		return appendNumber(dst, c.sec%60, it.n), nil
	case 'S':
		if p.legacy {
			return appendNumber(dst, c.nano/1e6, it.n), nil
		}
		return appendNumber(dst, c.nano/pow10[9-it.n], it.n), nil
	case 'A':
		return appendNumber(dst, c.sec*1000+c.nano/1e6, it.n), nil
	case 'n':
		return appendNumber(dst, c.nano, it.n), nil
	case 'N':
		return appendNumber(dst, c.sec*1e9+c.nano, it.n), nil
	}
	if c.zone == nil {
		return nil, fmt.Errorf("the value has no time zone to write for pattern letter %q", it.letter)
	}
	return appendZone(dst, it, c), nil
}

// appendName appends a month as number, short name, name or initial.
func appendName(dst []byte, n int, number int64, name string) []byte {
	switch n {
	case 1, 2:
		return appendNumber(dst, number, n)
	case 3:
		return append(dst, name[:3]...)
	case 5:
		return append(dst, name[:1]...)
	default:
		return append(dst, name...)
	}
}

// appendZone appends a zone's name or its offset: z as CET, Z as +0100, X as +01,
// XX as +0100, XXX as +01:00 (Z for UTC).
func appendZone(dst []byte, it patternItem, c *clock) []byte {
	name, off := time.Unix(c.instant, 0).In(c.zone).Zone()
	if it.letter == 'z' {
		return append(dst, name...)
	}
	if it.letter == 'X' && off == 0 {
		return append(dst, 'Z')
	}
	sign := byte('+')
	if off < 0 {
		sign, off = '-', -off
	}
	dst = appendNumber(append(dst, sign), int64(off/3600), 2)
	if it.letter == 'X' && it.n == 1 {
		return dst
	}
	if it.letter == 'X' && it.n == 3 {
		dst = append(dst, ':')
	}
	return appendNumber(dst, int64(off/60%60), 2)
}

// FormatTime prints a point in time as DATE_FORMAT does, in the zone that it has. The error says what a pattern has that
// DateTimeFormatter does not know.
func FormatTime(t time.Time, pattern string) (string, error) {
	p, err := parsePattern(pattern, false)
	if err != nil {
		return "", err
	}
	_, offset := t.Zone()
	c := clockOf(moment{sec: t.Unix() + int64(offset), nano: int64(t.Nanosecond())})
	c.zone, c.instant = t.Location(), t.Unix()
	out, err := p.format(nil, &c)
	return string(out), err
}

// dayPeriod is the part of the day that English has a name for (CLDR); n = 5 is its narrow form.
func dayPeriod(hour, minute int64, n int) string {
	switch {
	case hour == 0 && minute == 0 && n == 5:
		return "mi"
	case hour == 0 && minute == 0:
		return "midnight"
	case hour == 12 && minute == 0 && n == 5:
		return "n"
	case hour == 12 && minute == 0:
		return "noon"
	case hour < 6 || hour >= 21:
		return "at night"
	case hour < 12:
		return "in the morning"
	case hour < 18:
		return "in the afternoon"
	}
	return "in the evening"
}
