package fullcache

import (
	"time"

	"github.com/weir-sql/weir/connectors/option"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
)

// Reload is when looked-up rows are read again.
type Reload struct {
	every time.Duration // PERIODIC; 0 = never
	timed bool          // TIMED: at clock, every days days
	clock time.Duration
	days  int
	zone  *time.Location
}

// NewReload reads the options lookup.full-cache.* of a table.
func NewReload(t *catalog.Table, o *option.Reader, zone *time.Location) (Reload, error) {
	r := Reload{every: o.Duration("lookup.full-cache.periodic-reload.interval"), zone: zone,
		days: int(max(o.Int("lookup.full-cache.timed-reload.interval-in-days"), 1)), timed: o.Enum("lookup.full-cache.reload-strategy") == "TIMED"}
	if !r.timed {
		return r, o.Err()
	}
	text := o.String("lookup.full-cache.timed-reload.iso-time")
	for _, layout := range []string{"15:04", "15:04:05"} {
		if c, err := time.Parse(layout, text); err == nil {
			r.clock = time.Duration(c.Hour())*time.Hour + time.Duration(c.Minute())*time.Minute + time.Duration(c.Second())*time.Second
			return r, o.Err()
		}
	}
	return r, diag.Errorf("W0332", t.OptionSpans["lookup.full-cache.timed-reload.iso-time"].Value,
		"'lookup.full-cache.timed-reload.iso-time' is %q, want a time of day such as '03:00'", text)
}

// after gives the reload after a time, zero if there is none.
func (r Reload) after(now time.Time) time.Time {
	switch {
	case r.timed:
		local := now.In(r.zone)
		next := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, r.zone).Add(r.clock)
		for !next.After(now) {
			next = next.AddDate(0, 0, r.days)
		}
		return next
	case r.every > 0:
		return now.Add(r.every)
	default:
		return time.Time{}
	}
}
