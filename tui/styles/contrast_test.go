package styles

import (
	"reflect"
	"regexp"
	"strconv"
	"testing"
)

// xterm is the luminance of a colour of the 256, from 16 on.
func xterm(n int) float64 {
	part := func(v int) float64 {
		if v == 0 {
			return 0
		}
		return float64(55+40*v) / 255
	}
	if n >= 232 {
		grey := float64(8+10*(n-232)) / 255
		return Luminance(grey, grey, grey)
	}
	n -= 16
	return Luminance(part(n/36), part(n/6%6), part(n%6))
}

var (
	foreground = regexp.MustCompile(`38;5;(\d+)`)
	background = regexp.MustCompile(`48;5;(\d+)`)
	ofTerminal = regexp.MustCompile(`\x1b\[(2|3[0-7]|4[0-7])m`)
)

// Every text in colour can be read on every background that is weir's, and on those that terminals
// have: contrast is 4.5 to 1 at least.
func TestTextCanBeRead(t *testing.T) {
	rgb := func(hex uint) float64 {
		return Luminance(float64(hex>>16)/255, float64(hex>>8&255)/255, float64(hex&255)/255)
	}
	grounds := map[bool]map[string]float64{
		false: {"black": 0, "dark grey": rgb(0x1e1e1e), "Solarized dark": rgb(0x002b36), "Dracula": rgb(0x282a36), "Nord": rgb(0x2e3440), "Gruvbox dark": rgb(0x282828)},
		true:  {"white": 1, "Solarized light": rgb(0xfdf6e3), "Gruvbox light": rgb(0xfbf1c7), "light grey": rgb(0xeeeeee)},
	}
	for _, light := range []bool{false, true} {
		s := reflect.ValueOf(*For(Look{Depth: Many, Light: light}))
		on := grounds[light]
		inks := 0
		each := func(f func(name string, style Style)) {
			for i := range s.NumField() {
				if !s.Type().Field(i).IsExported() {
					continue
				}
				if style, ok := s.Field(i).Interface().(Style); ok {
					f(s.Type().Field(i).Name, style)
				}
			}
		}
		each(func(name string, style Style) {
			if b := background.FindStringSubmatch(style.On()); b != nil && !foreground.MatchString(style.On()) {
				n, _ := strconv.Atoi(b[1])
				on["the background of "+name] = xterm(n)
			}
		})
		each(func(name string, style Style) {
			if ofTerminal.MatchString(style.On()) {
				t.Errorf("light %v: %s takes a colour of which nobody knows how it looks: %q", light, name, style.On())
			}
			ink := foreground.FindStringSubmatch(style.On())
			if ink == nil {
				return
			}
			inks++
			n, _ := strconv.Atoi(ink[1])
			own := background.FindStringSubmatch(style.On())
			for ground, l := range on {
				if own != nil {
					b, _ := strconv.Atoi(own[1])
					l, ground = xterm(b), "its own background"
				}
				if c := Contrast(xterm(n), l); c < 4.5 {
					t.Errorf("light %v: %s in colour %d has contrast %.2f on %s", light, name, n, c, ground)
				}
			}
		})
		if inks < 15 || len(on) < 8 {
			t.Errorf("%d colours on %d backgrounds were looked at", inks, len(on))
		}
	}
}

func TestBackground(t *testing.T) {
	for _, c := range []struct {
		in, rest           string
		light, found, more bool
	}{
		{"abc", "abc", false, false, false},
		{"\x1b]11;rgb:ffff/ffff/ffff\a", "", true, true, false},
		{"x\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\y", "xy", false, true, false},
		{"\x1b]11;rgb:fd/f6/e3\a\x1b[A", "\x1b[A", true, true, false},
		{"\x1b]11;rgba:0000/2b2b/3636/ffff\a", "", false, true, false},
		{"\x1b]11;rgb:ff", "\x1b]11;rgb:ff", false, false, true},
		{"\x1b]11;nonsense\a", "", false, false, false},
		{"\x1b]11;rgb:zz/00/00\a", "", false, false, false},
	} {
		rest, light, found, more := Background([]byte(c.in))
		if string(rest) != c.rest || light != c.light || found != c.found || more != c.more {
			t.Errorf("%q: %q %v %v %v", c.in, rest, light, found, more)
		}
	}
}
