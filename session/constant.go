package session

import (
	"fmt"
	"strconv"
	"time"

	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
)

// functions is the registry of all functions: kernels of the scalar ones, and what
// the binder must know of aggregates.
func functions() *function.Registry {
	var aggregates []*catalog.Function
	for _, e := range agg.Entries() {
		aggregates = append(aggregates, &e.Function)
	}
	return function.NewRegistry(function.All(), aggregates...)
}

// fold computes a constant expression with the executor's own kernels, so that a
// folded value is the one that a run would have computed. The planner asks for
// deterministic expressions without columns only.
func fold(reg *function.Registry, zone *time.Location) func(rex.Expr) (*rex.Lit, error) {
	return func(e rex.Expr) (*rex.Lit, error) {
		switch vec.PhysOf(e.Type()) {
		case vec.PhysNone, vec.PhysList, vec.PhysMap, vec.PhysRow:
			return nil, fmt.Errorf("a %s is not kept as a literal", e.Type())
		}
		p, err := expr.Compile(e, nil, reg)
		if err != nil {
			return nil, err
		}
		v, err := p.Eval(&expr.Ctx{Now: func() int64 { return 0 }, Zone: zone}, vec.NewBatch(1))
		if err != nil {
			return nil, err
		}
		value := v.Value(0)
		switch f := value.(type) { // literals of FLOAT and DOUBLE are one Go type
		case float32:
			// A FLOAT that the planner computes keeps seven digits, as in Flink.
			seven, err := strconv.ParseFloat(strconv.FormatFloat(float64(f), 'e', 6, 32), 64)
			if err != nil {
				return nil, err
			}
			value = seven + 0
		case float64:
			value = f + 0 // nor is there a constant -0
		}
		if value == nil {
			return &rex.Lit{T: e.Type().Null()}, nil
		}
		return &rex.Lit{Value: value, T: e.Type()}, nil
	}
}
