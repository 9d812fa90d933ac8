package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/topology"
)

func (a *app) parityCommand() *cobra.Command {
	var names []string
	cmd := &cobra.Command{
		Use:   "parity FILE",
		Short: "Say whether a script gives the same as a stream and as a batch, and if not, where they part",
		Long: `parity runs a script over the rows of a fixture in both modes and compares the folded
results. If they differ it names the first operator whose output does, its rows, and why:
late data, processing time, a non-deterministic function, an order without tie-break,
state that was forgotten, or a statement that one mode does not have.

Without --fixture every fixture of the project is taken that has all tables the script
reads. Exit code 4 says that the results differ.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.parity(cmd.Context(), args[0], names) },
	}
	cmd.Flags().StringArrayVar(&names, "fixture", nil, "a fixture of the project, or its folder (repeatable)")
	return cmd
}

func (a *app) parity(ctx context.Context, path string, names []string) error {
	return a.withScript(path, func(s *session.Session, src diag.Source) error {
		var sets []*fixtures.Set
		for _, name := range names {
			set, err := s.Fixture(name)
			if err != nil {
				return err
			}
			sets = append(sets, set)
		}
		if len(names) == 0 {
			var err error
			if sets, err = s.FixturesFor(src); err != nil {
				return err
			}
		}
		if len(sets) == 0 {
			return &diag.Diagnostic{Severity: diag.Error, Code: "W0623", File: path, Primary: "no fixture has all tables that the script reads",
				Hint: "make a folder fixtures/NAME with a file for each of them"}
		}
		differ := false
		for _, set := range sets {
			p, err := s.Parity(ctx, src, set)
			if err != nil {
				return err
			}
			a.showParity(src, p)
			differ = differ || !p.Equal()
		}
		if differ {
			return exitError{exitAssertion}
		}
		return nil
	})
}

// shown prints diagnostics with the script they point into.
func (a *app) shown(src diag.Source, err error) error {
	var list diag.List
	if errors.As(err, &list) {
		a.diagnostics(src, list)
		return exitError{exitUsage}
	}
	return err
}

// showParity tells of one fixture.
func (a *app) showParity(src diag.Source, p *session.Parity) {
	if p.Mode != "" {
		fmt.Fprintf(a.out, "✗ parity %s   the script does not run as a %s\n  reason: %s\n", p.Fixture, p.Mode, session.Unsupported)
		for _, d := range p.List {
			fmt.Fprintf(a.out, "    %s\n", strings.ReplaceAll(strings.TrimRight(diag.Print(src, d), "\n"), "\n", "\n    "))
		}
		return
	}
	var parts []string
	for _, o := range p.Outputs {
		if len(o.Rows) == 0 {
			parts = append(parts, fmt.Sprintf("%s %s", o.Name, topology.Count(o.Stream, "row")))
		}
	}
	if p.Equal() {
		fmt.Fprintf(a.out, "✓ parity %s   folded results equal: %s\n", p.Fixture, strings.Join(parts, ", "))
		return
	}
	for _, o := range p.Outputs {
		if len(o.Rows) == 0 {
			continue
		}
		fmt.Fprintf(a.out, "✗ parity %s   %s: stream %s, batch %s, %s\n", p.Fixture, o.Name, topology.Count(o.Stream, "row"), topology.Count(o.Batch, "row"), differ(len(o.Rows)))
		if p.First == nil {
			a.showDifferences(o.Columns, o.Rows)
		}
	}
	n := p.First
	if n == nil {
		fmt.Fprintln(a.out, "  no operator before the sinks differs in the columns that both modes have")
		return
	}
	at := n.Name
	if n.Label != "" && n.Label != n.Name {
		at += " " + n.Label
	}
	if n.Line > 0 {
		at += fmt.Sprintf(" (line %d)", n.Line)
	}
	fmt.Fprintf(a.out, "  first differing operator: %s\n", at)
	a.showDifferences(n.Columns, n.Rows)
	fmt.Fprintf(a.out, "  reason: %s: %s\n", n.Class, n.Reason)
	if n.Hint != "" {
		fmt.Fprintf(a.out, "  hint: %s\n", n.Hint)
	}
}

func differ(n int) string {
	if n == 1 {
		return "1 differs"
	}
	return fmt.Sprintf("%d differ", n)
}

// showDifferences prints rows of both modes below each other.
func (a *app) showDifferences(cols []fixtures.Column, rows []fixtures.Difference) {
	const limit = 10
	for i, d := range rows {
		if i == limit {
			fmt.Fprintf(a.out, "  … and %d more\n", len(rows)-limit)
			return
		}
		for _, side := range []struct {
			name string
			line *fixtures.Line
		}{{"stream", d.Want}, {"batch", d.Got}} {
			text := "–"
			if side.line != nil {
				text = string(side.line.JSON(cols))
			}
			fmt.Fprintf(a.out, "  %-7s %s\n", side.name, text)
		}
	}
}
