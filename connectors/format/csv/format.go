// Package csv is the csv format: RFC 4180 lines whose fields are matched to columns
// by position. Options and conversions are those of Flink's csv format; 'header'
// is weir's own.
package csv

import (
	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/topology"
)

// Options are the format's options.
var Options = []catalog.Option{
	{Name: "field-delimiter", Type: catalog.StringOption, Default: ",", Example: `\t`,
		Doc: `One character between fields; \t, \n and \uXXXX are understood.`},
	{Name: "quote-character", Type: catalog.StringOption, Default: `"`,
		Doc: "The character around fields that hold delimiters, quotes or line ends; doubled inside."},
	{Name: "disable-quote-character", Type: catalog.BoolOption, Default: "false",
		Doc: "Whether no character quotes. Files without quotes can be read by several readers at once."},
	{Name: "allow-comments", Type: catalog.BoolOption, Default: "false",
		Doc: "Whether lines that begin with # are skipped, and empty lines with them."},
	{Name: "ignore-parse-errors", Type: catalog.BoolOption, Default: "false",
		Doc: "Whether undecodable lines are skipped (and counted) instead of failing. Fields that cannot be converted or are missing become NULL."},
	{Name: "array-element-delimiter", Type: catalog.StringOption, Default: ";",
		Doc: "What separates the elements of ARRAY and the fields of ROW columns."},
	{Name: "escape-character", Type: catalog.StringOption, Example: `\`,
		Doc: "The character that takes the special meaning from the next one; none by default."},
	{Name: "null-literal", Type: catalog.StringOption, Example: "n/a",
		Doc: "The text that stands for NULL, read and written; none by default (NULL is then written as nothing)."},
	{Name: "write-bigdecimal-in-scientific-notation", Type: catalog.BoolOption, Default: "true",
		Doc: "Whether large and small decimals are written in scientific notation."},
	{Name: "header", Type: catalog.BoolOption, Default: "false",
		Doc: "weir extension: whether every file begins with a line of column names, which is skipped when reading and written when writing. Columns are still matched by position. Flink has no such option; leave it out of scripts for Flink."},
}

// Format is the csv format.
func Format() format.Format {
	return format.Format{
		Format: catalog.Format{
			Name:      "csv",
			Summary:   "comma-separated values, one row a line",
			Options:   Options,
			Changelog: topology.InsertOnly,
		},
		NewDecoder: func(cfg format.DecoderConfig) (format.Decoder, error) { return NewDecoder(cfg) },
		NewEncoder: func(cfg format.EncoderConfig) (format.Encoder, error) { return NewEncoder(cfg) },
	}
}
