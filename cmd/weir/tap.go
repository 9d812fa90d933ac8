package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/topology"
)

// tapFlags are the flags of `weir tap`.
type tapFlags struct {
	edge, where, fixture, mode, format string
	limit                              int64
	marks, all                         bool
}

func (a *app) tapCommand() *cobra.Command {
	var f tapFlags
	cmd := &cobra.Command{
		Use:   "tap FILE --edge FROM:TO",
		Short: "Show the rows that pass an edge of a script's graph",
		Long: `tap runs a script, writes nothing, and shows what passes an edge: row kind, event time,
subtask, watermark and the row. An operator's name alone stands for its output, and a sink's for
what comes to it; weir plan shows the names. Without --fixture it reads the sources; then it costs the run
less than a twentieth of its speed: rows that come faster than they can be shown are left out, and counted.
With --all the run waits for them.

  weir tap sql/spend.sql --edge agg-city --fixture refunds
  weir tap sql/spend.sql --edge orders:calc --where "amount > 100" --limit 20
  weir tap sql/spend.sql --edge page_events --watermarks -o jsonl`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.tap(cmd.Context(), args[0], f) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.edge, "edge", "", "FROM:TO, or an operator (default: every edge)")
	fl.StringVar(&f.where, "where", "", "a condition of SQL over the columns of the edge")
	fl.StringVar(&f.fixture, "fixture", "", "take the rows of a fixture instead of the sources")
	fl.StringVar(&f.mode, "mode", "", "stream or batch")
	fl.Int64Var(&f.limit, "limit", -1, "stop after so many rows")
	fl.BoolVar(&f.all, "all", false, "leave nothing out: the run waits for what is shown")
	fl.BoolVar(&f.marks, "watermarks", false, "show the watermarks that pass, too")
	fl.StringVarP(&f.format, "format", "o", "text", "text or jsonl")
	completeWith(cmd, "format", []string{"text", "jsonl"})
	completeWith(cmd, "mode", []string{"stream", "batch"})
	return cmd
}

func (a *app) tap(ctx context.Context, path string, f tapFlags) error {
	if f.format != "text" && f.format != "jsonl" {
		return usageError{fmt.Errorf("-o takes text or jsonl, not %q", f.format)}
	}
	return a.withScript(path, func(s *session.Session, src diag.Source) error {
		mode, err := s.ModeFor(f.mode, src)
		if err != nil {
			return usageError{err}
		}
		o := session.TapOptions{Edge: f.edge, Where: f.where, Limit: f.limit, Mode: mode, Marks: f.marks, All: f.all}
		if f.fixture != "" {
			if o.Fixture, err = s.Fixture(f.fixture); err != nil {
				return err
			}
		}
		show := a.tapText
		if f.format == "jsonl" {
			show = a.tapJSON
		}
		var rows int64
		missed, list, err := s.Tap(ctx, src, o, func(t session.Tapped) error {
			if t.Rows == nil {
				return show(t, -1)
			}
			for i := range t.Rows.Len {
				rows++
				if err := show(t, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil && a.diagnostics(src, list) {
			return exitError{exitUsage}
		}
		if err != nil {
			return err
		}
		if missed > 0 {
			fmt.Fprintf(a.err, "%s shown, %s left out: they came faster (--all waits for them)\n", topology.Count(int(rows), "row"), session.Thousands(missed))
		}
		return nil
	})
}

// tapText prints one row, or the watermark if i < 0.
func (a *app) tapText(t session.Tapped, i int) error {
	if i < 0 {
		_, err := fmt.Fprintf(a.out, "%s/%d  watermark %s\n", t.Node.Name, t.Subtask, session.MarkText(t.Mark))
		return err
	}
	at := ""
	if t.Time >= 0 {
		at = "  at " + session.MarkText(t.EventTime(i))
	}
	_, err := fmt.Fprintf(a.out, "%s/%d  %s%s  watermark %s  %s\n", t.Node.Name, t.Subtask, t.Rows.Kind(i), at, session.MarkText(t.Watermark), session.RowText(t.Schema, t.Rows, i))
	return err
}

// tapLine is a row or a watermark as JSON. Times are UTC.
type tapLine struct {
	Operator  string          `json:"operator"`
	Subtask   int             `json:"subtask"`
	Kind      string          `json:"op,omitempty"`
	Time      string          `json:"time,omitempty"`
	Watermark *string         `json:"watermark"`
	Row       json.RawMessage `json:"row,omitempty"`
}

func (a *app) tapJSON(t session.Tapped, i int) error {
	l := tapLine{Operator: t.Node.Name, Subtask: t.Subtask}
	if session.IsTime(t.Watermark) {
		text := time.UnixMilli(t.Watermark).UTC().Format("2006-01-02 15:04:05.000")
		l.Watermark = &text
	}
	if i >= 0 {
		l.Kind, l.Row = t.Rows.Kind(i).String(), json.RawMessage(session.RowText(t.Schema, t.Rows, i))
		if t.Time >= 0 {
			l.Time = session.MarkText(t.EventTime(i))
		}
	}
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.out, string(text))
	return err
}
