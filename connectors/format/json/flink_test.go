package json_test

import (
	"testing"

	"github.com/weir-sql/weir/connectors/format/formattest"
	"github.com/weir-sql/weir/connectors/format/json"
)

func TestFlinkRecordings(t *testing.T) {
	formattest.Replay(t, json.Format(), "testdata/flink.jsonl")
}
