package option_test

import (
	"testing"
	"time"

	"github.com/weir-sql/weir/connectors/option"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"10 s": 10 * time.Second, "1min": time.Minute, "500 ms": 500 * time.Millisecond, "7": 7 * time.Millisecond,
		"2 hours": 2 * time.Hour, "1 day": 24 * time.Hour, "3d": 72 * time.Hour, "5 MINUTES": 5 * time.Minute,
		" 4 micros ": 4 * time.Microsecond, "PT1H30M": 90 * time.Minute, "P1DT2H": 26 * time.Hour, "0 s": 0,
	} {
		if got, ok := catalog.ParseDuration(text); !ok || got != want {
			t.Errorf("%q is %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "s", "1 x", "-1 s", "1.5 s", "99999999999999999999 s", "999999999 d", "P", "PX"} {
		if got, ok := catalog.ParseDuration(text); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func TestParseMemory(t *testing.T) {
	for text, want := range map[string]int64{"1": 1, "64 kb": 64 << 10, "128MB": 128 << 20, "2g": 2 << 30, "1 t": 1 << 40, "3 bytes": 3} {
		if got, ok := catalog.ParseMemory(text); !ok || got != want {
			t.Errorf("%q is %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "mb", "1 xb", "-1", "99999999999 tb"} {
		if got, ok := catalog.ParseMemory(text); ok {
			t.Errorf("%q is %v", text, got)
		}
	}
}

var declared = []catalog.Option{
	{Name: "n", Type: catalog.IntOption, Default: "3"},
	{Name: "on", Type: catalog.BoolOption, Default: "true"},
	{Name: "every", Type: catalog.DurationOption},
	{Name: "size", Type: catalog.MemoryOption, Default: "1 kb"},
	{Name: "mode", Type: catalog.EnumOption, Enum: []string{"Fast", "slow"}, Default: "slow"},
	{Name: "names", Type: catalog.ListOption},
	{Name: "x", Type: catalog.DoubleOption},
}

func TestReader(t *testing.T) {
	r := option.Read(declared, map[string]string{"mode": "FAST", "names": "a;b", "x": "1.5"})
	if r.Int("n") != 3 || !r.Bool("on") || r.Duration("every") != 0 || r.Memory("size") != 1024 || r.Enum("mode") != "Fast" ||
		len(r.List("names")) != 2 || r.Float("x") != 1.5 || r.Has("n") || !r.Has("x") || r.Err() != nil {
		t.Errorf("options are read wrongly: %v", r.Err())
	}
}

func TestReaderErrors(t *testing.T) {
	r := option.Read(declared, map[string]string{"n": "many", "on": "perhaps", "every": "soon", "size": "big", "mode": "x", "x": "y", "other": "z"}).Named("json.").CheckTypes()
	errs, ok := r.Err().(diag.List)
	if !ok || len(errs) != 6 {
		t.Fatalf("got %v, want 6 errors", r.Err())
	}
	if got := errs[1].Primary; got != `option 'json.mode' is "x", want one of Fast, slow` {
		t.Errorf("got %s", got)
	}
}
