package function

import (
	"fmt"

	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// times holds the functions of dates and times. TIMESTAMP_LTZ is taken apart in the
// session's time zone. Years, hours and so on of a timestamp before 1970 count towards
// 1970, and EPOCH of a TIMESTAMP_LTZ is that of its local time, as in the reference.
var times = family("time", []entry{
	{
		Name: "EXTRACT", Sigs: "EXTRACT(unit FROM time)", Doc: "a field of a date, time or interval: YEAR, QUARTER, MONTH, WEEK, DAY, DOY, DOW, HOUR, MINUTE, SECOND, MILLISECOND, EPOCH, …",
		Ex: "EXTRACT(DAY FROM DATE '2024-06-05') → 5\nEXTRACT(WEEK FROM DATE '2021-01-01') → 53",
		Infer: func(c catalog.Call) (catalog.Resolved, error) {
			r, err := takes("EXTRACT", []string{"SYMBOL, DATE|TIME|TIMESTAMP|LTZ|INTERVAL"}, of(types.Int64))(c)
			if err == nil {
				unit, _ := c.Lits[0].Value.(string)
				err = checkField(unit, r.Args[1])
			}
			return r, err
		},
		New: func(call *rex.Call) (Kernel, error) {
			unit, _ := constText(call, 0)
			k, err := extract(unit)(&rex.Call{Fn: call.Fn, Args: call.Args[1:], T: call.T, Span: call.Span})
			eval := k.Eval
			k.Eval = func(f *Frame, as []*vec.Vec, n int) (*vec.Vec, error) { return eval(f, as[1:], n) }
			return k, err
		},
	},
	part("YEAR", "YEAR", "the year", "YEAR(DATE '2024-06-05') → 2024"),
	part("QUARTER", "QUARTER", "the quarter of the year, 1 to 4", "QUARTER(DATE '2024-06-05') → 2"),
	part("MONTH", "MONTH", "the month, 1 to 12", "MONTH(DATE '2024-06-05') → 6"),
	part("WEEK", "WEEK", "the week of the year as ISO 8601 counts", "WEEK(DATE '2024-06-05') → 23"),
	part("DAYOFYEAR", "DOY", "the day of the year, 1 to 366", "DAYOFYEAR(DATE '2024-06-05') → 157"),
	part("DAYOFMONTH", "DAY", "the day of the month, 1 to 31", "DAYOFMONTH(DATE '2024-06-05') → 5"),
	part("DAYOFWEEK", "DOW", "the day of the week, 1 for Sunday to 7", "DAYOFWEEK(DATE '2024-06-05') → 4"),
	part("HOUR", "HOUR", "the hour, 0 to 23", "HOUR(TIMESTAMP '2024-06-05 12:34:56') → 12"),
	part("MINUTE", "MINUTE", "the minute, 0 to 59", "MINUTE(TIMESTAMP '2024-06-05 12:34:56') → 34"),
	part("SECOND", "SECOND", "the second, 0 to 59", "SECOND(TIMESTAMP '2024-06-05 12:34:56') → 56"),
	{
		Name: "TIMESTAMPADD", Sigs: "TIMESTAMPADD(unit, n, time)", Doc: "the time moved by n units",
		Ex: "TIMESTAMPADD(WEEK, 1, DATE '2024-01-02') → 2024-01-09", Infer: inferTimestampAdd, New: newTimestampAdd,
	},
	{
		Name: "TIMESTAMPDIFF", Sigs: "TIMESTAMPDIFF(unit, from, to)", Doc: "how many whole units lie between two times",
		Ex:    "TIMESTAMPDIFF(DAY, TIMESTAMP '2024-01-01 10:00:00', TIMESTAMP '2024-01-03 09:00:00') → 1",
		Infer: inferTimestampDiff, New: newTimestampDiff,
	},
	{
		Name: "OVERLAPS", Sigs: "(start, end) OVERLAPS (start, end)", Doc: "two periods have a point in common; an end may be given as an interval",
		Ex: "(DATE '2024-01-01', DATE '2024-01-31') OVERLAPS (DATE '2024-01-15', INTERVAL '1' MONTH) → TRUE", Infer: inferOverlaps, New: newOverlaps,
	},
	now("CURRENT_DATE", "the date in the session's time zone", "CURRENT_DATE > DATE '2020-01-01' → TRUE", types.DateType,
		perBatch(func(c *Ctx, _ types.Type) int32 { return int32(floorDiv(c.localNow(), millisPerDay)) })),
	now("CURRENT_TIME", "the time of day in the session's time zone", "CURRENT_TIME IS NULL → FALSE", types.NewTime(0), timeOfDay),
	now("LOCALTIME", "the time of day in the session's time zone", "LOCALTIME IS NULL → FALSE", types.NewTime(0), timeOfDay),
	now("CURRENT_TIMESTAMP", "the time now, one value for a query in batch mode", "CURRENT_TIMESTAMP IS NULL → FALSE", types.NewTimestampLTZ(3), instantNow),
	now("NOW", "the time now, one value for a query in batch mode", "NOW() IS NULL → FALSE", types.NewTimestampLTZ(3), instantNow),
	now("LOCALTIMESTAMP", "date and time of day in the session's time zone", "LOCALTIMESTAMP IS NULL → FALSE", types.NewTimestamp(3),
		perBatch(func(c *Ctx, _ types.Type) int64 { return c.localNow() })),
	now("CURRENT_ROW_TIMESTAMP", "the time now, for each row anew also in batch mode", "CURRENT_ROW_TIMESTAMP() IS NULL → FALSE", types.NewTimestampLTZ(3), procTime),
	now("PROCTIME", "the processing time, for each row anew", "PROCTIME() IS NULL → FALSE", types.NewTimestampLTZ(3), procTime),
	{
		Name: "CURRENT_WATERMARK", Sigs: "CURRENT_WATERMARK(rowtime)", Doc: "the watermark that has passed, NULL before the first one",
		Takes: []string{"TIMESTAMP|LTZ"}, Gives: func(as []types.Type) types.Type { return as[0].Null() }, Dynamic: true, NonDeterministic: true,
		New: currentWatermark,
	},
	{
		Name: "SOURCE_WATERMARK", Sigs: "WATERMARK FOR rowtime AS SOURCE_WATERMARK()", Doc: "stands for the watermark that a source has of its own; no connector has one, so a stream that needs it fails, a batch does not need it",
		Takes: []string{""}, Gives: never(types.NewTimestampLTZ(3)), Dynamic: true, NonDeterministic: true, Fallible: true,
		New: func(call *rex.Call) (Kernel, error) {
			return Kernel{Eval: func(*Frame, []*vec.Vec, int) (*vec.Vec, error) {
				return nil, fail(call, CodeArgument, "SOURCE_WATERMARK() stands for the watermark of the source, and this source has none of its own").
					WithHint("write the watermark: WATERMARK FOR ts AS ts - INTERVAL '5' SECOND")
			}}, nil
		},
	},
	{
		Name: "CURRENT_DATABASE", Sigs: "CURRENT_DATABASE()", Doc: "the name of the current database", Ex: "CURRENT_DATABASE() → default_database",
		Takes: []string{""}, Gives: never(types.String), Dynamic: true,
		New: textOf(func(f *Frame, dst []byte, _ args, _ int) ([]byte, bool) {
			if f.Database == "" {
				return append(dst, "default_database"...), true
			}
			return append(dst, f.Database...), true
		}),
	},
})

// part is the entry of a function that gives one field.
func part(name, unit, doc, ex string) entry {
	infer := takes(name, []string{"DATE|TIME|TIMESTAMP|LTZ|INTERVAL"}, of(types.Int64))
	return entry{
		Name: name, Sigs: name + "(time)", Doc: doc, Ex: ex, New: extract(unit),
		Infer: func(c catalog.Call) (catalog.Resolved, error) {
			r, err := infer(c)
			if err == nil {
				err = checkField(unit, r.Args[0])
			}
			return r, err
		},
	}
}

// checkField refuses fields that a type does not have.
func checkField(unit string, t types.Type) error {
	date, clock := dateFields[unit] != nil, clockFields[unit] != nil
	ok := false
	switch {
	case t.In(types.Date, types.Time) && (unit == "MICROSECOND" || unit == "NANOSECOND"):
	case t.Kind == types.Time:
		ok = clock
	case t.Kind == types.IntervalYearMonth:
		ok = monthsFields[unit] != nil
	case t.Kind == types.IntervalDayTime:
		ok = clock || unit == "DAY"
	default:
		ok = date || clock || unit == "EPOCH"
	}
	if !ok {
		return fmt.Errorf("%s has no field %s", plain(t), unit)
	}
	return nil
}

// now is the entry of a function that asks the clock.
func now(name, doc, ex string, t types.Type, new maker) entry {
	return entry{
		Name: name, Sigs: name, Doc: doc, Ex: ex, Takes: []string{""}, Gives: never(t), New: new, Dynamic: true,
		NonDeterministic: name == "CURRENT_ROW_TIMESTAMP" || name == "PROCTIME",
	}
}

// localNow is the session's local time in milliseconds.
func (c *Ctx) localNow() int64 {
	ms := c.now()
	return ms + c.zone().offsetAt(floorDiv(ms, 1000))*1000
}

var (
	timeOfDay = perBatch(func(c *Ctx, t types.Type) int32 {
		return truncateMillis(int32(floorMod(c.localNow(), millisPerDay)), t.Precision)
	})
	instantNow = perBatch(func(c *Ctx, _ types.Type) int64 { return c.now() })
	procTime   = perBatch(func(c *Ctx, _ types.Type) int64 { return c.procTime() })
)

func currentWatermark(call *rex.Call) (Kernel, error) {
	return Kernel{Owned: true, Eval: func(f *Frame, _ []*vec.Vec, n int) (*vec.Vec, error) {
		if f.Watermark != nil {
			if ms, ok := f.Watermark(); ok {
				x, fits := fromMillis(ms).in(call.T.Precision)
				out := f.New(call.T, n)
				fill(out.Int64s(), x)
				if fits {
					return out, nil
				}
			}
		}
		return nulls(call.T, n), nil
	}}, nil
}

// extract makes the kernel that gives a field of its one argument.
func extract(unit string) maker {
	return func(call *rex.Call) (Kernel, error) {
		t := call.Args[0].Type()
		date, clock := dateFields[unit], clockFields[unit]
		switch {
		case t.Kind == types.Date && date != nil:
			return fixedOf(func(_ *Frame, a args, i int) (int64, bool) { return date(int64(a.i32(0, i))), true })(call)
		case t.Kind == types.Date && unit == "EPOCH":
			return fixedOf(func(_ *Frame, a args, i int) (int64, bool) { return int64(a.i32(0, i)) * secondsPerDay, true })(call)
		case t.Kind == types.Date && clock != nil: // the reference takes the number of the day for milliseconds
			return fixedOf(func(_ *Frame, a args, i int) (int64, bool) { return clock(int64(a.i32(0, i)) * 1e6), true })(call)
		case t.Kind == types.Time && clock != nil:
			return fixedOf(func(_ *Frame, a args, i int) (int64, bool) { return clock(int64(a.i32(0, i)) * 1e6), true })(call)
		case t.Kind == types.IntervalYearMonth && monthsFields[unit] != nil:
			return map1(monthsFields[unit])(call)
		case t.Kind == types.IntervalDayTime && unit == "DAY":
			return map1(func(ms int64) int64 { return ms / millisPerDay })(call)
		case t.Kind == types.IntervalDayTime && clock != nil:
			return map1(func(ms int64) int64 { return clock(ms % millisPerDay * 1e6) })(call)
		case t.IsTimestamp() && (date != nil || clock != nil || unit == "EPOCH"):
			return fixedOf(func(f *Frame, a args, i int) (int64, bool) {
				m := localMoment(a[0], i, f.zone())
				switch {
				case clock != nil:
					return clock(m.millis()%millisPerDay*1e6 + m.nano%1e6), true
				case date != nil:
					return date(m.millis() / millisPerDay), true
				default:
					return m.millis() / 1000, true // towards 1970
				}
			})(call)
		}
		return Kernel{}, fail(call, CodeArgument, "%s has no field %s", plain(t), unit)
	}
}

// dateFields give the fields of a day.
var dateFields = map[string]func(day int64) int64{
	"DOW":     func(day int64) int64 { return weekday(day)%7 + 1 },
	"ISODOW":  weekday,
	"WEEK":    func(day int64) int64 { w, _ := isoWeek(day); return w },
	"ISOYEAR": func(day int64) int64 { _, y := isoWeek(day); return y },
	"YEAR":    yearOf,
	"QUARTER": func(day int64) int64 { _, m, _ := civil(day); return (m + 2) / 3 },
	"MONTH":   func(day int64) int64 { _, m, _ := civil(day); return m },
	"DAY":     func(day int64) int64 { _, _, d := civil(day); return d },
	"DOY":     func(day int64) int64 { return day - dayOf(yearOf(day), 1, 1) + 1 },
	"DECADE":  func(day int64) int64 { return floorDiv(yearOf(day), 10) },
	"CENTURY": func(day int64) int64 { return period(yearOf(day), 100) },

	"MILLENNIUM": func(day int64) int64 { return period(yearOf(day), 1000) },
}

func yearOf(day int64) int64 {
	y, _, _ := civil(day)
	return y
}

// period numbers spans of years: year 1 to 100 is the first century.
func period(year, span int64) int64 {
	if year > 0 {
		return (year + span - 1) / span
	}
	return -((span - year - 1) / span)
}

// clockFields give the fields of a time of day in nanoseconds.
var clockFields = map[string]func(nano int64) int64{
	"HOUR":        func(nano int64) int64 { return nano / 3600e9 },
	"MINUTE":      func(nano int64) int64 { return nano / 60e9 % 60 },
	"SECOND":      func(nano int64) int64 { return nano / 1e9 % 60 },
	"MILLISECOND": func(nano int64) int64 { return nano % 1e9 / 1e6 },
	"MICROSECOND": func(nano int64) int64 { return nano % 1e9 / 1e3 },
	"NANOSECOND":  func(nano int64) int64 { return nano % 1e9 },
}

// monthsFields give the fields of an interval of months.
var monthsFields = map[string]func(months int64) int64{
	"YEAR":    func(m int64) int64 { return m / 12 },
	"MONTH":   func(m int64) int64 { return m % 12 },
	"QUARTER": func(m int64) int64 { return m%12/3 + 1 },
	"DECADE":  func(m int64) int64 { return m / 120 },
	"CENTURY": func(m int64) int64 { return m / 1200 },

	"MILLENNIUM": func(m int64) int64 { return m / 12000 },
}

// unitSpan is a unit as months or nanoseconds; false if it is no unit of distance.
func unitSpan(unit string) (months, nanos int64, ok bool) {
	switch unit {
	case "YEAR":
		return 12, 0, true
	case "QUARTER":
		return 3, 0, true
	case "MONTH":
		return 1, 0, true
	case "WEEK":
		return 0, 7 * secondsPerDay * 1e9, true
	case "DAY":
		return 0, secondsPerDay * 1e9, true
	case "HOUR":
		return 0, 3600 * 1e9, true
	case "MINUTE":
		return 0, 60 * 1e9, true
	case "SECOND":
		return 0, 1e9, true
	case "MILLISECOND":
		return 0, 1e6, true
	case "MICROSECOND", "FRAC_SECOND":
		return 0, 1e3, true
	case "NANOSECOND":
		return 0, 1, true
	}
	return 0, 0, false
}

func inferTimestampAdd(c catalog.Call) (catalog.Resolved, error) {
	if len(c.Args) == 3 && c.Lits[0] != nil {
		unit, _ := c.Lits[0].Value.(string)
		_, nanos, _ := unitSpan(unit)
		known := func(k int) bool { return c.Args[k].Kind != types.Null && (c.Lits[k] == nil || c.Lits[k].Value != nil) }
		switch {
		case c.Args[2].Kind == types.Date && nanos != 0 && nanos < 1e9:
			return catalog.Resolved{}, fmt.Errorf("TIMESTAMPADD cannot add a %s to a DATE", unit)
		case nanos != 0 && nanos < 1e6 && known(1) && known(2):
			return catalog.Resolved{}, fmt.Errorf("TIMESTAMPADD has no unit %s", unit)
		}
	}
	return takes("TIMESTAMPADD", []string{"SYMBOL, BIGINT, DATE|TIME|TIMESTAMP|LTZ"}, func(as []types.Type) types.Type {
		t := as[2]
		unit, _ := c.Lits[0].Value.(string)
		_, nanos, _ := unitSpan(unit)
		switch {
		case t.Kind == types.Date && nanos != 0 && nanos%(secondsPerDay*1e9) != 0:
			t = types.NewTimestamp(6)
		case t.IsTimestamp() && nanos == 1e6:
			t.Precision = max(t.Precision, 3)
		case t.IsTimestamp() && nanos == 1:
			t.Precision = 9
		case t.IsTimestamp() && nanos == 1000:
			t.Precision = max(t.Precision, 6)
		}
		return t.WithNull(types.AnyNullable(as[1], as[2]))
	})(c)
}

// newTimestampAdd is TIMESTAMPADD(unit, n, time).
func newTimestampAdd(call *rex.Call) (Kernel, error) {
	unit, _ := constText(call, 0)
	months, nanos, ok := unitSpan(unit)
	if !ok {
		return Kernel{}, fail(call, CodeArgument, "TIMESTAMPADD has no unit %s", unit)
	}
	t := call.Args[2].Type()
	if call.T.In(types.Date, types.Time) {
		return fixedOf(func(_ *Frame, a args, i int) (int32, bool) {
			x, n := int64(a.i32(2, i)), a.i64(1, i)
			switch {
			case t.Kind == types.Time:
				return int32(floorMod(x+n*(nanos/1e6), millisPerDay)), true
			case months != 0:
				return int32(addMonths(x, n*months)), true
			default:
				return int32(x + n*(nanos/(secondsPerDay*1e9))), true
			}
		})(call)
	}
	return fixedOf(func(_ *Frame, a args, i int) (int64, bool) {
		n := a.i64(1, i)
		var m moment
		if t.Kind == types.Date {
			m.sec = int64(a.i32(2, i)) * secondsPerDay
		} else {
			m = momentOf(a.i64(2, i), t.Precision)
		}
		if months == 0 {
			m.sec += n * (nanos / 1e9)
			m.nano += n * (nanos % 1e9)
			m.sec += floorDiv(m.nano, 1e9)
			m.nano = floorMod(m.nano, 1e9)
			return m.in(call.T.Precision)
		}
		day := floorDiv(m.sec, secondsPerDay)
		m.sec += (addMonths(day, n*months) - day) * secondsPerDay
		return m.in(call.T.Precision)
	})(call)
}

// momentAt reads row i of a DATE, TIMESTAMP or TIMESTAMP_LTZ vector.
func momentAt(v *vec.Vec, i int) moment {
	if v.Type.Kind == types.Date {
		return moment{sec: int64(v.Int32s()[i]) * secondsPerDay}
	}
	return momentOf(v.Int64s()[i], v.Type.Precision)
}

// inferTimestampDiff gives INT, BIGINT for nanoseconds. An instant has no distance from a
// local time.
func inferTimestampDiff(c catalog.Call) (catalog.Resolved, error) {
	r, err := takes("TIMESTAMPDIFF", []string{"SYMBOL, DATE|TIMESTAMP|LTZ, DATE|TIMESTAMP|LTZ"}, of(types.Int32))(c)
	if err != nil {
		return r, err
	}
	null := func(k int) bool { return c.Args[k].Kind == types.Null || c.Lits[k] != nil && c.Lits[k].Value == nil }
	if (r.Args[1].Kind == types.TimestampLTZ) != (r.Args[2].Kind == types.TimestampLTZ) && !null(1) && !null(2) {
		return r, fmt.Errorf("TIMESTAMPDIFF takes two points of one kind, got %s and %s", plain(c.Args[1]), plain(c.Args[2]))
	}
	if unit, _ := c.Lits[0].Value.(string); unit == "NANOSECOND" {
		r.Result = types.Int64.WithNull(r.Result.Nullable)
	}
	return r, nil
}

// newTimestampDiff is TIMESTAMPDIFF(unit, from, to): whole units, months as the
// calendar has them. As in the reference units below a second are counted in whole
// seconds, an INT wraps round, and a WEEK is counted from an INT of seconds.
func newTimestampDiff(call *rex.Call) (Kernel, error) {
	unit, _ := constText(call, 0)
	months, nanos, ok := unitSpan(unit)
	if !ok {
		return Kernel{}, fail(call, CodeArgument, "TIMESTAMPDIFF has no unit %s", unit)
	}
	if call.T.Kind == types.BigInt {
		return fixedOf(func(_ *Frame, a args, i int) (int64, bool) {
			return (momentAt(a[2], i).millis() - momentAt(a[1], i).millis()) / 1000 * 1e9, true
		})(call)
	}
	return fixedOf(func(_ *Frame, a args, i int) (int32, bool) {
		from, to := momentAt(a[1], i).millis(), momentAt(a[2], i).millis()
		switch {
		case months != 0:
			return int32(monthsBetween(to, from) / months), true
		case unit == "WEEK":
			return int32((to-from)/1000) / (7 * secondsPerDay), true
		case nanos >= 1e9:
			return int32((to - from) / (nanos / 1e6)), true
		default:
			return int32((to - from) / 1000 * (1e9 / nanos)), true
		}
	})(call)
}

// monthsBetween counts the whole months from b to a, in milliseconds.
func monthsBetween(a, b int64) int64 {
	da, db := floorDiv(a, millisPerDay), floorDiv(b, millisPerDay)
	n := dayMonthsBetween(da, db)
	if addMonths(db, n) == da && a-da*millisPerDay < b-db*millisPerDay {
		n--
	}
	return n
}

func dayMonthsBetween(a, b int64) int64 {
	if a < b {
		return -dayMonthsBetween(b, a)
	}
	for n := (a - b) / 31; ; n++ { // no month is longer, so this is not too much
		if addMonths(b, n) >= a || addMonths(b, n+1) > a {
			return n
		}
	}
}

// newFloorTime is FLOOR and CEIL(time TO unit).
func newFloorTime(call *rex.Call, up bool) (Kernel, error) {
	unit, _ := constText(call, 1)
	t := call.Args[0].Type()
	move := moveTo(unit, up)
	if move == nil {
		return Kernel{}, fail(call, CodeArgument, "%s has no unit %s", call.Fn, unit)
	}
	switch t.Kind {
	case types.Date:
		if unit == "DAY" && up { // moves on always
			return fixedOf(func(_ *Frame, a args, i int) (int32, bool) { return a.i32(0, i) + 1, true })(call)
		}
		return fixedOf(func(_ *Frame, a args, i int) (int32, bool) {
			return int32(floorDiv(move(int64(a.i32(0, i))*millisPerDay), millisPerDay)), true
		})(call)
	case types.Time:
		return fixedOf(func(_ *Frame, a args, i int) (int32, bool) {
			return int32(floorMod(move(int64(a.i32(0, i))), millisPerDay)), true
		})(call)
	}
	return fixedOf(func(f *Frame, a args, i int) (int64, bool) {
		m := momentOf(a.i64(0, i), t.Precision)
		// The zone's offset is that of the value, not that of the result.
		offset := int64(0)
		if t.Kind == types.TimestampLTZ {
			offset = f.zone().offsetAt(m.sec)
		}
		return fromMillis(move(m.millis()+offset*1000) - offset*1000).in(t.Precision)
	})(call)
}

// moveTo gives what moves a local time, in milliseconds, to the begin of its unit, or
// up to the next begin; nil if there is no such unit. For a week and more the
// reference looks at the day only, which it counts towards 1970.
func moveTo(unit string, up bool) func(ms int64) int64 {
	if span := clockSpans[unit]; span > 0 {
		return func(ms int64) int64 {
			lo := floorDiv(ms, span) * span
			if up && lo != ms {
				return lo + span
			}
			return lo
		}
	}
	days := dateSpans[unit]
	if days == nil {
		return nil
	}
	return func(ms int64) int64 {
		day := ms / millisPerDay
		from, next := days(day)
		if up && (from != day || unit == "DECADE" || unit == "CENTURY" || unit == "MILLENNIUM") { // these move on always
			return next * millisPerDay
		}
		return from * millisPerDay
	}
}

// clockSpans are the units of one length, in milliseconds.
var clockSpans = map[string]int64{"MILLISECOND": 1, "SECOND": 1000, "MINUTE": 60000, "HOUR": 3600000, "DAY": millisPerDay}

// dateSpans give the days on which the unit that a day lies in, and the next one,
// begin. Weeks begin on Sunday, centuries with the year 1.
var dateSpans = map[string]func(day int64) (from, next int64){
	"WEEK": func(day int64) (int64, int64) { from := day - weekday(day)%7; return from, from + 7 },
	"MONTH": func(day int64) (int64, int64) {
		y, m, _ := civil(day)
		return dayOf(y, m, 1), dayOf(y, m+1, 1)
	},
	"QUARTER": func(day int64) (int64, int64) {
		y, m, _ := civil(day)
		q := (m-1)/3*3 + 1
		return dayOf(y, q, 1), dayOf(y, q+3, 1)
	},
	"YEAR":       yearSpan(1, 0),
	"DECADE":     yearSpan(10, 0),
	"CENTURY":    yearSpan(100, 1),
	"MILLENNIUM": yearSpan(1000, 1),
}

// yearSpan is a span of years that begins with the year first, or a multiple of its
// length later.
func yearSpan(length, first int64) func(day int64) (from, next int64) {
	return func(day int64) (int64, int64) {
		y := floorDiv(yearOf(day)-first, length)*length + first
		return dayOf(y, 1, 1), dayOf(y+length, 1, 1)
	}
}
