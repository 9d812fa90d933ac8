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

type lookupFlags struct {
	dimension.Lookups
	format string
}

func (a *app) benchLookupCommand() *cobra.Command {
	f := lookupFlags{}
	cmd := &cobra.Command{
		Use:   "lookup",
		Short: "Measure a dimension join: forward, rebalance and hash",
		Long: `lookup joins a generated stream to a dimension table in a store whose round trip takes a given
time and whose rows do not fit into a task's cache (the simulated connector, asked as Redis would be).
It does so once for each way in which rows can get to the tasks of the join: forward, where the join
has as many tasks as the stream has partitions; rebalance, over all workers; hash, by the key of the
lookup, so that each cache holds its own share of the table. Further runs ask for one key at a time,
draw keys by Zipf's law (exponent 1), and join with a cache that holds the whole table.`,
		Example: "  weir bench lookup\n  weir bench lookup --rows 100000000 --round-trip 2ms -o json",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.benchLookup(cmd.Context(), f) },
	}
	fl := cmd.Flags()
	fl.Int64Var(&f.Rows, "rows", 10_000_000, "rows of the stream")
	fl.Int64Var(&f.Keys, "keys", 10_000, "rows of the dimension")
	fl.Int64Var(&f.Cache, "cache", 1_000, "keys that a task's cache holds")
	fl.DurationVar(&f.RoundTrip, "round-trip", time.Millisecond, "how long a request takes")
	fl.IntVar(&f.Partitions, "partitions", 2, "partitions of the stream")
	fl.IntVarP(&f.Workers, "parallelism", "p", 8, "tasks of the join")
	fl.IntVar(&f.BatchSize, "batch-size", 32, "keys a request")
	fl.IntVar(&f.InFlight, "in-flight", 4, "requests a task has under way")
	fl.BoolVar(&f.Ordered, "ordered", false, "keep the order of the rows")
	fl.StringVarP(&f.format, "format", "o", "table", "table or json")
	completeWith(cmd, "format", []string{"table", "json"})
	return cmd
}

// lookupRuns are the runs of the experiment, in order.
func (f lookupFlags) runs() []lookupRun {
	forward := dimension.Strategy{Name: "forward", Partitioner: topology.Forward}
	rebalance := dimension.Strategy{Name: "rebalance", Partitioner: topology.Rebalance}
	hash := dimension.Strategy{Name: "hash", Partitioner: topology.Hash, SplitHot: true}
	plain := dimension.Strategy{Name: "hash, hot keys together", Partitioner: topology.Hash}
	zipf := func(s dimension.Strategy) dimension.Strategy { s.Skewed = true; return s }
	single, warm := f.Lookups, f.Lookups
	single.Name, single.BatchSize, single.Rows = "one key a request", 1, max(1, f.Rows/50)
	warm.Name, warm.Cache = "warm cache", f.Keys
	return []lookupRun{{f.Lookups, forward}, {f.Lookups, rebalance}, {f.Lookups, hash}, {single, rebalance},
		{f.Lookups, zipf(rebalance)}, {f.Lookups, zipf(plain)}, {f.Lookups, zipf(hash)}, {warm, forward}}
}

type lookupRun struct {
	x dimension.Lookups
	s dimension.Strategy
}

func (f lookupFlags) check() error {
	for name, n := range map[string]int64{"rows": f.Rows, "keys": f.Keys, "cache": f.Cache, "partitions": int64(f.Partitions),
		"parallelism": int64(f.Workers), "batch-size": int64(f.BatchSize), "in-flight": int64(f.InFlight)} {
		if n < 1 {
			return usageError{fmt.Errorf("--%s is a number above 0, not %d", name, n)}
		}
	}
	switch {
	case f.RoundTrip < 0:
		return usageError{fmt.Errorf("--round-trip is a time such as 1ms, not %s", f.RoundTrip)}
	case f.format != "table" && f.format != "json":
		return usageError{fmt.Errorf("--format is table or json, not %q", f.format)}
	}
	return nil
}

const lookupRow = "%-24s %-8s %12s %6s %12s %12s %10s %14s\n"

func (a *app) benchLookup(ctx context.Context, f lookupFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	table := f.format == "table"
	if table {
		fmt.Fprintf(a.out, "%s rows joined to %s in a store %s away; %d partitions, %d workers with %s cached keys and %d requests of %d keys under way each\n\n",
			session.Thousands(f.Rows), session.Thousands(f.Keys), f.RoundTrip, f.Partitions, f.Workers, session.Thousands(f.Cache), f.InFlight, f.BatchSize)
		fmt.Fprintf(a.out, lookupRow, "strategy", "keys", "rows", "tasks", "rows/s", "rows/core-s", "hit ratio", "remote calls")
	}
	report := lookupReport{Settings: f.Lookups}
	for _, r := range f.runs() {
		used := session.CPUTime()
		m, err := r.x.Run(ctx, r.s)
		if err != nil {
			return err
		}
		m.CoreTime = (session.CPUTime() - used).Seconds()
		if r.x.Name != "" {
			m.Strategy += ", " + r.x.Name
		}
		report.Runs = append(report.Runs, m)
		if table {
			fmt.Fprintf(a.out, lookupRow, m.Strategy, m.Keys, session.Thousands(m.Rows), fmt.Sprint(m.Tasks), session.Thousands(int64(m.PerSecond)),
				session.Thousands(int64(m.PerCore())), fmt.Sprintf("%.4f", m.HitRatio), session.Thousands(m.Requests))
		}
	}
	report.compare()
	if !table {
		e := json.NewEncoder(a.out)
		e.SetIndent("", "  ")
		return e.Encode(report)
	}
	fmt.Fprintln(a.out)
	for _, r := range report.Ratios {
		fmt.Fprintf(a.out, "%-52s %8.2f\n", r.What, r.Ratio)
	}
	return nil
}

// lookupReport is all that -o json prints.
type lookupReport struct {
	Settings dimension.Lookups   `json:"settings"`
	Runs     []*dimension.Lookup `json:"runs"`
	Ratios   []lookupRatio       `json:"ratios"`
}

type lookupRatio struct {
	What  string  `json:"what"`
	Ratio float64 `json:"ratio"`
}

// compare adds the ratios that the experiment is about. The runs are those of lookupFlags.runs.
func (r *lookupReport) compare() {
	forward, rebalance, hash, single, zipfEven, zipfPlain, zipfSplit, warm := r.Runs[0], r.Runs[1], r.Runs[2], r.Runs[3], r.Runs[4], r.Runs[5], r.Runs[6], r.Runs[7]
	add := func(what string, x, y float64) { r.Ratios = append(r.Ratios, lookupRatio{what, x / max(y, 1e-9)}) }
	add("rows/s, rebalance to forward", rebalance.PerSecond, forward.PerSecond)
	add("rows/s, hash to rebalance", hash.PerSecond, rebalance.PerSecond)
	add("remote calls, rebalance to hash", float64(rebalance.Requests), float64(hash.Requests))
	add("hit ratio, hash to parallelism x forward", hash.HitRatio, float64(hash.Tasks)*forward.HitRatio)
	add("rows/s, batches to one key a request", rebalance.PerSecond, single.PerSecond)
	add("zipf: rows/s, hash to rebalance", zipfSplit.PerSecond, zipfEven.PerSecond)
	add("zipf: rows/s, hash with hot keys split to together", zipfSplit.PerSecond, zipfPlain.PerSecond)
	add("warm cache: million lookups a core-second", warm.PerCore(), 1e6)
}
