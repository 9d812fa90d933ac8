package bind

import (
	"fmt"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// call binds a function call of any kind.
func (x *exprs) call(c *syntax.Call) rex.Expr {
	b, at := x.b, x.b.at(c)
	if len(c.Name.Parts) == 1 && x.match != nil {
		if out, ok := x.match.call(x, strings.ToUpper(c.Name.Last().Name), c); ok {
			return out
		}
	}
	if len(c.Name.Parts) == 1 && b.cat.SystemFunction(c.Name.Last().Name) == nil {
		if out, ok := x.special(strings.ToUpper(c.Name.Last().Name), c); ok {
			return out
		}
	}
	if u := b.user(c.Name); u != nil && u.Language == "SQL" && u.Kind == catalog.AggregateFunction {
		return x.inlineAggregate(u, c)
	}
	f := b.function(c.Name)
	if f == nil {
		return invalid()
	}
	switch f.Kind {
	case catalog.TableFunction:
		b.errorf(codeFunctionUse, at, "%s gives a table, not a value", f.Name).WithHint("write it in FROM: LATERAL TABLE(%s(…))", f.Name)
		return invalid()
	case catalog.AggregateFunction:
		if c.Over != nil {
			return x.overCall(f, c)
		}
		if x.match != nil {
			return x.match.aggregate(x, f, c)
		}
		return x.aggregate(f, c)
	case catalog.WindowFunction:
		if c.Over == nil {
			b.errorf(codeOver, at, "%s wants an OVER clause", f.Name).WithHint("write %s(…) OVER (PARTITION BY … ORDER BY …)", f.Name)
			return invalid()
		}
		return x.overCall(f, c)
	}
	if !x.plain(f, c) {
		return invalid()
	}
	args, ok := x.args(c.Args)
	if !ok {
		return invalid()
	}
	if u := b.user(c.Name); u != nil && u.Language == "SQL" {
		return b.inline(u, args, at)
	}
	return b.applyFunction(f, args, at)
}

// plain reports clauses that a scalar function cannot have.
func (x *exprs) plain(f *catalog.Function, c *syntax.Call) bool {
	b := x.b
	switch {
	case c.Over != nil:
		b.errorf(codeOver, b.at(c.Over), "OVER goes with aggregates and window functions; %s is neither", f.Name)
	case c.Distinct:
		b.errorf(codeFunctionUse, b.at(c), "DISTINCT goes with aggregates; %s is none", f.Name)
	case c.Filter != nil:
		b.errorf(codeFunctionUse, b.at(c.Filter), "FILTER goes with aggregates; %s is none", f.Name)
	case len(c.WithinGroup) > 0 || len(c.OrderBy) > 0:
		b.errorf(codeFunctionUse, b.at(c), "ORDER BY goes with aggregates; %s is none", f.Name)
	case c.Nulls != syntax.NullTreatmentUnspecified:
		b.errorf(codeFunctionUse, b.at(c), "IGNORE NULLS and RESPECT NULLS go with window functions; %s is none", f.Name)
	default:
		return true
	}
	return false
}

// args binds arguments; time units become symbols.
func (x *exprs) args(es []syntax.Expr) ([]rex.Expr, bool) {
	out := make([]rex.Expr, len(es))
	ok := true
	for i, e := range es {
		if u, isUnit := e.(*syntax.UnitArg); isUnit {
			out[i] = symbol(unitName(u.Unit))
			continue
		}
		out[i] = x.bind(e)
		ok = ok && !bad(out[i])
	}
	return out, ok
}

// apply calls a function of the registry by name.
func (x *exprs) apply(name string, args []rex.Expr, at diag.Span) rex.Expr {
	f := x.b.env.Functions.Function(name)
	if f == nil {
		x.b.refuse(at, name)
		return invalid()
	}
	return x.b.applyFunction(f, args, at)
}

// applyFunction casts the arguments as the function wants them.
func (b *binder) applyFunction(f *catalog.Function, args []rex.Expr, at diag.Span) rex.Expr {
	for i, a := range args {
		if isBareNull(a) && (f.NullFrom == 0 || i+1 < f.NullFrom) {
			return b.nullOperand(a)
		}
	}
	res, err := f.Infer(callTypes(args, false))
	if err != nil {
		b.badArguments(f, err, at)
		return invalid()
	}
	return &rex.Call{Fn: f.Name, Args: b.castArgs(args, res.Args), T: res.Result, Span: at}
}

// callTypes is what a function's Infer sees of a call.
func callTypes(args []rex.Expr, distinct bool) catalog.Call {
	c := catalog.Call{Args: make([]types.Type, len(args)), Lits: make([]*rex.Lit, len(args)), Distinct: distinct}
	for i, a := range args {
		c.Args[i] = a.Type()
		c.Lits[i], _ = a.(*rex.Lit)
	}
	return c
}

func (b *binder) castArgs(args []rex.Expr, want []types.Type) []rex.Expr {
	out := make([]rex.Expr, len(args))
	for i, a := range args {
		out[i] = a
		if i < len(want) && want[i].Kind != types.Invalid && want[i].Kind != types.Symbol {
			out[i] = b.to(a, want[i])
		}
	}
	return out
}

// badArguments reports arguments that no signature takes.
func (b *binder) badArguments(f *catalog.Function, err error, at diag.Span) {
	text := err.Error()
	if !strings.Contains(text, f.Name) {
		text = f.Name + ": " + text
	}
	d := b.errorf(codeArguments, at, "%s", text)
	if len(f.Signatures) > 0 {
		d.WithHint("%s", strings.Join(f.Signatures, " or "))
	}
}

// special binds the calls that are not functions of the registry. ok is false for all others.
func (x *exprs) special(name string, c *syntax.Call) (out rex.Expr, ok bool) {
	b, at := x.b, x.b.at(c)
	switch name {
	case "PROCTIME":
		if len(c.Args) > 0 {
			b.errorf(codeArguments, at, "PROCTIME takes no arguments")
			return invalid(), true
		}
		return &rex.Call{Fn: "PROCTIME", T: types.NewTimestampLTZ(3).NotNull().WithAttr(types.Proctime), Span: at}, true
	case "GROUPING", "GROUPING_ID", "GROUP_ID":
		return x.grouping(name, c), true
	case "TUMBLE", "HOP", "SESSION", "CUMULATE":
		return x.strayWindow(name, c), true
	case "PREV", "NEXT", "CLASSIFIER", "MATCH_NUMBER", "MATCH_ROWTIME", "MATCH_PROCTIME":
		return x.strayMatchCall(name, c), true
	case "CURRENT_WATERMARK":
		return x.currentWatermark(c), true
	}
	if windowProps[name] {
		return x.windowProp(name, c), true
	}
	return nil, false
}

// currentWatermark is CURRENT_WATERMARK(rowtime): the argument must be a rowtime column.
func (x *exprs) currentWatermark(c *syntax.Call) rex.Expr {
	b, at := x.b, x.b.at(c)
	if b.batch() {
		b.errorf(codeFunctionUse, at, "CURRENT_WATERMARK has no meaning in batch mode")
		return invalid()
	}
	args, ok := x.args(c.Args)
	if !ok {
		return invalid()
	}
	if len(args) != 1 {
		b.errorf(codeArguments, at, "CURRENT_WATERMARK takes one rowtime column, not %d arguments", len(args))
		return invalid()
	}
	t := args[0].Type()
	if t.Attr != types.Rowtime {
		d := b.errorf(codeTime, b.at(c.Args[0]), "CURRENT_WATERMARK takes a rowtime column, but this is %s", t)
		b.explainTime(d, x.in.node, args[0])
		return invalid()
	}
	return &rex.Call{Fn: "CURRENT_WATERMARK", Args: args, T: t.WithAttr(types.NoTimeAttr).Null(), Span: at}
}

// trim is TRIM: TRIM(SYM side, chars, x) in the registry's order.
func (x *exprs) trim(e *syntax.Trim) rex.Expr {
	side := "BOTH"
	switch e.Spec {
	case syntax.TrimLeading:
		side = "LEADING"
	case syntax.TrimTrailing:
		side = "TRAILING"
	}
	var chars rex.Expr = stringLit(" ")
	if e.Chars != nil {
		chars = x.bind(e.Chars)
	}
	v := x.bind(e.X)
	if bad(chars, v) {
		return invalid()
	}
	return x.apply("TRIM", []rex.Expr{symbol(side), chars, v}, x.b.at(e))
}

// aggregateCall is one aggregate of a block, its arguments over the block's rows.
type aggregateCall struct {
	fn       *catalog.Function
	args     []rex.Expr
	distinct bool
	filter   rex.Expr // nil = none
	order    []sortKey
	t        types.Type
	empty    types.Type // the type where the group may have no rows
	name     string
	at       diag.Span
}

// sortKey orders by an expression.
type sortKey struct {
	expr      rex.Expr
	desc      bool
	nullsLast bool
}

func (a *aggregateCall) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s %v", a.fn.Name, a.distinct)
	for _, e := range a.args {
		s.WriteString(" " + e.String())
	}
	if a.filter != nil {
		s.WriteString(" FILTER " + a.filter.String())
	}
	for _, k := range a.order {
		fmt.Fprintf(&s, " ORDER %s %v %v", k.expr, k.desc, k.nullsLast)
	}
	return s.String()
}

