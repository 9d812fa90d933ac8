package kafka

import (
	"strings"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// Embedded is the value of 'properties.bootstrap.servers' that means the broker
// inside the process.
const Embedded = "embedded"

// Start and end modes of a scan.
const (
	modeEarliest  = "earliest-offset"
	modeLatest    = "latest-offset"
	modeGroup     = "group-offsets"
	modeTimestamp = "timestamp"
	modeSpecific  = "specific-offsets"
	modeSnapshot  = "snapshot"
	modeUnbounded = "unbounded"
)

// common are the options of both connectors.
func common() []catalog.Option {
	return []catalog.Option{
		{Name: "topic", Type: catalog.ListOption, Doc: "Topic to read or write; several to read, separated by ;", Example: "orders"},
		{Name: "topic-pattern", Type: catalog.StringOption, Doc: "Regular expression of the topics to read; not together with topic"},
		{Name: "properties.bootstrap.servers", Type: catalog.StringOption, Required: true,
			Doc: "Brokers, host:port separated by commas; `embedded` is the broker inside weir", Example: "localhost:9092"},
		{Name: "properties.", Type: catalog.StringOption, Prefix: true, Secret: false,
			Doc: "Any Kafka client property: group.id, security.protocol, sasl.mechanism, sasl.jaas.config, ssl.truststore.location (PEM), isolation.level, compression.type, …"},
		{Name: "key.format", Type: catalog.StringOption, Doc: "Format of the record's key"},
		{Name: "key.fields-prefix", Type: catalog.StringOption, Doc: "Prefix that key columns carry in the table but not in the key"},
		{Name: "value.format", Type: catalog.StringOption, Doc: "Format of the record's value; the same as format"},
		{Name: "value.fields-include", Type: catalog.EnumOption, Default: "ALL", Enum: []string{"ALL", "EXCEPT_KEY"},
			Doc: "Whether key columns are in the value too"},
		{Name: "scan.bounded.mode", Type: catalog.EnumOption, Default: modeUnbounded,
			Enum: []string{modeUnbounded, modeLatest, modeGroup, modeTimestamp, modeSpecific, modeSnapshot},
			Doc:  "Where reading ends; bounded scans are what batch mode needs"},
		{Name: "scan.bounded.timestamp-millis", Type: catalog.LongOption, Doc: "End of mode timestamp, milliseconds since the epoch"},
		{Name: "scan.bounded.specific-offsets", Type: catalog.StringOption, Doc: "End of mode specific-offsets", Example: "partition:0,offset:42;partition:1,offset:300"},
		{Name: "scan.bounded.snapshot", Type: catalog.StringOption, Doc: "Extension: end of mode snapshot, a savepoint or checkpoint of weir whose run read the topic: where it was then", Example: "savepoints/archive"},
		{Name: "scan.topic-partition-discovery.interval", Type: catalog.DurationOption, Default: "5 min", Doc: "How often new partitions are looked for; 0 = never"},
		{Name: "scan.watermark.idle-timeout", Type: catalog.DurationOption, Doc: "A partition without rows for so long does not hold the watermark"},
		{Name: "scan.watermark.emit.strategy", Type: catalog.EnumOption, Enum: []string{"on-periodic", "on-event"}, Doc: "When watermarks are emitted"},
		{Name: "scan.watermark.alignment.group", Type: catalog.StringOption, Doc: "Sources of one group wait for each other"},
		{Name: "scan.watermark.alignment.max-drift", Type: catalog.DurationOption, Doc: "How far a source of the group may be ahead"},
		{Name: "scan.parallelism", Type: catalog.IntOption, Doc: "Parallelism of the source"},
		{Name: "sink.parallelism", Type: catalog.IntOption, Doc: "Parallelism of the sink"},
		{Name: "sink.delivery-guarantee", Type: catalog.EnumOption, Default: "at-least-once", Enum: []string{"none", "at-least-once", "exactly-once"},
			Doc: "exactly-once writes in transactions; needs sink.transactional-id-prefix"},
		{Name: "sink.transactional-id-prefix", Type: catalog.StringOption, Doc: "Prefix of transactional ids, unique among the jobs of a cluster"},
	}
}

// logOptions are the options that only `kafka` has.
func logOptions() []catalog.Option {
	return []catalog.Option{
		{Name: "format", Type: catalog.StringOption, Doc: "Format of the record's value"},
		{Name: "key.fields", Type: catalog.ListOption, Doc: "Columns of the key, separated by ;", Example: "user_id"},
		{Name: "scan.startup.mode", Type: catalog.EnumOption, Default: modeGroup,
			Enum: []string{modeEarliest, modeLatest, modeGroup, modeTimestamp, modeSpecific, modeSnapshot}, Doc: "Where reading begins"},
		{Name: "scan.startup.timestamp-millis", Type: catalog.LongOption, Doc: "Beginning of mode timestamp, milliseconds since the epoch"},
		{Name: "scan.startup.specific-offsets", Type: catalog.StringOption, Doc: "Beginning of mode specific-offsets", Example: "partition:0,offset:42;partition:1,offset:300"},
		{Name: "scan.startup.snapshot", Type: catalog.StringOption, Doc: "Extension: beginning of mode snapshot, a savepoint or checkpoint of weir whose run read the topic: where it was then", Example: "savepoints/archive"},
		{Name: "sink.partitioner", Type: catalog.EnumOption, Default: "default", Enum: []string{"default", "fixed", "round-robin"},
			Doc: "default: by key, else sticky; fixed: one partition a subtask; round-robin"},
	}
}

// upsertOptions are the options that only `upsert-kafka` has.
func upsertOptions() []catalog.Option {
	return []catalog.Option{
		{Name: "sink.buffer-flush.max-rows", Type: catalog.IntOption, Default: "0", Doc: "Fold so many changes a key before they are written; 0 = write each"},
		{Name: "sink.buffer-flush.interval", Type: catalog.DurationOption, Default: "0 s", Doc: "Write folded changes at least so often; 0 = only when full"},
	}
}

// metadata are the columns beside the row.
func metadata() []catalog.MetadataColumn {
	headers := types.NewMap(types.String.NotNull(), types.Bytes.NotNull()).NotNull()
	return []catalog.MetadataColumn{
		{Key: "topic", Type: types.String.NotNull(), Writable: true, Doc: "Topic of the record"},
		{Key: "partition", Type: types.Int32.NotNull(), Doc: "Partition of the record"},
		{Key: "headers", Type: headers, Writable: true, Doc: "Headers of the record"},
		{Key: "leader-epoch", Type: types.Int32, Doc: "Leader epoch of the record"},
		{Key: "offset", Type: types.Int64.NotNull(), Doc: "Offset of the record in its partition"},
		{Key: "timestamp", Type: types.NewTimestampLTZ(3).NotNull(), Writable: true, Doc: "Timestamp of the record"},
		{Key: "timestamp-type", Type: types.String.NotNull(), Doc: "NoTimestampType, CreateTime or LogAppendTime"},
	}
}

// valueFormat gives the name of the value's format and the key under which its
// options stand: "format" → "json.", "value.format" → "value.json.".
func valueFormat(options map[string]string) (name, prefix string) {
	if f := options["value.format"]; f != "" {
		return f, "value."
	}
	return options["format"], ""
}

// describe says what a table can do.
func describe(upsert bool) func(*catalog.Table, catalog.Formats) (catalog.Capabilities, diag.List) {
	return func(t *catalog.Table, formats catalog.Formats) (catalog.Capabilities, diag.List) {
		var list diag.List
		caps := catalog.Capabilities{PushProjection: true, PushNested: true, Metadata: metadata(),
			Produces: topology.InsertOnly, Accepts: topology.InsertOnly}
		mode := t.Options["scan.bounded.mode"]
		caps.Bounded = mode != "" && mode != modeUnbounded
		caps.ScanParallelism, caps.SinkParallelism = number(t.Options["scan.parallelism"]), number(t.Options["sink.parallelism"])
		name, _ := valueFormat(t.Options)
		if f := formats.Format(name); f != nil {
			caps.Produces, caps.Accepts = f.Changelog, f.Changelog
			for _, m := range f.Metadata {
				m.Key = "value." + m.Key
				caps.Metadata = append(caps.Metadata, m)
			}
		} else if name == "" {
			list.Add(diag.Errorf("W0341", t.Span, "table %q names no format", t.Path.Name).WithHint("add 'format' = 'json'"))
		}
		list = append(list, checkTopics(t)...)
		list = append(list, checkModes(t)...)
		if upsert {
			list = append(list, checkUpsert(t, &caps)...)
		} else {
			list = append(list, checkKeys(t)...)
		}
		if strings.EqualFold(t.Options["sink.delivery-guarantee"], "exactly-once") && t.Options["sink.transactional-id-prefix"] == "" {
			list.Add(diag.Errorf("W0342", t.OptionSpans["sink.delivery-guarantee"].Value, "exactly-once needs 'sink.transactional-id-prefix'").
				WithHint("add 'sink.transactional-id-prefix' = '%s'", t.Path.Name))
		}
		return caps, list
	}
}

func number(text string) int {
	n := 0
	for _, c := range strings.TrimSpace(text) {
		if c < '0' || c > '9' || n > 1<<20 {
			return 0
		}
		n = n*10 + int(c-'0')
	}
	return n
}

func checkTopics(t *catalog.Table) (list diag.List) {
	topic, pattern := t.Options["topic"], t.Options["topic-pattern"]
	switch {
	case topic == "" && pattern == "":
		list.Add(diag.Errorf("W0343", t.Span, "table %q names no topic", t.Path.Name).WithHint("add 'topic' = '%s'", t.Path.Name))
	case topic != "" && pattern != "":
		list.Add(diag.Errorf("W0343", t.OptionSpans["topic-pattern"].Key, "'topic' and 'topic-pattern' exclude each other"))
	}
	return list
}

// checkModes checks what modes need beside them.
func checkModes(t *catalog.Table) (list diag.List) {
	for _, side := range []string{"scan.startup", "scan.bounded"} {
		mode, need := t.Options[side+".mode"], ""
		switch mode {
		case modeTimestamp:
			need = side + ".timestamp-millis"
		case modeSnapshot:
			need = side + ".snapshot"
		case modeSpecific:
			need = side + ".specific-offsets"
			if text := t.Options[need]; text != "" {
				if _, err := parseOffsets(text); err != nil {
					list.Add(diag.Errorf("W0344", t.OptionSpans[need].Value, "'%s' does not parse: %v", need, err).
						WithHint("write partition:0,offset:42;partition:1,offset:300"))
				}
			}
		}
		if need != "" && t.Options[need] == "" {
			list.Add(diag.Errorf("W0344", t.OptionSpans[side+".mode"].Value, "mode %s needs '%s'", mode, need))
		}
		if mode == modeGroup && t.Options["properties.group.id"] == "" {
			list.Add(diag.Errorf("W0344", t.OptionSpans[side+".mode"].Value, "mode %s needs 'properties.group.id'", mode))
		}
	}
	return list
}

func checkKeys(t *catalog.Table) (list diag.List) {
	format, fields := t.Options["key.format"], t.Options["key.fields"]
	switch {
	case format != "" && fields == "":
		list.Add(diag.Errorf("W0345", t.OptionSpans["key.format"].Key, "'key.format' needs 'key.fields'").WithHint("name the columns of the key, 'key.fields' = 'id'"))
	case format == "" && fields != "":
		list.Add(diag.Errorf("W0345", t.OptionSpans["key.fields"].Key, "'key.fields' needs 'key.format'"))
	}
	var names []string
	for _, c := range t.Columns {
		if c.Kind == catalog.Physical {
			names = append(names, c.Name)
		}
	}
	for _, f := range keyFields(t) {
		if i := t.Column(f); i < 0 || t.Columns[i].Kind != catalog.Physical {
			d := diag.Errorf("W0345", t.OptionSpans["key.fields"].Value, "key field %q is not a physical column of table %q", f, t.Path.Name)
			if near := diag.Nearest(f, names); near != "" {
				d = d.WithHint("did you mean %q?", near)
			}
			list.Add(d)
		} else if !strings.HasPrefix(f, t.Options["key.fields-prefix"]) {
			list.Add(diag.Errorf("W0345", t.OptionSpans["key.fields-prefix"].Value, "key field %q does not start with the prefix %q", f, t.Options["key.fields-prefix"]))
		}
	}
	return list
}

// checkUpsert checks what `upsert-kafka` needs and sets its changelog.
func checkUpsert(t *catalog.Table, caps *catalog.Capabilities) (list diag.List) {
	caps.Produces, caps.Accepts = topology.Upsert, topology.Upsert
	if len(t.PrimaryKey) == 0 {
		list.Add(diag.Errorf("W0346", t.Span, "upsert-kafka table %q has no primary key", t.Path.Name).
			WithHint("add PRIMARY KEY (…) NOT ENFORCED: its columns are the record's key"))
	}
	if t.Options["key.format"] == "" {
		list.Add(diag.Errorf("W0346", t.Span, "upsert-kafka table %q names no 'key.format'", t.Path.Name).WithHint("add 'key.format' = 'json'"))
	}
	return list
}

// keyFields are the columns of the record's key: 'key.fields', or the primary key.
func keyFields(t *catalog.Table) []string {
	if f := t.Options["key.fields"]; f != "" {
		return strings.Split(f, ";")
	}
	if t.Options["connector"] != "upsert-kafka" {
		return nil
	}
	var out []string
	for _, i := range t.PrimaryKey {
		out = append(out, t.Columns[i].Name)
	}
	return out
}
