package topology

// Kind says what sort of operator a node is. The planner may use kinds that are
// not listed; they are then drawn and chained like any other one-task operator.
type Kind string

// The kinds of operator.
const (
	KindSource       Kind = "source"
	KindValues       Kind = "values" // inline rows
	KindWatermark    Kind = "watermark"
	KindNormalize    Kind = "changelog-normalize" // upsert source → full changelog
	KindCalc         Kind = "calc"                // projection and filter
	KindFilter       Kind = "filter"
	KindCorrelate    Kind = "correlate" // lateral table function
	KindExpand       Kind = "expand"    // grouping sets
	KindGroupAgg     Kind = "group-agg"
	KindLocalAgg     Kind = "local-agg"
	KindGlobalAgg    Kind = "global-agg"
	KindWindowAgg    Kind = "window-agg"
	KindLocalWindow  Kind = "local-window-agg"
	KindGlobalWindow Kind = "global-window-agg"
	KindWindowOutput Kind = "window-output" // which results of a window aggregate come out
	KindWindowTVF    Kind = "window-tvf"    // assigns windows without aggregating
	KindJoin         Kind = "join"
	KindLookupJoin   Kind = "lookup-join"
	KindIntervalJoin Kind = "interval-join"
	KindTemporalJoin Kind = "temporal-join"
	KindWindowJoin   Kind = "window-join"
	KindUnion        Kind = "union"
	KindSort         Kind = "sort"
	KindTopN         Kind = "top-n"
	KindRank         Kind = "rank"
	KindLimit        Kind = "limit"
	KindDedup        Kind = "dedup"
	KindOver         Kind = "over"
	KindMatch        Kind = "match" // MATCH_RECOGNIZE
	KindMaterializer Kind = "sink-materializer"
	KindSink         Kind = "sink"
)

// IsSource reports whether nodes of this kind have no input.
func (k Kind) IsSource() bool { return k == KindSource || k == KindValues }

// IsSink reports whether nodes of this kind have no output.
func (k Kind) IsSink() bool { return k == KindSink }

// ofTable reports whether a node of this kind belongs to a table rather than to
// the query that reads it: every query over the table shares it.
func (k Kind) ofTable() bool {
	return k.IsSource() || k == KindWatermark || k == KindNormalize
}
