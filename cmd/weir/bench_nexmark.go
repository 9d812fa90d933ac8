package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/session/nexmark"
)

type nexmarkFlags struct {
	queries     string
	events      int64
	parallelism int
	source      string
	mode        string
	format      string
	brokers     string
	pushdown    bool
	noChecksum  bool
	child       string // what a child process does: run or checksum
	dir         string // of a child
	options     string // of a child's source, as JSON
}

func (a *app) benchNexmarkCommand() *cobra.Command {
	var f nexmarkFlags
	cmd := &cobra.Command{
		Use:   "nexmark",
		Short: "Run the Nexmark queries and measure each in a process of its own",
		Long: `nexmark runs the queries q0 to q23 over the events of the nexmark connector. Every query is run
in a process of its own, whose processor time and peak memory are the figures; a second process
computes the checksum of the final rows and is not measured.

The ratios are to figures of Apache Flink that were taken elsewhere (docs/performance.md), not in
this run.`,
		Example: "  weir bench nexmark --queries q0,q5 --events 10000000 --parallelism 2\n  weir bench nexmark --source kafka --brokers localhost:9092 -o json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.child != "" {
				return a.nexmarkChild(cmd.Context(), f)
			}
			return a.benchNexmark(cmd.Context(), f)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.queries, "queries", "", "queries to run, such as q0,q5 (default all)")
	fl.Int64Var(&f.events, "events", 10_000_000, "number of events")
	fl.IntVarP(&f.parallelism, "parallelism", "p", 2, "parallelism of operators")
	fl.StringVar(&f.source, "source", "generator", "where events come from: generator, file (JSON lines) or kafka (JSON)")
	fl.StringVar(&f.mode, "mode", "stream", "stream or batch")
	fl.StringVarP(&f.format, "format", "o", "table", "table or json")
	fl.StringVar(&f.brokers, "brokers", "", "Kafka to put the events into (default: the one inside weir, run by the parent process)")
	fl.BoolVar(&f.pushdown, "projection-pushdown", false, "generate only what a query reads; figures taken so are marked")
	fl.BoolVar(&f.noChecksum, "no-checksum", false, "leave out the second run of each query")
	fl.StringVar(&f.child, "child", "", "")
	fl.StringVar(&f.dir, "child-dir", "", "")
	fl.StringVar(&f.options, "child-options", "", "")
	for _, name := range []string{"child", "child-dir", "child-options"} {
		_ = fl.MarkHidden(name) // it was just declared
	}
	completeWith(cmd, "source", []string{"generator", "file", "kafka"})
	completeWith(cmd, "mode", []string{"stream", "batch"})
	completeWith(cmd, "format", []string{"table", "json"})
	return cmd
}

// nexmarkResult is the measurement of one query. The names of the JSON keys are fixed.
type nexmarkResult struct {
	Query           string  `json:"query"`
	Events          int64   `json:"events"`
	WallSeconds     float64 `json:"wall_seconds"`
	CoreSeconds     float64 `json:"core_seconds_per_million"`
	EventsPerSecond float64 `json:"events_per_second"`
	PeakRSS         int64   `json:"rss_bytes"`
	Checksum        string  `json:"checksum"`
	Source          string  `json:"source"`
	Mode            string  `json:"mode"`
	Parallelism     int     `json:"parallelism"`
	Pushdown        bool    `json:"projection_pushdown,omitempty"`
}

// benchNexmark prepares the source, then measures query after query.
func (a *app) benchNexmark(ctx context.Context, f nexmarkFlags) error {
	queries, err := nexmark.Select(f.queries)
	if err != nil {
		return usageError{err}
	}
	switch {
	case f.events < 1:
		return usageError{fmt.Errorf("--events is a number above 0, not %d", f.events)}
	case f.parallelism < 1:
		return usageError{fmt.Errorf("--parallelism is a number above 0, not %d", f.parallelism)}
	case f.format != "table" && f.format != "json":
		return usageError{fmt.Errorf("--format is table or json, not %q", f.format)}
	case f.mode != string(session.Stream) && f.mode != string(session.Batch):
		return usageError{fmt.Errorf("--mode is stream or batch, not %q", f.mode)}
	case f.pushdown && f.source != "generator":
		return usageError{errors.New("--projection-pushdown is the generator's")}
	}
	dir, err := os.MkdirTemp("", "weir-nexmark-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := nexmark.Prepare(dir); err != nil {
		return err
	}
	s, err := session.Open(session.Options{Dir: dir, Config: map[string]string{}, AllowPaths: []string{dir}, NoOverlay: true})
	if err != nil {
		return err
	}
	defer s.Close()
	from, err := a.nexmarkSource(ctx, s, f, dir)
	if err != nil {
		return err
	}
	report := &nexmarkReport{out: a.out, json: f.format == "json", flags: f}
	if err := report.head(); err != nil {
		return err
	}
	for _, q := range queries {
		r, err := measureNexmark(ctx, q, f, from, dir)
		if err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
		if err := report.row(r); err != nil {
			return err
		}
		if err := os.RemoveAll(filepath.Join(dir, q)); err != nil { // what q10 wrote
			return err
		}
	}
	return report.foot()
}