// aggregate registers an aggregate with the block and stands a placeholder for it.
func (x *exprs) aggregate(f *catalog.Function, c *syntax.Call) rex.Expr {
	b, at := x.b, x.b.at(c)
	switch {
	case x.inAgg:
		b.errorf(codeAggregate, at, "aggregate %s stands inside another aggregate", f.Name).
			WithHint("aggregate in a subquery first")
		return invalid()
	case x.block == nil:
		d := b.errorf(codeAggregate, at, "aggregate %s cannot stand in %s", f.Name, x.clause)
		if x.clause == "WHERE" {
			d.WithHint("conditions on aggregates stand in HAVING")
		}
		return invalid()
	case c.Nulls != syntax.NullTreatmentUnspecified && f.Name != "ARRAY_AGG":
		b.errorf(codeFunctionUse, at, "IGNORE NULLS and RESPECT NULLS go with ARRAY_AGG, and with LAG and LEAD … OVER, not with %s", f.Name)
		return invalid()
	}
	a, ok := x.aggregateArgs(f, c)
	if !ok {
		return invalid()
	}
	return x.block.addAggregate(a)
}

// aggregateArgs binds what stands in and behind the parentheses of an aggregate.
func (x *exprs) aggregateArgs(f *catalog.Function, c *syntax.Call) (*aggregateCall, bool) {
	b := x.b
	in := *x
	in.inAgg, in.block, in.clause = true, nil, "an aggregate"
	a := &aggregateCall{fn: f, distinct: c.Distinct, name: f.Name, at: b.at(c)}
	ok := true
	if len(c.Args) == 1 && isStar(c.Args[0]) && f.Name == "COUNT" {
		if c.Distinct {
			b.errorf(codeArguments, a.at, "COUNT(DISTINCT *) does not exist").WithHint("list the columns: COUNT(DISTINCT a)")
			return nil, false
		}
	} else {
		a.args, ok = in.aggregateOperands(c.Args)
	}
	if c.Filter != nil {
		fx := in
		fx.clause = "FILTER"
		a.filter = fx.condition(c.Filter)
		ok = ok && !bad(a.filter)
	}
	if ok && c.Nulls == syntax.IgnoreNulls && len(a.args) > 0 {
		some := rex.Expr(&rex.Call{Fn: "IS_NOT_NULL", Args: a.args[:1:1], T: types.Bool.NotNull(), Span: a.at})
		a.filter = and(a.filter, some)
	}
	order := c.OrderBy
	if len(order) == 0 {
		order = c.WithinGroup
	}
	for _, o := range order {
		k := in.bind(o.Expr)
		ok = ok && !bad(k)
		a.order = append(a.order, newSortKey(k, o))
	}
	ok = ok && !b.refuseOrder(a)
	if !ok || !b.inferAggregate(a) {
		return nil, false
	}
	return a, true
}

