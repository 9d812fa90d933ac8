// Package json is the json format: one JSON object a message, its fields matched
// to columns by name. Option names and conversions are those of Flink's json
// format (with its default, streaming parser).
package json

import (
	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/topology"
)

// Options are the format's options; debezium-json, canal-json and maxwell-json share most.
var Options = []catalog.Option{
	{Name: "fail-on-missing-field", Type: catalog.BoolOption, Default: "false",
		Doc: "Whether a field that is missing in the data is an error; else it is NULL."},
	{Name: "ignore-parse-errors", Type: catalog.BoolOption, Default: "false",
		Doc: "Whether undecodable records are skipped (and counted) instead of failing. A field that cannot be converted becomes NULL."},
	{Name: "timestamp-format.standard", Type: catalog.EnumOption, Default: "SQL", Enum: []string{"SQL", "ISO-8601"},
		Doc: "How timestamps are written: SQL is `2026-11-20 20:49:18.722` (TIMESTAMP_LTZ with a trailing Z), ISO-8601 is `2026-11-20T20:49:18.722`."},
	{Name: "map-null-key.mode", Type: catalog.EnumOption, Default: "FAIL", Enum: []string{"FAIL", "DROP", "LITERAL"},
		Doc: "What happens to NULL keys of maps when writing: FAIL, DROP the entry, or write the LITERAL."},
	{Name: "map-null-key.literal", Type: catalog.StringOption, Default: "null",
		Doc: "The key written for NULL keys if map-null-key.mode is LITERAL."},
	{Name: "encode.decimal-as-plain-number", Type: catalog.BoolOption, Default: "false",
		Doc: "Whether decimals are written as plain numbers; else large and small ones are written in scientific notation."},
	{Name: "encode.ignore-null-fields", Type: catalog.BoolOption, Default: "false",
		Doc: "Whether fields that are NULL are left out when writing."},
	{Name: "decode.json-parser.enabled", Type: catalog.BoolOption, Default: "true",
		Doc: "Accepted for Flink's sake; weir has one parser, whose results are those of Flink's streaming parser."},
}

// Format is the json format.
func Format() format.Format {
	return format.Format{
		Format: catalog.Format{
			Name:      "json",
			Summary:   "JSON objects, one a message or line",
			Options:   Options,
			Changelog: topology.InsertOnly,
			Nested:    true,
		},
		NewDecoder: func(cfg format.DecoderConfig) (format.Decoder, error) { return NewDecoder(cfg) },
		NewEncoder: func(cfg format.EncoderConfig) (format.Encoder, error) { return NewEncoder(cfg) },
	}
}
