package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/term"
	"github.com/weir-sql/weir/topology"
	"github.com/weir-sql/weir/tui/styles"
)

// The exit codes, which scripts rely on.
const (
	exitOK          = 0
	exitFailed      = 1   // the query failed
	exitUsage       = 2   // usage, invalid SQL or configuration
	exitConnection  = 3   // a system could not be reached; worth trying again
	exitAssertion   = 4   // an expectation or the parity of two runs did not hold
	exitInterrupted = 130 // ctrl+c
	exitPipe        = 141 // standard output was closed, as by head; what a shell reports of SIGPIPE
)

// app is what every command gets: streams and the flags that all share.
type app struct {
	in       io.Reader
	out, err *term.Writer

	dir        string
	set, vars  []string
	allowPaths []string
	noOverlay  bool
	saving     *atomic.Bool // an interrupted run writes its savepoint, which takes what it takes
}

// exitError carries an exit code whose text has been printed already.
type exitError struct{ code int }

func (e exitError) Error() string { return fmt.Sprintf("exit %d", e.code) }

// run runs one command line and gives its exit code.
func run(args []string, in io.Reader, out, errOut *os.File) int {
	a := &app{in: in, out: term.NewWriter(out), err: term.NewWriter(errOut), saving: new(atomic.Bool)}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	signal.Ignore(syscall.SIGPIPE) // a closed pipe is an error of the write, so that sinks and scratch files are undone
	over := make(chan struct{})
	defer close(over)
	go a.endAtLast(ctx, stop, over)
	root := a.root()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	err := root.ExecuteContext(ctx)
	var coded exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &coded):
		return coded.code
	default:
		return a.fail(ctx, diag.Source{}, err)
	}
}

// patience is how long an interrupted command may take to undo what it has not committed.
const patience = 10 * time.Second

// endAtLast ends the process when it is interrupted and does not end by itself: a second signal kills it at once, and what
// takes no notice (planning minds no context) is not waited for longer than patience.
func (a *app) endAtLast(ctx context.Context, stop func(), over <-chan struct{}) {
	select {
	case <-over:
		return
	case <-ctx.Done():
	}
	stop() // signals have their usual effect again
	for {
		select {
		case <-over:
			return
		case <-time.After(patience):
			if !a.saving.Load() {
				os.Exit(exitInterrupted)
			}
		}
	}
}

func (a *app) root() *cobra.Command {
	var flags workbenchFlags
	root := &cobra.Command{
		Use:   "weir [FOLDER | FILE...]",
		Short: "A terminal-first workbench for unified stream and batch SQL",
		Long: `weir runs one Flink SQL script as a stream or as a batch, shows the StreamGraph it
becomes, and tells where the two disagree. On a terminal, weir alone opens the workbench:
editor, plan, runs and tests of the project at hand.

  weir demo                        see it work, from nothing
  weir plan sql/orders.sql         the StreamGraph of a script
  weir run sql/orders.sql          run it; --mode stream or batch
  weir check sql/*.sql             every problem at its place`,
		SilenceUsage: true, SilenceErrors: true,
		Args: a.scriptsOrCommand,
		RunE: func(cmd *cobra.Command, args []string) error { return a.workbench(cmd, &flags, args) },
	}
	flags.add(root)
	f := root.PersistentFlags()
	f.StringVarP(&a.dir, "project", "C", "", "project directory (default: the script's, then the nearest weir.yaml above)")
	f.StringArrayVar(&a.set, "set", nil, "set a configuration option, key=value (repeatable)")
	f.StringArrayVar(&a.vars, "var", nil, "give a variable of the script, name=value or name:TYPE=value (repeatable)")
	f.StringArrayVar(&a.allowPaths, "allow-path", nil, "let scripts use a folder outside of the project (repeatable)")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(
		a.runCommand(),
		a.checkCommand(),
		a.planCommand(),
		a.savepointCommand(),
		a.publishCommand(),
		a.readyCommand(),
		a.fmtCommand(),
		a.demoCommand(),
		a.topologyCommand(),
		a.diffCommand(),
		a.prCommand(),
		a.whatifCommand(),
		a.testCommand(),
		a.parityCommand(),
		a.stepCommand(),
		a.tapCommand(),
		a.whyCommand(), a.lineageCommand(),
		a.capsuleCommand(),
		a.fixtureCommand(),
		a.doctorCommand(),
		a.configCommand(),
		a.keysCommand(),
		a.connectorsCommand(),
		a.functionsCommand(),
		a.benchCommand(),
		a.versionCommand(),
	)
	return root
}

// usageError is a mistake in the command line.
type usageError struct{ error }

