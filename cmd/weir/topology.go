package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/session"
	"github.com/weir-sql/weir/topology"
)

// overlayFlag adds --no-overlay to a command that plans scripts.
func (a *app) overlayFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&a.noOverlay, "no-overlay", false, "leave the edits of the script's .topology.yaml out")
}

func (a *app) topologyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "topology",
		Aliases: []string{"topo"},
		Short:   "Edit the StreamGraph of a script",
		Long: `topology shows and edits what SQL cannot say of one operator: parallelism, chaining,
slot group, uid, state TTL, resources and how its rows are partitioned. Edits are kept
beside the script, orders.topology.yaml for orders.sql, in a file to be reviewed; plan
and run apply them. An edit that could lose rows, mix up updates or part keys from their
state is refused, with the reason and what would be legal instead.

  weir topology get sql/spend.sql                                      operators and what is legal
  weir topology set sql/spend.sql lookup-users --parallelism 8 --in hash
  weir topology set sql/spend.sql agg-city --ttl 36h --slot-group heavy
  weir topology unset sql/spend.sql lookup-users in                    one field
  weir topology unset sql/spend.sql lookup-users                       all of them
  weir topology lint sql/*.sql                                         for CI
  weir topology apply sql/spend.sql edits.yaml                         all edits of a file, or none

Operators are named as weir plan shows them, or by uid, or by anchor. Exit codes: 0 done,
2 refused or not understood.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.topologyGet(), a.topologySet(), a.topologyUnset(), a.topologyLint(), a.topologyApply(), a.topologySchema())
	return cmd
}

// openTopology opens the topology of a script; problems have been printed if it gives an
// exitError.
func (a *app) openTopology(path, mode string) (*session.Topology, error) {
	s, err := a.open(path)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	src, err := s.ReadScript(path, a.in)
	if err != nil {
		return nil, err
	}
	m, err := s.ModeFor(mode, src)
	if err != nil {
		return nil, usageError{err}
	}
	t, list := s.Topology(src, m)
	if t == nil {
		a.diagnostics(src, list)
		return nil, exitError{exitUsage}
	}
	if mode == "" {
		t.Problems = append(t.Problems, t.JudgeBoth()...)
	}
	return t, nil
}

// settle prints the verdict on a change and saves it.
func (a *app) settle(t *session.Topology, c *session.TopologyChange, list diag.List, dryRun bool) error {
	if c == nil {
		a.diagnostics(diag.Source{}, list)
		return exitError{exitUsage}
	}
	a.diagnostics(t.Script, list)
	fmt.Fprint(a.out, changeText(c))
	if dryRun {
		fmt.Fprintf(a.out, "nothing written: --dry-run\n")
		return nil
	}
	return c.Save()
}

// changeText is what a change does, an operator a line, and what it costs.
func changeText(c *session.TopologyChange) string {
	if c.Diff.Empty() {
		return c.Path() + ": no change to the StreamGraph\n"
	}
	var b strings.Builder
	for _, l := range topology.EditLines(c.Diff, c.After) {
		if !strings.HasPrefix(l, " ") {
			l = c.Path() + ": " + l
		}
		b.WriteString(l + "\n")
	}
	fmt.Fprintf(&b, "   %s\n", c.Diff.Cost())
	return b.String()
}

func (a *app) topologyGet() *cobra.Command {
	var mode, format string
	cmd := &cobra.Command{
		Use:   "get FILE [OPERATOR]",
		Short: "Show operators, how they are set, and what may be chosen instead",
		Args:  cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := a.openTopology(args[0], mode)
			if err != nil {
				return err
			}
			a.diagnostics(t.Script, t.Problems)
			only := topology.NodeID(-1)
			if len(args) > 1 {
				n, err := t.Find(args[1])
				if err != nil {
					return err
				}
				only = n.ID
			}
			settings, err := t.Graph.Settings(t.Planned)
			if err != nil {
				return err
			}
			settings = slices.DeleteFunc(settings, func(s topology.Setting) bool { return only >= 0 && s.ID != only })
			switch format {
			case "json":
				text, err := json.MarshalIndent(settings, "", "  ")
				if err != nil {
					return err
				}
				fmt.Fprintf(a.out, "%s\n", text)
			case "text":
				fmt.Fprint(a.out, topology.RenderSettings(settings))
			default:
				return usageError{fmt.Errorf("format is text or json, not %q", format)}
			}
			if t.Problems.HasErrors() {
				return exitError{exitUsage}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&mode, "mode", "", "stream or batch")
	cmd.Flags().StringVarP(&format, "format", "o", "text", "text or json")
	completeWith(cmd, "format", []string{"text", "json"})
	completeWith(cmd, "mode", []string{"stream", "batch"})
	return cmd
}

// setFlags are the fields of an edit as one types them.
type setFlags struct {
	mode, uid, chaining, group, ttl, in string
	parallelism, maxParallelism, memory int
	cpu                                 float64
	inputs                              []string
	anchor, dryRun                      bool
}

func (a *app) topologySet() *cobra.Command {
	var f setFlags
	cmd := &cobra.Command{
		Use:   "set FILE OPERATOR",
		Short: "Edit one operator, if that is legal",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			edit, err := f.edit(cmd)
			if err != nil {
				return usageError{err}
			}
			t, err := a.openTopology(args[0], f.mode)
			if err != nil {
				return err
			}
			c, list := t.Set(args[1], edit, f.anchor)
			return a.settle(t, c, list, f.dryRun)
		},
	}
	fl := cmd.Flags()
	fl.IntVar(&f.parallelism, "parallelism", 0, "number of tasks")
	fl.IntVar(&f.maxParallelism, "max-parallelism", 0, "number of key groups; state kept with another number cannot be read")
	fl.StringVar(&f.in, "in", "", "how rows get to the only, or first, input: forward, rebalance, rescale, hash, hash[COLUMN, …], broadcast, global, dynamic")
	fl.StringArrayVar(&f.inputs, "input", nil, "the same for input N: --input 1=hash (repeatable)")
	fl.StringVar(&f.chaining, "chaining", "", "always, never or head")
	fl.StringVar(&f.group, "slot-group", "", "slot-sharing group")
	fl.StringVar(&f.uid, "uid", "", "a uid of your own")
	fl.StringVar(&f.ttl, "ttl", "", "how long unused state is kept: 36h, 7d, 0 for ever; of a join one for both inputs, or 1d,2d")
	fl.Float64Var(&f.cpu, "cpu", 0, "cores per task")
	fl.IntVar(&f.memory, "memory-mib", 0, "MiB per task")
	fl.BoolVar(&f.anchor, "anchor", false, "key the edit by anchor (SINK/KIND[KEYS]) and not by uid")
	fl.BoolVar(&f.dryRun, "dry-run", false, "judge the edit and write nothing")
	fl.StringVar(&f.mode, "mode", "", "judge by the graph of stream or batch alone (default: by both)")
	completeWith(cmd, "chaining", []string{"always", "never", "head"})
	completeWith(cmd, "mode", []string{"stream", "batch"})
	return cmd
}

// edit reads the flags that were given.
func (f *setFlags) edit(cmd *cobra.Command) (topology.NodeEdit, error) {
	e := topology.NodeEdit{UID: f.uid, Parallelism: f.parallelism, MaxParallelism: f.maxParallelism, Chaining: topology.Chaining(f.chaining),
		SlotGroup: f.group, Resources: topology.Resources{CPU: f.cpu, MemoryMiB: f.memory}}
	given := false
	for _, name := range []string{"parallelism", "max-parallelism", "cpu", "memory-mib", "uid", "slot-group", "chaining", "ttl", "in", "input"} {
		if flag := cmd.Flags().Lookup(name); flag.Changed {
			given = true
			if v := flag.Value.String(); v == "" || (v == "0" || strings.HasPrefix(v, "-")) && name != "ttl" {
				return e, fmt.Errorf("--%s takes a value above 0, not %q; weir topology unset takes an edit back", name, v)
			}
		}
	}
	if !given {
		return e, errors.New("set needs an edit, such as --parallelism 8 or --in hash")
	}
	if f.ttl != "" {
		for part := range strings.SplitSeq(f.ttl, ",") {
			d, ok := topology.ParseTTL(part)
			if !ok {
				return e, fmt.Errorf("--ttl takes a duration such as 36h, 7d or 0, not %q", part)
			}
			e.StateTTL = append(e.StateTTL, d)
		}
	}
	exchange := func(text string, input int) error {
		in, err := topology.ParseExchange(text)
		in.Input = input
		e.Inputs = append(e.Inputs, in)
		return err
	}
	if f.in != "" {
		if err := exchange(f.in, 0); err != nil {
			return e, err
		}
	}
	for _, text := range f.inputs {
		number, value, ok := strings.Cut(text, "=")
		n, err := strconv.Atoi(number)
		if !ok || err != nil || n < 0 {
			return e, fmt.Errorf("--input takes N=EXCHANGE, such as 1=hash, not %q", text)
		}
		if err := exchange(value, n); err != nil {
			return e, err
		}
	}
	return e, nil
}

func (a *app) topologyUnset() *cobra.Command {
	var mode string
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "unset FILE OPERATOR [FIELD...]",
		Short: "Take edits of an operator back: some fields, named as in the file, or all",
		Args:  cobra.MinimumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := a.openTopology(args[0], mode)
			if err != nil {
				return err
			}
			c, list := t.Unset(args[1], args[2:]...)
			return a.settle(t, c, list, dryRun)
		},
	}
	cmd.Flags().StringVar(&mode, "mode", "", "the graph to judge by: stream or batch")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "judge and write nothing")
	return cmd
}

func (a *app) topologyLint() *cobra.Command {
	var mode string
	cmd := &cobra.Command{
		Use:   "lint FILE...",
		Short: "Report every problem of overlays, at its place",
		Long: `lint checks the overlays of scripts: what does not read, attaches to no operator or is
