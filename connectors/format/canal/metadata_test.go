package canal_test

import (
	"reflect"
	"testing"

	"github.com/weir-sql/weir/connectors/format/canal"
	"github.com/weir-sql/weir/connectors/format/formattest"
)

func TestMetadata(t *testing.T) {
	got := formattest.DecodeWithMetadata(t, canal.Format(), nil, "a INT", []string{"database", "table", "sql-type", "pk-names", "ingestion-timestamp", "event-timestamp"},
		`{"data":[{"a":"1"},{"a":"2"}],"type":"INSERT","database":"d","table":"t","sqlType":{"a":4},"pkNames":["a"],"ts":1589373515477,"es":1589373515000}`)
	meta := []any{"d", "t", []any{[]any{"a", 4.0}}, []any{"a"}, "2020-05-13 12:38:35.477Z", "2020-05-13 12:38:35.000Z"}
	want := [][]any{append([]any{"+I", 1.0}, meta...), append([]any{"+I", 2.0}, meta...)}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read %v, want %v", got, want)
	}
}

func TestEncode(t *testing.T) {
	got := formattest.Encode(t, canal.Format(), "a INT", [][]any{{"+I", 1.0}, {"-U", 1.0}, {"+U", 2.0}, {"-D", 2.0}})
	want := `{"data":[{"a":1}],"type":"INSERT"}
{"data":[{"a":1}],"type":"DELETE"}
{"data":[{"a":2}],"type":"INSERT"}
{"data":[{"a":2}],"type":"DELETE"}
`
	if got != want {
		t.Errorf("wrote\n%swant\n%s", got, want)
	}
}
