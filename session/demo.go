package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session/result"
)

// Demo is the demo project in a folder of its own.
type Demo struct {
	Dir  string
	Rows fixtures.ShopRows
}

// demoProject is the name in the demo's weir.yaml, by which its folder is known.
const demoProject = "shop"

// WriteDemo writes the demo project into a folder: a new one, an empty one, or that of
// an earlier demo, which it makes anew. Any other folder is left alone.
func WriteDemo(dir string) (*Demo, error) {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return nil, err
	case len(entries) > 0:
		p, err := FindProject(dir)
		abs, aerr := filepath.Abs(dir)
		if err != nil || aerr != nil || p.Dir != abs || p.Config.Name != demoProject {
			return nil, (&diag.Diagnostic{Severity: diag.Error, Code: "W0606", File: dir,
				Primary: "the folder holds something that is not the demo"}).WithHint("name another folder: weir demo DIR")
		}
		for _, made := range []string{"data", "out", ".weir"} {
			if err := os.RemoveAll(filepath.Join(dir, made)); err != nil {
				return nil, err
			}
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	rows, err := fixtures.WriteShop(dir)
	if err != nil {
		return nil, fmt.Errorf("writing the demo project: %w", err)
	}
	return &Demo{Dir: dir, Rows: rows}, nil
}

// WriteMixed writes the example project of mix and hybrid tables into a folder, which is
// new or empty.
func WriteMixed(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	case len(entries) > 0:
		return (&diag.Diagnostic{Severity: diag.Error, Code: "W0606", File: dir, Primary: "the folder is not empty"}).WithHint("name another folder: weir demo --example mixed DIR")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return fixtures.WriteMixed(dir)
}

// Script reads one of the demo's scripts.
func (d *Demo) Script(name string) (diag.Source, error) {
	src, err := ReadFile(filepath.Join(d.Dir, "sql", name), nil)
	src.Name = "sql/" + name
	return src, err
}

// RunToEnd plans a script and runs it to its end, giving the rows of its SELECTs to result.
func (s *Session) RunToEnd(ctx context.Context, src diag.Source, mode Mode, writer func(Output) (result.Writer, error)) (*Run, error) {
	p, list := s.Plan(src, mode)
	if err := list.Err(); err != nil {
		return nil, err
	}
	r, err := s.Run(ctx, p, RunOptions{Result: writer, Limit: -1})
	if err != nil {
		return nil, err
	}
	return r, r.Wait()
}

// ReadTable folds all rows that a table of the project holds in one mode.
func (s *Session) ReadTable(ctx context.Context, table string, columns []string, mode Mode) (*result.Fold, error) {
	var f *result.Fold
	list := ""
	for i, c := range columns {
		if i > 0 {
			list += ", "
		}
		list += "`" + c + "`"
	}
	src := diag.Source{Name: "reading " + table, Text: fmt.Sprintf("SELECT %s FROM `%s`", list, table)}
	_, err := s.RunToEnd(ctx, src, mode, func(o Output) (result.Writer, error) {
		f = result.NewFold(o.Schema, o.UpsertKey, nil)
		return f, nil
	})
	return f, err
}
