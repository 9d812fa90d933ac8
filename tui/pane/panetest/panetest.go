// Package panetest drives panes in tests as tui/app does, without a terminal, and holds
// what they show against golden files.
package panetest

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/keys"
	"github.com/weir-sql/weir/tui/pane"
	"github.com/weir-sql/weir/tui/styles"
)

// Sizes are those at which screens are held against golden files.
var Sizes = [][2]int{{80, 24}, {120, 36}, {200, 60}}

// Looks are the looks at which they are.
var Looks = map[string]styles.Look{
	"colour": {Depth: styles.Sixteen},
	"mono":   {Depth: styles.Mono},
	"ascii":  {Depth: styles.Mono, ASCII: true},
}

// Env is what a pane is built from, over a project folder ("" = none).
func Env(t testing.TB, look styles.Look, dir string) *pane.Env {
	env := &pane.Env{Styles: styles.For(look), Keys: keys.Default()}
	env.Project = pane.NewProject(dir, func() (*session.Session, error) { return session.Open(session.Options{Dir: dir}) })
	t.Cleanup(func() {
		if err := env.Project.Close(); err != nil {
			t.Error(err)
		}
	})
	return env
}

// Driver presses keys of a pane and keeps what it tells others.
type Driver struct {
	testing.TB
	Pane pane.Pane
	Told []tea.Msg // messages that came of commands, in order
	// Deaf messages are not given back to the pane; nil = all are.
	Deaf func(tea.Msg) bool

	inbox chan tea.Msg // of commands that run aside
}

// Drive takes a pane.
func Drive(t testing.TB, p pane.Pane, width, height int) *Driver {
	p.SetSize(width, height)
	p.Focus()
	return &Driver{TB: t, Pane: p, inbox: make(chan tea.Msg, 1024)}
}

// Send gives the pane a message, and then all that comes of it.
func (d *Driver) Send(msg tea.Msg) *Driver {
	d.Helper()
	d.run(d.Pane.Update(msg), 0)
	return d
}

// Run carries out a command.
func (d *Driver) Run(cmd tea.Cmd) *Driver {
	d.Helper()
	d.run(cmd, 0)
	return d
}

// Aside carries out a command that may take long; Until gives the pane what comes of it.
func (d *Driver) Aside(cmd tea.Cmd) *Driver {
	if cmd == nil {
		return d
	}
	go func() {
		msg := cmd()
		if each := batch(msg); each != nil {
			for _, c := range each {
				d.Aside(c)
			}
		} else if msg != nil {
			d.inbox <- msg
		}
	}()
	return d
}

// AsideKey gives the pane a key whose command may take long.
func (d *Driver) AsideKey(name string) *Driver {
	d.Helper()
	taker, takes := d.Pane.(pane.Taker)
	if b, _ := keys.Find(d.Pane.Bindings(), name); b != nil && !(takes && taker.Takes(Key(name))) {
		if why := b.Why(); why != "" {
			d.Fatalf("%s: %s", b.Help, why)
		}
		return d.Aside(b.Run())
	}
	return d.Aside(d.Pane.Update(Key(name)))
}

// batch are the commands of tea.Batch or tea.Sequence, nil if a message is neither.
func batch(msg tea.Msg) (each []tea.Cmd) {
	v := reflect.ValueOf(msg)
	if msg == nil || v.Kind() != reflect.Slice || v.Type().Elem() != reflect.TypeOf(tea.Cmd(nil)) {
		return nil
	}
	each = []tea.Cmd{}
	for i := range v.Len() {
		c, _ := v.Index(i).Interface().(tea.Cmd)
		each = append(each, c)
	}
	return each
}

func (d *Driver) run(cmd tea.Cmd, depth int) {
	d.Helper()
	if cmd == nil {
		return
	}
	if depth > 10_000 {
		d.Fatal("commands without an end")
	}
	msg := cmd()
	if msg == nil {
		return
	}
	if each := batch(msg); each != nil {
		for _, c := range each {
			d.run(c, depth+1)
		}
		return
	}
	d.Told = append(d.Told, msg)
	if d.Deaf == nil || !d.Deaf(msg) {
		d.run(d.Pane.Update(msg), depth+1)
	}
}

// Press presses keys, each as a binding names it, or types "text:…".
func (d *Driver) Press(sequence ...string) *Driver {
	d.Helper()
	for _, k := range sequence {
		if text, ok := strings.CutPrefix(k, "text:"); ok {
			for _, r := range text {
				d.press(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}}, string(r))
			}
			continue
		}
		d.press(Key(k), k)
	}
	return d
}

func (d *Driver) press(msg tea.KeyMsg, name string) {
	d.Helper()
	if taker, ok := d.Pane.(pane.Taker); ok && taker.Takes(msg) {
		d.Send(msg)
		return
	}
	b, _ := keys.Find(d.Pane.Bindings(), name)
	if b == nil {
		d.Send(msg)
		return
	}
	if why := b.Why(); why != "" {
		d.Told = append(d.Told, pane.Toast{Level: pane.Info, Text: b.Help + ": " + why})
		return
	}
	d.run(b.Run(), 0)
}

// Key makes the message of a key.
func Key(name string) tea.KeyMsg {
	for t := tea.KeyType(-200); t < 200; t++ {
		if m := (tea.KeyMsg{Type: t}); t != tea.KeyRunes && m.String() == name && name != "" {
			return m
		}
	}
	if name == "space" {
		return tea.KeyMsg{Type: tea.KeySpace, Runes: []rune{' '}}
	}
	return tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune(name)}
}

// Text is what the pane shows, without styles.
func (d *Driver) Text() string { return ansi.Strip(d.Pane.View()) }

