package bind

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/syntax"
)

// settings are the configuration keys that weir knows, with the types of their values.
// Other keys are kept: a script may set what only Flink reads.
var settings = []catalog.Option{
	{Name: "execution.runtime-mode", Type: catalog.EnumOption, Enum: []string{"streaming", "batch", "automatic"}},
	{Name: "table.local-time-zone", Type: catalog.StringOption},
	{Name: "parallelism.default", Type: catalog.IntOption},
	{Name: "pipeline.max-parallelism", Type: catalog.IntOption},
	{Name: "pipeline.name", Type: catalog.StringOption},
	{Name: "pipeline.object-reuse", Type: catalog.BoolOption},
	{Name: "pipeline.operator-chaining.enabled", Type: catalog.BoolOption},
	{Name: "pipeline.auto-watermark-interval", Type: catalog.DurationOption},
	{Name: "execution.checkpointing.interval", Type: catalog.DurationOption},
	{Name: "execution.checkpointing.mode", Type: catalog.StringOption},
	{Name: "execution.checkpointing.timeout", Type: catalog.DurationOption},
	{Name: "execution.checkpointing.min-pause", Type: catalog.DurationOption},
	{Name: "execution.checkpointing.dir", Type: catalog.StringOption},
	{Name: "execution.state-recovery.path", Type: catalog.StringOption},
	{Name: "state.backend.type", Type: catalog.StringOption},
	{Name: "table.exec.state.ttl", Type: catalog.DurationOption},
	{Name: "table.exec.mini-batch.enabled", Type: catalog.BoolOption},
	{Name: "table.exec.mini-batch.allow-latency", Type: catalog.DurationOption},
	{Name: "table.exec.mini-batch.size", Type: catalog.LongOption},
	{Name: "table.exec.emit.early-fire.enabled", Type: catalog.BoolOption},
	{Name: "table.exec.emit.early-fire.delay", Type: catalog.DurationOption},
	{Name: "table.exec.emit.late-fire.enabled", Type: catalog.BoolOption},
	{Name: "table.exec.emit.late-fire.delay", Type: catalog.DurationOption},
	{Name: "table.exec.emit.allow-lateness", Type: catalog.DurationOption},
	{Name: "table.exec.source.idle-timeout", Type: catalog.DurationOption},
	{Name: "table.exec.source.cdc-events-duplicate", Type: catalog.BoolOption},
	{Name: "table.exec.sink.not-null-enforcer", Type: catalog.EnumOption, Enum: []string{"ERROR", "DROP"}},
	{Name: "table.exec.sink.type-length-enforcer", Type: catalog.EnumOption, Enum: []string{"IGNORE", "TRIM_PAD", "ERROR"}},
	{Name: "table.exec.sink.upsert-materialize", Type: catalog.EnumOption, Enum: []string{"AUTO", "FORCE", "NONE"}},
	{Name: "table.exec.sink.keyed-shuffle", Type: catalog.EnumOption, Enum: []string{"AUTO", "FORCE", "NONE"}},
	{Name: "table.exec.sink.rowtime-inserter", Type: catalog.EnumOption, Enum: []string{"ENABLED", "DISABLED"}},
	{Name: "table.exec.resource.default-parallelism", Type: catalog.IntOption},
	{Name: "table.exec.async-lookup.buffer-capacity", Type: catalog.IntOption},
	{Name: "table.exec.async-lookup.timeout", Type: catalog.DurationOption},
	{Name: "table.exec.async-lookup.output-mode", Type: catalog.EnumOption, Enum: []string{"ORDERED", "ALLOW_UNORDERED"}},
	{Name: "table.exec.rank.topn-cache-size", Type: catalog.LongOption},
	{Name: "table.exec.sort.default-limit", Type: catalog.IntOption},
	{Name: "table.exec.legacy-cast-behaviour", Type: catalog.EnumOption, Enum: []string{"ENABLED", "DISABLED"}},
	{Name: "table.exec.uid.generation", Type: catalog.EnumOption, Enum: []string{"PLAN_ONLY", "ALWAYS", "DISABLED"}},
	{Name: "table.exec.spill-compression.enabled", Type: catalog.BoolOption},
	{Name: "table.exec.deduplicate.insert-update-after-sensitive-enabled", Type: catalog.BoolOption},
	{Name: "table.optimizer.agg-phase-strategy", Type: catalog.EnumOption, Enum: []string{"AUTO", "ONE_PHASE", "TWO_PHASE"}},
	{Name: "table.optimizer.distinct-agg.split.enabled", Type: catalog.BoolOption},
	{Name: "table.optimizer.distinct-agg.split.bucket-num", Type: catalog.IntOption},
	{Name: "table.optimizer.incremental-agg-enabled", Type: catalog.BoolOption},
	{Name: "table.optimizer.join-reorder-enabled", Type: catalog.BoolOption},
	{Name: "table.optimizer.reuse-source-enabled", Type: catalog.BoolOption},
	{Name: "table.optimizer.reuse-sub-plan-enabled", Type: catalog.BoolOption},
	{Name: "table.optimizer.source.predicate-pushdown-enabled", Type: catalog.BoolOption},
	{Name: "table.optimizer.multiple-input-enabled", Type: catalog.BoolOption},
	{Name: "table.optimizer.non-deterministic-update.strategy", Type: catalog.EnumOption, Enum: []string{"TRY_RESOLVE", "IGNORE"}},
	{Name: "table.optimizer.join.broadcast-threshold", Type: catalog.LongOption},
	{Name: "table.dynamic-table-options.enabled", Type: catalog.BoolOption},
	{Name: "table.dml-sync", Type: catalog.BoolOption},
	{Name: "table.sql-dialect", Type: catalog.StringOption},
	{Name: "sql-client.execution.result-mode", Type: catalog.EnumOption, Enum: []string{"TABLE", "CHANGELOG", "TABLEAU"}},
	{Name: "sql-client.execution.max-table-result.rows", Type: catalog.IntOption},
	{Name: "sql-client.verbose", Type: catalog.BoolOption},
}

