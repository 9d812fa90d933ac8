package formattest

import (
	"testing"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// DecodeWithMetadata decodes one message into the columns of a schema followed by
// metadata columns of the format. The builders are in reverse order, to see that a
// decoder heeds At.
func DecodeWithMetadata(t *testing.T, f format.Format, options map[string]string, schema string, keys []string, msg string) (rows [][]any) {
	t.Helper()
	fields := Schema(schema)
	cols := Columns(fields, nil)
	for _, k := range keys {
		for _, m := range f.Metadata {
			if m.Key == k {
				cols = append(cols, physical.ReadColumn{Name: k, Metadata: k, Type: m.Type})
			}
		}
	}
	ts, at := make([]types.Type, len(cols)), make([]int, len(cols))
	for i, c := range cols {
		at[i] = len(cols) - 1 - i
		ts[at[i]] = c.Type
	}
	dec, err := f.NewDecoder(format.DecoderConfig{Options: options, Fields: fields, Columns: cols, At: at})
	if err != nil {
		t.Fatal(err)
	}
	into := vec.NewBatchBuilder(ts, 4)
	if err := dec.Decode([]byte(msg), into); err != nil {
		t.Fatal(err)
	}
	b := into.Finish()
	for i := range b.Len {
		row := []any{b.Kind(i).String()}
		for _, c := range at {
			row = append(row, Value(b.Cols[c], i))
		}
		rows = append(rows, row)
	}
	return rows
}

// Encode encodes rows as lines.
func Encode(t *testing.T, f format.Format, schema string, rows [][]any) string {
	t.Helper()
	fields := Schema(schema)
	enc, err := f.NewEncoder(format.EncoderConfig{Fields: fields, Terminator: "\n"})
	if err != nil {
		t.Fatal(err)
	}
	var out vec.Rows
	if err := enc.Encode(Batch(fields, rows), &out); err != nil {
		t.Fatal(err)
	}
	return string(out.Data)
}
