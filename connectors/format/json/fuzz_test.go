package json_test

import (
	"bytes"
	stdjson "encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/connectors/format/formattest"
	"github.com/weir-sql/weir/connectors/format/json"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

const fuzzSchema = "a STRING, b BIGINT, c DOUBLE, d BOOLEAN, e ARRAY<STRING>, f ROW<x STRING, y BIGINT>, g MAP<STRING, STRING>, h DECIMAL(20, 3), i TIMESTAMP(3), j BYTES, k DATE"

// FuzzDecode feeds the decoder anything. It must not panic, must leave the batch
// whole, must give the same rows whatever was decoded before, and must agree with
// encoding/json where that takes the text for an object with strings in a, numbers in
// b and c, and an array of strings in e.
func FuzzDecode(f *testing.F) {
	for _, c := range formattest.Load(f, "testdata/flink.jsonl") {
		f.Add(c.Data)
	}
	f.Add([]byte(`{"a":"x\u00e9\ud83d\ude00","b":-12,"c":1.5e3,"d":true,"e":["p","q",null],"f":{"x":"1","y":2},"g":{"k":"v"},"h":"1.23","i":"2026-11-20 20:49:18.722","j":"aGk=","k":"2026-11-20"}`))
	fields := formattest.Schema(fuzzSchema)
	var ts []types.Type
	for _, c := range fields {
		ts = append(ts, c.Type)
	}
	strict := decoder(f, nil, fields)
	lenient := decoder(f, map[string]string{"ignore-parse-errors": "true"}, fields)
	picks := formattest.Columns(fields, []string{"f.y", "a", "f.x"})
	nested, err := json.NewDecoder(format.DecoderConfig{Fields: fields, Columns: picks})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, msg []byte) {
		into := vec.NewBatchBuilder(ts, 4)
		err := strict.Decode(msg, into)
		if err != nil {
			if _, ok := err.(*diag.Diagnostic); !ok {
				t.Fatalf("%T %v is no diagnostic", err, err)
			}
			if into.Len() != 0 {
				t.Fatal("rows are left of a message that failed")
			}
		}
		rows := finish(t, into)
		if err == nil && len(rows) == 1 {
			agree(t, msg, rows[0])
		}
		fresh := decoder(t, nil, fields)
		into = vec.NewBatchBuilder(ts, 4)
		if err2 := fresh.Decode(msg, into); (err2 == nil) != (err == nil) {
			t.Fatalf("a new decoder says %v, a used one %v", err2, err)
		}
		if again := finish(t, into); !same(rows, again) {
			t.Fatalf("a new decoder reads %v, a used one %v", again, rows)
		}
		into = vec.NewBatchBuilder(ts, 4)
		if err := lenient.Decode(msg, into); err != nil {
			t.Fatalf("ignore-parse-errors gave %v", err)
		}
		if some := finish(t, into); err == nil && !same(rows, some) {
			t.Fatalf("with ignore-parse-errors %v is read, without %v", some, rows)
		}
		into = vec.NewBatchBuilder([]types.Type{picks[0].Type, picks[1].Type, picks[2].Type}, 4)
		if nested.Decode(msg, into) == nil {
			finish(t, into)
		}
	})
}

func decoder(t testing.TB, options map[string]string, fields []types.Field) *json.Decoder {
	t.Helper()
	d, err := json.NewDecoder(format.DecoderConfig{Options: options, Fields: fields, Columns: formattest.Columns(fields, nil)})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// finish gives the rows built, checking that the batch is whole.
func finish(t *testing.T, into *vec.BatchBuilder) (rows [][]any) {
	t.Helper()
	for i, c := range into.Cols {
		if c.Len() != into.Len() {
			t.Fatalf("column %d has %d values, the batch %d rows", i, c.Len(), into.Len())
		}
	}
	if b := into.Finish(); b != nil {
		for i := range b.Len {
			rows = append(rows, formattest.Row(b, i))
		}
	}
	return rows
}

// same compares rows; NaN equals itself because it is text in them.
func same(a, b [][]any) bool { return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b) }

// agree compares with encoding/json what both must read the same way.
func agree(t *testing.T, msg []byte, row []any) {
	t.Helper()
	if !stdjson.Valid(msg) || !utf8.Valid(msg) || bytes.Contains(msg, []byte(`\ud`)) || bytes.Contains(msg, []byte(`\uD`)) {
		return // half a pair of surrogates is ? here and U+FFFD there
	}
	fields, ok := lastFields(msg)
	if !ok {
		return
	}
	if s, ok := fields["a"].(string); ok && row[1] != s {
		t.Fatalf("a is %q, want %q", row[1], s)
	}
	if n, ok := fields["b"].(stdjson.Number); ok {
		if want, err := n.Int64(); err == nil && row[2] != float64(want) {
			t.Fatalf("b is %v, want %v", row[2], want)
		}
	}
	if n, ok := fields["c"].(stdjson.Number); ok {
		if want, err := n.Float64(); err == nil && row[3] != want && !math.IsInf(want, 0) {
			t.Fatalf("c is %v, want %v", row[3], want)
		}
	}
	if b, ok := fields["d"].(bool); ok && row[4] != b {
		t.Fatalf("d is %v, want %v", row[4], b)
	}
	if list, ok := fields["e"].([]any); ok && strings.Count(string(msg), `"e"`) == 1 {
		for i, x := range list {
			if s, ok := x.(string); ok && row[5].([]any)[i] != s {
				t.Fatalf("e[%d] is %v, want %q", i, row[5].([]any)[i], s)
			}
		}
	}
}

// lastFields reads the fields of an object with exact names, numbers as text.
func lastFields(msg []byte) (map[string]any, bool) {
	d := stdjson.NewDecoder(bytes.NewReader(msg))
	d.UseNumber()
	var fields map[string]any
	err := d.Decode(&fields)
	return fields, err == nil && fields != nil
}
