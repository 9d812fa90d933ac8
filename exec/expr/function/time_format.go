package function

import (
	"math"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// defaultDateTime is the format of functions that are given none.
const defaultDateTime = "yyyy-MM-dd HH:mm:ss"

// timeFormats holds the functions between times and texts. Patterns are Java's.
var timeFormats = family("time", []entry{
	{
		Name: "DATE_FORMAT", Sigs: "DATE_FORMAT(timestamp, pattern)", Doc: "the timestamp written by a pattern; a text is first read as yyyy-MM-dd HH:mm:ss",
		Ex:    "DATE_FORMAT(TIMESTAMP '2024-02-29 12:34:56', 'yyyy/MM/dd') → 2024/02/29\nDATE_FORMAT(TIMESTAMP '2024-02-29 12:34:56', 'EEE, d MMM') → Thu, 29 Feb",
		Takes: []string{"TIMESTAMP|LTZ|STRING, STRING"}, Gives: nullable(types.String), New: newDateFormat, Fallible: true,
	},
	{
		Name: "TO_DATE", Sigs: "TO_DATE(text [, pattern])", Doc: "the date that a text writes, by a pattern or as yyyy-MM-dd; NULL if it writes none",
		Ex:    "TO_DATE('2024-02-29') → 2024-02-29\nTO_DATE('29/02/2024', 'dd/MM/yyyy') → 2024-02-29",
		Takes: []string{"STRING [, STRING]"}, Gives: nullable(types.DateType), New: newToDate, Fallible: true,
	},
	{
		Name: "TO_TIMESTAMP", Sigs: "TO_TIMESTAMP(text [, pattern])", Doc: "the timestamp that a text writes, by a pattern or as yyyy-MM-dd HH:mm:ss; NULL if it writes none",
		Ex:    "TO_TIMESTAMP('2024-02-29 12:34:56') → 2024-02-29 12:34:56.000\nTO_TIMESTAMP('29.02.2024', 'dd.MM.yyyy') → 2024-02-29 00:00:00.000",
		Takes: []string{"STRING [, STRING]"}, Gives: nullable(types.NewTimestamp(3)), New: newToTimestamp,
	},
	{
		Name: "TO_TIMESTAMP_LTZ", NullFrom: 1, Sigs: "TO_TIMESTAMP_LTZ(n [, 0|3])\nTO_TIMESTAMP_LTZ(text [, pattern [, zone]])",
		Doc:   "the instant n seconds (0) or milliseconds (3) after 1970, or the one that a text writes in a zone (UTC)",
		Ex:    "TO_TIMESTAMP_LTZ(0, 3) → 1970-01-01 00:00:00.000",
		Infer: inferToTimestampLTZ, New: newToTimestampLTZ, Fallible: true,
	},
	{
		Name: "FROM_UNIXTIME", Sigs: "FROM_UNIXTIME(seconds [, pattern])", Doc: "the instant so many seconds after 1970, written in the session's time zone",
		Ex: "FROM_UNIXTIME(44) → 1970-01-01 00:00:44", Takes: []string{"BIGINT [, STRING]"}, Gives: nullable(types.String), New: newFromUnixTime, Fallible: true,
	},
	{
		Name: "UNIX_TIMESTAMP", Sigs: "UNIX_TIMESTAMP()\nUNIX_TIMESTAMP(text [, pattern])",
		Doc: "the seconds since 1970, now or at the time that a text writes in the session's time zone",
		Ex:  "UNIX_TIMESTAMP('1970-01-01 00:01:00') → 60", Takes: []string{"[STRING, STRING]"}, Gives: of(types.Int64), New: newUnixTimestamp, Fallible: true, Dynamic: true,
	},
	{
		Name: "CONVERT_TZ", Sigs: "CONVERT_TZ(text, from, to)", Doc: "a time written as yyyy-MM-dd HH:mm:ss in one time zone, written in another",
		Ex:    "CONVERT_TZ('1970-01-01 00:00:00', 'UTC', 'America/Los_Angeles') → 1969-12-31 16:00:00",
		Takes: []string{"STRING, STRING, STRING"}, Gives: nullable(types.String), New: newConvertTZ,
	},
})

// patternError makes a pattern's error a run-time error of the call.
func patternError(call *rex.Call, err error) error {
	return fail(call, CodeArgument, "%s: %s", call.Fn, err)
}

func newDateFormat(call *rex.Call) (Kernel, error) {
	fromText := call.Args[0].Type().IsCharacter()
	ps := newPatterns(fromText)
	var read *datePattern
	if fromText {
		read, _ = parsePattern(defaultDateTime, true)
	}
	return textErr(func(f *Frame, call *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
		var m moment
		if fromText {
			p, ok := read.parse(a.str(0, i))
			if !ok {
				return dst, false, nil
			}
			m, _ = p.local(false)
		} else {
			m = localMoment(a[0], i, f.zone())
		}
		p, err := ps.of(a.str(1, i))
		if err == nil {
			c := clockOf(m)
			if dst, err = p.format(dst, &c); err == nil {
				return dst, true, nil
			}
		}
		return nil, false, patternError(call, err)
	})(call)
}

func newToDate(call *rex.Call) (Kernel, error) {
	ps := newPatterns(true)
	return fixedErr(func(_ *Frame, call *rex.Call, a args, i int) (int32, bool, error) {
		if !a.has(1) {
			d, ok := parseDate(a.str(0, i))
			return d, ok, nil
		}
		p, err := ps.of(a.str(1, i))
		if err != nil {
			return 0, false, patternError(call, err)
		}
		t, ok := p.parse(a.str(0, i))
		if !ok {
			return 0, false, nil
		}
		m, _ := t.local(false)
		return int32(floorDiv(m.sec, secondsPerDay)), true, nil
	})(call)
}

// parseBy reads a local time by a modern pattern; a text that does not match may
// still be written yyyy-[m]m-[d]d, with hh:mm:ss and a fraction if it holds a blank.
func parseBy(p *datePattern, s string) (moment, bool) {
	if t, ok := p.parse(s); ok {
		if m, ok := t.local(true); ok {
			return m, true
		}
	}
	return parseTimestamp(trimmed(s))
}

func newToTimestamp(call *rex.Call) (Kernel, error) {
	ps := newPatterns(false)
	return fixedOf(func(_ *Frame, a args, i int) (int64, bool) {
		var m moment
		var ok bool
		if !a.has(1) {
			m, ok = parseTimestamp(a.str(0, i))
		} else if p, err := ps.of(a.str(1, i)); err == nil {
			m, ok = parseBy(p, a.str(0, i))
		}
		if !ok {
			return 0, false
		}
		return m.in(3)
	})(call)
}

func newToTimestampLTZ(call *rex.Call) (Kernel, error) {
	if !call.Args[0].Type().IsCharacter() {
		return newInstantOfNumber(call)
	}
	ps := newPatterns(false)
	zs := zones{}
	return fixedErr(func(_ *Frame, call *rex.Call, a args, i int) (int64, bool, error) {
		s, z := a.str(0, i), utc
		if a.has(2) {
			var ok bool
			if z, ok = zs.of(a.str(2, i), zoneByID); !ok {
				return 0, false, nil
			}
		}
		var m moment
		var ok bool
		if !a.has(1) {
			m, ok = parseTimestamp(s)
		} else {
			p, err := ps.of(a.str(1, i))
			if err != nil {
				return 0, false, nil
			}
			if m, ok = parseBy(p, s); !ok {
				return 0, false, nil
			}
		}
		if !ok { // as in the reference only a text without a pattern fails
			return 0, false, fail(call, CodeArgument, "TO_TIMESTAMP_LTZ cannot read %s", quoteText(s))
		}
		m.sec = z.toInstant(m.sec)
		x, ok := m.in(3)
		return x, ok, nil
	})(call)
}

// Outside of the years 0 to 9999 TO_TIMESTAMP_LTZ gives NULL, as in the reference.
const firstSecond, lastSecond = -62167219200, 253402300799

// newInstantOfNumber is TO_TIMESTAMP_LTZ(n [, precision]).
func newInstantOfNumber(call *rex.Call) (Kernel, error) {
	from := call.Args[0].Type()
	return fixedErr(func(_ *Frame, call *rex.Call, a args, i int) (int64, bool, error) {
		precision := 3
		if a.has(1) {
			precision = a.int(1, i)
		}
		if precision == 0 && from.In(types.Float, types.Double) { // the fraction counts
			x := 0.0
			if from.Kind == types.Float {
				x = float64(a[0].Float32s()[i])
			} else {
				x = a.f64(0, i)
			}
			ms := saturate64(x * 1000)
			return ms, ms >= firstSecond*1000 && ms <= lastSecond*1000+999, nil
		}
		var n int64
		switch from.Kind {
		case types.TinyInt:
			n = int64(a[0].Int8s()[i])
		case types.SmallInt:
			n = int64(a[0].Int16s()[i])
		case types.Integer:
			n = int64(a.i32(0, i))
		case types.BigInt:
			n = a.i64(0, i)
		case types.Decimal:
			n = wholePart(wideAt(a[0], i), from.Scale)
		case types.Float:
			n = saturate64(float64(a[0].Float32s()[i]))
		default:
			n = saturate64(a.f64(0, i))
		}
		switch {
		case precision == 3:
			return n, n >= firstSecond*1000 && n <= lastSecond*1000+999, nil
		case precision != 0:
			return 0, false, fail(call, CodeArgument, "TO_TIMESTAMP_LTZ reads seconds (0) or milliseconds (3), not precision %d", precision)
		default:
			return n * 1000, n >= firstSecond && n <= lastSecond, nil
		}
	})(call)
}

func newFromUnixTime(call *rex.Call) (Kernel, error) {
	ps := newPatterns(true)
	return textErr(func(f *Frame, call *rex.Call, dst []byte, a args, i int) ([]byte, bool, error) {
		pattern := defaultDateTime
		if a.has(1) {
			pattern = a.str(1, i)
		}
		p, err := ps.of(pattern)
		if err == nil {
			sec := floorDiv(a.i64(0, i)*1000, 1000) // beyond the milliseconds of a BIGINT it wraps round
			c := clockOf(moment{sec: f.zone().toLocal(sec)})
			c.zone, c.instant = f.zone().loc, sec
			if dst, err = p.format(dst, &c); err == nil {
				return dst, true, nil
			}
		}
		return nil, false, patternError(call, err)
	})(call)
}

// newUnixTimestamp gives the least BIGINT for a text that does not match, as the
// reference does.
func newUnixTimestamp(call *rex.Call) (Kernel, error) {
	if len(call.Args) == 0 {
		return perBatch(func(c *Ctx, _ types.Type) int64 { return floorDiv(c.now(), 1000) })(call)
	}
	ps := newPatterns(true)
	return fixedErr(func(f *Frame, call *rex.Call, a args, i int) (int64, bool, error) {
		pattern := defaultDateTime
		if a.has(1) {
			pattern = a.str(1, i)
		}
		p, err := ps.of(pattern)
		if err != nil {
			return 0, false, patternError(call, err)
		}
		t, ok := p.parse(a.str(0, i))
		if !ok {
			return math.MinInt64, true, nil
		}
		m, _ := t.local(false)
		return t.instant(m, f.zone()).sec, true, nil
	})(call)
}

func newConvertTZ(call *rex.Call) (Kernel, error) {
	p, err := parsePattern(defaultDateTime, true)
	if err != nil {
		return Kernel{}, patternError(call, err)
	}
	zs := zones{}
	named := func(name string) *zone { // an unknown name is UTC, as in Java
		if z, ok := zs.of(name, zoneByName); ok {
			return z
		}
		return utc
	}
	return textOf(func(_ *Frame, dst []byte, a args, i int) ([]byte, bool) {
		t, ok := p.parse(a.str(0, i))
		if !ok {
			return dst, false
		}
		m, _ := t.local(false)
		c := clockOf(moment{sec: named(a.str(2, i)).toLocal(named(a.str(1, i)).toInstantLate(m.sec))})
		dst, _ = p.format(dst, &c)
		return dst, true
	})(call)
}

// zones remembers time zones by name.
type zones map[string]*zone

// of gives the zone of a name as find reads it.
func (zs zones) of(name string, find func(string) (*time.Location, bool)) (*zone, bool) {
	if z, ok := zs[name]; ok {
		return z, z != nil
	}
	const limit = 1000 // of remembered names, should they come from data
	if len(zs) > limit {
		clear(zs)
	}
	var z *zone
	loc, ok := find(name)
	if ok {
		z = newZone(loc)
	}
	zs[strings.Clone(name)] = z
	return z, ok
}

// inferToTimestampLTZ takes an INT for the precision, of all whole numbers.
func inferToTimestampLTZ(c catalog.Call) (catalog.Resolved, error) {
	lists := []string{"NUMERIC [, INT]", "STRING [, STRING, STRING]"}
	if len(c.Args) == 2 && c.Args[0].IsNumeric() && c.Args[1].Kind != types.Integer {
		return catalog.Resolved{}, wrongArgs("TO_TIMESTAMP_LTZ", lists, c.Args)
	}
	return takes("TO_TIMESTAMP_LTZ", lists, nullable(types.NewTimestampLTZ(3)))(c)
}
