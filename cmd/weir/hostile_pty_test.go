//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

var hostileRows = flag.Int("hostile-rows", 500, "rows of hostile payloads, eight in each")

// attacks are what payloads are made of. Where a terminal's sequence is one that weir writes too, its numbers are none of weir's.
var attacks = []string{
	"\x1b[931m", "\x1b[8m", "\x1b[977;978H", "\x1b[3J", "\x1b[J", "\x1b[1K", "\x1b[95A", "\x1b[6n", "\x1b[c", "\x1b[>q", "\x1b[?1000h", "\x1b[?2004l", "\x1b[!p", "\x1b[18t", // CSI
	"\x1b]0;owned\a", "\x1b]2;owned\x1b\\", "\x1b]8;;http:x\x1b\\link\x1b]8;;\x1b\\", "\x1b]52;c;b3duZWQ=\a", "\x1b]11;#fff\x1b\\", "\x1b]9;x\a", // OSC
	"\x1bP+q544e\x1b\\", "\x1bPtmux;x\x1b\\", "\x1b_x\x1b\\", "\x1b^x\x1b\\", "\x1bXx\x1b\\", "\x1bc", "\x1b7", "\x1b(0", "\x1b#8", "\x1b", // DCS, APC, PM, SOS, ESC
	"\u009b2J", "\u009b931m", "\u009d0;x\u009c", "\u0090x\u009c", "\u0085", "\u008d", "\u009e", // C1
	"\u202e", "\u202d\u202c", "\u2066\u2069", "\u2067", "\u2068", "\u061c", "\u200e", "\u200f", // BiDi
	"\u200b", "\u200c", "\u200d", "\u2060", "\u2064", "\ufeff", "\u00ad", "\u180e", "\U000e0041", "\ufff9", "\u2028", "\u034f", "\u3164", // zero-width
	"\a", "\b\b", "\v", "\f", "\x0e", "\x0f", "\x05", "\x7f", "\x18", "\x01", // C0
}

// hostility gives payloads: a mark that one finds on a screen, and behind it what must not get there.
type hostility struct {
	n    int
	rnd  *rand.Rand
	seen map[string]map[string]bool // surface → the marks whose payload was shown, made harmless
}

// shown is a payload on the screen: its first attack is there as an escape that can be read, or as U+FFFD.
var shown = regexp.MustCompile(`hp(\d{5})x[\\^\x{fffd}]`)

// of gives a payload of the attacks that fit.
func (h *hostility) of(fits func(string) bool) string {
	h.n++
	s := fmt.Sprintf("hp%05dx", h.n)
	for range 1 + h.rnd.IntN(2) {
		a := attacks[h.rnd.IntN(len(attacks))]
		for !fits(a) {
			a = attacks[h.rnd.IntN(len(attacks))]
		}
		s += a
	}
	return s
}

func (h *hostility) text() string { return h.of(func(string) bool { return true }) }

// ref is one that git takes for a branch: nothing of ASCII's control characters.
func (h *hostility) ref() string {
	return h.of(func(a string) bool { return a[0] >= 0x80 && a != "\x7f" })
}

// note counts the payloads that a line of a surface shows.
func (h *hostility) note(surface, line string) {
	for _, m := range shown.FindAllStringSubmatch(line, -1) {
		if h.seen[surface] == nil {
			h.seen[surface] = map[string]bool{}
		}
		h.seen[surface][m[1]] = true
	}
}

// quoted is a text for YAML.
func quoted(s string) string {
	b := strings.Builder{}
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r >= 0x20 && r < 0x7f:
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return `"` + b.String() + `"`
}

// hostileProject is a project with payloads wherever one can put a text.
type hostileProject struct {
	dir, script, broken, fixture, branch, table, key, savepoint string
}

