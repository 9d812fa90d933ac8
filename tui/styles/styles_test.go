package styles

import (
	"bytes"
	"reflect"
	"regexp"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/weir-sql/weir/topology"
)

var escape = regexp.MustCompile("\x1b\\[[0-9;]*m")

// Whatever the role, taking the colours off gives the text back, and a terminal
// without colours gets the text alone.
func TestColoursTakeNoRoom(t *testing.T) {
	plain := New(&bytes.Buffer{})
	coloured := 0
	for _, look := range []Look{{Depth: Sixteen}, {Depth: Many}, {Depth: Many, Light: true}, {Depth: Mono}} {
		s := For(look)
		for role := topology.RolePlain; role <= topology.RoleChanged; role++ {
			for _, text := range []string{"Agg[city]", "  ◀ hash[city] ", "", "中文 ├─"} {
				got := s.Graph(role, text)
				if escape.ReplaceAllString(got, "") != text {
					t.Errorf("role %d: %q became %q", role, text, got)
				}
				if got != text {
					coloured++
				}
				if got := plain.Graph(role, text); got != text {
					t.Errorf("role %d without colours: %q became %q", role, text, got)
				}
			}
		}
	}
	if coloured == 0 {
		t.Error("nothing was coloured")
	}
}

// Without colours nothing may use one: neither a foreground nor a background.
func TestMonoHasNoColour(t *testing.T) {
	s := reflect.ValueOf(*For(Look{Depth: Mono}))
	for i := range s.NumField() {
		if !s.Type().Field(i).IsExported() {
			continue
		}
		style, ok := s.Field(i).Interface().(Style)
		if !ok {
			continue
		}
		if regexp.MustCompile(`\x1b\[(3|4)[0-9]`).MatchString(style.On()) {
			t.Errorf("%s has a colour: %q", s.Type().Field(i).Name, style.On())
		}
	}
}

// Each glyph is as wide in ASCII as it is in Unicode, and ASCII is ASCII.
func TestGlyphsAreAsWideInASCII(t *testing.T) {
	u, a := reflect.ValueOf(*unicodeGlyphs), reflect.ValueOf(*asciiGlyphs)
	for i := range u.NumField() {
		name := u.Type().Field(i).Name
		if u.Field(i).Kind() != reflect.String {
			continue
		}
		if x, y := u.Field(i).String(), a.Field(i).String(); ansi.StringWidth(x) != ansi.StringWidth(y) || x == "" || y[0] > 0x7e {
			t.Errorf("%s: %q and %q", name, x, y)
		}
	}
	if len(unicodeGlyphs.Spark) != len(asciiGlyphs.Spark) {
		t.Error("sparks differ in number")
	}
}

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		env   map[string]string
		theme string
		want  Look
	}{
		{map[string]string{"NO_COLOR": "1", "LANG": "C.UTF-8"}, "dark", Look{Depth: Mono}},
		{map[string]string{"TERM": "dumb"}, "auto", Look{Depth: Mono}},
		{map[string]string{"LANG": "C"}, "mono", Look{Depth: Mono, ASCII: true}},
		{map[string]string{"COLORFGBG": "0;15", "NO_COLOR": "1"}, "auto", Look{Depth: Mono, Light: true}},
	} {
		if got := Detect(&bytes.Buffer{}, func(k string) string { return c.env[k] }, c.theme, false); got != c.want {
			t.Errorf("%v %s: %+v, want %+v", c.env, c.theme, got, c.want)
		}
	}
}
