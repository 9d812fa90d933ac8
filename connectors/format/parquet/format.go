// Package parquet is the parquet format, over the column readers and writers of
// arrow-go: chunks are decoded straight into vectors, nested columns are assembled
// from their levels here. arrow/go/v15's Parquet must never be linked beside it.
//
// A column that a file does not have reads as NULL, as in Flink.
package parquet

import (
	"errors"
	"fmt"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/topology"
)

// options are the format's options, named as Flink's.
var options = []catalog.Option{
	{Name: "compression", Type: catalog.EnumOption, Default: "SNAPPY", Enum: []string{"SNAPPY", "ZSTD", "GZIP", "LZ4_RAW", "BROTLI", "UNCOMPRESSED"},
		Doc: "How pages are compressed when writing."},
	{Name: "write.int64.timestamp", Type: catalog.BoolOption, Default: "true",
		Doc: "Whether timestamps are written as INT64 (Parquet's TIMESTAMP) or as the deprecated INT96. Flink's default is false; both read both."},
	{Name: "timestamp.time.unit", Type: catalog.EnumOption, Default: "micros", Enum: []string{"millis", "micros", "nanos"},
		Doc: "The unit of INT64 timestamps when writing."},
	{Name: "utc-timezone", Type: catalog.BoolOption, Default: "true",
		Doc: "Whether TIMESTAMP values are written and read as they are; false shifts them by the session time zone, as Hive before 3 did (and Flink by default)."},
	{Name: "block.size", Type: catalog.MemoryOption, Default: "128 mb", Doc: "About how large a row group becomes before the next begins."},
	{Name: "batch-size", Type: catalog.IntOption, Default: "2048", Doc: "Accepted for Flink's sake."},
}

// Format is the parquet format.
func Format() format.Format {
	return format.Format{
		Format: catalog.Format{
			Name:      "parquet",
			Summary:   "Apache Parquet files: columns, compressed, with statistics",
			Options:   options,
			Changelog: topology.InsertOnly,
			Nested:    true,
		},
		OpenFile:   openFile,
		CreateFile: createFile,
	}
}

// guard turns a panic of the library, which damaged files can cause, into an error.
func guard(err *error) {
	if p := recover(); p != nil {
		*err = diag.Errorf("W0512", diag.Span{}, "the Parquet file is damaged: %v", p)
	}
}

// damaged wraps an error of the library.
func damaged(err error) error {
	if err == nil {
		return nil
	}
	var d *diag.Diagnostic
	if errors.As(err, &d) {
		return d
	}
	return diag.Errorf("W0512", diag.Span{}, "the Parquet file cannot be read: %s", fmt.Sprint(err))
}
