package catalog

import (
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// FunctionKind says where a function may stand.
type FunctionKind uint8

// The function kinds.
const (
	ScalarFunction FunctionKind = iota
	AggregateFunction
	TableFunction
	WindowFunction // only with OVER: ROW_NUMBER, LAG, …
)

// Function is what the binder, help and completion know of a function. Its kernel
// lives beside it in exec/expr.
type Function struct {
	Name       string // upper case
	Aliases    []string
	Kind       FunctionKind
	Category   string   // "string", "time", …, as in the reference
	Signatures []string // as shown: "SUBSTRING(string, from [, length])"
	Summary    string   // one line
	Examples   []Example

	// Infer resolves one call: argument types after implicit casts, and the result type.
	// An error says, in the diagnostic style, what does not fit.
	Infer func(Call) (Resolved, error)

	// NullFrom is the first argument, counted from 1, that may be a NULL without a type; 0: none may.
	NullFrom int
	// NonDeterministic functions are never folded, shared or moved (RAND, UUID).
	NonDeterministic bool
	// Within names the calls that a call of the function must be an argument of; nil = it stands anywhere. It tells them of
	// its argument, and is never folded: a constant would not (JSON).
	Within []string
	// Dynamic functions have one value per query or record, not a constant (CURRENT_TIMESTAMP).
	Dynamic bool
	// Fallible functions can fail at run time on some input; they are not evaluated on
	// rows that a CASE or AND would not have reached.
	Fallible bool
	// InsertOnly aggregates cannot take rows back.
	InsertOnly bool
}

// Example is one tested example: an expression and its value as weir prints it.
type Example struct{ SQL, Result string }

// Call is what Infer sees of a call.
type Call struct {
	Args []types.Type
	// Lits[i] is the argument if it is a literal, else nil.
	Lits     []*rex.Lit
	Distinct bool
}

// Resolved is how a call is made.
type Resolved struct {
	Args   []types.Type // the types the arguments are cast to; same length as Call.Args
	Result types.Type
}

// Functions looks up functions by name or alias, in any case.
type Functions interface {
	Function(name string) *Function // nil if there is none
	Names() []string                // all names, sorted; for the nearest-name hint
}
