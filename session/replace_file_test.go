package session

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestReplaceFile: the mode stays, a link stays one, and what may not be written is not.
func TestReplaceFile(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real.sql"), filepath.Join(dir, "link.sql")
	if err := errors.Join(os.WriteFile(real, []byte("old"), 0o640), os.Symlink("real.sql", link)); err != nil {
		t.Fatal(err)
	}
	if err := ReplaceFile(link, "new"); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(real)
	info, err := os.Lstat(link)
	if err != nil || string(text) != "new" || info.Mode()&os.ModeSymlink == 0 {
		t.Fatalf("%q, %v, %v", text, info.Mode(), err)
	}
	if info, err = os.Stat(real); err != nil || info.Mode().Perm() != 0o640 {
		t.Fatalf("%v, %v", info.Mode(), err)
	}
	if os.Geteuid() == 0 {
		return // nothing is forbidden to root
	}
	if err := os.Chmod(real, 0o440); err != nil {
		t.Fatal(err)
	}
	if err := ReplaceFile(real, "newer"); !errors.Is(err, os.ErrPermission) {
		t.Fatal(err)
	}
}
