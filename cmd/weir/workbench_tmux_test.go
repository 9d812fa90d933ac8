//go:build tmux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A journey in a terminal that people use (tmux, by send-keys and capture-pane): write, fix an error
// by its hint, run over a fixture, see the rows, compare the modes' plans, leave. `make test-tmux` runs it.
func TestJourneyInTmux(t *testing.T) {
	dir := t.TempDir()
	bin := filepath.Join(dir, "weir")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	socket := filepath.Join(dir, "tmux")
	tmux := func(args ...string) string {
		t.Helper()
		out, err := exec.Command("tmux", append([]string{"-S", socket}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("tmux %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	expect := func(text string) {
		t.Helper()
		screen := ""
		for over := time.Now().Add(time.Minute); time.Now().Before(over); time.Sleep(50 * time.Millisecond) {
			if screen = tmux("capture-pane", "-p"); strings.Contains(screen, text) {
				return
			}
		}
		t.Fatalf("%q is not on the screen:\n%s", text, screen)
	}
	demo := filepath.Join(dir, "shop")
	tmux("new-session", "-d", "-x", "120", "-y", "36", "env TERM=xterm-256color LANG=C.UTF-8 HOME="+dir+" "+bin+" demo --tui "+demo)
	defer func() { _ = exec.Command("tmux", "-S", socket, "kill-server").Run() }()
	expect("INSERT INTO city_spend")
	expect("12 operators")
	tmux("send-keys", "C-f")
	tmux("send-keys", "-l", "o.amount")
	expect("1 match")
	tmux("send-keys", "Enter", "BSpace")
	tmux("send-keys", "-l", "o.amont")
	tmux("send-keys", "Escape") // the offers
	expect("alt+enter amont")
	tmux("send-keys", "M-Enter")
	expect("fixed: amont")
	expect("no problems")
	tmux("send-keys", "M-i")
	tmux("send-keys", "-l", "late_events")
	expect("1 of")
	tmux("send-keys", "Enter")
	expect("STREAM on late_events")
	tmux("send-keys", "F5")
	expect("[3 Debug]")
	expect("1 late row dropped")
	tmux("send-keys", "2")
	expect("StreamGraph")
	tmux("send-keys", "1")
	expect("[1 Edit]")
	tmux("send-keys", "C-s")
	expect("saved sql/spend.sql")
	tmux("send-keys", "C-q")
	for over := time.Now().Add(30 * time.Second); exec.Command("tmux", "-S", socket, "has-session").Run() == nil; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(over) {
			t.Fatal("it does not end")
		}
	}
	if text, err := os.ReadFile(filepath.Join(demo, "sql", "spend.sql")); err != nil || !strings.Contains(string(text), "o.amount") {
		t.Fatalf("%v\n%s", err, text)
	}
}
