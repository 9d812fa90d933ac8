package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
)

// testOptions are the flags of weir test.
type testOptions struct {
	mode, filter, junit          string
	update, json, watch, verbose bool
}

func (a *app) testCommand() *cobra.Command {
	var o testOptions
	cmd := &cobra.Command{
		Use:   "test [PATH...]",
		Short: "Run the project's scripts over fixture rows and compare what they give",
		Long: `test runs every test of fixtures/*/test.yaml: a script over the rows of its folder, in
both modes unless the test says otherwise. No connector is opened: tables have the
fixture's rows, what is written is captured, and processing time stands still until
the fixture's timeline moves it. PATH is a project, a fixture folder or a test.yaml.

  weir test                              all tests of the project
  weir test fixtures/late_orders         those of one fixture
  weir test --filter refund --mode batch
  weir test --update                     what comes out becomes what is expected

Exit code 4 says that an expectation does not hold. See docs/testing.md.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.watch && o.update {
				return usageError{errors.New("--watch does not go with --update: every change would be accepted as it comes")}
			}
			if o.watch {
				return a.watchTests(cmd.Context(), args, o)
			}
			return a.test(cmd.Context(), args, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.mode, "mode", "", "stream, batch or both (default: as each test says)")
	f.StringVar(&o.filter, "filter", "", "only tests whose name matches a regular expression")
	f.BoolVar(&o.update, "update", false, "write what comes out as what is expected")
	f.StringVar(&o.junit, "junit", "", "write a JUnit report to a file")
	f.BoolVar(&o.json, "json", false, "print one JSON object a run")
	f.BoolVar(&o.watch, "watch", false, "run again whenever a file of the project changes")
	f.BoolVarP(&o.verbose, "verbose", "v", false, "say what each test is about")
	return cmd
}

// testGroup are fixture sets of one project.
type testGroup struct {
	dir  string   // of the project
	sets []string // paths of fixture folders; nil = all
}

// testGroups sorts paths by project.
func (a *app) testGroups(paths []string) ([]testGroup, error) {
	if len(paths) == 0 {
		dir := a.dir
		if dir == "" {
			dir = "."
		}
		return []testGroup{{dir: dir}}, nil
	}
	var out []testGroup
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil && a.dir != "" {
			if in := filepath.Join(a.dir, p); !filepath.IsAbs(p) {
				if i, e := os.Stat(in); e == nil {
					p, info, err = in, i, nil
				}
			}
		}
		if err != nil {
			return nil, &diag.Diagnostic{Severity: diag.Error, Code: "W0623", File: p, Primary: "there is no such project, fixture or test"}
		}
		if !info.IsDir() {
			p = filepath.Dir(p)
		}
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, err
		}
		if filepath.Base(filepath.Dir(abs)) != "fixtures" {
			if filepath.Base(abs) == "fixtures" {
				abs = filepath.Dir(abs)
			}
			out = append(out, testGroup{dir: abs})
			continue
		}
		root := filepath.Dir(filepath.Dir(abs))
		if n := len(out); n > 0 && out[n-1].dir == root && out[n-1].sets != nil {
			out[n-1].sets = append(out[n-1].sets, filepath.Base(abs))
			continue
		}
		out = append(out, testGroup{root, []string{filepath.Base(abs)}})
	}
	return out, nil
}

// test runs all tests once.
func (a *app) test(ctx context.Context, paths []string, o testOptions) error {
	modes, err := session.ParseModes(o.mode)
	if err != nil {
		return usageError{err}
	}
	var filter *regexp.Regexp
	if o.filter != "" {
		if filter, err = regexp.Compile(o.filter); err != nil {
			return usageError{fmt.Errorf("--filter: %w", err)}
		}
	}
	groups, err := a.testGroups(paths)
	if err != nil {
		return err
	}
	began := time.Now()
	r := &testReport{app: a, options: o, widths: map[string]int{}}
	for _, g := range groups {
		if err := a.testProject(ctx, g, modes, filter, r); err != nil {
			return err
		}
	}
	r.elapsed = time.Since(began)
	if o.junit != "" {
		if err := r.writeJUnit(o.junit); err != nil {
			return err
		}
	}
	return r.end()
}

// testProject runs the tests of one project.
func (a *app) testProject(ctx context.Context, g testGroup, modes []session.Mode, filter *regexp.Regexp, r *testReport) error {
	in := *a
	in.dir = g.dir
	s, err := in.open("")
	if err != nil {
		return err
	}
	defer s.Close()
	tests, err := s.Tests(g.sets)
	if err != nil {
		var list diag.List
		if !errors.As(err, &list) {
			return err
		}
		r.broken(list)
	}
	var chosen []*fixtures.Test
	for _, t := range tests {
		if (filter == nil || filter.MatchString(t.Name)) && len(modesOf(t, modes)) > 0 {
			chosen = append(chosen, t)
			r.widths["name"] = max(r.widths["name"], len(t.Name))
		}
	}
	for _, t := range chosen {
		var results []*session.TestResult
		for _, m := range modesOf(t, modes) {
			res := s.Test(ctx, t, m)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			results = append(results, res)
		}
		if r.options.update {
			if err := r.update(t, results); err != nil {
				return err
			}
			continue
		}
		r.test(t, results)
	}
	return nil
}

// modesOf gives the modes of a test: those it says, narrowed by --mode.
func modesOf(t *fixtures.Test, asked []session.Mode) []session.Mode {
	own, err := session.ParseModes(t.Mode)
	if err != nil || len(own) == 0 {
		own = []session.Mode{session.Stream, session.Batch}
	}
	if len(asked) == 0 {
		return own
	}
	var out []session.Mode
	for _, m := range own {
		for _, x := range asked {
			if m == x {
				out = append(out, m)
			}
		}
	}
	return out
}
