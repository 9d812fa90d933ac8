// Package physical holds operator specs: what one node of the StreamGraph does,
// as pure data. Lowering puts a Spec into each topology.Node; exec/build.go turns
// it into an operator. Specs are immutable.
//
// Conventions. Columns are numbered in the operator's input; in two-input operators
// the right columns follow the left ones. In and Out are the column types, in
// order; names are for people. Time is in milliseconds since the epoch. An
// operator whose Out edge carries no -U (see EmitUpdateBefore) must not produce any.
package physical

import (
	"slices"
	"time"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
)

// Spec is one operator's description. Schema gives its output columns.
type Spec interface{ Schema() []types.Field }

// Out is the output schema every spec embeds.
type Out struct{ Fields []types.Field }

// Schema gives the output columns.
func (o Out) Schema() []types.Field { return o.Fields }

// Types gives the output types.
func (o Out) Types() []types.Type { return FieldTypes(o.Fields) }

// FieldTypes gives the types of fields.
func FieldTypes(fs []types.Field) []types.Type {
	ts := make([]types.Type, len(fs))
	for i, f := range fs {
		ts[i] = f.Type
	}
	return ts
}

// ReadColumn is one column that a source reads: a physical column, a field inside
// one (Path longer than 1), or metadata.
type ReadColumn struct {
	Name     string
	Path     []string // physical: column name, then names of nested ROW fields
	Metadata string   // metadata key; Path is empty then
	Type     types.Type
}

// Scan says what to read of a table; sources and lookups get it.
type Scan struct {
	Table   *catalog.Table
	Options map[string]string // the table's, with OPTIONS hints applied
	Read    []ReadColumn      // in this order in the batches a source gives
	// Filters are conjuncts over Read that the source may use to skip data; rows are
	// filtered again afterwards unless Partitions took care of them.
	Filters []rex.Expr
	// Partitions lists the partition values to read, as written in paths, if
	// pruning was possible at plan time; nil = all.
	Partitions []map[string]string
	Limit      int64 // read at most so many rows in total; -1 = all
}

// Standing names the logical table for which a table is read or written.
type Standing struct {
	Table catalog.Path
	Side  string // "stream side", "side history"
}

// Source reads a table. The rows read go through Project (computed columns), then
// Filter, then watermarks are made per split.
type Source struct {
	Out
	Scan
	Project   []rex.Expr // over Scan.Read; nil = as read
	Watermark *Watermark // over Out; nil = none
	Bounded   bool
	// Await names the joins' keys without which partitions are not opened (batch only); nil = none.
	Await []*KeyFilter
	Turn  *Turn // when it is read; nil = at once
}

// Turn is the place of a source among those of one sequence, a hybrid table: it is read when
// all of lower places have been read to their end, and holds the watermark back until
// then. From then on its watermark is at least theirs, but not beyond Since.
type Turn struct {
	Of    catalog.Path
	Place int
	// Since, in milliseconds, is the rowtime from which on rows of the source count; nil = all do.
	Since *int64
}

// KeyFilter says that rows of a source are of use only if its partition columns have values that one side of a join has
// in its key: the join collects them, the source leaves the other partitions unopened. One value is shared by both specs.
type KeyFilter struct {
	Partition []string // partition columns of the source
	Side      int      // of the join that collects: 0 left, 1 right
	Columns   []int    // columns of that side, one for each of Partition
	Nulls     []bool   // NULL is equal to NULL (IS NOT DISTINCT FROM), else it has no match
	By        string   // what gives the values, for people
}

// Watermark makes watermarks. The watermark is the greatest value of Expr seen so
// far, in milliseconds, nothing subtracted (as Flink SQL does): w says that rows
// with rowtime <= w are late. Expr usually subtracts the bound of disorder itself.
type Watermark struct {
	Column      int      // the rowtime column
	Expr        rex.Expr // its value, a timestamp; NULL makes none
	Text        string   // as written, for people: "ts - INTERVAL '5' SECOND"
	IdleTimeout time.Duration
	// Alignment: sources of one group pause while ahead by more than MaxDrift; "" = none.
	Group    string
	MaxDrift time.Duration
	// Interval between emissions; 0 = after every row (exact, slow; what tests against Flink use).
	Interval time.Duration
}

