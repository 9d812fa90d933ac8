package bind_test

import (
	"strings"
	"testing"

	"github.com/weir-sql/weir/planner/bind"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// checkBound checks every tree of a script.
func checkBound(t testing.TB, b *bind.Bound) {
	t.Helper()
	sinks := b.Sinks
	for _, c := range b.Commands {
		sinks = append(sinks, c.Sinks...)
	}
	for _, s := range sinks {
		for _, n := range logical.Topo(s) {
			checkTree(t, n)
		}
	}
}

// checkTree checks what must hold of a bound node: columns exist and are of the type that
// their references say, no placeholder is left, and the schema has the width that the
// node's kind gives it.
func checkTree(t testing.TB, n logical.Node) {
	t.Helper()
	var in []types.Field
	for _, i := range n.Inputs() {
		in = append(in, i.Schema()...)
	}
	for _, e := range logical.Exprs(n) {
		checkExpr(t, n, e, in)
	}
	width := func(want int) {
		t.Helper()
		if len(n.Schema()) != want {
			t.Errorf("%s\nhas %d columns, want %d", logical.Format(n), len(n.Schema()), want)
		}
	}
	columns := func(cols ...int) {
		t.Helper()
		for _, c := range cols {
			if c < 0 || c >= len(in) {
				t.Errorf("%s\nuses column %d of %d", logical.Format(n), c, len(in))
			}
		}
	}
	calls := func(calls []rex.AggCall) {
		t.Helper()
		for _, c := range calls {
			columns(c.Args...)
			if c.Filter >= 0 {
				columns(c.Filter)
			}
			if c.T.Kind == types.Invalid {
				t.Errorf("%s\naggregate %s has no type", logical.Format(n), c.Fn)
			}
		}
	}
	switch n := n.(type) {
	case *logical.Project:
		width(len(n.Exprs))
		for i, e := range n.Exprs {
			// A text may be of a shorter type than its column: it is such a value as it stands.
			if f := n.Fields[i].Type; e.Type().Kind != f.Kind && !(e.Type().IsCharacter() && f.IsCharacter()) && !(e.Type().IsBinary() && f.IsBinary()) {
				t.Errorf("%s\ncolumn %d is %s, its expression %s", logical.Format(n), i, f, e.Type())
			}
			if e.Type().Nullable && !n.Fields[i].Type.Nullable {
				t.Errorf("%s\ncolumn %d is %s, its expression %s", logical.Format(n), i, n.Fields[i].Type, e.Type())
			}
		}
	case *logical.Filter:
		width(len(in))
		if n.Cond.Type().Kind != types.Boolean {
			t.Errorf("%s\ncondition is %s", logical.Format(n), n.Cond.Type())
		}
	case *logical.Join:
		if n.Kind == physical.Semi || n.Kind == physical.Anti {
			width(len(n.Left.Schema()))
		} else {
			width(len(in))
		}
	case *logical.TemporalJoin:
		width(len(in))
	case *logical.Aggregate:
		columns(n.Groups...)
		calls(n.Aggs)
		extra := 0
		if n.Sets != nil {
			extra = 1
		}
		width(len(n.Groups) + len(n.Aggs) + extra)
	case *logical.GroupWindow:
		columns(n.Groups...)
		columns(n.Window.Time)
		calls(n.Aggs)
		width(len(n.Groups) + len(n.Aggs) + len(n.Props))
	case *logical.WindowTVF:
		columns(n.Window.Time)
		columns(n.Window.Partition...)
		width(len(in) + 3)
	case *logical.Over:
		columns(n.Partition...)
		for _, k := range n.Order {
			columns(k.Col)
		}
		calls(n.Calls)
		width(len(in) + len(n.Calls))
	case *logical.Sort:
		for _, k := range n.Keys {
			columns(k.Col)
		}
		width(len(in))
	case *logical.Union:
		width(len(n.In[0].Schema()))
	case *logical.Sink:
		width(len(in))
		if len(n.Columns) != len(in) {
			t.Errorf("%s\nwrites %d columns of %d", logical.Format(n), len(n.Columns), len(in))
		}
	}
}

func checkExpr(t testing.TB, n logical.Node, e rex.Expr, in []types.Field) {
	t.Helper()
	rex.Walk(e, func(e rex.Expr) bool {
		switch e := e.(type) {
		case *rex.Ref:
			if e.Index < 0 || e.Index >= len(in) {
				t.Errorf("%s\n%s is outside of %d columns", logical.Format(n), e, len(in))
			} else if !e.T.Same(in[e.Index].Type) {
				t.Errorf("%s\n%s is said to be %s, but column is %s", logical.Format(n), e, e.T, in[e.Index].Type)
			} else if !e.T.Nullable && in[e.Index].Type.Nullable {
				if _, isJoin := n.(*logical.Join); !isJoin { // a join's condition sees rows before they are made NULL
					t.Errorf("%s\n%s is said to be %s, but column is %s", logical.Format(n), e, e.T, in[e.Index].Type)
				}
			}
		case *rex.Lit, *rex.Field:
		case *rex.Call:
			if strings.HasPrefix(e.Fn, "$") {
				t.Errorf("%s\nplaceholder %s is left", logical.Format(n), e)
			}
		default:
			t.Errorf("%s\n%s (%T) is left", logical.Format(n), e, e)
		}
		if e.Type().Kind == types.Invalid {
			t.Errorf("%s\n%s has no type", logical.Format(n), e)
		}
		return true
	})
}