func (h *hostility) project(t *testing.T, rows int) hostileProject {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	object := func(pairs ...any) string {
		m := map[string]any{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i].(string)] = pairs[i+1]
		}
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return string(text) + "\n"
	}
	p := hostileProject{dir: dir, table: h.text(), key: h.text(), branch: h.ref(), fixture: "f" + h.text(), savepoint: "s" + h.text()}
	p.script = "sql/" + h.text() + "/" + h.text() + ".sql"
	p.broken = "sql/" + h.text() + "\xff\x9b2J.sql"
	field, view := h.text(), h.text()

	write("weir.yaml", fmt.Sprintf("name: %s\nmode: batch\ntables: {both: [tables.sql]}\nvariables:\n  v: {type: STRING, default: %s, about: %s}\nworkbench:\n  bind:\n    edit.format: [ctrl+l, %s]\n",
		quoted(h.text()), quoted(h.text()), quoted(h.text()), quoted(h.text())))
	write("tables.sql", fmt.Sprintf("CREATE TABLE `%s` (`%s` STRING COMMENT '%s', s STRING, r ROW<`%s` STRING, g STRING>, m MAP<STRING, STRING>, a ARRAY<STRING>, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) COMMENT '%s'\n"+
		"WITH ('connector' = 'filesystem', 'path' = 'data', 'format' = 'json');\nCREATE VIEW `%s` AS SELECT * FROM `%s`;\n", p.table, p.key, h.text(), field, h.text(), view, p.table))
	var data strings.Builder
	for i := range rows {
		data.WriteString(object(p.key, h.text(), "s", h.text(), "r", map[string]string{field: h.text(), "g": h.text()},
			"m", map[string]string{h.text(): h.text()}, "a", []string{h.text(), h.text()}, "ts", fmt.Sprintf("2026-01-01 00:%02d:00", i%60)))
	}
	write("data/a.json", data.String())

	var script strings.Builder
	fmt.Fprintf(&script, "SELECT s, `%s` AS `%s`, a, m, r, '%s' AS `%s`, ${v} AS v\nFROM `%s` -- %s\nWHERE s <> '%s' AND `%s` <> '%s';\n",
		p.key, h.text(), h.text(), h.text(), view, h.text(), h.text(), p.key, h.text())
	before := script.String()
	for range max(10, rows/4) {
		fmt.Fprintf(&script, "-- %s /* %s */ %s\n", h.text(), h.text(), h.text())
	}
	write(p.script, before+"-- "+h.text()+"\n")
	write(p.broken, fmt.Sprintf("SELECT CAST(s AS INT) AS `%s` FROM `%s`;\n", h.text(), p.table))
	write("sql/wrong.sql", fmt.Sprintf("SELECT `%s` FROM `%s`;\nSELECT `%s` FROM `%s`;\nSELECT %s;\nSELECT '%s", h.text(), p.table, p.key, h.text(), h.text(), h.text()))

	few := strings.SplitAfter(data.String(), "\n")[:min(rows, 12)]
	write("fixtures/"+p.fixture+"/rows.jsonl", strings.Join(few, ""))
	write("fixtures/"+p.fixture+"/fixture.yaml", fmt.Sprintf("about: %s\ntables: {%s: rows.jsonl}\n", quoted(h.text()), quoted(p.table)))
	expected := "tests:\n"
	for range 6 {
		expected += fmt.Sprintf("  %s:\n    about: %s\n    script: %s\n    expect:\n      select-1:\n        columns: [s]\n        final: [{s: %s}]\n", quoted(h.text()), quoted(h.text()), quoted(p.script), quoted(h.text()))
	}
	write("fixtures/"+p.fixture+"/test.yaml", expected)
	write("fixtures/"+h.text()+"/test.yaml", quoted(h.text())+": "+quoted(h.text())+"\n") // one that is broken

	git := func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=" + h.ref(), "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"}, args...)...)
		cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	git("init", "-q", "-b", p.branch)
	git("add", "weir.yaml", "tables.sql", "sql")
	git("commit", "-q", "-m", h.text())
	write(p.script, script.String()+fmt.Sprintf("SELECT DISTINCT s AS `%s` FROM `%s`;\n", h.text(), p.table))

	var history strings.Builder
	for range 20 {
		history.WriteString(object("time", time.Unix(1_800_000_000, 0), "script", h.text(), "mode", h.text(), "fixture", h.text(), "summary", h.text(), "shown", h.text()))
	}
	write(".weir/workbench/history.jsonl", history.String())
	for i := range 8 {
		id := fmt.Sprintf("20260101-00000%d-aaaa", i)
		if i == 7 {
			id = "9" + h.text()
		}
		write(".weir/runs/"+id+"/run.json", object("id", id, "script", h.text(), "mode", "batch", "state", "failed", "error", h.text(), "from", h.text(), "snapshot", h.text(),
			"started", time.Unix(1_800_000_000, 0), "seen", time.Unix(1_800_000_009, 0)))
		log := ""
		for range 30 {
			log += "00:00:00 " + h.text() + " " + h.text() + "\x9b2J\n"
		}
		write(".weir/runs/"+id+"/log.txt", log)
	}
	return p
}

