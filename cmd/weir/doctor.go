package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/fixtures"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
)

func (a *app) doctorCommand() *cobra.Command {
	var fixture, format string
	at := -1
	cmd := &cobra.Command{
		Use:   "doctor FILE --fixture NAME",
		Short: "Say why nothing comes out: who holds event time back, what is idle, what was late",
		Long: `doctor runs a script over a fixture up to a point (by default until every row has come, and
no source has ended) and looks at event time there: the watermark of every input and split,
who holds the minimum, what is idle, what was dropped as late, which windows wait and which
row would fire them. What is wrong comes first, in a sentence, with what mends it.

Exit code 4 says that something is wrong.

  weir doctor sql/spend.sql --fixture slow_partition
  weir doctor sql/spend.sql --fixture slow_partition --at 3 -o json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.doctor(cmd.Context(), args[0], fixture, format, at)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&fixture, "fixture", "", "a fixture of the project, or its folder")
	fl.IntVar(&at, "at", -1, "look after so many moments; weir step lists them")
	fl.StringVarP(&format, "format", "o", "text", "text or json")
	completeWith(cmd, "format", []string{"text", "json"})
	return cmd
}

func (a *app) doctor(ctx context.Context, path, fixture, format string, at int) error {
	if format != "text" && format != "json" {
		return usageError{fmt.Errorf("-o takes text or json, not %q", format)}
	}
	return a.withStepper(ctx, path, fixture, func(st *session.Stepper) error {
		if at < 0 {
			at = st.BeforeEnd()
		}
		if err := st.Goto(ctx, at); err != nil {
			return err
		}
		d := st.Doctor()
		if format == "json" {
			text, err := json.MarshalIndent(d, "", "  ")
			if err != nil {
				return err
			}
			fmt.Fprintln(a.out, string(text))
		} else {
			for _, line := range d.Lines() {
				fmt.Fprintln(a.out, line)
			}
		}
		if len(d.Findings) > 0 && d.Findings[0].Cause != session.CauseNotOverYet {
			return exitError{exitAssertion}
		}
		return nil
	})
}

// fixtureFor finds the fixture that a person named, or the only one that has all tables
// of a script.
func (a *app) fixtureFor(s *session.Session, src diag.Source, name string) (*fixtures.Set, error) {
	if name != "" {
		return s.Fixture(name)
	}
	sets, err := s.FixturesFor(src)
	if err != nil {
		return nil, err
	}
	if len(sets) == 1 {
		return sets[0], nil
	}
	if len(sets) == 0 {
		return nil, &diag.Diagnostic{Severity: diag.Error, Code: "W0623", File: src.Name, Primary: "no fixture has all tables that the script reads",
			Hint: "make a folder fixtures/NAME with a file for each of them"}
	}
	var names []string
	for _, set := range sets {
		names = append(names, set.Name)
	}
	return nil, usageError{fmt.Errorf("several fixtures have the script's tables; take one with --fixture: %s", strings.Join(names, ", "))}
}
