package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/result"
)

// runFlags are the flags of `weir run`.
type runFlags struct {
	mode, format, output string
	execute              string
	final, quiet         bool
	limit                int64
	parallelism          int
	memory               string
	tables               []string
	serve                bool
	job                  string
	keep                 keepFlags
}

func (a *app) runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run FILE|-",
		Short: "Run a script as a stream or as a batch",
		Long: `run executes every query and INSERT of a script. Rows of SELECTs go to standard
output, everything else to standard error.

  weir run orders.sql --mode batch -o csv > result.csv
  weir run -e "SELECT 1 + 1 AS two"
  echo "SELECT …" | weir run - --mode stream -o jsonl --final

As a stream a query gives its changelog (+I -U +U -D) as it happens; --final folds it
into the final rows. As a batch it gives final rows.

For programs, -o json prints one object with the outcome, the columns, the changelog and the
final rows; --table NAME=rows.jsonl gives a table rows in the place of its connector's; and
--serve answers a request a line (docs/scripting.md).

State of a stream can be kept on disk, and a run go on from there as if it had not stopped:

  weir run job.sql --checkpoint-dir chk            survives being killed
  weir run job.sql --checkpoint-dir chk --from chk   … and goes on
  weir run job.sql --savepoint sp/monday           ctrl+c suspends it into sp/monday
  weir run job.sql --from sp/monday`,
		Args: func(cmd *cobra.Command, args []string) error {
			if f.execute != "" || f.serve || f.job != "" {
				return cobra.NoArgs(cmd, args)
			}
			if len(args) != 1 {
				return usageError{fmt.Errorf("run takes one script, - for standard input, or -e SQL")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.run(cmd.Context(), args, f) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.mode, "mode", "", "stream or batch (default: SET 'execution.runtime-mode', the project's, then stream)")
	fl.StringVarP(&f.format, "format", "o", "", "table, jsonl, json, csv, md, arrow or parquet (default table)")
	fl.StringVar(&f.output, "output", "", "write to a file, or to a folder with a file for each output")
	fl.StringVarP(&f.execute, "execute", "e", "", "run this SQL instead of a file")
	fl.BoolVar(&f.final, "final", false, "fold the changelog into its final rows")
	fl.BoolVarP(&f.quiet, "quiet", "q", false, "no progress and no closing line")
	fl.Int64Var(&f.limit, "limit", -1, "stop after so many rows of a SELECT")
	fl.IntVarP(&f.parallelism, "parallelism", "p", 0, "default parallelism of operators")
	fl.StringVar(&f.memory, "memory", "", "memory that operators may use before they spill to disk, such as 512mb")
	fl.StringArrayVar(&f.tables, "table", nil, "NAME=rows.jsonl: rows that stand for what the table's connector would read (repeatable)")
	fl.BoolVar(&f.serve, "serve", false, "answer requests, one JSON object a line, from standard input")
	fl.StringVar(&f.job, "job", "", "run a published job: its script, mode, parallelism, start, sinks and overlay (see weir publish)")
	f.keep.add(cmd)
	a.overlayFlag(cmd)
	var names []string
	for _, x := range result.Formats() {
		names = append(names, x.Name)
	}
	completeWith(cmd, "format", names)
	completeWith(cmd, "mode", []string{"stream", "batch"})
	return cmd
}

func (a *app) run(ctx context.Context, args []string, f runFlags) error {
	if f.serve {
		return a.serve(ctx)
	}
	path := ""
	if len(args) > 0 {
		path = args[0]
	}
	given, err := givenTables(f.tables)
	if err != nil {
		return err
	}
	s, err := a.openRun(&path, given, &f)
	if err != nil {
		return err
	}
	defer s.Close()
	src := diag.Source{Name: "-e", Text: f.execute}
	if f.execute == "" {
		if src, err = s.ReadScript(path, a.in); err != nil {
			return err
		}
	}
	mode, err := s.ModeFor(f.mode, src)
	if err != nil {
		return usageError{err}
	}
	if err := s.Tune(f.parallelism, f.memory); err != nil {
		return usageError{err}
	}
	if f.format == "json" && f.output == "" {
		if f.keep != (keepFlags{}) {
			return usageError{errors.New("-o json gives the answer of a whole run: checkpoints, savepoints and --from go with the other formats")}
		}
		return a.answer(ctx, s, src, mode, f)
	}
	plan, list := s.Plan(src, mode)
	if a.diagnostics(src, list) {
		return exitError{exitUsage}
	}
	keep, err := f.keep.keeping(f)
	if err != nil {
		return err
	}
	if err := a.announce(keep, plan); err != nil {
		return err
	}
	out, err := a.outputs(plan, f)
	if err != nil {
		return err
	}
	if err := out.commands(plan); err != nil {
		return err
	}
	closing, err := a.execute(ctx, s, plan, out, f, keep)
	if err != nil {
		if cerr := out.discard(); cerr != nil && err == nil {
			err = cerr
		}
		return exitError{a.fail(ctx, src, err)}
	}
	if err := out.close(); err != nil {
		return err
	}
	if closing != "" && !f.quiet && a.err.TTY() {
		fmt.Fprintln(a.err, closing)
	}
	return nil
}

// openRun opens the session of a run. A job gives the script, the mode and where state is kept, unless flags do.
func (a *app) openRun(path *string, given map[string]*session.Given, f *runFlags) (*session.Session, error) {
	if f.job == "" {
		return a.openGiven(*path, given)
	}
	if f.execute != "" {
		return nil, usageError{errors.New("--job names a script of its own: leave -e out")}
	}
	o, err := a.options()
	if err != nil {
		return nil, err
	}
	o.Given = given
	s, j, err := session.OpenJob(f.job, o)
	if err != nil {
		return nil, err
	}
	if f.mode != "" && f.mode != j.Mode {
		return nil, errors.Join(usageError{fmt.Errorf("the job runs as a %s, not as a %s: its other half is in a file of its own", j.Mode, f.mode)}, s.Close())
	}
	*path, f.mode = s.JobScript(j), j.Mode
	if j.Checkpoint.Dir != "" && f.keep.dir == "" {
		f.keep.dir = filepath.Join(s.Project.Dir, j.Checkpoint.Dir)
		if f.keep.interval == "" {
			f.keep.interval = j.Checkpoint.Interval
		}
		if kept, _ := os.ReadDir(f.keep.dir); len(kept) > 0 && f.keep.from == "" { // it begins if there is nothing to go on from
			f.keep.from = f.keep.dir
		}
	}
	return s, nil
}

// givenTables reads the files of --table NAME=FILE.
func givenTables(flags []string) (map[string]*session.Given, error) {
	given := map[string]*session.Given{}
	for _, nf := range flags {
		name, file, ok := strings.Cut(nf, "=")
		if !ok || name == "" || file == "" {
			return nil, usageError{fmt.Errorf("--table takes NAME=rows.jsonl, not %q", nf)}
		}
		g, err := session.ReadGiven(file, file)
		if err != nil {
			return nil, err
		}
		given[name] = g
	}
	return given, nil
}

// answer runs a script and prints one object that says everything.
func (a *app) answer(ctx context.Context, s *session.Session, src diag.Source, mode session.Mode, f runFlags) error {
	answer := s.Answer(ctx, src, mode, session.AnswerOptions{Limit: f.limit})
	if _, err := a.out.Write(append(answer.AppendJSON(nil), '\n')); err != nil {
		return err
	}
	if of, list := answer.Diagnostics(); a.diagnostics(of, list) {
		return exitError{exitUsage}
	}
	if err := answer.Err(); err != nil {
		code := a.fail(ctx, src, err)
		if code == exitUsage {
			code = exitFailed // rows that do not fit their table
		}
		return exitError{code}
	}
	return nil
}

// execute runs the plan's job, if there is one, with progress on the way, and gives
// the closing line.
func (a *app) execute(ctx context.Context, s *session.Session, plan *session.Plan, out *outputs, f runFlags, keep session.Keeping) (closing string, err error) {
	if plan.Graph == nil {
		return "", nil
	}
	bar := &progress{w: a.err}
	a.out.Before(bar.clear)
	run, err := s.Run(a.suspending(ctx, keep), plan, session.RunOptions{Result: out.writer, Limit: f.limit, Keep: keep})
	if errors.Is(err, session.ErrFinished) {
		fmt.Fprintf(a.err, "%s: %v\n", keep.From.Dir, err)
		return "", nil
	}
	if err != nil {
		return "", err
	}
	a.suspendWhen(ctx, run, keep)
	if !f.quiet && a.err.TTY() {
		bar.watch(run)
	}
	err = run.Wait()
	bar.stop()
	a.out.Before(nil)
	a.kept(run, keep, err)
	if errors.Is(err, session.ErrLimit) {
		err = nil
	}
	return run.Summary(), err
}

// outputs are where the rows of SELECTs go.
type outputs struct {
	app    *app
	format result.Format
	flags  runFlags
	plan   *session.Plan
	mu     sync.Mutex // rows of several outputs come from several tasks
	all    []*output
}

// output is one SELECT's.
type output struct {
	writer result.Writer
	file   *os.File
	path   string // final name of file
}

func (a *app) outputs(plan *session.Plan, f runFlags) (*outputs, error) {
	name := f.format
	if name == "" {
		name = "table"
		if ext := strings.TrimPrefix(filepath.Ext(f.output), "."); ext != "" {
			name = ext
		}
	}
	format, err := result.FormatNamed(name)
	if err != nil {
		return nil, err
	}
	several := len(plan.Selects()) > 1
	switch {
	case f.output == "" && format.Binary && a.out.TTY():
		return nil, usageError{fmt.Errorf("%s is not for a terminal: redirect it or use --output FILE", format.Name)}
	case several && filepath.Ext(f.output) == "."+format.Name:
		return nil, usageError{fmt.Errorf("the script has %d queries and %s would hold one result: name a folder", len(plan.Selects()), f.output)}
	case f.output == "" && format.Single && several:
		return nil, usageError{fmt.Errorf("the script has %d queries and %s holds one result: use --output FOLDER, or -o jsonl", len(plan.Selects()), format.Name)}
	}
	return &outputs{app: a, format: format, flags: f, plan: plan}, nil
}

// commands prints what SHOW, DESCRIBE and EXPLAIN statements give. Where standard output holds one document, a SELECT's,
// they go to standard error as tables.
func (o *outputs) commands(plan *session.Plan) error {
	format, to := o.format, o.app.out
	if format.Single && len(plan.Selects()) > 0 && o.flags.output == "" {
		var err error
		if format, err = result.FormatNamed("table"); err != nil {
			return err
		}
		to = o.app.err
	}
	for _, c := range plan.Commands {
		if text := c.Text; text != "" && (format.Name == "table" || format.Name == "md") {
			if format.Name == "md" {
				text = "```\n" + text + "\n```"
			}
			if _, err := fmt.Fprintln(to, text); err != nil {
				return err
			}
			continue
		}
		if c.Rows == nil {
			continue
		}
		opts := result.Options{Output: c.Name, Schema: c.Schema}
		if to.TTY() {
			opts.Width = terminalWidth()
		}
		w, err := format.New(to, opts)
		if err != nil {
			return err
		}
		if err := errors.Join(w.Write(c.Rows), w.Close()); err != nil {
			return err
		}
	}
	return nil
}

// writer makes the writer of one SELECT.
func (o *outputs) writer(q session.Output) (result.Writer, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := &output{}
	var w io.Writer = o.app.out
	if o.flags.output != "" {
		if err := out.create(o.flags.output, q.Name, o.format.Name, len(o.plan.Selects()) > 1); err != nil {
			return nil, err
		}
		w = out.file
	}
	changelog := o.plan.Mode == session.Stream && !o.flags.final
	opts := result.Options{Output: q.Name, Schema: q.Schema, Changelog: changelog,
		Several: len(o.plan.Selects()) > 1 && o.flags.output == ""}
	opts.Zone = o.plan.Zone
	if o.app.out.TTY() {
		opts.Width = terminalWidth()
	}
	rw, err := o.format.New(w, opts)
	if err != nil {
		return nil, err
	}
	if o.flags.final && o.plan.Mode == session.Stream {
		rw = result.NewFold(q.Schema, q.UpsertKey, rw)
	}
	out.writer = rw
	o.all = append(o.all, out)
	return result.Locked(rw, &o.mu), nil
}

// create opens the file of an output under a temporary name; close gives it its own,
// so that a failed run leaves nothing half-written.
func (out *output) create(path, name, ext string, several bool) error {
	if info, err := os.Stat(path); several || err == nil && info.IsDir() || strings.HasSuffix(path, string(filepath.Separator)) {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return err
		}
		path = filepath.Join(path, name+"."+ext)
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".weir-*")
	if err != nil {
		return err
	}
	out.file, out.path = file, path
	return nil
}

// close ends every document and gives files their names.
func (o *outputs) close() error {
	for _, out := range o.all {
		if err := out.writer.Close(); err != nil {
			return errors.Join(err, o.discard())
		}
		if out.file == nil {
			continue
		}
		if err := errors.Join(out.file.Sync(), out.file.Chmod(0o644), out.file.Close()); err != nil {
			return err
		}
		if err := os.Rename(out.file.Name(), out.path); err != nil {
			return err
		}
	}
	return nil
}

// discard shows what rows there are on a stream and removes files.
func (o *outputs) discard() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, out := range o.all {
		if out.file != nil {
			_ = out.file.Close()
			_ = os.Remove(out.file.Name()) // best effort: the run's error is the one to report
			continue
		}
		if err := out.writer.Flush(); err != nil {
			return err
		}
	}
	return nil
}
