package session

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/diag"
)

// LintFixture says what is wrong with a fixture: files that are missing or do not parse, a
// timeline that cannot be, tables that no script of the project reads, rows that do not fit
// their table in any mode a script runs in. Each problem has its file, line and fix.
func (s *Session) LintFixture(name string) (diag.List, error) {
	var list diag.List
	add := func(err error) {
		var more diag.List
		if errors.As(err, &more) {
			list = append(list, more...)
			return
		}
		list = append(list, asDiagnostic(err))
	}
	set, err := s.Fixture(name)
	if err != nil {
		add(err)
		return list, nil
	}
	scripts, err := s.fixtureScripts(set)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	told := map[string]bool{}
	for _, src := range scripts {
		for _, mode := range []Mode{Stream, Batch} {
			over := s.over(set, mode, nil)
			plan, _ := over.Plan(src, mode)
			if plan == nil || plan.Graph == nil {
				continue // weir check tells of scripts
			}
			all := true
			for _, table := range reads(plan.Graph) {
				known[table] = true
				all = all && set.Table(table) != nil
			}
			if !all {
				continue
			}
			if _, err := over.tables(plan); err != nil && !told[err.Error()] {
				told[err.Error()] = true
				add(err)
			}
		}
	}
	for _, t := range set.Tables {
		if known[t.Name] {
			continue
		}
		d := &diag.Diagnostic{Severity: diag.Warning, Code: "W0656", File: "fixtures/" + set.Name, Primary: fmt.Sprintf("no script of the project reads table %q", t.Name)}
		if t.Line > 0 {
			d.File, d.Line = "fixtures/"+set.Name+"/"+fixtures.SetFile, t.Line
		}
		if near := diag.Nearest(t.Name, sortedKeys(known)); near != "" {
			d.Hint = fmt.Sprintf("did you mean %q? A file is named for its table", near)
		}
		list = append(list, d)
	}
	return list, nil
}

// fixtureScripts lists the scripts of the project, and those that the fixture's tests hold.
func (s *Session) fixtureScripts(set *fixtures.Set) ([]diag.Source, error) {
	var out []diag.Source
	declared := slices.Concat(s.Project.Config.Tables.Both, s.Project.Config.Tables.Stream, s.Project.Config.Tables.Batch)
	err := filepath.WalkDir(s.Project.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(s.Project.Dir, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if rel == "fixtures" || rel != "." && strings.HasPrefix(d.Name(), ".") {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(path) != ".sql" || slices.Contains(declared, filepath.ToSlash(rel)) {
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil {
			out = append(out, diag.Source{Name: rel, Text: string(text)})
		}
		return err
	})
	for _, t := range set.Tests {
		if t.SQL != "" {
			out = append(out, diag.Source{Name: t.File, Text: t.SQL})
		}
	}
	return out, err
}
