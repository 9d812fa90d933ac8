package function

import (
	"strings"
	"time"
)

// letterSet is a set of pattern letters.
type letterSet uint64

func (s letterSet) has(c byte) bool { return s>>(c-'A')&1 != 0 }
func (s *letterSet) add(c byte)     { *s |= 1 << (c - 'A') }

// parts is what parsing has found; set says which fields are there.
type parts struct {
	set                              letterSet
	year, month, dom, doy            int64
	hour, half, minute, second, nano int64
	pm                               bool
	weekday                          int64
	offset                           int64 // seconds east of UTC
	hasOffset                        bool
	zone                             *zone
}

// parse reads a text. Modern patterns must match the whole text and every number must
// be in its range; legacy patterns may leave a rest, and numbers out of range roll
// over.
func (p *datePattern) parse(s string) (parts, bool) {
	out := parts{year: 1970, month: 1, dom: 1}
	rest, ok := p.parseItems(p.items, s, &out)
	return out, ok && (p.legacy || rest == "")
}

func (p *datePattern) parseItems(items []patternItem, s string, out *parts) (string, bool) {
	for i := 0; i < len(items); i++ {
		it := items[i]
		switch {
		case it.letter == 0:
			if !strings.HasPrefix(s, it.text) {
				return "", false
			}
			s = s[len(it.text):]
		case it.letter == '[':
			end := closing(items, i)
			if rest, ok := p.parseItems(items[i+1:end], s, out); ok {
				s = rest
			}
			i = end
		case it.letter == ']':
		case it.numeric(p.legacy):
			var ok bool
			if s, ok = p.number(items, i, s, out); !ok {
				return "", false
			}
		default:
			var ok bool
			if s, ok = p.word(it, s, out); !ok {
				return "", false
			}
		}
	}
	return s, true
}

// closing finds the ']' of the '[' at items[i], the end if there is none.
func closing(items []patternItem, i int) int {
	depth := 0
	for k := i; k < len(items); k++ {
		switch items[k].letter {
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				return k
			}
		}
	}
	return len(items)
}

// number reads the digits of items[i]. Where numbers stand side by side each takes as
// many digits as its letter stands, but for the first, which takes what is left.
func (p *datePattern) number(items []patternItem, i int, s string, out *parts) (string, bool) {
	it := items[i]
	if p.legacy {
		s = strings.TrimLeft(s, " \t")
	}
	neg := false
	if len(s) > 0 && s[0] == '-' && p.legacy {
		neg, s = true, s[1:]
	}
	have := 0
	for have < len(s) && s[have] >= '0' && s[have] <= '9' && have < 18 {
		have++
	}
	take := have
	lo, hi := 1, 18
	if !p.legacy {
		lo, hi = modernWidth(it)
	}
	reserved := 0
	for k := i + 1; k < len(items) && items[k].numeric(p.legacy); k++ {
		reserved += items[k].n
	}
	switch {
	case reserved > 0 && p.legacy:
		take = min(have, it.n)
	case reserved > 0:
		take = have - reserved
	case i > 0 && items[i-1].numeric(p.legacy) && p.legacy:
		take = have
	}
	take = min(take, hi, have)
	if take < lo {
		return "", false
	}
	x, ok := digitsOnly(s[:take])
	if !ok {
		return "", false
	}
	if neg {
		x = -x
	}
	return s[take:], out.put(it, x, take, p.legacy)
}

// modernWidth gives the least and the greatest number of digits of a field.
func modernWidth(it patternItem) (lo, hi int) {
	switch it.letter {
	case 'S':
		return it.n, it.n
	case 'y', 'u', 'Y':
		if it.n == 2 {
			return 2, 2
		}
		return it.n, 18
	case 'A', 'n', 'N':
		return it.n, 18
	case 'D':
		if it.n == 1 {
			return 1, 3
		}
		return it.n, 3
	}
	if it.n == 1 {
		return 1, 18
	}
	return it.n, it.n
}

// thisYear settles the century of legacy two-digit years: they lie at most 20 years
// ahead.
var thisYear = int64(time.Now().Year())