// AssignWatermark makes watermarks in mid-stream, where a scan could not.
type AssignWatermark struct {
	Out
	Watermark
}

// Values gives constant rows. Parallelism 1, bounded.
type Values struct {
	Out
	Rows [][]rex.Expr // literals or constant expressions
}

// Calc filters, then projects. Row kinds pass through; an update whose -U is
// dropped by the filter and whose +U passes is left as it is, as in Flink.
type Calc struct {
	Out
	In     []types.Type
	Filter rex.Expr // nil = all rows
	Exprs  []rex.Expr
}

// Phase says which half of a two-phase aggregation an operator is.
type Phase uint8

// The phases. Local output and Global input are the keys followed by the partial
// columns of each aggregate in order (agg.Acc.PartialTypes). With Retract a last column,
// BIGINT NOT NULL, is the number of rows added less those taken back (of WindowAgg: the
// last but one, before the slice end).
const (
	Single Phase = iota
	Local
	Global
)

// GroupAgg aggregates by key. Output: keys, then one column an aggregate.
// Streaming gives +I for a new group, -U/+U for a changed one, -D when its last row is
// taken back; batch gives final rows when the input ends. A row of an unchanged
// result is not emitted (unless TTL is set, as in Flink).
type GroupAgg struct {
	Out
	In               []types.Type
	Keys             []int // none = one global group, which exists in batch even without rows
	Aggs             []rex.AggCall
	Phase            Phase
	Retract          bool // the input has -U or -D
	EmitUpdateBefore bool
	TTL              time.Duration
	// MiniBatch folds so many input rows, or so long, into one change a key; 0 = off.
	MiniBatchSize int
	MiniBatchWait time.Duration
	// LocalIn is what Aggs refer to in the Global phase: the Local operator's In. Keys
	// are 0…n-1 there. Nil in the other phases, whose Aggs refer to In.
	LocalIn []types.Type
}

// WindowKind is how rows are put into windows.
type WindowKind uint8

// The window kinds. Attached takes windows already in columns window_start and window_end.
const (
	Tumble WindowKind = iota
	Hop
	Cumulate
	Session
	Attached
)

var windowText = [...]string{"TUMBLE", "HOP", "CUMULATE", "SESSION", "ATTACHED"}

func (k WindowKind) String() string { return windowText[k] }

// Window describes windows over one time column. All lengths in milliseconds; a
// window is [start, end) with start = offset modulo Slide (Size for TUMBLE).
type Window struct {
	Kind      WindowKind
	Time      int   // time column of the input (Attached: unused)
	Rowtime   bool  // event time; else processing time
	Size      int64 // length; of CUMULATE the longest; of SESSION the gap
	Slide     int64 // HOP: slide; CUMULATE: step; else 0
	Offset    int64
	Partition []int // SESSION: partition columns
	// Attached: the columns that hold the window.
	Start, End int
	// Local: the time column is TIMESTAMP_LTZ, put into windows of local time.
	Local bool
	// Zone is whose local time windows follow; "" = of TIMESTAMP_LTZ the session's, of
	// TIMESTAMP none. The bounds of a TIMESTAMP's windows stay in the column's own time.
	Zone string
	// Show, if not nil, says which results of an aggregate over the windows come out.
	Show *WindowShow
}

// WindowShow says which results of a window aggregate come out, by key. Lengths are event time
// in milliseconds.
type WindowShow struct {
	UpdateEvery int64 // > 0: a window gives its current result so often until it ends, as updates
	ZeroRows    bool  // a key whose window has become empty gives one row of zeroes
	OnlyChanges bool  // a result equal to the one before is left out
	AtMostEvery int64 // > 0: one result in so long, the latest
}

