// Package filesystem is the filesystem connector: tables as files of the local disk,
// read as a bounded table or watched for new files, written as part files that
// become visible all at once, and held in memory as a dimension to look up.
//
// Guarantees. A file is read by one or, if it is large and its format allows, by
// several readers, each over a range of whole records; a reader resumes at the
// record after the last one given. Files being written have names that begin with a
// dot and are renamed when the sink commits: a reader never sees half a file, and a
// commit that is repeated changes nothing. All paths lie below an os.Root.
package filesystem

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/connectors/option"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// Connector is the filesystem connector.
func Connector() connector.Connector {
	return connector.Connector{
		Connector: catalog.Connector{
			Name:    "filesystem",
			Summary: "files of the local disk: read, watched, written, looked up",
			Doc: "Reads a file, a directory or a pattern, with Hive-style partitions (`dt=2026-11-20/`). The table is bounded unless " +
				"`source.monitor-interval` is set. Large JSON, raw and Parquet files are read by several readers at once.\n\n" +
				"Writes part files that become visible when a checkpoint (streaming) or the job (batch) completes; a failed job leaves " +
				"nothing visible. `INSERT OVERWRITE` replaces the table, or the partitions written to.\n\n" +
				"Looking up rows in a lookup join is a weir extension: the table is held in memory (Flink refuses it).",
			Example: "CREATE TABLE orders (\n  id BIGINT,\n  price DECIMAL(10, 2),\n  ts TIMESTAMP(3),\n  dt STRING,\n  file STRING METADATA FROM 'file.name' VIRTUAL\n" +
				") PARTITIONED BY (dt) WITH (\n  'connector' = 'filesystem',\n  'path' = 'data/orders',\n  'format' = 'json'\n)",
			Options:     options,
			Metadata:    metadata,
			Source:      true,
			Sink:        true,
			Lookup:      true,
			NeedsFormat: true,
			Describe:    describe,
		},
		NewSource:       newSource,
		CountPartitions: countPartitions,
		NewSink:         newSink,
		NewFullCache:    newFullCache,
	}
}

// describe tells what a table can do.
func describe(t *catalog.Table, formats catalog.Formats) (catalog.Capabilities, diag.List) {
	var errs diag.List
	r := option.Read(options, t.Options).CheckTypes()
	caps := catalog.Capabilities{
		Bounded:         !r.Has("source.monitor-interval"),
		Produces:        topology.InsertOnly,
		Accepts:         topology.InsertOnly,
		PushProjection:  true,
		PushFilter:      true,
		PushLimit:       true,
		ScanParallelism: int(r.Int("scan.parallelism")),
		SinkParallelism: int(r.Int("sink.parallelism")),
		Metadata:        metadata,
		Lookup:          true,
		LookupInMemory:  true,
		Overwrite:       true,
		Partitioned:     len(t.PartitionKey) > 0,
	}
	if f := formats.Format(t.Options["format"]); f != nil {
		caps.Produces, caps.Accepts, caps.PushNested = f.Changelog, f.Changelog, f.Nested
		errs = append(errs, checkFields(t, formats)...)
	}
	for _, k := range t.PartitionKey {
		i := t.Column(k)
		if i < 0 {
			continue // the binder says so
		}
		if c := t.Columns[i]; c.Type.In(types.Array, types.Map, types.Multiset, types.Row, types.Binary, types.VarBinary) {
			errs.Add(diag.Errorf("W0333", c.Span, "partition column %q cannot be of type %s", k, c.Type))
		}
	}
	if kinds := r.List("sink.partition-commit.policy.kind"); len(kinds) > 0 {
		for _, kind := range kinds {
			if kind != "success-file" {
				errs.Add(diag.Errorf("W0333", t.OptionSpans["sink.partition-commit.policy.kind"].Value,
					"partition commit policy %q is not supported", kind).WithHint("use 'success-file'"))
			}
		}
	}
	errs = append(errs, r.Problems()...)
	return caps, errs
}

// fieldChecker is a catalog.Formats that can tell which types a format holds.
type fieldChecker interface {
	CheckFields(format string, fields []types.Field, options map[string]string) error
}

// checkFields finds columns that the format cannot hold.
func checkFields(t *catalog.Table, formats catalog.Formats) diag.List {
	c, ok := formats.(fieldChecker)
	if !ok {
		return nil
	}
	name := t.Options["format"]
	err := c.CheckFields(name, inFiles(t), format.Options(t.Options, "", name))
	var d *diag.Diagnostic
	if !errors.As(err, &d) {
		return nil // what is wrong with single options is told by their declarations
	}
	placed := *d
	placed.Span = t.OptionSpans["format"].Value
	return diag.List{&placed}
}

// inFiles gives the columns inside the files: the physical ones that are no partition keys.
func inFiles(t *catalog.Table) (fields []types.Field) {
	for _, c := range t.Columns {
		if c.Kind == catalog.Physical && !slices.Contains(t.PartitionKey, c.Name) {
			fields = append(fields, types.Field{Name: c.Name, Type: c.Type})
		}
	}
	return fields
}

// table is what source, sink and lookup share of a table.
type table struct {
	*catalog.Table
	options *option.Reader
	format  *format.Format
	// formatOptions are without their prefix.
	formatOptions map[string]string
	fields        []types.Field // inside the files
	span          diag.Span     // of the path
	zone          *time.Location
}

// newTable resolves format and columns.
func newTable(env *connector.Env, t *catalog.Table, given map[string]string) (*table, error) {
	tab := &table{Table: t, options: option.Read(options, given), span: t.OptionSpans["path"].Value, zone: env.Location()}
	name := given["format"]
	if tab.format = env.Formats.Get(name); tab.format == nil {
		d := diag.Errorf("W0335", t.OptionSpans["format"].Value, "format %q of table %q is not known", name, t.Path.Name)
		if near := diag.Nearest(name, env.Formats.FormatNames()); near != "" {
			return nil, d.WithHint("did you mean %q?", near)
		}
		return nil, d.WithHint("known formats: %s", strings.Join(env.Formats.FormatNames(), ", "))
	}
	tab.formatOptions = format.Options(given, "", name)
	tab.fields = inFiles(t)
	return tab, nil
}
