// Package debezium is the debezium-json format: messages of Debezium connectors,
// each an insertion, update or deletion with the row before and after it.
package debezium

import (
	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/connectors/format/json"
	"github.com/weir-sql/weir/connectors/option"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

var options = append([]catalog.Option{
	{Name: "schema-include", Type: catalog.BoolOption, Default: "false",
		Doc: "Whether messages carry their schema beside the payload (Kafka Connect's value.converter.schemas.enable)."},
}, json.ChangeOptions...)

var metadata = []catalog.MetadataColumn{
	{Key: "schema", Type: types.String, Doc: "The schema as JSON; NULL unless schema-include."},
	{Key: "ingestion-timestamp", Type: types.NewTimestampLTZ(3), Doc: "When the connector handled the change (ts_ms)."},
	{Key: "source.timestamp", Type: types.NewTimestampLTZ(3), Doc: "When the database made the change (source.ts_ms)."},
	{Key: "source.database", Type: types.String, Doc: "The database (source.db)."},
	{Key: "source.schema", Type: types.String, Doc: "The schema of the table."},
	{Key: "source.table", Type: types.String, Doc: "The table."},
	{Key: "source.properties", Type: types.NewMap(types.String, types.String), Doc: "All of source, as text."},
}

var paths = map[string]json.MetadataPath{
	"schema":              {Path: []string{"schema"}},
	"ingestion-timestamp": {Path: []string{"ts_ms"}},
	"source.timestamp":    {Path: []string{"source", "ts_ms"}},
	"source.database":     {Path: []string{"source", "db"}},
	"source.schema":       {Path: []string{"source", "schema"}},
	"source.table":        {Path: []string{"source", "table"}},
	"source.properties":   {Path: []string{"source"}},
}

// Format is the debezium-json format.
func Format() format.Format {
	return format.Format{
		Format: catalog.Format{
			Name:      "debezium-json",
			Summary:   "changes of database tables as Debezium writes them",
			Options:   options,
			Metadata:  metadata,
			Changelog: topology.Retract,
			Nested:    true,
		},
		NewDecoder: newDecoder,
		NewEncoder: newEncoder,
	}
}

type decoder struct {
	rows    *json.Rows
	message *json.Envelope // schema and payload, if messages carry a schema
	payload *json.Envelope
}

// members of a payload, in the order of its envelope.
const (
	before = iota
	after
	op
)

func newDecoder(cfg format.DecoderConfig) (format.Decoder, error) {
	r := option.Read(options, cfg.Options).Named("debezium-json.")
	d := &decoder{payload: json.NewEnvelope("before", "after", "op")}
	ignore := r.Bool("ignore-parse-errors")
	in := map[string]json.MetadataPath{}
	for key, p := range paths {
		in[key] = p
	}
	if r.Bool("schema-include") {
		d.message = json.NewEnvelope("payload")
		for key, p := range paths {
			if key != "schema" {
				in[key] = json.MetadataPath{Path: append([]string{"payload"}, p.Path...)}
			}
		}
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	cfg.Options = json.RowOptions(cfg.Options)
	var err error
	d.rows, err = json.NewRows(cfg, in)
	return format.NewMessages(ignore, d.change), err
}

// change reads a change: one row, or -U and +U of an update. An empty message (a
// tombstone) gives none.
func (d *decoder) change(msg []byte, into *vec.BatchBuilder) error {
	payload := msg
	if d.message != nil {
		if err := d.message.Read(msg); err != nil {
			return err
		}
		if payload = d.message.Get(0); payload == nil {
			return diag.Errorf("W0501", diag.Span{}, "a Debezium message has no payload").
				WithHint("'debezium-json.schema-include' = 'true' is for messages with schema and payload")
		}
	}
	if err := d.payload.Read(payload); err != nil {
		return err
	}
	switch kind := string(d.payload.Text(op)); kind {
	case "c", "r":
		return d.row(vec.Insert, after, kind, msg, into)
	case "u":
		if err := d.row(vec.UpdateBefore, before, kind, msg, into); err != nil {
			return err
		}
		return d.row(vec.UpdateAfter, after, kind, msg, into)
	case "d":
		return d.row(vec.Delete, before, kind, msg, into)
	case "":
		e := diag.Errorf("W0501", diag.Span{}, "a Debezium message has no \"op\"")
		if d.message == nil {
			e = e.WithHint("messages with schema and payload need 'debezium-json.schema-include' = 'true'")
		}
		return e
	default:
		return diag.Errorf("W0501", diag.Span{}, "a Debezium message has the unknown \"op\" %q", kind)
	}
}

// row appends the row before or after the change.
func (d *decoder) row(kind vec.RowKind, which int, op string, msg []byte, into *vec.BatchBuilder) error {
	text := d.payload.Get(which)
	if text != nil {
		return d.rows.Append(kind, msg, into, text)
	}
	if which == after {
		return diag.Errorf("W0501", diag.Span{}, "the \"after\" of a Debezium message with \"op\" %q is missing or null", op)
	}
	return diag.Errorf("W0501", diag.Span{}, "the \"before\" of a Debezium message with \"op\" %q is missing or null", op).
		WithHint("with Postgres the table needs ALTER TABLE … REPLICA IDENTITY FULL")
}

func newEncoder(cfg format.EncoderConfig) (format.Encoder, error) {
	r := option.Read(options, cfg.Options).Named("debezium-json.")
	if r.Bool("schema-include") {
		return nil, diag.Errorf("W0333", diag.Span{}, "'debezium-json.schema-include' cannot be true for a sink")
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return json.NewChangeEncoder(cfg, json.Wrapping{
		Adds:  [2]string{`{"before":null,"after":`, `,"op":"c"}`},
		Takes: [2]string{`{"before":`, `,"after":null,"op":"d"}`},
	})
}
