package syntax

// CreateFunction is CREATE [TEMPORARY [SYSTEM]] [AGGREGATE] FUNCTION [IF NOT EXISTS] name
// [(parameters) [RETURNS type | RETURNS TABLE (columns)]] and clauses in any order:
// AS 'text', RETURN expr, LANGUAGE l, [NOT] DETERMINISTIC, CALLED ON NULL INPUT,
// RETURNS NULL ON NULL INPUT, USING JAR|FILE 'place', …, WITH (…).
//
// Flink has the form without parameters, AS 'class' [LANGUAGE l] [USING JAR …] [WITH …];
// all else is weir's.
type CreateFunction struct {
	Base
	Temporary   bool
	System      bool
	Aggregate   bool
	IfNotExists bool
	Name        QualifiedName
	Signature   *Signature // nil if absent
	Body        *StringLit // of AS: a class, a text or an entry point; nil if absent
	Language    string     // JAVA, SCALA, PYTHON, SQL, STARLARK, WASM or empty
	Determinism Determinism
	NullInput   NullInput
	Resources   []*Resource
	Options     []*Option
	Return      Expr // of RETURN; nil if absent
}

// Signature is what a function takes and gives.
type Signature struct {
	Base
	Params  []*RowField
	Returns TypeExpr    // nil if absent, or for a table
	Table   []*RowField // of RETURNS TABLE
}

// Determinism is a clause of CREATE FUNCTION.
type Determinism uint8

// The clauses; without one a function is deterministic.
const (
	DeterminismUnspecified Determinism = iota
	Deterministic
	NotDeterministic
)

// NullInput says what a NULL argument does.
type NullInput uint8

// The clauses of CREATE FUNCTION; without one the language decides.
const (
	NullInputUnspecified NullInput = iota
	CalledOnNull
	NullForNull
)

// Resource is JAR 'uri' or FILE 'path' of CREATE FUNCTION.
type Resource struct {
	Base
	File bool
	URI  *StringLit
}

// AlterFunction is ALTER [TEMPORARY [SYSTEM]] FUNCTION [IF EXISTS] name AS 'class' [LANGUAGE l].
type AlterFunction struct {
	Base
	Temporary bool
	System    bool
	IfExists  bool
	Name      QualifiedName
	Body      *StringLit
	Language  string
}
