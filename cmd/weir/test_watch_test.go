package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weir-sql/weir/session/term"
)

// screen is a file to which a command prints.
type screen struct{ *os.File }

// after waits until something was printed behind the first n bytes, and gives where it ends.
func (s screen) after(t *testing.T, n int, want string) int {
	t.Helper()
	deadline := time.Now().Add(time.Minute) // of a machine that does much else
	for {
		text, err := os.ReadFile(s.Name())
		if err != nil {
			t.Fatal(err)
		}
		if i := strings.Index(string(text[n:]), want); i >= 0 {
			return n + i + len(want)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%q did not come; printed is\n%s", want, text[n:])
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestWatch: tests run at once, and again after a change of the script, of a row, of what is
// expected, and of a file that is not readable for a while; what is no input starts nothing.
func TestWatch(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		// As editors do: a new file takes the place of the old one.
		if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	write("weir.yaml", "name: watched\ntables: {both: [tables.sql]}\n")
	write("tables.sql", "CREATE TABLE clicks (page STRING) WITH ('connector' = 'datagen');\n")
	write("jobs/hits.sql", "SELECT page, COUNT(*) AS n FROM clicks GROUP BY page;\n")
	write("fixtures/two/clicks.csv", "page\nhome\nhome\n")
	write("fixtures/two/test.yaml", "script: jobs/hits.sql\nexpect:\n  select-1:\n    final: [{page: home, n: 2}]\n")

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	file, err := os.Create(filepath.Join(t.TempDir(), "screen"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s, out := screen{file}, term.NewWriter(file)
	a := &app{in: strings.NewReader(""), out: out, err: out, dir: dir}
	ended := make(chan error, 1)
	go func() { ended <- a.watchTests(ctx, nil, testOptions{}) }()

	const waits = "watching for changes"
	at := s.after(t, s.after(t, 0, "2 passed, 0 failed"), waits)
	write("fixtures/two/clicks.csv", "page\nhome\nhome\nhome\n")
	at = s.after(t, s.after(t, at, "0 passed, 2 failed"), waits)
	write("jobs/hits.sql", "SELECT page, COUNT(*) - 1 AS n FROM clicks GROUP BY page;\n")
	at = s.after(t, s.after(t, at, "2 passed, 0 failed"), waits)
	write("fixtures/two/test.yaml", "script: jobs/hits.sql\nexpect: [\n")
	at = s.after(t, s.after(t, at, "fixtures/two/test.yaml:"), waits)
	write("notes.txt", "nothing that a test reads")
	write("fixtures/two/test.yaml", "script: jobs/hits.sql\nexpect:\n  select-1:\n    final: [{page: home, n: 2}]\n")
	at = s.after(t, s.after(t, at, "2 passed, 0 failed"), waits)
	cancel()
	var code exitError
	select {
	case err := <-ended:
		if !errors.As(err, &code) || code.code != exitInterrupted {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it goes on after ctrl+c")
	}
	text, err := os.ReadFile(file.Name())
	if err != nil || strings.Contains(string(text[at:]), "passed") {
		t.Errorf("a run that nothing asked for: %v\n%s", err, text[at:])
	}
}