// open opens a session for a script (or a folder).
func (a *app) open(script string) (*session.Session, error) { return a.openGiven(script, nil) }

// openGiven opens a session in which tables have rows that are given.
func (a *app) openGiven(script string, given map[string]*session.Given) (*session.Session, error) {
	dir := a.dir
	if dir == "" {
		dir = "."
		if script != "" && script != "-" {
			dir = filepath.Dir(script)
		}
	}
	o, err := a.options()
	if err != nil {
		return nil, err
	}
	o.Dir, o.Given = dir, given
	return session.Open(o)
}

// options are what the flags that all commands share say of a session; its folder is that of --project.
func (a *app) options() (session.Options, error) {
	config := map[string]string{}
	for _, kv := range a.set {
		k, v, ok := strings.Cut(kv, "=")
		if !ok {
			return session.Options{}, usageError{fmt.Errorf("--set takes key=value, not %q", kv)}
		}
		config[strings.TrimSpace(k)] = strings.TrimSpace(v)
	}
	vars, err := session.ParseVariables(a.vars)
	if err != nil {
		return session.Options{}, usageError{err}
	}
	return session.Options{Dir: a.dir, Config: config, Variables: vars, AllowPaths: a.allowPaths, NoOverlay: a.noOverlay, Stdout: a.out, Stderr: a.err}, nil
}

// diagnostics prints a list to standard error and reports whether it holds an error.
func (a *app) diagnostics(src diag.Source, list diag.List) bool {
	for _, d := range list {
		a.print(src, d)
	}
	return list.HasErrors()
}

// paint colours graphs on a terminal that has colours; nil leaves them alone.
func (a *app) paint() func(topology.Role, string) string {
	if !a.out.TTY() {
		return nil
	}
	return styles.New(os.Stdout).Graph
}

// print prints one diagnostic, cleaned wherever it goes: a log is read in a terminal too.
func (a *app) print(src diag.Source, d *diag.Diagnostic) {
	fmt.Fprint(a.err, term.CleanLines(diag.Print(src, d)))
}

// summary ends a list of diagnostics: "1 error, 2 warnings in 1 file".
func summary(lists []diag.List) string {
	errs, warns := 0, 0
	for _, l := range lists {
		for _, d := range l {
			switch d.Severity {
			case diag.Error:
				errs++
			case diag.Warning:
				warns++
			}
		}
	}
	var parts []string
	if errs > 0 {
		parts = append(parts, topology.Count(errs, "error"))
	}
	if warns > 0 {
		parts = append(parts, topology.Count(warns, "warning"))
	}
	if len(parts) == 0 {
		return "no problems in " + topology.Count(len(lists), "file")
	}
	return strings.Join(parts, ", ") + " in " + topology.Count(len(lists), "file")
}

// fail prints an error as a person reads it and gives the exit code.
func (a *app) fail(ctx context.Context, src diag.Source, err error) int {
	var d *diag.Diagnostic
	var list diag.List
	var usage usageError
	code := exitFailed
	switch {
	case errors.Is(err, syscall.EPIPE): // who reads has seen enough
		return exitPipe
	case ctx.Err() != nil:
		fmt.Fprintln(a.err, "interrupted")
		return exitInterrupted
	case errors.As(err, &list):
		a.diagnostics(src, list)
		return exitUsage
	case errors.As(err, &d):
		a.print(src, d)
		code = codeOf(d)
	case errors.As(err, &usage), isUsage(err):
		fmt.Fprintf(a.err, "weir: %v\n", err)
		fmt.Fprintln(a.err, "   hint: weir --help lists commands and flags")
		return exitUsage
	default:
		fmt.Fprintf(a.err, "weir: %v\n", err)
	}
	if session.IsConnection(err) {
		code = exitConnection
	}
	return code
}

// codeOf gives the exit code of a diagnostic by its family.
func codeOf(d *diag.Diagnostic) int {
	if strings.HasPrefix(string(d.Code), "W05") {
		return exitFailed
	}
	return exitUsage
}

// isUsage recognises cobra's own complaints, which have no type.
func isUsage(err error) bool {
	for _, p := range []string{"unknown command", "unknown flag", "unknown shorthand", "accepts ", "requires ", "invalid argument"} {
		if strings.HasPrefix(err.Error(), p) {
			return true
		}
	}
	return false
}

// withScript opens a session for a script and reads it; diagnostics point into it.
func (a *app) withScript(path string, f func(*session.Session, diag.Source) error) error {
	s, err := a.open(path)
	if err != nil {
		return err
	}
	defer s.Close()
	src, err := s.ReadScript(path, a.in)
	if err != nil {
		return err
	}
	return a.shown(src, f(s, src))
}
