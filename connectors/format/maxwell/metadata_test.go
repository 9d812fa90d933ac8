package maxwell_test

import (
	"reflect"
	"testing"

	"github.com/weir-sql/weir/connectors/format/formattest"
	"github.com/weir-sql/weir/connectors/format/maxwell"
)

func TestMetadata(t *testing.T) {
	got := formattest.DecodeWithMetadata(t, maxwell.Format(), nil, "a INT", []string{"database", "table", "primary-key-columns", "ingestion-timestamp"},
		`{"data":{"a":1},"type":"insert","database":"d","table":"t","ts":1596684883,"primary_key_columns":["a"]}`)
	want := [][]any{{"+I", 1.0, "d", "t", []any{"a"}, "2020-08-06 03:34:43.000Z"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %v, want %v", got, want)
	}
}

func TestEncode(t *testing.T) {
	got := formattest.Encode(t, maxwell.Format(), "a INT", [][]any{{"+I", 1.0}, {"-D", 1.0}})
	want := `{"data":{"a":1},"type":"insert"}
{"data":{"a":1},"type":"delete"}
`
	if got != want {
		t.Errorf("wrote\n%swant\n%s", got, want)
	}
}
