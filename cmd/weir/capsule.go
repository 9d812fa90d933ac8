package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/topology"
)

func (a *app) capsuleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "capsule",
		Short: "Pack a run over a fixture into one file, and repeat it anywhere",
		Long: `A capsule is one file with everything a run over a fixture takes: the project's declarations, the
script, its overlay, the fixture, the configuration, and what came out. Whoever has it gets the same
rows. Secret options are covered before they are packed.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var fixture, mode, output string
	save := &cobra.Command{
		Use:   "save FILE --fixture NAME",
		Short: "Run a script over a fixture and pack the run",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.capsuleSave(cmd.Context(), args[0], fixture, mode, output)
		},
	}
	save.Flags().StringVar(&fixture, "fixture", "", "a fixture of the project")
	save.Flags().StringVar(&mode, "mode", "both", "stream, batch or both")
	save.Flags().StringVar(&output, "output", "", "where to write it (default: SCRIPT-FIXTURE.capsule)")
	completeWith(save, "mode", []string{"stream", "batch", "both"})
	var times int
	replay := &cobra.Command{
		Use:   "replay FILE",
		Short: "Repeat the run of a capsule; exit code 4 if something else comes out",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.capsuleReplay(cmd.Context(), args[0], times)
		},
	}
	replay.Flags().IntVar(&times, "times", 1, "how often")
	cmd.AddCommand(save, replay)
	return cmd
}

func (a *app) capsuleSave(ctx context.Context, script, fixture, mode, output string) error {
	modes, err := session.ParseModes(mode)
	if err != nil {
		return usageError{err}
	}
	return a.withScript(script, func(s *session.Session, src diag.Source) error {
		set, err := a.fixtureFor(s, src, fixture)
		if err != nil {
			return err
		}
		if output == "" {
			output = strings.TrimSuffix(filepath.Base(script), filepath.Ext(script)) + "-" + set.Name + ".capsule"
		}
		f, err := os.CreateTemp(filepath.Dir(output), ".capsule-*")
		if err != nil {
			return &diag.Diagnostic{Severity: diag.Error, Code: "W0652", File: output, Primary: err.Error()}
		}
		defer os.Remove(f.Name()) // gone once it has its name
		c, err := s.SaveCapsule(ctx, f, script, set, modes, version)
		if closed := f.Close(); err == nil {
			err = closed
		}
		if err == nil {
			err = os.Rename(f.Name(), output)
		}
		if err != nil {
			return err
		}
		a.showOutcomes(c.Modes, c.Outcomes)
		fmt.Fprintf(a.err, "%s   weir capsule replay %s repeats it\n", output, output)
		return nil
	})
}

func (a *app) showOutcomes(modes []session.Mode, outcomes map[session.Mode]session.Outcome) {
	for _, m := range modes {
		o := outcomes[m]
		rows := 0
		for _, n := range o.Rows {
			rows += n
		}
		what := topology.Count(rows, "row")
		if o.Error != "" {
			what = "failed: " + o.Error
		}
		fmt.Fprintf(a.out, "%s  %s  %s\n", m, o.Hash, what)
	}
}

func (a *app) capsuleReplay(ctx context.Context, file string, times int) error {
	if times < 1 {
		return usageError{fmt.Errorf("--times takes a number from 1 on, not %d", times)}
	}
	dir, err := os.MkdirTemp("", "weir-capsule-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c, s, err := session.OpenCapsule(file, dir)
	if err != nil {
		return err
	}
	defer s.Close()
	for i := range times {
		got, err := c.Replay(ctx, s)
		if err != nil {
			return err
		}
		for _, m := range c.Modes {
			if got[m].Hash != c.Outcomes[m].Hash {
				fmt.Fprintf(a.out, "✗ %s: run %d gives something else\n", m, i+1)
				fmt.Fprint(a.out, "saved   ")
				a.showOutcomes([]session.Mode{m}, c.Outcomes)
				fmt.Fprint(a.out, "now     ")
				a.showOutcomes([]session.Mode{m}, got)
				if c.Weir != version {
					fmt.Fprintf(a.out, "it was saved by weir %s, this is %s\n", c.Weir, version)
				}
				return exitError{exitAssertion}
			}
		}
	}
	a.showOutcomes(c.Modes, c.Outcomes)
	fmt.Fprintf(a.err, "the same in %s, saved by weir %s\n", topology.Count(times, "run"), c.Weir)
	return nil
}