// put stores a number; false if it is out of range in a modern pattern.
func (out *parts) put(it patternItem, x int64, width int, legacy bool) bool {
	in := func(lo, hi int64) bool { return legacy || x >= lo && x <= hi }
	set := func(c byte, to *int64, v int64) {
		out.set.add(c)
		*to = v
	}
	switch it.letter {
	case 'y', 'Y':
		if it.n == 2 && width == 2 {
			x += 2000
			if legacy && x > thisYear+20 {
				x -= 100
			}
		}
		set('y', &out.year, x)
	case 'u':
		if !legacy {
			set('y', &out.year, x)
		}
	case 'M', 'L':
		set('M', &out.month, x)
		return in(1, 12)
	case 'd':
		set('d', &out.dom, x)
		return in(1, 31)
	case 'D':
		set('D', &out.doy, x)
		return in(1, 366)
	case 'H':
		set('H', &out.hour, x)
		return in(0, 24)
	case 'k':
		set('H', &out.hour, x%24)
		return in(1, 24)
	case 'h':
		set('h', &out.half, x%12)
		return in(1, 12)
	case 'K':
		set('h', &out.half, x)
		return in(0, 11)
	case 'm':
		set('m', &out.minute, x)
		return in(0, 59)
	case 's':
		set('s', &out.second, x)
		return in(0, 59)
	case 'S':
		if legacy {
			set('S', &out.nano, x*1e6)
		} else {
			set('S', &out.nano, x*pow10[9-it.n])
		}
	case 'n':
		set('S', &out.nano, x)
		return in(0, 999999999)
	case 'A':
		set('H', &out.hour, x/3600000)
		set('m', &out.minute, x/60000%60)
		set('s', &out.second, x/1000%60)
		set('S', &out.nano, x%1000*1e6)
	}
	return true
}

// word reads a name: of a month, a weekday, half of the day, an era, a zone.
func (p *datePattern) word(it patternItem, s string, out *parts) (string, bool) {
	switch it.letter {
	case 'M', 'L':
		k, rest, ok := nameIn(s, monthNames[:], p.legacy || it.n >= 4, p.legacy || it.n == 3, p.legacy)
		out.set.add('M')
		out.month = int64(k + 1)
		return rest, ok
	case 'E', 'e', 'c':
		k, rest, ok := nameIn(s, dayNames[:], p.legacy || it.n >= 4, p.legacy || it.n <= 3, p.legacy)
		out.set.add('E')
		out.weekday = int64(k + 1)
		return rest, ok
	case 'a':
		k, rest, ok := nameIn(s, []string{"AM", "PM"}, true, false, p.legacy)
		out.set.add('a')
		out.pm = k == 1
		return rest, ok
	case 'G':
		_, rest, ok := nameIn(s, []string{"AD", "BC"}, true, false, p.legacy)
		return rest, ok
	case 'Z', 'X', 'x':
		return out.readOffset(s)
	case 'z', 'V', 'v', 'O':
		if rest, ok := out.readOffset(s); ok {
			return rest, true
		}
		end := 0
		for end < len(s) && (s[end] == '/' || s[end] == '_' || s[end] == '+' || s[end] == '-' || s[end] == ':' ||
			s[end] >= 'A' && s[end] <= 'Z' || s[end] >= 'a' && s[end] <= 'z' || s[end] >= '0' && s[end] <= '9') {
			end++
		}
		if end == 0 {
			return "", false
		}
		z, ok := zoneByName(s[:end])
		if ok {
			out.zone = newZone(z)
		}
		return s[end:], ok
	}
	return "", false
}

// nameIn finds the name, or its first three letters, that s starts with.
func nameIn(s string, names []string, long, short, anyCase bool) (int, string, bool) {
	has := func(prefix string) bool {
		if len(s) < len(prefix) {
			return false
		}
		return s[:len(prefix)] == prefix || anyCase && strings.EqualFold(s[:len(prefix)], prefix)
	}
	for k, n := range names {
		if long && has(n) {
			return k, s[len(n):], true
		}
	}
	for k, n := range names {
		if short && has(n[:3]) {
			return k, s[3:], true
		}
	}
	return 0, "", false
}

// readOffset reads Z, +01, +0100, +01:00, or GMT with or without an offset.
func (out *parts) readOffset(s string) (string, bool) {
	if strings.HasPrefix(s, "Z") {
		out.hasOffset = true
		return s[1:], true
	}
	gmt := false
	if t, ok := strings.CutPrefix(s, "GMT"); ok {
		s, gmt = t, true
	}
	if s == "" || s[0] != '+' && s[0] != '-' {
		out.hasOffset = gmt
		return s, gmt
	}
	sign := int64(1)
	if s[0] == '-' {
		sign = -1
	}
	i := 1
	for i < len(s) && i < 6 && (s[i] >= '0' && s[i] <= '9' || s[i] == ':') {
		i++
	}
	d := strings.ReplaceAll(s[1:i], ":", "")
	if len(d) == 1 || len(d) == 3 {
		d = "0" + d
	}
	if len(d) == 2 {
		d += "00"
	}
	x, ok := digitsOnly(d)
	if !ok || len(d) != 4 {
		return "", false
	}
	out.hasOffset, out.offset = true, sign*(x/100*3600+x%100*60)
	return s[i:], true
}

