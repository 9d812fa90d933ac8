package bind

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// Placeholders stand in bound expressions for values that are no function of one
// row. They never leave this package:
//
//	$agg:i       aggregate i of the block; no arguments
//	$over:i      OVER call i of the block; arguments: its arguments, partition keys, order keys
//	$sub:i       subquery i of the script; arguments: left operands of IN, then the
//	             outer columns it is correlated with
//	$grouping    GROUPING(…); arguments: grouping expressions
//	$window:p    property p of the group window; arguments: the window's own arguments
//
// The arguments are over the row like everything else, so a rewrite of columns
// (to the output of an aggregation, say) reaches them.
const (
	aggMark      = "$agg:"
	overMark     = "$over:"
	subMark      = "$sub:"
	groupingMark = "$grouping"
	windowMark   = "$window:"
)

func placeholder(mark string, i int, args []rex.Expr, t types.Type, at diag.Span) *rex.Call {
	return &rex.Call{Fn: mark + strconv.Itoa(i), Args: args, T: t, Span: at}
}

// marked gives a placeholder's number if e is one of the kind.
func marked(e rex.Expr, mark string) (call *rex.Call, i int, ok bool) {
	call, isCall := e.(*rex.Call)
	if !isCall || !strings.HasPrefix(call.Fn, mark) {
		return nil, 0, false
	}
	i, err := strconv.Atoi(call.Fn[len(mark):])
	return call, i, err == nil
}

// holds reports whether e contains a placeholder that starts with mark.
func holds(e rex.Expr, mark string) bool {
	found := false
	rex.Walk(e, func(e rex.Expr) bool {
		if c, ok := e.(*rex.Call); ok && strings.HasPrefix(c.Fn, mark) {
			found = true
		}
		return !found
	})
	return found
}

// replace rebuilds e top-down: where f gives an expression, that stands for the
// whole part; elsewhere the operands are gone through.
func replace(e rex.Expr, f func(rex.Expr) (rex.Expr, bool)) rex.Expr {
	if r, ok := f(e); ok {
		return r
	}
	switch e := e.(type) {
	case *rex.Call:
		c := *e
		c.Args = make([]rex.Expr, len(e.Args))
		for i, a := range e.Args {
			c.Args[i] = replace(a, f)
		}
		return &c
	case *rex.Field:
		c := *e
		c.X = replace(e.X, f)
		return &c
	}
	return e
}

// outerRef is a column of an enclosing query inside a subquery's tree: correlation
// value Slot of subquery sub. Joining the subquery takes it away.
type outerRef struct {
	sub  *subquery
	slot int
	t    types.Type
	at   diag.Span
	name string
}

func (e *outerRef) Type() types.Type { return e.t }
func (e *outerRef) String() string   { return fmt.Sprintf("$outer%d.%d", e.sub.id, e.slot) }

// holdsOuter reports whether e refers to an enclosing query.
func holdsOuter(e rex.Expr) bool {
	found := false
	rex.Walk(e, func(e rex.Expr) bool {
		if _, ok := e.(*outerRef); ok {
			found = true
		}
		return !found
	})
	return found
}

// invalid is the value of an expression that could not be bound.
func invalid() rex.Expr { return &rex.Lit{T: types.Type{Kind: types.Invalid}} }

// bad reports whether an expression could not be bound: its error is reported already.
func bad(es ...rex.Expr) bool {
	for _, e := range es {
		if e == nil || e.Type().Kind == types.Invalid {
			return true
		}
	}
	return false
}

// spanTable places expressions that hold no span of their own.
type spanTable map[rex.Expr]diag.Span

// spanOf is the place of an expression, zero if it is not known.
func (b *binder) spanOf(e rex.Expr) diag.Span {
	if s, ok := b.spans[e]; ok {
		return s
	}
	switch e := e.(type) {
	case *rex.Call:
		return e.Span
	case *rex.Field:
		return b.spanOf(e.X)
	case *outerRef:
		return e.at
	}
	return diag.Span{}
}
