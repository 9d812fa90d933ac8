package csv_test

import (
	stdcsv "encoding/csv"
	"reflect"
	"strings"
	"testing"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/connectors/format/csv"
	"github.com/weir-sql/weir/connectors/format/formattest"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/diag"
	"github.com/weir-sql/weir/planner/types"
)

// FuzzDecode feeds the decoder anything, whole and byte by byte. It must not panic or
// hang, must read the same rows however the data arrive, and must agree with
// encoding/csv on strings where both take the text.
func FuzzDecode(f *testing.F) {
	for _, c := range formattest.Load(f, "testdata/flink.jsonl") {
		f.Add(c.Data, uint8(0))
		f.Add(c.Data, uint8(1))
	}
	variants := []map[string]string{
		nil,
		{"ignore-parse-errors": "true"},
		{"allow-comments": "true", "escape-character": `\`, "ignore-parse-errors": "true"},
		{"disable-quote-character": "true", "field-delimiter": ";", "null-literal": "n/a"},
		{"quote-character": "'", "field-delimiter": " "},
	}
	fields := formattest.Schema("a STRING, b STRING, c STRING")
	typed := formattest.Schema("a STRING, b INT, c DOUBLE, d TIMESTAMP(3), e ARRAY<ROW<x INT, y STRING>>, f DECIMAL(30, 2), g BYTES")
	f.Fuzz(func(t *testing.T, data []byte, variant uint8) {
		options := variants[int(variant)%len(variants)]
		whole, err := decode(t, fields, options, data, len(data)+1)
		bytewise, err2 := decode(t, fields, options, data, 1)
		if (err == nil) != (err2 == nil) || len(whole)+len(bytewise) > 0 && !reflect.DeepEqual(whole, bytewise) {
			t.Fatalf("at once %v %v, byte by byte %v %v", whole, err, bytewise, err2)
		}
		if options == nil && err == nil {
			agree(t, string(data), whole)
		}
		decode(t, typed, options, data, 3)
	})
}

// decode reads data that arrive in pieces of a size; the rows before an error count.
func decode(t *testing.T, fields []types.Field, options map[string]string, data []byte, size int) (rows [][]any, err error) {
	t.Helper()
	d, err := csv.NewDecoder(format.DecoderConfig{Options: options, Fields: fields, Columns: formattest.Columns(fields, nil)})
	if err != nil {
		t.Fatal(err)
	}
	var ts []types.Type
	for _, f := range fields {
		ts = append(ts, f.Type)
	}
	into := vec.NewBatchBuilder(ts, 4)
	for at, end := 0, 0; ; {
		end = min(end+size, len(data))
		last := end == len(data)
		n, _, err := d.DecodeLines(data[at:end], last, 1<<30, into)
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
		if err != nil {
			if _, ok := err.(*diag.Diagnostic); !ok {
				t.Fatalf("%T %v is no diagnostic", err, err)
			}
			return rows, err
		}
		at += n
		if last {
			if at != len(data) {
				t.Fatalf("%d bytes are left over", len(data)-at)
			}
			return rows, nil
		}
	}
}

// agree compares with encoding/csv, which leaves out empty lines and differs in what
// it makes of carriage returns, stray quotes and byte order marks.
func agree(t *testing.T, data string, rows [][]any) {
	t.Helper()
	if strings.ContainsAny(data, "\r") || strings.HasPrefix(data, "\ufeff") {
		return
	}
	r := stdcsv.NewReader(strings.NewReader(data))
	r.FieldsPerRecord = 3
	want, err := r.ReadAll()
	if err != nil {
		return
	}
	if len(want) != len(rows) {
		t.Fatalf("read %d rows, want %d", len(rows), len(want))
	}
	for i, w := range want {
		for c := range w {
			if rows[i][c+1] != w[c] {
				t.Fatalf("row %d column %d is %q, want %q", i, c, rows[i][c+1], w[c])
			}
		}
	}
}