// set is SET 'key' = 'value'; SET alone lists what is set.
func (b *binder) set(s *syntax.Set) {
	if s.Key == nil {
		c := Command{Kind: "SET", Columns: []string{"key", "value"}, Rows: [][]string{}, Span: b.at(s)}
		for _, k := range slices.Sorted(maps.Keys(b.config)) {
			v := b.config[k]
			if catalog.IsSecretKey(k) {
				v = "******"
			}
			c.Rows = append(c.Rows, []string{k, v})
		}
		b.command(c)
		return
	}
	key, value := s.Key.Value, ""
	if s.Value != nil {
		value = s.Value.Value
	}
	if !b.checkSetting(s, key, value) {
		return
	}
	b.config[key] = value
	b.command(Command{Kind: "SET", Args: []string{key, value}, Span: b.at(s)})
}

// Settings lists the configuration keys that SET knows.
func Settings() []catalog.Option { return slices.Clone(settings) }

// checkSetting warns of a key that looks misspelt, and refuses a value that does not read
// as the key's type.
func (b *binder) checkSetting(s *syntax.Set, key, value string) bool {
	i := slices.IndexFunc(settings, func(o catalog.Option) bool { return o.Name == key })
	if i < 0 {
		b.unknownSetting(key, b.at(s.Key))
		return true
	}
	if key == "table.sql-dialect" && !strings.EqualFold(value, "default") {
		b.refuse(b.at(s.Value), "dialect "+value)
		return false
	}
	if key == "table.local-time-zone" && value != "default" {
		if _, err := time.LoadLocation(value); err != nil {
			b.errorf(codeConfig, b.at(s.Value), "%q is not a time zone", value).WithHint("write a name such as 'Europe/Berlin' or 'UTC'")
			return false
		}
	}
	if mode := strings.ToLower(value); key == "execution.runtime-mode" && (mode == "batch" && !b.batch() || mode == "streaming" && b.batch()) {
		is := map[bool]string{true: "batch", false: "stream"}
		b.warnf(codeConfig, b.at(s.Value), "the script asks for mode %s, but this run is a %s", mode, is[b.batch()]).
			WithHint("run it with --mode %s", is[!b.batch()])
	}
	if want, ok := settings[i].Accepts(value); !ok {
		at := b.at(s.Key)
		if s.Value != nil {
			at = b.at(s.Value)
		}
		d := b.errorf(codeConfig, at, "value %q of '%s' is not %s", value, key, want)
		if best := diag.Nearest(value, settings[i].Enum); best != "" {
			d.WithHint("did you mean '%s'?", best)
		}
		return false
	}
	return true
}

func (b *binder) unknownSetting(key string, at diag.Span) {
	names := make([]string, len(settings))
	for i, o := range settings {
		names[i] = o.Name
	}
	if best := diag.Nearest(key, names); best != "" && editClose(key, best) {
		b.warnf(codeConfig, at, "configuration key '%s' is not known and has no effect", key).WithHint("did you mean '%s'?", best)
	}
}

// editClose keeps guesses to keys of one family: long dotted names are near by their
// common words alone.
func editClose(a, b string) bool {
	return strings.Count(a, ".") == strings.Count(b, ".") && len(a)-len(b) < 4 && len(b)-len(a) < 4
}

// reset is RESET 'key'; RESET alone takes back everything that the script has SET.
func (b *binder) reset(s *syntax.Reset) {
	if s.Key == nil {
		clear(b.config)
		maps.Copy(b.config, b.base)
		b.command(Command{Kind: "RESET", Span: b.at(s)})
		return
	}
	if v, ok := b.base[s.Key.Value]; ok {
		b.config[s.Key.Value] = v
	} else {
		delete(b.config, s.Key.Value)
	}
	b.command(Command{Kind: "RESET", Args: []string{s.Key.Value}, Span: b.at(s)})
}
