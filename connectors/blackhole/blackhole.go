// Package blackhole is the blackhole connector: a sink that takes everything and
// keeps nothing, for trying out and measuring what comes before it.
package blackhole

import (
	"context"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/topology"
)

// Connector is the blackhole connector.
func Connector() connector.Connector {
	return connector.Connector{
		Connector: catalog.Connector{
			Name:    "blackhole",
			Summary: "takes every row and keeps none",
			Doc:     "For measuring and trying out. It accepts every changelog and partition; as in Flink, -U is left out where nothing else needs it (but for a table with a primary key).",
			Example: "CREATE TABLE nowhere (id BIGINT) WITH ('connector' = 'blackhole')",
			Options: []catalog.Option{
				{Name: "sink.parallelism", Type: catalog.IntOption, Doc: "Writers of the table; by default that of what feeds it."},
			},
			Sink: true,
			Describe: func(t *catalog.Table, _ catalog.Formats) (catalog.Capabilities, diag.List) {
				accepts := topology.Upsert
				if len(t.PrimaryKey) > 0 { // or rows would be put in order by key in front of it, for nobody
					accepts = topology.Retract
				}
				return catalog.Capabilities{Accepts: accepts, Overwrite: true, Partitioned: true}, nil
			},
		},
		NewSink: func(context.Context, *connector.Env, *physical.Sink) (exec.Sink, error) { return sink{}, nil },
	}
}

// sink is the sink and its own writer: there is nothing to remember.
type sink struct{}

func (sink) Writer(context.Context, int, int) (exec.Writer, error) { return sink{}, nil }
func (sink) Write(context.Context, *vec.Batch) error               { return nil }
func (sink) Prepare(context.Context) ([]byte, error)               { return nil, nil }
func (sink) Commit(context.Context, [][]byte) error                { return nil }
func (sink) Abort(context.Context) error                           { return nil }
func (sink) Close() error                                          { return nil }
