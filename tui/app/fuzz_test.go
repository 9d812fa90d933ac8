package app

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	tea "github.com/charmbracelet/bubbletea"
	"go.uber.org/goleak"

	"github.com/weir-sql/weir/tui/styles"
)

// Random keys, mouse and sizes: nothing panics, every frame is as large as its window, and
// nothing goes on after the end.
func TestRandomKeys(t *testing.T) {
	n := 10_000
	if testing.Short() {
		n = 1500
	}
	for _, set := range []string{"default", "vim", "emacs"} {
		t.Run(set, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			o := options(t, project(t, shop))
			o.Settings.Keys = set
			o.Look = styles.Look{Depth: styles.Many}
			o.Env = func(k string) string { return map[string]string{"VISUAL": "true", "HOME": "/"}[k] }
			o.Settings.File = t.TempDir() + "/config.yaml"
			d := begin(t, o, 100, 30)
			hammer(d, n/3)
			if err := d.m.Close(); err != nil {
				t.Error(err)
			}
			goleak.VerifyNone(t, before)
		})
	}
}

func hammer(d *driver, n int) {
	rnd := rand.New(rand.NewPCG(1, 2))
	var keysOf []string
	for k := range named {
		if k != "ctrl+e" && k != "alt+ctrl+e" { // $EDITOR takes the terminal, which is not here
			keysOf = append(keysOf, k)
		}
	}
	slices.Sort(keysOf)
	w, h := 100, 30
	for i := range n {
		switch k := rnd.IntN(20); {
		case k < 9:
			r := []rune("abcSELECT FROM,.;()'\"`/*-+:?!123 \n中é👍")
			d.send(keyOf(string(r[rnd.IntN(len(r))])))
		case k < 15:
			d.send(keyOf(keysOf[rnd.IntN(len(keysOf))]))
		case k < 16:
			d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("x\ry\x1b[31m\u202e"), Paste: true})
		case k < 17:
			w, h = 1+rnd.IntN(220), 1+rnd.IntN(70)
			d.send(tea.WindowSizeMsg{Width: w, Height: h})
		case k < 19:
			d.send(tea.MouseMsg{X: rnd.IntN(w + 2), Y: rnd.IntN(h + 2), Button: tea.MouseButton(rnd.IntN(8)), Action: tea.MouseAction(rnd.IntN(3))})
		default:
			d.send(keyOf("alt+" + string(rune('a'+rnd.IntN(26)))))
		}
		d.m.closing = false
		frame := d.m.View()
		if lines := strings.Count(frame, "\n") + 1; lines != h {
			d.t.Fatalf("key %d: %d lines in a window of %dx%d:\n%s", i, lines, w, h, frame)
		}
		if i%50 == 0 {
			checkFrame(d.t, frame, w, h, false)
			d.settle()
		}
	}
	d.settle()
}

// A storm of sizes leaves the screen as if it had had the last one from the beginning.
func TestResizeStorm(t *testing.T) {
	o := options(t, project(t, shop))
	d, calm := begin(t, o, 120, 36), begin(t, o, 120, 36)
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		d.send(tea.WindowSizeMsg{Width: 1 + rnd.IntN(250), Height: 1 + rnd.IntN(80)})
		d.m.View()
	}
	d.send(tea.WindowSizeMsg{Width: 120, Height: 36})
	if got, want := d.settle().screen(), calm.screen(); got != want {
		t.Errorf("the screen is\n%s\nwant\n%s", got, want)
	}
}