// WindowOutput lets the results of a window aggregate through as Window.Show says. Its input
// are rows of the aggregate, each key's in order of windows, with a column more behind those
// of the output: WindowLast. Results are forgotten when the key's window has become empty.
type WindowOutput struct {
	Out
	Keys   []int
	Values []int  // the aggregates
	Zero   []bool // by value: whether a zero row has 0 there, else NULL
	Window Window
	// Props are the columns of the window, those behind the values.
	Props            []WindowProp
	EmitUpdateBefore bool
}

// OrderMatters reports whether a call's value depends on the order in which the partials of
// a group are put together.
func OrderMatters(calls []rex.AggCall) bool {
	return slices.ContainsFunc(calls, func(c rex.AggCall) bool {
		switch c.Fn {
		case "COUNT", "SUM", "$SUM0", "SUM0", "AVG", "MIN", "MAX", "VAR_POP", "VAR_SAMP", "VARIANCE", "STDDEV_POP", "STDDEV_SAMP", "STDDEV",
			"APPROX_COUNT_DISTINCT", "COLLECT":
			return false
		}
		return true
	})
}

// WindowTVF adds window_start, window_end, window_time to every row (a row for every
// window it belongs to). Rows late for all their windows pass: dropping is the
// aggregate's business, as in Flink.
type WindowTVF struct {
	Out
	In     []types.Type
	Window Window
}

// WindowProp is a column a window aggregate adds.
type WindowProp uint8

// The window columns, TIMESTAMP(3) or TIMESTAMP_LTZ(3); time is end - 1 ms and a time attribute.
const (
	WindowStart WindowProp = iota
	WindowEnd
	WindowTime
	WindowIndex // BIGINT NOT NULL: of several windows, which one (its place in Shared)
	WindowLast  // BIGINT NOT NULL: the end in milliseconds of local time, as operators know it
)

// WindowAgg aggregates by key and window. Output: keys, aggregates, then Props.
// Event-time windows fire when the watermark passes end - 1; rows of fired windows
// are dropped and counted as late. Each row updates one slice; firing merges slices.
// Output is insert-only.
type WindowAgg struct {
	Out
	In      []types.Type
	Window  Window
	Keys    []int
	Aggs    []rex.AggCall
	Props   []WindowProp
	Phase   Phase // Local output: keys, partials, slice end BIGINT
	Retract bool
	// LocalIn is what Aggs and Window refer to in the Global phase: the Local operator's In.
	LocalIn []types.Type
	// Shared, if not nil, are several TUMBLE and HOP windows over the same rows and keys,
	// all computed from the same panes. Window is the pane then, a TUMBLE.
	Shared []Window
	// Pivot, if not nil, says that the windows that end together are one row, with these
	// columns in place of one a call. Shared are HOP windows of one slide then, the longest
	// first: it says which keys there are.
	Pivot []PivotCall
	// Legacy is the GROUP BY TUMBLE(…) of old, whose order of rows differs.
	Legacy bool
	// Emit, if not nil, fires windows also before and after their end (legacy group
	// windows with table.exec.emit.*); output has updates then.
	Emit             *WindowEmit
	EmitUpdateBefore bool
}

// PivotCall is a column of pivoted windows: a call of one of them.
type PivotCall struct{ Call, Window int }

// WindowEmit says when a window fires beside its end. Delays are processing time; a
// delay of 0 fires at every row.
type WindowEmit struct {
	Early, Late           bool
	EarlyDelay, LateDelay time.Duration
	// AllowLateness keeps a window after its end for late rows.
	AllowLateness time.Duration
	// Every > 0: a window that has new rows shows its result when event time passes a multiple
	// of so many milliseconds from its start.
	Every int64
}

// JoinKind is the kind of a join.
type JoinKind uint8

// The join kinds.
const (
	Inner JoinKind = iota
	LeftOuter
	RightOuter
	FullOuter
	Semi // left rows with a match
	Anti // left rows without a match
)

var joinText = [...]string{"inner", "left", "right", "full", "semi", "anti"}

