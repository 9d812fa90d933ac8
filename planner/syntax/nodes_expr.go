package syntax

// NumberLit is an unsigned number; a sign is a Unary around it.
type NumberLit struct {
	Base
	Text string // as written, e.g. "1", "0.50", "1E3"
	Kind NumberKind
}

// NumberKind tells the forms of a number apart.
type NumberKind uint8

// The number forms: digits only, with a point, with an exponent.
const (
	Integer NumberKind = iota
	Decimal
	Approximate
)

// StringLit is a character string. Value has doubled quotes undone, adjacent parts
// joined, and U& escapes decoded.
type StringLit struct {
	Base
	Value   string
	Charset string // of _UTF16'…', upper case; empty if absent
	Unicode bool   // written U&'…'
	Dollar  bool   // written $$…$$
	Bare    bool   // a variable in the place of a string: Value is ${…} as written
}

// BinaryLit is X'…'.
type BinaryLit struct {
	Base
	Hex string // an even number of hexadecimal digits, upper case
}

// BoolLit is TRUE, FALSE or UNKNOWN.
type BoolLit struct {
	Base
	Value Truth
}

// Truth is a truth value of three-valued logic.
type Truth uint8

// The truth values.
const (
	True Truth = iota
	False
	Unknown
)

// NullLit is NULL.
type NullLit struct{ Base }

// DatetimeLit is DATE '…', TIME '…' or TIMESTAMP '…'.
type DatetimeLit struct {
	Base
	Kind DatetimeKind
	Text string // inside the quotes, not checked
}

// DatetimeKind tells datetime literals apart.
type DatetimeKind uint8

// The datetime literals. DatetimeTimestampLTZ is TIMESTAMP WITH LOCAL TIME ZONE '…'.
const (
	DatetimeDate DatetimeKind = iota
	DatetimeTime
	DatetimeTimestamp
	DatetimeTimestampLTZ
)

// IntervalLit is INTERVAL [-] '…' qualifier.
type IntervalLit struct {
	Base
	Negative  bool
	Text      string // inside the quotes, not checked
	Qualifier IntervalQualifier
}

// IntervalExpr is INTERVAL expr unit, where expr is not a string literal.
type IntervalExpr struct {
	Base
	X         Expr
	Qualifier IntervalQualifier
}

// DatetimeSub is (L - R) qualifier, the interval between two points in time. Without
// a qualifier points in time cannot be subtracted.
type DatetimeSub struct {
	Base
	L, R      Expr
	Qualifier IntervalQualifier
}

// IntervalQualifier is e.g. DAY(3) TO SECOND(6).
type IntervalQualifier struct {
	Base
	From TimeUnit
	// Precision is the leading precision, Fraction the precision of seconds; -1 if absent.
	Precision int
	To        TimeUnit // NoUnit unless a range
	Fraction  int
}

// TimeUnit is a unit of INTERVAL, EXTRACT, TIMESTAMPADD, FLOOR … TO and the like.
type TimeUnit uint8

// The time units.
const (
	NoUnit TimeUnit = iota
	Nanosecond
	Microsecond
	Millisecond
	Second
	Minute
	Hour
	Day
	Week
	Month
	Quarter
	Year
	Decade
	Century
	Millennium
	DayOfWeek    // DOW
	DayOfYear    // DOY
	ISODayOfWeek // ISODOW
	ISOYear      // ISOYEAR
	Epoch        // EPOCH
)

// ColumnRef is a name in an expression: a column, a qualified column, or a field of
// a column; the binder finds out which.
type ColumnRef struct {
	Base
	Parts []Ident
}

// Star is `*` or `t.*`, as a select item or as the argument of COUNT(*).
type Star struct {
	Base
	Qualifier *QualifiedName // nil for plain *
}

