package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/dimension"
	"github.com/weir-sql/weir/topology"
)

type rebalanceFlags struct {
	dimension.Uneven
	format string
}

func (a *app) benchRebalanceCommand() *cobra.Command {
	f := rebalanceFlags{}
	cmd := &cobra.Command{
		Use:   "rebalance",
		Short: "Measure dynamic against rebalance with one slow task",
		Long: `rebalance sends a generated stream to tasks that take a given time for a row, one of them several
times as long (the simulated connector as a sink): in turns (rebalance), and to the task that has the
least to do (dynamic).`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.benchRebalance(cmd.Context(), f) },
	}
	fl := cmd.Flags()
	fl.Int64Var(&f.Rows, "rows", 4_000_000, "rows of the stream")
	fl.IntVarP(&f.Workers, "parallelism", "p", 4, "tasks, of which the first is slow")
	fl.DurationVar(&f.PerRow, "time-per-row", 4*time.Microsecond, "how long a row takes")
	fl.Float64Var(&f.Factor, "slow-factor", 4, "how many times as long the slow task takes")
	fl.StringVarP(&f.format, "format", "o", "table", "table or json")
	completeWith(cmd, "format", []string{"table", "json"})
	return cmd
}

func (a *app) benchRebalance(ctx context.Context, f rebalanceFlags) error {
	switch {
	case f.Rows < 1 || f.Workers < 2 || f.PerRow < time.Microsecond || f.Factor < 1:
		return usageError{fmt.Errorf("rows and the time for one (1us and more) are above 0, --parallelism is at least 2, --slow-factor at least 1")}
	case f.format != "table" && f.format != "json":
		return usageError{fmt.Errorf("--format is table or json, not %q", f.format)}
	}
	var runs []*dimension.Spread
	for _, p := range []topology.Partitioner{topology.Rebalance, topology.Dynamic} {
		m, err := f.Run(ctx, p)
		if err != nil {
			return err
		}
		runs = append(runs, m)
	}
	ratio := runs[1].PerSecond / runs[0].PerSecond
	if f.format == "json" {
		e := json.NewEncoder(a.out)
		e.SetIndent("", "  ")
		return e.Encode(map[string]any{"runs": runs, "ratio": ratio})
	}
	fmt.Fprintf(a.out, "%s rows to %d tasks that take %s a row, one of them %g times as long\n\n%-12s %12s %12s\n", session.Thousands(f.Rows), f.Workers, f.PerRow, f.Factor,
		"partitioner", "rows/s", "slow task")
	for _, m := range runs {
		fmt.Fprintf(a.out, "%-12s %12s %11.1f%%\n", m.Partitioner, session.Thousands(int64(m.PerSecond)), 100*m.Slow)
	}
	fmt.Fprintf(a.out, "\ndynamic is %.2f times as fast\n", ratio)
	return nil
}