func (k JoinKind) String() string { return joinText[k] }

// UniqueSide says how the rows of one join input are identified, which decides the
// shape of its state (Flink's JoinInputSideSpec).
type UniqueSide struct {
	// Key are the columns (of that side) of a unique key; nil = none, rows are a multiset.
	Key []int
	// InJoinKey: the join key contains the unique key, so a join key has at most one row.
	InJoinKey bool
}

// Join is the regular join: both sides are kept (until TTL) and every change of a
// side gives the changes of the result. Output: left columns, then right columns
// (Semi, Anti: left only).
type Join struct {
	Out
	Kind                JoinKind
	Left, Right         []types.Type
	LeftKeys, RightKeys []int    // columns of their own side; none = cross join, parallelism 1
	NullEquals          []bool   // per key: IS NOT DISTINCT FROM
	Residual            rex.Expr // over left ++ right; nil = none
	LeftUnique          UniqueSide
	RightUnique         UniqueSide
	LeftTTL, RightTTL   time.Duration
	EmitUpdateBefore    bool
	// LeftChanges, RightChanges: the side may carry -U or -D.
	LeftChanges, RightChanges bool
	Collect                   []*KeyFilter // what sources wait for (batch only)
}

// LookupKey gives one column of the looked-up table its value.
type LookupKey struct {
	Column int      // index into Scan.Read of the dimension
	Value  rex.Expr // over the left row, or a constant
}

// LookupJoin asks a dimension table for the rows with a key, for every left row, at
// processing time. Output: left columns, then Project over the dimension's Scan.Read.
type LookupJoin struct {
	Out
	Left     []types.Type
	Kind     JoinKind // Inner or LeftOuter
	Scan     Scan
	Keys     []LookupKey
	Computed []rex.Expr // the dimension's columns from Scan.Read; nil = as read
	Residual rex.Expr   // over left ++ dimension columns; nil = none
	// Cache and async options come from the table's 'lookup.*' options and LOOKUP hints.
	CacheRows   int64
	CacheTTL    time.Duration
	Async       bool
	BatchSize   int
	BatchLinger time.Duration
	// Preload reads the whole table into memory before the first row and answers from
	// there: 'lookup.cache' = 'FULL', and bounded tables without look-ups of their own.
	Preload  bool
	Capacity int // requests under way at once, at most; 0 = table.exec.async-lookup.buffer-capacity
	// Unordered lets results overtake each other; only over insert-only input.
	Unordered bool
	Timeout   time.Duration // of one asynchronous request; 0 = none
	// Retry asks again when a key is not found (LOOKUP hint 'retry-predicate'); 0 = never.
	RetryMax  int
	RetryWait time.Duration
	// Index, if not nil, is asked for Keys in Scan's place and gives the keys of its rows.
	Index *LookupIndex
}

// Tables lists the tables that are asked: the index table, if there is one, and the dimension.
func (s *LookupJoin) Tables() []*catalog.Table {
	if s.Index != nil {
		return []*catalog.Table{s.Index.Ask.Scan.Table, s.Scan.Table}
	}
	return []*catalog.Table{s.Scan.Table}
}

// LookupIndex is a secondary index: a table that gives, for the keys of a join, the keys
// by which another table can be looked up.
type LookupIndex struct {
	Ask     *LookupJoin // the index table, by the join's keys; only what a Lookup needs is set
	Fetch   *LookupJoin // the table itself, by its own keys
	Columns []int       // of Ask.Scan.Read: one for each of Fetch.Keys
}

// Union passes the rows of all its inputs.
type Union struct{ Out }

// Sort orders all rows when the input ends (batch), or by event time as watermarks
// pass (stream, only if the first key is an ascending rowtime). Fetch -1 = all.
type Sort struct {
	Out
	Keys          []rex.SortKey
	Offset, Fetch int64
	Rowtime       bool // stream: temporal sort by Keys[0]
}