// commandLines are the commands whose output is looked at, by surface.
func (p hostileProject) commandLines(h *hostility) [][]string {
	fixture := "fixtures/" + p.fixture
	where := "s <> '" + h.text() + "'"
	return [][]string{
		{"run", p.script},
		{"run", p.script, "--mode", "stream", "--limit", "40"},
		{"run", p.script, "-o", "csv", "--output", "out"}, {"run", p.script, "-o", "md"}, {"run", p.script, "-o", "jsonl"},
		{"run", p.broken}, {"run", "sql/wrong.sql"}, {"run", h.text() + ".sql"}, {"run", "-e", "SELECT '" + h.text() + "' " + h.text()},
		{"run", p.script, "--var", h.text()}, {"run", p.script, "--set", h.text() + "=" + h.text()}, {"run", p.script, "--set", h.text()},
		{"run", p.script, "-q", "--mode", "stream", "--savepoint", p.savepoint}, {"savepoint", "show", p.savepoint}, {"savepoint", "show", h.text()},
		{"run", p.script, "--from", h.text()},
		{"plan", p.script}, {"plan", p.script, "--as", "dag"}, {"plan", p.script, "--as", "json"}, {"plan", p.script, "--against", p.branch}, {"plan", "sql/wrong.sql"},
		{"check", p.script, p.broken, "sql/wrong.sql"}, {"fmt", p.script},
		{"test"}, {"test", "-v", fixture}, {"test", h.text()},
		{"diff", p.branch}, {"diff", h.text()}, {"pr", p.branch},
		{"parity", p.script, "--fixture", fixture}, {"parity", p.script, "--fixture", h.text()},
		{"why", p.script, "--fixture", fixture, "--output", "select-1"}, {"why", p.script, "--fixture", fixture, "--output", "select-1", "--row", where}, {"why", p.script, "--fixture", fixture, "--output", "select-1", "--row", h.text()},
		{"lineage", p.script}, {"step", p.script, "--fixture", fixture, "--by", "row", "--to", "20"}, {"tap", p.script, "--limit", "20"}, {"doctor", p.script, "--fixture", fixture},
		{"fixture", "lint"}, {"fixture", "lint", h.text()}, {"config", "list"}, {"publish", p.script, "--dry-run"},
		{h.text()}, {"run", "--" + h.text()}, {"functions", h.text()}, {"connectors", h.text()},
	}
}

// surfaces are those that must have shown payloads.
var surfaces = []string{"Edit", "Topology", "Debug", "long cell", "Diff", "Jobs", "palette", "scripts", "fixtures", "catalog", "tests", "history", "messages", "settings", "publish", "help",
	"problems", "a pasted script", "--plain", "weir run", "weir plan", "weir check", "weir test", "weir diff", "weir parity", "weir why", "weir tap", "weir step", "weir lineage", "weir fmt"}

// attach has a parser read what a program writes.
func attach(h *hostility, x *terminal, w, height int, surface *string) (v *vt, look func()) {
	v = newVT(w, height, func(line string) { h.note(*surface, line) })
	from := 0
	return v, func() {
		out := x.written(from)
		from += len(out)
		v.write(out)
	}
}

