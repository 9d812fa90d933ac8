package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/x/ansi"
)

// A script becomes two jobs: fields of each are set, a mistake is told before anything is
// written, the files are looked at, and written when that is said.
func TestPublishAScript(t *testing.T) {
	dir := project(t, shop)
	d := begin(t, options(t, dir), 130, 40)
	d.at(1, 1).press("space").press("alt+v").expect("not saved: ctrl+s").expectNot("Publish sql/spend.sql")
	d.press("backspace").press("alt+v").expect("Publish sql/spend.sql", "stream reads orders, users, writes spend", "jobs/spend.stream.yaml", "2 files to write")

	d.press("enter").expect("stream parallelism").text("4").press("enter").expect("4 *")                      // of the stream
	d.press("right", "down").press("enter").expect("batch memory").text("4gb").press("enter").expect("4gb *") // of the batch
	for range 20 {
		d.press("down")
	}
	d.press("up").press("enter").expect("batch schedule").text("0 2 * *").press("enter")
	d.expect("✗ batch:").press("s").expect("batch job has errors")
	d.press("enter").text(" *").press("enter").expect("0 2 * * * *", "spend.cron", "spend.airflow.py")
	d.press("left").press("enter").expect("a stream runs all the time")
	d.press("+").text("variables.city=Berlin").press("enter").expect("variables.city", "Berlin *")
	d.press("+").text("variables.secret_token=x").press("enter").expect("looks like a secret").expectNot("token  ")

	d.press("tab", "down").expect("spend as a batch").press("pgdown", "pgdown", "pgdown").expect("schedule: \"0 2")
	d.press("ctrl+s").expect("write 5 files?", "enter writes").press("esc").expectNot("write 5 files?")
	if _, err := os.Stat(filepath.Join(dir, "jobs")); err == nil {
		t.Fatal("something was written without a word")
	}
	d.press("s", "enter").expect("wrote jobs/spend.stream.yaml", "nothing is new", "unchanged")
	for file, want := range map[string]string{"spend.stream.yaml": "parallelism: 4", "spend.batch.yaml": `memory: "4gb"`, "spend.cron": "0 2 * * *"} {
		if text, err := os.ReadFile(filepath.Join(dir, "jobs", file)); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s: %v\n%s", file, err, text)
		}
	}
	d.press("esc").expectNot("Publish sql/spend.sql")

	// What was published is the base of the next time.
	again := begin(t, options(t, dir), 130, 40)
	again.press("ctrl+p").text("publish").press("enter").expect("nothing is new", "4gb", "0 2 * * *").expectNot("4gb *")
	again.press("o").expect("only the stream").press("x").expect("the project's *", "parallelism: 4 → 0", "changed")
	again.press("s", "y").expect("wrote jobs/spend.stream.yaml")
	again.press("q").expectNot("Publish sql/spend.sql")
}

// In whatever window, the dialog fits; what a job file holds cannot control the terminal.
func TestPublishInAnyWindow(t *testing.T) {
	dir := project(t, shop)
	if err := os.MkdirAll(filepath.Join(dir, "jobs"), 0o755); err != nil {
		t.Fatal(err)
	}
	hostile := "job: 1\nname: spend\nscript: sql/spend.sql\nmode: stream\nvariables: {\"a\\u001b]0;title\\u0007\": \"\\u001b[31mred\\u009b2J\"}\n"
	if err := os.WriteFile(filepath.Join(dir, "jobs", "spend.stream.yaml"), []byte(hostile), 0o600); err != nil {
		t.Fatal(err)
	}
	d := begin(t, options(t, dir), 130, 40)
	d.press("alt+v").expect("red", "title").press("down", "down", "down", "down", "up")
	for _, keys := range [][]string{{}, {"enter"}, {"esc", "tab"}, {"pgdown", "+"}} {
		d.press(keys...)
		for _, size := range [][2]int{{40, 10}, {41, 11}, {60, 14}, {80, 24}, {107, 30}, {112, 12}, {115, 50}, {250, 80}} {
			d.send(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			d.settle()
			frame := d.m.View()
			checkFrame(t, frame, size[0], size[1], false)
			if strings.ContainsAny(ansi.Strip(frame), "\x1b\a\u009b") || strings.Contains(frame, "\x1b[31m") || strings.Contains(frame, "\x1b]") {
				t.Errorf("%v: a job file controls the terminal: %q", size, frame)
			}
		}
	}
}
