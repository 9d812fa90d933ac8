package app

import (
	"os"
	"strings"
	"testing"

	"github.com/weir-sql/weir/tui/styles"
)

// A setting holds from the moment it is chosen: keys, looks, mouse.
func TestSettingsHoldAtOnce(t *testing.T) {
	o := options(t, project(t, shop))
	o.Look = styles.Look{Depth: styles.Many}
	o.Detect = func(theme string, ascii bool) styles.Look {
		return styles.Look{Depth: map[string]styles.Depth{"mono": styles.Mono, "16": styles.Sixteen}[theme] + map[bool]styles.Depth{true: styles.Many}[theme == "auto" || theme == "dark" || theme == "light"],
			Light: theme == "light", ASCII: ascii}
	}
	d := begin(t, o, 120, 36)
	choose := func(name, want string) {
		t.Helper()
		d.press("alt+g")
		for range 8 {
			d.text(name + " =").press("enter")
			if d.press("ctrl+u"); strings.Contains(d.screen(), name+" = "+want) {
				d.press("esc")
				return
			}
		}
		t.Fatalf("%s is not %s:\n%s", name, want, d.screen())
	}
	choose("keys", "vim")
	d.press("alt+n").expect("NORMAL").press("i").text("SELECT 1").press("esc").text("0x")
	if d.script() != "ELECT 1" {
		t.Fatalf("%q", d.script())
	}
	choose("keys", "emacs")
	d.expectNot("NORMAL").press("ctrl+a", "ctrl+d")
	if d.script() != "LECT 1" {
		t.Fatalf("%q", d.script())
	}
	choose("ascii", "true")
	d.expect("+- Catalog")
	choose("theme", "light")
	light := styles.For(styles.Look{Depth: styles.Many, Light: true, ASCII: true})
	if !strings.Contains(d.m.View(), light.Number.On()) {
		t.Error("the number is not in the colour of the light look")
	}
	choose("theme", "mono")
	if strings.Contains(d.m.View(), "38;5;") {
		t.Error("there are colours")
	}
	choose("theme", "auto")
	d.send(background{light: true})
	if d.settle(); !d.m.env.Styles.Look.Light {
		t.Error("the terminal is not believed")
	}
	choose("theme", "dark")
	if d.m.env.Styles.Look.Light {
		t.Error("the terminal is believed before the person")
	}
	if text, err := os.ReadFile(o.Settings.File); err != nil || !strings.Contains(string(text), "keys: emacs") {
		t.Errorf("%s %v", text, err)
	}
}

// The terminal's answer never comes to the script, wherever it is cut in two; all else does.
func TestTheAnswerOfTheTerminalIsNoText(t *testing.T) {
	const head, answer, tail = "ab\x1b[A", "\x1b]11;rgb:ffff/ffff/ffff\x1b\\", "cd\x1b]é"
	const sent = head + answer + tail
	for cut := range len(sent) {
		if cut == len(head)+1 || cut == len(head)+2 {
			continue // an escape, and an escape and a bracket, are keys
		}
		told := make(chan background, 1)
		k := &keyboard{tell: func(b background) { told <- b }}
		got := ""
		for _, piece := range []string{sent[:cut], sent[cut:]} {
			p := make([]byte, 256)
			n := copy(p, piece)
			if !k.done.Load() {
				n = k.sift(p, n)
			}
			got += string(p[:n])
		}
		if got != head+tail {
			t.Errorf("cut at %d: %q", cut, got)
		}
		if !(<-told).light {
			t.Errorf("cut at %d: white is not light", cut)
		}
	}
}
