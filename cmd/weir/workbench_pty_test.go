//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is a pseudo-terminal with the workbench in it, and all that it wrote.
type terminal struct {
	t    testing.TB
	pty  *os.File
	cmd  *exec.Cmd
	mu   sync.Mutex
	out  []byte
	last time.Time // when it wrote last
	news chan struct{}
	over chan struct{} // closed when all was read
}

// openTerminal runs weir in a terminal of a size.
func openTerminal(t testing.TB, dir string, w, h int, args ...string) *terminal {
	t.Helper()
	pty, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(pty.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: uint16(h), Col: uint16(w)}); err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Args = append([]string{"weir"}, args...)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, tty, tty, tty
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "LANG=C.UTF-8", "HOME="+dir, "XDG_CONFIG_HOME=", "NO_COLOR=")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, pty: pty, cmd: cmd, news: make(chan struct{}, 1), over: make(chan struct{})}
	t.Cleanup(term.kill)
	go term.read()
	return term
}

// read takes what the program writes, and answers as a terminal would where it asks.
func (x *terminal) read() {
	defer close(x.over)
	buf := make([]byte, 64<<10)
	for {
		n, err := x.pty.Read(buf)
		if err != nil {
			return
		}
		x.mu.Lock()
		x.out = append(x.out, buf[:n]...)
		x.last = time.Now()
		x.mu.Unlock()
		select {
		case x.news <- struct{}{}:
		default:
		}
		if bytes.Contains(buf[:n], []byte("\x1b[6n")) {
			_, _ = x.pty.WriteString("\x1b[1;1R")
		}
	}
}

func (x *terminal) kill() {
	if x.cmd.Process != nil && x.cmd.ProcessState == nil {
		_ = x.cmd.Process.Kill()
		_ = x.cmd.Wait()
	}
	x.pty.Close()
}

// written is all that the program wrote from a byte on.
func (x *terminal) written(from int) []byte {
	x.mu.Lock()
	defer x.mu.Unlock()
	return slices.Clone(x.out[from:])
}

// await waits until a text was written.
func (x *terminal) await(from int, text string) {
	x.t.Helper()
	for over := time.Now().Add(time.Minute); !bytes.Contains(x.written(from), []byte(text)); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(over) {
			x.t.Fatalf("%q was not written:\n%q", text, x.written(from))
		}
	}
}

func (x *terminal) typed(s string) {
	if _, err := x.pty.WriteString(s); err != nil {
		x.t.Fatal(err)
	}
}

