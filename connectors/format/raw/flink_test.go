package raw_test

import (
	"testing"

	"github.com/weir-sql/weir/connectors/format/formattest"
	"github.com/weir-sql/weir/connectors/format/raw"
)

func TestFlinkRecordings(t *testing.T) {
	formattest.Replay(t, raw.Format(), "testdata/flink.jsonl")
}

func TestFlinkWrites(t *testing.T) {
	formattest.ReplayWrites(t, raw.Format(), "testdata/flink_writes.jsonl")
}
