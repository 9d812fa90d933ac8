package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/topology"
)

func (a *app) fixtureCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "fixture",
		Short: "Look after fixtures: lint, shrink, gen, mask, record",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	lint := &cobra.Command{
		Use:   "lint [NAME…]",
		Short: "Say what is wrong with fixtures: file, line and fix",
		Long: `lint reads fixtures (all of the project without names) and says what is wrong with them: files that
are missing or do not parse, rows of a wrong type, tables that no script reads, watermarks that go
back, more rows in the timeline than there are. Exit code 2 if something is.`,
		RunE: func(_ *cobra.Command, args []string) error { return a.fixtureLint(args) },
	}
	var fixture, mode, to, assert string
	var parity bool
	shrink := &cobra.Command{
		Use:   "shrink FILE --fixture NAME [--parity | --assert SQL]",
		Short: "Find the few rows of a fixture over which a script still fails",
		Long: `shrink leaves out ever smaller parts of a fixture as long as the script goes on failing in the same
way, and writes what is left as a fixture of its own. What fails is one of:

  the run itself                      (default) with the error it has now
  --parity                            the modes differ, at the same operator for the same reason
  --assert "SELECT … WHERE n < 0"     a query over the outputs that must give no row

  weir fixture shrink sql/spend.sql --fixture production --parity --to small`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.fixtureShrink(cmd.Context(), args[0], fixture, mode, to, session.ShrinkOptions{Parity: parity, Assert: assert})
		},
	}
	fl := shrink.Flags()
	fl.StringVar(&fixture, "fixture", "", "a fixture of the project, or its folder")
	fl.StringVar(&mode, "mode", "", "stream or batch, for a run that fails and for --assert")
	fl.StringVar(&to, "to", "", "name of the new fixture (default: NAME-small)")
	fl.StringVar(&assert, "assert", "", "a query that must give no row")
	fl.BoolVar(&parity, "parity", false, "the modes must go on differing")
	completeWith(shrink, "mode", []string{"stream", "batch"})
	cmd.AddCommand(lint, shrink, a.fixtureGenCommand(), a.fixtureMaskCommand(), a.fixtureRecordCommand())
	return cmd
}

func (a *app) fixtureLint(names []string) error {
	s, err := a.open("")
	if err != nil {
		return err
	}
	defer s.Close()
	if len(names) == 0 {
		if names, err = s.FixtureNames(); err != nil {
			return err
		}
	}
	wrong := false
	for _, name := range names {
		list, err := s.LintFixture(name)
		if err != nil {
			return err
		}
		if a.diagnostics(diag.Source{}, list) {
			wrong = true
		}
		if len(list) == 0 {
			fmt.Fprintf(a.out, "✓ %s\n", name)
		} else {
			fmt.Fprintf(a.out, "✗ %s   %s\n", name, topology.Count(len(list), "problem"))
		}
	}
	if wrong {
		return exitError{exitUsage}
	}
	return nil
}

func (a *app) fixtureShrink(ctx context.Context, path, fixture, mode, to string, o session.ShrinkOptions) error {
	if o.Parity && o.Assert != "" {
		return usageError{fmt.Errorf("take one of --parity and --assert")}
	}
	return a.withScript(path, func(s *session.Session, src diag.Source) error {
		var err error
		if o.Mode, err = s.ModeFor(mode, src); err != nil {
			return usageError{err}
		}
		set, err := a.fixtureFor(s, src, fixture)
		if err != nil {
			return err
		}
		sh, err := s.Shrink(ctx, src, set, o)
		if err != nil {
			return err
		}
		if to == "" {
			to = set.Name + "-small"
		}
		if err := sh.Write(filepath.Join(filepath.Dir(set.Dir), to)); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "%s: %s of %s after %s\n  %s\n", to, topology.Count(sh.After, "row"), session.Thousands(int64(sh.Before)), topology.Count(sh.Runs, "run"), sh.Fails)
		return nil
	})
}
