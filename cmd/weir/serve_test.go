package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/weir-sql/weir/session/term"
)

// TestSupervise replaces a worker that dies, or does not answer, and goes on.
func TestSupervise(t *testing.T) {
	out, err := os.Create(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	// A worker that dies of some requests, hangs at others and echoes the rest.
	const script = `while read line; do case "$line" in *die*) echo "fatal: it died" >&2; exit 2;; *hang*) sleep 60;; *) echo "$line";; esac; done`
	requests := []string{`{"id":1}`, `{"id":2,"query":"die"}`, `{"id":3}`, `{"id":4,"query":"hang","limit_ms":1}`, `{"id":5}`}
	a := &app{in: strings.NewReader(strings.Join(requests, "\n")), out: term.NewWriter(out)}
	began := time.Now()
	if err := a.supervise(context.Background(), func() (*exec.Cmd, error) { return exec.Command("bash", "-c", script), nil }); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != len(requests) {
		t.Fatalf("%d answers: %s", len(lines), text)
	}
	for i, want := range []string{"", "the query ended its worker: fatal: it died", "", "timeout: limit_ms 1 exceeded", ""} {
		var got struct {
			ID    int
			Error string
		}
		if err := json.Unmarshal([]byte(lines[i]), &got); err != nil || got.ID != i+1 || got.Error != want {
			t.Errorf("answer %d: %s (%v)", i+1, lines[i], err)
		}
	}
}

// TestReadLine passes over lines that are too long and reads a last one without its end.
func TestReadLine(t *testing.T) {
	in := bufio.NewReaderSize(strings.NewReader("a\r\n\n"+strings.Repeat("x", 64)+"\nb"), 16)
	var got []string
	for {
		line, err := readLine(in, 60)
		if err != nil && !errors.Is(err, errTooLong) {
			break
		}
		if err != nil {
			line = []byte("too long")
		}
		got = append(got, string(line))
	}
	if s := strings.Join(got, "|"); s != "a||too long|b" {
		t.Error(s)
	}
}