// refuseOrder handles an order of the rows of an aggregate, which no accumulator keeps: Flink takes and
// ignores it where the result is an array, and refuses it elsewhere.
func (b *binder) refuseOrder(a *aggregateCall) bool {
	switch {
	case len(a.order) == 0:
		return false
	case a.name == "ARRAY_AGG" || a.name == "JSON_ARRAYAGG":
		a.order = nil
		b.warnf(codeOver, a.at, "ORDER BY in %s has no effect: as in Flink, it takes rows as they come", a.name).
			WithHint("sort the result: ARRAY_SORT(…)")
		return false
	}
	b.refuseToo(a.at, "ORDER BY in "+a.name).WithHint("an aggregate takes rows as they come")
	return true
}

// aggregateOperands binds the arguments of an aggregate. They cannot hold aggregates,
// but the message for that is the aggregate's, not the clause's.
func (x *exprs) aggregateOperands(es []syntax.Expr) ([]rex.Expr, bool) { return x.args(es) }

// inferAggregate settles the argument and result types of an aggregate. Over rows that
// may be none the result is what it is over nullable arguments.
func (b *binder) inferAggregate(a *aggregateCall) bool {
	for _, arg := range a.args {
		if isBareNull(arg) {
			b.nullOperand(arg)
			return false
		}
	}
	call := callTypes(a.args, a.distinct)
	res, err := a.fn.Infer(call)
	if err != nil {
		b.badArguments(a.fn, err, a.at)
		return false
	}
	a.args, a.t, a.empty = b.castArgs(a.args, res.Args), res.Result, res.Result
	for i := range call.Args {
		if call.Args[i].Kind != types.Symbol {
			call.Args[i] = call.Args[i].Null()
		}
	}
	made := isNested(res.Result) && (len(a.args) == 0 || !a.args[0].Type().Equal(res.Result)) // not one of the values: empty rather than NULL
	if none, err := a.fn.Infer(call); err == nil && !made && a.fn.Name != "LISTAGG" {         // Flink: NOT NULL texts give a NOT NULL list
		a.empty = none.Result
	}
	if a.filter != nil {
		a.t = a.empty
	}
	return true
}

func newSortKey(e rex.Expr, o *syntax.SortItem) sortKey {
	k := sortKey{expr: e, desc: o.Desc, nullsLast: o.Desc}
	switch o.Nulls {
	case syntax.NullsFirst:
		k.nullsLast = false
	case syntax.NullsLast:
		k.nullsLast = true
	}
	return k
}

func isStar(e syntax.Expr) bool {
	s, ok := e.(*syntax.Star)
	return ok && s.Qualifier == nil
}
