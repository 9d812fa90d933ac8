package bind

import (
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// datetimeSub is (l - r) qualifier: the interval between two points in time, in months
// for YEAR, QUARTER and MONTH, else in milliseconds.
func (x *exprs) datetimeSub(e *syntax.DatetimeSub) rex.Expr {
	l, r := x.bind(e.L), x.bind(e.R)
	if bad(l, r) {
		return invalid()
	}
	point := func(t types.Type) bool { return t.Kind == types.Date || t.IsTimestamp() }
	if !point(l.Type()) || !point(r.Type()) {
		x.b.errorf(codeOperands, x.b.at(e), "(%s - %s) is no difference of two points in time", l.Type().WithAttr(types.NoTimeAttr), r.Type().WithAttr(types.NoTimeAttr)).
			WithHint("both must be DATE, TIMESTAMP or TIMESTAMP_LTZ")
		return invalid()
	}
	if l.Type().Kind != r.Type().Kind {
		x.b.errorf(codeOperands, x.b.at(e), "(%s - %s): both sides must be of one type", l.Type().WithAttr(types.NoTimeAttr), r.Type().WithAttr(types.NoTimeAttr)).
			WithHint("add a CAST to one of them, or write TIMESTAMPDIFF(unit, from, to)")
		return invalid()
	}
	t := types.IntervalMillis
	switch e.Qualifier.From {
	case syntax.Year, syntax.Quarter, syntax.Month:
		t = types.IntervalMonths
	}
	return &rex.Call{Fn: "-", Args: []rex.Expr{l, r}, T: t.WithNull(types.AnyNullable(l.Type(), r.Type())), Span: x.b.at(e)}
}