// hostile are texts that terminals obey, if they get them.
func hostile(n int) []string {
	rnd := rand.New(rand.NewPCG(5, 6))
	seeds := []string{"\x1b[31m", "\x1b[2J", "\x1b]0;title\a", "\x1b]8;;http://x\x1b\\", "\x1b]52;c;aGk=\a", "\x1bP+q544e\x1b\\", "\x9b31m", "\x9d0;x\x9c", "\u009b2J", "\u202e", "\u2066", "\u200b", "\ufeff", "\a",
		"\b\b\b", "\r", "\x7f", "\x00", "\x1b[?1049l", "\x1b[6n", "\x1bc", "\x0e", "\u061c", "\xff\xfe", "\U000e0041", "\x1b[?2004l", "\x1b_x\x1b\\", "\x1b^x\x1b\\", "\x1b[>q"}
	out := make([]string, n)
	for i := range out {
		s := ""
		for range 1 + rnd.IntN(4) {
			s += seeds[rnd.IntN(len(seeds))]
			if rnd.IntN(2) == 0 {
				s += string(rune('a' + rnd.IntN(26)))
			}
		}
		out[i] = s
	}
	return out
}

// obeys gives the first thing in a frame that a terminal would obey and that is not one of our
// own marks, "" if there is none: the parser knows CSI … m alone, and text.
func obeys(frame string) string {
	for i := 0; i < len(frame); {
		switch c := frame[i]; {
		case c == 0x1b:
			end := strings.IndexByte(frame[i:], 'm')
			if end < 2 || frame[i+1] != '[' || strings.Trim(frame[i+2:i+end], "0123456789;") != "" {
				return fmt.Sprintf("%q", frame[i:min(len(frame), i+12)])
			}
			i += end + 1
			continue
		case c < 0x20 && c != '\n', c == 0x7f:
			return fmt.Sprintf("%q", c)
		}
		r, n := utf8.DecodeRuneInString(frame[i:])
		if r == utf8.RuneError && n == 1 || r >= 0x80 && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r >= 0x200b && r <= 0x200f || r == 0xfeff || r == 0x61c {
			return fmt.Sprintf("%U", r)
		}
		i += n
	}
	return ""
}

// Whatever stands in scripts, names, files, messages, filters or settings, no byte of it
// reaches the terminal that the terminal would obey.
func TestHostileTexts(t *testing.T) {
	n := 5000
	if testing.Short() {
		n = 500
	}
	all := hostile(n)
	name := "x\x1b[31m\u202ey"
	files := map[string]string{"weir.yaml": "name: x\n", "sql/" + name + ".sql": "SELECT 1", "fixtures/" + name + "/a.jsonl": "{}\n"}
	o := options(t, project(t, files))
	o.Look = styles.Look{Depth: styles.Many}
	d := begin(t, o, 120, 36)
	check := func(where, payload string) {
		t.Helper()
		if what := obeys(d.m.View()); what != "" {
			t.Fatalf("%s: %q gets %s to the terminal", where, payload, what)
		}
	}
	check("names of files", name)
	for _, k := range []string{"ctrl+p", "ctrl+o", "alt+i", "alt+o", "alt+y", "alt+h", "alt+l", "alt+g", "f1"} {
		d.press(k)
		check("overlay "+k, name)
		d.press("esc", "esc")
	}
	d.press("alt+n")
	for i, p := range all {
		switch i % 7 {
		case 0: // in the text, as a string, a name, a comment
			d.m.work.editor.Doc().SetText("SELECT '" + p + "' AS `" + p + "` -- " + p + "\nFROM " + p)
			d.send(struct{}{})
			if i%35 == 0 {
				d.settle() // with the problems and the plan that come of it
			}
		case 1:
			d.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(p), Paste: true})
		case 2:
			d.send(toastOf(p))
		case 3:
			d.press("ctrl+p").send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(p), Paste: true})
			check("filter", p)
			d.press("esc", "esc")
		case 4:
			d.press("ctrl+f").send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(p), Paste: true})
			check("search", p)
			d.press("esc")
		case 5:
			d.send(busyOf(p))
			d.m.o.Now = func() time.Time { return time.Date(2026, 11, 20, 11, 0, 0, 0, time.UTC) }
			check("progress", p)
			d.m.o.Now = o.Now
			d.send(doneOf(p))
		case 6:
			d.m.history.entries = append(d.m.history.all()[:0], entry{Script: p, Summary: p, Shown: p, Mode: p})
			d.press("alt+h")
			check("history", p)
			d.press("esc")
		}
		check("screen", p)
	}
}
