package lower

import (
	"strconv"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/diag"
)

// settings reads Flink's configuration options. A value that cannot be read is
// reported once and counts as not set.
type settings struct {
	values map[string]string
	diags  *diag.List
	bad    map[string]bool
}

func (s *settings) text(key, otherwise string) string {
	if v, ok := s.values[key]; ok && v != "" {
		return v
	}
	return otherwise
}

func (s *settings) upper(key, otherwise string) string {
	return strings.ToUpper(s.text(key, otherwise))
}

func (s *settings) bool(key string, otherwise bool) bool {
	v := s.text(key, "")
	if v == "" {
		return otherwise
	}
	b, err := strconv.ParseBool(strings.ToLower(v))
	if err != nil {
		s.report(key, v, "true or false")
		return otherwise
	}
	return b
}

func (s *settings) int(key string, otherwise int) int {
	v := s.text(key, "")
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(strings.TrimSpace(v))
	if err != nil {
		s.report(key, v, "a whole number")
		return otherwise
	}
	return n
}

func (s *settings) duration(key string, otherwise time.Duration) time.Duration {
	v := s.text(key, "")
	if v == "" {
		return otherwise
	}
	d, ok := ParseDuration(v)
	if !ok {
		s.report(key, v, "a duration such as '10 s' or '1 d'")
		return otherwise
	}
	return d
}

func (s *settings) report(key, value, want string) {
	if s.bad[key] {
		return
	}
	s.bad[key] = true
	s.diags.Add(diag.Errorf("W0201", diag.Span{}, "option %q has value %q, which is not %s", key, value, want))
}

// ParseDuration reads a duration as Flink's options write it: a whole number and a
// unit (ns, us, ms, s, min, h, d and their long names), milliseconds without one.
func ParseDuration(text string) (time.Duration, bool) {
	text = strings.TrimSpace(strings.ToLower(text))
	i := 0
	for i < len(text) && text[i] >= '0' && text[i] <= '9' {
		i++
	}
	n, err := strconv.ParseInt(text[:i], 10, 64)
	if err != nil {
		return 0, false
	}
	unit, ok := durationUnits[strings.TrimSpace(text[i:])]
	if !ok || n > int64(1<<63-1)/int64(unit) {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

var durationUnits = map[string]time.Duration{
	"": time.Millisecond, "ms": time.Millisecond, "milli": time.Millisecond, "millis": time.Millisecond,
	"millisecond": time.Millisecond, "milliseconds": time.Millisecond,
	"ns": 1, "nano": 1, "nanos": 1, "nanosecond": 1, "nanoseconds": 1,
	"µs": time.Microsecond, "us": time.Microsecond, "micro": time.Microsecond, "micros": time.Microsecond,
	"microsecond": time.Microsecond, "microseconds": time.Microsecond,
	"s": time.Second, "sec": time.Second, "secs": time.Second, "second": time.Second, "seconds": time.Second,
	"m": time.Minute, "min": time.Minute, "minute": time.Minute, "minutes": time.Minute,
	"h": time.Hour, "hour": time.Hour, "hours": time.Hour,
	"d": 24 * time.Hour, "day": 24 * time.Hour, "days": 24 * time.Hour,
}
