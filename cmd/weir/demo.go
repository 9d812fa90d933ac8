package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/topology"
)

func (a *app) demoCommand() *cobra.Command {
	var tui bool
	var example string
	var flags workbenchFlags
	cmd := &cobra.Command{
		Use:   "demo [DIR]",
		Short: "Make the demo project, run it as a stream and as a batch, and compare",
		Long: `demo writes a small project (default ./weir-demo): orders that change, page events out
of order, a user dimension. It fills the embedded Kafka, shows the StreamGraph of one
script, runs that script as a stream from Kafka and as a batch from files, reads both
results back and compares them. With --tui it fills the embedded Kafka and opens the project in the workbench instead.

--example mixed writes another project (default ./weir-mixed) and runs nothing: mix and hybrid tables,
which stand for other tables in each mode, or one after the other. Its README.md says what to try.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := "weir-demo"
			if len(args) > 0 {
				dir = args[0]
			}
			switch example {
			case "shop":
			case "mixed":
				if len(args) == 0 {
					dir = "weir-mixed"
				}
				return a.mixedExample(dir)
			default:
				return usageError{fmt.Errorf("there are the examples shop and mixed, not %q", example)}
			}
			if tui {
				return a.demoWorkbench(cmd, &flags, dir)
			}
			return a.demo(cmd.Context(), dir)
		},
	}
	cmd.Flags().StringVar(&example, "example", "shop", "shop or mixed")
	cmd.Flags().BoolVar(&tui, "tui", false, "open the demo project in the workbench")
	flags.add(cmd)
	return cmd
}

// mixedExample writes the example of mix and hybrid tables.
func (a *app) mixedExample(dir string) error {
	if err := session.WriteMixed(dir); err != nil {
		return err
	}
	fmt.Fprintf(a.out, `example project "mixed" in %[1]s

next:  weir run  %[1]s/sql/load.sql                 fills topics, writes files
       weir plan %[1]s/sql/spend.sql --mode batch   which table a mode reads
       weir run  %[1]s/sql/spend.sql                as a stream, then with --mode batch
       weir run  -C %[1]s -e "SELECT * FROM day_spend" --final
       weir run  %[1]s/sql/campaign.sql --final     30 days of files, then the topic
       weir test -C %[1]s
`, dir)
	return nil
}

// demoWorkbench opens the demo project; one that was made before is opened as it is.
func (a *app) demoWorkbench(cmd *cobra.Command, flags *workbenchFlags, dir string) error {
	if !a.out.TTY() && !flags.plain {
		return usageError{errors.New("the workbench needs a terminal; --plain opens it as lines of text")}
	}
	if _, err := os.Stat(filepath.Join(dir, session.ProjectFile)); err != nil {
		d, err := session.WriteDemo(dir)
		if err != nil {
			return err
		}
		if err := a.fillDemo(cmd.Context(), d, dir); err != nil {
			return err
		}
	}
	flags.atScript = true
	return a.workbench(cmd, flags, []string{dir})
}

// fillDemo fills the topics of a demo project that was just made.
func (a *app) fillDemo(ctx context.Context, d *session.Demo, dir string) error {
	at := *a
	at.dir = dir
	s, err := at.open("")
	if err != nil {
		return err
	}
	return errors.Join(fillTopics(ctx, s, d), s.Close())
}

func fillTopics(ctx context.Context, s *session.Session, d *session.Demo) error {
	load, err := d.Script("load.sql")
	if err != nil {
		return err
	}
	if _, err := s.RunToEnd(ctx, load, session.Stream, nil); err != nil {
		return fmt.Errorf("filling the topics: %w", err)
	}
	return nil
}

// demo tells its story on standard output.
func (a *app) demo(ctx context.Context, dir string) error {
	d, err := session.WriteDemo(dir)
	if err != nil {
		return err
	}
	a.dir = dir
	s, err := a.open("")
	if err != nil {
		return err
	}
	defer s.Close()
	addr, err := s.Broker(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "weir %s · demo project %q in %s · embedded Kafka on %s\n", version, "shop", dir, addr)
	fmt.Fprintf(a.out, "orders       %9s changes of %s orders\n", session.Thousands(int64(d.Rows.OrderChanges)), session.Thousands(int64(d.Rows.Orders)))
	fmt.Fprintf(a.out, "page_events  %9s rows, %s of them out of order\n", session.Thousands(int64(d.Rows.PageEvents)), session.Thousands(int64(d.Rows.OutOfOrder)))
	fmt.Fprintf(a.out, "users        %9s rows\n", session.Thousands(int64(d.Rows.Users)))
	if err := a.demoRun(ctx, s, d); err != nil {
		return err
	}
	tests, err := s.Tests(nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, `
next:  weir %[1]s                                  the workbench: edit, plan, run, test
       weir plan %[1]s/sql/spend.sql --as dag      another drawing of the graph
       weir run  %[1]s/sql/spend.sql --mode stream run it yourself
       weir run  -C %[1]s -e "SELECT * FROM city_spend" --mode batch
       weir test -C %[1]s                          %[2]s, most in both modes
       weir parity %[1]s/sql/spend.sql             where the modes part, and why
`, dir, topology.Count(len(tests), "test"))
	return nil
}

// demoRun loads the topics, shows the graph, runs both modes and compares.
func (a *app) demoRun(ctx context.Context, s *session.Session, d *session.Demo) error {
	if err := fillTopics(ctx, s, d); err != nil {
		return err
	}
	src, err := d.Script("spend.sql")
	if err != nil {
		return err
	}
	plan, list := s.Plan(src, session.Stream)
	if a.diagnostics(src, list) {
		return exitError{exitUsage}
	}
	tree, err := session.Render(plan.Graph, "tree", topology.Options{Width: terminalWidth(), Paint: a.paint()})
	if err != nil {
		return err
	}
	if err := a.out.Styled("\n" + tree + "\n"); err != nil {
		return err
	}
	for _, mode := range []session.Mode{session.Stream, session.Batch} {
		r, err := s.RunToEnd(ctx, src, mode, nil)
		if err != nil {
			return fmt.Errorf("running the %s: %w", mode, err)
		}
		p := r.Progress()
		fmt.Fprintf(a.out, "%-6s %s %s · %v\n", mode, bar(1, 1, 10), p.Line(), p.Elapsed.Round(time.Millisecond))
	}
	return a.demoCompare(ctx, s, plan)
}

// demoCompare reads what both runs wrote and compares the folded rows.
func (a *app) demoCompare(ctx context.Context, s *session.Session, plan *session.Plan) error {
	fmt.Fprintln(a.out)
	differ := false
	for _, o := range plan.Outputs {
		var columns []string
		for _, f := range o.Schema {
			columns = append(columns, f.Name)
		}
		var folds [2]*result.Fold
		for i, mode := range []session.Mode{session.Stream, session.Batch} {
			var err error
			if folds[i], err = s.ReadTable(ctx, o.Table, columns, mode); err != nil {
				return fmt.Errorf("reading back %s (%s): %w", o.Table, mode, err)
			}
		}
		stream, batch := folds[0], folds[1]
		if stream.Digest() == batch.Digest() && stream.Rows() > 0 {
			fmt.Fprintf(a.out, "%-13s folded results equal: %s rows, sha256 %s\n", o.Table, session.Thousands(int64(stream.Rows())), stream.Digest()[:16])
			continue
		}
		differ = true
		fmt.Fprintf(a.out, "%-13s results DIFFER: stream %s rows, batch %s rows\n", o.Table, session.Thousands(int64(stream.Rows())), session.Thousands(int64(batch.Rows())))
		onlyStream, onlyBatch := stream.Diff(batch, 5)
		for _, l := range onlyStream {
			fmt.Fprintf(a.out, "  only stream  %s\n", l)
		}
		for _, l := range onlyBatch {
			fmt.Fprintf(a.out, "  only batch   %s\n", l)
		}
	}
	if differ {
		return exitError{exitAssertion}
	}
	return nil
}
