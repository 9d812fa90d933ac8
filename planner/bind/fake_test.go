package bind_test

import (
	"sort"

	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// testFunctions are the functions that runs have.
var testFunctions = func() catalog.Functions {
	var aggregates []*catalog.Function
	for _, e := range agg.Entries() {
		aggregates = append(aggregates, &e.Function)
	}
	return function.NewRegistry(function.All(), aggregates...)
}()

// testConnectors are small connectors and formats that show every kind of check.
type testConnectors struct{}

func (testConnectors) Connector(name string) *catalog.Connector { return connectorsByName[name] }
func (testConnectors) ConnectorNames() []string                 { return names(connectorsByName) }
func (testConnectors) Format(name string) *catalog.Format       { return formatsByName[name] }
func (testConnectors) FormatNames() []string                    { return names(formatsByName) }

func names[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

var formatsByName = map[string]*catalog.Format{
	"json": {Name: "json", Changelog: topology.InsertOnly, Options: []catalog.Option{
		{Name: "ignore-parse-errors", Type: catalog.BoolOption, Default: "false"},
		{Name: "timestamp-format.standard", Type: catalog.EnumOption, Enum: []string{"SQL", "ISO-8601"}}}},
	"csv": {Name: "csv", Changelog: topology.InsertOnly, Options: []catalog.Option{{Name: "field-delimiter", Type: catalog.StringOption, Default: ","}}},
	"cdc": {Name: "cdc", Changelog: topology.Retract, Metadata: []catalog.MetadataColumn{{Key: "op_ts", Type: types.NewTimestampLTZ(3)}}},
}

var connectorsByName = map[string]*catalog.Connector{
	"gen": {Name: "gen", Source: true, Lookup: true, Sink: true, Options: []catalog.Option{
		{Name: "number-of-rows", Type: catalog.LongOption}, {Name: "rows-per-second", Type: catalog.LongOption, Default: "10"},
		{Name: "password", Type: catalog.StringOption, Secret: true}, {Name: "idle", Type: catalog.DurationOption}, {Name: "buffer", Type: catalog.MemoryOption}},
		Describe: func(t *catalog.Table, _ catalog.Formats) (catalog.Capabilities, diag.List) {
			_, bounded := t.Options["number-of-rows"]
			return catalog.Capabilities{Bounded: bounded, Produces: topology.InsertOnly, Accepts: topology.Retract, Overwrite: true, Partitioned: true}, nil
		}},
	"log": {Name: "log", Source: true, Sink: true, NeedsFormat: true, Options: []catalog.Option{
		{Name: "topic", Type: catalog.StringOption, Required: true, Example: "orders"}, {Name: "format", Type: catalog.StringOption},
		{Name: "key.format", Type: catalog.StringOption}, {Name: "value.format", Type: catalog.StringOption},
		{Name: "properties.", Type: catalog.StringOption, Prefix: true},
		{Name: "scan.mode", Type: catalog.EnumOption, Enum: []string{"earliest", "latest"}, Default: "earliest"}},
		Metadata: []catalog.MetadataColumn{{Key: "timestamp", Type: types.NewTimestampLTZ(3).NotNull(), Writable: true},
			{Key: "offset", Type: types.Int64.NotNull()}, {Key: "headers", Type: types.NewMap(types.String, types.Bytes), Writable: true}},
		Describe: func(t *catalog.Table, fs catalog.Formats) (catalog.Capabilities, diag.List) {
			var list diag.List
			if t.Options["properties.group.id"] == "forbidden" {
				list.Add(diag.Errorf("W0399", t.OptionSpans["properties.group.id"].Value, "group %q is taken", "forbidden"))
			}
			name := t.Options["format"]
			if name == "" {
				name = t.Options["value.format"]
			}
			f := fs.Format(name)
			return catalog.Capabilities{Produces: f.Changelog, Accepts: f.Changelog, Metadata: f.Metadata}, list
		}},
	"void":   {Name: "void", Sink: true},
	"ticker": {Name: "ticker", Source: true},
}

func init() {
	for _, c := range catalog.LogicalConnectors() {
		connectorsByName[c.Name] = &c
	}
}

func init() {
	// The names that recorded declarations use.
	datagen := *connectorsByName["gen"]
	datagen.Sink = false
	connectorsByName["datagen"], connectorsByName["blackhole"] = &datagen, connectorsByName["void"]
}
