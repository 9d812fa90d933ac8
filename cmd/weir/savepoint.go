package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/topology"
)

// keepFlags are the flags of `weir run` about state on disk.
type keepFlags struct {
	dir, interval, savepoint, from string
	allowLost                      bool
}

func (f *keepFlags) add(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.dir, "checkpoint-dir", "", "folder to keep a checkpoint of the running stream in")
	fl.StringVar(&f.interval, "checkpoint-interval", "", "time between checkpoints, such as 30s (default: 'execution.checkpointing.interval', then 10s)")
	fl.StringVar(&f.savepoint, "savepoint", "", "suspend the stream into this new folder: at the end of its input, at ctrl+c and SIGTERM")
	fl.StringVar(&f.from, "from", "", "go on from a savepoint, or from the newest checkpoint of a folder")
	fl.BoolVar(&f.allowLost, "allow-non-restored-state", false, "go on even if state of the snapshot is left behind")
}

// keeping is what the flags ask of a run.
func (f *keepFlags) keeping(run runFlags) (k session.Keeping, err error) {
	switch {
	case f.savepoint != "" && run.limit >= 0:
		return k, usageError{errors.New("--limit ends a run in the middle of its rows, where no savepoint can be taken: leave one of the two out")}
	case f.from != "" && run.final:
		return k, usageError{errors.New("--final folds a whole changelog, and a run that goes on with --from gives only what follows")}
	case f.from == "" && f.allowLost:
		return k, usageError{errors.New("--allow-non-restored-state is about --from DIR")}
	case f.dir == "" && f.interval != "":
		return k, usageError{errors.New("--checkpoint-interval is about --checkpoint-dir DIR")}
	}
	k = session.Keeping{Dir: f.dir, Savepoint: f.savepoint, AllowLost: f.allowLost}
	if f.interval != "" {
		if err := k.Every(f.interval); err != nil {
			return k, usageError{err}
		}
	}
	if f.from != "" {
		k.From, err = session.OpenSavepoint(f.from)
	}
	return k, err
}

// announce says what becomes of the state of a snapshot, unless all of it just goes on.
func (a *app) announce(k session.Keeping, plan *session.Plan) error {
	if k.From == nil || plan.Graph == nil {
		return nil
	}
	verdicts, err := k.From.Judge(plan)
	if err != nil {
		return err
	}
	for _, v := range verdicts {
		if v.Verdict != topology.StateKept {
			fmt.Fprintf(a.err, "%s %s: %s\n", v.Name, v.Verdict, v.Reason.Plain())
		}
	}
	return nil
}

// suspending gives the context of a run. One with a savepoint is not stopped by an
// interrupt, but suspended; a second interrupt ends the process.
func (a *app) suspending(ctx context.Context, k session.Keeping) context.Context {
	if k.Savepoint == "" {
		return ctx
	}
	return context.WithoutCancel(ctx)
}

// suspendWhen asks for the savepoint when the command is interrupted.
func (a *app) suspendWhen(ctx context.Context, run *session.Run, k session.Keeping) {
	if k.Savepoint == "" {
		return
	}
	go func() {
		select {
		case <-ctx.Done():
			a.saving.Store(true)
			run.Suspend()
		case <-run.Done():
		}
	}()
}

// kept tells where to go on from.
func (a *app) kept(run *session.Run, k session.Keeping, err error) {
	dir, suspended := run.Kept()
	switch {
	case dir == "":
	case suspended:
		fmt.Fprintf(a.err, "savepoint %s · go on with --from %s\n", dir, dir)
	case err != nil && k.Dir != "":
		fmt.Fprintf(a.err, "checkpoint %s · go on with --from %s\n", dir, k.Dir)
	}
}

func (a *app) savepointCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "savepoint",
		Aliases: []string{"checkpoint"},
		Short:   "Look into savepoints and checkpoints",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var format string
	show := &cobra.Command{
		Use:   "show DIR",
		Short: "Show what a savepoint or checkpoint holds",
		Long: `show tells of what script and when a snapshot was taken, and lists for every operator
what it keeps by which key, how many entries that is, and how far sources were read. It
reads all of the snapshot and checks it against damage.

  weir savepoint show sp/before-release
  weir savepoint show checkpoints          the newest of a folder
  weir plan FILE --against sp/before-release   what a change of the script makes of it`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := session.OpenSavepoint(args[0])
			if err != nil {
				return err
			}
			return a.showSavepoint(s, format)
		},
	}
	show.Flags().StringVarP(&format, "format", "o", "text", "text or json")
	completeWith(show, "format", []string{"text", "json"})
	cmd.AddCommand(show)
	return cmd
}

func (a *app) showSavepoint(s *session.Savepoint, format string) error {
	operators, err := s.Operators()
	if err != nil {
		return err
	}
	switch format {
	case "json":
		text, err := json.MarshalIndent(struct {
			Dir       string                  `json:"dir"`
			Script    string                  `json:"script"`
			Taken     time.Time               `json:"taken"`
			Finished  bool                    `json:"finished"`
			Committed bool                    `json:"committed"`
			Operators []session.OperatorState `json:"operators"`
		}{s.Dir, s.Script, s.Taken, s.Finished, s.Committed, operators}, "", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(a.out, string(text))
		return err
	case "text":
	default:
		return usageError{fmt.Errorf("format is text or json, not %q", format)}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s of %s, taken %s", s.Dir, s.Script, s.Taken.Format("2006-01-02 15:04:05Z07:00"))
	if s.Finished {
		b.WriteString(", at the end of the run")
	}
	if !s.Committed {
		b.WriteString(", not known to be committed")
	}
	b.WriteString("\n")
	for _, o := range operators {
		fmt.Fprintf(&b, "\n%s  %s\n", o.Name, o.UID)
		if len(o.Fields) > 0 {
			fmt.Fprintf(&b, "  %s entries, %s bytes, by (%s)\n", session.Thousands(o.Entries), session.Thousands(o.Bytes), strings.Join(o.Keys, ", "))
			for _, f := range o.Fields {
				fmt.Fprintf(&b, "    %s\n", f)
			}
		}
		if o.Splits > 0 {
			fmt.Fprintf(&b, "  read up to a position in %s\n", topology.Count(o.Splits, "split"))
		}
		if o.Pending > 0 {
			fmt.Fprintf(&b, "  %s prepared\n", topology.Count(o.Pending, "commit"))
		}
	}
	_, err = fmt.Fprint(a.out, b.String())
	return err
}
