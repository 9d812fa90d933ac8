// Package logical is the relational tree: what a query means, before it is decided
// how to run it. The binder builds it, the rules rewrite it, package physical
// lowers it. Nodes are immutable; rewriting makes new ones. A node that is the
// input of several others (a view, a CTE, a shared scan) is one value: rules keep
// that sharing where they can.
package logical

import (
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// Node is one relational operator. Columns are numbered; names are for people and
// for the final result.
type Node interface {
	Schema() []types.Field
	Inputs() []Node
	// WithInputs gives the same node over other inputs of the same schema.
	WithInputs(in ...Node) Node
	Span() diag.Span
}

// Base is what every node embeds.
type Base struct {
	Fields []types.Field
	At     diag.Span
	Hints  []Hint // /*+ … */ that apply to this node
}

// Schema and Span of a node.
func (b *Base) Schema() []types.Field { return b.Fields }
func (b *Base) Span() diag.Span       { return b.At }

// Hint is one hint: LOOKUP('table'='d', 'async'='true'), STATE_TTL('o'='1d'), BROADCAST(a).
type Hint struct {
	Name   string // upper case
	KV     map[string]string
	Values []string
	Span   diag.Span
}

// Scan reads all columns of a table, computed ones included, in the table's order
// (Fields match Table.Columns). Rules narrow it.
type Scan struct {
	Base
	Table   *catalog.Table
	Alias   string
	Options map[string]string // Table.Options with OPTIONS hints applied
	Caps    catalog.Capabilities
	Indexes []*Scan // tables of 'lookup.index.table', if the table is looked up
	// For is the mix or hybrid table for which Table stands; nil = it stands for itself.
	For  *physical.Standing
	Turn *physical.Turn // of a side of a hybrid table

	// What rules narrowed the scan to; the binder leaves these empty.
	Columns []ScanColumn // one for each of Fields; nil = all columns of Table in order
	Filters []rex.Expr   // over Fields: conjuncts that skip data; the rows are filtered again above
	Limit   int64        // rows wanted in total; 0 = all
	NoTime  bool         // nobody above needs this scan's watermarks
}

// ScanColumn is one column that a narrowed scan gives: a column of the table, or a
// field nested in one.
type ScanColumn struct {
	Column int   // index into Table.Columns
	Path   []int // fields of nested ROW types, outermost first; nil = the whole column
}

// Values gives constant rows.
type Values struct {
	Base
	Rows [][]rex.Expr
	// Computed says that a value is more than a literal.
	Computed bool
}

// Project computes Exprs; Fields name them.
type Project struct {
	Base
	Input Node
	Exprs []rex.Expr
}

// Filter keeps the rows for which Cond is true.
type Filter struct {
	Base
	Input Node
	Cond  rex.Expr
}

// Join joins on Cond, over left ++ right; nil = cross join. The binder leaves
// conditions whole; rules split keys from residuals.
type Join struct {
	Base
	Kind        physical.JoinKind
	Left, Right Node
	Cond        rex.Expr
	// Names (aliases) of the sides, for STATE_TTL and LOOKUP hints.
	LeftName, RightName string
}

// TemporalJoin joins every left row with the version of the right side valid at
// Time: processing time (lookup join, or latest version) or a rowtime column.
type TemporalJoin struct {
	Base
	Kind      physical.JoinKind // Inner or LeftOuter
	Left      Node
	Right     Node     // Project*/Filter* over Scan
	Time      rex.Expr // over left: a time attribute
	Cond      rex.Expr // over left ++ right
	RightName string
}

// Aggregate groups by columns of its input. Output: groups, then aggregates. With
// Sets, each lists the group positions it keeps, and the output has one column more,
// the last: BIGINT NOT NULL, the position in Sets of the row's set, from which
// GROUPING functions are computed. Without Aggs it is DISTINCT.
type Aggregate struct {
	Base
	Input  Node
	Groups []int
	Sets   [][]int // nil = one set with all groups
	Aggs   []rex.AggCall
}

// WindowTVF adds window_start, window_end and window_time to its input.
type WindowTVF struct {
	Base
	Input  Node
	Window physical.Window
}

// GroupWindow is the legacy GROUP BY TUMBLE(…): groups, then aggregates, then props. A
// rule makes one too of an Aggregate over a WindowTVF, with FromTVF set.
type GroupWindow struct {
	Base
	Input  Node
	Window physical.Window
	Groups []int
	Aggs   []rex.AggCall
	Props  []physical.WindowProp
	// Shared, if not nil, are several windows over the same panes; Window is the pane.
	Shared []physical.Window
	// Pivot, if not nil, makes the shared windows with one end columns of one row.
	Pivot []physical.PivotCall
	// FromTVF: early and late firing (table.exec.emit.*) are for legacy windows only.
	FromTVF bool
}

// Over adds one column per call to its input: ranking, offset and aggregate
// functions over one window specification.
type Over struct {
	Base
	Input     Node
	Partition []int
	Order     []rex.SortKey
	Frame     Frame
	Calls     []rex.AggCall
}

// Frame is the frame of an OVER window.
type Frame struct {
	Rows bool // ROWS, else RANGE
	// Preceding is the lower bound: rows, or milliseconds for RANGE; -1 = UNBOUNDED PRECEDING.
	Preceding int64
	// Following is the upper bound; 0 = CURRENT ROW, -1 = UNBOUNDED FOLLOWING (batch only).
	Following int64
}

// Union gives the rows of all inputs (UNION ALL). UNION is an Aggregate over it.
type Union struct {
	Base
	In []Node
}

// SetOp is INTERSECT or EXCEPT.
type SetOp struct {
	Base
	Except      bool // else INTERSECT
	All         bool
	Left, Right Node
}

// Sort orders and cuts; Keys empty = only LIMIT. Fetch -1 = all.
type Sort struct {
	Base
	Input         Node
	Keys          []rex.SortKey
	Offset, Fetch int64
}

// Unnest adds a row per element of a collection: CROSS JOIN UNNEST(…).
type Unnest struct {
	Base
	Input          Node
	Collection     rex.Expr
	Outer          bool
	WithOrdinality bool
	// Cond is over the node's own columns: elements that fail it do not count, so that with
	// Outer a row without any other comes out with NULLs. nil = all.
	Cond rex.Expr
}

// Sink is one output of a script. Table nil = the result of a SELECT.
type Sink struct {
	Base
	Input     Node
	Name      string
	Table     *catalog.Table
	Options   map[string]string
	Caps      catalog.Capabilities
	Columns   []physical.SinkColumn // match Input's schema one to one
	Overwrite bool
	Partition map[string]string
	For       *physical.Standing // the mix table for which Table stands, nil = none
}

// Inputs and WithInputs of each node.
func (n *Scan) Inputs() []Node         { return nil }
func (n *Values) Inputs() []Node       { return nil }
func (n *Project) Inputs() []Node      { return []Node{n.Input} }
func (n *Filter) Inputs() []Node       { return []Node{n.Input} }
func (n *Join) Inputs() []Node         { return []Node{n.Left, n.Right} }
func (n *TemporalJoin) Inputs() []Node { return []Node{n.Left, n.Right} }
func (n *Aggregate) Inputs() []Node    { return []Node{n.Input} }
func (n *WindowTVF) Inputs() []Node    { return []Node{n.Input} }
func (n *GroupWindow) Inputs() []Node  { return []Node{n.Input} }
func (n *Over) Inputs() []Node         { return []Node{n.Input} }
func (n *Union) Inputs() []Node        { return n.In }
func (n *SetOp) Inputs() []Node        { return []Node{n.Left, n.Right} }
func (n *Sort) Inputs() []Node         { return []Node{n.Input} }
func (n *Unnest) Inputs() []Node       { return []Node{n.Input} }
func (n *Sink) Inputs() []Node         { return []Node{n.Input} }

func (n *Scan) WithInputs(...Node) Node           { return n }
func (n *Values) WithInputs(...Node) Node         { return n }
func (n *Project) WithInputs(in ...Node) Node     { c := *n; c.Input = in[0]; return &c }
func (n *Filter) WithInputs(in ...Node) Node      { c := *n; c.Input = in[0]; return &c }
func (n *Aggregate) WithInputs(in ...Node) Node   { c := *n; c.Input = in[0]; return &c }
func (n *WindowTVF) WithInputs(in ...Node) Node   { c := *n; c.Input = in[0]; return &c }
func (n *GroupWindow) WithInputs(in ...Node) Node { c := *n; c.Input = in[0]; return &c }
func (n *Over) WithInputs(in ...Node) Node        { c := *n; c.Input = in[0]; return &c }
func (n *Sort) WithInputs(in ...Node) Node        { c := *n; c.Input = in[0]; return &c }
func (n *Unnest) WithInputs(in ...Node) Node      { c := *n; c.Input = in[0]; return &c }
func (n *Sink) WithInputs(in ...Node) Node        { c := *n; c.Input = in[0]; return &c }
func (n *Join) WithInputs(in ...Node) Node {
	c := *n
	c.Left, c.Right = in[0], in[1]
	return &c
}
func (n *TemporalJoin) WithInputs(in ...Node) Node {
	c := *n
	c.Left, c.Right = in[0], in[1]
	return &c
}
func (n *Union) WithInputs(in ...Node) Node { c := *n; c.In = in; return &c }
func (n *SetOp) WithInputs(in ...Node) Node {
	c := *n
	c.Left, c.Right = in[0], in[1]
	return &c
}
