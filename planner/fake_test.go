package planner_test

import (
	"fmt"
	"sort"
	"time"

	"github.com/weir-sql/weir/exec/expr"
	"github.com/weir-sql/weir/exec/expr/agg"
	"github.com/weir-sql/weir/exec/expr/function"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/rex"
	"github.com/weir-sql/weir/planner/types"
	"github.com/weir-sql/weir/topology"
)

// testFunctions are the functions that runs have.
var testFunctions = func() *function.Registry {
	var aggregates []*catalog.Function
	for _, e := range agg.Entries() {
		aggregates = append(aggregates, &e.Function)
	}
	return function.NewRegistry(function.All(), aggregates...)
}()

// testFold evaluates constants with the executor's kernels, as session does.
func testFold(e rex.Expr) (*rex.Lit, error) {
	switch vec.PhysOf(e.Type()) {
	case vec.PhysNone, vec.PhysList, vec.PhysMap, vec.PhysRow:
		return nil, fmt.Errorf("no literal of %s", e.Type())
	}
	p, err := expr.Compile(e, nil, testFunctions)
	if err != nil {
		return nil, err
	}
	v, err := p.Eval(&expr.Ctx{Now: func() int64 { return 0 }, Zone: time.UTC}, vec.NewBatch(1))
	if err != nil {
		return nil, err
	}
	return &rex.Lit{Value: v.Value(0), T: e.Type()}, nil
}

// testPartials asks the accumulators.
func testPartials(call rex.AggCall, in []types.Type, retract bool) []types.Type {
	acc, err := agg.New(call, in, retract)
	if err != nil {
		return nil
	}
	return acc.PartialTypes()
}

// testConnectors are connectors as the planner sees them, one of each kind.
type testConnectors struct{}

func (testConnectors) Connector(name string) *catalog.Connector { return connectorsByName[name] }
func (testConnectors) ConnectorNames() []string                 { return namesOf(connectorsByName) }
func (testConnectors) Format(name string) *catalog.Format       { return formatsByName[name] }
func (testConnectors) FormatNames() []string                    { return namesOf(formatsByName) }

func namesOf[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

var formatsByName = map[string]*catalog.Format{
	"json":          {Name: "json", Changelog: topology.InsertOnly},
	"csv":           {Name: "csv", Changelog: topology.InsertOnly},
	"debezium-json": {Name: "debezium-json", Changelog: topology.Retract},
}

// anyOption accepts every option: checking options is the binder's business.
var anyOption = []catalog.Option{{Name: "", Type: catalog.StringOption, Prefix: true}}

func describe(caps catalog.Capabilities) func(*catalog.Table, catalog.Formats) (catalog.Capabilities, diag.List) {
	return func(t *catalog.Table, fs catalog.Formats) (catalog.Capabilities, diag.List) {
		c := caps
		for _, key := range []string{"format", "value.format"} {
			if f := fs.Format(t.Options[key]); f != nil && c.Produces == 0 {
				c.Produces, c.Accepts = f.Changelog, f.Changelog
			}
		}
		fmt.Sscan(t.Options["scan.parallelism"], &c.ScanParallelism)
		fmt.Sscan(t.Options["sink.parallelism"], &c.SinkParallelism)
		return c, nil
	}
}

var kafkaMetadata = []catalog.MetadataColumn{{Key: "timestamp", Type: types.NewTimestampLTZ(3).NotNull(), Writable: true}, {Key: "offset", Type: types.Int64.NotNull()}}

var connectorsByName = map[string]*catalog.Connector{
	"kafka": {Name: "kafka", Source: true, Sink: true, Options: anyOption, Metadata: kafkaMetadata,
		Describe: describe(catalog.Capabilities{PushProjection: true, Metadata: kafkaMetadata})},
	"upsert-kafka": {Name: "upsert-kafka", Source: true, Sink: true, Options: anyOption,
		Describe: describe(catalog.Capabilities{Produces: topology.Upsert, Accepts: topology.Upsert, PushProjection: true})},
	"datagen": {Name: "datagen", Source: true, Options: anyOption, Describe: describe(catalog.Capabilities{Produces: topology.InsertOnly})},
	"filesystem": {Name: "filesystem", Source: true, Sink: true, Options: anyOption,
		Describe: describe(catalog.Capabilities{Bounded: true, PushProjection: true, PushNested: true, PushFilter: true, PushLimit: true})},
	"blackhole": {Name: "blackhole", Sink: true, Options: anyOption, Describe: describe(catalog.Capabilities{Produces: topology.InsertOnly, Accepts: topology.Upsert})},
	"print":     {Name: "print", Sink: true, Options: anyOption, Describe: describe(catalog.Capabilities{Produces: topology.InsertOnly, Accepts: topology.Retract})},
	"redis": {Name: "redis", Source: true, Lookup: true, Options: anyOption,
		Describe: describe(catalog.Capabilities{Produces: topology.InsertOnly, Lookup: true})},
}
