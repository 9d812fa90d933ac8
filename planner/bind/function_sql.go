package bind

import (
	"fmt"
	"slices"
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/logical"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/syntax"
	"github.com/weir-sql/weir/planner/types"
)

// sqlBody is the bound expression of a function in SQL, over its parameters as columns.
// The aggregates of an aggregate function are placeholders in it.
type sqlBody struct {
	expr rex.Expr
	aggs []*aggregateCall
}

// checkBody binds the body of a function at its declaration, where its errors belong.
func (b *binder) checkBody(f *catalog.UserFunction) bool {
	if f.Kind == catalog.TableFunction {
		return b.tableBody(f, f.Span) != nil
	}
	_, ok := b.body(f, f.Span)
	return ok
}

// body binds the body of a function in SQL; at is where its errors are placed if its text
// is not this script's.
func (b *binder) body(f *catalog.UserFunction, at diag.Span) (*sqlBody, bool) {
	if body, ok := b.sqlBodies[f]; ok {
		return body, body != nil
	}
	if slices.Contains(b.openBodies, f) {
		b.errorf(codeFunction, at, "function %q stands inside itself", f.Path.Name)
		return nil, false
	}
	b.openBodies = append(b.openBodies, f)
	defer func() { b.openBodies = b.openBodies[:len(b.openBodies)-1] }()
	var out *sqlBody
	tree := b.bodies[f]
	foreign := tree == nil
	b.inPlace(foreign, at, func() {
		if foreign {
			tree = b.parseBody(f, at)
		}
		if tree != nil {
			out = b.bindBody(f, tree)
		}
	})
	b.sqlBodies[f] = out
	return out, out != nil
}

// parseBody reads the text of a body.
func (b *binder) parseBody(f *catalog.UserFunction, at diag.Span) syntax.Expr {
	script, errs := syntax.Parse("SELECT " + f.Body)
	if q, ok := onlyQuery(script); ok && !errs.HasErrors() {
		if s, isSelect := q.(*syntax.Select); isSelect && len(s.Items) == 1 && len(s.From) == 0 && s.Items[0].Alias == nil {
			return s.Items[0].Expr
		}
	}
	d := b.errorf(codeFunction, at, "body %q of function %q is no expression", f.Body, f.Path.Name)
	for _, e := range errs {
		d.WithDetail("%s", e.Primary)
		break
	}
	return nil
}

func (b *binder) bindBody(f *catalog.UserFunction, tree syntax.Expr) *sqlBody {
	params := newRel(&logical.Values{Base: logical.Base{Fields: f.Params, At: b.at(tree)}}, "", catalog.Path{})
	x := &exprs{b: b, in: params, clause: fmt.Sprintf("the body of function %q", f.Path.Name)}
	out := &sqlBody{}
	if f.Kind == catalog.AggregateFunction {
		x.block = &block{b: b, known: map[string]int{}, windowDefs: map[string]*syntax.WindowDef{}}
	}
	subs := len(b.subs)
	e := x.bind(tree)
	if bad(e) {
		return nil
	}
	if len(b.subs) > subs {
		b.subs = b.subs[:subs]
		b.errorf(codeFunction, b.at(tree), "the body of function %q holds a query", f.Path.Name).WithHint("a function in SQL is an expression of its parameters")
		return nil
	}
	if x.block != nil {
		out.aggs = x.block.aggs
		if len(x.block.overs) > 0 {
			b.errorf(codeFunction, b.at(tree), "the body of aggregate %q holds an OVER call", f.Path.Name)
			return nil
		}
		if len(rex.Refs(e)) > 0 {
			b.errorf(codeFunction, b.at(tree), "the body of aggregate %q uses a parameter outside of an aggregate", f.Path.Name).
				WithHint("write SUM(x), MAX(x), …")
			return nil
		}
	}
	if !types.CanCastImplicitly(e.Type().WithAttr(types.NoTimeAttr), f.Result) {
		b.errorf(codeFunction, b.at(tree), "the body of function %q is %s, but it returns %s", f.Path.Name, e.Type(), f.Result).
			WithHint("write CAST(… AS %s)", f.Result)
		return nil
	}
	out.expr = b.to(e, f.Result)
	return out
}

