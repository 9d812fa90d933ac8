package lower

import (
	"strings"

	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// describeState says what every operator of a stream keeps per key, by which the diff
// judges whether a snapshot fits. Fields are named by what they hold, down to tables,
// so that a renamed alias is no change and a changed argument is one. Batch keeps
// nothing beyond its run.
func (b *builder) describeState() {
	if b.batch {
		return
	}
	for _, o := range b.ops {
		o.state = b.stateOf(o)
	}
}

func (b *builder) stateOf(o *op) *topology.StateSchema {
	in := func(i int) *op { return o.in[i].from }
	switch s := o.spec.(type) {
	case *physical.GroupAgg:
		if s.Phase == physical.Local {
			return nil
		}
		return topology.NewStateSchema(keyTypes(s.In, s.Keys), b.aggFields(o, s.Aggs, argTypes(s.In, s.LocalIn), s.Retract, len(s.Keys)))
	case *physical.WindowAgg:
		if s.Phase == physical.Local {
			return nil
		}
		fields := []topology.StateField{{Name: "window", Type: s.Window.Kind.String()}}
		return topology.NewStateSchema(keyTypes(s.In, s.Keys), append(fields, b.aggFields(o, s.Aggs, argTypes(s.In, s.LocalIn), s.Retract, len(s.Keys))...))
	case *physical.WindowOutput:
		return topology.NewStateSchema(keyTypes(physical.FieldTypes(s.Fields), s.Keys), rowFields("shown", o))
	case *physical.Join:
		fields := append(rowFields("left", in(0)), rowFields("right", in(1))...)
		for i, u := range []physical.UniqueSide{s.LeftUnique, s.RightUnique} {
			side := []string{"left", "right"}[i]
			shape := "multiset"
			if u.InJoinKey {
				shape = "one row"
			} else if u.Key != nil {
				shape = "by " + strings.Join(pick(in(i).origins, u.Key), ", ")
			}
			fields = append(fields, topology.StateField{Name: side + " rows", Type: shape})
		}
		return topology.NewStateSchema(keyTypes(s.Left, s.LeftKeys), fields)
	case *physical.IntervalJoin:
		return topology.NewStateSchema(keyTypes(s.Left, s.LeftKeys), append(rowFields("left", in(0)), rowFields("right", in(1))...))
	case *physical.TemporalJoin:
		return topology.NewStateSchema(keyTypes(s.Left, s.LeftKeys), append(rowFields("left", in(0)), rowFields("right", in(1))...))
	case *physical.WindowJoin:
		return topology.NewStateSchema(keyTypes(s.Left, s.LeftKeys), append(rowFields("left", in(0)), rowFields("right", in(1))...))
	case *physical.TopN:
		if len(s.Order) == 0 {
			return topology.NewStateSchema(nil, []topology.StateField{{Name: "count", Type: "BIGINT"}})
		}
		return topology.NewStateSchema(keyTypes(s.In, s.Partition), rowFields("", in(0)))
	case *physical.WindowTopN:
		return topology.NewStateSchema(keyTypes(s.In, s.Partition), rowFields("", in(0)))
	case *physical.Dedup:
		return topology.NewStateSchema(keyTypes(s.In, s.Keys), rowFields("", in(0)))
	case *physical.Normalize:
		return topology.NewStateSchema(keyTypes(s.Types(), s.Keys), rowFields("", in(0)))
	case *physical.Materialize:
		return topology.NewStateSchema(keyTypes(s.Types(), s.SinkKey), rowFields("", in(0)))
	case *physical.Over:
		return topology.NewStateSchema(keyTypes(s.In, s.Partition), append(rowFields("", in(0)), b.aggFields(o, s.Calls, s.In, false, len(s.In))...))
	case *physical.Match:
		pattern := topology.StateField{Name: "pattern", Type: s.Pattern.PatternText()}
		return topology.NewStateSchema(keyTypes(s.In, s.Partition), append(rowFields("", in(0)), pattern))
	case *physical.Sort:
		if s.Rowtime {
			return topology.NewStateSchema(nil, rowFields("", in(0)))
		}
	case *physical.WindowTVF:
		if s.Window.Kind == physical.Session {
			return topology.NewStateSchema(keyTypes(s.In, s.Window.Partition), rowFields("", in(0)))
		}
	}
	return nil
}

// argTypes are the types that aggregate calls refer to.
func argTypes(in, localIn []types.Type) []types.Type {
	if localIn != nil {
		return localIn
	}
	return in
}

// aggFields describes accumulators: one field a call, its type what a partial holds.
// The text of each call is an origin of the operator's output, from column first on.
func (b *builder) aggFields(o *op, calls []rex.AggCall, in []types.Type, retract bool, first int) []topology.StateField {
	fields := make([]topology.StateField, len(calls))
	for i, c := range calls {
		if f := b.Functions.Function(c.Fn); retract && f != nil && f.InsertOnly {
			b.errorf("W0208", c.Span, "%s cannot take rows back", c.Fn).WithHint("Its input is updated or deleted from; use it over rows that are only added.")
		}
		var parts []string
		if b.Partials != nil {
			for _, t := range b.Partials(c, in, retract) {
				parts = append(parts, t.String())
			}
		}
		if parts == nil {
			parts = []string{c.T.String()}
			if retract {
				parts = append(parts, "retract")
			}
		}
		fields[i] = topology.StateField{Name: o.origins[first+i], Type: strings.Join(parts, ", ")}
	}
	return fields
}

func rowFields(side string, o *op) []topology.StateField {
	fields := make([]topology.StateField, len(o.fields))
	for i, f := range o.fields {
		name := o.origins[i]
		if side != "" {
			name = side + " " + name
		}
		fields[i] = topology.StateField{Name: name, Type: f.Type.WithAttr(types.NoTimeAttr).String()}
	}
	return fields
}

func keyTypes(in []types.Type, keys []int) []string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = in[k].WithAttr(types.NoTimeAttr).String()
	}
	return out
}
