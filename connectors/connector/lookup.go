package connector

import "github.com/weir-sql/weir/planner/catalog"

// LookupOptions are the options of tables that answer for rows by key over a network.
// The planner reads them (package lower); a LOOKUP hint may set them for one join.
func LookupOptions() []catalog.Option {
	return []catalog.Option{
		{Name: "lookup.cache", Type: catalog.EnumOption, Default: "NONE", Enum: []string{"NONE", "PARTIAL", "FULL"},
			Doc: "PARTIAL keeps the rows of the keys used last, in every task for itself. FULL reads the whole table before the first row and holds it once for all tasks."},
		{Name: "lookup.partial-cache.max-rows", Type: catalog.LongOption, Default: "10000", Doc: "Keys that a task's PARTIAL cache holds."},
		{Name: "lookup.partial-cache.expire-after-write", Type: catalog.DurationOption, Example: "10 min",
			Doc: "How long a PARTIAL cache trusts an answer; for ever if it is not set."},
		{Name: "lookup.partial-cache.expire-after-access", Type: catalog.DurationOption, Doc: "Taken as expire-after-write."},
		{Name: "lookup.full-cache.reload-strategy", Type: catalog.EnumOption, Default: "PERIODIC", Enum: []string{"PERIODIC", "TIMED"},
			Doc: "When a FULL cache is read again."},
		{Name: "lookup.full-cache.periodic-reload.interval", Type: catalog.DurationOption, Example: "1 h",
			Doc: "How often a FULL cache is read again; never if it is not set."},
		{Name: "lookup.full-cache.periodic-reload.schedule-mode", Type: catalog.EnumOption, Default: "FIXED_DELAY", Enum: []string{"FIXED_DELAY", "FIXED_RATE"},
			Doc: "Accepted for Flink's sake."},
		{Name: "lookup.full-cache.timed-reload.iso-time", Type: catalog.StringOption, Example: "03:00",
			Doc: "The time of day (in the session time zone) at which a FULL cache is read again."},
		{Name: "lookup.full-cache.timed-reload.interval-in-days", Type: catalog.IntOption, Default: "1", Doc: "Every how many days that happens."},
		{Name: "lookup.async", Type: catalog.BoolOption, Default: "false",
			Doc: "Whether several requests of a task are under way at once, also those of different batches: up to table.exec.async-lookup.buffer-capacity."},
		{Name: "lookup.async.batch.size", Type: catalog.IntOption,
			Doc: "weir extension: keys a request. By default 1 if asynchronous, else all new keys of a batch."},
		{Name: "lookup.async.batch.linger", Type: catalog.DurationOption, Example: "5 ms",
			Doc: "weir extension: how long a request that is not full waits for more keys; by default not at all."},
		{Name: "lookup.hash.enable", Type: catalog.BoolOption, Default: "false",
			Doc: "weir extension: rows go to tasks by their lookup key, so that each task's cache holds its own share of the table."},
		{Name: "lookup.hash.split-hot-keys", Type: catalog.BoolOption, Default: "true",
			Doc: "weir extension: with lookup.hash.enable, rows of very frequent keys go to all tasks. Rows of one key may then overtake each other; changelogs are never split."},
		{Name: "lookup.index.table", Type: catalog.ListOption, Example: "users_by_email",
			Doc: "weir extension: tables that give the primary key of this one for other columns, matched by name; separated by ;. A join on those columns asks the index first and then this table for the keys it gave."},
	}
}
