package kafka

import (
	"context"

	"github.com/weir-sql/weir/connectors/connector"
	"github.com/weir-sql/weir/exec"
	"github.com/weir-sql/weir/planner/catalog"
	"github.com/weir-sql/weir/planner/physical"
)

// Connector is `kafka`.
func Connector() connector.Connector {
	return declare(false, catalog.Connector{
		Name:    "kafka",
		Summary: "a topic as a log of rows",
		Doc: `Every record is a row; with a changelog format (debezium-json) a change. Reading begins at the
offsets of 'properties.group.id', or at the first record if there is none. Partitions are read side by side,
and the watermark is the minimum over them. Positions are offsets, so a restored run reads each record once.`,
		Example: `CREATE TABLE orders (
  order_id BIGINT, user_id BIGINT, amount DECIMAL(10, 2),
  ts TIMESTAMP(3) METADATA FROM 'timestamp',
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (
  'connector' = 'kafka', 'topic' = 'orders',
  'properties.bootstrap.servers' = 'embedded',
  'scan.startup.mode' = 'earliest-offset', 'format' = 'json'
);`,
		Options: append(common(), logOptions()...),
	})
}

// Upsert is `upsert-kafka`.
func Upsert() connector.Connector {
	return declare(true, catalog.Connector{
		Name:    "upsert-kafka",
		Summary: "a topic as a table: the latest row of each key",
		Doc: `A record with a value inserts or updates the row of its key; one without deletes it. The
primary key is the record's key. Reading always begins at the first record.`,
		Example: `CREATE TABLE spend_by_city (
  city STRING, spend DECIMAL(20, 2),
  PRIMARY KEY (city) NOT ENFORCED
) WITH (
  'connector' = 'upsert-kafka', 'topic' = 'spend_by_city',
  'properties.bootstrap.servers' = 'embedded',
  'key.format' = 'json', 'value.format' = 'json'
);`,
		Options: append(common(), upsertOptions()...),
	})
}

func declare(upsert bool, c catalog.Connector) connector.Connector {
	c.Metadata, c.Source, c.Sink, c.NeedsFormat, c.Describe = metadata(), true, true, true, describe(upsert)
	return connector.Connector{
		Connector: c,
		NewSource: func(ctx context.Context, env *connector.Env, spec *physical.Source) (exec.Source, error) {
			return newSource(ctx, env, spec, upsert)
		},
		NewSink: func(ctx context.Context, env *connector.Env, spec *physical.Sink) (exec.Sink, error) {
			return newSink(ctx, env, spec, upsert)
		},
	}
}
