package session

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/weir-sql/weir/planner/diag"
)

// functionFile reads a file of code of a user function. Paths are relative to the project
// and stay in it, links too, unless it allows others.
func (s *Session) functionFile(path string) ([]byte, error) {
	abs := path
	if !filepath.IsAbs(path) {
		abs = filepath.Join(s.Project.Dir, path)
	}
	rel, err := filepath.Rel(s.Project.Dir, abs)
	var f *os.File
	switch inside := err == nil && filepath.IsLocal(rel); {
	case inside && s.Project.Declared:
		f, err = s.root.Open(rel)
	case s.Project.allows(abs, s.opts.AllowPaths):
		f, err = os.Open(abs)
	default:
		return nil, fmt.Errorf("path %q leaves the project; allow it with allow-paths in weir.yaml or --allow-path", path)
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil, s.noFile(path, abs)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(fmt.Errorf("%q is no file", path), err)
	}
	return io.ReadAll(io.LimitReader(f, maxFunctionFile))
}

// maxFunctionFile is more than any language takes.
const maxFunctionFile = 128 << 20

// noFile says that there is no such file, with the nearest name beside it.
func (s *Session) noFile(path, abs string) error {
	var names []string
	if entries, err := os.ReadDir(filepath.Dir(abs)); err == nil {
		for _, e := range entries {
			names = append(names, e.Name())
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "there is no %q", path)
	if near := diag.Nearest(filepath.Base(path), names); near != "" {
		fmt.Fprintf(&b, "; did you mean %s?", filepath.ToSlash(filepath.Join(filepath.Dir(path), near)))
	}
	return errors.New(b.String())
}
