package panetest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/tui/pane"
)

// Shop copies the demo project without its data into a folder. It serves the packages
// below tui.
func Shop(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.FromSlash("../../fixtures/shop"))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Script reads a script of a project.
func Script(t testing.TB, dir, name string) diag.Source {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return diag.Source{Name: filepath.Join(dir, name), Text: string(text)}
}

// Write writes a file of a project.
func Write(t testing.TB, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Planned is what a pane hears when a script was planned.
func Planned(t testing.TB, dir string, src diag.Source, mode session.Mode) pane.PlanReady {
	t.Helper()
	s, err := session.Open(session.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	plan, list := s.Plan(src, mode)
	return pane.PlanReady{Number: 1, Source: src, Mode: mode, Plan: plan, Problems: list}
}

// Commit makes a folder a git repository, or adds to it, with one commit of all that is there.
func Commit(t testing.TB, dir, message string) {
	t.Helper()
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "-A"},
		{"-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false", "commit", "-q", "--allow-empty", "-m", message}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
}
