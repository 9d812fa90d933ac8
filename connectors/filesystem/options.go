package filesystem

import (
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/types"
)

// options are the connector's options, named as Flink's.
var options = []catalog.Option{
	{Name: "path", Type: catalog.StringOption, Required: true, Example: "data/orders",
		Doc: "A file, a directory (read with all below it but names that begin with _ or .), or a pattern with *, ? and **. Relative paths start at the project's directory; file:// URIs are understood. Files ending in .gz, .zst, .bz2 or .deflate are decompressed."},
	{Name: "format", Type: catalog.StringOption, Required: true, Example: "json", Doc: "The encoding of the files."},
	{Name: "partition.default-name", Type: catalog.StringOption, Default: "__DEFAULT_PARTITION__",
		Doc: "The directory name that stands for NULL or an empty string in a partition column."},
	{Name: "partition.time-extractor.kind", Type: catalog.EnumOption, Default: "default", Enum: []string{"default"},
		Doc: "How the time of a partition is found: by timestamp-pattern and timestamp-formatter."},
	{Name: "partition.time-extractor.timestamp-pattern", Type: catalog.StringOption, Example: "$dt $hour:00:00",
		Doc: "The time of a partition, with $column for its values; by default the first column's value."},
	{Name: "partition.time-extractor.timestamp-formatter", Type: catalog.StringOption, Default: "yyyy-MM-dd HH:mm:ss",
		Doc: "How that text is read: letters y M d H m s, all else as it is. A date without a time means midnight."},

	{Name: "source.monitor-interval", Type: catalog.DurationOption, Example: "10 s",
		Doc: "How often to look for new files. Without it the table is bounded: the files there at the start are read."},
	{Name: "source.path.regex-pattern", Type: catalog.StringOption, Example: `/data/.*\.jsonl`,
		Doc: "Only files whose absolute path matches as a whole are read."},
	{Name: "scan.partitions", Type: catalog.StringOption, Example: "dt=${bizdate};dt=${bizdate - 1d},region=eu",
		Doc: "Extension: only these partitions are read, one after each `;`, with the values as they stand in the paths. A column that is not named may have any value."},
	{Name: "scan.startup.snapshot", Type: catalog.StringOption, Example: "savepoints/daily",
		Doc: "Extension: a savepoint or checkpoint of weir whose run read the table. What it had read is not read."},
	{Name: "scan.bounded.snapshot", Type: catalog.StringOption, Example: "savepoints/daily",
		Doc: "Extension: a savepoint or checkpoint of weir whose run read the table. Only the files that it had read are read."},
	{Name: "source.report-statistics", Type: catalog.EnumOption, Default: "all", Enum: []string{"all", "none"},
		Doc: "Accepted for Flink's sake."},
	{Name: "scan.parallelism", Type: catalog.IntOption, Doc: "Readers of the table; by default that of the job."},

	{Name: "sink.rolling-policy.file-size", Type: catalog.MemoryOption, Default: "128MB", Doc: "A part file ends when it is so large."},
	{Name: "sink.rolling-policy.rollover-interval", Type: catalog.DurationOption, Default: "30 min", Doc: "A part file ends when it has been open so long (streaming)."},
	{Name: "sink.rolling-policy.inactivity-interval", Type: catalog.DurationOption, Default: "30 min", Doc: "A part file ends when nothing was written for so long (streaming)."},
	{Name: "sink.rolling-policy.check-interval", Type: catalog.DurationOption, Default: "1 min", Doc: "How often open part files are looked at for the two intervals."},
	{Name: "sink.shuffle-by-partition.enable", Type: catalog.BoolOption, Default: "false", Doc: "Accepted for Flink's sake: whether rows go to writers by partition."},
	{Name: "sink.parallelism", Type: catalog.IntOption, Doc: "Writers of the table; by default that of what feeds it."},
	{Name: "sink.partition-commit.trigger", Type: catalog.EnumOption, Default: "process-time", Enum: []string{"process-time", "partition-time"},
		Doc: "When a partition is complete: delay after it began to be written, or when the watermark has passed its time plus delay."},
	{Name: "sink.partition-commit.delay", Type: catalog.DurationOption, Default: "0 s", Doc: "See sink.partition-commit.trigger; 1 h for hourly and 1 d for daily partitions."},
	{Name: "sink.partition-commit.watermark-time-zone", Type: catalog.StringOption, Default: "UTC", Example: "Europe/Berlin",
		Doc: "The zone in which partition times are written, if the watermark is that of a TIMESTAMP_LTZ column."},
	{Name: "sink.partition-commit.policy.kind", Type: catalog.ListOption, Example: "success-file",
		Doc: "What is done to a complete partition: success-file writes an empty marker into it. (metastore and custom are Flink's.)"},
	{Name: "sink.partition-commit.success-file.name", Type: catalog.StringOption, Default: "_SUCCESS", Doc: "The name of the marker."},

	{Name: "lookup.cache", Type: catalog.EnumOption, Default: "FULL", Enum: []string{"FULL"},
		Doc: "weir extension: filesystem tables can be looked up by key. All rows are held in memory, indexed by the keys."},
	{Name: "lookup.index.table", Type: catalog.ListOption, Example: "users_by_email",
		Doc: "weir extension: tables that give the primary key of this one for other columns, matched by name; separated by ;. A join on those columns asks the index first and then this table for the keys it gave."},
	{Name: "lookup.full-cache.reload-strategy", Type: catalog.EnumOption, Default: "PERIODIC", Enum: []string{"PERIODIC", "TIMED"},
		Doc: "weir extension: when looked-up rows are read again."},
	{Name: "lookup.full-cache.periodic-reload.interval", Type: catalog.DurationOption, Example: "1 h",
		Doc: "weir extension: how often looked-up rows are read again; never if it is not set. Unchanged files are not read again."},
	{Name: "lookup.full-cache.periodic-reload.schedule-mode", Type: catalog.EnumOption, Default: "FIXED_DELAY", Enum: []string{"FIXED_DELAY", "FIXED_RATE"},
		Doc: "Accepted for Flink's sake."},
	{Name: "lookup.full-cache.timed-reload.iso-time", Type: catalog.StringOption, Example: "03:00",
		Doc: "weir extension: the time of day (in the session time zone) at which looked-up rows are read again."},
	{Name: "lookup.full-cache.timed-reload.interval-in-days", Type: catalog.IntOption, Default: "1", Doc: "weir extension: every how many days that happens."},
}

// Metadata keys of files.
const (
	metaPath     = "file.path"
	metaName     = "file.name"
	metaSize     = "file.size"
	metaModified = "file.modification-time"
)

var metadata = []catalog.MetadataColumn{
	{Key: metaPath, Type: types.String.NotNull(), Doc: "Full path of the file."},
	{Key: metaName, Type: types.String.NotNull(), Doc: "Name of the file."},
	{Key: metaSize, Type: types.Int64.NotNull(), Doc: "Bytes of the file."},
	{Key: metaModified, Type: types.NewTimestampLTZ(3).NotNull(), Doc: "When the file was last written."},
}
