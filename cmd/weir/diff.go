package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
)

// Exit codes of comparisons.
const (
	exitChanged = 10 // the plan has changes
	exitLost    = 11 // state would be lost, or would be wrong to go on from
)

// reviewFlags are the flags of comparisons.
type reviewFlags struct {
	mode, format string
	width        int
}

func (f *reviewFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.mode, "mode", "", "stream or batch (default: the script's, the project's, then stream)")
	cmd.Flags().StringVarP(&f.format, "format", "o", "text", "text, json or md")
	cmd.Flags().IntVar(&f.width, "width", 0, "columns to write in (default: the terminal's, else 100)")
	completeWith(cmd, "format", []string{"text", "json", "md"})
	completeWith(cmd, "mode", []string{"stream", "batch"})
}

func (a *app) diffCommand() *cobra.Command {
	var f reviewFlags
	cmd := &cobra.Command{
		Use:   "diff A [B]",
		Short: "Compare StreamGraphs, and say what becomes of the state",
		Long: `diff compares scripts, or all scripts of a project, and gives a verdict on every
operator that keeps state: kept, rescaled, migrated, new, dropped, incompatible, or
meaning changed (a restore would succeed and be wrong, as after SUM → MAX).

  weir diff old.sql new.sql            two scripts
  weir diff plan.json sql/spend.sql    a plan kept with weir plan --as json
  weir diff sp/monday sql/spend.sql    the graph that a savepoint or checkpoint was taken of
  weir diff main sql/spend.sql         a script as it was on main
  weir diff v1:sql/a.sql v2:sql/b.sql  scripts of revisions
  weir diff main                       every script of the project, as on main and as here
  weir diff v1 v2                      … in two revisions

Revisions are read from the repository's objects, with the declarations, the overlay and
the weir.yaml of the time; nothing is checked out. A job is compared if anything that it
depends on changed, its own text or the tables and views of the project.

Exit codes: 0 no change, 10 changed, 11 state would be lost or wrong, 2 a script cannot be
planned.`,
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := a.diff(cmd.Context(), args, f.mode)
			if err != nil {
				return err
			}
			return a.review(r, f)
		},
	}
	f.add(cmd)
	return cmd
}

// review prints a review and gives its exit code.
func (a *app) review(r *session.Review, f reviewFlags) error {
	var text string
	var err error
	switch f.format {
	case "text":
		if f.width == 0 {
			f.width = terminalWidth()
		}
		text = r.Text(f.width)
	case "json":
		text, err = r.JSON()
	case "md":
		text = r.Markdown()
	default:
		return usageError{fmt.Errorf("format is text, json or md, not %q", f.format)}
	}
	if err != nil {
		return err
	}
	if _, err := fmt.Fprint(a.out, text); err != nil {
		return err
	}
	switch {
	case r.Broken():
		return exitError{exitUsage}
	case r.Lost():
		return exitError{exitLost}
	case len(r.Jobs) > 0:
		return exitError{exitChanged}
	}
	return nil
}

// diff compares what the arguments of weir diff name.
func (a *app) diff(ctx context.Context, args []string, mode string) (*session.Review, error) {
	sides := make([]side, len(args))
	for i, arg := range args {
		sides[i] = parseSide(arg)
	}
	if len(sides) == 1 {
		if sides[0].path != "" || sides[0].savepoint != "" {
			return nil, usageError{fmt.Errorf("diff compares two scripts; give another one, or a revision to compare %s with", args[0])}
		}
		sides = append(sides, side{name: "the working tree"})
	}
	old, now := sides[0], sides[1]
	switch {
	case old.savepoint != "" || now.savepoint != "":
		if old.rev != "" && old.path == "" || now.rev != "" && now.path == "" {
			return nil, usageError{errors.New("a savepoint is of one script: compare it with a script, or with REV:FILE")}
		}
	case old.path == "" && now.path == "":
		return a.diffProject(ctx, old, now, mode)
	case old.path == "":
		old.path = now.path
		old.name = old.rev + ":" + now.path
	case now.path == "":
		now.path = old.path
		now.name = now.rev + ":" + old.path
	}
	o, end, err := a.target(ctx, old)
	if err != nil {
		return nil, err
	}
	defer end()
	n, end, err := a.target(ctx, now)
	if err != nil {
		return nil, err
	}
	defer end()
	return session.CompareScripts(o, n, mode), nil
}

