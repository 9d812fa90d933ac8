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
		Doc:     "See docs/mix.md.",
		Example: "CREATE TABLE visits (user_id BIGINT) WITH ('connector' = 'hybrid', 'sides' = 'history, live')",
		Source:  true, Logical: true,
	}
}