// nexmarkSource makes the source, with the events in it.
func (a *app) nexmarkSource(ctx context.Context, s *session.Session, f nexmarkFlags, dir string) (nexmark.Source, error) {
	var from nexmark.Source
	switch f.source {
	case "generator":
		return nexmark.Generator(f.events, f.pushdown), nil
	case "file":
		from = nexmark.File(filepath.Join(dir, "events"))
	case "kafka":
		brokers := f.brokers
		if brokers == "" {
			var err error
			if brokers, err = s.Broker(ctx); err != nil {
				return from, err
			}
		}
		from = nexmark.Kafka(brokers, "nexmark-"+strconv.FormatInt(time.Now().UnixMilli(), 36))
	default:
		return from, usageError{fmt.Errorf("--source is generator, file or kafka, not %q", f.source)}
	}
	if a.err.TTY() {
		fmt.Fprintf(a.err, "writing %s events for --source %s\n", session.Thousands(f.events), f.source)
	}
	return from, nexmark.Load(ctx, s, f.events, from)
}

// measureNexmark runs a query in a process of its own.
func measureNexmark(ctx context.Context, query string, f nexmarkFlags, from nexmark.Source, dir string) (*nexmarkResult, error) {
	wall, state, err := nexmarkProcess(ctx, "run", query, f, from, dir)
	if err != nil {
		return nil, err
	}
	seconds, err := strconv.ParseFloat(wall, 64)
	if err != nil {
		return nil, fmt.Errorf("the child process said %q", wall)
	}
	r := &nexmarkResult{Query: query, Events: f.events, WallSeconds: seconds, PeakRSS: peakRSS(state), Source: f.source, Mode: f.mode,
		Parallelism: f.parallelism, Pushdown: f.pushdown,
		CoreSeconds:     (state.UserTime() + state.SystemTime()).Seconds() / float64(f.events) * 1e6,
		EventsPerSecond: float64(f.events) / max(seconds, 1e-9)}
	if !f.noChecksum {
		r.Checksum, _, err = nexmarkProcess(ctx, "checksum", query, f, from, dir)
	}
	return r, err
}

// nexmarkProcess starts weir anew for one query, waits for it and gives what it printed.
func nexmarkProcess(ctx context.Context, what, query string, f nexmarkFlags, from nexmark.Source, dir string) (string, *os.ProcessState, error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	options, err := json.Marshal(from.Options)
	if err != nil {
		return "", nil, err
	}
	cmd := exec.CommandContext(ctx, self, "bench", "nexmark", "--child", what, "--queries", query, "--child-dir", dir, "--child-options", string(options),
		"--parallelism", strconv.Itoa(f.parallelism), "--mode", f.mode)
	var out, problem bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &problem
	if err := cmd.Run(); err != nil {
		if text := strings.TrimSpace(problem.String()); text != "" {
			err = errors.New(strings.TrimPrefix(text, "weir: "))
		}
		return "", nil, err
	}
	return strings.TrimSpace(out.String()), cmd.ProcessState, nil
}

// nexmarkChild is the process of one query.
func (a *app) nexmarkChild(ctx context.Context, f nexmarkFlags) error {
	var from nexmark.Source
	if err := json.Unmarshal([]byte(f.options), &from.Options); err != nil {
		return usageError{fmt.Errorf("--child-options: %w", err)}
	}
	task := nexmark.Task{Query: f.queries, From: from, Dir: f.dir, Mode: session.Mode(f.mode), Parallelism: f.parallelism}
	if f.child == "checksum" {
		sum, err := task.Checksum(ctx)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(a.out, sum)
		return err
	}
	took, err := task.Run(ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.out, took.Seconds())
	return err
}
