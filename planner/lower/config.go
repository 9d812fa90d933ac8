package lower

import (
	"strconv"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/catalog"
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
	d, ok := catalog.ParseDuration(v)
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