// ended waits until the program has ended and all was read.
func (x *terminal) ended() error {
	late := time.AfterFunc(5*time.Minute, func() { _ = x.cmd.Process.Kill() })
	defer late.Stop()
	err := x.cmd.Wait()
	<-x.over
	return err
}

// Payloads stand wherever a text can come from; the program runs in a terminal, and all that it writes
// is read by a parser that knows the renderer's sequences alone: nothing else gets there.
func TestHostilePayloadsInATerminal(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Fatal("the test needs git")
	}
	rows := *hostileRows
	if testing.Short() {
		rows = min(rows, 40)
	}
	h := &hostility{rnd: rand.New(rand.NewPCG(8, 8)), seen: map[string]map[string]bool{}}
	p := h.project(t, rows)
	t.Run("commands", func(t *testing.T) { h.commands(t, p) })
	t.Run("workbench", func(t *testing.T) { h.workbench(t, p, rows) })
	t.Run("plain", func(t *testing.T) { h.plain(t, p) })
	total := 0
	for _, surface := range slices.Sorted(maps.Keys(h.seen)) {
		total += len(h.seen[surface])
		t.Logf("%5d %s", len(h.seen[surface]), surface)
	}
	t.Logf("%5d payloads were shown, of %d made", total, h.n)
	for _, surface := range surfaces {
		if len(h.seen[surface]) == 0 {
			t.Errorf("%s showed no payload: it was not reached", surface)
		}
	}
	if !testing.Short() && *hostileRows >= 500 && total < 5000 {
		t.Errorf("%d payloads are fewer than 5,000", total)
	}
}

// judge fails for what a parser found.
func judge(t *testing.T, surface string, v *vt) {
	t.Helper()
	for i, what := range v.bad {
		if i < 5 {
			t.Errorf("%s: %s", surface, what)
		}
	}
	v.bad = nil
}

// commands runs commands in terminals of their own.
func (h *hostility) commands(t *testing.T, p hostileProject) {
	for _, args := range p.commandLines(h) {
		surface := "weir " + args[0]
		if utf8.RuneCountInString(args[0]) > 12 {
			surface = "weir NONSENSE"
		}
		before := len(h.seen[surface])
		x := openTerminal(t, p.dir, 200, 60, args...)
		v, look := attach(h, x, 200, 60, &surface)
		err := x.ended()
		look()
		v.end()
		judge(t, fmt.Sprintf("weir %q", args), v)
		if len(v.screen) == 0 {
			t.Errorf("weir %q says nothing: %v", args, err)
		}
		if os.Getenv("HOSTILE_SHOW") != "" {
			t.Logf("%q %v: +%d\n%.600s", args, err, len(h.seen[surface])-before, x.written(0))
		}
		x.kill()
	}
}

// bench is the workbench in a terminal, and what one does there.
type bench struct {
	*terminal
	t       *testing.T
	v       *vt
	look    func()
	surface string
}

func (h *hostility) open(t *testing.T, p hostileProject, args ...string) *bench {
	b := &bench{t: t, surface: "start"}
	b.terminal = openTerminal(t, p.dir, 240, 60, args...)
	b.v, b.look = attach(h, b.terminal, 240, 60, &b.surface)
	return b
}

// until waits for something on the screen.
func (b *bench) until(what string, done func() bool) {
	b.t.Helper()
	for over := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if b.look(); done() {
			return
		}
		if time.Now().After(over) {
			b.t.Fatalf("%s: %s does not come:\n%s", b.surface, what, b.text())
		}
	}
}

func (b *bench) text() string {
	var text strings.Builder
	for i := range b.v.h + 1 {
		if line := strings.TrimRight(b.v.screen[i], " "); line != "" {
			text.WriteString(line + "\n")
		}
	}
	return text.String()
}

func (b *bench) see(pattern string) {
	b.t.Helper()
	re := regexp.MustCompile(pattern)
	b.until(pattern, func() bool { return b.v.shows(re) })
	b.show()
}