// TopN keeps the rows ranked Start..End (1-based, inclusive) of each partition.
// Without Order it is LIMIT. Output: input columns, then the rank (BIGINT NOT NULL)
// if WithRank.
type TopN struct {
	Out
	In           []types.Type
	Partition    []int
	Order        []rex.SortKey
	Start, End   int64 // End < 0 = no end
	WithRank     bool
	Rank         RankFunc
	InputChanges bool // the input has -U or -D
	// UniqueKey, if not nil, is the upsert key of an input that changes only in ways that
	// keep or better a row's rank (a growing count, ordered descending): then a +U alone
	// replaces the row of its key and the input needs no -U (Flink's UpdateFastStrategy).
	// Otherwise an input with InputChanges brings every -U and -D.
	UniqueKey        []int
	EmitUpdateBefore bool
	TTL              time.Duration
}

// RankFunc is the ranking function of a TopN.
type RankFunc uint8

// The ranking functions.
const (
	RowNumber RankFunc = iota
	Rank
	DenseRank
)

// Dedup keeps the first or the last row of each key by a time attribute. Keeping the
// first is insert-only: by processing time the first row comes out at once, by event
// time when the watermark has passed its time, when no earlier row can come any more
// (rows earlier than the watermark are dropped). Keeping the last gives updates.
type Dedup struct {
	Out
	In               []types.Type
	Keys             []int
	Time             int // time column
	Rowtime          bool
	KeepLast         bool
	EmitUpdateBefore bool
	TTL              time.Duration
}

// WindowTopN is TopN per window (partition contains window_start and window_end):
// it fires with the window and is insert-only. End is the window_end column.
type WindowTopN struct {
	Out
	In         []types.Type
	Partition  []int
	Order      []rex.SortKey
	Start, End int64
	WithRank   bool
	WindowEnd  int
	Local      bool // as Window.Local: the window columns are local time of windows over TIMESTAMP_LTZ
	Zone       string
}

// Expand gives one row for every grouping set: columns outside the set are NULL, and a
// last BIGINT column says which set. Sets[i] lists the columns kept.
type Expand struct {
	Out
	In   []types.Type
	Sets [][]int
	// Cols are the columns that may be nulled (the union of the sets).
	Cols []int
}

// Unnest gives a row for every element of a collection of the input row. Output:
// input columns, the element's columns, then the ordinality (INT NOT NULL) if asked.
type Unnest struct {
	Out
	In         []types.Type
	Collection rex.Expr
	Outer      bool // keep rows without elements
	// Cond is over the output's columns: elements that fail it do not count. nil = all.
	Cond           rex.Expr
	WithOrdinality bool
}

// Normalize turns an upsert stream (+I/+U/-D without -U) into a full changelog by
// keeping the last row of each key. Batch: it takes any changelog and gives the last
// row of each key that was not deleted, when the input ends.
type Normalize struct {
	Out
	Keys             []int
	EmitUpdateBefore bool
	TTL              time.Duration
	// Filter drops rows: one that does not pass counts as taken back. Nil = all pass.
	Filter rex.Expr
}

// DropUpdateBefore removes -U rows for a consumer that does not want them.
type DropUpdateBefore struct{ Out }

// Materialize orders late and early changes of one sink key when the upsert key of
// the input is not the sink's primary key (Flink's SinkUpsertMaterializer).
type Materialize struct {
	Out
	SinkKey  []int
	InputKey []int // upsert key of the input; nil = whole row
	TTL      time.Duration
}

// Sink writes rows. Table nil is the result of a SELECT, given to the caller. A table
// that takes changes by key may be given -U all the same, where the input's key is not
// exactly the table's or -U could not be left out: it deletes the row of its key, like -D.
type Sink struct {
	Out
	Name    string // of the output, unique in the script: table name, or "select-1"
	Table   *catalog.Table
	Options map[string]string
	// Columns are the written columns of Table in order; Out's fields match them.
	Columns    []SinkColumn
	PrimaryKey []int // of Out; nil = none
	Overwrite  bool
	Partition  map[string]string // static partition of the INSERT
	// Accepts tells whether the writer wants -U rows.
	Changes bool // the input has anything but +I
	// NotNull are columns declared NOT NULL whose input is nullable, and the NOT NULL columns
	// of a SELECT (a DECIMAL that overflows gives NULL in spite of its type): a NULL there is an error (or dropped, table.exec.sink.not-null-enforcer).
	NotNull []int
	// OrderBy and Limit of a top-level batch SELECT are operators before the sink, not here.
}

