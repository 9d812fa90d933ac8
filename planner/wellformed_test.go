package planner_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/weir-sql/weir/planner"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/rules"
	"github.com/weir-sql/weir/planner/types"
)

func TestRuleOrder(t *testing.T) {
	if err := rules.Check(rules.All()); err != nil {
		t.Fatal(err)
	}
	swapped := rules.All()
	swapped[0], swapped[1] = swapped[1], swapped[0]
	if rules.Check(swapped) == nil {
		t.Error("an order against the declared one passes")
	}
}

// TestRulesKeepSchemas runs every recorded query and looks at the tree after each
// rule: the roots keep their columns, and every node fits its inputs.
func TestRulesKeepSchemas(t *testing.T) {
	text, err := os.ReadFile("testdata/flink_changelog.json")
	if err != nil {
		t.Fatal(err)
	}
	var r recordings
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []string{"streaming", "batch"} {
		for _, c := range r.Cases {
			t.Run(mode+"/"+c.ID, func(t *testing.T) {
				config := map[string]string{"execution.runtime-mode": mode}
				for k, v := range c.Options {
					config[k] = v
				}
				var schema string
				planned(t, strings.Join(r.Setup, ";\n")+";\n"+c.Query+";", config, func(_ []*logical.Sink, o *planner.Options) {
					o.Trace = func(rule string, roots []logical.Node) {
						got := schemas(roots)
						if schema != "" && got != schema {
							t.Errorf("%s changes the result from %s to %s", rule, schema, got)
						}
						schema = got
						for _, n := range logical.Topo(roots...) {
							if err := wellFormed(n); err != nil {
								t.Fatalf("after %s: %v\n%s", rule, err, logical.Format(roots...))
							}
						}
					}
				})
			})
		}
	}
}

func schemas(roots []logical.Node) string {
	var b strings.Builder
	for _, r := range roots {
		fmt.Fprintf(&b, "%v;", r.Schema())
	}
	return b.String()
}

// wellFormed reports what of a node does not fit its inputs.
func wellFormed(n logical.Node) error {
	var in []types.Field
	for _, x := range n.Inputs() {
		in = append(in, x.Schema()...)
	}
	if t, ok := n.(*logical.TemporalJoin); ok {
		if err := refsFit(t.Time, t.Left.Schema()); err != nil {
			return err
		}
	}
	over := in
	if s, ok := n.(*logical.Scan); ok {
		over = s.Fields
	}
	for _, e := range logical.Exprs(n) {
		if err := refsFit(e, over); err != nil {
			return fmt.Errorf("%s: %w", logical.Line(n), err)
		}
	}
	want := len(in)
	var cols []int
	switch n := n.(type) {
	case *logical.Scan:
		want = len(n.Fields)
		if n.Columns != nil {
			want = len(n.Columns)
		}
	case *logical.Values:
		want = len(n.Fields)
		for _, r := range n.Rows {
			want = len(r)
		}
	case *logical.Project:
		want = len(n.Exprs)
		for i, e := range n.Exprs {
			if t := n.Fields[i].Type; !e.Type().Same(t) && !(e.Type().IsCharacter() && t.IsCharacter()) {
				return fmt.Errorf("%s: column %d is %s, declared %s", logical.Line(n), i, e.Type(), n.Fields[i].Type)
			}
		}
	case *logical.Join:
		if n.Kind == physical.Semi || n.Kind == physical.Anti {
			want = len(n.Left.Schema())
		}
	case *logical.Aggregate:
		want, cols = len(n.Groups)+len(n.Aggs), append(n.Groups, callColumns(n.Aggs)...)
		if n.Sets != nil && len(n.Fields) > want {
			want++
		}
	case *logical.GroupWindow:
		want, cols = len(n.Groups)+len(n.Aggs)+len(n.Props), append(n.Groups, callColumns(n.Aggs)...)
		if n.Window.Kind == physical.Attached {
			cols = append(cols, n.Window.Start, n.Window.End)
		} else {
			cols = append(cols, n.Window.Time)
		}
	case *logical.WindowTVF:
		want, cols = len(in)+3, append(n.Window.Partition, n.Window.Time)
	case *logical.Over:
		want, cols = len(in)+len(n.Calls), append(n.Partition, callColumns(n.Calls)...)
	case *logical.Match:
		want, cols = len(n.Partition)+len(n.Pattern.Measures.Exprs), append(n.Pattern.Columns(len(in)), n.Partition...)
	case *logical.Rank:
		cols = n.Partition
		if n.WithRank {
			want++
		}
	case *logical.Union:
		want = len(n.In[0].Schema())
		for _, x := range n.In {
			if len(x.Schema()) != want {
				return fmt.Errorf("union of %d and %d columns", want, len(x.Schema()))
			}
		}
	case *logical.SetOp:
		want = len(n.Left.Schema())
	case *logical.Expand:
		want, cols = len(in)+1, n.Cols
	case *logical.Replicate:
		want--
	case *logical.Unnest:
		want = len(n.Fields)
	}
	for _, c := range cols {
		if c < 0 || c >= len(in) {
			return fmt.Errorf("%s: column %d of %d", logical.Line(n), c, len(in))
		}
	}
	if len(n.Schema()) != want {
		return fmt.Errorf("%s: has %d columns, should have %d", logical.Line(n), len(n.Schema()), want)
	}
	return nil
}

func callColumns(calls []rex.AggCall) []int {
	var out []int
	for _, c := range calls {
		out = append(out, c.Args...)
		if c.Filter >= 0 {
			out = append(out, c.Filter)
		}
	}
	return out
}

func refsFit(e rex.Expr, in []types.Field) (err error) {
	rex.Walk(e, func(e rex.Expr) bool {
		if r, ok := e.(*rex.Ref); ok && err == nil {
			switch {
			case r.Index < 0 || r.Index >= len(in):
				err = fmt.Errorf("%s is outside of %d columns", r, len(in))
			case !r.T.Same(in[r.Index].Type) && !(r.T.IsCharacter() && in[r.Index].Type.IsCharacter()):
				err = fmt.Errorf("%s is taken for %s but is %s", r, r.T, in[r.Index].Type)
			}
		}
		return err == nil
	})
	return err
}
