package function

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestCivilAgreesWithTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := rapid.Int64Range(-800000, 3000000).Draw(t, "day")
		want := time.Unix(day*secondsPerDay, 0).UTC()
		y, m, d := civil(day)
		if y != int64(want.Year()) || m != int64(want.Month()) || d != int64(want.Day()) {
			t.Fatalf("day %d is %d-%d-%d, want %s", day, y, m, d, want)
		}
		if got := dayOf(y, m, d); got != day {
			t.Fatalf("%d-%d-%d is day %d, want %d", y, m, d, got, day)
		}
		if got, want := weekday(day), int64((want.Weekday()+6)%7+1); got != want {
			t.Fatalf("day %d is weekday %d, want %d", day, got, want)
		}
		wy, ww := want.ISOWeek()
		if w, y := isoWeek(day); w != int64(ww) || y != int64(wy) {
			t.Fatalf("day %d is in week %d of %d, want %d of %d", day, w, y, ww, wy)
		}
		c := clockOf(moment{sec: day * secondsPerDay})
		if got := c.dayOfYear(); got != int64(want.YearDay()) {
			t.Fatalf("day %d is day %d of its year, want %d", day, got, want.YearDay())
		}
	})
}

// An instant's local time leads back to it, or, where clocks were set back, to the
// instant an hour or so earlier that shows the same.
func TestZones(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"} {
		loc, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		z := newZone(loc)
		rapid.Check(t, func(t *rapid.T) {
			at := rapid.Int64Range(-2208988800, 4102444800).Draw(t, "instant") // 1900 to 2100
			_, off := time.Unix(at, 0).In(loc).Zone()
			if got := z.offsetAt(at); got != int64(off) {
				t.Fatalf("%s at %d is %d from UTC, want %d", name, at, got, off)
			}
			local := z.toLocal(at)
			early, late := z.toInstant(local), z.toInstantLate(local)
			if early != at && late != at || early > late || z.toLocal(early) != local || z.toLocal(late) != local {
				t.Fatalf("%s: instant %d shows %d, which is instant %d or %d", name, at, local, early, late)
			}
		})
	}
}

func TestClocksSetForward(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	local, _ := parseTimestamp("2021-03-28 02:30:00") // the clock went from 02:00 to 03:00
	if got, want := newZone(loc).toInstant(local.sec), time.Date(2021, 3, 28, 1, 30, 0, 0, time.UTC).Unix(); got != want {
		t.Errorf("got %s", time.Unix(got, 0).UTC())
	}
}

func TestAddMonths(t *testing.T) {
	for _, c := range []struct {
		from   string
		months int64
		want   string
	}{
		{"2024-01-31", 1, "2024-02-29"}, {"2023-01-31", 1, "2023-02-28"}, {"2024-02-29", -12, "2023-02-28"},
		{"2024-12-15", 1, "2025-01-15"}, {"2024-01-15", -1, "2023-12-15"}, {"2000-03-31", 1200, "2100-03-31"},
	} {
		from, _ := parseDate(c.from)
		want, _ := parseDate(c.want)
		if got := addMonths(int64(from), c.months); got != int64(want) {
			t.Errorf("%s and %d months is day %d, want %d", c.from, c.months, got, want)
		}
	}
}

// What a pattern writes, the same pattern reads.
func TestPatternsReadWhatTheyWrite(t *testing.T) {
	for _, legacy := range []bool{false, true} {
		for _, text := range []string{"yyyy-MM-dd HH:mm:ss.SSS", "yyyyMMddHHmmss", "dd/MM/yyyy hh:mm:ss a", "d MMM yyyy HH:mm:ss", "EEE, dd MMMM yyyy HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss"} {
			p, err := parsePattern(text, legacy)
			if err != nil {
				t.Fatal(err)
			}
			rapid.Check(t, func(t *rapid.T) {
				m := moment{sec: rapid.Int64Range(-30000000000, 200000000000).Draw(t, "seconds")}
				c := clockOf(m)
				s, err := p.format(nil, &c)
				if err != nil {
					t.Fatal(err)
				}
				parts, ok := p.parse(string(s))
				back, fits := parts.local(!legacy)
				if !ok || !fits || back != m {
					t.Fatalf("pattern %q writes %q, which reads as %v (%v), want %v", text, s, back, ok && fits, m)
				}
			})
		}
	}
}