// SinkColumn is one written column.
type SinkColumn struct {
	Name     string
	Metadata string // key of a writable metadata column, else ""
	Type     types.Type
}

// Over adds a column per call to its input, over rows of the same partition in
// order. Streaming: order is one ascending time attribute (Rowtime: rows wait for the
// watermark, late rows are dropped; else processing time: rows are handled as they
// come). Batch: any order, any frame; ranking and offset functions too. Output:
// input columns, then one a call. Insert-only in, insert-only out, unless Changing.
type Over struct {
	Out
	In        []types.Type
	Partition []int
	Order     []rex.SortKey
	Rowtime   bool // stream: Order[0] is event time
	// Frame as in the SQL: ROWS or RANGE; bounds in rows or milliseconds,
	// Preceding -1 = UNBOUNDED PRECEDING; Following 0 = CURRENT ROW, -1 = UNBOUNDED
	// FOLLOWING (batch only).
	Rows                 bool
	Preceding, Following int64
	Calls                []rex.AggCall
	TTL                  time.Duration
	// Changing: stream, ordered by something else than a time attribute, from UNBOUNDED
	// PRECEDING to CURRENT ROW (or a ranking or offset function). A row put in the middle
	// changes the values of those behind it; input may have -U and -D, output has updates.
	Changing         bool
	EmitUpdateBefore bool
}

// IntervalJoin joins rows whose time columns lie within bounds of each other:
// left.time - right.time in [Lower, Upper] milliseconds, by event or processing
// time. State is dropped when the watermark makes a match impossible; outer rows
// come out padded with NULLs then. Insert-only in, insert-only out. Output: left
// columns, then right columns (Semi, Anti: left only).
type IntervalJoin struct {
	Out
	Kind                JoinKind
	Left, Right         []types.Type
	LeftKeys, RightKeys []int
	NullEquals          []bool
	Rowtime             bool
	LeftTime, RightTime int   // columns of their own side
	Lower, Upper        int64 // milliseconds
	Residual            rex.Expr
}

// TemporalJoin joins every left row with the version of the right row that was
// valid at the left row's time. Event time: right is a changelog of versions ordered
// by RightTime, left rows wait for the watermark of both sides. Processing time
// (Rowtime false): the latest version at arrival. Row kinds of the left pass. Output:
// left columns, then right columns.
type TemporalJoin struct {
	Out
	Kind                JoinKind // Inner or LeftOuter
	Left, Right         []types.Type
	LeftKeys, RightKeys []int // RightKeys contain the unique key of the versions
	Rowtime             bool
	LeftTime, RightTime int // columns of their own side; Rowtime only
	Residual            rex.Expr
	TTL                 time.Duration
}

// WindowJoin joins rows of equal keys in the same window; both inputs carry
// window_start and window_end (Start, End columns of their own side). It fires when
// the watermark passes the window's end. Insert-only.
type WindowJoin struct {
	Out
	Kind                            JoinKind
	Left, Right                     []types.Type
	LeftKeys, RightKeys             []int // without the window columns
	NullEquals                      []bool
	LeftStart, LeftEnd, LeftTime    int // LeftTime -1 = the side has none
	RightStart, RightEnd, RightTime int
	Rowtime                         bool
	Local                           bool // as Window.Local
	Zone                            string
	Residual                        rex.Expr
}

// Replicate gives every input row as many times as its BIGINT column Count says (none
// for NULL or less than 1), without that column: INTERSECT ALL and EXCEPT ALL.
type Replicate struct {
	Out
	In    []types.Type
	Count int
}
