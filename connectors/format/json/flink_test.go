package json_test

import (
	"testing"

	"github.com/weir-sql/weir/connectors/format/formattest"
	"github.com/weir-sql/weir/connectors/format/json"
)

func TestFlinkRecordings(t *testing.T) {
	formattest.Replay(t, json.Format(), "testdata/flink.jsonl")
}

func TestFlinkWrites(t *testing.T) {
	formattest.ReplayWrites(t, json.Format(), "testdata/flink_writes.jsonl")
}