// workbenchProject is a small project to edit.
func workbenchProject(t testing.TB) string {
	dir := t.TempDir()
	for name, text := range map[string]string{"weir.yaml": "name: edited\n", "job.sql": "SELECT 1 AS first_column;\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// keptDraft is the text that the newest draft holds.
func keptDraft(t testing.TB, dir string) string {
	files, err := filepath.Glob(filepath.Join(dir, ".weir", "workbench", "drafts", "*.json"))
	if err != nil || len(files) == 0 {
		return ""
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var d struct{ Text string }
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatalf("a draft is not whole: %v\n%s", err, raw)
	}
	return d.Text
}

var kills = flag.Int("kills", 4, "how often the workbench is killed")

// The workbench is killed (-9) at random moments while one types: what was typed more than
// two seconds before is there again (a slow machine is given more), the screen comes back as it was, and the
// file itself was never touched.
func TestKilledWorkbenchComesBack(t *testing.T) {
	times, allowed := *kills, 8*time.Second
	if testing.Short() {
		times = min(times, 2)
	}
	dir := workbenchProject(t)
	r := rand.New(rand.NewPCG(7, uint64(os.Getpid())))
	worst := time.Duration(0)
	for i := range times {
		x := openTerminal(t, dir, 100, 30, "job.sql")
		x.await(0, "F5")
		if i == 0 { // a layout that is not the one it begins with
			x.await(0, " Catalog ")
			x.typed("\x1b[20~")
			awaitLayout(t, dir)
		} else {
			x.await(0, "not saved")
			if bytes.Contains(x.written(0), []byte(" Catalog ")) { // the part, not its name where there is room for one
				t.Fatalf("restart %d has another layout:\n%q", i, x.written(0))
			}
		}
		type mark struct {
			at   time.Time
			word string
		}
		var marks []mark
		x.typed("\x1b[H") // to the line's start: each word stands alone
		for end := time.Now().Add(time.Duration(1200+r.IntN(2500)) * time.Millisecond); time.Now().Before(end); {
			word := fmt.Sprintf("w%d_%d", i, len(marks))
			x.typed(" " + word + " ")
			marks = append(marks, mark{time.Now(), word})
			time.Sleep(time.Duration(5+r.IntN(40)) * time.Millisecond)
		}
		killed := time.Now()
		_ = x.cmd.Process.Signal(syscall.SIGKILL)
		_ = x.cmd.Wait()
		x.pty.Close()
		kept := keptDraft(t, dir)
		for _, m := range marks {
			if !strings.Contains(kept, m.word) {
				if lost := killed.Sub(m.at); lost > worst {
					worst = lost
				}
				break
			}
		}
		if text, err := os.ReadFile(filepath.Join(dir, "job.sql")); err != nil || string(text) != "SELECT 1 AS first_column;\n" {
			t.Fatalf("the file was changed: %v %q", err, text)
		}
	}
	t.Logf("%d kills: at most %v of typing lost", times, worst.Round(time.Millisecond))
	if worst > allowed {
		t.Errorf("%v of typing was lost", worst)
	}
	x := openTerminal(t, dir, 100, 30)
	x.await(0, "job.sql ")
	x.await(0, "not saved")
	x.typed("\x11") // ctrl+q
	if err := x.cmd.Wait(); err != nil {
		t.Errorf("it ends with %v", err)
	}
}

// awaitLayout waits until it is kept that the catalog was put away.
func awaitLayout(t *testing.T, dir string) {
	t.Helper()
	for over := time.Now().Add(time.Minute); time.Now().Before(over); time.Sleep(10 * time.Millisecond) {
		if raw, err := os.ReadFile(filepath.Join(dir, ".weir", "workbench", "state.json")); err == nil && bytes.Contains(raw, []byte(`"hidden":true`)) {
			return
		}
	}
	t.Fatal("the layout is not kept")
}

// Leaving gives the terminal back as it was: the other screen, the cursor, the mouse.
func TestLeavingGivesTheTerminalBack(t *testing.T) {
	x := openTerminal(t, workbenchProject(t), 80, 24, "job.sql")
	x.await(0, "F5")
	x.typed("\x03")
	x.await(0, "again quits")
	x.typed("\x03")
	if err := x.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, seq := range []string{"\x1b[?1049l", "\x1b[?25h", "\x1b[?1002l", "\x1b[?2004l"} {
		x.await(0, seq)
	}
}

// $EDITOR opens at the cursor's line and its text comes back; if it fails the text stays.
func TestOwnEditor(t *testing.T) {
	dir := workbenchProject(t)
	script := filepath.Join(dir, "vim") // a name that takes +LINE
	write := func(body string) {
		if err := os.WriteFile(script, []byte("#!/bin/sh\n"+body), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("VISUAL", script)
	write(`echo "$1" > "` + dir + `/line"; echo "SELECT 2 AS other;" > "$2"`)
	x := openTerminal(t, dir, 80, 24, "job.sql")
	x.await(0, "F5")
	x.typed("\x05")
	x.await(0, "taken from the editor")
	if line, err := os.ReadFile(filepath.Join(dir, "line")); err != nil || string(line) != "+1\n" {
		t.Errorf("opened at %q, %v", line, err)
	}
	write(`echo broken > "$2"; exit 3`)
	from := len(x.written(0))
	x.typed("\x05")
	x.await(from, "the text is as it was")
	x.typed("\x13") // ctrl+s
	x.await(from, "saved job.sql")
	if text, _ := os.ReadFile(filepath.Join(dir, "job.sql")); string(text) != "SELECT 2 AS other;\n" {
		t.Errorf("%q", text)
	}
}
