package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/weir-sql/weir/tui/styles"
)

var sizes = []struct{ w, h int }{{80, 24}, {120, 36}, {200, 60}}

var looks = map[string]styles.Look{"colour": {Depth: styles.Many}, "mono": {Depth: styles.Mono}, "ascii": {Depth: styles.Mono, ASCII: true}}

// views are what a person does to come to a screen.
var views = map[string]func(d *driver){
	"edit":     func(*driver) {},
	"problem":  func(d *driver) { d.at(3, 20).press("backspace") },
	"complete": func(d *driver) { d.at(3, 8).text("o.a") },
	"search":   func(d *driver) { d.press("alt+r").text("city") },
	"select":   func(d *driver) { d.press("alt+s") },
	"plan":     func(d *driver) { d.press("alt+p", "right", "right") },
	"catalog":  func(d *driver) { d.press("alt+t", "down", "down", "enter") },
	"palette":  func(d *driver) { d.press("ctrl+p").text("spend") },
	"help":     func(d *driver) { d.press("f1") },
	"fixtures": func(d *driver) { d.press("alt+i") },
	"tests":    func(d *driver) { d.press("alt+y") },
	"history":  func(d *driver) { d.press("alt+h") },
	"messages": func(d *driver) { d.press("f10", "f10", "alt+l") },
	"settings": func(d *driver) { d.press("alt+g") },
	"results": func(d *driver) {
		d.press("alt+i").text("late").press("enter").at(9, 3).press("ctrl+r", "alt+e", "alt+u", "s")
	},
	"publish": func(d *driver) { d.press("alt+v", "right", "enter").text("8").press("enter") },
}

// Every screen in every size and look is as it was agreed on; -update writes them anew.
// Whatever the look, lines are exactly as wide as the window, and ASCII is ASCII.
func TestFrames(t *testing.T) {
	for name, go1 := range views {
		for look, l := range looks {
			for i, s := range sizes {
				if testing.Short() && i != 1 {
					continue
				}
				t.Run(fmt.Sprintf("%s/%s/%dx%d", name, look, s.w, s.h), func(t *testing.T) {
					o := options(t, project(t, shop))
					o.Look = l
					o.Settings.File = "/home/ana/.config/weir/config.yaml"
					d := begin(t, o, s.w, s.h)
					go1(d)
					frame := d.m.View()
					checkFrame(t, frame, s.w, s.h, l.ASCII)
					if look == "colour" {
						frame = strings.ReplaceAll(frame, "\x1b", "␛")
					}
					path := filepath.Join("testdata", "frames", fmt.Sprintf("%s-%s-%dx%d.txt", name, look, s.w, s.h))
					if *update {
						if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
							t.Fatal(err)
						}
						if err := os.WriteFile(path, []byte(uncoloured(frame, look)+"\n"), 0o644); err != nil {
							t.Fatal(err)
						}
						return
					}
					want, err := os.ReadFile(path)
					if err != nil {
						t.Fatal(err)
					}
					if got := uncoloured(frame, look) + "\n"; got != string(want) {
						t.Errorf("the screen is another (go test ./tui/app -run Frames -update):\n%s\nwant\n%s", got, want)
					}
				})
			}
		}
	}
}

// uncoloured leaves the colours of the colour look in sight and takes the attributes of the others away.
func uncoloured(frame, look string) string {
	if look == "colour" {
		return frame
	}
	return ansi.Strip(frame)
}

func checkFrame(t testing.TB, frame string, w, h int, ascii bool) {
	t.Helper()
	lines := strings.Split(frame, "\n")
	if len(lines) != h {
		t.Errorf("%d lines in a window of %d", len(lines), h)
	}
	for i, line := range lines {
		if n := ansi.StringWidth(line); n != w {
			t.Errorf("line %d is %d cells wide in a window of %d: %q", i, n, w, ansi.Strip(line))
		}
		if !ascii {
			continue
		}
		for _, r := range ansi.Strip(line) {
			if r > 0x7e && !strings.ContainsRune("陈伟北京→·ç", r) {
				t.Errorf("line %d has %q: %s", i, r, ansi.Strip(line))
				break
			}
		}
	}
}
