package canal_test

import (
	"testing"

	"github.com/weir-sql/weir/connectors/format/canal"
	"github.com/weir-sql/weir/connectors/format/formattest"
)

func TestFlinkRecordings(t *testing.T) {
	formattest.Replay(t, canal.Format(), "testdata/flink.jsonl")
}
