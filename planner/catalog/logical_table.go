package catalog

// Tables of the connectors mix and hybrid store nothing: the binder puts other tables in
// their place. They are declared here, and nothing opens them.

// MixConnector and HybridConnector are the values of 'connector' of such tables.
const (
	MixConnector    = "mix"
	HybridConnector = "hybrid"
)

// LogicalConnectors are the declarations of both.
func LogicalConnectors() []Connector { return []Connector{mixConnector(), hybridConnector()} }

// IsMix and IsHybrid tell such tables.
func (t *Table) IsMix() bool    { return t.Connector() == MixConnector }
func (t *Table) IsHybrid() bool { return t.Connector() == HybridConnector }

func mixConnector() Connector {
	c := Connector{
		Name:    MixConnector,
		Summary: "one table that is another in each mode: the stream's in a stream run, the batch's in a batch run",
		Doc: "A run reads, looks up or writes the table of its mode only; the other one is checked and then left alone. " +
			"Columns of one name and type fit by themselves. See docs/mix.md.",
		Example: `CREATE TABLE orders (order_id BIGINT, paid BOOLEAN, pv BIGINT, is_stream BOOLEAN NOT NULL) WITH (
  'connector' = 'mix', 'stream.table' = 'orders_topic', 'batch.table' = 'orders_files',
  'stream.field-mappings' = 'order_id = oid, paid = CASE status WHEN 1 THEN TRUE WHEN 0 THEN FALSE END',
  'stream.virtual-fields' = 'pv', 'batch.field-mappings' = 'paid = CASE flag WHEN ''Y'' THEN TRUE WHEN ''N'' THEN FALSE END',
  'mode-field' = 'is_stream')`,
		Source: true, Sink: true, Lookup: true, Logical: true,
	}
	for _, mode := range []string{"stream", "batch"} {
		c.Options = append(c.Options,
			Option{Name: mode + ".table", Type: StringOption, Required: true, Example: "orders_" + mode, Doc: "The table of a " + mode + " run, declared before this one."},
			Option{Name: mode + ".field-mappings", Type: StringOption, Example: "order_id = oid, amount = CAST(cents AS DECIMAL(10, 2)) / 100",
				Doc: "How columns come from that table: column = expression over its columns, separated by commas. Columns of the same name need no mapping."},
			Option{Name: mode + ".virtual-fields", Type: StringOption, Example: "pv, channel = 'web'",
				Doc: "Columns that this table lacks: NULL, or column = constant expression. They are not written."},
			Option{Name: mode + ".sink-mappings", Type: StringOption, Example: "cents = CAST(amount * 100 AS INT)",
				Doc: "How columns of that table are written: its column = expression over the columns of this one. Needed where a mapping cannot be turned around."})
	}
	c.Options = append(c.Options, Option{Name: "mode-field", Type: StringOption, Example: "is_stream",
		Doc: "A column that tells the mode, as a constant: BOOLEAN TRUE in a stream run and FALSE in a batch run, a number 1 and 0, a text 'stream' and 'batch'."})
	return c
}

func hybridConnector() Connector {
	return Connector{
		Name:    HybridConnector,
		Summary: "several tables read one after the other: history to its end, then the stream",
		Doc: "The sides are read in their order, each to its end; the last one may be endless. The switch rule says which rows of where they overlap count. " +
			"The watermark waits for the last side and goes on from what the sides before have come to. See docs/mix.md.",
		Example: `CREATE TABLE visits (user_id BIGINT, ts TIMESTAMP(3), side INT NOT NULL, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH (
  'connector' = 'hybrid', 'sides' = 'history, live',
  'history.table' = 'visits_files', 'history.kind' = '0', 'history.fieldMappings' = 'user_id = uid', 'history.start.partition' = 'dt=2026-10-21',
  'live.table' = 'visits_topic', 'live.kind' = '1', 'live.start.timestamp' = '2026-11-20 00:00:00',
  'switch' = 'column', 'switch.column' = 'ts', 'switch.at' = '2026-11-20 00:00:00', 'side-field' = 'side')`,
		Source: true, Logical: true,
		Options: []Option{
			{Name: "sides", Type: StringOption, Required: true, Example: "history, live", Doc: "Names of the sides in the order in which they are read. The options of a side begin with its name."},
			{Name: "switch", Type: EnumOption, Required: true, Example: "column", Enum: []string{"column", "key", "position", "none"},
				Doc: "Which rows count where sides overlap. column: each side those of its range of switch.column. key, position: a row whose key or position a side has given already does not count. none: all."},
			{Name: "switch.column", Type: StringOption, Example: "ts", Doc: "The column by which sides are told apart; by default the one of the watermark."},
			{Name: "switch.at", Type: StringOption, Example: "2026-11-20 00:00:00",
				Doc: "Values of switch.column at which one side hands over to the next, separated by commas: the rows from there on are the next side's. NULL is the first side's."},
			{Name: "switch.key", Type: StringOption, Example: "order_id", Doc: "Columns that identify a row, for switch = key; by default the primary key."},
			{Name: "switch.position", Type: StringOption, Example: "kafka_partition, kafka_offset", Doc: "Columns that tell where a row stands in the log, for switch = position."},
			{Name: "switch.state-ttl", Type: DurationOption, Example: "2 d", Doc: "How long a key or position is remembered; for ever if it is not set."},
			{Name: "side-field", Type: StringOption, Example: "side", Doc: "A column that tells the side: a number its kind, BOOLEAN whether it is a stream, a text its name."},
		},
	}
}

// HybridSideOptions are the options of one side of a hybrid table, under its name.
func HybridSideOptions(side string) []Option {
	out := []Option{
		{Name: "table", Type: StringOption, Doc: "The table that is read; by default the one with the side's name."},
		{Name: "kind", Type: EnumOption, Enum: []string{"0", "1"}, Required: true, Example: "0", Doc: "0: a batch, read to its end. 1: a stream."},
		{Name: "fieldMappings", Type: StringOption, Doc: "How columns come from the side's table: column = expression, separated by commas."},
		{Name: "virtualFields", Type: StringOption, Doc: "Columns that the side's table lacks: NULL, or column = constant expression."},
	}
	for _, end := range []string{"start", "end"} {
		out = append(out,
			Option{Name: end + ".timestamp", Type: StringOption, Doc: "A time, in the session time zone or in milliseconds: of records in a log, else of switch.column. The start counts, the end does not."},
			Option{Name: end + ".partition", Type: StringOption, Doc: "A partition, as in dt=2026-11-20; both ends count."},
			Option{Name: end + ".offset", Type: StringOption, Doc: "Offsets of a log, as in partition:0,offset:42;partition:1,offset:300. The start counts, the end does not."},
			Option{Name: end + ".snapshot", Type: StringOption, Doc: "A savepoint or checkpoint of weir whose run read the table: how far it had read."})
	}
	for i := range out {
		out[i].Name = side + "." + out[i].Name
	}
	return out
}