// insist presses a key until something is on the screen: what was open before may have to be shut first.
func (b *bench) insist(key, pattern string) {
	b.t.Helper()
	re := regexp.MustCompile(pattern)
	b.typed(key)
	again := time.Now().Add(10 * time.Second)
	b.until(pattern, func() bool {
		if !b.v.shows(re) && time.Now().After(again) {
			b.keys("\x1b", key)
			again = time.Now().Add(10 * time.Second)
		}
		return b.v.shows(re)
	})
	b.show()
}

// shut presses escape until something is no longer there: first it lets go of what was typed.
func (b *bench) shut(pattern string) {
	b.t.Helper()
	re := regexp.MustCompile(pattern)
	b.until("the end of "+pattern, func() bool {
		if !b.v.shows(re) {
			return true
		}
		b.keys("\x1b")
		return !b.v.shows(re)
	})
}

// settle waits until nothing more is painted. What it waits for is looked at and counted; nothing depends on it.
func (b *bench) settle() {
	for quiet, over := time.Now(), time.Now().Add(10*time.Second); time.Since(quiet) < 60*time.Millisecond && time.Now().Before(over); time.Sleep(5 * time.Millisecond) {
		b.look()
		b.mu.Lock()
		if b.last.After(quiet) {
			quiet = b.last
		}
		b.mu.Unlock()
	}
	b.look()
	b.show()
}

func (b *bench) show() {
	if os.Getenv("HOSTILE_SHOW") != "" {
		b.t.Logf("%s %q\n%s", b.surface, b.v.bad, b.text())
	}
}

// keys presses keys one after the other, and lets each be painted.
func (b *bench) keys(keys ...string) {
	for _, k := range keys {
		b.typed(k)
		if k == "\x1b" { // what comes close behind it would be a key with alt
			time.Sleep(100 * time.Millisecond)
		}
		b.settle()
	}
}

// leave ends the program.
func (b *bench) leave() {
	b.typed("\x11") // ctrl+q
	go func() {
		for {
			select {
			case <-b.over:
				return
			case <-time.After(10 * time.Second): // something was open that took it
				_, _ = b.pty.WriteString("\x1b\x1b\x11")
			}
		}
	}()
	if err := b.ended(); err != nil {
		b.t.Errorf("%s: it ends with %v", b.surface, err)
	}
	b.look()
	b.v.end()
	judge(b.t, b.surface, b.v)
}

const pageDown = "\x1b[6~"

// pasted is a text as a terminal hands it over when it is pasted.
func pasted(text string) string { return "\x1b[200~" + text + "\x1b[201~" }