// Call is a function call in any of its spellings.
//
// Functions with keyword syntax come here too, their operands in the order of the
// plain form, with Form set to CallKeywords: EXTRACT(unit FROM x) has arguments
// [UnitArg, x], FLOOR(x TO unit) [x, UnitArg], SUBSTRING(s FROM a FOR b) [s, a, b],
// POSITION(a IN b FROM c) [a, b, c], OVERLAY(a PLACING b FROM c FOR d) [a, b, c, d],
// CONVERT and TRANSLATE(x USING name) [x, ColumnRef].
// TIMESTAMPADD(unit, n, t) has a UnitArg first, in plain form.
type Call struct {
	Base
	Name QualifiedName
	Form CallForm
	// Args may hold *Star, *NamedArg, *TableArg, *Descriptor, *UnitArg, *DefaultArg
	// besides plain expressions.
	Args        []Expr
	Distinct    bool
	OrderBy     []*SortItem // inside the parentheses
	Nulls       NullTreatment
	WithinGroup []*SortItem
	Filter      Expr        // FILTER (WHERE …); nil if absent
	Over        *WindowSpec // nil if absent
}

// CallForm is the spelling of a Call.
type CallForm uint8

// The spellings.
const (
	CallPlain    CallForm = iota // f(a, b)
	CallBare                     // CURRENT_TIMESTAMP, without parentheses
	CallKeywords                 // keywords between the arguments
)

// NullTreatment is RESPECT NULLS or IGNORE NULLS after a call.
type NullTreatment uint8

// The null treatments.
const (
	NullTreatmentUnspecified NullTreatment = iota
	RespectNulls
	IgnoreNulls
)

// NamedArg is `name => value` in a call.
type NamedArg struct {
	Base
	Name  Ident
	Value Expr
}

// DefaultArg is DEFAULT in place of an argument or of a value.
type DefaultArg struct{ Base }

// TableArg is a table passed to a function: TABLE t or a query, with PARTITION BY
// and ORDER BY when it has set semantics.
type TableArg struct {
	Base
	Query       Query // *TableQuery for TABLE t
	PartitionBy []Expr
	OrderBy     []*SortItem
}

// ModelArg is MODEL m passed to a function.
type ModelArg struct {
	Base
	Name QualifiedName
}

// Descriptor is DESCRIPTOR(column, …).
type Descriptor struct {
	Base
	Columns []Ident
}

// UnitArg is a time unit as an argument.
type UnitArg struct {
	Base
	Unit TimeUnit
}

// Cast is CAST or TRY_CAST(x AS type).
type Cast struct {
	Base
	X    Expr
	Type TypeExpr
	Try  bool
}

// Trim is TRIM([BOTH|LEADING|TRAILING] [chars] FROM x) or TRIM(x).
type Trim struct {
	Base
	Spec  TrimSpec
	Chars Expr // nil if absent: blanks
	X     Expr
}

// TrimSpec is the side that Trim works on.
type TrimSpec uint8

// The sides; unspecified means both.
const (
	TrimUnspecified TrimSpec = iota
	TrimBoth
	TrimLeading
	TrimTrailing
)

// Case is CASE [operand] WHEN … THEN … [ELSE …] END.
type Case struct {
	Base
	Operand Expr // nil for the searched form
	Whens   []*When
	Else    Expr // nil if absent
}

// When is one branch of Case. The simple form may list several values.
type When struct {
	Base
	Conds []Expr // one in the searched form
	Then  Expr
}

// Unary is a prefix operator.
type Unary struct {
	Base
	Op UnaryOp
	X  Expr
}

// UnaryOp is the operator of Unary.
type UnaryOp uint8

// The prefix operators. Running and Final stand before navigation functions in
// MATCH_RECOGNIZE.
const (
	Neg UnaryOp = iota
	Plus
	Not
	Running
	Final
)

// Binary is an infix operator.
type Binary struct {
	Base
	Op   BinaryOp
	L, R Expr
}

// BinaryOp is the operator of Binary.
type BinaryOp uint8

// The infix operators.
const (
	Or BinaryOp = iota
	And
	Eq
	Ne // <> and !=
	Lt
	Le
	Gt
	Ge
	IsDistinctFrom
	IsNotDistinctFrom
	Add
	Sub
	Mul
	Div
	Mod
	Concat
	Overlaps
	Contains
	PeriodEquals
	Precedes
	Succeeds
	ImmediatelyPrecedes
	ImmediatelySucceeds
	MemberOf
	SubmultisetOf
	NotSubmultisetOf
	MultisetUnion             // MULTISET UNION [ALL]
	MultisetUnionDistinct     // MULTISET UNION DISTINCT
	MultisetIntersect         // MULTISET INTERSECT [ALL]
	MultisetIntersectDistinct // MULTISET INTERSECT DISTINCT
	MultisetExcept            // MULTISET EXCEPT [ALL]
	MultisetExceptDistinct    // MULTISET EXCEPT DISTINCT
)

