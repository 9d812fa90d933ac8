// Package build is the one switch from operator specs (planner/physical) to
// operators (exec/op). Sources and sinks are run by the runtime and are not here.
package build

import (
	"fmt"

	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/op"
	"github.com/weir-sql/weir/planner/physical"
)

// Env is what operators are made with.
type Env struct {
	Batch      bool            // only final results count
	Functions  expr.Registry   // kernels of scalar functions
	Connectors exec.Connectors // opens the tables of lookup joins
	// Aggregates gives one operator the aggregate functions that are not built in; nil =
	// there are none.
	Aggregates func() agg.Library
	// Filters take the keys that sources wait for; nil = none do.
	Filters *exec.KeyFilters
}

func (e Env) aggregates() agg.Library {
	if e.Aggregates == nil {
		return nil
	}
	return e.Aggregates()
}

// Operator makes the operator of a spec. Errors are diagnostics: a function that does
// not exist, an operator that exists in the other mode only.
func Operator(spec physical.Spec, env Env) (exec.Operator, error) {
	switch s := spec.(type) {
	case *physical.Calc:
		return op.NewCalc(s, env.Functions)
	case *physical.Dedup:
		return op.NewDedup(s), nil
	case *physical.Normalize:
		return op.NewNormalize(s, env.Functions)
	case *physical.Materialize:
		return op.NewMaterialize(s), nil
	case *physical.GroupAgg:
		return op.NewGroupAgg(s, env.Batch, env.aggregates())
	case *physical.IntervalJoin:
		return op.NewIntervalJoin(s, env.Functions)
	case *physical.TemporalJoin:
		return op.NewTemporalJoin(s, env.Functions)
	case *physical.WindowJoin:
		return op.NewWindowJoin(s, env.Functions)
	case *physical.Over:
		return op.NewOver(s, env.Batch, env.aggregates())
	case *physical.WindowTVF:
		return op.NewWindowTVF(s, env.Batch)
	case *physical.WindowTopN:
		return op.NewWindowTopN(s), nil
	case *physical.WindowOutput:
		return op.NewWindowOutput(s), nil
	case *physical.Match:
		return op.NewMatch(s, env.Batch, env.Functions, env.aggregates())
	case *physical.Expand:
		return op.NewExpand(s), nil
	case *physical.Replicate:
		return op.NewReplicate(s), nil
	case *physical.Unnest:
		return op.NewUnnest(s, env.Functions)
	case *physical.AssignWatermark:
		return op.NewAssignWatermark(s, env.Functions)
	case *physical.WindowAgg:
		return op.NewWindowAgg(s, env.Batch, env.aggregates())
	case *physical.Join:
		return op.NewJoin(s, env.Batch, env.Functions, env.Filters)
	case *physical.LookupJoin:
		return op.NewLookupJoin(s, env.Connectors, env.Functions)
	case *physical.Union:
		return op.NewUnion(s), nil
	case *physical.Sort:
		if s.Rowtime && !env.Batch {
			return op.NewRowtimeSort(s), nil
		}
		if !env.Batch {
			return op.NewProctimeSort(s), nil
		}
		return op.NewSort(s), nil
	case *physical.TopN:
		return op.NewTopN(s, env.Batch)
	case *physical.DropUpdateBefore:
		return op.NewDropUpdateBefore(s), nil
	default:
		return nil, fmt.Errorf("no operator for spec %T", spec)
	}
}
