package connectors

import (
	"github.com/weir-sql/weir/connectors/blackhole"
	"github.com/weir-sql/weir/connectors/datagen"
	"github.com/weir-sql/weir/connectors/filesystem"
	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/connectors/format/canal"
	"github.com/weir-sql/weir/connectors/format/csv"
	"github.com/weir-sql/weir/connectors/format/debezium"
	"github.com/weir-sql/weir/connectors/format/json"
	"github.com/weir-sql/weir/connectors/format/maxwell"
	"github.com/weir-sql/weir/connectors/format/parquet"
	"github.com/weir-sql/weir/connectors/format/raw"
	"github.com/weir-sql/weir/connectors/kafka"
	"github.com/weir-sql/weir/connectors/nexmark"
	"github.com/weir-sql/weir/connectors/print"
	"github.com/weir-sql/weir/connectors/redis"
	"github.com/weir-sql/weir/connectors/simulated"
	"github.com/weir-sql/weir/planner/catalog"
)

// All lists the connectors of weir.
func All() []Connector {
	list := []Connector{
		filesystem.Connector(),
		datagen.Connector(),
		kafka.Connector(),
		kafka.Upsert(),
		nexmark.Connector(),
		redis.Connector(),
		print.Connector(),
		blackhole.Connector(),
		simulated.Connector(),
	}
	for _, c := range catalog.LogicalConnectors() {
		list = append(list, Connector{Connector: c})
	}
	return list
}

// AllFormats lists the formats of weir.
func AllFormats() []format.Format {
	return []format.Format{
		json.Format(),
		csv.Format(),
		parquet.Format(),
		raw.Format(),
		debezium.Format(),
		canal.Format(),
		maxwell.Format(),
	}
}

// DefaultFormats is a registry of AllFormats.
func DefaultFormats() *format.Registry { return format.NewRegistry(AllFormats()...) }