// inline stands the body of a scalar function in SQL for a call.
func (b *binder) inline(f *catalog.UserFunction, args []rex.Expr, at diag.Span) rex.Expr {
	res, err := f.Function().Infer(callTypes(args, false))
	if err != nil {
		b.badArguments(f.Function(), err, at)
		return invalid()
	}
	body, ok := b.body(f, at)
	if !ok {
		return invalid()
	}
	args = b.castArgs(args, res.Args)
	used := map[int]int{}
	rex.Walk(body.expr, func(e rex.Expr) bool {
		if r, is := e.(*rex.Ref); is {
			used[r.Index]++
		}
		return true
	})
	for i, a := range args {
		if used[i] > 1 && !b.deterministic(a) {
			b.errorf(codeFunction, at, "argument %s of %s is used %d times and is another value each time", f.Params[i].Name, f.Path.Name, used[i]).
				WithHint("compute it in a subquery first")
			return invalid()
		}
	}
	e := substitute(body.expr, args, at)
	if size := sizeOf(e); size > maxInlined {
		b.errorf(codeFunction, at, "function %q put in place makes an expression of %d parts; %d is the most", f.Path.Name, size, maxInlined)
		return invalid()
	}
	if f.NullOnNull {
		for i, a := range args {
			if a.Type().Nullable {
				e = caseOf([]rex.Expr{isNull(args[i])}, []rex.Expr{nullLit(res.Result), e}, res.Result.Null(), at)
			}
		}
	}
	return e
}

// maxInlined is the size of the largest expression that functions in SQL may become: ones
// that call each other twice double it with every call.
const maxInlined = 10_000

func sizeOf(e rex.Expr) int {
	n := 0
	rex.Walk(e, func(rex.Expr) bool { n++; return n <= maxInlined })
	return n
}

// substitute puts arguments in the place of parameters; what fails at run time is placed
// at the call.
func substitute(e rex.Expr, args []rex.Expr, at diag.Span) rex.Expr {
	switch e := e.(type) {
	case *rex.Ref:
		return args[e.Index]
	case *rex.Call:
		c := *e
		c.Span = at
		c.Args = make([]rex.Expr, len(e.Args))
		for i, a := range e.Args {
			c.Args[i] = substitute(a, args, at)
		}
		return &c
	case *rex.Field:
		c := *e
		c.X = substitute(e.X, args, at)
		return &c
	}
	return e
}

// inlineAggregate stands the body of an aggregate function in SQL for a call: its
// aggregates become the block's.
func (x *exprs) inlineAggregate(f *catalog.UserFunction, c *syntax.Call) rex.Expr {
	b, at := x.b, x.b.at(c)
	if c.Over != nil {
		b.refuse(at, "an aggregate function in SQL with OVER").WithHint("write its aggregates with OVER")
		return invalid()
	}
	if x.inAgg || x.block == nil {
		return x.aggregate(f.Function(), c) // which reports
	}
	call, ok := x.aggregateArgs(f.Function(), c)
	if !ok {
		return invalid()
	}
	body, ok := b.body(f, at)
	if !ok {
		return invalid()
	}
	return replace(body.expr, func(e rex.Expr) (rex.Expr, bool) {
		_, i, ok := marked(e, aggMark)
		if !ok {
			return nil, false
		}
		a := *body.aggs[i]
		a.args = make([]rex.Expr, len(body.aggs[i].args))
		for k, arg := range body.aggs[i].args {
			a.args[k] = substitute(arg, call.args, at)
		}
		a.at, a.distinct = at, a.distinct || call.distinct
		if a.filter != nil {
			a.filter = substitute(a.filter, call.args, at)
		}
		if call.filter != nil {
			a.filter, a.t = and(a.filter, call.filter), a.empty
		}
		out := x.block.addAggregate(&a)
		return b.to(out, e.Type().WithNull(out.Type().Nullable)), true
	})
}