not legal. FILE is the script or the overlay. A script without overlay has no problems.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var lists []diag.List
			failed := false
			for _, path := range args {
				if base, ok := strings.CutSuffix(path, session.OverlaySuffix); ok {
					path = base + ".sql"
				}
				t, err := a.openTopology(path, mode)
				if coded := (exitError{}); errors.As(err, &coded) {
					failed = true
					continue
				} else if err != nil {
					return err
				}
				failed = a.diagnostics(t.Script, t.Problems) || failed
				lists = append(lists, t.Problems)
			}
			fmt.Fprintln(a.err, summary(lists))
			if failed {
				return exitError{exitUsage}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&mode, "mode", "", "the graph to judge by: stream or batch")
	return cmd
}

func (a *app) topologyApply() *cobra.Command {
	var mode string
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "apply FILE OVERLAY|-",
		Short: "Merge the edits of another overlay file: all of them, or none",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			src, err := session.ReadFile(args[1], a.in)
			if err != nil {
				return err
			}
			patch, list := topology.ParseOverlay(src)
			if a.diagnostics(src, list) {
				return exitError{exitUsage}
			}
			t, err := a.openTopology(args[0], mode)
			if err != nil {
				return err
			}
			c, list := t.Merge(patch)
			return a.settle(t, c, list, dryRun)
		},
	}
	cmd.Flags().StringVar(&mode, "mode", "", "the graph to judge by: stream or batch")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "judge and write nothing")
	return cmd
}

func (a *app) topologySchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of overlay files, for editors",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(a.out, topology.OverlaySchema)
			return err
		},
	}
}
