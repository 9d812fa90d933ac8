package catalog

import (
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// Connector is what planner, help and completion know of a connector; code that
// reads and writes lives in connectors/<name>. From this one declaration come the
// checks of WITH clauses, `weir connectors`, completion and the reference page.
type Connector struct {
	Name     string
	Summary  string
	Doc      string // guarantees, notes; Markdown
	Example  string // a CREATE TABLE statement
	Options  []Option
	Metadata []MetadataColumn

	Source, Sink, Lookup bool
	// Logical: tables stand for other tables, which the binder puts in their place; nothing
	// opens this connector.
	Logical bool
	// NeedsFormat says that 'format' (or 'value.format') names the encoding of rows.
	NeedsFormat bool

	// Describe says what a table of this connector can do. It is pure: it looks at
	// the declaration only and opens nothing. Options were checked against the
	// declaration before; Describe checks what goes across options.
	Describe func(*Table, Formats) (Capabilities, diag.List)
}

// OptionType is how an option's text is read.
type OptionType string

// The option types.
const (
	StringOption   OptionType = "String"
	IntOption      OptionType = "Integer"
	LongOption     OptionType = "Long"
	DoubleOption   OptionType = "Double"
	BoolOption     OptionType = "Boolean"
	DurationOption OptionType = "Duration"   // "10 s", "1min", "500 ms"
	MemoryOption   OptionType = "MemorySize" // "128 mb"
	EnumOption     OptionType = "Enum"
	ListOption     OptionType = "List" // a;b;c
	MapOption      OptionType = "Map"
)

// Option declares one option of a connector or format.
type Option struct {
	Name     string // for a Prefix option the prefix, e.g. "properties."
	Type     OptionType
	Default  string // "" = none
	Required bool
	Secret   bool // redacted wherever it would be shown
	Prefix   bool // any key that starts with Name is accepted
	Enum     []string
	Doc      string
	Example  string
}

// MetadataColumn is a value that a connector or format offers beside the row.
type MetadataColumn struct {
	Key      string
	Type     types.Type
	Writable bool
	Doc      string
}

// Format is what planner and help know of a format.
type Format struct {
	Name     string
	Summary  string
	Options  []Option // without the format's prefix: "ignore-parse-errors"
	Metadata []MetadataColumn
	// Changelog is what the format can express: insert-only for json, everything for debezium-json.
	Changelog topology.ChangelogMode
	// Nested: fields of ROW columns can be read by themselves.
	Nested bool
}

// Formats and Connectors look declarations up by name.
type Formats interface {
	Format(name string) *Format
	FormatNames() []string
}

// Connectors looks connectors up by name.
type Connectors interface {
	Connector(name string) *Connector
	ConnectorNames() []string
}

// Capabilities is what one table can do.
type Capabilities struct {
	Bounded bool // reading it ends by itself
	// Produces is the changelog a scan gives.
	Produces topology.ChangelogMode
	// Accepts is the changelog a sink takes. With a primary key an upsert sink accepts
	// +I +U -D keyed by it.
	Accepts topology.ChangelogMode
	// PushProjection and PushNested: the source reads only the asked columns, or fields of ROW columns.
	PushProjection, PushNested bool
	// PushFilter: the source takes conjuncts to skip partitions or row groups; rows are filtered again.
	PushFilter bool
	// PushLimit: the source may stop after a number of rows.
	PushLimit bool
	// Parallelism is asked for by 'scan.parallelism' or 'sink.parallelism'; 0 = not.
	ScanParallelism, SinkParallelism int
	Metadata                         []MetadataColumn
	// Lookup: the table answers for rows by key at processing time.
	Lookup bool
	// LookupInMemory: lookups are answered from a copy of the table in memory, so that
	// no cache is needed in front of them.
	LookupInMemory bool
	// LookupBy are the columns that a lookup gives values for, all of them and no others;
	// nil = any.
	LookupBy []string
	// Overwrite and Partitioned: the sink takes INSERT OVERWRITE, PARTITION clauses.
	Overwrite, Partitioned bool
}