// local gives the local time found; what the text does not say is 1970-01-01 00:00.
// strict refuses a weekday that is not the date's, and cuts the day to the month's
// length instead of rolling over.
func (out parts) local(strict bool) (moment, bool) {
	hour := out.hour
	if out.set.has('h') && !out.set.has('H') {
		hour = out.half
		if out.pm {
			hour += 12
		}
	}
	var day int64
	switch {
	case out.set.has('D') && !out.set.has('d'):
		day = dayOf(out.year, 1, out.doy)
	case strict:
		day = dayOf(out.year, out.month, min(out.dom, monthLength(out.year, out.month)))
	default:
		day = dayOf(out.year, out.month, out.dom)
	}
	if strict && out.set.has('E') && out.set.has('d') && weekday(day) != out.weekday {
		return moment{}, false
	}
	if strict && hour == 24 && out.minute+out.second+out.nano > 0 {
		return moment{}, false
	}
	m := moment{sec: day*secondsPerDay + hour*3600 + out.minute*60 + out.second}
	m.sec += floorDiv(out.nano, 1e9)
	m.nano = floorMod(out.nano, 1e9)
	return m, true
}

// instant gives the instant of the local time: by the offset or zone that the text
// names, else in the given zone.
func (out parts) instant(m moment, z *zone) moment {
	switch {
	case out.hasOffset:
		m.sec -= out.offset
	case out.zone != nil:
		m.sec = out.zone.toInstantLate(m.sec)
	default:
		m.sec = z.toInstantLate(m.sec)
	}
	return m
}

// zoneByName finds a zone by its name or as GMT+h[:mm].
func zoneByName(name string) (*time.Location, bool) {
	if rest, ok := strings.CutPrefix(name, "GMT"); ok && rest != "" {
		var p parts
		if left, ok := p.readOffset(rest); ok && left == "" {
			return time.FixedZone(name, int(p.offset)), true
		}
		return nil, false
	}
	switch name {
	case "", "Local":
		return nil, false
	case "UTC", "GMT", "Z", "UCT":
		return time.UTC, true
	}
	if long, ok := shortZones[name]; ok {
		name = long
	}
	if hours := map[string]int{"EST": -5, "MST": -7, "HST": -10}[name]; hours != 0 {
		return time.FixedZone(name, hours*3600), true
	}
	z, err := time.LoadLocation(name)
	return z, err == nil
}

// zoneByID finds a zone as java.time spells it: Z, an offset of up to 18 hours alone or behind UTC, GMT or UT, or the
// name of a region. zoneByName reads java.util's names.
func zoneByID(id string) (*time.Location, bool) {
	rest := id
	for _, prefix := range []string{"UTC", "GMT", "UT"} {
		if r, ok := strings.CutPrefix(id, prefix); ok {
			if r == "" {
				return time.UTC, true
			}
			rest = r
			break
		}
	}
	if rest != "" && (rest[0] == '+' || rest[0] == '-') {
		sec, ok := offsetOf(rest)
		return time.FixedZone(id, sec), ok
	}
	switch id {
	case "Z":
		return time.UTC, true
	case "", "Local", "EST", "MST", "HST", "ROC": // those of three letters are none of java.time
		return nil, false
	}
	z, err := time.LoadLocation(id)
	return z, err == nil
}

// offsetOf reads ±h, ±hh, ±hh:mm, ±hhmm, ±hh:mm:ss and ±hhmmss, in seconds.
func offsetOf(text string) (int, bool) {
	digits := strings.ReplaceAll(text[1:], ":", "")
	if n := len(text); n == 2 {
		digits = "0" + digits
	} else if colons := len(text) - 1 - len(digits); colons > 0 && (n != 3+3*colons || text[3] != ':' || n == 9 && text[6] != ':') {
		return 0, false
	}
	if len(digits) == 0 || len(digits)%2 == 1 || len(digits) > 6 || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n := [3]int{}
	for i := range len(digits) / 2 {
		n[i] = int(digits[2*i]-'0')*10 + int(digits[2*i+1]-'0')
	}
	sec := n[0]*3600 + n[1]*60 + n[2]
	if n[1] > 59 || n[2] > 59 || sec > 18*3600 {
		return 0, false
	}
	if text[0] == '-' {
		sec = -sec
	}
	return sec, true
}

// shortZones are the abbreviations of time zones that Java knows.
var shortZones = map[string]string{
	"ACT": "Australia/Darwin", "AET": "Australia/Sydney", "AGT": "America/Argentina/Buenos_Aires", "ART": "Africa/Cairo",
	"AST": "America/Anchorage", "BET": "America/Sao_Paulo", "BST": "Asia/Dhaka", "CAT": "Africa/Harare", "CNT": "America/St_Johns",
	"CST": "America/Chicago", "CTT": "Asia/Shanghai", "EAT": "Africa/Addis_Ababa", "ECT": "Europe/Paris", //nolint:misspell // a zone
	"IET": "America/Indiana/Indianapolis", "IST": "Asia/Kolkata", "JST": "Asia/Tokyo", "MIT": "Pacific/Apia", "NET": "Asia/Yerevan",
	"NST": "Pacific/Auckland", "PLT": "Asia/Karachi", "PNT": "America/Phoenix", "PRT": "America/Puerto_Rico",
	"PST": "America/Los_Angeles", "SST": "Pacific/Guadalcanal", "VST": "Asia/Ho_Chi_Minh",
}
