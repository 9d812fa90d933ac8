package maxwell_test

import (
	"testing"

	"github.com/weir-sql/weir/connectors/format/formattest"
	"github.com/weir-sql/weir/connectors/format/maxwell"
)

func TestFlinkRecordings(t *testing.T) {
	formattest.Replay(t, maxwell.Format(), "testdata/flink.jsonl")
}
