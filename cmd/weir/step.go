package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/term"
	"github.com/weir-sql/weir/topology"
)

// stepFlags are the flags of `weir step`.
type stepFlags struct {
	fixture, by, format string
	from, to            int
}

func (a *app) stepCommand() *cobra.Command {
	var f stepFlags
	cmd := &cobra.Command{
		Use:   "step FILE --fixture NAME",
		Short: "Walk through a run moment by moment, forwards and back",
		Long: `step runs a script over a fixture one moment at a time: a row, a watermark, a checkpoint,
what the timeline says. After each it shows what every operator gave and how far event time
is. A step back carries the run out again up to there: it is deterministic, so a point has
the same rows, state and hash whenever one comes to it.

Without --by or --to it reads commands, one a line:

  n  the next moment          b    one back          i  where we are
  r  to the next row          g N  to point N        d  what holds event time back
  w  until a watermark rises  e    to the end        h  hash of this point
  t  until time fires rows    l    all moments       q  quit
  c  to the next checkpoint

  weir step sql/spend.sql --fixture late_events
  weir step sql/spend.sql --fixture late_events --by timer
  weir step sql/spend.sql --fixture late_events --from 3 --to 5 -o json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.step(cmd.Context(), args[0], f) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.fixture, "fixture", "", "a fixture of the project, or its folder")
	fl.StringVar(&f.by, "by", "", "show where each step ends: row, watermark, timer, checkpoint or moment")
	fl.IntVar(&f.from, "from", 0, "first point to show")
	fl.IntVar(&f.to, "to", -1, "last point to show (default: the end)")
	fl.StringVarP(&f.format, "format", "o", "text", "text or json, an object a line")
	completeWith(cmd, "by", session.StepUnits())
	completeWith(cmd, "format", []string{"text", "json"})
	return cmd
}

func (a *app) step(ctx context.Context, path string, f stepFlags) error {
	if f.format != "text" && f.format != "json" {
		return usageError{fmt.Errorf("-o takes text or json, not %q", f.format)}
	}
	unit, err := session.ParseStepUnit(f.by)
	if err != nil {
		return usageError{err}
	}
	return a.withStepper(ctx, path, f.fixture, func(st *session.Stepper) error {
		w := &walk{app: a, st: st, json: f.format == "json"}
		if f.by != "" || f.to >= 0 || f.from > 0 {
			return w.span(ctx, unit, f.from, f.to)
		}
		return w.commands(ctx)
	})
}

// withStepper begins to walk through a script over a fixture.
func (a *app) withStepper(ctx context.Context, path, fixture string, f func(*session.Stepper) error) error {
	return a.withScript(path, func(s *session.Session, src diag.Source) error {
		set, err := a.fixtureFor(s, src, fixture)
		if err != nil {
			return err
		}
		st, list, err := s.Step(ctx, src, set, nil)
		if err != nil {
			return err
		}
		if a.diagnostics(src, list) {
			return exitError{exitUsage}
		}
		if st == nil {
			return &diag.Diagnostic{Severity: diag.Error, Code: "W0640", File: path, Primary: "the script has no query and no INSERT"}
		}
		defer st.Close()
		return f(st)
	})
}

// walk shows points of a rehearsal.
type walk struct {
	*app
	st   *session.Stepper
	json bool
}

// span shows the points from … to that a step of the unit ends at.
func (w *walk) span(ctx context.Context, unit session.StepUnit, from, to int) error {
	if to < 0 {
		to = len(w.st.Moments())
	}
	for {
		ok, err := w.st.Advance(ctx, unit)
		if err != nil || !ok || w.st.At() > to {
			return err
		}
		if w.st.At() >= from {
			if err := w.show(ctx); err != nil {
				return err
			}
		}
	}
}

// commands reads what to do, a line at a time.
func (w *walk) commands(ctx context.Context) error {
	file, ok := w.in.(*os.File)
	asks := ok && term.IsTerminal(file)
	prompt := func(text string) {
		if asks {
			fmt.Fprint(w.err, text)
		}
	}
	prompt(topology.Count(len(w.st.Moments()), "moment") + ". n next, r row, w watermark, t timer, c checkpoint, b back, g N go, d doctor, h hash, l list, q quit\n")
	in := bufio.NewScanner(w.in)
	for {
		prompt("> ")
		if !in.Scan() || ctx.Err() != nil {
			prompt("\n")
			return in.Err()
		}
		more, err := w.command(ctx, strings.Fields(in.Text()))
		if err != nil || !more {
			return err
		}
	}
}

// command carries out one command; false = quit.
func (w *walk) command(ctx context.Context, words []string) (bool, error) {
	name := "n"
	if len(words) > 0 {
		name = words[0]
	}
	units := map[string]session.StepUnit{"n": session.ByMoment, "r": session.ByRow, "w": session.ByWatermark, "t": session.ByTimer, "c": session.ByCheckpoint}
	if unit, ok := units[name]; ok {
		before := w.st.At()
		found, err := w.st.Advance(ctx, unit)
		if err != nil {
			return false, err
		}
		if w.st.At() == before {
			fmt.Fprintln(w.err, "this is the end; b goes back")
			return true, nil
		}
		if !found {
			fmt.Fprintf(w.err, "there is no further %s; this is the end\n", unit)
		}
		return true, w.show(ctx)
	}
	switch name {
	case "b":
		return true, w.to(ctx, w.st.At()-1)
	case "g":
		n, err := 0, error(nil)
		if len(words) == 2 {
			n, err = strconv.Atoi(words[1])
		}
		if len(words) != 2 || err != nil {
			fmt.Fprintf(w.err, "g takes the number of a point, from 0 to %d\n", len(w.st.Moments()))
			return true, nil
		}
		return true, w.to(ctx, n)
	case "e":
		return true, w.to(ctx, len(w.st.Moments()))
	case "i":
		return true, w.show(ctx)
	case "h":
		h, err := w.st.Hash(ctx)
		fmt.Fprintln(w.out, h)
		return true, err
	case "d":
		for _, line := range w.st.Doctor().Lines() {
			fmt.Fprintln(w.out, line)
		}
		return true, nil
	case "l":
		for i, m := range w.st.Moments() {
			at := "  "
			if i+1 == w.st.At() {
				at = "> "
			}
			fmt.Fprintf(w.out, "%s%4d  %s\n", at, i+1, m)
		}
		return true, nil
	case "q", "quit", "exit":
		return false, nil
	}
	fmt.Fprintf(w.err, "no command %q; n r w t c b g e i d h l q\n", name)
	return true, nil
}

// to goes to a point and shows it.
func (w *walk) to(ctx context.Context, n int) error {
	if err := w.st.Goto(ctx, n); err != nil {
		return err
	}
	return w.show(ctx)
}

// show prints the point that was reached.
func (w *walk) show(ctx context.Context) error {
	p := w.st.Point()
	if w.json {
		hash, err := w.st.Hash(ctx)
		if err != nil {
			return err
		}
		p.Hash = hash
		line, err := json.Marshal(p)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(w.out, string(line))
		return err
	}
	fmt.Fprintf(w.out, "%4d  %s\n", p.At, p.Moment)
	wide := 0
	for _, e := range p.Effects {
		wide = max(wide, len([]rune(e.Operator)))
	}
	for _, e := range p.Effects {
		var lines []string
		for _, row := range e.Rows {
			lines = append(lines, row.Op+" "+row.Text)
		}
		if e.Fired {
			lines[0] += "   fired by time"
		}
		if e.Watermark != "" {
			mark := "watermark " + e.Watermark
			if e.Fired {
				lines = append([]string{mark}, lines...) // rows follow from it
			} else {
				lines = append(lines, mark) // it follows from rows
			}
		}
		name := e.Operator
		for _, line := range lines {
			fmt.Fprintf(w.out, "      %-*s  %s\n", wide, name, line)
			name = ""
		}
	}
	return nil
}
