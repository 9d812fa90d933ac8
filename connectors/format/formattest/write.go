package formattest

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/weir-sql/weir/connectors/format"
	"github.com/weir-sql/weir/connectors/format/text"
	"github.com/weir-sql/weir/exec/vec"
	"github.com/weir-sql/weir/planner/physical"
	"github.com/weir-sql/weir/planner/types"
)

// WriteCase is a table, its rows, and the file Flink made of them.
type WriteCase struct {
	ID      string            `json:"id"`
	Schema  string            `json:"schema"`
	Options map[string]string `json:"options"`
	Rows    [][]any           `json:"rows"`
	Output  []byte            `json:"output"` // base64 in the file
	// Differs says why weir writes something else, and Want what.
	Differs string `json:"differs"`
	Want    string `json:"want"`
}

// ReplayWrites writes every recorded table with the format and compares the bytes.
func ReplayWrites(t *testing.T, f format.Format, file string) {
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		var c WriteCase
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		t.Run(c.ID, func(t *testing.T) {
			fields := Schema(c.Schema)
			enc, err := f.NewEncoder(format.EncoderConfig{Options: c.Options, Fields: fields, Terminator: "\n"})
			if err != nil {
				t.Fatal(err)
			}
			var out vec.Rows
			if err := enc.Encode(Batch(fields, c.Rows), &out); err != nil {
				t.Fatal(err)
			}
			want := string(c.Output)
			if c.Differs != "" {
				want = c.Want
			}
			if string(out.Data) != want {
				t.Fatalf("wrote\n%s\nwant\n%s", out.Data, want)
			}
			if out.Len() != len(c.Rows) {
				t.Fatalf("wrote %d messages of %d rows", out.Len(), len(c.Rows))
			}
		})
	}
}

// Batch makes a batch of recorded rows.
func Batch(fields []types.Field, rows [][]any) *vec.Batch {
	b := vec.NewBatchBuilder(physical.FieldTypes(fields), len(rows))
	for _, r := range rows {
		for i, x := range r[1:] {
			Append(b.Cols[i], x)
		}
		kind := vec.Insert
		for k := vec.Insert; k <= vec.Delete; k++ {
			if k.String() == r[0] {
				kind = k
			}
		}
		b.EndRow(kind)
	}
	return b.Finish()
}

// Append appends a recorded value; it panics on one that is none of the type.
func Append(b *vec.Builder, x any) {
	if x == nil {
		b.Null()
		return
	}
	t := b.Type()
	s := fmt.Sprint(x)
	switch t.Kind {
	case types.Boolean:
		b.Bool(x.(bool))
	case types.TinyInt, types.SmallInt, types.Integer, types.BigInt:
		b.Append(int64(x.(float64)))
	case types.Float, types.Double:
		f, err := strconv.ParseFloat(s, 64)
		must(err == nil, t, s)
		b.Append(f)
	case types.Decimal:
		d, _, ok := text.Decimal([]byte(s), t.Precision, t.Scale)
		must(ok, t, s)
		if vec.PhysOf(t) == vec.PhysDec {
			b.Decimal(d)
		} else {
			b.Int64(int64(d.LowBits()))
		}
	case types.Binary, types.VarBinary:
		raw, err := hex.DecodeString(strings.TrimPrefix(s, "0x"))
		must(err == nil, t, s)
		b.Bytes(raw)
	case types.Date:
		d, ok := text.Date([]byte(s))
		must(ok, t, s)
		b.Int32(d)
	case types.Time:
		d, ok := text.Time([]byte(s), text.SQL)
		must(ok, t, s)
		b.Int32(d)
	case types.Timestamp, types.TimestampLTZ:
		d, ok := text.Timestamp([]byte(strings.TrimSuffix(s, "Z")), text.SQL, t.Precision)
		must(ok, t, s)
		b.Int64(d)
	case types.Array:
		for _, e := range x.([]any) {
			Append(b.Kid(0), e)
		}
		b.EndList()
	case types.Map, types.Multiset:
		for _, e := range x.([]any) {
			Append(b.Kid(0), e.([]any)[0])
			Append(b.Kid(1), e.([]any)[1])
		}
		b.EndMap()
	case types.Row:
		for i, e := range x.([]any) {
			Append(b.Kid(i), e)
		}
		b.EndRow()
	default:
		b.String(s)
	}
}

func must(ok bool, t types.Type, s string) {
	if !ok {
		panic(fmt.Sprintf("%q is no %s", s, t))
	}
}
