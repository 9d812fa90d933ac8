package session

import (
	"context"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/session/result"
	"github.com/weir-sql/weir/topology"
)

// WhatIfOptions say what is tried, and on what.
type WhatIfOptions struct {
	// Set are the changes: OPERATOR.FIELD=VALUE with the fields of an overlay, the operator
	// by uid, name or anchor; anything else is configuration, KEY=VALUE.
	Set  []string
	Runs int   // of each side; the median of them counts
	Rows int64 // of every table without an end of its own, which is generated
	Rate int64 // rows a second of generated tables; 0 = as fast as they go
	// Overlay is tried in the place of the script's, as one that has not been saved; nil = the script's.
	Overlay *topology.Overlay
}

// WhatIf is what changes would do to a script, measured.
type WhatIf struct {
	Script    string         `json:"script"`
	Mode      Mode           `json:"mode"`
	Set       []string       `json:"set"`
	Runs      int            `json:"runs"`
	Generated []string       `json:"generated,omitempty"` // tables whose rows were generated
	Before    Measured       `json:"before"`
	After     Measured       `json:"after"`
	Skew      []SkewChange   `json:"skew,omitempty"` // of operators in several tasks
	Rows      bool           `json:"sameFinalRows"`
	Different []OutputChange `json:"different,omitempty"` // outputs whose final rows are others
	Diff      []string       `json:"changes"`             // of the graph, in words
	Problems  diag.List      `json:"-"`                   // warnings about the changes
}

// Measured is one side over all its runs.
type Measured struct {
	RowsRead   int64   `json:"rowsRead"` // by sources, in each run
	RowsPerSec Spread  `json:"rowsPerSecond"`
	P99        Spread  `json:"p99Millis"` // from a source to a sink
	HitRatio   *Spread `json:"cacheHitRatio,omitempty"`
	Tasks      int     `json:"tasks"`
}

// Spread is a figure over several runs.
type Spread struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
}

// SkewChange is how unevenly the rows of an operator are spread: those of its busiest
// subtask over the mean.
type SkewChange struct {
	Operator string  `json:"operator"`
	Before   float64 `json:"before"` // median over the runs; 1 = evenly
	After    float64 `json:"after"`
}

// OutputChange is an output whose final rows are not the same, with some of them.
type OutputChange struct {
	Output     string   `json:"output"`
	OnlyBefore []string `json:"onlyBefore,omitempty"`
	OnlyAfter  []string `json:"onlyAfter,omitempty"`
}

// WhatIf runs a script as it is and with changes, by turns, and compares. Nothing is
// written: sinks drop their rows, and what final rows there would be is compared in a run
// of its own. Sources that end are read; others are generated.
func (s *Session) WhatIf(ctx context.Context, src diag.Source, mode Mode, o WhatIfOptions) (*WhatIf, diag.List, error) {
	before, after, list := s.sides(src, mode, o.Set, o.Overlay)
	if list.HasErrors() {
		return nil, list, nil
	}
	diff, err := topology.Diff(before.Graph, after.Graph)
	if err != nil {
		return nil, list, err
	}
	w := &WhatIf{Script: src.Name, Mode: mode, Set: o.Set, Runs: max(o.Runs, 1), Problems: list, Diff: diffWords(diff)}
	plans := []*Plan{before, after}
	runs := [2][]sample{}
	folds := [2]map[string]*result.Fold{}
	for side, p := range plans { // the run whose rows are compared warms up too
		c := &trial{rows: o.Rows, rate: o.Rate, folds: map[string]*result.Fold{}, plan: p}
		if _, err := s.measure(ctx, p, c); err != nil {
			return nil, list, err
		}
		folds[side], w.Generated = c.folds, slices.Sorted(maps.Keys(c.generated))
	}
	for range w.Runs {
		for side, p := range plans {
			m, err := s.measure(ctx, p, &trial{rows: o.Rows, rate: o.Rate, plan: p})
			if err != nil {
				return nil, list, err
			}
			runs[side] = append(runs[side], m)
		}
	}
	w.Before, w.After = summarize(runs[0]), summarize(runs[1])
	w.Skew = skews(runs)
	w.Rows = true
	for _, out := range before.Outputs {
		a, b := folds[0][out.Name], folds[1][out.Name]
		if a == nil || b == nil || a.Digest() == b.Digest() {
			continue
		}
		w.Rows = false
		c := OutputChange{Output: out.Name}
		c.OnlyBefore, c.OnlyAfter = a.Diff(b, 3)
		w.Different = append(w.Different, c)
	}
	return w, list, nil
}