// side is one argument: a revision, a file, a file in a revision, or a savepoint.
type side struct{ name, rev, path, savepoint string }

func parseSide(arg string) side {
	s := side{name: arg}
	info, err := os.Stat(arg)
	isFile := err == nil && info.Mode().IsRegular()
	rev, path, inside := strings.Cut(arg, ":")
	switch {
	case isFile:
		s.path = arg
	case err == nil && info.IsDir() && session.IsSavepoint(arg):
		s.savepoint = arg
	case inside && rev != "" && path != "":
		s.rev, s.path = rev, path
	case strings.HasSuffix(arg, ".sql"), strings.HasSuffix(arg, ".json"):
		s.path = arg
	default:
		s.rev = arg
	}
	return s
}

// target opens the script of a side.
func (a *app) target(ctx context.Context, s side) (*session.Target, func(), error) {
	if s.savepoint != "" {
		sp, err := session.OpenSavepoint(s.savepoint)
		if err != nil {
			return nil, nil, err
		}
		return &session.Target{Name: s.name, Model: sp.Graph}, func() {}, nil
	}
	if s.rev == "" && strings.HasSuffix(s.path, ".json") {
		t, err := session.ReadPlan(s.path)
		return t, func() {}, err
	}
	ses, err := a.open(existingFolder(s.path))
	if err != nil {
		return nil, nil, err
	}
	end := func() { _ = ses.Close() } // nothing was written
	t := &session.Target{Name: s.name, Session: ses, Path: s.path}
	if s.rev == "" {
		if _, err := session.ReadFile(s.path, nil); err != nil {
			end()
			return nil, nil, err
		}
		return t, end, nil
	}
	dir := filepath.Dir(s.path)
	rev, err := session.OpenRevision(ctx, ses.Project.Dir, s.rev)
	if err == nil {
		t.Session, err = ses.At(rev, dir)
	}
	if err == nil && !t.Session.Has(s.path) {
		err = &diag.Diagnostic{Severity: diag.Error, Code: "W0604", File: s.path, Primary: "there is no such script in " + s.rev}
	}
	if err != nil {
		end()
		return nil, nil, err
	}
	return t, end, nil
}

// existingFolder gives a path in the nearest folder that is there, as the script of a
// revision may be in one that is gone.
func existingFolder(path string) string {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && info.IsDir() || filepath.Dir(dir) == dir {
			return filepath.Join(dir, filepath.Base(path))
		}
	}
}

// diffProject compares all scripts of the project in revisions or the work tree.
func (a *app) diffProject(ctx context.Context, old, now side, mode string) (*session.Review, error) {
	s, err := a.open("")
	if err != nil {
		return nil, err
	}
	defer s.Close()
	sessions := make([]*session.Session, 2)
	for i, x := range []side{old, now} {
		if x.rev == "" {
			sessions[i] = s
			continue
		}
		rev, err := session.OpenRevision(ctx, s.Project.Dir, x.rev)
		if err != nil {
			return nil, err
		}
		if sessions[i], err = s.At(rev, s.Project.Dir); err != nil {
			return nil, err
		}
	}
	return session.CompareProjects(old.name, now.name, sessions[0], sessions[1], mode)
}

// against compares a script with another one, a kept plan, or itself in a revision.
func (a *app) against(ctx context.Context, script, other string, f reviewFlags) error {
	if script == "-" {
		return usageError{errors.New("--against compares a file, not standard input")}
	}
	r, err := a.diff(ctx, []string{other, script}, f.mode)
	if err != nil {
		return err
	}
	return a.review(r, f)
}
