package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"weir": main,
	})
}

// TestScripts runs testdata/script: what a person types, what comes back on standard
// output and standard error, and the exit code. `go test ./cmd/weir -update` writes
// cmp results anew.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits": exits,
		},
	})
}

// exits CODE COMMAND… runs a command and checks its exit code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		code = err.Error()
		if rest, ok := strings.CutPrefix(code, "exit status "); ok {
			code = rest
		}
	}
	if code != args[0] {
		ts.Fatalf("%s exits with %s, want %s", args[1], code, args[0])
	}
}

// A reader that has seen enough ends the run quietly, and what an INSERT of the same script wrote is undone.
func TestClosedPipe(t *testing.T) {
	dir := t.TempDir()
	scratch := filepath.Join(dir, "scratch")
	if err := os.Mkdir(scratch, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", scratch)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	defer w.Close()
	said, err := os.Create(filepath.Join(dir, "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	code := run([]string{"run", "-C", dir, "-e", "CREATE TABLE g (id BIGINT) WITH ('connector' = 'datagen'); " +
		"CREATE TABLE o (id BIGINT) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json'); " +
		"INSERT INTO o SELECT id FROM g; SELECT * FROM g"}, strings.NewReader(""), w, said)
	if code != exitPipe {
		t.Errorf("exit code %d", code)
	}
	if text, _ := os.ReadFile(said.Name()); len(text) > 0 {
		t.Errorf("standard error: %s", text)
	}
	for _, pattern := range []string{filepath.Join(scratch, "*"), filepath.Join(dir, "out", "*")} {
		if left, _ := filepath.Glob(pattern); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}