// workbench goes through screens and overlays.
func (h *hostility) workbench(t *testing.T, p hostileProject, rows int) {
	b := h.open(t, p, p.script)
	at := func(surface string) {
		b.look()
		judge(t, b.surface, b.v)
		b.surface = surface
	}
	at("Edit")
	b.see(`SELECT s, .hp`)
	for range rows / 160 {
		b.keys(pageDown)
	}
	b.keys("\x1bp", "\x1b[C", "\x1bt", "\x1b[B", "\x1b[B", "\r", "\x1be") // plan, catalog, back
	for _, overlay := range []struct{ name, key, title string }{
		{"palette", "\x10", "Palette"}, {"scripts", "\x0f", "Scripts"}, {"fixtures", "\x1bi", "Fixtures"}, {"catalog", "\x1bo", "Catalog"}, {"tests", "\x1by", "Tests"},
		{"history", "\x1bh", "History"}, {"messages", "\x1bl", "Messages"}, {"settings", "\x1bg", "Settings"}, {"publish", "\x1bv", "Publish"}, {"help", "\x1bOP", "Help"},
	} {
		at(overlay.name)
		title := `│.*─ ` + overlay.title
		b.insist(overlay.key, title)
		b.settle()
		switch overlay.name {
		case "publish", "help":
		case "palette":
			b.keys(pasted("edit.format")) // whose key is a payload
			b.keys("\x15", pasted(h.text()))
		case "history", "tests", "catalog", "settings":
			for range 6 {
				b.keys(pageDown)
			}
			b.keys(pasted(h.text()))
		default:
			b.keys(pasted(h.text()))
		}
		b.shut(title)
	}
	at("Topology")
	b.insist("\x1b2", `\[2 Topology\]`)
	b.keys("n", "\r", "\x1b", "n", "T", "n", "T", "o", "\x1b", "i", pasted(h.text()), "\x1b", "d", pasted(h.text()), "\x1b")
	at("Debug")
	b.insist("\x1b3", `\[3 Debug\]`)
	b.insist("\x12", `[0-9] out`) // ctrl+r
	b.settle()
	for range rows / 50 {
		b.keys(pageDown)
	}
	at("long cell")
	b.keys("\r", "\x1b", "l", "l", "\r", "\x1b", "/", pasted(h.text()), "\x15", "\x1b")
	at("Debug")
	b.keys("]", "[", "v", "v", "a", "\r", "\x1b")
	at("Debug over a fixture")
	b.insist("\x1bi", `│.*─ Fixtures`)
	b.keys(pasted(p.fixture[:7]), "\r")
	b.typed("\x12")
	b.settle()
	b.keys("y", "\x1b", "Y", pasted(h.text()), "\r", "\x1b", "p", "\x1b", "T", "\x1b", "w", "n", "n", "\x1b")
	at("Diff")
	b.insist("\x1b4", `\[4 Diff\]`)
	b.keys("r", "\t", "\t", "\t", "\t", "d", pasted(p.branch), "\r", "d", "\x15", pasted(h.ref()), "\r")
	at("Jobs")
	b.insist("\x1b5", `\[5 Jobs\]`)
	for range 8 {
		b.keys("j", "v", "v", "v", "K")
	}
	at("messages")
	b.keys("\x1bl")
	b.keys("\x1b")
	at("a pasted script")
	b.insist("\x1b1", `\[1 Edit\]`)
	b.typed("\x1bn")
	b.settle()
	for range 20 {
		b.typed(pasted("SELECT '" + h.text() + "' AS `" + h.text() + "`; -- " + h.text() + "\n"))
	}
	b.settle()
	b.leave()
	for _, script := range []string{p.broken, "sql/wrong.sql"} {
		b = h.open(t, p, script)
		b.surface = "problems"
		b.see(`\[1 Edit\]`)
		b.keys("\x1b[15~", "\x1bl", "\x1b", "\x1b1", "\x1bm", "\x1b[B", "\x1b[B")
		b.v.copies = 1
		b.keys("y", "\x1bl", "\x1b")
		b.leave()
	}
}

// plain goes through the workbench of lines.
func (h *hostility) plain(t *testing.T, p hostileProject) {
	b := h.open(t, p, "--plain", p.script)
	b.surface = "--plain"
	modes, err := unix.IoctlGetTermios(int(b.pty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	modes.Lflag &^= unix.ECHO | unix.ICANON | unix.ISIG // what the terminal itself would echo is not weir's
	modes.Iflag &^= unix.ICRNL | unix.IXON
	if err := unix.IoctlSetTermios(int(b.pty.Fd()), unix.TCSETS, modes); err != nil {
		t.Fatal(err)
	}
	prompt := []byte("weir> ")
	b.await(0, "weir> ")
	asked := 1
	say := func(line string) {
		b.typed(line + "\n")
		asked++
		b.until("the prompt after "+line, func() bool { return bytes.Count(b.written(0), prompt) >= asked })
	}
	for _, line := range []string{"show", "show topology", "show diff", "show jobs", "show debug", "edit.run.script", "show debug", "app.history", "app.files", "app.fixtures", "app.tests",
		"app.messages", "app.settings", "app.catalog", "app.palette", "app.help", "help format", "line 1", "line 2", "line 5", "show " + h.text(), "help " + h.text(), h.text(),
		"line 6 -- " + h.text() + " " + h.text(), "line 7 SELECT '" + h.text() + "' " + h.text(), "line 7", "show", "app.messages"} {
		say(line)
	}
	b.typed("quit\n")
	if err := b.ended(); err != nil {
		t.Errorf("it ends with %v", err)
	}
	b.look()
	b.v.end()
	judge(t, b.surface, b.v)
}