// Expect fails unless the pane shows each text.
func (d *Driver) Expect(texts ...string) *Driver {
	d.Helper()
	view := d.Text()
	for _, s := range texts {
		if !strings.Contains(view, s) {
			d.Fatalf("%q is not on the screen:\n%s", s, view)
		}
	}
	return d
}

// Reject fails if the pane shows one of the texts.
func (d *Driver) Reject(texts ...string) *Driver {
	d.Helper()
	view := d.Text()
	for _, s := range texts {
		if strings.Contains(view, s) {
			d.Fatalf("%q is on the screen:\n%s", s, view)
		}
	}
	return d
}

// Until ticks and gives the pane what comes of it until its screen holds a text.
func (d *Driver) Until(text string) *Driver {
	d.Helper()
	return d.until(text, true)
}

// UntilNot is Until for a text that goes away.
func (d *Driver) UntilNot(text string) *Driver {
	d.Helper()
	return d.until(text, false)
}

func (d *Driver) until(text string, there bool) *Driver {
	d.Helper()
	for deadline := time.Now().Add(time.Minute); strings.Contains(d.Text(), text) != there; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			d.Fatalf("%q does not come, or go:\n%s", text, d.Text())
		}
		for more := true; more; {
			select {
			case msg := <-d.inbox:
				d.Told = append(d.Told, msg)
				d.Aside(d.Pane.Update(msg))
			default:
				more = false
			}
		}
		d.Send(pane.Tick{Now: time.Now()})
	}
	return d
}

// Toast is the last toast, "" if there was none.
func (d *Driver) Toast() string {
	for i := len(d.Told) - 1; i >= 0; i-- {
		if t, ok := d.Told[i].(pane.Toast); ok {
			return t.Text
		}
	}
	return ""
}

// Golden holds what a pane shows at every size and look against testdata/golden/NAME-….
// UPDATE_GOLDEN=1 writes the files anew. make gives the pane, ready to be shown.
func Golden(t *testing.T, name string, make func(t testing.TB, look styles.Look, width, height int) pane.Pane) {
	t.Helper()
	Tour(t, []string{name}, func(t testing.TB, look styles.Look, w, h int) *Driver {
		return &Driver{TB: t, Pane: make(t, look, w, h)}
	}, func(*Driver, string) {})
}

// Tour is Golden for several screens of one pane: turn brings it from one to the next.
func Tour(t *testing.T, names []string, open func(t testing.TB, look styles.Look, width, height int) *Driver, turn func(d *Driver, to string)) {
	t.Helper()
	for look, l := range Looks {
		for _, size := range Sizes {
			t.Run(fmt.Sprintf("%dx%d-%s", size[0], size[1], look), func(t *testing.T) {
				d := open(t, l, size[0], size[1])
				for _, name := range names {
					turn(d, name)
					view := d.Pane.View()
					Check(t, view, size[0], size[1])
					if l.ASCII {
						CheckASCII(t, view)
					}
					CheckFile(t, filepath.Join("testdata", "golden", fmt.Sprintf("%s-%dx%d-%s.txt", name, size[0], size[1], look)), view)
				}
			})
		}
	}
}

// CheckFile holds a screen against a file, in which escape characters can be read.
func CheckFile(t testing.TB, file, view string) {
	t.Helper()
	got := strings.ReplaceAll(view, "\x1b", "␛") + "\n"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: UPDATE_GOLDEN=1 writes it", err)
	}
	if string(want) != got {
		t.Errorf("%s is another; got:\n%s", file, ansi.Strip(view))
	}
}

// Check fails unless a view is exactly as large as asked and holds no control byte but
// the styles'.
func Check(t testing.TB, view string, width, height int) {
	t.Helper()
	lines := strings.Split(view, "\n")
	if len(lines) != height {
		t.Errorf("%d lines, not %d", len(lines), height)
	}
	for i, l := range lines {
		if w := pane.Width(l); w != width {
			t.Errorf("line %d has %d cells, not %d: %q", i+1, w, width, l)
		}
	}
	CheckClean(t, view)
}

// CheckClean fails if a view holds what a terminal might obey, beside the styles.
func CheckClean(t testing.TB, view string) {
	t.Helper()
	rest := view
	for {
		i := strings.IndexByte(rest, 0x1b)
		if i < 0 {
			break
		}
		end := strings.IndexByte(rest[i:], 'm')
		if end < 0 || strings.Trim(rest[i+1:i+end], "[0123456789;") != "" || rest[i+1] != '[' {
			t.Fatalf("an escape sequence that is no style: %q", rest[i:min(len(rest), i+20)])
		}
		rest = rest[i+end+1:]
	}
	for _, r := range ansi.Strip(view) {
		if r < 0x20 && r != '\n' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200b || r == 0xfeff {
			t.Fatalf("%U is on the screen", r)
		}
	}
}

// CheckASCII fails if a view holds anything outside ASCII.
func CheckASCII(t testing.TB, view string) {
	t.Helper()
	for _, r := range view {
		if r >= 0x80 {
			t.Fatalf("%q is on an ASCII screen:\n%s", r, ansi.Strip(view))
		}
	}
}

// Hostile are texts that try to take over a terminal.
func Hostile() []string {
	return []string{"\x1b[2J\x1b[H", "\x1b]0;owned\x07", "\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "\x1b]52;c;b3duZWQ=\x07", "\x1bP+q544e\x1b\\",
		"\u009b31m", "\u009d0;x\u009c", "a\u202eb\u2066c", "z\u200bw\ufeffy", "\a\b\f\v\r", "\x00\x01\x7f", "\xff\xfe", "n\nl", "\x1b[6n", "\x1b_x\x1b\\"}
}
