package bind

import (
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// matchScope is what expressions of DEFINE and MEASURES see: columns of the rows of
// pattern variables, and aggregates over them. Each is a value that the operator takes
// from the rows; it is numbered behind the input's columns.
type matchScope struct {
	b    *binder
	n    *logical.Match
	vars map[string]int // with those that are only defined; they have no rows
	own  int            // the variable that is defined; -1 in MEASURES
	out  *physical.RowValues

	// Within FIRST, LAST or an aggregate: which row is meant, and whose rows were spoken of.
	nav *navigation
}

// navigation is where FIRST(…) and LAST(…) point to. An aggregate takes the row that each
// of its rows is.
type navigation struct {
	kind   physical.RowValueKind
	offset int
	of     int // variable; anyVar, or notYet while no column was seen
	at     diag.Span
	mixed  bool
}

const (
	anyVar = -1
	notYet = -2
)

// begin starts a new set of expressions.
func (s *matchScope) begin(out *physical.RowValues, own int) { s.out, s.own, s.nav = out, own, nil }

// plain reports expressions that are no function of the rows of a match.
func (s *matchScope) plain(e rex.Expr, at diag.Span) bool {
	if holds(e, subMark) {
		s.b.refuseToo(at, "a subquery in MATCH_RECOGNIZE").WithHint("join it to the input before")
		return false
	}
	return true
}

// column resolves variable.column, or a column of any row.
func (s *matchScope) column(x *exprs, ref *syntax.ColumnRef) rex.Expr {
	of, parts := anyVar, ref.Parts
	if len(parts) > 1 {
		if i, ok := s.vars[parts[0].Name]; ok {
			of, parts = i, parts[1:]
		}
	}
	inner := &syntax.ColumnRef{Base: ref.Base, Parts: parts}
	if len(parts) > 1 && x.in.find([]string{parts[0].Name}) != nil && !x.in.shows(parts[0].Name) {
		s.b.noPatternVar(parts[0], s.n)
		return invalid()
	}
	res, ok := s.b.lookup(x.in, inner)
	if !ok {
		if of == anyVar && len(parts) > 1 {
			s.b.noPatternVar(parts[0], s.n)
		} else {
			s.b.noColumn(x, inner)
		}
		return invalid()
	}
	if bad(res.expr) {
		return res.expr
	}
	e := rex.Map(res.expr, func(e rex.Expr) rex.Expr {
		if r, isRef := e.(*rex.Ref); isRef {
			return s.value(of, r)
		}
		return e
	})
	s.b.spans[e] = s.b.at(ref)
	for _, p := range parts[min(res.taken, len(parts)):] {
		e = s.b.fieldOf(e, p)
	}
	return e
}

// value is a column of the row that is meant.
func (s *matchScope) value(of int, r *rex.Ref) rex.Expr {
	v := physical.RowValue{Var: of, Kind: physical.FromLast, Col: r.Index, T: plainTime(r.T)}
	if nav := s.nav; nav != nil {
		if nav.of != notYet && nav.of != of {
			nav.mixed = true
		}
		nav.of = of
		if v.Kind, v.Offset = nav.kind, nav.offset; v.Kind == physical.Aggregated {
			return r
		}
	}
	if s.own >= 0 || !s.surely(v) {
		v.T = v.T.Null()
	}
	if s.own >= 0 && v.Kind == physical.FromLast && v.Offset == 0 && (of == anyVar || of == s.own) {
		return r // the row that is looked at
	}
	for i, have := range s.out.Values {
		if have.Kind != physical.Aggregated && have.Var == v.Var && have.Kind == v.Kind && have.Col == v.Col && have.Offset == v.Offset {
			return s.ref(i, r.Name)
		}
	}
	return s.add(v, r.Name)
}

// surely reports whether every match has the row that a value is taken from.
func (s *matchScope) surely(v physical.RowValue) bool {
	rows := 0
	for i, p := range s.n.Pattern.Vars {
		if v.Var == anyVar || v.Var == i {
			rows += p.Min
		}
	}
	return rows > v.Offset
}

func (s *matchScope) add(v physical.RowValue, name string) rex.Expr {
	s.out.Values = append(s.out.Values, v)
	return s.ref(len(s.out.Values)-1, name)
}

func (s *matchScope) ref(i int, name string) rex.Expr {
	return &rex.Ref{Index: len(s.n.Input.Schema()) + i, T: s.out.Values[i].T, Name: name}
}

// navigate binds what stands in FIRST(…) and LAST(…).
func (s *matchScope) navigate(x *exprs, name string, c *syntax.Call) rex.Expr {
	b, at := s.b, s.b.at(c)
	nav := &navigation{kind: physical.FromLast, of: notYet, at: at}
	if name == "FIRST" {
		nav.kind = physical.FromFirst
	}
	if len(c.Args) < 1 || len(c.Args) > 2 {
		b.errorf(codeArguments, at, "%s takes a column and how many rows to go on from there, not %s", name, count(len(c.Args), "argument")).
			WithHint("%s(a.price, 1)", name)
		return invalid()
	}
	if len(c.Args) == 2 {
		l, ok := x.bind(c.Args[1]).(*rex.Lit)
		n, isInt := int64(-1), false
		if ok {
			n, isInt = l.Value.(int64)
		}
		if !isInt || n < 0 || n > 1<<30 {
			b.errorf(codeArguments, b.at(c.Args[1]), "%s goes on by a constant number of rows", name)
			return invalid()
		}
		nav.offset = int(n)
	}
	if name == "PREV" || name == "NEXT" {
		if len(c.Args) == 1 || nav.offset > 0 {
			b.refuseToo(at, name+" in MATCH_RECOGNIZE").WithHint("LAST(%s, 1) looks back within the rows of a variable", b.text(c.Args[0].Span()))
			return invalid()
		}
	}
	outer := s.nav
	if outer != nil && outer.kind != physical.Aggregated {
		b.errorf(codeMatch, at, "%s stands inside FIRST or LAST", name)
		return invalid()
	}
	if outer != nil { // SUM(LAST(a.price)) is SUM(a.price): an aggregate goes through all rows
		return x.bind(c.Args[0])
	}
	s.nav = nav
	e := x.bind(c.Args[0])
	s.nav = nil
	return s.settled(nav, name, e)
}

// settled checks that FIRST, LAST or an aggregate spoke of the rows of one variable.
func (s *matchScope) settled(nav *navigation, name string, e rex.Expr) rex.Expr {
	if bad(e) {
		return e
	}
	if nav.mixed {
		s.b.errorf(codeMatch, nav.at, "%s is over the rows of several pattern variables", name).
			WithHint("write %s for each of them", name)
		return invalid()
	}
	return e
}

// aggregate binds an aggregate over the rows of one variable, or of the whole match.
func (s *matchScope) aggregate(x *exprs, f *catalog.Function, c *syntax.Call) rex.Expr {
	b, at := s.b, s.b.at(c)
	switch {
	case s.nav != nil:
		b.errorf(codeAggregate, at, "aggregate %s stands inside FIRST, LAST or another aggregate", f.Name)
		return invalid()
	case c.Distinct:
		b.refuseToo(at, "DISTINCT aggregates in MATCH_RECOGNIZE")
		return invalid()
	case c.Filter != nil, len(c.OrderBy) > 0, len(c.WithinGroup) > 0:
		b.refuse(at, "FILTER and ORDER BY of an aggregate in MATCH_RECOGNIZE")
		return invalid()
	}
	nav := &navigation{kind: physical.Aggregated, of: notYet, at: at}
	s.nav = nav
	a, ok := x.aggregateArgs(f, c)
	s.nav = nil
	if !ok {
		return invalid()
	}
	if nav.of == notYet {
		nav.of = anyVar
	}
	v := physical.RowValue{Var: nav.of, Kind: physical.Aggregated, T: a.empty, Args: a.args,
		Call: rex.AggCall{Fn: f.Name, Filter: -1, T: a.empty, Name: f.Name, Span: at}}
	for i := range a.args {
		v.Call.Args = append(v.Call.Args, i)
	}
	return s.settled(nav, f.Name, s.add(v, f.Name))
}

// call binds the functions that only MATCH_RECOGNIZE has.
func (s *matchScope) call(x *exprs, name string, c *syntax.Call) (rex.Expr, bool) {
	b, at := s.b, s.b.at(c)
	switch name {
	case "FIRST", "LAST", "PREV", "NEXT":
		return s.navigate(x, name, c), true
	case "CLASSIFIER", "MATCH_NUMBER":
		b.refuseToo(at, name)
		return invalid(), true
	case "MATCH_PROCTIME":
		return &rex.Call{Fn: "PROCTIME", T: types.NewTimestampLTZ(3).NotNull().WithAttr(types.Proctime), Span: at}, true
	case "MATCH_ROWTIME":
		return s.rowtime(x, c), true
	}
	return nil, false
}

// rowtime is MATCH_ROWTIME(): the time of the row that completes the match. It is the
// result's time attribute.
func (s *matchScope) rowtime(x *exprs, c *syntax.Call) rex.Expr {
	b, at := s.b, s.b.at(c)
	col := s.n.Order[0].Col
	f := s.n.Input.Schema()[col]
	// Without an argument it is a TIMESTAMP, whatever the rows are ordered by: Flink's choice.
	t := types.NewTimestamp(3).NotNull()
	if len(c.Args) > 0 && f.Type.Kind == types.TimestampLTZ {
		t = types.NewTimestampLTZ(3)
	}
	if !b.batch() {
		t = t.WithAttr(types.Rowtime)
	}
	if len(c.Args) > 0 {
		args, ok := x.args(c.Args)
		switch {
		case !ok:
			return invalid()
		case b.batch() || len(args) > 1 || args[0].Type().Attr != types.Rowtime && !isTimeOfMatch(x, c.Args[0]):
			b.errorf(codeTime, b.at(c.Args[0]), "MATCH_ROWTIME takes the rowtime column that the rows are ordered by").WithHint("write MATCH_ROWTIME()")
			return invalid()
		}
		t = t.Null()
	}
	if s.own >= 0 && f.Type.Attr != types.Proctime {
		return &rex.Call{Fn: "CAST", Args: []rex.Expr{refOf(s.n.Input, col)}, T: plainTime(t), Span: at}
	}
	return s.add(physical.RowValue{Var: anyVar, Kind: physical.MatchTime, T: t}, "rowtime")
}

// isTimeOfMatch reports whether an expression is a rowtime column of the input.
func isTimeOfMatch(x *exprs, e syntax.Expr) bool {
	c, ok := e.(*syntax.ColumnRef)
	if !ok {
		return false
	}
	res, found := x.b.lookup(x.in, c)
	return found && !bad(res.expr) && res.expr.Type().Attr == types.Rowtime
}

// strayMatchCall reports the functions of MATCH_RECOGNIZE elsewhere.
func (x *exprs) strayMatchCall(name string, c *syntax.Call) rex.Expr {
	x.b.errorf(codeMatch, x.b.at(c), "%s stands only in DEFINE and MEASURES of MATCH_RECOGNIZE", strings.ToUpper(name))
	return invalid()
}
