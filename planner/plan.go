// Package planner is the way from a bound script to its StreamGraph: rules rewrite
// the logical trees (planner/rules), lowering decides operators, changelogs and
// exchanges (planner/lower).
package planner

import (
	"maps"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/lower"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/rules"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// Options is what planning is told beside the trees. What needs the executor is handed
// in as functions, because the planner does not know it.
type Options struct {
	// Mode is topology.Stream (also "") or topology.Batch.
	Mode topology.Mode
	// Script is what spans point into.
	Script diag.Source
	// Config holds Flink's options, as SET has set them.
	Config map[string]string
	// Configs, if not nil, holds for each sink the options in force at its statement; Config
	// then counts for what is the job's as a whole.
	Configs []map[string]string
	// Functions tells which functions are deterministic and which can fail.
	Functions catalog.Functions
	// Fold evaluates an expression without columns; an error leaves it to run time. Nil
	// folds nothing.
	Fold func(rex.Expr) (*rex.Lit, error)
	// Partials gives the types in which the local half of an aggregation hands on one
	// call's state over input columns of these types; nil = it cannot be halved.
	Partials func(call rex.AggCall, in []types.Type, retract bool) []types.Type
	// Parallelism applies where neither table.exec.resource.default-parallelism nor
	// parallelism.default is set; below 1 means 1.
	Parallelism int
	// SourceBytes guesses how many bytes a bounded source reads, 0 = not known.
	SourceBytes func(*physical.Source) int64
	// Trace, if set, sees the trees after every rule.
	Trace func(rule string, roots []logical.Node)
}

// Plan makes one graph of the sinks of a script. It opens nothing. The graph is nil if
// the list holds an error; warnings alone come with a graph.
func Plan(sinks []*logical.Sink, o Options) (*topology.Graph, diag.List) {
	if o.Mode == "" {
		o.Mode = topology.Stream
	}
	var groups []lower.Group
	for from := 0; from < len(sinks); {
		to, config := from+1, o.Config
		if o.Configs != nil {
			config = o.Configs[from]
		}
		for to < len(sinks) && (o.Configs == nil || maps.Equal(config, o.Configs[to])) {
			to++
		}
		c := &rules.Context{Batch: o.Mode == topology.Batch, Config: config, Functions: o.Functions, Fold: o.Fold, Trace: o.Trace}
		groups = append(groups, lower.Group{Sinks: rules.Run(c, sinks[from:to]), Config: config})
		if c.Problems.HasErrors() {
			return nil, c.Problems
		}
		from = to
	}
	return lower.Groups(groups, lower.Options{Mode: o.Mode, Script: o.Script, Config: o.Config, Functions: o.Functions,
		Parallelism: o.Parallelism, Partials: o.Partials, SourceBytes: o.SourceBytes})
}