// sides plans the script as it is and with the changes.
func (s *Session) sides(src diag.Source, mode Mode, set []string, try *topology.Overlay) (before, after *Plan, list diag.List) {
	before, list = s.Plan(src, mode)
	if list.HasErrors() {
		return nil, nil, list
	}
	if before.Graph == nil {
		return nil, nil, diag.List{diag.Errorf("W0407", diag.Span{}, "%s has no query and no INSERT: it has no graph", topology.Clean(src.Name))}
	}
	other := *s
	other.opts.Config = maps.Clone(s.opts.Config)
	if other.opts.Config == nil {
		other.opts.Config = map[string]string{}
	}
	var edits [][3]string
	for _, text := range set {
		key, value, ok := strings.Cut(text, "=")
		if !ok {
			return nil, nil, diag.List{diag.Errorf("W0404", diag.Span{}, "a change is OPERATOR.FIELD=VALUE or KEY=VALUE, not %q", text)}
		}
		if op, field, ok := editField(key); ok {
			edits = append(edits, [3]string{op, field, value})
		} else {
			other.opts.Config[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	if after, list = other.Plan(src, mode); list.HasErrors() {
		return nil, nil, list
	}
	byOperator := map[topology.NodeID][][2]string{}
	for _, e := range edits {
		n, err := after.Planned.Find(e[0])
		if err != nil {
			if m, aerr := after.Planned.Attach(e[0], ""); aerr == nil {
				n, err = m, nil
			}
		}
		if err != nil {
			return nil, nil, diag.List{asDiagnostic(err)}
		}
		byOperator[n.ID] = append(byOperator[n.ID], [2]string{e[1], e[2]})
	}
	overlay := after.Overlay
	if try != nil {
		overlay = try
	}
	if overlay == nil {
		overlay = &topology.Overlay{Source: diag.Source{Name: "--set"}}
	}
	for _, n := range after.Planned.Nodes {
		if len(byOperator[n.ID]) == 0 {
			continue
		}
		patch, problems := topology.ParseOverlay(diag.Source{Name: "--set", Text: patchText(n.UID, byOperator[n.ID])})
		if problems.HasErrors() {
			return nil, nil, placedIn(problems, patch)
		}
		key, name := n.UID, n.Name
		for _, e := range overlay.Entries { // edits of the overlay stay, under the key they have
			if m, err := after.Planned.Attach(e.Key, e.Name); err == nil && m.ID == n.ID {
				key, name = e.Key, e.Name
			}
		}
		for _, e := range patch.Entries {
			if overlay, problems = overlay.Set(key, name, e.Edit); problems.HasErrors() {
				return nil, nil, placedIn(problems, overlay)
			}
		}
	}
	if len(edits) > 0 || try != nil {
		edited, problems := applyOverlay(after.Planned, overlay, func() *topology.Graph { return other.otherGraph(after) })
		if list = append(list, problems...); edited == nil || problems.HasErrors() {
			return nil, nil, list
		}
		after.Graph, after.Follows = edited.Graph, edited.Follows
		after.Outputs = outputs(after.Graph)
	}
	return before, after, list
}

// editField tells operator.field from configuration.
var editFieldPattern = regexp.MustCompile(`^(.+)\.(parallelism|maxParallelism|chaining|slotGroup|stateTTL|in|inputs\.\d+)$`)

func editField(key string) (operator, field string, ok bool) {
	m := editFieldPattern.FindStringSubmatch(strings.TrimSpace(key))
	if m == nil || m[1] == "parallelism" || m[1] == "table.exec" {
		return "", "", false
	}
	return m[1], m[2], true
}

// patchText is an overlay with edits of one operator.
func patchText(uid string, edits [][2]string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\noperators:\n  %q:\n", uid)
	inputs := ""
	for _, e := range edits {
		if n, ok := strings.CutPrefix(e[0], "inputs."); ok {
			inputs += fmt.Sprintf("      %s: %s\n", n, e[1])
			continue
		}
		fmt.Fprintf(&b, "    %s: %s\n", e[0], e[1])
	}
	if inputs != "" {
		b.WriteString("    inputs:\n" + inputs)
	}
	return b.String()
}

func diffWords(d *topology.GraphDiff) []string {
	words := []string{}
	for _, o := range d.Operators() {
		var parts []string
		for _, t := range o.What {
			parts = append(parts, t.Plain())
		}
		words = append(words, o.Name+" "+string(o.Change)+": "+strings.Join(parts, ", "))
	}
	return words
}

// sample is one run.
type sample struct {
	Metrics
	read int64
}

// latencyEvery is how often a trial measures latency.
const latencyEvery = time.Millisecond

func (s *Session) measure(ctx context.Context, p *Plan, c *trial) (sample, error) {
	run, err := s.Run(ctx, p, RunOptions{Limit: -1, Connectors: c.over, Latency: latencyEvery})
	if err != nil {
		return sample{}, err
	}
	if err := run.Wait(); err != nil {
		return sample{}, err
	}
	return sample{run.Metrics(), run.Progress().RowsRead}, nil
}

func summarize(runs []sample) Measured {
	var rates, p99, hits []float64
	m := Measured{RowsRead: runs[0].read}
	for _, r := range runs {
		rates = append(rates, float64(r.read)/max(r.Elapsed.Seconds(), 1e-6))
		p99 = append(p99, float64(r.Quantile(0.99))/1e6)
		if h, all := r.Hits(); all > 0 {
			hits = append(hits, float64(h)/float64(all))
		}
	}
	m.RowsPerSec, m.P99 = spread(rates), spread(p99)
	if len(hits) > 0 {
		h := spread(hits)
		m.HitRatio = &h
	}
	chains := map[int]int{}
	for _, o := range runs[0].Operators {
		chains[o.Chain] = len(o.Subtasks)
	}
	for _, n := range chains {
		m.Tasks += n
	}
	return m
}

func spread(xs []float64) Spread {
	xs = slices.Sorted(slices.Values(xs))
	mid := xs[len(xs)/2]
	if len(xs)%2 == 0 {
		mid = (xs[len(xs)/2-1] + xs[len(xs)/2]) / 2
	}
	return Spread{Median: mid, Min: xs[0], Max: xs[len(xs)-1]}
}

// skews lists the operators that run in several tasks on either side, by how much their
// skew changes.
func skews(runs [2][]sample) []SkewChange {
	var of [2]map[string][]float64
	several := map[string]bool{}
	var names []string
	for side := range runs {
		of[side] = map[string][]float64{}
		for _, r := range runs[side] {
			for i := range r.Operators {
				o := &r.Operators[i]
				if of[side][o.Name] = append(of[side][o.Name], o.Skew()); len(o.Subtasks) > 1 && !several[o.Name] {
					several[o.Name] = true
					names = append(names, o.Name)
				}
			}
		}
	}
	var out []SkewChange
	for _, name := range names {
		if a, b := of[0][name], of[1][name]; a != nil && b != nil {
			out = append(out, SkewChange{name, round(spread(a).Median), round(spread(b).Median)})
		}
	}
	return out
}

func round(x float64) float64 { return math.Round(x*1000) / 1000 }

// trial is the connectors of a run that is only measured.
type trial struct {
	exec.Connectors
	plan *Plan
	rows int64
	rate int64

	mu        sync.Mutex
	folds     map[string]*result.Fold // final rows of each output; nil = nobody compares them
	generated map[string]bool
}

func (c *trial) over(real exec.Connectors) exec.Connectors {
	c.Connectors, c.generated = real, map[string]bool{}
	return c
}

// Source reads a table that ends; any other is generated, the same rows in every run.
func (c *trial) Source(ctx context.Context, spec *physical.Source) (exec.Source, error) {
	generator := spec.Options["connector"] == "datagen"
	if spec.Bounded && !generator {
		return c.Connectors.Source(ctx, spec)
	}
	own := *spec
	own.Options = map[string]string{"connector": "datagen"}
	if generator {
		own.Options = maps.Clone(spec.Options)
	}
	own.Options["rows-per-second"] = fmt.Sprint(c.rate)
	if !spec.Bounded {
		own.Options["number-of-rows"] = fmt.Sprint(c.rows)
	}
	c.mu.Lock()
	c.generated[spec.Table.Path.Name] = true
	c.mu.Unlock()
	return c.Connectors.Source(ctx, &own)
}

// Sink drops rows, or folds them.
func (c *trial) Sink(_ context.Context, spec *physical.Sink) (exec.Sink, error) {
	if c.folds == nil {
		return &selectSink{}, nil
	}
	out := c.plan.output(spec.Name)
	f := result.NewFold(out.Schema, out.UpsertKey, nil)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.folds[spec.Name] = f
	return &foldSink{f: f}, nil
}

// foldSink folds the rows of an output.
type foldSink struct {
	selectSink
	f *result.Fold
}

func (s *foldSink) Writer(context.Context, int, int) (exec.Writer, error) { return s, nil }

// Write folds a batch.
func (s *foldSink) Write(_ context.Context, b *vec.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.f.Write(b)
}

// Text is the comparison for a terminal.
func (w *WhatIf) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s   %s   %s by turns\n", topology.Clean(w.Script), w.Mode, topology.Count(w.Runs, "run"))
	for _, d := range w.Diff {
		fmt.Fprintf(&b, "  %s\n", d)
	}
	if len(w.Generated) > 0 {
		fmt.Fprintf(&b, "  generated rows: %s\n", topology.Clean(strings.Join(w.Generated, ", ")))
	}
	fmt.Fprintf(&b, "\n%-22s %24s %24s %9s\n", "", "before", "after", "")
	line := func(what string, a, c Spread, format func(float64) string) {
		show := func(s Spread) string {
			return fmt.Sprintf("%s (%s–%s)", format(s.Median), format(s.Min), format(s.Max))
		}
		ratio := ""
		if a.Median > 0 {
			ratio = fmt.Sprintf("× %.2f", c.Median/a.Median)
		}
		fmt.Fprintf(&b, "%-22s %24s %24s %9s\n", what, show(a), show(c), ratio)
	}
	line("rows/s", w.Before.RowsPerSec, w.After.RowsPerSec, thousandth)
	line("p99 latency, ms", w.Before.P99, w.After.P99, func(x float64) string { return fmt.Sprintf("%.1f", x) })
	if w.Before.HitRatio != nil && w.After.HitRatio != nil {
		line("cache hits", *w.Before.HitRatio, *w.After.HitRatio, func(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) })
	}
	fmt.Fprintf(&b, "%-22s %24d %24d\n", "tasks", w.Before.Tasks, w.After.Tasks)
	for _, s := range w.Skew {
		fmt.Fprintf(&b, "%-22s %24.2f %24.2f\n", "skew "+s.Operator, s.Before, s.After)
	}
	if w.apart() {
		fmt.Fprintf(&b, "\nThe runs of the two sides do not overlap in rows/s.\n")
	} else {
		fmt.Fprintf(&b, "\nThe runs of the two sides overlap in rows/s: the difference may be chance; --runs more would tell.\n")
	}
	if w.Rows {
		fmt.Fprintln(&b, "The final rows are the same.")
	}
	for _, d := range w.Different {
		fmt.Fprintf(&b, "The final rows of %s DIFFER.\n", topology.Clean(d.Output))
		for _, r := range d.OnlyBefore {
			fmt.Fprintf(&b, "  only before: %s\n", topology.Clean(r))
		}
		for _, r := range d.OnlyAfter {
			fmt.Fprintf(&b, "  only after:  %s\n", topology.Clean(r))
		}
	}
	return b.String()
}

// apart reports whether every run of one side was faster than every run of the other.
func (w *WhatIf) apart() bool {
	a, b := w.Before.RowsPerSec, w.After.RowsPerSec
	return a.Max < b.Min || b.Max < a.Min
}

func thousandth(x float64) string {
	switch {
	case x >= 1e6:
		return fmt.Sprintf("%.2f M", x/1e6)
	case x >= 1e3:
		return fmt.Sprintf("%.0f k", x/1e3)
	}
	return fmt.Sprintf("%.0f", x)
}