// tableBody reads the query of a table function in SQL.
func (b *binder) tableBody(f *catalog.UserFunction, at diag.Span) syntax.Query {
	text := f.Body
	if sub, ok := b.bodies[f].(*syntax.Subquery); ok {
		return sub.Query
	}
	script, errs := syntax.Parse(strings.TrimSpace(text))
	if q, ok := onlyQuery(script); ok && !errs.HasErrors() {
		return q
	}
	b.errorf(codeFunction, at, "the body of table function %q is no query", f.Path.Name).WithHint("write RETURN (SELECT …), or AS 'SELECT …'")
	return nil
}

// sqlTable joins the query of a table function in SQL to the items to its left. The
// arguments become columns there; they are all that the query sees of its surroundings.
func (b *binder) sqlTable(t *syntax.TableFunc, f *catalog.UserFunction, q queryEnv, left *rel, kind physical.JoinKind) (fromItem, bool) {
	at := b.at(t)
	if slices.Contains(b.openBodies, f) {
		b.errorf(codeFunction, at, "function %q stands inside itself", f.Path.Name)
		return fromItem{}, false
	}
	in := left
	if in == nil {
		in = emptyRel(at)
	}
	args, ok := q.exprsOver(b, in, "a table function").args(t.Call.Args)
	if !ok {
		return fromItem{}, false
	}
	res, err := f.Function().Infer(callTypes(args, false))
	if err != nil {
		b.badArguments(f.Function(), err, at)
		return fromItem{}, false
	}
	tree := b.tableBody(f, at)
	if tree == nil {
		return fromItem{}, false
	}
	args = b.castArgs(args, res.Args)
	width := len(in.node.Schema())
	node, cols := b.withColumns(in.node, args, at)
	params := &rel{node: node, items: []*item{{}}}
	for i, p := range f.Params {
		params.items[0].cols = append(params.items[0].cols, itemCol{p.Name, cols[i]})
		params.shown = append(params.shown, shown{name: p.Name, index: cols[i]})
	}
	b.openBodies = append(b.openBodies, f)
	var out fromItem
	_, own := b.bodies[f]
	b.inPlace(!own, at, func() {
		out, ok = b.lateralQuery(&syntax.Derived{Base: syntax.At(t.Span()), Lateral: true, Query: tree}, queryEnv{}, params, kind, nil)
	})
	b.openBodies = b.openBodies[:len(b.openBodies)-1]
	if !ok {
		return fromItem{}, false
	}
	schema, from := out.node.Schema(), len(node.Schema())
	if n := len(schema) - from; n != len(f.Result.Fields) {
		b.errorf(codeFunction, at, "the query of table function %q gives %d columns, but it returns %d", f.Path.Name, n, len(f.Result.Fields))
		return fromItem{}, false
	}
	p := &logical.Project{Base: logical.Base{At: at}, Input: out.node}
	for i := range width {
		p.Exprs, p.Fields = append(p.Exprs, refOf(out.node, i)), append(p.Fields, schema[i])
	}
	for i, want := range f.Result.Fields {
		e, fine := b.implicit(refOf(out.node, from+i), want.Type)
		if !fine {
			b.errorf(codeFunction, at, "column %q of table function %q is %s, but its query gives %s", want.Name, f.Path.Name, want.Type, e.Type())
			return fromItem{}, false
		}
		p.Exprs, p.Fields = append(p.Exprs, e), append(p.Fields, types.Field{Name: want.Name, Type: e.Type()})
	}
	names := newRel(&logical.Values{Base: logical.Base{Fields: p.Fields[width:], At: at}}, "", catalog.Path{})
	if t.Alias != nil {
		names = b.rename(names, t.Alias)
	}
	names.place(at)
	both := beside(in, names)
	both.node = p
	return fromItem{rel: both, joined: true}, true
}
