package csv_test

import (
	"testing"

	"github.com/weir-sql/weir/connectors/format/csv"
	"github.com/weir-sql/weir/connectors/format/formattest"
)

func TestFlinkRecordings(t *testing.T) {
	formattest.Replay(t, csv.Format(), "testdata/flink.jsonl")
}

func TestFlinkWrites(t *testing.T) {
	formattest.ReplayWrites(t, csv.Format(), "testdata/flink_writes.jsonl")
}
