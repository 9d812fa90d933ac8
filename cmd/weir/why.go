package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/topology"
)

func (a *app) whyCommand() *cobra.Command {
	var o session.WhyOptions
	var fixture, mode, format string
	cmd := &cobra.Command{
		Use:   "why FILE --row CONDITION",
		Short: "Say which input rows made an output row, or why a row is missing",
		Long: `why runs a script over a fixture and explains a final row of an output: exactly the input
rows without which it would not be there. That is found by leaving rows out and running again,
so it holds through every operator.

If the output has no such row it says which operator dropped it, and why: a filter that does not
hold, a join without a match, a row that came late and by how much, forgotten state, a rank.

  weir why sql/spend.sql --row "city = 'Berlin'" --output city_spend --fixture refunds
  weir why sql/spend.sql --row "page = 'item' AND hits = 2" --output page_traffic --fixture late_events

Exit code 4 says that there is no such row.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.why(cmd.Context(), args[0], fixture, mode, format, o)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&o.Where, "row", "", "a condition of SQL over the output's columns (default: the first row)")
	fl.StringVar(&o.Output, "output", "", "a sink, or select-1, select-2, …")
	fl.StringVar(&fixture, "fixture", "", "a fixture of the project, or its folder")
	fl.StringVar(&mode, "mode", "", "stream or batch")
	fl.StringVarP(&format, "format", "o", "text", "text or json")
	completeWith(cmd, "format", []string{"text", "json"})
	completeWith(cmd, "mode", []string{"stream", "batch"})
	return cmd
}

func (a *app) why(ctx context.Context, path, fixture, mode, format string, o session.WhyOptions) error {
	if format != "text" && format != "json" {
		return usageError{fmt.Errorf("-o takes text or json, not %q", format)}
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
		w, list, err := s.Why(ctx, src, set, o)
		if err == nil && a.diagnostics(src, list) {
			return exitError{exitUsage}
		}
		if err != nil {
			return err
		}
		if w == nil {
			return usageError{fmt.Errorf("the script has no query and no INSERT")}
		}
		if format == "json" {
			text, err := json.MarshalIndent(w, "", "  ")
			if err != nil {
				return err
			}
			fmt.Fprintln(a.out, string(text))
		} else {
			a.showWhy(w, o.Where)
		}
		if w.Missing != nil {
			return exitError{exitAssertion}
		}
		return nil
	})
}

// showWhy prints an explanation.
func (a *app) showWhy(w *session.Why, where string) {
	if w.Missing != nil {
		a.showMissing(w, where)
		return
	}
	fmt.Fprintf(a.out, "%s  %s\n", w.Output, w.Row)
	if w.Others > 0 {
		fmt.Fprintf(a.out, "  the first of %d such rows\n", w.Others+1)
	}
	halved := ""
	if w.Halved {
		halved = " (found by halves: rows that undo each other may be missing)"
	}
	fmt.Fprintf(a.out, "made by %s%s:\n", topology.Count(len(w.Inputs), "input row"), halved)
	a.showRows(w.Inputs)
	if len(w.Any) > 0 {
		fmt.Fprintf(a.out, "and %s for which others would do:\n", topology.Count(len(w.Any), "row"))
		a.showRows(w.Any)
	}
}

func (a *app) showRows(rows []session.WhyRow) {
	for _, r := range rows {
		at := ""
		if r.File != "" && r.Line > 0 {
			at = fmt.Sprintf("   %s:%d", r.File, r.Line)
		}
		fmt.Fprintf(a.out, "  %s#%d  %s %s%s\n", r.Table, r.Number, r.Op, r.Row, at)
	}
}

// showMissing says what became of rows that are not there.
func (a *app) showMissing(w *session.Why, where string) {
	m := w.Missing
	fmt.Fprintf(a.out, "✗ %s has no row with %s\n", w.Output, where)
	if m.Operator != "" {
		at := m.Operator
		if m.Label != "" && m.Label != m.Operator {
			at += " " + m.Label
		}
		if m.Line > 0 {
			at += fmt.Sprintf(" (line %d)", m.Line)
		}
		fmt.Fprintf(a.out, "  dropped by: %s\n", at)
	}
	fmt.Fprintf(a.out, "  reason: %s: %s\n", m.Class, m.Reason)
	if m.Hint != "" {
		fmt.Fprintf(a.out, "  hint: %s\n", m.Hint)
	}
	for _, row := range m.Rows {
		fmt.Fprintf(a.out, "  came to it: %s\n", row)
	}
}