// Between is x [NOT] BETWEEN [ASYMMETRIC|SYMMETRIC] low AND high.
type Between struct {
	Base
	X         Expr
	Not       bool
	Symmetric bool
	Low, High Expr
}

// In is x [NOT] IN (list) or x [NOT] IN (query).
type In struct {
	Base
	X     Expr
	Not   bool
	List  []Expr // nil when Query is set
	Query Query
}

// Like is x [NOT] LIKE pattern [ESCAPE c], and its relatives.
type Like struct {
	Base
	Kind    LikeKind
	X       Expr
	Not     bool
	Pattern Expr
	Escape  Expr // nil if absent
}

// LikeKind tells the pattern predicates apart.
type LikeKind uint8

// The pattern predicates.
const (
	LikePlain LikeKind = iota
	ILike
	RLike
	SimilarTo
)

// Is is x IS [NOT] test.
type Is struct {
	Base
	X    Expr
	Not  bool
	Test IsTest
}

// IsTest is what Is asks.
type IsTest uint8

// The tests of IS.
const (
	IsNull IsTest = iota
	IsTrue
	IsFalse
	IsUnknown
	IsJSON // IS JSON and IS JSON VALUE
	IsJSONObject
	IsJSONArray
	IsJSONScalar
	IsASet
	IsEmpty
)

// Exists is EXISTS (query).
type Exists struct {
	Base
	Query Query
}

// Unique is UNIQUE (query).
type Unique struct {
	Base
	Query Query
}

// Subquery is a query in parentheses used as a value.
type Subquery struct {
	Base
	Query Query
}

// Cursor is CURSOR(query).
type Cursor struct {
	Base
	Query Query
}

// Quantified is x op ANY|ALL (query or list). SOME is read as ANY.
type Quantified struct {
	Base
	X     Expr
	Op    BinaryOp // a comparison
	All   bool
	List  []Expr // nil when Query is set
	Query Query
}

// Row is ROW(a, …), (a, b) or PERIOD (a, b).
type Row struct {
	Base
	Keyword bool // written with ROW
	Items   []Expr
}

// ArrayExpr is ARRAY[a, …] or ARRAY(query).
type ArrayExpr struct {
	Base
	Items []Expr
	Query Query
}

// MapExpr is MAP[k, v, …] or MAP(query); Items alternate keys and values.
type MapExpr struct {
	Base
	Items []Expr
	Query Query
}

// MultisetExpr is MULTISET[a, …] or MULTISET(query).
type MultisetExpr struct {
	Base
	Items []Expr
	Query Query
}

// Index is x[i]: an element of an array (from 1) or the value of a map's key.
type Index struct {
	Base
	X, I Expr
}

// Field is x.name where x is more than a name, e.g. f(a).b or a[1].b.
type Field struct {
	Base
	X    Expr
	Name Ident
}

// JSONExists is JSON_EXISTS(input, path [PASSING …] [on-error]).
type JSONExists struct {
	Base
	Input, Path Expr
	Passing     []*SelectItem // values with names; without effect
	OnError     *JSONBehavior // True, False, Unknown or Error; nil if absent
}

// JSONValue is JSON_VALUE(input, path [PASSING …] [RETURNING type] [… ON EMPTY] [… ON ERROR]).
type JSONValue struct {
	Base
	Input, Path Expr
	Passing     []*SelectItem // values with names; without effect
	Returning   TypeExpr      // nil if absent
	OnEmpty     *JSONBehavior // nil if absent
	OnError     *JSONBehavior // nil if absent
}

// JSONQuery is JSON_QUERY(input, path [PASSING …] [RETURNING type] [wrapper] [… ON EMPTY] [… ON ERROR]).
type JSONQuery struct {
	Base
	Input, Path Expr
	Passing     []*SelectItem // values with names; without effect
	Returning   TypeExpr      // nil if absent
	Wrapper     JSONWrapper
	OnEmpty     *JSONBehavior // nil if absent
	OnError     *JSONBehavior // nil if absent
}

