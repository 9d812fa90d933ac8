package syntax

// QueryExpr is a query body with WITH before it or ORDER BY, LIMIT, OFFSET or
// FETCH after it. A body that has none of these is not wrapped.
type QueryExpr struct {
	Base
	With    *With // nil if absent
	Body    Query
	OrderBy []*SortItem
	// Limit is the row count of LIMIT n or FETCH FIRST n ROWS ONLY; nil when there
	// is none, also for LIMIT ALL.
	Limit  Expr
	Offset Expr
	// Fetch tells that Limit is spelled FETCH FIRST.
	Fetch bool
}

// With is WITH [RECURSIVE] name AS (…), ….
type With struct {
	Base
	Recursive bool
	CTEs      []*CTE
}

// CTE is one named query of WITH.
type CTE struct {
	Base
	Name    Ident
	Columns []Ident
	Query   Query
}

// Select is one SELECT block.
type Select struct {
	Base
	Hints    []*Hint
	Distinct bool
	Items    []*SelectItem
	// From is the comma list, empty when there is no FROM. As comma and JOIN bind
	// equally from left to right, `a, b JOIN c` is one item: (a, b) JOIN c, where
	// (a, b) is a Join with Comma set.
	From    []TableExpr
	Where   Expr
	GroupBy *GroupBy
	Having  Expr
	Windows []*WindowDef
	Qualify Expr
}

// SelectItem is one output of SELECT, or one measure of MATCH_RECOGNIZE. Expr is a
// *Star for `*` and `t.*`.
type SelectItem struct {
	Base
	Expr  Expr
	Alias *Ident // nil if absent
}

// GroupBy is GROUP BY [ALL | DISTINCT] items.
type GroupBy struct {
	Base
	Distinct bool // GROUP BY DISTINCT: equal grouping sets count once
	// Items are expressions, *GroupingSet, and *Row for `(a, b)` and `()`.
	Items []Expr
}

// GroupingSet is GROUPING SETS (…), ROLLUP (…) or CUBE (…). Its items are
// expressions, *Row for a set of several columns or none, or nested *GroupingSet.
type GroupingSet struct {
	Base
	Kind  GroupingKind
	Items []Expr
}

// GroupingKind tells the forms of GroupingSet apart.
type GroupingKind uint8

// The grouping forms.
const (
	GroupingSets GroupingKind = iota
	Rollup
	Cube
)

// SetOp is L op R. Operands with ORDER BY or LIMIT are *QueryExpr.
type SetOp struct {
	Base
	Op   SetOpKind
	All  bool
	L, R Query
}

// SetOpKind is the operator of a SetOp.
type SetOpKind uint8

// The set operators.
const (
	Union SetOpKind = iota
	Intersect
	Except
)

// Values is VALUES row, …. A row without parentheses is a *Row of one item.
type Values struct {
	Base
	Rows []*Row
}

// TableQuery is TABLE t, short for SELECT * FROM t.
type TableQuery struct {
	Base
	Name QualifiedName
}

// SortItem is one key of ORDER BY.
type SortItem struct {
	Base
	Expr  Expr
	Desc  bool
	Nulls NullOrder
}

// NullOrder is where a sort puts NULL.
type NullOrder uint8

// The null orders. Without a clause Flink puts NULL first in ascending order and
// last in descending order.
const (
	NullsUnspecified NullOrder = iota
	NullsFirst
	NullsLast
)

// Hint is one entry of `/*+ … */`, on SELECT or on a table.
type Hint struct {
	Base
	Name Ident
	// Args of the form ('k'='v') or (k=v) have both parts; of the form (a, b) only Value.
	Args []*HintArg
}

// HintArg is one argument of a Hint.
type HintArg struct {
	Base
	Key   Expr // nil, *StringLit or *ColumnRef of one part
	Value Expr // *StringLit, *NumberLit or *ColumnRef
}

// TableAlias is [AS] name [(columns)].
type TableAlias struct {
	Base
	Name    Ident
	Columns []Ident
}

// Sample is TABLESAMPLE BERNOULLI|SYSTEM (percent) [REPEATABLE (seed)].
type Sample struct {
	Base
	System  bool // SYSTEM, else BERNOULLI
	Percent *NumberLit
	Seed    *NumberLit // nil if absent; may be negative
}

// TableRef is a named table in FROM.
type TableRef struct {
	Base
	Name   QualifiedName
	Hints  []*Hint
	AsOf   Expr        // FOR SYSTEM_TIME AS OF; nil if absent
	Alias  *TableAlias // nil if absent
	Sample *Sample     // nil if absent
}

// Join is L JOIN R. R may itself be a *Join when it was written in parentheses.
type Join struct {
	Base
	Kind    JoinKind
	Comma   bool // a JoinCross written as a comma; see Select.From
	Natural bool
	L, R    TableExpr
	On      Expr    // nil unless ON is given
	Using   []Ident // nil unless USING is given
	KeyBy   []Expr  // columns of L; nil unless KEYBY is given
}

// JoinKind is the kind of a Join.
type JoinKind uint8

// The join kinds.
const (
	JoinInner JoinKind = iota
	JoinLeft
	JoinRight
	JoinFull
	JoinCross
)

