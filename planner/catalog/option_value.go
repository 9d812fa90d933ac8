package catalog

import (
	"strconv"
	"strings"
	"time"
)

// Accepts checks an option's text against its type. want says what would fit when it
// does not.
func (o Option) Accepts(text string) (want string, ok bool) {
	t := strings.TrimSpace(text)
	switch o.Type {
	case IntOption:
		_, err := strconv.ParseInt(t, 10, 32)
		return "a whole number", err == nil
	case LongOption:
		_, err := strconv.ParseInt(t, 10, 64)
		return "a whole number", err == nil
	case DoubleOption:
		_, err := strconv.ParseFloat(t, 64)
		return "a number", err == nil
	case BoolOption:
		return "true or false", strings.EqualFold(t, "true") || strings.EqualFold(t, "false")
	case DurationOption:
		_, ok := ParseDuration(t)
		return "a duration such as '10 s', '5 min' or '1 h'", ok
	case MemoryOption:
		_, ok := ParseMemory(t)
		return "a size such as '64 kb' or '128 mb'", ok
	case EnumOption:
		for _, w := range o.Enum {
			if strings.EqualFold(w, t) {
				return "", true
			}
		}
		return "one of " + strings.Join(o.Enum, ", "), false
	}
	return "", true
}

var durationUnits = map[string]time.Duration{
	"": time.Millisecond, "ns": 1, "nano": 1, "nanosecond": 1, "us": time.Microsecond, "µs": time.Microsecond, "micro": time.Microsecond,
	"microsecond": time.Microsecond, "ms": time.Millisecond, "milli": time.Millisecond, "millisecond": time.Millisecond,
	"s": time.Second, "sec": time.Second, "second": time.Second, "m": time.Minute, "min": time.Minute, "minute": time.Minute,
	"h": time.Hour, "hour": time.Hour, "d": 24 * time.Hour, "day": 24 * time.Hour,
}

// ParseDuration reads Flink's durations: a whole number and a unit, singular or plural,
// with or without a space, "10 s", "1min", "2 days" (milliseconds if left out); and
// ISO-8601 ones, "PT1H30M".
func ParseDuration(s string) (time.Duration, bool) {
	num, unit := cutUnit(s)
	if num == "" && strings.HasPrefix(unit, "p") {
		return parseISODuration(unit)
	}
	n, err := strconv.ParseInt(num, 10, 64)
	if err != nil {
		return 0, false
	}
	length, ok := durationUnits[unit]
	if !ok && len(unit) > 2 {
		length, ok = durationUnits[strings.TrimSuffix(unit, "s")]
	}
	if !ok || n > int64(1<<63-1)/int64(length) {
		return 0, false
	}
	return time.Duration(n) * length, true
}

// parseISODuration reads "pt1h30m" and "p1dt2h".
func parseISODuration(s string) (time.Duration, bool) {
	date, clock, _ := strings.Cut(s[1:], "t")
	total := time.Duration(0)
	if days, ok := strings.CutSuffix(date, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil {
			return 0, false
		}
		total = time.Duration(n) * 24 * time.Hour
	} else if date != "" {
		return 0, false
	}
	if clock == "" {
		return total, date != ""
	}
	d, err := time.ParseDuration(clock)
	return total + d, err == nil
}

var memoryUnits = map[string]int64{
	"": 1, "b": 1, "bytes": 1, "k": 1 << 10, "kb": 1 << 10, "kibibytes": 1 << 10, "m": 1 << 20, "mb": 1 << 20, "mebibytes": 1 << 20,
	"g": 1 << 30, "gb": 1 << 30, "gibibytes": 1 << 30, "t": 1 << 40, "tb": 1 << 40, "tebibytes": 1 << 40,
}

// ParseMemory reads a whole number and a unit, "128 mb", as bytes.
func ParseMemory(s string) (int64, bool) {
	num, unit := cutUnit(s)
	n, err := strconv.ParseInt(num, 10, 64)
	size, ok := memoryUnits[unit]
	if err != nil || !ok || n > (1<<63-1)/size {
		return 0, false
	}
	return n * size, true
}

// cutUnit splits "10 s" into its number and its unit in lower case.
func cutUnit(s string) (num, unit string) {
	s = strings.TrimSpace(s)
	i := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.ToLower(strings.TrimSpace(s[i:]))
}
