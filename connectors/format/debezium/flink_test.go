package debezium_test

import (
	"testing"

	"github.com/weir-sql/weir/connectors/format/debezium"
	"github.com/weir-sql/weir/connectors/format/formattest"
)

func TestFlinkRecordings(t *testing.T) {
	formattest.Replay(t, debezium.Format(), "testdata/flink.jsonl")
}