// Derived is a query in FROM: [LATERAL] (query) alias. `(VALUES …) AS t (a, b)` is
// a Derived over Values.
type Derived struct {
	Base
	Lateral bool
	Query   Query
	Alias   *TableAlias
	Sample  *Sample
}

// TableFunc is a table function in FROM: [LATERAL] TABLE(f(…)), or f(…) when Bare.
// Window table functions (TUMBLE, HOP, CUMULATE, SESSION), process table functions,
// user functions and ML_PREDICT all come here.
type TableFunc struct {
	Base
	Lateral bool
	Bare    bool // written without TABLE( )
	Call    *Call
	Alias   *TableAlias
	Sample  *Sample
}

// Unnest is UNNEST(expr, …) [WITH ORDINALITY].
type Unnest struct {
	Base
	Lateral    bool
	Args       []Expr
	Ordinality bool
	Alias      *TableAlias
	Sample     *Sample
}

// WindowDef is `name AS (spec)` of the WINDOW clause.
type WindowDef struct {
	Base
	Name Ident
	Spec *WindowSpec
}

// WindowSpec is what follows OVER. For `OVER w` it has only Ref and Bare is true;
// for `OVER (w ORDER BY …)` Ref names the window that it refines.
type WindowSpec struct {
	Base
	Ref         *Ident
	Bare        bool
	PartitionBy []Expr
	OrderBy     []*SortItem
	Frame       *Frame // nil if absent
}

// Frame is ROWS|RANGE [BETWEEN start AND end]. End is nil for the short form.
type Frame struct {
	Base
	Range bool // RANGE, else ROWS
	Start *FrameBound
	End   *FrameBound
}

// FrameBound is one end of a Frame.
type FrameBound struct {
	Base
	Kind FrameBoundKind
	Expr Expr // for Preceding and Following
}

// FrameBoundKind tells frame bounds apart.
type FrameBoundKind uint8

// The frame bounds.
const (
	UnboundedPreceding FrameBoundKind = iota
	Preceding
	CurrentRow
	Following
	UnboundedFollowing
)

// MatchRecognize is `input MATCH_RECOGNIZE (…) [alias]`.
type MatchRecognize struct {
	Base
	Input       TableExpr
	PartitionBy []Expr
	OrderBy     []*SortItem
	Measures    []*SelectItem
	Rows        RowsPerMatch
	After       *AfterMatch // nil if absent
	Pattern     Pattern
	StrictStart bool // pattern begins with ^
	StrictEnd   bool // pattern ends with $
	Within      Expr // interval; nil if absent
	Subsets     []*Subset
	Define      []*PatternDef
	Alias       *TableAlias
}

// RowsPerMatch is the ONE|ALL ROWS PER MATCH clause.
type RowsPerMatch uint8

// The choices of rows per match; unspecified means one row.
const (
	RowsPerMatchUnspecified RowsPerMatch = iota
	OneRowPerMatch
	AllRowsPerMatch
)

// AfterMatch is AFTER MATCH SKIP ….
type AfterMatch struct {
	Base
	Kind AfterMatchKind
	Var  *Ident // for the kinds that name a pattern variable
}

// AfterMatchKind tells where matching goes on.
type AfterMatchKind uint8

// The skip strategies. `SKIP TO v` is SkipToLast, as in Calcite.
const (
	SkipPastLastRow AfterMatchKind = iota
	SkipToNextRow
	SkipToFirst
	SkipToLast
)

// Subset is `name = (a, b)` of the SUBSET clause.
type Subset struct {
	Base
	Name Ident
	Vars []Ident
}

// PatternDef is `variable AS condition` of the DEFINE clause.
type PatternDef struct {
	Base
	Var  Ident
	Cond Expr
}

// Pattern is a row pattern: *PatternVar, *PatternSeq, *PatternAlt, *PatternQuant,
// *PatternExclude or *PatternPermute.
type Pattern interface {
	Node
	pattern()
}

// PatternVar is a pattern variable.
type PatternVar struct {
	Base
	Name Ident
}

// PatternSeq is a concatenation of two or more patterns.
type PatternSeq struct {
	Base
	Items []Pattern
}

// PatternAlt is `a | b | …`.
type PatternAlt struct {
	Base
	Items []Pattern
}

// PatternQuant is a quantified pattern: * + ? {n} {n,} {,m} {n,m}.
type PatternQuant struct {
	Base
	Item      Pattern
	Min       int
	Max       int // -1: no bound
	Reluctant bool
}

// PatternExclude is {- pattern -}.
type PatternExclude struct {
	Base
	Item Pattern
}

// PatternPermute is PERMUTE(a, b, …).
type PatternPermute struct {
	Base
	Items []Pattern
}

func (*QueryExpr) query()  {}
func (*Select) query()     {}
func (*SetOp) query()      {}
func (*Values) query()     {}
func (*TableQuery) query() {}

func (*TableRef) tableExpr()       {}
func (*Join) tableExpr()           {}
func (*Derived) tableExpr()        {}
func (*TableFunc) tableExpr()      {}
func (*Unnest) tableExpr()         {}
func (*MatchRecognize) tableExpr() {}

func (*GroupingSet) expr() {}

func (*PatternVar) pattern()     {}
func (*PatternSeq) pattern()     {}
func (*PatternAlt) pattern()     {}
func (*PatternQuant) pattern()   {}
func (*PatternExclude) pattern() {}
func (*PatternPermute) pattern() {}
