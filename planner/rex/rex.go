// Package rex holds row expressions: expressions whose names, types and implicit
// casts are resolved. They are plain data, shared by the logical tree, the
// rules and the operator specs, and compiled into vectorized kernels by exec/expr.
//
// An expression is immutable; rewriting makes a new one.
package rex

import (
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

// Expr is one of *Ref, *Lit, *Call, *Field.
type Expr interface {
	// Type is the type of the value.
	Type() types.Type
	// String is a canonical text of what is computed, with inputs as $0, $1, …; equal
	// expressions have equal texts. Uids and common-subexpression search use it.
	String() string
}

// Ref is column Index of the input row. In a join condition the right side's
// columns follow the left side's.
type Ref struct {
	Index int
	T     types.Type
	Name  string // for people only; not part of the meaning
}

// Lit is a constant. Value is nil for NULL, else bool (BOOLEAN), int64 (all
// integers, DATE in days, TIME in milliseconds, timestamps in the unit of
// vec.UnitOf, intervals in months or milliseconds, and DECIMAL(p <= 18) unscaled),
// float64 (FLOAT, DOUBLE), decimal128.Num (wider DECIMAL, unscaled), string
// (CHAR, VARCHAR, symbols), []byte (binary), or []*Lit (ARRAY; ROW; MAP as
// alternating keys and values).
type Lit struct {
	Value any
	T     types.Type
}

// Call applies a function or an operator of the registry. Operators and special
// forms are functions too, named as in SQL:
//
//	= <> < <= > >= IS_DISTINCT_FROM IS_NOT_DISTINCT_FROM
//	AND OR NOT IS_NULL IS_NOT_NULL IS_TRUE IS_NOT_TRUE IS_FALSE IS_NOT_FALSE
//	+ - * / % NEGATE      (both sides already cast to the operation's types)
//	CASE(c1, v1, c2, v2, …, else)   IF   COALESCE
//	CAST TRY_CAST         (target is T)
//	IN(x, lit, lit, …)    BETWEEN is rewritten to AND of comparisons
//	LIKE(x, pattern[, escape])  SIMILAR
//	ROW ARRAY MAP         (constructors)     ITEM(collection, index or key)
//	PROCTIME CURRENT_TIMESTAMP …              JSON_VALUE(json, path, options as Symbol literals)
type Call struct {
	Fn   string // upper-case registry name
	Args []Expr
	T    types.Type
	Span diag.Span // where in the SQL, for run-time errors
}

// Field takes field Index of a ROW value; NULL if the row is NULL.
type Field struct {
	X     Expr
	Index int
	T     types.Type
	Name  string
}

// Type of each expression.
func (e *Ref) Type() types.Type   { return e.T }
func (e *Lit) Type() types.Type   { return e.T }
func (e *Call) Type() types.Type  { return e.T }
func (e *Field) Type() types.Type { return e.T }

// AggCall is one aggregate of a group or window aggregation over the columns of
// its input.
type AggCall struct {
	Fn       string // upper-case registry name: COUNT, SUM, MIN, …; COUNT without Args is COUNT(*)
	Args     []int  // input columns
	Distinct bool
	Filter   int // BOOLEAN input column, or -1
	// OrderBy orders the rows of order-sensitive aggregates (WITHIN GROUP).
	OrderBy []SortKey
	T       types.Type
	Name    string // for people only
	Span    diag.Span
}

// SortKey orders by one input column. NULLs are the smallest values unless said
// otherwise: first in ascending, last in descending order, as in Flink.
type SortKey struct {
	Col       int
	Desc      bool
	NullsLast bool
}
