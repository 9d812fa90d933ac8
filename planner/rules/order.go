// Package rules rewrites logical trees into ones that mean the same and cost
// less. One file is one rule; order.go lists them and what must run before what.
//
// What a rule may rely on and must keep:
//
//	R1  A rule keeps the schema of every root: number, names and types of columns.
//	R2  The tree is a DAG. A node with several readers is rewritten once; a rule
//	    that needs something else of it for one reader leaves it alone, except
//	    that projections and filters, which are cheap, may be copied.
//	R3  Expressions that are not deterministic are evaluated as often and on the
//	    same rows as written: they are not moved, merged, copied or folded.
//	R4  A rule never makes an error out of a plan: what it cannot rewrite stays. Only fold
//	    refuses what Flink refuses when it evaluates constants, and within calls that are left
//	    where they mean nothing.
package rules

import (
	"fmt"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/rex"
)

// Context is what rules may know beside the tree.
type Context struct {
	Batch  bool
	Config map[string]string
	// Functions tells which functions are deterministic; nil = only operators are.
	Functions catalog.Functions
	// Fold evaluates a constant expression; an error leaves it as it is. Nil folds nothing.
	Fold func(rex.Expr) (*rex.Lit, error)
	// Problems are what fold refused.
	Problems diag.List
	// Trace, if set, sees the tree before the first rule ("") and after every one.
	Trace func(rule string, roots []logical.Node)
}

// Rule is one rewrite of the whole plan.
type Rule struct {
	Name string
	// After names rules that must have run before for this one to find its patterns.
	After []string
	Apply func(c *Context, roots []logical.Node) []logical.Node
}

// All lists the rules in the order in which Run applies them.
func All() []Rule {
	return []Rule{
		{Name: "hints", Apply: hints},
		{Name: "share", After: []string{"hints"}, Apply: share},
		{Name: "names", After: []string{"share"}, Apply: names},
		{Name: "constants", After: []string{"share"}, Apply: constants},
		{Name: "fold", After: []string{"share", "constants"}, Apply: fold},
		{Name: "boolean", After: []string{"fold"}, Apply: boolean},
		{Name: "case", After: []string{"fold"}, Apply: caseWhen},
		{Name: "empty", After: []string{"boolean"}, Apply: empty},
		{Name: "disjunction", After: []string{"boolean"}, Apply: disjunction},
		{Name: "set-op", Apply: setOps},
		{Name: "grouping-sets", Apply: groupingSets},
		{Name: "filter-push", After: []string{"boolean", "disjunction", "set-op", "grouping-sets"}, Apply: filterPush},
		{Name: "project-merge", After: []string{"names", "filter-push"}, Apply: projectMerge},
		{Name: "rank", After: []string{"filter-push", "project-merge"}, Apply: rank},
		{Name: "window-aggregate", After: []string{"grouping-sets", "filter-push", "project-merge"}, Apply: windowAggregate},
		{Name: "aggregate-unique", After: []string{"window-aggregate"}, Apply: aggregateUnique},
		{Name: "filter-push-again", After: []string{"rank", "window-aggregate", "aggregate-unique"}, Apply: filterPush},
		{Name: "fold-again", After: []string{"filter-push-again"}, Apply: fold},
		{Name: "boolean-again", After: []string{"fold-again"}, Apply: boolean},
		{Name: "empty-again", After: []string{"boolean-again"}, Apply: empty},
		{Name: "join-keys", After: []string{"filter-push-again", "empty-again"}, Apply: joinKeys},
		{Name: "prune", After: []string{"rank", "window-aggregate", "join-keys"}, Apply: prune},
		{Name: "project-merge-again", After: []string{"join-keys", "prune"}, Apply: projectMerge},
		{Name: "within", After: []string{"prune", "project-merge-again"}, Apply: within},
		{Name: "nested", After: []string{"prune", "project-merge-again"}, Apply: nested},
		{Name: "scan-filter", After: []string{"filter-push-again", "prune", "nested"}, Apply: scanFilter},
		{Name: "scan-limit", After: []string{"prune", "project-merge-again"}, Apply: scanLimit},
		{Name: "values-order", After: []string{"project-merge-again"}, Apply: valuesOrder},
		{Name: "share-again", After: []string{"prune", "project-merge-again"}, Apply: share},
		{Name: "window-pivot", After: []string{"window-aggregate", "project-merge-again"}, Apply: windowPivot},
		{Name: "window-share", After: []string{"window-aggregate", "share-again", "window-pivot"}, Apply: windowShare},
	}
}

// Check reports the first rule that stands before one it must come after.
func Check(rules []Rule) error {
	ran := map[string]bool{}
	for _, r := range rules {
		for _, a := range r.After {
			if !ran[a] {
				return fmt.Errorf("rule %s must come after %s", r.Name, a)
			}
		}
		if ran[r.Name] {
			return fmt.Errorf("rule %s is listed twice", r.Name)
		}
		ran[r.Name] = true
	}
	return nil
}

// Run applies all rules to the sinks of a script.
func Run(c *Context, sinks []*logical.Sink) []*logical.Sink {
	roots := make([]logical.Node, len(sinks))
	for i, s := range sinks {
		roots[i] = s
	}
	if c.Trace != nil {
		c.Trace("", roots)
	}
	for _, r := range All() {
		roots = r.Apply(c, roots)
		if c.Trace != nil {
			c.Trace(r.Name, roots)
		}
	}
	out := make([]*logical.Sink, len(roots))
	for i, r := range roots {
		out[i] = r.(*logical.Sink)
	}
	return out
}

// each applies a rewrite of single nodes to the whole plan, bottom-up.
func each(roots []logical.Node, f func(logical.Node) logical.Node) []logical.Node {
	done := map[logical.Node]logical.Node{}
	out := make([]logical.Node, len(roots))
	for i, r := range roots {
		out[i] = logical.Rewrite(r, done, f)
	}
	return out
}
