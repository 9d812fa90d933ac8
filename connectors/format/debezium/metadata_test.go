package debezium_test

import (
	"reflect"
	"testing"

	"github.com/weir-sql/weir/connectors/format/debezium"
	"github.com/weir-sql/weir/connectors/format/formattest"
)

func TestMetadata(t *testing.T) {
	const change = `{"before":null,"after":{"a":1},"op":"c","ts_ms":1589362330904,"source":{"version":"1.1","ts_ms":1589362330000,"db":"inv","schema":"public","table":"prod","n":5,"x":null,"l":true}}`
	keys := []string{"ingestion-timestamp", "source.timestamp", "source.database", "source.schema", "source.table", "source.properties", "schema"}
	properties := []any{[]any{"db", "inv"}, []any{"l", "true"}, []any{"n", "5"}, []any{"schema", "public"}, []any{"table", "prod"}, []any{"ts_ms", "1589362330000"}, []any{"version", "1.1"}, []any{"x", nil}}
	row := []any{"+I", 1.0, "2020-05-13 09:32:10.904Z", "2020-05-13 09:32:10.000Z", "inv", "public", "prod", properties, nil}
	got := formattest.DecodeWithMetadata(t, debezium.Format(), nil, "a INT", keys, change)
	if !reflect.DeepEqual(got, [][]any{row}) {
		t.Errorf("read %v, want %v", got, row)
	}
	row[8] = `{"type":"struct","n":1}`
	got = formattest.DecodeWithMetadata(t, debezium.Format(), map[string]string{"schema-include": "true"}, "a INT", keys,
		`{"schema":{"type": "struct", "n": 1},"payload":`+change+`}`)
	if !reflect.DeepEqual(got, [][]any{row}) {
		t.Errorf("with a schema read %v, want %v", got, row)
	}
	got = formattest.DecodeWithMetadata(t, debezium.Format(), nil, "a INT", keys[:2], `{"before":{"a":1},"after":{"a":2},"op":"u"}`)
	if want := [][]any{{"-U", 1.0, nil, nil}, {"+U", 2.0, nil, nil}}; !reflect.DeepEqual(got, want) {
		t.Errorf("without metadata read %v, want %v", got, want)
	}
}

func TestEncode(t *testing.T) {
	got := formattest.Encode(t, debezium.Format(), "a INT, b STRING", [][]any{{"+I", 1.0, "x"}, {"-U", 1.0, "x"}, {"+U", 1.0, nil}, {"-D", 1.0, nil}})
	want := `{"before":null,"after":{"a":1,"b":"x"},"op":"c"}
{"before":{"a":1,"b":"x"},"after":null,"op":"d"}
{"before":null,"after":{"a":1,"b":null},"op":"c"}
{"before":{"a":1,"b":null},"after":null,"op":"d"}
`
	if got != want {
		t.Errorf("wrote\n%swant\n%s", got, want)
	}
}