// JSONBehavior is what a JSON function yields ON EMPTY or ON ERROR.
type JSONBehavior struct {
	Base
	Kind    JSONBehaviorKind
	Default Expr // for JSONDefault
}

// JSONBehaviorKind tells JSON behaviors apart.
type JSONBehaviorKind uint8

// The JSON behaviors.
const (
	JSONNull JSONBehaviorKind = iota
	JSONError
	JSONDefault
	JSONEmptyArray
	JSONEmptyObject
	JSONTrue
	JSONFalse
	JSONUnknown
)

// JSONWrapper is the wrapper clause of JSON_QUERY.
type JSONWrapper uint8

// The wrapper clauses. WITH WRAPPER is read as JSONWithUnconditional.
const (
	JSONWrapperUnspecified JSONWrapper = iota
	JSONWithout
	JSONWithConditional
	JSONWithUnconditional
)

// JSONObject is JSON_OBJECT(pairs [NULL|ABSENT ON NULL]).
type JSONObject struct {
	Base
	Pairs  []*JSONPair
	OnNull JSONOnNull
}

// JSONPair is one member of a JSON object: [KEY] key VALUE value, or key : value.
type JSONPair struct {
	Base
	Key, Value Expr
}

// JSONArray is JSON_ARRAY(items [NULL|ABSENT ON NULL]).
type JSONArray struct {
	Base
	Items  []Expr
	OnNull JSONOnNull
}

// JSONObjectAgg is JSON_OBJECTAGG(pair [NULL|ABSENT ON NULL]).
type JSONObjectAgg struct {
	Base
	Key, Value Expr
	OnNull     JSONOnNull
}

// JSONArrayAgg is JSON_ARRAYAGG(value [ORDER BY …] [NULL|ABSENT ON NULL]); WITHIN
// GROUP (ORDER BY …) behind it means the same as ORDER BY in it.
type JSONArrayAgg struct {
	Base
	Value   Expr
	OrderBy []*SortItem
	OnNull  JSONOnNull
}

// JSONOnNull is what a JSON constructor does with NULL values.
type JSONOnNull uint8

// The choices; unspecified means NULL ON NULL for objects and ABSENT ON NULL for arrays.
const (
	JSONOnNullUnspecified JSONOnNull = iota
	NullOnNull
	AbsentOnNull
)

// FormatJSON is `x FORMAT JSON` inside a JSON constructor.
type FormatJSON struct {
	Base
	X Expr
}

func (*NumberLit) expr()     {}
func (*StringLit) expr()     {}
func (*BinaryLit) expr()     {}
func (*BoolLit) expr()       {}
func (*NullLit) expr()       {}
func (*DatetimeLit) expr()   {}
func (*IntervalLit) expr()   {}
func (*IntervalExpr) expr()  {}
func (*DatetimeSub) expr()   {}
func (*ColumnRef) expr()     {}
func (*Star) expr()          {}
func (*Call) expr()          {}
func (*NamedArg) expr()      {}
func (*DefaultArg) expr()    {}
func (*TableArg) expr()      {}
func (*ModelArg) expr()      {}
func (*Descriptor) expr()    {}
func (*UnitArg) expr()       {}
func (*Cast) expr()          {}
func (*Trim) expr()          {}
func (*Case) expr()          {}
func (*Unary) expr()         {}
func (*Binary) expr()        {}
func (*Between) expr()       {}
func (*In) expr()            {}
func (*Like) expr()          {}
func (*Is) expr()            {}
func (*Exists) expr()        {}
func (*Unique) expr()        {}
func (*Subquery) expr()      {}
func (*Cursor) expr()        {}
func (*Quantified) expr()    {}
func (*Row) expr()           {}
func (*ArrayExpr) expr()     {}
func (*MapExpr) expr()       {}
func (*MultisetExpr) expr()  {}
func (*Index) expr()         {}
func (*Field) expr()         {}
func (*JSONExists) expr()    {}
func (*JSONValue) expr()     {}
func (*JSONQuery) expr()     {}
func (*JSONObject) expr()    {}
func (*JSONArray) expr()     {}
func (*JSONObjectAgg) expr() {}
func (*JSONArrayAgg) expr()  {}
func (*FormatJSON) expr()    {}
